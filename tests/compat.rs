//! Bundles written by earlier versions must still open and score as they did.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;

/// tests/compat/v1.bundle was written by `leadscore train` 0.1.0 from the 300 rows of
/// `common::deals`, and v1.csv by `leadscore predict` with it, on the rows of leads.csv.
#[test]
fn a_bundle_of_format_1_scores_as_it_did() {
    scores_as_it_did("v1", &["leads.csv", "--reasons", "2"]);
}

/// tests/compat/v2.bundle was written by `leadscore train` from data/simulated/leadscore.toml, and
/// v2.csv by `leadscore predict` with it, on v2_leads.csv and v2_events.csv: the first leads there
/// and their events.
#[test]
fn a_bundle_of_format_2_scores_events_as_it_did() {
    let events = project().join("tests/compat/v2_events.csv");
    let events = events.to_str().unwrap();
    let as_of = ["--events", events, "--as-of", "2025-06-01", "--reasons", "3"];
    scores_as_it_did("v2", &[&["v2_leads.csv"], &as_of[..]].concat());
}

/// tests/compat/v3.bundle was written by `leadscore train` from data/simulated/leadscore.toml, and
/// v3.csv by `leadscore predict` with it, on the leads and events of format 2.
#[test]
fn a_bundle_of_format_3_scores_tables_as_it_did() {
    let events = project().join("tests/compat/v2_events.csv");
    let events = events.to_str().unwrap();
    let as_of = ["--events", events, "--as-of", "2025-06-01", "--reasons", "3"];
    scores_as_it_did("v3", &[&["v2_leads.csv"], &as_of[..]].concat());
}

/// Figures are those of then; reasons are in the words of today, which give numbers fewer digits.
fn scores_as_it_did(version: &str, args: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let compat = project().join("tests/compat");
    let path = |name: &str| compat.join(name).to_str().unwrap().to_owned();
    let (leads, model) = (path(args[0]), path(&format!("{version}.bundle")));
    let args = [&["predict", &leads, "--model", &model, "--out", "-"], &args[1..]].concat();
    let found = succeed(folder.path(), &args);
    let stored = std::fs::read_to_string(path(&format!("{version}.csv"))).unwrap();
    assert_eq!(found.lines().count(), stored.lines().count());
    for (found, stored) in found.lines().zip(stored.lines()) {
        // The exponential of another platform may differ in its last digit.
        for (found, stored) in found.split(',').zip(stored.split(',')) {
            match (found.parse::<f64>(), stored.parse::<f64>()) {
                (Ok(found), Ok(stored)) => assert!((found - stored).abs() < 1e-12),
                _ => assert_eq!(found, stored),
            }
        }
    }
}

/// tests/compat/v4.bundle was written by `leadscore train v4_deals.csv --target won --id lead_id --plain
/// --folds 0` before ledgers said how rows are named: its rows are named by BLAKE3. v4_words.bundle was written
/// by the same command since. Both held out the same rows, which each finds by names of its own.
#[test]
fn rows_are_known_again_by_the_names_that_a_bundle_has_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| project().join("tests/compat").join(name).to_str().unwrap().to_owned();
    let (deals, old, new) = (path("v4_deals.csv"), path("v4.bundle"), path("v4_words.bundle"));
    let found =
        json(folder.path(), &["compare", &deals, "--model", &old, "--model", &new, "--json"]);
    for model in 0..2 {
        assert_eq!(found["made"]["models"][model]["held_out_rows"], 60);
    }
    assert_eq!(found["leads"], 60);
}
