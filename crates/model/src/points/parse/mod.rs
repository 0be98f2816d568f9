//! Rule sets from TOML: every mistake found at once, each with its line and column.

mod conditions;
mod reach;
mod rules;
mod scales;

use std::ops::Range;

use leadscore_features::document::{DeTable, DeValue, Document, DocumentError, Node};
use leadscore_features::project::{Parser as Words, in_file_order};

use super::condition::Literal;
use super::rule::{Exclusion, Group};
use super::set::{MissingValues, SubScore};
use super::{Points, RuleSet};

/// No name has more characters.
const LONGEST_NAME: usize = 100;

const KEYS: [&str; 16] = [
    "name",
    "version",
    "description",
    "hand_off",
    "missing",
    "signals",
    "scale",
    "bands",
    "band",
    "grade",
    "stages",
    "funnel",
    "group",
    "score",
    "rule",
    "exclude",
];

pub(super) fn rule_set(source: &str, text: &str) -> Result<RuleSet, DocumentError> {
    let mut set = Document::parse(source, text, |document, table| {
        Parser { words: Words::new(document) }.set(table)
    })?;
    set.source = source.to_owned();
    set.hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    set.check_words()?;
    Ok(set)
}

struct Parser<'d, 't> {
    /// What rule sets share with project files.
    words: Words<'d, 't>,
}

impl<'t> Parser<'_, 't> {
    fn document(&mut self) -> &mut Document<'t> {
        self.words.document
    }

    fn mistake(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.document().mistake(span, message);
    }

    fn set(mut self, table: &DeTable<'_>) -> Option<RuleSet> {
        self.document().only(table, &KEYS, "a rule set");
        let start = 0..0;
        let name = self.name(table, &start, "a rule set");
        let version = self.document().text(table, "version", &start, "a rule set");
        let mut set = RuleSet::new(&name.unwrap_or_default(), &version.unwrap_or_default());
        set.description = table
            .get("description")
            .and_then(|value| self.document().text_value(value, "description"));
        set.missing = self.missing(table);
        if let Some(value) = table.get("signals") {
            set.signals = self.words.own_signals(value);
        }
        set.groups = self.list(table, "group", Self::group);
        self.named_once(table, "group", set.groups.iter().map(|group| group.name.as_str()));
        set.scores =
            self.list(table, "score", |parser, span, table| parser.score(span, table, &set.groups));
        self.named_once(table, "score", set.scores.iter().map(|score| score.name.as_str()));
        if !table.contains_key("rule") {
            self.mistake(&start, "a rule set needs at least one [[rule]]");
        }
        let before = self.document().mistakes();
        set.rules =
            self.list(table, "rule", |parser, span, table| parser.rule(span, table, &set.groups));
        let whole = self.document().mistakes() == before;
        self.named_once(table, "rule", set.rules.iter().map(|rule| rule.name.as_str()));
        set.exclusions = self.list(table, "exclude", Self::exclusion);
        self.named_once(table, "exclude", set.exclusions.iter().map(|e| e.name.as_str()));
        if let Some(value) = table.get("scale") {
            set.scale = self.scale_of(value);
        }
        set.hand_off = table.get("hand_off").and_then(|value| self.points(value, "hand_off"));
        set.bands = self.bands(table, &set.scale);
        set.grade = table.get("grade").and_then(|value| self.grade(value, &set.scores));
        set.stages = table.get("stages").and_then(|v| self.ladder(v, "stages", &set.scores));
        set.funnel = table.get("funnel").and_then(|v| self.ladder(v, "funnel", &set.scores));
        if whole {
            self.reachable(table, &set);
        }
        if self.document().mistakes() > 0 {
            return None;
        }
        set.references = self.words.into_references();
        Some(set)
    }

    /// The tables of `[[key]]`, each read; those that cannot be read are left out, and noted.
    fn list<T>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        mut read: impl FnMut(&mut Self, &Range<usize>, &DeTable<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let message = format!("{key}s are written as [[{key}]]");
        let DeValue::Array(list) = value.get_ref() else {
            self.mistake(&value.span(), message);
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in list.iter() {
            match item.get_ref() {
                DeValue::Table(table) => found.extend(read(self, &item.span(), table)),
                _ => self.mistake(&item.span(), message.clone()),
            }
        }
        found
    }

    /// Refuses a name that two tables of `[[key]]` have; `names` are those that were read.
    fn named_once<'n>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        names: impl Iterator<Item = &'n str>,
    ) {
        let names: Vec<&str> = names.collect();
        let Some(DeValue::Array(list)) = table.get(key).map(Node::get_ref) else { return };
        let mut met: Vec<String> = Vec::new();
        for item in list.iter() {
            let DeValue::Table(table) = item.get_ref() else { continue };
            let Some(value) = table.get("name") else { continue };
            let DeValue::String(name) = value.get_ref() else { continue };
            let name = name.trim();
            if met.iter().any(|other| other == name) && names.contains(&name) {
                self.mistake(&value.span(), format!("there are two {key}s named {name:?}"));
            }
            met.push(name.to_owned());
        }
    }

    /// The name of a set, or of a part of one: it stands in tables, in columns and in answers.
    fn name(&mut self, table: &DeTable<'_>, span: &Range<usize>, what: &str) -> Option<String> {
        let name = self.document().text(table, "name", span, what)?;
        let at = table.get("name").map_or(span.clone(), Node::span);
        if name.chars().count() > LONGEST_NAME {
            self.mistake(&at, format!("name is longer than {LONGEST_NAME} characters"));
        }
        if name.chars().any(char::is_control) {
            self.mistake(&at, "name has characters that cannot be shown, such as a line break");
        }
        Some(name)
    }

    fn missing(&mut self, table: &DeTable<'_>) -> Vec<MissingValues> {
        let Some(value) = table.get("missing") else { return Vec::new() };
        let DeValue::Table(columns) = value.get_ref() else {
            self.mistake(&value.span(), "missing is a table: [missing]");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (column, value) in in_file_order(columns) {
            let values = match value.get_ref() {
                DeValue::Array(items) => {
                    items.iter().filter_map(|item| self.literal(item)).collect()
                }
                _ => self.literal(value).into_iter().collect::<Vec<_>>(),
            };
            found.push(MissingValues {
                column: column.get_ref().as_ref().to_owned(),
                values: values.into_iter().map(Literal::into_text).collect(),
                at: self.document().position(&value.span()),
            });
        }
        found
    }

    fn points(&mut self, value: &Node<'_>, key: &str) -> Option<Points> {
        let number = self.document().number(value, key)?;
        let points = Points::from_number(number);
        match points {
            None => self.mistake(&value.span(), format!("{key} is beyond {}", Points::LIMIT)),
            Some(Points::ZERO) if number != 0.0 => {
                let message = format!("{key} = {number} would be 0: points have three decimals");
                self.mistake(&value.span(), message);
            }
            Some(_) => {}
        }
        points
    }

    /// The points of a key; `None` where it is not there, or wrong.
    fn points_at(&mut self, table: &DeTable<'_>, key: &str) -> Option<Points> {
        table.get(key).and_then(|value| self.points(value, key))
    }

    fn group(&mut self, span: &Range<usize>, table: &DeTable<'_>) -> Option<Group> {
        const WHAT: &str = "a group";
        self.document().only(table, &["name", "floor", "cap", "decay"], WHAT);
        let name = self.document().text(table, "name", span, WHAT);
        let (floor, cap) = self.limits(table);
        let decay = table.get("decay").and_then(|value| self.decay(value));
        Some(Group { name: name?, floor, cap, decay })
    }

    fn score(
        &mut self,
        span: &Range<usize>,
        table: &DeTable<'_>,
        groups: &[Group],
    ) -> Option<SubScore> {
        const WHAT: &str = "a score";
        self.document().only(table, &["name", "groups", "floor", "cap", "rescale"], WHAT);
        let name = self.document().text(table, "name", span, WHAT);
        if name.as_deref() == Some("total")
            && let Some(value) = table.get("name")
        {
            self.mistake(&value.span(), "\"total\" is the score of all rules; take another name");
        }
        let mut of = Vec::new();
        match table.get("groups") {
            Some(value) => {
                for (name, span) in self.document().name_values(value, "groups") {
                    self.known("group", &name, &span, groups.iter().map(|g| g.name.as_str()));
                    of.push(name);
                }
            }
            None => self.document().lacks(span, WHAT, "groups").unwrap_or_default(),
        }
        let scale = self.scale(span, table);
        Some(SubScore { name: name?, groups: of, scale })
    }

    fn exclusion(&mut self, span: &Range<usize>, table: &DeTable<'_>) -> Option<Exclusion> {
        const WHAT: &str = "an exclusion";
        self.document().only(table, &["name", "when", "score"], WHAT);
        let name = self.document().text(table, "name", span, WHAT);
        let when = match table.get("when") {
            Some(value) => self.condition(value, 0),
            None => self.document().lacks(span, WHAT, "when"),
        };
        let score = match table.get("score") {
            Some(value) => self.points(value, "score"),
            None => {
                self.document().lacks(span, WHAT, "score, the points that such leads get instead")
            }
        };
        Some(Exclusion { name: name?, when: when?, score: score? })
    }

    /// Refuses a name that is not one of those that there are.
    fn known<'n>(
        &mut self,
        what: &str,
        name: &str,
        span: &Range<usize>,
        names: impl Iterator<Item = &'n str> + Clone,
    ) {
        if !names.clone().any(|known| known == name) {
            let help = leadscore_features::hint(name, names);
            self.mistake(span, format!("there is no {what} {name:?}{help}"));
        }
    }

    /// The limits of a rule or a group: what gave nothing must not be made something by them.
    fn limits(&mut self, table: &DeTable<'_>) -> (Option<Points>, Option<Points>) {
        let (floor, cap) = (self.points_at(table, "floor"), self.points_at(table, "cap"));
        if let (Some(floor), Some(value)) = (floor, table.get("floor"))
            && floor > Points::ZERO
        {
            let message =
                "this floor must be 0 or below: a rule that gave nothing would give points";
            self.mistake(&value.span(), message);
        }
        if let (Some(cap), Some(value)) = (cap, table.get("cap"))
            && cap < Points::ZERO
        {
            let message =
                "this cap must be 0 or above; what limits points that are taken is a floor";
            self.mistake(&value.span(), message);
        }
        (floor, cap)
    }
}

#[cfg(test)]
mod tests;
