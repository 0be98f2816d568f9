//! The sections of a project file. What goes wrong is noted in the document, so the readers here
//! give something of the right shape and go on.

use std::ops::Range;

use super::{
    EventSource, IdMap, LeadSource, Monotone, Named, OutcomeSource, Project, Reference,
    SnapshotRule,
};
use crate::canonical_number;
use crate::document::{DeTable, DeValue, Document, Node, Position};
use crate::events::{EventColumns, Filters, History};

/// What columns are for, with the columns: no column is for two things.
pub(super) type Roles = Vec<(&'static str, String)>;

/// Where what stands above all sections does.
const TOP: Range<usize> = 0..0;

/// What the whole file is, in messages.
const PROJECT: &str = "a project";

/// What a model is learnt by, and what is said where it is not there.
const LEARNT_BY: [(&str, &str); 3] = [
    (
        "snapshots",
        "there is no [snapshots]: say at which moments leads are looked at, and how long after them a \
         conversion counts",
    ),
    (
        "observed_until",
        "observed_until is missing: say up to when the files tell all that happened",
    ),
    ("outcomes", "there is no [outcomes]: say when leads converted"),
];

/// Reads what people write of signals and events: in a project file, and in whatever else is
/// written in the same words, a rule set above all. Names are kept with their places, to be checked
/// against what there is.
#[derive(Debug)]
pub struct Parser<'d, 't> {
    /// The file being read.
    pub document: &'d mut Document<'t>,
    references: Vec<Reference>,
    /// Where columns of times of leads and outcomes are named.
    times: Vec<(String, Position)>,
    /// Where the section of the leads stands.
    pub(super) leads_at: Range<usize>,
    /// The signals that a model must rise or fall along; `None` where no model is spoken of.
    pub(super) monotone: Option<Vec<Monotone>>,
}

impl<'d, 't> Parser<'d, 't> {
    /// A reader of a file.
    pub fn new(document: &'d mut Document<'t>) -> Self {
        Self { document, references: Vec::new(), times: Vec::new(), leads_at: TOP, monotone: None }
    }

    /// The names that were met, each with its place.
    pub fn into_references(self) -> Vec<Reference> {
        self.references
    }

    /// The whole file; what could not be read of it is empty, and noted.
    pub(super) fn project(mut self, table: &DeTable<'_>, source: &str) -> Project {
        const SECTIONS: [&str; 8] = [
            "observed_until",
            "leads",
            "ids",
            "events",
            "outcomes",
            "snapshots",
            "filters",
            "signals",
        ];
        self.monotone = Some(Vec::new());
        self.document.only(table, &SECTIONS, PROJECT);
        self.leads_at = table.get("leads").map_or(TOP, Node::span);
        let observed_until =
            table.get("observed_until").and_then(|v| self.document.time(v, "observed_until"));
        let mut roles = Roles::new();
        let leads = match table.get("leads") {
            Some(value) => self.leads(value, &mut roles),
            None => self.document.lacks(&TOP, PROJECT, "[leads] with files and id"),
        };
        let ids = self.ids(table);
        let (events, history) = self.events(table);
        let outcomes =
            table.get("outcomes").and_then(|value| self.outcomes(value, &leads, &mut roles));
        let snapshots = table.get("snapshots").and_then(|value| {
            if !table.contains_key("observed_until") {
                let message = "snapshots need observed_until, at the top of the file: up to when \
                               the files tell all that happened. Without it a lead that is still \
                               open looks like one that was lost";
                self.document.absent(&value.span(), &[TOP], message);
            }
            self.snapshots(value, observed_until, leads.as_ref(), outcomes.as_ref())
        });
        let filters = match table.get("filters") {
            Some(value) => {
                if !table.contains_key("events") {
                    let message = "[filters] are about events: add [events]";
                    self.document.absent(&value.span(), &[TOP], message);
                }
                let filters = self.filters(value);
                if filters.before_created
                    && leads.as_ref().is_some_and(|leads| leads.created.is_none())
                {
                    let message = "before_created takes out what came before a lead did: say which \
                                   column that is with created in [leads]";
                    let at = value.get_ref().get("before_created").map_or(value.span(), Node::span);
                    let leads = self.leads_at.clone();
                    self.document.absent(&at, &[leads], message);
                }
                // Who says nothing has them taken out where there are ids.
                let asked = value.get_ref().get("duplicates").filter(|_| filters.duplicates);
                if let Some(asked) = asked
                    && !events.is_empty()
                    && events.iter().all(|source| source.columns.id.is_none())
                {
                    let message = "duplicates are told by the ids of events: say which column that is with id \
                                   in [events], or take duplicates out";
                    let events = table.get("events").map_or_else(Vec::new, sections);
                    self.document.absent(&asked.span(), &events, message);
                }
                filters
            }
            None => Filters::default(),
        };
        let lacking = match self.document.is_partial(&TOP) {
            // It may be in a line that could not be read.
            true => Vec::new(),
            false => {
                // Snapshots without observed_until are a mistake of their own.
                let said = |key: &str| key == "observed_until" && table.contains_key("snapshots");
                let lacks = |(key, _): &&(&str, _)| !table.contains_key(*key) && !said(key);
                LEARNT_BY.iter().filter(lacks).map(|(_, what)| *what).collect()
            }
        };
        let signals = table.get("signals").map_or_else(Vec::new, |value| self.signals(value));
        let events_known = table.contains_key("events") || self.document.is_partial(&TOP);
        let signals = self.usable(signals, events_known, &roles);
        if self.document.is_partial(&table.get("signals").map_or(TOP, Node::span)) {
            // The signal may be in a line that could not be read.
            self.references.retain(|reference| reference.of != Named::Signal);
        }
        Project {
            observed_until,
            leads: leads.unwrap_or_default(),
            ids,
            events,
            history,
            outcomes,
            snapshots,
            filters,
            signals,
            monotone: self.monotone.unwrap_or_default(),
            source: source.to_owned(),
            lacking,
            without_zone: self.document.without_zone().to_vec(),
            references: self.references,
            times: self.times,
        }
    }

    /// A table.
    pub(super) fn table<'v, 'i>(
        &mut self,
        value: &'v Node<'i>,
        key: &str,
    ) -> Option<&'v DeTable<'i>> {
        if let DeValue::Table(table) = value.get_ref() {
            return Some(table);
        }
        self.document.mistake(&value.span(), format!("{key} is a table: [{key}]"));
        None
    }

    /// One table, or several.
    fn tables<'v, 'i>(
        &mut self,
        value: &'v Node<'i>,
        key: &str,
    ) -> Vec<(Range<usize>, &'v DeTable<'i>)> {
        let wrong = format!("{key} is a table: [{key}], or [[{key}]] where there are several");
        match value.get_ref() {
            DeValue::Table(table) => vec![(value.span(), table)],
            DeValue::Array(items) if !items.is_empty() => {
                let mut found = Vec::new();
                for item in items.iter() {
                    match item.get_ref() {
                        DeValue::Table(table) => found.push((item.span(), table)),
                        _ => self.document.mistake(&item.span(), wrong.clone()),
                    }
                }
                found
            }
            _ => {
                self.document.mistake(&value.span(), wrong);
                Vec::new()
            }
        }
    }

    /// Keeps a name with its place.
    pub fn refer(&mut self, of: Named, name: &str, span: &Range<usize>) {
        let at = self.document.position(span);
        self.references.push(Reference { of, name: name.to_owned(), at });
    }

    /// Where a name was first given.
    pub(super) fn place_of(&self, of: Named, name: &str) -> Position {
        let found = self.references.iter().find(|r| r.of == of && r.name == name);
        found.map_or(Position { line: 1, column: 1 }, |reference| reference.at)
    }

    /// A column, kept with its place.
    pub(super) fn column(&mut self, table: &DeTable<'_>, key: &str, of: Named) -> Option<String> {
        let value = table.get(key)?;
        let name = self.document.name_value(value, key)?;
        self.refer(of, &name, &value.span());
        Some(name)
    }

    /// Columns, kept with their places; none where the key is not there.
    pub(super) fn columns(&mut self, table: &DeTable<'_>, key: &str, of: Named) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let found = self.document.name_values(value, key);
        for (name, span) in &found {
            self.refer(of, name, span);
        }
        found.into_iter().map(|(name, _)| name).collect()
    }

    /// A column with a role that no other column has.
    pub(super) fn role(
        &mut self,
        table: &DeTable<'_>,
        key: &'static str,
        of: Named,
        roles: &mut Roles,
    ) -> Option<String> {
        let name = self.column(table, key, of)?;
        if let (Some((first, _)), Some(value)) =
            (roles.iter().find(|(_, column)| *column == name), table.get(key))
        {
            let message = format!("the column {name:?} is {first} already; it cannot be {key} too");
            self.document.mistake(&value.span(), message);
        }
        if let (true, Some(value)) =
            (["created", "converted", "closed"].contains(&key), table.get(key))
        {
            let at = self.document.position(&value.span());
            self.times.push((name.clone(), at));
        }
        roles.push((key, name.clone()));
        Some(name)
    }

    /// Files: relative paths or globs, none twice among those `before`, none of those of the leads.
    pub(super) fn files(
        &mut self,
        table: &DeTable<'_>,
        span: &Range<usize>,
        what: &str,
        before: &mut Vec<String>,
        of_leads: &[String],
    ) -> Vec<String> {
        let Some(value) = table.get("files") else {
            let _: Option<()> = self.document.lacks(span, what, "files");
            return Vec::new();
        };
        let found = self.document.name_values(value, "files");
        let mut paths = Vec::new();
        for (path, span) in found {
            let plain = path.strip_prefix("./").unwrap_or(&path).to_owned();
            if of_leads.iter().any(|lead| lead.strip_prefix("./").unwrap_or(lead) == plain) {
                let message = format!(
                    "{path:?} is the file of the leads; where outcomes are columns of the leads, \
                     leave out files and lead"
                );
                self.document.mistake(&span, message);
            }
            if before.contains(&plain) {
                let message =
                    format!("the file {path:?} is listed twice: its rows would count twice");
                self.document.mistake(&span, message);
            }
            before.push(plain);
            self.refer(Named::Path, &path, &span);
            paths.push(path);
        }
        paths
    }

    fn leads(&mut self, value: &Node<'_>, roles: &mut Roles) -> Option<LeadSource> {
        const KEYS: [&str; 9] = [
            "files",
            "id",
            "account",
            "created",
            "same_person",
            "categories",
            "drop",
            "keep",
            "missing",
        ];
        let table = self.table(value, "leads")?;
        self.document.only(table, &KEYS, "[leads]");
        let files = self.files(table, &value.span(), "[leads]", &mut Vec::new(), &[]);
        if !table.contains_key("id") {
            let _: Option<()> = self.document.lacks(&value.span(), "[leads]", "id");
        }
        let id = self.role(table, "id", Named::LeadColumn, roles);
        let account = self.role(table, "account", Named::LeadColumn, roles);
        let created = self.role(table, "created", Named::LeadColumn, roles);
        let [same_person, categories, drop, keep] = ["same_person", "categories", "drop", "keep"]
            .map(|key| {
                let columns = self.columns(table, key, Named::LeadColumn);
                let used = roles.iter().find(|(role, column)| {
                    columns.contains(column) && (key != "same_person" || *role == "id")
                });
                if let (Some((role, column)), Some(value)) = (used, table.get(key)) {
                    let message =
                        format!("the column {column:?} is {role}, so it cannot stand in {key}");
                    self.document.mistake(&value.span(), message);
                }
                columns
            });
        for (key, columns) in [("keep", &keep), ("categories", &categories)] {
            if let (Some(column), Some(value)) =
                (columns.iter().find(|column| drop.contains(column)), table.get(key))
            {
                let message = format!("the column {column:?} is both in drop and in {key}");
                self.document.mistake(&value.span(), message);
            }
        }
        let missing = self.missing(table);
        Some(LeadSource {
            files,
            id: id.unwrap_or_default(),
            account,
            created,
            same_person,
            categories,
            drop,
            keep,
            missing,
        })
    }

    /// Values that stand for missing: `{ pdays = 999, source = ["", "other"] }`.
    fn missing(&mut self, table: &DeTable<'_>) -> Vec<(String, String)> {
        let Some(value) = table.get("missing") else { return Vec::new() };
        let DeValue::Table(columns) = value.get_ref() else {
            let message = "missing is a table of columns: { pdays = [\"999\"] }";
            self.document.mistake(&value.span(), message);
            return Vec::new();
        };
        let mut found = Vec::new();
        for (key, value) in in_file_order(columns) {
            let column = key.get_ref().as_ref();
            self.refer(Named::LeadColumn, column, &key.span());
            for text in self.literals(value, column, ["false", "true"]) {
                found.push((column.to_owned(), text));
            }
        }
        found
    }

    /// A value or a list of values, as texts; `words` are those for false and true.
    pub(super) fn literals(
        &mut self,
        value: &Node<'_>,
        key: &str,
        words: [&str; 2],
    ) -> Vec<String> {
        match value.get_ref() {
            DeValue::Array(items) if items.is_empty() => {
                self.document.mistake(&value.span(), format!("{key} is an empty list"));
                Vec::new()
            }
            DeValue::Array(items) => {
                items.iter().filter_map(|item| self.literal(item, key, words)).collect()
            }
            _ => self.literal(value, key, words).into_iter().collect(),
        }
    }

    fn literal(&mut self, value: &Node<'_>, key: &str, words: [&str; 2]) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.trim().to_owned()),
            DeValue::Boolean(flag) => Some(words[usize::from(*flag)].to_owned()),
            DeValue::Integer(_) | DeValue::Float(_) => {
                self.document.number(value, key).map(canonical_number)
            }
            _ => {
                let message = format!("{key} takes texts in quotes, numbers, true or false");
                self.document.mistake(&value.span(), message);
                None
            }
        }
    }

    fn ids(&mut self, table: &DeTable<'_>) -> Vec<IdMap> {
        let Some(value) = table.get("ids") else { return Vec::new() };
        let mut found = Vec::new();
        let mut paths = Vec::new();
        for (index, (span, table)) in self.tables(value, "ids").into_iter().enumerate() {
            self.document.only(table, &["files", "id", "lead"], "[[ids]]");
            let files = self.files(table, &span, "[[ids]]", &mut paths, &[]);
            let mut roles = Roles::new();
            let [id, lead] = ["id", "lead"].map(|key| {
                if !table.contains_key(key) {
                    return self.document.lacks(&span, "[[ids]]", key);
                }
                self.role(table, key, Named::IdColumn(index), &mut roles)
            });
            let [id, lead] = [id, lead].map(Option::unwrap_or_default);
            found.push(IdMap { files, id, lead });
        }
        found
    }

    fn events(&mut self, table: &DeTable<'_>) -> (Vec<EventSource>, Option<History>) {
        const KEYS: [&str; 7] = ["files", "lead", "kind", "at", "known_at", "id", "history"];
        let Some(value) = table.get("events") else { return (Vec::new(), None) };
        let (mut found, mut history) = (Vec::new(), None);
        let mut paths = Vec::new();
        for (index, (span, table)) in self.tables(value, "events").into_iter().enumerate() {
            let of = Named::EventColumn(index);
            let before = self.document.mistakes();
            self.document.only(table, &KEYS, "[events]");
            // A key that is misspelt, or in a line that cannot be read, may be the one that is missed.
            let complete = !self.document.is_partial(&span) && self.document.mistakes() == before;
            let files = self.files(table, &span, "[events]", &mut paths, &[]);
            let usual = EventColumns::default();
            let mut roles = Roles::new();
            let mut needed = |key, usual: String, parser: &mut Self| {
                if !table.contains_key(key) {
                    // Named by nobody, so a message about it stands where it could be named.
                    if complete {
                        parser.refer(of, &usual, &span);
                    }
                    roles.push((key, usual.clone()));
                    return usual;
                }
                parser.role(table, key, of, &mut roles).unwrap_or(usual)
            };
            let lead = needed("lead", usual.lead, self);
            let kind = needed("kind", usual.kind, self);
            let at = needed("at", usual.at, self);
            let known_at = self.role(table, "known_at", of, &mut roles);
            let id = self.role(table, "id", of, &mut roles);
            let columns = EventColumns { lead, kind, at, known_at, id };
            found.push(EventSource { files, columns });
            if let Some(value) = table.get("history") {
                if history.is_some() {
                    let message = "history is told once, for all sources of events";
                    self.document.mistake(&value.span(), message);
                }
                history = self.history(value);
            }
        }
        (found, history)
    }

    fn history(&mut self, value: &Node<'_>) -> Option<History> {
        const WHAT: &str = "[events.history]";
        let table = self.table(value, "events.history")?;
        self.document.only(table, &["kind", "attribute", "value", "attributes"], WHAT);
        let mut text = |key, of, usual: &str| match table.get(key) {
            Some(value) => {
                let name = self.document.name_value(value, key).unwrap_or_default();
                self.refer(of, &name, &value.span());
                name
            }
            None => {
                self.refer(of, usual, &value.span());
                usual.to_owned()
            }
        };
        let kind = text("kind", Named::Kind, "set");
        let attribute = text("attribute", Named::Property, "attribute");
        let to = text("value", Named::Property, "to");
        if attribute == to {
            let message = format!("{attribute:?} cannot be both the attribute and its value");
            self.document.mistake(&value.span(), message);
        }
        if !table.contains_key("attributes") {
            return self.document.lacks(&value.span(), WHAT, "attributes");
        }
        let attributes = self.columns(table, "attributes", Named::LeadColumn);
        Some(History { kind, attribute, value: to, attributes })
    }

    fn snapshots(
        &mut self,
        value: &Node<'_>,
        observed_until: Option<crate::Time>,
        leads: Option<&LeadSource>,
        outcomes: Option<&OutcomeSource>,
    ) -> Option<SnapshotRule> {
        let table = self.table(value, "snapshots")?;
        self.document.only(table, &["at", "every", "horizon"], "[snapshots]");
        let at = self.snapshot_times(value, table, observed_until, leads, outcomes);
        let horizon = match table.get("horizon") {
            Some(value) => self.document.length(value, "horizon"),
            None => {
                let needs = "horizon, how long a conversion still counts: \"90d\"";
                self.document.lacks(&value.span(), "[snapshots]", needs)
            }
        };
        Some(SnapshotRule { at: at?, horizon: horizon? })
    }
}

/// Where the tables of a value stand: one, or several.
fn sections(value: &Node<'_>) -> Vec<Range<usize>> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().map(Node::span).collect(),
        _ => vec![value.span()],
    }
}

/// The entries of a table as they stand in the file.
pub fn in_file_order<'v, 'i>(
    table: &'v DeTable<'i>,
) -> Vec<(&'v toml::Spanned<toml::de::DeString<'i>>, &'v Node<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
