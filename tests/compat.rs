//! Bundles written by earlier versions must still open and score as they did.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;

/// tests/compat/v1.bundle was written by `leadscore train` 0.1.0 from the 300 rows of
/// `common::deals`, and v1.csv by `leadscore predict` with it, on the rows of leads.csv.
#[test]
fn a_bundle_of_format_1_scores_as_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let compat = project().join("tests/compat");
    let path = |name: &str| compat.join(name).to_str().unwrap().to_owned();
    let (leads, model) = (path("leads.csv"), path("v1.bundle"));
    let args = ["predict", &leads, "--model", &model, "--reasons", "2", "--out", "-"];
    let found = succeed(folder.path(), &args);
    let stored = std::fs::read_to_string(path("v1.csv")).unwrap();
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
