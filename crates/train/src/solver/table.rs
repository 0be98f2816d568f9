//! Tables: what is fitted, and the quadratic penalties that hold them.

use faer::Mat;

use super::factor::{Factor, inverse_block};

/// A quadratic form over the cells of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Penalty {
    /// The sum of squares: all cells near 0.
    Ridge,
    /// The sum of squares, each times a weight: cells that stand for so many.
    Weighted(Vec<f64>),
    /// The sum of squared differences between the ends of each edge: neighbours are alike (a random
    /// walk along a line, or over a grid).
    Walk(Vec<(u16, u16)>),
    /// The sum of squared bends, each a sum of three cells times a weight that is 0 on a line: three in a row
    /// are near one.
    Bend(Vec<[(u16, f64); 3]>),
}

/// For each penalty of a table its strength: the inverse variance of the prior that it stands for,
/// in log-odds.
pub type Strengths = Vec<f64>;

/// A block of coefficients, of which each row has exactly one.
#[derive(Clone, Debug)]
pub struct Table {
    /// The cell of each row.
    pub codes: Vec<u16>,
    /// The number of cells.
    pub cells: usize,
    /// The penalties. One of them is [`Penalty::Ridge`]: the others leave a level open.
    pub penalties: Vec<Penalty>,
}

impl Penalty {
    /// The sum over the entries of the form's matrix of `weight * entry`, for a symmetric weight.
    fn trace_with(&self, weight: &Mat<f64>) -> f64 {
        match self {
            Penalty::Ridge => (0..weight.nrows()).map(|i| weight[(i, i)]).sum(),
            Penalty::Weighted(weights) => {
                weights.iter().enumerate().map(|(i, w)| w * weight[(i, i)]).sum()
            }
            Penalty::Walk(edges) => edges
                .iter()
                .map(|&(a, b)| {
                    let (a, b) = (usize::from(a), usize::from(b));
                    weight[(a, a)] + weight[(b, b)] - 2.0 * weight[(a, b)]
                })
                .sum(),
            Penalty::Bend(bends) => {
                let of_bend = |bend: &[(u16, f64); 3]| -> f64 {
                    let two = bend.iter().flat_map(|a| bend.iter().map(move |b| (a, b)));
                    two.map(|(&(a, by_a), &(b, by_b))| {
                        by_a * by_b * weight[(usize::from(a), usize::from(b))]
                    })
                    .sum()
                };
                bends.iter().map(of_bend).sum()
            }
        }
    }

    /// The value of the form.
    pub(crate) fn form(&self, cells: &[f64]) -> f64 {
        match self {
            Penalty::Ridge => cells.iter().map(|b| b * b).sum(),
            Penalty::Weighted(weights) => cells.iter().zip(weights).map(|(b, w)| w * b * b).sum(),
            Penalty::Walk(edges) => edges
                .iter()
                .map(|&(a, b)| {
                    let difference = cells[usize::from(a)] - cells[usize::from(b)];
                    difference * difference
                })
                .sum(),
            Penalty::Bend(bends) => bends.iter().map(|bend| bent(bend, cells).powi(2)).sum(),
        }
    }

    /// Adds `strength` times half the gradient of the form, which is its matrix times the cells.
    fn add_times(&self, strength: f64, cells: &[f64], out: &mut [f64]) {
        match self {
            Penalty::Ridge => out.iter_mut().zip(cells).for_each(|(o, b)| *o += strength * b),
            Penalty::Weighted(weights) => {
                let each = out.iter_mut().zip(cells).zip(weights);
                each.for_each(|((o, b), w)| *o += strength * w * b);
            }
            Penalty::Walk(edges) => {
                for &(a, b) in edges {
                    let (a, b) = (usize::from(a), usize::from(b));
                    let pull = strength * (cells[a] - cells[b]);
                    out[a] += pull;
                    out[b] -= pull;
                }
            }
            Penalty::Bend(bends) => {
                for bend in bends {
                    let pull = strength * bent(bend, cells);
                    bend.iter().for_each(|&(cell, by)| out[usize::from(cell)] += pull * by);
                }
            }
        }
    }

    /// Adds `strength` times the form's matrix to the lower triangle of `matrix`, from `first`.
    fn add_to(&self, strength: f64, matrix: &mut Mat<f64>, first: usize, cells: usize) {
        match self {
            Penalty::Ridge => {
                (first..first + cells).for_each(|i| matrix[(i, i)] += strength);
            }
            Penalty::Weighted(weights) => {
                let each = (first..).zip(weights);
                each.for_each(|(i, weight)| matrix[(i, i)] += strength * weight);
            }
            Penalty::Walk(edges) => {
                for &(a, b) in edges {
                    let (a, b) = (first + usize::from(a), first + usize::from(b));
                    matrix[(a, a)] += strength;
                    matrix[(b, b)] += strength;
                    matrix[(a.max(b), a.min(b))] -= strength;
                }
            }
            Penalty::Bend(bends) => {
                for bend in bends {
                    for &(a, by_a) in bend {
                        for &(b, by_b) in bend.iter().filter(|(b, _)| *b <= a) {
                            let place = (first + usize::from(a), first + usize::from(b));
                            matrix[place] += strength * by_a * by_b;
                        }
                    }
                }
            }
        }
    }
}

/// How far three cells are from a line.
fn bent(bend: &[(u16, f64); 3], cells: &[f64]) -> f64 {
    bend.iter().map(|&(cell, by)| by * cells[usize::from(cell)]).sum()
}

impl Table {
    /// Strengths to start from.
    pub fn strengths(&self, each: f64) -> Strengths {
        vec![each; self.penalties.len()]
    }

    /// The table of some rows.
    pub(super) fn of_rows(&self, rows: &[usize]) -> Self {
        let codes = rows.iter().map(|&row| self.codes[row]).collect();
        Self { codes, cells: self.cells, penalties: self.penalties.clone() }
    }

    /// For each cell, the sum of `values` over its rows.
    pub(crate) fn sums(&self, values: &[f64]) -> Vec<f64> {
        let [sums] = Self::sums_of([self], values);
        sums
    }

    /// The same of a few tables. A sum waits for the one before it in its cell, and those of other tables, which
    /// know nothing of each other, wait together.
    pub(super) fn sums_of<const N: usize>(tables: [&Self; N], values: &[f64]) -> [Vec<f64>; N] {
        let mut sums = tables.map(|table| vec![0.0; table.cells]);
        let codes = tables.map(|table| &table.codes[..values.len()]);
        for (row, value) in values.iter().enumerate() {
            for (sums, codes) in sums.iter_mut().zip(&codes) {
                sums[usize::from(codes[row])] += value;
            }
        }
        sums
    }

    /// Adds to the sums of the rows from `first` what the cells of a few tables give each, one after the other.
    pub(super) fn add_cells<const N: usize>(
        tables: [&Self; N],
        cells: [&[f64]; N],
        first: usize,
        sums: &mut [f64],
    ) {
        let codes = tables.map(|table| &table.codes[first..first + sums.len()]);
        for (row, sum) in sums.iter_mut().enumerate() {
            for (codes, cells) in codes.iter().zip(&cells) {
                *sum += cells[usize::from(codes[row])];
            }
        }
    }

    /// The sum of `values` over the rows of each two cells, the other table's cells side by side.
    pub(super) fn crossed(&self, other: &Self, values: &[f64]) -> Vec<f64> {
        let width = other.cells;
        let mut sums = vec![0.0; self.cells * width];
        for ((value, &i), &j) in values.iter().zip(&self.codes).zip(&other.codes) {
            sums[usize::from(i) * width + usize::from(j)] += value;
        }
        sums
    }

    /// Half the summed penalties.
    pub(super) fn penalty(&self, strengths: &[f64], cells: &[f64]) -> f64 {
        let each = self.penalties.iter().zip(strengths);
        0.5 * each.map(|(penalty, strength)| strength * penalty.form(cells)).sum::<f64>()
    }

    /// Adds the gradient of [`Table::penalty`].
    pub(super) fn add_penalty_gradient(&self, strengths: &[f64], cells: &[f64], out: &mut [f64]) {
        for (penalty, &strength) in self.penalties.iter().zip(strengths) {
            penalty.add_times(strength, cells, out);
        }
    }

    /// Adds the prior's precision to the lower triangle of a matrix, from `first`.
    pub(super) fn add_precision(&self, strengths: &[f64], matrix: &mut Mat<f64>, first: usize) {
        for (penalty, &strength) in self.penalties.iter().zip(strengths) {
            penalty.add_to(strength, matrix, first, self.cells);
        }
    }

    /// For each penalty, what the data decide of what it holds: with `prior` the inverse of the
    /// prior's precision and `posterior` the table's block of the inverse of the whole Hessian,
    /// `strength * (tr(prior K) - tr(posterior K))`. Their sum is the table's degrees of freedom.
    pub(crate) fn decided(&self, strengths: &[f64], posterior: &Mat<f64>) -> Option<Vec<f64>> {
        let mut precision = Mat::zeros(self.cells, self.cells);
        self.add_precision(strengths, &mut precision, 0);
        let prior = inverse_block(&Factor::new(precision)?.inverse(), 0, self.cells);
        let each = self.penalties.iter().zip(strengths).map(|(penalty, strength)| {
            (strength * (penalty.trace_with(&prior) - penalty.trace_with(posterior))).max(0.0)
        });
        Some(each.collect())
    }
}
