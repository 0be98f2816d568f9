//! Rule sets from TOML: every mistake found at once, each with its line and column.

use std::fmt;
use std::ops::Range;

use leadscore_features::did_you_mean;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::condition::{Condition, Literal, Test};
use super::set::SignalRef;
use super::{Bands, MissingValues, Points, Rule, RuleSet};

/// Conditions nested deeper than this are refused: no marketer reads them, and reading them must
/// not exhaust the stack.
const DEEPEST: usize = 32;

/// A place in a file, both 1-based; the column counts characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One mistake in a rule set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub at: Position,
    /// What, and what to do.
    pub message: String,
}

impl Mistake {
    pub(super) fn at(at: Position, message: String) -> Self {
        Self { at, message }
    }
}

/// A rule set that cannot be used. Shows every mistake as `file:line:column: message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSetError {
    /// The file's name.
    pub source: String,
    /// The mistakes, in file order.
    pub mistakes: Vec<Mistake>,
}

impl RuleSetError {
    pub(super) fn unless_empty(source: &str, mut mistakes: Vec<Mistake>) -> Result<(), Self> {
        if mistakes.is_empty() {
            return Ok(());
        }
        mistakes.sort_by_key(|mistake| mistake.at);
        Err(Self { source: source.to_owned(), mistakes })
    }
}

impl fmt::Display for RuleSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let Position { line, column } = mistake.at;
            write!(f, "{}:{line}:{column}: {}", self.source, mistake.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for RuleSetError {}

pub(super) fn rule_set(source: &str, text: &str) -> Result<RuleSet, RuleSetError> {
    let mut parser = Parser { text, mistakes: Vec::new() };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        parser.mistake(&span, error.message().to_owned());
    }
    // A file that is not TOML is reported as that alone: what could be read of it says little.
    let set = if parser.mistakes.is_empty() { parser.set(&document) } else { None };
    RuleSetError::unless_empty(source, parser.mistakes)?;
    set.map(|mut set| {
        set.source = source.to_owned();
        set.hash = blake3::hash(text.as_bytes()).to_hex().to_string();
        set
    })
    .ok_or_else(|| RuleSetError { source: source.to_owned(), mistakes: Vec::new() })
}

type Value<'i> = Spanned<DeValue<'i>>;

struct Parser<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
}

impl Parser<'_> {
    fn position(&self, span: &Range<usize>) -> Position {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    fn mistake(&mut self, span: &Range<usize>, message: String) {
        let at = self.position(span);
        self.mistakes.push(Mistake { at, message });
    }

    /// Refuses keys that are not known, with the nearest that is.
    fn only(&mut self, table: &DeTable<'_>, known: &[&str], what: &str) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let help = match did_you_mean(name, known.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("it takes {}", known.join(", ")),
                };
                self.mistake(&key.span(), format!("{what} has no key {name:?}; {help}"));
            }
        }
    }

    fn set(&mut self, document: &Spanned<DeTable<'_>>) -> Option<RuleSet> {
        let table = document.get_ref();
        let known = ["name", "version", "description", "bands", "hand_off", "missing", "rule"];
        self.only(table, &known, "a rule set");
        let start = 0..0;
        let name = self.text(table, "name", &start, "a rule set");
        let version = self.text(table, "version", &start, "a rule set");
        let description =
            table.get("description").and_then(|value| self.text_value(value, "description"));
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
            self.mistake(start, message.to_owned());
            return None;
        };
        let DeValue::Table(bands) = value.get_ref() else {
            self.mistake(&value.span(), "bands is a table: [bands]".to_owned());
            return None;
        };
        self.only(bands, &["warm", "hot"], "[bands]");
        let mut threshold = |key| match bands.get(key) {
            Some(value) => self.points(value, key),
            None => {
                self.mistake(&value.span(), format!("[bands] needs {key}"));
                None
            }
        };
        let (warm, hot) = (threshold("warm"), threshold("hot"));
        let (warm, hot) = (warm?, hot?);
        if hot <= warm {
            let message = format!("hot ({hot}) must be above warm ({warm}), or no lead is warm");
            self.mistake(&value.span(), message);
        }
        Some(Bands { warm, hot })
    }

    fn missing(&mut self, table: &DeTable<'_>) -> Vec<MissingValues> {
        let Some(value) = table.get("missing") else { return Vec::new() };
        let DeValue::Table(columns) = value.get_ref() else {
            self.mistake(&value.span(), "missing is a table: [missing]".to_owned());
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
                at: self.position(&value.span()),
            });
        }
        found
    }

    fn rules(&mut self, table: &DeTable<'_>) -> Option<Vec<Rule>> {
        let Some(value) = table.get("rule") else {
            self.mistake(&(0..0), "a rule set needs at least one [[rule]]".to_owned());
            return None;
        };
        let DeValue::Array(list) = value.get_ref() else {
            self.mistake(&value.span(), "rules are written as [[rule]]".to_owned());
            return None;
        };
        let mut rules: Vec<Rule> = Vec::new();
        let mut complete = true;
        for item in list.iter() {
            let DeValue::Table(table) = item.get_ref() else {
                self.mistake(&item.span(), "rules are written as [[rule]]".to_owned());
                complete = false;
                continue;
            };
            self.only(table, &["name", "points", "when"], "a rule");
            let name = self.text(table, "name", &item.span(), "a rule");
            let points = match table.get("points") {
                Some(value) => self.points(value, "points"),
                None => self.lacks(&item.span(), "a rule", "points"),
            };
            let when = match table.get("when") {
                Some(value) => self.condition(value, 0),
                None => self.lacks(&item.span(), "a rule", "when"),
            };
            if let (Some(name), Some(value)) = (&name, table.get("name"))
                && rules.iter().any(|rule| rule.name == *name)
            {
                self.mistake(&value.span(), format!("there are two rules named {name:?}"));
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
                "hot" => match table.get("bands").map(Spanned::get_ref) {
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
                self.mistake(&value.span(), message);
            }
        }
    }

    fn lacks<T>(&mut self, span: &Range<usize>, what: &str, key: &str) -> Option<T> {
        self.mistake(span, format!("{what} needs {key}"));
        None
    }

    fn text(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        span: &Range<usize>,
        what: &str,
    ) -> Option<String> {
        match table.get(key) {
            Some(value) => self.text_value(value, key),
            None => self.lacks(span, what, key),
        }
    }

    fn text_value(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            DeValue::String(_) => {
                self.mistake(&value.span(), format!("{key} is empty"));
                None
            }
            _ => {
                self.mistake(&value.span(), format!("{key} is a text, in quotes"));
                None
            }
        }
    }

    fn number(&mut self, value: &Value<'_>, key: &str) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Integer(integer) => {
                i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|n| n as f64)
            }
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => {
                self.mistake(&value.span(), format!("{key} is a number, without quotes"));
                return None;
            }
        };
        match number {
            Some(number) if number.is_finite() => Some(number),
            _ => {
                self.mistake(&value.span(), format!("{key} is not a finite number"));
                None
            }
        }
    }

    fn points(&mut self, value: &Value<'_>, key: &str) -> Option<Points> {
        let number = self.number(value, key)?;
        let points = Points::from_number(number);
        if points.is_none() {
            self.mistake(&value.span(), format!("{key} is beyond {}", Points::LIMIT));
        }
        points
    }

    fn condition(&mut self, value: &Value<'_>, depth: usize) -> Option<Condition<SignalRef>> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = "a condition is a table, like { signal = \"industry\", equals = \"IT\" }";
            self.mistake(&value.span(), message.to_owned());
            return None;
        };
        if depth > DEEPEST {
            self.mistake(&value.span(), "conditions are nested too deeply".to_owned());
            return None;
        }
        for (key, wrap) in
            [("all", Condition::All as fn(_) -> _), ("any", Condition::Any as fn(_) -> _)]
        {
            if let Some(list) = table.get(key) {
                self.only(table, &[key], &format!("a condition with {key}"));
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
                return parsed.into_iter().collect::<Option<Vec<_>>>().map(wrap);
            }
        }
        if let Some(inner) = table.get("not") {
            self.only(table, &["not"], "a condition with not");
            return self.condition(inner, depth + 1).map(|c| Condition::Not(Box::new(c)));
        }
        self.tests(value, table)
    }

    fn tests(&mut self, value: &Value<'_>, table: &DeTable<'_>) -> Option<Condition<SignalRef>> {
        const BOUNDS: [&str; 4] = ["at_least", "above", "at_most", "below"];
        self.only(
            table,
            &[
                "signal", "equals", "in", "at_least", "above", "at_most", "below", "contains",
                "missing",
            ],
            "a condition",
        );
        let name = self.text(table, "signal", &value.span(), "a condition");
        let at = table.get("signal").map_or(value.span(), Spanned::span);
        let mut signal = SignalRef {
            name: name.clone().unwrap_or_default(),
            at: self.position(&at),
            tests_at: Vec::new(),
        };
        let before = self.mistakes.len();
        let mut tests = Vec::new();
        let mut add = |test: Test, span: Range<usize>, parser: &Self| {
            tests.push(test);
            signal.tests_at.push(parser.position(&span));
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
                    self.mistake(&value.span(), message);
                }
            }
        }
        if let Some(first) = BOUNDS.iter().find_map(|key| table.get(*key)) {
            let span = first.span();
            let [at_least, above, at_most, below] =
                BOUNDS.map(|key| table.get(key).and_then(|value| self.number(value, key)));
            let low = at_least.into_iter().chain(above).fold(f64::NEG_INFINITY, f64::max);
            let high = at_most.into_iter().chain(below).fold(f64::INFINITY, f64::min);
            let open = above.is_some_and(|b| b == low) || below.is_some_and(|b| b == high);
            if low > high || (low == high && open) {
                self.mistake(&span, "no number lies between these bounds".to_owned());
            }
            add(Test::Range { at_least, above, at_most, below }, span, self);
        }
        if let Some(value) = table.get("contains")
            && let Some(text) = self.text_value(value, "contains")
        {
            add(Test::Contains(text.to_lowercase()), value.span(), self);
        }
        if let Some(value) = table.get("missing") {
            match value.get_ref() {
                DeValue::Boolean(flag) => add(Test::Missing(*flag), value.span(), self),
                _ => self.mistake(&value.span(), "missing is true or false".to_owned()),
            }
        }
        if tests.is_empty() && self.mistakes.len() == before {
            let message = "a condition needs a test: equals, in, at_least, above, at_most, below, \
                           contains or missing";
            self.mistake(&value.span(), message.to_owned());
            return None;
        }
        name.map(|_| Condition::Signal { signal, tests })
    }

    fn literal(&mut self, value: &Value<'_>) -> Option<Literal> {
        match value.get_ref() {
            DeValue::String(text) => Some(Literal::Text(text.trim().to_owned())),
            DeValue::Boolean(flag) => Some(Literal::YesNo(*flag)),
            DeValue::Integer(_) | DeValue::Float(_) => {
                self.number(value, "the value").map(Literal::Number)
            }
            _ => {
                let message = "a value is a text in quotes, a number, true or false".to_owned();
                self.mistake(&value.span(), message);
                None
            }
        }
    }
}
