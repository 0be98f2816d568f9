//! Which changes of the leads are asked about.

use std::borrow::Cow;
use std::fmt;

use leadscore_features::{Cell, did_you_mean};
use leadscore_model::Change;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Reader;
use super::shape::{refuse, seed};
use crate::scalar::{Key, Scalar};

/// The most changes that a request can ask about.
const MAX_CHANGES: usize = 100;
const CHANGE_KEYS: [&str; 4] = ["attribute", "value", "kind", "properties"];

/// What is asked about leads of which one thing is otherwise.
#[derive(Debug, Default)]
pub(crate) enum AskedWhatIf<'a> {
    /// Nothing.
    #[default]
    No,
    /// What raises the probability most.
    Best,
    /// These changes, each for itself.
    These(Vec<AskedChange<'a>>),
}

/// A change, as it was given.
#[derive(Debug)]
pub(crate) enum AskedChange<'a> {
    Attribute { column: Cow<'a, str>, value: Scalar<'a> },
    Event { kind: Cow<'a, str>, properties: Vec<(Cow<'a, str>, Scalar<'a>)> },
}

impl AskedChange<'_> {
    /// The change that a scorer is asked about.
    pub(crate) fn change(&self) -> Change<'_> {
        let cell = |scalar| Scalar::cell(scalar).unwrap_or(Cell::Empty);
        match self {
            Self::Attribute { column, value } => Change::Attribute { column, cell: cell(value) },
            Self::Event { kind, properties } => Change::Event {
                kind: kind.trim(),
                properties: properties
                    .iter()
                    .map(|(name, value)| (name.as_ref(), cell(value)))
                    .collect(),
            },
        }
    }
}

/// True, false or null, or a list of changes.
pub(super) struct WhatIf<'r, 's, 'a>(pub(super) &'r mut Reader<'s, 'a>);
seed!(WhatIf);

impl WhatIf<'_, '_, '_> {
    /// What is no list.
    fn wrong(self, what: &str) {
        match what {
            "true" => self.0.what_if = AskedWhatIf::Best,
            "false" | "null" => {}
            _ => {
                let message = format!("it is true, false or a list of changes, not {what}");
                self.0.body_error(Some("what_if"), message);
            }
        }
    }
}

impl<'a> Visitor<'a> for WhatIf<'_, '_, 'a> {
    type Value = ();
    refuse!(object);

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        let reader = self.0;
        let mut found = Vec::new();
        let mut index = 0;
        while let Some(change) = list.next_element_seed(OneChange(reader, index))? {
            index += 1;
            if index <= MAX_CHANGES {
                found.extend(change);
            }
        }
        if index == 0 {
            reader.body_error(Some("what_if"), "it is empty; true asks for what raises most");
        } else if index > MAX_CHANGES {
            let message = format!("a request may ask about {MAX_CHANGES} changes");
            reader.body_error(Some("what_if"), message);
        }
        reader.what_if = AskedWhatIf::These(found);
        Ok(())
    }
}

/// One change of the list; `None` where something is wrong with it.
struct OneChange<'r, 's, 'a>(&'r mut Reader<'s, 'a>, usize);

impl<'a> DeserializeSeed<'a> for OneChange<'_, '_, 'a> {
    type Value = Option<AskedChange<'a>>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let OneChange(reader, index) = self;
        let before = reader.mistakes();
        let mut draft = Draft::default();
        deserializer.deserialize_any(Entries(OneChange(reader, index), &mut draft))?;
        if reader.mistakes() > before {
            return Ok(None);
        }
        let change = draft.finish();
        if change.is_none() {
            let message = "a change is {\"attribute\": NAME, \"value\": VALUE} or {\"kind\": KIND, \
                           \"properties\": {...}}";
            OneChange(reader, index).mistake(&[], message);
        }
        Ok(change)
    }
}

impl OneChange<'_, '_, '_> {
    fn mistake(&mut self, path: &[&str], message: impl Into<String>) {
        let index = self.1.to_string();
        let path: Vec<&str> = ["what_if", &index].iter().chain(path).copied().collect();
        self.0.body_error_at(&path, message);
    }
}

/// A change, as far as it was read.
#[derive(Default)]
struct Draft<'a> {
    attribute: Option<Cow<'a, str>>,
    value: Option<Scalar<'a>>,
    kind: Option<Cow<'a, str>>,
    properties: Option<Vec<(Cow<'a, str>, Scalar<'a>)>>,
}

impl<'a> Draft<'a> {
    fn finish(self) -> Option<AskedChange<'a>> {
        match self {
            Self { attribute: Some(column), value: Some(value), kind: None, properties: None } => {
                Some(AskedChange::Attribute { column, value })
            }
            Self { attribute: None, value: None, kind: Some(kind), properties } => {
                let properties = properties.unwrap_or_default();
                Some(AskedChange::Event { kind, properties })
            }
            _ => None,
        }
    }
}

/// The entries of a change.
struct Entries<'r, 's, 'a, 'd>(OneChange<'r, 's, 'a>, &'d mut Draft<'a>);

impl Entries<'_, '_, '_, '_> {
    fn wrong(mut self, what: &str) {
        self.0.mistake(&[], format!("a change is an object, not {what}"));
    }
}

impl<'a> Visitor<'a> for Entries<'_, '_, 'a, '_> {
    type Value = ();
    refuse!(list);

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Entries(mut change, draft) = self;
        while let Some(Key(key)) = map.next_key()? {
            let again = match key.as_ref() {
                "attribute" => draft.attribute.is_some(),
                "value" => draft.value.is_some(),
                "kind" => draft.kind.is_some(),
                "properties" => draft.properties.is_some(),
                _ => {
                    map.next_value::<Scalar<'a>>()?;
                    let message = match did_you_mean(&key, CHANGE_KEYS) {
                        Some(near) => format!("there is no such key; did you mean {near:?}?"),
                        None => {
                            format!("there is no such key; there is {}", CHANGE_KEYS.join(", "))
                        }
                    };
                    change.mistake(&[&key], message);
                    continue;
                }
            };
            if again {
                map.next_value::<Scalar<'a>>()?;
                change.mistake(&[&key], "it is there twice");
                continue;
            }
            if key == "properties" {
                let mut found = Vec::new();
                map.next_value_seed(Properties(&mut change, &mut found))?;
                draft.properties = Some(found);
                continue;
            }
            let scalar: Scalar<'a> = map.next_value()?;
            match (key.as_ref(), scalar) {
                ("value", scalar @ (Scalar::List | Scalar::Object)) => {
                    let message = format!("{} is not a value", scalar.word());
                    change.mistake(&[&key], message);
                }
                ("value", scalar) => draft.value = Some(scalar),
                (_, Scalar::Text(text)) if text.trim().is_empty() => {
                    change.mistake(&[&key], "it is empty");
                }
                ("attribute", Scalar::Text(text)) => draft.attribute = Some(text),
                (_, Scalar::Text(text)) => draft.kind = Some(text),
                (_, other) => {
                    change.mistake(&[&key], format!("it is a text, not {}", other.word()));
                }
            }
        }
        Ok(())
    }
}

/// The properties of an event.
struct Properties<'c, 'r, 's, 'a>(
    &'c mut OneChange<'r, 's, 'a>,
    &'c mut Vec<(Cow<'a, str>, Scalar<'a>)>,
);

impl<'a> DeserializeSeed<'a> for Properties<'_, '_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Properties<'_, '_, '_, '_> {
    fn wrong(self, what: &str) {
        if what != "null" {
            let message = format!("properties are an object of names and values, not {what}");
            self.0.mistake(&["properties"], message);
        }
    }
}

impl<'a> Visitor<'a> for Properties<'_, '_, '_, 'a> {
    type Value = ();
    refuse!(list);

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((Key(name), scalar)) = map.next_entry::<Key<'a>, Scalar<'a>>()? {
            if matches!(scalar, Scalar::List | Scalar::Object) {
                let message = format!("{} is not a value", scalar.word());
                self.0.mistake(&["properties", &name], message);
            } else {
                self.1.push((name, scalar));
            }
        }
        Ok(())
    }
}
