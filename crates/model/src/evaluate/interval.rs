//! Intervals.

use serde::{Deserialize, Serialize};

/// The 97.5 % point of the standard normal distribution.
pub(crate) const Z95: f64 = 1.959_963_984_540_054;

/// An estimate with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Whether two rates differ so that probabilities of the one mislead of the other: by a fifth or more, and by more than
/// four standard errors of the difference, which chance alone does not give.
pub fn is_another_rate(rate: f64, other: f64, error: f64) -> bool {
    (rate - other).abs() > 4.0 * error && (rate > 1.2 * other || other > 1.2 * rate)
}

/// The conversion rate of `conversions` among `count` leads with its 95 % score interval (E. B.
/// Wilson, JASA 22, 1927). `None` for no leads.
pub fn wilson(conversions: usize, count: usize) -> Option<Interval> {
    wilson_of_rate(conversions as f64 / count as f64, count as f64)
}

/// The same of a rate among so many leads; of leads that weigh differently, as many as say the same
/// with equal weights (L. Kish, Survey Sampling, 1965, section 11.7). `None` for no leads.
pub(super) fn wilson_of_rate(rate: f64, n: f64) -> Option<Interval> {
    if n.is_nan() || n <= 0.0 {
        return None;
    }
    // A rate of weights can be a rounding beyond its ends.
    let rate = rate.clamp(0.0, 1.0);
    let z2 = Z95 * Z95;
    let centre = (rate + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z95 / (1.0 + z2 / n) * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n)).sqrt();
    // At 0 and n conversions one end is the rate itself; rounding must not put it beyond.
    Some(Interval {
        value: rate,
        low: (centre - half).clamp(0.0, rate),
        high: (centre + half).clamp(rate, 1.0),
    })
}

/// The mean of a figure over folds with its 95 % interval, of each fold's figure, the rows that it was
/// fitted to and those that it was tested on. `None` for no folds; of one fold it has no width.
///
/// Folds share most of the rows that they are fitted to, so their spread is less than that of figures
/// of new data. The variance is therefore not divided by the number of folds J alone but
/// `(1/J + tested/fitted) s^2` (C. Nadeau, Y. Bengio, Inference for the Generalization Error, Machine
/// Learning 52, 2003, section 3), with Student's t of J - 1 degrees of freedom.
pub fn mean_over_folds(folds: &[(f64, usize, usize)]) -> Option<Interval> {
    if folds.is_empty() {
        return None;
    }
    let count = folds.len() as f64;
    let value = folds.iter().map(|fold| fold.0).sum::<f64>() / count;
    if folds.len() == 1 {
        return Some(Interval { value, low: value, high: value });
    }
    let squares: f64 = folds.iter().map(|fold| (fold.0 - value) * (fold.0 - value)).sum();
    let fitted: usize = folds.iter().map(|fold| fold.1).sum();
    let tested: usize = folds.iter().map(|fold| fold.2).sum();
    let ratio = tested as f64 / fitted.max(1) as f64;
    let variance = (1.0 / count + ratio) * squares / (count - 1.0);
    let half = student_t95(folds.len() - 1) * variance.sqrt();
    Some(Interval { value, low: value - half, high: value + half })
}

/// The 97.5 % point of Student's t distribution with so many degrees of freedom, at least 1.
fn student_t95(freedom: usize) -> f64 {
    // The probability is that of a finite sum (M. Abramowitz, I. Stegun, Handbook of Mathematical
    // Functions, 26.7.3 and 26.7.4), and rises with t.
    let within = |t: f64| {
        let theta = (t / (freedom as f64).sqrt()).atan();
        let (sine, cosine) = theta.sin_cos();
        let odd = freedom % 2 == 1;
        let mut term = if odd { cosine } else { 1.0 };
        let mut sum = if freedom == 1 { 0.0 } else { term };
        let mut at = if odd { 3 } else { 2 };
        while at < freedom {
            term *= cosine * cosine * (at as f64 - 1.0) / at as f64;
            sum += term;
            at += 2;
        }
        if odd { (theta + sine * sum) * std::f64::consts::FRAC_2_PI } else { sine * sum }
    };
    let (mut low, mut high) = (Z95, 13.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if within(middle) < 0.95 { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_agrees_with_scipy() {
        // scipy.stats.t.ppf(0.975, df)
        let expected = [
            (1, 12.706_204_736),
            (2, 4.302_652_730),
            (3, 3.182_446_305),
            (4, 2.776_445_105),
            (9, 2.262_157_163),
            (24, 2.063_898_562),
            (99, 1.984_216_952),
        ];
        for (freedom, t) in expected {
            assert!((student_t95(freedom) - t).abs() < 1e-8, "{freedom}");
        }
    }

    #[test]
    fn folds_that_share_rows_are_less_sure_than_their_spread() {
        let folds = [(0.7, 800, 200), (0.8, 800, 200), (0.75, 800, 200), (0.72, 800, 200)];
        let found = mean_over_folds(&folds).unwrap();
        assert!((found.value - 0.7425).abs() < 1e-12);
        // Squares sum to 0.005675; sqrt(1/4 + 1/4) s t(3).
        let half = 3.182_446_305 * 0.5f64.sqrt() * (0.005_675f64 / 3.0).sqrt();
        assert!((found.high - found.value - half).abs() < 1e-8, "{found:?}");
        assert_eq!(mean_over_folds(&folds[..1]).unwrap().low, 0.7);
        assert_eq!(mean_over_folds(&[]), None);
    }

    #[test]
    fn wilson_agrees_with_statsmodels() {
        // statsmodels.stats.proportion.proportion_confint(10, 100, method="wilson")
        let found = wilson(10, 100).unwrap();
        assert!((found.low - 0.055_229_137).abs() < 1e-8, "{found:?}");
        assert!((found.high - 0.174_365_661).abs() < 1e-8, "{found:?}");
        assert_eq!(wilson(0, 5).unwrap().low, 0.0);
        assert_eq!(wilson(5, 5).unwrap().high, 1.0);
        assert_eq!(wilson(0, 0), None);
    }
}
