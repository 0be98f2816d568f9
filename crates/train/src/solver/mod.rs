//! The minimum of a penalised log loss: one solver for every regression that is fitted here.
//!
//! A [`Problem`] has tables, of each of which every row has exactly one cell (a bin, a level, a cell
//! of a pair), and columns of amounts, which every row has ([`Dense`]). Its minimum is found by
//! Newton's method (T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning,
//! section 4.4.1) with the gradient of all rows in every step. The same bytes for any number of
//! threads: sums over rows are made in blocks that depend on the problem alone, and added in order.

mod dense;
mod descent;
mod doubt;
mod factor;
mod narrow;
mod order;
mod posterior;
mod problem;
mod table;
#[cfg(test)]
mod tests;

pub use dense::Dense;
pub(crate) use descent::{Point, Secants};
pub use descent::{Solution, solve};
pub(crate) use doubt::{DOUBTED, Doubt};
pub(crate) use factor::{Factor, inverse_block};
pub(crate) use narrow::Directions;
pub(crate) use order::{Order, Ordered, solve_ordered};
pub(crate) use posterior::Posterior;
pub use problem::Problem;
pub(crate) use problem::Working;
pub use table::{Penalty, Strengths, Table};

/// A fit that did not reach its minimum.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The penalty is not a positive number.
    #[error("the penalty --l2 must be a number above 0, not {0}")]
    Penalty(f64),
    /// The gradient did not vanish.
    #[error(
        "the fit stopped after {iterations} steps with a gradient of {gradient:.1e} a row, which \
         is no minimum; a larger --l2 makes the problem easier, as do weights nearer to 1"
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
    /// The Hessian does not fit into memory.
    #[error(
        "a plain model of these columns has {0} slots, one for each level of each category, and its solver a \
         matrix of as many rows and columns, which is too large; leave out --plain, which needs none, or \
         --drop columns"
    )]
    TooWide(usize),
    /// linfa-logistic refused the problem.
    #[error("linfa-logistic: {0}")]
    Linfa(String),
}
