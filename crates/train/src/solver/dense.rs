//! Columns of amounts, of which every row has one each.

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

use super::Table;

/// Rows that are worked on while they are near: a few hundred of 60 columns fit the second cache.
const NEAR: usize = 256;
/// Rows of which one task makes a product.
const BLOCK: usize = 1 << 14;

/// An amount of so many times what is usual in its column is far out.
const FAR: f64 = 4.0;
/// One row of so many is looked at to tell what is usual.
const LOOKED_AT: usize = 16;

/// A matrix of amounts, and the prior of its slopes.
#[derive(Clone, Debug, Default)]
pub struct Dense {
    /// Columns.
    pub columns: usize,
    /// The amounts, row by row.
    pub values: Vec<f64>,
    /// How strongly each slope is held near 0: the inverse variance of its prior, in log-odds; the
    /// L2 penalty of the summed loss.
    pub strength: f64,
    /// How strongly the slope of the last column is held, where that is otherwise.
    pub last: Option<f64>,
}

impl Dense {
    /// The amounts of some rows.
    fn rows(&self, rows: std::ops::Range<usize>) -> &[f64] {
        &self.values[rows.start * self.columns..rows.end * self.columns]
    }

    /// How strongly the slope of a column is held.
    pub(super) fn strength_of(&self, column: usize) -> f64 {
        self.last.filter(|_| column + 1 == self.columns).unwrap_or(self.strength)
    }

    /// Adds a column whose slope is held by a strength of its own.
    pub(crate) fn push(&mut self, column: &[f64], strength: f64) {
        let mut values = Vec::with_capacity(self.values.len() + column.len());
        for (row, amount) in column.iter().enumerate() {
            values.extend_from_slice(self.rows(row..row + 1));
            values.push(*amount);
        }
        (self.columns, self.values, self.last) = (self.columns + 1, values, Some(strength));
    }

    /// Takes out the column that was added.
    pub(crate) fn pop(&mut self) {
        let columns = self.columns.max(1);
        let rows = self.values.chunks_exact(columns);
        let values = rows.flat_map(|row| &row[..columns - 1]).copied().collect();
        (self.columns, self.values, self.last) = (columns - 1, values, None);
    }

    /// The amounts of some rows.
    pub(super) fn of_rows(&self, rows: &[usize]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * self.columns);
        rows.iter().for_each(|&row| values.extend_from_slice(self.rows(row..row + 1)));
        Self { columns: self.columns, values, strength: self.strength, last: self.last }
    }

    /// The rows with an amount of more than [`FAR`] times the root mean square of its column, as one row of
    /// many tells it; empty without columns.
    pub(super) fn far_rows(&self) -> Vec<bool> {
        let columns = self.columns.max(1);
        let rows = self.values.chunks_exact(columns);
        let mut limits = vec![0.0; self.columns];
        let some = rows.clone().step_by(LOOKED_AT);
        let count = some.len() as f64;
        for row in some {
            limits.iter_mut().zip(row).for_each(|(sum, amount)| *sum += amount * amount);
        }
        limits.iter_mut().for_each(|sum| *sum *= FAR * FAR / count);
        let beyond = |(amount, limit): (&f64, &f64)| amount * amount > *limit;
        rows.map(|row| row.iter().zip(&limits).fold(false, |far, of| far | beyond(of))).collect()
    }

    /// Adds to each row from `first` its amounts times the slopes.
    pub(super) fn add_log_odds(&self, first: usize, slopes: &[f64], sums: &mut [f64]) {
        if self.columns == 0 {
            return;
        }
        // Four places at once, as a processor waits for memory less when it reads several.
        let rows = self.rows(first..first + sums.len());
        let quarter = sums.len() / 4;
        let size = quarter * self.columns;
        let (rows, last_rows) = rows.split_at(4 * size);
        let (sums, last_sums) = sums.split_at_mut(4 * quarter);
        let mut places =
            [0, 1, 2, 3].map(|i| rows[i * size..(i + 1) * size].chunks_exact(self.columns));
        for row in 0..quarter {
            for (place, rows) in places.iter_mut().enumerate() {
                if let Some(amounts) = rows.next() {
                    sums[place * quarter + row] += dot(amounts, slopes);
                }
            }
        }
        let last = last_sums.iter_mut().zip(last_rows.chunks_exact(self.columns));
        last.for_each(|(sum, row)| *sum += dot(row, slopes));
    }

    /// Adds to each column its amounts times the values of the rows from `first`.
    pub(super) fn add_sums(&self, first: usize, values: &[f64], sums: &mut [f64]) {
        if self.columns == 0 {
            return;
        }
        let amounts = self.rows(first..first + values.len());
        // Four rows at once, so that each sum is read and written once for all four.
        let four = amounts.chunks_exact(4 * self.columns);
        let rest = four.remainder();
        let values_of_rest = &values[values.len() / 4 * 4..];
        for (rows, values) in four.zip(values.chunks_exact(4)) {
            let (a, rows) = rows.split_at(self.columns);
            let (b, rows) = rows.split_at(self.columns);
            let (c, d) = rows.split_at(self.columns);
            for ((((sum, a), b), c), d) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *sum += (values[0] * a + values[1] * b) + (values[2] * c + values[3] * d);
            }
        }
        for (row, value) in rest.chunks_exact(self.columns).zip(values_of_rest) {
            sums.iter_mut().zip(row).for_each(|(sum, amount)| *sum += value * amount);
        }
    }

    /// For every column, the sum of its amounts times the values of the rows.
    pub(super) fn sums(&self, values: &[f64]) -> Vec<f64> {
        let parts: Vec<Vec<f64>> = values
            .par_chunks(BLOCK)
            .enumerate()
            .map(|(block, values)| {
                let mut sums = vec![0.0; self.columns];
                self.add_sums(block * BLOCK, values, &mut sums);
                sums
            })
            .collect();
        let mut sums = vec![0.0; self.columns];
        for part in parts {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        sums
    }

    /// The lower triangle of `X' W X`.
    pub(super) fn gram(&self, weights: &[f64]) -> Mat<f64> {
        let columns = self.columns;
        let parts: Vec<Mat<f64>> = weights
            .par_chunks(BLOCK)
            .enumerate()
            .map(|(block, weights)| {
                let mut sum = Mat::zeros(columns, columns);
                let mut weighted = vec![0.0; NEAR * columns];
                for (near, weights) in weights.chunks(NEAR).enumerate() {
                    let first = block * BLOCK + near * NEAR;
                    let amounts = self.rows(first..first + weights.len());
                    let weighted = &mut weighted[..amounts.len()];
                    let rows = weighted.chunks_exact_mut(columns);
                    for ((into, row), weight) in
                        rows.zip(amounts.chunks_exact(columns)).zip(weights)
                    {
                        into.iter_mut().zip(row).for_each(|(into, x)| *into = weight * x);
                    }
                    matmul(
                        sum.as_mut(),
                        BlockStructure::TriangularLower,
                        Accum::Add,
                        MatRef::from_row_major_slice(amounts, weights.len(), columns).transpose(),
                        BlockStructure::Rectangular,
                        MatRef::from_row_major_slice(weighted, weights.len(), columns),
                        BlockStructure::Rectangular,
                        1.0,
                        Par::Seq,
                    );
                }
                sum
            })
            .collect();
        parts.iter().fold(Mat::zeros(columns, columns), |sum, part| sum + part)
    }

    /// For each cell of a table, the sums of its rows' amounts, weighted: cell by cell.
    pub(super) fn sums_by_cell(&self, weights: &[f64], table: &Table) -> Vec<f64> {
        let columns = self.columns;
        let mut sums = vec![0.0; table.cells * columns];
        let rows = self.values.chunks_exact(columns.max(1));
        for ((row, weight), &code) in rows.zip(weights).zip(&table.codes) {
            let cell = usize::from(code) * columns;
            let into = &mut sums[cell..cell + columns];
            into.iter_mut().zip(row).for_each(|(sum, amount)| *sum += weight * amount);
        }
        sums
    }
}

/// The product of two rows, in eight sums that a processor can make at once.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, rest_of_a) = a.as_chunks::<8>();
    let (b, rest_of_b) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    let rest: f64 = rest_of_a.iter().zip(rest_of_b).map(|(a, b)| a * b).sum();
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (b + f)) + ((c + g) + (d + h)) + rest
}
