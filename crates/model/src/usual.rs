//! Which numbers lie outside of what a model was fitted to.

use leadscore_features::{Coding, Input, Value};

use crate::{Fitted, Scorer};

/// A number this many standard deviations from the fitted mean is far from all that was fitted.
pub const FAR: f64 = 10.0;

/// For each input that is a number, what is usual of it.
#[derive(Clone, Debug)]
pub struct Usual(Vec<Option<Range>>);

/// What is usual of a number.
#[derive(Clone, Copy, Debug)]
struct Range {
    /// Its place among the scorer's signals.
    position: usize,
    /// The lowest and the highest usual value.
    ends: (f64, f64),
    /// The share of the fitted rows outside, of a number in steps: those in its first and last step, beyond which the
    /// model is level. None of a number along which it is a straight line: these ends are far from all that was fitted.
    outside: Option<f64>,
}

impl Usual {
    /// Of a model, and the scorer that has it.
    pub fn of(fitted: Option<&Fitted>, scorer: &Scorer) -> Self {
        let inputs = fitted.iter().flat_map(|fitted| {
            let mut first = 0;
            fitted.encoder.inputs.iter().map(move |input| {
                let slots = &fitted.logistic.slots[first..first + input.coding.width()];
                first += slots.len();
                (input, slots)
            })
        });
        let of = |((input, slots), position): ((&Input, &[crate::SlotWeight]), usize)| {
            let (ends, outside) = match &input.coding {
                Coding::Standard { mean, scale } => {
                    ((mean - FAR * scale, mean + FAR * scale), None)
                }
                Coding::Bins { cuts, .. } => {
                    let (first, last) = (*cuts.first()?, *cuts.last()?);
                    // A bin holds its lower end.
                    ((first, last.next_down()), Some(slots[0].mean + slots[cuts.len()].mean))
                }
                Coding::OneHot { .. } | Coding::Rates { .. } => return None,
            };
            Some(Range { position, ends, outside })
        };
        Self(inputs.zip(scorer.input_positions()).map(of).collect())
    }

    /// The inputs along which the model is a straight line and whose value is far from all that was fitted.
    pub fn far<'v>(&'v self, values: &'v [Value<'_>]) -> impl Iterator<Item = usize> + 'v {
        self.outside(values).filter(|input| self.share_outside(*input).is_none())
    }

    /// The inputs whose number is outside of what is usual.
    pub fn outside<'v>(&'v self, values: &'v [Value<'_>]) -> impl Iterator<Item = usize> + 'v {
        self.0.iter().enumerate().filter_map(move |(input, usual)| {
            let Range { position, .. } = (*usual)?;
            let Some(Value::Number(number)) = values.get(position) else { return None };
            self.is_outside(input, *number).then_some(input)
        })
    }

    /// Whether a number is outside of what is usual of an input.
    pub fn is_outside(&self, input: usize, number: f64) -> bool {
        let usual = self.0.get(input).copied().flatten();
        usual.is_some_and(|Range { ends: (low, high), .. }| number < low || number > high)
    }

    /// Whether an input is a number, of which some are usual.
    pub fn is_number(&self, input: usize) -> bool {
        matches!(self.0.get(input), Some(Some(_)))
    }

    /// Of a number in steps, the share of the fitted rows in the first and the last of them.
    pub fn share_outside(&self, input: usize) -> Option<f64> {
        self.0.get(input).copied().flatten()?.outside
    }
}
