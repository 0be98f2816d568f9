//! How a comparison was made: what was read, how models were trained, the command that makes it again.

use anyhow::{Context, Result};
use leadscore_model::bundle::SplitRule;
use serde::Serialize;

use super::rankings::Ranking;
use super::{Compared, Judge};
use crate::provenance::again::{self, Said};
use crate::provenance::{FileRead, command_line};

/// How a comparison was made.
#[derive(Serialize)]
pub(super) struct Made {
    command: String,
    files: Vec<FileRead>,
    models: Vec<ModelMade>,
    rule_sets: Vec<RuleSetMade>,
}

#[derive(Serialize)]
struct ModelMade {
    name: String,
    version: String,
    file: String,
    hash: String,
    bytes: u64,
    target: String,
    positive: String,
    /// How long after a moment a conversion counts; none for a flat table.
    horizon: Option<String>,
    split: SplitBy,
    training_rows: usize,
    training_conversions: usize,
    held_out_rows: usize,
    held_out_conversions: usize,
    /// Columns that were known only after the outcome.
    set_aside: Vec<String>,
    /// Columns that the trainer dropped.
    dropped: Vec<String>,
    /// Columns that the trainer kept though they look like identifiers, or known only after the outcome.
    kept: Vec<String>,
    /// Columns whose values the trainer said are codes.
    codes: Vec<String>,
    /// Values that the trainer said mean missing, as `COLUMN=VALUE`.
    missing: Vec<String>,
    trained_with: String,
    /// The command that makes the model again.
    command: String,
}

/// How the rows were held out.
#[derive(Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
enum SplitBy {
    Time { column: String, from: String },
    Random { seed: u64 },
}

#[derive(Serialize)]
struct RuleSetMade {
    name: String,
    version: String,
    file: String,
    hash: String,
    bytes: u64,
}

pub(super) fn of(compared: &Compared) -> Result<Made> {
    let files: Vec<FileRead> =
        compared.judges[0].leads.files().map(FileRead::of).collect::<Result<_>>()?;
    let models = compared.judges.iter().zip(&compared.rankings);
    let models = models.map(|(judge, ranking)| model_made(compared, judge, ranking, &files));
    let sets = compared.rankings.iter().filter(|ranking| !ranking.is_model());
    let sets = sets.map(|ranking| {
        Ok(RuleSetMade {
            name: ranking.name.clone(),
            version: ranking.version.clone(),
            file: ranking.file.clone(),
            hash: ranking.hash.clone(),
            bytes: size(&ranking.file)?,
        })
    });
    Ok(Made {
        command: command_line(),
        models: models.collect::<Result<_>>()?,
        rule_sets: sets.collect::<Result<_>>()?,
        files,
    })
}

fn model_made(
    compared: &Compared,
    judge: &Judge,
    ranking: &Ranking,
    files: &[FileRead],
) -> Result<ModelMade> {
    let training = &judge.bundle.training;
    let split = &training.split;
    let set_aside = training.leakage.iter().flat_map(|found| found.set_aside());
    let said = Said::of(&judge.bundle);
    let rules = |hash: &str| {
        let sets = compared.rankings.iter().filter(|ranking| !ranking.is_model());
        sets.into_iter().find(|set| set.hash == hash).map(|set| set.file.clone())
    };
    // The file as it was named now, where it is the one that was trained on.
    let same = files.iter().find(|file| file.hash == training.data.blake3);
    let project = judge.leads.project.as_ref().map(|_| &judge.leads.path);
    let project = project.filter(|path| path.ends_with(&training.data.file));
    let leads = same.map(|file| file.file.clone()).or(project.map(|p| p.display().to_string()));
    let leads = leads.unwrap_or_else(|| training.data.file.clone());
    Ok(ModelMade {
        name: ranking.name.clone(),
        version: ranking.version.clone(),
        file: ranking.file.clone(),
        hash: ranking.hash.clone(),
        bytes: size(&ranking.file)?,
        target: training.target.column.clone(),
        positive: training.target.positive.clone(),
        horizon: training.snapshots.as_ref().map(|made| made.horizon.to_string()),
        split: match &split.rule {
            SplitRule::Newest { by, from } => {
                SplitBy::Time { column: by.clone(), from: from.clone() }
            }
            SplitRule::Stratified { seed } => SplitBy::Random { seed: *seed },
        },
        training_rows: split.training_rows,
        training_conversions: split.training_conversions,
        held_out_rows: split.held_out_rows,
        held_out_conversions: split.held_out_conversions,
        set_aside: set_aside.map(|column| column.column.clone()).collect(),
        dropped: said.dropped,
        kept: said.kept,
        codes: said.codes,
        missing: said.missing,
        trained_with: format!("leadscore {}", training.leadscore),
        command: again::command(&judge.bundle, &leads, &ranking.file, rules),
    })
}

/// The bytes of a file that was read.
fn size(file: &str) -> Result<u64> {
    Ok(std::fs::metadata(file).with_context(|| file.to_owned())?.len())
}
