//! Coefficients against scikit-learn's `newton-cholesky` and glum's `irls-ls`, on an encoding made independently in
//! numpy. The expected values are in tests/oracle, beside the script that makes them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use leadscore_features::io::read_table;
use leadscore_train::{Solver, TrainOptions, train};
use serde_json::Value;

fn oracle(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle").join(name)
}

/// The largest difference of a coefficient from an oracle's, and how many were compared. `of` is
/// where in the file its fits stand.
fn worst(name: &str, of: &str, solver: Solver, l2_of_interest: Option<f64>) -> (f64, usize) {
    let table = read_table(&oracle(&format!("{name}.csv"))).unwrap();
    let text = std::fs::read_to_string(oracle(&format!("{name}.json"))).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let strings = |key: &str| -> Vec<String> {
        expected[key].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let (mut most, mut compared) = (0.0f64, 0);
    for fit in expected.pointer(of).unwrap().as_array().unwrap() {
        let l2 = fit["l2"].as_f64().unwrap();
        if l2_of_interest.is_some_and(|wanted| wanted != l2) {
            continue;
        }
        let options = TrainOptions {
            target: expected["target"].as_str().unwrap().to_owned(),
            positive: Some(expected["positive"].as_str().unwrap().to_owned()),
            categories: strings("categories"),
            l2: Some(l2),
            solver,
            ..TrainOptions::default()
        };
        let bundle = train(table.clone(), &options, &|_| {}).unwrap();
        let logistic = &bundle.model.logistic;
        let coefficients = fit["coefficients"].as_object().unwrap();
        let names: Vec<&str> = logistic.slots.iter().map(|slot| slot.slot.as_str()).collect();
        let mut wanted: Vec<&str> = coefficients.keys().map(String::as_str).collect();
        let mut found = names.clone();
        wanted.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, wanted, "{name}: the slots");
        let intercept = fit["intercept"].as_f64().unwrap();
        most = most.max((logistic.intercept - intercept).abs());
        for slot in &logistic.slots {
            let difference = slot.coefficient - coefficients[&slot.slot].as_f64().unwrap();
            most = most.max(difference.abs());
            compared += 1;
        }
        if solver == Solver::Newton {
            assert!(
                bundle.training.served_fit.gradient < 1e-10,
                "{:?}",
                bundle.training.served_fit
            );
        }
    }
    (most, compared)
}

#[test]
fn newton_agrees_with_scikit_learn_and_glum() {
    for (name, of) in [
        ("bank", "/fits"),
        ("shoppers", "/fits"),
        ("bank", "/glum/fits"),
        ("shoppers", "/glum/fits"),
    ] {
        let (most, compared) = worst(name, of, Solver::Newton, None);
        assert!(compared > 200, "{compared}");
        assert!(most < 1e-6, "{name}{of}: {most:e}");
    }
}

#[test]
fn linfa_agrees_where_it_converges() {
    // At a penalty of 30 it converges on both within its iterations; at 0.1 it does not.
    for name in ["bank", "shoppers"] {
        let (most, _) = worst(name, "/fits", Solver::Linfa, Some(30.0));
        assert!(most < 1e-3, "{name}: {most:e}");
    }
}
