//! What makes figures honest: the same bytes, the same bits, held-out rows only, the right class.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::HashMap;
use std::path::Path;

use common::*;
use leadscore_features::io::read_table;
use leadscore_features::{Cell, Table};
use serde_json::{Value, json};

fn train_bank(folder: &Path, out: &str, more: &[&str]) {
    let bank = bank();
    let mut args = vec!["train", bank.to_str().unwrap(), "--target", "y", "--drop", "duration"];
    args.extend(["--missing", "pdays=999", "--out", out]);
    args.extend(more);
    succeed(folder, &args);
}

/// Trains on bank-marketing and scores every row of it into a file; returns the arguments that name
/// the model and the rule set.
fn score_bank(folder: &Path, out: &str) -> Vec<String> {
    train_bank(folder, "bank.bundle", &["--l2", "1"]);
    let rules = rules("bank-marketing.toml").to_str().unwrap().to_owned();
    let scorers = ["--model", "bank.bundle", "--points", &rules];
    succeed(folder, &[&["predict", bank().to_str().unwrap(), "--out", out], &scorers[..]].concat());
    scorers.map(str::to_owned).to_vec()
}

#[test]
fn every_row_of_bank_marketing_is_the_same_bits_in_batch_and_online() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let scorers = score_bank(folder, "batch.parquet");
    let scorers: Vec<&str> = scorers.iter().map(String::as_str).collect();
    let bank = bank();
    let batch = read_table(&folder.join("batch.parquet")).unwrap();
    let number = |table: &Table, column: &str, row| match table.column(column).unwrap().cell(row) {
        Cell::Number(number) => number,
        other => panic!("{other:?}"),
    };

    let server = Server::start(folder, &scorers);
    let table = read_table(&bank).unwrap();
    let attributes = |row: usize| -> Value {
        let mut fields = serde_json::Map::new();
        for (name, column) in table.names().iter().zip(table.columns()) {
            if let (Cell::Text(text), false) = (column.cell(row), name == "y") {
                // Numbers as a service sends them: as JSON numbers.
                let value = serde_json::from_str::<serde_json::Number>(text)
                    .map_or_else(|_| json!(text), Value::Number);
                fields.insert(name.clone(), value);
            }
        }
        json!({ "id": row + 1, "attributes": fields })
    };
    let mut row = 0;
    while row < table.rows() {
        let last = (row + 2_000).min(table.rows());
        let leads: Vec<Value> = (row..last).map(attributes).collect();
        let (status, body) =
            server.request("POST", "/predict", &json!({ "leads": leads }).to_string());
        assert_eq!(status, 200, "{body}");
        let answer: Value = serde_json::from_str(&body).unwrap();
        for prediction in answer["predictions"].as_array().unwrap() {
            let online = prediction["probability"].as_f64().unwrap();
            let stored = number(&batch, "probability", row);
            assert_eq!(online.to_bits(), stored.to_bits(), "row {}", row + 1);
            let points = prediction["points"][0]["total"].as_f64().unwrap();
            assert_eq!(points, number(&batch, "points_bank-telemarketing", row), "row {}", row + 1);
            row += 1;
        }
    }
    assert_eq!(row, 41_188);
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn training_is_the_same_bytes_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    train_bank(folder, "one.bundle", &["--threads", "1"]);
    train_bank(folder, "two.bundle", &["--threads", "2"]);
    train_bank(folder, "again.bundle", &["--threads", "2"]);
    train_bank(folder, "other.bundle", &["--threads", "2", "--seed", "1"]);
    let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert!(bytes("one.bundle") == bytes("two.bundle"));
    assert!(bytes("two.bundle") == bytes("again.bundle"));
    assert!(bytes("two.bundle") != bytes("other.bundle"));
}

#[test]
fn a_damaged_bundle_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", deals(300));
    succeed(folder, &["train", "deals.csv", "--target", "won", "--l2", "1"]);
    let good = std::fs::read(folder.join("deals.bundle")).unwrap();
    let refused = |bytes: &[u8]| {
        write(folder, "bad.bundle", bytes);
        fail(folder, &["predict", "deals.csv", "--model", "bad.bundle", "--out", "p.csv"], 1)
    };
    // Every byte of the header, and places all over the rest.
    for at in (0..60).chain((60..good.len()).step_by(good.len() / 40)) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        let error = refused(&bytes);
        assert!(error.contains("bundle"), "byte {at}: {error}");
    }
    for length in [0, 1, 7, 8, 30, 51, 52, 60, good.len() / 2, good.len() - 1] {
        let error = refused(&good[..length]);
        assert!(error.contains("bad.bundle"), "length {length}: {error}");
    }
    let mut newer = good.clone();
    newer[8] = 99;
    assert!(refused(&newer).contains("format 99"), "{}", refused(&newer));
    let mut longer = good;
    longer.push(0);
    assert!(refused(&longer).contains("damaged"));
    assert!(!folder.join("p.csv").exists());
}

/// The held-out rows are those that a training on the same file recorded; a comparison on the
/// whole file must rest on them alone. With labels that carry no signal at all, a comparison that
/// let fitted rows in would show a model better than chance.
#[test]
fn compare_on_the_training_file_uses_held_out_rows_only() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // 400 categories of noise: a model fits the rows it saw well and the others not at all.
    let mut text = String::from("noise_a,noise_b,won\n");
    let mut state = 7u64;
    let mut next = |n: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    for _ in 0..4_000 {
        text.push_str(&format!("a{},b{},{}\n", next(180), next(180), next(2)));
    }
    write(folder, "noise.csv", &text);
    write(
        folder,
        "rules.toml",
        "name = \"r\"\nversion = \"1\"\n[bands]\nwarm = 1\nhot = 2\n[[rule]]\nname = \"a\"\npoints = 2\n\
         when = { signal = \"noise_a\", in = [\"a1\", \"a2\", \"a3\"] }\n",
    );
    let train = ["train", "noise.csv", "--target", "won", "--l2", "0.01", "--out", "m.bundle"];
    succeed(folder, &train);
    let compare = |file: &str| {
        json(folder, &["compare", file, "--model", "m.bundle", "--points", "rules.toml", "--json"])
    };
    let found = compare("noise.csv");
    assert_eq!(found["basis"], "held_out");
    assert_eq!(found["left_out"]["seen"], 3_200);
    assert_eq!(found["leads"], 800);
    let held_out = found["rankings"][0]["auc"]["value"].as_f64().unwrap();
    assert!((held_out - 0.5).abs() < 0.08, "noise looks learnt: {held_out}");

    // The same model on all rows, fitted ones among them: what must not be reported.
    succeed(folder, &["predict", "noise.csv", "--model", "m.bundle", "--out", "p.csv"]);
    let scores = read_table(&folder.join("p.csv")).unwrap();
    let labels: Vec<bool> = text.lines().skip(1).map(|line| line.ends_with(",1")).collect();
    let all: Vec<f64> = (0..scores.rows())
        .map(|row| match scores.column("probability").unwrap().cell(row) {
            Cell::Text(text) => text.parse().unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    let fitted = leadscore_model::evaluate::auc(&all, &labels).unwrap().value;
    assert!(fitted > 0.65, "the test needs a model that overfits: {fitted}");

    // Another order of the rows is the same comparison.
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    lines.reverse();
    write(folder, "reversed.csv", format!("noise_a,noise_b,won\n{}\n", lines.join("\n")));
    let reversed = compare("reversed.csv");
    for part in ["rankings", "bootstrap", "for_precision"] {
        assert_eq!(reversed[part], found[part], "{part}");
    }
    assert_eq!(reversed["pairs"][0]["difference"], found["pairs"][0]["difference"]);

    // Fitted rows alone are refused.
    let held: Vec<&str> = text.lines().skip(1).collect();
    let only_seen = {
        let mut kept = Vec::new();
        for line in held {
            write(folder, "one.csv", format!("noise_a,noise_b,won\n{line}\n"));
            let args = ["compare", "one.csv", "--model", "m.bundle", "--points", "rules.toml"];
            if leadscore(folder, &args).status.code() == Some(1) {
                kept.push(line);
            }
            if kept.len() == 3 {
                break;
            }
        }
        kept
    };
    write(folder, "seen.csv", format!("noise_a,noise_b,won\n{}\n", only_seen.join("\n")));
    let args = ["compare", "seen.csv", "--model", "m.bundle", "--points", "rules.toml"];
    assert!(fail(folder, &args, 1).contains("fitted on every one"));

    // New rows are scored by the served model, and said to be.
    write(folder, "new.csv", "noise_a,noise_b,won\na1,b900,1\na2,b900,0\n");
    assert_eq!(compare("new.csv")["basis"], "new");

    // Among new rows a few can look like old ones, where no id tells them apart; they are left
    // out and do not turn the comparison into one of themselves.
    let twins: Vec<&str> = text.lines().skip(1).take(40).collect();
    let new: String = (0..400).map(|i| format!("a{},z,{}\n", i % 180, i % 2)).collect();
    write(folder, "mixed.csv", format!("noise_a,noise_b,won\n{new}{}\n", twins.join("\n")));
    let mixed = compare("mixed.csv");
    assert_eq!(mixed["basis"], "new");
    assert_eq!(mixed["leads"], 400);
    let left_out = &mixed["left_out"];
    let twins = left_out["seen"].as_u64().unwrap() + left_out["held_out"].as_u64().unwrap();
    assert_eq!(twins, 40);
}

#[test]
fn the_positive_class_is_right_however_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (share, positives) in [("3 %", 3), ("97 %", 97)] {
        for (yes, no) in [("yes", "no"), ("true", "false"), ("1", "0"), ("won", "lost")] {
            for reversed in [false, true] {
                // High values convert: 3 (or 97) of every 100, the highest ones.
                let mut rows: Vec<String> = (0..2_000)
                    .map(|i| {
                        let value = i % 100;
                        let label = if value >= 100 - positives { yes } else { no };
                        format!("{},{label}", f64::from(value) + f64::from(i / 100) / 100.0)
                    })
                    .collect();
                if reversed {
                    rows.reverse();
                }
                write(folder, "d.csv", format!("value,outcome\n{}\n", rows.join("\n")));
                for solver in ["newton", "linfa"] {
                    let found = json(
                        folder,
                        &[
                            "train", "d.csv", "--target", "outcome", "--l2", "1", "--solver",
                            solver, "--json",
                        ],
                    );
                    let target = &found["training"]["target"];
                    assert_eq!(target["positive"], yes, "{share}");
                    assert_eq!(target["conversions"], positives * 20);
                    succeed(folder, &["predict", "d.csv", "--model", "d.bundle", "--out", "p.csv"]);
                    let scores = read_table(&folder.join("p.csv")).unwrap();
                    let of = |row: usize| match scores.column("probability").unwrap().cell(row) {
                        Cell::Text(text) => text.parse::<f64>().unwrap(),
                        other => panic!("{other:?}"),
                    };
                    let (low, high) = if reversed { (1_999, 1_900) } else { (0, 99) };
                    assert!(of(high) > of(low) + 0.1, "{share} {yes} {reversed} {solver}");
                }
            }
        }
    }
}

#[test]
fn the_newest_rows_are_held_out_and_a_shift_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    train_bank(folder, "time.bundle", &["--time", "@row"]);
    let bank = bank();
    let args =
        ["train", bank.to_str().unwrap(), "--target", "y", "--drop", "duration", "--l2", "1"];
    let text = succeed(folder, &[&args[..], &["--time", "@row", "--out", "t.bundle"]].concat());
    // 6.4 % before and 30.8 % after, as measured on the file.
    assert!(
        text.contains("Warning: the newest rows convert at 30.8 %, the ones before at 6.4 %"),
        "{text}"
    );
    let text = succeed(folder, &[&args[..], &["--out", "s.bundle"]].concat());
    assert!(!text.contains("Warning"), "{text}");
}

#[test]
fn parts_add_up_to_both_scores() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let scorers = score_bank(folder, "p.csv");
    let bank = bank();
    let scores = read_table(&folder.join("p.csv")).unwrap();
    let column = |name: &str| -> HashMap<String, String> {
        (0..scores.rows())
            .map(|row| {
                let text = |name: &str| {
                    scores.column(name).unwrap().cell(row).into_text().unwrap().into_owned()
                };
                (text("id"), text(name))
            })
            .collect()
    };
    let (probabilities, points) = (column("probability"), column("points_bank-telemarketing"));
    for id in ["1", "24265", "41188"] {
        let mut args = vec!["explain", bank.to_str().unwrap(), "--id", id, "--json"];
        args.extend(scorers.iter().map(String::as_str));
        let found = json(folder, &args);
        let model = &found["model"];
        let number = |value: &Value| value.as_f64().unwrap();
        let parts: f64 =
            model["parts"].as_array().unwrap().iter().map(|part| number(&part["log_odds"])).sum();
        let total = number(&model["log_odds"]);
        assert!((number(&model["base_log_odds"]) + parts - total).abs() < 1e-12);
        let probability = 1.0 / (1.0 + (-total).exp());
        assert!((probability - number(&model["probability"])).abs() < 1e-15);
        assert_eq!(number(&model["probability"]), probabilities[id].parse::<f64>().unwrap());
        let set = &found["points"][0];
        let sum: f64 = set["parts"].as_array().unwrap().iter().map(|p| number(&p["points"])).sum();
        assert_eq!(sum, number(&set["total"]));
        assert_eq!(sum, points[id].parse::<f64>().unwrap());
    }
}
