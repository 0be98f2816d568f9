//! Sources of a project that differ: what a property is is one thing in all of them, and columns that some
//! files lack are missing there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::small_project::*;
use common::*;
use leadscore_features::io::{Packing, Sheet, SheetColumn, read_table, write_sheet};

const DAYS: [&str; 2] = ["2024-01-02T09:00:00Z", "2024-01-03T09:00:00Z"];

/// A file of events of l0, one a day, with a property `f`.
fn source(folder: &Path, name: &str, f: SheetColumn) {
    let texts = |texts: [&str; 2]| SheetColumn::Text(texts.map(str::to_owned).to_vec());
    let ids = [format!("{name}0"), format!("{name}1")];
    let columns = [
        ("lead_id", texts(["l0"; 2])),
        ("kind", texts(["form"; 2])),
        ("at", texts(DAYS)),
        ("known_at", texts(DAYS)),
        ("event_id", texts([&ids[0], &ids[1]])),
        ("f", f),
    ];
    let columns = columns.map(|(name, column)| (name.to_owned(), column)).to_vec();
    write_sheet(&folder.join(name), &Sheet { columns }, Packing::Tight).unwrap();
}

fn texts(texts: [&str; 2]) -> SheetColumn {
    SheetColumn::Text(texts.map(str::to_owned).to_vec())
}

/// A project with these files of events too, in as many sources.
fn project(folder: &Path, sources: &[&str]) {
    let first =
        "[[events]]\nfiles = [\"events.csv\"]\nknown_at = \"known_at\"\nid = \"event_id\"\n";
    let all: String =
        sources.iter().map(|name| first.replace("events.csv", name)).collect::<Vec<_>>().concat();
    let old = first.replace("[[", "[").replace("]]", "]");
    edit(folder, &old, &format!("{first}{all}"));
    let signals = "values = { distinct = \"f\", of = \"form\" }\nlatest = { last = \"f\", of = \"form\" }\n\
                   yes = { count = \"form\", where = { f = \"yes\" } }\n";
    let text = std::fs::read_to_string(folder.join("p.toml")).unwrap();
    write(folder, "p.toml", text + signals);
}

/// What the signals of l0 are, and what is said of it.
fn first_lead(folder: &Path) -> (String, String) {
    let said = leadscore(folder, &["signals", "p.toml", "--out", "v.csv"]);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let table = read_table(&folder.join("v.csv")).unwrap();
    let cell = |name: &str| {
        let text = table.column(name).unwrap().cell(0).into_text();
        text.unwrap_or_default().into_owned()
    };
    assert_eq!(cell("lead"), "l0");
    let values = ["values", "latest", "yes"].map(cell).join(" ");
    (values, one_line(&String::from_utf8(said.stderr).unwrap()))
}

#[test]
fn truth_values_of_all_sources_are_what_they_mean() {
    for (one, other, says) in [
        (texts(["No", "Yes"]), texts(["true", "true"]), "2 true 3"),
        (texts(["1", "0"]), texts(["True", "False"]), "2 false 2"),
        (texts(["no", "yes"]), SheetColumn::YesNo(vec![false, true]), "2 true 2"),
        (SheetColumn::Number(vec![0.0, 1.0]), SheetColumn::YesNo(vec![false, true]), "2 true 2"),
        (SheetColumn::Number(vec![0.0, 1.0]), texts(["no", "yes"]), "2 true 2"),
        // Words alone stay words, as they are in one file.
        (texts(["no", "yes"]), texts(["no", "yes"]), "2 yes 2"),
    ] {
        for names in [
            ["a.csv", "b.csv"],
            ["a.csv", "b.parquet"],
            ["a.parquet", "b.csv"],
            ["a.parquet", "b.parquet"],
        ] {
            let folder = with_files();
            let folder = folder.path();
            source(folder, names[0], one.clone());
            source(folder, names[1], other.clone());
            for sources in [names, [names[1], names[0]]] {
                project(folder, &sources);
                let (values, said) = first_lead(folder);
                assert_eq!(values, says, "{sources:?}: {one:?} {other:?}");
                assert!(!said.contains("write it alike"), "{said}");
            }
        }
    }
}

#[test]
fn where_sources_disagree_texts_win_and_it_is_said() {
    let folder = with_files();
    let folder = folder.path();
    source(folder, "a.csv", texts(["007", "012"]));
    source(folder, "b.parquet", SheetColumn::Number(vec![7.0, 12.0]));
    project(folder, &["a.csv", "b.parquet"]);
    let start = "warning: the property \"f\" has numbers in b.parquet and texts in a.csv: it counts as a text in \
                 all of them, in which 007 and 7 are two values; write it alike in all files";
    warned(folder, &[start]);
    assert!(first_lead(folder).0.starts_with("4 "));
    source(folder, "b.parquet", SheetColumn::YesNo(vec![true, false]));
    source(folder, "a.csv", texts(["gold", "yes"]));
    let start = "warning: the property \"f\" has true and false in b.parquet and texts in a.csv: it counts as a \
                 text in all of them, in which yes and true are two values";
    warned(folder, &[start]);
    project(folder, &["b.parquet", "a.csv"]);
    warned(folder, &[start]);
    // Where nothing looks at it, it does not matter.
    let text = std::fs::read_to_string(folder.join("p.toml")).unwrap();
    write(folder, "p.toml", text.split("values =").next().unwrap());
    let said = leadscore(folder, &["signals", "p.toml"]).stderr;
    assert!(!String::from_utf8(said).unwrap().contains("write it alike"));
}

#[test]
fn files_of_leads_have_the_columns_of_all_of_them() {
    let folder = with_files();
    let folder = folder.path();
    let more = "phone,created_at,lead_id\n600,2024-01-05T08:00:00Z,m0\n,2024-01-06T08:00:00Z,m1\n";
    write(folder, "more.csv", more);
    edit(folder, "\"leads.csv\"", "\"leads.csv\", \"more.csv\"");
    let said = "warning: 3 columns are in some files of leads, other ids or outcomes only, and missing in the \
                rows of the others: \"job_title\" (not in more.csv), \"pages\" (not in more.csv), \"phone\" \
                (not in leads.csv)";
    warned(folder, &[said]);
    let report = json(folder, &["signals", "p.toml", "--only", "pages,phone", "--json"]);
    assert_eq!(report["snapshots"], 122);
    let filled = |at: usize| report["signals"][at]["filled"].as_f64().unwrap();
    assert!((filled(0) - 120.0 / 122.0).abs() < 1e-9, "{report}");
    // Whose the rows are they must all say, and when the leads came to be.
    write(folder, "more.csv", more.replace("lead_id", "id").replace("created_at", "made"));
    refused(
        folder,
        &[
            "more.csv: there is no column \"lead_id\", which the project file names and other files have",
            "more.csv: there is no column \"created_at\", which",
        ],
    );
    // What cannot be read is told of its own file, in its own rows.
    write(folder, "more.csv", more.replace("2024-01-06T08:00:00Z", "soon"));
    refused(folder, &["more.csv: row 2, column \"created_at\": \"soon\""]);
}

#[test]
fn files_of_outcomes_all_say_when_leads_converted() {
    let folder = with_files();
    let folder = folder.path();
    write(folder, "later.csv", "lead_id,won_at\nl1,2024-02-20T00:00:00Z\n");
    edit(folder, "\"outcomes.csv\"", "\"outcomes.csv\", \"later.csv\"");
    refused(
        folder,
        &["later.csv: there is no column \"converted_at\", which the project file names"],
    );
    write(folder, "later.csv", "lead_id,converted_at\nl1,2024-02-20T00:00:00Z\nl2,then\n");
    refused(folder, &["later.csv: row 2, column \"converted_at\": \"then\""]);
}
