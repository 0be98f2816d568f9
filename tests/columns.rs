//! A Parquet file that is scored by its columns gets what the same leads get as CSV, row by row.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{deals, fail, json, succeed, write};
use leadscore_features::io::{Packing, Sheet, SheetColumn, read_table, write_sheet};
use leadscore_features::{Cell, Table, TextColumn};

/// A table of deals with a category that is missing, rare or unseen here and there, and ids of which
/// some are missing; 70,000 rows make two row groups.
fn leads(folder: &Path, rows: usize) -> Table {
    let text = deals(rows);
    let mut lines = text.lines();
    let mut out = format!("deal,{},city\n", lines.next().unwrap());
    for (row, line) in lines.enumerate() {
        let id = if row % 97 == 5 { String::new() } else { format!(" deal {row} ") };
        let city = match row % 50 {
            0 => String::new(),
            1 => format!("village {row}"),
            _ => format!("city {}", row % 7),
        };
        let line = if row % 31 == 3 { line.replace("retail", "unknown") } else { line.to_owned() };
        out.push_str(&format!("{id},{line},{city}\n"));
    }
    let path = write(folder, "leads.csv", out);
    let table = read_table(&path).unwrap();
    let text = |name: &str| {
        let mut texts = TextColumn::new();
        for cell in table.column(name).unwrap().cells() {
            texts.push(if let Cell::Text(text) = cell { text } else { "" });
        }
        texts
    };
    let numbers = table.column("visits").unwrap().cells();
    let numbers = numbers.map(|cell| cell.into_text().unwrap().parse().unwrap()).collect();
    let sheet = Sheet {
        columns: vec![
            ("deal".into(), SheetColumn::Texts(text("deal"))),
            ("visits".into(), SheetColumn::Number(numbers)),
            ("industry".into(), SheetColumn::Texts(text("industry"))),
            ("city".into(), SheetColumn::Texts(text("city"))),
        ],
    };
    write_sheet(&folder.join("leads.parquet"), &sheet, Packing::Tight).unwrap();
    table
}

fn scored(folder: &Path, file: &str, out: &str, more: &[&str]) -> (Table, serde_json::Value) {
    let args = ["predict", file, "--model", "m.bundle", "--as-of", "2026-01-01", "--json"];
    let mut report = json(folder, &[&args[..], &["--out", out], more].concat());
    report.as_object_mut().unwrap().remove("out");
    (read_table(&folder.join(out)).unwrap(), report)
}

#[test]
fn columns_and_rows_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    leads(folder, 70_000);
    for plain in [&["--plain"][..], &[]] {
        let train = ["train", "leads.csv", "--target", "won", "--id", "deal", "--out", "m.bundle"];
        succeed(folder, &[&train[..], plain].concat());
        let (rows, said) = scored(folder, "leads.csv", "rows.parquet", &[]);
        let (columns, also_said) = scored(folder, "leads.parquet", "columns.parquet", &[]);
        assert_eq!(columns, rows);
        assert_eq!(also_said, said);
        assert!(said["unseen"]["city"].as_u64().unwrap_or(0) < 70_000, "{said}");
        let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
        scored(folder, "leads.csv", "rows.csv", &[]);
        scored(folder, "leads.parquet", "columns.csv", &[]);
        assert_eq!(bytes("columns.csv"), bytes("rows.csv"));
        // With reasons the rows are walked over, with the same scores.
        let (walked, _) = scored(folder, "leads.parquet", "walked.parquet", &["--reasons", "2"]);
        for name in ["id", "probability", "rank", "band"] {
            assert_eq!(walked.column(name), rows.column(name), "{name}");
        }
    }
}

#[test]
fn what_is_wrong_is_said_as_of_rows() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    leads(folder, 2000);
    let train = ["train", "leads.csv", "--target", "won", "--id", "deal", "--out", "m.bundle"];
    succeed(folder, &train);
    let sheet = |visits: &[&str], name: &str| {
        let texts = |texts: &[&str]| SheetColumn::Text(texts.iter().map(|&t| t.into()).collect());
        let columns = vec![
            ("deal".to_owned(), texts(&["a", "b"])),
            ("visits".to_owned(), texts(visits)),
            ("industry".to_owned(), texts(&["IT", "IT"])),
            (name.to_owned(), texts(&["city 1", "city 2"])),
        ];
        write_sheet(&folder.join("f.parquet"), &Sheet { columns }, Packing::Fast).unwrap();
    };
    let predict = ["predict", "f.parquet", "--model", "m.bundle", "--out", "o.parquet"];
    sheet(&["1", "many"], "city");
    let error = fail(folder, &predict, 1);
    assert!(error.contains("row 2, column \"visits\": \"many\" is not a number"), "{error}");
    sheet(&["1", "2"], "citi");
    let error = fail(folder, &predict, 1);
    assert!(error.contains("\"city\" (category); did you mean \"citi\"?"), "{error}");
    sheet(&["1", "2"], "city");
    let error = fail(folder, &[&predict[..], &["--id", "key"]].concat(), 2);
    assert!(error.contains("there is no column \"key\""), "{error}");
    assert!(!folder.join("o.parquet").exists());
    succeed(folder, &predict);
}
