//! The contract between training and serving: bundles, points, the one way to score, and the
//! evaluation of scores against outcomes. Everything here is pure.
//!
//! [`Bundle`] is what training leaves; [`RuleSet`](points::RuleSet) is what a marketer writes;
//! [`Scorer`] puts either or both to a snapshot, and is the only thing that does.

mod batch;
pub mod bundle;
mod columns;
mod compiled;
mod curves;
mod definition;
pub mod evaluate;
mod hash;
mod logistic;
mod past;
pub mod points;
mod random;
mod reason;
mod recalibration;
mod resolve;
mod score;
mod uncertainty;
mod usual;
mod what_if;
pub mod words;

pub use batch::{BatchReader, ColumnMismatch, MissingColumn, RowMistake};
pub use bundle::{Bundle, BundleError};
pub use columns::{Block, ColumnInput, ColumnScorer, ColumnSignal, CountedRows, Entry};
pub use curves::{Curve, CurveStep, PairTable, curves, extremes, strongest_first};
pub use definition::Definition;
pub use hash::{
    IdentityReader, Naming, RowHasher, RowIdentity, cell_id, file_hash, lead_id, stream_hash,
};
pub use logistic::{BaseRate, Fitted, Logistic, SlotWeight, logit, row_loss, sigmoid};
pub use past::{LONGEST_PAST_DAYS, Past, Standing, reviews};
pub use random::SplitMix64;
pub use reason::{Reason, reasons, strongest_reasons};
pub use recalibration::{Knot, Recalibration};
pub use score::{Score, Scorer, ScorerError, Sources, TimeColumn};
pub use uncertainty::{DRAWS, Uncertainty, interval};
pub use usual::{FAR, Usual};
pub use what_if::{Change, ChangeMistake, ChangeName, MOST_SUGGESTED, Otherwise, Unknown, WhatIf};
