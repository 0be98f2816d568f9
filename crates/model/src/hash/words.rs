//! Names of rows of tables with ids: a word for every value, and the words of a row taken in one after the
//! other.

use leadscore_features::events::hash_on;
use leadscore_features::{Cell, Column, ColumnReader, RawColumn, Role, Schema, Value};

use super::{RowBytes, read};

/// Rows whose words are taken in column by column: what is known of them and of a column then stays near.
const BLOCK: usize = 4096;

/// What rows are named by but their labels and groups.
#[derive(Debug)]
pub(super) struct Words<'t>(Vec<WordColumn<'t>>);

/// A column that rows are named by.
#[derive(Debug)]
enum WordColumn<'t> {
    /// Its cells are read row by row.
    Each(&'t RawColumn, ColumnReader),
    /// The word of each of its values.
    Coded { codes: &'t [u32], words: Vec<u64> },
    /// Ids beside an account.
    Ids(&'t RawColumn),
}

impl<'t> WordColumn<'t> {
    fn new(column: &'t RawColumn, reader: ColumnReader) -> Self {
        let RawColumn::Coded(coded) = column else { return Self::Each(column, reader) };
        let cells = coded.values().cells();
        let words = cells.map(|cell| word(&read(&reader, cell))).collect();
        Self::Coded { codes: coded.codes(), words }
    }

    /// Takes in the words of rows, each into the state of its row.
    fn take_in(&self, rows: &[usize], states: &mut [u64]) {
        let states = rows.iter().zip(states);
        match self {
            Self::Each(column, reader) => {
                for (&row, state) in states {
                    *state = hash_on(*state, word(&read(reader, column.cell(row))));
                }
            }
            Self::Coded { codes, words } => {
                let missing = word(&Value::Missing);
                for (&row, state) in states {
                    let word = codes.get(row).and_then(|&code| words.get(code as usize));
                    *state = hash_on(*state, *word.unwrap_or(&missing));
                }
            }
            Self::Ids(column) => {
                for (&row, state) in states {
                    *state = hash_on(*state, id_word(column.cell(row)));
                }
            }
        }
    }
}

impl<'t> Words<'t> {
    /// Of the columns that rows of a table are named by.
    pub(super) fn new(columns: &[(&Column, &'t RawColumn)], schema: &Schema) -> Self {
        let grouped = columns.iter().any(|(column, _)| column.role == Role::Account);
        let of = |&(column, raw): &(&Column, &'t RawColumn)| match column.role {
            // The name of the group says it, or that there is none.
            Role::Account => None,
            Role::Id => grouped.then_some(WordColumn::Ids(raw)),
            _ => Some(WordColumn::new(raw, ColumnReader::new(column, &schema.missing))),
        };
        Self(columns.iter().filter_map(of).collect())
    }

    /// What each row is, equal rows alike; `groups` are the names of their groups.
    pub(super) fn states(
        &self,
        rows: &[usize],
        labels: &[bool],
        groups: &[Option<u64>],
    ) -> Vec<u64> {
        let begin = |(&label, group): (&bool, &Option<u64>)| {
            hash_on(u64::from(label), group.unwrap_or_default())
        };
        let mut states: Vec<u64> = labels.iter().zip(groups).map(begin).collect();
        for (rows, states) in rows.chunks(BLOCK).zip(states.chunks_mut(BLOCK)) {
            self.0.iter().for_each(|column| column.take_in(rows, states));
        }
        states
    }
}

/// The word of a value. One of a text is made of its BLAKE3 hash, so that a row's name does not give a text
/// away to whoever knows all else of the row: what a fast hash was taken of can be computed back.
fn word(value: &Value<'_>) -> u64 {
    let (kind, word) = match value {
        Value::Missing | Value::Unavailable => (0, 0),
        // -0 and 0 are one value.
        Value::Number(number) => (1, (number + 0.0).to_bits()),
        Value::YesNo(flag) => (2, u64::from(*flag)),
        Value::Text(text) => (3, RowBytes::default().group(text)),
        Value::Time(time) => (4, time.micros() as u64),
    };
    hash_on(kind, word)
}

/// The word of an id, 0 where there is none.
fn id_word(cell: Cell<'_>) -> u64 {
    cell.into_text().map_or(0, |id| RowBytes::default().group(&id))
}
