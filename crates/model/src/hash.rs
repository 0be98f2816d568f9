//! Hashes: of files, to tell versions apart, and of rows, to know later which were fitted.

use std::borrow::Cow;
use std::collections::HashSet;

use leadscore_features::events::ByHash;
use leadscore_features::{Catalogue, Cell, ColumnReader, RawColumn, Role, Schema, Table, Value};

use crate::batch::{ColumnMismatch, MissingColumn};

/// The BLAKE3 hash of a file's bytes, in hexadecimal.
pub fn file_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The same of what a reader gives, without holding all of it.
///
/// # Errors
/// Those of the reader.
pub fn stream_hash(reader: impl std::io::Read) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(reader)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// What a row is known by in a bundle. Both are truncated BLAKE3 hashes; neither holds an
/// identifier, though whoever has the identifiers can check whether one is among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowIdentity {
    /// The row: its lead, time, inputs, label, and how many equal rows stood before it.
    pub row: u64,
    /// What must not stand on both sides of a split: the account, else the lead, else the row.
    pub group: u64,
}

/// Names the rows of a table, in file order. The same rows get the same names from CSV and from
/// Parquet, and in another order: equal rows are told apart by counting them.
#[derive(Clone, Debug, Default)]
pub struct RowHasher {
    seen: ByHash<u32>,
    /// The bytes of a row, kept from one to the next.
    bytes: Vec<u8>,
}

impl RowHasher {
    /// A hasher that has seen no row.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the next row. `group` is the account's or lead's id, where there is one; `values` are
    /// the id, the time and the inputs, in schema order.
    pub fn next<'a>(
        &mut self,
        group: Option<&str>,
        values: impl IntoIterator<Item = &'a Value<'a>>,
        label: bool,
    ) -> RowIdentity {
        self.begin(label);
        values.into_iter().for_each(|value| append(&mut self.bytes, value));
        self.end(group)
    }

    fn begin(&mut self, label: bool) {
        self.bytes.clear();
        self.bytes.push(u8::from(label));
    }

    /// Names the row whose bytes are there.
    fn end(&mut self, group: Option<&str>) -> RowIdentity {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.bytes);
        let content = truncated(hasher.finalize());
        let count = self.seen.entry(content).or_default();
        hasher.update(&count.to_le_bytes());
        *count += 1;
        let row = truncated(hasher.finalize());
        let group = group.map_or(row, |group| {
            self.bytes.clear();
            self.bytes.extend_from_slice(b"group");
            self.bytes.extend_from_slice(group.as_bytes());
            truncated(blake3::hash(&self.bytes))
        });
        RowIdentity { row, group }
    }
}

/// Reads from a table what names its rows: ids, the time, and the columns that a model looks at.
/// Training and comparing use it alike, so that a row is known again.
#[derive(Debug)]
pub struct IdentityReader<'t> {
    columns: Vec<NamingColumn<'t>>,
    group: Option<&'t RawColumn>,
    id: Option<&'t RawColumn>,
    hasher: RowHasher,
}

/// A column that rows are named by.
#[derive(Debug)]
enum NamingColumn<'t> {
    /// Read row by row.
    Each(&'t RawColumn, ColumnReader),
    /// The bytes of each of its values, one after the other, and where each ends.
    Coded { column: &'t RawColumn, bytes: Vec<u8>, ends: Vec<usize> },
}

impl<'t> NamingColumn<'t> {
    fn new(column: &'t RawColumn, reader: ColumnReader) -> Self {
        if !matches!(column, RawColumn::Coded(_)) {
            return Self::Each(column, reader);
        }
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        for cell in column.values().cells() {
            append(&mut bytes, &read(&reader, cell));
            ends.push(bytes.len());
        }
        Self::Coded { column, bytes, ends }
    }

    fn append(&self, row: usize, to: &mut Vec<u8>) {
        match self {
            Self::Each(column, reader) => append(to, &read(reader, column.cell(row))),
            Self::Coded { column, bytes, ends } => {
                let code = column.code(row);
                match ends.get(code..).and_then(<[usize]>::first_chunk::<2>) {
                    Some(&[start, end]) => to.extend_from_slice(&bytes[start..end]),
                    None => append(to, &Value::Missing),
                }
            }
        }
    }
}

/// What a cell counts as when rows are named: one that cannot be read as missing.
fn read<'c>(reader: &ColumnReader, cell: Cell<'c>) -> Value<'c> {
    reader.read(cell).unwrap_or(Value::Missing)
}

impl<'t> IdentityReader<'t> {
    /// A reader of the columns behind a model's signals, and of the id, account and time.
    ///
    /// # Errors
    /// [`ColumnMismatch`] naming every column that the table lacks.
    pub fn new<'s>(
        schema: &Schema,
        catalogue: &Catalogue,
        signals: impl IntoIterator<Item = &'s str>,
        table: &'t Table,
    ) -> Result<Self, ColumnMismatch> {
        let looked_at: HashSet<&str> = signals
            .into_iter()
            .filter_map(|name| catalogue.signal(name))
            .flat_map(|signal| catalogue.columns(signal))
            .collect();
        let needed = schema.columns.iter().filter(|column| match column.role {
            Role::Id | Role::Account | Role::Time => true,
            Role::Target => false,
            Role::Attribute | Role::Created => looked_at.contains(column.name.as_str()),
        });
        let (mut columns, mut missing) = (Vec::new(), Vec::new());
        for column in needed {
            match table.column(&column.name) {
                Some(raw) => {
                    let reader = ColumnReader::new(column, &schema.missing);
                    columns.push(NamingColumn::new(raw, reader));
                }
                None => missing.push(MissingColumn::of(column, table)),
            }
        }
        if !missing.is_empty() {
            return Err(ColumnMismatch { missing });
        }
        let of = |role| schema.with_role(role).and_then(|column| table.column(&column.name));
        let id = of(Role::Id);
        let mut hasher = RowHasher::new();
        hasher.seen.reserve(table.rows());
        Ok(Self { columns, group: of(Role::Account).or(id), id, hasher })
    }

    /// Names a row, 0-based. Rows are to be named in file order, those that are left out later
    /// too, so that equal rows are counted alike. A cell that cannot be read counts as missing.
    pub fn next(&mut self, row: usize, label: bool) -> RowIdentity {
        self.hasher.begin(label);
        self.columns.iter().for_each(|column| column.append(row, &mut self.hasher.bytes));
        // A lead without an account is a group of its own.
        let group = self.group.and_then(|raw| match raw.cell(row).into_text() {
            Some(text) => Some(text),
            None => self.id.and_then(|id| id.cell(row).into_text()),
        });
        self.hasher.end(group.as_deref())
    }

    /// The lead's id: that of the id column, else the 1-based row.
    pub fn id(&self, row: usize) -> String {
        lead_id(self.id, row)
    }
}

/// A lead's id: the cell of the id column; without such a column, the 1-based data row. A lead
/// without an id is `row N`, which is nobody's id.
pub fn lead_id(column: Option<&RawColumn>, row: usize) -> String {
    match column {
        Some(column) => cell_id(column.cell(row), row).into_owned(),
        None => (row + 1).to_string(),
    }
}

/// The id of a lead by its cell of the column of the ids, as [`lead_id`] gives it.
pub fn cell_id(cell: Cell<'_>, row: usize) -> Cow<'_, str> {
    cell.into_text().unwrap_or_else(|| Cow::Owned(format!("row {}", row + 1)))
}

fn append(bytes: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Missing | Value::Unavailable => bytes.push(0),
        // -0 and 0 are one value.
        Value::Number(number) => {
            bytes.push(1);
            bytes.extend_from_slice(&(number + 0.0).to_bits().to_le_bytes());
        }
        Value::YesNo(flag) => bytes.extend_from_slice(&[2, u8::from(*flag)]),
        Value::Text(text) => {
            bytes.push(3);
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Value::Time(time) => {
            bytes.push(4);
            bytes.extend_from_slice(&time.micros().to_le_bytes());
        }
    }
}

fn truncated(hash: blake3::Hash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_are_told_apart_and_order_does_not_matter() {
        let (a, b) = ([Value::Number(1.0)], [Value::Text("1".into())]);
        let names = |rows: &[&[Value<'static>]]| {
            let mut hasher = RowHasher::new();
            let mut names: Vec<_> =
                rows.iter().map(|row| hasher.next(None, row.iter(), true).row).collect();
            names.sort_unstable();
            names
        };
        let first = names(&[&a, &b, &a]);
        assert_eq!(first, names(&[&a, &a, &b]));
        assert!(first.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn the_group_is_the_lead_where_there_is_one() {
        let mut hasher = RowHasher::new();
        let one = hasher.next(Some("lead"), &[Value::Missing], true);
        let two = hasher.next(Some("lead"), &[Value::YesNo(true)], false);
        assert_eq!(one.group, two.group);
        assert_ne!(one.row, two.row);
        let alone = hasher.next(None, &[Value::Missing], true);
        assert_eq!(alone.group, alone.row);
    }
}
