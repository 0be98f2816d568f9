//! Splits: which rows are held out, and which of the rest choices are made on. A group (a lead, an account) never
//! stands on both sides.

use leadscore_features::events::ByHash;
use leadscore_features::repeats;

use crate::folds::{Dealing, Folds, Moments};
use crate::recipe::FitRows;
use crate::rows::pick;
use crate::weights::{above_one, pick_weights};
use leadscore_model::SplitMix64;

/// One part in this many is held out.
pub(crate) const HELD_OUT_ONE_IN: usize = 5;

/// Rows on each side, in file order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Split {
    pub(crate) training: Vec<usize>,
    pub(crate) held_out: Vec<usize>,
    /// Older rows of groups that are also held out; on neither side.
    pub(crate) straddling: usize,
    /// Older rows whose outcome was not known yet when the held-out part begins; on neither side.
    pub(crate) gap: usize,
}

/// The newest part of `one_in` by `order` (one value for each of `rows`), whole groups of equal order
/// together. Older rows less than `gap` before it are left out: what became of them was not known
/// then. `None` when all rows have one order.
pub(crate) fn newest(
    rows: &[usize],
    order: &[f64],
    groups: &[u64],
    gap: f64,
    one_in: usize,
) -> Option<(Split, usize)> {
    let mut by_time: Vec<usize> = (0..rows.len()).collect();
    by_time.sort_by(|&a, &b| order[a].total_cmp(&order[b]));
    let wanted = rows.len() - rows.len().div_ceil(one_in);
    // The edge between two different times that is nearest to the wanted place.
    let edge = (1..by_time.len())
        .filter(|&i| order[by_time[i - 1]] < order[by_time[i]])
        .min_by_key(|&i| i.abs_diff(wanted))?;
    let held: std::collections::HashSet<u64> = by_time[edge..].iter().map(|&i| groups[i]).collect();
    let mut older: Vec<usize> = by_time[..edge].to_vec();
    let before = older.len();
    let begins = order[by_time[edge]];
    older.retain(|&i| gap == 0.0 || order[i] + gap <= begins);
    let in_gap = before - older.len();
    let before = older.len();
    older.retain(|&i| !held.contains(&groups[i]));
    let straddling = before - older.len();
    let sorted = |mut indices: Vec<usize>| {
        indices.sort_unstable();
        indices.into_iter().map(|i| rows[i]).collect::<Vec<_>>()
    };
    let first = rows[by_time[edge]];
    let held_out = sorted(by_time[edge..].to_vec());
    Some((Split { training: sorted(older), held_out, straddling, gap: in_gap }, first))
}

/// Rows that shapes are chosen on and folds are made of, at most. The fits see all.
pub(crate) const MOST_ROWS: usize = 100_000;
/// The same of the penalty and the folds of a plain model, whose few hundred coefficients fewer rows tell as
/// much of as is of use: a step of the search for the penalty is half a power of ten.
pub(crate) const MOST_ROWS_PLAIN: usize = 50_000;

/// The folds differ from the split by their seed, so that the two are not the same deal.
const SEED_OF_FOLDS: u64 = 0x666f_6c64;

/// The rows that shapes and penalties are chosen on, with their labels, in folds.
pub(crate) struct Drawn {
    pub(crate) rows: Vec<usize>,
    pub(crate) labels: Vec<bool>,
    /// How often each counts; empty where all count once.
    pub(crate) weights: Vec<f64>,
    pub(crate) folds: Folds,
}

impl Drawn {
    /// Draws at most so many training rows, and deals them into `count` folds.
    pub(crate) fn new(most: usize, of: FitRows<'_>, count: usize) -> Self {
        let FitRows { rows, labels, weights, dealing, .. } = of;
        let drawn = drawn(rows.len(), most, dealing.seed);
        let labels = pick(labels, &drawn);
        let moments = dealing.moments.map(|m| (pick(m.of_rows, &drawn), m.gap));
        let of_drawn = Dealing {
            groups: &pick(dealing.groups, &drawn),
            moments: moments.as_ref().map(|(of_rows, gap)| Moments { of_rows, gap: *gap }),
            seed: dealing.seed ^ SEED_OF_FOLDS,
        };
        let folds = Folds::new(&labels, of_drawn, count);
        Self { rows: pick(rows, &drawn), labels, weights: pick_weights(weights, &drawn), folds }
    }

    /// Divides the weights by what is of them above 1 on average, and returns it: what is chosen by the rows is
    /// then to be multiplied by it; see [`above_one`].
    pub(crate) fn weighed_as_leads(&mut self) -> f64 {
        let above = above_one(&self.weights);
        self.weights.iter_mut().for_each(|weight| *weight /= above);
        above
    }
}

/// All rows, or so many drawn at random, as positions.
fn drawn(rows: usize, most: usize, seed: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..rows).collect();
    if rows > most {
        SplitMix64::new(seed).shuffle(&mut all);
        all.truncate(most);
        all.sort_unstable();
    }
    all
}

/// A fifth at random, the same share of those that converted and of those that did not.
pub(crate) fn stratified(rows: &[usize], labels: &[bool], groups: &[u64], seed: u64) -> Split {
    let fold = dealt(labels, groups, HELD_OUT_ONE_IN, seed);
    let side =
        |held: bool| (0..rows.len()).filter(|&i| (fold[i] == 0) == held).map(|i| rows[i]).collect();
    Split { training: side(false), held_out: side(true), straddling: 0, gap: 0 }
}

/// The fold, from 0 to `count - 1`, of each row. Groups are dealt out at random, those with a
/// conversion first, so that every fold has its share of both classes.
pub(crate) fn dealt(labels: &[bool], groups: &[u64], count: usize, seed: u64) -> Vec<usize> {
    let (of_row, converted) = positions(labels, groups);
    let mut random = SplitMix64::new(seed);
    let mut fold = vec![0; converted.len()];
    let mut dealt = 0;
    for class in [true, false] {
        let mut members: Vec<usize> =
            (0..converted.len()).filter(|&i| converted[i] == class).collect();
        random.shuffle(&mut members);
        for group in members {
            fold[group] = dealt % count;
            dealt += 1;
        }
    }
    match of_row {
        Some(of_row) => of_row.into_iter().map(|group| fold[group]).collect(),
        None => fold,
    }
}

/// The position of each row's group, in the order of their first rows, and whether a row of it converted.
/// `None` where every row is a group of its own, so that its position is that of the row.
fn positions(labels: &[bool], groups: &[u64]) -> (Option<Vec<usize>>, Vec<bool>) {
    if all_differ(groups) {
        return (None, labels.to_vec());
    }
    let mut position: ByHash<usize> = ByHash::default();
    position.reserve(groups.len());
    let mut converted: Vec<bool> = Vec::new();
    let of_row = groups
        .iter()
        .zip(labels)
        .map(|(group, &label)| {
            let index = *position.entry(*group).or_insert_with(|| {
                converted.push(false);
                converted.len() - 1
            });
            converted[index] |= label;
            index
        })
        .collect();
    (Some(of_row), converted)
}

/// Whether every row is a group of its own.
pub(crate) fn all_differ(groups: &[u64]) -> bool {
    repeats(groups).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_fifth_keeps_equal_times_together() {
        let rows: Vec<usize> = (0..10).collect();
        let order = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 9.0, 9.0, 8.0];
        let groups: Vec<u64> = (0..10).collect();
        let (split, first) = newest(&rows, &order, &groups, 0.0, 5).unwrap();
        assert_eq!(split.held_out, [7, 8]);
        assert_eq!(first, 7);
        assert!(newest(&rows, &[1.0; 10], &groups, 0.0, 5).is_none());
    }

    #[test]
    fn a_group_never_stands_on_both_sides() {
        let rows: Vec<usize> = (0..10).collect();
        let order: Vec<f64> = (0..10).map(f64::from).collect();
        let groups = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0];
        let (split, _) = newest(&rows, &order, &groups, 0.0, 5).unwrap();
        assert_eq!(split.held_out, [8, 9]);
        assert_eq!(split.straddling, 1);
        assert!(!split.training.contains(&0));

        let labels: Vec<bool> = (0..1000).map(|i| i % 7 == 0).collect();
        let groups: Vec<u64> = (0..1000).map(|i| i / 3).collect();
        let rows: Vec<usize> = (0..1000).collect();
        let split = stratified(&rows, &labels, &groups, 0);
        let of = |rows: &[usize]| {
            rows.iter().map(|&r| groups[r]).collect::<std::collections::HashSet<_>>()
        };
        assert!(of(&split.training).is_disjoint(&of(&split.held_out)));
        assert_eq!(split.training.len() + split.held_out.len(), 1000);
    }

    #[test]
    fn rows_whose_outcome_was_not_known_yet_are_on_neither_side() {
        let rows: Vec<usize> = (0..10).collect();
        let order: Vec<f64> = (0..10).map(f64::from).collect();
        let groups: Vec<u64> = (0..10).collect();
        let (split, first) = newest(&rows, &order, &groups, 3.0, 5).unwrap();
        assert_eq!((first, split.gap), (8, 2));
        assert_eq!(split.training, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn both_classes_are_spread_evenly() {
        let labels: Vec<bool> = (0..1000).map(|i| i % 10 == 0).collect();
        let groups: Vec<u64> = (0..1000).collect();
        let fold = dealt(&labels, &groups, 5, 3);
        for k in 0..5 {
            let inside = |i: &usize| fold[*i] == k;
            assert_eq!((0..1000).filter(inside).count(), 200);
            assert_eq!((0..1000).filter(inside).filter(|&i| labels[i]).count(), 20);
        }
        assert_ne!(fold, dealt(&labels, &groups, 5, 4));
    }
}
