//! Categories of very many levels, through the binary.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use serde_json::Value;

/// Leads of 800 companies, each with a rate of its own; the company of one lead in a hundred has no
/// other.
fn leads(rows: usize) -> String {
    let mut next = uniform();
    let mut text = String::from("visits,company,won\n");
    for row in 0..rows {
        let (visits, company) = ((next() * 20.0).floor(), (next() * 800.0) as usize);
        let rate = if company * 7_919 % 10 < 4 { 2.0 } else { -1.0 };
        let won = next() < 1.0 / (1.0 + f64::exp(1.5 - 0.1 * visits - rate));
        let name =
            if row % 100 == 7 { format!("only {row}") } else { format!("company {company}") };
        text.push_str(&format!("{visits},{name},{}\n", if won { "yes" } else { "no" }));
    }
    text
}

fn auc(record: &Value) -> f64 {
    record["training"]["evaluation"]["auc"]["value"].as_f64().unwrap()
}

#[test]
fn levels_beyond_the_most_frequent_are_told_by_their_rates() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "leads.csv", leads(20_000));
    let train = |more: &[&str]| {
        let args =
            ["train", "leads.csv", "--target", "won", "--name", "m", "--json", "--folds", "0"];
        json(folder, &[&args[..], more].concat())
    };
    let found = train(&["--threads", "1", "--out", "one.bundle"]);
    train(&["--threads", "3", "--out", "three.bundle"]);
    let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert_eq!(bytes("one.bundle"), bytes("three.bundle"));
    assert_eq!(found["training"]["shape"]["by_rate"], serde_json::json!(["company"]));
    let columns = found["training"]["columns"].as_array().unwrap();
    let company = columns.iter().find(|column| column["name"] == "company").unwrap();
    assert_eq!(
        company["notes"][0],
        "200 values count, 600 by the rates at which they converted, 200 rare ones are pooled"
    );
    let plain = train(&["--plain", "--out", "plain.bundle"]);
    assert!(auc(&found) > auc(&plain) + 0.05, "{} {}", auc(&found), auc(&plain));

    // What it tells of a lead is one part, which adds up; a company that nobody had before is no mistake.
    let name = |kind: bool| {
        let of = move |company: &usize| (company * 7_919 % 10 < 4) == kind;
        // The 200 that have a slot of their own are others for each kind: half a dozen are enough.
        (0..800usize).filter(of).take(6).map(|company| format!("10,company {company}\n"))
    };
    let rows: String = name(true).chain(name(false)).chain(["10,nobody's\n".to_owned()]).collect();
    write(folder, "new.csv", format!("visits,company\n{rows}"));
    let log_odds: Vec<f64> = (1..=13)
        .map(|id| {
            let id = id.to_string();
            let args = ["explain", "new.csv", "--id", &id, "--model", "one.bundle", "--json"];
            let told = json(folder, &args)["model"].clone();
            let number = |value: &Value| value.as_f64().unwrap();
            let parts: f64 =
                told["parts"].as_array().unwrap().iter().map(|p| number(&p["log_odds"])).sum();
            let sum = number(&told["base_log_odds"]) + parts;
            assert!((sum - number(&told["log_odds"])).abs() < 1e-9, "{told}");
            number(&told["log_odds"])
        })
        .collect();
    let (good, bad) = (&log_odds[..6], &log_odds[6..12]);
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    assert!(mean(good) > mean(bad) + 1.5, "{log_odds:?}");
    assert!(mean(bad) < log_odds[12] && log_odds[12] < mean(good), "{log_odds:?}");
}

#[test]
fn of_more_categories_than_there_is_room_for_those_that_say_something_stay() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut next = uniform();
    let names: Vec<String> = (0..150).map(|column| format!("c{column}")).collect();
    let mut text = format!("{},won\n", names.join(","));
    for _ in 0..1_200 {
        let codes: Vec<usize> = (0..150).map(|_| (next() * 20.0) as usize).collect();
        let z = 0.2 * (codes[70] + codes[149]) as f64 - 4.5;
        let won = next() < 1.0 / (1.0 + f64::exp(-z));
        let levels: Vec<String> = codes.iter().map(|code| format!("level{code}")).collect();
        text.push_str(&format!("{},{}\n", levels.join(","), if won { "yes" } else { "no" }));
    }
    write(folder, "leads.csv", text);
    let train = ["train", "leads.csv", "--target", "won", "--out", "m.bundle"];
    let said = succeed(folder, &train);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("150 signals are too many to fit together"), "{said}");
    let record = json(folder, &[&train[..], &["--json"]].concat());
    let left_out = record["training"]["shape"]["left_out"].as_array().unwrap();
    assert!(left_out.len() > 20 && left_out.len() < 100, "{}", left_out.len());
    assert!(["c70", "c149"].iter().all(|name| !left_out.contains(&Value::from(*name))));
    assert!(auc(&record) > 0.75, "{}", auc(&record));
}
