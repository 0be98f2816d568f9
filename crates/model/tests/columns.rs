//! Rows scored by the column have the scores that each has alone, to the bit, whatever the model.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use leadscore_features::{
    Catalogue, Cell, Coding, Column, DateFormat, Encoder, Encounter, Expr, Input, Kind, Pair,
    Reader, Role, Schema, Signal, Snapshot, Time, Value, level_hash,
};
use leadscore_model::bundle::ProbabilityBands;
use leadscore_model::points::SchemaView;
use leadscore_model::{
    BaseRate, Block, CountedRows, Fitted, Logistic, Recalibration, Score, Scorer, SlotWeight,
    Sources,
};
use proptest::prelude::*;

const BANDS: ProbabilityBands = ProbabilityBands { warm: 0.2, hot: 0.6 };

fn schema() -> Schema {
    let column = |name: &str, kind| {
        let missing = if name == "size" { vec!["999".to_owned()] } else { Vec::new() };
        Column { name: name.into(), kind, role: Role::Attribute, missing }
    };
    Schema::new(vec![
        column("size", Kind::NUMBER),
        column("job", Kind::Category),
        column("flag", Kind::YesNo),
        column("seen", Kind::Date { format: DateFormat::Iso }),
        column("title", Kind::Category),
    ])
}

/// Two signals of one column among them.
fn catalogue() -> Catalogue {
    let attribute = |column: &str| Expr::Attribute { column: column.into() };
    let of = |name: &str, expr| Signal { name: name.into(), expr };
    let read = Expr::Read { column: "title".into(), reader: Reader::Seniority };
    Catalogue {
        signals: vec![
            of("size", attribute("size")),
            of("size again", attribute("size")),
            of("job", attribute("job")),
            of("flag", attribute("flag")),
            of("days", Expr::DaysSince { column: "seen".into() }),
            of("seniority", read),
            of("chief", Expr::OneOf { column: "title".into(), values: vec!["CEO".into()] }),
        ],
    }
}

fn codings(cuts: Vec<f64>) -> Vec<Coding> {
    let one_hot = |levels: &[&str], rare: &[&str]| Coding::OneHot {
        levels: levels.iter().map(|&level| level.to_owned()).collect(),
        rare: rare.iter().map(|level| level_hash(level)).collect(),
    };
    vec![
        Coding::Standard { mean: 3.0, scale: 7.0 },
        Coding::Bins { cuts: cuts.clone(), mean: 0.0, scale: 1.0 },
        one_hot(&["3", "admin", "retired"], &["pilot"]),
        one_hot(&["no", "yes"], &[]),
        Coding::Bins { cuts, mean: 0.0, scale: 1.0 },
        one_hot(&["c-level", "director", "manager"], &["junior"]),
        one_hot(&["no"], &["yes"]),
    ]
}

/// Groups of the slots of an input, without gaps.
fn groups(width: usize, seeds: &[u16]) -> Vec<u16> {
    let mut next = 0;
    let group = |(slot, seed): (usize, &u16)| {
        let group = if slot == 0 { 0 } else { seed % (next + 2) };
        next = next.max(group);
        group
    };
    (0..width).zip(seeds.iter().cycle()).map(group).collect()
}

fn fitted(cuts: Vec<f64>, pairs: &[(usize, usize)], weights: &[f64], seeds: &[u16]) -> Fitted {
    let signals = catalogue().signals;
    let input = |(signal, coding): (Signal, Coding)| Input { signal: signal.name, coding };
    let inputs: Vec<Input> = signals.into_iter().zip(codings(cuts)).map(input).collect();
    let pairs = pairs.iter().map(|&(a, b)| Pair {
        inputs: [a, b],
        groups: [a, b].map(|input| groups(inputs[input].coding.width(), seeds)),
    });
    let encoder = Encoder { pairs: pairs.collect(), inputs };
    let slots = encoder.slots().into_iter().zip(weights.iter().cycle()).enumerate();
    let weight = |(index, (slot, weight)): (usize, (leadscore_features::Slot, &f64))| {
        SlotWeight::new(slot.name, *weight, (index % 7) as f64 / 10.0)
    };
    let slots = slots.map(weight).collect();
    Fitted {
        encoder,
        logistic: Logistic { intercept: -1.5, l2: 1.0, slots },
        recalibration: Some(Recalibration::Line { slope: 0.9, intercept: 0.1 }),
        base_rate: Some(BaseRate { population: 0.2, log_odds: -0.7 }),
        unmodelled: 0.0,
        uncertainty: None,
    }
}

/// One cell of each column: missing, rare and unseen ones among them.
fn row() -> impl Strategy<Value = [Cell<'static>; 5]> {
    let text =
        |texts: &'static [&'static str]| proptest::sample::select(texts).prop_map(Cell::Text);
    let number = prop_oneof![
        Just(Cell::Empty),
        Just(Cell::Integer(999)),
        Just(Cell::Integer((1 << 53) + 1)),
        Just(Cell::Number(-0.0)),
        Just(Cell::Text(" 12 ")),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Cell::Number),
        (-50i64..50).prop_map(Cell::Integer),
    ];
    let job = prop_oneof![
        text(&["admin", "retired", "pilot", "new", "N/A", "", "a@b.co", "3.0"]),
        Just(Cell::Integer(3)),
        Just(Cell::Empty),
    ];
    let flag = prop_oneof![text(&["yes", "NO", "-"]), any::<bool>().prop_map(Cell::YesNo)];
    let seen = prop_oneof![
        text(&["2024-01-31", "2023-05-01T10:00:00Z", "2026-01-01", "unknown"]),
        (0i64..2_000_000_000).prop_map(|s| Cell::Time(Time::from_micros(s * 1_000_000))),
    ];
    let title = text(&["CEO", "Head of Sales", "junior developer", "", "xyz", "Director"]);
    (number, job, flag, seen, title).prop_map(|(a, b, c, d, e)| [a, b, c, d, e])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn rows_by_the_column_have_the_scores_of_rows_alone(
        mut cuts in proptest::collection::vec(-60.0f64..1500.0, 0..30),
        pairs in proptest::collection::vec((0usize..7, 0usize..7), 0..5),
        weights in proptest::collection::vec(-3.0f64..3.0, 1..60),
        seeds in proptest::collection::vec(0u16..9, 1..20),
        rows in proptest::collection::vec(row(), 1..40),
        of_codes in any::<bool>(),
        as_of in proptest::option::of(1_600_000_000i64..1_800_000_000),
    ) {
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        let pairs: Vec<_> = pairs.into_iter().filter(|(a, b)| a != b).collect();
        let fitted = fitted(cuts, &pairs, &weights, &seeds);
        let (schema, catalogue) = (schema(), catalogue());
        let view = Some(SchemaView { schema: &schema, catalogue: &catalogue });
        let sources = Sources { view, model: Some((&fitted, BANDS)), rule_sets: &[] };
        let scorer = Scorer::new(sources).unwrap();
        let as_of = as_of.map(|seconds| Time::from_micros(seconds * 1_000_000));
        let is_far = |number: f64| number.abs() > 40.0;

        // Each row alone.
        let position = |name: &str| schema.columns.iter().position(|c| c.name == name).unwrap();
        let mut expected = Vec::new();
        let mut counted = [CountedRows::default(); 7];
        for row in &rows {
            let attributes: Vec<Value<'_>> = scorer
                .columns()
                .iter()
                .map(|(name, reader)| reader.read(row[position(name)]).unwrap())
                .collect();
            let snapshot = Snapshot::flat(as_of, &attributes);
            let mut score = Score::default();
            scorer.score(&snapshot, &mut score);
            for (input, encounter) in score.encounters.iter().enumerate() {
                let value = scorer.input_value(input, &snapshot);
                let far = matches!(value, Value::Number(number) if is_far(number));
                counted[input].missing += usize::from(*encounter == Encounter::Missing);
                counted[input].odd += usize::from(*encounter == Encounter::Unseen || far);
            }
            expected.push((score.probability.to_bits(), score.band));
        }

        // All by the column, as codes into distinct values or value by value.
        let by_columns = scorer.by_columns(as_of).unwrap();
        let mut block = by_columns.block();
        for (index, input) in by_columns.inputs().iter().enumerate() {
            let column = position(input.column());
            let entries: Vec<_> =
                rows.iter().rev().map(|row| input.read(row[column], is_far).unwrap()).collect();
            let codes: Vec<u32> = (0..rows.len() as u32).rev().collect();
            if of_codes {
                for codes in codes.chunks(3) {
                    block.extend(&by_columns, index, codes, &entries);
                }
            } else {
                codes.iter().for_each(|code| block.push(index, &entries[*code as usize]));
            }
        }
        prop_assert!(rows.len() <= Block::ROWS);
        let mut probabilities = vec![0.5];
        by_columns.score(&mut block, &mut probabilities);
        let found: Vec<_> =
            probabilities[1..].iter().map(|p| (p.to_bits(), by_columns.bands().of(*p))).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(block.counted(), &counted);
        // What was scored is out of the block.
        by_columns.score(&mut block, &mut probabilities);
        prop_assert_eq!(probabilities.len(), rows.len() + 1);
    }
}

#[test]
fn inputs_of_several_columns_are_not_scored_by_the_column() {
    let schema = schema();
    let mut catalogue = catalogue();
    let filled = Expr::Filled { columns: vec!["size".into(), "job".into()] };
    catalogue.signals[0].expr = filled;
    let fitted = fitted(vec![1.0], &[(0, 1)], &[0.5], &[0]);
    let view = Some(SchemaView { schema: &schema, catalogue: &catalogue });
    let model = Some((&fitted, BANDS));
    let scorer = Scorer::new(Sources { view, model, rule_sets: &[] }).unwrap();
    assert!(scorer.by_columns(None).is_none());
    let rules_alone = Scorer::new(Sources { view, model: None, rule_sets: &[] }).unwrap();
    assert!(rules_alone.by_columns(None).is_none());
}
