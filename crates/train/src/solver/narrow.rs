//! Fewer rows than coefficients. Where every coefficient but the intercept is held alike, the minimum lies where
//! the rows lie: a problem of as many amounts as there are rows has the same losses, penalties and minimum (T.
//! Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning, section 18.3.5).

use faer::Mat;
use leadscore_model::DRAWS;

use super::factor::orthonormal;
use super::posterior::signs;
use super::{Dense, Problem};

/// Fewer coefficients are quick to fit as they are, and their posterior is nearer to exact.
const WIDE: usize = 1_000;
/// Rows are held against each other once, which costs less than the fits of a search where there are at least so
/// many coefficients for each.
const TIMES: usize = 2;
/// Amounts at most: as many as the largest Hessian has that is made otherwise.
const MOST_AMOUNTS: usize = 15_000 * 15_000;

/// The directions that rows lie in: a column for each, of unit length and orthogonal to the others, with what it
/// gives each coefficient but the intercept.
#[derive(Debug)]
pub(crate) struct Directions(Mat<f64>);

impl Directions {
    /// The directions of the rows of a problem whose coefficients are all held alike, and the problem in them: a
    /// column of amounts for each, in the place of its tables and columns. `None` where it is no smaller.
    pub(crate) fn of(problem: &Problem) -> Option<(Self, Problem)> {
        let (rows, cells) = (problem.targets.len(), problem.size() - 1);
        if cells < WIDE || cells / TIMES < rows || rows * cells > MOST_AMOUNTS {
            return None;
        }
        let mut amounts = Mat::zeros(cells, rows);
        let places = problem.places();
        let columns = problem.dense.columns;
        for row in 0..rows {
            let into = amounts.col_as_slice_mut(row);
            for (table, place) in problem.tables.iter().zip(&places) {
                into[place.start - 1 + usize::from(table.codes[row])] = 1.0;
            }
            into[cells - columns..]
                .copy_from_slice(&problem.dense.values[row * columns..(row + 1) * columns]);
        }
        let (directions, of_rows) = orthonormal(amounts);
        let values = (0..rows).flat_map(|row| of_rows.col_as_slice(row)).copied().collect();
        let narrow = Problem {
            tables: Vec::new(),
            dense: Dense { columns: rows, values, strength: problem.dense.strength, last: None },
            targets: problem.targets.clone(),
            weights: problem.weights.clone(),
        };
        Some((Self(directions), narrow))
    }

    /// The number of coefficients, with the intercept.
    pub(crate) fn size(&self) -> usize {
        1 + self.0.nrows()
    }

    /// The number of directions.
    pub(crate) fn count(&self) -> usize {
        self.0.ncols()
    }

    /// The coefficients that say what those of the directions say; gradients along directions become those along
    /// coefficients.
    pub(crate) fn widened(&self, at: &[f64]) -> Vec<f64> {
        let mut wide = vec![0.0; self.size()];
        wide[0] = at[0];
        for (direction, value) in at[1..].iter().enumerate().take(self.count()) {
            let of = self.0.col_as_slice(direction);
            wide[1..].iter_mut().zip(of).for_each(|(sum, share)| *sum += value * share);
        }
        wide
    }

    /// What coefficients say along the directions.
    pub(crate) fn narrowed(&self, at: &[f64]) -> Vec<f64> {
        let along = |direction: usize| {
            self.0.col_as_slice(direction).iter().zip(&at[1..]).map(|(share, at)| share * at).sum()
        };
        std::iter::once(at[0]).chain((0..self.0.ncols()).map(along)).collect()
    }

    /// The draws of all coefficients by those of the intercept and of the directions, divided by the root of their
    /// number. Across the directions no row tells anything: there the prior stays what it is, of the inverse
    /// variance `strength`.
    pub(crate) fn draws(&self, narrow: &[[f64; DRAWS]], strength: f64) -> Vec<[f64; DRAWS]> {
        let directions = self.0.ncols();
        let deviation = (1.0 / (strength * DRAWS as f64)).sqrt();
        // Signs that those of the directions are not made of.
        let signs = signs(1 + directions + self.0.nrows());
        let mut wide = signs.subrows(1 + directions, self.0.nrows()).to_owned();
        let along = self.0.transpose() * &wide;
        let less = Mat::from_fn(directions, DRAWS, |direction, draw| {
            narrow[1 + direction][draw] / deviation - along[(direction, draw)]
        });
        wide += &self.0 * less;
        let of = |row: usize| std::array::from_fn(|draw| deviation * wide[(row, draw)]);
        std::iter::once(narrow[0]).chain((0..self.0.nrows()).map(of)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit_encoder::fit_encoder_weighted;
    use crate::recipe::Outcomes;
    use crate::solver::{Factor, Posterior};
    use crate::{Plain, SignalColumn, SignalData};
    use leadscore_model::SplitMix64;

    const ROWS: usize = 90;

    /// Many numbers, some missing, and a category; outcomes, weights and points.
    fn leads() -> (Vec<SignalColumn>, Vec<bool>, Vec<f64>, Vec<f64>) {
        let mut random = SplitMix64::new(5);
        let mut uniform = || (random.next() >> 11) as f64 / (1u64 << 53) as f64;
        let mut signals: Vec<SignalColumn> = (0..1_100)
            .map(|column| {
                let number = |_| if uniform() < 0.03 { f64::NAN } else { uniform() };
                let data = SignalData::Number((0..ROWS).map(number).collect());
                SignalColumn { name: format!("number{column}"), data }
            })
            .collect();
        let codes: Vec<u32> = (0..ROWS).map(|_| (uniform() * 6.0) as u32).collect();
        let labels = codes.iter().map(|code| uniform() < 0.1 + 0.15 * f64::from(*code)).collect();
        let points = codes.iter().map(|code| f64::from(*code) + uniform()).collect();
        let names = (0..6).map(|level| format!("level{level}")).collect();
        let data = SignalData::Category { codes, names, yes_no: false };
        signals.push(SignalColumn { name: "category".into(), data });
        let weights = (0..ROWS).map(|row| 0.5 + (row % 3) as f64).collect();
        (signals, labels, weights, points)
    }

    fn near(a: &[f64], b: &[f64], by: f64) {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).for_each(|(a, b)| assert!((a - b).abs() < by, "{a} is not {b}"));
    }

    #[test]
    fn the_minimum_is_where_it_was_however_it_is_found() {
        let (signals, labels, weights, points) = leads();
        let rows: Vec<usize> = (0..ROWS).collect();
        for (l2, leans) in [(1.0, false), (100.0, false), (10.0, true)] {
            let plain = || {
                let encoder = fit_encoder_weighted(&signals, &rows, &weights);
                Plain::new(encoder, &signals, &rows, Outcomes::new(&labels, &weights))
            };
            let (mut wide, mut narrow) = (plain(), plain().narrowed());
            assert_eq!(narrow.problem.size(), 1 + ROWS);
            if leans {
                wide.lean_on(&points);
                narrow.lean_on(&points);
            }
            let of_wide = wide.solve_held(l2, &[], None).unwrap();
            let of_narrow = narrow.solve_held(l2, &[], None).unwrap();
            near(&wide.coefficients(&of_wide), &narrow.coefficients(&of_narrow), 1e-8);
            assert!(of_narrow.gradient < 1e-9, "{}", of_narrow.gradient);
            let slope = |plain: &Plain, at| plain.leaning(at).map_or(0.0, |leaning| leaning.slope);
            let slopes = [slope(&wide, &of_wide), slope(&narrow, &of_narrow)];
            assert!((slopes[0] - slopes[1]).abs() < 1e-8 && (slopes[0] > 0.0) == leans);
            // From there it is hardly any way.
            if !leans {
                let before = plain().fitted(l2, &of_wide);
                let again = narrow.solve(l2, Some(narrow.start_from(&before))).unwrap();
                assert!(again.iterations <= 1);
            }
        }
    }

    #[test]
    fn the_posterior_is_that_of_all_coefficients() {
        let (signals, labels, weights, _) = leads();
        let rows: Vec<usize> = (0..ROWS).collect();
        let encoder = fit_encoder_weighted(&signals, &rows, &weights);
        let mut plain = Plain::new(encoder, &signals, &rows, Outcomes::new(&labels, &[]));
        // Strong enough that no row is surely of one outcome, which would count as less sure.
        let (l2, groups) = (1_000.0, (0..ROWS as u64).collect::<Vec<u64>>());
        let solution = plain.solve(l2, None).unwrap();
        let strengths = plain.hold(l2).unwrap();
        let problem = &plain.problem;
        let mut hessian =
            problem.hessian_of(&problem.working(&problem.log_odds(&solution.at)).weights);
        problem.add_precision(&strengths, &mut hessian);
        let exact = Factor::new(hessian).unwrap();
        let (directions, narrow) = Directions::of(problem).unwrap();
        let at = directions.narrowed(&solution.at);
        let posterior = Posterior::new(&narrow, &[], &at, &groups, None).unwrap();
        let along: Vec<_> = (0..=directions.count()).map(|at| posterior.of(at)).collect();
        let draws = directions.draws(&along, l2);
        // Leads that were fitted, and leads that were not.
        let mut random = SplitMix64::new(8);
        let (mut ratios, mut of_fitted) = (Vec::new(), Vec::new());
        for lead in 0..60 {
            let mut row: Vec<f64> =
                (0..problem.size()).map(|_| if random.coin() { 1.0 } else { -1.0 }).collect();
            if lead < 20 {
                let columns = problem.dense.columns;
                let (tables, amounts) = (problem.size() - columns, lead * columns);
                row[1..tables].fill(0.0);
                row[1 + usize::from(problem.tables[0].codes[lead])] = 1.0;
                row[tables..].copy_from_slice(&problem.dense.values[amounts..amounts + columns]);
            }
            row[0] = 1.0;
            let variance: f64 = row.iter().zip(exact.solve(&row)).map(|(a, b)| a * b).sum();
            let of_draw = |draw: usize| -> f64 {
                draws.iter().zip(&row).map(|(draws, amount)| draws[draw] * amount).sum()
            };
            let drawn: f64 = (0..DRAWS).map(|draw| of_draw(draw).powi(2)).sum();
            if lead < 20 { &mut of_fitted } else { &mut ratios }.push(drawn / variance);
        }
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
        assert!((mean(&ratios) - 1.0).abs() < 0.1, "{ratios:?}");
        // There are fewer directions than draws, so that what the rows have is exact.
        near(&of_fitted, &[1.0; 20], 1e-6);
    }

    #[test]
    fn what_is_small_or_has_many_rows_stays_as_it_is() {
        let (signals, labels, ..) = leads();
        let rows: Vec<usize> = (0..ROWS).collect();
        let plain = |signals: &[SignalColumn]| {
            let encoder = fit_encoder_weighted(signals, &rows, &[]);
            Plain::new(encoder, signals, &rows, Outcomes::new(&labels, &[])).problem
        };
        assert!(Directions::of(&plain(&signals)).is_some());
        assert!(Directions::of(&plain(&signals[..200])).is_none());
        let many = plain(&signals[..1_050]).of_rows(&rows.repeat(20));
        assert!(Directions::of(&many).is_none());
    }
}
