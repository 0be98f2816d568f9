//! What the history of attributes does not tell of snapshots.

use leadscore_features::{RawColumn, Time};
use leadscore_model::Scorer;
use leadscore_model::bundle::Untold;

use crate::walk::{Leads, Step};

/// The attributes whose history a layout reads from events, by their positions among its columns.
#[derive(Debug)]
pub struct Told<'d> {
    columns: Vec<(usize, &'d RawColumn)>,
    created: &'d [Option<Time>],
}

impl<'d> Told<'d> {
    /// Those of the leads of a table.
    pub fn new(layout: &Scorer, leads: &Leads<'d>) -> Self {
        let each = layout.told_by_events().zip(layout.columns()).enumerate();
        let columns = each
            .filter(|(_, (told, _))| *told)
            .filter_map(|(at, (_, (name, _)))| Some((at, leads.table.column(name)?)))
            .collect();
        Self { columns, created: leads.created }
    }

    /// Nothing counted yet, of each attribute.
    pub fn none(&self) -> Vec<[usize; 2]> {
        vec![[0; 2]; self.columns.len()]
    }

    /// Counts those that a lead has a value of today and no event had told by its snapshot, and those that an event
    /// set to what cannot be read.
    pub fn count(&self, layout: &Scorer, step: &Step<'_>, counts: &mut [[usize; 2]]) {
        let Some(seen) = step.snapshot.events else { return };
        if !self.exists(step.lead, step.snapshot.as_of) {
            return;
        }
        for ((at, column), [untold, unread]) in self.columns.iter().zip(counts) {
            let today = || {
                let reader = &layout.columns()[*at].1;
                reader.read(column.cell(step.lead)).is_ok_and(|value| !value.is_missing())
            };
            if !layout.is_told(*at, seen) {
                *untold += usize::from(today());
            } else if layout.is_unread(*at, seen) {
                *unread += 1;
            }
        }
    }

    /// Whether a lead existed at a moment: nothing can be told of it before.
    fn exists(&self, lead: usize, as_of: Option<Time>) -> bool {
        let created = self.created.get(lead).copied().flatten();
        created.zip(as_of).is_none_or(|(created, as_of)| created <= as_of)
    }

    /// What there is to tell of what was counted, of the leads as of these moments.
    pub fn untold(
        &self,
        layout: &Scorer,
        counts: &[[usize; 2]],
        moments: &[(usize, Option<Time>)],
    ) -> Vec<Untold> {
        let of = moments.iter().filter(|(lead, as_of)| self.exists(*lead, *as_of)).count();
        let each = self.columns.iter().zip(counts);
        let found = |((at, _), &[untold, unread]): (&(usize, _), &[usize; 2])| {
            Untold::new(&layout.columns()[*at].0, (untold, unread), of)
        };
        each.filter_map(found).collect()
    }
}
