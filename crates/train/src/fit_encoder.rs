//! Fitting encoders: means and scales of numbers, levels of categories, from some rows only.

use leadscore_features::{Coding, Encoder, Input, level_hash, looks_like_email};

use crate::weights::weight_of;
use crate::{SignalColumn, SignalData};

/// A level seen in fewer rows than this is pooled with other rare ones.
pub const LEAST_LEVEL_COUNT: usize = 10;
/// Columns of numbers that are looked at together.
const TOGETHER: usize = 4;
/// At most so many levels of a signal have a slot of their own: the most frequent.
pub const MOST_LEVELS: usize = 200;

/// Fits an encoder to some rows of signal columns.
///
/// Numbers are standardised by the mean and the population standard deviation of the rows that
/// have a value. Both levels of a yes/no signal are always kept. A text shaped like an email
/// address never becomes a level.
pub fn fit_encoder(signals: &[SignalColumn], rows: &[usize]) -> Encoder {
    fit_encoder_weighted(signals, rows, &[])
}

/// The same of rows that weigh differently. Weights move means and scales; which levels have a slot hangs on
/// rows alone, for no weight makes one lead a handful.
pub(crate) fn fit_encoder_weighted(
    signals: &[SignalColumn],
    rows: &[usize],
    weights: &[f64],
) -> Encoder {
    let numbers: Vec<&[f64]> = signals.iter().filter_map(SignalColumn::numbers).collect();
    let mut codings = numbers.chunks(TOGETHER).flat_map(|some| standard(some, rows, weights));
    // There is one for each column of numbers.
    let constant = Coding::Standard { mean: 0.0, scale: 1.0 };
    encoder_of(signals, rows, |_, _| codings.next().unwrap_or_else(|| constant.clone()))
}

/// The same with numbers coded otherwise, each by its name and values.
pub(crate) fn encoder_of(
    signals: &[SignalColumn],
    rows: &[usize],
    mut number: impl FnMut(&str, &[f64]) -> Coding,
) -> Encoder {
    let inputs = signals
        .iter()
        .map(|signal| Input {
            signal: signal.name.clone(),
            coding: match &signal.data {
                SignalData::Number(values) => number(&signal.name, values),
                SignalData::Category { codes, names, yes_no } => {
                    one_hot(codes, names, *yes_no, rows)
                }
            },
        })
        .collect();
    Encoder { inputs, pairs: Vec::new() }
}

/// The codings of at most [`TOGETHER`] columns of numbers.
fn standard(columns: &[&[f64]], rows: &[usize], weights: &[f64]) -> Vec<Coding> {
    // A place without a column is filled with the first.
    let of: [&[f64]; TOGETHER] =
        std::array::from_fn(|at| columns.get(at).or(columns.first()).copied().unwrap_or_default());
    let each = rows.iter().enumerate();
    let each = each.map(|(at, &row)| (of.map(|values| values[row]), weight_of(weights, at)));
    let found = means_and_scales(each).into_iter().take(columns.len());
    found.map(|(mean, scale)| Coding::Standard { mean, scale }).collect()
}

/// The means of the values of some columns by the weights of their rows, and their population standard deviations.
/// One is 1 where it would be 0 or is rounding alone: dividing by a rounding error would make noise look like signal.
/// NaN is no value. Columns are summed beside each other, as every sum waits for the one before it.
pub(crate) fn means_and_scales<const COLUMNS: usize>(
    rows: impl Iterator<Item = ([f64; COLUMNS], f64)> + Clone,
) -> [(f64, f64); COLUMNS] {
    let (mut sums, mut masses) = ([0.0; COLUMNS], [0.0; COLUMNS]);
    for (values, weight) in rows.clone() {
        for ((value, sum), mass) in values.iter().zip(&mut sums).zip(&mut masses) {
            let missing = value.is_nan();
            *sum += if missing { 0.0 } else { weight * value };
            *mass += if missing { 0.0 } else { weight };
        }
    }
    let mean = |at: usize| if masses[at] == 0.0 { 0.0 } else { sums[at] / masses[at] };
    let means: [f64; COLUMNS] = std::array::from_fn(mean);
    let mut squares = [0.0; COLUMNS];
    for (values, weight) in rows {
        for ((value, sum), mean) in values.iter().zip(&mut squares).zip(&means) {
            let off = value - mean;
            *sum += if value.is_nan() { 0.0 } else { weight * (off * off) };
        }
    }
    std::array::from_fn(|at| {
        let (mean, scale) = (means[at], (squares[at] / masses[at]).sqrt());
        let constant = masses[at] == 0.0 || scale <= 1e-12 * mean.abs() || scale == 0.0;
        (mean, if constant { 1.0 } else { scale })
    })
}

fn one_hot(codes: &[u32], names: &[String], yes_no: bool, rows: &[usize]) -> Coding {
    if yes_no {
        return Coding::OneHot { levels: vec!["no".into(), "yes".into()], rare: Vec::new() };
    }
    let mut counts = vec![0usize; names.len()];
    for &row in rows {
        if let Some(count) = counts.get_mut(codes[row] as usize) {
            *count += 1;
        }
    }
    let mut seen: Vec<usize> = (0..names.len()).filter(|&code| counts[code] > 0).collect();
    seen.sort_by(|&a, &b| counts[b].cmp(&counts[a]).then_with(|| names[a].cmp(&names[b])));
    let keeps =
        |code: &usize| counts[*code] >= LEAST_LEVEL_COUNT && !looks_like_email(&names[*code]);
    let kept: Vec<usize> = seen.iter().copied().filter(keeps).take(MOST_LEVELS).collect();
    let mut levels: Vec<String> = kept.iter().map(|&code| names[code].clone()).collect();
    levels.sort();
    let mut rare: Vec<u64> = seen
        .iter()
        .filter(|&&code| levels.binary_search(&names[code]).is_err())
        .filter(|&&code| !looks_like_email(&names[code]))
        .map(|&code| level_hash(&names[code]))
        .collect();
    rare.sort_unstable();
    rare.dedup();
    Coding::OneHot { levels, rare }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_given_rows_count() {
        let numbers = SignalColumn {
            name: "n".into(),
            data: SignalData::Number(vec![1.0, 3.0, f64::NAN, 1000.0]),
        };
        let encoder = fit_encoder(&[numbers], &[0, 1, 2]);
        assert_eq!(encoder.inputs[0].coding, Coding::Standard { mean: 2.0, scale: 1.0 });
    }

    #[test]
    fn rare_levels_and_addresses_are_pooled_without_their_text() {
        let names = ["common", "rare", "a@example.com"].map(String::from).to_vec();
        let mut codes = vec![0; 20];
        codes.extend([1; 9]);
        codes.extend([2; 50]);
        let rows: Vec<usize> = (0..codes.len()).collect();
        let Coding::OneHot { levels, rare } = one_hot(&codes, &names, false, &rows) else {
            panic!("a category is one-hot")
        };
        assert_eq!(levels, ["common"]);
        assert_eq!(rare, [level_hash("rare")]);
    }

    #[test]
    fn the_most_frequent_levels_are_kept() {
        let names: Vec<String> = (0..300).map(|i| format!("l{i:03}")).collect();
        let mut codes: Vec<u32> = (0..300).flat_map(|i| [i; 10]).collect();
        codes.extend([299; 5]);
        let rows: Vec<usize> = (0..codes.len()).collect();
        let Coding::OneHot { levels, rare } = one_hot(&codes, &names, false, &rows) else {
            panic!("a category is one-hot")
        };
        assert_eq!((levels.len(), rare.len()), (MOST_LEVELS, 100));
        assert!(levels.contains(&"l299".to_owned()) && !levels.contains(&"l298".to_owned()));
    }

    #[test]
    fn a_constant_number_has_scale_one() {
        assert_eq!(
            standard(&[&[0.1, 0.1, 0.1]], &[0, 1, 2], &[]),
            [Coding::Standard { mean: (0.1 + 0.1 + 0.1) / 3.0, scale: 1.0 }]
        );
        let nothing = [Coding::Standard { mean: 0.0, scale: 1.0 }];
        assert_eq!(standard(&[&[f64::NAN]], &[0], &[]), nothing);
    }
}
