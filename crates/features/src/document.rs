//! TOML files that people write: every mistake found at once, each with its line and column.
//!
//! [`Document::parse`] hands the tables of a file to a function that reads them through the
//! document. Each getter takes what it wants or notes a mistake, so the function goes on, and in
//! the end either all of the file was understood or all that was not is reported.

mod syntax;

use std::fmt;
use std::ops::Range;

use toml::Spanned;
pub use toml::de::{DeTable, DeValue};

use syntax::Syntax;

use crate::events::Span;
use crate::{Time, did_you_mean};

/// A place in a file, both 1-based; the column counts characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub at: Position,
    /// What, and what to do.
    pub message: String,
}

impl Mistake {
    /// A mistake at a place.
    pub fn at(at: Position, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// A file that cannot be used. Shows every mistake as `file:line:column: message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// The file's name.
    pub source: String,
    /// The mistakes, in file order.
    pub mistakes: Vec<Mistake>,
}

impl DocumentError {
    /// Nothing when there are no mistakes.
    ///
    /// # Errors
    /// The mistakes, put into file order.
    pub fn unless_empty(source: &str, mut mistakes: Vec<Mistake>) -> Result<(), Self> {
        if mistakes.is_empty() {
            return Ok(());
        }
        mistakes.sort_by_key(|mistake| mistake.at);
        Err(Self { source: source.to_owned(), mistakes })
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let Position { line, column } = mistake.at;
            write!(f, "{}:{line}:{column}: {}", self.source, mistake.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for DocumentError {}

/// A value of a file, with the bytes it stands at.
pub type Node<'i> = Spanned<DeValue<'i>>;

/// A TOML file being read, and the mistakes found so far.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    /// The first byte of each line.
    lines: Vec<usize>,
    mistakes: Vec<Mistake>,
    without_zone: Vec<Mistake>,
    /// The first bytes of lines that are no TOML and were passed over: what is not there may be in them.
    passed_over: Vec<usize>,
}

impl<'t> Document<'t> {
    /// Reads a file; `source` is its name, for messages. `read` gives nothing only after it noted
    /// a mistake.
    ///
    /// # Errors
    /// [`DocumentError`] with every mistake. A file with lines that are no TOML is reported as these
    /// alone.
    pub fn parse<T>(
        source: &str,
        text: &'t str,
        read: impl FnOnce(&mut Self, &DeTable<'_>) -> Option<T>,
    ) -> Result<T, DocumentError> {
        let read = |document: &mut Self, table: &DeTable<'_>| {
            if document.passed_over.is_empty() { read(document, table) } else { None }
        };
        let (found, mistakes) = Self::draft(text, read);
        DocumentError::unless_empty(source, mistakes)?;
        found.ok_or_else(|| DocumentError { source: source.to_owned(), mistakes: Vec::new() })
    }

    /// As [`Document::parse`], with what could be read beside the mistakes. Lines that are no TOML are
    /// one mistake each, and what stands around them is read; where it cannot be told what does,
    /// nothing is, and the first is all that is said.
    pub fn draft<T>(
        text: &'t str,
        read: impl FnOnce(&mut Self, &DeTable<'_>) -> Option<T>,
    ) -> (Option<T>, Vec<Mistake>) {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let mut document = Self {
            text,
            lines: starts.collect(),
            mistakes: Vec::new(),
            without_zone: Vec::new(),
            passed_over: Vec::new(),
        };
        let syntax = Syntax::of(text);
        for (span, message) in &syntax.mistakes {
            document.mistake(span, message.as_str());
        }
        document.passed_over = syntax.passed_over(text);
        let found = syntax.readable.and_then(|readable| {
            let (table, _) = DeTable::parse_recoverable(&readable);
            read(&mut document, table.get_ref())
        });
        (found, document.mistakes)
    }

    /// The line and column of a span's first byte.
    pub fn position(&self, span: &Range<usize>) -> Position {
        let line = self.lines.partition_point(|start| *start <= span.start).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..span.start).unwrap_or_default();
        Position { line, column: before.chars().count() + 1 }
    }

    /// Notes a mistake.
    pub fn mistake(&mut self, span: &Range<usize>, message: impl Into<String>) {
        let at = self.position(span);
        self.mistake_at(at, message);
    }

    /// Notes a mistake at a place that was kept.
    pub fn mistake_at(&mut self, at: Position, message: impl Into<String>) {
        self.mistakes.push(Mistake::at(at, message));
    }

    /// How many mistakes were noted so far.
    pub fn mistakes(&self) -> usize {
        self.mistakes.len()
    }

    /// Refuses keys that are not known, with the nearest that is.
    pub fn only(&mut self, table: &DeTable<'_>, known: &[&str], what: &str) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let help = match did_you_mean(name, known.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("it takes {}", known.join(", ")),
                };
                self.mistake(&key.span(), format!("{what} has no key {name:?}; {help}"));
            }
        }
    }

    /// Whether what is not there may be in a line that was passed over: one of the section in which these
    /// bytes stand, or the header of any. No bytes stand above all sections.
    pub fn is_partial(&self, span: &Range<usize>) -> bool {
        let at = (!span.is_empty()).then_some(span.start);
        let section = syntax::section_of(self.text, at);
        let header = |line: &usize| syntax::is_header(self.line(*line));
        self.passed_over.iter().any(|line| section.contains(line) || header(line))
    }

    /// The line that begins at a byte.
    fn line(&self, start: usize) -> &'t str {
        self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }

    /// Notes that a key is not there, unless it may be in a line that could not be read.
    pub fn lacks<T>(&mut self, span: &Range<usize>, what: &str, key: &str) -> Option<T> {
        self.absent(span, std::slice::from_ref(span), format!("{what} needs {key}"));
        None
    }

    /// As [`Document::mistake`], of what is not there, and would stand in one of these sections.
    pub fn absent(
        &mut self,
        span: &Range<usize>,
        sections: &[Range<usize>],
        message: impl Into<String>,
    ) {
        if !sections.iter().any(|section| self.is_partial(section)) {
            self.mistake(span, message);
        }
    }

    /// The text of a key that must be there, trimmed.
    pub fn text(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        span: &Range<usize>,
        what: &str,
    ) -> Option<String> {
        match table.get(key) {
            Some(value) => self.text_value(value, key),
            None => self.lacks(span, what, key),
        }
    }

    /// A text with something in it, trimmed.
    pub fn text_value(&mut self, value: &Node<'_>, key: &str) -> Option<String> {
        self.name_value(value, key).map(|text| text.trim().to_owned())
    }

    /// A text with something in it, as it stands: names of columns may begin with a space.
    pub fn name_value(&mut self, value: &Node<'_>, key: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.as_ref().to_owned()),
            DeValue::String(_) => {
                self.mistake(&value.span(), format!("{key} is empty"));
                None
            }
            _ => {
                self.mistake(&value.span(), format!("{key} is a text, in quotes"));
                None
            }
        }
    }

    /// A text, or a list of different texts, at least one; each with its place.
    pub fn name_values(&mut self, value: &Node<'_>, key: &str) -> Vec<(String, Range<usize>)> {
        let items = match value.get_ref() {
            DeValue::String(_) => {
                let name = self.name_value(value, key);
                return name.into_iter().map(|name| (name, value.span())).collect();
            }
            DeValue::Array(items) => items,
            _ => {
                let message = format!("{key} is a text or a list of texts: [\"a\", \"b\"]");
                self.mistake(&value.span(), message);
                return Vec::new();
            }
        };
        if items.is_empty() {
            self.mistake(&value.span(), format!("{key} is an empty list"));
        }
        let mut found: Vec<(String, Range<usize>)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for item in items.iter() {
            let Some(name) = self.name_value(item, &format!("an item of {key}")) else { continue };
            if seen.insert(name.clone()) {
                found.push((name, item.span()));
            } else {
                self.mistake(&item.span(), format!("{key} names {name:?} twice"));
            }
        }
        found
    }

    /// A finite number.
    pub fn number(&mut self, value: &Node<'_>, key: &str) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Integer(integer) => {
                i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|n| n as f64)
            }
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => {
                self.mistake(&value.span(), format!("{key} is a number, without quotes"));
                return None;
            }
        };
        match number {
            Some(number) if number.is_finite() => Some(number),
            _ => {
                self.mistake(&value.span(), format!("{key} is not a finite number"));
                None
            }
        }
    }

    /// A whole number within limits.
    pub fn whole(&mut self, value: &Node<'_>, key: &str, limits: Range<u32>) -> Option<u32> {
        let number = match value.get_ref() {
            DeValue::Integer(integer) => {
                u32::from_str_radix(integer.as_str(), integer.radix()).ok()
            }
            _ => None,
        };
        let found = number.filter(|number| limits.contains(number));
        if found.is_none() {
            let but = match value.get_ref() {
                DeValue::Integer(integer) => format!(", not {integer}"),
                DeValue::Float(float) => format!(", not {float}"),
                _ => ", without quotes".to_owned(),
            };
            let message = format!(
                "{key} is a whole number from {} to {}{but}",
                limits.start,
                limits.end.saturating_sub(1)
            );
            self.mistake(&value.span(), message);
        }
        found
    }

    /// `true` or `false`.
    pub fn flag(&mut self, value: &Node<'_>, key: &str) -> Option<bool> {
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.mistake(&value.span(), format!("{key} is true or false"));
        None
    }

    /// A moment: a date, a date with a time, or a text that is one.
    pub fn time(&mut self, value: &Node<'_>, key: &str) -> Option<Time> {
        let parsed = match value.get_ref() {
            DeValue::String(text) => Time::parse_zoned(text),
            DeValue::Datetime(time) => Time::parse_zoned(&time.to_string()),
            _ => {
                let message = format!("{key} is a time: 2024-01-31 or 2024-01-31T09:30:00Z");
                self.mistake(&value.span(), message);
                return None;
            }
        };
        match parsed {
            Ok((time, zoned)) => {
                if !zoned {
                    let at = self.position(&value.span());
                    self.without_zone.push(Mistake::at(at, format!("{key} names no time zone")));
                }
                Some(time)
            }
            Err(error) => {
                self.mistake(&value.span(), format!("{key}: {error}"));
                None
            }
        }
    }

    /// The times that name no zone, which are read as UTC; nothing is wrong with them.
    pub fn without_zone(&self) -> &[Mistake] {
        &self.without_zone
    }

    /// A length of time: `"30d"`.
    pub fn length(&mut self, value: &Node<'_>, key: &str) -> Option<Span> {
        let DeValue::String(text) = value.get_ref() else {
            let message = format!("{key} is a length of time, in quotes: \"30d\"");
            self.mistake(&value.span(), message);
            return None;
        };
        let parsed = Span::parse(text);
        parsed.map_err(|error| self.mistake(&value.span(), format!("{key}: {error}"))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<T: fmt::Debug>(
        text: &str,
        read: impl FnOnce(&mut Document<'_>, &DeTable<'_>) -> Option<T>,
    ) -> String {
        Document::parse("f.toml", text, read).unwrap_err().to_string()
    }

    #[test]
    fn mistakes_are_shown_in_file_order_with_their_places() {
        let text = "\"é\" = 1\nb = \"x\"\nc = [\"ñ\", 3, \"ñ\"]\nd = 0\n";
        let found = shown(text, |document, table| {
            document.whole(&table["d"], "d", 1..11);
            document.name_values(&table["c"], "c");
            document.number(&table["b"], "b");
            document.only(table, &["é", "b", "c", "dd"], "a file");
            Some(())
        });
        let expected = "f.toml:2:5: b is a number, without quotes\n\
                        f.toml:3:11: an item of c is a text, in quotes\n\
                        f.toml:3:14: c names \"ñ\" twice\n\
                        f.toml:4:1: a file has no key \"d\"; did you mean \"b\"?\n\
                        f.toml:4:5: d is a whole number from 1 to 10, not 0";
        assert_eq!(found, expected);
    }

    #[test]
    fn a_file_that_is_no_toml_is_reported_as_that_alone() {
        let found = shown("a = 1\nb = \n", |_, _| -> Option<()> { panic!("not read") });
        assert!(found.starts_with("f.toml:2:"), "{found}");
    }

    #[test]
    fn times_and_lengths() {
        let text = "a = 2024-06-01\nb = \"2024-06-01\"\nc = 2024-06-01T00:00:00Z\nd = \"2w\"\n\
                    e = 2024-06-01 00:00:00\nf = 07:32:00\ng = \"soon\"\nh = 3\ni = 30\nj = \"30\"\n";
        let error = shown(text, |document, table| {
            let day = Time::parse("2024-06-01").ok();
            for key in ["a", "b", "c", "e"] {
                assert_eq!(document.time(&table[key], key), day, "{key}");
            }
            assert_eq!(document.length(&table["d"], "d"), Some(Span::days(14)));
            assert_eq!(document.mistakes(), 0);
            for key in ["f", "g", "h"] {
                document.time(&table[key], key);
            }
            document.length(&table["i"], "i");
            document.length(&table["j"], "j");
            Some(())
        });
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines.len(), 5, "{error}");
        assert!(lines[1].starts_with("f.toml:7:5: g: \"soon\" is not a time"), "{error}");
        assert_eq!(lines[3], "f.toml:9:5: i is a length of time, in quotes: \"30d\"");
        assert!(lines[4].starts_with("f.toml:10:5: j: \"30\" is no length of time"), "{error}");
    }
}
