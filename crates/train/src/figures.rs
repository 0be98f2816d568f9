//! What is told of held-out scores beside their evaluation: bands, strengths, a changed base rate.

use leadscore_model::bundle::{
    BaseRateShift, ProbabilityBands, RateFigures, RateRemedy, SignalStrength,
};
use leadscore_model::evaluate::{ClassWeights, calibration, log_loss};
use leadscore_model::{BaseRate, sigmoid};

use crate::cross_validation::share;
use crate::rows::{Rows, Scores, pick};
use crate::split::Split;

/// Leads above this share of the held-out ranking are hot, and warm.
const HOT_SHARE: f64 = 0.10;
const WARM_SHARE: f64 = 0.30;
/// Bins of a calibration error.
const BINS: usize = 20;

/// The mean size of every part, the largest first.
pub(crate) fn strengths(inputs: &[String], scores: &Scores) -> Vec<SignalStrength> {
    let rows = scores.log_odds.len().max(1) as f64;
    let mut found: Vec<SignalStrength> = inputs
        .iter()
        .zip(&scores.moved)
        .map(|(signal, moved)| SignalStrength {
            signal: signal.clone(),
            mean_log_odds: moved / rows,
        })
        .collect();
    found.sort_by(|a, b| b.mean_log_odds.total_cmp(&a.mean_log_odds));
    found
}

/// The probabilities that a tenth and three tenths of the held-out leads reach; of leads that were
/// sampled by outcome, of those that they stand for.
pub(crate) fn bands(
    probabilities: &[f64],
    labels: &[bool],
    weights: ClassWeights,
) -> ProbabilityBands {
    let mut sorted: Vec<(f64, f64)> =
        probabilities.iter().zip(labels).map(|(&p, &label)| (p, weights.of(label))).collect();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let all: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let at = |share: f64| {
        let mut reached = 0.0;
        let edge = sorted.iter().find(|(_, weight)| {
            reached += weight;
            // Shares of equal weights are whole numbers but for rounding.
            reached >= share * all - 1e-9 * all
        });
        edge.map_or(0.5, |(probability, _)| *probability)
    };
    ProbabilityBands { warm: at(WARM_SHARE), hot: at(HOT_SHARE) }
}

/// How the newest rows convert otherwise than the training rows, where they surely do, and what moving
/// the probabilities would mend. `held_out` are the scores of the held-out rows; `None` too where rows
/// are not held out by time.
pub(crate) fn rate_shift(
    rows: &Rows,
    split: &Split,
    gap: f64,
    held_out: &Scores,
) -> Option<BaseRateShift> {
    if !rows.are_in_time() {
        return None;
    }
    let labels = pick(&rows.labels, &split.held_out);
    let converted = |labels: &[bool]| labels.iter().filter(|label| **label).count();
    let before = converted(&pick(&rows.labels, &split.training));
    let now = (converted(&labels), labels.len());
    let found = shift((before, split.training.len()), now, &held_out.probabilities)?;
    // Held-out rows stand in the order of the file.
    let place = |row: &usize| split.held_out.binary_search(row).ok();
    let places = |half: Vec<usize>| half.iter().filter_map(place).collect::<Vec<_>>();
    let remedy = rows.halves(&split.held_out, gap).and_then(|(older, newer)| {
        remedy(&held_out.log_odds, &labels, (&places(older), &places(newer)))
    });
    Some(BaseRateShift { remedy, ..found })
}

/// Whether the newest rows convert at another rate: by a fifth or more, and by more than four
/// standard errors of the difference, which chance alone does not give.
fn shift(
    (old_conversions, old): (usize, usize),
    (new_conversions, new): (usize, usize),
    probabilities: &[f64],
) -> Option<BaseRateShift> {
    let (old_n, new_n) = (old as f64, new as f64);
    let (training, newest) = (old_conversions as f64 / old_n, new_conversions as f64 / new_n);
    let pooled = (old_conversions + new_conversions) as f64 / (old_n + new_n);
    let error = (pooled * (1.0 - pooled) * (1.0 / old_n + 1.0 / new_n)).sqrt();
    let differs = (newest - training).abs() > 4.0 * error
        && (newest > 1.2 * training || training > 1.2 * newest);
    let predicted = probabilities.iter().sum::<f64>() / new_n;
    differs.then_some(BaseRateShift { training, newest, predicted, remedy: None })
}

/// What moving log-odds to the rate of the newest rows would mend: read from some of them, and judged on
/// others after them; both as positions among the log-odds and labels.
fn remedy(
    log_odds: &[f64],
    labels: &[bool],
    (older, newer): (&[usize], &[usize]),
) -> Option<RateRemedy> {
    let conversions = older.iter().filter(|&&row| labels[row]).count();
    let base_rate = BaseRate::of_rows(&pick(log_odds, older), conversions)?;
    let (judged, labels) = (pick(log_odds, newer), pick(labels, newer));
    let figures = |by: f64| {
        let probabilities: Vec<f64> = judged.iter().map(|z| sigmoid(z + by)).collect();
        RateFigures {
            predicted: probabilities.iter().sum::<f64>() / probabilities.len() as f64,
            log_loss: log_loss(&probabilities, &labels),
            ece: calibration(&probabilities, &labels, BINS).ece,
        }
    };
    (!judged.is_empty()).then(|| RateRemedy {
        read_from: older.len(),
        base_rate,
        rows: judged.len(),
        observed: share(&labels),
        without: figures(0.0),
        with: figures(base_rate.log_odds),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_must_be_large_and_certain() {
        let half = [0.5; 100];
        assert!(shift((64, 1000), (308, 1000), &half).is_some());
        assert!(shift((64, 1000), (70, 1000), &half).is_none());
        assert!(shift((1, 10), (3, 10), &half).is_none());
        assert!(shift((300, 1000), (100, 1000), &half).is_some());
    }

    #[test]
    fn bands_are_shares_of_the_held_out_ranking() {
        let probabilities: Vec<f64> = (1..=100).map(|i| f64::from(i) / 100.0).collect();
        let labels = vec![false; 100];
        let found = bands(&probabilities, &labels, ClassWeights::EQUAL);
        assert_eq!(found, ProbabilityBands { warm: 0.71, hot: 0.91 });
        // Those that converted are the top half and stand for one lead in ten, so all of them are hot.
        let labels: Vec<bool> = (0..100).map(|i| i >= 50).collect();
        let weights = ClassWeights::of_sample(0.5, 0.1);
        assert_eq!(bands(&probabilities, &labels, weights).hot, 0.51);
    }

    #[test]
    fn a_remedy_is_read_and_judged_on_different_rows() {
        let log_odds = vec![-2.0; 400];
        let labels: Vec<bool> = (0..400).map(|row| row % 2 == 0).collect();
        let (older, newer): (Vec<usize>, Vec<usize>) = (0..400).partition(|row| *row < 200);
        let found = remedy(&log_odds, &labels, (&older, &newer)).unwrap();
        assert!((found.with.predicted - 0.5).abs() < 1e-9 && found.observed == 0.5);
        assert!((found.with.log_loss - 2.0f64.ln()).abs() < 1e-9);
        assert!(found.without.log_loss > found.with.log_loss && found.with.ece < 1e-9);
        assert_eq!(remedy(&log_odds, &[true; 400], (&older, &newer)), None);
        assert_eq!(remedy(&log_odds, &labels, (&older, &[])), None);
    }
}
