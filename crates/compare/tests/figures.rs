//! Figures of rankings, against independent ones and against what must hold of any leads.

#![allow(clippy::unwrap_used)]

use leadscore_compare::{Bootstrap, Curve, Draws, Order, Outcomes, Pair, capacities};
use leadscore_model::evaluate::top_size;
use proptest::prelude::*;
use serde_json::Value;

fn near(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        "{what}: {found} {expected}"
    );
}

/// tests/oracle/metrics.py makes the expected figures, from definitions that it writes out.
#[test]
fn the_top_and_what_rankings_share_agree_with_python() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracle/metrics.json");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(cases.len() >= 6);
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let numbers = |key: &str| -> Vec<f64> {
            case[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
        };
        let converted: Vec<bool> = numbers("label").iter().map(|label| *label == 1.0).collect();
        let outcomes = Outcomes::new(&converted, None);
        let orders = [Order::of(&numbers("score")), Order::of(&numbers("points"))];
        let expected = &case["expected"];
        for (order, key) in orders.iter().zip(["top", "points_top"]) {
            for top in expected[key].as_array().unwrap() {
                let k = top_size(converted.len(), top["share"].as_f64().unwrap());
                let curve = Curve::of(&outcomes, (order, 0), &[k], None);
                near(k as f64, &top["k"], name);
                near(curve.conversions.value[0], &top["conversions"], name);
                near(curve.precision.value[0], &top["precision"], name);
                near(curve.recall.unwrap().value[0], &top["recall"], name);
                near(curve.lift.unwrap().value[0], &top["lift"], name);
            }
        }
        for overlap in expected["overlap"].as_array().unwrap() {
            let k = overlap["k"].as_u64().unwrap() as usize;
            let pair = Pair::of(&outcomes, &orders, [0, 1], &[k], None);
            near(pair.both.leads[0] / k as f64, &overlap["overlap"], name);
        }
    }
}

/// Two scores, whether the lead converted, its group.
type Row = (u8, u8, bool, u8);

fn leads() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0u8..12, any::<u8>(), any::<bool>(), 0u8..20), 1..60)
}

proptest! {
    #[test]
    fn parts_add_up_and_order_does_not_matter(rows in leads(), turn in 0usize..60) {
        let found = |rows: &[Row]| {
            let converted: Vec<bool> = rows.iter().map(|row| row.2).collect();
            let outcomes = Outcomes::new(&converted, None);
            let of = |score: fn(&Row) -> u8| {
                Order::of(&rows.iter().map(|row| f64::from(score(row))).collect::<Vec<_>>())
            };
            let orders = [of(|row| row.0), of(|row| row.1)];
            let capacities = capacities(rows.len());
            let curves = [0, 1].map(|at| Curve::of(&outcomes, (&orders[at], at), &capacities, None));
            (Pair::of(&outcomes, &orders, [0, 1], &capacities, None), curves, orders, capacities)
        };
        let (pair, curves, orders, at) = found(&rows);
        for (index, capacity) in at.iter().enumerate() {
            let called = pair.both.leads[index] + pair.only_first.leads[index];
            prop_assert!((called - *capacity as f64).abs() < 1e-9);
            let conversions = pair.both.conversions[index] + pair.only_second.conversions[index];
            prop_assert!((conversions - curves[1].conversions.value[index]).abs() < 1e-9);
            let all = conversions
                + pair.only_first.conversions[index]
                + pair.neither.conversions[index];
            prop_assert!((all - rows.iter().filter(|row| row.2).count() as f64).abs() < 1e-9);
            let (threshold, reach) = orders[0].threshold(*capacity).unwrap();
            prop_assert!(reach >= *capacity && orders[0].reach(threshold) == reach);
        }
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        let (other, of_turned, ..) = found(&turned);
        prop_assert_eq!(&pair.difference, &other.difference);
        prop_assert_eq!(&curves, &of_turned);
    }

    #[test]
    fn intervals_hold_their_figure_and_are_turned_with_the_pair(rows in leads(), seed in any::<u64>()) {
        let converted: Vec<bool> = rows.iter().map(|row| row.2).collect();
        let groups: Vec<u64> = rows.iter().map(|row| u64::from(row.3)).collect();
        let outcomes = Outcomes::new(&converted, Some(&groups));
        let score = |of: fn(&Row) -> u8| -> Vec<f64> {
            rows.iter().map(|row| f64::from(of(row))).collect()
        };
        let orders = [Order::of(&score(|row| row.0)), Order::of(&score(|row| row.1))];
        let at = capacities(rows.len());
        let bootstrap = Bootstrap { replicates: 40, seed };
        let draws = Draws::new(&outcomes, &orders, &at, bootstrap);
        prop_assert_eq!(draws.is_some(), outcomes.are_enough());
        let pair = Pair::of(&outcomes, &orders, [0, 1], &at, draws.as_ref());
        let back = Pair::of(&outcomes, &orders, [1, 0], &at, draws.as_ref());
        let curve = Curve::of(&outcomes, (&orders[0], 0), &at, draws.as_ref());
        for index in 0..at.len() {
            if let (Some(low), Some(high)) = (&pair.difference.low, &pair.difference.high) {
                let value = pair.difference.value[index];
                prop_assert!(low[index] <= value && value <= high[index]);
                let turned = back.difference.high.as_ref().unwrap()[index];
                prop_assert!((low[index] + turned).abs() < 1e-9);
            }
            if let (Some(low), Some(high)) = (&curve.precision.low, &curve.precision.high) {
                prop_assert!(low[index] >= 0.0 && high[index] <= 1.0 + 1e-9);
            }
        }
    }
}
