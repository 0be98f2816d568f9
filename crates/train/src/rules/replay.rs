//! What a rule set would have done in the past: whom it would have handed to sales, and when. Every
//! lead is scored day by day with what was known on that day, until it converted or was closed.

use leadscore_features::events::{Seen, Span};
use leadscore_features::{LeadTimes, Time};
use leadscore_model::Scorer;
use leadscore_model::evaluate::{Interval, wilson};
use leadscore_model::points::{LadderKind, Points, PointsScore, RuleSet};
use serde::Serialize;

use crate::{Leads, WalkError};

const MICROS_PER_DAY: i64 = Time::MICROS_PER_DAY;
const DAYS_PER_WEEK: i64 = 7;

/// What is replayed.
#[derive(Clone, Copy, Debug)]
pub struct ReplayOptions {
    /// Hand-offs and conversions from here on are counted.
    pub from: Time,
    /// Up to here, itself among them; nothing after it is looked at.
    pub to: Time,
    /// A conversion so long after a hand-off counts for it.
    pub horizon: Span,
}

/// The replay of some rule sets over the same leads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replay {
    /// The first and the last moment that counts.
    pub from: Time,
    /// See `from`.
    pub to: Time,
    /// How long after a hand-off a conversion counts for it, in days.
    pub horizon_days: f64,
    /// Leads that were there in the period.
    pub leads: usize,
    /// Of them, those that converted in it.
    pub conversions: usize,
    /// Each rule set.
    pub rule_sets: Vec<Replayed>,
    /// Of two rule sets: the leads that only the first handed over, only the second, and both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side_by_side: Option<[Period; 3]>,
}

/// The replay of one rule set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replayed {
    /// Its name.
    pub rule_set: String,
    /// From how many points a lead is handed over.
    pub threshold: Points,
    /// All of the period.
    pub all: Period,
    /// Week by week, Monday to Sunday in UTC.
    pub weeks: Vec<Period>,
    /// How often leads moved from one stage to another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stage_moves: Vec<MoveCount>,
    /// The same in the funnel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub funnel_moves: Vec<MoveCount>,
}

/// What came of the hand-offs of a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Period {
    /// When it starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Time>,
    /// Leads that were handed over for the first time.
    pub handed: usize,
    /// Of them, those whose horizon is over. The others are left out, those that converted early
    /// among them: counted, they would make young hand-offs look better than they are.
    pub known: usize,
    /// Of those, converted within the horizon.
    pub converted: usize,
    /// `converted` over `known`, with a 95 % interval.
    pub precision: Option<Interval>,
    /// Leads that converted in this time, handed over or not.
    pub conversions: usize,
    /// Of them, those that had been handed over before, in this time or earlier.
    pub found: usize,
    /// `found` over `conversions`, with a 95 % interval.
    pub recall: Option<Interval>,
    /// For those, days from the hand-off to the conversion: the median.
    pub lead_time_days: Option<f64>,
    #[serde(skip)]
    lead_times: Vec<f64>,
}

/// How often leads moved from one step of a ladder to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MoveCount {
    /// From this step.
    pub from: String,
    /// To this step.
    pub to: String,
    /// How often.
    pub moves: usize,
}

/// One lead's way through one rule set.
#[derive(Clone, Debug, Default)]
struct Way {
    handed: Option<Time>,
    /// Moves in the period: the ladder, from, to.
    moves: Vec<(LadderKind, usize, usize)>,
}

/// One lead's way through all rule sets.
struct Ways {
    lead: usize,
    of_sets: Vec<Way>,
}

/// A rule set that hands nobody over cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It names no threshold.
    #[error("the rule set {0:?} has neither hand_off nor bands, so it hands nobody to sales")]
    NoThreshold(String),
}

/// From how many points a set hands leads over: its `hand_off`, else its highest band.
fn threshold(set: &RuleSet) -> Option<Points> {
    set.hand_off.or_else(|| set.bands.all().last().and_then(|band| band.from))
}

/// Replays rule sets over leads whose times are known. The scorer scores these rule sets.
///
/// # Errors
/// The error of the walk, or of a rule set that has no threshold.
pub fn replay(
    leads: &Leads<'_>,
    times: &LeadTimes,
    scorer: &Scorer,
    sets: &[RuleSet],
    options: &ReplayOptions,
) -> Result<Result<Replay, ReplayError>, WalkError> {
    let mut thresholds = Vec::with_capacity(sets.len());
    for set in sets {
        match threshold(set) {
            Some(threshold) => thresholds.push(threshold),
            None => return Ok(Err(ReplayError::NoThreshold(set.name.clone()))),
        }
    }
    let decided = |lead: usize| {
        let time = |times: &[Option<Time>]| times.get(lead).copied().flatten();
        time(&times.converted).into_iter().chain(time(&times.closed)).min()
    };
    let there = |lead: &usize| {
        let created = times.created.get(*lead).copied().flatten();
        created.is_none_or(|created| created <= options.to)
            && decided(*lead).is_none_or(|decided| decided >= options.from)
    };
    // A lead is looked at until just before it was decided.
    let end = |lead: usize| match decided(lead) {
        Some(decided) if decided <= options.to => {
            Time::from_micros(decided.micros().saturating_sub(1))
        }
        _ => options.to,
    };
    let moments: Vec<(usize, Option<Time>)> =
        (0..leads.table.rows()).filter(there).map(|lead| (lead, Some(end(lead)))).collect();
    let (parts, _) = leads.walk(scorer, &moments, Vec::new, |ways, step| {
        let of_sets = sets.iter().enumerate().zip(&thresholds).map(|((index, _), threshold)| {
            let mut seen = Seen::new(step.texts);
            let mut way = Way::default();
            let mut stood = [None; 2];
            let Some(last) = step.snapshot.as_of else { return way };
            scorer.review(index, &step.past, last, &mut seen, |at, score| {
                way.see(scorer, index, (at, score), *threshold, options.from, &mut stood);
            });
            way
        });
        ways.push(Ways { lead: step.lead, of_sets: of_sets.collect() });
    })?;
    let ways: Vec<Ways> = parts.into_iter().flatten().collect();
    Ok(Ok(count(&ways, times, sets, &thresholds, options)))
}

impl Way {
    fn see(
        &mut self,
        scorer: &Scorer,
        set: usize,
        (at, score): (Time, &PointsScore),
        threshold: Points,
        from: Time,
        stood: &mut [Option<usize>; 2],
    ) {
        if self.handed.is_none() && score.total >= threshold {
            self.handed = Some(at);
        }
        for kind in LadderKind::ALL {
            let before = stood[kind as usize];
            let now = scorer.stand(set, kind, before, score);
            if let (Some(before), Some(now)) = (before, now)
                && before != now
                && at >= from
            {
                self.moves.push((kind, before, now));
            }
            stood[kind as usize] = now;
        }
    }
}

fn count(
    ways: &[Ways],
    times: &LeadTimes,
    sets: &[RuleSet],
    thresholds: &[Points],
    options: &ReplayOptions,
) -> Replay {
    let outcome = |way: &Ways| Outcome::of(way.lead, times, options);
    let converted = |way: &&Ways| outcome(way).converted_in(options).is_some();
    let rule_sets = sets
        .iter()
        .zip(thresholds)
        .enumerate()
        .map(|(index, (set, threshold))| {
            let mut all = Period::default();
            let mut weeks = weeks(options);
            for way in ways {
                let handed = way.of_sets[index].handed;
                all.add(handed, &outcome(way), options, |_| true);
                for week in &mut weeks {
                    let start = week.start.map_or(0, Time::micros);
                    let end = start.saturating_add(DAYS_PER_WEEK * MICROS_PER_DAY);
                    week.add(handed, &outcome(way), options, |at| {
                        (start..end).contains(&at.micros())
                    });
                }
            }
            all.finish();
            weeks.iter_mut().for_each(Period::finish);
            let moves = |kind| moves(set, kind, ways.iter().map(|way| &way.of_sets[index]));
            Replayed {
                rule_set: set.name.clone(),
                threshold: *threshold,
                all,
                weeks,
                stage_moves: moves(LadderKind::Stages),
                funnel_moves: moves(LadderKind::Funnel),
            }
        })
        .collect();
    let side_by_side = (sets.len() == 2).then(|| {
        let mut sides = [Period::default(), Period::default(), Period::default()];
        for way in ways {
            let inside = |at: &Time| (options.from..=options.to).contains(at);
            let [first, second] = [0, 1].map(|set: usize| way.of_sets[set].handed.filter(inside));
            let (side, handed) = match (first, second) {
                (Some(first), Some(second)) => (2, Some(first.min(second))),
                (Some(_), None) => (0, first),
                (None, _) => (1, second),
            };
            if handed.is_some() {
                sides[side].add(handed, &outcome(way), options, |_| true);
            }
        }
        sides.iter_mut().for_each(Period::finish);
        sides
    });
    Replay {
        from: options.from,
        to: options.to,
        horizon_days: options.horizon.in_days(),
        leads: ways.len(),
        conversions: ways.iter().filter(converted).count(),
        rule_sets,
        side_by_side,
    }
}

/// What became of a lead.
struct Outcome {
    converted: Option<Time>,
}

impl Outcome {
    fn of(lead: usize, times: &LeadTimes, options: &ReplayOptions) -> Self {
        // What happened after the period is not known in it.
        let by = |times: &[Option<Time>]| {
            times.get(lead).copied().flatten().filter(|time| *time <= options.to)
        };
        Self { converted: by(&times.converted) }
    }

    fn converted_in(&self, options: &ReplayOptions) -> Option<Time> {
        self.converted.filter(|at| *at >= options.from)
    }
}

impl Period {
    fn add(
        &mut self,
        handed: Option<Time>,
        outcome: &Outcome,
        options: &ReplayOptions,
        inside: impl Fn(Time) -> bool,
    ) {
        if let Some(handed) = handed.filter(|at| *at >= options.from && inside(*at)) {
            self.handed += 1;
            let over = options.horizon.after(handed);
            if over <= options.to {
                self.known += 1;
                self.converted += usize::from(outcome.converted.is_some_and(|at| at <= over));
            }
        }
        if let Some(converted) = outcome.converted_in(options).filter(|at| inside(*at)) {
            self.conversions += 1;
            if let Some(handed) = handed.filter(|at| *at < converted) {
                self.found += 1;
                self.lead_times.push(converted.days_since(handed));
            }
        }
    }

    fn finish(&mut self) {
        self.precision = wilson(self.converted, self.known);
        self.recall = wilson(self.found, self.conversions);
        self.lead_times.sort_by(f64::total_cmp);
        let middle = self.lead_times.len() / 2;
        self.lead_time_days = self.lead_times.get(middle).map(|upper| {
            if self.lead_times.len() % 2 == 1 {
                return *upper;
            }
            (self.lead_times[middle - 1] + upper) / 2.0
        });
    }
}

/// The weeks of the period, each by its Monday.
fn weeks(options: &ReplayOptions) -> Vec<Period> {
    let day = |time: Time| time.micros().div_euclid(MICROS_PER_DAY);
    // 1970-01-01 was a Thursday.
    let monday = |day: i64| day - (day + 3).rem_euclid(DAYS_PER_WEEK);
    let (first, last) = (monday(day(options.from)), monday(day(options.to)));
    (0..=(last - first) / DAYS_PER_WEEK)
        .map(|week| Period {
            start: Some(Time::from_micros((first + week * DAYS_PER_WEEK) * MICROS_PER_DAY)),
            ..Period::default()
        })
        .collect()
}

fn moves<'w>(
    set: &RuleSet,
    kind: LadderKind,
    ways: impl Iterator<Item = &'w Way>,
) -> Vec<MoveCount> {
    let Some(ladder) = set.ladder(kind) else { return Vec::new() };
    let mut counts = std::collections::BTreeMap::new();
    for (_, from, to) in ways.flat_map(|way| &way.moves).filter(|(of, ..)| *of == kind) {
        *counts.entry((*from, *to)).or_insert(0) += 1;
    }
    let name = |step: usize| ladder.steps.get(step).map_or_else(String::new, |s| s.name.clone());
    counts
        .into_iter()
        .map(|((from, to), moves)| MoveCount { from: name(from), to: name(to), moves })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn weeks_start_on_mondays_and_cover_the_period() {
        let options = ReplayOptions {
            from: time("2024-01-03"),
            to: time("2024-01-22"),
            horizon: Span::days(30),
        };
        let starts: Vec<Time> = weeks(&options).iter().filter_map(|week| week.start).collect();
        let expected = ["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22"].map(time);
        assert_eq!(starts, expected);
    }

    #[test]
    fn a_period_counts_what_is_known() {
        let options = ReplayOptions {
            from: time("2024-01-01"),
            to: time("2024-03-01"),
            horizon: Span::days(30),
        };
        let mut period = Period::default();
        let mut add = |handed: Option<&str>, converted: Option<&str>| {
            let outcome = Outcome { converted: converted.map(time) };
            period.add(handed.map(time), &outcome, &options, |_| true);
        };
        add(Some("2024-01-05"), Some("2024-01-15")); // Won, 10 days later.
        add(Some("2024-01-05"), Some("2024-02-25")); // Won, but too late.
        add(Some("2024-01-05"), None); // The horizon is over.
        add(Some("2024-01-05"), None);
        add(Some("2024-02-25"), None); // Not known yet.
        add(Some("2024-02-20"), Some("2024-02-26")); // Won, but the horizon is not over.
        add(None, Some("2024-02-01")); // Missed.
        add(Some("2023-12-20"), Some("2024-01-09")); // Handed over before, found now.
        period.finish();
        assert_eq!((period.handed, period.known, period.converted), (6, 4, 1));
        assert_eq!((period.conversions, period.found), (5, 4));
        assert_eq!(period.lead_time_days, Some(15.0));
        assert_eq!(period.precision.unwrap().value, 0.25);
        assert_eq!(period.recall.unwrap().value, 0.8);
    }
}
