//! The rows of a CSV file as columns, split where the `csv` crate splits them, in one pass over the bytes
//! and without a record in between.

use crate::{RawColumn, TextCollector};

/// Rows that are split before their cells go to the columns: those of one column then stay together, and
/// what is known of it near.
const BLOCK: usize = 512;

/// Splits the rows below a header into columns. `None` where a row has another number of fields than
/// `width`: whoever asked reads it again with the `csv` crate, and says which row.
pub(super) fn split(rows: &str, delimiter: u8, width: usize) -> Option<Vec<RawColumn>> {
    let mut columns: Vec<TextCollector> = (0..width).map(|_| TextCollector::new()).collect();
    let mut splitter = Splitter { rows, delimiter, ends: Ends::new(delimiter), at: 0 };
    // Those of one column stand together, so that they are read from one end to the other.
    let mut fields = vec![Field { start: 0, end: 0 }; BLOCK * width];
    let mut unquoted = String::new();
    loop {
        unquoted.clear();
        let mut filled = 0;
        while filled < BLOCK && splitter.next(filled, &mut fields, &mut unquoted)? {
            filled += 1;
        }
        if filled == 0 {
            break;
        }
        for (fields, column) in fields.chunks_exact(BLOCK).zip(&mut columns) {
            for &Field { start, end } in &fields[..filled] {
                column.push(match start.checked_sub(rows.len()) {
                    None => rows.get(start..end)?,
                    Some(start) => unquoted.get(start..end - rows.len())?,
                });
            }
        }
    }
    Some(columns.into_iter().map(TextCollector::finish).collect())
}

/// Where a field stands: among the rows, or, behind their end, among the texts that were taken out of
/// quotes.
#[derive(Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
}

/// The rows, one after the other.
struct Splitter<'r> {
    rows: &'r str,
    delimiter: u8,
    ends: Ends,
    at: usize,
}

impl Splitter<'_> {
    /// The fields of the next row, one for each column, into a place of them; false where there is no more
    /// row. `None` where there are more or fewer fields.
    #[inline]
    fn next(&mut self, place: usize, fields: &mut [Field], unquoted: &mut String) -> Option<bool> {
        let bytes = self.rows.as_bytes();
        // Lines without anything in them are no rows.
        while let Some(b'\n' | b'\r') = bytes.get(self.at) {
            self.at += 1;
        }
        if self.at == bytes.len() {
            return Some(false);
        }
        let mut columns = fields.chunks_exact_mut(BLOCK);
        while let Some(column) = columns.next() {
            let start = self.at;
            column[place] = if bytes.get(start) == Some(&b'"') {
                let start = bytes.len() + unquoted.len();
                self.at = unquote(self.rows, self.at + 1, &self.ends, unquoted)?;
                Field { start, end: bytes.len() + unquoted.len() }
            } else {
                self.at = self.ends.next(bytes, start);
                Field { start, end: self.at }
            };
            let more = bytes.get(self.at) == Some(&self.delimiter);
            if more != (columns.len() > 0) {
                return None;
            }
            self.at += usize::from(more);
        }
        Some(true)
    }
}

/// Appends a quoted field to `field` from behind its first quote; returns where it ends. A quote within
/// is written twice, and what stands behind the last one belongs to the field too.
fn unquote(rows: &str, mut at: usize, ends: &Ends, field: &mut String) -> Option<usize> {
    let bytes = rows.as_bytes();
    loop {
        let Some(length) = bytes[at..].iter().position(|&byte| byte == b'"') else {
            field.push_str(rows.get(at..)?);
            return Some(bytes.len());
        };
        field.push_str(rows.get(at..at + length)?);
        at += length + 1;
        if bytes.get(at) != Some(&b'"') {
            let end = ends.next(bytes, at);
            field.push_str(rows.get(at..end)?);
            return Some(end);
        }
        field.push('"');
        at += 1;
    }
}

/// The bytes that end a field, each eight times in a word.
struct Ends {
    words: [u64; 3],
}

impl Ends {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;

    fn new(delimiter: u8) -> Self {
        Self { words: [delimiter, b'\n', b'\r'].map(|byte| u64::from(byte) * Self::ONES) }
    }

    /// Where the first of them stands from `at` on; the end of the bytes where none does.
    #[inline]
    fn next(&self, bytes: &[u8], mut at: usize) -> usize {
        while let Some(chunk) = bytes[at..].first_chunk::<8>() {
            let word = u64::from_le_bytes(*chunk);
            // A byte of 0 gives a high bit; bytes behind the first may give one too, which is not looked at
            // (H. Warren, Hacker's Delight, 2nd edition, section 6-1).
            let found = self.words.iter().fold(0, |found, end| {
                let zero = word ^ end;
                found | (zero.wrapping_sub(Self::ONES) & !zero)
            }) & Self::HIGHS;
            if found != 0 {
                return at + found.trailing_zeros() as usize / 8;
            }
            at += 8;
        }
        let delimiter = self.words[0] as u8;
        let ends = |byte: &u8| *byte == delimiter || matches!(byte, b'\n' | b'\r');
        bytes[at..].iter().position(ends).map_or(bytes.len(), |length| at + length)
    }
}

#[cfg(test)]
mod tests {
    use csv::ReaderBuilder;
    use proptest::prelude::*;

    use super::*;

    /// The columns by the `csv` crate; `None` where a row has another number of fields.
    fn by_csv(rows: &str, delimiter: u8, width: usize) -> Option<Vec<Vec<String>>> {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(rows.as_bytes());
        let mut columns = vec![Vec::new(); width];
        for record in reader.records() {
            let record = record.unwrap();
            if record.len() != width {
                return None;
            }
            record.iter().zip(&mut columns).for_each(|(field, to)| to.push(field.to_owned()));
        }
        Some(columns)
    }

    fn texts(columns: &[RawColumn]) -> Vec<Vec<String>> {
        let text = |cell: crate::Cell<'_>| match cell {
            crate::Cell::Text(text) => text.to_owned(),
            _ => String::new(),
        };
        columns.iter().map(|column| column.cells().map(text).collect()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn rows_are_split_as_the_csv_crate_splits_them(
            rows in "([ab;,\"\n\r]|\r\n|\"\"|,\"|\",|é|long text here){0,24}",
            delimiter in prop::sample::select(b",;\t".to_vec()),
            width in 1usize..4,
        ) {
            // A mark at the beginning of a file is dropped before.
            let found = split(&rows, delimiter, width).as_deref().map(texts);
            prop_assert_eq!(found, by_csv(&rows, delimiter, width));
        }

        #[test]
        fn regular_rows_are_split_too(
            cells in prop::collection::vec("[ab,\"\n\ré ]{0,12}", 3..30),
            quoted in any::<bool>(),
            ending in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        ) {
            let field = |cell: &String| match quoted {
                true => format!("\"{}\"", cell.replace('"', "\"\"")),
                false => cell.replace(['"', ',', '\n', '\r'], "x"),
            };
            let lines = cells.chunks_exact(3).map(|line| {
                line.iter().map(field).collect::<Vec<_>>().join(",")
            });
            let rows = lines.collect::<Vec<_>>().join(ending);
            let found = split(&rows, b',', 3).as_deref().map(texts);
            prop_assert!(found.is_some());
            prop_assert_eq!(found, by_csv(&rows, b',', 3));
        }
    }
}
