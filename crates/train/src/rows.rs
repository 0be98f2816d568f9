//! The rows that have an outcome: reading, splitting, fitting and scoring them.

use leadscore_features::{Kind, Mistakes, Role, SignalKind, Snapshot, Table, Time, Value};
use leadscore_model::bundle::{ProbabilityBands, SolverRecord, SplitRule};
use leadscore_model::points::SchemaView;
use leadscore_model::{
    BatchReader, ColumnMismatch, Fitted, IdentityReader, Logistic, RowIdentity, Score, Scorer,
    SlotWeight, Sources,
};

use crate::columns::Columns;
use crate::signals::SignalBuilder;
use crate::split::{Split, newest, stratified};
use crate::target::Labels;
use crate::{
    Design, NewtonOptions, SignalColumn, Solver, TrainError, TrainOptions, fit_encoder, fit_linfa,
    fit_newton,
};

/// Numbers beyond this cannot be squared and summed.
const LARGEST_NUMBER: f64 = 1e100;

pub(crate) fn pick<T: Copy>(values: &[T], indices: &[usize]) -> Vec<T> {
    indices.iter().map(|&i| values[i]).collect()
}

/// The rows that have an outcome, in file order; all vectors are parallel.
pub(crate) struct Rows {
    /// The row of the table, 0-based.
    table_rows: Vec<usize>,
    pub(crate) labels: Vec<bool>,
    pub(crate) identities: Vec<RowIdentity>,
    pub(crate) signals: Vec<SignalColumn>,
}

impl Rows {
    pub(crate) fn read(
        table: &Table,
        columns: &Columns,
        labels: &Labels,
    ) -> Result<Self, TrainError> {
        // Values come from the same scorer that will score: an encoder without a fitted state is
        // enough to say which columns are looked at.
        let Columns { schema, catalogue, inputs, .. } = columns;
        let layout = Scorer::of_signals(SchemaView { schema, catalogue }, inputs)
            .map_err(|e| TrainError::data(e.to_string()))?;
        let mismatch = |e: ColumnMismatch| TrainError::data(e.to_string());
        let reader = BatchReader::new(&layout, table).map_err(mismatch)?;
        let mut identity =
            IdentityReader::new(schema, catalogue, inputs.iter().map(String::as_str), table)
                .map_err(mismatch)?;
        let mut builders: Vec<SignalBuilder> = inputs
            .iter()
            .map(|name| {
                let kind = catalogue.kind(name, schema);
                SignalBuilder::new(name, kind.unwrap_or(SignalKind::Text), table.rows())
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
        let mut all = Mistakes::default();
        all.extend(mistakes.iter().map(ToString::to_string));
        all.extend(too_large);
        all.check().map_err(TrainError::Data)?;
        rows.signals = builders.into_iter().map(SignalBuilder::finish).collect();
        Ok(rows)
    }

    /// Splits into training and held-out rows, as positions in the vectors.
    pub(crate) fn split(
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

    pub(crate) fn fit(
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
    pub(crate) fn score(
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
