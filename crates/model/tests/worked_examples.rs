//! The rule sets that ship give what data/rules/examples.json says, worked out by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Alone, Event, Lead, rules, shipped};
use leadscore_features::events::{EventLog, History, Property};
use leadscore_features::{Catalogue, Column, DateFormat, Kind, Role, Schema, Time};
use leadscore_model::points::{Points, RuleSet, SchemaView};
use leadscore_model::{Scorer, Sources};
use serde_json::{Map, Value as Json, json};

/// The sets that the examples are of.
const SETS: [&str; 9] = [
    "branfluence",
    "cx-flow",
    "cx-points",
    "bant",
    "negative",
    "engagement",
    "mailup",
    "hubspot-style",
    "customer-value",
];

fn time(value: &Json) -> i64 {
    Time::parse(value.as_str().unwrap()).unwrap().micros()
}

fn examples() -> Vec<Json> {
    let text = std::fs::read_to_string(rules().join("examples.json")).unwrap();
    let Json::Object(mut file) = serde_json::from_str(&text).unwrap() else { panic!("no object") };
    serde_json::from_value(file.remove("examples").unwrap()).unwrap()
}

fn lead(example: &Json) -> Lead {
    let event = |event: &Json| Event {
        kind: event["kind"].as_str().unwrap().into(),
        at: time(&event["at"]),
        known_at: None,
        properties: event
            .get("properties")
            .map_or_else(Map::new, |p| p.as_object().unwrap().clone()),
    };
    Lead {
        attributes: example["attributes"].as_object().unwrap().clone(),
        events: example["events"].as_array().unwrap().iter().map(event).collect(),
        created: None,
    }
}

/// What a set says of a lead, in the words of the examples.
fn said(set: &RuleSet, alone: &Alone, lead: &Lead, as_of: i64) -> Json {
    let found = alone.find(lead, as_of);
    let score = &found.score;
    assert_eq!(score.parts().iter().map(|(_, points)| *points).sum::<Points>(), score.total);
    let mut said = Map::new();
    let mut say = |key: &str, value: Json| {
        if !value.is_null() {
            said.insert(key.into(), value);
        }
    };
    say("total", json!(score.total));
    say("band", json!(score.band.and_then(|band| set.bands.name(band))));
    say("hand_off", json!(score.hand_off));
    say("grade", json!(found.grade));
    if !set.scores.is_empty() {
        let scores = set.scores.iter().zip(&score.scores);
        let scores: BTreeMap<_, _> = scores.map(|(of, points)| (&of.name, points)).collect();
        say("scores", json!(scores));
    }
    let ladders = [("stage", &set.stages), ("funnel", &set.funnel)];
    for ((key, ladder), standing) in ladders.into_iter().zip(found.standings) {
        let name = |step: usize| ladder.as_ref().unwrap().steps[step].name.clone();
        say(key, json!(standing.map(|standing| name(standing.step))));
    }
    Json::Object(said)
}

#[test]
fn every_example_comes_out_as_worked_out_by_hand() {
    let sets: BTreeMap<&str, (RuleSet, Alone)> = SETS
        .into_iter()
        .map(|name| {
            let set = shipped(name);
            assert_eq!(set.name, name);
            let alone = Alone::new(&set).unwrap_or_else(|error| panic!("{error}"));
            (name, (set, alone))
        })
        .collect();
    let mut wrong = Vec::new();
    for example in examples() {
        let (set, alone) = &sets[example["set"].as_str().unwrap()];
        let lead = lead(&example);
        let columns: BTreeSet<&str> =
            alone.scorer.columns().iter().map(|(name, _)| name.as_str()).collect();
        for name in lead.attributes.keys() {
            assert!(columns.contains(name.as_str()), "{name} is no attribute of {}", set.name);
        }
        let found = said(set, alone, &lead, time(&example["as_of"]));
        if found != example["expected"] {
            wrong.push(format!(
                "{}: {}\n  expected {}\n  found    {found}\n  {}",
                set.name, example["name"], example["expected"], example["why"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_set_has_examples_and_every_example_its_own_name() {
    let examples = examples();
    for set in SETS {
        assert!(examples.iter().filter(|example| example["set"] == set).count() >= 2, "{set}");
    }
    let names: BTreeSet<String> =
        examples.iter().map(|example| format!("{} {}", example["set"], example["name"])).collect();
    assert_eq!(names.len(), examples.len());
}

/// The columns and the log of data/simulated, with the kinds that are found there.
fn simulated() -> Schema {
    let column = |(name, kind, role): (&str, Kind, Role)| Column {
        name: name.into(),
        kind,
        role,
        missing: vec![],
    };
    let created = Kind::Date { format: DateFormat::Iso };
    let columns = [
        ("lead_id", Kind::Identifier, Role::Id),
        ("account", Kind::Identifier, Role::Account),
        ("created_at", created, Role::Created),
        ("name", Kind::Identifier, Role::Attribute),
        ("job_title", Kind::Category, Role::Attribute),
        ("company", Kind::Category, Role::Attribute),
        ("industry", Kind::Category, Role::Attribute),
        ("employees", Kind::NUMBER, Role::Attribute),
        ("email", Kind::Identifier, Role::Attribute),
        ("source", Kind::Category, Role::Attribute),
        ("budget", Kind::Category, Role::Attribute),
        ("optional_fields", Kind::NUMBER, Role::Attribute),
    ];
    let mut schema = Schema::new(columns.into_iter().map(column).collect());
    let properties = [
        ("page", false),
        ("depth", true),
        ("email_type", false),
        ("value", true),
        ("attribute", false),
        ("to", false),
    ];
    schema.events = Some(EventLog {
        properties: properties
            .map(|(name, number)| Property { name: name.into(), number, yes_no: false })
            .into(),
        history: Some(History {
            kind: "set".into(),
            attribute: "attribute".into(),
            value: "to".into(),
            attributes: vec!["employees".into(), "job_title".into()],
        }),
        ..EventLog::default()
    });
    schema
}

#[test]
fn the_simulated_leads_have_what_the_sets_need() {
    let schema = simulated();
    let view = SchemaView { schema: &schema, catalogue: &Catalogue::of_table(&schema) };
    let sets: Vec<RuleSet> = SETS.into_iter().map(shipped).collect();
    // Without a schema they agree among themselves on what every column is.
    Scorer::new(Sources { view: None, model: None, rule_sets: &sets })
        .unwrap_or_else(|error| panic!("{error}"));
    let (of_talks, rest): (Vec<RuleSet>, Vec<RuleSet>) =
        sets.into_iter().partition(|set| set.name == "bant");
    Scorer::new(Sources { view: Some(view), model: None, rule_sets: &rest })
        .unwrap_or_else(|error| panic!("{error}"));
    // Nobody has spoken to the simulated leads.
    assert!(of_talks[0].check(view).is_err());
}
