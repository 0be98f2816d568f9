//! What is answered, and that it is what the scorer says, to the bit.

use leadscore_features::{Encounter, Snapshot, Time, Value};
use leadscore_model::{Score, Scorer, Sources, Usual, reasons};
use leadscore_serve::{Service, ServiceError};
use serde_json::{Value as Json, json};

use crate::client::Server;
use crate::fixture::{self, Given, Random};

struct Generated {
    json: Json,
    as_of: Option<Time>,
    cells: Vec<Given>,
}

fn generate(random: &mut Random, scorer: &Scorer) -> Generated {
    let mut attributes = serde_json::Map::new();
    let mut cells = Vec::new();
    for (name, reader) in scorer.columns() {
        let given = random.given(reader.kind());
        if let Some(value) = given.json() {
            attributes.insert(name.clone(), value);
        }
        cells.push(given);
    }
    let as_of = random.as_of();
    let mut json = json!({"id": random.below(1 << 60), "attributes": attributes});
    match as_of {
        // Half of them in the column of the data, half beside the attributes.
        Some(time) if random.below(2) == 0 => json["attributes"]["created"] = json!(time),
        Some(time) => {
            json["as_of"] = json!(time);
            json["attributes"]["created"] = json!("2001-01-01");
        }
        None => {}
    }
    Generated { json, as_of, cells }
}

fn bits(value: &Json) -> u64 {
    value.as_f64().unwrap().to_bits()
}

#[test]
fn scores_are_the_bits_of_the_scorer() {
    let (bundle, rules) = (fixture::bundle(), fixture::rules());
    let sets = [rules];
    let scorer = Scorer::new(Sources::served(Some(&bundle), &sets)).unwrap();
    let server = Server::start(fixture::service());
    let mut connection = server.connect();
    let mut random = Random(42);
    let mut score = Score::default();
    let usual = Usual::of(Some(&bundle.model), &scorer);
    let (mut unseen, mut missing, mut far) = (0, 0, 0);
    for size in [1, 1, 1, 7, 40, 900, 1500] {
        let leads: Vec<Generated> = (0..size).map(|_| generate(&mut random, &scorer)).collect();
        let list: Vec<&Json> = leads.iter().map(|lead| &lead.json).collect();
        let body = match list.as_slice() {
            [one] => {
                let mut one = (*one).clone();
                one["reasons"] = json!(1000);
                one["intervals"] = json!(true);
                one
            }
            many => json!({"leads": many, "reasons": 1000, "intervals": true}),
        };
        let reply = connection.ask("POST", "/predict", &[], body.to_string().as_bytes());
        let answer = reply.answer();
        let predictions = answer["predictions"].as_array().unwrap();
        assert_eq!(predictions.len(), leads.len());
        for (lead, found) in leads.iter().zip(predictions) {
            assert_eq!(found["id"], lead.json["id"]);
            let as_of = Time::parse(found["as_of"].as_str().unwrap()).unwrap();
            assert!(lead.as_of.is_none_or(|time| time == as_of));
            let values: Vec<Value<'_>> = scorer
                .columns()
                .iter()
                .zip(&lead.cells)
                .map(|((_, reader), given)| reader.read(given.cell()).unwrap())
                .collect();
            let snapshot = Snapshot::flat(Some(as_of), &values);
            scorer.score(&snapshot, &mut score);
            let mut signals = Vec::new();
            scorer.evaluate(&snapshot, &mut signals);
            let interval = scorer.interval(&signals, &score).unwrap();
            assert_eq!(bits(&found["interval"]["low"]), interval.low.to_bits());
            assert_eq!(bits(&found["interval"]["high"]), interval.high.to_bits());
            assert!(interval.low <= score.probability && score.probability <= interval.high);
            assert_eq!(bits(&found["probability"]), score.probability.to_bits(), "{}", lead.json);
            assert_eq!(bits(&found["log_odds"]), score.log_odds.to_bits());
            assert_eq!(bits(&found["base_log_odds"]), scorer.base().unwrap().to_bits());
            let added =
                ["calibration_log_odds", "base_rate_log_odds"].map(|name| bits(&found[name]));
            assert_eq!(added, [score.calibration, score.base_rate].map(f64::to_bits));
            assert_eq!(found["band"], score.band);
            let expected: Vec<_> = reasons(&score, scorer.recalibration());
            for (side, up) in [("up", true), ("down", false)] {
                let found = found["reasons"][side].as_array().unwrap();
                let expected: Vec<_> =
                    expected.iter().filter(|reason| (reason.log_odds > 0.0) == up).collect();
                assert_eq!(found.len(), expected.len());
                for (found, expected) in found.iter().zip(expected) {
                    let signal = scorer.inputs().nth(expected.input).unwrap();
                    assert_eq!(found["signal"], signal);
                    assert_eq!(bits(&found["log_odds"]), expected.log_odds.to_bits());
                    assert_eq!(bits(&found["effect"]), expected.effect.to_bits());
                }
            }
            assert_eq!(found["points"][0]["total"], json!(score.points[0].total));
            let band = score.points[0]
                .band
                .and_then(|band| fixture::rules().bands.name(band).map(str::to_owned));
            assert_eq!(found["points"][0]["band"], json!(band));
            assert_eq!(found["points"][0]["hand_off"], json!(score.points[0].hand_off));
            let rules = found["points"][0]["breakdown"]["rules"].as_array().unwrap();
            assert_eq!(rules.len(), score.points[0].rules.len());
            let kinds = |kind: &str| {
                let warnings = found["warnings"].as_array().unwrap();
                warnings.iter().filter(|warning| warning["kind"] == kind).count()
            };
            let met = score.encounters.iter().filter(|e| **e == Encounter::Unseen).count();
            assert_eq!(kinds("unseen_category"), met);
            let beyond = usual.far(&signals).count();
            assert_eq!(kinds("far_from_fitted"), beyond);
            far += beyond;
            let absent = lead.cells.iter().filter(|g| matches!(g, Given::Absent)).count();
            assert_eq!(kinds("missing_column"), absent);
            assert_eq!(kinds("unknown_attribute"), 0);
            unseen += met;
            missing += absent;
        }
    }
    assert!(unseen > 100 && missing > 100 && far > 100);
}

#[test]
fn one_answer_in_full() {
    let server = Server::start(fixture::service());
    let mut lead = fixture::plain_lead();
    lead["attributes"]["job"] = json!("astronaut");
    lead["attributes"]["emplyees"] = json!(3);
    lead["attributes"]["as_of"] = json!("2024-01-01");
    lead["attributes"]["signed_up"] = json!("2024-02-01");
    lead["attributes"].as_object_mut().unwrap().remove("employees");
    for quiet in ["lead_id", "notes", "converted"] {
        lead["attributes"][quiet] = json!("anything");
    }
    lead["reasons"] = json!(2);
    let answer = server.predict(lead.to_string()).answer();
    assert_eq!(answer["model"], json!({"name": "deals", "version": "3", "hash": fixture::HASH}));
    let rules = fixture::rules();
    let version = json!([{"name": "classic", "version": "7", "hash": rules.hash}]);
    assert_eq!(answer["rule_sets"], version);
    let found = &answer["predictions"][0];
    assert_eq!(found["id"], "lead-1");
    assert_eq!(found["as_of"], "2024-01-31T00:00:00Z");
    assert_eq!(found["reasons"]["up"].as_array().unwrap().len(), 2);
    assert_eq!(found["reasons"]["down"].as_array().unwrap().len(), 2);
    assert_eq!(
        found["points"],
        json!([{
            "rule_set": "classic", "total": 7, "band": "cold", "hand_off": false,
            "breakdown": {"rules": [
                {"rule": "Young", "points": -3, "times": 1},
                {"rule": "Reads", "points": 10, "times": 1},
            ]},
        }])
    );
    let message = |kind: &str, attribute: &str, message: &str| json!({"kind": kind, "attribute": attribute, "message": message});
    assert_eq!(
        found["warnings"],
        json!([
            message(
                "unseen_category",
                "job",
                "no lead that the model was fitted on had this value"
            ),
            message(
                "missing_column",
                "employees",
                "a score needs it and it was not given; it counts as missing"
            ),
            message(
                "date_after_as_of",
                "signed_up",
                "it is later than as_of; it counts as missing"
            ),
            message(
                "unknown_attribute",
                "as_of",
                "nothing uses it; as_of stands beside attributes, not in it"
            ),
            message(
                "unknown_attribute",
                "emplyees",
                "nothing uses it; did you mean \"employees\"?"
            ),
        ])
    );
}

#[test]
fn many_unknown_attributes_are_counted() {
    let server = Server::start(fixture::service());
    let mut lead = fixture::plain_lead();
    for i in 0..50 {
        lead["attributes"][format!("zzzz{i}")] = json!(i);
    }
    let answer = server.predict(lead.to_string()).answer();
    let warnings = answer["predictions"][0]["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 21);
    assert_eq!(warnings[20]["attribute"], Json::Null);
    assert_eq!(warnings[20]["message"], "nothing uses 30 more of the attributes");
}

#[test]
fn ids_come_back_as_they_were() {
    let server = Server::start(fixture::rules_alone());
    for (id, back) in [
        ("\"a \\\"b\\u00e9\"", "\"a \\\"bé\""),
        ("18446744073709551615", "18446744073709551615"),
        ("-5", "-5"),
        ("17.0", "17"),
        ("null", "null"),
    ] {
        let body = format!("{{\"id\":{id},\"attributes\":{{}}}}");
        let reply = server.predict(body);
        assert_eq!(reply.status, 200);
        assert!(reply.text().contains(&format!("\"predictions\":[{{\"id\":{back},")), "{id}");
    }
}

#[test]
fn rules_alone_and_model_alone() {
    let body = json!({"leads": [fixture::plain_lead()]}).to_string();
    let answer = Server::start(fixture::rules_alone()).predict(&body);
    let Json::Object(found) = &answer.answer()["predictions"][0] else { panic!() };
    assert_eq!(answer.answer()["model"], Json::Null);
    for key in ["probability", "log_odds", "base_log_odds", "band", "reasons"] {
        assert_eq!(found[key], Json::Null, "{key}");
    }
    // Rules alone say nothing of dates: the age that one of them names is an attribute.
    assert_eq!(found["points"][0]["total"], 7);
    let answer = Server::start(fixture::model_alone()).predict(&body).answer();
    assert_eq!(answer["rule_sets"], json!([]));
    assert_eq!(answer["predictions"][0]["points"], json!([]));
    assert!(answer["predictions"][0]["probability"].is_f64());
}

#[test]
fn a_service_needs_something_to_serve() {
    assert_eq!(Service::new(None, vec![]).unwrap_err(), ServiceError::Nothing);
    let twice = Service::new(None, vec![fixture::rules(), fixture::rules()]);
    assert_eq!(twice.unwrap_err(), ServiceError::RepeatedRuleSet("classic".into()));
    let rules = fixture::RULES.replace("\"seniority\"", "\"seniorty\"");
    let rules = leadscore_model::points::RuleSet::parse("mine.toml", &rules).unwrap();
    let error = Service::new(Some((fixture::bundle(), "h".into())), vec![rules]).unwrap_err();
    assert!(error.to_string().contains("did you mean \"seniority\"?"), "{error}");
}

#[test]
fn an_as_of_that_is_not_given_is_now() {
    let server = Server::start(fixture::service());
    let before = Time::now();
    let reply = server.predict("{\"attributes\":{\"created\":null},\"as_of\":null}");
    let answer = reply.answer();
    let as_of = Time::parse(answer["predictions"][0]["as_of"].as_str().unwrap()).unwrap();
    assert!(before <= as_of && as_of <= Time::now());
}

#[test]
fn cells_are_what_files_would_hold() {
    // A whole number beyond 64 bits is a number, as serde_json reads it.
    let scorer_sees = |text: &str| {
        let server = Server::start(fixture::service());
        let mut lead = fixture::plain_lead();
        lead["reasons"] = json!(100);
        let body = lead.to_string().replace("\"age\":12.5", &format!("\"age\":{text}"));
        let answer = server.predict(body).answer();
        bits(&answer["predictions"][0]["log_odds"])
    };
    assert_eq!(scorer_sees("9223372036854775808"), scorer_sees("\"9223372036854775808\""));
    assert_eq!(scorer_sees("1e2"), scorer_sees("100"));
    // This column's own stand-in for missing.
    assert_eq!(scorer_sees("999"), scorer_sees("null"));
}

#[test]
fn concurrent_requests_do_not_mix() {
    let server = Server::start(fixture::service());
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let server = &server;
            scope.spawn(move || {
                let mut connection = server.connect();
                for turn in 0..50 {
                    let id = worker * 1000 + turn;
                    let mut lead = fixture::plain_lead();
                    lead["id"] = json!(id);
                    let count = if turn % 10 == 0 { 300 } else { 1 };
                    let body = json!({"leads": vec![lead; count]}).to_string();
                    let reply = connection.ask("POST", "/predict", &[], body.as_bytes());
                    let answer = reply.answer();
                    let predictions = answer["predictions"].as_array().unwrap();
                    assert_eq!(predictions.len(), count);
                    assert!(predictions.iter().all(|found| found["id"] == id));
                }
            });
        }
    });
    let metrics = server.get("/metrics");
    assert!(metrics.text().contains("leadscore_leads_scored_total 12360\n"), "{}", metrics.text());
}

#[test]
fn intervals_are_given_where_they_are_asked_for_and_known() {
    let server = Server::start(fixture::service());
    let mut connection = server.connect();
    let mut ask = |intervals: Json| {
        let mut lead = fixture::plain_lead();
        lead["intervals"] = intervals;
        connection.ask("POST", "/predict", &[], lead.to_string().as_bytes())
    };
    assert!(ask(json!(false)).answer()["predictions"][0].get("interval").is_none());
    assert!(ask(json!(true)).answer()["predictions"][0]["interval"]["low"].is_number());
    let refused = ask(json!("yes"));
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("true or false"), "{}", refused.text());
}
