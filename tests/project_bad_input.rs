//! Projects that are wrong, and files as exports really are: a clear error that names the file, the
//! row and the column, or a counted warning; never a panic, nothing half-written, nothing lost in
//! silence.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::*;
use leadscore_features::io::{Packing, Sheet, SheetColumn, write_sheet};

const PROJECT: &str = r#"observed_until = 2025-01-01T00:00:00Z
[leads]
files = ["leads.csv"]
id = "lead_id"
created = "created_at"
[events]
files = ["events.csv"]
known_at = "known_at"
id = "event_id"
[outcomes]
files = ["outcomes.csv"]
lead = "lead_id"
converted = "converted_at"
[snapshots]
at = "created + 14d"
horizon = "90d"
[signals]
views = { count = "page_view" }
"#;

/// Leads that can be trained on: 120, of which every second converts, with an event each.
fn files(folder: &Path) {
    let mut leads = String::from("lead_id,created_at,job_title,pages\n");
    let mut events = String::from("lead_id,kind,at,known_at,event_id,page,value\n");
    let mut outcomes = String::from("lead_id,converted_at\n");
    for i in 0..120 {
        let (month, day) = (i / 14 + 1, i % 14 * 2 + 1);
        let won = format!("2024-{:02}-{day:02}T08:00:00Z", month + 2);
        let day = format!("2024-{month:02}-{day:02}T08:00:00Z");
        leads.push_str(&format!("l{i},{day},{},{}\n", ["CEO", "CTO", "Intern"][i % 3], i % 7));
        for n in 0..=i % 4 {
            events.push_str(&format!("l{i},page_view,{day},{day},e{i}-{n},/p{n},{n}\n"));
        }
        outcomes.push_str(&format!("l{i},{}\n", if i % 2 == 0 { &won } else { "" }));
    }
    write(folder, "leads.csv", leads);
    write(folder, "events.csv", events);
    write(folder, "outcomes.csv", outcomes);
    write(folder, "p.toml", PROJECT);
}

fn with_files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    folder
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Both commands refuse, say all of this, and leave nothing behind.
fn refused(folder: &Path, says: &[&str]) {
    let before = std::fs::read_dir(folder).unwrap().count();
    for args in [&["signals", "p.toml", "--out", "v.csv"][..], &["train", "p.toml"]] {
        let error = one_line(&fail(folder, args, 1));
        for part in says {
            assert!(error.contains(part), "{args:?}: {part:?} is not in: {error}");
        }
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), before, "something was written");
}

/// Both commands work, and warn of all this.
fn warned(folder: &Path, says: &[&str]) {
    for args in [&["signals", "p.toml"][..], &["train", "p.toml", "--l2", "1"]] {
        let output = leadscore(folder, args);
        let errors = one_line(&String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{args:?}: {errors}");
        for part in says {
            assert!(errors.contains(part), "{args:?}: {part:?} is not in: {errors}");
        }
    }
}

fn append(folder: &Path, name: &str, lines: impl AsRef<[u8]>) {
    let mut bytes = std::fs::read(folder.join(name)).unwrap();
    bytes.extend_from_slice(lines.as_ref());
    write(folder, name, bytes);
}

fn edit(folder: &Path, from: &str, to: &str) {
    assert!(PROJECT.contains(from), "{from:?} is not in the project");
    write(folder, "p.toml", PROJECT.replace(from, to));
}

#[test]
fn the_files_are_good_before_they_are_spoilt() {
    let folder = with_files();
    let output = leadscore(folder.path(), &["train", "p.toml", "--l2", "1", "--json"]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["training"]["data"]["rows"], 120);
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
        "p.toml:1:17: string values must be quoted",
        "p.toml:6:1: the key id is there already; take one of the two out",
        "p.toml:7:9: the leads have no column \"page\"; did you mean \"pages\"?",
        "p.toml:8:11: the column \"job_title\" of leads.csv holds no times but is of kind category",
        "p.toml:9:11: string values must be quoted",
        "p.toml:11:24: events-2023.csv: there is no such file",
        "p.toml:15:10: no file matches \"outcomes-*.csv\" in this folder",
        "p.toml:20:1: [snapshots] has no key \"horizont\"; did you mean \"horizon\"?",
        "p.toml:23:27: the leads have no column \"jobtitle\"; did you mean \"job_title\"?",
        "p.toml:24:1: the signal \"age\" needs the column \"job_title\", which is not a date",
        "p.toml:25:32: a signal with count has no key \"windw\"; did you mean \"window\"?",
    ];
    let error = fail(folder, &["train", "p.toml"], 1);
    let lines: Vec<&str> = error.trim_start_matches("error: ").lines().collect();
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line:?} is not {expected:?} in\n{error}");
    }
    assert_eq!(lines.len(), expected.len(), "{error}");
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
fn events_that_are_noise_are_counted() {
    let folder = with_files();
    let folder = folder.path();
    // 600 good rows more, so that a few bad ones are a few.
    let good: String = (0..600)
        .map(|i| format!("l{},page_view,2024-01-09T08:00:00Z,,g{i},/,1\n", i % 120))
        .collect();
    append(folder, "events.csv", &good);
    let rows = 300 + 600;
    append(
        folder,
        "events.csv",
        "zz,page_view,2024-01-09T08:00:00Z,,n1,/,1\n\
         ,page_view,2024-01-09T08:00:00Z,,n2,/,1\n\
         l1,,2024-01-09T08:00:00Z,,n3,/,1\n\
         l1,page_view,soon,,n4,/,1\n\
         l1,page_view,,,n5,/,1\n\
         l1,page_view,2024-02-31T00:00:00Z,,n6,/,1\n\
         l1,page_view,2024-01-09T08:00:00Z,later,n7,/,1\n\
         l1,page_view,2024-01-09T08:00:00,,n8,/,1\n\
         l1,page_view,2024-01-09 08:00:00,,n9,/,1\n\
         l1,page_view,2024-01-09T08:00:00+02:00,,n10,/,1\n",
    );
    warned(
        folder,
        &[
            &format!(
                "of {} rows of events: 1 event of no known lead, left out; 1 event without a lead, \
                 left out; 1 event without a kind, left out; 3 events without a readable time, \
                 left out; 1 event whose known-at cannot be read",
                rows + 10
            ),
            "events.csv, row 904, column \"at\": \"soon\" is not a time",
            "events.csv, row 905, column \"at\": it has no time",
            "2 times without a time zone, read as UTC",
        ],
    );
    // Many are refused, by the time of happening as by that of being known.
    let many: String = (0..50).map(|i| format!("l1,page_view,soon,,m{i},/,1\n")).collect();
    let before = std::fs::read(folder.join("events.csv")).unwrap();
    append(folder, "events.csv", many);
    refused(folder, &["events.csv: row 904", "53 of 960 rows have no readable time"]);
    write(folder, "events.csv", &before);
    let many: String =
        (0..50).map(|i| format!("l1,page_view,2024-01-09,later,m{i},/,1\n")).collect();
    append(folder, "events.csv", many);
    refused(folder, &["51 of 960 rows have no readable time in the column \"known_at\""]);
}

#[test]
fn what_stands_for_something_else_is_said() {
    let folder = with_files();
    let folder = folder.path();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    // Moments that mean none, or never.
    let leads = read("leads.csv");
    write(folder, "leads.csv", leads.replacen("2024-01-01T08:00:00Z", "1900-01-01", 1));
    let events = read("events.csv");
    append(folder, "events.csv", "l3,page_view,1970-01-01T00:00:00Z,,n1,/,1\n");
    warned(
        folder,
        &[
            "warning: 1 time in \"created_at\" before 1980 or after 2099, like 1900-01-01T00:00:00Z",
            "warning: there are events of 1970-01-01T00:00:00Z: such a time stands for something else",
            "note: 1 event of known leads do not say when they were known, and count as known when",
        ],
    );
    write(folder, "leads.csv", &leads);
    write(folder, "events.csv", events);
    // Readers of what holds no texts, and a filter of what is not known.
    let more = "pages = { seniority = \"pages\" }\nsize = { company_size = \"created_at\" }\n";
    write(folder, "p.toml", PROJECT.to_owned() + more);
    refused(
        folder,
        &[
            "p.toml:19:1: the signal \"pages\" needs the column \"pages\", which has no texts for seniority",
            "p.toml:20:1: the signal \"size\" needs the column \"created_at\", which has no texts for",
        ],
    );
    let filters = "[filters]\nbefore_created = true\ninternal = false\n[signals]";
    let text = PROJECT.replace("[signals]", filters).replace("created = \"created_at\"\n", "");
    write(folder, "p.toml", text);
    refused(folder, &["p.toml:17:18: before_created takes out what came before a lead did"]);
    // A thousand people, as typed where points group thousands.
    write(folder, "p.toml", PROJECT.to_owned() + "size = { company_size = \"people\" }\n");
    let lines = leads.lines().enumerate();
    let sized = lines.map(|(i, line)| match i {
        0 => format!("{line},people\n"),
        i => format!("{line},{}\n", ["1.000", "12.500", "200"][i % 3]),
    });
    write(folder, "leads.csv", sized.collect::<String>());
    succeed(folder, &["signals", "p.toml", "--out", "v.csv"]);
    let values = read("v.csv");
    for size in ["501-1000", "10001+", "51-200"] {
        assert!(values.contains(size), "{size} is not in\n{values}");
    }
    // Ids that are the same number.
    let numbers = (0..120).map(|i| 9.0e15 + 1e13 * f64::from(i)).collect();
    let column = |texts: Vec<String>| SheetColumn::Text(texts);
    let created = column((0..120).map(|_| "2024-01-01T00:00:00Z".to_owned()).collect());
    let sheet = Sheet {
        columns: vec![
            ("lead_id".to_owned(), SheetColumn::Number(numbers)),
            ("created_at".to_owned(), created),
        ],
    };
    write_sheet(&folder.join("leads.parquet"), &sheet, Packing::Tight).unwrap();
    edit(folder, "leads.csv", "leads.parquet");
    std::fs::remove_file(folder.join("v.csv")).unwrap();
    refused(
        folder,
        &["p.toml:4:6: the ids in \"lead_id\" are floating-point numbers, and from row 2 on some"],
    );
}

#[test]
fn events_and_outcomes_of_other_ids_are_refused() {
    let folder = with_files();
    let folder = folder.path();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (events, outcomes) = (read("events.csv"), read("outcomes.csv"));
    write(folder, "events.csv", events.replace("\nl", "\nL"));
    let advice = "in lower case they would name leads; write ids alike in all files";
    let ids = "they name leads like \"L0\", leads have ids like \"l0\"";
    refused(folder, &["p.toml: of 300 events none is of a known lead", ids, advice]);
    // Leads that a log does not tell of may be new.
    write(folder, "events.csv", &events);
    succeed(folder, &["train", "p.toml", "--l2", "1", "--out", "m.bundle"]);
    write(folder, "other.csv", events.replace("\nl", "\nx"));
    let args = ["predict", "leads.csv", "--events", "other.csv", "--model", "m.bundle"];
    let output = leadscore(folder, &[&args[..], &["--out", "scores.csv"]].concat());
    let said = one_line(&String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{said}");
    let kinds = "warning: all events of the kind \"page_view\" are of no known lead";
    for part in
        ["warning: of 300 events none is of a known lead: they name leads like \"x0\"", kinds]
    {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
    assert!(!said.contains("no event is of"), "{said}");
    std::fs::remove_file(folder.join("m.bundle")).unwrap();
    write(folder, "outcomes.csv", outcomes.replace("\nl", "\n00"));
    refused(
        folder,
        &["p.toml: of 120 outcomes none is of a known lead: they name leads like \"000\""],
    );
    // More than half of them.
    let strangers: String =
        (0..400).map(|i| format!("x{i},fax,2024-01-09T08:00:00Z,,x{i},/,1\n")).collect();
    append(folder, "events.csv", strangers);
    let more: String = (0..130).map(|i| format!("x{i},\n")).collect();
    write(folder, "outcomes.csv", format!("{outcomes}{more}"));
    warned(
        folder,
        &[
            "warning: 57.1 % of 700 events (400) are of no known lead, and are left out: they name \
             leads like \"x0\", leads have ids like \"l0\"",
            "warning: 52.0 % of 250 outcomes (130) are of no known lead",
        ],
    );
}

#[test]
fn kinds_that_nothing_names_and_that_count_are_said() {
    let folder = with_files();
    let folder = folder.path();
    edit(
        folder,
        "views = { count = \"page_view\" }",
        "all = { count = \"*\" }\nviews = { count = \"page_view\" }",
    );
    append(
        folder,
        "events.csv",
        "l1,fax,2024-01-09T08:00:00Z,,f1,/,1\nl1,fax,2024-01-10T08:00:00Z,,f2,/,1\n",
    );
    let said = "note: 1 kind of events that nothing names counts where events of any kind (\"*\") do: fax 2";
    warned(folder, &[said]);
    edit(folder, "views = ", "views_ = ");
    let output = leadscore(folder, &["signals", "p.toml"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("fax"));
}

#[test]
fn kinds_that_no_event_has_are_warned_of() {
    let folder = with_files();
    let folder = folder.path();
    edit(folder, "count = \"page_view\"", "count = [\"page_view\", \"page_veiw\", \"fax\"]");
    warned(
        folder,
        &[
            "warning: p.toml:18:33: no event is of the kind \"page_veiw\"; did you mean \"page_view\"?",
            "warning: p.toml:18:46: no event is of the kind \"fax\"",
        ],
    );
}

#[test]
fn absurd_times_are_no_harm() {
    let folder = with_files();
    let folder = folder.path();
    let all = "views = { count = \"page_view\" }\n\
               first = { days_since_first = \"*\" }\nlast = { days_since_last = \"*\" }\n\
               gap = { longest_gap = \"*\" }\nrate = { rate = \"*\" }\ndays = { active_days = \"*\" }\n\
               decayed = { decayed = \"*\", half_life = \"1s\" }\n\
               trend = { trend = \"*\", window = \"3000w\" }\n";
    edit(folder, "views = { count = \"page_view\" }\n", all);
    append(
        folder,
        "events.csv",
        "l1,page_view,0001-01-01T00:00:00Z,,z1,/,1\n\
         l1,page_view,-009998-01-01T00:00:00Z,,z2,/,1\n\
         l2,page_view,9998-12-31T00:00:00Z,2024-01-09T08:00:00Z,z3,/,1\n\
         l2,page_view,2024-01-09T08:00:00Z,9998-12-31T00:00:00Z,z4,/,1\n",
    );
    warned(folder, &[]);
    succeed(folder, &["signals", "p.toml", "--out", "v.csv"]);
    let values = std::fs::read_to_string(folder.join("v.csv")).unwrap();
    assert!(!["inf", "NaN", "nan"].iter().any(|word| values.contains(word)), "{values}");
    let l2 = values.lines().find(|line| line.starts_with("l2,")).unwrap();
    assert_eq!(l2.split(',').nth(5), Some("3"), "the two absurd ones are after the moment: {l2}");
}

#[test]
fn leads_as_exports_have_them() {
    let folder = with_files();
    let folder = folder.path();
    // No id, an id twice, created in the future, never created, converted before created.
    append(
        folder,
        "leads.csv",
        ",2024-03-01T00:00:00Z,CEO,1\nl5,2024-03-01T00:00:00Z,CEO,99\n\
         f1,2099-01-01T00:00:00Z,CEO,1\nn1,,CEO,1\nk1,2024-03-01T00:00:00Z,CEO,1\n",
    );
    append(folder, "outcomes.csv", "k1,2020-01-01T00:00:00Z\nzz,2024-04-01T00:00:00Z\n");
    warned(
        folder,
        &[
            "1 row of leads without an id, left out",
            "1 row of leads merged into an earlier one of the same person; where they contradict, \
             the row counts that was created first, of two of one moment that of the smallest id: \
             created_at 1, job_title 1, pages 1",
            "1 row of outcomes of no known lead, left out",
            "1 lead converted before creation",
        ],
    );
    let found = json(folder, &["train", "p.toml", "--l2", "1", "--json"]);
    let record = &found["training"]["snapshots"];
    assert_eq!(record["leads"], 123);
    assert_eq!(found["training"]["data"]["rows"], 120);
    let left_out = &record["left_out"];
    let of = ["converted", "horizon_open", "without_created"].map(|reason| &left_out[reason]);
    assert_eq!(of, [1, 1, 1]);

    // Times that are none are refused by row, wherever they stand.
    files(folder);
    append(folder, "leads.csv", "l900,soon,CEO,1\n");
    refused(folder, &["leads.csv: row 121, column \"created_at\": \"soon\" is not a date"]);
    files(folder);
    append(folder, "outcomes.csv", "l3,yes\n");
    refused(folder, &["outcomes.csv: row 121, column \"converted_at\": \"yes\" is not a date"]);
    let yes: String = (0..120).map(|i| format!("l{i},{}\n", ["yes", "no"][i % 2])).collect();
    write(folder, "outcomes.csv", format!("lead_id,converted_at\n{yes}"));
    refused(folder, &["p.toml:13:13: the column \"converted_at\" of outcomes.csv holds no times"]);
}

#[test]
fn what_training_needs() {
    let folder = with_files();
    let folder = folder.path();
    let train = |status: i32, says: &[&str]| {
        let error = one_line(&fail(folder, &["train", "p.toml", "--l2", "1"], status));
        says.iter().for_each(|part| assert!(error.contains(part), "{part:?} is not in: {error}"));
        assert!(!folder.join("p.bundle").exists());
    };
    edit(folder, "[snapshots]\nat = \"created + 14d\"\nhorizon = \"90d\"\n", "");
    train(2, &["p.toml: there is no [snapshots]"]);
    let outcomes = "[outcomes]\nfiles = [\"outcomes.csv\"]\nlead = \"lead_id\"\n\
                    converted = \"converted_at\"\n";
    edit(folder, outcomes, "");
    train(2, &["p.toml: there is no [outcomes]"]);
    edit(folder, "observed_until = 2025-01-01T00:00:00Z\n", "");
    train(1, &["p.toml:13:", "snapshots need observed_until"]);
    edit(folder, "2025-01-01", "2023-01-01");
    train(1, &["of 0 snapshots 0 converted within 90d", "Left out: 120 end after observed_until"]);
    // The signals are shown all the same, with why there are none.
    let said = one_line(&succeed(folder, &["signals", "p.toml"]));
    assert!(said.contains("0 snapshots") && said.contains("left out: 120 end after"), "{said}");
    edit(folder, "\"created + 14d\"", "\"2025-03-01\"");
    train(1, &["p.toml:15:6: the snapshot at 2025-03-01T00:00:00Z is not before observed_until"]);
    edit(folder, "\"created + 14d\"", "\"2024-06-01\"");
    train(1, &["all snapshots are of one moment"]);
    edit(folder, "90d", "390d");
    train(1, &["120 end after observed_until"]);
    write(folder, "p.toml", PROJECT);
    let nobody: String = (0..120).map(|i| format!("l{i},\n")).collect();
    write(folder, "outcomes.csv", format!("lead_id,converted_at\n{nobody}"));
    train(1, &["of 120 snapshots 0 converted within 90d; training needs at least 10 that did"]);
    // The call.
    files(folder);
    for (more, says) in [
        (&["--target", "x"][..], "--target is said in p.toml"),
        (&["--id", "x"], "--id is said in p.toml"),
        (&["--out", "p.toml"], "which is read too"),
    ] {
        let error = fail(folder, &[&["train", "p.toml"], more].concat(), 2);
        assert!(error.contains(says), "{error}");
    }
    for out in ["leads.csv", "events.csv", "outcomes.csv"] {
        let before = std::fs::read(folder.join(out)).unwrap();
        for command in ["train", "signals"] {
            let error = fail(folder, &[command, "p.toml", "--out", out], 2);
            assert!(error.contains("which is read too"), "{error}");
        }
        assert!(std::fs::read(folder.join(out)).unwrap() == before, "{out} is written over");
    }
}

#[test]
fn leads_to_score_with_events() {
    let folder = with_files();
    let folder = folder.path();
    succeed(folder, &["train", "p.toml", "--l2", "1", "--out", "m.bundle"]);
    let predict = |leads: &str, events: &str| {
        let args = ["predict", leads, "--events", events, "--model", "m.bundle", "--out", "p.csv"];
        let output = leadscore(folder, &args);
        let errors = one_line(&String::from_utf8(output.stderr).unwrap());
        assert!(!errors.contains("panicked"), "{errors}");
        (output.status.code(), errors)
    };
    assert_eq!(predict("leads.csv", "events.csv"), (Some(0), String::new()));
    let args = ["predict", "leads.csv", "--model", "m.bundle", "--out", "p.csv"];
    let output = leadscore(folder, &[&args[..], &["--as-of", "2024-12-01T00:00:00"]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--as-of names no time zone, and is read as UTC"), "{said}");
    std::fs::remove_file(folder.join("p.csv")).unwrap();
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    let refused = |leads: &str, events: &str, says: &[&str]| {
        let (status, errors) = predict(leads, events);
        assert!(status == Some(1) || status == Some(2), "{errors}");
        says.iter().for_each(|part| assert!(errors.contains(part), "{part:?}: {errors}"));
        assert!(!folder.join("p.csv").exists());
    };
    refused("leads.csv", "leads.csv", &["no column \"kind\"", "no column \"at\""]);
    refused("leads.csv", ".", &["is a folder"]);
    refused("leads.csv", "gone.csv", &["gone.csv: there is no such file"]);
    refused("p.toml", "events.csv", &["p.toml says where the events and ids are"]);
    write(folder, "bad.csv", leads.replace("2024-01-05T08:00:00Z", "soon"));
    refused("bad.csv", "events.csv", &["bad.csv: row 3, column \"created_at\": \"soon\" is not"]);

    // What a model measures of a property is not what it is of leads that did nothing.
    let text = "views = { count = \"page_view\", where = { page = \"/p*\" } }";
    edit(folder, "views = { count = \"page_view\" }", text);
    succeed(folder, &["train", "p.toml", "--l2", "1", "--out", "m.bundle"]);
    let events = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    write(folder, "odd.csv", events.replacen("event_id,page", "event_id,pages", 1));
    let says = "odd.csv: the events have no property \"page\", which a score needs; did you mean";
    refused("leads.csv", "odd.csv", &[says]);

    let warned = |leads: &str, says: &str| {
        write(folder, "odd.csv", leads);
        let (status, errors) = predict("odd.csv", "events.csv");
        assert!(status == Some(0) && errors.contains(says), "{says:?} is not in: {errors}");
    };
    warned(&leads.replace("\nl4,", "\n,"), "1 row of leads without an id");
    warned(&leads.replace("\nl4,", "\nl3,"), "2 rows of leads whose id another row has too");
    let lines = leads.lines().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        [cells[0], cells[2], cells[3]].join(",") + "\n"
    });
    warned(&lines.collect::<String>(), "there is no column \"created_at\"");
}
