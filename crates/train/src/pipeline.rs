//! From a table to a bundle, in the order that keeps figures honest.

use std::hash::{DefaultHasher, Hash, Hasher};

use leadscore_features::{Catalogue, Coding, Encoder, Kind, Role, Snapshot, Table, Time, Value};
use leadscore_model::bundle::{
    BaseRateShift, Bundle, ColumnReport, DataRecord, HeldOutRow, Ledger, PenaltyRecord,
    ProbabilityBands, SignalStrength, SolverRecord, SplitRecord, SplitRule, Training,
};
use leadscore_model::evaluate::evaluate;
use leadscore_model::points::SchemaView;
use leadscore_model::{
    BatchReader, Fitted, IdentityReader, Logistic, RowIdentity, Score, Scorer, SlotWeight, Sources,
};

use crate::columns::{Columns, look};
use crate::penalty::{FOLDS, choose_penalty};
use crate::signals::SignalBuilder;
use crate::split::{Split, newest, stratified};
use crate::target::{Labels, labels};
use crate::{
    Design, NewtonOptions, SignalColumn, Solver, TrainError, TrainOptions, fit_encoder, fit_linfa,
    fit_newton,
};

/// Rows that must have converted, and rows that must not, for a model to be trained.
pub const LEAST_OF_EACH_CLASS: usize = 10;
/// Numbers beyond this cannot be squared and summed.
const LARGEST_NUMBER: f64 = 1e100;
/// Mistakes in cells listed one by one; further ones are counted.
const LISTED: usize = 10;
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

fn pick<T: Copy>(values: &[T], indices: &[usize]) -> Vec<T> {
    indices.iter().map(|&i| values[i]).collect()
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

/// The rows that have an outcome, in file order; all vectors are parallel.
struct Rows {
    /// The row of the table, 0-based.
    table_rows: Vec<usize>,
    labels: Vec<bool>,
    identities: Vec<RowIdentity>,
    signals: Vec<SignalColumn>,
}

impl Rows {
    fn read(table: &Table, columns: &Columns, labels: &Labels) -> Result<Self, TrainError> {
        // Values come from the same scorer that will score: an encoder without a fitted state is
        // enough to say which columns are looked at.
        let Columns { schema, catalogue, inputs, .. } = columns;
        let layout = Scorer::of_signals(SchemaView { schema, catalogue }, inputs)
            .map_err(|e| TrainError::data(e.to_string()))?;
        let mismatch = |e: leadscore_model::ColumnMismatch| TrainError::data(e.to_string());
        let reader = BatchReader::new(&layout, table).map_err(mismatch)?;
        let names = Encoder::unfitted(inputs);
        let mut identity =
            IdentityReader::new(schema, catalogue, &names, table).map_err(mismatch)?;
        let mut builders: Vec<SignalBuilder> = inputs
            .iter()
            .map(|name| {
                let kind = catalogue.kind(name, schema);
                SignalBuilder::new(
                    name,
                    kind.unwrap_or(leadscore_features::SignalKind::Text),
                    table.rows(),
                )
            })
            .collect();
        let mut rows =
            Self { table_rows: vec![], labels: vec![], identities: vec![], signals: vec![] };
        let (mut values, mut mistakes) = (Vec::new(), Vec::new());
        let mut too_large = Vec::new();
        for row in 0..table.rows() {
            let Some(label) = labels.of[row] else { continue };
            let as_of = reader.read(row, &mut values, &mut mistakes);
            let snapshot = Snapshot { as_of, attributes: &values };
            for (index, builder) in builders.iter_mut().enumerate() {
                let value = layout.signal_value(index, &snapshot);
                if let Value::Number(number) = value
                    && number.abs() > LARGEST_NUMBER
                {
                    too_large.push(format!(
                        "row {}, signal {:?}: {number:e} is too large to learn from",
                        row + 1,
                        inputs[index]
                    ));
                }
                builder.push(&value);
            }
            rows.table_rows.push(row);
            rows.labels.push(label);
            rows.identities.push(identity.next(row, label));
        }
        let mut all: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        all.extend(too_large);
        if !all.is_empty() {
            let more = all.len().saturating_sub(LISTED);
            all.truncate(LISTED);
            if more > 0 {
                all.push(format!("and {more} more"));
            }
            return Err(TrainError::Data(all));
        }
        rows.signals = builders.into_iter().map(SignalBuilder::finish).collect();
        Ok(rows)
    }

    /// Splits into training and held-out rows, as positions in the vectors.
    fn split(
        &self,
        table: &Table,
        columns: &Columns,
        options: &TrainOptions,
    ) -> Result<(Split, SplitRule), TrainError> {
        let all: Vec<usize> = (0..self.labels.len()).collect();
        let groups: Vec<u64> = self.identities.iter().map(|identity| identity.group).collect();
        let Some(by) = &options.time else {
            let split = stratified(&all, &self.labels, &groups, options.seed);
            return Ok((split, SplitRule::Stratified { seed: options.seed }));
        };
        let (order, shown) = self.order(table, columns, by)?;
        let (split, first) = newest(&all, &order, &groups).ok_or_else(|| {
            TrainError::data(format!("--time: all rows have the same {by:?}; leave --time away"))
        })?;
        if split.training.is_empty() {
            return Err(TrainError::data(
                "--time: every older row is of a lead or account that is also among the newest, so \
                 nothing is left to learn from; leave --time or --account away",
            ));
        }
        let trained = pick(&self.labels, &split.training);
        let conversions = trained.iter().filter(|label| **label).count();
        if conversions == 0 || conversions == trained.len() {
            return Err(TrainError::data(format!(
                "--time: of the {} older rows {conversions} converted, so there is nothing to \
                 learn from; the outcome must vary before the newest fifth",
                trained.len()
            )));
        }
        Ok((split, SplitRule::Newest { by: by.clone(), from: shown(first) }))
    }

    /// A number that orders the rows, and how to show it.
    #[allow(clippy::type_complexity)]
    fn order(
        &self,
        table: &Table,
        columns: &Columns,
        by: &str,
    ) -> Result<(Vec<f64>, Box<dyn Fn(usize) -> String + '_>), TrainError> {
        if by == "@row" {
            let order = self.table_rows.iter().map(|&row| row as f64).collect();
            return Ok((order, Box::new(|index| format!("row {}", self.table_rows[index] + 1))));
        }
        let kind = columns.schema.with_role(Role::Time).map(|column| column.kind.clone());
        let (Some(column), Some(reader), Some(kind)) =
            (table.column(by), columns.schema.reader(by), kind)
        else {
            return Err(TrainError::Options(vec![format!("--time: there is no column {by:?}")]));
        };
        if kind == Kind::Constant {
            return Err(TrainError::data(format!(
                "--time: all rows have the same {by:?}; leave --time away"
            )));
        }
        if !matches!(kind, Kind::Date { .. } | Kind::Number { .. }) {
            let why = columns.reports.iter().find(|r| r.name == by).map(|r| r.kind.clone());
            return Err(TrainError::data(format!(
                "--time: {by:?} is neither dates nor numbers but a column of kind {}; dates are \
                 written like 2024-01-31, and --time @row says that the rows stand in time order",
                why.unwrap_or_default()
            )));
        }
        let mut order = Vec::with_capacity(self.labels.len());
        let mut bad = Vec::new();
        for &row in &self.table_rows {
            match reader.read(column.cell(row)) {
                Ok(Value::Time(time)) => order.push(time.micros() as f64),
                Ok(Value::Number(number)) => order.push(number),
                _ => bad.push((row + 1).to_string()),
            }
        }
        if !bad.is_empty() {
            let dots = if bad.len() > 5 { ", ..." } else { "" };
            return Err(TrainError::data(format!(
                "--time: {by:?} has no time in {} rows (row {}{dots}); fill them in or remove them",
                bad.len(),
                bad[..bad.len().min(5)].join(", "),
            )));
        }
        let dates = matches!(kind, Kind::Date { .. });
        let shown = order.clone();
        Ok((
            order,
            Box::new(move |index| {
                if dates {
                    Time::from_micros(shown[index] as i64).to_string()
                } else {
                    shown[index].to_string()
                }
            }),
        ))
    }

    fn fit(
        &self,
        rows: &[usize],
        l2: f64,
        solver: Solver,
    ) -> Result<(Fitted, SolverRecord), TrainError> {
        let encoder = fit_encoder(&self.signals, rows);
        let design = Design::new(&encoder, &self.signals, rows);
        let labels = pick(&self.labels, rows);
        let (fit, name) = match solver {
            Solver::Newton => {
                (fit_newton(&design, &labels, NewtonOptions::exact(l2), None)?, "newton")
            }
            Solver::Linfa => (fit_linfa(&design, &labels, l2)?, "linfa"),
        };
        let slots = encoder
            .slots()
            .into_iter()
            .zip(&fit.coefficients)
            .zip(design.means())
            .map(|((slot, &coefficient), mean)| SlotWeight { slot: slot.name, coefficient, mean })
            .collect();
        let record = SolverRecord {
            solver: name.to_owned(),
            iterations: fit.iterations,
            gradient: fit.gradient,
            slots: design.width(),
        };
        let logistic = Logistic { intercept: fit.intercept, l2, slots };
        Ok((Fitted { encoder, logistic }, record))
    }

    /// Scores rows by the one scoring path.
    fn score(
        &self,
        table: &Table,
        columns: &Columns,
        fitted: &Fitted,
        rows: &[usize],
    ) -> Result<Vec<Score>, TrainError> {
        let view = SchemaView { schema: &columns.schema, catalogue: &columns.catalogue };
        // The bands come from these very scores, so they are not known yet.
        let unknown = ProbabilityBands { warm: 1.0, hot: 1.0 };
        let sources = Sources { view: Some(view), model: Some((fitted, unknown)), rule_sets: &[] };
        let scorer = Scorer::new(sources).map_err(|e| TrainError::data(e.to_string()))?;
        let reader =
            BatchReader::new(&scorer, table).map_err(|e| TrainError::data(e.to_string()))?;
        let (mut values, mut mistakes) = (Vec::new(), Vec::new());
        let mut scores = Vec::with_capacity(rows.len());
        for &index in rows {
            let as_of = reader.read(self.table_rows[index], &mut values, &mut mistakes);
            let mut score = Score::default();
            scorer.score(&Snapshot { as_of, attributes: &values }, &mut score);
            scores.push(score);
        }
        Ok(scores)
    }
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
                column.cell(row).to_text().hash(&mut hasher);
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
