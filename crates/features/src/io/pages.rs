//! The pages of one column of a Parquet file: levels, codes and plain values
//! (<https://parquet.apache.org/docs/file-format/data-pages/>). What is not known here is `None`: the
//! column is then left to polars, which says what is wrong where something is.

use std::collections::HashMap;
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, TimeUnit};
use polars_parquet::parquet::encoding::Encoding;
use polars_parquet::parquet::page::{DataPage, DataPageHeader, DictPage};
use polars_parquet::read::{BasicDecompressor, ColumnChunkMetadata, PageReader, PhysicalType};

use super::columns::{Cells, Run};
use super::parquet::{Groups, Lent};
use super::runs::Runs;
use crate::{RawColumn, TextColumn, Time};

/// How the pages of a column hold its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stored {
    Text,
    Float,
    Double,
    Int,
    UnsignedInt,
    Long,
    /// Moments in microseconds.
    Micros,
    Flag,
}

/// The columns whose pages are read here: flat ones of the usual types, where what the pages hold is
/// what polars would make of them.
pub(super) fn stored(groups: &Groups<'_>, schema: &ArrowSchema) -> HashMap<String, Stored> {
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
            (ArrowDataType::Timestamp(TimeUnit::Microsecond, _), PhysicalType::Int64) => {
                Stored::Micros
            }
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
pub(super) fn is_of_tables(dtype: &ArrowDataType) -> bool {
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

/// The pages of a column.
pub(super) struct Pages {
    stored: Stored,
    /// Whether cells can be empty.
    optional: bool,
    decompressor: BasicDecompressor,
    /// The distinct values, and an empty cell after them.
    pub(super) dictionary: Option<Arc<RawColumn>>,
    page: Page,
    /// What can be given next: of `codes` where the page is coded, of its cells where it is plain.
    ready: Range<usize>,
    codes: Vec<u32>,
    levels: Vec<u32>,
}

#[expect(clippy::large_enum_variant, reason = "a column that is read has one")]
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
    /// The pages of a column of a row group, whose bytes these are.
    pub(super) fn open(
        stored: Stored,
        chunk: &ColumnChunkMetadata,
        bytes: Vec<u8>,
    ) -> Option<Self> {
        let reader =
            PageReader::new(Cursor::new(bytes.into()), chunk, Vec::new(), i32::MAX as usize);
        let mut decompressor = BasicDecompressor::new(reader, Vec::new());
        let dictionary = match decompressor.read_dict_page().ok()? {
            Some(page) => Some(Arc::new(stored.dictionary(&page)?)),
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

    /// Makes sure that there are rows to give; `None` where the page is not of a kind that is read
    /// here, or there is none.
    pub(super) fn ready(&mut self) -> Option<()> {
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

    /// How many rows are ready.
    pub(super) fn waiting(&self) -> usize {
        self.ready.len()
    }

    /// Gives of what is ready.
    pub(super) fn take(&mut self, most: usize) -> Run<'_> {
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
            // A value takes a bit at the least.
            (Encoding::Plain, _) if levels.is_none() && rows / 8 > bytes.len() => return None,
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
        // All are looked at, which is faster than to stop at the first that is wrong.
        if out.iter().fold(false, |wrong, code| wrong | (*code >= distinct)) {
            return None;
        }
        if same.is_none() {
            // From the end, where a code moves to is not before where it stood.
            out.resize(rows, distinct);
            // A code is read for an empty cell too, so that nothing hangs on which cells are filled.
            for row in (0..rows).rev() {
                let is_filled = filled[row] == 1;
                let code = out[known.saturating_sub(1)];
                out[row] = if is_filled { code } else { distinct };
                known -= usize::from(is_filled);
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
                let (mut texts, mut ends) = (Vec::new(), Vec::with_capacity(filled.len()));
                texts.reserve(bytes.len());
                for filled in filled {
                    if *filled == 1 {
                        let (length, rest) = bytes.split_first_chunk()?;
                        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
                        let (text, rest) = rest.split_at_checked(length)?;
                        texts.extend_from_slice(text);
                        bytes = rest;
                    }
                    ends.push(texts.len());
                }
                RawColumn::Text(TextColumn::of_bytes(texts, ends)?)
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
            Self::Micros => {
                let of = |bytes| Some(Time::from_micros(i64::from_le_bytes(bytes)));
                RawColumn::Time(each(bytes, filled, None, of)?)
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
