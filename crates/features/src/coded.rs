//! Columns whose cells repeat: each distinct cell once, and a code for every row. Whatever is asked of
//! a cell is then asked once for all rows that have it.

use std::ops::Range;

use crate::events::{bytes_hash, place_of_two};
use crate::{Cell, RawColumn, TextColumn};

/// The distinct cells of a column, and which of them each row has.
#[derive(Clone, Debug)]
pub struct CodedColumn {
    /// Never coded itself.
    values: Box<RawColumn>,
    codes: Vec<u32>,
}

impl CodedColumn {
    /// A column of rows that have `values` by their codes. `None` where a code is beyond the values, or
    /// these are coded themselves.
    pub fn new(values: RawColumn, codes: Vec<u32>) -> Option<Self> {
        let coded = matches!(values, RawColumn::Coded(_));
        let fits = !coded && codes.iter().all(|&code| (code as usize) < values.len());
        fits.then(|| Self { values: Box::new(values), codes })
    }

    /// The distinct cells. One may be in no row, and two may be read as the same value.
    pub fn values(&self) -> &RawColumn {
        &self.values
    }

    /// For each row the position of its cell among the values.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The same rows with other values, one for each of these and not coded themselves.
    pub(crate) fn with_values(self, values: RawColumn) -> Self {
        debug_assert!(values.len() == self.values.len() && !matches!(values, RawColumn::Coded(_)));
        Self { values: Box::new(values), codes: self.codes }
    }
}

/// A cell of a column, with the rows that have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Occurring<'c> {
    /// The cell.
    pub cell: Cell<'c>,
    /// The first row that has it, 0-based.
    pub row: usize,
    /// How many rows have it.
    pub times: usize,
}

impl RawColumn {
    /// The cells that there are: of a coded column each once, of another one row by row. In the order of
    /// the first rows that have them.
    pub fn occurring(&self) -> Box<dyn Iterator<Item = Occurring<'_>> + '_> {
        let RawColumn::Coded(column) = self else {
            let each = |(row, cell)| Occurring { cell, row, times: 1 };
            return Box::new(self.cells().enumerate().map(each));
        };
        let mut found: Vec<Occurring<'_>> =
            column.values.cells().map(|cell| Occurring { cell, row: 0, times: 0 }).collect();
        for (row, &code) in column.codes.iter().enumerate() {
            let of = &mut found[code as usize];
            if of.times == 0 {
                of.row = row;
            }
            of.times += 1;
        }
        found.retain(|of| of.times > 0);
        found.sort_by_key(|of| of.row);
        Box::new(found.into_iter())
    }

    /// The cells by which the column is told: the distinct ones of a coded column, else all of them.
    /// [`RawColumn::code`] says which of them a row has.
    pub fn values(&self) -> &RawColumn {
        match self {
            RawColumn::Coded(column) => column.values(),
            column => column,
        }
    }

    /// The position of a row's cell among [`RawColumn::values`]; past the end, past their end.
    #[inline]
    pub fn code(&self, row: usize) -> usize {
        match self {
            RawColumn::Coded(column) => {
                column.codes.get(row).map_or(usize::MAX, |&code| code as usize)
            }
            _ => row,
        }
    }

    /// Whether the cells are texts.
    pub fn is_text(&self) -> bool {
        matches!(self.values(), RawColumn::Text(_))
    }
}

/// Distinct texts that are kept at most: more would no longer be found quickly.
const MOST_DISTINCT: usize = 1 << 17;
/// From so many rows on a column that hardly repeats is given up.
const LOOKED_AT: usize = 1 << 12;
/// Cells that are looked for together.
const TOGETHER: usize = 32;

/// Collects a column of texts, coded as long as they repeat.
#[derive(Debug, Default)]
pub struct TextCollector {
    texts: TextColumn,
    /// The code of each row; empty once the texts are those of the rows.
    codes: Vec<u32>,
    /// What each text is found by.
    keys: Vec<Key>,
    /// Open addressing: the code of a text plus one, or 0. A power of two long; empty once the texts do not
    /// repeat.
    places: Vec<u32>,
}

/// What a text is found by: up to 15 bytes themselves, with their number in the last of 16. A longer text has
/// its hash, and [`LONG`].
type Key = u128;

/// The last byte of the key of a text of more than 15 bytes.
const LONG: Key = 0xff << 120;

/// The key of a text. `behind` are the bytes from its first on, so that 16 can be read at once where there are
/// more than its own.
#[inline]
fn key(text: &[u8], behind: &[u8]) -> Key {
    let length = text.len();
    if length > 15 {
        return Key::from(bytes_hash(text)) | LONG;
    }
    let word = match behind.first_chunk::<16>() {
        Some(bytes) => Key::from_le_bytes(*bytes) & ((1 << (8 * length)) - 1),
        None => {
            let mut bytes = [0; 16];
            bytes.iter_mut().zip(text).for_each(|(to, byte)| *to = *byte);
            Key::from_le_bytes(bytes)
        }
    };
    word | (length as Key) << 120
}

impl TextCollector {
    /// An empty column.
    pub fn new() -> Self {
        Self { places: vec![0; 64], ..Self::default() }
    }

    /// Appends a cell. An empty text is an empty cell.
    #[inline]
    pub fn push(&mut self, text: &str) {
        // The whole of a text always is a text.
        let _ = self.push_part(text, 0..text.len());
    }

    /// Appends a part of a text as a cell. `None`, and nothing appended, where it is none: where it is not within
    /// the text, or begins or ends within a character and no cell before is alike.
    #[inline]
    pub(crate) fn push_part(&mut self, text: &str, part: Range<usize>) -> Option<()> {
        if self.places.is_empty() {
            self.texts.push(text.get(part)?);
            return Some(());
        }
        let behind = text.as_bytes().get(part.start..)?;
        let bytes = behind.get(..part.len())?;
        let key = key(bytes, behind);
        let mask = self.places.len() - 1;
        let mut at = place_of_two(key) as usize & mask;
        while self.places[at] != 0 {
            if let Some(code) = self.code(self.places[at], key, bytes) {
                self.codes.push(code);
                return Some(());
            }
            at = (at + 1) & mask;
        }
        self.insert(text.get(part)?, key, at);
        Some(())
    }

    /// The same of parts one after the other. Those that are `None` may have cells before them appended.
    pub(crate) fn push_parts(
        &mut self,
        text: &str,
        mut parts: impl Iterator<Item = Range<usize>>,
    ) -> Option<()> {
        // Each in an array of its own: a processor waits where it reads at once what was written in two parts.
        let (mut starts, mut ends, mut keys) = ([0; TOGETHER], [0; TOGETHER], [0; TOGETHER]);
        while !self.places.is_empty() {
            let mut count = 0;
            for (i, Range { start, end }) in parts.by_ref().take(TOGETHER).enumerate() {
                let behind = text.as_bytes().get(start..)?;
                keys[i] = key(behind.get(..end.checked_sub(start)?)?, behind);
                (starts[i], ends[i]) = (start, end);
                count += 1;
            }
            // First places, read before any of them is looked at: a processor then waits for all at once.
            let mask = self.places.len() - 1;
            let mut found = [0; TOGETHER];
            for (found, key) in found.iter_mut().zip(&keys[..count]) {
                *found = self.places[place_of_two(*key) as usize & mask];
            }
            for i in 0..count {
                let part = starts[i]..ends[i];
                match self.code(found[i], keys[i], text.as_bytes().get(part.clone())?) {
                    Some(code) if !self.places.is_empty() => self.codes.push(code),
                    // A cell of these may be the one with which the texts do not repeat enough.
                    _ => self.push_part(text, part)?,
                }
            }
            if count < TOGETHER {
                return Some(());
            }
        }
        for part in parts {
            self.texts.push(text.get(part)?);
        }
        Some(())
    }

    /// The code found at a place, where it is that of the text.
    #[inline]
    fn code(&self, found: u32, key: Key, text: &[u8]) -> Option<u32> {
        let code = found.checked_sub(1)?;
        let alike = *self.keys.get(code as usize)? == key
            && (key < LONG || self.texts.get(code as usize).as_bytes() == text);
        alike.then_some(code)
    }

    /// A text that was not seen before, for which there is a place.
    #[cold]
    fn insert(&mut self, text: &str, key: Key, at: usize) {
        let (rows, distinct) = (self.codes.len(), self.texts.len());
        let hardly_repeats = rows >= LOOKED_AT && distinct * 16 > rows * 15;
        if hardly_repeats || distinct == MOST_DISTINCT {
            self.give_up();
            self.texts.push(text);
            return;
        }
        self.texts.push(text);
        self.keys.push(key);
        self.codes.push(distinct as u32);
        self.places[at] = distinct as u32 + 1;
        if self.texts.len() * 2 > self.places.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let mask = self.places.len() * 2 - 1;
        self.places = vec![0; mask + 1];
        for (key, code) in self.keys.iter().zip(1..) {
            let mut at = place_of_two(*key) as usize & mask;
            while self.places[at] != 0 {
                at = (at + 1) & mask;
            }
            self.places[at] = code;
        }
    }

    /// Goes on without codes.
    fn give_up(&mut self) {
        let mut texts = TextColumn::new();
        self.codes.iter().for_each(|&code| texts.push(self.texts.get(code as usize)));
        *self = Self { texts, ..Self::default() };
    }

    /// The column. One whose cells hardly repeat is not coded.
    pub fn finish(mut self) -> RawColumn {
        if !self.places.is_empty() && self.texts.len() * 2 > self.codes.len() {
            self.give_up();
        }
        if self.places.is_empty() {
            return RawColumn::Text(self.texts);
        }
        let values = Box::new(RawColumn::Text(self.texts));
        RawColumn::Coded(CodedColumn { values, codes: self.codes })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn collected(cells: &[String]) -> (RawColumn, RawColumn) {
        let (mut coded, mut plain) = (TextCollector::new(), TextColumn::new());
        for cell in cells {
            coded.push(cell);
            plain.push(cell);
        }
        // And the same as parts of one text.
        let (text, mut together, mut end) = (cells.concat(), TextCollector::new(), 0);
        let parts = cells.iter().map(|cell| {
            end += cell.len();
            end - cell.len()..end
        });
        together.push_parts(&text, parts).unwrap();
        let (coded, together) = (coded.finish(), together.finish());
        assert_eq!(coded.values(), together.values());
        assert_eq!(coded, together);
        (coded, RawColumn::Text(plain))
    }

    #[test]
    fn columns_that_repeat_are_coded_and_others_are_not() {
        let few: Vec<String> = (0..5_000).map(|i| format!("{}", i % 7)).collect();
        let (column, plain) = collected(&few);
        assert_eq!(column.values().len(), 7);
        assert_eq!(column, plain);
        // As many as are looked at differ, then some that do not.
        let all: Vec<String> = (0..10_000).map(|i| format!("{}", i.min(9_000))).collect();
        let (column, plain) = collected(&all);
        assert!(matches!(column, RawColumn::Text(_)));
        assert_eq!(column, plain);
        let many: Vec<String> = (0..3 * MOST_DISTINCT).map(|i| format!("{}", i / 2)).collect();
        let (column, plain) = collected(&many);
        assert!(matches!(column, RawColumn::Text(_)));
        assert_eq!(column, plain);
    }

    #[test]
    fn codes_beyond_the_values_are_refused() {
        let values = || RawColumn::Number(vec![1.0, 2.0]);
        assert!(CodedColumn::new(values(), vec![0, 2]).is_none());
        let coded = RawColumn::Coded(CodedColumn::new(values(), vec![1, 0, 1]).unwrap());
        assert_eq!(coded, RawColumn::Number(vec![2.0, 1.0, 2.0]));
        assert_eq!(coded.cell(3), Cell::Empty);
        assert!(CodedColumn::new(coded, vec![0]).is_none());
    }

    proptest! {
        #[test]
        fn a_coded_column_is_the_column_that_it_codes(
            cells in prop::collection::vec("[ab]{0,2}", 0..60),
            rows in prop::collection::vec(0usize..70, 0..20),
        ) {
            let (coded, plain) = collected(&cells);
            prop_assert_eq!(&coded, &plain);
            prop_assert_eq!(coded.len(), cells.len());
            prop_assert_eq!(coded.take(&rows), plain.take(&rows));
            prop_assert_eq!(
                RawColumn::concat(&[&coded, &plain]),
                RawColumn::concat(&[&plain, &plain])
            );
            for (row, cell) in plain.cells().enumerate() {
                prop_assert_eq!(coded.cell(row), cell);
                prop_assert_eq!(coded.values().cell(coded.code(row)), cell);
            }
            let mut last = None;
            for of in coded.occurring() {
                let having: Vec<usize> =
                    (0..cells.len()).filter(|&row| plain.cell(row) == of.cell).collect();
                prop_assert!(having.contains(&of.row) && Some(of.row) > last);
                if coded.values().len() < coded.len() {
                    prop_assert_eq!((having[0], having.len()), (of.row, of.times));
                }
                last = Some(of.row);
            }
        }
    }
}
