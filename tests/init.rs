//! What `init` writes and says, held against the files that it looked at.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::Path;

use common::small_project::one_line;
use common::*;

/// Runs `init` anew; what it said, and the file that it wrote.
fn init(folder: &Path, args: &[&str]) -> (String, String) {
    let out = folder.join("p.toml");
    let _ = std::fs::remove_file(&out);
    let output = leadscore(folder, &[&["init", "--out", "p.toml"], args].concat());
    let [said, errors] = [output.stdout, output.stderr].map(|of| String::from_utf8(of).unwrap());
    assert!(output.status.success(), "{errors}");
    (one_line(&format!("{errors}\n{said}")), std::fs::read_to_string(out).unwrap())
}

fn until(project: &str) -> &str {
    let line = project.lines().find(|line| line.starts_with("observed_until"));
    line.and_then(|line| line.strip_prefix("observed_until = ")).unwrap_or(project)
}

#[test]
fn what_was_observed_last_is_in_no_plan() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Deals are closed until June; open ones are to be closed in July, and one in a far future.
    let deals = |stages: [&str; 3]| {
        let [won, lost, open] = stages;
        format!(
            "Record ID,Deal Stage,Create Date,Close Date,Expected close date\n\
             1,{won},2024-01-02 10:00,2024-05-01 10:00,2024-09-01\n\
             2,{lost},2024-01-03 10:00,2024-06-01 12:30,2024-09-02\n\
             3,{open},2024-01-04 10:00,2024-07-01 10:00,2024-09-03\n\
             4,{open},2024-01-05 10:00,2999-07-01 10:00,2024-09-04\n"
        )
    };
    write(folder, "deals.csv", deals(["Closed won", "Closed lost", "Proposal"]));
    let (_, project) = init(folder, &["deals.csv"]);
    assert_eq!(until(&project), "2024-06-01T12:30:00Z");
    assert!(
        project.contains("# Looked at for deals that are closed: [\"Close Date\"]"),
        "{project}"
    );
    // Nothing says which deals are closed: the dates may be plans, and that is said.
    write(folder, "deals.csv", deals(["A", "B", "C"]));
    let (_, project) = init(folder, &["deals.csv"]);
    assert_eq!(until(&project), "2024-01-05T10:00:00Z");
    let left_out = "plans in it: [\"Close Date\", \"Expected close date\"].";
    assert!(project.contains(left_out), "{project}");
    // Events tell of later days, but for those that are planned; one that is to come was known before.
    write(folder, "deals.csv", deals(["Closed won", "Closed lost", "Proposal"]));
    let events = "Record ID,kind,at,known_at\n\
                  1,call,2024-02-01T09:00:00Z,2024-08-02T09:00:00Z\n\
                  2,meeting,2999-01-01T09:00:00Z,2024-08-01T09:00:00Z\n";
    write(folder, "events.csv", events);
    let (_, project) = init(folder, &["deals.csv", "--events", "events.csv"]);
    assert_eq!(until(&project), "2024-08-02T09:00:00Z");
    let events = "Record ID,kind,at\n1,call,2024-08-03T09:00:00Z\n2,meeting,2999-01-01T09:00:00Z\n";
    write(folder, "events.csv", events);
    let (_, project) = init(folder, &["deals.csv", "--events", "events.csv"]);
    assert_eq!(until(&project), "2024-08-03T09:00:00Z");
}

#[test]
fn days_that_excel_counts_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows: String =
        (0..30).map(|i| format!("{i},{},{}\n", 45_600 + i, 45_000 + 7 * i)).collect();
    write(folder, "leads.csv", format!("Lead ID,Created,Amount\n{rows}"));
    let (said, project) = init(folder, &["leads.csv"]);
    let says = "dates in Created, which hold days as Excel counts them: format the cells as dates";
    assert!(said.contains(says), "{said}");
    assert!(project.contains("# [\"Created\"] hold days as Excel counts them"), "{project}");
    // Who names them all the same is told too.
    write(
        folder,
        "p.toml",
        "[leads]\nfiles = [\"leads.csv\"]\nid = \"Lead ID\"\ncreated = \"Created\"\n",
    );
    let error = fail(folder, &["signals", "p.toml"], 1);
    assert!(error.contains("row 1 has \"45600\"; a day as Excel counts them? Format"), "{error}");
}

#[test]
fn events_of_other_leads_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let leads: String = (0..40).map(|i| format!("l{i},2024-01-{:02}\n", i % 28 + 1)).collect();
    write(folder, "leads.csv", format!("lead_id,created_at\n{leads}"));
    let events = |of: &dyn Fn(usize) -> String| {
        let rows: String =
            (0..200).map(|i| format!("{},view,2024-02-{:02}\n", of(i), i % 28 + 1)).collect();
        write(folder, "events.csv", format!("lead_id,kind,at\n{rows}"));
        init(folder, &["leads.csv", "--events", "events.csv"])
    };
    let (said, project) = events(&|i| format!("l{}", i % 40));
    assert!(!said.contains("warning"), "{said}");
    assert!(!project.contains("name one of the leads"), "{project}");
    let (said, project) = events(&|i| format!("l{}", i % 50));
    assert!(!said.contains("warning"), "most of them are known: {said}");
    assert!(project.contains("# Of 200 events 160 name one of the leads"), "{project}");
    let (said, project) =
        events(&|i| format!("{}{}", if i.is_multiple_of(50) { "l" } else { "x" }, i % 40));
    assert!(said.contains("warning: 98.0 % of 200 events (196) are of no known lead"), "{said}");
    assert!(said.contains("they name leads like \"x1\", leads have ids like \"l0\""), "{said}");
    assert!(project.contains("# Of 200 events 4 name one of the leads"), "{project}");
    let (said, _) = events(&|i| format!("L{}", i % 40));
    assert!(said.contains("of 200 events none is of a known lead"), "{said}");
    assert!(said.contains("in lower case they would name leads"), "{said}");
}
