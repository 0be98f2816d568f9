//! Texts of properties, known by a hash of their content.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::OnceLock;

/// The content hash of a text: two texts of one hash count as the same text. 64 bits; never 0,
/// which stands for missing. The same on every machine.
///
/// Blocks of 16 bytes are taken in by folded multiplications (Wang Yi, wyhash, 2019), up to 7 bytes
/// at the end as they are, and the finaliser of MurmurHash3 (Appleby, 2011) spreads the result. So
/// texts of up to 7 bytes and one length never share a hash.
#[inline]
pub fn content_hash(text: &str) -> u64 {
    bytes_hash(text.as_bytes())
}

/// The same of any bytes, where nobody gains by two that share a hash: those that are no text can be made
/// to, by the one word that takes away what stands before it.
#[inline]
pub fn bytes_hash(mut bytes: &[u8]) -> u64 {
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = (bytes.len() as u64 + 1).wrapping_mul(SEED);
    while let Some((first, rest)) = bytes.split_first_chunk::<8>()
        && let Some((second, rest)) = rest.split_first_chunk::<8>()
    {
        hash = fold(hash, first, second);
        bytes = rest;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        // They overlap; the length, which is in the hash, says by how much.
        hash = fold(hash, first, last);
    } else if !bytes.is_empty() {
        hash ^= short_word(bytes);
    }
    mix(hash).max(1)
}

/// The two halves of a product of 128 bits, one on the other.
#[inline]
fn fold(hash: u64, first: &[u8; 8], second: &[u8; 8]) -> u64 {
    // No text has the byte 0xff, so that no block makes this factor 0.
    const OTHER: u64 = 0xff51_afd7_ed55_8ccd;
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    folded(hash ^ word(first), OTHER ^ word(second))
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

/// Adds a word to the hash of what came before it.
#[inline]
pub fn hash_on(before: u64, word: u64) -> u64 {
    mix(before.rotate_left(23) ^ word)
}

/// Where a hash stands in a table. Content hashes can be computed by anyone, so that a hostile
/// sender could make texts that all stand in one place; a key that only this process knows keeps
/// their places apart: a folded multiplication by it, as in [`content_hash`].
#[inline]
pub(crate) fn place(hash: u64) -> u64 {
    let [key, _] = keys();
    folded(hash, *key)
}

/// The same of two words.
#[inline]
pub(crate) fn place_of_two(words: u128) -> u64 {
    let [one, other] = keys();
    folded(words as u64 ^ one, (words >> 64) as u64 ^ other)
}

/// What nobody knows who writes texts, so that none can be made to have one place.
#[inline]
fn keys() -> &'static [u64; 2] {
    static KEYS: OnceLock<[u64; 2]> = OnceLock::new();
    // Odd, so that no hash but 0 has a product that ends in 64 zeros.
    KEYS.get_or_init(|| [(); 2].map(|()| RandomState::new().hash_one(()) | 1))
}

/// The two halves of a product of 128 bits, one on the other.
#[inline]
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ (product >> 64) as u64
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

/// A map by content hashes.
pub type ByHash<V> = HashMap<u64, V, BuildHasherDefault<TextHash>>;

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
    }

    #[test]
    fn every_bit_of_a_text_changes_half_of_the_hash() {
        for length in 1..=40 {
            let base: String = (0..length).map(|i| char::from(b'a' + (7 * i % 26) as u8)).collect();
            for place in 0..length {
                // Bits that leave a letter a character of one byte.
                for bit in 0..5 {
                    let mut bytes = base.clone().into_bytes();
                    bytes[place] ^= 1 << bit;
                    let other = String::from_utf8(bytes).unwrap();
                    let changed = (content_hash(&base) ^ content_hash(&other)).count_ones();
                    assert!((12..=52).contains(&changed), "{base} {other}: {changed} bits");
                }
            }
        }
    }

    #[test]
    fn hashes_of_pages_and_ids_are_spread() {
        let mut texts = Vec::new();
        for i in 0..20_000 {
            texts.push(format!("/pages/{i}"));
            texts.push(format!("/{}/{}/item-{}", i % 7, i % 131, i));
            texts.push(format!("{i:08}"));
            texts.push(format!("{i:016}"));
            texts.push(format!("2024-01-31T09:30:00Z-{i}-event"));
        }
        let hashes: Vec<u64> = texts.iter().map(|text| content_hash(text)).collect();
        // Any 20 bits of the hashes are as if drawn: 100,000 in 1,048,576 places leave
        // 100,000 - 1,048,576 (1 - exp(-100,000 / 1,048,576)), about 4,620, in places taken.
        for shift in [0, 11, 22, 33, 44] {
            let places: std::collections::HashSet<u64> =
                hashes.iter().map(|hash| hash >> shift & 0xf_ffff).collect();
            let taken = hashes.len() - places.len();
            assert!((4_300..4_950).contains(&taken), "{taken} in the bits from {shift}");
        }
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
