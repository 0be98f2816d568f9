//! `leadscore compare` as those who choose a ranking use it: several models, several rule sets, the page,
//! a row for each lead, and what it refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{fail, json, succeed, write};
use leadscore_features::io::read_table;
use serde_json::Value;

/// Deals whose conversions hang on visits and on the industry; a lead of one account has brothers.
fn deals(rows: usize) -> String {
    let mut text = String::from("id,account,when,visits,industry,noise,won\n");
    let mut state = 11u64;
    let mut next = |n: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    for row in 0..rows as u64 {
        let (visits, industry, noise) =
            (next(20), ["retail", "health", "<b>it</b>"][next(3) as usize], next(100));
        let won = next(100) < visits * 2 + if industry == "health" { 20 } else { 5 };
        let (month, day) = (1 + row * 12 / rows as u64, 1 + row % 28);
        text.push_str(&format!(
            "L{row},A{},2025-{month:02}-{day:02},{visits},{industry},{noise},{}\n",
            row / 3,
            u8::from(won)
        ));
    }
    text
}

const RULES: &str = "name = \"visits\"\nversion = \"2\"\nhand_off = 10\n[bands]\nwarm = 5\nhot = 10\n\
    [[rule]]\nname = \"many visits\"\npoints = 10\nwhen = { signal = \"visits\", at_least = 12 }\n\
    [[rule]]\nname = \"some visits\"\npoints = 5\nwhen = { signal = \"visits\", at_least = 6 }\n\
    [[rule]]\nname = \"noise\"\npoints = 1\nwhen = { signal = \"noise\", at_least = 50 }\n\
    [[rule]]\nname = \"never\"\npoints = 1\nwhen = { signal = \"visits\", at_least = 500 }\n";

const TRAIN: [&str; 9] =
    ["train", "deals.csv", "--target", "won", "--id", "id", "--account", "account", "--folds=0"];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "deals.csv", deals(3_000));
    write(folder.path(), "rules.toml", RULES);
    succeed(folder.path(), &[&TRAIN[..], &["--time", "when", "--out", "a.bundle"]].concat());
    folder
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn a_champion_and_a_challenger_are_compared_on_what_neither_was_fitted_to() {
    let folder = folder();
    let folder = folder.path();
    let plain = ["--time", "when", "--plain", "--drop", "industry", "--out", "b.bundle"];
    succeed(folder, &[&TRAIN[..], &plain[..]].concat());
    let args = ["compare", "deals.csv", "--model", "a.bundle", "--model", "b.bundle", "--json"];
    let found = json(folder, &args);
    let names: Vec<&str> =
        found["rankings"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    // Both are called deals: their files tell them apart.
    assert_eq!(names, ["a", "b"]);
    assert_eq!(found["leads"], found["made"]["models"][1]["held_out_rows"]);
    assert_eq!(found["pairs"].as_array().unwrap().len(), 1);
    // Three leads of an account are drawn together.
    assert!(number(&found["groups"]) < number(&found["leads"]) / 2.0, "{}", found["groups"]);
    // With rules there are three pairs, a model and rules first.
    let found = json(folder, &[&args[..], &["--points", "rules.toml"]].concat());
    let pairs: Vec<(u64, u64)> = found["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair["first"].as_u64().unwrap(), pair["second"].as_u64().unwrap()))
        .collect();
    assert_eq!(pairs, [(0, 2), (1, 2), (0, 1)]);
    // A model that holds out other leads leaves those that neither was fitted to.
    succeed(folder, &[&TRAIN[..], &["--out", "c.bundle"]].concat());
    let args = ["compare", "deals.csv", "--model", "a.bundle", "--model", "c.bundle", "--json"];
    let other = json(folder, &args);
    let left = number(&found["leads"]) - number(&other["leads"]);
    assert!(left > 0.0 && left == number(&other["left_out"]["elsewhere"]), "{}", other["left_out"]);
    // It learned from leads of the time that the first knows nothing of.
    assert_eq!(found["warnings"], serde_json::json!([]));
    let (held_out, leads) = (&found["leads"], &other["leads"]);
    let left = left as u64;
    assert_eq!(
        other["warnings"],
        serde_json::json!([
            {"kind": "learned_later", "learned": "c", "held_out": "a", "leads": left, "of": held_out},
            {"kind": "few_in_common", "leads": leads, "of": 600, "held_out": "c"},
        ])
    );
    let said = succeed(folder, &args[..args.len() - 1]).replace('\n', " ");
    assert!(said.contains("Warning: c learned from") && said.contains("only"), "{said}");
    let args = ["compare", "deals.csv", "--model", "a.bundle", "--points", "rules.toml"];
    let said = succeed(folder, &[&args[..], &["--capacity", "99999"]].concat()).replace('\n', " ");
    assert!(said.contains("--capacity 99999 is more than the"), "{said}");
}

#[test]
fn figures_are_those_of_the_rows_and_samples_do_not_hang_on_threads() {
    let folder = folder();
    let folder = folder.path();
    let scorers = ["--model", "a.bundle", "--points", "rules.toml", "--json"];
    let compare = [&["compare", "deals.csv"], &scorers[..]].concat();
    let found =
        json(folder, &[&compare[..], &["--out", "leads.csv", "--capacity", "100"]].concat());
    let table = read_table(&folder.join("leads.csv")).unwrap();
    let texts = |name: &str| -> Vec<String> {
        let column = table.column(name).unwrap_or_else(|| panic!("{name}: {:?}", table.names()));
        (0..table.rows())
            .map(|row| column.cell(row).into_text().unwrap_or_default().into_owned())
            .collect()
    };
    assert_eq!(table.rows() as u64, found["leads"].as_u64().unwrap());
    let converted: Vec<bool> = texts("converted").iter().map(|c| c == "true").collect();
    let at = found["capacity"].as_u64().unwrap() as usize;
    assert_eq!(found["capacities"][at], 100);
    // The model has no ties to speak of: its first 100 are those of rank 100 or better.
    let ranks: Vec<f64> = texts("rank_deals").iter().map(|rank| rank.parse().unwrap()).collect();
    let first = ranks.iter().zip(&converted).filter(|(rank, won)| **rank <= 100.0 && **won).count();
    let conversions = number(&found["rankings"][0]["conversions"]["value"][at]);
    assert!((conversions - first as f64).abs() < 1.5, "{conversions} {first}");
    // Of a tie, as many as its share: 16 points and down to 10 are many.
    let points: Vec<f64> = texts("points_visits").iter().map(|p| p.parse().unwrap()).collect();
    let mut left = 100.0;
    let mut expected = 0.0;
    let mut totals = points.clone();
    totals.sort_by(|a, b| b.total_cmp(a));
    totals.dedup();
    for total in totals {
        let tied = points.iter().zip(&converted).filter(|(p, _)| **p == total);
        let (count, won) =
            tied.fold((0.0, 0.0), |(n, w), (_, c)| (n + 1.0, w + f64::from(u8::from(*c))));
        let share = f64::min(left / count, 1.0);
        expected += won * share;
        left -= count * share;
    }
    let conversions = number(&found["rankings"][1]["conversions"]["value"][at]);
    assert!((conversions - expected).abs() < 1e-9, "{conversions} {expected}");
    let reasons = texts("reasons_visits");
    assert!(reasons.iter().any(|reasons| reasons.starts_with("many visits +10; some visits +5")));
    // The same samples on one thread; others by another seed.
    let one = std::process::Command::new(env!("CARGO_BIN_EXE_leadscore"))
        .args(&compare)
        .current_dir(folder)
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap();
    let one: Value = serde_json::from_slice(&one.stdout).unwrap();
    assert_eq!(one["pairs"], found["pairs"]);
    let other = json(folder, &[&compare[..], &["--seed", "5"]].concat());
    assert_eq!(other["pairs"][0]["difference"]["value"], found["pairs"][0]["difference"]["value"]);
    assert_ne!(other["pairs"][0]["difference"]["low"], found["pairs"][0]["difference"]["low"]);
    // Rules are judged by who converts, and what nothing reads is told.
    let verdicts: Vec<&str> = found["rankings"][1]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["verdict"].as_str().unwrap())
        .collect();
    assert_eq!((verdicts[0], verdicts[1], verdicts[3]), ("earns", "earns", "never"));
    let unused = found["rankings"][0]["unused"].as_array().unwrap();
    assert!(unused.iter().any(|of| of["signal"] == "industry"));
    assert!(unused.iter().all(|of| of["signal"] != "visits"));
    // Months and segments hold every lead once.
    for part in [&found["pairs"][0]["months"], &found["pairs"][0]["segments"][0]["values"]] {
        let leads: f64 = part.as_array().unwrap().iter().map(|of| number(&of["leads"])).sum();
        assert_eq!(leads, number(&found["leads"]));
    }
}

#[test]
fn the_page_holds_the_report_and_nothing_that_could_run() {
    let folder = folder();
    let folder = folder.path();
    let args = ["compare", "deals.csv", "--model", "a.bundle", "--points", "rules.toml"];
    let said = succeed(folder, &[&args[..], &["--html", "page.html", "--lang", "es"]].concat());
    assert!(said.contains("Wrote page.html"), "{said}");
    let page = std::fs::read_to_string(folder.join("page.html")).unwrap();
    assert!(page.contains("<html lang=\"es\">") && !page.contains("<b>it"));
    for outside in ["src=", "http://", "https://", "@import", "url("] {
        let found = page.split("id=\"words\"").next().unwrap();
        assert!(!found.contains(outside), "{outside}");
    }
    let start = page.find("id=\"data\">").unwrap() + 10;
    let data = &page[start..start + page[start..].find("</script>").unwrap()];
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["list"]["leads"], data["report"]["leads"]);
    let command = data["report"]["made"]["command"].as_str().unwrap();
    assert_eq!(command, format!("leadscore {} --html page.html --lang es", args.join(" ")));
}

#[test]
fn the_model_can_be_made_again_from_what_the_comparison_tells() {
    let folder = folder();
    let folder = folder.path();
    let rules = "name = \"health\"\nversion = \"1\"\n[[rule]]\nname = \"health\"\npoints = 1\n\
        when = { signal = \"industry\", in = [\"health\"] }\n";
    write(folder, "health.toml", rules);
    let rules = ["--points", "health.toml"];
    let said: [&[&str]; 3] = [
        &["--drop", "noise", "--category", "visits", "--seed", "7", "--missing", "industry=retail"],
        &["--time", "when", "--seed", "3", "--increasing", "visits", "--base-rate", "newest"],
        &["--plain", "--l2", "2.5", "--keep", "noise", "--name", "x y", "--model-version", "9"],
    ];
    for (at, options) in said.iter().enumerate() {
        let bundle = format!("said{at}.bundle");
        succeed(folder, &[&TRAIN[..], options, &["--out", &bundle]].concat());
        let compare = ["compare", "deals.csv", "--model", &bundle, "--json"];
        let found = json(folder, &[&compare[..], &rules].concat());
        let made = &found["made"]["models"][0];
        assert_eq!(made["bytes"], std::fs::metadata(folder.join(&bundle)).unwrap().len());
        if at == 0 {
            assert_eq!(made["dropped"], serde_json::json!(["noise"]));
            assert_eq!(made["codes"], serde_json::json!(["visits"]));
            assert_eq!(made["missing"], serde_json::json!(["industry=retail"]));
            assert_eq!(made["set_aside"], serde_json::json!([]));
        }
        // The same bundle, bit by bit.
        let before = std::fs::read(folder.join(&bundle)).unwrap();
        std::fs::remove_file(folder.join(&bundle)).unwrap();
        let command = made["command"].as_str().unwrap().replace("'x y'", "x\u{a0}y");
        let words: Vec<String> =
            command.split(' ').skip(1).map(|word| word.replace('\u{a0}', " ")).collect();
        succeed(folder, &words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(std::fs::read(folder.join(&bundle)).unwrap(), before, "{command}");
    }
}

#[test]
fn wrong_calls_say_what_to_do_and_leave_nothing_behind() {
    let folder = folder();
    let folder = folder.path();
    let model = ["compare", "deals.csv", "--model", "a.bundle"];
    let said = fail(folder, &model, 2);
    assert!(said.contains("one ranking") && said.contains("--points"), "{said}");
    let args = [&model[..], &["--points", "rules.toml"]].concat();
    let said =
        fail(folder, &[&args[..], &["--segment", "indusry", "--segment", "nope"]].concat(), 2);
    assert!(said.contains("did you mean \"industry\"") && said.contains("nope"), "{said}");
    for out in [
        ["--html", "deals.csv"],
        ["--out", "deals.csv"],
        ["--html", "a.bundle"],
        ["--html", "rules.toml"],
    ] {
        let said = fail(folder, &[&args[..], &out[..]].concat(), 2);
        assert!(said.contains("which is read too"), "{said}");
    }
    let said = fail(folder, &[&args[..], &["--html", "a.csv", "--out", "a.csv"]].concat(), 2);
    assert!(said.contains("same file"), "{said}");
    assert!(fail(folder, &[&args[..], &["--capacity", "0"]].concat(), 2).contains("at least 1"));
    // A model is called by its file where a set has its name; two files of one name tell nobody apart.
    write(folder, "same.toml", RULES.replace("\"visits\"\nversion", "\"deals\"\nversion"));
    let found = json(folder, &[&model[..], &["--points", "same.toml", "--json"]].concat());
    assert_eq!(
        (&found["rankings"][0]["name"], &found["rankings"][1]["name"]),
        (&"a".into(), &"deals".into())
    );
    std::fs::create_dir(folder.join("old")).unwrap();
    std::fs::copy(folder.join("a.bundle"), folder.join("old/a.bundle")).unwrap();
    let said = fail(folder, &[&model[..], &["--model", "old/a.bundle"]].concat(), 2);
    assert!(said.contains("both called \"a\""), "{said}");
    assert_eq!(std::fs::read_to_string(folder.join("deals.csv")).unwrap(), deals(3_000));
}

#[test]
fn few_leads_of_one_outcome_get_a_page_that_says_what_can_be_said() {
    let folder = folder();
    let folder = folder.path();
    let rows = "id,account,when,visits,industry,noise,won\nX1,B1,2026-01-05,3,retail,5,0\n\
                X2,B2,2026-01-06,19,<script>,6,0\nX3,B3,2026-01-07,,,7,0\n";
    write(folder, "new.csv", rows);
    let args = ["compare", "new.csv", "--model", "a.bundle", "--points", "rules.toml"];
    let found = json(folder, &[&args[..], &["--html", "page.html", "--json"]].concat());
    assert_eq!((&found["basis"], &found["conversions"]), (&"new".into(), &0.into()));
    let of = &found["rankings"][0];
    assert!(of["auc"].is_null() && of["recall"].is_null() && of["conversions"]["low"].is_null());
    let said = succeed(folder, &args);
    assert!(said.contains("one outcome"), "{said}");
    let page = std::fs::read_to_string(folder.join("page.html")).unwrap();
    assert!(page.contains("\\u003cscript>") && !page.contains("<script>\""));
}

#[test]
fn too_few_of_one_outcome_have_no_interval_and_it_is_said_which() {
    let folder = folder();
    let folder = folder.path();
    let rows = |others: usize| -> String {
        let head = "id,account,when,visits,industry,noise,won\n".to_owned();
        let row = |lead: usize| {
            let won = u8::from(lead >= others);
            format!("X{lead},B{lead},2026-01-05,{},retail,{lead},{won}\n", (lead * 7) % 20)
        };
        head + &(0..40).map(row).collect::<String>()
    };
    let args = ["compare", "new.csv", "--model", "a.bundle", "--points", "rules.toml"];
    for (others, few) in [(9, "not".into()), (31, "converted".into()), (10, Value::Null)] {
        write(folder, "new.csv", rows(others));
        let found = json(folder, &[&args[..], &["--json"]].concat());
        assert_eq!(found["too_few"], few);
        for auc in [&found["rankings"][1]["auc"], &found["pairs"][0]["auc_difference"]] {
            assert_eq!((auc["low"].is_null(), auc["value"].is_null()), (!few.is_null(), false));
        }
        assert_eq!(found["pairs"][0]["difference"]["low"].is_null(), !few.is_null());
    }
    write(folder, "new.csv", rows(9));
    let said = succeed(folder, &args).replace(['\n', ' '], "");
    assert!(said.contains("only9didnotconvert"), "{said}");
}

#[test]
fn tables_are_named_by_what_they_are_written_as() {
    let folder = folder();
    let folder = folder.path();
    let compare = ["compare", "deals.csv", "--model", "a.bundle", "--points", "rules.toml"];
    let predict = ["predict", "deals.csv", "--model", "a.bundle"];
    let points = ["points", "score", "deals.csv", "--points", "rules.toml"];
    let signals = ["signals", "deals.csv", "--target", "won"];
    for call in [&compare[..], &predict, &points, &signals] {
        for name in ["leads.xlsx", "leads", "leads.csv.gz"] {
            let said = fail(folder, &[call, &["--out", name]].concat(), 2);
            assert!(said.contains(name) && said.contains(".csv or .parquet"), "{said}");
            assert!(!folder.join(name).exists());
        }
        if call != signals {
            succeed(folder, &[call, &["--out", "x.CSV"]].concat());
        }
    }
    let said = fail(folder, &[&compare[..], &["--lang", "es"]].concat(), 2);
    assert!(said.contains("--html <FILE>"), "{said}");
    #[cfg(target_os = "linux")]
    {
        let said = fail(folder, &[&compare[..], &["--html", "/proc/x.html"]].concat(), 1);
        assert!(said.contains("no file can be written in /proc"), "{said}");
    }
}

#[test]
fn thresholds_fit_the_scale_of_the_points_and_one_lead_is_told_as_one() {
    let folder = folder();
    let folder = folder.path();
    // No bands, and hardly any different totals of a large scale.
    let rules = "name = \"huge\"\nversion = \"1\"\n[[rule]]\nname = \"many\"\npoints = 40000\n\
        when = { signal = \"visits\", at_least = 12 }\n[[rule]]\nname = \"some\"\npoints = 50000\n\
        when = { signal = \"visits\", at_least = 6 }\n";
    write(folder, "huge.toml", rules);
    let args = ["compare", "deals.csv", "--model", "a.bundle", "--points", "huge.toml"];
    let found = json(folder, &[&args[..], &["--json"]].concat());
    let of = &found["rankings"][1];
    let points: Vec<f64> =
        of["thresholds"].as_array().unwrap().iter().map(|t| number(&t["points"])).collect();
    assert_eq!(points, [0.0, 50_000.0, 90_000.0]);
    assert_eq!(of["bands"], serde_json::json!([]));
    // Whom the points leave open is told.
    let at = found["capacity"].as_u64().unwrap() as usize;
    assert_eq!((&of["above"][at], &of["threshold"][at]), (&0.into(), &90_000.0.into()));
    let said = succeed(folder, &[&args[..], &["--capacity", "1"]].concat());
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("Of the one lead that model deals ranks first"), "{said}");
    assert!(said.contains("By rule set huge, the last of them is drawn from 239 leads"), "{said}");
    assert!(said.contains("few rules give points"), "{said}");
    assert!(!said.contains("as many by model"), "{said}");
    assert_eq!(of["calibration"], Value::Null);
    let bins = found["rankings"][0]["calibration"]["bins"].as_array().unwrap().len();
    assert_eq!(bins, 20, "as many as training tells");
}

#[test]
fn the_order_of_the_rows_does_not_show() {
    let folder = folder();
    let folder = folder.path();
    let rows = deals(900).replace("\nL", "\nN").replace(",A", ",B");
    let (head, rest) = rows.split_once('\n').unwrap();
    let mut lines: Vec<&str> = rest.lines().collect();
    write(folder, "new.csv", format!("{head}\n{}\n", lines.join("\n")));
    let args = ["compare", "new.csv", "--model", "a.bundle", "--points", "rules.toml", "--json"];
    let mut found = json(folder, &args);
    // Turned round, then dealt like cards.
    lines.reverse();
    let (one, two) = lines.split_at(lines.len() / 2);
    let dealt: Vec<&str> = one.iter().zip(two).flat_map(|(a, b)| [*a, *b]).collect();
    write(folder, "new.csv", format!("{head}\n{}\n", dealt.join("\n")));
    let mut other = json(folder, &args);
    for report in [&mut found, &mut other] {
        // The file is another; and who of those that stand equally far apart is listed.
        report["made"] = Value::Null;
        report["pairs"][0]["disagreements"] = Value::Null;
    }
    assert_eq!(found, other);
}

#[test]
fn a_sensitive_segment_is_marked() {
    let folder = folder();
    let folder = folder.path();
    let rows = deals(3_000).replace("noise", "age");
    write(folder, "people.csv", rows);
    let train = ["train", "people.csv", "--target", "won", "--id", "id", "--folds=0"];
    succeed(folder, &[&train[..], &["--out", "p.bundle"]].concat());
    write(folder, "age.toml", RULES.replace("signal = \"noise\"", "signal = \"age\""));
    let args = ["compare", "people.csv", "--model", "p.bundle", "--points", "age.toml", "--json"];
    let segments = ["--segment", "age", "--segment", "industry"];
    let found = json(folder, &[&args[..], &segments[..]].concat());
    let segments = &found["pairs"][0]["segments"];
    assert_eq!(
        (&segments[0]["sensitive"], &segments[1]["sensitive"]),
        (&"age".into(), &Value::Null)
    );
    let first = segments[0]["values"][0]["value"].as_str().unwrap();
    assert!(first.starts_with("below "), "{first}");
}
