//! Scores over HTTP: `POST /predict`, `POST /points`, what operators and documentation need around
//! them, and a server that cannot be held up by slow clients.
//!
//! [`Service`] holds what is served; [`app`] is its router, testable without a port; [`bind`] and
//! [`serve`] put it on one. JSON becomes cells and records of events, by the column readers and
//! the event writer that read files; the cut, the signals and the scores are those of
//! [`Scorer`](leadscore_model::Scorer): nothing here computes one. What may be named, what
//! arrives, what is answered and what goes wrong are in `fields`, `request`, `answer` and
//! `problem`. Nothing that describes a lead is ever logged.

mod answer;
mod body;
mod docs;
mod fields;
mod idle;
mod json;
mod limits;
mod log;
mod openapi;
mod problem;
mod request;
mod routes;
mod scalar;
mod scoring;
mod server;
mod service;
mod stall;
mod telemetry;
mod workers;

pub use limits::Limits;
pub use log::LogWriter;
pub use routes::app;
pub use server::{BindError, Stopped, bind, serve, stop_signal};
pub use service::{Service, ServiceError};
