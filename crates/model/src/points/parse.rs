//! Rule sets from TOML: every mistake found at once, each with its line and column.

use std::ops::Range;

use leadscore_features::document::{DeTable, DeValue, Document, DocumentError, Node};

use super::condition::{Condition, Literal, Test};
use super::set::SignalRef;
use super::{Bands, MissingValues, Points, Rule, RuleSet};

/// Conditions nested deeper than this are refused: no marketer reads them, and reading them must
/// not exhaust the stack.
const DEEPEST: usize = 32;

pub(super) fn rule_set(source: &str, text: &str) -> Result<RuleSet, DocumentError> {
    let mut set = Document::parse(source, text, |document, table| Parser { document }.set(table))?;
    set.source = source.to_owned();
    set.hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    Ok(set)
}

struct Parser<'d, 't> {
    document: &'d mut Document<'t>,
}

impl Parser<'_, '_> {
    fn set(&mut self, table: &DeTable<'_>) -> Option<RuleSet> {
        let known = ["name", "version", "description", "bands", "hand_off", "missing", "rule"];
        self.document.only(table, &known, "a rule set");
        let start = 0..0;
        let name = self.document.text(table, "name", &start, "a rule set");
        let version = self.document.text(table, "version", &start, "a rule set");
        let description = table
            .get("description")
            .and_then(|value| self.document.text_value(value, "description"));
        let bands = self.bands(table, &start);
        let hand_off = table.get("hand_off").and_then(|value| self.points(value, "hand_off"));
        let missing = self.missing(table);
        let rules = self.rules(table);
        if let Some(rules) = &rules {
            self.reachable(table, rules, bands, hand_off);
        }
        Some(RuleSet {
            name: name?,
            version: version?,
            description,
            bands: bands?,
            hand_off,
            missing,
            rules: rules?,
            hash: String::new(),
            source: String::new(),
        })
    }

    fn bands(&mut self, table: &DeTable<'_>, start: &Range<usize>) -> Option<Bands> {
        let Some(value) = table.get("bands") else {
            let message = "a rule set needs [bands] with warm and hot, the points from which a \
                           lead is warm and hot";
            self.document.mistake(start, message.to_owned());
            return None;
        };
        let DeValue::Table(bands) = value.get_ref() else {
            self.document.mistake(&value.span(), "bands is a table: [bands]".to_owned());
            return None;
        };
        self.document.only(bands, &["warm", "hot"], "[bands]");
        let mut threshold = |key| match bands.get(key) {
            Some(value) => self.points(value, key),
            None => {
                self.document.mistake(&value.span(), format!("[bands] needs {key}"));
                None
            }
        };
        let (warm, hot) = (threshold("warm"), threshold("hot"));
        let (warm, hot) = (warm?, hot?);
        if hot <= warm {
            let message = format!("hot ({hot}) must be above warm ({warm}), or no lead is warm");
            self.document.mistake(&value.span(), message);
        }
        Some(Bands { warm, hot })
    }

    fn missing(&mut self, table: &DeTable<'_>) -> Vec<MissingValues> {
        let Some(value) = table.get("missing") else { return Vec::new() };
        let DeValue::Table(columns) = value.get_ref() else {
            self.document.mistake(&value.span(), "missing is a table: [missing]".to_owned());
            return Vec::new();
        };
        let mut found = Vec::new();
        for (column, value) in columns {
            let values = match value.get_ref() {
                DeValue::Array(items) => {
                    items.iter().filter_map(|item| self.literal(item)).collect()
                }
                _ => self.literal(value).into_iter().collect::<Vec<_>>(),
            };
            found.push(MissingValues {
                column: column.get_ref().as_ref().to_owned(),
                values: values.into_iter().map(Literal::into_text).collect(),
                at: self.document.position(&value.span()),
            });
        }
        found
    }

    fn rules(&mut self, table: &DeTable<'_>) -> Option<Vec<Rule>> {
        let Some(value) = table.get("rule") else {
            self.document.mistake(&(0..0), "a rule set needs at least one [[rule]]".to_owned());
            return None;
        };
        let DeValue::Array(list) = value.get_ref() else {
            self.document.mistake(&value.span(), "rules are written as [[rule]]".to_owned());
            return None;
        };
        let mut rules: Vec<Rule> = Vec::new();
        let mut complete = true;
        for item in list.iter() {
            let DeValue::Table(table) = item.get_ref() else {
                self.document.mistake(&item.span(), "rules are written as [[rule]]".to_owned());
                complete = false;
                continue;
            };
            self.document.only(table, &["name", "points", "when"], "a rule");
            let name = self.document.text(table, "name", &item.span(), "a rule");
            let points = match table.get("points") {
                Some(value) => self.points(value, "points"),
                None => self.document.lacks(&item.span(), "a rule", "points"),
            };
            let when = match table.get("when") {
                Some(value) => self.condition(value, 0),
                None => self.document.lacks(&item.span(), "a rule", "when"),
            };
            if let (Some(name), Some(value)) = (&name, table.get("name"))
                && rules.iter().any(|rule| rule.name == *name)
            {
                self.document.mistake(&value.span(), format!("there are two rules named {name:?}"));
            }
            match (name, points, when) {
                (Some(name), Some(points), Some(when)) => rules.push(Rule { name, points, when }),
                _ => complete = false,
            }
        }
        if complete { Some(rules) } else { None }
    }

    /// A threshold that no lead can reach is a slip of the pen.
    fn reachable(
        &mut self,
        table: &DeTable<'_>,
        rules: &[Rule],
        bands: Option<Bands>,
        hand_off: Option<Points>,
    ) {
        let most: Points = rules.iter().map(|r| r.points).filter(|p| *p > Points::ZERO).sum();
        let thresholds = [("hot", bands.map(|b| b.hot)), ("hand_off", hand_off)];
        for (key, threshold) in thresholds {
            let value = match key {
                "hot" => match table.get("bands").map(Node::get_ref) {
                    Some(DeValue::Table(bands)) => bands.get(key),
                    _ => None,
                },
                _ => table.get(key),
            };
            if let (Some(threshold), Some(value)) = (threshold, value)
                && threshold > most
            {
                let message = format!(
                    "{key} = {threshold} cannot be reached: all rules together give at most {most}"
                );
                self.document.mistake(&value.span(), message);
            }
        }
    }

    fn points(&mut self, value: &Node<'_>, key: &str) -> Option<Points> {
        let number = self.document.number(value, key)?;
        let points = Points::from_number(number);
        if points.is_none() {
            self.document.mistake(&value.span(), format!("{key} is beyond {}", Points::LIMIT));
        }
        points
    }

    fn condition(&mut self, value: &Node<'_>, depth: usize) -> Option<Condition<SignalRef>> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = "a condition is a table, like { signal = \"industry\", equals = \"IT\" }";
            self.document.mistake(&value.span(), message.to_owned());
            return None;
        };
        if depth > DEEPEST {
            self.document.mistake(&value.span(), "conditions are nested too deeply".to_owned());
            return None;
        }
        for (key, wrap) in
            [("all", Condition::All as fn(_) -> _), ("any", Condition::Any as fn(_) -> _)]
        {
            if let Some(list) = table.get(key) {
                self.document.only(table, &[key], &format!("a condition with {key}"));
                let DeValue::Array(items) = list.get_ref() else {
                    self.document
                        .mistake(&list.span(), format!("{key} is a list of conditions: [...]"));
                    return None;
                };
                if items.is_empty() {
                    self.document.mistake(&list.span(), format!("{key} is empty"));
                    return None;
                }
                let parsed: Vec<_> =
                    items.iter().map(|item| self.condition(item, depth + 1)).collect();
                return parsed.into_iter().collect::<Option<Vec<_>>>().map(wrap);
            }
        }
        if let Some(inner) = table.get("not") {
            self.document.only(table, &["not"], "a condition with not");
            return self.condition(inner, depth + 1).map(|c| Condition::Not(Box::new(c)));
        }
        self.tests(value, table)
    }

    fn tests(&mut self, value: &Node<'_>, table: &DeTable<'_>) -> Option<Condition<SignalRef>> {
        const BOUNDS: [&str; 4] = ["at_least", "above", "at_most", "below"];
        self.document.only(
            table,
            &[
                "signal", "equals", "in", "at_least", "above", "at_most", "below", "contains",
                "missing",
            ],
            "a condition",
        );
        let name = self.document.text(table, "signal", &value.span(), "a condition");
        let at = table.get("signal").map_or(value.span(), Node::span);
        let mut signal = SignalRef {
            name: name.clone().unwrap_or_default(),
            at: self.document.position(&at),
            tests_at: Vec::new(),
        };
        let before = self.document.mistakes();
        let mut tests = Vec::new();
        let mut add = |test: Test, span: Range<usize>, parser: &Self| {
            tests.push(test);
            signal.tests_at.push(parser.document.position(&span));
        };
        if let Some(value) = table.get("equals")
            && let Some(literal) = self.literal(value)
        {
            add(Test::In(vec![literal]), value.span(), self);
        }
        if let Some(value) = table.get("in") {
            match value.get_ref() {
                DeValue::Array(items) if !items.is_empty() => {
                    let literals: Vec<_> =
                        items.iter().filter_map(|item| self.literal(item)).collect();
                    add(Test::In(literals), value.span(), self);
                }
                _ => {
                    let message = "in is a list of values: [\"a\", \"b\"]".to_owned();
                    self.document.mistake(&value.span(), message);
                }
            }
        }
        if let Some(first) = BOUNDS.iter().find_map(|key| table.get(*key)) {
            let span = first.span();
            let [at_least, above, at_most, below] =
                BOUNDS.map(|key| table.get(key).and_then(|value| self.document.number(value, key)));
            let low = at_least.into_iter().chain(above).fold(f64::NEG_INFINITY, f64::max);
            let high = at_most.into_iter().chain(below).fold(f64::INFINITY, f64::min);
            let open = above.is_some_and(|b| b == low) || below.is_some_and(|b| b == high);
            if low > high || (low == high && open) {
                self.document.mistake(&span, "no number lies between these bounds".to_owned());
            }
            add(Test::Range { at_least, above, at_most, below }, span, self);
        }
        if let Some(value) = table.get("contains")
            && let Some(text) = self.document.text_value(value, "contains")
        {
            add(Test::Contains(text.to_lowercase()), value.span(), self);
        }
        if let Some(value) = table.get("missing")
            && let Some(flag) = self.document.flag(value, "missing")
        {
            add(Test::Missing(flag), value.span(), self);
        }
        if tests.is_empty() && self.document.mistakes() == before {
            let message = "a condition needs a test: equals, in, at_least, above, at_most, below, \
                           contains or missing";
            self.document.mistake(&value.span(), message.to_owned());
            return None;
        }
        name.map(|_| Condition::Signal { signal, tests })
    }

    fn literal(&mut self, value: &Node<'_>) -> Option<Literal> {
        match value.get_ref() {
            DeValue::String(text) => Some(Literal::Text(text.trim().to_owned())),
            DeValue::Boolean(flag) => Some(Literal::YesNo(*flag)),
            DeValue::Integer(_) | DeValue::Float(_) => {
                self.document.number(value, "the value").map(Literal::Number)
            }
            _ => {
                let message = "a value is a text in quotes, a number, true or false".to_owned();
                self.document.mistake(&value.span(), message);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every mistake that a file can have, with its place and its words.
    #[test]
    fn mistakes_are_found_at_once() {
        let text = "name = \"\"\nversion = 1\nhand_off = 900\ncolour = 1\nmissing = { a = [[]] }\n\
                    [bands]\nwarm = 5\nhot = 2\n\
                    [[rule]]\nname = \"a\"\npoints = \"ten\"\nwhen = { signal = \"v\", at_least = 3 }\n\
                    [[rule]]\nname = \"a\"\npoints = nan\nwhn = { signal = \"v\" }\n\
                    [[rule]]\nname = \"é\"\npoints = 1e99\nwhen = { all = [{ any = [] }, { not = 3 }, { signal = \"v\" }, { all = 1 }] }\n\
                    [[rule]]\nname = \"b\"\npoints = 10\nwhen = { signal = \"v\", at_least = 3, below = 2, missing = 1, contains = 2, in = [] }\n";
        let error = rule_set("r.toml", text).unwrap_err().to_string();
        let expected = [
            "r.toml:1:8: name is empty",
            "r.toml:2:11: version is a text, in quotes",
            "r.toml:4:1: a rule set has no key \"colour\"; it takes name, version, description, bands, hand_off, missing, rule",
            "r.toml:5:18: a value is a text in quotes, a number, true or false",
            "r.toml:6:1: hot (2) must be above warm (5), or no lead is warm",
            "r.toml:11:10: points is a number, without quotes",
            "r.toml:13:1: a rule needs when",
            "r.toml:15:10: points is not a finite number",
            "r.toml:16:1: a rule has no key \"whn\"; did you mean \"when\"?",
            "r.toml:19:10: points is beyond 1000000000",
            "r.toml:20:25: any is empty",
            "r.toml:20:39: a condition is a table, like { signal = \"industry\", equals = \"IT\" }",
            "r.toml:20:44: a condition needs a test: equals, in, at_least, above, at_most, below, contains or missing",
            "r.toml:20:70: all is a list of conditions: [...]",
            "r.toml:24:35: no number lies between these bounds",
            "r.toml:24:59: missing is true or false",
            "r.toml:24:73: contains is a text, in quotes",
            "r.toml:24:81: in is a list of values: [\"a\", \"b\"]",
        ];
        assert_eq!(error.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_rule_set_is_not_empty() {
        let error = rule_set("r.toml", "bands = 1\nrule = 2").unwrap_err().to_string();
        let expected = [
            "r.toml:1:1: a rule set needs name",
            "r.toml:1:1: a rule set needs version",
            "r.toml:1:9: bands is a table: [bands]",
            "r.toml:2:8: rules are written as [[rule]]",
        ];
        assert_eq!(error.lines().collect::<Vec<_>>(), expected);
    }
}
