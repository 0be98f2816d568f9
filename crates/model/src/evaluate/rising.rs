//! A rising curve through log-odds and outcomes.

use super::RowWeights;
use crate::{Knot, Recalibration, logit, sigmoid};

/// The rarer outcome has at least so many rows in a bin, on average.
const ROWS_OF_A_BIN: f64 = 30.0;
/// More bins say nothing more of a curve.
const MOST_BINS: f64 = 20.0;
/// Fewer bins say no more than a line.
const LEAST_BINS: f64 = 4.0;
/// The rate of a bin counts what the model says of it as so many rows.
const ROWS_OF_THE_MODEL: f64 = 10.0;

/// Rows of about the same log-odds.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    rows: f64,
    /// The sum of their probabilities.
    said: f64,
    /// How many of them converted.
    converted: f64,
}

impl Bin {
    fn with(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            said: self.said + other.said,
            converted: self.converted + other.converted,
        }
    }

    fn mean(&self) -> f64 {
        (self.said / self.rows).clamp(1e-12, 1.0 - 1e-12)
    }

    /// The share that converted, shrunk towards what the model says.
    fn rate(&self) -> f64 {
        (self.converted + ROWS_OF_THE_MODEL * self.mean()) / (self.rows + ROWS_OF_THE_MODEL)
    }
}

/// The rising curve of log-odds that outcomes follow: rates of bins of equal size, shrunk towards what
/// the model says, and neighbours that fall are put together (pool adjacent violators: M. Ayer et al.,
/// An Empirical Distribution Function for Sampling with Incomplete Information, 1955; for calibration
/// B. Zadrozny and C. Elkan, Transforming Classifier Scores into Accurate Multiclass Probability
/// Estimates, 2002). `None` where there are too few rows of the rarer outcome, or one bin is left.
pub fn recalibration_curve(
    log_odds: &[f64],
    labels: &[bool],
    weights: RowWeights<'_>,
) -> Option<Recalibration> {
    let mut rows: Vec<usize> = (0..log_odds.len()).collect();
    rows.sort_by(|&a, &b| log_odds[a].total_cmp(&log_odds[b]));
    let bin_of = |row: usize| {
        let weight = weights.of(row, labels[row]);
        let converted = if labels[row] { weight } else { 0.0 };
        Bin { rows: weight, said: weight * sigmoid(log_odds[row]), converted }
    };
    let all = rows.iter().fold(Bin::default(), |all, &row| all.with(bin_of(row)));
    let rarer = all.converted.min(all.rows - all.converted);
    let bins = (rarer / ROWS_OF_A_BIN).floor().min(MOST_BINS);
    if bins < LEAST_BINS {
        return None;
    }
    let mut rising: Vec<Bin> = Vec::new();
    let mut bin = Bin::default();
    for (place, &row) in rows.iter().enumerate() {
        bin = bin.with(bin_of(row));
        // Rows of the same log-odds stay together, or their order would count.
        let next = rows.get(place + 1);
        let ends = next.is_none_or(|&next| log_odds[next] > log_odds[row]);
        if !ends || (next.is_some() && bin.rows < all.rows / bins) || bin.rows <= 0.0 {
            continue;
        }
        while let Some(before) = rising.pop_if(|before| before.rate() >= bin.rate()) {
            bin = before.with(bin);
        }
        rising.push(std::mem::take(&mut bin));
    }
    let knot = |bin: &Bin| Knot { said: logit(bin.mean()), worth: logit(bin.rate()) };
    let curve = Recalibration::Curve { knots: rising.iter().map(knot).collect() };
    (rising.len() > 1 && curve.is_consistent()).then_some(curve)
}

#[cfg(test)]
mod tests {
    use super::super::ClassWeights;
    use super::*;

    const EQUAL: RowWeights<'_> =
        RowWeights { by_outcome: ClassWeights::EQUAL, of_rows: &[], groups: &[] };

    /// Rows whose true log-odds are a function of what the model says.
    fn rows(count: usize, truth: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<bool>) {
        let mut state = 9u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let log_odds: Vec<f64> = (0..count).map(|_| 6.0 * uniform() - 4.0).collect();
        let labels = log_odds.iter().map(|&z| uniform() < sigmoid(truth(z))).collect();
        (log_odds, labels)
    }

    #[test]
    fn a_bend_is_found() {
        let truth = |z: f64| if z < 0.0 { 0.3 * z } else { 2.0 * z };
        let (log_odds, labels) = rows(40_000, truth);
        let curve = recalibration_curve(&log_odds, &labels, EQUAL).unwrap();
        for z in [-3.5, -2.0, -0.5, 0.5, 1.2] {
            let found = z + curve.part(z);
            assert!((found - truth(z)).abs() < 0.2, "{z}: {found} is not {}", truth(z));
        }
    }

    #[test]
    fn weights_are_repeated_rows_and_the_order_of_rows_counts_for_nothing() {
        let (log_odds, labels) = rows(3_000, |z| z.min(0.0));
        let curve = recalibration_curve(&log_odds, &labels, EQUAL);
        let twice = vec![2.0; labels.len()];
        let weights = RowWeights::new(&twice);
        let weighted = recalibration_curve(&log_odds, &labels, weights);
        let (again, also) = (log_odds.repeat(2), labels.repeat(2));
        let repeated = recalibration_curve(&again, &also, EQUAL);
        let (Some(Recalibration::Curve { knots: a }), Some(Recalibration::Curve { knots: b })) =
            (weighted, repeated)
        else {
            panic!("no curves")
        };
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            assert!((a.said - b.said).abs() < 1e-9 && (a.worth - b.worth).abs() < 1e-9);
        }
        let mut turned: Vec<(f64, bool)> = log_odds.into_iter().zip(labels).collect();
        turned.reverse();
        let (log_odds, labels): (Vec<f64>, Vec<bool>) = turned.into_iter().unzip();
        assert_eq!(recalibration_curve(&log_odds, &labels, EQUAL), curve);
    }

    #[test]
    fn few_rows_have_no_curve() {
        let (log_odds, labels) = rows(200, |z| z);
        assert_eq!(recalibration_curve(&log_odds, &labels, EQUAL), None);
        // Of an order turned round one bin is left.
        let (log_odds, labels) = rows(5_000, |z| -z);
        assert_eq!(recalibration_curve(&log_odds, &labels, EQUAL), None);
        assert_eq!(recalibration_curve(&[], &[], EQUAL), None);
        // One value for all.
        assert_eq!(recalibration_curve(&[0.0; 900], &labels[..900], EQUAL), None);
    }
}
