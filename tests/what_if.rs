//! What a probability would be with one thing otherwise, through the real binary: it is the score of
//! the log with that event in it, and the same over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::*;
use serde_json::{Value as Json, json};

const LEAD: &str = "L00000007";
const AS_OF: &str = "2025-11-20T12:00:00Z";

/// A simulated project with its bundle.
fn prepare(folder: &Path) {
    let args = ["simulate", "--leads", "1500", "--seed", "5", "--out", "s", "--no-truth"];
    succeed(folder, &[&args[..], &["--format", "csv"]].concat());
    succeed(folder, &["train", "s/leadscore.toml", "--out", "m.bundle"]);
}

fn explain(folder: &Path, project: &str, more: &[&str]) -> Json {
    let args = ["explain", project, "--model", "m.bundle", "--id", LEAD, "--as-of", AS_OF];
    json(folder, &[&args[..], more, &["--json"]].concat())["model"].clone()
}

/// The columns of the log, and its rows.
fn log(folder: &Path) -> (Vec<String>, String) {
    let text = std::fs::read_to_string(folder.join("s/events.csv")).unwrap();
    let header = text.lines().next().unwrap().split(',').map(str::to_owned).collect();
    (header, text)
}

#[test]
fn a_lead_with_one_event_more_is_scored_as_its_log_would_be() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let before = explain(folder, "s/leadscore.toml", &[]);
    let best = before["what_if"].as_array().unwrap();
    assert!(!best.is_empty(), "{before}");
    let clicked = "email_clicked email_type=newsletter";
    let asked = ["--what-if-event", clicked, "--what-if", "industry=retail"];
    let asked = explain(folder, "s/leadscore.toml", &asked);
    let asked = asked["what_if"].as_array().unwrap();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0]["with"], "industry=retail");
    assert_eq!(asked[1]["with"], format!("one more {clicked}"));

    let (header, text) = log(folder);
    for change in best.iter().chain([&asked[1]]) {
        let event = &change["event"];
        let cell = |column: &String| match column.as_str() {
            "lead_id" => LEAD,
            "kind" => event["kind"].as_str().unwrap(),
            "at" | "known_at" => AS_OF,
            name => event["properties"][name].as_str().unwrap_or(""),
        };
        let row: Vec<&str> = header.iter().map(cell).collect();
        write(folder, "s/events.csv", format!("{text}{}\n", row.join(",")));
        let so = explain(folder, "s/leadscore.toml", &[]);
        for key in ["probability", "log_odds", "band", "interval"] {
            assert_eq!(change[key], so[key], "{key} of {change}");
        }
        let probability = |of: &Json| of["probability"].as_f64().unwrap();
        assert_eq!(change["change"], json!(probability(&so) - probability(&before)));
    }
    write(folder, "s/events.csv", &text);

    // An attribute: the same lead from a file that has the other value.
    let leads = std::fs::read_to_string(folder.join("s/leads.csv")).unwrap();
    let column = leads.lines().next().unwrap().split(',').position(|name| name == "industry");
    let other = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if cells[0] == LEAD {
            cells[column.unwrap()] = "retail";
        }
        cells.join(",")
    };
    let lines: Vec<String> = leads.lines().map(other).collect();
    write(folder, "s/leads.csv", lines.join("\n") + "\n");
    let so = explain(folder, "s/leadscore.toml", &[]);
    assert_eq!(asked[0]["log_odds"], so["log_odds"]);
}

#[test]
fn over_http_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let before = explain(folder, "s/leadscore.toml", &[]);
    let server = Server::start(folder, &["--model", "m.bundle"]);
    let header = |text: &str| -> Vec<String> {
        text.lines().next().unwrap().split(',').map(str::to_owned).collect()
    };
    let cells = |line: &str| -> Vec<String> { line.split(',').map(str::to_owned).collect() };
    let leads = std::fs::read_to_string(folder.join("s/leads.csv")).unwrap();
    let row = leads.lines().find(|line| line.starts_with(LEAD)).unwrap();
    assert!(!row.contains('"'));
    let known = header(&leads).into_iter().zip(cells(row));
    let mut attributes: serde_json::Map<String, Json> = known
        .map(|(name, cell)| (name, if cell.is_empty() { Json::Null } else { json!(cell) }))
        .collect();
    attributes.retain(|name, _| name != "lead_id");
    let (columns, text) = log(folder);
    let events: Vec<Json> = text
        .lines()
        .skip(1)
        .map(cells)
        .filter(|cells| cells[columns.iter().position(|name| name == "lead_id").unwrap()] == LEAD)
        .map(|cells| {
            let mut event = json!({"properties": {}});
            for (name, cell) in columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                match name.as_str() {
                    "lead_id" => {}
                    "event_id" => event["id"] = json!(cell),
                    "kind" | "at" | "known_at" => event[name] = json!(cell),
                    name => event["properties"][name] = json!(cell),
                }
            }
            event
        })
        .collect();
    let body = json!({"as_of": AS_OF, "attributes": attributes, "events": events,
                      "what_if": true, "intervals": true});
    let (status, answer) = server.request("POST", "/predict", &body.to_string());
    assert_eq!(status, 200, "{answer}");
    let answer: Json = serde_json::from_str(&answer).unwrap();
    let found = &answer["predictions"][0];
    assert_eq!(found["log_odds"], before["log_odds"]);
    let (found, told) =
        (found["what_if"].as_array().unwrap(), before["what_if"].as_array().unwrap());
    assert_eq!(found.len(), told.len());
    assert!(!told.is_empty());
    for (found, told) in found.iter().zip(told) {
        for key in ["with", "probability", "change", "log_odds", "band"] {
            assert_eq!(found[key], told[key]);
        }
        let interval = &found["interval"];
        assert_eq!(json!([interval["low"], interval["high"]]), told["interval"]);
    }
}

#[test]
fn mistakes_are_named_together() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let run = |project: &str, more: &[&str]| {
        let args = ["explain", project, "--id", LEAD];
        fail(folder, &[&args[..], more].concat(), 2)
    };
    let model = ["--model", "m.bundle"];
    let said = run(
        "s/leadscore.toml",
        &[
            &model[..],
            &[
                "--what-if",
                "industri=retail",
                "--what-if",
                "employees=many",
                "--what-if-event",
                "page_vew page=/pricing",
                "--what-if-event",
                "page_view pag=/pricing",
            ],
        ]
        .concat(),
    );
    for part in [
        "the model looks at no attribute \"industri\"; did you mean \"industry\"?",
        "employees: \"many\" is not a number",
        "no event of the kind \"page_vew\"; did you mean \"page_view\"?",
        "events have no property \"pag\"; did you mean \"page\"?",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    let said = run(
        "s/leadscore.toml",
        &[&model[..], &["--what-if", "retail", "--what-if-event", "=x"]].concat(),
    );
    assert!(said.contains("write COLUMN=VALUE") && said.contains("write KIND"), "{said}");
    write(
        folder,
        "r.toml",
        "name = \"r\"\nversion = \"1\"\n[[rule]]\nname = \"any\"\npoints = 1\nwhen = { signal = \"industry\", equals = \"retail\" }\n",
    );
    let said = run("s/leads.csv", &["--points", "r.toml", "--what-if", "industry=retail"]);
    assert!(said.contains("name its bundle with --model"), "{said}");
    let said = run("s/leads.csv", &[&model[..], &["--what-if-event", "page_view"]].concat());
    assert!(said.contains("its events are not given") && said.contains("--events"), "{said}");
}
