//! Days: the two years, their weekends and seasons. A lead's own days are 24 hours from the moment
//! it was created; each takes the season of the calendar day that it begins on.

use leadscore_features::Time;

use crate::parameters::{ACTIVITY_SEASON, CONVERSION_DRIFT, CONVERSION_SEASON, WEEKEND, between};

const MICROS_PER_DAY: i64 = Time::MICROS_PER_DAY;
/// 2024-01-01T00:00:00Z, a Monday.
const FIRST_MICROS: i64 = 1_704_067_200_000_000;
/// Days from the first moment to the end of observation.
pub(crate) const DAYS: i64 = 730;
/// Days that have a season of their own; later ones take the last one's.
const SEASONS: usize = 1_461;
const MONTHS: [usize; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The first moment: no lead is created before it.
pub fn observed_from() -> Time {
    Time::from_micros(FIRST_MICROS)
}

/// The end of observation, 2025-12-31T00:00:00Z: nothing that is known later is in the export.
pub fn observed_until() -> Time {
    Time::from_micros(FIRST_MICROS + DAYS * MICROS_PER_DAY)
}

/// A moment this many days after another, to the nearest microsecond: so `days_since` is undone.
pub(crate) fn after(time: Time, days: f64) -> Time {
    let micros = libm::round(days * MICROS_PER_DAY as f64) as i64;
    Time::from_micros(time.micros().saturating_add(micros))
}

/// How far into the two years a moment is: 0 at their start, 1 at their end.
pub(crate) fn progress(time: Time) -> f64 {
    time.days_since(observed_from()) / DAYS as f64
}

/// What the days do to rates.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    conversion: Vec<f64>,
    activity: Vec<f64>,
}

impl Calendar {
    pub(crate) fn new() -> Self {
        let mut conversion = Vec::with_capacity(SEASONS);
        let mut activity = Vec::with_capacity(SEASONS);
        for year in 0..4 {
            for (month, days) in MONTHS.iter().enumerate() {
                let leap = usize::from(year == 0 && month == 1);
                for _ in 0..days + leap {
                    let day = conversion.len();
                    let drift = between([1.0, 1.0 + CONVERSION_DRIFT], day as f64 / DAYS as f64);
                    conversion.push(CONVERSION_SEASON[month] * drift);
                    let weekend = if day % 7 >= 5 { WEEKEND } else { 1.0 };
                    activity.push(ACTIVITY_SEASON[month] * weekend);
                }
            }
        }
        Self { conversion, activity }
    }

    /// The calendar day on which a lead's day of this number begins.
    fn day(created: Time, number: u32) -> usize {
        let day = (created.micros() - FIRST_MICROS).div_euclid(MICROS_PER_DAY) + i64::from(number);
        day.clamp(0, SEASONS as i64 - 1) as usize
    }

    /// What the rate of converting is multiplied with on a lead's day.
    pub(crate) fn conversion(&self, created: Time, number: u32) -> f64 {
        self.conversion[Self::day(created, number)]
    }

    /// What the rates of acts and emails are multiplied with on a lead's day.
    pub(crate) fn activity(&self, created: Time, number: u32) -> f64 {
        self.activity[Self::day(created, number)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_are_the_calendar_s() {
        let calendar = Calendar::new();
        assert_eq!(calendar.conversion.len(), SEASONS);
        assert_eq!(observed_until().to_string(), "2025-12-31T00:00:00Z");
        // A lead of 2025-07-31, a Thursday: its second day is the first of August.
        let created = Time::parse("2025-07-31T22:00:00Z").unwrap();
        assert!(calendar.conversion(created, 1) < 0.7 * calendar.conversion(created, 0));
        assert!(calendar.activity(created, 2) < 0.5);
        assert!(calendar.activity(created, 4) > 0.7);
    }
}
