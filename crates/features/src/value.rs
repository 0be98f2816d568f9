//! What a cell holds before it is read, and the typed value it becomes.

use std::borrow::Cow;

use crate::Time;

/// One attribute as it arrived: a field of a CSV file, a cell of a Parquet column or a JSON value.
/// Borrowed; what it means is decided by the [`Column`](crate::Column) that reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing: a null, or an attribute that was not given.
    Empty,
    /// A number with a fraction. NaN counts as nothing.
    Number(f64),
    /// A whole number, kept apart because codes and ids must print exactly.
    Integer(i64),
    /// A truth value.
    YesNo(bool),
    /// A text, untrimmed.
    Text(&'a str),
    /// A moment.
    Time(Time),
}

impl<'a> Cell<'a> {
    /// The cell as text, for ids and for hashing. `None` for an empty cell.
    #[inline]
    pub fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Cell::Empty => None,
            Cell::Text(text) => {
                let text = trimmed(text);
                (!text.is_empty()).then_some(Cow::Borrowed(text))
            }
            Cell::Number(number) => {
                (!number.is_nan()).then(|| Cow::Owned(canonical_number(number)))
            }
            Cell::Integer(number) => Some(Cow::Owned(number.to_string())),
            Cell::YesNo(flag) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
            Cell::Time(time) => Some(Cow::Owned(time.to_string())),
        }
    }
}

/// A text without the space around it.
#[inline]
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        // Most texts have nothing to trim, and that is quickly seen.
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        // The other space of Unicode is rare, and found slowly.
        _ => match text.trim_ascii() {
            "" => "",
            rest => rest.trim(),
        },
    }
}

/// The typed value of a signal or of a column that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Missing, whatever stood for it.
    Missing,
    /// Not known because what it is computed from was not given: the events of a lead, say. A
    /// model takes it for missing; a rule that hangs on it is unavailable.
    Unavailable,
    /// A finite number.
    Number(f64),
    /// Yes or no.
    YesNo(bool),
    /// A category or other text, trimmed and not empty.
    Text(Cow<'a, str>),
    /// A moment.
    Time(Time),
}

impl Value<'_> {
    /// Whether the value is missing, or unavailable.
    pub fn is_missing(&self) -> bool {
        matches!(self, Value::Missing | Value::Unavailable)
    }
}

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Missing => f.write_str("missing"),
            Value::Unavailable => f.write_str("not given"),
            Value::Number(number) => f.write_str(&canonical_number(*number)),
            Value::YesNo(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Value::Text(text) => f.write_str(text),
            Value::Time(time) => write!(f, "{time}"),
        }
    }
}

/// A number in the one form in which it names a category: whole numbers without a fraction,
/// others in the shortest form that reads back to the same bits.
pub fn canonical_number(number: f64) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: beyond it a double skips whole numbers
    if number.fract() == 0.0 && number.abs() < EXACT {
        (number as i64).to_string()
    } else {
        number.to_string()
    }
}

/// A number that stands in the name of something: as it is, or in scientific form where it is below 1e-4
/// or from 1e15 on.
pub fn label(number: f64) -> String {
    if number != 0.0 && !(1e-4..1e15).contains(&number.abs()) {
        format!("{number:e}")
    } else {
        canonical_number(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        assert_eq!(canonical_number(1.0), "1");
        assert_eq!(canonical_number(-0.0), "0");
        assert_eq!(canonical_number(2.5), "2.5");
        assert_eq!(label(-1e-16), "-1e-16");
        assert_eq!(
            (label(0.0), label(0.0001), label(-2.5)),
            ("0".into(), "0.0001".into(), "-2.5".into())
        );
        assert_eq!(label(2.5e20), "2.5e20");
        assert_eq!(canonical_number(1e300).parse::<f64>().unwrap(), 1e300);
    }
}
