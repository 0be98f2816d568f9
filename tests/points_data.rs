//! Points that come from data: close rates and learned sets, against figures worked out elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use common::*;
use leadscore_features::Table;
use leadscore_features::io::read_table;
use leadscore_model::points::{Gives, Points, RuleSet, Test};
use serde_json::Value;

fn number(table: &Table, column: &str, row: usize) -> f64 {
    let text = table.column(column).unwrap().cell(row).into_text().unwrap();
    text.parse().unwrap()
}

/// The area under the curve by its definition: how often a converted row has the higher score.
fn auc(scored: &[(f64, bool)]) -> f64 {
    let scores = |which: bool| {
        let mut found: Vec<f64> =
            scored.iter().filter(|(_, label)| *label == which).map(|(score, _)| *score).collect();
        found.sort_by(f64::total_cmp);
        found
    };
    let (won, lost) = (scores(true), scores(false));
    let wins: f64 = won
        .iter()
        .map(|score| {
            let below = lost.partition_point(|other| other < score);
            let ties = lost[below..].partition_point(|other| other <= score);
            below as f64 + 0.5 * ties as f64
        })
        .sum();
    wins / (won.len() * lost.len()) as f64
}

fn read_set(folder: &Path, name: &str) -> RuleSet {
    RuleSet::parse(name, &std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn close_rates_are_those_of_an_independent_count() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let oracle = std::fs::read_to_string(project().join("tests/oracle/close_rates.json")).unwrap();
    let oracle: Value = serde_json::from_str(&oracle).unwrap();
    for (name, file, target) in [("bank", bank(), "y"), ("shoppers", shoppers(), "Revenue")] {
        let file = file.to_str().unwrap().to_owned();
        let suggest = ["points", "suggest", &file, "--target", target];
        let found = json(folder, &[&suggest[..], &["--out", "s.toml", "--json"]].concat());
        let expected = &oracle[name];
        assert_eq!((&found["leads"], &found["won"]), (&expected["leads"], &expected["won"]));
        let values = found["values"].as_array().unwrap();
        let mut compared = 0;
        for (signal, of_signal) in expected["signals"].as_object().unwrap() {
            for (value, expected) in of_signal.as_object().unwrap() {
                let of =
                    |v: &&Value| v["signal"] == signal.as_str() && v["value"] == value.as_str();
                let found = values.iter().find(of).unwrap_or_else(|| panic!("{signal} {value}"));
                let said = format!("{signal} {value}: {found}");
                for key in ["obtained", "won", "points"] {
                    assert_eq!(found[key].as_f64(), expected[key].as_f64(), "{said}");
                }
                for key in ["low", "high"] {
                    let off =
                        found["rate"][key].as_f64().unwrap() - expected[key].as_f64().unwrap();
                    assert!(off.abs() < 1e-12, "{said}");
                }
                compared += 1;
            }
        }
        assert!(compared > 10, "{compared}");
        // The set parses, and gives each lead what the values say.
        let set = read_set(folder, "s.toml");
        assert_eq!(set.rules.len() as u64, found["rules"].as_u64().unwrap());
        succeed(folder, &["points", "score", &file, "--points", "s.toml", "--out", "p.csv"]);
        let scores = read_table(&folder.join("p.csv")).unwrap();
        assert_eq!(scores.rows() as u64, found["leads"].as_u64().unwrap());
        let column = format!("points_{}", set.name);
        let totals: Vec<f64> =
            (0..scores.rows()).map(|row| number(&scores, &column, row)).collect();
        let mean = totals.iter().sum::<f64>() / totals.len() as f64;
        let given: f64 = values
            .iter()
            .map(|v| v["obtained"].as_f64().unwrap() * v["points"].as_f64().unwrap_or(0.0))
            .sum();
        assert!((mean - given / totals.len() as f64).abs() < 1e-9, "{mean}");
    }
}

#[test]
fn a_value_with_too_few_leads_gets_no_points() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let bank = bank();
    for least in [30, 600, 20_000, 100_000] {
        let option = least.to_string();
        let args = ["points", "suggest", bank.to_str().unwrap(), "--target", "y", "--json"];
        let found = json(folder, &[&args[..], &["--least", &option]].concat());
        let values = found["values"].as_array().unwrap();
        let few = |v: &&Value| v["obtained"].as_u64().unwrap() < least;
        assert!(values.iter().filter(few).all(|v| v["points"].is_null()), "{least}");
        let some = values.iter().any(|v| !v["points"].is_null());
        assert_eq!(some, least < 100_000, "{least}");
    }
    // Nothing to write is not written, and said.
    let args = ["points", "suggest", bank.to_str().unwrap(), "--target", "y", "--out", "s.toml"];
    let said = succeed(folder, &[&args[..], &["--least", "100000"]].concat());
    assert!(said.contains("No value differs enough"), "{said}");
    assert!(!folder.join("s.toml").exists());
}

fn train_bank(folder: &Path) {
    let bank = bank();
    let args = ["train", bank.to_str().unwrap(), "--target", "y", "--drop", "duration"];
    let more = ["--missing", "pdays=999", "--l2", "1", "--out", "bank.bundle"];
    succeed(folder, &[&args[..], &more].concat());
}

fn learn(folder: &Path, out: &str, more: &[&str]) -> Value {
    let bank = bank();
    let args = ["points", "learn", bank.to_str().unwrap(), "--model", "bank.bundle", "--json"];
    json(folder, &[&args[..], &["--name", "learned", "--out", out], more].concat())
}

fn figure(report: &Value, which: &str) -> f64 {
    report[which]["auc"]["value"].as_f64().unwrap()
}

/// How long the call took that the deal was closed in, and what a page is worth by what was bought,
/// are known after the fact.
#[test]
fn what_is_known_after_the_fact_is_suspect() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (file, target, expected) in
        [(bank(), "y", "duration"), (shoppers(), "Revenue", "PageValues")]
    {
        let args = ["points", "suggest", file.to_str().unwrap(), "--target", target];
        let report = json(folder, &[&args[..], &["--json"]].concat());
        let suspects = report["suspects"].as_array().unwrap();
        let names: Vec<&str> = suspects.iter().map(|of| of["signal"].as_str().unwrap()).collect();
        assert_eq!(names, [expected], "{suspects:?}");
        let said = succeed(folder, &args);
        assert!(said.contains(&format!("Warning: {expected} (AUC 0.8")), "{said}");
        assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    }
}

#[test]
fn fifteen_rules_lose_little_on_bank_marketing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    train_bank(folder);
    let report = learn(folder, "a.toml", &[]);
    let set = read_set(folder, "a.toml");
    assert!(!set.rules.is_empty() && set.rules.len() <= 15);
    assert_eq!(report["rules"].as_u64().unwrap() as usize, set.rules.len());
    let [lost, low, high] =
        ["value", "low", "high"].map(|key| report["auc_lost"][key].as_f64().unwrap());
    assert!(lost <= 0.01 && low < lost && lost < high, "{report}");
    assert_eq!(lost, figure(&report, "model") - figure(&report, "points"));
    // The comparison scores the held-out rows with the set as it was written.
    let bank = bank();
    let bank = bank.to_str().unwrap();
    let scorers = ["--model", "bank.bundle", "--points", "a.toml"];
    let compared = json(folder, &[&["compare", bank, "--json"], &scorers[..]].concat());
    let of = &compared["rankings"];
    assert_eq!(compared["basis"], "held_out");
    assert_eq!(compared["leads"], report["held_out_rows"]);
    assert_eq!(of[0]["auc"]["value"], report["model"]["auc"]["value"], "{of}");
    assert_eq!(of[1]["auc"]["value"], report["points"]["auc"]["value"], "{of}");
    // The set stands alone, also in what it takes for missing (999 days): the bands hold what they
    // were made for.
    assert!(std::fs::read_to_string(folder.join("a.toml")).unwrap().contains("pdays = [\"999\"]"));
    let scored = json(folder, &["points", "score", bank, "--points", "a.toml", "--json"]);
    let hot = scored["rule_sets"][0]["handed_off"].as_f64().unwrap() / 41_188.0;
    assert!((0.08..0.16).contains(&hot), "{hot}");

    // The same call, and one thread, write the same bytes.
    learn(folder, "b.toml", &[]);
    let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert!(bytes("a.toml") == bytes("b.toml"));
    let args = ["points", "learn", bank, "--model", "bank.bundle", "--name", "learned"];
    let one = Command::new(env!("CARGO_BIN_EXE_leadscore"))
        .args([&args[..], &["--out", "c.toml"]].concat())
        .current_dir(folder)
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap();
    assert!(one.status.success());
    assert!(bytes("a.toml") == bytes("c.toml"));
    for line in String::from_utf8(one.stdout).unwrap().lines() {
        assert!(line.chars().count() <= 80, "{line:?}");
    }
}

/// Points over the ranges of a signal, by rising numbers; ranges without a row give 0.
fn along(set: &RuleSet, signal: &str, at: &[f64]) -> Option<Vec<Points>> {
    let rule = set.rules.iter().find(|rule| rule.name == signal)?;
    let Gives::Table { table, .. } = &rule.gives else { panic!("{rule:?}") };
    assert!(table.rows.iter().all(|row| matches!(row.test, Test::Range { .. })));
    let value = |number: &f64| leadscore_features::Value::Number(*number);
    Some(at.iter().map(|number| table.points(&value(number)).unwrap()).collect())
}

#[test]
fn learned_sets_keep_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    train_bank(folder);
    let report = learn(folder, "three.toml", &["--rules", "3"]);
    assert_eq!(report["rules"], 3, "{report}");
    assert_eq!(read_set(folder, "three.toml").rules.len(), 3);
    // Without a word, points over the number employed go up and down.
    learn(folder, "free.toml", &[]);
    let at: Vec<f64> = (0..300).map(|step| 4950.0 + f64::from(step)).collect();
    let rises = |points: &[Points]| points.windows(2).all(|pair| pair[0] <= pair[1]);
    let falls = |points: &[Points]| points.windows(2).all(|pair| pair[0] >= pair[1]);
    let free = along(&read_set(folder, "free.toml"), "nr.employed", &at).unwrap();
    assert!(!rises(&free) && !falls(&free), "{free:?}");
    for (option, kept) in [("--up", true), ("--down", false)] {
        learn(folder, "kept.toml", &[option, "nr.employed,campaign"]);
        let set = read_set(folder, "kept.toml");
        for signal in ["nr.employed", "campaign"] {
            let at: &[f64] =
                if signal == "campaign" { &[1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 30.0] } else { &at };
            if let Some(points) = along(&set, signal, at) {
                assert!(if kept { rises(&points) } else { falls(&points) }, "{signal} {points:?}");
            }
        }
    }
    let bank = bank();
    let args = ["points", "learn", bank.to_str().unwrap(), "--model", "bank.bundle", "--out"];
    let wrong =
        |more: &[&str], status| fail(folder, &[&args[..], &["no.toml"], more].concat(), status);
    assert!(wrong(&["--up", "nr.employd"], 1).contains("did you mean \"nr.employed\"?"));
    assert!(wrong(&["--up", "job"], 1).contains("\"job\" has no order"));
    wrong(&["--rules", "0"], 2);
    wrong(&["--per-doubling", "0"], 2);
    assert!(!folder.join("no.toml").exists());
}

#[test]
fn fifteen_rules_lose_little_on_simulated_leads() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let simulate = ["simulate", "--leads", "20000", "--seed", "5", "--out", "s", "--no-truth"];
    succeed(folder, &simulate);
    let project = "s/leadscore.toml";
    succeed(folder, &["train", project, "--name", "m", "--l2", "10", "--out", "m.bundle"]);
    let args = ["points", "learn", project, "--model", "m.bundle", "--out", "m.toml", "--json"];
    let report = json(folder, &args);
    assert!(report["rules"].as_u64().unwrap() <= 15);
    assert!(report["auc_lost"]["value"].as_f64().unwrap() <= 0.01, "{report}");
    // The set stands alone: the comparison, which knows nothing of learning, finds the same.
    let scorers = ["--model", "m.bundle", "--points", "m.toml"];
    let compared = json(folder, &[&["compare", project, "--json"], &scorers[..]].concat());
    let of = &compared["rankings"];
    assert_eq!(of[1]["auc"]["value"], report["points"]["auc"]["value"], "{of}");
    succeed(folder, &["points", "score", project, "--points", "m.toml"]);
}

#[test]
fn the_totals_of_a_learned_set_have_the_auc_that_is_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // The newest fifth of rows in time order is held out: which they are is known here.
    write(folder, "deals.csv", deals(4_000));
    let train = ["train", "deals.csv", "--target", "won", "--time", "@row", "--l2", "1"];
    succeed(folder, &train);
    let args = ["points", "learn", "deals.csv", "--model", "deals.bundle", "--json"];
    let report = json(folder, &args);
    let held_out = report["held_out_rows"].as_u64().unwrap() as usize;
    succeed(
        folder,
        &["points", "score", "deals.csv", "--points", "deals-points.toml", "--out", "p.csv"],
    );
    let (deals, scores) = (
        read_table(&folder.join("deals.csv")).unwrap(),
        read_table(&folder.join("p.csv")).unwrap(),
    );
    let won = deals.column("won").unwrap();
    let scored: Vec<(f64, bool)> = (0..4_000)
        .map(|row| {
            let label = won.cell(row).into_text().unwrap() == "yes";
            (number(&scores, "points_deals-points", row), label)
        })
        .collect();
    let found = auc(&scored[4_000 - held_out..]);
    assert!((found - figure(&report, "points")).abs() < 1e-12, "{found} {report}");
    // Each total is the sum of the tables of the file, read by hand.
    let set = read_set(folder, "deals-points.toml");
    let mut seen = BTreeMap::new();
    for (row, (score, _)) in scored.iter().enumerate() {
        let by_hand: Points = set
            .rules
            .iter()
            .map(|rule| {
                let Gives::Table { signal, table } = &rule.gives else { panic!("{rule:?}") };
                let text = deals.column(signal.name()).unwrap().cell(row).into_text().unwrap();
                let value = match text.parse::<f64>() {
                    Ok(number) => leadscore_features::Value::Number(number),
                    Err(_) => leadscore_features::Value::Text(text),
                };
                table.points(&value).unwrap()
            })
            .sum();
        assert_eq!(by_hand.to_number(), *score, "row {row}");
        *seen.entry(by_hand).or_insert(0) += 1;
    }
    assert!(seen.len() > 5, "{seen:?}");
}
