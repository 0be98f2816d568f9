//! Columns that are read page by page hold what the same file holds when it is read as a table,
//! which polars does.

#![cfg(feature = "io")]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use leadscore_features::io::{
    ColumnFile, Packing, Run, Sheet, SheetColumn, read_table, write_sheet,
};
use leadscore_features::{Cell, RawColumn, TextColumn};
use proptest::prelude::*;

/// Cells as they can be told apart: numbers by their bits.
fn told(cell: Cell<'_>) -> String {
    match cell {
        Cell::Number(number) => format!("number {:x}", number.to_bits()),
        // An empty text is an empty cell in a table; as a cell it is read as one.
        Cell::Text("") => format!("{:?}", Cell::Empty),
        cell => format!("{cell:?}"),
    }
}

/// The cells of a column, so many at a time, and how many of them came as codes.
fn cells(file: &ColumnFile<'_>, name: &str, step: usize) -> (Vec<String>, usize) {
    let mut found = Vec::new();
    let mut coded = 0;
    for (group, rows) in file.groups().enumerate() {
        let mut cursor = file.column(group, name).unwrap();
        let distinct: Option<RawColumn> = cursor.distinct().cloned();
        let end = found.len() + rows;
        while found.len() < end {
            match cursor.next(step.min(end - found.len())).unwrap() {
                Run::Codes(codes) => {
                    coded += codes.len();
                    let of = distinct.as_ref().unwrap();
                    found.extend(codes.iter().map(|code| told(of.cell(*code as usize))));
                }
                Run::Cells(cells) => found.extend(cells.iter().map(told)),
            }
        }
        assert_eq!(found.len(), end, "a run is never longer than was asked for");
    }
    (found, coded)
}

/// Every column of a file both ways; how many cells came as codes.
fn compare(path: &Path, step: usize) -> usize {
    let table = read_table(path).unwrap();
    let file = ColumnFile::open(path).unwrap().unwrap();
    assert!(file.is_plain(), "{}", path.display());
    let mut all = 0;
    for (name, column) in table.names().iter().zip(table.columns()) {
        assert!(file.has(name), "{name}");
        let expected: Vec<String> = column.cells().map(told).collect();
        let (found, coded) = cells(&file, name, step);
        assert_eq!(found, expected, "{} {name}", path.display());
        all += coded;
    }
    file.check_unchanged().unwrap();
    all
}

#[test]
fn pages_hold_what_polars_reads() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/pages");
    for (name, has_codes) in [
        ("snappy", true),
        ("plain", false),
        ("pages", true),
        ("second", true),
        ("second_plain", false),
        ("fallback", true),
        ("delta", false),
    ] {
        for step in [1, 7, 1024, usize::MAX] {
            let coded = compare(&folder.join(format!("{name}.parquet")), step);
            assert_eq!(coded > 0, has_codes, "{name}");
        }
    }
}

#[test]
fn what_cannot_be_read_by_columns_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leads.csv");
    std::fs::write(&path, "a\n1\n").unwrap();
    assert!(ColumnFile::open(&path).unwrap().is_none());
    assert!(ColumnFile::open(folder.path()).unwrap().is_none());
    std::fs::write(&path, "PAR1").unwrap();
    assert!(ColumnFile::open(&path).is_err());
    let sheet = Sheet { columns: vec![("a".into(), SheetColumn::Integer(vec![1, 2]))] };
    let path = folder.path().join("leads.parquet");
    write_sheet(&path, &sheet, Packing::Fast).unwrap();
    let file = ColumnFile::open(&path).unwrap().unwrap();
    assert!(file.has("a") && !file.has("b"));
    assert!(file.column(0, "b").is_err());
    std::fs::write(&path, "another").unwrap();
    let error = file.check_unchanged().unwrap_err().to_string();
    assert!(error.contains("was changed while it was read"), "{error}");
}

/// Values that are not what they were give an error or cells. (Heads of pages are read by polars alone.)
#[test]
fn a_broken_page_is_an_error_or_cells() {
    let folder = tempfile::tempdir().unwrap();
    let of =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/pages/plain.parquet");
    let bytes = std::fs::read(of).unwrap();
    let path = folder.path().join("broken.parquet");
    for at in (200..4000).step_by(17) {
        let mut broken = bytes.clone();
        broken[at] ^= 0x55;
        std::fs::write(&path, &broken).unwrap();
        let file = ColumnFile::open(&path).unwrap().unwrap();
        // The first column lies there.
        if let Ok(mut cursor) = file.column(0, "id") {
            while cursor.next(100).is_ok() {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Files of polars' own, which chooses its pages and encodings by what the columns hold.
    #[test]
    fn our_own_files_too(
        rows in proptest::collection::vec(
            (0u8..40, any::<i64>(), any::<f64>(), any::<bool>(), "[a-c]{0,2}"),
            1..300,
        ),
        step in 1usize..200,
        packing in prop_oneof![Just(Packing::Tight), Just(Packing::Fast)],
    ) {
        let mut texts = TextColumn::new();
        rows.iter().for_each(|row| texts.push(&row.4));
        let words = ["", "x", "yy"];
        let sheet = Sheet { columns: vec![
            ("few".into(), SheetColumn::Integer(rows.iter().map(|row| i64::from(row.0)).collect())),
            ("many".into(), SheetColumn::Integer(rows.iter().map(|row| row.1).collect())),
            ("number".into(), SheetColumn::Number(rows.iter().map(|row| row.2).collect())),
            ("flag".into(), SheetColumn::YesNo(rows.iter().map(|row| row.3).collect())),
            ("text".into(), SheetColumn::Texts(texts)),
            ("word".into(), SheetColumn::Word(rows.iter().map(|row| words[row.0 as usize % 3]).collect())),
        ] };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.parquet");
        write_sheet(&path, &sheet, packing).unwrap();
        compare(&path, step);
    }
}
