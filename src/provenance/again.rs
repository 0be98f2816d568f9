//! The command that trains a model again, by what its bundle says of its training.

use std::path::Path;

use leadscore_features::{Expr, Role, Schema};
use leadscore_model::Bundle;
use leadscore_model::bundle::{
    ColumnReport, FoldRule, LeakAction, RateSource, SplitRule, Training,
};
use leadscore_model::words::shell_word;
use serde::Serialize;

/// What the trainer said of columns, beside what they are.
#[derive(Serialize)]
pub(crate) struct Said {
    /// Not to be used.
    pub(crate) dropped: Vec<String>,
    /// To be used although they look like identifiers, or known only after the outcome.
    pub(crate) kept: Vec<String>,
    /// Whose values are codes.
    pub(crate) codes: Vec<String>,
    /// Values that mean missing, as `COLUMN=VALUE`.
    pub(crate) missing: Vec<String>,
}

impl Said {
    /// What the record keeps of it: the notes of the columns, the schema, the leakage guard.
    pub(crate) fn of(bundle: &Bundle) -> Self {
        let training = &bundle.training;
        let noted = |note: &'static str| {
            let found = training.columns.iter().filter(move |column| column.is_noted(note));
            found.map(|column| column.name.clone())
        };
        let missing = bundle.schema.columns.iter().flat_map(|column| {
            column.missing.iter().map(|value| format!("{}={value}", column.name))
        });
        let mut kept: Vec<String> = noted(ColumnReport::KEPT).collect();
        let leaking = training.leakage.iter().flat_map(|found| &found.columns);
        let leaking = leaking.filter(|column| column.action == LeakAction::Kept);
        kept.extend(leaking.map(|column| column.column.clone()));
        kept.extend(read_twice(bundle));
        kept.sort_unstable();
        kept.dedup();
        Self {
            dropped: noted(ColumnReport::DROPPED).collect(),
            kept,
            codes: noted(ColumnReport::CODES).collect(),
            missing: missing.collect(),
        }
    }
}

/// Columns that the model uses as they are though a signal of it reads them (a title, an address),
/// which they are for those alone who asked for it.
fn read_twice(bundle: &Bundle) -> impl Iterator<Item = String> {
    let signals =
        || bundle.model.encoder.signals().filter_map(|name| bundle.catalogue.signal(name));
    let read = |column: &str| {
        let of_column =
            |expr: &Expr| matches!(expr, Expr::Read { .. }) && expr.columns().contains(&column);
        bundle.catalogue.signals.iter().any(|signal| of_column(&signal.expr))
    };
    let kept = signals().filter_map(move |signal| match &signal.expr {
        Expr::Attribute { column } if read(column) => Some(column.clone()),
        _ => None,
    });
    kept.collect::<Vec<_>>().into_iter()
}

/// The command that makes the model again, of the file `leads`. `rules` gives the path of a rule set by
/// its hash, where it is known.
pub(crate) fn command(
    bundle: &Bundle,
    leads: &str,
    out: &str,
    rules: impl Fn(&str) -> Option<String>,
) -> String {
    let training = &bundle.training;
    let mut words: Vec<String> = vec!["leadscore".into(), "train".into(), leads.to_owned()];
    let mut add = |option: &str, value: String| words.extend([option.to_owned(), value]);
    if training.snapshots.is_none() {
        columns_of_table(&bundle.schema, training, &mut add);
    }
    let said = Said::of(bundle);
    for (option, names) in
        [("--category", &said.codes), ("--drop", &said.dropped), ("--keep", &said.kept)]
    {
        if !names.is_empty() {
            add(option, names.join(","));
        }
    }
    said.missing.iter().for_each(|pair| add("--missing", pair.clone()));
    fit(training, &mut add);
    let file_of = |hash: &str, name: &str| rules(hash).unwrap_or_else(|| format!("{name}.toml"));
    if let Some(towards) = &training.towards {
        add("--towards", file_of(&towards.hash, &towards.name));
    }
    for set in &training.rule_sets {
        add("--points", file_of(&set.hash, &set.name));
    }
    let stem = Path::new(leads).file_stem().map(|stem| stem.to_string_lossy());
    if stem.as_deref() != Some(bundle.name.as_str()) {
        add("--name", bundle.name.clone());
    }
    if bundle.version != "1" {
        add("--model-version", bundle.version.clone());
    }
    add("--out", out.to_owned());
    if training.shape.is_none() {
        // Behind the others: it has no value.
        words.push("--plain".to_owned());
    }
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

/// The roles of the columns of a table. A project says its own.
fn columns_of_table(schema: &Schema, training: &Training, add: &mut impl FnMut(&str, String)) {
    let target = &training.target;
    add("--target", target.column.clone());
    add("--positive", target.positive.clone());
    add("--negative", target.negative.clone());
    for (option, role) in [
        ("--id", Role::Id),
        ("--account", Role::Account),
        ("--time", Role::Time),
        ("--weight", Role::Weight),
    ] {
        if let Some(column) = schema.with_role(role) {
            add(option, column.name.clone());
        }
    }
    if matches!(&training.split.rule, SplitRule::Newest { by, .. } if by == "@row") {
        add("--time", "@row".to_owned());
    }
}

/// How it was fitted, where that was not by default.
fn fit(training: &Training, add: &mut impl FnMut(&str, String)) {
    let seed = match training.split.rule {
        SplitRule::Stratified { seed } => seed,
        SplitRule::Newest { .. } => training.seed,
    };
    if seed != 0 {
        add("--seed", seed.to_string());
    }
    if training.shape.is_none() && training.penalty.folds == 0 {
        add("--l2", training.penalty.l2.to_string());
    }
    if training.served_fit.solver == "linfa" {
        add("--solver", "linfa".to_owned());
    }
    match &training.folds {
        None => add("--folds", "0".to_owned()),
        Some(folds) => {
            // Of blocks of time the first is only fitted to.
            let asked = folds.folds + usize::from(folds.by == FoldRule::Forward);
            if asked != crate::args::DEFAULT_FOLDS {
                add("--folds", asked.to_string());
            }
            if folds.by == FoldRule::Random && folds.repeats > 1 {
                add("--repeats", folds.repeats.to_string());
            }
        }
    }
    if let Some(rate) = &training.base_rate {
        let rate = match rate.from {
            RateSource::Newest => "newest".to_owned(),
            RateSource::Given => rate.served.population.to_string(),
        };
        add("--base-rate", rate);
    }
    for (option, increasing) in [("--increasing", true), ("--decreasing", false)] {
        let held = training.monotone.iter().filter(|of| of.increasing == increasing);
        let names: Vec<&str> = held.map(|of| of.signal.as_str()).collect();
        if !names.is_empty() {
            add(option, names.join(","));
        }
    }
}
