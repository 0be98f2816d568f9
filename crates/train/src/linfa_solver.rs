//! The fit by linfa-logistic, kept as an independent check of our own.
//!
//! linfa-logistic 0.8.1 needs care: it models the *majority* class, so the sign of what it returns
//! depends on the data; and it reports success when it ran out of iterations, so the gradient is
//! computed here, after the fit, from scratch.

use leadscore_model::sigmoid;
use linfa::prelude::{DatasetBase, Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};

use crate::{Design, FitError, NewtonFit};

/// Iterations at most; linfa-logistic needs thousands on standardised one-hot data.
const ITERATIONS: u64 = 5_000;
/// The largest dense matrix that is tried, in bytes.
const LARGEST: usize = 4 << 30;

/// Fits by linfa-logistic. Unlike the default solver it may stop early; the gradient in the result
/// says how far from the minimum it is.
///
/// # Errors
/// [`FitError`] when the dense matrix would be too large, or linfa-logistic refuses.
///
/// # Panics
/// When the numbers of rows and labels differ.
pub fn fit_linfa(design: &Design, labels: &[bool], l2: f64) -> Result<NewtonFit, FitError> {
    assert_eq!(design.rows(), labels.len(), "a label for each row");
    let (rows, slots) = (design.rows(), design.width());
    if !(l2 > 0.0 && l2.is_finite()) {
        return Err(FitError::Penalty(l2));
    }
    if rows.saturating_mul(slots).saturating_mul(8) > LARGEST {
        return Err(FitError::TooLarge { rows, slots });
    }
    let mut dense = Array2::<f64>::zeros((rows, slots));
    for row in 0..rows {
        let (at, amounts) = design.row(row);
        at.iter().zip(amounts).for_each(|(&slot, &amount)| dense[(row, slot as usize)] = amount);
    }
    let targets = Array1::from_iter(labels.iter().copied());
    let fitted = LogisticRegression::default()
        .alpha(l2)
        .max_iterations(ITERATIONS)
        // The tolerance is on the norm of the gradient of the summed loss.
        .gradient_tolerance(1e-9 * rows as f64)
        .fit(&DatasetBase::new(dense, targets))
        .map_err(|e| FitError::Linfa(e.to_string()))?;
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    let mut fit = NewtonFit {
        intercept: sign * fitted.intercept(),
        coefficients: fitted.params().iter().map(|w| sign * w).collect(),
        iterations: 0,
        gradient: 0.0,
    };
    fit.gradient = gradient(design, labels, &fit, l2);
    if fit.gradient.is_nan() {
        return Err(FitError::NotConverged { iterations: 0, gradient: fit.gradient });
    }
    Ok(fit)
}

/// The largest component of the gradient `X'(p - y) + l2 w` over the number of rows.
fn gradient(design: &Design, labels: &[bool], fit: &NewtonFit, l2: f64) -> f64 {
    let mut sums: Vec<f64> = fit.coefficients.iter().map(|w| l2 * w).collect();
    let mut intercept = 0.0;
    for (row, &label) in labels.iter().enumerate() {
        let z = design.log_odds(row, fit.intercept, &fit.coefficients);
        let residual = sigmoid(z) - f64::from(u8::from(label));
        let (slots, amounts) = design.row(row);
        for (&slot, &amount) in slots.iter().zip(amounts) {
            sums[slot as usize] += residual * amount;
        }
        intercept += residual;
    }
    let most = sums.iter().fold(intercept.abs(), |most: f64, g| most.max(g.abs()));
    most / labels.len().max(1) as f64
}
