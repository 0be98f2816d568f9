//! How an event becomes a record of a plan.

use std::cell::LazyCell;

use super::plan::{EventPlan, HEAD, MOST_MASK_WORDS, Mask, PropertyPlan, Wanted};
use super::texts::ByHash;
use super::{Test, Texts, content_hash};
use crate::kind::is_stand_in;
use crate::value::trimmed;
use crate::{Cell, Time, canonical_number};

/// Different texts of one property whose tests are remembered at a time.
const REMEMBERED: usize = 1 << 16;
/// Sets of two texts that are found without a map; a power of two.
const SETS: usize = 16;

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
    /// A text that a writer knows; one that stands for a missing value is as good as none.
    Text(KnownText),
    /// A number.
    Number(f64),
    /// There is something else than the number that it should be: as good as none, and counted for
    /// each event.
    Misread,
}

/// A text of a property that a writer knows.
#[derive(Clone, Copy, Debug)]
pub struct KnownText {
    hash: u64,
    allowed: Mask,
}

/// A text that can be compared at once: up to 16 bytes as they are, a longer text by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    first: u64,
    last: u64,
    length: usize,
}

impl Key {
    /// No text has this key.
    const NONE: Self = Self { first: 0, last: 0, length: usize::MAX };

    #[inline]
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let length = bytes.len();
        // The halves overlap where a text is shorter than both.
        let (first, last) = if length > 16 {
            (content_hash(text), 0)
        } else if let (Some(first), Some(last)) =
            (bytes.first_chunk::<8>(), bytes.last_chunk::<8>())
        {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) =
            (bytes.first_chunk::<4>(), bytes.last_chunk::<4>())
        {
            (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
        } else {
            (bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0)
        };
        Self { first, last, length }
    }

    /// The set of places that a text has. Whoever sends many texts of one set makes a writer as slow
    /// as a map.
    #[inline]
    fn set(self) -> usize {
        let word = self.first ^ self.last.rotate_left(29) ^ self.length as u64;
        (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SETS.ilog2())) as usize
    }
}

/// What was found of texts lately: spares most hashes, and most look-ups in a map. Two texts find
/// room in each set, the last comers.
#[derive(Clone, Debug)]
struct Lately<T>([(Key, T); 2 * SETS]);

impl<T: Copy> Lately<T> {
    fn new(nothing: T) -> Self {
        Self([(Key::NONE, nothing); 2 * SETS])
    }

    /// Where a text stands that was met lately.
    #[inline]
    fn place(&self, key: Key) -> Option<usize> {
        let first = 2 * key.set();
        if self.0[first].0 == key {
            Some(first)
        } else {
            (self.0[first + 1].0 == key).then_some(first + 1)
        }
    }

    /// What was found of the text at a place.
    #[inline]
    fn at(&self, place: usize) -> &T {
        &self.0[place].1
    }

    /// Remembers what was found of a text; gives where that stands, and what had to make way for it.
    fn put(&mut self, key: Key, found: T) -> (usize, T) {
        let first = 2 * key.set();
        let before = std::mem::replace(&mut self.0[first], (key, found));
        (first, std::mem::replace(&mut self.0[first + 1], before).1)
    }
}

/// The texts of a property that were met.
#[derive(Clone, Debug)]
struct Met {
    lately: Lately<KnownText>,
    /// Texts that had to make way for others: what they do not exclude, by their hashes.
    before: ByHash<Mask>,
}

impl Met {
    fn new(of: &PropertyPlan) -> Self {
        let lately = Lately::new(KnownText { hash: 0, allowed: of.untested });
        Self { lately, before: ByHash::default() }
    }

    /// Reads a text as it was text.
    #[inline(always)]
    fn text(&mut self, of: &PropertyPlan, text: &str, texts: &mut Texts) -> &KnownText {
        let place = match self.lately.place(Key::of(text)) {
            Some(place) => place,
            None => self.meet(of, text, texts),
        };
        self.lately.at(place)
    }

    /// Gets to know a text that was not met lately; gives its place.
    #[cold]
    fn meet(&mut self, of: &PropertyPlan, text: &str, texts: &mut Texts) -> usize {
        let key = Key::of(text);
        let text = trimmed(text);
        let found = if text.is_empty() {
            KnownText { hash: 0, allowed: of.untested }
        } else if !of.as_written && is_stand_in(text) {
            // As good as no value, unless someone asks for that very text.
            KnownText { hash: 0, allowed: of.allowed(|test| test.names(text)) }
        } else {
            // A file of texts has truth values in its own spelling.
            let text = match of.truth(text) {
                Some(true) => "true",
                Some(false) => "false",
                None => text,
            };
            let hash = content_hash(text);
            if of.words.iter().any(|(_, wanted)| *wanted == Wanted::Text) {
                texts.add(hash, text);
            }
            let known = self.before.get(&hash).copied();
            let allowed = known.unwrap_or_else(|| of.allowed(|test| test.passes_property(text)));
            KnownText { hash, allowed }
        };
        let (place, other) = self.lately.put(key, found);
        if other.hash != 0 && !of.tests.is_empty() {
            if self.before.len() >= REMEMBERED {
                self.before.clear();
            }
            self.before.insert(other.hash, other.allowed);
        }
        place
    }
}

/// A record that is being written.
pub(crate) struct Record<'o, const WORDS: usize> {
    /// The first words of a mask: those that the plan has, or more.
    selected: [u64; WORDS],
    words: &'o mut [u64],
    /// Whether it is to set an attribute, and names none.
    names_none: bool,
    /// Its kind, by its position.
    kind: u32,
    /// The properties that it has a value of.
    filled: u64,
}

impl<const WORDS: usize> Record<'_, WORDS> {
    /// Takes out the selections that a value excludes.
    #[inline]
    fn and(&mut self, allowed: &Mask) {
        for (selected, allowed) in self.selected.iter_mut().zip(allowed) {
            *selected &= allowed;
        }
    }

    #[inline]
    fn put(&mut self, of: &PropertyPlan, value: &PropertyValue, texts: &mut Texts) {
        match value {
            PropertyValue::Missing | PropertyValue::Misread => self.put_missing(of),
            PropertyValue::Text(text) => self.put_text(of, text),
            PropertyValue::Number(number) => self.put_number(of, *number, texts),
        }
    }

    /// Puts in that there is no value; the words say so already.
    #[inline]
    fn put_missing(&mut self, of: &PropertyPlan) {
        self.and(&of.untested);
        self.names_none |= of.named_by == Some(self.words[0] as u32);
    }

    #[inline]
    fn put_text(&mut self, of: &PropertyPlan, text: &KnownText) {
        self.and(&text.allowed);
        if text.hash == 0 {
            // It stands for a missing value, and the words say so already.
            self.names_none |= of.named_by == Some(self.words[0] as u32);
            return;
        }
        self.filled |= of.bit;
        for (word, _) in &of.words {
            self.words[*word] = text.hash;
        }
    }

    #[inline]
    fn put_number(&mut self, of: &PropertyPlan, number: f64, texts: &mut Texts) {
        self.filled |= of.bit;
        if !of.tests.is_empty() {
            self.and(&tested(of, number));
        }
        for (word, wanted) in &of.words {
            self.words[*word] = match wanted {
                Wanted::Number => (number + 0.0).to_bits(),
                Wanted::Hash | Wanted::Text => text_of_number(number, *wanted, texts),
            };
        }
    }
}

#[derive(Clone, Debug)]
struct KindMask {
    mask: Mask,
    hash: u32,
    name: String,
    count: u64,
    /// The properties that some event of it has a value of.
    filled: u64,
    /// Events of it that are of no known lead.
    left_out: u64,
}

/// Turns events into records by a plan.
#[derive(Debug)]
pub struct EventWriter<'p> {
    plan: &'p EventPlan,
    kinds: Vec<KindMask>,
    kind_places: ByHash<u32>,
    lately_kinds: Lately<u32>,
    /// Per property.
    met: Vec<Met>,
    /// The texts that signals need, behind the hashes in the records.
    pub texts: Texts,
    /// Per property, values that were not the number they should be.
    misread: Vec<u64>,
    /// Events that are to set an attribute, and name none.
    naming_none: u64,
    /// The selections that some event belongs to.
    selected: Mask,
}

impl<'p> EventWriter<'p> {
    /// A writer that has seen nothing.
    pub fn new(plan: &'p EventPlan) -> Self {
        Self {
            plan,
            kinds: Vec::new(),
            kind_places: ByHash::default(),
            lately_kinds: Lately::new(0),
            met: plan.properties.iter().map(Met::new).collect(),
            texts: Texts::new(),
            misread: vec![0; plan.properties.len()],
            naming_none: 0,
            selected: Mask::default(),
        }
    }

    /// Appends the record of an event of a lead. `property` gives the cell of a property, by its
    /// position in [`EventPlan::properties`].
    #[inline]
    pub fn write<'a>(
        &mut self,
        lead: u32,
        event: &EventInput<'_>,
        property: impl Fn(usize) -> Cell<'a>,
        out: &mut Vec<u64>,
    ) {
        // Most plans have one word of selections.
        if self.plan.has_one_mask_word() {
            self.write_words::<1>(lead, event, property, out);
        } else {
            self.write_words::<MOST_MASK_WORDS>(lead, event, property, out);
        }
    }

    #[inline]
    fn write_words<'a, const WORDS: usize>(
        &mut self,
        lead: u32,
        event: &EventInput<'_>,
        property: impl Fn(usize) -> Cell<'a>,
        out: &mut Vec<u64>,
    ) {
        let kind = self.kind(event.kind);
        let plan = self.plan;
        let mut record = self.begin::<WORDS>(lead, kind, event, out);
        for (index, (of, met)) in plan.properties.iter().zip(&mut self.met).enumerate() {
            match property(index) {
                Cell::Empty => record.put_missing(of),
                Cell::Text(text) if !of.number => {
                    record.put_text(of, met.text(of, text, &mut self.texts));
                }
                Cell::Number(number) if of.number && number.is_finite() => {
                    record.put_number(of, number, &mut self.texts);
                }
                _ => {
                    // Asked for once more, so that a cell need not stand in memory.
                    let cell = property(index);
                    let value = read(of, met, cell, &mut self.texts);
                    self.misread[index] += u64::from(matches!(value, PropertyValue::Misread));
                    record.put(of, &value, &mut self.texts);
                }
            }
        }
        self.end(record);
    }

    /// Begins a record, in which every value is missing until there is one.
    #[inline]
    pub(crate) fn begin<'o, const WORDS: usize>(
        &mut self,
        lead: u32,
        kind: KnownKind,
        event: &EventInput<'_>,
        out: &'o mut Vec<u64>,
    ) -> Record<'o, WORDS> {
        let plan = self.plan;
        let known = &mut self.kinds[kind.0 as usize];
        known.count += 1;
        let head: [u64; HEAD] = [
            u64::from(lead) << 32 | u64::from(known.hash),
            event.at.micros() as u64,
            event.known_at.unwrap_or(event.at).micros() as u64,
        ];
        let start = out.len();
        if out.capacity() - start < plan.stride {
            grow(out, plan.stride);
        }
        out.extend_from_slice(&plan.empty);
        let words = &mut out[start..];
        words[..HEAD].copy_from_slice(&head);
        if plan.filters.duplicates {
            words[HEAD] = event.id;
        }
        let mut selected = [0; WORDS];
        selected.iter_mut().zip(known.mask).for_each(|(to, of)| *to = of);
        Record { selected, words, names_none: false, kind: kind.0, filled: 0 }
    }

    /// Puts the value of a property into a record.
    #[cfg(feature = "io")]
    #[inline]
    pub(crate) fn put<const WORDS: usize>(
        &mut self,
        property: usize,
        value: &PropertyValue,
        record: &mut Record<'_, WORDS>,
    ) {
        self.misread[property] += u64::from(matches!(value, PropertyValue::Misread));
        record.put(&self.plan.properties[property], value, &mut self.texts);
    }

    /// Ends a record: the selections stand after its head.
    #[inline]
    pub(crate) fn end<const WORDS: usize>(&mut self, record: Record<'_, WORDS>) {
        let Record { selected, words, names_none, kind, filled } = record;
        self.naming_none += u64::from(names_none);
        self.kinds[kind as usize].filled |= filled;
        self.selected.iter_mut().zip(selected).for_each(|(all, of)| *all |= of);
        // There are no more words of selections than a plan can have, and it may have fewer.
        let count = if WORDS == 1 { 1 } else { self.plan.mask_words };
        let words = words[self.plan.head..].iter_mut().take(count);
        words.zip(selected).for_each(|(to, of)| *to = of);
    }

    /// Gets to know a kind.
    #[inline(always)]
    pub fn kind(&mut self, kind: &str) -> KnownKind {
        match self.lately_kinds.place(Key::of(kind)) {
            Some(place) => KnownKind(*self.lately_kinds.at(place)),
            None => self.meet_kind(kind),
        }
    }

    #[cold]
    fn meet_kind(&mut self, kind: &str) -> KnownKind {
        let hash = content_hash(kind);
        let (plan, kinds) = (self.plan, &mut self.kinds);
        let place = *self.kind_places.entry(hash).or_insert_with(|| {
            let mask = *plan.kind_masks.get(&hash).unwrap_or(&plan.any_kind);
            kinds.push(KindMask {
                mask,
                hash: hash as u32,
                name: kind.to_owned(),
                count: 0,
                filled: 0,
                left_out: 0,
            });
            kinds.len() as u32 - 1
        });
        self.lately_kinds.put(Key::of(kind), place);
        KnownKind(place)
    }

    /// Reads a cell of a property, by its position in [`EventPlan::properties`].
    pub fn value(&mut self, property: usize, cell: Cell<'_>) -> PropertyValue {
        let of = &self.plan.properties[property];
        read(of, &mut self.met[property], cell, &mut self.texts)
    }

    /// The properties with values that were not the number they should be, and how many.
    pub fn misread(&self) -> impl Iterator<Item = (&'p str, u64)> {
        let plan = self.plan;
        plan.properties().zip(&self.misread).filter(|(_, n)| **n > 0).map(|(name, n)| (name, *n))
    }

    /// How many events were to set an attribute and named none, where anything looks at the history of
    /// attributes: they tell nothing.
    pub fn naming_none(&self) -> u64 {
        self.naming_none
    }

    /// The selections that some event belongs to.
    pub fn selected(&self) -> Mask {
        self.selected
    }

    /// Counts an event of a kind that is left out, because it is of no known lead.
    pub fn leave_out(&mut self, KnownKind(kind): KnownKind) {
        if let Some(kind) = self.kinds.get_mut(kind as usize) {
            kind.left_out += 1;
        }
    }

    /// How often each kind was met among the events that became records, where it was.
    pub fn kind_counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.kinds.iter().filter(|kind| kind.count > 0).map(|kind| (kind.name.as_str(), kind.count))
    }

    /// The properties of which an event of each kind that became a record has a value, a bit each.
    #[cfg(feature = "io")]
    pub(crate) fn filled(&self) -> impl Iterator<Item = (&str, u64)> {
        self.kinds.iter().map(|kind| (kind.name.as_str(), kind.filled))
    }

    /// How often each kind was met among those that were left out, where it was.
    pub fn kinds_left_out(&self) -> impl Iterator<Item = (&str, u64)> {
        let left_out = self.kinds.iter().filter(|kind| kind.left_out > 0);
        left_out.map(|kind| (kind.name.as_str(), kind.left_out))
    }
}

/// Makes room for more records: a few at first, since many leads have few, then fourfold until the
/// copying of them is what costs, then twice.
#[cold]
fn grow(records: &mut Vec<u64>, stride: usize) {
    const FEW: usize = 16;
    const MANY: usize = 1024;
    let more = if records.len() < MANY * stride { 3 * records.len() } else { records.len() };
    records.reserve_exact(more.max(FEW * stride));
}

/// Reads any cell.
fn read(of: &PropertyPlan, met: &mut Met, cell: Cell<'_>, texts: &mut Texts) -> PropertyValue {
    match (cell, of.number) {
        (Cell::Empty, _) => PropertyValue::Missing,
        (Cell::Text(cell), false) => PropertyValue::Text(*met.text(of, cell, texts)),
        (cell, false) => match cell.into_text() {
            Some(cell) => PropertyValue::Text(*met.text(of, &cell, texts)),
            None => PropertyValue::Missing,
        },
        // Someone may ask for that very text.
        (Cell::Text(cell), true) if is_stand_in(cell.trim()) => {
            PropertyValue::Text(KnownText { hash: 0, ..*met.text(of, cell, texts) })
        }
        (cell, true) => match number(cell) {
            Some(number) if number.is_nan() => PropertyValue::Missing,
            Some(number) => PropertyValue::Number(number),
            None => PropertyValue::Misread,
        },
    }
}

/// The selections that a number does not exclude. It is tested as text too: `value = 5` holds for
/// 5.0.
fn tested(of: &PropertyPlan, number: f64) -> Mask {
    let text = LazyCell::new(|| canonical_number(number));
    of.allowed(|test| match test {
        Test::Between { .. } => test.passes_number(number),
        Test::OneOf(_) => test.passes_property(&text),
    })
}

/// The content hash of a number as text.
fn text_of_number(number: f64, wanted: Wanted, texts: &mut Texts) -> u64 {
    let text = canonical_number(number);
    let hash = content_hash(&text);
    if wanted == Wanted::Text {
        texts.add(hash, &text);
    }
    hash
}

/// The number of a cell: NaN where there is none, `None` where it is something else.
fn number(cell: Cell<'_>) -> Option<f64> {
    let number = match cell {
        Cell::Empty => f64::NAN,
        Cell::Number(number) => number,
        Cell::Integer(number) => number as f64,
        Cell::Text(text) => text.trim().parse::<f64>().ok().filter(|number| !number.is_nan())?,
        Cell::YesNo(_) | Cell::Time(_) => return None,
    };
    (!number.is_infinite()).then_some(number)
}
