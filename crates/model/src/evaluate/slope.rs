//! Calibration slope and intercept.

use serde::{Deserialize, Serialize};

use super::{ClassWeights, RowWeights};
use crate::{Recalibration, logit, row_loss, sigmoid};

/// How outcomes follow the log-odds of probabilities: a logistic regression of the outcome on them
/// (Cox, 1958, Two further applications of a model for binary regression). A slope of 1 and an
/// intercept of 0 are what honest probabilities have; a slope below 1 says that they are too
/// extreme.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationSlope {
    /// The slope.
    pub slope: f64,
    /// Its standard error.
    pub slope_error: f64,
    /// The intercept.
    pub intercept: f64,
}

const MOST_STEPS: usize = 50;

/// The calibration slope of probabilities. `None` unless both classes occur, probabilities differ,
/// and the fit has a minimum.
pub fn calibration_slope(probabilities: &[f64], labels: &[bool]) -> Option<CalibrationSlope> {
    calibration_slope_weighted(probabilities, labels, ClassWeights::EQUAL.into())
}

/// The same, of rows that weigh differently. The standard error is then the one that does not
/// hang on the weights being counts of rows (the sandwich of P. Huber, 1967; H. White, 1980).
pub fn calibration_slope_weighted(
    probabilities: &[f64],
    labels: &[bool],
    weights: RowWeights<'_>,
) -> Option<CalibrationSlope> {
    let both = labels.iter().any(|label| *label) && labels.iter().any(|label| !label);
    let log_odds: Vec<f64> =
        probabilities.iter().map(|&p| logit(p.clamp(f64::EPSILON, 1.0 - f64::EPSILON))).collect();
    let differ = log_odds.iter().any(|x| (x - log_odds[0]).abs() > 1e-12);
    if !both || !differ {
        return None;
    }
    let Line { intercept, slope, slope_error } = line(&log_odds, labels, weights, 0.0)?;
    Some(CalibrationSlope { slope, slope_error, intercept })
}

/// The line of log-odds that outcomes follow, with a prior that holds it, as firmly as one row or two
/// could, to the line that changes nothing. `None` where there is no minimum, or the line does not
/// rise.
pub fn recalibration_line(
    log_odds: &[f64],
    labels: &[bool],
    weights: RowWeights<'_>,
) -> Option<Recalibration> {
    let Line { intercept, slope, .. } = line(log_odds, labels, weights, 1.0)?;
    (slope > 0.0).then_some(Recalibration::Line { slope, intercept })
}

struct Line {
    intercept: f64,
    slope: f64,
    slope_error: f64,
}

/// Newton's method in two variables; `prior` is the precision of a normal prior of both about the line
/// through the given log-odds.
fn line(log_odds: &[f64], labels: &[bool], weights: RowWeights<'_>, prior: f64) -> Option<Line> {
    let loss = |a: f64, b: f64| -> f64 {
        let rows = log_odds.iter().zip(labels).enumerate().map(|(row, (&x, &label))| {
            weights.of(row, label) * row_loss(a + b * x, f64::from(u8::from(label)))
        });
        rows.sum::<f64>() + prior / 2.0 * (a * a + (b - 1.0) * (b - 1.0))
    };
    let (mut a, mut b) = (0.0, 1.0);
    let mut objective = loss(a, b);
    for _ in 0..MOST_STEPS {
        let (mut g0, mut g1) = (-prior * a, -prior * (b - 1.0));
        let (mut h00, mut h01, mut h11) = (prior, 0.0, prior);
        // The second moments of the gradients of the rows.
        let (mut m00, mut m01, mut m11) = (0.0, 0.0, 0.0);
        for (row, (&x, &label)) in log_odds.iter().zip(labels).enumerate() {
            let p = sigmoid(a + b * x);
            let of_row = weights.of(row, label);
            let residual = of_row * (f64::from(u8::from(label)) - p);
            let weight = of_row * p * (1.0 - p);
            m00 += residual * residual;
            m01 += residual * residual * x;
            m11 += residual * residual * x * x;
            g0 += residual;
            g1 += residual * x;
            h00 += weight;
            h01 += weight * x;
            h11 += weight * x * x;
        }
        let determinant = h00 * h11 - h01 * h01;
        if determinant.is_nan() || determinant <= 1e-12 * h00 * h11 {
            return None;
        }
        let step = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
        // Far from the minimum a whole step can go too far.
        let mut share = 1.0;
        while share > 1e-6
            && loss(a + share * step.0, b + share * step.1) > objective + 1e-12 * objective.abs()
        {
            share /= 2.0;
        }
        (a, b) = (a + share * step.0, b + share * step.1);
        objective = loss(a, b);
        if step.0.abs() + step.1.abs() < 1e-10 * (1.0 + a.abs() + b.abs()) {
            if !weights.groups.is_empty() {
                // The gradients of the rows of a group go together (K.-Y. Liang, S. Zeger, 1986).
                let gradient = |(row, (&x, &label)): (usize, (&f64, &bool))| {
                    let left = f64::from(u8::from(label)) - sigmoid(a + b * x);
                    let of_row = weights.of(row, label) * left;
                    [of_row, of_row * x]
                };
                let gradients: Vec<[f64; 2]> =
                    log_odds.iter().zip(labels).enumerate().map(gradient).collect();
                let sums = weights.sums(&gradients);
                let count = sums.len() as f64;
                let moment = |of: fn(&[f64; 2]) -> f64| {
                    sums.iter().map(of).sum::<f64>() * count / (count - 1.0)
                };
                (m00, m01, m11) =
                    (moment(|g| g[0] * g[0]), moment(|g| g[0] * g[1]), moment(|g| g[1] * g[1]));
            }
            let variance = if weights.are_equal() && weights.groups.is_empty() {
                h00 / determinant
            } else {
                (h01 * h01 * m00 - 2.0 * h01 * h00 * m01 + h00 * h00 * m11)
                    / (determinant * determinant)
            };
            let found = Line { intercept: a, slope: b, slope_error: variance.max(0.0).sqrt() };
            return (b.is_finite() && a.is_finite()).then_some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slope and the intercept of a line.
    fn parts(found: &Recalibration) -> (f64, f64) {
        match found {
            Recalibration::Line { slope, intercept } => (*slope, *intercept),
            curve => panic!("{curve:?} is no line"),
        }
    }

    #[test]
    fn honest_and_exaggerated_probabilities() {
        // Of 100 leads at each probability, just that share converts.
        let (mut honest, mut labels) = (Vec::new(), Vec::new());
        for percent in [5, 20, 50, 80] {
            for lead in 0..100 {
                honest.push(f64::from(percent) / 100.0);
                labels.push(lead < percent);
            }
        }
        let found = calibration_slope(&honest, &labels).unwrap();
        assert!((found.slope - 1.0).abs() < 1e-9 && found.intercept.abs() < 1e-9, "{found:?}");
        let extreme: Vec<f64> = honest.iter().map(|p| sigmoid(2.0 * logit(*p))).collect();
        let found = calibration_slope(&extreme, &labels).unwrap();
        assert!((found.slope - 0.5).abs() < 1e-9, "{found:?}");
        // statsmodels 0.14: Logit(y, add_constant(x)).fit().bse[1] for these 400 rows.
        assert!((found.slope_error - 0.043_7).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn a_line_is_found_and_held_a_little() {
        let (mut log_odds, mut labels) = (Vec::new(), Vec::new());
        for percent in [5, 20, 50, 80] {
            for lead in 0..100 {
                log_odds.push(2.0 * logit(f64::from(percent) / 100.0) + 0.4);
                labels.push(lead < percent);
            }
        }
        let found = recalibration_line(&log_odds, &labels, ClassWeights::EQUAL.into()).unwrap();
        // Without the prior the slope is 0.5 and the intercept -0.2.
        let (slope, intercept) = parts(&found);
        assert!((slope - 0.5).abs() < 0.01 && (intercept + 0.2).abs() < 0.02);
        let against: Vec<f64> = log_odds.iter().map(|z| -z).collect();
        assert_eq!(recalibration_line(&against, &labels, ClassWeights::EQUAL.into()), None);
        // Log-odds that are far too extreme, where a whole step of Newton's would go astray.
        let extreme: Vec<f64> = log_odds.iter().map(|z| 8.0 * z).collect();
        let found = recalibration_line(&extreme, &labels, ClassWeights::EQUAL.into()).unwrap();
        assert!((parts(&found).0 - 0.062_5).abs() < 0.01, "{found:?}");
        // Nothing known, nothing changed.
        let none = recalibration_line(&[], &[], ClassWeights::EQUAL.into()).unwrap();
        assert_eq!(parts(&none), (1.0, 0.0));
    }

    #[test]
    fn weights_of_a_sample_give_back_the_population() {
        // Of 100 leads at each probability half of those that did not convert were sampled away.
        let (mut honest, mut labels) = (Vec::new(), Vec::new());
        for percent in [5, 20, 50, 80] {
            for lead in (0..100).filter(|lead| *lead < percent || lead % 2 == 0) {
                honest.push(f64::from(percent) / 100.0);
                labels.push(lead < percent);
            }
        }
        let weights = ClassWeights { converted: 1.0, other: 2.0 };
        let found = calibration_slope_weighted(&honest, &labels, weights.into()).unwrap();
        assert!((found.slope - 1.0).abs() < 0.03 && found.intercept.abs() < 0.03, "{found:?}");
        let unweighted = calibration_slope(&honest, &labels).unwrap();
        assert!((unweighted.intercept - 2.0f64.ln()).abs() < 0.03, "{unweighted:?}");
        assert!(found.slope_error > 0.0 && found.slope_error < 0.5);
    }

    #[test]
    fn what_has_no_slope() {
        assert!(calibration_slope(&[0.5, 0.5], &[true, false]).is_none());
        assert!(calibration_slope(&[0.5, 0.6], &[true, true]).is_none());
        assert!(calibration_slope(&[0.1, 0.9], &[false, true]).is_none()); // separated
        assert!(calibration_slope(&[], &[]).is_none());
    }
}
