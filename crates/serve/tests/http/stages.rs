//! Where a lead stands on the ladders of a rule set, and what that was worked out from.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use leadscore_serve::Limits;
use serde_json::{Value as Json, json};

use crate::client::Server;
use crate::event_fixture::Event;
use crate::fixture::Random;
use crate::points_fixture;

fn ask(server: &Server, lead: &Json) -> Json {
    let answer = server.points(lead.to_string()).answer();
    answer["leads"][0]["points"][0].clone()
}

/// A demo request of the first of March, and its points as they fade.
fn lead(as_of: &str, employees: u32) -> Json {
    json!({"as_of": as_of, "attributes": {"employees": employees}, "rule_sets": ["journey"],
           "events": [{"kind": "demo_request", "at": "2024-03-01T12:00:00Z"}]})
}

#[test]
fn a_stage_is_what_the_events_tell() {
    let server = Server::start(points_fixture::rules_alone());
    let at = |as_of: &str, employees: u32| {
        let found = ask(&server, &lead(as_of, employees));
        (found["stage"].clone(), found["funnel"].clone())
    };
    let told = |name: &str, before: Option<&str>, since: &str| {
        let mut told = json!({"name": name, "from": "events", "since": since});
        if let Some(before) = before {
            told["before"] = json!(before);
        }
        told
    };
    let first = "2024-03-02T00:00:00Z";
    // 20 and what is left of 40: 59.5 after half a day.
    let (stage, funnel) = at("2024-03-02", 200);
    assert_eq!(stage, told("MQL", None, first));
    assert_eq!(funnel, told("consideration", None, first));
    // It stays down to 30: after two half-lives, 10 of the 40 points are left.
    let (stage, _) = at("2024-05-20", 200);
    assert_eq!(stage, told("lead", Some("MQL"), "2024-05-01T00:00:00Z"));
    // As if new, it would not have been there any more.
    let mut alone = lead("2024-03-31", 20);
    assert_eq!(ask(&server, &alone)["stage"]["name"], "lead");
    alone["as_of"] = json!("2024-04-02");
    let (stage, total) =
        (ask(&server, &alone)["stage"].clone(), ask(&server, &alone)["total"].clone());
    assert_eq!(stage["name"], "lead");
    assert!(total.as_f64().unwrap() < 20.0, "{total}");
    // At the very moment of the event there is nothing before.
    let (stage, _) = at("2024-03-01T12:00:00Z", 200);
    assert_eq!(stage, told("SQL", None, "2024-03-01T12:00:00Z"));
}

#[test]
fn a_stage_is_what_was_given_and_the_score() {
    let server = Server::start(points_fixture::rules_alone());
    let given = |stage: Json| {
        let mut lead = lead("2024-04-02", 20);
        lead["stages"] = json!({"journey": stage});
        ask(&server, &lead)
    };
    let found = given(json!({"stage": "SQL", "funnel": "decision"}));
    assert_eq!(found["stage"], json!({"name": "lead", "from": "given", "before": "SQL"}));
    let funnel = json!({"name": "consideration", "from": "given", "before": "decision"});
    assert_eq!(found["funnel"], funnel);
    // One of them given, the other from events.
    let found = given(json!({"stage": "subscriber"}));
    let stage = json!({"name": "subscriber", "from": "given", "before": "subscriber"});
    assert_eq!(found["stage"], stage);
    assert_eq!(found["funnel"]["from"], "events");
    // Null says nothing.
    for nothing in [Json::Null, json!({}), json!({"stage": null, "funnel": null})] {
        assert_eq!(given(nothing)["stage"]["from"], "events");
    }
}

#[test]
fn a_stage_is_that_of_a_new_lead_where_nothing_is_known() {
    let server = Server::start(points_fixture::service());
    let mut lead = lead("2024-03-02", 200);
    lead["events"] = Json::Null;
    let found = ask(&server, &lead);
    assert_eq!(found["stage"], json!({"name": "lead", "from": "score"}));
    assert_eq!(found["funnel"], json!({"name": "awareness", "from": "score"}));
    lead["stages"] = json!({"journey": {"stage": "MQL"}});
    let found = ask(&server, &lead);
    assert_eq!(found["stage"], json!({"name": "lead", "from": "given", "before": "MQL"}));
    // Sets without ladders have no places on them.
    lead["rule_sets"] = json!(["size"]);
    let found = ask(&server, &lead);
    assert_eq!((&found["stage"], &found["funnel"]), (&Json::Null, &Json::Null));
}

#[test]
fn a_ready_signal_holds_all_the_time() {
    let server = Server::start(points_fixture::service());
    let mut plain = lead("2024-03-20", 200);
    let attributes = plain["attributes"].take();
    plain["attributes"] = json!({"created_at": "2024-02-01"});
    plain["signals"] = attributes;
    let mut other = lead("2024-03-20", 200);
    other["attributes"]["created_at"] = json!("2024-02-01");
    let found = ask(&server, &plain);
    assert_eq!(found, ask(&server, &other));
    // The attribute's points were there before the event.
    assert_eq!(found["stage"]["before"], "lead");
}

#[test]
fn wrong_stages_are_named() {
    let server = Server::start(points_fixture::service());
    let body = json!({"leads": [
        {"attributes": {}, "stages": {"journey": {"stage": "MQK", "funnel": "zzzzzzzzzz", "step": 1}}},
        {"attributes": {}, "stages": {"jurney": {"stage": "MQL"}, "size": {"stage": "MQL"}}},
        {"attributes": {}, "stages": {"journey": {"stage": 3, "funnel": []}, "nothing": 1}},
        {"attributes": {}, "stages": {"journey": "MQL"}},
        {"attributes": {}, "stages": []},
        {"attributes": {}, "stage": {}},
        {"attributes": {}, "stages": null},
    ]});
    let expected = [
        "/leads/0/stages/journey/stage: there is no such stage; did you mean \"MQL\"?",
        "/leads/0/stages/journey/funnel: there is no such place in the funnel; there is \
         awareness, consideration, decision",
        "/leads/0/stages/journey/step: there is no such key; there is stage, funnel",
        "/leads/1/stages/jurney: there is no such rule set; did you mean \"journey\"?",
        "/leads/1/stages/size/stage: the rule set has no stages",
        "/leads/2/stages/journey/stage: a stage is a text, not a number",
        "/leads/2/stages/journey/funnel: a funnel is a text, not a list",
        "/leads/2/stages/nothing: there is no such rule set",
        "/leads/3/stages/journey: it is an object like {\"stage\": \"...\", \"funnel\": \"...\"}, \
         not a text",
        "/leads/4/stages: stages are an object of rule sets, not a list",
        "/leads/5/stage: there is no such key; did you mean \"stages\"?",
    ];
    let mut expected = expected.to_vec();
    for path in ["/predict", "/points"] {
        let bad = server.post(path, body.to_string()).bad_fields();
        let mut bad: Vec<&str> = bad.iter().map(String::as_str).collect();
        bad.sort_unstable();
        expected.sort_unstable();
        assert_eq!(bad, expected);
    }
    for (body, pointer) in [
        ("{\"attributes\":{},\"stages\":{},\"stages\":{}}", "/stages"),
        ("{\"attributes\":{},\"stages\":{\"journey\":{},\"journey\":{}}}", "/stages/journey"),
        (
            "{\"attributes\":{},\"stages\":{\"journey\":{\"stage\":null,\"stage\":null}}}",
            "/stages/journey/stage",
        ),
    ] {
        let bad = server.points(body).bad_fields();
        assert_eq!(bad, [format!("{pointer}: it is there twice")], "{body}");
    }
}

#[tokio::test]
async fn a_past_that_takes_too_long() {
    use tower::ServiceExt;
    let ask = async |timeout: Duration, sets: &str| {
        let mut random = Random(5);
        let mut events: Vec<Json> = (0..200).map(|_| Event::random(&mut random).json()).collect();
        events.push(json!({"kind": "page_view", "at": "2014-01-01T00:00:00Z"}));
        let lead = json!({"as_of": "2024-04-30", "attributes": {}, "events": events});
        let body = json!({"leads": [lead], "rule_sets": [sets]}).to_string();
        let limits = Limits { timeout, ..Limits::default() };
        let app = leadscore_serve::app(points_fixture::rules_alone(), limits);
        let request = Request::post("/points").body(Body::from(body)).unwrap();
        app.oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(ask(Duration::ZERO, "journey").await, 503);
    // Nobody asked where it stands.
    assert_eq!(ask(Duration::ZERO, "size").await, 200);
    assert_eq!(ask(Duration::from_secs(10), "journey").await, 200);
}
