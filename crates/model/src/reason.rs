//! Reasons: the named parts of a score, told to people.

use serde::Serialize;

use crate::sigmoid;

/// One part of a model's score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// The input, as a position among the model's inputs.
    #[serde(skip)]
    pub input: usize,
    /// What it adds to the log-odds, against the average of the fitted leads. These add up.
    pub log_odds: f64,
    /// What the probability would lose without it, all else equal. These do not add up.
    pub effect: f64,
}

/// The reasons of a score, the largest first. Parts of exactly 0 are left out; equal parts stand
/// in the order of the inputs.
pub fn reasons(log_odds: f64, parts: &[f64]) -> Vec<Reason> {
    let probability = sigmoid(log_odds);
    let mut reasons: Vec<Reason> = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| **part != 0.0)
        .map(|(input, &part)| Reason {
            input,
            log_odds: part,
            effect: probability - sigmoid(log_odds - part),
        })
        .collect();
    reasons.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_stands_first_and_effects_are_one_at_a_time() {
        let found = reasons(0.5, &[0.5, 0.0, -1.0]);
        assert_eq!(found.iter().map(|r| r.input).collect::<Vec<_>>(), [2, 0]);
        assert!((found[1].effect - (sigmoid(0.5) - 0.5)).abs() < 1e-15);
        assert!(found[0].effect < 0.0);
    }
}
