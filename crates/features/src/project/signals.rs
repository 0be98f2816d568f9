//! `[signals]`: a name, and how its value is computed. Every signal has one measure, and the keys
//! that go with it.

use std::ops::Range;

use super::parse::{Parser, Roles, in_file_order};
use super::{Monotone, Named};
use crate::document::{DeTable, DeValue, Node};
use crate::events::{Condition, Measure, Pattern, Selection, Span, Test};
use crate::readers::{phone, plain};
use crate::{Expr, Persona, Reader, Signal, did_you_mean};

/// A measure: its key, the keys that it needs, and those that it may have.
struct Shape {
    key: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
}

const fn shape(
    key: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
) -> Shape {
    Shape { key, needs, takes }
}

const OF_EVENTS: &[&str] = &["where", "window"];

const SHAPES: [Shape; 29] = [
    shape("count", &[], OF_EVENTS),
    shape("active_days", &[], OF_EVENTS),
    shape("days_since_first", &[], OF_EVENTS),
    shape("days_since_last", &[], OF_EVENTS),
    shape("longest_gap", &[], OF_EVENTS),
    shape("rate", &[], OF_EVENTS),
    shape("trend", &["window"], OF_EVENTS),
    shape("distinct", &["of"], OF_EVENTS),
    shape("sum", &["of"], OF_EVENTS),
    shape("mean", &["of"], OF_EVENTS),
    shape("min", &["of"], OF_EVENTS),
    shape("max", &["of"], OF_EVENTS),
    shape("last", &["of"], OF_EVENTS),
    shape("decayed", &["half_life"], OF_EVENTS),
    shape("ratio", &["over"], &["where", "over_where", "window"]),
    shape("first", &["then"], &["within", "where", "then_where", "window"]),
    shape("attribute", &[], &[]),
    shape("days_since", &[], &[]),
    shape("seniority", &[], &[]),
    shape("function", &[], &[]),
    shape("email_kind", &[], &[]),
    shape("company_size", &[], &[]),
    shape("junk", &[], &[]),
    shape("junk_score", &[], &[]),
    shape("same_domain", &["company"], &[]),
    shape("phone_valid", &[], &["country", "in_country"]),
    shape("one_of", &["values"], &[]),
    shape("filled", &[], &[]),
    shape("persona", &[], &[]),
];

const READERS: [Reader; 6] = [
    Reader::Seniority,
    Reader::Function,
    Reader::EmailKind,
    Reader::CompanySize,
    Reader::Junk,
    Reader::JunkScore,
];

/// The key that says which way a model must go along a signal.
const MONOTONE: &str = "monotone";

impl Parser<'_, '_> {
    /// The signals of a table that belongs to no project: `events` are taken for granted, and no
    /// column has a role.
    pub fn own_signals(&mut self, value: &Node<'_>) -> Vec<Signal> {
        let signals = self.signals(value);
        self.usable(signals, true, &Roles::new())
    }

    pub(super) fn signals(&mut self, value: &Node<'_>) -> Vec<Signal> {
        let Some(table) = self.table(value, "signals") else { return Vec::new() };
        let mut found = Vec::new();
        for (key, value) in in_file_order(table) {
            let name = key.get_ref().as_ref();
            self.refer(Named::Definition, name, &key.span());
            if name.trim().is_empty() {
                self.document.mistake(&key.span(), "a signal needs a name");
            }
            let DeValue::Table(table) = value.get_ref() else {
                let example = "{ count = \"page_view\", window = \"30d\" }";
                let message = format!("the signal {name:?} is a table, like {example}");
                self.document.mistake(&value.span(), message);
                continue;
            };
            self.read_monotone(name, table);
            if let Some(expr) = self.signal(name, &key.span(), table) {
                found.push(Signal { name: name.to_owned(), expr });
            }
        }
        found
    }

    /// Reads which way a model must go along a signal, where that is said.
    fn read_monotone(&mut self, name: &str, table: &DeTable<'_>) {
        let (Some(list), Some(value)) = (&mut self.monotone, table.get(MONOTONE)) else { return };
        let increasing = match value.get_ref() {
            DeValue::String(word) if word == "increasing" => true,
            DeValue::String(word) if word == "decreasing" => false,
            _ => {
                let message = "monotone is \"increasing\" or \"decreasing\"";
                return self.document.mistake(&value.span(), message);
            }
        };
        list.push(Monotone { signal: name.to_owned(), increasing });
    }

    fn signal(&mut self, name: &str, at: &Range<usize>, table: &DeTable<'_>) -> Option<Expr> {
        let entries = in_file_order(table);
        let mut measures = entries.iter().filter_map(|(key, value)| {
            let shape = SHAPES.iter().find(|shape| shape.key == key.get_ref().as_ref())?;
            Some((shape, key.span(), *value))
        });
        let Some((shape, _, value)) = measures.next() else {
            self.no_measure(name, at, table);
            return None;
        };
        if let Some((second, span, _)) = measures.next() {
            let message = format!(
                "the signal {name:?} has two measures, {} and {}; give each a signal of its own",
                shape.key, second.key
            );
            self.document.mistake(&span, message);
            return None;
        }
        let what = format!("a signal with {}", shape.key);
        let mut known: Vec<&str> =
            [shape.key].iter().chain(shape.needs).chain(shape.takes).copied().collect();
        if self.monotone.is_some() {
            known.push(MONOTONE);
        }
        self.document.only(table, &known, &what);
        for key in shape.needs.iter().filter(|key| !table.contains_key(**key)) {
            let _: Option<()> = self.document.lacks(at, &what, key);
        }
        if OF_EVENTS.iter().all(|key| shape.takes.contains(key)) {
            return self.of_events(shape.key, value, table);
        }
        let column = |parser: &mut Self| parser.column(table, shape.key, Named::LeadColumn);
        Some(match shape.key {
            "attribute" => Expr::Attribute { column: column(self)? },
            "days_since" => Expr::DaysSince { column: column(self)? },
            "same_domain" => {
                let company = self.column(table, "company", Named::LeadColumn);
                Expr::SameDomain { email: column(self)?, company: company? }
            }
            "phone_valid" => {
                let country = self.column(table, "country", Named::LeadColumn);
                let in_country = self.country(table);
                Expr::PhoneValid { phone: column(self)?, country, in_country }
            }
            "one_of" => {
                let values = match table.get("values") {
                    Some(values) => self.literals(values, "values", ["no", "yes"]),
                    None => Vec::new(),
                };
                Expr::OneOf { column: column(self)?, values }
            }
            "filled" => Expr::Filled { columns: self.columns(table, "filled", Named::LeadColumn) },
            "persona" => Expr::Persona { personas: self.personas(value) },
            key => {
                let reader = READERS.into_iter().find(|reader| reader.word() == key)?;
                Expr::Read { column: column(self)?, reader }
            }
        })
    }

    /// The country of all leads, which stands in no column.
    fn country(&mut self, table: &DeTable<'_>) -> Option<String> {
        let value = table.get("in_country")?;
        if table.contains_key("country") {
            let message = "a signal with phone_valid takes country, a column, or in_country, the same \
                           for all leads, not both";
            self.document.mistake(&value.span(), message);
        }
        let code = self.document.text_value(value, "in_country")?;
        match phone::country(&code) {
            Ok(country) => Some(country.to_owned()),
            Err(what) => {
                self.document.mistake(&value.span(), format!("in_country = {code:?}: {what}"));
                None
            }
        }
    }

    fn no_measure(&mut self, name: &str, at: &Range<usize>, table: &DeTable<'_>) {
        let measures = || SHAPES.iter().map(|shape| shape.key);
        let companion = |key: &str| {
            let mut others = SHAPES.iter().flat_map(|shape| shape.needs.iter().chain(shape.takes));
            others.any(|other| *other == key)
        };
        let mut unknown = in_file_order(table);
        unknown.retain(|(key, _)| !companion(key.get_ref().as_ref()));
        // The key that is most like a measure, else the first that is nothing else.
        let near = unknown.iter().find_map(|(key, _)| {
            did_you_mean(key.get_ref().as_ref(), measures()).map(|near| (key, near))
        });
        match (near, unknown.first()) {
            (Some((key, near)), _) => {
                let message =
                    format!("there is no measure {:?}; did you mean {near:?}?", key.get_ref());
                self.document.mistake(&key.span(), message);
            }
            (None, Some((key, _))) => {
                let all: Vec<&str> = measures().collect();
                let message = format!(
                    "there is no measure {:?}; it is one of {}",
                    key.get_ref(),
                    all.join(", ")
                );
                self.document.mistake(&key.span(), message);
            }
            (None, None) => {
                let all: Vec<&str> = measures().collect();
                let message =
                    format!("the signal {name:?} has no measure: one of {}", all.join(", "));
                self.document.mistake(at, message);
            }
        }
    }

    fn of_events(&mut self, key: &str, value: &Node<'_>, table: &DeTable<'_>) -> Option<Expr> {
        let window = self.window(table);
        let of_kinds = ["distinct", "sum", "mean", "min", "max", "last"].contains(&key);
        let of = self.selection(table, if of_kinds { "of" } else { key }, "where");
        let measure = match key {
            "count" => Measure::Count,
            "active_days" => Measure::ActiveDays,
            "days_since_first" => Measure::DaysSinceFirst,
            "days_since_last" => Measure::DaysSinceLast,
            "longest_gap" => Measure::LongestGap,
            "rate" => Measure::RatePerDay,
            "trend" => {
                if let (None, Some(value)) = (window, table.get("window")) {
                    let message = "a trend compares a window with the one before it: \"30d\"";
                    self.document.mistake(&value.span(), message);
                }
                Measure::Trend
            }
            "decayed" => Measure::Decayed {
                half_life: self.document.length(table.get("half_life")?, "half_life")?,
            },
            "ratio" => {
                let kinds = self.kinds(table, "over");
                let conditions = match table.get("over_where") {
                    // All of them, whatever `where` says.
                    Some(value) if value.get_ref().as_table().is_some_and(|of| of.is_empty()) => {
                        Vec::new()
                    }
                    Some(value) => self.conditions(value, "over_where", Named::Property),
                    None => of.conditions.clone(),
                };
                Measure::Ratio { over: Selection { kinds, conditions } }
            }
            "first" => Measure::Then {
                then: self.selection(table, "then", "then_where"),
                within: table.get("within").and_then(|v| self.document.length(v, "within")),
            },
            _ => {
                let property = self.document.name_value(value, key)?;
                self.refer(Named::Property, &property, &value.span());
                match key {
                    "distinct" => Measure::Distinct { property },
                    "sum" => Measure::Sum { property },
                    "mean" => Measure::Mean { property },
                    "min" => Measure::Min { property },
                    "max" => Measure::Max { property },
                    _ => Measure::Last { property },
                }
            }
        };
        Some(Expr::Events { of, window, measure })
    }

    /// The window; nothing is all time.
    pub fn window(&mut self, table: &DeTable<'_>) -> Option<Span> {
        let value = table.get("window")?;
        if matches!(value.get_ref(), DeValue::String(text) if text.as_ref() == "all") {
            return None;
        }
        self.document.length(value, "window")
    }

    fn personas(&mut self, value: &Node<'_>) -> Vec<Persona> {
        const EXAMPLE: &str =
            "[{ name = \"buyer\", when = { seniority = [\"director\", \"vp\"] } }]";
        let wrong = format!("persona is a list of personas, at least one: {EXAMPLE}");
        let items = match value.get_ref() {
            DeValue::Array(items) if !items.is_empty() => items,
            _ => {
                self.document.mistake(&value.span(), wrong);
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for item in items.iter() {
            let DeValue::Table(table) = item.get_ref() else {
                self.document.mistake(&item.span(), wrong.clone());
                continue;
            };
            self.document.only(table, &["name", "when"], "a persona");
            let name = self.document.text(table, "name", &item.span(), "a persona");
            if let (Some("other"), Some(value)) = (name.as_deref(), table.get("name")) {
                let message = "\"other\" is the persona of leads that are none of these";
                self.document.mistake(&value.span(), message);
            }
            let when = match table.get("when") {
                Some(value) => self.conditions(value, "when", Named::Signal),
                None => self.document.lacks(&item.span(), "a persona", "when").unwrap_or_default(),
            };
            found.extend(name.map(|name| Persona { name, when }));
        }
        found
    }

    /// Refuses signals that the rest of the file rules out.
    pub(super) fn usable(
        &mut self,
        signals: Vec<Signal>,
        events: bool,
        roles: &Roles,
    ) -> Vec<Signal> {
        let personas: Vec<&str> = signals
            .iter()
            .filter(|signal| matches!(signal.expr, Expr::Persona { .. }))
            .map(|signal| signal.name.as_str())
            .collect();
        for Signal { name, expr } in &signals {
            let at = self.place_of(Named::Definition, name);
            if expr.is_of_events() && !events {
                let message =
                    format!("the signal {name:?} is about events, and there is no [events]");
                self.document.mistake_at(at, message);
            }
            let columns = expr.columns();
            for (role, column) in roles.iter().filter(|(_, c)| columns.contains(&c.as_str())) {
                let message = match *role {
                    "converted" | "closed" => format!(
                        "the signal {name:?} reads {column:?}, which is the outcome: nobody knows \
                         it when a lead is scored"
                    ),
                    "id" | "account" if matches!(expr, Expr::Attribute { .. }) => format!(
                        "the signal {name:?} is the column {column:?}, which is {role}: it names \
                         leads and says nothing of them"
                    ),
                    _ => continue,
                };
                self.document.mistake_at(at, message);
            }
            let Expr::Persona { personas: list } = expr else { continue };
            let looked_at = list.iter().flat_map(|persona| &persona.when);
            for Condition { property, .. } in
                looked_at.filter(|c| personas.contains(&c.property.as_str()))
            {
                let message = format!(
                    "the persona {name:?} looks at {property:?}, which is a persona itself"
                );
                self.document.mistake_at(at, message);
            }
            for condition in list.iter().flat_map(|persona| &persona.when) {
                self.check_condition(&signals, condition);
            }
        }
        signals
    }

    /// Refuses a condition on a signal of a closed list of words that none of them meets.
    fn check_condition(&mut self, signals: &[Signal], condition: &Condition) {
        let Condition { property, test } = condition;
        let looked_at = signals.iter().find(|signal| signal.name == *property);
        // One that looks at a persona is refused for that.
        let looked_at = looked_at.filter(|of| !matches!(of.expr, Expr::Persona { .. }));
        let Some(words) = looked_at.and_then(|signal| signal.expr.words()) else { return };
        let at = self.place_of(Named::Signal, property);
        let all = words.join(", ");
        match test {
            Test::Between { .. } => {
                let message = format!(
                    "{property:?} is no number, so it is neither at_least nor below one; it is one of {all}"
                );
                self.document.mistake_at(at, message);
            }
            Test::OneOf(patterns) => {
                for Pattern(text) in patterns {
                    let pattern = Pattern(plain(text).into());
                    if !words.iter().any(|word| pattern.matches(word)) {
                        let help = did_you_mean(text, words.iter().copied());
                        let help = help.map_or(format!("it is one of {all}"), |near| {
                            format!("did you mean {near:?}?")
                        });
                        let message = format!("{property:?} is never {text:?}; {help}");
                        self.document.mistake_at(at, message);
                    }
                }
            }
        }
    }
}
