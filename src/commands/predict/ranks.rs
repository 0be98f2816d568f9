//! The place of every lead among all.

/// Scores are put in order in buckets on their own, which have so many of them, about: so few are in order
/// after a few steps.
const OF_A_BUCKET: u64 = 16;
/// More buckets than this would no longer be near.
const MOST_BUCKETS: u64 = 1 << 16;

/// Places, 1 the highest score; ties share the best of theirs.
pub(super) fn ranks(scores: &[f64]) -> Vec<i64> {
    let keys = || scores.iter().map(|score| falling(*score));
    let (Some(least), Some(most)) = (keys().min(), keys().max()) else { return Vec::new() };
    // Two at the least, which a key of all bits falls into when it is shifted by as many as it can be.
    let wanted = (scores.len() as u64 / OF_A_BUCKET).clamp(2, MOST_BUCKETS);
    let mut shift = 0;
    while (most - least) >> shift >= wanted {
        shift += 1;
    }
    // Below the number of buckets.
    let bucket = |key: u64| ((key - least) >> shift) as usize;
    let mut ends = vec![0; wanted as usize];
    keys().for_each(|key| ends[bucket(key)] += 1);
    let mut next = 0;
    for end in &mut ends {
        next += std::mem::replace(end, next);
    }
    // What were the beginnings of the buckets are their ends afterwards. Keys go along, so that nobody has
    // to look for them all over the memory again.
    let mut order = vec![(0, 0); scores.len()];
    for (row, key) in keys().enumerate() {
        let place = &mut ends[bucket(key)];
        order[*place] = (key, row);
        *place += 1;
    }
    let mut ranks = vec![0; scores.len()];
    let mut start = 0;
    for end in ends {
        let of_bucket = &mut order[start..end];
        // Rows of one key may come in any order: they share a place.
        of_bucket.sort_unstable_by_key(|(key, _)| *key);
        let (mut rank, mut last) = (0, None);
        for (place, (key, row)) in (start as i64..).zip(of_bucket) {
            if last.replace(*key) != Some(*key) {
                rank = place + 1;
            }
            ranks[*row] = rank;
        }
        start = end;
    }
    ranks
}

/// A whole number that falls as a score rises; 0 and -0 are one.
fn falling(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 0 { !bits ^ (1 << 63) } else { bits }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As one would write it down.
    fn plainly(scores: &[f64]) -> Vec<i64> {
        let better = |score: &f64| scores.iter().filter(|other| *other > score).count() as i64;
        scores.iter().map(|score| better(score) + 1).collect()
    }

    #[test]
    fn ties_share_the_best_place() {
        assert_eq!(ranks(&[0.5, 0.9, 0.5, 0.1]), [2, 1, 2, 4]);
        assert_eq!(ranks(&[0.0, -0.0, -1.0, f64::INFINITY]), [2, 2, 4, 1]);
        assert_eq!(ranks(&[]), Vec::<i64>::new());
    }

    #[test]
    fn many_scores_in_many_buckets_have_their_places() {
        let mut random = leadscore_model::SplitMix64::new(1);
        let scores: Vec<f64> = (0..50_000).map(|_| random.below(10_000) as f64 / 1e4).collect();
        let mut sorted = scores.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let place = |score: &f64| sorted.partition_point(|other| other > score) as i64 + 1;
        assert_eq!(ranks(&scores), scores.iter().map(place).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn places_are_those_that_counting_gives(
            scores in proptest::collection::vec(
                prop_oneof![0.0f64..1.0, -1e3f64..1e3, Just(0.25), Just(0.0), Just(-0.0), Just(1e300)],
                0..300,
            ),
        ) {
            prop_assert_eq!(ranks(&scores), plainly(&scores));
        }
    }
}
