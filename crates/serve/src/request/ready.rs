//! Signals that are given ready.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Reader;
use super::shape::{refuse, seed};
use crate::scalar::{Key, Scalar};

/// The ready signals of a lead. Null is as good as none.
pub(super) struct ReadySignals<'r, 's, 'a>(pub(super) &'r mut Reader<'s, 'a>);
seed!(ReadySignals);

impl ReadySignals<'_, '_, '_> {
    fn wrong(self, what: &str) {
        if what != "null" {
            let message = format!("signals are an object of names and values, not {what}");
            self.0.lead_error(&["signals"], message);
        }
    }
}

impl<'a> Visitor<'a> for ReadySignals<'_, '_, 'a> {
    type Value = ();
    refuse!(list);

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((Key(name), scalar)) = map.next_entry::<Key<'a>, Scalar<'a>>()? {
            self.0.ready(&name, &scalar);
        }
        Ok(())
    }
}

impl<'a> Reader<'_, 'a> {
    /// Reads one signal.
    fn ready(&mut self, name: &str, scalar: &Scalar<'a>) {
        let signals = &self.fields.signals;
        let path = ["signals", name];
        let Some(number) = signals.number(name) else {
            let near = if self.may_suggest() { signals.near(name) } else { None };
            let message = match near {
                Some(near) => format!("there is no such signal; did you mean {near:?}?"),
                None if self.fields.get(name).is_some() => {
                    "there is no such signal; attributes stand inside \"attributes\"".to_owned()
                }
                None => "there is no such signal".to_owned(),
            };
            return self.lead_error(&path, message);
        };
        self.named_signals.resize(signals.len(), 0);
        if std::mem::replace(&mut self.named_signals[number], self.drafts) == self.drafts {
            return self.lead_error(&path, "it is there twice");
        }
        if matches!(scalar, Scalar::List | Scalar::Object) {
            let message = format!(
                "{} is not a value; a signal is a text, a number, true, false or null",
                scalar.word()
            );
            return self.lead_error(&path, message);
        }
        // Others are known, and no score needs them.
        let Some(signal) = signals.used().get(number) else {
            if let Some(by) = signals.looking_at(name) {
                let message =
                    format!("only {by:?} looks at it; give that one ready, or its attributes");
                self.lead_error(&path, message);
            }
            return;
        };
        match signal.read(scalar) {
            Some(Ok(value)) => self.draft.lead.ready.push((number, value)),
            Some(Err(misread)) => self.lead_error(&path, misread.to_string()),
            None => {}
        }
    }

    /// Refuses ready signals beside what they come from: it could not be told which one counts.
    pub(super) fn check_ready(&mut self) {
        let fields = self.fields;
        for place in 0..self.draft.lead.ready.len() {
            let signal = &fields.signals.used()[self.draft.lead.ready[place].0];
            let path = ["signals", signal.name.as_str()];
            if signal.of_events && self.draft.lead.events.is_some() {
                let message = "it comes from events, which are given too; give one or the other";
                self.lead_error(&path, message);
            }
            let given = signal.columns.iter().find(|column| {
                fields.get(column).is_some_and(|field| self.named[field.index] == self.drafts)
            });
            if let Some(column) = given {
                let message = format!(
                    "it comes from the attribute {column:?}, which is given too; give one or the \
                     other"
                );
                self.lead_error(&path, message);
            }
        }
    }
}
