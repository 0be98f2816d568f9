//! Two rankings of the same leads against what happened.

use serde::Serialize;

use super::order::{inclusion, midranks, top_size};
use super::{Auc, Interval, TopShare, auc, spearman, top_shares, wilson};
use crate::points::{Bands, Points};

/// The shares of the ranking that are looked at.
const SHARES: [f64; 3] = [0.05, 0.10, 0.20];
/// Disagreements listed.
const DISAGREEMENTS: usize = 10;

/// How well one ranking finds the leads that convert.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RankingQuality {
    /// `None` unless both classes occur.
    pub auc: Option<Auc>,
    /// The top 5, 10 and 20 %.
    pub top: Vec<TopShare>,
}

/// How many leads two rankings have in common at the top.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Overlap {
    /// The share of all leads.
    pub share: f64,
    /// The leads it comes to.
    pub k: usize,
    /// The share of those that both have there, with ties broken at random.
    pub overlap: f64,
}

/// A lead that the two rankings place far apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    /// The lead, as a position in what was compared.
    pub lead: usize,
    /// Its place by probability, 1 the best; ties share the mean of theirs.
    pub model_rank: f64,
    /// Its place by points.
    pub points_rank: f64,
}

/// What reaching a number of points has meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ThresholdMeaning {
    /// The name of a band, or `hand_off`.
    pub threshold: String,
    /// The points.
    pub points: Points,
    /// Leads with so many or more.
    pub leads: usize,
    /// How many of them converted, with a 95 % interval. `None` for no leads.
    pub conversion_rate: Option<Interval>,
    /// The mean probability that the model gives them. `None` for no leads.
    pub mean_probability: Option<f64>,
    /// The probability that as many leads reach. `None` for no leads.
    pub matching_probability: Option<f64>,
    /// How many of as many leads convert when the model chooses them.
    pub model_conversion_rate: Option<f64>,
}

/// What standing in a band has meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BandRate {
    /// Its name.
    pub band: String,
    /// Leads in it.
    pub leads: usize,
    /// How many of them converted, with a 95 % interval. `None` for no leads.
    pub conversion_rate: Option<Interval>,
}

/// Two rankings of the same leads against what happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Leads compared.
    pub leads: usize,
    /// Of them, converted.
    pub conversions: usize,
    /// The ranking by probability.
    pub model: RankingQuality,
    /// The ranking by points.
    pub points: RankingQuality,
    /// Spearman's rank correlation of the two. `None` when either puts all leads in one place.
    pub rank_correlation: Option<f64>,
    /// What they have in common at the top.
    pub overlap: Vec<Overlap>,
    /// The leads that they place farthest apart, farthest first.
    pub disagreements: Vec<Disagreement>,
    /// What the points thresholds stand for.
    pub thresholds: Vec<ThresholdMeaning>,
    /// What the bands of the points stand for.
    pub bands: Vec<BandRate>,
}

/// Nothing can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are no leads to compare")]
pub struct ComparisonError;

/// Compares a model's probabilities with points on the same leads; the slices are parallel.
///
/// # Errors
/// [`ComparisonError`] for no leads.
pub fn compare(
    probabilities: &[f64],
    points: &[Points],
    labels: &[bool],
    bands: &Bands,
    hand_off: Option<Points>,
) -> Result<Comparison, ComparisonError> {
    if labels.is_empty() {
        return Err(ComparisonError);
    }
    let totals: Vec<f64> = points.iter().map(|p| p.to_number()).collect();
    let quality = |scores: &[f64]| RankingQuality {
        auc: auc(scores, labels),
        top: top_shares(scores, labels, &SHARES),
    };
    let overlap = SHARES
        .iter()
        .map(|&share| {
            let k = top_size(labels.len(), share);
            let (a, b) = (inclusion(probabilities, k), inclusion(&totals, k));
            let common: f64 = a.iter().zip(&b).map(|(p, q)| p * q).sum();
            Overlap { share, k, overlap: common / k as f64 }
        })
        .collect();
    let named = bands.all().iter().map(|band| (band.name.as_str(), band.from));
    let thresholds = named
        .chain([("hand_off", hand_off)])
        .filter_map(|(name, threshold)| threshold.map(|t| (name, t)))
        .map(|(name, threshold)| meaning(name, threshold, probabilities, points, labels))
        .collect();
    Ok(Comparison {
        leads: labels.len(),
        conversions: labels.iter().filter(|&&label| label).count(),
        model: quality(probabilities),
        points: quality(&totals),
        rank_correlation: spearman(probabilities, &totals),
        overlap,
        disagreements: disagreements(probabilities, &totals),
        thresholds,
        bands: (0..bands.all().len()).map(|band| band_rate(band, bands, points, labels)).collect(),
    })
}

fn disagreements(probabilities: &[f64], totals: &[f64]) -> Vec<Disagreement> {
    let last = probabilities.len() as f64 + 1.0;
    let mut all: Vec<Disagreement> = midranks(probabilities)
        .into_iter()
        .zip(midranks(totals))
        .enumerate()
        .map(|(lead, (model, points))| Disagreement {
            lead,
            model_rank: last - model,
            points_rank: last - points,
        })
        .filter(|found| found.model_rank != found.points_rank)
        .collect();
    let distance = |d: &Disagreement| (d.model_rank - d.points_rank).abs();
    all.sort_by(|a, b| distance(b).total_cmp(&distance(a)).then(a.lead.cmp(&b.lead)));
    all.truncate(DISAGREEMENTS);
    all
}

fn meaning(
    name: &str,
    threshold: Points,
    probabilities: &[f64],
    points: &[Points],
    labels: &[bool],
) -> ThresholdMeaning {
    let reached = |row: &usize| points[*row] >= threshold;
    let rows: Vec<usize> = (0..points.len()).filter(reached).collect();
    let conversions = rows.iter().filter(|&&row| labels[row]).count();
    let leads = rows.len();
    let mut found = ThresholdMeaning {
        threshold: name.to_owned(),
        points: threshold,
        leads,
        conversion_rate: wilson(conversions, leads),
        mean_probability: None,
        matching_probability: None,
        model_conversion_rate: None,
    };
    if leads > 0 {
        let sum: f64 = rows.iter().map(|&row| probabilities[row]).sum();
        found.mean_probability = Some(sum / leads as f64);
        let mut sorted = probabilities.to_vec();
        sorted.sort_by(|a, b| b.total_cmp(a));
        found.matching_probability = Some(sorted[leads - 1]);
        let chosen = inclusion(probabilities, leads);
        let converted: f64 =
            chosen.iter().zip(labels).filter(|(_, label)| **label).map(|(share, _)| share).sum();
        found.model_conversion_rate = Some(converted / leads as f64);
    }
    found
}

fn band_rate(band: usize, bands: &Bands, points: &[Points], labels: &[bool]) -> BandRate {
    let inside = || points.iter().zip(labels).filter(|(p, _)| bands.of(**p) == Some(band));
    let leads = inside().count();
    let conversions = inside().filter(|(_, label)| **label).count();
    BandRate {
        band: bands.name(band).unwrap_or_default().to_owned(),
        leads,
        conversion_rate: wilson(conversions, leads),
    }
}
