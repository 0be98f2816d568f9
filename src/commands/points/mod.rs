//! `leadscore points`: work with rule sets.

pub(crate) mod breakdown;
mod check;
mod learn;
mod replay;
mod score;
mod scored;
mod suggest;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use leadscore_features::Time;
use leadscore_features::events::Seen;
use leadscore_features::io::write_atomic;
use leadscore_model::Scorer;
use leadscore_model::points::{LadderKind, PointsScore, RuleSet};
use leadscore_train::Step;

use crate::args::{PointsCommand, RuledLeadsArgs};
use crate::inputs::{load_rule_sets, wrong_call};
use crate::leads::LeadFile;

pub(crate) fn run(command: &PointsCommand) -> Result<()> {
    match command {
        PointsCommand::Score(args) => score::run(args),
        PointsCommand::Check(args) => check::run(args),
        PointsCommand::Suggest(args) => suggest::run(args),
        PointsCommand::Learn(args) => learn::run(args),
        PointsCommand::Replay(args) => replay::run(args),
    }
}

/// Leads with the rule sets that are put to them.
struct Ruled {
    leads: LeadFile,
    sets: Vec<RuleSet>,
    scorer: Scorer,
}

impl Ruled {
    fn open(args: &RuledLeadsArgs) -> Result<Self> {
        let sets = load_rule_sets(&args.points)?;
        let leads = LeadFile::open(&args.leads, args.events.as_deref(), None, args.id.as_deref())?;
        let scorer = leads.scorer(None, &sets)?;
        Ok(Self { leads, sets, scorer })
    }

    /// The files that are read.
    fn files<'a>(&'a self, args: &'a RuledLeadsArgs) -> impl Iterator<Item = &'a Path> {
        self.leads.files().chain(args.points.iter().map(PathBuf::as_path))
    }
}

/// Where a lead stands by one rule set: the names of its stage and of its position in the funnel,
/// worked out from its past.
fn standings<'s>(
    scorer: &Scorer,
    set: (usize, &'s RuleSet),
    step: &Step<'_>,
    score: &PointsScore,
) -> [Option<&'s str>; 2] {
    let (index, set) = set;
    if LadderKind::ALL.iter().all(|kind| set.ladder(*kind).is_none()) {
        return [None; 2];
    }
    let steps = match (step.snapshot.as_of, step.snapshot.events) {
        (Some(as_of), Some(_)) => {
            let mut seen = Seen::new(step.texts);
            let found = scorer.standings(index, &step.past, as_of, &mut seen);
            found.map(|standing| standing.map(|standing| standing.step))
        }
        // Without a past the score is all there is.
        _ => LadderKind::ALL.map(|kind| scorer.stand(index, kind, None, score)),
    };
    LadderKind::ALL
        .map(|kind| Some(set.ladder(kind)?.steps.get(steps[kind as usize]?)?.name.as_str()))
}

/// Points for a doubling, as an option gives them.
fn per_doubling(points: f64) -> Result<f64> {
    if points.is_finite() && (1.0..=1000.0).contains(&points) {
        return Ok(points);
    }
    Err(wrong_call("--per-doubling is a number of points from 1 to 1000"))
}

/// Writes a rule set: read back first, so that what is written can be used.
fn write_set(set: &RuleSet, out: &Path) -> Result<()> {
    let text = set.to_toml();
    let file = out.display().to_string();
    RuleSet::parse(&file, &text)
        .map_err(|e| anyhow!("the rule set cannot be read back, so it was not written: {e}"))?;
    Ok(write_atomic(out, |file| file.write_all(text.as_bytes()))?)
}

/// The one moment of all leads, where it is one.
fn one_moment(moments: &[(usize, Option<Time>)]) -> Option<Time> {
    let first = moments.first().and_then(|(_, as_of)| *as_of)?;
    moments.iter().all(|(_, as_of)| *as_of == Some(first)).then_some(first)
}
