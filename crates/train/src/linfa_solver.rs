//! The fit by linfa-logistic, kept as an independent check of our own.
//!
//! linfa-logistic 0.8.1 needs care: it models the *majority* class, so the sign of what it returns
//! depends on the data; and it reports success when it ran out of iterations, so the gradient is
//! computed here, after the fit, from scratch.

use linfa::prelude::{DatasetBase, Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};

use crate::solver::{FitError, Point, Problem, Solution, Strengths};

/// Iterations at most; linfa-logistic needs thousands on standardised one-hot data.
const ITERATIONS: u64 = 5_000;
/// The largest dense matrix that is tried, in bytes.
const LARGEST: usize = 4 << 30;

/// Fits by linfa-logistic. Unlike the default solver it may stop early; the gradient in the result
/// says how far from the minimum it is.
///
/// # Errors
/// [`FitError`] when the dense matrix would be too large, or linfa-logistic refuses.
pub(crate) fn fit_linfa(
    problem: &Problem,
    strengths: &[Strengths],
    l2: f64,
) -> Result<Solution, FitError> {
    let (rows, slots) = (problem.targets.len(), problem.size() - 1);
    if rows.saturating_mul(slots).saturating_mul(8) > LARGEST {
        return Err(FitError::TooLarge { rows, slots });
    }
    let mut dense = Array2::<f64>::zeros((rows, slots));
    for (row, mut amounts) in dense.rows_mut().into_iter().enumerate() {
        for (table, place) in problem.tables.iter().zip(problem.places()) {
            amounts[place.start - 1 + usize::from(table.codes[row])] = 1.0;
        }
        let columns = problem.dense.columns;
        let values = &problem.dense.values[row * columns..(row + 1) * columns];
        let slopes = problem.slopes().zip(values);
        slopes.for_each(|(slope, value)| amounts[slope - 1] = *value);
    }
    let targets = Array1::from_iter(problem.targets.iter().map(|&target| target == 1.0));
    let fitted = LogisticRegression::default()
        .alpha(l2)
        .max_iterations(ITERATIONS)
        // The tolerance is on the norm of the gradient of the summed loss.
        .gradient_tolerance(1e-9 * rows as f64)
        .fit(&DatasetBase::new(dense, targets))
        .map_err(|e| FitError::Linfa(e.to_string()))?;
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    let coefficients = fitted.params().iter().copied();
    let at = std::iter::once(fitted.intercept()).chain(coefficients).map(|w| sign * w).collect();
    let point = Point::new(problem, strengths, at);
    let gradient = point.gradient();
    if gradient.is_nan() {
        return Err(FitError::NotConverged { iterations: 0, gradient });
    }
    Ok(Solution { at: point.at, iterations: 0, gradient })
}
