//! Orders that go against the data: a signal that must rise although it falls is held level, and says nothing.

use leadscore_model::Fitted;
use leadscore_model::bundle::MonotoneRecord;
use leadscore_model::evaluate::spearman;

use crate::columns::Columns;
use crate::recipe::Recipe;
use crate::rows::Rows;
use crate::{SignalData, TrainError};

/// Rows at most that the way of a signal is told by.
const MOST_ROWS: usize = 5_000;
/// Without the order its part goes the other way, by a rank correlation of this at least ...
const OTHER_WAY: f64 = 0.5;
/// ... and moves rows by this on average, in log-odds, ...
const LEAST_PART: f64 = 0.05;
/// ... of which the order leaves no more than this share.
const LEFT: f64 = 0.25;

/// The signals of a model of the training rows that must go one way and go the other by the data; `None` where
/// there are no such signals.
///
/// # Errors
/// [`TrainError`] when that model cannot be fitted.
pub(crate) fn against(
    rows: &Rows,
    columns: &Columns,
    training: &[usize],
    (recipe, held): (&Recipe, &Fitted),
) -> Result<Option<Vec<MonotoneRecord>>, TrainError> {
    let monotone = rows.monotone_inputs();
    if monotone.is_empty() {
        return Ok(None);
    }
    let free = rows.fit_free(training, recipe)?.fitted;
    let step = training.len().div_ceil(MOST_ROWS).max(1);
    let some: Vec<usize> = training.iter().copied().step_by(step).collect();
    let parts_of = |fitted: &Fitted| -> Result<Vec<Vec<f64>>, TrainError> {
        let names: Vec<&str> = fitted.encoder.signals().collect();
        let places: Vec<Option<usize>> =
            monotone.iter().map(|of| names.iter().position(|name| *name == of.signal)).collect();
        let mut parts = vec![Vec::with_capacity(some.len()); monotone.len()];
        rows.score_each(columns, fitted, &some, |_, _, score| {
            for (parts, place) in parts.iter_mut().zip(&places) {
                parts.push(place.map_or(0.0, |place| score.parts[place]));
            }
        })?;
        Ok(parts)
    };
    let (of_held, of_free) = (parts_of(held)?, parts_of(&free)?);
    let goes_against = |(of, (held, free)): &(MonotoneRecord, (Vec<f64>, Vec<f64>))| {
        let signal = rows.signals.iter().find(|signal| signal.name == of.signal);
        let Some(SignalData::Number(values)) = signal.map(|signal| &signal.data) else {
            return false;
        };
        let known: Vec<usize> = (0..some.len()).filter(|&at| !values[some[at]].is_nan()).collect();
        let numbers: Vec<f64> = known.iter().map(|&at| values[some[at]]).collect();
        let of_known = |parts: &[f64]| -> Vec<f64> { known.iter().map(|&at| parts[at]).collect() };
        let (held, free) = (of_known(held), of_known(free));
        let way = spearman(&numbers, &free).unwrap_or(0.0);
        let other_way = if of.increasing { way <= -OTHER_WAY } else { way >= OTHER_WAY };
        other_way && is_level(&held, &free)
    };
    let each = monotone.iter().cloned().zip(of_held.into_iter().zip(of_free));
    let found: Vec<MonotoneRecord> = each.filter(goes_against).map(|(of, _)| of).collect();
    Ok((!found.is_empty()).then_some(found))
}

/// Whether an order leaves about nothing of what a signal gives rows without it.
pub(crate) fn is_level(held: &[f64], free: &[f64]) -> bool {
    spread(free) >= LEAST_PART && spread(held) <= LEFT * spread(free)
}

/// By how much parts are off their mean, on average.
fn spread(parts: &[f64]) -> f64 {
    let count = parts.len().max(1) as f64;
    let mean = parts.iter().sum::<f64>() / count;
    parts.iter().map(|part| (part - mean).abs()).sum::<f64>() / count
}
