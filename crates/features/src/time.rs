//! Moments in time: microseconds since the Unix epoch, UTC.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::date_format::{Counted, advice_on_zone};

/// A moment, in whole microseconds since 1970-01-01T00:00:00Z. Serialised as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A text that is not a time. It says what would have been one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a time; {}{advice}", meant(text))]
pub struct TimeError {
    /// The text, cut to a length that fits a message.
    pub text: String,
    /// What else to do, in words that follow the others; often nothing.
    pub advice: &'static str,
}

/// What to do about a text that is no time: a number may count one.
fn meant(text: &str) -> String {
    Counted::new(text).map_or_else(
        || "write it like 2024-01-31 or 2024-01-31T09:30:00Z".to_owned(),
        |found| found.in_words(),
    )
}

impl Time {
    /// Microseconds of a day: 24 hours, as days are in UTC.
    pub const MICROS_PER_DAY: i64 = 86_400_000_000;

    /// From microseconds since the Unix epoch. Any value is accepted; years outside -9999 to 9999
    /// cannot be printed and are shown at the limit.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// The current time of this machine's clock.
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// The start of this moment's month in UTC; the moment itself where the year cannot be written.
    pub fn start_of_month(self) -> Self {
        let start = || {
            let zoned =
                jiff::Timestamp::from_microsecond(self.0).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
            let first = zoned.first_of_month().ok()?.start_of_day().ok()?;
            Some(Self(first.timestamp().as_microsecond()))
        };
        start().unwrap_or(self)
    }

    /// Writes the moment in RFC 3339 with all six digits of its fraction, as logs do: lines of one length
    /// stand under each other.
    ///
    /// # Errors
    /// When it cannot be written to `out`.
    pub fn write_fixed(self, out: &mut impl fmt::Write) -> fmt::Result {
        match Stamp::of(self) {
            Some(stamp) => out.write_str(stamp.text()),
            None => write!(out, "{self}"),
        }
    }

    /// Days of 24 hours from `earlier` to `self`; negative when `earlier` is later.
    pub fn days_since(self, earlier: Time) -> f64 {
        (self.0 as f64 - earlier.0 as f64) / Self::MICROS_PER_DAY as f64
    }

    /// Reads an ISO 8601 date (`2024-01-31`, midnight UTC), a date and time (UTC where it names no
    /// zone; a space may stand for the `T`), or an RFC 3339 timestamp. The date may be written with
    /// slashes, the year first: `2024/01/31`. `UTC`, or `Z`, may stand behind a time and a space, as BigQuery
    /// writes it. The name of a zone in brackets counts for nothing behind an offset, and without one is refused:
    /// what it stands for hangs on the day, and on a table of zones.
    ///
    /// # Errors
    /// [`TimeError`] when the text is none of these.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let trimmed = text.trim();
        if let Some(micros) = usual(trimmed.as_bytes()) {
            return Ok(Self(micros));
        }
        if let Some(dashed) = with_dashes(trimmed) {
            return Self::parse(&dashed).map_err(|_| TimeError::new(text));
        }
        let bare = match without_utc(trimmed) {
            Some(civil) if Self::names_zone(civil) => return Err(TimeError::new(text)),
            Some(civil) => civil,
            None => trimmed,
        };
        let zone = bare.find('[').map_or("", |at| &bare[at..]);
        let written = &bare[..bare.len() - zone.len()];
        if !zone.is_empty() && !Self::names_zone(written) || !has_good_offset(written) {
            return Err(TimeError::new(text));
        }
        // jiff accepts a bracketed zone name and ISO week dates too; a digit and a dash where a
        // year ends keeps numbers such as `20240131` from being read as dates.
        if bare.len() >= 8 && bare.as_bytes()[1..].contains(&b'-') {
            if let Ok(stamp) = bare.parse::<jiff::Timestamp>() {
                return Ok(Self(stamp.as_microsecond()));
            }
            if let Ok(civil) = bare.parse::<jiff::civil::DateTime>() {
                return Ok(Self::from_civil(civil));
            }
        }
        Err(TimeError::new(text))
    }

    /// As [`Time::parse`], and whether the text says which zone it is in; a date without a time
    /// needs none.
    ///
    /// # Errors
    /// [`TimeError`] when the text is no time.
    pub fn parse_zoned(text: &str) -> Result<(Self, bool), TimeError> {
        Ok((Self::parse(text)?, Self::names_zone(text)))
    }

    /// Whether the text of a time says which zone it is in; a date without a time needs none.
    pub fn names_zone(text: &str) -> bool {
        let trimmed = text.trim();
        trimmed.len() <= 10
            || trimmed.ends_with(['Z', 'z', ']'])
            || without_utc(trimmed).is_some()
            // A sign after the date is that of an offset.
            || trimmed.get(10..).is_some_and(|rest| rest.contains(['+', '-']))
    }

    /// Whether the text of a time is a day without a time of day, which is read as its first moment.
    pub fn is_day(text: &str) -> bool {
        let trimmed = text.trim();
        trimmed.len() <= 10 && !trimmed.contains(':')
    }

    /// Midnight UTC of a day of the calendar.
    ///
    /// # Errors
    /// [`TimeError`] naming `text` when there is no such day.
    pub(crate) fn from_day(year: i16, month: i8, day: i8, text: &str) -> Result<Self, TimeError> {
        let date = jiff::civil::Date::new(year, month, day).map_err(|_| TimeError::new(text))?;
        Ok(Self::from_civil(date.at(0, 0, 0, 0)))
    }

    /// The last day that can be written, 9999-12-31, is among them, which stands for never in many a system:
    /// `jiff::Timestamp` ends a day earlier.
    fn from_civil(civil: jiff::civil::DateTime) -> Self {
        let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        // Less than 12,000 years in microseconds are in range.
        Self(civil.duration_since(epoch).as_micros() as i64)
    }
}

/// The time that stands before ` UTC` or ` Z`.
fn without_utc(text: &str) -> Option<&str> {
    let (time, zone) = text.rsplit_once(' ')?;
    let is_utc = zone.eq_ignore_ascii_case("UTC") || zone.eq_ignore_ascii_case("Z");
    (is_utc && time.contains(':')).then(|| time.trim_end())
}

/// Whether the offset behind a time, where there is one, is of less than a day: RFC 3339 has hours up to 23 there,
/// and jiff reads some more.
fn has_good_offset(text: &str) -> bool {
    let clock = text.split_once(['T', 't', ' ']).map(|(_, clock)| clock);
    let Some((_, offset)) = clock.and_then(|clock| clock.rsplit_once(['+', '-'])) else {
        return true;
    };
    offset.get(..2).and_then(|hours| hours.parse::<u8>().ok()).is_none_or(|hours| hours < 24)
}

/// `2024/01/31 09:30` as `2024-01-31 09:30`; `None` for a text that does not begin so.
fn with_dashes(text: &str) -> Option<String> {
    let date = text.as_bytes().get(..10)?;
    let signs = [date[4], date[7]] == *b"//";
    let digits = [0, 1, 2, 3, 5, 6, 8, 9].iter().all(|&at| date[at].is_ascii_digit());
    // The first ten bytes are ASCII, so that the text can be cut after them.
    (signs && digits).then(|| text[..10].replace('/', "-") + &text[10..])
}

/// The microseconds of the form that almost every event has, `2024-01-31T09:30:00Z`, perhaps with
/// up to six digits of a fraction; `None` for any other text, of which nothing is said.
fn usual(text: &[u8]) -> Option<i64> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i64, |number, digit| {
            digit.is_ascii_digit().then(|| 10 * number + i64::from(digit - b'0'))
        })
    };
    let (stamp, rest) = text.split_first_chunk::<19>()?;
    let fraction = match rest {
        [b'Z'] => &[][..],
        [b'.', digits @ .., b'Z'] if (1..=6).contains(&digits.len()) => digits,
        _ => return None,
    };
    if [stamp[4], stamp[7], stamp[10], stamp[13], stamp[16]] != *b"--T::" {
        return None;
    }
    let (year, month) = (number(&stamp[..4])?, number(&stamp[5..7])?);
    let (day, hour) = (number(&stamp[8..10])?, number(&stamp[11..13])?);
    let (minute, second) = (number(&stamp[14..16])?, number(&stamp[17..])?);
    let micros = number(fraction)? * 10_i64.pow(6 - fraction.len() as u32);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    // A second 60, and years before the first, are left to who knows more of them.
    let plain = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !plain {
        return None;
    }
    // Years that begin in March, so that a leap day is the last of its year (Hinnant,
    // "chrono-compatible low-level date algorithms", days_from_civil).
    let year = year - i64::from(month < 3);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + micros)
}

/// A moment as [`usual`] reads it, with six digits of a fraction.
struct Stamp {
    bytes: [u8; 27],
    length: usize,
}

impl Stamp {
    /// `None` for the years that are not 1 to 9999.
    fn of(time: Time) -> Option<Self> {
        let (days, rest) =
            (time.0.div_euclid(Time::MICROS_PER_DAY), time.0.rem_euclid(Time::MICROS_PER_DAY));
        if !(-719_162..=2_932_896).contains(&days) {
            return None;
        }
        // Years that begin in March, as in `usual` (Hinnant, civil_from_days).
        let days = days + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let year = 400 * era + year + i64::from(month >= 10);
        let month = if month < 10 { month + 3 } else { month - 9 };
        let seconds = rest / 1_000_000;
        let mut bytes = *b"0000-00-00T00:00:00.000000Z";
        let mut write = |end: usize, digits: usize, mut number: i64| {
            for place in (end - digits..end).rev() {
                bytes[place] = b'0' + (number % 10) as u8;
                number /= 10;
            }
        };
        write(4, 4, year);
        write(7, 2, month);
        write(10, 2, day);
        write(13, 2, seconds / 3600);
        write(16, 2, seconds / 60 % 60);
        write(19, 2, seconds % 60);
        write(26, 6, rest % 1_000_000);
        Some(Self { bytes, length: 27 })
    }

    /// Without the zeros at the end of the fraction, and without a fraction of nothing else.
    fn short(mut self) -> Self {
        let zeros = self.bytes[20..26].iter().rev().take_while(|digit| **digit == b'0').count();
        let end = if zeros == 6 { 19 } else { 26 - zeros };
        self.bytes[end] = b'Z';
        Self { length: end + 1, ..self }
    }

    fn text(&self) -> &str {
        // Digits and signs.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl TimeError {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.chars().take(40).collect(), advice: advice_on_zone(text) }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stamp) = Stamp::of(*self) {
            return f.write_str(stamp.short().text());
        }
        let stamp = jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        write!(f, "{stamp}")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Stamp::of(*self) {
            Some(stamp) => serializer.serialize_str(stamp.short().text()),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Time::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_start_on_their_first_day() {
        let time = |text| Time::parse(text).unwrap();
        assert_eq!(time("2024-02-29T23:59:59Z").start_of_month(), time("2024-02-01"));
        assert_eq!(time("2024-02-01").start_of_month(), time("2024-02-01"));
        let last = Time::from_micros(i64::MAX);
        assert_eq!(last.start_of_month(), last);
    }

    #[test]
    fn reads_dates_and_times_in_utc() {
        let day = Time::parse("2024-01-31").unwrap();
        assert_eq!(day.micros(), 1_706_659_200_000_000);
        assert_eq!(Time::parse("2024-01-31T00:00:00Z").unwrap(), day);
        assert_eq!(Time::parse("2024-01-31 00:00:00").unwrap(), day);
        assert_eq!(Time::parse(" 2024-01-31T01:00:00+01:00 ").unwrap(), day);
        assert_eq!(Time::parse("2024/01/31").unwrap(), day);
        assert_eq!(Time::parse("2024/01/31 00:00:00").unwrap(), day);
        assert_eq!(Time::parse("2024/01/31T01:00:00+01:00").unwrap(), day);
        assert_eq!(day.to_string(), "2024-01-31T00:00:00Z");
        assert_eq!(Time::parse("2024-02-01").unwrap().days_since(day), 1.0);
    }

    proptest::proptest! {
        #[test]
        fn the_usual_form_is_read_as_any_other(
            date in (0_u16..10_000, 0_u8..14, 0_u8..33),
            clock in (0_u8..26, 0_u8..62, 0_u8..62),
            fraction in "(\\.[0-9]{0,8})?",
        ) {
            let ((year, month, day), (hour, minute, second)) = (date, clock);
            let text =
                format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z");
            let expected = text.parse::<jiff::Timestamp>().ok().map(|stamp| stamp.as_microsecond());
            // There jiff ends.
            if text.as_str() >= "9999-12-30T22" {
                return Ok(());
            }
            if let Some(micros) = usual(text.as_bytes()) {
                proptest::prop_assert_eq!(Some(micros), expected);
            }
            proptest::prop_assert_eq!(Time::parse(&text).ok().map(Time::micros), expected);
        }

        #[test]
        fn every_day_is_read_in_the_usual_form(day in -719_162_i64..2_932_000, micros in 0..86_400_000_000_i64) {
            let time = Time(day * 86_400_000_000 + micros);
            proptest::prop_assert_eq!(usual(time.to_string().as_bytes()), Some(time.0));
        }

        #[test]
        fn every_moment_is_written_as_by_jiff(
            day in -730_000_i64..2_933_000, micros in 0..86_400_000_000_i64, whole in 0_u32..7
        ) {
            let unit = 10_i64.pow(whole);
            let time = Time(day * 86_400_000_000 + micros / unit * unit);
            if let Ok(stamp) = jiff::Timestamp::from_microsecond(time.0) {
                proptest::prop_assert_eq!(time.to_string(), stamp.to_string());
            }
        }
    }

    #[test]
    fn the_last_day_is_a_time_in_every_form() {
        let last = Time::parse("9999-12-31").unwrap();
        assert_eq!(last.micros(), 253_402_214_400_000_000);
        for text in
            ["9999-12-31T00:00:00Z", "9999/12/31", "9999-12-31 00:00:00", "9999-12-31T00:00"]
        {
            assert_eq!(Time::parse(text), Ok(last), "{text}");
        }
        assert_eq!(last.to_string(), "9999-12-31T00:00:00Z");
        let end = Time::parse("9999-12-31 23:59:59.999999").unwrap();
        assert_eq!(end.to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(Time::parse(&end.to_string()), Ok(end));
        assert_eq!(Time::from_day(9999, 12, 31, "31.12.9999"), Ok(last));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "20240131",
            "2024",
            "yesterday",
            "2024-13-01",
            "2024-02-30",
            "12-5",
            "-5",
            "2024/02/30",
            "2024/1/31",
            "2024/01-31",
            "2024/01/31/",
            "2024/0é1/1",
        ] {
            assert!(Time::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_zones_need_an_offset() {
        let read = |text: &str| Time::parse(text).map(|time| time.to_string());
        for text in [
            "2024-01-31 09:30:00 UTC",
            "2024-01-31 09:30:00.000 UTC",
            "2024-01-31T09:30:00 Z",
            "2024/01/31 09:30 utc",
            "2024-01-31T05:30:00-04:00[America/New_York]",
            "2024-01-31T09:30:00Z[Europe/London]",
            "2024-01-31T09:30:00",
        ] {
            assert_eq!(read(text).as_deref(), Ok("2024-01-31T09:30:00Z"), "{text}");
            assert_eq!(Time::names_zone(text), !text.ends_with(":00"), "{text}");
            assert!(!Time::is_day(text), "{text}");
        }
        for text in [
            "2024-01-31T09:30:00+25:00",
            "2024-01-31T09:30:00-24:00",
            "2024-01-31T09:30:00+25:00[Europe/Madrid]",
            "2024-01-31T09:30:00+02:00 UTC",
            "2024-01-31T09:30:00Z UTC",
            "2024-01-31 UTC",
            "UTC",
            " Z",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        for text in [
            "2024-01-31T09:30:00[Europe/Madrid]",
            "2024-01-31 09:30:00 [Europe/Madrid]",
            "2024/01/31 09:30:00[Europe/Madrid]",
        ] {
            let said = Time::parse(text).unwrap_err().to_string();
            assert!(said.contains("the zone as an offset: 2024-01-31T09:30:00-05:00"), "{said}");
        }
        assert!(Time::parse("2024-01-31T09:30:00+23:59").is_ok());
    }

    #[test]
    fn prints_out_of_range_without_panicking() {
        assert!(!Time::from_micros(i64::MAX).to_string().is_empty());
        assert!(!Time::from_micros(i64::MIN).to_string().is_empty());
    }
}
