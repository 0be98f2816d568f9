//! Whatever a file holds, reading it gives a table or an error, and what was read can be looked at.

#![cfg(feature = "io")]
#![allow(clippy::unwrap_used)]

use leadscore_features::io::{Packing, Sheet, SheetColumn, read_table, write_sheet};
use leadscore_features::{Column, ColumnReader, InferOptions, Kind, Role, Schema, Value, infer};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_a_table_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(table) = read_table(&path) {
            prop_assert!(table.rows() > 0);
            for column in table.columns() {
                prop_assert_eq!(column.len(), table.rows());
            }
        }
    }

    /// The kind that looking finds is one that every cell can be read as.
    #[test]
    fn every_cell_can_be_read_as_the_kind_that_was_found(
        cells in proptest::collection::vec(
            prop_oneof![
                "[0-9]{1,3}", "-?[0-9]{1,3}\\.[0-9]{1,2}", "[0-9]{1,2},[0-9]", "yes|no|YES|0|1|sí", "0\\.0|1\\.0|1",
                "20[0-9]{2}-(0[1-9]|1[0-2])-[0-2][1-8]", "[0-2][1-9]/0[1-9]/2024", "[a-c]{1,2}",
                "|N/A|unknown| ", "\\PC{0,5}"
            ],
            1..40,
        )
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        let sheet = Sheet { columns: vec![
            ("c".into(), SheetColumn::Text(cells.clone())),
            ("n".into(), SheetColumn::Integer(vec![1; cells.len()])),
        ] };
        write_sheet(&path, &sheet, Packing::Tight).unwrap();
        let Ok(table) = read_table(&path) else { return Ok(()) };
        let schema = Schema::new(vec![]);
        let options = InferOptions { stand_ins: schema.missing.clone(), ..InferOptions::default() };
        let raw = &table.columns()[0];
        let found = infer("c", raw, &options);
        let column = Column { name: "c".into(), kind: found.kind.clone(), role: Role::Attribute, missing: vec![] };
        let reader = ColumnReader::new(&column, &schema.missing);
        let mut filled = 0;
        for cell in raw.cells() {
            let value = reader.read(cell);
            prop_assert!(value.is_ok(), "{:?} as {:?}: {:?}", cell, found.kind, value);
            filled += usize::from(value != Ok(Value::Missing));
        }
        prop_assert_eq!(filled, found.filled);
        prop_assert!(found.kind != Kind::Constant || found.distinct.unwrap_or(1) <= 1);
    }
}
