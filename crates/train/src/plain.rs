//! A plain model: one slope for each number, one weight for each level, under one L2 penalty.

use std::collections::HashMap;

use leadscore_features::{Coding, CompiledInput, Encoder, Value, standardised};
use leadscore_model::bundle::{
    CandidatePenalty, FoldRule, MonotoneRecord, PenaltyRecord, UncertaintyRecord,
};
use leadscore_model::{DRAWS, Fitted, Logistic, SlotWeight, Uncertainty};
use rayon::prelude::*;

use crate::additive::{Tried, best, classes, search};
use crate::fit_encoder::fit_encoder_weighted;
use crate::folds::Folds;
use crate::forward::Blocks;
use crate::recipe::{FitRows, Outcomes};
use crate::solver::{
    DOUBTED, Dense, Directions, FitError, Penalty, Posterior, Problem, Solution, Strengths, Table,
    solve,
};
use crate::split::{Drawn, MOST_ROWS_PLAIN};
use crate::towards::{Direction, Leaning, solve_towards};
use crate::weights::above_one;
use crate::{SignalColumn, SignalData};

/// Folds of the cross-validation.
pub(crate) const FOLDS: usize = 5;
/// From one candidate penalty to the next: half a power of ten.
const STEP: f64 = 3.162_277_660_168_379_5;
/// The first candidates, and how far the search may go from them.
const FIRST: [f64; 3] = [1.0, STEP, 10.0];
const RANGE: (f64, f64) = (0.009, 11_000.0);
/// More slots have a Hessian of gigabytes, of which a fit holds a few.
const MOST_SLOTS: usize = 15_000;
/// Rows of which the amounts are put in one after the other, column by column.
const BLOCK: usize = 1 << 8;

/// Rows under an encoder, as a problem: categories are tables, numbers are columns of amounts.
#[derive(Debug)]
pub struct Plain {
    /// What is fitted. Set its penalty with [`Plain::hold`].
    pub problem: Problem,
    encoder: Encoder,
    /// For each slot the position of its coefficient; `None` where no row has it, so that it stays 0.
    places: Vec<Option<usize>>,
    /// Where the rows lie, if the problem is of these directions instead of the slots.
    directions: Option<Directions>,
    /// The mean of each slot over the rows.
    means: Vec<f64>,
    /// What the fit may lean on, the last column of the problem.
    direction: Option<Direction>,
    /// What was leant on and went against the outcomes.
    refused: Option<Leaning>,
    /// The coefficients of slopes that are held at 0, as they would have the wrong sign.
    held: Vec<usize>,
}

/// How sure a fit is.
pub(crate) struct Sure {
    pub(crate) draws: Uncertainty,
    pub(crate) record: UncertaintyRecord,
    pub(crate) leaning: Option<Leaning>,
}

impl Plain {
    /// Encodes some rows of signal columns, which are those that the encoder was fitted to, in the
    /// same order. One outcome for each row.
    pub fn new(
        encoder: Encoder,
        signals: &[SignalColumn],
        rows: &[usize],
        outcomes: impl Into<Outcomes>,
    ) -> Self {
        let compiled = encoder.compile();
        let mut tables = Vec::new();
        // The columns of amounts: the input, and the slot that each is of.
        let mut amounts: Vec<(usize, usize)> = Vec::new();
        let mut slots_in_tables: Vec<Option<usize>> = vec![None; encoder.width()];
        let mut next = 1;
        for (index, (input, signal)) in compiled.iter().zip(signals).enumerate() {
            let slots = input.slots();
            if let (SignalData::Number(values), Coding::Standard { .. }) =
                (&signal.data, &encoder.inputs[index].coding)
            {
                let (of_value, _, _) = input.encode(&Value::Number(0.0));
                let missing = rows.iter().any(|&row| values[row].is_nan());
                let filled = rows.iter().any(|&row| !values[row].is_nan());
                amounts.extend(
                    slots
                        .filter(|&slot| if slot == of_value { filled } else { missing })
                        .map(|slot| (index, slot)),
                );
                continue;
            }
            let table = Table {
                codes: slots_of(input, signal, rows),
                cells: slots.len(),
                penalties: vec![Penalty::Ridge],
            };
            slots_in_tables[slots].iter_mut().zip(next..).for_each(|(s, at)| *s = Some(at));
            next += table.cells;
            tables.push(table);
        }
        let mut places = slots_in_tables;
        amounts.iter().zip(next..).for_each(|(&(_, slot), at)| places[slot] = Some(at));
        let dense = Dense {
            columns: amounts.len(),
            values: dense_values((&encoder, &compiled), signals, rows, &amounts),
            strength: 0.0,
            last: None,
        };
        let Outcomes { targets, weights } = outcomes.into();
        let problem = Problem { tables, dense, targets, weights };
        let (sums, mass) = match problem.weights.as_slice() {
            [] => (problem.sums(&vec![1.0; rows.len()]), rows.len().max(1) as f64),
            weights => (problem.sums(weights), problem.mass()),
        };
        let means = places.iter().map(|place| place.map_or(0.0, |at| sums[at] / mass)).collect();
        Self {
            problem,
            encoder,
            places,
            directions: None,
            means,
            direction: None,
            refused: None,
            held: Vec::new(),
        }
    }

    /// The same fit, with a problem of the directions that the rows lie in where these are much fewer than the
    /// slots. Not for slopes that must have a sign. To be called before anything leans on points.
    pub(crate) fn narrowed(mut self) -> Self {
        if let Some((directions, problem)) = Directions::of(&self.problem) {
            (self.directions, self.problem) = (Some(directions), problem);
        }
        self
    }

    /// Lets the fit lean on the points of its rows, where they differ.
    pub(crate) fn lean_on(&mut self, points: &[f64]) {
        self.direction = Direction::new(&self.problem, points);
        if let Some(direction) = &self.direction {
            direction.add_to(&mut self.problem);
        }
    }

    /// The minimum for an L2 penalty, from a start where there is one; it leans on points no further than
    /// outcomes agree with them.
    pub(crate) fn solve_towards(
        &mut self,
        l2: f64,
        start: Option<Vec<f64>>,
    ) -> Result<Solution, FitError> {
        let strengths = self.hold(l2)?;
        let before = self.direction.take();
        let refused = before.as_ref().map(Direction::refused);
        let (solution, direction) = solve_towards(&mut self.problem, &strengths, start, before)?;
        self.refused = refused.filter(|_| direction.is_none());
        self.direction = direction;
        Ok(self.of_slots(solution, &strengths))
    }

    /// The minimum for an L2 penalty, from a start where there is one, whose slopes have the signs that are asked for. Those that would have
    /// the other are held at 0, as long as the loss would fall on that side alone (C. Lawson, R. Hanson,
    /// Solving Least Squares Problems, 1974, chapter 23, for any convex loss). Without signs it leans on
    /// points where there are any.
    pub(crate) fn solve_held(
        &mut self,
        l2: f64,
        monotone: &[MonotoneRecord],
        start: Option<Vec<f64>>,
    ) -> Result<Solution, FitError> {
        const ENOUGH: f64 = 1e-10;
        const ROUNDS: usize = 200;
        let signs = self.signs(monotone);
        if signs.is_empty() {
            return self.solve_towards(l2, start);
        }
        let amounts = self.problem.dense.values.clone();
        let (columns, first) = (self.problem.dense.columns, self.problem.slopes().start);
        let mut solution = self.solve(l2, start)?;
        for _ in 0..ROUNDS {
            let wrong: Vec<usize> = signs
                .iter()
                .filter(|(at, sign)| sign * solution.at[*at] < 0.0)
                .map(|(at, _)| *at)
                .collect();
            if wrong.is_empty() {
                let (_, residuals, _) = self.problem.expand(&solution.at);
                let gain = |at: usize| -> f64 {
                    let column = amounts.iter().skip(at - first).step_by(columns);
                    column.zip(&residuals).map(|(amount, residual)| amount * residual).sum()
                };
                let held = signs.iter().filter(|(at, _)| self.held.contains(at));
                let gains = held.map(|(at, sign)| (sign * gain(*at) / self.problem.mass(), *at));
                let worst = gains.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|worst| worst.0 > 0.0);
                let Some((_, at)) = worst.filter(|worst| worst.0 > ENOUGH) else {
                    let off = worst.map_or(0.0, |worst| worst.0);
                    solution.gradient = solution.gradient.max(off);
                    return Ok(solution);
                };
                self.held.retain(|held| *held != at);
            }
            self.held.extend(wrong);
            // A column of nothing has a slope of 0.
            self.problem.dense.values.copy_from_slice(&amounts);
            for at in &self.held {
                let column = self.problem.dense.values.iter_mut().skip(at - first);
                column.step_by(columns).for_each(|amount| *amount = 0.0);
            }
            solution = self.solve(l2, None)?;
        }
        Err(FitError::NotConverged { iterations: ROUNDS, gradient: solution.gradient })
    }

    /// The coefficients of the slopes that must have a sign, and the sign.
    fn signs(&self, monotone: &[MonotoneRecord]) -> Vec<(usize, f64)> {
        let compiled = self.encoder.compile();
        let inputs = self.encoder.inputs.iter().zip(&compiled);
        let signs = inputs.filter_map(|(input, compiled)| {
            let of = monotone.iter().find(|of| of.signal == input.signal)?;
            let (slot, _, _) = compiled.encode(&Value::Number(0.0));
            let at = self.places[slot].filter(|at| *at >= self.problem.slopes().start)?;
            Some((at, if of.increasing { 1.0 } else { -1.0 }))
        });
        signs.collect()
    }

    /// How far a solution leans on points.
    pub(crate) fn leaning(&self, solution: &Solution) -> Option<Leaning> {
        let found = self.direction.as_ref().map(|found| found.leaning(&solution.at, None));
        found.or(self.refused)
    }

    /// The coefficients of a solution without the direction, which say the same.
    fn folded(&self, solution: &Solution) -> Vec<f64> {
        let at = match &self.direction {
            Some(direction) => direction.folded(&solution.at),
            None => solution.at.clone(),
        };
        self.directions.as_ref().map(|directions| directions.widened(&at)).unwrap_or(at)
    }

    /// A solution with the gradient that the slots have there.
    fn of_slots(&self, mut solution: Solution, strengths: &[Strengths]) -> Solution {
        if let Some(directions) = &self.directions {
            let (_, _, sums) = self.problem.expand(&solution.at);
            let along = self.problem.less_pulls(sums, strengths, &solution.at);
            let largest = directions.widened(&along).iter().fold(0.0, |m: f64, g| m.max(g.abs()));
            solution.gradient = solution.gradient.max(largest / self.problem.mass());
        }
        solution
    }

    /// Sets the L2 penalty of the summed loss; returns the strengths of the tables.
    ///
    /// # Errors
    /// [`FitError::Penalty`] when it is not a positive number, [`FitError::TooWide`] when the problem has
    /// too many slots.
    pub fn hold(&mut self, l2: f64) -> Result<Vec<Strengths>, FitError> {
        if !(l2 > 0.0 && l2.is_finite()) {
            return Err(FitError::Penalty(l2));
        }
        if self.problem.size() > MOST_SLOTS {
            return Err(FitError::TooWide(self.problem.size()));
        }
        self.problem.dense.strength = l2;
        Ok(vec![vec![l2]; self.problem.tables.len()])
    }

    /// Coefficients that give each slot what it has in another model: a start for the next fit, where the
    /// rows are nearly the same.
    pub(crate) fn start_from(&self, before: &Fitted) -> Vec<f64> {
        let known: HashMap<&str, f64> =
            before.logistic.slots.iter().map(|of| (of.slot.as_str(), of.coefficient)).collect();
        let size = self.directions.as_ref().map_or(self.problem.size(), Directions::size);
        let mut start = vec![0.0; size];
        start[0] = before.logistic.intercept;
        for (slot, place) in self.encoder.slots().iter().zip(&self.places) {
            if let (Some(at), Some(&coefficient)) = (*place, known.get(slot.name.as_str())) {
                start[at] = coefficient;
            }
        }
        self.directions.as_ref().map(|directions| directions.narrowed(&start)).unwrap_or(start)
    }

    /// The minimum for an L2 penalty, from a start where there is one.
    ///
    /// # Errors
    /// [`FitError`] when the penalty is not a positive number, or the minimum was not reached.
    pub fn solve(&mut self, l2: f64, start: Option<Vec<f64>>) -> Result<Solution, FitError> {
        let strengths = self.hold(l2)?;
        Ok(self.of_slots(solve(&self.problem, &strengths, start)?, &strengths))
    }

    /// The encoder of the rows.
    pub(crate) fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The intercept of a solution.
    pub(crate) fn intercept(&self, solution: &Solution) -> f64 {
        self.folded(solution)[0]
    }

    /// The coefficient of every slot.
    pub fn coefficients(&self, solution: &Solution) -> Vec<f64> {
        let at = self.folded(solution);
        let of = |place: &Option<usize>| place.map_or(0.0, |place| at[place]);
        self.places.iter().map(of).collect()
    }

    /// How sure the coefficients of a solution are; see [`Posterior::new`].
    pub(crate) fn uncertainty(
        &mut self,
        l2: f64,
        solution: &Solution,
        groups: &[u64],
    ) -> Result<Option<Sure>, FitError> {
        let l2 = DOUBTED * l2;
        let strengths = self.hold(l2)?;
        let Some(posterior) = Posterior::new(&self.problem, &strengths, &solution.at, groups, None)
        else {
            return Ok(None);
        };
        // What no row has is known by its prior alone: draws of its own would only tell it from others
        // of its kind, of which a lead has at most one.
        let alone = (1.0 / (l2 * DRAWS as f64)).sqrt();
        let draws = |at: usize| match &self.direction {
            _ if self.held.contains(&at) => [0.0; DRAWS],
            Some(direction) => direction.folded_draws(&posterior, at),
            None => posterior.of(at),
        };
        let slots = self.directions.as_ref().map(|directions| {
            let along: Vec<_> = (0..directions.count() + 1).map(draws).collect();
            directions.draws(&along, l2)
        });
        let draws = |at: usize| slots.as_ref().map_or_else(|| draws(at), |slots| slots[at]);
        let of = |place: &Option<usize>| place.map_or([alone; DRAWS], draws);
        let rows = std::iter::once(draws(0)).chain(self.places.iter().map(of));
        let leaning = self.direction.as_ref();
        let leaning = leaning.map(|found| found.leaning(&solution.at, Some(&posterior)));
        Ok(Some(Sure { draws: Uncertainty::new(rows), record: posterior.record, leaning }))
    }

    /// The fitted model.
    pub fn fitted(self, l2: f64, solution: &Solution) -> Fitted {
        let coefficients = self.coefficients(solution);
        let slots = self
            .encoder
            .slots()
            .into_iter()
            .zip(coefficients)
            .zip(&self.means)
            .map(|((slot, coefficient), &mean)| SlotWeight::new(slot.name, coefficient, mean))
            .collect();
        let logistic = Logistic { intercept: self.folded(solution)[0], l2, slots };
        Fitted::new(self.encoder, logistic)
    }
}

/// The amounts of numbers, row by row: those of [`CompiledInput::encode`].
fn dense_values(
    (encoder, compiled): (&Encoder, &[CompiledInput]),
    signals: &[SignalColumn],
    rows: &[usize],
    amounts: &[(usize, usize)],
) -> Vec<f64> {
    let columns = amounts.len();
    let mut dense = vec![0.0; rows.len() * columns];
    if columns == 0 {
        return dense;
    }
    dense.par_chunks_mut(BLOCK * columns).zip(rows.par_chunks(BLOCK)).for_each(|(dense, rows)| {
        for (column, &(index, slot)) in amounts.iter().enumerate() {
            let (SignalData::Number(values), Coding::Standard { mean, scale }) =
                (&signals[index].data, &encoder.inputs[index].coding)
            else {
                continue;
            };
            let into = dense.chunks_exact_mut(columns).map(|row| &mut row[column]).zip(rows);
            // The first slot is that of numbers, the other says that there is none.
            if slot == compiled[index].slots().start {
                for (into, &row) in into {
                    let value = values[row];
                    *into = if value.is_nan() { 0.0 } else { standardised(value, *mean, *scale) };
                }
            } else {
                into.for_each(|(into, &row)| *into = f64::from(u8::from(values[row].is_nan())));
            }
        }
    });
    dense
}

/// Cross-validates L2 penalties on the given rows and chooses the one with the least log loss (of equals, the largest). The encoder, which no outcome
/// enters, is of all rows.
///
/// What is chosen on four fifths of the rows (of many, of a sample) is used on all of them as it is.
/// A penalty of the summed loss is the inverse variance of a normal prior of the coefficients
/// (T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning, section 3.4.1), which
/// does not hang on how many rows there are.
pub(crate) fn choose_penalty(
    signals: &[SignalColumn],
    of: FitRows<'_>,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Result<PenaltyRecord, FitError> {
    let drawn = Drawn::new(MOST_ROWS_PLAIN, of, FOLDS);
    // Of rows that weigh more the same prior is as much a larger penalty; the candidates stay those of a row
    // that weighs 1, further on.
    let above = STEP.powi((above_one(&drawn.weights).ln() / STEP.ln()).round() as i32);
    let (first, range) = (FIRST.map(|l2| l2 * above), (RANGE.0, RANGE.1 * above));
    let points = of.points_of(&drawn.rows);
    let most = ((RANGE.1 / RANGE.0).ln() / STEP.ln()) as usize;
    let mut count = 0;
    let mut counted = |candidate: Result<CandidatePenalty, FitError>| {
        count += 1;
        done(count, most);
        candidate
    };
    let candidates = if drawn.folds.rule == FoldRule::Forward {
        let mut blocks = Blocks::new(signals, &drawn, points.as_deref());
        search(&first, STEP, range, |l2| counted(blocks.candidate(l2)))?
    } else {
        let Drawn { rows, labels, weights, folds } = &drawn;
        let encoder = fit_encoder_weighted(signals, rows, weights);
        let mut plain =
            Plain::new(encoder, signals, rows, Outcomes::new(labels, weights)).narrowed();
        if let Some(points) = points {
            plain.lean_on(&points);
        }
        let classes = classes(&plain.problem, folds);
        let mut start: Option<Vec<f64>> = None;
        let mut candidate = |l2: f64| {
            let strengths = plain.hold(l2)?;
            let solution = solve(&plain.problem, &strengths, start.take())?;
            let problem = (&plain.problem, classes.as_slice());
            let tried = Tried::new(problem, &strengths, &solution.at, folds).candidate(1.0);
            start = Some(solution.at);
            Ok(CandidatePenalty { l2, ..tried })
        };
        search(&first, STEP, range, |l2| counted(candidate(l2)))?
    };
    let l2 = candidates[best(&candidates)].l2;
    let Folds { folds, rule, .. } = drawn.folds;
    Ok(PenaltyRecord { l2, folds: folds.len(), by: rule, candidates })
}

/// What numbers come to, kept of those that were met lately: most repeat, and a look is faster than to find
/// their bin.
struct Lately<T> {
    known: Vec<(u64, T)>,
}

impl<T: Copy> Lately<T> {
    const BITS: u32 = 12;
    /// The bits of a number that is none, so that it is never asked for.
    const NONE: u64 = u64::MAX;

    /// Nothing met yet; any value stands for what is not there.
    fn new(any: T) -> Self {
        Self { known: vec![(Self::NONE, any); 1 << Self::BITS] }
    }

    #[inline]
    fn get(&mut self, number: f64, of: impl FnOnce(f64) -> T) -> T {
        let bits = number.to_bits();
        let place = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - Self::BITS);
        let known = &mut self.known[place as usize];
        if known.0 != bits {
            *known = (bits, of(number));
        }
        known.1
    }
}

/// The slot of each of some rows under an input, from the input's first slot.
pub(crate) fn slots_of(input: &CompiledInput, signal: &SignalColumn, rows: &[usize]) -> Vec<u16> {
    let first = input.slots().start;
    let slot = |value: &Value<'_>| (input.encode(value).0 - first) as u16;
    match &signal.data {
        SignalData::Number(values) => {
            let missing = slot(&Value::Missing);
            let mut lately = Lately::new(missing);
            let mut of = |&row: &usize| match values[row] {
                value if value.is_nan() => missing,
                value => lately.get(value, |value| slot(&Value::Number(value))),
            };
            rows.iter().map(&mut of).collect()
        }
        SignalData::Category { codes, names, .. } => {
            // Each name is encoded once, by the same code that scoring uses.
            let encoded: Vec<u16> =
                names.iter().map(|name| slot(&Value::Text(name.as_str().into()))).collect();
            let missing = slot(&Value::Missing);
            let of = |&row: &usize| encoded.get(codes[row] as usize).copied().unwrap_or(missing);
            rows.iter().map(of).collect()
        }
    }
}
