//! How many of the pairs that seem to say something together are more than chance makes.
//!
//! Of hundreds of pairs the best gain something out of fold where none says anything: the rows that choose
//! them are those that they are measured on. So the same search is made on outcomes of which it is known that
//! no pair says anything of them: drawn from the model of signals alone (the parametric bootstrap; A.
//! Davison, D. Hinkley, Bootstrap Methods and their Application, 1997, section 4.2). What is found there is
//! what chance finds here, and the share of it among what is taken is held down (Y. Benjamini, Y. Hochberg,
//! Controlling the False Discovery Rate, 1995).

use leadscore_model::SplitMix64;
use leadscore_model::sigmoid;

use super::LearnedStrengths;
use super::pairs::PairGain;
use crate::solver::{Point, Problem, Working};

/// Draws of outcomes.
const DRAWS: usize = 5;
/// Of the pairs that are taken, at most this share may be chance. A pair that says nothing costs little, as it
/// is held then; one that says something and is left out costs what it says.
const SHARE: f64 = 0.3;

/// What the best pairs gain on outcomes that signals alone explain, by falling gain in each draw. `ranked` gives
/// the gains of all pairs, by falling gain.
pub(super) fn gains_by_chance(
    problem: &Problem,
    alone: &LearnedStrengths,
    seed: u64,
    ranked: impl Fn(&Working) -> Vec<PairGain>,
) -> Vec<Vec<f64>> {
    let log_odds = problem.log_odds(&alone.at);
    let here = Point::new(problem, &alone.strengths, alone.at.clone());
    let Some(factor) = here.factored(problem, &alone.strengths, 1) else { return Vec::new() };
    let mut random = SplitMix64::new(seed);
    let mut drawn = problem.clone();
    let mut draw = || {
        for (target, log_odds) in drawn.targets.iter_mut().zip(&log_odds) {
            // 53 bits: a number from 0 to below 1.
            let uniform = (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
            *target = f64::from(u8::from(uniform < sigmoid(*log_odds)));
        }
        // The model of signals alone is fitted to them as it was to the outcomes; from where it stands one
        // step is nearly the whole way.
        let there = Point::new(&drawn, &alone.strengths, alone.at.clone());
        let step = factor.solve(&there.ascent);
        let at: Vec<f64> = there.at.iter().zip(&step).map(|(at, step)| at + step).collect();
        let working = drawn.working(&drawn.log_odds(&at));
        ranked(&working).iter().map(|pair| pair.gain).collect()
    };
    (0..DRAWS).map(|_| draw()).collect()
}

/// How many of the best pairs to take: as many as leave chance no more than its share. `ranked` and each of
/// `by_chance` are by falling gain.
pub(super) fn beyond_chance(ranked: &[PairGain], by_chance: &[Vec<f64>]) -> usize {
    let draws = by_chance.len().max(1) as f64;
    let takes = |(place, pair): &(usize, &PairGain)| {
        let as_good = |gains: &Vec<f64>| gains.partition_point(|gain| *gain >= pair.gain);
        let false_ones = by_chance.iter().map(as_good).sum::<usize>() as f64 / draws;
        false_ones <= SHARE * (place + 1) as f64
    };
    ranked.iter().enumerate().rev().find(takes).map_or(0, |(place, _)| place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(gains: &[f64]) -> Vec<PairGain> {
        gains.iter().enumerate().map(|(i, &gain)| PairGain { inputs: [i, i + 1], gain }).collect()
    }

    #[test]
    fn as_many_are_taken_as_chance_leaves() {
        let by_chance = vec![vec![2.0, 1.0, 0.5], vec![1.5, 0.5, 0.1]];
        // Of one pair above all that chance makes nothing is chance; of a second at 1.5 there are 2 in 2 draws.
        assert_eq!(beyond_chance(&pairs(&[9.0, 1.5, 0.2]), &by_chance), 1);
        // Three at 1.5 and better, of which one may be chance: 0.33 is too much; of four, 0.25 is not.
        assert_eq!(beyond_chance(&pairs(&[9.0, 8.0, 1.5]), &by_chance), 2);
        assert_eq!(beyond_chance(&pairs(&[9.0, 8.0, 7.0, 1.5]), &by_chance), 4);
        assert_eq!(beyond_chance(&pairs(&[1.9, 1.0]), &by_chance), 0);
        assert_eq!(beyond_chance(&[], &by_chance), 0);
    }
}
