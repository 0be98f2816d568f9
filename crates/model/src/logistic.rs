//! A fitted logistic regression, and the link between log-odds and probability.

use leadscore_features::Encoder;
use serde::{Deserialize, Serialize};

/// The weight of one slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotWeight {
    /// The slot's name, as the encoder gives it.
    pub slot: String,
    /// Its coefficient, in log-odds per unit of the slot.
    pub coefficient: f64,
    /// The slot's mean over the fitted rows. Reasons are told against it, and drift is measured
    /// from it.
    pub mean: f64,
}

/// A penalised logistic regression over the slots of an encoder, the intercept unpenalised. A plain
/// one is the minimum of `sum of log losses + l2 / 2 * |coefficients|^2` (scikit-learn's
/// `C = 1 / l2`); one with tables has a penalty for each, of the strengths that were learnt.
/// The tables of pairs say only what their two signals do not say alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// The log-odds of an all-zero vector.
    pub intercept: f64,
    /// The penalty; with tables, the factor on their strengths.
    pub l2: f64,
    /// One weight for each slot, in the encoder's order.
    pub slots: Vec<SlotWeight>,
}

/// An encoder and the regression over its slots: all that turns signals into a probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// Signals to slots.
    pub encoder: Encoder,
    /// Slots to log-odds.
    pub logistic: Logistic,
}

impl Fitted {
    /// Whether the weights are finite, and the slots those of the encoder, in its order.
    pub fn is_consistent(&self) -> bool {
        let finite = self.logistic.intercept.is_finite()
            && self.logistic.slots.iter().all(|s| s.coefficient.is_finite() && s.mean.is_finite());
        let names = self.encoder.slots().into_iter().map(|slot| slot.name);
        finite
            && self.encoder.is_consistent()
            && names.eq(self.logistic.slots.iter().map(|slot| slot.slot.clone()))
    }
}

/// The probability of a log-odds, `1 / (1 + exp(-x))`, without overflow: the exponential is taken
/// of a negative number only.
pub fn sigmoid(log_odds: f64) -> f64 {
    if log_odds >= 0.0 {
        1.0 / (1.0 + (-log_odds).exp())
    } else {
        let odds = log_odds.exp();
        odds / (1.0 + odds)
    }
}

/// The log-odds of a probability; infinite at 0 and 1.
pub fn logit(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_is_stable_and_symmetric() {
        assert_eq!(sigmoid(0.0), 0.5);
        assert_eq!(sigmoid(-800.0), 0.0);
        assert_eq!(sigmoid(800.0), 1.0);
        assert!((sigmoid(3.0) + sigmoid(-3.0) - 1.0).abs() < 1e-15);
        assert!((logit(sigmoid(1.25)) - 1.25).abs() < 1e-14);
    }
}
