//! Leads of which one thing is otherwise: the same score as that of the lead that is so.

use leadscore_features::Time;
use serde_json::{Value as Json, json};

use crate::client::Server;
use crate::event_fixture::{self, Event, START};
use crate::events::{DAY, lead};
use crate::fixture::{self, Random};

fn ask(server: &Server, lead: &Json) -> Json {
    server.predict(lead.to_string()).answer()["predictions"][0].clone()
}

fn with(lead: &Json, what_if: Json) -> Json {
    let mut lead = lead.clone();
    lead["what_if"] = what_if;
    lead["intervals"] = json!(false);
    lead
}

/// The lead with one event more at its moment.
fn with_event(lead: &Json, kind: &str, properties: &Json) -> Json {
    let mut lead = lead.clone();
    let event = json!({"kind": kind, "at": lead["as_of"], "properties": properties});
    lead["events"].as_array_mut().unwrap().push(event);
    lead
}

/// Asserts that a change was answered as the lead that is so is.
fn assert_same(change: &Json, so: &Json, before: &Json) {
    for key in ["probability", "log_odds", "band"] {
        assert_eq!(change[key], so[key], "{change}");
    }
    let probability = |of: &Json| of["probability"].as_f64().unwrap();
    assert_eq!(change["change"], json!(probability(so) - probability(before)));
}

#[test]
fn a_change_is_the_lead_that_is_so_to_the_bit() {
    let server = Server::start(event_fixture::service());
    let mut random = Random(11);
    let mut told = 0;
    for _ in 0..60 {
        let events: Vec<Json> =
            (0..random.below(60)).map(|_| Event::random(&mut random).json()).collect();
        let as_of = Time::from_micros(START + random.below(130 * 24) as i64 * DAY / 24);
        let lead = lead(&as_of.to_string(), events);
        let before = ask(&server, &lead);
        assert!(before.get("what_if").is_none());

        let found = ask(&server, &with(&lead, json!(true)));
        assert_eq!(found["probability"], before["probability"]);
        let best = found["what_if"].as_array().unwrap();
        assert!(best.len() <= 5);
        let mut last = f64::INFINITY;
        for change in best {
            let so = with_event(&lead, change["kind"].as_str().unwrap(), &change["properties"]);
            assert_same(change, &ask(&server, &so), &before);
            let probability = change["probability"].as_f64().unwrap();
            assert!(probability <= last && change["change"].as_f64().unwrap() >= 0.001);
            last = probability;
            assert!(change.get("taken").is_none() && change["kind"] != "email_sent");
            told += 1;
        }

        let asked = json!([
            {"kind": "page_view", "properties": {"page": "/pricing", "value": 3}},
            {"kind": "purchase", "properties": {"value": 2.5, "channel": "search"}},
            {"kind": "email_sent"},
            {"attribute": "employees", "value": 12},
            {"attribute": "employees", "value": null},
            {"attribute": "plan", "value": "free"},
        ]);
        let found = ask(&server, &with(&lead, asked.clone()));
        for (change, asked) in
            found["what_if"].as_array().unwrap().iter().zip(asked.as_array().unwrap())
        {
            let so = match (asked["kind"].as_str(), asked["attribute"].as_str()) {
                (Some(kind), _) => with_event(&lead, kind, &asked["properties"]),
                (None, Some("plan")) => {
                    with_event(&lead, "set", &json!({"attribute": "plan", "to": "free"}))
                }
                _ => {
                    let mut so = lead.clone();
                    so["attributes"]["employees"] = asked["value"].clone();
                    so
                }
            };
            assert_same(change, &ask(&server, &so), &before);
        }
    }
    assert!(told > 60, "{told}");
}

#[test]
fn what_filters_take_is_said() {
    let server = Server::start(event_fixture::service());
    let sent = json!({"kind": "email_sent", "at": "2024-02-01T09:59:58Z"});
    let clicked = || json!([{"kind": "email_clicked"}]);
    let at_once = lead("2024-02-01T10:00:00Z", json!([sent]));
    let found = ask(&server, &with(&at_once, clicked()));
    assert_eq!(found["what_if"][0]["taken"], json!({"scanners": 1}));
    assert_eq!(found["what_if"][0]["change"], 0.0);
    let later = lead("2024-02-01T10:01:00Z", json!([sent]));
    assert!(ask(&server, &with(&later, clicked()))["what_if"][0].get("taken").is_none());

    let visit =
        |second: usize| json!({"kind": "page_view", "at": format!("2024-02-01T09:59:{second}Z")});
    let visits: Vec<Json> = (0..19).map(|i| visit(51 + i % 9)).collect();
    let many = lead("2024-02-01T10:00:00Z", visits);
    let found = ask(&server, &with(&many, json!([{"kind": "download"}])));
    assert_eq!(found["what_if"][0]["taken"], json!({"bursts": 20}));
    // Nothing that takes the visits out is suggested.
    for change in ask(&server, &with(&many, json!(true)))["what_if"].as_array().unwrap() {
        assert!(change.get("taken").is_none(), "{change}");
    }
}

#[test]
fn what_is_not_known_is_not_made_up() {
    let server = Server::start(event_fixture::service());
    let mut unknown = lead("2024-02-01", json!([]));
    unknown.as_object_mut().unwrap().remove("events");
    assert_eq!(ask(&server, &with(&unknown, json!(true))).get("what_if"), Some(&Json::Null));
    let bad = |lead: &Json, what_if| server.predict(with(lead, what_if).to_string()).bad_fields();
    let said = bad(&unknown, json!([{"kind": "download"}, {"attribute": "employees", "value": 1}]));
    assert_eq!(said, ["/what_if/0: its events are not given, so nothing can be said of one more"]);
    // Attributes need no events; that of a history is told by none then.
    let found = ask(&server, &with(&unknown, json!([{"attribute": "plan", "value": "team"}])));
    let mut so = unknown.clone();
    so["attributes"]["plan"] = json!("team");
    assert_same(&found["what_if"][0], &ask(&server, &so), &ask(&server, &unknown));
    let found = ask(&server, &with(&unknown, json!([{"attribute": "plan", "value": "odd"}])));
    assert_eq!(found["what_if"][0]["unseen"], true);

    let mut ready = unknown.clone();
    ready["attributes"] = json!({"created_at": "2024-01-01", "job_title": "CEO"});
    ready["signals"] = json!({"employees": 3});
    let said = bad(&ready, json!([{"attribute": "employees", "value": 1}]));
    assert!(said[0].contains("\"employees\" was given ready"), "{said:?}");

    let alone = Server::start(fixture::rules_alone());
    let mut lead = fixture::plain_lead();
    lead["what_if"] = json!(true);
    let said = alone.predict(lead.to_string()).bad_fields();
    assert_eq!(said, ["/what_if: it is asked of a model, and there is none"]);
}

#[test]
fn every_mistake_in_changes_is_named() {
    let server = Server::start(event_fixture::service());
    let lead = lead("2024-02-01", json!([]));
    let bad = |what_if| server.predict(with(&lead, what_if).to_string()).bad_fields();
    let said = bad(json!([
        {"kind": "page_vew"},
        {"kind": "page_view", "properties": {"pag": "/", "value": "much"}},
        {"kind": "set"},
        {"attribute": "employes", "value": 1},
        {"attribute": "employees", "value": "many"},
        {"attribute": "created_at", "value": "2024-01-02"},
    ]));
    // A signal of any kind of event looks at any kind.
    let expected = [
        "/what_if/1/properties/pag: events have no property \"pag\"; did you mean \"page\"?",
        "/what_if/1/properties/value: the property \"value\" is a number, and \"much\" is none",
        "/what_if/2/kind: set tells an attribute; ask for the attribute itself",
        "/what_if/3/attribute: the model looks at no attribute \"employes\"; did you mean \"employees\"?",
        "/what_if/4/value: employees: \"many\" is not a number",
        "/what_if/5/attribute: the model looks at no attribute \"created_at\"",
    ];
    assert_eq!(said, expected);

    let said = bad(json!([
        3,
        {},
        {"kind": "download", "attribute": "plan", "value": "team"},
        {"attribute": "plan"},
        {"kind": 3, "propertys": {}},
        {"kind": " ", "properties": []},
        {"attribute": "plan", "value": []},
        {"kind": "download", "properties": {"page": {}}},
    ]));
    let pointers: Vec<&str> = said.iter().map(|one| one.split_once(": ").unwrap().0).collect();
    let expected = [
        "/what_if/0",
        "/what_if/1",
        "/what_if/2",
        "/what_if/3",
        "/what_if/4/kind",
        "/what_if/4/propertys",
        "/what_if/5/kind",
        "/what_if/5/properties",
        "/what_if/6/value",
        "/what_if/7/properties/page",
    ];
    assert_eq!(pointers, expected, "{said:?}");
    assert!(said[5].contains("did you mean \"properties\"?"), "{said:?}");
    for (wrong, message) in [
        (json!(3), "it is true, false or a list of changes, not a number"),
        (json!([]), "it is empty; true asks for what raises most"),
        (json!(vec![json!({"kind": "download"}); 101]), "a request may ask about 100 changes"),
    ] {
        assert_eq!(bad(wrong), [format!("/what_if: {message}")]);
    }
    for no in [json!(false), json!(null)] {
        assert!(ask(&server, &with(&lead, no)).get("what_if").is_none());
    }
    let twice = "{\"attributes\":{},\"events\":[],\"what_if\":true,\"what_if\":true}";
    assert_eq!(server.predict(twice).bad_fields(), ["/what_if: it is there twice"]);
}
