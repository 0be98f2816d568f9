//! The rows that have an outcome: reading, splitting, fitting and scoring them.

mod table;
mod told;

use leadscore_features::events::{FilterCounts, Seen};
use leadscore_features::{Kind, Mistakes, Role, SignalKind, Table, Time, Value};
use leadscore_model::bundle::{CopyRecord, MonotoneRecord, ProbabilityBands, SplitRule, Untold};
use leadscore_model::evaluate::ClassWeights;
use leadscore_model::points::SchemaView;
use leadscore_model::words::{plural, shell_word};
use leadscore_model::{Fitted, RowHasher, RowIdentity, Score, Scorer, Sources};

use crate::columns::Columns;
use crate::copies::copies;
use crate::recipe::{Fit, FitRows, Recipe};
use crate::signals::SignalBuilder;
use crate::snapshots::LabelledSnapshot;
use crate::split::{HELD_OUT_ONE_IN, Split, newest, stratified};
use crate::target::Labels;
use crate::walk::Leads;
use crate::weights::{pick_weights, share};
use crate::{Dealing, Moments, SignalColumn, TrainError};
use table::{identities, table_points, table_signals};
pub use told::Told;

/// Numbers beyond this cannot be squared and summed.
const LARGEST_NUMBER: f64 = 1e100;

pub(crate) fn pick<T: Copy>(values: &[T], indices: &[usize]) -> Vec<T> {
    indices.iter().map(|&i| values[i]).collect()
}

/// The rows that have an outcome, in the order of the data; all vectors are parallel. A row is a
/// row of a table, or a snapshot of a lead.
pub(crate) struct Rows {
    /// The row of the table, or the lead.
    pub(crate) places: Vec<usize>,
    pub(crate) labels: Vec<bool>,
    /// How often each counts, above 0; empty where all count once.
    pub(crate) weights: Vec<f64>,
    pub(crate) identities: Vec<RowIdentity>,
    pub(crate) signals: Vec<SignalColumn>,
    /// The points that the rule set gives each row, where the model may lean on them.
    points: Option<Vec<f64>>,
    /// The signals along which the model must rise, or fall.
    monotone: Vec<MonotoneRecord>,
    order: Option<Order>,
    /// How long after its moment the outcome of a row is known, in the unit of the order.
    gap: f64,
    /// The seed of folds.
    seed: u64,
}

/// What rows are scored.
pub(crate) struct Scores {
    pub(crate) log_odds: Vec<f64>,
    pub(crate) probabilities: Vec<f64>,
    /// For each input of the model, by how much it moved the log-odds of the rows, summed.
    pub(crate) moved: Vec<f64>,
}

/// What orders rows in time.
struct Order {
    /// The column, `@row` or `as_of`.
    by: String,
    values: Vec<f64>,
    shown: Shown,
}

/// How a place in the order is shown.
enum Shown {
    Row,
    Number,
    Date,
}

impl Order {
    fn show(&self, row: usize) -> String {
        let value = self.values[row];
        match self.shown {
            Shown::Row => format!("row {}", value + 1.0),
            Shown::Number => value.to_string(),
            Shown::Date => Time::from_micros(value as i64).to_string(),
        }
    }
}

/// The error of values that are too large to learn from. `place` is what the row is called.
fn too_large(place: (&str, usize), signal: &str, value: &Value<'_>) -> Option<String> {
    match value {
        Value::Number(number) if number.abs() > LARGEST_NUMBER => {
            let advice = match place.0 {
                "lead" => format!(
                    "correct it; where it is of a column and means missing, say so in [leads]: missing = \
                     {{ {signal:?} = \"{number:e}\" }}"
                ),
                _ => format!(
                    "correct it, say --missing {} if it means missing, or --drop {}",
                    shell_word(&format!("{signal}={number:e}")),
                    shell_word(signal)
                ),
            };
            Some(format!(
                "{} {}, signal {signal:?}: {number:e} is too large to learn from, as all numbers beyond \
                 {LARGEST_NUMBER:e} are; {advice}",
                place.0,
                place.1 + 1
            ))
        }
        _ => None,
    }
}

impl Rows {
    /// Reads the rows of a table that have a label.
    pub(crate) fn of_table(
        table: &Table,
        columns: &Columns,
        labels: &Labels,
        time: Option<&str>,
    ) -> Result<Self, TrainError> {
        let table_rows: Vec<usize> =
            (0..table.rows()).filter(|&row| labels.of[row].is_some()).collect();
        let of: Vec<bool> = labels.of.iter().copied().flatten().collect();
        let signals = table_signals(table, columns, &table_rows)?;
        let identities = identities(table, columns, &table_rows, &of)?;
        let points = table_points(table, columns, &table_rows)?;
        let order = time.map(|by| order(table, columns, by, &table_rows)).transpose()?;
        let (gap, seed) = (0.0, 0);
        let weights = labels.weights.as_ref().map(|weights| weights.of(&table_rows));
        Ok(Self {
            places: table_rows,
            labels: of,
            weights: weights.unwrap_or_default(),
            identities,
            signals,
            points,
            monotone: columns.monotone.clone(),
            order,
            gap,
            seed,
        })
    }

    /// Names the rows of a table again, by the inputs that are left: whoever finds them again knows
    /// those of the model alone. Rows that are groups of their own stay so.
    pub(crate) fn name_again(
        &mut self,
        table: &Table,
        columns: &Columns,
    ) -> Result<(), TrainError> {
        self.identities = identities(table, columns, &self.places, &self.labels)?;
        Ok(())
    }

    /// The moment of a row, where rows have one.
    pub(crate) fn moment(&self, row: usize) -> Option<Time> {
        let order = self.order.as_ref().filter(|order| matches!(order.shown, Shown::Date))?;
        Some(Time::from_micros(order.values[row] as i64))
    }

    /// What orders rows in time, where something does.
    pub(crate) fn moments(&self, rows: &[usize]) -> Option<Vec<f64>> {
        self.order.as_ref().map(|order| pick(&order.values, rows))
    }

    /// Whether rows are ordered in time.
    pub(crate) fn are_in_time(&self) -> bool {
        self.order.is_some()
    }

    /// When the first of some rows was, in words; `None` where rows have no time.
    pub(crate) fn begins(&self, rows: &[usize]) -> Option<String> {
        let order = self.order.as_ref()?;
        let first = rows.iter().min_by(|&&a, &&b| order.values[a].total_cmp(&order.values[b]))?;
        Some(order.show(*first))
    }

    /// The newest rows in two: those that a rate can be read from, for their outcomes are known when the
    /// others begin, and the others. `None` where rows have no time, or too little of it.
    pub(crate) fn halves(
        &self,
        newest_rows: &[usize],
        gap: f64,
    ) -> Option<(Vec<usize>, Vec<usize>)> {
        let moments = self.moments(newest_rows)?;
        let groups: Vec<u64> = newest_rows.iter().map(|&i| self.identities[i].group).collect();
        let (split, _) = newest(newest_rows, &moments, &groups, gap, 2)?;
        (!split.training.is_empty()).then_some((split.training, split.held_out))
    }

    /// The signals, of those that are left, along which the model must rise, or fall.
    pub(crate) fn monotone_inputs(&self) -> Vec<MonotoneRecord> {
        let is_left = |of: &&MonotoneRecord| self.signals.iter().any(|s| s.name == of.signal);
        self.monotone.iter().filter(is_left).cloned().collect()
    }

    /// The signals that are copies of others by some rows, but for those that a person keeps, or holds in order.
    pub(crate) fn copies(
        &self,
        columns: &Columns,
        rows: &[usize],
        keep: &[String],
    ) -> Vec<CopyRecord> {
        copies(&self.signals, rows, |name| {
            let behind = columns.catalogue.signal(name);
            let behind = behind.map(|signal| columns.catalogue.columns(signal)).unwrap_or_default();
            keep.iter().any(|kept| kept == name || behind.contains(&kept.as_str()))
                || self.monotone.iter().any(|of| of.signal == name)
        })
    }

    /// Takes signals out, in their order.
    pub(crate) fn take_out(&mut self, names: &[String]) -> Vec<SignalColumn> {
        let signals = std::mem::take(&mut self.signals);
        let (taken, left) = signals.into_iter().partition(|signal| names.contains(&signal.name));
        self.signals = left;
        taken
    }

    /// Evaluates the signals of snapshots; `id` and `group` name a lead, and what it must not be
    /// parted from. With them comes what the filters took.
    pub(crate) fn of_snapshots(
        leads: &Leads<'_>,
        columns: &Columns,
        snapshots: &[LabelledSnapshot],
        id: impl Fn(usize) -> String,
        group: impl Fn(usize) -> String,
    ) -> Result<(Self, FilterCounts, Vec<Untold>), TrainError> {
        let moments: Vec<_> = snapshots.iter().map(|s| (s.lead, Some(s.as_of))).collect();
        let layout = columns.layout()?;
        let view = SchemaView { schema: &columns.schema, catalogue: &columns.catalogue };
        let Read { signals, points, counts, untold } =
            read(&layout, view, &columns.inputs, leads, &moments)?;
        let mut hasher = RowHasher::new();
        let identities = snapshots
            .iter()
            .map(|s| snapshot_identity(&mut hasher, &id(s.lead), &group(s.lead), s.as_of, s.label))
            .collect();
        let order = Order {
            by: "as_of".to_owned(),
            values: snapshots.iter().map(|s| s.as_of.micros() as f64).collect(),
            shown: Shown::Date,
        };
        let rows = Self {
            places: snapshots.iter().map(|s| s.lead).collect(),
            labels: snapshots.iter().map(|s| s.label).collect(),
            weights: Vec::new(),
            identities,
            signals,
            points: columns.towards.as_ref().map(|_| points),
            monotone: columns.monotone.clone(),
            order: Some(order),
            gap: 0.0,
            seed: 0,
        };
        Ok((rows, counts, untold))
    }

    /// Splits into training and held-out rows, as positions in the vectors. `gap` is how long
    /// after a row its outcome is known, in the unit of the order, where rows are snapshots. Both deal
    /// the rows into folds from then on.
    pub(crate) fn split(
        &mut self,
        seed: u64,
        gap: Option<f64>,
    ) -> Result<(Split, SplitRule), TrainError> {
        (self.seed, self.gap) = (seed, gap.unwrap_or(0.0));
        let all: Vec<usize> = (0..self.labels.len()).collect();
        let groups: Vec<u64> = self.identities.iter().map(|identity| identity.group).collect();
        let Some(order) = &self.order else {
            let split = stratified(&all, &self.labels, &groups, seed);
            let trained = pick(&self.labels, &split.training);
            let conversions = trained.iter().filter(|label| **label).count();
            if conversions == 0 || conversions == trained.len() {
                return Err(TrainError::data(format!(
                    "of the {} rows that are left to learn from {conversions} converted, as all rows \
                     of one lead or account stand on one side and there are few of these; leave --id \
                     and --account away if they name something else",
                    trained.len()
                )));
            }
            return Ok((split, SplitRule::Stratified { seed }));
        };
        let by = &order.by;
        let snapshots = gap.is_some();
        let gap = gap.unwrap_or(0.0);
        let found = newest(&all, &order.values, &groups, gap, HELD_OUT_ONE_IN);
        let (split, first) = found.ok_or_else(|| {
            TrainError::data(if snapshots {
                "all snapshots are of one moment, so none can be held out as the newest; take \
                 snapshots at several dates, or at an age"
                    .to_owned()
            } else {
                format!("--time: all rows have the same {by:?}; leave --time away")
            })
        })?;
        if split.training.is_empty() {
            return Err(TrainError::data(if snapshots && split.gap == 0 {
                "no snapshot is left to learn from: every older one is of a lead or account that is also among \
                 the newest fifth, and these stand on one side; take account out of [leads] if it is none, or \
                 learn from more of them"
            } else if split.gap > 0 {
                "no snapshot is left to learn from: those before the newest fifth are all within \
                 one horizon of it; use a shorter horizon, or a longer history"
            } else {
                "--time: every older row is of a lead or account that is also among the newest, \
                 so nothing is left to learn from; leave --time or --account away"
            }));
        }
        let trained = pick(&self.labels, &split.training);
        let conversions = trained.iter().filter(|label| **label).count();
        if conversions == 0 || conversions == trained.len() {
            return Err(TrainError::data(format!(
                "{}of the {} older rows {conversions} converted, so there is nothing to learn \
                 from; the outcome must vary before the newest fifth",
                if snapshots { "" } else { "--time: " },
                trained.len()
            )));
        }
        Ok((split, SplitRule::Newest { by: by.clone(), from: order.show(first) }))
    }

    /// The rows without some of the signals.
    pub(crate) fn without(&self, dropped: &[String]) -> Vec<SignalColumn> {
        self.signals.iter().filter(|signal| !dropped.contains(&signal.name)).cloned().collect()
    }

    /// Fits some rows by a recipe.
    pub(crate) fn fit(&self, rows: &[usize], recipe: &Recipe) -> Result<Fit, TrainError> {
        self.fit_signals(&self.signals, rows, recipe)
    }

    /// The same, with how sure the fit is, from a fit of nearly the same rows.
    pub(crate) fn fit_surely(
        &self,
        rows: &[usize],
        recipe: &Recipe,
        before: &Fit,
    ) -> Result<Fit, TrainError> {
        self.with_dealing(rows, |of| Ok(recipe.fit(&self.signals, of, true, Some(before))?))
    }

    /// Fits a model of some of the signals.
    pub(crate) fn fit_signals(
        &self,
        signals: &[SignalColumn],
        rows: &[usize],
        recipe: &Recipe,
    ) -> Result<Fit, TrainError> {
        self.with_dealing(rows, |of| Ok(recipe.fit(signals, of, false, None)?))
    }

    /// The same without any order along signals.
    pub(crate) fn fit_free(&self, rows: &[usize], recipe: &Recipe) -> Result<Fit, TrainError> {
        self.with_dealing(rows, |of| {
            Ok(recipe.fit(&self.signals, FitRows { monotone: &[], ..of }, false, None)?)
        })
    }

    /// Does something with rows and what deals them into folds.
    pub(crate) fn with_dealing<T>(
        &self,
        rows: &[usize],
        work: impl FnOnce(FitRows<'_>) -> Result<T, TrainError>,
    ) -> Result<T, TrainError> {
        let labels = pick(&self.labels, rows);
        let groups: Vec<u64> = rows.iter().map(|&row| self.identities[row].group).collect();
        let moments = self.moments(rows);
        let moments = moments.as_ref().map(|of_rows| Moments { of_rows, gap: self.gap });
        let dealing = Dealing { groups: &groups, moments, seed: self.seed };
        let (points, monotone) = (self.points.as_deref(), self.monotone.as_slice());
        let weights = &self.weights_of(rows);
        work(FitRows { rows, labels: &labels, weights, dealing, points, monotone })
    }

    /// How often some rows count; empty where all count once.
    pub(crate) fn weights_of(&self, rows: &[usize]) -> Vec<f64> {
        pick_weights(&self.weights, rows)
    }

    /// The share of some rows that converted, by their weights.
    pub(crate) fn rate(&self, rows: &[usize]) -> f64 {
        share(&pick(&self.labels, rows), &self.weights_of(rows))
    }

    /// The mean width of the intervals of 95 % of the probabilities of some rows, as they are scored; where the model
    /// was moved to the rate of a population, of that.
    pub(crate) fn mean_width(&self, columns: &Columns, fitted: &Fitted) -> Result<f64, TrainError> {
        const MEASURED: usize = 500;
        let step = self.labels.len().div_ceil(MEASURED).max(1);
        let rows: Vec<usize> = (0..self.labels.len()).step_by(step).collect();
        let sample = self.rate(&rows);
        let moved = fitted.base_rate.filter(|_| sample > 0.0 && sample < 1.0);
        let stand_for = moved
            .map_or(ClassWeights::EQUAL, |rate| ClassWeights::of_sample(sample, rate.population));
        let (mut widths, mut mass) = (0.0, 0.0);
        let mut of = rows.iter().map(|&row| stand_for.of(self.labels[row]));
        self.score_each(columns, fitted, &rows, |scorer, values, score| {
            let weight = of.next().unwrap_or(1.0);
            let interval = scorer.interval(values, score);
            widths += weight * interval.map_or(0.0, |interval| interval.high - interval.low);
            mass += weight;
        })?;
        Ok(if mass > 0.0 { widths / mass } else { 0.0 })
    }

    /// Scores rows by the one scoring path.
    pub(crate) fn score(
        &self,
        columns: &Columns,
        fitted: &Fitted,
        rows: &[usize],
    ) -> Result<Scores, TrainError> {
        let mut scores = Scores {
            log_odds: Vec::with_capacity(rows.len()),
            probabilities: Vec::with_capacity(rows.len()),
            moved: vec![0.0; fitted.encoder.inputs.len()],
        };
        self.score_each(columns, fitted, rows, |_, _, score| {
            scores.log_odds.push(score.log_odds);
            scores.probabilities.push(score.probability);
            let parts = scores.moved.iter_mut().zip(&score.parts);
            parts.for_each(|(moved, part)| *moved += part.abs());
        })?;
        Ok(scores)
    }

    /// The log-odds of rows, by the one scoring path.
    pub(crate) fn log_odds(
        &self,
        columns: &Columns,
        fitted: &Fitted,
        rows: &[usize],
    ) -> Result<Vec<f64>, TrainError> {
        let mut log_odds = Vec::with_capacity(rows.len());
        self.score_each(columns, fitted, rows, |_, _, score| log_odds.push(score.log_odds))?;
        Ok(log_odds)
    }

    /// Scores rows by the one scoring path, one after the other, with the values of their signals.
    pub(crate) fn score_each(
        &self,
        columns: &Columns,
        fitted: &Fitted,
        rows: &[usize],
        mut each: impl FnMut(&Scorer, &[Value<'_>], &Score),
    ) -> Result<(), TrainError> {
        let view = SchemaView { schema: &columns.schema, catalogue: &columns.catalogue };
        // The bands come from these very scores, so they are not known yet.
        let unknown = ProbabilityBands { warm: 1.0, hot: 1.0 };
        let sources = Sources { view: Some(view), model: Some((fitted, unknown)), rule_sets: &[] };
        let scorer = Scorer::new(sources).map_err(|e| TrainError::data(e.to_string()))?;
        let of_signal: Vec<Option<&SignalColumn>> = scorer
            .signals()
            .map(|name| self.signals.iter().find(|signal| signal.name == name))
            .collect();
        let mut values = Vec::with_capacity(of_signal.len());
        let mut score = Score::default();
        for &row in rows {
            values.clear();
            values.extend(
                of_signal.iter().map(|of| of.map_or(Value::Missing, |of| of.data.value(row))),
            );
            scorer.score_values(&values, None, &mut score);
            each(&scorer, &values, &score);
        }
        Ok(())
    }
}

/// The values of signals at moments of leads.
#[derive(Debug)]
pub struct SignalValues {
    /// The signals, with a value for each moment.
    pub signals: Vec<SignalColumn>,
    /// What the cut and the filters took of the events.
    pub events: FilterCounts,
    /// What the history of attributes does not tell.
    pub untold: Vec<Untold>,
}

/// The values of the inputs at moments of leads, sorted by lead.
pub(crate) fn values(
    columns: &Columns,
    leads: &Leads<'_>,
    moments: &[(usize, Option<Time>)],
) -> Result<SignalValues, TrainError> {
    let view = SchemaView { schema: &columns.schema, catalogue: &columns.catalogue };
    read_signals(view, &columns.inputs, leads, moments)
}

/// The values of signals at moments of leads, sorted by lead.
///
/// # Errors
/// [`TrainError`] when a signal cannot be computed, or a cell cannot be read.
pub fn read_signals(
    view: SchemaView<'_>,
    names: &[String],
    leads: &Leads<'_>,
    moments: &[(usize, Option<Time>)],
) -> Result<SignalValues, TrainError> {
    let layout = Scorer::of_signals(view, names).map_err(|e| TrainError::data(e.to_string()))?;
    let Read { signals, counts, untold, .. } = read(&layout, view, names, leads, moments)?;
    Ok(SignalValues { signals, events: counts, untold })
}

/// What was read at moments of leads.
struct Read {
    signals: Vec<SignalColumn>,
    /// The points of the layout's rule set; none where it has none.
    points: Vec<f64>,
    /// What the filters took.
    counts: FilterCounts,
    /// What the history of attributes does not tell.
    untold: Vec<Untold>,
}

/// Reads the signals that a layout begins with, and the points of its rule set.
fn read(
    layout: &Scorer,
    view: SchemaView<'_>,
    names: &[String],
    leads: &Leads<'_>,
    moments: &[(usize, Option<Time>)],
) -> Result<Read, TrainError> {
    let told = Told::new(layout, leads);
    let none = told.none();
    let new =
        || (builders(view, names, 0), Vec::new(), (Vec::new(), Score::default()), none.clone());
    let (parts, counts) = leads
        .walk(layout, moments, new, |(builders, large, (points, score), untold), step| {
            for ((value, builder), name) in step.values.iter().zip(builders.iter_mut()).zip(names) {
                large.extend(too_large(("lead", step.lead), name, value));
                builder.push(value);
            }
            points.extend(points_of(layout, step.values, step.snapshot.events, score));
            told.count(layout, step, untold);
        })
        .map_err(|e| TrainError::data(e.to_string()))?;
    let mut all = builders(view, names, moments.len());
    let mut points = Vec::new();
    let mut large = Mistakes::default();
    let mut untold = none.clone();
    for (part, found, (of_part, _), of_history) in parts {
        all.iter_mut().zip(part).for_each(|(all, part)| all.append(part));
        large.extend(found);
        points.extend(of_part);
        for (all, part) in untold.iter_mut().zip(of_history) {
            *all = [all[0] + part[0], all[1] + part[1]];
        }
    }
    large.check().map_err(TrainError::Data)?;
    let signals = all.into_iter().map(SignalBuilder::finish).collect();
    let untold = told.untold(layout, &untold, moments);
    Ok(Read { signals, points, counts, untold })
}

/// The points of a layout's rule set, where it has one.
fn points_of(
    layout: &Scorer,
    values: &[Value<'_>],
    events: Option<&Seen<'_>>,
    score: &mut Score,
) -> Option<f64> {
    if layout.rule_sets().is_empty() {
        return None;
    }
    layout.score_values(values, events, score);
    score.points.first().map(|points| points.total.to_number())
}

/// The name of a snapshot: its lead and its moment.
pub fn snapshot_identity(
    hasher: &mut RowHasher,
    id: &str,
    group: &str,
    as_of: Time,
    label: bool,
) -> RowIdentity {
    hasher.next(Some(group), &[Value::Text(id.into()), Value::Time(as_of)], label)
}

fn builders(view: SchemaView<'_>, names: &[String], rows: usize) -> Vec<SignalBuilder> {
    names
        .iter()
        .map(|name| {
            let kind = view.catalogue.kind(name, view.schema);
            SignalBuilder::new(name, kind.unwrap_or(SignalKind::Text), rows)
        })
        .collect()
}

/// What orders the rows of a table.
fn order(
    table: &Table,
    columns: &Columns,
    by: &str,
    table_rows: &[usize],
) -> Result<Order, TrainError> {
    let of = |values, shown| Order { by: by.to_owned(), values, shown };
    if by == "@row" {
        return Ok(of(table_rows.iter().map(|&row| row as f64).collect(), Shown::Row));
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
        let report = columns.reports.iter().find(|report| report.name == by);
        // The first note says that it is the time of the row, the next why it cannot be.
        let why = match report.and_then(|report| report.notes.get(1)) {
            Some(why) => format!("cannot be read as times: {why}"),
            None => format!(
                "is neither dates nor numbers but a column of kind {}; dates are written like \
                 2024-01-31",
                report.map_or("", |report| report.kind.as_str())
            ),
        };
        return Err(TrainError::data(format!(
            "--time: {by:?} {why}. --time @row says that the rows stand in time order"
        )));
    }
    let mut values = Vec::with_capacity(table_rows.len());
    let mut bad = Vec::new();
    for &row in table_rows {
        match reader.read(column.cell(row)) {
            Ok(Value::Time(time)) => values.push(time.micros() as f64),
            Ok(Value::Number(number)) => values.push(number),
            _ => bad.push((row + 1).to_string()),
        }
    }
    if !bad.is_empty() {
        let dots = if bad.len() > 5 { ", ..." } else { "" };
        return Err(TrainError::data(format!(
            "--time: {by:?} has no time in {} (row {}{dots}); fill it in or remove the rows",
            plural(bad.len(), "row"),
            bad[..bad.len().min(5)].join(", "),
        )));
    }
    let dates = matches!(kind, Kind::Date { .. });
    Ok(of(values, if dates { Shown::Date } else { Shown::Number }))
}
