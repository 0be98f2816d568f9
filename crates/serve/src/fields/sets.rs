//! Rule sets by their names, and the steps of their ladders.

use leadscore_features::did_you_mean;
use leadscore_model::points::{LadderKind, RuleSet};

/// The ladders, and what requests and answers call a lead's place on each.
pub(crate) const LADDERS: [(LadderKind, &str); 2] =
    [(LadderKind::Stages, "stage"), (LadderKind::Funnel, "funnel")];

/// The rule sets, in order.
#[derive(Debug)]
pub(crate) struct Sets(Vec<Ladders>);

/// The ladders of one rule set.
#[derive(Debug)]
pub(crate) struct Ladders {
    /// The rule set.
    pub(crate) name: String,
    /// The names of the steps of each ladder; none where the set has no such ladder.
    pub(crate) steps: [Vec<String>; 2],
}

impl Sets {
    pub(super) fn new(rule_sets: &[RuleSet]) -> Self {
        let ladders = |set: &RuleSet| Ladders {
            name: set.name.clone(),
            steps: LADDERS.map(|(kind, _)| {
                let steps = set.ladder(kind).into_iter().flat_map(|ladder| &ladder.steps);
                steps.map(|step| step.name.clone()).collect()
            }),
        };
        Self(rule_sets.iter().map(ladders).collect())
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Ladders] {
        &self.0
    }

    /// A rule set's position, by its name.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|set| set.name == name)
    }

    /// The rule set that a wrong name was probably meant to be.
    pub(crate) fn near(&self, name: &str) -> Option<&str> {
        did_you_mean(name, self.0.iter().map(|set| set.name.as_str()))
    }

    /// Whether a set has any ladder.
    pub(crate) fn has_ladder(&self, set: usize) -> bool {
        self.0[set].steps.iter().any(|steps| !steps.is_empty())
    }

    /// Whether any set has.
    pub(crate) fn have_ladders(&self) -> bool {
        (0..self.0.len()).any(|set| self.has_ladder(set))
    }
}
