//! Rows of outcomes that count, by what else stands in them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::events::{Condition, Pattern, Test};
use crate::readers::plain;
use crate::{RawColumn, Table, Time};

/// Values that are named in a message.
const NAMED: usize = 5;

/// Leaves the times of those rows that meet all conditions. Conditions on columns that are not there are
/// met by all rows: these were noted with the other names.
///
/// # Errors
/// A column whose condition no row with a time meets, and what is said of it, where that leaves none of
/// several times.
pub(super) fn keep_where(
    times: &mut [Option<Time>],
    table: &Table,
    conditions: &[Condition],
) -> Result<(), (String, String)> {
    for Condition { property, test } in conditions {
        let Some(column) = table.column(property) else { continue };
        let before: Vec<usize> = (0..times.len()).filter(|row| times[*row].is_some()).collect();
        for row in &before {
            if !meets(column, *row, test) {
                times[*row] = None;
            }
        }
        if !before.is_empty() && times.iter().all(Option::is_none) {
            let values = before.iter().filter_map(|row| column.cell(*row).into_text());
            let values: BTreeSet<String> = values.map(|text| text.trim().to_owned()).collect();
            let shown: Vec<String> =
                values.iter().take(NAMED).map(|text| format!("{text:?}")).collect();
            let more = if values.len() > NAMED { ", ..." } else { "" };
            let message = format!(
                "no row with a time has {property} {test}; it has {}{more}",
                if shown.is_empty() { "no value".to_owned() } else { shown.join(", ") }
            );
            return Err((property.clone(), message));
        }
    }
    Ok(())
}

/// Whether a cell passes a test; an empty one passes none.
pub(super) fn meets(column: &RawColumn, row: usize, test: &Test) -> bool {
    let Some(text) = column.cell(row).into_text() else { return false };
    let text = text.trim();
    test.passes_typed(text) || text.parse().is_ok_and(|number| test.passes_number(number))
}

/// Rows of outcomes that have a time and count for nothing, though they may be meant to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Undecided {
    /// Rows with a time that are neither won nor lost, where the project says what is the one and the other.
    pub rows: usize,
    /// What stands in these, the first values.
    pub values: Vec<String>,
    /// Values that are nearly one that counts, each with that one, and in how many rows.
    pub nearly: Vec<(String, String, usize)>,
}

impl Undecided {
    /// Counts rows with a time that do not meet a condition, and whose value differs in spelling alone from one that
    /// does.
    pub(super) fn see_spelling(
        &mut self,
        had: &[bool],
        kept: &[Option<Time>],
        table: &Table,
        conditions: &[Condition],
    ) {
        for Condition { property, test } in conditions {
            let (Some(column), Test::OneOf(patterns)) = (table.column(property), test) else {
                continue;
            };
            let mut found: BTreeMap<String, usize> = BTreeMap::new();
            for row in (0..kept.len()).filter(|row| had[*row] && kept[*row].is_none()) {
                if !meets(column, row, test)
                    && let Some(text) = column.cell(row).into_text()
                {
                    *found.entry(text.trim().to_owned()).or_default() += 1;
                }
            }
            for (text, rows) in found {
                let near = patterns.iter().find(|of| !of.is_glob() && spelt(&of.0) == spelt(&text));
                // Of signs alone nothing is left to compare.
                if let Some(Pattern(near)) = near.filter(|_| !spelt(&text).is_empty()) {
                    self.nearly.push((text, near.clone(), rows));
                }
            }
        }
    }

    /// Counts the rows that have a time and are neither the one nor the other.
    pub(super) fn see_neither(
        &mut self,
        rows: impl Iterator<Item = usize>,
        table: &Table,
        conditions: &[Condition],
    ) {
        let column = conditions.first().and_then(|condition| table.column(&condition.property));
        let mut values = BTreeSet::new();
        for row in rows {
            self.rows += 1;
            let text = column.and_then(|column| column.cell(row).into_text());
            let text = text.as_deref().unwrap_or_default().trim();
            if values.len() <= NAMED && !values.contains(text) {
                values.insert(text.to_owned());
            }
        }
        self.values = values.into_iter().collect();
    }
}

/// A text as it is spelt: letters and digits without case and accents.
fn spelt(text: &str) -> String {
    plain(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TextColumn;

    fn column(cells: &[&str]) -> RawColumn {
        let mut column = TextColumn::new();
        cells.iter().for_each(|cell| column.push(cell));
        RawColumn::Text(column)
    }

    fn is(property: &str, text: &str) -> Condition {
        let test = Test::OneOf(vec![Pattern(text.to_owned())]);
        Condition { property: property.to_owned(), test }
    }

    #[test]
    fn rows_count_where_all_conditions_are_met() {
        let won = column(&["TRUE", "false", "yes", "", "true"]);
        let amount = column(&["10", "20", "3", "40", " 50 "]);
        let table = Table::new(vec![("won".into(), won), ("amount".into(), amount)]).unwrap();
        let all = [Some(Time::from_micros(1)); 5];
        let kept = |conditions: &[Condition]| {
            let mut times = all;
            let said = keep_where(&mut times, &table, conditions);
            (times.map(|time| time.is_some()), said.err().map(|(_, message)| message))
        };
        assert_eq!(kept(&[]), ([true; 5], None));
        // Every word for yes is one, and an empty cell is none for no.
        assert_eq!(kept(&[is("won", "true")]).0, [true, false, true, false, true]);
        assert_eq!(kept(&[is("won", "false")]).0, [false, true, false, false, false]);
        let large = Test::Between { from: Some(10.0), below: None };
        let large = Condition { property: "amount".to_owned(), test: large };
        assert_eq!(kept(&[is("won", "true"), large]).0, [true, false, false, false, true]);
        assert_eq!(kept(&[is("nothing", "true")]).0, [true; 5]);
        let (times, said) = kept(&[is("won", "Won")]);
        assert_eq!(times, [false; 5]);
        assert_eq!(kept(&[is("won", " YES ")]).0, [true, false, true, false, true]);
        let expected =
            "no row with a time has won = Won; it has \"TRUE\", \"false\", \"true\", \"yes\"";
        assert_eq!(said.as_deref(), Some(expected));
    }
}
