//! Which numbers are far from all that a model was fitted to.

use leadscore_features::{Coding, Input, Value};

use crate::{Fitted, Scorer};

/// A number this many standard deviations from the fitted mean is far from all that was fitted.
pub const FAR: f64 = 10.0;

/// For each input along which a model is a straight line: its place among the scorer's signals, and the
/// mean and scale of the fitted rows. A model of bins is level beyond its last.
#[derive(Clone, Debug)]
pub struct Usual(Vec<Option<(usize, f64, f64)>>);

impl Usual {
    /// Of a model, and the scorer that has it.
    pub fn of(fitted: Option<&Fitted>, scorer: &Scorer) -> Self {
        let inputs = fitted.iter().flat_map(|fitted| &fitted.encoder.inputs);
        let of = |(input, position): (&Input, usize)| match &input.coding {
            Coding::Standard { mean, scale } => Some((position, *mean, *scale)),
            Coding::Bins { .. } | Coding::OneHot { .. } | Coding::Rates { .. } => None,
        };
        Self(inputs.zip(scorer.input_positions()).map(of).collect())
    }

    /// The inputs whose value is far from all that was fitted.
    pub fn far<'v>(&'v self, values: &'v [Value<'_>]) -> impl Iterator<Item = usize> + 'v {
        self.0.iter().enumerate().filter_map(move |(input, usual)| {
            let (position, ..) = (*usual)?;
            let Some(Value::Number(number)) = values.get(position) else { return None };
            self.is_far(input, *number).then_some(input)
        })
    }

    /// Whether a number is far from all that was fitted of an input.
    pub fn is_far(&self, input: usize, number: f64) -> bool {
        let usual = self.0.get(input).copied().flatten();
        usual.is_some_and(|(_, mean, scale)| (number - mean).abs() > FAR * scale)
    }

    /// Whether an input has values that may be far.
    pub fn has_far(&self, input: usize) -> bool {
        matches!(self.0.get(input), Some(Some(_)))
    }
}
