//! Signals: named, typed values computed from a snapshot. A signal is a tree of plain data; names
//! are resolved to positions once, by [`Catalogue::compile`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Kind, Role, Schema, Time, Value};

/// One lead as of one moment. A row of a flat table is a snapshot without events.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The moment. `None` where the data has no time; signals that need it are then missing.
    pub as_of: Option<Time>,
    /// The attributes, in the order of the columns that the signals were compiled against.
    pub attributes: &'a [Value<'a>],
}

/// How a signal is computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Expr {
    /// The value of an attribute. A date that lies after `as_of` is missing: at that moment it
    /// had not happened yet.
    Attribute {
        /// The column.
        column: String,
    },
    /// Days of 24 hours from a date to `as_of`. Missing when the date is missing or later.
    DaysSince {
        /// The column of dates.
        column: String,
    },
}

impl Expr {
    /// The column that the value comes from.
    pub fn column(&self) -> &str {
        match self {
            Expr::Attribute { column } | Expr::DaysSince { column } => column,
        }
    }
}

/// A named signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Its name, unique in a catalogue.
    pub name: String,
    /// How it is computed.
    #[serde(flatten)]
    pub expr: Expr,
}

/// The type of a signal's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// A finite number.
    Number,
    /// Yes or no.
    YesNo,
    /// A category or another text.
    Text,
    /// A moment.
    Time,
}

impl SignalKind {
    /// The type that a column of a kind gives.
    pub fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Number { .. } => SignalKind::Number,
            Kind::YesNo => SignalKind::YesNo,
            Kind::Date { .. } => SignalKind::Time,
            Kind::Category | Kind::Identifier | Kind::Constant => SignalKind::Text,
        }
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            SignalKind::Number => "number",
            SignalKind::YesNo => "yes/no",
            SignalKind::Text => "category",
            SignalKind::Time => "date",
        }
    }
}

/// A signal names a column that the schema does not have, or that is of another kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signal {signal:?} needs the column {column:?}, which {problem}")]
pub struct UnknownColumn {
    /// The signal.
    pub signal: String,
    /// The column.
    pub column: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// All signals of a data set, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalogue {
    /// The signals.
    pub signals: Vec<Signal>,
}

impl Catalogue {
    /// The signals of a flat table: every attribute under its own name, and for every date its
    /// age, `days_since_NAME`. Where that name is taken by a column, the column keeps it.
    pub fn of_table(schema: &Schema) -> Self {
        let attributes = || schema.columns.iter().filter(|c| c.role == Role::Attribute);
        let mut signals: Vec<Signal> = attributes()
            .map(|column| Signal {
                name: column.name.clone(),
                expr: Expr::Attribute { column: column.name.clone() },
            })
            .collect();
        for column in attributes().filter(|c| matches!(c.kind, Kind::Date { .. })) {
            let name = format!("days_since_{}", column.name);
            if schema.column(&name).is_none() {
                signals
                    .push(Signal { name, expr: Expr::DaysSince { column: column.name.clone() } });
            }
        }
        Self { signals }
    }

    /// A signal by its name.
    pub fn signal(&self, name: &str) -> Option<&Signal> {
        self.signals.iter().find(|signal| signal.name == name)
    }

    /// The type of a signal's value. `None` when the signal or its column is unknown.
    pub fn kind(&self, name: &str, schema: &Schema) -> Option<SignalKind> {
        let signal = self.signal(name)?;
        Some(match &signal.expr {
            Expr::Attribute { column } => SignalKind::of(&schema.column(column)?.kind),
            Expr::DaysSince { .. } => SignalKind::Number,
        })
    }
}

impl Signal {
    /// Resolves the signal against columns; `position` finds a column among those whose values a
    /// snapshot will carry.
    ///
    /// # Errors
    /// [`UnknownColumn`] when the column is not among them, or its kind has no age.
    pub fn compile(
        &self,
        schema: &Schema,
        position: impl Fn(&str) -> Option<usize>,
    ) -> Result<CompiledSignal, UnknownColumn> {
        let name = self.expr.column();
        let problem =
            |problem| UnknownColumn { signal: self.name.clone(), column: name.to_owned(), problem };
        let column = schema.column(name).ok_or_else(|| problem("is not in the schema"))?;
        let position = position(name).ok_or_else(|| problem("is not read"))?;
        match &self.expr {
            Expr::Attribute { .. } => Ok(CompiledSignal::Attribute(position)),
            Expr::DaysSince { .. } if matches!(column.kind, Kind::Date { .. }) => {
                Ok(CompiledSignal::DaysSince(position))
            }
            Expr::DaysSince { .. } => Err(problem("is not a date")),
        }
    }
}

/// A signal with its column resolved to a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompiledSignal {
    /// See [`Expr::Attribute`].
    Attribute(usize),
    /// See [`Expr::DaysSince`].
    DaysSince(usize),
}

impl CompiledSignal {
    /// The position of the column among a snapshot's attributes.
    pub fn position(self) -> usize {
        match self {
            CompiledSignal::Attribute(position) | CompiledSignal::DaysSince(position) => position,
        }
    }

    /// The value of the signal for a snapshot. An attribute that the snapshot does not carry is
    /// missing.
    pub fn evaluate<'a>(self, snapshot: &Snapshot<'a>) -> Value<'a> {
        let Some(value) = snapshot.attributes.get(self.position()) else { return Value::Missing };
        match (self, value) {
            (CompiledSignal::Attribute(_), Value::Time(time))
                if snapshot.as_of.is_some_and(|as_of| *time > as_of) =>
            {
                Value::Missing
            }
            // Borrowed even from an owned text: a score copies no attribute.
            (CompiledSignal::Attribute(_), Value::Text(text)) => {
                Value::Text(Cow::Borrowed(text.as_ref()))
            }
            (CompiledSignal::Attribute(_), value) => value.clone(),
            (CompiledSignal::DaysSince(_), Value::Time(time)) => match snapshot.as_of {
                Some(as_of) if *time <= as_of => Value::Number(as_of.days_since(*time)),
                _ => Value::Missing,
            },
            (CompiledSignal::DaysSince(_), _) => Value::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, DateFormat};

    fn schema() -> Schema {
        let column = |name: &str, kind| Column {
            name: name.into(),
            kind,
            role: Role::Attribute,
            missing: vec![],
        };
        Schema::new(vec![
            column("job", Kind::Category),
            column("signed_up", Kind::Date { format: DateFormat::Iso }),
        ])
    }

    #[test]
    fn dates_become_ages_and_never_look_ahead() {
        let schema = schema();
        let catalogue = Catalogue::of_table(&schema);
        assert_eq!(catalogue.kind("days_since_signed_up", &schema), Some(SignalKind::Number));
        let position = |name: &str| schema.columns.iter().position(|c| c.name == name);
        let compile = |name: &str| catalogue.signal(name).unwrap().compile(&schema, position);
        let (age, date) = (compile("days_since_signed_up").unwrap(), compile("signed_up").unwrap());
        let signed_up = Time::parse("2024-01-10").unwrap();
        let attributes = [Value::Text("x".into()), Value::Time(signed_up)];
        let at = |text: &str| Snapshot {
            as_of: Some(Time::parse(text).unwrap()),
            attributes: &attributes,
        };
        assert_eq!(age.evaluate(&at("2024-01-31")), Value::Number(21.0));
        assert_eq!(age.evaluate(&at("2024-01-10")), Value::Number(0.0));
        assert_eq!(age.evaluate(&at("2024-01-09")), Value::Missing);
        assert_eq!(date.evaluate(&at("2024-01-09")), Value::Missing);
        assert_eq!(date.evaluate(&at("2024-01-10")), Value::Time(signed_up));
        let timeless = Snapshot { as_of: None, attributes: &attributes };
        assert_eq!(age.evaluate(&timeless), Value::Missing);
        assert_eq!(age.evaluate(&Snapshot { as_of: None, attributes: &[] }), Value::Missing);
    }

    #[test]
    fn an_age_of_something_else_is_refused() {
        let schema = schema();
        let signal = Signal { name: "x".into(), expr: Expr::DaysSince { column: "job".into() } };
        let error = signal.compile(&schema, |_| Some(0)).unwrap_err();
        assert!(error.to_string().contains("is not a date"), "{error}");
    }
}
