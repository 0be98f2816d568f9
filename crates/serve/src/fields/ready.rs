//! Signals that a request may give ready, and how their values are read.

use std::borrow::Cow;
use std::collections::HashMap;

use leadscore_features::{
    Cell, Column, ColumnReader, DateFormat, Expr, Kind, Misread, Role, SignalKind, Value,
    canonical_number, did_you_mean,
};
use leadscore_model::{Bundle, Scorer};

use crate::scalar::Scalar;

/// The signals that are known: those that are used, in the scorer's order, then the others of the
/// catalogue, which clients may send along.
#[derive(Debug)]
pub(crate) struct Signals {
    by_name: HashMap<String, usize>,
    used: Vec<ReadySignal>,
    known: usize,
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
    reader: ColumnReader,
    /// Whether a text is taken as it is: what computes the signal would not read it again.
    verbatim: bool,
}

impl Signals {
    pub(super) fn new(scorer: &Scorer, bundle: Option<&Bundle>) -> Self {
        let mut by_name = HashMap::new();
        let used: Vec<ReadySignal> = scorer
            .signals()
            .enumerate()
            .map(|(index, name)| {
                by_name.insert(name.to_owned(), index);
                ReadySignal::new(name, scorer.is_of_events(index), scorer, bundle)
            })
            .collect();
        for signal in bundle.iter().flat_map(|bundle| &bundle.catalogue.signals) {
            let next = by_name.len();
            by_name.entry(signal.name.clone()).or_insert(next);
        }
        Self { known: by_name.len(), by_name, used }
    }

    /// The number of a signal among all that are known; see [`Signals::used`].
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
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
    fn new(name: &str, of_events: bool, scorer: &Scorer, bundle: Option<&Bundle>) -> Self {
        let signal = bundle.and_then(|bundle| Some((bundle, bundle.catalogue.signal(name)?)));
        // Rules alone know signals as attributes of the same name.
        let columns: Vec<String> = match signal {
            Some((bundle, signal)) => {
                bundle.catalogue.columns(signal).into_iter().map(str::to_owned).collect()
            }
            None => vec![name.to_owned()],
        };
        let positions = columns.iter().filter_map(|column| scorer.position(column)).collect();
        // An attribute under its own name is read as the attribute is.
        let column = match signal.map(|(_, signal)| &signal.expr) {
            Some(Expr::Attribute { column }) => scorer.position(column),
            Some(_) => None,
            None => scorer.position(name),
        };
        let own = column.map(|position| scorer.columns()[position].1.clone());
        let verbatim = own.is_none();
        let kind = match &own {
            Some(reader) => SignalKind::of(reader.kind()),
            None => signal
                .and_then(|(bundle, signal)| bundle.catalogue.kind(&signal.name, &bundle.schema))
                .unwrap_or(SignalKind::Text),
        };
        let reader = own.unwrap_or_else(|| {
            let column = Column {
                name: name.to_owned(),
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
        Self { name: name.to_owned(), kind, of_events, columns, positions, reader, verbatim }
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
