//! Files of a project as exports really are: a clear error that names the file, the row and the column,
//! or a counted warning; never a panic, nothing half-written, nothing lost in silence.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::small_project::*;
use common::*;
use leadscore_features::io::{Packing, Sheet, SheetColumn, write_sheet};

#[test]
fn the_files_are_good_before_they_are_spoilt() {
    let folder = with_files();
    let output = leadscore(folder.path(), &["train", "p.toml", "--l2", "1", "--json"]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["training"]["data"]["rows"], 120);
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
            "note: 1 event of known leads does not say when it was known, and counts as known when",
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
    // So are those of leads by themselves, with what to give where they are new.
    write(folder, "events.csv", &events);
    succeed(folder, &["train", "p.toml", "--l2", "1", "--out", "m.bundle"]);
    write(folder, "other.csv", events.replace("\nl", "\nx"));
    let predict = |leads: &str| {
        let args = ["predict", leads, "--events", "other.csv", "--model", "m.bundle"];
        let output = leadscore(folder, &[&args[..], &["--out", "scores.csv"]].concat());
        (output.status.code(), one_line(&String::from_utf8(output.stderr).unwrap()))
    };
    let (status, error) = predict("leads.csv");
    assert_eq!(status, Some(1), "{error}");
    for part in [
        "leads.csv: of 300 events none is of a known lead: they name leads like \"x0\", leads have ids like \"l0\"",
        "or name the column of the leads' ids with --id (in explain --id-column). If these leads have no events \
         yet, give a file with the columns of other.csv alone",
    ] {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    assert!(!folder.join("scores.csv").exists());
    write(folder, "other.csv", events.lines().next().unwrap().to_owned() + "\n");
    let (status, said) = predict("leads.csv");
    assert_eq!(status, Some(0), "{said}");
    // Nothing says whose the events are of an id that two rows have.
    let leads = read("leads.csv");
    write(folder, "twice.csv", format!("{leads}{}\n", leads.lines().nth(1).unwrap()));
    let of_first: Vec<&str> = events
        .lines()
        .filter(|line| line.starts_with("lead_id") || line.starts_with("l0,"))
        .collect();
    write(folder, "other.csv", of_first.join("\n") + "\n");
    let (status, error) = predict("twice.csv");
    let twice =
        "if one lead alone had that id they would name leads; keep one row of leads of each id";
    assert!(status == Some(1) && error.contains(twice), "{error}");
    std::fs::remove_file(folder.join("scores.csv")).unwrap();
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
    // A model knows the kinds that it has learnt from, and tells of others alone.
    succeed(folder, &["train", "p.toml", "--l2", "1", "--out", "m.bundle"]);
    let scored = |folder: &Path| {
        let args = ["predict", "--model", "m.bundle", "p.toml", "--out", "s.csv"];
        one_line(&String::from_utf8(leadscore(folder, &args).stderr).unwrap())
    };
    let said = "warning: 1 kind of events that the model has hardly learnt from, or not at all, counts where \
                events of any kind (\"*\") do: fax 2";
    assert!(scored(folder).contains(said), "{}", scored(folder));
    let faxes: String =
        (2..12).map(|i| format!("l{i},fax,2024-01-09T08:00:00Z,,g{i},/,1\n")).collect();
    append(folder, "events.csv", faxes);
    succeed(folder, &["train", "p.toml", "--l2", "1", "--out", "m.bundle", "--name", "m"]);
    assert!(!scored(folder).contains("fax"), "{}", scored(folder));
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
            "1 lead converted before creation, and so without a snapshot, like \"k1\"",
        ],
    );
    let found = json(folder, &["train", "p.toml", "--l2", "1", "--json"]);
    let record = &found["training"]["snapshots"];
    assert_eq!(record["leads"], 123);
    assert_eq!(found["training"]["data"]["rows"], 120);
    let left_out = &record["left_out"];
    let of = ["converted", "horizon_open", "without_created"].map(|reason| &left_out[reason]);
    assert_eq!(of, [1, 1, 1]);

    // What is closed before it came to be is told as well.
    files(folder);
    let outcomes = std::fs::read_to_string(folder.join("outcomes.csv")).unwrap();
    let with_closed: String = outcomes
        .lines()
        .map(|line| match line {
            "lead_id,converted_at" => format!("{line},closed_at\n"),
            "l1," | "l3," => format!("{line},2020-01-01T00:00:00Z\n"),
            _ => format!("{line},\n"),
        })
        .collect();
    write(folder, "outcomes.csv", with_closed + "l0,2020-01-01T00:00:00Z,\n");
    edit(folder, "[snapshots]", "closed = \"closed_at\"\n[snapshots]");
    warned(
        folder,
        &[
            "warning: 1 lead converted before creation and 2 leads closed before creation, and so without a snapshot, like",
        ],
    );

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
        (&["--target", "x"][..], "p.toml says itself what --target would: leave it out"),
        (
            &["--id", "x", "--target", "y", "--time", "z"],
            "p.toml says itself what --target, --id and --time would: leave them out",
        ),
        (&["--positive", "a", "--negative", "a"], "name the same value"),
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

#[test]
fn the_last_day_there_is_stands_for_never() {
    let folder = with_files();
    let folder = folder.path();
    edit(
        folder,
        "converted = \"converted_at\"\n",
        "converted = \"converted_at\"\nclosed = \"closed_at\"\n",
    );
    let outcomes = std::fs::read_to_string(folder.join("outcomes.csv")).unwrap();
    let lines = outcomes.lines().enumerate().map(|(i, line)| match i {
        0 => format!("{line},closed_at\n"),
        _ => format!("{line},9999-12-31\n"),
    });
    write(folder, "outcomes.csv", lines.collect::<String>());
    append(folder, "events.csv", "l2,page_view,2024-01-09T08:00:00Z,9999-12-31,z4,/,1\n");
    warned(
        folder,
        &[
            "120 times in \"closed_at\" before 1980 or after 2099, like 9999-12-31T00:00:00Z",
            "there are events that were known at 9999-12-31T00:00:00Z",
        ],
    );
}

#[test]
fn events_that_are_still_to_come_have_any_property() {
    let folder = with_files();
    let folder = folder.path();
    let more = "depth = { sum = \"value\", of = \"page_view\" }\n\
                deep = { count = \"page_view\", where = { value = { at_least = 2 }, page = \"/p1\" } }\n";
    write(folder, "p.toml", format!("{PROJECT}{more}"));
    write(folder, "events.csv", "lead_id,kind,at,known_at,event_id,page,value\n");
    warned(folder, &["no event is of the kind \"page_view\""]);
    succeed(folder, &["signals", "p.toml", "--out", "v.csv"]);
    let values = std::fs::read_to_string(folder.join("v.csv")).unwrap();
    assert!(values.lines().next().unwrap().contains("depth,deep"), "{values}");
}

#[test]
fn a_quote_that_is_never_closed_hides_nothing() {
    for (name, line) in [
        ("events.csv", "l1,page_view,2024-01-09T08:00:00Z,,z1,/,\"1\n"),
        ("leads.csv", "l500,2024-01-09T08:00:00Z,CEO,\"1\n"),
        ("outcomes.csv", "l500,\"2024-03-09\n"),
    ] {
        let folder = with_files();
        let folder = folder.path();
        let good = std::fs::read_to_string(folder.join(name)).unwrap();
        let (header, rows) = good.split_once('\n').unwrap();
        write(folder, name, format!("{header}\n{line}{rows}"));
        refused(
            folder,
            &[&format!("{name}: row 1 (line 2): a quote that is opened here is not closed")],
        );
    }
}
