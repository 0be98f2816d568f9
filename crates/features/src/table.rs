//! A flat table in memory: columns of cells as a file gave them.

use std::collections::HashMap;

use crate::{Cell, CodedColumn, Time};

/// The cells of a text column, one after the other in one buffer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextColumn {
    buffer: String,
    ends: Vec<usize>,
}

impl TextColumn {
    /// An empty column.
    pub fn new() -> Self {
        Self::default()
    }

    /// The cells whose bytes stand one after the other and end where `ends` says. `None` where one is not
    /// UTF-8, or an end lies before another or behind the bytes.
    #[cfg(feature = "io")]
    pub(crate) fn of_bytes(bytes: Vec<u8>, ends: Vec<usize>) -> Option<Self> {
        // What all together are and where no character is cut, each is.
        let buffer = String::from_utf8(bytes).ok()?;
        let fits = ends.is_sorted() && ends.iter().all(|end| buffer.is_char_boundary(*end));
        fits.then_some(Self { buffer, ends })
    }

    /// The length of a cell's text in bytes; 0 past the end.
    #[cfg(feature = "io")]
    pub(crate) fn length(&self, row: usize) -> usize {
        let start = if row == 0 { Some(&0) } else { self.ends.get(row - 1) };
        self.ends.get(row).zip(start).map_or(0, |(end, start)| end - start)
    }

    /// Appends a cell. An empty text is an empty cell.
    pub fn push(&mut self, text: &str) {
        self.buffer.push_str(text);
        self.ends.push(self.buffer.len());
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a cell; empty past the end.
    pub fn get(&self, row: usize) -> &str {
        let Some(&end) = self.ends.get(row) else { return "" };
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.buffer[start..end]
    }
}

/// One column as a file gave it. Two are equal when their cells are.
#[derive(Clone, Debug)]
pub enum RawColumn {
    /// Texts; an empty text is an empty cell.
    Text(TextColumn),
    /// Floating-point numbers; NaN is an empty cell.
    Number(Vec<f64>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Truth values.
    YesNo(Vec<Option<bool>>),
    /// Moments.
    Time(Vec<Option<Time>>),
    /// Cells that repeat.
    Coded(CodedColumn),
}

impl PartialEq for RawColumn {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.cells().eq(other.cells())
    }
}

impl RawColumn {
    /// The number of cells.
    pub fn len(&self) -> usize {
        match self {
            RawColumn::Text(column) => column.len(),
            RawColumn::Number(values) => values.len(),
            RawColumn::Integer(values) => values.len(),
            RawColumn::YesNo(values) => values.len(),
            RawColumn::Time(values) => values.len(),
            RawColumn::Coded(column) => column.codes().len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many of the cells that were read as `times` are texts that name no zone.
    pub fn times_without_zone(&self, times: &[Option<Time>]) -> usize {
        let zoneless =
            |row: usize| matches!(self.cell(row), Cell::Text(text) if !Time::names_zone(text));
        times.iter().enumerate().filter(|(row, time)| time.is_some() && zoneless(*row)).count()
    }

    /// A cell; empty past the end.
    #[inline]
    pub fn cell(&self, row: usize) -> Cell<'_> {
        fn of<'a, T: Copy>(cell: Option<&Option<T>>, wrap: impl Fn(T) -> Cell<'a>) -> Cell<'a> {
            cell.copied().flatten().map_or(Cell::Empty, wrap)
        }
        match self {
            RawColumn::Text(column) => match column.get(row) {
                "" => Cell::Empty,
                text => Cell::Text(text),
            },
            RawColumn::Number(values) => match values.get(row) {
                Some(number) if !number.is_nan() => Cell::Number(*number),
                _ => Cell::Empty,
            },
            RawColumn::Integer(values) => of(values.get(row), Cell::Integer),
            RawColumn::YesNo(values) => of(values.get(row), Cell::YesNo),
            RawColumn::Time(values) => of(values.get(row), Cell::Time),
            RawColumn::Coded(column) => column.values().cell(self.code(row)),
        }
    }

    /// The cells of rows, in their order; a row past the end is empty.
    pub fn take(&self, rows: &[usize]) -> RawColumn {
        match self {
            RawColumn::Text(column) => {
                let mut taken = TextColumn::new();
                rows.iter().for_each(|&row| taken.push(column.get(row)));
                RawColumn::Text(taken)
            }
            RawColumn::Number(values) => RawColumn::Number(
                rows.iter().map(|&row| values.get(row).copied().unwrap_or(f64::NAN)).collect(),
            ),
            RawColumn::Integer(values) => RawColumn::Integer(taken(values, rows)),
            RawColumn::YesNo(values) => RawColumn::YesNo(taken(values, rows)),
            RawColumn::Time(values) => RawColumn::Time(taken(values, rows)),
            RawColumn::Coded(column) => {
                column.values().take(&rows.iter().map(|&row| self.code(row)).collect::<Vec<_>>())
            }
        }
    }

    /// Columns one after the other. Columns of different types become texts.
    pub fn concat(columns: &[&RawColumn]) -> RawColumn {
        fn joined<T: Copy>(
            columns: &[&RawColumn],
            of: impl Fn(&RawColumn) -> Option<&Vec<T>>,
        ) -> Option<Vec<T>> {
            let parts: Option<Vec<&Vec<T>>> = columns.iter().map(|column| of(column)).collect();
            Some(parts?.into_iter().flatten().copied().collect())
        }
        if columns.iter().any(|column| matches!(column, RawColumn::Coded(_))) {
            let plain = |column: &&RawColumn| column.take(&(0..column.len()).collect::<Vec<_>>());
            let plain: Vec<RawColumn> = columns.iter().map(plain).collect();
            return Self::concat(&plain.iter().collect::<Vec<_>>());
        }
        let numbers = joined(columns, |c| match c {
            RawColumn::Number(values) => Some(values),
            _ => None,
        });
        let integers = joined(columns, |c| match c {
            RawColumn::Integer(values) => Some(values),
            _ => None,
        });
        let flags = joined(columns, |c| match c {
            RawColumn::YesNo(values) => Some(values),
            _ => None,
        });
        let times = joined(columns, |c| match c {
            RawColumn::Time(values) => Some(values),
            _ => None,
        });
        numbers
            .map(RawColumn::Number)
            .or_else(|| integers.map(RawColumn::Integer))
            .or_else(|| flags.map(RawColumn::YesNo))
            .or_else(|| times.map(RawColumn::Time))
            .unwrap_or_else(|| {
                let mut text = TextColumn::new();
                for cell in columns.iter().flat_map(|column| column.cells()) {
                    text.push(&cell.into_text().unwrap_or_default());
                }
                RawColumn::Text(text)
            })
    }

    /// All cells, in row order.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        (0..self.len()).map(|row| self.cell(row))
    }
}

fn taken<T: Copy>(values: &[Option<T>], rows: &[usize]) -> Vec<Option<T>> {
    rows.iter().map(|&row| values.get(row).copied().flatten()).collect()
}

/// What can be wrong with a table as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Two columns have one name.
    #[error("the column {0:?} is there twice; rename or remove one of them")]
    RepeatedColumn(String),
    /// A column is longer or shorter than the first.
    #[error("the column {name:?} has {got} rows, the first column has {expected}")]
    Length {
        /// The column.
        name: String,
        /// Its rows.
        got: usize,
        /// The rows of the first column.
        expected: usize,
    },
}

/// Named columns of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<RawColumn>,
    rows: usize,
    by_name: HashMap<String, usize>,
}

impl Table {
    /// A table of named columns.
    ///
    /// # Errors
    /// [`TableError`] when a name repeats or the lengths differ.
    pub fn new(columns: Vec<(String, RawColumn)>) -> Result<Self, TableError> {
        let rows = columns.first().map_or(0, |(_, column)| column.len());
        let mut table =
            Self { names: Vec::new(), columns: Vec::new(), rows, by_name: HashMap::new() };
        for (index, (name, column)) in columns.into_iter().enumerate() {
            if column.len() != rows {
                return Err(TableError::Length { name, got: column.len(), expected: rows });
            }
            if table.by_name.insert(name.clone(), index).is_some() {
                return Err(TableError::RepeatedColumn(name));
            }
            table.names.push(name);
            table.columns.push(column);
        }
        Ok(table)
    }

    /// The columns with their names, in file order.
    pub fn into_columns(self) -> Vec<(String, RawColumn)> {
        self.names.into_iter().zip(self.columns).collect()
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the columns, in file order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns, in file order.
    pub fn columns(&self) -> &[RawColumn] {
        &self.columns
    }

    /// The position of a column.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&RawColumn> {
        self.position(name).map(|index| &self.columns[index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_went_in() {
        let mut text = TextColumn::new();
        for cell in ["a", "", "né"] {
            text.push(cell);
        }
        let column = RawColumn::Text(text);
        let cells: Vec<_> = column.cells().collect();
        assert_eq!(cells, [Cell::Text("a"), Cell::Empty, Cell::Text("né")]);
        assert_eq!(column.cell(3), Cell::Empty);
        assert_eq!(RawColumn::Number(vec![f64::NAN]).cell(0), Cell::Empty);
    }

    #[test]
    fn names_are_unique_and_lengths_equal() {
        let column = |n| RawColumn::Number(vec![0.0; n]);
        let twice = Table::new(vec![("a".into(), column(1)), ("a".into(), column(1))]);
        assert_eq!(twice, Err(TableError::RepeatedColumn("a".into())));
        assert!(Table::new(vec![("a".into(), column(1)), ("b".into(), column(2))]).is_err());
    }
}
