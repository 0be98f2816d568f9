//! What arrives: one lead, or many, straight from the bytes of a body. Mistakes are collected, not
//! thrown, so that a client learns of all of them at once.

mod events;
mod ready;
mod sets;
mod shape;
mod what_if;

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Instant;

use leadscore_features::events::{EventPlan, Texts};
use leadscore_features::{Time, Value, did_you_mean};
use serde::de::{DeserializeSeed, MapAccess};

use crate::fields::{Field, Fields, read};
use crate::json::Quick;
use crate::problem::{FieldError, Problem};
use crate::scalar::Scalar;
use events::{EventReader, Events};
pub(crate) use events::{GivenEvents, Named};
use ready::ReadySignals;
use sets::Stages;
pub(crate) use sets::Stood;
use shape::{Attributes, Body};
pub(crate) use what_if::AskedWhatIf;

/// Reasons each way, unless the request says otherwise.
pub(crate) const DEFAULT_REASONS: usize = 3;
/// The most reasons each way that a request can ask for.
pub(crate) const MAX_REASONS: usize = 1000;
/// Unknown attributes that are named in one lead's warnings; more are counted.
const UNKNOWN_NAMED: usize = 20;
/// Mistakes that are named in one answer; more are counted. A body has to be built to reach it.
const ERRORS_NAMED: usize = 100_000;
/// The clock is looked at once in so many leads.
pub(crate) const LEADS_BETWEEN_LOOKS: usize = 64;

/// Names that are looked for near wrong ones in one body; beyond it mistakes do without.
const SUGGESTIONS: usize = 256;

const LEAD_KEYS: [&str; 6] = ["id", "attributes", "events", "signals", "stages", "as_of"];
const BODY_KEYS: [&str; 11] = [
    "leads",
    "reasons",
    "intervals",
    "what_if",
    "rule_sets",
    "id",
    "attributes",
    "events",
    "signals",
    "stages",
    "as_of",
];

/// The leads of a body, in order.
#[derive(Debug)]
pub(crate) struct Leads<'a> {
    pub(crate) leads: Vec<Lead<'a>>,
    /// The attributes that scores need, lead by lead, in the order of the scorer's columns.
    pub(crate) values: Vec<Value<'a>>,
    /// The texts behind the hashes in the records of events.
    pub(crate) texts: Texts,
    /// How many reasons to give, each way.
    pub(crate) reasons: usize,
    /// Whether the intervals of probabilities are wanted.
    pub(crate) intervals: bool,
    /// What is asked about leads of which one thing is otherwise.
    pub(crate) what_if: AskedWhatIf<'a>,
    /// The rule sets that are asked for, by their positions; `None`: all.
    pub(crate) rule_sets: Option<Vec<usize>>,
    /// Whether the body is one lead, not a list.
    pub(crate) alone: bool,
}

/// One lead, but for the attributes that scores need.
#[derive(Debug, Default)]
pub(crate) struct Lead<'a> {
    pub(crate) id: Option<Id<'a>>,
    pub(crate) as_of: Option<Time>,
    /// When it came to be, as its attributes say.
    pub(crate) created: Option<Time>,
    /// Its events; `None` where nothing is known of them.
    pub(crate) events: Option<GivenEvents<'a>>,
    /// The signals that were given ready: their positions among the scorer's, and their values.
    pub(crate) ready: Vec<(usize, Value<'a>)>,
    /// Where it stood on the ladders of rule sets, by the caller's word.
    pub(crate) stood: Vec<Stood>,
    /// The positions of the columns that were not given at all.
    pub(crate) lacking: Vec<usize>,
    /// The positions of the columns that were given beside events that tell their history.
    pub(crate) beside_history: Vec<usize>,
    /// Whether its events hang on when it came to be, and that was not given.
    pub(crate) lacks_created: bool,
    /// Whether `as_of` names no zone.
    pub(crate) as_of_without_zone: bool,
    /// The attributes of times, of those that hold a moment of the lead, that name no zone.
    pub(crate) without_zone: Vec<Cow<'a, str>>,
    /// Attributes that nothing knows.
    pub(crate) unknown: Vec<Cow<'a, str>>,
    /// How many more there were.
    pub(crate) unknown_left_out: usize,
}

/// What a client calls a lead; echoed exactly.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Id<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Large(u64),
}

/// Where the bounds are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) max_leads: usize,
    /// Of each lead.
    pub(crate) max_events: usize,
    pub(crate) deadline: Instant,
}

/// Reads a body. Events become records of `plan`.
pub(crate) fn parse<'a>(
    body: &'a [u8],
    fields: &Fields,
    plan: Option<&EventPlan>,
    bounds: Bounds,
) -> Result<Leads<'a>, Problem> {
    let text = std::str::from_utf8(body).map_err(not_utf8(body))?;
    let mut reader = Reader::new(fields, plan, bounds);
    let mut quick = Quick::new(text);
    let read = Body(&mut reader).deserialize(&mut quick).and_then(|()| quick.end());
    let mut mistake = None;
    if read.is_err() && reader.stop.is_none() {
        reader = Reader::new(fields, plan, bounds);
        let mut json = serde_json::Deserializer::from_str(text);
        mistake = Body(&mut reader).deserialize(&mut json).and_then(|()| json.end()).err();
    }
    match (mistake, reader.stop) {
        (_, Some(Stop::TooMany)) => Err(Problem::too_many_leads(bounds.max_leads)),
        (_, Some(Stop::TooManyEvents(lead))) => {
            Err(Problem::too_many_events(lead, bounds.max_events))
        }
        (_, Some(Stop::Late)) => Err(Problem::late()),
        (Some(error), None) => Err(malformed(text, &error)),
        (None, None) => reader.finish(),
    }
}

fn not_utf8(body: &[u8]) -> impl Fn(std::str::Utf8Error) -> Problem {
    |error| {
        let before = &body[..error.valid_up_to()];
        let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|&&b| b != b'\n').count() + 1;
        let detail = format!("it is not UTF-8 at line {line} column {column}");
        Problem::malformed(detail, Some((line, column)))
    }
}

fn malformed(text: &str, error: &serde_json::Error) -> Problem {
    if text.trim().is_empty() {
        return Problem::malformed(
            "the body is empty; send {\"attributes\": {...}} or {\"leads\": [...]}",
            None,
        );
    }
    Problem::malformed(error.to_string(), Some((error.line(), error.column())))
}

#[derive(Clone, Copy)]
enum Stop {
    TooMany,
    /// Of this lead.
    TooManyEvents(usize),
    Late,
}

/// The state of reading: what was read, and what was wrong.
struct Reader<'s, 'a> {
    fields: &'s Fields,
    bounds: Bounds,
    leads: Vec<Lead<'a>>,
    values: Vec<Value<'a>>,
    reasons: usize,
    intervals: bool,
    what_if: AskedWhatIf<'a>,
    rule_sets: Option<Vec<usize>>,
    errors: Vec<FieldError>,
    errors_left_out: usize,
    stop: Option<Stop>,
    /// The lead being read.
    draft: Draft<'a>,
    /// The number of the attribute that probably comes next.
    expected: usize,
    /// For each known attribute, the number of the last draft that named it.
    named: Vec<usize>,
    drafts: usize,
    unknown: HashSet<Cow<'a, str>>,
    events: EventReader<'s, 'a>,
    /// For each known signal, the number of the last draft that named it; empty until one does.
    named_signals: Vec<usize>,
    /// Names that were looked for near wrong ones.
    suggestions: usize,
}

#[derive(Default)]
struct Draft<'a> {
    lead: Lead<'a>,
    index: usize,
    /// Whether the body is this lead, not a list of leads.
    alone: bool,
    /// Where its values start.
    start: usize,
    has_id: bool,
    has_as_of: bool,
    has_attributes: bool,
    has_events: bool,
    has_signals: bool,
    has_stages: bool,
    /// The moment among its attributes.
    own_time: Option<Time>,
}

impl<'s, 'a> Reader<'s, 'a> {
    fn new(fields: &'s Fields, plan: Option<&'s EventPlan>, bounds: Bounds) -> Self {
        Self {
            fields,
            bounds,
            leads: Vec::new(),
            values: Vec::new(),
            reasons: DEFAULT_REASONS,
            intervals: false,
            what_if: AskedWhatIf::No,
            rule_sets: None,
            errors: Vec::new(),
            errors_left_out: 0,
            stop: None,
            draft: Draft::default(),
            expected: 0,
            named: vec![0; fields.len()],
            drafts: 0,
            unknown: HashSet::new(),
            events: EventReader::new(plan),
            named_signals: Vec::new(),
            suggestions: 0,
        }
    }

    fn finish(self) -> Result<Leads<'a>, Problem> {
        if !self.errors.is_empty() {
            return Err(Problem::bad_fields(self.errors, self.errors_left_out));
        }
        let Self { leads, values, reasons, intervals, what_if, .. } = self;
        let Self { rule_sets, events, draft, .. } = self;
        let (texts, alone) = (events.into_texts(), draft.alone);
        Ok(Leads { leads, values, texts, reasons, intervals, what_if, rule_sets, alone })
    }

    fn error(&mut self, error: FieldError) {
        if self.errors.len() < ERRORS_NAMED {
            self.errors.push(error);
        } else {
            self.errors_left_out += 1;
        }
    }

    /// How many mistakes there are so far.
    fn mistakes(&self) -> usize {
        self.errors.len() + self.errors_left_out
    }

    /// A mistake outside the leads.
    fn body_error(&mut self, field: Option<&str>, message: impl Into<String>) {
        self.body_error_at(field.as_slice(), message);
    }

    fn body_error_at(&mut self, path: &[&str], message: impl Into<String>) {
        let pointer = pointer(path.iter().copied());
        let field = path.first().map(|&field| field.to_owned());
        self.error(FieldError { lead: None, pointer, field, message: message.into() });
    }

    /// A mistake in the lead being read.
    fn lead_error(&mut self, path: &[&str], message: impl Into<String>) {
        self.error_at(path, path.last().copied(), message);
    }

    fn error_at(&mut self, path: &[&str], field: Option<&str>, message: impl Into<String>) {
        let index = self.draft.index.to_string();
        let list = ["leads", &index];
        let list: &[&str] = if self.draft.alone { &[] } else { &list };
        let pointer = pointer(list.iter().chain(path).copied());
        let field = field.map(str::to_owned);
        let lead = Some(self.draft.index);
        self.error(FieldError { lead, pointer, field, message: message.into() });
    }

    fn begin(&mut self, index: usize, alone: bool) {
        let start = self.values.len();
        self.values.resize(start + self.fields.columns().len(), Value::Missing);
        self.drafts += 1;
        self.unknown.clear();
        self.draft = Draft { index, alone, start, ..Draft::default() };
    }

    fn end(&mut self) {
        if !self.draft.has_attributes {
            let message = "a lead needs its attributes, as {\"attributes\": {...}}";
            self.lead_error(&[], message);
        }
        self.check_ready();
        let mut lead = std::mem::take(&mut self.draft.lead);
        lead.as_of = lead.as_of.or(self.draft.own_time);
        let given = |index: usize| self.named[index] == self.drafts;
        if lead.events.is_some() {
            let created = self.fields.created().and_then(|(name, _)| self.fields.get(name));
            lead.lacks_created = self.fields.events.need_created
                && created.is_some_and(|field| field.column.is_none() && !given(field.index));
        }
        if lead.events.is_some() {
            // Today's value, as that in a file is: missing until events tell it.
            let told = self.fields.told_by_events.iter().enumerate().filter(|(_, told)| **told);
            for (position, _) in told {
                let value = &mut self.values[self.draft.start + position];
                if std::mem::replace(value, Value::Missing) != Value::Missing {
                    lead.beside_history.push(position);
                }
            }
        }
        // The columns stand first among the fields, in their order.
        for position in 0..self.fields.columns().len() {
            if !given(position) && self.needs(&lead, position) {
                lead.lacking.push(position);
            }
        }
        if self.draft.alone {
            // Without room for more to come.
            self.leads.reserve_exact(1);
        }
        self.leads.push(lead);
    }

    /// Whether a score of this lead needs a column: not where events tell its value, or every
    /// signal that it goes into was given ready.
    fn needs(&self, lead: &Lead<'_>, position: usize) -> bool {
        if lead.events.is_some() && self.fields.told_by_events[position] {
            return false;
        }
        lead.ready.is_empty()
            || self.fields.signals.used().iter().enumerate().any(|(number, signal)| {
                signal.positions.contains(&position)
                    && lead.ready.iter().all(|(ready, _)| *ready != number)
            })
    }

    /// Reads one entry of a lead.
    fn entry<A: MapAccess<'a>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let again = match key {
            "id" => &mut self.draft.has_id,
            "as_of" => &mut self.draft.has_as_of,
            "attributes" => &mut self.draft.has_attributes,
            "events" => &mut self.draft.has_events,
            "signals" => &mut self.draft.has_signals,
            "stages" => &mut self.draft.has_stages,
            _ => {
                map.next_value::<Scalar<'a>>()?;
                let message = self.unknown_key(key, &LEAD_KEYS);
                self.lead_error(&[key], message);
                return Ok(());
            }
        };
        if std::mem::replace(again, true) {
            map.next_value::<Scalar<'a>>()?;
            self.lead_error(&[key], "it is there twice");
            return Ok(());
        }
        match key {
            "id" => match read_id(map.next_value()?) {
                Ok(id) => self.draft.lead.id = id,
                Err(message) => self.lead_error(&["id"], message),
            },
            "as_of" => match read_as_of(&map.next_value()?) {
                Ok(read) => {
                    self.draft.lead.as_of = read.map(|(time, _)| time);
                    self.draft.lead.as_of_without_zone = read.is_some_and(|(_, zoned)| !zoned);
                }
                Err(message) => self.lead_error(&["as_of"], message),
            },
            "events" => map.next_value_seed(Events(self))?,
            "signals" => map.next_value_seed(ReadySignals(self))?,
            "stages" => map.next_value_seed(Stages(self))?,
            _ => map.next_value_seed(Attributes(self))?,
        }
        Ok(())
    }

    /// Whether a name near a wrong one may still be looked for.
    fn may_suggest(&mut self) -> bool {
        self.suggestions += 1;
        self.suggestions <= SUGGESTIONS
    }

    fn unknown_key(&self, key: &str, known: &[&str]) -> String {
        if self.fields.get(key).is_some() {
            return "there is no such key here; attributes stand inside \"attributes\"".to_owned();
        }
        if self.fields.signals.number(key).is_some() {
            return "there is no such key here; signals stand inside \"signals\"".to_owned();
        }
        if BODY_KEYS.contains(&key) {
            return format!("{key:?} stands at the top of the body, not in a lead");
        }
        match did_you_mean(key, known.iter().copied()) {
            Some(near) => format!("there is no such key; did you mean {near:?}?"),
            None => format!("there is no such key; there is {}", known.join(", ")),
        }
    }

    /// Reads an attribute as most are: the one that is expected, a column and nothing else, and a
    /// value that fits it. Otherwise `false`, and nothing has changed.
    #[inline]
    fn usual_attribute(&mut self, name: &str, scalar: &Scalar<'a>) -> bool {
        let Some(field) = self.fields.expected(name, self.expected) else { return false };
        let Some(column) = field.plain_column() else { return false };
        let named = &mut self.named[field.index];
        if *named == self.drafts || matches!(scalar, Scalar::List | Scalar::Object) {
            return false;
        }
        let Ok(value) = read(&self.fields.columns()[column].1, scalar) else { return false };
        *named = self.drafts;
        self.values[self.draft.start + column] = value;
        self.expected = self.fields.after(field);
        true
    }

    /// Reads any attribute.
    fn attribute(&mut self, name: Cow<'a, str>, scalar: &Scalar<'a>) {
        let field = self.fields.find(&name, self.expected);
        self.expected = field.map_or(self.expected, |field| self.fields.after(&field));
        let again = match field {
            Some(Field { index, .. }) => {
                std::mem::replace(&mut self.named[index], self.drafts) == self.drafts
            }
            None => !self.unknown.insert(name.clone()),
        };
        if again {
            return self.lead_error(&["attributes", &name], "it is there twice");
        }
        if matches!(scalar, Scalar::List | Scalar::Object) {
            let message = format!(
                "{} is not a value; an attribute is a text, a number, true, false or null",
                scalar.word()
            );
            return self.lead_error(&["attributes", &name], message);
        }
        let Some(field) = field else {
            let lead = &mut self.draft.lead;
            if lead.unknown.len() < UNKNOWN_NAMED {
                lead.unknown.push(name);
            } else {
                lead.unknown_left_out += 1;
            }
            return;
        };
        if field.as_of
            && let Some((_, reader)) = self.fields.as_of()
        {
            match read(reader, scalar) {
                Ok(Value::Time(time)) => self.draft.own_time = Some(time),
                Ok(_) => {}
                Err(misread) => self.lead_error(&["attributes", &name], misread.to_string()),
            }
        }
        if field.created
            && let Some((_, reader)) = self.fields.created()
        {
            match read(reader, scalar) {
                Ok(Value::Time(time)) => self.draft.lead.created = Some(time),
                // Reported below.
                Err(_) if field.column.is_some() => {}
                Ok(_) => {}
                Err(misread) => self.lead_error(&["attributes", &name], misread.to_string()),
            }
        }
        if (field.as_of || field.created)
            && matches!(scalar, Scalar::Text(text) if !text.trim().is_empty() && !Time::names_zone(text))
        {
            self.draft.lead.without_zone.push(name.clone());
        }
        if let Some(position) = field.column {
            match read(&self.fields.columns()[position].1, scalar) {
                Ok(value) => self.values[self.draft.start + position] = value,
                Err(misread) => self.lead_error(&["attributes", &name], misread.to_string()),
            }
        }
    }
}

fn read_id(scalar: Scalar<'_>) -> Result<Option<Id<'_>>, String> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: beyond it a double skips whole numbers
    Ok(match scalar {
        Scalar::Null => None,
        Scalar::Text(text) => Some(Id::Text(text)),
        Scalar::Integer(number) => Some(Id::Integer(number)),
        Scalar::Large(number) => Some(Id::Large(number)),
        // Data frames with a hole write whole numbers as 17.0.
        Scalar::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => {
            Some(Id::Integer(number as i64))
        }
        Scalar::Number(_) => {
            return Err("an id is a text or a whole number of 64 bits; write others as text".into());
        }
        other => return Err(format!("an id is a text or a whole number, not {}", other.word())),
    })
}

/// A moment, and whether it names its zone.
fn read_as_of(scalar: &Scalar<'_>) -> Result<Option<(Time, bool)>, String> {
    match scalar {
        Scalar::Null => Ok(None),
        Scalar::Text(text) => Time::parse_zoned(text).map(Some).map_err(|error| error.to_string()),
        other => Err(format!(
            "a time is a text like 2024-01-31 or 2024-01-31T09:30:00Z, not {}",
            other.word()
        )),
    }
}

/// A JSON pointer (RFC 6901).
pub(crate) fn pointer<'t>(tokens: impl IntoIterator<Item = &'t str>) -> String {
    let mut pointer = String::new();
    for token in tokens {
        pointer.push('/');
        for c in token.chars() {
            match c {
                '~' => pointer.push_str("~0"),
                '/' => pointer.push_str("~1"),
                c => pointer.push(c),
            }
        }
    }
    pointer
}
