//! Metrics against scikit-learn, scipy and a plain DeLong in numpy. The expected values are in
//! tests/oracle/metrics.json, beside the script that makes them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use leadscore_model::evaluate::{
    TopShare, auc, auc_difference, average_precision, brier, calibration, deciles, log_loss,
    spearman, top_shares,
};
use serde_json::Value;

fn near(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{what}: no number"));
    assert!((found - expected).abs() < 1e-9, "{what}: {found} is not {expected}");
}

fn tops(found: &[TopShare], expected: &Value, what: &str) {
    for (found, expected) in found.iter().zip(expected.as_array().unwrap()) {
        assert_eq!(found.k as u64, expected["k"].as_u64().unwrap(), "{what}");
        near(found.conversions, &expected["conversions"], what);
        near(found.precision, &expected["precision"], what);
        near(found.recall, &expected["recall"], what);
        near(found.lift, &expected["lift"], what);
    }
}

#[test]
fn metrics_agree_with_independent_implementations() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracle/metrics.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.len() >= 6);
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let numbers = |key: &str| -> Vec<f64> {
            case[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
        };
        let scores = numbers("score");
        let labels: Vec<bool> = numbers("label").into_iter().map(|label| label == 1.0).collect();
        let totals = numbers("points");
        let expected = &case["expected"];

        let found = auc(&scores, &labels).unwrap();
        near(found.value, &expected["auc"], name);
        near(found.low, &expected["auc_low"], name);
        near(found.high, &expected["auc_high"], name);
        near(auc(&totals, &labels).unwrap().value, &expected["auc_points"], name);
        let found = auc_difference(&scores, &totals, &labels).unwrap();
        for (found, key) in [(found.value, "value"), (found.low, "low"), (found.high, "high")] {
            near(found, &expected["auc_less_points"][key], name);
        }
        near(log_loss(&scores, &labels), &expected["log_loss"], name);
        near(brier(&scores, &labels), &expected["brier"], name);
        near(average_precision(&scores, &labels).unwrap(), &expected["average_precision"], name);

        let found = calibration(&scores, &labels, 20);
        near(found.ece, &expected["ece"], name);
        let bins = expected["bins"].as_array().unwrap();
        assert_eq!(found.bins.len(), bins.len(), "{name}");
        for (found, expected) in found.bins.iter().zip(bins) {
            assert_eq!(found.count as u64, expected["count"].as_u64().unwrap(), "{name}");
            near(found.mean_score, &expected["mean_score"], name);
            near(found.mean_label, &expected["mean_label"], name);
        }
        let found = deciles(&scores, &labels);
        let tenths = expected["deciles"].as_array().unwrap();
        assert_eq!(found.len(), tenths.len(), "{name}");
        for (found, expected) in found.iter().zip(tenths) {
            assert_eq!(found.count as u64, expected["count"].as_u64().unwrap(), "{name}");
            near(found.conversions, &expected["conversions"], name);
            near(found.lift, &expected["lift"], name);
        }
        match spearman(&scores, &totals) {
            Some(found) => near(found, &expected["spearman"], name),
            None => assert!(expected["spearman"].is_null(), "{name}"),
        }
        let top = |scores: &[f64]| top_shares(scores, &labels, &[0.05, 0.10, 0.20]);
        tops(&top(&scores), &expected["top"], name);
        tops(&top(&totals), &expected["points_top"], name);
    }
}
