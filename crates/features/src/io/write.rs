//! Results to files. A file is written beside its place and renamed, so that a good file is never
//! replaced by half of one.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use polars::prelude::{Column, DataFrame, NamedFrom, ParquetWriter, Series};

use super::FileError;

/// One column of results.
#[derive(Clone, Debug, PartialEq)]
pub enum SheetColumn {
    /// Texts.
    Text(Vec<String>),
    /// Numbers; written to CSV in the shortest form that reads back to the same bits.
    Number(Vec<f64>),
    /// Whole numbers.
    Integer(Vec<i64>),
    /// Truth values.
    YesNo(Vec<bool>),
}

/// Named columns of results, of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The columns, in order.
    pub columns: Vec<(String, SheetColumn)>,
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
    let fail = |error: io::Error| FileError::os(path, &error);
    if path.is_dir() {
        return Err(fail(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    if path.exists() && !path.is_file() {
        let mut file = BufWriter::new(File::create(path).map_err(fail)?);
        return write(&mut file).and_then(|()| file.flush()).map_err(fail);
    }
    // A link keeps pointing where it points: the file behind it is replaced.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
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
    let mut temporary = builder.tempfile_in(folder).map_err(fail)?;
    {
        let mut buffered = BufWriter::new(temporary.as_file_mut());
        write(&mut buffered).and_then(|()| buffered.flush()).map_err(fail)?;
    }
    temporary.as_file().sync_all().map_err(fail)?;
    temporary.persist(&target).map_err(|error| fail(error.error))?;
    Ok(())
}

/// Writes results as Parquet when the name ends in `.parquet`, as CSV when it ends in anything
/// else.
///
/// # Errors
/// [`FileError`] naming the file.
pub fn write_sheet(path: &Path, sheet: &Sheet) -> Result<(), FileError> {
    let parquet = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet"));
    write_atomic(
        path,
        |out| if parquet { write_parquet(out, sheet) } else { write_csv(out, sheet) },
    )
}

fn write_csv(out: &mut dyn Write, sheet: &Sheet) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(sheet.columns.iter().map(|(name, _)| name))?;
    let rows = sheet.columns.first().map_or(0, |(_, column)| column.len());
    for row in 0..rows {
        for (_, column) in &sheet.columns {
            match column {
                SheetColumn::Text(values) => writer.write_field(&values[row])?,
                SheetColumn::Number(values) => writer.write_field(values[row].to_string())?,
                SheetColumn::Integer(values) => writer.write_field(values[row].to_string())?,
                SheetColumn::YesNo(values) => {
                    writer.write_field(if values[row] { "true" } else { "false" })?;
                }
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()
}

fn write_parquet(out: &mut dyn Write, sheet: &Sheet) -> io::Result<()> {
    let columns: Vec<Column> = sheet
        .columns
        .iter()
        .map(|(name, column)| {
            let name = name.as_str().into();
            match column {
                SheetColumn::Text(values) => Series::new(name, values.as_slice()),
                SheetColumn::Number(values) => Series::new(name, values.as_slice()),
                SheetColumn::Integer(values) => Series::new(name, values.as_slice()),
                SheetColumn::YesNo(values) => Series::new(name, values.as_slice()),
            }
            .into()
        })
        .collect();
    let rows = sheet.columns.first().map_or(0, |(_, column)| column.len());
    let mut frame = DataFrame::new(rows, columns).map_err(io::Error::other)?;
    ParquetWriter::new(out).finish(&mut frame).map_err(io::Error::other)?;
    Ok(())
}

impl SheetColumn {
    fn len(&self) -> usize {
        match self {
            SheetColumn::Text(values) => values.len(),
            SheetColumn::Number(values) => values.len(),
            SheetColumn::Integer(values) => values.len(),
            SheetColumn::YesNo(values) => values.len(),
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
            write_sheet(&path, &sheet()).unwrap();
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
        let error = write_sheet(&nowhere, &sheet()).unwrap_err().to_string();
        assert!(error.contains("there is no folder"), "{error}");
    }
}
