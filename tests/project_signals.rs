//! What `leadscore signals` shows, writes and warns of, and signals that cannot be meant.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::small_project::*;
use common::*;

#[test]
fn a_column_of_dates_is_no_signal() {
    let folder = with_files();
    let folder = folder.path();
    edit(folder, "views = ", "since = { attribute = \"created_at\" }\nviews = ");
    let says = "p.toml:18:1: the column \"created_at\" holds dates, and no signal is a date; write \
                days_since = \"created_at\", how long ago it was";
    refused(folder, &[says]);
}

#[test]
fn only_what_is_asked_for_is_written() {
    let folder = with_files();
    let folder = folder.path();
    succeed(folder, &["signals", "p.toml", "--only", "views", "--out", "v.csv"]);
    let header = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().next().unwrap().to_owned()
    };
    assert_eq!(header("v.csv"), "lead,as_of,converted,views");
    succeed(folder, &["signals", "p.toml", "--out", "all.csv"]);
    assert!(header("all.csv").contains("pages"));
}

#[test]
fn programs_are_warned_too() {
    let folder = with_files();
    let folder = folder.path();
    let found = json(folder, &["signals", "p.toml", "--json"]);
    assert_eq!(found["warnings"], serde_json::json!([]));
    append(folder, "events.csv", "l1,fax,2024-03-01T10:00:00,2024-03-01T10:00:00,f,,\n");
    append(folder, "leads.csv", ",2024-01-01T00:00:00Z,CEO,1\n");
    append(folder, "outcomes.csv", "nobody,\n");
    let found = json(folder, &["signals", "p.toml", "--json"]);
    let warnings: Vec<&str> =
        found["warnings"].as_array().unwrap().iter().map(|said| said.as_str().unwrap()).collect();
    for part in ["without an id", "of outcomes of no known lead", "without a time zone"] {
        let said = warnings.iter().find(|said| said.contains(part));
        assert!(said.is_some_and(|said| !said.starts_with("warning")), "{part}: {warnings:?}");
    }
}

#[test]
fn what_to_change_is_said_where_no_snapshot_is_left() {
    let folder = with_files();
    let folder = folder.path();
    edit(folder, "\"90d\"", "\"900d\"");
    let advice = "most end after observed_until; in [snapshots] write a shorter horizon";
    let found = json(folder, &["signals", "p.toml", "--json"]);
    assert_eq!(found["snapshots"], 0);
    let said = found["warnings"][0].as_str().unwrap();
    assert!(
        said.starts_with("no snapshot is left to look at: ") && said.contains(advice),
        "{said}"
    );
    assert!(fail(folder, &["train", "p.toml"], 1).contains(advice));
}

#[test]
fn conditions_of_personas_go_without_case_and_accents() {
    let folder = with_files();
    let folder = folder.path();
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    write(folder, "leads.csv", leads.replace("CEO", "MÁLAGA").replace("CTO", "Malaga"));
    let signals = "near = { one_of = \"job_title\", values = [\"málaga\"] }\n\
                   who = { persona = [{ name = \"south\", when = { job_title = \"m*laga\" } }] }\n";
    append(folder, "p.toml", signals);
    succeed(folder, &["signals", "p.toml", "--only", "near,who", "--out", "v.csv"]);
    let text = std::fs::read_to_string(folder.join("v.csv")).unwrap();
    let rows = |ending: &str| text.lines().filter(|line| line.ends_with(ending)).count();
    assert_eq!((rows(",yes,south"), rows(",no,other")), (80, 40), "{text}");
}

#[test]
fn national_numbers_of_one_country() {
    let folder = with_files();
    let folder = folder.path();
    let leads = std::fs::read_to_string(folder.join("leads.csv")).unwrap();
    let phones = ["phone", "612 34 56 78", "512 34 56 78", "+44 20 7946 0958"];
    let row = |(row, line): (usize, &str)| {
        let phone = if row == 0 { phones[0] } else { phones[1 + row % 3] };
        format!("{line},{phone}\n")
    };
    write(folder, "leads.csv", leads.lines().enumerate().map(row).collect::<String>());
    let signals = "known = { phone_valid = \"phone\", in_country = \"ES\" }\n\
                   open = { phone_valid = \"phone\" }\n";
    append(folder, "p.toml", signals);
    succeed(folder, &["signals", "p.toml", "--only", "known,open", "--out", "v.csv"]);
    let text = std::fs::read_to_string(folder.join("v.csv")).unwrap();
    let rows = |ending: &str| text.lines().filter(|line| line.ends_with(ending)).count();
    // Spain has no numbers that begin with 5; other countries have.
    assert_eq!((rows(",yes,"), rows(",no,"), rows(",yes,yes")), (40, 40, 40), "{text}");
    // A request is read in the same way.
    let rules = "name = \"r\"\nversion = \"1\"\n[signals]\nknown = { phone_valid = \"phone\", in_country = \"ES\" }\n[[rule]]\n\
                 name = \"can be called\"\npoints = 7\nwhen = { signal = \"known\", equals = true }\n";
    write(folder, "rules.toml", rules);
    let server = Server::start(folder, &["--points", "rules.toml"]);
    for (phone, points) in phones[1..].iter().zip([7.0, 0.0, 7.0]) {
        let lead = format!("{{\"attributes\": {{\"phone\": {phone:?}}}}}");
        let (status, answer) = server.request("POST", "/points", &lead);
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let total = answer["leads"][0]["points"][0]["total"].as_f64();
        assert_eq!((status, total), (200, Some(points)), "{answer}");
    }
    for (country, says) in [
        ("\"UK\"", "in_country = \"UK\": write the code of two letters (ISO 3166), \"GB\""),
        ("\"XX\"", "is no country"),
        ("\"KE\"", "not known here"),
        ("3", "in_country is a text"),
        ("\"ES\", country = \"phone\"", "takes country, a column, or in_country"),
    ] {
        write(folder, "p.toml", format!("{PROJECT}{}", signals.replace("\"ES\"", country)));
        refused(folder, &["p.toml:19:", says]);
    }
}
