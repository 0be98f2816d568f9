//! Lengths of time: windows, horizons, half-lives.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Time;

const MICROS_PER_SECOND: i64 = 1_000_000;
/// The units, with their lengths in seconds, the largest first.
const UNITS: [(&str, i64); 5] =
    [("w", 7 * 86_400), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
/// No data is older than this.
const LONGEST_DAYS: i64 = 36_525;

/// A length of time above 0, in whole seconds and at most 100 years. A day has 24 hours. Written
/// `30d`; the units are `w`, `d`, `h`, `min` and `s`. `m` is none: to some it is minutes, to others
/// months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

/// A text that is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", said(.0))]
pub struct SpanError(pub String);

fn said(text: &str) -> String {
    match text.trim().strip_suffix('m').map(|digits| digits.trim_end().parse::<u32>()) {
        Some(Ok(number)) => format!(
            "{text:?} is no length of time: m could be minutes or months; write {number}min, or months in \
             days: {}d",
            u64::from(number) * 30
        ),
        _ => format!(
            "{text:?} is no length of time; write a whole number from 1 on and a unit: 30d, 12h, 2w (w, d, \
             h, min, s), at most 100 years"
        ),
    }
}

impl Span {
    /// So many days of 24 hours.
    pub const fn days(days: u16) -> Self {
        let days = if days == 0 { 1 } else { days };
        Self(days as i64 * 86_400 * MICROS_PER_SECOND)
    }

    /// So many seconds; at least 1.
    pub fn seconds(seconds: u32) -> Self {
        Self(i64::from(seconds.max(1)) * MICROS_PER_SECOND)
    }

    /// Reads `30d`.
    ///
    /// # Errors
    /// [`SpanError`] when the text is not a whole number above 0 with a unit, or is longer than
    /// 100 years.
    pub fn parse(text: &str) -> Result<Self, SpanError> {
        let error = || SpanError(text.chars().take(40).collect());
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let unit = trimmed[digits..].trim();
        let seconds = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(error)?.1;
        let number: i64 = trimmed[..digits].parse().map_err(|_| error())?;
        let seconds = number.checked_mul(seconds).ok_or_else(error)?;
        if seconds == 0 || seconds > LONGEST_DAYS * 86_400 {
            return Err(error());
        }
        Ok(Self(seconds * MICROS_PER_SECOND))
    }

    /// Microseconds.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Days of 24 hours.
    pub fn in_days(self) -> f64 {
        self.0 as f64 / (86_400 * MICROS_PER_SECOND) as f64
    }

    /// The moment this long before another; the earliest there is where it would be before that.
    pub fn before(self, time: Time) -> Time {
        Time::from_micros(time.micros().saturating_sub(self.0))
    }

    /// The moment this long after another; the latest there is where it would be after that.
    pub fn after(self, time: Time) -> Time {
        Time::from_micros(time.micros().saturating_add(self.0))
    }

    /// Twice as long.
    pub(crate) fn twice(self) -> Self {
        Self(self.0 * 2)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / MICROS_PER_SECOND;
        // Weeks are written as days: 28d is read more easily beside 30d than 4w is.
        let found = UNITS[1..].iter().find(|(_, length)| seconds % length == 0);
        let (unit, length) = found.unwrap_or(&UNITS[4]);
        write!(f, "{}{unit}", seconds / length)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // What is stored was written by a program, and bundles that were made before `min` say `m`.
        let stored = match text.strip_suffix('m') {
            Some(minutes) => Span::parse(&format!("{minutes}min")),
            None => Span::parse(&text),
        };
        stored.map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for (text, days, shown) in [
            ("30d", 30.0, "30d"),
            (" 2w", 14.0, "14d"),
            ("12h", 0.5, "12h"),
            ("90 min", 0.0625, "90min"),
        ] {
            let span = Span::parse(text).unwrap();
            assert_eq!(span.in_days(), days);
            assert_eq!(span.to_string(), shown);
            assert_eq!(Span::parse(shown).unwrap(), span);
        }
        for text in ["", "30", "d", "0d", "-1d", "1.5d", "30x", "99999999999999999999d", "40000d"] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn m_is_no_unit_but_where_it_was_stored() {
        let error = Span::parse("3m").unwrap_err().to_string();
        assert_eq!(
            error,
            "\"3m\" is no length of time: m could be minutes or months; write 3min, or months in days: 90d"
        );
        for stored in ["\"90m\"", "\"90min\""] {
            let span: Span = serde_json::from_str(stored).unwrap();
            assert_eq!(span, Span::parse("90min").unwrap());
        }
    }
}
