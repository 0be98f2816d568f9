//! Reasons: the named parts of a score, told to people.

use serde::Serialize;

use crate::{Recalibration, Score, sigmoid};

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

/// The reasons of a score that a model gave, the largest first. Parts of exactly 0 are left out; equal
/// parts stand in the order of the inputs. `recalibration` is the model's.
pub fn reasons(score: &Score, recalibration: Option<&Recalibration>) -> Vec<Reason> {
    strongest(score, recalibration, score.parts.len(), |part| part != 0.0)
}

/// The first `most` of the [`reasons`] that raise a score (`up`), or of those that lower it.
pub fn strongest_reasons(
    score: &Score,
    recalibration: Option<&Recalibration>,
    up: bool,
    most: usize,
) -> Vec<Reason> {
    strongest(score, recalibration, most, |part| if up { part > 0.0 } else { part < 0.0 })
}

/// So many reasons are found without sorting all parts.
const FEW: usize = 16;

fn strongest(
    score: &Score,
    recalibration: Option<&Recalibration>,
    most: usize,
    wanted: impl Fn(f64) -> bool,
) -> Vec<Reason> {
    let (log_odds, parts) = (score.log_odds, &score.parts);
    let mut found: Vec<(usize, f64)>;
    if most <= FEW {
        found = Vec::with_capacity(most);
        // What the smallest of those found comes to, once there are enough.
        let mut least = if most == 0 { f64::INFINITY } else { -1.0 };
        for (input, &part) in parts.iter().enumerate() {
            // Of equal parts the first is found.
            if !wanted(part) || part.abs() <= least {
                continue;
            }
            // The smallest makes room.
            found.truncate(most - 1);
            let larger = found.iter().rposition(|known| known.1.abs() >= part.abs());
            found.insert(larger.map_or(0, |last| last + 1), (input, part));
            if let Some(last) = found.last().filter(|_| found.len() == most) {
                least = last.1.abs();
            }
        }
    } else {
        found = parts.iter().copied().enumerate().filter(|(_, part)| wanted(*part)).collect();
        found.sort_unstable_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(&b.0)));
        found.truncate(most);
    }
    let probability = sigmoid(log_odds);
    // A recalibration is of the sum, so it is made anew of the sum without the part.
    let without = |part: f64| match recalibration {
        None => log_odds - part,
        Some(found) => {
            let sum = log_odds - score.calibration - score.base_rate;
            found.worth(sum - part) + score.base_rate
        }
    };
    let effect = |part: f64| probability - sigmoid(without(part));
    let reason = |(input, part)| Reason { input, log_odds: part, effect: effect(part) };
    found.into_iter().map(reason).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(log_odds: f64, parts: &[f64]) -> Score {
        let mut score = Score::default();
        score.log_odds = log_odds;
        score.parts = parts.to_vec();
        score
    }

    #[test]
    fn a_recalibration_is_made_anew_without_a_part() {
        let line = Recalibration::Line { slope: 0.5, intercept: 0.25 };
        let sum = 1.5;
        let mut found = score(sum + line.part(sum), &[2.0]);
        found.calibration = line.part(sum);
        let of = reasons(&found, Some(&line));
        // 0.5 * 1.5 + 0.25 with it, 0.5 * -0.5 + 0.25 without.
        assert!((of[0].effect - (sigmoid(1.0) - 0.5)).abs() < 1e-15);
    }

    #[test]
    fn the_largest_stands_first_and_effects_are_one_at_a_time() {
        let found = reasons(&score(0.5, &[0.5, 0.0, -1.0]), None);
        assert_eq!(found.iter().map(|r| r.input).collect::<Vec<_>>(), [2, 0]);
        assert!((found[1].effect - (sigmoid(0.5) - 0.5)).abs() < 1e-15);
        assert!(found[0].effect < 0.0);
    }

    #[test]
    fn the_strongest_each_way_are_the_first_of_all() {
        let parts: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 11 - 5) / 4.0).collect();
        let found = score(0.25, &parts);
        let all = reasons(&found, None);
        assert!(all.windows(2).all(|w| w[0].log_odds.abs() >= w[1].log_odds.abs()));
        for (up, most) in
            [(true, 1), (true, 3), (false, 3), (true, 0), (false, 16), (false, 17), (false, 100)]
        {
            let side = all.iter().filter(|reason| (reason.log_odds > 0.0) == up);
            let expected: Vec<Reason> = side.take(most).copied().collect();
            assert_eq!(strongest_reasons(&found, None, up, most), expected);
        }
    }
}
