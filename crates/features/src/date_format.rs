//! Dates as people and exports write them: which format a column has, and how a text of it is read.

use serde::{Deserialize, Serialize};

use crate::{Time, TimeError};

/// How a date is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateFormat {
    /// `2024-01-31`, with or without a time, `16:38` or `4:38 PM`; `2024/01/31` too.
    #[default]
    Iso,
    /// `31/01/2024`; also with `-` or `.` between, and with a time of day after it, `16:38` or `4:38 PM`.
    DayMonthYear,
    /// `01/31/2024`; the same.
    MonthDayYear,
}

impl DateFormat {
    /// All of them; where texts can be read by several, the first.
    pub(crate) const ALL: [Self; 3] = [Self::Iso, Self::DayMonthYear, Self::MonthDayYear];

    /// Reads a date written in this format. A time of day without a zone is of UTC.
    ///
    /// # Errors
    /// [`TimeError`] when the text is not one.
    pub fn parse(self, text: &str) -> Result<Time, TimeError> {
        let text = text.trim();
        if self == DateFormat::Iso {
            return Time::parse(text).or_else(|error| with_half_of_day(text).ok_or(error));
        }
        let wrong = || TimeError::new(text);
        let (date, clock) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let (first, second, year) = slashed(date.trim_end_matches(',')).ok_or_else(wrong)?;
        let (day, month) =
            if self == DateFormat::DayMonthYear { (first, second) } else { (second, first) };
        let midnight = Time::from_day(year, month, day, text)?;
        match clock.trim() {
            "" => Ok(midnight),
            clock => {
                let micros = time_of_day(clock).ok_or_else(wrong)?;
                Ok(Time::from_micros(midnight.micros() + micros))
            }
        }
    }

    /// What a text of it is, for messages.
    pub(crate) fn a_date(self) -> &'static str {
        match self {
            Self::Iso => "a date like 2024-01-31 or 2024-01-31T09:30:00Z",
            Self::DayMonthYear => "a date like 31/01/2024 or 31/01/2024 09:30",
            Self::MonthDayYear => "a date like 01/31/2024 or 01/31/2024 09:30",
        }
    }
}

/// `2024-01-31 4:38 PM`: a date that begins with the year, and a time of half a day.
fn with_half_of_day(text: &str) -> Option<Time> {
    // Whatever else is no date ends otherwise, and is told so at once.
    let ends = text.trim_end_matches('.').ends_with(['m', 'M']);
    let (date, clock) = text.split_once(char::is_whitespace).filter(|_| ends)?;
    let day = Time::parse(date).ok().filter(|_| Time::is_day(date))?;
    Some(Time::from_micros(day.micros() + time_of_day(clock.trim_start())?))
}

/// The three numbers of `31/01/2024`, the year last and of four digits.
fn slashed(text: &str) -> Option<(i8, i8, i16)> {
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '/' | '-' | '.') {
        return None;
    }
    let mut parts = text.split(separator);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((short(first)?, short(second)?, year.parse().ok()?))
}

/// A number of one or two digits.
fn short(text: &str) -> Option<i8> {
    let whole = matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    whole.then(|| text.parse().ok())?
}

/// The microseconds from midnight to `16:38`, `16:38:05.25` or `4:38 p. m.`.
fn time_of_day(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| !c.is_ascii_digit());
    let half: String = lower[digits.len()..].chars().filter(|c| c.is_alphabetic()).collect();
    let mut parts = digits.split(':');
    let hour = short(parts.next()?)?;
    let minute = parts.next().filter(|text| text.len() == 2).and_then(short)?;
    let (second, fraction) = match parts.next() {
        None => (0, ""),
        Some(text) => {
            let (second, fraction) = text.split_once('.').unwrap_or((text, "0"));
            if fraction.is_empty() {
                return None;
            }
            (Some(second).filter(|text| text.len() == 2).and_then(short)?, fraction)
        }
    };
    let hour = match half.as_str() {
        "" if digits.len() == lower.len() => hour,
        "am" if (1..=12).contains(&hour) => hour % 12,
        "pm" if (1..=12).contains(&hour) => hour % 12 + 12,
        _ => return None,
    };
    let whole = fraction.bytes().all(|b| b.is_ascii_digit());
    if parts.next().is_some() || !whole || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Digits after the sixth are less than a microsecond.
    let mut micros = 0;
    for place in 0..6 {
        micros = 10 * micros + fraction.as_bytes().get(place).map_or(0, |b| i64::from(b - b'0'));
    }
    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    Some(seconds * 1_000_000 + micros)
}

/// Says of two texts, by their 0-based rows, that they are no dates of one format, and what to do.
pub fn contradicting(first: (usize, &str), then: (usize, &str)) -> String {
    format!(
        "row {} has {:?} and row {} {:?}, one with the day first, the other with the month; write all of them \
         as 2024-01-31",
        first.0 + 1,
        first.1,
        then.0 + 1,
        then.1
    )
}

/// What to do about a text that is a time but for the name of a zone at its end: nobody can say which of several zones
/// `EST` is. Nothing to add of other texts.
pub(crate) fn advice_on_zone(text: &str) -> &'static str {
    let text = text.trim();
    let named = text.rsplit_once([' ', '[']).filter(|(time, zone)| {
        let is_name = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_' | ']');
        let is_half = ["am", "pm"].iter().any(|half| zone.eq_ignore_ascii_case(half));
        time.contains(':') && zone.len() > 1 && zone.chars().all(is_name) && !is_half
    });
    named.map_or("", |_| ", with the zone as an offset: 2024-01-31T09:30:00-05:00")
}

/// What a number counts that stands for a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counted {
    /// In words.
    what: &'static str,
    /// The moment, where it does.
    time: Time,
    /// What to do.
    advice: &'static str,
    /// Whether it is of no day alone.
    with_clock: bool,
}

/// Days as Excel counts them from 1900, which it leaves where cells are not formatted as dates: 45,000 is a day of
/// 2023. These are of 1982 to 2064.
const EXCEL_DAYS: std::ops::Range<f64> = 30_000.0..60_000.0;
/// What Excel counts at the beginning of 1970.
const EXCEL_1970: f64 = 25_569.0;
/// Seconds of 2000 to 2100, as Unix counts them.
const UNIX_SECONDS: std::ops::Range<f64> = 946_684_800.0..4_102_444_800.0;
/// Parts of a second that moments are counted in.
const UNITS: [(&str, f64); 4] = [
    ("seconds since 1970", 1.0),
    ("milliseconds since 1970", 1e3),
    ("microseconds since 1970", 1e6),
    ("nanoseconds since 1970", 1e9),
];

impl Counted {
    /// What a text counts, where it may be a moment.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let number: f64 = text.trim().parse().ok()?;
        let seconds = |seconds: f64| Time::from_micros((seconds * 1e6).round() as i64);
        if EXCEL_DAYS.contains(&number) {
            let with_clock = number.fract() != 0.0;
            return Some(Self {
                what: "a day as Excel counts them",
                time: seconds(((number - EXCEL_1970) * 86_400.0).round()),
                advice: if with_clock {
                    "Format the cells as dates with times (yyyy-mm-dd hh:mm:ss) and export again"
                } else {
                    "Format the cells as dates (yyyy-mm-dd) and export again"
                },
                with_clock,
            });
        }
        let unit = UNITS.iter().find(|(_, parts)| UNIX_SECONDS.contains(&(number / parts)));
        unit.map(|(what, parts)| Self {
            what,
            time: seconds(number / parts),
            advice: "Write times like 2024-01-31T09:30:00Z",
            with_clock: true,
        })
    }

    /// Whether two numbers count the same.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        self.what == other.what
    }

    /// What it looks like and what to do, in words that follow the number.
    pub(crate) fn in_words(&self) -> String {
        let Self { what, advice, .. } = self;
        let time = self.time.to_string();
        let time = time.split('T').next().filter(|_| !self.with_clock).unwrap_or(&time);
        format!("{what} ({time})? {advice}")
    }
}

/// How many of the texts of a column each format reads: what tells the format of the column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DatesSeen {
    filled: usize,
    read: [usize; 3],
    /// The first text that no format reads, by its 0-based row.
    odd: Option<(usize, String)>,
    /// The first that can have the day first alone, and the first that can have the month first alone.
    told: [Option<(usize, String)>; 2],
}

/// What the texts of a column are, as dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Half of them or more are dates of this format.
    Format(DateFormat),
    /// Dates of which all could have the day first, and the month.
    Ambiguous,
    /// Half of them or more are no dates.
    None,
}

impl DatesSeen {
    /// Sees a text that stands for a value, of the 0-based row.
    pub(crate) fn see(&mut self, row: usize, text: &str) {
        self.filled += 1;
        let before = self.read;
        for (count, format) in self.read.iter_mut().zip(DateFormat::ALL) {
            *count += usize::from(format.parse(text).is_ok());
            // What begins with a year is nothing else.
            if format == DateFormat::Iso && *count > before[0] {
                break;
            }
        }
        if self.read == before && self.odd.is_none() {
            self.odd = Some((row, text.to_owned()));
        }
        let [_, day_first, month_first] = [0, 1, 2].map(|at| self.read[at] > before[at]);
        let told = &mut self.told[usize::from(month_first)];
        if day_first != month_first && told.is_none() {
            *told = Some((row, text.to_owned()));
        }
    }

    /// Two texts of which one must have the day first and the other the month, in words that follow the
    /// name of their column, and what to do.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let [Some(a), Some(b)] = &self.told else { return None };
        let (first, then) = if a < b { (a, b) } else { (b, a) };
        let [first, then] = [first, then].map(|(row, text)| (*row, text.as_str()));
        Some(format!("holds dates that contradict each other: {}", contradicting(first, then)))
    }

    /// The first text that no format reads, by its 0-based row.
    pub(crate) fn odd(&self) -> Option<(usize, &str)> {
        self.odd.as_ref().map(|(row, text)| (*row, text.as_str()))
    }

    /// The format that most of the texts have.
    pub(crate) fn found(&self) -> Found {
        let [iso, day_first, month_first] = self.read;
        let most = iso.max(day_first).max(month_first);
        if most == 0 || 2 * most < self.filled {
            Found::None
        } else if iso == most {
            Found::Format(DateFormat::Iso)
        } else if day_first == month_first {
            Found::Ambiguous
        } else if day_first == most {
            Found::Format(DateFormat::DayMonthYear)
        } else {
            Found::Format(DateFormat::MonthDayYear)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_count_time() {
        let said =
            |text: &str| Counted::new(text).map(|found| found.in_words()).unwrap_or_default();
        for (text, begins) in [
            (
                "45123",
                "a day as Excel counts them (2023-07-16)? Format the cells as dates (yyyy-mm-dd)",
            ),
            ("45123.5", "a day as Excel counts them (2023-07-16T12:00:00Z)? Format"),
            ("1700000000", "seconds since 1970 (2023-11-14T22:13:20Z)? Write times like"),
            (" 1700000000000 ", "milliseconds since 1970 (2023-11-14T22:13:20Z)? Write"),
            ("1700000000000000", "microseconds since 1970 (2023-11-14T22:13:20Z)? Write"),
            ("1700000000000000000", "nanoseconds since 1970 (2023-11-14T22:13:20Z)? Write"),
        ] {
            assert!(said(text).starts_with(begins), "{}", said(text));
        }
        for text in ["2024", "20240131", "600123456", "-45123", "nan", "inf", "", "2024-01-31"] {
            assert_eq!(said(text), "", "{text}");
        }
    }

    #[test]
    fn dates_by_format() {
        let day = Time::parse("2024-01-31").unwrap();
        assert_eq!(DateFormat::DayMonthYear.parse("31/01/2024").unwrap(), day);
        assert_eq!(DateFormat::DayMonthYear.parse("31.1.2024").unwrap(), day);
        assert_eq!(DateFormat::MonthDayYear.parse("01/31/2024").unwrap(), day);
        for text in ["31/01/24", "1", "", "31/01/2024/1", "/01/2024", "32/01/2024", "31/01/20é4"] {
            assert!(DateFormat::DayMonthYear.parse(text).is_err(), "{text}");
        }
        assert!(DateFormat::MonthDayYear.parse("31/01/2024").is_err());
    }

    #[test]
    fn times_of_day() {
        let read = |text: &str| DateFormat::MonthDayYear.parse(text).map(|time| time.to_string());
        for (text, expected) in [
            ("1/31/2024 16:38", "2024-01-31T16:38:00Z"),
            ("01/31/2024  4:38 PM", "2024-01-31T16:38:00Z"),
            ("01/31/2024, 4:38:05 a. m.", "2024-01-31T04:38:05Z"),
            ("01/31/2024 12:00AM", "2024-01-31T00:00:00Z"),
            ("01/31/2024 12:59 p.m.", "2024-01-31T12:59:00Z"),
            ("01/31/2024 0:00", "2024-01-31T00:00:00Z"),
            ("01/31/2024 23:59:59.25", "2024-01-31T23:59:59.25Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "01/31/2024 24:00",
            "01/31/2024 1:60",
            "01/31/2024 1:5",
            "01/31/2024 13:00 PM",
            "01/31/2024 0:10 AM",
            "01/31/2024 10",
            "01/31/2024 10:00:00.",
            "01/31/2024 10:00:00:00",
            "01/31/2024 10:00 XM",
            "01/31/2024 10:00 ?",
            "01/31/2024 10:00é",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn half_days_after_a_year() {
        let read = |text: &str| DateFormat::Iso.parse(text).map(|time| time.to_string());
        for (text, expected) in [
            ("2025-06-20 10:00 PM", "2025-06-20T22:00:00Z"),
            ("2025/06/20  12:05:30 a. m.", "2025-06-20T00:05:30Z"),
            (" 2025-06-20 1:00pm ", "2025-06-20T13:00:00Z"),
            ("2025-06-20 13:00", "2025-06-20T13:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["2025-06-20 13:00 PM", "2025-06-20 PM", "2025-06-20 10:00 XM", "10:00 PM", "m"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn dates_that_contradict_each_other() {
        let found = |texts: &[&str]| {
            let mut seen = DatesSeen::default();
            texts.iter().enumerate().for_each(|(row, text)| seen.see(row, text));
            seen.contradiction()
        };
        let said = found(&["01/02/2025", "06/20/2025", "2025-01-31", "20/06/2025"]).unwrap();
        assert!(said.contains("row 2 has \"06/20/2025\" and row 4 \"20/06/2025\""), "{said}");
        assert_eq!(found(&["01/02/2025", "20/06/2025", "x", "2025-01-31"]), None);
    }

    #[test]
    fn the_format_of_a_column() {
        let found = |texts: &[&str]| {
            let mut seen = DatesSeen::default();
            texts.iter().enumerate().for_each(|(row, text)| seen.see(row, text));
            seen.found()
        };
        assert_eq!(found(&["2024-01-31", "x"]), Found::Format(DateFormat::Iso));
        assert_eq!(found(&["31/01/2024", "01/02/2024"]), Found::Format(DateFormat::DayMonthYear));
        assert_eq!(found(&["1/31/2024 1:00", "x"]), Found::Format(DateFormat::MonthDayYear));
        assert_eq!(found(&["01/02/2024", "03/04/2024"]), Found::Ambiguous);
        assert_eq!(found(&["01/02/2024", "x", "y"]), Found::None);
        assert_eq!(found(&[]), Found::None);
    }
}
