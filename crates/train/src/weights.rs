//! Sample weights: how often each row counts. What is fitted, and what is said of it, is as if a row of weight 2
//! stood in the data twice, as two rows of one lead; so a lead is no surer evidence for weighing more.

use leadscore_features::{Column, ColumnReader, RawColumn, Schema, Value};
use leadscore_model::bundle::WeightsRecord;

use crate::TrainError;
use crate::rows::pick;

/// The smallest weight above 0, and the largest: beyond these, sums lose what small weights say.
const RANGE: (f64, f64) = (1e-6, 1e6);
/// Mistakes that are listed.
const LISTED: usize = 5;

/// The weights of the rows of a table that have an outcome; 0 of the others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    column: String,
    of: Vec<f64>,
    /// Rows that have an outcome and weigh nothing.
    zero: usize,
}

impl Weights {
    /// Reads the weights of the rows that have an outcome, and takes the outcome from those that weigh
    /// nothing.
    ///
    /// # Errors
    /// [`TrainError::Data`] with every row that has no weight, the first of them listed, or when no row
    /// weighs anything.
    pub(crate) fn read(
        described: &Column,
        column: &RawColumn,
        schema: &Schema,
        outcomes: &mut [Option<bool>],
    ) -> Result<Self, TrainError> {
        let reader = ColumnReader::new(described, &schema.missing);
        let name = &described.name;
        // Each distinct cell once.
        let read = |cell| match reader.read(cell) {
            Ok(Value::Number(number)) if number < 0.0 => Err(format!("{number} is negative")),
            Ok(Value::Number(number)) if number > RANGE.1 => {
                Err(format!("{number:e} is above {:e}", RANGE.1))
            }
            Ok(Value::Number(number)) if number > 0.0 && number < RANGE.0 => {
                Err(format!("{number:e} is above 0 and below {:e}", RANGE.0))
            }
            Ok(Value::Number(number)) => Ok(number),
            Ok(_) => Err("no value".to_owned()),
            Err(misread) => Err(misread.to_string()),
        };
        let values: Vec<Result<f64, String>> = column.values().cells().map(read).collect();
        let (mut of, mut wrong, mut zero) = (vec![0.0; column.len()], Vec::new(), 0);
        for (row, outcome) in outcomes.iter_mut().enumerate().filter(|(_, of)| of.is_some()) {
            match &values[column.code(row)] {
                Ok(weight) if *weight > 0.0 => of[row] = *weight,
                Ok(_) => {
                    zero += 1;
                    *outcome = None;
                }
                Err(why) => wrong.push((row + 1, why)),
            }
        }
        if !wrong.is_empty() {
            let listed: Vec<String> =
                wrong.iter().take(LISTED).map(|(row, why)| format!("row {row} ({why})")).collect();
            return Err(TrainError::data(format!(
                "--weight: {name:?} is no weight in {} of the rows with an outcome: {}{}. A weight says how \
                 often a row counts: a number from 0 on, and 0 leaves the row out. Correct these, or remove \
                 the rows",
                wrong.len(),
                listed.join(", "),
                if wrong.len() > LISTED { ", ..." } else { "" }
            )));
        }
        if of.iter().all(|weight| *weight == 0.0) {
            return Err(TrainError::data(format!(
                "--weight: {name:?} is 0 in every row with an outcome, so that none counts; leave --weight \
                 away, or give rows a weight above 0"
            )));
        }
        Ok(Self { column: name.clone(), of, zero })
    }

    /// The weights of some rows of the table, each above 0; none where all are 1, which says nothing.
    pub(crate) fn of(&self, table_rows: &[usize]) -> Vec<f64> {
        let weights = pick(&self.of, table_rows);
        if weights.iter().all(|weight| *weight == 1.0) { Vec::new() } else { weights }
    }

    /// What is told of the weights of some rows of the table, and of those that converted.
    pub(crate) fn record(&self, table_rows: &[usize], labels: &[bool]) -> WeightsRecord {
        let weights = pick(&self.of, table_rows);
        let (mass, squares) = (sum(&weights), weights.iter().map(|w| w * w).sum::<f64>());
        let converted = weights.iter().zip(labels).filter(|(_, label)| **label);
        WeightsRecord {
            column: self.column.clone(),
            zero: self.zero,
            least: weights.iter().copied().fold(f64::INFINITY, f64::min),
            most: weights.iter().copied().fold(0.0, f64::max),
            sum: mass,
            converted: converted.map(|(weight, _)| weight).sum(),
            effective: mass * mass / squares,
        }
    }
}

/// The weights of some rows; none where all weigh the same.
pub(crate) fn pick_weights(weights: &[f64], rows: &[usize]) -> Vec<f64> {
    if weights.is_empty() { Vec::new() } else { pick(weights, rows) }
}

/// The weight of a row.
pub(crate) fn weight_of(weights: &[f64], row: usize) -> f64 {
    weights.get(row).copied().unwrap_or(1.0)
}

/// What rows count for that converted, and what all do.
pub(crate) fn converted_of(labels: &[bool], weights: &[f64]) -> (f64, f64) {
    let each = labels.iter().enumerate();
    each.fold((0.0, 0.0), |(converted, all), (row, &label)| {
        let weight = weight_of(weights, row);
        (converted + if label { weight } else { 0.0 }, all + weight)
    })
}

/// What weights are divided by where it is chosen how strongly coefficients are held, and strengths that were
/// chosen so are multiplied by: the mean weight, where it is above 1. A row is one lead however much it weighs, so
/// weights above 1 are no more evidence of what a coefficient is; learnt as if they were, strengths would let every
/// row be told by heart.
pub(crate) fn above_one(weights: &[f64]) -> f64 {
    if weights.is_empty() { 1.0 } else { (sum(weights) / weights.len() as f64).max(1.0) }
}

/// The share that converted, by weight; 0 of no rows.
pub(crate) fn share(labels: &[bool], weights: &[f64]) -> f64 {
    let (converted, all) = converted_of(labels, weights);
    if all > 0.0 { converted / all } else { 0.0 }
}

/// As many rows of equal weight as say the same of a rate (L. Kish, Survey Sampling, 1965, section 11.7).
pub(crate) fn effective(rows: usize, weights: &[f64]) -> f64 {
    if weights.is_empty() {
        return rows as f64;
    }
    sum(weights) * sum(weights) / weights.iter().map(|weight| weight * weight).sum::<f64>()
}

fn sum(weights: &[f64]) -> f64 {
    weights.iter().sum()
}
