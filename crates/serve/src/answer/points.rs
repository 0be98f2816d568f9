//! The points of a rule set, taken apart.

use leadscore_features::events::Seen;
use leadscore_model::points::{
    CompiledRuleSet, Gives, Group, GroupPoints, Points, Rule, RulePoints, RuleSet,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::standing::StandingAnswer;

/// The points that a rule set gives.
#[derive(Debug, ToSchema)]
#[schema(as = Points)]
#[expect(dead_code, reason = "the schema; it is written field by field")]
pub(crate) struct PointsAnswer<'a> {
    /// The rule set's name.
    rule_set: &'a str,
    /// The exact sum of the breakdown.
    #[schema(value_type = f64)]
    total: Points,
    /// The band of the total; null when the rule set has none.
    #[schema(required)]
    band: Option<&'a str>,
    /// What to do with the leads of the band. Absent where the rule set does not say.
    #[schema(nullable = false)]
    action: Option<&'a str>,
    /// Whether the lead is to be handed to sales; null when the rule set does not say from where.
    #[schema(required)]
    hand_off: Option<bool>,
    /// The grade of two scores, A1 the best. Absent where the rule set has none.
    #[schema(nullable = false, example = "B2")]
    grade: Option<String>,
    /// The scores beside the total, by name. Absent where the rule set has none.
    #[schema(required = false, value_type = std::collections::HashMap<String, f64>)]
    scores: (),
    /// The lead's stage. Absent where the rule set has none.
    #[schema(nullable = false)]
    stage: Option<StandingAnswer<'a>>,
    /// The lead's place in the funnel. Absent where the rule set has none.
    #[schema(nullable = false)]
    funnel: Option<StandingAnswer<'a>>,
    /// The total taken apart.
    breakdown: Breakdown<'a>,
    /// Rules of which it cannot be said what they give, because events were not given. The total
    /// is without them. Absent when there are none.
    #[schema(required = false)]
    unavailable: Vec<&'a str>,
    /// The same of exclusions.
    #[schema(required = false)]
    unavailable_exclusions: Vec<&'a str>,
}

/// A total taken apart, in the order of work. The points of the rules, the limits of the groups,
/// what the scale changed and what an exclusion changed add up to the total exactly.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema; it is written field by field")]
pub(crate) struct Breakdown<'a> {
    /// The rules that said something, in the rule set's order.
    rules: Vec<RuleAnswer<'a>>,
    /// The groups, in the rule set's order. Absent where it has none.
    #[schema(required = false)]
    groups: Vec<GroupAnswer<'a>>,
    /// What the floor, the cap or the rescaling of the total changed. Absent when nothing.
    #[schema(required = false, value_type = f64)]
    scale: Points,
    /// What forced the total. Absent when nothing did.
    #[schema(nullable = false)]
    exclusion: Option<ExclusionAnswer<'a>>,
}

/// The points of one rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RulePoints)]
pub(crate) struct RuleAnswer<'a> {
    /// The rule.
    rule: &'a str,
    /// Its points in the end, given or taken.
    #[schema(value_type = f64)]
    points: Points,
    /// For how many events, or periods without them; 1 for a rule that looks at values.
    times: u32,
    /// Its points before age and limits took any: `points` without `decay` and `limit`. Absent
    /// when neither did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<f64>)]
    earned: Option<Points>,
    /// What age changed. Absent when nothing.
    #[serde(skip_serializing_if = "Points::is_zero")]
    #[schema(required = false, value_type = f64)]
    decay: Points,
    /// What the rule's own floor or cap changed. Absent when nothing.
    #[serde(skip_serializing_if = "Points::is_zero")]
    #[schema(required = false, value_type = f64)]
    limit: Points,
    /// Which patterns its events met. Absent where the rule is not weighted by a property.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    by: Option<ByAnswer<'a>>,
}

/// What the events of a rule gave by the patterns of one property.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointsByProperty)]
pub(crate) struct ByAnswer<'a> {
    /// The property.
    property: &'a str,
    /// The patterns that events met, in the rule's order. Together they are what the rule earned
    /// and what age changed of it.
    patterns: Vec<PatternAnswer<'a>>,
}

/// What the events of one pattern gave.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PatternPoints)]
pub(crate) struct PatternAnswer<'a> {
    /// The pattern; null for the events that none fits.
    #[schema(required, example = "/pricing*")]
    pattern: Option<&'a str>,
    /// For how many events.
    times: u32,
    /// Their points before age and limits took any.
    #[schema(value_type = f64)]
    earned: Points,
    /// What age changed. Absent when nothing.
    #[serde(skip_serializing_if = "Points::is_zero")]
    #[schema(required = false, value_type = f64)]
    decay: Points,
}

/// What the rules of one group came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupPoints)]
pub(crate) struct GroupAnswer<'a> {
    /// The group.
    group: &'a str,
    /// What it gave in the end: its rules and its limit.
    #[schema(value_type = f64)]
    points: Points,
    /// What its floor or cap changed.
    #[schema(value_type = f64)]
    limit: Points,
}

/// What forced a total.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExclusionPoints)]
pub(crate) struct ExclusionAnswer<'a> {
    /// The exclusion.
    exclusion: &'a str,
    /// What it changed.
    #[schema(value_type = f64)]
    points: Points,
}

impl<'a> ByAnswer<'a> {
    /// What the events gave to a rule; `None` where it is not weighted by a property.
    fn new(
        rule: &'a Rule,
        at: usize,
        compiled: &CompiledRuleSet,
        seen: Option<&Seen<'_>>,
    ) -> Option<Self> {
        let Gives::Events(events) = &rule.gives else { return None };
        let by = events.by.as_ref()?;
        let pattern = |pattern: usize| by.points.get(pattern).map(|(of, _)| of.0.as_str());
        let patterns = compiled.counted_by_pattern(at, seen?).into_iter().map(|of| PatternAnswer {
            pattern: of.pattern.and_then(pattern),
            times: of.times,
            earned: of.earned,
            decay: of.decay,
        });
        Some(Self { property: &by.property, patterns: patterns.collect() })
    }
}

impl<'a> RuleAnswer<'a> {
    /// What a rule of a set came to, with the events that were seen.
    pub(super) fn new(
        set: &'a RuleSet,
        compiled: &CompiledRuleSet,
        found: &RulePoints,
        seen: Option<&Seen<'_>>,
    ) -> Self {
        let rule = &set.rules[found.rule];
        let changed = !(found.decay.is_zero() && found.limit.is_zero());
        Self {
            rule: &rule.name,
            points: found.given(),
            times: found.times,
            earned: changed.then_some(found.earned),
            decay: found.decay,
            limit: found.limit,
            by: ByAnswer::new(rule, found.rule, compiled, seen),
        }
    }
}

impl<'a> GroupAnswer<'a> {
    pub(super) fn new(group: &'a Group, found: &GroupPoints) -> Self {
        Self { group: &group.name, points: found.given(), limit: found.limit }
    }
}

impl<'a> ExclusionAnswer<'a> {
    pub(super) fn new(set: &'a RuleSet, at: usize, points: Points) -> Self {
        Self { exclusion: &set.exclusions[at].name, points }
    }
}
