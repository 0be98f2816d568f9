//! What is evidence that a column is known only after the outcome. All shares are judged by the ends
//! of their 95 % intervals, so that a few rows never suffice.
//!
//! The line between a leak and a strong honest column is drawn by three figures of the class in which
//! a value is found more often: its **coverage** (the share of the class that has it), its **ratio**
//! (coverage over the share of the other class) and its **purity** (the share of those with the value
//! that are of the class). Coverage and ratio do not hang on how rare conversions are. That a demo was
//! asked for is found in most deals that were won, and in some that were not: its ratio is 5 or 10.
//! What is filled in after the end is found in nearly all of one class and in the other by mistake
//! alone: its ratio is 30 and more.

use leadscore_features::Time;
use leadscore_model::bundle::{AfterWhat, ClassCounts, LeakEvidence};
use leadscore_model::evaluate::wilson;

use super::Case;
use super::tally::{ColumnTally, Level, less};
use super::words::named;

/// By fewer values than this nothing is said, ...
const LEAST: usize = 20;
/// ... but of a small class, where not even this many are, and chance is out of the question: drawn
/// blindly, so many of the class would be among the filled with less than this probability.
const LEAST_OF_FEW: usize = 10;
const NO_CHANCE: f64 = 1e-9;
/// Most of those with the value are of the class.
const PURE: f64 = 0.5;
/// Nearly all of those with a value that names the result are.
const PURE_VALUE: f64 = 0.9;
/// What the other class has more often than this is not there by mistake.
const MISTAKES: f64 = 0.03;
/// Lowest coverage, and the ratio that it must come with: the less of its class a column covers, the
/// more must it be missing from the other.
const NEARLY_ALL: (f64, f64) = (0.9, 15.0);
const MOST: (f64, f64) = (0.5, 30.0);
/// Only for the class that converted, with a purity and a share of mistakes of its own: what a tenth of
/// those that did not convert have, and nobody else, is a reason not to buy, known long before.
const SOME: (f64, f64) = (0.1, 30.0);
/// Of a class of few that converted the interval of the other class is wide although nothing is there; a
/// ratio that honest columns have would still leave some there.
const MOST_OF_FEW: (f64, f64) = (0.5, 20.0);
const PURE_SOME: f64 = 0.95;
const MISTAKES_SOME: f64 = 0.005;
/// Of a column whose name says that it is about the result less must be shown.
const NAMED: (f64, f64) = (0.25, 10.0);
/// Of a value that names the result; that of an earlier campaign is found ten times as often with those
/// that converted, and a few of the others.
const NAMED_VALUE: (f64, f64) = (0.1, 25.0);
/// Values that stand for the result one to one: the other class has them no more often than this.
const COPY_MISTAKES: f64 = 0.05;
/// A value that this share of the filled cells have, at least, may stand for `nothing`.
const BLANK_SHARE: f64 = 0.2;
/// Numbers with more different values than this are measures; they do not stand for the result.
const MOST_CODES: usize = 20;
/// Values in fewer rows than this are no code for a result, and are not named.
const LEAST_LEVEL: usize = 10;
/// Of the dates of those that converted this share lies at or after the conversion, at least: what ends
/// some days later, a trial say, does so often.
const MOSTLY_LATER: f64 = 0.8;
/// A column with more dates than this beyond the end of what is known holds plans.
const PLANS: f64 = 0.01;

/// A column, and what it is judged by.
pub(super) struct Judged<'a, 't> {
    pub(super) name: &'a str,
    pub(super) tally: &'a ColumnTally<'t>,
    pub(super) cases: &'a [Case],
    /// Up to when outcomes are known, where they have a time.
    pub(super) observed_until: Option<Time>,
}

impl Judged<'_, '_> {
    /// All evidence, at most one piece of each kind.
    pub(super) fn evidence(&self) -> Vec<LeakEvidence> {
        let of = self.tally.of;
        if of.converted < LEAST_OF_FEW || of.others < LEAST_OF_FEW {
            return Vec::new();
        }
        let one_class = self.one_class();
        let names = self.value_names_result().or_else(|| self.name_names_result());
        let copies = || self.copies_result().filter(|_| one_class.is_none());
        let names = names.or_else(copies);
        [self.timing(), one_class, names].into_iter().flatten().collect()
    }

    /// Filled for one class only, or nearly so.
    fn one_class(&self) -> Option<LeakEvidence> {
        let of = self.tally.of;
        let filled = self.tally.filled;
        if found_in_one_class(filled, of) {
            return Some(LeakEvidence::OneClass { filled, blank: None });
        }
        // A yes or no is not a field that was filled in: `yes` is a value as any other.
        let (level, blank) = self.blank().filter(|(level, _)| !matches!(level, Level::YesNo(_)))?;
        let filled = less(filled, blank);
        let only = Contrast::new(filled, of)?;
        let found = only.other_share <= MISTAKES && only.pure(PURE) && only.reaches(NEARLY_ALL);
        found.then(|| LeakEvidence::OneClass { filled, blank: level.shown() })
    }

    /// The value that stands for nothing: a frequent number or date, a no, or a text that says so.
    fn blank(&self) -> Option<(&Level<'_>, ClassCounts)> {
        const WORDS: [&str; 10] = [
            "0",
            "none",
            "no",
            "false",
            "nothing",
            "not applicable",
            "ninguno",
            "ninguna",
            "nada",
            "sin",
        ];
        let stands = |level: &Level<'_>| match level {
            Level::Number(_) | Level::Time(_) => true,
            Level::YesNo(flag) => !flag,
            Level::Text(text) => WORDS.iter().any(|word| word.eq_ignore_ascii_case(text.trim())),
        };
        let enough = BLANK_SHARE * self.tally.filled.total() as f64;
        let mut frequent = self
            .tally
            .levels
            .iter()
            .take_while(|(_, counts)| counts.total() >= LEAST_LEVEL)
            .filter(|(_, counts)| counts.total() as f64 >= enough);
        frequent.find(|(level, _)| stands(level)).map(|(level, counts)| (level, *counts))
    }

    /// A value names the result, and goes with it.
    fn value_names_result(&self) -> Option<LeakEvidence> {
        let frequent = |counts: &ClassCounts| counts.total() >= LEAST;
        let names = |(level, counts): &(Level<'_>, ClassCounts)| {
            let Level::Text(text) = level else { return None };
            let word = named(text)?;
            let contrast = Contrast::new(*counts, self.tally.of)?;
            let says_so = word.converted.is_none_or(|converted| converted == contrast.converted);
            let purity = if contrast.converted { PURE_VALUE } else { PURE };
            let found = says_so && contrast.pure(purity) && contrast.reaches(NAMED_VALUE);
            let value = level.shown().filter(|_| found)?;
            let evidence = LeakEvidence::NamesResult {
                word: Some(word.word),
                value: Some(value),
                found: *counts,
            };
            Some((contrast.converted, evidence))
        };
        // The most frequent, one for converting before one for not.
        let levels = self.tally.levels.iter().take_while(|(_, counts)| frequent(counts));
        let found: Vec<_> = levels.filter_map(names).collect();
        let first = found.iter().find(|(converted, _)| *converted).or(found.first());
        first.map(|(_, evidence)| evidence.clone())
    }

    /// The column's name names the result, and it is filled, or a yes, for nearly one class only.
    fn name_names_result(&self) -> Option<LeakEvidence> {
        let word = named(self.name)?.word;
        let filled = self.tally.filled;
        let without_blank = self.blank().map(|(_, blank)| less(filled, blank));
        let goes = |found: &ClassCounts| {
            Contrast::new(*found, self.tally.of)
                .is_some_and(|contrast| contrast.pure(PURE) && contrast.reaches(NAMED))
        };
        let found = [Some(filled), without_blank].into_iter().flatten().find(goes)?;
        Some(LeakEvidence::NamesResult { word: Some(word), value: None, found })
    }

    /// The values go with the result one to one: the outcome under another name, or in other codes.
    fn copies_result(&self) -> Option<LeakEvidence> {
        let levels = &self.tally.levels;
        let codes = match levels.first()?.0 {
            Level::Number(_) => levels.len() <= MOST_CODES,
            Level::Time(_) => false,
            Level::YesNo(_) | Level::Text(_) => true,
        };
        if !codes {
            return None;
        }
        let of = self.tally.of;
        let base = of.converted as f64 / of.total() as f64;
        let mut found = ClassCounts::default();
        let missing = self.tally.missing();
        for counts in levels.iter().map(|(_, counts)| counts).chain([&missing]) {
            let rate = wilson(counts.converted, counts.total());
            if counts.total() >= LEAST_LEVEL && rate.is_some_and(|rate| rate.low > base) {
                found.converted += counts.converted;
                found.others += counts.others;
            }
        }
        let contrast = Contrast::new(found, of)?;
        let copies = contrast.converted
            && contrast.other_share <= COPY_MISTAKES
            && contrast.pure(PURE)
            && contrast.reaches(NEARLY_ALL);
        copies.then_some(LeakEvidence::NamesResult { word: None, value: None, found })
    }

    /// The dates lie after the outcome, or after the moment of the row in one class only.
    fn timing(&self) -> Option<LeakEvidence> {
        let dates = &self.tally.dates;
        let (mut dated, mut later) = (ClassCounts::default(), ClassCounts::default());
        for &(case, date) in dates {
            let Case { converted, ended, .. } = self.cases[case];
            if let Some(ended) = ended {
                dated.add(converted);
                if is_at_or_after(date, ended) {
                    later.add(converted);
                }
            }
        }
        // Dates of plans lie after the outcome too, and are known before. Some of them lie beyond the
        // end of what is known, where nothing that has happened can.
        let planned = self.observed_until.map_or(0, |until| {
            dates.iter().filter(|(_, date)| date.days_since(until) >= 1.0).count()
        });
        let happened = planned as f64 <= PLANS * dates.len() as f64;
        let mostly =
            wilson(later.converted, dated.converted).is_some_and(|share| share.low >= MOSTLY_LATER);
        if happened && dated.converted >= LEAST && mostly {
            return Some(LeakEvidence::Timing { after: AfterWhat::Outcome, later, dated });
        }
        let (mut dated, mut later) = (ClassCounts::default(), ClassCounts::default());
        for &(case, date) in dates {
            let Case { converted, as_of, .. } = self.cases[case];
            if let Some(as_of) = as_of {
                dated.add(converted);
                if date > as_of {
                    later.add(converted);
                }
            }
        }
        found_in_one_class(later, self.tally.of).then_some(LeakEvidence::Timing {
            after: AfterWhat::Moment,
            later,
            dated,
        })
    }
}

/// Whether a date is that of a moment or later. A date without a time of the day is that of the
/// moment where it is of the same day.
fn is_at_or_after(date: Time, moment: Time) -> bool {
    let whole_day = date.micros().rem_euclid(Time::MICROS_PER_DAY) == 0;
    date >= moment || (whole_day && moment.days_since(date) < 1.0)
}

/// Whether something is found in one class only, or nearly so.
fn found_in_one_class(found: ClassCounts, of: ClassCounts) -> bool {
    Contrast::new(found, of).is_some_and(|contrast| {
        let some = contrast.converted
            && contrast.other_share <= MISTAKES_SOME
            && contrast.pure(PURE_SOME)
            && contrast.reaches(SOME);
        let few = contrast.converted
            && contrast.other_share <= MISTAKES_SOME
            && contrast.reaches(MOST_OF_FEW);
        contrast.other_share <= MISTAKES
            && contrast.pure(PURE)
            && (contrast.reaches(NEARLY_ALL) || contrast.reaches(MOST) || some || few)
    })
}

/// How much more often something is found in one class than in the other.
#[derive(Clone, Copy, Debug)]
struct Contrast {
    /// Whether it is found more often in the class that converted.
    converted: bool,
    /// The share of that class that has it: the lower end of its interval.
    coverage: f64,
    /// The coverage over the upper end of the other class's.
    ratio: f64,
    /// The share of the other class that has it.
    other_share: f64,
    /// The share of those that have it that are of the class: the lower end of its interval.
    purity: f64,
}

impl Contrast {
    /// `None` where there are too few to tell.
    fn new(found: ClassCounts, of: ClassCounts) -> Option<Self> {
        let share = |class: bool| wilson(found.of(class), of.of(class));
        let (won, lost) = (share(true)?, share(false)?);
        let converted = won.value > lost.value;
        let (own, other) = if converted { (won, lost) } else { (lost, won) };
        let purity = wilson(found.of(converted), found.total())?;
        let enough = found.of(converted) >= LEAST
            || (found.of(converted) >= LEAST_OF_FEW && by_chance(found, of, converted) < NO_CHANCE);
        enough.then_some(Self {
            converted,
            coverage: own.low,
            ratio: own.low / other.high,
            other_share: other.value,
            purity: purity.low,
        })
    }

    fn reaches(&self, (coverage, ratio): (f64, f64)) -> bool {
        self.coverage >= coverage && self.ratio >= ratio
    }

    fn pure(&self, purity: f64) -> bool {
        self.purity >= purity
    }
}

/// The probability that at least so many of a class are among those that are found, were they drawn
/// blindly: Fisher's exact test, one-sided. An upper bound (Markov's, of how many sets of so many are all
/// of the class), exact where none of the other class is found.
fn by_chance(found: ClassCounts, of: ClassCounts, converted: bool) -> f64 {
    let factor = |i: usize| {
        let chosen = (found.total() - i) as f64 / (i + 1) as f64;
        chosen * (of.of(converted) - i) as f64 / (of.total() - i) as f64
    };
    (0..found.of(converted)).map(factor).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_that_of_an_exact_test() {
        let counts = |converted, others| ClassCounts { converted, others };
        // 1 / C(10, 3): the three found are the three of the class.
        assert!((by_chance(counts(3, 0), counts(3, 7), true) - 1.0 / 120.0).abs() < 1e-15);
        // Python's comb(21, 17) / comb(182, 17).
        let few = by_chance(counts(17, 0), counts(21, 161), true);
        assert!((few / 1.744_712_249_279_303_6e-20 - 1.0).abs() < 1e-12, "{few:e}");
        // The exact tail is 0.00052556 (by the sum over comb); the bound lies above it.
        let bound = by_chance(counts(1, 5), counts(20, 6), false);
        assert!((bound / 0.000_547_278_808_148_373_4 - 1.0).abs() < 1e-12, "{bound}");
    }
}
