//! What is measured of selected events: the kernel that batch and requests share.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{PlanBuilder, PlanError, Seen, Selection, Span, Wanted};
use crate::{SignalKind, Value};

const MICROS_PER_DAY: f64 = crate::Time::MICROS_PER_DAY as f64;

/// What is measured of the selected events in a window (as_of - w, as_of]. Measures that need an
/// event are missing where there is none; counts and sums are then 0. A sum that is too large for a
/// number is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Measure {
    /// How many there are.
    Count,
    /// How many different values a property has among them.
    Distinct {
        /// The property.
        property: String,
    },
    /// The sum of a property; 0 without events.
    Sum {
        /// The property, a number.
        property: String,
    },
    /// The mean of a property.
    Mean {
        /// The property, a number.
        property: String,
    },
    /// The smallest value of a property.
    Min {
        /// The property, a number.
        property: String,
    },
    /// The largest value of a property.
    Max {
        /// The property, a number.
        property: String,
    },
    /// The value of a property in the last event that has one.
    Last {
        /// The property.
        property: String,
    },
    /// Days of 24 hours from the first to `as_of`.
    DaysSinceFirst,
    /// Days of 24 hours from the last to `as_of`.
    DaysSinceLast,
    /// Days of the UTC calendar with at least one.
    ActiveDays,
    /// The longest time without one, from the first to `as_of`, in days of 24 hours.
    LongestGap,
    /// How many a day: over the window, or over the age of the lead where that is shorter, at
    /// least one day. Without a window and without an age, over the time since the first event of
    /// any kind.
    RatePerDay,
    /// The sum of 2^(-age / half-life).
    Decayed {
        /// After so long an event counts half.
        half_life: Span,
    },
    /// The count in this window less the count in the window of the same length before it.
    Trend,
    /// The count over the count of another selection in the same window; missing when that is 0.
    Ratio {
        /// The other selection.
        over: Selection,
    },
    /// Whether one of these was followed, strictly later, by one of another selection, both in the
    /// window.
    Then {
        /// The selection that follows.
        then: Selection,
        /// At most so long after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Span>,
    },
}

impl Measure {
    /// The property that must be a number for this, where there is one.
    pub fn number_of(&self) -> Option<&str> {
        match self {
            Measure::Sum { property }
            | Measure::Mean { property }
            | Measure::Min { property }
            | Measure::Max { property } => Some(property),
            _ => None,
        }
    }

    /// The property that is measured, where there is one.
    pub fn property(&self) -> Option<&str> {
        match self {
            Measure::Distinct { property } | Measure::Last { property } => Some(property),
            _ => self.number_of(),
        }
    }

    /// The type of the value; `number` tells whether a property is a number.
    pub fn kind(&self, number: impl Fn(&str) -> bool) -> SignalKind {
        match self {
            Measure::Last { property } if !number(property) => SignalKind::Text,
            Measure::Then { .. } => SignalKind::YesNo,
            _ => SignalKind::Number,
        }
    }

    /// The unit, for people.
    pub fn unit(&self) -> &str {
        match self {
            Measure::Count => "events",
            Measure::Distinct { .. } => "values",
            Measure::Sum { property }
            | Measure::Mean { property }
            | Measure::Min { property }
            | Measure::Max { property }
            | Measure::Last { property } => property,
            Measure::DaysSinceFirst
            | Measure::DaysSinceLast
            | Measure::ActiveDays
            | Measure::LongestGap => "days",
            Measure::RatePerDay => "events a day",
            Measure::Decayed { .. } => "decayed events",
            Measure::Trend => "events more",
            Measure::Ratio { .. } => "share",
            Measure::Then { .. } => "yes/no",
        }
    }

    /// Resolves names against a plan.
    ///
    /// # Errors
    /// [`PlanError`] when events lack a property, or have it as text where a number is needed.
    pub fn compile(
        &self,
        of: &Selection,
        window: Option<Span>,
        plan: &mut PlanBuilder<'_>,
    ) -> Result<CompiledMeasure, PlanError> {
        let bit = plan.selection(of)?;
        let at = plan.window(window);
        let what = match self {
            Measure::Count => What::Count,
            Measure::Distinct { property } => What::Distinct(plan.field(property, Wanted::Hash)?),
            Measure::Sum { property } => What::Sum(plan.field(property, Wanted::Number)?),
            Measure::Mean { property } => What::Mean(plan.field(property, Wanted::Number)?),
            Measure::Min { property } => What::Min(plan.field(property, Wanted::Number)?),
            Measure::Max { property } => What::Max(plan.field(property, Wanted::Number)?),
            Measure::Last { property } => match plan.field(property, Wanted::Number) {
                Ok(field) => What::LastNumber(field),
                Err(_) => What::LastText(plan.field(property, Wanted::Text)?),
            },
            Measure::DaysSinceFirst => What::DaysSinceFirst,
            Measure::DaysSinceLast => What::DaysSinceLast,
            Measure::ActiveDays => What::ActiveDays,
            Measure::LongestGap => What::LongestGap,
            Measure::RatePerDay => What::RatePerDay(window.map(Span::in_days)),
            Measure::Decayed { half_life } => What::Decayed(half_life.micros() as f64),
            Measure::Trend => What::Trend(window.map(|span| plan.window(Some(span.twice())))),
            Measure::Ratio { over } => What::Ratio(plan.selection(over)?),
            Measure::Then { then, within } => {
                What::Then(plan.selection(then)?, within.map_or(i64::MAX, Span::micros))
            }
        };
        Ok(CompiledMeasure { bit, window: at, what })
    }
}

/// A measure with every name resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CompiledMeasure {
    bit: usize,
    window: usize,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Count,
    Distinct(usize),
    Sum(usize),
    Mean(usize),
    Min(usize),
    Max(usize),
    LastNumber(usize),
    LastText(usize),
    DaysSinceFirst,
    DaysSinceLast,
    ActiveDays,
    LongestGap,
    /// The length of the window in days.
    RatePerDay(Option<f64>),
    /// The half-life in microseconds.
    Decayed(f64),
    /// The window of twice the length.
    Trend(Option<usize>),
    Ratio(usize),
    Then(usize, i64),
}

impl CompiledMeasure {
    /// The value over what was seen.
    pub fn evaluate<'t>(&self, seen: &Seen<'t>) -> Value<'t> {
        let start = seen.start(self.window);
        let picked = Picked::new(seen, self.bit, start);
        let as_of = seen.as_of().micros();
        let days_to = |at: i64| (as_of as f64 - at as f64) / MICROS_PER_DAY;
        let number = |number: Option<f64>| {
            number.filter(|number| number.is_finite()).map_or(Value::Missing, Value::Number)
        };
        number(match self.what {
            What::Count => Some(picked.count() as f64),
            What::Distinct(field) => Some(distinct(picked.with(seen.field(field))) as f64),
            What::Sum(field) => Some(picked.numbers(seen.field(field)).sum::<f64>() + 0.0),
            What::Mean(field) => {
                let (count, sum) = picked
                    .numbers(seen.field(field))
                    .fold((0_u64, 0.0), |(count, sum), number| (count + 1, sum + number));
                (count > 0).then(|| sum / count as f64)
            }
            What::Min(field) => picked.numbers(seen.field(field)).reduce(f64::min),
            What::Max(field) => picked.numbers(seen.field(field)).reduce(f64::max),
            What::LastNumber(field) => picked.numbers(seen.field(field)).next_back(),
            What::LastText(field) => {
                let last = picked.with(seen.field(field)).rfind(|hash| *hash != 0);
                let text = last.and_then(|hash| seen.text(hash));
                return text.map_or(Value::Missing, |text| Value::Text(Cow::Borrowed(text)));
            }
            What::DaysSinceFirst => picked.times().next().map(days_to),
            What::DaysSinceLast => picked.times().next_back().map(days_to),
            What::ActiveDays => {
                let mut last = None;
                let mut days = 0_u64;
                for at in picked.times() {
                    let day = at.div_euclid(crate::Time::MICROS_PER_DAY);
                    days += u64::from(last != Some(day));
                    last = Some(day);
                }
                Some(days as f64)
            }
            What::LongestGap => {
                let mut times = picked.times();
                times.next().map(|first| {
                    let (last, longest) = times.fold((first, 0), |(last, longest), at| {
                        (at, longest.max(at.saturating_sub(last)))
                    });
                    longest.max(as_of.saturating_sub(last)) as f64 / MICROS_PER_DAY
                })
            }
            What::RatePerDay(window) => {
                let age = seen
                    .created()
                    .map(|created| days_to(created.micros()))
                    .or_else(|| window.or_else(|| seen.at().first().map(|first| days_to(*first))));
                age.map(|age| {
                    let days = window.map_or(age, |window| age.min(window)).max(1.0);
                    picked.count() as f64 / days
                })
            }
            What::Decayed(half_life) => Some(
                picked
                    .times()
                    .map(|at| (-(as_of as f64 - at as f64) / half_life).exp2())
                    .sum::<f64>()
                    + 0.0,
            ),
            What::Trend(None) => None,
            What::Trend(Some(twice)) => {
                let now = picked.count();
                let both = Picked::new(seen, self.bit, seen.start(twice)).count();
                Some(now as f64 - (both - now) as f64)
            }
            What::Ratio(over) => {
                let under = Picked::new(seen, over, start).count();
                (under > 0).then(|| picked.count() as f64 / under as f64)
            }
            What::Then(then, within) => {
                return Value::YesNo(followed(seen, self.bit, then, start, within));
            }
        })
    }
}

/// The events of a selection from a place on.
#[derive(Clone, Copy)]
struct Picked<'s> {
    masks: &'s [u64],
    at: &'s [i64],
    start: usize,
    bit: u32,
}

impl<'s> Picked<'s> {
    fn new(seen: &'s Seen<'_>, bit: usize, start: usize) -> Self {
        let (masks, bit) = seen.selected(bit);
        Self { masks: &masks[start..], at: &seen.at()[start..], start, bit }
    }

    fn count(self) -> u64 {
        self.masks.iter().map(|mask| mask >> self.bit & 1).sum()
    }

    fn with<T: Copy>(self, values: &'s [T]) -> impl DoubleEndedIterator<Item = T> + 's {
        self.masks
            .iter()
            .zip(&values[self.start..])
            .filter(move |(mask, _)| **mask >> self.bit & 1 == 1)
            .map(|(_, value)| *value)
    }

    fn times(self) -> impl DoubleEndedIterator<Item = i64> + 's {
        self.masks
            .iter()
            .zip(self.at)
            .filter(move |(mask, _)| **mask >> self.bit & 1 == 1)
            .map(|(_, at)| *at)
    }

    fn numbers(self, field: &'s [u64]) -> impl DoubleEndedIterator<Item = f64> + 's {
        self.with(field).map(f64::from_bits).filter(|number| !number.is_nan())
    }
}

/// Different hashes, 0 aside.
fn distinct(hashes: impl Iterator<Item = u64>) -> usize {
    let mut seen: Vec<u64> = hashes.filter(|hash| *hash != 0).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

/// Whether an event of `first` is followed, strictly later, by one of `then`.
fn followed(seen: &Seen<'_>, first: usize, then: usize, start: usize, within: i64) -> bool {
    let (firsts, first) = seen.selected(first);
    let (thens, then) = seen.selected(then);
    let at = seen.at();
    // The last first event before this one's time, and the one at this very time.
    let (mut before, mut now): (Option<i64>, Option<i64>) = (None, None);
    for index in start..at.len() {
        if now.is_some_and(|now| now < at[index]) {
            before = now.take();
        }
        let follows = thens[index] >> then & 1 == 1;
        if follows && before.is_some_and(|before| at[index].saturating_sub(before) <= within) {
            return true;
        }
        if firsts[index] >> first & 1 == 1 {
            now = Some(at[index]);
        }
    }
    false
}
