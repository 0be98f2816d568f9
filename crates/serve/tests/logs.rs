//! Logs hold what operators need, and nothing about a lead. A program of its own: what other tests
//! do at the same time decides whether a log line that was never written before is written.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "http/fixture.rs"]
mod fixture;

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use leadscore_serve::{Limits, app};
use serde_json::json;
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn one_line_per_request_and_nothing_about_a_lead() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(captured.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ask = |method: &str, path: &str, body: String| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-request-id", "r-1")
            .body(Body::from(body))
            .unwrap();
        let router = app(fixture::service(), Limits::default());
        runtime.block_on(router.oneshot(request)).unwrap().status().as_u16()
    };
    let secret = |n: usize| {
        let mut lead = fixture::plain_lead();
        lead["id"] = json!("SECRET-id");
        lead["attributes"]["job"] = json!("SECRET-job");
        lead["attributes"]["SECRET-name"] = json!("SECRET-value");
        json!({"leads": vec![lead; n]}).to_string()
    };
    assert_eq!(ask("POST", "/predict?lead=SECRET", secret(2)), 200);
    assert_eq!(ask("POST", "/predict", secret(500)), 200);
    let wrong = json!({"id": "SECRET", "attributes": {"age": "SECRET", "job": ["SECRET"]}});
    assert_eq!(ask("POST", "/predict", wrong.to_string()), 422);
    assert_eq!(ask("POST", "/predict", "{\"SECRET".to_owned()), 400);
    assert_eq!(ask("GET", "/SECRET", String::new()), 404);
    assert_eq!(ask("SECRET", "/healthz", String::new()), 405);
    assert_eq!(ask("GET", "/healthz", String::new()), 200);

    let bytes = captured.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains("SECRET"), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 7, "{text}");
    let expected = [
        ("INFO", "POST", "/predict", 200, 2),
        ("INFO", "POST", "/predict", 200, 500),
        ("INFO", "POST", "/predict", 422, 0),
        ("INFO", "POST", "/predict", 400, 0),
        ("INFO", "GET", "unknown", 404, 0),
        ("INFO", "other", "/healthz", 405, 0),
        ("DEBUG", "GET", "/healthz", 200, 0),
    ];
    for (line, (level, method, route, status, leads)) in lines.iter().zip(expected) {
        for part in [
            level.to_owned(),
            format!("method=\"{method}\""),
            format!("route=\"{route}\""),
            format!("status={status}"),
            format!("leads={leads}"),
            "request_id=\"r-1\"".to_owned(),
            "micros=".to_owned(),
        ] {
            assert!(line.contains(&part), "{part} is not in {line}");
        }
    }
}
