//! Conditions on signals, and the values that they compare with.

use std::ops::Range;

use leadscore_features::document::{DeTable, DeValue, Node};
use leadscore_features::events::Pattern;

use super::Parser;
use crate::points::condition::{Condition, Literal, Test};
use crate::points::rule::SignalRef;

/// Conditions nested deeper than this are refused: no marketer reads them, and reading them must
/// not exhaust the stack.
const DEEPEST: usize = 32;

/// The keys of a range.
pub(super) const BOUNDS: [&str; 4] = ["at_least", "above", "at_most", "below"];

impl Parser<'_, '_> {
    pub(super) fn condition(
        &mut self,
        value: &Node<'_>,
        depth: usize,
    ) -> Option<Condition<SignalRef>> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = "a condition is a table, like { signal = \"industry\", equals = \"IT\" }";
            self.mistake(&value.span(), message);
            return None;
        };
        if depth > DEEPEST {
            let message = format!("conditions are nested more than {DEEPEST} deep");
            self.mistake(&value.span(), message);
            return None;
        }
        for (key, wrap) in
            [("all", Condition::All as fn(_) -> _), ("any", Condition::Any as fn(_) -> _)]
        {
            if let Some(list) = table.get(key) {
                self.document().only(table, &[key], &format!("a condition with {key}"));
                let DeValue::Array(items) = list.get_ref() else {
                    self.mistake(&list.span(), format!("{key} is a list of conditions: [...]"));
                    return None;
                };
                if items.is_empty() {
                    self.mistake(&list.span(), format!("{key} is empty"));
                    return None;
                }
                let parsed: Vec<_> =
                    items.iter().map(|item| self.condition(item, depth + 1)).collect();
                let parsed = parsed.into_iter().collect::<Option<Vec<_>>>()?;
                if key == "all" {
                    self.never_all(&parsed, &items.iter().map(Node::span).collect::<Vec<_>>());
                }
                return Some(wrap(parsed));
            }
        }
        if let Some(inner) = table.get("not") {
            self.document().only(table, &["not"], "a condition with not");
            return self.condition(inner, depth + 1).map(|c| Condition::Not(Box::new(c)));
        }
        self.document().only(
            table,
            &[
                "signal", "equals", "in", "at_least", "above", "at_most", "below", "contains",
                "glob", "missing",
            ],
            "a condition",
        );
        let name = self.document().text(table, "signal", &value.span(), "a condition");
        let at = table.get("signal").map_or(value.span(), Node::span);
        let before = self.document().mistakes();
        let tests = self.tests(table);
        if tests.is_empty() && self.document().mistakes() == before {
            let message = "a condition needs a test: equals, in, at_least, above, at_most, below, \
                           contains, glob or missing";
            self.mistake(&value.span(), message);
            return None;
        }
        let mut signal = SignalRef::of(&name?);
        signal.at = self.document().position(&at);
        let (tests, places): (Vec<Test>, Vec<Range<usize>>) = tests.into_iter().unzip();
        signal.tests_at = places.iter().map(|span| self.document().position(span)).collect();
        Some(Condition::Signal { signal, tests })
    }

    /// Refuses conditions on one signal that no value can meet together.
    fn never_all(&mut self, all: &[Condition<SignalRef>], spans: &[Range<usize>]) {
        for (index, (second, span)) in all.iter().zip(spans).enumerate() {
            let Condition::Signal { signal, tests } = second else { continue };
            let never = |first: &Condition<SignalRef>| {
                matches!(first, Condition::Signal { signal: other, tests: others } if other == signal
                    && tests.iter().any(|t| others.iter().any(|o| t.meets(o) == Some(false))))
            };
            if let Some(first) = all[..index].iter().position(never) {
                let at = self.document().position(&spans[first]);
                let message = format!(
                    "no value of {:?} meets both this and the condition at line {}, column {}",
                    signal.name, at.line, at.column
                );
                self.mistake(span, message);
            }
        }
    }

    /// The tests among the keys of a table, each with its place.
    pub(super) fn tests(&mut self, table: &DeTable<'_>) -> Vec<(Test, Range<usize>)> {
        let mut tests = Vec::new();
        if let Some(value) = table.get("equals")
            && let Some(literal) = self.literal(value)
        {
            tests.push((Test::In(vec![literal]), value.span()));
        }
        if let Some(value) = table.get("in") {
            match value.get_ref() {
                DeValue::Array(items) if !items.is_empty() => {
                    let literals: Vec<_> =
                        items.iter().filter_map(|item| self.literal(item)).collect();
                    tests.push((Test::In(literals), value.span()));
                }
                _ => {
                    self.mistake(&value.span(), "in is a list of values: [\"a\", \"b\"]");
                }
            }
        }
        if let Some(first) = BOUNDS.iter().find_map(|key| table.get(*key)) {
            let span = first.span();
            let [at_least, above, at_most, below] = BOUNDS
                .map(|key| table.get(key).and_then(|value| self.document().number(value, key)));
            let range = Test::Range { at_least, above, at_most, below };
            if range.meets(&range) == Some(false) {
                self.mistake(&span, "no number lies between these bounds");
            }
            tests.push((range, span));
        }
        if let Some(value) = table.get("contains")
            && let Some(text) = self.document().text_value(value, "contains")
        {
            tests.push((Test::Contains(text.to_lowercase()), value.span()));
        }
        if let Some(value) = table.get("glob")
            && let Some(text) = self.document().text_value(value, "glob")
        {
            tests.push((Test::Glob(Pattern(text)), value.span()));
        }
        if let Some(value) = table.get("missing")
            && let Some(flag) = self.document().flag(value, "missing")
        {
            tests.push((Test::Missing(flag), value.span()));
        }
        tests
    }

    pub(super) fn literal(&mut self, value: &Node<'_>) -> Option<Literal> {
        match value.get_ref() {
            DeValue::String(text) => Some(Literal::Text(text.trim().to_owned())),
            DeValue::Boolean(flag) => Some(Literal::YesNo(*flag)),
            DeValue::Integer(_) | DeValue::Float(_) => {
                self.document().number(value, "the value").map(Literal::Number)
            }
            _ => {
                self.mistake(&value.span(), "a value is a text in quotes, a number, true or false");
                None
            }
        }
    }
}
