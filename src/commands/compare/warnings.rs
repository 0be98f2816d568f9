//! What whoever reads a comparison must know before they trust it.

use std::collections::HashSet;

use leadscore_features::Time;
use leadscore_model::bundle::SplitRule;
use serde::Serialize;

use super::candidates::Candidate;
use super::{Basis, Judge};
use crate::print::{count, plural};

/// From which share of the leads that one model holds out another has learned from them by more than a
/// lead or two that stand on both sides.
const MANY: f64 = 0.01;
/// Where fewer of the leads that a model holds out are compared, they are few.
const FEW: f64 = 0.5;

/// A warning. Models go by the names of their rankings.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Warning {
    /// One model holds out the newest leads, and another learned from some of them: it knows a time that
    /// the first does not.
    LearnedLater {
        learned: String,
        held_out: String,
        /// Leads that it learned from, of so many that the other holds out.
        leads: usize,
        of: usize,
    },
    /// The models hold out different leads, so that few are left in common.
    FewInCommon {
        leads: usize,
        /// Of so many that this model could be compared on.
        of: usize,
        held_out: String,
    },
    /// So many leads cannot be called, or there are no figures for the number: the nearest is shown.
    Capacity { asked: usize, shown: usize, leads: usize },
}

impl Warning {
    /// In a sentence for people.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::LearnedLater { learned, held_out, leads, of } => format!(
                "{learned} learned from {} of the {} newest leads, which {held_out} holds out: it knows a \
                 time that {held_out} does not, which may favour it. Train both with the same --time, or \
                 both without.",
                count(*leads),
                count(*of)
            ),
            Self::FewInCommon { leads, of, held_out } => format!(
                "of the {} that {held_out} could be compared on, only {} are left that no model was \
                 fitted to. Train all with the same --time or --seed, so that they hold out the same leads.",
                plural(*of, "lead"),
                count(*leads)
            ),
            Self::Capacity { asked, shown, leads } if asked > leads => format!(
                "--capacity {asked} is more than the {} that are compared; {} is shown",
                plural(*leads, "lead"),
                count(*shown)
            ),
            Self::Capacity { asked, shown, .. } => {
                format!(
                    "there are no figures for --capacity {asked}; the nearest, {}, is shown",
                    count(*shown)
                )
            }
        }
    }
}

/// What the splits of models, by their names, make of the leads that they have in common. `chosen`:
/// what each could be compared on.
pub(super) fn of_splits(
    judges: &[Judge],
    names: &[String],
    chosen: &[Vec<Candidate>],
    of_project: bool,
) -> Vec<Warning> {
    let keys: Vec<HashSet<(usize, Option<i64>)>> =
        chosen.iter().map(|of| of.iter().map(|lead| key(lead, of_project)).collect()).collect();
    let mut found = Vec::new();
    for (held, holder) in judges.iter().enumerate() {
        let newest = matches!(holder.bundle.training.split.rule, SplitRule::Newest { .. });
        for (other, learner) in judges.iter().enumerate() {
            let held_out = holder.basis == Basis::HeldOut && learner.basis == Basis::HeldOut;
            if held == other || !newest || !held_out {
                continue;
            }
            let leads = keys[held].iter().filter(|lead| !keys[other].contains(lead)).count();
            if leads as f64 > MANY * keys[held].len() as f64 {
                let (learned, held_out) = (names[other].clone(), names[held].clone());
                found.push(Warning::LearnedLater {
                    learned,
                    held_out,
                    leads,
                    of: chosen[held].len(),
                });
            }
        }
    }
    let leads = judges.first().map_or(0, |judge| judge.candidates.len());
    let most = chosen.iter().zip(names).rev().max_by_key(|(of, _)| of.len());
    if let Some((of, name)) = most
        && (leads as f64) < FEW * of.len() as f64
    {
        found.push(Warning::FewInCommon { leads, of: of.len(), held_out: name.clone() });
    }
    found
}

/// A row of a table is one lead at one moment, whatever a model takes for its time.
pub(super) fn key(candidate: &Candidate, of_project: bool) -> (usize, Option<i64>) {
    (candidate.row, candidate.as_of.filter(|_| of_project).map(Time::micros))
}
