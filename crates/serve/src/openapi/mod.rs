//! The OpenAPI document: the types of this crate, with the attributes of what is served.

mod document;
mod examples;

use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::{answer, problem, routes};
pub(crate) use document::document;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "leadscore",
        description = "How likely leads are to convert, beside their points. Errors are RFC 9457 \
                       problem details. Every answer carries `x-request-id`, the one that came \
                       with the request where it is plain."
    ),
    paths(
        routes::predict,
        routes::points,
        routes::healthz,
        routes::readyz,
        routes::metrics,
        routes::openapi_json,
        docs_page
    ),
    components(schemas(
        PredictRequest,
        OneLead,
        ManyLeads,
        Lead,
        LeadId,
        EventId,
        Attributes,
        Event,
        EventProperties,
        Signals,
        SignalValues,
        AttributeValue,
        RuleSetName,
        WhatIfRequest,
        ChangeRequest,
        AttributeChange,
        EventChange,
        Stages,
        answer::Answer,
        answer::PointsOfLeads,
        answer::Band,
        answer::WarningKind,
        problem::Problem,
        problem::FieldError
    )),
    tags(
        (name = "scores", description = "Probabilities, points and reasons"),
        (name = "operations", description = "For whoever runs the server"),
        (name = "documentation", description = "What this is")
    )
)]
struct Document;

/// The page of documentation.
#[utoipa::path(
    get,
    path = "/docs/",
    tag = "documentation",
    operation_id = "docs",
    responses((status = 200, description = "This document, to be read and tried", body = String,
               content_type = "text/html")),
)]
#[expect(dead_code, reason = "only its description is used; the handler serves files too")]
fn docs_page() {}

/// One lead, or a list of them.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of what the request module reads")]
pub(crate) enum PredictRequest {
    One(OneLead),
    Many(ManyLeads),
}

/// One lead.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneLead {
    /// What the lead is called; given back as it is.
    id: Option<LeadId>,
    /// What is known about it.
    attributes: Attributes,
    /// What it did, in any order; events after `as_of` do not count. An empty list says that it
    /// did nothing. Left out (or null), nothing is known of it: signals of events are unavailable.
    events: Option<Vec<Event>>,
    /// Signals that are ready, by name: computed elsewhere, and taken as they are.
    signals: Option<Signals>,
    /// Where it stands on the stages and in the funnel of rule sets, by name: what is left out is
    /// worked out from its events.
    stages: Option<Stages>,
    /// The moment to score it as of: a date, or a date and time (RFC 3339).
    #[schema(example = "2024-01-31T09:30:00Z")]
    as_of: Option<String>,
    /// How many reasons to give, each way.
    #[schema(default = 3, minimum = 0, maximum = 1000, nullable = false)]
    reasons: Option<u16>,
    /// Whether to give the interval of 95 % of each probability.
    #[schema(default = false, nullable = false)]
    intervals: Option<bool>,
    /// What the probabilities would be with one thing otherwise: true for the events that raise each
    /// most, or a list of changes. Not asked, nothing is worked out.
    what_if: Option<WhatIfRequest>,
    /// The rule sets to score by, in this order; all where not given (or null).
    rule_sets: Option<Vec<RuleSetName>>,
}

/// A list of leads.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManyLeads {
    /// The leads.
    #[schema(min_items = 1)]
    leads: Vec<Lead>,
    /// How many reasons to give for each, each way.
    #[schema(default = 3, minimum = 0, maximum = 1000, nullable = false)]
    reasons: Option<u16>,
    /// Whether to give the interval of 95 % of each probability.
    #[schema(default = false, nullable = false)]
    intervals: Option<bool>,
    /// What the probabilities would be with one thing otherwise: true for the events that raise each
    /// most, or a list of changes. Not asked, nothing is worked out.
    what_if: Option<WhatIfRequest>,
    /// The rule sets to score by, in this order; all where not given (or null).
    rule_sets: Option<Vec<RuleSetName>>,
}

/// One lead of a list.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lead {
    /// What the lead is called; given back as it is.
    id: Option<LeadId>,
    /// What is known about it.
    attributes: Attributes,
    /// What it did, in any order; events after `as_of` do not count. An empty list says that it
    /// did nothing. Left out (or null), nothing is known of it: signals of events are unavailable.
    events: Option<Vec<Event>>,
    /// Signals that are ready, by name: computed elsewhere, and taken as they are.
    signals: Option<Signals>,
    /// Where it stands on the stages and in the funnel of rule sets, by name: what is left out is
    /// worked out from its events.
    stages: Option<Stages>,
    /// The moment to score it as of: a date, or a date and time (RFC 3339).
    #[schema(example = "2024-01-31T09:30:00Z")]
    as_of: Option<String>,
}

/// A text, or a whole number of 64 bits.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of what the request module reads")]
pub(crate) enum LeadId {
    Text(String),
    Number(i64),
}

/// What is known about a lead, by name. An attribute that is left out counts as missing, with a
/// warning; null says that it is missing.
#[derive(Serialize, ToSchema)]
pub(crate) struct Attributes {}

/// Something that a lead did.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// What happened.
    #[schema(example = "page_view")]
    kind: String,
    /// When: RFC 3339. A time without a zone is read as UTC, with a warning.
    #[schema(example = "2024-01-31T09:30:00Z")]
    at: String,
    /// When it was learnt of; at once where not given. Before it the event does not count.
    #[schema(example = "2024-01-31T09:31:00Z")]
    known_at: Option<String>,
    /// The event's own id, by which a second copy is known.
    id: Option<EventId>,
    /// What else is known of it.
    properties: Option<EventProperties>,
}

/// Whether to give what raises a probability most, or the changes to ask about, each for itself; at most 100.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of what the request module reads")]
pub(crate) enum WhatIfRequest {
    Best(bool),
    These(Vec<ChangeRequest>),
}

/// One thing that is otherwise.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Change)]
#[expect(dead_code, reason = "the schema of what the request module reads")]
pub(crate) enum ChangeRequest {
    Attribute(AttributeChange),
    Event(EventChange),
}

/// An attribute has another value.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeChange {
    /// The attribute.
    attribute: String,
    /// Its value; null for none.
    #[schema(required)]
    value: Option<AttributeValue>,
}

/// One event more, at the moment of the score.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventChange {
    /// What happens.
    #[schema(example = "page_view")]
    kind: String,
    /// What else is known of it.
    properties: Option<EventProperties>,
}

/// The name of a rule set.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleSetName(String);

/// Where a lead stands, by rule set: its stage, and its place in the funnel.
#[derive(Serialize, ToSchema)]
pub(crate) struct Stages {}

/// A text or a number.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of what the request module reads")]
pub(crate) enum EventId {
    Text(String),
    Number(f64),
}

/// What else is known of an event, by name. A property that is left out is missing.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventProperties {}

/// Signals that are ready, by name; null says that one is missing. A signal cannot be given beside
/// what it comes from: its attribute, or events.
#[derive(Serialize, ToSchema)]
pub(crate) struct Signals {}

/// The values of signals, by name; null when missing.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignalValues {}

/// A text, a number, yes (true) or no (false).
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of what the request module reads")]
pub(crate) enum AttributeValue {
    Text(String),
    Number(f64),
    YesNo(bool),
}
