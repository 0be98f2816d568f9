//! What data says of rule sets, on a terminal.

use anyhow::Result;
use leadscore_compare::{RuleEvidence, RuleVerdict};
use leadscore_model::evaluate::Interval;
use leadscore_train::rules::Check;

use super::judged::Judged;
use crate::print::{self, Align, count, line, percent, plural, wrap};

/// Findings that are told; further ones are in the JSON and on the page.
const MOST_FINDINGS: usize = 30;

pub(super) fn show(checks: &[(Check, Option<Judged>)]) -> Result<()> {
    for (index, (check, outcomes)) in checks.iter().enumerate() {
        if index > 0 {
            line("")?;
        }
        line(format!("Rule set {} on {}", check.rule_set, plural(check.leads, "lead")))?;
        match (check.findings.is_empty(), &check.too_few) {
            (_, Some(said)) => line(wrap(&format!("  {said}"), 2))?,
            (true, None) => line("  Nothing looks wrong.")?,
            (false, None) => {}
        }
        for finding in check.findings.iter().take(MOST_FINDINGS) {
            line(wrap(&format!("  - {}", finding.message), 4))?;
        }
        let more = check.findings.len().saturating_sub(MOST_FINDINGS);
        if more > 0 {
            line(format!("  and {} (--json and --html have all)", plural(more, "finding")))?;
        }
        match outcomes {
            Some(judged) => show_judged(check, judged)?,
            None => show_rules(check)?,
        }
        if !check.bands.is_empty() {
            let bands: Vec<String> = check
                .bands
                .iter()
                .rev()
                .map(|(name, share)| in_band(name, *share, outcomes.as_ref()))
                .collect();
            line(wrap(&format!("\nBands: {}", bands.join(", ")), 2))?;
        }
        let handed = outcomes.as_ref().and_then(|judged| judged.hand_off.as_ref());
        if let Some(handed) = handed {
            let rate = handed.rate.map_or_else(String::new, |rate| {
                format!(", of whom {} converted", percent(rate.value))
            });
            line(format!("Handed to sales: {}{rate}", plural(handed.leads, "lead")))?;
        }
        if !check.months.is_empty() {
            let rows = check.months.iter().map(|month| {
                vec![
                    month.month.clone(),
                    count(month.leads),
                    format!("{:.1}", month.mean),
                    month.handed.map_or_else(|| "-".to_owned(), percent),
                ]
            });
            let header = [
                ("Month's end", Align::Left),
                ("Open leads", Align::Right),
                ("Points, mean", Align::Right),
                ("Handed over", Align::Right),
            ];
            line(format!("\n{}", print::table(&header, rows.collect())))?;
        }
    }
    Ok(())
}

/// For whom rules do something.
fn show_rules(check: &Check) -> Result<()> {
    let share = |count: usize| percent(count as f64 / check.leads.max(1) as f64);
    let rows = check.rules.iter().map(|rule| {
        let known = if rule.unavailable == check.leads { "not known" } else { "" };
        let name = print::cut(&rule.rule, 40);
        vec![name, count(rule.leads), share(rule.leads), known.to_owned()]
    });
    let header = [
        ("Rule fires", Align::Left),
        ("Leads", Align::Right),
        ("Share", Align::Right),
        ("", Align::Left),
    ];
    line(format!("\n{}", print::table(&header, rows.collect())))
}

/// What became of the leads of each rule.
fn show_judged(check: &Check, judged: &Judged) -> Result<()> {
    line(wrap(
        &format!(
            "  Of {} it is known what became of them: {} converted ({}). A rule earns its points when \
             those to whom it gives convert more often than the others, beyond chance.",
            plural(judged.leads, "lead"),
            count(judged.conversions),
            judged.rate.map_or_else(String::new, |rate| percent(rate.value))
        ),
        2,
    ))?;
    let rate = |rate: Option<Interval>| rate.map_or_else(|| "-".to_owned(), |r| percent(r.value));
    let rows = judged.rules.iter().zip(&check.rules).map(|(evidence, rule)| {
        vec![
            print::cut(&evidence.rule, 32),
            count(rule.leads),
            evidence.mean_points.map_or_else(|| "-".to_owned(), |points| format!("{points:+.1}")),
            rate(evidence.rate),
            rate(evidence.others),
            if rule.unavailable == check.leads {
                "needs events".to_owned()
            } else {
                verdict(evidence, rule.leads).to_owned()
            },
        ]
    });
    let header = [
        ("Rule", Align::Left),
        ("Leads", Align::Right),
        ("Points", Align::Right),
        ("Convert", Align::Right),
        ("Others", Align::Right),
        ("Verdict", Align::Left),
    ];
    line(format!("\n{}", print::table(&header, rows.collect())))
}

fn verdict(evidence: &RuleEvidence, fires: usize) -> &'static str {
    match evidence.verdict {
        RuleVerdict::Never if fires > 0 => "gives no points",
        RuleVerdict::Everyone => "for everyone",
        RuleVerdict::Earns => "earns its points",
        RuleVerdict::Against => "works against you",
        RuleVerdict::Unclear => "may be chance",
        RuleVerdict::TooFew => "too few to tell",
        RuleVerdict::Never => "never applied",
    }
}

/// A band with its share of the leads, and how often they converted.
fn in_band(name: &str, share: f64, outcomes: Option<&Judged>) -> String {
    let judged = outcomes.and_then(|judged| judged.bands.iter().find(|band| band.band == name));
    match judged.and_then(|band| band.rate) {
        Some(rate) => {
            format!("{name} {} (converted {})", percent(share), percent(rate.value))
        }
        None => format!("{name} {}", percent(share)),
    }
}
