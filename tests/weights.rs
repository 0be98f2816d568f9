//! Sample weights, through the real binary: a row of weight 2 is two rows of one lead.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::*;
use serde_json::Value;

/// Leads with a weight: 0, 1, 2 or 3. A row is repeated as often as `times` says of its weight.
fn leads(rows: usize, times: impl Fn(usize) -> usize) -> String {
    let mut next = uniform();
    let mut text = String::from("id,visits,industry,score,won,w\n");
    for lead in 0..rows {
        let visits = (next() * 20.0).floor();
        let industry = ["IT", "retail", "health"][(next() * 3.0) as usize];
        let score = (1e4 * (next() - 0.5)).round() / 1e3;
        let score = if next() < 0.1 { String::new() } else { score.to_string() };
        let odds = 0.2 * visits - 3.0 + if industry == "IT" { 1.0 } else { 0.0 };
        let won = if next() < 1.0 / (1.0 + f64::exp(-odds)) { "yes" } else { "no" };
        let weight = (next() * 4.0) as usize;
        let row = format!("L{lead},{visits},{industry},{score},{won},{weight}\n");
        text.push_str(&row.repeat(times(weight)));
    }
    text
}

fn train(folder: &Path, args: &[&str]) -> Value {
    json(folder, &[&["train"], args, &["--target", "won", "--json"]].concat())["training"].clone()
}

/// The curves of a model, and the mean of what it gives leads.
fn model(folder: &Path, bundle: &str) -> (Vec<f64>, Vec<f64>) {
    let curves = json(folder, &["curves", bundle, "--json"]);
    let steps = curves["curves"].as_array().unwrap().iter();
    let steps = steps.flat_map(|curve| curve["steps"].as_array().unwrap());
    let adds = steps.map(|step| step["log_odds"].as_f64().unwrap()).collect();
    let scores = succeed(folder, &["predict", "new.csv", "--model", bundle, "--out", "-"]);
    let probability = |row: &str| row.split(',').nth(1).unwrap().parse().unwrap();
    (adds, scores.lines().skip(1).map(probability).collect())
}

fn alike(a: &[f64], b: &[f64], by: f64) {
    assert_eq!(a.len(), b.len());
    assert!(!a.is_empty());
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < by, "{worst:e}");
}

/// A text as it is said, whatever the width of the terminal.
fn in_one_line(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_weights(text: &str) -> String {
    let cut = |line: &str| line.rsplit_once(',').unwrap().0.to_owned();
    text.lines().map(cut).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn weights_are_rows_that_repeat() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "weighted.csv", leads(1_500, |_| 1));
    write(folder, "repeated.csv", without_weights(&leads(1_500, |weight| weight)));
    write(folder, "new.csv", without_weights(&leads(50, |_| 1)));
    for l2 in ["0.1", "30"] {
        let args = ["weighted.csv", "--id", "id", "--weight", "w", "--l2", l2, "--out", "w.bundle"];
        let weighted = train(folder, &args);
        let args = ["repeated.csv", "--id", "id", "--l2", l2, "--out", "r.bundle"];
        let repeated = train(folder, &args);
        let (curves, scores) = model(folder, "w.bundle");
        let (of_repeated, scores_of_repeated) = model(folder, "r.bundle");
        alike(&curves, &of_repeated, 1e-9);
        alike(&scores, &scores_of_repeated, 1e-9);
        // The evaluated model, the folds and the figures too; of how many rows they are is another matter.
        for figure in [
            "/evaluation/base_rate",
            "/evaluation/auc/value",
            "/evaluation/log_loss",
            "/evaluation/base_log_loss",
            "/evaluation/brier",
            "/evaluation/average_precision",
            "/evaluation/slope/slope",
            "/folds/auc/value",
            "/folds/log_loss/value",
            "/folds/slope/slope",
            "/recalibration/line/slope",
            "/recalibration/gain",
            "/uncertainty/design_effect",
        ] {
            let of = |record: &Value| record.pointer(figure).unwrap().as_f64().unwrap();
            assert!((of(&weighted) - of(&repeated)).abs() < 1e-9, "{figure}");
        }
        // A row is one lead, however much it weighs: intervals do not shrink.
        let low = |record: &Value| record.pointer("/evaluation/auc/low").unwrap().as_f64().unwrap();
        assert!(low(&weighted) < low(&repeated));
    }
    // Where the penalty is chosen, and where tables are learnt, rows that repeat ask for finer tables; what
    // leads are given hardly differs.
    for more in [&["--plain"][..], &[]] {
        train(
            folder,
            &[&["weighted.csv", "--id", "id", "--weight", "w", "--out", "w.bundle"], more].concat(),
        );
        train(folder, &[&["repeated.csv", "--id", "id", "--out", "r.bundle"], more].concat());
        let by = if more.is_empty() { 0.15 } else { 1e-3 };
        alike(&model(folder, "w.bundle").1, &model(folder, "r.bundle").1, by);
    }
}

#[test]
fn weights_of_one_are_none_and_the_scale_counts() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = leads(600, |_| 1);
    let with = |weight: &str| {
        let rows = without_weights(&text);
        let each = rows.lines().skip(1).map(|row| format!("{row},{weight}\n"));
        format!("id,visits,industry,score,won,w\n{}", each.collect::<String>())
    };
    write(folder, "none.csv", without_weights(&text));
    write(folder, "new.csv", without_weights(&text));
    write(folder, "one.csv", with("1.0"));
    write(folder, "two.csv", with("2"));
    let none = train(folder, &["none.csv", "--id", "id", "--out", "none.bundle"]);
    let one = train(folder, &["one.csv", "--id", "id", "--weight", "w", "--out", "one.bundle"]);
    assert_eq!(model(folder, "none.bundle"), model(folder, "one.bundle"));
    assert_eq!(none["evaluation"], one["evaluation"]);
    assert_eq!(
        (&none["data"]["weights"], &one["data"]["weights"]["sum"]),
        (&Value::Null, &600.0.into())
    );
    // Twice the weight is half the penalty, and the same intervals of figures.
    train(folder, &["two.csv", "--id", "id", "--weight", "w", "--l2", "8", "--out", "two.bundle"]);
    train(folder, &["none.csv", "--id", "id", "--l2", "4", "--out", "half.bundle"]);
    alike(&model(folder, "two.bundle").1, &model(folder, "half.bundle").1, 1e-9);
}

#[test]
fn weights_that_are_all_alike_are_none_where_strengths_are_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = without_weights(&leads(900, |_| 1));
    let rows = text.lines().skip(1).map(|row| format!("{row},1e6\n"));
    write(
        folder,
        "heavy.csv",
        format!("id,visits,industry,score,won,w\n{}", rows.collect::<String>()),
    );
    write(folder, "new.csv", text.clone());
    write(folder, "none.csv", text);
    for more in [&["--plain"][..], &[]] {
        let args = ["heavy.csv", "--id", "id", "--weight", "w", "--out", "heavy.bundle"];
        let heavy = train(folder, &[&args, more].concat());
        let none =
            train(folder, &[&["none.csv", "--id", "id", "--out", "none.bundle"], more].concat());
        alike(&model(folder, "heavy.bundle").1, &model(folder, "none.bundle").1, 1e-6);
        let of = |record: &Value, figure: &str| record.pointer(figure).unwrap().as_f64().unwrap();
        // How wide intervals are is told by what rows of weights are off, instead of by how many there are.
        for (figure, by) in [
            ("/evaluation/log_loss", 1e-6),
            ("/folds/log_loss/value", 1e-6),
            ("/uncertainty/mean_width", 0.1 * of(&none, "/uncertainty/mean_width")),
        ] {
            let (heavy, none) = (of(&heavy, figure), of(&none, figure));
            assert!((heavy - none).abs() < by, "{figure}: {heavy} and {none}");
        }
        assert!(of(&heavy, "/served_fit/gradient") < 1e-8);
        // A penalty is of the weighted sum.
        if !more.is_empty() {
            let times = of(&heavy, "/penalty/l2") / of(&none, "/penalty/l2");
            assert!((times / 1e6 - 1.0).abs() < 1e-9, "{times}");
        }
    }
}

#[test]
fn what_is_told_of_weights() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", leads(800, |_| 1));
    let args = ["train", "deals.csv", "--target", "won", "--weight", "w"];
    let said = succeed(folder, &[&args[..], &["--html", "page.html"]].concat());
    let said = in_one_line(&said);
    assert!(said.contains("Weighted by w: "), "{said}");
    assert!(said.contains("rows of weight 0 left out"), "{said}");
    assert!(said.contains("w weight 100.0 % no how often the row counts"), "{said}");
    assert!(!said.contains("with another outcome"), "{said}");
    let card = std::fs::read_to_string(folder.join("deals.card.md")).unwrap();
    assert!(
        card.contains("Weighted by `w`: ")
            && card.contains("figures but the counts of rows are by weight")
    );
    let page = std::fs::read_to_string(folder.join("page.html")).unwrap();
    assert!(page.contains("train deals.csv --target won") && page.contains("--weight w"));
    // Scores need no weights, and neither does a comparison.
    write(folder, "new.csv", without_weights(&leads(50, |_| 1)));
    let predict = ["predict", "new.csv", "--model", "deals.bundle", "--out", "scores.csv"];
    assert!(leadscore(folder, &predict).stderr.is_empty());
    let rules = "name = \"r\"\nversion = \"1\"\n[bands]\nwarm = 1\nhot = 2\n\n[[rule]]\nname = \"IT\"\npoints = 2\nwhen = { signal = \"industry\", equals = \"IT\" }\n";
    write(folder, "rules.toml", rules);
    let compare = ["--model", "deals.bundle", "--points", "rules.toml", "--json"];
    let found = json(folder, &[&["compare", "new.csv"], &compare[..]].concat());
    assert_eq!(found["basis"], "new");
    // Rows that weigh nothing are no new leads.
    let held_out = [&["compare", "deals.csv"], &compare[..]].concat();
    assert_eq!(json(folder, &held_out)["basis"], "held_out");
    let said = in_one_line(&String::from_utf8(leadscore(folder, &held_out).stderr).unwrap());
    assert!(
        said.contains("deals was trained by the weights in \"w\"; here every lead counts once; "),
        "{said}"
    );
    assert!(said.contains("without weight left out"), "{said}");
    // A rule cannot look at the weight through the model's columns.
    let error = fail(
        folder,
        &["train", "deals.csv", "--target", "won", "--weight", "w", "--increasing", "w"],
        2,
    );
    assert!(error.contains("--increasing w: it is the --weight column"), "{error}");
    // Shares are hardly any rows, which is said; the scale of amounts of money does not matter.
    let euros = leads(800, |_| 1).replace(",1\n", ",1000\n").replace(",2\n", ",2500\n");
    write(folder, "euros.csv", euros);
    let args = ["train", "euros.csv", "--target", "won", "--weight", "w"];
    assert!(!in_one_line(&succeed(folder, &args)).contains("weigh "));
    let shares: Vec<String> = leads(800, |_| 1)
        .lines()
        .enumerate()
        .map(|(at, row)| {
            if at == 0 {
                row.to_owned()
            } else {
                format!("{}.01", row.rsplit_once(',').unwrap().0.to_owned() + ",0")
            }
        })
        .collect();
    write(folder, "shares.csv", shares.join("\n"));
    let args = ["train", "shares.csv", "--target", "won", "--weight", "w"];
    assert!(in_one_line(&succeed(folder, &args)).contains("multiply them"));
}

#[test]
fn weights_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = leads(300, |_| 1);
    let with = |of: &dyn Fn(usize) -> &'static str| {
        let rows = without_weights(&text);
        let each = rows.lines().skip(1).enumerate().map(|(at, row)| format!("{row},{}\n", of(at)));
        format!("id,visits,industry,score,won,w\n{}", each.collect::<String>())
    };
    let refused = |of: &dyn Fn(usize) -> &'static str, says: &[&str]| {
        write(folder, "deals.csv", with(of));
        let error = fail(folder, &["train", "deals.csv", "--target", "won", "--weight", "w"], 1);
        for part in says {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
        assert!(!folder.join("deals.bundle").exists());
    };
    let mixed = |at: usize| match at {
        1 => "-1",
        2 => "",
        3 => "abc",
        4 => "inf",
        5 => "1e300",
        6 => "NaN",
        _ => "2.5",
    };
    let says = [
        "deals.csv: --weight: \"w\" is no weight in 6 of the rows",
        "row 2 (-1 is negative), row 3 (no value), row 4 (",
        "row 6 (1e300 is above 1e6), ...",
        "0 leaves the row out",
    ];
    refused(&mixed, &says);
    refused(&|_| "0", &["\"w\" is 0 in every row with an outcome"]);
    refused(&|_| "-2", &["is no weight in 300 of the rows"]);
    refused(&|_| "", &["row 1 (no value)"]);
    refused(&|at| if at < 12 { "1" } else { "0" }, &["and a weight above 0; training needs"]);
    // Weights that lie as far apart as they may still give an answer.
    write(folder, "deals.csv", with(&|at| if at % 3 == 0 { "1e6" } else { "1e-6" }));
    let found = train(folder, &["deals.csv", "--weight", "w"]);
    assert!(found["evaluation"]["log_loss"].as_f64().unwrap().is_finite());
    for options in [&["--solver", "linfa"][..], &["--weight", "nothing"]] {
        let args = ["train", "deals.csv", "--target", "won", "--weight", "w"];
        let args = if options[0] == "--weight" { &args[..4] } else { &args[..] };
        fail(folder, &[args, options].concat(), 2);
    }
}
