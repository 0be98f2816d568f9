//! The fit behind a model that finds shape: an additive model of tables.
//!
//! Every row has exactly one cell of every table (a bin of a number, a level of a category, a cell
//! of a pair of signals), so the log-odds are a sum of one number a table, and the model is still
//! one logistic regression over slots of 0 and 1. What makes that safe at any resolution is the
//! prior: neighbouring bins differ little, all cells lie near 0, and how little and how near is
//! learnt for every table from the data (`strengths`). Which pairs get a table is decided by what
//! they say of rows that they were not fitted to (`pairs`).
//!
//! The function class is that of Y. Lou, R. Caruana, J. Gehrke, G. Hooker, Accurate Intelligible
//! Models with Pairwise Interactions, 2013; the fit is that of a penalised regression with random
//! effects (S. Wood, Generalized Additive Models, 2nd edition, chapters 4 to 6), not boosting.

mod bends;
mod chance;
mod learn;
mod levels;
mod pairs;
mod path;
mod resolution;
mod shape;
mod strengths;
#[cfg(test)]
mod tests;

pub use learn::{Learnt, fit_shape, learn_shape};
pub(crate) use path::{Tried, best, classes, search};
pub(crate) use resolution::bins;
pub use shape::{Plan, Source};
pub use strengths::{LearnedStrengths, learn_strengths};
