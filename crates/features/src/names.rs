//! Maps from names that are fixed when a model is loaded.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys are known beforehand: levels of a category, names of columns. What is looked up
/// comes from anywhere, but nothing of it is ever added, so that no choice of it makes the map slow.
pub type NameMap<V> = HashMap<String, V, BuildHasherDefault<NameHasher>>;

/// Hashes short texts, eight bytes at a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameHasher(u64);

/// 2^64 over the golden ratio, odd (Knuth, The Art of Computer Programming 3, 6.4).
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl NameHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            // A chunk has 8 bytes.
            self.add(word.try_into().map_or(0, u64::from_le_bytes));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            self.add(rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn finish(&self) -> u64 {
        // The map looks at the lowest bits first, which a product mixes least.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn names_that_differ_little_have_other_hashes() {
        let hashes = BuildHasherDefault::<NameHasher>::default();
        let names = (0..10_000).flat_map(|i| [format!("metric_{i:04}"), format!("{i} level")]);
        let names: Vec<String> = names.collect();
        let all: HashSet<u64> = names.iter().map(|name| hashes.hash_one(name)).collect();
        assert_eq!(all.len(), names.len());
        let low: HashSet<u64> = all.iter().map(|hash| hash & 0xffff).collect();
        assert!(low.len() > 15_000, "{} of 65,536", low.len()); // 17,239 are expected by chance
    }
}
