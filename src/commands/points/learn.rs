//! `leadscore points learn`: a trained model as a rule set.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use leadscore_features::{Catalogue, Time};
use leadscore_model::bundle::{Membership, SplitRule};
use leadscore_model::evaluate::Interval;
use leadscore_model::points::{RuleSet, SchemaView};
use leadscore_model::{Bundle, Scorer, Sources, sigmoid};
use leadscore_train::rules::{LearnData, LearnOptions, LearnReport, Quality, learn};
use leadscore_train::{SignalValues, read_signals};
use serde::Serialize;

use super::{per_doubling, write_set};
use crate::args::PointsLearnArgs;
use crate::commands::compare::{Candidate, Found, of_project, of_table, score};
use crate::inputs::{keep_apart, load_bundle, wrong_call};
use crate::leads::LeadFile;
use crate::print::{self, Align, count, line, percent, plural, wrap};

#[derive(Serialize)]
struct Report {
    rule_set: String,
    out: String,
    model: String,
    #[serde(flatten)]
    learned: LearnReport,
    per_doubling: f64,
}

pub(crate) fn run(args: &PointsLearnArgs) -> Result<()> {
    let per_doubling = per_doubling(args.per_doubling)?;
    let loaded = load_bundle(&args.model)?;
    let bundle = &loaded.bundle;
    let name = args.name.clone().unwrap_or_else(|| format!("{}-points", bundle.name));
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.toml")));
    let leads = LeadFile::open(&args.leads, None, Some(bundle), None)?;
    let inputs = leads.files().chain([args.model.as_path()]);
    keep_apart(&out, inputs)?;
    let file = args.leads.display().to_string();
    let Found { candidates, .. } = match &leads.project {
        Some(project) => of_project(&leads.table, project, bundle, &file)?,
        None if bundle.training.snapshots.is_some() => {
            return Err(wrong_call(format!(
                "{file}: the model was trained on snapshots of a leadscore.toml; name that file"
            )));
        }
        None => of_table(&leads.table, bundle, args.target.as_deref(), &file)?,
    };
    let (mut training, mut held_out) = (Vec::new(), Vec::new());
    let mut rows: Vec<Candidate> = Vec::with_capacity(candidates.len());
    for (row, (candidate, membership)) in candidates.into_iter().enumerate() {
        let mut recorded = None;
        match membership {
            Membership::HeldOut(held) => {
                held_out.push(row);
                recorded = Some(held.log_odds);
            }
            Membership::Seen if before_held_out(&candidate, bundle) => training.push(row),
            Membership::Seen | Membership::New => {}
        }
        rows.push(Candidate { recorded, ..candidate });
    }
    if held_out.is_empty() {
        return Err(anyhow!(
            "{file}: none of its rows was held out when the model was trained, so nothing could be \
             said of the points; name the data that the model was trained on"
        ));
    }
    let catalogue = &bundle.catalogue;
    let view = SchemaView { schema: &bundle.schema, catalogue };
    let names: Vec<String> = bundle.model.encoder.signals().map(str::to_owned).collect();
    let scorer = Scorer::new(Sources::evaluated(bundle, &[]))?;
    let store = leads.read_events(scorer.event_plan(), &[], &|_| {})?;
    let moments: Vec<_> = rows.iter().map(|candidate| (candidate.row, candidate.as_of)).collect();
    let walker = leads.leads(store.as_ref());
    let scores = score(&leads, store.as_ref(), &scorer, &rows)?;
    let model: Vec<f64> = scores.iter().map(|score| score.log_odds).collect();
    let groups: Vec<u64> = rows.iter().map(|candidate| candidate.row as u64).collect();
    let SignalValues { signals, .. } =
        read_signals(view, &names, &walker, &moments).map_err(|e| anyhow!("{file}: {e}"))?;
    let labels: Vec<bool> = rows.iter().map(|candidate| candidate.label).collect();
    let data = LearnData {
        signals: &signals,
        labels: &labels,
        training: &training,
        held_out: &held_out,
        model: &model,
        groups: &groups,
        catalogue,
    };
    let options = LearnOptions {
        name: name.clone(),
        rules: usize::from(args.rules),
        per_doubling,
        up: args.up.clone(),
        down: args.down.clone(),
    };
    let mut learned = learn(&data, &options).map_err(|e| anyhow!("{file}: {e}"))?;
    let report = &learned.report;
    learned.set.description = Some(describe(report, bundle, per_doubling));
    learned.set.take_missing(&bundle.schema);
    write_set(&learned.set, &out)?;
    let report = Report {
        rule_set: name,
        out: out.display().to_string(),
        model: bundle.name.clone(),
        learned: learned.report,
        per_doubling,
    };
    if args.json { print::json(&report) } else { show(&report, &learned.set) }
}

/// Whether the outcome of a row that was fitted was known before the first held-out moment, so that
/// figures on held-out rows are honest.
fn before_held_out(candidate: &Candidate, bundle: &Bundle) -> bool {
    let SplitRule::Newest { from, .. } = &bundle.training.split.rule else { return true };
    match (candidate.as_of, &bundle.training.snapshots, Time::parse(from)) {
        (Some(as_of), Some(record), Ok(from)) => record.horizon.after(as_of) <= from,
        _ => true,
    }
}

/// Takes the definitions of all signals that a set looks at into it, so that it stands alone.
pub(super) fn define_all(set: &mut RuleSet, catalogue: &Catalogue) {
    let names: Vec<String> =
        set.signals_used().into_iter().map(|(name, _)| name.to_owned()).collect();
    for name in names {
        if let Some(signal) = catalogue.signal(&name) {
            set.define(signal, catalogue);
        }
    }
}

fn describe(report: &LearnReport, bundle: &Bundle, per_doubling: f64) -> String {
    let at_zero = percent(sigmoid(report.log_odds_at_zero));
    format!(
        "Learned from the model {}: 0 points are a probability of {at_zero}, and {per_doubling} more \
         double the odds.",
        bundle.name
    )
}

fn show(report: &Report, set: &RuleSet) -> Result<()> {
    let learned = &report.learned;
    line(wrap(
        &format!(
            "Learned {} from {} of the model {}, and wrote them to {}.",
            plural(learned.rules, "rule"),
            plural(learned.training_rows, "row"),
            report.model,
            report.out
        ),
        0,
    ))?;
    let auc = |auc: Option<Interval>| {
        auc.map_or_else(
            || "-".to_owned(),
            |auc| format!("{:.3} ({:.3}-{:.3})", auc.value, auc.low, auc.high),
        )
    };
    let row = |name: &str, quality: &Quality| {
        vec![
            name.to_owned(),
            auc(quality.auc),
            format!("{:.4}", quality.log_loss),
            quality.slope.map_or_else(|| "-".to_owned(), |found| format!("{:.2}", found.slope)),
        ]
    };
    let rows = vec![
        row("The model", &learned.model),
        row("Before rounding", &learned.unrounded),
        row("The points", &learned.points),
    ];
    let header = [
        ("", Align::Left),
        ("AUC (95 %)", Align::Right),
        ("Log loss", Align::Right),
        ("Slope", Align::Right),
    ];
    line(format!("\n{}", print::table(&header, rows)))?;
    line(wrap(
        &format!(
            "On {} that neither saw, {} of which converted. Slope: 1 where probabilities are as \
             spread as they should be.",
            plural(learned.held_out_rows, "held-out row"),
            count(learned.held_out_conversions)
        ),
        0,
    ))?;
    if let Some(lost) = learned.auc_lost {
        line(wrap(&said_of_lost(lost), 0))?;
    }
    let at = |points: f64| {
        percent(sigmoid(learned.log_odds_at_zero + points * learned.log_odds_of_a_point))
    };
    let mut means = vec![format!("0 points are a probability of {}", at(0.0))];
    for band in set.bands.all() {
        if let Some(from) = band.from {
            means.push(format!("{} from {from}: {}", band.name, at(from.to_number())));
        }
    }
    line(wrap(&format!("\nWhat points mean: {}.", means.join("; ")), 2))
}

/// What the points lose against the model, and whether that is more than chance.
fn said_of_lost(Interval { value, low, high }: Interval) -> String {
    let chance = if low <= 0.0 && high >= 0.0 { ", so it may be chance" } else { "" };
    if value > 0.0 {
        format!(
            "The points lose {value:.4} AUC against the model (95 % interval {low:.4} to \
             {high:.4}{chance})."
        )
    } else {
        let (value, low, high) = (-value + 0.0, -high + 0.0, -low + 0.0); // no -0.0
        format!(
            "The points rank better than the model, by {value:.4} AUC (95 % interval {low:.4} to \
             {high:.4}{chance})."
        )
    }
}
