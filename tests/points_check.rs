//! `leadscore points check` on made-up data with planted faults: each is found, and nothing where
//! nothing is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::*;
use serde_json::Value;

/// 120 leads: a third in each industry, sizes from 0 to 119, and up to five visits each.
fn write_leads(folder: &Path) {
    let mut leads = String::from("lead_id,industry,employees,segment\n");
    let mut events = String::from("lead_id,kind,at,page\n");
    for lead in 0..120 {
        let industry = ["software", "retail", "health"][lead % 3];
        let segment = if lead % 3 == 0 { "A" } else { "B" };
        leads += &format!("L{lead},{industry},{lead},{segment}\n");
        for visit in 0..lead % 6 {
            let day = 1 + (lead + visit) % 28;
            events += &format!("L{lead},page_view,2024-01-{day:02}T00:00:00Z,/pricing\n");
        }
        if lead % 5 == 0 {
            events += &format!("L{lead},demo_request,2024-01-20T00:00:00Z,\n");
        }
    }
    write(folder, "leads.csv", leads);
    write(folder, "events.csv", events);
}

fn check(folder: &Path, rules: &str, with: &[&str]) -> Value {
    write(folder, "set.toml", format!("name = \"set\"\nversion = \"1\"\n{rules}"));
    let args = [&["points", "check"], with, &["--points", "set.toml"]].concat();
    let said = succeed(folder, &args);
    for line in said.lines() {
        assert!(line.chars().count() <= 80, "{line:?}");
    }
    json(folder, &[&args[..], &["--json"]].concat())[0].clone()
}

const WITH: [&str; 5] = ["leads.csv", "--events", "events.csv", "--as-of", "2024-02-01"];

/// The findings: their kind and rules.
fn findings(check: &Value) -> Vec<(String, Vec<String>, String)> {
    let list = |rules: &Value| -> Vec<String> {
        let rules = rules.as_array().into_iter().flatten();
        rules.map(|rule| rule.as_str().unwrap().to_owned()).collect()
    };
    let of = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let found = check["findings"].as_array().unwrap().iter();
    found.map(|f| (of(f, "kind"), list(&f["rules"]), of(f, "message"))).collect()
}

const CLEAN: &str = r#"
hand_off = 40
[bands]
warm = 15
hot = 40
[[rule]]
name = "software"
points = 15
when = { signal = "industry", equals = "software" }
[[rule]]
name = "large"
points = 10
when = { signal = "employees", at_least = 50 }
[[rule]]
name = "pages"
each = "page_view"
where = { page = "/pricing*" }
points = 5
[[rule]]
name = "demo"
once = "demo_request"
points = 20
"#;

#[test]
fn a_clean_set_on_clean_data_has_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_leads(folder);
    let found = check(folder, CLEAN, &WITH);
    assert_eq!(findings(&found), []);
    assert_eq!(found["leads"], 120);
    let fired = |rule: usize| found["rules"][rule]["leads"].as_u64().unwrap();
    assert_eq!([fired(0), fired(1), fired(2), fired(3)], [40, 70, 100, 24]);
    let shares = found["bands"].as_array().unwrap().iter().map(|band| band[1].as_f64().unwrap());
    assert!((shares.sum::<f64>() - 1.0).abs() < 1e-12);
    let args = [&["points", "check"], &WITH[..], &["--points", "set.toml"]].concat();
    assert!(succeed(folder, &args).contains("Nothing looks wrong."));
}

#[test]
fn each_planted_fault_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_leads(folder);
    let one = |rule: &str| findings(&check(folder, &format!("{CLEAN}{rule}"), &WITH));
    let rule = |points: i32, when: &str| {
        format!("[[rule]]\nname = \"planted\"\npoints = {points}\nwhen = {when}\n")
    };
    let plant = |text: &str, kind: &str, rules: &[&str], says: &str| {
        let found = one(text);
        let [(of, about, message)] = found.as_slice() else { panic!("{kind}: {found:?}") };
        assert_eq!(
            (of.as_str(), about.as_slice()),
            (kind, &rules.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>()[..])
        );
        assert!(message.contains(says), "{message}");
    };
    let never = rule(5, r#"{ signal = "employees", above = 500 }"#);
    plant(&never, "never_fires", &["planted"], "does nothing for any of 120 leads");
    let always = rule(5, r#"{ signal = "employees", at_least = 0 }"#);
    plant(&always, "always_fires", &["planted"], "fires for every one of 120 leads");
    let overlap = rule(5, r#"{ signal = "segment", equals = "A" }"#);
    plant(&overlap, "overlap", &["software", "planted"], "100 % have both");
    let against = rule(-5, r#"{ signal = "segment", equals = "A" }"#);
    plant(&against, "contradiction", &["software", "planted"], "gives what the other takes");
    let slip = rule(5, r#"{ signal = "industry", in = ["softwre", "retail"] }"#);
    plant(&slip, "unknown_value", &["planted"], "did you mean \"software\"?");
    // A list of kinds, of which one fires.
    let kind = "[[rule]]\nname = \"planted\"\nonce = [\"demo_requst\", \"demo_request\"]\npoints = 3\n\
                when = { signal = \"employees\", below = 60 }\n";
    plant(kind, "unknown_kind", &[], "\"demo_request\"");
    // Nobody has more than 15 + 10 + 5 x 5 + 20.
    let unreached = CLEAN.replace("hot = 40", "hot = 200");
    let found = findings(&check(folder, &unreached, &WITH));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "not_reached");
    assert!(found[0].2.contains("no lead reaches hot (200)"), "{found:?}");
    let limited =
        format!("[scale]\ncap = 40\n{}", CLEAN.trim_start().replacen("hand_off = 40", "", 1));
    let limited = limited.replace("points = 15", "points = 35");
    let found = findings(&check(folder, &limited, &WITH));
    assert!(found.iter().any(|(kind, ..)| kind == "often_limited"), "{found:?}");
}

#[test]
fn findings_fail_a_strict_check_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_leads(folder);
    let args = [&["points", "check"], &WITH[..], &["--points", "set.toml"]].concat();
    let strict = [&args[..], &["--strict"]].concat();
    let header = "name = \"set\"\nversion = \"1\"\n";
    write(folder, "set.toml", format!("{header}{CLEAN}"));
    assert!(succeed(folder, &strict).contains("Nothing looks wrong."));
    let never = "[[rule]]\nname = \"planted\"\npoints = 5\n\
                 when = { signal = \"employees\", above = 500 }\n";
    write(folder, "set.toml", format!("{header}{CLEAN}{never}"));
    succeed(folder, &args);
    assert_eq!(fail(folder, &strict, 1), "error: 1 finding, and --strict allows none\n");
    // What was found is printed all the same.
    let output = leadscore(folder, &[&strict[..], &["--json"]].concat());
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found[0]["findings"][0]["kind"], "never_fires");
    // A mistake fails either way.
    write(folder, "set.toml", format!("{header}{CLEAN}[[rule]]\nname = \"planted\"\n"));
    fail(folder, &args, 1);
}

/// 40 leads who came one after another through the first half of 2023 and never stop visiting.
fn write_project(folder: &Path) {
    let mut leads = String::from("lead_id,created_at,converted_at\n");
    let mut events = String::from("lead_id,kind,at\n");
    for lead in 0..60 {
        let converted = if lead < 3 { "2023-12-20T00:00:00Z" } else { "" };
        leads += &format!("L{lead},2023-01-{:02}T00:00:00Z,{converted}\n", 1 + lead % 20);
        for month in 1..=12 {
            let day = 1 + (lead * 7 + month) % 28;
            events += &format!("L{lead},page_view,2023-{month:02}-{day:02}T12:00:00Z\n");
        }
    }
    write(folder, "leads.csv", leads);
    write(folder, "events.csv", events);
    let project = "observed_until = 2024-01-01T00:00:00Z\n[leads]\nfiles = [\"leads.csv\"]\n\
                   id = \"lead_id\"\ncreated = \"created_at\"\n[events]\nfiles = [\"events.csv\"]\n\
                   [outcomes]\nconverted = \"converted_at\"\n";
    write(folder, "p.toml", project);
}

#[test]
fn a_score_that_creeps_up_is_found_and_one_that_decays_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_project(folder);
    let visits = "[[rule]]\nname = \"visit\"\neach = \"page_view\"\npoints = 5\n";
    let creeping = check(folder, visits, &["p.toml"]);
    let kinds = |check: &Value| -> Vec<String> {
        findings(check).into_iter().map(|(kind, ..)| kind).collect()
    };
    assert!(kinds(&creeping).contains(&"inflation".to_owned()), "{creeping}");
    let months = creeping["months"].as_array().unwrap();
    let mean = |month: &str| {
        months.iter().find(|m| m["month"] == month).map(|m| m["mean"].as_f64().unwrap()).unwrap()
    };
    // Those who came on the first of January at midnight did not come in December.
    assert_eq!(months[0]["month"], "2023-01");
    // One visit a month, all of which count for ever.
    assert_eq!((mean("2023-01"), mean("2023-06"), mean("2023-12")), (5.0, 30.0, 60.0));
    let fresh = format!("{visits}window = \"31d\"\n");
    let fading = check(folder, &fresh, &["p.toml"]);
    assert!(!kinds(&fading).contains(&"inflation".to_owned()), "{fading}");
}

#[test]
fn little_data_makes_no_findings_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_leads(folder);
    let header = "lead_id,industry,employees,segment\n";
    let one = format!("{header}L1,software,3,A\n");
    write(folder, "one.csv", one);
    let found = check(folder, CLEAN, &["one.csv", "--as-of", "2024-02-01"]);
    assert_eq!((&found["leads"], findings(&found)), (&1.into(), vec![]));
    // A kind that no event is of is told of one lead too: it may be a slip of the pen.
    let with = ["one.csv", "--events", "events.csv", "--as-of", "2024-02-01"];
    let found = findings(&check(folder, CLEAN, &with));
    assert!(found.iter().all(|(kind, ..)| kind == "unknown_kind"), "{found:?}");
    // Without events, nothing is said of rules that hang on them.
    let found = check(folder, CLEAN, &["leads.csv", "--as-of", "2024-02-01"]);
    assert_eq!(found["rules"][2]["unavailable"], 120);
    assert_eq!(findings(&found), []);
    // Files without rows are refused, like anywhere else.
    write(folder, "empty.csv", "");
    write(folder, "header.csv", header);
    for (leads, says) in [("empty.csv", "is empty"), ("header.csv", "a header and no rows")] {
        let error = fail(folder, &["points", "check", leads, "--points", "set.toml"], 1);
        assert!(error.contains(leads) && error.contains(says), "{error}");
    }
}
