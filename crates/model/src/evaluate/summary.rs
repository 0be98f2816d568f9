//! What a model reached on rows that it never saw.

use serde::{Deserialize, Serialize};

use super::{
    Auc, Calibration, CalibrationSlope, Decile, auc, average_precision, brier, calibration,
    calibration_slope, deciles, log_loss,
};

/// Bins of the calibration table.
const CALIBRATION_BINS: usize = 20;

/// The usual figures of probabilities against outcomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Rows.
    pub rows: usize,
    /// Of them, converted.
    pub conversions: usize,
    /// The share that converted.
    pub base_rate: f64,
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
    /// Calibration slope and intercept, where they exist.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slope: Option<CalibrationSlope>,
    /// The tenths of the ranking, best first.
    pub deciles: Vec<Decile>,
}

/// Evaluates probabilities against outcomes, beside the conversion rate of the training rows
/// given to every row.
pub fn evaluate(probabilities: &[f64], labels: &[bool], training_rate: f64) -> Evaluation {
    let conversions = labels.iter().filter(|&&label| label).count();
    let flat = vec![training_rate; labels.len()];
    Evaluation {
        rows: labels.len(),
        conversions,
        base_rate: conversions as f64 / labels.len() as f64,
        auc: auc(probabilities, labels),
        log_loss: log_loss(probabilities, labels),
        base_log_loss: log_loss(&flat, labels),
        brier: brier(probabilities, labels),
        base_brier: brier(&flat, labels),
        average_precision: average_precision(probabilities, labels),
        calibration: calibration(probabilities, labels, CALIBRATION_BINS),
        slope: calibration_slope(probabilities, labels),
        deciles: deciles(probabilities, labels),
    }
}
