//! Parts of the leads that are looked at apart: months, and the values of columns.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use leadscore_features::readers::company_size;
use leadscore_features::readers::sensitive::sensitive;
use leadscore_features::{Cell, ColumnReader, Kind, RawColumn, Role, Value, hint};

use super::Compared;
use crate::inputs::wrong_call;

/// Columns that are looked at where none is named.
const MOST_COLUMNS: usize = 6;
/// Values of a column that are looked at: those of the most leads.
const MOST_VALUES: usize = 15;
/// A column of more values is not looked at by itself.
const TOO_MANY_VALUES: usize = 40;
/// Cells that are looked at to find out whether a column is sensitive.
const SAMPLES: usize = 200;
/// Parts that a column of numbers is cut into, when it is named.
const PARTS: usize = 5;
/// What the columns are called by which people part their leads, most telling first.
const USUAL: [&str; 12] = [
    "industry",
    "sector",
    "employees",
    "size",
    "source",
    "channel",
    "country",
    "region",
    "segment",
    "campaign",
    "persona",
    "job",
];

/// A column, or the months, and the leads of each value.
pub(super) struct Segment {
    /// `None`: the months.
    pub(super) column: Option<String>,
    /// What the column says of people that decisions must not hang on, where it does.
    pub(super) sensitive: Option<&'static str>,
    /// The values, and the positions of the leads compared that have them.
    pub(super) values: Vec<(Option<String>, Vec<usize>)>,
}

/// The months, where leads have moments, then the columns named, or those that people usually look at.
pub(super) fn of(compared: &Compared, named: &[String]) -> Result<Vec<Segment>> {
    let judge = &compared.judges[0];
    let (schema, table) = (&judge.bundle.schema, &judge.leads.table);
    let unknown: Vec<String> = named
        .iter()
        .filter(|name| {
            let known = schema.column(name).is_some_and(|column| column.role == Role::Attribute);
            table.column(name).is_none() || !known
        })
        .map(|name| {
            let near = hint(name, schema.columns.iter().map(|column| column.name.as_str()));
            format!("--segment: the model's data has no attribute {name:?}{near}")
        })
        .collect();
    if !unknown.is_empty() {
        return Err(wrong_call(unknown.join("\n  ")));
    }
    let read = |name: &str| {
        let (column, reader) = (table.column(name)?, schema.reader(name)?);
        Some(Segment {
            column: Some(name.to_owned()),
            sensitive: sensitive_of(name, column),
            values: values(compared, name, column, &reader),
        })
    };
    let mut found: Vec<Segment> = months(compared).into_iter().collect();
    if !named.is_empty() {
        found.extend(named.iter().filter_map(|name| read(name)).map(most));
        return Ok(found);
    }
    let usual = |name: &str| {
        let name = name.to_lowercase();
        USUAL.iter().position(|word| name.contains(word)).unwrap_or(USUAL.len())
    };
    // What the model reads was known at the moment; what was set aside or dropped may tell the outcome.
    let catalogue = &judge.bundle.catalogue;
    let signals = judge.bundle.model.encoder.signals().filter_map(|name| catalogue.signal(name));
    let read_by_model: HashSet<&str> = signals.flat_map(|of| catalogue.columns(of)).collect();
    let mut names: Vec<&str> = schema
        .columns
        .iter()
        .filter(|column| column.role == Role::Attribute)
        .filter(|column| read_by_model.contains(column.name.as_str()))
        // The file has today's value, which may be what came of the lead.
        .filter(|column| !schema.events.as_ref().is_some_and(|log| log.has_history(&column.name)))
        .filter(|column| match column.kind {
            Kind::Category | Kind::YesNo => true,
            Kind::Number { .. } => is_size(&column.name),
            _ => false,
        })
        .map(|column| column.name.as_str())
        .collect();
    names.sort_by_key(|name| usual(name));
    let few = |segment: &Segment| (2..=TOO_MANY_VALUES).contains(&segment.values.len());
    let columns = names.into_iter().filter_map(read).filter(few).take(MOST_COLUMNS);
    found.extend(columns.map(most));
    Ok(found)
}

/// A segment with the values that are looked at.
fn most(mut segment: Segment) -> Segment {
    segment.values.truncate(MOST_VALUES);
    segment
}

/// The sensitive attribute that a column holds, by its name or by its first values.
fn sensitive_of(name: &str, column: &RawColumn) -> Option<&'static str> {
    let texts: Vec<_> = column.cells().take(SAMPLES).filter_map(Cell::into_text).collect();
    let found = sensitive(name, texts.iter().map(AsRef::as_ref))?;
    Some(found.attribute.as_str())
}

/// Whether a column of numbers says how large a company is.
fn is_size(name: &str) -> bool {
    let name = name.to_lowercase();
    ["employees", "company_size", "headcount", "empleados"].iter().any(|word| name.contains(word))
}

/// The leads of each month, in order; `None` where a lead has no moment.
fn months(compared: &Compared) -> Option<Segment> {
    let mut months: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, lead) in compared.candidates().iter().enumerate() {
        let moment = lead.as_of?.to_string();
        months.entry(moment.chars().take(7).collect()).or_default().push(at);
    }
    let values = months.into_iter().map(|(month, leads)| (Some(month), leads)).collect();
    Some(Segment { column: None, sensitive: None, values })
}

/// The values of a column with their leads: sizes of companies and parts of numbers in their order,
/// others by falling count. Missing stands last.
fn values(
    compared: &Compared,
    name: &str,
    column: &RawColumn,
    reader: &ColumnReader,
) -> Vec<(Option<String>, Vec<usize>)> {
    let read = |row: usize| reader.read(column.cell(row)).unwrap_or(Value::Missing);
    let rows = || compared.candidates().iter().map(|lead| lead.row);
    let is_number = matches!(reader.kind(), Kind::Number { .. });
    let sizes = is_number && is_size(name);
    let cuts = if is_number && !sizes { cuts(rows().map(read)) } else { Vec::new() };
    // The place of a value among those in an order, then the value.
    let mut found: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
    let mut missing = Vec::new();
    for (at, row) in rows().enumerate() {
        let value = match read(row) {
            Value::Number(number) if sizes => {
                company_size::of_number(number).map(|size| (size as usize, size.to_string()))
            }
            Value::Number(number) if is_number => Some(part(number, &cuts)),
            Value::Missing | Value::Unavailable => None,
            value => Some((0, value.to_string())),
        };
        match value {
            Some(value) => found.entry(value).or_default().push(at),
            None => missing.push(at),
        }
    }
    let mut values: Vec<_> =
        found.into_iter().map(|((_, value), leads)| (Some(value), leads)).collect();
    if !is_number {
        values.sort_by_key(|(_, leads)| std::cmp::Reverse(leads.len()));
    }
    if !missing.is_empty() {
        values.push((None, missing));
    }
    values
}

/// Where numbers are cut into parts of about equal counts.
fn cuts<'a>(values: impl Iterator<Item = Value<'a>>) -> Vec<f64> {
    let number = |value| if let Value::Number(number) = value { Some(number) } else { None };
    let mut numbers: Vec<f64> = values.filter_map(number).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    let mut cuts: Vec<f64> =
        (1..PARTS).filter_map(|at| numbers.get(at * numbers.len() / PARTS).copied()).collect();
    cuts.dedup();
    cuts
}

/// The part that a number lies in, and its name, in the words of the steps of curves.
fn part(number: f64, cuts: &[f64]) -> (usize, String) {
    let at = cuts.partition_point(|cut| *cut <= number);
    let name = match (at.checked_sub(1).and_then(|at| cuts.get(at)), cuts.get(at)) {
        (None, Some(to)) => format!("below {to}"),
        (Some(from), None) => format!("from {from}"),
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (None, None) => String::from("*"),
    };
    (at, name)
}
