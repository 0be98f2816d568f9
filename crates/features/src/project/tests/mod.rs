//! Every key of a project file, and every mistake with its place.

mod sections;
mod signals;

use super::*;

/// Sections that a file needs for the rest to be read.
const START: &str = "[leads]\nfiles = \"l.csv\"\nid = \"lead_id\"\ncreated = \"created_at\"\n\
                     [events]\nfiles = \"e.csv\"\n";

fn parsed(text: &str) -> Project {
    match Project::parse("leadscore.toml", text) {
        Ok(project) => project,
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// The mistakes of a file, one a line, without the file's name.
fn mistakes(text: &str) -> Vec<String> {
    let error = Project::parse("p.toml", text).expect_err(text);
    error.to_string().lines().map(|line| line.replacen("p.toml:", "", 1)).collect()
}

/// Checks that a file has just these mistakes: each begins with its place and goes on so.
fn refused(text: &str, expected: &[&str]) {
    let found = mistakes(text);
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
    assert!(same, "{text}\nfound:\n{}\nexpected:\n{}", found.join("\n"), expected.join("\n"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_text_is_a_project_or_an_error(
        text in proptest::prop_oneof![
            "\\PC{0,200}",
            "(observed_until|\\[leads\\]|\\[\\[events\\]\\]|\\[snapshots\\]|\\[signals\\]|files|id|at|=|\
              \"a\"|1|\\{|\\}|\\[|\\]|count|persona|where|,|\n| |2024-01-01|true|é){0,60}",
        ]
    ) {
        if let Err(error) = Project::parse("p.toml", &text) {
            proptest::prop_assert!(!error.mistakes.is_empty());
            proptest::prop_assert!(error.mistakes.iter().all(|m| m.at.line >= 1 && m.at.column >= 1));
        }
    }

    /// A whole file with one piece of it replaced by something else.
    #[test]
    fn a_broken_project_is_an_error_with_a_place(
        at in 0..FULL.len(),
        length in 0..40_usize,
        with in proptest::prop_oneof![
            "[\\[\\]{}=\",.\n#a1é *-]{0,6}",
            "(true|1|\"\"|\"a\"|\\[\\]|\\{\\}|1.5|2024-01-01|\\[1\\]|\\[\"a\", \"a\"\\]|nan|\"converted\")",
        ],
    ) {
        let (Some(start), Some(end)) = (FULL.get(..at), FULL.get((at + length).min(FULL.len())..))
        else { return Ok(()) };
        let text = format!("{start}{with}{end}");
        if let Err(error) = Project::parse("p.toml", &text) {
            proptest::prop_assert!(!error.mistakes.is_empty());
            let mut sorted = error.mistakes.clone();
            sorted.sort_by_key(|mistake| mistake.at);
            proptest::prop_assert_eq!(sorted, error.mistakes);
        }
    }
}

/// A file with every key.
const FULL: &str = r#"observed_until = 2025-12-31T00:00:00Z

[leads]
files = ["leads.csv", "more/*.csv"]
id = "lead_id"
account = "account"
created = "created_at"
same_person = ["email", "phone"]
categories = ["zip"]
drop = ["notes"]
keep = ["source id"]
missing = { pdays = [999, "x"], flag = true, age = -1.5 }

[[ids]]
files = "visitors.csv"
id = "visitor_id"
lead = "lead_id"

[[events]]
files = ["web.parquet"]
lead = "visitor_id"
kind = "event"
at = "time"
known_at = "seen"
id = "event_id"

[[events]]
files = ["mail.parquet"]
[events.history]
kind = "change"
attribute = "field"
value = "new"
attributes = ["employees", "industry"]

[outcomes]
files = ["outcomes.csv"]
lead = "lead"
converted = "converted_at"
closed = "closed_at"

[snapshots]
at = "created + 14d"
horizon = "90d"

[filters]
duplicates = false
before_created = true
future = "10min"
internal = { ip = ["10.*", "192.168.*"], agent = "bot", hits = { at_least = 100 } }
scanners = { seconds = 9, sent = "sent", acts = ["opened"] }
bursts = { events = 50, seconds = 60 }

[signals]
zeta = { count = "page_view", where = { page = "/pricing*" }, window = "30d" }
alpha = { seniority = "job_title" }
"#;
