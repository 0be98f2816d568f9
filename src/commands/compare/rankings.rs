//! What is compared: models and rule sets, each as scores of the same leads.

use std::path::PathBuf;

use anyhow::Result;
use leadscore_model::Score;
use leadscore_model::points::RuleSet;
use serde::Serialize;

use super::{Basis, Judge};
use crate::inputs::wrong_call;

/// What makes a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RankedBy {
    Model,
    RuleSet,
}

/// A model or a rule set, and what it gives each lead.
pub(super) struct Ranking {
    pub(super) kind: RankedBy,
    /// The position among the models, or among the rule sets.
    pub(super) index: usize,
    /// Told apart from all others.
    pub(super) name: String,
    pub(super) version: String,
    pub(super) file: String,
    pub(super) hash: String,
    /// Probabilities, or points.
    pub(super) scores: Vec<f64>,
    /// The bands by name and threshold, lowest first.
    pub(super) bands: Vec<(String, Option<f64>)>,
    /// The band of each lead.
    pub(super) band_of: Vec<Option<usize>>,
}

impl Ranking {
    pub(super) fn is_model(&self) -> bool {
        self.kind == RankedBy::Model
    }
}

/// The points of a rule set, lead by lead.
pub(super) fn totals(scores: &[Score], set: usize) -> Vec<f64> {
    scores.iter().map(|score| score.points[set].total.to_number()).collect()
}

/// The models, then the rule sets, by names that differ.
pub(super) fn of(
    judges: &[Judge],
    rule_sets: &[RuleSet],
    files: &[PathBuf],
    scores: &[Vec<Score>],
) -> Result<Vec<Ranking>> {
    let models = judges.iter().zip(scores).enumerate().map(|(index, (judge, scores))| {
        let bands = match judge.basis {
            Basis::HeldOut => judge.bundle.evaluated_bands(),
            Basis::New => judge.bundle.bands,
        };
        let names = [("cold", None), ("warm", Some(bands.warm)), ("hot", Some(bands.hot))];
        let band = |score: &Score| names.iter().position(|(name, _)| *name == score.band);
        Ranking {
            kind: RankedBy::Model,
            index,
            name: judge.bundle.name.clone(),
            version: judge.bundle.version.clone(),
            file: judge.path.display().to_string(),
            hash: judge.hash.clone(),
            scores: scores.iter().map(|score| score.probability).collect(),
            bands: names.map(|(name, from)| (name.to_owned(), from)).to_vec(),
            band_of: scores.iter().map(band).collect(),
        }
    });
    let sets = rule_sets.iter().zip(files).enumerate().map(|(index, (set, file))| {
        let bands = set.bands.all().iter();
        Ranking {
            kind: RankedBy::RuleSet,
            index,
            name: set.name.clone(),
            version: set.version.clone(),
            file: file.display().to_string(),
            hash: set.hash.clone(),
            scores: totals(&scores[0], index),
            bands: bands
                .map(|band| (band.name.clone(), band.from.map(|from| from.to_number())))
                .collect(),
            band_of: scores[0].iter().map(|score| score.points[index].band).collect(),
        }
    });
    let mut rankings: Vec<Ranking> = models.chain(sets).collect();
    tell_apart(&mut rankings)?;
    Ok(rankings)
}

/// Models are often trained under one name: those that share one are called by their files.
fn tell_apart(rankings: &mut [Ranking]) -> Result<()> {
    let names: Vec<String> = rankings.iter().map(|ranking| ranking.name.clone()).collect();
    for ranking in rankings.iter_mut() {
        let shared = names.iter().filter(|name| **name == ranking.name).count() > 1;
        if shared && ranking.is_model() {
            let stem = std::path::Path::new(&ranking.file).file_stem();
            ranking.name =
                stem.map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        }
    }
    for (at, ranking) in rankings.iter().enumerate() {
        if let Some(other) = rankings[..at].iter().find(|other| other.name == ranking.name) {
            return Err(wrong_call(format!(
                "{} and {} are both called {:?}, so that no figure would say whose it is; give one of \
                 them another name",
                other.file, ranking.file, ranking.name
            )));
        }
    }
    Ok(())
}
