//! The classic point score: a rule set, read from TOML, that gives a snapshot points with their
//! breakdown.
//!
//! A [`RuleSet`] is plain data: what its file says. Compiled, with every name resolved, it scores
//! the values of a snapshot's signals and what was seen of its events, and leaves a
//! [`PointsScore`]: a sum of named parts. The order of work is the same everywhere: what each event
//! earns and what its age takes, the limits of the rule, those of the group, the scale, exclusions.

mod breakdown;
mod check;
mod compiled;
mod condition;
mod fixed;
mod parse;
mod print;
mod rule;
mod scale;
mod set;

pub use breakdown::{GroupPoints, Part, PatternPoints, PointsScore, RulePoints};
pub(crate) use check::{check_missing_agree, implied_columns, implied_log};
pub(crate) use compiled::RuleNames;
pub use compiled::{CompiledRuleSet, CountedEvent, LadderKind};
pub use condition::{Condition, Literal, Test};
pub use fixed::Points;
pub use leadscore_features::document::{DocumentError, Mistake, Position};
pub use rule::{
    ByProperty, Counted, Decay, DecayStep, EventPoints, Exclusion, Gives, Group, IdlePoints,
    PointsTable, Rule, SignalRef, TableRow,
};
pub use scale::{Band, Bands, Grade, GradeAxis, Ladder, Scale, Step};
pub use set::{MissingValues, RuleSet, SchemaView, SubScore};
