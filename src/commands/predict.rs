//! `leadscore predict`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use leadscore_features::io::{Sheet, SheetColumn, write_sheet};
use leadscore_features::{Coding, Encounter, Input, Snapshot, Time, Value};
use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, Score, Scorer, lead_id, reasons};
use serde::Serialize;

use crate::args::PredictArgs;
use crate::inputs::{keep_apart, load_scorers, parse_time, warn_of_rules, wrong_call};
use crate::leads::LeadFile;
use crate::print::{self, count, line, percent, plural, wrap};

#[derive(Serialize)]
struct Report {
    out: String,
    leads: usize,
    model: Option<Source>,
    rule_sets: Vec<Source>,
    bands: BTreeMap<&'static str, usize>,
    /// Leads in each band of each rule set.
    rule_bands: Vec<Vec<BandCount>>,
    /// For each signal, how many leads have a category that no fitted row had.
    unseen: BTreeMap<String, usize>,
    /// Signals that are missing far more often than in the fitted rows.
    missing: Vec<OftenMissing>,
    /// For each signal, how many leads have a number far from all that the model was fitted on.
    far: BTreeMap<String, usize>,
    /// Leads of a project that had converted, or had been closed, by their moment.
    decided: usize,
    /// Signals about events, where events were not given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without_events: Vec<String>,
    /// The moment of all leads, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Time>,
}

/// Leads in one band of a rule set.
#[derive(Serialize)]
struct BandCount {
    band: String,
    leads: usize,
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
    let as_of = parse_time("as-of", args.as_of.as_deref())?;
    let (loaded, rule_sets) = load_scorers(&args.scorer)?;
    if args.reasons > 0 && loaded.is_none() {
        return Err(wrong_call("--reasons are a model's; give --model"));
    }
    let bundle = loaded.as_ref().map(|loaded| &loaded.bundle);
    let inputs = args.scorer.points.iter().chain(&args.scorer.model).chain([&args.leads]);
    keep_apart(&args.out, inputs.chain(&args.events).map(PathBuf::as_path))?;
    let leads = LeadFile::open(&args.leads, args.events.as_deref(), bundle, args.id.as_deref())?;
    keep_apart(&args.out, leads.files())?;
    let scorer = leads.scorer(bundle, &rule_sets)?;
    warn_of_rules(&rule_sets, bundle);
    let store = leads.read_events(scorer.event_plan(), &rule_sets, &|_| {})?;
    let ids = leads.ids(args.id.as_deref(), bundle)?;
    let file = args.leads.display();
    let inputs: Vec<&str> = scorer.inputs().collect();
    let moments = leads.moments(&scorer, as_of);
    leads.say_created_later(&moments);
    let usual = Usual::of(bundle, &scorer);
    let new = || Scored::new(&rule_sets, &inputs, args.reasons, &usual);
    let (parts, _) = leads
        .leads(store.as_ref())
        .walk(&scorer, &moments, new, |scored, step| {
            scored.push(lead_id(ids, step.lead), &scorer, step.snapshot, step.values);
        })
        .map_err(|e| anyhow!("{file}: {e}"))?;
    let mut scored = new();
    parts.into_iter().for_each(|part| scored.append(part));
    let Scored { columns, unseen, missing, far, .. } = scored;
    let far = inputs
        .iter()
        .zip(&far)
        .filter(|(_, leads)| **leads > 0)
        .map(|(signal, leads)| ((*signal).to_owned(), *leads))
        .collect();
    let decided = leads.decided(&moments);
    let without_events = without_events(&scorer, store.is_some());
    let table = &leads.table;
    let bands = band_counts(&columns.bands);
    let rule_bands = rule_sets
        .iter()
        .zip(&columns.points)
        .map(|(set, (_, bands))| band_counts_of(set, bands))
        .collect();
    let missing = bundle
        .map_or_else(Vec::new, |bundle| often_missing(bundle, &inputs, &missing, table.rows()))
        .into_iter()
        .filter(|found| !without_events.contains(&found.signal))
        .collect();
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
        without_events,
        far,
        decided,
        as_of: moments
            .first()
            .and_then(|(_, as_of)| *as_of)
            .filter(|first| moments.iter().all(|(_, as_of)| as_of.as_ref() == Some(first))),
    };
    if args.json { print::json(&report) } else { show(&report) }
}

fn show(report: &Report) -> Result<()> {
    let as_of = report.as_of.map_or_else(String::new, |as_of| format!(" as of {as_of}"));
    line(format!("Scored {}{as_of} into {}", plural(report.leads, "lead"), report.out))?;
    let share = |leads: usize, band: &str| {
        let share = percent(leads as f64 / report.leads.max(1) as f64);
        format!("{} {band} ({share})", count(leads))
    };
    if let Some(model) = &report.model {
        let of = |band| share(report.bands.get(band).copied().unwrap_or(0), band);
        line(format!("By model {}: {}", model.name, ["hot", "warm", "cold"].map(of).join(", ")))?;
    }
    for (set, counts) in report.rule_sets.iter().zip(&report.rule_bands) {
        if counts.is_empty() {
            continue;
        }
        let bands: Vec<String> = counts.iter().rev().map(|c| share(c.leads, &c.band)).collect();
        line(wrap(&format!("By rule set {}: {}", set.name, bands.join(", ")), 2))?;
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
    if report.decided > 0 {
        line(wrap(
            &format!(
                "Note: {} had converted or been closed by then; a model learns from open leads, \
                 and its score says nothing about these",
                plural(report.decided, "lead")
            ),
            2,
        ))?;
    }
    if !report.far.is_empty() {
        let signals: Vec<String> = report
            .far
            .iter()
            .map(|(signal, leads)| format!("{signal} ({})", count(*leads)))
            .collect();
        line(wrap(
            &format!(
                "Warning: some leads have values more than {FAR} standard deviations from those \
                 that the model was fitted on, and it extrapolates: {}. Score leads as they were \
                 trained, at an age like that of the snapshots.",
                signals.join(", ")
            ),
            2,
        ))?;
    }
    if !report.without_events.is_empty() {
        line(wrap(
            &format!(
                "Warning: {} about events, which were not given (--events): {}. The model takes \
                 them for missing, and rules over them are left out.",
                match report.without_events.len() {
                    1 => "1 signal is".to_owned(),
                    more => format!("{more} signals are"),
                },
                report.without_events.join(", ")
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

/// Leads in each band of a rule set, lowest first.
fn band_counts_of(set: &RuleSet, bands: &[Option<usize>]) -> Vec<BandCount> {
    let count = |position| bands.iter().filter(|band| **band == Some(position)).count();
    let all = set.bands.all().iter().enumerate();
    all.map(|(position, band)| BandCount { band: band.name.clone(), leads: count(position) })
        .collect()
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

/// The signals that are about events, where these were not given.
pub(crate) fn without_events(scorer: &Scorer, given: bool) -> Vec<String> {
    if given {
        return Vec::new();
    }
    let of_events = scorer.signals().enumerate().filter(|(index, _)| scorer.is_of_events(*index));
    of_events.map(|(_, name)| name.to_owned()).collect()
}

/// A number this many standard deviations from the fitted mean is far from all that was fitted.
const FAR: f64 = 10.0;

/// For each input of a model that is a number: its place among the scorer's signals, and the mean
/// and scale of the fitted rows.
pub(crate) struct Usual(Vec<Option<(usize, f64, f64)>>);

impl Usual {
    pub(crate) fn of(bundle: Option<&Bundle>, scorer: &Scorer) -> Self {
        let inputs = bundle.iter().flat_map(|bundle| &bundle.model.encoder.inputs);
        let of = |(input, position): (&Input, usize)| match &input.coding {
            Coding::Standard { mean, scale } | Coding::Bins { mean, scale, .. } => {
                Some((position, *mean, *scale))
            }
            Coding::OneHot { .. } => None,
        };
        Self(inputs.zip(scorer.input_positions()).map(of).collect())
    }

    /// The inputs whose value is far from all that was fitted.
    pub(crate) fn far<'v>(&'v self, values: &'v [Value<'_>]) -> impl Iterator<Item = usize> + 'v {
        self.0.iter().enumerate().filter_map(move |(input, usual)| {
            let (position, mean, scale) = (*usual)?;
            let Some(Value::Number(number)) = values.get(position) else { return None };
            ((number - mean).abs() > FAR * scale).then_some(input)
        })
    }
}

/// What scoring a range of leads gives.
struct Scored<'a> {
    usual: &'a Usual,
    /// For each of the model's signals, how many leads have a value far from what was fitted.
    far: Vec<usize>,
    columns: Columns<'a>,
    /// For each signal, how many leads have a category that no fitted row had.
    unseen: BTreeMap<String, usize>,
    /// For each of the model's signals, how many leads lack it.
    missing: Vec<usize>,
    score: Score,
}

impl<'a> Scored<'a> {
    fn new(rule_sets: &[RuleSet], inputs: &'a [&'a str], reasons: usize, usual: &'a Usual) -> Self {
        Self {
            usual,
            far: vec![0; inputs.len()],
            columns: Columns::new(rule_sets, inputs, reasons),
            unseen: BTreeMap::new(),
            missing: vec![0; inputs.len()],
            score: Score::default(),
        }
    }

    fn push(&mut self, id: String, scorer: &Scorer, snapshot: &Snapshot<'_>, values: &[Value<'_>]) {
        self.usual.far(values).for_each(|input| self.far[input] += 1);
        let Self { columns, unseen, missing, score, .. } = self;
        scorer.score_values(values, snapshot.events, score);
        columns.push(id, scorer, snapshot, score);
        let met = columns.inputs.iter().zip(&score.encounters).zip(missing);
        for ((input, encounter), missing) in met {
            match encounter {
                Encounter::Unseen => *unseen.entry((*input).to_owned()).or_default() += 1,
                Encounter::Missing => *missing += 1,
                Encounter::Known | Encounter::Rare => {}
            }
        }
    }

    fn append(&mut self, other: Self) {
        self.columns.append(other.columns);
        self.far.iter_mut().zip(other.far).for_each(|(all, more)| *all += more);
        for (signal, count) in other.unseen {
            *self.unseen.entry(signal).or_default() += count;
        }
        self.missing.iter_mut().zip(other.missing).for_each(|(all, more)| *all += more);
    }
}

/// The columns of the result, lead by lead.
struct Columns<'a> {
    /// The model's signals.
    inputs: &'a [&'a str],
    ids: Vec<String>,
    probabilities: Vec<f64>,
    bands: Vec<String>,
    /// For each rule set the totals, and the positions of the bands.
    points: Vec<(Vec<f64>, Vec<Option<usize>>)>,
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
            bands.push(points.band);
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

    fn append(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.probabilities.extend(other.probabilities);
        self.bands.extend(other.bands);
        for (all, more) in self.points.iter_mut().zip(other.points) {
            all.0.extend(more.0);
            all.1.extend(more.1);
        }
        self.reasons.iter_mut().zip(other.reasons).for_each(|(all, more)| all.extend(more));
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
            if !set.bands.all().is_empty() {
                let name = |band: Option<usize>| band.and_then(|band| set.bands.name(band));
                let names = bands.into_iter().map(|b| name(b).unwrap_or_default().to_owned());
                columns.push((format!("band_{}", set.name), SheetColumn::Text(names.collect())));
            }
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
