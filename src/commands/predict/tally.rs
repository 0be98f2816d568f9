//! What is counted of the leads that were scored.

use leadscore_features::Encounter;

/// For each input of the model, how many leads there are of which something is to be said.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Those that have a category that no fitted row had.
    pub(super) unseen: Vec<usize>,
    /// Those that lack a value.
    pub(super) missing: Vec<usize>,
    /// Those whose number is outside of what is usual.
    pub(super) outside: Vec<usize>,
}

impl Tally {
    pub(super) fn new(inputs: usize) -> Self {
        let none = || vec![0; inputs];
        Self { unseen: none(), missing: none(), outside: none() }
    }

    /// Counts what one lead's inputs met.
    pub(super) fn count(&mut self, encounters: &[Encounter]) {
        for (input, encounter) in encounters.iter().enumerate() {
            match encounter {
                Encounter::Unseen => self.unseen[input] += 1,
                Encounter::Missing => self.missing[input] += 1,
                Encounter::Known | Encounter::Rare => {}
            }
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        let add = |all: &mut [usize], more: &[usize]| {
            all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
        };
        add(&mut self.unseen, &other.unseen);
        add(&mut self.missing, &other.missing);
        add(&mut self.outside, &other.outside);
    }
}
