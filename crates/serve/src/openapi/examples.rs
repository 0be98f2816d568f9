//! Requests that are answered without a warning, as examples.

use leadscore_features::events::{Condition, Measure, Selection, Test};
use leadscore_features::{Expr, SignalKind};
use leadscore_model::Bundle;
use leadscore_model::points::{Gives, RuleSet};
use serde_json::{Map, Value as Json, json};

use crate::fields::{Fields, LADDERS, ReadySignal};
use crate::request;
use crate::scoring::{Question, Scoring};

/// Requests that are answered without a warning.
pub(super) fn examples(
    scoring: &Scoring,
    question: Question,
    bundle: Option<&Bundle>,
    attributes: &Map<String, Json>,
) -> Json {
    let fields = &scoring.fields;
    let mut lead = json!({"id": "lead-1", "attributes": attributes});
    let mut examples = Map::new();
    if fields.events.used {
        // What events tell stands in events.
        if let Some(attributes) = lead["attributes"].as_object_mut() {
            for ((name, _), _) in
                fields.columns().iter().zip(&fields.told_by_events).filter(|(_, told)| **told)
            {
                attributes.remove(name);
            }
        }
        lead["events"] = json!([example_event(scoring, bundle)]);
        if !scoring.rule_sets.iter().any(counts_events) {
            let value = json!({"id": "lead-1", "attributes": {}, "signals": ready(fields, bundle)});
            examples.insert(
                "ready".to_owned(),
                json!({"summary": "One lead, its signals computed elsewhere", "value": value}),
            );
        }
    }
    let mut alone = lead.clone();
    if question == Question::Predict {
        alone["reasons"] = json!(request::DEFAULT_REASONS);
    }
    examples.insert("one".to_owned(), json!({"summary": "One lead", "value": alone}));
    if question == Question::Predict && scoring.scorer.has_model() && fields.events.used {
        let mut value = lead.clone();
        value["what_if"] = json!(true);
        let summary = "One lead, and what would raise its probability most";
        examples.insert("what_if".to_owned(), json!({"summary": summary, "value": value}));
    }
    let many = json!({"leads": [lead]});
    examples.insert("many".to_owned(), json!({"summary": "Many leads", "value": many}));
    let with_ladder = (0..scoring.rule_sets.len()).find(|&set| fields.sets.has_ladder(set));
    if let Some(set) = with_ladder.or((!scoring.rule_sets.is_empty()).then_some(0)) {
        let ladders = &fields.sets.all()[set];
        let mut value = lead;
        value["rule_sets"] = json!([ladders.name]);
        let mut summary = "One lead, by one rule set";
        if with_ladder.is_some() {
            summary = "One lead, by one rule set, from where it stands";
            let steps = LADDERS.iter().zip(&ladders.steps);
            let stood: Map<String, Json> = steps
                .filter_map(|((_, word), steps)| Some(((*word).to_owned(), json!(steps.first()?))))
                .collect();
            value["stages"] = json!({&ladders.name: stood});
        }
        let example = json!({"summary": summary, "value": value});
        examples.insert("one_rule_set".to_owned(), example);
    }
    Json::Object(examples)
}

/// Whether rules count events themselves, which no signal can give ready.
fn counts_events(set: &RuleSet) -> bool {
    set.rules.iter().any(|rule| matches!(rule.gives, Gives::Events(_) | Gives::Idle(_)))
}

/// A value of every signal that is used.
fn ready(fields: &Fields, bundle: Option<&Bundle>) -> Map<String, Json> {
    let value = |signal: &ReadySignal| match signal.kind {
        SignalKind::Number => json!(1),
        SignalKind::YesNo => json!(true),
        SignalKind::Text => {
            let levels = bundle.map(|bundle| levels_of(bundle, &signal.name)).unwrap_or_default();
            json!(levels.into_iter().next().unwrap_or_else(|| "example".to_owned()))
        }
        SignalKind::Time => json!("2024-01-31"),
    };
    fields.signals.used().iter().map(|signal| (signal.name.clone(), value(signal))).collect()
}

/// An event that a rule or a signal looks at.
fn example_event(scoring: &Scoring, bundle: Option<&Bundle>) -> Json {
    let Scoring { scorer, fields, rule_sets, .. } = scoring;
    let measured: Vec<_> = scorer
        .definitions()
        .filter_map(|definition| match &definition.signal.expr {
            Expr::Events { of, measure, .. } => Some((definition.name(), of, measure)),
            _ => None,
        })
        .collect();
    let of_rules =
        rule_sets.iter().flat_map(|set| &set.rules).filter_map(|rule| match &rule.gives {
            Gives::Events(events) => Some(&events.of),
            Gives::Idle(idle) => Some(&idle.of),
            Gives::Points(_) | Gives::Table { .. } => None,
        });
    let selections: Vec<&Selection> =
        measured.iter().map(|(_, of, _)| *of).chain(of_rules).collect();
    let log = scorer.event_log();
    let history = log.and_then(|log| log.history.as_ref());
    let kinds = fields.events.kinds();
    let named = selections.iter().find_map(|of| of.kinds.first().map(String::as_str));
    let other = kinds.into_iter().find(|kind| history.is_none_or(|history| history.kind != *kind));
    let kind = named.or(other).unwrap_or("page_view");
    let mut properties = Map::new();
    for property in log.iter().flat_map(|log| &log.properties) {
        let name = &property.name;
        if fields.events.property(name).is_none_or(|known| known.position.is_none())
            || history.is_some_and(|history| history.attribute == *name || history.value == *name)
        {
            continue;
        }
        // Where the last value is an input, one that the model knows.
        let level = measured.iter().find_map(|(signal, _, measure)| match measure {
            Measure::Last { property } if property == name => {
                bundle.and_then(|bundle| levels_of(bundle, signal).into_iter().next())
            }
            _ => None,
        });
        let mut conditions = selections.iter().flat_map(|of| &of.conditions);
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

/// The levels of the input that is a signal.
pub(super) fn levels_of(bundle: &Bundle, signal: &str) -> Vec<String> {
    let mut inputs = bundle.model.encoder.inputs.iter();
    let input = inputs.find(|input| input.signal == signal);
    input.and_then(|input| input.coding.levels()).unwrap_or_default().to_vec()
}
