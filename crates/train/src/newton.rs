//! The exact fit: Newton's method on the penalised log loss.
//!
//! Minimises `sum_i log(1 + exp(z_i)) - y_i z_i + l2/2 |w|^2` with `z = intercept + X w`, the
//! intercept unpenalised. With `l2 > 0` the minimum is unique. Each step solves with the full
//! Hessian `X' diag(p (1 - p)) X + l2 I` by Cholesky (T. Hastie, R. Tibshirani, J. Friedman, The
//! Elements of Statistical Learning, section 4.4.1), halved until the loss falls.

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use leadscore_model::sigmoid;
use rayon::prelude::*;

use crate::Design;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewtonOptions {
    /// The L2 penalty of the summed loss; above 0.
    pub l2: f64,
    /// The fit is done when no component of the gradient of the mean loss is larger.
    pub gradient: f64,
    /// Steps at most.
    pub steps: usize,
}

impl NewtonOptions {
    /// A fit to the accuracy of doubles.
    pub fn exact(l2: f64) -> Self {
        Self { l2, gradient: 1e-11, steps: 100 }
    }

    /// A fit that is good enough to compare penalties.
    pub fn rough(l2: f64) -> Self {
        Self { l2, gradient: 1e-7, steps: 100 }
    }
}

/// A fitted regression.
#[derive(Clone, Debug, PartialEq)]
pub struct NewtonFit {
    /// The intercept.
    pub intercept: f64,
    /// A coefficient for every slot.
    pub coefficients: Vec<f64>,
    /// Steps taken.
    pub iterations: usize,
    /// The largest component of the gradient of the penalised mean loss.
    pub gradient: f64,
}

/// A fit that did not reach its minimum.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The penalty is not a positive number.
    #[error("the penalty --l2 must be a number above 0, not {0}")]
    Penalty(f64),
    /// The gradient did not vanish.
    #[error(
        "the fit stopped after {iterations} steps with a gradient of {gradient:.1e} a row, which \
         is no minimum; a larger --l2 makes the problem easier"
    )]
    NotConverged {
        /// Steps taken.
        iterations: usize,
        /// The largest component of the gradient of the penalised mean loss.
        gradient: f64,
    },
    /// A matrix does not fit into memory.
    #[error(
        "{rows} rows of {slots} slots are too many for --solver linfa, which needs them as one \
         dense matrix; use the default solver"
    )]
    TooLarge {
        /// Rows.
        rows: usize,
        /// Slots.
        slots: usize,
    },
    /// linfa-logistic refused the problem.
    #[error("linfa-logistic: {0}")]
    Linfa(String),
}

/// A gradient above this, of the mean loss, is a failure.
const NO_MINIMUM: f64 = 1e-6;

/// Fits by Newton's method, from `start` (intercept and coefficients) where there is one. The
/// result is the same bits for any number of threads.
///
/// # Errors
/// [`FitError`] when the penalty is not positive, or the minimum was not reached.
///
/// # Panics
/// When the numbers of rows and labels differ.
pub fn fit_newton(
    design: &Design,
    labels: &[bool],
    options: NewtonOptions,
    start: Option<&NewtonFit>,
) -> Result<NewtonFit, FitError> {
    let targets: Vec<f64> = labels.iter().map(|&label| f64::from(u8::from(label))).collect();
    fit_newton_shares(design, &targets, options, start)
}

/// As [`fit_newton`], of targets from 0 to 1: the share of each row that converted.
///
/// # Errors
/// As for [`fit_newton`].
///
/// # Panics
/// When the numbers of rows and targets differ.
pub fn fit_newton_shares(
    design: &Design,
    targets: &[f64],
    options: NewtonOptions,
    start: Option<&NewtonFit>,
) -> Result<NewtonFit, FitError> {
    assert_eq!(design.rows(), targets.len(), "a target for each row");
    if !(options.l2 > 0.0 && options.l2.is_finite()) {
        return Err(FitError::Penalty(options.l2));
    }
    let rows = targets.len().max(1) as f64;
    let width = design.width();
    let mut at = vec![0.0; width + 1];
    match start {
        Some(start) if start.coefficients.len() == width => {
            at[..width].copy_from_slice(&start.coefficients);
            at[width] = start.intercept;
        }
        _ => {
            let rate = targets.iter().sum::<f64>() / rows;
            at[width] = leadscore_model::logit(rate.clamp(1e-6, 1.0 - 1e-6));
        }
    }
    let mut here = Expansion::at(design, targets, &at, options.l2);
    let mut iterations = 0;
    while here.steepest() / rows > options.gradient && iterations < options.steps {
        iterations += 1;
        let Some(step) = here.newton_step() else { break };
        let mut share = 1.0;
        let next = loop {
            let there: Vec<f64> = at.iter().zip(&step).map(|(a, s)| a - share * s).collect();
            let next = Expansion::at(design, targets, &there, options.l2);
            // At the minimum the loss no longer tells better from worse; the gradient does.
            let falls = next.loss < here.loss
                || (next.loss <= here.loss * (1.0 + 1e-12) && next.steepest() < here.steepest());
            if falls {
                at = there;
                break Some(next);
            }
            share /= 2.0;
            if share < 1e-6 {
                break None;
            }
        };
        match next {
            Some(next) => here = next,
            None => break,
        }
    }
    let gradient = here.steepest() / rows;
    if gradient.is_nan() || gradient > NO_MINIMUM {
        return Err(FitError::NotConverged { iterations, gradient });
    }
    let intercept = at[width];
    at.truncate(width);
    Ok(NewtonFit { intercept, coefficients: at, iterations, gradient })
}

/// Loss, gradient and Hessian at one point. The intercept stands last.
struct Expansion {
    loss: f64,
    gradient: Vec<f64>,
    /// The upper triangle, row by row.
    hessian: Vec<f64>,
}

impl Expansion {
    fn zero(size: usize) -> Self {
        Self { loss: 0.0, gradient: vec![0.0; size], hessian: vec![0.0; size * size] }
    }

    fn at(design: &Design, targets: &[f64], at: &[f64], l2: f64) -> Self {
        let size = design.width() + 1;
        // The blocks, and the order in which they are added, depend on the problem alone, never on
        // the number of threads; that is what makes the sum the same bits everywhere. A wide
        // problem has few blocks, because each holds a whole Hessian.
        let most_blocks = if size > 600 { 2 } else { 16 };
        let blocks = targets.len().div_ceil(2048).clamp(1, most_blocks);
        let block = targets.len().div_ceil(blocks).max(1);
        let parts: Vec<Self> = (0..blocks)
            .into_par_iter()
            .map(|index| {
                let first = (index * block).min(targets.len());
                let last = (first + block).min(targets.len());
                Self::of_rows(design, targets, at, first..last)
            })
            .collect();
        let mut sum = Self::zero(size);
        for part in parts {
            sum.loss += part.loss;
            add(&mut sum.gradient, &part.gradient);
            add(&mut sum.hessian, &part.hessian);
        }
        for (slot, coefficient) in at[..size - 1].iter().enumerate() {
            sum.loss += 0.5 * l2 * coefficient * coefficient;
            sum.gradient[slot] += l2 * coefficient;
            sum.hessian[slot * size + slot] += l2;
        }
        sum
    }

    fn of_rows(design: &Design, targets: &[f64], at: &[f64], rows: std::ops::Range<usize>) -> Self {
        let size = at.len();
        let mut sum = Self::zero(size);
        let last = size - 1;
        for row in rows {
            let z = design.log_odds(row, at[last], &at[..last]);
            let p = sigmoid(z);
            let y = targets[row];
            // log(1 + exp(z)) - y z, without overflow.
            sum.loss += z.max(0.0) - y * z + (-z.abs()).exp().ln_1p();
            let residual = p - y;
            let weight = p * (1.0 - p);
            let (slots, amounts) = design.row(row);
            for (i, (&slot, &amount)) in slots.iter().zip(amounts).enumerate() {
                let slot = slot as usize;
                sum.gradient[slot] += residual * amount;
                let weighted = weight * amount;
                let line = &mut sum.hessian[slot * size..(slot + 1) * size];
                for (&other, &times) in slots[i..].iter().zip(&amounts[i..]) {
                    line[other as usize] += weighted * times;
                }
                line[last] += weighted;
            }
            sum.gradient[last] += residual;
            sum.hessian[last * size + last] += weight;
        }
        sum
    }

    fn steepest(&self) -> f64 {
        self.gradient.iter().fold(0.0, |most, g| if g.is_nan() { *g } else { most.max(g.abs()) })
    }

    /// The solution of `Hessian step = gradient`. Where weights vanish (separated classes) the
    /// intercept's line is nearly 0, so the diagonal is lifted a little until Cholesky succeeds.
    fn newton_step(&self) -> Option<Vec<f64>> {
        let size = self.gradient.len();
        let largest = (0..size).map(|i| self.hessian[i * size + i]).fold(0.0, f64::max);
        let right = Mat::from_fn(size, 1, |i, _| self.gradient[i]);
        let mut lift = 0.0;
        for _ in 0..12 {
            let matrix = Mat::from_fn(size, size, |i, j| {
                let (low, high) = (i.min(j), i.max(j));
                self.hessian[low * size + high] + if i == j { lift } else { 0.0 }
            });
            if let Ok(factor) = matrix.llt(Side::Lower) {
                let step = factor.solve(&right);
                let step: Vec<f64> = (0..size).map(|i| step[(i, 0)]).collect();
                if step.iter().all(|s| s.is_finite()) {
                    return Some(step);
                }
            }
            lift = if lift == 0.0 { largest * 1e-14 + f64::MIN_POSITIVE } else { lift * 10.0 };
        }
        None
    }
}

fn add(sum: &mut [f64], part: &[f64]) {
    sum.iter_mut().zip(part).for_each(|(s, p)| *s += p);
}
