//! Towards a rule set: where outcomes are few, a model may lean on what the points of the rows say.
//!
//! The model of a row is `s m(x) + u(x)`. `m` is the direction: the points as well as the model's own
//! slots can say them, a ridge regression of the points on the slots, over the fitted rows alone and
//! without their outcomes, centred and of unit standard deviation. `u` is held as it always is; `s` is
//! one coefficient, held weakly, and never below 0. So a model of few outcomes is the rules with a
//! strength that the outcomes decide, and one of many is what it would have been: what `m` says that
//! is wrong, `u` takes back. What is served is the sum of both, slot by slot, and holds no rule.

use leadscore_model::DRAWS;

use crate::solver::{Factor, FitError, Posterior, Problem, Solution, Strengths, solve};

/// How strongly the slope of the direction is held near 0: the inverse variance of its prior. A normal
/// prior of a standard deviation of 2, in log-odds for a standard deviation of the points, excludes no
/// rule set that is of use.
const STRENGTH: f64 = 0.25;
/// The ridge of the projection, in rows: as if each slot had been seen in one more row of mean points.
const RIDGE: f64 = 1.0;

/// What the slots can say of points.
#[derive(Clone, Debug)]
pub(crate) struct Direction {
    /// For each coefficient, what a unit of slope adds to it.
    of: Vec<f64>,
    /// The share of the variance of the points that the slots say, from 0 to 1.
    r2: f64,
}

/// How far a fit leans on points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leaning {
    /// Log-odds for one standard deviation of what the slots say of the points; 0 where the outcomes
    /// go against them.
    pub slope: f64,
    /// Its standard error, where that was asked for.
    pub standard_error: Option<f64>,
    /// The share of the variance of the points that the slots say, from 0 to 1.
    pub r2: f64,
}

impl Direction {
    /// The direction of the points of a problem's rows; `None` where they are all alike, or nothing of
    /// them can be said.
    pub(crate) fn new(problem: &Problem, points: &[f64]) -> Option<Self> {
        let rows = points.len() as f64;
        let (mean, deviation) = moments(points)?;
        let standard: Vec<f64> = points.iter().map(|points| (points - mean) / deviation).collect();
        let mut matrix = problem.hessian_of(&vec![1.0; points.len()]);
        (0..matrix.nrows()).for_each(|i| matrix[(i, i)] += if i == 0 { 1e-9 } else { RIDGE });
        let mut of = Factor::new(matrix)?.solve(&problem.sums(&standard));
        let said = problem.log_odds(&of);
        let off: f64 = said.iter().zip(&standard).map(|(said, z)| (said - z) * (said - z)).sum();
        let (mean, deviation) = moments(&said)?;
        of[0] -= mean;
        of.iter_mut().for_each(|of| *of /= deviation);
        let r2 = (1.0 - off / rows).clamp(0.0, 1.0);
        of.iter().all(|of| of.is_finite()).then_some(Self { of, r2 })
    }

    /// Adds the direction to a problem of the same tables and amounts, as its last column.
    pub(crate) fn add_to(&self, problem: &mut Problem) {
        let column = problem.log_odds(&self.of);
        problem.dense.push(&column, STRENGTH);
    }

    /// The slope, by coefficients of the problem with the direction.
    pub(crate) fn slope(&self, at: &[f64]) -> f64 {
        at.get(self.of.len()).copied().unwrap_or(0.0)
    }

    /// The coefficients of the problem without the direction that say the same.
    pub(crate) fn folded(&self, at: &[f64]) -> Vec<f64> {
        let slope = self.slope(at);
        at.iter().zip(&self.of).map(|(at, of)| at + slope * of).collect()
    }

    /// How far a fit leans.
    pub(crate) fn leaning(&self, at: &[f64], posterior: Option<&Posterior>) -> Leaning {
        // Draws are divided by the root of their number.
        let variance = |draws: [f64; DRAWS]| draws.iter().map(|draw| draw * draw).sum::<f64>();
        let error = posterior.map(|posterior| variance(posterior.of(self.of.len())).sqrt());
        Leaning { slope: self.slope(at), standard_error: error, r2: self.r2 }
    }

    /// The draws of a coefficient of the problem without the direction.
    pub(crate) fn folded_draws(&self, posterior: &Posterior, coefficient: usize) -> [f64; DRAWS] {
        let (own, slope) = (posterior.of(coefficient), posterior.of(self.of.len()));
        std::array::from_fn(|draw| own[draw] + self.of[coefficient] * slope[draw])
    }

    /// What a direction says of a fit that goes against it.
    pub(crate) fn refused(&self) -> Leaning {
        Leaning { slope: 0.0, standard_error: None, r2: self.r2 }
    }
}

/// The minimum of a problem that a direction was added to, with a slope that is not below 0: where it
/// would be, the direction is taken out again, and not given back.
pub(crate) fn solve_towards(
    problem: &mut Problem,
    strengths: &[Strengths],
    start: Option<Vec<f64>>,
    direction: Option<Direction>,
) -> Result<(Solution, Option<Direction>), FitError> {
    let solution = solve(problem, strengths, start)?;
    match direction {
        Some(direction) if direction.slope(&solution.at) < 0.0 => {
            problem.dense.pop();
            let start = solution.at[..problem.size()].to_vec();
            Ok((solve(problem, strengths, Some(start))?, None))
        }
        direction => Ok((solution, direction)),
    }
}

/// The mean and the standard deviation; `None` where there is no spread.
fn moments(values: &[f64]) -> Option<(f64, f64)> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    let deviation = variance.sqrt();
    (deviation > 1e-9 * (1.0 + mean.abs()) && deviation.is_finite()).then_some((mean, deviation))
}

#[cfg(test)]
mod tests {
    use leadscore_model::evaluate::auc;
    use leadscore_model::sigmoid;

    use super::*;
    use crate::recipe::{Fit, FitRows, Recipe};
    use crate::{
        Dealing, SignalColumn, SignalData, Solver, TrainOptions, fit_shape, learn_shape, recipe,
    };

    /// Eight numbers that each say something, and the points of whoever knows which way, not how much.
    struct Leads {
        signals: Vec<SignalColumn>,
        labels: Vec<bool>,
        points: Vec<f64>,
    }

    const SLOPES: [f64; 8] = [1.0, 0.7, -0.6, 0.5, -0.4, 0.3, 0.0, 0.0];

    fn leads(rows: usize, seed: u64) -> Leads {
        let mut state = seed;
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut values = vec![Vec::new(); SLOPES.len()];
        let (mut labels, mut points) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            // The sum of twelve is about normal.
            let row: Vec<f64> =
                SLOPES.iter().map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect();
            let z: f64 = row.iter().zip(SLOPES).map(|(x, slope)| x * slope).sum::<f64>() - 2.2;
            labels.push(uniform() < sigmoid(z));
            let rule = |(x, slope): (&f64, f64)| match slope {
                0.0 => 0.0,
                slope if (*x > 0.5) == (slope > 0.0) => 10.0,
                _ => 0.0,
            };
            points.push(row.iter().zip(SLOPES).map(rule).sum());
            values.iter_mut().zip(row).for_each(|(values, x)| values.push(x));
        }
        let signals = values.into_iter().enumerate().map(|(at, values)| SignalColumn {
            name: format!("x{at}"),
            data: SignalData::Number(values),
        });
        Leads { signals: signals.collect(), labels, points }
    }

    /// Fits the first rows and gives the AUC on the others.
    fn reached(leads: &Leads, fitted: usize, points: Option<&[f64]>, plain: bool) -> (f64, Fit) {
        let all: Vec<usize> = (0..leads.labels.len()).collect();
        let (rows, rest) = all.split_at(fitted);
        let groups: Vec<u64> = all.iter().map(|&row| row as u64).collect();
        let dealing = Dealing { groups: &groups[..fitted], moments: None, seed: 0 };
        let of = FitRows { points, ..FitRows::new(rows, &leads.labels[..fitted], dealing) };
        let options = TrainOptions { plain, ..TrainOptions::default() };
        let chosen = recipe::choose(&leads.signals, of, &options, &|_| {}).unwrap();
        let fit = chosen.recipe.fit(&leads.signals, of, true, None).unwrap();
        assert!(fit.fitted.is_consistent() && fit.solver.gradient < 1e-8);
        let compiled = fit.fitted.encoder.compile();
        let logistic = &fit.fitted.logistic;
        let log_odds: Vec<f64> = rest
            .iter()
            .map(|&row| {
                let mut sum = logistic.intercept;
                for (input, signal) in compiled.iter().zip(&leads.signals) {
                    let (slot, amount, _) = input.encode(&signal.data.value(row));
                    sum += amount * logistic.slots[slot].coefficient;
                }
                sum
            })
            .collect();
        (auc(&log_odds, &leads.labels[fitted..]).unwrap().value, fit)
    }

    #[test]
    fn few_conversions_gain_and_many_lose_nothing() {
        for plain in [true, false] {
            let (mut gained, mut conversions) = (0.0, 0);
            let seeds = 12u32;
            for seed in 0..u64::from(seeds) {
                let leads = leads(4_150, seed);
                conversions += leads.labels[..150].iter().filter(|label| **label).count();
                let (with, fit) = reached(&leads, 150, Some(&leads.points), plain);
                let (without, alone) = reached(&leads, 150, None, plain);
                assert!(alone.leaning.is_none());
                let leaning = fit.leaning.unwrap();
                assert!(leaning.slope > 0.0 && leaning.standard_error.unwrap() > 0.0);
                assert!(leaning.r2 > 0.3 && leaning.r2 < 1.0, "{leaning:?}");
                gained += with - without;
            }
            // About 20 conversions each.
            assert!((120..480).contains(&conversions), "{conversions}");
            // Tables find lines by themselves with few conversions.
            let least = if plain { 0.005 } else { 0.0005 };
            let gained = gained / f64::from(seeds);
            assert!(gained > least, "plain {plain}: {gained}");
            let leads = leads(26_000, 99);
            let (with, _) = reached(&leads, 20_000, Some(&leads.points), plain);
            let (without, _) = reached(&leads, 20_000, None, plain);
            assert!((with - without).abs() < 0.002, "plain {plain}: {with} {without}");
        }
    }

    #[test]
    fn rules_that_the_outcomes_go_against_are_left() {
        let mut leads = leads(6_000, 5);
        leads.points.iter_mut().for_each(|points| *points = -*points);
        for plain in [true, false] {
            let (with, fit) = reached(&leads, 4_000, Some(&leads.points), plain);
            let (without, _) = reached(&leads, 4_000, None, plain);
            assert!((with - without).abs() < 0.002, "{with} {without}");
            // What the numbers say, the rules were only in the way of.
            assert!(fit.leaning.unwrap().slope < 0.2, "{:?}", fit.leaning);
        }
    }

    #[test]
    fn the_direction_is_least_squares_and_folds_to_the_same_log_odds() {
        let leads = leads(3_000, 2);
        let rows: Vec<usize> = (0..3_000).collect();
        let targets =
            leads.labels.iter().map(|&label| f64::from(u8::from(label))).collect::<Vec<f64>>();
        let encoder = crate::fit_encoder(&leads.signals, &rows);
        let mut problem = crate::Plain::new(encoder, &leads.signals, &rows, targets).problem;
        let direction = Direction::new(&problem, &leads.points).unwrap();
        let said = problem.log_odds(&direction.of);
        let (mean, deviation) = moments(&said).unwrap_or((0.0, 0.0));
        assert!(mean.abs() < 1e-9 && (deviation - 1.0).abs() < 1e-9, "{mean} {deviation}");
        // The points are a step of each number: a line says 2/pi and more of one of the halves, and
        // what is left must not be correlated with any column but for the ridge.
        assert!(direction.r2 > 0.55 && direction.r2 < 0.75, "{}", direction.r2);
        direction.add_to(&mut problem);
        let strengths = Vec::new();
        problem.dense.strength = 3.0;
        let (solution, kept) =
            solve_towards(&mut problem, &strengths, None, Some(direction.clone())).unwrap();
        assert!(kept.is_some());
        let with = problem.log_odds(&solution.at);
        let mut without = problem;
        without.dense.pop();
        let folded = without.log_odds(&direction.folded(&solution.at));
        with.iter().zip(&folded).for_each(|(a, b)| assert!((a - b).abs() < 1e-10));
        assert!(Direction::new(&without, &vec![3.0; 3_000]).is_none());
    }

    #[test]
    fn learning_is_the_same_without_points_that_are_all_alike() {
        let leads = leads(2_000, 8);
        let rows: Vec<usize> = (0..2_000).collect();
        let groups: Vec<u64> = rows.iter().map(|&row| row as u64).collect();
        let dealing = Dealing { groups: &groups, moments: None, seed: 0 };
        let flat = vec![5.0; 2_000];
        let fit = |points| {
            let of = FitRows { points, ..FitRows::new(&rows, &leads.labels, dealing) };
            let plan = learn_shape(&leads.signals, of, &|_, _| {}).unwrap().plan;
            fit_shape(&leads.signals, of, false, &plan).unwrap()
        };
        let (with, without) = (fit(Some(flat.as_slice())), fit(None));
        assert_eq!(with.fitted, without.fitted);
        assert!(with.leaning.is_none());
        let recipe = Recipe::Plain { l2: 1.0, solver: Solver::Newton };
        let of = FitRows { points: Some(&flat), ..FitRows::new(&rows, &leads.labels, dealing) };
        assert!(recipe.fit(&leads.signals, of, true, None).unwrap().leaning.is_none());
    }
}
