//! Events, from JSON to the records that files of events become too.

use std::borrow::Cow;
use std::fmt;
use std::time::Instant;

use leadscore_features::events::{EventInput, EventPlan, EventWriter, Texts, content_hash};
use leadscore_features::{Cell, Time, did_you_mean, is_no_id};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::shape::{refuse, seed};
use super::{Reader, Stop};
use crate::scalar::{Key, Scalar};

/// The clock is looked at once in so many events.
const EVENTS_BETWEEN_LOOKS: usize = 4096;
/// Unknown kinds, and unknown properties, that are named in one lead's warnings; more are counted.
const UNKNOWN_NAMED: usize = 20;
const EVENT_KEYS: [&str; 5] = ["kind", "at", "known_at", "id", "properties"];

/// The events of a lead.
#[derive(Debug, Default)]
pub(crate) struct GivenEvents<'a> {
    /// Records of the plan, sorted; none where nothing looks at events.
    pub(crate) records: Vec<u64>,
    /// Kinds that nothing names.
    pub(crate) unknown_kinds: Named<'a>,
    /// Properties that the data has not.
    pub(crate) unknown_properties: Named<'a>,
    /// Attributes that events set and whose history nothing looks at.
    pub(crate) unknown_set: Named<'a>,
    /// Events that are to set an attribute and name none.
    pub(crate) naming_none: u64,
    /// Properties that are numbers, and how many events have something else there.
    pub(crate) not_numbers: Vec<(String, u64)>,
    /// Times that name no zone.
    pub(crate) without_zone: u64,
    /// Events with a day and no time of day.
    pub(crate) without_hour: u64,
}

/// Names, and in how many events each stands.
#[derive(Debug, Default)]
pub(crate) struct Named<'a> {
    /// The first names.
    pub(crate) names: Vec<(Cow<'a, str>, u64)>,
    /// How often others were met.
    pub(crate) more: u64,
}

impl<'a> Named<'a> {
    fn add(&mut self, name: Cow<'a, str>) {
        if let Some((_, count)) = self.names.iter_mut().find(|(known, _)| *known == name) {
            *count += 1;
        } else if self.names.len() < UNKNOWN_NAMED {
            self.names.push((name, 1));
        } else {
            self.more += 1;
        }
    }
}

/// What reading events keeps from one to the next.
pub(super) struct EventReader<'s, 'a> {
    plan: Option<&'s EventPlan>,
    /// Made for the first event.
    writer: Option<EventWriter<'s>>,
    /// The properties of the event being read, in the order of the plan.
    cells: Vec<Scalar<'a>>,
    /// For each known property, the number of the last event that named it.
    named: Vec<usize>,
    /// Events read.
    read: usize,
    /// What the writer could not read as numbers, up to the lead being read.
    misread: Vec<(&'s str, u64)>,
    /// The events that were to set an attribute and named none, up to then.
    naming_none: u64,
}

impl<'s> EventReader<'s, '_> {
    pub(super) fn new(plan: Option<&'s EventPlan>) -> Self {
        Self {
            plan,
            writer: None,
            cells: Vec::new(),
            named: Vec::new(),
            read: 0,
            misread: Vec::new(),
            naming_none: 0,
        }
    }

    pub(super) fn into_texts(self) -> Texts {
        self.writer.map(|writer| writer.texts).unwrap_or_default()
    }

    /// How many events were to set an attribute and named none since this was last asked.
    fn newly_naming_none(&mut self) -> u64 {
        let all = self.writer.as_ref().map_or(0, EventWriter::naming_none);
        all - std::mem::replace(&mut self.naming_none, all)
    }

    /// What the writer could not read as numbers since it was last asked.
    fn newly_misread(&mut self) -> Vec<(String, u64)> {
        let Some(writer) = &self.writer else { return Vec::new() };
        let mut found = Vec::new();
        for (name, total) in writer.misread() {
            let before = match self.misread.iter_mut().find(|(known, _)| *known == name) {
                Some((_, before)) => std::mem::replace(before, total),
                None => {
                    self.misread.push((name, total));
                    0
                }
            };
            if total > before {
                found.push((name.to_owned(), total - before));
            }
        }
        found
    }
}

/// The events of a lead. Null is as good as none given: nothing is known of them.
pub(super) struct Events<'r, 's, 'a>(pub(super) &'r mut Reader<'s, 'a>);
seed!(Events);

impl Events<'_, '_, '_> {
    fn wrong(self, what: &str) {
        if what != "null" {
            self.0.lead_error(&["events"], format!("it is a list of events, not {what}"));
        }
    }
}

impl<'a> Visitor<'a> for Events<'_, '_, 'a> {
    type Value = ();
    refuse!(object);

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        let reader = self.0;
        reader.draft.lead.events = Some(GivenEvents::default());
        let mut index = 0;
        while list.next_element_seed(OneEvent(reader, index))?.is_some() {
            index += 1;
        }
        if let (Some(given), Some(plan)) = (&mut reader.draft.lead.events, reader.events.plan) {
            plan.sort(&mut given.records);
            given.not_numbers = reader.events.newly_misread();
            given.naming_none = reader.events.newly_naming_none();
        }
        Ok(())
    }
}

/// One event.
struct OneEvent<'r, 's, 'a>(&'r mut Reader<'s, 'a>, usize);

impl<'a> DeserializeSeed<'a> for OneEvent<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        let OneEvent(reader, index) = self;
        reader.events.read += 1;
        let late = reader.events.read.is_multiple_of(EVENTS_BETWEEN_LOOKS)
            && Instant::now() > reader.bounds.deadline;
        reader.stop = if index >= reader.bounds.max_events {
            Some(Stop::TooManyEvents(reader.draft.index))
        } else if late {
            Some(Stop::Late)
        } else {
            return deserializer.deserialize_any(OneEvent(reader, index));
        };
        Err(D::Error::custom("stopped"))
    }
}

/// An event, as far as it was read.
#[derive(Default)]
struct Draft<'a> {
    /// Which of the keys were there, and what stood at which of them was wrong.
    named: [bool; 5],
    mistaken: [bool; 5],
    kind: Option<Cow<'a, str>>,
    at: Option<Time>,
    known_at: Option<Time>,
    id: u64,
    without_zone: u64,
    is_day: bool,
    wrong: bool,
}

impl OneEvent<'_, '_, '_> {
    fn wrong(mut self, what: &str) {
        let message = format!("an event is an object with a kind and a time, not {what}");
        self.mistake(&[], message);
    }

    fn mistake(&mut self, path: &[&str], message: impl Into<String>) {
        let index = self.1.to_string();
        let all: Vec<&str> = ["events", &index].iter().chain(path).copied().collect();
        self.0.error_at(&all, path.last().copied(), message);
    }

    fn unknown_key(&mut self, key: &str) -> String {
        if self.0.fields.events.property(key).is_some() {
            return "there is no such key here; properties stand inside \"properties\"".to_owned();
        }
        let near = if self.0.may_suggest() { did_you_mean(key, EVENT_KEYS) } else { None };
        match near {
            Some(near) => format!("there is no such key; did you mean {near:?}?"),
            None => format!("there is no such key; there is {}", EVENT_KEYS.join(", ")),
        }
    }
}

impl<'a> Visitor<'a> for OneEvent<'_, '_, 'a> {
    type Value = ();
    refuse!(list);

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.0.events.begin(self.0.fields.events.properties());
        let mut event = Draft::default();
        while let Some(Key(key)) = map.next_key()? {
            let Some(place) = EVENT_KEYS.iter().position(|known| *known == key) else {
                map.next_value::<Scalar<'a>>()?;
                let message = self.unknown_key(&key);
                self.mistake(&[&key], message);
                event.wrong = true;
                continue;
            };
            let done = if std::mem::replace(&mut event.named[place], true) {
                map.next_value::<Scalar<'a>>()?;
                Err("it is there twice".to_owned())
            } else if place == 4 {
                event.wrong |= map.next_value_seed(Properties(self.0, self.1))?;
                Ok(())
            } else {
                event.entry(&key, map.next_value()?)
            };
            if let Err(message) = done {
                self.mistake(&[EVENT_KEYS[place]], message);
                event.mistaken[place] = true;
                event.wrong = true;
            }
        }
        self.end(event);
        Ok(())
    }
}

impl<'a> OneEvent<'_, '_, 'a> {
    fn end(mut self, event: Draft<'a>) {
        if event.kind.is_none() && !event.mistaken[0] {
            self.mistake(&[], "an event needs its kind, as {\"kind\": \"page_view\"}");
        }
        if event.at.is_none() && !event.mistaken[1] {
            self.mistake(&[], "an event needs its time, as {\"at\": \"2024-01-31T09:30:00Z\"}");
        }
        let (Some(kind), Some(at), false) = (event.kind, event.at, event.wrong) else { return };
        let reader = self.0;
        let Some(given) = &mut reader.draft.lead.events else { return };
        given.without_zone += event.without_zone;
        given.without_hour += u64::from(event.is_day);
        let EventReader { plan: Some(plan), writer, cells, .. } = &mut reader.events else {
            return;
        };
        let kind = trimmed(kind);
        let input = EventInput { kind: &kind, at, known_at: event.known_at, id: event.id };
        let property = |place: usize| cells[place].cell().unwrap_or(Cell::Empty);
        let writer = writer.get_or_insert_with(|| EventWriter::new(plan));
        writer.write(0, &input, property, &mut given.records);
        if let Some(name) = reader.fields.events.set_in_vain(&kind, cells) {
            given.unknown_set.add(name);
        }
        if !reader.fields.events.knows_kind(&kind) {
            given.unknown_kinds.add(kind);
        }
    }
}

impl EventReader<'_, '_> {
    /// Makes room for the properties of an event.
    fn begin(&mut self, properties: usize) {
        if self.named.len() < properties {
            self.named.resize(properties, 0);
            let needed = self.plan.map_or(0, |plan| plan.properties().count());
            self.cells.resize(needed, Scalar::Null);
        }
        self.cells.fill(Scalar::Null);
    }
}

impl<'a> Draft<'a> {
    /// Reads one entry but the properties.
    fn entry(&mut self, key: &str, scalar: Scalar<'a>) -> Result<(), String> {
        match (key, scalar) {
            (_, Scalar::Null) => Ok(()),
            ("kind", Scalar::Text(kind)) if !kind.trim().is_empty() => {
                self.kind = Some(kind);
                Ok(())
            }
            ("kind", Scalar::Text(_)) => Err("a kind is a text that is not empty".to_owned()),
            ("kind", other) => Err(format!("a kind is a text, not {}", other.word())),
            ("id", scalar) => match scalar.cell().filter(|cell| !matches!(cell, Cell::YesNo(_))) {
                Some(cell) => {
                    let id = cell.into_text().filter(|id| !is_no_id(id));
                    self.id = id.map_or(0, |id| content_hash(&id));
                    Ok(())
                }
                None => Err(format!("an id is a text or a number, not {}", scalar.word())),
            },
            // Where it was not known it may be written as an empty text.
            ("known_at", Scalar::Text(text)) if text.trim().is_empty() => Ok(()),
            (key, Scalar::Text(text)) => {
                let (time, zoned) = Time::parse_zoned(&text).map_err(|error| error.to_string())?;
                self.without_zone += u64::from(!zoned);
                if key == "at" {
                    self.at = Some(time);
                    self.is_day = Time::is_day(&text);
                } else {
                    self.known_at = Some(time);
                }
                Ok(())
            }
            (_, other) => {
                Err(format!("a time is a text like 2024-01-31T09:30:00Z, not {}", other.word()))
            }
        }
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// The properties of an event; gives whether something is wrong with them.
struct Properties<'r, 's, 'a>(&'r mut Reader<'s, 'a>, usize);

impl<'a> DeserializeSeed<'a> for Properties<'_, '_, 'a> {
    type Value = bool;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<bool, D::Error> {
        let errors = self.0.mistakes();
        deserializer.deserialize_any(Entries(self.0, self.1))?;
        Ok(self.0.mistakes() > errors)
    }
}

struct Entries<'r, 's, 'a>(&'r mut Reader<'s, 'a>, usize);

impl Entries<'_, '_, '_> {
    fn wrong(self, what: &str) {
        if what != "null" {
            let message = format!("properties are an object of names and values, not {what}");
            OneEvent(self.0, self.1).mistake(&["properties"], message);
        }
    }
}

impl<'a> Visitor<'a> for Entries<'_, '_, 'a> {
    type Value = ();
    refuse!(list);

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Entries(reader, index) = self;
        let event = reader.events.read;
        while let Some((Key(name), scalar)) = map.next_entry::<Key<'a>, Scalar<'a>>()? {
            if matches!(scalar, Scalar::List | Scalar::Object) {
                let message = format!(
                    "{} is not a value; a property is a text, a number, true, false or null",
                    scalar.word()
                );
                OneEvent(reader, index).mistake(&["properties", &name], message);
                continue;
            }
            match reader.fields.events.property(&name) {
                Some(known) => {
                    if std::mem::replace(&mut reader.events.named[known.index], event) == event {
                        let message = "it is there twice";
                        OneEvent(reader, index).mistake(&["properties", &name], message);
                    } else if let Some(position) = known.position {
                        reader.events.cells[position] = scalar;
                    }
                }
                None => {
                    if let Some(given) = &mut reader.draft.lead.events {
                        given.unknown_properties.add(name);
                    }
                }
            }
        }
        Ok(())
    }
}
