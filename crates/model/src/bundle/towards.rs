//! What a bundle tells of the rule set that its model leans on.

use serde::{Deserialize, Serialize};

use crate::words::percent;

/// The rule set whose points a model leans on as far as outcomes are few. None of its rules is in the
/// bundle: what the model's slots can say of the points is part of their coefficients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TowardsRecord {
    /// The rule set's name.
    pub name: String,
    /// The version that its author gave it.
    pub version: String,
    /// The BLAKE3 hash of its file.
    pub hash: String,
    /// Log-odds in the served model for one standard deviation of what its slots say of the points; 0
    /// where the outcomes go against them.
    pub slope: f64,
    /// Its standard error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub standard_error: Option<f64>,
    /// The share of the variance of the points that the model's slots say, from 0 to 1.
    pub r2: f64,
    /// What the rules look at and no signal of the model is: signals, and rules that count events.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lacking: Vec<String>,
}

impl TowardsRecord {
    /// Points of which the slots say less than this share of the variance are said badly.
    const WELL_SAID: f64 = 0.9;

    /// In words for people; `name` is that of the rule set, as it is to be shown.
    pub fn in_words(&self, name: &str) -> String {
        let said = percent(self.r2);
        if self.slope <= 0.0 {
            return format!(
                "The outcomes go against the rules of {name}, so the model does not lean on them."
            );
        }
        let error = self.standard_error.map(|error| format!(" +- {:.2}", 1.96 * error));
        format!(
            "It leans on the rules of {name}: {:+.2}{} in log-odds for one standard deviation of their \
             points, of whose variance its signals say {said}. The more conversions there are, the less \
             that matters.",
            self.slope,
            error.unwrap_or_default()
        )
    }

    /// What the model cannot say of the rules, where that is much; `None` otherwise.
    pub fn unsaid(&self) -> Option<String> {
        let lacking = if self.lacking.is_empty() {
            String::new()
        } else {
            format!("; no signal of the model is {}", self.lacking.join(", "))
        };
        (self.r2 < Self::WELL_SAID).then(|| {
            format!(
                "the model's signals say {} of what the points of {} say{lacking}",
                percent(self.r2),
                self.name
            )
        })
    }
}
