//! What is answered: for each lead its probability, points, reasons, signals and warnings; or its
//! points without what only a model needs.

mod lead;
mod points;
mod prepared;
mod standing;
mod warnings;
mod what_if;
mod write;

use leadscore_features::Time;
use leadscore_features::events::FilterCounts;
use leadscore_model::points::RuleSet;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::request::Id;
use points::PointsAnswer;
pub(crate) use prepared::Prepared;
pub(crate) use warnings::{Warning, WarningKind};
pub(crate) use what_if::WithChange;
pub(crate) use write::write;

/// The scores of the leads of a request, in its order.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema; the answer is written prediction by prediction")]
pub(crate) struct Answer<'a> {
    /// The model; null when only points are served.
    model: Option<Version>,
    /// The rule sets that were asked for, in the order of each prediction's `points`.
    rule_sets: Vec<Version>,
    /// One for each lead, in order.
    predictions: Vec<Prediction<'a>>,
}

/// The points of the leads of a request, in its order.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema; the answer is written lead by lead")]
pub(crate) struct PointsOfLeads<'a> {
    /// The rule sets that were asked for, in the order of each lead's `points`.
    rule_sets: Vec<Version>,
    /// One for each lead, in order.
    leads: Vec<PointsOfLead<'a>>,
}

/// What tells one model or rule set from another.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Version {
    /// Its name.
    pub(crate) name: String,
    /// The version that its author gave it.
    pub(crate) version: String,
    /// The BLAKE3 hash of its file, in hexadecimal.
    pub(crate) hash: String,
}

impl From<&RuleSet> for Version {
    fn from(set: &RuleSet) -> Self {
        Self { name: set.name.clone(), version: set.version.clone(), hash: set.hash.clone() }
    }
}

/// The scores of one lead.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema; it is written field by field")]
pub(crate) struct Prediction<'a> {
    /// The lead's id as it was given, or null.
    #[schema(value_type = Option<crate::openapi::LeadId>)]
    id: Option<&'a Id<'a>>,
    /// The moment that the lead was scored as of (RFC 3339).
    #[schema(value_type = String, format = DateTime)]
    as_of: Time,
    /// The probability of converting, from 0 to 1. Null without a model, as are the next four.
    #[schema(required, example = 0.31)]
    probability: Option<f64>,
    /// What the fitted rows leave open of the probability, where `intervals` were asked for; absent
    /// otherwise.
    #[schema(nullable = false)]
    interval: Option<IntervalAnswer>,
    /// The log-odds of converting: `base_log_odds`, what every input adds, and the next two.
    #[schema(required)]
    log_odds: Option<f64>,
    /// The log-odds of the average fitted lead.
    #[schema(required)]
    base_log_odds: Option<f64>,
    /// What the recalibration adds, where the model has one; absent otherwise.
    #[schema(nullable = false)]
    calibration_log_odds: Option<f64>,
    /// What the move to the base rate of the population adds, where the model has one; absent otherwise.
    #[schema(nullable = false)]
    base_rate_log_odds: Option<f64>,
    /// The band of the probability: `cold`, `warm` or `hot`.
    #[schema(required, value_type = Option<Band>)]
    band: Option<&'static str>,
    /// Why the probability is what it is.
    #[schema(required)]
    reasons: Option<Reasons<'a>>,
    /// What the probability would be with one thing otherwise, where `what_if` was asked for; absent
    /// otherwise. For `true` what raises it most, highest first, and null where nothing is known of the
    /// lead's events; for a list one for each change, in order.
    #[schema(required = false, value_type = Option<Vec<WithChange>>)]
    what_if: Option<Option<Vec<WithChange>>>,
    /// The points of each rule set that was asked for.
    points: Vec<PointsAnswer<'a>>,
    /// The values of the signals that the model and the rules use: null when missing. Those that
    /// are not known because events were not given are in `unavailable_signals` instead.
    #[schema(value_type = crate::openapi::SignalValues)]
    signals: (),
    /// Signals that are not known because events were not given. The model takes them for
    /// missing; rules that hang on them are unavailable.
    #[schema(required = false)]
    unavailable_signals: Vec<&'a str>,
    /// What became of the events; absent when none were given (an empty list is given).
    #[schema(nullable = false)]
    events: Option<EventCounts>,
    /// What should be known about how the lead was read.
    warnings: Vec<Warning<'a>>,
}

/// The interval of 95 % of a probability.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct IntervalAnswer {
    /// The lower end.
    #[schema(example = 0.24)]
    low: f64,
    /// The upper end.
    #[schema(example = 0.39)]
    high: f64,
}

/// The points of one lead.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema; it is written field by field")]
pub(crate) struct PointsOfLead<'a> {
    /// The lead's id as it was given, or null.
    #[schema(value_type = Option<crate::openapi::LeadId>)]
    id: Option<&'a Id<'a>>,
    /// The moment that the lead was scored as of (RFC 3339).
    #[schema(value_type = String, format = DateTime)]
    as_of: Time,
    /// The points of each rule set that was asked for.
    points: Vec<PointsAnswer<'a>>,
    /// The values of the signals that the rules use: null when missing. Those that
    /// are not known because events were not given are in `unavailable_signals` instead.
    #[schema(value_type = crate::openapi::SignalValues)]
    signals: (),
    /// Signals that are not known because events were not given. Rules that
    /// hang on them are unavailable.
    #[schema(required = false)]
    unavailable_signals: Vec<&'a str>,
    /// What became of the events; absent when none were given (an empty list is given).
    #[schema(nullable = false)]
    events: Option<EventCounts>,
    /// What should be known about how the lead was read.
    warnings: Vec<Warning<'a>>,
}

/// A band of leads.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "the schema of a text")]
pub(crate) enum Band {
    Cold,
    Warm,
    Hot,
}

/// The parts of the log-odds that count most, the largest first.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema; it is written field by field")]
pub(crate) struct Reasons<'a> {
    /// Parts that raise the probability.
    up: Vec<ReasonAnswer<'a>>,
    /// Parts that lower it.
    down: Vec<ReasonAnswer<'a>>,
}

/// One part of the log-odds.
#[derive(Debug, ToSchema)]
#[schema(as = Reason)]
#[expect(dead_code, reason = "the schema; it is written field by field")]
pub(crate) struct ReasonAnswer<'a> {
    /// The signal.
    signal: &'a str,
    /// Its value: a number, yes (true) or no (false), a text, a time, or null when missing.
    #[schema(value_type = Option<crate::openapi::AttributeValue>)]
    value: (),
    /// What it adds to the log-odds, against the average fitted lead. These add up.
    log_odds: f64,
    /// What the probability would lose without it, all else equal. These do not add up.
    effect: f64,
}

/// What became of a lead's events. First those are left out that are later than `as_of`, or were
/// not known by then; then each filter takes what it takes, in this order.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct EventCounts {
    /// Events that count.
    kept: u64,
    /// Events later than `as_of`, or not known by then.
    later: u64,
    /// Second copies of an id.
    duplicates: u64,
    /// Events before the lead came to be.
    before_created: u64,
    /// Events that were known before they are said to have happened.
    future: u64,
    /// Events of our own people.
    internal: u64,
    /// Acts of mail scanners.
    scanners: u64,
    /// Events in bursts.
    bursts: u64,
}

impl From<FilterCounts> for EventCounts {
    fn from(counts: FilterCounts) -> Self {
        let FilterCounts {
            kept,
            later,
            duplicates,
            before_created,
            future,
            internal,
            scanners,
            bursts,
            copies_of_another_kind: _,
            of_copied_files: _,
        } = counts;
        Self { kept, later, duplicates, before_created, future, internal, scanners, bursts }
    }
}

impl Serialize for Id<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Id::Text(text) => serializer.serialize_str(text),
            Id::Integer(number) => serializer.serialize_i64(*number),
            Id::Large(number) => serializer.serialize_u64(*number),
        }
    }
}
