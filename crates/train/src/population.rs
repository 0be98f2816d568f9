//! The conversion rate of the population: where it comes from, and the move of a model's log-odds to
//! it. With it, the recalibration: all that is added to the log-odds of a fitted model.

use leadscore_model::bundle::{
    BaseRateRecord, FoldRule, RateSource, RecalibrationRecord, SplitRule,
};
use leadscore_model::evaluate::{
    ClassWeights, RowWeights, recalibration_curve, recalibration_line,
};
use leadscore_model::{BaseRate, Fitted, Recalibration, row_loss};

use crate::columns::Columns;
use crate::cross_validation::OutOfFold;
use crate::rows::{Rows, pick};
use crate::split::Split;
use crate::weights::{converted_of, weight_of};
use crate::{PopulationRate, TrainError};

/// Where the conversion rate of the population comes from.
#[derive(Clone, Debug)]
pub(crate) enum Population {
    /// It is that of the rows fitted.
    Fitted,
    /// It is known: the rows were sampled by outcome.
    Known(f64),
    /// It is that of the newest rows: those that the evaluated model's is read from, and all.
    Newest {
        /// The older half of the newest rows.
        older: Vec<usize>,
        /// All of them.
        all: Vec<usize>,
    },
}

/// Which model a base rate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The one that is evaluated on the held-out rows.
    Evaluated,
    /// The one that is served.
    Served,
}

impl Population {
    /// As asked for. Where the rate is that of the newest rows, only the newer half of them stays held
    /// out, so that no figure comes from rows that the rate was read from.
    ///
    /// # Errors
    /// [`TrainError`] when there are no newest rows, or they cannot tell a rate.
    pub(crate) fn new(
        asked: Option<PopulationRate>,
        rows: &Rows,
        split: &mut Split,
        rule: &mut SplitRule,
        gap: f64,
    ) -> Result<Self, TrainError> {
        match asked {
            None => Ok(Self::Fitted),
            Some(PopulationRate::Known(rate)) => Ok(Self::Known(rate)),
            Some(PopulationRate::Newest) => {
                if !rows.are_in_time() {
                    return Err(TrainError::Options(vec![
                        "--base-rate newest needs to know which rows are newest; name their time \
                         with --time, or give the rate as a number"
                            .to_owned(),
                    ]));
                }
                let (older, newer) = rows.halves(&split.held_out, gap).ok_or_else(untold)?;
                let rate = rows.rate(&older);
                if rate <= 0.0 || rate >= 1.0 {
                    return Err(untold());
                }
                if let (SplitRule::Newest { from, .. }, Some(begins)) = (rule, rows.begins(&newer))
                {
                    *from = begins;
                }
                let all = std::mem::replace(&mut split.held_out, newer);
                Ok(Self::Newest { older, all })
            }
        }
    }

    /// Where the rate comes from; `None` where it is that of the rows fitted.
    pub(crate) fn source(&self) -> Option<RateSource> {
        match self {
            Self::Fitted => None,
            Self::Known(_) => Some(RateSource::Given),
            Self::Newest { .. } => Some(RateSource::Newest),
        }
    }

    /// The rate that was given.
    pub(crate) fn given(&self) -> Option<f64> {
        if let Self::Known(rate) = self { Some(*rate) } else { None }
    }

    /// Rows that the evaluated model's rate is read from.
    pub(crate) fn rows_read(&self) -> usize {
        if let Self::Newest { older, .. } = self { older.len() } else { 0 }
    }

    /// What rows that convert at such a rate stand for.
    pub(crate) fn weights(&self, sample: f64) -> ClassWeights {
        self.given().map_or(ClassWeights::EQUAL, |rate| ClassWeights::of_sample(sample, rate))
    }

    /// The move of a model that was fitted to some rows, its recalibration included.
    fn base_rate(
        &self,
        rows: &Rows,
        columns: &Columns,
        (fitted, fitted_to): (&Fitted, &[usize]),
        purpose: Purpose,
    ) -> Result<Option<BaseRate>, TrainError> {
        let read_from = match (self, purpose) {
            (Self::Fitted, _) => return Ok(None),
            (Self::Known(rate), _) => {
                let sample = rows.rate(fitted_to);
                return Ok(Some(BaseRate::of_sample(sample, *rate)));
            }
            (Self::Newest { older, .. }, Purpose::Evaluated) => older,
            (Self::Newest { all, .. }, Purpose::Served) => all,
        };
        let log_odds = rows.log_odds(columns, fitted, read_from)?;
        let weights = rows.weights_of(read_from);
        let (conversions, _) = converted_of(&pick(&rows.labels, read_from), &weights);
        BaseRate::of_rows(&log_odds, conversions, &weights).map(Some).ok_or_else(untold)
    }
}

fn untold() -> TrainError {
    TrainError::data(
        "--base-rate newest: the older half of the newest rows cannot tell a rate, for there are too \
         few, or all have one outcome; give the rate as a number",
    )
}

/// What is added to the log-odds of every model that is fitted.
#[derive(Clone, Debug)]
pub(crate) struct Finish {
    /// The recalibration that was adopted.
    pub(crate) recalibration: Option<Recalibration>,
    /// The population.
    pub(crate) population: Population,
}

impl Finish {
    /// Adds it to a model that was fitted to some rows.
    ///
    /// # Errors
    /// [`TrainError`] when the model cannot score the rows that a rate is read from.
    pub(crate) fn add_to(
        &self,
        fitted: &mut Fitted,
        rows: &Rows,
        columns: &Columns,
        fitted_to: &[usize],
        purpose: Purpose,
    ) -> Result<(), TrainError> {
        fitted.recalibration = self.recalibration.clone();
        let base_rate = self.population.base_rate(rows, columns, (fitted, fitted_to), purpose)?;
        fitted.base_rate = base_rate;
        Ok(())
    }
}

impl Finish {
    /// The record of the base rate of the two models that are kept.
    pub(crate) fn base_rate(&self, evaluated: &Fitted, served: &Fitted) -> Option<BaseRateRecord> {
        Some(BaseRateRecord {
            from: self.population.source()?,
            evaluated: evaluated.base_rate?,
            served: served.base_rate?,
            rows: self.population.rows_read(),
        })
    }
}

/// A line or a rising curve through the out-of-fold log-odds, whichever gains more, and whether that helps:
/// judged on each fold by that of the others, of those before it where folds are blocks of time. `None`
/// where no fold can be judged.
pub(crate) fn recalibration(folds: &[OutOfFold], by: FoldRule) -> Option<RecalibrationRecord> {
    let line = judge(folds, by, recalibration_line);
    let curve = judge(folds, by, recalibration_curve);
    match (line, curve) {
        (Some(line), Some(curve)) if (curve.adopted, curve.gain) > (line.adopted, line.gain) => {
            Some(curve)
        }
        (line, curve) => line.or(curve),
    }
}

/// Fits a recalibration to rows.
type Fit = fn(&[f64], &[bool], RowWeights<'_>) -> Option<Recalibration>;

/// What recalibrations of one form gain.
fn judge(folds: &[OutOfFold], by: FoldRule, fit: Fit) -> Option<RecalibrationRecord> {
    let fitted_to = |others: &dyn Fn(usize) -> bool| {
        let of = || folds.iter().enumerate().filter(|(fold, _)| others(*fold));
        let log_odds: Vec<f64> = of().flat_map(|(_, fold)| &fold.log_odds).copied().collect();
        let labels: Vec<bool> = of().flat_map(|(_, fold)| &fold.labels).copied().collect();
        let weights: Vec<f64> = of().flat_map(|(_, fold)| &fold.weights).copied().collect();
        let weights = RowWeights::new(&weights);
        fit(&log_odds, &labels, weights)
    };
    let found = fitted_to(&|_| true)?;
    // Of each fold what its rows gain, and how often they count.
    let judged: Vec<Vec<(f64, f64)>> = (0..folds.len())
        .filter_map(|fold| {
            let found = match by {
                FoldRule::Random => fitted_to(&|other| other != fold)?,
                FoldRule::Forward if fold > 0 => fitted_to(&|other| other < fold)?,
                FoldRule::Forward => return None,
            };
            let rows = folds[fold].log_odds.iter().zip(&folds[fold].labels).enumerate();
            let gained = |(row, (&z, &label)): (usize, (&f64, &bool))| {
                let outcome = f64::from(u8::from(label));
                let gain = row_loss(z, outcome) - row_loss(z + found.part(z), outcome);
                (gain, weight_of(&folds[fold].weights, row))
            };
            Some(rows.map(gained).collect())
        })
        .collect();
    let (gain, over_rows) = mean_and_error(judged.iter().flatten().copied())?;
    let means =
        judged.iter().filter_map(|gains| Some((mean_and_error(gains.iter().copied())?.0, 1.0)));
    let (_, over_folds) = mean_and_error(means)?;
    let gain_error = over_rows.max(over_folds);
    let adopted = judged.len() > 1 && gain > 2.0 * gain_error;
    Some(RecalibrationRecord { found, gain, gain_error, adopted })
}

/// The mean of some values by their weights, and its standard error, 0 of one value; `None` of none.
fn mean_and_error(values: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    let values: Vec<(f64, f64)> = values.collect();
    let count = values.len() as f64;
    if values.is_empty() {
        return None;
    }
    let mass: f64 = values.iter().map(|(_, weight)| weight).sum();
    let mean = values.iter().map(|(value, weight)| weight * value).sum::<f64>() / mass;
    let off = |(value, weight): &(f64, f64)| weight * (value - mean);
    let squares: f64 = values.iter().map(|of| off(of) * off(of)).sum();
    let spread = squares * (count / mass) / (count - 1.0) / mass;
    let error = if values.len() > 1 { spread.sqrt() } else { 0.0 };
    Some((mean, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use leadscore_model::sigmoid;

    /// Folds whose true log-odds are `slope` times what the model says, and `intercept` more.
    fn folds(slope: f64, intercept: f64) -> Vec<OutOfFold> {
        let mut state = 5u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let fold = |_| {
            let log_odds: Vec<f64> = (0..1_000).map(|_| 6.0 * uniform() - 4.0).collect();
            let labels =
                log_odds.iter().map(|z| uniform() < sigmoid(slope * z + intercept)).collect();
            OutOfFold { log_odds, labels, weights: Vec::new() }
        };
        (0..5).map(fold).collect()
    }

    #[test]
    fn a_line_is_adopted_where_it_helps() {
        for by in [FoldRule::Random, FoldRule::Forward] {
            let found = recalibration(&folds(0.5, 0.3), by).unwrap();
            assert!(found.adopted && found.gain > 0.0, "{found:?}");
            let Recalibration::Line { slope, .. } = found.found else { panic!("{found:?}") };
            assert!((slope - 0.5).abs() < 0.1, "{found:?}");
            // Honest log-odds need none, and their order alone cannot be turned.
            assert!(!recalibration(&folds(1.0, 0.0), by).unwrap().adopted);
            assert!(recalibration(&folds(-1.0, 0.0), by).is_none_or(|found| !found.adopted));
            assert!(recalibration(&folds(0.5, 0.0)[..1], by).is_none_or(|found| !found.adopted));
            assert!(recalibration(&[], by).is_none());
        }
    }
}
