//! Outcomes that a date tells together with what stands beside it, and the exports that have them so.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::small_project::*;
use common::*;

/// Deals as HubSpot exports them: one date for those that were won, lost, or are to be closed. Every
/// second is won.
fn deals(folder: &Path) {
    let mut text = String::from(
        "Record ID,Deal Name,Deal Stage,Create Date,Close Date,Is Closed Won,Amount\n",
    );
    for i in 0..120 {
        let (month, day) = (i / 14 + 1, i % 14 * 2 + 1);
        let (stage, won, months) = match i % 4 {
            0 | 2 => ("Closed won", "true", 2),
            1 => ("Closed lost", "false", 1),
            _ => ("Proposal", "false", 3),
        };
        let close = format!("2024-{:02}-{day:02} 08:00:00", month + months);
        text.push_str(&format!(
            "70{i:04},Deal {i},{stage},2024-{month:02}-{day:02} 08:00:00,{close},{won},{}\n",
            i % 7
        ));
    }
    write(folder, "deals.csv", text);
}

const DEALS: &str = r#"observed_until = 2025-01-01T00:00:00Z
[leads]
files = ["deals.csv"]
id = "Record ID"
created = "Create Date"
[outcomes]
converted = "Close Date"
won = { "Is Closed Won" = true }
closed = "Close Date"
lost = { "Deal Stage" = "Closed lost" }
[snapshots]
at = "created + 14d"
horizon = "90d"
"#;

#[test]
fn a_date_counts_where_its_rows_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    deals(folder);
    write(folder, "p.toml", DEALS);
    let found = json(folder, &["signals", "p.toml", "--json"]);
    // Nobody had converted or was closed after two weeks; every second is won within 90 days. What
    // tells the outcome is no signal.
    assert_eq!(
        (&found["snapshots"], &found["conversion_rate"]),
        (&120.into(), &0.5.into()),
        "{found}"
    );
    let names: Vec<&str> =
        found["signals"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Amount"]);
    succeed(folder, &["train", "p.toml", "--l2", "1", "--folds", "0"]);
    // In files of their own, too.
    let text = DEALS
        .replace(
            "[outcomes]\n",
            "[outcomes]\nfiles = [\"deals.csv\", \"x\"]\nlead = \"Record ID\"\n",
        )
        .replace(", \"x\"", "")
        .replace("files = [\"deals.csv\"]\nid", "files = [\"leads.csv\"]\nid");
    let leads = std::fs::read_to_string(folder.join("deals.csv")).unwrap();
    let leads = leads.lines().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("{},{},{}\n", cells[0], cells[3], cells[6])
    });
    write(folder, "leads.csv", leads.collect::<String>());
    write(folder, "p.toml", text);
    let own = json(folder, &["signals", "p.toml", "--json"]);
    assert_eq!(own["conversion_rate"], found["conversion_rate"]);
}

#[test]
fn conditions_of_outcomes_that_cannot_be_meant() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    deals(folder);
    for (from, to, says) in [
        (
            "\"Closed lost\"",
            "\"Closed-lost\"",
            "p.toml:10:10: no row with a time has Deal Stage = Closed-lost; it has \"Closed lost\", \
             \"Closed won\", \"Proposal\"",
        ),
        (
            "\"Deal Stage\"",
            "\"Deal stage\"",
            "p.toml:10:10: the leads have no column \"Deal stage\"; did you mean",
        ),
        (
            "lost =",
            "losst =",
            "p.toml:10:1: [outcomes] has no key \"losst\"; did you mean \"lost\"?",
        ),
        (
            "won = { \"Is Closed Won\" = true }",
            "won = true",
            "p.toml:8:7: won is a table of conditions: { stage =",
        ),
        ("closed = \"Close Date\"\n", "", "p.toml:9:8: lost says which rows count for closed"),
        (
            "created = \"Create Date\"\n",
            "created = \"Create Date\"\ndrop = [\"Deal Stage\"]\n",
            "p.toml:6:9: the column \"Deal Stage\" is an outcome; take it out of drop",
        ),
        (
            "[snapshots]",
            "[signals]\nx = { attribute = \"Deal Stage\" }\n[snapshots]",
            "p.toml:12:1: the signal \"x\" reads \"Deal Stage\", which is the outcome",
        ),
    ] {
        assert!(DEALS.contains(from), "{from}");
        write(folder, "p.toml", DEALS.replacen(from, to, 1));
        refused(folder, &[says]);
    }
    // Where nothing parts the two, one column is one outcome.
    let alone = "lost = { \"Deal Stage\" = \"Closed lost\" }\n";
    write(folder, "p.toml", DEALS.replace(alone, ""));
    refused(folder, &["p.toml:9:10: the column \"Close Date\" is converted already"]);
}

#[test]
fn an_export_of_deals_is_trained_on_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    deals(folder);
    let said = succeed(folder, &["init", "deals.csv", "--out", "p.toml"]);
    assert!(!said.contains("still needs"), "{said}");
    let found = json(folder, &["signals", "p.toml", "--json"]);
    assert!(found["conversion_rate"].as_f64().unwrap() > 0.3, "{found}");
    succeed(folder, &["train", "p.toml", "--l2", "1", "--folds", "0"]);
}

#[test]
fn case_and_blanks_of_outcomes_count_for_nothing_and_other_words_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let note = "note: 30 rows of outcomes with a time are neither won nor lost, and count as open: \"Proposal\"";
    deals(folder);
    write(folder, "p.toml", DEALS);
    let expected = json(folder, &["signals", "p.toml", "--json"]);
    warned(folder, &[note]);
    // Every way to write them is one.
    let text = std::fs::read_to_string(folder.join("deals.csv")).unwrap();
    let row = |(i, row): (usize, &str)| match i % 3 {
        0 => row.replace("Closed lost", "closed LOST").replace(",Closed won", ", Closed Won "),
        _ => row.to_owned(),
    };
    let rows = |text: &str| text.lines().enumerate().map(row).collect::<Vec<_>>().join("\n");
    write(folder, "deals.csv", rows(&text));
    let by_stage = DEALS.replace("\"Is Closed Won\" = true", "\"Deal Stage\" = \"Closed Won\"");
    write(folder, "p.toml", &by_stage);
    let found = json(folder, &["signals", "p.toml", "--json"]);
    assert_eq!(found["conversion_rate"], expected["conversion_rate"]);
    assert_eq!(found["snapshots"], expected["snapshots"]);
    // What is spelt otherwise is told, with and without a list of lost ones.
    write(folder, "deals.csv", text.replacen("Closed won", "closed-won", 2));
    let near = "warning: 2 rows of outcomes have \"closed-won\", which is not \"Closed Won\", and so count for \
                nothing: write them alike, or name both in [outcomes]: [\"Closed Won\", \"closed-won\"]";
    warned(
        folder,
        &[near, "32 rows of outcomes with a time are neither", "\"Proposal\", \"closed-won\""],
    );
    let lost = "closed = \"Close Date\"\nlost = { \"Deal Stage\" = \"Closed lost\" }\n";
    assert!(by_stage.contains(lost));
    write(folder, "p.toml", by_stage.replace(lost, ""));
    warned(folder, &[near]);
    let output = leadscore(folder, &["signals", "p.toml"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("neither won"));
}
