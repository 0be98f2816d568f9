//! One factor on all learnt strengths, by cross-validation.

use std::convert::Infallible;

use faer::Mat;
use leadscore_model::bundle::CandidatePenalty;
use leadscore_model::{row_loss, sigmoid};
use rayon::prelude::*;

use crate::folds::{Fold, Folds};
use crate::rows::pick;
use crate::solver::{Factor, Problem, Strengths};

/// From one factor to the next.
const STEP: f64 = 2.0;
/// The outermost factors that are tried.
const RANGE: (f64, f64) = (1.0 / 16.0, 64.0);

/// Steps that a fold and factor goes to its minimum, at most.
const STEPS: usize = 8;
/// A step that brings less than this, of what a row loses, is the last; so is one after which no more is
/// left. Candidates are told apart by a hundred times as much.
const LEAST_STEP: f64 = 1e-6;

/// What factors on the strengths would lose on rows that were not fitted, by rising factor.
pub(super) fn candidates(
    problem: &Problem,
    strengths: &[Strengths],
    at: &[f64],
    folds: &Folds,
) -> Vec<CandidatePenalty> {
    let tried = Tried::new(problem, strengths, at, folds);
    let Ok(found) = search(&[1.0 / STEP, 1.0, STEP], STEP, RANGE, |factor| {
        Ok::<_, Infallible>(tried.candidate(factor))
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

/// What candidates are tried on. The folds share their work: each class of rows adds to the Hessian
/// of the folds that are fitted to it, at the minimum `at` of all rows. From there every fold and
/// candidate goes a few steps with its own Hessian and a gradient of its own each: near enough to its
/// minimum to tell candidates apart, for one factorisation each.
pub(crate) struct Tried<'p> {
    problem: &'p Problem,
    strengths: &'p [Strengths],
    at: &'p [f64],
    folds: &'p Folds,
    /// For each class of rows, their summed loss there and the sums of their residuals.
    of_classes: Vec<(f64, Vec<f64>)>,
    /// The Hessian of the rows that each fold is fitted to.
    hessians: Vec<Mat<f64>>,
    /// How many rows are tested on.
    tested: f64,
}

impl<'p> Tried<'p> {
    /// The folds of a problem at the minimum of all its rows.
    pub(crate) fn new(
        problem: &'p Problem,
        strengths: &'p [Strengths],
        at: &'p [f64],
        folds: &'p Folds,
    ) -> Self {
        let log_odds = problem.log_odds(at);
        let working = problem.working(&log_odds);
        let size = problem.size();
        let mut hessians = vec![Mat::zeros(size, size); folds.folds.len()];
        let mut of_classes = Vec::with_capacity(folds.classes);
        for class in 0..folds.classes {
            let rows: Vec<usize> =
                (0..folds.class.len()).filter(|&row| folds.class[row] == class).collect();
            let of_class = problem.of_rows(&rows);
            let loss = rows.iter().map(|&row| row_loss(log_odds[row], problem.targets[row])).sum();
            of_classes.push((loss, of_class.sums(&pick(&working.residuals, &rows))));
            let hessian = of_class.hessian_of(&pick(&working.weights, &rows));
            let of_folds = hessians.iter_mut().zip(&folds.folds);
            of_folds.filter(|(_, fold)| fold.fitted[class]).for_each(|(sum, _)| *sum += &hessian);
        }
        let tested = folds.count_tested() as f64;
        Self { problem, strengths, at, folds, of_classes, hessians, tested }
    }

    /// What the strengths of all tables, times a factor, lose.
    pub(crate) fn candidate(&self, factor: f64) -> CandidatePenalty {
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
        // Of the first step the folds share what hangs on the rows.
        let mut sums = vec![0.0; here.len()];
        let (mut objective, mut loss) = (problem.penalty(&held, &here), 0.0);
        for ((of_class, of_rows), (&fitted, &tested)) in
            self.of_classes.iter().zip(fitted.iter().zip(tested))
        {
            loss += if tested { *of_class } else { 0.0 };
            if fitted {
                objective += of_class;
                sums.iter_mut().zip(of_rows).for_each(|(sum, of_rows)| *sum += of_rows);
            }
        }
        for _ in 0..STEPS {
            let ascent = problem.less_pulls(sums, &held, &here);
            let step = solver.solve(&ascent);
            let expected = 0.5 * ascent.iter().zip(&step).map(|(a, s)| a * s).sum::<f64>();
            // The Hessian is that of all rows' minimum: where a fold's lies far from it, as it does
            // in blocks of time, a whole step can go too far.
            let mut share = 1.0;
            let (there, odds, value) = loop {
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
            (here, objective, loss) = (there, value, summed(&odds, tested));
            // What a step gains otherwise than was expected tells by which share the Hessian is off, and
            // the next step gains the square of it.
            let off = 1.0 - gained / expected;
            if gained * (off * off).min(1.0) < LEAST_STEP * self.tested {
                break;
            }
            let residuals: Vec<f64> = odds
                .iter()
                .zip(&problem.targets)
                .zip(&folds.class)
                .map(|((&z, y), &class)| if fitted[class] { y - sigmoid(z) } else { 0.0 })
                .collect();
            sums = problem.sums(&residuals);
        }
        loss
    }
}
