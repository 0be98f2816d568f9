//! The leakage guard through the real binary: what it sets aside, what it only warns of, and that
//! everything after it works without what was set aside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::small_project::one_line;
use common::*;
use serde_json::Value;

/// The columns of a record, with what was done with them.
fn actions(trained: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let columns = trained["training"]["leakage"]["columns"].as_array().unwrap();
    columns.iter().map(|of| (text(&of["column"]), text(&of["action"]))).collect()
}

fn strong(trained: &Value) -> Vec<String> {
    let strong = trained["training"]["leakage"]["strong"].as_array().unwrap();
    strong.iter().map(|of| of["signal"].as_str().unwrap().to_owned()).collect()
}

fn set_aside(columns: &[&str]) -> Vec<(String, String)> {
    columns.iter().map(|column| ((*column).to_owned(), "set_aside".to_owned())).collect()
}

/// Trains on a file of leads, with a fixed penalty, as it does not matter here.
fn train(folder: &Path, leads: &Path, more: &[&str]) -> Value {
    let args = ["train", leads.to_str().unwrap(), "--l2", "10", "--out", "m.bundle", "--json"];
    json(folder, &[&args[..], more].concat())
}

#[test]
fn strength_alone_only_warns() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let trained = train(folder, &bank(), &["--target", "y"]);
    assert_eq!(actions(&trained), []);
    assert_eq!(strong(&trained), ["duration"]);
    let trained = train(folder, &bank(), &["--target", "y", "--missing", "pdays=999"]);
    assert_eq!((actions(&trained), strong(&trained)), (vec![], vec!["duration".to_owned()]));
    let trained = train(folder, &shoppers(), &["--target", "Revenue"]);
    assert_eq!(actions(&trained), []);
    assert_eq!(strong(&trained), ["PageValues"]);
    // Who says to keep it has thought about it; who drops it has it no more.
    for option in ["--keep", "--drop"] {
        let trained = train(folder, &shoppers(), &["--target", "Revenue", option, "PageValues"]);
        assert_eq!((actions(&trained), strong(&trained)), (vec![], vec![]), "{option}");
    }
    let bank = bank();
    let args =
        ["train", bank.to_str().unwrap(), "--target", "y", "--l2", "10", "--out", "b.bundle"];
    let said = succeed(folder, &args);
    assert!(said.contains("Warning: One signal tells the outcome very well alone: duration"));
    assert!(!said.contains("Set aside"), "{said}");
}

/// A simulation whose project does not drop what sales filled in.
fn simulate(folder: &Path, leads: &str, seed: &str) -> String {
    let out = format!("s{leads}_{seed}");
    succeed(folder, &["simulate", "--leads", leads, "--seed", seed, "--out", &out, "--no-truth"]);
    let path = folder.join(&out).join("leadscore.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let planted = "\"contract_value\", \"closing_call_minutes\", \"won_reason\", ";
    assert!(text.contains(planted), "{text}");
    std::fs::write(folder.join(&out).join("open.toml"), text.replace(planted, "")).unwrap();
    out
}

const PLANTED: [&str; 3] = ["contract_value", "closing_call_minutes", "won_reason"];

#[test]
fn all_planted_columns_of_simulations_are_found_and_no_honest_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let runs = [("3000", "1"), ("3000", "2"), ("3000", "3"), ("3000", "4"), ("12000", "5")];
    for (leads, seed) in runs {
        let out = simulate(folder, leads, seed);
        let project = folder.join(&out).join("open.toml");
        let trained = train(folder, &project, &[]);
        assert_eq!(actions(&trained), set_aside(&PLANTED), "{out}");
        assert_eq!(strong(&trained), Vec::<String>::new(), "{out}");
        let training = &trained["training"];
        let (claimed, honest) = (&training["leakage"]["claimed"], &training["evaluation"]["auc"]);
        let [claimed, honest] = [claimed, honest].map(|auc| auc["value"].as_f64().unwrap());
        assert!(claimed > 0.9 && honest < claimed - 0.05, "{out}: {claimed} {honest}");
        // The same model as where the project drops them.
        let dropped = train(folder, &folder.join(&out).join("leadscore.toml"), &[]);
        assert_eq!(dropped["training"]["evaluation"], training["evaluation"], "{out}");
        let not_used = PLANTED.map(|column| (column.to_owned(), "not_used".to_owned()));
        assert_eq!(actions(&dropped), not_used, "{out}");
    }
}

#[test]
fn signals_says_what_training_finds() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let out = simulate(folder, "3000", "7");
    let project = folder.join(&out).join("open.toml");
    let trained = train(folder, &project, &[]);
    let told = json(folder, &["signals", project.to_str().unwrap(), "--json"]);
    let (mut told, mut found) = (told["leakage"].clone(), trained["training"]["leakage"].clone());
    // What a model would have claimed needs one.
    found.as_object_mut().unwrap().remove("claimed");
    assert_eq!(told, found);
    assert_eq!(told["columns"].as_array_mut().unwrap().len(), PLANTED.len());
    let said = one_line(&succeed(folder, &["signals", project.to_str().unwrap()]));
    assert!(said.contains("Known only after the outcome, by the evidence"), "{said}");
    assert!(said.contains("won_reason: Its name says \"won\""), "{said}");
    let keep = "`train` sets it aside; keep = [\"won_reason\"] in [leads] uses it.";
    assert!(said.contains(keep), "{said}");
    // Where the project drops them, that is said too.
    let dropped = folder.join(&out).join("leadscore.toml");
    let said = one_line(&succeed(folder, &["signals", dropped.to_str().unwrap()]));
    assert_eq!(said.matches("No model is given it.").count(), PLANTED.len(), "{said}");
    // A flat table as well, where its outcome is named.
    let bank = bank();
    let bank = bank.to_str().unwrap();
    let trained = train(folder, Path::new(bank), &["--target", "y"]);
    let told = json(folder, &["signals", bank, "--target", "y", "--json"]);
    assert_eq!(told["leakage"], trained["training"]["leakage"]);
    let said = one_line(&succeed(folder, &["signals", bank, "--target", "y"]));
    assert!(said.contains("No column looks known only after the outcome"), "{said}");
    assert!(said.contains("Warning: One signal tells the outcome very well alone: duration"));
    let said = json(folder, &["signals", bank, "--json"]);
    assert!(said.get("leakage").is_none(), "nothing is known of the outcome");
}

#[test]
fn a_project_keeps_and_drops_too() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let out = simulate(folder, "3000", "6");
    let project = folder.join(&out).join("open.toml");
    let kept = |column: &str, action: &str, trained: &Value| {
        assert!(actions(trained).contains(&(column.to_owned(), action.to_owned())), "{column}");
    };
    kept("won_reason", "kept", &train(folder, &project, &["--keep", "won_reason"]));
    kept("won_reason", "not_used", &train(folder, &project, &["--drop", "won_reason"]));
    let text = std::fs::read_to_string(&project).unwrap();
    let text = text.replace(
        "created = \"created_at\"\n",
        "created = \"created_at\"\nkeep = [\"won_reason\"]\n",
    );
    std::fs::write(&project, text).unwrap();
    let trained = train(folder, &project, &[]);
    kept("won_reason", "kept", &trained);
    kept("contract_value", "set_aside", &trained);
    // What is typed goes before what the file says.
    kept("won_reason", "not_used", &train(folder, &project, &["--drop", "won_reason"]));
    let dropping = folder.join(&out).join("leadscore.toml");
    kept("won_reason", "kept", &train(folder, &dropping, &["--keep", "won_reason"]));
    let said = succeed(folder, &["train", project.to_str().unwrap(), "--out", "m.bundle"]);
    assert!(said.contains("Warning: won_reason is used, as you said"), "{said}");
}

/// A flat table with two leaks; the second one's name says so.
fn leaking_deals(rows: usize) -> String {
    let mut text = String::new();
    for (row, line) in deals(rows).lines().enumerate() {
        let won = line.ends_with("yes");
        let (value, reason) = match (row, won) {
            (0, _) => ("deal_value".to_owned(), "lost_reason"),
            (_, true) => (
                format!("{}.5", 100 + (row * 7919) % 900),
                if row % 53 == 0 { "price" } else { "" },
            ),
            (_, false) => (String::new(), ["price", "timing", ""][row % 3]),
        };
        text.push_str(&format!("{value},{reason},{line}\n"));
    }
    text
}

#[test]
fn everything_works_without_what_was_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let leads = write(folder, "deals.csv", leaking_deals(4_000));
    let trained = train(folder, &leads, &["--target", "won"]);
    assert_eq!(actions(&trained), set_aside(&["deal_value", "lost_reason"]));

    let said = succeed(folder, &["train", "deals.csv", "--target", "won", "--l2", "10"]);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let converted = trained["training"]["leakage"]["of"]["converted"].as_u64().unwrap();
    let converted = format!("{},{:03}", converted / 1_000, converted % 1_000);
    let filled = format!(
        "deal_value: It is filled in {converted} of {converted} rows that converted and in 0 of"
    );
    assert!(words.contains(&filled), "{words}\n{filled}");
    assert!(words.contains("With both AUC would have claimed 1.000"), "{words}");
    assert!(words.contains("--keep deal_value uses it."), "{words}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");

    // The held-out rows are found again by what the model still looks at, and new leads need no more.
    let rules = "name = \"r\"\nversion = \"1\"\n[[rule]]\nname = \"v\"\npoints = 5\n\
                 when = { signal = \"visits\", at_least = 9 }\n";
    write(folder, "r.toml", rules);
    let scorers = ["--model", "deals.bundle", "--points", "r.toml"];
    let compared = json(folder, &[&["compare", "deals.csv", "--json"], &scorers[..]].concat());
    assert_eq!(compared["basis"], "held_out");
    assert_eq!(compared["leads"], trained["training"]["split"]["held_out_rows"]);
    write(folder, "plain.csv", deals(4_000));
    let compared = json(folder, &[&["compare", "plain.csv", "--json"], &scorers[..]].concat());
    assert_eq!(compared["leads"], trained["training"]["split"]["held_out_rows"]);
    for (file, out) in [("deals.csv", "a.csv"), ("plain.csv", "b.csv")] {
        succeed(folder, &["predict", file, "--model", "deals.bundle", "--out", out]);
    }
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert!(read("a.csv") == read("b.csv"));
    succeed(
        folder,
        &["points", "learn", "plain.csv", "--model", "deals.bundle", "--out", "l.toml"],
    );
    let server = Server::start(folder, &["--model", "deals.bundle"]);
    let body = r#"{"attributes": {"visits": 9, "industry": "IT"}}"#;
    let (status, answer) = server.request("POST", "/predict", body);
    assert!(status == 200 && answer.contains(r#""warnings":[]"#), "{status} {answer}");

    // A model of the plain file is the same to the last bit.
    succeed(folder, &["train", "plain.csv", "--target", "won", "--l2", "10"]);
    succeed(folder, &["predict", "plain.csv", "--model", "plain.bundle", "--out", "c.csv"]);
    assert!(read("b.csv") == read("c.csv"));
}

#[test]
fn the_record_is_the_same_bytes_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", leaking_deals(2_000));
    for threads in ["1", "3"] {
        let out = format!("{threads}.bundle");
        let name = ["--name", "m", "--threads", threads, "--out", &out];
        succeed(folder, &[&["train", "deals.csv", "--target", "won"], &name[..]].concat());
    }
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert!(read("1.bundle") == read("3.bundle"));
}
