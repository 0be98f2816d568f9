//! Rule sets against the data they are for: what they name exists, and is of the type they need.

use std::borrow::Cow;
use std::collections::HashSet;

use leadscore_features::document::{DocumentError, Mistake};
use leadscore_features::events::{EventLog, Measure, Pattern, Property, Test as EventTest};
use leadscore_features::project::{Named, Reference};
use leadscore_features::{
    Catalogue, Cell, Column, ColumnReader, DateFormat, Expr, Kind, RawColumn, Role, Schema, Signal,
    SignalKind, Table, Value, did_you_mean, hint,
};

use super::condition::{Literal, Test};
use super::rule::{Gives, Rule, SignalRef};
use super::set::{RuleSet, SchemaView};
use crate::Bundle;

impl RuleSet {
    /// Checks everything that the set names against what there is.
    ///
    /// # Errors
    /// [`DocumentError`] naming each unknown signal, column and property of events, with the
    /// nearest that exists, and each test that does not fit its signal's type.
    pub fn check(&self, view: SchemaView<'_>) -> Result<(), DocumentError> {
        let catalogue = self.catalogue_over(view.catalogue);
        let mut mistakes = self.check_references(view, &catalogue);
        for (signal, tests) in self.uses() {
            let Some(kind) = catalogue.kind(&signal.name, view.schema) else {
                // Its own signal that cannot be computed is named by what it lacks.
                if self.own_signal(&signal.name).is_none() {
                    let names = catalogue.signals.iter().map(|s| s.name.as_str());
                    let message = unknown(&signal.name, view.schema, names);
                    mistakes.push(Mistake::at(signal.at, message));
                }
                continue;
            };
            for (test, at) in tests.iter().zip(&signal.tests_at) {
                if let Err(needs) = test.fits(kind) {
                    let message = format!(
                        "the signal {:?} is a {}, and this test is for {needs}",
                        signal.name,
                        kind.word()
                    );
                    mistakes.push(Mistake::at(*at, message));
                }
            }
        }
        mistakes.extend(self.unknown_words(&catalogue));
        // Read one way beside the model and another way alone, the same lead would get two totals.
        for missing in &self.missing {
            let reader = view.schema.reader(&missing.column);
            for value in &missing.values {
                let message = match &reader {
                    Some(reader) if reader.is_missing(value) => continue,
                    Some(_) => format!(
                        "the model reads {} = {value} as a value; train it with --missing {}={value}",
                        missing.column, missing.column
                    ),
                    None => format!(
                        "no rule or signal reads a column {:?}{}",
                        missing.column,
                        hint(&missing.column, view.schema.columns.iter().map(|c| c.name.as_str()))
                    ),
                };
                mistakes.push(Mistake::at(missing.at, message));
            }
        }
        DocumentError::unless_empty(&self.source, mistakes)
    }

    fn check_references(&self, view: SchemaView<'_>, catalogue: &Catalogue) -> Vec<Mistake> {
        let columns = || view.schema.columns.iter().map(|column| column.name.as_str());
        let mut mistakes = Vec::new();
        for Reference { of, name, at } in &self.references {
            let name = name.as_str();
            let message = match of {
                Named::LeadColumn => match view.schema.column(name).map(|column| column.role) {
                    None => format!("there is no column {name:?}{}", hint(name, columns())),
                    Some(Role::Target) => {
                        format!("{name:?} is the outcome: a rule cannot look at it")
                    }
                    Some(_) => continue,
                },
                Named::Signal if catalogue.signal(name).is_none() => {
                    let names = catalogue.signals.iter().map(|s| s.name.as_str());
                    unknown(name, view.schema, names)
                }
                Named::Property => {
                    let Some(log) = &view.schema.events else { continue };
                    match self.wrong_property(name, &log.properties) {
                        Some(message) => message,
                        None => continue,
                    }
                }
                _ => continue,
            };
            mistakes.push(Mistake::at(*at, message));
        }
        mistakes
    }

    /// What is wrong with a property that the set names, where there are these.
    fn wrong_property(&self, name: &str, properties: &[Property]) -> Option<String> {
        match properties.iter().find(|property| property.name == name) {
            None => {
                let names = properties.iter().map(|p| p.name.as_str());
                Some(format!("events have no property {name:?}{}", hint(name, names)))
            }
            Some(property) if !property.number && self.needs_number(name) => {
                Some(format!("the property {name:?} is text, and a number is needed here"))
            }
            Some(_) => None,
        }
    }

    /// Whether a property of events must be a number for the rules to make sense.
    fn needs_number(&self, property: &str) -> bool {
        let mut found = false;
        self.visit_selections(&mut |of| {
            let tested = of.conditions.iter().filter(|c| c.property == property);
            found |= tested.clone().any(|c| matches!(c.test, EventTest::Between { .. }));
        });
        found
            || self.signals.iter().any(|signal| match &signal.expr {
                Expr::Events {
                    measure:
                        Measure::Sum { property: of }
                        | Measure::Mean { property: of }
                        | Measure::Min { property: of }
                        | Measure::Max { property: of },
                    ..
                } => of == property,
                _ => false,
            })
    }

    /// Every selection of events in the set.
    fn visit_selections(&self, see: &mut impl FnMut(&leadscore_features::events::Selection)) {
        for rule in &self.rules {
            match &rule.gives {
                Gives::Events(events) => see(&events.of),
                Gives::Idle(idle) => see(&idle.of),
                Gives::Points(_) | Gives::Table { .. } => {}
            }
        }
        for signal in &self.signals {
            let Expr::Events { of, measure, .. } = &signal.expr else { continue };
            see(of);
            match measure {
                Measure::Ratio { over } => see(over),
                Measure::Then { then, .. } => see(then),
                _ => {}
            }
        }
    }

    /// The kinds of events that the set names and that are not among `known`, each with what is said of
    /// it as `file:line:column: what`: slips of the pen mostly, but nothing is wrong with a kind that
    /// has not happened yet.
    pub fn unmet_kinds(&self, known: &[String]) -> Vec<(String, String)> {
        self.unmet(known).map(|(name, message, _)| (name.to_owned(), message)).collect()
    }

    /// Those of [`RuleSet::unmet_kinds`] that are near a kind that there is.
    pub fn mistaken_kinds(&self, known: &[String]) -> Vec<String> {
        self.unmet(known).filter(|(_, _, near)| *near).map(|(_, message, _)| message).collect()
    }

    /// Each kind that is not known, what is said of it, and whether a known one is near.
    fn unmet<'s>(
        &'s self,
        known: &'s [String],
    ) -> impl Iterator<Item = (&'s str, String, bool)> + 's {
        let unmet = |reference: &&Reference| {
            reference.of == Named::Kind && !known.contains(&reference.name)
        };
        self.references.iter().filter(unmet).map(|Reference { name, at, .. }| {
            let help = hint(name, known.iter().map(String::as_str));
            let (line, column) = (at.line, at.column);
            let source = &self.source;
            let what = format!("{source}:{line}:{column}: no event is of the kind {name:?}{help}");
            (name.as_str(), what, !help.is_empty())
        })
    }

    /// Checks that the texts which the rules look for are such as the set's own signals can be.
    pub(super) fn check_words(&self) -> Result<(), DocumentError> {
        let own = self.catalogue_over(&Catalogue::default());
        DocumentError::unless_empty(&self.source, self.unknown_words(&own))
    }

    /// Texts that the rules look for and that signals of a closed list can never be.
    fn unknown_words(&self, catalogue: &Catalogue) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for (signal, tests) in self.uses() {
            let words = catalogue.signal(&signal.name).and_then(|signal| signal.expr.words());
            mistakes.extend(words.iter().flat_map(|words| unknown_words(signal, &tests, words)));
        }
        mistakes
    }

    /// Checks leads of which nothing but their cells is known: that there is a column for everything
    /// that the set reads, and that it holds what the tests are for.
    ///
    /// # Errors
    /// [`DocumentError`] naming each signal without a column, with the nearest that there is, and
    /// each test of numbers, or of yes and no, over a column that holds none; and each test of
    /// texts over a column of numbers.
    pub fn check_columns(&self, leads: &Table) -> Result<(), DocumentError> {
        let columns = leads.names();
        let mut mistakes = Vec::new();
        for (signal, tests) in self.uses() {
            let name = match self.own_signal(&signal.name).map(|signal| &signal.expr) {
                None => &signal.name,
                Some(Expr::Attribute { column }) => column,
                Some(_) => continue,
            };
            let Some(raw) = leads.column(name) else { continue };
            let stand_ins = self.stand_ins(name);
            for (test, at) in tests.iter().zip(&signal.tests_at) {
                if let Some(message) = unfit(name, raw, &stand_ins, test) {
                    mistakes.push(Mistake::at(*at, message));
                }
            }
        }
        let mut need = |name: &str, at| {
            if !columns.iter().any(|column| column == name) {
                let help = hint(name, columns.iter().map(String::as_str));
                mistakes.push(Mistake::at(at, format!("the leads have no column {name:?}{help}")));
            }
        };
        for (signal, _) in self.uses() {
            if self.own_signal(&signal.name).is_none() {
                need(&signal.name, signal.at);
            }
        }
        for Reference { of, name, at } in &self.references {
            let of_persona = *of == Named::Signal && self.own_signal(name).is_none();
            if *of == Named::LeadColumn || of_persona {
                need(name, *at);
            }
        }
        DocumentError::unless_empty(&self.source, mistakes)
    }

    /// Checks events of which nothing but their columns is known: that they have every property
    /// that the set names, as a number where one is needed. `properties` are the columns, numbers
    /// those whose values can be read as such.
    ///
    /// # Errors
    /// [`DocumentError`] naming each property that is missing or no number.
    pub fn check_properties(&self, properties: &[Property]) -> Result<(), DocumentError> {
        let named = self.references.iter().filter(|reference| reference.of == Named::Property);
        let mistakes = named.filter_map(|reference| {
            let message = self.wrong_property(&reference.name, properties)?;
            Some(Mistake::at(reference.at, message))
        });
        DocumentError::unless_empty(&self.source, mistakes.collect())
    }

    /// Values in the rules that no lead of a bundle's training had, as `file:line:column: what`:
    /// slips of the pen, mostly.
    pub fn unmatched(&self, bundle: &Bundle) -> Vec<String> {
        let mut found = Vec::new();
        for (signal, tests) in self.uses() {
            if self.own_signal(&signal.name).is_some() {
                continue;
            }
            let input = bundle.model.encoder.inputs.iter().find(|i| i.signal == signal.name);
            let Some(coding) = input.map(|input| &input.coding) else { continue };
            let Some(levels) = coding.levels() else { continue };
            if bundle.catalogue.kind(&signal.name, &bundle.schema) != Some(SignalKind::Text) {
                continue;
            }
            let column = bundle
                .catalogue
                .signal(&signal.name)
                .and_then(|s| s.expr.columns().first().copied());
            let reader = column.and_then(|column| bundle.schema.reader(column));
            for (test, at) in tests.iter().zip(&signal.tests_at) {
                let Test::In(literals) = test else { continue };
                for literal in literals {
                    let text = match literal {
                        Literal::Text(text) => text.clone(),
                        Literal::Number(number) => leadscore_features::canonical_number(*number),
                        Literal::YesNo(_) => continue,
                    };
                    if coding.has_seen(&text) {
                        continue;
                    }
                    let help = if reader.as_ref().is_some_and(|r| r.is_missing(&text)) {
                        "; it is read as missing, so write missing = true".to_owned()
                    } else {
                        hint(&text, levels.iter().map(String::as_str))
                    };
                    found.push(format!(
                        "{}:{}:{}: no lead that the model was fitted on has {} = {text:?}{help}",
                        self.source, at.line, at.column, signal.name
                    ));
                }
            }
        }
        found
    }

    /// Checks that the rules agree among themselves on the type of every signal, for use without
    /// a schema.
    ///
    /// # Errors
    /// [`DocumentError`] for each test that needs another type than an earlier one.
    pub fn check_alone(&self) -> Result<(), DocumentError> {
        let kinds = self.signals_used();
        let mut mistakes = Vec::new();
        for (signal, tests) in self.uses() {
            let kind = kinds.iter().find(|(name, _)| *name == signal.name).and_then(|(_, k)| *k);
            let Some(kind) = kind.filter(|_| self.own_signal(&signal.name).is_none()) else {
                continue;
            };
            for (test, at) in tests.iter().zip(&signal.tests_at) {
                if let Err(needs) = test.fits(kind) {
                    let message = format!(
                        "the signal {:?} is used as a {} elsewhere in this set, and this test is \
                         for {needs}",
                        signal.name,
                        kind.word()
                    );
                    mistakes.push(Mistake::at(*at, message));
                }
            }
        }
        DocumentError::unless_empty(&self.source, mistakes)
    }

    /// The rules by their names.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }
}

/// Checks that no set calls a value missing that another set reads: the points of a set must not
/// hang on which others stand beside it.
///
/// # Errors
/// [`DocumentError`] naming each column that two sets read in two ways.
pub(crate) fn check_missing_agree(sets: &[RuleSet]) -> Result<(), DocumentError> {
    let sorted = |set: &RuleSet, column: &str| {
        let mut values = set.stand_ins(column);
        values.sort_unstable();
        values
    };
    let read: Vec<Schema> =
        sets.iter().map(|set| implied_columns(std::slice::from_ref(set)).0).collect();
    for set in sets {
        let mut mistakes = Vec::new();
        for missing in &set.missing {
            let column = &missing.column;
            let differs = |(other, schema): &(&RuleSet, &Schema)| {
                schema.column(column).is_some() && sorted(other, column) != sorted(set, column)
            };
            if let Some((other, _)) = sets.iter().zip(&read).find(differs) {
                let message = format!(
                    "the rule set {:?} reads {column:?} too, and other values are missing there; \
                     give both the same [missing] for it, or score by one of them at a time",
                    other.name
                );
                mistakes.push(Mistake::at(missing.at, message));
            }
        }
        DocumentError::unless_empty(&set.source, mistakes)?;
    }
    Ok(())
}

/// The column of when a lead came to be, where nothing but rule sets says what there is.
const CREATED: &str = "created_at";

/// The schema that rule sets imply when nothing else describes the leads: every signal that they do
/// not define an attribute of its own name, of the type that the rules need.
pub(crate) fn implied_columns(sets: &[RuleSet]) -> (Schema, Catalogue) {
    let mut schema = Schema::new(Vec::new());
    let mut catalogue = Catalogue::default();
    let mut add = |name: &str, kind: Kind, signal: bool| {
        if schema.column(name).is_none() {
            let missing = sets.iter().flat_map(|set| set.stand_ins(name)).collect();
            let column = Column { name: name.to_owned(), kind, role: Role::Attribute, missing };
            schema.columns.push(column);
        }
        if signal && catalogue.signal(name).is_none() {
            let expr = Expr::Attribute { column: name.to_owned() };
            catalogue.signals.push(Signal { name: name.to_owned(), expr });
        }
    };
    let kind_of = |kind: Option<SignalKind>| match kind {
        Some(SignalKind::Number) => Kind::NUMBER,
        Some(SignalKind::YesNo) => Kind::YesNo,
        _ => Kind::Category,
    };
    for set in sets {
        for (name, kind) in set.signals_used() {
            match set.own_signal(name).map(|signal| &signal.expr) {
                None => add(name, kind_of(kind), true),
                // Its own name for an attribute: what the rules need of it, the column is.
                Some(Expr::Attribute { column }) => add(column, kind_of(kind), false),
                Some(_) => {}
            }
        }
    }
    for set in sets {
        for signal in &set.signals {
            let date = matches!(signal.expr, Expr::DaysSince { .. });
            let kind = if date { Kind::Date { format: DateFormat::Iso } } else { Kind::Category };
            for column in signal.expr.columns() {
                add(column, kind.clone(), false);
            }
        }
        let looked_at = set.references.iter().filter(|reference| reference.of == Named::Signal);
        for Reference { name, .. } in looked_at.filter(|r| set.own_signal(&r.name).is_none()) {
            add(name, Kind::Category, true);
        }
    }
    // Silence counts from then, and so does the past.
    if sets.iter().any(RuleSet::is_of_events) {
        match schema.columns.iter_mut().find(|column| column.name == CREATED) {
            Some(column) if matches!(column.kind, Kind::Date { .. }) => column.role = Role::Created,
            Some(_) => {}
            None => schema.columns.push(Column {
                name: CREATED.to_owned(),
                kind: Kind::Date { format: DateFormat::Iso },
                role: Role::Created,
                missing: Vec::new(),
            }),
        }
    }
    (schema, catalogue)
}

/// How events are read where nothing else says: every property that the sets name, a number where
/// they need one.
pub(crate) fn implied_log(sets: &[RuleSet]) -> EventLog {
    let mut log = EventLog::default();
    let mut met = HashSet::new();
    for set in sets {
        for reference in set.references.iter().filter(|r| r.of == Named::Property) {
            if met.insert(reference.name.clone()) {
                let number = sets.iter().any(|set| set.needs_number(&reference.name));
                log.properties.push(Property {
                    name: reference.name.clone(),
                    number,
                    yes_no: false,
                });
            }
        }
    }
    log
}

/// Texts that a signal is compared with and can never be.
fn unknown_words(signal: &SignalRef, tests: &[&Test], words: &[&str]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (test, at) in tests.iter().zip(&signal.tests_at) {
        let literals = match test {
            Test::In(literals) => literals,
            Test::Contains(part) | Test::Glob(Pattern(part)) => {
                let value = |word: &&str| Value::Text(Cow::Owned((*word).to_owned()));
                if !words.iter().any(|word| test.holds(&value(word)) == Some(true)) {
                    let all = words.join(", ");
                    let message =
                        format!("{:?} is never like {part:?}; it is one of {all}", signal.name);
                    mistakes.push(Mistake::at(*at, message));
                }
                continue;
            }
            _ => continue,
        };
        for literal in literals {
            let Literal::Text(text) = literal else { continue };
            if words.contains(&text.as_str()) {
                continue;
            }
            let help = match did_you_mean(text, words.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("it is one of {}", words.join(", ")),
            };
            let message = format!("{:?} is never {text:?}; {help}", signal.name);
            mistakes.push(Mistake::at(*at, message));
        }
    }
    mistakes
}

/// What is wrong with a test of a column, where that is plain: nothing in it can be read as the
/// test needs it. `stand_ins` stand for missing in this column, beside the usual ones.
fn unfit(name: &str, raw: &RawColumn, stand_ins: &[String], test: &Test) -> Option<String> {
    /// Fewer values say nothing of whether a column could hold a text too.
    const TELLING: usize = 20;
    let reader = |kind| {
        let missing = stand_ins.to_vec();
        let column = Column { name: name.to_owned(), kind, role: Role::Attribute, missing };
        ColumnReader::new(&column, &Schema::new(Vec::new()).missing)
    };
    let text = reader(Kind::Category);
    let filled = || raw.cells().filter(|cell| matches!(text.read(*cell), Ok(Value::Text(_))));
    let holds = |kind: Kind| {
        let reader = reader(kind);
        move |cell: &Cell<'_>| reader.read(*cell).is_ok_and(|value| !value.is_missing())
    };
    let none = |kind: Kind, what: &str| {
        let example = filled().next()?.into_text()?.into_owned();
        let holds = holds(kind);
        (!filled().any(|cell| holds(&cell))).then(|| {
            format!("the column {name:?} holds no {what} ({example:?}, for one), and this test is for {what}")
        })
    };
    match test.implied_kind()? {
        SignalKind::Number => none(Kind::NUMBER, "numbers"),
        SignalKind::YesNo => none(Kind::YesNo, "yes/no"),
        SignalKind::Text => {
            let Test::In(literals) = test else { return None };
            let number = holds(Kind::NUMBER);
            let all_texts = literals.iter().all(|literal| match literal {
                Literal::Text(text) => !number(&Cell::Text(text)),
                _ => false,
            });
            let told = filled().take(TELLING).count() == TELLING;
            (all_texts && told && filled().all(|cell| number(&cell))).then(|| {
                format!("the column {name:?} holds numbers, and this test is for a category")
            })
        }
        SignalKind::Time => None,
    }
}

fn unknown<'a>(name: &str, schema: &Schema, names: impl Iterator<Item = &'a str>) -> String {
    if let Some(column) = schema.column(name) {
        let role = match column.role {
            Role::Target => "the outcome: a rule cannot look at it",
            Role::Id => "the lead's id, which is not a signal",
            Role::Account => "the account's id, which is not a signal",
            Role::Time => "the time of the row, which is not a signal",
            Role::Weight => "how often the row counted in training, which is not a signal",
            Role::Attribute | Role::Created => "a column without a signal",
        };
        return format!("{name:?} is {role}");
    }
    format!("there is no signal {name:?}{}", hint(name, names))
}
