//! JSON values as they arrive: borrowed where JSON allows, never a tree.

use std::borrow::Cow;
use std::fmt;

use leadscore_features::Cell;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value that is not looked into. What is nested has been read and dropped; nesting deeper
/// than serde_json's limit is an error of the body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    YesNo(bool),
    Integer(i64),
    /// A whole number beyond `i64`.
    Large(u64),
    Number(f64),
    Text(Cow<'a, str>),
    List,
    Object,
}

impl<'a> Scalar<'a> {
    /// A whole number that is not negative.
    #[inline]
    pub(crate) fn of_unsigned(number: u64) -> Self {
        i64::try_from(number).map_or(Scalar::Large(number), Scalar::Integer)
    }

    /// The cell that a file would hold. `None` for a list or an object.
    pub(crate) fn cell(&self) -> Option<Cell<'_>> {
        Some(match self {
            Scalar::Null => Cell::Empty,
            Scalar::YesNo(flag) => Cell::YesNo(*flag),
            Scalar::Integer(number) => Cell::Integer(*number),
            Scalar::Large(number) => Cell::Number(*number as f64),
            Scalar::Number(number) => Cell::Number(*number),
            Scalar::Text(text) => Cell::Text(text),
            Scalar::List | Scalar::Object => return None,
        })
    }

    /// What it is, for a message.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Scalar::Null => "null",
            Scalar::YesNo(true) => "true",
            Scalar::YesNo(false) => "false",
            Scalar::Integer(_) | Scalar::Large(_) | Scalar::Number(_) => "a number",
            Scalar::Text(_) => "a text",
            Scalar::List => "a list",
            Scalar::Object => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Scalar::YesNo(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::of_unsigned(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    // Elements are read as scalars in turn, not as `IgnoredAny`, which serde_json reads without
    // counting depth.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<Scalar<'de>>()?.is_some() {}
        Ok(Scalar::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<Key<'de>, Scalar<'de>>()?.is_some() {}
        Ok(Scalar::Object)
    }
}

/// The key of an object.
pub(crate) struct Key<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    #[inline]
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Owned(text.to_owned())))
    }
}
