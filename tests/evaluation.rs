//! What `train` says of its figures: folds, recalibration, base rates, rules beside the model, drift, and
//! the model card.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn near(found: &Value, expected: &Value, by: f64) {
    let (found, expected) = (number(found), number(expected));
    assert!((found - expected).abs() < by, "{found} is not {expected}");
}

/// The record of a training.
fn record(folder: &std::path::Path, args: &[&str]) -> Value {
    json(folder, &[&["train"], args, &["--json"]].concat())["training"].clone()
}

#[test]
fn blocks_of_time_and_sampled_rows_have_the_figures_of_scikit_learn() {
    let folder = tempfile::tempdir().unwrap();
    let oracle = project().join("tests/oracle");
    let text = std::fs::read_to_string(oracle.join("folds.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let rows = oracle.join("bank.csv");
    let args = [rows.to_str().unwrap(), "--target", "y", "--time", "@row", "--l2", "1"];
    let found = record(folder.path(), &[&args[..], &["--out", "a.bundle"]].concat());
    let folds = &found["folds"];
    assert_eq!((&folds["by"], &folds["repeats"]), (&"forward".into(), &1.into()));
    let (each, of) = (folds["each"].as_array().unwrap(), expected["each"].as_array().unwrap());
    assert_eq!(each.len(), of.len());
    for (found, expected) in each.iter().zip(of) {
        for count in ["fitted", "rows", "conversions"] {
            assert_eq!(found[count], expected[count]);
        }
        for figure in ["auc", "log_loss", "base_log_loss"] {
            near(&found[figure], &expected[figure], 1e-7);
        }
    }
    for figure in ["auc", "log_loss"] {
        for end in ["value", "low", "high"] {
            near(&folds[figure][end], &expected[figure][end], 1e-6);
        }
    }
    // The same rows as a sample by outcome of a population that converts at 3 %.
    let sampled = ["--base-rate", "0.03", "--out", "b.bundle"];
    let found = record(folder.path(), &[&args[..], &sampled].concat());
    for (found, expected) in found["folds"]["each"].as_array().unwrap().iter().zip(of) {
        near(&found["log_loss"], &expected["weighted_log_loss"], 1e-7);
    }
    let (evaluation, expected) = (&found["evaluation"], &expected["sampled"]);
    for figure in ["base_rate", "log_loss", "brier", "average_precision"] {
        near(&evaluation[figure], &expected[figure], 1e-7);
    }
    near(&evaluation["slope"]["slope"], &expected["slope"], 1e-5);
    near(&evaluation["slope"]["intercept"], &expected["intercept"], 1e-5);
    near(&found["base_rate"]["evaluated"]["log_odds"], &expected["moved"], 1e-9);
}

/// The explanation of a lead's score, whose parts must add up.
fn parts_add_up(folder: &std::path::Path, bundle: &str, leads: &str) -> Value {
    let found = json(folder, &["explain", leads, "--id", "7", "--model", bundle, "--json"]);
    let model = &found["model"];
    let parts = model["parts"].as_array().unwrap().iter().map(|part| number(&part["log_odds"]));
    let added = ["calibration_log_odds", "base_rate_log_odds"];
    let sum = number(&model["base_log_odds"])
        + parts.sum::<f64>()
        + added.iter().filter_map(|name| model[*name].as_f64()).sum::<f64>();
    assert!((sum - number(&model["log_odds"])).abs() < 1e-12);
    model.clone()
}

#[test]
fn a_model_of_sampled_rows_gives_the_probabilities_of_the_population() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let all = deals(12_000);
    write(folder, "all.csv", &all);
    // Of those that did not convert one in eight is kept.
    let mut lost = 0;
    let sampled: Vec<&str> = all
        .lines()
        .filter(|line| {
            lost += usize::from(line.ends_with(",no"));
            !line.ends_with(",no") || lost % 8 == 0
        })
        .collect();
    write(folder, "sampled.csv", sampled.join("\n"));
    let converted = all.lines().filter(|line| line.ends_with(",yes")).count();
    let rate = (converted as f64 / 12_000.0).to_string();
    let args = ["sampled.csv", "--target", "won", "--base-rate", &rate, "--out", "b.bundle"];
    let found = record(folder, &args);
    assert!((number(&found["evaluation"]["base_rate"]) - converted as f64 / 12_000.0).abs() < 0.01);
    assert!(number(&found["evaluation"]["calibration"]["ece"]) < 0.1);
    let model = parts_add_up(folder, "b.bundle", "all.csv");
    assert!(number(&model["base_rate_log_odds"]) < -0.5);
    let scores = succeed(folder, &["predict", "all.csv", "--model", "b.bundle", "--out", "-"]);
    let probabilities: Vec<f64> =
        scores.lines().skip(1).map(|row| row.split(',').nth(1).unwrap().parse().unwrap()).collect();
    let mean = probabilities.iter().sum::<f64>() / probabilities.len() as f64;
    assert!((mean - converted as f64 / 12_000.0).abs() < 0.02, "{mean}");
    // Explained for people, it is a part with a name.
    let said = succeed(folder, &["explain", "all.csv", "--id", "7", "--model", "b.bundle"]);
    assert!(said.contains("(base rate)"), "{said}");
}

/// Rows of noise: what is fitted without a penalty is far too sure.
fn noise(rows: usize, columns: usize) -> String {
    let mut state = 3u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    };
    let names: Vec<String> = (0..columns).map(|column| format!("x{column}")).collect();
    let mut text = format!("{},won\n", names.join(","));
    for _ in 0..rows {
        let values: Vec<f64> = (0..columns).map(|_| uniform()).collect();
        let won = uniform() < 0.15 + 0.5 * values[0];
        let cells: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
        text.push_str(&format!("{},{}\n", cells.join(","), if won { "yes" } else { "no" }));
    }
    text
}

#[test]
fn scores_are_recalibrated_where_that_surely_helps_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "noise.csv", noise(600, 60));
    let args = ["noise.csv", "--target", "won", "--out", "a.bundle"];
    let found = record(folder, &[&args[..], &["--l2", "1e-6"]].concat());
    let recalibration = &found["recalibration"];
    assert_eq!(recalibration["adopted"], true, "{recalibration}");
    let slope = number(&recalibration["line"]["slope"]);
    assert!(slope > 0.0 && slope < 0.8, "{slope}");
    let model = parts_add_up(folder, "a.bundle", "noise.csv");
    assert!(number(&model["calibration_log_odds"]) != 0.0);
    let recalibrated = number(&found["evaluation"]["log_loss"]);
    // Without folds nothing can be judged, so nothing is adopted.
    let plain = record(folder, &[&args[..], &["--l2", "1e-6", "--folds", "0"]].concat());
    assert!(plain["recalibration"].is_null() && plain["folds"].is_null());
    assert!(recalibrated < number(&plain["evaluation"]["log_loss"]));
    // A penalty that was chosen leaves nothing to mend.
    let chosen = record(folder, &args);
    assert_eq!(chosen["recalibration"]["adopted"], false);
    let model = parts_add_up(folder, "a.bundle", "noise.csv");
    assert!(model["calibration_log_odds"].is_null());
}

/// Deals of which at most four in ten convert, and at least one in fifty, however sure a line of their four
/// numbers would be.
fn saturated(rows: usize) -> String {
    let mut uniform = uniform();
    let mut text = String::from("a,b,c,d,won\n");
    for _ in 0..rows {
        let values: [f64; 4] = std::array::from_fn(|_| uniform());
        let sum = 10.0 * (values.iter().sum::<f64>() - 2.0);
        let won = uniform() < 0.02 + 0.38 / (1.0 + f64::exp(-sum));
        let cells = values.map(|value| format!("{value:.4}"));
        text.push_str(&format!("{},{}\n", cells.join(","), if won { "yes" } else { "no" }));
    }
    text
}

#[test]
fn a_rising_curve_mends_what_no_line_does() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", saturated(6_000));
    let args = ["deals.csv", "--target", "won", "--plain", "--out", "a.bundle"];
    let found = record(folder, &args);
    let recalibration = &found["recalibration"];
    assert_eq!(recalibration["adopted"], true, "{recalibration}");
    let knots = recalibration["line"]["knots"].as_array().expect("a curve");
    for pair in knots.windows(2) {
        for end in ["said", "worth"] {
            assert!(number(&pair[0][end]) < number(&pair[1][end]), "{knots:?}");
        }
    }
    // It is a part with a name, and lies in its interval.
    let model = parts_add_up(folder, "a.bundle", "deals.csv");
    assert!(number(&model["calibration_log_odds"]) != 0.0);
    let [low, high] = [0, 1].map(|end| number(&model["interval"][end]));
    let probability = number(&model["probability"]);
    assert!(low < probability && probability < high, "{model}");
    let said = succeed(folder, &["card", "a.bundle"]);
    assert!(said.contains("a rising curve that turns "), "{said}");
    // Probabilities are better for it, and the order of leads stays.
    let ranks = |bundle: &str| {
        succeed(folder, &["predict", "deals.csv", "--model", bundle, "--out", "scores.csv"]);
        let scores = std::fs::read_to_string(folder.join("scores.csv")).unwrap();
        let rank = |line: &str| line.split(',').nth(2).unwrap().to_owned();
        scores.lines().map(rank).collect::<Vec<String>>()
    };
    let with = ranks("a.bundle");
    let before = record(folder, &[&args[..], &["--folds", "0"]].concat());
    assert_eq!(with, ranks("a.bundle"));
    for figure in ["/evaluation/log_loss", "/evaluation/calibration/ece"] {
        let of = |record: &Value| number(record.pointer(figure).unwrap());
        assert!(of(&found) < of(&before), "{figure}: {} and {}", of(&found), of(&before));
    }
    assert_eq!(found["evaluation"]["auc"], before["evaluation"]["auc"]);
}

/// Deals whose rate rises at once in the newest third, and stays.
fn risen() -> String {
    let mut state = 9u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    };
    let mut text = String::from("visits,won\n");
    for row in 0..4_000 {
        let visits = (uniform() * 20.0).floor();
        let odds = 0.2 * visits - 4.0 + if row >= 3_200 { 1.5 } else { 0.0 };
        let won = uniform() < 1.0 / (1.0 + f64::exp(-odds));
        text.push_str(&format!("{visits},{}\n", if won { "yes" } else { "no" }));
    }
    text
}

#[test]
fn the_rate_of_the_newest_rows_mends_what_the_warning_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "risen.csv", risen());
    let args = ["risen.csv", "--target", "won", "--time", "@row", "--out", "a.bundle"];
    let before = record(folder, &args);
    let remedy = &before["base_rate_shift"]["remedy"];
    assert!(number(&remedy["with"]["log_loss"]) < number(&remedy["without"]["log_loss"]));
    let after = record(folder, &[&args[..], &["--base-rate", "newest"]].concat());
    // What was promised is what comes: read from the older half, judged on the newer.
    assert_eq!(
        (&after["split"]["rate_rows"], &after["split"]["from"]),
        (&400.into(), &"row 3601".into())
    );
    assert_eq!(after["split"]["held_out_rows"], 400);
    near(&after["evaluation"]["log_loss"], &remedy["with"]["log_loss"], 1e-12);
    near(&after["evaluation"]["calibration"]["ece"], &remedy["with"]["ece"], 1e-12);
    assert!(after["base_rate_shift"].is_null());
    assert!(number(&after["evaluation"]["calibration"]["ece"]) < 0.1);
    parts_add_up(folder, "a.bundle", "risen.csv");
    // Held-out rows are found again, and score as they did.
    let rules = write(
        folder,
        "rules.toml",
        "name = \"visits\"\nversion = \"1\"\n\n[[rule]]\nname = \"ten\"\npoints = 5\nwhen = { signal = \"visits\", at_least = 10 }\n",
    );
    let rules = rules.to_str().unwrap();
    let compared =
        json(folder, &["compare", "risen.csv", "--model", "a.bundle", "--points", rules, "--json"]);
    assert_eq!((&compared["basis"], &compared["leads"]), (&"held_out".into(), &400.into()));
    // The same rules beside the model in training reach the same.
    let found =
        record(folder, &[&args[..], &["--base-rate", "newest", "--points", rules]].concat());
    let (beside, of) = (&found["rule_sets"][0], &compared["rankings"][1]);
    assert_eq!(beside["auc"], of["auc"]);
    let tenth = compared["capacity"].as_u64().unwrap() as usize;
    assert_eq!(beside["top_tenth"]["k"], compared["capacities"][tenth]);
    assert_eq!(beside["top_tenth"]["conversions"], of["conversions"]["value"][tenth]);
    assert!(number(&beside["auc_difference"]["value"]) > 0.0);
}

#[test]
fn the_card_says_what_the_record_says_and_spares_what_is_no_card() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", deals(600));
    let args = ["train", "deals.csv", "--target", "won", "--out", "a.bundle"];
    let said = succeed(folder, &args);
    assert!(said.contains("a.card.md") && said.lines().all(|line| line.chars().count() <= 80));
    let card = std::fs::read_to_string(folder.join("a.card.md")).unwrap();
    assert_eq!(succeed(folder, &["card", "a.bundle"]), card);
    for heading in ["Data and split", "Calibration", "What was set aside", "Drift", "Limits"] {
        assert!(card.contains(&format!("\n## {heading}\n")), "{heading} is missing:\n{card}");
    }
    assert!(card.contains("nothing can be said of drift"));
    // Again it is written over, for it is a card; and it is the same.
    succeed(folder, &[&args[..], &["--threads", "3"]].concat());
    assert_eq!(std::fs::read_to_string(folder.join("a.card.md")).unwrap(), card);
    // What is no card stays.
    write(folder, "a.card.md", "my notes");
    let output = leadscore(folder, &args);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("is no model card"));
    assert_eq!(std::fs::read_to_string(folder.join("a.card.md")).unwrap(), "my notes");
    // Bundles from before there were cards have one all the same.
    let old = project().join("tests/compat/v3.bundle");
    assert!(succeed(folder, &["card", old.to_str().unwrap()]).starts_with("# Model card: "));
}

#[test]
fn signals_that_drifted_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut text = String::from("row_kind,steady,won\n");
    for row in 0..1_000 {
        let kind = if row >= 800 { "new" } else { "old" };
        text.push_str(&format!(
            "{kind},{},{}\n",
            row * 37 % 100,
            if row % 3 == 0 { "yes" } else { "no" }
        ));
    }
    write(folder, "deals.csv", text);
    let args = ["deals.csv", "--target", "won", "--time", "@row", "--out", "a.bundle"];
    let found = record(folder, &args);
    let drift = found["drift"].as_array().unwrap();
    assert_eq!(drift[0]["signal"], "row_kind");
    assert!(number(&drift[0]["psi"]) > 1.0);
    assert!(number(&drift[1]["psi"]) < number(&drift[1]["chance"]));
    let said = succeed(folder, &[&["train"], &args[..]].concat());
    assert!(said.contains("one signal has another distribution"), "{said}");
    assert!(said.contains("row_kind") && !said.contains("steady 0"));
}

#[test]
fn folds_that_cannot_be_fitted_are_left_out() {
    // All that converted are of two accounts, of which one is held out.
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut text = String::from("visits,firm,won\n");
    for row in 0..220 {
        let (firm, won) = match row {
            0..10 => ("first".to_owned(), "yes"),
            10..20 => ("second".to_owned(), "yes"),
            other => (format!("firm {other}"), "no"),
        };
        text.push_str(&format!("{},{firm},{won}\n", row * 37 % 100));
    }
    write(folder, "deals.csv", text);
    let args = ["deals.csv", "--target", "won", "--account", "firm", "--out", "a.bundle"];
    for more in [&[][..], &["--plain"]] {
        let found = record(folder, &[&args[..], more].concat());
        assert_eq!(found["folds"]["each"].as_array().unwrap().len(), 4);
        assert!(found["folds"]["auc"].is_null());
        succeed(folder, &["card", "a.bundle"]);
    }
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", deals(300));
    let args = ["train", "deals.csv", "--target", "won"];
    let wrong = |more: &[&str], says: &str| {
        let errors = fail(folder, &[&args[..], more].concat(), 2);
        assert!(errors.contains(says), "{errors}");
    };
    wrong(&["--base-rate", "3"], "between 0 and 1");
    wrong(&["--base-rate", "0"], "between 0 and 1");
    wrong(&["--base-rate", "NaN"], "between 0 and 1");
    wrong(&["--base-rate", "newest"], "--time");
    wrong(&["--folds", "1"], "--folds must be from 2");
    wrong(&["--repeats", "0"], "--repeats must be from 1");
    wrong(&["--repeats", "2", "--time", "@row"], "leave it away");
    let found = record(folder, &[&args[1..], &["--repeats", "3", "--folds", "4"]].concat());
    assert_eq!(found["folds"]["each"].as_array().unwrap().len(), 12);
}
