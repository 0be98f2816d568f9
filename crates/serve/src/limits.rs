//! How much a client may ask for, and how long it may take.

use std::time::Duration;

/// What one client can take from the others. The memory that requests hold is at most about
/// `max_connections` times a small multiple of `max_body_bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body, in bytes. A larger one is answered with 413. Default 8 MiB.
    pub max_body_bytes: usize,
    /// The most leads in one request. More are answered with 413. Default 10,000.
    pub max_leads: usize,
    /// The most events of one lead. More are answered with 413. Default 100,000.
    pub max_events: usize,
    /// The time for a request, from its head to its answer: a body that takes longer to arrive is
    /// answered with 408, leads that take longer to score with 503. Default 10 s.
    pub timeout: Duration,
    /// How long a connection may stand still: until the head of the next request is there, or
    /// while it takes nothing of an answer. Then it is closed. Default 30 s.
    pub idle: Duration,
    /// The most connections at a time; more wait to be accepted. Default 512.
    pub max_connections: usize,
    /// How long new connections are still accepted after a stop was asked for, with `/readyz`
    /// answering 503, so that a load balancer can turn away first. Default 0.
    pub drain: Duration,
    /// How long requests may take to finish after that. Default 10 s.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 8 << 20,
            max_leads: 10_000,
            max_events: 100_000,
            timeout: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            max_connections: 512,
            drain: Duration::ZERO,
            grace: Duration::from_secs(10),
        }
    }
}
