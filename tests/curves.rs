//! How sure a probability is, and what a model says, through the binary.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use serde_json::Value;

/// Deals: the more visits the likelier, and industries that must not be taken for markup, nor steer a
/// terminal.
fn deals(rows: usize) -> String {
    let mut text = String::from("visits,industry,won\n");
    for row in 0..rows {
        let visits = (row * 7) % 13;
        let industry = ["<b>bold</b>", "plain", "\u{1b}[31mred"][row % 3];
        let won = (row * 31) % 20 < 1 + visits;
        text += &format!("{visits},{industry},{}\n", if won { "yes" } else { "no" });
    }
    text
}

fn numbers(text: &str, column: &str) -> Vec<f64> {
    let mut lines = text.lines();
    let at = lines.next().unwrap().split(',').position(|name| name == column).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap().parse().unwrap()).collect()
}

#[test]
fn intervals_hold_their_probability_and_narrow_with_more_rows() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut widths = Vec::new();
    for rows in [300, 6_000] {
        write(folder, "deals.csv", deals(rows));
        succeed(folder, &["train", "deals.csv", "--target", "won", "--out", "m.bundle"]);
        write(folder, "new.csv", deals(100));
        let args = ["predict", "new.csv", "--model", "m.bundle", "--intervals", "--out", "out.csv"];
        succeed(folder, &args);
        let out = std::fs::read_to_string(folder.join("out.csv")).unwrap();
        let [p, low, high] =
            ["probability", "probability_low", "probability_high"].map(|c| numbers(&out, c));
        assert_eq!(p.len(), 100);
        for ((p, low), high) in p.iter().zip(&low).zip(&high) {
            assert!(0.0 < *low && low < p && p < high && *high < 1.0, "{low} {p} {high}");
        }
        widths.push(high.iter().zip(&low).map(|(high, low)| high - low).sum::<f64>() / 100.0);
        // Without the intervals the scores are the same.
        succeed(folder, &["predict", "new.csv", "--model", "m.bundle", "--out", "plain.csv"]);
        let plain = std::fs::read_to_string(folder.join("plain.csv")).unwrap();
        assert_eq!(numbers(&plain, "probability"), p);
        let told =
            json(folder, &["explain", "new.csv", "--model", "m.bundle", "--id", "1", "--json"]);
        assert_eq!(told["model"]["interval"], serde_json::json!([low[0], high[0]]));
    }
    assert!(widths[1] < 0.6 * widths[0], "{widths:?}");
}

#[test]
fn intervals_say_something_where_a_signal_parts_outcomes_and_of_values_that_no_row_had() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // From a curve that bends to one that parts the outcomes but for some slips.
    for (steep, slips, of_missing) in [(2.0, 0.0, [0.005, 0.99]), (1e9, 0.001, [0.0, 1.0])] {
        let mut next = uniform();
        let row = |_| {
            let [x, z] = [4.0 * next() - 2.0, next()];
            let sure = 1.0 / (1.0 + f64::exp(-steep * x));
            let won = next() < if next() < slips { 1.0 - sure } else { sure };
            format!("{x:.4},{z:.4},{}\n", u8::from(won))
        };
        let rows: String = (0..6_000).map(row).collect();
        write(folder, "deals.csv", format!("x,z,won\n{rows}"));
        let args = ["train", "deals.csv", "--target", "won", "--folds", "0", "--out", "m.bundle"];
        succeed(folder, &args);
        write(folder, "new.csv", "x,z\n1.5,0.5\n-1.5,0.5\n,0.5\n");
        let args = ["predict", "new.csv", "--model", "m.bundle", "--intervals", "--out", "out.csv"];
        succeed(folder, &args);
        let out = std::fs::read_to_string(folder.join("out.csv")).unwrap();
        let [low, high] = ["probability_low", "probability_high"].map(|c| numbers(&out, c));
        // Thousands of leads on either side hardly differ.
        assert!(low[0] > 0.85 && high[0] > 0.94, "{out}");
        assert!(low[1] < 0.06 && high[1] < 0.15, "{out}");
        assert!(low[2] >= of_missing[0] && high[2] <= of_missing[1], "{out}");
    }
}

#[test]
fn bundles_that_know_no_intervals_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let old = project().join("tests/compat/v1.bundle");
    let leads = project().join("tests/compat/leads.csv");
    let (old, leads) = (old.to_str().unwrap(), leads.to_str().unwrap());
    let args = ["predict", leads, "--model", old, "--intervals", "--out", "x.csv"];
    let error = fail(folder.path(), &args, 1);
    assert!(error.contains("train it again"), "{error}");
    assert!(!folder.path().join("x.csv").exists());
    let text = succeed(folder.path(), &["curves", old]);
    assert!(text.contains("no intervals"), "{text}");
    let rules = rules("bank-marketing.toml");
    let args =
        ["predict", leads, "--points", rules.to_str().unwrap(), "--intervals", "--out", "x.csv"];
    assert!(fail(folder.path(), &args, 2).contains("give --model"));
}

#[test]
fn curves_add_up_to_the_score_and_are_safe_to_look_at() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", deals(1_500));
    succeed(folder, &["train", "deals.csv", "--target", "won", "--out", "m.bundle"]);
    let found = json(folder, &["curves", "m.bundle", "--json"]);
    let told =
        json(folder, &["explain", "deals.csv", "--model", "m.bundle", "--id", "5", "--json"]);
    let parts = told["model"]["parts"].as_array().unwrap();
    let part = |signal: &str| {
        parts.iter().find(|part| part["signal"] == signal).unwrap()["log_odds"].as_f64().unwrap()
    };
    let curve = |signal: &str| -> Vec<Value> {
        let curves = found["curves"].as_array().unwrap();
        let curve = curves.iter().find(|curve| curve["signal"] == signal).unwrap();
        curve["steps"].as_array().unwrap().clone()
    };
    // The 5th row is of a plain industry; a pair would add to it what no curve says.
    if found["pairs"].as_array().unwrap().is_empty() {
        let step = curve("industry").into_iter().find(|step| step["name"] == "plain").unwrap();
        assert!((step["log_odds"].as_f64().unwrap() - part("industry")).abs() < 1e-12);
    }
    for signal in ["visits", "industry"] {
        let shares: f64 = curve(signal).iter().map(|step| step["share"].as_f64().unwrap()).sum();
        assert!((shares - 1.0).abs() < 1e-9);
    }
    let text = succeed(folder, &["curves", "m.bundle"]);
    assert!(!text.contains('\u{1b}') && text.contains("plain"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    succeed(folder, &["curves", "m.bundle", "--html", "curves.html"]);
    let page = std::fs::read_to_string(folder.join("curves.html")).unwrap();
    assert!(page.contains("\\u003cb>bold") && !page.contains("<b>"), "{page}");
    let error = fail(folder, &["curves", "m.bundle", "--html", "m.bundle"], 2);
    assert!(error.contains("m.bundle"), "{error}");
    let error = fail(folder, &["card", "m.bundle", "--lang", "es"], 2);
    assert!(error.contains("--html"), "{error}");
    let args = ["train", "deals.csv", "--target", "won", "--out", "m.bundle", "--html"];
    let error = fail(folder, &[&args[..], &["deals.csv"]].concat(), 2);
    assert!(error.contains("deals.csv"), "{error}");
    for taken in ["m.bundle", "m.card.md"] {
        let error = fail(folder, &[&args[..], &[taken]].concat(), 2);
        assert!(error.contains("a name of its own"), "{error}");
    }
    let error = fail(folder, &[&args[..], &["none/card.html"]].concat(), 2);
    assert!(error.contains("there is no folder none"), "{error}");
    let said = json(folder, &[&args[..], &["card.html", "--json"]].concat());
    assert_eq!(said["page"], "card.html");
    let told = json(folder, &["card", "m.bundle", "--json"]);
    assert_eq!((&told["training"], &told["hash"]), (&said["training"], &said["hash"]));
    let page = std::fs::read_to_string(folder.join("card.html")).unwrap();
    succeed(folder, &["card", "m.bundle", "--html", "again.html"]);
    assert_eq!(page, std::fs::read_to_string(folder.join("again.html")).unwrap());
    let error = fail(folder, &["curves", "m.bundle", "visit"], 2);
    assert!(error.contains("did you mean \"visits\""), "{error}");
}
