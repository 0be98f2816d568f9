//! The points of one snapshot, taken apart.

use std::cmp::Reverse;

use super::{Points, RuleSet};

/// The points of one snapshot. Reused from one snapshot to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointsScore {
    /// The score: the exact sum of [`PointsScore::parts`].
    pub total: Points,
    /// The rules that gave or took something, in the order of [`RuleSet::rules`].
    pub rules: Vec<RulePoints>,
    /// What each group came to, in the order of [`RuleSet::groups`].
    pub groups: Vec<GroupPoints>,
    /// What the scale added to the sum of all, or took from it: its limits, or rescaling.
    pub scale: Points,
    /// The exclusion that forced the score, by its position, and what that added or took.
    pub exclusion: Option<(usize, Points)>,
    /// The other scores, in the order of [`RuleSet::scores`].
    pub scores: Vec<Points>,
    /// The rules of which it cannot be said what they give, because a signal's source or the events
    /// were not given. The score is without them.
    pub unavailable: Vec<usize>,
    /// The same of exclusions.
    pub unavailable_exclusions: Vec<usize>,
    /// The position of the band. `None` where the set has none.
    pub band: Option<usize>,
    /// Whether the lead is handed to sales. `None` where the set has no such threshold.
    pub hand_off: Option<bool>,
}

/// What one rule gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RulePoints {
    /// Its position in [`RuleSet::rules`].
    pub rule: usize,
    /// For how many events, or periods without them; 1 for a rule that looks at values.
    pub times: u32,
    /// Before anything was taken.
    pub earned: Points,
    /// What age took, with the sign of a change.
    pub decay: Points,
    /// What its floor or cap changed.
    pub limit: Points,
}

impl RulePoints {
    /// What it gave in the end.
    pub fn given(&self) -> Points {
        self.earned + self.decay + self.limit
    }
}

/// What the events of one pattern gave to a rule that is weighted by a property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatternPoints {
    /// The pattern, by its position in [`ByProperty::points`](super::ByProperty::points); `None`
    /// for events that fit none.
    pub pattern: Option<usize>,
    /// For how many events.
    pub times: u32,
    /// Before anything was taken.
    pub earned: Points,
    /// What age took, with the sign of a change.
    pub decay: Points,
}

/// What one group came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupPoints {
    /// Its rules together.
    pub sum: Points,
    /// What its floor or cap changed.
    pub limit: Points,
}

impl GroupPoints {
    /// What it gave in the end.
    pub fn given(&self) -> Points {
        self.sum + self.limit
    }
}

/// A part of a score. Positions are those in the rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What a rule gave before age and limits.
    Rule(usize),
    /// What age took from a rule's points.
    Decay(usize),
    /// What a rule's own limits changed.
    RuleLimit(usize),
    /// What a group's limits changed.
    GroupLimit(usize),
    /// What the scale changed.
    Scale,
    /// What an exclusion changed.
    Exclusion(usize),
}

impl PointsScore {
    /// The score taken apart: what is not zero, in the order of work. The parts add up to
    /// [`PointsScore::total`] exactly.
    pub fn parts(&self) -> Vec<(Part, Points)> {
        let mut parts = Vec::with_capacity(self.rules.len() + 4);
        for of in &self.rules {
            parts.push((Part::Rule(of.rule), of.earned));
            parts.push((Part::Decay(of.rule), of.decay));
            parts.push((Part::RuleLimit(of.rule), of.limit));
        }
        let limits = self.groups.iter().enumerate();
        parts.extend(limits.map(|(group, of)| (Part::GroupLimit(group), of.limit)));
        parts.push((Part::Scale, self.scale));
        parts.extend(self.exclusion.map(|(which, points)| (Part::Exclusion(which), points)));
        parts.retain(|(_, points)| *points != Points::ZERO);
        parts
    }

    /// The parts, the largest first, whether they give or take.
    pub fn parts_by_size(&self) -> Vec<(Part, Points)> {
        let mut parts = self.parts();
        parts.sort_by_key(by_size);
        parts
    }

    /// What changed from an earlier score of the same set to this one, part by part; the changes
    /// add up to the difference of the totals exactly. The largest first.
    pub fn changes_since(&self, before: &PointsScore) -> Vec<(Part, Points)> {
        let mut changes = std::collections::BTreeMap::new();
        for (part, points) in self.parts() {
            *changes.entry(part).or_insert(Points::ZERO) += points;
        }
        for (part, points) in before.parts() {
            *changes.entry(part).or_insert(Points::ZERO) += -points;
        }
        let mut changes: Vec<(Part, Points)> =
            changes.into_iter().filter(|(_, points)| *points != Points::ZERO).collect();
        changes.sort_by_key(by_size);
        changes
    }
}

/// What sorts parts by size, the largest first.
fn by_size(&(part, points): &(Part, Points)) -> (Reverse<Points>, Part) {
    (Reverse(points.max(-points)), part)
}

impl Part {
    /// The part in words.
    pub fn words(self, set: &RuleSet) -> String {
        let rule = |index: usize| set.rules.get(index).map_or("", |rule| rule.name.as_str());
        match self {
            Part::Rule(index) => rule(index).to_owned(),
            Part::Decay(index) => format!("{}: decay", rule(index)),
            Part::RuleLimit(index) => format!("{}: limit", rule(index)),
            Part::GroupLimit(index) => {
                let group = set.groups.get(index).map_or("", |group| group.name.as_str());
                format!("limit of the group {group}")
            }
            Part::Scale if set.scale.rescale.is_some() => "rescaled to 0-100".to_owned(),
            Part::Scale => "limit of the total".to_owned(),
            Part::Exclusion(index) => {
                let found = set.exclusions.get(index).map_or("", |found| found.name.as_str());
                format!("excluded: {found}")
            }
        }
    }
}
