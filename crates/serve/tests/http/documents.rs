//! What the server says about itself: probes, metrics, the OpenAPI document, the page.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::Server;
use crate::{event_fixture, fixture, points_fixture};

#[test]
fn probes_and_redirects() {
    let server = Server::start(fixture::service());
    assert_eq!(server.get("/healthz").answer(), json!({"status": "ok"}));
    assert_eq!(server.get("/readyz").answer(), json!({"status": "ready"}));
    for path in ["/", "/docs"] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.header("location")), (307, Some("docs/")));
    }
    let reply = server.connect().ask("HEAD", "/healthz", &[], b"");
    assert_eq!((reply.status, reply.body.len()), (200, 0));
}

#[test]
fn request_ids() {
    let server = Server::start(fixture::service());
    let ask = |id: &str| {
        let reply = server.connect().ask("GET", "/healthz", &[("x-request-id", id)], b"");
        reply.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(ask("abc-123_X.9"), "abc-123_X.9");
    let made = ask("someone@example.com");
    assert_eq!(made.len(), 16);
    assert_ne!(made, ask("someone@example.com"));
    assert_eq!(ask(&"x".repeat(65)).len(), 16);
}

#[test]
fn metrics_parse_and_count() {
    let server = Server::start(fixture::service());
    let mut odd = fixture::plain_lead();
    odd["attributes"]["job"] = json!("astronaut");
    server.predict(json!({"leads": [odd, fixture::plain_lead()]}).to_string()).answer();
    server.predict("nonsense").problem(400);
    server.points(fixture::plain_lead().to_string()).answer();
    server.get("/some/lead/a@b.example").problem(404);
    let reply = server.get("/metrics");
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    let text = reply.text();
    assert!(text.ends_with("# EOF\n"));
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(name.starts_with("leadscore_"), "{line}");
        let labels = name.split_once('{').map(|(_, labels)| labels);
        assert!(labels.is_none_or(|labels| labels.ends_with('}')), "{line}");
    }
    let hash = fixture::rules().hash;
    for line in [
        "leadscore_requests_total{route=\"/predict\",status=\"200\"} 1",
        "leadscore_requests_total{route=\"/predict\",status=\"400\"} 1",
        "leadscore_requests_total{route=\"unknown\",status=\"404\"} 1",
        "leadscore_request_duration_seconds_count{route=\"/predict\"} 2",
        "leadscore_requests_total{route=\"/points\",status=\"200\"} 1",
        "leadscore_request_duration_seconds_count{route=\"/points\"} 1",
        "leadscore_requests_in_flight 1",
        "leadscore_leads_scored_total 3",
        "leadscore_warnings_total{kind=\"unseen_category\"} 1",
        "leadscore_leads_by_band_total{source=\"rule_set:classic\",band=\"hot\"} 0",
        "leadscore_leads_by_band_total{source=\"rule_set:classic\",band=\"warm\"} 3",
        "leadscore_model_info{name=\"deals\",version=\"3\",hash=\"0123abcd\"} 1",
        &format!("leadscore_rule_set_info{{name=\"classic\",version=\"7\",hash=\"{hash}\"}} 1"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("example"), "paths that clients make up are not labels");
}

#[test]
fn the_page_of_docs_needs_no_network() {
    let server = Server::start(fixture::service());
    let page = server.get("/docs/");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'self';") && !policy.contains("http"), "{policy}");
    let html = page.text();
    let mut files = 0;
    for attribute in ["src=\"", "href=\""] {
        for found in html.split(attribute).skip(1) {
            let link = found.split('"').next().unwrap();
            let local = link.strip_prefix("./").unwrap_or(link);
            assert!(!local.contains("//") && !local.starts_with('/'), "{link}");
            let reply = server.get(&format!("/docs/{local}"));
            assert_eq!(reply.status, 200, "{link}");
            assert!(!reply.body.is_empty());
            files += 1;
        }
    }
    assert!(files >= 5, "{html}");
    let start = server.get("/docs/swagger-initializer.js");
    assert!(start.text().contains("\"../openapi.json\""), "{}", start.text());
    assert!(start.text().contains("\"validatorUrl\": \"none\""), "{}", start.text());
    assert!(!start.text().contains("http"), "{}", start.text());
    let css = server.get("/docs/swagger-ui.css");
    assert!(!css.text().contains("@import") && !css.text().contains("url(http"));
}

/// The problems of a value against a schema: the keywords that the document uses.
fn check(schema: &Value, value: &Value, at: &str, document: &Value, problems: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.strip_prefix('#').unwrap());
        return check(target.expect(reference), value, at, document, problems);
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(options) = schema[keyword].as_array() {
            let fits = options.iter().filter(|option| {
                let mut found = Vec::new();
                check(option, value, at, document, &mut found);
                found.is_empty()
            });
            let fits = fits.count();
            if fits == 0 || (keyword == "oneOf" && fits > 1) {
                problems.push(format!("{at}: {value} fits {fits} of {keyword}"));
            }
        }
    }
    for option in schema["allOf"].as_array().into_iter().flatten() {
        check(option, value, at, document, problems);
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let whole = value.is_i64() || value.is_u64();
    let fits = types.contains(&is) || (whole && types.contains(&"integer"));
    if !types.is_empty() && !fits {
        problems.push(format!("{at}: {value} is not {types:?}"));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        problems.push(format!("{at}: {value} is not one of {allowed:?}"));
    }
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        if schema["items"].is_object() {
            check(&schema["items"], item, &format!("{at}/{i}"), document, problems);
        }
    }
    let Some(object) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            problems.push(format!("{at}: {name} is not there"));
        }
    }
    for (name, value) in object {
        let at = format!("{at}/{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => problems.push(format!("{at}: not described")),
            (Value::Null, other) if other.is_object() => {
                check(other, value, &at, document, problems);
            }
            (Value::Null, _) => {
                if schema["properties"].is_object() {
                    problems.push(format!("{at}: not described"));
                }
            }
            (schema, _) => check(schema, value, &at, document, problems),
        }
    }
}

fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn the_openapi_document_describes_what_is_served() {
    for service in [
        fixture::service(),
        fixture::rules_alone(),
        fixture::model_alone(),
        event_fixture::service(),
        points_fixture::service(),
        points_fixture::rules_alone(),
    ] {
        let server = Server::start(service);
        let document = server.get("/openapi.json").answer();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
        assert_eq!(document["info"]["title"], "leadscore");
        let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
        let all =
            ["/docs/", "/healthz", "/metrics", "/openapi.json", "/points", "/predict", "/readyz"];
        assert_eq!(paths, all);
        for path in all.iter().filter(|path| !matches!(**path, "/predict" | "/points")) {
            let described = document["paths"][path]["get"]["responses"]["200"]["content"].clone();
            let kind = server.get(path).header("content-type").unwrap().to_owned();
            let essence = |kind: &str| kind.split(';').next().unwrap().to_owned();
            let kinds: Vec<String> =
                described.as_object().unwrap().keys().map(|kind| essence(kind)).collect();
            assert_eq!(kinds, [essence(&kind)], "{path}");
        }
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.len() > 8);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }

        let statuses = |path: &str| -> Vec<String> {
            let responses = &document["paths"][path]["post"]["responses"];
            responses.as_object().unwrap().keys().cloned().collect()
        };
        let expected = ["200", "400", "408", "413", "415", "422", "500", "503"];
        assert_eq!(statuses("/predict"), expected);
        let expected = ["200", "400", "404", "408", "413", "415", "422", "500", "503"];
        assert_eq!(statuses("/points"), expected);
        let predict = &document["paths"]["/predict"]["post"];
        let points = &document["paths"]["/points"]["post"];
        let body = &predict["requestBody"]["content"]["application/json"];
        let answer_of = |post: &Value| {
            post["responses"]["200"]["content"]["application/json"]["schema"].clone()
        };
        let answer = &answer_of(predict);
        let fits = |schema: &Value, value: &Value| {
            let mut problems = Vec::new();
            check(schema, value, "", &document, &mut problems);
            assert_eq!(problems, Vec::<String>::new(), "{value}");
        };
        // The examples are requests that are answered without a warning, and answers are as
        // described.
        for (path, post, leads) in
            [("/predict", predict, "predictions"), ("/points", points, "leads")]
        {
            let body = &post["requestBody"]["content"]["application/json"];
            for example in body["examples"].as_object().into_iter().flat_map(|all| all.values()) {
                fits(&body["schema"], &example["value"]);
                let found = server.post(path, example["value"].to_string()).answer();
                fits(&answer_of(post), &found);
                // What is far from the made-up scales of the fixtures is no matter.
                let warnings = found[leads][0]["warnings"].as_array().unwrap();
                let near = |warning: &&Value| warning["kind"] != "far_from_fitted";
                assert_eq!(warnings.iter().find(near), None, "{example}");
            }
        }
        let mut odd = fixture::plain_lead();
        odd["attributes"]["what"] = json!(1);
        odd["attributes"]["job"] = json!("astronaut");
        odd["id"] = Value::Null;
        fits(&body["schema"], &odd);
        fits(answer, &server.predict(odd.to_string()).answer());
        for (status, body) in [("422", "{\"attributes\":{\"age\":[]}}"), ("400", "x")] {
            let schema =
                &predict["responses"][status]["content"]["application/problem+json"]["schema"];
            fits(schema, &server.predict(body).json());
        }
        let mut wrong = Vec::new();
        check(&body["schema"], &json!({"atributes": {}}), "", &document, &mut wrong);
        assert!(!wrong.is_empty());
    }
}

#[test]
fn the_openapi_document_names_what_events_have() {
    let server = Server::start(event_fixture::service());
    let document = server.get("/openapi.json").answer();
    let schemas = &document["components"]["schemas"];
    let keys = |schema: &str| -> Vec<String> {
        schemas[schema]["properties"].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(
        keys("EventProperties"),
        ["attribute", "browser", "channel", "ip", "page", "to", "value"]
    );
    let properties = &schemas["EventProperties"]["properties"];
    assert_eq!(properties["value"]["type"], json!(["number", "string", "null"]));
    let unused = "Accepted, and not used by any score.";
    assert_eq!(properties["browser"]["description"], unused);
    let kinds = schemas["Event"]["properties"]["kind"]["description"].as_str().unwrap();
    assert!(kinds.contains("demo_request, download, email_clicked, email_sent"), "{kinds}");
    assert!(keys("Signals").contains(&"seniority".to_owned()));
    let signals = &schemas["SignalValues"]["properties"];
    assert_eq!(signals["visits_7d"]["type"], json!(["number", "null"]));
    assert_eq!(signals["persona"]["type"], json!(["string", "null"]));

    // Examples hold up when they are posted, and answers that lack events are described too.
    let predict = &document["paths"]["/predict"]["post"];
    let body = &predict["requestBody"]["content"]["application/json"];
    let example = |name: &str| {
        let found = server.predict(body["examples"][name]["value"].to_string()).answer();
        found["predictions"][0].clone()
    };
    assert_eq!(example("one")["events"]["kept"], 1);
    assert_eq!(example("one")["signals"]["pricing_visits_30d"], 0);
    assert_eq!(example("ready")["signals"]["pricing_visits_30d"], 1);
    let answer = &predict["responses"]["200"]["content"]["application/json"]["schema"];
    for body in [
        json!({"attributes": {}}),
        json!({"attributes": {"plan": "x"}, "events": [
            {"kind": "zz", "at": "2024-02-01T10:00:00", "properties": {"zz": 1, "value": "x"}},
        ]}),
    ] {
        let found = server.predict(body.to_string()).answer();
        let mut problems = Vec::new();
        check(answer, &found, "", &document, &mut problems);
        assert_eq!(problems, Vec::<String>::new(), "{found}");
        let warnings = found["predictions"][0]["warnings"].as_array().unwrap();
        assert!(warnings.len() > 2, "{found}");
    }
}
