//! No body makes `/points` fail, whatever rule sets and stages it names.

use axum::body::{Body, Bytes};
use axum::http::Request;
use http_body_util::BodyExt;
use leadscore_features::Time;
use leadscore_serve::Limits;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::event_fixture::START;
use crate::events::DAY;
use crate::points::adds_up;
use crate::points_fixture;

thread_local! {
    static ROUTER: axum::Router = leadscore_serve::app(points_fixture::service(), Limits::default());
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
}

fn post(path: &str, body: String) -> (u16, Bytes) {
    use tower::ServiceExt;
    let request = Request::post(path).body(Body::from(body)).unwrap();
    let router = ROUTER.with(Clone::clone);
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let response = router.oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            (status, response.into_body().collect().await.unwrap().to_bytes())
        })
    })
}

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,8}".prop_map(Json::from),
        prop::sample::select(vec!["journey", "size", "MQL", "decision", "subscriber", "journy"])
            .prop_map(Json::from),
    ]
}

fn object(keys: &'static [&'static str], value: BoxedStrategy<Json>) -> BoxedStrategy<Json> {
    let key = prop_oneof![
        8 => prop::sample::select(keys).prop_map(str::to_owned),
        1 => ".{0,6}".prop_map(String::from),
    ];
    prop::collection::vec((key, value), 0..4)
        .prop_map(|entries| Json::Object(entries.into_iter().collect()))
        .boxed()
}

fn stages() -> BoxedStrategy<Json> {
    let steps = object(&["stage", "funnel"], scalar().boxed());
    let sets = prop_oneof![4 => steps, 1 => scalar()].boxed();
    prop_oneof![4 => object(&["journey", "size", "engagement"], sets), 1 => scalar()].boxed()
}

fn rule_sets() -> BoxedStrategy<Json> {
    let list = prop::collection::vec(scalar(), 0..3).prop_map(Json::from);
    prop_oneof![2 => list, 1 => scalar()].boxed()
}

fn event() -> impl Strategy<Value = Json> {
    let kinds = vec!["page_view", "demo_request", "unsubscribe", "set", "x"];
    let pages = prop::sample::select(vec!["/pricing", "/docs/a", "/"]);
    (prop::sample::select(kinds), -4000..4000_i64, pages).prop_map(|(kind, at, page)| {
        let at = Time::from_micros(START + at * DAY / 9);
        json!({"kind": kind, "at": at, "properties": {"page": page}})
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn any_sets_and_stages(sets in rule_sets(), stages in stages(), other in scalar()) {
        let body = json!({"attributes": {"employees": other}, "rule_sets": sets, "stages": stages});
        for path in ["/predict", "/points"] {
            let (status, _) = post(path, body.to_string());
            prop_assert!(matches!(status, 200 | 422), "{status}");
        }
    }

    #[test]
    fn any_bytes(body in ".{0,200}") {
        let (status, _) = post("/points", body);
        prop_assert!((400..500).contains(&status), "{status}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn any_past(
        events in prop::collection::vec(event(), 0..20),
        as_of in -3000..5000_i64,
        employees in 0..200_u32,
    ) {
        let as_of = Time::from_micros(START + as_of * DAY / 9);
        let body = json!({"as_of": as_of, "attributes": {"employees": employees}, "events": events});
        let (status, answer) = post("/points", body.to_string());
        prop_assert_eq!(status, 200);
        let answer: Json = serde_json::from_slice(&answer).unwrap();
        let points = answer["leads"][0]["points"].as_array().unwrap();
        points.iter().for_each(adds_up);
        let stage = &points[0]["stage"];
        prop_assert_eq!(&stage["from"], "events");
        prop_assert!(stage["since"].as_str().unwrap() <= answer["leads"][0]["as_of"].as_str().unwrap());
    }
}
