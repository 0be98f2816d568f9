//! `leadscore points replay` on a project written by hand; every expected number was counted by
//! hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::*;
use serde_json::{Value, json};

const LEADS: &str = "\
lead_id,created_at,converted_at,closed_at
a,2024-01-01T00:00:00Z,2024-02-05T12:00:00Z,
b,2024-01-01T00:00:00Z,,
c,2024-01-01T00:00:00Z,,2024-01-20T00:00:00Z
d,2024-01-02T00:00:00Z,2024-01-25T00:00:00Z,
e,2024-02-20T00:00:00Z,,
f,2024-01-10T00:00:00Z,2024-03-20T00:00:00Z,
";
const EVENTS: &str = "\
lead_id,kind,at
a,page_view,2024-01-03T08:00:00Z
a,demo_request,2024-01-10T08:00:00Z
b,demo_request,2024-01-16T09:00:00Z
c,page_view,2024-01-05T09:00:00Z
e,demo_request,2024-02-27T10:00:00Z
f,page_view,2024-01-12T10:00:00Z
f,demo_request,2024-03-25T10:00:00Z
";
const PROJECT: &str = r#"
observed_until = 2024-03-31T00:00:00Z
[leads]
files = ["leads.csv"]
id = "lead_id"
created = "created_at"
[events]
files = ["events.csv"]
[outcomes]
converted = "converted_at"
closed = "closed_at"
"#;
/// Hands over who asked for a demo.
const FIRST: &str = r#"
name = "first"
version = "1"
hand_off = 40
[stages]
steps = [
    { name = "lead" },
    { name = "MQL", enter = 5, leave = 3 },
    { name = "SQL", enter = 40, leave = 20 },
]
[[rule]]
name = "visit"
each = "page_view"
points = 5
expires = "20d"
[[rule]]
name = "demo"
once = "demo_request"
points = 40
"#;
/// Hands over whoever visited.
const SECOND: &str = r#"
name = "second"
version = "1"
hand_off = 5
[[rule]]
name = "visit"
each = "page_view"
points = 5
"#;

fn write_project(folder: &Path) {
    for (name, text) in [
        ("leads.csv", LEADS),
        ("events.csv", EVENTS),
        ("p.toml", PROJECT),
        ("first.toml", FIRST),
        ("second.toml", SECOND),
    ] {
        write(folder, name, text);
    }
}

const REPLAY: [&str; 8] = [
    "points",
    "replay",
    "p.toml",
    "--points",
    "first.toml",
    "--points",
    "second.toml",
    "--horizon=30d",
];

/// Handed, known, converted, conversions, found, and the median of the lead times.
fn figures(period: &Value) -> (u64, u64, u64, u64, u64, Option<f64>) {
    let count = |key: &str| period[key].as_u64().unwrap();
    (
        count("handed"),
        count("known"),
        count("converted"),
        count("conversions"),
        count("found"),
        period["lead_time_days"].as_f64(),
    )
}

#[test]
fn every_hand_off_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_project(folder);
    let found = json(folder, &[&REPLAY[..], &["--json"]].concat());
    assert_eq!((&found["leads"], &found["conversions"]), (&json!(6), &json!(3)));
    let [first, second] = [0, 1].map(|set: usize| &found["rule_sets"][set]);
    assert_eq!((&first["threshold"], &second["threshold"]), (&json!(40), &json!(5)));
    // a is handed over on 11 January, b on the 17th, e on 28 February; of them a converted, 25.5
    // days later. d converted without an event; f asked for a demo only after it had converted.
    assert_eq!(figures(&first["all"]), (3, 3, 1, 3, 1, Some(25.5)));
    assert_eq!(first["all"]["precision"]["value"], 1.0 / 3.0);
    assert_eq!(first["all"]["recall"]["value"], 1.0 / 3.0);
    // a on 4 January, c on the 6th, f on the 13th: a and f convert, but later than 30 days; 32.5
    // and 67 days later.
    assert_eq!(figures(&second["all"]), (3, 3, 0, 3, 2, Some(49.75)));
    // Only first: b and e. Only second: c and f. Both: a, which second handed over first.
    let sides = found["side_by_side"].as_array().unwrap();
    let handed: Vec<&Value> = sides.iter().map(|side| &side["handed"]).collect();
    assert_eq!(handed, [2, 2, 1]);
    assert_eq!(figures(&sides[1]), (2, 2, 0, 1, 1, Some(67.0)));
    assert_eq!(figures(&sides[2]), (1, 1, 0, 1, 1, Some(32.5)));
    // By weeks: hand-offs by theirs, conversions by theirs.
    let weeks = first["weeks"].as_array().unwrap();
    let week = |day: &str| {
        let start = format!("{day}T00:00:00Z");
        weeks.iter().find(|week| week["start"] == start.as_str()).unwrap()
    };
    assert_eq!(weeks.len(), 13);
    assert_eq!(figures(week("2024-01-01")), (0, 0, 0, 0, 0, None));
    assert_eq!(figures(week("2024-01-08")), (1, 1, 1, 0, 0, None));
    assert_eq!(figures(week("2024-01-15")), (1, 1, 0, 0, 0, None));
    assert_eq!(figures(week("2024-01-22")), (0, 0, 0, 1, 0, None));
    assert_eq!(figures(week("2024-02-05")), (0, 0, 0, 1, 1, Some(25.5)));
    assert_eq!(figures(week("2024-02-26")), (1, 1, 0, 0, 0, None));
    assert_eq!(figures(week("2024-03-18")), (0, 0, 0, 1, 0, None));
    // a, c and f come up to MQL by a visit; a goes on, and f falls back when its visit expires.
    let moves = json!([
        { "from": "lead", "to": "MQL", "moves": 3 },
        { "from": "lead", "to": "SQL", "moves": 2 },
        { "from": "MQL", "to": "lead", "moves": 1 },
        { "from": "MQL", "to": "SQL", "moves": 1 },
    ]);
    assert_eq!(first["stage_moves"], moves);
    assert!(second.get("stage_moves").is_none());
    // A period: what came before it is not counted, but a lead that was handed over stays so.
    let period = ["--from", "2024-01-12", "--to", "2024-02-20", "--json"];
    let found = json(folder, &[&REPLAY[..], &period].concat());
    assert_eq!(figures(&found["rule_sets"][0]["all"]), (1, 1, 0, 2, 1, Some(25.5)));
    let said = succeed(folder, &REPLAY);
    for line in said.lines() {
        assert!(line.chars().count() <= 80, "{line:?}");
    }
}

/// The lines of a file whose times are not after a moment; later outcomes are taken out.
fn cut(text: &str, to: &str) -> String {
    let later = |cell: &str| cell.starts_with("20") && cell > to;
    let mut lines = text.lines();
    let mut out = format!("{}\n", lines.next().unwrap());
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        if later(cells[1]) || (later(cells[2]) && cells.len() == 3) {
            continue;
        }
        let kept: Vec<&str> =
            cells.iter().map(|cell| if later(cell) { "" } else { *cell }).collect();
        out += &format!("{}\n", kept.join(","));
    }
    out
}

#[test]
fn a_replay_needs_no_future() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for to in ["2024-01-21T06:00:00Z", "2024-02-04T00:00:00Z", "2024-02-28T00:00:00Z"] {
        write_project(folder);
        let until = ["--from", "2024-01-01", "--to", to, "--json"];
        let whole = succeed(folder, &[&REPLAY[..], &until].concat());
        let (leads, events) = (cut(LEADS, to), cut(EVENTS, to));
        assert!(leads.len() < LEADS.len() && events.len() < EVENTS.len());
        write(folder, "leads.csv", leads);
        write(folder, "events.csv", events);
        assert_eq!(succeed(folder, &[&REPLAY[..], &until].concat()), whole, "{to}");
    }
}
