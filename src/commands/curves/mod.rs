//! `leadscore curves`: a model as something to read.

use anyhow::Result;
use leadscore_features::hint_or_list;
use leadscore_model::bundle::MonotoneRecord;
use leadscore_model::{Bundle, Curve, CurveStep, PairTable, curves, strongest_first};
use serde::Serialize;

use crate::args::CurvesArgs;
use crate::commands::card::write_page;
use crate::inputs::{load_bundle, wrong_call};
use crate::print::{self, Align, line, percent, plural, wrap};

/// Curves that are printed where no signal is named, and pairs.
const MOST_PRINTED: usize = 6;
/// Steps of a printed curve, about.
const MOST_STEPS: usize = 10;
/// Levels of a printed curve: those of the most rows.
const MOST_LEVELS: usize = 15;
/// What a table leaves empty around its first column, and around every other.
const EDGE: usize = 3;
const GAP: usize = 2;
/// Cells of a bar, each way.
const BAR: usize = 12;

#[derive(Serialize)]
struct Answer<'a> {
    model: &'a str,
    hash: &'a str,
    curves: &'a [Curve],
    pairs: &'a [PairTable],
    /// The signals along which the model had to rise, or fall.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    monotone: &'a [MonotoneRecord],
}

pub(crate) fn run(args: &CurvesArgs) -> Result<()> {
    let loaded = load_bundle(&args.bundle)?;
    let bundle = &loaded.bundle;
    let signals: Vec<&str> = bundle.model.encoder.signals().collect();
    let unknown: Vec<String> = args
        .signals
        .iter()
        .filter(|name| !signals.contains(&name.as_str()))
        .map(|name| {
            let near = hint_or_list(name, signals.iter().copied());
            format!("the model has no signal {name:?}{near}")
        })
        .collect();
    if !unknown.is_empty() {
        return Err(wrong_call(unknown.join("\n  ")));
    }
    let wrote = write_page(&args.page, &loaded, &args.bundle, &args.signals)?;
    if let (Some(wrote), false) = (wrote, args.json) {
        return line(wrote);
    }
    let most = if args.json { usize::MAX } else { MOST_STEPS };
    let (mut found, mut pairs) = curves(&bundle.model, most)?;
    strongest_first(&mut found, &mut pairs);
    if !args.signals.is_empty() {
        found.retain(|curve| args.signals.contains(&curve.signal));
        pairs.retain(|pair| pair.signals.iter().any(|signal| args.signals.contains(signal)));
    }
    if args.json {
        let (model, hash) = (bundle.name.as_str(), loaded.hash.as_str());
        return print::json(&Answer {
            model,
            hash,
            curves: &found,
            pairs: &pairs,
            monotone: &bundle.training.monotone,
        });
    }
    let left_out =
        if args.signals.is_empty() { found.len().saturating_sub(MOST_PRINTED) } else { 0 };
    found.truncate(found.len() - left_out);
    line(wrap(
        &format!(
            "Model {}: what each value adds to the log-odds, against the average lead{}. 0.7 doubles the \
             odds. Of a number with many steps, neighbours are shown together: --json has each.",
            bundle.name,
            if bundle.model.uncertainty.is_some() {
                ", with its 95 % interval"
            } else {
                " (a bundle of an earlier version: no intervals)"
            }
        ),
        0,
    ))?;
    found.iter().try_for_each(|curve| show(curve, held(bundle, &curve.signal)))?;
    if args.signals.is_empty() {
        let of_pairs = plural(pairs.len(), "pair");
        if left_out + pairs.len() > 0 {
            line("")?;
            line(wrap(
                &format!(
                    "{} more, weaker, and {of_pairs} of signals: name a signal to see it with its \
                     pairs, or --html FILE for a page with all.",
                    plural(left_out, "signal")
                ),
                0,
            ))?;
        }
        return Ok(());
    }
    pairs.iter().try_for_each(show_pair)
}

/// How the model had to go along a signal, where it had to.
fn held(bundle: &Bundle, signal: &str) -> Option<&'static str> {
    let held = bundle.training.monotone.iter().find(|of| of.signal == signal);
    held.map(MonotoneRecord::word)
}

/// A curve as a table with bars.
fn show(curve: &Curve, held: Option<&'static str>) -> Result<()> {
    let mut steps: Vec<&CurveStep> = curve.steps.iter().collect();
    let mut left_out = 0;
    if !curve.is_ordered && steps.len() > MOST_LEVELS {
        // The levels of the most rows, in their order.
        let mut shares: Vec<f64> = steps.iter().map(|step| step.share.unwrap_or(0.0)).collect();
        shares.sort_by(|a, b| b.total_cmp(a));
        let least = shares[MOST_LEVELS - 1];
        left_out = steps.len();
        steps.retain(|step| step.share.unwrap_or(0.0) >= least);
        left_out -= steps.len();
    }
    let largest = steps.iter().map(|step| step.log_odds.abs()).fold(0.1, f64::max);
    let rows = steps
        .iter()
        .map(|step| {
            vec![
                cut(&step.name),
                step.share.map_or_else(String::new, percent),
                format!("{:+.2}", step.log_odds),
                step.interval
                    .map_or_else(String::new, |[low, high]| format!("{low:+.2} to {high:+.2}")),
                bar(step.log_odds / largest),
            ]
        })
        .collect();
    let header = [
        (curve.signal.as_str(), Align::Left),
        ("Leads", Align::Right),
        ("Adds", Align::Right),
        ("95 % interval", Align::Right),
        ("", Align::Left),
    ];
    line("")?;
    line(print::table(&header, rows))?;
    if let Some(word) = held {
        line(format!("  held {word} when it was fitted"))?;
    }
    if left_out > 0 {
        line(format!("  and {} of fewer leads (--json has all)", plural(left_out, "value")))?;
    }
    Ok(())
}

/// A name that fits its column.
fn cut(name: &str) -> String {
    // Levels that are told by their rates differ in the end of it.
    print::cut(&name.replacen("levels that convert ", "", 1), 26)
}

/// A bar from the middle: to the right of it what raises, to the left what lowers.
fn bar(share: f64) -> String {
    let cells = (share.abs() * BAR as f64).round() as usize;
    let filled = "#".repeat(cells.min(BAR));
    let blank = " ".repeat(BAR);
    if share < 0.0 { format!("{filled:>BAR$}|") } else { format!("{blank}|{filled}") }
}

/// A pair as a table of what its cells add.
fn show_pair(pair: &PairTable) -> Result<()> {
    let [rows, columns] = &pair.signals;
    line("")?;
    line(wrap(&format!("{rows} and {columns} together, beyond what each adds alone:"), 2))?;
    // The longer side goes down the page.
    let flip = pair.columns.len() > pair.rows.len();
    let (down, across, corner) = if flip {
        (&pair.columns, &pair.rows, format!("{columns} \\ {rows}"))
    } else {
        (&pair.rows, &pair.columns, format!("{rows} \\ {columns}"))
    };
    let cell = |i: usize, j: usize| {
        let (row, column) = if flip { (j, i) } else { (i, j) };
        if pair.shares[row][column] == 0.0 {
            return "-".to_owned();
        }
        format!("{:+.2}", pair.log_odds[row][column])
    };
    // So many columns beside each other that no number is broken, and the others below.
    let corner = cut(&corner);
    let names = || down.iter().map(|name| cut(name));
    let first =
        names().map(|name| print::width(&name)).fold(print::width(&corner), usize::max) + EDGE;
    let across: Vec<String> = across.iter().map(|name| cut(name)).collect();
    let needed: Vec<usize> = across
        .iter()
        .enumerate()
        .map(|(j, name)| {
            let cells = (0..down.len()).map(|i| print::width(&cell(i, j)));
            cells.fold(print::width(name), usize::max)
        })
        .collect();
    let mut from = 0;
    while from < across.len() {
        let mut to = from + 1;
        let mut taken = first + needed[from] + GAP;
        while to < across.len() && taken + needed[to] + GAP <= print::WIDTH.into() {
            taken += needed[to] + GAP;
            to += 1;
        }
        let rows = names()
            .enumerate()
            .map(|(i, name)| std::iter::once(name).chain((from..to).map(|j| cell(i, j))).collect());
        let header: Vec<(&str, Align)> = std::iter::once((corner.as_str(), Align::Left))
            .chain(across[from..to].iter().map(|name| (name.as_str(), Align::Right)))
            .collect();
        if from > 0 {
            line("")?;
        }
        line(print::table(&header, rows.collect()))?;
        from = to;
    }
    Ok(())
}
