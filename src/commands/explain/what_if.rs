//! What a lead's probability would be with one thing otherwise: what is asked for on the command line,
//! or what raises it most.

use std::collections::BTreeMap;

use anyhow::Result;
use leadscore_features::Cell;
use leadscore_model::{Change, ChangeName, Otherwise, Score, Scorer, Unknown, WhatIf};
use leadscore_train::Step;
use serde::Serialize;

use crate::args::ExplainArgs;
use crate::inputs::wrong_call;
use crate::print::{self, Align, line, percent, wrap};

/// Characters of a change in a table, in lines of its column.
const ROOM: usize = 80;

/// A lead with one thing otherwise.
#[derive(Serialize)]
pub(super) struct WithChange {
    /// The change in words.
    with: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<AttributeChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<EventChange>,
    probability: f64,
    /// Against the lead as it is.
    change: f64,
    log_odds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<[f64; 2]>,
    band: &'static str,
    /// What filters take that they left before, by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    taken: BTreeMap<&'static str, u64>,
    /// Whether no fitted row has the value.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unseen: bool,
}

#[derive(Serialize)]
struct AttributeChange {
    column: String,
    value: String,
}

#[derive(Serialize)]
struct EventChange {
    kind: String,
    properties: BTreeMap<String, String>,
}

/// What was typed.
enum Typed {
    Attribute { column: String, value: String },
    Event { kind: String, properties: Vec<(String, String)> },
}

/// The changes that options ask for.
pub(super) struct Asked {
    typed: Vec<(String, Typed)>,
}

impl Asked {
    /// Reads the options; names all mistakes.
    pub(super) fn parse(args: &ExplainArgs) -> Result<Self> {
        let (mut typed, mut mistakes) = (Vec::new(), Vec::new());
        let attributes = args.what_if.iter().map(|text| {
            let option = format!("--what-if {text:?}");
            (option, attribute(text))
        });
        let events = args.what_if_event.iter().map(|text| {
            let option = format!("--what-if-event {text:?}");
            (option, event(text))
        });
        for (option, read) in attributes.chain(events) {
            match read {
                Ok(change) => typed.push((option, change)),
                Err(message) => mistakes.push(format!("{option}: {message}")),
            }
        }
        if typed.len() + mistakes.len() > 0 && args.scorer.model.is_none() {
            mistakes.push(
                "--what-if and --what-if-event ask a model; name its bundle with --model".into(),
            );
        }
        if mistakes.is_empty() { Ok(Self { typed }) } else { Err(wrong_call(mistakes.join("\n"))) }
    }

    /// What is asked of the scorer: the changes that were typed, else those that raise a probability
    /// most. `None` where there is no model.
    pub(super) fn of<'s>(&'s self, scorer: &'s Scorer) -> Result<Option<WhatIf<'s>>> {
        if !scorer.has_model() {
            return Ok(None);
        }
        if self.typed.is_empty() {
            return Ok(Some(WhatIf::of_events(scorer)));
        }
        let changes: Vec<Change<'_>> = self.typed.iter().map(|(_, typed)| typed.change()).collect();
        WhatIf::new(scorer, &changes).map(Some).map_err(|mistakes| {
            let said = |mistake: &leadscore_model::ChangeMistake| {
                format!("{}: {}", self.typed[mistake.change].0, mistake.message)
            };
            wrong_call(mistakes.iter().map(said).collect::<Vec<_>>().join("\n"))
        })
    }

    /// Scores a lead with what is asked.
    pub(super) fn answer(
        &self,
        what_if: &WhatIf<'_>,
        step: &Step<'_>,
        score: &Score,
    ) -> Result<Vec<WithChange>, String> {
        let Some(as_of) = step.snapshot.as_of else { return Ok(Vec::new()) };
        let at = (as_of, step.snapshot.events.is_some());
        let texts = what_if.texts(step.texts);
        let with = |(name, otherwise): (&ChangeName, Otherwise)| {
            WithChange::new(name, otherwise, score.probability)
        };
        if self.typed.is_empty() {
            let best = what_if.best(&step.past, &texts, at, score);
            return Ok(best.into_iter().map(with).collect());
        }
        let (mut found, mut mistakes) = (Vec::new(), Vec::new());
        for (position, name) in what_if.names().enumerate() {
            match what_if.score(position, &step.past, &texts, at) {
                Ok(otherwise) => found.push(with((name, otherwise))),
                Err(unknown) => {
                    let help = match unknown {
                        Unknown::Events => " (--events)",
                        _ => "",
                    };
                    mistakes.push(format!("{}: {unknown}{help}", self.typed[position].0));
                }
            }
        }
        if mistakes.is_empty() { Ok(found) } else { Err(mistakes.join("\n")) }
    }
}

impl Typed {
    fn change(&self) -> Change<'_> {
        match self {
            Typed::Attribute { column, value } => {
                Change::Attribute { column, cell: Cell::Text(value) }
            }
            Typed::Event { kind, properties } => Change::Event {
                kind,
                properties: properties
                    .iter()
                    .map(|(name, value)| (name.as_str(), Cell::Text(value)))
                    .collect(),
            },
        }
    }
}

impl WithChange {
    fn new(name: &ChangeName, otherwise: Otherwise, before: f64) -> Self {
        let (attribute, event) = match name.clone() {
            ChangeName::Attribute { column, value } => {
                (Some(AttributeChange { column, value }), None)
            }
            ChangeName::Event(event) => {
                let properties = event.properties.into_iter().collect();
                (None, Some(EventChange { kind: event.kind, properties }))
            }
        };
        let Otherwise { probability, log_odds, band, interval, taken, unseen } = otherwise;
        Self {
            with: name.to_string(),
            attribute,
            event,
            probability,
            change: probability - before,
            log_odds,
            interval: interval.map(|interval| [interval.low, interval.high]),
            band,
            taken: taken.into_iter().collect(),
            unseen,
        }
    }

    /// What should be known of it.
    fn notes(&self) -> Vec<String> {
        let taken = self.taken.iter().map(|(filter, number)| {
            format!(
                "with {}, the filter {filter} takes {} that it left before",
                self.with,
                print::plural(*number as usize, "event")
            )
        });
        let unseen = self.unseen.then(|| format!("no fitted row has {}", self.with));
        taken.chain(unseen).collect()
    }
}

/// `COLUMN=VALUE`; nothing after the sign is no value.
fn attribute(text: &str) -> Result<Typed, String> {
    match text.split_once('=') {
        Some((column, value)) if !column.trim().is_empty() => Ok(Typed::Attribute {
            column: column.trim().to_owned(),
            value: value.trim().to_owned(),
        }),
        _ => Err("write COLUMN=VALUE; for one event more use --what-if-event".to_owned()),
    }
}

/// `KIND [PROPERTY=VALUE]...`. What is in quotation marks may hold spaces; two of them stand for one.
fn event(text: &str) -> Result<Typed, String> {
    let mut words: Vec<(String, Option<String>)> = Vec::new();
    let mut open = false;
    let mut characters = text.trim().chars().peekable();
    let mut word: Option<(String, Option<String>)> = None;
    while let Some(c) = characters.next() {
        if !open && c.is_whitespace() {
            words.extend(word.take());
            continue;
        }
        let (name, value) = word.get_or_insert_default();
        if !open && c == '=' && value.is_none() {
            *value = Some(String::new());
            continue;
        }
        match c {
            '"' if open && characters.peek() != Some(&'"') => open = false,
            '"' if !open => open = true,
            c => {
                if c == '"' {
                    characters.next(); // The second of two.
                }
                value.as_mut().unwrap_or(name).push(c);
            }
        }
    }
    words.extend(word);
    if open {
        return Err("a quotation mark is not closed".to_owned());
    }
    // Kinds may be of several words; a property has a sign.
    let first = words.iter().position(|(_, value)| value.is_some()).unwrap_or(words.len());
    let kind: Vec<&str> = words[..first].iter().map(|(name, _)| name.as_str()).collect();
    let kind = kind.join(" ");
    if kind.is_empty() {
        return Err("write KIND [PROPERTY=VALUE]..., as in 'page_view page=/pricing'".to_owned());
    }
    let mut properties = Vec::new();
    for (name, value) in words.split_off(first) {
        match value {
            Some(value) if !name.is_empty() => properties.push((name, value)),
            _ => {
                return Err(format!(
                    "{name:?} belongs to no property; put a value that holds spaces in quotation \
                     marks: PROPERTY=\"VALUE\""
                ));
            }
        }
    }
    Ok(Typed::Event { kind, properties })
}

/// Shows what would be otherwise.
pub(super) fn show(changes: &[WithChange]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    line("\nWith one thing otherwise:")?;
    let header = [
        ("With", Align::Left),
        ("Probability", Align::Right),
        ("Change", Align::Right),
        ("95 % interval", Align::Right),
        ("Band", Align::Left),
    ];
    let rows = changes.iter().map(|change| {
        let interval = change.interval.map_or_else(String::new, |[low, high]| {
            format!("{} to {}", percent(low).replace(" %", ""), percent(high))
        });
        vec![
            print::cut(&change.with.replacen("one more ", "+1 ", 1), ROOM),
            percent(change.probability),
            format!("{:+.1} pp", 100.0 * change.change),
            interval,
            change.band.to_owned(),
        ]
    });
    line(print::table(&header, rows.collect()))?;
    line(wrap(
        "That is how often leads that differ in this alone convert, as far as past leads tell; it does \
         not say that bringing it about would cause as much.",
        0,
    ))?;
    for note in changes.iter().flat_map(WithChange::notes) {
        line(wrap(&format!("Note: {note}"), 2))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match event(text) {
            Ok(Typed::Event { kind, properties }) => format!("{kind:?} {properties:?}"),
            Ok(Typed::Attribute { .. }) => unreachable!(),
            Err(message) => message,
        }
    }

    #[test]
    fn events_are_read_as_they_are_written() {
        assert_eq!(read("webinar"), r#""webinar" []"#);
        assert_eq!(read(" Email Opened  page=/a "), r#""Email Opened" [("page", "/a")]"#);
        let quoted = r#"page_view "Page Title"="He said ""a=b""" page= url=x=y"#;
        assert_eq!(
            read(quoted),
            r#""page_view" [("Page Title", "He said \"a=b\""), ("page", ""), ("url", "x=y")]"#
        );
        for wrong in ["", "page=/a", "a page=\"/a"] {
            assert!(event(wrong).is_err(), "{wrong}");
        }
        assert!(read("a page=/a b").contains("\"b\" belongs to no property"));
    }

    #[test]
    fn names_of_changes_are_what_options_take() {
        let properties =
            vec![("page".to_owned(), "/a b".to_owned()), ("q".to_owned(), "\"=".to_owned())];
        let example =
            leadscore_features::events::EventExample { kind: "page_view".into(), properties };
        let Ok(Typed::Event { kind, properties }) = event(&example.to_string()) else {
            panic!("{example} cannot be read")
        };
        assert_eq!((kind, properties), (example.kind, example.properties));
    }

    #[test]
    fn attributes_are_read_as_they_are_written() {
        let read = |text: &str| match attribute(text) {
            Ok(Typed::Attribute { column, value }) => Some((column, value)),
            _ => None,
        };
        assert_eq!(read("Job Title = C=O"), Some(("Job Title".into(), "C=O".into())));
        assert_eq!(read("industry="), Some(("industry".into(), String::new())));
        assert_eq!(read("industry"), None);
        assert_eq!(read("=x"), None);
    }
}
