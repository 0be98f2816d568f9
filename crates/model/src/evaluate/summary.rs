//! What a model reached on rows that it never saw.

use serde::{Deserialize, Serialize};

use super::{
    Auc, Calibration, CalibrationSlope, ClassWeights, Decile, RowWeights, auc_weighted,
    log_loss_weighted,
    loss::{average_precision_weighted, brier_weighted, converted_mass},
    order::{calibration_weighted, deciles_weighted},
    slope::calibration_slope_weighted,
};

/// Bins of a calibration table: in training and in comparisons, since the expected calibration error hangs
/// on their number.
pub const CALIBRATION_BINS: usize = 20;

/// The usual figures of probabilities against outcomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Rows, however much each of them weighs.
    pub rows: usize,
    /// Of them, converted.
    pub conversions: usize,
    /// The share that converted.
    pub base_rate: f64,
    /// What rows of each outcome count for in all figures but the AUC and the counts above, where rows
    /// were sampled by outcome; all together for as many as they are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<ClassWeights>,
    /// `None` unless both classes occur.
    pub auc: Option<Auc>,
    /// Mean log loss, in nats.
    pub log_loss: f64,
    /// The log loss of giving every row the conversion rate of the training rows.
    pub base_log_loss: f64,
    /// Brier score.
    pub brier: f64,
    /// The Brier score of giving every row the conversion rate of the training rows.
    pub base_brier: f64,
    /// Average precision; the base rate is what a random order reaches. `None` when nothing
    /// converted.
    pub average_precision: Option<f64>,
    /// Calibration.
    pub calibration: Calibration,
    /// Calibration slope and intercept, where they exist and there are [`LEAST_FOR_SLOPE`] rows of
    /// either outcome.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slope: Option<CalibrationSlope>,
    /// The tenths of the ranking, best first.
    pub deciles: Vec<Decile>,
}

/// Of fewer rows of either outcome a calibration slope would be a matter of chance.
pub const LEAST_FOR_SLOPE: usize = 5;

/// Evaluates probabilities against outcomes, beside the conversion rate of the training rows
/// given to every row.
pub fn evaluate(probabilities: &[f64], labels: &[bool], training_rate: f64) -> Evaluation {
    evaluate_weighted(probabilities, labels, training_rate, ClassWeights::EQUAL.into())
}

/// The same, of rows that weigh differently.
pub fn evaluate_weighted(
    probabilities: &[f64],
    labels: &[bool],
    training_rate: f64,
    weights: RowWeights<'_>,
) -> Evaluation {
    let conversions = labels.iter().filter(|&&label| label).count();
    let by_outcome = !weights.by_outcome.are_equal();
    let weights = weights.scaled_to(labels);
    let flat = vec![training_rate; labels.len()];
    Evaluation {
        rows: labels.len(),
        conversions,
        base_rate: converted_mass(labels, weights) / labels.len() as f64,
        weights: by_outcome.then_some(weights.by_outcome),
        auc: auc_weighted(probabilities, labels, weights.of_rows),
        log_loss: log_loss_weighted(probabilities, labels, weights),
        base_log_loss: log_loss_weighted(&flat, labels, weights),
        brier: brier_weighted(probabilities, labels, weights),
        base_brier: brier_weighted(&flat, labels, weights),
        average_precision: average_precision_weighted(probabilities, labels, weights),
        calibration: calibration_weighted(probabilities, labels, CALIBRATION_BINS, weights),
        slope: calibration_slope_weighted(probabilities, labels, weights)
            .filter(|_| conversions.min(labels.len() - conversions) >= LEAST_FOR_SLOPE),
        deciles: deciles_weighted(probabilities, labels, weights),
    }
}
