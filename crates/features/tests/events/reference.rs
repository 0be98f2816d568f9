//! The reference: what the documentation of cuts, filters and measures says, event by event, slow
//! and obvious.

use std::collections::BTreeSet;

use leadscore_features::events::{Filters, Measure, Selection, Span, Test};

use crate::Bits;

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const HOUR: i64 = 3_600 * SECOND;
pub(crate) const DAY: i64 = 24 * HOUR;
/// The moment of every snapshot here.
pub(crate) const NOW: i64 = 20_000 * DAY;

/// One event, as plain as can be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) at: i64,
    pub(crate) known: i64,
    /// 0 for none.
    pub(crate) id: u64,
    pub(crate) page: Option<String>,
    pub(crate) value: Option<f64>,
}

/// A measure of a selection in a window.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) of: Selection,
    pub(crate) window: Option<Span>,
    pub(crate) measure: Measure,
}

pub(crate) fn selects(of: &Selection, event: &Event) -> bool {
    let kind = if of.kinds.is_empty() {
        event.kind != "set"
    } else {
        of.kinds.iter().any(|kind| kind == event.kind)
    };
    let page = event.page.as_deref().map(str::trim).filter(|page| !page.is_empty());
    let value = event.value.filter(|value| value.is_finite());
    kind && of.conditions.iter().all(|condition| match &condition.test {
        Test::OneOf(patterns) => {
            let text = match condition.property.as_str() {
                "page" => page.map(str::to_owned),
                _ => value.map(|value| value.to_string()),
            };
            text.is_some_and(|text| patterns.iter().any(|pattern| pattern.matches(&text)))
        }
        Test::Between { from, below } => value.is_some_and(|value| {
            from.is_none_or(|from| value >= from) && below.is_none_or(|below| value < below)
        }),
    })
}

pub(crate) fn reference_cut(
    filters: &Filters,
    events: &[Event],
    as_of: i64,
    created: Option<i64>,
) -> Vec<Event> {
    let mut kept: Vec<Event> =
        events.iter().filter(|e| e.at <= as_of && e.known <= as_of).cloned().collect();
    if filters.duplicates {
        let all = kept.clone();
        kept.retain(|e| {
            let copies = all.iter().filter(|other| other.id == e.id);
            e.id == 0 || copies.map(|copy| copy.known).min() == Some(e.known)
        });
    }
    let person = |e: &Event| e.kind != "set";
    if let (true, Some(created)) = (filters.before_created, created) {
        kept.retain(|e| !(person(e) && e.at < created));
    }
    if let Some(tolerance) = filters.future {
        kept.retain(|e| e.at - e.known <= tolerance.micros());
    }
    for condition in &filters.internal {
        let of = Selection { kinds: vec![], conditions: vec![condition.clone()] };
        kept.retain(|e| !selects(&of, e));
    }
    if let Some(scanners) = &filters.scanners {
        let all = kept.clone();
        let is = |kinds: &[String], e: &Event| kinds.iter().any(|kind| kind == e.kind);
        kept.retain(|e| {
            let mut sent = all.iter().filter(|sent| is(&scanners.sent, sent));
            let soon = sent.any(|s| s.at <= e.at && e.at - s.at <= scanners.within.micros());
            !(is(&scanners.acts, e) && soon)
        });
    }
    if let Some(bursts) = &filters.bursts {
        let all = kept.clone();
        let usual = ["email_sent".to_owned()];
        let sent = filters.scanners.as_ref().map(|of| &of.sent[..]).filter(|sent| !sent.is_empty());
        let sent = sent.unwrap_or(&usual);
        let person = |e: &Event| person(e) && sent.iter().all(|kind| kind != e.kind);
        let people = || all.iter().filter(|e| person(e));
        kept.retain(|e| {
            let from_start = |start: i64| {
                let in_run = |at: i64| at >= start && at - start <= bursts.within.micros();
                in_run(e.at)
                    && people().filter(|other| in_run(other.at)).count() >= bursts.events as usize
            };
            !(person(e) && people().any(|first| from_start(first.at)))
        });
    }
    kept.sort_by_key(|e| (e.at, e.known));
    kept
}

/// The values that the documentation allows: more than one only where the last event is one of
/// several at the same instant.
pub(crate) fn reference(
    asked: &Asked,
    kept: &[Event],
    as_of: i64,
    created: Option<i64>,
) -> Vec<Bits> {
    let in_window =
        |e: &&Event, windows: i64| asked.window.is_none_or(|w| e.at > as_of - windows * w.micros());
    let of: Vec<&Event> = kept.iter().filter(|e| selects(&asked.of, e)).collect();
    let picked: Vec<&Event> = of.iter().copied().filter(|e| in_window(e, 1)).collect();
    let values = || picked.iter().filter_map(|e| e.value).filter(|value| value.is_finite());
    let pages = || picked.iter().filter_map(|e| Some((e, e.page.as_deref()?.trim().to_owned())));
    let pages = || pages().filter(|(_, page)| !page.is_empty());
    let days = |micros: i64| micros as f64 / DAY as f64;
    let count = picked.len() as f64;
    let number = |number: Option<f64>| {
        vec![number.map_or(Bits::Missing, |number| Bits::Number((number + 0.0).to_bits()))]
    };
    number(match &asked.measure {
        Measure::Count => Some(count),
        Measure::Distinct { property } if property == "page" => {
            Some(pages().map(|(_, page)| page).collect::<BTreeSet<_>>().len() as f64)
        }
        Measure::Distinct { .. } => {
            Some(values().map(|v| v.to_string()).collect::<BTreeSet<_>>().len() as f64)
        }
        Measure::Sum { .. } => Some(values().sum()),
        Measure::Mean { .. } => {
            (values().count() > 0).then(|| values().sum::<f64>() / values().count() as f64)
        }
        Measure::Min { .. } => values().min_by(f64::total_cmp),
        Measure::Max { .. } => values().max_by(f64::total_cmp),
        Measure::Last { property } => {
            let filled: Vec<(i64, i64, Bits)> = if property == "page" {
                pages().map(|(e, page)| (e.at, e.known, Bits::Text(page))).collect()
            } else {
                let of = |e: &&Event| e.value.filter(|value| value.is_finite());
                let valued = picked.iter().filter_map(|e| Some((e, of(e)?)));
                valued.map(|(e, v)| (e.at, e.known, Bits::Number((v + 0.0).to_bits()))).collect()
            };
            let newest = filled.iter().map(|(at, known, _)| (*at, *known)).max();
            let last = filled.into_iter().filter(|(at, known, _)| Some((*at, *known)) == newest);
            let allowed: Vec<Bits> = last.map(|(_, _, value)| value).collect();
            return if allowed.is_empty() { vec![Bits::Missing] } else { allowed };
        }
        Measure::DaysSinceFirst => picked.first().map(|e| days(as_of - e.at)),
        Measure::DaysSinceLast => picked.last().map(|e| days(as_of - e.at)),
        Measure::ActiveDays => {
            let days: BTreeSet<i64> = picked.iter().map(|e| e.at.div_euclid(DAY)).collect();
            Some(days.len() as f64)
        }
        Measure::LongestGap => {
            let times: Vec<i64> = picked.iter().map(|e| e.at).chain([as_of]).collect();
            times.windows(2).map(|pair| days(pair[1] - pair[0])).max_by(f64::total_cmp)
        }
        Measure::RatePerDay => {
            let age = created.map(|created| days(as_of - created));
            let first = kept.first().map(|e| days(as_of - e.at));
            let over = match (asked.window, age) {
                (Some(window), Some(age)) => Some(window.in_days().min(age)),
                (Some(window), None) => Some(window.in_days()),
                (None, Some(age)) => Some(age),
                (None, None) => first,
            };
            over.map(|days| count / days.max(1.0))
        }
        Measure::Decayed { half_life } => {
            let share =
                |e: &&Event| 0.5_f64.powf((as_of - e.at) as f64 / half_life.micros() as f64);
            Some(picked.iter().map(share).sum())
        }
        Measure::Trend => asked.window.map(|_| {
            let before = of.iter().filter(|e| in_window(e, 2) && !in_window(e, 1)).count();
            count - before as f64
        }),
        Measure::Ratio { over } => {
            let under = kept.iter().filter(|e| selects(over, e) && in_window(e, 1)).count();
            (under > 0).then(|| count / under as f64)
        }
        Measure::Then { then, within } => {
            let follows = |a: &Event, b: &Event| {
                b.at > a.at && within.is_none_or(|within| b.at - a.at <= within.micros())
            };
            let thens: Vec<&Event> =
                kept.iter().filter(|e| selects(then, e)).filter(|e| in_window(e, 1)).collect();
            let found = picked.iter().any(|a| thens.iter().any(|b| follows(a, b)));
            return vec![Bits::YesNo(found)];
        }
    })
}

pub(crate) fn agrees(found: &Bits, allowed: &[Bits]) -> bool {
    allowed.iter().any(|wanted| match (found, wanted) {
        (Bits::Number(found), Bits::Number(wanted)) => {
            let (found, wanted) = (f64::from_bits(*found), f64::from_bits(*wanted));
            (found - wanted).abs() <= 1e-12 * wanted.abs()
        }
        _ => found == wanted,
    })
}
