//! The minimum, for given strengths: Newton's method with a gradient of all rows in every step, and
//! a Hessian that is used again as long as it serves.

use super::factor::Factor;
use super::{Problem, Strengths};
use crate::FitError;

/// Where a fit ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The intercept, then the cells of every table.
    pub at: Vec<f64>,
    /// Steps taken.
    pub iterations: usize,
    /// The largest component of the gradient of the penalised loss, over the summed weights: 0 at
    /// the exact minimum.
    pub gradient: f64,
}

/// The fit is done when the gradient is below this.
const ENOUGH: f64 = 1e-11;
/// A gradient above this, of the mean loss, is a failure.
const NO_MINIMUM: f64 = 1e-8;
const STEPS: usize = 100;
/// A Hessian first comes from about so many rows; one step with it brings the gradient down by what
/// such a sample is off.
const FIRST_HESSIAN_ROWS: usize = 100_000;
/// A Hessian is made anew when a step with it left more than this share of the gradient.
const STALE: f64 = 0.15;

/// Minimises the penalised loss, from `start` where there is one.
///
/// # Errors
/// [`FitError::NotConverged`] when the gradient did not vanish.
pub fn solve(
    problem: &Problem,
    strengths: &[Strengths],
    start: Option<Vec<f64>>,
) -> Result<Solution, FitError> {
    let mass = problem.mass();
    let mut at = start.unwrap_or_else(|| problem.nothing_known());
    let mut log_odds = problem.log_odds(&at);
    let mut objective = problem.loss(&log_odds) + problem.penalty(strengths, &at);
    let mut working = problem.working(&log_odds);
    let mut ascent = problem.ascent(&working.residuals, strengths, &at);
    let mut gradient = steepest(&ascent) / mass;
    let mut stride = (problem.targets.len() / FIRST_HESSIAN_ROWS).max(1);
    let mut factor: Option<Factor> = None;
    let mut iterations = 0;
    while gradient > ENOUGH && iterations < STEPS {
        iterations += 1;
        let fresh = factor.is_none();
        let with = match factor.take() {
            Some(factor) => factor,
            None => {
                let mut hessian = problem.hessian(&working.weights, stride);
                problem.add_precision(strengths, &mut hessian);
                match Factor::new(hessian) {
                    Some(factor) => factor,
                    None => break,
                }
            }
        };
        let step = with.solve(&ascent);
        let slope: f64 = ascent.iter().zip(&step).map(|(a, s)| a * s).sum();
        let moved = problem.log_odds(&step);
        let mut share = 1.0;
        let taken = loop {
            let there: Vec<f64> = at.iter().zip(&step).map(|(a, s)| a + share * s).collect();
            let odds: Vec<f64> = log_odds.iter().zip(&moved).map(|(z, m)| z + share * m).collect();
            let value = problem.loss(&odds) + problem.penalty(strengths, &there);
            // Near the minimum the objective no longer tells better from worse.
            if value <= objective - 1e-4 * share * slope + 1e-12 * objective.abs() {
                break Some((there, odds, value));
            }
            share /= 2.0;
            if share < 1e-6 {
                break None;
            }
        };
        let Some((there, odds, value)) = taken else {
            if fresh && stride == 1 {
                break;
            }
            stride = 1;
            continue;
        };
        (at, log_odds, objective) = (there, odds, value);
        working = problem.working(&log_odds);
        ascent = problem.ascent(&working.residuals, strengths, &at);
        let left = steepest(&ascent) / mass;
        if left <= STALE * gradient {
            factor = Some(with);
        } else if fresh && share == 1.0 && left > 0.5 * gradient {
            stride = 1;
        }
        // Rounding keeps the gradient of many rows from vanishing altogether.
        let stuck = fresh && stride == 1 && left >= 0.5 * gradient && left < NO_MINIMUM / 10.0;
        gradient = left;
        if stuck {
            break;
        }
    }
    if gradient.is_nan() || gradient > NO_MINIMUM {
        return Err(FitError::NotConverged { iterations, gradient });
    }
    Ok(Solution { at, iterations, gradient })
}

pub(super) fn steepest(ascent: &[f64]) -> f64 {
    ascent.iter().fold(0.0, |most: f64, a| if a.is_nan() { *a } else { most.max(a.abs()) })
}
