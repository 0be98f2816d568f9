//! How well a signal tells the outcome by itself. One that does so very well looks as if it was
//! filled in after the outcome; that is a reason to ask, and no evidence.

use leadscore_model::evaluate::{Interval, auc, wilson};

use crate::rules::bins::Binned;
use crate::{SignalColumn, SignalData};

/// A signal that ranks leads this well by itself, its interval's lower end at least, is strong.
const STRONG_AUC: f64 = 0.8;
/// So is a value of which this share converted, its interval's lower end at least, ...
const STRONG_RATE: f64 = 0.9;
/// ... where it converts so many times as often as all leads.
const STRONG_RATIO: f64 = 2.0;

/// A signal that tells the outcome very well by itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strong {
    /// How well it ranks leads.
    pub(crate) auc: Option<Interval>,
    /// The bin that nearly always converts, by its position, and how often; `None` where the signal
    /// as a whole is strong.
    pub(crate) bin: Option<(usize, Interval)>,
}

/// Whether a signal tells the outcome so well that it may have been filled in after it. `binned` is
/// made of the same rows.
pub(crate) fn strong(signal: &SignalColumn, binned: &Binned, labels: &[bool]) -> Option<Strong> {
    let auc = alone(signal, binned, labels);
    if auc.is_some_and(|auc| auc.low >= STRONG_AUC) {
        return Some(Strong { auc, bin: None });
    }
    let mut converted = vec![0; binned.bins.len()];
    for (code, label) in binned.codes.iter().zip(labels) {
        converted[*code as usize] += usize::from(*label);
    }
    let all = converted.iter().sum::<usize>() as f64 / labels.len().max(1) as f64;
    let nearly_always = |(bin, (converted, count)): (usize, (&usize, &usize))| {
        let rate = wilson(*converted, *count)?;
        let often = rate.low >= STRONG_RATE && rate.value >= STRONG_RATIO * all;
        often.then_some((*count, bin, rate))
    };
    let bins = converted.iter().zip(&binned.counts).enumerate().filter_map(nearly_always);
    let (_, bin, rate) = bins.max_by_key(|(count, ..)| *count)?;
    Some(Strong { auc, bin: Some((bin, rate)) })
}

/// The AUC of a signal alone: a number as it is, or, where that is surely better, by the conversion
/// rates of its bins.
pub(crate) fn alone(signal: &SignalColumn, binned: &Binned, labels: &[bool]) -> Option<Interval> {
    let by_rates = auc(&crossed_rates(binned, labels), labels);
    let as_it_is = ranks(signal).and_then(|ranks| {
        let falling: Vec<f64> = ranks.iter().map(|rank| -rank).collect();
        better(auc(&ranks, labels), auc(&falling, labels))
    });
    better(by_rates, as_it_is)
}

/// The ranking that is surely better.
fn better(a: Option<Interval>, b: Option<Interval>) -> Option<Interval> {
    a.into_iter().chain(b).max_by(|a, b| a.low.total_cmp(&b.low))
}

/// A number as it ranks leads; a lead that has none stands in the middle. Six ranges of a number
/// tell less than the number does.
fn ranks(signal: &SignalColumn) -> Option<Vec<f64>> {
    let SignalData::Number(numbers) = &signal.data else { return None };
    let mut known: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
    known.sort_unstable_by(f64::total_cmp);
    let middle = *known.get(known.len() / 2)?;
    Some(numbers.iter().map(|number| if number.is_nan() { middle } else { *number }).collect())
}

/// For each row the conversion rate of its bin among the rows that stand at the other places, odd or
/// even: its own outcome is not in it, so that many small bins tell nothing by chance.
fn crossed_rates(binned: &Binned, labels: &[bool]) -> Vec<f64> {
    let mut counts = vec![[(0_usize, 0_usize); 2]; binned.bins.len()];
    for (row, (code, label)) in binned.codes.iter().zip(labels).enumerate() {
        let (obtained, won) = &mut counts[*code as usize][row % 2];
        *obtained += 1;
        *won += usize::from(*label);
    }
    let all = labels.iter().filter(|label| **label).count() as f64 / labels.len().max(1) as f64;
    let rate = |(row, code): (usize, &u32)| {
        let (obtained, won) = counts[*code as usize][1 - row % 2];
        (won as f64 + all) / (obtained as f64 + 1.0)
    };
    binned.codes.iter().enumerate().map(rate).collect()
}
