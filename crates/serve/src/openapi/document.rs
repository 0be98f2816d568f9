//! The document of one service: what it names, and requests that it answers.

use leadscore_features::events::{Condition, Measure, Test};
use leadscore_features::{Coding, Expr, Kind, Role, SignalKind};
use leadscore_model::Bundle;
use serde_json::{Map, Value as Json, json};
use utoipa::OpenApi;

use super::Document;
use crate::fields::Fields;
use crate::request;

/// Levels of a category that the document names; beyond it, it shows the first as an example.
const LEVELS_NAMED: usize = 50;

/// The types that any attribute can have.
const SCALAR: [&str; 4] = ["string", "number", "boolean", "null"];

/// The document of a service, as JSON.
pub(crate) fn document(fields: &Fields, bundle: Option<&Bundle>) -> Vec<u8> {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    let schemas = &mut document["components"]["schemas"];
    let example = describe_attributes(fields, bundle, &mut schemas["Attributes"]);
    describe_events(fields, bundle, schemas);
    describe_signals(fields, bundle, schemas);
    document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["examples"] =
        examples(fields, bundle, &example);
    // Only maps with keys that are not texts fail to serialise.
    serde_json::to_vec(&document).unwrap_or_default()
}

/// Describes the attributes, and gives an example of each that a score needs.
fn describe_attributes(
    fields: &Fields,
    bundle: Option<&Bundle>,
    schema: &mut Json,
) -> Map<String, Json> {
    let mut properties = Map::new();
    let mut example = Map::new();
    let created = fields.created().filter(|_| fields.events.need_created);
    for (name, reader) in fields.columns().iter().chain(fields.as_of()).chain(created) {
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
    schema["type"] = json!("object");
    schema["properties"] = Json::Object(properties);
    schema["additionalProperties"] =
        json!({"type": SCALAR, "description": "Answered with a warning: nothing uses it."});
    example
}

/// Describes the kinds and properties of events.
fn describe_events(fields: &Fields, bundle: Option<&Bundle>, schemas: &mut Json) {
    let kinds = fields.events.kinds();
    let kind = &mut schemas["Event"]["properties"]["kind"];
    if !fields.events.used {
        schemas["Event"]["description"] =
            json!("Something that a lead did. Nothing that is served here looks at events.");
    } else if !kinds.is_empty() {
        kind["description"] = json!(format!(
            "What happened. Signals, filters and histories name {}; others are answered with a \
             warning.",
            kinds.join(", ")
        ));
        kind["example"] = json!(kinds[0]);
    }
    let log = bundle.and_then(|bundle| bundle.schema.events.as_ref());
    let mut properties = Map::new();
    for property in log.iter().flat_map(|log| &log.properties) {
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
        "description": "Answered with a warning: the events of the model have no such property.",
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

/// Requests that are answered without a warning.
fn examples(fields: &Fields, bundle: Option<&Bundle>, attributes: &Map<String, Json>) -> Json {
    let mut lead = json!({"id": "lead-1", "attributes": attributes});
    let mut examples = Map::new();
    if let Some(bundle) = bundle.filter(|_| fields.events.used) {
        // What events tell stands in events.
        if let Some(attributes) = lead["attributes"].as_object_mut() {
            for ((name, _), _) in
                fields.columns().iter().zip(&fields.told_by_events).filter(|(_, told)| **told)
            {
                attributes.remove(name);
            }
        }
        lead["events"] = json!([example_event(fields, bundle)]);
        let ready: Map<String, Json> = fields
            .signals
            .used()
            .iter()
            .map(|signal| {
                let value = match signal.kind {
                    SignalKind::Number => json!(1),
                    SignalKind::YesNo => json!(true),
                    SignalKind::Text => json!(
                        levels_of(bundle, &signal.name)
                            .into_iter()
                            .next()
                            .unwrap_or_else(|| "example".to_owned())
                    ),
                    SignalKind::Time => json!("2024-01-31"),
                };
                (signal.name.clone(), value)
            })
            .collect();
        let value = json!({"id": "lead-1", "attributes": {}, "signals": ready});
        examples.insert(
            "ready".to_owned(),
            json!({"summary": "One lead, its signals computed elsewhere", "value": value}),
        );
    }
    let mut alone = lead.clone();
    alone["reasons"] = json!(request::DEFAULT_REASONS);
    examples.insert("one".to_owned(), json!({"summary": "One lead", "value": alone}));
    let many = json!({"leads": [lead]});
    examples.insert("many".to_owned(), json!({"summary": "Many leads", "value": many}));
    Json::Object(examples)
}

/// An event that a signal looks at.
fn example_event(fields: &Fields, bundle: &Bundle) -> Json {
    let used = fields.signals.used().iter();
    let measured = used.filter_map(|signal| match &bundle.catalogue.signal(&signal.name)?.expr {
        Expr::Events { of, measure, .. } => Some((signal, of, measure)),
        _ => None,
    });
    let measured: Vec<_> = measured.collect();
    let log = bundle.schema.events.as_ref();
    let history = log.and_then(|log| log.history.as_ref()).map(|history| history.kind.as_str());
    let kinds = fields.events.kinds();
    let named = measured.iter().find_map(|(_, of, _)| of.kinds.first().map(String::as_str));
    let other = kinds.into_iter().find(|kind| Some(*kind) != history);
    let kind = named.or(other).unwrap_or("page_view");
    let mut properties = Map::new();
    for property in log.iter().flat_map(|log| &log.properties) {
        let name = &property.name;
        if fields.events.property(name).is_none_or(|known| known.position.is_none())
            || log
                .and_then(|log| log.history.as_ref())
                .is_some_and(|history| history.attribute == *name || history.value == *name)
        {
            continue;
        }
        // Where the last value is an input, one that the model knows.
        let level = measured.iter().find_map(|(signal, _, measure)| match measure {
            Measure::Last { property } if property == name => {
                levels_of(bundle, &signal.name).into_iter().next()
            }
            _ => None,
        });
        let mut conditions = measured.iter().flat_map(|(_, of, _)| &of.conditions);
        let wanted = conditions.find(|condition| condition.property == *name).and_then(wanted);
        let value = match (level, wanted) {
            (Some(level), _) if !property.number => json!(level),
            (_, Some(wanted)) if wanted.is_number() || !property.number => wanted,
            _ if property.number => json!(1),
            _ => json!("example"),
        };
        properties.insert(name.clone(), value);
    }
    json!({"kind": kind, "at": "2024-02-05T09:30:00Z", "id": "e-1", "properties": properties})
}

/// A value that meets a condition.
fn wanted(condition: &Condition) -> Option<Json> {
    match &condition.test {
        Test::OneOf(patterns) => {
            let text = patterns.first()?.0.replace('*', "").replace('?', "x");
            Some(json!(text))
        }
        Test::Between { from, below } => Some(json!(from.or(below.map(|below| below - 1.0))?)),
    }
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

/// The levels of the input that is a signal.
fn levels_of(bundle: &Bundle, signal: &str) -> Vec<String> {
    let mut inputs = bundle.model.encoder.inputs.iter();
    match inputs.find(|input| input.signal == signal).map(|input| &input.coding) {
        Some(Coding::OneHot { levels, .. }) => levels.clone(),
        _ => Vec::new(),
    }
}
