//! The L2 penalty, chosen by cross-validation on the training rows.

use leadscore_model::bundle::{CandidatePenalty, PenaltyRecord};
use leadscore_model::sigmoid;
use rayon::prelude::*;

use crate::split::Drawn;
use crate::{Dealing, Design, FitError, NewtonOptions, SignalColumn, fit_encoder, fit_newton};

/// Folds.
pub(crate) const FOLDS: usize = 5;

/// The candidates: half a power of ten apart, from 0.01 to 10,000.
fn candidates() -> Vec<f64> {
    (-4..=8).map(|half| 10f64.powf(f64::from(half) / 2.0)).collect()
}

/// Cross-validates every candidate on the given rows; labels, and what deals rows into folds, are
/// parallel to them. Within each fold the encoder is fitted to what the model is fitted to.
/// Chooses the candidate with the least log loss (of equals, the largest).
///
/// What is chosen on four fifths of the rows (of many, of a sample) is used on all of them as it is.
/// A penalty of the summed loss is the inverse variance of a normal prior of the coefficients
/// (T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning, section 3.4.1), which
/// does not hang on how many rows there are.
pub(crate) fn choose_penalty(
    signals: &[SignalColumn],
    rows: &[usize],
    labels: &[bool],
    dealing: Dealing<'_>,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Result<PenaltyRecord, FitError> {
    let Drawn { rows, labels, folds } = Drawn::new(rows, labels, dealing, FOLDS);
    let count = folds.folds.len();
    let grid = candidates();
    let finished = std::sync::atomic::AtomicUsize::new(0);
    let losses: Vec<Vec<f64>> = folds
        .folds
        .par_iter()
        .map(|fold| {
            let (fitted, tested) = (folds.fitted(fold), folds.tested(fold));
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
                let done_now = 1 + finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                done(done_now, count * grid.len());
            }
            Ok(losses)
        })
        .collect::<Result<_, FitError>>()?;
    let tested = folds.count_tested() as f64;
    let candidates: Vec<CandidatePenalty> = grid
        .iter()
        .enumerate()
        .map(|(index, &l2)| CandidatePenalty {
            l2,
            log_loss: losses.iter().map(|fold| fold[index]).sum::<f64>() / tested,
        })
        .collect();
    let best = candidates.iter().rev().min_by(|a, b| a.log_loss.total_cmp(&b.log_loss));
    let l2 = best.map_or(1.0, |candidate| candidate.l2);
    Ok(PenaltyRecord { l2, folds: count, by: folds.rule, candidates })
}

fn summed_loss(design: &Design, labels: &[bool], intercept: f64, coefficients: &[f64]) -> f64 {
    let probabilities: Vec<f64> = (0..labels.len())
        .map(|row| sigmoid(design.log_odds(row, intercept, coefficients)))
        .collect();
    leadscore_model::evaluate::log_loss(&probabilities, labels) * labels.len() as f64
}
