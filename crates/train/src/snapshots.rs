//! Snapshots of leads: at which moments, with which label, and what is left out and why.

use leadscore_features::project::{SnapshotRule, SnapshotTimes};
use leadscore_features::{LeadTimes, Time};
use leadscore_model::bundle::LeftOut;

/// One lead as of one moment, with its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelledSnapshot {
    /// The lead, as a position.
    pub lead: usize,
    /// The moment.
    pub as_of: Time,
    /// Whether it converted in (as_of, as_of + horizon].
    pub label: bool,
}

/// The snapshots of all leads by a rule, lead by lead and in order of time, and what was left out.
/// `observed_until` is the last moment of which outcomes are known: later ones count for nothing. Where
/// any lead says when it came to be, one that does not has no snapshot, for it may not have been there.
pub fn snapshots(
    rule: &SnapshotRule,
    times: &LeadTimes,
    observed_until: Time,
) -> (Vec<LabelledSnapshot>, LeftOut) {
    let mut kept = Vec::new();
    let mut left_out = LeftOut::default();
    let mut moments = Vec::new();
    let creations_are_known = times.created.iter().any(Option::is_some);
    for lead in 0..times.created.len() {
        let observed = |time: Option<Time>| time.filter(|time| *time <= observed_until);
        let created = times.created[lead];
        let (converted, closed) = (observed(times.converted[lead]), observed(times.closed[lead]));
        moments.clear();
        match &rule.at {
            SnapshotTimes::Dates(_) if created.is_none() && creations_are_known => {}
            SnapshotTimes::Dates(dates) => moments.extend_from_slice(dates),
            SnapshotTimes::Age(age) => moments.extend(created.map(|created| age.after(created))),
            SnapshotTimes::Every(step) => {
                // While the lead is open: the first moment past its end is the last that is looked at, so
                // that the end is counted, and no moment is later than what is known, but for the first.
                let end = converted.into_iter().chain(closed).min();
                let mut next = created.map(|created| step.after(created));
                while let Some(moment) = next {
                    moments.push(moment);
                    let open = end.is_none_or(|end| moment < end);
                    let more = Some(step.after(moment)).filter(|_| open);
                    next = more.filter(|more| *more <= observed_until);
                }
            }
        }
        if moments.is_empty() && created.is_none() {
            left_out.without_created += 1;
        }
        for &as_of in &moments {
            let by_then = |time: Option<Time>| time.is_some_and(|time| time <= as_of);
            let until = rule.horizon.after(as_of);
            let label = converted.is_some_and(|time| time > as_of && time <= until);
            if created.is_some_and(|created| created > as_of) {
                left_out.not_created += 1;
            } else if by_then(converted) {
                left_out.converted += 1;
            } else if by_then(closed) {
                left_out.closed += 1;
            } else if until > observed_until {
                left_out.horizon_open += 1;
                left_out.horizon_open_converted += usize::from(label);
            } else {
                kept.push(LabelledSnapshot { lead, as_of, label });
            }
        }
    }
    (kept, left_out)
}

#[cfg(test)]
mod tests {
    use leadscore_features::events::Span;

    use super::*;

    fn day(day: i64) -> Time {
        Time::from_micros(day * Time::MICROS_PER_DAY)
    }

    fn times(leads: &[(i64, Option<i64>, Option<i64>)]) -> LeadTimes {
        LeadTimes {
            created: leads.iter().map(|lead| Some(day(lead.0))).collect(),
            converted: leads.iter().map(|lead| lead.1.map(day)).collect(),
            closed: leads.iter().map(|lead| lead.2.map(day)).collect(),
        }
    }

    #[test]
    fn labels_look_at_the_horizon_alone() {
        let rule = SnapshotRule { at: SnapshotTimes::Age(Span::days(14)), horizon: Span::days(90) };
        let times = times(&[
            (0, Some(14), None),    // converted at the very moment
            (0, Some(15), None),    // just after
            (0, Some(104), None),   // on the last day
            (0, Some(105), None),   // a day late
            (0, None, Some(10)),    // closed before
            (0, None, Some(20)),    // closed after: not converted
            (100, Some(120), None), // horizon open, converted
            (100, None, None),      // horizon open
        ]);
        let (kept, left_out) = snapshots(&rule, &times, day(200));
        let found: Vec<_> = kept.iter().map(|s| (s.lead, s.label)).collect();
        assert_eq!(found, [(1, true), (2, true), (3, false), (5, false)]);
        let expected = LeftOut {
            converted: 1,
            closed: 1,
            horizon_open: 2,
            horizon_open_converted: 1,
            ..LeftOut::default()
        };
        assert_eq!(left_out, expected);
    }

    #[test]
    fn dates_and_steps() {
        let leads = times(&[(0, Some(70), None), (50, None, None)]);
        let rule = SnapshotRule {
            at: SnapshotTimes::Dates(vec![day(30), day(60), day(90)]),
            horizon: Span::days(30),
        };
        let (kept, left_out) = snapshots(&rule, &leads, day(120));
        let found: Vec<_> = kept.iter().map(|s| (s.lead, s.as_of, s.label)).collect();
        assert_eq!(
            found,
            [(0, day(30), false), (0, day(60), true), (1, day(60), false), (1, day(90), false)]
        );
        assert_eq!((left_out.converted, left_out.not_created), (1, 1));

        let rule =
            SnapshotRule { at: SnapshotTimes::Every(Span::days(30)), horizon: Span::days(30) };
        let (kept, left_out) = snapshots(&rule, &leads, day(120));
        let found: Vec<_> = kept.iter().map(|s| (s.lead, s.as_of, s.label)).collect();
        assert_eq!(found, [(0, day(30), false), (0, day(60), true), (1, day(80), false)]);
        assert_eq!((left_out.converted, left_out.horizon_open), (1, 1));

        // All moments whose horizon is not over are counted, as they are of dates; that after the end of
        // what is known is no moment.
        let rule =
            SnapshotRule { at: SnapshotTimes::Every(Span::days(10)), horizon: Span::days(30) };
        let (kept, left_out) = snapshots(&rule, &leads, day(79));
        let of = |lead| kept.iter().filter(|snapshot| snapshot.lead == lead).count();
        assert_eq!((of(0), of(1)), (4, 0));
        assert_eq!((left_out.horizon_open, left_out.horizon_open_converted), (2 + 2, 2));
        assert_eq!(left_out.converted, 1);
        // A lead that is younger than the step is counted.
        let (kept, left_out) = snapshots(&rule, &leads, day(5));
        assert!(kept.is_empty());
        assert_eq!(left_out.horizon_open, 2);
    }

    #[test]
    fn leads_without_a_creation_are_counted() {
        let rule = SnapshotRule { at: SnapshotTimes::Age(Span::days(1)), horizon: Span::days(1) };
        let times = LeadTimes { created: vec![None], converted: vec![None], closed: vec![None] };
        let (kept, left_out) = snapshots(&rule, &times, day(10));
        assert!(kept.is_empty());
        assert_eq!(left_out.without_created, 1);
    }

    #[test]
    fn dates_have_no_leads_that_may_not_have_been_there() {
        let at = SnapshotTimes::Dates(vec![day(5), day(6)]);
        let rule = SnapshotRule { at, horizon: Span::days(1) };
        let none = vec![None; 2];
        let created = vec![Some(day(0)), None];
        let some = LeadTimes { created, converted: none.clone(), closed: none.clone() };
        let (kept, left_out) = snapshots(&rule, &some, day(10));
        assert_eq!((kept.len(), left_out.without_created), (2, 1));
        assert!(kept.iter().all(|snapshot| snapshot.lead == 0));
        // Where nothing says when leads came to be, all were there.
        let unknown = LeadTimes { created: none, ..some };
        let (kept, left_out) = snapshots(&rule, &unknown, day(10));
        assert_eq!((kept.len(), left_out.without_created), (4, 0));
    }

    #[test]
    fn what_came_after_the_observation_is_no_reason() {
        let at = SnapshotTimes::Age(Span::days(30));
        let rule = SnapshotRule { at, horizon: Span::days(90) };
        // Closed, and converted, after day 12, by day 30.
        let times = times(&[(0, None, Some(16)), (0, Some(16), None), (0, None, Some(12))]);
        let (kept, left_out) = snapshots(&rule, &times, day(12));
        assert!(kept.is_empty());
        assert_eq!((left_out.closed, left_out.converted, left_out.horizon_open), (1, 0, 2));
        assert_eq!(left_out.horizon_open_converted, 0);
        let every = SnapshotRule { at: SnapshotTimes::Every(Span::days(10)), ..rule };
        let (_, left_out) = snapshots(&every, &times, day(12));
        assert_eq!((left_out.closed, left_out.converted, left_out.horizon_open), (0, 0, 3));
    }
}
