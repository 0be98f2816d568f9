//! The vocabulary of titles: two text files, read once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::{Function, Seniority};
use crate::readers::edit::one_slip;

/// The words in a phrase at most.
pub(super) const LONGEST: usize = 6;
/// Shorter words are never corrected: too many of them are one letter apart.
const CORRECTED: usize = 6;

/// What a phrase says of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// Nothing.
    None,
    /// What is named after it is over.
    Former,
    /// A level.
    Level(Seniority),
    /// Somebody who helps whoever is named after it.
    Assistant,
    /// That there is no job.
    NoJob,
}

/// What a phrase means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) rank: Rank,
    pub(super) function: Option<Function>,
    /// Which function wins where several are named.
    pub(super) weight: u8,
    /// Whether it names somebody who does a job.
    pub(super) noun: bool,
}

pub(super) struct Vocabulary {
    entries: HashMap<Vec<u8>, Entry>,
    /// All words of all phrases.
    words: HashSet<Vec<u8>>,
    /// The words that a slip may stand for, by their first letter.
    correctable: HashMap<u8, Vec<Vec<u8>>>,
    mistakes: Vec<String>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut vocabulary = Vocabulary {
        entries: HashMap::with_capacity(4096),
        words: HashSet::with_capacity(4096),
        correctable: HashMap::new(),
        mistakes: Vec::new(),
    };
    vocabulary.read(include_str!("vocabulary.txt"));
    vocabulary.read(include_str!("fields.txt"));
    for word in vocabulary.words.iter().filter(|word| word.len() >= CORRECTED) {
        vocabulary.correctable.entry(word[0]).or_default().push(word.clone());
    }
    // A hash set has no order, and a title must always read the same.
    vocabulary.correctable.values_mut().for_each(|words| words.sort_unstable());
    vocabulary
});

impl Vocabulary {
    pub(super) fn get() -> &'static Self {
        &VOCABULARY
    }

    pub(super) fn entry(&self, phrase: &[u8]) -> Option<Entry> {
        self.entries.get(phrase).copied()
    }

    /// The word that an unknown one is a slip of.
    pub(super) fn correction(&self, word: &[u8]) -> Option<&[u8]> {
        if word.len() < CORRECTED || self.words.contains(word) {
            return None;
        }
        let candidates = self.correctable.get(word.first()?)?;
        candidates
            .iter()
            .find(|known| known.len().abs_diff(word.len()) <= 1 && one_slip(word, known))
            .map(Vec::as_slice)
    }

    /// Lines that are not understood. The files are part of the program, so this is for tests.
    #[cfg(test)]
    pub(super) fn mistakes(&self) -> Vec<String> {
        self.mistakes.clone()
    }

    fn read(&mut self, file: &str) {
        for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match header(line) {
                Some((entry, phrases)) => {
                    phrases.split(',').for_each(|phrase| self.add(phrase.trim(), entry));
                }
                None => self.mistakes.push(line.to_owned()),
            }
        }
    }

    fn add(&mut self, phrase: &str, entry: Entry) {
        let forms = phrase.split(' ').map(Form::of).collect::<Vec<_>>();
        if forms.len() > LONGEST || !phrase.bytes().all(|b| b" /".contains(&b) || plain(b)) {
            self.mistakes.push(phrase.to_owned());
        }
        // Every word of a phrase takes the same gender, and the first may differ from the rest.
        for genders in [[false, false], [true, true], [true, false], [false, true]] {
            let words = forms.iter().enumerate().map(|(i, form)| form.get(genders[i.min(1)]));
            let words: Vec<&str> = words.collect();
            for word in &words {
                self.words.insert(word.as_bytes().to_vec());
            }
            let known = self.entries.entry(words.join(" ").into_bytes()).or_insert(entry);
            if known.rank == Rank::None {
                known.rank = entry.rank;
            }
            if entry.function.is_some() && (known.function.is_none() || entry.weight > known.weight)
            {
                known.function = entry.function;
                known.weight = entry.weight;
            }
            known.noun |= entry.noun;
        }
    }
}

fn plain(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

/// A word with its two genders: `jefe/a` is `jefe` and `jefa`, `director/a` adds the letter.
struct Form {
    masculine: String,
    feminine: String,
}

impl Form {
    fn of(word: &str) -> Self {
        let Some(masculine) = word.strip_suffix("/a") else {
            return Self { masculine: word.to_owned(), feminine: word.to_owned() };
        };
        let stem = masculine.strip_suffix(['o', 'e']).unwrap_or(masculine);
        Self { masculine: masculine.to_owned(), feminine: format!("{stem}a") }
    }

    fn get(&self, feminine: bool) -> &str {
        if feminine { &self.feminine } else { &self.masculine }
    }
}

/// `RANK FUNCTION WEIGHT SORT: phrases`.
fn header(line: &str) -> Option<(Entry, &str)> {
    let (header, phrases) = line.split_once(':')?;
    let mut fields = header.split(' ');
    let rank = match fields.next()? {
        "-" => Rank::None,
        "assistant" => Rank::Assistant,
        "none" => Rank::NoJob,
        "former" => Rank::Former,
        word => Rank::Level(*Seniority::ALL.iter().find(|s| s.as_str() == word)?),
    };
    let function = match fields.next()? {
        "-" => None,
        word => Some(*Function::ALL.iter().find(|f| f.as_str() == word)?),
    };
    let weight = fields.next()?.parse().ok()?;
    let noun = match fields.next()? {
        "noun" => true,
        "word" => false,
        _ => return None,
    };
    Some((Entry { rank, function, weight, noun }, phrases))
}
