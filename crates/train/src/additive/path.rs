//! One factor on all learnt strengths, by cross-validation.

use std::convert::Infallible;

use faer::Mat;
use leadscore_model::bundle::CandidatePenalty;
use leadscore_model::sigmoid;
use rayon::prelude::*;

use crate::solver::{Factor, Problem, Strengths};

/// Folds.
pub(super) const FOLDS: usize = 5;
/// From one factor to the next.
const STEP: f64 = 2.0;
/// The outermost factors that are tried.
const RANGE: (f64, f64) = (1.0 / 16.0, 64.0);

/// What factors on the strengths would lose on rows that were not fitted, by rising factor.
pub(super) fn candidates(
    problem: &Problem,
    strengths: &[Strengths],
    at: &[f64],
    folds: &[usize],
) -> Vec<CandidatePenalty> {
    let folds = Folds::new(problem, strengths, at, folds);
    let Ok(found) = search(&[1.0 / STEP, 1.0, STEP], STEP, RANGE, |factor| {
        Ok::<_, Infallible>(folds.candidate(factor))
    });
    found
}

/// Tries the first candidates, and on from the better of them, step by step, as long as it gets
/// better and stays in range.
pub(crate) fn search<E>(
    first: &[f64],
    step: f64,
    range: (f64, f64),
    mut candidate: impl FnMut(f64) -> Result<CandidatePenalty, E>,
) -> Result<Vec<CandidatePenalty>, E> {
    let mut found = first.iter().map(|&l2| candidate(l2)).collect::<Result<Vec<_>, E>>()?;
    loop {
        let best = best(&found);
        let next = match (best, found.len()) {
            (0, _) => found[0].l2 / step,
            (best, count) if best + 1 == count => found[best].l2 * step,
            _ => return Ok(found),
        };
        if !(range.0..=range.1).contains(&next) {
            return Ok(found);
        }
        let at = if best == 0 { 0 } else { found.len() };
        found.insert(at, candidate(next)?);
    }
}

/// The position of the factor with the least loss; of equals, the largest.
pub(crate) fn best(candidates: &[CandidatePenalty]) -> usize {
    let all = candidates.iter().enumerate().rev();
    all.min_by(|(_, a), (_, b)| a.log_loss.total_cmp(&b.log_loss)).map_or(0, |(index, _)| index)
}

/// The folds of a cross-validation, which share their work: each row adds to the Hessian of its own
/// fold, at the minimum `at` of all rows, and what the others have is the sum less that. From there
/// every fold goes two steps with its own Hessian, the second with a gradient of its own: near
/// enough to its minimum to tell candidates apart, for one factorisation each.
pub(crate) struct Folds<'p> {
    problem: &'p Problem,
    strengths: &'p [Strengths],
    at: &'p [f64],
    log_odds: Vec<f64>,
    folds: &'p [usize],
    /// The rows of each fold.
    parts: Vec<Vec<usize>>,
    /// The Hessian of each fold's rows, and their sum.
    hessians: Vec<Mat<f64>>,
    all: Mat<f64>,
}

impl<'p> Folds<'p> {
    /// Folds of a problem at the minimum of all its rows.
    pub(crate) fn new(
        problem: &'p Problem,
        strengths: &'p [Strengths],
        at: &'p [f64],
        folds: &'p [usize],
    ) -> Self {
        let log_odds = problem.log_odds(at);
        let working = problem.working(&log_odds);
        let parts: Vec<Vec<usize>> = (0..FOLDS)
            .map(|fold| (0..folds.len()).filter(|&row| folds[row] == fold).collect())
            .collect();
        let hessians: Vec<_> = parts
            .iter()
            .map(|rows| {
                let weights: Vec<f64> = rows.iter().map(|&row| working.weights[row]).collect();
                problem.of_rows(rows).hessian_of(&weights)
            })
            .collect();
        let mut all = hessians[0].clone();
        hessians[1..].iter().for_each(|hessian| all += hessian);
        Self { problem, strengths, at, log_odds, folds, parts, hessians, all }
    }

    /// What the strengths of all tables, times a factor, lose.
    pub(crate) fn candidate(&self, factor: f64) -> CandidatePenalty {
        let losses: Vec<f64> =
            (0..FOLDS).into_par_iter().map(|fold| self.loss(fold, factor)).collect();
        let log_loss = losses.iter().sum::<f64>() / self.folds.len().max(1) as f64;
        CandidatePenalty { l2: factor, log_loss }
    }

    /// The summed log loss of a fold's rows, fitted to the others.
    fn loss(&self, fold: usize, factor: f64) -> f64 {
        let Self { problem, folds, .. } = self;
        let held: Vec<Strengths> =
            self.strengths.iter().map(|s| s.iter().map(|s| s * factor).collect()).collect();
        let mut hessian = &self.all - &self.hessians[fold];
        problem.add_precision(&held, &mut hessian);
        let Some(solver) = Factor::new(hessian) else { return f64::INFINITY };
        let mut here = self.at.to_vec();
        let mut odds = self.log_odds.clone();
        for _ in 0..2 {
            let residuals: Vec<f64> = odds
                .iter()
                .zip(&problem.targets)
                .zip(*folds)
                .map(|((&z, y), &of)| if of == fold { 0.0 } else { y - sigmoid(z) })
                .collect();
            let step = solver.solve(&problem.ascent(&residuals, &held, &here));
            here.iter_mut().zip(&step).for_each(|(at, step)| *at += step);
            odds = problem.log_odds(&here);
        }
        let loss = |row: &usize| {
            let (z, y) = (odds[*row], problem.targets[*row]);
            z.max(0.0) - y * z + (-z.abs()).exp().ln_1p()
        };
        self.parts[fold].iter().map(loss).sum()
    }
}
