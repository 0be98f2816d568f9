//! `leadscore points check`: rule sets against data.

use anyhow::{Result, anyhow};
use leadscore_features::Time;
use leadscore_model::Score;
use leadscore_train::rules::{AtMonth, Check, Observed, check};
use leadscore_train::snapshots;

use super::Ruled;
use crate::args::PointsCheckArgs;
use crate::inputs::parse_time;
use crate::leads::ProjectFile;
use crate::print::{self, Align, count, line, percent, plural, wrap};

/// Months that are looked at, the newest.
const MOST_MONTHS: usize = 24;
/// Leads that are looked at month by month: every so many-th where there are more.
const LEADS_BY_MONTH: usize = 50_000;

pub(crate) fn run(args: &PointsCheckArgs) -> Result<()> {
    let as_of = parse_time("as-of", args.as_of.as_deref())?;
    let ruled = Ruled::open(&args.leads)?;
    let Ruled { leads, sets, scorer } = &ruled;
    let fail = |e| anyhow!("{}: {e}", args.leads.leads.display());
    let store = leads.read_events(scorer.event_plan(), &[], &|_| {})?;
    let walker = leads.leads(store.as_ref());
    let moments = match (&leads.project, as_of) {
        // Where a model would look, rules are looked at too.
        (Some(project), None) if project.rule().is_ok() => of_snapshots(project)?,
        _ => leads.moments(scorer, as_of),
    };
    let signals: Vec<Vec<usize>> = sets.iter().map(|set| scorer.text_signals(set)).collect();
    let new = || -> Vec<Observed> {
        sets.iter().zip(&signals).map(|(set, of)| Observed::new(set, of.len())).collect()
    };
    let (parts, _) = walker
        .walk(scorer, &moments, new, |observed, step| {
            let mut score = Score::default();
            scorer.score_values(step.values, step.snapshot.events, &mut score);
            let sets = sets.iter().zip(&signals).zip(&score.points);
            for (observed, ((set, signals), points)) in observed.iter_mut().zip(sets) {
                let values = signals.iter().map(|at| step.values[*at].clone());
                observed.add(set, points, values);
            }
        })
        .map_err(fail)?;
    let mut observed = new();
    for part in parts {
        observed.iter_mut().zip(part).for_each(|(all, more)| all.append(more));
    }
    let by_month = match &leads.project {
        Some(project) => months(project),
        None => Vec::new(),
    };
    let (parts, _) = walker
        .walk(scorer, &by_month, Vec::new, |scores, step| {
            let mut score = Score::default();
            scorer.score_values(step.values, step.snapshot.events, &mut score);
            let Some(at) = step.snapshot.as_of else { return };
            let of_set = |points: &leadscore_model::points::PointsScore| AtMonth {
                at,
                total: points.total.to_number(),
                handed: points.hand_off,
            };
            scores.push(score.points.iter().map(of_set).collect::<Vec<AtMonth>>());
        })
        .map_err(fail)?;
    let by_month: Vec<Vec<AtMonth>> = parts.into_iter().flatten().collect();
    let kinds: Option<Vec<String>> =
        store.as_ref().map(|store| store.report.kinds.keys().cloned().collect());
    let checks: Vec<Check> = sets
        .iter()
        .enumerate()
        .map(|(index, set)| {
            let months: Vec<AtMonth> = by_month.iter().map(|scores| scores[index]).collect();
            check(set, scorer, &observed[index], &months, kinds.as_deref())
        })
        .collect();
    if args.json {
        print::json(&checks)?;
    } else {
        show(&checks)?;
    }
    let findings: usize = checks.iter().map(|check| check.findings.len()).sum();
    if args.strict && findings > 0 {
        return Err(anyhow!("{}, and --strict allows none", plural(findings, "finding")));
    }
    Ok(())
}

/// The snapshots that a model of the project would learn from.
fn of_snapshots(project: &ProjectFile) -> Result<Vec<(usize, Option<Time>)>> {
    let (rule, until) = project.rule()?;
    let (found, _) = snapshots(rule, &project.times, until);
    Ok(found.iter().map(|snapshot| (snapshot.lead, Some(snapshot.as_of))).collect())
}

/// For every lead the ends of the months in which it was open.
fn months(project: &ProjectFile) -> Vec<(usize, Option<Time>)> {
    let Some(until) = project.project.observed_until else { return Vec::new() };
    let times = &project.times;
    let mut ends = vec![until.start_of_month()];
    while ends.len() < MOST_MONTHS {
        let Some(last) = ends.last() else { break };
        ends.push(Time::from_micros(last.micros() - 1).start_of_month());
    }
    ends.reverse();
    let leads = times.created.len();
    let step = leads.div_ceil(LEADS_BY_MONTH).max(1);
    let mut found = Vec::new();
    for lead in (0..leads).step_by(step) {
        let Some(created) = times.created[lead] else { continue };
        let over = times.converted[lead].into_iter().chain(times.closed[lead]).min();
        // The end of a month is the start of the next: who came at that moment is of the next.
        let open = |end: &&Time| created < **end && over.is_none_or(|over| over > **end);
        found.extend(ends.iter().filter(open).map(|end| (lead, Some(*end))));
    }
    found
}

fn show(checks: &[Check]) -> Result<()> {
    for (index, check) in checks.iter().enumerate() {
        if index > 0 {
            line("")?;
        }
        line(format!("Rule set {} on {}", check.rule_set, plural(check.leads, "lead")))?;
        match (check.findings.is_empty(), &check.too_few) {
            (_, Some(said)) => line(wrap(&format!("  {said}"), 2))?,
            (true, None) => line("  Nothing looks wrong.")?,
            (false, None) => {}
        }
        for finding in &check.findings {
            line(wrap(&format!("  - {}", finding.message), 4))?;
        }
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
        line(format!("\n{}", print::table(&header, rows.collect())))?;
        if !check.bands.is_empty() {
            let bands: Vec<String> = check
                .bands
                .iter()
                .rev()
                .map(|(n, share)| format!("{n} {}", percent(*share)))
                .collect();
            line(wrap(&format!("\nBands: {}", bands.join(", ")), 2))?;
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
