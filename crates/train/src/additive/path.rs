//! One factor on all learnt strengths, by cross-validation.

use faer::Mat;
use leadscore_model::bundle::CandidatePenalty;
use leadscore_model::{row_loss, sigmoid};
use rayon::prelude::*;

use super::factor::Factor;
use super::{Problem, Strengths};
use crate::folds::{Fold, Folds};

/// From one factor to the next.
const STEP: f64 = 2.0;
/// The outermost factors that are tried.
const RANGE: (f64, f64) = (1.0 / 16.0, 64.0);

/// Steps that a fold and factor goes to its minimum, at most.
const STEPS: usize = 8;
/// A step that brings less than this, of what a row loses, is the last.
const LEAST_STEP: f64 = 1e-7;

/// What factors on the strengths would lose on rows that were not fitted, by rising factor: 1, its
/// neighbours, and on from the better of them as long as it gets better.
///
/// The folds share their work. Each class of rows adds to the Hessian of the folds that are fitted
/// to it, at the minimum `at` of all rows. From there every fold and factor goes a few steps with
/// its own Hessian and a gradient of its own each: near enough to its minimum to tell factors apart,
/// for one factorisation each.
pub(super) fn candidates(
    problem: &Problem,
    strengths: &[Strengths],
    at: &[f64],
    folds: &Folds,
) -> Vec<CandidatePenalty> {
    let log_odds = problem.log_odds(at);
    let working = problem.working(&log_odds);
    let size = problem.size();
    let mut hessians = vec![Mat::zeros(size, size); folds.folds.len()];
    for class in 0..folds.classes {
        let rows: Vec<usize> =
            (0..folds.class.len()).filter(|&row| folds.class[row] == class).collect();
        let weights: Vec<f64> = rows.iter().map(|&row| working.weights[row]).collect();
        let codes: Vec<Vec<u16>> = problem
            .tables
            .par_iter()
            .map(|table| rows.iter().map(|&row| table.codes[row]).collect())
            .collect();
        let codes: Vec<&[u16]> = codes.iter().map(Vec::as_slice).collect();
        let hessian = problem.hessian_of(&weights, &codes);
        let of_folds = hessians.iter_mut().zip(&folds.folds);
        of_folds.filter(|(_, fold)| fold.fitted[class]).for_each(|(sum, _)| *sum += &hessian);
    }
    let tested = folds.count_tested() as f64;
    let folds_of = Tried { problem, strengths, at, log_odds, folds, hessians, tested };
    let mut found: Vec<CandidatePenalty> =
        [1.0 / STEP, 1.0, STEP].into_iter().map(|factor| folds_of.candidate(factor)).collect();
    loop {
        let best = best(&found);
        let next = match (best, found.len()) {
            (0, _) => found[0].l2 / STEP,
            (best, count) if best + 1 == count => found[best].l2 * STEP,
            _ => break found,
        };
        if !(RANGE.0..=RANGE.1).contains(&next) {
            break found;
        }
        let at = if best == 0 { 0 } else { found.len() };
        found.insert(at, folds_of.candidate(next));
    }
}

/// The position of the factor with the least loss; of equals, the largest.
pub(super) fn best(candidates: &[CandidatePenalty]) -> usize {
    let all = candidates.iter().enumerate().rev();
    all.min_by(|(_, a), (_, b)| a.log_loss.total_cmp(&b.log_loss)).map_or(0, |(index, _)| index)
}

/// What all factors are tried on.
struct Tried<'p> {
    problem: &'p Problem,
    strengths: &'p [Strengths],
    at: &'p [f64],
    log_odds: Vec<f64>,
    folds: &'p Folds,
    /// The Hessian of the rows that each fold is fitted to.
    hessians: Vec<Mat<f64>>,
    /// How many rows are tested on.
    tested: f64,
}

impl Tried<'_> {
    fn candidate(&self, factor: f64) -> CandidatePenalty {
        let losses: Vec<f64> =
            (0..self.hessians.len()).into_par_iter().map(|fold| self.loss(fold, factor)).collect();
        CandidatePenalty { l2: factor, log_loss: losses.iter().sum::<f64>() / self.tested.max(1.0) }
    }

    /// The summed log loss of the rows that a fold is tested on.
    fn loss(&self, fold: usize, factor: f64) -> f64 {
        let Self { problem, folds, .. } = self;
        let held: Vec<Strengths> =
            self.strengths.iter().map(|s| s.iter().map(|s| s * factor).collect()).collect();
        let mut hessian = self.hessians[fold].clone();
        problem.add_precision(&held, &mut hessian);
        let Some(solver) = Factor::new(hessian) else { return f64::INFINITY };
        let Fold { fitted, tested } = &folds.folds[fold];
        let summed = |odds: &[f64], side: &[bool]| -> f64 {
            let rows = odds.iter().zip(&problem.targets).zip(&folds.class);
            let of_side = rows.filter(|(_, class)| side[**class]);
            of_side.map(|((&z, &y), _)| row_loss(z, y)).sum()
        };
        let mut here = self.at.to_vec();
        let mut odds = self.log_odds.clone();
        let mut objective = summed(&odds, fitted) + problem.penalty(&held, &here);
        for _ in 0..STEPS {
            let residuals: Vec<f64> = odds
                .iter()
                .zip(&problem.targets)
                .zip(&folds.class)
                .map(|((&z, y), &class)| if fitted[class] { y - sigmoid(z) } else { 0.0 })
                .collect();
            let step = solver.solve(&problem.ascent(&residuals, &held, &here));
            // The Hessian is that of all rows' minimum: where a fold's lies far from it, as it does
            // in blocks of time, a whole step can go too far.
            let mut share = 1.0;
            let (there, odds_there, value) = loop {
                let there: Vec<f64> =
                    here.iter().zip(&step).map(|(at, step)| at + share * step).collect();
                let odds = problem.log_odds(&there);
                let value = summed(&odds, fitted) + problem.penalty(&held, &there);
                if value <= objective || share < 0.1 {
                    break (there, odds, value);
                }
                share /= 2.0;
            };
            let gained = objective - value;
            if gained.is_nan() || gained < 0.0 {
                break;
            }
            (here, odds, objective) = (there, odds_there, value);
            if gained < LEAST_STEP * self.tested {
                break;
            }
        }
        summed(&odds, tested)
    }
}
