//! The classic point score: a rule set, read from TOML, that gives a snapshot points with their
//! breakdown.

mod condition;
mod fixed;
mod parse;
mod set;

pub use condition::{Condition, Literal, Test};
pub use fixed::Points;
pub use leadscore_features::document::{DocumentError, Mistake, Position};
pub(crate) use set::implied_columns;
pub use set::{
    Bands, CompiledRuleSet, MissingValues, PointsScore, Rule, RuleSet, SchemaView, SignalRef,
};
