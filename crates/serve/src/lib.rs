//! Scores over HTTP: `POST /predict`, what operators and documentation need around it, and a
//! server that cannot be held up by slow clients.
//!
//! [`Service`] holds what is served; [`app`] is its router, testable without a port; [`bind`] and
//! [`serve`] put it on one. JSON becomes cells, cells go through the column readers that read
//! files, and [`Scorer::score`](leadscore_model::Scorer::score) does the rest: nothing here
//! computes a score. What arrives, what is answered and what goes wrong are in `request`,
//! `answer` and `problem`. Nothing that describes a lead is ever logged.

mod answer;
mod body;
mod docs;
mod fields;
mod limits;
mod openapi;
mod problem;
mod request;
mod routes;
mod scalar;
mod server;
mod service;
mod stall;
mod telemetry;

pub use limits::Limits;
pub use routes::app;
pub use server::{BindError, Stopped, bind, serve, stop_signal};
pub use service::{Service, ServiceError};
