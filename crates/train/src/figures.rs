//! What is told of held-out scores beside their evaluation: bands, strengths, a changed base rate.

use leadscore_model::bundle::{
    BaseRateShift, ProbabilityBands, RateFigures, RateRemedy, SignalStrength,
};
use leadscore_model::evaluate::{
    RowWeights, calibration_weighted, is_another_rate, log_loss_weighted,
};
use leadscore_model::{BaseRate, sigmoid};

use crate::rows::{Rows, Scores, pick};
use crate::split::Split;
use crate::weights::{converted_of, effective, pick_weights, share, weight_of};

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

/// The probabilities that a tenth and three tenths of the held-out leads reach; of leads that weigh
/// differently, of those that they stand for.
pub(crate) fn bands(
    probabilities: &[f64],
    labels: &[bool],
    weights: RowWeights<'_>,
) -> ProbabilityBands {
    let each = probabilities.iter().zip(labels).enumerate();
    let mut sorted: Vec<(f64, f64)> =
        each.map(|(row, (&p, &label))| (p, weights.of(row, label))).collect();
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
/// the probabilities would mend. `held_out` are the scores of the held-out rows, which are the newest, and `served`
/// those that the served model gives them.
pub(crate) fn rate_shift(
    rows: &Rows,
    split: &Split,
    gap: f64,
    held_out: &Scores,
    served: &Scores,
) -> Option<BaseRateShift> {
    let labels = pick(&rows.labels, &split.held_out);
    let weights = rows.weights_of(&split.held_out);
    let of = |part: &[usize]| (rows.rate(part), effective(part.len(), &rows.weights_of(part)));
    let (_, mass) = converted_of(&labels, &weights);
    let mean = |of: &Scores| {
        let probabilities = of.probabilities.iter().enumerate();
        probabilities.map(|(row, p)| weight_of(&weights, row) * p).sum::<f64>() / mass
    };
    let found = shift(of(&split.training), of(&split.held_out), mean(held_out))?;
    // Held-out rows stand in the order of the file.
    let place = |row: &usize| split.held_out.binary_search(row).ok();
    let places = |half: Vec<usize>| half.iter().filter_map(place).collect::<Vec<_>>();
    let remedy = rows.halves(&split.held_out, gap).and_then(|(older, newer)| {
        remedy((&held_out.log_odds, &labels, &weights), (&places(older), &places(newer)))
    });
    Some(BaseRateShift { remedy, served: Some(mean(served)), ..found })
}

/// Whether the newest rows convert at another rate ([`is_another_rate`]). Of each part its rate, and of how many rows
/// it is, of equal weight.
fn shift(
    (training, old_n): (f64, f64),
    (newest, new_n): (f64, f64),
    predicted: f64,
) -> Option<BaseRateShift> {
    let pooled = (training * old_n + newest * new_n) / (old_n + new_n);
    let error = (pooled * (1.0 - pooled) * (1.0 / old_n + 1.0 / new_n)).sqrt();
    let found = BaseRateShift { training, newest, predicted, served: None, remedy: None };
    is_another_rate(newest, training, error).then_some(found)
}

/// What moving log-odds to the rate of the newest rows would mend: read from some of them, and judged on
/// others after them; both as positions among the log-odds, labels and weights.
fn remedy(
    (log_odds, labels, weights): (&[f64], &[bool], &[f64]),
    (older, newer): (&[usize], &[usize]),
) -> Option<RateRemedy> {
    let of_older = pick_weights(weights, older);
    let (conversions, _) = converted_of(&pick(labels, older), &of_older);
    let base_rate = BaseRate::of_rows(&pick(log_odds, older), conversions, &of_older)?;
    let (judged, labels) = (pick(log_odds, newer), pick(labels, newer));
    let weights = pick_weights(weights, newer);
    let as_weighed = RowWeights::new(&weights);
    let as_weighed = as_weighed.scaled_to(&labels);
    let figures = |by: f64| {
        let probabilities: Vec<f64> = judged.iter().map(|z| sigmoid(z + by)).collect();
        let each = probabilities.iter().enumerate();
        let sum: f64 = each.map(|(row, p)| weight_of(&weights, row) * p).sum();
        RateFigures {
            predicted: sum / converted_of(&labels, &weights).1,
            log_loss: log_loss_weighted(&probabilities, &labels, as_weighed),
            ece: calibration_weighted(&probabilities, &labels, BINS, as_weighed).ece,
        }
    };
    (!judged.is_empty()).then(|| RateRemedy {
        read_from: older.len(),
        base_rate,
        rows: judged.len(),
        observed: share(&labels, &weights),
        without: figures(0.0),
        with: figures(base_rate.log_odds),
    })
}

#[cfg(test)]
mod tests {
    use leadscore_model::evaluate::ClassWeights;

    use super::*;

    #[test]
    fn a_shift_must_be_large_and_certain() {
        assert!(shift((0.064, 1e3), (0.308, 1e3), 0.5).is_some());
        assert!(shift((0.064, 1e3), (0.070, 1e3), 0.5).is_none());
        assert!(shift((0.1, 10.0), (0.3, 10.0), 0.5).is_none());
        assert!(shift((0.3, 1e3), (0.1, 1e3), 0.5).is_some());
    }

    #[test]
    fn bands_are_shares_of_the_held_out_ranking() {
        let probabilities: Vec<f64> = (1..=100).map(|i| f64::from(i) / 100.0).collect();
        let labels = vec![false; 100];
        let found = bands(&probabilities, &labels, ClassWeights::EQUAL.into());
        assert_eq!(found, ProbabilityBands { warm: 0.71, hot: 0.91 });
        // Those that converted are the top half and stand for one lead in ten, so all of them are hot.
        let labels: Vec<bool> = (0..100).map(|i| i >= 50).collect();
        let weights = ClassWeights::of_sample(0.5, 0.1);
        assert_eq!(bands(&probabilities, &labels, weights.into()).hot, 0.51);
    }

    #[test]
    fn a_remedy_is_read_and_judged_on_different_rows() {
        let log_odds = vec![-2.0; 400];
        let labels: Vec<bool> = (0..400).map(|row| row % 2 == 0).collect();
        let (older, newer): (Vec<usize>, Vec<usize>) = (0..400).partition(|row| *row < 200);
        let found = remedy((&log_odds, &labels, &[]), (&older, &newer)).unwrap();
        assert!((found.with.predicted - 0.5).abs() < 1e-9 && found.observed == 0.5);
        assert!((found.with.log_loss - 2.0f64.ln()).abs() < 1e-9);
        assert!(found.without.log_loss > found.with.log_loss && found.with.ece < 1e-9);
        assert_eq!(remedy((&log_odds, &[true; 400], &[]), (&older, &newer)), None);
        assert_eq!(remedy((&log_odds, &labels, &[]), (&older, &[])), None);
    }
}
