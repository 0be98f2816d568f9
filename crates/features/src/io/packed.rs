//! Groups of results as the pages of a Parquet file
//! (<https://parquet.apache.org/docs/file-format/data-pages/>). polars makes those of most columns, and looks
//! whether they repeat where they may. Ids and words are made here: the ones stand one after the other as they
//! are, of the others it is known that they are few.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::PoisonError;

use polars::prelude::{
    BatchedWriter, CompatLevel, ParquetCompression, ParquetWriter, PolarsResult, SchemaExt,
};
use polars_arrow::bitmap::Bitmap;
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::encoding::hybrid_rle;
use polars_parquet::parquet::page::{DataPage, DataPageHeader, DataPageHeaderV1, DictPage, Page};
use polars_parquet::parquet::schema::types::PrimitiveType;
use polars_parquet::parquet::statistics::BinaryStatistics;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, Descriptor, DynIter, DynStreamingIterator, Encoding,
    ParquetType, StatisticsOptions, Version, WriteOptions, array_to_columns, compress,
    fallible_streaming_iterator, get_dtype_encoding, to_parquet_schema, write_def_levels,
};

use super::write::{Packing, Sheet, SheetColumn};
use crate::TextColumn;

/// A page of texts is full when it has so many bytes.
const PAGE: usize = 1 << 20;
/// So many numbers of a group are looked at to tell whether they repeat.
const LOOKED_AT: usize = 256;

/// A Parquet file that groups of rows are written to.
pub(super) struct PackedWriter<W: Write> {
    writer: BatchedWriter<W>,
    types: Vec<ParquetType>,
    options: WriteOptions,
}

/// A group of rows, column by column.
pub(super) struct PackedGroup {
    rows: usize,
    columns: Vec<Vec<CompressedPage>>,
}

impl<W: Write> PackedWriter<W> {
    /// Opens a file for groups with the columns of a sheet.
    pub(super) fn open(file: W, packing: Packing, like: &Sheet) -> io::Result<Self> {
        let (compression, of_pages) = match packing {
            Packing::Tight => (ParquetCompression::default(), CompressionOptions::Zstd(None)),
            Packing::Fast => (ParquetCompression::Snappy, CompressionOptions::Snappy),
        };
        let options = WriteOptions {
            statistics: StatisticsOptions::default(),
            version: Version::V1,
            compression: of_pages,
            data_page_size: None,
        };
        let frame = like.frame(0..0)?;
        let schema = frame.schema();
        let types = to_parquet_schema(&schema.to_arrow(CompatLevel::newest()));
        let types = types.map_err(io::Error::other)?.fields().to_vec();
        let writer = ParquetWriter::new(file).with_compression(compression).batched(schema);
        Ok(Self { writer: writer.map_err(io::Error::other)?, types, options })
    }

    /// Makes the pages of some rows.
    pub(super) fn pack(&self, sheet: &Sheet, rows: Range<usize>) -> io::Result<PackedGroup> {
        let columns = sheet.columns.iter().zip(&self.types).map(|((name, column), of)| {
            let repeats = column.repeats(rows.clone());
            let pages = self.pages(name, column, repeats, of, rows.clone())?;
            // Snappy knows repeats alone.
            let compression = match (column, self.options.compression) {
                (SheetColumn::Number(_), CompressionOptions::Snappy) if !repeats => {
                    CompressionOptions::Uncompressed
                }
                (_, compression) => compression,
            };
            let packed = |page| compress(page, Vec::new(), compression);
            pages.into_iter().map(packed).collect::<Result<_, _>>().map_err(io::Error::other)
        });
        Ok(PackedGroup { rows: rows.len(), columns: columns.collect::<io::Result<_>>()? })
    }

    /// Writes a group below those before it.
    pub(super) fn write(&self, group: &PackedGroup) -> io::Result<()> {
        let columns = group.columns.iter().map(|pages| {
            let pages = fallible_streaming_iterator::convert(pages.iter().map(PolarsResult::Ok));
            Ok(DynStreamingIterator::new(pages))
        });
        // Nothing is left half done by a thread that panics while it holds the lock.
        let mut writer = self.writer.get_writer().lock().unwrap_or_else(PoisonError::into_inner);
        writer.write(group.rows as u64, DynIter::new(columns)).map_err(io::Error::other)
    }

    /// Writes what stands at the end of a file, and flushes it.
    pub(super) fn finish(&self) -> io::Result<()> {
        self.writer.finish().map(drop).map_err(io::Error::other)
    }

    fn pages(
        &self,
        name: &str,
        column: &SheetColumn,
        repeats: bool,
        of: &ParquetType,
        rows: Range<usize>,
    ) -> io::Result<Vec<Page>> {
        match (column, of) {
            (SheetColumn::Texts(texts), ParquetType::PrimitiveType(of)) => {
                pages_of_texts(texts, rows, of)
            }
            (SheetColumn::Word(words), ParquetType::PrimitiveType(of)) => {
                pages_of_words(&words[rows], of)
            }
            _ => {
                let array = column.series(name, rows).to_arrow(0, CompatLevel::newest());
                let encodings = match repeats {
                    true => get_dtype_encoding(array.dtype()),
                    false => vec![Encoding::Plain],
                };
                let made = array_to_columns(array, of.clone(), self.options, &encodings);
                let pages = made.and_then(|made| made.into_iter().flatten().collect());
                pages.map_err(io::Error::other)
            }
        }
    }
}

impl SheetColumn {
    /// Whether values repeat, by the first of some rows. Of those that do not, no dictionary is made.
    fn repeats(&self, rows: Range<usize>) -> bool {
        let some = rows.start..rows.end.min(rows.start + LOOKED_AT);
        let mut bits: Vec<u64> = match self {
            SheetColumn::Number(values) => values[some].iter().map(|n| n.to_bits()).collect(),
            SheetColumn::Integer(values) => {
                values[some].iter().map(|n| n.cast_unsigned()).collect()
            }
            _ => return true,
        };
        bits.sort_unstable();
        bits.windows(2).any(|two| two[0] == two[1])
    }
}

/// Texts one after the other.
fn pages_of_texts(
    texts: &TextColumn,
    mut rows: Range<usize>,
    of: &PrimitiveType,
) -> io::Result<Vec<Page>> {
    let mut pages = Vec::new();
    while !rows.is_empty() {
        let (mut size, mut empty) = (0, 0);
        let fits = |row: &usize| {
            let (before, length) = (size, texts.length(*row));
            size += 4 + length;
            empty += usize::from(length == 0 && before < PAGE);
            before < PAGE
        };
        let end = rows.start + rows.clone().take_while(fits).count();
        let some = rows.start..end;
        let mut bytes = levels(some.clone().map(|row| texts.length(row) > 0), empty)?;
        bytes.reserve(size);
        let (mut least, mut most) = (None, None);
        for text in some.map(|row| texts.get(row)).filter(|text| !text.is_empty()) {
            push(text, &mut bytes);
            if least.is_none_or(|least| text < least) {
                least = Some(text);
            }
            if most.is_none_or(|most| text > most) {
                most = Some(text);
            }
        }
        let found = Found { rows: end - rows.start, empty, ends: least.zip(most) };
        pages.push(found.page(bytes, Encoding::Plain, of));
        rows.start = end;
    }
    Ok(pages)
}

/// Words as a dictionary, and codes into it.
fn pages_of_words(words: &[&'static str], of: &PrimitiveType) -> io::Result<Vec<Page>> {
    let mut known: Vec<&'static str> = Vec::new();
    let mut codes: Vec<u32> = Vec::with_capacity(words.len());
    for word in words.iter().filter(|word| !word.is_empty()) {
        let code = known.iter().position(|known| known == word).unwrap_or_else(|| {
            known.push(word);
            known.len() - 1
        });
        codes.push(code as u32);
    }
    let mut dictionary = Vec::new();
    known.iter().for_each(|word| push(word, &mut dictionary));
    let dictionary = DictPage::new(CowBuffer::Owned(dictionary), known.len(), false);
    let empty = words.len() - codes.len();
    let mut bytes = levels(words.iter().map(|word| !word.is_empty()), empty)?;
    let bits = known.len().max(2).next_power_of_two().trailing_zeros();
    bytes.push(bits as u8);
    hybrid_rle::encode::<u32, _, _>(&mut bytes, codes.iter().copied(), bits)?;
    let ends = known.iter().copied().min().zip(known.iter().copied().max());
    let found = Found { rows: words.len(), empty, ends };
    Ok(vec![Page::Dict(dictionary), found.page(bytes, Encoding::RleDictionary, of)])
}

/// A text as Parquet has it: its length, then its bytes.
fn push(text: &str, bytes: &mut Vec<u8>) {
    // A page is no longer than what its length fits.
    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// Which cells are filled, as a page of them begins; so many are empty.
fn levels(filled: impl ExactSizeIterator<Item = bool>, empty: usize) -> io::Result<Vec<u8>> {
    let rows = filled.len();
    let filled = (empty > 0).then(|| filled.collect::<Bitmap>());
    let mut bytes = Vec::new();
    let written = write_def_levels(&mut bytes, true, filled.as_ref(), rows, Version::V1);
    written.map_err(io::Error::other)?;
    Ok(bytes)
}

/// What there is in a page.
struct Found<'t> {
    rows: usize,
    empty: usize,
    /// The first and the last of the texts, in byte order.
    ends: Option<(&'t str, &'t str)>,
}

impl Found<'_> {
    fn page(&self, bytes: Vec<u8>, encoding: Encoding, of: &PrimitiveType) -> Page {
        let statistics = BinaryStatistics {
            primitive_type: of.clone(),
            null_count: Some(self.empty as i64),
            distinct_count: None,
            max_value: self.ends.map(|(_, last)| last.into()),
            min_value: self.ends.map(|(first, _)| first.into()),
        };
        let header = DataPageHeaderV1 {
            // A group has fewer rows than fit.
            num_values: self.rows as i32,
            encoding: encoding.into(),
            definition_level_encoding: Encoding::Rle.into(),
            repetition_level_encoding: Encoding::Rle.into(),
            statistics: Some(statistics.serialize()),
        };
        let descriptor =
            Descriptor { primitive_type: of.clone(), max_def_level: 1, max_rep_level: 0 };
        let bytes = CowBuffer::Owned(bytes);
        Page::Data(DataPage::new(DataPageHeader::V1(header), bytes, descriptor, self.rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;
    use crate::io::{read_table, write_sheet};

    #[test]
    fn texts_of_all_sorts_read_back_from_parquet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.parquet");
        // Some groups, a page of which is full before all rows of a group are in it.
        let long = "é".repeat(60_000);
        let text = |row: usize| match row % 3 {
            0 => String::new(),
            1 if row < 200 => format!("{long}{row}"),
            _ => format!("lead {row}"),
        };
        let words = ["", "hot", "warm", "cold", "frozen", "melted"];
        let word = |row: usize| if row < 70_000 { "" } else { words[row * row % 6] };
        let number = |row: usize| if row.is_multiple_of(5) { f64::NAN } else { (row % 7) as f64 };
        let rows = 150_000;
        for packing in [Packing::Tight, Packing::Fast] {
            let mut texts = TextColumn::new();
            (0..rows).for_each(|row| texts.push(&text(row)));
            let columns = vec![
                ("t".into(), SheetColumn::Texts(texts)),
                ("w".into(), SheetColumn::Word((0..rows).map(word).collect())),
                ("x".into(), SheetColumn::Number((0..rows).map(number).collect())),
                ("p".into(), SheetColumn::Number((0..rows).map(|row| row as f64 / 7.0).collect())),
            ];
            write_sheet(&path, &Sheet { columns }, packing).unwrap();
            let table = read_table(&path).unwrap();
            let cell = |column: usize, row: usize| {
                table.columns()[column].cell(row).into_text().unwrap_or_default().into_owned()
            };
            assert_eq!(table.rows(), rows);
            for row in 0..rows {
                assert_eq!(cell(0, row), text(row), "{row}");
                assert_eq!(cell(1, row), word(row), "{row}");
                let filled = (!number(row).is_nan()).then(|| number(row).to_string());
                assert_eq!(cell(2, row), filled.unwrap_or_default(), "{row}");
                assert_eq!(table.columns()[3].cell(row), Cell::Number(row as f64 / 7.0));
            }
        }
    }
}
