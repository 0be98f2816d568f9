//! What became of the leads that are compared.

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
        let conversions = self.conversions();
        conversions.min(self.leads() - conversions) >= LEAST_CONVERSIONS
    }
}
