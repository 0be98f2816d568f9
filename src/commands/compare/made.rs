//! How a comparison was made: what was read, how models were trained, the command that makes it again.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use leadscore_model::bundle::SplitRule;
use leadscore_model::stream_hash;
use serde::Serialize;

use super::Compared;

/// How a comparison was made.
#[derive(Serialize)]
pub(super) struct Made {
    command: String,
    files: Vec<FileRead>,
    models: Vec<ModelMade>,
    rule_sets: Vec<RuleSetMade>,
}

#[derive(Serialize)]
struct FileRead {
    file: String,
    hash: String,
    bytes: u64,
}

#[derive(Serialize)]
struct ModelMade {
    name: String,
    version: String,
    file: String,
    hash: String,
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
    trained_with: String,
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
}

pub(super) fn of(compared: &Compared) -> Result<Made> {
    let files = compared.judges[0].leads.files().map(file_read).collect::<Result<_>>()?;
    let models = compared.judges.iter().zip(&compared.rankings).map(|(judge, ranking)| {
        let training = &judge.bundle.training;
        let split = &training.split;
        let set_aside = training.leakage.iter().flat_map(|found| found.set_aside());
        ModelMade {
            name: ranking.name.clone(),
            version: ranking.version.clone(),
            file: ranking.file.clone(),
            hash: ranking.hash.clone(),
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
            trained_with: format!("leadscore {}", training.leadscore),
        }
    });
    let sets = compared.rankings.iter().filter(|ranking| !ranking.is_model());
    Ok(Made {
        command: command(),
        files,
        models: models.collect(),
        rule_sets: sets
            .map(|ranking| RuleSetMade {
                name: ranking.name.clone(),
                version: ranking.version.clone(),
                file: ranking.file.clone(),
                hash: ranking.hash.clone(),
            })
            .collect(),
    })
}

fn file_read(path: &Path) -> Result<FileRead> {
    let read = || -> std::io::Result<(String, u64)> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok((stream_hash(file)?, bytes))
    };
    let (hash, bytes) = read().with_context(|| path.display().to_string())?;
    Ok(FileRead { file: path.display().to_string(), hash, bytes })
}

/// The command as it was called, for a shell. The program goes by its name.
fn command() -> String {
    let args = std::env::args_os().skip(1);
    let quoted = args.map(|arg| quoted(&arg.to_string_lossy()));
    ["leadscore".to_owned()].into_iter().chain(quoted).collect::<Vec<_>>().join(" ")
}

/// A word as a POSIX shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_quoted_where_a_shell_would_part_them() {
        assert_eq!(super::quoted("data/bank.csv"), "data/bank.csv");
        assert_eq!(super::quoted("my leads.csv"), "'my leads.csv'");
        assert_eq!(super::quoted("it's"), r"'it'\''s'");
        assert_eq!(super::quoted(""), "''");
    }
}
