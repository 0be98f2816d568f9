//! The bundle: one versioned file with everything that scoring, comparing and auditing need.

mod card;
mod doubts;
mod format;
mod leakage;
mod ledger;
mod monotone;
mod record;
mod towards;
mod weights;

pub use card::{CARD_BEGINS, card};
pub use doubts::{Doubt, repeats};
pub use format::{BundleError, FORMAT_VERSION};
pub use leakage::{
    AfterWhat, ClassCounts, LeakAction, LeakEvidence, LeakageRecord, LeakingColumn, StrongSignal,
};
pub use ledger::{HeldOutRow, Ledger, Membership};
pub use monotone::{AgainstRecord, MonotoneRecord};
pub use record::{
    BaseRateRecord, BaseRateShift, CandidatePenalty, ColumnReport, CopyRecord, DataRecord,
    FoldFigures, FoldRule, FoldsRecord, LeftOut, PenaltyRecord, RateFigures, RateRemedy,
    RateSource, RecalibrationRecord, RuleSetRecord, SensitiveColumn, SensitiveRecord, ShapeRecord,
    SignalDrift, SignalStrength, SnapshotRecord, SolverRecord, SplitRecord, SplitRule, TableRecord,
    TargetRecord, Training, UncertaintyRecord, Untold,
};
pub use towards::TowardsRecord;
pub use weights::WeightsRecord;

use leadscore_features::{Catalogue, Schema};
use serde::{Deserialize, Serialize};

use crate::Fitted;

/// From which probability a lead is warm and hot. Everything below `warm` is cold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbabilityBands {
    /// Warm from here.
    pub warm: f64,
    /// Hot from here.
    pub hot: f64,
}

impl Bundle {
    /// The bands of the evaluated model.
    pub fn evaluated_bands(&self) -> ProbabilityBands {
        self.training.evaluated_bands.unwrap_or(self.bands)
    }
}

impl ProbabilityBands {
    /// The band of a probability.
    pub fn of(self, probability: f64) -> &'static str {
        if probability >= self.hot {
            "hot"
        } else if probability >= self.warm {
            "warm"
        } else {
            "cold"
        }
    }
}

/// What training leaves. Read from and written to bytes; see [`Bundle::to_bytes`].
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// The model's name.
    pub name: String,
    /// The version its trainer gave it.
    pub version: String,
    /// The columns of the data, and how each is read.
    pub schema: Schema,
    /// The signals.
    pub catalogue: Catalogue,
    /// The model that is served: fitted on every row.
    pub model: Fitted,
    /// From which probability a lead is warm and hot.
    pub bands: ProbabilityBands,
    /// The model that was evaluated: it never saw the held-out rows.
    pub evaluated: Fitted,
    /// How the model was made and what it reached.
    pub training: Training,
    /// The model card, in Markdown: see [`card()`].
    pub card: String,
    /// Which rows were held out, with their scores, and which were seen.
    pub ledger: Ledger,
}
