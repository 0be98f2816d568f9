//! One factor on all learnt strengths, by cross-validation.

use std::convert::Infallible;

use faer::Mat;
use leadscore_model::bundle::{CandidatePenalty, FoldRule};
use leadscore_model::{row_loss, sigmoid};
use rayon::prelude::*;

use crate::folds::{Fold, Folds};
use crate::rows::pick;
use crate::solver::{Factor, Problem, Secants, Strengths};
use crate::weights::weight_of;

/// From one factor to the next.
const STEP: f64 = 2.0;
/// The outermost factors that are tried.
const RANGE: (f64, f64) = (1.0 / 16.0, 64.0);

/// Steps that a fold and factor goes to its minimum, at most.
const STEPS: usize = 8;
/// A step that changes what a tested row loses by less than this is the last. Candidates are told apart by
/// a hundred times as much.
const LEAST_CHANGE: f64 = 1e-6;

/// Rows whose losses are summed together.
const NEAR: usize = 256;

/// What factors on the strengths would lose on rows that were not fitted, by rising factor.
pub(super) fn candidates(
    problem: &Problem,
    strengths: &[Strengths],
    at: &[f64],
    folds: &Folds,
) -> Vec<CandidatePenalty> {
    let classes = classes(problem, folds);
    let tried = Tried::new((problem, &classes), strengths, at, folds);
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

/// The rows of a problem by their class.
pub(crate) fn classes(problem: &Problem, folds: &Folds) -> Vec<Problem> {
    let of_class = |class| {
        let rows: Vec<usize> =
            (0..folds.class.len()).filter(|&row| folds.class[row] == class).collect();
        problem.of_rows(&rows)
    };
    (0..folds.classes).map(of_class).collect()
}

/// What candidates are tried on. The folds share their work at the minimum `at` of all rows: the
/// Hessian, the losses and the first gradient. From there every fold and candidate goes a few steps with a
/// gradient of its own each, until what its tested rows lose no longer changes.
pub(crate) struct Tried<'p> {
    problem: &'p Problem,
    strengths: &'p [Strengths],
    at: &'p [f64],
    folds: &'p Folds,
    /// For each class of rows, their summed loss there and the sums of their residuals.
    of_classes: Vec<(f64, Vec<f64>)>,
    /// The Hessian of the rows that each fold is fitted to. One for all folds where they are dealt at
    /// random: that of all rows, by the share of them that a fold has. From it each differs by chance alone,
    /// which the next step makes good for much less than another factor takes.
    hessians: Vec<Mat<f64>>,
    /// What the rows count for that are tested on.
    tested: f64,
}

impl<'p> Tried<'p> {
    /// The folds of a problem, with its [`classes`], at the minimum of all its rows.
    pub(crate) fn new(
        (problem, classes): (&'p Problem, &[Problem]),
        strengths: &'p [Strengths],
        at: &'p [f64],
        folds: &'p Folds,
    ) -> Self {
        let log_odds = problem.log_odds(at);
        let working = problem.working(&log_odds);
        let size = problem.size();
        let at_random = folds.rule == FoldRule::Random && folds.classes > 2;
        let mut hessians = match at_random {
            true => {
                let share = 1.0 - 1.0 / folds.classes as f64;
                let weights: Vec<f64> = working.weights.iter().map(|w| w * share).collect();
                vec![problem.hessian_of(&weights)]
            }
            false => vec![Mat::zeros(size, size); folds.folds.len()],
        };
        let mut of_classes = Vec::with_capacity(folds.classes);
        for (class, of_class) in classes.iter().enumerate() {
            let rows: Vec<usize> =
                (0..folds.class.len()).filter(|&row| folds.class[row] == class).collect();
            let loss_of = |&row: &usize| {
                weight_of(&problem.weights, row) * row_loss(log_odds[row], problem.targets[row])
            };
            let loss = rows.iter().map(loss_of).sum();
            of_classes.push((loss, of_class.sums(&pick(&working.residuals, &rows))));
            if at_random {
                continue;
            }
            let hessian = of_class.hessian_of(&pick(&working.weights, &rows));
            let of_folds = hessians.iter_mut().zip(&folds.folds);
            of_folds.filter(|(_, fold)| fold.fitted[class]).for_each(|(sum, _)| *sum += &hessian);
        }
        let tested = folds.mass_tested(&problem.weights);
        Self { problem, strengths, at, folds, of_classes, hessians, tested }
    }

    /// What the strengths of all tables, times a factor, lose.
    pub(crate) fn candidate(&self, factor: f64) -> CandidatePenalty {
        let held: Vec<Strengths> =
            self.strengths.iter().map(|s| s.iter().map(|s| s * factor).collect()).collect();
        let solver = |hessian: &Mat<f64>| {
            let mut hessian = hessian.clone();
            self.problem.add_precision(&held, &mut hessian);
            Factor::new(hessian)
        };
        let solvers: Vec<Option<Factor>> = self.hessians.par_iter().map(solver).collect();
        let loss = |fold: usize| match solvers.get(fold).or_else(|| solvers.last()) {
            Some(Some(solver)) => self.loss(fold, &held, solver),
            _ => f64::INFINITY,
        };
        let folds = 0..self.folds.folds.len();
        let losses: Vec<f64> = folds.into_par_iter().map(loss).collect();
        CandidatePenalty {
            l2: factor,
            log_loss: losses.iter().sum::<f64>() / self.tested.max(f64::MIN_POSITIVE),
        }
    }

    /// The summed log loss of the rows that a fold is tested on.
    fn loss(&self, fold: usize, held: &[Strengths], solver: &Factor) -> f64 {
        let Self { problem, folds, .. } = self;
        let Fold { fitted, tested } = &folds.folds[fold];
        let mut here = self.at.to_vec();
        // Of the first step the folds share what hangs on the rows.
        let mut sums = vec![0.0; here.len()];
        let (mut objective, mut loss) = (problem.penalty(held, &here), 0.0);
        for ((of_class, of_rows), (&fitted, &tested)) in
            self.of_classes.iter().zip(fitted.iter().zip(tested))
        {
            loss += if tested { *of_class } else { 0.0 };
            if fitted {
                objective += of_class;
                sums.iter_mut().zip(of_rows).for_each(|(sum, of_rows)| *sum += of_rows);
            }
        }
        let mut ascent = problem.less_pulls(sums, held, &here);
        let mut secants = Secants::default();
        for _ in 0..STEPS {
            let step = secants.step(solver, &ascent);
            // The Hessian is that of all rows' minimum: where a fold's lies far from it, as it does
            // in blocks of time, a whole step can go too far.
            let mut share = 1.0;
            let (there, losses, residuals) = loop {
                let there: Vec<f64> =
                    here.iter().zip(&step).map(|(at, step)| at + share * step).collect();
                let mut odds = problem.log_odds(&there);
                let mut losses = self.differentiate(&mut odds, &folds.folds[fold]);
                losses.0 += problem.penalty(held, &there);
                if losses.0 <= objective || share < 0.1 {
                    break (there, losses, odds);
                }
                share /= 2.0;
            };
            let (value, of_tested) = losses;
            if value.is_nan() || value > objective {
                break;
            }
            let change = of_tested - loss;
            (objective, loss) = (value, of_tested);
            if change.abs() < LEAST_CHANGE * self.tested {
                break;
            }
            let next = problem.less_pulls(problem.sums(&residuals), held, &there);
            secants.learn((&here, &ascent), (&there, &next));
            (here, ascent) = (there, next);
        }
        loss
    }

    /// Turns log-odds of the rows into residuals, of those that a fold is not fitted to into 0; returns the
    /// summed losses of those that it is fitted to, and of those that it is tested on.
    fn differentiate(&self, log_odds: &mut [f64], fold: &Fold) -> (f64, f64) {
        let (mut of_fitted, mut of_tested) = (0.0, 0.0);
        let (targets, classes) = (&self.problem.targets, &self.folds.class);
        if !self.problem.weights.is_empty() {
            return self.differentiate_weighted(log_odds, fold);
        }
        let parts = log_odds.chunks_mut(NEAR).zip(targets.chunks(NEAR)).zip(classes.chunks(NEAR));
        for ((log_odds, targets), classes) in parts {
            // The logarithms of products are taken once: no factor is above 2, and there are 256.
            let (mut fitted_product, mut tested_product) = (1.0, 1.0);
            for ((z, &y), &class) in log_odds.iter_mut().zip(targets).zip(classes) {
                // log(1 + exp(z)) - y z, without overflow.
                let small = (-z.abs()).exp();
                let linear = z.max(0.0) - y * *z;
                if fold.tested[class] {
                    of_tested += linear;
                    tested_product *= 1.0 + small;
                }
                if !fold.fitted[class] {
                    *z = 0.0;
                    continue;
                }
                of_fitted += linear;
                fitted_product *= 1.0 + small;
                let of_smaller = small / (1.0 + small);
                *z = if *z < 0.0 { y - of_smaller } else { y - 1.0 + of_smaller };
            }
            of_fitted += f64::ln(fitted_product);
            of_tested += f64::ln(tested_product);
        }
        (of_fitted, of_tested)
    }

    /// The same of rows that weigh differently, of which no logarithms can be taken together.
    fn differentiate_weighted(&self, log_odds: &mut [f64], fold: &Fold) -> (f64, f64) {
        let Problem { targets, weights, .. } = self.problem;
        let (mut of_fitted, mut of_tested) = (0.0, 0.0);
        let rows = log_odds.iter_mut().zip(targets).zip(weights).zip(&self.folds.class);
        for (((z, &y), &weight), &class) in rows {
            let loss = weight * row_loss(*z, y);
            of_tested += if fold.tested[class] { loss } else { 0.0 };
            of_fitted += if fold.fitted[class] { loss } else { 0.0 };
            *z = if fold.fitted[class] { weight * (y - sigmoid(*z)) } else { 0.0 };
        }
        (of_fitted, of_tested)
    }
}
