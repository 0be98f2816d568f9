//! `leadscore predict`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use leadscore_features::io::{Sheet, SheetColumn, write_sheet};
use leadscore_features::{Encounter, Mistakes, Snapshot, Table, Time};
use leadscore_model::points::RuleSet;
use leadscore_model::{BatchReader, Bundle, Score, Scorer, Sources, lead_id, reasons};
use serde::Serialize;

use crate::args::PredictArgs;
use crate::inputs::{
    check_columns, id_column, keep_apart, load_scorers, load_table, parse_time, warn_of_rules,
    wrong_call,
};
use crate::print::{self, count, line, percent, plural, wrap};

#[derive(Serialize)]
struct Report {
    out: String,
    leads: usize,
    model: Option<Source>,
    rule_sets: Vec<Source>,
    bands: BTreeMap<&'static str, usize>,
    /// Leads in each band of each rule set.
    rule_bands: Vec<BTreeMap<&'static str, usize>>,
    /// For each signal, how many leads have a category that no fitted row had.
    unseen: BTreeMap<String, usize>,
    /// Signals that are missing far more often than in the fitted rows.
    missing: Vec<OftenMissing>,
}

#[derive(Serialize)]
struct OftenMissing {
    signal: String,
    /// The share of these leads, from 0 to 1.
    share: f64,
    /// The share of the fitted rows.
    fitted_share: f64,
}

/// A signal is said to be often missing when its share is this much above that of the fitted rows.
const OFTEN: f64 = 0.2;

#[derive(Serialize)]
struct Source {
    name: String,
    version: String,
    hash: String,
}

pub(crate) fn run(args: &PredictArgs) -> Result<()> {
    let as_of = parse_time(args.as_of.as_deref())?;
    let (loaded, rule_sets) = load_scorers(&args.scorer)?;
    if args.reasons > 0 && loaded.is_none() {
        return Err(wrong_call("--reasons are a model's; give --model"));
    }
    let bundle = loaded.as_ref().map(|loaded| &loaded.bundle);
    let inputs = args.scorer.points.iter().chain(&args.scorer.model).chain([&args.leads]);
    keep_apart(&args.out, inputs.map(PathBuf::as_path))?;
    let scorer = Scorer::new(Sources::served(bundle, &rule_sets))?;
    warn_of_rules(&rule_sets, bundle);
    let table = load_table(&args.leads)?;
    if bundle.is_none() {
        check_columns(&rule_sets, &table)?;
    }
    let ids = id_column(&table, args.id.as_deref(), bundle)?;
    let file = args.leads.display();
    let inputs: Vec<&str> = scorer.inputs().collect();
    let mut columns = Columns::new(&rule_sets, &inputs, args.reasons);
    let mut unseen: BTreeMap<String, usize> = BTreeMap::new();
    let mut missing = vec![0usize; inputs.len()];
    score_rows(&scorer, &table, as_of, &file.to_string(), |row, snapshot, score| {
        columns.push(lead_id(ids, row), &scorer, snapshot, score);
        for ((input, encounter), missing) in inputs.iter().zip(&score.encounters).zip(&mut missing)
        {
            match encounter {
                Encounter::Unseen => *unseen.entry((*input).to_owned()).or_default() += 1,
                Encounter::Missing => *missing += 1,
                Encounter::Known | Encounter::Rare => {}
            }
        }
    })?;
    let bands = band_counts(&columns.bands);
    let rule_bands = columns.points.iter().map(|(_, bands)| band_counts(bands)).collect();
    let missing = bundle
        .map_or_else(Vec::new, |bundle| often_missing(bundle, &inputs, &missing, table.rows()));
    let to_stdout = is_stdout(&args.out);
    let out = if to_stdout { Path::new("/dev/stdout") } else { &args.out };
    write_sheet(out, &columns.into_sheet(scorer.has_model(), &rule_sets))?;
    if to_stdout {
        return Ok(()); // The scores are what was asked for; a report would spoil them.
    }

    let source = |name: &str, version: &str, hash: &str| Source {
        name: name.to_owned(),
        version: version.to_owned(),
        hash: hash.to_owned(),
    };
    let report = Report {
        out: args.out.display().to_string(),
        leads: table.rows(),
        model: loaded.as_ref().map(|l| source(&l.bundle.name, &l.bundle.version, &l.hash)),
        rule_sets: rule_sets.iter().map(|set| source(&set.name, &set.version, &set.hash)).collect(),
        bands,
        rule_bands,
        unseen,
        missing,
    };
    if args.json { print::json(&report) } else { show(&report) }
}

fn show(report: &Report) -> Result<()> {
    line(format!("Scored {} into {}", plural(report.leads, "lead"), report.out))?;
    let bands = |bands: &BTreeMap<&'static str, usize>| {
        ["hot", "warm", "cold"]
            .map(|band| {
                let leads = bands.get(band).copied().unwrap_or(0);
                let share = percent(leads as f64 / report.leads.max(1) as f64);
                format!("{} {band} ({share})", count(leads))
            })
            .join(", ")
    };
    if let Some(model) = &report.model {
        line(format!("By model {}: {}", model.name, bands(&report.bands)))?;
    }
    for (set, counts) in report.rule_sets.iter().zip(&report.rule_bands) {
        line(format!("By rule set {}: {}", set.name, bands(counts)))?;
    }
    for (signal, leads) in &report.unseen {
        line(wrap(
            &format!(
                "Note: {} a value of {signal:?} that the model never saw; it counts as average",
                if *leads == 1 {
                    "1 lead has".to_owned()
                } else {
                    format!("{} leads have", count(*leads))
                }
            ),
            2,
        ))?;
    }
    for found in &report.missing {
        line(wrap(
            &format!(
                "Note: {:?} is missing in {} of these leads, in {} of those that the model was \
                 fitted on",
                found.signal,
                percent(found.share),
                percent(found.fitted_share)
            ),
            2,
        ))?;
    }
    Ok(())
}

/// Whether a path stands for standard output.
fn is_stdout(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdout")
}

fn band_counts(bands: &[String]) -> BTreeMap<&'static str, usize> {
    let of = |band: &'static str| (band, bands.iter().filter(|b| *b == band).count());
    ["cold", "warm", "hot"].map(of).into()
}

fn often_missing(
    bundle: &Bundle,
    inputs: &[&str],
    missing: &[usize],
    leads: usize,
) -> Vec<OftenMissing> {
    let fitted_share = |signal: &str| {
        let slot = format!("{signal} is missing");
        bundle.model.logistic.slots.iter().find(|s| s.slot == slot).map_or(0.0, |s| s.mean)
    };
    inputs
        .iter()
        .zip(missing)
        .map(|(signal, &count)| OftenMissing {
            signal: (*signal).to_owned(),
            share: count as f64 / leads.max(1) as f64,
            fitted_share: fitted_share(signal),
        })
        .filter(|found| found.share > found.fitted_share + OFTEN)
        .collect()
}

/// Scores every row of a table in order. Cells that cannot be read are an error that lists them.
fn score_rows(
    scorer: &Scorer,
    table: &Table,
    as_of: Option<Time>,
    file: &str,
    mut each: impl FnMut(usize, &Snapshot<'_>, &Score),
) -> Result<()> {
    let reader = BatchReader::new(scorer, table).map_err(|e| anyhow!("{file}: {e}"))?;
    // As online: a row without a moment of its own is scored as of now.
    let as_of = as_of.unwrap_or_else(Time::now);
    let (mut mistakes, mut values, mut score) = (Vec::new(), Vec::new(), Score::default());
    for row in 0..table.rows() {
        let own = reader.read(row, &mut values, &mut mistakes);
        if mistakes.is_empty() {
            let snapshot = Snapshot { as_of: Some(own.unwrap_or(as_of)), attributes: &values };
            scorer.score(&snapshot, &mut score);
            each(row, &snapshot, &score);
        }
    }
    let mut found = Mistakes::default();
    found.extend(mistakes.iter().map(ToString::to_string));
    found.check().map_err(|found| anyhow!("{file}: {}", found.join("\n  ")))
}

/// The columns of the result, lead by lead.
struct Columns<'a> {
    /// The model's signals.
    inputs: &'a [&'a str],
    ids: Vec<String>,
    probabilities: Vec<f64>,
    bands: Vec<String>,
    points: Vec<(Vec<f64>, Vec<String>)>,
    reasons: Vec<Vec<String>>,
}

impl<'a> Columns<'a> {
    fn new(rule_sets: &[RuleSet], inputs: &'a [&'a str], reasons: usize) -> Self {
        Self {
            inputs,
            ids: Vec::new(),
            probabilities: Vec::new(),
            bands: Vec::new(),
            points: vec![(Vec::new(), Vec::new()); rule_sets.len()],
            reasons: vec![Vec::new(); reasons.min(inputs.len())],
        }
    }

    fn push(&mut self, id: String, scorer: &Scorer, snapshot: &Snapshot<'_>, score: &Score) {
        self.ids.push(id);
        if scorer.has_model() {
            self.probabilities.push(score.probability);
            self.bands.push(score.band.to_owned());
        }
        for ((totals, bands), points) in self.points.iter_mut().zip(&score.points) {
            totals.push(points.total.to_number());
            bands.push(points.band.to_owned());
        }
        if self.reasons.is_empty() {
            return;
        }
        let mut found = reasons(score.log_odds, &score.parts).into_iter();
        for column in &mut self.reasons {
            column.push(found.next().map_or_else(String::new, |reason| {
                let value = scorer.input_value(reason.input, snapshot);
                print::reason(self.inputs[reason.input], &value, &reason)
            }));
        }
    }

    fn into_sheet(self, has_model: bool, rule_sets: &[RuleSet]) -> Sheet {
        let mut columns = vec![("id".to_owned(), SheetColumn::Text(self.ids))];
        let ranked = match self.points.first() {
            Some((totals, _)) if !has_model => ranks(totals),
            _ => ranks(&self.probabilities),
        };
        if has_model {
            columns.push(("probability".to_owned(), SheetColumn::Number(self.probabilities)));
        }
        columns.push(("rank".to_owned(), SheetColumn::Integer(ranked)));
        if has_model {
            columns.push(("band".to_owned(), SheetColumn::Text(self.bands)));
        }
        for ((totals, bands), set) in self.points.into_iter().zip(rule_sets) {
            columns.push((format!("points_{}", set.name), SheetColumn::Number(totals)));
            columns.push((format!("band_{}", set.name), SheetColumn::Text(bands)));
        }
        for (index, reasons) in self.reasons.into_iter().enumerate() {
            columns.push((format!("reason_{}", index + 1), SheetColumn::Text(reasons)));
        }
        Sheet { columns }
    }
}

/// Places, 1 the highest score; ties share the best of theirs.
fn ranks(scores: &[f64]) -> Vec<i64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut ranks = vec![0; scores.len()];
    let mut rank = 1;
    for (place, &row) in order.iter().enumerate() {
        if place > 0 && scores[row] != scores[order[place - 1]] {
            rank = place as i64 + 1;
        }
        ranks[row] = rank;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_best_place() {
        assert_eq!(ranks(&[0.5, 0.9, 0.5, 0.1]), [2, 1, 2, 4]);
        assert_eq!(ranks(&[]), Vec::<i64>::new());
    }
}
