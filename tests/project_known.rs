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
    assert_eq!(points("2024-05-01")["total"], 0);
    let now = points("2024-06-02");
    assert_eq!(now["total"], 10, "{now}");
    assert_eq!(now["since"]["total"], 0, "{now}");
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

#[test]
fn words_for_missing_are_no_ids() {
    let folder = with_files();
    let folder = folder.path();
    edit(folder, "[signals]\nviews", "[signals]\nall = { count = \"*\" }\nviews");
    let expected = values(folder);
    // Events without an id are events; leads, and events of leads, without one are none.
    let events = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    let words = ["null", "NaN", "N/A", "\\N", "-", "n/a", " none ", ""];
    let row = |(i, row): (usize, &str)| {
        let mut cells: Vec<&str> = row.split(',').collect();
        if i > 0 {
            cells[4] = words[i % 2];
        }
        cells.join(",") + "\n"
    };
    write(folder, "events.csv", events.lines().enumerate().map(row).collect::<String>());
    assert_eq!(values(folder), expected);
    for (number, word) in words.iter().enumerate() {
        let at = format!("2024-01-0{}T08:00:00Z", number + 1);
        append(folder, "leads.csv", format!("{word},{at},CEO,1\n"));
        append(folder, "events.csv", format!("{word},page_view,{at},{at},y{number},/p,1\n"));
    }
    assert_eq!(values(folder), expected);
    warned(
        folder,
        &["warning: 8 rows of leads without an id, left out", "8 events without a lead"],
    );
}

#[test]
fn messages_that_are_sent_are_no_burst() {
    let folder = with_files();
    let folder = folder.path();
    for second in 0..25 {
        let at = format!("2024-01-02T08:00:00.{second:02}Z");
        append(folder, "events.csv", format!("l0,email_sent,{at},{at},s{second},,\n"));
    }
    let at = "2024-01-02T08:00:03Z";
    append(folder, "events.csv", format!("l0,demo_request,{at},{at},d,,\n"));
    let signals = "demos = { count = \"demo_request\" }\nsent = { count = \"email_sent\" }\nviews";
    for (scanners, kinds) in
        [("", "25"), ("scanners = true\n", "25"), ("scanners = { sent = \"mail\" }\n", "0")]
    {
        let filters = format!("[filters]\nbursts = true\n{scanners}[signals]\n{signals}");
        edit(folder, "[signals]\nviews", &filters);
        let found = values(folder);
        let demos = if kinds == "0" { "0" } else { "1" };
        assert!(found[1].starts_with("l0,"), "{}", found[1]);
        assert!(found[1].contains(&format!(",{demos},{kinds},1")), "{scanners}: {}", found[1]);
    }
}

#[test]
fn zones_by_name_are_refused_and_utc_is_read() {
    let folder = with_files();
    let folder = folder.path();
    let expected = values(folder);
    let rewrite = |end: &str| {
        files(folder);
        for name in ["leads.csv", "events.csv", "outcomes.csv"] {
            let text = std::fs::read_to_string(folder.join(name)).unwrap();
            write(folder, name, text.replace("T08:00:00Z", end));
        }
    };
    for end in [" 08:00:00 UTC", "T08:00:00 Z", "T04:00:00-04:00[America/New_York]"] {
        rewrite(end);
        assert_eq!(values(folder), expected, "{end}");
        let errors = said(folder, &["signals", "p.toml"]);
        assert!(!errors.contains("time zone"), "{errors}");
    }
    let advice = "with the zone as an offset: 2024-01-31T09:30:00-05:00";
    rewrite("T08:00:00[Europe/Madrid]");
    refused(folder, &["holds no times: row 1 has \"2024-01-01T08:00:00[Europe/Madrid]\"", advice]);
    rewrite("T08:00:00+25:00");
    refused(folder, &["holds no times"]);
    // One of many is left out, and told.
    files(folder);
    append(folder, "events.csv", "l1,page_view,2024-01-03T08:00:00[Europe/Madrid],,z,,1\n");
    warned(folder, &["\"2024-01-03T08:00:00[Europe/Madrid]\" is not a time", advice]);
}

#[test]
fn a_filter_of_the_future_needs_to_know_when_events_were_known() {
    let folder = with_files();
    let folder = folder.path();
    let warning =
        "warning: [filters] future can take nothing: no column says when events were known";
    let filter = "[filters]\nfuture = true\n[signals]";
    edit(folder, "[signals]", filter);
    assert!(!said(folder, &["signals", "p.toml"]).contains("future can take"));
    let text = PROJECT.replace("known_at = \"known_at\"\n", "").replace("[signals]", filter);
    write(folder, "p.toml", text);
    let errors = said(folder, &["signals", "p.toml"]);
    assert_eq!(errors.matches(warning).count(), 1, "{errors}");
}

#[test]
fn a_cell_that_is_no_time_is_one_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let row = |i: usize| {
        let bad = if i == 7 { "soon".to_owned() } else { format!("2024-02-{:02}", i % 28 + 1) };
        format!("d{i},2024-01-01,{bad},{},{}\n", ["won", "lost"][i % 2], i % 5)
    };
    let rows: String = (0..60).map(row).collect();
    write(folder, "deals.csv", format!("id,created,closed,stage,size\n{rows}"));
    let project = "observed_until = 2025-01-01T00:00:00Z\n[leads]\nfiles = [\"deals.csv\"]\nid = \"id\"\n\
                   created = \"created\"\n[outcomes]\nconverted = \"closed\"\nwon = { stage = \"won\" }\n\
                   closed = \"closed\"\nlost = { stage = \"lost\" }\n[snapshots]\nat = \"created + 14d\"\n\
                   horizon = \"90d\"\n";
    write(folder, "p.toml", project);
    let error = fail(folder, &["signals", "p.toml"], 1);
    assert!(error.starts_with("error: deals.csv: row 8, column \"closed\": \"soon\""), "{error}");
}
