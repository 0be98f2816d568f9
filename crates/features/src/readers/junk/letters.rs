//! How strange the letters of a word are, beside those of real names.

/// `-16 log2 P(third | first, second)` for a boundary and 26 letters, made by `estimate.py`.
static TRIGRAMS: &[u8; 27 * 27 * 27] = include_bytes!("trigrams.bin");

/// The bits a letter at which a word of so many letters is as likely junk as a name: from the 99th
/// percentile of names that were held out and the 5th of random letters. Short words say less.
const LIMITS: [f64; 11] = [9.9, 9.9, 8.8, 7.0, 5.55, 5.2, 5.1, 5.05, 4.95, 4.9, 4.85];
/// How fast certainty grows with the bits beyond the limit.
const SLOPE: f64 = 2.5;

/// From 0 to 1, of the strangest word of a folded name. A word that is a small part of a name
/// counts less; `slack` are bits that are forgiven.
pub(super) fn strangeness(folded: &str, slack: f64) -> f64 {
    let all = folded.bytes().filter(u8::is_ascii_alphabetic).count().max(1);
    let mut strangest = 0.0_f64;
    for word in folded.split(' ') {
        let (bits, letters) = bits(word.as_bytes());
        if letters < 2 {
            continue;
        }
        let limit = LIMITS[letters.min(LIMITS.len() - 1)];
        let share = letters as f64 / all as f64;
        // One odd word among three is a foreign name more often than junk.
        let slack = slack + if share < 0.34 { 0.6 } else { 0.0 };
        let beyond = (bits - limit - slack) * SLOPE;
        strangest = strangest.max(1.0 / (1.0 + (-beyond).exp()));
    }
    strangest
}

/// The bits a letter of a word, and its letters.
fn bits(word: &[u8]) -> (f64, usize) {
    let (mut first, mut second, mut sum, mut letters) = (0, 0, 0u32, 0);
    let indices = word.iter().filter(|b| b.is_ascii_lowercase()).map(|b| usize::from(b - b'a') + 1);
    for third in indices.chain([0]) {
        sum += u32::from(TRIGRAMS[(first * 27 + second) * 27 + third]);
        letters += usize::from(third > 0);
        (first, second) = (second, third);
    }
    (f64::from(sum) / 16.0 / (letters + 1) as f64, letters)
}
