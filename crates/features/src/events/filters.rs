//! Noise filters: what they take out, and how much they took. They are applied by
//! [`Seen`](super::Seen), after the cut.

use serde::{Deserialize, Serialize};

use super::{Condition, Span};

/// Which events are noise. The order of application is that of the fields; each looks at what the
/// ones before it left. Only `duplicates` and `future` look at attribute history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filters {
    /// Second copies of an event id: the copy that was known first stays, so that a later copy
    /// changes nothing.
    pub duplicates: bool,
    /// Events before the lead existed.
    #[serde(default)]
    pub before_created: bool,
    /// Events that were known more than so long before they are said to have happened: a clock
    /// was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub future: Option<Span>,
    /// Events with any of these properties: our own people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub internal: Vec<Condition>,
    /// Clicks and opens too soon after sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanners: Option<Scanners>,
    /// More events at once than a person makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bursts: Option<Bursts>,
}

impl Default for Filters {
    /// Duplicates only.
    fn default() -> Self {
        Self {
            duplicates: true,
            before_created: false,
            future: None,
            internal: Vec::new(),
            scanners: None,
            bursts: None,
        }
    }
}

/// Mail scanners: an act within so long after a message was sent is no person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanners {
    /// The kinds that send; none where empty.
    pub sent: Vec<String>,
    /// The kinds that are taken out; none where empty.
    pub acts: Vec<String>,
    /// At most so long after the last sending.
    pub within: Span,
}

/// Bursts: so many events of a lead within so long are taken out, all of them. What is sent to it, by the kinds of
/// [`Scanners::sent`] or else `email_sent`, it does not do: that is neither counted nor taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bursts {
    /// At least so many.
    pub events: u32,
    /// From the first to the last at most so long.
    pub within: Span,
}

/// How many events the cut and each filter took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterCounts {
    /// Events that were kept.
    pub kept: u64,
    /// Events after the moment, or not known by then.
    pub later: u64,
    /// See [`Filters::duplicates`].
    pub duplicates: u64,
    /// See [`Filters::before_created`].
    pub before_created: u64,
    /// See [`Filters::future`].
    pub future: u64,
    /// See [`Filters::internal`].
    pub internal: u64,
    /// See [`Filters::scanners`].
    pub scanners: u64,
    /// See [`Filters::bursts`].
    pub bursts: u64,
    /// Of the second copies of an event id, those of another kind than the copy that stayed.
    /// For a warning, and no part of what is written.
    #[serde(skip)]
    pub copies_of_another_kind: u64,
    /// Whether files of events are known to be copies of one another, so that second copies are no surprise. For
    /// a warning too.
    #[serde(skip)]
    pub of_copied_files: bool,
}

impl FilterCounts {
    /// Adds the counts of another lead.
    pub fn add(&mut self, other: &FilterCounts) {
        self.kept += other.kept;
        self.later += other.later;
        self.duplicates += other.duplicates;
        self.before_created += other.before_created;
        self.future += other.future;
        self.internal += other.internal;
        self.scanners += other.scanners;
        self.bursts += other.bursts;
        self.copies_of_another_kind += other.copies_of_another_kind;
        self.of_copied_files |= other.of_copied_files;
    }

    /// The filters that are on, in the order of application, with what they took: one that took
    /// nothing is not one that is off.
    pub fn of(&self, filters: &Filters) -> impl Iterator<Item = (&'static str, u64)> {
        let on = [
            filters.duplicates,
            filters.before_created,
            filters.future.is_some(),
            !filters.internal.is_empty(),
            filters.scanners.is_some(),
            filters.bursts.is_some(),
        ];
        self.named().into_iter().zip(on).filter(|(_, on)| *on).map(|(named, _)| named)
    }

    /// The filters, in the order of application, with what they took.
    pub fn named(&self) -> [(&'static str, u64); 6] {
        [
            ("duplicates", self.duplicates),
            ("before_created", self.before_created),
            ("future", self.future),
            ("internal", self.internal),
            ("scanners", self.scanners),
            ("bursts", self.bursts),
        ]
    }
}
