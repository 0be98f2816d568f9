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

    /// The same weights on such a scale that these rows count for as many as they are.
    pub(super) fn scaled_to(self, labels: &[bool]) -> Self {
        if self.are_equal() {
            return Self::EQUAL;
        }
        let scale = labels.len() as f64 / labels.iter().map(|&label| self.of(label)).sum::<f64>();
        Self { converted: self.converted * scale, other: self.other * scale }
    }
}
