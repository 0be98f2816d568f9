//! What data says of rule sets: whether their rules do anything, and what they would have done in
//! the past.

mod check;
mod replay;

pub use check::{AtMonth, Check, CheckedRule, Finding, FindingKind, Month, Observed, check};
pub use replay::{MoveCount, Period, Replay, ReplayError, ReplayOptions, Replayed, replay};
