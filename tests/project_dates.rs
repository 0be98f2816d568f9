//! Dates as exports write them, in every file of a project, and what `init` makes of columns of dates that
//! hold other things too.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::small_project::*;
use common::*;

/// The values of all signals.
fn values(folder: &Path) -> String {
    let out = leadscore(folder, &["signals", "p.toml", "--out", "v.csv"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let values = std::fs::read_to_string(folder.join("v.csv")).unwrap();
    std::fs::remove_file(folder.join("v.csv")).unwrap();
    values
}

/// A file with each moment of it, all at eight, written otherwise.
fn rewrite(folder: &Path, name: &str, otherwise: impl Fn(&str, &str, &str) -> String) {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let cell = |cell: &str| match cell.strip_suffix("T08:00:00Z") {
        Some(day) => otherwise(&day[..4], &day[5..7], &day[8..]),
        None => cell.to_owned(),
    };
    let row = |row: &str| row.split(',').map(cell).collect::<Vec<_>>().join(",") + "\n";
    write(folder, name, text.lines().map(row).collect::<String>());
}

#[test]
fn days_first_and_months_first_are_read_wherever_times_are() {
    let folder = with_files();
    let folder = folder.path();
    let expected = values(folder);
    let day_first = |y: &str, m: &str, d: &str| format!("{d}/{m}/{y} 08:00");
    let month_first = |y: &str, m: &str, d: &str| format!("{m}/{d}/{y}  8:00:00 AM");
    for name in ["leads.csv", "events.csv", "outcomes.csv"] {
        rewrite(folder, name, day_first);
        assert_eq!(values(folder), expected, "{name}");
    }
    files(folder);
    for name in ["leads.csv", "events.csv", "outcomes.csv"] {
        rewrite(folder, name, month_first);
        assert_eq!(values(folder), expected, "{name}");
    }
    // A time that is none of this format is named.
    append(folder, "events.csv", "l1,page_view,2024-01-09,01/09/2024,x1,/p1,1\n");
    warned(folder, &["\"2024-01-09\" is not a date like 01/31/2024 or 01/31/2024 09:30"]);
}

#[test]
fn a_file_that_does_not_tell_day_from_month_is_read_as_the_others_are() {
    let folder = with_files();
    let folder = folder.path();
    let late = "l1,page_view,2024-01-09T08:00:00Z,2024-01-09T08:00:00Z,x1,/p1,1\n";
    append(folder, "events.csv", late);
    let expected = values(folder);
    files(folder);
    rewrite(folder, "events.csv", |y, m, d| format!("{d}.{m}.{y} 8:00"));
    let header = "lead_id,kind,at,known_at,event_id,page,value\n";
    let more = "l1,page_view,9.1.2024 8:00,9.1.2024 8:00,x1,/p1,1\n";
    write(folder, "more.csv", format!("{header}{more}"));
    edit(folder, "\"events.csv\"", "\"more.csv\", \"events.csv\"");
    assert_eq!(values(folder), expected);
    // Alone it is refused, with what to do.
    edit(folder, "\"events.csv\"", "\"more.csv\"");
    let what = "of more.csv holds dates whose day and month cannot be told apart; write them as 2024-01-31";
    refused(folder, &[&format!("the column \"at\" {what}"), &format!("\"known_at\" {what}")]);
}

#[test]
fn dates_of_leads_that_are_none_or_ambiguous_are_named() {
    let folder = with_files();
    let folder = folder.path();
    append(folder, "leads.csv", "l900,pending,CEO,1\n");
    let says = "row 121, column \"created_at\": \"pending\" is not a date";
    refused(folder, &[says, "missing = { \"created_at\" = \"...\" }"]);
    edit(folder, "[events]", "missing = { created_at = \"pending\" }\n[events]");
    values(folder);
    files(folder);
    rewrite(folder, "outcomes.csv", |y, m, _| format!("{m}/{m}/{y}"));
    let what =
        "p.toml:13:13: the column \"converted_at\" of outcomes.csv holds dates whose day and";
    refused(folder, &[what]);
}

#[test]
fn times_with_the_name_of_a_zone_are_told_what_to_write() {
    let folder = with_files();
    let folder = folder.path();
    let advice = "like 2024-01-31T09:30:00Z, with the zone as an offset: 2024-01-31T09:30:00-05:00";
    for (name, zone) in [("leads.csv", "EST"), ("events.csv", "America/New_York")] {
        files(folder);
        rewrite(folder, name, |y, m, d| format!("{m}/{d}/{y} 8:00 AM {zone}"));
        refused(folder, &["holds no times: row 1 has", advice]);
    }
}

#[test]
fn a_log_that_begins_with_days_that_do_not_tell_is_read_on() {
    let folder = with_files();
    let folder = folder.path();
    let header = "lead_id,kind,at,known_at,event_id,page,value\n";
    let day = |day: &str, n: usize| format!("l1,page_view,{day},{day},x{n},/p1,1\n");
    let log = |early: &str, late: &str| {
        let early: String = (0..12_000).map(|n| day(early, n)).collect();
        format!("{header}{early}{}", day(late, 12_000))
    };
    write(folder, "events.csv", log("2024-01-02", "2024-01-13"));
    let expected = values(folder);
    write(folder, "events.csv", log("02/01/2024", "13/01/2024"));
    assert_eq!(values(folder), expected);
    write(folder, "events.csv", log("01/02/2024", "01/13/2024"));
    assert_eq!(values(folder), expected);
}

/// What `init` says, and the project that it writes.
fn proposed(folder: &Path) -> (String, String) {
    let out = folder.join("i.toml");
    let _ = std::fs::remove_file(&out);
    let args = ["init", "leads.csv", "--events", "events.csv", "--out", "i.toml"];
    let said = one_line(&succeed(folder, &args));
    (said, std::fs::read_to_string(out).unwrap())
}

#[test]
fn init_takes_columns_of_dates_in_spite_of_a_few_other_values() {
    let folder = with_files();
    let folder = folder.path();
    append(folder, "leads.csv", "l900,pending,CEO,1\n");
    append(folder, "events.csv", "l1,page_view,later,2024-01-09,x1,/p1,1\n");
    let (said, project) = proposed(folder);
    assert!(project.contains("created = \"created_at\""), "{project}");
    assert!(project.contains("at = \"at\""), "{project}");
    assert!(said.contains("row 121, column \"created_at\": \"pending\""), "{said}");

    files(folder);
    rewrite(folder, "leads.csv", |y, m, _| format!("{m}/{m}/{y}"));
    let (said, project) = proposed(folder);
    assert!(project.contains("created = \"created_at\""), "{project}");
    assert!(said.contains("day and month cannot be told apart"), "{said}");

    // A date in a column that elsewhere says whether says when here.
    files(folder);
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    let row = |(i, row): (usize, &str)| match i {
        0 => format!("{row},won\n"),
        i => format!("{row},{}\n", if i % 2 == 0 { "2024-12-24" } else { "" }),
    };
    write(folder, "leads.csv", leads.lines().enumerate().map(row).collect::<String>());
    let (said, project) = proposed(folder);
    assert!(project.contains("converted = \"won\"") && !project.contains("\ndrop = "), "{project}");
    assert!(!said.contains("still needs"), "{said}");
    assert!(project.contains("\nfuture = true"), "{project}");

    // Days stand before all that happened on them.
    let events = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    let row = |row: &str| {
        let mut cells: Vec<&str> = row.split(',').collect();
        cells[3] = cells[3].trim_end_matches("T08:00:00Z");
        cells.join(",") + "\n"
    };
    write(folder, "events.csv", events.lines().map(row).collect::<String>());
    let (_, project) = proposed(folder);
    assert!(!project.contains("\nfuture = true"), "{project}");
    assert!(project.contains("days without a time of day"), "{project}");
}
