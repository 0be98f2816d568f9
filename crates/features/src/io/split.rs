//! The rows of a CSV file as columns, split where the `csv` crate splits them, in one pass over the bytes
//! and without a record in between.

use crate::{RawColumn, TextCollector};

/// Rows that are split before their cells go to the columns: those of one column then stay together, and
/// what is known of it near.
const BLOCK: usize = 256;

/// Splits the rows below a header into columns. `None` where a row has another number of fields than
/// `width`, or a quote is never closed: whoever asked reads it again with the `csv` crate, and says which row.
pub(super) fn split(rows: &str, delimiter: u8, width: usize) -> Option<Vec<RawColumn>> {
    let mut columns: Vec<TextCollector> = (0..width).map(|_| TextCollector::new()).collect();
    let mut splitter = Splitter { rows, delimiter, ends: Ends::new(rows.as_bytes(), delimiter) };
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
            let fields = &fields[..filled];
            if unquoted.is_empty() {
                column.push_parts(rows, fields.iter().map(|of| of.start..of.end))?;
                continue;
            }
            for &Field { start, end } in fields {
                match start.checked_sub(rows.len()) {
                    None => column.push_part(rows, start..end)?,
                    Some(start) => column.push_part(&unquoted, start..end - rows.len())?,
                }
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
    ends: Ends<'r>,
}

impl Splitter<'_> {
    /// The fields of the next row, one for each column, into a place of them; false where there is no more
    /// row. `None` where there are more or fewer fields.
    #[inline]
    fn next(&mut self, place: usize, fields: &mut [Field], unquoted: &mut String) -> Option<bool> {
        let bytes = self.rows.as_bytes();
        // Lines without anything in them are no rows.
        while let Some(b'\n' | b'\r') = bytes.get(self.ends.at) {
            self.ends.next();
        }
        if self.ends.at >= bytes.len() {
            return Some(false);
        }
        let mut columns = fields.chunks_exact_mut(BLOCK);
        while let Some(column) = columns.next() {
            let start = self.ends.at;
            let end;
            column[place] = if bytes.get(start) == Some(&b'"') {
                let start = bytes.len() + unquoted.len();
                end = unquote(self.rows, &mut self.ends, unquoted)?;
                Field { start, end: bytes.len() + unquoted.len() }
            } else {
                end = self.ends.next();
                Field { start, end }
            };
            let more = bytes.get(end) == Some(&self.delimiter);
            if more != (columns.len() > 0) {
                return None;
            }
        }
        Some(true)
    }
}

/// Appends a quoted field to `field` and goes behind it; returns where it ends. A quote within is written
/// twice, and what stands behind the last one belongs to the field too.
fn unquote(rows: &str, ends: &mut Ends<'_>, field: &mut String) -> Option<usize> {
    let bytes = rows.as_bytes();
    let mut at = ends.at + 1;
    loop {
        let Some(length) = bytes[at..].iter().position(|&byte| byte == b'"') else {
            // One that is never closed takes in all rows that follow.
            if bytes[at..].trim_ascii_end().contains(&b'\n') {
                return None;
            }
            field.push_str(rows.get(at..)?);
            ends.go_to(bytes.len());
            return Some(ends.next());
        };
        field.push_str(rows.get(at..at + length)?);
        at += length + 1;
        if bytes.get(at) != Some(&b'"') {
            ends.go_to(at);
            let end = ends.next();
            field.push_str(rows.get(at..end)?);
            return Some(end);
        }
        field.push('"');
        at += 1;
    }
}

/// Finds the bytes that end a field: the delimiter and the ends of lines, eight bytes at once.
struct Ends<'r> {
    bytes: &'r [u8],
    /// The bytes looked for, each eight times in a word.
    words: [u64; 3],
    /// Behind the last one that was found.
    at: usize,
    /// Where the eight bytes begin that were looked at last, and a high bit for each end among them that was
    /// not found yet.
    seen: (usize, u64),
}

impl<'r> Ends<'r> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;

    fn new(bytes: &'r [u8], delimiter: u8) -> Self {
        let words = [delimiter, b'\n', b'\r'].map(|byte| u64::from(byte) * Self::ONES);
        let mut ends = Self { bytes, words, at: 0, seen: (0, 0) };
        ends.go_to(0);
        ends
    }

    /// Goes on at a place.
    fn go_to(&mut self, at: usize) {
        self.at = at;
        self.seen = (at, self.look(at));
    }

    /// Where the next one stands; the end of the bytes where there is none. Goes behind it.
    #[inline]
    fn next(&mut self) -> usize {
        let (mut from, mut found) = self.seen;
        while found == 0 {
            from += 8;
            found = self.look(from);
        }
        let at = from + found.trailing_zeros() as usize / 8;
        self.seen = (from, found & (found - 1));
        self.at = at + 1;
        at
    }

    /// A high bit for each end among eight bytes. Behind the last byte are ends.
    #[inline]
    fn look(&self, from: usize) -> u64 {
        let word = u64::from_le_bytes(match self.bytes.get(from..).and_then(<[u8]>::first_chunk) {
            Some(eight) => *eight,
            None => self.last(from),
        });
        // A byte that is 0 has no high bit then (H. Warren, Hacker's Delight, 2nd edition, section 6-1).
        let none = self.words.iter().fold(Self::HIGHS, |none, end| {
            let zero = word ^ end;
            none & (((zero & !Self::HIGHS) + !Self::HIGHS) | zero)
        });
        none ^ Self::HIGHS
    }

    /// The last bytes, fewer than eight, and ends behind them.
    #[cold]
    fn last(&self, from: usize) -> [u8; 8] {
        let mut eight = [b'\n'; 8];
        let rest = self.bytes.get(from..).unwrap_or_default();
        eight.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
        eight
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

    fn last_field(rows: &str, delimiter: u8) -> String {
        let mut reader = ReaderBuilder::new();
        let reader = reader.delimiter(delimiter).flexible(true).has_headers(false);
        let mut reader = reader.from_reader(rows.as_bytes());
        let last = reader.records().last().unwrap().unwrap();
        last.iter().next_back().unwrap().to_owned()
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
            // What is behind an open quote is read as its field.
            if found.is_none() && last_field(&format!("{rows}\nq"), delimiter).ends_with("\nq") {
                return Ok(());
            }
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
