//! Options of `train` that cannot be meant together: one error names all of them, each with what to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;

#[test]
fn what_contradicts_itself_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "deals.csv", deals(200));
    let refused = |more: &[&str], says: &[&str]| {
        let error = fail(folder, &[&["train", "deals.csv", "--target", "won"], more].concat(), 2);
        for part in says {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1, "{more:?} left a file");
    };
    refused(&["--drop", "won"], &["--drop won: it is the --target column", "another --target"]);
    refused(&["--keep", "won"], &["--keep won: it is the --target column"]);
    refused(
        &["--folds", "0", "--repeats", "5"],
        &["--repeats deals folds, and --folds 0 wants none"],
    );
    refused(&["--name", ""], &["--name is empty; name the model, or leave it away"]);
    refused(&["--name", " "], &["--name is empty"]);
    refused(&["--model-version", ""], &["--model-version is empty"]);
    refused(&["--id", ""], &["--id is empty; name a column"]);
    refused(&["--out", ""], &["--out"]);
    refused(
        &["--id", "visits", "--category", "visits"],
        &["--category visits: it is the --id column"],
    );
    refused(&["--id", "visits", "--keep", "visits"], &["--keep visits: it is the --id column"]);
    refused(&["--time", "visits", "--drop", "visits"], &["--drop visits: it is the --time column"]);
    refused(&["--id", "won"], &["--target and --id both name \"won\""]);
    refused(
        &["--id", "visits", "--account", "visits"],
        &["--id and --account both name \"visits\""],
    );
    refused(&["--weight", "won"], &["--target and --weight both name \"won\""]);
    refused(&["--drop", "visits", "--keep", "visits"], &["both in --drop and in --keep"]);
    refused(
        &["--drop", "industry", "--category", "industry"],
        &["both in --drop and in --category"],
    );
    refused(
        &["--drop", "visits", "--increasing", "visits"],
        &["both in --drop and in --increasing"],
    );
    refused(&["--category", "visits", "--decreasing", "visits"], &["codes have no order"]);
    refused(
        &["--increasing", "visits", "--decreasing", "visits"],
        &["both in --increasing and in --decreasing"],
    );
    // All at once, with values that cannot be.
    refused(
        &[
            "--drop",
            "won",
            "--folds",
            "0",
            "--repeats",
            "5",
            "--l2",
            "0",
            "--base-rate",
            "7",
            "--missing",
            "x",
        ],
        &[
            "--drop won",
            "--repeats deals",
            "--l2 must be",
            "--base-rate is",
            "--missing is COLUMN=VALUE",
        ],
    );
    let error = fail(folder, &["train", "deals.csv", "--target", ""], 2);
    assert!(error.contains("--target is empty; name a column"), "{error}");
}
