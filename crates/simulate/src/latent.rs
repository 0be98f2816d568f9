//! What nobody sees of a lead, and what follows from it: rates and marks.

use leadscore_features::Time;

use crate::calendar::Calendar;
use crate::form::{Form, successes};
use crate::parameters::{
    CLOSING, CLOSING_BY_FIT, CONVERSION, CONVERSION_BY_FIT, CONVERSION_CEILING, DEPTH, INTENTS,
    SALES_CYCLE, SURVEY,
};

/// How near a lead is to buying. It changes from one of the lead's days to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Intent {
    /// Has forgotten us.
    Dormant,
    /// Looks around.
    Browsing,
    /// Compares.
    Evaluating,
    /// Wants to buy.
    Buying,
}

impl Intent {
    /// Every level, from the least.
    pub const ALL: [Self; INTENTS] =
        [Self::Dormant, Self::Browsing, Self::Evaluating, Self::Buying];
}

/// Days of one level of intent in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The lead's day on which the level begins; its first day is 0.
    pub from_day: u32,
    /// The level.
    pub intent: Intent,
}

/// What nobody sees of a lead.
#[derive(Clone, Debug, PartialEq)]
pub struct Latent {
    /// Whether it has a need.
    pub need: bool,
    /// Its class of fit, 0 to 4.
    pub fit: u8,
    /// Whether it is nobody at all. That can be seen: see [`crate::noise::is_junk_name`].
    pub junk: bool,
    /// Its intent, from the first day on.
    pub stays: Vec<Stay>,
    /// What the row of the lead says, as classes.
    pub(crate) form: Form,
}

impl Latent {
    /// The level of intent at an age in days.
    pub(crate) fn intent(&self, age: f64) -> usize {
        let day = age as u32;
        let before = self.stays.partition_point(|stay| stay.from_day <= day);
        self.stays.get(before.saturating_sub(1)).map_or(0, |stay| stay.intent as usize)
    }
}

/// Rate of converting per day.
pub(crate) fn conversion_rate(
    intent: usize,
    fit: usize,
    calendar: &Calendar,
    created: Time,
    day: u32,
) -> f64 {
    let age = f64::from(day) + 1.0;
    let full = CONVERSION[intent] * CONVERSION_BY_FIT[fit] * calendar.conversion(created, day);
    let rate = full * age / (age + SALES_CYCLE);
    rate / (1.0 + rate / CONVERSION_CEILING)
}

/// Rate of being closed per day.
pub(crate) fn closing_rate(intent: usize, fit: usize) -> f64 {
    CLOSING[intent] * CLOSING_BY_FIT[fit]
}

/// Probability that a page is read this far.
pub(crate) fn depth_given(intent: usize, depth: u8) -> f64 {
    let further = DEPTH[intent];
    let reached = (1..depth).fold(1.0, |chance, _| chance * further);
    if depth >= 10 { reached } else { reached * (1.0 - further) }
}

/// Probability of a survey's score, but for a factor that is the same for every intent.
pub(crate) fn survey_given(intent: usize, score: f64) -> f64 {
    let yes = score.clamp(0.0, 10.0) as u8;
    successes(SURVEY[intent], yes, 10 - yes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::FITS;

    #[test]
    fn rates_rise_with_intent_and_fit_and_have_a_ceiling() {
        let calendar = Calendar::new();
        let created = crate::observed_from();
        let rate = |intent, fit| conversion_rate(intent, fit, &calendar, created, 60);
        for fit in 0..FITS {
            assert!((1..INTENTS).all(|intent| rate(intent, fit) > rate(intent - 1, fit)));
        }
        assert!((1..FITS).all(|fit| rate(3, fit) > rate(3, fit - 1)));
        assert!(rate(3, 4) < CONVERSION_CEILING);
        assert!(rate(3, 4) / rate(3, 2) < rate(1, 4) / rate(1, 2));
    }

    #[test]
    fn marks_add_up() {
        for intent in 0..INTENTS {
            let depths: f64 = (1..=10).map(|depth| depth_given(intent, depth)).sum();
            assert!((depths - 1.0).abs() < 1e-12, "{depths}");
        }
    }
}
