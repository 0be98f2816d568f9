//! Signals that say what another says: the charge beside the minutes, the code beside the country. A model of
//! both would hold each twice as hard, look for pairs with each, and give half of a reason to each.

use std::collections::{HashMap, HashSet};

use leadscore_model::bundle::CopyRecord;
use rayon::prelude::*;

use crate::rows::pick;
use crate::{SignalColumn, SignalData};

/// How many rows two signals are held against each other on before all are looked at: few, that nearly
/// all couples fail on, then more for those that are left, so that all rows are sorted for next to none but copies.
const LOOKED_AT: [usize; 2] = [512, 16_384];
/// A number that hangs on another is a copy when it has at least this share of the other's values: what is
/// coarser is a view of its own.
const LEAST_SHARE: f64 = 0.5;

/// The signals that are copies of another by some rows, each with the one that is kept, in their order. A
/// category is a copy where its levels are the other's under other names, and a number of two values where a category has these
/// two; a number, where it rises with every
/// rise of the other, or falls with it, up to rounding, and both are missing in the same rows. Of two, the one
/// that tells less is the copy, or the later; `stays` tells which never are.
pub(crate) fn copies(
    signals: &[SignalColumn],
    rows: &[usize],
    stays: impl Fn(&str) -> bool,
) -> Vec<CopyRecord> {
    let every = (0..signals.len())
        .into_par_iter()
        .flat_map_iter(|second| (0..second).map(move |first| (first, second)));
    let [few, more] = LOOKED_AT;
    let couples = alike(signals, &thinned(rows, few), |_| true, every);
    let involved: HashSet<usize> = couples.iter().flat_map(|&(a, b)| [a, b]).collect();
    let among = |signal| involved.contains(&signal);
    let couples = alike(signals, &thinned(rows, more), among, couples.into_par_iter());
    let mut copy_of: HashMap<usize, usize> = HashMap::new();
    for (first, second) in couples {
        if copy_of.contains_key(&first) || copy_of.contains_key(&second) {
            continue;
        }
        let [a, b] = [first, second].map(|signal| Seen::new(&signals[signal], rows));
        let Some(which) = a.copy_among(&b) else { continue };
        let (copy, of) = if which == Which::First { (first, second) } else { (second, first) };
        if !stays(&signals[copy].name) {
            copy_of.insert(copy, of);
        }
    }
    let mut found: Vec<(usize, usize)> = copy_of.iter().map(|(copy, of)| (*copy, *of)).collect();
    found.sort_unstable();
    let kept = |mut of: usize| {
        // What it is a copy of may have been found to be one later.
        while let Some(next) = copy_of.get(&of) {
            of = *next;
        }
        of
    };
    let record = |(copy, of): (usize, usize)| CopyRecord {
        signal: signals[copy].name.clone(),
        of: signals[kept(of)].name.clone(),
    };
    found.into_iter().map(record).collect()
}

/// About so many of the rows, or fewer, evenly from all.
fn thinned(rows: &[usize], count: usize) -> Vec<usize> {
    rows.iter().copied().step_by(rows.len().div_ceil(count).max(1)).collect()
}

/// The couples of signals of which one is a copy of the other in these rows, in their order; `among` tells the
/// signals that they are of.
fn alike(
    signals: &[SignalColumn],
    rows: &[usize],
    among: impl Fn(usize) -> bool + Sync,
    couples: impl ParallelIterator<Item = (usize, usize)>,
) -> Vec<(usize, usize)> {
    let look = |at: usize| among(at).then(|| Seen::new(&signals[at], rows));
    let seen: Vec<Option<Seen>> = (0..signals.len()).into_par_iter().map(look).collect();
    let is_one = |&(first, second): &(usize, usize)| {
        let two = seen[first].as_ref().zip(seen[second].as_ref());
        two.is_some_and(|(first, second)| first.copy_among(second).is_some())
    };
    couples.filter(is_one).collect()
}

/// Which of two is the copy.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Which {
    First,
    Second,
}

/// A signal in some rows.
enum Seen {
    Number {
        values: Vec<f64>,
        /// The rows with a value, by rising value.
        order: Vec<usize>,
        /// Different values.
        distinct: usize,
    },
    Category(Vec<u32>),
}

impl Seen {
    fn new(signal: &SignalColumn, rows: &[usize]) -> Self {
        match &signal.data {
            SignalData::Number(values) => {
                let values = pick(values, rows);
                let mut order: Vec<usize> =
                    (0..values.len()).filter(|&row| !values[row].is_nan()).collect();
                order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
                let rises = order.windows(2).filter(|two| values[two[0]] != values[two[1]]);
                let distinct = rises.count() + usize::from(!order.is_empty());
                Self::Number { values, order, distinct }
            }
            SignalData::Category { codes, .. } => Self::Category(pick(codes, rows)),
        }
    }

    /// Which of two is a copy of the other, if one is.
    fn copy_among(&self, other: &Self) -> Option<Which> {
        match (self, other) {
            (Self::Category(a), Self::Category(b)) => {
                let told = is_told(a, b) && is_told(b, a);
                (told && a.iter().any(|code| *code != a[0])).then_some(Which::Second)
            }
            (
                Self::Number { values: a, order: by_a, distinct: of_a },
                Self::Number { values: b, order: by_b, distinct: of_b },
            ) => {
                if by_a.len() != by_b.len() || (*of_a).min(*of_b) < 2 {
                    return None;
                }
                let share = |of: usize, all: usize| of as f64 >= LEAST_SHARE * all as f64;
                if of_b <= of_a && share(*of_b, *of_a) && follows(a, by_a, b) {
                    Some(Which::Second)
                } else if of_a < of_b && share(*of_a, *of_b) && follows(b, by_b, a) {
                    Some(Which::First)
                } else {
                    None
                }
            }
            // Two values are the same two, whether they are written in numbers or in words.
            (Self::Number { values, distinct: 2, .. }, Self::Category(codes)) => {
                is_coded(values, codes).then_some(Which::First)
            }
            (Self::Category(codes), Self::Number { values, distinct: 2, .. }) => {
                is_coded(values, codes).then_some(Which::Second)
            }
            _ => None,
        }
    }
}

/// Whether a number has one value for each level of a category, and another for each other level.
fn is_coded(values: &[f64], codes: &[u32]) -> bool {
    let of: HashMap<u64, u32> =
        values.iter().zip(codes).map(|(value, code)| (value.to_bits(), *code)).collect();
    let back: HashMap<u32, u64> = of.iter().map(|(value, code)| (*code, *value)).collect();
    back.len() == of.len()
        && values.iter().zip(codes).all(|(value, code)| of.get(&value.to_bits()) == Some(code))
}

/// Whether each code of one side has one code of the other.
fn is_told(by: &[u32], codes: &[u32]) -> bool {
    let mut of: HashMap<u32, u32> = HashMap::new();
    by.iter().zip(codes).all(|(by, code)| of.entry(*by).or_insert(*code) == code)
}

/// Whether a number never goes back where another, by which rows are `ordered`, rises; or never forth.
fn follows(by: &[f64], ordered: &[usize], number: &[f64]) -> bool {
    let mut rising = None;
    ordered.windows(2).all(|two| {
        let [before, after] = [two[0], two[1]].map(|row| (by[row], number[row]));
        if after.1.is_nan() || before.1.is_nan() {
            return false;
        }
        if before.0 == after.0 || before.1 == after.1 {
            return before.1 == after.1;
        }
        *rising.get_or_insert(before.1 < after.1) == (before.1 < after.1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(name: &str, values: Vec<f64>) -> SignalColumn {
        SignalColumn { name: name.into(), data: SignalData::Number(values) }
    }

    fn category(name: &str, codes: Vec<u32>) -> SignalColumn {
        let names = (0..9).map(|level| format!("{name}{level}")).collect();
        SignalColumn {
            name: name.into(),
            data: SignalData::Category { codes, names, yes_no: false },
        }
    }

    fn found(signals: &[SignalColumn]) -> Vec<(String, String)> {
        let rows: Vec<usize> = (0..2_000).collect();
        copies(signals, &rows, |name| name == "kept")
            .into_iter()
            .map(|copy| (copy.signal, copy.of))
            .collect()
    }

    /// Numbers in no order, with one in ten missing.
    fn minutes() -> Vec<f64> {
        let value =
            |i: usize| if i % 10 == 3 { f64::NAN } else { (i * 7_919 % 1_999) as f64 / 10.0 };
        (0..2_000).map(value).collect()
    }

    #[test]
    fn charges_are_minutes() {
        let minutes = minutes();
        let of = |f: &dyn Fn(f64) -> f64| minutes.iter().map(|m| f(*m)).collect::<Vec<f64>>();
        let signals = [
            number("minutes", minutes.clone()),
            number("charge", of(&|m| (m * 17.0).round() / 100.0)),
            number("left", of(&|m| 500.0 - m)),
            number("hours", of(&|m| (m / 60.0).floor())),
            number("kept", minutes.clone()),
            number("filled", of(&|m| if m.is_nan() { 0.0 } else { m })),
        ];
        let to = |copy: &str| (copy.to_owned(), "minutes".to_owned());
        assert_eq!(found(&signals), [to("charge"), to("left")]);
        // The finer one is kept, wherever it stands.
        let turned = [signals[1].clone(), signals[0].clone()];
        let cents = number("cents", of(&|m| (m * 7.0).round()));
        assert_eq!(found(&turned).len(), 1);
        assert_eq!(found(&[cents, signals[0].clone()]), [to("cents")]);
    }

    #[test]
    fn two_values_are_two_words() {
        let code = |i: usize| (i * 31 % 7 % 2) as u32;
        let codes: Vec<u32> = (0..2_000).map(code).collect();
        let number_of = |of: &dyn Fn(usize) -> f64| (0..2_000).map(of).collect::<Vec<f64>>();
        let sex = category("sex", codes);
        let same = number("code", number_of(&|i| f64::from(code(i)) + 1.0));
        let off = number("off", number_of(&|i| f64::from(code(i) ^ u32::from(i == 1_999))));
        let gaps =
            number("gaps", number_of(&|i| if i == 3 { f64::NAN } else { f64::from(code(i)) }));
        let copy = [("code".to_owned(), "sex".to_owned())];
        assert_eq!(found(&[sex.clone(), same.clone(), off, gaps]), copy);
        assert_eq!(found(&[same, sex]), copy);
    }

    #[test]
    fn one_row_that_differs_is_enough() {
        let minutes = minutes();
        let mut other = minutes.clone();
        other[1_999] += 50.0;
        assert_eq!(found(&[number("minutes", minutes), number("other", other)]), []);
    }

    #[test]
    fn codes_of_countries_are_countries() {
        let country: Vec<u32> = (0..2_000).map(|i| i * 31 % 7).collect();
        let code: Vec<u32> = country.iter().map(|c| (c + 3) % 7).collect();
        let region: Vec<u32> = country.iter().map(|c| c / 2).collect();
        let constant = vec![1; 2_000];
        let signals = [
            category("country", country),
            category("region", region),
            category("code", code),
            category("one", constant.clone()),
            category("other", constant),
        ];
        assert_eq!(found(&signals), [("code".to_owned(), "country".to_owned())]);
    }
}
