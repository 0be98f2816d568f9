//! One ranking: what it finds among its first leads.

use leadscore_model::evaluate::wilson;
use serde::Serialize;

use crate::{Draws, Order, Outcomes};

/// A figure at every capacity, with the ends of its interval of 95 % where there are enough leads for
/// one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Band {
    /// The figure.
    pub value: Vec<f64>,
    /// The lower ends.
    pub low: Option<Vec<f64>>,
    /// The upper ends.
    pub high: Option<Vec<f64>>,
}

impl Band {
    /// A figure with its intervals, where there are any.
    pub(crate) fn new(value: Vec<f64>, interval: Option<impl Fn(usize) -> [f64; 2]>) -> Self {
        let Some(interval) = interval else { return Self { value, low: None, high: None } };
        // Linear interpolation can put an end a rounding beyond the figure.
        let (low, high) = value
            .iter()
            .enumerate()
            .map(|(at, value)| (interval(at)[0].min(*value), interval(at)[1].max(*value)))
            .unzip();
        Self { value, low: Some(low), high: Some(high) }
    }

    fn scaled(&self, by: impl Fn(usize) -> f64) -> Self {
        let each =
            |values: &Vec<f64>| values.iter().enumerate().map(|(at, v)| v * by(at)).collect();
        Self {
            value: each(&self.value),
            low: self.low.as_ref().map(each),
            high: self.high.as_ref().map(each),
        }
    }
}

/// What a ranking finds among its first leads, at every capacity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// Conversions; fractions where a tie reaches across the edge.
    pub conversions: Band,
    /// Conversions over the leads called.
    pub precision: Band,
    /// Conversions over all conversions; `None` where nothing converted.
    pub recall: Option<Band>,
    /// Precision over the conversion rate of all leads; `None` where nothing converted.
    pub lift: Option<Band>,
    /// The score of the last lead.
    pub threshold: Vec<f64>,
    /// The leads that have that score or a higher one.
    pub reach: Vec<usize>,
    /// The leads that have a higher one: where more reach the score than are called, so many are called
    /// for sure, and the others are drawn from those that have just that score.
    pub above: Vec<usize>,
}

impl Curve {
    /// The curve of a ranking, whose samples are those of position `ranking` among the draws. Where
    /// every sample finds all or none, which says nothing of how far that varies, the interval is
    /// Wilson's.
    pub fn of(
        outcomes: &Outcomes,
        (order, ranking): (&Order, usize),
        capacities: &[usize],
        draws: Option<&Draws>,
    ) -> Self {
        let found = order.conversions(outcomes, capacities);
        let interval = draws.map(|draws| {
            let found = &found;
            move |at: usize| of_counts(draws.conversions(ranking, at), found[at], capacities[at])
        });
        let conversions = Band::new(found.clone(), interval);
        let total = outcomes.conversions() as f64;
        let all = outcomes.leads() as f64;
        let recall = (total > 0.0).then(|| {
            let values = found.iter().map(|found| found / total).collect();
            Band::new(values, draws.map(|draws| move |at| draws.recall(ranking, at)))
        });
        let thresholds = capacities.iter().filter_map(|first| order.threshold(*first));
        let (threshold, reach): (Vec<f64>, Vec<usize>) = thresholds.unzip();
        let above = threshold.iter().map(|score| order.above(*score)).collect();
        Self {
            precision: conversions.scaled(|at| 1.0 / capacities[at] as f64),
            lift: recall.as_ref().map(|recall| recall.scaled(|at| all / capacities[at] as f64)),
            conversions,
            recall,
            threshold,
            reach,
            above,
        }
    }
}

/// The interval of a number of conversions among so many leads.
fn of_counts([low, high]: [f64; 2], found: f64, leads: usize) -> [f64; 2] {
    if low < high || (found > 0.0 && found < leads as f64) {
        return [low, high];
    }
    wilson(found as usize, leads)
        .map_or([low, high], |rate| [rate.low * leads as f64, rate.high * leads as f64])
}
