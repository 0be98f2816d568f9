//! What a signal is, for whoever describes it or takes it ready.

use leadscore_features::events::{Measure, Selection};
use leadscore_features::{Catalogue, Expr, Schema, Signal, SignalKind};

/// A signal that a scorer evaluates, as it was defined.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The signal, under the name that the scorer knows it by.
    pub signal: Signal,
    /// The type of its value.
    pub kind: SignalKind,
    /// The columns behind it, those behind the signals it looks at among them.
    pub columns: Vec<String>,
    /// Whether it comes from events.
    pub of_events: bool,
    /// The events that it comes from, those behind the signals it looks at among them. The history of
    /// an attribute is not among them.
    pub selections: Vec<Selection>,
    /// Whether it hangs on when the lead came to be.
    pub of_age: bool,
}

impl Definition {
    /// A signal of a catalogue, to be known as `name`.
    pub(crate) fn new(name: &str, signal: &Signal, catalogue: &Catalogue, schema: &Schema) -> Self {
        Self {
            signal: Signal { name: name.to_owned(), expr: signal.expr.clone() },
            kind: catalogue.kind(&signal.name, schema).unwrap_or(SignalKind::Text),
            columns: catalogue.columns(signal).into_iter().map(str::to_owned).collect(),
            of_events: catalogue.is_of_events(signal),
            selections: catalogue.selections(signal).into_iter().cloned().collect(),
            of_age: measures_rate(&signal.expr) || looks_at_rate(signal, catalogue),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.signal.name
    }
}

/// Whether events are counted per day of the lead's age.
fn measures_rate(expr: &Expr) -> bool {
    matches!(expr, Expr::Events { measure: Measure::RatePerDay, .. })
}

fn looks_at_rate(signal: &Signal, catalogue: &Catalogue) -> bool {
    let Expr::Persona { personas } = &signal.expr else { return false };
    personas
        .iter()
        .flat_map(|persona| &persona.when)
        .filter_map(|condition| catalogue.signal(&condition.property))
        .any(|looked_at| measures_rate(&looked_at.expr))
}
