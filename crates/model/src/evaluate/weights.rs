//! What a row of each outcome counts for.

use serde::{Deserialize, Serialize};

/// What a row counts for, by its outcome: where rows were sampled by outcome, each stands for more or
/// fewer of the population (G. King, L. Zeng, Logistic Regression in Rare Events Data, 2001, section
/// 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassWeights {
    /// A row that converted; above 0.
    pub converted: f64,
    /// A row that did not; above 0.
    pub other: f64,
}

impl ClassWeights {
    /// Every row counts once.
    pub const EQUAL: Self = Self { converted: 1.0, other: 1.0 };

    /// What rows stand for of a population that converts at one rate, when they were sampled by outcome
    /// and convert at another; both are above 0 and below 1.
    pub fn of_sample(sample: f64, population: f64) -> Self {
        Self { converted: population / sample, other: (1.0 - population) / (1.0 - sample) }
    }

    /// What a row counts for.
    pub fn of(self, label: bool) -> f64 {
        if label { self.converted } else { self.other }
    }

    /// Whether rows of both outcomes count for the same.
    pub fn are_equal(self) -> bool {
        self.converted == self.other
    }
}

/// What each row counts for, by its outcome and by a weight of its own, and which rows go together.
#[derive(Clone, Copy, Debug)]
pub struct RowWeights<'w> {
    /// By its outcome.
    pub by_outcome: ClassWeights,
    /// The weight of each row, above 0; empty where all weigh the same.
    pub of_rows: &'w [f64],
    /// The lead or the account of each row, where some have several: these tell less than as many rows of as many
    /// leads, and intervals are wider for it. Empty where every row is another's.
    pub groups: &'w [u64],
}

impl From<ClassWeights> for RowWeights<'_> {
    fn from(by_outcome: ClassWeights) -> Self {
        Self { by_outcome, of_rows: &[], groups: &[] }
    }
}

impl<'w> RowWeights<'w> {
    /// Weights of rows, whatever their outcomes.
    pub fn new(of_rows: &'w [f64]) -> Self {
        Self { of_rows, ..ClassWeights::EQUAL.into() }
    }

    /// What a row counts for.
    pub fn of(self, row: usize, label: bool) -> f64 {
        let by_outcome = self.by_outcome.of(label);
        if self.of_rows.is_empty() { by_outcome } else { by_outcome * self.of_rows[row] }
    }

    /// The row's own weight.
    pub(super) fn own(self, row: usize) -> f64 {
        if self.of_rows.is_empty() { 1.0 } else { self.of_rows[row] }
    }

    /// Whether all rows count for the same.
    pub(super) fn are_equal(self) -> bool {
        self.of_rows.is_empty() && self.by_outcome.are_equal()
    }

    /// The sums of what the rows of each group come to, of each value by itself, in the order of the groups; empty
    /// where no rows go together.
    pub(super) fn sums<const N: usize>(self, each: &[[f64; N]]) -> Vec<[f64; N]> {
        if self.groups.is_empty() {
            return Vec::new();
        }
        let mut order: Vec<usize> = (0..each.len()).collect();
        // By value too, so that the order of the rows does not show even in the last digit.
        let by_value = |a: &usize, b: &usize| {
            let compared = each[*a].iter().zip(&each[*b]).map(|(a, b)| a.total_cmp(b));
            compared.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        };
        order.sort_unstable_by(|a, b| {
            self.groups[*a].cmp(&self.groups[*b]).then_with(|| by_value(a, b))
        });
        let sums = order.chunk_by(|a, b| self.groups[*a] == self.groups[*b]).map(|group| {
            let mut sum = [0.0; N];
            for &row in group {
                sum.iter_mut().zip(each[row]).for_each(|(sum, value)| *sum += value);
            }
            sum
        });
        let mut sums: Vec<[f64; N]> = sums.collect();
        sums.sort_unstable_by(|a, b| {
            let compared = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
            compared.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        sums
    }

    /// By how much the variance of a rate of these rows is above that of rows that do not go together, by what is left
    /// of their outcomes: at least 1 (L. Kish, Survey Sampling, 1965, section 5.4).
    pub(super) fn design_effect(self, probabilities: &[f64], labels: &[bool]) -> f64 {
        if self.groups.is_empty() {
            return 1.0;
        }
        let left = |row: usize| {
            let outcome = f64::from(u8::from(labels[row]));
            self.of(row, labels[row]) * (outcome - probabilities[row])
        };
        let each: Vec<[f64; 1]> = (0..labels.len()).map(|row| [left(row)]).collect();
        let mut alone: Vec<f64> = each.iter().map(|[left]| left * left).collect();
        alone.sort_unstable_by(f64::total_cmp);
        let together: f64 = self.sums(&each).iter().map(|[sum]| sum * sum).sum();
        let effect = together / alone.iter().sum::<f64>();
        if effect.is_finite() { effect.max(1.0) } else { 1.0 }
    }

    /// The same weights on such a scale that these rows count for as many as they are.
    pub fn scaled_to(self, labels: &[bool]) -> Self {
        if self.are_equal() {
            return Self { by_outcome: ClassWeights::EQUAL, ..self };
        }
        let all: f64 = labels.iter().enumerate().map(|(row, &label)| self.of(row, label)).sum();
        let (scale, of) = (labels.len() as f64 / all, self.by_outcome);
        let by_outcome = ClassWeights { converted: of.converted * scale, other: of.other * scale };
        Self { by_outcome, ..self }
    }
}
