//! Results to files. A file is written beside its place and renamed, so that a good file is never
//! replaced by half of one.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use polars::prelude::{
    Column, DataFrame, Int64Chunked, IntoSeries, NamedFrom, NewChunkedArray, PlSmallStr, Series,
    StringChunked, TimeUnit, TimeZone,
};
use rayon::prelude::*;
use tempfile::NamedTempFile;

use super::FileError;
use super::packed::PackedWriter;
use crate::{TextColumn, Time};

/// Rows that are made ready together, by one thread; a row group in a Parquet file.
const ROWS_OF_A_GROUP: usize = 1 << 16;
/// Groups that are made ready before they are written: what is held of the file in memory.
const GROUPS_AT_A_TIME: usize = 4;

/// One column of results. An empty text, NaN and `None` are no value: an empty cell of a CSV file,
/// null in a Parquet file.
#[derive(Clone, Debug, PartialEq)]
pub enum SheetColumn {
    /// Texts.
    Text(Vec<String>),
    /// Texts, one after the other.
    Texts(TextColumn),
    /// Texts of which there are few.
    Word(Vec<&'static str>),
    /// Numbers; written to CSV in the shortest form that reads back to the same bits.
    Number(Vec<f64>),
    /// Whole numbers.
    Integer(Vec<i64>),
    /// Truth values.
    YesNo(Vec<bool>),
    /// Moments: RFC 3339 in CSV, microseconds UTC in Parquet.
    Time(Vec<Option<Time>>),
}

/// Named columns of results, of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The columns, in order.
    pub columns: Vec<(String, SheetColumn)>,
}

/// A file in the making.
enum Draft {
    /// Beside its place.
    Beside { temporary: NamedTempFile, target: PathBuf },
    /// A device or a pipe is written to directly.
    Direct(File),
}

impl Draft {
    fn open(path: &Path) -> Result<Self, FileError> {
        let fail = |error: io::Error| FileError::os(path, &error);
        let target = followed(path);
        if is_stdout(&target) {
            return stdout().map(Self::Direct).map_err(fail);
        }
        if is_descriptor(&target) {
            let file = File::options().append(true).open(&target);
            return file.map(Self::Direct).map_err(fail);
        }
        if path.is_dir() {
            return Err(fail(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        if path.exists() && !path.is_file() {
            return File::create(path).map(Self::Direct).map_err(fail);
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(FileError::Os {
                path: path.to_owned(),
                message: format!("there is no folder {}; create it first", folder.display()),
            });
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".leadscore-").suffix(".tmp");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // the umask applies
        let temporary = builder.tempfile_in(folder).map_err(|error| match error.kind() {
            // The folder is there, and takes no files, as /proc.
            io::ErrorKind::NotFound => FileError::Os {
                path: path.to_owned(),
                message: format!("no file can be written in {}", folder.display()),
            },
            _ => fail(error),
        })?;
        Ok(Self::Beside { temporary, target })
    }

    /// A handle to write through.
    fn file(&self) -> io::Result<File> {
        match self {
            Self::Beside { temporary, .. } => temporary.as_file().try_clone(),
            Self::Direct(file) => file.try_clone(),
        }
    }

    /// Puts the content, which is complete, in its place.
    fn keep(self) -> io::Result<()> {
        if let Self::Beside { temporary, target } = self {
            temporary.as_file().sync_all()?;
            temporary.persist(&target).map_err(|error| error.error)?;
        }
        Ok(())
    }
}

/// Where the links of a path lead: a link keeps pointing where it points, and the file behind it is
/// replaced. What an open file is known by is followed no further.
fn followed(path: &Path) -> PathBuf {
    /// As many as Linux follows.
    const MOST_LINKS: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        if is_stdout(&target) || is_descriptor(&target) {
            break;
        }
        let Ok(next) = target.read_link() else { break };
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    target
}

/// Whether a path is standard output.
fn is_stdout(path: &Path) -> bool {
    ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|known| path == Path::new(known))
}

/// Whether a path is another file that is open already.
fn is_descriptor(path: &Path) -> bool {
    let process =
        |path: &Path| path.starts_with("/proc") && path.parent().is_some_and(|p| p.ends_with("fd"));
    path.starts_with("/dev/fd") || path == Path::new("/dev/stderr") || process(path)
}

/// Standard output as a file of its own. What it was sent to is written on, never replaced.
fn stdout() -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        io::stdout().as_fd().try_clone_to_owned().map(File::from)
    }
    #[cfg(not(unix))]
    Err(io::Error::new(io::ErrorKind::Unsupported, "standard output cannot be written to here"))
}

/// Writes a file by way of a temporary one in the same folder. What stood there before stays
/// until the new content is complete. A device or a pipe is written to directly.
///
/// # Errors
/// [`FileError`] naming the file; what stood there is untouched.
pub fn write_atomic(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    let draft = Draft::open(path)?;
    let write_all = || {
        let mut buffered = BufWriter::new(draft.file()?);
        write(&mut buffered).and_then(|()| buffered.flush())
    };
    write_all().and_then(|()| draft.keep()).map_err(|error| FileError::os(path, &error))
}

/// How tightly the pages of a Parquet file are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// With zstd: for what repeats itself.
    #[default]
    Tight,
    /// With Snappy, and numbers that do not repeat not at all: for scores, of which only the ids shrink much.
    Fast,
}

/// Writes results as Parquet when the name ends in `.parquet`, as CSV when it ends in anything
/// else.
///
/// # Errors
/// [`FileError`] naming the file.
pub fn write_sheet(path: &Path, sheet: &Sheet, packing: Packing) -> Result<(), FileError> {
    let mut writer = SheetWriter::open(path, sheet, packing)?;
    writer.write(sheet)?;
    writer.finish()
}

/// Writes sheets of the same columns one below the other, as [`write_sheet`] does. The file is in
/// its place only after [`SheetWriter::finish`]; what stood there stays until then.
pub struct SheetWriter {
    path: PathBuf,
    draft: Draft,
    to: Format,
}

enum Format {
    Csv(Mutex<BufWriter<File>>),
    Parquet(Box<PackedWriter<BufWriter<File>>>),
}

impl SheetWriter {
    /// Opens a file for sheets with the columns of one, which may be without rows.
    ///
    /// # Errors
    /// [`FileError`] naming the file.
    pub fn open(path: &Path, like: &Sheet, packing: Packing) -> Result<Self, FileError> {
        let draft = Draft::open(path)?;
        let parquet = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet"));
        let packing = parquet.then_some(packing);
        let to = draft.file().and_then(|file| Format::open(BufWriter::new(file), packing, like));
        match to {
            Ok(to) => Ok(Self { path: path.to_owned(), draft, to }),
            Err(error) => Err(FileError::os(path, &error)),
        }
    }

    /// Adds the rows of a sheet.
    ///
    /// # Errors
    /// [`FileError`] naming the file.
    pub fn write(&mut self, sheet: &Sheet) -> Result<(), FileError> {
        let starts: Vec<usize> = (0..sheet.rows()).step_by(ROWS_OF_A_GROUP).collect();
        let group = |start: &usize| *start..(start + ROWS_OF_A_GROUP).min(sheet.rows());
        let written = match &self.to {
            Format::Csv(file) => made_and_written(
                &starts,
                |start| rows_as_csv(sheet, group(start)),
                |text| lock(file).write_all(&text),
            ),
            Format::Parquet(writer) => made_and_written(
                &starts,
                |start| writer.pack(sheet, group(start)),
                |group| writer.write(&group),
            ),
        };
        written.map_err(|error| FileError::os(&self.path, &error))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`FileError`] naming the file; what stood there is untouched.
    pub fn finish(self) -> Result<(), FileError> {
        let Self { path, draft, to } = self;
        // Both flush what they write to.
        let flushed = match to {
            Format::Csv(file) => lock(&file).flush(),
            Format::Parquet(writer) => writer.finish(),
        };
        flushed.and_then(|()| draft.keep()).map_err(|error| FileError::os(&path, &error))
    }
}

impl Format {
    /// `packing` is that of a Parquet file, `None` for CSV.
    fn open(file: BufWriter<File>, packing: Option<Packing>, like: &Sheet) -> io::Result<Self> {
        if let Some(packing) = packing {
            return Ok(Self::Parquet(Box::new(PackedWriter::open(file, packing, like)?)));
        }
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(like.columns.iter().map(|(name, _)| name))?;
        let file = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(Self::Csv(Mutex::new(file)))
    }
}

/// Nothing is left half done by a thread that panics while it holds the lock.
fn lock<T>(file: &Mutex<T>) -> MutexGuard<'_, T> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes groups of rows ready in parallel, and writes those that are ready, in order, while the next
/// are made.
fn made_and_written<T: Send>(
    starts: &[usize],
    make: impl Fn(&usize) -> io::Result<T> + Sync,
    write: impl Fn(T) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let mut ready: Vec<T> = Vec::new();
    for some in starts.chunks(GROUPS_AT_A_TIME) {
        let (written, made) = rayon::join(
            || ready.drain(..).try_for_each(&write),
            || some.par_iter().map(&make).collect::<io::Result<Vec<T>>>(),
        );
        written?;
        ready = made?;
    }
    ready.into_iter().try_for_each(write)
}

fn rows_as_csv(sheet: &Sheet, rows: Range<usize>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        for (_, column) in &sheet.columns {
            match column {
                SheetColumn::Text(values) => writer.write_field(&values[row])?,
                SheetColumn::Texts(values) => writer.write_field(values.get(row))?,
                SheetColumn::Word(values) => writer.write_field(values[row])?,
                SheetColumn::Number(values) if values[row].is_nan() => writer.write_field("")?,
                SheetColumn::Number(values) => writer.write_field(values[row].to_string())?,
                SheetColumn::Integer(values) => writer.write_field(values[row].to_string())?,
                SheetColumn::YesNo(values) => {
                    writer.write_field(if values[row] { "true" } else { "false" })?;
                }
                SheetColumn::Time(values) => match values[row] {
                    Some(time) => writer.write_field(time.to_string())?,
                    None => writer.write_field("")?,
                },
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

impl Sheet {
    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    pub(super) fn frame(&self, rows: Range<usize>) -> io::Result<DataFrame> {
        let height = rows.len();
        let columns = self.columns.iter().map(|(name, of)| of.series(name, rows.clone()).into());
        DataFrame::new(height, columns.collect::<Vec<Column>>()).map_err(io::Error::other)
    }
}

impl SheetColumn {
    fn len(&self) -> usize {
        match self {
            SheetColumn::Text(values) => values.len(),
            SheetColumn::Texts(values) => values.len(),
            SheetColumn::Word(values) => values.len(),
            SheetColumn::Number(values) => values.len(),
            SheetColumn::Integer(values) => values.len(),
            SheetColumn::YesNo(values) => values.len(),
            SheetColumn::Time(values) => values.len(),
        }
    }

    pub(super) fn series(&self, name: &str, rows: Range<usize>) -> Series {
        let name = name.into();
        fn texts<'t>(name: PlSmallStr, texts: impl Iterator<Item = &'t str>) -> Series {
            let filled = texts.map(|text| Some(text).filter(|text| !text.is_empty()));
            StringChunked::from_iter_options(name, filled).into_series()
        }
        match self {
            SheetColumn::Text(values) => texts(name, values[rows].iter().map(String::as_str)),
            SheetColumn::Texts(values) => texts(name, rows.map(|row| values.get(row))),
            SheetColumn::Word(values) => texts(name, values[rows].iter().copied()),
            // Nothing is missing: no need to ask of each.
            SheetColumn::Number(values) if values[rows.clone()].iter().all(|n| !n.is_nan()) => {
                Series::new(name, &values[rows])
            }
            SheetColumn::Number(values) => {
                let values = &values[rows];
                let filled = |number: &f64| (!number.is_nan()).then_some(*number);
                Series::new(name, values.iter().map(filled).collect::<Vec<_>>())
            }
            SheetColumn::Integer(values) => Series::new(name, &values[rows]),
            SheetColumn::YesNo(values) => Series::new(name, &values[rows]),
            SheetColumn::Time(values) => {
                let micros = values[rows].iter().map(|time| time.map(Time::micros));
                Int64Chunked::from_iter_options(name, micros)
                    .into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
                    .into_series()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;
    use crate::io::read_table;

    fn sheet() -> Sheet {
        Sheet {
            columns: vec![
                ("id".into(), SheetColumn::Text(vec!["a,b".into(), "\"q\"\n".into()])),
                ("p".into(), SheetColumn::Number(vec![0.1 + 0.2, 1e-300])),
                ("n".into(), SheetColumn::Integer(vec![-1, i64::MAX])),
                ("f".into(), SheetColumn::YesNo(vec![true, false])),
            ],
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["out.csv", "out.parquet"] {
            let path = folder.path().join(name);
            write_sheet(&path, &sheet(), Packing::Tight).unwrap();
            let table = read_table(&path).unwrap();
            assert_eq!(table.names(), ["id", "p", "n", "f"]);
            let number = match table.columns()[1].cell(0) {
                Cell::Text(text) => text.parse().unwrap(),
                Cell::Number(number) => number,
                other => panic!("{other:?}"),
            };
            assert_eq!(f64::to_bits(number), f64::to_bits(0.1 + 0.2), "{name}");
            assert_eq!(table.columns()[2].cell(1).into_text().unwrap(), i64::MAX.to_string());
            assert_eq!(table.columns()[0].cell(0), Cell::Text("a,b"));
        }
    }

    #[test]
    fn sheets_are_written_one_below_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let moment = Time::parse("2024-02-29T12:00:00.000001Z").unwrap();
        let sheet = |first: i64| Sheet {
            columns: vec![
                ("n".into(), SheetColumn::Integer(vec![first, first + 1])),
                ("at".into(), SheetColumn::Time(vec![Some(moment), None])),
                ("x".into(), SheetColumn::Number(vec![f64::NAN, 0.5])),
                ("t".into(), SheetColumn::Text(vec!["a".into(), String::new()])),
            ],
        };
        for name in ["out.csv", "out.parquet"] {
            let path = folder.path().join(name);
            std::fs::write(&path, "old").unwrap();
            let mut writer = SheetWriter::open(&path, &sheet(0), Packing::Fast).unwrap();
            writer.write(&sheet(0)).unwrap();
            writer.write(&sheet(2)).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
            writer.finish().unwrap();
            let table = read_table(&path).unwrap();
            assert_eq!(table.rows(), 4, "{name}");
            let cell = |column: usize, row: usize| {
                table.columns()[column].cell(row).into_text().unwrap_or_default().into_owned()
            };
            assert_eq!((0..4).map(|row| cell(0, row)).collect::<Vec<_>>(), ["0", "1", "2", "3"]);
            assert_eq!(cell(1, 2), moment.to_string(), "{name}");
            assert_eq!([cell(1, 3), cell(2, 2), cell(3, 1)], ["", "", ""], "{name}");
            assert_eq!([cell(2, 3), cell(3, 2)], ["0.5", "a"], "{name}");
        }
        // A writer that is dropped leaves nothing behind.
        drop(SheetWriter::open(&folder.path().join("new.csv"), &sheet(0), Packing::Tight).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_failed_write_leaves_what_stood_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("good.txt");
        std::fs::write(&path, "good").unwrap();
        let error = write_atomic(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("disk full"))
        });
        assert!(error.unwrap_err().to_string().contains("disk full"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "good");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let nowhere = folder.path().join("no/such/out.csv");
        let error = write_sheet(&nowhere, &sheet(), Packing::Tight).unwrap_err().to_string();
        assert!(error.contains("there is no folder"), "{error}");
    }
}
