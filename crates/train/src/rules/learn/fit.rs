//! The fit of a learned set: a logistic regression over the bins of the signals that were chosen.

use leadscore_model::points::{Points, PointsTable};
use leadscore_model::{logit, sigmoid};

use super::super::bins::{Bin, Binned};
use super::{LearnError, LearnOptions};
use crate::{Plain, SignalColumn, fit_encoder};

/// A logistic regression over the bins of some signals.
pub(super) struct Fit {
    intercept: f64,
    /// For each chosen signal, what each bin adds.
    adds: Vec<Vec<f64>>,
    /// The probability of each training row.
    probabilities: Vec<f64>,
}

impl Fit {
    /// The rate of all.
    pub(super) fn constant(targets: &[f64]) -> Self {
        let rate = targets.iter().sum::<f64>() / targets.len().max(1) as f64;
        Self { intercept: logit(rate), adds: Vec::new(), probabilities: vec![rate; targets.len()] }
    }

    pub(super) fn of(
        binned: &[Binned],
        chosen: &[usize],
        rows: &[usize],
        targets: &[f64],
        l2: f64,
    ) -> Result<Self, LearnError> {
        let columns: Vec<SignalColumn> = chosen.iter().map(|&s| binned[s].column()).collect();
        let encoder = fit_encoder(&columns, rows);
        let compiled = encoder.compile();
        let mut plain = Plain::new(encoder, &columns, rows, targets.to_vec());
        let solution = plain.solve(l2, None)?;
        let coefficients = plain.coefficients(&solution);
        let adds = chosen
            .iter()
            .zip(&compiled)
            .map(|(&signal, input)| {
                let of_bin = |bin: usize| {
                    let name = bin.to_string();
                    let (slot, amount, _) =
                        input.encode(&leadscore_features::Value::Text(name.into()));
                    // A bin that no training row is in is not told from the usual one.
                    if binned[signal].counts[bin] == 0 {
                        f64::NAN
                    } else {
                        coefficients[slot] * amount
                    }
                };
                let mut adds: Vec<f64> = (0..binned[signal].bins.len()).map(of_bin).collect();
                let usual = adds[binned[signal].usual()];
                adds.iter_mut().filter(|add| add.is_nan()).for_each(|add| *add = usual);
                adds
            })
            .collect();
        let log_odds = plain.problem.log_odds(&solution.at);
        let probabilities = log_odds.into_iter().map(sigmoid).collect();
        Ok(Self { intercept: solution.at[0], adds, probabilities })
    }

    /// The first bin that breaks a constraint: its signal, and its position.
    pub(super) fn broken(
        &self,
        binned: &[Binned],
        chosen: &[usize],
        options: &LearnOptions,
    ) -> Option<(usize, usize)> {
        chosen.iter().zip(&self.adds).find_map(|(&signal, adds)| {
            let of = &binned[signal];
            let sign = match (options.up.contains(&of.signal), options.down.contains(&of.signal)) {
                (true, _) => 1.0,
                (_, true) => -1.0,
                _ => return None,
            };
            let is_range = |bin: usize| matches!(of.bins[bin], Bin::Range { .. });
            (1..adds.len())
                .find(|&bin| {
                    is_range(bin) && is_range(bin - 1) && sign * (adds[bin] - adds[bin - 1]) < 0.0
                })
                .map(|bin| (signal, bin))
        })
    }

    /// The points of each chosen signal, against those of its usual bin.
    pub(super) fn tables<'b>(
        &self,
        binned: &'b [Binned],
        chosen: &[usize],
        options: &LearnOptions,
    ) -> Vec<(&'b Binned, PointsTable)> {
        let unit = std::f64::consts::LN_2 / options.per_doubling;
        let table = |(&signal, adds): (&usize, &Vec<f64>)| {
            let of = &binned[signal];
            let usual = adds[of.usual()];
            let points: Vec<Points> = adds
                .iter()
                .map(|add| Points::from_number(((add - usual) / unit).round()).unwrap_or_default())
                .collect();
            (of, of.table(&keep_signs(of, points, options)))
        };
        let tables: Vec<_> = chosen.iter().zip(&self.adds).map(table).collect();
        let gives = |table: &PointsTable| {
            let others = [table.otherwise, table.missing];
            table.rows.iter().map(|row| row.points).chain(others).any(|p| p != Points::ZERO)
        };
        tables.into_iter().filter(|(_, table)| gives(table)).collect()
    }

    /// The log-odds of a row before rounding.
    pub(super) fn log_odds(&self, binned: &[Binned], chosen: &[usize], row: usize) -> f64 {
        let adds = chosen.iter().zip(&self.adds);
        self.intercept + adds.map(|(&s, adds)| adds[binned[s].codes[row] as usize]).sum::<f64>()
    }
}

/// A yes must not take what its constraint says it gives.
fn keep_signs(of: &Binned, mut points: Vec<Points>, options: &LearnOptions) -> Vec<Points> {
    let yes = of.bins.iter().position(|bin| *bin == Bin::YesNo(true));
    let no = of.bins.iter().position(|bin| *bin == Bin::YesNo(false));
    if let (Some(yes), Some(no)) = (yes, no) {
        let up = options.up.contains(&of.signal) && points[yes] < points[no];
        let down = options.down.contains(&of.signal) && points[yes] > points[no];
        if up || down {
            points[yes] = points[no];
        }
    }
    points
}

/// How much the likelihood would rise with the bins of a signal, by the score test, less what chance
/// would give it: one for each bin, where the target is what happened; the model's word has no chance.
pub(super) fn gain(
    of: &Binned,
    rows: &[usize],
    targets: &[f64],
    fit: &Fit,
    (of_model, l2): (f64, f64),
) -> f64 {
    let mut sums = vec![(0.0, 0.0); of.bins.len()];
    for ((row, target), p) in rows.iter().zip(targets).zip(&fit.probabilities) {
        let (residuals, variance) = &mut sums[of.codes[*row] as usize];
        *residuals += target - p;
        *variance += p * (1.0 - p);
    }
    let filled = of.counts.iter().filter(|count| **count > 0).count();
    let rise: f64 = sums.iter().map(|(r, v)| r * r / (2.0 * (v + l2))).sum();
    let chance = (1.0 - of_model).powi(2) * filled.saturating_sub(1) as f64;
    rise - chance
}

/// Joins a bin with the one before it.
pub(super) fn join(of: &mut Binned, bin: usize) {
    let removed = of.bins.remove(bin);
    if let (Bin::Range { below: end, .. }, Bin::Range { below, .. }) =
        (&mut of.bins[bin - 1], removed)
    {
        *end = below;
    }
    let count = of.counts.remove(bin);
    of.counts[bin - 1] += count;
    for code in &mut of.codes {
        if *code as usize >= bin {
            *code -= 1;
        }
    }
}
