//! Records of a range of leads, grouped by lead and sorted by time.

use std::ops::Range;

use super::plan::{SortScratch, sort_records};
use super::{EventPlan, Texts};

/// The sorted events of a range of leads.
#[derive(Clone, Debug, Default)]
pub struct Part {
    first: usize,
    /// For each lead, where its records end, in words.
    ends: Vec<usize>,
    words: Vec<u64>,
}

/// Events could not be read again from where they were put aside.
#[derive(Debug, thiserror::Error)]
#[error("events that were put aside cannot be read again: {0}")]
pub struct PartError(#[from] pub std::io::Error);

/// The events of many leads, in parts that fit memory. Parts are of rising, disjoint ranges of
/// leads that together are all leads.
pub trait EventParts: Sync {
    /// How many parts there are.
    fn count(&self) -> usize;

    /// The leads of a part.
    fn leads(&self, part: usize) -> Range<usize>;

    /// A part, sorted.
    ///
    /// # Errors
    /// [`PartError`] when it was put aside and cannot be read again.
    fn load(&self, part: usize) -> Result<Part, PartError>;

    /// The texts behind the hashes in the records.
    fn texts(&self) -> &Texts;
}

impl Part {
    /// Groups records by their lead and sorts those of each. The records may be in several pieces;
    /// those of leads that do not lie in `leads` are left out.
    pub fn sorted(plan: &EventPlan, leads: Range<usize>, records: &[&[u64]]) -> Self {
        let stride = plan.stride;
        let place = |record: &[u64]| {
            let lead = EventPlan::lead_of(record) as usize;
            leads.contains(&lead).then(|| lead - leads.start)
        };
        let mut ends = vec![0_usize; leads.len()];
        for record in records.iter().flat_map(|piece| piece.chunks_exact(stride)) {
            if let Some(place) = place(record) {
                ends[place] += stride;
            }
        }
        let mut total = 0;
        for end in &mut ends {
            let length = *end;
            *end = total;
            total += length;
        }
        // While records are laid down, an end is where the lead's next record goes.
        let mut words = vec![0_u64; total];
        for record in records.iter().flat_map(|piece| piece.chunks_exact(stride)) {
            if let Some(place) = place(record) {
                let at = ends[place];
                words[at..at + stride].copy_from_slice(record);
                ends[place] += stride;
            }
        }
        let mut part = Self { first: leads.start, ends, words };
        part.sort_each(plan);
        part
    }

    fn sort_each(&mut self, plan: &EventPlan) {
        let mut scratch = SortScratch::default();
        let mut start = 0;
        for &end in &self.ends {
            sort_records((plan.stride, &plan.ties), &mut self.words[start..end], &mut scratch);
            start = end;
        }
    }

    /// The leads.
    pub fn leads(&self) -> Range<usize> {
        self.first..self.first + self.ends.len()
    }

    /// The records of a lead, in order; none for a lead of another part.
    pub fn of(&self, lead: usize) -> &[u64] {
        let Some(place) = lead.checked_sub(self.first).filter(|place| *place < self.ends.len())
        else {
            return &[];
        };
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.words[start..self.ends[place]]
    }
}
