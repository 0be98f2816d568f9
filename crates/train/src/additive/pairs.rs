//! Which pairs of signals say more together than each alone.

use leadscore_features::{Coding, Pair};
use rayon::prelude::*;

use super::resolution::ends;
use crate::LEAST_LEVEL_COUNT;
use crate::folds::Folds;
use crate::solver::{Table, Working};

/// Groups of a number in a pair's table, at most, beside missing.
const NUMBER_GROUPS: usize = 6;
/// Levels of a category in a pair's table, at most, beside all others.
const LEVEL_GROUPS: usize = 12;
/// Ridges that a table is tried with: it gains what it gains with the best of them.
const RIDGES: [f64; 4] = [3.0, 10.0, 30.0, 100.0];

/// What a pair would gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PairGain {
    /// The inputs.
    pub inputs: [usize; 2],
    /// By how much a table of the pair brings down the summed log loss of rows that it was not
    /// fitted to, about.
    pub gain: f64,
}

/// The slots of one input as groups of a pair's table, by how many rows each slot has. `None` where
/// only one group would come out.
pub(super) fn groups(coding: &Coding, counts: &[usize]) -> Option<Vec<u16>> {
    let groups: Vec<u16> = match coding {
        Coding::Bins { cuts, .. } => {
            let ends = ends(&counts[..=cuts.len()], NUMBER_GROUPS, LEAST_LEVEL_COUNT);
            let group = |bin: usize| ends.partition_point(|end| *end <= bin) as u16;
            let missing = if counts[cuts.len() + 1] > 0 { ends.len() as u16 + 1 } else { 0 };
            (0..=cuts.len()).map(group).chain([missing]).collect()
        }
        Coding::OneHot { levels, .. } | Coding::Rates { levels, .. } => {
            let mut order: Vec<usize> = (0..levels.len()).filter(|&l| counts[l] > 0).collect();
            order.sort_by_key(|&level| (std::cmp::Reverse(counts[level]), level));
            order.truncate(LEVEL_GROUPS);
            order.sort_unstable();
            let missing = coding.width() - 2;
            if counts[missing] > 0 {
                order.push(missing);
            }
            let others = order.len() as u16;
            (0..counts.len())
                .map(|slot| order.iter().position(|&o| o == slot).map_or(others, |g| g as u16))
                .collect()
        }
        Coding::Standard { .. } => return None,
    };
    let several = groups.iter().zip(counts).filter(|(_, count)| **count > 0);
    let first = several.clone().next()?.0;
    several.clone().any(|(group, _)| group != first).then_some(groups)
}

/// Ranks all pairs of inputs by how much a table of both would gain on rows that it was not fitted
/// to, beside what is fitted already (one step of shrunken cell means of the residuals; the search
/// of Lou and others 2013, section 4, with held-out rows). `codes` are the group of each row and
/// `groups` how many there are, for every input that may stand in a pair.
pub(super) fn rank(
    codes: &[Option<Vec<u16>>],
    groups: &[usize],
    working: &Working,
    folds: &Folds,
) -> Vec<PairGain> {
    let usable: Vec<usize> = (0..codes.len()).filter(|&input| codes[input].is_some()).collect();
    let two: Vec<[usize; 2]> = usable
        .iter()
        .enumerate()
        .flat_map(|(i, &a)| usable[i + 1..].iter().map(move |&b| [a, b]))
        .collect();
    let mut found: Vec<PairGain> = two
        .par_iter()
        .filter_map(|&[a, b]| {
            let (rows, columns) = (codes[a].as_ref()?, codes[b].as_ref()?);
            let width = groups[b];
            let of_pair = |(&i, &j): (&u16, &u16)| usize::from(i) * width + usize::from(j);
            let cells = rows.iter().zip(columns).map(of_pair);
            let gain = gain(&sums(groups[a] * width, cells, working, folds), folds);
            Some(PairGain { inputs: [a, b], gain })
        })
        .collect();
    found.sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.inputs.cmp(&b.inputs)));
    found
}

/// What a table would gain on rows that it was not fitted to.
pub(super) fn gain_of(table: &Table, working: &Working, folds: &Folds) -> f64 {
    let cells = table.codes.iter().map(|&code| usize::from(code));
    gain(&sums(table.cells, cells, working, folds), folds)
}

/// For each cell the residuals of each class of rows, then the weights of each; `of_rows` are the
/// rows' cells.
fn sums(
    cells: usize,
    of_rows: impl Iterator<Item = usize>,
    working: &Working,
    folds: &Folds,
) -> Vec<f64> {
    let classes = folds.classes;
    let mut sums = vec![0.0; 2 * classes * cells];
    let each = working.residuals.iter().zip(&working.weights).zip(&folds.class);
    for (((residual, weight), &class), cell) in each.zip(of_rows) {
        let of_cell = &mut sums[2 * classes * cell..][..2 * classes];
        of_cell[class] += residual;
        of_cell[classes + class] += weight;
    }
    sums
}

/// What cells gain out of fold: of the rows that each fold is tested on, the residuals times the
/// step that those suggest which it is fitted to, less half the curvature times its square.
fn gain(cells: &[f64], folds: &Folds) -> f64 {
    let mut gains = [0.0; RIDGES.len()];
    for cell in cells.chunks_exact(2 * folds.classes) {
        let (residuals, weights) = cell.split_at(folds.classes);
        for fold in &folds.folds {
            let [to_residuals, to_weights] = [residuals, weights].map(|of| over(of, &fold.fitted));
            let [residual, weight] = [residuals, weights].map(|of| over(of, &fold.tested));
            for (gain, ridge) in gains.iter_mut().zip(RIDGES) {
                let step = to_residuals / (to_weights + ridge);
                *gain += residual * step - 0.5 * weight * step * step;
            }
        }
    }
    gains.into_iter().fold(f64::NEG_INFINITY, f64::max)
}

/// The sum over the classes of one side.
fn over(of_classes: &[f64], side: &[bool]) -> f64 {
    of_classes.iter().zip(side).filter(|(_, on)| **on).map(|(value, _)| value).sum()
}

/// The edges between neighbouring cells of a pair's table, along every axis that has an order.
pub(super) fn edges(pair: &Pair, codings: [&Coding; 2]) -> Vec<(u16, u16)> {
    let [rows, columns] = pair.size();
    let steps = |axis: usize| match codings[axis] {
        // Missing has no neighbour.
        Coding::Bins { cuts, .. } => usize::from(pair.groups[axis][cuts.len()]),
        Coding::Standard { .. } | Coding::OneHot { .. } | Coding::Rates { .. } => 0,
    };
    let at = |row: usize, column: usize| (row * columns + column) as u16;
    let mut edges = Vec::new();
    for row in 0..steps(0) {
        edges.extend((0..columns).map(|column| (at(row, column), at(row + 1, column))));
    }
    for column in 0..steps(1) {
        edges.extend((0..rows).map(|row| (at(row, column), at(row, column + 1))));
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dealing;

    fn bins(cuts: usize) -> Coding {
        Coding::Bins { cuts: (0..cuts).map(|c| c as f64).collect(), mean: 0.0, scale: 1.0 }
    }

    #[test]
    fn slots_are_grouped_by_mass() {
        let counts = [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0];
        let groups = groups(&bins(11), &counts).unwrap();
        assert_eq!(groups, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 0]);
        let levels: Vec<String> = (0..20).map(|l| format!("{l:02}")).collect();
        let mut counts: Vec<usize> = (0..20).map(|l| 10 + l).collect();
        counts.extend([5, 7, 0]);
        let coding = Coding::OneHot { levels, rare: vec![] };
        let groups = super::groups(&coding, &counts).unwrap();
        assert_eq!(groups[..9], [13, 13, 13, 13, 13, 13, 13, 13, 0]);
        assert_eq!(groups[19..], [11, 13, 12, 13]);
        assert_eq!(super::groups(&bins(0), &[100, 0]), None);
    }

    #[test]
    fn a_grid_has_edges_along_what_is_ordered() {
        let pair = Pair { inputs: [0, 1], groups: [vec![0, 1, 2], vec![0, 1, 1, 1]] };
        let category = Coding::OneHot { levels: vec!["a".into()], rare: vec![] };
        assert_eq!(edges(&pair, [&bins(1), &category]), [(0, 2), (1, 3)]);
    }

    #[test]
    fn only_what_holds_in_other_rows_is_a_gain() {
        // The same step in all folds, and steps that contradict each other.
        let labels = [true, false].repeat(50);
        let groups: Vec<u64> = (0..100).collect();
        let dealing = Dealing { groups: &groups, moments: None, seed: 0 };
        let folds = Folds::new(&labels, dealing, 5);
        let mut same = [0.0; 20];
        let mut mixed = [0.0; 20];
        for fold in 0..5 {
            same[fold] = 10.0;
            same[10 + fold] = -10.0;
            let sign = if fold % 2 == 0 { 10.0 } else { -10.0 };
            (mixed[fold], mixed[10 + fold]) = (sign, -sign);
            for cell in 0..2 {
                same[10 * cell + 5 + fold] = 20.0;
                mixed[10 * cell + 5 + fold] = 20.0;
            }
        }
        assert!(gain(&same, &folds) > 0.0);
        assert!(gain(&mixed, &folds) < 0.0);
    }
}
