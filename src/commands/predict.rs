//! `leadscore predict`.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use leadscore_features::io::{Sheet, SheetColumn, write_sheet};
use leadscore_features::{Encounter, Snapshot, Table, Time};
use leadscore_model::points::RuleSet;
use leadscore_model::{BatchReader, Score, Scorer, Sources, lead_id, reasons};
use serde::Serialize;

use crate::args::PredictArgs;
use crate::inputs::{id_column, load_scorers, load_table, parse_time, wrong_call};
use crate::print::{self, count, line, percent, plural, wrap};

/// Mistakes in cells listed one by one; further ones are counted.
const LISTED: usize = 10;

#[derive(Serialize)]
struct Report {
    out: String,
    leads: usize,
    model: Option<Source>,
    rule_sets: Vec<Source>,
    bands: BTreeMap<&'static str, usize>,
    /// For each signal, how many leads have a category that no fitted row had.
    unseen: BTreeMap<String, usize>,
}

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
    let scorer = Scorer::new(Sources::served(bundle, &rule_sets))?;
    let table = load_table(&args.leads)?;
    let ids = id_column(&table, args.id.as_deref(), bundle)?;
    let file = args.leads.display();
    let mut columns = Columns::new(&rule_sets, args.reasons);
    let mut unseen: BTreeMap<String, usize> = BTreeMap::new();
    score_rows(&scorer, &table, as_of, &file.to_string(), |row, snapshot, score| {
        columns.push(lead_id(ids, row), &scorer, snapshot, score);
        for (input, encounter) in scorer.inputs().zip(&score.encounters) {
            if *encounter == Encounter::Unseen {
                *unseen.entry(input.to_owned()).or_default() += 1;
            }
        }
    })?;
    let bands = columns.bands();
    write_sheet(&args.out, &columns.into_sheet(scorer.has_model(), &rule_sets))?;

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
        unseen,
    };
    if args.json { print::json(&report) } else { show(&report) }
}

fn show(report: &Report) -> Result<()> {
    line(format!("Scored {} into {}", plural(report.leads, "lead"), report.out))?;
    let by = match (&report.model, report.rule_sets.first()) {
        (Some(model), _) => format!("model {}", model.name),
        (None, Some(set)) => format!("rule set {}", set.name),
        (None, None) => String::new(),
    };
    let bands: Vec<String> = ["hot", "warm", "cold"]
        .iter()
        .map(|band| {
            let leads = report.bands.get(band).copied().unwrap_or(0);
            format!(
                "{} {band} ({})",
                count(leads),
                percent(leads as f64 / report.leads.max(1) as f64)
            )
        })
        .collect();
    line(format!("By {by}: {}", bands.join(", ")))?;
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
    Ok(())
}

/// Scores every row of a table in order. Cells that cannot be read are an error that lists them.
pub(crate) fn score_rows<'t>(
    scorer: &Scorer,
    table: &'t Table,
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
    if mistakes.is_empty() {
        return Ok(());
    }
    let mut text: Vec<String> = mistakes.iter().take(LISTED).map(ToString::to_string).collect();
    if mistakes.len() > LISTED {
        text.push(format!("and {} more", mistakes.len() - LISTED));
    }
    Err(anyhow!("{file}: {}", text.join("\n  ")))
}

/// The columns of the result, lead by lead.
struct Columns {
    ids: Vec<String>,
    probabilities: Vec<f64>,
    bands: Vec<String>,
    points: Vec<(Vec<f64>, Vec<String>)>,
    reasons: Vec<Vec<String>>,
}

impl Columns {
    fn new(rule_sets: &[RuleSet], reasons: usize) -> Self {
        Self {
            ids: Vec::new(),
            probabilities: Vec::new(),
            bands: Vec::new(),
            points: vec![(Vec::new(), Vec::new()); rule_sets.len()],
            reasons: vec![Vec::new(); reasons],
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
        let names: Vec<&str> = scorer.inputs().collect();
        let mut found = reasons(score.log_odds, &score.parts).into_iter();
        for column in &mut self.reasons {
            column.push(found.next().map_or_else(String::new, |reason| {
                let value = scorer.input_value(reason.input, snapshot);
                format!("{} = {value} ({:+.2})", names[reason.input], reason.log_odds)
            }));
        }
    }

    /// Leads in each band of the model, or of the first rule set.
    fn bands(&self) -> BTreeMap<&'static str, usize> {
        let bands = match self.points.first() {
            Some((_, bands)) if self.bands.is_empty() => bands,
            _ => &self.bands,
        };
        let of = |band: &'static str| (band, bands.iter().filter(|b| *b == band).count());
        ["cold", "warm", "hot"].map(of).into()
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
