//! How strongly each table is held, learnt from the data.

use rayon::prelude::*;

use crate::solver::{Penalty, Point, Problem, Strengths, Table, inverse_block};

/// What was learnt.
#[derive(Clone, Debug)]
pub struct LearnedStrengths {
    /// The strengths of each table's penalties.
    pub strengths: Vec<Strengths>,
    /// The coefficients, near the minimum for these strengths.
    pub at: Vec<f64>,
    /// The effective degrees of freedom of each table: 0 where the data say nothing.
    pub freedom: Vec<f64>,
}

/// A strength never leaves this range: below it a prior of log-odds says nothing (a standard
/// deviation of 6), above it a table is flat.
const RANGE: (f64, f64) = (0.03, 1e5);
/// That of bends: of a line in 128 steps each is small, and above this there is nothing left but the line.
const RANGE_OF_BENDS: (f64, f64) = (0.03, 1e7);
/// What is believed of a strength before data: as much as one coefficient of this strength tells.
/// It keeps a table that the data say little of from being held by luck.
const BELIEF: f64 = 50.0;
/// The same of the level of a table with an order, which a line along all its cells has to pay for.
const BELIEF_OF_LEVELS: f64 = 10.0;
/// The same of bends, of a table in so many steps that it is one: the bends of one curve over all cells fall by the
/// square of the steps, and the sum of their squares by the cube, so the strength rises by it. A curve which this holds
/// is off its line by about 0.2 in the middle.
const BELIEF_OF_BENDS: f64 = 0.5;
/// A strength moves by at most this factor in a round.
const STRIDE: f64 = 10.0;
/// Learning ends when the degrees of freedom of all tables change by less than this share.
const SETTLED: f64 = 0.01;

/// Learns strengths by the fixed point of the Laplace approximation to the marginal likelihood
/// (S. Wood, M. Fasiolo, A generalized Fellner-Schall method for smoothing parameter optimization,
/// Biometrics 73, 2017, equation 2), one Newton step of the coefficients in every round.
pub fn learn_strengths(
    problem: &Problem,
    mut strengths: Vec<Strengths>,
    start: Option<Vec<f64>>,
    rounds: usize,
) -> LearnedStrengths {
    let places = problem.places();
    let start = start.unwrap_or_else(|| problem.nothing_known());
    let mut here = Point::new(problem, &strengths, start);
    let mut freedom = vec![0.0; problem.tables.len()];
    for _ in 0..rounds {
        let Some(factor) = here.factored(problem, &strengths, 1) else { break };
        let step = factor.solve(&here.ascent);
        if let Some((there, _)) = here.after(problem, &strengths, &step) {
            here = there;
        }
        let inverse = factor.inverse();
        let found: Vec<Option<(Strengths, f64)>> = problem
            .tables
            .par_iter()
            .zip(&places)
            .zip(&strengths)
            .map(|((table, place), before)| {
                let posterior = inverse_block(&inverse, place.start, table.cells);
                let decided = table.decided(before, &posterior)?;
                let cells = &here.at[place.clone()];
                let each = table.penalties.iter().zip(&decided).zip(before);
                let next = each.map(|((penalty, decided), before)| {
                    let (belief, range) = beliefs(table, penalty);
                    let next = (decided + 1.0) / (penalty.form(cells) + 1.0 / belief);
                    next.clamp(before / STRIDE, before * STRIDE).clamp(range.0, range.1)
                });
                Some((next.collect(), decided.iter().sum()))
            })
            .collect();
        let before: f64 = freedom.iter().sum();
        let mut change = 0.0;
        let held = strengths.clone();
        for (table, found) in found.into_iter().enumerate() {
            let Some((next, free)) = found else { continue };
            change += (free - freedom[table]).abs();
            strengths[table] = next;
            freedom[table] = free;
        }
        if change < SETTLED * before {
            break;
        }
        here = here.under(problem, &held, &strengths);
    }
    LearnedStrengths { strengths, at: here.at, freedom }
}

/// What is believed of the strength of a table's penalty before data, and the range that it never leaves.
fn beliefs(table: &Table, penalty: &Penalty) -> (f64, (f64, f64)) {
    let has_bends = table.penalties.iter().any(|other| matches!(other, Penalty::Bend(_)));
    match penalty {
        Penalty::Bend(bends) => {
            let steps = bends.len() as f64 + 1.0;
            (BELIEF_OF_BENDS * steps.powi(3), RANGE_OF_BENDS)
        }
        Penalty::Ridge if has_bends => (BELIEF_OF_LEVELS, RANGE),
        _ => (BELIEF, RANGE),
    }
}

/// The degrees of freedom of each table at given coefficients; `None` where the Hessian has no
/// factor.
#[cfg(test)]
pub(super) fn freedom_at(
    problem: &Problem,
    strengths: &[Strengths],
    at: &[f64],
) -> Option<Vec<f64>> {
    let here = Point::new(problem, strengths, at.to_vec());
    let inverse = here.factored(problem, strengths, 1)?.inverse();
    let each = problem.tables.iter().zip(problem.places()).zip(strengths);
    each.map(|((table, place), strengths)| {
        let posterior = inverse_block(&inverse, place.start, table.cells);
        Some(table.decided(strengths, &posterior)?.iter().sum())
    })
    .collect()
}
