//! Rules: whether those to whom they give points convert more often.

use leadscore_model::evaluate::{Interval, wilson};
use leadscore_model::points::Points;
use serde::Serialize;

/// Where a rule says something of fewer leads than this, or of all but fewer, nothing can be told.
const LEAST_LEADS: usize = 20;

/// What the outcomes say of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleVerdict {
    /// It gives points and those leads convert more often than others, or takes points and they convert
    /// less often, beyond chance.
    Earns,
    /// The other way round.
    Against,
    /// It cannot be told from chance.
    Unclear,
    /// There are too few leads to whom it gives or takes, or others.
    TooFew,
    /// It gives or takes something for everyone, so there is nobody to hold those leads against.
    Everyone,
    /// It gives or takes nothing.
    Never,
}

/// What became of the leads to whom a rule gives or takes points, and of the others. It is told of
/// each rule by itself: what two rules say together is not shared out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleEvidence {
    /// The rule.
    pub rule: String,
    /// Leads to whom it gives or takes points.
    pub leads: usize,
    /// Conversions among them.
    pub conversions: usize,
    /// The points that it gives them on average; `None` without such leads.
    pub mean_points: Option<f64>,
    /// Their conversion rate.
    pub rate: Option<Interval>,
    /// That of the others.
    pub others: Option<Interval>,
    /// The first less the second.
    pub difference: Option<Interval>,
    /// What that says.
    pub verdict: RuleVerdict,
}

/// What is counted of a rule: leads to whom it gives or takes points, conversions among them, and the points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleTally {
    /// Leads to whom it gives or takes points.
    pub leads: usize,
    /// Conversions among them.
    pub conversions: usize,
    /// The points that it gives them, together.
    pub points: Points,
}

impl RuleTally {
    /// Takes in a lead to whom the rule gives points that are not 0.
    pub fn add(&mut self, points: Points, converted: bool) {
        self.leads += 1;
        self.conversions += usize::from(converted);
        self.points += points;
    }

    /// Takes in what was counted of other leads.
    pub fn append(&mut self, other: Self) {
        self.leads += other.leads;
        self.conversions += other.conversions;
        self.points += other.points;
    }
}

impl RuleEvidence {
    /// What became of the leads to whom a rule gives `points`, 0 where it gives nothing; the slices are
    /// parallel.
    pub fn of(rule: &str, points: &[Points], converted: &[bool]) -> Self {
        let mut tally = RuleTally::default();
        for (points, converted) in points.iter().zip(converted) {
            if !points.is_zero() {
                tally.add(*points, *converted);
            }
        }
        let conversions = converted.iter().filter(|converted| **converted).count();
        Self::of_tally(rule, tally, (conversions, converted.len()))
    }

    /// The same of what was counted; `all` is the conversions among all leads, and all leads.
    pub fn of_tally(rule: &str, tally: RuleTally, all: (usize, usize)) -> Self {
        let RuleTally { leads, conversions, points } = tally;
        let (of_others, others) = (all.0 - conversions, all.1 - leads);
        let mean = points.to_number() / leads as f64;
        let (rate, rest) = (wilson(conversions, leads), wilson(of_others, others));
        let difference = rate.zip(rest).map(|(rate, rest)| newcombe(rate, rest));
        let verdict = match difference {
            _ if leads == 0 => RuleVerdict::Never,
            _ if others == 0 => RuleVerdict::Everyone,
            _ if leads.min(others) < LEAST_LEADS => RuleVerdict::TooFew,
            Some(found) if found.low > 0.0 || found.high < 0.0 => {
                if (found.value > 0.0) == (mean > 0.0) && mean != 0.0 {
                    RuleVerdict::Earns
                } else {
                    RuleVerdict::Against
                }
            }
            _ => RuleVerdict::Unclear,
        };
        Self {
            rule: rule.to_owned(),
            leads,
            conversions,
            mean_points: (leads > 0).then_some(mean),
            rate,
            others: rest,
            difference,
            verdict,
        }
    }
}

/// The difference of two conversion rates of different leads with its 95 % interval, of conversions
/// and leads of each (R. G. Newcombe, Statistics in Medicine 17, 1998, page 873, method 10). `None`
/// without leads on either side.
pub fn rate_difference(first: (usize, usize), second: (usize, usize)) -> Option<Interval> {
    Some(newcombe(wilson(first.0, first.1)?, wilson(second.0, second.1)?))
}

/// The same of two rates with Wilson's intervals.
pub(crate) fn newcombe(first: Interval, second: Interval) -> Interval {
    let value = first.value - second.value;
    let below = (first.value - first.low).hypot(second.high - second.value);
    let above = (first.high - first.value).hypot(second.value - second.low);
    Interval { value, low: (value - below).max(-1.0), high: (value + above).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_newcombe_s() {
        // The example of the paper, table II: 56 of 70 against 48 of 80, method 10.
        let found = rate_difference((56, 70), (48, 80)).unwrap();
        assert!((found.value - 0.2).abs() < 1e-12);
        assert!(
            (found.low - 0.0524).abs() < 5e-5 && (found.high - 0.3339).abs() < 5e-5,
            "{found:?}"
        );
        assert_eq!(rate_difference((0, 0), (1, 2)), None);
    }

    #[test]
    fn a_rule_earns_its_points_or_not() {
        let converted: Vec<bool> = (0..400).map(|lead| lead < 100 && lead % 2 == 0).collect();
        let given = |points: f64, to: std::ops::Range<usize>| -> Vec<Points> {
            let points = Points::from_number(points).unwrap();
            (0..400).map(|lead| if to.contains(&lead) { points } else { Points::ZERO }).collect()
        };
        let verdict =
            |points: f64, to| RuleEvidence::of("r", &given(points, to), &converted).verdict;
        assert_eq!(verdict(10.0, 0..100), RuleVerdict::Earns);
        assert_eq!(verdict(-10.0, 0..100), RuleVerdict::Against);
        assert_eq!(verdict(-10.0, 100..200), RuleVerdict::Earns);
        assert_eq!(verdict(10.0, 80..160), RuleVerdict::Unclear);
        assert_eq!(verdict(10.0, 0..19), RuleVerdict::TooFew);
        assert_eq!(verdict(10.0, 0..0), RuleVerdict::Never);
        assert_eq!(verdict(10.0, 0..399), RuleVerdict::TooFew);
        assert_eq!(verdict(10.0, 0..400), RuleVerdict::Everyone);
    }
}
