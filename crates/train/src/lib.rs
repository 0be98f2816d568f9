//! Labels, splits, fitted encoders and models: from a table of past deals to a bundle.
//!
//! [`train`] does all of it. The order is the point: the rows are split before anything is fitted,
//! columns that are known only after the outcome are set aside on the training part alone, the evaluated model never sees the held-out part, and the served model is refitted on
//! everything with the penalty that was chosen without it.

mod additive;
mod against;
mod columns;
mod copies;
mod cross_validation;
mod drift;
mod examined;
mod figures;
mod fit_encoder;
mod folds;
mod forward;
mod leakage;
mod linfa_solver;
mod pipeline;
mod plain;
mod population;
mod recipe;
mod reports;
mod rows;
pub mod rules;
mod signals;
mod snapshots;
pub mod solver;
mod split;
mod target;
mod towards;
mod walk;
mod weights;
mod within;

pub use additive::{
    LearnedStrengths, Learnt, Plan, Source, fit_shape, learn_shape, learn_strengths,
};
pub use columns::{Behaviour, SignalMistake};
pub use examined::{ExaminedRows, examined_signals, signals};
pub use fit_encoder::{LEAST_LEVEL_COUNT, MOST_LEVELS, fit_encoder};
pub use folds::{Dealing, Moments};
pub use pipeline::{
    LEAST_OF_EACH_CLASS, Prepared, SnapshotHistory, Stage, outcomes, train, train_snapshots,
};
pub use plain::Plain;
pub use recipe::{Fit, FitRows, Outcomes};
pub use rows::{SignalValues, Told, read_signals, snapshot_identity};
pub use signals::{SignalColumn, SignalData};
pub use snapshots::{LabelledSnapshot, snapshots};
pub use solver::FitError;
pub use towards::Leaning;
pub use walk::{Leads, Step, WalkError};

use std::fmt;

use leadscore_features::{Misfit, contradicting};
use leadscore_model::points::RuleSet;
use leadscore_model::words::shell_word;

/// How a model is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Solver {
    /// Newton's method, exact.
    #[default]
    Newton,
    /// linfa-logistic (L-BFGS): slower, kept as an independent check.
    Linfa,
}

/// What to train on, and how. Columns are named as in the header.
#[derive(Clone, Debug, Default)]
pub struct TrainOptions {
    /// The column of the outcome.
    pub target: String,
    /// The value that means converted.
    pub positive: Option<String>,
    /// The value that means not converted. With it, rows of other values are left out.
    pub negative: Option<String>,
    /// The column of the lead's id.
    pub id: Option<String>,
    /// The column of the account; one account never stands on both sides of a split.
    pub account: Option<String>,
    /// The column of when the lead came to be.
    pub created: Option<String>,
    /// The column of the row's time, or `@row` when the rows stand in time order.
    pub time: Option<String>,
    /// The column that says how often each row counts, from 0 on.
    pub weight: Option<String>,
    /// Columns whose values are codes.
    pub categories: Vec<String>,
    /// Columns that the model must not use, nor any signal that reads them; or signals.
    pub drop: Vec<String>,
    /// Columns that the model does not use themselves; signals that are defined over them stay.
    pub read_only: Vec<String>,
    /// Columns that the model must use although they look like identifiers, or there is evidence that
    /// they are known only after the outcome.
    pub keep: Vec<String>,
    /// Values that stand for missing, by column.
    pub missing: Vec<(String, String)>,
    /// Whether the model is plain: a slope for each number and a weight for each level.
    pub plain: bool,
    /// The penalty of a plain model; chosen by cross-validation when not given.
    pub l2: Option<f64>,
    /// The solver of the two models that are kept.
    pub solver: Solver,
    /// The seed of the random split and of the folds.
    pub seed: u64,
    /// Folds of the training rows that the recipe is evaluated on; 0 for none.
    pub folds: usize,
    /// How often folds at random are dealt.
    pub repeats: usize,
    /// The conversion rate of the population, where the rows were sampled by outcome or have another.
    pub base_rate: Option<PopulationRate>,
    /// Signals along which the log-odds must not fall.
    pub increasing: Vec<String>,
    /// Signals along which they must not rise.
    pub decreasing: Vec<String>,
    /// The rule set whose points the model leans on as far as outcomes are few.
    pub towards: Option<RuleSet>,
    /// The model's name.
    pub name: String,
    /// The model's version.
    pub version: String,
    /// The name of the file, without its folder, for the record.
    pub file: String,
    /// The BLAKE3 hash of the file, for the record.
    pub file_hash: String,
}

/// Where the conversion rate of the population comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PopulationRate {
    /// It is known: the rows were sampled by outcome. Above 0 and below 1.
    Known(f64),
    /// It is that of the newest rows, which the split by time holds out.
    Newest,
}

impl TrainOptions {
    /// Whether the model is plain: as asked, or because what was asked for only a plain model has,
    /// one penalty or linfa-logistic's fit.
    pub fn is_plain(&self) -> bool {
        self.plain || self.l2.is_some() || self.solver == Solver::Linfa
    }
}

/// Why no model could be trained. Every message says what to do.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainError {
    /// The options do not fit the data; every mistake.
    Options(Vec<String>),
    /// The data cannot be trained on; every mistake found, at most a handful listed.
    Data(Vec<String>),
    /// Columns that a few values keep from being numbers or dates.
    Spoilt(Vec<SpoiltColumn>),
    /// A fit failed.
    Fit(FitError),
}

impl fmt::Display for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrainError::Options(mistakes) | TrainError::Data(mistakes) => {
                f.write_str(&mistakes.join("\n"))
            }
            TrainError::Spoilt(columns) => {
                let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
                f.write_str(&columns.join("\n"))
            }
            TrainError::Fit(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TrainError {}

/// A column that a few values keep from being one of numbers or of dates, or of which two values contradict each
/// other. Shows what to do about a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoiltColumn {
    /// The column.
    pub column: String,
    /// The first few of these values, and the 0-based row of the first.
    pub misfit: Misfit,
    /// How many values the column has.
    pub filled: usize,
}

impl SpoiltColumn {
    /// What is wrong, in words that follow where the value stands.
    pub fn in_words(&self) -> String {
        let Self { column, misfit: Misfit { others, count, text, more, row, against }, filled } =
            self;
        if let Some((other, of_other)) = against {
            if *others == Misfit::NUMBERS {
                return format!(
                    "column {column:?}: row {} has {text:?} and row {} {of_other:?}, {}",
                    row + 1,
                    other + 1,
                    self.why_contrary()
                );
            }
            let dates = contradicting((*other, of_other), (*row, text));
            return format!("column {column:?}: {dates}");
        }
        match filled.saturating_sub(*count) {
            0 | 1 => format!(
                "column {column:?}: {text:?} is not of the {others} that {count} of {filled} values are; correct it"
            ),
            misfits => {
                let named: Vec<String> = more.iter().map(|text| format!(", {text:?}")).collect();
                format!(
                    "column {column:?}: {misfits} values are not of the {others} that {count} of {filled} are, like \
                     {text:?}{}; correct them",
                    named.concat()
                )
            }
        }
    }

    /// What two values that contradict each other leave open, and what to do.
    pub fn why_contrary(&self) -> &'static str {
        match self.misfit.others == Misfit::NUMBERS {
            true => {
                "and nothing tells whether points or commas part thousands; write all of them without, like 73223 or \
                 8622.5"
            }
            false => {
                "one with the day first, the other with the month; write all of them as 2024-01-31"
            }
        }
    }

    /// The values that are named, of which any may mean missing.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        [&self.misfit.text].into_iter().chain(&self.misfit.more).map(String::as_str)
    }
}

impl fmt::Display for SpoiltColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, misfit: Misfit { row, against, .. }, .. } = self;
        if against.is_some() {
            return write!(f, "{}, or say --category {}", self.in_words(), shell_word(column));
        }
        let missing = |text: &str| format!("--missing {}", shell_word(&format!("{column}={text}")));
        let missing: Vec<String> = self.named().map(missing).collect();
        write!(
            f,
            "row {}, {}, or say {} if {} missing, or --category {}",
            row + 1,
            self.in_words(),
            missing.join(" "),
            if missing.len() == 1 { "it means" } else { "they mean" },
            shell_word(column)
        )
    }
}

impl From<FitError> for TrainError {
    fn from(error: FitError) -> Self {
        TrainError::Fit(error)
    }
}

impl TrainError {
    fn data(mistake: impl Into<String>) -> Self {
        TrainError::Data(vec![mistake.into()])
    }
}
