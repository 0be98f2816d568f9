//! What is served: a model, rule sets, or both, with every name resolved.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use leadscore_features::Time;
use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, ScorerError};

use crate::answer::{self, Version};
use crate::openapi;
use crate::problem::Problem;
use crate::request::{self, Bounds};
use crate::scoring::{Question, Scoring};
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
    predict: Arc<Scoring>,
    /// The rules without the model; `None` without rules. Without a model that is the same.
    points: Option<Arc<Scoring>>,
    pub(crate) openapi: Bytes,
    pub(crate) metrics: Metrics,
    ready: AtomicBool,
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
        let model = bundle.zip(hash).map(|(bundle, hash)| Version {
            name: bundle.name.clone(),
            version: bundle.version.clone(),
            hash,
        });
        let rule_sets: Arc<[RuleSet]> = rule_sets.into();
        let predict = Arc::new(Scoring::new(bundle, model, rule_sets.clone())?);
        let points = match (rule_sets.is_empty(), &predict.model) {
            (true, _) => None,
            (false, None) => Some(predict.clone()),
            (false, Some(_)) => Some(Arc::new(Scoring::new(bundle, None, rule_sets)?)),
        };
        Ok(Self(Arc::new(Inner {
            metrics: Metrics::new(predict.model.as_ref(), &predict.rule_sets),
            openapi: openapi::document(&predict, points.as_deref(), bundle).into(),
            predict,
            points,
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
    /// What answers a question. `None` where that takes rule sets and there are none.
    pub(crate) fn scoring(&self, question: Question) -> Option<&Arc<Scoring>> {
        match question {
            Question::Predict => Some(&self.predict),
            Question::Points => self.points.as_ref(),
        }
    }

    /// Answers a body: the answer's bytes, and how many leads were scored.
    pub(crate) fn answer(
        &self,
        question: Question,
        body: &[u8],
        bounds: Bounds,
    ) -> Result<(Vec<u8>, usize), Problem> {
        let scoring = self.scoring(question).ok_or_else(Problem::no_rule_sets)?;
        let leads = request::parse(body, &scoring.fields, scoring.scorer.event_plan(), bounds)?;
        let now = Time::now();
        let deadline = bounds.deadline;
        let answer = answer::write(scoring, &self.metrics, question, &leads, now, deadline)?;
        Ok((answer, leads.leads.len()))
    }
}
