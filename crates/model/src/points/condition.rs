//! Conditions of rules: trees of plain data over signals, resolved to positions before scoring.

use leadscore_features::events::Pattern;
use leadscore_features::{SignalKind, Value, yes_no_word};
use serde::Serialize;

/// A value written in a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Literal {
    /// A text, a category.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    YesNo(bool),
}

/// A test of one signal's value. A missing value fails every test but `missing = true`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Is one of these values. Texts are compared exactly.
    In(Vec<Literal>),
    /// Lies between bounds.
    Range {
        /// Greater than or equal to this.
        #[serde(skip_serializing_if = "Option::is_none")]
        at_least: Option<f64>,
        /// Greater than this.
        #[serde(skip_serializing_if = "Option::is_none")]
        above: Option<f64>,
        /// Less than or equal to this.
        #[serde(skip_serializing_if = "Option::is_none")]
        at_most: Option<f64>,
        /// Less than this.
        #[serde(skip_serializing_if = "Option::is_none")]
        below: Option<f64>,
    },
    /// The text contains this, without case.
    Contains(String),
    /// The text matches this glob, all of it: `*` is any characters, `?` is one. Case counts.
    Glob(Pattern),
    /// Is missing (or, when false, is there).
    Missing(bool),
}

/// A condition over signals. `S` is a signal's name in a rule set, its position when compiled.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition<S = String> {
    /// Every one holds.
    All(Vec<Condition<S>>),
    /// At least one holds.
    Any(Vec<Condition<S>>),
    /// It does not hold. Of a test, `not` holds for a missing value too.
    Not(Box<Condition<S>>),
    /// Every test holds of one signal's value.
    Signal {
        /// The signal.
        signal: S,
        /// The tests.
        tests: Vec<Test>,
    },
}

impl Test {
    /// The type of signal that the test is written for; `None` for any.
    pub(super) fn implied_kind(&self) -> Option<SignalKind> {
        match self {
            Test::Range { .. } => Some(SignalKind::Number),
            Test::Contains(_) | Test::Glob(_) => Some(SignalKind::Text),
            Test::Missing(_) => None,
            Test::In(literals) => literals.first().map(Literal::implied_kind),
        }
    }

    /// Whether the test can be put to a value of a type; if not, what it needs.
    pub(super) fn fits(&self, kind: SignalKind) -> Result<(), &'static str> {
        match (self, kind) {
            (Test::Missing(_), _) => Ok(()),
            (Test::Range { .. }, SignalKind::Number) => Ok(()),
            (Test::Range { .. }, _) => Err("a number"),
            (Test::Contains(_) | Test::Glob(_), SignalKind::Text) => Ok(()),
            (Test::Contains(_) | Test::Glob(_), _) => Err("a category or text"),
            (Test::In(literals), kind) => literals.iter().try_for_each(|l| l.fits(kind)),
        }
    }

    /// Whether one value can pass both tests; `None` when that cannot be told from the tests alone.
    pub(super) fn meets(&self, other: &Test) -> Option<bool> {
        match (self, other) {
            (Test::In(a), Test::In(b)) => {
                let same_type = |a: &Literal, b: &Literal| a.implied_kind() == b.implied_kind();
                let told = a.iter().all(|a| b.iter().all(|b| same_type(a, b)));
                let met = a.iter().any(|literal| b.contains(literal));
                (met || told).then_some(met)
            }
            (Test::Range { .. }, Test::Range { .. }) => {
                let (a, b) = (self.ends()?, other.ends()?);
                let low = if (b.0, b.1) > (a.0, a.1) { (b.0, b.1) } else { (a.0, a.1) };
                let high = if (b.2, !b.3) < (a.2, !a.3) { (b.2, b.3) } else { (a.2, a.3) };
                Some(low.0 < high.0 || (low.0 == high.0 && !low.1 && !high.1))
            }
            (Test::In(list), range @ Test::Range { .. })
            | (range @ Test::Range { .. }, Test::In(list)) => {
                let numbers = || list.iter().filter_map(Literal::number);
                let inside = |number| range.holds(&Value::Number(number)) == Some(true);
                let met = numbers().any(inside);
                (met || numbers().count() == list.len()).then_some(met)
            }
            (Test::Missing(a), Test::Missing(b)) => Some(a == b),
            // A missing value passes no other test.
            (Test::Missing(true), _) | (_, Test::Missing(true)) => Some(false),
            _ => None,
        }
    }

    /// The ends of a range, and whether each is left out: `None` for other tests.
    pub(super) fn ends(&self) -> Option<(f64, bool, f64, bool)> {
        let Test::Range { at_least, above, at_most, below } = self else { return None };
        let low = at_least.iter().chain(above).copied().fold(f64::NEG_INFINITY, f64::max);
        let high = at_most.iter().chain(below).copied().fold(f64::INFINITY, f64::min);
        Some((low, *above == Some(low), high, *below == Some(high)))
    }

    /// `None` when that cannot be known.
    pub(super) fn holds(&self, value: &Value<'_>) -> Option<bool> {
        if *value == Value::Unavailable {
            return None;
        }
        Some(match self {
            Test::Missing(wanted) => value.is_missing() == *wanted,
            Test::In(literals) => literals.iter().any(|literal| literal.equals(value)),
            Test::Range { at_least, above, at_most, below } => match value {
                Value::Number(number) => {
                    at_least.is_none_or(|bound| *number >= bound)
                        && above.is_none_or(|bound| *number > bound)
                        && at_most.is_none_or(|bound| *number <= bound)
                        && below.is_none_or(|bound| *number < bound)
                }
                _ => false,
            },
            Test::Contains(part) => match value {
                Value::Text(text) => contains(text, part),
                _ => false,
            },
            Test::Glob(pattern) => match value {
                Value::Text(text) => pattern.matches(text),
                _ => false,
            },
        })
    }
}

/// Whether `text` contains `part`, which is in lower case, without case.
fn contains(text: &str, part: &str) -> bool {
    if text.is_ascii() && part.is_ascii() {
        let (text, part) = (text.as_bytes(), part.as_bytes());
        part.is_empty() || text.windows(part.len()).any(|w| w.eq_ignore_ascii_case(part))
    } else {
        text.to_lowercase().contains(part)
    }
}

impl Literal {
    fn fits(&self, kind: SignalKind) -> Result<(), &'static str> {
        match (self, kind) {
            (Literal::Number(_), SignalKind::Number) => Ok(()),
            (Literal::Text(_), SignalKind::Text) => Ok(()),
            (Literal::YesNo(_), SignalKind::YesNo) => Ok(()),
            // Written by people: codes as numbers, yes and no as words.
            (Literal::Number(_), SignalKind::Text) => Ok(()),
            (Literal::Text(text), SignalKind::YesNo) if yes_no_word(text).is_some() => Ok(()),
            (Literal::Number(_), _) => Err("a number"),
            (Literal::Text(_), SignalKind::YesNo) => {
                Err("a category; this one takes true or false")
            }
            (Literal::Text(_), SignalKind::Number) => {
                Err("a category; write a number without quotes")
            }
            (Literal::Text(_), _) => Err("a category"),
            (Literal::YesNo(_), _) => Err("yes/no"),
        }
    }

    fn equals(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Literal::Text(text), Value::Text(value)) => text == value,
            (Literal::Number(number), Value::Number(value)) => number == value,
            (Literal::Number(number), Value::Text(value)) => {
                leadscore_features::canonical_number(*number) == **value
            }
            (Literal::YesNo(flag), Value::YesNo(value)) => flag == value,
            (Literal::Text(text), Value::YesNo(value)) => yes_no_word(text) == Some(*value),
            _ => false,
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Literal::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The literal as text, for values that stand for missing.
    pub(super) fn into_text(self) -> String {
        match self {
            Literal::Text(text) => text,
            Literal::Number(number) => leadscore_features::canonical_number(number),
            Literal::YesNo(flag) => flag.to_string(),
        }
    }

    /// The type of signal that this literal is written for, when nothing else says.
    pub(super) fn implied_kind(&self) -> SignalKind {
        match self {
            Literal::Text(_) => SignalKind::Text,
            Literal::Number(_) => SignalKind::Number,
            Literal::YesNo(_) => SignalKind::YesNo,
        }
    }
}

impl<S> Condition<S> {
    /// The same condition with its signals replaced.
    pub(super) fn map<T, E>(
        &self,
        resolve: &mut impl FnMut(&S) -> Result<T, E>,
    ) -> Result<Condition<T>, E> {
        let each = |list: &[Condition<S>], resolve: &mut _| {
            list.iter().map(|c| c.map(resolve)).collect::<Result<Vec<_>, E>>()
        };
        Ok(match self {
            Condition::All(list) => Condition::All(each(list, resolve)?),
            Condition::Any(list) => Condition::Any(each(list, resolve)?),
            Condition::Not(inner) => Condition::Not(Box::new(inner.map(resolve)?)),
            Condition::Signal { signal, tests } => {
                Condition::Signal { signal: resolve(signal)?, tests: tests.clone() }
            }
        })
    }

    /// Visits every test of one signal.
    pub(super) fn visit<'a>(&'a self, see: &mut impl FnMut(&'a S, &'a [Test])) {
        match self {
            Condition::All(list) | Condition::Any(list) => list.iter().for_each(|c| c.visit(see)),
            Condition::Not(inner) => inner.visit(see),
            Condition::Signal { signal, tests } => see(signal, tests),
        }
    }
}

impl Condition<usize> {
    /// Whether the condition holds for the values of a snapshot's signals; `None` when that hangs
    /// on a value that is unavailable (Kleene's strong three-valued logic). A position past the
    /// end is a missing value.
    pub fn holds(&self, values: &[Value<'_>]) -> Option<bool> {
        /// `stop` as soon as one says so; else not known if one is not known.
        fn fold(found: impl Iterator<Item = Option<bool>>, stop: bool) -> Option<bool> {
            let mut known = true;
            for holds in found {
                match holds {
                    Some(holds) if holds == stop => return Some(stop),
                    Some(_) => {}
                    None => known = false,
                }
            }
            known.then_some(!stop)
        }
        match self {
            Condition::All(list) => fold(list.iter().map(|c| c.holds(values)), false),
            Condition::Any(list) => fold(list.iter().map(|c| c.holds(values)), true),
            Condition::Not(inner) => inner.holds(values).map(|holds| !holds),
            Condition::Signal { signal, tests } => {
                let value = values.get(*signal).unwrap_or(&Value::Missing);
                fold(tests.iter().map(|test| test.holds(value)), false)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tests: Vec<Test>) -> Condition<usize> {
        Condition::Signal { signal: 0, tests }
    }

    fn range(at_least: Option<f64>, below: Option<f64>) -> Test {
        Test::Range { at_least, above: None, at_most: None, below }
    }

    #[test]
    fn missing_fails_every_test_but_one() {
        let missing = [Value::Missing];
        assert!(!of(vec![range(None, Some(5.0))]).holds(&missing).unwrap());
        assert!(!of(vec![Test::In(vec![Literal::Text("a".into())])]).holds(&missing).unwrap());
        assert!(!of(vec![Test::Contains("".into())]).holds(&missing).unwrap());
        assert!(of(vec![Test::Missing(true)]).holds(&missing).unwrap());
        assert!(!of(vec![Test::Missing(false)]).holds(&missing).unwrap());
        assert!(
            Condition::Not(Box::new(of(vec![range(None, Some(5.0))]))).holds(&missing).unwrap()
        );
        assert!(of(vec![Test::Missing(true)]).holds(&[]).unwrap());
    }

    #[test]
    fn values_are_compared_by_type() {
        let is = |literal, value| of(vec![Test::In(vec![literal])]).holds(&[value]).unwrap();
        assert!(is(Literal::Number(3.0), Value::Text("3".into())));
        assert!(is(Literal::Text("yes".into()), Value::YesNo(true)));
        assert!(!is(Literal::Text("A".into()), Value::Text("a".into())));
        let in_range = of(vec![range(Some(1.0), Some(2.0))]);
        assert!(
            in_range.holds(&[Value::Number(1.0)]).unwrap()
                && !in_range.holds(&[Value::Number(2.0)]).unwrap()
        );
        let contains = of(vec![Test::Contains("direct".into())]);
        assert!(contains.holds(&[Value::Text("DIRECTORA".into())]).unwrap());
        assert!(of(vec![Test::Contains("é".into())]).holds(&[Value::Text("CAFÉ".into())]).unwrap());
        assert!(!contains.holds(&[Value::Text("dir".into())]).unwrap());
    }
}
