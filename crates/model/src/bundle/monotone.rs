//! Signals along which a model must rise or fall.

use serde::{Deserialize, Serialize};

/// A signal along which a model must rise, or fall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonotoneRecord {
    /// The signal.
    pub signal: String,
    /// Whether the log-odds must not fall along it; they must not rise otherwise.
    pub increasing: bool,
}

impl MonotoneRecord {
    /// In a word for people.
    pub fn word(&self) -> &'static str {
        if self.increasing { "increasing" } else { "decreasing" }
    }
}

/// Signals that a model must rise or fall along although the data say the other way, so that little of them is
/// left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgainstRecord {
    /// The signals, and the way that they are held.
    pub signals: Vec<MonotoneRecord>,
    /// The log loss of the held-out rows with all orders.
    pub log_loss: f64,
    /// Without any.
    pub without: f64,
}
