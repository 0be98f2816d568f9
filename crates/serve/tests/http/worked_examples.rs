//! The rule sets that ship give over HTTP what data/rules/examples.json says, worked out by hand.

use std::path::PathBuf;

use leadscore_model::points::RuleSet;
use leadscore_serve::Service;
use serde_json::{Map, Value as Json, json};

use crate::client::Server;
use crate::points::adds_up;

fn rules() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/rules")
}

fn examples() -> Vec<Json> {
    let text = std::fs::read_to_string(rules().join("examples.json")).unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    file["examples"].as_array().unwrap().clone()
}

fn shipped(name: &str) -> RuleSet {
    let file = format!("{name}.toml");
    let text = std::fs::read_to_string(rules().join(&file)).unwrap();
    RuleSet::parse(&file, &text).unwrap_or_else(|error| panic!("{error}"))
}

/// What an answer says, in the words of the examples: of a standing its name.
fn said(points: &Json) -> Json {
    let keys = ["total", "band", "hand_off", "grade", "scores"];
    let mut said: Map<String, Json> =
        keys.iter().map(|key| ((*key).to_owned(), points[*key].clone())).collect();
    for key in ["stage", "funnel"] {
        said.insert(key.to_owned(), points[key]["name"].clone());
    }
    said.retain(|_, value| !value.is_null());
    Json::Object(said)
}

#[test]
fn every_worked_example_comes_out() {
    let examples = examples();
    let mut names: Vec<&str> = examples.iter().map(|e| e["set"].as_str().unwrap()).collect();
    names.dedup();
    assert!(names.len() >= 9, "{names:?}");
    for name in names {
        let server = Server::start(Service::new(None, vec![shipped(name)]).unwrap());
        let of_set: Vec<&Json> = examples.iter().filter(|example| example["set"] == name).collect();
        let lead = |example: &Json| {
            let pick = |key: &str| (key.to_owned(), example[key].clone());
            Json::Object(["as_of", "attributes", "events"].map(pick).into_iter().collect())
        };
        let leads: Vec<Json> = of_set.iter().map(|example| lead(example)).collect();
        let body = json!({"leads": leads, "rule_sets": [name]}).to_string();
        let answer = server.points(body).answer();
        for (index, example) in of_set.iter().enumerate() {
            let points = &answer["leads"][index]["points"][0];
            adds_up(points);
            let what = format!("{name}: {}: {}\n{points}", example["name"], example["why"]);
            assert_eq!(said(points), example["expected"], "{what}");
            assert_eq!(points["unavailable"], Json::Null, "{what}");
        }
    }
}

#[test]
fn sets_that_ship_are_served_together() {
    let examples = examples();
    let mut names: Vec<&str> = examples.iter().map(|e| e["set"].as_str().unwrap()).collect();
    names.dedup();
    let sets = names.iter().map(|name| shipped(name)).collect();
    let server = Server::start(Service::new(None, sets).unwrap());
    for example in &examples {
        let body = json!({"as_of": example["as_of"], "attributes": example["attributes"],
                          "events": example["events"], "rule_sets": [example["set"]]});
        let answer = server.points(body.to_string()).answer();
        let points = &answer["leads"][0]["points"][0];
        assert_eq!(said(points), example["expected"], "{example}");
    }
}
