//! What is wrong with a `leadscore.toml`: told at once, each mistake with its line and column, and
//! nothing is written.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::small_project::*;
use common::*;

/// A command tells these mistakes, which begin so, in this order, and no others.
fn told(folder: &Path, command: &str, expected: &[&str]) {
    let error = fail(folder, &[command, "p.toml"], 1);
    let counted = format!("error: {} mistakes:\n", expected.len());
    let error = error.strip_prefix(&counted).unwrap_or(error.trim_start_matches("error: "));
    let lines: Vec<&str> = error.lines().collect();
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line:?} is not {expected:?} in\n{error}");
    }
    assert_eq!(lines.len(), expected.len(), "{error}");
}

#[test]
fn projects_that_are_no_projects() {
    let folder = with_files();
    let folder = folder.path();
    for (text, says) in [
        ("observed = [", "p.toml:1:13: "),
        ("[leads\nfiles = 3", "p.toml:1:"),
        ("", "p.toml:1:1: a project needs [leads]"),
        ("leads = 3", "p.toml:1:9: leads is a table"),
    ] {
        write(folder, "p.toml", text);
        refused(folder, &[says]);
    }
    write(folder, "p.toml", b"[leads]\nid = \"l\xff\"\n");
    refused(folder, &["p.toml: is not UTF-8"]);
    std::fs::remove_file(folder.join("p.toml")).unwrap();
    refused(folder, &["p.toml: there is no such file"]);
    std::fs::create_dir(folder.join("p.toml")).unwrap();
    refused(folder, &["p.toml: is a folder"]);
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let folder = with_files();
    let folder = folder.path();
    // Of the text itself.
    let text = PROJECT.replace("90d", "90x").replace("created = ", "creatd = ");
    write(folder, "p.toml", text);
    refused(
        folder,
        &["p.toml:5:1: [leads] has no key \"creatd\"", "p.toml:16:11: horizon: \"90x\" is no"],
    );
    // Of names that the files do not have.
    let text = PROJECT
        .replace("\"created_at\"", "\"create_at\"")
        .replace("\"known_at\"", "\"know_at\"")
        .replace("views = ", "v = { sum = \"valu\", of = \"page_view\" }\nviews = ")
        + "s = { seniority = \"jobtitle\" }\n";
    write(folder, "p.toml", text);
    refused(
        folder,
        &[
            "p.toml:5:11: the leads have no column \"create_at\"; did you mean \"created_at\"?",
            "p.toml:8:12: the events have no column \"know_at\"; did you mean \"known_at\"?",
            "p.toml:18:13: the events have no property \"valu\"; did you mean \"value\"?",
            "p.toml:20:19: the leads have no column \"jobtitle\"; did you mean \"job_title\"?",
        ],
    );
    // Of what the columns hold.
    let more = "\"page_view\" }\na = { sum = \"page\", of = \"page_view\" }\n\
                b = { days_since = \"job_title\" }\nc = { mean = \"value\", of = \"page_view\" }";
    edit(folder, "\"page_view\" }", more);
    append(folder, "events.csv", "l0,page_view,2024-01-02T00:00:00Z,,x,/,many\n");
    refused(
        folder,
        &[
            "p.toml:19:1: the signal \"a\": the property \"page\" is text",
            "p.toml:20:1: the signal \"b\" needs the column \"job_title\", which is not a date",
            "p.toml:21:1: the signal \"c\": the property \"value\" is text, and a number is needed here; \
             in events.csv 1 of 301 values is no number: row 301 has \"many\"",
        ],
    );
    // A date that is the same for all is one, but tells nothing of anybody.
    edit(folder, "views = ", "d = { days_since = \"day\" }\nviews = ");
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    write(
        folder,
        "leads.csv",
        leads.replace('\n', ",2024-01-01\n").replacen("2024-01-01", "day", 1),
    );
    refused(
        folder,
        &[
            "p.toml:18:1: the signal \"d\" needs the column \"day\", which has no more than one value",
        ],
    );
    write(folder, "leads.csv", leads);
    edit(folder, "created + 14d", "created + 0d");
    refused(folder, &["p.toml:15:6: at = \"created + 0d\": at the moment when a lead comes to be"]);
    // Of outcomes.
    edit(folder, "converted_at", "convert_at");
    refused(folder, &["p.toml:13:13: ", "\"convert_at\"; did you mean \"converted_at\"?"]);
    // Of the call.
    files(folder);
    let error = fail(folder, &["train", "p.toml", "--drop", "pagess,views"], 2);
    assert!(error.contains("no column \"pagess\"; did you mean \"pages\"?"), "{error}");
    assert!(!error.contains("views"), "a signal can be dropped: {error}");
}

#[test]
fn every_mistake_is_told_at_once() {
    let folder = with_files();
    let folder = folder.path();
    let changes = [
        // No TOML, a key twice, a word that is no key, lengths and names that are none.
        ("observed_until = ", "observed_until =\n# "),
        ("id = \"lead_id\"\n", "id = \"lead_id\"\nid = \"created_at\"\ndrop = [\"page\"]\n"),
        ("horizon = \"90d\"", "horizont = \"90d\""),
        ("\"created_at\"\n[e", "\"job_title\"\naccount = acct\n[e"),
        ("[\"events.csv\"]", "[\"events.csv\", \"events-2023.csv\"]"),
        ("outcomes.csv", "outcomes-*.csv"),
    ];
    let text = changes.iter().fold(PROJECT.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from:?} is not in {text}");
        text.replacen(from, to, 1)
    });
    let more = "seniority = { seniority = \"jobtitle\" }\nage = { days_since = \"job_title\" }\n\
                kinds = { count = \"page_view\", windw = \"3d\" }\n";
    write(folder, "p.toml", format!("{text}{more}"));
    let expected = [
        "p.toml:1:17: a value is missing here",
        "p.toml:6:1: the key id is there already; take one of the two out",
        "p.toml:7:9: the leads have no column \"page\"; did you mean \"pages\"?",
        "p.toml:8:11: the column \"job_title\" of leads.csv holds no times: row 1 has \"CEO\"",
        "p.toml:9:11: acct is no value in TOML; texts are in quotes",
        "p.toml:11:24: events-2023.csv: there is no such file",
        "p.toml:15:10: no file matches \"outcomes-*.csv\" in this folder",
        "p.toml:18:1: [snapshots] needs horizon",
        "p.toml:20:1: [snapshots] has no key \"horizont\"; did you mean \"horizon\"?",
        "p.toml:23:27: the leads have no column \"jobtitle\"; did you mean \"job_title\"?",
        "p.toml:24:1: the signal \"age\" needs the column \"job_title\", which is not a date",
        "p.toml:25:32: a signal with count has no key \"windw\"; did you mean \"window\"?",
    ];
    told(folder, "train", &expected);
    // With the events there, what they hold is told too, and files that cannot be read.
    write(folder, "events-2023.csv", std::fs::read(folder.join("events.csv")).unwrap());
    write(folder, "outcomes-1.csv", "lead_id,converted_at\nl1\n");
    let more =
        format!("{more}sum = {{ sum = \"page\", of = \"page_view\", where = {{ valu = 3 }} }}\n");
    write(folder, "p.toml", format!("{text}{more}"));
    refused(
        folder,
        &[
            "p.toml:26:51: the events have no property \"valu\"; did you mean \"value\"?",
            "outcomes-1.csv: row 1 (line 2) has 1 fields, the header has 2",
        ],
    );
    let more = more.replace("valu =", "value =");
    write(folder, "p.toml", format!("{text}{more}"));
    refused(
        folder,
        &["p.toml:26:1: the signal \"sum\": the property \"page\" is text, and a number is needed"],
    );
}

#[test]
fn files_that_are_not_there_or_hold_nothing() {
    let folder = with_files();
    let folder = folder.path();
    for (name, place) in [("leads.csv", "3:10"), ("events.csv", "7:10"), ("outcomes.csv", "11:10")]
    {
        edit(folder, name, "gone-*.csv");
        refused(folder, &[&format!("p.toml:{place}: no file matches \"gone-*.csv\"")]);
        edit(folder, name, "gone.csv");
        refused(folder, &[&format!("p.toml:{place}: gone.csv: there is no such file")]);
        std::fs::create_dir_all(folder.join("folder")).unwrap();
        edit(folder, name, "folder");
        refused(folder, &[&format!("p.toml:{place}: folder: is a folder, not a file")]);
        write(folder, "zero.parquet", "");
        edit(folder, name, "zero.parquet");
        refused(folder, &["zero.parquet: is empty"]);
        write(folder, "cut.parquet", "PAR1\u{1}\u{1}PAR1");
        edit(folder, name, "cut.parquet");
        refused(folder, &["cut.parquet: cannot be read as Parquet"]);
        write(folder, "p.toml", PROJECT);
        let good = std::fs::read(folder.join(name)).unwrap();
        let header = good.split(|byte| *byte == b'\n').next().unwrap();
        for (content, says) in [
            (&b""[..], "is empty; it needs a header and rows"),
            (header, "has a header and no rows"),
            (&[header, b"\n\xff\xfe,2024-01-01,,,,,\n"].concat(), "row 1 (line 2)"),
            (&[&good[..], b"l0\n"].concat(), "has 1 fields, the header has"),
        ] {
            write(folder, name, content);
            if name == "events.csv" && content == header {
                // Nothing has happened yet.
                let said = "p.toml:18:19: no event is of the kind \"page_view\"";
                let output = leadscore(folder, &["signals", "p.toml", "--out", "none.csv"]);
                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success() && errors.contains(said), "{errors}");
                continue;
            }
            refused(folder, &[&format!("{name}: "), says]);
        }
        write(folder, name, &good);
    }
}

#[test]
fn what_columns_hold_is_told_with_the_rest() {
    let folder = with_files();
    let folder = folder.path();
    // Times of events and of knowing that are none, copies without ids, orders of what has none, and
    // personas that ask for numbers where there are words.
    let wrong = "at = \"page\"\nknown_at = \"value\"\n";
    let text = PROJECT
        .replace("known_at = \"known_at\"\nid = \"event_id\"\n", wrong)
        .replace("[signals]", "[filters]\nduplicates = true\n[signals]");
    let more = "level = { seniority = \"job_title\", monotone = \"increasing\" }\n\
                last = { last = \"event_id\", of = \"page_view\", monotone = \"decreasing\" }\n\
                who = { persona = [{ name = \"a\", when = { job_title = { at_least = 3 } } }] }\n\
                depth = { sum = \"value\", of = \"page_view\", where = { page = \"/p1\" } }\n\
                none = { count = \"page_view\", window = \"0d\" }\n";
    write(folder, "p.toml", format!("{text}{more}"));
    let expected = [
        "p.toml:8:6: the column \"page\" of events.csv holds no times: row 1 has \"/p0\"",
        "p.toml:9:12: the column \"value\" of events.csv holds no times: row 1 has \"0\"",
        "p.toml:18:14: duplicates are told by the ids of events",
        "p.toml:21:1: monotone: \"level\" is of kind category, which has no order",
        "p.toml:22:1: monotone: \"last\" is of kind category, which has no order",
        "p.toml:23:1: the signal \"who\" asks whether \"job_title\" is at_least or below a number",
        "p.toml:25:40: window: \"0d\" is no length of time; write a whole number from 1 on",
    ];
    for command in ["train", "signals"] {
        told(folder, command, &expected);
    }
    // Alone, too; what is dropped has any order.
    let alone = "level = { seniority = \"job_title\", monotone = \"increasing\" }\n";
    write(folder, "p.toml", format!("{PROJECT}{alone}"));
    refused(folder, &["p.toml:19:1: monotone: \"level\" is of kind category"]);
    succeed(folder, &["train", "p.toml", "--drop", "level", "--l2", "1", "--folds", "0"]);
}

#[test]
fn faults_of_the_text_say_what_to_do() {
    let folder = with_files();
    let folder = folder.path();
    for (line, says) in [
        ("id =", "a value is missing here"),
        ("drop = yes", "yes is no value in TOML; write true"),
        ("drop = [pages size]", "the items of a list are parted by commas"),
        ("name = Foo bar", "Foo bar is no value in TOML; texts are in quotes: \"Foo bar\""),
        ("= 3", "a name is missing here"),
        ("first name = 3", "a name with a space or a sign other than - and _ in it is in quotes"),
        ("files = \"C:\\data\"", "write / in paths, or put the text in single quotes"),
        ("zip = 01234", "a number has no zeros before it; codes"),
        ("[leads", "the name of a section is closed with ]"),
    ] {
        write(folder, "p.toml", format!("{line}\n{PROJECT}"));
        refused(folder, &["p.toml:1:", says]);
    }
}

#[test]
fn a_pattern_that_names_no_file_hides_no_other_mistake() {
    let folder = with_files();
    let folder = folder.path();
    let spoilt = |changes: &[(&str, &str)], more: &str| {
        let text = changes.iter().fold(PROJECT.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from:?} is not in {text}");
            text.replacen(from, to, 1)
        });
        write(folder, "p.toml", format!("{text}{more}"));
    };
    // Beside files that can be read, their columns are known.
    let changes = [
        ("\"leads.csv\"", "\"leads.csv\", \"more-*.csv\""),
        ("\"created_at\"", "\"create_at\""),
        ("\"events.csv\"", "\"events.csv\", \"app-*.csv\""),
        ("\"known_at\"", "\"know_at\""),
        ("\"outcomes.csv\"", "\"outcomes.csv\", \"late-*.csv\""),
        ("\"converted_at\"", "\"convert_at\""),
    ];
    let more = "level = { seniority = \"jobtitle\" }\nage = { days_since = \"job_title\" }\n\
                sum = { sum = \"valu\", of = \"page_view\" }\nmax = { max = \"page\", of = \"page_view\" }\n";
    spoilt(&changes, more);
    let expected = [
        "p.toml:3:23: no file matches \"more-*.csv\" in this folder",
        "p.toml:5:11: the leads have no column \"create_at\"; did you mean \"created_at\"?",
        "p.toml:7:24: no file matches \"app-*.csv\" in this folder",
        "p.toml:8:12: the events have no column \"know_at\"; did you mean \"known_at\"?",
        "p.toml:11:26: no file matches \"late-*.csv\" in this folder",
        "p.toml:13:13: the outcomes have no column \"convert_at\"; did you mean \"converted_at\"?",
        "p.toml:19:23: the leads have no column \"jobtitle\"; did you mean \"job_title\"?",
        "p.toml:20:1: the signal \"age\" needs the column \"job_title\", which is not a date",
        "p.toml:21:15: the events that could be read have no property \"valu\"; did you mean \"value\"?",
        "p.toml:22:1: the signal \"max\": the property \"page\" is text, and a number is needed",
    ];
    told(folder, "train", &expected);
    // Without any leads the events are known, and the other way round.
    let more =
        "level = { seniority = \"jobtitle\" }\nmax = { max = \"page\", of = \"page_view\" }\n";
    spoilt(&[("leads.csv", "lds*.csv"), ("\"event_id\"", "\"evnt_id\"")], more);
    let expected = [
        "p.toml:3:10: no file matches \"lds*.csv\" in this folder",
        "p.toml:9:6: the events have no column \"evnt_id\"; did you mean \"event_id\"?",
        "p.toml:20:1: the signal \"max\": the property \"page\" is text, and a number is needed",
    ];
    told(folder, "train", &expected);
    spoilt(&[("events.csv", "evs*.csv"), ("\"event_id\"", "\"evnt_id\"")], more);
    let expected = [
        "p.toml:7:10: no file matches \"evs*.csv\" in this folder",
        "p.toml:19:23: the leads have no column \"jobtitle\"; did you mean \"job_title\"?",
    ];
    told(folder, "train", &expected);
    // What more rows could mend is no mistake: the day and the month, a column of one value.
    write(folder, "leads.csv", "lead_id,created_at,day\nl1,01/02/2024,2024-01-01\n");
    let more = "age = { days_since = \"day\" }\n";
    spoilt(&[("\"leads.csv\"", "\"leads.csv\", \"more-*.csv\"")], more);
    told(folder, "train", &["p.toml:3:23: no file matches \"more-*.csv\" in this folder"]);
}

#[test]
fn a_role_that_a_column_has_by_mistake_hides_no_other() {
    let folder = with_files();
    let folder = folder.path();
    let text = PROJECT.replace("\"known_at\"", "\"page\"");
    let more = "age = { days_since = \"job_title\" }\nsum = { sum = \"page\", of = \"page_view\" }\n\
                [filters]\ninternal = { page = \"/x*\" }\n";
    write(folder, "p.toml", format!("{text}{more}"));
    let expected = [
        "p.toml:8:12: the column \"page\" of events.csv holds no times",
        "p.toml:19:1: the signal \"age\" needs the column \"job_title\", which is not a date",
        "p.toml:20:1: the signal \"sum\": the property \"page\" is text",
    ];
    told(folder, "train", &expected);
}

#[test]
fn moments_of_two_kinds_are_both_read() {
    let folder = with_files();
    let folder = folder.path();
    edit(folder, "at = \"created + 14d\"", "at = \"converted_at - 7d\"\nevery = \"5min\"");
    let expected = [
        "p.toml:15:6: at = \"converted_at - 7d\" is counted from the outcome",
        "p.toml:16:9: every is at least an hour",
        "p.toml:16:9: [snapshots] takes at or every, not both",
    ];
    told(folder, "train", &expected);
}

#[test]
fn what_is_not_there_is_told_beside_lines_of_other_sections_that_cannot_be_read() {
    let folder = with_files();
    let folder = folder.path();
    let text = PROJECT
        .replace("observed_until = 2025-01-01T00:00:00Z\n", "")
        .replace("horizon = \"90d\"\n", "")
        .replace("lead = \"lead_id\"\n", "")
        .replace("views = {", "views = ");
    write(folder, "p.toml", &text);
    let expected = [
        "p.toml:9:1: [outcomes] needs lead",
        "p.toml:12:1: snapshots need observed_until",
        "p.toml:12:1: [snapshots] needs horizon",
        "p.toml:15:10: ",
    ];
    told(folder, "train", &expected);
    // What may be in such a line is not missed: a key of its section, or all below a header.
    write(folder, "p.toml", text.replace("at = \"created + 14d\"", "horizon = 90d"));
    let expected = [
        "p.toml:9:1: [outcomes] needs lead",
        "p.toml:12:1: snapshots need observed_until",
        "p.toml:13:",
        "p.toml:15:10: ",
    ];
    told(folder, "train", &expected);
    let text = PROJECT.replace("created = ", "created ").replace("[outcomes]", "[outcomes");
    write(folder, "p.toml", text);
    told(folder, "train", &["p.toml:5:", "p.toml:10:"]);
}

#[test]
fn what_training_needs_is_told_with_the_rest() {
    let folder = with_files();
    let folder = folder.path();
    let start = PROJECT.find("[outcomes]").unwrap();
    let text = PROJECT[..start].replace("observed_until = 2025-01-01T00:00:00Z\n", "");
    write(folder, "p.toml", format!("{text}[signals]\nviews = {{ cont = \"page_view\" }}\n"));
    let expected = [
        "p.toml:1:1: there is no [snapshots]",
        "p.toml:1:1: observed_until is missing",
        "p.toml:1:1: there is no [outcomes]",
        "p.toml:10:11: there is no measure \"cont\"; did you mean \"count\"?",
    ];
    told(folder, "train", &expected);
    // Signals can be looked at without.
    told(folder, "signals", &expected[3..]);
    write(folder, "p.toml", text);
    let error = one_line(&fail(folder, &["train", "p.toml"], 2));
    for part in ["there is no [snapshots]", "observed_until is missing", "there is no [outcomes]"] {
        assert!(error.contains(part), "{error}");
    }
}
