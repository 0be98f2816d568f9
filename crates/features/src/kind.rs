//! The kinds of columns, and how the text of each is read.

use serde::{Deserialize, Serialize};

use crate::{DateFormat, NumberFormat};

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
    r"\n", // \N, as databases write NULL.
];

/// Whether a trimmed text is empty or one of [`MISSING_STAND_INS`].
pub(crate) fn is_stand_in(text: &str) -> bool {
    text.is_empty() || MISSING_STAND_INS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a text names nothing where an id is expected: it is blank, or stands for a missing value.
pub fn is_no_id(text: &str) -> bool {
    is_stand_in(text.trim())
}

/// Whether a number is a name made of digits: 007 and +34600000000 are codes.
pub(crate) fn is_code(number: &str) -> bool {
    let digits = number.trim_start_matches('-').as_bytes();
    let zero = digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit();
    zero || (number.len() > 8 && number.starts_with('+'))
}

/// What a column holds, and how its text is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// A measure.
    Number {
        /// How it is written.
        #[serde(flatten)]
        format: NumberFormat,
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

impl Kind {
    /// A measure with a decimal point.
    pub const NUMBER: Kind = Kind::Number { format: NumberFormat::PLAIN };

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
    ("verdadero", "falso"),
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

/// Whether a text is `true` or `false`, in whatever case: pandas writes `True`, and Excel `TRUE`.
pub(crate) fn truth_value(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

/// Whether one text is a truth value, and the other another word for it: `True` and `yes`.
pub(crate) fn same_truth(one: &str, other: &str) -> bool {
    match (truth_value(one), truth_value(other)) {
        (None, None) => false,
        (Some(truth), _) => yes_no_word(other) == Some(truth),
        (None, Some(truth)) => yes_no_word(one) == Some(truth),
    }
}

/// Equality without case; `word` is in lower case.
pub(crate) fn same_word(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
        || (!text.is_ascii() && text.chars().flat_map(char::to_lowercase).eq(word.chars()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_in_both_languages() {
        for yes in ["Yes", "TRUE", "1", "sí", "Sí", "SÍ", "VERDADERO"] {
            assert_eq!(yes_no_word(yes), Some(true), "{yes}");
        }
        for no in ["No", "false", "0", "OFF", "Falso"] {
            assert_eq!(yes_no_word(no), Some(false), "{no}");
        }
        assert_eq!(yes_no_word("maybe"), None);
    }

    #[test]
    fn truth_values_are_the_same_as_any_word_for_them() {
        for (one, other) in [
            ("true", "True"),
            ("TRUE", "yes"),
            ("1", "true"),
            ("No", "False"),
            ("true", "VERDADERO"),
        ] {
            assert!(same_truth(one, other) && same_truth(other, one), "{one} {other}");
        }
        for (one, other) in [("yes", "Yes"), ("true", "false"), ("1", "yes"), ("true", "truly")] {
            assert!(!same_truth(one, other) && !same_truth(other, one), "{one} {other}");
        }
    }
}
