//! Models that lean on a rule set, through the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::*;

/// Points for what a simulated lead does, some of it counted by the rules themselves.
const RULES: &str = r#"
name = "classic"
version = "7"
[[rule]]
name = "asked for a demo"
points = 30
when = { signal = "demo_requests_14d", at_least = 1 }
[[rule]]
name = "looks at prices"
points = 20
when = { signal = "pricing_visits_14d", at_least = 1 }
[[rule]]
name = "decides"
points = 10
when = { signal = "seniority", in = ["c_level", "vp", "director", "owner"] }
"#;

/// A simulated project in `s`.
fn project(folder: &Path, leads: &str, seed: &str) {
    let args = ["simulate", "--leads", leads, "--seed", seed, "--out", "s", "--no-truth"];
    succeed(folder, &[&args[..], &["--format", "csv"]].concat());
}

/// What was printed, without the breaks of its lines.
fn unwrapped(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_project_leans_on_rules_and_keeps_none() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    project(folder, "1200", "3");
    write(folder, "r.toml", RULES);
    let train = ["train", "s/leadscore.toml", "--towards", "r.toml", "--out", "m.bundle"];
    let report = json(folder, &[&train[..], &["--json"]].concat());
    let record = &report["training"]["towards"];
    assert_eq!((record["name"].as_str(), record["version"].as_str()), (Some("classic"), Some("7")));
    assert!(record["slope"].as_f64().unwrap() > 0.0, "{record}");
    assert!(record["standard_error"].as_f64().unwrap() > 0.0, "{record}");
    // The model has the signals of the rules, so it can say nearly all of them.
    assert!(record["r2"].as_f64().unwrap() > 0.8, "{record}");
    let said = unwrapped(&succeed(folder, &train));
    assert!(said.contains("leans on the rules of classic 7"), "{said}");
    let bundle = std::fs::read(folder.join("m.bundle")).unwrap();
    let holds = |text: &str| bundle.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(holds("classic") && !holds("asked for a demo") && !holds("looks at prices"));
    let card = std::fs::read_to_string(folder.join("m.card.md")).unwrap();
    assert!(card.contains("## Rules that it leans on"), "{card}");

    // A score is taken apart as ever, online and alone.
    let explain = ["explain", "s/leadscore.toml", "--model", "m.bundle", "--id", "L00000012"];
    let model = json(folder, &[&explain[..], &["--json"]].concat())["model"].clone();
    let parts =
        model["parts"].as_array().unwrap().iter().map(|part| part["log_odds"].as_f64().unwrap());
    let sum = model["base_log_odds"].as_f64().unwrap() + parts.sum::<f64>();
    assert!((sum - model["log_odds"].as_f64().unwrap()).abs() < 1e-9);

    // The same bytes again, and for another number of threads.
    succeed(
        folder,
        &[&train[..4], &["--out", "again.bundle", "--name", "leadscore", "--threads", "1"]]
            .concat(),
    );
    assert_eq!(std::fs::read(folder.join("again.bundle")).unwrap(), bundle);

    // Signals of the rules that the model lacks are named.
    let poor = [&train[..], &["--drop", "demo_requests_14d,demo_requests_7d,pricing_visits_14d,pricing_visits_7d,pricing_decayed,demo_visits_14d,seniority,job_title"]].concat();
    let said = unwrapped(&succeed(folder, &poor));
    assert!(said.contains("no signal of the model is"), "{said}");
    assert!(said.contains("pricing_visits_14d"), "{said}");
}

#[test]
fn flat_tables_lean_on_rules() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", deals(300));
    let rules = "name = \"visits\"\nversion = \"1\"\n[[rule]]\nname = \"often\"\npoints = 10\nwhen = { signal = \"visits\", at_least = 5 }\n";
    write(folder, "r.toml", rules);
    for plain in [&[][..], &["--plain"]] {
        let train = ["train", "deals.csv", "--target", "won", "--towards", "r.toml", "--json"];
        let report = json(folder, &[&train[..], plain].concat());
        let record = &report["training"]["towards"];
        assert!(record["r2"].as_f64().unwrap() > 0.3, "{record}");
        assert!(record["slope"].as_f64().unwrap() >= 0.0, "{record}");
    }
    let wrong = |rules: &str, more: &[&str], status| {
        write(folder, "w.toml", rules);
        let train = ["train", "deals.csv", "--target", "won", "--towards", "w.toml"];
        fail(folder, &[&train[..], more].concat(), status)
    };
    let said = wrong(&rules.replace("\"visits\", at", "\"visit\", at"), &[], 1);
    assert!(said.contains("did you mean \"visits\"?"), "{said}");
    let said = wrong(&rules.replace("at_least = 5", "at_least = -1"), &[], 1);
    assert!(said.contains("gives all rows the same points"), "{said}");
    let said = wrong(rules, &["--solver", "linfa"], 2);
    assert!(said.contains("--towards is not for --solver linfa"), "{said}");
}
