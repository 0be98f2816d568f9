//! Bad input gets one clear error that names the file, row, column or field and says what to do,
//! and nothing half-written is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::*;

const RULES: &str = "name = \"r\"\nversion = \"1\"\n[bands]\nwarm = 1\nhot = 2\n\n[[rule]]\nname = \"IT\"\npoints = 2\nwhen = { signal = \"industry\", equals = \"IT\" }\n";

/// Trains on a file that must be refused, and checks what the error says. A bundle that stood
/// there before must stay.
fn refused(content: impl AsRef<[u8]>, more: &[&str], says: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", content);
    write(folder, "deals.bundle", "a good bundle");
    let mut args = vec!["train", "deals.csv"];
    if !more.contains(&"--target") {
        args.extend(["--target", "won"]);
    }
    args.extend(more);
    let output = leadscore(folder, &args);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{error}");
    assert!(!error.contains("panicked"), "{error}");
    for part in says {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    assert_eq!(std::fs::read_to_string(folder.join("deals.bundle")).unwrap(), "a good bundle");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2, "a file was left behind");
}

/// The deals with one line changed.
fn with_line(number: usize, line: &str) -> String {
    let deals = deals(100);
    let mut lines: Vec<&str> = deals.lines().collect();
    lines[number] = line;
    lines.join("\n") + "\n"
}

#[test]
fn files_that_are_no_tables() {
    refused("", &[], &["deals.csv: is empty"]);
    refused("visits,industry,won\n", &[], &["deals.csv", "no rows"]);
    refused("visits,visits,won\n1,2,yes\n", &[], &["\"visits\" is there twice"]);
    refused(with_line(3, "1,IT"), &[], &["row 3 (line 4) has 2 fields, the header has 3"]);
    refused(with_line(3, "1,IT,yes,9"), &[], &["row 3 (line 4) has 4 fields"]);
    let mut latin = with_line(5, "1,caf?,yes").into_bytes();
    let at = latin.iter().position(|&b| b == b'?').unwrap();
    latin[at] = 0xe9;
    refused(latin, &[], &["row 5 (line 6), column \"industry\"", "UTF-8"]);
    refused(b"\x1f\x8b\x08\x00", &[], &["gzip"]);
    refused(b"PAR1 and nothing else", &[], &["Parquet"]);
    refused(b"\xff\xfea\0,\0b\0", &[], &["UTF-16"]);

    let folder = tempfile::tempdir().unwrap();
    let error = fail(folder.path(), &["train", "none.csv", "--target", "won"], 1);
    assert!(error.contains("none.csv: there is no such file"), "{error}");
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let error = fail(folder.path(), &["train", "folder", "--target", "won"], 1);
    assert!(error.contains("is a folder"), "{error}");
}

#[test]
fn targets_that_say_nothing() {
    refused(
        deals(100),
        &["--target", "wom"],
        &["there is no column \"wom\"; did you mean \"won\"?"],
    );
    let constant = deals(100).replace("yes", "no");
    refused(constant, &[], &["\"no\" in every row"]);
    refused(with_line(2, "1,IT,maybe"), &[], &["has 3 values", "--positive and --negative"]);
    refused(with_line(2, "1,IT,"), &[], &["no value in 1 of 100 rows (row 2)", "--positive"]);
    refused(deals(100), &["--positive", "jes"], &["--positive \"jes\" is not a value"]);
    refused(deals(12), &[], &["training needs at least 10"]);
}

#[test]
fn cells_and_columns_that_cannot_be_learnt_from() {
    refused(with_line(7, "inf,IT,yes"), &[], &["row 7, column \"visits\"", "not a finite number"]);
    refused(with_line(7, "1e300,IT,yes"), &[], &["row 7", "too large"]);
    let all = deals(100);
    refused(&all, &["--drop", "visits,industry"], &["no column is left"]);
    refused(
        &all,
        &["--id", "lead", "--drop", "vists", "--missing", "visit=9"],
        &["--id: there is no column \"lead\"", "did you mean \"visits\"?", "--missing"],
    );
    refused(&all, &["--time", "industry"], &["neither dates nor numbers"]);
    refused(&all, &["--missing", "visits"], &["--missing is COLUMN=VALUE"]);
    for l2 in ["0", "-1", "nan", "inf"] {
        refused(&all, &["--l2", l2], &["--l2"]);
    }
    let day =
        |row: usize| if row == 5 { String::new() } else { format!("2024-01-{:02}", row % 28 + 1) };
    let dated: String = all
        .lines()
        .enumerate()
        .map(
            |(i, line)| {
                if i == 0 { format!("day,{line}\n") } else { format!("{},{line}\n", day(i)) }
            },
        )
        .collect();
    refused(dated, &["--time", "day"], &["has no time in 1 row (row 5)"]);
}

#[test]
fn columns_that_carry_nothing_are_set_aside_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // A column of nulls, one of a hundred thousand categories, one of the same value.
    let deals = deals(100_000);
    let mut lines = deals.lines();
    let mut text = format!("{},nothing,place,same\n", lines.next().unwrap());
    for (index, line) in lines.enumerate() {
        text.push_str(&format!("{line},,p{},x\n", (index * 7_919) % 100_000));
    }
    text.push_str("1,IT,no,,p5,x\n".repeat(20_000).as_str());
    write(folder, "deals.csv", &text);
    let found = json(folder, &["train", "deals.csv", "--target", "won", "--l2", "1", "--json"]);
    let column = |name: &str| {
        let columns = found["training"]["columns"].as_array().unwrap();
        columns.iter().find(|c| c["name"] == name).unwrap().clone()
    };
    assert_eq!(column("nothing")["used"], false);
    assert_eq!(column("same")["used"], false);
    assert_eq!(column("place")["kind"], "category");
    assert_eq!(column("place")["distinct"], 100_000);
    // Only the level that 20,000 rows share has a slot of its own.
    assert!(found["training"]["served_fit"]["slots"].as_u64().unwrap() < 20);
    let bundle = std::fs::read(folder.join("deals.bundle")).unwrap();
    let holds = |text: &str| bundle.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("p5") && !holds("p77777"), "rare values stay out of the bundle");
}

fn trained(folder: &Path) {
    write(folder, "deals.csv", deals(500));
    write(folder, "rules.toml", RULES);
    succeed(folder, &["train", "deals.csv", "--target", "won", "--l2", "1"]);
}

#[test]
fn leads_that_do_not_fit_the_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    trained(folder);
    write(folder, "p.csv", "what stood here");
    let predict = |content: &str| {
        write(folder, "leads.csv", content);
        leadscore(folder, &["predict", "leads.csv", "--model", "deals.bundle", "--out", "p.csv"])
    };
    let refused = |content: &str, says: &[&str]| {
        let output = predict(content);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{error}");
        says.iter().for_each(|part| assert!(error.contains(part), "{part:?} is not in: {error}"));
        assert_eq!(std::fs::read_to_string(folder.join("p.csv")).unwrap(), "what stood here");
    };
    refused("visits\n1\n", &["columns are missing", "\"industry\" (category)"]);
    refused("visit,industri\n1,IT\n", &["did you mean \"visit\"?", "did you mean \"industri\"?"]);
    refused(
        "visits,industry\n1,IT\nmany,IT\n3,IT\nfew,IT\n",
        &[
            "row 2, column \"visits\": \"many\" is not a number",
            "row 4",
            "\"visits\" is read as numbers",
            "train with --category visits",
        ],
    );
    // An extra column is no matter; an unseen category is said.
    let output = predict("visits,industry,shoe\n1,IT,42\n2,space,43\n,,\n");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 lead has a value of \"industry\" that the model never saw"), "{text}");
    let text = text.replace("\n  ", " ");
    assert!(text.contains("the middle of the values it knows, not as the average lead"), "{text}");
    assert_eq!(std::fs::read_to_string(folder.join("p.csv")).unwrap().lines().count(), 4);
}

#[test]
fn calls_that_make_no_sense() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    trained(folder);
    let error = fail(folder, &["predict", "deals.csv", "--out", "p.csv"], 2);
    assert!(error.contains("--model, --points or both"), "{error}");
    let out = ["predict", "deals.csv", "--model", "deals.bundle", "--out", "no/such/p.csv"];
    assert!(fail(folder, &out, 1).contains("there is no folder no/such"));
    let not = ["predict", "deals.csv", "--model", "deals.csv", "--out", "p.csv"];
    assert!(fail(folder, &not, 1).contains("deals.csv: this is not a leadscore bundle"));
    let id = ["explain", "deals.csv", "--id", "501", "--model", "deals.bundle"];
    assert!(fail(folder, &id, 1).contains("no lead with data row \"501\" among 500 rows"));
    let when = ["explain", "deals.csv", "--id", "5", "--as-of", "soon", "--model", "deals.bundle"];
    assert!(fail(folder, &when, 2).contains("--as-of"));
    let itself = ["train", "deals.csv", "--target", "won", "--out", "deals.csv"];
    assert!(fail(folder, &itself, 2).contains("which is read too"));
    fail(folder, &["trian"], 2);
}

#[test]
fn mistakes_in_a_rule_set_are_all_named_with_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    trained(folder);
    let rules = "\
name = \"r\"
version = 1
hand_off = 900
[bands]
warm = 5
hot = 2
[[rule]]
name = \"a\"
points = \"ten\"
when = { signal = \"visits\", at_least = 3 }
[[rule]]
name = \"a\"
points = 10
whn = { signal = \"visits\" }
[[rule]]
name = \"b\"
points = 10
when = { signal = \"visits\", at_least = 3, below = 2 }
";
    write(folder, "bad.toml", rules);
    let predict = ["predict", "deals.csv", "--points", "bad.toml", "--out", "p.csv"];
    let error = fail(folder, &predict, 1);
    for part in [
        "bad.toml:2:11: version is a text",
        "bad.toml:4:1: hot (2) must be above warm (5)",
        "bad.toml:9:10: points is a number",
        "bad.toml:14:1: a rule has no key \"whn\"; did you mean \"when\"?",
        "no number lies between these bounds",
    ] {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    // Against the schema: unknown signals, wrong types, the outcome itself.
    let rules = "\
name = \"r\"
version = \"1\"
[bands]
warm = 5
hot = 20
[[rule]]
name = \"a\"
points = 10
when = { signal = \"vists\", at_least = 3 }
[[rule]]
name = \"b\"
points = 10
when = { signal = \"visits\", equals = \"many\" }
[[rule]]
name = \"c\"
points = 10
when = { signal = \"won\", equals = true }
";
    write(folder, "bad.toml", rules);
    let predict = [
        "predict",
        "deals.csv",
        "--model",
        "deals.bundle",
        "--points",
        "bad.toml",
        "--out",
        "p.csv",
    ];
    let error = fail(folder, &predict, 1);
    for part in [
        "bad.toml:9:19: there is no signal \"vists\"; did you mean \"visits\"?",
        "bad.toml:13:38: the signal \"visits\" is a number",
        "bad.toml:17:19: \"won\" is the outcome",
    ] {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    write(folder, "bad.toml", "name = \"r\nversion = ");
    assert!(fail(folder, &predict, 1).contains("bad.toml:1:"));
    assert!(!folder.join("p.csv").exists());
}

#[test]
fn inputs_are_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    trained(folder);
    for input in ["deals.csv", "deals.bundle", "rules.toml"] {
        let before = std::fs::read(folder.join(input)).unwrap();
        let predict = ["predict", "deals.csv", "--model", "deals.bundle", "--points", "rules.toml"];
        let error = fail(folder, &[&predict[..], &["--out", input]].concat(), 2);
        assert!(error.contains("which is read too"), "{error}");
        assert_eq!(std::fs::read(folder.join(input)).unwrap(), before);
    }
}

#[test]
fn a_few_bad_cells_do_not_lose_a_column_in_silence() {
    let text = |cell: &str| {
        let rows: String = (0..200)
            .map(|i| {
                let x = if i == 41 { cell.to_owned() } else { format!("{}.25", i * i) };
                format!("{x},{}\n", if i % 3 == 0 { "yes" } else { "no" })
            })
            .collect();
        format!("x,won\n{rows}")
    };
    refused(text("tbd"), &[], &["row 42, column \"x\": \"tbd\"", "199 of 200", "--missing x=tbd"]);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", text("tbd"));
    let args =
        ["train", "deals.csv", "--target", "won", "--l2", "1", "--missing", "x=tbd", "--json"];
    let found = json(folder, &args);
    assert_eq!(found["training"]["columns"][0]["kind"], "number");
}

#[test]
fn rules_alone_name_their_own_mistakes_and_read_missing_values_as_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    trained(folder);
    write(folder, "r.toml", RULES.replace("industry", "industri"));
    let error = fail(folder, &["predict", "deals.csv", "--points", "r.toml", "--out", "p.csv"], 1);
    assert!(
        error.contains(
            "r.toml:10:19: the leads have no column \"industri\"; did you mean \"industry\"?"
        ),
        "{error}"
    );

    // 999 means never, for the rules alone as for the model.
    write(folder, "leads.csv", "visits,industry\n999,IT\n5,IT\n");
    let rules = "name = \"v\"\nversion = \"1\"\n[bands]\nwarm = 1\nhot = 2\n[missing]\nvisits = [999]\n\
                 [[rule]]\nname = \"many\"\npoints = 2\nwhen = { signal = \"visits\", at_least = 3 }\n";
    write(folder, "v.toml", rules);
    succeed(folder, &["predict", "leads.csv", "--points", "v.toml", "--out", "p.csv"]);
    let scores = std::fs::read_to_string(folder.join("p.csv")).unwrap();
    assert_eq!(scores, "id,rank,points_v,band_v\n1,2,0,cold\n2,1,2,hot\n");
    let both =
        ["predict", "leads.csv", "--points", "v.toml", "--model", "deals.bundle", "--out", "p.csv"];
    assert!(
        fail(folder, &both, 1).contains("v.toml:7:10: the model reads visits = 999 as a value")
    );

    // A value that no fitted lead had is a slip of the pen, and said.
    write(folder, "r.toml", RULES.replace("\"IT\" }", "\"retial\" }"));
    let args =
        ["predict", "deals.csv", "--points", "r.toml", "--model", "deals.bundle", "--out", "p.csv"];
    let output = leadscore(folder, &args);
    let warning = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{warning}");
    assert!(
        warning.contains("warning: r.toml:10:") && warning.contains("did you mean \"retail\"?"),
        "{warning}"
    );
}

#[test]
fn scores_can_go_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    trained(folder);
    let args = [
        "predict",
        "deals.csv",
        "--model",
        "deals.bundle",
        "--reasons",
        "99999999999",
        "--out",
        "-",
    ];
    let scores = succeed(folder, &args);
    assert_eq!(scores.lines().count(), 501, "nothing but the scores");
    assert!(scores.starts_with("id,probability,rank,band,reason_1,reason_2\n"), "{scores}");
}

#[test]
fn requests_that_are_wrong_and_a_port_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    trained(folder);
    let scorers = ["--model", "deals.bundle", "--points", "rules.toml"];
    let server = Server::start(folder, &[&scorers[..], &["--max-body", "20000"]].concat());
    let post = |body: &str| server.request("POST", "/predict", body);
    let (status, body) = post("{\"attributes\": {\"visits\": \"many\", \"industry\": [1]}}");
    assert_eq!(status, 422, "{body}");
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{body}");
    assert_eq!(post("{\"attributes\": ").0, 400);
    assert_eq!(post(&"[".repeat(5_000)).0, 400);
    assert_eq!(post(&format!("{{\"id\": \"{}\"}}", "x".repeat(30_000))).0, 413);
    assert_eq!(post("{\"attributes\": {\"visits\": 3, \"industry\": \"IT\"}}").0, 200);
    let mut args = vec!["serve", "--listen", &server.address];
    args.extend(scorers);
    let error = fail(folder, &args, 1);
    assert!(error.contains("is already in use"), "{error}");
    assert_eq!(server.terminate(), Some(0));
}

/// A log that cannot be written (a full disk, a reader that went away) must not stop the server.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_for_logs_does_not_stop_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    trained(folder);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let server = Server::start_logging(folder, &["--points", "rules.toml"], full.into());
    for _ in 0..3 {
        let (status, body) = server.request("POST", "/predict", "{\"attributes\": {}}");
        assert_eq!(status, 200, "{body}");
    }
    assert_eq!(server.terminate(), Some(0));
}

/// Threads hold their log lines back while requests wait, and no longer: an idle server has written all of
/// them, one for each request and whole, and loses none when it stops.
#[test]
fn each_request_has_its_line_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    trained(folder);
    let path = folder.join("log.txt");
    let log = std::fs::File::create(&path).unwrap();
    let args = ["--points", "rules.toml"];
    let server = Server::start_logging(folder, &args, log.into());
    let logged = || {
        let text = std::fs::read_to_string(&path).unwrap();
        let whole = |line: &&str| line.contains(": request method=\"POST\"") && line.ends_with('"');
        text.lines().filter(whole).count()
    };
    let ask = || assert_eq!(server.request("POST", "/predict", "{\"attributes\": {}}").0, 200);
    for asked in 1..=3 {
        ask();
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while logged() < asked {
            assert!(std::time::Instant::now() < patience, "line {asked} is held back");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert_eq!(logged(), asked);
    }
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..40).for_each(|_| ask()));
        }
    });
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(logged(), 323);
}

#[test]
fn serving_works_with_a_model_alone_and_with_rules_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    trained(folder);
    let lead = "{\"attributes\": {\"visits\": 3, \"industry\": \"IT\"}}";
    let server = Server::start(folder, &["--model", "deals.bundle"]);
    let (status, body) = server.request("POST", "/predict", lead);
    assert!(status == 200 && body.contains("\"probability\":0."), "{body}");
    drop(server);
    let server = Server::start(folder, &["--points", "rules.toml"]);
    let (status, body) = server.request("POST", "/predict", lead);
    assert!(status == 200 && body.contains("\"total\":2"), "{body}");
}
