//! What is counted of the leads that were scored, and which numbers are far from the fitted ones.

use leadscore_features::{Coding, Encounter, Input, Value};
use leadscore_model::{Bundle, Scorer};

/// A number this many standard deviations from the fitted mean is far from all that was fitted.
pub(crate) const FAR: f64 = 10.0;

/// For each input along which a model is a straight line: its place among the scorer's signals, and the
/// mean and scale of the fitted rows. A model of bins is level beyond its last.
pub(crate) struct Usual(Vec<Option<(usize, f64, f64)>>);

impl Usual {
    pub(crate) fn of(bundle: Option<&Bundle>, scorer: &Scorer) -> Self {
        let inputs = bundle.iter().flat_map(|bundle| &bundle.model.encoder.inputs);
        let of = |(input, position): (&Input, usize)| match &input.coding {
            Coding::Standard { mean, scale } => Some((position, *mean, *scale)),
            Coding::Bins { .. } | Coding::OneHot { .. } | Coding::Rates { .. } => None,
        };
        Self(inputs.zip(scorer.input_positions()).map(of).collect())
    }

    /// The inputs whose value is far from all that was fitted.
    pub(crate) fn far<'v>(&'v self, values: &'v [Value<'_>]) -> impl Iterator<Item = usize> + 'v {
        self.0.iter().enumerate().filter_map(move |(input, usual)| {
            let (position, ..) = (*usual)?;
            let Some(Value::Number(number)) = values.get(position) else { return None };
            self.is_far(input, *number).then_some(input)
        })
    }

    /// Whether a number is far from all that was fitted of an input.
    pub(super) fn is_far(&self, input: usize, number: f64) -> bool {
        let usual = self.0.get(input).copied().flatten();
        usual.is_some_and(|(_, mean, scale)| (number - mean).abs() > FAR * scale)
    }

    /// Whether an input has values that may be far.
    pub(super) fn has_far(&self, input: usize) -> bool {
        matches!(self.0.get(input), Some(Some(_)))
    }
}

/// For each input of the model, how many leads there are of which something is to be said.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Those that have a category that no fitted row had.
    pub(super) unseen: Vec<usize>,
    /// Those that lack a value.
    pub(super) missing: Vec<usize>,
    /// Those whose number is far from what was fitted.
    pub(super) far: Vec<usize>,
}

impl Tally {
    pub(super) fn new(inputs: usize) -> Self {
        let none = || vec![0; inputs];
        Self { unseen: none(), missing: none(), far: none() }
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
        add(&mut self.far, &other.far);
    }
}
