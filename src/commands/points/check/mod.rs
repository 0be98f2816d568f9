//! `leadscore points check`: rule sets against data.

mod judged;
mod page;
mod show;

use anyhow::{Result, anyhow};
use leadscore_features::Time;
use leadscore_model::Score;
use leadscore_train::rules::{AtMonth, Check, Observed, check};
use leadscore_train::{TrainOptions, outcomes, snapshots};
use serde::Serialize;

use self::judged::{Judged, Tally};
use super::Ruled;
use crate::args::{OutcomeArgs, PointsCheckArgs};
use crate::inputs::{keep_apart, parse_time, wrong_call};
use crate::leads::{LeadFile, ProjectFile};
use crate::print::{self, line, plural};

/// Months that are looked at, the newest.
const MOST_MONTHS: usize = 24;
/// Leads that are looked at month by month: every so many-th where there are more.
const LEADS_BY_MONTH: usize = 50_000;

/// What data says of a rule set, and what outcomes say where they are known.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    check: &'a Check,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcomes: &'a Option<Judged>,
}

/// Moments at which leads are looked at, and what became of each where that is known.
struct Looked {
    moments: Vec<(usize, Option<Time>)>,
    outcomes: Option<Vec<Option<bool>>>,
}

pub(crate) fn run(args: &PointsCheckArgs) -> Result<()> {
    let as_of = parse_time("as-of", args.as_of.as_deref())?;
    let ruled = Ruled::open(&args.leads)?;
    let Ruled { leads, sets, scorer } = &ruled;
    if let Some(page) = &args.page.html {
        keep_apart(page, ruled.files(&args.leads))?;
    }
    let looked = looked(&ruled, as_of, &args.outcome)?;
    let fail = |e| anyhow!("{}: {e}", args.leads.leads.display());
    let store = leads.read_events(scorer.event_plan(), &[], &|_| {})?;
    let walker = leads.leads(store.as_ref());
    let signals: Vec<Vec<usize>> = sets.iter().map(|set| scorer.text_signals(set)).collect();
    let new = || -> Vec<(Observed, Tally)> {
        let of = |(set, of): (_, &Vec<usize>)| (Observed::new(set, of.len()), Tally::new(set));
        sets.iter().zip(&signals).map(of).collect()
    };
    let (parts, _) = walker
        .walk(scorer, &looked.moments, new, |observed, step| {
            let mut score = Score::default();
            scorer.score_values(step.values, step.snapshot.events, &mut score);
            let outcome = looked.outcomes.as_ref().and_then(|outcomes| outcomes[step.index]);
            let sets = sets.iter().zip(&signals).zip(&score.points);
            for ((observed, tally), ((set, signals), points)) in observed.iter_mut().zip(sets) {
                let values = signals.iter().map(|at| step.values[*at].clone());
                observed.add(set, points, values);
                tally.add(points, outcome);
            }
        })
        .map_err(fail)?;
    let mut observed = new();
    for part in parts {
        for ((all, tally), (more, more_tally)) in observed.iter_mut().zip(part) {
            all.append(more);
            tally.append(more_tally);
        }
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
    let checks: Vec<(Check, Option<Judged>)> = sets
        .iter()
        .enumerate()
        .map(|(index, set)| {
            let months: Vec<AtMonth> = by_month.iter().map(|scores| scores[index]).collect();
            let (observed, tally) = &observed[index];
            (check(set, scorer, observed, &months, kinds.as_deref()), tally.judged(set))
        })
        .collect();
    if let Some(path) = &args.page.html {
        let shown = sets.iter().zip(&checks).zip(&observed);
        let shown: Vec<page::Shown> = shown
            .map(|((set, (check, outcomes)), (_, tally))| page::Shown {
                set,
                check,
                tally,
                outcomes: outcomes.as_ref(),
            })
            .collect();
        page::write(path, args.page.lang, ruled.files(&args.leads), &shown)?;
    }
    if args.json {
        let report = |(check, outcomes)| Report { check, outcomes };
        let reports: Vec<Report> = checks.iter().map(|(c, o)| report((c, o))).collect();
        print::json(&reports)?;
    } else {
        show::show(&checks)?;
        if let Some(path) = &args.page.html {
            let what = if sets.len() == 1 { "the rule set" } else { "the rule sets" };
            line(format!("\nWrote {}: {what} as a page", path.display()))?;
        }
    }
    let findings: usize = checks.iter().map(|(check, _)| check.findings.len()).sum();
    if args.strict && findings > 0 {
        return Err(anyhow!("{}, and --strict allows none", plural(findings, "finding")));
    }
    Ok(())
}

/// Where leads are looked at: where a model would look too, where that is described.
fn looked(ruled: &Ruled, as_of: Option<Time>, outcome: &OutcomeArgs) -> Result<Looked> {
    let Ruled { leads, scorer, .. } = ruled;
    match (&leads.project, as_of) {
        (Some(project), None) if project.rule().is_ok() => {
            outcome.refuse_for(&leads.path)?;
            let (rule, until) = project.rule()?;
            let (found, _) = snapshots(rule, &project.times, until);
            Ok(Looked {
                moments: found.iter().map(|s| (s.lead, Some(s.as_of))).collect(),
                outcomes: Some(found.iter().map(|s| Some(s.label)).collect()),
            })
        }
        _ => Ok(Looked {
            moments: leads.moments(scorer, as_of),
            outcomes: of_column(leads, outcome)?,
        }),
    }
}

/// What became of the lead of every row, by a column of the file.
fn of_column(leads: &LeadFile, outcome: &OutcomeArgs) -> Result<Option<Vec<Option<bool>>>> {
    let OutcomeArgs { target, positive, negative } = outcome;
    if leads.project.is_some() {
        outcome.refuse_for(&leads.path)?;
    }
    let Some(target) = target else {
        if positive.is_some() || negative.is_some() {
            return Err(wrong_call(
                "--positive and --negative are values of --target; name that too",
            ));
        }
        return Ok(None);
    };
    let options = TrainOptions {
        target: target.clone(),
        positive: positive.clone(),
        negative: negative.clone(),
        ..TrainOptions::default()
    };
    let found = outcomes(&leads.table, &options);
    Ok(Some(found.map_err(|e| anyhow!("{}: {e}", leads.path.display()))?))
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
