//! Signals that a request may give ready, and how their values are read.

use std::borrow::Cow;
use std::collections::HashMap;

use leadscore_features::{
    Cell, Column, ColumnReader, DateFormat, Expr, Kind, Misread, Role, SignalKind, Value,
    canonical_number, did_you_mean,
};
use leadscore_model::{Bundle, Definition, Scorer};

use crate::scalar::Scalar;

/// The signals that are known: those that are used, in the scorer's order, then the others of the
/// catalogue, which clients may send along.
#[derive(Debug)]
pub(crate) struct Signals {
    by_name: HashMap<String, usize>,
    used: Vec<ReadySignal>,
    known: usize,
    /// Signals that others look at and that nothing else uses, with one that does.
    looked_at: HashMap<String, String>,
}

/// A signal that is used.
#[derive(Debug)]
pub(crate) struct ReadySignal {
    pub(crate) name: String,
    pub(crate) kind: SignalKind,
    /// Whether it comes from events.
    pub(crate) of_events: bool,
    /// The attributes that it comes from.
    pub(crate) columns: Vec<String>,
    /// The same, as positions among the scorer's columns.
    pub(crate) positions: Vec<usize>,
    expr: Expr,
    reader: ColumnReader,
    /// Whether a text is taken as it is: what computes the signal would not read it again.
    verbatim: bool,
}

impl Signals {
    pub(super) fn new(scorer: &Scorer, bundle: Option<&Bundle>) -> Self {
        let mut by_name = HashMap::new();
        let used: Vec<ReadySignal> = scorer
            .definitions()
            .enumerate()
            .map(|(index, definition)| {
                by_name.insert(definition.name().to_owned(), index);
                ReadySignal::new(definition, scorer)
            })
            .collect();
        for signal in bundle.iter().flat_map(|bundle| &bundle.catalogue.signals) {
            let next = by_name.len();
            by_name.entry(signal.name.clone()).or_insert(next);
        }
        let mut looked_at = HashMap::new();
        for signal in scorer.definitions().map(|definition| &definition.signal) {
            let unused = |name: &&str| used.iter().all(|of| of.name != **name);
            for name in signal.expr.looks_at().filter(unused) {
                looked_at.insert(name.to_owned(), signal.name.clone());
            }
        }
        Self { known: by_name.len(), by_name, used, looked_at }
    }

    /// The number of a signal among all that are known; see [`Signals::used`].
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The signal that looks at a signal which nothing else uses.
    pub(crate) fn looking_at(&self, name: &str) -> Option<&str> {
        self.looked_at.get(name).map(String::as_str)
    }

    /// The signals that are used. Their positions are their numbers.
    pub(crate) fn used(&self) -> &[ReadySignal] {
        &self.used
    }

    /// How many are known.
    pub(crate) fn len(&self) -> usize {
        self.known
    }

    /// The signal that a wrong name was probably meant to be.
    pub(crate) fn near(&self, name: &str) -> Option<&str> {
        did_you_mean(name, self.by_name.keys().map(String::as_str))
    }
}

impl ReadySignal {
    fn new(definition: &Definition, scorer: &Scorer) -> Self {
        let Definition { signal, kind, columns, of_events, .. } = definition;
        let (name, columns, of_events) = (&signal.name, columns.clone(), *of_events);
        let positions = columns.iter().filter_map(|column| scorer.position(column)).collect();
        // What is an attribute as it stands is read as the attribute is.
        let column = match &signal.expr {
            Expr::Attribute { column } => scorer.position(column),
            _ => None,
        };
        let own = column.map(|position| scorer.columns()[position].1.clone());
        let verbatim = own.is_none();
        let kind = own.as_ref().map_or(*kind, |reader| SignalKind::of(reader.kind()));
        let reader = own.unwrap_or_else(|| {
            let column = Column {
                name: name.clone(),
                kind: match kind {
                    SignalKind::Number => Kind::NUMBER,
                    SignalKind::YesNo => Kind::YesNo,
                    SignalKind::Text => Kind::Category,
                    SignalKind::Time => Kind::Date { format: DateFormat::Iso },
                },
                role: Role::Attribute,
                missing: Vec::new(),
            };
            // "unknown" is a level of some readers, so no word stands for missing.
            ColumnReader::new(&column, &[])
        });
        let expr = signal.expr.clone();
        Self { name: name.clone(), kind, of_events, columns, positions, expr, reader, verbatim }
    }

    /// Why the signal can never have a value, in words that follow its name.
    pub(crate) fn impossible(&self, value: &Value<'_>) -> Option<&'static str> {
        match value {
            Value::Number(number) => self.expr.impossible(*number),
            _ => None,
        }
    }

    /// Reads a ready value. `None` where it is a list or an object.
    pub(crate) fn read<'a>(&self, scalar: &Scalar<'a>) -> Option<Result<Value<'a>, Misread>> {
        let cell = scalar.cell()?;
        if !self.verbatim || self.kind != SignalKind::Text {
            return Some(super::read(&self.reader, scalar));
        }
        Some(Ok(match (scalar, cell) {
            (Scalar::Text(Cow::Borrowed(text)), _) => text_value(Cow::Borrowed(text.trim())),
            (_, Cell::Text(text)) => text_value(Cow::Owned(text.trim().to_owned())),
            (_, Cell::Number(number)) => text_value(Cow::Owned(canonical_number(number))),
            (_, cell) => cell
                .into_text()
                .map_or(Value::Missing, |text| text_value(Cow::Owned(text.into_owned()))),
        }))
    }
}

fn text_value(text: Cow<'_, str>) -> Value<'_> {
    if text.is_empty() { Value::Missing } else { Value::Text(text) }
}
