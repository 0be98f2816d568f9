//! Everything a client can get wrong, and what it is told.

use leadscore_features::{Coding, Time};
use leadscore_serve::Service;
use serde_json::json;

use crate::client::Server;
use crate::{event_fixture, fixture};

#[test]
fn every_bad_field_of_every_lead_is_named() {
    let server = Server::start(fixture::service());
    let body = json!({"leads": [
        {"attributes": {"age": "old", "newsletter": 7, "signed_up": "soon", "job": ["a"], "zz": {}}},
        fixture::plain_lead(),
        {"id": 1.5, "as_of": "yesterday", "attributes": {"created": "never", "a/b~c": []}},
        {"id": true, "as_of": 3, "atributes": {}},
        7,
        {"age": 3, "reasons": 1, "attributes": null},
    ]});
    let bad = server.predict(body.to_string()).bad_fields();
    let mut expected = vec![
        "/leads/0/attributes/age: \"old\" is not a number",
        "/leads/0/attributes/job: a list is not a value; an attribute is a text, a number, true, false or null",
        "/leads/0/attributes/newsletter: 7 is not yes or no",
        "/leads/0/attributes/signed_up: \"soon\" is not a date like 2024-01-31 or 2024-01-31T09:30:00Z",
        "/leads/0/attributes/zz: an object is not a value; an attribute is a text, a number, true, false or null",
        "/leads/2/as_of: \"yesterday\" is not a time; write it like 2024-01-31 or 2024-01-31T09:30:00Z",
        "/leads/2/attributes/a~1b~0c: a list is not a value; an attribute is a text, a number, true, false or null",
        "/leads/2/attributes/created: \"never\" is not a date like 2024-01-31 or 2024-01-31T09:30:00Z",
        "/leads/2/id: an id is a text or a whole number of 64 bits; write others as text",
        "/leads/3/as_of: a time is a text like 2024-01-31 or 2024-01-31T09:30:00Z, not a number",
        "/leads/3/atributes: there is no such key; did you mean \"attributes\"?",
        "/leads/3/id: an id is a text or a whole number, not true",
        "/leads/3: a lead needs its attributes, as {\"attributes\": {...}}",
        "/leads/4: a lead is an object with attributes, not a number",
        "/leads/5/age: there is no such key here; attributes stand inside \"attributes\"",
        "/leads/5/attributes: attributes are an object of names and values, not null",
        "/leads/5/reasons: \"reasons\" stands at the top of the body, not in a lead",
    ];
    let mut bad: Vec<&str> = bad.iter().map(String::as_str).collect();
    bad.sort_unstable();
    expected.sort_unstable();
    assert_eq!(bad, expected);
    let problem = server.predict(body.to_string()).problem(422);
    assert_eq!(problem["detail"], "17 fields are wrong; nothing was scored");
    let first = &problem["errors"][0];
    assert_eq!((&first["lead"], &first["field"]), (&json!(0), &json!("age")));
}

#[test]
fn shapes_that_are_not_leads() {
    let server = Server::start(fixture::service());
    let whole = |what: &str| {
        format!(
            ": the body is {what}; send a lead, {{\"attributes\": {{...}}}}, or {{\"leads\": [...]}}"
        )
    };
    let neither = ": send a lead, {\"attributes\": {...}}, or {\"leads\": [...]}";
    let cases: [(&str, Vec<String>); 14] = [
        ("[]", vec![whole("a list")]),
        ("[{\"attributes\":{}}]", vec![whole("a list")]),
        ("null", vec![whole("null")]),
        ("3", vec![whole("a number")]),
        ("\"x\"", vec![whole("a text")]),
        ("{}", vec![neither.into()]),
        ("{\"leads\":[]}", vec!["/leads: it is empty; send at least one lead".into()]),
        ("{\"leads\":{}}", vec!["/leads: it is a list of leads, not an object".into()]),
        ("{\"leads\":null}", vec!["/leads: it is a list of leads, not null".into()]),
        ("{\"id\":1}", vec![": a lead needs its attributes, as {\"attributes\": {...}}".into()]),
        (
            "{\"attributes\":{},\"leads\":[{\"attributes\":{}}],\"id\":4}",
            vec![": send either one lead or \"leads\", not both in one body".into()],
        ),
        (
            "{\"leeds\":[]}",
            vec!["/leeds: there is no such key; did you mean \"leads\"?".into(), neither.into()],
        ),
        (
            "{\"attributes\":{},\"reasons\":-1}",
            vec!["/reasons: it is a whole number from 0 to 1000".into()],
        ),
        (
            "{\"attributes\":{},\"reasons\":1,\"reasons\":2}",
            vec!["/reasons: it is there twice".into()],
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(server.predict(body).bad_fields(), expected, "{body}");
    }
}

#[test]
fn keys_that_are_there_twice() {
    let server = Server::start(fixture::service());
    for (body, pointer) in [
        ("{\"attributes\":{\"age\":1,\"job\":\"a\",\"age\":1}}", "/attributes/age"),
        ("{\"attributes\":{\"age\":1,\"\\u0061ge\":2}}", "/attributes/age"),
        ("{\"attributes\":{\"what\":1,\"what\":2}}", "/attributes/what"),
        ("{\"attributes\":{\"notes\":1,\"notes\":2}}", "/attributes/notes"),
        ("{\"attributes\":{},\"attributes\":{}}", "/attributes"),
        ("{\"id\":1,\"attributes\":{},\"id\":1}", "/id"),
        ("{\"as_of\":null,\"attributes\":{},\"as_of\":null}", "/as_of"),
    ] {
        let bad = server.predict(body).bad_fields();
        assert_eq!(bad, [format!("{pointer}: it is there twice")], "{body}");
    }
    // The same attribute of two leads is not.
    let two = "{\"leads\":[{\"attributes\":{\"age\":1,\"what\":1}},{\"attributes\":{\"age\":1,\"what\":1}}]}";
    server.predict(two).answer();
}

#[test]
fn bodies_that_are_not_json() {
    let server = Server::start(fixture::service());
    let problem = server.predict("{\"attributes\":\n  {\"age\": 1,}}").problem(400);
    assert_eq!((&problem["line"], &problem["column"]), (&json!(2), &json!(13)));
    let text = problem["detail"].as_str().unwrap();
    assert!(text.ends_with("at line 2 column 13"), "{text}");
    let problem = server.predict("  ").problem(400);
    assert!(problem["detail"].as_str().unwrap().starts_with("the body is empty"));
    server.predict("").problem(400);
    for body in [
        "{",
        "{\"attributes\":{}} x",
        "{'attributes':{}}",
        "NaN",
        "{\"attributes\":{\"age\":NaN}}",
        "{\"attributes\":{\"age\":1e999}}",
    ] {
        server.predict(body).problem(400);
    }
    let problem = server.predict(b"{\"attributes\":\n{\"job\":\"\xff\"}}").problem(400);
    assert_eq!(problem["detail"], "it is not UTF-8 at line 2 column 9");
    // A lone surrogate is no text.
    server.predict("{\"attributes\":{\"job\":\"\\ud800\"}}").problem(400);
}

#[test]
fn bodies_that_are_nested_too_deep() {
    let server = Server::start(fixture::service());
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for (before, after) in
            [("", ""), ("{\"attributes\":{\"age\":", "}}"), ("{\"leads\":[{\"what\":", "}]}")]
        {
            let deep = |n: usize| format!("{before}{}1{}{after}", open.repeat(n), close.repeat(n));
            assert_ne!(server.predict(deep(50)).status, 400);
            let problem = server.predict(deep(200)).problem(400);
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.starts_with("recursion limit exceeded"), "{detail}");
            // Not even closed: it must not exhaust the stack.
            server.predict(before.to_owned() + &open.repeat(200_000)).problem(400);
        }
    }
}

#[test]
fn numbers_too_large_to_score() {
    let mut bundle = fixture::bundle();
    bundle.model.encoder.inputs[1].coding = Coding::Standard { mean: 0.0, scale: 1e-10 };
    let service = Service::new(Some((bundle, "h".into())), vec![]).unwrap();
    let server = Server::start(service);
    let body =
        json!({"leads": [{"attributes": {"employees": 1}}, {"attributes": {"employees": 1e308}}]});
    let bad = server.predict(body.to_string()).bad_fields();
    assert_eq!(bad, ["/leads/1/attributes/employees: its number is too large to be scored"]);
    let bad = server.predict("{\"attributes\":{\"employees\":-1e308}}").bad_fields();
    assert_eq!(bad, ["/attributes/employees: its number is too large to be scored"]);
    // A probability may round to 0 or 1, and is a number.
    let answer = server.predict("{\"attributes\":{\"employees\":1e200}}").answer();
    let probability = answer["predictions"][0]["probability"].as_f64().unwrap();
    assert!(probability == 0.0 || probability == 1.0);
}

#[test]
fn media_types() {
    let server = Server::start(fixture::service());
    let ask = |headers: &[(&str, &str)]| {
        server.connect().ask("POST", "/predict", headers, b"{\"attributes\":{}}")
    };
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/json ;x=y"] {
        ask(&[("content-type", kind)]).answer();
    }
    ask(&[]).answer();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let reply = ask(&[("content-type", kind)]);
        reply.problem(415);
        assert_eq!(reply.header("accept"), Some("application/json"));
    }
    ask(&[("content-encoding", "gzip")]).problem(415);
    ask(&[("content-encoding", "identity")]).answer();
}

#[test]
fn places_and_methods_that_do_not_exist() {
    let server = Server::start(fixture::service());
    let problem = server.get("/predct").problem(404);
    assert_eq!(problem["detail"], "there is nothing here; did you mean /predict?");
    for path in ["/predict/", "/docs/nothing.js", "/docs/../Cargo.toml", "/%00", "/.env"] {
        server.get(path).problem(404);
    }
    let problem = server.get("/pionts").problem(404);
    assert_eq!(problem["detail"], "there is nothing here; did you mean /points?");
    for path in ["/predict", "/points"] {
        let reply = server.get(path);
        reply.problem(405);
        assert_eq!(reply.header("allow"), Some("POST"));
    }
    for path in ["/healthz", "/metrics", "/openapi.json", "/docs/"] {
        let reply = server.connect().ask("POST", path, &[], b"{}");
        reply.problem(405);
        assert_eq!(reply.header("allow"), Some("GET,HEAD"), "{path}");
    }
    // No header of any other origin is answered.
    let headers =
        [("origin", "http://elsewhere.example"), ("access-control-request-method", "POST")];
    let reply = server.connect().ask("OPTIONS", "/predict", &headers, b"");
    reply.problem(405);
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

#[test]
fn a_moment_that_is_still_to_come_is_said() {
    let server = Server::start(event_fixture::service());
    let warnings = |as_of: &str| {
        let body = crate::events::lead(as_of, json!([]));
        let found = server.predict(body.to_string()).answer()["predictions"][0].clone();
        let all = found["warnings"].as_array().unwrap().clone();
        let told = all.into_iter().filter(|warning| warning["kind"] == "as_of_to_come");
        told.map(|warning| warning["message"].clone()).collect::<Vec<_>>()
    };
    // Clocks differ by a little.
    let soon = Time::from_micros(Time::now().micros() + 60_000_000).to_string();
    assert_eq!(warnings(&soon), [""; 0]);
    let said = "as_of, 2124-03-01T00:00:00Z, is still to come: the lead is scored as if nothing happened until then";
    assert_eq!(warnings("2124-03-01"), [said]);
}
