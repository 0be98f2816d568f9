//! Events, cuts, filters and measures over random logs: against a slow and obvious reference, and
//! the laws that hold whatever the log.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod random;
mod reference;

use leadscore_features::events::{
    CompiledMeasure, EventInput, EventLog, EventPlan, EventWriter, Filters, History, Measure, Part,
    PlanBuilder, Property, Scanners, Seen, Selection, Span, Texts, content_hash,
};
use leadscore_features::{Cell, Time, Value};
use proptest::prelude::*;

use random::{asked, created, event, events, extreme, filters, moment};
use reference::{Asked, Event, HOUR, NOW, SECOND, agrees, reference, reference_cut};

fn log(filters: &Filters) -> EventLog {
    EventLog {
        properties: vec![
            Property { name: "page".into(), number: false, yes_no: false },
            Property { name: "value".into(), number: true, yes_no: false },
        ],
        history: Some(History {
            kind: "set".into(),
            attribute: "page".into(),
            value: "page".into(),
            attributes: vec![],
        }),
        filters: filters.clone(),
        ..EventLog::default()
    }
}

fn compile(asked: &[Asked], log: &EventLog) -> (EventPlan, Vec<CompiledMeasure>) {
    let mut builder = PlanBuilder::new(log).unwrap();
    let measures = asked
        .iter()
        .map(|asked| asked.measure.compile(&asked.of, asked.window, &mut builder).unwrap())
        .collect();
    (builder.finish(), measures)
}

fn write(writer: &mut EventWriter<'_>, names: &[String], lead: u32, e: &Event, out: &mut Vec<u64>) {
    let input = EventInput {
        kind: e.kind,
        at: Time::from_micros(e.at),
        known_at: Some(Time::from_micros(e.known)),
        id: e.id,
    };
    let cell = |property: usize| match names[property].as_str() {
        "page" => e.page.as_deref().map_or(Cell::Empty, Cell::Text),
        _ => e.value.map_or(Cell::Empty, Cell::Number),
    };
    writer.write(lead, &input, cell, out);
}

fn names(plan: &EventPlan) -> Vec<String> {
    plan.properties().map(str::to_owned).collect()
}

/// A value, comparable to the bit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bits {
    Missing,
    Number(u64),
    YesNo(bool),
    Text(String),
}

fn bits(value: &Value<'_>) -> Bits {
    match value {
        Value::Missing => Bits::Missing,
        Value::Number(number) => {
            assert!(number.is_finite(), "{number}");
            Bits::Number(number.to_bits())
        }
        Value::YesNo(flag) => Bits::YesNo(*flag),
        Value::Text(text) => Bits::Text(text.clone().into_owned()),
        other => panic!("{other:?}"),
    }
}

/// The values for one lead alone, as a request computes them, and how many events were kept.
fn evaluate(
    asked: &[Asked],
    filters: &Filters,
    events: &[Event],
    as_of: i64,
    created: Option<i64>,
) -> (Vec<Bits>, u64) {
    let log = log(filters);
    let (plan, measures) = compile(asked, &log);
    let names = names(&plan);
    let mut writer = EventWriter::new(&plan);
    let mut records = Vec::new();
    for event in events {
        write(&mut writer, &names, 7, event, &mut records);
    }
    plan.sort(&mut records);
    let texts = std::mem::take(&mut writer.texts);
    let mut seen = Seen::new(&texts);
    let (as_of, created) = (Time::from_micros(as_of), created.map(Time::from_micros));
    let counts = seen.cut(&plan, &records, as_of, created);
    let taken: u64 = counts.named().iter().map(|(_, taken)| taken).sum();
    assert_eq!(counts.kept + counts.later + taken, events.len() as u64);
    (measures.iter().map(|measure| bits(&measure.evaluate(&seen))).collect(), counts.kept)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn values_are_those_of_the_reference(
        asked in prop::collection::vec(asked(), 1..8),
        filters in filters(),
        events in events(40),
        created in created(),
    ) {
        let kept = reference_cut(&filters, &events, NOW, created);
        let (found, count) = evaluate(&asked, &filters, &events, NOW, created);
        prop_assert_eq!(count, kept.len() as u64);
        for (asked, found) in asked.iter().zip(&found) {
            let allowed = reference(asked, &kept, NOW, created);
            prop_assert!(agrees(found, &allowed), "{asked:?}: {found:?}, not {allowed:?}");
        }
    }

    #[test]
    fn what_is_later_or_known_later_changes_nothing(
        asked in prop::collection::vec(asked(), 1..6),
        filters in filters(),
        events in events(30),
        later in prop::collection::vec((event(), any::<prop::sample::Index>(), any::<bool>()), 1..8),
        created in created(),
    ) {
        let before = evaluate(&asked, &filters, &events, NOW, created);
        let mut more = events.clone();
        for (n, (mut event, index, copy)) in later.into_iter().enumerate() {
            if !events.is_empty() && n % 2 == 0 {
                event = index.get(&events).clone(); // Of an id that is there, too.
            }
            if copy {
                event.known = NOW + 1 + n as i64;
            } else {
                event.at = NOW + 1 + n as i64;
            }
            more.insert(index.index(more.len() + 1), event);
        }
        prop_assert_eq!(before, evaluate(&asked, &filters, &more, NOW, created));
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        asked in prop::collection::vec(asked(), 1..6),
        filters in filters(),
        (events, shuffled) in events(30).prop_flat_map(|events| {
            (Just(events.clone()), Just(events).prop_shuffle())
        }),
        created in created(),
    ) {
        prop_assert_eq!(
            evaluate(&asked, &filters, &events, NOW, created),
            evaluate(&asked, &filters, &shuffled, NOW, created)
        );
    }

    #[test]
    fn a_lead_of_a_batch_is_that_lead_alone(
        asked in prop::collection::vec(asked(), 1..6),
        filters in filters(),
        rows in prop::collection::vec((0..5_u32, event(), any::<bool>(), 1.0..1.1_f64), 0..80),
        moments in prop::collection::vec(moment(), 1..4),
        created in created(),
    ) {
        // Values that do not add up exactly: the order of adding must be the same.
        let rows: Vec<(u32, Event)> = rows.into_iter().enumerate().map(|(n, (lead, mut e, named, x))| {
            e.id = if named { content_hash(&format!("{}", n % 17)) } else { 0 };
            e.value = e.value.map(|value| value * x);
            (lead + 3, e)
        }).collect();
        let log = log(&filters);
        let (plan, measures) = compile(&asked, &log);
        let names = names(&plan);
        let mut writer = EventWriter::new(&plan);
        let mut records = Vec::new();
        for (lead, event) in &rows {
            write(&mut writer, &names, *lead, event, &mut records);
        }
        // Of leads 3 to 7 the part has four: records of others are left out.
        let part = Part::sorted(&plan, 3..7, &[&records]);
        prop_assert_eq!(part.leads(), 3..7);
        prop_assert!(part.of(7).is_empty() && part.of(2).is_empty());
        let mut seen = Seen::new(&writer.texts);
        for lead in 3..7_u32 {
            let own: Vec<Event> =
                rows.iter().filter(|(of, _)| *of == lead).map(|(_, e)| e.clone()).collect();
            for &moment in &moments {
                let (as_of, made) = (Time::from_micros(moment), created.map(Time::from_micros));
                let counts = seen.cut(&plan, part.of(lead as usize), as_of, made);
                let batch: Vec<Bits> = measures.iter().map(|m| bits(&m.evaluate(&seen))).collect();
                let (alone, kept) = evaluate(&asked, &filters, &own, moment, created);
                prop_assert_eq!(batch, alone);
                prop_assert_eq!(counts.kept, kept);
            }
        }
    }

    #[test]
    fn what_a_writer_met_before_changes_nothing(
        asked in prop::collection::vec(asked(), 1..6),
        filters in filters(),
        pages in prop::collection::vec(("[ab/ ]{0,9}(|[ab]{8})", event()), 1..200),
        repeated in prop::collection::vec(any::<prop::sample::Index>(), 0..50),
    ) {
        // More pages than a writer finds without a map, some of them again.
        let mut events: Vec<Event> =
            pages.into_iter().map(|(page, e)| Event { page: Some(page), ..e }).collect();
        for index in repeated {
            events.push(index.get(&events).clone());
        }
        let log = log(&filters);
        let (plan, _) = compile(&asked, &log);
        let names = names(&plan);
        let mut writer = EventWriter::new(&plan);
        for event in &events {
            let (mut met, mut alone) = (Vec::new(), Vec::new());
            write(&mut writer, &names, 1, event, &mut met);
            write(&mut EventWriter::new(&plan), &names, 1, event, &mut alone);
            prop_assert_eq!(met, alone);
        }
    }

    #[test]
    fn other_selections_change_nothing(
        asked in prop::collection::vec(asked(), 1..6),
        filters in filters(),
        events in events(30),
        others in 1..150_usize,
        created in created(),
    ) {
        let other = |n: usize| Asked {
            of: Selection { kinds: vec![format!("{n}"), "a".into()], conditions: vec![] },
            window: None,
            measure: Measure::Count,
        };
        let (expected, kept) = evaluate(&asked, &filters, &events, NOW, created);
        // They come first, so that those asked for are in the second word or the third.
        let all: Vec<Asked> = (0..others).map(other).chain(asked).collect();
        let (found, still_kept) = evaluate(&all, &filters, &events, NOW, created);
        prop_assert_eq!(&found[others..], &expected[..]);
        prop_assert_eq!(kept, still_kept);
    }

    #[test]
    fn copies_that_are_known_later_count_once(
        asked in prop::collection::vec(asked(), 1..6),
        filters in filters(),
        events in events(30),
        copies in prop::collection::vec((any::<prop::sample::Index>(), 1..100_i64), 1..6),
        created in created(),
    ) {
        let filters = Filters { duplicates: true, ..filters };
        let before = evaluate(&asked, &filters, &events, NOW, created);
        let mut more = events.clone();
        let named: Vec<&Event> = events.iter().filter(|event| event.id != 0).collect();
        prop_assume!(!named.is_empty());
        for (index, later) in copies {
            let id = index.get(&named).id;
            let copies = named.iter().filter(|event| event.id == id);
            let mut copy = (*copies.clone().next().unwrap()).clone();
            copy.known = copies.map(|copy| copy.known).max().unwrap() + later * HOUR;
            more.push(copy);
        }
        prop_assert_eq!(before, evaluate(&asked, &filters, &more, NOW, created));
    }

    #[test]
    fn nothing_panics(
        asked in prop::collection::vec(asked(), 1..6),
        filters in filters(),
        made in prop::collection::vec(
            (
                prop_oneof![Just(""), Just("set"), Just("a"), Just("b")],
                (extreme(), extreme()),
                prop_oneof![Just(0_u64), Just(1), Just(u64::MAX), any::<u64>()],
                prop::option::of(prop_oneof![
                    any::<String>(),
                    (0..20_000_usize).prop_map(|n| "ü".repeat(n)),
                ]),
                prop::option::of(prop_oneof![
                    any::<f64>(),
                    Just(f64::MAX),
                    Just(f64::MIN),
                    Just(f64::INFINITY),
                    Just(f64::NAN),
                    Just(-0.0),
                ]),
            ),
            0..20,
        ),
        as_of in extreme(),
        created in prop::option::of(extreme()),
    ) {
        let events: Vec<Event> = made
            .into_iter()
            .map(|(kind, (at, known), id, page, value)| Event { kind, at, known, id, page, value })
            .collect();
        // That every number is finite is checked where the values are read.
        evaluate(&asked, &filters, &events, as_of, created);
    }
}

#[test]
fn a_kind_that_nobody_names_sends_nothing() {
    let event = |kind, at| Event { kind, at, known: at, id: 0, page: None, value: None };
    let events = [event("c", NOW - 2 * SECOND), event("b", NOW - SECOND)];
    let count = Asked { of: Selection::default(), window: None, measure: Measure::Count };
    let scanners = |sent: &[&str]| Filters {
        scanners: Some(Scanners {
            sent: sent.iter().map(|&kind| kind.to_owned()).collect(),
            acts: vec!["b".into()],
            within: Span::seconds(5),
        }),
        ..Filters::default()
    };
    let kept =
        |filters: &Filters| evaluate(std::slice::from_ref(&count), filters, &events, NOW, None).1;
    assert_eq!(kept(&scanners(&[])), 2);
    assert_eq!(kept(&scanners(&["c"])), 1);
}

#[test]
fn texts_of_nothing_are_missing() {
    let texts = Texts::new();
    let last = Asked {
        of: Selection::default(),
        window: None,
        measure: Measure::Last { property: "page".into() },
    };
    let log = log(&Filters::default());
    let (plan, measures) = compile(&[last], &log);
    let mut seen = Seen::new(&texts);
    seen.cut(&plan, &[], Time::from_micros(NOW), None);
    assert!(seen.is_empty());
    assert_eq!(measures[0].evaluate(&seen), Value::Missing);
}
