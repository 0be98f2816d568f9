//! Files that are something else than the table that a command takes, dates that contradict each other, and how
//! many mistakes an error tells.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::small_project::*;
use common::*;

#[test]
fn what_is_no_table_is_named_for_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, content, says) in [
        ("m.bundle", &b"LEADSCRB\x01\x00\x00"[..], "is a leadscore bundle, and no table: predict"),
        ("leads.json", b"{\"leads\": [{\"id\": 1}]}", "is JSON, and no table: write it as CSV"),
        ("list.json", b"\xef\xbb\xbf [\n {\"id\": 1}]", "is JSON"),
        ("lines.csv", b"{\"id\": 1}\n{\"id\": 2}\n", "is JSON"),
        ("book.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel workbook"),
        ("page.xls", b"<html><table>", "is a web page or XML"),
        ("notes.md", b"| id | won |\n|----|:---:|\n| 1 | yes |\n", "is a table drawn with dashes"),
        ("psql.txt", b" id | won \n----+-----\n  1 | yes\n", "is a table drawn with dashes"),
        ("dump.bin", b"abc\x01\x00\x02def\n1\n", "is a binary file"),
    ] {
        write(folder, name, content);
        for args in [
            &["init", name][..],
            &["signals", name],
            &["train", name, "--target", "won", "--out", "o.bundle"],
        ] {
            let error = fail(folder, args, 1);
            assert!(error.contains(&format!("{name}: {says}")), "{args:?}: {error}");
        }
    }
    write(folder, "p.toml", "[leads]\nfiles = [\"leads.csv\"]\nid = \"id\"\n");
    let error = fail(folder, &["init", "p.toml"], 1);
    assert!(error.contains("p.toml: is a TOML file, and no table"), "{error}");
    // Headers may begin so.
    for header in ["[id],{won}", "<b>id</b>,won"] {
        write(folder, "odd.csv", format!("{header}\n1,yes\n2,no\n"));
        succeed(folder, &["signals", "odd.csv"]);
    }
}

#[test]
fn dates_that_contradict_each_other_are_shown() {
    let folder = with_files();
    let folder = folder.path();
    let leads = |day: fn(usize) -> String| {
        let row = |i: usize| format!("l{i},{},CEO,{},{}\n", day(i), i % 7, ["yes", "no"][i % 2]);
        let rows: String = (0..120).map(row).collect();
        write(folder, "leads.csv", format!("lead_id,created_at,job_title,pages,won\n{rows}"));
    };
    leads(|i| match i {
        5 => "20/06/2024".to_owned(),
        7 => "06/21/2024".to_owned(),
        i => format!("0{}/0{}/2024", i % 9 + 1, i % 7 + 1),
    });
    let says = "row 6 has \"20/06/2024\" and row 8 \"06/21/2024\", one with the day first, the other with the \
                month; write all of them as 2024-01-31";
    refused(folder, &[&format!("holds dates that contradict each other: {says}")]);
    for args in [&["--time", "created_at"][..], &[]] {
        let error = fail(folder, &[&["train", "leads.csv", "--target", "won"], args].concat(), 1);
        assert!(one_line(&error).contains(&format!("column \"created_at\": {says}")), "{error}");
    }
    // Times of half a day are read behind dates of either order of the year.
    // The outcomes say when half of the leads converted: a few before the days that are tried here.
    let snapshots = || {
        let said = json(folder, &["signals", "p.toml", "--json"]);
        let left_out = said["left_out"].as_object().expect("reasons").values();
        said["snapshots"].as_u64().expect("snapshots")
            + left_out.filter_map(|n| n.as_u64()).sum::<u64>()
    };
    leads(|i| {
        format!("2024-0{}-0{} {}:05 {}M", i % 7 + 1, i % 9 + 1, i % 12 + 1, ["A", "P"][i % 2])
    });
    assert_eq!(snapshots(), 120);
    leads(|i| format!("0{}/2{}/2024 {}:05 {}M", i % 7 + 1, i % 9, i % 12 + 1, ["A", "P"][i % 2]));
    assert_eq!(snapshots(), 120);
}

#[test]
fn mistakes_are_counted_and_have_a_line_each() {
    let folder = with_files();
    let folder = folder.path();
    let mistakes = PROJECT.replace("\"90d\"", "90").replace("\"created_at\"", "\"create\"");
    write(folder, "p.toml", mistakes);
    let error = fail(folder, &["signals", "p.toml"], 1);
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines[0], "error: 2 mistakes:", "{error}");
    assert!(
        lines[1].starts_with("p.toml:5:11: ") && lines[2].starts_with("p.toml:16:11: "),
        "{error}"
    );
    assert_eq!(lines.len(), 3, "{error}");
    // Those that are not listed are counted too.
    write(folder, "p.toml", PROJECT);
    let rows: String = (0..14).map(|i| format!("x{i},soon,CEO,1\n")).collect();
    append(folder, "leads.csv", rows);
    let error = fail(folder, &["signals", "p.toml"], 1);
    assert!(error.starts_with("error: 14 mistakes:\nleads.csv: row 121, "), "{error}");
    assert!(error.contains("  and 4 more; correct them, or name a value that stands"), "{error}");
    // One is one.
    edit(folder, "\"90d\"", "\"90x\"");
    files(folder);
    edit(folder, "\"90d\"", "\"90x\"");
    assert!(fail(folder, &["signals", "p.toml"], 1).starts_with("error: p.toml:16:11: horizon"));
}

#[test]
fn what_is_wrong_is_said_with_its_key() {
    let folder = with_files();
    let folder = folder.path();
    for (from, to, says) in [
        (
            "2025-01-01T00:00:00Z",
            "31/12/2025",
            "1:18: 31/12/2025 is no value in TOML; a time is written like 2024-01-31, and",
        ),
        ("2025-01-01T00:00:00Z", "2025-13-01", "1:18: observed_until: 2025-13-01 is not a time ("),
        (
            "2025-01-01T00:00:00Z",
            "2025-02-30T10:00:00Z",
            "1:18: observed_until: 2025-02-30T10:00:00Z is not a time",
        ),
        (
            "2025-01-01T00:00:00Z",
            "2025-01-01T25:00:00Z",
            "1:18: observed_until: 2025-01-01T25:00:00Z is not a time",
        ),
        (
            "[snapshots]",
            "[filters]\nbursts = { events = 20, seconds = -5 }\n[snapshots]",
            "seconds is a whole number from 1 to 999999, not -5",
        ),
        (
            "[snapshots]",
            "[filters]\nscanners = { seconds = 0, sent = [\"a\"], acts = [\"b\"] }\n[snapshots]",
            "seconds is a whole number from 1 to 999999, not 0",
        ),
        (
            "[snapshots]",
            "[filters]\nbursts = { events = 20, seconds = \"5\" }\n[snapshots]",
            "seconds is a whole number from 1 to 999999, without quotes",
        ),
        (
            "[signals]",
            "[signals]\np = { phone_valid = \"job_title\", in_country = \"XX\" }",
            "in_country = \"XX\": that is no country; write its code of two letters",
        ),
    ] {
        edit(folder, from, to);
        refused(folder, &[says]);
    }
}

#[test]
fn signals_are_asked_for_by_their_names() {
    let folder = with_files();
    let folder = folder.path();
    edit(
        folder,
        "[signals]",
        "[signals]\nsize = { company_size = \"pages\" }\nrole = { seniority = \"job_title\" }\nwork = { function = \"job_title\" }",
    );
    for (only, says) in [
        (
            "pages",
            "there is no signal \"pages\"; that is a column, which the signal \"size\" reads",
        ),
        ("job_title", "that is a column, which signals read: role, work"),
        ("", "--only: a name is empty"),
        ("size,,role", "--only: a name is empty"),
        ("siz", "did you mean \"size\"?"),
        (
            "created_at",
            "there is no signal \"created_at\"; that is a column, which no signal reads; there are ",
        ),
        ("whatever", "there is no signal \"whatever\"; there are "),
    ] {
        let error = fail(folder, &["signals", "p.toml", "--only", only], 2);
        assert!(error.contains(says), "{only}: {error}");
    }
    succeed(folder, &["signals", "p.toml", "--only", "size, role"]);
}

#[test]
fn a_moment_that_is_still_to_come_is_warned_of() {
    let folder = with_files();
    let folder = folder.path();
    succeed(folder, &["train", "p.toml", "--l2", "1", "--out", "m.bundle"]);
    let said = |as_of: &str| {
        let args = ["predict", "p.toml", "--model", "m.bundle", "--out", "o.csv", "--as-of", as_of];
        let output = leadscore(folder, &args);
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(said("2999-01-01").contains("--as-of, 2999-01-01T00:00:00Z, is still to come (it is "));
    assert!(!said("2024-12-01").contains("still to come"));
}
