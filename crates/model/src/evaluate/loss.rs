//! Losses of probabilities, and average precision.

use super::order::tie_groups;

/// Mean log loss, in nats. A probability of exactly 0 or 1 counts as the nearest that a double can
/// tell from it, so that one certain mistake does not make the mean infinite. NaN for no rows.
pub fn log_loss(probabilities: &[f64], labels: &[bool]) -> f64 {
    mean(probabilities, labels, |p, label| {
        let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        if label { -p.ln() } else { -(-p).ln_1p() }
    })
}

/// The Brier score: the mean squared difference of probability and outcome. NaN for no rows.
pub fn brier(probabilities: &[f64], labels: &[bool]) -> f64 {
    mean(probabilities, labels, |p, label| {
        let y = f64::from(u8::from(label));
        (p - y) * (p - y)
    })
}

fn mean(probabilities: &[f64], labels: &[bool], loss: impl Fn(f64, bool) -> f64) -> f64 {
    let sum: f64 = probabilities.iter().zip(labels).map(|(&p, &label)| loss(p, label)).sum();
    sum / probabilities.len() as f64
}

/// Average precision: the mean of the precision at each distinct score, weighted by the recall
/// gained there (scikit-learn's `average_precision_score`). `None` without conversions.
pub fn average_precision(scores: &[f64], labels: &[bool]) -> Option<f64> {
    let total = labels.iter().filter(|&&label| label).count() as f64;
    if total == 0.0 {
        return None;
    }
    let (mut taken, mut converted, mut sum) = (0.0, 0.0, 0.0);
    for group in tie_groups(scores, labels).iter().rev() {
        taken += group.count as f64;
        converted += group.conversions as f64;
        sum += group.conversions as f64 / total * (converted / taken);
    }
    Some(sum)
}
