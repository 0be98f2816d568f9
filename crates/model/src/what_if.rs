//! What a model says of a lead of which one thing is otherwise: an attribute, or one event more at
//! the moment of the score. The changed lead is scored by [`Scorer`] like any other, so nothing is
//! worked out from coefficients, and filters, windows and pairs all have their say.
//!
//! It is what leads that differ in this one thing did, not what making it so would cause.

use std::fmt;

use leadscore_features::events::{
    EventExample, EventInput, EventLog, EventPlan, EventWriter, FilterCounts, Seen, Texts,
};
use leadscore_features::{Cell, Encounter, Snapshot, Time, Value, hint};

use crate::evaluate::Interval;
use crate::{Past, Score, Scorer};

/// The most that [`WhatIf::best`] gives.
pub const MOST_SUGGESTED: usize = 5;
/// What is told raises the log-odds by at least this, which is odds of a tenth more,
const LEAST_LOG_ODDS: f64 = 0.1;
/// and the probability by at least this.
const LEAST_PROBABILITY: f64 = 0.001;

/// One thing that is to be otherwise, as it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Change<'a> {
    /// An attribute has another value; an empty cell is none.
    Attribute {
        /// Its column.
        column: &'a str,
        /// The value, as a file or a request holds it.
        cell: Cell<'a>,
    },
    /// One event more, at the moment of the score.
    Event {
        /// What happens.
        kind: &'a str,
        /// Names and values of its properties.
        properties: Vec<(&'a str, Cell<'a>)>,
    },
}

/// The same in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeName {
    /// An attribute and its value.
    Attribute {
        /// Its column.
        column: String,
        /// The value; empty for none.
        value: String,
    },
    /// One event more.
    Event(EventExample),
}

impl fmt::Display for ChangeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChangeName::Attribute { column, value } if value.is_empty() => {
                write!(f, "no {column}")
            }
            ChangeName::Attribute { column, value } => write!(f, "{column}={value}"),
            ChangeName::Event(event) => write!(f, "one more {event}"),
        }
    }
}

/// A change that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeMistake {
    /// Its position among those that were asked for.
    pub change: usize,
    /// Where in it: `attribute`, `value`, `kind`, or `properties` and a name.
    pub path: Vec<String>,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A lead of which one thing is otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Otherwise {
    /// The probability of converting, from 0 to 1.
    pub probability: f64,
    /// The log-odds of converting.
    pub log_odds: f64,
    /// The band of the probability.
    pub band: &'static str,
    /// The interval of the probability, where the model knows it.
    pub interval: Option<Interval>,
    /// The filters that take events which they left before, and how many: the one that was added, or
    /// others because of it.
    pub taken: Vec<(&'static str, u64)>,
    /// Whether no fitted row has the changed attribute's value.
    pub unseen: bool,
}

/// Why nothing can be said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// Nothing is known of the lead's events.
    #[error("its events are not given, so nothing can be said of one more")]
    Events,
    /// What hangs on the change was given ready.
    #[error(
        "the signal {0:?} was given ready, so what it would be is not known; give the attribute \
         instead"
    )]
    Ready(String),
    /// The changed value is too large for a finite score.
    #[error("its number is too large to be scored")]
    TooLarge,
}

/// A change with every name resolved.
#[derive(Clone, Debug)]
struct Compiled<'a> {
    name: ChangeName,
    /// The place of an attribute, and its value.
    attribute: Option<(usize, Value<'a>)>,
    /// The record of one event more. Of an attribute whose history is told, the event that tells it.
    record: Option<Vec<u64>>,
}

/// Changes to ask a scorer about, lead by lead.
#[derive(Debug)]
pub struct WhatIf<'a> {
    scorer: &'a Scorer,
    changes: Vec<Compiled<'a>>,
    /// The texts behind the hashes in the records.
    texts: Texts,
}

impl<'a> WhatIf<'a> {
    /// What is asked for, in this order.
    ///
    /// # Errors
    /// Every change that names what the model does not look at, or a value that cannot be.
    pub fn new(scorer: &'a Scorer, asked: &[Change<'a>]) -> Result<Self, Vec<ChangeMistake>> {
        let mut builder = Builder::new(scorer);
        for (position, change) in asked.iter().enumerate() {
            builder.change = position;
            match change {
                Change::Attribute { column, cell } => builder.attribute(column, *cell),
                Change::Event { kind, properties } => builder.event(kind, properties),
            }
        }
        if builder.mistakes.is_empty() { Ok(builder.finish()) } else { Err(builder.mistakes) }
    }

    /// One event more of each kind that a signal of the model looks at, with the properties that it
    /// asks for. Not among them are the kinds that the data's filter of mail scanners names as sent
    /// by us, attribute history, and what no simple event would meet.
    pub fn of_events(scorer: &'a Scorer) -> Self {
        let mut builder = Builder::new(scorer);
        let mut examples: Vec<EventExample> = scorer
            .input_definitions()
            .flat_map(|definition| &definition.selections)
            .flat_map(|selection| selection.examples())
            .filter(|example| !builder.is_of_ours(&example.kind))
            .collect();
        examples.sort();
        examples.dedup();
        for example in examples {
            let cells = example.properties.iter().map(|(name, text)| (name.as_str(), text));
            let cells: Vec<_> = cells.map(|(name, text)| (name, Cell::Text(text))).collect();
            builder.add_event(&example.kind, &cells);
        }
        builder.finish()
    }

    /// How many changes there are.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes in words, in order.
    pub fn names(&self) -> impl Iterator<Item = &ChangeName> {
        self.changes.iter().map(|change| &change.name)
    }

    /// The texts behind the records of leads, and behind those of the changes.
    pub fn texts(&self, of_leads: &Texts) -> Texts {
        let mut texts = of_leads.clone();
        texts.merge(self.texts.clone());
        texts
    }

    /// Scores a lead as of a moment, with one change. `texts` are those of [`WhatIf::texts`];
    /// `with_events` tells whether anything is known of its events.
    ///
    /// # Errors
    /// [`Unknown`] where what would change is not known.
    pub fn score(
        &self,
        change: usize,
        past: &Past<'_>,
        texts: &Texts,
        (as_of, with_events): (Time, bool),
    ) -> Result<Otherwise, Unknown> {
        let change = self.changes.get(change);
        let plan = self.scorer.event_plan().filter(|_| with_events);
        let record = change.and_then(|change| change.record.as_ref());
        let attribute = change.and_then(|change| change.attribute.as_ref());
        let told = plan.is_some() && record.is_some();
        if !told && attribute.is_none() && record.is_some() {
            return Err(Unknown::Events);
        }
        if let Some(ready) = attribute.and_then(|(position, _)| self.ready(*position, past)) {
            return Err(Unknown::Ready(ready));
        }
        let mut attributes: Vec<Value<'_>> = past.attributes.to_vec();
        if let Some((position, value)) = attribute.filter(|_| !told)
            && let Some(place) = attributes.get_mut(*position)
        {
            *place = value.clone();
        }
        let mut seen = Seen::new(texts);
        let mut taken = Vec::new();
        if let Some(plan) = plan {
            let before = seen.cut(plan, past.records, as_of, past.created);
            if let Some(record) = record {
                let records = with_record(plan, past.records, record, as_of);
                taken = newly_taken(&before, &seen.cut(plan, &records, as_of, past.created));
            }
        }
        let events = plan.is_some().then_some(&seen);
        let snapshot = Snapshot { as_of: Some(as_of), attributes: &attributes, events };
        let mut values = Vec::new();
        self.scorer.evaluate(&snapshot, &mut values);
        self.scorer.take_ready(past.ready, &snapshot, &mut values);
        let mut score = Score::default();
        self.scorer.score_some(&[], &values, events, &mut score);
        if !score.log_odds.is_finite() {
            return Err(Unknown::TooLarge);
        }
        Ok(Otherwise {
            probability: score.probability,
            log_odds: score.log_odds,
            band: score.band,
            interval: self.scorer.interval(&values, &score),
            taken,
            unseen: attribute.is_some_and(|(position, _)| self.is_unseen(*position, &score)),
        })
    }

    /// Of the changes that raise the probability by more than a trifle, those that raise it most,
    /// highest first; at most [`MOST_SUGGESTED`]. `score` is that of the lead as it is. A change that a
    /// filter has something to say of is left out.
    pub fn best(
        &self,
        past: &Past<'_>,
        texts: &Texts,
        at: (Time, bool),
        score: &Score,
    ) -> Vec<(&ChangeName, Otherwise)> {
        let mut found: Vec<_> = (0..self.len())
            .filter_map(|change| {
                let otherwise = self.score(change, past, texts, at).ok()?;
                let tells = otherwise.taken.is_empty()
                    && otherwise.log_odds - score.log_odds >= LEAST_LOG_ODDS
                    && otherwise.probability - score.probability >= LEAST_PROBABILITY;
                tells.then(|| (&self.changes[change].name, otherwise))
            })
            .collect();
        // Stable: those that are as good stay in the order of their names.
        found.sort_by(|(_, a), (_, b)| b.log_odds.total_cmp(&a.log_odds));
        found.truncate(MOST_SUGGESTED);
        found
    }

    /// A signal that was given ready and comes from an attribute.
    fn ready(&self, position: usize, past: &Past<'_>) -> Option<String> {
        let (column, _) = self.scorer.columns().get(position)?;
        let mut definitions = self.scorer.definitions().enumerate();
        let is_ready = |signal: usize| past.ready.iter().any(|(ready, _)| *ready == signal);
        let found = definitions.find(|(signal, definition)| {
            is_ready(*signal) && definition.columns.iter().any(|known| known == column)
        });
        found.map(|(_, definition)| definition.name().to_owned())
    }

    fn is_unseen(&self, position: usize, score: &Score) -> bool {
        let column = self.scorer.columns().get(position).map(|(name, _)| name);
        self.scorer.input_definitions().zip(&score.encounters).any(|(definition, encounter)| {
            *encounter == Encounter::Unseen && definition.columns.iter().any(|c| Some(c) == column)
        })
    }
}

/// The records of a lead with one more, at a moment.
fn with_record(plan: &EventPlan, records: &[u64], record: &[u64], as_of: Time) -> Vec<u64> {
    let mut all = Vec::with_capacity(records.len() + record.len());
    all.extend_from_slice(records);
    all.extend_from_slice(record);
    EventPlan::set_time(&mut all[records.len()..], as_of);
    plan.sort(&mut all);
    all
}

fn newly_taken(before: &FilterCounts, after: &FilterCounts) -> Vec<(&'static str, u64)> {
    let pairs = before.named().into_iter().zip(after.named());
    pairs
        .filter_map(|((name, before), (_, after))| {
            let more = after.saturating_sub(before);
            (more > 0).then_some((name, more))
        })
        .collect()
}

/// Resolves names, and collects what is wrong with them.
struct Builder<'a> {
    scorer: &'a Scorer,
    writer: Option<EventWriter<'a>>,
    changes: Vec<Compiled<'a>>,
    mistakes: Vec<ChangeMistake>,
    /// The position of the change that is looked at.
    change: usize,
}

impl<'a> Builder<'a> {
    fn new(scorer: &'a Scorer) -> Self {
        let writer = scorer.event_plan().map(EventWriter::new);
        Self { scorer, writer, changes: Vec::new(), mistakes: Vec::new(), change: 0 }
    }

    fn finish(self) -> WhatIf<'a> {
        let texts = self.writer.map(|writer| writer.texts).unwrap_or_default();
        WhatIf { scorer: self.scorer, changes: self.changes, texts }
    }

    fn mistake(&mut self, path: &[&str], message: String) {
        let path = path.iter().map(|&part| part.to_owned()).collect();
        self.mistakes.push(ChangeMistake { change: self.change, path, message });
    }

    fn log(&self) -> Option<&'a EventLog> {
        self.scorer.event_log()
    }

    /// Whether the data says that we make events of a kind, not leads.
    fn is_of_ours(&self, kind: &str) -> bool {
        let scanners = self.log().and_then(|log| log.filters.scanners.as_ref());
        scanners.is_some_and(|scanners| scanners.sent.iter().any(|sent| sent == kind))
    }

    fn attribute(&mut self, column: &'a str, cell: Cell<'a>) {
        let scorer = self.scorer;
        let columns = || scorer.input_definitions().flat_map(|definition| &definition.columns);
        let is_known = columns().any(|known| known == column);
        let Some(position) = scorer.position(column).filter(|_| is_known) else {
            let columns = columns();
            let help = hint(column, columns.map(String::as_str));
            let message = format!("the model looks at no attribute {column:?}{help}");
            return self.mistake(&["attribute"], message);
        };
        if scorer.created_column().is_some_and(|created| created.name == column) {
            let message = format!("{column:?} is when the lead came to be, which stays as it is");
            return self.mistake(&["attribute"], message);
        }
        let text = cell.into_text().unwrap_or_default().into_owned();
        match scorer.columns()[position].1.read(cell) {
            Err(misread) => self.mistake(&["value"], format!("{column}: {misread}")),
            Ok(value) => {
                let record = self.history(column, &text);
                let name = ChangeName::Attribute { column: column.to_owned(), value: text };
                self.changes.push(Compiled { name, attribute: Some((position, value)), record });
            }
        }
    }

    /// The event that tells the value of an attribute, where events tell its history.
    fn history(&mut self, column: &str, value: &str) -> Option<Vec<u64>> {
        let log = self.log().filter(|log| log.has_history(column))?;
        let history = log.history.as_ref()?;
        let cells = [
            (history.attribute.as_str(), Cell::Text(column)),
            (history.value.as_str(), Cell::Text(value)),
        ];
        self.record(&history.kind, &cells)
    }

    fn event(&mut self, kind: &'a str, properties: &[(&'a str, Cell<'a>)]) {
        let before = self.mistakes.len();
        self.check_kind(kind);
        let names = self.log().map(|log| log.properties.as_slice()).unwrap_or_default();
        for (place, (name, cell)) in properties.iter().enumerate() {
            let path = ["properties", name];
            let Some(property) = names.iter().find(|property| property.name == *name) else {
                let help = hint(name, names.iter().map(|property| property.name.as_str()));
                self.mistake(&path, format!("events have no property {name:?}{help}"));
                continue;
            };
            if properties[..place].iter().any(|(other, _)| other == name) {
                self.mistake(&path, format!("the property {name:?} is there twice"));
            }
            let text = cell.into_text();
            let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
            if let Some(text) = text.filter(|text| property.number && !is_number(text)) {
                let message = format!("the property {name:?} is a number, and {text:?} is none");
                self.mistake(&path, message);
            }
        }
        if self.mistakes.len() == before {
            self.add_event(kind, properties);
        }
    }

    fn check_kind(&mut self, kind: &str) {
        let history = self.log().and_then(|log| log.history.as_ref());
        if history.is_some_and(|history| history.kind == kind) {
            let message = format!("{kind} tells an attribute; ask for the attribute itself");
            return self.mistake(&["kind"], message);
        }
        let selections = || self.scorer.input_definitions().flat_map(|d| &d.selections);
        let looks = |of: &leadscore_features::events::Selection| {
            of.kinds.is_empty() || of.kinds.iter().any(|known| known == kind)
        };
        if selections().any(looks) {
            return;
        }
        let mut kinds: Vec<&str> =
            selections().flat_map(|of| &of.kinds).map(String::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let help = match (hint(kind, kinds.iter().copied()), kinds.is_empty()) {
            (_, true) => "; it looks at no events".to_owned(),
            (near, _) if !near.is_empty() => near,
            _ => format!("; it looks at {}", kinds.join(", ")),
        };
        self.mistake(&["kind"], format!("the model looks at no event of the kind {kind:?}{help}"));
    }

    fn add_event(&mut self, kind: &str, properties: &[(&str, Cell<'_>)]) {
        let Some(record) = self.record(kind, properties) else { return };
        let text = |(name, cell): &(&str, Cell<'_>)| {
            ((*name).to_owned(), cell.into_text().unwrap_or_default().into_owned())
        };
        let properties = properties.iter().map(text).collect();
        let name = ChangeName::Event(EventExample { kind: kind.to_owned(), properties });
        self.changes.push(Compiled { name, attribute: None, record: Some(record) });
    }

    /// The record of an event of a moment that is set later.
    fn record(&mut self, kind: &str, properties: &[(&str, Cell<'_>)]) -> Option<Vec<u64>> {
        let plan = self.scorer.event_plan()?;
        let writer = self.writer.as_mut()?;
        let names: Vec<&str> = plan.properties().collect();
        let cell = |place: usize| {
            let given = properties.iter().find(|(name, _)| *name == names[place]);
            given.map_or(Cell::Empty, |(_, cell)| *cell)
        };
        let input = EventInput { kind, at: Time::from_micros(0), known_at: None, id: 0 };
        let mut record = Vec::new();
        writer.write(0, &input, cell, &mut record);
        Some(record)
    }
}
