//! Texts of properties, known by a hash of their content.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::OnceLock;

/// The content hash of a text: two texts of one hash count as the same text. 64 bits of the
/// MurmurHash3 finaliser (Appleby, 2011) over 8-byte blocks; never 0, which stands for missing.
/// The same on every machine.
#[inline]
pub fn content_hash(text: &str) -> u64 {
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    let bytes = text.as_bytes();
    let mut hash = SEED ^ (bytes.len() as u64).wrapping_mul(SEED);
    let mut blocks = bytes.chunks_exact(8);
    for block in &mut blocks {
        let mut word = [0; 8];
        word.copy_from_slice(block);
        hash = mix(hash ^ u64::from_le_bytes(word));
    }
    let rest = blocks.remainder();
    if !rest.is_empty() {
        hash = mix(hash ^ short_word(rest));
    }
    mix(hash).max(1)
}

/// 1 to 7 bytes as a little-endian word, without a copy of variable length. Reads overlap where
/// they must: the same byte then stands at the same place twice.
#[inline]
fn short_word(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let last = u64::from(u32::from_le_bytes(*last));
        return u64::from(u32::from_le_bytes(*first)) | last << (8 * (length - 4));
    }
    let at = |place: usize| u64::from(bytes[place]) << (8 * place);
    at(0) | at(length / 2) | at(length - 1)
}

/// fmix64 of MurmurHash3, a bijection that spreads every bit.
#[inline]
fn mix(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

/// Where a hash stands in a table. Content hashes can be computed by anyone, so that a hostile
/// sender could make texts that all stand in one place; a key that only this process knows keeps
/// their places apart.
pub(super) fn place(hash: u64) -> u64 {
    static KEY: OnceLock<u64> = OnceLock::new();
    mix(hash ^ KEY.get_or_init(|| RandomState::new().hash_one(())))
}

/// Hashes a key that is a content hash already.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextHash(u64);

impl Hasher for TextHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = place(hash);
    }
}

pub(crate) type ByHash<V> = HashMap<u64, V, BuildHasherDefault<TextHash>>;

/// The texts behind the hashes, where a signal needs the text itself.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    by_hash: ByHash<Box<str>>,
}

impl Texts {
    /// No texts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers a text under its hash.
    pub fn add(&mut self, hash: u64, text: &str) {
        self.by_hash.entry(hash).or_insert_with(|| text.into());
    }

    /// The text of a hash.
    pub fn get(&self, hash: u64) -> Option<&str> {
        self.by_hash.get(&hash).map(AsRef::as_ref)
    }

    /// Takes over the texts of another.
    pub fn merge(&mut self, other: Texts) {
        self.by_hash.extend(other.by_hash);
    }

    /// Forgets all texts.
    pub fn clear(&mut self) {
        self.by_hash.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_tell_texts_apart() {
        let mut seen = std::collections::HashSet::new();
        for i in 0..100_000 {
            assert!(seen.insert(content_hash(&format!("{i}"))));
            assert!(seen.insert(content_hash(&format!("lead-{i:09}"))));
        }
        assert!(seen.insert(content_hash("")));
        assert_ne!(content_hash("a"), content_hash("a\0"));
        // Fixed for ever: hashes of texts stand in files that outlive a process.
        assert_eq!(content_hash("page_view"), content_hash("page_view"));
    }

    #[test]
    fn short_words_are_their_bytes() {
        let bytes = [0x81, 2, 0xf3, 4, 5, 0xe6, 7];
        for length in 1..=7 {
            let mut word = [0; 8];
            word[..length].copy_from_slice(&bytes[..length]);
            assert_eq!(short_word(&bytes[..length]), u64::from_le_bytes(word));
        }
    }
}
