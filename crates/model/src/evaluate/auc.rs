//! Area under the ROC curve, with DeLong's interval.

use super::interval::Z95;
use super::order::midranks;
use super::{Interval, RowWeights};

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
    let Placements { mut above, mut below } = Placements::of(scores, labels)?;
    let value = mean(&mut above);
    Some(interval(value, variance_of_mean(&mut above) + variance_of_mean(&mut below)))
}

/// The same of rows that weigh differently: the weighted share of couples in which the lead that
/// converted ranks above, ties counting half. Of the rows by which the interval is told each is one lead,
/// however much it weighs, so that weights of which all are 2 give the interval of weights of 1. Without
/// weights, as [`auc`].
///
/// # Panics
/// When the slices differ in length, but for no weights.
pub fn auc_weighted(scores: &[f64], labels: &[bool], weights: &[f64]) -> Option<Auc> {
    if weights.is_empty() {
        return auc(scores, labels);
    }
    assert!(scores.len() == labels.len() && scores.len() == weights.len(), "one of each a row");
    let [below, above] = placed(scores, labels, |row| weights[row]);
    if below.is_empty() || above.is_empty() {
        return None;
    }
    let (value, variance_above) = weighted_mean(&above);
    let (_, variance_below) = weighted_mean(&below);
    Some(interval(value, variance_above + variance_below))
}

/// A row among those of the other class.
struct Placed {
    row: usize,
    weight: f64,
    /// The weighted share of the other class that it beats, ties counting half: of one that converted those below it, of
    /// another those above.
    share: f64,
}

/// The rows that did not convert and those that did, each by rising score, and of one score by weight, so that the
/// order of the rows does not show even in the last digit of a sum.
fn placed(scores: &[f64], labels: &[bool], weight: impl Fn(usize) -> f64) -> [Vec<Placed>; 2] {
    let mut rows: Vec<(f64, f64, usize)> =
        (0..scores.len()).map(|row| (scores[row] + 0.0, weight(row), row)).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mass = |rows: &[(f64, f64, usize)], wanted: bool| -> f64 {
        rows.iter().filter(|(.., row)| labels[*row] == wanted).map(|(_, weight, _)| weight).sum()
    };
    let all = [mass(&rows, false), mass(&rows, true)];
    let mut placed = [Vec::new(), Vec::new()];
    let mut before = [0.0; 2];
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let here = [mass(tied, false), mass(tied, true)];
        let beats = |other: usize| (before[other] + here[other] / 2.0) / all[other];
        let shares = [1.0 - beats(1), beats(0)];
        for &(_, weight, row) in tied {
            let class = usize::from(labels[row]);
            placed[class].push(Placed { row, weight, share: shares[class] });
        }
        before = [before[0] + here[0], before[1] + here[1]];
    }
    placed
}

/// The same, where rows of one lead or account go together (N. Obuchowski, Nonparametric Analysis of Clustered ROC
/// Curve Data, Biometrics 53, 1997): the area is that of the rows, and its variance that of the sums of their placements
/// over the groups.
pub(super) fn auc_grouped(scores: &[f64], labels: &[bool], weights: RowWeights<'_>) -> Option<Auc> {
    let found = auc_weighted(scores, labels, weights.of_rows)?;
    if weights.groups.is_empty() {
        return Some(found);
    }
    let mut off = vec![[0.0]; scores.len()];
    for class in placed(scores, labels, |row| weights.own(row)) {
        let mass: f64 = class.iter().map(|of| of.weight).sum();
        class.iter().for_each(|of| off[of.row] = [of.weight / mass * (of.share - found.value)]);
    }
    let sums = weights.sums(&off);
    let count = sums.len() as f64;
    let squares: f64 = sums.iter().map(|[sum]| sum * sum).sum();
    Some(interval(found.value, squares * count / (count - 1.0)))
}

/// The mean share of rows by their weights, and its variance where each is one of a sample (W. Cochran,
/// Sampling Techniques, 1977, section 6.4); 0 of fewer than two.
fn weighted_mean(rows: &[Placed]) -> (f64, f64) {
    let mass: f64 = rows.iter().map(|of| of.weight).sum();
    let mean = rows.iter().map(|of| of.weight * of.share).sum::<f64>() / mass;
    let count = rows.len() as f64;
    if count < 2.0 {
        return (mean, 0.0);
    }
    let off = |of: &Placed| of.weight / mass * (of.share - mean);
    let squares: f64 = rows.iter().map(|of| off(of) * off(of)).sum();
    (mean, squares * count / (count - 1.0))
}

/// An area with its interval.
fn interval(value: f64, variance: f64) -> Auc {
    let scale = value * (1.0 - value);
    if variance <= 0.0 || !variance.is_finite() || scale <= 0.0 {
        return Interval { value, low: value, high: value };
    }
    let half = Z95 * variance.sqrt() / scale;
    let centre = crate::logit(value);
    Interval { value, low: crate::sigmoid(centre - half), high: crate::sigmoid(centre + half) }
}

/// The AUC of some scores less that of others, on the same leads, with its 95 % interval. `None`
/// unless both classes occur.
///
/// The variance is DeLong's for two correlated areas (Biometrics 44, 1988): that both rank the same
/// leads makes it smaller than those of the two would be together. The interval is taken on the
/// scale of the difference. Where the variance is 0 or cannot be estimated, it is the value itself.
///
/// # Panics
/// When the slices differ in length.
pub fn auc_difference(scores: &[f64], others: &[f64], labels: &[bool]) -> Option<Interval> {
    let mut first = Placements::of(scores, labels)?;
    let mut second = Placements::of(others, labels)?;
    let less = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
    let mut above = less(&first.above, &second.above);
    let mut below = less(&first.below, &second.below);
    // As the two areas are given, so that the difference is theirs to the last digit.
    let value = mean(&mut first.above) - mean(&mut second.above);
    let variance = variance_of_mean(&mut above) + variance_of_mean(&mut below);
    if variance <= 0.0 || !variance.is_finite() {
        return Some(Interval { value, low: value, high: value });
    }
    let half = Z95 * variance.sqrt();
    Some(Interval { value, low: (value - half).max(-1.0), high: (value + half).min(1.0) })
}

/// Where each lead stands among those of the other class, in the order of the rows.
struct Placements {
    /// For each that converted, the share of the others below it, ties counting half.
    above: Vec<f64>,
    /// For each other, the share of those that converted above it.
    below: Vec<f64>,
}

impl Placements {
    fn of(scores: &[f64], labels: &[bool]) -> Option<Self> {
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
        let of_positives = overall(true).zip(midranks(&positives));
        let of_negatives = overall(false).zip(midranks(&negatives));
        Some(Self {
            above: of_positives.map(|(all, own)| (all - own) / n).collect(),
            below: of_negatives.map(|(all, own)| 1.0 - (all - own) / m).collect(),
        })
    }
}

/// The mean, summed by size, so that the order of the rows does not show even in the last digit.
fn mean(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.iter().sum::<f64>() / values.len() as f64
}

/// The variance of the mean of a sample; 0 for fewer than two values.
fn variance_of_mean(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    sample_variance(values) / values.len() as f64
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

    #[test]
    fn weights_are_rows_that_repeat_but_for_the_interval() {
        let scores = [0.9, 0.7, 0.7, 0.4, 0.35, 0.2, 0.1];
        let labels = [true, false, true, false, true, false, false];
        let times = [1, 3, 2, 1, 4, 2, 1];
        let weights = times.map(f64::from);
        let each = |row: usize| std::iter::repeat_n(row, times[row] as usize);
        let rows: Vec<usize> = (0..scores.len()).flat_map(each).collect();
        let of_rows = |row: &usize| (scores[*row], labels[*row]);
        let (repeated, outcomes): (Vec<f64>, Vec<bool>) = rows.iter().map(of_rows).unzip();
        let found = auc_weighted(&scores, &labels, &weights).unwrap();
        let expected = auc(&repeated, &outcomes).unwrap();
        assert!((found.value - expected.value).abs() < 1e-12);
        assert!(found.low < expected.low);
        // All alike, they change nothing.
        let alike = auc_weighted(&scores, &labels, &[2.0; 7]).unwrap();
        let plain = auc(&scores, &labels).unwrap();
        for (a, b) in [(alike.value, plain.value), (alike.low, plain.low), (alike.high, plain.high)]
        {
            assert!((a - b).abs() < 1e-12);
        }
        assert_eq!(auc_weighted(&scores, &labels, &[]), Some(plain));
        assert_eq!(auc_weighted(&[1.0], &[true], &[2.0]), None);
    }

    #[test]
    fn a_difference_is_that_of_the_areas() {
        let labels = [true, false, true, false, true, false, false];
        let a = [0.9, 0.7, 0.7, 0.4, 0.35, 0.2, 0.1];
        let b = [9.0, 7.0, 9.0, 4.0, 4.0, 4.0, -1.0];
        let found = auc_difference(&a, &b, &labels).unwrap();
        assert_eq!(found.value, auc(&a, &labels).unwrap().value - auc(&b, &labels).unwrap().value);
        let back = auc_difference(&b, &a, &labels).unwrap();
        assert_eq!((back.value, back.low, back.high), (-found.value, -found.high, -found.low));
        // A ranking does not differ from itself, nor from one in the same order.
        let same = Interval { value: 0.0, low: 0.0, high: 0.0 };
        assert_eq!(auc_difference(&a, &a, &labels), Some(same));
        assert_eq!(auc_difference(&a, &a.map(|x| 3.0 * x), &labels), Some(same));
        assert_eq!(auc_difference(&a[..2], &b[..2], &[true, true]), None);
    }
}
