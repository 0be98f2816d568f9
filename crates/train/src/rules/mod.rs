//! What data says of rule sets: whether their rules do anything, and what they would have done in
//! the past.

mod bins;
mod check;
mod learn;
mod replay;
mod suggest;

pub use check::{AtMonth, Check, CheckedRule, Finding, FindingKind, Month, Observed, check};
pub use learn::{LearnData, LearnError, LearnOptions, LearnReport, Learned, Quality, learn};
pub use replay::{MoveCount, Period, Replay, ReplayError, ReplayOptions, Replayed, replay};
pub use suggest::{SuggestOptions, Suggestion, Suggestions, Suspect, suggest};
