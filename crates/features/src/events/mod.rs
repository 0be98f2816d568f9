//! Events: what a lead did, when, and when we learnt of it.
//!
//! An [`EventLog`] says how a log is read. An [`EventPlan`] is what a list of signals needs of
//! events, with every name resolved; an [`EventWriter`] turns each event into a record of a few
//! words by that plan, wherever the event comes from. [`Seen`] is what was known at a moment: the
//! cut comes first, then the filters, and nothing else can be handed to a signal. That makes the
//! past of a batch and the past of a request one thing.

mod example;
mod filters;
mod log;
mod measure;
mod occurrence;
mod part;
mod plan;
mod seen;
mod selection;
mod span;
mod texts;
mod writer;

pub use example::EventExample;
pub use filters::{Bursts, FilterCounts, Filters, Scanners};
pub use log::{EventColumns, EventLog, History, Property};
pub use measure::{CompiledMeasure, Measure};
pub use occurrence::{CompiledSelection, Occurrence};
pub use part::{EventParts, Part, PartError};
pub use plan::{EventPlan, Mask, PlanBuilder, PlanError, Wanted};
#[cfg(feature = "io")]
pub(crate) use plan::{MOST_MASK_WORDS, USUALLY_SENT, property_bit};
pub use seen::Seen;
pub use selection::{Condition, Pattern, Selection, Test};
pub use span::{Span, SpanError};
pub(crate) use texts::place_of_two;
pub use texts::{ByHash, TextHash, Texts, bytes_hash, content_hash, hash_on};
pub use writer::{EventInput, EventWriter, KnownKind, KnownText, PropertyValue};
