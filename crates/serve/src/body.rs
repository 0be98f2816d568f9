//! Reading a request's body within its limits.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::time::{Instant, timeout_at};

use crate::problem::Problem;

/// How long, and how much of, a body that is refused is still read, so that a client that writes
/// all of it before it reads finds the answer, and not a closed connection.
const DISCARD_TIME: Duration = Duration::from_secs(1);
const DISCARD_BYTES: usize = 64 << 20;

/// Reads a body of at most `limit` bytes until `deadline`.
pub(crate) async fn read(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    deadline: Instant,
) -> Result<Bytes, Problem> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > limit as u64) {
        // A client that waits to be told to continue has not begun to write.
        if !headers.contains_key(header::EXPECT) {
            discard(body, deadline).await;
        }
        return Err(Problem::body_too_large(limit));
    }
    let mut first: Option<Bytes> = None;
    let mut rest: Vec<u8> = Vec::new();
    while !body.is_end_stream() {
        let Ok(frame) = timeout_at(deadline, body.frame()).await else {
            return Err(Problem::slow_body());
        };
        let data = match frame {
            None => break,
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => data,
                Err(_trailers) => continue,
            },
            Some(Err(_)) => {
                return Err(Problem::malformed("the body ended before all of it was there", None));
            }
        };
        let length = first.as_ref().map_or(0, Bytes::len) + rest.len() + data.len();
        if length > limit {
            discard(body, deadline).await;
            return Err(Problem::body_too_large(limit));
        }
        // Most bodies are one frame, and are not copied.
        match &first {
            None => first = Some(data),
            Some(_) => rest.extend_from_slice(&data),
        }
    }
    let first = first.unwrap_or_default();
    if rest.is_empty() {
        return Ok(first);
    }
    rest.splice(0..0, first);
    Ok(rest.into())
}

async fn discard(mut body: Body, deadline: Instant) {
    let deadline = deadline.min(Instant::now() + DISCARD_TIME);
    let mut seen = 0;
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
        seen += frame.data_ref().map_or(0, Bytes::len);
        if seen > DISCARD_BYTES {
            return;
        }
    }
}
