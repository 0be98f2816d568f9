//! Bad input of the points commands: one clear error, the right exit status, nothing written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::*;

const GOOD: &str = "name = \"good\"\nversion = \"1\"\nhand_off = 5\n[[rule]]\nname = \"visit\"\n\
                    each = \"page_view\"\npoints = 5\n";

fn write_all(folder: &Path) {
    let rule =
        |rule: &str| format!("name = \"bad\"\nversion = \"1\"\n[[rule]]\nname = \"r\"\n{rule}");
    let signal = rule("points = 5\nwhen = { signal = \"employes\", at_least = 5 }\n");
    let negative = rule("each = \"page_view\"\npoints = 5\nwindow = \"-3d\"\n");
    let bands = "[[band]]\nname = \"low\"\nbelow = 50\n[[band]]\nname = \"high\"\nfrom = 40\n";
    let project = "observed_until = 2024-03-31T00:00:00Z\n[leads]\nfiles = [\"leads.csv\"]\n\
                   id = \"lead_id\"\ncreated = \"created_at\"\n[events]\nfiles = [\"events.csv\"]\n\
                   [outcomes]\nconverted = \"converted_at\"\n";
    let leads =
        "lead_id,created_at,employees,converted_at\na,2024-01-01,5,2024-03-01\nb,2024-01-02,6,\n";
    for (name, text) in [
        ("good.toml", GOOD),
        ("signal.toml", &signal),
        ("negative.toml", &negative),
        ("bands.toml", &rule(&format!("each = \"page_view\"\npoints = 50\n{bands}"))),
        ("no.toml", "this is { no toml"),
        ("p.toml", project),
        ("leads.csv", leads),
        ("events.csv", "lead_id,kind,at\na,page_view,2024-01-03\n"),
        ("timeless.csv", "lead_id,kind\na,page_view\n"),
        ("strange.csv", "lead_id,kind,at\na,page_view,one fine day\n"),
        ("empty.csv", ""),
    ] {
        write(folder, name, text);
    }
    write(folder, "binary.toml", [0xff, 0xfe]);
}

/// The error of a call that must fail with a status. It is one error, and writes nothing.
fn refused(folder: &Path, args: &[&str], status: i32) -> String {
    let names = || {
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        let mut files: Vec<_> = files.collect();
        files.sort();
        files
    };
    let before = names();
    let error = fail(folder, args, status);
    assert_eq!(error.matches("error: ").count(), 1, "{error}");
    assert_eq!(names(), before, "{args:?}");
    error
}

#[test]
fn rule_sets_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_all(folder);
    let calls: [&[&str]; 3] = [
        &["points", "score", "leads.csv", "--out", "out.csv"],
        &["points", "check", "leads.csv"],
        &["points", "replay", "p.toml"],
    ];
    for call in calls {
        let with =
            |set: &str, status| refused(folder, &[call, &["--points", set]].concat(), status);
        assert!(refused(folder, call, 2).contains("--points <RULES>"));
        for (set, says) in [
            ("none.toml", "none.toml: there is no such file"),
            ("no.toml", "no.toml:1:6: "),
            ("binary.toml", "binary.toml: is not UTF-8"),
            ("negative.toml", "negative.toml:7:10: window: \"-3d\" is no length of time"),
            ("bands.toml", "\"low\" and \"high\" overlap from 40 to 50"),
        ] {
            let error = with(set, 1);
            assert!(error.contains(says), "{error}");
        }
        let error = with("signal.toml", 1);
        assert!(error.contains("signal.toml:6:19: ") && error.contains("\"employes\""), "{error}");
        let twice = [call, &["--points", "good.toml", "--points", "good.toml"]].concat();
        let error = refused(folder, &twice, 1);
        assert!(error.contains("two rule sets are named \"good\""), "{error}");
    }
    let near = [calls[0], &["--points", "signal.toml"]].concat();
    assert!(refused(folder, &near, 1).contains("did you mean \"employees\"?"));
}

#[test]
fn rules_that_do_not_fit_what_the_files_hold() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "leads.csv",
        "id,industry,employees,vip\n1,retail,5,yes\n2,technology,60,no\n3,,,\n",
    );
    let event = "lead_id,kind,at,page,value\n1,page_view,2024-01-03,/pricing,n/a\n";
    write(folder, "events.csv", event);
    let rules = |rules: &str| format!("name = \"bad\"\nversion = \"1\"\n{rules}");
    let bad = rules(
        "[[rule]]\nname = \"a\"\npoints = 5\nwhen = { signal = \"industry\", at_least = 5 }\n\
         [[rule]]\nname = \"b\"\npoints = 5\nwhen = { signal = \"employees\", equals = true }\n\
         [[rule]]\nname = \"c\"\neach = \"page_view\"\npoints = 5\nwhere = { pge = \"/p*\" }\n\
         [[rule]]\nname = \"d\"\neach = \"page_view\"\npoints = 5\n\
         where = { page = { at_least = 5 } }\n\
         [[rule]]\nname = \"e\"\npoints = 5\nwhen = { signal = \"vip\", equals = \"yes\" }\n",
    );
    write(folder, "bad.toml", bad);
    let call = ["points", "score", "leads.csv", "--events", "events.csv", "--points", "bad.toml"];
    let error = refused(folder, &call, 1);
    // All at once, each where it stands.
    for says in [
        "bad.toml:6:42: the column \"industry\" holds no numbers (\"retail\", for one), and this \
         test is for numbers",
        "bad.toml:10:41: the column \"employees\" holds no yes/no (\"5\", for one)",
        "bad.toml:15:11: events have no property \"pge\"; did you mean \"page\"?",
        "bad.toml:20:11: the property \"page\" is text, and a number is needed here",
    ] {
        assert!(error.contains(says), "{error}");
    }
    assert!(!error.contains(":24:"), "{error}");
    // A column of numbers is no category, once there are enough of them.
    let many: String = (0..30).map(|row| format!("{row},{row}\n")).collect();
    write(folder, "many.csv", format!("id,employees\n{many}"));
    let text = rules(
        "[[rule]]\nname = \"a\"\npoints = 5\nwhen = { signal = \"employees\", equals = \"many\" }\n",
    );
    write(folder, "text.toml", text);
    let error = refused(folder, &["points", "score", "many.csv", "--points", "text.toml"], 1);
    assert!(error.contains("text.toml:6:41: the column \"employees\" holds numbers"), "{error}");
    // Two sets that would write one column.
    let a = "name = \"a\"\nversion = \"1\"\n[[group]]\nname = \"g\"\n[[score]]\nname = \"fit\"\n\
             groups = [\"g\"]\n[[rule]]\nname = \"r\"\neach = \"page_view\"\npoints = 5\n";
    write(folder, "a.toml", a);
    write(folder, "a_fit.toml", GOOD.replace("\"good\"", "\"a_fit\""));
    let call = ["points", "score", "leads.csv", "--points", "a.toml", "--points", "a_fit.toml"];
    let error = refused(folder, &[&call[..], &["--out", "o.csv"]].concat(), 2);
    assert!(error.contains("would both write a column \"points_a_fit\""), "{error}");
    // A kind that is misspelt is said, with its place.
    write(folder, "slip.toml", GOOD.replace("page_view", "page_veiw"));
    let call = ["points", "score", "leads.csv", "--events", "events.csv", "--points", "slip.toml"];
    let output = leadscore(folder, &call);
    let said = String::from_utf8_lossy(&output.stderr).replace("\n  ", " ");
    assert!(said.contains("slip.toml:6:8: no event is of the kind \"page_veiw\""), "{said}");
    assert!(said.contains("did you mean \"page_view\"?"), "{said}");
}

#[test]
fn leads_whose_events_cannot_be_known() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "leads.csv", "id,industry\n1,retail\n,retail\n2,retail\n2,retail\n3,retail\n");
    let events = "lead_id,kind,at\n1,page_view,2024-01-03\n2,page_view,2024-01-03\n";
    write(folder, "events.csv", events);
    let set = "name = \"s\"\nversion = \"1\"\n\
               [[rule]]\nname = \"visit\"\neach = \"page_view\"\npoints = 5\n\
               [[rule]]\nname = \"silence\"\nidle = \"*\"\nevery = \"30d\"\npoints = -15\n\
               [[rule]]\nname = \"retail\"\nwhen = { signal = \"industry\", equals = \"retail\" }\n\
               points = 3\n";
    write(folder, "s.toml", set);
    let call = ["points", "score", "leads.csv", "--events", "events.csv", "--points", "s.toml"];
    let more = ["--as-of", "2024-02-15", "--out", "o.csv", "--json"];
    let report = json(folder, &[&call[..], &more].concat());
    let visit = &report["rule_sets"][0]["rules"][0];
    assert_eq!((visit["leads"].as_u64(), visit["unavailable"].as_u64()), (Some(1), Some(3)));
    let rows = std::fs::read_to_string(folder.join("o.csv")).unwrap();
    // Nobody knows since when the lead without events is silent.
    let rows: Vec<&str> = rows.lines().skip(1).collect();
    let unknown = "3,\"retail +3; not known: visit, silence\"";
    assert_eq!(rows[0], "1,-7,\"silence -15, visit +5, retail +3\"");
    assert_eq!(rows[1], format!("row 2,{unknown}"));
    assert_eq!([rows[2], rows[3]], [&format!("2,{unknown}"), &format!("2,{unknown}")]);
    assert_eq!(rows[4], "3,3,retail +3; not known: silence");
}

#[test]
fn leads_events_and_moments_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_all(folder);
    for command in ["score", "check"] {
        let call = |more: &[&str], status| {
            let out: &[&str] = if command == "score" { &["--out", "out.csv"] } else { &[] };
            let args = [&["points", command, "--points", "good.toml"], out, more].concat();
            refused(folder, &args, status)
        };
        assert!(call(&["none.csv"], 1).contains("none.csv: there is no such file"));
        assert!(call(&["empty.csv"], 1).contains("empty.csv: is empty"));
        let error = call(&["leads.csv", "--events", "timeless.csv"], 1);
        assert!(error.contains("timeless.csv: there is no column \"at\""), "{error}");
        let error = call(&["leads.csv", "--events", "strange.csv"], 1);
        assert!(error.contains("strange.csv"), "{error}");
        let error = call(&["leads.csv", "--as-of", "yesterday"], 2);
        assert!(error.contains("--as-of: \"yesterday\" is not a time"), "{error}");
        let error = call(&["leads.csv", "--id", "leed_id"], 2);
        assert!(error.contains("did you mean \"lead_id\"?"), "{error}");
        call(&["p.toml", "--events", "events.csv"], 2);
    }
    let over = ["points", "score", "leads.csv", "--points", "good.toml", "--out", "good.toml"];
    assert!(refused(folder, &over, 2).contains("which is read too"));
    assert_eq!(std::fs::read_to_string(folder.join("good.toml")).unwrap(), GOOD);
}

#[test]
fn replays_that_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_all(folder);
    let replay = |more: &[&str], status| {
        refused(folder, &[&["points", "replay", "--points", "good.toml"], more].concat(), status)
    };
    assert!(replay(&["leads.csv"], 2).contains("name a leadscore.toml"));
    assert!(replay(&["q.toml"], 1).contains("q.toml: there is no such file"));
    assert!(replay(&["p.toml", "--from", "soon"], 2).contains("--from: \"soon\" is not a time"));
    assert!(replay(&["p.toml", "--to", "2030-01-01"], 2).contains("--to is after"));
    let turned = ["p.toml", "--from", "2024-03-01", "--to", "2024-02-01"];
    assert!(replay(&turned, 2).contains("must be before --to"));
    assert!(replay(&["p.toml", "--horizon=-3d"], 2).contains("--horizon: \"-3d\" is no length"));
    assert!(replay(&["p.toml", "--horizon", "-3d"], 2).contains("--horizon: \"-3d\" is no length"));
    assert!(replay(&["p.toml", "--from", "-3d"], 2).contains("--from: "));
    let set = rules("engagement.toml");
    let args = ["points", "replay", "p.toml", "--points", set.to_str().unwrap()];
    assert!(refused(folder, &args, 1).contains("has neither hand_off nor bands"));
}

#[test]
fn nothing_to_learn_from() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_all(folder);
    write(folder, "deals.csv", deals(300));
    let suggest = |more: &[&str], status| {
        refused(folder, &[&["points", "suggest"], more, &["--out", "s.toml"]].concat(), status)
    };
    assert!(suggest(&["deals.csv"], 2).contains("--target"));
    assert!(suggest(&["deals.csv", "--target", "wonn"], 1).contains("did you mean \"won\"?"));
    assert!(suggest(&["p.toml"], 2).contains("[snapshots]"));
    suggest(&["deals.csv", "--target", "won", "--least", "0"], 2);
    suggest(&["deals.csv", "--target", "won", "--per-doubling", "nan"], 2);
    suggest(&["empty.csv", "--target", "won"], 1);
    let learn = |more: &[&str], status| {
        refused(folder, &[&["points", "learn"], more, &["--out", "l.toml"]].concat(), status)
    };
    learn(&["deals.csv"], 2);
    assert!(learn(&["deals.csv", "--model", "none.bundle"], 1).contains("no such file"));
    assert!(learn(&["deals.csv", "--model", "good.toml"], 1).contains("not a leadscore bundle"));
    // A model of other data has held none of these rows out.
    write(folder, "other.csv", deals(900).replace("visits", "views"));
    succeed(folder, &["train", "other.csv", "--target", "won", "--l2", "1"]);
    let error = learn(&["deals.csv", "--model", "other.bundle"], 1);
    assert!(error.contains("deals.csv"), "{error}");
}

#[test]
fn what_stands_behind_standard_output_is_written_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_all(folder);
    let out = write(folder, "out.txt", "before\n");
    let link = folder.join("link.csv");
    std::os::unix::fs::symlink("/proc/self/fd/1", &link).unwrap();
    for name in ["-", "/dev/stdout", "link.csv"] {
        let file = std::fs::File::options().append(true).open(&out).unwrap();
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_leadscore"))
            .args(["points", "score", "leads.csv", "--points", "good.toml", "--out", name])
            .current_dir(folder)
            .stdout(file)
            .status()
            .unwrap();
        assert!(status.success(), "{name}");
    }
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.starts_with("before\nid,points_good"), "{text}");
    // Three sheets of two leads, the last with what is said of it.
    assert_eq!(text.matches("id,points_good").count(), 3, "{text}");
    assert!(link.is_symlink());
    // A link to nothing yet is followed, too.
    let link = folder.join("later.csv");
    std::os::unix::fs::symlink("there.csv", &link).unwrap();
    succeed(
        folder,
        &["points", "score", "leads.csv", "--points", "good.toml", "--out", "later.csv"],
    );
    assert!(link.is_symlink() && folder.join("there.csv").is_file());
}

#[test]
fn sets_that_read_one_column_in_two_ways() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "leads.csv", "id,pdays\n1,999\n2,5\n");
    let set = |name: &str, missing: &str| {
        let text = format!(
            "name = \"{name}\"\nversion = \"1\"\n{missing}[[rule]]\nname = \"long\"\npoints = 7\n\
             when = {{ signal = \"pdays\", at_least = 900 }}\n"
        );
        write(folder, &format!("{name}.toml"), text);
    };
    set("one", "[missing]\npdays = 999\n");
    set("two", "");
    set("three", "[missing]\npdays = 999\n");
    let call = |sets: [&'static str; 2]| {
        [&["points", "score", "leads.csv"][..], &["--points", sets[0], "--points", sets[1]]]
            .concat()
    };
    let error = refused(folder, &call(["two.toml", "one.toml"]), 1);
    let says =
        "one.toml:4:9: the rule set \"two\" reads \"pdays\" too, and other values are missing";
    assert!(error.contains(says), "{error}");
    succeed(folder, &call(["one.toml", "three.toml"]));
}

#[test]
fn checks_of_few_leads_and_of_projects_without_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_all(folder);
    let said = succeed(folder, &["points", "check", "leads.csv", "--points", "good.toml"]);
    assert!(said.contains("2 leads are too few to say which rules never fire"), "{said}");
    assert!(!said.contains("Nothing looks wrong"), "{said}");
    let project = "observed_until = 2024-03-31T00:00:00Z\n[leads]\nfiles = [\"leads.csv\"]\n\
                   id = \"lead_id\"\ncreated = \"created_at\"\n[events]\nfiles = [\"events.csv\"]\n\
                   [snapshots]\nat = \"created + 14d\"\nhorizon = \"30d\"\n";
    write(folder, "open.toml", project);
    succeed(folder, &["points", "check", "open.toml", "--points", "good.toml"]);
}
