//! What was known of a lead at a moment: rows and outcomes that came later tell nothing before.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::small_project::*;
use common::*;

/// The cells of the values of all signals, row by row.
fn values(folder: &Path) -> Vec<String> {
    succeed(folder, &["signals", "p.toml", "--out", "v.csv"]);
    let text = std::fs::read_to_string(folder.join("v.csv")).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What is said on standard error.
fn said(folder: &Path, args: &[&str]) -> String {
    let output = leadscore(folder, args);
    let errors = one_line(&String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{errors}");
    errors
}

const SAME_PERSON: &str = r#"observed_until = 2025-01-01T00:00:00Z
[leads]
files = ["leads.csv"]
id = "lead_id"
created = "created_at"
same_person = ["email"]
[outcomes]
converted = "converted_at"
[snapshots]
at = ["2024-01-15", "2024-05-31", "2024-06-01"]
horizon = "30d"
[signals]
title = { attribute = "job_title" }
has_phone = { filled = ["phone"] }
"#;

#[test]
fn what_a_later_row_of_a_person_tells_is_known_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let header = "lead_id,email,created_at,job_title,phone,converted_at\n";
    let rows = "L1b,a@x.com,2024-06-01,CEO,+34 911,\n\
                L1,a@x.com,2024-01-01,,,\n\
                L2,b@x.com,2024-01-01,CTO,,\n\
                L2b,b@x.com,2024-03-01,CEO,+34 912,\n\
                L2c,b@x.com,,,,2024-06-20\n";
    write(folder, "leads.csv", format!("{header}{rows}"));
    write(folder, "p.toml", SAME_PERSON);
    let title = |row: &String| {
        let cells: Vec<&str> = row.split(',').collect();
        (cells[0].to_owned(), cells[1][..10].to_owned(), cells[3..].join(","))
    };
    let found: Vec<_> = values(folder).iter().skip(1).map(title).collect();
    let row = |id: &str, day: &str, rest: &str| (id.to_owned(), day.to_owned(), rest.to_owned());
    assert_eq!(
        found,
        [
            row("L1", "2024-01-15", ",,,0"),
            row("L1", "2024-05-31", ",,,0"),
            row("L1", "2024-06-01", "CEO,+34 911,CEO,1"),
            row("L2", "2024-01-15", "CTO,,CTO,0"),
            row("L2", "2024-05-31", "CTO,+34 912,CTO,1"),
            row("L2", "2024-06-01", "CTO,+34 912,CTO,1"),
        ]
    );
    let note = "note: 3 values of merged leads stand in a row created later than the lead's first alone, and \
                are known from then on";
    let found = said(folder, &["signals", "p.toml"]);
    assert!(found.contains(note), "{found}");

    // Rules see no more than signals do, at the moment of the score and at those before it.
    let rules = "name = \"r\"\nversion = \"1\"\n[[rule]]\nname = \"chief\"\npoints = 10\n\
                 when = { signal = \"title\", equals = \"CEO\" }\n";
    write(folder, "r.toml", rules);
    let points = |as_of: &str| {
        let args = ["explain", "p.toml", "--id", "L1", "--points", "r.toml", "--as-of", as_of];
        let more = ["--since", "2024-02-01", "--json"];
        json(folder, &[&args[..], &more].concat())["points"][0].clone()
    };
    assert_eq!(points("2024-05-01")["points"], 0);
    let now = points("2024-06-02");
    assert_eq!(now["points"], 10, "{now}");
    assert_eq!(now["since"]["points"], 0, "{now}");
}

#[test]
fn at_dates_a_lead_is_there_only_if_it_says_since_when() {
    let folder = with_files();
    let folder = folder.path();
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    let row = |row: &str| match row.starts_with("l7,") {
        true => "l7,,CTO,1\n".to_owned(),
        false => format!("{row}\n"),
    };
    write(folder, "leads.csv", leads.lines().map(row).collect::<String>());
    edit(folder, "at = \"created + 14d\"", "at = [\"2024-03-01\", \"2024-05-01\"]");
    assert!(!values(folder).iter().any(|row| row.starts_with("l7,")));
    let told = succeed(folder, &["signals", "p.toml"]);
    assert!(one_line(&told).contains("1 without a creation time"), "{told}");
}

#[test]
fn what_came_after_the_observation_is_no_reason_to_leave_a_lead_out() {
    let folder = with_files();
    let folder = folder.path();
    append(folder, "leads.csv", "x,2024-12-20T00:00:00Z,CEO,1\n");
    append(folder, "outcomes.csv", "x,2025-01-02\n");
    let told = one_line(&succeed(folder, &["signals", "p.toml"]));
    assert!(told.contains("1 end after 2025-01-01T00:00:00Z (0 of them"), "{told}");
    assert!(!told.contains("converted by then"), "{told}");
}
