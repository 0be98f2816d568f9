//! Which columns of leads and events mean what, where no project says so.

use std::path::Path;

use anyhow::{Result, anyhow};
use leadscore_features::events::EventColumns;
use leadscore_features::io::look_at_files;
use leadscore_features::project::propose::{
    EventGuess, guess_created, guess_event_columns, guess_lead_id,
};
use leadscore_features::{Column, ColumnReader, Mistakes, Role, Schema, Table, Time, Value};
use leadscore_model::Bundle;

use crate::print;

/// What columns of leads and of events mean, found by looking at them.
pub(super) struct FoundColumns {
    /// The leads' ids.
    pub(super) id: Option<String>,
    created: Option<Column>,
    /// The columns of the events.
    pub(super) events: EventColumns,
}

impl FoundColumns {
    pub(super) fn of(leads: &Path, events: &Path, id: Option<&str>) -> Result<Self> {
        let names = (leads.display().to_string(), events.display().to_string());
        let looked = look_at_files((leads, &names.0), Some((events, &names.1)))?;
        let id = id.or_else(|| guess_lead_id(&looked.columns)).map(str::to_owned);
        let of_events = looked.events.map_or_else(Vec::new, |events| events.columns);
        let EventGuess { lead, kind, at, known_at, id: event_id } =
            guess_event_columns(&of_events, id.as_deref());
        let usual = EventColumns::default();
        let created = guess_created(&looked.columns).map(|looked| Column {
            name: looked.name.clone(),
            kind: looked.found.kind.clone(),
            role: Role::Created,
            missing: Vec::new(),
        });
        Ok(Self {
            id,
            created,
            events: EventColumns {
                lead: lead.unwrap_or(usual.lead),
                kind: kind.unwrap_or(usual.kind),
                at: at.unwrap_or(usual.at),
                known_at,
                id: event_id,
            },
        })
    }

    /// When leads came to be, by the column that looks like it.
    pub(super) fn created_times(&self, path: &Path, table: &Table) -> Result<Vec<Option<Time>>> {
        let Some(column) = &self.created else { return Ok(vec![None; table.rows()]) };
        let schema = Schema::new(vec![column.clone()]);
        times_of(path, table, &column.name, schema.reader(&column.name))
    }
}

/// When leads of a file came to be, by the column that the bundle knows.
pub(super) fn created_of(
    path: &Path,
    table: &Table,
    bundle: &Bundle,
    with_events: bool,
) -> Result<Vec<Option<Time>>> {
    let role = bundle.schema.with_role(Role::Created);
    let found = role.and_then(|column| table.column(&column.name));
    if let (Some(column), None, true) = (role, &found, with_events) {
        let said = format!(
            "warning: there is no column {:?}, which says when a lead came to be: events before \
             that count, and rates are not known",
            column.name
        );
        print::say(&said);
    }
    match role.filter(|_| found.is_some()) {
        Some(column) => times_of(path, table, &column.name, bundle.schema.reader(&column.name)),
        None => Ok(vec![None; table.rows()]),
    }
}

/// The times of a column, empty where a cell is.
fn times_of(
    path: &Path,
    table: &Table,
    column: &str,
    reader: Option<ColumnReader>,
) -> Result<Vec<Option<Time>>> {
    let (Some(raw), Some(reader)) = (table.column(column), reader) else {
        return Ok(vec![None; table.rows()]);
    };
    let mut mistakes = Mistakes::default();
    let times = (0..table.rows())
        .map(|row| match reader.read(raw.cell(row)) {
            Ok(Value::Time(time)) => Some(time),
            Ok(_) => None,
            Err(misread) => {
                mistakes.add(format!("row {}, column {column:?}: {misread}", row + 1));
                None
            }
        })
        .collect();
    match mistakes.check() {
        Ok(()) => Ok(times),
        Err(found) => Err(anyhow!("{}: {}", path.display(), found.join("\n  "))),
    }
}
