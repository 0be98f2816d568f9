//! Drift: how far the values of signals lie apart between the training rows and the newest.

use leadscore_features::{Coding, Encoder, Input};
use leadscore_model::SplitMix64;
use leadscore_model::bundle::SignalDrift;
use rayon::prelude::*;

use crate::additive::bins;
use crate::plain::slots_of;
use crate::{SignalColumn, SignalData, fit_encoder};

/// Groups of a signal, beside missing, rare and unseen values.
const GROUPS: usize = 10;
/// Rows on each side at most: drift that matters shows in a sample.
const MOST_ROWS: usize = 100_000;
/// The seed of rows that are dealt at random.
const SEED: u64 = 0x64_7269_6674;
/// What rows that are dealt at random make, times this, is chance: another deal makes more or less.
const DEALT: f64 = 1.5;
/// Rows added to every group, so that an empty one is no infinity.
const SMOOTHING: f64 = 0.5;

/// The population stability index of every signal, the most drifted first: the sum over groups of
/// `(q - p) ln(q / p)`, with p the shares of the older rows and q those of the newer.
pub(crate) fn drift(
    signals: &[SignalColumn],
    older: &[usize],
    newer: &[usize],
) -> Vec<SignalDrift> {
    let (older, newer) = (sample(older), sample(newer));
    let mut found: Vec<SignalDrift> =
        signals.par_iter().map(|signal| of_signal(signal, &older, &newer)).collect();
    found.sort_by(|a, b| b.psi.total_cmp(&a.psi).then_with(|| a.signal.cmp(&b.signal)));
    found
}

/// Rows evenly spread over all.
fn sample(rows: &[usize]) -> Vec<usize> {
    rows.iter().copied().step_by(rows.len().div_ceil(MOST_ROWS).max(1)).collect()
}

fn of_signal(signal: &SignalColumn, older: &[usize], newer: &[usize]) -> SignalDrift {
    let (psi, mut chance) = between(signal, older, newer);
    if matches!(&signal.data, SignalData::Category { names, .. } if names.len() > GROUPS) {
        // Of many levels some are frequent on one side by luck, and the other side has some that it never saw. How much
        // that makes of nothing is what it makes of the same rows dealt to the sides at random.
        let mut both: Vec<usize> = older.iter().chain(newer).copied().collect();
        SplitMix64::new(SEED).shuffle(&mut both);
        let (first, second) = both.split_at(older.len());
        chance += DEALT * between(signal, first, second).0;
    }
    SignalDrift { signal: signal.name.clone(), psi, chance }
}

/// The index of a signal between two parts of the rows, and what chance makes of it at most.
fn between(signal: &SignalColumn, older: &[usize], newer: &[usize]) -> (f64, f64) {
    let coding = match &signal.data {
        SignalData::Number(values) => bins(values, older, GROUPS),
        SignalData::Category { .. } => {
            let fitted = fit_encoder(std::slice::from_ref(signal), older);
            fitted
                .inputs
                .into_iter()
                .next()
                .map_or(Coding::OneHot { levels: Vec::new(), rare: Vec::new() }, |input| {
                    input.coding
                })
        }
    };
    let width = coding.width();
    let input = Input { signal: signal.name.clone(), coding };
    let encoder = Encoder { inputs: vec![input], pairs: Vec::new() };
    let compiled = encoder.compile();
    let counts = |rows: &[usize]| {
        let mut counts = vec![0usize; width];
        let slots = compiled.first().map(|input| slots_of(input, signal, rows));
        slots.iter().flatten().for_each(|&slot| counts[usize::from(slot)] += 1);
        counts
    };
    let (before, after) = (counts(older), counts(newer));
    let groups = groups(&encoder.inputs[0].coding, &before);
    psi(&grouped(&groups, &before), &grouped(&groups, &after))
}

/// The group of each slot: of a category the most frequent levels each, the other levels together, and
/// what is rare, missing and unseen apart. Of a number each bin, and missing.
fn groups(coding: &Coding, counts: &[usize]) -> Vec<usize> {
    let Coding::OneHot { levels, .. } = coding else { return (0..counts.len()).collect() };
    let mut order: Vec<usize> = (0..levels.len()).collect();
    order.sort_by_key(|&level| (std::cmp::Reverse(counts[level]), level));
    let mut groups = vec![GROUPS; counts.len()];
    order.iter().take(GROUPS).enumerate().for_each(|(group, &level)| groups[level] = group);
    for (place, slot) in (levels.len()..counts.len()).enumerate() {
        groups[slot] = GROUPS + 1 + place;
    }
    groups
}

fn grouped(groups: &[usize], counts: &[usize]) -> Vec<f64> {
    let mut sums = vec![0.0; groups.iter().max().map_or(0, |most| most + 1)];
    groups.iter().zip(counts).for_each(|(&group, &count)| sums[group] += count as f64);
    sums
}

/// The index, and what it comes to at most, about, where only chance makes the difference: the mean and
/// four standard deviations of its distribution then (B. Yurdakul, Statistical Properties of the
/// Population Stability Index, 2018, section 3).
fn psi(before: &[f64], after: &[f64]) -> (f64, f64) {
    let used: Vec<(f64, f64)> =
        before.iter().copied().zip(after.iter().copied()).filter(|(b, a)| b + a > 0.0).collect();
    let count = used.len() as f64;
    let sum = |of: &dyn Fn(&(f64, f64)) -> f64| used.iter().map(of).sum::<f64>();
    let (n, m) = (sum(&|pair| pair.0), sum(&|pair| pair.1));
    if used.len() < 2 || n == 0.0 || m == 0.0 {
        return (0.0, 0.0);
    }
    let psi = sum(&|&(b, a)| {
        let p = (b + SMOOTHING) / (n + SMOOTHING * count);
        let q = (a + SMOOTHING) / (m + SMOOTHING * count);
        (q - p) * (q / p).ln()
    });
    let freedom = count - 1.0;
    (psi, (1.0 / n + 1.0 / m) * (freedom + 4.0 * (2.0 * freedom).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_that_of_the_formula() {
        // Python: sum((q - p) * log(q / p)) with p = [100.5, 300.5, 600.5] / 1001.5 and
        // q = [300.5, 300.5, 400.5] / 1001.5.
        let (found, chance) = psi(&[100.0, 300.0, 600.0], &[300.0, 300.0, 400.0]);
        assert!((found - 0.299_618_353).abs() < 1e-8, "{found}");
        assert!(chance < 0.03);
        let (same, _) = psi(&[10.0, 20.0, 0.0], &[10.0, 20.0, 0.0]);
        assert!(same.abs() < 1e-15);
        // An empty group is far from infinity, and nothing is no drift.
        assert!(psi(&[100.0, 0.0], &[0.0, 100.0]).0.is_finite());
        assert_eq!(psi(&[0.0, 0.0], &[5.0, 5.0]), (0.0, 0.0));
        assert_eq!(psi(&[], &[]), (0.0, 0.0));
    }

    #[test]
    fn thousands_of_levels_drift_where_they_change_and_not_by_luck() {
        let rows: Vec<usize> = (0..5_000).collect();
        let (older, newer) = rows.split_at(4_000);
        let of = |level: &dyn Fn(usize, usize) -> usize| {
            let mut random = SplitMix64::new(5);
            let mut column = |row: usize| level(row, random.below(1_500)) as u32;
            let codes = rows.iter().map(|&row| column(row)).collect();
            let names = (0..3_000).map(|level| format!("level {level}")).collect();
            let data = SignalData::Category { codes, names, yes_no: false };
            drift(&[SignalColumn { name: "company".into(), data }], older, newer).remove(0)
        };
        let still = of(&|_, level| level);
        assert!(!still.drifted(), "{still:?}");
        let renamed = of(&|row, level| level + if row >= 4_000 { 1_500 } else { 0 });
        assert!(renamed.drifted() && renamed.psi > 1.0, "{renamed:?}");
    }

    #[test]
    fn signals_that_moved_stand_first() {
        let rows: Vec<usize> = (0..4_000).collect();
        let (older, newer) = rows.split_at(3_000);
        let number = |name: &str, of: &dyn Fn(usize) -> f64| SignalColumn {
            name: name.to_owned(),
            data: SignalData::Number(rows.iter().map(|&row| of(row)).collect()),
        };
        let still = |row: usize| ((row * 7_919) % 1_000) as f64;
        let signals = [
            number("still", &still),
            number("moved", &|row| still(row) + if row >= 3_000 { 600.0 } else { 0.0 }),
            number("gone", &|row| if row >= 3_000 { f64::NAN } else { still(row) }),
            SignalColumn {
                name: "kind".to_owned(),
                data: SignalData::Category {
                    codes: rows.iter().map(|&row| u32::from(row >= 3_000)).collect(),
                    names: vec!["a".to_owned(), "new".to_owned()],
                    yes_no: false,
                },
            },
        ];
        let found = drift(&signals, older, newer);
        let psi = |name: &str| found.iter().find(|drift| drift.signal == name).unwrap().psi;
        assert!(psi("still") < 0.05 && psi("moved") > 0.25);
        assert!(psi("gone") > 1.0 && psi("kind") > 1.0);
        assert_eq!(found.last().unwrap().signal, "still");
        let still = found.last().unwrap();
        assert!(still.psi <= still.chance);
    }
}
