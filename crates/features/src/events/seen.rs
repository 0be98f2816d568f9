//! What was known of a lead's events at a moment.

use super::plan::{EventPlan, HEAD};
use super::texts;
use super::{FilterCounts, Span, Texts};
use crate::Time;

/// The events of one lead that had happened and were known at a moment, and were not filtered
/// out. It can only be filled by [`Seen::cut`], so no signal can look past the moment. Reused from
/// one snapshot to the next.
#[derive(Clone, Debug)]
pub struct Seen<'t> {
    texts: &'t Texts,
    as_of: Time,
    created: Option<Time>,
    count: usize,
    /// When each happened, in order, in microseconds.
    at: Vec<i64>,
    /// Selections, word by word: all first words, then all second words.
    masks: Vec<u64>,
    /// Fields, field by field.
    fields: Vec<u64>,
    /// For each window of the plan, the first event in it.
    starts: Vec<usize>,
    scratch: Scratch,
}

#[derive(Clone, Debug, Default)]
struct Scratch {
    /// Where the record of each event that is kept begins.
    kept: Vec<usize>,
    table: Vec<Entry>,
    stamp: u32,
    sent: Vec<i64>,
    /// Where the records of acts of people begin, of those kept.
    people: Vec<usize>,
    /// Which of them were taken out; empty but for a moment.
    taken: Vec<bool>,
}

/// An id that was met, and where among those kept its event is.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    id: u64,
    stamp: u32,
    kept: u32,
}

impl<'t> Seen<'t> {
    /// Nothing seen yet. `texts` are those behind the hashes of the records to come.
    pub fn new(texts: &'t Texts) -> Self {
        Self {
            texts,
            as_of: Time::from_micros(i64::MIN),
            created: None,
            count: 0,
            at: Vec::new(),
            masks: Vec::new(),
            fields: Vec::new(),
            starts: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Fills with what was known at `as_of` of a lead's sorted records: first the cut by `at` and
    /// by `known_at`, then the filters in their order. Returns what each took.
    pub fn cut(
        &mut self,
        plan: &EventPlan,
        records: &[u64],
        as_of: Time,
        created: Option<Time>,
    ) -> FilterCounts {
        let moment = as_of.micros();
        let mut counts = FilterCounts::default();
        let kept = &mut self.scratch.kept;
        let known = |record: &[u64]| (record[1] as i64 <= moment) & (record[2] as i64 <= moment);
        keep(records, plan.stride, kept, known);
        counts.later = (records.len() / plan.stride - kept.len()) as u64;
        self.scratch.filter(plan, records, created, &mut counts);
        counts.kept = self.scratch.kept.len() as u64;
        self.as_of = as_of;
        self.created = created;
        self.lay_out(plan, records);
        self.starts.clear();
        for window in &plan.windows {
            let start = window.map_or(0, |span| {
                let before = span.before(as_of).micros();
                self.at.partition_point(|at| *at <= before)
            });
            self.starts.push(start);
        }
        counts
    }

    /// Lays the records that are kept out word by word.
    fn lay_out(&mut self, plan: &EventPlan, records: &[u64]) {
        let kept = &self.scratch.kept;
        self.count = kept.len();
        let of = |word: usize| {
            // Every record that is kept is whole.
            let from = records.get(word..).unwrap_or_default();
            kept.iter().map(move |start| from[*start])
        };
        self.at.clear();
        self.at.extend(of(1).map(|at| at as i64));
        let fields = plan.head + plan.mask_words;
        self.masks.clear();
        self.masks.reserve(plan.mask_words * kept.len());
        for word in plan.head..fields {
            self.masks.extend(of(word));
        }
        self.fields.clear();
        self.fields.reserve(plan.fields * kept.len());
        for word in fields..plan.stride {
            self.fields.extend(of(word));
        }
    }

    /// The moment.
    pub fn as_of(&self) -> Time {
        self.as_of
    }

    /// When the lead came to be, where that is known.
    pub fn created(&self) -> Option<Time> {
        self.created
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// When each happened, in microseconds, in order.
    pub(super) fn at(&self) -> &[i64] {
        &self.at
    }

    /// The words that hold the bit of a selection, and the bit.
    pub(super) fn selected(&self, bit: usize) -> (&[u64], u32) {
        let word = bit / 64;
        (&self.masks[word * self.count..][..self.count], (bit % 64) as u32)
    }

    /// Whether there is an event of a selection, by its bit.
    pub fn has(&self, bit: usize) -> bool {
        let (masks, bit) = self.selected(bit);
        masks.iter().any(|mask| mask >> bit & 1 == 1)
    }

    /// A field of all events.
    pub(super) fn field(&self, field: usize) -> &[u64] {
        &self.fields[field * self.count..][..self.count]
    }

    /// The first event of a window.
    pub(super) fn start(&self, window: usize) -> usize {
        self.starts[window]
    }

    /// The text behind a hash.
    pub(super) fn text(&self, hash: u64) -> Option<&'t str> {
        self.texts.get(hash)
    }

    /// The last text of a field among the events of a selection.
    pub(crate) fn last_text(&self, bit: usize, field: usize) -> Option<Option<&'t str>> {
        let (masks, bit) = self.selected(bit);
        let last = (0..self.count).rev().find(|i| masks[*i] >> bit & 1 == 1)?;
        Some(self.text(self.field(field)[last]))
    }
}

impl Scratch {
    /// Takes out what the filters take.
    fn filter(
        &mut self,
        plan: &EventPlan,
        records: &[u64],
        created: Option<Time>,
        counts: &mut FilterCounts,
    ) {
        let filters = &plan.filters;
        let word = |word: usize| move |start: usize| records[start + word];
        let (at, known_at) = (word(1), word(2));
        if filters.duplicates {
            let kind = |start| word(0)(start) as u32;
            (counts.duplicates, counts.copies_of_another_kind) =
                self.take_duplicates(word(HEAD), |start| known_at(start) as i64, kind);
        }
        let is = |bit: usize| {
            let mask = word(plan.head + bit / 64);
            move |start: usize| mask(start) >> (bit % 64) & 1 == 1
        };
        // Attribute history may begin before the lead did.
        let created = created.filter(|_| filters.before_created).map_or(i64::MIN, Time::micros);
        let tolerance = filters.future.map_or(i64::MAX, Span::micros);
        let internal = &filters.internal[..plan.mask_words];
        if created > i64::MIN || tolerance < i64::MAX || internal.iter().any(|word| *word != 0) {
            let of_people = is(filters.acts_of_people);
            let (mut before_created, mut future, mut of_ours) = (0, 0, 0);
            // Each event is counted by the first filter that takes it.
            retain(&mut self.kept, |start| {
                let at = at(start) as i64;
                let is_before = (at < created) & of_people(start);
                let is_future = at.saturating_sub(known_at(start) as i64) > tolerance;
                let is_ours = match internal {
                    [internal] => records[start + plan.head] & internal != 0,
                    _ => records[start + plan.head..].iter().zip(internal).any(|(a, b)| a & b != 0),
                };
                before_created += u64::from(is_before);
                future += u64::from(!is_before & is_future);
                of_ours += u64::from(!is_before & !is_future & is_ours);
                !(is_before | is_future | is_ours)
            });
            counts.before_created = before_created;
            counts.future = future;
            counts.internal = of_ours;
        }
        if let Some((sent, acts, within)) = filters.scanners {
            self.sent.clear();
            let sent = is(sent);
            for start in &self.kept {
                if sent(*start) {
                    self.sent.push(at(*start) as i64);
                }
            }
            let before = self.kept.len();
            // Events are in order, so what was sent last before one is not before that of the next.
            let mut next = 0;
            let acts = is(acts);
            let times = &self.sent;
            retain(&mut self.kept, |start| {
                if !acts(start) {
                    return true;
                }
                let at = at(start) as i64;
                while times.get(next).is_some_and(|sent| *sent <= at) {
                    next += 1;
                }
                let last = next.checked_sub(1).map(|last| times[last]);
                last.is_none_or(|sent| at.saturating_sub(sent) > within.micros())
            });
            counts.scanners = (before - self.kept.len()) as u64;
        }
        if let Some((events, within, sent)) = filters.bursts {
            let (of_people, sent) = (is(filters.acts_of_people), is(sent));
            let done = |start| of_people(start) & !sent(start);
            let at = |start| at(start) as i64;
            counts.bursts = self.take_bursts(events, within.micros(), at, done);
        }
    }

    /// Takes out all acts of people that are among so many within so long.
    fn take_bursts(
        &mut self,
        events: usize,
        within: i64,
        at: impl Fn(usize) -> i64,
        of_people: impl Fn(usize) -> bool,
    ) -> u64 {
        let (people, kept) = (&mut self.people, &mut self.kept);
        people.clear();
        people.extend_from_slice(kept);
        retain(people, &of_people);
        // Every run of so many acts is looked at once; marking starts where the last run ended, so
        // the work is linear.
        let (mut marked, mut taken) = (0, 0);
        for (first, run) in people.windows(events).enumerate() {
            let last = first + events - 1;
            if at(run[events - 1]).saturating_sub(at(run[0])) <= within {
                self.taken.resize(people.len(), false);
                self.taken[first.max(marked)..=last].fill(true);
                taken += last + 1 - first.max(marked);
                marked = last + 1;
            }
        }
        if taken > 0 {
            let mut marks = self.taken.iter();
            retain(kept, |start| !(of_people(start) && marks.next().copied().unwrap_or(false)));
            self.taken.clear();
        }
        taken as u64
    }

    /// Keeps the event of every id that was known first; among those known at once, the first in
    /// order. Gives how many were taken, and how many of these are of another kind than the first that
    /// has their id. A table of open addressing, of which entries of older calls are told by their stamp.
    fn take_duplicates(
        &mut self,
        id: impl Fn(usize) -> u64,
        known_at: impl Fn(usize) -> i64,
        kind: impl Fn(usize) -> u32,
    ) -> (u64, u64) {
        const TAKEN: usize = usize::MAX;
        let wanted = (2 * self.kept.len()).next_power_of_two();
        if self.table.len() < wanted || self.stamp == u32::MAX {
            self.table = vec![Entry::default(); wanted.max(64)];
            self.stamp = 0;
        }
        self.stamp += 1;
        let (table, stamp) = (&mut self.table, self.stamp);
        let mask = table.len() - 1;
        let (mut taken, mut of_another_kind) = (0, 0);
        for new in 0..self.kept.len() {
            let index = self.kept[new];
            let id = id(index);
            if id == 0 {
                continue; // No id: nothing tells it from another.
            }
            let mut place = texts::place(id) as usize & mask;
            while table[place].stamp == stamp && table[place].id != id {
                place = (place + 1) & mask;
            }
            let entry = &mut table[place];
            if entry.stamp != stamp {
                *entry = Entry { id, stamp, kept: new as u32 };
                continue;
            }
            taken += 1;
            let old = entry.kept as usize;
            of_another_kind += u64::from(kind(index) != kind(self.kept[old]));
            if known_at(index) < known_at(self.kept[old]) {
                self.kept[old] = TAKEN;
                entry.kept = new as u32;
            } else {
                self.kept[new] = TAKEN;
            }
        }
        if taken > 0 {
            retain(&mut self.kept, |start| start != TAKEN);
        }
        (taken, of_another_kind)
    }
}

/// Where the wanted records begin, without a jump that hangs on what is wanted.
#[inline]
fn keep(records: &[u64], stride: usize, kept: &mut Vec<usize>, wanted: impl Fn(&[u64]) -> bool) {
    // No entry is looked at before it is written; those of earlier calls may stay.
    kept.resize(kept.len().max(records.len() / stride), 0);
    let mut count = 0;
    for (place, record) in records.chunks_exact(stride).enumerate() {
        kept[count] = place * stride;
        count += usize::from(wanted(record));
    }
    kept.truncate(count);
}

/// As [`Vec::retain`], without a jump that hangs on what was kept.
#[inline]
fn retain(kept: &mut Vec<usize>, mut wanted: impl FnMut(usize) -> bool) {
    let mut count = 0;
    for place in 0..kept.len() {
        let start = kept[place];
        kept[count] = start;
        count += usize::from(wanted(start));
    }
    kept.truncate(count);
}
