//! `leadscore signals`: the catalogue, what each signal looks like in the data, and its values.

use std::path::Path;

use anyhow::{Result, anyhow};
use leadscore_features::events::{EventLog, FilterCounts, Measure};
use leadscore_features::io::{Packing, Sheet, SheetColumn, write_sheet};
use leadscore_features::{Catalogue, Expr, Schema, Time, hint_or_list};
use leadscore_model::bundle::LeftOut;
use leadscore_model::lead_id;
use leadscore_train::{
    Behaviour, Prepared, SignalColumn, SignalData, SignalValues, TrainError, TrainOptions,
    signals as table_signals, snapshots,
};
use rayon::prelude::*;
use serde::Serialize;

use crate::args::{OutcomeArgs, SignalsArgs};
use crate::commands::train::{said_of_copies, said_of_events, said_of_left_out};
use crate::inputs::{check_table_name, keep_apart, load_table, wrong_call};
use crate::leads::{LeadFile, ProjectFile, is_project};
use crate::print::{self, Align, count, line, percent, plural, wrap};

/// Buckets of a number, at most.
const BUCKETS: usize = 5;
/// Values of a category that have a bucket of their own.
const CATEGORIES: usize = 6;
/// Whole numbers below this are sorted by counting them.
const SMALL: usize = 1 << 12;

#[derive(Serialize)]
struct Report {
    file: String,
    /// Snapshots, or rows of a flat table.
    snapshots: usize,
    /// The share that converted, where outcomes are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversion_rate: Option<f64>,
    /// Snapshots that were left out, by reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
    /// What the cut and the filters took.
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<FilterCounts>,
    signals: Vec<OfSignal>,
    /// What a reader of these figures should know of how the files were read.
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out: Option<String>,
}

#[derive(Serialize)]
struct OfSignal {
    name: String,
    kind: &'static str,
    unit: String,
    /// Whether only today's value is known of an attribute behind it.
    r#static: bool,
    from: String,
    /// The share of snapshots with a value, from 0 to 1.
    filled: f64,
    distinct: usize,
    buckets: Vec<Bucket>,
}

#[derive(Serialize)]
struct Bucket {
    values: String,
    snapshots: usize,
    /// The share of all snapshots, from 0 to 1.
    share: f64,
    /// The share of these that converted, where outcomes are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversion_rate: Option<f64>,
}

/// Snapshots with the values of their signals.
pub(crate) struct Data {
    ids: Vec<String>,
    as_of: Vec<Option<Time>>,
    pub(crate) labels: Option<Vec<bool>>,
    pub(crate) signals: Vec<SignalColumn>,
    /// Snapshots that were left out, and up to when outcomes are known.
    left_out: Option<(LeftOut, Time)>,
    events: Option<FilterCounts>,
    /// What was said of how the files were read.
    warnings: Vec<String>,
    /// The columns of the leads.
    columns: Vec<String>,
    schema: Schema,
    pub(crate) catalogue: Catalogue,
}

pub(crate) fn run(args: &SignalsArgs) -> Result<()> {
    if let Some(out) = &args.out {
        keep_apart(out, [args.leads.as_path()])?;
        check_table_name(out)?;
    }
    let only: Vec<String> = args.only.iter().map(|name| name.trim().to_owned()).collect();
    let mut data = load(&args.leads, &args.outcome, args.out.as_deref(), &only)?;
    if only.iter().any(String::is_empty) {
        return Err(wrong_call(
            "--only: a name is empty; write names with commas between, or leave it out for all",
        ));
    }
    let names = || data.signals.iter().map(|signal| signal.name.as_str());
    // People know a column by its name, and signals of other names may read it.
    let readers = |column: &str| {
        let reads = |name: &&str| {
            let signal = data.catalogue.signal(name);
            signal.is_some_and(|signal| data.catalogue.columns(signal).contains(&column))
        };
        names().filter(reads).collect::<Vec<_>>()
    };
    let unknown: Vec<String> = only
        .iter()
        .filter(|name| names().all(|known| known != *name))
        .map(|name| {
            let help = match readers(name).as_slice() {
                [] if data.columns.contains(name) => {
                    format!(
                        "; that is a column, which no signal reads{}",
                        hint_or_list(name, names())
                    )
                }
                [] => hint_or_list(name, names()),
                [signal] => format!("; that is a column, which the signal {signal:?} reads"),
                signals => {
                    format!("; that is a column, which signals read: {}", signals.join(", "))
                }
            };
            format!("--only: there is no signal {name:?}{help}")
        })
        .collect();
    if !unknown.is_empty() {
        return Err(wrong_call(unknown.join("\n")));
    }
    // What is shown, and what is written.
    data.signals.retain(|signal| only.is_empty() || only.contains(&signal.name));
    let found: Vec<OfSignal> =
        data.signals.par_iter().map(|signal| describe(signal, &data)).collect();
    let snapshots = data.ids.len();
    let conversion_rate = data.labels.as_ref().map(|labels| {
        labels.iter().filter(|label| **label).count() as f64 / labels.len().max(1) as f64
    });
    let (events, left_out) = (data.events, data.left_out);
    let warnings = std::mem::take(&mut data.warnings);
    let log = data.schema.events.clone();
    if let Some(out) = &args.out {
        write_sheet(out, &sheet(data), Packing::Tight)?;
    }
    let report = Report {
        file: args.leads.display().to_string(),
        snapshots,
        conversion_rate,
        left_out: left_out.map(|(left_out, _)| left_out),
        events,
        signals: found,
        warnings,
        out: args.out.as_ref().map(|out| out.display().to_string()),
    };
    if args.json { print::json(&report) } else { show(&report, left_out, log.as_ref()) }
}

/// Reads the snapshots of a project, or the rows of a file; `out` is what will be written. Of `only` some signals
/// it is warned, of all where there are none.
pub(crate) fn load(
    leads: &Path,
    outcome: &OutcomeArgs,
    out: Option<&Path>,
    only: &[String],
) -> Result<Data> {
    if !is_project(leads) {
        return of_table(leads, outcome);
    }
    outcome.refuse_for(leads)?;
    let mut file = LeadFile::open_project(leads)?;
    if let Some(project) = &mut file.project {
        project.tell_only(only);
    }
    if let Some(out) = out {
        keep_apart(out, file.files())?;
    }
    match &file.project {
        Some(project) => of_project(&file, project, only),
        None => Err(anyhow!("{}: is no project", leads.display())),
    }
}

fn of_project(file: &LeadFile, project: &ProjectFile, only: &[String]) -> Result<Data> {
    project.say();
    let options = project.options();
    let fail = |error| project.refused(error);
    let prepared = Prepared::new(&file.table, &options, project.behaviour()).map_err(fail)?;
    project.check(&prepared)?;
    let plan = prepared.event_plan().map_err(fail)?;
    let store = file.read_events(plan.as_ref(), &[], &|_| {})?;
    project.say_of_observed(store.as_ref());
    let mut warnings = project.said();
    warnings.extend(file.said_of_events());
    warnings.extend(project.said_of_observed(store.as_ref()));
    let (moments, labels, left_out): (Vec<_>, _, _) = match project.history() {
        Ok(history) => {
            let until = history.observed_until;
            let (found, left_out) = snapshots(history.rule, history.times, until);
            let moments = found.iter().map(|s| (s.lead, Some(s.as_of))).collect();
            let labels = found.iter().map(|s| s.label).collect();
            (moments, Some(labels), Some((left_out, until)))
        }
        Err(_) => {
            let last = project.project.observed_until.unwrap_or_else(Time::now);
            let moments = match &project.project.snapshots {
                // Without outcomes there are snapshots, but no labels.
                Some(rule) => {
                    let ever = Time::from_micros(i64::MAX);
                    let (found, _) = snapshots(rule, &project.times, ever);
                    let known = found.iter().filter(|s| s.as_of <= last);
                    known.map(|s| (s.lead, Some(s.as_of))).collect()
                }
                // Without snapshots the leads are shown as of the last moment that is known.
                None => (0..file.table.rows()).map(|lead| (lead, Some(last))).collect(),
            };
            (moments, None, None)
        }
    };
    if let Some(said) = left_out.and_then(|(left_out, _)| none_left(&moments, &left_out)) {
        print::say(&said);
        warnings.push(said);
    }
    let leads = file.leads(store.as_ref());
    let SignalValues { signals, mut events, untold } =
        prepared.values(&leads, &moments).map_err(fail)?;
    events.of_copied_files = file.has_copied_events(store.as_ref());
    let catalogue = prepared.catalogue();
    let asked: Vec<&str> = (catalogue.signals.iter())
        .filter(|signal| only.is_empty() || only.contains(&signal.name))
        .flat_map(|signal| catalogue.columns(signal))
        .collect();
    let untold = untold.iter().filter(|found| asked.contains(&found.attribute.as_str()));
    for said in untold.map(|found| format!("warning: {}", found.in_words())) {
        print::say(&said);
        warnings.push(said);
    }
    let log = prepared.schema().events.as_ref();
    if let Some(said) = log.and_then(|log| said_of_copies(&events, log)) {
        print::say(&said);
        warnings.push(said);
    }
    // Programs read these as a list of warnings: the word is not said again.
    let bare = |said: String| said.strip_prefix("warning: ").map_or(said.clone(), str::to_owned);
    let warnings = warnings.into_iter().map(bare).collect();
    let ids = file.ids(None, None)?;
    Ok(Data {
        ids: moments.iter().map(|(lead, _)| lead_id(ids, *lead)).collect(),
        as_of: moments.iter().map(|(_, as_of)| *as_of).collect(),
        labels,
        signals,
        left_out,
        events: store.is_some().then_some(events),
        warnings,
        columns: project.columns.clone(),
        schema: prepared.schema().clone(),
        catalogue: prepared.catalogue().clone(),
    })
}

/// A warning where no snapshot is left, with what to change.
fn none_left(moments: &[(usize, Option<Time>)], left_out: &LeftOut) -> Option<String> {
    if !moments.is_empty() {
        return None;
    }
    let advice = left_out.advice().map_or_else(String::new, |advice| format!(": {advice}"));
    Some(format!("warning: no snapshot is left to look at{advice}"))
}

fn of_table(path: &Path, outcome: &OutcomeArgs) -> Result<Data> {
    let OutcomeArgs { target, positive, negative } = outcome;
    if target.is_none() && (positive.is_some() || negative.is_some()) {
        return Err(wrong_call("--positive and --negative are values of --target; name that too"));
    }
    let table = load_table(path)?;
    let options = TrainOptions {
        target: target.clone().unwrap_or_default(),
        positive: positive.clone(),
        negative: negative.clone(),
        ..TrainOptions::default()
    };
    let fail = |error: TrainError| match error {
        // What training could be told.
        TrainError::Spoilt(columns) => {
            let each = columns.iter();
            let each = each.map(|of| format!("row {}, {}", of.misfit.row + 1, of.in_words()));
            anyhow!("{}: {}", path.display(), each.collect::<Vec<_>>().join("\n"))
        }
        error => anyhow!("{}: {error}", path.display()),
    };
    let prepared = Prepared::new(&table, &options, Behaviour::default()).map_err(fail)?;
    let (schema, catalogue) = (prepared.schema().clone(), prepared.catalogue().clone());
    let (signals, labels) = match target {
        Some(_) => {
            let (signals, labels) = table_signals(&table, &options).map_err(fail)?;
            (signals, Some(labels))
        }
        None => {
            let created = vec![None; table.rows()];
            let leads = leadscore_train::Leads {
                table: &table,
                created: &created,
                unnamed: &[],
                later: &[],
                events: None,
            };
            let moments: Vec<_> = (0..table.rows()).map(|row| (row, None)).collect();
            (prepared.values(&leads, &moments).map_err(fail)?.signals, None)
        }
    };
    let rows = labels.as_ref().map_or(table.rows(), Vec::len);
    Ok(Data {
        ids: (1..=rows).map(|row| row.to_string()).collect(),
        as_of: vec![None; rows],
        labels,
        signals,
        left_out: None,
        events: None,
        warnings: Vec::new(),
        columns: table.names().to_vec(),
        schema,
        catalogue,
    })
}

/// The values, one row for each snapshot.
fn sheet(data: Data) -> Sheet {
    let dated = data.as_of.iter().any(Option::is_some);
    let mut columns = vec![("lead".to_owned(), SheetColumn::Text(data.ids))];
    if dated {
        columns.push(("as_of".to_owned(), SheetColumn::Time(data.as_of)));
    }
    if let Some(labels) = data.labels {
        columns.push(("converted".to_owned(), SheetColumn::YesNo(labels)));
    }
    for signal in data.signals {
        // A signal may be named as one of ours is.
        let taken = columns.iter().any(|(name, _)| *name == signal.name);
        let name = if taken { format!("signal_{}", signal.name) } else { signal.name };
        let column = match signal.data {
            SignalData::Number(numbers) => SheetColumn::Number(numbers),
            SignalData::Category { codes, names, .. } => SheetColumn::Text(
                codes
                    .iter()
                    .map(|code| names.get(*code as usize).cloned().unwrap_or_default())
                    .collect(),
            ),
        };
        columns.push((name, column));
    }
    Sheet { columns }
}

fn describe(signal: &SignalColumn, data: &Data) -> OfSignal {
    let defined = data.catalogue.signal(&signal.name);
    let rows = data.ids.len();
    let converted =
        |row: usize| data.labels.as_ref().is_some_and(|labels| labels.get(row) == Some(&true));
    let (groups, distinct) = match &signal.data {
        SignalData::Number(numbers) => of_numbers(numbers, converted),
        SignalData::Category { codes, names, .. } => of_categories(codes, names, converted),
    };
    let missing = groups.iter().find(|(name, _)| name == MISSING).map_or(0, |(_, t)| t.rows);
    let buckets = groups
        .into_iter()
        .map(|(values, tally)| Bucket {
            values,
            snapshots: tally.rows,
            share: tally.rows as f64 / rows.max(1) as f64,
            conversion_rate: data
                .labels
                .as_ref()
                .map(|_| tally.conversions as f64 / tally.rows.max(1) as f64),
        })
        .collect();
    let kind = data.catalogue.kind(&signal.name, &data.schema);
    OfSignal {
        name: signal.name.clone(),
        kind: kind.map_or("", leadscore_features::SignalKind::word),
        unit: defined.map_or_else(String::new, |signal| signal.expr.unit().to_owned()),
        r#static: data.as_of.iter().any(Option::is_some)
            && defined.is_some_and(|signal| data.catalogue.is_static(signal, &data.schema)),
        from: defined.map_or_else(String::new, |signal| from(&signal.expr)),
        filled: 1.0 - missing as f64 / rows.max(1) as f64,
        distinct,
        buckets,
    }
}

/// Where a signal comes from, in a few words.
fn from(expr: &Expr) -> String {
    match expr {
        Expr::Events { of, window, measure } => {
            let window = window.map_or_else(|| "all time".to_owned(), |window| window.to_string());
            let more = match measure {
                Measure::Ratio { over } => format!("; over {over}"),
                Measure::Then { then, within: Some(within) } => {
                    format!("; then {then} within {within}")
                }
                Measure::Then { then, within: None } => format!("; then {then}"),
                Measure::Decayed { half_life } => format!("; half-life {half_life}"),
                Measure::Distinct { property } => format!("; values of {property}"),
                _ => String::new(),
            };
            format!("{of}{more}; {window}")
        }
        Expr::Persona { .. } => "other signals".to_owned(),
        other => other.columns().join(", "),
    }
}

const MISSING: &str = "(missing)";

type Groups = Vec<(String, Tally)>;

/// What is counted of the rows of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    rows: usize,
    conversions: usize,
}

impl Tally {
    fn add(&mut self, converted: bool) {
        self.rows += 1;
        self.conversions += usize::from(converted);
    }
}

/// The numbers in order, without those that are missing.
fn sorted(numbers: &[f64]) -> Vec<f64> {
    if let Some(sorted) = sorted_counts(numbers) {
        return sorted;
    }
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// As [`sorted`], where all are whole and small, as counts of events are: each value is counted.
fn sorted_counts(numbers: &[f64]) -> Option<Vec<f64>> {
    let mut counts = vec![0_usize; SMALL];
    for number in numbers.iter().filter(|number| !number.is_nan()) {
        let whole = *number as usize;
        // The bits tell -0 from 0.
        if whole >= SMALL || (whole as f64).to_bits() != number.to_bits() {
            return None;
        }
        counts[whole] += 1;
    }
    let mut sorted = Vec::with_capacity(counts.iter().sum());
    for (whole, count) in counts.into_iter().enumerate() {
        sorted.resize(sorted.len() + count, whole as f64);
    }
    Some(sorted)
}

/// By value where there are few values, else by quantiles; missing last. Also how many different
/// values there are.
fn of_numbers(numbers: &[f64], converted: impl Fn(usize) -> bool) -> (Groups, usize) {
    let sorted = sorted(numbers);
    let different = sorted.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let distinct = different + usize::from(!sorted.is_empty());
    // Bucket ends: each value, or quantiles; a value never stands in two buckets.
    let mut ends: Vec<f64> = if distinct <= BUCKETS {
        sorted.clone()
    } else {
        (1..=BUCKETS).map(|part| sorted[(sorted.len() * part / BUCKETS).max(1) - 1]).collect()
    };
    ends.dedup();
    let mut tallies = vec![Tally::default(); ends.len() + 1];
    for (row, number) in numbers.iter().enumerate() {
        let bucket = ends.iter().position(|end| number <= end).unwrap_or(ends.len());
        tallies[bucket].add(converted(row));
    }
    let mut groups: Groups = Vec::new();
    let mut start = 0;
    for (end, tally) in ends.iter().zip(&tallies) {
        let stop = start + tally.rows;
        if let (Some(&first), Some(_)) = (sorted.get(start), stop.checked_sub(start + 1)) {
            let (low, high) = (short(first), short(*end));
            let name = if low == high { low } else { format!("{low} to {high}") };
            groups.push((name, *tally));
        }
        start = stop;
    }
    if tallies[ends.len()].rows > 0 {
        groups.push((MISSING.to_owned(), tallies[ends.len()]));
    }
    (groups, distinct)
}

/// By value, the most frequent first; the rest together, missing last.
fn of_categories(
    codes: &[u32],
    names: &[String],
    converted: impl Fn(usize) -> bool,
) -> (Groups, usize) {
    let mut tallies = vec![Tally::default(); names.len() + 1];
    for (row, code) in codes.iter().enumerate() {
        tallies[(*code as usize).min(names.len())].add(converted(row));
    }
    let missing = tallies.pop().filter(|tally| tally.rows > 0);
    let mut found: Vec<(usize, Tally)> =
        tallies.into_iter().enumerate().filter(|(_, tally)| tally.rows > 0).collect();
    found.sort_by(|a, b| b.1.rows.cmp(&a.1.rows).then(a.0.cmp(&b.0)));
    let distinct = found.len();
    let rest = if distinct > CATEGORIES + 1 { found.split_off(CATEGORIES) } else { Vec::new() };
    let mut groups: Groups =
        found.into_iter().map(|(code, tally)| (names[code].clone(), tally)).collect();
    if !rest.is_empty() {
        let sum = rest.iter().fold(Tally::default(), |sum, (_, tally)| Tally {
            rows: sum.rows + tally.rows,
            conversions: sum.conversions + tally.conversions,
        });
        groups.push((format!("({} others)", count(rest.len())), sum));
    }
    groups.extend(missing.map(|tally| (MISSING.to_owned(), tally)));
    (groups, distinct)
}

/// A number in few digits.
fn short(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e9 {
        return (number as i64).to_string();
    }
    let text = format!("{number:.3}");
    if number.abs() >= 1e-3 && number.abs() < 1e9 {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    format!("{number:.2e}")
}

fn show(report: &Report, left_out: Option<(LeftOut, Time)>, log: Option<&EventLog>) -> Result<()> {
    let converted = report
        .conversion_rate
        .map_or_else(String::new, |rate| format!("; {} converted", percent(rate)));
    line(format!(
        "{}: {} of {}{converted}",
        report.file,
        plural(report.signals.len(), "signal"),
        plural(report.snapshots, "snapshot")
    ))?;
    if let Some(said) = left_out.and_then(|(left_out, until)| said_of_left_out(&left_out, until)) {
        line(wrap(&said, 2))?;
    }
    let events = report.events.as_ref().zip(log);
    if let Some(said) = events.and_then(|(events, log)| said_of_events(events, log)) {
        line(wrap(&said, 2))?;
    }
    if report.signals.iter().any(|signal| signal.r#static) {
        line(wrap(
            "A static signal has today's value of an attribute at every moment: where the value \
             changed with the deal, it tells the future.",
            0,
        ))?;
    }
    for signal in &report.signals {
        let mut facts = vec![signal.kind.to_owned()];
        if !signal.unit.is_empty() && signal.unit != signal.kind {
            facts.push(format!("in {}", signal.unit));
        }
        facts.push(format!("from {}", signal.from));
        facts.push(format!("{} filled", percent(signal.filled)));
        facts.push(plural(signal.distinct, "value"));
        if signal.r#static {
            facts.push("static".to_owned());
        }
        line("")?;
        line(wrap(&format!("{}: {}", signal.name, facts.join(", ")), 2))?;
        let rows = signal
            .buckets
            .iter()
            .map(|bucket| {
                vec![
                    bucket.values.chars().take(36).collect(),
                    count(bucket.snapshots),
                    percent(bucket.share),
                    bucket.conversion_rate.map_or_else(String::new, percent),
                    bucket.conversion_rate.map_or_else(String::new, |rate| {
                        let most = signal.buckets.iter().filter_map(|b| b.conversion_rate);
                        let most = most.fold(f64::MIN_POSITIVE, f64::max);
                        "#".repeat((20.0 * rate / most).round() as usize)
                    }),
                ]
            })
            .collect();
        let header = [
            ("Values", Align::Left),
            ("Snapshots", Align::Right),
            ("Share", Align::Right),
            (if report.conversion_rate.is_some() { "Convert" } else { "" }, Align::Right),
            ("", Align::Left),
        ];
        line(print::table(&header, rows))?;
    }
    if let Some(out) = &report.out {
        line(format!("\nWrote {out}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_in_one_bucket() {
        let mut numbers: Vec<f64> = vec![0.0; 80];
        numbers.extend((1..=20).map(f64::from));
        numbers.push(f64::NAN);
        let (groups, distinct) = of_numbers(&numbers, |row| row < 8);
        let sizes: Vec<_> =
            groups.iter().map(|(name, t)| (name.as_str(), t.rows, t.conversions)).collect();
        assert_eq!(sizes, [("0", 80, 8), ("1 to 20", 20, 0), (MISSING, 1, 0)]);
        assert_eq!(distinct, 21);
        assert_eq!(of_numbers(&[], |_| false).0.len(), 0);
        let (groups, _) = of_numbers(&[2.0, 1.0, 2.0], |_| true);
        let sizes: Vec<_> = groups.iter().map(|(name, t)| (name.as_str(), t.rows)).collect();
        assert_eq!(sizes, [("1", 1), ("2", 2)]);
    }

    #[test]
    fn numbers_that_are_counted_come_in_the_order_of_a_sort() {
        let counts = [3.0, f64::NAN, 0.0, 3.0, 1.0, (SMALL - 1) as f64];
        let expected = vec![0.0, 1.0, 3.0, 3.0, (SMALL - 1) as f64];
        assert_eq!(sorted_counts(&counts), Some(expected.clone()));
        assert_eq!(sorted(&counts), expected);
        for other in [-0.0, -1.0, 0.5, SMALL as f64, f64::INFINITY] {
            assert_eq!(sorted_counts(&[1.0, other]), None, "{other}");
            let both = [other.min(1.0), other.max(1.0)];
            assert_eq!(sorted(&[1.0, other]), both);
        }
    }

    #[test]
    fn rare_categories_stand_together() {
        let names: Vec<String> = (0..10).map(|i| format!("c{i}")).collect();
        let codes: Vec<u32> = (0..10).chain([9, 9, SignalData::MISSING]).collect();
        let (groups, distinct) = of_categories(&codes, &names, |row| row == 11);
        assert_eq!(distinct, 10);
        assert_eq!(groups[0], ("c9".to_owned(), Tally { rows: 3, conversions: 1 }));
        assert_eq!(groups[6].0, "(4 others)");
        assert_eq!(groups[7].0, MISSING);
        assert_eq!(groups.iter().map(|(_, tally)| tally.rows).sum::<usize>(), 13);
    }
}
