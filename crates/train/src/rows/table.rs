//! Rows of a table: their names, and the values of the signals. What repeats is read once.

use leadscore_features::{Kind, Mistakes, RawColumn, Snapshot, Table, Value};
use leadscore_model::points::SchemaView;
use leadscore_model::{
    BatchReader, ColumnSignal, IdentityReader, Naming, RowIdentity, Score, Scorer,
};
use rayon::prelude::*;

use super::{builders, points_of, too_large};
use crate::columns::Columns;
use crate::signals::SignalBuilder;
use crate::{SignalColumn, TrainError};

/// Names rows of a table, which have labels, by the inputs.
pub(super) fn identities(
    table: &Table,
    columns: &Columns,
    rows: &[usize],
    labels: &[bool],
) -> Result<Vec<RowIdentity>, TrainError> {
    let inputs = columns.inputs.iter().map(String::as_str);
    let Columns { schema, catalogue, .. } = columns;
    let reader = IdentityReader::new(schema, catalogue, inputs, table, Naming::default())
        .map_err(|e| TrainError::data(e.to_string()))?;
    Ok(reader.names(rows, labels))
}

/// The values of the inputs for rows of a table. They come from the same readers and signals that will
/// score; where cells repeat, from each of them once.
pub(super) fn table_signals(
    table: &Table,
    columns: &Columns,
    rows: &[usize],
) -> Result<Vec<SignalColumn>, TrainError> {
    let Columns { schema, catalogue, inputs, .. } = columns;
    let view = SchemaView { schema, catalogue };
    let layout = columns.layout()?;
    let mut built = builders(view, inputs, rows.len());
    let by_value: Vec<bool> = layout
        .column_signals()
        .par_iter()
        .zip(&mut built)
        .map(|(signal, builder)| {
            let of = signal.as_ref().and_then(|of| Some((of, table.column(of.column())?)));
            let timeless = |of: &ColumnSignal<'_>| {
                layout.as_of_column().is_none() || !matches!(of.reader().kind(), Kind::Date { .. })
            };
            of.filter(|(of, _)| timeless(of))
                .is_some_and(|(of, raw)| extend(builder, of, raw, rows))
        })
        .collect();
    // The others, and whatever cannot be read, row by row.
    let left = inputs.iter().zip(&by_value).filter(|(_, by_value)| !**by_value);
    let left: Vec<String> = left.map(|(name, _)| name.clone()).collect();
    if !left.is_empty() || layout.as_of_column().is_some() {
        let into = built.iter_mut().zip(&by_value).filter(|(_, by_value)| !**by_value);
        read_rows(view, table, &left, rows, into.map(|(builder, _)| builder).collect())?;
    }
    Ok(built.into_iter().map(SignalBuilder::finish).collect())
}

/// Gives a signal its values by those of its column, where these repeat; whether that was done. It is not
/// where a cell cannot be read or is too large, which is told by its row.
fn extend(
    builder: &mut SignalBuilder,
    signal: &ColumnSignal<'_>,
    raw: &RawColumn,
    rows: &[usize],
) -> bool {
    if !matches!(raw, RawColumn::Coded(_)) {
        return false;
    }
    let read = raw.values().cells().map(|cell| signal.reader().read(cell));
    let Ok(read) = read.collect::<Result<Vec<Value<'_>>, _>>() else { return false };
    let values: Vec<Value<'_>> = read.iter().map(|value| signal.evaluate(None, value)).collect();
    if values.iter().any(|value| too_large(("row", 0), "", value).is_some()) {
        return false;
    }
    builder.extend(&values, rows.iter().map(|&row| raw.code(row)));
    true
}

/// The points that the rule set a model leans on gives rows of a table; `None` where it leans on none.
/// Cells that cannot be read were told already.
pub(super) fn table_points(
    table: &Table,
    columns: &Columns,
    rows: &[usize],
) -> Result<Option<Vec<f64>>, TrainError> {
    if columns.towards.is_none() {
        return Ok(None);
    }
    let layout = columns.layout()?;
    let reader = BatchReader::new(&layout, table).map_err(|e| TrainError::data(e.to_string()))?;
    let (mut attributes, mut mistakes) = (Vec::new(), Vec::new());
    let (mut points, mut score) = (Vec::with_capacity(rows.len()), Score::default());
    for &row in rows {
        let as_of = reader.read(row, &mut attributes, &mut mistakes);
        let mut values = Vec::new();
        layout.evaluate(&Snapshot::flat(as_of, &attributes), &mut values);
        points.extend(points_of(&layout, &values, None, &mut score));
    }
    Ok(Some(points))
}

/// The values of some signals, row by row.
fn read_rows(
    view: SchemaView<'_>,
    table: &Table,
    names: &[String],
    rows: &[usize],
    mut builders: Vec<&mut SignalBuilder>,
) -> Result<(), TrainError> {
    let layout = Scorer::of_signals(view, names).map_err(|e| TrainError::data(e.to_string()))?;
    let reader = BatchReader::new(&layout, table).map_err(|e| TrainError::data(e.to_string()))?;
    let (mut attributes, mut mistakes, mut large) = (Vec::new(), Vec::new(), Vec::new());
    for &row in rows {
        let as_of = reader.read(row, &mut attributes, &mut mistakes);
        let mut values = Vec::new();
        layout.evaluate(&Snapshot::flat(as_of, &attributes), &mut values);
        for ((value, builder), name) in values.iter().zip(&mut builders).zip(names) {
            large.extend(too_large(("row", row), name, value));
            builder.push(value);
        }
    }
    let mut all = Mistakes::default();
    all.extend(mistakes.iter().map(ToString::to_string));
    all.extend(large);
    all.check().map_err(TrainError::Data)
}
