//! How many people a company has, in LinkedIn's buckets, from a number or a text: `11-50`,
//! `1,001-5,000 employees`, `1.000+`, `entre 10 y 50`.
//!
//! A range goes to the bucket of its middle (the geometric mean of its ends), an open range
//! (`500+`, `more than 500`) to the bucket of the number after its end. Of a text with more than
//! two numbers the first two count. What may be something else than people says no size: `100%`,
//! `-5`, `1e3`, `12-Jan` (which a spreadsheet makes of a range), a date, an amount of money.

use super::{Explained, word_enum};

word_enum! {
    /// A bucket of company sizes.
    CompanySize {
        /// One person.
        Self1 = "1",
        /// 2 to 10.
        From2 = "2-10",
        /// 11 to 50.
        From11 = "11-50",
        /// 51 to 200.
        From51 = "51-200",
        /// 201 to 500.
        From201 = "201-500",
        /// 501 to 1000.
        From501 = "501-1000",
        /// 1001 to 5000.
        From1001 = "1001-5000",
        /// 5001 to 10000.
        From5001 = "5001-10000",
        /// More than 10000.
        From10001 = "10001+",
    }
}

/// Characters of a text that are looked at.
const LIMIT: usize = 100;
/// More people than any company has: a telephone number, not a size.
const MOST: f64 = 20_000_000.0;

/// The bucket of a number of people; `None` when it is less than 1, or more than 20 million.
pub fn of_number(people: f64) -> Option<CompanySize> {
    use CompanySize::*;
    if !(1.0..=MOST).contains(&people) {
        return None;
    }
    // 10.5 people are in the bucket of 10: a middle of a range is not a whole number.
    const ENDS: [(f64, CompanySize); 8] = [
        (1.0, Self1),
        (10.0, From2),
        (50.0, From11),
        (200.0, From51),
        (500.0, From201),
        (1000.0, From501),
        (5000.0, From1001),
        (10_000.0, From5001),
    ];
    let found = ENDS.iter().find(|(end, _)| people < end + 1.0);
    Some(found.map_or(From10001, |(_, bucket)| *bucket))
}

/// The bucket that a text says; `None` when it says none.
pub fn read(text: &str) -> Option<CompanySize> {
    people(text).and_then(of_number)
}

/// The bucket that a text says, and how the text was read.
pub fn explain(text: &str) -> Explained<Option<CompanySize>> {
    let why = match (read(text), people(text)) {
        (Some(size), Some(people)) => format!("{size} because it was read as {people:.0} people"),
        (None, Some(people)) => format!("no size because {people:.0} is no number of people"),
        _ => "no size because it says no number of people".to_owned(),
    };
    Explained { value: read(text), why }
}

/// The number of people that stands for a text.
fn people(text: &str) -> Option<f64> {
    let cut = text.char_indices().nth(LIMIT).map_or(text.len(), |(at, _)| at);
    let lower = cleaned(&text[..cut]);
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let Some(first) = Number::next(&lower, 0) else {
        let one = ["self-employed", "self employed", "autónomo", "autonomo", "just me", "solo yo"];
        return says(&one).then_some(1.0);
    };
    let second = Number::next(&lower, first.end);
    let negative = lower[..first.start].strip_suffix(['-', '−']).is_some_and(|before| {
        before.chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(')
    });
    let doubtful = |number: &Number| !number.counts(&lower);
    if says(&["$", "€", "£"])
        || negative
        || doubtful(&first)
        || second.as_ref().is_some_and(doubtful)
    {
        return None;
    }
    let (low, high) = (first.value, second.as_ref().map(|second| second.value));
    if let Some(second) = &second {
        // `12/01/2020` is a date, `24/7` no range.
        let after = lower[second.end..].strip_prefix(['-', '/', '–']);
        let between = &lower[first.end..second.start];
        if after.is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()))
            || (between.trim() == "/" && second.value < low)
        {
            return None;
        }
    }
    if let Some(high) = high.filter(|high| *high >= low) {
        return Some(if low >= 1.0 { (low * high).sqrt() } else { high / 2.0 });
    }
    let up = says(&["+", "more than", "over", ">", "más de", "mas de", "at least", "above", "≥"])
        || says(&["mayor", "or more", "o más", "o mas", "and up", "superior", "al menos"]);
    let down = says(&["less than", "<", "menos de", "under", "up to", "hasta", "fewer", "≤"])
        || says(&["below", "menor", "inferior"]);
    Some(if up {
        low + 1.0
    } else if down {
        (low / 2.0).max(1.0)
    } else {
        low
    })
}

/// In lower case, with plain spaces, and without accents that are characters of their own.
fn cleaned(text: &str) -> String {
    text.chars()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect()
}

/// The letters that open a text.
fn word_after(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len())]
}

/// The letters that end a text.
fn word_before(text: &str) -> &str {
    text.char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphabetic())
        .last()
        .map_or("", |(at, _)| &text[at..])
}

/// A number in a text.
struct Number {
    value: f64,
    /// Where it is, with what multiplies it: `5k`, `10 mil`.
    start: usize,
    end: usize,
}

impl Number {
    /// The first number after a place. A dot, a comma, an apostrophe or a space with exactly three
    /// digits after it groups thousands; `k`, `mil` and `M` multiply.
    fn next(text: &str, from: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let start = from + bytes.get(from..)?.iter().position(u8::is_ascii_digit)?;
        let (mut end, mut value, mut group) = (start, 0.0, 0);
        let mut fraction = None;
        while let Some(&b) = bytes.get(end) {
            let digits_after =
                bytes[end + 1..].iter().take_while(|b| b.is_ascii_digit()).take(4).count();
            if b.is_ascii_digit() {
                match &mut fraction {
                    None => value = value * 10.0 + f64::from(b - b'0'),
                    Some(unit) => {
                        value += f64::from(b - b'0') * *unit;
                        *unit /= 10.0;
                    }
                }
                group += 1;
            } else if matches!(b, b',' | b'.' | b'\'' | b' ')
                && digits_after == 3
                && group <= 3
                && value >= 1.0
                && fraction.is_none()
            {
                group = 0;
            } else if matches!(b, b'.' | b',') && digits_after > 0 && fraction.is_none() {
                fraction = Some(0.1);
            } else {
                break;
            }
            end += 1;
        }
        let rest = text[end..].trim_start();
        let word = word_after(rest);
        let times = match word {
            "k" | "mil" | "miles" | "thousand" => 1e3,
            "m" if text[end..].starts_with('m') => 1e6,
            "mill" | "million" | "millions" | "millon" | "millón" | "millones" => 1e6,
            _ => return Some(Self { value, start, end }),
        };
        let end = text.len() - rest.len() + word.len();
        Some(Self { value: value * times, start, end })
    }

    /// Whether it may count people: no share, date, version or part of a word.
    fn counts(&self, text: &str) -> bool {
        const JOINING: &[&str] =
            &["a", "and", "de", "hasta", "o", "or", "over", "plus", "than", "to", "under", "y"];
        const PEOPLE: &[&str] = &[
            "colab", "emp", "fte", "member", "miembro", "pax", "peop", "pers", "ppl", "staff",
            "trab", "work",
        ];
        #[rustfmt::skip]
        const MONTHS: &[&str] = &[
            "jan", "ene", "feb", "mar", "apr", "abr", "may", "jun", "jul", "aug", "ago", "sep",
            "sept", "set", "oct", "nov", "dec", "dic", "january", "enero", "february", "febrero",
            "march", "marzo", "april", "abril", "mayo", "june", "junio", "july", "julio", "august",
            "agosto", "september", "septiembre", "october", "octubre", "november", "noviembre",
            "december", "diciembre",
        ];
        const BETWEEN: [char; 6] = ['-', '–', '/', '.', ',', ' '];
        let (before, after) = (&text[..self.start], &text[self.end..]);
        let (left, right) = (word_before(before), word_after(after));
        let joined = left.is_empty() || JOINING.contains(&left);
        let followed = right.is_empty()
            || JOINING.contains(&right)
            || PEOPLE.iter().any(|people| right.starts_with(people));
        let share = after.trim_start().starts_with('%');
        // `1.2.3`, `1:30`, `1,00,000`
        let more = after
            .strip_prefix(['.', ',', ':'])
            .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()));
        let far = after.trim_start_matches(BETWEEN);
        let far = far.strip_prefix("de ").unwrap_or(far);
        let month = MONTHS.contains(&word_after(far))
            || MONTHS.contains(&word_before(before.trim_end_matches(BETWEEN)));
        joined && followed && !share && !more && !month
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers() {
        for (text, expected) in [
            ("1", "1"),
            ("7", "2-10"),
            ("11-50", "11-50"),
            ("50 to 100", "51-200"),
            ("1.000+", "1001-5000"),
            ("1,001-5,000 employees", "1001-5000"),
            ("entre 10 y 50", "11-50"),
            ("10001+", "10001+"),
            ("10,001+ employees", "10001+"),
            ("más de 500", "501-1000"),
            ("2-10", "2-10"),
            ("51 - 200 empleados", "51-200"),
            ("5k", "1001-5000"),
            ("5.001–10.000", "5001-10000"),
            ("less than 10", "2-10"),
            ("self-employed", "1"),
            ("12.5", "11-50"),
            ("501-1000", "501-1000"),
            ("201-500", "201-500"),
            ("1 000", "501-1000"),
            ("Autónomo", "1"),
            ("0-10", "2-10"),
            ("10.000", "5001-10000"),
            ("10,000", "5001-10000"),
            ("1.000", "501-1000"),
            ("1\u{a0}000", "501-1000"),
            ("1.000.000", "10001+"),
            ("1M", "10001+"),
            ("1.5 million", "10001+"),
            ("10 mil", "5001-10000"),
            ("10k-50k", "10001+"),
            ("> 500", "501-1000"),
            (">500", "501-1000"),
            ("more than 500", "501-1000"),
            ("Más de 100", "51-200"),
            ("Ma\u{301}s de 200", "201-500"),
            ("500+", "501-1000"),
            ("200 +", "201-500"),
            ("10a50", "11-50"),
            ("50empleados", "11-50"),
            ("- 50 employees", "11-50"),
        ] {
            let size = read(text).map(CompanySize::as_str);
            assert_eq!(size, Some(expected), "{text}");
        }
        for none in [
            "",
            "many",
            "-",
            "0",
            "34612345678",
            "1e3",
            "12-Jan",
            "Nov-50",
            "10 de enero",
            "100%",
            "100 %",
            "-5",
            " -5",
            "12/01/2020",
            "2020-01-12",
            "24/7",
            "1.2.3",
            "B2B",
            "$500",
            "0.500",
            "1,00,000",
            "3rd",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(of_number(f64::NAN), None);
        assert_eq!(of_number(10_001.0), Some(CompanySize::From10001));
        assert!(explain("11-50").why.contains("11-50 because"));
    }
}
