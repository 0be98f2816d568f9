//! Names of rows: alike whatever the order of the rows and however columns are kept, different for different rows.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;

use leadscore_features::{
    Catalogue, Column, Kind, RawColumn, Role, Schema, Table, TextCollector, TextColumn,
};
use leadscore_model::{IdentityReader, Naming, RowIdentity};
use proptest::prelude::*;

type Row = (u8, u8, u8, bool);

/// The cells of a row: an id or none, an account or none, a number and a text.
fn cells(&(id, account, value, _): &Row) -> [String; 4] {
    let some = |letter: &str, of: u8| if of == 0 { String::new() } else { format!("{letter}{of}") };
    let number = ["", "0", "1.5", "-2"][usize::from(value % 4)];
    [some("L", id), some("A", account), number.into(), some("level of ", value / 4)]
}

fn names(rows: &[Row], roles: &[Role; 2], coded: bool, naming: Naming) -> Vec<RowIdentity> {
    let kinds = [Kind::Category, Kind::Category, Kind::NUMBER, Kind::Category];
    let roles = [roles[0], roles[1], Role::Attribute, Role::Attribute];
    let column = |(at, (kind, role))| Column {
        name: format!("column {at}"),
        kind,
        role,
        missing: Vec::new(),
    };
    let schema = Schema::new(kinds.into_iter().zip(roles).enumerate().map(column).collect());
    let raw = |at: usize| {
        let (mut plain, mut collector) = (TextColumn::new(), TextCollector::new());
        for row in rows {
            plain.push(&cells(row)[at]);
            collector.push(&cells(row)[at]);
        }
        if coded { collector.finish() } else { RawColumn::Text(plain) }
    };
    let columns = (0..4).map(|at| (format!("column {at}"), raw(at))).collect();
    let (table, catalogue) = (Table::new(columns).unwrap(), Catalogue::of_table(&schema));
    let inputs: Vec<&str> = catalogue.signals.iter().map(|signal| signal.name.as_str()).collect();
    let reader = IdentityReader::new(&schema, &catalogue, inputs, &table, naming).unwrap();
    let all: Vec<usize> = (0..rows.len()).collect();
    let labels: Vec<bool> = rows.iter().map(|row| row.3).collect();
    reader.names(&all, &labels)
}

proptest! {
    #[test]
    fn rows_have_names_of_their_own_in_any_order(
        rows in prop::collection::vec((0u8..4, 0u8..3, 0u8..12, any::<bool>()), 1..40),
        account in any::<bool>(),
        naming in prop::sample::select(vec![Naming::Words, Naming::Blake3]),
    ) {
        let roles = [Role::Id, if account { Role::Account } else { Role::Attribute }];
        let found = names(&rows, &roles, true, naming);
        prop_assert_eq!(&found, &names(&rows, &roles, false, naming));
        // Equal rows have different names.
        let of_rows: HashMap<u64, usize> =
            found.iter().enumerate().map(|(at, name)| (name.row, at)).collect();
        prop_assert_eq!(of_rows.len(), rows.len());
        let mut reversed: Vec<Row> = rows.clone();
        reversed.reverse();
        let mut backward: Vec<u64> =
            names(&reversed, &roles, true, naming).iter().map(|name| name.row).collect();
        let mut forward: Vec<u64> = found.iter().map(|name| name.row).collect();
        backward.sort_unstable();
        forward.sort_unstable();
        prop_assert_eq!(forward, backward);
        // Groups are those of before, but of rows without an id or account, which are groups of their own.
        let before = names(&rows, &roles, true, Naming::Blake3);
        for ((row, name), before) in rows.iter().zip(&found).zip(&before) {
            match row.0 == 0 && (row.1 == 0 || !account) {
                true => prop_assert_eq!(name.row, name.group),
                false => prop_assert_eq!(name.group, before.group),
            }
        }
    }

    #[test]
    fn rows_of_tables_without_ids_are_named_as_before(
        rows in prop::collection::vec((0u8..4, 0u8..3, 0u8..12, any::<bool>()), 1..20),
    ) {
        let of = |naming| names(&rows, &[Role::Attribute, Role::Attribute], true, naming);
        prop_assert_eq!(of(Naming::Words), of(Naming::Blake3));
    }
}
