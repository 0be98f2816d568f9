//! Which events: kinds, and conditions on properties.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kind::same_truth;
use crate::readers::plain;

/// The events of some kinds whose properties meet all conditions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// The kinds. Empty: any kind but that of attribute history.
    pub kinds: Vec<String>,
    /// Conditions that all hold.
    #[serde(rename = "where", default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// A condition on one property. A property that is missing meets none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The property.
    pub property: String,
    /// What its value must be.
    #[serde(flatten)]
    pub test: Test,
}

/// What the value of a property must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// One of these texts. Case counts; surrounding spaces do not. Of events `true` and `false`, in
    /// whatever case, are also every other word for yes and no.
    OneOf(Vec<Pattern>),
    /// A number within limits.
    Between {
        /// At least this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<f64>,
        /// Below this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        below: Option<f64>,
    },
}

/// A text, or a glob where it holds `*` (any characters, `/` among them) or `?` (one character).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(pub String);

impl Pattern {
    /// Whether a text matches, all of it.
    pub fn matches(&self, text: &str) -> bool {
        if !self.is_glob() {
            return self.0 == text;
        }
        glob(&self.0, text)
    }

    /// Whether the text is a glob.
    pub fn is_glob(&self) -> bool {
        self.0.contains(['*', '?'])
    }
}

impl fmt::Display for Selection {
    /// `page_view where page = /pricing*`, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kinds.as_slice() {
            [] => f.write_str("any event")?,
            kinds => f.write_str(&kinds.join(", "))?,
        }
        for (index, condition) in self.conditions.iter().enumerate() {
            let word = if index == 0 { "where" } else { "and" };
            write!(f, " {word} {} {}", condition.property, condition.test)?;
        }
        Ok(())
    }
}

impl fmt::Display for Test {
    /// `= /pricing* or /precios*`, `from 10 and below 20`, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Test::OneOf(patterns) => {
                // An empty text would not be seen.
                let shown = |Pattern(text): &Pattern| match text.trim() {
                    "" => format!("{text:?}"),
                    _ => text.clone(),
                };
                let texts: Vec<String> = patterns.iter().map(shown).collect();
                write!(f, "= {}", texts.join(" or "))
            }
            Test::Between { from: Some(from), below: Some(below) } => {
                write!(f, "from {from} and below {below}")
            }
            Test::Between { from: Some(from), below: None } => write!(f, "from {from}"),
            Test::Between { from: None, below: Some(below) } => write!(f, "below {below}"),
            Test::Between { from: None, below: None } => f.write_str("a number"),
        }
    }
}

impl Test {
    /// The same test of texts without case and accents.
    pub(crate) fn plain(&self) -> Self {
        match self {
            Test::OneOf(patterns) => Test::OneOf(
                patterns.iter().map(|Pattern(text)| Pattern(plain(text).into())).collect(),
            ),
            between @ Test::Between { .. } => between.clone(),
        }
    }

    /// Whether the test looks at a number.
    pub fn is_of_number(&self) -> bool {
        matches!(self, Test::Between { .. })
    }

    /// Whether a text passes.
    pub(crate) fn passes_text(&self, text: &str) -> bool {
        match self {
            Test::OneOf(patterns) => patterns.iter().any(|pattern| pattern.matches(text)),
            Test::Between { .. } => false,
        }
    }

    /// Whether a property of an event passes that is such a text. What is a truth value in JSON and
    /// Parquet is a word in CSV, so truth values are compared as what they mean.
    pub(crate) fn passes_property(&self, text: &str) -> bool {
        self.passes_text(text)
            || matches!(self, Test::OneOf(patterns) if patterns.iter().any(|of| same_truth(&of.0, text)))
    }

    /// Whether a text of a column of leads or outcomes passes: case and outer blanks count for nothing there, which
    /// people type.
    pub(crate) fn passes_typed(&self, text: &str) -> bool {
        let Test::OneOf(patterns) = self else { return false };
        let text = text.trim();
        self.passes_property(text) || {
            let lower = text.to_lowercase();
            let in_lower = |Pattern(of): &Pattern| Pattern(of.trim().to_lowercase());
            patterns.iter().any(|pattern| in_lower(pattern).matches(&lower))
        }
    }

    /// Whether a text that stands for a missing value passes: only where the test names it.
    pub(crate) fn names(&self, text: &str) -> bool {
        matches!(self, Test::OneOf(patterns) if patterns.iter().any(|of| of.0 == text))
    }

    /// Whether a number passes.
    pub(crate) fn passes_number(&self, number: f64) -> bool {
        match self {
            Test::OneOf(_) => false,
            Test::Between { from, below } => {
                !number.is_nan()
                    && from.is_none_or(|from| number >= from)
                    && below.is_none_or(|below| number < below)
            }
        }
    }
}

/// Wildcard matching with one point of return: the last star. Linear but for the return, at most
/// the product of the lengths.
fn glob(pattern: &str, text: &str) -> bool {
    let mut wanted = pattern.chars();
    let mut rest = text.chars();
    let mut star: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        match wanted.next() {
            Some('*') => {
                star = Some((wanted.clone(), rest.clone()));
                continue;
            }
            Some(c) => {
                let met = rest.next();
                if met.is_some_and(|met| c == '?' || c == met) {
                    continue;
                }
                if met.is_none() && star.is_none() {
                    return false;
                }
            }
            None if rest.as_str().is_empty() => return true,
            None => {}
        }
        // Let the last star take one character more.
        let Some((after_star, taken)) = &mut star else { return false };
        if taken.next().is_none() {
            return false;
        }
        wanted = after_star.clone();
        rest = taken.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_texts() {
        let matches = |pattern: &str, text: &str| Pattern(pattern.into()).matches(text);
        for (pattern, text) in [
            ("/pricing*", "/pricing"),
            ("/pricing*", "/pricing/enterprise"),
            ("*pricing*", "/es/pricing/x"),
            ("/blog/*/comments", "/blog/a/b/comments"),
            ("a?c", "añc"),
            ("*", ""),
            ("", ""),
            ("**a*b", "xxaab"),
            ("10.*", "10.0.0.1"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("/pricing", "/pricing/"),
            ("/pricing*", "/Pricing"),
            ("a?c", "ac"),
            ("*b", "ba"),
            ("/blog/*/comments", "/blog/comments"),
            ("", "a"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    proptest::proptest! {
        /// Against a plain recursive definition.
        #[test]
        fn globs_agree_with_their_definition(pattern in "[ab*?]{0,8}", text in "[abc]{0,8}") {
            fn slow(pattern: &[char], text: &[char]) -> bool {
                match pattern.split_first() {
                    None => text.is_empty(),
                    Some(('*', rest)) => (0..=text.len()).any(|n| slow(rest, &text[n..])),
                    Some((c, rest)) => text
                        .split_first()
                        .is_some_and(|(t, text)| (*c == '?' || c == t) && slow(rest, text)),
                }
            }
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            proptest::prop_assert_eq!(glob(&pattern, &text), slow(&p, &t));
        }
    }
}
