//! What events have: kinds that something names, and properties.

use std::collections::{HashMap, HashSet};

use leadscore_features::events::Measure;
use leadscore_features::{Catalogue, Expr, did_you_mean};
use leadscore_model::{Bundle, Scorer};

/// What is known of events.
#[derive(Debug, Default)]
pub(crate) struct EventFields {
    /// Whether anything that is served looks at events.
    pub(crate) used: bool,
    /// Whether it matters when the lead came to be.
    pub(crate) need_created: bool,
    kinds: HashSet<String>,
    properties: HashMap<String, EventProperty>,
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
    pub(crate) fn new(scorer: &Scorer, bundle: Option<&Bundle>) -> Self {
        let log = bundle.and_then(|bundle| bundle.schema.events.as_ref());
        let (Some(plan), Some(log), Some(bundle)) = (scorer.event_plan(), log, bundle) else {
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
        let rate = |name: &str| measures_rate(&bundle.catalogue, name);
        Self {
            used: (0..scorer.signals().len()).any(|signal| scorer.is_of_events(signal))
                || scorer.told_by_events().contains(&true),
            need_created: log.filters.before_created || scorer.signals().any(rate),
            kinds,
            properties: properties.collect(),
        }
    }

    /// Whether a signal, a filter or the history of attributes names a kind of event.
    pub(crate) fn names_kind(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.contains(kind)
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

/// Whether a signal counts events per day of the lead's age, itself or through one it looks at.
fn measures_rate(catalogue: &Catalogue, name: &str) -> bool {
    match catalogue.signal(name).map(|signal| &signal.expr) {
        Some(Expr::Events { measure, .. }) => *measure == Measure::RatePerDay,
        // A persona looks at no other persona, so this ends.
        Some(Expr::Persona { personas }) => personas
            .iter()
            .flat_map(|persona| &persona.when)
            .filter(|condition| condition.property != name)
            .any(|condition| {
                let looked_at = catalogue.signal(&condition.property).map(|s| &s.expr);
                matches!(looked_at, Some(Expr::Events { measure: Measure::RatePerDay, .. }))
            }),
        _ => false,
    }
}
