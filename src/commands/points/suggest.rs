//! `leadscore points suggest`: points by close rate.

use anyhow::Result;
use leadscore_model::points::RuleSet;
use leadscore_train::rules::{SuggestOptions, Suggestion, Suggestions, Suspect, suggest};
use serde::Serialize;

use super::{per_doubling, write_set};
use crate::args::PointsSuggestArgs;
use crate::commands::signals;
use crate::inputs::{keep_apart, wrong_call};
use crate::leads::is_project;
use crate::print::{self, Align, count, line, percent, plural, wrap};

/// Signals that are shown on a terminal.
const SIGNALS_SHOWN: usize = 12;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    suggestions: Suggestions,
    rules: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<String>,
}

pub(crate) fn run(args: &PointsSuggestArgs) -> Result<()> {
    let options = SuggestOptions {
        least: args.least as usize,
        per_doubling: per_doubling(args.per_doubling)?,
    };
    if let Some(out) = &args.out {
        keep_apart(out, [args.leads.as_path()])?;
    }
    let data = signals::load(&args.leads, &args.outcome, args.out.as_deref(), &[])?;
    let file = args.leads.display();
    let Some(labels) = &data.labels else {
        return Err(wrong_call(if is_project(&args.leads) {
            format!("{file}: close rates need [outcomes], [snapshots] and observed_until")
        } else {
            format!("{file}: name the column that says whether a lead converted, with --target")
        }));
    };
    let name =
        args.leads.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let (suggestions, mut set) =
        suggest(&format!("{name}-close-rate"), &data.signals, labels, &options);
    super::learn::define_all(&mut set, &data.catalogue);
    if let Some(out) = args.out.as_ref().filter(|_| !set.rules.is_empty()) {
        write_set(&set, out)?;
    }
    let out = args.out.as_ref().filter(|_| !set.rules.is_empty());
    let report = Report {
        suggestions,
        rules: set.rules.len(),
        out: out.map(|out| out.display().to_string()),
    };
    if args.json { print::json(&report) } else { show(&report, &set, args) }
}

/// What to look at before these points are used; `None` where nothing is suspect.
fn said_of_suspects(suspects: &[Suspect]) -> Option<String> {
    let one = |of: &Suspect| match (&of.value, of.auc) {
        (Some((value, rate)), _) => {
            format!("{} = {} ({} won)", of.signal, print::cut(value, 30), percent(rate.value))
        }
        (None, Some(auc)) => format!("{} (AUC {:.2})", of.signal, auc.value),
        (None, None) => of.signal.clone(),
    };
    let named: Vec<String> = suspects.iter().map(one).collect();
    let named = named.join(", ");
    match suspects.len() {
        0 => None,
        1 => Some(format!(
            "Warning: {named} tells the outcome very well by itself, as a column does that is filled \
             in after it. Check that it is known before a deal is decided, and take its rule out \
             where it is not."
        )),
        _ => Some(format!(
            "Warning: each of these tells the outcome very well by itself, as a column does that is \
             filled in after it: {named}. Check that each is known before a deal is decided, and take \
             out the rules of those that are not."
        )),
    }
}

fn show(report: &Report, set: &RuleSet, args: &PointsSuggestArgs) -> Result<()> {
    let Suggestions { leads, won, rate, values, suspects } = &report.suggestions;
    let overall = rate.map_or(0.0, |rate| rate.value);
    line(wrap(
        &format!(
            "{}, {} won: a close rate of {}. A value gets {} points for each doubling of that, \
             where at least {} leads have it and the rate of all is not within its interval.",
            plural(*leads, "lead"),
            count(*won),
            percent(overall),
            args.per_doubling,
            args.least
        ),
        0,
    ))?;
    if set.rules.is_empty() {
        return line("\nNo value differs enough from all leads to get points.");
    }
    let with_points =
        |v: &&Suggestion| set.rules.iter().any(|rule| rule.signals().contains(&v.signal.as_str()));
    let mut shown: Vec<&str> = Vec::new();
    let mut rows = Vec::new();
    for value in values.iter().filter(with_points) {
        let new = !shown.contains(&value.signal.as_str());
        if new {
            if shown.len() == SIGNALS_SHOWN {
                break;
            }
            shown.push(&value.signal);
        }
        rows.push(vec![
            if new { print::cut(&value.signal, 18) } else { String::new() },
            print::cut(&value.value, 22),
            count(value.obtained),
            print::rate(value.rate),
            value.points.map_or_else(|| "-".to_owned(), |points| format!("{points:+}")),
        ]);
    }
    let header = [
        ("Signal", Align::Left),
        ("Value", Align::Left),
        ("Leads", Align::Right),
        ("Won (95 %)", Align::Right),
        ("Points", Align::Right),
    ];
    line(format!("\n{}", print::table(&header, rows)))?;
    if set.rules.len() > shown.len() {
        line(format!(
            "The {} strongest of {} signals; --json has all.",
            shown.len(),
            set.rules.len()
        ))?;
    }
    if let Some(warning) = said_of_suspects(suspects) {
        line(wrap(&warning, 2))?;
    }
    line(wrap(
        "Each signal is looked at alone: what two of them tell, both give points for. \
         `leadscore points learn` looks at all together.",
        0,
    ))?;
    match &report.out {
        Some(out) => line(format!("\nWrote {} to {out}", plural(report.rules, "rule"))),
        None => Ok(()),
    }
}
