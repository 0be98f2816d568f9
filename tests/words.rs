//! What training and scoring say: doubts, everywhere the same, and what to do.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::*;

/// What was printed or written, on one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn card(folder: &Path) -> String {
    flat(&std::fs::read_to_string(folder.join("deals.card.md")).unwrap())
}

/// So many rows of noise, each with a number of its own, and a `key`.
fn noise(rows: usize) -> Vec<String> {
    let mut next = uniform();
    (0..rows)
        .map(|row| {
            let won = if next() < 0.3 { "yes" } else { "no" };
            format!("{:.6},{:.6},lead {row},{won}", next(), next())
        })
        .collect()
}

fn table(rows: &[String]) -> String {
    format!("a,b,key,won\n{}\n", rows.join("\n"))
}

#[test]
fn copies_of_rows_are_doubted_where_nothing_keeps_them_together() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows = noise(300);
    let copied: Vec<String> = (0..600).map(|at| rows[at % 300].clone()).collect();
    write(folder, "deals.csv", table(&copied));
    let train = ["train", "deals.csv", "--target", "won", "--l2", "1"];
    let said = flat(&succeed(folder, &train));
    let doubt = "300 of 600 rows repeat an earlier one in every cell.";
    assert!(said.contains(doubt), "{said}");
    let card_says = card(folder);
    assert!(card_says.contains("## What to doubt") && card_says.contains(doubt), "{card_says}");
    let said = flat(&succeed(folder, &[&train[..], &["--id", "key"]].concat()));
    assert!(!said.contains(doubt) && said.contains("300 rows repeat an earlier one"), "{said}");
}

#[test]
fn a_model_of_noise_is_doubted_in_the_card_and_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", table(&noise(600)));
    let said = flat(&succeed(
        folder,
        &["train", "deals.csv", "--target", "won", "--html", "deals.html", "--folds", "0"],
    ));
    let doubt = "no better than giving every lead the same probability";
    assert!(said.contains(doubt), "{said}");
    let card = card(folder);
    assert!(card.contains(doubt), "{card}");
    assert!(card.contains("How sure: the 95 % intervals of probabilities are"), "{card}");
    let page = std::fs::read_to_string(folder.join("deals.html")).unwrap();
    assert!(page.contains(r#""doubt":"no_better""#));
}

#[test]
fn a_calibration_slope_of_a_few_conversions_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut rows = noise(300);
    for (at, row) in rows.iter_mut().enumerate() {
        let cells = row.rsplit_once(',').unwrap().0;
        *row = format!("{cells},{}", if at % 20 == 0 { "yes" } else { "no" });
    }
    write(folder, "deals.csv", table(&rows));
    let said = flat(&succeed(folder, &["train", "deals.csv", "--target", "won", "--l2", "1"]));
    assert!(said.contains("Calibration slope - cannot be told: fewer than 5 rows"), "{said}");
    assert!(said.contains("95 % interval"), "{said}");
}

#[test]
fn a_time_that_cannot_be_read_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut next = uniform();
    let mut with = |date: fn(usize) -> String| {
        let rows = (0..300).map(|row| {
            format!("{},{:.3},{}\n", date(row), next(), if next() < 0.4 { "yes" } else { "no" })
        });
        write(folder, "deals.csv", format!("at,a,won\n{}", rows.collect::<String>()));
    };
    let train = ["train", "deals.csv", "--target", "won", "--time", "at", "--l2", "1"];
    with(|row| format!("{:02}/{:02}/2024", row % 12 + 1, row / 12 % 12 + 1));
    let error = fail(folder, &train, 1);
    assert!(error.contains("day and month cannot be told apart"), "{error}");
    with(|row| format!("{:02}-Jan-{}", row % 28 + 1, 2000 + row / 28));
    let error = fail(folder, &train, 1);
    assert!(error.contains("looks like dates"), "{error}");
    with(|row| format!("{}/01/{:02} 02:38:23", 2000 + row / 28, row % 28 + 1));
    succeed(folder, &train);
}

#[test]
fn numbers_far_out_are_warned_of_where_the_model_is_a_straight_line() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", deals(400));
    write(folder, "leads.csv", "visits,industry\n1e6,IT\n");
    let predict = ["predict", "leads.csv", "--model", "deals.bundle", "--out", "p.csv"];
    succeed(folder, &["train", "deals.csv", "--target", "won"]);
    let said = flat(&succeed(folder, &predict));
    assert!(!said.contains("standard deviations"), "{said}");
    succeed(folder, &["train", "deals.csv", "--target", "won", "--l2", "1"]);
    let said = flat(&succeed(folder, &predict));
    assert!(said.contains("where the model goes on in a straight line: visits (1)."), "{said}");
    assert!(!said.contains("snapshots"), "{said}");
}

#[test]
fn pairs_of_many_columns_fit_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // An interaction of two categories with many levels and long names.
    let mut next = uniform();
    let mut text = String::from("place,product,won\n");
    for _ in 0..6_000 {
        let (place, product) = ((next() * 12.0) as usize, (next() * 12.0) as usize);
        let odds = if (place + product) % 2 == 0 { 0.8 } else { 0.1 };
        let won = if next() < odds { "yes" } else { "no" };
        text.push_str(&format!("the place {place},the product {product},{won}\n"));
    }
    write(folder, "deals.csv", text);
    succeed(folder, &["train", "deals.csv", "--target", "won", "--folds", "0"]);
    let said = succeed(folder, &["curves", "deals.bundle", "place"]);
    assert!(said.contains("together, beyond what each adds alone"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    let pairs = said.split("adds alone:").nth(1).unwrap();
    assert!(pairs.contains("the place 11") && pairs.contains("the product 11"), "{said}");
    let error = fail(folder, &["curves", "deals.bundle", "nope"], 2);
    assert!(error.contains("there are place, product"), "{error}");
}

#[test]
fn a_split_that_an_account_spoils_is_doubted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let account =
        |row: usize| if row.is_multiple_of(10) { format!("a{row}") } else { "big".into() };
    let rows: Vec<String> = noise(500)
        .iter()
        .enumerate()
        .map(|(row, cells)| cells.replace(&format!("lead {row},"), &format!("{},", account(row))))
        .collect();
    write(folder, "deals.csv", table(&rows));
    let train =
        ["train", "deals.csv", "--target", "won", "--l2", "1", "--folds", "0", "--account", "key"];
    let said = flat(&succeed(folder, &train));
    assert!(said.contains("of the rows are held out, where a fifth is meant"), "{said}");
    assert!(card(folder).contains("of the rows are held out, where a fifth is meant"));
}

#[test]
fn names_with_commas_can_be_listed_and_copies_name_what_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut next = uniform();
    let row = |row: usize| {
        let [a, b] = [next(), next()];
        let won = if next() < 0.3 { "yes" } else { "no" };
        format!("{a:.6},{b:.6},{:.6},lead {row},{won}\n", 2.0 * b + 1.0)
    };
    let rows: String = (0..300).map(row).collect();
    write(folder, "deals.csv", format!("\"a, all\",b,twice,key,won\n{rows}"));
    let args = ["train", "deals.csv", "--target", "won", "--plain", "--drop", "a, all, key"];
    let said = flat(&succeed(folder, &args));
    assert!(said.contains("a, all number 100.0 % no dropped as you said"), "{said}");
    assert!(said.contains("left out, as b says the same"), "{said}");
    // A name that no neighbour completes is told by itself.
    let error = fail(folder, &[&args[..6], &["a, al,key"]].concat(), 2);
    assert!(error.contains("\"a\"") && error.contains("\"al\""), "{error}");
}
