//! A scorer with what a request may name of it, and what an answer shows of it.

use std::sync::Arc;

use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, Scorer, ScorerError, Sources, Usual};

use crate::answer::{Prepared, Version};
use crate::fields::Fields;

/// What is asked of leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// `POST /predict`: probability and points.
    Predict,
    /// `POST /points`: points alone.
    Points,
}

/// A scorer with every name resolved.
#[derive(Debug)]
pub(crate) struct Scoring {
    pub(crate) scorer: Scorer,
    pub(crate) fields: Fields,
    pub(crate) rule_sets: Arc<[RuleSet]>,
    /// Which numbers are far from those that the model was fitted to.
    pub(crate) usual: Usual,
    /// The model's inputs, in the scorer's order.
    pub(crate) inputs: Vec<ModelInput>,
    /// What tells the model from others; `None` without one.
    pub(crate) model: Option<Version>,
    /// How old leads were that the model has learnt from; `None` without it, or where it does not say.
    pub(crate) ages: Option<Ages>,
    /// What answers say of all of it.
    pub(crate) prepared: Prepared,
}

/// How old leads were that a model has learnt from, in days since they came to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ages {
    /// The oldest.
    pub(crate) oldest: f64,
    /// From here on a lead is older than the model can know of.
    pub(crate) too_old: f64,
}

/// A signal that the model uses, and the column it comes from.
#[derive(Debug)]
pub(crate) struct ModelInput {
    pub(crate) signal: String,
    pub(crate) column: String,
    /// The position of the signal among the scorer's.
    pub(crate) position: usize,
}

/// The rule sets that a request asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Their positions, in the order in which they are answered.
    pub(crate) sets: Vec<usize>,
    /// For each signal, whether the model or one of them looks at it; `None`: all are used.
    pub(crate) signals: Option<Vec<bool>>,
}

impl Asked {
    /// Whether a signal is used, by its position.
    pub(crate) fn uses(&self, signal: usize) -> bool {
        self.signals.as_ref().is_none_or(|signals| signals[signal])
    }
}

impl Scoring {
    /// Resolves rule sets over the schema of a bundle, where there is one, and its model where
    /// `model` tells it from others.
    pub(crate) fn new(
        bundle: Option<&Bundle>,
        model: Option<Version>,
        rule_sets: Arc<[RuleSet]>,
    ) -> Result<Self, ScorerError> {
        let mut sources = Sources::served(bundle, &rule_sets);
        if model.is_none() {
            sources.model = None;
        }
        let scorer = Scorer::new(sources)?;
        let definitions: Vec<_> = scorer.definitions().collect();
        let inputs = scorer.input_positions().map(|position| {
            let signal = &definitions[position].signal;
            let column = signal.expr.columns().first().map(|&column| column.to_owned());
            ModelInput {
                position,
                signal: signal.name.clone(),
                column: column.unwrap_or_else(|| signal.name.clone()),
            }
        });
        let inputs: Vec<_> = inputs.collect();
        let named = inputs.iter().map(|input| input.signal.as_str());
        Ok(Self {
            ages: bundle.filter(|_| model.is_some()).and_then(|bundle| {
                let record = bundle.training.snapshots.as_ref()?;
                Some(Ages { oldest: record.oldest?, too_old: record.too_old()? })
            }),
            usual: Usual::of(
                bundle.filter(|_| model.is_some()).map(|bundle| &bundle.model),
                &scorer,
            ),
            fields: Fields::new(&scorer, bundle, &rule_sets),
            prepared: Prepared::new(model.as_ref(), &scorer, named, &rule_sets),
            scorer,
            rule_sets,
            inputs,
            model,
        })
    }

    /// The rule sets that a request asks for; all where it does not say.
    pub(crate) fn asked(&self, sets: Option<&[usize]>) -> Asked {
        let Some(sets) = sets else {
            return Asked { sets: (0..self.rule_sets.len()).collect(), signals: None };
        };
        let mut signals = vec![false; self.scorer.signals().len()];
        let of_sets = sets.iter().flat_map(|&set| self.scorer.rule_sets()[set].signals());
        for position in of_sets.copied().chain(self.scorer.input_positions()) {
            signals[position] = true;
        }
        Asked { sets: sets.to_vec(), signals: Some(signals) }
    }
}
