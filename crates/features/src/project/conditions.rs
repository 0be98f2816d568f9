//! Which events, and conditions on their properties; the filters, which are made of them; and
//! conditions on other signals and on columns of outcomes, which are written the same way.

use super::Named;
use super::parse::{Parser, in_file_order};
use crate::document::{DeTable, DeValue, Node};
use crate::events::{
    Bursts, Condition, Filters, Pattern, Scanners, Selection, Span, Test, USUALLY_SENT,
};

/// Stands for any kind.
const ANY: &str = "*";
/// How far ahead of our own clock another may be: `future = true`.
const USUAL_FUTURE_SECONDS: u32 = 5 * 60;
/// No filter needs more.
const MOST: u32 = 1_000_000;

impl Parser<'_, '_> {
    /// Kinds: one, a list, or `"*"` for any, which gives none.
    pub(super) fn kinds(&mut self, table: &DeTable<'_>, key: &str) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let found = self.document.name_values(value, key);
        if found.len() > 1
            && let Some((_, span)) = found.iter().find(|(kind, _)| kind == ANY)
        {
            self.document.mistake(span, format!("{key}: \"*\" is any kind, so it stands alone"));
        }
        let mut kinds = Vec::new();
        for (kind, span) in found.into_iter().filter(|(kind, _)| kind != ANY) {
            self.refer(Named::Kind, &kind, &span);
            kinds.push(kind);
        }
        kinds
    }

    /// The events of some kinds that meet conditions: the key of the kinds, that of the conditions.
    pub fn selection(&mut self, table: &DeTable<'_>, kinds: &str, on: &str) -> Selection {
        let kinds = self.kinds(table, kinds);
        let conditions = match table.get(on) {
            Some(value) => self.conditions(value, on, Named::Property),
            None => Vec::new(),
        };
        Selection { kinds, conditions }
    }

    /// Conditions that all hold, on properties of events, on columns or on signals.
    pub(super) fn conditions(&mut self, value: &Node<'_>, key: &str, on: Named) -> Vec<Condition> {
        let DeValue::Table(table) = value.get_ref() else {
            let example = match on {
                Named::Signal => "{ seniority = [\"director\", \"vp\"] }",
                Named::LeadColumn | Named::OutcomeColumn => "{ stage = \"Closed Won\" }",
                _ => "{ page = \"/pricing*\" }",
            };
            let message = format!("{key} is a table of conditions: {example}");
            self.document.mistake(&value.span(), message);
            return Vec::new();
        };
        if table.is_empty() {
            self.document.mistake(&value.span(), format!("{key} has no condition"));
        }
        // The words that a yes or no is compared as: properties are raw texts, signals are read.
        let words = if on == Named::Signal { ["no", "yes"] } else { ["false", "true"] };
        let mut found = Vec::new();
        for (name, value) in in_file_order(table) {
            let property = name.get_ref().as_ref();
            self.refer(on, property, &name.span());
            let test = match value.get_ref() {
                DeValue::Table(limits) => self.limits(value, limits, property),
                _ => {
                    let texts = self.literals(value, property, words);
                    Some(Test::OneOf(texts.into_iter().map(Pattern).collect()))
                }
            };
            if let Some(test) = test {
                found.push(Condition { property: property.to_owned(), test });
            }
        }
        found
    }

    fn limits(&mut self, value: &Node<'_>, table: &DeTable<'_>, property: &str) -> Option<Test> {
        let what = format!("the condition on {property:?}");
        self.document.only(table, &["at_least", "below"], &what);
        let [from, below] = ["at_least", "below"].map(|key| table.get(key));
        if from.is_none() && below.is_none() {
            return self.document.lacks(&value.span(), &what, "at_least or below");
        }
        let from = from.and_then(|value| self.document.number(value, "at_least"));
        let below = below.and_then(|value| self.document.number(value, "below"));
        if let (Some(from), Some(below)) = (from, below)
            && from >= below
        {
            let message = format!("{what}: no number is at least {from} and below {below}");
            self.document.mistake(&value.span(), message);
        }
        Some(Test::Between { from, below })
    }

    pub(super) fn filters(&mut self, value: &Node<'_>) -> Filters {
        const KEYS: [&str; 6] =
            ["duplicates", "before_created", "future", "internal", "scanners", "bursts"];
        let mut filters = Filters::default();
        let Some(table) = self.table(value, "filters") else { return filters };
        self.document.only(table, &KEYS, "[filters]");
        if let Some(value) = table.get("duplicates") {
            filters.duplicates = self.document.flag(value, "duplicates").unwrap_or_default();
        }
        if let Some(value) = table.get("before_created") {
            filters.before_created =
                self.document.flag(value, "before_created").unwrap_or_default();
        }
        filters.future = table.get("future").and_then(|value| match value.get_ref() {
            DeValue::Boolean(flag) => flag.then(|| Span::seconds(USUAL_FUTURE_SECONDS)),
            DeValue::String(_) => self.document.length(value, "future"),
            _ => {
                let message = "future is true, false or a length of time: \"10min\"";
                self.document.mistake(&value.span(), message);
                None
            }
        });
        if let Some(value) = table.get("internal")
            && !matches!(value.get_ref(), DeValue::Boolean(false))
        {
            filters.internal = self.conditions(value, "internal", Named::Property);
        }
        filters.scanners = table.get("scanners").and_then(|value| self.scanners(value));
        filters.bursts = table.get("bursts").and_then(|value| self.bursts(value));
        filters
    }

    fn scanners(&mut self, value: &Node<'_>) -> Option<Scanners> {
        let mut found = Scanners {
            sent: vec![USUALLY_SENT.to_owned()],
            acts: vec!["email_opened".to_owned(), "email_clicked".to_owned()],
            within: Span::seconds(5),
        };
        let table = match value.get_ref() {
            DeValue::Boolean(flag) => return flag.then_some(found),
            DeValue::Table(table) => table,
            _ => {
                let message = "scanners is true, false or { seconds = 5, sent = \"email_sent\", \
                               acts = [\"email_opened\", \"email_clicked\"] }";
                self.document.mistake(&value.span(), message);
                return None;
            }
        };
        self.document.only(table, &["seconds", "sent", "acts"], "scanners");
        if let Some(value) = table.get("seconds") {
            let seconds = self.document.whole(value, "seconds", 1..MOST);
            found.within = Span::seconds(seconds.unwrap_or_default());
        }
        for (key, kinds) in [("sent", &mut found.sent), ("acts", &mut found.acts)] {
            let Some(value) = table.get(key) else { continue };
            let before = self.document.mistakes();
            *kinds = self.kinds(table, key);
            if kinds.is_empty() && self.document.mistakes() == before {
                let message = format!("{key} names kinds: any kind would take out everything");
                self.document.mistake(&value.span(), message);
            }
        }
        Some(found)
    }

    fn bursts(&mut self, value: &Node<'_>) -> Option<Bursts> {
        let mut found = Bursts { events: 20, within: Span::seconds(10) };
        let table = match value.get_ref() {
            DeValue::Boolean(flag) => return flag.then_some(found),
            DeValue::Table(table) => table,
            _ => {
                let message = "bursts is true, false or { events = 20, seconds = 10 }";
                self.document.mistake(&value.span(), message);
                return None;
            }
        };
        self.document.only(table, &["events", "seconds"], "bursts");
        if let Some(value) = table.get("events") {
            found.events = self.document.whole(value, "events", 2..MOST).unwrap_or_default();
        }
        if let Some(value) = table.get("seconds") {
            let seconds = self.document.whole(value, "seconds", 1..MOST);
            found.within = Span::seconds(seconds.unwrap_or_default());
        }
        Some(found)
    }
}
