//! The way to the minimum: Newton's method with a gradient of all rows in every step, and a Hessian
//! that is used again as long as it serves.

use super::{Factor, FitError, Problem, Strengths};

/// Where a fit ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The intercept, then the cells of every table, then the slopes.
    pub at: Vec<f64>,
    /// Steps taken with all rows.
    pub iterations: usize,
    /// The largest component of the gradient of the penalised loss, over the summed weights: 0 at
    /// the exact minimum.
    pub gradient: f64,
}

/// The fit is done when the gradient is below this.
const ENOUGH: f64 = 1e-11;
/// Of so many rows, where a pass takes long, also when a step would bring the summed loss down by less
/// than this: then no coefficient is off by more than a thousandth of its standard error.
const NO_MATTER: f64 = 1e-7;
const MANY: usize = 50_000;
/// A gradient above this, of the mean loss, is a failure.
const NO_MINIMUM: f64 = 1e-8;
const STEPS: usize = 100;
/// A Hessian first comes from about so many rows; one step with it brings the gradient down by what
/// such a sample is off.
pub(super) const FIRST_HESSIAN_ROWS: usize = 100_000;
/// A Hessian is made anew, of more rows, when a step with it leaves more than this share of what it was to
/// bring down.
const STALE: f64 = 0.05;
/// A fit without a start takes that of a sample, one row of so many, where there are rows enough.
const SAMPLE: usize = 6;
const LEAST_SAMPLE: usize = 5_000;
/// The fit of a sample is done when a step would bring its loss down by less than this share of what
/// chance makes it differ by, which is about half a unit for every coefficient.
const ROUGHLY: f64 = 0.01;

/// Minimises the penalised loss, from `start` where there is one.
///
/// # Errors
/// [`FitError::NotConverged`] when the gradient did not vanish.
pub fn solve(
    problem: &Problem,
    strengths: &[Strengths],
    start: Option<Vec<f64>>,
) -> Result<Solution, FitError> {
    let (start, factor) = match start {
        Some(start) => (start, None),
        None => start_of_sample(problem, strengths),
    };
    let End { point, iterations, .. } = descend(problem, strengths, start, factor, Until::Minimum);
    let gradient = point.gradient();
    if gradient.is_nan() || gradient > NO_MINIMUM {
        return Err(FitError::NotConverged { iterations, gradient });
    }
    Ok(Solution { at: point.at, iterations, gradient })
}

/// Where a sample of the rows has its minimum, roughly, and the Hessian there: a start that differs
/// from the minimum of all rows by what chance makes the sample differ.
fn start_of_sample(problem: &Problem, strengths: &[Strengths]) -> (Vec<f64>, Option<Factor>) {
    if problem.targets.len() < SAMPLE * LEAST_SAMPLE.max(2 * problem.size()) {
        return (problem.nothing_known(), None);
    }
    let sample = problem.thinned(SAMPLE);
    let (start, factor) = start_of_sample(&sample, strengths);
    let end = descend(&sample, strengths, start, factor, Until::Roughly);
    let made = end.factor.filter(|_| end.made);
    let factor = made.or_else(|| end.point.factored(&sample, strengths, 1));
    (end.point.at, factor)
}

/// When a descent is over.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    /// The gradient is as near 0 as is of use.
    Minimum,
    /// A step would bring the loss down by little.
    Roughly,
}

/// Where a descent ended.
struct End {
    point: Point,
    iterations: usize,
    /// The last factor, where it serves still, and whether it is of these rows.
    factor: Option<Factor>,
    made: bool,
}

fn descend(
    problem: &Problem,
    strengths: &[Strengths],
    start: Vec<f64>,
    mut factor: Option<Factor>,
    until: Until,
) -> End {
    let mut stride = (problem.targets.len() / FIRST_HESSIAN_ROWS).max(1);
    let mut here = Point::new(problem, strengths, start);
    let (mut iterations, mut made) = (0, false);
    let many = problem.targets.len() >= MANY;
    let mut secants = Secants::default();
    let mut fell_by = f64::INFINITY;
    while here.gradient() > ENOUGH && iterations < STEPS {
        let fresh = factor.is_none();
        if fresh {
            factor = here.factored(problem, strengths, stride);
            (made, secants) = (true, Secants::default());
        }
        let Some(with) = factor.take() else { break };
        let step = secants.step(&with, &here.ascent);
        let falls_by = 0.5 * here.slope(&step);
        let enough = match until {
            Until::Minimum => many && falls_by < NO_MATTER && here.gradient() < NO_MINIMUM / 2.0,
            Until::Roughly => falls_by < ROUGHLY * step.len() as f64,
        };
        if enough {
            factor = Some(with);
            break;
        }
        if !fresh && falls_by > STALE * fell_by {
            stride = if made { (stride / 2).max(1) } else { stride };
            continue;
        }
        iterations += 1;
        let Some((there, _)) = here.after(problem, strengths, &step) else {
            if fresh && stride == 1 {
                break;
            }
            stride = 1;
            continue;
        };
        let (before, left) = (here.gradient(), there.gradient());
        secants.learn((&here.at, &here.ascent), (&there.at, &there.ascent));
        here = there;
        (factor, fell_by) = (Some(with), falls_by);
        // Rounding keeps the gradient of many rows from vanishing altogether.
        if fresh && stride == 1 && left >= 0.5 * before && left < NO_MINIMUM / 10.0 {
            break;
        }
    }
    End { point: here, iterations, factor, made }
}

/// What steps have told of the Hessian beyond its factor: how the gradient changed along them. A step
/// is then that of BFGS, which starts from the factor (J. Nocedal, S. Wright, Numerical
/// Optimization, 2nd edition, algorithm 7.4).
#[derive(Default)]
pub(crate) struct Secants {
    /// For each step taken: the step, how the gradient changed, and 1 over their product.
    pairs: Vec<(Vec<f64>, Vec<f64>, f64)>,
}

impl Secants {
    /// Learns from a step between two places, each with the gradient of the log likelihood less the
    /// penalties there.
    pub(crate) fn learn(&mut self, here: (&[f64], &[f64]), there: (&[f64], &[f64])) {
        let less =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let step = less(there.0, here.0);
        let change = less(here.1, there.1);
        let product = product(&step, &change);
        if product > 0.0 && product.is_normal() {
            self.pairs.push((step, change, 1.0 / product));
        }
    }

    /// The next step along a gradient, by a factor of the Hessian and all that was learnt.
    pub(crate) fn step(&self, factor: &Factor, ascent: &[f64]) -> Vec<f64> {
        let mut direction = ascent.to_vec();
        let mut shares = Vec::with_capacity(self.pairs.len());
        for (step, change, over) in self.pairs.iter().rev() {
            let share = over * product(step, &direction);
            direction.iter_mut().zip(change).for_each(|(d, c)| *d -= share * c);
            shares.push(share);
        }
        let mut direction = factor.solve(&direction);
        for ((step, change, over), share) in self.pairs.iter().zip(shares.into_iter().rev()) {
            let more = share - over * product(change, &direction);
            direction.iter_mut().zip(step).for_each(|(d, s)| *d += more * s);
        }
        direction
    }
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The factor of the Hessian of the penalised loss, from every `stride`-th row. Where the weights of
/// rows vanish (classes that are told apart without a mistake) rounding may leave it without one, so
/// its diagonal is then lifted a little. `None` where it is not finite.
pub(super) fn factored(
    problem: &Problem,
    strengths: &[Strengths],
    weights: &[f64],
    stride: usize,
) -> Option<Factor> {
    let assembled = || {
        let mut hessian = problem.hessian(weights, stride);
        problem.add_precision(strengths, &mut hessian);
        hessian
    };
    let hessian = assembled();
    let diagonal = (0..hessian.nrows()).map(|i| hessian[(i, i)]);
    let mut lift = diagonal.fold(0.0, f64::max) * 1e-14 + f64::MIN_POSITIVE;
    if let Some(factor) = Factor::new(hessian) {
        return Some(factor);
    }
    // Made again where it is needed, which is seldom: a copy would be made in every step.
    for _ in 0..11 {
        let mut lifted = assembled();
        (0..lifted.nrows()).for_each(|i| lifted[(i, i)] += lift);
        if let Some(factor) = Factor::new(lifted) {
            return Some(factor);
        }
        lift *= 10.0;
    }
    None
}

/// Coefficients, with what is known of the loss there.
pub(crate) struct Point {
    pub(crate) at: Vec<f64>,
    /// The penalised loss.
    objective: f64,
    /// The first derivative of each row's loss by its log-odds: [`Working::residuals`].
    ///
    /// [`Working::residuals`]: super::Working
    residuals: Vec<f64>,
    /// The gradient of the log likelihood less the penalties: where to go.
    pub(crate) ascent: Vec<f64>,
    mass: f64,
}

impl Point {
    pub(crate) fn new(problem: &Problem, strengths: &[Strengths], at: Vec<f64>) -> Self {
        let (loss, residuals, sums) = problem.expand(&at);
        let ascent = problem.less_pulls(sums, strengths, &at);
        let objective = loss + problem.penalty(strengths, &at);
        Self { at, objective, residuals, ascent, mass: problem.mass() }
    }

    /// The same coefficients under other strengths: what hangs on the rows stays.
    pub(crate) fn under(
        mut self,
        problem: &Problem,
        before: &[Strengths],
        now: &[Strengths],
    ) -> Self {
        self.objective += problem.penalty(now, &self.at) - problem.penalty(before, &self.at);
        let pulled = problem.less_pulls(vec![0.0; self.at.len()], before, &self.at);
        self.ascent.iter_mut().zip(&pulled).for_each(|(ascent, pulled)| *ascent -= pulled);
        self.ascent = problem.less_pulls(self.ascent, now, &self.at);
        self
    }

    /// The largest component of the gradient, over the summed weights.
    pub(crate) fn gradient(&self) -> f64 {
        let largest = |most: f64, a: &f64| if a.is_nan() { *a } else { most.max(a.abs()) };
        self.ascent.iter().fold(0.0, largest) / self.mass
    }

    /// The factor of the Hessian here; see [`factored`].
    pub(crate) fn factored(
        &self,
        problem: &Problem,
        strengths: &[Strengths],
        stride: usize,
    ) -> Option<Factor> {
        factored(problem, strengths, &problem.variances(&self.residuals), stride)
    }

    /// How fast the objective falls along a step.
    fn slope(&self, step: &[f64]) -> f64 {
        product(&self.ascent, step)
    }

    /// Where a step leads, halved until the objective falls, and the share of it that was gone;
    /// `None` where it does not.
    pub(crate) fn after(
        &self,
        problem: &Problem,
        strengths: &[Strengths],
        step: &[f64],
    ) -> Option<(Self, f64)> {
        let slope = self.slope(step);
        let mut share = 1.0;
        while share > 1e-6 {
            let there = self.at.iter().zip(step).map(|(a, s)| a + share * s).collect();
            let there = Self::new(problem, strengths, there);
            // Near the minimum the objective no longer tells better from worse.
            let enough = self.objective - 1e-4 * share * slope + 1e-12 * self.objective.abs();
            if there.objective <= enough {
                return Some((there, share));
            }
            share /= 2.0;
        }
        None
    }
}
