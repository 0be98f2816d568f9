//! What events have: kinds that something names, and properties.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use leadscore_features::did_you_mean;
use leadscore_features::events::History;
use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, Definition, Scorer};

use crate::scalar::Scalar;

/// What is known of events.
#[derive(Debug, Default)]
pub(crate) struct EventFields {
    /// Whether anything that is served looks at events.
    pub(crate) used: bool,
    /// Whether it matters when the lead came to be.
    pub(crate) need_created: bool,
    /// Whether only rules say what events have, not the data of a model.
    pub(crate) implied: bool,
    kinds: HashSet<String>,
    /// The kinds that a model which counts any kind has learnt from, where it says.
    learnt: Option<HashSet<String>>,
    properties: HashMap<String, EventProperty>,
    /// How events tell the history of attributes, and the position in the plan of what names these; where
    /// something looks at it.
    history: Option<(History, usize)>,
}

/// A property of events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventProperty {
    /// Its number among all that are known.
    pub(crate) index: usize,
    /// Its position in the plan, where something looks at it.
    pub(crate) position: Option<usize>,
}

impl EventFields {
    pub(crate) fn new(scorer: &Scorer, bundle: Option<&Bundle>, rule_sets: &[RuleSet]) -> Self {
        let (Some(plan), Some(log)) = (scorer.event_plan(), scorer.event_log()) else {
            return Self::default();
        };
        let mut kinds: HashSet<String> = plan.kinds().into_iter().map(str::to_owned).collect();
        // Where nothing names a kind there is nothing that one could be a slip of.
        if !kinds.is_empty() {
            kinds.extend(log.history.iter().map(|history| history.kind.clone()));
        }
        let position = |name: &str| plan.properties().position(|wanted| wanted == name);
        let properties = log.properties.iter().enumerate().map(|(index, property)| {
            let position = position(&property.name);
            (property.name.clone(), EventProperty { index, position })
        });
        let learnt = bundle
            .filter(|_| scorer.has_model() && plan.asks_for_any())
            .and_then(|bundle| bundle.training.snapshots.as_ref()?.kinds.as_ref())
            .map(|kinds| kinds.iter().cloned().collect());
        let of_events = |definition: &Definition| definition.of_events;
        let of_age = |definition: &Definition| definition.of_age;
        Self {
            used: scorer.definitions().any(of_events)
                || scorer.told_by_events().any(|told| told)
                || rule_sets.iter().any(RuleSet::is_of_events),
            need_created: log.filters.before_created
                || scorer.definitions().any(of_age)
                || rule_sets.iter().any(RuleSet::is_of_age),
            implied: bundle.is_none_or(|bundle| bundle.schema.events.is_none()),
            kinds,
            learnt,
            properties: properties.collect(),
            history: plan
                .history()
                .and_then(|told| Some((told.clone(), position(&told.attribute)?))),
        }
    }

    /// The attribute that an event of a kind sets, of which events tell no history that is looked at; `cells`
    /// are its properties, in the order of the plan.
    pub(crate) fn set_in_vain<'a>(&self, kind: &str, cells: &[Scalar<'a>]) -> Option<Cow<'a, str>> {
        let (history, position) = self.history.as_ref()?;
        let name = match cells.get(*position) {
            Some(Scalar::Text(name)) if kind == history.kind => name,
            _ => return None,
        };
        let name = match name {
            Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
            Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
        };
        let is_told = history.attributes.iter().any(|told| *told == name);
        (!is_told && !name.is_empty()).then_some(name)
    }

    /// The attribute with a history that a wrong name was probably meant to be.
    pub(crate) fn near_told(&self, name: &str) -> Option<&str> {
        let (history, _) = self.history.as_ref()?;
        did_you_mean(name, history.attributes.iter().map(String::as_str))
    }

    /// Whether a rule, a signal, a filter or the history of attributes names a kind of event, or a model which
    /// counts any kind has learnt from it.
    pub(crate) fn knows_kind(&self, kind: &str) -> bool {
        match &self.learnt {
            Some(learnt) => learnt.contains(kind) || self.kinds.contains(kind),
            None => self.kinds.is_empty() || self.kinds.contains(kind),
        }
    }

    /// Whether it is known which kinds a model has learnt from that counts any kind.
    pub(crate) fn knows_learnt(&self) -> bool {
        self.learnt.is_some()
    }

    /// The kinds that something names, in order.
    pub(crate) fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.kinds.iter().map(String::as_str).collect();
        kinds.sort_unstable();
        kinds
    }

    /// A property by its name.
    pub(crate) fn property(&self, name: &str) -> Option<EventProperty> {
        self.properties.get(name).copied()
    }

    /// How many properties are known.
    pub(crate) fn properties(&self) -> usize {
        self.properties.len()
    }

    /// The kind that a wrong one was probably meant to be.
    pub(crate) fn near_kind(&self, kind: &str) -> Option<&str> {
        did_you_mean(kind, self.kinds())
    }

    /// The property that a wrong name was probably meant to be.
    pub(crate) fn near_property(&self, name: &str) -> Option<&str> {
        did_you_mean(name, self.properties.keys().map(String::as_str))
    }
}
