//! `leadscore predict`.

mod columns;
mod ranks;
mod rows;
mod tally;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use leadscore_features::Time;
use leadscore_model::bundle::Untold;
use leadscore_model::{Bundle, FAR, Scorer, Usual};
use leadscore_train::WalkError;
use serde::Serialize;

use tally::Tally;

use crate::args::PredictArgs;
use crate::inputs::{check_table_name, keep_apart, load_scorers, parse_time, wrong_call};
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
    missing: Vec<MoreOften>,
    /// Numbers in steps of which far more leads are in the first or the last than of the fitted rows.
    at_ends: Vec<MoreOften>,
    /// For each signal along which the model is a straight line, how many leads have a number far from
    /// all that it was fitted on.
    far: BTreeMap<String, usize>,
    /// Attributes whose history, in the log of events, tells nothing of leads that have a value today, or sets
    /// what cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    untold: Vec<Untold>,
    /// Leads of a project that had converted, or had been closed, by their moment.
    decided: usize,
    /// Leads that are far older at their moment than any that the model learnt from.
    older: usize,
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
struct MoreOften {
    signal: String,
    /// The share of these leads, from 0 to 1.
    share: f64,
    /// The share of the fitted rows.
    fitted_share: f64,
}

/// A signal is said to be often missing when its share is this much above that of the fitted rows.
const OFTEN: f64 = 0.2;
/// The same of numbers at the ends: no drift that leads make by themselves.
const MOST: f64 = 0.5;
/// Of fewer leads nothing is said of shares at the ends.
const SOME: usize = 10;

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
    if args.intervals {
        match &loaded {
            None => return Err(wrong_call("--intervals are a model's; give --model")),
            Some(loaded) if loaded.bundle.model.uncertainty.is_none() => {
                return Err(anyhow!(
                    "{}: this bundle is of an earlier version and does not know how sure its \
                     probabilities are; train it again for --intervals",
                    loaded.bundle.name
                ));
            }
            Some(_) => {}
        }
    }
    let bundle = loaded.as_ref().map(|loaded| &loaded.bundle);
    let inputs = args.scorer.points.iter().chain(&args.scorer.model).chain([&args.leads]);
    keep_apart(&args.out, inputs.chain(&args.events).map(PathBuf::as_path))?;
    check_table_name(&args.out)?;
    let to_stdout = is_stdout(&args.out);
    let out = if to_stdout { Path::new("/dev/stdout") } else { &args.out };
    let plain =
        rule_sets.is_empty() && args.reasons == 0 && !args.intervals && args.events.is_none();
    let by_columns = match bundle.filter(|_| plain) {
        Some(bundle) => columns::score(args, bundle, as_of.unwrap_or_else(Time::now), out)?,
        None => None,
    };
    let scored = match by_columns {
        Some(scored) => scored,
        None => rows::score(args, bundle, &rule_sets, as_of, out)?,
    };
    if to_stdout {
        return Ok(()); // The scores are what was asked for; a report would spoil them.
    }

    let source = |name: &str, version: &str, hash: &str| Source {
        name: name.to_owned(),
        version: version.to_owned(),
        hash: hash.to_owned(),
    };
    let inputs: Vec<&str> = bundle.iter().flat_map(|b| b.model.encoder.signals()).collect();
    let Scored {
        leads,
        tally,
        usual,
        untold,
        bands,
        rule_bands,
        decided,
        older,
        without_events,
        as_of,
    } = scored;
    let straight = |(input, leads): (usize, &usize)| {
        if usual.share_outside(input).is_none() { *leads } else { 0 }
    };
    let far: Vec<usize> = tally.outside.iter().enumerate().map(straight).collect();
    let report = Report {
        out: args.out.display().to_string(),
        leads,
        model: loaded.as_ref().map(|l| source(&l.bundle.name, &l.bundle.version, &l.hash)),
        rule_sets: rule_sets.iter().map(|set| source(&set.name, &set.version, &set.hash)).collect(),
        bands: bands.into(),
        rule_bands,
        unseen: of_some(&inputs, &tally.unseen),
        missing: bundle
            .map_or_else(Vec::new, |bundle| often_missing(bundle, &inputs, &tally.missing, leads))
            .into_iter()
            .filter(|found| !without_events.contains(&found.signal))
            .collect(),
        without_events,
        at_ends: at_ends(&usual, &inputs, &tally.outside, leads),
        far: of_some(&inputs, &far),
        untold,
        decided,
        older,
        as_of,
    };
    if args.json { print::json(&report) } else { show(&report, bundle) }
}

/// What scoring leads left beside the file of results.
struct Scored {
    leads: usize,
    tally: Tally,
    usual: Usual,
    /// Attributes whose history does not tell of some leads.
    untold: Vec<Untold>,
    bands: Bands,
    /// Leads in each band of each rule set.
    rule_bands: Vec<Vec<BandCount>>,
    /// Leads of a project that had converted, or had been closed, by their moment.
    decided: usize,
    /// Leads that are far older at their moment than any that the model learnt from.
    older: usize,
    /// Signals about events, where events were not given.
    without_events: Vec<String>,
    /// The moment of all leads, where it is one.
    as_of: Option<Time>,
}

/// Leads in each band of probabilities.
#[derive(Clone, Copy, Default)]
struct Bands([usize; 3]);

impl Bands {
    const NAMES: [&'static str; 3] = ["cold", "warm", "hot"];

    fn count(&mut self, bands: &[&str]) {
        for band in bands {
            let place = match *band {
                "hot" => 2,
                "warm" => 1,
                _ => 0,
            };
            self.0[place] += 1;
        }
    }
}

impl From<Bands> for BTreeMap<&'static str, usize> {
    fn from(bands: Bands) -> Self {
        Bands::NAMES.into_iter().zip(bands.0).collect()
    }
}

/// The signals of which there is something to count.
fn of_some(signals: &[&str], counts: &[usize]) -> BTreeMap<String, usize> {
    let found = signals.iter().zip(counts).filter(|(_, leads)| **leads > 0);
    found.map(|(signal, leads)| ((*signal).to_owned(), *leads)).collect()
}

fn show(report: &Report, bundle: Option<&Bundle>) -> Result<()> {
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
                "Note: {} a value of {signal:?} that the model never saw; {}",
                if *leads == 1 {
                    "1 lead has".to_owned()
                } else {
                    format!("{} leads have", count(*leads))
                },
                bundle.map_or("", |bundle| unseen_in_words(bundle, signal))
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
    let oldest = bundle.and_then(|bundle| bundle.training.snapshots.as_ref()?.oldest);
    if let (1.., Some(oldest)) = (report.older, oldest) {
        line(wrap(
            &format!(
                "Note: {} far older than any that the model learnt from, which had come to be {} days \
                 before at most; their probabilities are a guess. [snapshots] every = \"30d\" learns from \
                 leads of all ages, --as-of scores at an earlier moment",
                if report.older == 1 {
                    "1 lead is".to_owned()
                } else {
                    format!("{} leads are", count(report.older))
                },
                oldest.round()
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
                "Warning: some leads have values more than {FAR} standard deviations from the mean of \
                 the fitted rows, where the model goes on in a straight line: {}.{}",
                signals.join(", "),
                if bundle.is_some_and(|bundle| bundle.training.snapshots.is_some()) {
                    " Score leads as they were trained, at an age like that of the snapshots."
                } else {
                    ""
                }
            ),
            2,
        ))?;
    }
    for untold in &report.untold {
        line(wrap(&format!("Warning: {}", untold.in_words()), 2))?;
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
    for found in &report.at_ends {
        line(wrap(
            &format!(
                "Warning: {:?} is in its first or last step in {} of these leads, in {} of those that the model \
                 was fitted on; beyond them the model is level. Is it in the same unit?",
                found.signal,
                percent(found.share),
                percent(found.fitted_share)
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

/// Why leads could not be walked over, and, where a model reads them, what to do.
pub(crate) fn unread(
    leads: &LeadFile,
    error: &WalkError,
    bundle: Option<&Bundle>,
) -> anyhow::Error {
    let said = leads.unread(error);
    let of_project = bundle.is_some_and(|bundle| bundle.training.snapshots.is_some());
    match error.remedy(of_project).filter(|_| bundle.is_some()) {
        Some(remedy) => anyhow!("{said}\n\n{remedy}"),
        None => anyhow!("{said}"),
    }
}

/// What a value of a signal counts as that no fitted row had.
pub(crate) fn unseen_in_words(bundle: &Bundle, signal: &str) -> &'static str {
    let mut inputs = bundle.model.encoder.inputs.iter();
    let input = inputs.find(|input| input.signal == signal);
    input.map_or("", |input| input.coding.unseen_in_words())
}

/// Whether a path stands for standard output.
fn is_stdout(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdout")
}

fn often_missing(
    bundle: &Bundle,
    inputs: &[&str],
    missing: &[usize],
    leads: usize,
) -> Vec<MoreOften> {
    let fitted_share = |signal: &str| {
        let slot = format!("{signal} is missing");
        bundle.model.logistic.slots.iter().find(|s| s.slot == slot).map_or(0.0, |s| s.mean)
    };
    inputs
        .iter()
        .zip(missing)
        .map(|(signal, &count)| MoreOften {
            signal: (*signal).to_owned(),
            share: count as f64 / leads.max(1) as f64,
            fitted_share: fitted_share(signal),
        })
        .filter(|found| found.share > found.fitted_share + OFTEN)
        .collect()
}

/// The numbers of which most leads lie where few fitted rows did, beyond which the model is level: another unit, or another
/// kind of leads.
fn at_ends(usual: &Usual, inputs: &[&str], outside: &[usize], leads: usize) -> Vec<MoreOften> {
    if leads < SOME {
        return Vec::new();
    }
    let each = inputs.iter().zip(outside).enumerate().filter_map(|(input, (signal, &count))| {
        let fitted_share = usual.share_outside(input)?;
        let share = count as f64 / leads as f64;
        (share > fitted_share + MOST).then(|| MoreOften {
            signal: (*signal).to_owned(),
            share,
            fitted_share,
        })
    });
    each.collect()
}

/// The signals that are about events, where these were not given.
pub(crate) fn without_events(scorer: &Scorer, given: bool) -> Vec<String> {
    if given {
        return Vec::new();
    }
    let of_events = scorer.signals().enumerate().filter(|(index, _)| scorer.is_of_events(*index));
    of_events.map(|(_, name)| name.to_owned()).collect()
}
