//! Printing for people: short tables that fit 80 columns, numbers as people read them.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use leadscore_features::{Value, label};
use leadscore_model::Reason;
use leadscore_model::evaluate::Interval;
pub(crate) use leadscore_model::words::{count, percent, plural, shared_count, verb};
use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The widest line.
pub(crate) const WIDTH: u16 = 80;

/// How a column of a table is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table without lines but the one under its header.
pub(crate) fn table(header: &[(&str, Align)], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(WIDTH).set_header(header.iter().map(|(name, _)| harmless(name, "")));
    for row in rows {
        table.add_row(row.iter().map(|cell| harmless(cell, "")));
    }
    for (index, (_, align)) in header.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((if index == 0 { 2 } else { 1 }, 1));
            column.set_cell_alignment(match align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
    }
    let text = table.to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A rate with its 95 % interval: `11.3 % (10.9-11.7)`; a dash where there is none.
pub(crate) fn rate(rate: Option<Interval>) -> String {
    let bound = |bound: f64| percent(bound).replace(" %", "");
    rate.map_or_else(
        || "-".to_owned(),
        |rate| format!("{} ({}-{})", percent(rate.value), bound(rate.low), bound(rate.high)),
    )
}

/// A number with its sign.
pub(crate) fn signed(number: f64) -> String {
    format!("{number:+.3}")
}

/// A value as people read it: a number with three digits after the point and six significant ones at
/// most, unless it is whole or has none but zeros there.
pub(crate) fn value(value: &Value<'_>) -> String {
    const DIGITS: i32 = 6;
    const AFTER_POINT: i32 = 3;
    match value {
        Value::Number(number) if number.fract() != 0.0 && number.abs() < 0.001 => {
            let (whole, short) = (label(*number), format!("{number:.*e}", DIGITS as usize - 1));
            if whole.len() > short.len() { short } else { whole }
        }
        Value::Number(number) if number.fract() != 0.0 => {
            let before = number.abs().log10().floor() as i32 + 1;
            let short = format!("{number:.*}", (DIGITS - before).clamp(0, AFTER_POINT) as usize);
            let whole = value.to_string();
            if whole.len() > short.len() { short } else { whole }
        }
        Value::Number(number) => label(*number),
        other => other.to_string(),
    }
}

/// A part of a score in words: `visits = 12 (+0.54)`.
pub(crate) fn reason(signal: &str, value: &Value<'_>, reason: &Reason) -> String {
    format!("{signal} = {} ({:+.2})", self::value(value), reason.log_odds)
}

/// Breaks a paragraph into lines that fit, those after the first indented. Empty lines and spaces
/// before the first word are kept.
pub(crate) fn wrap(text: &str, indent: usize) -> String {
    let (start, text) = text.split_at(text.len() - text.trim_start_matches([' ', '\n']).len());
    let mut out = start.to_owned();
    let mut length = start.len() - start.rfind('\n').map_or(0, |at| at + 1);
    let mut first = true;
    // A number is not parted from its per cent.
    let text = unbroken(&text.replace(" %", "\u{a0}%"));
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let word_length = width(word);
        if !first && length + 1 + word_length > usize::from(WIDTH) {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            length = indent;
        } else if !first {
            out.push(' ');
            length += 1;
        }
        first = false;
        out.push_str(word);
        length += word_length;
    }
    out.replace('\u{a0}', " ")
}

/// A text whose words in single quotes, as a shell takes them, have no blank at which a line could break.
fn unbroken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut inside, mut before) = (false, ' ');
    for (at, c) in text.char_indices() {
        if c == '\'' && inside {
            inside = false;
        } else if c == '\'' && before == ' ' {
            inside = closes(&text[at + 1..]);
        }
        out.push(if inside && c == ' ' { '\u{a0}' } else { c });
        before = c;
    }
    out
}

/// Writes a message to standard error. On a terminal in lines that fit; anywhere else whole, so that
/// scripts find what they look for.
pub(crate) fn say(message: &str) {
    // Excerpts of files keep their tabs, so that what is marked below them stands where it did.
    let message = harmless(message, "\n\t");
    if io::stderr().is_terminal() {
        eprintln!("{}", fold(&message));
    } else {
        eprintln!("{message}");
    }
}

/// What is said of an error: where it is several mistakes, a line each, how many they are comes first. A line that
/// ends in a colon heads those below it, and what stands below an empty line says what to do.
pub(crate) fn of_error(error: &str) -> String {
    let lines = error.lines().take_while(|line| !line.trim().is_empty()).map(str::trim_start);
    let mistakes: usize = lines
        .filter(|line| !line.ends_with(':'))
        .map(|line| {
            // Of many mistakes the first are listed.
            let more = line.strip_prefix("and ").and_then(|rest| rest.split_once(" more"));
            more.and_then(|(number, _)| number.parse().ok()).unwrap_or(1)
        })
        .sum();
    if mistakes > 1 {
        format!("error: {}:\n{error}", plural(mistakes, "mistake"))
    } else {
        format!("error: {error}")
    }
}

/// Breaks the lines of a message into lines that fit, those after the first indented. What stands in
/// quotes stays in one piece, so that names and paths can be copied, and so do excerpts of a file.
fn fold(message: &str) -> String {
    let lines: Vec<String> = message
        .lines()
        .map(|line| {
            let text = line.trim_start_matches(' ');
            let indent = line.len() - text.len();
            // `12 | points = 5` and `   |     ^`: where things stand says something.
            let excerpt = text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
            if excerpt.starts_with('|') {
                return line.to_owned();
            }
            let mut out = " ".repeat(indent);
            let mut length = indent;
            for (at, piece) in pieces(text).enumerate() {
                let room = width(piece);
                if at > 0 && length + 1 + room > usize::from(WIDTH) {
                    out.push('\n');
                    length = indent + 2;
                    out.push_str(&" ".repeat(length));
                } else if at > 0 {
                    out.push(' ');
                    length += 1;
                }
                out.push_str(piece);
                length += room;
            }
            out
        })
        .collect();
    lines.join("\n")
}

/// The words of a line; a quoted text is one piece with what touches it.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(' ');
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = rest.split_at(end_of_piece(rest));
        rest = after;
        Some(piece)
    })
}

/// Where the first piece of a line ends.
fn end_of_piece(line: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == ' ' => return at,
            // A quote that is never closed is no quote.
            None if matches!(c, '"' | '`') && line[at + 1..].contains(c) => quote = Some(c),
            // One word of a command; within a word it is an apostrophe.
            None if c == '\'' && at == 0 && closes(&line[1..]) => quote = Some(c),
            None => {}
        }
    }
    line.len()
}

/// Whether a single quote ends a word in a text.
fn closes(text: &str) -> bool {
    let ends = |(at, _): (usize, &str)| !text[at + 1..].starts_with(char::is_alphanumeric);
    text.match_indices('\'').any(ends)
}

/// How many columns of a terminal a text takes: a letter of Chinese takes two, a combining mark none.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// A text in so much room, in columns of a terminal, with dots where it does not fit.
pub(crate) fn cut(text: &str, room: usize) -> String {
    let text = harmless(text, "");
    if width(&text) <= room {
        return text.into_owned();
    }
    let mut left = room.saturating_sub(3);
    let fits = |c: &char| {
        let needed = UnicodeWidthChar::width(*c).unwrap_or(0);
        let fits = needed <= left;
        left = left.saturating_sub(needed);
        fits
    };
    text.chars().take_while(fits).chain("...".chars()).collect()
}

/// A text without what would steer a terminal, or break a line of a table: values of leads can hold
/// anything. Such characters but those in `keep` are written as in Rust: `\t`, `\u{1b}`.
fn harmless<'t>(text: &'t str, keep: &str) -> Cow<'t, str> {
    let steers = |c: char| c.is_control() && !keep.contains(c);
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Writes a text and the end of its line to standard output.
pub(crate) fn line(text: impl AsRef<str>) -> anyhow::Result<()> {
    let text = harmless(text.as_ref(), "\n");
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

/// Writes JSON to standard output.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// Whether the reader of our output went away, as `head` does; that is no failure.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(value(&Value::Number(656.376_756_210)), "656.377");
        assert_eq!(value(&Value::Number(0.25)), "0.25");
        assert_eq!(value(&Value::Number(333.814_430_569_826_4)), "333.814");
        assert_eq!(value(&Value::Number(-1_234_567.89)), "-1234568");
        assert_eq!(value(&Value::Number(1_234_567.0)), "1234567");
        assert_eq!(value(&Value::Number(0.000_25)), "0.00025");
        assert_eq!(value(&Value::Number(0.000_123_456_789)), "1.23457e-4");
        assert_eq!(value(&Value::Number(4.858_4)), "4.858");
        assert_eq!(value(&Value::Number(1e-9)), "1e-9");
        assert_eq!(value(&Value::Number(1.0 / 3e9)), "3.33333e-10");
        assert_eq!(value(&Value::Number(0.0)), "0");
    }

    #[test]
    fn tables_hold_any_value() {
        let header = [("value", Align::Left), ("leads", Align::Right)];
        let row = |value: &str| vec![value.to_owned(), "7".to_owned()];
        let rows = ["東京", "a\tb\nc", "\u{1b}[31mred", "e\u{301}"].map(row).to_vec();
        let text = table(&header, rows);
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(text.contains("a\\tb\\nc") && text.contains("\\u{1b}[31mred"), "{text}");
        let mut lines = text.lines().map(width);
        let first = lines.next();
        assert!(lines.all(|width| Some(width) == first), "{text}");
        assert_eq!(cut("東京都庁舎", 9), "東京都...");
        assert_eq!(cut("東京都庁舎", 8), "東京...");
        assert_eq!(cut("東京都庁", 8), "東京都庁");
        assert_eq!(cut("a\nb", 8), "a\\nb");
        assert_eq!(harmless("a\tb\r\n", "\n\t"), "a\tb\\r\n");
    }

    #[test]
    fn mistakes_are_counted() {
        assert_eq!(of_error("a.csv: no such file"), "error: a.csv: no such file");
        assert_eq!(
            of_error("a:1: x\n  b\n  and 3 more"),
            "error: 5 mistakes:\na:1: x\n  b\n  and 3 more"
        );
        assert_eq!(of_error("a: x\n\nwrite y"), "error: a: x\n\nwrite y");
        assert_eq!(of_error("a: lacks:\n  b"), "error: a: lacks:\n  b");
        assert_eq!(of_error("a: lacks:\n  b\n  c"), "error: 2 mistakes:\na: lacks:\n  b\n  c");
    }

    #[test]
    fn paragraphs_fit() {
        let text = wrap(&"word ".repeat(100), 2);
        assert!(text.lines().all(|line| line.len() <= 80));
        assert!(text.lines().skip(1).all(|line| line.starts_with("  word")));
        assert_eq!(wrap("\n  - a b", 4), "\n  - a b");
    }
    #[test]
    fn what_is_to_be_pasted_stays_on_a_line() {
        let names = "'gender of the primary contact person,marital status as last recorded'";
        let text = format!(
            "Without them, AUC is 0.7 and log loss 0.3: --drop {names} or not; that's all."
        );
        let wrapped = wrap(&text, 2);
        assert!(wrapped.lines().any(|line| line.contains(names)), "{wrapped}");
        assert!(wrapped.lines().count() > 2);
    }

    #[test]
    fn messages_fit_and_keep_what_is_quoted() {
        let long = "word ".repeat(40);
        let name = format!("\"{}\"", "a name ".repeat(8).trim());
        let text = fold(&format!("error: {long}{name} and `a command --with options`; {long}"));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("  ") && !line.ends_with(' ')));
        assert!(text.contains(&name) && text.contains("`a command --with options`;"), "{text}");
        // What is longer than a line has one of its own.
        let path = format!("\"/home/{}\"", "a folder/".repeat(12));
        let text = fold(&format!("warning: cannot open {path}: no such file"));
        assert_eq!(text, format!("warning: cannot open\n  {path}:\n  no such file"));
        let command = "--drop 'Marital Status,age' or 'tis";
        assert_eq!(
            pieces(command).collect::<Vec<_>>(),
            ["--drop", "'Marital Status,age'", "or", "'tis"]
        );
        // Escaped quotes end nothing; an apostrophe and a lone quote begin nothing.
        let quoted = r#""a \" b""#;
        assert_eq!(
            pieces(&format!("x {quoted}, y's 5\" z")).collect::<Vec<_>>(),
            ["x", r#""a \" b","#, "y's", "5\"", "z"]
        );
        // Excerpts stay as they are, and each line of a list is by itself.
        let excerpt = format!("  |\n1 | a = {long}\n  |     ^");
        assert_eq!(fold(&excerpt), excerpt);
        let list = "error: r.toml:1:2: short\nr.toml:3:4: short too";
        assert_eq!(fold(list), list);
    }
}
