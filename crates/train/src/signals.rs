//! The values of the model's signals, column by column, for fitting. They come from the same
//! readers and the same signals that scoring uses.

use leadscore_features::events::{ByHash, content_hash};

use leadscore_features::{SignalKind, Value};

/// The values of one signal for every row.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalData {
    /// Numbers; NaN is missing.
    Number(Vec<f64>),
    /// Categories, as positions in `names`; [`SignalData::MISSING`] is missing.
    Category {
        /// The code of each row.
        codes: Vec<u32>,
        /// The names, in order of first occurrence.
        names: Vec<String>,
        /// Whether the values are yes and no.
        yes_no: bool,
    },
}

/// A signal with its values.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalColumn {
    /// The signal's name.
    pub name: String,
    /// Its values.
    pub data: SignalData,
}

impl SignalData {
    /// The code of a missing category.
    pub const MISSING: u32 = u32::MAX;

    /// The value of a row.
    pub fn value(&self, row: usize) -> Value<'_> {
        match self {
            SignalData::Number(numbers) if numbers[row].is_nan() => Value::Missing,
            SignalData::Number(numbers) => Value::Number(numbers[row]),
            SignalData::Category { codes, .. } if codes[row] == Self::MISSING => Value::Missing,
            SignalData::Category { codes, names, yes_no: false } => {
                Value::Text(names[codes[row] as usize].as_str().into())
            }
            SignalData::Category { codes, names, .. } => {
                Value::YesNo(names[codes[row] as usize] == "yes")
            }
        }
    }
}

impl SignalColumn {
    /// The values, where they are numbers.
    pub(crate) fn numbers(&self) -> Option<&[f64]> {
        match &self.data {
            SignalData::Number(numbers) => Some(numbers),
            SignalData::Category { .. } => None,
        }
    }

    /// The values of some rows, in their order.
    pub(crate) fn take(&self, rows: &[usize]) -> Self {
        let data = match &self.data {
            SignalData::Number(numbers) => {
                SignalData::Number(rows.iter().map(|&row| numbers[row]).collect())
            }
            SignalData::Category { codes, names, yes_no } => SignalData::Category {
                codes: rows.iter().map(|&row| codes[row]).collect(),
                names: names.clone(),
                yes_no: *yes_no,
            },
        };
        Self { name: self.name.clone(), data }
    }
}

fn number_of(value: &Value<'_>) -> f64 {
    if let Value::Number(number) = value { *number } else { f64::NAN }
}

/// The code of a category, whose name is added where it is new.
fn category_of(value: &Value<'_>, names: &mut Vec<String>, by_name: &mut ByHash<u32>) -> u32 {
    let text = match value {
        Value::Text(text) => text.as_ref(),
        Value::YesNo(true) => "yes",
        Value::YesNo(false) => "no",
        _ => return SignalData::MISSING,
    };
    *by_name.entry(content_hash(text)).or_insert_with(|| {
        names.push(text.to_owned());
        names.len() as u32 - 1
    })
}

/// Collects the values of one signal.
pub(crate) struct SignalBuilder {
    name: String,
    data: SignalData,
    /// By the content hashes of the names.
    codes_by_name: ByHash<u32>,
}

impl SignalBuilder {
    pub(crate) fn new(name: &str, kind: SignalKind, rows: usize) -> Self {
        let data = match kind {
            SignalKind::Number => SignalData::Number(Vec::with_capacity(rows)),
            _ => SignalData::Category {
                codes: Vec::with_capacity(rows),
                names: Vec::new(),
                yes_no: kind == SignalKind::YesNo,
            },
        };
        Self { name: name.to_owned(), data, codes_by_name: ByHash::default() }
    }

    pub(crate) fn push(&mut self, value: &Value<'_>) {
        match &mut self.data {
            SignalData::Number(numbers) => numbers.push(number_of(value)),
            SignalData::Category { codes, names, .. } => {
                codes.push(category_of(value, names, &mut self.codes_by_name));
            }
        }
    }

    /// Appends rows whose values are at some positions among `values`.
    pub(crate) fn extend(&mut self, values: &[Value<'_>], at: impl Iterator<Item = usize>) {
        match &mut self.data {
            SignalData::Number(numbers) => {
                let of: Vec<f64> = values.iter().map(number_of).collect();
                numbers.extend(at.map(|at| of[at]));
            }
            SignalData::Category { codes, names, .. } => {
                let mut known: Vec<Option<u32>> = vec![None; values.len()];
                let by_name = &mut self.codes_by_name;
                // Names are in the order of the rows that have them.
                codes.extend(at.map(|at| {
                    *known[at].get_or_insert_with(|| category_of(&values[at], names, by_name))
                }));
            }
        }
    }

    /// Appends what another builder of the same signal collected.
    pub(crate) fn append(&mut self, other: Self) {
        match (&mut self.data, other.data) {
            (SignalData::Number(all), SignalData::Number(more)) => all.extend(more),
            (
                SignalData::Category { codes, names, .. },
                SignalData::Category { codes: more, names: theirs, .. },
            ) => {
                let new: Vec<u32> = theirs
                    .into_iter()
                    .map(|name| {
                        *self.codes_by_name.entry(content_hash(&name)).or_insert_with(|| {
                            names.push(name);
                            names.len() as u32 - 1
                        })
                    })
                    .collect();
                let translate = |code: u32| match code {
                    SignalData::MISSING => code,
                    code => new[code as usize],
                };
                codes.extend(more.into_iter().map(translate));
            }
            // Builders of one signal are of one kind.
            _ => {}
        }
    }

    pub(crate) fn finish(self) -> SignalColumn {
        SignalColumn { name: self.name, data: self.data }
    }
}
