//! Amounts as exports write them, with a unit and with points or commas between thousands, are the numbers that they
//! stand for: the model and its answers are those of the plain numbers, in files and over HTTP.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{Server, fail, succeed, uniform, write};

/// An amount, its cents, and whether the deal was won: dearer ones seldom are.
fn deals(rows: usize) -> Vec<(u64, u64, bool)> {
    let mut uniform = uniform();
    let mut deal = || {
        let amount = 100.0 * 10.0_f64.powf(3.0 * uniform());
        let won = uniform() < 0.9 - 0.25 * (amount / 100.0).log10();
        (amount as u64, (100.0 * amount.fract()) as u64, won)
    };
    (0..rows).map(|_| deal()).collect()
}

/// Digits in groups of three.
fn grouped(mut whole: u64, sign: char) -> String {
    let mut text = String::new();
    while whole >= 1000 {
        text = format!("{sign}{:03}{text}", whole % 1000);
        whole /= 1000;
    }
    format!("{whole}{text}")
}

fn table(folder: &Path, name: &str, amount: impl Fn(u64, u64) -> String) {
    let row = |&(whole, cents, won): &(u64, u64, bool)| {
        format!("\"{}\",{}\n", amount(whole, cents), u8::from(won))
    };
    let rows: String = deals(1_000).iter().map(row).collect();
    write(folder, name, format!("amount,won\n{rows}"));
}

/// The probabilities of the rows of a file, by a model of the file itself.
fn probabilities(folder: &Path, file: &str) -> String {
    let bundle = format!("{file}.bundle");
    let text = succeed(folder, &["train", file, "--target", "won", "--plain", "--out", &bundle]);
    assert!(text.contains("amount  number"), "{text}");
    succeed(folder, &["predict", file, "--model", &bundle, "--out", "scores.csv"]);
    std::fs::read_to_string(folder.join("scores.csv")).unwrap()
}

#[test]
fn amounts_are_the_numbers_that_they_stand_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    table(folder, "plain.csv", |whole, cents| format!("{whole}.{cents:02}"));
    let plain = probabilities(folder, "plain.csv");
    table(folder, "dollars.csv", |whole, cents| format!("${}.{cents:02}", grouped(whole, ',')));
    table(folder, "euros.csv", |whole, cents| format!("{},{cents:02} €", grouped(whole, '.')));
    table(folder, "bare.csv", |whole, cents| format!("{},{cents:02}", grouped(whole, '.')));
    for file in ["dollars.csv", "euros.csv", "bare.csv"] {
        assert_eq!(probabilities(folder, file), plain, "{file}");
    }
    table(folder, "blanks.csv", |whole, cents| format!("{},{cents:02}", grouped(whole, ' ')));
    table(folder, "swiss.csv", |whole, cents| format!("{}.{cents:02}", grouped(whole, '\'')));
    for file in ["blanks.csv", "swiss.csv"] {
        assert_eq!(probabilities(folder, file), plain, "{file}");
    }
    // Whole euros with a point between thousands are no fractions.
    table(folder, "plain.csv", |whole, _| whole.to_string());
    table(folder, "euros.csv", |whole, _| format!("EUR {}", grouped(whole, '.')));
    assert_eq!(probabilities(folder, "euros.csv"), probabilities(folder, "plain.csv"));
}

#[test]
fn amounts_are_read_in_spellings_that_training_did_not_see() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    table(folder, "deals.csv", |whole, _| format!("{}k", whole / 100));
    probabilities(folder, "deals.csv");
    write(folder, "new.csv", "amount\n12k\n\"12,000\"\n\"$12,000\"\n12000\n");
    let args = ["predict", "new.csv", "--model", "deals.csv.bundle", "--out", "out.csv"];
    succeed(folder, &args);
    let scores = std::fs::read_to_string(folder.join("out.csv")).unwrap();
    let of: Vec<&str> = scores.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert!(of.len() == 4 && of.iter().all(|one| *one == of[0]), "{scores}");
    let server = Server::start(folder, &["--model", "deals.csv.bundle"]);
    let ask = |amount: &str| {
        let body = format!(r#"{{"attributes": {{"amount": "{amount}"}}}}"#);
        server.request("POST", "/predict", &body)
    };
    for amount in ["12k", "12,000", "$12,000"] {
        let (status, text) = ask(amount);
        assert!(status == 200 && text.contains(of[0]), "{amount}: {text}");
    }
    // What has another decimal sign, or may be a hundredth, is refused in both.
    for (row, amount) in [(1, "12,5"), (1, "12%")] {
        write(folder, "new.csv", format!("amount\n\"{amount}\"\n"));
        let error = fail(folder, &args, 1);
        assert!(
            error.contains(&format!("row {row}, column \"amount\": {amount:?} is not a number")),
            "{error}"
        );
        assert_eq!(ask(amount).0, 422, "{amount}");
    }
}

#[test]
fn another_unit_is_no_number_of_the_column() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    table(folder, "dollars.csv", |whole, cents| format!("${}.{cents:02}", grouped(whole, ',')));
    probabilities(folder, "dollars.csv");
    write(folder, "new.csv", "amount\n\"$1,000\"\n\"€1,000\"\n");
    let args = ["predict", "new.csv", "--model", "dollars.csv.bundle", "--out", "out.csv"];
    let error = fail(folder, &args, 1);
    assert!(error.contains("row 2, column \"amount\": \"€1,000\" is not a number"), "{error}");

    let server = Server::start(folder, &["--model", "dollars.csv.bundle"]);
    let probability = |amount: &str| {
        let body = format!(r#"{{"attributes": {{"amount": {amount}}}}}"#);
        let (status, text) = server.request("POST", "/predict", &body);
        assert_eq!(status, 200, "{text}");
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        answer["predictions"][0]["probability"].as_f64().unwrap()
    };
    assert_eq!(probability("\"$1,000.00\"").to_bits(), probability("1000").to_bits());
    let (status, text) = server.request("POST", "/predict", r#"{"attributes": {"amount": "€1"}}"#);
    assert_eq!(status, 422, "{text}");
}
