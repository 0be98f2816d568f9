//! Events one by one, for whoever counts each of them by itself: rules that give points.

use super::{PlanBuilder, PlanError, Seen, Selection, Span};
use crate::Time;

/// A selection of events in a window, with every name resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompiledSelection {
    bit: usize,
    window: usize,
}

/// One event that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    place: usize,
    /// When it happened.
    pub at: Time,
}

impl Selection {
    /// Resolves names against a plan; without a window, events of all time.
    ///
    /// # Errors
    /// [`PlanError`] when events do not have a property, or not as a number.
    pub fn compile(
        &self,
        window: Option<Span>,
        plan: &mut PlanBuilder<'_>,
    ) -> Result<CompiledSelection, PlanError> {
        Ok(CompiledSelection { bit: plan.selection(self)?, window: plan.window(window) })
    }
}

impl Seen<'_> {
    /// The events of a selection in its window, in order.
    pub fn occurrences(
        &self,
        of: CompiledSelection,
    ) -> impl DoubleEndedIterator<Item = Occurrence> + '_ {
        let start = self.start(of.window);
        let (masks, bit) = self.selected(of.bit);
        let at = &self.at()[start..];
        masks[start..].iter().zip(at).enumerate().filter_map(move |(place, (mask, at))| {
            let found = Occurrence { place: start + place, at: Time::from_micros(*at) };
            (mask >> bit & 1 == 1).then_some(found)
        })
    }

    /// Whether an event belongs to a selection too, windows aside.
    pub fn belongs(&self, occurrence: Occurrence, of: CompiledSelection) -> bool {
        let (masks, bit) = self.selected(of.bit);
        masks.get(occurrence.place).is_some_and(|mask| mask >> bit & 1 == 1)
    }
}
