//! The values of signals with what the guard of training finds among the columns, without a model: for whoever
//! looks at signals before they train.

use leadscore_features::Table;
use leadscore_model::bundle::LeakageRecord;

use crate::columns::{Columns, look};
use crate::leakage::{Source, examine};
use crate::pipeline::read_labels;
use crate::rows::{Rows, SignalValues};
use crate::snapshots::LabelledSnapshot;
use crate::walk::Leads;
use crate::{Prepared, SignalColumn, SnapshotHistory, TrainError, TrainOptions};

impl Prepared {
    /// The values of the signals that a model would use at labelled moments, as [`Prepared::values`] gives them, and
    /// what the guard of training finds among the columns by the training part of them; nothing where they cannot be
    /// split.
    ///
    /// # Errors
    /// [`TrainError`] as for [`Prepared::values`].
    pub fn examined(
        &self,
        leads: &Leads<'_>,
        history: &SnapshotHistory<'_>,
        snapshots: &[LabelledSnapshot],
        options: &TrainOptions,
    ) -> Result<(SignalValues, Option<LeakageRecord>), TrainError> {
        let (mut rows, events, untold) = history.rows(leads, &self.0, snapshots)?;
        let source =
            Source { table: leads.table, history: Some((history.times, history.observed_until)) };
        let gap = Some(history.rule.horizon.micros() as f64);
        let leakage = found_in(source, &self.0, &mut rows, gap, options);
        Ok((SignalValues { signals: rows.signals, events, untold }, leakage))
    }
}

/// What the guard finds in rows by the training part of them; nothing where they cannot be split.
fn found_in(
    source: Source<'_>,
    columns: &Columns,
    rows: &mut Rows,
    gap: Option<f64>,
    options: &TrainOptions,
) -> Option<LeakageRecord> {
    let (split, _) = rows.split(options.seed, gap).ok()?;
    Some(examine(source, columns, rows, &split.training, options).record)
}

/// The values of the signals that a model would use, and the outcomes, for every row that has
/// one: what fitting starts from, for benchmarks and for callers that fit by themselves.
///
/// # Errors
/// [`TrainError`] as for [`train`](crate::train).
pub fn signals(
    table: &Table,
    options: &TrainOptions,
) -> Result<(Vec<SignalColumn>, Vec<bool>), TrainError> {
    let (_, Rows { signals, labels, .. }) = rows_of(table, options)?;
    Ok((signals, labels))
}

/// The rows of a table that have an outcome.
#[derive(Debug)]
pub struct ExaminedRows {
    /// The values of the signals that a model would use.
    pub signals: Vec<SignalColumn>,
    /// Whether each row converted.
    pub labels: Vec<bool>,
    /// What the guard of training finds among the columns; nothing where the rows cannot be split.
    pub leakage: Option<LeakageRecord>,
}

/// As [`signals`], with what the guard of training finds among the columns.
///
/// # Errors
/// [`TrainError`] as for [`train`](crate::train).
pub fn examined_signals(table: &Table, options: &TrainOptions) -> Result<ExaminedRows, TrainError> {
    let (columns, mut rows) = rows_of(table, options)?;
    let source = Source { table, history: None };
    let leakage = found_in(source, &columns, &mut rows, None, options);
    Ok(ExaminedRows { signals: rows.signals, labels: rows.labels, leakage })
}

fn rows_of(table: &Table, options: &TrainOptions) -> Result<(Columns, Rows), TrainError> {
    let columns = look(table, options)?;
    let labels = read_labels(table, &columns, options)?;
    let rows = Rows::of_table(table, &columns, &labels, None)?;
    Ok((columns, rows))
}
