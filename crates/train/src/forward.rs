//! The penalty of a plain model where folds are blocks of time. What a later block meets is found out by
//! models that know nothing of it, their scales and levels neither: a slope of a column that hardly moved
//! before costs little there and everything later, and a scale that is of all blocks hides that.

use leadscore_features::Value;
use leadscore_model::bundle::CandidatePenalty;
use leadscore_model::row_loss;
use rayon::prelude::*;

use crate::SignalColumn;
use crate::fit_encoder::fit_encoder_weighted;
use crate::plain::Plain;
use crate::recipe::Outcomes;
use crate::rows::pick;
use crate::solver::FitError;
use crate::split::Drawn;
use crate::weights::{pick_weights, weight_of};

/// One block of time with what is known when it begins.
struct Block<'s> {
    signals: &'s [SignalColumn],
    plain: Plain,
    /// Where the fit before ended, nearest to where the next one does.
    start: Option<Vec<f64>>,
    /// The rows of the block, their targets and how often each counts.
    tested: Vec<(usize, f64, f64)>,
}

/// The blocks of the training rows.
pub(crate) struct Blocks<'s> {
    blocks: Vec<Block<'s>>,
    /// How often all tested rows count.
    mass: f64,
}

impl<'s> Blocks<'s> {
    /// The folds of rows, each with an encoder of its own. `points` are those of the rows, where fits lean
    /// on them.
    pub(crate) fn new(signals: &'s [SignalColumn], of: &Drawn, points: Option<&[f64]>) -> Self {
        let Drawn { rows, labels, weights, folds } = of;
        let block = |fold: &crate::folds::Fold| {
            let side = |side: &[bool]| -> Vec<usize> {
                (0..rows.len()).filter(|&at| side[folds.class[at]]).collect()
            };
            let (fitted, tested) = (side(&fold.fitted), side(&fold.tested));
            let (known, of_known) = (pick(rows, &fitted), pick_weights(weights, &fitted));
            let encoder = fit_encoder_weighted(signals, &known, &of_known);
            let outcomes = Outcomes::new(&pick(labels, &fitted), &of_known);
            let mut plain = Plain::new(encoder, signals, &known, outcomes).narrowed();
            if let Some(points) = points {
                plain.lean_on(&pick(points, &fitted));
            }
            let tested = tested
                .iter()
                .map(|&at| (rows[at], f64::from(u8::from(labels[at])), weight_of(weights, at)));
            Block { signals, plain, start: None, tested: tested.collect() }
        };
        let blocks: Vec<Block<'s>> = folds.folds.par_iter().map(block).collect();
        let tested = blocks.iter().flat_map(|block| &block.tested);
        let mass = tested.map(|(_, _, weight)| weight).sum();
        Self { blocks, mass }
    }

    /// What a penalty loses.
    pub(crate) fn candidate(&mut self, l2: f64) -> Result<CandidatePenalty, FitError> {
        let losses: Vec<f64> =
            self.blocks.par_iter_mut().map(|block| block.loss(l2)).collect::<Result<_, _>>()?;
        Ok(CandidatePenalty {
            l2,
            log_loss: losses.iter().sum::<f64>() / self.mass.max(f64::MIN_POSITIVE),
        })
    }
}

impl Block<'_> {
    /// The summed log loss of the tested rows under a penalty.
    fn loss(&mut self, l2: f64) -> Result<f64, FitError> {
        let solution = self.plain.solve(l2, self.start.take())?;
        let weights = self.plain.coefficients(&solution);
        let encoder = self.plain.encoder().compile();
        let intercept = self.plain.intercept(&solution);
        let of_row = |&(row, target, weight): &(usize, f64, f64)| {
            let parts = encoder.iter().zip(self.signals).map(|(input, signal)| {
                let value: Value<'_> = signal.data.value(row);
                let (slot, amount, _) = input.encode(&value);
                amount * weights[slot]
            });
            weight * row_loss(intercept + parts.sum::<f64>(), target)
        };
        let loss = self.tested.iter().map(of_row).sum();
        self.start = Some(solution.at);
        Ok(loss)
    }
}
