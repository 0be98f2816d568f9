//! What a list of signals needs of events, with every name resolved: the plan of a record.
//!
//! Signals ask for selections, fields and windows. Each distinct selection gets a bit: an event is
//! tested once, when it is read, and keeps the bits of the selections that it belongs to. What a
//! record holds is therefore small and of a fixed width, whatever the texts of the event were.

use super::texts::ByHash;
use super::{EventLog, Filters, History, Scanners, Selection, Span, Test, content_hash};
use crate::kind::{truth_value, yes_no_word};
use crate::{Time, hint};

/// Words of selections; 64 selections a word.
pub(crate) const MOST_MASK_WORDS: usize = 4;
/// The first words of a record: lead and kind, `at`, `known_at`; the id follows where it is needed.
pub(super) const HEAD: usize = 3;

/// The kind of what is sent to leads, where no filter of scanners says.
pub(crate) const USUALLY_SENT: &str = "email_sent";

/// The selections that an event belongs to, by their bits.
pub type Mask = [u64; MOST_MASK_WORDS];

/// The bit of a property by its position in a plan; none of those past the first 64, of which it is not kept
/// whether they hold anything.
pub(crate) fn property_bit(position: usize) -> u64 {
    if position < 64 { 1 << position } else { 0 }
}

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
    /// Whether a signal or a rule asks for events of any kind.
    asks_for_any: bool,
    /// The bit of the kind that is supposed to be sent, which nobody named.
    supposed: Option<usize>,
}

/// The filters, their selections as bits.
#[derive(Clone, Debug, Default)]
pub(super) struct CompiledFilters {
    pub(super) duplicates: bool,
    pub(super) before_created: bool,
    pub(super) future: Option<Span>,
    /// The selections of what is taken out.
    pub(super) internal: Mask,
    /// Bits of what sends and of what acts, and how soon.
    pub(super) scanners: Option<(usize, usize, Span)>,
    /// How many within how long, and the bit of what is sent to the lead, which it does not do.
    pub(super) bursts: Option<(usize, Span, usize)>,
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
            asks_for_any: false,
            supposed: None,
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
            set(&mut filters.internal, builder.selection(&of)?);
        }
        // A selection without kinds would be of any kind.
        let named = |scanners: &&Scanners| !scanners.sent.is_empty() && !scanners.acts.is_empty();
        if let Some(scanners) = scanners.as_ref().filter(named) {
            let of = |kinds: &[String]| Selection { kinds: kinds.to_vec(), conditions: vec![] };
            let sent = builder.selection(&of(&scanners.sent))?;
            let acts = builder.selection(&of(&scanners.acts))?;
            filters.scanners = Some((sent, acts, scanners.within));
        }
        if let Some(bursts) = bursts {
            let before = builder.selections.len();
            let named = scanners.as_ref().map(|scanners| &scanners.sent);
            let kinds = match named.filter(|sent| !sent.is_empty()) {
                Some(sent) => sent.clone(),
                None => vec![USUALLY_SENT.to_owned()],
            };
            let sent = builder.selection(&Selection { kinds, conditions: vec![] })?;
            let is_named = scanners.as_ref().is_some_and(|scanners| !scanners.sent.is_empty());
            builder.supposed = (sent == before && !is_named).then_some(sent);
            filters.bursts = Some((bursts.events.max(2) as usize, bursts.within, sent));
        }
        builder.filters = filters;
        // What filters ask for measures nothing.
        builder.asks_for_any = false;
        Ok(builder)
    }

    /// The bit of a selection.
    ///
    /// # Errors
    /// [`PlanError`] when it names a property that events do not have, or there are too many.
    pub fn selection(&mut self, of: &Selection) -> Result<usize, PlanError> {
        self.asks_for_any |= of.kinds.is_empty();
        if let Some(bit) = self.selections.iter().position(|known| known == of) {
            self.supposed.take_if(|supposed| *supposed == bit);
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
        let history = self.log.history.as_ref();
        let mut properties: Vec<PropertyPlan> = Vec::new();
        let mut position = |name: &str| {
            properties.iter().position(|known| known.name == name).unwrap_or_else(|| {
                let property = self.log.property(name);
                let bit = property_bit(properties.len());
                properties.push(PropertyPlan {
                    name: name.to_owned(),
                    bit,
                    number: property.is_some_and(|property| property.number),
                    yes_no: property.is_some_and(|property| property.yes_no),
                    as_written: history.is_some_and(|history| history.value == name),
                    named_by: history
                        .filter(|history| history.attribute == name)
                        .map(|history| content_hash(&history.kind) as u32),
                    tests: Vec::new(),
                    untested: [u64::MAX; MOST_MASK_WORDS],
                    words: Vec::new(),
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
        let mask_words = self.selections.len().div_ceil(64);
        let head = HEAD + usize::from(self.filters.duplicates);
        let mut empty = vec![0; head + mask_words + self.fields.len()];
        for (property, field, wanted) in fields {
            let word = head + mask_words + field;
            properties[property].words.push((word, wanted));
            if wanted == Wanted::Number {
                // NaN has one form, so that equal events are equal records.
                empty[word] = f64::NAN.to_bits();
            }
        }
        let ties = self.ties(head);
        let set = history.map(|history| history.kind.as_str());
        let selections = &self.selections;
        let named = selections.iter().flat_map(|of| &of.kinds).map(String::as_str).chain(set);
        let kind_masks =
            named.map(|kind| (content_hash(kind), kind_mask(selections, set, kind))).collect();
        // No kind has a name without a character.
        let any_kind = kind_mask(selections, set, "");
        EventPlan {
            kind_masks,
            any_kind,
            selections: self.selections,
            properties,
            mask_words,
            fields: self.fields.len(),
            stride: empty.len(),
            empty,
            head,
            ties,
            windows: self.windows,
            filters: self.filters,
            asks_for_any: self.asks_for_any,
            supposed: self.supposed,
            history: history.cloned(),
        }
    }

    /// What orders records of one moment and kind: their ids, then what is asked of them, by what it
    /// is and not by when it was asked for, so that the order of rules and signals changes nothing.
    fn ties(&self, head: usize) -> Vec<Tie> {
        let mut ties: Vec<Tie> = (HEAD..head).map(Tie::Word).collect();
        let mut bits: Vec<(String, usize)> =
            self.selections.iter().enumerate().map(|(bit, of)| (format!("{of:?}"), bit)).collect();
        bits.sort();
        ties.extend(bits.iter().map(|(_, bit)| Tie::Bit(head + bit / 64, bit % 64)));
        let mut fields: Vec<(String, usize)> =
            self.fields.iter().enumerate().map(|(at, field)| (format!("{field:?}"), at)).collect();
        fields.sort();
        let first = head + self.selections.len().div_ceil(64);
        ties.extend(fields.iter().map(|(_, field)| Tie::Word(first + field)));
        ties
    }
}

/// What two records of one moment and kind are compared by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tie {
    /// A word.
    Word(usize),
    /// A bit of a word.
    Bit(usize, usize),
}

impl Tie {
    fn of(self, record: &[u64]) -> u64 {
        match self {
            Tie::Word(word) => record[word],
            Tie::Bit(word, bit) => record[word] >> bit & 1,
        }
    }
}

fn set(mask: &mut Mask, bit: usize) {
    mask[bit / 64] |= 1 << (bit % 64);
}

fn clear(mask: &mut Mask, bit: usize) {
    mask[bit / 64] &= !(1 << (bit % 64));
}

/// One property that something looks at.
#[derive(Clone, Debug)]
pub(super) struct PropertyPlan {
    name: String,
    /// See [`property_bit`].
    pub(super) bit: u64,
    pub(super) number: bool,
    /// Whether any word for yes or no is a truth value; else `true` and `false` are.
    yes_no: bool,
    /// Whether its texts are those of an attribute, whose reader knows what is missing.
    pub(super) as_written: bool,
    /// Of the property that names the attribute which an event sets, the kind of these events, as it stands
    /// in a record.
    pub(super) named_by: Option<u32>,
    /// Bits of the selections that test it. A selection may test it more than once.
    pub(super) tests: Vec<(usize, Test)>,
    /// All selections but those: what remains where there is no value.
    pub(super) untested: Mask,
    /// The words of a record that hold it.
    pub(super) words: Vec<(usize, Wanted)>,
}

impl PropertyPlan {
    /// The truth value that a text is.
    pub(super) fn truth(&self, text: &str) -> Option<bool> {
        match (self.as_written, self.yes_no) {
            (true, _) => None,
            (false, true) => yes_no_word(text),
            (false, false) => truth_value(text),
        }
    }

    /// The selections that a value does not exclude.
    pub(super) fn allowed(&self, passes: impl Fn(&Test) -> bool) -> Mask {
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
    pub(super) kind_masks: ByHash<Mask>,
    /// As above, for kinds that nothing names.
    pub(super) any_kind: Mask,
    selections: Vec<Selection>,
    pub(super) properties: Vec<PropertyPlan>,
    /// The record of an event of no lead, no kind and no properties.
    pub(super) empty: Vec<u64>,
    /// The words before the selections.
    pub(super) head: usize,
    /// How records of one moment and kind are ordered.
    pub(super) ties: Vec<Tie>,
    pub(super) mask_words: usize,
    pub(super) fields: usize,
    pub(super) stride: usize,
    pub(super) windows: Vec<Option<Span>>,
    pub(super) filters: CompiledFilters,
    asks_for_any: bool,
    supposed: Option<usize>,
    history: Option<History>,
}

impl EventPlan {
    /// How events tell the history of attributes, where they do.
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// The properties that events must be read with, in the order in which a writer asks for them.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().map(|property| property.name.as_str())
    }

    /// The kinds that selections name, each once.
    pub fn kinds(&self) -> Vec<&str> {
        let named = self.selections.iter().enumerate();
        let named = named.filter(|(bit, _)| Some(*bit) != self.supposed);
        let kinds = named.flat_map(|(_, of)| &of.kinds);
        let mut kinds: Vec<&str> = kinds.map(String::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The selections that are not among those that some event belongs to.
    pub fn unmet(&self, met: &Mask) -> impl Iterator<Item = &Selection> {
        let is_met = |bit: usize| met[bit / 64] >> (bit % 64) & 1 == 1;
        self.selections.iter().enumerate().filter(move |(bit, _)| !is_met(*bit)).map(|(_, of)| of)
    }

    /// Whether a signal, a rule, a filter or the history of attributes names a kind.
    pub fn names_kind(&self, kind: &str) -> bool {
        self.kind_masks.contains_key(&content_hash(kind))
    }

    /// Whether a signal or a rule asks for events of any kind.
    pub fn asks_for_any(&self) -> bool {
        self.asks_for_any
    }

    /// Whether ids of events are looked at: second copies are known by them.
    pub fn needs_ids(&self) -> bool {
        self.filters.duplicates
    }

    /// Whether the selections of a record are one word.
    #[inline]
    pub(crate) fn has_one_mask_word(&self) -> bool {
        self.mask_words == 1
    }

    /// Words of a record.
    pub fn record_words(&self) -> usize {
        self.stride
    }

    /// A hash of what a record tells: whose event it is, its kind, when it happened, and the selections that it
    /// belongs to; not its id, nor when it was known.
    #[inline]
    pub(crate) fn content(&self, record: &[u64]) -> u64 {
        let selected = record.iter().skip(self.head).take(self.mask_words);
        let told = record.iter().take(2).chain(selected);
        // Every bit of a factor counts in the highest bits of the product, and in them alone.
        told.fold(0, |hash: u64, word| {
            let hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            hash ^ hash >> 32
        })
    }

    /// The lead of a record, as it was written.
    pub fn lead_of(record: &[u64]) -> u32 {
        (record[0] >> 32) as u32
    }

    /// Sets when the event of a record happened, and that it was known at once.
    pub fn set_time(record: &mut [u64], at: Time) {
        if let Some(times) = record.get_mut(1..HEAD) {
            times.fill(at.micros() as u64);
        }
    }

    /// Sorts the records of one lead by (`at`, `known_at`, kind, id, properties); kinds, ids and
    /// texts are compared by their content hashes, so the order depends on content alone.
    pub fn sort(&self, records: &mut [u64]) {
        sort_records((self.stride, &self.ties), records, &mut SortScratch::default());
    }
}

/// Room for sorting, kept from one lead to the next.
#[derive(Debug, Default)]
pub(super) struct SortScratch {
    /// The place of each record, below its `at` where both find room: one number is compared
    /// faster than two.
    places: Vec<u64>,
    copy: Vec<u64>,
}

/// Sorts the records of one lead; most logs are in order already, but for records of one moment.
/// A record has `stride` words; `ties` order those of one moment and kind.
pub(super) fn sort_records(
    (stride, ties): (usize, &[Tie]),
    records: &mut [u64],
    scratch: &mut SortScratch,
) {
    let at = |record: &[u64]| record[1] as i64;
    let (mut last, mut same, mut sorted) = (i64::MIN, false, true);
    let (mut least, mut most) = (i64::MAX, i64::MIN);
    for at in records.chunks_exact(stride).map(at) {
        sorted &= last <= at;
        same |= last == at;
        last = at;
        least = least.min(at);
        most = most.max(at);
    }
    let SortScratch { places, copy } = scratch;
    if !sorted {
        let count = (records.len() / stride) as u64;
        // Bits of a place, and whether the time since the first record finds room above them.
        let bits = count.next_power_of_two().trailing_zeros();
        let since = |at: i64| at.wrapping_sub(least) as u64;
        let mask = if since(most).leading_zeros() >= bits { (1 << bits) - 1 } else { u64::MAX };
        copy.clear();
        copy.extend_from_slice(records);
        places.clear();
        if mask == u64::MAX {
            places.extend(0..count);
            places.sort_by_key(|place| copy[*place as usize * stride + 1] as i64);
        } else {
            let place = |(at, place): (i64, u64)| since(at) << bits | place;
            places.extend(records.chunks_exact(stride).map(at).zip(0..).map(place));
            places.sort_unstable();
        }
        for (to, &from) in records.chunks_exact_mut(stride).zip(places.iter()) {
            to.copy_from_slice(&copy[(from & mask) as usize * stride..][..stride]);
        }
    }
    if !sorted || same {
        sort_moments((stride, ties), records, scratch);
    }
}

/// Sorts records that are in the order of time: those of each moment among themselves.
fn sort_moments((stride, ties): (usize, &[Tie]), records: &mut [u64], scratch: &mut SortScratch) {
    let mut first = 0;
    let mut next = stride;
    while next <= records.len() {
        if records.get(next + 1) != Some(&records[first + 1]) {
            if next - first > stride {
                sort_moment((stride, ties), &mut records[first..next], scratch);
            }
            first = next;
        }
        next += stride;
    }
}

fn sort_moment((stride, ties): (usize, &[Tie]), records: &mut [u64], scratch: &mut SortScratch) {
    if records.chunks_exact(stride).is_sorted_by(|a, b| order(ties, a, b).is_le()) {
        return;
    }
    let SortScratch { places, copy } = scratch;
    copy.clear();
    copy.extend_from_slice(records);
    let of = |place: u64| &copy[place as usize * stride..][..stride];
    places.clear();
    places.extend(0..(records.len() / stride) as u64);
    places.sort_unstable_by(|a, b| order(ties, of(*a), of(*b)));
    for (to, &from) in records.chunks_exact_mut(stride).zip(places.iter()) {
        to.copy_from_slice(of(from));
    }
}

/// The order of two records of one lead.
fn order(ties: &[Tie], a: &[u64], b: &[u64]) -> std::cmp::Ordering {
    let by_content = || ties.iter().map(|tie| tie.of(a)).cmp(ties.iter().map(|tie| tie.of(b)));
    (a[1] as i64).cmp(&(b[1] as i64)).then_with(|| {
        (a[2] as i64)
            .cmp(&(b[2] as i64))
            .then_with(|| (a[0] as u32).cmp(&(b[0] as u32)).then_with(by_content))
    })
}

/// The selections that a kind alone does not exclude.
fn kind_mask(selections: &[Selection], history: Option<&str>, kind: &str) -> Mask {
    let mut mask = Mask::default();
    for (bit, Selection { kinds, .. }) in selections.iter().enumerate() {
        let any = kinds.is_empty() && history != Some(kind);
        if any || kinds.iter().any(|name| name == kind) {
            set(&mut mask, bit);
        }
    }
    mask
}
