//! Intervals.

use serde::{Deserialize, Serialize};

/// The 97.5 % point of the standard normal distribution.
pub(super) const Z95: f64 = 1.959_963_984_540_054;

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

/// The conversion rate of `conversions` among `count` leads with its 95 % score interval (E. B.
/// Wilson, JASA 22, 1927). `None` for no leads.
pub fn wilson(conversions: usize, count: usize) -> Option<Interval> {
    if count == 0 {
        return None;
    }
    let (k, n) = (conversions as f64, count as f64);
    let rate = k / n;
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

#[cfg(test)]
mod tests {
    use super::*;

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
