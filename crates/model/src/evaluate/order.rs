//! Figures that depend on the order of scores: ranks, bins, deciles, the top of a ranking.

use serde::{Deserialize, Serialize};

/// Rows of equal score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TieGroup {
    pub(super) score: f64,
    pub(super) count: usize,
    pub(super) conversions: usize,
}

/// The rows grouped by score, by rising score. Scores are finite, so `-0` and `0` are one.
pub(super) fn tie_groups(scores: &[f64], labels: &[bool]) -> Vec<TieGroup> {
    let mut rows: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    rows.sort_unstable_by(|a, b| (a.0 + 0.0).total_cmp(&(b.0 + 0.0)));
    let mut groups: Vec<TieGroup> = Vec::new();
    for (score, label) in rows {
        match groups.last_mut() {
            Some(group) if group.score == score => {
                group.count += 1;
                group.conversions += usize::from(label);
            }
            _ => groups.push(TieGroup { score, count: 1, conversions: usize::from(label) }),
        }
    }
    groups
}

/// 1-based ranks by rising value, ties sharing the mean of theirs.
pub(super) fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| (values[a] + 0.0).total_cmp(&(values[b] + 0.0)));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        let rank = (start + 1 + end) as f64 / 2.0;
        order[start..end].iter().for_each(|&row| ranks[row] = rank);
        start = end;
    }
    ranks
}

/// Spearman's rank correlation, with midranks for ties. `None` when either is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (midranks(a), midranks(b));
    let mean = (a.len() + 1) as f64 / 2.0;
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(&b) {
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

/// Walks the rows by rising score in `parts` runs of equal count; each row's label is the mean
/// of its tie group. Calls back with each run's rows: count, sum of scores, sum of labels.
fn equal_runs(groups: &[TieGroup], parts: usize, mut run: impl FnMut(usize, f64, f64)) {
    let rows: usize = groups.iter().map(|group| group.count).sum();
    let mut groups = groups.iter().copied();
    let mut current = groups.next();
    let mut left = current.map_or(0, |group| group.count);
    for part in 0..parts {
        let mut want = (part + 1) * rows / parts - part * rows / parts;
        let count = want;
        let (mut scores, mut labels) = (0.0, 0.0);
        while want > 0 {
            let Some(group) = current else { break };
            let take = want.min(left);
            scores += group.score * take as f64;
            labels += group.conversions as f64 / group.count as f64 * take as f64;
            want -= take;
            left -= take;
            if left == 0 {
                current = groups.next();
                left = current.map_or(0, |group| group.count);
            }
        }
        if count > 0 {
            run(count, scores, labels);
        }
    }
}

/// Calibration in `bins` bins of equal count.
pub fn calibration(probabilities: &[f64], labels: &[bool], bins: usize) -> Calibration {
    let mut found = Calibration { bins: Vec::with_capacity(bins), ece: 0.0 };
    let rows = probabilities.len() as f64;
    equal_runs(&tie_groups(probabilities, labels), bins, |count, scores, conversions| {
        let n = count as f64;
        let bin = Bin { count, mean_score: scores / n, mean_label: conversions / n };
        found.ece += n / rows * (bin.mean_label - bin.mean_score).abs();
        found.bins.push(bin);
    });
    found
}

/// A tenth of the ranking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decile {
    /// Rows.
    pub count: usize,
    /// Conversions among them; a fraction where ties reach across the edge.
    pub conversions: f64,
    /// Their conversion rate over that of all rows; 0 when nothing converted.
    pub lift: f64,
}

/// The tenths of a ranking, best first.
pub fn deciles(scores: &[f64], labels: &[bool]) -> Vec<Decile> {
    let base = base_rate(labels);
    let mut groups = tie_groups(scores, labels);
    groups.reverse();
    let mut found = Vec::with_capacity(10);
    equal_runs(&groups, 10, |count, _, conversions| {
        found.push(Decile { count, conversions, lift: lift(conversions, count, base) });
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

/// The rows that a share of `rows` comes to. A part per thousand is exact, so that 5 % of 30 is
/// 1.5 and not a hair less.
pub(super) fn top_size(rows: usize, share: f64) -> usize {
    let thousandths = (share * 1000.0).round() as usize;
    ((rows * thousandths + 500) / 1000).clamp(1, rows.max(1))
}

/// What stands at the top of a ranking, for each share. Empty without rows.
pub fn top_shares(scores: &[f64], labels: &[bool], shares: &[f64]) -> Vec<TopShare> {
    if scores.is_empty() {
        return Vec::new();
    }
    let groups = tie_groups(scores, labels);
    let total = labels.iter().filter(|&&label| label).count() as f64;
    let base = base_rate(labels);
    shares
        .iter()
        .map(|&share| {
            let k = top_size(scores.len(), share);
            let (mut left, mut conversions) = (k, 0.0);
            for group in groups.iter().rev() {
                let take = left.min(group.count);
                conversions += group.conversions as f64 / group.count as f64 * take as f64;
                left -= take;
                if left == 0 {
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

/// The probability that each row is among the first `k` by falling score when ties are broken at
/// random.
pub(super) fn inclusion(scores: &[f64], k: usize) -> Vec<f64> {
    let labels = vec![false; scores.len()];
    let mut left = k;
    let mut edge = (f64::INFINITY, 0.0);
    for group in tie_groups(scores, &labels).iter().rev() {
        let take = left.min(group.count);
        edge = (group.score, take as f64 / group.count as f64);
        left -= take;
        if left == 0 {
            break;
        }
    }
    scores
        .iter()
        .map(|&score| {
            if score > edge.0 {
                1.0
            } else if score == edge.0 {
                edge.1
            } else {
                0.0
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
    fn ties_share_a_place() {
        assert_eq!(inclusion(&[3.0, 2.0, 2.0, 1.0], 2), [1.0, 0.5, 0.5, 0.0]);
        assert_eq!(midranks(&[10.0, 20.0, 10.0]), [1.5, 3.0, 1.5]);
        assert_eq!(spearman(&[1.0, 2.0], &[5.0, 5.0]), None);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), Some(-1.0));
    }
}
