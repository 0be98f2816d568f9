//! A title cut into words, without accents and case, with what stands between them.

use super::vocabulary::Vocabulary;
use super::weigh::Words;
use crate::readers::fold::fold;

/// Characters of a title that are looked at.
const LIMIT: usize = 200;
/// Words of a title that are looked at.
const MOST: usize = 40;

/// What stands before a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Before {
    /// A space, or a hyphen within a word.
    Space,
    /// `&`, `/` or `+`.
    Joined,
    /// A comma, a bar, a closing bracket, a dash between spaces.
    Break,
    /// An opening bracket, which breaks too.
    Bracket,
}

impl Before {
    /// Whether a new part of the title begins.
    pub(super) fn breaks(self) -> bool {
        self >= Self::Break
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) before: Before,
    /// Where it is in the folded text.
    start: usize,
    end: usize,
    /// Where it is in the title.
    from: usize,
    to: usize,
}

/// The words of a title; a phrase of neighbours is one slice of `folded`.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    folded: Vec<u8>,
    pub(super) list: Vec<Token>,
}

impl Tokens {
    /// Cuts a title, and puts right what is one slip away from a word of the vocabulary.
    pub(super) fn of(title: &str, vocabulary: &Vocabulary) -> Self {
        let mut tokens = Self::cut(title);
        let wrong = |token: &Token| vocabulary.correction(&tokens.folded[token.start..token.end]);
        if !tokens.list.iter().any(|token| wrong(token).is_some()) {
            return tokens;
        }
        let mut folded = Vec::with_capacity(tokens.folded.len() + 8);
        let mut list = tokens.list.clone();
        for token in &mut list {
            let word = wrong(token).unwrap_or(&tokens.folded[token.start..token.end]);
            if !folded.is_empty() {
                folded.push(b' ');
            }
            token.start = folded.len();
            folded.extend_from_slice(word);
            token.end = folded.len();
        }
        tokens.folded = folded;
        tokens.list = list;
        tokens
    }

    /// The words `from..to` as one phrase.
    pub(super) fn phrase(&self, from: usize, to: usize) -> &[u8] {
        match (self.list.get(from), self.list.get(to.wrapping_sub(1))) {
            (Some(first), Some(last)) if first.start <= last.end => {
                &self.folded[first.start..last.end]
            }
            _ => &[],
        }
    }

    /// What somebody typed for some words.
    pub(super) fn original<'a>(&self, title: &'a str, words: Words) -> &'a str {
        let last = words.to.wrapping_sub(1);
        match (self.list.get(words.from), self.list.get(last)) {
            (Some(first), Some(last)) => title.get(first.from..last.to).unwrap_or_default(),
            _ => "",
        }
    }

    fn cut(title: &str) -> Self {
        let mut tokens = Self {
            folded: Vec::with_capacity(title.len().min(LIMIT) + 16),
            list: Vec::with_capacity(12),
        };
        let mut before = Before::Space;
        let mut open = false;
        let mut characters = title.char_indices().take(LIMIT).peekable();
        let mut previous = ' ';
        while let Some((at, c)) = characters.next() {
            let next = characters.peek().map_or(' ', |(_, next)| *next);
            if let Some(letters) = fold(c).or(c.is_alphanumeric().then_some("\u{1}")) {
                if !open {
                    if tokens.list.len() >= MOST {
                        break;
                    }
                    tokens.begin(before, at);
                    before = Before::Space;
                    open = true;
                }
                tokens.extend(letters, at + c.len_utf8());
            } else if open && c == '@' && !next.is_alphanumeric() {
                tokens.extend("o", at + 1); // `tecnic@` stands for both genders.
            } else if c == '@' {
                if !tokens.list.is_empty() {
                    break; // `CEO @ Acme`
                }
            } else if c == '.' && open && next.is_alphanumeric() && tokens.is_initials() {
                // `C.E.O.`, `V.P.`: one word.
            } else if c == '\'' || c == '’' {
                open = false; // `Master's`: the s is a word of its own, which means nothing.
            } else {
                open = false;
                let dash = matches!(c, '-' | '–' | '—')
                    && (previous.is_whitespace() || next.is_whitespace() || c == '—');
                let now = match c {
                    '&' => Before::Joined,
                    '/' | '+' => Before::Joined,
                    '(' | '[' => Before::Bracket,
                    ',' | '|' | ';' | ':' | '·' | '•' | ')' | ']' | '\n' | '>' => Before::Break,
                    _ if dash => Before::Break,
                    _ => Before::Space,
                };
                if c == '&' && tokens.last_len() > 1 {
                    tokens.begin(before, at);
                    tokens.extend("and", at + 1);
                    before = Before::Space;
                } else if matches!(c, '/' | '(')
                    && let Some(skip) = gender(title.get(at + 1..).unwrap_or_default())
                    && tokens.last_len() > 2
                {
                    for _ in 0..skip {
                        characters.next();
                    }
                } else {
                    before = before.max(now);
                }
            }
            previous = c;
        }
        tokens
    }

    fn begin(&mut self, before: Before, at: usize) {
        if !self.folded.is_empty() {
            self.folded.push(b' ');
        }
        let start = self.folded.len();
        self.list.push(Token { before, start, end: start, from: at, to: at });
    }

    fn extend(&mut self, letters: &str, to: usize) {
        self.folded.extend_from_slice(letters.as_bytes());
        if let Some(last) = self.list.last_mut() {
            last.end = self.folded.len();
            last.to = to;
        }
    }

    fn last_len(&self) -> usize {
        self.list.last().map_or(0, |token| token.end - token.start)
    }

    /// Whether the last word came from initials so far: `C`, `C.E`.
    fn is_initials(&self) -> bool {
        self.list.last().is_some_and(|token| {
            let letters = token.end - token.start;
            letters == 1 || (letters < 5 && token.to - token.from == 2 * letters - 1)
        })
    }
}

/// The ending for the other gender that opens a text: `a `, `-a `, `a)`, `ora `; how many
/// characters it takes, a closing bracket among them.
fn gender(rest: &str) -> Option<usize> {
    const ENDINGS: &[&str] =
        &["as", "os", "es", "a", "o", "ra", "ora", "ta", "e", "tora", "dora", "sa", "triz", "iz"];
    let hyphen = usize::from(rest.starts_with('-'));
    let letters = rest.get(hyphen..)?;
    let length = letters.bytes().take(5).take_while(u8::is_ascii_alphabetic).count();
    let ending = letters.get(..length)?;
    let after = letters.get(length..)?.chars().next();
    let closes = after == Some(')');
    (ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
        && after.is_none_or(|c| !c.is_alphanumeric()))
    .then_some(hyphen + length + usize::from(closes))
}
