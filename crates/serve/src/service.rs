//! What is served: a model, rule sets, or both, with every name resolved.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use leadscore_features::Time;
use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, Scorer, ScorerError, Sources};

use crate::answer::{self, Version};
use crate::fields::Fields;
use crate::openapi;
use crate::problem::Problem;
use crate::request::{self, Bounds};
use crate::telemetry::Metrics;

/// Why nothing can be served.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ServiceError {
    /// There is neither a model nor a rule set.
    #[error("there is nothing to serve; give a model (--model), rules (--points), or both")]
    Nothing,
    /// Two rule sets have one name, and an answer could not tell them apart.
    #[error("two rule sets are named {0:?}; rename one of them")]
    RepeatedRuleSet(String),
    /// The model and the rule sets do not fit together.
    #[error(transparent)]
    Scorer(#[from] ScorerError),
}

/// A model, rule sets, or both, ready to be served. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) scorer: Scorer,
    pub(crate) fields: Fields,
    pub(crate) rule_sets: Vec<RuleSet>,
    /// The model's inputs, in the scorer's order.
    pub(crate) inputs: Vec<ModelInput>,
    /// The beginning of every answer, up to the first prediction.
    pub(crate) opening: Vec<u8>,
    pub(crate) openapi: Bytes,
    pub(crate) metrics: Metrics,
    ready: AtomicBool,
}

/// A signal that the model uses, and the column it comes from.
pub(crate) struct ModelInput {
    pub(crate) signal: String,
    pub(crate) column: String,
    /// The position of the signal among the scorer's.
    pub(crate) position: usize,
}

impl Service {
    /// Prepares a bundle, with the [hash](leadscore_model::file_hash) of its file, and rule sets
    /// for serving.
    ///
    /// # Errors
    /// [`ServiceError`] when there is neither, or they do not fit together.
    pub fn new(
        bundle: Option<(Bundle, String)>,
        rule_sets: Vec<RuleSet>,
    ) -> Result<Self, ServiceError> {
        if bundle.is_none() && rule_sets.is_empty() {
            return Err(ServiceError::Nothing);
        }
        for (index, set) in rule_sets.iter().enumerate() {
            if rule_sets[..index].iter().any(|other| other.name == set.name) {
                return Err(ServiceError::RepeatedRuleSet(set.name.clone()));
            }
        }
        let (bundle, hash) = bundle.unzip();
        let bundle = bundle.as_ref();
        let scorer = Scorer::new(Sources::served(bundle, &rule_sets))?;
        let model = bundle.zip(hash).map(|(bundle, hash)| Version {
            name: bundle.name.clone(),
            version: bundle.version.clone(),
            hash,
        });
        let sets: Vec<Version> = rule_sets.iter().map(Version::from).collect();
        let column = |signal: &str| {
            let signal = bundle.and_then(|bundle| bundle.catalogue.signal(signal));
            signal.and_then(|signal| signal.expr.columns().first().map(|&column| column.to_owned()))
        };
        let inputs = scorer
            .inputs()
            .zip(scorer.input_positions())
            .map(|(signal, position)| ModelInput {
                position,
                signal: signal.to_owned(),
                column: column(signal).unwrap_or_else(|| signal.to_owned()),
            })
            .collect();
        let fields = Fields::new(&scorer, bundle);
        let openapi = openapi::document(&fields, bundle).into();
        Ok(Self(Arc::new(Inner {
            opening: opening(model.as_ref(), &sets),
            metrics: Metrics::new(model.as_ref(), &rule_sets),
            openapi,
            fields,
            inputs,
            scorer,
            rule_sets,
            ready: AtomicBool::new(true),
        })))
    }

    /// Whether `/readyz` answers that requests may come.
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Relaxed)
    }

    /// Sets what `/readyz` answers. [`serve`](crate::serve) clears it when asked to stop.
    pub fn set_ready(&self, ready: bool) {
        self.0.ready.store(ready, Ordering::Relaxed);
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

impl Inner {
    /// Answers a body: the answer's bytes, and how many leads were scored.
    pub(crate) fn predict(&self, body: &[u8], bounds: Bounds) -> Result<(Vec<u8>, usize), Problem> {
        let leads = request::parse(body, &self.fields, self.scorer.event_plan(), bounds)?;
        let answer = answer::write(self, &leads, Time::now(), bounds.deadline)?;
        Ok((answer, leads.leads.len()))
    }
}

fn opening(model: Option<&Version>, rule_sets: &[Version]) -> Vec<u8> {
    // Structs of texts always serialise.
    let json = |value: serde_json::Result<String>| value.unwrap_or_default();
    format!(
        r#"{{"model":{},"rule_sets":{},"predictions":["#,
        json(serde_json::to_string(&model)),
        json(serde_json::to_string(rule_sets)),
    )
    .into_bytes()
}
