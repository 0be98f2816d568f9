//! What data says of rule sets: whether their rules do anything, and what they would have done in
//! the past.

pub(crate) mod bins;
mod check;
mod learn;
mod replay;
mod suggest;

pub use check::{AtMonth, Check, CheckedRule, Finding, Found, Limit, Month, Observed, check};
pub use learn::{LearnData, LearnError, LearnOptions, LearnReport, Learned, Quality, learn};
pub use replay::{MoveCount, Period, Replay, ReplayError, ReplayOptions, Replayed, replay};
pub use suggest::{SuggestOptions, Suggestion, Suggestions, Suspect, suggest};

/// Random numbers of tests, from 0 to below 1: a linear congruential generator with Knuth's constants
/// (The Art of Computer Programming, volume 2, section 3.3.4, MMIX).
#[cfg(test)]
pub(crate) fn random(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}
