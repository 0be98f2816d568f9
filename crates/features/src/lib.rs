//! Snapshots to signals to vectors.
//!
//! A [`Table`] holds cells as a file gave them; a [`Schema`] says how each column is read; a
//! [`Signal`] is a serialisable tree that turns a [`Snapshot`] into one typed [`Value`]; an
//! [`Encoder`] turns values into the slots of a vector. Everything here is pure: reading and
//! writing files is behind the cargo feature `io`. What people write of these things in TOML, the
//! project file above all, is read behind the cargo feature `project`.

mod coded;
mod date_format;
#[cfg(feature = "project")]
pub mod document;
mod encoder;
pub mod events;
mod infer;
#[cfg(feature = "io")]
pub mod io;
mod kind;
mod mistakes;
mod names;
mod number_format;
mod people;
#[cfg(feature = "project")]
pub mod project;
pub mod readers;
mod repeats;
mod schema;
mod signal;
mod suggest;
mod table;
mod time;
mod value;

pub use coded::{CodedColumn, Occurring, TextCollector};
pub use date_format::{DateFormat, contradicting};
pub use encoder::{
    Coding, CompiledInput, Encoder, Encounter, Input, Pair, Slot, level_hash, looks_like_email,
    standardised,
};
pub use infer::{InferOptions, Inference, Misfit, infer};
pub use kind::{Kind, MISSING_STAND_INS, is_no_id, yes_no_word};
pub use mistakes::Mistakes;
pub use names::{NameHasher, NameMap};
pub use number_format::{Commas, NumberFormat};
pub use people::{LaterValue, LeadIndex, LeadTimes, Naming};
pub use repeats::repeats;
pub use schema::{Column, ColumnReader, Misread, Role, Schema};
pub use signal::{
    Catalogue, CompiledSignal, Expr, Persona, Reader, Signal, SignalCompiler, SignalError,
    SignalKind, SignalLayout, Snapshot,
};
pub use suggest::{did_you_mean, hint, hint_or_list};
pub use table::{RawColumn, Table, TableError, TextColumn};
pub use time::{Time, TimeError};
pub use value::{Cell, Value, canonical_number, label};
