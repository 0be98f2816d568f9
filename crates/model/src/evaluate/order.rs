//! Figures that depend on the order of scores: ranks, bins, deciles, the top of a ranking.

use serde::{Deserialize, Serialize};

use super::interval::wilson_of_rate;
use super::{ClassWeights, Interval, RowWeights};

/// Rows of equal score; each counts for its weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TieGroup {
    pub(super) score: f64,
    pub(super) count: f64,
    pub(super) conversions: f64,
    /// The rows as they were sampled, by their own weights alone.
    sampled: Sampled,
}

/// Rows as they were sampled, by their own weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sampled {
    /// Of those that did not convert, and of those that did.
    mass: [f64; 2],
    /// The squares of the weights: how sure so much weight makes.
    squares: f64,
}

/// The rows grouped by score, by rising score. Scores are finite, so `-0` and `0` are one.
pub(super) fn tie_groups(
    scores: &[f64],
    labels: &[bool],
    weights: RowWeights<'_>,
) -> Vec<TieGroup> {
    let each = scores.iter().zip(labels).enumerate();
    let mut rows: Vec<(f64, bool, f64)> =
        each.map(|(row, (score, label))| (score + 0.0, *label, weights.own(row))).collect();
    // By weight too, so that the order of the rows does not show even in the last digit of a sum.
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.2.total_cmp(&b.2)));
    // Of the others and of those that converted, the sums of their own weights, and of the squares.
    let mut sums: Vec<(f64, [[f64; 2]; 2])> = Vec::new();
    for (score, label, weight) in rows {
        if sums.last().is_none_or(|(last, _)| *last != score) {
            sums.push((score, [[0.0; 2]; 2]));
        }
        if let Some((_, sums)) = sums.last_mut() {
            let [mass, squares] = &mut sums[usize::from(label)];
            *mass += weight;
            *squares += weight * weight;
        }
    }
    let by_outcome = weights.by_outcome;
    let group = |(score, [others, converted]): (f64, [[f64; 2]; 2])| {
        let conversions = by_outcome.converted * converted[0];
        TieGroup {
            score,
            count: by_outcome.other * others[0] + conversions,
            conversions,
            sampled: Sampled { mass: [others[0], converted[0]], squares: others[1] + converted[1] },
        }
    };
    sums.into_iter().map(group).collect()
}

/// 1-based ranks by rising value, ties sharing the mean of theirs.
pub(super) fn midranks(values: &[f64]) -> Vec<f64> {
    // Rows of one value may come in any order: they share a rank.
    let mut order: Vec<(f64, usize)> =
        values.iter().enumerate().map(|(row, value)| (value + 0.0, row)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let end = start + tied.len();
        let rank = (start + 1 + end) as f64 / 2.0;
        tied.iter().for_each(|(_, row)| ranks[*row] = rank);
        start = end;
    }
    ranks
}

/// Spearman's rank correlation, with midranks for ties. `None` when either is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (midranks(a), midranks(b));
    let mean = (a.len() + 1) as f64 / 2.0;
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    // In an order of their own: in that of the rows, sums of many would show it in the last digit.
    let mut pairs: Vec<(f64, f64)> = a.into_iter().zip(b).collect();
    pairs.sort_unstable_by(|p, q| p.0.total_cmp(&q.0).then(p.1.total_cmp(&q.1)));
    for (x, y) in pairs {
        ab += (x - mean) * (y - mean);
        aa += (x - mean) * (x - mean);
        bb += (y - mean) * (y - mean);
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / (aa * bb).sqrt())
}

/// One bin of a calibration table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Rows.
    pub count: usize,
    /// Their mean predicted probability.
    pub mean_score: f64,
    /// Their conversion rate.
    pub mean_label: f64,
    /// Its 95 % interval, Wilson's. `None` in bundles from before it was kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate: Option<Interval>,
}

/// How probabilities compare with outcomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Bins of equal count, by rising probability.
    pub bins: Vec<Bin>,
    /// Expected calibration error: the mean difference of predicted and observed rate over the
    /// bins, weighted by their counts.
    pub ece: f64,
}

/// Some rows that stand together in a ranking.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    /// What they count for.
    count: usize,
    /// The sums of their scores and of their labels.
    scores: f64,
    labels: f64,
    sampled: Sampled,
}

impl Run {
    fn mean_score(self) -> f64 {
        self.scores / self.count as f64
    }

    fn mean_label(self) -> f64 {
        self.labels / self.count as f64
    }

    /// The rate, of rows that go together with what that does to its variance. Where outcomes count differently the
    /// interval is that of the rate in the sample, of which that in the population is a rising function: weights of
    /// rare outcomes that were sampled more often are no reason to know less of them.
    fn rate(self, effect: f64, by_outcome: ClassWeights) -> Option<Interval> {
        let Sampled { mass: [others, converted], squares } = self.sampled;
        let all = others + converted;
        let sampled = wilson_of_rate(converted / all, all * all / (squares * effect))?;
        if by_outcome.are_equal() {
            return Some(sampled);
        }
        let in_population = |rate: f64| {
            let converted = by_outcome.converted * rate;
            converted / (converted + by_outcome.other * (1.0 - rate))
        };
        Some(Interval {
            value: in_population(sampled.value),
            low: in_population(sampled.low),
            high: in_population(sampled.high),
        })
    }
}

/// Walks `rows` rows by rising score in `parts` runs of equal count; each row's label is the mean
/// of its tie group. Calls back with each run.
fn equal_runs(groups: &[TieGroup], rows: usize, parts: usize, mut run: impl FnMut(Run)) {
    let mut groups = groups.iter().copied();
    let mut current = groups.next();
    let mut left = current.map_or(0.0, |group| group.count);
    for part in 0..parts {
        let count = (part + 1) * rows / parts - part * rows / parts;
        let mut want = count as f64;
        let mut sums = Run { count, ..Run::default() };
        while want > 0.0 {
            let Some(group) = current else { break };
            let take = want.min(left);
            sums.scores += group.score * take;
            sums.labels += group.conversions / group.count * take;
            let share = take / group.count;
            let of_group = group.sampled;
            let mass = sums.sampled.mass.iter_mut().zip(of_group.mass);
            mass.for_each(|(sum, mass)| *sum += mass * share);
            sums.sampled.squares += of_group.squares * share;
            want -= take;
            left -= take;
            if left <= 0.0 {
                current = groups.next();
                left = current.map_or(0.0, |group| group.count);
            }
        }
        if count > 0 {
            run(sums);
        }
    }
}

/// Calibration in `bins` bins of equal count.
pub fn calibration(probabilities: &[f64], labels: &[bool], bins: usize) -> Calibration {
    calibration_weighted(probabilities, labels, bins, ClassWeights::EQUAL.into())
}

/// The same, of rows that weigh differently, and all together for as many as they are
/// ([`RowWeights::scaled_to`]).
pub fn calibration_weighted(
    probabilities: &[f64],
    labels: &[bool],
    bins: usize,
    weights: RowWeights<'_>,
) -> Calibration {
    let mut found = Calibration { bins: Vec::with_capacity(bins), ece: 0.0 };
    let rows = probabilities.len();
    let effect = weights.design_effect(probabilities, labels);
    equal_runs(&tie_groups(probabilities, labels, weights), rows, bins, |run| {
        let bin = Bin {
            count: run.count,
            mean_score: run.mean_score(),
            mean_label: run.mean_label(),
            rate: run.rate(effect, weights.by_outcome),
        };
        found.ece += run.count as f64 / rows as f64 * (bin.mean_label - bin.mean_score).abs();
        found.bins.push(bin);
    });
    found
}

/// A tenth of the ranking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decile {
    /// Rows.
    pub count: usize,
    /// Conversions among them; a fraction where ties reach across the edge, or rows count by their
    /// outcome.
    pub conversions: f64,
    /// Their conversion rate over that of all rows; 0 when nothing converted.
    pub lift: f64,
    /// Their conversion rate with its 95 % interval, Wilson's. `None` in bundles from before it was
    /// kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate: Option<Interval>,
    /// Their mean score. `None` in bundles from before it was kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mean_score: Option<f64>,
}

/// The tenths of a ranking, best first.
pub fn deciles(scores: &[f64], labels: &[bool]) -> Vec<Decile> {
    deciles_weighted(scores, labels, ClassWeights::EQUAL.into())
}

/// The same, of rows that weigh differently, and all together for as many as they are.
pub(super) fn deciles_weighted(
    scores: &[f64],
    labels: &[bool],
    weights: RowWeights<'_>,
) -> Vec<Decile> {
    let mut groups = tie_groups(scores, labels, weights);
    groups.reverse();
    let converted: f64 = groups.iter().map(|group| group.conversions).sum();
    let base = converted / labels.len() as f64;
    let effect = weights.design_effect(scores, labels);
    let mut found = Vec::with_capacity(10);
    equal_runs(&groups, labels.len(), 10, |run| {
        found.push(Decile {
            count: run.count,
            conversions: run.labels,
            lift: lift(run.labels, run.count, base),
            rate: run.rate(effect, weights.by_outcome),
            mean_score: Some(run.mean_score()),
        });
    });
    found
}

/// The first so many rows of a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopShare {
    /// The share of all rows asked for.
    pub share: f64,
    /// The rows it comes to: rounded half up, at least one.
    pub k: usize,
    /// Conversions among them; a fraction where a tie reaches across the edge.
    pub conversions: f64,
    /// Conversions among them, over them.
    pub precision: f64,
    /// Conversions among them, over all conversions; 0 when nothing converted.
    pub recall: f64,
    /// Precision over the conversion rate of all rows; 0 when nothing converted.
    pub lift: f64,
}

/// The rows that a share of `rows` comes to: rounded half up, at least one. A part per thousand is exact, so that 5 % of 30 is
/// 1.5 and not a hair less.
pub fn top_size(rows: usize, share: f64) -> usize {
    let thousandths = (share * 1000.0).round() as usize;
    ((rows * thousandths + 500) / 1000).clamp(1, rows.max(1))
}

/// What stands at the top of a ranking, for each share. Empty without rows.
pub fn top_shares(scores: &[f64], labels: &[bool], shares: &[f64]) -> Vec<TopShare> {
    if scores.is_empty() {
        return Vec::new();
    }
    let groups = tie_groups(scores, labels, ClassWeights::EQUAL.into());
    let total = labels.iter().filter(|&&label| label).count() as f64;
    let base = base_rate(labels);
    shares
        .iter()
        .map(|&share| {
            let k = top_size(scores.len(), share);
            let (mut left, mut conversions) = (k as f64, 0.0);
            for group in groups.iter().rev() {
                let take = left.min(group.count);
                conversions += group.conversions / group.count * take;
                left -= take;
                if left <= 0.0 {
                    break;
                }
            }
            TopShare {
                share,
                k,
                conversions,
                precision: conversions / k as f64,
                recall: if total > 0.0 { conversions / total } else { 0.0 },
                lift: lift(conversions, k, base),
            }
        })
        .collect()
}

fn base_rate(labels: &[bool]) -> f64 {
    labels.iter().filter(|&&label| label).count() as f64 / labels.len() as f64
}

fn lift(conversions: f64, count: usize, base: f64) -> f64 {
    if base > 0.0 { conversions / count as f64 / base } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_half_up() {
        assert_eq!(top_size(30, 0.05), 2);
        assert_eq!(top_size(29, 0.05), 1);
        assert_eq!(top_size(3, 0.05), 1);
        assert_eq!(top_size(41_188, 0.2), 8238);
    }

    #[test]
    fn the_interval_of_a_rate_is_that_of_the_sample_moved_to_the_population() {
        // 60 rows of which 39 converted, of a sample half of which did, of a population of which 1 % does; Wilson's interval
        // of 39 / 60 by its formula in Python, and its odds by 0.01 / 0.99.
        let labels: Vec<bool> = (0..60).map(|row| row < 39).collect();
        let weights = RowWeights::from(ClassWeights::of_sample(0.5, 0.01)).scaled_to(&labels);
        let found = calibration_weighted(&[0.02; 60], &labels, 1, weights).bins[0];
        let rate = found.rate.unwrap();
        for (found, sampled) in
            [(rate.value, 0.65), (rate.low, 0.523_626_188), (rate.high, 0.758_322_256)]
        {
            let odds = sampled / (1.0 - sampled) * 0.01 / 0.99;
            assert!((found - odds / (1.0 + odds)).abs() < 1e-6, "{found}");
        }
        assert!((rate.value - found.mean_label).abs() < 1e-12);
    }

    #[test]
    fn ties_share_a_place() {
        assert_eq!(midranks(&[10.0, 20.0, 10.0]), [1.5, 3.0, 1.5]);
        assert_eq!(spearman(&[1.0, 2.0], &[5.0, 5.0]), None);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), Some(-1.0));
    }
}
