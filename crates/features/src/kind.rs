//! The kinds of columns, and how the text of each is read.

use serde::{Deserialize, Serialize};

use crate::DateFormat;
use crate::value::trimmed;

/// Texts that stand for a missing value in exports, in lower case; compared without case after
/// trimming. A number such as 999 never is one unless the user says so.
pub const MISSING_STAND_INS: &[&str] = &[
    "unknown",
    "select",
    "n/a",
    "na",
    "#n/a",
    "null",
    "none",
    "nan",
    "-",
    "?",
    "missing",
    "not available",
    "undefined",
    "(blank)",
];

/// Whether a trimmed text is empty or one of [`MISSING_STAND_INS`].
pub(crate) fn is_stand_in(text: &str) -> bool {
    text.is_empty() || MISSING_STAND_INS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// What a column holds, and how its text is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// A measure.
    Number {
        /// What a comma in it means.
        #[serde(default, skip_serializing_if = "Commas::is_none")]
        commas: Commas,
    },
    /// One of two values that mean yes and no.
    YesNo,
    /// One of a set of names or codes.
    Category,
    /// A day or a moment.
    Date {
        /// How it is written.
        format: DateFormat,
    },
    /// Names one lead, or is free text: nearly every row has another value, or holds addresses.
    Identifier,
    /// The same value in every row, or none at all.
    Constant,
}

/// What commas mean in the numbers of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commas {
    /// There are none.
    #[default]
    None,
    /// The decimal sign: `1,5`.
    Decimal,
    /// Thousands: `1,500` and `1,500.25`.
    Thousands,
}

impl Commas {
    fn is_none(&self) -> bool {
        *self == Commas::None
    }
}

impl Kind {
    /// A measure with a decimal point.
    pub const NUMBER: Kind = Kind::Number { commas: Commas::None };

    /// The word for people.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Number { .. } => "number",
            Kind::YesNo => "yes/no",
            Kind::Category => "category",
            Kind::Date { .. } => "date",
            Kind::Identifier => "identifier",
            Kind::Constant => "constant",
        }
    }
}

/// Pairs of words for yes and no, in lower case, in English and Spanish. A column is a yes/no
/// column when all its values come from one pair.
pub(crate) const YES_NO_PAIRS: &[(&str, &str)] = &[
    ("yes", "no"),
    ("true", "false"),
    ("1", "0"),
    ("y", "n"),
    ("t", "f"),
    ("on", "off"),
    ("si", "no"),
    ("sí", "no"),
];

/// Reads a word for yes or no, without case, of any of the pairs that are known; `None` when it
/// is neither.
pub fn yes_no_word(text: &str) -> Option<bool> {
    let text = text.trim();
    YES_NO_PAIRS.iter().find_map(|(yes, no)| {
        if same_word(text, yes) {
            Some(true)
        } else if same_word(text, no) {
            Some(false)
        } else {
            None
        }
    })
}

/// Equality without case; `word` is in lower case.
pub(crate) fn same_word(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
        || (!text.is_ascii() && text.chars().flat_map(char::to_lowercase).eq(word.chars()))
}

/// Reads a finite or infinite number; `None` for a text that is none. `1e5` and `+2` are numbers,
/// `nan` is not.
pub(crate) fn parse_number(text: &str, commas: Commas) -> Option<f64> {
    let text = trimmed(text);
    // Most texts that are no numbers begin as none does; `inf` and `nan` are read below.
    let first = text.as_bytes().first()?;
    if first.is_ascii_alphabetic() && !matches!(first, b'i' | b'I' | b'n' | b'N') {
        return None;
    }
    let parsed = match commas {
        _ if !text.contains(',') => match commas {
            // `1.500` is no number of a column whose decimal sign is a comma.
            Commas::Decimal if text.contains('.') => None,
            _ => text.parse::<f64>().ok(),
        },
        Commas::None => None,
        Commas::Decimal if text.contains('.') => None,
        Commas::Decimal => text.replacen(',', ".", 1).parse::<f64>().ok(),
        Commas::Thousands if has_thousands(text) => text.replace(',', "").parse::<f64>().ok(),
        Commas::Thousands => None,
    };
    parsed.filter(|number| !number.is_nan())
}

/// Whether the commas stand where thousands are separated: `-1,234,567.8`.
fn has_thousands(text: &str) -> bool {
    let whole = text.trim_start_matches('-').split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    groups.next().is_some_and(|first| digits(first) && first.len() <= 3)
        && groups.all(|group| digits(group) && group.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_decimal_sign() {
        assert_eq!(parse_number(" 1.5 ", Commas::None), Some(1.5));
        assert_eq!(parse_number("1,5", Commas::Decimal), Some(1.5));
        assert_eq!(parse_number("1,5", Commas::None), None);
        assert_eq!(parse_number("1.5", Commas::Decimal), None);
        assert_eq!(parse_number("-1,234,567.8", Commas::Thousands), Some(-1_234_567.8));
        assert_eq!(parse_number("1,23", Commas::Thousands), None);
        assert_eq!(parse_number("1234,567", Commas::Thousands), None);
        assert_eq!(parse_number("nan", Commas::None), None);
        assert_eq!(parse_number("1e999", Commas::None), Some(f64::INFINITY));
    }

    #[test]
    fn yes_and_no_in_both_languages() {
        for yes in ["Yes", "TRUE", "1", "sí", "Sí", "SÍ"] {
            assert_eq!(yes_no_word(yes), Some(true), "{yes}");
        }
        for no in ["No", "false", "0", "OFF"] {
            assert_eq!(yes_no_word(no), Some(false), "{no}");
        }
        assert_eq!(yes_no_word("maybe"), None);
    }
}
