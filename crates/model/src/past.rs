//! The past of one lead, gone through day by day: where it stands on a ladder depends on where it
//! stood before, so a stage has a history. Everything is scored by [`Scorer`], which sees at each
//! moment what was known at that moment.

use std::borrow::Cow;
use std::ops::ControlFlow;

use leadscore_features::events::Seen;
use leadscore_features::{Snapshot, Time, Value};

use crate::Scorer;
use crate::points::{LadderKind, PointsScore};

const MICROS_PER_DAY: i64 = Time::MICROS_PER_DAY;
/// A past is gone through from at most so many days ago.
pub const LONGEST_PAST_DAYS: i64 = 3_653;

/// What is known of one lead, with its past.
#[derive(Clone, Copy, Debug, Default)]
pub struct Past<'a> {
    /// The attributes, in the order of [`Scorer::columns`]. Those without a history are the same
    /// all the time.
    pub attributes: &'a [Value<'a>],
    /// Signals that were given ready, by their positions among [`Scorer::signals`]: the same all
    /// the time, and in the place of what would be evaluated.
    pub ready: &'a [(usize, Value<'a>)],
    /// The records of its events by [`Scorer::event_plan`], sorted by
    /// [`EventPlan::sort`](leadscore_features::events::EventPlan::sort).
    pub records: &'a [u64],
    /// When it came to be, where that is known.
    pub created: Option<Time>,
    /// Attributes that were known from a moment on, by their positions; they are missing before.
    pub later: &'a [(usize, Time)],
}

/// Where a lead stands on a ladder, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The step.
    pub step: usize,
    /// The step before; `None` where it never moved.
    pub before: Option<usize>,
    /// When it was seen to have moved; where it never did, the first moment looked at.
    pub since: Time,
}

/// The moments at which a past is looked at: the start of every day of the UTC calendar since
/// `first`, which may be one, and `last`.
pub fn reviews(first: Time, last: Time) -> impl Iterator<Item = Time> {
    let from = first.micros().max(last.micros().saturating_sub(LONGEST_PAST_DAYS * MICROS_PER_DAY));
    let days = from.saturating_sub(1).div_euclid(MICROS_PER_DAY) + 1
        ..=last.micros().div_euclid(MICROS_PER_DAY);
    days.map(|day| Time::from_micros(day.saturating_mul(MICROS_PER_DAY)))
        .filter(move |day| *day < last)
        .chain([last])
}

impl<'a> Past<'a> {
    /// The attributes as they were known at a moment.
    pub fn attributes_at(&self, as_of: Time) -> Cow<'a, [Value<'a>]> {
        let mut attributes = Cow::Borrowed(self.attributes);
        for (position, _) in self.later.iter().filter(|(_, from)| *from > as_of) {
            if let Some(value) = attributes.to_mut().get_mut(*position) {
                *value = Value::Missing;
            }
        }
        attributes
    }

    /// When it begins: when the lead came to be, or its first event, whichever was earlier.
    /// `None` where neither is known.
    pub fn begins(&self, scorer: &Scorer) -> Option<Time> {
        let words = scorer.event_plan().map_or(0, |plan| plan.record_words());
        // Records are in order of time, which is their second word.
        let first = (words > 1).then(|| self.records.get(1)).flatten();
        let first = first.map(|at| Time::from_micros(*at as i64));
        first.into_iter().chain(self.created).min()
    }
}

impl Scorer {
    /// The points of one set at a moment of a lead's past. `seen` is room to work in.
    pub fn points_at(
        &self,
        set: usize,
        past: &Past<'_>,
        as_of: Time,
        seen: &mut Seen<'_>,
        out: &mut PointsScore,
    ) {
        let events = self.event_plan().map(|plan| {
            seen.cut(plan, past.records, as_of, past.created);
            &*seen
        });
        let attributes = past.attributes_at(as_of);
        let snapshot = Snapshot { as_of: Some(as_of), attributes: &attributes, events };
        self.points_with(set, &snapshot, past.ready, out);
    }

    /// Goes through a lead's past up to a moment, review by review; the last is at that moment.
    pub fn review(
        &self,
        set: usize,
        past: &Past<'_>,
        as_of: Time,
        seen: &mut Seen<'_>,
        mut see: impl FnMut(Time, &PointsScore),
    ) {
        let _ = self.review_while(set, past, as_of, seen, |moment, score| {
            see(moment, score);
            ControlFlow::Continue(())
        });
    }

    fn review_while(
        &self,
        set: usize,
        past: &Past<'_>,
        as_of: Time,
        seen: &mut Seen<'_>,
        mut see: impl FnMut(Time, &PointsScore) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut score = PointsScore::default();
        let first = past.begins(self).unwrap_or(as_of).min(as_of);
        for moment in reviews(first, as_of) {
            self.points_at(set, past, moment, seen, &mut score);
            see(moment, &score)?;
        }
        ControlFlow::Continue(())
    }

    /// Where a lead stands on the stages and in the funnel of a set, worked out from its past:
    /// `[stages, funnel]`, `None` where the set has no such ladder.
    pub fn standings(
        &self,
        set: usize,
        past: &Past<'_>,
        as_of: Time,
        seen: &mut Seen<'_>,
    ) -> [Option<Standing>; 2] {
        // It goes on to the end.
        self.standings_while(set, past, as_of, seen, || true).unwrap_or_default()
    }

    /// The same, for as long as `go_on` says so at every review; `None` where it did not.
    pub fn standings_while(
        &self,
        set: usize,
        past: &Past<'_>,
        as_of: Time,
        seen: &mut Seen<'_>,
        mut go_on: impl FnMut() -> bool,
    ) -> Option<[Option<Standing>; 2]> {
        let mut standings = [None; 2];
        let done = self.review_while(set, past, as_of, seen, |moment, score| {
            for kind in LadderKind::ALL {
                let stood: &mut Option<Standing> = &mut standings[kind as usize];
                let Some(step) = self.stand(set, kind, stood.map(|stood| stood.step), score) else {
                    continue;
                };
                match stood {
                    Some(stood) if stood.step == step => {}
                    Some(before) => {
                        *stood = Some(Standing { step, before: Some(before.step), since: moment });
                    }
                    None => *stood = Some(Standing { step, before: None, since: moment }),
                }
            }
            if go_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        done.is_continue().then_some(standings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_is_reviewed_at_midnights_and_at_its_end() {
        let time = |text: &str| Time::parse(text).unwrap();
        let found: Vec<String> =
            reviews(time("2024-01-30T15:00:00Z"), time("2024-02-01T09:00:00Z"))
                .map(|time| time.to_string())
                .collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], time("2024-01-31").to_string());
        assert_eq!(reviews(time("2024-01-30"), time("2024-01-30")).count(), 1);
        assert_eq!(reviews(time("2024-01-30"), time("2024-01-31")).count(), 2);
        assert_eq!(reviews(time("2024-01-30T00:00:00.000001Z"), time("2024-01-31")).count(), 1);
        let long = reviews(Time::from_micros(i64::MIN), time("2024-01-30")).count() as i64;
        assert_eq!(long, LONGEST_PAST_DAYS + 1);
    }
}
