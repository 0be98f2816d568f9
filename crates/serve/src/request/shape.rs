//! The shape of a body: which JSON values stand where. Values that do not belong are read to their
//! end and reported, so that what follows them is read too.

use std::borrow::Cow;
use std::fmt;
use std::time::Instant;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::sets::RuleSets;
use super::what_if::WhatIf;
use super::{BODY_KEYS, LEAD_KEYS, LEADS_BETWEEN_LOOKS, MAX_REASONS, Reader, Stop};
use crate::scalar::{Key, Scalar};

/// Implements the visits of everything that is not wanted at a place: it is read to its end and
/// reported as a mistake by `wrong`.
macro_rules! refuse {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }
        fn visit_unit<E>(self) -> Result<(), E> {
            self.wrong("null");
            Ok(())
        }
        fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
            self.wrong(if flag { "true" } else { "false" });
            Ok(())
        }
        fn visit_i64<E>(self, _: i64) -> Result<(), E> {
            self.wrong("a number");
            Ok(())
        }
        fn visit_u64<E>(self, _: u64) -> Result<(), E> {
            self.wrong("a number");
            Ok(())
        }
        fn visit_f64<E>(self, _: f64) -> Result<(), E> {
            self.wrong("a number");
            Ok(())
        }
        fn visit_str<E>(self, _: &str) -> Result<(), E> {
            self.wrong("a text");
            Ok(())
        }
    };
    (list) => {
        refuse!();
        fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
            while list.next_element::<Scalar<'a>>()?.is_some() {}
            self.wrong("a list");
            Ok(())
        }
    };
    (object) => {
        refuse!();
        fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
            while map.next_entry::<Key<'a>, Scalar<'a>>()?.is_some() {}
            self.wrong("an object");
            Ok(())
        }
    };
}

macro_rules! seed {
    ($name:ident) => {
        impl<'a> DeserializeSeed<'a> for $name<'_, '_, 'a> {
            type Value = ();
            fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_any(self)
            }
        }
    };
}

pub(super) use {refuse, seed};

/// The whole body.
pub(super) struct Body<'r, 's, 'a>(pub(super) &'r mut Reader<'s, 'a>);
seed!(Body);

impl Body<'_, '_, '_> {
    fn wrong(self, what: &str) {
        let message = format!(
            "the body is {what}; send a lead, {{\"attributes\": {{...}}}}, or {{\"leads\": [...]}}"
        );
        self.0.body_error(None, message);
    }
}

impl<'a> Visitor<'a> for Body<'_, '_, 'a> {
    type Value = ();
    refuse!(list);

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let reader = self.0;
        let (mut alone, mut listed) = (false, false);
        let (mut has_reasons, mut has_sets, mut has_intervals) = (false, false, false);
        let mut has_what_if = false;
        while let Some(Key(key)) = map.next_key()? {
            match key.as_ref() {
                "leads" if !listed => {
                    listed = true;
                    map.next_value_seed(List(reader))?;
                }
                "reasons" if !has_reasons => {
                    has_reasons = true;
                    match map.next_value()? {
                        Scalar::Integer(n) if (0..=MAX_REASONS as i64).contains(&n) => {
                            reader.reasons = n as usize;
                        }
                        _ => reader.body_error(
                            Some("reasons"),
                            format!("it is a whole number from 0 to {MAX_REASONS}"),
                        ),
                    }
                }
                "intervals" if !has_intervals => {
                    has_intervals = true;
                    match map.next_value()? {
                        Scalar::YesNo(flag) => reader.intervals = flag,
                        _ => reader.body_error(Some("intervals"), "it is true or false"),
                    }
                }
                "what_if" if !has_what_if => {
                    has_what_if = true;
                    map.next_value_seed(WhatIf(reader))?;
                }
                "rule_sets" if !has_sets => {
                    has_sets = true;
                    map.next_value_seed(RuleSets(reader))?;
                }
                key @ ("leads" | "reasons" | "intervals" | "what_if" | "rule_sets") => {
                    map.next_value::<Scalar<'a>>()?;
                    reader.body_error(Some(key), "it is there twice");
                }
                key if LEAD_KEYS.contains(&key) => {
                    // Beside a list it is a mistake, which is reported below.
                    if !std::mem::replace(&mut alone, true) || !reader.draft.alone {
                        reader.begin(0, true);
                    }
                    reader.entry(key, &mut map)?;
                }
                key => {
                    map.next_value::<Scalar<'a>>()?;
                    let message = reader.unknown_key(key, &BODY_KEYS);
                    reader.body_error(Some(key), message);
                }
            }
        }
        match (alone, listed) {
            (true, false) => reader.end(),
            (false, true) => {}
            (true, true) => {
                reader.body_error(None, "send either one lead or \"leads\", not both in one body");
            }
            (false, false) => {
                let message = "send a lead, {\"attributes\": {...}}, or {\"leads\": [...]}";
                reader.body_error(None, message);
            }
        }
        Ok(())
    }
}

/// The list of leads.
struct List<'r, 's, 'a>(&'r mut Reader<'s, 'a>);
seed!(List);

impl List<'_, '_, '_> {
    fn wrong(self, what: &str) {
        self.0.body_error(Some("leads"), format!("it is a list of leads, not {what}"));
    }
}

impl<'a> Visitor<'a> for List<'_, '_, 'a> {
    type Value = ();
    refuse!(object);

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        let mut index = 0;
        while list.next_element_seed(One(self.0, index))?.is_some() {
            index += 1;
        }
        if index == 0 {
            self.0.body_error(Some("leads"), "it is empty; send at least one lead");
        }
        Ok(())
    }
}

/// One lead of a list.
struct One<'r, 's, 'a>(&'r mut Reader<'s, 'a>, usize);

impl<'a> DeserializeSeed<'a> for One<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        let One(reader, index) = self;
        let late = index % LEADS_BETWEEN_LOOKS == LEADS_BETWEEN_LOOKS - 1
            && Instant::now() > reader.bounds.deadline;
        reader.stop = if index >= reader.bounds.max_leads {
            Some(Stop::TooMany)
        } else if late {
            Some(Stop::Late)
        } else {
            reader.begin(index, false);
            return deserializer.deserialize_any(One(reader, index));
        };
        Err(D::Error::custom("stopped"))
    }
}

impl One<'_, '_, '_> {
    fn wrong(self, what: &str) {
        let message = format!("a lead is an object with attributes, not {what}");
        self.0.lead_error(&[], message);
    }
}

impl<'a> Visitor<'a> for One<'_, '_, 'a> {
    type Value = ();
    refuse!(list);

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            self.0.entry(&key, &mut map)?;
        }
        self.0.end();
        Ok(())
    }
}

/// The attributes of a lead.
pub(super) struct Attributes<'r, 's, 'a>(pub(super) &'r mut Reader<'s, 'a>);
seed!(Attributes);

impl Attributes<'_, '_, '_> {
    fn wrong(self, what: &str) {
        let message = format!("attributes are an object of names and values, not {what}");
        self.0.lead_error(&["attributes"], message);
    }
}

impl<'a> Visitor<'a> for Attributes<'_, '_, 'a> {
    type Value = ();
    refuse!(list);

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(name)) = map.next_key()? {
            map.next_value_seed(Attribute(self.0, name))?;
        }
        Ok(())
    }
}

/// The value of an attribute.
struct Attribute<'r, 's, 'a>(&'r mut Reader<'s, 'a>, Cow<'a, str>);
seed!(Attribute);

impl<'a> Attribute<'_, '_, 'a> {
    #[inline]
    fn take(self, scalar: &Scalar<'a>) {
        if !self.0.usual_attribute(&self.1, scalar) {
            self.0.attribute(self.1, scalar);
        }
    }
}

// Each value goes on as it comes, which is cheaper than by way of what may be anything.
impl<'a> Visitor<'a> for Attribute<'_, '_, 'a> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.take(&Scalar::Null);
        Ok(())
    }
    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.take(&Scalar::YesNo(flag));
        Ok(())
    }
    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.take(&Scalar::Integer(number));
        Ok(())
    }
    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.take(&Scalar::of_unsigned(number));
        Ok(())
    }
    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.take(&Scalar::Number(number));
        Ok(())
    }
    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<(), E> {
        self.take(&Scalar::Text(Cow::Borrowed(text)));
        Ok(())
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.take(&Scalar::Text(Cow::Owned(text.to_owned())));
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<Scalar<'a>>()?.is_some() {}
        self.take(&Scalar::List);
        Ok(())
    }
    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<Key<'a>, Scalar<'a>>()?.is_some() {}
        self.take(&Scalar::Object);
        Ok(())
    }
}
