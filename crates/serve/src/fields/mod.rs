//! What a request may name, resolved once: attributes, signals, what events have, and rule sets.

mod events;
mod ready;
mod sets;

use std::borrow::Cow;

use leadscore_features::{Cell, ColumnReader, Misread, NameMap, Value, did_you_mean};
use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, Scorer};

use crate::scalar::Scalar;

pub(crate) use events::EventFields;
pub(crate) use ready::{ReadySignal, Signals};
pub(crate) use sets::{LADDERS, Ladders, Sets};

/// An attribute that is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// Its number among all that are known.
    pub(crate) index: usize,
    /// Its position among the scorer's columns, where a score needs it.
    pub(crate) column: Option<usize>,
    /// Whether it holds the lead's moment.
    pub(crate) as_of: bool,
    /// Whether it holds when the lead came to be.
    pub(crate) created: bool,
}

impl Field {
    /// Its position among the scorer's columns, where it is nothing else.
    #[inline]
    pub(crate) fn plain_column(&self) -> Option<usize> {
        self.column.filter(|_| !self.as_of && !self.created)
    }
}

/// Every attribute that is known: those that a score needs, and the other columns of the data that
/// the model was trained on, which exports carry along. Beside them the signals that can be given
/// ready, what events have, and the rule sets with their ladders.
#[derive(Debug)]
pub(crate) struct Fields {
    by_name: NameMap<Field>,
    /// The same by their numbers, each with the number of the one that stands behind it in the data.
    in_order: Vec<(String, Field, usize)>,
    columns: Vec<(String, ColumnReader)>,
    as_of: Option<(String, ColumnReader)>,
    created: Option<(String, ColumnReader)>,
    /// For each column, whether its history is told by events.
    pub(crate) told_by_events: Vec<bool>,
    pub(crate) signals: Signals,
    pub(crate) events: EventFields,
    pub(crate) sets: Sets,
    /// Whether a model scores too; without one, a score is of rule sets alone.
    pub(crate) model: bool,
}

impl Fields {
    pub(crate) fn new(scorer: &Scorer, bundle: Option<&Bundle>, rule_sets: &[RuleSet]) -> Self {
        let mut by_name: NameMap<Field> = NameMap::default();
        let mut see = |name: &str, found: Field| {
            let index = by_name.len();
            let field = by_name.entry(name.to_owned()).or_insert(Field { index, ..found });
            field.column = field.column.or(found.column);
            field.as_of |= found.as_of;
            field.created |= found.created;
        };
        let plain = Field { index: 0, column: None, as_of: false, created: false };
        for (position, (name, _)) in scorer.columns().iter().enumerate() {
            see(name, Field { column: Some(position), ..plain });
        }
        let as_of = scorer.as_of_column().map(|c| (c.name.clone(), c.reader.clone()));
        if let Some((name, _)) = &as_of {
            see(name, Field { as_of: true, ..plain });
        }
        let created = scorer.created_column().map(|c| (c.name.clone(), c.reader.clone()));
        if let Some((name, _)) = &created {
            see(name, Field { created: true, ..plain });
        }
        let data = || bundle.iter().flat_map(|bundle| &bundle.schema.columns);
        for column in data() {
            see(&column.name, plain);
        }
        let mut in_order: Vec<_> =
            by_name.iter().map(|(name, field)| (name.clone(), *field, field.index + 1)).collect();
        in_order.sort_unstable_by_key(|(_, field, _)| field.index);
        let numbers = data().map(|column| by_name[&column.name].index);
        for (before, after) in numbers.clone().zip(numbers.skip(1)) {
            in_order[before].2 = after;
        }
        Self {
            by_name,
            in_order,
            columns: scorer.columns().to_vec(),
            as_of,
            created,
            told_by_events: scorer.told_by_events().collect(),
            signals: Signals::new(scorer, bundle),
            events: EventFields::new(scorer, bundle, rule_sets),
            sets: Sets::new(rule_sets),
            model: scorer.has_model(),
        }
    }

    /// How many attributes are known.
    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Field> {
        self.by_name.get(name).copied()
    }

    /// An attribute that is probably the one of a number: clients send attributes in the order of the
    /// data, mostly.
    pub(crate) fn find(&self, name: &str, expected: usize) -> Option<Field> {
        self.expected(name, expected).copied().or_else(|| self.get(name))
    }

    /// The same, if it is.
    #[inline]
    pub(crate) fn expected(&self, name: &str, expected: usize) -> Option<&Field> {
        let (known, field, _) = self.in_order.get(expected)?;
        (known == name).then_some(field)
    }

    /// The number of the attribute that stands behind another in the data, if any does.
    #[inline]
    pub(crate) fn after(&self, field: &Field) -> usize {
        self.in_order[field.index].2
    }

    /// The columns that a score needs, in the scorer's order.
    pub(crate) fn columns(&self) -> &[(String, ColumnReader)] {
        &self.columns
    }

    /// The attribute that holds the lead's moment.
    pub(crate) fn as_of(&self) -> Option<&(String, ColumnReader)> {
        self.as_of.as_ref()
    }

    /// The attribute that holds when the lead came to be.
    pub(crate) fn created(&self) -> Option<&(String, ColumnReader)> {
        self.created.as_ref()
    }

    /// The attribute that a wrong name was probably meant to be: one that is used.
    pub(crate) fn near(&self, name: &str) -> Option<&str> {
        let used = self.columns.iter().chain(&self.as_of).map(|(name, _)| name.as_str());
        did_you_mean(name, used)
    }
}

/// Reads a JSON value as a cell of a column, as a file's would be.
#[inline]
pub(crate) fn read<'a>(reader: &ColumnReader, scalar: &Scalar<'a>) -> Result<Value<'a>, Misread> {
    match scalar {
        Scalar::Number(number) => reader.read(Cell::Number(*number)),
        Scalar::Integer(number) => reader.read(Cell::Integer(*number)),
        Scalar::Text(Cow::Borrowed(text)) => reader.read(Cell::Text(text)),
        Scalar::Null | Scalar::List | Scalar::Object => Ok(Value::Missing),
        Scalar::YesNo(flag) => reader.read(Cell::YesNo(*flag)),
        Scalar::Large(number) => reader.read(Cell::Number(*number as f64)),
        Scalar::Text(Cow::Owned(text)) => Ok(match reader.read(Cell::Text(text))? {
            Value::Missing | Value::Unavailable => Value::Missing,
            Value::Number(number) => Value::Number(number),
            Value::YesNo(flag) => Value::YesNo(flag),
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Time(time) => Value::Time(time),
        }),
    }
}
