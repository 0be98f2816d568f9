//! What in a text is no TOML: one mistake for each faulty line, and a text in which such lines are
//! blank, so that all others can be read with their places.

use std::ops::Range;

use toml::de::DeTable;

use crate::DateFormat;

/// More faulty lines than this are no slips of the pen.
const MOST: usize = 20;

/// The faults of a text.
pub(super) struct Syntax {
    /// Each fault with its bytes.
    pub(super) mistakes: Vec<(Range<usize>, String)>,
    /// The text with blanks for the lines that cannot be read; `None` where it cannot be told which
    /// these are.
    pub(super) readable: Option<String>,
}

impl Syntax {
    pub(super) fn of(text: &str) -> Self {
        let mut mistakes = Vec::new();
        let mut readable = text.to_owned();
        let mut fault = Fault::first(&readable);
        while let Some(Fault { span, message }) = fault {
            let (mistake, repaired) = match opened_before(&readable, span.start) {
                Some((opens, without)) => ((opens, OPEN.to_owned()), without),
                None => {
                    let line = line_of(&readable, span.start);
                    ((span.clone(), message), without(&readable, line))
                }
            };
            let next = Fault::first(&repaired);
            let goes_on = next.as_ref().is_none_or(|next| next.span.start > span.start);
            mistakes.push(mistake);
            if !goes_on || mistakes.len() == MOST {
                mistakes.truncate(1);
                return Self { mistakes, readable: None };
            }
            (readable, fault) = (repaired, next);
        }
        mistakes.extend(repeated(&readable));
        // A line was blanked for nothing else, so an empty rest says that nothing was understood.
        let understood = mistakes.is_empty() || !readable.trim().is_empty();
        if !understood {
            mistakes.truncate(1);
        }
        Self { mistakes, readable: understood.then_some(readable) }
    }
}

impl Syntax {
    /// The first bytes of the lines of a text that were passed over.
    pub(super) fn passed_over(&self, text: &str) -> Vec<usize> {
        let Some(readable) = &self.readable else { return Vec::new() };
        // Blanks stand for bytes, one each, so that every line is in its place.
        let mut start = 0;
        let mut found = Vec::new();
        for (line, read) in text.split('\n').zip(readable.split('\n')) {
            if line != read {
                found.push(start);
            }
            start += line.len() + 1;
        }
        found
    }
}

/// The bytes from the header of the section that a byte stands in up to the next header; without a byte those
/// above all headers.
pub(super) fn section_of(text: &str, at: Option<usize>) -> Range<usize> {
    let mut section = 0..text.len();
    let mut start = 0;
    for line in text.split('\n') {
        if is_header(line) {
            if at.is_none_or(|at| start > at) {
                section.end = start;
                break;
            }
            section.start = start;
        }
        start += line.len() + 1;
    }
    section
}

/// What is said of a line that others would have to close.
const OPEN: &str = "a bracket, brace or quote that is opened here is not closed";
/// Lines above a fault that are looked at for what was opened.
const LINES_ABOVE: usize = 60;

/// Where a fault shows at a line that is TOML by itself, or at the end of the text, something above was
/// opened and never closed: the line that opens it, and the text with blanks for it, or for all from it to the
/// fault.
fn opened_before(text: &str, at: usize) -> Option<(Range<usize>, String)> {
    let line = line_of(text, at);
    if Fault::first(&text[line.clone()]).is_some() {
        return None;
    }
    let mut above = Vec::new();
    let mut end = line.start;
    while let Some(before) = end.checked_sub(1) {
        let line = line_of(text, before);
        end = line.start;
        // A text in three quotes, which takes in all that follows, may have been opened in a section before.
        let ends = is_header(&text[line.clone()]) && at < text.trim_end().len();
        if ends || above.len() == LINES_ABOVE {
            break;
        }
        above.push(line);
    }
    above.retain(|line| Fault::first(&text[line.clone()]).is_some());
    let past = |without: &String| Fault::first(without).is_none_or(|next| next.span.start > at);
    let alone = above.iter().map(|line| (line.clone(), without(text, line.clone())));
    let all = above.iter().map(|opens| (opens.clone(), blanked(text, opens.start..line.start)));
    let (opens, without) = alone.chain(all).find(|(_, without)| past(without))?;
    let indent = text[opens.clone()].len() - text[opens.clone()].trim_start().len();
    Some((opens.start + indent..opens.end, without))
}

/// Whether a line begins a section, or was to.
pub(super) fn is_header(line: &str) -> bool {
    let line = line.trim_end();
    line.starts_with('[')
        || (line.ends_with(']') && !line.contains(['=', ',', '"', '\'', ' ', '[']))
}

/// The first place where a text is no TOML.
struct Fault {
    span: Range<usize>,
    message: String,
}

/// What the parser says of a key that is there already. It passes over the second one, so that the
/// rest can be read.
const REPEATED: &str = "duplicate key";

impl Fault {
    fn first(text: &str) -> Option<Self> {
        let (_, errors) = DeTable::parse_recoverable(text);
        let faults = errors.iter().filter(|error| error.message() != REPEATED);
        let first = faults.min_by_key(|error| error.span().map_or(0, |span| span.start))?;
        let span = char_range(text, first.span().unwrap_or(0..0));
        let message = told(first.message(), text, span.start);
        Some(Self { span, message })
    }
}

/// What the parser says of a fault at `at`, in words that say what to do, where the fault is a common one.
fn told(message: &str, text: &str, at: usize) -> String {
    let span = line_of(text, at);
    let (line, before) = (&text[span.clone()], &text[span.start..at]);
    let rest = text[at..].lines().next().unwrap_or("");
    let word = rest.split([',', ']', '}', '#']).next().unwrap_or("").trim();
    let begins = |with: &str| message.starts_with(with);
    let key = before.trim_end().strip_suffix('=').unwrap_or_default();
    let key = key.rsplit(['{', ',']).next().unwrap_or_default().trim();
    let no_time = |why: &str| {
        let key = if key.is_empty() { String::new() } else { format!("{key}: ") };
        format!("{key}{word} is not a time{why}; write it like 2024-01-31 or 2024-01-31T09:30:00Z")
    };
    let slashed = |format: DateFormat| format.parse(word).is_ok();
    if [DateFormat::DayMonthYear, DateFormat::MonthDayYear].into_iter().any(slashed) {
        return format!(
            "{word} is no value in TOML; a time is written like 2024-01-31, and a text in quotes: {word:?}"
        );
    }
    if begins("string values must be quoted") {
        return match word.to_ascii_lowercase().as_str() {
            "" => "a value is missing here".to_owned(),
            "yes" | "on" | "true" => format!("{word} is no value in TOML; write true"),
            "no" | "off" | "false" => format!("{word} is no value in TOML; write false"),
            _ if before.contains('[') => {
                "the items of a list are parted by commas, and texts are in quotes".to_owned()
            }
            _ => format!("{word} is no value in TOML; texts are in quotes: {word:?}"),
        };
    }
    let why = ["invalid date", "invalid time"].iter().find_map(|of| message.strip_prefix(of));
    if let Some(why) = why {
        let why = why.trim_start_matches("time").trim_start_matches([',', ' ']);
        return no_time(&if why.is_empty() { String::new() } else { format!(" ({why})") });
    }
    let told = if begins("unquoted keys cannot be empty") {
        "a name is missing here"
    } else if begins("unexpected leading zero") {
        "a number has no zeros before it; codes and dates like 01/02/2024 are texts, in quotes"
    } else if begins("key with no value") && line.contains('=') {
        "a name with a space or a sign other than - and _ in it is in quotes: \"first name\" = ..."
    } else if begins("key with no value") {
        "a key needs a value: key = value"
    } else if begins("unexpected key or value") {
        "more follows than one value; write each key on a line of its own, and texts in quotes"
    } else if begins("unclosed table") {
        "the name of a section is closed with ]: [leads]"
    } else if begins("missing escaped value") {
        "a text in double quotes takes \\ for the beginning of a sign; write / in paths, or put the text in \
         single quotes"
    } else {
        message
    };
    told.to_owned()
}

/// The keys that are there twice, where they are so again.
fn repeated(text: &str) -> Vec<(Range<usize>, String)> {
    let (_, errors) = DeTable::parse_recoverable(text);
    let repeated = errors.iter().filter(|error| error.message() == REPEATED);
    repeated
        .map(|error| {
            let span = char_range(text, error.span().unwrap_or(0..0));
            let key = &text[span.clone()];
            (span, format!("the key {key} is there already; take one of the two out"))
        })
        .collect()
}

/// A span that can be used to index a text, whatever it was.
fn char_range(text: &str, span: Range<usize>) -> Range<usize> {
    let floor = |at: usize| {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}

/// The line that a byte stands in, without its end.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    start..text[at..].find('\n').map_or(text.len(), |end| at + end)
}

/// The text with blanks for a line; for that of a header with all that stands under it, which would
/// count for the section before it otherwise.
fn without(text: &str, line: Range<usize>) -> String {
    let end = if is_header(&text[line.clone()]) {
        let under = text[line.end..].match_indices('\n').map(|(at, _)| line.end + at + 1);
        let begins = |start: &usize| is_header(&text[line_of(text, *start)]);
        under.into_iter().find(begins).unwrap_or(text.len())
    } else {
        line.end
    };
    blanked(text, line.start..end)
}

/// The text with blanks for some of its bytes.
fn blanked(text: &str, bytes: Range<usize>) -> String {
    let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    let mut blanked = String::with_capacity(text.len());
    blanked.push_str(&text[..bytes.start]);
    blanked.extend(text[bytes.clone()].bytes().map(blank));
    blanked.push_str(&text[bytes.end..]);
    blanked
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of the faults, and what is left to read.
    fn read(text: &str) -> (Vec<usize>, Option<String>) {
        let Syntax { mistakes, readable } = Syntax::of(text);
        let lines = mistakes.iter().map(|(span, _)| text[..span.start].matches('\n').count() + 1);
        (lines.collect(), readable)
    }

    #[test]
    fn a_text_without_faults_is_read_as_it_is() {
        let text = "a = [\n1,\n2]\n[b]\nc = { d = 1 }\n";
        assert_eq!(read(text), (vec![], Some(text.to_owned())));
    }

    #[test]
    fn every_faulty_line_is_one_mistake_and_the_others_are_read() {
        for (text, lines, rest) in [
            ("a = \nb = 1\nc = x\nd = 2024-13-01\n", vec![1, 3, 4], "b = 1"),
            ("a = \"x\nb = 1\n[c]\nd = 'y\ne = 2", vec![1, 4], "b = 1 [c] e = 2"),
            ("[a\nb = 1\n[c]\nd 2\ne = 3\n", vec![1, 4], "[c] e = 3"),
            ("a = { b = 1 c = 2 }\nd = 1\ne = {}}\n", vec![1, 3], "d = 1"),
            ("é = [1, 2\n[b]\nc = 1\n", vec![1], "[b] c = 1"),
            ("a = 1\nb = { c = [\"x\", \"y\" }\n", vec![2], "a = 1"),
            // The first of a section hides no other.
            ("[a]\nb = c\nd = e\nf = 1\n", vec![2, 3], "[a] f = 1"),
            // What is opened and not closed is told where it is opened.
            ("a = 1\nb = {\nc = { d = 1 }\n[e]\nf = 1\n", vec![2], "a = 1 c = { d = 1 } [e] f = 1"),
            ("a = [\n\"b\",\n\"c\"\nd = 1\n[e]\nf = g\n", vec![1, 6], "d = 1 [e]"),
            ("a = \"\"\"b\nc = 1\n[d]\ne = 1\n", vec![1], "c = 1 [d] e = 1"),
            ("a = { b = [\n  { c = 1 },\n  { c = 2 },\n}\nd = 1\n", vec![4, 1], "d = 1"),
            ("a]\nb = 1\n[c]\nd = 1\n", vec![1], "[c] d = 1"),
        ] {
            let (found, readable) = read(text);
            assert_eq!(found, lines, "{text}");
            let readable = readable.unwrap();
            assert_eq!(readable.split_whitespace().collect::<Vec<_>>().join(" "), rest, "{text}");
            assert_eq!(readable.len(), text.len(), "places change in {text}");
        }
    }

    #[test]
    fn sections_go_from_header_to_header() {
        let text = "a = 1\n[b]\nc = 1\n[d]\n";
        for (at, lines) in [(None, "a = 1\n"), (Some(7), "[b]\nc = 1\n"), (Some(16), "[d]\n")] {
            assert_eq!(&text[section_of(text, at)], lines);
        }
        assert_eq!(section_of("[b]\nc = 1\n", None), 0..0);
    }

    #[test]
    fn keys_that_are_there_twice_are_named() {
        let Syntax { mistakes, readable } = Syntax::of("a = 1\na = 2\n[b]\nc.d = 1\n[b]\ne = 1\n");
        let said: Vec<&str> = mistakes.iter().map(|(_, message)| message.as_str()).collect();
        let of = |key| format!("the key {key} is there already; take one of the two out");
        assert_eq!(said, [of("a"), of("b")]);
        assert!(readable.is_some());
    }

    #[test]
    fn what_is_no_toml_at_all_is_one_mistake() {
        for text in ["\u{1}\u{2}", "lead_id,created\n1,2\n3,4\n", "{}\n", "<html>\n</html>\n"] {
            let (lines, readable) = read(text);
            assert_eq!((lines.len(), readable), (1, None), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_ends(text in "([ab]( ?= ?)?|[\\[\\]{}=,\"'\n#.1é])*") {
            let Syntax { mistakes, readable } = Syntax::of(&text);
            let (_, errors) = DeTable::parse_recoverable(&text);
            proptest::prop_assert_eq!(mistakes.is_empty(), errors.is_empty());
            for (span, _) in mistakes {
                proptest::prop_assert!(text.get(span).is_some());
            }
            proptest::prop_assert!(readable.is_none_or(|readable| readable.len() == text.len()));
        }
    }
}
