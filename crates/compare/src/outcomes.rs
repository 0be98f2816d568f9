//! What became of the leads that are compared.

use leadscore_model::evaluate::Interval;
use serde::Serialize;

/// Where fewer leads converted, or fewer did not, samples of them do not tell how far figures vary.
pub const LEAST_CONVERSIONS: usize = 10;

/// What became of the leads, and which of them go together.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcomes {
    converted: Vec<bool>,
    /// The unit of each lead; units are numbered from 0 without gaps.
    units: Vec<u32>,
    /// Leads of each unit, and conversions among them.
    sizes: Vec<[u32; 2]>,
}

impl Outcomes {
    /// The outcomes of leads. Those of one group (rows of one lead, leads of one account) are sampled
    /// together; without groups, each stands alone. Units stand in the order of the groups' numbers, so
    /// where those are hashes, samples do not hang on the order of the leads.
    ///
    /// # Panics
    /// When the slices differ in length.
    pub fn new(converted: &[bool], groups: Option<&[u64]>) -> Self {
        let units = match groups {
            None => (0..converted.len() as u32).collect(),
            Some(groups) => {
                assert_eq!(groups.len(), converted.len(), "a group for each lead");
                let mut known = groups.to_vec();
                known.sort_unstable();
                known.dedup();
                let number = |group: &u64| known.partition_point(|known| known < group) as u32;
                groups.iter().map(number).collect()
            }
        };
        Self::of_units(converted.to_vec(), units)
    }

    fn of_units(converted: Vec<bool>, units: Vec<u32>) -> Self {
        let count = units.iter().max().map_or(0, |last| *last as usize + 1);
        let mut sizes = vec![[0; 2]; count];
        for (unit, converted) in units.iter().zip(&converted) {
            let size = &mut sizes[*unit as usize];
            size[0] += 1;
            size[1] += u32::from(*converted);
        }
        Self { converted, units, sizes }
    }

    /// The same of some of the leads.
    pub fn of(&self, leads: &[usize]) -> Self {
        let converted: Vec<bool> = leads.iter().map(|lead| self.converted[*lead]).collect();
        let groups: Vec<u64> = leads.iter().map(|lead| u64::from(self.units[*lead])).collect();
        Self::new(&converted, Some(&groups))
    }

    /// How many leads there are.
    pub fn leads(&self) -> usize {
        self.converted.len()
    }

    /// How many of them converted.
    pub fn conversions(&self) -> usize {
        self.sizes.iter().map(|size| size[1] as usize).sum()
    }

    /// Whether each converted.
    pub fn converted(&self) -> &[bool] {
        &self.converted
    }

    /// The unit that each lead is sampled with.
    pub fn units(&self) -> &[u32] {
        &self.units
    }

    /// Leads of each unit, and conversions among them.
    pub(crate) fn sizes(&self) -> &[[u32; 2]] {
        &self.sizes
    }

    /// The number of units, where leads go together.
    pub fn groups(&self) -> Option<usize> {
        (self.sizes.len() < self.converted.len()).then_some(self.sizes.len())
    }

    /// Whether so many converted, and did not, that samples tell how far figures vary.
    pub fn are_enough(&self) -> bool {
        self.too_few().is_none()
    }

    /// The outcome of which there are fewer than [`LEAST_CONVERSIONS`]: whether those are the leads that
    /// converted, of both the fewer. `None` where there are enough.
    pub fn too_few(&self) -> Option<bool> {
        let conversions = self.conversions();
        let others = self.leads() - conversions;
        (conversions.min(others) < LEAST_CONVERSIONS).then_some(conversions <= others)
    }

    /// A figure of these leads with the ends of its interval, where there are enough leads of both
    /// outcomes: DeLong's variance of fewer says nothing.
    pub fn estimate(&self, found: Interval) -> Estimate {
        let ends = self.are_enough().then_some((found.low, found.high));
        Estimate { value: found.value, low: ends.map(|ends| ends.0), high: ends.map(|ends| ends.1) }
    }
}

/// A figure, with the ends of its interval of 95 % where there are enough leads for one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_outcome_there_is_too_little_of() {
        let of = |converted: usize, others: usize| {
            let labels: Vec<bool> = (0..converted + others).map(|lead| lead < converted).collect();
            Outcomes::new(&labels, None)
        };
        assert_eq!(of(9, 30).too_few(), Some(true));
        assert_eq!(of(30, 9).too_few(), Some(false));
        assert_eq!(of(4, 2).too_few(), Some(false));
        assert_eq!(of(10, 10).too_few(), None);
        let found = Interval { value: 0.7, low: 0.6, high: 0.8 };
        assert_eq!(of(10, 10).estimate(found).high, Some(0.8));
        let without = Estimate { value: 0.7, low: None, high: None };
        assert_eq!(of(30, 9).estimate(found), without);
    }
}
