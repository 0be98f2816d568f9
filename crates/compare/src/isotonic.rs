//! Isotonic regression: the rates that rise with a score and fit the outcomes best.

use leadscore_model::evaluate::{Interval, wilson};

use crate::{Order, Outcomes};

/// Scores of one rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The lowest of them.
    pub from: f64,
    /// The highest.
    pub to: f64,
    /// Leads with such a score.
    pub leads: usize,
    /// Conversions among them.
    pub conversions: usize,
}

/// The conversion rate as a function of a score that never falls as the score rises: the least squares
/// fit, by pooling adjacent violators (R. Barlow, D. Bartholomew, J. Bremner, H. Brunk, Statistical
/// Inference under Order Restrictions, 1972, section 1.2).
#[derive(Clone, Debug, PartialEq)]
pub struct Isotonic(Vec<Level>);

impl Isotonic {
    /// The fit to the outcomes of leads in an order.
    pub fn of(outcomes: &Outcomes, order: &Order) -> Self {
        let mut levels: Vec<Level> = Vec::new();
        let mut start = 0;
        let mut runs = Vec::with_capacity(order.runs().len());
        for (score, end) in order.runs() {
            let leads = &order.in_order()[start..*end];
            let converted = |lead: &&u32| outcomes.converted()[**lead as usize];
            let conversions = leads.iter().filter(converted).count();
            runs.push(Level { from: *score, to: *score, leads: leads.len(), conversions });
            start = *end;
        }
        for run in runs.into_iter().rev() {
            let mut level = run;
            // Rates are compared as cross products, which are exact.
            let falls = |below: &Level, level: &Level| {
                below.conversions * level.leads >= level.conversions * below.leads
            };
            while let Some(below) = levels.pop_if(|below| falls(below, &level)) {
                level.from = below.from;
                level.leads += below.leads;
                level.conversions += below.conversions;
            }
            levels.push(level);
        }
        Self(levels)
    }

    /// The levels, by rising score.
    pub fn levels(&self) -> &[Level] {
        &self.0
    }

    /// The rate that a score stands for, with Wilson's interval for the leads of its level; between two
    /// levels, that of the lower. `None` above the highest score and below the lowest.
    pub fn at(&self, score: f64) -> Option<Interval> {
        let level = self.0.partition_point(|level| level.from <= score).checked_sub(1)?;
        let level = self.0[level];
        let highest = self.0.last().map_or(f64::NEG_INFINITY, |last| last.to);
        (score <= highest).then(|| wilson(level.conversions, level.leads)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_agree_with_scikit_learn() {
        // IsotonicRegression().fit_transform([1,2,3,3,4,5,6,7], [0,1,0,0,1,0,1,1])
        let scores = [1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        let converted = [false, true, false, false, true, false, true, true];
        let outcomes = Outcomes::new(&converted, None);
        let found = Isotonic::of(&outcomes, &Order::of(&scores));
        let at = |score: f64| found.at(score).map(|rate| rate.value);
        let expected = [0.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.5, 0.5, 1.0, 1.0];
        for (score, expected) in scores.iter().zip(expected) {
            assert_eq!(at(*score), Some(expected), "{score}");
        }
        assert_eq!((at(0.5), at(7.5), at(2.5)), (None, None, Some(1.0 / 3.0)));
        assert_eq!(found.levels().len(), 4);
    }
}
