//! `POST /predict` without a socket: one lead of 20 attributes with points and reasons, and a
//! batch of a thousand.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../tests/http/fixture.rs"]
mod fixture;

use std::hint::black_box;

use axum::body::{Body, Bytes};
use axum::http::Request;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http_body_util::BodyExt;
use leadscore_serve::{Limits, app};
use tower::ServiceExt;

fn predict(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let router = app(fixture::service(), Limits::default());
    let lead = fixture::plain_lead();
    let many = serde_json::json!({"leads": vec![lead.clone(); 1000]});
    let mut group = c.benchmark_group("predict");
    for (name, leads, body) in
        [("one lead of 20 attributes", 1, lead.to_string()), ("1000 leads", 1000, many.to_string())]
    {
        let body = Bytes::from(body);
        group.throughput(Throughput::Elements(leads));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let request = Request::post("/predict")
                    .header("content-type", "application/json")
                    .body(Body::from(body.clone()))
                    .unwrap();
                let answer = runtime.block_on(async {
                    let response = router.clone().oneshot(request).await.unwrap();
                    assert_eq!(response.status(), 200);
                    response.into_body().collect().await.unwrap().to_bytes()
                });
                black_box(answer)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, predict);
criterion_main!(benches);
