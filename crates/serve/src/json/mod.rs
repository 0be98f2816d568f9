//! JSON, read and written with less work than serde_json takes, which is the bulk of a small request:
//! what is read is what serde_json reads, and what is written are the same bytes.

mod read;
mod write;

pub(crate) use read::Quick;
pub(crate) use write::{append, fraction, text};
