//! The recipe on folds of the training rows: how far its figures vary, and log-odds of rows that were
//! not fitted.

use leadscore_model::bundle::{FoldFigures, FoldRule, FoldsRecord};
use leadscore_model::evaluate::{
    ClassWeights, Interval, RowWeights, auc_weighted, calibration_slope_weighted,
    log_loss_weighted, mean_over_folds,
};
use leadscore_model::{BaseRate, sigmoid};
use rayon::prelude::*;

use crate::columns::Columns;
use crate::recipe::{FitRows, Recipe};
use crate::rows::{Rows, pick};
use crate::split::{Drawn, MOST_ROWS, MOST_ROWS_PLAIN};
use crate::weights::share;
use crate::{Dealing, TrainError};

/// The folds differ from those that choices were made by, so that these are not judged by the rows
/// that made them.
const SEED: u64 = 0x6576_616c;

/// How often the recipe is fitted, and to what population its figures speak.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folding {
    /// Folds.
    pub(crate) folds: usize,
    /// Deals of folds at random.
    pub(crate) repeats: usize,
    /// The rate that the population converts at, where rows were sampled by outcome.
    pub(crate) base_rate: Option<f64>,
}

/// The rows of one fold that it was not fitted to.
#[derive(Clone, Debug)]
pub(crate) struct OutOfFold {
    /// What the recipe gives them, in log-odds, before any base rate.
    pub(crate) log_odds: Vec<f64>,
    /// What became of them.
    pub(crate) labels: Vec<bool>,
    /// How often each counts; empty where all count once.
    pub(crate) weights: Vec<f64>,
}

/// Fits a recipe anew on every fold, encoder and all, and scores the rest of it by the one scoring
/// path. Returns the out-of-fold rows of the first deal of
/// folds, fold by fold, oldest first where folds are blocks of time; `None` where no fold has rows of both
/// outcomes to be fitted to, and rows to be tested on.
///
/// # Errors
/// [`TrainError`] when a fit fails.
pub(crate) fn cross_validate(
    rows: &Rows,
    columns: &Columns,
    recipe: &Recipe,
    of: FitRows<'_>,
    folding: Folding,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Result<Option<(FoldsRecord, Vec<OutOfFold>)>, TrainError> {
    let most = match recipe {
        Recipe::Plain { .. } => MOST_ROWS_PLAIN,
        Recipe::Tables(_) => MOST_ROWS,
    };
    let deals: Vec<Drawn> = (0..folding.repeats.max(1))
        .map(|repeat| {
            let seed = of.dealing.seed ^ SEED ^ (repeat as u64) << 32;
            let dealing = Dealing { seed, ..of.dealing };
            Drawn::new(most, FitRows { dealing, ..of }, folding.folds)
        })
        .collect();
    let by = deals[0].folds.rule;
    // Blocks of time are the same in every deal.
    let deals = &deals[..if by == FoldRule::Forward { 1 } else { deals.len() }];
    let recipe = recipe.by_newton();
    let all: Vec<Sides<'_>> = deals.iter().enumerate().flat_map(sides).collect();
    let finished = std::sync::atomic::AtomicUsize::new(0);
    let found: Vec<(FoldFigures, OutOfFold)> = all
        .par_iter()
        .map(|Sides { deal: _, drawn, fitted, tested }| {
            let (fitted, tested) = (pick(&drawn.rows, fitted), pick(&drawn.rows, tested));
            let model = rows.fit(&fitted, &recipe)?.fitted;
            let log_odds = rows.log_odds(columns, &model, &tested)?;
            let count = 1 + finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            done(count, all.len());
            let (labels, weights) = (pick(&rows.labels, &tested), rows.weights_of(&tested));
            let out = OutOfFold { log_odds, labels, weights };
            let rate = rows.rate(&fitted);
            Ok((figures(&out, fitted.len(), rate, folding.base_rate), out))
        })
        .collect::<Result<_, TrainError>>()?;
    let (each, mut out): (Vec<FoldFigures>, Vec<OutOfFold>) = found.into_iter().unzip();
    out.truncate(all.iter().filter(|sides| sides.deal == 0).count());
    if out.is_empty() {
        return Ok(None);
    }
    let mean = |of: &dyn Fn(&FoldFigures) -> Option<f64>, most: f64| -> Option<Interval> {
        let values: Vec<(f64, usize, usize)> =
            each.iter().filter_map(|fold| Some((of(fold)?, fold.fitted, fold.rows))).collect();
        mean_over_folds(&values).map(|mean| within(mean, most))
    };
    let log_odds: Vec<f64> = out.iter().flat_map(|fold| fold.log_odds.iter().copied()).collect();
    let all_labels: Vec<bool> = out.iter().flat_map(|fold| fold.labels.iter().copied()).collect();
    let weights: Vec<f64> = out.iter().flat_map(|fold| fold.weights.iter().copied()).collect();
    let weights = RowWeights::new(&weights);
    let probabilities: Vec<f64> = log_odds.iter().map(|&z| sigmoid(z)).collect();
    let record = FoldsRecord {
        folds: out.len(),
        repeats: deals.len(),
        by,
        rows: deals[0].rows.len(),
        auc: mean(&|fold| fold.auc, 1.0),
        log_loss: mean(&|fold| Some(fold.log_loss), f64::INFINITY),
        base_log_loss: mean(&|fold| Some(fold.base_log_loss), f64::INFINITY).map(|mean| mean.value),
        slope: calibration_slope_weighted(&probabilities, &all_labels, weights),
        each,
    };
    Ok(Some((record, out)))
}

/// A fold of a deal, by the positions of its rows among those drawn.
struct Sides<'d> {
    deal: usize,
    drawn: &'d Drawn,
    fitted: Vec<usize>,
    tested: Vec<usize>,
}

/// The folds of a deal that can be fitted and tested.
fn sides((deal, drawn): (usize, &Drawn)) -> Vec<Sides<'_>> {
    let folds = drawn.folds.folds.iter().map(|fold| Sides {
        deal,
        drawn,
        fitted: drawn.folds.fitted(fold),
        tested: drawn.folds.tested(fold),
    });
    let usable = |sides: &Sides<'_>| {
        let rate = share(&pick(&drawn.labels, &sides.fitted), &[]);
        rate > 0.0 && rate < 1.0 && !sides.tested.is_empty()
    };
    folds.filter(usable).collect()
}

/// An interval of a figure from 0 to `most`: few folds that differ give one that is wider.
fn within(interval: Interval, most: f64) -> Interval {
    Interval { low: interval.low.max(0.0), high: interval.high.min(most), ..interval }
}

/// What the rows of a fold say of the model that was fitted without them, to rows of such a rate.
fn figures(out: &OutOfFold, fitted: usize, rate: f64, population: Option<f64>) -> FoldFigures {
    let by = population.map_or(0.0, |to| BaseRate::of_sample(rate, to).log_odds);
    let by_outcome = population.map_or(ClassWeights::EQUAL, |to| ClassWeights::of_sample(rate, to));
    let weights = RowWeights { by_outcome, of_rows: &out.weights, groups: &[] };
    let probabilities: Vec<f64> = out.log_odds.iter().map(|z| sigmoid(z + by)).collect();
    let flat = vec![population.unwrap_or(rate); out.labels.len()];
    FoldFigures {
        fitted,
        rows: out.labels.len(),
        conversions: out.labels.iter().filter(|label| **label).count(),
        auc: auc_weighted(&out.log_odds, &out.labels, &out.weights).map(|auc| auc.value),
        log_loss: log_loss_weighted(&probabilities, &out.labels, weights),
        base_log_loss: log_loss_weighted(&flat, &out.labels, weights),
    }
}
