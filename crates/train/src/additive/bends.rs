//! What a line is where cells have an order.
//!
//! A random walk along cells pays for every step of a line, so that with few conversions a signal whose effect is
//! straight is held nearly level. Beside it stands a penalty of bends, with a strength of its own: where the data
//! say that a signal goes along a line it grows, the walk's shrinks, and a slope is all that is left to learn.
//! What is straight is what is straight in the normal scores of the cells: it does not hang on the unit of a number or on its
//! logarithm, and outliers do not stretch it.

use crate::solver::Penalty;

/// Of the mean step, the least that two cells are apart: so much that a bend stays a number that sums well beside others.
const LEAST_STEP: f64 = 0.05;

/// The bends of three or more cells in a row, from a table's cell `first`, of which each has so many rows: second divided
/// differences along the normal scores of the middles of their ranks, times the mean step (for steps of one length
/// those of P. Eilers and B. Marx, Flexible Smoothing with B-splines and Penalties, 1996, section 2).
pub(super) fn bends(counts: &[usize], first: u16) -> Penalty {
    let places = normal_scores(counts);
    let mean = (places[places.len() - 1] - places[0]) / (places.len() - 1) as f64;
    let steps: Vec<f64> =
        places.windows(2).map(|two| ((two[1] - two[0]) / mean).max(LEAST_STEP)).collect();
    let bends = steps.windows(2).zip(first..).map(|(steps, cell)| {
        let (before, after) = (1.0 / steps[0], 1.0 / steps[1]);
        [(cell, before), (cell + 1, -before - after), (cell + 2, after)]
    });
    Penalty::Bend(bends.collect())
}

/// The normal score of the middle of each cell's ranks. A cell without rows has half of one.
fn normal_scores(counts: &[usize]) -> Vec<f64> {
    let masses = counts.iter().map(|&count| count as f64 + 0.5);
    let whole: f64 = masses.clone().sum();
    let mut below = 0.0;
    let score = |mass: f64| {
        let rank = (below + mass / 2.0) / whole;
        below += mass;
        // Tukey's lambda distribution, to a hundredth (B. Joiner and J. Rosenblatt, Some Properties of the Range in
        // Samples from Tukey's Symmetric Lambda Distributions, 1971).
        4.91 * (rank.powf(0.14) - (1.0 - rank).powf(0.14))
    };
    masses.map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_a_normal_distribution() {
        // scipy.stats.norm.ppf of (i + 0.5) / 10, each cell with as many rows.
        let expected = [-1.6449, -1.0364, -0.6745, -0.3853, -0.1257];
        let found = normal_scores(&[1_000_000; 10]);
        for (place, expected) in expected.iter().enumerate() {
            assert!((found[place] - expected).abs() < 0.01, "{} is not {expected}", found[place]);
            assert!((found[place] + found[9 - place]).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_straight_in_scores_has_no_bends() {
        let counts = [40, 30, 90, 500, 12, 100, 70];
        let Penalty::Bend(found) = bends(&counts, 2) else { panic!("no bends") };
        assert_eq!(found.len(), 5);
        assert_eq!([found[0][0].0, found[4][2].0], [2, 8]);
        let line = |slope: f64| -> Vec<f64> {
            let scores = normal_scores(&counts);
            [0.0; 2].into_iter().chain(scores.iter().map(|score| 7.0 + slope * score)).collect()
        };
        let form = |cells: &[f64]| Penalty::Bend(found.clone()).form(cells);
        assert!(form(&line(3.0)) < 1e-20);
        let mut bent = line(3.0);
        bent[4] += 1.0;
        assert!(form(&bent) > 0.1);
    }

    #[test]
    fn cells_without_rows_stay_apart() {
        let Penalty::Bend(found) = bends(&[0, 0, 0, 10_000_000, 0, 0], 0) else {
            panic!("no bends")
        };
        let most = found.iter().flatten().map(|(_, by)| by.abs()).fold(0.0, f64::max);
        assert!(most <= 2.0 / LEAST_STEP, "{most}");
    }
}
