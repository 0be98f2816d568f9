//! Rows of a table, read for a scorer.

use leadscore_features::{
    Column, ColumnReader, Kind, Misread, RawColumn, Table, Time, Value, did_you_mean,
};

use crate::{Scorer, TimeColumn};

/// A column that is needed and not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingColumn {
    /// Its name.
    pub name: String,
    /// What it should hold.
    pub kind: &'static str,
    /// The nearest name that is there.
    pub near: Option<String>,
}

impl MissingColumn {
    pub(crate) fn of(column: &Column, table: &Table) -> Self {
        Self::new(&column.name, &column.kind, table)
    }

    fn new(name: &str, kind: &Kind, table: &Table) -> Self {
        let near = did_you_mean(name, table.names().iter().map(String::as_str));
        Self { name: name.to_owned(), kind: kind.word(), near: near.map(str::to_owned) }
    }
}

/// A table lacks columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ColumnMismatch {
    /// The columns that are missing.
    pub missing: Vec<MissingColumn>,
}

impl std::fmt::Display for ColumnMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "columns are missing that the scores need:")?;
        for column in &self.missing {
            write!(f, "\n  {:?} ({})", column.name, column.kind)?;
            if let Some(near) = &column.near {
                write!(f, "; did you mean {near:?}?")?;
            }
        }
        Ok(())
    }
}

/// A cell of a table that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column {column:?}: {misread}")]
pub struct RowMistake {
    /// The 1-based data row.
    pub row: usize,
    /// The column.
    pub column: String,
    /// What is wrong.
    pub misread: Misread,
}

/// Reads the rows of a table as a scorer's attributes. Names are resolved once.
#[derive(Debug)]
pub struct BatchReader<'t> {
    columns: Vec<(&'t RawColumn, ColumnReader, String)>,
    as_of: Option<(&'t RawColumn, TimeColumn)>,
    /// Columns whose value is not the table's but that of the last known change.
    told_by_events: Vec<bool>,
}

impl<'t> BatchReader<'t> {
    /// A reader of the columns that a scorer needs.
    ///
    /// # Errors
    /// [`ColumnMismatch`] naming every column that the table lacks.
    pub fn new(scorer: &Scorer, table: &'t Table) -> Result<Self, ColumnMismatch> {
        let mut columns = Vec::with_capacity(scorer.columns().len());
        let mut missing = Vec::new();
        for (name, reader) in scorer.columns() {
            match table.column(name) {
                Some(column) => columns.push((column, reader.clone(), name.clone())),
                None => missing.push(MissingColumn::new(name, reader.kind(), table)),
            }
        }
        if !missing.is_empty() {
            return Err(ColumnMismatch { missing });
        }
        let as_of = scorer
            .as_of_column()
            .and_then(|as_of| table.column(&as_of.name).map(|column| (column, as_of.clone())));
        let told_by_events = vec![false; columns.len()];
        Ok(Self { columns, as_of, told_by_events })
    }

    /// For leads that come with their events: a column whose history these tell is missing until
    /// they tell it. What the table has there is today's value.
    pub fn with_events(mut self, scorer: &Scorer) -> Self {
        self.told_by_events = scorer.told_by_events().collect();
        self
    }

    /// Reads a row, 0-based, into `values`; a cell that cannot be read is missing there and
    /// reported in `mistakes`. Returns the row's own moment, where it has one.
    pub fn read(
        &self,
        row: usize,
        values: &mut Vec<Value<'t>>,
        mistakes: &mut Vec<RowMistake>,
    ) -> Option<Time> {
        let mut mistake = |column: &str, misread: Misread| {
            mistakes.push(RowMistake { row: row + 1, column: column.to_owned(), misread });
        };
        values.clear();
        for ((column, reader, name), told_by_events) in
            self.columns.iter().zip(&self.told_by_events)
        {
            let value = reader.read(column.cell(row)).unwrap_or_else(|misread| {
                mistake(name, misread);
                Value::Missing
            });
            // A cell that cannot be read is one where its value is not asked for too, as in a request.
            values.push(if *told_by_events { Value::Missing } else { value });
        }
        let (column, as_of) = self.as_of.as_ref()?;
        match as_of.reader.read(column.cell(row)) {
            Ok(Value::Time(time)) => Some(time),
            Ok(_) => None,
            Err(misread) => {
                mistake(&as_of.name, misread);
                None
            }
        }
    }
}
