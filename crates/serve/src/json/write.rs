//! Writes what serde_json writes, byte for byte; texts are looked at eight bytes at a time.

use serde::Serialize;
use serde_json::Error;

/// Appends a value as JSON.
///
/// # Errors
/// When the value cannot be JSON: a map whose keys are no texts.
#[inline]
pub(crate) fn append(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
    serde_json::to_writer(out, value)
}

/// Appends a text in quotes.
///
/// # Errors
/// None: a text can be JSON.
#[inline]
pub(crate) fn text(out: &mut Vec<u8>, text: &str) -> Result<(), Error> {
    if !is_plain(text.as_bytes()) {
        return serde_json::to_writer(out, text);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

/// Appends a number that is no whole one.
///
/// # Errors
/// None: a number can be JSON.
#[inline]
pub(crate) fn fraction(out: &mut Vec<u8>, number: f64) -> Result<(), Error> {
    let thousandths = (number * 1000.0).abs().min(1e15) as u64;
    // The product may be off by one.
    let exact =
        [thousandths, thousandths + 1].into_iter().find(|&n| n as f64 / 1000.0 == number.abs());
    let Some(thousandths) = exact.filter(|&n| n % 1000 != 0 && n < 1_000_000_000_000) else {
        return serde_json::to_writer(out, &number);
    };
    // A decimal of so few digits that no shorter one is the same double.
    let mut bytes = [b'0'; 16];
    let mut at = bytes.len();
    let mut write = |digit: u8| {
        at -= 1;
        bytes[at] = digit;
    };
    let mut rest = thousandths;
    for _ in 0..3 {
        write(b'0' + (rest % 10) as u8);
        rest /= 10;
    }
    write(b'.');
    loop {
        write(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0.0 {
        write(b'-');
    }
    let mut end = bytes.len();
    while bytes[end - 1] == b'0' {
        end -= 1;
    }
    out.extend_from_slice(&bytes[at..end]);
    Ok(())
}

/// Whether a text stands in JSON as it is: no quote, no backslash, nothing below a space.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks();
    let found = words.iter().fold(0, |found, word| found | marks(u64::from_le_bytes(*word)));
    // What is left is looked at together with what stands before it.
    let last = match (text.last_chunk(), text.first_chunk(), text.last_chunk()) {
        _ if rest.is_empty() => return found == 0,
        (Some(last), ..) => u64::from_le_bytes(*last),
        (None, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => return rest.iter().all(|byte| !matches!(byte, 0..0x20 | b'"' | b'\\')),
    };
    found | marks(last) == 0
}

/// The highest bit of the first byte of a word that ends a plain text, and perhaps of later ones; 0
/// where there is none (Warren, Hacker's Delight, 6-1: a byte that is zero).
#[inline]
pub(super) fn marks(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let found = below_space | zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c));
    found & (ONES * 0x80)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fractions_are_those_of_serde_json(
            any in proptest::num::f64::NORMAL, thousandths in -1_000_000_000_000_i64..1_000_000_000_000, digits in 0_u32..7,
        ) {
            let unit = 10_i64.pow(digits);
            for number in [any, thousandths as f64 / 1000.0, (thousandths / unit) as f64 / 1000.0, thousandths as f64 / 1e4] {
                let mut out = Vec::new();
                super::fraction(&mut out, number).unwrap();
                prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&number).unwrap());
            }
        }

        #[test]
        fn texts_are_those_of_serde_json(text in "[ -~\\x00-\\x30é€😀\"\\\\]{0,40}") {
            let mut out = Vec::new();
            super::text(&mut out, &text).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
        }
    }
}
