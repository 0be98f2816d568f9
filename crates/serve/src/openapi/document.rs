//! The document of one service: what it names, and requests that it answers.

use leadscore_features::{ColumnReader, Expr, Kind, Role, SignalKind};
use leadscore_model::Bundle;
use serde_json::{Map, Value as Json, json};
use utoipa::OpenApi;

use super::Document;
use super::examples::{examples, levels_of};
use crate::fields::{Fields, LADDERS};
use crate::scoring::{Question, Scoring};

/// Levels of a category that the document names; beyond it, it shows the first as an example.
const LEVELS_NAMED: usize = 50;

/// The types that any attribute can have.
const SCALAR: [&str; 4] = ["string", "number", "boolean", "null"];

/// The document of a service, as JSON. Points alone need no more than predictions, so one
/// description of what a request may name serves both.
pub(crate) fn document(
    predict: &Scoring,
    points: Option<&Scoring>,
    bundle: Option<&Bundle>,
) -> Vec<u8> {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    let schemas = &mut document["components"]["schemas"];
    describe_attributes(&predict.fields, bundle, &mut schemas["Attributes"]);
    describe_events(predict, schemas);
    describe_signals(&predict.fields, bundle, schemas);
    describe_rule_sets(&predict.fields, schemas);
    let questions =
        [("/predict", Question::Predict, Some(predict)), ("/points", Question::Points, points)];
    for (path, question, scoring) in questions {
        let Some(scoring) = scoring else { continue };
        let attributes = described(&scoring.fields, bundle);
        let attributes = attributes.into_iter().map(|(name, (_, value))| (name, value)).collect();
        let body = &mut document["paths"][path]["post"]["requestBody"]["content"];
        body["application/json"]["examples"] = examples(scoring, question, bundle, &attributes);
    }
    // Only maps with keys that are not texts fail to serialise.
    serde_json::to_vec(&document).unwrap_or_default()
}

/// The attributes that a score needs, each with its schema and an example of its value.
fn described(fields: &Fields, bundle: Option<&Bundle>) -> Vec<(String, (Json, Json))> {
    let created = fields.created().filter(|_| fields.events.need_created);
    let needed = fields.columns().iter().chain(fields.as_of()).chain(created);
    let one = |(name, reader): &(String, ColumnReader)| {
        let levels = bundle.map(|bundle| levels(bundle, name)).unwrap_or_default();
        (name.clone(), attribute(reader.kind(), levels))
    };
    needed.map(one).collect()
}

/// Describes the attributes.
fn describe_attributes(fields: &Fields, bundle: Option<&Bundle>, schema: &mut Json) {
    let needed = described(fields, bundle).into_iter();
    let mut properties: Map<String, Json> =
        needed.map(|(name, (schema, _))| (name, schema)).collect();
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
    schema["type"] = json!("object");
    schema["properties"] = Json::Object(properties);
    schema["additionalProperties"] =
        json!({"type": SCALAR, "description": "Answered with a warning: nothing uses it."});
}

/// Describes the kinds and properties of events.
fn describe_events(scoring: &Scoring, schemas: &mut Json) {
    let Scoring { scorer, fields, .. } = scoring;
    let kinds = fields.events.kinds();
    let kind = &mut schemas["Event"]["properties"]["kind"];
    if !fields.events.used {
        schemas["Event"]["description"] =
            json!("Something that a lead did. Nothing that is served here looks at events.");
    } else if !kinds.is_empty() {
        kind["description"] = json!(format!(
            "What happened. Rules, signals, filters and histories name {}; others are answered with a \
             warning.",
            kinds.join(", ")
        ));
        kind["example"] = json!(kinds[0]);
    }
    let mut properties = Map::new();
    for property in scorer.event_log().iter().flat_map(|log| &log.properties) {
        let mut described = if property.number {
            json!({"type": ["number", "string", "null"], "description": "A number, or its text."})
        } else {
            json!({"type": SCALAR, "description": "A text."})
        };
        if fields.events.property(&property.name).is_none_or(|known| known.position.is_none()) {
            described["description"] = json!("Accepted, and not used by any score.");
        }
        properties.insert(property.name.clone(), described);
    }
    let schema = &mut schemas["EventProperties"];
    schema["type"] = json!("object");
    schema["properties"] = Json::Object(properties);
    schema["additionalProperties"] = json!({
        "type": SCALAR,
        "description": "Answered with a warning: nothing knows the property.",
    });
}

/// Describes the signals, as they are given ready and as they are answered.
fn describe_signals(fields: &Fields, bundle: Option<&Bundle>, schemas: &mut Json) {
    let (mut given, mut answered) = (Map::new(), Map::new());
    for signal in fields.signals.used() {
        let source = match (signal.of_events, signal.columns.as_slice()) {
            (true, []) => "It comes from events.".to_owned(),
            (true, columns) => format!("It comes from events and {}.", columns.join(", ")),
            (false, columns) => format!("It comes from {}.", columns.join(", ")),
        };
        let (types, answer): (&[&str], &str) = match signal.kind {
            SignalKind::Number => (&["number", "string", "null"], "number"),
            SignalKind::YesNo => (&["boolean", "string", "integer", "null"], "boolean"),
            SignalKind::Text => (&SCALAR, "string"),
            SignalKind::Time => (&["string", "null"], "string"),
        };
        let kind = signal.kind.word();
        given.insert(
            signal.name.clone(),
            json!({"type": types, "description": format!("A {kind}. {source}")}),
        );
        answered
            .insert(signal.name.clone(), json!({"type": [answer, "null"], "description": source}));
    }
    for signal in bundle.iter().flat_map(|bundle| &bundle.catalogue.signals) {
        let unused = json!({"type": SCALAR, "description": "Accepted, and not used by any score."});
        given.entry(signal.name.clone()).or_insert(unused);
    }
    for (name, properties) in [("Signals", given), ("SignalValues", answered)] {
        let schema = &mut schemas[name];
        schema["type"] = json!("object");
        schema["properties"] = Json::Object(properties);
        schema["additionalProperties"] = json!(false);
    }
}

/// Describes the rule sets by their names, and the steps of their ladders.
fn describe_rule_sets(fields: &Fields, schemas: &mut Json) {
    let sets = fields.sets.all();
    if !sets.is_empty() {
        let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
        schemas["RuleSetName"]["enum"] = json!(names);
    }
    let mut properties = Map::new();
    for set in sets {
        let mut ladders = Map::new();
        for ((_, word), steps) in LADDERS.iter().zip(&set.steps).filter(|(_, of)| !of.is_empty()) {
            let steps = steps.iter().map(|step| json!(step)).chain([Json::Null]);
            let steps: Vec<Json> = steps.collect();
            ladders.insert((*word).to_owned(), json!({"type": ["string", "null"], "enum": steps}));
        }
        let described = json!({"type": ["object", "null"], "properties": ladders,
                               "additionalProperties": false});
        properties.insert(set.name.clone(), described);
    }
    let schema = &mut schemas["Stages"];
    schema["type"] = json!("object");
    schema["properties"] = Json::Object(properties);
    schema["additionalProperties"] = json!(false);
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
    let direct = |signal: &str| {
        let signal = bundle.catalogue.signal(signal);
        signal.is_some_and(|s| matches!(&s.expr, Expr::Attribute { column: c } if c == column))
    };
    let inputs = &bundle.model.encoder.inputs;
    let input = inputs.iter().find(|input| direct(&input.signal));
    input.map_or_else(Vec::new, |input| levels_of(bundle, &input.signal))
}
