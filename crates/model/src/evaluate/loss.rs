//! Losses of probabilities, and average precision.

use super::order::tie_groups;
use super::{ClassWeights, RowWeights};

/// Mean log loss, in nats. A probability of exactly 0 or 1 counts as the nearest that a double can
/// tell from it, so that one certain mistake does not make the mean infinite. NaN for no rows.
pub fn log_loss(probabilities: &[f64], labels: &[bool]) -> f64 {
    log_loss_weighted(probabilities, labels, ClassWeights::EQUAL.into())
}

/// The same, of rows that weigh differently.
pub fn log_loss_weighted(probabilities: &[f64], labels: &[bool], weights: RowWeights<'_>) -> f64 {
    mean(probabilities, labels, weights, |p, label| {
        let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        if label { -p.ln() } else { -(-p).ln_1p() }
    })
}

/// The Brier score: the mean squared difference of probability and outcome. NaN for no rows.
pub fn brier(probabilities: &[f64], labels: &[bool]) -> f64 {
    brier_weighted(probabilities, labels, ClassWeights::EQUAL.into())
}

/// The same, of rows that weigh differently.
pub(super) fn brier_weighted(
    probabilities: &[f64],
    labels: &[bool],
    weights: RowWeights<'_>,
) -> f64 {
    mean(probabilities, labels, weights, |p, label| {
        let y = f64::from(u8::from(label));
        (p - y) * (p - y)
    })
}

fn mean(
    probabilities: &[f64],
    labels: &[bool],
    weights: RowWeights<'_>,
    loss: impl Fn(f64, bool) -> f64,
) -> f64 {
    let (mut sum, mut mass) = (0.0, 0.0);
    for (row, (&p, &label)) in probabilities.iter().zip(labels).enumerate() {
        let weight = weights.of(row, label);
        sum += weight * loss(p, label);
        mass += weight;
    }
    sum / mass
}

/// Average precision: the mean of the precision at each distinct score, weighted by the recall
/// gained there (scikit-learn's `average_precision_score`). `None` without conversions.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Option<f64> {
    average_precision_weighted(scores, labels, ClassWeights::EQUAL.into())
}

/// The same, of rows that weigh differently.
pub(super) fn average_precision_weighted(
    scores: &[f64],
    labels: &[bool],
    weights: RowWeights<'_>,
) -> Option<f64> {
    let total = converted_mass(labels, weights);
    if total == 0.0 {
        return None;
    }
    let (mut taken, mut converted, mut sum) = (0.0, 0.0, 0.0);
    for group in tie_groups(scores, labels, weights).iter().rev() {
        taken += group.count;
        converted += group.conversions;
        sum += group.conversions / total * (converted / taken);
    }
    Some(sum)
}

/// What the rows that converted count for.
pub(super) fn converted_mass(labels: &[bool], weights: RowWeights<'_>) -> f64 {
    let converted = labels.iter().enumerate().filter(|(_, label)| **label);
    weights.by_outcome.converted * converted.map(|(row, _)| weights.own(row)).sum::<f64>()
}
