//! Models that must rise or fall along signals, through the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::*;

/// What the steps of a curve add, those of what is missing aside.
fn curve(folder: &Path, bundle: &str, signal: &str) -> Vec<f64> {
    let answer = json(folder, &["curves", bundle, "--json"]);
    let curves = answer["curves"].as_array().unwrap();
    let found = curves.iter().find(|curve| curve["signal"] == signal).unwrap();
    let steps = found["steps"].as_array().unwrap().iter();
    let numbered = steps.filter(|step| step["name"] != "(missing)");
    numbered.map(|step| step["log_odds"].as_f64().unwrap()).collect()
}

fn rises(steps: &[f64]) -> bool {
    steps.windows(2).all(|two| two[1] >= two[0] - 1e-12)
}

fn falls(steps: &[f64]) -> bool {
    steps.windows(2).all(|two| two[1] <= two[0] + 1e-12)
}

#[test]
fn curves_go_the_way_that_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", deals(1_500));
    let train = ["train", "deals.csv", "--target", "won"];
    let with = |more: &[&str]| succeed(folder, &[&train[..], more].concat());
    with(&["--out", "free.bundle"]);
    let free = curve(folder, "free.bundle", "visits");
    assert!(free.len() > 5 && !falls(&free), "{free:?}");

    let said = with(&["--increasing", "visits", "--out", "up.bundle"]);
    assert!(said.contains("Held in order: visits increasing"), "{said}");
    let up = curve(folder, "up.bundle", "visits");
    assert!(rises(&up) && up[up.len() - 1] > up[0] + 1.0, "{up:?}");
    assert!(succeed(folder, &["curves", "up.bundle"]).contains("held increasing"));

    // Against what the data say nothing is left of the signal.
    let said = with(&["--decreasing", "visits", "--out", "down.bundle"]);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let warning = "Warning: visits is held decreasing, and rises by the data: what is left of it is about \
                   nothing. The log loss of the held-out rows is 0.";
    assert!(said.contains(warning), "{said}");
    let card = std::fs::read_to_string(folder.join("down.card.md")).unwrap();
    assert!(card.contains("`visits` is held decreasing, and rises by the data"), "{card}");
    let record = |report: &str| serde_json::from_str::<serde_json::Value>(report).unwrap();
    let against = |more: &[&str]| {
        let report = record(&with(&[more, &["--out", "x.bundle", "--json"]].concat()));
        report["training"]["against"].clone()
    };
    assert!(against(&["--increasing", "visits"]).is_null());
    for plain in [&["--decreasing", "visits"][..], &["--decreasing", "visits", "--plain"]] {
        let found = against(plain);
        let loss = |of: &str| found[of].as_f64().unwrap();
        assert!(loss("log_loss") > loss("without") + 0.05, "{found}");
        assert_eq!(found["signals"][0]["signal"], "visits");
    }
    let down = curve(folder, "down.bundle", "visits");
    assert!(falls(&down), "{down:?}");
    assert!(down[0] - down[down.len() - 1] < 0.1, "{down:?}");
    for (option, sign) in [("--increasing", 1.0), ("--decreasing", -1.0)] {
        let report = with(&[option, "visits", "--plain", "--out", "plain.bundle", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert!(report["training"]["served_fit"]["gradient"].as_f64().unwrap() < 1e-8);
        let answer = json(folder, &["curves", "plain.bundle", "--json"]);
        let visits = answer["curves"].as_array().unwrap().iter().find(|c| c["signal"] == "visits");
        let steps = visits.unwrap()["steps"].as_array().unwrap();
        let adds = |at: usize| steps[at]["log_odds"].as_f64().unwrap();
        let rise = adds(steps.len() - 1) - adds(0);
        assert!(if sign > 0.0 { rise > 1.0 } else { rise.abs() < 1e-12 }, "{option} {rise}");
    }
    // An order that binds nothing changes nothing but where it is told.
    let scores = |bundle: &str| {
        succeed(folder, &["predict", "deals.csv", "--model", bundle, "--out", "s.csv"]);
        std::fs::read_to_string(folder.join("s.csv")).unwrap()
    };
    if rises(&free) {
        assert_eq!(scores("free.bundle"), scores("up.bundle"));
    }
}

#[test]
fn what_says_the_same_is_not_held_level_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut state = 11u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut text = "visits,weeks,other,won\n".to_owned();
    for _ in 0..2_000 {
        let (visits, other) = ((uniform() * 60.0).floor(), uniform());
        let won = uniform() < 1.0 / (1.0 + (3.5 - visits / 10.0 - other).exp());
        text += &format!("{visits},{},{other:.3},{won}\n", (visits / 5.0).floor());
    }
    write(folder, "deals.csv", text);
    let train = |more: &[&str]| {
        let args = ["train", "deals.csv", "--target", "won", "--out", "m.bundle", "--json"];
        json(folder, &[&args[..], more].concat())["training"].clone()
    };
    let loss = |record: &serde_json::Value| record["evaluation"]["log_loss"].as_f64().unwrap();
    let held = train(&["--decreasing", "visits"]);
    let steps = curve(folder, "m.bundle", "visits");
    assert!(falls(&steps) && steps[0] - steps[steps.len() / 2] < 0.05, "{steps:?}");
    // What is left is about the model without the signal, and the warning says what the order costs.
    assert!((loss(&held) - loss(&train(&["--drop", "visits"]))).abs() < 0.01);
    let against = &held["against"];
    assert_eq!(against["signals"][0]["signal"], "visits");
    let without = against["without"].as_f64().unwrap();
    assert!((without - loss(&train(&[]))).abs() < 0.02, "{against}");
}

#[test]
fn signals_of_events_can_be_held_and_mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let args = ["simulate", "--leads", "1500", "--seed", "5", "--out", "s", "--no-truth"];
    succeed(folder, &args);
    let train = ["train", "s/leadscore.toml", "--out", "m.bundle"];
    let held =
        ["--increasing", "pricing_visits_14d,page_views_7d", "--decreasing", "days_since_visit"];
    let report = json(folder, &[&train[..], &held, &["--json"]].concat());
    assert_eq!(report["training"]["monotone"].as_array().unwrap().len(), 3);
    assert!(report["training"]["served_fit"]["gradient"].as_f64().unwrap() < 1e-8);
    assert!(rises(&curve(folder, "m.bundle", "pricing_visits_14d")));
    assert!(rises(&curve(folder, "m.bundle", "page_views_7d")));
    assert!(falls(&curve(folder, "m.bundle", "days_since_visit")));
    let card = std::fs::read_to_string(folder.join("m.card.md")).unwrap();
    assert!(card.contains("Held in order"), "{card}");

    // A project says so for itself; what is typed goes before it.
    let path = folder.join("s/leadscore.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = |word: &str| {
        format!(
            "page_views_7d = {{ count = \"page_view\", window = \"7d\", monotone = \"{word}\" }}"
        )
    };
    let free = "page_views_7d = { count = \"page_view\", window = \"7d\" }";
    assert!(text.contains(free));
    write(folder, "s/leadscore.toml", text.replace(free, &line("increasing")));
    let held = |more: &[&str]| {
        let report = json(folder, &[&train[..], more, &["--json"]].concat());
        report["training"]["monotone"].clone()
    };
    let of =
        |increasing| serde_json::json!([{"signal": "page_views_7d", "increasing": increasing}]);
    assert_eq!(held(&[]), of(true));
    assert_eq!(held(&["--decreasing", "page_views_7d"]), of(false));
    write(folder, "s/leadscore.toml", text.replace(free, &line("up")));
    let said = fail(folder, &train, 1);
    assert!(said.contains("monotone is \"increasing\" or \"decreasing\""), "{said}");
    write(folder, "s/leadscore.toml", &text);

    let wrong = ["--increasing", "page_view_7d,industry", "--decreasing", "clicks_14d"];
    let said = fail(folder, &[&train[..], &wrong, &["--increasing", "clicks_14d"]].concat(), 2);
    for part in [
        "did you mean \"page_views_7d\"?",
        "\"industry\" is of kind category, which has no order",
        "\"clicks_14d\" is both in --increasing and in --decreasing",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}
