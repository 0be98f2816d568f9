//! What a column holds of those that converted and of those that did not.

use std::borrow::Cow;

use leadscore_features::events::{ByHash, content_hash, hash_on};
use leadscore_features::{
    Cell, ColumnReader, RawColumn, Time, Value, canonical_number, looks_like_email,
};
use leadscore_model::bundle::ClassCounts;

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
    /// A case is its row in the table, and whether it converted.
    pub(super) fn new(
        column: &'t RawColumn,
        reader: &ColumnReader,
        cases: &[(usize, bool)],
    ) -> Self {
        let mut tally = Self::default();
        // Each cell that repeats is read once.
        let of_values: Vec<Option<Level<'t>>> =
            column.values().cells().map(|cell| level_of(reader, cell)).collect();
        // The last are those of cells that are not there.
        let mut counts = vec![ClassCounts::default(); of_values.len() + 1];
        for &(place, converted) in cases {
            counts[column.code(place).min(of_values.len())].add(converted);
        }
        counts.iter().for_each(|counts| tally.of.add_all(*counts));
        if of_values.iter().any(|level| matches!(level, Some(Level::Time(_)))) {
            for (index, &(place, _)) in cases.iter().enumerate() {
                if let Some(Some(Level::Time(time))) = of_values.get(column.code(place)) {
                    tally.dates.push((index, *time));
                }
            }
        }
        let mut levels: ByHash<(Level<'t>, ClassCounts)> = ByHash::default();
        for (level, counts) in of_values.into_iter().zip(counts) {
            if let (Some(level), true) = (level, counts.total() > 0) {
                tally.filled.add_all(counts);
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
