//! A fitted model with its names resolved: what a value comes to in one input, and what the inputs
//! come to together. A lead alone ([`Scorer::score`](crate::Scorer::score)) and rows by the column
//! ([`ColumnScorer`](crate::ColumnScorer)) are both added up from these.

use leadscore_features::{CompiledInput, Encounter, Value};

use crate::bundle::ProbabilityBands;
use crate::{BaseRate, Fitted, Recalibration, ScorerError, Uncertainty};

/// A model, ready to score.
#[derive(Debug)]
pub(crate) struct CompiledModel {
    pub(crate) base: f64,
    pub(crate) bands: ProbabilityBands,
    pub(crate) parts: Vec<CompiledPart>,
    pub(crate) pairs: Vec<CompiledPair>,
    pub(crate) recalibration: Option<Recalibration>,
    pub(crate) base_rate: Option<BaseRate>,
    uncertainty: Option<Uncertainty>,
    unmodelled: f64,
}

/// One input of the model: where its value is, and what each of its slots weighs.
#[derive(Debug)]
pub(crate) struct CompiledPart {
    /// The position of its signal.
    pub(crate) signal: usize,
    input: CompiledInput,
    first: usize,
    weights: Vec<f64>,
    /// What the values of each slot do by themselves: the variance, where any has one.
    within: Vec<f64>,
    /// What the input adds on average over the fitted rows; taken from every part and put into
    /// the base, so that a part says how a lead differs from the average one.
    centre: f64,
}

/// The table of two inputs.
#[derive(Debug)]
pub(crate) struct CompiledPair {
    pub(crate) inputs: [usize; 2],
    /// The slot of its first cell.
    first: usize,
    /// For each slot of the first input, where its row of the table begins.
    rows: Vec<usize>,
    /// For each slot of the second input, its place in a row.
    columns: Vec<usize>,
    /// What each cell adds to each of the two parts: half of what it weighs beyond the average of
    /// the fitted leads.
    halves: Vec<f64>,
}

/// What a value comes to in one input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met {
    /// The slot, from the input's first.
    pub(crate) slot: usize,
    /// What the input adds by itself, in log-odds.
    pub(crate) adds: f64,
    pub(crate) encounter: Encounter,
}

impl CompiledPart {
    /// What a value comes to.
    #[inline]
    pub(crate) fn meet(&self, value: &Value<'_>) -> Met {
        let (slot, amount, encounter) = self.input.encode(value);
        let slot = slot - self.first;
        Met { slot, adds: self.weights[slot] * amount - self.centre, encounter }
    }

    /// What the input adds by itself with an amount in one of its slots.
    pub(crate) fn adds(&self, slot: usize, amount: f64) -> f64 {
        self.weights[slot] * amount - self.centre
    }

    /// The number of slots.
    pub(crate) fn width(&self) -> usize {
        self.weights.len()
    }
}

impl CompiledPair {
    /// What `width` cells from `first` add to the score, both parts together.
    pub(crate) fn row(&self, first: usize, width: usize) -> Vec<f64> {
        self.halves[first..first + width].iter().map(|half| 2.0 * half).collect()
    }

    /// What the pair adds to the part of each of its inputs, by their slots.
    #[inline]
    pub(crate) fn half(&self, slots: [usize; 2]) -> f64 {
        self.halves[self.cell(slots)]
    }

    fn cell(&self, slots: [usize; 2]) -> usize {
        self.rows[slots[0]] + self.columns[slots[1]]
    }
}

impl CompiledModel {
    /// Resolves a model; `signal` gives the position of a signal by its name.
    pub(crate) fn new(
        fitted: &Fitted,
        bands: ProbabilityBands,
        mut signal: impl FnMut(&str) -> Result<usize, ScorerError>,
    ) -> Result<Self, ScorerError> {
        let mut base = fitted.logistic.intercept;
        let mut parts = Vec::with_capacity(fitted.encoder.inputs.len());
        for (input, compiled) in fitted.encoder.inputs.iter().zip(fitted.encoder.compile()) {
            let slots = &fitted.logistic.slots[compiled.slots()];
            let centre: f64 = slots.iter().map(|slot| slot.coefficient * slot.mean).sum();
            base += centre;
            parts.push(CompiledPart {
                signal: signal(&input.signal)?,
                first: compiled.slots().start,
                weights: slots.iter().map(|slot| slot.coefficient).collect(),
                within: match slots.iter().any(|slot| slot.within > 0.0) {
                    true => slots.iter().map(|slot| slot.within * slot.within).collect(),
                    false => Vec::new(),
                },
                input: compiled,
                centre,
            });
        }
        let mut next = fitted.encoder.inputs.iter().map(|input| input.coding.width()).sum();
        let mut pairs = Vec::with_capacity(fitted.encoder.pairs.len());
        for pair in &fitted.encoder.pairs {
            let slots = &fitted.logistic.slots[next..next + pair.width()];
            next += pair.width();
            let centre: f64 = slots.iter().map(|slot| slot.coefficient * slot.mean).sum();
            base += centre;
            let columns = pair.size()[1];
            pairs.push(CompiledPair {
                inputs: pair.inputs,
                first: next - pair.width(),
                rows: pair.groups[0].iter().map(|&row| usize::from(row) * columns).collect(),
                columns: pair.groups[1].iter().map(|&column| usize::from(column)).collect(),
                halves: slots.iter().map(|slot| 0.5 * (slot.coefficient - centre)).collect(),
            });
        }
        let Fitted { recalibration, base_rate, .. } = fitted;
        let (recalibration, base_rate) = (recalibration.clone(), *base_rate);
        let (uncertainty, unmodelled) = (fitted.uncertainty.clone(), fitted.unmodelled);
        Ok(Self { base, bands, parts, pairs, recalibration, base_rate, uncertainty, unmodelled })
    }

    /// Whether [`CompiledModel::deviation`] is known.
    pub(crate) fn has_intervals(&self) -> bool {
        self.uncertainty.is_some()
    }

    /// The standard deviation of the log-odds of a lead before any recalibration; `None` where the model does not know it.
    pub(crate) fn deviation(&self, values: &[Value<'_>]) -> Option<f64> {
        let of = self.uncertainty.as_ref()?;
        let mut spread = of.start();
        let mut slots = Vec::with_capacity(self.parts.len());
        let mut within = self.unmodelled;
        for part in &self.parts {
            let value = values.get(part.signal).unwrap_or(&Value::Missing);
            let (slot, amount, _) = part.input.encode(value);
            spread.add_slot(of, slot, amount);
            let slot = slot - part.first;
            within += part.within.get(slot).copied().unwrap_or(0.0);
            slots.push(slot);
        }
        for pair in &self.pairs {
            let cell = pair.cell(pair.inputs.map(|input| slots[input]));
            spread.add_slot(of, pair.first + cell, 1.0);
        }
        Some(spread.deviation().hypot(f64::sqrt(within)))
    }

    /// What the recalibration and the base rate add to the sum of the base and the parts, in this
    /// order; 0 where there is none.
    #[inline]
    pub(crate) fn last_parts(&self, sum: f64) -> (f64, f64) {
        let calibration = self.recalibration.as_ref().map_or(0.0, |found| found.part(sum));
        (calibration, self.base_rate.map_or(0.0, |rate| rate.log_odds))
    }
}
