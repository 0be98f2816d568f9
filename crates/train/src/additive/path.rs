//! One factor on all learnt strengths, by cross-validation.

use leadscore_model::bundle::CandidatePenalty;
use leadscore_model::sigmoid;
use rayon::prelude::*;

use super::factor::Factor;
use super::{Problem, Strengths};

/// Folds.
pub(super) const FOLDS: usize = 5;
/// The factors that are tried.
const FACTORS: [f64; 7] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// What each factor on the strengths would lose on rows that were not fitted, by rising factor.
///
/// The folds share their work. Each row adds to the Hessian of its own fold, at the minimum `at` of
/// all rows, and what the others have is the sum less that. From there every fold and factor goes
/// two steps with its own Hessian, the second with a gradient of its own: near enough to its
/// minimum to tell factors apart, for one factorisation each.
pub(super) fn candidates(
    problem: &Problem,
    strengths: &[Strengths],
    at: &[f64],
    folds: &[usize],
) -> Vec<CandidatePenalty> {
    let log_odds = problem.log_odds(at);
    let working = problem.working(&log_odds);
    let parts: Vec<Vec<usize>> = (0..FOLDS)
        .map(|fold| (0..folds.len()).filter(|&row| folds[row] == fold).collect())
        .collect();
    let hessians: Vec<_> = parts
        .iter()
        .map(|rows| {
            let weights: Vec<f64> = rows.iter().map(|&row| working.weights[row]).collect();
            let codes: Vec<Vec<u16>> = problem
                .tables
                .par_iter()
                .map(|table| rows.iter().map(|&row| table.codes[row]).collect())
                .collect();
            problem.hessian_of(&weights, &codes.iter().map(Vec::as_slice).collect::<Vec<_>>())
        })
        .collect();
    let mut all = hessians[0].clone();
    hessians[1..].iter().for_each(|hessian| all += hessian);
    let tasks: Vec<(usize, f64)> =
        FACTORS.iter().flat_map(|&factor| (0..FOLDS).map(move |fold| (fold, factor))).collect();
    let losses: Vec<f64> = tasks
        .par_iter()
        .map(|&(fold, factor)| {
            let held: Vec<Strengths> =
                strengths.iter().map(|s| s.iter().map(|s| s * factor).collect()).collect();
            let mut hessian = &all - &hessians[fold];
            problem.add_precision(&held, &mut hessian);
            let Some(solver) = Factor::new(hessian) else { return f64::INFINITY };
            let mut here = at.to_vec();
            let mut odds = log_odds.clone();
            for _ in 0..2 {
                let residuals: Vec<f64> = odds
                    .iter()
                    .zip(&problem.targets)
                    .zip(folds)
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
            parts[fold].iter().map(loss).sum()
        })
        .collect();
    FACTORS
        .iter()
        .zip(losses.chunks(FOLDS))
        .map(|(&l2, losses)| CandidatePenalty {
            l2,
            log_loss: losses.iter().sum::<f64>() / folds.len().max(1) as f64,
        })
        .collect()
}
