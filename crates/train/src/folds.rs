//! Folds of the training rows: what choices are made by, and what shows how far figures vary. A
//! group (a lead, an account) never stands on both sides of one.

use std::collections::{BTreeMap, HashMap};

use leadscore_model::bundle::FoldRule;

use crate::LEAST_OF_EACH_CLASS;
use crate::split::dealt;
use crate::weights::weight_of;

/// What rows are dealt into folds by; slices are parallel to the rows.
#[derive(Clone, Copy, Debug)]
pub struct Dealing<'r> {
    /// What must not be parted: the lead or the account of each row.
    pub groups: &'r [u64],
    /// The moment of each row, where rows are held out by time.
    pub moments: Option<Moments<'r>>,
    /// The seed of folds at random.
    pub seed: u64,
}

/// When rows were, in any unit.
#[derive(Clone, Copy, Debug)]
pub struct Moments<'r> {
    /// The moment of each row.
    pub of_rows: &'r [f64],
    /// How long after its moment the outcome of a row is known.
    pub gap: f64,
}

/// Rows in folds. Each fold is tested on some rows and fitted to others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Folds {
    /// The class of each row. Rows of a class are fitted to and tested on in the same folds, so
    /// that sums are made by class.
    pub(crate) class: Vec<usize>,
    /// How many classes there are.
    pub(crate) classes: usize,
    /// The folds.
    pub(crate) folds: Vec<Fold>,
    /// How they were made.
    pub(crate) rule: FoldRule,
}

/// One fold: for each class, whether it is on a side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fold {
    pub(crate) fitted: Vec<bool>,
    pub(crate) tested: Vec<bool>,
}

impl Folds {
    /// Deals rows into folds: by time where rows have one and there is enough of it, else at
    /// random.
    pub(crate) fn new(labels: &[bool], dealing: Dealing<'_>, count: usize) -> Self {
        let by_time = dealing
            .moments
            .and_then(|moments| Self::forward(labels, dealing.groups, moments, count));
        by_time.unwrap_or_else(|| Self::at_random(labels, dealing.groups, count, dealing.seed))
    }

    /// Every row is tested on once, fitted to the others; each fold has its share of both classes.
    fn at_random(labels: &[bool], groups: &[u64], count: usize, seed: u64) -> Self {
        let side = |fold: usize, inside: bool| -> Vec<bool> {
            (0..count).map(|class| (class == fold) == inside).collect()
        };
        let folds = (0..count).map(|k| Fold { fitted: side(k, false), tested: side(k, true) });
        Self {
            class: dealt(labels, groups, count, seed),
            classes: count,
            folds: folds.collect(),
            rule: FoldRule::Random,
        }
    }

    /// Blocks of time of about as many rows each; a fold is tested on one of them and fitted to
    /// those before, as far as their outcomes were known when it begins: what a model meets, and
    /// the rule by which the newest rows are held out (R. Hyndman, G. Athanasopoulos, Forecasting:
    /// Principles and Practice, section 5.10). A group stands whole where its last row does.
    /// `None` where fewer than two folds have enough of both classes to learn from.
    fn forward(
        labels: &[bool],
        groups: &[u64],
        moments: Moments<'_>,
        count: usize,
    ) -> Option<Self> {
        let mut last: HashMap<u64, f64> = HashMap::with_capacity(groups.len());
        for (group, &moment) in groups.iter().zip(moments.of_rows) {
            let last = last.entry(*group).or_insert(moment);
            *last = last.max(moment);
        }
        let stands: Vec<f64> = groups.iter().map(|group| last[group]).collect();
        let begins = edges(&stands, count + 1);
        // By the block that a row stands in, and the first block that begins when its outcome is
        // known: of rows of one class both are the same.
        let of_row = |(stands, moment): (&f64, &f64)| {
            let block = begins.partition_point(|begin| begin <= stands);
            let known = begins.partition_point(|begin| *begin < moment + moments.gap) + 1;
            (block, known.max(block + 1))
        };
        let places: Vec<(usize, usize)> = stands.iter().zip(moments.of_rows).map(of_row).collect();
        let mut counts: BTreeMap<(usize, usize), [usize; 2]> = BTreeMap::new();
        for (place, &label) in places.iter().zip(labels) {
            counts.entry(*place).or_default()[usize::from(label)] += 1;
        }
        let folds: Vec<Fold> = (1..=begins.len())
            .map(|block| Fold {
                fitted: counts.keys().map(|(_, known)| *known <= block).collect(),
                tested: counts.keys().map(|(stands, _)| *stands == block).collect(),
            })
            .filter(|fold| {
                let sum = |class: usize| -> usize {
                    let of = counts.values().zip(&fold.fitted).filter(|(_, fitted)| **fitted);
                    of.map(|(count, _)| count[class]).sum()
                };
                sum(0).min(sum(1)) >= LEAST_OF_EACH_CLASS
            })
            .collect();
        let classes: HashMap<(usize, usize), usize> =
            counts.keys().enumerate().map(|(class, place)| (*place, class)).collect();
        (folds.len() >= 2).then(|| Self {
            class: places.iter().map(|place| classes[place]).collect(),
            classes: counts.len(),
            folds,
            rule: FoldRule::Forward,
        })
    }

    /// The rows that a fold is fitted to, as positions.
    pub(crate) fn fitted(&self, fold: &Fold) -> Vec<usize> {
        (0..self.class.len()).filter(|&row| fold.fitted[self.class[row]]).collect()
    }

    /// The rows that a fold is tested on, as positions.
    pub(crate) fn tested(&self, fold: &Fold) -> Vec<usize> {
        (0..self.class.len()).filter(|&row| fold.tested[self.class[row]]).collect()
    }

    /// What the rows count for that are tested on, by their weights; none where each counts once.
    pub(crate) fn mass_tested(&self, weights: &[f64]) -> f64 {
        let is_tested = |class: usize| self.folds.iter().any(|fold| fold.tested[class]);
        let tested: Vec<bool> = (0..self.classes).map(is_tested).collect();
        let rows = self.class.iter().enumerate().filter(|(_, class)| tested[**class]);
        rows.map(|(row, _)| weight_of(weights, row)).sum()
    }
}

/// Where all runs but the first begin, when moments are cut into so many of about as many rows.
/// Equal moments stay together, so there can be fewer.
fn edges(moments: &[f64], runs: usize) -> Vec<f64> {
    let mut sorted = moments.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let starts: Vec<usize> = (1..sorted.len()).filter(|&i| sorted[i - 1] < sorted[i]).collect();
    let mut begins: Vec<f64> = (1..runs)
        .filter_map(|run| {
            let wanted = run * sorted.len() / runs;
            starts.iter().min_by_key(|start| start.abs_diff(wanted)).map(|&start| sorted[start])
        })
        .collect();
    begins.dedup();
    begins
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forward(moments: &[f64], gap: f64, groups: &[u64], labels: &[bool]) -> Option<Folds> {
        Folds::forward(labels, groups, Moments { of_rows: moments, gap }, 5)
    }

    #[test]
    fn blocks_are_tested_by_what_came_before() {
        let moments: Vec<f64> = (0..600).map(f64::from).collect();
        let groups: Vec<u64> = (0..600).collect();
        let labels: Vec<bool> = (0..600).map(|i| i % 4 == 0).collect();
        let folds = forward(&moments, 0.0, &groups, &labels).unwrap();
        assert_eq!((folds.folds.len(), folds.classes, folds.mass_tested(&[])), (5, 6, 500.0));
        for (index, fold) in folds.folds.iter().enumerate() {
            let begins = 100 * (index + 1);
            assert_eq!(folds.fitted(fold), (0..begins).collect::<Vec<_>>());
            assert_eq!(folds.tested(fold), (begins..begins + 100).collect::<Vec<_>>());
        }
        // What was not known when a block begins is not fitted to, but counts for later ones.
        let folds = forward(&moments, 150.0, &groups, &labels).unwrap();
        let fitted: Vec<usize> = folds.folds.iter().map(|fold| folds.fitted(fold).len()).collect();
        assert_eq!(fitted, [51, 151, 251, 351]);
    }

    #[test]
    fn without_enough_time_folds_are_at_random() {
        let groups: Vec<u64> = (0..600).collect();
        let labels: Vec<bool> = (0..600).map(|i| i % 4 == 0).collect();
        let moments: Vec<f64> = (0..600).map(|i| f64::from(i / 300)).collect();
        assert!(forward(&moments, 0.0, &groups, &labels).is_none());
        assert!(forward(&[3.0; 600], 0.0, &groups, &labels).is_none());
        // Nothing converts before the last quarter.
        let late: Vec<bool> = (0..600).map(|i| i > 450 && i % 2 == 0).collect();
        let moments: Vec<f64> = (0..600).map(f64::from).collect();
        assert!(forward(&moments, 0.0, &groups, &late).is_none());
        let of_rows = moments.as_slice();
        let moments = Some(Moments { of_rows, gap: 0.0 });
        let folds = Folds::new(&late, Dealing { groups: &groups, moments, seed: 0 }, 5);
        assert_eq!((folds.rule, folds.mass_tested(&[])), (FoldRule::Random, 600.0));
    }

    proptest! {
        #[test]
        fn nobody_is_on_both_sides_and_the_past_is_the_past(
            rows in prop::collection::vec((0u64..60, 0u32..400, prop::bool::ANY), 100..400),
            gap in 0u32..80,
        ) {
            let groups: Vec<u64> = rows.iter().map(|row| row.0).collect();
            let moments: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            let labels: Vec<bool> = rows.iter().map(|row| row.2).collect();
            let gap = f64::from(gap);
            if let Some(folds) = forward(&moments, gap, &groups, &labels) {
                for fold in &folds.folds {
                    let (fitted, tested) = (folds.fitted(fold), folds.tested(fold));
                    prop_assert!(!fitted.is_empty() && !tested.is_empty());
                    let of = |rows: &[usize]| {
                        rows.iter().map(|&r| groups[r]).collect::<std::collections::HashSet<_>>()
                    };
                    prop_assert!(of(&fitted).is_disjoint(&of(&tested)));
                    // A group stands where its last row does: that is what is later.
                    let last = |row: usize| {
                        let same = (0..rows.len()).filter(|&r| groups[r] == groups[row]);
                        same.map(|r| moments[r]).fold(0.0, f64::max)
                    };
                    let begins = tested.iter().map(|&r| last(r)).fold(f64::INFINITY, f64::min);
                    prop_assert!(fitted.iter().all(|&r| moments[r] + gap <= begins));
                    prop_assert!(fitted.iter().all(|&r| last(r) < begins));
                }
            }
        }
    }
}
