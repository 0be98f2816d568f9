//! The posterior around a fit: the normal distribution with the inverse of the Hessian of the
//! penalised loss as its covariance, which is the Bayesian posterior where the penalties are priors
//! (S. Wood, Generalized Additive Models, 2nd edition, section 6.10).

use faer::Mat;
use leadscore_model::bundle::UncertaintyRecord;
use leadscore_model::{DRAWS, interval, sigmoid};
use rayon::prelude::*;

use super::descent::{FIRST_HESSIAN_ROWS, factored};
use super::doubt::Doubt;
use super::{Problem, Strengths, Working};
use crate::split::all_differ;
use crate::weights::weight_of;
use leadscore_model::SplitMix64;

/// From this mean standard deviation of log-odds on, the curvature at the minimum is not taken at its word.
const SURE: f64 = 1.5;
/// How often it is then averaged.
const ROUNDS: usize = 6;
/// Points and weights that average over a normal distribution (Gauss and Hermite, seven points).
const NORMAL: [(f64, f64); 7] = [
    (-3.750_439_717_725_742, 0.000_548_268_855_972_217_8),
    (-2.366_759_410_734_541, 0.030_757_123_967_586_5),
    (-1.154_405_394_739_968, 0.240_123_178_605_012_7),
    (0.0, 0.457_142_857_142_857_1),
    (1.154_405_394_739_968, 0.240_123_178_605_012_7),
    (2.366_759_410_734_541, 0.030_757_123_967_586_5),
    (3.750_439_717_725_742, 0.000_548_268_855_972_217_8),
];
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
    /// as rows of as many groups; how much less is counted, and the variance is raised by it. What a `doubt`
    /// adds, where there is one, goes by the information of all rows on a log-odds that they share: their summed
    /// weights in the fit, over the design effect. `None` where the Hessian has no factor.
    pub(crate) fn new(
        problem: &Problem,
        strengths: &[Strengths],
        at: &[f64],
        groups: &[u64],
        doubt: Option<&Doubt>,
    ) -> Option<Self> {
        let log_odds = problem.log_odds(at);
        let mut working = told(problem, problem.working(&log_odds));
        let unmodelled = |information| doubt.map_or(0.0, |doubt| doubt.unmodelled(information));
        let share = doubt.map_or(1.0, |doubt| doubt.share(information_of_rate(problem)));
        let doubted: Vec<Strengths> =
            strengths.iter().map(|s| s.iter().map(|s| s * share).collect()).collect();
        let strengths = &doubted[..];
        let mut draws = draws(problem, strengths, &working.weights)?;
        for _ in 0..ROUNDS {
            if mean_deviation(problem, &draws) <= SURE {
                break;
            }
            let weights = expected(problem, &log_odds, &draws);
            let between = working.weights.iter().zip(&weights).map(|(a, b)| (a * b).sqrt());
            working = told(problem, Working { weights: between.collect(), ..working });
            draws = self::draws(problem, strengths, &working.weights)?;
        }
        let effect = design_effect(problem, &working, &draws, groups);
        scale(&mut draws, effect);
        center(problem, &mut draws);
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

/// Rows whose outcome the fit is sure of tell no less than those that convert once in as many as there are: more sure
/// than that no rows make. Without it nothing would be known of leads that all convert.
fn told(problem: &Problem, working: Working) -> Working {
    let least = 1.0 / problem.targets.len().max(1) as f64;
    let mut weights = working.weights;
    for (row, weight) in weights.iter_mut().enumerate() {
        *weight = weight.max(least * weight_of(&problem.weights, row));
    }
    Working { weights, ..working }
}

/// How many rows of weight 1 stand for one row, on average: what weights add that is no evidence (L. Kish, Survey
/// Sampling, 1965, section 11.7).
fn alike(problem: &Problem) -> f64 {
    let squares: f64 = problem.weights.iter().map(|weight| weight * weight).sum();
    let alike = squares / problem.weights.iter().sum::<f64>();
    if alike.is_finite() { alike } else { 1.0 }
}

/// The information of all rows on a log-odds that they share, if they were told by nothing else.
fn information_of_rate(problem: &Problem) -> f64 {
    let weight = |row| weight_of(&problem.weights, row);
    let mass: f64 = (0..problem.targets.len()).map(weight).sum();
    let converted: f64 =
        problem.targets.iter().enumerate().map(|(row, target)| target * weight(row)).sum();
    converted * (1.0 - converted / mass) / alike(problem)
}

/// The mean over some rows of what there is of each.
fn mean_over_rows(rows: usize, of: impl Fn(usize) -> f64 + Send + Sync) -> f64 {
    let step = rows.div_ceil(MEASURED).max(1);
    let each: Vec<f64> = (0..rows).into_par_iter().step_by(step).map(of).collect();
    each.iter().sum::<f64>() / each.len().max(1) as f64
}

/// The mean standard deviation of the log-odds of some rows.
fn mean_deviation(problem: &Problem, draws: &Mat<f64>) -> f64 {
    mean_over_rows(problem.targets.len(), |row| variance(problem, draws, row).sqrt())
}

/// The variance of the log-odds of a row.
fn variance(problem: &Problem, draws: &Mat<f64>, row: usize) -> f64 {
    of_row(problem, draws, row).iter().map(|s| s * s).sum()
}

/// The weights that rows have on average over what is not known of their log-odds: the curvature at the minimum alone says
/// that rows of which the fit is sure tell nothing, however many they are (the Gaussian variational approximation; M.
/// Opper, C. Archambeau, The Variational Gaussian Approximation Revisited, Neural Computation 21, 2009).
fn expected(problem: &Problem, log_odds: &[f64], draws: &Mat<f64>) -> Vec<f64> {
    let of = |row: usize| {
        let deviation = variance(problem, draws, row).sqrt();
        let curvature = |(at, weight): &(f64, f64)| {
            let probability = sigmoid(log_odds[row] + deviation * at);
            weight * probability * (1.0 - probability)
        };
        NORMAL.iter().map(curvature).sum::<f64>() * weight_of(&problem.weights, row)
    };
    (0..log_odds.len()).into_par_iter().map(of).collect()
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

/// Moves the mean over all rows of each table's draws into those of the intercept. Every row has one cell of each
/// table, so nothing that is said of a row changes. What all cells of a table share, and the intercept takes back, is
/// known by the prior alone: under a weak one it is much larger than what the rows tell, of which little would be
/// left in the steps that draws are kept in.
fn center(problem: &Problem, draws: &mut Mat<f64>) {
    let rows = problem.targets.len();
    let weights: Vec<f64> = (0..rows).map(|row| weight_of(&problem.weights, row)).collect();
    let mass: f64 = weights.iter().sum();
    for (table, place) in problem.tables.iter().zip(problem.places()) {
        let shares = table.sums(&weights);
        for column in 0..draws.ncols() {
            let of_column = draws.col_as_slice_mut(column);
            let cells = &mut of_column[place.clone()];
            let mean = cells.iter().zip(&shares).map(|(c, s)| c * s).sum::<f64>() / mass;
            cells.iter_mut().for_each(|cell| *cell -= mean);
            of_column[0] += mean;
        }
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
    mean_over_rows(log_odds.len(), |row| {
        let variance = variance(problem, draws, row) + unmodelled;
        let interval = interval(log_odds[row], variance.sqrt());
        interval.high - interval.low
    })
}

/// The mean design effect of groups: the variance that the fit has where rows of one group go
/// together, over the one it would have if they did not (the trace of the cluster-robust covariance of
/// K.-Y. Liang and S. Zeger, Longitudinal Data Analysis Using Generalized Linear Models, 1986, over
/// that of the inverse Hessian). 1 where every row is a group of its own and counts once; a row that weighs more
/// is a group of as many rows that are all alike.
fn design_effect(problem: &Problem, working: &Working, draws: &Mat<f64>, groups: &[u64]) -> f64 {
    // Rows of one weight are as sure as without.
    let first = problem.weights.first().copied().unwrap_or(1.0);
    if problem.weights.iter().all(|weight| *weight == first) && all_differ(groups) {
        return first;
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
