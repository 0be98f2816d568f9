//! Which files of events hold events of one another, told by a sample: the same events of every file, those
//! whose hash ends in enough zeros. A copy that has the id of the other is no matter: filters know it.

use std::collections::{BTreeMap, HashSet};

use crate::events::ByHash;

/// Events of a file that are kept; where there are more, every second one is dropped.
const MOST: usize = 1 << 10;
/// Files that share fewer events of their samples, or a smaller share, may do so by chance.
const LEAST_SHARED: usize = 10;
const LEAST_SHARE: f64 = 0.2;

/// A sample of the events of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EventSample {
    /// The bits that are zero in the hash of every event that is kept.
    mask: u64,
    /// The hashes of what the events tell, and of their ids; 0 where they have none.
    events: Vec<(u64, u64)>,
}

impl EventSample {
    /// Sees an event, by the hash of what it tells, and by that of its id, 0 for none.
    #[inline]
    pub(super) fn see(&mut self, hash: u64, id: u64) {
        if hash & self.mask == 0 {
            self.events.push((hash, id));
            self.thin();
        }
    }

    fn thin(&mut self) {
        while self.events.len() > MOST && self.mask < u64::MAX >> 1 {
            self.keep(self.mask << 1 | 1);
        }
    }

    fn keep(&mut self, mask: u64) {
        self.mask = mask;
        self.events.retain(|(hash, _)| hash & mask == 0);
    }

    /// Takes over the sample of another part of the file.
    pub(super) fn merge(&mut self, other: &Self) {
        self.keep(self.mask | other.mask);
        self.events.extend(other.events.iter().filter(|(hash, _)| hash & self.mask == 0));
        self.thin();
    }
}

/// The samples of the files before another.
#[derive(Debug, Default)]
pub(super) struct Samples {
    masks: Vec<u64>,
    /// The first file that has an event.
    first: ByHash<usize>,
    /// Events with their ids.
    named: HashSet<(u64, u64)>,
}

impl Samples {
    /// Takes in the next file; gives the file before it, by its position, that has most of its events, and which
    /// share that is, where it is much.
    pub(super) fn add(&mut self, sample: &EventSample) -> Option<(usize, f64)> {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for (hash, id) in &sample.events {
            if let Some(file) = self.first.get(hash)
                && (*id == 0 || !self.named.contains(&(*hash, *id)))
            {
                *shared.entry(*file).or_default() += 1;
            }
        }
        let share = |(file, shared): (usize, usize)| {
            let both = sample.mask | self.masks[file];
            let all = sample.events.iter().filter(|(hash, _)| hash & both == 0).count();
            (file, shared, shared as f64 / all.max(1) as f64)
        };
        let found = shared.into_iter().map(share).max_by(|a, b| a.2.total_cmp(&b.2));
        let file = self.masks.len();
        self.masks.push(sample.mask);
        sample.events.iter().for_each(|(hash, id)| {
            self.first.entry(*hash).or_insert(file);
            self.named.insert((*hash, *id));
        });
        found
            .filter(|(_, shared, share)| *shared >= LEAST_SHARED && *share >= LEAST_SHARE)
            .map(|(file, _, share)| (file, share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::content_hash;

    fn sample(events: impl Iterator<Item = u64>) -> EventSample {
        let mut sample = EventSample::default();
        events.for_each(|event| sample.see(content_hash(&event.to_string()), 0));
        sample
    }

    #[test]
    fn copies_with_ids_of_their_own_are_told_and_those_with_the_same_are_not() {
        let with_ids = |first: u64| {
            let mut sample = EventSample::default();
            // Two that nothing but their ids tells apart.
            (0..100)
                .for_each(|at: u64| sample.see(content_hash(&(at / 2).to_string()), first + at));
            sample
        };
        let mut samples = Samples::default();
        assert_eq!(samples.add(&with_ids(1)), None);
        assert_eq!(samples.add(&with_ids(1)), None);
        assert_eq!(samples.add(&with_ids(1_000)), Some((0, 1.0)));
    }

    #[test]
    fn what_files_share_is_told_of_few_events_and_of_many() {
        for events in [40_u64, 100_000] {
            let mut samples = Samples::default();
            assert_eq!(samples.add(&sample(0..events)), None);
            assert_eq!(samples.add(&sample(10 * events..11 * events)), None);
            // Half of the first file, in another order, and as much of its own.
            let half = (0..events / 2).rev().chain(20 * events..20 * events + events / 2);
            let (file, share) = samples.add(&sample(half)).unwrap();
            assert_eq!(file, 0);
            assert!((share - 0.5).abs() < 0.05, "{share}");
            // A tenth may be chance.
            let tenth = (0..events / 10).chain(30 * events..31 * events);
            assert_eq!(samples.add(&sample(tenth)), None);
        }
        // The parts of a file make the sample of the whole.
        let whole = sample(0..50_000);
        let mut parts = sample(0..100);
        parts.merge(&sample(100..50_000));
        assert_eq!(Samples::default().add(&whole), None);
        assert!(
            parts.events.len() <= MOST && parts.events.iter().all(|of| whole.events.contains(of))
        );
        // Too many events that are all alike are dropped together.
        assert!(sample(std::iter::repeat_n(7, 10_000)).events.len() <= MOST);
    }
}
