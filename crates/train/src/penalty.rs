//! The L2 penalty, chosen by cross-validation on the training rows.

use leadscore_model::bundle::CandidatePenalty;
use leadscore_model::sigmoid;
use rayon::prelude::*;

use crate::split::Drawn;
use crate::{Design, FitError, NewtonOptions, SignalColumn, fit_encoder, fit_newton};

/// Folds.
pub(crate) const FOLDS: usize = 5;

/// The candidates: half a power of ten apart, from 0.01 to 10,000.
fn candidates() -> Vec<f64> {
    (-4..=8).map(|half| 10f64.powf(f64::from(half) / 2.0)).collect()
}

/// Cross-validates every candidate on the given rows; labels and groups are parallel to them.
/// Within each fold the encoder is fitted on the other folds only. Returns the candidates by
/// rising penalty, and the one with the least log loss (of equals, the largest).
///
/// What is chosen on four fifths of the rows (of many, of a sample) is used on all of them as it is.
/// A penalty of the summed loss is the inverse variance of a normal prior of the coefficients
/// (T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning, section 3.4.1), which
/// does not hang on how many rows there are.
pub(crate) fn choose_penalty(
    signals: &[SignalColumn],
    rows: &[usize],
    labels: &[bool],
    groups: &[u64],
    seed: u64,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Result<(f64, Vec<CandidatePenalty>), FitError> {
    let Drawn { rows, labels, folds: fold_of } = Drawn::new(rows, labels, groups, FOLDS, seed);
    let grid = candidates();
    let finished = std::sync::atomic::AtomicUsize::new(0);
    let losses: Vec<Vec<f64>> = (0..FOLDS)
        .into_par_iter()
        .map(|fold| {
            let side = |inside: bool| -> Vec<usize> {
                (0..rows.len()).filter(|&i| (fold_of[i] == fold) == inside).collect()
            };
            let (fitted, tested) = (side(false), side(true));
            let pick = |indices: &[usize]| -> (Vec<usize>, Vec<bool>) {
                indices.iter().map(|&i| (rows[i], labels[i])).unzip()
            };
            let (fit_rows, fit_labels) = pick(&fitted);
            let (test_rows, test_labels) = pick(&tested);
            let encoder = fit_encoder(signals, &fit_rows);
            let design = Design::new(&encoder, signals, &fit_rows);
            let test = Design::new(&encoder, signals, &test_rows);
            let mut losses = vec![0.0; grid.len()];
            let mut warm = None;
            // From the largest penalty down: each solution is a good start for the next.
            for (index, &l2) in grid.iter().enumerate().rev() {
                let fit =
                    fit_newton(&design, &fit_labels, NewtonOptions::rough(l2), warm.as_ref())?;
                losses[index] = summed_loss(&test, &test_labels, fit.intercept, &fit.coefficients);
                warm = Some(fit);
                let count = 1 + finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                done(count, FOLDS * grid.len());
            }
            Ok(losses)
        })
        .collect::<Result<_, FitError>>()?;
    let candidates: Vec<CandidatePenalty> = grid
        .iter()
        .enumerate()
        .map(|(index, &l2)| CandidatePenalty {
            l2,
            log_loss: losses.iter().map(|fold| fold[index]).sum::<f64>() / rows.len() as f64,
        })
        .collect();
    let best = candidates.iter().rev().min_by(|a, b| a.log_loss.total_cmp(&b.log_loss));
    let l2 = best.map_or(1.0, |candidate| candidate.l2);
    Ok((l2, candidates))
}

fn summed_loss(design: &Design, labels: &[bool], intercept: f64, coefficients: &[f64]) -> f64 {
    let probabilities: Vec<f64> = (0..labels.len())
        .map(|row| sigmoid(design.log_odds(row, intercept, coefficients)))
        .collect();
    leadscore_model::evaluate::log_loss(&probabilities, labels) * labels.len() as f64
}
