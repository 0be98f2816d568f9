//! The server as its clients see it: through a real socket.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod documents;
mod event_fixture;
mod event_fuzz;
mod events;
mod fixture;
mod fuzz;
mod limits;
mod mistakes;
mod points;
mod points_fixture;
mod points_fuzz;
mod scores;
mod stages;
mod what_if;
mod worked_examples;
