//! Hashes: of files, to tell versions apart, and of rows, to know later which were fitted.

mod words;

use std::borrow::Cow;
use std::collections::HashSet;

use leadscore_features::events::{ByHash, bytes_hash, hash_on};
use leadscore_features::{
    Catalogue, Cell, Column, ColumnReader, RawColumn, Role, Schema, Table, Value, repeats,
};

use self::words::Words;
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

/// What a row is known by in a bundle. Neither holds an identifier, though whoever has the identifiers can
/// check whether one is among them: the name of a group is a truncated BLAKE3 hash, and so is all that a
/// row's name is made of that is text. See [`Naming`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowIdentity {
    /// The row: its lead, time, inputs, label, and how many equal rows stood before it.
    pub row: u64,
    /// What must not stand on both sides of a split: the account, else the lead, else the row.
    pub group: u64,
}

/// How rows of a table are named. It is the bundle's, so that a row is known again by later versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// All by BLAKE3 hashes of their values, as in bundles that do not say.
    Blake3,
    /// Those of a table with ids or accounts by a fast hash of numbers and of BLAKE3 hashes of texts, which
    /// takes a tenth of the time. Those of others as before: their content is all that their names are
    /// made of, and may be short.
    #[default]
    Words,
}

/// Names rows one by one. The same rows get the same names from CSV and from Parquet, and in another
/// order: equal rows are told apart by counting them.
#[derive(Clone, Debug, Default)]
pub struct RowHasher {
    /// How many rows of each content were named.
    seen: ByHash<u32>,
    bytes: RowBytes,
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
        self.bytes.begin(label);
        values.into_iter().for_each(|value| append(&mut self.bytes.0, value));
        let count = self.seen.entry(self.bytes.content()).or_default();
        let row = self.bytes.name(*count);
        *count += 1;
        RowIdentity { row, group: group.map_or(row, |group| self.bytes.group(group)) }
    }
}

/// The bytes of a row, kept from one to the next.
#[derive(Clone, Debug, Default)]
struct RowBytes(Vec<u8>);

impl RowBytes {
    fn begin(&mut self, label: bool) {
        self.0.clear();
        self.0.push(u8::from(label));
    }

    /// What equal rows are counted by.
    fn content(&self) -> u64 {
        bytes_hash(&self.0)
    }

    /// The name of the row that so many equal rows stand before.
    fn name(&mut self, count: u32) -> u64 {
        self.0.extend_from_slice(&count.to_le_bytes());
        truncated(blake3::hash(&self.0))
    }

    /// The name of a group, in the place of the row.
    fn group(&mut self, group: &str) -> u64 {
        self.0.clear();
        self.0.extend_from_slice(b"group");
        self.0.extend_from_slice(group.as_bytes());
        truncated(blake3::hash(&self.0))
    }
}

/// The bytes of a value that are copied at once, few as they mostly are, and how many of them are its own.
#[derive(Clone, Copy, Debug)]
struct Piece {
    bytes: [u8; PIECE],
    length: u8,
}

/// So many bytes a [`Piece`] has, which with their number are half a line of memory.
const PIECE: usize = 31;

impl Piece {
    /// `None` where there are more bytes.
    fn new(of: &[u8]) -> Option<Self> {
        let mut bytes = [0; PIECE];
        bytes.get_mut(..of.len())?.copy_from_slice(of);
        Some(Self { bytes, length: of.len() as u8 })
    }
}

/// Reads from a table what names its rows: ids, the time, and the columns that a model looks at.
/// Training and comparing use it alike, so that a row is known again.
#[derive(Debug)]
pub struct IdentityReader<'t> {
    columns: NamingColumns<'t>,
    group: Option<&'t RawColumn>,
    id: Option<&'t RawColumn>,
}

/// The columns that rows are named by, in the order of the schema.
#[derive(Debug)]
enum NamingColumns<'t> {
    /// By the bytes of their values.
    Bytes(Vec<NamingColumn<'t>>),
    /// By words.
    Words(Words<'t>),
}

/// A column that rows are named by.
#[derive(Debug)]
enum NamingColumn<'t> {
    /// Read row by row.
    Each(&'t RawColumn, ColumnReader),
    /// The bytes of each of its values, of which none has many.
    Pieces { codes: &'t [u32], pieces: Vec<Piece> },
    /// The bytes of each of its values, one after the other, and where each ends.
    Coded { codes: &'t [u32], bytes: Vec<u8>, ends: Vec<usize> },
}

impl<'t> NamingColumn<'t> {
    fn new(column: &Column, raw: &'t RawColumn, schema: &Schema) -> Self {
        let reader = ColumnReader::new(column, &schema.missing);
        let RawColumn::Coded(coded) = raw else { return Self::Each(raw, reader) };
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        for cell in coded.values().cells() {
            append(&mut bytes, &read(&reader, cell));
            ends.push(bytes.len());
        }
        let codes = coded.codes();
        let pieces = ends.windows(2).map(|of| Piece::new(&bytes[of[0]..of[1]])).collect();
        match pieces {
            Some(pieces) => Self::Pieces { codes, pieces },
            None => Self::Coded { codes, bytes, ends },
        }
    }

    #[inline]
    fn append(&self, row: usize, to: &mut Vec<u8>) {
        match self {
            Self::Each(column, reader) => append(to, &read(reader, column.cell(row))),
            Self::Pieces { codes, pieces } => {
                let piece = codes.get(row).and_then(|&code| pieces.get(code as usize));
                let Some(piece) = piece else { return append(to, &Value::Missing) };
                // A copy of which the length is known beforehand is a few instructions.
                let length = to.len() + usize::from(piece.length);
                to.extend_from_slice(&piece.bytes);
                to.truncate(length);
            }
            Self::Coded { codes, bytes, ends } => {
                let code = codes.get(row).map_or(usize::MAX, |code| *code as usize);
                let Some(&[start, end]) = ends.get(code..).and_then(<[usize]>::first_chunk) else {
                    return append(to, &Value::Missing);
                };
                to.extend_from_slice(&bytes[start..end]);
            }
        }
    }
}

/// A counter, at 0, of each content that there is more than once.
fn counters(contents: &[u64]) -> ByHash<u32> {
    repeats(contents).into_iter().map(|content| (content, 0)).collect()
}

/// What a cell counts as when rows are named: one that cannot be read as missing.
fn read<'c>(reader: &ColumnReader, cell: Cell<'c>) -> Value<'c> {
    reader.read(cell).unwrap_or(Value::Missing)
}

impl<'t> IdentityReader<'t> {
    /// A reader of the columns behind a model's signals, and of the id, account and time. `naming` is that
    /// of the ledger that rows are looked up in.
    ///
    /// # Errors
    /// [`ColumnMismatch`] naming every column that the table lacks.
    pub fn new<'s>(
        schema: &Schema,
        catalogue: &Catalogue,
        signals: impl IntoIterator<Item = &'s str>,
        table: &'t Table,
        naming: Naming,
    ) -> Result<Self, ColumnMismatch> {
        let looked_at: HashSet<&str> = signals
            .into_iter()
            .filter_map(|name| catalogue.signal(name))
            .flat_map(|signal| catalogue.columns(signal))
            .collect();
        let needed = schema.columns.iter().filter(|column| match column.role {
            Role::Id | Role::Account | Role::Time => true,
            Role::Target | Role::Weight => false,
            Role::Attribute | Role::Created => looked_at.contains(column.name.as_str()),
        });
        let (mut columns, mut missing) = (Vec::new(), Vec::new());
        for column in needed {
            match table.column(&column.name) {
                Some(raw) => columns.push((column, raw)),
                None => missing.push(MissingColumn::of(column, table)),
            }
        }
        if !missing.is_empty() {
            return Err(ColumnMismatch { missing });
        }
        let of = |role| schema.with_role(role).and_then(|column| table.column(&column.name));
        let id = of(Role::Id);
        let group = of(Role::Account).or(id);
        let columns = match naming {
            Naming::Words if group.is_some() => NamingColumns::Words(Words::new(&columns, schema)),
            Naming::Words | Naming::Blake3 => NamingColumns::Bytes(
                columns
                    .into_iter()
                    .map(|(column, raw)| NamingColumn::new(column, raw, schema))
                    .collect(),
            ),
        };
        Ok(Self { columns, group, id })
    }

    /// Names rows, 0-based, each with its label. They are all rows that have one, in file order, those
    /// that are left out later too, so that equal rows are counted alike. A cell that cannot be read
    /// counts as missing.
    pub fn names(&self, rows: &[usize], labels: &[bool]) -> Vec<RowIdentity> {
        match &self.columns {
            NamingColumns::Bytes(columns) => self.names_by_bytes(columns, rows, labels),
            NamingColumns::Words(words) => self.names_by_words(words, rows, labels),
        }
    }

    fn names_by_words(
        &self,
        words: &Words<'t>,
        rows: &[usize],
        labels: &[bool],
    ) -> Vec<RowIdentity> {
        let mut bytes = RowBytes::default();
        let group = |&row: &usize| self.group_of(row).map(|group| bytes.group(&group));
        let groups: Vec<Option<u64>> = rows.iter().map(group).collect();
        let states = words.states(rows, labels, &groups);
        let mut seen = counters(&states);
        let name = |(state, group): (u64, Option<u64>)| {
            let before = match seen.is_empty() {
                true => 0,
                false => {
                    seen.get_mut(&state).map_or(0, |count| std::mem::replace(count, *count + 1))
                }
            };
            let row = hash_on(state, u64::from(before));
            RowIdentity { row, group: group.unwrap_or(row) }
        };
        states.into_iter().zip(groups).map(name).collect()
    }

    fn names_by_bytes(
        &self,
        columns: &[NamingColumn<'t>],
        rows: &[usize],
        labels: &[bool],
    ) -> Vec<RowIdentity> {
        let mut bytes = RowBytes::default();
        let read = |row: usize, label: bool, bytes: &mut RowBytes| {
            bytes.begin(label);
            columns.iter().for_each(|column| column.append(row, &mut bytes.0));
        };
        let mut contents = Vec::with_capacity(rows.len());
        // As if no row had an equal before it, which few have.
        let alone = |(&row, &label): (&usize, &bool)| {
            read(row, label, &mut bytes);
            contents.push(bytes.content());
            let name = bytes.name(0);
            let group = self.group_of(row).map(|group| bytes.group(&group));
            RowIdentity { row: name, group: group.unwrap_or(name) }
        };
        let mut names: Vec<RowIdentity> = rows.iter().zip(labels).map(alone).collect();
        let mut seen = counters(&contents);
        if seen.is_empty() {
            return names;
        }
        for (index, content) in contents.iter().enumerate() {
            let Some(count) = seen.get_mut(content) else { continue };
            if *count > 0 {
                read(rows[index], labels[index], &mut bytes);
                let name = bytes.name(*count);
                let grouped = self.group_of(rows[index]).is_some();
                let group = if grouped { names[index].group } else { name };
                names[index] = RowIdentity { row: name, group };
            }
            *count += 1;
        }
        names
    }

    /// What a row is kept together with. A lead without an account is a group of its own.
    fn group_of(&self, row: usize) -> Option<Cow<'t, str>> {
        let of = |column: Option<&'t RawColumn>| column?.cell(row).into_text();
        of(self.group).or_else(|| of(self.id))
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
