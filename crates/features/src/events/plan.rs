//! What a list of signals needs of events, with every name resolved, and how an event becomes a
//! record by it.
//!
//! Signals ask for selections, fields and windows. Each distinct selection gets a bit: an event is
//! tested once, when it is read, and keeps the bits of the selections that it belongs to. What a
//! record holds is therefore small and of a fixed width, whatever the texts of the event were.

use super::texts::ByHash;
use super::{EventLog, Filters, Scanners, Selection, Span, Test, Texts, content_hash};
use crate::value::trimmed;
use crate::{Cell, Time, hint};

/// Words of selections; 64 selections a word.
const MOST_MASK_WORDS: usize = 4;
/// Different texts of one property whose tests are remembered at a time.
const REMEMBERED: usize = 1 << 16;
/// Texts that are found without a map.
const LATELY: usize = 32;
/// The first words of a record: lead and kind, `at`, `known_at`, id.
const HEAD: usize = 4;

/// The selections that an event belongs to.
type Mask = [u64; MOST_MASK_WORDS];

/// What a signal needs of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The number.
    Number,
    /// The content hash of the text, to tell values apart.
    Hash,
    /// The text.
    Text,
}

/// A plan cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Events have no such property.
    #[error("events have no property {name:?}{hint}")]
    UnknownProperty {
        /// The name.
        name: String,
        /// `; did you mean ...?`, or nothing.
        hint: String,
    },
    /// A number is needed.
    #[error("the property {0:?} is text, and a number is needed here")]
    NotANumber(String),
    /// Too many different selections.
    #[error("there are more than {} different selections of events", MOST_MASK_WORDS * 64)]
    TooManySelections,
}

/// Collects what signals need of events, each thing once.
#[derive(Clone, Debug)]
pub struct PlanBuilder<'l> {
    log: &'l EventLog,
    selections: Vec<Selection>,
    fields: Vec<(String, Wanted)>,
    windows: Vec<Option<Span>>,
    filters: CompiledFilters,
}

/// The filters, their selections as bits.
#[derive(Clone, Debug, Default)]
pub(super) struct CompiledFilters {
    pub(super) duplicates: bool,
    pub(super) before_created: bool,
    pub(super) future: Option<Span>,
    pub(super) internal: Vec<usize>,
    /// Bits of what sends and of what acts, and how soon.
    pub(super) scanners: Option<(usize, usize, Span)>,
    pub(super) bursts: Option<(usize, Span)>,
    /// The bit of everything that is not attribute history.
    pub(super) acts_of_people: usize,
}

impl<'l> PlanBuilder<'l> {
    /// A plan for a log, with its filters.
    ///
    /// # Errors
    /// [`PlanError`] when a filter names a property that events do not have.
    pub fn new(log: &'l EventLog) -> Result<Self, PlanError> {
        let mut builder = Self {
            log,
            selections: Vec::new(),
            fields: Vec::new(),
            windows: Vec::new(),
            filters: CompiledFilters::default(),
        };
        let Filters { duplicates, before_created, future, internal, scanners, bursts } =
            &log.filters;
        let mut filters = CompiledFilters {
            duplicates: *duplicates,
            before_created: *before_created,
            future: *future,
            ..CompiledFilters::default()
        };
        filters.acts_of_people = builder.selection(&Selection::default())?;
        for condition in internal {
            let of = Selection { kinds: vec![], conditions: vec![condition.clone()] };
            filters.internal.push(builder.selection(&of)?);
        }
        // A selection without kinds would be of any kind.
        let named = |scanners: &&Scanners| !scanners.sent.is_empty() && !scanners.acts.is_empty();
        if let Some(scanners) = scanners.as_ref().filter(named) {
            let of = |kinds: &[String]| Selection { kinds: kinds.to_vec(), conditions: vec![] };
            let sent = builder.selection(&of(&scanners.sent))?;
            let acts = builder.selection(&of(&scanners.acts))?;
            filters.scanners = Some((sent, acts, scanners.within));
        }
        filters.bursts = bursts.map(|bursts| (bursts.events.max(2) as usize, bursts.within));
        builder.filters = filters;
        Ok(builder)
    }

    /// The bit of a selection.
    ///
    /// # Errors
    /// [`PlanError`] when it names a property that events do not have, or there are too many.
    pub fn selection(&mut self, of: &Selection) -> Result<usize, PlanError> {
        if let Some(bit) = self.selections.iter().position(|known| known == of) {
            return Ok(bit);
        }
        for condition in &of.conditions {
            let number = self.property(&condition.property)?;
            if condition.test.is_of_number() && !number {
                return Err(PlanError::NotANumber(condition.property.clone()));
            }
        }
        if self.selections.len() == MOST_MASK_WORDS * 64 {
            return Err(PlanError::TooManySelections);
        }
        self.selections.push(of.clone());
        Ok(self.selections.len() - 1)
    }

    /// The position of a field of a record.
    ///
    /// # Errors
    /// [`PlanError`] when events do not have the property, or not as a number.
    pub fn field(&mut self, property: &str, wanted: Wanted) -> Result<usize, PlanError> {
        if !self.property(property)? && wanted == Wanted::Number {
            return Err(PlanError::NotANumber(property.to_owned()));
        }
        let known = |(name, as_what): &(String, Wanted)| name == property && *as_what == wanted;
        Ok(self.fields.iter().position(known).unwrap_or_else(|| {
            self.fields.push((property.to_owned(), wanted));
            self.fields.len() - 1
        }))
    }

    /// The bit and the field of an attribute's history; `None` where its history is not told.
    ///
    /// # Errors
    /// [`PlanError`] when events do not have the properties that tell it.
    pub fn history(&mut self, attribute: &str) -> Result<Option<(usize, usize)>, PlanError> {
        let Some(history) = self.log.history.as_ref().filter(|_| self.log.has_history(attribute))
        else {
            return Ok(None);
        };
        let condition = super::Condition {
            property: history.attribute.clone(),
            test: Test::OneOf(vec![super::Pattern(attribute.to_owned())]),
        };
        let bit = self.selection(&Selection {
            kinds: vec![history.kind.clone()],
            conditions: vec![condition],
        })?;
        Ok(Some((bit, self.field(&history.value, Wanted::Text)?)))
    }

    /// The position of a window; `None` is all time.
    pub fn window(&mut self, span: Option<Span>) -> usize {
        self.windows.iter().position(|known| *known == span).unwrap_or_else(|| {
            self.windows.push(span);
            self.windows.len() - 1
        })
    }

    fn property(&self, name: &str) -> Result<bool, PlanError> {
        self.log.property(name).map(|property| property.number).ok_or_else(|| {
            PlanError::UnknownProperty {
                name: name.to_owned(),
                hint: hint(name, self.log.properties.iter().map(|p| p.name.as_str())),
            }
        })
    }

    /// The plan.
    pub fn finish(self) -> EventPlan {
        let mut properties: Vec<PropertyPlan> = Vec::new();
        let mut position = |name: &str| {
            properties.iter().position(|known| known.name == name).unwrap_or_else(|| {
                let number = self.log.property(name).is_some_and(|property| property.number);
                properties.push(PropertyPlan {
                    name: name.to_owned(),
                    number,
                    tests: Vec::new(),
                    untested: [u64::MAX; MOST_MASK_WORDS],
                    fields: Vec::new(),
                });
                properties.len() - 1
            })
        };
        let mut tests = Vec::new();
        for (bit, selection) in self.selections.iter().enumerate() {
            for condition in &selection.conditions {
                tests.push((position(&condition.property), bit, condition.test.clone()));
            }
        }
        let mut fields = Vec::new();
        for (field, (name, wanted)) in self.fields.iter().enumerate() {
            fields.push((position(name), field, *wanted));
        }
        for (property, bit, test) in tests {
            clear(&mut properties[property].untested, bit);
            properties[property].tests.push((bit, test));
        }
        for (property, field, wanted) in fields {
            properties[property].fields.push((field, wanted));
        }
        let mask_words = self.selections.len().div_ceil(64);
        let history = self.log.history.as_ref().map(|history| history.kind.as_str());
        let kinds: Vec<Vec<String>> =
            self.selections.iter().map(|selection| selection.kinds.clone()).collect();
        let named = kinds.iter().flatten().map(String::as_str).chain(history);
        let kind_masks =
            named.map(|kind| (content_hash(kind), kind_mask(&kinds, history, kind))).collect();
        // No kind has a name without a character.
        let any_kind = kind_mask(&kinds, history, "");
        EventPlan {
            kind_masks,
            any_kind,
            kinds,
            properties,
            mask_words,
            fields: self.fields.len(),
            stride: HEAD + mask_words + self.fields.len(),
            windows: self.windows,
            filters: self.filters,
        }
    }
}

fn set(mask: &mut Mask, bit: usize) {
    mask[bit / 64] |= 1 << (bit % 64);
}

fn clear(mask: &mut Mask, bit: usize) {
    mask[bit / 64] &= !(1 << (bit % 64));
}

/// Takes from an event the selections that a value excludes.
#[inline]
fn and(selected: &mut [u64], allowed: &Mask) {
    selected.iter_mut().zip(allowed).for_each(|(a, b)| *a &= b);
}

/// One property that something looks at.
#[derive(Clone, Debug)]
struct PropertyPlan {
    name: String,
    number: bool,
    /// Bits of the selections that test it. A selection may test it more than once.
    tests: Vec<(usize, Test)>,
    /// All selections but those.
    untested: Mask,
    /// The fields that hold it.
    fields: Vec<(usize, Wanted)>,
}

impl PropertyPlan {
    /// Puts the hash of a text into a record; 0 for none.
    #[inline]
    fn put_text(&self, hash: u64, allowed: &Mask, (selected, fields): (&mut [u64], &mut [u64])) {
        if !self.tests.is_empty() {
            and(selected, allowed);
        }
        for (field, _) in &self.fields {
            fields[*field] = hash;
        }
    }

    /// Puts into a record that there is no value.
    #[inline]
    fn put_missing(&self, (selected, fields): (&mut [u64], &mut [u64])) {
        and(selected, &self.untested);
        for (field, wanted) in &self.fields {
            // NaN has one form, so that equal events are equal records.
            fields[*field] = if *wanted == Wanted::Number { f64::NAN.to_bits() } else { 0 };
        }
    }

    /// The selections that a value does not exclude.
    fn allowed(&self, passes: impl Fn(&Test) -> bool) -> Mask {
        let mut mask = self.untested;
        self.tests.iter().for_each(|(bit, _)| set(&mut mask, *bit));
        for (bit, test) in &self.tests {
            if !passes(test) {
                clear(&mut mask, *bit);
            }
        }
        mask
    }
}

/// What a list of signals needs of events. Made by a [`PlanBuilder`].
#[derive(Clone, Debug)]
pub struct EventPlan {
    /// The selections that each kind that is named does not exclude, by its content hash.
    kind_masks: ByHash<Mask>,
    /// As above, for kinds that nothing names.
    any_kind: Mask,
    /// The kinds of each selection.
    kinds: Vec<Vec<String>>,
    properties: Vec<PropertyPlan>,
    pub(super) mask_words: usize,
    pub(super) fields: usize,
    pub(super) stride: usize,
    pub(super) windows: Vec<Option<Span>>,
    pub(super) filters: CompiledFilters,
}

impl EventPlan {
    /// The properties that events must be read with, in the order in which a writer asks for them.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().map(|property| property.name.as_str())
    }

    /// The kinds that selections name, each once.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.kinds.iter().flatten().map(String::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// How many words a record has.
    pub(crate) fn words_of_a_record(&self) -> usize {
        self.stride
    }

    /// Whether ids of events are looked at: second copies are known by them.
    pub fn needs_ids(&self) -> bool {
        self.filters.duplicates
    }

    /// The selections and the fields of a record.
    #[inline]
    fn parts_of<'r>(&self, record: &'r mut [u64]) -> (&'r mut [u64], &'r mut [u64]) {
        record[HEAD..].split_at_mut(self.mask_words)
    }

    /// Words of a record.
    pub fn record_words(&self) -> usize {
        self.stride
    }

    /// The lead of a record, as it was written.
    pub fn lead_of(record: &[u64]) -> u32 {
        (record[0] >> 32) as u32
    }

    /// Sorts the records of one lead by (`at`, `known_at`, kind, id, properties); kinds, ids and
    /// texts are compared by their content hashes, so the order depends on content alone.
    pub fn sort(&self, records: &mut [u64]) {
        sort_records(self.stride, records, &mut SortScratch::default());
    }
}

/// Room for sorting, kept from one lead to the next.
#[derive(Debug, Default)]
pub(super) struct SortScratch {
    /// `at` and the place of each record.
    places: Vec<(i64, u32)>,
    copy: Vec<u64>,
}

/// Sorts the records of one lead; most logs are in order already.
pub(super) fn sort_records(stride: usize, records: &mut [u64], scratch: &mut SortScratch) {
    let pairs = records.chunks_exact(stride).zip(records.chunks_exact(stride).skip(1));
    if pairs.fold(true, |sorted, (a, b)| sorted && order(a, b).is_le()) {
        return;
    }
    let SortScratch { places, copy } = scratch;
    let at = |record: &[u64]| record[1] as i64;
    places.clear();
    places.extend(records.chunks_exact(stride).map(at).zip(0..));
    if !places.is_sorted() {
        places.sort_unstable();
    }
    copy.clear();
    copy.extend_from_slice(records);
    let of = |place: u32| &copy[place as usize * stride..][..stride];
    // What else is compared decides between records of one moment alone, and those are few.
    for of_a_moment in places.chunk_by_mut(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
        of_a_moment.sort_unstable_by(|a, b| order(of(a.1), of(b.1)));
    }
    for (to, &(_, from)) in records.chunks_exact_mut(stride).zip(places.iter()) {
        to.copy_from_slice(of(from));
    }
}

/// The order of two records of one lead.
fn order(a: &[u64], b: &[u64]) -> std::cmp::Ordering {
    (a[1] as i64).cmp(&(b[1] as i64)).then_with(|| {
        (a[2] as i64)
            .cmp(&(b[2] as i64))
            .then_with(|| (a[0] as u32).cmp(&(b[0] as u32)).then_with(|| a[3..].cmp(&b[3..])))
    })
}

/// One event, but for its properties.
#[derive(Clone, Copy, Debug)]
pub struct EventInput<'a> {
    /// What happened.
    pub kind: &'a str,
    /// When.
    pub at: Time,
    /// When we learnt of it; at once where not given.
    pub known_at: Option<Time>,
    /// The content hash of the event's own id; 0 for none.
    pub id: u64,
}

/// A kind that a writer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownKind(u32);

/// The value of a property, read: tests on it are done.
#[derive(Clone, Copy, Debug)]
pub enum PropertyValue {
    /// There is none.
    Missing,
    /// A text that a writer knows.
    Text(KnownText),
    /// A number.
    Number(f64),
}

/// A text of a property that a writer knows.
#[derive(Clone, Copy, Debug)]
pub struct KnownText {
    hash: u64,
    allowed: Mask,
}

/// What was found of texts lately, by their hashes: spares most look-ups in a map. One place for
/// each hash, the last comer has it; no text has the hash 0.
#[derive(Clone, Debug)]
struct Lately<T>([(u64, T); LATELY]);

impl<T: Copy + Default> Default for Lately<T> {
    fn default() -> Self {
        Self([(0, T::default()); LATELY])
    }
}

impl<T> Lately<T> {
    #[inline]
    fn get(&self, hash: u64) -> Option<&T> {
        let (known, value) = &self.0[hash as usize % LATELY];
        (*known == hash).then_some(value)
    }

    /// What was found last of the texts that share a place.
    #[inline]
    fn last(&self, hash: u64) -> &T {
        &self.0[hash as usize % LATELY].1
    }

    fn put(&mut self, hash: u64, value: T) {
        self.0[hash as usize % LATELY] = (hash, value);
    }
}

/// Turns events into records by a plan.
#[derive(Debug)]
pub struct EventWriter<'p> {
    plan: &'p EventPlan,
    kinds: Vec<KindMask>,
    kind_places: ByHash<u32>,
    lately_kinds: Lately<u32>,
    /// Per property, what its texts do not exclude.
    tested: Vec<ByHash<Mask>>,
    lately: Vec<Lately<Mask>>,
    /// The texts that signals need, behind the hashes in the records.
    pub texts: Texts,
    /// Per property, values that were not the number they should be.
    misread: Vec<u64>,
}

#[derive(Clone, Debug)]
struct KindMask {
    mask: Mask,
    hash: u32,
    name: String,
    count: u64,
}

impl<'p> EventWriter<'p> {
    /// A writer that has seen nothing.
    pub fn new(plan: &'p EventPlan) -> Self {
        let properties = plan.properties.len();
        Self {
            plan,
            kinds: Vec::new(),
            kind_places: ByHash::default(),
            lately_kinds: Lately::default(),
            lately: vec![Lately::default(); properties],
            tested: vec![ByHash::default(); properties],
            texts: Texts::new(),
            misread: vec![0; properties],
        }
    }

    /// Appends the record of an event of a lead. `property` gives the cell of a property, by its
    /// position in [`EventPlan::properties`].
    pub fn write<'a>(
        &mut self,
        lead: u32,
        event: &EventInput<'_>,
        property: impl Fn(usize) -> Cell<'a>,
        out: &mut Vec<u64>,
    ) {
        let kind = self.kind(event.kind);
        let Some(record) = self.begin(lead, kind, event, out) else { return };
        for index in 0..self.plan.properties.len() {
            let cell = property(index);
            match cell {
                Cell::Text(text) if !self.plan.properties[index].number => {
                    self.put_text(index, trimmed(text), record);
                }
                cell => {
                    let value = self.value(index, cell);
                    self.put(index, &value, record);
                }
            }
        }
    }

    /// Gets to know a kind.
    pub fn kind(&mut self, kind: &str) -> KnownKind {
        let hash = content_hash(kind);
        if let Some(place) = self.lately_kinds.get(hash) {
            return KnownKind(*place);
        }
        let (plan, kinds) = (self.plan, &mut self.kinds);
        let place = *self.kind_places.entry(hash).or_insert_with(|| {
            let mask = *plan.kind_masks.get(&hash).unwrap_or(&plan.any_kind);
            kinds.push(KindMask { mask, hash: hash as u32, name: kind.to_owned(), count: 0 });
            kinds.len() as u32 - 1
        });
        self.lately_kinds.put(hash, place);
        KnownKind(place)
    }

    /// Reads a cell of a property, by its position in [`EventPlan::properties`].
    #[inline]
    pub fn value(&mut self, property: usize, cell: Cell<'_>) -> PropertyValue {
        if self.plan.properties[property].number {
            return match number(cell) {
                Some(number) if number.is_nan() => PropertyValue::Missing,
                Some(number) => PropertyValue::Number(number),
                None => {
                    self.misread[property] += 1;
                    PropertyValue::Missing
                }
            };
        }
        match cell {
            Cell::Empty => PropertyValue::Missing,
            Cell::Text(text) => self.text(property, text),
            other => other.into_text().map_or(PropertyValue::Missing, |t| self.text(property, &t)),
        }
    }

    /// Reads a text of a property.
    fn text(&mut self, property: usize, text: &str) -> PropertyValue {
        let text = trimmed(text);
        if text.is_empty() {
            return PropertyValue::Missing;
        }
        let hash = content_hash(text);
        let allowed = *self.allowed(property, hash, text);
        PropertyValue::Text(KnownText { hash, allowed })
    }

    /// The selections that a text does not exclude.
    #[inline]
    fn allowed(&mut self, property: usize, hash: u64, text: &str) -> &Mask {
        if self.lately[property].get(hash).is_none() {
            self.meet(property, hash, text);
        }
        self.lately[property].last(hash)
    }

    /// Gets to know a text that was not met lately.
    #[cold]
    fn meet(&mut self, property: usize, hash: u64, text: &str) {
        let of = &self.plan.properties[property];
        if of.fields.iter().any(|(_, wanted)| *wanted == Wanted::Text) {
            self.texts.add(hash, text);
        }
        let allowed = if of.tests.is_empty() {
            of.untested
        } else {
            let remembered = &mut self.tested[property];
            if remembered.len() >= REMEMBERED {
                remembered.clear();
            }
            *remembered.entry(hash).or_insert_with(|| of.allowed(|test| test.passes_text(text)))
        };
        self.lately[property].put(hash, allowed);
    }

    /// Begins a record, with the selections that the kind does not exclude.
    #[inline]
    pub(crate) fn begin<'o>(
        &mut self,
        lead: u32,
        kind: KnownKind,
        event: &EventInput<'_>,
        out: &'o mut Vec<u64>,
    ) -> Option<&'o mut [u64]> {
        let known = self.kinds.get_mut(kind.0 as usize)?;
        known.count += 1;
        let start = out.len();
        let head: [u64; HEAD] = [
            u64::from(lead) << 32 | u64::from(known.hash),
            event.at.micros() as u64,
            event.known_at.unwrap_or(event.at).micros() as u64,
            if self.plan.filters.duplicates { event.id } else { 0 },
        ];
        out.extend_from_slice(&head);
        out.extend_from_slice(&known.mask[..self.plan.mask_words]);
        out.resize(start + self.plan.stride, 0);
        Some(&mut out[start..])
    }

    /// Puts a text of a property into a record.
    #[inline]
    fn put_text(&mut self, index: usize, text: &str, record: &mut [u64]) {
        let plan = self.plan;
        let of = &plan.properties[index];
        if text.is_empty() {
            return of.put_missing(plan.parts_of(record));
        }
        let hash = content_hash(text);
        of.put_text(hash, self.allowed(index, hash, text), plan.parts_of(record));
    }

    /// Puts the value of a property into a record.
    #[inline]
    pub(crate) fn put(&mut self, index: usize, value: &PropertyValue, record: &mut [u64]) {
        let plan = self.plan;
        let of = &plan.properties[index];
        let (selected, fields) = plan.parts_of(record);
        let number = match value {
            PropertyValue::Missing => return of.put_missing((selected, fields)),
            PropertyValue::Text(KnownText { hash, allowed }) => {
                return of.put_text(*hash, allowed, (selected, fields));
            }
            PropertyValue::Number(number) => *number,
        };
        if !of.tests.is_empty() {
            // A number is tested as text too: `value = 5` holds for 5.0.
            let text = crate::canonical_number(number);
            let passes = |test: &Test| test.passes_number(number) || test.passes_text(&text);
            and(selected, &of.allowed(passes));
        }
        for (field, wanted) in &of.fields {
            fields[*field] = match wanted {
                Wanted::Number => (number + 0.0).to_bits(),
                _ => {
                    let text = crate::canonical_number(number);
                    let hash = content_hash(&text);
                    if *wanted == Wanted::Text {
                        self.texts.add(hash, &text);
                    }
                    hash
                }
            };
        }
    }

    /// The properties with values that were not the number they should be, and how many.
    pub fn misread(&self) -> impl Iterator<Item = (&'p str, u64)> {
        let plan = self.plan;
        plan.properties().zip(&self.misread).filter(|(_, n)| **n > 0).map(|(name, n)| (name, *n))
    }

    /// How often each kind was met.
    pub fn kind_counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.kinds.iter().map(|kind| (kind.name.as_str(), kind.count))
    }
}

/// The selections that a kind alone does not exclude.
fn kind_mask(kinds: &[Vec<String>], history: Option<&str>, kind: &str) -> Mask {
    let mut mask = Mask::default();
    for (bit, kinds) in kinds.iter().enumerate() {
        let any = kinds.is_empty() && history != Some(kind);
        if any || kinds.iter().any(|name| name == kind) {
            set(&mut mask, bit);
        }
    }
    mask
}

/// The number of a cell: NaN where there is none, `None` where it is something else.
fn number(cell: Cell<'_>) -> Option<f64> {
    let number = match cell {
        Cell::Empty => f64::NAN,
        Cell::Number(number) => number,
        Cell::Integer(number) => number as f64,
        Cell::Text(text) if crate::kind::is_stand_in(text.trim()) => f64::NAN,
        Cell::Text(text) => text.trim().parse::<f64>().ok().filter(|number| !number.is_nan())?,
        Cell::YesNo(_) | Cell::Time(_) => return None,
    };
    (!number.is_infinite()).then_some(number)
}
