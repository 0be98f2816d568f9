//! The project file, `leadscore.toml`: where leads, events and outcomes are, which moments a model
//! learns from, what counts as noise, and which signals there are. It is plain data here: paths
//! are relative to the file and may hold globs, and nothing is opened.

mod conditions;
mod outcomes;
mod parse;
pub mod propose;
mod signals;
mod snapshots;

use std::collections::HashSet;
use std::fmt;

pub use parse::{Parser, in_file_order};

use crate::document::{Document, DocumentError, Mistake, Position};
use crate::events::{Condition, EventColumns, Filters, History, Selection, Span, Test};
use crate::{Expr, Signal, Time, hint};

/// A project, as its file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Up to when the files tell all that happened. Always there when there are snapshots.
    pub observed_until: Option<Time>,
    /// The leads.
    pub leads: LeadSource,
    /// Other ids of leads, in file order.
    pub ids: Vec<IdMap>,
    /// The events, in file order; empty where there are none.
    pub events: Vec<EventSource>,
    /// How events tell the history of attributes.
    pub history: Option<History>,
    /// The outcomes.
    pub outcomes: Option<OutcomeSource>,
    /// The moments that a model learns from. Without them a row is one snapshot.
    pub snapshots: Option<SnapshotRule>,
    /// What is taken out of the events.
    pub filters: Filters,
    /// The signals, in file order.
    pub signals: Vec<Signal>,
    /// The signals of these that a model must rise or fall along.
    pub monotone: Vec<Monotone>,
    source: String,
    /// What a model is learnt by and the file does not say.
    lacking: Vec<&'static str>,
    without_zone: Vec<Mistake>,
    references: Vec<Reference>,
    /// Where columns of times are named.
    times: Vec<(String, Position)>,
}

/// Where the leads are, and what their columns are for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadSource {
    /// The files.
    pub files: Vec<String>,
    /// The column of the lead's id.
    pub id: String,
    /// The column of the account.
    pub account: Option<String>,
    /// The column of when the lead came to be.
    pub created: Option<String>,
    /// Columns by which two leads are one person: they have one value in it.
    pub same_person: Vec<String>,
    /// Columns whose values are codes even where they look like numbers.
    pub categories: Vec<String>,
    /// Columns that no model uses.
    pub drop: Vec<String>,
    /// Columns that a model uses although they look like identifiers.
    pub keep: Vec<String>,
    /// Values that stand for missing: a column and a value, in file order of the columns.
    pub missing: Vec<(String, String)>,
}

/// Another id of leads: a visitor id, say, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdMap {
    /// The files.
    pub files: Vec<String>,
    /// The column of the other id.
    pub id: String,
    /// The column of the lead's id.
    pub lead: String,
}

/// A source of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSource {
    /// The files.
    pub files: Vec<String>,
    /// Which columns mean what.
    pub columns: EventColumns,
}

/// Where the outcomes are.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeSource {
    /// The files. Empty: the columns are in the leads.
    pub files: Vec<String>,
    /// The column of the lead's id. There when there are files.
    pub lead: Option<String>,
    /// The column of when the lead converted.
    pub converted: String,
    /// What is so in the rows in which that column counts; nothing: in all.
    pub won: Vec<Condition>,
    /// The column of when the lead was closed otherwise.
    pub closed: Option<String>,
    /// What is so in the rows in which that column counts; nothing: in all.
    pub lost: Vec<Condition>,
}

impl OutcomeSource {
    /// The columns that tell which leads converted, and when.
    pub(crate) fn columns_of_converted(&self) -> impl Iterator<Item = &str> {
        let conditions = self.won.iter().map(|condition| &condition.property);
        std::iter::once(&self.converted).chain(conditions).map(String::as_str)
    }

    /// The columns that tell the outcome.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let times = [Some(&self.converted), self.closed.as_ref()].into_iter().flatten();
        let conditions = self.won.iter().chain(&self.lost).map(|condition| &condition.property);
        times.chain(conditions).map(String::as_str)
    }
}

/// Which snapshots a model learns from. A label looks at (as_of, as_of + horizon].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRule {
    /// Their moments.
    pub at: SnapshotTimes,
    /// How long after a moment a conversion still counts.
    pub horizon: Span,
}

/// The moments of snapshots. None hangs on the outcome: at scoring time nobody knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotTimes {
    /// So long after the lead came to be.
    Age(Span),
    /// At dates, for every lead that is open then; earliest first, each once.
    Dates(Vec<Time>),
    /// Again and again while the lead is open, first so long after it came to be.
    Every(Span),
}

impl fmt::Display for SnapshotTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SnapshotTimes::Age(age) => write!(f, "created + {age}"),
            SnapshotTimes::Every(step) => write!(f, "every {step}"),
            SnapshotTimes::Dates(dates) => {
                let dates: Vec<String> = dates.iter().map(ToString::to_string).collect();
                f.write_str(&dates.join(", "))
            }
        }
    }
}

/// What a name in the file is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A column of the leads.
    LeadColumn,
    /// A column of a source of events that has a role, by the position of the source.
    EventColumn(usize),
    /// A property of events.
    Property,
    /// A column of the files of outcomes.
    OutcomeColumn,
    /// A column of the files of other ids, by their position.
    IdColumn(usize),
    /// A kind of events.
    Kind,
    /// A signal that another one looks at.
    Signal,
    /// A signal, where it is defined.
    Definition,
    /// A file.
    Path,
}

/// A name in the file, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What it is the name of.
    pub of: Named,
    /// The name.
    pub name: String,
    /// Where it stands.
    pub at: Position,
}

/// A signal that a model must rise or fall along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monotone {
    /// The signal.
    pub signal: String,
    /// Whether the log-odds must not fall along it; they must not rise otherwise.
    pub increasing: bool,
}

impl Project {
    /// Reads a project file; `source` is its name, for messages.
    ///
    /// # Errors
    /// [`DocumentError`] with every mistake found and its line and column.
    pub fn parse(source: &str, text: &str) -> Result<Self, DocumentError> {
        let (project, mistakes) = Self::draft(source, text);
        DocumentError::unless_empty(source, mistakes)?;
        // Nothing was read of what has no mistake in it.
        project.ok_or_else(|| DocumentError { source: source.to_owned(), mistakes: Vec::new() })
    }

    /// Reads a project file with its mistakes: what could be read, so that it can be held against the
    /// files too, and every mistake found. Names and lists that were not understood are empty.
    /// Nothing was read where it cannot be told which lines are no TOML.
    pub fn draft(source: &str, text: &str) -> (Option<Self>, Vec<Mistake>) {
        Document::draft(text, |document, table| Some(Parser::new(document).project(table, source)))
    }

    /// The times in the file that name no zone, each as `file:line:column: what`.
    pub fn without_zone(&self) -> impl Iterator<Item = String> {
        let line = |Mistake { at: Position { line, column }, message }: &Mistake| {
            format!("{}:{line}:{column}: {message}, and is read as UTC", self.source)
        };
        self.without_zone.iter().map(line)
    }

    /// The project as far as some signals go, with those that these look at: to be told of them alone. Kinds that
    /// only others name are not named.
    pub fn only(&self, names: &[String]) -> Self {
        let conditions = |signal: &Signal| match &signal.expr {
            Expr::Persona { personas } => {
                let when = personas.iter().flat_map(|persona| &persona.when);
                when.map(|condition| condition.property.clone()).collect()
            }
            _ => Vec::new(),
        };
        let asked = self.signals.iter().filter(|signal| names.contains(&signal.name));
        let looked_at: HashSet<String> = asked.flat_map(conditions).collect();
        let mut only = self.clone();
        only.signals
            .retain(|signal| names.contains(&signal.name) || looked_at.contains(&signal.name));
        let selections = only.signals.iter().flat_map(|signal| signal.expr.selections());
        let scanners = self.filters.scanners.iter().flat_map(|of| [&of.sent, &of.acts]);
        let kinds = selections.map(|of| &of.kinds).chain(scanners).flatten();
        let kinds: HashSet<&String> =
            kinds.chain(self.history.iter().map(|history| &history.kind)).collect();
        only.references.retain(|of| of.of != Named::Kind || kinds.contains(&of.name));
        only
    }

    /// Whether a signal counts events of any kind.
    pub fn asks_for_any(&self) -> bool {
        let mut selections = self.signals.iter().flat_map(|signal| signal.expr.selections());
        selections.any(|of| of.kinds.is_empty())
    }

    /// What a model is learnt by, of snapshots and their outcomes, and the file does not say: in words.
    pub fn lacking(&self) -> &[&'static str] {
        &self.lacking
    }

    /// The name of the file, for messages.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Where a signal is defined; the start of the file for one that is not.
    pub fn position_of_signal(&self, name: &str) -> Position {
        self.position(Named::Definition, name).unwrap_or(Position { line: 1, column: 1 })
    }

    /// Where a column of the leads is first named.
    pub fn position_of_lead_column(&self, name: &str) -> Option<Position> {
        self.position(Named::LeadColumn, name)
    }

    /// Where a column or a property of events is first named.
    pub fn position_of_event_column(&self, name: &str) -> Option<Position> {
        let of_events = |reference: &&Reference| {
            reference.name == name
                && matches!(reference.of, Named::EventColumn(_) | Named::Property)
        };
        self.references.iter().filter(of_events).map(|reference| reference.at).min()
    }

    /// Where a column of outcomes, of other ids or of leads is first named.
    pub fn position_of_column(&self, name: &str) -> Option<Position> {
        let named = |reference: &&Reference| {
            reference.name == name
                && matches!(
                    reference.of,
                    Named::OutcomeColumn | Named::IdColumn(_) | Named::LeadColumn
                )
        };
        self.references.iter().filter(named).map(|reference| reference.at).min()
    }

    /// Where a column is named as that of when leads came to be, converted or were closed.
    pub fn position_of_times(&self, name: &str) -> Option<Position> {
        let found = self.times.iter().find(|(column, _)| column == name);
        found.map(|(_, at)| *at).or_else(|| self.position_of_column(name))
    }

    /// Where a file is named, as it is written there.
    pub fn position_of_path(&self, path: &str) -> Option<Position> {
        self.position(Named::Path, path)
    }

    fn position(&self, of: Named, name: &str) -> Option<Position> {
        let found = |reference: &&Reference| reference.of == of && reference.name == name;
        self.references.iter().filter(found).map(|reference| reference.at).min()
    }

    /// The names in this file that are not in the files, each with the nearest that is. `leads` are
    /// the columns of the leads; names of these, and of events, are not looked at where their columns
    /// are not known. A property of events is any column without a role; those that have one are
    /// [`Project::roles_as_properties`].
    pub fn unknown_names(
        &self,
        leads: Option<&[String]>,
        events: Option<EventNames<'_>>,
    ) -> Vec<Mistake> {
        let with_role = self.with_role();
        let leads = leads.map(Names::of);
        let events = events.map(|events| (Names::of(events.columns), events));
        let defined = || self.signals.iter().map(|signal| signal.name.as_str());
        let is_defined: HashSet<&str> = self
            .references
            .iter()
            .filter(|reference| reference.of == Named::Definition)
            .map(|reference| reference.name.as_str())
            .collect();
        let message = |Reference { of, name, .. }: &Reference| -> Option<String> {
            let name = name.as_str();
            match of {
                Named::LeadColumn => {
                    let hint = leads.as_ref()?.unless_known(name)?;
                    Some(format!("the leads have no column {name:?}{hint}"))
                }
                Named::Property if !with_role.contains(name) => {
                    let (names, events) = events.as_ref()?;
                    names.unless_known(name)?;
                    let all = events.columns.iter().map(String::as_str);
                    let hint = hint(name, all.filter(|name| !with_role.contains(name)));
                    let within = events.within();
                    match events.whole {
                        true => Some(format!("the events have no property {name:?}{hint}{within}")),
                        // It may be in a file that could not be read, unless it is a slip of the pen.
                        false if hint.is_empty() => None,
                        false => Some(format!(
                            "the events that could be read have no property {name:?}{hint}"
                        )),
                    }
                }
                // Every attribute is a signal under its own name.
                Named::Signal if !is_defined.contains(name) => {
                    let leads = leads.as_ref()?;
                    leads.unless_known(name)?;
                    let columns = leads.list.iter().map(String::as_str);
                    let hint = hint(name, defined().chain(columns));
                    Some(format!("there is no signal {name:?}{hint}"))
                }
                _ => None,
            }
        };
        let found = |reference: &Reference| Some(Mistake::at(reference.at, message(reference)?));
        self.references.iter().filter_map(found).collect()
    }

    /// The columns with a role among the properties that this file names. `misnamed` have a role by
    /// mistake, and may be properties.
    pub fn roles_as_properties(&self, misnamed: &HashSet<String>) -> Vec<Mistake> {
        let with_role = self.with_role();
        let found = |Reference { of, name, at }: &Reference| {
            let wrong = *of == Named::Property
                && with_role.contains(name.as_str())
                && !misnamed.contains(name);
            let message = format!(
                "{name:?} is no property: [events] gives it a role, and conditions and measures are of \
                 the other columns of events"
            );
            wrong.then(|| Mistake::at(*at, message))
        };
        self.references.iter().filter_map(found).collect()
    }

    /// The properties of events that some signal or filter needs as numbers.
    pub fn numbers(&self) -> HashSet<&str> {
        let measured = self.signals.iter().filter_map(|signal| match &signal.expr {
            Expr::Events { measure, .. } => measure.number_of(),
            _ => None,
        });
        let selections = self.signals.iter().flat_map(|signal| signal.expr.selections());
        let conditions = selections.flat_map(|of| &of.conditions).chain(&self.filters.internal);
        let limited = conditions.filter(|of| matches!(of.test, Test::Between { .. }));
        measured.chain(limited.map(|of| of.property.as_str())).collect()
    }

    /// The columns of events that have a role.
    pub(crate) fn with_role(&self) -> HashSet<&str> {
        self.events.iter().flat_map(|source| source.columns.names()).collect()
    }

    /// The columns of files of outcomes that do not exist, where outcomes have files of their own,
    /// each with the nearest that does.
    pub fn unknown_outcome_columns(&self, columns: &[String]) -> Vec<Mistake> {
        self.unknown_own(Named::OutcomeColumn, "the outcomes", columns)
    }

    /// The same of the columns with a role of one of [`Project::events`], by its position. Each of its
    /// files has them all.
    pub fn unknown_event_columns(&self, source: usize, columns: &[String]) -> Vec<Mistake> {
        self.unknown_own(Named::EventColumn(source), "the events", columns)
    }

    /// The same of the files of one of [`Project::ids`], by its position.
    pub fn unknown_id_columns(&self, ids: usize, columns: &[String]) -> Vec<Mistake> {
        self.unknown_own(Named::IdColumn(ids), "the ids", columns)
    }

    fn unknown_own(&self, of: Named, what: &str, columns: &[String]) -> Vec<Mistake> {
        let known = Names::of(columns);
        let references = self.references.iter().filter(|reference| reference.of == of);
        let found = |Reference { name, at, .. }: &Reference| {
            let hint = known.unless_known(name)?;
            Some(Mistake::at(*at, format!("{what} have no column {name:?}{hint}")))
        };
        references.filter_map(found).collect()
    }

    /// What looks at a property of events of some kinds: signals by their names, the filter of internal
    /// events, and the history of attributes.
    pub fn looks_at(&self, property: &str, kinds: &[String]) -> Vec<&str> {
        let among = |of: &Selection| {
            of.kinds.is_empty() || of.kinds.iter().any(|kind| kinds.contains(kind))
        };
        let tests = |conditions: &[Condition]| conditions.iter().any(|of| of.property == property);
        let looks = |expr: &Expr| {
            let measured = match expr {
                Expr::Events { of, measure, .. } => {
                    measure.property() == Some(property) && among(of)
                }
                _ => false,
            };
            measured || expr.selections().iter().any(|of| tests(&of.conditions) && among(of))
        };
        let signals = self.signals.iter().filter(|signal| looks(&signal.expr));
        let internal =
            (tests(&self.filters.internal) && !kinds.is_empty()).then_some("[filters] internal");
        let tells = |of: &&History| {
            [&of.attribute, &of.value].iter().any(|name| *name == property)
                && kinds.contains(&of.kind)
        };
        let history = self.history.as_ref().filter(tells).map(|_| "[events.history]");
        signals.map(|signal| signal.name.as_str()).chain(internal).chain(history).collect()
    }

    /// Signals that take the place of a column of the leads which nothing looks at then, as
    /// `file:line:column: what`. A column with a role, or that is to be left out, is not missed.
    pub fn hidden_columns(&self, leads: &[String]) -> Vec<String> {
        let LeadSource { id, account, created, drop, .. } = &self.leads;
        let of_outcomes = self.outcomes.as_ref().filter(|of| of.files.is_empty());
        let outcomes = of_outcomes.into_iter().flat_map(OutcomeSource::columns);
        let roles = [Some(id), account.as_ref(), created.as_ref()];
        let roles = roles.into_iter().flatten().chain(drop).map(String::as_str);
        let no_signals: Vec<&str> = roles.chain(outcomes).collect();
        let looked_at: HashSet<&str> =
            self.signals.iter().flat_map(|signal| signal.expr.columns()).collect();
        let hides = |Signal { name, .. }: &&Signal| {
            leads.contains(name)
                && !no_signals.contains(&name.as_str())
                && !looked_at.contains(name.as_str())
        };
        let line = |Signal { name, .. }: &Signal| {
            let Position { line, column } = self.position_of_signal(name);
            format!(
                "{}:{line}:{column}: the signal {name:?} takes the place of the column {name:?} of the \
                 leads, which nothing looks at; give it another name to have both",
                self.source
            )
        };
        self.signals.iter().filter(hides).map(line).collect()
    }

    /// The attributes with a history that have a role among the leads, each with the role. Nothing asks
    /// how these were.
    pub fn roles_in_history(&self) -> Vec<(&str, &'static str)> {
        let LeadSource { id, account, created, .. } = &self.leads;
        let of_outcomes = self.outcomes.as_ref().filter(|of| of.files.is_empty());
        let outcomes = of_outcomes.into_iter().flat_map(OutcomeSource::columns);
        let roles =
            [("id", Some(id)), ("account", account.as_ref()), ("created", created.as_ref())];
        let roles = roles.into_iter().filter_map(|(role, name)| Some((role, name?.as_str())));
        let roles: Vec<(&str, &str)> =
            roles.chain(outcomes.map(|name| ("outcome", name))).collect();
        let attributes = self.history.iter().flat_map(|history| &history.attributes);
        let role = |name: &str| roles.iter().find(|(_, column)| *column == name);
        attributes.filter_map(|name| Some((name.as_str(), role(name)?.0))).collect()
    }

    /// Kinds that the file names and no event has, as `file:line:column: what`. Slips of the pen
    /// mostly, but nothing is wrong with a kind that has not happened yet. The kinds that a filter
    /// has of itself are not among them.
    pub fn unmet_kinds(&self, kinds: &[String]) -> Vec<String> {
        let mut unmet: Vec<&Reference> =
            self.references.iter().filter(|r| r.of == Named::Kind).collect();
        unmet.retain(|reference| !kinds.contains(&reference.name));
        unmet.sort_by_key(|reference| reference.at);
        let line = |Reference { name, at, .. }: &Reference| {
            let help = hint(name, kinds.iter().map(String::as_str));
            let Position { line, column } = at;
            format!("{}:{line}:{column}: no event is of the kind {name:?}{help}", self.source)
        };
        unmet.into_iter().map(line).collect()
    }
}

/// The columns of events, as far as they are known.
#[derive(Clone, Copy, Debug)]
pub struct EventNames<'n> {
    /// Those that all sources of events have together.
    pub columns: &'n [String],
    /// Columns that are not read, in which a property may be.
    pub nested: &'n [String],
    /// Whether all files could be read, so that there are no others.
    pub whole: bool,
}

impl EventNames<'_> {
    /// Whether there is anything to hold names against.
    pub fn are_known(&self) -> bool {
        self.whole || !self.columns.is_empty()
    }

    /// Where else a property may be, in words that follow what is said of it.
    fn within(&self) -> String {
        match self.nested {
            [] => String::new(),
            nested => format!(
                "; a nested column is not read ({}): write its fields as columns of their own",
                nested.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
            ),
        }
    }
}

/// Names that there are.
struct Names<'n> {
    list: &'n [String],
    known: HashSet<&'n str>,
}

impl<'n> Names<'n> {
    fn of(list: &'n [String]) -> Self {
        Self { list, known: list.iter().map(String::as_str).collect() }
    }

    /// The nearest name, as a hint, for one that is not among them.
    fn unless_known(&self, name: &str) -> Option<String> {
        let hint = || hint(name, self.list.iter().map(String::as_str));
        (!self.known.contains(name)).then(hint)
    }
}

#[cfg(test)]
mod tests;
