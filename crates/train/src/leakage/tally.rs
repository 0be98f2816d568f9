//! What a column holds of those that converted and of those that did not.

use std::borrow::Cow;

use leadscore_features::events::{ByHash, content_hash, hash_on};
use leadscore_features::{
    Cell, ColumnReader, RawColumn, Time, Value, canonical_number, looks_like_email,
};
use leadscore_model::bundle::ClassCounts;

use super::Case;

/// A value, in a form that can be counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Level<'t> {
    /// A number, by its bits.
    Number(u64),
    YesNo(bool),
    Text(Cow<'t, str>),
    Time(Time),
}

impl Level<'_> {
    /// What the value is known by: those of one column are of one kind.
    fn hash(&self) -> u64 {
        match self {
            Level::Number(bits) => hash_on(0, *bits),
            Level::YesNo(flag) => u64::from(*flag),
            Level::Text(text) => content_hash(text),
            Level::Time(time) => hash_on(0, time.micros().cast_unsigned()),
        }
    }

    /// The value for people; `None` where it must not be told.
    pub(super) fn shown(&self) -> Option<String> {
        match self {
            Level::Number(bits) => Some(canonical_number(f64::from_bits(*bits))),
            Level::YesNo(flag) => Some(if *flag { "yes" } else { "no" }.to_owned()),
            Level::Text(text) => (!looks_like_email(text)).then(|| text.to_string()),
            Level::Time(time) => Some(time.to_string()),
        }
    }
}

/// What a column holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ColumnTally<'t> {
    /// All cases.
    pub(super) of: ClassCounts,
    /// Those with a value.
    pub(super) filled: ClassCounts,
    /// Each value, the most frequent first.
    pub(super) levels: Vec<(Level<'t>, ClassCounts)>,
    /// The dates of a column of dates, each with its case.
    pub(super) dates: Vec<(usize, Time)>,
}

impl<'t> ColumnTally<'t> {
    /// Counts the cells of cases. One that cannot be read counts as empty: whoever uses it says so.
    pub(super) fn new(column: &'t RawColumn, reader: &ColumnReader, cases: &[Case]) -> Self {
        let mut tally = Self::default();
        // Each cell that repeats is read once.
        let of_values: Vec<Option<Level<'t>>> =
            column.values().cells().map(|cell| level_of(reader, cell)).collect();
        let mut counts = vec![ClassCounts::default(); of_values.len()];
        for (index, case) in cases.iter().enumerate() {
            tally.of.add(case.converted);
            let code = column.code(case.place);
            let Some(Some(level)) = of_values.get(code) else { continue };
            counts[code].add(case.converted);
            tally.filled.add(case.converted);
            if let Level::Time(time) = level {
                tally.dates.push((index, *time));
            }
        }
        let mut levels: ByHash<(Level<'t>, ClassCounts)> = ByHash::default();
        for (level, counts) in of_values.into_iter().zip(counts) {
            if let (Some(level), true) = (level, counts.total() > 0) {
                let counted = levels.entry(level.hash());
                counted.or_insert_with(|| (level, ClassCounts::default())).1.add_all(counts);
            }
        }
        tally.levels = levels.into_values().collect();
        tally
            .levels
            .sort_unstable_by(|a, b| b.1.total().cmp(&a.1.total()).then_with(|| a.0.cmp(&b.0)));
        tally
    }

    /// Those without a value.
    pub(super) fn missing(&self) -> ClassCounts {
        less(self.of, self.filled)
    }
}

/// The value of a cell; `None` where there is none, or it cannot be read.
fn level_of<'t>(reader: &ColumnReader, cell: Cell<'t>) -> Option<Level<'t>> {
    match reader.read(cell) {
        // -0 and 0 are one value.
        Ok(Value::Number(number)) => Some(Level::Number((number + 0.0).to_bits())),
        Ok(Value::YesNo(flag)) => Some(Level::YesNo(flag)),
        Ok(Value::Text(text)) => Some(Level::Text(text)),
        Ok(Value::Time(time)) => Some(Level::Time(time)),
        Ok(Value::Missing | Value::Unavailable) | Err(_) => None,
    }
}

/// Some less others that are among them.
pub(super) fn less(all: ClassCounts, some: ClassCounts) -> ClassCounts {
    ClassCounts { converted: all.converted - some.converted, others: all.others - some.others }
}
