//! Sizes, times, and stopping.

use std::io::Write;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use leadscore_serve::{Limits, Stopped, app, bind};
use serde_json::json;
use tower::ServiceExt;

use crate::client::Server;
use crate::fixture;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn bodies_that_are_too_large() {
    let limits = Limits { max_body_bytes: 1 << 20, ..Limits::default() };
    let server = Server::within(fixture::service(), limits);
    let around = json!({"attributes": {"job": ""}}).to_string().len();
    let lead = json!({"attributes": {"job": "x".repeat((1 << 20) - around)}}).to_string();
    assert_eq!(lead.len(), 1 << 20);
    server.predict(&lead).answer();
    let problem = server.predict(lead + " ").problem(413);
    assert_eq!(
        problem["detail"],
        "a body may have 1048576 bytes; send fewer leads in each request"
    );
    // All of it is written before the answer is read, and the answer is there.
    server.predict(vec![b' '; 20 << 20]).problem(413);
    // Without a length, too.
    let mut connection = server.connect();
    connection.head("POST", "/predict", &[("transfer-encoding", "chunked")], 0);
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 1 << 16], b"\r\n"].concat();
    for _ in 0..40 {
        connection.write(&chunk);
    }
    connection.write(b"0\r\n\r\n");
    connection.reply(false).unwrap().problem(413);
    // A client that asks first is told before it sends anything.
    let mut connection = server.connect();
    connection.head("POST", "/predict", &[("expect", "100-continue")], 2 << 20);
    connection.reply(false).unwrap().problem(413);
    let mut connection = server.connect();
    connection.head("POST", "/predict", &[("expect", "100-continue")], 17);
    assert_eq!(connection.reply(true).unwrap().status, 100);
    connection.write(b"{\"attributes\":{}}");
    connection.reply(false).unwrap().answer();
}

#[test]
fn chunked_bodies_are_put_together() {
    let server = Server::start(fixture::service());
    let mut connection = server.connect();
    connection.head("POST", "/predict", &[("transfer-encoding", "chunked")], 0);
    for byte in fixture::plain_lead().to_string().bytes() {
        connection.write(&[b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    }
    connection.write(b"0\r\n\r\n");
    let answer = connection.reply(false).unwrap().answer();
    let whole = server.predict(fixture::plain_lead().to_string()).answer();
    assert_eq!(answer, whole);
}

#[test]
fn batches_that_are_too_large() {
    let limits = Limits { max_leads: 3, ..Limits::default() };
    let server = Server::within(fixture::service(), limits);
    let leads = |n: usize| json!({"leads": vec![fixture::plain_lead(); n]}).to_string();
    server.predict(leads(3)).answer();
    let problem = server.predict(leads(4)).problem(413);
    assert_eq!(problem["detail"], "a request may have 3 leads; send them in several");
    let problem = server.predict("{\"leads\":[1,2,3,4").problem(413);
    assert_eq!(problem["type"], "/problems/too-many-leads");
}

#[tokio::test]
async fn leads_that_take_too_long_to_score() {
    // No time at all, with a body that is there at once.
    let limits = Limits { timeout: Duration::ZERO, ..Limits::default() };
    for (leads, status) in [(1, 200), (70, 503), (1000, 503)] {
        let body = json!({"leads": vec![fixture::plain_lead(); leads]}).to_string();
        let request = Request::post("/predict").body(Body::from(body)).unwrap();
        let response = app(fixture::service(), limits).oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{leads}");
        let again = response.headers().get("retry-after").is_some();
        assert_eq!(again, status == 503);
    }
}

#[test]
fn a_body_that_never_arrives() {
    let limits = Limits { timeout: SECOND / 5, ..Limits::default() };
    let server = Server::within(fixture::service(), limits);
    let mut connection = server.connect();
    connection.head("POST", "/predict", &[], 100);
    connection.write(b"{\"attri");
    let reply = connection.reply(false).unwrap();
    reply.problem(408);
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(connection.is_closed());
    // One that stops half-way is nobody's to answer, and harms nobody.
    let mut connection = server.connect();
    connection.head("POST", "/predict", &[], 100);
    drop(connection);
    server.get("/healthz").answer();
}

#[test]
fn slow_and_idle_clients_are_closed() {
    let limits = Limits { idle: SECOND / 5, max_connections: 2, ..Limits::default() };
    let server = Server::within(fixture::service(), limits);
    let mut slow = server.connect();
    slow.write(b"GET /healthz HT");
    let mut idle = server.connect();
    idle.ask("GET", "/healthz", &[], b"").answer();
    // Both connections are taken; the third is served as soon as one of them is closed.
    let started = Instant::now();
    server.get("/healthz").answer();
    assert!(started.elapsed() >= SECOND / 10);
    assert!(slow.is_closed());
    assert!(idle.is_closed());
    // One byte at a time does not help: the head as a whole has that long.
    let mut trickle = server.connect();
    let sent = (0..50).take_while(|_| {
        std::thread::sleep(SECOND / 50);
        trickle.stream.get_mut().write_all(b"G").is_ok()
    });
    assert!(sent.count() < 50);
}

#[test]
fn a_client_that_takes_nothing_is_closed() {
    let limits = Limits { idle: SECOND / 2, grace: 60 * SECOND, ..Limits::default() };
    let server = Server::within(fixture::service(), limits);
    // The answer is larger than what the system holds for a reader that does not read.
    let leads = json!({"leads": vec![fixture::plain_lead(); 9000], "reasons": 1000}).to_string();
    let mut connection = server.connect();
    connection.head("POST", "/predict", &[], leads.len());
    connection.write(leads.as_bytes());
    std::thread::sleep(SECOND);
    let started = Instant::now();
    assert_eq!(server.stopped(), Stopped { cut_off: 0 });
    assert!(started.elapsed() < 50 * SECOND);
}

#[test]
fn a_stop_lets_requests_finish() {
    let mut server =
        Server::within(fixture::service(), Limits { drain: 2 * SECOND, ..Limits::default() });
    let mut idle = server.connect();
    idle.ask("GET", "/readyz", &[], b"").answer();
    let unused = server.connect();
    let body = fixture::plain_lead().to_string();
    let mut begun = server.connect();
    begun.head("POST", "/predict", &[], body.len());
    begun.write(&body.as_bytes()[..10]);
    std::thread::sleep(SECOND / 4);
    server.ask_to_stop();
    std::thread::sleep(SECOND / 4);
    // It still serves, and says that it will not for long.
    let reply = server.get("/readyz");
    reply.problem(503);
    assert_eq!(reply.header("retry-after"), Some("1"));
    server.get("/healthz").answer();
    assert!(idle.is_closed());
    begun.write(&body.as_bytes()[10..]);
    begun.reply(false).unwrap().answer();
    assert!(begun.is_closed());
    drop(unused);
    assert_eq!(server.stopped(), Stopped { cut_off: 0 });
}

#[test]
fn a_stop_does_not_wait_forever() {
    let limits = Limits { grace: SECOND / 5, ..Limits::default() };
    let server = Server::within(fixture::service(), limits);
    let mut begun = server.connect();
    begun.head("POST", "/predict", &[], 100);
    std::thread::sleep(SECOND / 4);
    let address = server.address;
    assert_eq!(server.stopped(), Stopped { cut_off: 1 });
    assert!(begun.is_closed());
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn addresses_that_cannot_be_listened_on() {
    let listener = bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let error = bind(&address).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{address} is already in use; stop the other program or choose another with --listen"
        )
    );
    for wrong in ["nonsense", "127.0.0.1", "127.0.0.1:99999", "203.0.113.7:80"] {
        let error = bind(wrong).await.unwrap_err().to_string();
        assert!(error.starts_with(wrong) && error.contains("127.0.0.1:8080"), "{error}");
    }
}
