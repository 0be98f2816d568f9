//! The OpenAPI document: the types of this crate, with the attributes of what is served.

use leadscore_features::{Kind, Role};
use leadscore_model::Bundle;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::{OpenApi, ToSchema};

use crate::fields::Fields;
use crate::{answer, problem, request, routes};

/// Levels of a category that the document names; beyond it, it shows the first as an example.
const LEVELS_NAMED: usize = 50;

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
        Attributes,
        AttributeValue,
        answer::Answer,
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
    /// The moment to score it as of: a date, or a date and time (RFC 3339).
    #[schema(example = "2024-01-31T09:30:00Z")]
    as_of: Option<String>,
    /// How many reasons to give, each way.
    #[schema(default = 3, minimum = 0, maximum = 1000, nullable = false)]
    reasons: Option<u16>,
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
}

/// One lead of a list.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lead {
    /// What the lead is called; given back as it is.
    id: Option<LeadId>,
    /// What is known about it.
    attributes: Attributes,
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

/// A text, a number, yes (true) or no (false).
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of what the request module reads")]
pub(crate) enum AttributeValue {
    Text(String),
    Number(f64),
    YesNo(bool),
}

/// The types that any attribute can have.
const SCALAR: [&str; 4] = ["string", "number", "boolean", "null"];

/// The document of a service, as JSON.
pub(crate) fn document(fields: &Fields, bundle: Option<&Bundle>) -> Vec<u8> {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    let mut properties = Map::new();
    let mut example = Map::new();
    for (name, reader) in fields.columns().iter().chain(fields.as_of()) {
        let levels = bundle.map(|bundle| levels(bundle, name)).unwrap_or_default();
        let (schema, value) = attribute(reader.kind(), levels);
        properties.insert(name.clone(), schema);
        example.insert(name.clone(), value);
    }
    // What the data carries along and no score needs.
    for column in bundle.iter().flat_map(|bundle| &bundle.schema.columns) {
        if column.role != Role::Time && !properties.contains_key(&column.name) {
            let described = json!({
                "type": SCALAR,
                "description": "Accepted, and not used by any score.",
            });
            properties.insert(column.name.clone(), described);
        }
    }
    let schema = &mut document["components"]["schemas"]["Attributes"];
    schema["type"] = json!("object");
    schema["properties"] = Json::Object(properties);
    schema["additionalProperties"] =
        json!({"type": SCALAR, "description": "Answered with a warning: nothing uses it."});
    let lead = json!({"id": "lead-1", "attributes": example});
    let mut alone = lead.clone();
    alone["reasons"] = json!(request::DEFAULT_REASONS);
    document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["examples"] = json!({
        "one": {"summary": "One lead", "value": alone},
        "many": {"summary": "Many leads", "value": {"leads": [lead]}},
    });
    // Only maps with keys that are not texts fail to serialise.
    serde_json::to_vec(&document).unwrap_or_default()
}

/// The schema of an attribute, and an example of its value.
fn attribute(kind: &Kind, levels: Vec<String>) -> (Json, Json) {
    let number = ["number", "string", "null"];
    match kind {
        Kind::Number { .. } => {
            (json!({"type": number, "description": "A number, or its text."}), json!(1))
        }
        Kind::YesNo => (
            json!({"type": ["boolean", "string", "integer", "null"],
                   "description": "Yes or no: true, \"yes\", 1."}),
            json!(true),
        ),
        Kind::Date { format } => {
            let example = match format {
                leadscore_features::DateFormat::Iso => "2024-01-31",
                leadscore_features::DateFormat::DayMonthYear => "31/01/2024",
                leadscore_features::DateFormat::MonthDayYear => "01/31/2024",
            };
            let description = format!("A date, written like {example}.");
            (json!({"type": ["string", "null"], "description": description}), json!(example))
        }
        Kind::Category | Kind::Identifier | Kind::Constant => {
            let mut description = "A category.".to_owned();
            if !levels.is_empty() && levels.len() <= LEVELS_NAMED {
                description = format!("A category; the model knows {}.", levels.join(", "));
            }
            let example = levels.into_iter().next().unwrap_or_else(|| "example".to_owned());
            (
                json!({"type": ["string", "number", "boolean", "null"],
                       "description": description}),
                json!(example),
            )
        }
    }
}

/// The levels of the input that comes straight from a column.
fn levels(bundle: &Bundle, column: &str) -> Vec<String> {
    use leadscore_features::{Coding, Expr};
    let direct = |signal: &str| {
        let signal = bundle.catalogue.signal(signal);
        signal.is_some_and(|s| matches!(&s.expr, Expr::Attribute { column: c } if c == column))
    };
    let inputs = &bundle.model.encoder.inputs;
    match inputs.iter().find(|input| direct(&input.signal)).map(|input| &input.coding) {
        Some(Coding::OneHot { levels, .. }) => levels.clone(),
        _ => Vec::new(),
    }
}
