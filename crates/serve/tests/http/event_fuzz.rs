//! No events, and no ready signals, make the server fail.

use axum::body::Body;
use axum::http::Request;
use leadscore_features::Time;
use leadscore_serve::Limits;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::event_fixture::{self, Event, START};
use crate::events::{DAY, lead};
use crate::fixture::Random;

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        prop::sample::select(vec![
            "page_view",
            "set",
            "plan",
            "2024-02-01T10:00:00Z",
            "2024-02-01 10:00",
            "9999-12-31T23:59:59Z",
            "-9999-01-01",
            "/pricing",
            "10.0.0.1",
        ])
        .prop_map(Json::from),
    ]
}

fn object(keys: &'static [&'static str], value: BoxedStrategy<Json>) -> BoxedStrategy<Json> {
    let key = prop_oneof![
        8 => prop::sample::select(keys).prop_map(str::to_owned),
        1 => ".{0,6}".prop_map(String::from),
    ];
    prop::collection::vec((key, value), 0..8)
        .prop_map(|entries| Json::Object(entries.into_iter().collect()))
        .boxed()
}

fn event() -> BoxedStrategy<Json> {
    const KEYS: &[&str] = &["kind", "at", "known_at", "id", "properties"];
    const PROPERTIES: &[&str] = &["page", "value", "channel", "ip", "attribute", "to", "browser"];
    let properties = object(PROPERTIES, scalar().boxed());
    let any = object(KEYS, prop_oneof![3 => scalar(), 1 => properties.clone()].boxed());
    let kind = prop::sample::select(vec!["page_view", "set", "email_sent", "email_clicked", "x"]);
    let day = -4000..4000_i64;
    let good = (kind, day.clone(), prop::option::of(day), scalar(), properties).prop_map(
        |(kind, at, known_at, id, properties)| {
            let time = |day: i64| Time::from_micros(START + day * DAY / 9);
            let id = if id.is_boolean() { Json::Null } else { id };
            json!({"kind": kind, "at": time(at), "known_at": known_at.map(time), "id": id,
                   "properties": properties})
        },
    );
    prop_oneof![1 => scalar(), 2 => any, 20 => good].boxed()
}

thread_local! {
    static ROUTER: axum::Router = leadscore_serve::app(event_fixture::service(), Limits::default());
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
}

fn status(body: String) -> u16 {
    use tower::ServiceExt;
    let request = Request::post("/predict").body(Body::from(body)).unwrap();
    let router = ROUTER.with(Clone::clone);
    RUNTIME.with(|runtime| runtime.block_on(router.oneshot(request)).unwrap().status().as_u16())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn any_events(events in prop::collection::vec(event(), 0..30), as_of in -3000..5000_i64) {
        let as_of = Time::from_micros(START + as_of * DAY / 9);
        let body = json!({"attributes": {"created_at": "2024-01-01"}, "as_of": as_of, "events": events});
        let status = status(body.to_string());
        prop_assert!(matches!(status, 200 | 422), "{status}");
    }

    #[test]
    fn any_signals(signals in object(
        &["visits_7d", "seniority", "plan", "prices_then_demo", "created_at", "persona"],
        scalar().boxed(),
    )) {
        let body = json!({"attributes": {}, "signals": signals});
        let status = status(body.to_string());
        prop_assert!(matches!(status, 200 | 422), "{status}");
    }

    #[test]
    fn events_cut_or_changed(at in 0usize..2000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut random = Random(5);
        let events: Vec<Json> = (0..6).map(|_| Event::random(&mut random).json()).collect();
        let mut body = lead("2024-03-01", json!(events)).to_string().into_bytes();
        let at = at % body.len();
        if cut { body.truncate(at) } else { body[at] = byte }
        if let Ok(body) = String::from_utf8(body) {
            prop_assert!(status(body) < 500);
        }
    }
}
