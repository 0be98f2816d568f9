//! From a table to a bundle, in the order that keeps figures honest.

use std::hash::{DefaultHasher, Hash, Hasher};

use leadscore_features::{Catalogue, Coding, Table};
use leadscore_model::bundle::{
    BaseRateShift, Bundle, ColumnReport, DataRecord, HeldOutRow, Ledger, PenaltyRecord,
    ProbabilityBands, SignalStrength, SplitRecord, SplitRule, Training,
};
use leadscore_model::evaluate::evaluate;
use leadscore_model::{Fitted, Score};

use crate::columns::{Columns, look};
use crate::penalty::{FOLDS, choose_penalty};
use crate::rows::{Rows, pick};
use crate::target::{Labels, labels};
use crate::{SignalColumn, TrainError, TrainOptions};

/// Rows that must have converted, and rows that must not, for a model to be trained.
pub const LEAST_OF_EACH_CLASS: usize = 10;
/// Leads above this share of the held-out ranking are hot, and warm.
const HOT_SHARE: f64 = 0.10;
const WARM_SHARE: f64 = 0.30;

/// What training is doing, for a progress bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Finding the kinds of the columns.
    Looking,
    /// Reading the values.
    Reading,
    /// Choosing the penalty: so many fits done, of so many.
    CrossValidating(usize, usize),
    /// Fitting the model that is evaluated.
    FittingEvaluated,
    /// Fitting the model that is served.
    FittingServed,
}

/// Trains a model on a table of past deals.
///
/// # Errors
/// [`TrainError`] when the options do not fit the table, a cell cannot be read, the outcomes are
/// not of two classes, or a fit fails.
pub fn train(
    table: &Table,
    options: &TrainOptions,
    progress: &(dyn Fn(Stage) + Sync),
) -> Result<Bundle, TrainError> {
    progress(Stage::Looking);
    let columns = look(table, options)?;
    let labels = read_labels(table, &columns, options)?;
    progress(Stage::Reading);
    let rows = Rows::read(table, &columns, &labels)?;
    let (split, rule) = rows.split(table, &columns, options)?;

    let (l2, penalty) = match options.l2 {
        Some(l2) => (l2, PenaltyRecord { l2, folds: 0, candidates: Vec::new() }),
        None => {
            let (l2, candidates) = choose_penalty(
                &rows.signals,
                &split.training,
                &pick(&rows.labels, &split.training),
                &split.training.iter().map(|&i| rows.identities[i].group).collect::<Vec<_>>(),
                options.seed,
                &|done, of| progress(Stage::CrossValidating(done, of)),
            )?;
            (l2, PenaltyRecord { l2, folds: FOLDS, candidates })
        }
    };
    progress(Stage::FittingEvaluated);
    let (evaluated, evaluated_fit) = rows.fit(&split.training, l2, options.solver)?;
    let held_out = rows.score(table, &columns, &evaluated, &split.held_out)?;
    progress(Stage::FittingServed);
    let everything: Vec<usize> = (0..rows.labels.len()).collect();
    let (model, served_fit) = rows.fit(&everything, l2, options.solver)?;

    let training_conversions = pick(&rows.labels, &split.training).iter().filter(|l| **l).count();
    let training_rate = training_conversions as f64 / split.training.len() as f64;
    let held_out_labels = pick(&rows.labels, &split.held_out);
    let probabilities: Vec<f64> = held_out.iter().map(|score| score.probability).collect();
    let evaluation = evaluate(&probabilities, &held_out_labels, training_rate);
    let base_rate_shift = match rule {
        SplitRule::Newest { .. } => shift(
            (training_conversions, split.training.len()),
            (evaluation.conversions, evaluation.rows),
            &probabilities,
        ),
        SplitRule::Stratified { .. } => None,
    };
    let ledger = Ledger::new(
        split
            .held_out
            .iter()
            .zip(&held_out)
            .map(|(&i, score)| HeldOutRow {
                row: rows.identities[i].row,
                label: rows.labels[i],
                log_odds: score.log_odds,
            })
            .collect(),
        rows.identities.iter().map(|identity| identity.group).collect(),
    );
    let training = Training {
        leadscore: env!("CARGO_PKG_VERSION").to_owned(),
        data: DataRecord {
            file: options.file.clone(),
            blake3: options.file_hash.clone(),
            rows: table.rows(),
            left_out: table.rows() - rows.labels.len(),
            repeated: repeated(table),
        },
        target: labels.target,
        columns: pooled(columns.reports, &columns.catalogue, &model),
        split: SplitRecord {
            rule,
            training_rows: split.training.len(),
            training_conversions,
            held_out_rows: split.held_out.len(),
            held_out_conversions: evaluation.conversions,
            straddling_rows: split.straddling,
        },
        penalty,
        evaluated_fit,
        served_fit,
        evaluation,
        signals: strengths(&columns.inputs, &held_out),
        base_rate_shift,
    };
    Ok(Bundle {
        name: options.name.clone(),
        version: options.version.clone(),
        schema: columns.schema,
        catalogue: columns.catalogue,
        model,
        bands: bands(&probabilities),
        evaluated,
        training,
        ledger,
    })
}

/// The values of the signals that a model would use, and the outcomes, for every row that has
/// one: what fitting starts from, for benchmarks and for callers that fit by themselves.
///
/// # Errors
/// [`TrainError`] as for [`train`].
pub fn signals(
    table: &Table,
    options: &TrainOptions,
) -> Result<(Vec<SignalColumn>, Vec<bool>), TrainError> {
    let columns = look(table, options)?;
    let labels = read_labels(table, &columns, options)?;
    let rows = Rows::read(table, &columns, &labels)?;
    Ok((rows.signals, rows.labels))
}

fn read_labels(
    table: &Table,
    columns: &Columns,
    options: &TrainOptions,
) -> Result<Labels, TrainError> {
    let unknown = || TrainError::Options(vec![format!("there is no column {:?}", options.target)]);
    let column = table.column(&options.target).ok_or_else(unknown)?;
    let reader = columns.schema.reader(&options.target).ok_or_else(unknown)?;
    let labels = labels(column, &reader, options)?;
    for (class, value) in [(true, &labels.target.positive), (false, &labels.target.negative)] {
        let count = labels.of.iter().filter(|label| **label == Some(class)).count();
        if count < LEAST_OF_EACH_CLASS {
            return Err(TrainError::data(format!(
                "only {count} rows have {:?} = {value:?}; training needs at least \
                 {LEAST_OF_EACH_CLASS} that converted and {LEAST_OF_EACH_CLASS} that did not",
                options.target
            )));
        }
    }
    Ok(labels)
}

/// Says of each category how many of its values were too rare to have a slot.
fn pooled(
    mut reports: Vec<ColumnReport>,
    catalogue: &Catalogue,
    model: &Fitted,
) -> Vec<ColumnReport> {
    for input in &model.encoder.inputs {
        let Coding::OneHot { levels, rare } = &input.coding else { continue };
        let column = catalogue.signal(&input.signal).map(|signal| signal.expr.column());
        let report = reports.iter_mut().find(|report| Some(report.name.as_str()) == column);
        if let (Some(report), false) = (report, rare.is_empty()) {
            let kept = match levels.len() {
                0 => "no value is frequent enough to count, so it says nothing".to_owned(),
                kept => format!("{kept} values count, {} rare ones are pooled", rare.len()),
            };
            report.notes.insert(0, kept);
        }
    }
    reports
}

/// The mean size of every part, the largest first.
fn strengths(inputs: &[String], scores: &[Score]) -> Vec<SignalStrength> {
    let mut found: Vec<SignalStrength> = inputs
        .iter()
        .enumerate()
        .map(|(index, signal)| SignalStrength {
            signal: signal.clone(),
            mean_log_odds: scores.iter().map(|score| score.parts[index].abs()).sum::<f64>()
                / scores.len().max(1) as f64,
        })
        .collect();
    found.sort_by(|a, b| b.mean_log_odds.total_cmp(&a.mean_log_odds));
    found
}

/// The probabilities that a tenth and three tenths of the held-out leads reach.
fn bands(probabilities: &[f64]) -> ProbabilityBands {
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let at = |share: f64| {
        let place = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(place.saturating_sub(1)).copied().unwrap_or(0.5)
    };
    ProbabilityBands { warm: at(WARM_SHARE), hot: at(HOT_SHARE) }
}

/// Whether the newest rows convert at another rate: by a fifth or more, and by more than four
/// standard errors of the difference, which chance alone does not give.
fn shift(
    (old_conversions, old): (usize, usize),
    (new_conversions, new): (usize, usize),
    probabilities: &[f64],
) -> Option<BaseRateShift> {
    let (old_n, new_n) = (old as f64, new as f64);
    let (training, newest) = (old_conversions as f64 / old_n, new_conversions as f64 / new_n);
    let pooled = (old_conversions + new_conversions) as f64 / (old_n + new_n);
    let error = (pooled * (1.0 - pooled) * (1.0 / old_n + 1.0 / new_n)).sqrt();
    let differs = (newest - training).abs() > 4.0 * error
        && (newest > 1.2 * training || training > 1.2 * newest);
    let predicted = probabilities.iter().sum::<f64>() / new_n;
    differs.then_some(BaseRateShift { training, newest, predicted })
}

/// Rows that repeat an earlier row in every cell.
fn repeated(table: &Table) -> usize {
    let mut seen = std::collections::HashSet::with_capacity(table.rows());
    (0..table.rows())
        .filter(|&row| {
            let mut hasher = DefaultHasher::new();
            for column in table.columns() {
                column.cell(row).into_text().hash(&mut hasher);
            }
            !seen.insert(hasher.finish())
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_must_be_large_and_certain() {
        let half = [0.5; 100];
        assert!(shift((64, 1000), (308, 1000), &half).is_some());
        assert!(shift((64, 1000), (70, 1000), &half).is_none());
        assert!(shift((1, 10), (3, 10), &half).is_none());
        assert!(shift((300, 1000), (100, 1000), &half).is_some());
    }

    #[test]
    fn bands_are_shares_of_the_held_out_ranking() {
        let probabilities: Vec<f64> = (1..=100).map(|i| f64::from(i) / 100.0).collect();
        assert_eq!(bands(&probabilities), ProbabilityBands { warm: 0.71, hot: 0.91 });
    }
}
