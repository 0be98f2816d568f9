//! Which rows of a table of leads are one person.

use std::collections::BTreeSet;

use super::DatasetReport;
use crate::events::{ByHash, content_hash};
use crate::project::Project;
use crate::readers::junk::is_junk_address;
use crate::{Cell, LaterValue, LeadIndex, Naming, RawColumn, Table, Time, is_no_id};

/// Rows of one person each, and the index of their ids.
pub(super) struct People {
    /// The rows of all, person by person; of each the one that counts first.
    pub(super) rows: Vec<usize>,
    /// For each person, where the rows end.
    pub(super) ends: Vec<usize>,
    /// The leads by their own ids.
    pub(super) index: LeadIndex,
}

impl People {
    /// Finds the people of a table. Of a person the row counts first that was created first, of two of
    /// one moment that of the smallest id: the order of rows means nothing.
    pub(super) fn find(
        project: &Project,
        table: &Table,
        created: &[Option<Time>],
        report: &mut DatasetReport,
    ) -> Self {
        let ids = table.column(&project.leads.id);
        let id =
            |row: usize| ids.and_then(|ids| ids.cell(row).into_text()).filter(|id| !is_no_id(id));
        let named: Vec<usize> = (0..table.rows()).filter(|row| id(*row).is_some()).collect();
        report.without_id += table.rows() - named.len();
        if project.leads.same_person.is_empty() {
            // Most often no id repeats, and then each row is a person.
            let mut index = LeadIndex::new(named.len());
            let mut own =
                named.iter().enumerate().filter_map(|(lead, row)| Some((lead, id(*row)?)));
            if own.all(|(lead, id)| index.name(&id, lead as u32) == Naming::New) {
                return Self { ends: (1..=named.len()).collect(), rows: named, index };
            }
        }
        let keys: Vec<&RawColumn> =
            project.leads.same_person.iter().filter_map(|name| table.column(name)).collect();
        let key = |column: &RawColumn, row: usize| {
            let text = column.cell(row).into_text()?;
            let text = text.to_lowercase();
            let names = !is_no_id(&text) && !is_junk(&text);
            names.then_some(text)
        };
        let has_junk = |row: &&usize| {
            let texts = keys.iter().filter_map(|column| column.cell(**row).into_text());
            texts.into_iter().any(|text| is_junk(&text))
        };
        report.junk_addresses = named.iter().filter(has_junk).count();
        let mut sets = Sets::new(table.rows());
        // By the hash of the id or of the column's number and the value.
        let mut first: ByHash<usize> =
            ByHash::with_capacity_and_hasher(named.len(), Default::default());
        for &row in &named {
            let Some(id) = id(row) else { continue };
            let own = content_hash(&id);
            let others = keys.iter().enumerate().filter_map(|(n, column)| {
                let hash = content_hash(&key(column, row)?);
                Some(hash.rotate_left(n as u32 + 1) ^ (n as u64 + 1))
            });
            for name in [own].into_iter().chain(others) {
                let earlier = *first.entry(name).or_insert(row);
                sets.join(earlier, row);
            }
        }
        // The lead of the smallest row of a set, which comes first.
        let mut place: Vec<usize> = vec![usize::MAX; table.rows()];
        let mut rows: Vec<Vec<usize>> = Vec::new();
        for &row in &named {
            let root = sets.find(row);
            if place[root] == usize::MAX {
                place[root] = rows.len();
                rows.push(Vec::with_capacity(1));
            }
            rows[place[root]].push(row);
        }
        for rows in rows.iter_mut().filter(|rows| rows.len() > 1) {
            // Rows that are alike in all that is looked at are one row.
            let cells = |row: usize| table.columns().iter().map(move |c| c.cell(row).into_text());
            let when = |row: usize| created.get(row).copied().flatten();
            rows.sort_by(|&a, &b| {
                let by_time = (when(a).is_none(), when(a)).cmp(&(when(b).is_none(), when(b)));
                by_time.then_with(|| id(a).cmp(&id(b))).then_with(|| cells(a).cmp(cells(b)))
            });
        }
        let largest = rows.iter().rev().max_by_key(|rows| rows.len());
        report.largest = largest
            .filter(|rows| rows.len() > 1)
            .and_then(|rows| Some((id(*rows.first()?)?.into_owned(), rows.len())));
        let mut index = LeadIndex::new(rows.len());
        let mut ends = Vec::with_capacity(rows.len());
        for (lead, rows) in rows.iter().enumerate() {
            report.merged += rows.len() - 1;
            ends.push(ends.last().copied().unwrap_or(0) + rows.len());
            for &row in rows {
                if let Some(id) = id(row) {
                    index.name(&id, lead as u32);
                }
            }
        }
        // All own ids stand before any other, which never takes one away.
        let (mut disputed, mut foreign) = (BTreeSet::new(), BTreeSet::new());
        for (lead, rows) in rows.iter().enumerate() {
            for (&row, column) in rows.iter().flat_map(|row| keys.iter().map(move |of| (row, of))) {
                let Some(text) = key(column, row) else { continue };
                let written = column.cell(row).into_text().unwrap_or_default();
                match index.also_in_any_case(&written, lead as u32) {
                    Naming::Conflict => disputed.insert(text),
                    Naming::Foreign => foreign.insert(text),
                    Naming::New | Naming::Known | Naming::Disputed => continue,
                };
            }
        }
        report.keys_disputed = disputed.len();
        report.keys_foreign = foreign.len();
        report.foreign_key = foreign.pop_first();
        Self { rows: rows.concat(), ends, index }
    }
}

/// Whether a text is an address of nobody, which many give: people are not one person by it.
fn is_junk(text: &str) -> bool {
    text.contains('@') && is_junk_address(text)
}

/// The rows of each person.
#[derive(Clone, Copy)]
pub(super) struct RowsOf<'p> {
    pub(super) rows: &'p [usize],
    pub(super) ends: &'p [usize],
}

impl<'p> RowsOf<'p> {
    pub(super) fn len(self) -> usize {
        self.ends.len()
    }

    pub(super) fn iter(self) -> impl Iterator<Item = &'p [usize]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(self.ends).map(move |(start, end)| &self.rows[start..*end])
    }
}

/// Disjoint sets of rows (Tarjan, 1975), the smallest row the name of each.
struct Sets(Vec<usize>);

impl Sets {
    fn new(rows: usize) -> Self {
        Self((0..rows).collect())
    }

    fn find(&mut self, mut row: usize) -> usize {
        while self.0[row] != row {
            self.0[row] = self.0[self.0[row]];
            row = self.0[row];
        }
        row
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }
}

/// One row for each person: the first row that has a value gives it, in the order of [`People::rows`].
/// With them come the values that only a row created after the person's first gives, lead by lead:
/// nobody knew them before that row was there.
pub(super) fn merge(
    table: Table,
    people: RowsOf<'_>,
    created: &[Option<Time>],
    without: &[&str],
    report: &mut DatasetReport,
) -> Result<(Table, Vec<LaterValue>), String> {
    let mut later = Vec::new();
    if without.is_empty() && people.len() == table.rows() {
        return Ok((table, later)); // Each row is a person.
    }
    let when = |row: usize| created.get(row).copied().flatten();
    let mut columns = Vec::with_capacity(table.names().len());
    for (name, raw) in table.names().iter().zip(table.columns()) {
        if without.contains(&name.as_str()) {
            continue;
        }
        if people.len() == people.rows.len() {
            columns.push((name.clone(), raw.take(people.rows)));
            continue;
        }
        let mut contradictions = 0;
        let rows: Vec<usize> = people
            .iter()
            .enumerate()
            .map(|(lead, rows)| {
                let filled = |row: &&usize| {
                    !matches!(raw.cell(**row), Cell::Empty) && {
                        let text = raw.cell(**row).into_text();
                        text.is_some_and(|text| !text.trim().is_empty())
                    }
                };
                let Some(&first) = rows.iter().find(filled) else { return rows[0] };
                if rows.len() > 1 {
                    let text = raw.cell(first).into_text();
                    let others = rows.iter().filter(|row| **row != first).filter(filled);
                    contradictions +=
                        others.filter(|row| raw.cell(**row).into_text() != text).count();
                }
                // A row without a time stands behind those with one, and tells nothing of when.
                if let Some(from) = when(first)
                    && when(rows[0]).is_some_and(|earliest| earliest < from)
                {
                    later.push(LaterValue { lead, column: columns.len(), from });
                }
                first
            })
            .collect();
        if contradictions > 0 {
            report.contradictions.insert(name.clone(), contradictions);
        }
        columns.push((name.clone(), raw.take(&rows)));
    }
    report.later_values = later.len();
    later.sort_by_key(|value| (value.lead, value.column));
    Ok((Table::new(columns).map_err(|e| e.to_string())?, later))
}
