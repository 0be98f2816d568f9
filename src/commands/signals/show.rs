//! What `leadscore signals` prints.

use anyhow::Result;
use leadscore_features::Time;
use leadscore_features::events::{EventLog, FilterCounts};
use leadscore_model::bundle::{LeakageRecord, LeftOut};
use serde::Serialize;

use super::buckets::OfSignal;
use crate::commands::train::{found, said_of_events, said_of_left_out};
use crate::print::{self, Align, count, line, percent, plural, wrap};

/// All that is told, as `--json` prints it.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) file: String,
    /// Snapshots, or rows of a flat table.
    pub(super) snapshots: usize,
    /// The share that converted, where outcomes are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) conversion_rate: Option<f64>,
    /// Snapshots that were left out, by reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) left_out: Option<LeftOut>,
    /// What the cut and the filters took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) events: Option<FilterCounts>,
    /// What the guard of training finds among the columns, where outcomes are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) leakage: Option<LeakageRecord>,
    pub(super) signals: Vec<OfSignal>,
    /// What a reader of these figures should know of how the files were read.
    pub(super) warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) out: Option<String>,
}

/// Prints what was found.
pub(super) fn show(
    report: &Report,
    left_out: Option<(LeftOut, Time)>,
    log: Option<&EventLog>,
    is_project: bool,
) -> Result<()> {
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
    if let Some(record) = &report.leakage {
        found(record, is_project)?;
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
