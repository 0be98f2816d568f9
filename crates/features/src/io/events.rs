//! Event logs from files, larger than memory where they must be: every event becomes a record of
//! the plan, records are dealt out to parts by lead, and parts that do not fit are put aside on
//! disk until they are asked for.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use serde::Serialize;

use super::ingest::Ingest;
use super::overlap::{EventSample, Samples};
use super::parquet::refused_column;
use super::{ColumnFile, FileError, Format, MAGIC, delimited, format_of};
use crate::events::{
    EventColumns, EventParts, EventPlan, Mask, Part, PartError, Texts, property_bit,
};
use crate::{DateFormat, Mistakes, Time};

/// Rows of a CSV file that are read at a time.
const BATCH: usize = 1 << 18;
/// Records of a part, about: a part of them fits a processor's cache.
const RECORDS_OF_A_PART: u64 = 1 << 17;
const MOST_PARTS: u64 = 4096;
/// Of the rows of a file, so many may have no readable time, or time of being known, before the
/// file is refused.
const UNREADABLE_SHARE: f64 = 0.01;
/// Bytes that an event takes in a CSV file, about.
const BYTES_OF_A_ROW: u64 = 80;
/// Files of fewer events are not held against each other.
const LEAST_SAME: u64 = 10;
/// Rows named in a message.
pub(super) const NAMED: usize = 3;

/// A file of events, and how the times in it are written.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFile {
    /// The file.
    pub path: PathBuf,
    /// How it writes when events happened.
    pub at: DateFormat,
    /// How it writes when they were known.
    pub known_at: DateFormat,
}

/// Files of events, and which columns of them mean what.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFiles {
    /// The files.
    pub files: Vec<EventFile>,
    /// The columns.
    pub columns: EventColumns,
}

/// Whose event a row is, by the id in it.
pub trait LeadLookup: Sync {
    /// The position of the lead that an id names.
    fn lead(&self, id: &str) -> Option<u32>;

    /// How many leads there are.
    fn leads(&self) -> usize;
}

/// What was met in reading a log. Nothing is left out without being counted here.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EventReport {
    /// Rows read.
    pub rows: u64,
    /// Rows whose lead is not among the leads.
    pub of_no_lead: u64,
    /// The first id of no known lead.
    pub unknown_lead: Option<String>,
    /// The same of each file that has such a row.
    #[serde(skip)]
    pub unknown_leads: Vec<String>,
    /// Rows without a lead.
    pub without_lead: u64,
    /// Rows without a kind.
    pub without_kind: u64,
    /// Rows without a readable time; left out.
    pub without_time: u64,
    /// Rows whose `known_at` cannot be read; taken as known at once.
    pub known_at_unread: u64,
    /// Rows without a `known_at`, in a log that has it; taken as known at once.
    pub known_at_empty: u64,
    /// Times that name no zone; read as UTC.
    pub without_zone: u64,
    /// Events with a day and no time of day; they count as of the first moment of that day.
    pub without_hour: u64,
    /// Values that are not the number they should be; taken as missing, by property.
    pub not_numbers: BTreeMap<String, u64>,
    /// The first of these of each property, with its row.
    pub first_not_numbers: BTreeMap<String, String>,
    /// Events that are to set an attribute and name none, so that they tell the history of nothing.
    pub naming_none: u64,
    /// What events of known leads are to set that is no attribute with a history, and how often; of a file, or a part of
    /// it, so many names at most.
    pub set_otherwise: BTreeMap<String, u64>,
    /// How often each kind of event was met, among those of known leads.
    pub kinds: BTreeMap<String, u64>,
    /// How often each kind was met among the events of no known lead.
    pub kinds_left_out: BTreeMap<String, u64>,
    /// The first moment.
    pub first: Option<Time>,
    /// The last moment.
    pub last: Option<Time>,
    /// The last moment at which one was known.
    pub last_known: Option<Time>,
    /// The first few rows of which something could not be read.
    pub examples: Vec<String>,
    /// Files without some properties that the plan asks for.
    pub lacking: Vec<LackingFile>,
    /// The selections of the plan that some event belongs to.
    #[serde(skip)]
    pub met: Mask,
    /// Records that were put aside on disk, in bytes.
    pub put_aside: u64,
    /// Files with the same events of the same leads at the same times, each behind one before it.
    pub same_events: Vec<(PathBuf, PathBuf)>,
    /// Files of events of which a share are in one before them too, without ids or under other ones, behind that one.
    pub shared_events: Vec<(PathBuf, PathBuf, f64)>,
    /// By kind, the properties of the plan of which some event of a known lead has a value, as bits.
    #[serde(skip)]
    pub(super) filled: BTreeMap<String, u64>,
    /// A sample of the events of known leads.
    #[serde(skip)]
    pub(super) sample: EventSample,
    /// The sum of the hashes of what the events of known leads tell: it does not hang on their order.
    #[serde(skip)]
    pub(super) sum: u64,
}

/// A file of events without some properties that a plan asks for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LackingFile {
    /// The name of the file.
    pub file: String,
    /// The properties.
    pub properties: Vec<String>,
    /// The kinds of its events, of known leads.
    pub kinds: Vec<String>,
}

/// Records of a part: those in memory, and where those on disk are.
#[derive(Debug, Default)]
struct Shelf {
    chunks: Vec<Vec<u64>>,
    /// Offset and length in words.
    aside: Vec<(u64, usize)>,
}

/// The events of many leads, read once and kept by lead.
#[derive(Debug)]
pub struct EventStore {
    plan: EventPlan,
    leads: usize,
    pub(super) leads_of_a_part: usize,
    shelves: Vec<Mutex<Shelf>>,
    texts: Texts,
    aside: Mutex<Option<File>>,
    held: AtomicU64,
    budget: u64,
    /// What was met in reading.
    pub report: EventReport,
}

impl EventStore {
    /// Reads event files by a plan. `budget` is how many bytes of records are kept in memory;
    /// further ones are put aside in the system's folder for temporary files. Events of a Parquet
    /// file are read in parallel.
    ///
    /// # Errors
    /// [`FileError`] when a file cannot be read, lacks a column, one row in a hundred has no readable
    /// time, or no file has a property that the plan asks for.
    pub fn read(
        files: &[EventFiles],
        plan: EventPlan,
        leads: &dyn LeadLookup,
        budget: u64,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self, FileError> {
        let mut sources = Vec::new();
        let mut expected = 0_u64;
        for source in files {
            for file in &source.files {
                let opened = Source::open(file, &source.columns, &plan)?;
                expected += opened.expected;
                sources.push(opened);
            }
        }
        Source::check_properties(&sources, &plan)?;
        let parts = (expected / RECORDS_OF_A_PART).clamp(1, MOST_PARTS) as usize;
        let leads_of_a_part = leads.leads().div_ceil(parts).max(1);
        let parts = leads.leads().div_ceil(leads_of_a_part).max(1);
        let mut store = Self {
            plan,
            leads: leads.leads(),
            leads_of_a_part,
            shelves: (0..parts).map(|_| Mutex::default()).collect(),
            texts: Texts::new(),
            aside: Mutex::new(None),
            held: AtomicU64::new(0),
            budget,
            report: EventReport::default(),
        };
        let done = AtomicU64::new(0);
        let read = |rows: u64| progress(done.fetch_add(rows, Ordering::Relaxed) + rows);
        let mut report = EventReport::default();
        let mut texts = Texts::new();
        let mut before: Vec<(&Path, EventReport)> = Vec::new();
        let mut samples = Samples::default();
        for source in &sources {
            let found = source.read(&store, leads, &read)?;
            let mut of_file = EventReport::default();
            for (one, its_texts) in found {
                of_file.merge(one);
                texts.merge(its_texts);
            }
            for (unread, name) in [
                (of_file.without_time, &source.wanted[2]),
                // Taken as known at once, they would let a model see what was learnt later.
                (of_file.known_at_unread, &source.wanted[2 + usize::from(source.has_known_at)]),
            ] {
                if unread as f64 > UNREADABLE_SHARE * of_file.rows as f64 {
                    let all = format!(
                        "{unread} of {} rows {} no readable time in the column {name:?}",
                        of_file.rows,
                        if unread == 1 { "has" } else { "have" }
                    );
                    let mistakes = of_file.examples.into_iter().chain([all]).collect();
                    return Err(FileError::mistakes(source.path, mistakes));
                }
            }
            let file = source.path.file_name().unwrap_or_default().to_string_lossy();
            let all = of_file.examples.iter_mut().chain(of_file.first_not_numbers.values_mut());
            all.for_each(|example| *example = format!("{file}, {example}"));
            if !source.lacking.is_empty() {
                let lacking = |(at, name): (usize, &str)| {
                    source.lacking.contains(&at).then(|| name.to_owned())
                };
                of_file.lacking.push(LackingFile {
                    file: file.into_owned(),
                    properties: store.plan.properties().enumerate().filter_map(lacking).collect(),
                    kinds: of_file.kinds.keys().cloned().collect(),
                });
            }
            report.unknown_leads.extend(of_file.unknown_lead.clone());
            let shared = samples.add(&std::mem::take(&mut of_file.sample));
            if let Some((other, _)) = before.iter().find(|(_, other)| other.is_same(&of_file)) {
                report.same_events.push((other.to_path_buf(), source.path.to_owned()));
            } else if let Some((other, share)) = shared
                && let Some((other, _)) = before.get(other)
            {
                report.shared_events.push((other.to_path_buf(), source.path.to_owned(), share));
            }
            report.merge(of_file.clone());
            before.push((source.path, of_file));
        }
        if let Some(aside) = store.aside.get_mut().ok().and_then(|aside| aside.as_ref()) {
            report.put_aside = aside.metadata().map_or(0, |metadata| metadata.len());
        }
        store.report = report;
        store.texts = texts;
        Ok(store)
    }

    /// The plan that the records follow.
    pub fn plan(&self) -> &EventPlan {
        &self.plan
    }

    /// How many parts there are.
    pub(super) fn parts(&self) -> usize {
        self.shelves.len()
    }

    /// Takes over records that were dealt out, and puts everything aside when memory is full.
    pub(super) fn take(&self, dealt: &mut [Vec<u64>], path: &Path) -> Result<(), FileError> {
        let mut bytes = 0;
        for (shelf, records) in self.shelves.iter().zip(dealt) {
            if !records.is_empty() {
                bytes += 8 * records.len() as u64;
                lock(shelf).chunks.push(std::mem::take(records));
            }
        }
        if self.held.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.budget {
            return Ok(());
        }
        self.put_aside().map_err(|error| FileError::Os {
            path: path.to_owned(),
            message: format!(
                "its events do not fit memory and cannot be put aside in {}: {error}",
                std::env::temp_dir().display()
            ),
        })
    }

    fn put_aside(&self) -> std::io::Result<()> {
        let mut aside = lock(&self.aside);
        if self.held.load(Ordering::Relaxed) <= self.budget {
            return Ok(()); // Another thread has just done it.
        }
        if aside.is_none() {
            *aside = Some(tempfile::tempfile()?);
        }
        let Some(file) = aside.as_mut() else { return Ok(()) };
        let mut at = file.seek(SeekFrom::End(0))?;
        let mut bytes = Vec::new();
        for shelf in &self.shelves {
            let chunks = std::mem::take(&mut lock(shelf).chunks);
            let words: usize = chunks.iter().map(Vec::len).sum();
            if words == 0 {
                continue;
            }
            bytes.clear();
            for word in chunks.iter().flatten() {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
            drop(chunks);
            file.write_all(&bytes)?;
            lock(shelf).aside.push((at, words));
            at += bytes.len() as u64;
            self.held.fetch_sub(bytes.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// A poisoned lock is that of a thread that panicked; its data is still whole, as every change
/// under a lock here is one push.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl EventParts for EventStore {
    fn count(&self) -> usize {
        self.shelves.len()
    }

    fn leads(&self, part: usize) -> Range<usize> {
        let start = (part * self.leads_of_a_part).min(self.leads);
        start..(start + self.leads_of_a_part).min(self.leads)
    }

    fn load(&self, part: usize) -> Result<Part, PartError> {
        let Some(shelf) = self.shelves.get(part) else { return Ok(Part::default()) };
        let shelf = lock(shelf);
        let mut read = Vec::with_capacity(shelf.aside.len());
        if let Some(file) = lock(&self.aside).as_mut() {
            for &(at, words) in &shelf.aside {
                let mut bytes = vec![0; 8 * words];
                file.seek(SeekFrom::Start(at))?;
                file.read_exact(&mut bytes)?;
                let word = |bytes: &[u8]| {
                    let mut word = [0; 8];
                    word.copy_from_slice(bytes);
                    u64::from_le_bytes(word)
                };
                read.push(bytes.chunks_exact(8).map(word).collect::<Vec<u64>>());
            }
        }
        let records: Vec<&[u64]> = read.iter().chain(&shelf.chunks).map(Vec::as_slice).collect();
        Ok(Part::sorted(&self.plan, self.leads(part), &records))
    }

    fn texts(&self) -> &Texts {
        &self.texts
    }
}

/// One file, opened.
pub(super) struct Source<'f> {
    pub(super) path: &'f Path,
    /// How times are written in it.
    pub(super) at: DateFormat,
    pub(super) known_at: DateFormat,
    parquet: Option<ColumnFile<'f>>,
    /// The columns that can be read.
    names: Vec<String>,
    /// The columns to read: lead, kind, at, perhaps `known_at` and id, then the properties.
    pub(super) wanted: Vec<String>,
    /// Properties that this file does not have.
    pub(super) lacking: Vec<usize>,
    pub(super) has_known_at: bool,
    pub(super) has_id: bool,
    expected: u64,
}

impl<'f> Source<'f> {
    fn open(
        file: &'f EventFile,
        columns: &EventColumns,
        plan: &EventPlan,
    ) -> Result<Self, FileError> {
        let &EventFile { ref path, at, known_at } = file;
        let (names, parquet) = if is_parquet(path)? {
            let file = open_by_parts(path)?;
            let names = file.groups.names.iter().map(|(name, _)| name.clone()).collect();
            (names, Some(file))
        } else {
            (delimited::open(path)?.names, None)
        };
        let has = |name: &str| names.iter().any(|known: &String| known == name);
        let refused = parquet.as_ref().map_or(&[][..], |file| &file.groups.refused);
        let refused = |name: &str| {
            let (_, what) = refused.iter().find(|(refused, _)| refused == name)?;
            Some(refused_column(name, what))
        };
        let mut wanted: Vec<String> = vec![];
        let mut mistakes = Mistakes::default();
        let mut need = |name: &str, what: &str| {
            if let Some(mistake) = refused(name) {
                mistakes.add(mistake);
            } else if !has(name) {
                let help = crate::hint(name, names.iter().map(String::as_str));
                mistakes.add(format!("there is no column {name:?}, {what}{help}"));
            }
            wanted.push(name.to_owned());
        };
        need(&columns.lead, "which names the lead");
        need(&columns.kind, "which says what happened");
        need(&columns.at, "which says when");
        if let Some(known_at) = &columns.known_at {
            need(known_at, "which says when it was known");
        }
        if let Some(id) = columns.id.as_ref().filter(|_| plan.needs_ids()) {
            need(id, "which is the event's id");
        }
        let mut lacking = Vec::new();
        for (index, property) in plan.properties().enumerate() {
            // Sources may differ in their properties, so one that lacks one is good.
            if has(property) {
                wanted.push(property.to_owned());
            } else if let Some(mistake) = refused(property) {
                mistakes.add(mistake);
            } else {
                lacking.push(index);
            }
        }
        mistakes.check().map_err(|found| FileError::mistakes(path, found))?;
        let expected = match &parquet {
            Some(file) => file.groups().map(|rows| rows as u64).sum(),
            None => path.metadata().map_or(0, |metadata| metadata.len() / BYTES_OF_A_ROW),
        };
        let has_known_at = columns.known_at.is_some();
        let has_id = columns.id.is_some() && plan.needs_ids();
        Ok(Self {
            path,
            at,
            known_at,
            parquet,
            names,
            wanted,
            lacking,
            has_known_at,
            has_id,
            expected,
        })
    }

    /// Refuses sources none of which has a property that is asked for: what is measured of it would
    /// be as of leads that did nothing.
    fn check_properties(sources: &[Self], plan: &EventPlan) -> Result<(), FileError> {
        let Some(first) = sources.first() else { return Ok(()) };
        let lack = |property: &usize| sources.iter().all(|of| of.lacking.contains(property));
        let mut mistakes = Mistakes::default();
        for (_, name) in plan.properties().enumerate().filter(|(property, _)| lack(property)) {
            let names = sources.iter().flat_map(|source| source.names.iter().map(String::as_str));
            mistakes.add(format!(
                "the events have no property {name:?}, which a score needs{}",
                crate::hint(name, names)
            ));
        }
        mistakes.check().map_err(|found| FileError::mistakes(first.path, found))
    }

    fn read(
        &self,
        store: &EventStore,
        leads: &dyn LeadLookup,
        read: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<(EventReport, Texts)>, FileError> {
        if let Some(file) = &self.parquet {
            let zoneless = self.wanted.iter().take(3 + usize::from(self.has_known_at)).skip(2);
            let zoneless = zoneless.filter(|name| file.groups.zoneless.contains(name)).count();
            let found: Vec<_> = (0..file.groups().len())
                .into_par_iter()
                .map(|group| {
                    let mut ingest = Ingest::new(self, store, leads);
                    ingest.group(file, group)?;
                    let mut found = ingest.finish();
                    found.0.without_zone += zoneless as u64 * found.0.rows;
                    if file.groups.days.contains(&self.wanted[2]) {
                        found.0.without_hour = found.0.of_leads();
                    }
                    read(found.0.rows);
                    Ok(found)
                })
                .collect::<Result<_, FileError>>()?;
            file.check_unchanged()?;
            return Ok(found);
        }
        let mut rows = delimited::open(self.path)?;
        let place = |name: &String| rows.names.iter().position(|known| known == name);
        let wanted: Vec<usize> = self.wanted.iter().filter_map(place).collect();
        let mut ingest = Ingest::new(self, store, leads);
        let mut first = 0;
        loop {
            let columns = rows.next(&wanted, BATCH)?;
            let count = columns.first().map_or(0, crate::TextColumn::len);
            if count == 0 {
                return Ok(vec![ingest.finish()]);
            }
            ingest.batch(columns, first)?;
            first += count;
            read(count as u64);
        }
    }
}

/// A Parquet file of events, which may be too large to be read whole.
pub(super) fn open_by_parts(path: &Path) -> Result<ColumnFile<'_>, FileError> {
    ColumnFile::open(path)?.ok_or_else(|| {
        FileError::content(path, "is no file that can be read by its parts; copy it first")
    })
}

pub(super) fn is_parquet(path: &Path) -> Result<bool, FileError> {
    let file = File::open(path).map_err(|error| FileError::os(path, &error))?;
    let mut magic = Vec::with_capacity(MAGIC);
    let read = file.take(MAGIC as u64).read_to_end(&mut magic);
    read.map_err(|error| FileError::os(path, &error))?;
    Ok(format_of(path, &magic)? == Format::Parquet)
}

impl EventReport {
    /// Whether two files have the same events, in whatever order, as far as anything looks at them: as many of
    /// each kind, of the same leads at the same times. A few events may be alike by chance.
    fn is_same(&self, other: &Self) -> bool {
        self.of_leads() >= LEAST_SAME
            && (self.sum, self.first, self.last) == (other.sum, other.first, other.last)
            && self.kinds == other.kinds
            && self.kinds_left_out == other.kinds_left_out
    }

    /// Whether an event of a kind and of a known lead has a value of a property of the plan that the events were
    /// read by; true too of properties that the plan has not.
    pub fn has_value(&self, plan: &EventPlan, kind: &str, property: &str) -> bool {
        let bit = plan.properties().position(|known| known == property).map_or(0, property_bit);
        bit == 0 || self.filled.get(kind).is_some_and(|filled| filled & bit != 0)
    }

    /// Events of known leads.
    pub fn of_leads(&self) -> u64 {
        self.kinds.values().sum::<u64>() + self.without_kind
    }

    fn merge(&mut self, other: EventReport) {
        self.rows += other.rows;
        self.of_no_lead += other.of_no_lead;
        self.without_lead += other.without_lead;
        self.without_kind += other.without_kind;
        self.without_time += other.without_time;
        self.known_at_unread += other.known_at_unread;
        self.known_at_empty += other.known_at_empty;
        self.without_zone += other.without_zone;
        self.without_hour += other.without_hour;
        self.put_aside += other.put_aside;
        self.naming_none += other.naming_none;
        self.sum = self.sum.wrapping_add(other.sum);
        self.sample.merge(&other.sample);
        self.lacking.extend(other.lacking);
        self.met.iter_mut().zip(other.met).for_each(|(all, of)| *all |= of);
        for (property, count) in other.not_numbers {
            *self.not_numbers.entry(property).or_default() += count;
        }
        for (property, first) in other.first_not_numbers {
            self.first_not_numbers.entry(property).or_insert(first);
        }
        for (name, count) in other.set_otherwise {
            *self.set_otherwise.entry(name).or_default() += count;
        }
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        for (kind, count) in other.kinds_left_out {
            *self.kinds_left_out.entry(kind).or_default() += count;
        }
        for (kind, filled) in other.filled {
            *self.filled.entry(kind).or_default() |= filled;
        }
        self.unknown_lead = self.unknown_lead.take().or(other.unknown_lead);
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        self.last_known = self.last_known.max(other.last_known);
        self.examples.extend(other.examples);
        self.examples.truncate(NAMED);
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Column, DataFrame, NamedFrom, ParquetWriter, Series};

    use super::*;
    use crate::events::{EventLog, PlanBuilder, Property, Wanted};
    use crate::people::LeadIndex;

    /// What reading a file says of a property of texts that is asked for.
    fn refused(path: &Path, property: &str) -> String {
        let log = EventLog {
            properties: vec![Property { name: property.into(), number: false, yes_no: false }],
            ..EventLog::default()
        };
        let mut plan = PlanBuilder::new(&log).unwrap();
        plan.field(property, Wanted::Text).unwrap();
        let files = EventFiles::look(vec![path.to_owned()], &EventColumns::default()).unwrap();
        let index = LeadIndex::new(1);
        EventStore::read(&[files], plan.finish(), &index, 1 << 20, &|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_asked_for_and_nested_or_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.parquet");
        let text = |name: &str, text: &str| Column::from(Series::new(name.into(), [text]));
        let pages = Series::new("page".into(), [Series::new("".into(), ["/", "/pricing"])]);
        let columns = vec![
            text("lead_id", "a"),
            text("kind", "page_view"),
            text("at", "2024-01-01"),
            pages.into(),
        ];
        let mut frame = DataFrame::new(1, columns).unwrap();
        let file = File::create(&path).unwrap();
        ParquetWriter::new(file).finish(&mut frame).unwrap();
        let said = refused(&path, "page");
        assert!(
            said.contains("the column \"page\" is nested (a list, a struct or a map)"),
            "{said}"
        );
        let said = refused(&path, "kinds");
        let expected = "events.parquet: the events have no property \"kinds\", which a score needs; \
                        did you mean \"kind\"?";
        assert!(said.ends_with(expected), "{said}");
    }
}
