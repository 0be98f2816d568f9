//! Two rankings of the same leads.

use leadscore_model::evaluate::wilson;
use serde::Serialize;

use crate::rule::newcombe;
use crate::{Band, Draws, Order, Outcomes};

/// Leads that stand together in one of four parts, at every capacity; expected values where ties reach
/// across an edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Part {
    /// The leads.
    pub leads: Vec<f64>,
    /// Conversions among them.
    pub conversions: Vec<f64>,
}

/// What two rankings find among their first leads, and whom both do, at every capacity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Conversions among the first leads of the first less those among the second's.
    pub difference: Band,
    /// Leads that both call.
    pub both: Part,
    /// Leads that only the first calls.
    pub only_first: Part,
    /// Leads that only the second calls.
    pub only_second: Part,
    /// Leads that neither calls.
    pub neither: Part,
}

impl Pair {
    /// Two rankings, by their positions among the orders and the draws.
    pub fn of(
        outcomes: &Outcomes,
        orders: &[Order],
        [first, second]: [usize; 2],
        capacities: &[usize],
        draws: Option<&Draws>,
    ) -> Self {
        let (a, b) = (&orders[first], &orders[second]);
        let found = [a, b].map(|order| order.conversions(outcomes, capacities));
        let values: Vec<f64> = found[0].iter().zip(&found[1]).map(|(a, b)| a - b).collect();
        // Of one ranking under two names no sample can differ.
        let same = a.ranks_as(b);
        let interval = draws.map(|draws| {
            let found = &found;
            move |at: usize| {
                let ends = draws.difference(first, second, at);
                if same {
                    return ends;
                }
                or_independent(ends, [found[0][at], found[1][at]], capacities[at], outcomes)
            }
        });
        let mut pair = Self {
            difference: Band::new(values, interval),
            both: Part::default(),
            only_first: Part::default(),
            only_second: Part::default(),
            neither: Part::default(),
        };
        // By their places: sums in the order of the rows would show it in their last digit.
        let mut leads: Vec<usize> = (0..outcomes.leads()).collect();
        let place = |lead: &usize| (a.run(*lead), b.run(*lead), outcomes.converted()[*lead]);
        leads.sort_unstable_by_key(place);
        for capacity in capacities {
            pair.push_parts(outcomes, &leads, [a, b], *capacity);
        }
        pair
    }

    fn push_parts(
        &mut self,
        outcomes: &Outcomes,
        leads: &[usize],
        [a, b]: [&Order; 2],
        capacity: usize,
    ) {
        // Both, the first alone, the second alone, neither: leads and conversions.
        let mut parts = [[0.0; 2]; 4];
        for lead in leads {
            let converted = outcomes.converted()[*lead];
            let (p, q) = (a.chance(*lead, capacity), b.chance(*lead, capacity));
            let shares = [p * q, p * (1.0 - q), (1.0 - p) * q, (1.0 - p) * (1.0 - q)];
            for (part, share) in parts.iter_mut().zip(shares) {
                part[0] += share;
                part[1] += if converted { share } else { 0.0 };
            }
        }
        let of = [&mut self.both, &mut self.only_first, &mut self.only_second, &mut self.neither];
        for (part, [leads, conversions]) in of.into_iter().zip(parts) {
            part.leads.push(leads);
            part.conversions.push(conversions);
        }
    }
}

/// The ends that samples give; where all samples agree though rankings could have found more or less,
/// which says nothing of how far that varies, those of two independent rates: of the leads called, or of
/// those left out where they are fewer, since what one finds more the other leaves out.
pub(crate) fn or_independent(
    [low, high]: [f64; 2],
    found: [f64; 2],
    first: usize,
    outcomes: &Outcomes,
) -> [f64; 2] {
    let left = outcomes.leads().saturating_sub(first);
    if low < high || left == 0 {
        return [low, high];
    }
    let all = outcomes.conversions() as f64;
    let (leads, [a, b]) =
        if left < first { (left, [all - found[1], all - found[0]]) } else { (first, found) };
    let rates = [a, b].map(|conversions| wilson(conversions.round() as usize, leads));
    let [Some(a), Some(b)] = rates else { return [low, high] };
    let difference = newcombe(a, b);
    [difference.low * leads as f64, difference.high * leads as f64]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_nearly_all_cannot_differ_by_more_than_is_left() {
        let converted: Vec<bool> = (0..200).map(|lead| lead % 8 == 0).collect();
        let outcomes = Outcomes::new(&converted, None);
        let [low, high] = or_independent([0.0, 0.0], [25.0, 25.0], 199, &outcomes);
        assert!((-1.0..0.0).contains(&low) && high > 0.0 && high <= 1.0, "{low} {high}");
        assert_eq!(or_independent([0.0, 0.0], [25.0, 25.0], 200, &outcomes), [0.0, 0.0]);
        // The first two converted by both: two of two against two of two.
        let [low, high] = or_independent([0.0, 0.0], [2.0, 2.0], 2, &outcomes);
        assert!(low < -1.0 && high > 1.0, "{low} {high}");
        assert_eq!(or_independent([-1.0, 2.0], [3.0, 2.0], 9, &outcomes), [-1.0, 2.0]);
    }
}
