//! The attributes that a request may name, resolved once.

use std::collections::HashMap;

use leadscore_features::{ColumnReader, Schema, did_you_mean};
use leadscore_model::Scorer;

/// An attribute that is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// Its number among all that are known.
    pub(crate) index: usize,
    /// Its position among the scorer's columns, where a score needs it.
    pub(crate) column: Option<usize>,
    /// Whether it holds the lead's moment.
    pub(crate) as_of: bool,
}

/// Every attribute that is known: those that a score needs, and the other columns of the data that
/// the model was trained on, which exports carry along.
#[derive(Debug)]
pub(crate) struct Fields {
    by_name: HashMap<String, Field>,
    columns: Vec<(String, ColumnReader)>,
    as_of: Option<(String, ColumnReader)>,
}

impl Fields {
    pub(crate) fn new(scorer: &Scorer, schema: Option<&Schema>) -> Self {
        let mut by_name: HashMap<String, Field> = HashMap::new();
        let mut field = |name: &str, column: Option<usize>, as_of: bool| {
            let index = by_name.len();
            let field =
                by_name.entry(name.to_owned()).or_insert(Field { index, column: None, as_of });
            field.column = field.column.or(column);
            field.as_of |= as_of;
        };
        for (position, (name, _)) in scorer.columns().iter().enumerate() {
            field(name, Some(position), false);
        }
        let as_of = scorer.as_of_column();
        if let Some(column) = as_of {
            field(&column.name, None, true);
        }
        for column in schema.iter().flat_map(|schema| &schema.columns) {
            field(&column.name, None, false);
        }
        Self {
            by_name,
            columns: scorer.columns().to_vec(),
            as_of: as_of.map(|column| (column.name.clone(), column.reader.clone())),
        }
    }

    /// How many are known.
    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Field> {
        self.by_name.get(name).copied()
    }

    /// The columns that a score needs, in the scorer's order.
    pub(crate) fn columns(&self) -> &[(String, ColumnReader)] {
        &self.columns
    }

    /// The attribute that holds the lead's moment.
    pub(crate) fn as_of(&self) -> Option<&(String, ColumnReader)> {
        self.as_of.as_ref()
    }

    /// The attribute that a wrong name was probably meant to be: one that is used.
    pub(crate) fn near(&self, name: &str) -> Option<&str> {
        let used = self.columns.iter().chain(&self.as_of).map(|(name, _)| name.as_str());
        did_you_mean(name, used)
    }
}
