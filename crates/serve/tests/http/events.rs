//! Events and ready signals: the same scores as the kernel's, and what is said where they are
//! wrong, unknown or not there.

use axum::body::Body;
use axum::http::Request;
use leadscore_features::events::{FilterCounts, Seen, Span};
use leadscore_features::{RawColumn, Snapshot, Table, TextColumn, Time, Value};
use leadscore_model::bundle::{LeftOut, SnapshotRecord};
use leadscore_model::{BatchReader, Score, Scorer, Sources};
use leadscore_serve::{Limits, Service};
use serde_json::{Value as Json, json};

use crate::client::Server;
use crate::event_fixture::{self, Event, START};
use crate::fixture::Random;

pub(crate) const DAY: i64 = 86_400_000_000;

pub(crate) fn lead(as_of: &str, events: impl Into<Json>) -> Json {
    let events = events.into();
    json!({"as_of": as_of, "attributes": event_fixture::attributes(), "events": events})
}

fn ask(server: &Server, lead: &Json) -> Json {
    server.predict(lead.to_string()).answer()["predictions"][0].clone()
}

fn kinds(prediction: &Json) -> Vec<&str> {
    let warnings = prediction["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["kind"].as_str().unwrap()).collect()
}

fn same(found: &Json, value: &Value<'_>) -> bool {
    match value {
        Value::Missing => found.is_null(),
        Value::Unavailable => false,
        Value::Number(number) => found.as_f64().is_some_and(|found| found == *number),
        Value::YesNo(flag) => found == flag,
        Value::Text(text) => found == text.as_ref(),
        Value::Time(time) => found == &json!(time),
    }
}

#[test]
fn online_is_the_kernel_to_the_bit() {
    let bundle = event_fixture::bundle();
    let sets = [event_fixture::rules()];
    let scorer = Scorer::new(Sources::served(Some(&bundle), &sets)).unwrap();
    let plan = scorer.event_plan().unwrap();
    let server = Server::start(event_fixture::service());
    let mut connection = server.connect();
    let mut random = Random(7);
    let mut score = Score::default();
    let created = Time::from_micros(START);
    let mut taken = [0_u64; 8];
    // The attributes come as a file has them, today's plan among them, whose history events tell.
    let cells = [
        ("created_at", "2024-01-01"),
        ("job_title", "Director of Sales"),
        ("employees", "120"),
        ("plan", "team"),
    ];
    let columns = cells.map(|(name, cell)| {
        let mut column = TextColumn::new();
        column.push(cell);
        (name.to_owned(), RawColumn::Text(column))
    });
    let table = Table::new(columns.to_vec()).unwrap();
    let batch = BatchReader::new(&scorer, &table).unwrap().with_events(&scorer);
    for size in [1, 3, 40, 300] {
        let leads: Vec<(Vec<Event>, Time)> = (0..size)
            .map(|_| {
                let events = (0..random.below(120)).map(|_| Event::random(&mut random)).collect();
                (events, Time::from_micros(START + random.below(130 * 24) as i64 * DAY / 24))
            })
            .collect();
        let list: Vec<Json> = leads
            .iter()
            .map(|(events, as_of)| {
                let events: Vec<Json> = events.iter().map(Event::json).collect();
                let mut lead = lead("", events);
                lead["as_of"] = json!(as_of);
                lead["attributes"]["plan"] = json!("team");
                lead
            })
            .collect();
        let body = json!({"leads": list}).to_string();
        let answer = connection.ask("POST", "/predict", &[], body.as_bytes()).answer();
        for (index, (events, as_of)) in leads.iter().enumerate() {
            let found = &answer["predictions"][index];
            let (records, texts) =
                event_fixture::records(plan, &event_fixture::prepared(plan, events));
            let mut seen = Seen::new(&texts);
            let counts = seen.cut(plan, &records, *as_of, Some(created));
            let mut attributes = Vec::new();
            batch.read(0, &mut attributes, &mut Vec::new());
            let snapshot =
                Snapshot { as_of: Some(*as_of), attributes: &attributes, events: Some(&seen) };
            let mut values = Vec::new();
            scorer.evaluate(&snapshot, &mut values);
            scorer.score_values(&values, snapshot.events, &mut score);
            let bits = |key: &str| found[key].as_f64().unwrap().to_bits();
            assert_eq!(bits("log_odds"), score.log_odds.to_bits(), "{found}");
            assert_eq!(bits("probability"), score.probability.to_bits());
            assert_eq!(found["points"][0]["total"], json!(score.points[0].total));
            assert_eq!(found["events"], json!(counts));
            assert_eq!(found["unavailable_signals"], Json::Null);
            let names: Vec<&str> = scorer.signals().collect();
            let signals = found["signals"].as_object().unwrap();
            assert_eq!(signals.len(), names.len());
            for (name, value) in names.iter().zip(&values) {
                assert!(same(&signals[*name], value), "{name}: {} {value}", signals[*name]);
            }
            let counts = counts.named().map(|(_, count)| count);
            taken.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        // Signals stand in the order of the scorer.
        let text = String::from_utf8(connection.ask("POST", "/predict", &[], body.as_bytes()).body)
            .unwrap();
        let first = &text[text.find("\"signals\":{").unwrap()..];
        let places: Vec<usize> =
            scorer.signals().map(|name| first.find(&format!("\"{name}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "{places:?}");
    }
    assert!(taken[..4].iter().all(|count| *count > 10), "{taken:?}");
}

#[test]
fn later_events_change_nothing() {
    let server = Server::start(event_fixture::service());
    let mut random = Random(11);
    for _ in 0..20 {
        let as_of = START + 60 * DAY;
        let events: Vec<Event> = (0..80).map(|_| Event::random(&mut random)).collect();
        let known = |event: &&Event| {
            event.at.micros() <= as_of && event.known_at.is_none_or(|known| known.micros() <= as_of)
        };
        let all: Vec<Json> = events.iter().map(Event::json).collect();
        let past: Vec<Json> = events.iter().filter(known).map(Event::json).collect();
        let later = all.len() - past.len();
        let ask = |events: Vec<Json>| {
            let mut lead = lead("", json!(events));
            lead["as_of"] = json!(Time::from_micros(as_of));
            ask(&server, &lead)
        };
        let (mut with, mut without) = (ask(all), ask(past));
        assert_eq!(with["events"]["later"], later);
        assert_eq!(without["events"]["later"], 0);
        for found in [&mut with, &mut without] {
            found["events"]["later"] = Json::Null;
        }
        assert_eq!(with, without);
    }
}

#[test]
fn duplicates_count_once() {
    let server = Server::start(event_fixture::service());
    let event = |id: Json, second: u32| {
        json!({"kind": "page_view", "at": format!("2024-02-01T10:00:{second:02}Z"), "id": id,
               "properties": {"page": "/pricing"}})
    };
    let visits = |events: Json| {
        let found = ask(&server, &lead("2024-02-02", events));
        (found["signals"]["visits_7d"].as_f64().unwrap(), found["events"]["duplicates"].clone())
    };
    assert_eq!(visits(json!([event(json!("a"), 0), event(json!(" a"), 1)])), (1.0, json!(1)));
    // A whole number is the id that its text is.
    assert_eq!(visits(json!([event(json!(17), 0), event(json!("17"), 1)])), (1.0, json!(1)));
    assert_eq!(visits(json!([event(json!("a"), 0), event(json!("b"), 1)])), (2.0, json!(0)));
    // Without an id nothing tells two events from one.
    for id in [json!(null), json!("")] {
        assert_eq!(visits(json!([event(id.clone(), 0), event(id, 0)])), (2.0, json!(0)));
    }
}

#[test]
fn events_that_were_not_given_are_not_zero() {
    let server = Server::start(event_fixture::service());
    let mut plain = json!({"as_of": "2024-03-01", "attributes": event_fixture::attributes()});
    plain["attributes"]["plan"] = json!("team");
    for body in [plain.clone(), {
        let mut null = plain.clone();
        null["events"] = Json::Null;
        null["signals"] = Json::Null;
        null
    }] {
        let found = ask(&server, &body);
        let points = &found["points"][0];
        assert_eq!(points["unavailable"], json!(["Prices", "Quiet"]));
        // Decided without events: one side of "any" holds.
        assert_eq!(points["total"], 9.5);
        assert_eq!(found["events"], Json::Null);
        assert_eq!(found["signals"]["visits_7d"], Json::Null);
        assert!(!found["signals"].as_object().unwrap().contains_key("visits_7d"));
        assert_eq!(found["signals"]["seniority"], "director");
        let unavailable = found["unavailable_signals"].as_array().unwrap();
        assert_eq!(unavailable.len(), 22);
        assert_eq!(kinds(&found), ["history_not_told", "events_not_given"]);
        assert_eq!(found["warnings"][1]["count"], 22);
        let message = found["warnings"][1]["message"].as_str().unwrap();
        assert!(message.starts_with("22 signals come from events, and neither"), "{message}");
    }
    let found = ask(&server, &lead("2024-03-01", json!([])));
    assert_eq!(found["points"][0]["unavailable"], Json::Null);
    assert_eq!(found["points"][0]["total"], 4.5);
    assert_eq!(found["signals"]["visits_7d"], 0);
    assert_eq!(found["signals"]["days_since_visit"], Json::Null);
    assert!(found["signals"].as_object().unwrap().contains_key("days_since_visit"));
    assert_eq!(found["unavailable_signals"], Json::Null);
    assert_eq!(found["events"]["kept"], 0);
    assert_eq!(kinds(&found), [""; 0]);
}

#[test]
fn ready_signals_are_taken_as_they_are() {
    let server = Server::start(event_fixture::service());
    let mut random = Random(3);
    let events: Vec<Json> = (0..60).map(|_| Event::random(&mut random).json()).collect();
    let mut computed = ask(&server, &lead("2024-03-01", json!(events)));
    // What an answer lists can be sent back, and gives the same score.
    let signals = computed["signals"].clone();
    let body = json!({"as_of": "2024-03-01", "attributes": {}, "signals": signals});
    let mut found = ask(&server, &body);
    computed["events"].take();
    assert_eq!(found["events"], Json::Null);
    found["events"] = Json::Null;
    assert_eq!(found, computed);

    let mut body = json!({"as_of": "2024-03-01", "attributes": event_fixture::attributes()});
    body["attributes"].as_object_mut().unwrap().remove("job_title");
    body["signals"] = json!({"pricing_visits_30d": "2", "seniority": "director",
                             "prices_then_demo": 1, "visits_7d": null, "plan": " team "});
    let found = ask(&server, &body);
    assert_eq!(found["signals"]["pricing_visits_30d"], 2);
    assert_eq!(found["signals"]["prices_then_demo"], true);
    assert_eq!(found["signals"]["plan"], "team");
    assert_eq!(found["signals"]["visits_7d"], Json::Null);
    // Missing is known: the rule does not hold.
    assert_eq!(found["points"][0]["unavailable"], Json::Null);
    assert_eq!(found["points"][0]["total"], 24.5);
    // Columns behind ready signals are not missed; the other signals of events are.
    assert_eq!(kinds(&found), ["events_not_given"]);
    assert_eq!(found["warnings"][0]["count"], 19);
    assert!(found["unavailable_signals"].as_array().unwrap().contains(&json!("persona")));
    // What is odd of one is told by its name, and not by that of the column behind it.
    let server = Server::start(event_fixture::service_of_seniority());
    body["signals"] = json!({"seniority": "boss"});
    let unseen = |found: &Json| {
        let warnings = found["warnings"].as_array().unwrap();
        let unseen = warnings.iter().find(|of| of["kind"] == "unseen_category");
        unseen.map(|of| of["attribute"].clone())
    };
    assert_eq!(unseen(&ask(&server, &body)), Some(json!("seniority")));
    body["signals"] = json!({});
    body["attributes"]["job_title"] = json!("Intern");
    assert_eq!(unseen(&ask(&server, &body)), Some(json!("job_title")));
}

#[test]
fn what_looks_at_a_ready_signal_sees_it() {
    let server = Server::start(event_fixture::service());
    let with = |signals: Json, as_of: &str| {
        let attributes = event_fixture::attributes();
        ask(&server, &json!({"as_of": as_of, "attributes": attributes, "signals": signals}))
    };
    for (visits, persona) in [(3, "reader"), (1, "other")] {
        let found = with(json!({"visits_90d": visits}), "2024-03-01");
        assert_eq!(found["signals"]["persona"], persona);
        assert!(!found["unavailable_signals"].as_array().unwrap().contains(&json!("persona")));
    }
    // A persona that is given itself stays.
    let found = with(json!({"visits_90d": 3, "persona": "other"}), "2024-03-01");
    assert_eq!(found["signals"]["persona"], "other");
    // What can never be is told, and counts.
    let impossible =
        json!({"visits_90d": 2.5, "visits_7d": -1, "days_since_visit": -0.5, "mean_value": -2.5});
    let found = with(impossible, "2024-03-01");
    let told: Vec<(&str, &str)> = found["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|warning| warning["kind"] == "impossible_signal")
        .map(|of| (of["attribute"].as_str().unwrap(), of["message"].as_str().unwrap()))
        .collect();
    let below = "it is never below 0, and counts as it was given";
    let whole = "it is always a whole number, and counts as it was given";
    let mut expected =
        vec![("visits_90d", whole), ("visits_7d", below), ("days_since_visit", below)];
    expected.sort_unstable();
    let mut sorted = told;
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!(found["signals"]["visits_90d"], 2.5);
    // So is a moment at which there was no lead yet.
    assert!(!kinds(&found).contains(&"as_of_before_created"));
    let found = with(json!({}), "2019-03-01");
    assert!(kinds(&found).contains(&"as_of_before_created"), "{found}");
}

#[test]
fn mistakes_are_named_where_they_stand() {
    let server = Server::start(event_fixture::service());
    let good = json!({"kind": "page_view", "at": "2024-02-01T10:00:00Z"});
    let body = json!({"leads": [
        {"attributes": {}, "events": [good, {"kind": "page_view", "at": "soon"}, 7, null]},
        {"attributes": {}, "events": {}},
        {"attributes": {}, "signals": []},
        {"attributes": {}, "events": [
            {},
            {"kind": "", "at": 3, "known_at": "later", "id": [], "properties": 4},
            {"kind": 1, "at": null, "id": true, "properties": {"page": [], "what": {}, "value": 1}},
            {"kind": "page_view", "at": "2024-02-01T10:00:00Z", "knwon_at": null, "page": "/"},
        ]},
        {"attributes": {"plan": "free"}, "events": [], "signals": {
            "visits_7d": 1, "plan": "free", "seniorty": "director", "mean_value": "high",
            "longest_gap": {}, "job_title": "x", "zzz": 1, "days_since_created_at": 4,
        }},
        {"attributes": {}, "event": [], "visits_7d": 3},
    ]});
    let bad = server.predict(body.to_string()).bad_fields();
    let mut bad: Vec<&str> = bad.iter().map(String::as_str).collect();
    let scalar = "is not a value; a property is a text, a number, true, false or null";
    let list = format!("/leads/3/events/2/properties/page: a list {scalar}");
    let object = format!("/leads/3/events/2/properties/what: an object {scalar}");
    let mut expected = vec![
        "/leads/0/events/1/at: \"soon\" is not a time; write it like 2024-01-31 or 2024-01-31T09:30:00Z",
        "/leads/0/events/2: an event is an object with a kind and a time, not a number",
        "/leads/0/events/3: an event is an object with a kind and a time, not null",
        "/leads/1/events: it is a list of events, not an object",
        "/leads/2/signals: signals are an object of names and values, not a list",
        "/leads/3/events/0: an event needs its kind, as {\"kind\": \"page_view\"}",
        "/leads/3/events/0: an event needs its time, as {\"at\": \"2024-01-31T09:30:00Z\"}",
        "/leads/3/events/1/at: a time is a text like 2024-01-31T09:30:00Z, not a number",
        "/leads/3/events/1/id: an id is a text or a number, not a list",
        "/leads/3/events/1/kind: a kind is a text that is not empty",
        "/leads/3/events/1/known_at: \"later\" is not a time; write it like 2024-01-31 or 2024-01-31T09:30:00Z",
        "/leads/3/events/1/properties: properties are an object of names and values, not a number",
        "/leads/3/events/2/id: an id is a text or a number, not true",
        "/leads/3/events/2/kind: a kind is a text, not a number",
        "/leads/3/events/2: an event needs its time, as {\"at\": \"2024-01-31T09:30:00Z\"}",
        list.as_str(),
        object.as_str(),
        "/leads/3/events/3/knwon_at: there is no such key; did you mean \"known_at\"?",
        "/leads/3/events/3/page: there is no such key here; properties stand inside \"properties\"",
        "/leads/4/signals/longest_gap: an object is not a value; a signal is a text, a number, true, false or null",
        "/leads/4/signals/mean_value: \"high\" is not a number",
        "/leads/4/signals/plan: it comes from the attribute \"plan\", which is given too; give one or the other",
        "/leads/4/signals/seniorty: there is no such signal; did you mean \"seniority\"?",
        "/leads/4/signals/visits_7d: it comes from events, which are given too; give one or the other",
        "/leads/4/signals/zzz: there is no such signal",
        "/leads/5/event: there is no such key; did you mean \"events\"?",
        "/leads/5/visits_7d: there is no such key here; signals stand inside \"signals\"",
    ];
    bad.sort_unstable();
    expected.sort_unstable();
    assert_eq!(bad, expected);
    for (body, pointer) in [
        ("{\"attributes\":{},\"events\":[],\"events\":[]}", "/events"),
        ("{\"attributes\":{},\"signals\":{\"visits_7d\":1,\"visits_7d\":1}}", "/signals/visits_7d"),
        (
            "{\"attributes\":{},\"events\":[{\"kind\":\"a\",\"at\":\"2024-01-01\",\"kind\":\"a\"}]}",
            "/events/0/kind",
        ),
        (
            "{\"attributes\":{},\"events\":[{\"kind\":\"a\",\"at\":\"2024-01-01\",\
             \"properties\":{\"page\":1,\"page\":1}}]}",
            "/events/0/properties/page",
        ),
    ] {
        let bad = server.predict(body).bad_fields();
        assert_eq!(bad, [format!("{pointer}: it is there twice")], "{body}");
    }
}

#[test]
fn a_sum_beyond_all_numbers_is_missing() {
    let server = Server::start(event_fixture::service());
    let event = json!({"kind": "purchase", "at": "2024-02-01T10:00:00Z",
                       "properties": {"value": 1.7e308}});
    let found = ask(&server, &lead("2024-03-01", json!([event, event])));
    assert_eq!(found["signals"]["value_90d"], Json::Null, "{found}");
}

#[test]
fn what_nothing_knows_is_said() {
    let server = Server::start(event_fixture::service());
    let event = |kind: &str, at: &str, properties: Json| json!({"kind": kind, "at": at, "properties": properties});
    let at = "2024-02-01T10:00:00Z";
    let found = ask(
        &server,
        &lead(
            "2024-03-01",
            json!([
                event("page_veiw", at, json!({"pge": "/", "browser": "x"})),
                event("page_veiw", at, json!({"value": "much"})),
                event("zzz", "2024-02-01T10:00:00", json!({"value": true, "pge": 1})),
                event("page_view", "2024-02-01 10:00:00", json!({"value": " 3 "})),
                event("set", "2024-02-01", json!({"attribute": "plan", "to": "team"})),
            ]),
        ),
    );
    assert_eq!(
        found["warnings"],
        json!([
            {"kind": "unknown_event_kind", "attribute": null, "event_kind": "page_veiw", "count": 2,
             "message": "nothing names this kind of event, so it counts only where any kind does \
                         (2 events); did you mean \"page_view\"?"},
            {"kind": "unknown_property", "attribute": null, "property": "pge", "count": 2,
             "message": "the events that the model was trained on have no such property (2 events); \
                         did you mean \"page\"?"},
            {"kind": "property_not_a_number", "attribute": null, "property": "value", "count": 2,
             "message": "it is a number, and 2 events have something else there; it counts as missing"},
            {"kind": "day_without_time", "attribute": null, "count": 1,
             "message": "1 event has a day and no time of day, and counts from 00:00 UTC of it on: as_of on that \
                         day sees what came later that day"},
            {"kind": "time_without_zone", "attribute": null, "count": 2,
             "message": "2 times of events name no zone, and are read as UTC"},
        ])
    );
    assert_eq!(found["signals"]["plan"], "team");
    // Each lead has its own.
    let wrong = lead("2024-03-01", json!([event("page_view", at, json!({"value": "much"}))]));
    let body = json!({"leads": [wrong, lead("2024-03-01", json!([])), wrong]});
    let answer = server.predict(body.to_string()).answer();
    for (index, expected) in [(0, 1), (1, 0), (2, 1)] {
        assert_eq!(kinds(&answer["predictions"][index]).len(), expected);
    }
    let many: Vec<Json> =
        (0..50).map(|i| event("page_view", at, json!({(format!("z{i}")): 1}))).collect();
    let found = ask(&server, &lead("2024-03-01", json!(many)));
    assert_eq!(kinds(&found), ["unknown_property"; 21]);
    let last = &found["warnings"][20];
    assert_eq!(last["message"], "there are 30 more with other properties that they do not have");
    assert_eq!((&last["count"], &last["property"]), (&json!(30), &Json::Null));
    let metrics = server.get("/metrics");
    let line = "leadscore_warnings_total{kind=\"unknown_event_kind\"} 1\n";
    assert!(metrics.text().contains(line), "{}", metrics.text());
}

#[test]
fn what_the_model_has_not_learnt_from_is_said() {
    let record = SnapshotRecord {
        at: "created + 14d".into(),
        horizon: Span::days(90),
        observed_until: Time::parse("2024-01-01").unwrap(),
        leads: 100,
        left_out: LeftOut::default(),
        events: FilterCounts::default(),
        static_attributes: Vec::new(),
        oldest: Some(14.0),
        untold: Vec::new(),
        kinds: Some(vec!["webinar".into()]),
    };
    let mut bundle = event_fixture::bundle();
    bundle.training.snapshots = Some(record);
    let service = Service::new(Some((bundle, "00".into())), Vec::new()).unwrap();
    let server = Server::start(service);
    let event = |kind: &str| json!({"kind": kind, "at": "2024-01-10T10:00:00Z"});
    let events = json!([event("page_view"), event("webinar"), event("fax"), event("fax")]);
    let mut body = lead("2024-01-20", events);
    body["attributes"]["created_at"] = json!("2024-01-01");
    let found = ask(&server, &body);
    let kind = json!({"kind": "unknown_event_kind", "attribute": null, "event_kind": "fax", "count": 2,
                      "message": "nothing names this kind of event and the model has hardly learnt from it, or \
                                  not at all, so it counts only where any kind does (2 events)"});
    assert_eq!(found["warnings"], json!([kind]));
    // Twice as old as the oldest lead, and a day.
    for (as_of, told) in [("2024-01-29T23:00:00Z", false), ("2024-01-30T00:00:00Z", true)] {
        body["as_of"] = json!(as_of);
        let found = ask(&server, &body);
        assert_eq!(kinds(&found).contains(&"older_than_learnt"), told, "{found}");
    }
    let age = &ask(&server, &body)["warnings"][0];
    assert_eq!(age["attribute"], "created_at");
    let message = "the lead is far older than any that the model learnt from, which had come to be 14 days before \
                   at most: its probability is a guess";
    assert_eq!(age["message"], message);
}

#[test]
fn what_events_set_in_vain_is_said() {
    let server = Server::start(event_fixture::service());
    let set = |attribute: Json| json!({"kind": "set", "at": "2024-02-01T10:00:00Z", "properties": {"attribute": attribute, "to": "team"}});
    let sets =
        [json!("Plan"), json!("employees"), json!("Plan"), json!(""), Json::Null, json!("plan")];
    let events: Vec<Json> = sets.into_iter().map(set).collect();
    let found = ask(&server, &lead("2024-03-01", json!(events)));
    assert_eq!(found["signals"]["plan"], "team");
    assert_eq!(
        found["warnings"],
        json!([
            {"kind": "unknown_attribute", "attribute": "Plan", "count": 2,
             "message": "nothing looks at the history of such an attribute (2 events); did you mean \"plan\"?"},
            {"kind": "unknown_attribute", "attribute": "employees", "count": 1,
             "message": "its value is that among the attributes, and no event sets it (1 event)"},
            {"kind": "history_not_told", "attribute": null, "count": 2,
             "message": "2 events that are to set one name no attribute: nothing is set"},
        ])
    );
    // The next lead has its own.
    let body = json!({"leads": [lead("2024-03-01", json!(events)), lead("2024-03-01", json!([]))]});
    assert_eq!(kinds(&server.predict(body.to_string()).answer()["predictions"][1]).len(), 0);
}

#[test]
fn attributes_that_events_tell() {
    let server = Server::start(event_fixture::service());
    let mut body = lead("2024-03-01", json!([]));
    body["attributes"]["plan"] = json!("team");
    let found = ask(&server, &body);
    // What is said of the lead beside its events is today's value, which a batch does not see either.
    assert_eq!(found["signals"]["plan"], Json::Null);
    assert_eq!(kinds(&found), ["history_not_told"]);
    assert_eq!(found["warnings"][0]["attribute"], "plan");
    body["attributes"]["plan"] = Json::Null;
    let without = ask(&server, &body);
    assert_eq!(without["probability"], found["probability"]);
    assert!(kinds(&without).is_empty(), "{without}");
    // An event counts by as_of alone.
    let set = |day: &str| {
        let mut body = lead(
            "2024-03-01",
            json!([{"kind": "set", "at": format!("{day}T10:00:00Z"), "properties": {"attribute": "plan", "to": "free"}}]),
        );
        body["attributes"]["plan"] = json!("team");
        ask(&server, &body)
    };
    let (before, after) = (set("2024-02-01"), set("2024-04-01"));
    assert_eq!(before["signals"]["plan"], "free");
    assert!(kinds(&before).is_empty(), "{before}");
    assert_eq!(after["signals"]["plan"], Json::Null);
    assert_eq!(kinds(&after), ["history_not_told"]);
    // Where nothing is known of events, the value is all there is.
    body["attributes"]["plan"] = json!("team");
    body["events"] = Json::Null;
    let found = ask(&server, &body);
    assert_eq!(found["signals"]["plan"], "team");
    assert_eq!(kinds(&found), ["history_not_told", "events_not_given"]);
    let mut body = lead("2024-03-01", json!([]));
    body["attributes"].as_object_mut().unwrap().remove("created_at");
    let found = ask(&server, &body);
    assert_eq!(kinds(&found), ["missing_column"]);
    assert_eq!(found["warnings"][0]["attribute"], "created_at");
    // It decides which events are noise.
    let event = json!([{"kind": "page_view", "at": "2023-12-30T10:00:00Z"}]);
    let found = ask(&server, &lead("2024-01-02", event.clone()));
    assert_eq!(found["events"]["before_created"], 1);
    body["events"] = event;
    assert_eq!(ask(&server, &body)["events"]["before_created"], 0);
}

#[test]
fn times_without_a_zone_are_said() {
    let server = Server::start(event_fixture::service());
    let mut body = lead("2024-03-01T00:00:00", json!([]));
    body["attributes"]["created_at"] = json!("2024-01-01 10:00:00");
    let found = ask(&server, &body);
    assert_eq!(kinds(&found), ["time_without_zone"; 2]);
    assert_eq!(found["warnings"][0]["message"], "as_of names no zone, and is read as UTC");
    assert_eq!(found["warnings"][1]["attribute"], "created_at");
    // A day needs none.
    body["as_of"] = json!("2024-03-01");
    body["attributes"]["created_at"] = json!("2024-01-01T10:00:00+02:00");
    assert_eq!(kinds(&ask(&server, &body)), [""; 0]);
    // The name of a zone is none: what to write is told.
    body["as_of"] = json!("2024-03-01T00:00:00[Europe/Madrid]");
    let refused = server.predict(body.to_string()).problem(422);
    let said = refused["errors"][0]["message"].as_str().unwrap();
    assert!(said.contains("with the zone as an offset: 2024-01-31T09:30:00-05:00"), "{said}");
}

#[test]
fn events_where_nothing_looks_at_them() {
    for service in [crate::fixture::service(), crate::fixture::rules_alone()] {
        let server = Server::start(service);
        let mut body = crate::fixture::plain_lead();
        let mut plain = ask(&server, &body);
        body["events"] = json!([{"kind": "x", "at": "2024-01-01", "properties": {"y": 1}}]);
        let found = ask(&server, &body);
        let warnings = plain["warnings"].as_array_mut().unwrap();
        warnings.push(json!({"kind": "events_not_used", "attribute": null,
                             "message": "nothing that is served looks at events"}));
        assert_eq!(found, plain);
        body["events"] = json!([{"kind": "x"}]);
        let bad = server.predict(body.to_string()).bad_fields();
        assert_eq!(bad.len(), 1);
        assert!(bad[0].starts_with("/events/0: "), "{bad:?}");
        // Rules alone take signals for attributes.
        let body = json!({"attributes": {}, "as_of": "2024-01-31", "signals": {"age": 20}});
        let found = ask(&server, &body);
        assert_eq!(found["signals"]["age"], 20);
        assert_eq!(found["points"][0]["total"], -3);
    }
}

#[test]
fn too_many_events() {
    let limits = Limits { max_events: 3, ..Limits::default() };
    let server = Server::within(event_fixture::service(), limits);
    let event = json!({"kind": "page_view", "at": "2024-02-01"});
    let leads = |n: usize| {
        let lead = |n: usize| lead("2024-03-01", json!(vec![event.clone(); n]));
        json!({"leads": [lead(3), lead(n)]}).to_string()
    };
    server.predict(leads(3)).answer();
    let problem = server.predict(leads(4)).problem(413);
    assert_eq!(problem["type"], "/problems/too-many-events");
    assert_eq!(
        problem["detail"],
        "a lead may have 3 events, and lead 1 has more; leave out those that no signal looks at"
    );
    server.predict("{\"attributes\":{},\"events\":[1,2,3,4").problem(413);
}

#[tokio::test]
async fn events_that_take_too_long() {
    use tower::ServiceExt;
    let limits = Limits { timeout: std::time::Duration::ZERO, ..Limits::default() };
    let event = json!({"kind": "page_view", "at": "2024-02-01"});
    for (events, status) in [(100, 200), (20_000, 503)] {
        let body = lead("2024-03-01", json!(vec![event.clone(); events])).to_string();
        let request = Request::post("/predict").body(Body::from(body)).unwrap();
        let app = leadscore_serve::app(event_fixture::service(), limits);
        assert_eq!(app.oneshot(request).await.unwrap().status(), status, "{events}");
    }
}
