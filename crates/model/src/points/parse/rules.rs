//! `[[rule]]`: what gives points, and how they fade.

use std::ops::Range;

use leadscore_features::document::{DeTable, DeValue, Node};
use leadscore_features::events::Pattern;
use leadscore_features::project::{Named, in_file_order};

use super::Parser;
use super::conditions::BOUNDS;
use crate::points::condition::{Literal, Test};
use crate::points::rule::{
    ByProperty, Counted, Decay, DecayStep, EventPoints, Gives, Group, IdlePoints, PointsTable,
    Rule, SignalRef, TableRow,
};

/// No rule counts more.
const MOST_EVENTS: u32 = 1_000_000;

/// What a rule looks at: its key, the keys that go with it, and those it must have.
struct Shape {
    key: &'static str,
    takes: &'static [&'static str],
    needs: &'static [&'static str],
}

const SHAPES: [Shape; 4] = [
    Shape {
        key: "each",
        takes: &["points", "where", "window", "first", "by", "decay", "expires"],
        needs: &[],
    },
    Shape {
        key: "once",
        takes: &["points", "where", "window", "by", "decay", "expires"],
        needs: &[],
    },
    Shape {
        key: "idle",
        takes: &["points", "where", "every", "first"],
        needs: &["every", "points"],
    },
    Shape { key: "signal", takes: &["table", "otherwise", "missing"], needs: &["table"] },
];
/// What any rule takes.
const USUAL: [&str; 5] = ["name", "group", "when", "cap", "floor"];
/// A rule that looks at nothing but its condition.
const OF_CONDITION: Shape = Shape { key: "when", takes: &["points"], needs: &["points", "when"] };

impl Parser<'_, '_> {
    pub(super) fn rule(
        &mut self,
        span: &Range<usize>,
        table: &DeTable<'_>,
        groups: &[Group],
    ) -> Option<Rule> {
        let mut shapes = SHAPES.iter().filter(|shape| table.contains_key(shape.key));
        let shape = shapes.next().unwrap_or(&OF_CONDITION);
        if let Some(second) = shapes.next() {
            let message = format!(
                "a rule has one of each, once, idle and signal, and this one has {} and {}; give \
                 each a rule of its own",
                shape.key, second.key
            );
            let at = table.get(second.key).map_or(span.clone(), Node::span);
            self.mistake(&at, message);
            return None;
        }
        let before = self.document().mistakes();
        self.only_of(shape, table);
        let name = self.name(table, span, "a rule");
        for key in shape.needs.iter().filter(|key| !table.contains_key(**key)) {
            let what = match shape.key {
                "when" => "a rule".to_owned(),
                key => format!("a rule with {key}"),
            };
            let _: Option<()> = self.document().lacks(span, &what, key);
        }
        let group = table.get("group").and_then(|value| {
            let name = self.document().text_value(value, "group")?;
            self.known("group", &name, &value.span(), groups.iter().map(|g| g.name.as_str()));
            Some(name)
        });
        let when = table.get("when").and_then(|value| self.condition(value, 0));
        let (floor, cap) = self.limits(table);
        let gives = match shape.key {
            "each" | "once" => self.events(shape.key, span, table).map(Gives::Events),
            "idle" => self.idle(table).map(Gives::Idle),
            "signal" => self.table(table),
            _ => self.points_at(table, "points").map(Gives::Points),
        };
        if self.document().mistakes() > before {
            return None;
        }
        Some(Rule { name: name?, group, gives: gives?, when, floor, cap })
    }

    /// Refuses keys that a rule of this shape does not take.
    fn only_of(&mut self, shape: &Shape, table: &DeTable<'_>) {
        let mut known: Vec<&str> = USUAL.to_vec();
        if shape.key != "when" {
            known.push(shape.key);
        }
        known.extend(shape.takes);
        let others = SHAPES.iter().flat_map(|other| other.takes);
        let others: Vec<&str> = others.copied().filter(|key| !known.contains(key)).collect();
        // A key that exists, but not here, is no slip of the pen.
        for (key, _) in in_file_order(table) {
            let name = key.get_ref().as_ref();
            if !others.contains(&name) {
                continue;
            }
            let goes_with: Vec<&str> = SHAPES
                .iter()
                .filter(|other| other.takes.contains(&name))
                .map(|other| other.key)
                .collect();
            let what = match shape.key {
                "when" => "a rule with neither each, once, idle nor signal".to_owned(),
                key => format!("a rule with {key}"),
            };
            let message = format!("{what} takes no {name}; it goes with {}", goes_with.join(", "));
            self.mistake(&key.span(), message);
        }
        let all: Vec<&str> = known.iter().copied().chain(others).collect();
        self.document().only(table, &all, "a rule");
    }

    fn events(
        &mut self,
        key: &str,
        span: &Range<usize>,
        table: &DeTable<'_>,
    ) -> Option<EventPoints> {
        let of = self.words.selection(table, key, "where");
        let window = self.words.window(table);
        let points = self.points_at(table, "points");
        let by = table.get("by").and_then(|value| self.by(value));
        if !table.contains_key("points") && !table.contains_key("by") {
            let _: Option<()> =
                self.document().lacks(span, &format!("a rule with {key}"), "points");
        }
        let first = table
            .get("first")
            .and_then(|value| self.document().whole(value, "first", 1..MOST_EVENTS));
        let counted = match (key, first) {
            ("once", _) => Counted::Once,
            (_, Some(first)) => Counted::First(first),
            _ => Counted::Each,
        };
        let decay = table.get("decay").and_then(|value| self.decay_of_rule(value));
        let expires =
            table.get("expires").and_then(|value| self.document().length(value, "expires"));
        let points = points.unwrap_or_default();
        Some(EventPoints { of, window, counted, points, by, decay, expires })
    }

    /// `by = { page = { "/pricing*" = 10, "/blog*" = 2 } }`
    fn by(&mut self, value: &Node<'_>) -> Option<ByProperty> {
        const EXAMPLE: &str = "{ page = { \"/pricing*\" = 10, \"/blog*\" = 2 } }";
        let wrong = format!("by is one property of events and the points of its values: {EXAMPLE}");
        let DeValue::Table(properties) = value.get_ref() else {
            self.mistake(&value.span(), wrong);
            return None;
        };
        let entries = in_file_order(properties);
        let [(property, of)] = entries.as_slice() else {
            self.mistake(&value.span(), wrong);
            return None;
        };
        let DeValue::Table(patterns) = of.get_ref() else {
            self.mistake(&of.span(), wrong);
            return None;
        };
        let name = property.get_ref().as_ref();
        self.words.refer(Named::Property, name, &property.span());
        let mut points = Vec::new();
        for (pattern, value) in in_file_order(patterns) {
            let text = pattern.get_ref().as_ref();
            if let Some(found) = self.points(value, text) {
                points.push((Pattern(text.to_owned()), found));
            }
        }
        if patterns.is_empty() {
            self.mistake(&of.span(), wrong);
        }
        Some(ByProperty { property: name.to_owned(), points })
    }

    fn idle(&mut self, table: &DeTable<'_>) -> Option<IdlePoints> {
        let of = self.words.selection(table, "idle", "where");
        let every = table.get("every").and_then(|value| self.document().length(value, "every"));
        let points = self.points_at(table, "points");
        let first = table
            .get("first")
            .and_then(|value| self.document().whole(value, "first", 1..MOST_EVENTS));
        Some(IdlePoints { of, every: every?, points: points?, first })
    }

    /// Points by the value of a signal: `{ "1-10" = -5 }` by text, or a list of rows, each with a
    /// test and its points.
    fn table(&mut self, table: &DeTable<'_>) -> Option<Gives> {
        let named = table.get("signal")?;
        let name = self.document().text_value(named, "signal");
        let value = table.get("table")?;
        let mut rows: Vec<(TableRow, Range<usize>)> = Vec::new();
        match value.get_ref() {
            DeValue::Table(values) if !values.is_empty() => {
                for (key, value) in in_file_order(values) {
                    let text = key.get_ref().as_ref();
                    if let Some(points) = self.points(value, text) {
                        let test = Test::In(vec![Literal::Text(text.trim().to_owned())]);
                        rows.push((TableRow { test, points }, key.span()));
                    }
                }
            }
            DeValue::Array(items) if !items.is_empty() => {
                for item in items.iter() {
                    rows.extend(self.row(item).map(|row| (row, item.span())));
                }
            }
            _ => {
                let message = "table is the points of each value: { \"1-10\" = -5, \"11-50\" = 5 }, \
                               or [{ below = 10, points = -5 }, { at_least = 10, points = 5 }]";
                self.mistake(&value.span(), message);
            }
        }
        for (second, (row, span)) in rows.iter().enumerate() {
            let other =
                rows[..second].iter().find(|(other, _)| other.test.meets(&row.test) == Some(true));
            if let Some((_, first)) = other {
                let at = self.document().position(first);
                let message = format!(
                    "this row and the one at line {}, column {} are about the same values; which \
                     counts?",
                    at.line, at.column
                );
                self.mistake(span, message);
            }
        }
        let mut signal = SignalRef::of(&name?);
        signal.at = self.document().position(&named.span());
        signal.tests_at = rows.iter().map(|(_, span)| self.document().position(span)).collect();
        let table = PointsTable {
            rows: rows.into_iter().map(|(row, _)| row).collect(),
            otherwise: self.points_at(table, "otherwise").unwrap_or_default(),
            missing: self.points_at(table, "missing").unwrap_or_default(),
        };
        Some(Gives::Table { signal, table })
    }

    fn row(&mut self, item: &Node<'_>) -> Option<TableRow> {
        const WHAT: &str = "a row of a table";
        let DeValue::Table(table) = item.get_ref() else {
            let message = "a row of a table is like { at_least = 10, below = 50, points = 5 }";
            self.mistake(&item.span(), message);
            return None;
        };
        let known: Vec<&str> = BOUNDS.iter().copied().chain(["equals", "in", "points"]).collect();
        self.document().only(table, &known, WHAT);
        let before = self.document().mistakes();
        let tests = self.tests(table);
        let points = match table.get("points") {
            Some(value) => self.points(value, "points"),
            None => self.document().lacks(&item.span(), WHAT, "points"),
        };
        if tests.len() != 1 && self.document().mistakes() == before {
            let message = "a row of a table has one test: bounds, equals or in";
            self.mistake(&item.span(), message);
        }
        let (test, _) = tests.into_iter().next()?;
        Some(TableRow { test, points: points? })
    }

    /// The decay of a rule: its own, or none where it says `false`.
    fn decay_of_rule(&mut self, value: &Node<'_>) -> Option<Decay> {
        match value.get_ref() {
            DeValue::Boolean(false) => Some(Decay::Never),
            _ => self.decay(value),
        }
    }

    pub(super) fn decay(&mut self, value: &Node<'_>) -> Option<Decay> {
        const WHAT: &str = "a decay";
        let DeValue::Table(table) = value.get_ref() else {
            let message = "a decay is { half_life = \"30d\" }, { linear = \"90d\" } or { steps = \
                           [{ after = \"30d\", keep = 0.5 }] }";
            self.mistake(&value.span(), message);
            return None;
        };
        self.document().only(table, &["half_life", "linear", "steps"], WHAT);
        if table.len() != 1 {
            self.mistake(&value.span(), "a decay has one of half_life, linear and steps");
            return None;
        }
        if let Some(value) = table.get("half_life") {
            return self.document().length(value, "half_life").map(Decay::HalfLife);
        }
        if let Some(value) = table.get("linear") {
            return self.document().length(value, "linear").map(Decay::Linear);
        }
        let value = table.get("steps")?;
        let items = match value.get_ref() {
            DeValue::Array(items) if !items.is_empty() => items,
            _ => {
                let message = "steps is a list: [{ after = \"30d\", keep = 0.5 }]";
                self.mistake(&value.span(), message);
                return None;
            }
        };
        let mut steps: Vec<DecayStep> = Vec::new();
        for item in items.iter() {
            let step = self.decay_step(item)?;
            let last = steps.last().copied();
            if last.is_some_and(|last| step.after <= last.after || step.keep > last.keep) {
                let message = "steps stand in order: each later than the one before, and leaving \
                               no more of the points";
                self.mistake(&item.span(), message);
            }
            steps.push(step);
        }
        Some(Decay::Steps(steps))
    }

    fn decay_step(&mut self, item: &Node<'_>) -> Option<DecayStep> {
        const WHAT: &str = "a step of a decay";
        let DeValue::Table(table) = item.get_ref() else {
            self.mistake(&item.span(), "a step of a decay is { after = \"30d\", keep = 0.5 }");
            return None;
        };
        self.document().only(table, &["after", "keep"], WHAT);
        let after = match table.get("after") {
            Some(value) => self.document().length(value, "after"),
            None => self.document().lacks(&item.span(), WHAT, "after"),
        };
        let keep = match table.get("keep") {
            Some(value) => {
                let keep = self.document().number(value, "keep");
                if keep.is_some_and(|keep| !(0.0..=1.0).contains(&keep)) {
                    let message = "keep is the share of the points that is left, from 0 to 1";
                    self.mistake(&value.span(), message);
                }
                keep
            }
            None => self.document().lacks(&item.span(), WHAT, "keep"),
        };
        Some(DecayStep { after: after?, keep: keep? })
    }
}
