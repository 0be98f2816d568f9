//! From an encoder to tables, and from fitted tables to the coefficients of slots.

use std::collections::BTreeMap;

use leadscore_features::{Coding, Encoder, Pair};
use leadscore_model::{Fitted, Logistic, SlotWeight};

use super::bends::bends;
use super::levels::{FittedEncoder, slots_in_scoring};
use super::pairs::edges;
use super::resolution::{FINE_BINS, bins, bins_for};
use crate::fit_encoder::encoder_of;
use crate::recipe::FitRows;
use crate::solver::{Dense, Penalty, Problem, Strengths, Table};
use crate::weights::weight_of;
use crate::{SignalColumn, SignalData};

/// Rows by which coefficients to start from are found, about.
const START_ROWS: usize = 100_000;

/// What a table is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A signal.
    Signal(String),
    /// Two signals.
    Pair(String, String),
}

impl Source {
    /// The names of the signals.
    pub fn signals(&self) -> Vec<String> {
        match self {
            Source::Signal(name) => vec![name.clone()],
            Source::Pair(a, b) => vec![a.clone(), b.clone()],
        }
    }
}

/// What was learnt of the shape of a model: which pairs have a table, how strongly each table is
/// held, and coefficients to start the next fit from.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The pairs, in the order of their tables.
    pub pairs: Vec<(String, String)>,
    /// Numbers that are cut finely: what they tell hangs on exact values.
    pub fine: Vec<String>,
    /// Categories of very many levels, whose levels are told by their rates.
    pub by_rate: Vec<String>,
    /// Signals that there is no room for.
    pub left_out: Vec<String>,
    /// The strengths of each table.
    pub strengths: BTreeMap<Source, Strengths>,
    /// What all strengths are multiplied by.
    pub factor: f64,
    /// The degrees of freedom of the pairs that were looked at and not taken.
    pub untaken: f64,
    /// An encoder, and the intercept and the cells of its tables.
    pub(super) start: Option<(Encoder, Vec<f64>)>,
}

impl Plan {
    /// The plan with other coefficients to start the next fit from.
    pub(crate) fn starting_from(&self, encoder: &Encoder, at: Vec<f64>) -> Self {
        Self { start: Some((encoder.clone(), at)), ..self.clone() }
    }

    /// The plan without some signals, and without their pairs.
    pub fn without(&self, signals: &[String]) -> Self {
        let keeps = |name: &String| !signals.contains(name);
        let mut plan = self.clone();
        plan.pairs.retain(|(a, b)| keeps(a) && keeps(b));
        plan.start = None;
        plan
    }
}

/// Rows as tables of an encoder: a table for each input, then one for each pair.
pub(super) struct Shape {
    pub(super) encoder: Encoder,
    /// For each input, the slot of each row.
    slots: Vec<Vec<u16>>,
    /// How often each row counts; empty where all count once.
    weights: Vec<f64>,
}

impl Shape {
    /// Encodes some rows, those that were fitted out of fold.
    pub(super) fn new(
        fitted: FittedEncoder,
        signals: &[SignalColumn],
        (rows, weights): (&[usize], &[f64]),
    ) -> Self {
        let slots = fitted.slots(signals, rows);
        Self { encoder: fitted.into_encoder(), slots, weights: weights.to_vec() }
    }

    /// How many rows have each slot of an input.
    pub(super) fn counts(&self, input: usize) -> Vec<usize> {
        let mut counts = vec![0; self.encoder.inputs[input].coding.width()];
        self.slots[input].iter().for_each(|&slot| counts[usize::from(slot)] += 1);
        counts
    }

    /// The group of each row.
    pub(super) fn group_codes(&self, input: usize, groups: &[u16]) -> Vec<u16> {
        self.slots[input].iter().map(|&slot| groups[usize::from(slot)]).collect()
    }

    fn input_table(&self, input: usize) -> Table {
        let coding = &self.encoder.inputs[input].coding;
        let mut penalties = Vec::new();
        // What has an order, and where it begins.
        let (cuts, first) = match coding {
            Coding::Bins { cuts, .. } => (cuts.len() as u16, 0),
            Coding::Rates { levels, cuts, .. } => (cuts.len() as u16, levels.len() as u16),
            Coding::Standard { .. } | Coding::OneHot { .. } => (0, 0),
        };
        if cuts >= 2 {
            penalties.push(Penalty::Walk((first..first + cuts).map(|i| (i, i + 1)).collect()));
            let ordered = usize::from(first)..=usize::from(first + cuts);
            penalties.push(bends(&self.counts(input)[ordered], first));
        }
        penalties.push(Penalty::Ridge);
        Table { codes: self.slots[input].clone(), cells: coding.width(), penalties }
    }

    fn pair_table(&self, pair: &Pair) -> Table {
        let [a, b] = pair.inputs;
        let columns = pair.size()[1] as u16;
        let codes = self.slots[a]
            .iter()
            .zip(&self.slots[b])
            .map(|(&i, &j)| {
                pair.groups[0][usize::from(i)] * columns + pair.groups[1][usize::from(j)]
            })
            .collect();
        let inputs = &self.encoder.inputs;
        let edges = edges(pair, [&inputs[a].coding, &inputs[b].coding]);
        let mut penalties = Vec::new();
        if !edges.is_empty() {
            penalties.push(Penalty::Walk(edges));
        }
        penalties.push(Penalty::Ridge);
        Table { codes, cells: pair.width(), penalties }
    }

    /// The problem of fitting the tables to targets.
    pub(super) fn problem(&self, targets: Vec<f64>) -> Problem {
        let inputs = (0..self.encoder.inputs.len()).map(|input| self.input_table(input));
        let pairs = self.encoder.pairs.iter().map(|pair| self.pair_table(pair));
        Problem {
            tables: inputs.chain(pairs).collect(),
            dense: Dense::default(),
            targets,
            weights: self.weights.clone(),
        }
    }

    /// What each table is of.
    pub(super) fn sources(&self) -> Vec<Source> {
        sources(&self.encoder)
    }

    /// Coefficients that give each cell what its first row had under another encoder of the same
    /// signals: a start for the next fit.
    pub(super) fn start_from(
        &self,
        problem: &Problem,
        (encoder, at): (&Encoder, &[f64]),
        signals: &[SignalColumn],
        rows: &[usize],
    ) -> Vec<f64> {
        if *encoder == self.encoder {
            let mut start = at.to_vec();
            start.resize(problem.size(), 0.0);
            return start;
        }
        // Where a row stood is told by the encoder alone, and a part of many rows has nearly every cell:
        // good enough to start from.
        let stride = (rows.len() / START_ROWS).max(1);
        let some: Vec<usize> = rows.iter().copied().step_by(stride).collect();
        let slots = slots_in_scoring(encoder, signals, &some);
        let before =
            Self { encoder: encoder.clone(), slots, weights: Vec::new() }.problem(Vec::new());
        let names = sources(encoder);
        let places = before.places();
        let mut start = vec![0.0; problem.size()];
        start[0] = at[0];
        for ((source, table), place) in
            self.sources().iter().zip(&problem.tables).zip(problem.places())
        {
            let Some(found) = names.iter().position(|name| name == source) else { continue };
            let cells = &at[places[found].clone()];
            let mut known = vec![false; table.cells];
            let codes = table.codes.iter().step_by(stride);
            for (&now, &then) in codes.zip(&before.tables[found].codes) {
                if !std::mem::replace(&mut known[usize::from(now)], true) {
                    start[place.start + usize::from(now)] = cells[usize::from(then)];
                }
            }
        }
        start
    }

    /// The fitted model: the tables as coefficients of slots, each pair's table made to say only
    /// what its two signals do not say alone.
    pub(super) fn fitted(self, at: &[f64], factor: f64) -> Fitted {
        let problem = self.problem(Vec::new());
        let mut tables: Vec<Vec<f64>> =
            problem.places().into_iter().map(|place| at[place].to_vec()).collect();
        let rows = self.slots.first().map_or(0, Vec::len);
        let mass = (0..rows).map(|row| weight_of(&self.weights, row)).sum::<f64>();
        let mass = if rows == 0 { 1.0 } else { mass };
        let counts: Vec<Vec<f64>> = problem
            .tables
            .iter()
            .map(|table| {
                let mut counts = vec![0.0; table.cells];
                for (row, &code) in table.codes.iter().enumerate() {
                    counts[usize::from(code)] += weight_of(&self.weights, row);
                }
                counts
            })
            .collect();
        let inputs = self.encoder.inputs.len();
        for (index, pair) in self.encoder.pairs.iter().enumerate() {
            let (mains, pairs) = tables.split_at_mut(inputs);
            purify(pair, &mut pairs[index], &counts[inputs + index], mains);
        }
        let codings = self.encoder.inputs.iter().map(|input| &input.coding);
        for ((coding, cells), counts) in codings.zip(&mut tables).zip(&counts) {
            level_where_none_is_missing(coding, cells, counts);
        }
        let slots = self
            .encoder
            .slots()
            .into_iter()
            .zip(tables.iter().flatten())
            .zip(counts.iter().flatten())
            .map(|((slot, &coefficient), count)| {
                SlotWeight::new(slot.name, coefficient, count / mass)
            })
            .collect();
        let logistic = Logistic { intercept: at[0], l2: factor, slots };
        Fitted::new(self.encoder, logistic)
    }
}

/// Gives the missing slot of a signal that no row lacks what the rows have on average: a lead of which it is not
/// known is as likely as one at random. The prior would put it at 0, which is the middle of the slots, whatever rows
/// they have.
fn level_where_none_is_missing(coding: &Coding, cells: &mut [f64], counts: &[f64]) {
    let missing = match coding {
        Coding::Bins { cuts, .. } => cuts.len() + 1,
        Coding::OneHot { levels, .. } => levels.len() + 1,
        Coding::Rates { levels, groups, .. } => levels.len() + groups.len() + 1,
        Coding::Standard { .. } => return,
    };
    let mass: f64 = counts.iter().sum();
    if counts[missing] == 0.0 && mass > 0.0 {
        cells[missing] = cells.iter().zip(counts).map(|(c, n)| c * n).sum::<f64>() / mass;
    }
}

/// What each table of an encoder is of.
fn sources(encoder: &Encoder) -> Vec<Source> {
    let name = |input: usize| encoder.inputs[input].signal.clone();
    let inputs = (0..encoder.inputs.len()).map(|input| Source::Signal(name(input)));
    let pairs = encoder.pairs.iter().map(|pair| {
        let [a, b] = pair.inputs.map(name);
        Source::Pair(a, b)
    });
    inputs.chain(pairs).collect()
}

/// Moves the means of a pair's rows and columns, weighted by how many leads have each cell, into
/// the tables of its two inputs, until there are none left. The sum stays what it is; each table
/// then says one thing (the functional ANOVA of B. Lengerich and others, Purifying Interaction
/// Effects with the Functional ANOVA, 2020, section 4).
fn purify(pair: &Pair, cells: &mut [f64], counts: &[f64], mains: &mut [Vec<f64>]) {
    let [rows, columns] = pair.size();
    for _ in 0..200 {
        let mut most = 0.0f64;
        for (axis, groups) in [(0, rows), (1, columns)] {
            for group in 0..groups {
                let line: Vec<usize> = if axis == 0 {
                    (0..columns).map(|column| group * columns + column).collect()
                } else {
                    (0..rows).map(|row| row * columns + group).collect()
                };
                let mass: f64 = line.iter().map(|&cell| counts[cell]).sum();
                if mass == 0.0 {
                    continue;
                }
                let mean = line.iter().map(|&cell| counts[cell] * cells[cell]).sum::<f64>() / mass;
                line.iter().for_each(|&cell| cells[cell] -= mean);
                let of = pair.groups[axis].iter().zip(&mut mains[pair.inputs[axis]]);
                of.filter(|(of, _)| usize::from(**of) == group).for_each(|(_, main)| *main += mean);
                most = most.max(mean.abs());
            }
        }
        if most < 1e-13 {
            break;
        }
    }
}

/// An encoder with numbers in steps, for some rows; the numbers that are `fine` are cut finely, and
/// the levels of the categories that are told `by_rate` have rates.
pub(super) fn encoder_in_steps(
    signals: &[SignalColumn],
    of: FitRows<'_>,
    (fine, by_rate): (&[String], &[String]),
) -> FittedEncoder {
    let rows = of.rows;
    let is_number = |signal: &&SignalColumn| matches!(signal.data, SignalData::Number(_));
    let most = bins_for(rows.len(), signals.iter().filter(is_number).count());
    let encoder = encoder_of(signals, rows, |name, values| {
        let fine = fine.iter().any(|fine| fine == name);
        bins(values, rows, if fine { FINE_BINS } else { most })
    });
    FittedEncoder::new(encoder, signals, by_rate, of)
}

/// Rows as tables of a plan: bins and levels are those of the rows, and pairs are grouped by them.
pub(super) fn planned(signals: &[SignalColumn], of: FitRows<'_>, plan: &Plan) -> Shape {
    let fitted = encoder_in_steps(signals, of, (&plan.fine, &plan.by_rate));
    with_pairs(Shape::new(fitted, signals, (of.rows, of.weights)), &plan.pairs)
}

/// Adds pairs, by the names of their signals; one that can no longer be grouped is left out.
pub(super) fn with_pairs(mut shape: Shape, pairs: &[(String, String)]) -> Shape {
    let position = |name: &str| shape.encoder.inputs.iter().position(|i| i.signal == name);
    let groups = |input: usize| {
        super::pairs::groups(&shape.encoder.inputs[input].coding, &shape.counts(input))
    };
    let made: Vec<Pair> = pairs
        .iter()
        .filter_map(|(a, b)| {
            let inputs = [position(a)?, position(b)?];
            Some(Pair { inputs, groups: [groups(inputs[0])?, groups(inputs[1])?] })
        })
        .collect();
    shape.encoder.pairs = made;
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_row_lacks_is_average_where_it_is_missing() {
        let coding = Coding::Bins { cuts: vec![1.0], mean: 0.0, scale: 1.0 };
        let mut cells = [-1.0, 2.0, 0.5];
        level_where_none_is_missing(&coding, &mut cells, &[30.0, 10.0, 0.0]);
        assert_eq!(cells, [-1.0, 2.0, -0.25]);
        level_where_none_is_missing(&coding, &mut cells, &[30.0, 10.0, 1.0]);
        assert_eq!(cells, [-1.0, 2.0, -0.25]);
    }

    #[test]
    fn a_purified_table_has_no_means_and_the_sum_stays() {
        let pair = Pair { inputs: [0, 1], groups: [vec![0, 1], vec![0, 1, 1]] };
        let mut cells = vec![1.0, 2.0, -3.0, 5.0];
        let counts = [10.0, 20.0, 5.0, 1.0];
        let mut mains = vec![vec![0.5, 0.25], vec![1.0, 2.0, 3.0]];
        let sum = |cells: &[f64], mains: &[Vec<f64>], i: usize, j: usize| {
            cells[i * 2 + j.min(1)] + mains[0][i] + mains[1][j]
        };
        let before: Vec<f64> = (0..6).map(|at| sum(&cells, &mains, at / 3, at % 3)).collect();
        purify(&pair, &mut cells, &counts, &mut mains);
        let after: Vec<f64> = (0..6).map(|at| sum(&cells, &mains, at / 3, at % 3)).collect();
        before.iter().zip(&after).for_each(|(b, a)| assert!((b - a).abs() < 1e-12));
        assert!((cells[0] * 10.0 + cells[1] * 20.0).abs() < 1e-10);
        assert!((cells[1] * 20.0 + cells[3]).abs() < 1e-10);
    }
}
