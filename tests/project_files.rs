//! Handmade projects through the real binary: attribute history, several ids of one person,
//! moments of snapshots, each filter, several sources of events. Every expected number was counted
//! by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::*;
use leadscore_features::Time;
use leadscore_features::io::{Packing, Sheet, SheetColumn, read_table, write_sheet};

const LEADS: &str = "\
lead_id,created_at,email,job_title,converted_at
a,2024-01-01T00:00:00Z,ana@x.com,CEO,2024-02-01T00:00:00Z
b,2024-01-02T00:00:00Z,bea@x.com,Head of IT,
c,2024-01-03T00:00:00Z,cai@x.com,Intern,
";
const TOP: &str = r#"
observed_until = 2025-01-01T00:00:00Z
[leads]
files = ["leads.csv"]
id = "lead_id"
created = "created_at"
"#;
const EVENTS: &str = r#"
[events]
files = ["events.csv"]
known_at = "known_at"
id = "event_id"
"#;
const OUTCOMES: &str = r#"
[outcomes]
converted = "converted_at"
"#;
const AGE: &str = r#"
[snapshots]
at = "created + 14d"
horizon = "90d"
"#;
const VIEWS: &str = "[signals]\nviews = { count = \"page_view\" }\n";
const HEADER: &str = "lead_id,kind,at,known_at,event_id,page,ip,attribute,to\n";

fn project(folder: &Path, parts: &[&str]) {
    write(folder, "p.toml", parts.concat());
}

/// The values of one signal, by lead and moment, as they are written.
fn values(folder: &Path, signal: &str) -> BTreeMap<(String, String), String> {
    succeed(folder, &["signals", "p.toml", "--out", "v.csv"]);
    let table = read_table(&folder.join("v.csv")).unwrap();
    let column = |name: &str| {
        let column = table.column(name).unwrap();
        column.cells().map(|cell| cell.into_text().unwrap_or_default().into_owned())
    };
    let moments = column("as_of").map(|as_of| as_of[..10].to_owned());
    column("lead").zip(moments).zip(column(signal)).collect()
}

/// The values of one signal where each lead has one moment.
fn by_lead(folder: &Path, signal: &str) -> Vec<String> {
    values(folder, signal).into_iter().map(|((lead, _), value)| format!("{lead}={value}")).collect()
}

/// What was said beside the result.
fn warnings(folder: &Path, args: &[&str]) -> String {
    let output = leadscore(folder, args);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    errors.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn attributes_are_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "leads.csv", LEADS);
    let events = "\
a,set,2024-01-01T00:00:00Z,,1,,,job_title,Intern
a,set,2024-06-01T00:00:00Z,,2,,,job_title,CEO
b,set,2024-01-05T00:00:00Z,,3,,,job_title,Manager
b,set,2024-01-06T00:00:00Z,2024-03-01T00:00:00Z,4,,,job_title,Head of IT
c,set,2024-06-01T00:00:00Z,,5,,,job_title,Intern
";
    write(folder, "events.csv", format!("{HEADER}{events}"));
    let history = "[events.history]\nattributes = [\"job_title\"]\n[signals]\n\
                   seniority = { seniority = \"job_title\" }\ntitle = { attribute = \"job_title\" }\n";
    project(folder, &[TOP, OUTCOMES, AGE, EVENTS, history]);
    // c had no title that is known of before June.
    assert_eq!(by_lead(folder, "title"), ["a=Intern", "b=Manager", "c="]);
    assert_eq!(by_lead(folder, "seniority"), ["a=intern", "b=manager", "c="]);
    let later = AGE.replace("created + 14d", "2024-07-01");
    let open = OUTCOMES.replace("converted_at", "created_at");
    assert_ne!(open, OUTCOMES);
    project(folder, &[TOP, OUTCOMES, &later, EVENTS, history]);
    assert_eq!(by_lead(folder, "title"), ["b=Head of IT", "c=Intern"]);
    // Without history the title of today is all there is, and it is said to be.
    let plain = "[signals]\nseniority = { seniority = \"job_title\" }\n";
    project(folder, &[TOP, OUTCOMES, AGE, plain]);
    assert_eq!(by_lead(folder, "seniority"), ["a=c_level", "b=head", "c=intern"]);
    let found = json(folder, &["signals", "p.toml", "--json"]);
    assert_eq!(found["signals"][0]["static"], true);
}

#[test]
fn one_person_of_several_ids() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // a2 is a: the same address, another title; b has a stand-in for none.
    let leads = "\
lead_id,created_at,email,job_title,converted_at
a,2024-01-05T00:00:00Z,ana@x.com,CEO,
b,2024-01-02T00:00:00Z,n/a,Head of IT,
c,2024-01-03T00:00:00Z,n/a,Intern,
a2,2024-01-01T00:00:00Z,ANA@x.com,CTO,2024-02-01T00:00:00Z
";
    write(folder, "leads.csv", leads);
    // v3 is of two people, v4 of nobody; v1 twice of one is one.
    let ids = "visitor,lead\nv1,a\nv1,a2\nv2,b\nv3,b\nv3,c\nv4,zz\n";
    write(folder, "ids.csv", ids);
    let mut events = String::from(HEADER);
    for (number, lead) in
        ["a", "a2", "v1", "ana@x.com", "b", "v2", "v2", "v3", "v4", "c", "v9"].iter().enumerate()
    {
        events.push_str(&format!("{lead},page_view,2024-01-06T00:00:00Z,,{number},/,,,\n"));
    }
    write(folder, "events.csv", events);
    let same = "same_person = [\"email\"]\n";
    let map = "[[ids]]\nfiles = [\"ids.csv\"]\nid = \"visitor\"\nlead = \"lead\"\n";
    project(folder, &[TOP, same, map, OUTCOMES, AGE, EVENTS, VIEWS]);
    assert_eq!(by_lead(folder, "views"), ["a2=4", "b=3", "c=1"]);
    let said = warnings(folder, &["signals", "p.toml"]);
    for part in [
        "1 row of leads merged into an earlier one of the same person",
        "the row counts that was created first, of two of one moment that of the smallest id: \
         created_at 1, email 1, job_title 1",
        "2 other ids joined to leads; 1 names more than one person and names none now; 1 is of no",
        "of 11 rows of events: 3 events of no known lead",
    ] {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
    // The earliest creation and the outcome are the person's.
    let moments: Vec<String> = values(folder, "views").into_keys().map(|(_, day)| day).collect();
    assert_eq!(moments, ["2024-01-15", "2024-01-16", "2024-01-17"]);
    assert_eq!(by_lead(folder, "converted"), ["a2=true", "b=false", "c=false"]);
    // Without the map and the key.
    project(folder, &[TOP, OUTCOMES, AGE, EVENTS, VIEWS]);
    assert_eq!(by_lead(folder, "views"), ["a=1", "a2=1", "b=1", "c=1"]);
}

#[test]
fn the_own_id_of_a_lead_is_never_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // What 102 goes by is the id of 101, and an address has no case.
    let leads = "lead_id,created_at,job_title,account_no,email,converted_at\n\
                 102,2024-01-02T00:00:00Z,CTO,101,Ana@X.com,\n\
                 101,2024-01-01T00:00:00Z,CEO,,b@x.com,\n\
                 103,2024-01-03T00:00:00Z,CTO,A7,ana@x.com,\n";
    write(folder, "leads.csv", leads);
    write(folder, "ids.csv", "visitor,lead\n101,103\nv1,b@X.COM\n");
    let events = ["101", "101", "ANA@x.com", "a7", "v1"]
        .map(|lead| format!("{lead},page_view,2024-01-06T00:00:00Z,,,/,,,\n"));
    write(folder, "events.csv", format!("{HEADER}{}", events.concat()));
    let same = "same_person = [\"account_no\", \"email\"]\n";
    let map = "[[ids]]\nfiles = [\"ids.csv\"]\nid = \"visitor\"\nlead = \"lead\"\n";
    project(folder, &[TOP, same, map, OUTCOMES, AGE, EVENTS, VIEWS]);
    assert_eq!(by_lead(folder, "views"), ["101=3", "102=2"]);
    let said = warnings(folder, &["signals", "p.toml"]);
    for part in [
        "1 other id joined to leads; 0 name more than one person and name none now; 1 is another lead's \
         own id, and goes on naming that one; 0 are of no known lead",
        "warning: 1 value by which rows are one person is another lead's own id, and what goes by it is of \
         that lead, like \"101\": `same_person` and `id` should not share values",
    ] {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
    assert!(!said.contains("events of no known lead"), "{said}");
}

#[test]
fn of_a_person_the_row_created_first_counts() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Two of one moment, one that came later; two whose address is that of nobody.
    let rows = [
        "c,2024-03-05T00:00:00Z,ana@x.com,CEO,",
        "b,2024-01-02T00:00:00Z,ana@x.com,Head of IT,",
        "a,2024-01-02T00:00:00Z,ana@x.com,,",
        "d,2024-01-03T00:00:00Z,test@test.com,Intern,",
        "e,2024-01-04T00:00:00Z,test@test.com,CFO,2024-03-01T00:00:00Z",
    ];
    let signals = "same_person = [\"email\"]\n[signals]\ntitle = { attribute = \"job_title\" }\n";
    let (same, signals) = signals.split_once('\n').unwrap();
    let project_with = |rows: &[&str]| {
        let header = "lead_id,created_at,email,job_title,converted_at\n";
        write(folder, "leads.csv", format!("{header}{}\n", rows.join("\n")));
        project(folder, &[TOP, same, "\n", OUTCOMES, AGE, signals]);
        by_lead(folder, "title")
    };
    let expected = ["a=Head of IT", "d=Intern", "e=CFO"];
    assert_eq!(project_with(&rows), expected);
    let reversed: Vec<&str> = rows.into_iter().rev().collect();
    assert_eq!(project_with(&reversed), expected);
    let said = warnings(folder, &["signals", "p.toml"]);
    for part in [
        "2 rows of leads merged into an earlier one",
        "note: the person of the most rows has 3: \"a\"",
        "note: 2 rows of leads have an address that is nobody's own",
    ] {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
}

#[test]
fn times_that_do_not_fit_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "leads.csv", LEADS.replace("T00:00:00Z", "T00:00:00"));
    let title = "[signals]\ntitle = { attribute = \"job_title\" }\n";
    let said = |until: &str| {
        project(folder, &[&TOP.replace("2025-01-01T00:00:00Z", until), OUTCOMES, AGE, title]);
        warnings(folder, &["signals", "p.toml"])
    };
    let zones = [
        "warning: p.toml:2:18: observed_until names no time zone, and is read as UTC",
        "warning: 3 times in \"created_at\" without a time zone, read as UTC",
        "warning: 1 time in \"converted_at\" without a time zone, read as UTC",
    ];
    let found = said("2024-05-01T00:00:00");
    zones.iter().for_each(|part| assert!(found.contains(part), "{part:?} is not in: {found}"));
    assert!(!found.contains("is more than") && !found.contains("came after"), "{found}");
    write(folder, "leads.csv", LEADS);
    assert_eq!(said("2024-05-01T00:00:00Z"), "");
    // A time to come is long after the last that is told of too.
    let found = said("2199-01-01");
    for part in [
        "warning: observed_until, 2199-01-01T00:00:00Z, is still to come",
        "is more than the horizon of 90d after the last outcome and event that the files tell of, 2024-02-01T00:00:00Z",
    ] {
        assert!(found.contains(part), "{part:?} is not in: {found}");
    }
    let found = said("2024-01-20");
    assert!(found.contains("warning: 1 of 1 conversion came after observed_until"), "{found}");
}

#[test]
fn moments_at_dates_and_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "leads.csv", LEADS);
    let view = |day: &str| format!("b,page_view,{day}T00:00:00Z,,,/,,,\n");
    let days = ["2024-01-20", "2024-03-01", "2024-04-15", "2024-08-01"].map(view);
    write(folder, "events.csv", format!("{HEADER}{}", days.concat()));
    let at = |rule: &str| {
        let section = format!("[snapshots]\n{rule}\nhorizon = \"90d\"\n");
        project(folder, &[TOP, OUTCOMES, &section, EVENTS, VIEWS]);
    };
    let of_b = |found: BTreeMap<(String, String), String>| -> Vec<String> {
        let of_b = found.into_iter().filter(|((lead, _), _)| lead == "b");
        of_b.map(|((_, day), value)| format!("{day}={value}")).collect()
    };
    at("at = [\"2024-06-01\", \"2024-02-01\", 2023-06-01]");
    let found = values(folder, "views");
    assert_eq!(found.len(), 4, "a had converted by February: {found:?}");
    assert_eq!(of_b(found), ["2024-02-01=1", "2024-06-01=3"]);
    let found = json(folder, &["signals", "p.toml", "--json"]);
    assert_eq!(found["left_out"]["not_created"], 3);
    assert_eq!(found["left_out"]["converted"], 2);
    let said = succeed(folder, &["signals", "p.toml"]);
    assert!(said.contains("Snapshots left out: 2 converted by then, 3 before the lead"), "{said}");

    at("every = \"30d\"");
    let found = values(folder, "views");
    // a at 31 January alone; the last whose horizon is over is 28 September.
    assert_eq!(found.keys().filter(|(lead, _)| lead == "a").count(), 1);
    let expected = [
        "2024-02-01=1",
        "2024-03-02=2",
        "2024-04-01=2",
        "2024-05-01=3",
        "2024-05-31=3",
        "2024-06-30=3",
        "2024-07-30=3",
        "2024-08-29=4",
        "2024-09-28=4",
    ];
    assert_eq!(of_b(found), expected);

    for (rule, place) in [
        ("at = \"converted_at - 7d\"", "11:6"),
        ("at = \"7 days before it converted\"", "11:6"),
        ("every = \"closing\"", "11:9"),
    ] {
        at(rule);
        for command in ["signals", "train"] {
            let error = fail(folder, &[command, "p.toml"], 1);
            let starts = format!("error: p.toml:{place}: ");
            assert!(error.starts_with(&starts) && error.contains("nobody knows when"), "{error}");
        }
    }
    at("every = \"1s\"");
    assert!(fail(folder, &["signals", "p.toml"], 1).contains("p.toml:11:9: every is at least"));
}

/// Each filter alone, on and off: how many views are left of a, and how many it took.
#[test]
fn each_filter_takes_what_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "leads.csv", LEADS);
    let mut events = String::from(HEADER);
    let mut row = |kind: &str, at: &str, known_at: &str, id: &str, ip: &str| {
        events.push_str(&format!("a,{kind},2024-01-{at}Z,{known_at},{id},/,{ip},,\n"));
    };
    row("page_view", "02T00:00:00", "", "1", "8.8.8.8");
    row("page_view", "02T00:00:00", "", "1", "8.8.8.8"); // a copy
    row("page_view", "02T00:00:00", "", "1", "8.8.8.8"); // another
    row("page_view", "02T00:00:00", "", "", "8.8.8.8"); // no id: no copy
    row("page_view", "03T00:00:00", "", "2", "10.0.0.7"); // our own people
    row("page_view", "04T00:10:00", "2024-01-04T00:00:00Z", "3", ""); // ten minutes ahead
    row("page_view", "04T00:02:00", "2024-01-04T00:00:00Z", "4", ""); // two are allowed
    for second in 0..4 {
        row("page_view", &format!("05T00:00:0{second}"), "", &format!("b{second}"), "");
    }
    row("email_sent", "06T00:00:00", "", "5", "");
    row("page_view", "06T00:00:02", "", "6", ""); // after a message was sent
    row("page_view", "06T00:00:06", "", "7", "");
    row("page_view", "20T00:00:00", "", "8", ""); // after the moment
    events.push_str("a,page_view,2023-12-31T23:59:59Z,,9,/,,,\n"); // before creation
    write(folder, "events.csv", events);
    let off = "duplicates = false\nbefore_created = false\nfuture = false\nscanners = false\n\
               bursts = false\n";
    let with = |filters: &str| {
        project(folder, &[TOP, OUTCOMES, AGE, EVENTS, "[filters]\n", filters, VIEWS]);
        let views = values(folder, "views").into_iter().next().unwrap().1;
        let found = json(folder, &["signals", "p.toml", "--json"])["events"].clone();
        let said = succeed(folder, &["signals", "p.toml"]).replace("\n  ", " ");
        let taken: Vec<String> = found
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, taken)| !["kept", "later"].contains(&name.as_str()) && **taken != 0)
            .map(|(name, taken)| {
                assert!(said.contains(&format!("{name} took {taken}")), "{said}");
                format!("{name} {taken}")
            })
            .collect();
        assert_eq!(found["later"], 1);
        (views.parse::<u32>().unwrap(), taken.join(", "))
    };
    let is = |filters: &str, views: u32, taken: &str| {
        assert_eq!(with(filters), (views, taken.to_owned()), "{filters}");
    };
    is(off, 14, "");
    is(&off.replace("duplicates = false", "duplicates = true"), 12, "duplicates 2");
    is(&off.replace("before_created = false", "before_created = true"), 13, "before_created 1");
    is(&off.replace("future = false", "future = true"), 13, "future 1");
    is(&off.replace("future = false", "future = \"1min\""), 12, "future 2");
    is(&format!("{off}internal = {{ ip = [\"10.*\"] }}\n"), 13, "internal 1");
    let scanners = "scanners = { seconds = 5, sent = \"email_sent\", acts = \"page_view\" }";
    is(&off.replace("scanners = false", scanners), 13, "scanners 1");
    let bursts = "bursts = { events = 4, seconds = 3 }";
    // The four copies of one moment are a burst too.
    is(&off.replace("bursts = false", bursts), 6, "bursts 8");
    let all = format!(
        "duplicates = true\nbefore_created = true\nfuture = true\ninternal = {{ ip = \"10.*\" }}\n\
         {scanners}\n{bursts}\n"
    );
    is(&all, 4, "before_created 1, bursts 4, duplicates 2, future 1, internal 1, scanners 1");
    // Nothing said: copies alone.
    is("", 12, "duplicates 2");
}

#[test]
fn several_sources_of_events() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "leads.csv", LEADS);
    let day = |day: u32| format!("2024-01-{day:02}T00:00:00Z");
    let view =
        |lead: &str, n: u32, id: &str| format!("{lead},page_view,{},,{id},/pricing,,,\n", day(n));
    std::fs::create_dir(folder.join("web")).unwrap();
    write(folder, "web/2024-01.csv", format!("{HEADER}{}", view("a", 4, "1")));
    let more = format!("{HEADER}{}{}", view("b", 5, "2"), view("a", 4, "1"));
    write(folder, "web/2024-02.csv", more);
    write(folder, "web/notes.txt", "not events");
    let texts = |texts: &[&str]| SheetColumn::Text(texts.iter().map(|&t| t.to_owned()).collect());
    let times = |days: &[u32]| {
        SheetColumn::Time(days.iter().map(|n| Some(Time::parse(&day(*n)).unwrap())).collect())
    };
    let sheet = Sheet {
        columns: vec![
            ("contact".to_owned(), texts(&["a", "c", "c"])),
            ("what".to_owned(), texts(&["page_view", "call", "page_view"])),
            ("when".to_owned(), times(&[6, 7, 30])),
            ("minutes".to_owned(), SheetColumn::Number(vec![f64::NAN, 12.5, f64::NAN])),
        ],
    };
    write_sheet(&folder.join("crm.parquet"), &sheet, Packing::Tight).unwrap();
    let sources = r#"
[[events]]
files = ["web/*.csv"]
known_at = "known_at"
id = "event_id"
[[events]]
files = ["crm.parquet"]
lead = "contact"
kind = "what"
at = "when"
"#;
    let more = "pricing = { count = \"page_view\", where = { page = \"/pricing*\" } }\n\
                minutes = { sum = \"minutes\", of = \"call\" }\n";
    let top = &TOP.replace("2025-01-01", "2024-05-01");
    project(folder, &[top, OUTCOMES, AGE, sources, VIEWS, more]);
    assert_eq!(by_lead(folder, "views"), ["a=2", "b=1", "c=0"]);
    assert_eq!(by_lead(folder, "pricing"), ["a=1", "b=1", "c=0"]);
    assert_eq!(by_lead(folder, "minutes"), ["a=0", "b=0", "c=12.5"]);
    // The catalogue says all that a signal hangs on.
    let more = "price_share = { ratio = \"page_view\", over = [\"page_view\", \"call\"], where = { page = \
                \"/pricing*\" }, over_where = { page = [\"/a\", \"/b\"] }, window = \"30d\" }\n\
                long = { count = \"call\", where = { minutes = { at_least = 10 } } }\n\
                called = { first = \"page_view\", then = \"call\", within = \"7d\" }\n\
                warmth = { decayed = \"*\", half_life = \"14d\" }\n\
                pages = { distinct = \"page\", of = \"page_view\" }\n";
    project(folder, &[TOP, OUTCOMES, AGE, sources, VIEWS, more]);
    let found = json(folder, &["signals", "p.toml", "--json"]);
    let from = |name: &str| {
        let signals = found["signals"].as_array().unwrap();
        signals.iter().find(|of| of["name"] == name).unwrap()["from"].as_str().unwrap()
    };
    assert_eq!(from("views"), "page_view; all time");
    assert_eq!(
        from("price_share"),
        "page_view where page = /pricing*; over page_view, call where page = /a or /b; 30d"
    );
    assert_eq!(from("long"), "call where minutes from 10; all time");
    assert_eq!(from("called"), "page_view; then call within 7d; all time");
    assert_eq!(from("warmth"), "any event; half-life 14d; all time");
    assert_eq!(from("pages"), "page_view; values of page; all time");
    project(folder, &[top, OUTCOMES, AGE, sources, VIEWS]);
    // All events as one file of either format are the same.
    let said = warnings(folder, &["signals", "p.toml"]);
    let empty = "note: 3 events of known leads do not say when they were known";
    assert!(said.starts_with(empty) && said.lines().count() == 1, "{said}");
    write(folder, "web/2024-03.csv", "lead,kind,at,known_at,event_id\na,call,2024-01-05,,7\n");
    let error = fail(folder, &["signals", "p.toml"], 1);
    assert!(error.contains("2024-03.csv") && error.contains("no column \"lead_id\""), "{error}");
}
