//! Which of many hashes there are more than once: mostly none, and then to say so takes less than to sort them.

/// Those of some hashes that are there more than once, each as often as it is there, by size.
pub fn repeats(hashes: &[u64]) -> Vec<u64> {
    /// Bits for each hash: one in sixteen then stands where another did, and is looked at again.
    const SPARSE: usize = 8;
    let places = (hashes.len() * SPARSE).next_power_of_two().max(u64::BITS as usize);
    let shift = u64::BITS - places.trailing_zeros();
    // The word of a place, and its bit. The factor spreads what is a number and no hash.
    let place = |hash: u64| {
        let place = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift;
        ((place / 64) as usize, 1 << (place % 64))
    };
    let mut once = vec![0u64; places / 64];
    let mut again = once.clone();
    for &hash in hashes {
        let (word, bit) = place(hash);
        again[word] |= once[word] & bit;
        once[word] |= bit;
    }
    let shared = |hash: &u64| {
        let (word, bit) = place(*hash);
        again[word] & bit != 0
    };
    let mut found: Vec<u64> = hashes.iter().copied().filter(shared).collect();
    found.sort_unstable();
    found.chunk_by(|a, b| a == b).filter(|equal| equal.len() > 1).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_those_that_sorting_finds(
            hashes in prop::collection::vec(0u64..300, 0..400),
            spread in any::<bool>(),
        ) {
            let of = |hash: &u64| if spread { hash.wrapping_mul(0x0123_4567_89ab_cdef) } else { *hash };
            let hashes: Vec<u64> = hashes.iter().map(of).collect();
            let mut expected = hashes.clone();
            expected.sort_unstable();
            expected.retain(|hash| hashes.iter().filter(|other| *other == hash).count() > 1);
            prop_assert_eq!(repeats(&hashes), expected);
        }
    }
}
