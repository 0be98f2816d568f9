//! Which columns of leads and events mean what, where no project says so.

use std::path::Path;

use anyhow::{Result, anyhow};
use leadscore_features::events::{EventColumns, Property};
use leadscore_features::io::{look_at_event_columns, look_at_table};
use leadscore_features::project::propose::{
    EventGuess, LookedColumn, guess_created, guess_event_columns, guess_lead_id,
};
use leadscore_features::{Column, ColumnReader, DateFormat, Kind, Role, Schema, Table, Time};
use leadscore_model::Bundle;

use super::said::said_of_zones;
use crate::print;

/// What columns of leads and of events mean, found by looking at them.
pub(super) struct FoundColumns {
    /// The leads' ids.
    pub(super) id: Option<String>,
    created: Option<Column>,
    /// The columns of the events.
    pub(super) events: EventColumns,
    /// What events can be asked for; numbers are those that can be read as such.
    pub(super) properties: Vec<Property>,
}

impl FoundColumns {
    pub(super) fn of(leads: &Table, events: &Path, id: Option<&str>) -> Result<Self> {
        let looked = constant_dates(look_at_table(leads));
        let id = id.or_else(|| guess_lead_id(&looked)).map(str::to_owned);
        let of_events = constant_dates(look_at_event_columns(events)?);
        let EventGuess { lead, kind, at, known_at, id: event_id } =
            guess_event_columns(&of_events, looked.iter().find(|of| Some(&of.name) == id.as_ref()));
        let usual = EventColumns::default();
        let created = guess_created(&looked).map(|looked| Column {
            name: looked.name.clone(),
            kind: looked.found.kind.clone(),
            role: Role::Created,
            missing: Vec::new(),
        });
        Ok(Self {
            id,
            created,
            properties: of_events.iter().map(property).collect(),
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

/// A column of one date is one of dates: all leads of a day, or an only event.
fn constant_dates(mut columns: Vec<LookedColumn>) -> Vec<LookedColumn> {
    for column in columns.iter_mut().filter(|column| column.found.kind == Kind::Constant) {
        if matches!(column.samples.as_slice(), [only] if Time::parse(only).is_ok()) {
            column.found.kind = Kind::Date { format: DateFormat::Iso };
        }
    }
    columns
}

/// A column of events as a property. What holds one number among its texts can be read as numbers,
/// the others counted as missing.
fn property(column: &LookedColumn) -> Property {
    let number = |text: &String| text.trim().parse::<f64>().is_ok();
    let number = matches!(column.found.kind, Kind::Number { .. })
        || column.samples.is_empty()
        || column.samples.iter().any(number);
    Property { name: column.name.clone(), number, yes_no: false }
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
    let times = reader
        .times(column, raw)
        .map_err(|found| anyhow!("{}: {}", path.display(), found.join("\n  ")))?;
    if let Some(said) = said_of_zones(column, raw.times_without_zone(&times)) {
        print::say(&said);
    }
    Ok(times)
}
