//! A fitted logistic regression, and the link between log-odds and probability.

use leadscore_features::Encoder;
use serde::{Deserialize, Serialize};

use crate::{Recalibration, Uncertainty};

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
    /// The standard deviation, in log-odds, of what each of the values that share the slot does by itself, where
    /// they are levels of a category that have none of their own: intervals are wider by it. 0 of other slots, and
    /// where it was not asked for how sure the model is.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub within: f64,
}

impl SlotWeight {
    /// The weight of a slot of which nothing is known beside.
    pub fn new(slot: String, coefficient: f64, mean: f64) -> Self {
        Self { slot, coefficient, mean, within: 0.0 }
    }

    fn is_consistent(&self) -> bool {
        let within = self.within >= 0.0 && self.within.is_finite();
        self.coefficient.is_finite() && self.mean.is_finite() && within
    }
}

/// Whether there is nothing to write.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
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

/// The move of all log-odds to the conversion rate of the population: another base rate changes the
/// intercept alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaseRate {
    /// The conversion rate of the population; above 0 and below 1.
    pub population: f64,
    /// What is added to the log-odds.
    pub log_odds: f64,
}

impl BaseRate {
    /// For a model fitted to rows that were sampled by outcome, and convert at the rate `fitted`
    /// (G. King, L. Zeng, Logistic Regression in Rare Events Data, 2001, section 4.1). Both are above
    /// 0 and below 1.
    pub fn of_sample(fitted: f64, population: f64) -> Self {
        Self { population, log_odds: logit(population) - logit(fitted) }
    }

    /// What gives some rows of the population their own conversion rate on average
    /// (recalibration in the large: E. Steyerberg, Clinical Prediction Models, 2nd edition, section
    /// 15.3.2). Where signals follow the change of the rate, the log-odds do too, and only the rest is
    /// added. `weights` are of the rows, none where each counts once; `conversions` is what those count for
    /// that converted. `None` where the rows are all of one outcome.
    pub fn of_rows(log_odds: &[f64], conversions: f64, weights: &[f64]) -> Option<Self> {
        let weight = |row: usize| weights.get(row).copied().unwrap_or(1.0);
        let mass = (0..log_odds.len()).map(weight).sum::<f64>();
        if conversions <= 0.0 || conversions >= mass {
            return None;
        }
        // The mean rises with what is added, so that halving finds it.
        let expected = |by: f64| -> f64 {
            log_odds.iter().enumerate().map(|(row, z)| weight(row) * sigmoid(z + by)).sum()
        };
        let (mut low, mut high) = (-50.0, 50.0);
        for _ in 0..70 {
            let middle = (low + high) / 2.0;
            if expected(middle) < conversions { low = middle } else { high = middle }
        }
        let population = conversions / mass;
        Some(Self { population, log_odds: (low + high) / 2.0 })
    }
}

/// An encoder and the regression over its slots, and what is added to its log-odds in the end: all that
/// turns signals into a probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// Signals to slots.
    pub encoder: Encoder,
    /// Slots to log-odds.
    pub logistic: Logistic,
    /// Added first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recalibration: Option<Recalibration>,
    /// Added last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub base_rate: Option<BaseRate>,
    /// The variance of log-odds that no slot stands for: what pairs of signals that
    /// were not taken may say together. 0 where it is not known.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub unmodelled: f64,
    /// How sure the coefficients are, where that was asked for. It stands in a section of its own of a
    /// bundle, as bytes.
    #[serde(skip)]
    pub uncertainty: Option<Uncertainty>,
}

impl Fitted {
    /// An encoder and a regression alone: nothing is added, and how sure it is is not known.
    pub fn new(encoder: Encoder, logistic: Logistic) -> Self {
        Self {
            encoder,
            logistic,
            recalibration: None,
            base_rate: None,
            unmodelled: 0.0,
            uncertainty: None,
        }
    }

    /// Whether the weights are finite, and the slots those of the encoder, in its order.
    pub fn is_consistent(&self) -> bool {
        let finite = self.logistic.intercept.is_finite()
            && self.logistic.slots.iter().all(SlotWeight::is_consistent);
        let line = self.recalibration.as_ref().is_none_or(Recalibration::is_consistent);
        let moved = self.base_rate.is_none_or(|rate| rate.log_odds.is_finite());
        let names = self.encoder.slots().into_iter().map(|slot| slot.name);
        let sure = self.uncertainty.as_ref();
        let of_slots = sure.is_none_or(|sure| sure.slots() == self.logistic.slots.len());
        finite
            && self.unmodelled.is_finite()
            && self.unmodelled >= 0.0
            && of_slots
            && line
            && moved
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

/// The log loss of one row in nats, by its log-odds and its outcome from 0 to 1, without overflow:
/// `log(1 + exp(z)) - y z`.
pub fn row_loss(log_odds: f64, outcome: f64) -> f64 {
    log_odds.max(0.0) - outcome * log_odds + (-log_odds.abs()).exp().ln_1p()
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

    #[test]
    fn base_rates_move_what_they_should() {
        let moved = BaseRate::of_sample(0.5, 0.1);
        assert!((sigmoid(moved.log_odds) - 0.1).abs() < 1e-15);
        let log_odds = [-2.0, -1.0, 0.5, 1.0];
        let moved = BaseRate::of_rows(&log_odds, 3.0, &[]).unwrap();
        let mean = log_odds.iter().map(|z| sigmoid(z + moved.log_odds)).sum::<f64>() / 4.0;
        assert!((mean - 0.75).abs() < 1e-12 && moved.population == 0.75);
        assert_eq!(BaseRate::of_rows(&log_odds, 0.0, &[]), None);
        assert_eq!(BaseRate::of_rows(&log_odds, 4.0, &[]), None);
        assert_eq!(BaseRate::of_rows(&[], 0.0, &[]), None);
    }
}
