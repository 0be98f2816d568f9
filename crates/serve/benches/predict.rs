//! `POST /predict`: one lead of 20 attributes with points and reasons, and a batch of a thousand.
//! Once without a socket, and once over HTTP, where the time is the CPU time of the server's
//! thread, the kernel's share included, and not the client's.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../tests/http/fixture.rs"]
mod fixture;

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http_body_util::BodyExt;
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

fn handler(c: &mut Criterion) {
    let runtime = runtime();
    let router = app(fixture::service(), Limits::default());
    let mut group = c.benchmark_group("predict, handler");
    for (name, leads, body) in bodies() {
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

criterion_group!(benches, handler, over_http);
criterion_main!(benches);
