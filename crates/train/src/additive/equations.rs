//! The normal equations of a problem of tables.

use faer::Mat;
use leadscore_model::sigmoid;
use rayon::prelude::*;

use super::{Strengths, Table};

/// Rows that one task works on: it depends on nothing but the code, so sums are the same bits for
/// any number of threads.
const BLOCK: usize = 1 << 14;

/// What is fitted, and what to.
#[derive(Debug)]
pub struct Problem {
    /// The tables.
    pub tables: Vec<Table>,
    /// The target of each row, from 0 to 1.
    pub targets: Vec<f64>,
    /// The weight of each row; empty where all weigh 1.
    pub weights: Vec<f64>,
}

/// The first and second derivatives of each row's loss by its log-odds: what the target is above
/// the probability, and the variance; both times the row's weight.
pub(super) struct Working {
    pub(super) residuals: Vec<f64>,
    pub(super) weights: Vec<f64>,
}

impl Problem {
    /// The number of coefficients: the intercept, then the cells of every table.
    pub fn size(&self) -> usize {
        1 + self.tables.iter().map(|table| table.cells).sum::<usize>()
    }

    /// Where the cells of each table stand among the coefficients.
    pub(super) fn places(&self) -> Vec<std::ops::Range<usize>> {
        let mut next = 1;
        let place = |table: &Table| {
            next += table.cells;
            next - table.cells..next
        };
        self.tables.iter().map(place).collect()
    }

    /// The summed weights.
    pub(super) fn mass(&self) -> f64 {
        if self.weights.is_empty() { self.targets.len() as f64 } else { self.weights.iter().sum() }
    }

    /// Coefficients that give every row the weighted mean of the targets.
    pub(super) fn nothing_known(&self) -> Vec<f64> {
        let mut at = vec![0.0; self.size()];
        let converted: f64 = if self.weights.is_empty() {
            self.targets.iter().sum()
        } else {
            self.targets.iter().zip(&self.weights).map(|(y, w)| y * w).sum()
        };
        let rate = converted / self.mass();
        at[0] = leadscore_model::logit(rate.clamp(1e-6, 1.0 - 1e-6));
        at
    }

    /// The log-odds of every row.
    pub(super) fn log_odds(&self, at: &[f64]) -> Vec<f64> {
        let places = self.places();
        let mut sums = vec![at[0]; self.targets.len()];
        sums.par_chunks_mut(BLOCK).enumerate().for_each(|(block, sums)| {
            let rows = block * BLOCK..block * BLOCK + sums.len();
            for (table, place) in self.tables.iter().zip(&places) {
                let cells = &at[place.clone()];
                for (sum, &code) in sums.iter_mut().zip(&table.codes[rows.clone()]) {
                    *sum += cells[usize::from(code)];
                }
            }
        });
        sums
    }

    /// The summed log loss.
    pub(super) fn loss(&self, log_odds: &[f64]) -> f64 {
        let blocks: Vec<f64> = log_odds
            .par_chunks(BLOCK)
            .zip(self.targets.par_chunks(BLOCK))
            .enumerate()
            .map(|(block, (log_odds, targets))| {
                // log(1 + exp(z)) - y z, without overflow.
                let each = log_odds
                    .iter()
                    .zip(targets)
                    .map(|(&z, &y)| z.max(0.0) - y * z + (-z.abs()).exp().ln_1p());
                match self.weights.get(block * BLOCK..) {
                    Some(weights) if !weights.is_empty() => {
                        each.zip(weights).map(|(loss, weight)| loss * weight).sum()
                    }
                    _ => each.sum::<f64>(),
                }
            })
            .collect();
        blocks.iter().sum()
    }

    pub(super) fn working(&self, log_odds: &[f64]) -> Working {
        let (residuals, weights) = log_odds
            .par_iter()
            .zip(&self.targets)
            .enumerate()
            .map(|(row, (&z, &y))| {
                let p = sigmoid(z);
                let weight = self.weights.get(row).copied().unwrap_or(1.0);
                (weight * (y - p), weight * p * (1.0 - p))
            })
            .unzip();
        Working { residuals, weights }
    }

    /// For every coefficient, the sum of `values` over its rows.
    pub(super) fn sums(&self, values: &[f64]) -> Vec<f64> {
        let mut sums = vec![values.iter().sum::<f64>()];
        let of_tables: Vec<Vec<f64>> = self
            .tables
            .par_iter()
            .map(|table| {
                let mut sums = vec![0.0; table.cells];
                for (value, &code) in values.iter().zip(&table.codes) {
                    sums[usize::from(code)] += value;
                }
                sums
            })
            .collect();
        of_tables.into_iter().for_each(|of_table| sums.extend(of_table));
        sums
    }

    /// What the penalties add to the loss.
    pub(super) fn penalty(&self, strengths: &[Strengths], at: &[f64]) -> f64 {
        let each = self.tables.iter().zip(strengths).zip(self.places());
        each.map(|((table, strengths), place)| table.penalty(strengths, &at[place])).sum()
    }

    /// The gradient of the log likelihood less the penalties: where to go.
    pub(super) fn ascent(
        &self,
        residuals: &[f64],
        strengths: &[Strengths],
        at: &[f64],
    ) -> Vec<f64> {
        let mut pulls = vec![0.0; at.len()];
        for ((table, strengths), place) in self.tables.iter().zip(strengths).zip(self.places()) {
            table.add_penalty_gradient(strengths, &at[place.clone()], &mut pulls[place]);
        }
        let mut ascent = self.sums(residuals);
        ascent.iter_mut().zip(&pulls).for_each(|(a, pull)| *a -= pull);
        ascent
    }

    /// Adds the precision of the prior to the lower triangle of a Hessian. The intercept, which no
    /// prior holds, gets a trace, so that rows without any weight left still give a factor.
    pub(super) fn add_precision(&self, strengths: &[Strengths], hessian: &mut Mat<f64>) {
        for ((table, strengths), place) in self.tables.iter().zip(strengths).zip(self.places()) {
            table.add_precision(strengths, hessian, place.start);
        }
        hessian[(0, 0)] += 1e-9;
    }

    /// The lower triangle of `X' W X`, from every `stride`-th row, scaled up: a table of weights
    /// for every two tables. Each is summed by one task, in the order of the rows.
    pub(super) fn hessian(&self, weights: &[f64], stride: usize) -> Mat<f64> {
        let rows: Vec<usize> =
            if stride > 1 { (0..weights.len()).step_by(stride).collect() } else { Vec::new() };
        let thinned;
        let (weights, codes): (&[f64], Vec<std::borrow::Cow<'_, [u16]>>) = if stride > 1 {
            thinned = rows.iter().map(|&row| weights[row] * stride as f64).collect::<Vec<_>>();
            let codes = |table: &Table| rows.iter().map(|&row| table.codes[row]).collect();
            (&thinned, self.tables.iter().map(codes).collect())
        } else {
            (weights, self.tables.iter().map(|table| table.codes.as_slice().into()).collect())
        };
        self.hessian_of(weights, &codes.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    }

    /// The same of some rows: their weights, and their cells of each table.
    pub(super) fn hessian_of(&self, weights: &[f64], codes: &[&[u16]]) -> Mat<f64> {
        let places = self.places();
        let two: Vec<(usize, usize)> =
            (0..codes.len()).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
        let blocks: Vec<Vec<f64>> = two
            .par_iter()
            .map(|&(a, b)| {
                let width = self.tables[b].cells;
                let mut sums = vec![0.0; self.tables[a].cells * width];
                for ((weight, &i), &j) in weights.iter().zip(codes[a]).zip(codes[b]) {
                    sums[usize::from(i) * width + usize::from(j)] += weight;
                }
                sums
            })
            .collect();
        let size = self.size();
        let mut hessian = Mat::zeros(size, size);
        hessian[(0, 0)] = weights.iter().sum();
        for (place, codes) in places.iter().zip(codes) {
            let mut sums = vec![0.0; place.len()];
            for (weight, &i) in weights.iter().zip(*codes) {
                sums[usize::from(i)] += weight;
            }
            for (at, sum) in place.clone().zip(sums) {
                hessian[(at, at)] = sum;
                hessian[(at, 0)] = sum;
            }
        }
        for (&(a, b), block) in two.iter().zip(&blocks) {
            let width = places[b].len();
            for (j, column) in places[b].clone().enumerate() {
                let into = &mut hessian.col_as_slice_mut(column)[places[a].clone()];
                let from = block[j..].iter().step_by(width);
                into.iter_mut().zip(from).for_each(|(into, from)| *into = *from);
            }
        }
        hessian
    }
}
