//! A project from its files to scores, through the real binary: what `init` writes works, training
//! is honest about time, and batch, project and explanation agree.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use common::*;
use leadscore_features::io::read_table;
use leadscore_features::{Table, Time};

const DAY: i64 = 86_400_000_000;
/// What a project of a simulation says of its snapshots.
const AGE: i64 = 14 * DAY;
const HORIZON: i64 = 90 * DAY;

/// Points over event signals of a simulation, and over attributes.
const RULES: &str = r#"
name = "classic"
version = "1"
hand_off = 30
[bands]
warm = 10
hot = 30
[[rule]]
name = "asked for a demo"
points = 30
when = { signal = "demo_requests_14d", at_least = 1 }
[[rule]]
name = "looks around"
points = 10
when = { signal = "page_views_14d", at_least = 3 }
[[rule]]
name = "decides"
points = 5
when = { signal = "seniority", in = ["c_level", "vp", "director", "owner"] }
"#;

/// For each lead: when it was created, converted and closed, in microseconds, and its account.
type LeadTimes = BTreeMap<String, (i64, Option<i64>, Option<i64>, String)>;

/// Simulated leads, events as CSV, outcomes and their project in `s`.
fn simulate(folder: &Path, leads: &str) {
    let args = ["simulate", "--leads", leads, "--seed", "5", "--out", "s", "--no-truth"];
    succeed(folder, &[&args[..], &["--format", "csv"]].concat());
}

/// Replaces a part of a file, which must be there.
fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from:?} is not in {}", path.display());
    std::fs::write(path, text.replace(from, to)).unwrap();
}

fn texts(table: &Table, column: &str) -> Vec<String> {
    let column = table.column(column).unwrap();
    column.cells().map(|cell| cell.into_text().unwrap_or_default().into_owned()).collect()
}

fn times(table: &Table, column: &str) -> Vec<Option<i64>> {
    let time = |text: &String| (!text.is_empty()).then(|| Time::parse(text).unwrap().micros());
    texts(table, column).iter().map(time).collect()
}

/// A pseudo-random order of lines, the first one kept.
fn shuffled(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    let mut state = 9u64;
    for i in (1..lines.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        lines.swap(i, (state >> 33) as usize % (i + 1));
    }
    format!("{}\n{}\n", text.lines().next().unwrap(), lines.join("\n"))
}

/// What is printed fits a terminal; returns it. Messages are whole lines where there is none.
fn narrow(folder: &Path, args: &[&str]) -> String {
    let output = leadscore(folder, args);
    let [out, errors] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "leadscore {args:?}: {errors}");
    for line in out.lines() {
        assert!(line.chars().count() <= 80, "leadscore {args:?} prints {line:?}");
    }
    for line in errors.lines() {
        assert!(!line.starts_with(' '), "leadscore {args:?} says {line:?}");
    }
    out
}

#[test]
fn everything_works_on_what_init_writes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    simulate(folder, "1500");
    let init = ["init", "s/leads.csv", "--events", "s/events.csv", "--out", "p.toml"];
    let said = narrow(folder, &init);
    assert!(said.contains("It still needs:") && said.contains("[outcomes]"), "{said}");
    assert!(!said.contains("observed_until") && !said.contains("created in"), "{said}");
    // Of files in which less is found it says all that is needed.
    write(folder, "bare.csv", "lead_id,size\na,1\nb,2\nc,3\n");
    write(folder, "log.csv", "lead_id,what,value\na,page_view,1\nb,page_view,2\nb,page_view,3\n");
    let bare = narrow(folder, &["init", "bare.csv", "--events", "log.csv", "--out", "bare.toml"]);
    for needed in ["(observed_until)", "(created in [leads])", "([outcomes])", "no column \"at\""] {
        assert!(bare.contains(needed), "{needed} is not in {bare}");
    }
    let written = std::fs::read(folder.join("p.toml")).unwrap();
    assert!(fail(folder, &init, 2).contains("p.toml is there already"));
    assert_eq!(std::fs::read(folder.join("p.toml")).unwrap(), written);
    // It parses: without outcomes the signals are shown as of the end.
    narrow(folder, &["signals", "p.toml"]);
    let error = fail(folder, &["train", "p.toml"], 2);
    assert!(error.contains("there is no [outcomes]"), "{error}");

    let project = folder.join("p.toml");
    edit(
        &project,
        "# [outcomes]\n# files = [\"outcomes.csv\"]\n# lead = \"lead_id\"\n# converted =",
        "[outcomes]\nfiles = [\"s/outcomes.csv\"]\nlead = \"lead_id\"\nconverted =",
    );
    // Simulated clocks that run ahead are in 2026 and later; they are not the end of what is known.
    let text = std::fs::read_to_string(&project).unwrap();
    assert!(text.contains("observed_until = 2025-12-3"), "{text}");
    // Of what leaks, init knows the reason of winning.
    assert!(text.contains("drop = [\"won_reason\", "), "{text}");
    let leaks = "drop = [\"contract_value\", \"closing_call_minutes\", ";
    edit(&project, "drop = [", leaks);
    let rules = RULES
        .replace("demo_requests_14d", "demo_request_30d")
        .replace("page_views_14d", "page_view_30d");
    write(folder, "rules.toml", rules);
    narrow(folder, &["signals", "p.toml"]);
    narrow(folder, &["train", "p.toml", "--out", "p.bundle"]);
    let scorers = ["--model", "p.bundle", "--points", "rules.toml"];
    let with = |start: &[&'static str]| [start, &scorers[..]].concat();
    narrow(folder, &with(&["predict", "p.toml", "--out", "scores.csv", "--reasons", "2"]));
    narrow(folder, &with(&["compare", "p.toml"]));
    narrow(folder, &with(&["explain", "p.toml", "--id", "L00000007"]));
    let json = |args: &[&str]| json(folder, &[args, &["--json"]].concat());
    let signals = json(&["signals", "p.toml"]);
    // A column that is dropped is not learnt, and is read by the signals that name it.
    let names: Vec<&str> = signals["signals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert!(["email_kind", "junk_name", "phone_valid"].iter().all(|name| names.contains(name)));
    assert!(!["email", "name", "phone", "won_reason"].iter().any(|name| names.contains(name)));
    let trained = json(&["train", "p.toml", "--out", "p.bundle"]);
    assert_eq!(signals["snapshots"], trained["training"]["data"]["rows"]);
    let leads = trained["training"]["snapshots"]["leads"].as_u64().unwrap();
    assert_eq!(json(&with(&["predict", "p.toml", "--out", "scores.csv"]))["leads"], leads);
    let compared = json(&with(&["compare", "p.toml"]));
    assert_eq!(compared["basis"], "held_out");
    assert_eq!(compared["leads"], trained["training"]["split"]["held_out_rows"]);
    // The comparison scores again what training held out, and reaches the same figure.
    assert_eq!(
        compared["rankings"][0]["auc"]["value"],
        trained["training"]["evaluation"]["auc"]["value"]
    );
    let explained = json(&with(&["explain", "p.toml", "--id", "L00000007"]));
    // A marketer can disagree with a reader: it says how it decided.
    let read = explained["read"].as_array().unwrap();
    let of_email = read.iter().find(|read| read["signals"] == serde_json::json!(["email_kind"]));
    let why = of_email.unwrap()["why"].as_str().unwrap();
    assert!(why.contains(" because "), "{why}");
    json(&["init", "s/leads.csv", "--events", "s/events.csv", "--out", "q.toml"]);
}

#[test]
fn neither_threads_nor_the_order_of_rows_change_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    simulate(folder, "1000");
    let train = |out: &str, threads: &str| {
        let args = ["train", "s/leadscore.toml", "--name", "m", "--out", out];
        succeed(folder, &[&args[..], &["--threads", threads, "--l2", "10"]].concat());
        std::fs::read(folder.join(out)).unwrap()
    };
    let values = |out: &str| {
        succeed(folder, &["signals", "s/leadscore.toml", "--out", out]);
        std::fs::read_to_string(folder.join(out)).unwrap()
    };
    let scores = |model: &str| {
        let args = ["predict", "s/leadscore.toml", "--model", model, "--out", "p.parquet"];
        succeed(folder, &args);
        let table = read_table(&folder.join("p.parquet")).unwrap();
        let scores = texts(&table, "probability").into_iter().map(|text| text.parse().unwrap());
        texts(&table, "id").into_iter().zip(scores).collect::<BTreeMap<String, f64>>()
    };
    let (first, signals) = (train("a.bundle", "1"), values("a.csv"));
    assert!(first == train("b.bundle", "2"), "threads change the bundle");

    let [events, leads] =
        ["s/events.csv", "s/leads.csv"].map(|name| std::fs::read_to_string(folder.join(name)));
    write(folder, "s/events.csv", shuffled(&events.unwrap()));
    assert!(values("c.csv") == signals, "the order of events changes a signal");
    assert!(first == train("c.bundle", "2"), "the order of events changes the bundle");

    let expected = scores("a.bundle");
    write(folder, "s/leads.csv", shuffled(&leads.unwrap()));
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    assert!(sorted(&values("d.csv")) == sorted(&signals), "the order of leads changes a signal");
    train("d.bundle", "2");
    assert_eq!(scores("a.bundle"), expected, "the order of leads changes a score");
    for (id, score) in scores("d.bundle") {
        assert!((score - expected[&id]).abs() < 1e-9, "{id}: {score} and {}", expected[&id]);
    }
}

/// Lead by lead: when it came, converted and was closed, and its account.
fn history(folder: &Path) -> LeadTimes {
    let leads = read_table(&folder.join("s/leads.csv")).unwrap();
    let outcomes = read_table(&folder.join("s/outcomes.csv")).unwrap();
    let ended: HashMap<String, (Option<i64>, Option<i64>)> = texts(&outcomes, "lead_id")
        .into_iter()
        .zip(times(&outcomes, "converted_at").into_iter().zip(times(&outcomes, "closed_at")))
        .collect();
    let of = texts(&leads, "lead_id").into_iter().zip(times(&leads, "created_at"));
    of.zip(texts(&leads, "account"))
        .map(|((id, created), account)| {
            let (converted, closed) = ended.get(&id).copied().unwrap_or_default();
            (id, (created.unwrap(), converted, closed, account))
        })
        .collect()
}

#[test]
fn snapshots_left_out_and_held_out_are_those_that_the_files_say() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    simulate(folder, "2000");
    let leads = history(folder);
    let until = Time::parse("2025-12-31T00:00:00Z").unwrap().micros();
    let mut kept: BTreeMap<String, (i64, bool)> = BTreeMap::new();
    let [mut converted, mut closed, mut open, mut open_converted] = [0; 4];
    for (id, (created, won, lost, _)) in &leads {
        let as_of = created + AGE;
        let label = won.is_some_and(|won| won > as_of && won <= as_of + HORIZON);
        if won.is_some_and(|won| won <= as_of) {
            converted += 1;
        } else if lost.is_some_and(|lost| lost <= as_of) {
            closed += 1;
        } else if as_of + HORIZON > until {
            open += 1;
            open_converted += usize::from(label);
        } else {
            kept.insert(id.clone(), (as_of, label));
        }
    }
    assert!([converted, closed, open, open_converted].iter().all(|count| *count > 0));

    let train = ["train", "s/leadscore.toml", "--l2", "10", "--out", "m.bundle", "--json"];
    let found = &json(folder, &train)["training"];
    let left_out = &found["snapshots"]["left_out"];
    let expected = serde_json::json!({
        "converted": converted, "closed": closed, "horizon_open": open,
        "horizon_open_converted": open_converted, "not_created": 0, "without_created": 0,
    });
    assert_eq!(*left_out, expected);
    assert_eq!(found["snapshots"]["leads"], leads.len());
    assert_eq!(found["data"]["rows"], kept.len());
    assert_eq!(kept.len() + converted + closed + open, leads.len());
    let conversions = kept.values().filter(|(_, label)| *label).count();
    assert_eq!(found["target"]["conversions"], conversions);

    // The values that are written are of these snapshots.
    succeed(folder, &["signals", "s/leadscore.toml", "--out", "v.csv"]);
    let values = read_table(&folder.join("v.csv")).unwrap();
    let labels = texts(&values, "converted").into_iter().map(|text| text == "true");
    let written: BTreeMap<String, (i64, bool)> = texts(&values, "lead")
        .into_iter()
        .zip(times(&values, "as_of").into_iter().map(Option::unwrap).zip(labels))
        .collect();
    assert!(written == kept, "other snapshots are written");

    // Before the first held-out moment lies one horizon of which nothing is learnt.
    let split = &found["split"];
    let text = split["from"].as_str().unwrap();
    let from = Time::parse(text).unwrap().micros();
    let account = |id: &String| &leads[id].3;
    let newest: HashSet<&String> =
        kept.iter().filter(|(_, (as_of, _))| *as_of >= from).map(|(id, _)| account(id)).collect();
    let (mut held_out, mut gap, mut straddling) = (0, 0, 0);
    let mut training: Vec<(i64, bool)> = Vec::new();
    for (id, (as_of, label)) in &kept {
        if *as_of >= from {
            held_out += 1;
        } else if as_of + HORIZON > from {
            gap += 1;
        } else if newest.contains(account(id)) {
            straddling += 1;
        } else {
            training.push((*as_of, *label));
        }
    }
    assert!(gap > 0 && training.iter().all(|(as_of, _)| as_of + HORIZON <= from));
    assert_eq!(split["held_out_rows"], held_out);
    assert_eq!(split["gap_rows"], gap);
    assert_eq!(split["straddling_rows"], straddling);
    assert_eq!(split["training_rows"], training.len());
    assert_eq!(split["training_conversions"], training.iter().filter(|(_, label)| *label).count());
}

/// Events that were not there, or not known, at any lead's moment: of every kind, as bursts, as
/// copies of events that are there, before and after creation.
fn later_events(leads: &LeadTimes) -> String {
    let mut rows = String::new();
    let mut row = |id: &str, kind: &str, at: i64, known_at: i64, event: &str, rest: &str| {
        let [at, known_at] = [at, known_at].map(Time::from_micros);
        rows.push_str(&format!("{id},{kind},{at},{known_at},{event},{rest}\n"));
    };
    for (number, (id, (created, ..))) in leads.iter().enumerate() {
        let as_of = created + AGE;
        let view = "/pricing,9,,web,,10.1.2.3,,,";
        for kind in ["page_view", "demo_request", "email_clicked", "email_sent", "unsubscribe"] {
            row(id, kind, as_of + 1, as_of + 1, &format!("x{kind}{number}"), view);
            row(id, kind, as_of - DAY, as_of + 1, &format!("y{kind}{number}"), view);
            row(id, kind, as_of - DAY, as_of + 40 * DAY, "", view);
            // A clock in the future, known before the moment: the event is still after it.
            row(id, kind, as_of + 300 * DAY, as_of - DAY, "", view);
        }
        for second in 0..25 {
            row(id, "page_view", as_of - DAY + second, as_of + 1, "", view);
        }
        // A copy of an id that is there, known later.
        row(id, "page_view", created - DAY, as_of + 1, &format!("e{number}-1"), view);
        row(id, "set", created - DAY, as_of + 1, "", ",,,,,,,job_title,CEO");
        row(id, "set", as_of + 1, as_of - DAY, "", ",,,,,,,lifecycle,customer");
    }
    rows
}

#[test]
fn what_was_not_known_at_the_moment_changes_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    simulate(folder, "600");
    let project = "s/leadscore.toml";
    let values = |out: &str| {
        succeed(folder, &["signals", project, "--out", out]);
        std::fs::read(folder.join(out)).unwrap()
    };
    let expected = values("a.csv");
    let events = std::fs::read_to_string(folder.join("s/events.csv")).unwrap();
    let header = events.lines().next().unwrap();
    assert_eq!(
        header,
        "lead_id,kind,at,known_at,event_id,page,depth,email_type,channel,value,ip,message,\
         attribute,to"
    );
    let later = later_events(&history(folder));
    assert!(later.lines().count() > 600 * 40);
    write(folder, "s/events.csv", format!("{events}{later}"));
    assert!(values("b.csv") == expected, "the future is seen");
    write(folder, "s/events.csv", format!("{header}\n{later}{}", &events[header.len() + 1..]));
    assert!(values("c.csv") == expected, "the future is seen where it stands first");

    // A second copy of everything.
    write(folder, "s/events.csv", &events);
    write(folder, "s/copy.csv", &events);
    let path = folder.join(project);
    edit(&path, "files = [\"events.csv\"]", "files = [\"events.csv\", \"copy.csv\"]");
    let ids = events.lines().skip(1).all(|line| !line.split(',').nth(4).unwrap().is_empty());
    assert!(ids, "every event has an id");
    assert!(values("d.csv") == expected, "copies count");
    // The filters are what keeps them out.
    edit(&path, "duplicates = true", "duplicates = false");
    assert!(values("e.csv") != expected);
}

#[test]
fn leads_with_events_score_as_their_project_does() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    simulate(folder, "1000");
    write(folder, "rules.toml", RULES);
    succeed(folder, &["train", "s/leadscore.toml", "--l2", "10", "--out", "m.bundle"]);
    let scorers = ["--model", "m.bundle", "--points", "rules.toml"];
    let moment = ["--as-of", "2025-03-01T12:00:00Z"];
    let predict = |leads: &[&str], out: &str| {
        let args = [&["predict"], leads, &scorers, &moment, &["--out", out, "--reasons", "3"]];
        let said = succeed(folder, &args.concat());
        (said, std::fs::read_to_string(folder.join(out)).unwrap())
    };
    let (_, project) = predict(&["s/leadscore.toml"], "project.csv");
    let (said, files) = predict(&["s/leads.csv", "--events", "s/events.csv"], "files.csv");
    assert!(project == files, "a project and its files score differently");
    assert!(!said.contains("not given"), "{said}");
    assert_eq!(project.lines().count(), 1001);
    // Parquet keeps every bit as well.
    let (_, _) = predict_parquet(folder, &scorers, &moment);

    let (said, bare) = predict(&["s/leads.csv"], "bare.csv");
    assert!(bare != files);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("35 signals are about events, which were not given"), "{words}");
    for signal in ["demo_requests_14d", "click_rate", "pricing_then_demo"] {
        assert!(said.contains(signal), "{signal} is not in: {said}");
    }

    let table = read_table(&folder.join("project.csv")).unwrap();
    let column = |name: &str| texts(&table, name);
    let (ids, probabilities) = (column("id"), column("probability"));
    let (points, bands) = (column("points_classic"), column("band"));
    for row in [0, 17, 500, 999] {
        for from in [&["s/leadscore.toml"][..], &["s/leads.csv", "--events", "s/events.csv"]] {
            let args = [&["explain"], from, &["--id", &ids[row], "--json"], &moment, &scorers];
            let found = json(folder, &args.concat());
            let probability = found["model"]["probability"].as_f64().unwrap();
            assert_eq!(probability.to_bits(), probabilities[row].parse::<f64>().unwrap().to_bits());
            assert_eq!(found["model"]["band"], *bands[row]);
            assert_eq!(found["points"][0]["total"].as_f64(), points[row].parse().ok());
        }
    }
    // Without events the rules over them are unavailable, not failed.
    let args = [&["explain", "s/leads.csv", "--id", &ids[17], "--json"][..], &moment, &scorers];
    let found = json(folder, &args.concat());
    let unavailable = &found["points"][0]["unavailable"];
    assert_eq!(*unavailable, serde_json::json!(["asked for a demo", "looks around"]));
}

fn predict_parquet(folder: &Path, scorers: &[&str], moment: &[&str]) -> (Table, Table) {
    let of = |leads: &[&str], out: &str| {
        succeed(folder, &[&["predict"], leads, scorers, moment, &["--out", out]].concat());
        read_table(&folder.join(out)).unwrap()
    };
    let project = of(&["s/leadscore.toml"], "project.parquet");
    let files = of(&["s/leads.csv", "--events", "s/events.csv"], "files.parquet");
    assert_eq!(texts(&project, "probability"), texts(&files, "probability"));
    (project, files)
}

#[test]
fn static_and_sensitive_attributes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    simulate(folder, "1200");
    let project = folder.join("s/leadscore.toml");
    edit(&project, ", \"age\"]", "]");
    let leads = std::fs::read_to_string(folder.join("s/leads.csv")).unwrap();
    let marital = ["soltero", "casada", "divorciado", ""];
    let mut lines = leads.lines().enumerate();
    let mut with = format!("{},estado_civil\n", lines.next().unwrap().1);
    lines.for_each(|(row, line)| with.push_str(&format!("{line},{}\n", marital[row % 4])));
    write(folder, "s/leads.csv", with);

    let train = ["train", "s/leadscore.toml", "--l2", "10", "--out", "m.bundle"];
    let said = narrow(folder, &train);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["Sensitive: age (", "estado_civil (", "Without them, AUC on the held-out rows is"]
    {
        assert!(words.contains(part), "{part:?} is not in: {said}");
    }
    assert!(words.contains("--drop age,estado_civil"), "{said}");
    assert!(words.contains("Static: only today's value is known of"), "{said}");
    let found = &json(folder, &[&train[..], &["--json"]].concat())["training"];
    let names: Vec<&str> = found["sensitive"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["age", "estado_civil"]);
    let fixed = found["snapshots"]["static_attributes"].as_array().unwrap();
    let is_static = |name: &str| fixed.iter().any(|attribute| attribute == name);
    assert!(is_static("industry") && is_static("age") && is_static("estado_civil"), "{fixed:?}");
    assert!(!is_static("job_title") && !is_static("employees") && !is_static("lifecycle"));
    // Leaving them out is the cost that was stated.
    let args = ["--drop", "age,estado_civil", "--json"];
    let without = &json(folder, &[&train[..], &args].concat())["training"];
    assert_eq!(without["evaluation"]["auc"], found["sensitive"]["without"]["auc"]);
    assert_eq!(without["evaluation"]["log_loss"], found["sensitive"]["without"]["log_loss"]);
    assert!(without["sensitive"].is_null());

    let signals = json(folder, &["signals", "s/leadscore.toml", "--json"]);
    for signal in signals["signals"].as_array().unwrap() {
        let name = signal["name"].as_str().unwrap();
        match name {
            "industry" | "age" | "country" | "email_kind" => assert_eq!(signal["static"], true),
            "job_title" | "seniority" | "persona" | "page_views_14d" => {
                assert_eq!(signal["static"], false, "{name}");
            }
            _ => {}
        }
    }
}
