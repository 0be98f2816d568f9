//! The columns of a Parquet file, page by page. Where a writer has kept a column's distinct values
//! apart, what is given is that list and a code for each row, so that a value is looked at once.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use polars_arrow::datatypes::{ArrowDataType, ArrowSchema};
use polars_parquet::parquet::encoding::Encoding;
use polars_parquet::parquet::page::{DataPage, DataPageHeader, DictPage};
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, PageReader, PhysicalType, infer_schema,
};

use super::FileError;
use super::parquet::{Groups, Lent};
use super::runs::Runs;
use crate::{Cell, RawColumn, TextColumn};

/// A Parquet file that is read by columns and row groups; what of it is in memory is a compressed
/// column of a row group for each cursor, and a page or so of its content.
pub struct ColumnFile<'p> {
    path: &'p Path,
    groups: Groups<'p>,
    stored: HashMap<String, Stored>,
    is_plain: bool,
    file: Mutex<File>,
    opened: Metadata,
}

/// How the pages of a column hold its values.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stored {
    Text,
    Float,
    Double,
    Int,
    UnsignedInt,
    Long,
    Flag,
}

impl<'p> ColumnFile<'p> {
    /// Opens a file. `None` where it is not a Parquet file, or can be read only once.
    ///
    /// # Errors
    /// [`FileError`] where the file cannot be read.
    pub fn open(path: &'p Path) -> Result<Option<Self>, FileError> {
        let failed = |error: std::io::Error| FileError::os(path, &error);
        if !path.is_file() {
            return Ok(None);
        }
        let mut file = File::open(path).map_err(failed)?;
        let opened = file.metadata().map_err(failed)?;
        let mut magic = [0; 4];
        if file.read_exact(&mut magic).is_err() || magic != *b"PAR1" {
            return Ok(None);
        }
        let groups = Groups::open(path)?;
        let (stored, is_plain) = match infer_schema(groups.metadata()) {
            Ok(schema) => {
                let all = schema.iter_values().all(|field| is_of_tables(&field.dtype));
                let plain = groups.names.len() == schema.len();
                (stored(&groups, &schema), all && plain)
            }
            Err(_) => (HashMap::new(), false),
        };
        Ok(Some(Self { path, groups, stored, is_plain, file: Mutex::new(file), opened }))
    }

    /// Whether there is a column of a type that can be read.
    pub fn has(&self, column: &str) -> bool {
        self.groups.names.iter().any(|(name, _)| name == column)
    }

    /// Whether all columns are of types that tables have: a file with others is refused when it is
    /// read as a table.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The rows of each row group.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = usize> {
        self.groups.groups.iter().map(|(_, rows)| *rows)
    }

    /// A column of a row group, from its first row on.
    ///
    /// # Errors
    /// [`FileError`] where the column is not there or cannot be read.
    pub fn column<'f>(
        &'f self,
        group: usize,
        name: &str,
    ) -> Result<ColumnCursor<'f, 'p>, FileError> {
        let source = match self.pages(group, name) {
            Some(pages) => Source::Pages(Box::new(pages)),
            None => Source::Lent(self.lend(group, name)?),
        };
        Ok(ColumnCursor { file: self, group, name: name.to_owned(), source, row: 0 })
    }

    /// Whether the file is still the one that was opened.
    ///
    /// # Errors
    /// [`FileError`] where it was changed, or cannot be looked at.
    pub fn check_unchanged(&self) -> Result<(), FileError> {
        let failed = |error: std::io::Error| FileError::os(self.path, &error);
        let now = std::fs::metadata(self.path).map_err(failed)?;
        let same = now.len() == self.opened.len()
            && matches!((now.modified(), self.opened.modified()), (Ok(a), Ok(b)) if a == b);
        if same {
            return Ok(());
        }
        Err(FileError::content(self.path, "was changed while it was read; score it again"))
    }

    /// A column of a row group as polars reads it.
    fn lend(&self, group: usize, name: &str) -> Result<Lent, FileError> {
        let [lent] = <[Lent; 1]>::try_from(self.groups.lend(group, &[name.to_owned()])?)
            .map_err(|_| FileError::content(self.path, format!("there is no column {name:?}")))?;
        Ok(lent)
    }

    /// A column's pages; `None` where they are not of a kind that is read here.
    fn pages(&self, group: usize, name: &str) -> Option<Pages> {
        let stored = *self.stored.get(name)?;
        let chunk = self.groups.chunk(group, name)?;
        let bytes = self.bytes(chunk)?;
        let reader =
            PageReader::new(Cursor::new(bytes.into()), chunk, Vec::new(), i32::MAX as usize);
        let mut decompressor = BasicDecompressor::new(reader, Vec::new());
        let dictionary = match decompressor.read_dict_page().ok()? {
            Some(page) => Some(stored.dictionary(&page)?),
            None => None,
        };
        let optional = chunk.descriptor().descriptor.max_def_level == 1;
        Some(Pages {
            stored,
            optional,
            decompressor,
            dictionary,
            page: Page::Done,
            ready: 0..0,
            codes: Vec::new(),
            levels: Vec::new(),
        })
    }

    fn bytes(&self, chunk: &ColumnChunkMetadata) -> Option<Vec<u8>> {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        let start = u64::try_from(start).ok()?;
        let length = u64::try_from(chunk.compressed_size()).ok()?;
        if start.checked_add(length)? > self.opened.len() {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
        // Nothing is left half done by a thread that panics while it holds the lock.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start)).ok()?;
        (&mut *file).take(length).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 == length).then_some(bytes)
    }
}

/// The columns whose pages are read here: flat ones of the usual types, where what the pages hold is
/// what polars would make of them.
fn stored(groups: &Groups<'_>, schema: &ArrowSchema) -> HashMap<String, Stored> {
    let mut found = HashMap::new();
    for column in groups.metadata().schema_descr.columns() {
        let of = &column.descriptor;
        let [name] = column.path_in_schema.as_slice() else { continue };
        let Some(field) = schema.get(name.as_str()) else { continue };
        let stored = match (&field.dtype, of.primitive_type.physical_type) {
            (dtype, PhysicalType::ByteArray) if is_text(dtype) => Stored::Text,
            (ArrowDataType::Float32, PhysicalType::Float) => Stored::Float,
            (ArrowDataType::Float64, PhysicalType::Double) => Stored::Double,
            (ArrowDataType::Int32, PhysicalType::Int32) => Stored::Int,
            (ArrowDataType::UInt32, PhysicalType::Int32) => Stored::UnsignedInt,
            (ArrowDataType::Int64, PhysicalType::Int64) => Stored::Long,
            (ArrowDataType::Boolean, PhysicalType::Boolean) => Stored::Flag,
            _ => continue,
        };
        if of.max_rep_level == 0 && of.max_def_level <= 1 {
            found.insert(name.to_string(), stored);
        }
    }
    found
}

/// Whether a table can have a column of a type.
fn is_of_tables(dtype: &ArrowDataType) -> bool {
    use ArrowDataType as Of;
    let whole = matches!(dtype, Of::Int8 | Of::Int16 | Of::Int32 | Of::Int64)
        || matches!(dtype, Of::UInt8 | Of::UInt16 | Of::UInt32 | Of::UInt64);
    let other = matches!(dtype, Of::Float32 | Of::Float64 | Of::Boolean | Of::Decimal(..));
    let moment = matches!(dtype, Of::Date32 | Of::Timestamp(..) | Of::Null);
    whole || other || moment || is_text(dtype)
}

fn is_text(dtype: &ArrowDataType) -> bool {
    match dtype {
        ArrowDataType::Utf8 | ArrowDataType::LargeUtf8 | ArrowDataType::Utf8View => true,
        ArrowDataType::Dictionary(_, values, _) => is_text(values),
        _ => false,
    }
}

/// A column of a row group, and how far it was read.
pub struct ColumnCursor<'f, 'p> {
    file: &'f ColumnFile<'p>,
    group: usize,
    name: String,
    source: Source,
    row: usize,
}

enum Source {
    Pages(Box<Pages>),
    Lent(Lent),
}

/// Some rows of a column.
pub enum Run<'c> {
    /// For each row, a position in [`ColumnCursor::distinct`].
    Codes(&'c [u32]),
    /// The cells of rows as they are.
    Cells(Cells<'c>),
}

/// Cells that stand one below the other.
pub struct Cells<'c> {
    of: &'c Lent,
    rows: Range<usize>,
}

impl Run<'_> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Run::Codes(codes) => codes.len(),
            Run::Cells(cells) => cells.rows.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'c> Cells<'c> {
    /// The cells, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Cell<'c>> + use<'c> {
        let of = self.of;
        self.rows.clone().map(move |row| of.cell(row))
    }
}

impl ColumnCursor<'_, '_> {
    /// The name of the column.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The distinct values that codes stand for, the last of them an empty cell. `None` where there
    /// are no codes.
    pub fn distinct(&self) -> Option<&RawColumn> {
        match &self.source {
            Source::Pages(pages) => pages.dictionary.as_ref(),
            Source::Lent(_) => None,
        }
    }

    /// The next rows, at least one and at most `most`; there must be one.
    ///
    /// # Errors
    /// [`FileError`] where the column cannot be read.
    pub fn next(&mut self, most: usize) -> Result<Run<'_>, FileError> {
        // What is not understood here is read by polars, which says what is wrong where it is.
        if let Source::Pages(pages) = &mut self.source
            && pages.ready().is_none()
        {
            self.source = Source::Lent(self.file.lend(self.group, &self.name)?);
        }
        let start = self.row;
        match &mut self.source {
            Source::Pages(pages) => {
                let run = pages.take(most);
                self.row += run.len();
                Ok(run)
            }
            Source::Lent(lent) => {
                let end = lent.len().min(start.saturating_add(most));
                if end <= start {
                    let said = format!("the column {:?} has too few rows", self.name);
                    return Err(FileError::content(self.file.path, said));
                }
                self.row = end;
                Ok(Run::Cells(Cells { of: lent, rows: start..end }))
            }
        }
    }
}

/// The pages of a column.
struct Pages {
    stored: Stored,
    /// Whether cells can be empty.
    optional: bool,
    decompressor: BasicDecompressor,
    dictionary: Option<RawColumn>,
    page: Page,
    /// What can be given next: of `codes` where the page is coded, of its cells where it is plain.
    ready: Range<usize>,
    codes: Vec<u32>,
    levels: Vec<u32>,
}

enum Page {
    Done,
    Coded(CodedPage),
    Plain(Lent),
}

/// A page of codes.
struct CodedPage {
    page: DataPage,
    levels: Option<Levels>,
    codes: Runs,
    /// The rows whose codes were not read yet.
    left: usize,
}

/// Which cells of a page are filled: 1 for those that are.
struct Levels {
    runs: Runs,
    end: usize,
}

/// Rows whose codes are read together.
const ROWS_AT_A_TIME: usize = 1024;

impl Pages {
    /// Makes sure that there are rows to give; `None` where the page is not of a kind that is read
    /// here, or there is none.
    fn ready(&mut self) -> Option<()> {
        while self.ready.is_empty() {
            match &mut self.page {
                Page::Coded(coded) if coded.left > 0 => {
                    let rows = coded.left.min(ROWS_AT_A_TIME);
                    coded.left -= rows;
                    let distinct = self.dictionary.as_ref()?.len() as u32 - 1;
                    coded.read(rows, distinct, &mut self.levels, &mut self.codes)?;
                    self.ready = 0..rows;
                }
                _ => self.turn()?,
            }
        }
        Some(())
    }

    /// Gives of what is ready.
    fn take(&mut self, most: usize) -> Run<'_> {
        let end = self.ready.end.min(self.ready.start.saturating_add(most));
        let rows = std::mem::replace(&mut self.ready.start, end)..end;
        match &self.page {
            Page::Plain(cells) => Run::Cells(Cells { of: cells, rows }),
            _ => Run::Codes(&self.codes[rows]),
        }
    }

    /// Opens the next page.
    fn turn(&mut self) -> Option<()> {
        if let Page::Coded(done) = std::mem::replace(&mut self.page, Page::Done) {
            self.decompressor.reuse_page_buffer(done.page);
        }
        let page = self.decompressor.next()?.ok()?.decompress(&mut self.decompressor).ok()?;
        let rows = match page.header() {
            DataPageHeader::V1(header) => header.num_values,
            DataPageHeader::V2(header) => header.num_values,
        };
        let rows = usize::try_from(rows).ok()?;
        let (mut levels, values) = self.split(&page)?;
        let bytes = page.buffer();
        match (page.encoding(), self.stored) {
            (Encoding::RleDictionary | Encoding::PlainDictionary, _)
                if self.dictionary.is_some() =>
            {
                // A page of empty cells need not even say how wide its codes are.
                let bits = bytes.get(values).copied().unwrap_or(1);
                let codes = Runs::new(values + 1, u32::from(bits))?;
                self.page = Page::Coded(CodedPage { page, levels, codes, left: rows });
                return Some(());
            }
            (Encoding::Plain, stored) => {
                fill_levels(levels.as_mut(), bytes, rows, &mut self.levels)?;
                let cells = stored.plain(bytes.get(values..)?, &self.levels)?;
                self.page = Page::Plain(Lent::Other(cells));
            }
            (Encoding::Rle, Stored::Flag) => {
                fill_levels(levels.as_mut(), bytes, rows, &mut self.levels)?;
                let filled = self.levels.iter().filter(|level| **level == 1).count();
                self.codes.clear();
                // The length of the runs stands before them.
                Runs::new(values + 4, 1)?.take(bytes, filled, &mut self.codes)?;
                let mut flags = self.codes.iter();
                let cell = |level: &u32| (*level == 1).then(|| flags.next()).flatten();
                let cells = self.levels.iter().map(cell).map(|flag| flag.map(|flag| *flag == 1));
                self.page = Page::Plain(Lent::Other(RawColumn::YesNo(cells.collect())));
            }
            _ => return None,
        }
        self.decompressor.reuse_page_buffer(page);
        self.ready = 0..rows;
        Some(())
    }

    /// Where the levels of a page are, and where its values begin.
    fn split(&self, page: &DataPage) -> Option<(Option<Levels>, usize)> {
        let bytes = page.buffer();
        let levels = |start: usize, length: usize| {
            let end = start.checked_add(length).filter(|end| *end <= bytes.len())?;
            Some((Some(Levels { runs: Runs::new(start, 1)?, end }), end))
        };
        match page.header() {
            DataPageHeader::V1(_) if !self.optional => Some((None, 0)),
            DataPageHeader::V1(_) if page.definition_level_encoding() == Encoding::Rle => {
                let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
                levels(4, usize::try_from(length).ok()?)
            }
            DataPageHeader::V1(_) => None,
            DataPageHeader::V2(header) => {
                let length = usize::try_from(header.definition_levels_byte_length).ok()?;
                if header.repetition_levels_byte_length != 0 || !self.optional && length > 0 {
                    return None;
                }
                if self.optional { levels(0, length) } else { Some((None, 0)) }
            }
        }
    }
}

/// Writes 1 for each filled cell of the next rows and 0 for each empty one.
fn fill_levels(
    levels: Option<&mut Levels>,
    bytes: &[u8],
    rows: usize,
    out: &mut Vec<u32>,
) -> Option<()> {
    out.clear();
    match levels {
        Some(levels) => levels.runs.take(bytes.get(..levels.end)?, rows, out),
        None => {
            out.resize(rows, 1);
            Some(())
        }
    }
}

impl CodedPage {
    /// Reads the codes of rows, that of an empty cell being `distinct`. `None` where the bytes end,
    /// or a code stands for nothing.
    fn read(
        &mut self,
        rows: usize,
        distinct: u32,
        filled: &mut Vec<u32>,
        out: &mut Vec<u32>,
    ) -> Option<()> {
        out.clear();
        let bytes = self.page.buffer();
        let same = match &mut self.levels {
            Some(levels) => levels.runs.same(bytes.get(..levels.end)?, rows),
            None => Some(1),
        };
        if same == Some(0) {
            out.resize(rows, distinct);
            return Some(());
        }
        let mut known = rows;
        if same.is_none() {
            fill_levels(self.levels.as_mut(), bytes, rows, filled)?;
            known = filled.iter().filter(|level| **level == 1).count();
        }
        self.codes.take(bytes, known, out)?;
        if !out.iter().all(|code| *code < distinct) {
            return None;
        }
        if same.is_none() {
            // From the end, where a code moves to is not before where it stood.
            out.resize(rows, distinct);
            for row in (0..rows).rev() {
                out[row] = if filled[row] == 1 {
                    known -= 1;
                    out[known]
                } else {
                    distinct
                };
            }
        }
        Some(())
    }
}

impl Stored {
    /// The values of a dictionary, and an empty cell after them.
    fn dictionary(self, page: &DictPage) -> Option<RawColumn> {
        // A value has 4 bytes at the least.
        if self == Self::Flag || page.num_values > page.buffer.len() / 4 {
            return None;
        }
        let mut filled = vec![1; page.num_values];
        filled.push(0);
        self.plain(&page.buffer, &filled)
    }

    /// Values one after the other, where a cell is filled.
    fn plain(self, mut bytes: &[u8], filled: &[u32]) -> Option<RawColumn> {
        /// A value of each filled cell, of the rest what is empty.
        fn each<const WIDTH: usize, T: Copy>(
            bytes: &[u8],
            filled: &[u32],
            empty: T,
            of: impl Fn([u8; WIDTH]) -> T,
        ) -> Option<Vec<T>> {
            let mut values = bytes.chunks_exact(WIDTH);
            let mut next = || values.next()?.try_into().ok().map(&of);
            filled.iter().map(|filled| if *filled == 1 { next() } else { Some(empty) }).collect()
        }
        Some(match self {
            Self::Text => {
                let mut texts = TextColumn::new();
                for filled in filled {
                    if *filled != 1 {
                        texts.push("");
                        continue;
                    }
                    let (length, rest) = bytes.split_first_chunk()?;
                    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
                    let (text, rest) = rest.split_at_checked(length)?;
                    texts.push(std::str::from_utf8(text).ok()?);
                    bytes = rest;
                }
                RawColumn::Text(texts)
            }
            Self::Float => {
                let of = |bytes| f64::from(f32::from_le_bytes(bytes));
                RawColumn::Number(each(bytes, filled, f64::NAN, of)?)
            }
            Self::Double => RawColumn::Number(each(bytes, filled, f64::NAN, f64::from_le_bytes)?),
            Self::Int => {
                let of = |bytes| Some(i64::from(i32::from_le_bytes(bytes)));
                RawColumn::Integer(each(bytes, filled, None, of)?)
            }
            Self::UnsignedInt => {
                let of = |bytes| Some(i64::from(u32::from_le_bytes(bytes)));
                RawColumn::Integer(each(bytes, filled, None, of)?)
            }
            Self::Long => {
                let of = |bytes| Some(i64::from_le_bytes(bytes));
                RawColumn::Integer(each(bytes, filled, None, of)?)
            }
            Self::Flag => {
                let mut next = 0;
                let mut flag = || {
                    let byte: &u8 = bytes.get(next / 8)?;
                    let flag = byte >> (next % 8) & 1 == 1;
                    next += 1;
                    Some(flag)
                };
                let cell = |filled: &u32| if *filled == 1 { flag().map(Some) } else { Some(None) };
                RawColumn::YesNo(filled.iter().map(cell).collect::<Option<_>>()?)
            }
        })
    }
}
