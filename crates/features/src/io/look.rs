//! A look at the files of a project that is to be, for `leadscore init`.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::outcomes::meets;
use super::{FileError, delimited, events::is_parquet, is_plausible, parquet};
use crate::events::{Condition, content_hash};
use crate::people::LeadIndex;
use crate::project::propose::{
    EventsOfLeads, Looked, LookedColumn, LookedEvents, closed_where, date_format, guess_created,
    guess_event_columns, guess_lead_id,
};
use crate::{
    Cell, Column, ColumnReader, InferOptions, Kind, MISSING_STAND_INS, RawColumn, Role, Table,
    TextColumn, Time, Value, infer,
};

/// Rows of events that are looked at to tell what their columns hold.
const LOOKED_AT: usize = 100_000;
/// Rows of a CSV file that are read at a time after that.
const BATCH: usize = 1 << 18;
/// Different values of a column that are kept.
const SAMPLES: usize = 50;
/// Kinds that are counted; a log of more has its kinds elsewhere.
const MOST_KINDS: usize = 1_000;
/// Event ids of which it is found out whether they repeat.
const IDS: usize = 1_000_000;

/// Looks at a table of leads and perhaps a file of events. The names of their files are as they are to be
/// written in the project file.
///
/// # Errors
/// [`FileError`] when the file of events cannot be read.
pub fn look_at_files(
    (leads, name): (&Table, &str),
    events: Option<(&Path, &str)>,
) -> Result<Looked, FileError> {
    let columns = look_at_table(leads);
    let (mut latest, mut earliest): (Option<Time>, Option<Time>) = (None, None);
    let created = guess_created(&columns).map(|column| column.name.clone());
    // A date to come, of a renewal say, is not the end of what the file tells.
    let now = Time::now();
    for (looked, raw) in columns.iter().zip(leads.columns()) {
        if let Some(reader) = date_reader(looked) {
            let conditions = closed_where(&columns, looked).map(|conditions| {
                let column = |of: Condition| Some((leads.column(&of.property)?, of.test));
                conditions.into_iter().filter_map(column).collect::<Vec<_>>()
            });
            let counts = |row: usize| {
                conditions.as_ref().is_none_or(|conditions| {
                    conditions.iter().any(|(column, test)| meets(column, row, test))
                })
            };
            for (row, cell) in raw.cells().enumerate() {
                if let Ok(Value::Time(time)) = reader.read(cell)
                    && time <= now
                    && counts(row)
                {
                    latest = latest.max(Some(time));
                    // A time of the epoch stands for none.
                    let first = earliest.is_none_or(|earliest| time < earliest);
                    if first && created.as_ref() == Some(&looked.name) && is_plausible(time) {
                        earliest = Some(time);
                    }
                }
            }
        }
    }
    let lead_id = guess_lead_id(&columns);
    let lead_id = columns.iter().find(|column| Some(column.name.as_str()) == lead_id);
    let ids = lead_id.and_then(|id| leads.column(&id.name)).map(index_of);
    let tally = Tally { ids_of_leads: ids, now: Some(now), ..Tally::default() };
    let events =
        events.map(|(path, name)| look_at_events(path, name, lead_id, tally)).transpose()?;
    Ok(Looked { files: vec![name.to_owned()], columns, latest, earliest, events })
}

/// Looks at the columns of leads that were read.
pub fn look_at_table(leads: &Table) -> Vec<LookedColumn> {
    leads.names().iter().zip(leads.columns()).map(|(name, raw)| look(name, raw)).collect()
}

/// Looks at the columns of a file of events, by its first rows.
///
/// # Errors
/// [`FileError`] when the file cannot be read.
pub fn look_at_event_columns(path: &Path) -> Result<Vec<LookedColumn>, FileError> {
    Ok(first_rows(path)?.iter().map(|(name, raw)| look(name, raw)).collect())
}

/// The first rows of a file of events, by the names of its columns.
///
/// # Errors
/// [`FileError`] when the file cannot be read.
pub(super) fn first_rows(path: &Path) -> Result<Vec<(String, RawColumn)>, FileError> {
    if is_parquet(path)? {
        let groups = parquet::Groups::open(path)?;
        let names: Vec<String> = groups.names.iter().map(|(name, _)| name.clone()).collect();
        let columns = match groups.groups.is_empty() {
            true => vec![RawColumn::Text(TextColumn::new()); names.len()],
            false => groups.read(0, &names)?,
        };
        return Ok(names.into_iter().zip(columns).collect());
    }
    let mut rows = delimited::open(path)?;
    let every: Vec<usize> = (0..rows.names.len()).collect();
    let columns = rows.next(&every, LOOKED_AT)?.into_iter().map(RawColumn::Text);
    Ok(rows.names.into_iter().zip(columns).collect())
}

fn options() -> InferOptions {
    InferOptions {
        category: false,
        ordering: false,
        missing: Vec::new(),
        stand_ins: MISSING_STAND_INS.iter().map(|&s| s.to_owned()).collect(),
    }
}

fn look(name: &str, raw: &RawColumn) -> LookedColumn {
    let mut samples: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    let mut first = 0;
    for (row, cell) in raw.cells().enumerate() {
        if samples.len() == SAMPLES {
            break;
        }
        if let Some(text) = cell.into_text()
            && seen.insert(content_hash(&text))
        {
            if samples.is_empty() {
                first = row;
            }
            samples.push(text.into_owned());
        }
    }
    LookedColumn { name: name.to_owned(), found: infer(name, raw, &options()), samples, first }
}

/// The reader of a column of dates.
fn date_reader(looked: &LookedColumn) -> Option<ColumnReader> {
    let format = date_format(looked)?;
    let column = Column {
        name: looked.name.clone(),
        kind: Kind::Date { format },
        role: Role::Attribute,
        missing: Vec::new(),
    };
    Some(ColumnReader::new(&column, &options().stand_ins))
}

fn look_at_events(
    path: &Path,
    name: &str,
    lead_id: Option<&LookedColumn>,
    mut tally: Tally,
) -> Result<LookedEvents, FileError> {
    let mut found = LookedEvents { files: vec![name.to_owned()], ..LookedEvents::default() };
    if is_parquet(path)? {
        let groups = parquet::Groups::open(path)?;
        let names: Vec<String> = groups.names.iter().map(|(name, _)| name.clone()).collect();
        for group in 0..groups.groups.len() {
            if group == 0 {
                let columns = groups.read(0, &names)?;
                found.columns = names.iter().zip(&columns).map(|(n, raw)| look(n, raw)).collect();
            }
            let wanted = tally.wanted(&found.columns, lead_id);
            let names: Vec<String> = wanted.iter().flatten().cloned().collect();
            let columns = groups.read(group, &names)?;
            let mut columns = columns.iter();
            let of: Vec<Option<&RawColumn>> =
                wanted.iter().map(|name| name.as_ref().and_then(|_| columns.next())).collect();
            tally.add(&of);
        }
    } else {
        let mut rows = delimited::open(path)?;
        let every: Vec<usize> = (0..rows.names.len()).collect();
        let text = |column: TextColumn| RawColumn::Text(column);
        let columns: Vec<RawColumn> = rows.next(&every, LOOKED_AT)?.into_iter().map(text).collect();
        found.columns = rows.names.iter().zip(&columns).map(|(n, raw)| look(n, raw)).collect();
        let wanted = tally.wanted(&found.columns, lead_id);
        let place = |name: &String| rows.names.iter().position(|known| known == name);
        let places: Vec<Option<usize>> =
            wanted.iter().map(|name| name.as_ref().and_then(place)).collect();
        tally.add(&places.iter().map(|place| place.map(|p| &columns[p])).collect::<Vec<_>>());
        let some: Vec<usize> = places.iter().flatten().copied().collect();
        loop {
            let columns: Vec<RawColumn> = rows.next(&some, BATCH)?.into_iter().map(text).collect();
            if columns.first().is_none_or(RawColumn::is_empty) {
                break;
            }
            let mut columns = columns.iter();
            let of: Vec<Option<&RawColumn>> =
                places.iter().map(|place| place.and_then(|_| columns.next())).collect();
            tally.add(&of);
        }
    }
    let mut kinds: Vec<(String, u64)> = tally.kinds.into_iter().collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found.kinds = if kinds.len() > MOST_KINDS { Vec::new() } else { kinds };
    found.range = tally.range;
    found.latest = tally.latest;
    found.ids_repeat = tally.ids_repeat;
    found.of_leads = Some(tally.of_leads).filter(|of| of.events > 0);
    Ok(found)
}

/// The leads by their ids.
fn index_of(ids: &RawColumn) -> LeadIndex {
    let mut index = LeadIndex::new(ids.len());
    for (lead, id) in (0..).zip(ids.cells()) {
        if let Some(id) = id.into_text() {
            index.name(&id, lead);
        }
    }
    index
}

/// What is counted over all events.
#[derive(Default)]
struct Tally {
    at: Option<ColumnReader>,
    known_at: Option<ColumnReader>,
    kinds: BTreeMap<String, u64>,
    range: Option<(Time, Time)>,
    /// The moment of the look: what comes after it is no news.
    now: Option<Time>,
    latest: Option<Time>,
    ids: HashSet<u64>,
    ids_repeat: bool,
    ids_of_leads: Option<LeadIndex>,
    of_leads: EventsOfLeads,
}

impl Tally {
    /// The columns of kinds, of times, of when these were known, of ids and of leads, where there are any.
    fn wanted(
        &mut self,
        columns: &[LookedColumn],
        lead_id: Option<&LookedColumn>,
    ) -> [Option<String>; 5] {
        let guess = guess_event_columns(columns, lead_id);
        let reader = |name: &Option<String>| {
            let name = name.as_ref()?;
            columns.iter().find(|column| column.name == *name).and_then(date_reader)
        };
        (self.at, self.known_at) = (reader(&guess.at), reader(&guess.known_at));
        let at = guess.at.filter(|_| self.at.is_some());
        let known_at = guess.known_at.filter(|_| self.known_at.is_some());
        let lead = guess.lead.filter(|_| self.ids_of_leads.is_some());
        [guess.kind, at, known_at, guess.id, lead]
    }

    fn add(&mut self, columns: &[Option<&RawColumn>]) {
        let [kinds, at, known_at, ids, leads] = columns else { return };
        for kind in kinds.iter().flat_map(|column| column.cells()) {
            if let Some(kind) = kind.into_text()
                && self.kinds.len() <= MOST_KINDS
            {
                match self.kinds.get_mut(kind.as_ref()) {
                    Some(count) => *count += 1,
                    None => {
                        self.kinds.insert(kind.into_owned(), 1);
                    }
                }
            }
        }
        if let (Some(at), Some(reader)) = (at, &self.at) {
            for row in 0..at.len() {
                let known = known_at.zip(self.known_at.as_ref());
                let known = known.and_then(|(column, reader)| reader.read(column.cell(row)).ok());
                if let Ok(Value::Time(time)) = reader.read(at.cell(row)) {
                    let known = match known {
                        Some(Value::Time(known)) => known,
                        _ => time,
                    };
                    if self.now.is_none_or(|now| known <= now) {
                        self.latest = self.latest.max(Some(known));
                    }
                    // What was known before it happened was dated by a wrong clock.
                    let time = time.min(known);
                    let (first, last) = self.range.unwrap_or((time, time));
                    self.range = Some((first.min(time), last.max(time)));
                }
            }
        }
        for id in ids.iter().flat_map(|column| column.cells()).filter_map(Cell::into_text) {
            if self.ids_repeat || self.ids.len() == IDS {
                break;
            }
            self.ids_repeat = !self.ids.insert(content_hash(&id));
        }
        let Some(index) = &self.ids_of_leads else { return };
        let of = &mut self.of_leads;
        for lead in leads.iter().flat_map(|column| column.cells()).filter_map(Cell::into_text) {
            of.events += 1;
            if index.lead(&lead).is_some() {
                of.known += 1;
            } else if of.unknown.is_none() {
                of.nearly = index.nearly(&lead);
                of.unknown = Some(lead.into_owned());
            }
        }
    }
}
