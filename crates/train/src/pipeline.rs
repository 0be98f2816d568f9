//! From a table to a bundle, in the order that keeps figures honest.

use leadscore_features::events::{EventPlan, FilterCounts, content_hash, hash_on};
use leadscore_features::project::SnapshotRule;
use leadscore_features::{
    Catalogue, Cell, Column, ColumnReader, Kind, LeadTimes, RawColumn, Role, Schema, Table, Time,
    hint, repeats,
};
use leadscore_model::bundle::{
    AgainstRecord, Bundle, ColumnReport, DataRecord, HeldOutRow, Ledger, LeftOut, SensitiveRecord,
    SnapshotRecord, SplitRecord, TargetRecord, TowardsRecord, Training, UncertaintyRecord, Untold,
    card,
};
use leadscore_model::evaluate::{RowWeights, evaluate_weighted};
use leadscore_model::lead_id;
use rayon::prelude::*;

use crate::against::against;
use crate::columns::{Behaviour, Columns, SignalMistake, check, look, look_at_leads};
use crate::cross_validation::{Folding, cross_validate};
use crate::drift::drift;
use crate::figures::{bands, rate_shift, strengths};
use crate::leakage::{Guarded, Source};
use crate::population::{Finish, Population, Purpose, recalibration};
use crate::recipe::{Chosen, Fit, FitRows, choose};
use crate::reports::pooled;
use crate::rows::{Rows, Scores, SignalValues, pick, values};
use crate::snapshots::{LabelledSnapshot, snapshots};
use crate::split::{Split, all_differ};
use crate::target::{Labels, labels, one_outcome};
use crate::walk::Leads;
use crate::weights::Weights;
use crate::within::add_within;
use crate::{Leaning, TrainError, TrainOptions};

/// Rows that must have converted, and rows that must not, for a model to be trained.
pub const LEAST_OF_EACH_CLASS: usize = 10;
/// What to do before there are enough conversions.
pub(crate) const POINTS_ALONE: &str = ". Until then points alone rank leads: `leadscore points score`, and `leadscore serve --points` \
     without --model; a guide is docs/points.md";

/// What training is doing, for a progress bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Finding the kinds of the columns.
    Looking,
    /// Reading the values.
    Reading,
    /// Judging columns: which are known only after the outcome, and which say what others say.
    Judging,
    /// Learning the shape of the signals, which pairs say more, and how strongly all is held: so
    /// many steps done, of so many.
    LearningShape(usize, usize),
    /// Choosing the penalty of a plain model: so many fits done, of so many.
    CrossValidating(usize, usize),
    /// Evaluating the recipe on folds of the training rows: so many done, of so many.
    Folding(usize, usize),
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
    table: Table,
    options: &TrainOptions,
    progress: &(dyn Fn(Stage) + Sync),
) -> Result<Bundle, TrainError> {
    progress(Stage::Looking);
    let columns = look(&table, options)?;
    let labels = read_labels(&table, &columns, options)?;
    progress(Stage::Reading);
    let table = &typed(table, &columns.schema)?;
    let rows = Rows::of_table(table, &columns, &labels, options.time.as_deref())?;
    let data = DataRecord {
        file: options.file.clone(),
        blake3: options.file_hash.clone(),
        rows: table.rows(),
        left_out: table.rows() - rows.labels.len(),
        repeated: repeated(table),
        weights: labels.weights.as_ref().map(|of| of.record(&rows.places, &rows.labels)),
    };
    let source = Source { table, history: None };
    let work = Work { source, rows, columns, data, target: labels.target, snapshots: None };
    work.train(options, progress)
}

/// Trains a model on snapshots of leads with their events, which were read by the plan of
/// `prepared`.
///
/// # Errors
/// [`TrainError`] as for [`train`].
pub fn train_snapshots(
    prepared: Prepared,
    leads: &Leads<'_>,
    history: &SnapshotHistory<'_>,
    options: &TrainOptions,
    progress: &(dyn Fn(Stage) + Sync),
) -> Result<Bundle, TrainError> {
    progress(Stage::Reading);
    let columns = prepared.0;
    let (snapshots, left_out) = snapshots(history.rule, history.times, history.observed_until);
    let conversions = snapshots.iter().filter(|snapshot| snapshot.label).count();
    if conversions < LEAST_OF_EACH_CLASS || snapshots.len() - conversions < LEAST_OF_EACH_CLASS {
        return Err(TrainError::data(format!(
            "of {} snapshots {conversions} converted within {}; training needs at least \
             {LEAST_OF_EACH_CLASS} that did and {LEAST_OF_EACH_CLASS} that did not. Left out: {}{}{}",
            snapshots.len(),
            history.rule.horizon,
            said(&left_out),
            left_out.advice().map_or_else(String::new, |advice| format!("; {advice}")),
            if conversions < LEAST_OF_EACH_CLASS { POINTS_ALONE } else { "" }
        )));
    }
    let (rows, events, untold) = history.rows(leads, &columns, &snapshots)?;
    let data = DataRecord {
        file: options.file.clone(),
        blake3: options.file_hash.clone(),
        rows: snapshots.len(),
        left_out: 0,
        repeated: 0,
        weights: None,
    };
    let target = TargetRecord {
        column: history.converted.to_owned(),
        positive: format!("within {}", history.rule.horizon),
        negative: "not".to_owned(),
        conversions,
    };
    let age = |of: &LabelledSnapshot| {
        let created = history.times.created.get(of.lead).copied().flatten()?;
        Some((of.as_of.micros() - created.micros()) as f64 / Time::MICROS_PER_DAY as f64)
    };
    let record = SnapshotRecord {
        at: history.rule.at.to_string(),
        horizon: history.rule.horizon,
        observed_until: history.observed_until,
        leads: leads.table.rows(),
        left_out,
        events,
        // Known when it is known which inputs there are.
        static_attributes: Vec::new(),
        oldest: snapshots.iter().filter_map(age).reduce(f64::max),
        untold,
        // Known to whoever read the events.
        kinds: None,
    };
    let source =
        Source { table: leads.table, history: Some((history.times, history.observed_until)) };
    let work = Work { source, rows, columns, data, target, snapshots: Some(record) };
    work.train(options, progress)
}

/// What was left out, for people.
fn said(left_out: &LeftOut) -> String {
    let LeftOut { converted, closed, horizon_open, not_created, without_created, .. } = left_out;
    let reasons = [
        (converted, "had converted by then"),
        (closed, "had been closed by then"),
        (horizon_open, "end after observed_until"),
        (not_created, "did not exist then"),
        (without_created, "have no creation time"),
    ];
    let said: Vec<String> = reasons
        .iter()
        .filter(|(count, _)| **count > 0)
        .map(|(count, why)| format!("{count} {why}"))
        .collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

/// The history that snapshots are made of.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotHistory<'h> {
    /// At which moments, and how long after them a conversion counts.
    pub rule: &'h SnapshotRule,
    /// When leads came to be, converted and were closed.
    pub times: &'h LeadTimes,
    /// The last moment of which outcomes are known.
    pub observed_until: Time,
    /// The column of the lead's id.
    pub id: &'h str,
    /// The column of the account.
    pub account: Option<&'h str>,
    /// The column that says when a lead converted, for the record.
    pub converted: &'h str,
}

impl SnapshotHistory<'_> {
    /// The rows of labelled moments, what the filters took, and what histories of attributes do not tell.
    pub(crate) fn rows(
        &self,
        leads: &Leads<'_>,
        columns: &Columns,
        snapshots: &[LabelledSnapshot],
    ) -> Result<(Rows, FilterCounts, Vec<Untold>), TrainError> {
        let id = |lead: usize| lead_id(leads.table.column(self.id), lead);
        let group = |lead: usize| {
            let account = self.account.and_then(|account| leads.table.column(account));
            let account = account.and_then(|column| column.cell(lead).into_text());
            account.map_or_else(|| id(lead), |account| account.into_owned())
        };
        Rows::of_snapshots(leads, columns, snapshots, id, group)
    }
}

/// Leads whose columns were looked at: what their events must be read by.
pub struct Prepared(pub(crate) Columns);

impl Prepared {
    /// Looks at the columns of leads.
    ///
    /// # Errors
    /// [`TrainError`] when the options do not fit the table, or a signal cannot be computed.
    pub fn new(
        table: &Table,
        options: &TrainOptions,
        behaviour: Behaviour,
    ) -> Result<Self, TrainError> {
        check(table, options, &behaviour.signals)?;
        Ok(Self(look_at_leads(table, options, behaviour)?))
    }

    /// Every signal that cannot be computed, or has no order and should have one, with the reason.
    pub fn mistakes(&self) -> Vec<(String, SignalMistake)> {
        self.0.mistakes()
    }

    /// What the model's signals need of events.
    ///
    /// # Errors
    /// [`TrainError`] when a signal cannot be computed.
    pub fn event_plan(&self) -> Result<Option<EventPlan>, TrainError> {
        Ok(self.0.layout()?.event_plan().cloned())
    }

    /// The values of the signals that a model would use at moments of leads, which are sorted by
    /// lead; and what the cut and the filters took, each lead counted once, at its last moment.
    ///
    /// # Errors
    /// [`TrainError`] when a signal cannot be computed, or a cell not be read.
    pub fn values(
        &self,
        leads: &Leads<'_>,
        moments: &[(usize, Option<Time>)],
    ) -> Result<SignalValues, TrainError> {
        values(&self.0, leads, moments)
    }

    /// The columns of the leads.
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// The signals.
    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    /// The signals that a model would use, in the order of the catalogue.
    pub fn inputs(&self) -> &[String] {
        &self.0.inputs
    }

    /// What each column was taken for.
    pub fn reports(&self) -> &[ColumnReport] {
        &self.0.reports
    }
}

/// Rows to learn from, and what is known of them.
struct Work<'s> {
    source: Source<'s>,
    rows: Rows,
    columns: Columns,
    data: DataRecord,
    target: TargetRecord,
    snapshots: Option<SnapshotRecord>,
}

impl Work<'_> {
    fn train(
        self,
        options: &TrainOptions,
        progress: &(dyn Fn(Stage) + Sync),
    ) -> Result<Bundle, TrainError> {
        let Self { source, mut rows, mut columns, data, target, snapshots } = self;
        let gap = snapshots.as_ref().map(|record| record.horizon.micros() as f64);
        let (mut split, mut rule) = rows.split(options.seed, gap)?;
        let population =
            Population::new(options.base_rate, &rows, &mut split, &mut rule, gap.unwrap_or(0.0))?;
        progress(Stage::Judging);
        let guarded = Guarded::new(source, &mut columns, &mut rows, &split.training, options)?;
        let copies = rows.copies(&columns, &split.training, &options.keep);
        for copy in &copies {
            let why = format!("left out, as {} says the same", copy.of);
            leave_out(std::slice::from_ref(&copy.signal), &why, &mut rows, &mut columns);
        }
        if (guarded.took_any() || !copies.is_empty()) && snapshots.is_none() {
            rows.name_again(source.table, &columns)?;
        }
        let static_attributes = columns.static_attributes();
        let snapshots = snapshots.map(|record| SnapshotRecord { static_attributes, ..record });
        let training_labels = pick(&rows.labels, &split.training);
        let Chosen { recipe, penalty, shape } = rows.with_dealing(&split.training, |of| {
            Ok(choose(&rows.signals, of, options, progress)?)
        })?;
        let left_out = shape.as_ref().map_or(&[][..], |shape| &shape.left_out);
        leave_out(left_out, "left out, as there is no room for it", &mut rows, &mut columns);
        if !left_out.is_empty() && snapshots.is_none() {
            rows.name_again(source.table, &columns)?;
        }
        let folding = Folding {
            folds: options.folds,
            repeats: options.repeats,
            base_rate: population.given(),
        };
        let folds = match options.folds {
            // Which signals there is room for was chosen by these very rows, and folds of them would not tell.
            0 => None,
            _ if !left_out.is_empty() => None,
            _ => {
                let done = |done, of| progress(Stage::Folding(done, of));
                rows.with_dealing(&split.training, |of| {
                    cross_validate(&rows, &columns, &recipe, of, folding, &done)
                })?
            }
        };
        let recalibration = folds.as_ref().and_then(|(record, out)| recalibration(out, record.by));
        let adopted = recalibration.as_ref().filter(|found| found.adopted);
        let adopted = adopted.map(|found| found.found.clone());
        let finish = Finish { recalibration: adopted, population };
        progress(Stage::FittingEvaluated);
        let mut first = rows.fit(&split.training, &recipe)?;
        finish.add_to(&mut first.fitted, &rows, &columns, &split.training, Purpose::Evaluated)?;
        let held_out = rows.score(&columns, &first.fitted, &split.held_out)?;
        let training_conversions = training_labels.iter().filter(|label| **label).count();
        let training_rate = rows.rate(&split.training);
        let held_out_labels = pick(&rows.labels, &split.held_out);
        let held_out_weights = rows.weights_of(&split.held_out);
        let groups: Vec<u64> =
            split.held_out.iter().map(|&row| rows.identities[row].group).collect();
        let weights = RowWeights {
            by_outcome: finish.population.weights(training_rate),
            of_rows: &held_out_weights,
            groups: if all_differ(&groups) { &[] } else { &groups },
        };
        let flat = first.fitted.base_rate.map_or(training_rate, |moved| moved.population);
        let judge = |scores: &Scores| {
            evaluate_weighted(&scores.probabilities, &held_out_labels, flat, weights)
        };
        let evaluation = judge(&held_out);
        let sensitive = match columns.sensitive_inputs(&copies) {
            (found, dropped) if !found.is_empty() && dropped.len() < columns.inputs.len() => {
                let kept = rows.without(&dropped);
                let Fit { mut fitted, .. } =
                    rows.fit_signals(&kept, &split.training, &recipe.without(&dropped))?;
                let training = &split.training;
                finish.add_to(&mut fitted, &rows, &columns, training, Purpose::Evaluated)?;
                let scores = rows.score(&columns, &fitted, &split.held_out)?;
                Some(SensitiveRecord { columns: found, without: judge(&scores) })
            }
            _ => None,
        };
        let parts = (split.training.as_slice(), split.held_out.as_slice());
        let against = against(&rows, &columns, &split.training, (&recipe, &first.fitted))?;
        let against = match against {
            Some(signals) => {
                // Learnt anew: what was learnt with the order in force holds signals that it did not need, and has
                // no pairs of those in order.
                let recipe = rows.with_dealing(&split.training, |of| {
                    let of = FitRows { monotone: &[], ..of };
                    Ok(choose(&rows.signals, of, options, &|_| {})?.recipe)
                })?;
                let mut free = rows.fit_free(&split.training, &recipe)?.fitted;
                let finish = Finish { recalibration: None, ..finish.clone() };
                finish.add_to(&mut free, &rows, &columns, &split.training, Purpose::Evaluated)?;
                let without = judge(&rows.score(&columns, &free, &split.held_out)?).log_loss;
                Some(AgainstRecord { signals, log_loss: evaluation.log_loss, without })
            }
            None => None,
        };
        let leakage = guarded.record(&mut rows, &columns, parts, &recipe)?;
        progress(Stage::FittingServed);
        let everything: Vec<usize> = (0..rows.labels.len()).collect();
        let Fit { fitted: mut model, solver: served_fit, uncertainty, leaning, .. } =
            rows.fit_surely(&everything, &recipe, &first)?;
        if model.uncertainty.is_some() {
            add_within(&rows, &columns, &mut model)?;
        }
        let Fit { fitted: evaluated, solver: evaluated_fit, .. } = first;
        finish.add_to(&mut model, &rows, &columns, &everything, Purpose::Served)?;
        // As it is served: another base rate makes intervals of probabilities narrower or wider.
        let uncertainty = match uncertainty {
            Some(found) => {
                let mean_width = rows.mean_width(&columns, &model)?;
                Some(UncertaintyRecord { mean_width, ..found })
            }
            None => None,
        };

        let towards = towards(&columns, leaning)?;
        // Of rows at random both models give about the same probabilities, and the held-out rows are new to the one;
        // the newest move the other.
        let by_served = match rows.are_in_time() {
            true => Some(rows.score(&columns, &model, &split.held_out)?),
            false => None,
        };
        let base_rate_shift = match (&by_served, finish.population.source()) {
            (Some(served), None) => {
                rate_shift(&rows, &split, gap.unwrap_or(0.0), &held_out, served)
            }
            _ => None,
        };
        let base_rate = finish.base_rate(&evaluated, &model);
        let of_evaluated = bands(&held_out.probabilities, &held_out_labels, weights);
        let served = by_served
            .map_or(of_evaluated, |scores| bands(&scores.probabilities, &held_out_labels, weights));
        let training = Training {
            leadscore: env!("CARGO_PKG_VERSION").to_owned(),
            data,
            target,
            columns: pooled(columns.reports, &columns.catalogue, &model),
            split: SplitRecord {
                rule,
                training_rows: split.training.len(),
                training_conversions,
                held_out_rows: split.held_out.len(),
                held_out_conversions: evaluation.conversions,
                straddling_rows: split.straddling,
                gap_rows: split.gap,
                rate_rows: finish.population.rows_read(),
            },
            seed: options.seed,
            penalty,
            shape,
            evaluated_fit,
            served_fit,
            evaluation,
            folds: folds.map(|(record, _)| record),
            recalibration,
            base_rate,
            copies,
            monotone: rows.monotone_inputs(),
            against,
            towards,
            rule_sets: Vec::new(),
            drift: rows
                .are_in_time()
                .then(|| drift(&rows.signals, &split.training, &split.held_out)),
            signals: strengths(&columns.inputs, &held_out),
            snapshots,
            sensitive,
            leakage: Some(leakage),
            uncertainty,
            base_rate_shift,
            evaluated_bands: (served != of_evaluated).then_some(of_evaluated),
        };
        Ok(Bundle {
            card: card(&options.name, &options.version, served, &training),
            name: options.name.clone(),
            version: options.version.clone(),
            schema: columns.schema,
            catalogue: columns.catalogue,
            model,
            bands: served,
            evaluated,
            training,
            ledger: ledger(&rows, &split, &held_out),
        })
    }
}

/// Takes signals out, and says why of the columns that nothing reads then.
fn leave_out(signals: &[String], why: &str, rows: &mut Rows, columns: &mut Columns) {
    if !signals.is_empty() {
        columns.set_aside(&[], signals, why);
        rows.take_out(signals);
    }
}

/// How far the served model leans on the rule set.
///
/// # Errors
/// [`TrainError`] when there is a set and its points do not differ.
fn towards(
    columns: &Columns,
    leaning: Option<Leaning>,
) -> Result<Option<TowardsRecord>, TrainError> {
    let Some(set) = &columns.towards else { return Ok(None) };
    let Some(Leaning { slope, standard_error, r2 }) = leaning else {
        return Err(TrainError::data(format!(
            "--towards: {:?} gives all rows the same points, or points that no signal of the model says \
             anything of; see what its rules do here with `leadscore points check`",
            set.name
        )));
    };
    Ok(Some(TowardsRecord {
        name: set.name.clone(),
        version: set.version.clone(),
        hash: set.hash.clone(),
        slope,
        standard_error,
        r2,
        lacking: columns.lacking()?,
    }))
}

/// Which rows were held out, with their scores, and which were seen.
fn ledger(rows: &Rows, split: &Split, held_out: &Scores) -> Ledger {
    let row = |(&i, &log_odds): (&usize, &f64)| HeldOutRow {
        row: rows.identities[i].row,
        label: rows.labels[i],
        log_odds,
    };
    Ledger::new(
        split.held_out.iter().zip(&held_out.log_odds).map(row).collect(),
        rows.identities.iter().map(|identity| identity.group).collect(),
    )
}

/// What became of the lead of every row: whether it converted, or `None` where its value of the target says
/// neither.
///
/// # Errors
/// [`TrainError`] as for [`train`], but that few conversions are no mistake.
pub fn outcomes(table: &Table, options: &TrainOptions) -> Result<Vec<Option<bool>>, TrainError> {
    let unknown = || {
        let near = hint(&options.target, table.names().iter().map(String::as_str));
        TrainError::Options(vec![format!("there is no column {:?}{near}", options.target)])
    };
    let column = table.column(&options.target).ok_or_else(unknown)?;
    let described = Column {
        name: options.target.clone(),
        kind: Kind::Category,
        role: Role::Target,
        missing: Vec::new(),
    };
    let reader = ColumnReader::new(&described, &Schema::new(Vec::new()).missing);
    if let Some(outcome) = one_outcome(column, &reader, options) {
        return Ok(vec![Some(outcome); column.len()]);
    }
    Ok(labels(column, &reader, options)?.of)
}

fn labels_of(
    table: &Table,
    columns: &Columns,
    options: &TrainOptions,
) -> Result<Labels, TrainError> {
    let unknown = || TrainError::Options(vec![format!("there is no column {:?}", options.target)]);
    let column = table.column(&options.target).ok_or_else(unknown)?;
    let reader = columns.schema.reader(&options.target).ok_or_else(unknown)?;
    labels(column, &reader, options)
}

pub(crate) fn read_labels(
    table: &Table,
    columns: &Columns,
    options: &TrainOptions,
) -> Result<Labels, TrainError> {
    let mut labels = labels_of(table, columns, options)?;
    if let (Some(name), Some(described)) = (&options.weight, columns.schema.with_role(Role::Weight))
    {
        let unknown =
            || TrainError::Options(vec![format!("--weight: there is no column {name:?}")]);
        let column = table.column(name).ok_or_else(unknown)?;
        let weights = Weights::read(described, column, &columns.schema, &mut labels.of)?;
        labels.target.conversions = labels.of.iter().filter(|of| **of == Some(true)).count();
        labels.weights = Some(weights);
    }
    for (class, value) in [(true, &labels.target.positive), (false, &labels.target.negative)] {
        let count = labels.of.iter().filter(|label| **label == Some(class)).count();
        if count < LEAST_OF_EACH_CLASS {
            let rows = if count == 1 { "row has" } else { "rows have" };
            return Err(TrainError::data(format!(
                "only {count} {rows} {:?} = {value:?}{}; training needs at least \
                 {LEAST_OF_EACH_CLASS} that converted and {LEAST_OF_EACH_CLASS} that did not{}",
                options.target,
                if labels.weights.is_some() { " and a weight above 0" } else { "" },
                if class { POINTS_ALONE } else { "" }
            )));
        }
    }
    Ok(labels)
}

/// Rows that repeat an earlier row in every cell.
fn repeated(table: &Table) -> usize {
    let mut hashes = vec![0; table.rows()];
    let of_cell = |cell: Cell<'_>| match cell {
        Cell::Empty => 0,
        Cell::Number(number) => (number + 0.0).to_bits(),
        Cell::Integer(number) => number.cast_unsigned(),
        Cell::YesNo(flag) => 1 + u64::from(flag),
        Cell::Time(time) => time.micros().cast_unsigned(),
        Cell::Text(text) => content_hash(text),
    };
    let twice = |hashes: &[u64]| repeats(hashes).windows(2).filter(|two| two[0] == two[1]).count();
    for column in table.columns() {
        let of_values: Vec<u64> = column.values().cells().map(of_cell).collect();
        for (row, hash) in hashes.iter_mut().enumerate() {
            *hash = hash_on(*hash, of_values[column.code(row)]);
        }
        // Ids tell rows apart, and mostly stand first.
        let tells_apart = of_values.len() == table.rows() && column.is_text();
        if tells_apart && twice(&of_values) == 0 {
            return 0;
        }
    }
    twice(&hashes)
}

/// The table with every column of numbers, truth values and dates as such, so that what names rows,
/// judges columns and evaluates signals need not parse them again. Ids and the outcome stay as the
/// file has them.
fn typed(table: Table, schema: &Schema) -> Result<Table, TrainError> {
    let typed = |(name, raw): (String, RawColumn)| {
        let of = schema
            .column(&name)
            .filter(|column| matches!(column.role, Role::Attribute | Role::Time | Role::Created));
        match of {
            Some(of) => (name, ColumnReader::new(of, &schema.missing).typed(raw)),
            None => (name, raw),
        }
    };
    let columns = table.into_columns().into_par_iter().map(typed).collect();
    Table::new(columns).map_err(|e| TrainError::data(e.to_string()))
}
