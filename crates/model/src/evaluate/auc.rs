//! Area under the ROC curve, with DeLong's interval.

use super::Interval;
use super::interval::Z95;
use super::order::midranks;

/// The area under the ROC curve: the probability that a lead that converted ranks above one that
/// did not, ties counting half. `value` is from 0 to 1.
pub type Auc = Interval;

/// The AUC of scores with its 95 % interval. `None` unless both classes occur.
///
/// The variance is DeLong's (Biometrics 44, 1988), computed from midranks (X. Sun, W. Xu, IEEE
/// Signal Processing Letters 21, 2014); the interval is taken on the logit scale, so that it stays
/// between 0 and 1. At an AUC of 0 or 1, and where the variance is 0 or cannot be estimated, it is
/// the value itself.
///
/// # Panics
/// When the slices differ in length.
pub fn auc(scores: &[f64], labels: &[bool]) -> Option<Auc> {
    assert_eq!(scores.len(), labels.len(), "a score and a label for each row");
    let part = |wanted: bool| -> Vec<f64> {
        scores.iter().zip(labels).filter(|(_, l)| **l == wanted).map(|(s, _)| *s).collect()
    };
    let (positives, negatives) = (part(true), part(false));
    let (m, n) = (positives.len() as f64, negatives.len() as f64);
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let all = midranks(scores);
    let overall = |wanted: bool| {
        all.iter().zip(labels).filter(move |(_, l)| **l == wanted).map(|(rank, _)| *rank)
    };
    // The share of negatives below each positive, and of positives above each negative.
    let mut above: Vec<f64> =
        overall(true).zip(midranks(&positives)).map(|(all, own)| (all - own) / n).collect();
    let mut below: Vec<f64> =
        overall(false).zip(midranks(&negatives)).map(|(all, own)| 1.0 - (all - own) / m).collect();
    // Summed by size, so that the order of the rows does not show even in the last digit.
    above.sort_by(f64::total_cmp);
    below.sort_by(f64::total_cmp);
    let value = above.iter().sum::<f64>() / m;
    let variance = sample_variance(&above) / m + sample_variance(&below) / n;
    let scale = value * (1.0 - value);
    if variance <= 0.0 || !variance.is_finite() || scale <= 0.0 {
        return Some(Interval { value, low: value, high: value });
    }
    let half = Z95 * variance.sqrt() / scale;
    let centre = crate::logit(value);
    Some(Interval {
        value,
        low: crate::sigmoid(centre - half),
        high: crate::sigmoid(centre + half),
    })
}

/// The sample variance; 0 for fewer than two values.
fn sample_variance(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (values.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perfect_worst_and_undefined() {
        let labels = [true, true, false, false];
        assert_eq!(auc(&[4.0, 3.0, 2.0, 1.0], &labels).unwrap().value, 1.0);
        assert_eq!(auc(&[1.0, 2.0, 3.0, 4.0], &labels).unwrap().high, 0.0);
        assert_eq!(auc(&[1.0; 4], &labels).unwrap().value, 0.5);
        assert_eq!(auc(&[1.0, 2.0], &[true, true]), None);
        assert_eq!(auc(&[], &[]), None);
    }
}
