//! The leakage guard: finds columns that are known only after the outcome, and keeps them from the
//! model.
//!
//! A column is set aside on evidence alone: that its dates lie after the outcome, that it is filled for
//! one class only, or that it names the result and goes with it (`evidence`). That it tells the outcome
//! very well by itself is a warning (`strength`). Everything is judged on the training part, after the
//! rows were split and before anything is fitted.
//!
//! What is judged is the column as the file has it, not the signals that read it: a date after the
//! moment is missing to a signal, and it is the column that sales filled in. Attributes whose history
//! is told, and events, are cut at the moment, so they cannot leak and are not judged. With a project
//! a lead counts once, by what became of it in the end: a contract that was signed after the horizon
//! stands in its row all the same.

mod evidence;
mod strength;
mod tally;
mod words;

use leadscore_features::{Kind, LeadTimes, Role, Table, Time, looks_like_email};
use leadscore_model::bundle::{
    ClassCounts, ColumnReport, LeakAction, LeakEvidence, LeakageRecord, LeakingColumn, StrongSignal,
};
use leadscore_model::evaluate::{Interval, auc_weighted};
use leadscore_model::words::shell_list;
use rayon::prelude::*;

use crate::columns::{Columns, columns_behind};
use crate::recipe::{Fit, Recipe};
use crate::rows::{Rows, pick};
use crate::rules::bins::{Bin, Binned};
use crate::{LEAST_LEVEL_COUNT, SignalColumn, TrainError, TrainOptions};
use evidence::Judged;
pub(crate) use strength::{Strong, strong};
use tally::ColumnTally;

/// Where the rows come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'s> {
    /// The table of the rows, or of the leads.
    pub(crate) table: &'s Table,
    /// When leads converted and were closed, and up to when that is known; `None` for a flat table.
    pub(crate) history: Option<(&'s LeadTimes, Time)>,
}

/// A row or a lead of the training part.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// Its row in the table.
    place: usize,
    /// Whether it converted; of a lead, whether it ever did.
    converted: bool,
    /// Its moment, the last one of a lead.
    as_of: Option<Time>,
    /// When it converted or was closed.
    ended: Option<Time>,
}

/// What the guard found, and the signals that it keeps from the model.
pub(crate) struct Guarded {
    record: LeakageRecord,
    aside: Vec<SignalColumn>,
}

impl Guarded {
    /// Judges every column on the training rows, and takes the inputs that read one that leaks from
    /// the columns and from the rows.
    ///
    /// # Errors
    /// [`TrainError`] when nothing is left to learn from.
    pub(crate) fn new(
        source: Source<'_>,
        columns: &mut Columns,
        rows: &mut Rows,
        training: &[usize],
        options: &TrainOptions,
    ) -> Result<Self, TrainError> {
        let Examined { record, aside } = examine(source, columns, rows, training, options);
        let leaking: Vec<&str> = record.set_aside().map(|of| of.column.as_str()).collect();
        if !aside.is_empty() && columns.inputs.iter().all(|input| aside.contains(input)) {
            let are = match leaking.as_slice() {
                [one] => format!("{one:?} is"),
                several => format!("{several:?} are"),
            };
            return Err(TrainError::data(format!(
                "no column is left to learn from: there is evidence that {are} known only after the \
                 outcome; where that is wrong, --keep {}",
                shell_list(leaking.iter().copied())
            )));
        }
        columns.set_aside(&leaking, &aside, "only read by signals that were set aside");
        let aside = rows.take_out(&aside);
        Ok(Self { record, aside })
    }

    /// Whether inputs were kept from the model.
    pub(crate) fn took_any(&self) -> bool {
        !self.aside.is_empty()
    }

    /// The record, with what a model would have claimed that has the columns that were set aside too.
    ///
    /// # Errors
    /// [`TrainError`] when that model cannot be fitted.
    pub(crate) fn record(
        self,
        rows: &mut Rows,
        columns: &Columns,
        (training, held_out): (&[usize], &[usize]),
        recipe: &Recipe,
    ) -> Result<LeakageRecord, TrainError> {
        let Self { mut record, aside } = self;
        if aside.is_empty() {
            return Ok(record);
        }
        let kept = rows.signals.len();
        rows.signals.extend(aside);
        let claimed = rows
            .fit(training, recipe)
            .and_then(|Fit { fitted, .. }| Ok(rows.score(columns, &fitted, held_out)?.log_odds));
        rows.signals.truncate(kept);
        record.claimed =
            auc_weighted(&claimed?, &pick(&rows.labels, held_out), &rows.weights_of(held_out));
        Ok(record)
    }
}

/// What the guard finds among the columns, and the inputs that it keeps from a model.
pub(crate) struct Examined {
    pub(crate) record: LeakageRecord,
    aside: Vec<String>,
}

/// Judges every column on the training rows. Nothing is taken away yet.
pub(crate) fn examine(
    source: Source<'_>,
    columns: &Columns,
    rows: &Rows,
    training: &[usize],
    options: &TrainOptions,
) -> Examined {
    let cases = cases(source, rows, training);
    let mut of = ClassCounts::default();
    cases.iter().for_each(|case| of.add(case.converted));
    let counted = if source.history.is_some() { "leads" } else { "rows" };
    let judged = judge(source, columns, &cases);
    let labels = pick(&rows.labels, training);
    let mut found = Vec::new();
    let mut aside: Vec<String> = Vec::new();
    for (column, evidence) in &judged {
        let signals = columns.inputs_of(column);
        let action = match () {
            () if signals.is_empty() => LeakAction::NotUsed,
            () if options.keep.contains(column) => LeakAction::Kept,
            () => LeakAction::SetAside,
        };
        if action == LeakAction::SetAside {
            aside.extend(signals.iter().cloned());
        }
        found.push(LeakingColumn {
            column: column.clone(),
            action,
            auc: best_alone(&signals, rows, training, &labels),
            signals,
            evidence: evidence.clone(),
        });
    }
    let strong = strong_signals(columns, rows, training, (&labels, &aside), options);
    let counted = counted.to_owned();
    let record = LeakageRecord { counted, of, columns: found, claimed: None, strong };
    Examined { record, aside }
}

/// The rows of the training part; of leads, each once, at its last moment.
fn cases(source: Source<'_>, rows: &Rows, training: &[usize]) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::with_capacity(training.len());
    for &row in training {
        let (place, as_of) = (rows.places[row], rows.moment(row));
        let Some((times, _)) = source.history else {
            cases.push(Case { place, converted: rows.labels[row], as_of, ended: None });
            continue;
        };
        let at = times.converted[place];
        let case =
            Case { place, converted: at.is_some(), as_of, ended: at.or(times.closed[place]) };
        // The snapshots of a lead stand together, by rising moments.
        match cases.last_mut().filter(|last| last.place == place) {
            Some(last) => *last = case,
            None => cases.push(case),
        }
    }
    cases
}

/// The columns with evidence against them, in file order.
fn judge(
    source: Source<'_>,
    columns: &Columns,
    cases: &[Case],
) -> Vec<(String, Vec<LeakEvidence>)> {
    let schema = &columns.schema;
    let told = |name: &str| schema.events.as_ref().is_some_and(|log| log.has_history(name));
    let judged = schema.columns.par_iter().filter(|column| {
        column.role == Role::Attribute && column.kind != Kind::Constant && !told(&column.name)
    });
    // What columns are counted by, which is looked at for each of them.
    let placed: Vec<(usize, bool)> =
        cases.iter().map(|case| (case.place, case.converted)).collect();
    judged
        .filter_map(|column| {
            let reader = schema.reader(&column.name)?;
            let tally = ColumnTally::new(source.table.column(&column.name)?, &reader, &placed);
            let observed_until = source.history.map(|(_, until)| until);
            let judged = Judged { name: &column.name, tally: &tally, cases, observed_until };
            let evidence = judged.evidence();
            (!evidence.is_empty()).then(|| (column.name.clone(), evidence))
        })
        .collect()
}

/// How well the best of some signals ranks the training rows alone.
fn best_alone(
    signals: &[String],
    rows: &Rows,
    training: &[usize],
    labels: &[bool],
) -> Option<Interval> {
    let named = rows.signals.iter().filter(|signal| signals.contains(&signal.name));
    let all: Vec<usize> = (0..training.len()).collect();
    let alone = named.filter_map(|signal| {
        let signal = signal.take(training);
        strength::alone(&signal, &Binned::new(&signal, &all, LEAST_LEVEL_COUNT), labels)
    });
    alone.max_by(|a, b| a.low.total_cmp(&b.low))
}

/// Rows at most that the strength of signals is measured on.
const STRENGTH_ROWS: usize = 50_000;

/// The inputs that tell the outcome very well by themselves, in their order, but for those that are set
/// aside. Those that are cut at the moment cannot have been filled in later, and what the user keeps was thought about.
fn strong_signals(
    columns: &Columns,
    rows: &Rows,
    training: &[usize],
    (labels, aside): (&[bool], &[String]),
    options: &TrainOptions,
) -> Vec<StrongSignal> {
    let (schema, catalogue) = (&columns.schema, &columns.catalogue);
    let doubtful = |name: &str| {
        catalogue.signal(name).is_some_and(|signal| {
            let behind = catalogue.columns(signal);
            !catalogue.is_of_events(signal)
                && catalogue.is_static(signal, schema)
                && !behind.iter().any(|column| options.keep.iter().any(|kept| kept == column))
        })
    };
    // A warning needs no more rows than these: strength shows in a sample.
    let stride = training.len().div_ceil(STRENGTH_ROWS).max(1);
    let training: Vec<usize> = training.iter().copied().step_by(stride).collect();
    let labels: Vec<bool> = labels.iter().copied().step_by(stride).collect();
    let (training, labels) = (training.as_slice(), labels.as_slice());
    let all: Vec<usize> = (0..training.len()).collect();
    rows.signals
        .par_iter()
        .filter(|signal| !aside.contains(&signal.name) && doubtful(&signal.name))
        .filter_map(|signal| {
            let signal = signal.take(training);
            let binned = Binned::new(&signal, &all, LEAST_LEVEL_COUNT);
            let Strong { auc, bin } = strong(&signal, &binned, labels)?;
            let value = match bin {
                None => None,
                // Other values together are none that could be named, and an address is nobody's.
                Some((bin, rate)) => match &binned.bins[bin] {
                    Bin::Other => return None,
                    Bin::Level(level) if looks_like_email(level) => return None,
                    named => Some((named.to_string(), rate)),
                },
            };
            Some(StrongSignal { signal: signal.name, auc, value })
        })
        .collect()
}

impl Columns {
    /// The inputs that read a column, themselves or through the signals they look at.
    fn inputs_of(&self, column: &str) -> Vec<String> {
        let reads = |input: &&String| {
            let signal = self.catalogue.signal(input);
            signal.is_some_and(|signal| self.catalogue.columns(signal).contains(&column))
        };
        self.inputs.iter().filter(reads).cloned().collect()
    }

    /// Takes inputs away, and says of the columns why: of those that leak, and of those that nothing reads now.
    pub(crate) fn set_aside(&mut self, leaking: &[&str], inputs: &[String], why: &str) {
        self.inputs.retain(|input| !inputs.contains(input));
        let behind = columns_behind(&self.catalogue, &self.inputs);
        let is_used = |report: &ColumnReport| report.used && behind.contains(report.name.as_str());
        let used: Vec<bool> = self.reports.iter().map(is_used).collect();
        for (report, used) in self.reports.iter_mut().zip(used) {
            if leaking.contains(&report.name.as_str()) {
                report.notes.insert(0, "set aside: known only after the outcome, see below".into());
            } else if report.used && !used {
                report.notes.insert(0, why.to_owned());
            }
            report.used = used;
        }
    }
}

#[cfg(test)]
mod tests;
