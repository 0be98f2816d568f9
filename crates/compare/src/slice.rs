//! Parts of the leads (a month, an industry): what rankings find within them.

use leadscore_model::evaluate::{Interval, top_size, wilson};
use serde::Serialize;

use crate::pair::or_independent;
use crate::{Bootstrap, Draws, Order, Outcomes};

/// The share of a slice that is called.
const CALLED: f64 = 0.2;

/// What the outcomes say of two rankings in a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SliceVerdict {
    /// The first finds more, beyond chance.
    First,
    /// The second does.
    Second,
    /// It cannot be told from chance.
    Unclear,
    /// Too few leads converted, or did not.
    TooFew,
}

/// A part of the leads, and what every ranking finds there.
#[derive(Clone, Debug)]
pub struct Slice {
    /// The value that they have in common; `None`: it is missing.
    pub value: Option<String>,
    /// The leads.
    pub leads: usize,
    /// Conversions among them.
    pub conversions: usize,
    /// Their conversion rate.
    pub rate: Option<Interval>,
    /// Those called: a fifth.
    pub k: usize,
    /// The conversions that each ranking finds among the first `k`.
    pub found: Vec<f64>,
    outcomes: Outcomes,
    orders: Vec<Order>,
    draws: Option<Draws>,
}

/// A slice as two rankings see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SliceOf {
    /// The value that the leads have in common; `None`: it is missing.
    pub value: Option<String>,
    /// The leads.
    pub leads: usize,
    /// Conversions among them.
    pub conversions: usize,
    /// Their conversion rate.
    pub rate: Option<Interval>,
    /// Their mean probability by the first ranking, where it is a model.
    pub mean_probability: Option<f64>,
    /// Those called: a fifth.
    pub k: usize,
    /// Conversions among the first `k` by the first ranking.
    pub first: f64,
    /// And by the second.
    pub second: f64,
    /// The first less the second; `None` where there are too few.
    pub difference: Option<Interval>,
    /// What that says.
    pub verdict: SliceVerdict,
}

/// The leads of each value, in the order of the values.
pub fn slices(
    values: &[(Option<String>, Vec<usize>)],
    outcomes: &Outcomes,
    scores: &[&[f64]],
    bootstrap: Bootstrap,
) -> Vec<Slice> {
    let slice = |(value, leads): &(Option<String>, Vec<usize>)| {
        let outcomes = outcomes.of(leads);
        let of = |scores: &&[f64]| leads.iter().map(|lead| scores[*lead]).collect::<Vec<f64>>();
        let orders: Vec<Order> = scores.iter().map(|scores| Order::of(&of(scores))).collect();
        let k = top_size(leads.len(), CALLED);
        let found = orders.iter().map(|order| order.conversions(&outcomes, &[k])[0]).collect();
        let conversions = outcomes.conversions();
        Slice {
            value: value.clone(),
            leads: leads.len(),
            conversions,
            rate: wilson(conversions, leads.len()),
            k,
            found,
            draws: Draws::new(&outcomes, &orders, &[k], bootstrap),
            outcomes,
            orders,
        }
    };
    values.iter().filter(|(_, leads)| !leads.is_empty()).map(slice).collect()
}

impl Slice {
    /// The slice as two rankings see it, by their positions.
    pub fn of_pair(&self, [first, second]: [usize; 2], mean_probability: Option<f64>) -> SliceOf {
        let found = [self.found[first], self.found[second]];
        let value = found[0] - found[1];
        let difference = self.draws.as_ref().map(|draws| {
            let ends = draws.difference(first, second, 0);
            let same = self.orders[first].ranks_as(&self.orders[second]);
            let [low, high] = match same {
                true => ends,
                false => or_independent(ends, found, self.k, &self.outcomes),
            };
            Interval { value, low: low.min(value), high: high.max(value) }
        });
        let verdict = match difference {
            None => SliceVerdict::TooFew,
            Some(found) if found.low > 0.0 => SliceVerdict::First,
            Some(found) if found.high < 0.0 => SliceVerdict::Second,
            Some(_) => SliceVerdict::Unclear,
        };
        SliceOf {
            value: self.value.clone(),
            leads: self.leads,
            conversions: self.conversions,
            rate: self.rate,
            mean_probability,
            k: self.k,
            first: found[0],
            second: found[1],
            difference,
            verdict,
        }
    }
}
