//! Encoders: fitted state that turns signals into a named, ordered vector of slots. Fitting is in
//! `leadscore-train`; what it finds is plain data here.

use serde::{Deserialize, Serialize};

use crate::{NameMap, Value};

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
    /// A number in steps: a slot of 0 or 1 for each bin, then one for missing. Bin `i` holds the
    /// values from `cuts[i - 1]` (included) to `cuts[i]` (left out); the first and the last have no
    /// end.
    Bins {
        /// Where one bin ends and the next begins, rising.
        cuts: Vec<f64>,
        /// The mean of the fitted rows that have a value.
        mean: f64,
        /// Their population standard deviation, or 1 where that is 0: with the mean it tells what
        /// lies far from all that was fitted.
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
            Coding::Bins { cuts, .. } => cuts.len() + 2,
            Coding::OneHot { levels, .. } => levels.len() + 3,
        }
    }

    /// What is the same for all slots from `first` to `last`, by their positions in this coding:
    /// `30 to 45`, `retired`, `missing`. Several levels that stand together are `other`.
    pub fn name_of(&self, first: usize, last: usize) -> String {
        match self {
            Coding::Standard { .. } if last == 0 => "value".to_owned(),
            Coding::Standard { .. } => "missing".to_owned(),
            Coding::Bins { cuts, .. } if first > cuts.len() => "missing".to_owned(),
            Coding::Bins { cuts, .. } => {
                let from = first.checked_sub(1).map(|cut| cuts[cut]);
                match (from, cuts.get(last)) {
                    (None, None) => "any".to_owned(),
                    (None, Some(to)) => format!("below {to}"),
                    (Some(from), None) => format!("from {from}"),
                    (Some(from), Some(to)) => format!("{from} to {to}"),
                }
            }
            Coding::OneHot { levels, .. } if first == last => match first.checked_sub(levels.len())
            {
                None => levels[first].clone(),
                Some(0) => "rare".to_owned(),
                Some(1) => "missing".to_owned(),
                Some(_) => "unseen".to_owned(),
            },
            Coding::OneHot { .. } => "other".to_owned(),
        }
    }
}

/// Two inputs that say more together: a table with a slot for each cell. The slots of each input
/// stand together in groups, which are the rows and the columns of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The inputs, as positions in [`Encoder::inputs`]: that of the rows, that of the columns.
    pub inputs: [usize; 2],
    /// For each input, the group of each of its slots, from 0 without gaps.
    pub groups: [Vec<u16>; 2],
}

impl Pair {
    /// Rows and columns of the table.
    pub fn size(&self) -> [usize; 2] {
        let size = |groups: &[u16]| groups.iter().max().map_or(0, |&most| usize::from(most) + 1);
        [size(&self.groups[0]), size(&self.groups[1])]
    }

    /// The number of slots.
    pub fn width(&self) -> usize {
        self.size().iter().product()
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

/// Signals and their codings, in the order of their slots, and then the pairs, in the order of
/// theirs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Encoder {
    /// The inputs.
    pub inputs: Vec<Input>,
    /// The pairs of inputs that have a table of their own.
    pub pairs: Vec<Pair>,
}

/// An encoder as it is written: formats 1 and 2 of bundles knew no pairs and wrote a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Inputs(Vec<Input>),
    Both { inputs: Vec<Input>, pairs: Vec<Pair> },
}

impl From<Written> for Encoder {
    fn from(written: Written) -> Self {
        match written {
            Written::Inputs(inputs) => Self { inputs, pairs: Vec::new() },
            Written::Both { inputs, pairs } => Self { inputs, pairs },
        }
    }
}

/// One position of the vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its name: `age`, `age is missing`, `age: 30 to 45`, `job = retired`, `job is rare`,
    /// `age: 30 to 45, job: retired`.
    pub name: String,
    /// The input it belongs to, as a position in [`Encoder::inputs`]; of a pair, that of the rows.
    pub input: usize,
}

impl Encoder {
    /// The signals, in the order of their slots.
    pub fn signals(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|input| input.signal.as_str())
    }

    /// The number of slots.
    pub fn width(&self) -> usize {
        self.inputs.iter().map(|input| input.coding.width()).sum::<usize>()
            + self.pairs.iter().map(Pair::width).sum::<usize>()
    }

    /// The slots, in order.
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots = Vec::with_capacity(self.width());
        for (index, input) in self.inputs.iter().enumerate() {
            let mut add = |name: String| slots.push(Slot { name, input: index });
            let signal = &input.signal;
            match &input.coding {
                Coding::Standard { .. } => {
                    add(signal.clone());
                    add(format!("{signal} is missing"));
                }
                Coding::Bins { cuts, .. } => {
                    for bin in 0..=cuts.len() {
                        add(format!("{signal}: {}", input.coding.name_of(bin, bin)));
                    }
                    add(format!("{signal} is missing"));
                }
                Coding::OneHot { levels, .. } => {
                    levels.iter().for_each(|level| add(format!("{signal} = {level}")));
                    for what in ["rare", "missing", "unseen"] {
                        add(format!("{signal} is {what}"));
                    }
                }
            }
        }
        for pair in &self.pairs {
            let [rows, columns] = [0, 1].map(|axis| self.group_names(pair, axis));
            let [a, b] = pair.inputs.map(|input| self.inputs[input].signal.as_str());
            for row in &rows {
                for column in &columns {
                    let name = format!("{a}: {row}, {b}: {column}");
                    slots.push(Slot { name, input: pair.inputs[0] });
                }
            }
        }
        slots
    }

    /// What the rows (`axis` 0) or the columns (1) of a pair's table stand for.
    pub fn group_names(&self, pair: &Pair, axis: usize) -> Vec<String> {
        let coding = &self.inputs[pair.inputs[axis]].coding;
        let groups = &pair.groups[axis];
        // Missing that stands with bins, as no fitted row lacked the value, does not name them.
        let named = match coding {
            Coding::Bins { cuts, .. } => cuts.len() + 1,
            Coding::Standard { .. } | Coding::OneHot { .. } => groups.len(),
        };
        (0..pair.size()[axis])
            .map(|group| {
                let of = |found: &u16| usize::from(*found) == group;
                let first = groups.iter().position(of).unwrap_or(0);
                let last = groups.iter().take(named).rposition(of).unwrap_or(first);
                coding.name_of(first, last)
            })
            .collect()
    }

    /// Whether the codings make sense: cuts rise, and pairs name inputs and group all their slots.
    pub fn is_consistent(&self) -> bool {
        let rises = |input: &Input| match &input.coding {
            Coding::Bins { cuts, .. } => {
                cuts.iter().all(|cut| cut.is_finite()) && cuts.windows(2).all(|w| w[0] < w[1])
            }
            Coding::Standard { .. } | Coding::OneHot { .. } => true,
        };
        let grouped = |pair: &Pair| {
            pair.inputs.iter().zip(&pair.groups).all(|(&input, groups)| {
                self.inputs.get(input).is_some_and(|of| of.coding.width() == groups.len())
            })
        };
        self.inputs.iter().all(rises) && self.pairs.iter().all(grouped)
    }

    /// The encoder with names resolved, one compiled input for each input. The slots of pairs
    /// follow those of the inputs.
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
    Bins { cuts: Vec<f64> },
    OneHot { levels: NameMap<usize>, rare: Vec<u64> },
}

impl CompiledInput {
    fn new(coding: &Coding, first: usize) -> Self {
        let coding = match coding {
            Coding::Standard { mean, scale } => {
                CompiledCoding::Standard { mean: *mean, scale: *scale }
            }
            Coding::Bins { cuts, .. } => CompiledCoding::Bins { cuts: cuts.clone() },
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
            CompiledCoding::Bins { cuts } => cuts.len() + 2,
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
            CompiledCoding::Bins { cuts } => match value {
                Value::Number(number) if !number.is_nan() => {
                    let bin = cuts.partition_point(|cut| cut <= number);
                    (self.first + bin, 1.0, Encounter::Known)
                }
                _ => (self.first + cuts.len() + 1, 1.0, Encounter::Missing),
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
            pairs: Vec::new(),
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
    fn bins_and_pairs_have_names() {
        let encoder = Encoder {
            inputs: vec![
                Input {
                    signal: "age".into(),
                    coding: Coding::Bins { cuts: vec![30.0, 45.0], mean: 40.0, scale: 9.0 },
                },
                Input {
                    signal: "job".into(),
                    coding: Coding::OneHot { levels: vec!["admin.".into()], rare: vec![] },
                },
            ],
            pairs: vec![Pair { inputs: [0, 1], groups: [vec![0, 1, 1, 0], vec![0, 1, 1, 1]] }],
        };
        assert!(encoder.is_consistent());
        let names: Vec<_> = encoder.slots().into_iter().map(|slot| slot.name).collect();
        assert_eq!(names.len(), encoder.width());
        assert_eq!(
            names[..4],
            ["age: below 30", "age: 30 to 45", "age: from 45", "age is missing"]
        );
        assert_eq!(
            names[8..],
            [
                "age: below 30, job: admin.",
                "age: below 30, job: other",
                "age: from 30, job: admin.",
                "age: from 30, job: other",
            ]
        );
        let age = &encoder.compile()[0];
        for (value, slot) in [(29.9, 0), (30.0, 1), (44.0, 1), (45.0, 2), (1e300, 2)] {
            assert_eq!(age.encode(&Value::Number(value)), (slot, 1.0, Encounter::Known));
        }
        assert_eq!(age.encode(&Value::Missing), (3, 1.0, Encounter::Missing));
    }

    #[test]
    fn encoders_of_older_bundles_are_read() {
        let old = r#"[{"signal":"age","coding":"standard","mean":40.0,"scale":10.0}]"#;
        let read: Encoder = serde_json::from_str(old).unwrap();
        assert_eq!((read.inputs.len(), read.pairs.len()), (1, 0));
        let again: Encoder = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, read);
    }

    #[test]
    fn email_addresses_are_recognised() {
        assert!(looks_like_email("a.b@example.com"));
        assert!(!looks_like_email("@example.com"));
        assert!(!looks_like_email("a@b"));
        assert!(!looks_like_email("meet @ 10.30 am"));
    }
}
