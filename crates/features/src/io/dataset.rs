//! The data of a project: leads that are each one person, their outcomes, and where their events
//! are.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::events::{NAMED, is_parquet};
use super::persons::{People, RowsOf, merge};
use super::{EventFiles, FileError, delimited, parquet, read_table};
use crate::document::DocumentError;
use crate::events::{EventColumns, EventLog, Property, content_hash};
use crate::kind::is_stand_in;
use crate::project::Project;
use crate::{
    Cell, Column, ColumnReader, InferOptions, Kind, LeadIndex, LeadTimes, MISSING_STAND_INS,
    Mistakes, Naming, RawColumn, Role, Table, Time, Value, infer,
};

/// Rows of a CSV file of events that are looked at to tell numbers from texts.
const LOOKED_AT: usize = 10_000;

/// Why the data of a project cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The project file does not fit the files.
    #[error(transparent)]
    Project(#[from] DocumentError),
}

/// The data of a project.
#[derive(Debug)]
pub struct Dataset {
    /// The leads, one row for each person; without the outcomes.
    pub leads: Table,
    /// When they came to be, converted and were closed.
    pub times: LeadTimes,
    /// The leads by any of their ids.
    pub index: LeadIndex,
    /// The files of leads, other ids and outcomes.
    pub files: Vec<PathBuf>,
    /// The files of events.
    pub events: Vec<EventFiles>,
    /// How events are read; `None` where there are none.
    pub log: Option<EventLog>,
    /// Of properties of events that are numbers but for a few cells, these cells, in words.
    pub strays: BTreeMap<String, String>,
    /// What was met.
    pub report: DatasetReport,
}

/// What was met in reading leads, ids and outcomes. Nothing is lost without being counted here.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DatasetReport {
    /// Rows of leads.
    pub lead_rows: usize,
    /// Rows of leads without an id; left out.
    pub without_id: usize,
    /// Leads, each one person.
    pub leads: usize,
    /// Rows that were merged into one of the same person that was created earlier.
    pub merged: usize,
    /// The id of the person with the most rows, and how many; `None` where each has one.
    pub largest: Option<(String, usize)>,
    /// Rows with an address that is nobody's own, by which none were merged.
    pub junk_addresses: usize,
    /// Times that name no zone, by column; read as UTC.
    pub without_zone: BTreeMap<String, usize>,
    /// Cells of merged rows that contradict the row that counts, by column.
    pub contradictions: BTreeMap<String, usize>,
    /// Other ids that were joined.
    pub ids_joined: usize,
    /// Other ids that name more than one person; they name none.
    pub id_conflicts: usize,
    /// Other ids whose lead is not among the leads.
    pub ids_of_no_lead: usize,
    /// Rows of other ids without the one or the other; left out.
    pub ids_incomplete: usize,
    /// Rows of outcomes whose lead is not among the leads.
    pub outcomes_of_no_lead: usize,
    /// Rows of outcomes, where these have files of their own.
    pub outcome_rows: usize,
    /// The first id of an outcome whose lead is not among the leads.
    pub unknown_outcome: Option<String>,
    /// Leads that converted.
    pub converted: usize,
    /// Leads that were closed otherwise.
    pub closed: usize,
    /// Leads that converted before they came to be.
    pub converted_before_created: usize,
}

impl Dataset {
    /// Reads the leads, ids and outcomes of a project; paths are relative to `folder`.
    ///
    /// # Errors
    /// [`DatasetError`] when a file cannot be read, a glob matches nothing, or a name in the
    /// project is not in the files.
    pub fn open(project: &Project, folder: &Path) -> Result<Self, DatasetError> {
        let source = Source { project, folder };
        let table = source.table(&project.leads.files)?;
        let mut events = Vec::with_capacity(project.events.len());
        let mut found = LookedColumns::new();
        for source_of_events in &project.events {
            let paths = source.paths(&source_of_events.files)?;
            for path in &paths {
                let (columns, refused) = looked_columns(path)?;
                merge_columns(&mut found, columns);
                let named = refused
                    .into_iter()
                    .filter(|(name, _)| project.position_of_event_column(name).is_some());
                let named = named.map(|(name, what)| parquet::refused_column(&name, what));
                let named: Vec<String> = named.collect();
                if !named.is_empty() {
                    return Err(FileError::mistakes(path, named).into());
                }
            }
            events.push(EventFiles { paths, columns: source_of_events.columns.clone() });
        }
        let strays = found.iter().filter_map(|of| Some((of.name.clone(), of.strays.clone()?)));
        let strays = strays.collect();
        let found = named(found);
        let names: Vec<String> = found.iter().map(|property| property.name.clone()).collect();
        project.check_columns(table.names(), &names)?;
        let log = (!events.is_empty()).then(|| EventLog {
            columns: events[0].columns.clone(),
            properties: properties(found, &events),
            history: project.history.clone(),
            filters: project.filters.clone(),
        });
        let mut report = DatasetReport { lead_rows: table.rows(), ..DatasetReport::default() };
        let created = match &project.leads.created {
            Some(created) => moments(&source, &project.leads.files, &table, created, &mut report)?,
            None => Vec::new(),
        };
        let People { rows, ends, mut index } = People::find(project, &table, &created, &mut report);
        let people = RowsOf { rows: &rows, ends: &ends };
        let mut joined = std::collections::HashSet::new();
        for (number, map) in project.ids.iter().enumerate() {
            let ids = source.table(&map.files)?;
            project.check_id_columns(number, ids.names())?;
            let (other, lead) = (source.column(&ids, &map.id)?, source.column(&ids, &map.lead)?);
            for row in 0..ids.rows() {
                let (Some(other), Some(lead)) =
                    (other.cell(row).into_text(), lead.cell(row).into_text())
                else {
                    report.ids_incomplete += 1;
                    continue;
                };
                match index.lead(&lead).map(|lead| index.also(&other, lead)) {
                    Some(Naming::New) => {
                        joined.insert(content_hash(&other));
                    }
                    Some(Naming::Known | Naming::Disputed) => {}
                    Some(Naming::Conflict) => {
                        joined.remove(&content_hash(&other));
                        report.id_conflicts += 1;
                    }
                    None => report.ids_of_no_lead += 1,
                }
            }
        }
        report.ids_joined = joined.len();
        let mut times = LeadTimes {
            created: vec![None; people.len()],
            converted: vec![None; people.len()],
            closed: vec![None; people.len()],
        };
        if !created.is_empty() {
            for (lead, rows) in people.iter().enumerate() {
                times.created[lead] = rows.iter().filter_map(|row| created[*row]).min();
            }
        }
        let mut outcome_columns: Vec<&str> = Vec::new();
        if let Some(outcomes) = &project.outcomes {
            let mut read = |table: &Table, files: &[String], name: &str| {
                moments(&source, files, table, name, &mut report)
            };
            let closed = outcomes.closed.as_deref();
            if outcomes.files.is_empty() {
                outcome_columns.push(&outcomes.converted);
                outcome_columns.extend(closed);
                let files = &project.leads.files;
                let converted = read(&table, files, &outcomes.converted)?;
                let closed = closed.map(|closed| read(&table, files, closed)).transpose()?;
                for (lead, rows) in people.iter().enumerate() {
                    times.converted[lead] = rows.iter().filter_map(|row| converted[*row]).min();
                    if let Some(closed) = &closed {
                        // Open in one row is open.
                        let all: Option<Vec<Time>> = rows.iter().map(|row| closed[*row]).collect();
                        times.closed[lead] = all.and_then(|all| all.into_iter().max());
                    }
                }
            } else {
                let table = source.table(&outcomes.files)?;
                project.check_outcome_columns(table.names())?;
                let lead = source.column(&table, outcomes.lead.as_deref().unwrap_or_default())?;
                let converted = read(&table, &outcomes.files, &outcomes.converted)?;
                let closed = match closed {
                    Some(closed) => read(&table, &outcomes.files, closed)?,
                    None => vec![None; table.rows()],
                };
                let mut unknown = None;
                for row in 0..table.rows() {
                    let id = lead.cell(row).into_text();
                    let Some(lead) = id.as_ref().and_then(|id| index.lead(id)) else {
                        report.outcomes_of_no_lead += 1;
                        unknown = unknown.or(id);
                        continue;
                    };
                    let lead = lead as usize;
                    times.converted[lead] =
                        times.converted[lead].into_iter().chain(converted[row]).min();
                    times.closed[lead] = times.closed[lead].max(closed[row]);
                }
                report.outcome_rows = table.rows();
                report.unknown_outcome = unknown.map(Cow::into_owned);
            }
        }
        let count = |times: &[Option<Time>]| times.iter().flatten().count();
        report.leads = people.len();
        (report.converted, report.closed) = (count(&times.converted), count(&times.closed));
        report.converted_before_created = times
            .created
            .iter()
            .zip(&times.converted)
            .filter(|(created, converted)| {
                created.is_some_and(|created| converted.is_some_and(|at| at < created))
            })
            .count();
        let leads = merge(table, people, &outcome_columns, &mut report);
        // Rows of one person by another key have ids of their own.
        report.contradictions.remove(&project.leads.id);
        let leads = leads.map_err(|e| {
            FileError::content(Path::new(project.leads.files.first().map_or("", |f| f)), e)
        })?;
        let of_outcomes = project.outcomes.iter().flat_map(|outcomes| &outcomes.files);
        let of_ids = project.ids.iter().flat_map(|map| &map.files);
        let patterns: Vec<String> =
            project.leads.files.iter().chain(of_outcomes).chain(of_ids).cloned().collect();
        let files = source.paths(&patterns)?;
        Ok(Self { leads, times, index, files, events, log, strays, report })
    }
}

impl super::LeadLookup for LeadIndex {
    fn lead(&self, id: &str) -> Option<u32> {
        LeadIndex::lead(self, id)
    }

    fn leads(&self) -> usize {
        LeadIndex::leads(self)
    }
}

/// A column of events that was looked at.
struct LookedColumn {
    name: String,
    /// Whether it holds numbers; `None` where the rows that were looked at have no value.
    number: Option<bool>,
    /// The cells that keep a column of numbers from being one, in words.
    strays: Option<String>,
}
type LookedColumns = Vec<LookedColumn>;

/// The columns of events in a file, and those that cannot be read, with why.
///
/// # Errors
/// [`FileError`] when the file cannot be read.
fn looked_columns(path: &Path) -> Result<(LookedColumns, parquet::Refused), FileError> {
    if is_parquet(path)? {
        let parquet::Groups { names, refused, .. } = parquet::Groups::open(path)?;
        let columns = names.into_iter();
        let columns = columns
            .map(|(name, number)| LookedColumn { name, number: Some(number), strays: None })
            .collect();
        return Ok((columns, refused));
    }
    let mut rows = delimited::open(path)?;
    let every: Vec<usize> = (0..rows.names.len()).collect();
    let columns = rows.next(&every, LOOKED_AT)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let looked = |(name, column): (String, &crate::TextColumn)| {
        let (mut filled, mut odd, mut examples) = (0, 0, Vec::new());
        for row in 0..column.len() {
            let text = column.get(row).trim();
            if is_stand_in(text) {
                continue;
            }
            filled += 1;
            if !text.parse::<f64>().is_ok_and(|number| !number.is_nan()) {
                odd += 1;
                if examples.len() < NAMED {
                    let text: String = text.chars().take(40).collect();
                    examples.push(format!("row {} has {text:?}", row + 1));
                }
            }
        }
        let strays = (odd > 0 && 2 * odd < filled).then(|| {
            let examples = examples.join(", ");
            let verb = if odd == 1 { "is" } else { "are" };
            format!("in {file} {odd} of {filled} values {verb} no number: {examples}")
        });
        LookedColumn { name, number: (filled > 0).then_some(odd == 0), strays }
    };
    Ok((rows.names.into_iter().zip(&columns).map(looked).collect(), Vec::new()))
}

/// The columns of events in a file, with whether each is a number; the columns that have a role are
/// among them.
///
/// # Errors
/// [`FileError`] when the file cannot be read.
pub fn event_columns(path: &Path) -> Result<Vec<Property>, FileError> {
    Ok(named(looked_columns(path)?.0))
}

/// A column without a value is taken for text.
fn named(columns: LookedColumns) -> Vec<Property> {
    let property =
        |LookedColumn { name, number, .. }| Property { name, number: number.unwrap_or(false) };
    columns.into_iter().map(property).collect()
}

/// Joins the columns of another file: a number is one wherever there is a value.
fn merge_columns(all: &mut LookedColumns, more: LookedColumns) {
    for column in more {
        match all.iter_mut().find(|known| known.name == column.name) {
            Some(known) => {
                known.number = match (known.number, column.number) {
                    (Some(a), Some(b)) => Some(a && b),
                    (a, b) => a.or(b),
                };
                known.strays = known.strays.take().or(column.strays);
            }
            None => all.push(column),
        }
    }
}

/// The columns that have no role.
fn properties(mut all: Vec<Property>, events: &[EventFiles]) -> Vec<Property> {
    for EventFiles { columns, .. } in events {
        let EventColumns { lead, kind, at, known_at, id } = columns;
        let roles = [Some(lead), Some(kind), Some(at), known_at.as_ref(), id.as_ref()];
        all.retain(|property| !roles.contains(&Some(&property.name)));
    }
    all
}

struct Source<'p> {
    project: &'p Project,
    folder: &'p Path,
}

impl Source<'_> {
    /// The files that patterns name, each once, in order.
    fn paths(&self, patterns: &[String]) -> Result<Vec<PathBuf>, DatasetError> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for pattern in patterns {
            let full = self.folder.join(pattern);
            if !pattern.contains(['*', '?', '[']) {
                paths.push(full);
                continue;
            }
            let refuse = |message: String| {
                let at = self.project.position_of_path(pattern).unwrap_or_default();
                self.project.error_at(at, message)
            };
            let matched = glob::glob(&full.to_string_lossy())
                .map_err(|e| refuse(format!("{pattern:?} is no pattern of files: {}", e.msg)))?;
            let before = paths.len();
            paths.extend(matched.flatten().filter(|path| path.is_file()));
            if paths.len() == before {
                return Err(refuse(format!(
                    "no file matches {pattern:?} in {}",
                    if self.folder.as_os_str().is_empty() {
                        "this folder".to_owned()
                    } else {
                        self.folder.display().to_string()
                    }
                ))
                .into());
            }
        }
        let mut seen = std::collections::HashSet::new();
        paths.retain(|path| seen.insert(path.clone()));
        Ok(paths)
    }

    fn table(&self, patterns: &[String]) -> Result<Table, DatasetError> {
        let paths = self.paths(patterns)?;
        let mut tables = Vec::with_capacity(paths.len());
        for path in &paths {
            tables.push((path, read_table(path)?));
        }
        let Some((first, rest)) = tables.split_first() else {
            return Err(FileError::content(self.folder, "no files are named").into());
        };
        for (path, table) in rest {
            let lacks = |a: &Table, b: &Table| {
                a.names().iter().find(|name| b.column(name).is_none()).cloned()
            };
            if let Some(name) = lacks(&first.1, table).or_else(|| lacks(table, &first.1)) {
                return Err(FileError::content(
                    path,
                    format!(
                        "its columns are not those of {}: {name:?} is in one of them only",
                        first.0.display()
                    ),
                )
                .into());
            }
        }
        if rest.is_empty() {
            return Ok(tables.remove(0).1);
        }
        let all = first
            .1
            .names()
            .iter()
            .map(|name| {
                let of = tables.iter().filter_map(|(_, table)| table.column(name));
                (name.clone(), RawColumn::concat(&of.collect::<Vec<_>>()))
            })
            .collect();
        Table::new(all).map_err(|e| FileError::table(first.0, &e).into())
    }

    fn column<'t>(&self, table: &'t Table, name: &str) -> Result<&'t RawColumn, DatasetError> {
        table.column(name).ok_or_else(|| {
            let help = crate::hint(name, table.names().iter().map(String::as_str));
            let at = self.project.position_of_column(name).unwrap_or_default();
            self.project.error_at(at, format!("there is no column {name:?}{help}")).into()
        })
    }
}

/// Whether half of the filled cells or more are times.
fn mostly_times(raw: &RawColumn) -> bool {
    let (mut filled, mut times) = (0_usize, 0_usize);
    for text in raw.cells().filter_map(Cell::into_text).filter(|text| !text.trim().is_empty()) {
        filled += 1;
        times += usize::from(Time::parse(&text).is_ok());
    }
    filled > 0 && 2 * times >= filled
}

/// Reads a column of moments.
fn moments(
    source: &Source<'_>,
    files: &[String],
    table: &Table,
    name: &str,
    report: &mut DatasetReport,
) -> Result<Vec<Option<Time>>, DatasetError> {
    let raw = source.column(table, name)?;
    let stand_ins: Vec<String> = MISSING_STAND_INS.iter().map(|&s| s.to_owned()).collect();
    let options = InferOptions {
        category: false,
        ordering: true,
        missing: Vec::new(),
        stand_ins: stand_ins.clone(),
    };
    let found = infer(name, raw, &options);
    let file = files.first().map_or("", |file| file);
    let path = source.folder.join(file);
    if found.filled == 0 {
        return Ok(vec![None; raw.len()]);
    }
    let kind = match &found.kind {
        Kind::Date { .. } => found.kind.clone(),
        // One moment for all, or a moment that stands out as an id would.
        Kind::Constant | Kind::Identifier => Kind::Date { format: crate::DateFormat::Iso },
        // Times but for a few, whose rows are named below.
        Kind::Category if raw.is_text() && mostly_times(raw) => {
            Kind::Date { format: crate::DateFormat::Iso }
        }
        kind => {
            return Err(FileError::content(
                &path,
                format!(
                    "the column {name:?} holds no times but is of kind {}; write them like \
                     2024-01-31T09:30:00Z",
                    kind.word()
                ),
            )
            .into());
        }
    };
    let column = Column { name: name.to_owned(), kind, role: Role::Attribute, missing: Vec::new() };
    let reader = ColumnReader::new(&column, &stand_ins);
    let mut mistakes = Mistakes::default();
    let times: Vec<Option<Time>> = (0..raw.len())
        .map(|row| match reader.read(raw.cell(row)) {
            Ok(Value::Time(time)) => Some(time),
            Ok(_) => None,
            Err(misread) => {
                mistakes.add(format!("row {}, column {name:?}: {misread}", row + 1));
                None
            }
        })
        .collect();
    mistakes.check().map_err(|found| FileError::mistakes(&path, found))?;
    let mut zoneless = raw.times_without_zone(&times);
    for path in source.paths(files)? {
        if zoneless == 0 && is_parquet(&path)? {
            let names = parquet::Groups::open(&path)?.zoneless;
            zoneless +=
                if names.iter().any(|of| of == name) { times.iter().flatten().count() } else { 0 };
        }
    }
    if zoneless > 0 {
        report.without_zone.insert(name.to_owned(), zoneless);
    }
    Ok(times)
}
