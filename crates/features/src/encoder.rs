//! Encoders: fitted state that turns signals into a named, ordered vector of slots. Fitting is in
//! `leadscore-train`; what it finds is plain data here.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::Value;

/// The coding of one signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "coding", rename_all = "snake_case")]
pub enum Coding {
    /// A number, standardised: slot `(value - mean) / scale`, 0 when missing, and a slot that is
    /// 1 when missing.
    Standard {
        /// The mean of the fitted rows that have a value.
        mean: f64,
        /// Their population standard deviation, or 1 where that is 0.
        scale: f64,
    },
    /// A category: a slot of 0 or 1 for each level, then one for all rare levels together, one
    /// for missing and one for values never seen in fitting.
    OneHot {
        /// The levels, in byte order.
        levels: Vec<String>,
        /// The [`level_hash`] of every level that was seen and is pooled as rare, in order. Texts
        /// shaped like an email address are always pooled, and not remembered even as a hash.
        rare: Vec<u64>,
    },
}

impl Coding {
    /// The number of slots.
    pub fn width(&self) -> usize {
        match self {
            Coding::Standard { .. } => 2,
            Coding::OneHot { levels, .. } => levels.len() + 3,
        }
    }
}

/// One signal of an encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The signal's name.
    pub signal: String,
    /// How it is coded.
    #[serde(flatten)]
    pub coding: Coding,
}

/// Signals and their codings, in the order of their slots.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Encoder {
    /// The inputs.
    pub inputs: Vec<Input>,
}

/// One position of the vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its name: `age`, `age is missing`, `job = retired`, `job is rare`, `job is unseen`.
    pub name: String,
    /// The input it belongs to, as a position in [`Encoder::inputs`].
    pub input: usize,
}

impl Encoder {
    /// The signals, in the order of their slots.
    pub fn signals(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|input| input.signal.as_str())
    }

    /// The number of slots.
    pub fn width(&self) -> usize {
        self.inputs.iter().map(|input| input.coding.width()).sum()
    }

    /// The slots, in order.
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots = Vec::with_capacity(self.width());
        for (index, input) in self.inputs.iter().enumerate() {
            let mut add = |name: String| slots.push(Slot { name, input: index });
            let signal = &input.signal;
            match &input.coding {
                Coding::Standard { .. } => add(signal.clone()),
                Coding::OneHot { levels, .. } => {
                    levels.iter().for_each(|level| add(format!("{signal} = {level}")));
                    add(format!("{signal} is rare"));
                }
            }
            add(format!("{signal} is missing"));
            if matches!(input.coding, Coding::OneHot { .. }) {
                add(format!("{signal} is unseen"));
            }
        }
        slots
    }

    /// The encoder with names resolved, one compiled input for each input.
    pub fn compile(&self) -> Vec<CompiledInput> {
        let mut first = 0;
        self.inputs
            .iter()
            .map(|input| {
                let compiled = CompiledInput::new(&input.coding, first);
                first += input.coding.width();
                compiled
            })
            .collect()
    }
}

/// What an input met in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encounter {
    /// A number, or a level that has its own slot.
    Known,
    /// A level that is pooled with other rare ones.
    Rare,
    /// Nothing.
    Missing,
    /// A category that no fitted row had, or a value of another type than the coding's.
    Unseen,
}

/// One input, ready to encode: levels are found by hash, slots are absolute positions.
#[derive(Clone, Debug)]
pub struct CompiledInput {
    first: usize,
    coding: CompiledCoding,
}

#[derive(Clone, Debug)]
enum CompiledCoding {
    Standard { mean: f64, scale: f64 },
    OneHot { levels: HashMap<String, usize>, rare: Vec<u64> },
}

impl CompiledInput {
    fn new(coding: &Coding, first: usize) -> Self {
        let coding = match coding {
            Coding::Standard { mean, scale } => {
                CompiledCoding::Standard { mean: *mean, scale: *scale }
            }
            Coding::OneHot { levels, rare } => {
                let mut rare = rare.clone();
                rare.sort_unstable();
                let levels = levels.iter().cloned().enumerate().map(|(i, l)| (l, i)).collect();
                CompiledCoding::OneHot { levels, rare }
            }
        };
        Self { first, coding }
    }

    /// The positions of the input's slots.
    pub fn slots(&self) -> std::ops::Range<usize> {
        let width = match &self.coding {
            CompiledCoding::Standard { .. } => 2,
            CompiledCoding::OneHot { levels, .. } => levels.len() + 3,
        };
        self.first..self.first + width
    }

    /// Encodes a value: the one slot that is not 0, and what is in it, and what was met. A
    /// standardised value of exactly 0 is reported as such.
    pub fn encode(&self, value: &Value<'_>) -> (usize, f64, Encounter) {
        match &self.coding {
            CompiledCoding::Standard { mean, scale } => match value {
                Value::Number(number) => (self.first, (number - mean) / scale, Encounter::Known),
                _ => (self.first + 1, 1.0, Encounter::Missing),
            },
            CompiledCoding::OneHot { levels, rare } => {
                let pooled = self.first + levels.len();
                let text = match value {
                    Value::Text(text) => text.as_ref(),
                    Value::YesNo(true) => "yes",
                    Value::YesNo(false) => "no",
                    Value::Missing | Value::Unavailable => {
                        return (pooled + 1, 1.0, Encounter::Missing);
                    }
                    Value::Number(_) | Value::Time(_) => {
                        return (pooled + 2, 1.0, Encounter::Unseen);
                    }
                };
                if let Some(level) = levels.get(text) {
                    (self.first + level, 1.0, Encounter::Known)
                } else if rare.binary_search(&level_hash(text)).is_ok() || looks_like_email(text) {
                    (pooled, 1.0, Encounter::Rare)
                } else {
                    (pooled + 2, 1.0, Encounter::Unseen)
                }
            }
        }
    }
}

/// The name under which a rare level is remembered without its text: FNV-1a, 64 bits
/// (Fowler, Noll, Vo; draft-eastlake-fnv). It tells a pooled level from one never seen; it is not
/// a secret.
pub fn level_hash(level: &str) -> u64 {
    level
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

/// Whether a text is shaped like an email address: something, one `@`, a dot after it, no spaces.
/// Such a text never becomes a level, however often it occurs.
pub fn looks_like_email(text: &str) -> bool {
    match text.split_once('@') {
        Some((local, domain)) => {
            !local.is_empty()
                && !domain.contains('@')
                && !text.contains(char::is_whitespace)
                && domain.split_once('.').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoder() -> Encoder {
        Encoder {
            inputs: vec![
                Input {
                    signal: "age".into(),
                    coding: Coding::Standard { mean: 40.0, scale: 10.0 },
                },
                Input {
                    signal: "job".into(),
                    coding: Coding::OneHot {
                        levels: vec!["admin.".into(), "retired".into()],
                        rare: vec![level_hash("pilot")],
                    },
                },
            ],
        }
    }

    #[test]
    fn every_slot_has_a_name_and_a_signal() {
        let slots = encoder().slots();
        let names: Vec<_> = slots.iter().map(|slot| slot.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "age",
                "age is missing",
                "job = admin.",
                "job = retired",
                "job is rare",
                "job is missing",
                "job is unseen",
            ]
        );
        assert_eq!(slots.len(), encoder().width());
        assert_eq!(slots[4].input, 1);
    }

    #[test]
    fn missing_rare_and_unseen_are_apart() {
        let inputs = encoder().compile();
        assert_eq!(inputs[0].encode(&Value::Number(45.0)), (0, 0.5, Encounter::Known));
        assert_eq!(inputs[0].encode(&Value::Missing), (1, 1.0, Encounter::Missing));
        let job = |text: &'static str| inputs[1].encode(&Value::Text(text.into()));
        assert_eq!(job("retired"), (3, 1.0, Encounter::Known));
        assert_eq!(job("pilot"), (4, 1.0, Encounter::Rare));
        assert_eq!(job("astronaut"), (6, 1.0, Encounter::Unseen));
        assert_eq!(inputs[1].encode(&Value::Missing), (5, 1.0, Encounter::Missing));
        assert_eq!(inputs[1].slots(), 2..7);
    }

    #[test]
    fn email_addresses_are_recognised() {
        assert!(looks_like_email("a.b@example.com"));
        assert!(!looks_like_email("@example.com"));
        assert!(!looks_like_email("a@b"));
        assert!(!looks_like_email("meet @ 10.30 am"));
    }
}
