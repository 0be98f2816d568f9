//! No body makes the server fail.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use leadscore_serve::{Limits, app};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::fixture;

thread_local! {
    static ROUTER: Router = app(fixture::service(), Limits::default());
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
}

fn status(body: Vec<u8>) -> StatusCode {
    let request = Request::post("/predict").body(Body::from(body)).unwrap();
    let router = ROUTER.with(Clone::clone);
    RUNTIME.with(|runtime| runtime.block_on(router.oneshot(request)).unwrap().status())
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop_oneof!["level 1", "yes", "2024-01-31", "9999-12-31T23:59:59Z", "-9999-01-01"]
            .prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "leads",
            "attributes",
            "as_of",
            "id",
            "reasons",
            "rule_sets",
            "stages",
            "age",
            "job",
            "newsletter",
            "signed_up",
            "created",
            "notes",
            "revenue",
            "code",
        ])
        .prop_map(str::to_owned),
        ".{0,8}",
    ]
}

/// Something close to what is meant.
fn lead() -> impl Strategy<Value = Value> {
    let attributes = prop::collection::vec((key(), scalar()), 0..12)
        .prop_map(|entries| Value::Object(entries.into_iter().collect()));
    (attributes, scalar(), scalar()).prop_map(|(attributes, id, as_of)| match as_of {
        Value::Number(_) => json!({"id": id, "attributes": attributes}),
        as_of => json!({"attributes": attributes, "as_of": as_of}),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn any_bytes(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(status(body).is_client_error());
    }

    #[test]
    fn any_json(body in value()) {
        let status = status(body.to_string().into_bytes());
        prop_assert!(!status.is_server_error(), "{status}");
    }

    #[test]
    fn nearly_leads(leads in prop::collection::vec(lead(), 1..4)) {
        let status = status(json!({"leads": leads}).to_string().into_bytes());
        prop_assert!(matches!(status.as_u16(), 200 | 422), "{status}");
    }

    #[test]
    fn a_lead_cut_or_changed(at in 0usize..600, byte in any::<u8>(), cut in any::<bool>()) {
        let mut body = fixture::plain_lead().to_string().into_bytes();
        let at = at % body.len();
        if cut { body.truncate(at) } else { body[at] = byte }
        prop_assert!(!status(body).is_server_error());
    }
}
