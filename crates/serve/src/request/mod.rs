//! What arrives: one lead, or many, straight from the bytes of a body. Mistakes are collected, not
//! thrown, so that a client learns of all of them at once.

mod shape;

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Instant;

use leadscore_features::{ColumnReader, Misread, Time, Value, did_you_mean};
use serde::de::{DeserializeSeed, MapAccess};

use crate::fields::{Field, Fields};
use crate::problem::{FieldError, Problem};
use crate::scalar::Scalar;
use shape::{Attributes, Body};

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

const LEAD_KEYS: [&str; 3] = ["id", "attributes", "as_of"];
const BODY_KEYS: [&str; 5] = ["leads", "reasons", "id", "attributes", "as_of"];

/// The leads of a body, in order.
#[derive(Debug)]
pub(crate) struct Leads<'a> {
    pub(crate) leads: Vec<Lead<'a>>,
    /// The attributes that scores need, lead by lead, in the order of the scorer's columns.
    pub(crate) values: Vec<Value<'a>>,
    /// How many reasons to give, each way.
    pub(crate) reasons: usize,
    /// Whether the body is one lead, not a list.
    pub(crate) alone: bool,
}

/// One lead, but for the attributes that scores need.
#[derive(Debug, Default)]
pub(crate) struct Lead<'a> {
    pub(crate) id: Option<Id<'a>>,
    pub(crate) as_of: Option<Time>,
    /// The positions of the columns that were not given at all.
    pub(crate) lacking: Vec<usize>,
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
    pub(crate) deadline: Instant,
}

/// Reads a body.
pub(crate) fn parse<'a>(
    body: &'a [u8],
    fields: &Fields,
    bounds: Bounds,
) -> Result<Leads<'a>, Problem> {
    let text = std::str::from_utf8(body).map_err(not_utf8(body))?;
    let mut reader = Reader::new(fields, bounds);
    let mut json = serde_json::Deserializer::from_str(text);
    let done = Body(&mut reader).deserialize(&mut json).and_then(|()| json.end());
    match (done, reader.stop) {
        (_, Some(Stop::TooMany)) => Err(Problem::too_many_leads(bounds.max_leads)),
        (_, Some(Stop::Late)) => Err(Problem::late()),
        (Err(error), None) => Err(malformed(text, &error)),
        (Ok(()), None) => reader.finish(),
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
    Late,
}

/// The state of reading: what was read, and what was wrong.
struct Reader<'s, 'a> {
    fields: &'s Fields,
    bounds: Bounds,
    leads: Vec<Lead<'a>>,
    values: Vec<Value<'a>>,
    reasons: usize,
    errors: Vec<FieldError>,
    errors_left_out: usize,
    stop: Option<Stop>,
    /// The lead being read.
    draft: Draft<'a>,
    /// For each known attribute, the number of the last draft that named it.
    named: Vec<usize>,
    drafts: usize,
    unknown: HashSet<Cow<'a, str>>,
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
    /// The moment among its attributes.
    own_time: Option<Time>,
}

impl<'s, 'a> Reader<'s, 'a> {
    fn new(fields: &'s Fields, bounds: Bounds) -> Self {
        Self {
            fields,
            bounds,
            leads: Vec::new(),
            values: Vec::new(),
            reasons: DEFAULT_REASONS,
            errors: Vec::new(),
            errors_left_out: 0,
            stop: None,
            draft: Draft::default(),
            named: vec![0; fields.len()],
            drafts: 0,
            unknown: HashSet::new(),
        }
    }

    fn finish(self) -> Result<Leads<'a>, Problem> {
        if !self.errors.is_empty() {
            return Err(Problem::bad_fields(self.errors, self.errors_left_out));
        }
        let Self { leads, values, reasons, .. } = self;
        Ok(Leads { leads, values, reasons, alone: self.draft.alone })
    }

    fn error(&mut self, error: FieldError) {
        if self.errors.len() < ERRORS_NAMED {
            self.errors.push(error);
        } else {
            self.errors_left_out += 1;
        }
    }

    /// A mistake outside the leads.
    fn body_error(&mut self, field: Option<&str>, message: impl Into<String>) {
        let pointer = pointer(field);
        let field = field.map(str::to_owned);
        self.error(FieldError { lead: None, pointer, field, message: message.into() });
    }

    /// A mistake in the lead being read.
    fn lead_error(&mut self, path: &[&str], message: impl Into<String>) {
        let index = self.draft.index.to_string();
        let list = ["leads", &index];
        let list: &[&str] = if self.draft.alone { &[] } else { &list };
        let pointer = pointer(list.iter().chain(path).copied());
        let field = path.last().map(|&field| field.to_owned());
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
        let mut lead = std::mem::take(&mut self.draft.lead);
        lead.as_of = lead.as_of.or(self.draft.own_time);
        // The columns stand first among the fields, in their order.
        let named = &self.named[..self.fields.columns().len()];
        let lacking = named.iter().enumerate().filter(|(_, draft)| **draft != self.drafts);
        lead.lacking.extend(lacking.map(|(position, _)| position));
        self.leads.push(lead);
    }

    /// Reads one entry of a lead.
    fn entry<A: MapAccess<'a>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let again = match key {
            "id" => &mut self.draft.has_id,
            "as_of" => &mut self.draft.has_as_of,
            "attributes" => &mut self.draft.has_attributes,
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
                Ok(time) => self.draft.lead.as_of = time,
                Err(message) => self.lead_error(&["as_of"], message),
            },
            _ => map.next_value_seed(Attributes(self))?,
        }
        Ok(())
    }

    fn unknown_key(&self, key: &str, known: &[&str]) -> String {
        if self.fields.get(key).is_some() {
            return "there is no such key here; attributes stand inside \"attributes\"".to_owned();
        }
        if BODY_KEYS.contains(&key) {
            return format!("{key:?} stands at the top of the body, not in a lead");
        }
        match did_you_mean(key, known.iter().copied()) {
            Some(near) => format!("there is no such key; did you mean {near:?}?"),
            None => format!("there is no such key; there is {}", known.join(", ")),
        }
    }

    /// Reads one attribute.
    fn attribute(&mut self, name: Cow<'a, str>, scalar: &Scalar<'a>) {
        let field = self.fields.get(&name);
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
        if let Some(position) = field.column {
            match read(&self.fields.columns()[position].1, scalar) {
                Ok(value) => self.values[self.draft.start + position] = value,
                Err(misread) => self.lead_error(&["attributes", &name], misread.to_string()),
            }
        }
    }
}

/// Reads a JSON value as a cell of a column, as a file's would be.
fn read<'a>(reader: &ColumnReader, scalar: &Scalar<'a>) -> Result<Value<'a>, Misread> {
    if let Scalar::Text(Cow::Borrowed(text)) = scalar {
        return reader.read(leadscore_features::Cell::Text(text));
    }
    let Some(cell) = scalar.cell() else { return Ok(Value::Missing) };
    Ok(match reader.read(cell)? {
        Value::Missing => Value::Missing,
        Value::Number(number) => Value::Number(number),
        Value::YesNo(flag) => Value::YesNo(flag),
        Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
        Value::Time(time) => Value::Time(time),
    })
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

fn read_as_of(scalar: &Scalar<'_>) -> Result<Option<Time>, String> {
    match scalar {
        Scalar::Null => Ok(None),
        Scalar::Text(text) => Time::parse(text).map(Some).map_err(|error| error.to_string()),
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
