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

/// What each row counts for: by its outcome, and by a weight of its own.
#[derive(Clone, Copy, Debug)]
pub struct RowWeights<'w> {
    /// By its outcome.
    pub by_outcome: ClassWeights,
    /// The weight of each row, above 0; empty where all weigh the same.
    pub of_rows: &'w [f64],
}

impl From<ClassWeights> for RowWeights<'_> {
    fn from(by_outcome: ClassWeights) -> Self {
        Self { by_outcome, of_rows: &[] }
    }
}

impl RowWeights<'_> {
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
