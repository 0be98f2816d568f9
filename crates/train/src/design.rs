//! The matrix of a fit. Every input fills exactly one slot of a row, so a row is one slot and one
//! amount per input: sparse, of fixed width, and small.

use leadscore_features::{CompiledInput, Encoder, Value};

use crate::{SignalColumn, SignalData};

/// Rows of encoded signals.
#[derive(Clone, Debug)]
pub struct Design {
    /// Inputs, that is entries in each row.
    inputs: usize,
    /// Slots, that is columns of the full matrix.
    width: usize,
    /// The slot of each entry, row by row, rising within a row.
    slots: Vec<u32>,
    /// What is in it.
    amounts: Vec<f64>,
}

impl Design {
    /// Encodes some rows of signal columns, which are those that the encoder was fitted to, in
    /// the same order.
    pub fn new(encoder: &Encoder, signals: &[SignalColumn], rows: &[usize]) -> Self {
        let compiled = encoder.compile();
        let inputs = compiled.len();
        let mut design = Self {
            inputs,
            width: encoder.width(),
            slots: vec![0; rows.len() * inputs],
            amounts: vec![0.0; rows.len() * inputs],
        };
        for (index, (input, signal)) in compiled.iter().zip(signals).enumerate() {
            let mut put = |at: usize, slot: usize, amount: f64| {
                design.slots[at * inputs + index] = slot as u32;
                design.amounts[at * inputs + index] = amount;
            };
            match &signal.data {
                SignalData::Number(values) => {
                    for (at, &row) in rows.iter().enumerate() {
                        let value = if values[row].is_nan() {
                            Value::Missing
                        } else {
                            Value::Number(values[row])
                        };
                        let (slot, amount, _) = input.encode(&value);
                        put(at, slot, amount);
                    }
                }
                SignalData::Category { codes, names, .. } => {
                    // Each name is encoded once, by the same code that scoring uses.
                    let encoded = encode_names(input, names);
                    let (missing, _, _) = input.encode(&Value::Missing);
                    for (at, &row) in rows.iter().enumerate() {
                        let slot = encoded.get(codes[row] as usize).copied().unwrap_or(missing);
                        put(at, slot, 1.0);
                    }
                }
            }
        }
        design
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.slots.len().checked_div(self.inputs).unwrap_or(0)
    }

    /// Slots.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The slots of a row that are not 0, and what is in them.
    pub fn row(&self, row: usize) -> (&[u32], &[f64]) {
        let range = row * self.inputs..(row + 1) * self.inputs;
        (&self.slots[range.clone()], &self.amounts[range])
    }

    /// The mean of every slot.
    pub fn means(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        for (slot, amount) in self.slots.iter().zip(&self.amounts) {
            sums[*slot as usize] += amount;
        }
        let rows = self.rows().max(1) as f64;
        sums.iter_mut().for_each(|sum| *sum /= rows);
        sums
    }

    /// The log-odds of a row under an intercept and a coefficient for every slot.
    pub fn log_odds(&self, row: usize, intercept: f64, coefficients: &[f64]) -> f64 {
        let (slots, amounts) = self.row(row);
        slots
            .iter()
            .zip(amounts)
            .fold(intercept, |sum, (slot, amount)| sum + coefficients[*slot as usize] * amount)
    }
}

/// The slot of each of some rows under an input, from the input's first slot.
pub(crate) fn slots_of(input: &CompiledInput, signal: &SignalColumn, rows: &[usize]) -> Vec<u16> {
    let first = input.slots().start;
    let slot = |value: &Value<'_>| (input.encode(value).0 - first) as u16;
    match &signal.data {
        SignalData::Number(values) => {
            let of = |&row: &usize| match values[row] {
                value if value.is_nan() => slot(&Value::Missing),
                value => slot(&Value::Number(value)),
            };
            rows.iter().map(of).collect()
        }
        SignalData::Category { codes, names, .. } => {
            let encoded: Vec<u16> =
                encode_names(input, names).into_iter().map(|slot| (slot - first) as u16).collect();
            let missing = slot(&Value::Missing);
            let of = |&row: &usize| encoded.get(codes[row] as usize).copied().unwrap_or(missing);
            rows.iter().map(of).collect()
        }
    }
}

fn encode_names(input: &CompiledInput, names: &[String]) -> Vec<usize> {
    names.iter().map(|name| input.encode(&Value::Text(name.as_str().into())).0).collect()
}
