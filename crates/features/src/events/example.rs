//! Events made up to belong to a selection: what could be asked of a lead that did one thing more.

use std::fmt;

use super::{Condition, Selection, Test};
use crate::canonical_number;

/// An event in words: its kind, and the properties that it must have, as a file would hold them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventExample {
    /// What happens.
    pub kind: String,
    /// Names and values of properties.
    pub properties: Vec<(String, String)>,
}

impl fmt::Display for EventExample {
    /// `page_view page=/pricing`: what holds space or a quotation mark stands in quotation marks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind.contains(['"', '=']) {
            true => write!(f, "{}", Quoted(&self.kind))?,
            false => f.write_str(&self.kind)?,
        }
        for (name, value) in &self.properties {
            write!(f, " {}={}", Quoted(name), Quoted(value))?;
        }
        Ok(())
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() || self.0.contains(|c: char| c.is_whitespace() || "\"=".contains(c)) {
            write!(f, "\"{}\"", self.0.replace('"', "\"\""))
        } else {
            f.write_str(self.0)
        }
    }
}

impl Selection {
    /// An event of each kind that is named, with properties that meet the conditions. None where a
    /// selection is of any kind, or where no simple value meets its conditions.
    pub fn examples(&self) -> Vec<EventExample> {
        let mut properties: Vec<(String, String)> = Vec::new();
        for condition in &self.conditions {
            let name = &condition.property;
            if properties.iter().any(|(known, _)| known == name) {
                continue;
            }
            let of_name = || self.conditions.iter().filter(|other| other.property == *name);
            let meets = |text: &String| of_name().all(|other| other.passes(text));
            match of_name().flat_map(|other| other.test.examples()).find(meets) {
                Some(value) => properties.push((name.clone(), value)),
                None => return Vec::new(),
            }
        }
        let example =
            |kind: &String| EventExample { kind: kind.clone(), properties: properties.clone() };
        self.kinds.iter().map(example).collect()
    }
}

impl Condition {
    /// Whether a value passes, as it stands in a file.
    fn passes(&self, text: &str) -> bool {
        let number = || text.parse::<f64>().is_ok_and(|number| self.test.passes_number(number));
        if self.test.is_of_number() { number() } else { self.test.passes_property(text) }
    }
}

impl Test {
    /// Values that pass, the simplest of each alternative: a text, what remains of a glob when its
    /// stars stand for nothing, the lowest number.
    fn examples(&self) -> Vec<String> {
        match self {
            Test::OneOf(patterns) => {
                let text = |pattern: &super::Pattern| match pattern.is_glob() {
                    true => pattern.0.replace('*', "").replace('?', "x"),
                    false => pattern.0.clone(),
                };
                patterns.iter().map(text).filter(|text| !text.trim().is_empty()).collect()
            }
            Test::Between { from, below } => {
                let at_zero = below.is_some_and(|below| below > 0.0).then_some(0.0);
                let number = from.or(at_zero).or(below.map(|below| below - 1.0));
                number.map(canonical_number).into_iter().collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;
    use super::*;

    fn of(kinds: &[&str], conditions: &[(&str, Test)]) -> Vec<String> {
        let condition = |(name, test): &(&str, Test)| Condition {
            property: (*name).into(),
            test: test.clone(),
        };
        let selection = Selection {
            kinds: kinds.iter().map(|&kind| kind.into()).collect(),
            conditions: conditions.iter().map(condition).collect(),
        };
        selection.examples().iter().map(ToString::to_string).collect()
    }

    fn one_of(patterns: &[&str]) -> Test {
        Test::OneOf(patterns.iter().map(|&pattern| Pattern(pattern.into())).collect())
    }

    #[test]
    fn examples_are_of_every_kind_and_meet_every_condition() {
        let between = |from, below| Test::Between { from, below };
        assert_eq!(of(&["a", "b"], &[]), ["a", "b"]);
        let pricing = [("page", one_of(&["*", "/pricing*", "/demo"]))];
        assert_eq!(of(&["page_view"], &pricing), ["page_view page=/pricing"]);
        let both = [("page", one_of(&["/a*", "/b?"])), ("page", one_of(&["*x"]))];
        assert_eq!(of(&["page_view"], &both), ["page_view page=/bx"]);
        let value = [("value", between(Some(2.5), Some(9.0))), ("of", one_of(&["two words"]))];
        assert_eq!(of(&["sale"], &value), ["sale value=2.5 of=\"two words\""]);
        assert_eq!(of(&["sale"], &[("value", between(None, Some(5.0)))]), ["sale value=0"]);
        assert_eq!(of(&["sale"], &[("value", between(None, Some(-5.0)))]), ["sale value=-6"]);
    }

    #[test]
    fn what_cannot_be_made_up_is_left_out() {
        assert!(of(&[], &[("page", one_of(&["/pricing"]))]).is_empty());
        assert!(of(&["page_view"], &[("page", one_of(&["*"]))]).is_empty());
        let never = [("page", one_of(&["/a"])), ("page", one_of(&["/b"]))];
        assert!(of(&["page_view"], &never).is_empty());
    }
}
