//! The rows of a file of events, made into records and dealt out to the parts of a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::FileError;
use super::columns::{Cells, ColumnCursor, ColumnFile, Run};
use super::event_columns::shown;
use super::events::{EventReport, EventStore, LeadLookup, NAMED, Source};
use super::parquet::{Lent, TextKey};
use super::survey::FIRST_ROUNDED;
use crate::date_format::Counted;
use crate::events::{
    EventInput, EventPlan, EventWriter, KnownKind, MOST_MASK_WORDS, PropertyValue, Texts,
};
use crate::kind::{is_no_id, is_stand_in};
use crate::{Cell, DateFormat, RawColumn, TextColumn, Time, TimeError, events::content_hash};

/// Names of what events set that are counted, where no attribute of such a name has a history.
const SET_OTHERWISE: usize = 1 << 8;
/// Texts of a column that are remembered, and leads; powers of two.
const TEXTS_REMEMBERED: usize = 1 << 8;
const LEADS_REMEMBERED: usize = 1 << 16;

/// Some rows of a column, with the values that codes stand for.
struct Rows<'r> {
    run: Run<'r>,
    distinct: Option<&'r RawColumn>,
}

impl Rows<'_> {
    #[inline]
    fn cell(&self, row: usize) -> Cell<'_> {
        match &self.run {
            Run::Codes(codes) => match (self.distinct, codes.get(row)) {
                (Some(distinct), Some(code)) => distinct.cell(*code as usize),
                _ => Cell::Empty,
            },
            Run::Cells(cells) => cells.cell(row),
        }
    }
}

/// What was made of the cells of a column, so that most are looked at once: of each code, and of
/// texts by their keys. Of a key the last comer has its place.
struct Memory<T> {
    by_code: Vec<Option<T>>,
    keyed: Vec<Option<(TextKey, T)>>,
    /// What was made last of a cell with neither.
    other: Option<T>,
}

impl<T: Copy> Memory<T> {
    /// A memory for a column with so many distinct values, good for one row group or batch.
    fn new(distinct: Option<&RawColumn>) -> Self {
        let by_code = vec![None; distinct.map_or(0, RawColumn::len)];
        Self { by_code, keyed: Vec::new(), other: None }
    }

    #[inline]
    fn of(&mut self, rows: &Rows<'_>, row: usize, make: impl FnOnce(Cell<'_>) -> T) -> &T {
        match &rows.run {
            Run::Codes(codes) => {
                let place = codes.get(row).and_then(|code| self.by_code.get_mut(*code as usize));
                place.unwrap_or(&mut self.other).get_or_insert_with(|| make(rows.cell(row)))
            }
            Run::Cells(cells) => match cells.key(row) {
                Some(key) => {
                    let place = keyed(&mut self.keyed, TEXTS_REMEMBERED, key);
                    &place.get_or_insert_with(|| (key, make(cells.cell(row)))).1
                }
                None => self.other.insert(make(cells.cell(row))),
            },
        }
    }
}

/// The place of a key among so many, a power of two; empty where it is not this key's.
#[inline]
fn keyed<T: Copy>(
    places: &mut Vec<Option<(TextKey, T)>>,
    count: usize,
    key: TextKey,
) -> &mut Option<(TextKey, T)> {
    if places.is_empty() {
        places.resize(count, None);
    }
    let (a, b, c, d) = key;
    let spread = (u64::from(a ^ c) << 32 | u64::from(b ^ d.rotate_left(16)))
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // Every bit of a factor counts in the highest bits of the product, and in them alone.
    let at = spread >> (u64::BITS - places.len().trailing_zeros()).min(u64::BITS - 1);
    let place = &mut places[at as usize];
    if !matches!(place, Some((known, _)) if *known == key) {
        *place = None;
    }
    place
}

/// Turns the rows of one file into records.
pub(super) struct Ingest<'s> {
    source: &'s Source<'s>,
    store: &'s EventStore,
    leads: &'s dyn LeadLookup,
    writer: EventWriter<'s>,
    dealt: Vec<Vec<u64>>,
    /// For each property of the plan, its column among those read.
    places: Vec<Option<usize>>,
    /// Whether an event has an id that another may have been rounded to.
    rounded_id: bool,
    report: EventReport,
}

/// What is kept from one block of rows to the next.
struct Memories {
    kinds: Memory<Option<KnownKind>>,
    /// Per property of the plan.
    values: Vec<Memory<PropertyValue>>,
}

impl<'s> Ingest<'s> {
    pub(super) fn new(
        source: &'s Source<'s>,
        store: &'s EventStore,
        leads: &'s dyn LeadLookup,
    ) -> Self {
        let mut next = 3 + usize::from(source.has_known_at) + usize::from(source.has_id);
        let places = (0..store.plan().properties().count())
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
            writer: EventWriter::new(store.plan()),
            dealt: vec![Vec::new(); store.parts()],
            places,
            rounded_id: false,
            report: EventReport::default(),
        }
    }

    /// Takes in rows of texts, of which `first` stood before.
    pub(super) fn batch(
        &mut self,
        columns: Vec<TextColumn>,
        first: usize,
    ) -> Result<(), FileError> {
        let columns: Vec<Lent> =
            columns.into_iter().map(|text| Lent::Other(RawColumn::Text(text))).collect();
        let rows = |of: &'_ Lent| 0..of.len();
        let whose: Vec<Whose> = {
            let lead = Cells { of: &columns[0], rows: rows(&columns[0]) };
            let mut leads = Leads::new(self.leads, lead.rows.len());
            let whose = leads.of(&lead).collect();
            self.report.unknown_lead = self.report.unknown_lead.take().or(leads.unknown);
            whose
        };
        self.reserve(&whose);
        let blocks: Vec<Rows<'_>> = columns
            .iter()
            .map(|of| Rows { run: Run::Cells(Cells { of, rows: rows(of) }), distinct: None })
            .collect();
        let mut memories = self.memories(&[]);
        self.block(&blocks[1..], &whose, first, &mut memories);
        self.store.take(&mut self.dealt, self.source.path)
    }

    /// Takes in a row group of a Parquet file, a block of rows after the other, so that no column
    /// but that of leads is ever whole in memory.
    pub(super) fn group(&mut self, file: &ColumnFile<'_>, group: usize) -> Result<(), FileError> {
        let (first, rows) = file.groups.groups[group];
        let whose = self.whose(&mut file.column(group, &self.source.wanted[0])?, rows)?;
        self.reserve(&whose);
        let mut cursors: Vec<ColumnCursor<'_, '_>> = self.source.wanted[1..]
            .iter()
            .map(|name| file.column(group, name))
            .collect::<Result<_, _>>()?;
        let distinct: Vec<Option<Arc<RawColumn>>> =
            cursors.iter().map(ColumnCursor::shared_distinct).collect();
        let mut memories = self.memories(&distinct);
        let mut done = 0;
        while done < rows {
            let mut some = rows - done;
            for cursor in &mut cursors {
                some = some.min(cursor.ready()?);
            }
            let block: Vec<Rows<'_>> = cursors
                .iter_mut()
                .zip(&distinct)
                .map(|(cursor, distinct)| {
                    Ok(Rows { run: cursor.next(some)?, distinct: distinct.as_deref() })
                })
                .collect::<Result<_, FileError>>()?;
            self.block(&block, &whose[done..done + some], first + done, &mut memories);
            done += some;
        }
        if self.rounded_id {
            let id = &self.source.wanted[3 + usize::from(self.source.has_known_at)];
            return Err(self.refuse_rounded(id));
        }
        self.store.take(&mut self.dealt, self.source.path)
    }

    /// Whose event each row of a group is.
    fn whose(
        &mut self,
        lead: &mut ColumnCursor<'_, '_>,
        rows: usize,
    ) -> Result<Vec<Whose>, FileError> {
        let mut leads = Leads::new(self.leads, rows);
        let by_code: Vec<Whose> = lead
            .distinct()
            .map(|distinct| distinct.cells().map(|cell| leads.look_up(cell)).collect())
            .unwrap_or_default();
        let mut whose = Vec::with_capacity(rows);
        while whose.len() < rows {
            match lead.next(rows - whose.len())? {
                // A code that stands for nothing was refused when it was read.
                Run::Codes(codes) => whose.extend(
                    codes.iter().map(|code| *by_code.get(*code as usize).unwrap_or(&Whose::UNSAID)),
                ),
                Run::Cells(cells) => whose.extend(leads.of(&cells)),
            }
        }
        self.report.unknown_lead = self.report.unknown_lead.take().or(leads.unknown);
        if leads.rounded {
            return Err(self.refuse_rounded(&self.source.wanted[0]));
        }
        Ok(whose)
    }

    /// Neighbours that are one number would be one lead, or one event.
    fn refuse_rounded(&self, column: &str) -> FileError {
        let message = format!(
            "the ids in {column:?} are floating-point numbers, and some are so large that neighbours are \
             the same number; write them as whole numbers or texts"
        );
        FileError::content(self.source.path, message)
    }

    /// Makes room for the records of rows.
    fn reserve(&mut self, whose: &[Whose]) {
        let mut of_parts = vec![0; self.dealt.len()];
        for lead in whose.iter().filter_map(|whose| whose.lead()) {
            of_parts[lead as usize / self.store.leads_of_a_part] += 1;
        }
        for (records, rows) in self.dealt.iter_mut().zip(of_parts) {
            records.reserve_exact(rows * self.store.plan().record_words());
        }
    }

    /// Memories for columns with such distinct values, that of leads left out.
    fn memories(&self, distinct: &[Option<Arc<RawColumn>>]) -> Memories {
        let of = |column: usize| distinct.get(column - 1).and_then(Option::as_deref);
        Memories {
            kinds: Memory::new(of(1)),
            values: self.places.iter().map(|place| Memory::new(place.and_then(of))).collect(),
        }
    }

    /// Takes in a block of rows; the columns are those wanted but for that of leads.
    fn block(
        &mut self,
        columns: &[Rows<'_>],
        whose: &[Whose],
        first: usize,
        memories: &mut Memories,
    ) {
        if self.store.plan().has_one_mask_word() {
            self.rows::<1>(columns, whose, first, memories);
        } else {
            self.rows::<MOST_MASK_WORDS>(columns, whose, first, memories);
        }
    }

    /// As [`Ingest::block`], with so many words for the selections of a record.
    fn rows<const WORDS: usize>(
        &mut self,
        columns: &[Rows<'_>],
        whose: &[Whose],
        first: usize,
        memories: &mut Memories,
    ) {
        let Self { source, writer, dealt, places, rounded_id, report, store, .. } = self;
        let (kind, at) = (&columns[0], &columns[1]);
        let known_at = source.has_known_at.then(|| &columns[2]);
        let id = source.has_id.then(|| &columns[2 + usize::from(source.has_known_at)]);
        // What a file lacks is missing, as records say to begin with, but excludes selections too.
        let empty = Rows { run: Run::Codes(&[]), distinct: None };
        let properties: Vec<&Rows<'_>> =
            places.iter().map(|place| place.map_or(&empty, |place| &columns[place - 1])).collect();
        // The kind of the events that set attributes, and which property names these.
        let setting = store.plan().history().and_then(|history| {
            let naming = store.plan().properties().position(|name| name == history.attribute)?;
            Some((writer.kind(&history.kind), naming, &history.attributes[..]))
        });
        report.rows += whose.len() as u64;
        for (row, whose) in whose.iter().enumerate() {
            if *whose == Whose::UNSAID {
                report.without_lead += 1;
                continue;
            }
            let mut example = |problem: String| {
                if report.examples.len() < NAMED {
                    report.examples.push(format!("row {}, {problem}", first + row + 1));
                }
            };
            let is_day;
            let at = match time(at.cell(row), source.at) {
                Ok(Some(Written { time, zoned, day })) => {
                    report.without_zone += u64::from(!zoned);
                    is_day = day;
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
            let known_kind = *memories
                .kinds
                .of(kind, row, |cell| cell.into_text().map(|text| writer.kind(&text)));
            let Some(found) = whose.lead() else {
                report.of_no_lead += 1;
                if let Some(kind) = known_kind {
                    writer.leave_out(kind);
                }
                continue;
            };
            let Some(known_kind) = known_kind else {
                report.without_kind += 1;
                continue;
            };
            report.without_hour += u64::from(is_day);
            let known_at =
                known_at.and_then(|column| match time(column.cell(row), source.known_at) {
                    Ok(time) => {
                        report.known_at_empty += u64::from(time.is_none());
                        time.map(|Written { time, zoned, .. }| {
                            report.without_zone += u64::from(!zoned);
                            time
                        })
                    }
                    Err(problem) => {
                        report.known_at_unread += 1;
                        example(format!("column {:?}: {problem}", source.wanted[3]));
                        None
                    }
                });
            let id = id.and_then(|column| {
                let cell = column.cell(row);
                *rounded_id |= is_rounded(&cell);
                cell.into_text().filter(|id| !is_no_id(id))
            });
            // The kind is known already; its text is not looked at again.
            let event =
                EventInput { kind: "", at, known_at, id: id.map_or(0, |id| content_hash(&id)) };
            report.first = Some(report.first.map_or(at, |first| first.min(at)));
            report.last = Some(report.last.map_or(at, |last| last.max(at)));
            report.last_known = report.last_known.max(known_at);
            let records = &mut dealt[found as usize / store.leads_of_a_part];
            let start = records.len();
            let mut record = writer.begin::<WORDS>(found, known_kind, &event, records);
            let columns = properties.iter().zip(&mut memories.values);
            for (index, (column, memory)) in columns.enumerate() {
                let value = memory.of(column, row, |cell| writer.value(index, cell));
                if matches!(value, PropertyValue::Misread) {
                    misread(report, store.plan(), index, first + row, column.cell(row));
                }
                writer.put(index, value, &mut record);
            }
            writer.end(record);
            if let Some((kind, naming, attributes)) = setting
                && kind == known_kind
            {
                set_otherwise(&mut report.set_otherwise, properties[naming].cell(row), attributes);
            }
            let content = store.plan().content(&records[start..]);
            report.sum = report.sum.wrapping_add(content);
            // Of days alone many are alike.
            if !is_day {
                report.sample.see(content, event.id);
            }
        }
    }

    pub(super) fn finish(mut self) -> (EventReport, Texts) {
        self.report.met = self.writer.selected();
        self.report.naming_none = self.writer.naming_none();
        for (kind, count) in self.writer.kind_counts() {
            *self.report.kinds.entry(kind.to_owned()).or_default() += count;
        }
        for (kind, filled) in self.writer.filled() {
            *self.report.filled.entry(kind.to_owned()).or_default() |= filled;
        }
        for (kind, count) in self.writer.kinds_left_out() {
            *self.report.kinds_left_out.entry(kind.to_owned()).or_default() += count;
        }
        for (property, count) in self.writer.misread() {
            *self.report.not_numbers.entry(property.to_owned()).or_default() += count;
        }
        (self.report, self.writer.texts)
    }
}

/// Counts what an event sets, where that is no attribute with a history.
fn set_otherwise(counts: &mut BTreeMap<String, u64>, name: Cell<'_>, attributes: &[String]) {
    let Some(name) = name.into_text() else { return };
    let name = name.trim();
    if is_stand_in(name) || attributes.iter().any(|attribute| attribute == name) {
        return;
    }
    if let Some(count) = counts.get_mut(name) {
        *count += 1;
    } else if counts.len() < SET_OTHERWISE {
        counts.insert(name.to_owned(), 1);
    }
}

/// Keeps the first value of a property that is not the number it should be.
#[cold]
fn misread(
    report: &mut EventReport,
    plan: &EventPlan,
    property: usize,
    row: usize,
    cell: Cell<'_>,
) {
    let Some(name) = plan.properties().nth(property) else { return };
    if !report.first_not_numbers.contains_key(name) {
        let text = cell.into_text().unwrap_or_default();
        report.first_not_numbers.insert(name.to_owned(), shown(row, &text));
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

/// Finds leads by the cells that name them. Nothing else is done on the way, so that the processor
/// waits for many look-ups at once.
struct Leads<'l> {
    leads: &'l dyn LeadLookup,
    /// By the keys of texts, which are good for one row group or batch.
    memory: Vec<Option<(TextKey, Whose)>>,
    places: usize,
    /// The first id that names no lead.
    unknown: Option<String>,
    /// Whether an id may be another one, rounded.
    rounded: bool,
}

/// Whether a cell is a floating-point number that its neighbours are rounded to.
#[inline]
fn is_rounded(cell: &Cell<'_>) -> bool {
    matches!(cell, Cell::Number(number) if number.abs() >= FIRST_ROUNDED)
}

impl<'l> Leads<'l> {
    /// For so many rows.
    fn new(leads: &'l dyn LeadLookup, rows: usize) -> Self {
        let places = (rows / 4).next_power_of_two().clamp(64, LEADS_REMEMBERED);
        Self { leads, memory: Vec::new(), places, unknown: None, rounded: false }
    }

    #[inline]
    fn look_up(&mut self, cell: Cell<'_>) -> Whose {
        self.rounded |= is_rounded(&cell);
        let id = cell.into_text().filter(|id| !is_no_id(id));
        let Some(text) = id else { return Whose::UNSAID };
        self.leads.lead(&text).map_or_else(
            || {
                self.unknown.get_or_insert_with(|| text.into_owned());
                Whose::UNKNOWN
            },
            Whose,
        )
    }

    fn of(&mut self, cells: &Cells<'_>) -> impl Iterator<Item = Whose> {
        (0..cells.rows.len()).map(|row| {
            let Some(key) = cells.key(row) else { return self.look_up(cells.cell(row)) };
            if let Some((_, found)) = keyed(&mut self.memory, self.places, key) {
                return *found;
            }
            let found = self.look_up(cells.cell(row));
            *keyed(&mut self.memory, self.places, key) = Some((key, found));
            found
        })
    }
}

/// A moment as it is written.
struct Written {
    time: Time,
    /// Whether it names its zone.
    zoned: bool,
    /// Whether it is a text of a day without a time of day.
    day: bool,
}

/// The moment in a cell.
#[inline]
fn time(cell: Cell<'_>, format: DateFormat) -> Result<Option<Written>, String> {
    match cell {
        Cell::Empty => Ok(None),
        Cell::Time(time) => Ok(Some(Written { time, zoned: true, day: false })),
        cell => written_time(cell, format),
    }
}

/// The moment in a cell that is not one yet.
fn written_time(cell: Cell<'_>, format: DateFormat) -> Result<Option<Written>, String> {
    match cell {
        Cell::Text(text) if text.trim().is_empty() => Ok(None),
        Cell::Text(text) => match format.parse(text) {
            Ok(time) => {
                let (zoned, day) = (Time::names_zone(text), Time::is_day(text));
                Ok(Some(Written { time, zoned, day }))
            }
            // Of a number the error says what it counts.
            Err(error) if format == DateFormat::Iso || Counted::new(text).is_some() => {
                Err(error.to_string())
            }
            Err(_) => Err(format!("{text:?} is not {}", format.a_date())),
        },
        other => Err(TimeError::new(&other.into_text().unwrap_or_default()).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::events::{EventColumns, EventLog, Filters, PlanBuilder, Property, Wanted};
    use crate::io::{EventFiles, Packing, Sheet, SheetColumn, write_sheet};
    use crate::people::LeadIndex;

    use super::*;

    #[test]
    fn ids_that_are_rounded_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let log = EventLog {
            columns: EventColumns { id: Some("event_id".into()), ..EventColumns::default() },
            filters: Filters { duplicates: true, ..Filters::default() },
            ..EventLog::default()
        };
        let ids = |small: bool| {
            let first = if small { 1.0 } else { 9_007_199_254_740_992.0 };
            SheetColumn::Number(vec![first, 2.0])
        };
        for (lead, id, refused) in [
            (true, true, None),
            (false, true, Some("the ids in \"lead_id\" are floating-point numbers")),
            (true, false, Some("the ids in \"event_id\" are floating-point numbers")),
        ] {
            let path = folder.path().join("events.parquet");
            let text = |text: &str| SheetColumn::Text(vec![text.to_owned(); 2]);
            let columns = vec![
                ("lead_id".to_owned(), ids(lead)),
                ("kind".to_owned(), text("call")),
                ("at".to_owned(), text("2024-01-01")),
                ("event_id".to_owned(), ids(id)),
            ];
            write_sheet(&path, &Sheet { columns }, Packing::Tight).unwrap();
            let files = EventFiles::look(vec![path], &log.columns).unwrap();
            let plan = PlanBuilder::new(&log).unwrap().finish();
            let mut index = LeadIndex::new(2);
            index.name("1", 0);
            index.name("9007199254740992", 1);
            let read = EventStore::read(&[files], plan, &index, 1 << 20, &|_| ());
            let said = read.err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(said.is_empty(), refused.is_none(), "{said}");
            assert!(said.contains(refused.unwrap_or_default()), "{said}");
        }
    }

    #[test]
    fn what_is_no_number_is_counted_for_each_event() {
        let folder = tempfile::tempdir().unwrap();
        let texts =
            |texts: &[&str]| SheetColumn::Text(texts.iter().map(|&text| text.to_owned()).collect());
        let columns = vec![
            ("lead_id".to_owned(), texts(&["a", "a", "a", "x", "a"])),
            ("kind".to_owned(), texts(&["call"; 5])),
            ("at".to_owned(), texts(&["2024-01-01"; 5])),
            ("value".to_owned(), texts(&["x", "x", "3", "x", "y"])),
        ];
        let log = EventLog {
            properties: vec![Property { name: "value".into(), number: true, yes_no: false }],
            ..EventLog::default()
        };
        let mut index = LeadIndex::new(1);
        index.name("a", 0);
        for name in ["events.csv", "events.parquet"] {
            let path = folder.path().join(name);
            write_sheet(&path, &Sheet { columns: columns.clone() }, Packing::Tight).unwrap();
            let mut plan = PlanBuilder::new(&log).unwrap();
            plan.field("value", Wanted::Number).unwrap();
            let files = EventFiles::look(vec![path], &EventColumns::default()).unwrap();
            let read = EventStore::read(&[files], plan.finish(), &index, 1 << 20, &|_| ());
            let report = read.unwrap().report;
            // The event of no known lead is not looked at.
            assert_eq!((report.not_numbers["value"], report.of_no_lead), (3, 1), "{name}");
            assert_eq!(report.kinds["call"], 4, "{name}");
            assert_eq!((report.kinds_left_out["call"], report.of_leads()), (1, 4), "{name}");
            assert_eq!(report.unknown_lead.as_deref(), Some("x"), "{name}");
        }
    }
}
