//! Rule sets that ship, at the command line: every worked example, taken apart, and band by band.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::*;
use leadscore_features::Table;
use leadscore_features::io::read_table;
use serde_json::Value;

/// The worked examples, by set and moment: those that one call can score.
fn examples() -> BTreeMap<(String, String), Vec<Value>> {
    let text = std::fs::read_to_string(rules("examples.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut groups: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for example in all["examples"].as_array().unwrap() {
        let text = |key: &str| example[key].as_str().unwrap().to_owned();
        groups.entry((text("set"), text("as_of"))).or_default().push(example.clone());
    }
    groups
}

/// A cell of a CSV file.
fn cell(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => format!("\"{text}\""),
        Some(other) => other.to_string(),
    }
}

/// Writes examples as leads and events, with every attribute that the set names.
fn write_examples(folder: &Path, set: &str, examples: &[Value]) {
    let keys = |object: &Value| -> BTreeSet<String> {
        object.as_object().map_or_else(BTreeSet::new, |object| object.keys().cloned().collect())
    };
    // A column must be there to be empty, so a column that no example fills is written too.
    let named: &[&str] = match set {
        "cx-flow" => &["job_title", "industry"],
        "cx-points" | "negative" => &["employees"],
        "bant" => &["has_budget", "has_authority", "has_need", "buys_within_3_months"],
        "mailup" => &["job_title", "employees", "optional_fields", "email", "name"],
        "hubspot-style" => {
            &["job_title", "industry", "employees", "email", "name", "company", "source"]
        }
        _ => &[],
    };
    let mut attributes: BTreeSet<String> = named.iter().map(|name| (*name).to_owned()).collect();
    let mut properties: BTreeSet<String> =
        ["page", "email_type", "value", "depth"].map(str::to_owned).into();
    for example in examples {
        attributes.extend(keys(&example["attributes"]));
        for event in example["events"].as_array().unwrap() {
            properties.extend(keys(&event["properties"]));
        }
    }
    let joined = |names: &BTreeSet<String>| -> String {
        names.iter().map(|name| format!(",{name}")).collect()
    };
    let mut leads = format!("lead_id{}\n", joined(&attributes));
    let mut events = format!("lead_id,kind,at{}\n", joined(&properties));
    for (index, example) in examples.iter().enumerate() {
        let cells = |names: &BTreeSet<String>, object: &Value| -> String {
            names.iter().map(|name| format!(",{}", cell(object.get(name)))).collect()
        };
        leads += &format!("L{index}{}\n", cells(&attributes, &example["attributes"]));
        for event in example["events"].as_array().unwrap() {
            let [kind, at] = ["kind", "at"].map(|key| event[key].as_str().unwrap());
            events +=
                &format!("L{index},{kind},{at}{}\n", cells(&properties, &event["properties"]));
        }
    }
    write(folder, "leads.csv", leads);
    write(folder, "events.csv", events);
}

fn text(table: &Table, column: &str, row: usize) -> String {
    let found = table.column(column).unwrap_or_else(|| panic!("no column {column}"));
    found.cell(row).into_text().unwrap_or_default().into_owned()
}

fn number(table: &Table, column: &str, row: usize) -> f64 {
    text(table, column, row).parse().unwrap()
}

/// Points as thousandths, so that sums are exact.
fn thousandths(points: &Value) -> i64 {
    (points.as_f64().unwrap() * 1000.0).round() as i64
}

#[test]
fn every_worked_example_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut seen = BTreeSet::new();
    for ((set, as_of), examples) in examples() {
        write_examples(folder, &set, &examples);
        let file = rules(&format!("{set}.toml"));
        // A log without a row is refused, as any file without one.
        let any = examples.iter().any(|example| !example["events"].as_array().unwrap().is_empty());
        let events: &[&str] = if any { &["--events", "events.csv"] } else { &[] };
        let with = [&["leads.csv"], events, &["--points", file.to_str().unwrap()]].concat();
        let moment = ["--as-of", &as_of];
        let score = [&["points", "score"], &with[..], &moment, &["--out", "scores.csv"]].concat();
        succeed(folder, &score);
        let predict = [&["predict"], &with[..], &moment, &["--out", "predicted.csv"]].concat();
        succeed(folder, &predict);
        let scores = read_table(&folder.join("scores.csv")).unwrap();
        let predicted = read_table(&folder.join("predicted.csv")).unwrap();
        assert_eq!((scores.rows(), predicted.rows()), (examples.len(), examples.len()), "{set}");
        for (row, example) in examples.iter().enumerate() {
            let expected = &example["expected"];
            let said = format!("{set}: {}", example["name"]);
            let column = |what: &str| format!("{what}_{set}");
            let total = expected["total"].as_f64().unwrap();
            assert_eq!(number(&scores, &column("points"), row), total, "{said}");
            assert_eq!(number(&predicted, &column("points"), row), total, "{said}");
            for key in ["band", "grade", "stage", "funnel"] {
                if let Some(value) = expected[key].as_str() {
                    assert_eq!(text(&scores, &column(key), row), value, "{said}");
                }
            }
            if let Some(hand_off) = expected["hand_off"].as_bool() {
                let word = if hand_off { "yes" } else { "no" };
                assert_eq!(text(&scores, &column("hand_off"), row), word, "{said}");
            }
            for (name, points) in expected["scores"].as_object().into_iter().flatten() {
                let found = number(&scores, &format!("points_{set}_{name}"), row);
                assert_eq!(found, points.as_f64().unwrap(), "{said}: {name}");
            }
            seen.insert(set.clone());
        }
        // The last of each is taken apart: its parts add up to the total exactly.
        let id = format!("L{}", examples.len() - 1);
        let explain =
            [&["explain"], &with[..], &moment, &["--id", &id, "--id-column", "lead_id", "--json"]]
                .concat();
        let explained = json(folder, &explain);
        let points = &explained["points"][0];
        let expected = &examples[examples.len() - 1]["expected"];
        assert_eq!(thousandths(&points["total"]), thousandths(&expected["total"]));
        let sum = |list: &str, key: &str| -> i64 {
            points[list].as_array().unwrap().iter().map(|part| thousandths(&part[key])).sum()
        };
        assert_eq!(sum("parts", "points"), thousandths(&points["total"]), "{points}");
        for rule in points["rules"].as_array().unwrap() {
            let of = |key: &str| thousandths(&rule[key]);
            assert_eq!(of("earned") + of("decay") + of("limit"), of("points"), "{rule}");
            let events = rule["events"].as_array().into_iter().flatten();
            let left: i64 = events.clone().map(|event| thousandths(&event["left"])).sum();
            if events.count() > 0 {
                assert_eq!(left, of("earned") + of("decay"), "{rule}");
            }
        }
        for key in ["band", "hand_off", "grade", "stage", "funnel"] {
            if let Some(value) = expected.get(key) {
                assert_eq!(&points[key], value, "{set} {key}");
            }
        }
    }
    assert_eq!(seen.len(), 9, "{seen:?}");
}

/// The block of docs/points.md that begins with a line, and the block after it.
fn documented(begins: &str) -> (String, String) {
    let text = std::fs::read_to_string(project().join("docs/points.md")).unwrap();
    let at = text.find(&format!("```toml\n{begins}\n")).unwrap();
    let mut blocks = text[at..].split("```").skip(1).step_by(2);
    let mut block = || blocks.next().unwrap().split_once('\n').unwrap().1.to_owned();
    (block(), block())
}

#[test]
fn the_documented_lead_is_taken_apart_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (set, shown) = documented("name = \"explained\"");
    write(folder, "set.toml", set);
    write(folder, "leads.csv", "lead_id,employees\n4711,120\n4712,3\n");
    let mut events = String::from("lead_id,kind,at,page\n");
    for (kind, at, page) in [
        ("page_view", "2024-12-01", "/"),
        ("page_view", "2025-01-15", "/pricing"),
        ("page_view", "2025-01-15", "/docs/api"),
        ("page_view", "2025-01-30", "/pricing/team"),
        ("page_view", "2025-02-14", "/pricing"),
        ("demo_request", "2025-02-12", ""),
        ("unsubscribe", "2025-02-13", ""),
        ("page_view", "2025-02-20", "/pricing"),
    ] {
        events += &format!("4711,{kind},{at}T00:00:00Z,{page}\n");
    }
    write(folder, "events.csv", events);
    let args = ["explain", "leads.csv", "--events", "events.csv", "--points", "set.toml"];
    let args = [&args[..], &["--id", "4711", "--as-of", "2025-02-14"]].concat();
    let said = succeed(folder, &args);
    assert!(said.contains(&shown), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");

    let explained = json(folder, &[&args[..], &["--json"]].concat());
    let pages = &explained["points"][0]["rules"][1];
    let patterns = pages["by"]["patterns"].as_array().unwrap();
    let of = |key: &str| patterns.iter().map(|of| of[key].clone()).collect::<Vec<_>>();
    assert_eq!(pages["by"]["property"], "page");
    assert_eq!(of("pattern"), ["/pricing*".into(), "/docs*".into(), Value::Null]);
    assert_eq!(of("times"), [3, 1, 1]);
    for key in ["earned", "decay"] {
        let sum: i64 = of(key).iter().map(thousandths).sum();
        assert_eq!(sum, thousandths(&pages[key]), "{key}");
    }
    let met = pages["events"].as_array().unwrap().iter().map(|event| event["pattern"].as_str());
    let expected = [None, Some("/docs*"), Some("/pricing*"), Some("/pricing*"), Some("/pricing*")];
    let mut met: Vec<_> = met.collect();
    met.sort_unstable();
    assert_eq!(met, expected);
}

/// A set in which decay, a rule on silence, and a cap all change something.
const FADING: &str = r#"
name = "fading"
version = "1"
[[rule]]
name = "visit"
each = "page_view"
points = 10
decay = { linear = "100d" }
cap = 45
[[rule]]
name = "asked for a demo"
once = "demo_request"
points = 32
[[rule]]
name = "unsubscribed"
once = "unsubscribe"
points = -7
"#;

#[test]
fn the_difference_between_two_dates_is_exact_and_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "fading.toml", FADING);
    write(folder, "leads.csv", "lead_id\na\nb\n");
    let visits = "a,page_view,2024-01-01T00:00:00Z\n".repeat(4);
    let more = "a,demo_request,2024-01-01T00:00:00Z\na,unsubscribe,2024-02-03T00:00:00Z\n";
    write(folder, "events.csv", format!("lead_id,kind,at\n{visits}{more}"));
    let explain = |as_of: &str, since: &str, more: &[&str]| {
        let args = ["explain", "leads.csv", "--events", "events.csv", "--points", "fading.toml"];
        let args = [&args[..], &["--id", "a", "--as-of", as_of, "--since", since], more].concat();
        succeed(folder, &args)
    };
    // 4 x 10 + 32 = 72 on the first day. 35 days later 35 % of each visit is gone.
    let said = explain("2024-02-05T00:00:00Z", "2024-01-01T00:00:00Z", &[]);
    let expected = "Since 2024-01-01T00:00:00Z: 72 -> 51: decay -14, unsubscribed -7";
    assert!(said.contains(expected), "{said}");
    let said = explain("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", &[]);
    assert!(said.contains("72 -> 72: nothing changed"), "{said}");
    let said = explain("2024-02-05T00:00:00Z", "2023-12-31T00:00:00Z", &[]);
    let expected = "0 -> 51: visit +40, asked for a demo +32, decay -14, unsubscribed -7";
    assert!(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(expected), "{said}");
    for (as_of, since) in [
        ("2024-02-05T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("2024-01-12T13:14:15Z", "2024-01-03T01:02:03Z"),
        ("2024-02-12T13:14:15Z", "2024-01-03T01:02:03Z"),
        ("2024-09-01T00:00:00Z", "2024-01-01T00:00:01Z"),
    ] {
        let explained: Value = serde_json::from_str(&explain(as_of, since, &["--json"])).unwrap();
        let points = &explained["points"][0];
        let before = &points["since"];
        let changes = before["parts"].as_array().unwrap();
        let sum: i64 = changes.iter().map(|part| thousandths(&part["points"])).sum();
        assert_eq!(thousandths(&points["total"]), thousandths(&before["total"]) + sum, "{before}");
        // What the difference starts from is the score of that moment.
        let then: Value = serde_json::from_str(&explain(since, since, &["--json"])).unwrap();
        assert_eq!(then["points"][0]["total"], before["total"]);
    }
    let args = ["explain", "leads.csv", "--events", "events.csv", "--points", "fading.toml"];
    let wrong = |more: &[&str]| fail(folder, &[&args[..], &["--id", "a"], more].concat(), 2);
    let error = wrong(&["--as-of", "2024-01-03", "--since", "2024-02-12"]);
    let expected = "error: --since 2024-02-12T00:00:00Z is after --as-of 2024-01-03T00:00:00Z; \
                    swap them\n";
    assert_eq!(error, expected);
    let error = wrong(&["--since", "2924-02-12"]);
    assert!(error.contains("the moment that the lead is scored as of; name an earlier"), "{error}");
}

#[test]
fn a_band_is_exported_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut leads = String::from("lead_id,job_title,industry\n");
    let mut events = String::from("lead_id,kind,at,page\n");
    for lead in 0..60 {
        let title = ["Director of Sales", "Developer", "Manager"][lead % 3];
        let industry = ["software", "retail"][lead % 2];
        leads += &format!("L{lead},{title},{industry}\n");
        for _ in 0..lead % 7 {
            events += &format!("L{lead},page_view,2024-01-05T00:00:00Z,/pricing\n");
        }
    }
    write(folder, "leads.csv", leads);
    write(folder, "events.csv", events);
    let set = rules("cx-flow.toml");
    let score = |more: &[&str]| {
        let with = ["points", "score", "leads.csv", "--events", "events.csv", "--points"];
        let moment = [set.to_str().unwrap(), "--as-of", "2024-02-01"];
        [&with[..], &moment, more].concat().iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()
    };
    let run = |more: &[&str]| {
        let args = score(more);
        succeed(folder, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    run(&["--out", "all.csv"]);
    let all = read_table(&folder.join("all.csv")).unwrap();
    assert_eq!(all.rows(), 60);
    let of_bands = |wanted: &[&str]| -> Vec<String> {
        let in_band = |row: &usize| wanted.contains(&text(&all, "band_cx-flow", *row).as_str());
        (0..60).filter(in_band).map(|row| text(&all, "id", row)).collect()
    };
    for (option, bands, action) in [
        ("hot", vec!["hot"], "call within a day"),
        ("warm", vec!["warm"], "nurture track"),
        ("cold", vec!["cold"], ""),
        ("hot,warm", vec!["hot", "warm"], ""),
    ] {
        let said = run(&["--band", option, "--out", "band.csv"]);
        let found = read_table(&folder.join("band.csv")).unwrap();
        let ids: Vec<String> = (0..found.rows()).map(|row| text(&found, "id", row)).collect();
        assert_eq!(ids, of_bands(&bands), "{option}");
        assert!(!ids.is_empty() && ids.len() < 60, "{option}");
        assert!(said.contains(&format!("Wrote {} leads to band.csv", ids.len())), "{said}");
        if bands.len() == 1 {
            let done = (0..found.rows()).all(|r| text(&found, "action_cx-flow", r) == action);
            assert!(done, "{option}");
        }
    }
    let refused = |more: &[&str]| {
        let args = score(more);
        fail(folder, &args.iter().map(String::as_str).collect::<Vec<_>>(), 2)
    };
    let error = refused(&["--band", "hott", "--out", "none.csv"]);
    assert!(error.contains("cx-flow has no band \"hott\"; did you mean \"hot\"?"), "{error}");
    assert!(!folder.join("none.csv").exists());
    assert!(refused(&["--band", "hot"]).contains("--out"));
    let error = refused(&["--points", rules("engagement.toml").to_str().unwrap(), "--band", "hot"]);
    assert!(error.contains("one rule set"), "{error}");
}
