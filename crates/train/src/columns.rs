//! What each column is: roles from the options, kinds by looking, and what the user is told.

use std::collections::HashSet;

use leadscore_features::events::EventLog;
use leadscore_features::project::Monotone;
use leadscore_features::readers::sensitive::sensitive;
use leadscore_features::{
    Catalogue, Cell, Column, Expr, InferOptions, Inference, Kind, RawColumn, Reader, Role, Schema,
    Signal, SignalKind, Table, did_you_mean, hint_or_list, infer,
};
use leadscore_model::bundle::{ColumnReport, CopyRecord, MonotoneRecord, SensitiveColumn};
use leadscore_model::points::{CompiledRuleSet, Gives, Rule, RuleSet, SchemaView};
use leadscore_model::words::shell_word;
use leadscore_model::{Scorer, ScorerError};
use rayon::prelude::*;

use crate::{SpoiltColumn, TrainError, TrainOptions};

/// The schema of a table, the signals that the model will use, and what to tell the user.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) schema: Schema,
    pub(crate) catalogue: Catalogue,
    /// Names of signals, in catalogue order.
    pub(crate) inputs: Vec<String>,
    pub(crate) reports: Vec<ColumnReport>,
    /// The columns that hold something sensitive.
    pub(crate) sensitive: Vec<SensitiveColumn>,
    /// The rule set whose points the rows are given, where there is one.
    pub(crate) towards: Option<RuleSet>,
    /// The signals along which the model must rise, or fall.
    pub(crate) monotone: Vec<MonotoneRecord>,
    /// Signals that a project wants it to rise or fall along, which have no order, with their kinds.
    unordered: Vec<(String, SignalKind)>,
    /// Signals that a project defines as columns of dates, with these.
    moments: Vec<(String, String)>,
}

/// What leads have beside their attributes: signals that a project defines, and events.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// The signals that are defined, beside those of the attributes.
    pub signals: Vec<Signal>,
    /// How events are read, where there are any.
    pub events: Option<EventLog>,
    /// Whether all snapshots are taken at one age, so that the age says nothing.
    pub one_age: bool,
    /// The signals of these that the model must rise or fall along, where the options do not name them.
    pub monotone: Vec<Monotone>,
}

/// Why a signal that a project defines does not do.
#[derive(Debug, thiserror::Error)]
pub enum SignalMistake {
    /// It cannot be computed.
    #[error(transparent)]
    Uncomputable(#[from] ScorerError),
    /// The model is to rise or fall along it, and it has no order.
    #[error("monotone: {signal:?} is of kind {}, which has no order; only numbers have one", .kind.word())]
    NoOrder {
        /// The signal.
        signal: String,
        /// Its kind.
        kind: SignalKind,
    },
    /// It is a moment, which no model can learn.
    #[error(
        "the column {column:?} holds dates, and no signal is a date; write days_since = {column:?}, how long \
         ago it was"
    )]
    Moment {
        /// The column.
        column: String,
    },
}

impl Columns {
    /// A scorer that evaluates the inputs, and scores by the rule set alone, where there is one.
    pub(crate) fn layout(&self) -> Result<Scorer, TrainError> {
        if let Some((_, mistake)) = self.without_order().next() {
            return Err(TrainError::data(mistake.to_string()));
        }
        let view = SchemaView { schema: &self.schema, catalogue: &self.catalogue };
        Scorer::of_signals_beside(view, &self.inputs, self.towards.as_slice())
            .map_err(|e| TrainError::data(e.to_string()))
    }

    /// What the rule set looks at and no input of the model is: signals, and events that rules count
    /// themselves, by the names of the rules.
    pub(crate) fn lacking(&self) -> Result<Vec<String>, TrainError> {
        let Some(set) = &self.towards else { return Ok(Vec::new()) };
        let layout = self.layout()?;
        let names: Vec<&str> = layout.signals().collect();
        let of_sets = layout.rule_sets().iter().flat_map(CompiledRuleSet::signals);
        let mut found: Vec<String> = of_sets.map(|&signal| names[signal].to_owned()).collect();
        found.retain(|name| !self.inputs.contains(name));
        let counts = |rule: &&Rule| matches!(rule.gives, Gives::Events(_) | Gives::Idle(_));
        found.extend(set.rules.iter().filter(counts).map(|rule| rule.name.clone()));
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Every input that cannot be computed, and every signal without an order that should have one,
    /// with the reason.
    pub(crate) fn mistakes(&self) -> Vec<(String, SignalMistake)> {
        let view = SchemaView { schema: &self.schema, catalogue: &self.catalogue };
        let wrong = |name: &String| {
            let error = Scorer::of_signals(view, std::slice::from_ref(name)).err()?;
            Some((name.clone(), error.into()))
        };
        let moments = self.moments.iter().map(|(signal, column)| {
            (signal.clone(), SignalMistake::Moment { column: column.clone() })
        });
        self.inputs.iter().filter_map(wrong).chain(self.without_order()).chain(moments).collect()
    }

    fn without_order(&self) -> impl Iterator<Item = (String, SignalMistake)> {
        let mistake = |(signal, kind): &(String, SignalKind)| {
            (signal.clone(), SignalMistake::NoOrder { signal: signal.clone(), kind: *kind })
        };
        self.unordered.iter().map(mistake)
    }

    /// The columns behind the inputs of which only today's value is known.
    pub(crate) fn static_attributes(&self) -> Vec<String> {
        let history = |name: &str| self.schema.events.as_ref().is_some_and(|e| e.has_history(name));
        let behind = columns_behind(&self.catalogue, &self.inputs);
        // When a lead came to be does not change.
        let columns = self.schema.columns.iter().filter(|column| column.role == Role::Attribute);
        let names = columns.map(|column| &column.name);
        names.filter(|name| behind.contains(name.as_str()) && !history(name)).cloned().collect()
    }

    /// The sensitive columns behind the inputs, and the inputs that come from them. Where of signals that say the
    /// same one is left, the others would take its place without it, so that they belong to it, whatever their
    /// names are.
    pub(crate) fn sensitive_inputs(
        &self,
        copies: &[CopyRecord],
    ) -> (Vec<SensitiveColumn>, Vec<String>) {
        let comes = |signal: &str, column: &str| {
            let signal = self.catalogue.signal(signal);
            signal.is_some_and(|signal| self.catalogue.columns(signal).contains(&column))
        };
        // An input, and all that it stands for.
        let with_copies = |input: &String| -> Vec<String> {
            let of = copies.iter().filter(|copy| copy.of == *input);
            [input.clone()].into_iter().chain(of.map(|copy| copy.signal.clone())).collect()
        };
        let is_sensitive =
            |signal: &String| self.sensitive.iter().find(|column| comes(signal, &column.name));
        let (mut columns, mut inputs) = (Vec::<SensitiveColumn>::new(), Vec::new());
        for input in &self.inputs {
            let alike = with_copies(input);
            let Some(first) = alike.iter().find_map(is_sensitive) else { continue };
            inputs.push(input.clone());
            for signal in alike {
                let names = self.catalogue.signal(&signal).map(|of| self.catalogue.columns(of));
                let own: Vec<&SensitiveColumn> =
                    self.sensitive.iter().filter(|column| comes(&signal, &column.name)).collect();
                columns.extend(own.iter().map(|column| (*column).clone()));
                if own.is_empty() {
                    let same = |name: &str| SensitiveColumn {
                        name: name.to_owned(),
                        why: format!("says the same as {}", first.name),
                    };
                    columns.extend(names.unwrap_or_default().into_iter().map(same));
                }
            }
        }
        let mut seen = HashSet::new();
        columns.retain(|column| seen.insert(column.name.clone()));
        (columns, inputs)
    }
}

/// Looks at every column of a table of past deals.
pub(crate) fn look(table: &Table, options: &TrainOptions) -> Result<Columns, TrainError> {
    check(table, options, &[])?;
    look_at_leads(table, options, Behaviour::default())
}

/// Looks at every column of leads. The options' names were checked before.
pub(crate) fn look_at_leads(
    table: &Table,
    options: &TrainOptions,
    behaviour: Behaviour,
) -> Result<Columns, TrainError> {
    let listed = |list: &[String], name: &str| list.iter().any(|item| item == name);
    let mut schema = Schema::new(Vec::new());
    let mut looked: Vec<(Inference, &RawColumn)> = Vec::new();
    let mut spoilt = Vec::new();
    // Columns are looked at in parallel, and reported in order.
    let missing_of = |name: &str| -> Vec<String> {
        let of = options.missing.iter().filter(|(column, _)| column == name);
        let mut values: Vec<String> = of.map(|(_, value)| value.clone()).collect();
        // A project may say what is typed too.
        let mut known = HashSet::new();
        values.retain(|value| known.insert(value.clone()));
        values
    };
    let inferences: Vec<Inference> = table
        .names()
        .par_iter()
        .zip(table.columns())
        .map(|(name, raw)| {
            let options = InferOptions {
                category: listed(&options.categories, name),
                ordering: matches!(role(name, options), Role::Time | Role::Weight),
                missing: missing_of(name),
                stand_ins: schema.missing.clone(),
            };
            infer(name, raw, &options)
        })
        .collect();
    for ((name, raw), mut found) in table.names().iter().zip(table.columns()).zip(inferences) {
        let role = role(name, options);
        let missing = missing_of(name);
        let asked = [&options.drop, &options.read_only, &options.keep]
            .into_iter()
            .any(|list| listed(list, name));
        if let (Some(misfit), false, Role::Attribute | Role::Time) = (&found.misfit, asked, role) {
            let misfit = misfit.clone();
            spoilt.push(SpoiltColumn { column: name.clone(), misfit, filled: found.filled });
        }
        if found.kind == Kind::Identifier && listed(&options.keep, name) {
            found.kind = Kind::Category;
            found.why = Some(ColumnReport::KEPT);
        }
        // `1.000` is a thousand people to whoever typed it, and 1 to a reader of numbers.
        if matches!(found.kind, Kind::Number { .. })
            && raw.is_text()
            && !listed(&options.keep, name)
            && only_typed(&behaviour, name)
            && has_grouped_points(raw)
        {
            found.kind = Kind::Category;
            found.why = Some("read as it was typed");
            found.suspect = None;
        }
        if matches!(role, Role::Id | Role::Account) {
            found.kind = Kind::Identifier;
            found.suspect = None;
        }
        if role == Role::Target {
            found.kind = Kind::Category;
        }
        if role == Role::Weight && !matches!(found.kind, Kind::Number { .. }) {
            found.kind = Kind::NUMBER;
        }
        schema.columns.push(Column { name: name.clone(), kind: found.kind.clone(), role, missing });
        looked.push((found, raw));
    }
    if !spoilt.is_empty() {
        return Err(TrainError::Spoilt(spoilt));
    }
    let Behaviour { signals, events, one_age, monotone: orders } = behaviour;
    let snapshots = events.is_some() || options.target.is_empty();
    schema.events = events;
    let mut catalogue = Catalogue::of_table(&schema);
    // A signal that is defined stands for the attribute of its name.
    catalogue.signals.retain(|signal| signals.iter().all(|defined| defined.name != signal.name));
    let defined: Vec<String> = signals.iter().map(|signal| signal.name.clone()).collect();
    catalogue.signals.extend(signals);
    let read_otherwise: Vec<&str> = catalogue
        .signals
        .iter()
        .filter(|signal| matches!(signal.expr, Expr::Read { .. }))
        .flat_map(|signal| signal.expr.columns())
        .collect();
    let sensitive = sensitive_columns(&schema, table);
    // An age needs a moment to count to; a number or a row order is none.
    let timed = snapshots
        || schema
            .with_role(Role::Time)
            .is_some_and(|column| matches!(column.kind, Kind::Date { .. }));
    let inputs: Vec<String> = catalogue
        .signals
        .iter()
        .filter(|signal| {
            let columns = catalogue.columns(signal);
            let first = columns.first().and_then(|column| schema.column(column));
            let any = |list: &[String]| columns.iter().any(|column| listed(list, column));
            let dropped = listed(&options.drop, &signal.name)
                || any(&options.drop)
                || (!listed(&defined, &signal.name) && any(&options.read_only));
            !dropped
                && match (&signal.expr, first) {
                    _ if listed(&defined, &signal.name) => !matches!(
                        catalogue.kind(&signal.name, &schema),
                        None | Some(SignalKind::Time)
                    ),
                    (Expr::DaysSince { .. }, Some(column)) => {
                        timed && !(one_age && column.role == Role::Created)
                    }
                    (Expr::Attribute { column }, Some(found)) => {
                        matches!(found.kind, Kind::Number { .. } | Kind::YesNo | Kind::Category)
                            && (listed(&options.keep, column)
                                || !read_otherwise.contains(&column.as_str()))
                    }
                    _ => false,
                }
        })
        .map(|signal| signal.name.clone())
        .collect();
    let moment = |signal: &&Signal| {
        listed(&defined, &signal.name)
            && catalogue.kind(&signal.name, &schema) == Some(SignalKind::Time)
    };
    let named = |signal: &Signal| match &signal.expr {
        Expr::Attribute { column } => Some((signal.name.clone(), column.clone())),
        _ => None,
    };
    let moments = catalogue.signals.iter().filter(moment).filter_map(named).collect();
    let behind = columns_behind(&catalogue, &inputs);
    let reports = schema
        .columns
        .iter()
        .zip(&looked)
        .map(|(column, (found, raw))| {
            report(column, found, raw, behind.contains(column.name.as_str()), timed, options)
        })
        .collect();
    if inputs.is_empty() {
        return Err(TrainError::data(
            "no column is left to learn from: all are ids, dates, constants or dropped",
        ));
    }
    let (orders, unordered) = orders_of(&schema, &catalogue, &inputs, options, orders);
    let monotone = monotone(&schema, &catalogue, &inputs, options, orders)?;
    let towards = options.towards.clone();
    Ok(Columns {
        schema,
        catalogue,
        inputs,
        reports,
        sensitive,
        towards,
        monotone,
        unordered,
        moments,
    })
}

/// Whether a column is read for the size of a company, and nothing else looks at it.
fn only_typed(behaviour: &Behaviour, name: &str) -> bool {
    let mut looking = behaviour.signals.iter().filter(|of| of.expr.columns().contains(&name));
    let size = |expr: &Expr| matches!(expr, Expr::Read { reader: Reader::CompanySize, .. });
    looking.next().is_some_and(|of| size(&of.expr)) && looking.all(|of| size(&of.expr))
}

/// Whether a text is a number whose points group thousands, or may do so: `1.000`.
fn has_grouped_points(column: &RawColumn) -> bool {
    let groups = |text: &str| {
        let (first, rest) = text.split_once('.')?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let grouped = (1..=3).contains(&first.len())
            && digits(first)
            && rest.split('.').all(|part| part.len() == 3 && digits(part));
        grouped.then_some(())
    };
    column.occurring().any(|of| match of.cell {
        Cell::Text(text) => groups(text.trim()).is_some(),
        _ => false,
    })
}

/// The columns that some signals come from, each looked up once: there can be thousands of both.
pub(crate) fn columns_behind<'c>(catalogue: &'c Catalogue, inputs: &[String]) -> HashSet<&'c str> {
    let named: HashSet<&str> = inputs.iter().map(String::as_str).collect();
    let signals = catalogue.signals.iter().filter(|signal| named.contains(signal.name.as_str()));
    signals.flat_map(|signal| catalogue.columns(signal)).collect()
}

/// Of the orders that a project gives its signals those that the model can keep, and the signals that
/// have none. What is typed goes before what the project says; a signal that the model leaves out, or
/// that is the same everywhere, has any order.
fn orders_of(
    schema: &Schema,
    catalogue: &Catalogue,
    inputs: &[String],
    options: &TrainOptions,
    mut orders: Vec<Monotone>,
) -> (Vec<MonotoneRecord>, Vec<(String, SignalKind)>) {
    orders.retain(|of| {
        !options.increasing.contains(&of.signal) && !options.decreasing.contains(&of.signal)
    });
    let varies = |signal: &Signal| {
        let kinds = signal.expr.columns().into_iter().filter_map(|name| schema.column(name));
        !kinds.into_iter().any(|column| column.kind == Kind::Constant)
    };
    let (mut found, mut unordered) = (Vec::new(), Vec::new());
    for Monotone { signal, increasing } in orders {
        if options.drop.contains(&signal) || !catalogue.signal(&signal).is_some_and(varies) {
            continue;
        }
        match catalogue.kind(&signal, schema) {
            Some(SignalKind::Number) if inputs.contains(&signal) => {
                found.push(MonotoneRecord { signal, increasing });
            }
            None | Some(SignalKind::Number) => {}
            Some(kind) => unordered.push((signal, kind)),
        }
    }
    (found, unordered)
}

/// The signals along which the model must rise, or fall: those that the options name, beside `orders`.
///
/// # Errors
/// [`TrainError::Options`] with every name that is no input, or has no order.
fn monotone(
    schema: &Schema,
    catalogue: &Catalogue,
    inputs: &[String],
    options: &TrainOptions,
    orders: Vec<MonotoneRecord>,
) -> Result<Vec<MonotoneRecord>, TrainError> {
    let (mut found, mut mistakes) = (orders, Vec::new());
    for (option, names, increasing) in
        [("--increasing", &options.increasing, true), ("--decreasing", &options.decreasing, false)]
    {
        for name in names {
            if !inputs.contains(name) {
                let help = hint_or_list(name, inputs.iter().map(String::as_str));
                mistakes.push(format!("{option}: the model has no signal {name:?}{help}"));
                continue;
            }
            match catalogue.kind(name, schema) {
                Some(SignalKind::Number) => {}
                kind => mistakes.push(format!(
                    "{option}: {name:?} is of kind {}, which has no order; only numbers have one",
                    kind.map_or("none", SignalKind::word)
                )),
            }
            if !increasing && options.increasing.contains(name) {
                mistakes.push(format!("{name:?} is both in --increasing and in --decreasing"));
            }
            found.push(MonotoneRecord { signal: name.clone(), increasing });
        }
    }
    if !found.is_empty() && options.towards.is_some() {
        mistakes.push(
            "--towards is not for a model with --increasing or --decreasing: what the rules say may go \
             the other way; leave one away"
                .to_owned(),
        );
    }
    found.sort_by(|a, b| a.signal.cmp(&b.signal));
    found.dedup();
    if mistakes.is_empty() { Ok(found) } else { Err(TrainError::Options(mistakes)) }
}

/// Cells that are looked at to find out whether a column is sensitive.
const SAMPLES: usize = 200;

/// The attributes that hold something sensitive.
fn sensitive_columns(schema: &Schema, table: &Table) -> Vec<SensitiveColumn> {
    let attributes = schema.columns.iter().filter(|column| column.role == Role::Attribute);
    attributes
        .filter_map(|column| {
            let values: Vec<_> = table
                .column(&column.name)?
                .cells()
                .take(SAMPLES)
                .filter_map(Cell::into_text)
                .collect();
            let found = sensitive(&column.name, values.iter().map(AsRef::as_ref))?;
            Some(SensitiveColumn { name: column.name.clone(), why: found.why })
        })
        .collect()
}

/// Every name in the options must be a column, and mean one thing.
pub(crate) fn check(
    table: &Table,
    options: &TrainOptions,
    signals: &[Signal],
) -> Result<(), TrainError> {
    let mut mistakes = Vec::new();
    let mut need = |option: &str, name: &str| {
        // A signal can be dropped as a column can.
        let signals = signals.iter().filter(|_| option == "--drop").map(|s| s.name.as_str());
        if table.position(name).is_none() && signals.clone().all(|signal| signal != name) {
            let names = table.names().iter().map(String::as_str).chain(signals);
            mistakes.push(match did_you_mean(name, names) {
                Some(near) => {
                    format!("{option}: there is no column {name:?}; did you mean {near:?}?")
                }
                None => format!(
                    "{option}: there is no column {name:?}; the columns are {}",
                    table.names().join(", ")
                ),
            });
        }
    };
    if !options.target.is_empty() {
        need("--target", &options.target);
    }
    let time = options.time.as_deref().filter(|time| *time != "@row");
    let single = [
        ("--id", options.id.as_deref()),
        ("--account", options.account.as_deref()),
        ("--time", time),
        ("--weight", options.weight.as_deref()),
    ];
    for (option, name) in single {
        if let Some(name) = name {
            need(option, name);
        }
    }
    let lists =
        [("--category", &options.categories), ("--drop", &options.drop), ("--keep", &options.keep)];
    for (option, names) in lists {
        names.iter().for_each(|name| need(option, name));
    }
    options.missing.iter().for_each(|(name, _)| need("--missing", name));
    for (option, name) in single {
        if name == Some(options.target.as_str()) {
            mistakes.push(format!("{option}: {:?} is the target", options.target));
        }
    }
    for name in options.drop.iter().filter(|name| options.keep.contains(name)) {
        mistakes.push(format!("{name:?} is both in --drop and in --keep"));
    }
    if mistakes.is_empty() { Ok(()) } else { Err(TrainError::Options(mistakes)) }
}

fn role(name: &str, options: &TrainOptions) -> Role {
    let is = |option: &Option<String>| option.as_deref() == Some(name);
    if options.target == name {
        Role::Target
    } else if is(&options.id) {
        Role::Id
    } else if is(&options.account) {
        Role::Account
    } else if is(&options.created) {
        Role::Created
    } else if is(&options.time) {
        Role::Time
    } else if is(&options.weight) {
        Role::Weight
    } else {
        Role::Attribute
    }
}

fn report(
    column: &Column,
    found: &Inference,
    raw: &RawColumn,
    used: bool,
    timed: bool,
    options: &TrainOptions,
) -> ColumnReport {
    let mut notes: Vec<String> = Vec::new();
    match column.role {
        Role::Target => notes.push("the target".to_owned()),
        Role::Id => notes.push(ColumnReport::ID.to_owned()),
        Role::Account => notes.push(ColumnReport::ACCOUNT.to_owned()),
        Role::Time => {
            notes.push("the time of the row".to_owned());
            if !matches!(column.kind, Kind::Number { .. } | Kind::Date { .. }) {
                notes.extend(found.why.map(str::to_owned));
            }
        }
        Role::Weight => notes.push("how often the row counts".to_owned()),
        Role::Created => notes.push("when the lead came to be".to_owned()),
        Role::Attribute if options.drop.contains(&column.name) => {
            notes.push(ColumnReport::DROPPED.to_owned());
        }
        Role::Attribute if options.read_only.contains(&column.name) => {
            notes.push(
                if used { "only read by signals, as you said" } else { ColumnReport::DROPPED }
                    .to_owned(),
            );
        }
        Role::Attribute => {
            match &column.kind {
                Kind::Identifier if used => notes.push(format!(
                    "only read by signals: {}; --keep {} uses it as a category too",
                    found.why.unwrap_or("an identifier"),
                    shell_word(&column.name)
                )),
                Kind::Identifier => notes.push(format!(
                    "not used: {}; --keep {} uses it as a category",
                    found.why.unwrap_or("an identifier"),
                    shell_word(&column.name)
                )),
                Kind::Constant => notes.push(format!(
                    "not used: {}",
                    found.why.unwrap_or("the same value in every row")
                )),
                Kind::Date { .. } if timed => {
                    notes.push(format!("used as days_since_{}", column.name));
                }
                Kind::Date { .. } => {
                    notes.push(
                        "not used: an age needs a moment to count to, a --time of dates".to_owned(),
                    );
                }
                _ => notes.extend(found.why.map(str::to_owned)),
            }
            if let Some((value, share)) = found.suspect {
                notes.push(format!(
                    "{:.1} % are {value}; if that means missing: --missing {}={value}",
                    100.0 * share,
                    column.name
                ));
            }
        }
    }
    let mut stand_ins: Vec<String> =
        found.stand_ins.iter().take(3).map(|(text, count)| format!("{text:?} ({count})")).collect();
    if found.stand_ins.len() > 3 {
        stand_ins.push("and others".to_owned());
    }
    // A typed column has no texts to count.
    if raw.is_text() {
        for value in &column.missing {
            let number = |text: &str| text.trim().parse::<f64>().ok();
            let is = |text: &str| {
                text.eq_ignore_ascii_case(value)
                    || (number(text).is_some() && number(text) == number(value))
            };
            if !found.stand_ins.iter().any(|(text, _)| is(text)) {
                notes.push(format!("no cell is {value:?}, which --missing names"));
            }
        }
    }
    if column.role == Role::Attribute && !stand_ins.is_empty() {
        notes.push(format!("read as missing: {}", stand_ins.join(", ")));
    }
    let kind = match column.role {
        Role::Target => "target",
        Role::Weight => "weight",
        _ => column.kind.word(),
    };
    ColumnReport {
        name: column.name.clone(),
        kind: kind.to_owned(),
        filled: found.filled as f64 / raw.len().max(1) as f64,
        distinct: found.distinct,
        used,
        notes,
    }
}
