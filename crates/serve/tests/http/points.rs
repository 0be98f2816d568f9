//! `POST /points`, the rule sets that a request asks for, and scores taken apart.

use leadscore_model::points::Points;
use serde_json::{Value as Json, json};

use crate::client::Server;
use crate::event_fixture::{self, Event};
use crate::fixture::{self, Random};
use crate::points_fixture;

const AS_OF: &str = "2024-04-30T00:00:00Z";

fn event(kind: &str, at: &str, page: Option<&str>) -> Json {
    let mut event = json!({"kind": kind, "at": format!("{at}T09:00:00Z")});
    if let Some(page) = page {
        event["properties"] = json!({"page": page});
    }
    event
}

/// Points as they are added up: exactly.
pub(crate) fn exact(value: &Json) -> Points {
    if value.is_null() {
        return Points::ZERO;
    }
    Points::from_number(value.as_f64().unwrap()).unwrap()
}

/// That the parts of an answered score add up to it.
#[track_caller]
pub(crate) fn adds_up(points: &Json) {
    let breakdown = &points["breakdown"];
    let list = |key: &str| breakdown[key].as_array().cloned().unwrap_or_default();
    let mut sum = exact(&breakdown["scale"]) + exact(&breakdown["exclusion"]["points"]);
    for rule in list("rules") {
        sum += exact(&rule["points"]);
        let earned = if rule["earned"].is_null() { &rule["points"] } else { &rule["earned"] };
        let parts = exact(earned) + exact(&rule["decay"]) + exact(&rule["limit"]);
        assert_eq!(parts, exact(&rule["points"]), "{rule}");
        if let Some(patterns) = rule["by"]["patterns"].as_array() {
            let sum = |key: &str| patterns.iter().map(|of| exact(&of[key])).sum::<Points>();
            assert_eq!((sum("earned"), sum("decay")), (exact(earned), exact(&rule["decay"])));
            let times: u64 = patterns.iter().map(|of| of["times"].as_u64().unwrap()).sum();
            assert_eq!(rule["times"], times, "{rule}");
        }
    }
    for group in list("groups") {
        sum += exact(&group["limit"]);
    }
    assert_eq!(sum, exact(&points["total"]), "{points}");
}

#[test]
fn one_answer_in_full() {
    let server = Server::start(points_fixture::rules_alone());
    let body = json!({"id": 7, "as_of": "2024-03-31", "rule_sets": ["journey"],
        "attributes": {"employees": 200, "created_at": "2024-03-01"}, "events": [
        event("page_view", "2024-03-01", Some("/pricing")),
        event("page_view", "2024-03-01", Some("/pricing/team")),
        event("page_view", "2024-03-01", Some("/")),
        event("demo_request", "2024-03-30", None),
    ]});
    let answer = server.points(body.to_string()).answer();
    let hash = &points_fixture::sets()[0].hash;
    assert_eq!(answer["rule_sets"], json!([{"name": "journey", "version": "2", "hash": hash}]));
    let found = &answer["leads"][0];
    assert_eq!(
        *found,
        json!({
            "id": 7, "as_of": "2024-03-31T00:00:00Z",
            "points": [{
                "rule_set": "journey", "total": 70.019, "band": "hot", "hand_off": true,
                "grade": "A1", "scores": {"fit": 20, "engagement": 50.019},
                "stage": {"name": "SQL", "from": "events", "before": "MQL",
                          "since": "2024-03-31T00:00:00Z"},
                "funnel": {"name": "decision", "from": "events", "before": "consideration",
                           "since": "2024-03-31T00:00:00Z"},
                "breakdown": {
                    "rules": [
                        {"rule": "size", "points": 20, "times": 1},
                        {"rule": "pages", "points": 10.592, "times": 3, "earned": 21,
                         "decay": -10.408,
                         "by": {"property": "page", "patterns": [
                             {"pattern": "/pricing*", "times": 2, "earned": 20, "decay": -9.912},
                             {"pattern": null, "times": 1, "earned": 1, "decay": -0.496},
                         ]}},
                        {"rule": "demo", "points": 39.427, "times": 1, "earned": 40,
                         "decay": -0.573},
                    ],
                    "groups": [
                        {"group": "fit", "points": 20, "limit": 0},
                        {"group": "engagement", "points": 50.019, "limit": 0},
                    ],
                },
            }],
            "signals": {"employees": 200, "journey.unsubscribes": 0},
            "events": {"kept": 4, "later": 0, "duplicates": 0, "before_created": 0, "future": 0,
                       "internal": 0, "scanners": 0, "bursts": 0},
            "warnings": [],
        })
    );
}

#[test]
fn limits_scale_and_exclusions_are_parts() {
    let server = Server::start(points_fixture::rules_alone());
    let ask = |attributes: Json, events: Json| {
        let body = json!({"as_of": "2024-03-31", "attributes": attributes, "events": events,
                          "rule_sets": ["journey"]});
        let found = server.points(body.to_string()).answer()["leads"][0]["points"][0].clone();
        adds_up(&found);
        found
    };
    let pages = vec![event("page_view", "2024-03-30", Some("/pricing")); 9];
    let found = ask(json!({"employees": 3}), json!(pages));
    assert_eq!(found["breakdown"]["rules"][0]["limit"], -58.713);
    assert_eq!((&found["band"], &found["action"]), (&json!("warm"), &json!("nurture")));
    // Periods without events, and a total that the floor brings up.
    let found = ask(json!({"employees": 3}), json!([event("page_view", "2023-03-30", None)]));
    let idle = &found["breakdown"]["rules"][1];
    assert_eq!(*idle, json!({"rule": "idle", "points": -30, "times": 3}));
    assert_eq!((&found["total"], &found["breakdown"]["scale"]), (&json!(0), &json!(30)));
    // The lowest of the exclusions that hold.
    let events = json!([event("unsubscribe", "2024-03-30", None)]);
    let found = ask(json!({"employees": 1}), events.clone());
    let exclusion = &found["breakdown"]["exclusion"];
    assert_eq!(*exclusion, json!({"exclusion": "tiny", "points": -10}));
    assert_eq!(found["scores"], json!({"fit": -10, "engagement": -10}));
    let found = ask(json!({"employees": 200}), events);
    assert_eq!(found["total"], -5);
    assert_eq!(found["breakdown"]["exclusion"]["exclusion"], "unsubscribed");
}

#[test]
fn parts_add_up_whatever_happened() {
    let server = Server::start(points_fixture::service());
    let mut random = Random(23);
    let mut limits = 0;
    for _ in 0..20 {
        let leads: Vec<Json> = (0..20)
            .map(|_| {
                let events = (0..random.below(60)).map(|_| Event::random(&mut random).json());
                json!({"as_of": AS_OF, "events": events.collect::<Vec<_>>(),
                       "attributes": {"employees": random.below(200)}})
            })
            .collect();
        let answer = server.points(json!({"leads": leads}).to_string()).answer();
        for lead in answer["leads"].as_array().unwrap() {
            let points = lead["points"].as_array().unwrap();
            assert_eq!(points.len(), 3);
            points.iter().for_each(adds_up);
            limits += usize::from(points[0]["breakdown"]["groups"][1]["limit"] != 0);
            limits += usize::from(!points[0]["breakdown"]["scale"].is_null());
        }
    }
    assert!(limits > 10, "{limits}");
}

#[test]
fn points_are_those_of_predict() {
    let server = Server::start(points_fixture::service());
    let mut random = Random(29);
    for _ in 0..30 {
        let events: Vec<Json> = (0..40).map(|_| Event::random(&mut random).json()).collect();
        let body = json!({"as_of": AS_OF, "attributes": event_fixture::attributes(),
                          "events": events})
        .to_string();
        let (predicted, alone) = (server.predict(&body).answer(), server.points(&body).answer());
        assert_eq!(predicted["rule_sets"], alone["rule_sets"]);
        let (predicted, alone) = (&predicted["predictions"][0], &alone["leads"][0]);
        for key in ["as_of", "points", "events"] {
            assert_eq!(predicted[key], alone[key]);
        }
        for (name, value) in alone["signals"].as_object().unwrap() {
            assert_eq!(&predicted["signals"][name], value);
        }
    }
}

#[test]
fn a_batch_is_its_leads() {
    let server = Server::start(points_fixture::service());
    let mut random = Random(31);
    let leads: Vec<Json> = (0..20)
        .map(|index| {
            let events = (0..random.below(30)).map(|_| Event::random(&mut random).json());
            let mut lead = json!({"id": index, "as_of": AS_OF, "attributes": {"employees": 120},
                                  "events": events.collect::<Vec<_>>()});
            if index % 3 == 0 {
                lead["stages"] = json!({"journey": {"stage": "MQL"}});
            }
            if index % 5 == 0 {
                lead["events"] = Json::Null;
            }
            lead
        })
        .collect();
    for (path, key) in [("/predict", "predictions"), ("/points", "leads")] {
        let all = json!({"leads": leads, "rule_sets": ["size", "journey"]}).to_string();
        let all = server.post(path, all).answer();
        for (index, lead) in leads.iter().enumerate() {
            let mut one = lead.clone();
            one["rule_sets"] = json!(["size", "journey"]);
            let one = server.post(path, one.to_string()).answer();
            assert_eq!(one[key][0], all[key][index]);
        }
    }
}

#[test]
fn what_only_a_model_needs_is_not_missed() {
    let server = Server::start(fixture::service());
    let body = json!({"attributes": {"age": 20, "seniority": "level 1", "newsletter": "yes",
                                     "opens": 3, "signed_up": "2024-01-10", "job": "astronaut"},
                      "as_of": "2024-01-31", "reasons": 5})
    .to_string();
    let found = server.points(&body).answer()["leads"][0].clone();
    assert_eq!(found["warnings"], json!([]));
    assert_eq!(found["points"][0]["total"], 23.75);
    let names: Vec<&String> = found["signals"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["age", "days_since_signed_up", "newsletter", "opens", "seniority"]);
    let warned = server.predict(&body).answer()["predictions"][0]["warnings"].clone();
    assert!(warned.as_array().unwrap().len() > 10);
}

#[test]
fn points_need_a_rule_set() {
    let server = Server::start(fixture::model_alone());
    let problem = server.points("{\"attributes\":{}}").problem(404);
    assert_eq!(problem["type"], "/problems/no-rule-sets");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("--points FILE"), "{detail}");
}

#[test]
fn rule_sets_are_chosen() {
    let server = Server::start(points_fixture::service());
    let mut body = json!({"as_of": AS_OF, "events": [], "attributes": {"employees": 2000}});
    let names = |answer: &Json, key: &str| {
        let of = |list: &Json, key: &str| -> Vec<String> {
            let list = list.as_array().unwrap().iter();
            list.map(|one| one[key].as_str().unwrap().to_owned()).collect()
        };
        let names = of(&answer["rule_sets"], "name");
        assert_eq!(of(&answer[key][0]["points"], "rule_set"), names);
        names
    };
    for (asked, expected) in [
        (Json::Null, vec!["journey", "size", "engagement"]),
        (json!(["size"]), vec!["size"]),
        (json!(["size", "journey"]), vec!["size", "journey"]),
    ] {
        body["rule_sets"] = asked;
        for (path, key) in [("/predict", "predictions"), ("/points", "leads")] {
            let answer = server.post(path, body.to_string()).answer();
            assert_eq!(names(&answer, key), expected);
        }
    }
    // The model alone; without it nothing would be left to score.
    body["rule_sets"] = json!([]);
    let answer = server.post("/predict", body.to_string()).answer();
    assert_eq!(names(&answer, "predictions"), Vec::<String>::new());
    let mistakes = server.post("/points", body.to_string()).bad_fields();
    assert!(mistakes[0].starts_with("/rule_sets: it names no rule set"), "{mistakes:?}");
    // What the others need is neither answered nor missed.
    let body = json!({"attributes": {"employees": 2000}, "rule_sets": ["size"]}).to_string();
    let found = server.points(&body).answer()["leads"][0].clone();
    assert_eq!(found["signals"], json!({"employees": 2000}));
    assert_eq!(found["warnings"], json!([]));
    assert_eq!(found["unavailable_signals"], Json::Null);
    let all = server.points("{\"attributes\": {\"employees\": 2000}}").answer();
    assert_eq!(all["leads"][0]["warnings"].as_array().unwrap().len(), 2, "{all}");
    let metrics = server.get("/metrics");
    let line = "leadscore_leads_by_band_total{source=\"rule_set:journey\",band=\"cold\"} 5\n";
    assert!(metrics.text().contains(line), "{}", metrics.text());
}

#[test]
fn wrong_rule_sets_are_named() {
    let server = Server::start(points_fixture::rules_alone());
    for (sets, expected) in [
        (
            json!(["jurney", "zzzzzz"]),
            vec![
                "/rule_sets/0: there is no such rule set; did you mean \"journey\"?",
                "/rule_sets/1: there is no such rule set",
            ],
        ),
        (json!(["size", "size"]), vec!["/rule_sets/1: it is there twice"]),
        (
            json!([1, null, "size", {}]),
            vec![
                "/rule_sets/0: a rule set is asked for by its name, not a number",
                "/rule_sets/1: a rule set is asked for by its name, not null",
                "/rule_sets/3: a rule set is asked for by its name, not an object",
            ],
        ),
        (json!("size"), vec!["/rule_sets: it is a list of names of rule sets, not a text"]),
        (json!({}), vec!["/rule_sets: it is a list of names of rule sets, not an object"]),
    ] {
        let body = json!({"attributes": {}, "rule_sets": sets}).to_string();
        for path in ["/predict", "/points"] {
            assert_eq!(server.post(path, &body).bad_fields(), expected);
        }
    }
    let twice = "{\"attributes\":{},\"rule_sets\":[\"size\"],\"rule_sets\":[]}";
    assert_eq!(server.points(twice).bad_fields(), ["/rule_sets: it is there twice"]);
    let inside = json!({"leads": [{"attributes": {}, "rule_sets": []}]}).to_string();
    let message = "\"rule_sets\" stands at the top of the body, not in a lead";
    assert_eq!(server.points(inside).bad_fields(), [format!("/leads/0/rule_sets: {message}")]);
    let alone = Server::start(fixture::model_alone());
    let body = "{\"attributes\":{},\"rule_sets\":[\"size\"]}";
    let bad = alone.predict(body).bad_fields();
    assert_eq!(bad, ["/rule_sets/0: there is no such rule set; none is served"]);
}

#[test]
fn rules_over_events_that_were_not_given() {
    let server = Server::start(points_fixture::rules_alone());
    let body = json!({"attributes": {"employees": 200}, "rule_sets": ["journey"]}).to_string();
    let found = server.points(body).answer()["leads"][0].clone();
    let points = &found["points"][0];
    adds_up(points);
    assert_eq!(points["total"], 20);
    assert_eq!(points["unavailable"], json!(["pages", "demo", "idle"]));
    assert_eq!(points["unavailable_exclusions"], json!(["unsubscribed"]));
    assert_eq!(found["unavailable_signals"], json!(["journey.unsubscribes"]));
    assert_eq!(found["warnings"][0]["kind"], "events_not_given");
    // A signal that is given ready leaves the rules that count events themselves.
    let body = json!({"attributes": {"employees": 200}, "rule_sets": ["journey"],
                      "signals": {"journey.unsubscribes": 1}})
    .to_string();
    let found = server.points(body).answer()["leads"][0].clone();
    assert_eq!(found["points"][0]["total"], -5);
    assert_eq!(
        found["warnings"],
        json!([{"kind": "events_not_given", "attribute": null, "count": 3,
                "message": "3 rules hang on events, and none were given; an empty list says that \
                            the lead did nothing"}])
    );
}

#[test]
fn events_that_no_rule_names() {
    let server = Server::start(points_fixture::rules_alone());
    let mut odd = event("page_veiw", "2024-03-01", Some("/"));
    odd["properties"]["pge"] = json!(1);
    let attributes = json!({"employees": 1, "created_at": "2024-04-01"});
    let body = json!({"attributes": attributes, "as_of": AS_OF, "events": [odd]});
    let found = server.points(body.to_string()).answer()["leads"][0].clone();
    let messages: Vec<&str> = found["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        messages,
        [
            "no rule, signal, filter or history names this kind of event (1 event); did you mean \
         \"page_view\"?",
            "no rule looks at this property of events (1 event); did you mean \"page\"?",
        ]
    );
}

#[test]
fn silence_counts_from_when_a_lead_came_to_be_without_a_model_too() {
    let set = "name = \"silent\"\nversion = \"1\"\n\
               [[rule]]\nname = \"silence\"\nidle = \"*\"\nevery = \"30d\"\npoints = -15\n\
               [[rule]]\nname = \"visit\"\neach = \"page_view\"\npoints = 5\n";
    let set = leadscore_model::points::RuleSet::parse("silent.toml", set).unwrap();
    let server = Server::start(leadscore_serve::Service::new(None, vec![set]).unwrap());
    let points = |created: Json, events: Json| {
        let body = json!({"as_of": "2025-03-02", "events": events,
                          "attributes": {"created_at": created}});
        server.points(body.to_string()).answer()["leads"][0].clone()
    };
    // Two full periods since it came to be.
    let lead = points(json!("2025-01-01"), json!([]));
    assert_eq!(lead["points"][0]["total"], json!(-30), "{lead}");
    // Silence does not count from an event before that.
    let before = json!([event("page_view", "2025-01-10", None)]);
    assert_eq!(points(json!("2025-03-01"), before)["points"][0]["total"], json!(5));
    // Without the date nobody knows.
    let lead = points(Json::Null, json!([]));
    assert_eq!(lead["points"][0]["total"], json!(0));
    assert_eq!(lead["points"][0]["unavailable"], json!(["silence"]), "{lead}");
}
