//! What events do not tell, and why, is said where they stand: histories of attributes, measured properties, copies
//! without ids, ids that are written otherwise, and columns of numbers that a value spoils.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::small_project::*;
use common::*;

const EVENTS: &str = "lead_id,kind,at,known_at,event_id,";

/// What `signals` says on standard error.
fn said(folder: &Path) -> String {
    let output = leadscore(folder, &["signals", "p.toml"]);
    let errors = one_line(&String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{errors}");
    errors
}

/// A file in which events set an attribute of every lead when it comes to be, to what the leads say.
fn sets(folder: &Path, name: &str, columns: &str, attribute: &str) {
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    let mut text = format!("{EVENTS}{columns}\n");
    for line in leads.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [id, day, title, ..] = cells[..] else { panic!("{line}") };
        text.push_str(&format!("{id},set,{day},{day},{name}{id},{attribute},{title}\n"));
    }
    write(folder, name, text);
}

/// The project with a history of job titles, told in more files.
fn with_history(folder: &Path, files: &str, history: &str) {
    let project = PROJECT.replace("\"events.csv\"", &format!("\"events.csv\", {files}"));
    let section = format!("[events.history]\nattributes = [\"job_title\"]\n{history}[outcomes]");
    let more = "seniority = { seniority = \"job_title\" }\n";
    write(folder, "p.toml", project.replace("[outcomes]", &section) + more);
}

#[test]
fn a_history_that_a_file_does_not_tell_names_the_file() {
    let folder = with_files();
    let folder = folder.path();
    sets(folder, "crm.csv", "attribute,to", "job_title");
    sets(folder, "old.csv", "attribute,new", "job_title");
    with_history(folder, "\"crm.csv\", \"old.csv\"", "");
    let errors = said(folder);
    let lacks = "count as without a value: \"to\" in old.csv, for [events.history]";
    assert!(errors.contains(lacks), "{errors}");
    assert!(!errors.contains("[events.history] value:"), "{errors}");
    sets(folder, "old.csv", "field,to", "job_title");
    let errors = said(folder);
    assert!(errors.contains("\"attribute\" in old.csv, for [events.history]"), "{errors}");
    let none = "warning: 120 events of \"set\" name no attribute in \"attribute\", and tell the history of none";
    assert!(errors.contains(none), "{errors}");
}

#[test]
fn attributes_that_events_name_otherwise_are_told() {
    let folder = with_files();
    let folder = folder.path();
    with_history(folder, "\"crm.csv\"", "");
    sets(folder, "crm.csv", "attribute,to", "Job_Title");
    let named = "[events.history] attributes: 120 events of \"set\" name \"Job_Title\", which is no column of the \
                 leads, and so nothing is made of them; did you mean \"job_title\"?";
    assert!(said(folder).contains(named), "{}", said(folder));
    // Another attribute that the leads do not have is nobody's slip.
    sets(folder, "crm.csv", "attribute,to", "region");
    let errors = said(folder);
    assert!(!errors.contains("did you mean"), "{errors}");
    assert!(
        errors.contains("\"attribute\" names no column of the leads in 120 events"),
        "{errors}"
    );
    // In another column.
    sets(folder, "crm.csv", "attribute,to,old", "job_title");
    let text = std::fs::read_to_string(folder.join("crm.csv")).unwrap();
    let text: Vec<String> = text.lines().skip(1).map(|line| format!("{line},x\n")).collect();
    write(folder, "crm.csv", format!("{EVENTS}attribute,to,old\n{}", text.concat()));
    with_history(folder, "\"crm.csv\"", "attribute = \"old\"\n");
    let errors = said(folder);
    let other = "\"old\" names no column of the leads in 120 events of \"set\", and so all attributes would be \
                 missing; \"attribute\" does: write attribute = \"attribute\"";
    assert!(errors.contains(other), "{errors}");
    sets(folder, "crm.csv", "attribute,to", "job_title");
    with_history(folder, "\"crm.csv\"", "");
    assert_eq!(said(folder), "");
    // Some name what nobody has; another column of the leads may be told of, and is not asked for.
    let mut odd = String::new();
    for (lead, name) in
        [("l1", "shoe"), ("l2", "shoe"), ("l3", "region"), ("l4", "pages"), ("zz", "hat")]
    {
        let day = "2024-03-01T08:00:00Z";
        odd.push_str(&format!("{lead},set,{day},{day},x{lead},{name},x\n"));
    }
    append(folder, "crm.csv", odd);
    let said_of = "warning: 3 events of \"set\" set what is no column of the leads, and tell nothing: \"shoe\" 2, \
                   \"region\" 1; write names as the leads do";
    for args in [&["signals", "p.toml"][..], &["train", "p.toml", "--l2", "1", "--out", "m.bundle"]]
    {
        let errors = leadscore(folder, args).stderr;
        let errors = one_line(&String::from_utf8(errors).unwrap());
        assert!(errors.contains(said_of), "{errors}");
    }
    let args =
        ["predict", "leads.csv", "--events", "crm.csv", "--model", "m.bundle", "--out", "o.csv"];
    let errors = one_line(&String::from_utf8(leadscore(folder, &args).stderr).unwrap());
    assert!(errors.contains(said_of), "{errors}");
}

#[test]
fn an_attribute_with_a_history_is_read_alike_in_files_and_requests() {
    let folder = with_files();
    let folder = folder.path();
    with_history(folder, "\"crm.csv\", \"pages.csv\"", "");
    let project = std::fs::read_to_string(folder.join("p.toml")).unwrap();
    write(folder, "p.toml", project.replace("[\"job_title\"]", "[\"job_title\", \"pages\"]"));
    sets(folder, "crm.csv", "attribute,to", "job_title");
    let crm = std::fs::read_to_string(folder.join("crm.csv")).unwrap();
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    let mut pages = format!("{EVENTS}attribute,to\n");
    for (set, lead) in crm.lines().zip(leads.lines()).skip(1) {
        let (set, _) = set.rsplit_once(",job_title").unwrap();
        let set = set.replace("crm.csv", "p").replacen("T08", "T09", 2);
        pages.push_str(&format!("{set},pages,{}\n", lead.rsplit(',').next().unwrap()));
    }
    write(folder, "pages.csv", &pages);
    succeed(folder, &["train", "p.toml", "--l2", "1", "--out", "m.bundle"]);
    let predict = |leads: &str| {
        let args =
            ["predict", leads, "--events", "pages.csv", "--model", "m.bundle", "--out", "s.csv"];
        leadscore(folder, &args)
    };
    write(folder, "new.csv", leads.replacen(",CTO,1", ",CTO,many", 1));
    let refused = predict("new.csv");
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(
        error.contains("new.csv: row 2, column \"pages\": \"many\" is not a number"),
        "{error}"
    );
    let server = Server::start(folder, &["--model", "m.bundle"]);
    let body = r#"{"attributes": {"created_at": "2024-01-03", "job_title": "CTO", "pages": "many"}, "events": []}"#;
    let (status, answer) = server.request("POST", "/predict", body);
    assert!(status == 422 && answer.contains("\\\"many\\\" is not a number"), "{status} {answer}");
    // What an event sets and cannot be read is missing, and told.
    write(folder, "pages.csv", pages.replacen(",pages,1\n", ",pages,many\n", 1));
    let told = predict("leads.csv");
    let text = one_line(&String::from_utf8(told.stdout).unwrap());
    let unread = "the history of \"pages\" sets what cannot be read as the values of its column are, in 1 of 120";
    assert!(text.contains(unread), "{text}");
}

#[test]
fn what_spoils_a_column_is_told_where_its_file_has_it() {
    let folder = with_files();
    let folder = folder.path();
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    let (header, rows) = leads.split_once('\n').unwrap();
    let row = |(at, line): (usize, &str)| {
        let (rest, _) = line.rsplit_once(',').unwrap();
        format!("{rest},{}\n", if at == 70 { "abc".to_owned() } else { format!("{at}.5") })
    };
    let rows: Vec<String> = rows.lines().enumerate().map(row).collect();
    write(folder, "leads.csv", format!("{header}\n{}", rows[..60].concat()));
    write(folder, "more.csv", format!("{header}\n{}", rows[60..].concat()));
    edit(folder, "\"leads.csv\"", "\"leads.csv\", \"more.csv\"");
    let place = "more.csv: row 11, column \"pages\": \"abc\" is not of the numbers that 119 of 120 values are; \
                 correct it, or say in [leads]: missing = { \"pages\" = \"abc\" } if it means missing, or \
                 categories = [\"pages\"]";
    refused(folder, &[place]);
    let error = fail(folder, &["signals", "p.toml"], 1);
    assert!(!error.contains("--"), "{error}");
    edit(
        folder,
        "\"leads.csv\"]",
        "\"leads.csv\", \"more.csv\"]\nmissing = { \"pages\" = \"abc\" }",
    );
    said(folder);
    // Several are told together, and so are those that a model cannot read.
    let rows: String = rows[60..].concat();
    write(
        folder,
        "more.csv",
        format!("{header}\n{}", rows.replace("80.5", "def").replace("90.5", "def")),
    );
    edit(folder, "\"leads.csv\"", "\"leads.csv\", \"more.csv\"");
    let several = "more.csv: row 11, column \"pages\": 3 values are not of the numbers that 117 of 120 are, like \
                   \"abc\", \"def\"; correct them, or say in [leads]: missing = { \"pages\" = [\"abc\", \"def\"] } \
                   if they mean missing, or categories = [\"pages\"]";
    refused(folder, &[several]);
    write(folder, "more.csv", format!("{header}\n{}", rows.replace("abc", "70.5")));
    succeed(folder, &["train", "p.toml", "--l2", "1", "--out", "m.bundle"]);
    write(
        folder,
        "more.csv",
        format!("{header}\n{}", rows.replace("80.5", "abc").replace("90.5", "def")),
    );
    let args = ["predict", "p.toml", "--model", "m.bundle", "--out", "scores.csv"];
    let error = one_line(&fail(folder, &args, 1));
    for part in [
        "more.csv: row 11, column \"pages\": \"abc\" is not a number (in 2 rows)",
        "more.csv: row 31, column \"pages\": \"def\" is not a number",
        "correct the cells, or say in [leads] categories = [\"pages\"] and train again, which takes any text, or \
         missing = { \"pages\" = \"...\" } if that means missing",
    ] {
        assert!(error.contains(part) && !error.contains("--"), "{part:?} is not in: {error}");
    }
    let classic = "name = \"r\"\nversion = \"1\"\n[[rule]]\nname = \"Views\"\nwhen = { signal = \"views\", at_least = 2 }\npoints = 5\n";
    write(
        folder,
        "more.csv",
        format!("{header}\n{}", rows.replace("abc", "70.5").replace("110.5", "ghi")),
    );
    write(folder, "r.toml", classic);
    let args = ["compare", "p.toml", "--model", "m.bundle", "--points", "r.toml"];
    let error = one_line(&fail(folder, &args, 1));
    assert!(
        error.contains("more.csv: row 51, column \"pages\": \"ghi\" is not a number"),
        "{error}"
    );
}

#[test]
fn amounts_whose_decimal_sign_cannot_be_told_are_refused() {
    let folder = with_files();
    let folder = folder.path();
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    let (header, rows) = leads.split_once('\n').unwrap();
    let with = |amount: &dyn Fn(usize) -> String| -> Vec<String> {
        let rows = rows.lines().enumerate();
        rows.map(|(at, line)| format!("{line},\"{}\"\n", amount(1_001 + 7 * at))).collect()
    };
    let points = with(&|amount| format!("{}.{:03}", amount / 1000, amount % 1000));
    let commas = with(&|amount| format!("{},{:03}", amount / 1000, amount % 1000));
    write(folder, "leads.csv", format!("{header},amount\n{}", points[..60].concat()));
    write(folder, "more.csv", format!("{header},amount\n{}", commas[60..].concat()));
    edit(folder, "\"leads.csv\"", "\"leads.csv\", \"more.csv\"");
    let says = [
        "leads.csv: row 1, column \"amount\": \"1.001\" and \"1,421\" (",
        "more.csv: row 1) contradict each other, and nothing tells whether points or commas part thousands; write \
         all of them without, like 73223 or 8622.5, or say in [leads]: categories = [\"amount\"]",
    ];
    refused(folder, &says);
    // One amount of another kind tells it.
    write(
        folder,
        "more.csv",
        format!("{header},amount\n{}", commas[60..].concat().replace("1,421", "1,421.5")),
    );
    said(folder);
}

#[test]
fn events_that_files_share_are_told_where_they_have_no_ids() {
    let folder = with_files();
    let folder = folder.path();
    let events = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    let lines: Vec<&str> = events.lines().collect();
    let half = [&lines[..1], &lines[1..].iter().rev().step_by(2).copied().collect::<Vec<_>>()[..]];
    // As many of its own.
    let own = lines[1..].iter().step_by(2).map(|line| line.replace("T08", "T10"));
    let copy: Vec<String> = half.concat().into_iter().map(str::to_owned).chain(own).collect();
    write(folder, "copy.csv", copy.join("\n") + "\n");
    edit(folder, "\"events.csv\"", "\"events.csv\", \"copy.csv\"");
    let project = std::fs::read_to_string(folder.join("p.toml")).unwrap();
    assert!(!said(folder).contains("copy.csv"), "ids tell copies");
    write(folder, "p.toml", project.replace("id = \"event_id\"\n", ""));
    let errors = said(folder);
    let shared = "of the events in copy.csv are in events.csv too, of the same leads at the same times, and without \
                  ids they count twice";
    assert!(errors.contains(shared), "{errors}");
    // Under other ids they count twice as well.
    write(
        folder,
        "copy.csv",
        copy.join("\n").replace(",e", ",f").replace(",fvent", ",event") + "\n",
    );
    write(folder, "p.toml", &project);
    let shared = "at the same times, and under other ids they count twice: leave them out of one";
    assert!(said(folder).contains(shared), "{}", said(folder));
    write(folder, "p.toml", project.replace("id = \"event_id\"\n", ""));
    let shown = one_line(&succeed(folder, &["signals", "p.toml"]));
    let unknown = "; second copies are not known, as no column is named as the id of events";
    assert!(shown.contains(unknown) && !shown.contains("duplicates took"), "{shown}");
    // A file that is given twice says why so many are second copies; the column of ids is good.
    std::fs::copy(folder.join("events.csv"), folder.join("copy.csv")).unwrap();
    write(folder, "p.toml", project);
    let errors = said(folder);
    assert!(
        errors.contains("are the same: leave one out") && !errors.contains("if it is no id"),
        "{errors}"
    );
}

#[test]
fn properties_without_a_value_and_numbers_that_are_none_are_told() {
    let folder = with_files();
    let folder = folder.path();
    let events = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    let day = "2024-01-09T08:00:00Z";
    let calls: String = (0..5).map(|n| format!("l{n},call,{day},{day},c{n},,\n")).collect();
    write(folder, "events.csv", format!("{events}{calls}"));
    let more = "talked = { sum = \"value\", of = \"call\" }\nread = { max = \"value\", of = \"page_view\" }\n";
    write(folder, "p.toml", format!("{PROJECT}{more}"));
    let errors = said(folder);
    let empty = "warning: the property \"value\" has no value in any of 5 events of call, and so talked measures nothing";
    assert_eq!(errors, empty);
    // Most values are no plain numbers.
    let thousands = |line: &str| {
        let (rest, value) = line.rsplit_once(',').unwrap();
        if value.parse::<f64>().is_ok() {
            format!("{rest},\"1,{value}00\"\n")
        } else {
            format!("{line}\n")
        }
    };
    write(folder, "events.csv", events.lines().map(thousands).collect::<String>());
    let stray = "the property \"value\" is text, and a number is needed here; in events.csv 300 of 300 values are no \
                 number: row 1 has \"1,000\"";
    refused(folder, &[stray]);
    // One that comes after all that was looked at.
    let many: String =
        (0..10_000).map(|n| format!("l1,page_view,{day},{day},m{n},/,1\n")).collect();
    let last = format!("l1,page_view,{day},{day},last,/,\"1,200\"\n");
    write(folder, "events.csv", format!("{events}{many}{last}"));
    let errors = said(folder);
    let row = "1 event has a value of \"value\" that is not a number, and counts as missing: events.csv, row 10301 has \
               \"1,200\"";
    assert!(errors.contains(row), "{errors}");
}

#[test]
fn ids_that_one_file_writes_otherwise_are_told_with_the_remedy() {
    let folder = with_files();
    let folder = folder.path();
    for name in ["leads.csv", "events.csv", "outcomes.csv"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let rows: String = rows.lines().map(|line| format!("{}\n", &line[1..])).collect();
        write(folder, name, format!("{header}\n{rows}"));
    }
    let day = "2024-01-09T08:00:00Z";
    write(folder, "app.csv", format!("{EVENTS}page,value\n3.0,page_view,{day},{day},a1,/,1\n"));
    append(folder, "events.csv", format!("zz,page_view,{day},{day},z1,/,1\n"));
    edit(folder, "\"events.csv\"", "\"events.csv\", \"app.csv\"");
    let errors = said(folder);
    let remedy = "of 2 events of no known lead some name leads like \"3.0\", and without \".0\" at the end they would \
                  name leads; write ids alike in all files";
    assert!(errors.contains(remedy), "{errors}");
    assert!(!errors.contains("written otherwise"), "{errors}");
    // So are those of leads, which would be two.
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    write(
        folder,
        "more.csv",
        leads.lines().take(3).collect::<Vec<_>>().join("\n").replace("\n1,", "\n1.0,"),
    );
    edit(folder, "\"leads.csv\"", "\"leads.csv\", \"more.csv\"");
    let twice = "warning: 1 lead has an id that another lead has too, written otherwise, like \"1.0\" and \"1\": they \
                 count as leads of their own, and events are of one of the two; write ids alike in all files";
    let errors = said(folder);
    assert!(errors.contains(twice), "{errors}");
}
