//! Encoders: fitted state that turns signals into a named, ordered vector of slots. Fitting is in
//! `leadscore-train`; what it finds is plain data here.

use serde::{Deserialize, Serialize};

use crate::{NameMap, Value, label};

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
    /// A category of very many levels: a slot of 0 or 1 for each of the most frequent, then one for
    /// each group of other levels that converted at about the same rate, then those for rare,
    /// missing and unseen.
    Rates {
        /// The levels with a slot of their own, in byte order.
        levels: Vec<String>,
        /// Where one group ends and the next begins, rising: shares that converted, each level's
        /// shrunk by its count towards that of all. Group `i` converted from `cuts[i - 1]`
        /// (included) to `cuts[i]` (left out).
        cuts: Vec<f64>,
        /// The [`level_hash`] of every level of each group, one group more than there are cuts.
        groups: Vec<Vec<u64>>,
        /// The [`level_hash`] of every level that was seen too seldom to have a rate.
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
            Coding::Rates { levels, groups, .. } => levels.len() + groups.len() + 3,
        }
    }

    /// The levels of a category that have a slot of their own, which are the first; `None` for a
    /// number.
    pub fn levels(&self) -> Option<&[String]> {
        match self {
            Coding::OneHot { levels, .. } | Coding::Rates { levels, .. } => Some(levels),
            Coding::Standard { .. } | Coding::Bins { .. } => None,
        }
    }

    /// Whether a category was met in fitting, with a slot of its own or without.
    pub fn has_seen(&self, level: &str) -> bool {
        let hash = level_hash(level);
        let (grouped, rare) = match self {
            Coding::OneHot { rare, .. } => (false, rare),
            Coding::Rates { groups, rare, .. } => {
                (groups.iter().any(|group| group.contains(&hash)), rare)
            }
            Coding::Standard { .. } | Coding::Bins { .. } => return false,
        };
        let own = self.levels().is_some_and(|levels| levels.iter().any(|own| own == level));
        own || grouped || rare.contains(&hash)
    }

    /// What is the same for all slots from `first` to `last`, by their positions in this coding:
    /// `30 to 45`, `retired`, `missing`. Several levels that stand together are `other`.
    pub fn name_of(&self, first: usize, last: usize) -> String {
        self.named(first, last, |cut| cut.to_string())
    }

    /// The same for people: numbers that are very small or large in scientific form.
    pub fn label_of(&self, first: usize, last: usize) -> String {
        self.named(first, last, label)
    }

    fn named(&self, first: usize, last: usize, number: fn(f64) -> String) -> String {
        match self {
            Coding::Standard { .. } if last == 0 => "value".to_owned(),
            Coding::Standard { .. } => "missing".to_owned(),
            Coding::Bins { cuts, .. } if first > cuts.len() => "missing".to_owned(),
            Coding::Bins { cuts, .. } => {
                let from = first.checked_sub(1).map(|cut| cuts[cut]);
                match (from, cuts.get(last)) {
                    (None, None) => "any".to_owned(),
                    (None, Some(to)) => format!("below {}", number(*to)),
                    (Some(from), None) => format!("from {}", number(from)),
                    (Some(from), Some(to)) => format!("{} to {}", number(from), number(*to)),
                }
            }
            Coding::OneHot { levels, .. } if first == last => {
                levels.get(first).cloned().unwrap_or_else(|| pooled(first - levels.len()))
            }
            Coding::Rates { levels, groups, .. } if first == last => {
                match first.checked_sub(levels.len()) {
                    None => levels[first].clone(),
                    Some(group) if group < groups.len() => self.rates_of(group),
                    Some(after) => pooled(after - groups.len()),
                }
            }
            Coding::OneHot { .. } | Coding::Rates { .. } => "other".to_owned(),
        }
    }

    /// What a value that no fitted row had counts as: the end of a sentence about it.
    pub fn unseen_in_words(&self) -> &'static str {
        match self {
            Coding::Rates { .. } => "it counts as values do that hardly a fitted lead had",
            _ => "it counts as the middle of the values it knows, not as the average lead",
        }
    }

    /// What the levels of a group have in common: `levels that convert at 10.2 % to 12 %`.
    fn rates_of(&self, group: usize) -> String {
        let Coding::Rates { cuts, .. } = self else { return String::new() };
        let from = group.checked_sub(1).and_then(|cut| cuts.get(cut)).map(|cut| percent(*cut));
        match (from, cuts.get(group).map(|cut| percent(*cut))) {
            (None, None) => "levels that convert at any rate".to_owned(),
            (None, Some(to)) => format!("levels that convert below {to}"),
            (Some(from), None) => format!("levels that convert at {from} or more"),
            (Some(from), Some(to)) => format!("levels that convert at {from} to {to}"),
        }
    }
}

/// What the slots after those of levels stand for.
fn pooled(place: usize) -> String {
    match place {
        0 => "rare",
        1 => "missing",
        _ => "unseen",
    }
    .to_owned()
}

/// A share as a percentage of three significant digits: `12.3 %`.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = if percent > 0.0 { 2 - percent.log10().floor() as i32 } else { 0 };
    let text = format!("{percent:.*}", digits.clamp(0, 12) as usize);
    let short = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text.as_str()
    };
    format!("{short} %")
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
                    (0..3).for_each(|place| add(format!("{signal} is {}", pooled(place))));
                }
                Coding::Rates { levels, groups, .. } => {
                    levels.iter().for_each(|level| add(format!("{signal} = {level}")));
                    for group in 0..groups.len() {
                        add(format!("{signal}: {}", input.coding.rates_of(group)));
                    }
                    (0..3).for_each(|place| add(format!("{signal} is {}", pooled(place))));
                }
            }
        }
        for pair in &self.pairs {
            let [rows, columns] = [0, 1].map(|axis| self.group_names(pair, axis, Coding::name_of));
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

    /// What the rows (`axis` 0) or the columns (1) of a pair's table stand for, by [`Coding::name_of`] or
    /// [`Coding::label_of`].
    pub fn group_names(
        &self,
        pair: &Pair,
        axis: usize,
        name: fn(&Coding, usize, usize) -> String,
    ) -> Vec<String> {
        let coding = &self.inputs[pair.inputs[axis]].coding;
        let groups = &pair.groups[axis];
        // Missing that stands with bins, as no fitted row lacked the value, does not name them.
        let named = match coding {
            Coding::Bins { cuts, .. } => cuts.len() + 1,
            Coding::Standard { .. } | Coding::OneHot { .. } | Coding::Rates { .. } => groups.len(),
        };
        (0..pair.size()[axis])
            .map(|group| {
                let of = |found: &u16| usize::from(*found) == group;
                let first = groups.iter().position(of).unwrap_or(0);
                let last = groups.iter().take(named).rposition(of).unwrap_or(first);
                name(coding, first, last)
            })
            .collect()
    }

    /// Whether the codings make sense: cuts rise and part all groups, and pairs name inputs and group
    /// all their slots.
    pub fn is_consistent(&self) -> bool {
        let rise = |cuts: &[f64]| {
            cuts.iter().all(|cut| cut.is_finite()) && cuts.windows(2).all(|w| w[0] < w[1])
        };
        let rises = |input: &Input| match &input.coding {
            Coding::Bins { cuts, .. } => rise(cuts),
            Coding::Rates { cuts, groups, .. } => rise(cuts) && groups.len() == cuts.len() + 1,
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
    /// A number, or a level that has its own slot or a rate.
    Known,
    /// A level that is pooled with other rare ones.
    Rare,
    /// Nothing.
    Missing,
    /// A category that no fitted row had, or a value of another type than the coding's.
    Unseen,
}

/// What [`Coding::Standard`] makes of a number.
#[inline]
pub fn standardised(number: f64, mean: f64, scale: f64) -> f64 {
    (number - mean) / scale
}

/// One input, ready to encode: levels are found by hash, slots are absolute positions.
#[derive(Clone, Debug)]
pub struct CompiledInput {
    first: usize,
    coding: CompiledCoding,
}

#[derive(Clone, Debug)]
enum CompiledCoding {
    Standard {
        mean: f64,
        scale: f64,
    },
    Bins {
        cuts: Vec<f64>,
    },
    Category {
        levels: NameMap<usize>,
        /// How many levels and groups have slots: where those of rare, missing and unseen begin.
        told: usize,
        /// The hashes of levels without a slot of their own, in order, with the slot of each.
        others: Vec<(u64, usize)>,
    },
}

impl CompiledInput {
    fn new(coding: &Coding, first: usize) -> Self {
        let coding = match coding {
            Coding::Standard { mean, scale } => {
                CompiledCoding::Standard { mean: *mean, scale: *scale }
            }
            Coding::Bins { cuts, .. } => CompiledCoding::Bins { cuts: cuts.clone() },
            Coding::OneHot { levels, rare } => category(levels, &[], rare),
            Coding::Rates { levels, groups, rare, .. } => category(levels, groups, rare),
        };
        Self { first, coding }
    }

    /// The positions of the input's slots.
    pub fn slots(&self) -> std::ops::Range<usize> {
        let width = match &self.coding {
            CompiledCoding::Standard { .. } => 2,
            CompiledCoding::Bins { cuts } => cuts.len() + 2,
            CompiledCoding::Category { told, .. } => told + 3,
        };
        self.first..self.first + width
    }

    /// Encodes a value: the one slot that is not 0, and what is in it, and what was met. A
    /// standardised value of exactly 0 is reported as such.
    #[inline]
    pub fn encode(&self, value: &Value<'_>) -> (usize, f64, Encounter) {
        match &self.coding {
            CompiledCoding::Standard { mean, scale } => match value {
                Value::Number(number) => {
                    (self.first, standardised(*number, *mean, *scale), Encounter::Known)
                }
                _ => (self.first + 1, 1.0, Encounter::Missing),
            },
            CompiledCoding::Bins { cuts } => match value {
                Value::Number(number) if !number.is_nan() => {
                    let bin = cuts.partition_point(|cut| cut <= number);
                    (self.first + bin, 1.0, Encounter::Known)
                }
                _ => (self.first + cuts.len() + 1, 1.0, Encounter::Missing),
            },
            CompiledCoding::Category { levels, told, others } => {
                let pooled = self.first + told;
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
                    return (self.first + level, 1.0, Encounter::Known);
                }
                let hash = level_hash(text);
                match others.binary_search_by_key(&hash, |(hash, _)| *hash) {
                    Ok(found) if others[found].1 < *told => {
                        (self.first + others[found].1, 1.0, Encounter::Known)
                    }
                    Ok(_) => (pooled, 1.0, Encounter::Rare),
                    Err(_) if looks_like_email(text) => (pooled, 1.0, Encounter::Rare),
                    Err(_) => (pooled + 2, 1.0, Encounter::Unseen),
                }
            }
        }
    }
}

/// A category, compiled. Of two levels of one hash the one with a rate is found.
fn category(levels: &[String], groups: &[Vec<u64>], rare: &[u64]) -> CompiledCoding {
    let told = levels.len() + groups.len();
    let grouped = groups
        .iter()
        .enumerate()
        .flat_map(|(group, hashes)| hashes.iter().map(move |&hash| (hash, levels.len() + group)));
    let mut others: Vec<(u64, usize)> =
        grouped.chain(rare.iter().map(|&hash| (hash, told))).collect();
    others.sort_unstable();
    others.dedup_by_key(|(hash, _)| *hash);
    let levels = levels.iter().cloned().enumerate().map(|(i, l)| (l, i)).collect();
    CompiledCoding::Category { levels, told, others }
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
mod tests;
