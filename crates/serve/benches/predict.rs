//! `POST /predict`: one lead of 20 attributes with points and reasons, a batch of a thousand, and
//! one lead with 200 events and 20 signals of them, with and without stages to be worked out; of the
//! one without, the scoring alone, too.
//! Once without a socket, and once over HTTP, where the time is the CPU time of the server's
//! thread, the kernel's share included, and not the client's.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../tests/http/event_fixture.rs"]
mod event_fixture;
#[path = "../tests/http/fixture.rs"]
mod fixture;
#[path = "../tests/http/points_fixture.rs"]
mod points_fixture;

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http_body_util::BodyExt;
use leadscore_features::events::Seen;
use leadscore_features::{Snapshot, Time, Value};
use leadscore_model::{Score, Scorer, Sources};
use leadscore_serve::{Limits, app, bind, serve};
use tower::ServiceExt;

fn bodies() -> [(&'static str, u64, Bytes); 2] {
    let lead = fixture::plain_lead();
    let many = serde_json::json!({"leads": vec![lead.clone(); 1000]});
    [
        ("one lead of 20 attributes", 1, lead.to_string().into()),
        ("1000 leads", 1000, many.to_string().into()),
    ]
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

const AS_OF: &str = "2024-04-30T00:00:00Z";

fn events() -> Vec<event_fixture::Event> {
    let mut random = fixture::Random(1);
    (0..200).map(|_| event_fixture::Event::random(&mut random)).collect()
}

/// From events to a score, without JSON: records, their order, the cut with all filters, signals,
/// probability and points.
fn events_to_score(c: &mut Criterion) {
    let bundle = event_fixture::bundle();
    let sets = [event_fixture::rules()];
    let scorer = Scorer::new(Sources::served(Some(&bundle), &sets)).unwrap();
    let plan = scorer.event_plan().unwrap();
    let as_of = Time::parse(AS_OF).unwrap();
    let created = Some(Time::from_micros(event_fixture::START));
    let random = events();
    let mut sorted = random.clone();
    sorted.sort_by_key(|event| event.at);
    let mut score = Score::default();
    let attributes = vec![Value::Missing; scorer.columns().len()];
    let mut group = c.benchmark_group("200 events, 20 signals");
    for (order, events) in [("in any order", &random), ("in order", &sorted)] {
        let events = event_fixture::prepared(plan, events);
        group.bench_function(format!("records to score, {order}"), |bencher| {
            bencher.iter(|| {
                let (records, texts) = event_fixture::records(plan, black_box(&events));
                let mut seen = Seen::new(&texts);
                seen.cut(plan, &records, as_of, created);
                let snapshot =
                    Snapshot { as_of: Some(as_of), attributes: &attributes, events: Some(&seen) };
                let mut values = Vec::new();
                scorer.evaluate(&snapshot, &mut values);
                scorer.score_values(&values, snapshot.events, &mut score);
                black_box(score.probability)
            });
        });
    }
    let events = event_fixture::prepared(plan, &sorted);
    let (records, texts) = event_fixture::records(plan, &events);
    let mut seen = Seen::new(&texts);
    group.bench_function("records alone", |bencher| {
        bencher.iter(|| black_box(event_fixture::records(plan, black_box(&events))));
    });
    group.bench_function("cut alone", |bencher| {
        bencher.iter(|| black_box(seen.cut(plan, black_box(&records), as_of, created)));
    });
    let snapshot = Snapshot { as_of: Some(as_of), attributes: &attributes, events: Some(&seen) };
    group.bench_function("signals alone", |bencher| {
        bencher.iter(|| {
            let mut values = Vec::new();
            scorer.evaluate(black_box(&snapshot), &mut values);
            black_box(values.len())
        });
    });
    group.finish();
}

fn handler(c: &mut Criterion) {
    let runtime = runtime();
    let mut group = c.benchmark_group("predict, handler");
    let events: Vec<_> = events().iter().map(event_fixture::Event::json).collect();
    let lead = serde_json::json!({"id": "lead-1", "as_of": AS_OF, "events": events,
                                  "attributes": event_fixture::attributes()});
    let mut cases: Vec<_> =
        bodies().into_iter().map(|(n, leads, b)| (n, leads, b, fixture::service())).collect();
    let name = "one lead of 200 events";
    let body = Bytes::from(lead.to_string());
    cases.push((name, 1, body.clone(), event_fixture::service()));
    // Its past of four months is gone through day by day.
    let name = "one lead of 200 events, three rule sets, stages";
    cases.push((name, 1, body, points_fixture::service()));
    for (name, leads, body, service) in cases {
        let router = app(service, Limits::default());
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

/// The CPU time that a thread has used. Linux only.
fn cpu_time(thread: &std::path::Path) -> Option<Duration> {
    let stat = std::fs::read_to_string(thread.join("schedstat")).ok()?;
    Some(Duration::from_nanos(stat.split(' ').next()?.parse().ok()?))
}

/// A server on a thread of its own.
fn server() -> (SocketAddr, PathBuf) {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let listener = bind("127.0.0.1:0").await.unwrap();
            let thread = std::fs::read_link("/proc/thread-self").unwrap_or_default();
            tell.send((listener.local_addr().unwrap(), PathBuf::from("/proc").join(thread)))
                .unwrap();
            serve(listener, fixture::service(), Limits::default(), std::future::pending()).await
        })
    });
    told.recv().unwrap()
}

fn over_http(c: &mut Criterion) {
    let (address, thread) = server();
    if cpu_time(&thread).is_none() {
        return;
    }
    let (name, leads, body) = bodies().into_iter().next().unwrap();
    let head = format!(
        "POST /predict HTTP/1.1\r\nhost: {address}\r\nuser-agent: bench\r\naccept: */*\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), &body].concat();
    // What any request costs: hyper, and the kernel's share of receiving and sending.
    let probe = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answer = vec![0; 1 << 16];
    let mut ask = |request: &[u8], end: &[u8]| {
        stream.write_all(request).unwrap();
        let mut length = 0;
        while !answer[..length].ends_with(end) {
            length += stream.read(&mut answer[length..]).unwrap();
        }
        length
    };
    let mut group = c.benchmark_group("over HTTP, CPU time of the server");
    group.throughput(Throughput::Elements(leads));
    // The answer to a lead ends so, and only at its end; the probe's is one object.
    let cases: [(&str, &[u8], &[u8]); 2] =
        [(name, &request, b"]}]}"), ("GET /healthz", &probe, b"}")];
    for (name, request, end) in cases {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let before = cpu_time(&thread).unwrap();
                for _ in 0..times {
                    black_box(ask(request, end));
                }
                cpu_time(&thread).unwrap() - before
            });
        });
    }
    group.finish();
}

criterion_group!(benches, events_to_score, handler, over_http);
criterion_main!(benches);
