//! Rankings of the same leads against what happened: how many conversions each finds among its first
//! leads, how sure that is, where rankings part, and what points and rules are worth.
//!
//! Pure functions of parallel slices. Ties are handled as expected values over a random order of the
//! tied, so that no figure depends on the order of rows. Intervals of what is found come from one
//! paired bootstrap ([`Draws`]) in which all rankings see the same samples.

mod bootstrap;
mod capacity;
mod isotonic;
mod order;
mod outcomes;
mod pair;
mod ranking;
mod rule;
mod slice;
mod threshold;

pub use bootstrap::{Bootstrap, Draws};
pub use capacity::{SHARES, capacities};
pub use isotonic::{Isotonic, Level};
pub use order::Order;
pub use outcomes::{Estimate, LEAST_CONVERSIONS, Outcomes};
pub use pair::{Pair, Part};
pub use ranking::{Band, Curve};
pub use rule::{RuleEvidence, RuleTally, RuleVerdict, rate_difference};
pub use slice::{Slice, SliceOf, SliceVerdict, slices};
pub use threshold::{
    BandWorth, ForPrecision, Meaning, Reached, band_worth, for_precisions, meaning,
};
