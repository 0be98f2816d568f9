//! The posterior around a fit: the normal distribution with the inverse of the Hessian of the
//! penalised loss as its covariance, which is the Bayesian posterior where the penalties are priors
//! (S. Wood, Generalized Additive Models, 2nd edition, section 6.10).

use faer::Mat;
use leadscore_model::bundle::UncertaintyRecord;
use leadscore_model::{DRAWS, interval};
use rayon::prelude::*;

use super::descent::{FIRST_HESSIAN_ROWS, factored};
use super::{Problem, Strengths, Working};
use crate::split::all_differ;
use leadscore_model::SplitMix64;

/// Strengths are learnt from few numbers each, so that they are known to an order of magnitude, and a
/// mean is best under stronger ones than an interval: a signal that says little so far may say much.
/// So the prior of intervals has strengths of this share of those learnt. The share was chosen so that
/// intervals hold what they are of on simulated leads, from 2,000 to 40,000 of them
/// (benchmarks/coverage.py), with what pairs that were not taken may say.
pub(crate) const DOUBTED: f64 = 0.25;
/// The seed of the signs of the draws.
const SEED: u64 = 0x6472_6177;
/// Rows that the design effect is counted on, about; whole groups.
const COUNTED: usize = 20_000;
/// Rows that the width of intervals is measured on, at most.
const MEASURED: usize = 500;
/// With so many conversions or fewer it is told how many would halve the intervals.
const FEW: f64 = 200.0;
/// More times the rows than this are not looked at.
const MOST_TIMES: f64 = 64.0;

/// Draws of the coefficients around a fit, divided by the root of their number: a row of
/// [`DRAWS`] for each coefficient.
pub(crate) struct Posterior {
    draws: Mat<f64>,
    /// The variance of log-odds that no coefficient stands for.
    pub(crate) unmodelled: f64,
    /// What is known of it beside.
    pub(crate) record: UncertaintyRecord,
}

impl Posterior {
    /// The posterior at the minimum `at`. Rows of one group (snapshots of a lead) do not tell as much
    /// as rows of as many groups; how much less is counted, and the variance is raised by it. `unmodelled`
    /// gives the variance of log-odds that no coefficient stands for, by the information of all rows on a log-odds that
    /// they share (their summed weights in the fit, over the design effect). `None` where the Hessian has no factor.
    pub(crate) fn new(
        problem: &Problem,
        strengths: &[Strengths],
        at: &[f64],
        groups: &[u64],
        unmodelled: impl Fn(f64) -> f64,
    ) -> Option<Self> {
        let log_odds = problem.log_odds(at);
        let working = problem.working(&log_odds);
        let mut draws = draws(problem, strengths, &working.weights)?;
        let effect = design_effect(problem, &working, &draws, groups);
        scale(&mut draws, effect);
        let information = working.weights.iter().sum::<f64>() / effect;
        let width = mean_width(problem, &log_odds, &draws, unmodelled(information));
        let conversions: f64 = problem.targets.iter().sum();
        let halved = (conversions <= FEW).then(|| {
            let width_with = |times: f64| {
                let weights: Vec<f64> = working.weights.iter().map(|w| w * times).collect();
                let mut draws = self::draws(problem, strengths, &weights)?;
                scale(&mut draws, effect);
                let beside = unmodelled(information * times);
                Some(mean_width(problem, &log_odds, &draws, beside))
            };
            times_to(width / 2.0, width_with).map(|times| (times * conversions).ceil() as usize)
        });
        let record = UncertaintyRecord {
            mean_width: width,
            design_effect: effect,
            halved_at: halved.flatten(),
        };
        Some(Self { draws, unmodelled: unmodelled(information), record })
    }

    /// The draws of a coefficient.
    pub(crate) fn of(&self, coefficient: usize) -> [f64; DRAWS] {
        std::array::from_fn(|draw| self.draws[(coefficient, draw)])
    }
}

/// Draws by the Hessian at given weights of the rows.
fn draws(problem: &Problem, strengths: &[Strengths], weights: &[f64]) -> Option<Mat<f64>> {
    let stride = (problem.targets.len() / FIRST_HESSIAN_ROWS).max(1);
    let factor = factored(problem, strengths, weights, stride)?;
    let mut draws = signs(problem.size());
    factor.solve_upper(&mut draws);
    scale(&mut draws, 1.0 / DRAWS as f64);
    Some(draws)
}

/// Multiplies the variance of draws.
fn scale(draws: &mut Mat<f64>, by: f64) {
    for column in 0..draws.ncols() {
        draws.col_as_slice_mut(column).iter_mut().for_each(|draw| *draw *= by.sqrt());
    }
}

/// What the draws give a row.
fn of_row(problem: &Problem, draws: &Mat<f64>, row: usize) -> [f64; DRAWS] {
    let mut sums = std::array::from_fn(|draw| draws[(0, draw)]);
    let mut add = |coefficient: usize, amount: f64| {
        for (draw, sum) in sums.iter_mut().enumerate() {
            *sum += amount * draws[(coefficient, draw)];
        }
    };
    for (table, place) in problem.tables.iter().zip(problem.places()) {
        add(place.start + usize::from(table.codes[row]), 1.0);
    }
    let columns = problem.dense.columns;
    let amounts = &problem.dense.values[row * columns..(row + 1) * columns];
    problem.slopes().zip(amounts).for_each(|(slope, amount)| add(slope, *amount));
    sums
}

/// The mean width of the intervals of 95 % of the probabilities of some rows.
fn mean_width(problem: &Problem, log_odds: &[f64], draws: &Mat<f64>, unmodelled: f64) -> f64 {
    let step = log_odds.len().div_ceil(MEASURED).max(1);
    let widths: Vec<f64> = (0..log_odds.len())
        .into_par_iter()
        .step_by(step)
        .map(|row| {
            let squares = of_row(problem, draws, row).iter().map(|s| s * s).sum::<f64>();
            let interval = interval(log_odds[row], (squares + unmodelled).sqrt());
            interval.high - interval.low
        })
        .collect();
    widths.iter().sum::<f64>() / widths.len().max(1) as f64
}

/// The mean design effect of groups: the variance that the fit has where rows of one group go
/// together, over the one it would have if they did not (the trace of the cluster-robust covariance of
/// K.-Y. Liang and S. Zeger, Longitudinal Data Analysis Using Generalized Linear Models, 1986, over
/// that of the inverse Hessian). 1 where every row is a group of its own and counts once; a row that weighs more
/// is a group of as many rows that are all alike.
fn design_effect(problem: &Problem, working: &Working, draws: &Mat<f64>, groups: &[u64]) -> f64 {
    if problem.weights.is_empty() && all_differ(groups) {
        return 1.0;
    }
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_unstable_by_key(|&row| (groups[row], row));
    // Groups are known by hashes, so that the first in order are groups at random.
    let mut taken = 0;
    let some: Vec<&[usize]> = order
        .chunk_by(|&a, &b| groups[a] == groups[b])
        .take_while(|group| {
            let more = taken < COUNTED;
            taken += group.len();
            more
        })
        .collect();
    let each: Vec<(f64, f64)> = some
        .par_iter()
        .map(|group| {
            let (mut sum, mut apart) = ([0.0; DRAWS], 0.0);
            for &row in *group {
                let spread = of_row(problem, draws, row);
                apart += working.weights[row] * spread.iter().map(|s| s * s).sum::<f64>();
                let residual = working.residuals[row];
                sum.iter_mut().zip(&spread).for_each(|(sum, s)| *sum += residual * s);
            }
            (sum.iter().map(|s| s * s).sum::<f64>(), apart)
        })
        .collect();
    let (together, apart) = each.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let effect: f64 = together / apart;
    if effect.is_finite() { effect.max(1.0) } else { 1.0 }
}

/// How many times the rows it takes to a mean width, by doubling and then halving what is between;
/// `None` where [`MOST_TIMES`] are not enough.
fn times_to(wanted: f64, width_with: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    let (mut low, mut high) = (1.0, 2.0);
    while width_with(high)? > wanted {
        (low, high) = (high, high * 2.0);
        if high > MOST_TIMES {
            return None;
        }
    }
    for _ in 0..3 {
        let middle = f64::sqrt(low * high);
        if width_with(middle)? > wanted { low = middle } else { high = middle }
    }
    Some(high)
}

/// Rows of 1 and -1 that are orthogonal to each other within every [`DRAWS`] of them (Sylvester's
/// Hadamard matrices), and to those of other blocks but for chance, which flips their columns.
/// Solved for, they give draws whose mean square is exact for as many coefficients.
pub(super) fn signs(size: usize) -> Mat<f64> {
    let mut random = SplitMix64::new(SEED);
    let mut flips = [1.0; DRAWS];
    let mut signs = Mat::zeros(size, DRAWS);
    for row in 0..size {
        let within = row % DRAWS;
        if within == 0 {
            flips.iter_mut().for_each(|flip| *flip = if random.coin() { 1.0 } else { -1.0 });
        }
        for (draw, flip) in flips.iter().enumerate() {
            let odd = (within & draw).count_ones() % 2 == 1;
            signs[(row, draw)] = if odd { -flip } else { *flip };
        }
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_orthogonal_within_a_block() {
        let signs = signs(300);
        let product = |a: usize, b: usize| -> f64 {
            (0..DRAWS).map(|draw| signs[(a, draw)] * signs[(b, draw)]).sum()
        };
        for (a, b) in [(0, 1), (3, 100), (128, 255), (129, 200), (256, 299)] {
            assert_eq!(product(a, b), 0.0, "{a} {b}");
        }
        assert_eq!(product(7, 7), DRAWS as f64);
        assert!(product(5, 200).abs() < 50.0);
    }
}
