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

use super::parquet::{Lent, TextKey};
use super::{FileError, delimited, parquet};
use crate::events::{
    EventColumns, EventInput, EventParts, EventPlan, EventWriter, MOST_MASK_WORDS, Part, PartError,
    PropertyValue, Texts, content_hash,
};
use crate::{Cell, Mistakes, RawColumn, Time};

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
/// Texts of a column that are remembered, and leads; powers of two.
const TEXTS_REMEMBERED: usize = 1 << 8;
const LEADS_REMEMBERED: usize = 1 << 16;
/// Rows named in a message.
const NAMED: usize = 3;

/// Files of events, and which columns of them mean what.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFiles {
    /// The files.
    pub paths: Vec<PathBuf>,
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
    /// Rows without a lead.
    pub without_lead: u64,
    /// Rows without a kind.
    pub without_kind: u64,
    /// Rows without a readable time; left out.
    pub without_time: u64,
    /// Rows whose `known_at` cannot be read; taken as known at once.
    pub known_at_unread: u64,
    /// Times that name no zone; read as UTC.
    pub without_zone: u64,
    /// Values that are not the number they should be; taken as missing, by property.
    pub not_numbers: BTreeMap<String, u64>,
    /// How often each kind of event was met, among those of known leads.
    pub kinds: BTreeMap<String, u64>,
    /// The first moment.
    pub first: Option<Time>,
    /// The last moment.
    pub last: Option<Time>,
    /// The first few rows of which something could not be read.
    pub examples: Vec<String>,
    /// Records that were put aside on disk, in bytes.
    pub put_aside: u64,
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
    leads_of_a_part: usize,
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
    /// [`FileError`] when a file cannot be read, lacks a column, or one row in a hundred has no
    /// readable time.
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
            for path in &source.paths {
                let opened = Source::open(path, &source.columns, &plan)?;
                expected += opened.expected;
                sources.push(opened);
            }
        }
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
                        "{unread} of {} rows have no readable time in the column {name:?}",
                        of_file.rows
                    );
                    let mistakes = of_file.examples.into_iter().chain([all]).collect();
                    return Err(FileError::mistakes(source.path, mistakes));
                }
            }
            let file = source.path.file_name().unwrap_or_default().to_string_lossy();
            of_file.examples.iter_mut().for_each(|e| *e = format!("{file}, {e}"));
            report.merge(of_file);
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

    /// Takes over records that were dealt out, and puts everything aside when memory is full.
    fn take(&self, dealt: &mut [Vec<u64>], path: &Path) -> Result<(), FileError> {
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
struct Source<'f> {
    path: &'f Path,
    parquet: Option<parquet::Groups<'f>>,
    /// The columns to read: lead, kind, at, perhaps `known_at` and id, then the properties.
    wanted: Vec<String>,
    /// Properties that this file does not have.
    lacking: Vec<usize>,
    has_known_at: bool,
    has_id: bool,
    expected: u64,
}

impl<'f> Source<'f> {
    fn open(path: &'f Path, columns: &EventColumns, plan: &EventPlan) -> Result<Self, FileError> {
        let (names, parquet) = if is_parquet(path)? {
            let groups = parquet::Groups::open(path)?;
            let names = groups.names.iter().map(|(name, _)| name.clone()).collect();
            (names, Some(groups))
        } else {
            (delimited::open(path)?.names, None)
        };
        let has = |name: &str| names.iter().any(|known: &String| known == name);
        let mut wanted: Vec<String> = vec![];
        let mut mistakes = Mistakes::default();
        let mut need = |name: &str, what: &str| {
            if !has(name) {
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
        mistakes.check().map_err(|found| FileError::mistakes(path, found))?;
        let mut lacking = Vec::new();
        for (index, property) in plan.properties().enumerate() {
            // Sources may differ in their properties; that one of them has it was checked before.
            if has(property) {
                wanted.push(property.to_owned());
            } else {
                lacking.push(index);
            }
        }
        let expected = match &parquet {
            Some(groups) => groups.groups.iter().map(|(_, rows)| *rows as u64).sum(),
            None => path.metadata().map_or(0, |metadata| metadata.len() / BYTES_OF_A_ROW),
        };
        let has_known_at = columns.known_at.is_some();
        let has_id = columns.id.is_some() && plan.needs_ids();
        Ok(Self { path, parquet, wanted, lacking, has_known_at, has_id, expected })
    }

    fn read(
        &self,
        store: &EventStore,
        leads: &dyn LeadLookup,
        read: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<(EventReport, Texts)>, FileError> {
        if let Some(groups) = &self.parquet {
            let zoneless = self.wanted.iter().take(3 + usize::from(self.has_known_at)).skip(2);
            let zoneless = zoneless.filter(|name| groups.zoneless.contains(name)).count() as u64;
            return (0..groups.groups.len())
                .into_par_iter()
                .map(|group| {
                    let columns = groups.lend(group, &self.wanted)?;
                    let mut ingest = Ingest::new(self, store, leads);
                    ingest.batch(&columns, groups.groups[group].0)?;
                    let mut found = ingest.finish();
                    found.0.without_zone += zoneless * found.0.rows;
                    read(groups.groups[group].1 as u64);
                    Ok(found)
                })
                .collect();
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
            let columns: Vec<Lent> =
                columns.into_iter().map(|text| Lent::Other(RawColumn::Text(text))).collect();
            ingest.batch(&columns, first)?;
            first += count;
            read(count as u64);
        }
    }
}

pub(super) fn is_parquet(path: &Path) -> Result<bool, FileError> {
    let mut file = File::open(path).map_err(|error| FileError::os(path, &error))?;
    let mut magic = [0; 4];
    match file.read(&mut magic) {
        Ok(0) => Err(FileError::content(path, "is empty; it needs a header and rows")),
        Ok(_) => Ok(&magic == b"PAR1"),
        Err(error) => Err(FileError::os(path, &error)),
    }
}

/// What was made of the texts of a column lately, by their keys: one place for each key, the last
/// comer has it.
struct Memory<T> {
    places: Vec<Option<(TextKey, T)>>,
    /// Of 64 bits, those that do not say the place.
    shift: u32,
    /// What was made last of a cell without a key.
    other: Option<T>,
}

impl<T: Copy> Memory<T> {
    /// A memory of so many texts, a power of two.
    fn new(texts: usize) -> Self {
        Self { places: vec![None; texts], shift: u64::BITS - texts.trailing_zeros(), other: None }
    }

    #[inline]
    fn of(&mut self, key: Option<TextKey>, make: impl FnOnce() -> T) -> &T {
        let Some(key) = key else { return self.other.insert(make()) };
        let (a, b, c, d) = key;
        let spread = (u64::from(a ^ c) << 32 | u64::from(b ^ d.rotate_left(16)))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // Every bit of a factor counts in the highest bits of the product, and in them alone.
        let place = &mut self.places[(spread >> self.shift) as usize];
        if !matches!(place, Some((known, _)) if *known == key) {
            *place = None;
        }
        &place.get_or_insert_with(|| (key, make())).1
    }
}

/// Turns the rows of one file into records.
struct Ingest<'s> {
    source: &'s Source<'s>,
    store: &'s EventStore,
    leads: &'s dyn LeadLookup,
    writer: EventWriter<'s>,
    dealt: Vec<Vec<u64>>,
    /// For each property of the plan, its column among those read.
    places: Vec<Option<usize>>,
    report: EventReport,
}

impl<'s> Ingest<'s> {
    fn new(source: &'s Source<'s>, store: &'s EventStore, leads: &'s dyn LeadLookup) -> Self {
        let mut next = 3 + usize::from(source.has_known_at) + usize::from(source.has_id);
        let places = (0..store.plan.properties().count())
            .map(|property| {
                (!source.lacking.contains(&property)).then(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        Self {
            source,
            store,
            leads,
            writer: EventWriter::new(&store.plan),
            dealt: vec![Vec::new(); store.shelves.len()],
            places,
            report: EventReport::default(),
        }
    }

    fn batch(&mut self, columns: &[Lent], first: usize) -> Result<(), FileError> {
        if self.store.plan.has_one_mask_word() {
            self.rows::<1>(columns, first)
        } else {
            self.rows::<MOST_MASK_WORDS>(columns, first)
        }
    }

    /// As [`Ingest::batch`], with so many words for the selections of a record.
    fn rows<const WORDS: usize>(
        &mut self,
        columns: &[Lent],
        first: usize,
    ) -> Result<(), FileError> {
        let Self { source, leads, writer, dealt, places, report, store } = self;
        let (lead, kind, at) = (&columns[0], &columns[1], &columns[2]);
        let known_at = source.has_known_at.then(|| &columns[3]);
        let id = source.has_id.then(|| &columns[3 + usize::from(source.has_known_at)]);
        let empty = Lent::Other(RawColumn::Number(Vec::new()));
        let properties: Vec<&Lent> =
            places.iter().map(|place| place.map_or(&empty, |place| &columns[place])).collect();
        let rows = lead.len();
        report.rows += rows as u64;
        let whose = whose(lead, *leads);
        let mut of_parts = vec![0; dealt.len()];
        for lead in whose.iter().filter_map(|whose| whose.lead()) {
            of_parts[lead as usize / store.leads_of_a_part] += 1;
        }
        for (records, rows) in dealt.iter_mut().zip(of_parts) {
            records.reserve_exact(rows * store.plan.record_words());
        }
        // Keys are good for one batch only.
        let mut kind_memory = Memory::new(TEXTS_REMEMBERED);
        let mut memories: Vec<Memory<PropertyValue>> =
            properties.iter().map(|_| Memory::new(TEXTS_REMEMBERED)).collect();
        for (row, whose) in whose.into_iter().enumerate() {
            if whose == Whose::UNSAID {
                report.without_lead += 1;
                continue;
            }
            let mut example = |problem: String| {
                if report.examples.len() < NAMED {
                    report.examples.push(format!("row {}, {problem}", first + row + 1));
                }
            };
            let at = match time(at.cell(row)) {
                Ok(Some((time, zoned))) => {
                    report.without_zone += u64::from(!zoned);
                    time
                }
                Ok(None) => {
                    report.without_time += 1;
                    example(format!("column {:?}: it has no time", source.wanted[2]));
                    continue;
                }
                Err(problem) => {
                    report.without_time += 1;
                    example(format!("column {:?}: {problem}", source.wanted[2]));
                    continue;
                }
            };
            let Some(found) = whose.lead() else {
                report.of_no_lead += 1;
                continue;
            };
            let known_kind = *kind_memory
                .of(kind.key(row), || kind.cell(row).into_text().map(|text| writer.kind(&text)));
            let Some(known_kind) = known_kind else {
                report.without_kind += 1;
                continue;
            };
            let known_at = known_at.and_then(|column| match time(column.cell(row)) {
                Ok(time) => time.map(|(time, zoned)| {
                    report.without_zone += u64::from(!zoned);
                    time
                }),
                Err(problem) => {
                    report.known_at_unread += 1;
                    example(format!("column {:?}: {problem}", source.wanted[3]));
                    None
                }
            });
            let id = id.and_then(|column| column.cell(row).into_text());
            // The kind is known already; its text is not looked at again.
            let event =
                EventInput { kind: "", at, known_at, id: id.map_or(0, |id| content_hash(&id)) };
            report.first = Some(report.first.map_or(at, |first| first.min(at)));
            report.last = Some(report.last.map_or(at, |last| last.max(at)));
            let records = &mut dealt[found as usize / store.leads_of_a_part];
            let mut record = writer.begin::<WORDS>(found, known_kind, &event, records);
            for (index, (column, memory)) in properties.iter().zip(&mut memories).enumerate() {
                let value = memory.of(column.key(row), || writer.value(index, column.cell(row)));
                writer.put(index, value, &mut record);
            }
            writer.end(record);
        }
        store.take(dealt, source.path)
    }

    fn finish(mut self) -> (EventReport, Texts) {
        for (kind, count) in self.writer.kind_counts() {
            *self.report.kinds.entry(kind.to_owned()).or_default() += count;
        }
        for (property, count) in self.writer.misread() {
            *self.report.not_numbers.entry(property.to_owned()).or_default() += count;
        }
        (self.report, self.writer.texts)
    }
}

/// The lead that a row names, by its position. The last two positions are no lead's: one is for
/// an id of no lead, one for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Whose(u32);

impl Whose {
    const UNKNOWN: Self = Self(u32::MAX - 1);
    const UNSAID: Self = Self(u32::MAX);

    #[inline]
    fn lead(self) -> Option<u32> {
        (self.0 < Self::UNKNOWN.0).then_some(self.0)
    }
}

/// Whose event each row is. Nothing else is done on the way, so that the processor waits for
/// many look-ups at once.
fn whose(lead: &Lent, leads: &dyn LeadLookup) -> Vec<Whose> {
    let rows = lead.len();
    // Keys are good for one batch only.
    let mut memory = Memory::new((rows / 4).next_power_of_two().clamp(64, LEADS_REMEMBERED));
    let look_up = |row: usize| match lead.cell(row).into_text() {
        Some(text) => leads.lead(&text).map_or(Whose::UNKNOWN, Whose),
        None => Whose::UNSAID,
    };
    (0..rows).map(|row| *memory.of(lead.key(row), || look_up(row))).collect()
}

/// The moment in a cell, and whether it names its zone.
#[inline]
fn time(cell: Cell<'_>) -> Result<Option<(Time, bool)>, String> {
    match cell {
        Cell::Empty => Ok(None),
        Cell::Time(time) => Ok(Some((time, true))),
        cell => written_time(cell),
    }
}

/// The moment in a cell that is not one yet.
fn written_time(cell: Cell<'_>) -> Result<Option<(Time, bool)>, String> {
    match cell {
        Cell::Text(text) if text.trim().is_empty() => Ok(None),
        Cell::Text(text) => Time::parse_zoned(text).map(Some).map_err(|e| e.to_string()),
        other => Err(format!(
            "{} is not a time; write it like 2024-01-31T09:30:00Z",
            other.into_text().unwrap_or_default()
        )),
    }
}

impl EventReport {
    fn merge(&mut self, other: EventReport) {
        self.rows += other.rows;
        self.of_no_lead += other.of_no_lead;
        self.without_lead += other.without_lead;
        self.without_kind += other.without_kind;
        self.without_time += other.without_time;
        self.known_at_unread += other.known_at_unread;
        self.without_zone += other.without_zone;
        self.put_aside += other.put_aside;
        for (property, count) in other.not_numbers {
            *self.not_numbers.entry(property).or_default() += count;
        }
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        self.examples.extend(other.examples);
        self.examples.truncate(NAMED);
    }
}
