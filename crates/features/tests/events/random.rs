//! Random logs and plans. Few different values, so that they meet.

use leadscore_features::events::{
    Bursts, Condition, Filters, Measure, Pattern, Scanners, Selection, Span, Test, content_hash,
};
use proptest::prelude::*;

use crate::reference::{Asked, DAY, Event, HOUR, NOW, SECOND};

pub(crate) fn kinds() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "a", "b", "c", "set"])
}

pub(crate) fn moment() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => (0..40_i64).prop_map(|seconds| NOW - DAY - seconds * SECOND),
        3 => (0..80_i64).prop_map(|halves| NOW - halves * 12 * HOUR),
        1 => (0..80_i64).prop_map(|days| NOW - days * DAY + SECOND),
        1 => (1..5_i64).prop_map(|hours| NOW + hours * HOUR),
    ]
}

pub(crate) fn page() -> impl Strategy<Value = Option<String>> {
    let texts = ["/p", "/p/x", "/q", " /p ", "", "ñ"].map(str::to_owned).to_vec();
    prop::option::of(prop::sample::select(texts))
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    // Quarters add up exactly, in any order.
    let value = prop_oneof![
        4 => (-8..8_i32).prop_map(|quarters| Some(f64::from(quarters) / 4.0)),
        1 => Just(Some(f64::NAN)),
        2 => Just(None),
    ];
    let late = prop_oneof![
        4 => Just(0_i64),
        1 => (0..3_i64).prop_map(|hours| hours * HOUR),
        1 => (0..3_i64).prop_map(|hours| -hours * HOUR),
    ];
    (kinds(), moment(), late, page(), value).prop_map(|(kind, at, late, page, value)| Event {
        kind,
        at,
        known: at + late,
        id: 0,
        page,
        value,
    })
}

/// Events, most with ids, some with copies. Copies are known at different moments, some before
/// what they are copies of, and some say that it happened at another moment.
pub(crate) fn events(most: usize) -> impl Strategy<Value = Vec<Event>> {
    let copy = (any::<prop::sample::Index>(), -2..4_i64, prop::bool::weighted(0.3));
    (
        prop::collection::vec((event(), prop::bool::weighted(0.8)), 0..most),
        prop::collection::vec(copy, 0..6),
    )
        .prop_map(|(made, copies)| {
            let mut events: Vec<Event> = made
                .into_iter()
                .enumerate()
                .map(|(n, (mut event, named))| {
                    event.id = if named { content_hash(&format!("id-{n}")) } else { 0 };
                    event
                })
                .collect();
            let originals = events.len();
            for (n, (index, hours, moved)) in copies.into_iter().enumerate() {
                if originals == 0 {
                    break;
                }
                let mut copy = events[index.index(originals)].clone();
                // A microsecond for each: no two copies are known at once.
                copy.known += hours * HOUR + n as i64 + 1;
                if moved {
                    // What was known first is not always what is said to have happened first.
                    copy.at -= hours * SECOND;
                }
                events.push(copy);
            }
            events
        })
}

pub(crate) fn selection() -> impl Strategy<Value = Selection> {
    let patterns = ["/p", "/p*", "*", "/?", "ñ", ""].map(|text| Pattern(text.to_owned())).to_vec();
    let texts = prop::collection::vec(prop::sample::select(patterns), 0..3);
    let numbers = ["1", "0.25", "-0.5", "0"].map(|text| Pattern(text.to_owned())).to_vec();
    let limit = || prop::option::of((-8..8_i32).prop_map(|quarters| f64::from(quarters) / 4.0));
    let condition = prop_oneof![
        texts.prop_map(|texts| Condition { property: "page".into(), test: Test::OneOf(texts) }),
        prop::collection::vec(prop::sample::select(numbers), 0..3)
            .prop_map(|texts| Condition { property: "value".into(), test: Test::OneOf(texts) }),
        (limit(), limit()).prop_map(|(from, below)| Condition {
            property: "value".into(),
            test: Test::Between { from, below },
        }),
    ];
    let conditions = prop_oneof![3 => Just(0_usize), 2 => Just(1), 1 => Just(2)]
        .prop_flat_map(move |n| prop::collection::vec(condition.clone().boxed(), n));
    let kinds = prop::collection::vec(kinds().prop_map(str::to_owned), 0..3);
    (kinds, conditions).prop_map(|(kinds, conditions)| Selection { kinds, conditions })
}

pub(crate) fn span() -> impl Strategy<Value = Span> {
    let spans = ["1s", "5s", "30s", "1h", "12h", "1d", "3d", "7d", "30d"];
    prop::sample::select(spans.map(|text| Span::parse(text).unwrap()).to_vec())
}

pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let number = || Just("value".to_owned());
    let either = || prop::sample::select(vec!["page".to_owned(), "value".to_owned()]);
    let measure = prop_oneof![
        Just(Measure::Count),
        either().prop_map(|property| Measure::Distinct { property }),
        number().prop_map(|property| Measure::Sum { property }),
        number().prop_map(|property| Measure::Mean { property }),
        number().prop_map(|property| Measure::Min { property }),
        number().prop_map(|property| Measure::Max { property }),
        either().prop_map(|property| Measure::Last { property }),
        Just(Measure::DaysSinceFirst),
        Just(Measure::DaysSinceLast),
        Just(Measure::ActiveDays),
        Just(Measure::LongestGap),
        Just(Measure::RatePerDay),
        span().prop_map(|half_life| Measure::Decayed { half_life }),
        Just(Measure::Trend),
        selection().prop_map(|over| Measure::Ratio { over }),
        (selection(), prop::option::of(span()))
            .prop_map(|(then, within)| Measure::Then { then, within }),
    ];
    (selection(), prop::option::of(span()), measure).prop_map(|(of, window, measure)| Asked {
        of,
        window,
        measure,
    })
}

pub(crate) fn filters() -> impl Strategy<Value = Filters> {
    let internal = prop::sample::select(vec!["/p/x", "/q*"]).prop_map(|text| Condition {
        property: "page".into(),
        test: Test::OneOf(vec![Pattern(text.into())]),
    });
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let sent = prop::sample::select(vec![words(&["a"]), words(&["a", "set"]), words(&[])]);
    let acts = prop::sample::select(vec![words(&["b"]), words(&["b", "a"]), words(&[])]);
    let scanners =
        (sent, acts, span()).prop_map(|(sent, acts, within)| Scanners { sent, acts, within });
    let bursts = (2..6_u32, span()).prop_map(|(events, within)| Bursts { events, within });
    (
        any::<bool>(),
        any::<bool>(),
        prop::option::of(span()),
        prop::collection::vec(internal, 0..3),
        prop::option::of(scanners),
        prop::option::of(bursts),
    )
        .prop_map(|(duplicates, before_created, future, internal, scanners, bursts)| Filters {
            duplicates,
            before_created,
            future,
            internal,
            scanners,
            bursts,
        })
}

pub(crate) fn created() -> impl Strategy<Value = Option<i64>> {
    prop::option::of((-1..50_i64).prop_map(|days| NOW - days * DAY))
}

pub(crate) fn extreme() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(i64::MIN),
        Just(i64::MIN + 1),
        Just(i64::MAX),
        Just(i64::MAX - 1),
        Just(0),
        Just(-1),
        any::<i64>(),
        Just(NOW),
    ]
}
