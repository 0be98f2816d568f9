//! Random sets and leads. Few different values, so that they meet, and round moments, so that they
//! lie on the edges of windows and periods.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};

use crate::common::{Event, Lead};
use crate::set::{
    Bands, Condition, Decay, Events, Gives, Group, Limits, Rule, Scale, Selection, Set, TextTest,
};

pub(crate) const HOUR: i64 = 3_600_000_000;
/// 2025-03-31T12:00:00Z.
pub(crate) const NOW: i64 = 1_743_422_400 * 1_000_000;

const KINDS: [&str; 3] = ["view", "click", "buy"];
const PAGES: [&str; 4] = ["/p", "/p/x", "/q", "ñ"];
const GLOBS: [&str; 5] = ["/p*", "/q", "/*", "ñ*", "/p/x"];
const TEXTS: [&str; 5] = ["Acme", "acme ñ", "Retail", "re", "\"quoted\" \\ text"];

fn points() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => (-40..=40_i64).prop_map(|whole| whole * 1000),
        2 => -40_000..=40_000_i64,
        1 => -3..=3_i64,
    ]
}

fn hours() -> impl Strategy<Value = u32> {
    prop_oneof![(1..40_u32).prop_map(|days| days * 24), (1..60_u32).prop_map(|half| half * 12)]
}

fn limits() -> impl Strategy<Value = Limits> {
    let limit = || prop::option::of(prop_oneof![Just(0), 0..60_000_i64]);
    (limit(), limit()).prop_map(|(below, cap)| Limits { floor: below.map(|below| -below), cap })
}

fn decay() -> impl Strategy<Value = Decay> {
    let steps = (subsequence((1..20_u32).collect::<Vec<_>>(), 1..4), 0..=8_u32).prop_map(
        |(days, first)| {
            let keep = |index: usize| first.saturating_sub(2 * index as u32);
            let step = |(index, days): (usize, u32)| (days * 48, keep(index));
            Decay::Steps(days.into_iter().enumerate().map(step).collect())
        },
    );
    prop_oneof![hours().prop_map(Decay::HalfLife), hours().prop_map(Decay::Linear), steps]
}

fn selection() -> impl Strategy<Value = Selection> {
    let value = prop_oneof![
        4 => Just(None),
        1 => (-4..4_i32).prop_map(|from| Some((Some(from), None))),
        1 => (-4..4_i32, 1..5_i32).prop_map(|(from, more)| Some((Some(from), Some(from + more)))),
        1 => (-4..4_i32).prop_map(|below| Some((None, Some(below)))),
    ];
    let pages = prop_oneof![2 => Just(Vec::new()), 1 => subsequence(GLOBS.to_vec(), 1..3)];
    (subsequence(KINDS.to_vec(), 0..=3), pages, value).prop_map(|(kinds, pages, value)| Selection {
        kinds,
        pages,
        value,
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let texts = prop_oneof![
        subsequence(TEXTS.to_vec(), 1..4).prop_map(TextTest::In),
        select(vec!["re", "ACME", "Ñ", "\\"]).prop_map(TextTest::Contains),
        select(vec!["A*", "re", "*", "acme*"]).prop_map(TextTest::Glob),
    ];
    let bounds = (-3..6_i32, 1..6_i32, 1..16_usize).prop_map(|(low, more, which)| {
        let high = low + more;
        // One lower bound and one upper one, strict or not; sometimes both kinds.
        let bound = |bit: usize, of: i32| (which >> bit & 1 == 1).then_some(of);
        [bound(0, low), bound(1, low), bound(2, high), bound(3, high)]
    });
    let leaf = prop_oneof![
        (select(vec!["txt", "alias"]), texts)
            .prop_map(|(signal, test)| Condition::Text(signal, test)),
        (select(vec!["num", "visits", "since", "spent"]), bounds)
            .prop_map(|(signal, bounds)| Condition::Number(signal, bounds)),
        any::<bool>().prop_map(Condition::Flag),
        (select(vec!["txt", "num", "flag", "since", "visits", "alias"]), any::<bool>())
            .prop_map(|(signal, missing)| Condition::Missing(signal, missing)),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(all_of),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::Any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

/// All of some conditions, of which no two test one signal: what contradicts itself is refused.
fn all_of(mut conditions: Vec<Condition>) -> Condition {
    let mut tested = Vec::new();
    conditions.retain(|condition| {
        let signal = match condition {
            Condition::Text(signal, _)
            | Condition::Number(signal, _)
            | Condition::Missing(signal, _) => *signal,
            Condition::Flag(_) => "flag",
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) => return true,
        };
        let first = !tested.contains(&signal);
        tested.push(signal);
        first
    });
    Condition::All(conditions)
}

fn events() -> impl Strategy<Value = Events> {
    let by = prop_oneof![
        2 => Just(Vec::new()),
        1 => (subsequence(GLOBS.to_vec(), 1..4).prop_shuffle(), prop::collection::vec(points(), 4))
            .prop_map(|(globs, points)| globs.into_iter().zip(points).collect()),
    ];
    let counted = prop_oneof![Just((true, None)), Just((false, None)), Just((false, Some(2)))];
    let span = || prop::option::weighted(0.3, hours());
    let of_rule = prop_oneof![4 => decay(), 1 => Just(Decay::Never)];
    (
        (selection(), counted, prop::option::weighted(0.7, points())),
        (by, span(), prop::option::weighted(0.5, of_rule), span()),
    )
        .prop_map(|((of, (once, first), points), (by, window, decay, expires))| {
            // Points are needed where nothing gives them by page.
            let points = points.or_else(|| by.is_empty().then_some(1500));
            Events { of, once, first, points, by, window, decay, expires }
        })
}

fn gives() -> impl Strategy<Value = Gives> {
    let texts = (subsequence(TEXTS.to_vec(), 1..4), prop::collection::vec(points(), 5)).prop_map(
        |(texts, points)| Gives::Texts {
            rows: texts.into_iter().zip(points.iter().copied()).collect(),
            otherwise: points[3],
            missing: points[4],
        },
    );
    let cuts = subsequence((-3..8_i32).collect::<Vec<_>>(), 2..5);
    let numbers =
        (cuts, prop::collection::vec(points(), 6), select(vec!["num", "visits", "spent"]))
            .prop_map(|(cuts, points, signal)| Gives::Numbers {
                signal,
                rows: cuts
                    .windows(2)
                    .zip(&points)
                    .map(|(ends, of)| (ends[0], ends[1], *of))
                    .collect(),
                otherwise: points[4],
                missing: points[5],
            });
    prop_oneof![
        2 => points().prop_map(Gives::Points),
        1 => texts,
        1 => numbers,
        4 => events().prop_map(Gives::Events),
        1 => (selection(), hours(), points(), prop::option::of(1..4_u32)).prop_map(
            |(of, every, points, first)| Gives::Idle { of, every, points, first },
        ),
    ]
}

fn scale() -> impl Strategy<Value = Scale> {
    let limits = limits().prop_map(|Limits { floor, cap }| {
        // The two may not meet.
        Scale::Limits(Limits { floor, cap: cap.map(|cap| cap + 1) })
    });
    prop_oneof![
        Just(Scale::Raw),
        limits,
        (-90_000..0_i64, 1..120_000_i64).prop_map(|(from, to)| Scale::Rescale(from, to)),
    ]
}

/// Rising thresholds, most of which can be reached.
fn rising(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<i64>> {
    prop::collection::btree_set(prop_oneof![3 => -60..1_i64, 1 => 1..40_i64], count)
        .prop_map(|found| found.into_iter().map(|whole| whole * 1000 + 1).collect())
}

fn bands(scale: Scale) -> impl Strategy<Value = Bands> {
    let two_ends = match scale {
        Scale::Raw => false,
        Scale::Limits(Limits { floor, cap }) => floor.is_some() && cap.is_some(),
        Scale::Rescale(..) => true,
    };
    let every = (1_000..30_000_i64)
        .prop_map(move |width| if two_ends { Bands::Every(width) } else { Bands::None });
    prop_oneof![
        Just(Bands::None),
        rising(2..3).prop_map(|found| Bands::WarmHot(found[0], found[1])),
        rising(0..5).prop_map(Bands::Named),
        every,
    ]
}

/// A set with all that a set can have. Some thresholds cannot be reached, and such a set is refused.
pub(crate) fn set() -> impl Strategy<Value = Set> {
    let groups = prop::collection::vec(
        (limits(), prop::option::of(decay())).prop_map(|(limits, decay)| Group { limits, decay }),
        0..4,
    );
    let with_bands = scale().prop_flat_map(|scale| (Just(scale), bands(scale)));
    (groups, with_bands).prop_flat_map(|(groups, (scale, bands))| {
        let count = groups.len();
        let group = if count > 0 {
            prop::option::weighted(0.7, 0..count).boxed()
        } else {
            Just(None).boxed()
        };
        let gives_when = gives().prop_flat_map(|gives| {
            let when = if matches!(gives, Gives::Points(_)) {
                condition().prop_map(Some).boxed()
            } else {
                prop::option::weighted(0.3, condition()).boxed()
            };
            (Just(gives), when)
        });
        let rule = (group, gives_when, limits()).prop_map(|(group, (gives, when), limits)| Rule {
            name: String::new(),
            group,
            gives,
            when,
            limits,
        });
        let scores = if count > 0 {
            let groups = subsequence((0..count).collect::<Vec<_>>(), 1..=count);
            prop::collection::vec((groups, scale_of_score()), 0..4).boxed()
        } else {
            Just(Vec::new()).boxed()
        };
        let exclusion = (condition(), (-200..200_i64).prop_map(|score| score * 500));
        (
            prop::collection::vec(rule, 1..9),
            (scores, rising(1..4), rising(1..4), any::<(u8, u8, bool, bool)>()),
            (prop::option::of(-60_000..20_000_i64), prop::option::of(rising(0..4)), 0..9_000_i64),
            prop::collection::vec(exclusion, 0..3),
        )
            .prop_map(
                move |(rules, (scores, mut letter, mut number, pick), rest, exclusions)| {
                    let (hand_off, enter, less) = rest;
                    letter.reverse();
                    number.reverse();
                    let of = |pick: u8| usize::from(pick) % scores.len().max(1);
                    let stages = enter.map(|enter| {
                        let steps = enter.into_iter().map(|enter| (enter, enter - less)).collect();
                        ((pick.3 && !scores.is_empty()).then(|| of(pick.0)), steps)
                    });
                    let named =
                        |(index, rule): (usize, Rule)| Rule { name: format!("r{index}"), ..rule };
                    Set {
                        rules: rules.into_iter().enumerate().map(named).collect(),
                        groups: groups.clone(),
                        scale,
                        bands: bands.clone(),
                        hand_off,
                        grade: (pick.2 && !scores.is_empty())
                            .then(|| [(of(pick.0), letter), (of(pick.1), number)]),
                        scores,
                        stages,
                        exclusions,
                    }
                },
            )
    })
}

fn scale_of_score() -> impl Strategy<Value = Scale> {
    prop_oneof![2 => Just(Scale::Raw), 1 => scale()]
}

/// Hours to look back, most of them to a moment at which something may be just so old.
pub(crate) fn back() -> impl Strategy<Value = i64> {
    prop_oneof![3 => (0..66_i64).prop_map(|halves| halves * 12), 1 => 0..800_i64]
}

fn event() -> impl Strategy<Value = Event> {
    let at = prop_oneof![
        4 => (-4..100_i64).prop_map(|half_days| NOW - half_days * 12 * HOUR),
        1 => (0..2000_i64).prop_map(|hours| NOW - hours * HOUR),
    ];
    let late =
        prop_oneof![3 => Just(None), 1 => (-2..6_i64).prop_map(|days| Some(days * 24 * HOUR))];
    let value = prop::option::of((-8..8_i32).prop_map(|halves| f64::from(halves) / 2.0));
    (select(KINDS.to_vec()), at, late, prop::option::of(select(PAGES.to_vec())), value).prop_map(
        |(kind, at, late, page, value)| {
            let mut properties = Map::new();
            properties.extend(page.map(|page| ("page".to_owned(), json!(page))));
            properties.extend(value.map(|value| ("value".to_owned(), json!(value))));
            Event { kind: kind.into(), at, known_at: late.map(|late| at + late), properties }
        },
    )
}

/// A lead; several of its events may be at one moment.
pub(crate) fn lead() -> impl Strategy<Value = Lead> {
    let attributes = (
        prop::option::of(select(TEXTS.to_vec())),
        prop::option::of((-8..16_i32).prop_map(|halves| f64::from(halves) / 2.0)),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(txt, num, flag)| {
            let cells: [(&str, Option<Json>); 3] = [
                ("txt", txt.map(Json::from)),
                ("num", num.map(Json::from)),
                ("flag", flag.map(Json::from)),
            ];
            cells.into_iter().filter_map(|(name, cell)| Some((name.to_owned(), cell?))).collect()
        });
    let created = prop::option::of((0..90_i64).prop_map(|days| NOW - days * 24 * HOUR));
    (attributes, prop::collection::vec(event(), 0..14), created)
        .prop_map(|(attributes, events, created)| Lead { attributes, events, created })
}

/// A lead that does one thing at a time.
pub(crate) fn orderly() -> impl Strategy<Value = Lead> {
    lead().prop_map(|mut lead| {
        let mut met = std::collections::HashSet::new();
        lead.events.retain(|event| met.insert(event.at));
        lead
    })
}
