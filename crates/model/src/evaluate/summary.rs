//! What a model reached on rows that it never saw.

use serde::{Deserialize, Serialize};

use super::auc::auc_grouped;
use super::{
    Auc, Calibration, CalibrationSlope, ClassWeights, Decile, RowWeights, log_loss_weighted,
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
        auc: auc_grouped(probabilities, labels, weights),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SplitMix64;

    /// Probabilities and outcomes that follow them.
    fn rows(count: usize) -> (Vec<f64>, Vec<bool>) {
        let mut random = SplitMix64::new(3);
        let mut unit = || random.below(1 << 20) as f64 / f64::from(1 << 20);
        (0..count)
            .map(|_| {
                let probability = 0.05 + 0.6 * unit() * unit();
                (probability, unit() < probability)
            })
            .unzip()
    }

    /// How far the intervals reach: of the AUC, the slope, a bin and a tenth.
    fn widths(of: &Evaluation) -> [f64; 4] {
        let width = |of: Option<super::super::Interval>| of.map_or(0.0, |of| of.high - of.low);
        let slope = of.slope.as_ref().unwrap().slope_error;
        let bin = of.calibration.bins[10].rate;
        [width(of.auc), slope, width(bin), width(of.deciles[2].rate)]
    }

    #[test]
    fn rows_of_one_account_are_no_more_than_the_account() {
        let (probabilities, labels) = rows(1_000);
        let once = evaluate(&probabilities, &labels, 0.2);
        let repeated = |times: usize| {
            let all = |row: usize| row / times;
            let count = times * labels.len();
            let (p, l): (Vec<f64>, Vec<bool>) =
                (0..count).map(|row| (probabilities[all(row)], labels[all(row)])).unzip();
            let groups: Vec<u64> = (0..count).map(|row| all(row) as u64).collect();
            let together = RowWeights { groups: &groups, ..ClassWeights::EQUAL.into() };
            (evaluate_weighted(&p, &l, 0.2, together), evaluate(&p, &l, 0.2))
        };
        for times in [1, 5] {
            let (together, apart) = repeated(times);
            assert!((together.auc.unwrap().value - once.auc.unwrap().value).abs() < 1e-12);
            assert_eq!(together.log_loss, apart.log_loss);
            for (of, expected) in widths(&together).into_iter().zip(widths(&once)) {
                assert!((of / expected - 1.0).abs() < 0.06, "{times}: {of} for {expected}");
            }
            // As if each row were another's, they would be narrower by the root of the times.
            let narrow = widths(&apart)[0] / widths(&once)[0];
            assert!((narrow * (times as f64).sqrt() - 1.0).abs() < 0.05, "{narrow}");
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_show() {
        let (probabilities, labels) = rows(300);
        let groups: Vec<u64> = (0..300).map(|row| row % 40).collect();
        let turned = |of: &[f64]| of.iter().rev().copied().collect::<Vec<f64>>();
        let together = RowWeights { groups: &groups, ..ClassWeights::EQUAL.into() };
        let found = evaluate_weighted(&probabilities, &labels, 0.2, together);
        let groups: Vec<u64> = groups.iter().rev().copied().collect();
        let labels: Vec<bool> = labels.iter().rev().copied().collect();
        let together = RowWeights { groups: &groups, ..ClassWeights::EQUAL.into() };
        let other = evaluate_weighted(&turned(&probabilities), &labels, 0.2, together);
        assert_eq!(found.auc, other.auc);
        assert_eq!(found.calibration.bins, other.calibration.bins);
    }
}
