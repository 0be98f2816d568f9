//! What must hold for any input: no panic on any bytes, breakdowns that add up, parts that do not
//! depend on the order of columns.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use leadscore_features::{Catalogue, Column, Expr, Kind, Role, Signal};
use leadscore_features::{Coding, Encoder, Input, Schema, Snapshot, Value};
use leadscore_model::bundle::ProbabilityBands;
use leadscore_model::points::{Points, RuleSet, SchemaView};
use leadscore_model::{
    BaseRate, Bundle, Fitted, Logistic, Recalibration, RowHasher, Score, Scorer, SlotWeight,
    Sources, sigmoid,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_a_bundle_or_an_error(
        start in prop_oneof![Just(b"LEADSCRB\x01\0\0\0".to_vec()), Just(Vec::new())],
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = [start, bytes].concat();
        prop_assert!(Bundle::from_bytes(&bytes).is_err());
    }

    #[test]
    fn any_text_is_a_rule_set_or_an_error(
        text in prop_oneof![
            "\\PC{0,200}",
            "(name|version|\\[bands\\]|warm|hot|\\[\\[rule\\]\\]|points|when|=|\"a\"|1|\\{|\\}|\\[|\\]|all|not|signal|,|\n| ){0,60}",
        ]
    ) {
        if let Err(error) = RuleSet::parse("r.toml", &text) {
            prop_assert!(!error.mistakes.is_empty());
            prop_assert!(error.mistakes.iter().all(|m| m.at.line >= 1 && m.at.column >= 1));
        }
    }

    /// Whatever the points, the total is the exact sum of the parts, and the band is that of the
    /// total.
    #[test]
    fn a_breakdown_adds_up(
        points in proptest::collection::vec(-100_000i64..100_000, 1..20),
        value in proptest::option::of(-5.0f64..25.0),
    ) {
        let mut text = String::from("name = \"r\"\nversion = \"1\"\n[bands]\nwarm = -1e9\nhot = 0\n");
        for (index, thousandths) in points.iter().enumerate() {
            text.push_str(&format!(
                "[[rule]]\nname = \"r{index}\"\npoints = {:?}\nwhen = {{ signal = \"x\", at_least = {index} }}\n",
                *thousandths as f64 / 1000.0
            ));
        }
        // A set that can never be hot is refused, rightly.
        let Ok(set) = RuleSet::parse("r.toml", &text) else { return Ok(()) };
        let sets = [set];
        let scorer = Scorer::new(Sources::served(None, &sets)).unwrap();
        let attributes = [value.map_or(Value::Missing, Value::Number)];
        let mut score = Score::default();
        scorer.score(&Snapshot::flat(None, &attributes), &mut score);
        let expected: i64 = points
            .iter()
            .enumerate()
            .filter(|(index, _)| value.is_some_and(|v| v >= *index as f64))
            .map(|(_, p)| p)
            .sum();
        let found = &score.points[0];
        prop_assert_eq!(found.total, Points::from_thousandths(expected));
        prop_assert_eq!(found.parts().iter().map(|(_, p)| *p).sum::<Points>(), found.total);
        prop_assert_eq!(found.band, sets[0].bands.of(found.total));
    }

    /// The log-odds are the base, the parts, the calibration and the base rate, added in order, to the
    /// bit.
    #[test]
    fn parts_are_the_score(
        weights in proptest::collection::vec((-3.0f64..3.0, 0.0f64..1.0), 4),
        intercept in -5.0f64..5.0,
        a in proptest::option::of(-1e3f64..1e3),
        b in proptest::option::of(-1e3f64..1e3),
        slope in 0.1f64..2.0,
        moved in -3.0f64..3.0,
    ) {
        let names = ["a", "b"];
        let schema = Schema::new(names.map(|n| Column {
            name: n.into(), kind: Kind::NUMBER, role: Role::Attribute, missing: vec![],
        }).to_vec());
        let catalogue = Catalogue { signals: names.map(|n| Signal {
            name: n.into(), expr: Expr::Attribute { column: n.into() },
        }).to_vec() };
        let encoder = Encoder { inputs: names.map(|n| Input {
            signal: n.into(), coding: Coding::Standard { mean: 1.0, scale: 2.0 },
        }).to_vec(), pairs: vec![] };
        let slots = encoder.slots().into_iter().zip(&weights).map(|(slot, (coefficient, mean))| SlotWeight::new(slot.name, *coefficient, *mean)).collect();
        let logistic = Logistic { intercept, l2: 1.0, slots };
        let fitted = Fitted { encoder, logistic,
            recalibration: Some(Recalibration::Line { slope, intercept: 0.25 }),
            base_rate: Some(BaseRate { population: 0.5, log_odds: moved }),
            unmodelled: 0.0,
            uncertainty: None,
        };
        let scorer = Scorer::new(Sources {
            view: Some(SchemaView { schema: &schema, catalogue: &catalogue }),
            model: Some((&fitted, ProbabilityBands { warm: 0.2, hot: 0.6 })),
            rule_sets: &[],
        }).unwrap();
        let value = |v: Option<f64>| v.map_or(Value::Missing, Value::Number);
        let attributes = [value(a), value(b)];
        let mut score = Score::default();
        scorer.score(&Snapshot::flat(None, &attributes), &mut score);
        let sum = score.parts.iter().fold(scorer.base().unwrap(), |sum, part| sum + part);
        let added = sum + score.calibration + score.base_rate;
        prop_assert_eq!(added.to_bits(), score.log_odds.to_bits());
        prop_assert_eq!(sigmoid(score.log_odds), score.probability);
        // And the log-odds are those of the regression, computed plainly.
        let plain = |v: Option<f64>, w: &[(f64, f64)]| v.map_or(w[1].0, |v| w[0].0 * (v - 1.0) / 2.0);
        let expected = intercept + plain(a, &weights[..2]) + plain(b, &weights[2..]);
        let expected = slope * expected + moved + 0.25;
        prop_assert!((expected - score.log_odds).abs() < 1e-9);
    }

    /// Rows are named alike in any order.
    #[test]
    fn names_of_rows_do_not_depend_on_their_order(rows in proptest::collection::vec((0u8..5, any::<bool>()), 0..60)) {
        let names = |rows: &[(u8, bool)]| {
            let mut hasher = RowHasher::new();
            let mut names: Vec<u64> = rows
                .iter()
                .map(|(value, label)| hasher.next(None, &[Value::Number(f64::from(*value))], *label).row)
                .collect();
            names.sort_unstable();
            names
        };
        let mut reversed = rows.clone();
        reversed.reverse();
        let forward = names(&rows);
        prop_assert_eq!(&forward, &names(&reversed));
        prop_assert!(forward.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
