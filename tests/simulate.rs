//! `leadscore simulate` through the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::{fail, json, succeed};
use leadscore_features::io::read_table;

const SIMULATE: [&str; 5] = ["simulate", "--leads", "400", "--seed", "5"];

fn simulate(folder: &Path, out: &str, more: &[&str]) -> serde_json::Value {
    let args = [&SIMULATE[..], &["--out", out, "--json"], more].concat();
    json(folder, &args)
}

#[test]
fn the_same_seed_gives_the_same_bytes_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let first = simulate(folder, "a/new", &["--threads", "1"]);
    simulate(folder, "b", &["--threads", "4"]);
    let files: Vec<&str> =
        first["files"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(
        files,
        ["leads.csv", "events.parquet", "outcomes.csv", "truth.csv", "leadscore.toml"]
    );
    for name in &files {
        let read = |out: &str| std::fs::read(folder.join(out).join(name)).unwrap();
        assert!(read("a/new") == read("b"), "{name}");
    }
    assert_eq!(std::fs::read_dir(folder.join("b")).unwrap().count(), files.len());
}

#[test]
fn the_files_hold_what_the_summary_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let summary = simulate(folder, "parquet", &[]);
    let number = |key: &str| summary[key].as_u64().unwrap() as usize;
    let table = |name: &str| read_table(&folder.join(name)).unwrap();
    let leads = table("parquet/leads.csv");
    assert_eq!((leads.rows(), number("leads")), (400, 400));
    assert_eq!(number("converted") + number("closed") + number("open"), 400);
    let outcomes = table("parquet/outcomes.csv");
    let converted = outcomes.column("converted_at").unwrap();
    let filled = (0..outcomes.rows()).filter(|row| converted.cell(*row).into_text().is_some());
    assert_eq!(filled.count(), number("converted"));
    let truth = table("parquet/truth.csv");
    assert_eq!(truth.rows(), number("truth"));
    assert_eq!(truth.names(), ["lead_id", "as_of", "probability", "best", "converted"]);

    // The events are the same in either format, and in order of time.
    let events = table("parquet/events.parquet");
    assert_eq!(events.rows(), number("events"));
    let other = simulate(folder, "csv", &["--format", "csv", "--no-truth"]);
    assert_eq!(other["truth"], 0);
    assert!(!folder.join("csv/truth.csv").exists() && !folder.join("csv/events.parquet").exists());
    let texts = table("csv/events.csv");
    assert_eq!(texts.names(), events.names());
    assert_eq!(texts.rows(), events.rows());
    let at = texts.column("at").unwrap();
    let mut last = None;
    for row in 0..texts.rows() {
        for (text, cell) in texts.columns().iter().zip(events.columns()) {
            assert_eq!(text.cell(row).into_text(), cell.cell(row).into_text(), "row {row}");
        }
        let time = leadscore_features::Time::parse(&at.cell(row).into_text().unwrap()).unwrap();
        assert!(last.is_none_or(|last| last <= time));
        last = Some(time);
    }
    let configuration = std::fs::read_to_string(folder.join("csv/leadscore.toml")).unwrap();
    assert!(configuration.contains("events.csv"), "{configuration}");
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let args = |out: &'static str| [&SIMULATE[..], &["--no-truth", "--out", out]].concat();
    let text = succeed(folder, &args("out"));
    assert!(text.contains("400 leads") && text.contains("converted ("), "{text}");
    let before = std::fs::read(folder.join("out/leads.csv")).unwrap();
    let error = fail(folder, &args("out"), 2);
    assert!(error.contains("leads.csv is there already"), "{error}");
    assert!(std::fs::read(folder.join("out/leads.csv")).unwrap() == before);
    // Any of the files is enough, also one that this call would not write.
    std::fs::create_dir(folder.join("other")).unwrap();
    std::fs::write(folder.join("other/truth.csv"), "mine").unwrap();
    let error = fail(folder, &args("other"), 2);
    assert!(error.contains("truth.csv is there already"), "{error}");
    std::fs::write(folder.join("file"), "mine").unwrap();
    let error = fail(folder, &args("file"), 2);
    assert!(error.contains("is no folder"), "{error}");
    fail(folder, &["simulate", "--leads", "0", "--out", "zero"], 2);
    fail(folder, &[&args("zero")[..], &["--threads", "0"]].concat(), 2);
    assert!(!folder.join("zero").exists());
}
