//! Where a lead stands on the ladders of a rule set, and what that was worked out from.

use std::time::Instant;

use leadscore_features::Time;
use leadscore_features::events::Seen;
use leadscore_model::points::{PointsScore, RuleSet};
use leadscore_model::{Past, Scorer};
use serde::Serialize;
use utoipa::ToSchema;

use crate::fields::LADDERS;
use crate::problem::Problem;
use crate::request::Stood;

/// Where a lead stands on a ladder. That depends on where it stood before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Standing)]
pub(crate) struct StandingAnswer<'a> {
    /// The step.
    name: &'a str,
    /// What it was worked out from.
    from: Origin,
    /// The step before: the one that was given, or else the one that the lead's events tell.
    /// Absent where the lead never moved, and from the score alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    before: Option<&'a str>,
    /// Since when (RFC 3339): the first moment, of the starts of all days and `as_of`, at which
    /// the lead's events put it there. Absent unless they tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    since: Option<Time>,
}

/// What a standing was worked out from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StandingOrigin)]
pub(crate) enum Origin {
    /// The step that was given in `stages`, and the score.
    Given,
    /// The lead's events, gone through day by day.
    Events,
    /// The score alone, as for a new lead: neither a step nor events were given.
    Score,
}

/// What standings are worked out from.
pub(super) struct Known<'k, 'a> {
    pub(super) scorer: &'k Scorer,
    /// By the caller's word.
    pub(super) stood: &'k [Stood],
    /// The lead's past, where its events were given.
    pub(super) past: Option<Past<'a>>,
    pub(super) as_of: Time,
    pub(super) deadline: Instant,
}

impl Known<'_, '_> {
    /// Where the lead stands on the ladders of a set with a score of it. `seen` is room to work in.
    pub(super) fn standings<'s>(
        &self,
        set: usize,
        of: &'s RuleSet,
        score: &PointsScore,
        seen: &mut Seen<'_>,
    ) -> Result<[Option<StandingAnswer<'s>>; 2], Problem> {
        let compiled = &self.scorer.rule_sets()[set];
        let given = self.stood.iter().find(|stood| stood.set == set);
        let given = given.map_or([None; 2], |stood| stood.steps);
        // The past is gone through once, and only where a ladder hangs on it.
        let open = |(kind, _)| compiled.has_ladder(kind) && given[kind as usize].is_none();
        let told = match self.past.filter(|_| LADDERS.into_iter().any(open)) {
            Some(past) => {
                let in_time = || Instant::now() <= self.deadline;
                let found = self.scorer.standings_while(set, &past, self.as_of, seen, in_time);
                found.ok_or_else(Problem::late)?
            }
            None => [None; 2],
        };
        Ok(LADDERS.map(|(kind, _)| {
            let steps = &of.ladder(kind)?.steps;
            let name = |step: usize| steps.get(step).map_or("", |step| step.name.as_str());
            let before = given[kind as usize];
            Some(match told[kind as usize].filter(|_| before.is_none()) {
                Some(found) => StandingAnswer {
                    name: name(found.step),
                    from: Origin::Events,
                    before: found.before.map(name),
                    since: Some(found.since),
                },
                None => StandingAnswer {
                    name: name(compiled.stand(kind, before, score)?),
                    from: if before.is_some() { Origin::Given } else { Origin::Score },
                    before: before.map(name),
                    since: None,
                },
            })
        }))
    }
}
