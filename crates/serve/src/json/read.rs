//! Reads JSON that is as programs write it. Whatever is wrong with a text, or rare, it leaves to
//! serde_json, which then reads all of it again and says what there is to say: so no value and no
//! mistake is told otherwise than serde_json tells it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::write::marks;

/// Nesting that is read here; serde_json reads 128 levels.
const DEPTH: usize = 32;
/// So many digits are a whole number of `u64`.
const DIGITS_OF_WHOLE: usize = 18;
/// So many digits are a number that a double has exactly; so are the powers of ten up to 22.
const DIGITS_OF_DOUBLE: usize = 15;
const POWERS: [f64; DIGITS_OF_DOUBLE + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// A text, and how far it was read.
#[derive(Debug)]
pub(crate) struct Quick<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

/// The text is not read here: it is wrong, or rare.
#[derive(Debug)]
pub(crate) struct Unusual;

impl fmt::Display for Unusual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON that is wrong or rare")
    }
}

impl std::error::Error for Unusual {}

impl Error for Unusual {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'a> Quick<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// Nothing but space may be left.
    pub(crate) fn end(&mut self) -> Result<(), Unusual> {
        if self.after_space().is_none() { Ok(()) } else { Err(Unusual) }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no space.
    #[inline]
    fn after_space(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                byte => return byte,
            }
        }
    }

    #[inline]
    fn take(&mut self, wanted: u8) -> Result<(), Unusual> {
        if self.after_space() != Some(wanted) {
            return Err(Unusual);
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Unusual> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(Unusual);
        }
        self.at += word.len();
        Ok(())
    }

    /// Where the first byte is, from here on, that ends a plain part of a text.
    #[inline]
    fn plain_to(&self) -> Option<usize> {
        let mut at = self.at;
        loop {
            let rest = self.text.as_bytes().get(at..)?;
            let Some(word) = rest.first_chunk() else { return plain_to_end(rest, at) };
            let marks = marks(u64::from_le_bytes(*word));
            if marks != 0 {
                return Some(at + marks.trailing_zeros() as usize / 8);
            }
            at += 8;
        }
    }

    /// Reads a text from its first quote on.
    #[inline]
    fn text<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Unusual> {
        self.at += 1;
        let start = self.at;
        let end = self.plain_to().ok_or(Unusual)?;
        match self.text.as_bytes()[end] {
            b'"' => {
                self.at = end + 1;
                visitor.visit_borrowed_str(self.text.get(start..end).ok_or(Unusual)?)
            }
            b'\\' => self.escaped(start - 1, visitor),
            _ => Err(Unusual),
        }
    }

    /// Reads a text with escapes, whose first quote is at `start`.
    #[cold]
    fn escaped<V: Visitor<'a>>(&mut self, start: usize, visitor: V) -> Result<V::Value, Unusual> {
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        while *bytes.get(end).ok_or(Unusual)? != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        self.at = end + 1;
        let quoted = self.text.get(start..self.at).ok_or(Unusual)?;
        visitor.visit_string(serde_json::from_str(quoted).map_err(|_| Unusual)?)
    }

    /// Reads a number from its first byte on.
    #[inline]
    fn number<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Unusual> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let first = self.at;
        let mut whole = 0_u64;
        self.digits(&mut whole);
        let digits = self.at - first;
        let leading_zero = digits > 1 && self.text.as_bytes()[first] == b'0';
        if digits == 0 || leading_zero || digits > DIGITS_OF_WHOLE {
            return self.rare_number(start, visitor);
        }
        match self.peek() {
            Some(b'.') => {}
            Some(b'e' | b'E') => return self.rare_number(start, visitor),
            _ if !negative => return visitor.visit_u64(whole),
            _ if whole > 0 => return visitor.visit_i64(-(whole as i64)),
            _ => return visitor.visit_f64(-0.0),
        }
        self.at += 1;
        let point = self.at;
        self.digits(&mut whole);
        let decimals = self.at - point;
        let rare = decimals == 0
            || digits + decimals > DIGITS_OF_DOUBLE
            || matches!(self.peek(), Some(b'e' | b'E'));
        if rare {
            return self.rare_number(start, visitor);
        }
        // Two numbers that doubles have exactly: their quotient is rounded once, as it must be
        // (Clinger, How to read floating point numbers accurately).
        let number = whole as f64 / POWERS[decimals];
        visitor.visit_f64(if negative { -number } else { number })
    }

    /// Reads digits behind those that were read; what they come to wraps where there are very many.
    #[inline]
    fn digits(&mut self, number: &mut u64) {
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            *number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
    }

    #[cold]
    fn rare_number<V: Visitor<'a>>(
        &mut self,
        start: usize,
        visitor: V,
    ) -> Result<V::Value, Unusual> {
        let rest = &self.text.as_bytes()[start..];
        let ends = |byte: &u8| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        self.at = start + rest.iter().position(ends).unwrap_or(rest.len());
        let token = self.text.get(start..self.at).ok_or(Unusual)?;
        let mut json = serde_json::Deserializer::from_str(token);
        let value = json.deserialize_any(visitor).map_err(|_| Unusual)?;
        json.end().map_err(|_| Unusual)?;
        Ok(value)
    }
}

/// The same in the last bytes of all, which begin at a place.
#[cold]
fn plain_to_end(rest: &[u8], at: usize) -> Option<usize> {
    let ends = |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'\\');
    rest.iter().position(ends).map(|place| at + place)
}

impl<'de> Deserializer<'de> for &mut Quick<'de> {
    type Error = Unusual;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        match self.after_space().ok_or(Unusual)? {
            b'"' => self.text(visitor),
            b'-' | b'0'..=b'9' => self.number(visitor),
            b'n' => {
                self.word("null")?;
                visitor.visit_unit()
            }
            b't' => {
                self.word("true")?;
                visitor.visit_bool(true)
            }
            b'f' => {
                self.word("false")?;
                visitor.visit_bool(false)
            }
            start @ (b'{' | b'[') => {
                self.at += 1;
                self.depth += 1;
                if self.depth > DEPTH {
                    return Err(Unusual);
                }
                let mut items = Items { of: self, first: true, done: false };
                let value = if start == b'{' {
                    visitor.visit_map(&mut items)
                } else {
                    visitor.visit_seq(&mut items)
                }?;
                if !items.done {
                    return Err(Unusual);
                }
                self.depth -= 1;
                Ok(value)
            }
            _ => Err(Unusual),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A name within an object, whose first quote was seen.
struct Name<'q, 'de>(&'q mut Quick<'de>);

impl<'de> Deserializer<'de> for Name<'_, 'de> {
    type Error = Unusual;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        self.0.text(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// What a list or an object holds.
struct Items<'q, 'a> {
    of: &'q mut Quick<'a>,
    first: bool,
    /// Whether its end was reached.
    done: bool,
}

impl Items<'_, '_> {
    /// The first byte of the next, behind what parts it from the one before; `None` at the end.
    #[inline]
    fn next(&mut self, end: u8) -> Result<Option<u8>, Unusual> {
        let mut byte = self.of.after_space().ok_or(Unusual)?;
        if byte == end {
            self.of.at += 1;
            self.done = true;
            return Ok(None);
        }
        if !std::mem::replace(&mut self.first, false) {
            if byte != b',' {
                return Err(Unusual);
            }
            self.of.at += 1;
            byte = self.of.after_space().ok_or(Unusual)?;
        }
        Ok(Some(byte))
    }
}

impl<'a> SeqAccess<'a> for &mut Items<'_, 'a> {
    type Error = Unusual;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unusual> {
        if self.next(b']')?.is_none() {
            return Ok(None);
        }
        seed.deserialize(&mut *self.of).map(Some)
    }
}

impl<'a> MapAccess<'a> for &mut Items<'_, 'a> {
    type Error = Unusual;

    // Without a call a key takes a tenth less.
    #[inline(always)]
    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unusual> {
        match self.next(b'}')? {
            None => Ok(None),
            Some(b'"') => seed.deserialize(Name(self.of)).map(Some),
            Some(_) => Err(Unusual),
        }
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Unusual> {
        self.of.take(b':')?;
        seed.deserialize(&mut *self.of)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::scalar::Scalar;

    /// All that is told of a value: each key and scalar in turn.
    #[derive(Debug, Default)]
    struct Told(Vec<String>);

    struct Tell<'t>(&'t mut Told);

    impl<'a> DeserializeSeed<'a> for Tell<'_> {
        type Value = ();
        fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
            deserializer.deserialize_any(self)
        }
    }

    macro_rules! tell {
        ($($visit:ident $type:ty),*) => {$(
            fn $visit<E>(self, value: $type) -> Result<(), E> {
                self.0.0.push(format!("{} {value:?}", stringify!($visit)));
                Ok(())
            }
        )*};
    }

    impl<'a> Visitor<'a> for Tell<'_> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("anything")
        }
        tell!(visit_bool bool, visit_i64 i64, visit_u64 u64, visit_str &str, visit_borrowed_str &'a str);
        fn visit_f64<E>(self, value: f64) -> Result<(), E> {
            self.0.0.push(format!("{:x}", value.to_bits()));
            Ok(())
        }
        fn visit_unit<E>(self) -> Result<(), E> {
            self.0.0.push("null".to_owned());
            Ok(())
        }
        fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<(), A::Error> {
            while list.next_element_seed(Tell(self.0))?.is_some() {}
            self.0.0.push("]".to_owned());
            Ok(())
        }
        fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
            while map.next_key_seed(Tell(self.0))?.is_some() {
                map.next_value_seed(Tell(self.0))?;
            }
            self.0.0.push("}".to_owned());
            Ok(())
        }
    }

    /// What is told of a text; `None` where it is left to serde_json.
    fn quick(text: &str) -> Option<Vec<String>> {
        let mut told = Told::default();
        let mut quick = Quick::new(text);
        Tell(&mut told).deserialize(&mut quick).ok()?;
        quick.end().ok()?;
        Some(told.0)
    }

    fn serde_json(text: &str) -> Option<Vec<String>> {
        let mut told = Told::default();
        let mut json = serde_json::Deserializer::from_str(text);
        Tell(&mut told).deserialize(&mut json).ok()?;
        json.end().ok()?;
        Some(told.0)
    }

    #[test]
    fn usual_json_is_read() {
        for text in [
            "{\"a\": 1, \"b\" :[ -2,\t0.25,-0,-0.0 , 0, 18446744073709551615, 1e3, 1.5E-7]}",
            " [true, false ,null, \"\", \"é € 😀 and a longer text of many words\", {}, [] ] \n",
            "\"caf\\u00e9 \\\"\\\\\"",
            "0.123456789012345678",
            "-12.5",
        ] {
            let told = quick(text);
            assert!(told.is_some(), "{text}");
            assert_eq!(told, serde_json(text), "{text}");
        }
    }

    #[test]
    fn wrong_or_rare_json_is_left() {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        for text in [
            "",
            " ",
            "{",
            "[1",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{a: 1}",
            "{\"a\":1,}",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "nul",
            "truth",
            "\"",
            "\"a",
            "\"\\",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\n\"",
            "1 2",
            "{1: 2}",
            "1-2",
            "[1 2]",
            "{\"a\" 1}",
            &deep,
        ] {
            assert_eq!(quick(text), None, "{text}");
        }
    }

    #[test]
    fn a_value_that_is_not_read_to_its_end_is_left() {
        assert!(<(u8, u8)>::deserialize(&mut Quick::new("[1, 2, 3]")).is_err());
        assert!(Scalar::deserialize(&mut Quick::new("[1, 2, 3]")).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

        #[test]
        fn what_is_read_is_what_serde_json_reads(
            text in "([\\[{]|\"[a-z\\\\\"nu0é\\n ]{0,12}\"|[:, ]|-?[0-9]{1,20}(\\.[0-9]{0,18})?([eE][-+]?[0-9]{1,3})?|null|true|false|[\\]}]){0,12}"
        ) {
            if let Some(told) = quick(&text) {
                prop_assert_eq!(Some(told), serde_json(&text), "{}", text);
            }
        }

        #[test]
        fn numbers_are_the_same_bits(number in "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,15})?") {
            let told = quick(&number);
            prop_assert!(told.is_some());
            prop_assert_eq!(told, serde_json(&number));
        }

        #[test]
        fn values_are_read(
            numbers in proptest::collection::vec(any::<f64>(), 0..4),
            texts in proptest::collection::vec(".{0,24}", 0..4),
        ) {
            let text = serde_json::json!({"numbers": numbers, "texts": texts}).to_string();
            let told = quick(&text);
            prop_assert!(told.is_some());
            prop_assert_eq!(told, serde_json(&text));
        }
    }
}
