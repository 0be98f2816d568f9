//! What is fitted, and its normal equations.

use faer::Mat;
use rayon::prelude::*;

use super::{Dense, Strengths, Table};

/// Rows that one task works on: it depends on nothing but the code, so sums are the same bits for
/// any number of threads.
const BLOCK: usize = 1 << 14;
/// Of those, rows that go through all steps while they are near.
const NEAR: usize = 256;
/// Tables that are gone through together.
const TOGETHER: usize = 4;

/// What is fitted, and what to.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The tables.
    pub tables: Vec<Table>,
    /// Columns of amounts; without columns where there are none.
    pub dense: Dense,
    /// The target of each row, from 0 to 1.
    pub targets: Vec<f64>,
    /// The weight of each row; empty where all weigh 1.
    pub weights: Vec<f64>,
}

/// The first and second derivatives of each row's loss by its log-odds: what the target is above
/// the probability, and the variance; both times the row's weight.
pub(crate) struct Working {
    pub(crate) residuals: Vec<f64>,
    pub(crate) weights: Vec<f64>,
}

impl Problem {
    /// The number of coefficients: the intercept, the cells of every table, the slopes.
    pub fn size(&self) -> usize {
        self.slopes().end
    }

    /// Where the slopes stand among the coefficients.
    pub(crate) fn slopes(&self) -> std::ops::Range<usize> {
        let first = 1 + self.tables.iter().map(|table| table.cells).sum::<usize>();
        first..first + self.dense.columns
    }

    /// The problem of some rows.
    pub(crate) fn of_rows(&self, rows: &[usize]) -> Self {
        let take = |values: &[f64]| match values {
            [] => Vec::new(),
            _ => rows.iter().map(|&row| values[row]).collect(),
        };
        Self {
            tables: self.tables.par_iter().map(|table| table.of_rows(rows)).collect(),
            dense: self.dense.of_rows(rows),
            targets: take(&self.targets),
            weights: take(&self.weights),
        }
    }

    /// Every `stride`-th row, each with the weight of so many.
    pub(super) fn thinned(&self, stride: usize) -> Self {
        let rows: Vec<usize> = (0..self.targets.len()).step_by(stride).collect();
        let mut thinned = self.of_rows(&rows);
        thinned.weights.resize(rows.len(), 1.0);
        thinned.weights.iter_mut().for_each(|weight| *weight *= stride as f64);
        thinned
    }

    /// Where the cells of each table stand among the coefficients.
    pub(crate) fn places(&self) -> Vec<std::ops::Range<usize>> {
        let mut next = 1;
        let place = |table: &Table| {
            next += table.cells;
            next - table.cells..next
        };
        self.tables.iter().map(place).collect()
    }

    /// The summed weights.
    pub(crate) fn mass(&self) -> f64 {
        if self.weights.is_empty() { self.targets.len() as f64 } else { self.weights.iter().sum() }
    }

    /// Coefficients that give every row the weighted mean of the targets.
    pub(crate) fn nothing_known(&self) -> Vec<f64> {
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
    pub(crate) fn log_odds(&self, at: &[f64]) -> Vec<f64> {
        let places = self.places();
        let mut sums = vec![at[0]; self.targets.len()];
        sums.par_chunks_mut(BLOCK).enumerate().for_each(|(block, sums)| {
            self.add_log_odds(&places, at, block * BLOCK, sums);
        });
        sums
    }

    /// Adds what the tables and slopes give the rows from `first`.
    fn add_log_odds(
        &self,
        places: &[std::ops::Range<usize>],
        at: &[f64],
        first: usize,
        sums: &mut [f64],
    ) {
        // A few tables at once, so that each sum is read and written once for all of them.
        for (tables, places) in self.tables.chunks(TOGETHER).zip(places.chunks(TOGETHER)) {
            match (tables, places) {
                ([a, b, c, d], [of_a, of_b, of_c, of_d]) => Table::add_cells(
                    [a, b, c, d],
                    [of_a, of_b, of_c, of_d].map(|place| &at[place.clone()]),
                    first,
                    sums,
                ),
                _ => {
                    for (table, place) in tables.iter().zip(places) {
                        Table::add_cells([table], [&at[place.clone()]], first, sums);
                    }
                }
            }
        }
        self.dense.add_log_odds(first, &at[self.slopes()], sums);
    }

    /// The summed log loss, its derivatives by the log-odds of each row ([`Working::residuals`]), and,
    /// for every coefficient, the sum of these: all that a step needs, in one pass over the amounts.
    pub(crate) fn expand(&self, at: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
        let places = self.places();
        let mut residuals = vec![0.0; self.targets.len()];
        let blocks: Vec<(f64, f64, Vec<f64>)> = residuals
            .par_chunks_mut(BLOCK)
            .enumerate()
            .map(|(block, residuals)| {
                let (mut loss, mut sum) = (0.0, 0.0);
                let mut slopes = vec![0.0; self.dense.columns];
                for (part, residuals) in residuals.chunks_mut(NEAR).enumerate() {
                    let first = block * BLOCK + part * NEAR;
                    residuals.fill(at[0]);
                    self.add_log_odds(&places, at, first, residuals);
                    loss += self.differentiate(first, residuals);
                    sum += residuals.iter().sum::<f64>();
                    self.dense.add_sums(first, residuals, &mut slopes);
                }
                (loss, sum, slopes)
            })
            .collect();
        let mut sums = vec![0.0];
        self.sums_of_tables(&residuals, &mut sums);
        sums.resize(self.size(), 0.0);
        let mut loss = 0.0;
        let slopes = self.slopes();
        for (of_block, sum, of_slopes) in blocks {
            loss += of_block;
            sums[0] += sum;
            sums[slopes.clone()].iter_mut().zip(of_slopes).for_each(|(sum, part)| *sum += part);
        }
        (loss, residuals, sums)
    }

    /// Turns log-odds of the rows from `first` into residuals; returns their summed loss.
    fn differentiate(&self, first: usize, log_odds: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        let weighted = !self.weights.is_empty();
        for (part, log_odds) in log_odds.chunks_mut(NEAR).enumerate() {
            // The logarithm of a product is taken once: no factor is above 2, and a part has 256.
            let mut product = 1.0;
            for (row, z) in (first + part * NEAR..).zip(log_odds) {
                let weight = self.weight(row);
                let y = self.targets[row];
                // log(1 + exp(z)) - y z, without overflow.
                let small = (-z.abs()).exp();
                loss += weight * (z.max(0.0) - y * *z);
                if weighted {
                    loss += weight * small.ln_1p();
                } else {
                    product *= 1.0 + small;
                }
                let of_smaller = small / (1.0 + small);
                let p = if *z < 0.0 { of_smaller } else { 1.0 - of_smaller };
                *z = weight * (y - p);
            }
            loss += product.ln();
        }
        loss
    }

    fn weight(&self, row: usize) -> f64 {
        if self.weights.is_empty() { 1.0 } else { self.weights[row] }
    }

    /// The variance of each row's outcome times its weight, by its residual.
    pub(super) fn variances(&self, residuals: &[f64]) -> Vec<f64> {
        residuals
            .par_iter()
            .enumerate()
            .map(|(row, residual)| {
                let (weight, y) = (self.weight(row), self.targets[row]);
                let off = if weight > 0.0 { residual / weight } else { 0.0 };
                // p (1 - p) with p = y - off; exact for targets of 0 and 1, however small it is.
                (weight * (y - off) * (1.0 - y + off)).max(0.0)
            })
            .collect()
    }

    /// The derivatives at given log-odds.
    pub(crate) fn working(&self, log_odds: &[f64]) -> Working {
        let mut residuals = log_odds.to_vec();
        residuals.par_chunks_mut(BLOCK).enumerate().for_each(|(block, residuals)| {
            self.differentiate(block * BLOCK, residuals);
        });
        let weights = self.variances(&residuals);
        Working { residuals, weights }
    }

    /// Appends, for every cell, the sum of `values` over its rows.
    fn sums_of_tables(&self, values: &[f64], sums: &mut Vec<f64>) {
        let of_some = |tables: &[Table]| match tables {
            [a, b, c, d] => Vec::from(Table::sums_of([a, b, c, d], values)),
            [a, b, c] => Vec::from(Table::sums_of([a, b, c], values)),
            [a, b] => Vec::from(Table::sums_of([a, b], values)),
            _ => tables.iter().map(|table| table.sums(values)).collect(),
        };
        let of_tables: Vec<_> = self.tables.par_chunks(TOGETHER).map(of_some).collect();
        of_tables.iter().flatten().for_each(|of_table| sums.extend(of_table));
    }

    /// For every coefficient, the sum of `values` over its rows.
    pub(crate) fn sums(&self, values: &[f64]) -> Vec<f64> {
        let mut sums = vec![values.iter().sum::<f64>()];
        self.sums_of_tables(values, &mut sums);
        sums.extend(self.dense.sums(values));
        sums
    }

    /// The penalised loss at some coefficients.
    pub fn objective(&self, strengths: &[Strengths], at: &[f64]) -> f64 {
        self.expand(at).0 + self.penalty(strengths, at)
    }

    /// What the penalties add to the loss.
    pub(crate) fn penalty(&self, strengths: &[Strengths], at: &[f64]) -> f64 {
        let each = self.tables.iter().zip(strengths).zip(self.places());
        let of_tables: f64 =
            each.map(|((table, strengths), place)| table.penalty(strengths, &at[place])).sum();
        let slopes = at[self.slopes()].iter().enumerate();
        let squares: f64 =
            slopes.map(|(column, slope)| self.dense.strength_of(column) * slope * slope).sum();
        of_tables + 0.5 * squares
    }

    /// Sums of residuals, less the gradient of the penalties.
    pub(crate) fn less_pulls(
        &self,
        mut ascent: Vec<f64>,
        strengths: &[Strengths],
        at: &[f64],
    ) -> Vec<f64> {
        let mut pulls = vec![0.0; at.len()];
        for ((table, strengths), place) in self.tables.iter().zip(strengths).zip(self.places()) {
            table.add_penalty_gradient(strengths, &at[place.clone()], &mut pulls[place]);
        }
        for (column, slope) in self.slopes().enumerate() {
            pulls[slope] = self.dense.strength_of(column) * at[slope];
        }
        ascent.iter_mut().zip(&pulls).for_each(|(a, pull)| *a -= pull);
        ascent
    }

    /// Adds the precision of the prior to the lower triangle of a Hessian. The intercept, which no
    /// prior holds, gets a trace, so that rows without any weight left still give a factor.
    pub(crate) fn add_precision(&self, strengths: &[Strengths], hessian: &mut Mat<f64>) {
        for ((table, strengths), place) in self.tables.iter().zip(strengths).zip(self.places()) {
            table.add_precision(strengths, hessian, place.start);
        }
        for (column, slope) in self.slopes().enumerate() {
            hessian[(slope, slope)] += self.dense.strength_of(column);
        }
        hessian[(0, 0)] += 1e-9;
    }

    /// The lower triangle of `X' W X`, from every `stride`-th row, scaled up; rows with amounts far out, of
    /// which a few say most of a column, are all there and stand for themselves.
    pub(super) fn hessian(&self, weights: &[f64], stride: usize) -> Mat<f64> {
        if stride == 1 {
            return self.hessian_of(weights);
        }
        let far = self.dense.far_rows();
        let is_far = |row: usize| far.get(row).copied().unwrap_or(false);
        let rows: Vec<usize> =
            (0..weights.len()).filter(|&row| row % stride == 0 || is_far(row)).collect();
        let scaled = |&row: &usize| weights[row] * if is_far(row) { 1.0 } else { stride as f64 };
        let weights: Vec<f64> = rows.iter().map(scaled).collect();
        self.of_rows(&rows).hessian_of(&weights)
    }

    /// The lower triangle of `X' W X`: a table of weights for every two tables, each summed by one
    /// task in the order of the rows; and the products of the amounts.
    pub(crate) fn hessian_of(&self, weights: &[f64]) -> Mat<f64> {
        let places = self.places();
        let size = self.size();
        let mut hessian = Mat::zeros(size, size);
        hessian[(0, 0)] = weights.iter().sum();
        let mut of_cells = Vec::new();
        self.sums_of_tables(weights, &mut of_cells);
        for (at, sum) in (1..).zip(of_cells) {
            hessian[(at, at)] = sum;
            hessian[(at, 0)] = sum;
        }
        let two: Vec<(usize, usize)> =
            (0..self.tables.len()).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
        let blocks: Vec<Vec<f64>> = two
            .par_iter()
            .map(|&(a, b)| self.tables[a].crossed(&self.tables[b], weights))
            .collect();
        for (&(a, b), block) in two.iter().zip(&blocks) {
            let width = places[b].len();
            for (j, column) in places[b].clone().enumerate() {
                let into = &mut hessian.col_as_slice_mut(column)[places[a].clone()];
                let from = block[j..].iter().step_by(width);
                into.iter_mut().zip(from).for_each(|(into, from)| *into = *from);
            }
        }
        self.add_dense(weights, &places, &mut hessian);
        hessian
    }

    fn add_dense(
        &self,
        weights: &[f64],
        places: &[std::ops::Range<usize>],
        hessian: &mut Mat<f64>,
    ) {
        let columns = self.dense.columns;
        if columns == 0 {
            return;
        }
        let slopes = self.slopes();
        hessian.col_as_slice_mut(0)[slopes.clone()].copy_from_slice(&self.dense.sums(weights));
        let by_cell: Vec<Vec<f64>> =
            self.tables.par_iter().map(|table| self.dense.sums_by_cell(weights, table)).collect();
        for (place, sums) in places.iter().zip(&by_cell) {
            for (cell, sums) in place.clone().zip(sums.chunks_exact(columns)) {
                hessian.col_as_slice_mut(cell)[slopes.clone()].copy_from_slice(sums);
            }
        }
        let gram = self.dense.gram(weights);
        for (column, slope) in slopes.clone().enumerate() {
            hessian.col_as_slice_mut(slope)[slopes.clone()]
                .copy_from_slice(gram.col_as_slice(column));
        }
    }
}
