//! Options of `leadscore train` that cannot be meant, or not together: all of them at once, each with what to do.

use leadscore_train::PopulationRate;

use crate::args::{SolverArg, TrainArgs};
use crate::leads::is_project;

/// Folds, and deals of them, beyond which nothing is learnt but waiting.
const MOST_FOLDS: usize = 100;
const MOST_REPEATS: usize = 100;

/// Everything that is wrong with the options by themselves, whatever the data are.
pub(super) fn mistakes(args: &TrainArgs) -> Vec<String> {
    let mut found = Vec::new();
    if is_project(&args.leads) {
        found.extend(of_project(args));
    } else if args.target.is_none() {
        found.push(
            "--target is missing: name the column that says whether a lead converted".to_owned(),
        );
    }
    found.extend(values(args));
    found.extend(roles(args));
    found.extend(lists(args));
    found.extend(folds(args));
    if args.solver == SolverArg::Linfa {
        let lacks = [
            ("--towards is", args.towards.is_some()),
            (
                "--increasing and --decreasing are",
                args.increasing.len() + args.decreasing.len() > 0,
            ),
            ("--weight is", args.weight.is_some()),
        ];
        found.extend(lacks.iter().filter(|(_, given)| *given).map(|(option, _)| {
            format!(
                "{option} not for --solver linfa, which fits plain penalties alone; leave one away"
            )
        }));
    }
    found
}

/// What a leadscore.toml says itself.
fn of_project(args: &TrainArgs) -> Vec<String> {
    let said = [
        ("--target", args.target.is_some()),
        ("--positive", args.positive.is_some()),
        ("--negative", args.negative.is_some()),
        ("--id", args.id.is_some()),
        ("--account", args.account.is_some()),
        ("--time", args.time.is_some()),
    ];
    let given: Vec<&str> =
        said.iter().filter(|(_, given)| *given).map(|(option, _)| *option).collect();
    let mut found = Vec::new();
    if let Some((last, rest)) = given.split_last() {
        let (all, them) = match rest.is_empty() {
            true => ((*last).to_owned(), "it"),
            false => (format!("{} and {last}", rest.join(", ")), "them"),
        };
        let source = args.leads.display();
        found.push(format!("{source} says itself what {all} would: leave {them} out"));
    }
    if args.weight.is_some() {
        found.push(
            "--weight is for a table with an outcome a row; of the snapshots of a leadscore.toml each \
             counts once: leave it away"
                .to_owned(),
        );
    }
    found
}

/// Values that an option cannot have.
fn values(args: &TrainArgs) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(l2) = args.l2.filter(|l2| !(*l2 > 0.0 && l2.is_finite())) {
        found.push(format!("--l2 must be a number above 0, not {l2}"));
    }
    if let Some(typed) = args.base_rate.as_deref().filter(|typed| population_rate(typed).is_none())
    {
        found.push(format!(
            "--base-rate is a share between 0 and 1, such as 0.03 for 3 %, or newest; not {typed:?}"
        ));
    }
    let wrong = args.missing.iter().filter(|pair| missing(pair).is_none());
    found.extend(
        wrong.map(|pair| format!("--missing is COLUMN=VALUE, such as pdays=999, not {pair:?}")),
    );
    let texts = [
        ("--target", args.target.as_deref(), "name a column"),
        ("--id", args.id.as_deref(), "name a column, or leave it away"),
        ("--account", args.account.as_deref(), "name a column, or leave it away"),
        ("--time", args.time.as_deref(), "name a column, or leave it away"),
        ("--weight", args.weight.as_deref(), "name a column, or leave it away"),
        (
            "--name",
            args.name.as_deref(),
            "name the model, or leave it away: it is then called as the file",
        ),
        (
            "--model-version",
            Some(args.model_version.as_str()),
            "give a version, or leave it away: it is then 1",
        ),
    ];
    let empty = texts.iter().filter(|(_, text, _)| text.is_some_and(|text| text.trim().is_empty()));
    found.extend(empty.map(|(option, _, instead)| format!("{option} is empty; {instead}")));
    if args.positive.is_some() && args.positive == args.negative {
        found.push("--positive and --negative name the same value; name two".to_owned());
    }
    let out = args.out.as_deref().filter(|out| out.as_os_str().is_empty());
    found.extend(out.map(|_| "--out is empty; name a file, or leave it away".to_owned()));
    found
}

/// What each column is for that an option names for itself.
fn named(args: &TrainArgs) -> Vec<(&'static str, &str)> {
    let named = [
        ("--target", args.target.as_deref()),
        ("--id", args.id.as_deref()),
        ("--account", args.account.as_deref()),
        ("--time", args.time.as_deref()),
        ("--weight", args.weight.as_deref()),
    ];
    let given = named.into_iter().filter_map(|(option, name)| Some((option, name?)));
    given.filter(|(_, name)| !name.is_empty()).collect()
}

/// A column is for one thing.
fn roles(args: &TrainArgs) -> Vec<String> {
    let named = named(args);
    let twice = |(at, (option, name)): (usize, &(&str, &str))| {
        let (before, _) = named[..at].iter().find(|(_, other)| other == name)?;
        Some(format!(
            "{before} and {option} both name {name:?}, which can be only one of them; leave one away"
        ))
    };
    named.iter().enumerate().filter_map(twice).collect()
}

/// Lists that say of a column what goes against its role, or against another list.
fn lists(args: &TrainArgs) -> Vec<String> {
    let all = [
        ("--category", &args.category),
        ("--drop", &args.drop),
        ("--keep", &args.keep),
        ("--increasing", &args.increasing),
        ("--decreasing", &args.decreasing),
    ];
    let mut found = Vec::new();
    let named = named(args);
    for (option, names) in all {
        for (role, name) in named.iter().filter(|(_, name)| names.iter().any(|of| of == name)) {
            found.push(format!(
                "{option} {name}: it is the {role} column, which is never a signal; take it out of {option}{}",
                if *role == "--target" { ", or name another --target" } else { "" }
            ));
        }
    }
    for (drop, others) in [(&args.drop, ["--category", "--keep", "--increasing", "--decreasing"])] {
        for (option, names) in all.iter().filter(|(option, _)| others.contains(option)) {
            for name in drop.iter().filter(|name| names.contains(name)) {
                found.push(format!(
                    "{name:?} is both in --drop and in {option}; take it out of one"
                ));
            }
        }
    }
    for name in args.category.iter() {
        for (option, names) in &all[3..] {
            if names.contains(name) {
                found.push(format!(
                    "{name:?} is both in --category and in {option}, and codes have no order; take it \
                     out of one"
                ));
            }
        }
    }
    found
}

/// Folds that there cannot be.
fn folds(args: &TrainArgs) -> Vec<String> {
    let mut found = Vec::new();
    if args.folds == 1 || args.folds > MOST_FOLDS {
        found.push(format!("--folds must be from 2 to {MOST_FOLDS}, or 0 for none"));
    }
    if !(1..=MOST_REPEATS).contains(&args.repeats) {
        found.push(format!("--repeats must be from 1 to {MOST_REPEATS}"));
    } else if args.repeats > 1 && args.folds == 0 {
        found.push(
            "--repeats deals folds, and --folds 0 wants none; leave one of the two away".to_owned(),
        );
    } else if args.repeats > 1 && (args.time.is_some() || is_project(&args.leads)) {
        found.push(
            "--repeats deals folds at random, and with a time they are blocks of it, the same in every \
             deal; leave it away"
                .to_owned(),
        );
    }
    found
}

/// The column and the value that means missing in it, as typed.
pub(super) fn missing(pair: &str) -> Option<(String, String)> {
    let (column, value) = pair.split_once('=')?;
    (!column.is_empty() && !value.is_empty()).then(|| (column.to_owned(), value.to_owned()))
}

/// The conversion rate of the population, as it was typed.
pub(super) fn population_rate(typed: &str) -> Option<PopulationRate> {
    if typed.trim().eq_ignore_ascii_case("newest") {
        return Some(PopulationRate::Newest);
    }
    let rate = typed.trim().parse::<f64>().ok().filter(|rate| *rate > 0.0 && *rate < 1.0);
    rate.map(PopulationRate::Known)
}
