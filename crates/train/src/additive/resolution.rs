//! How finely numbers are cut.

use leadscore_features::Coding;

use crate::LEAST_LEVEL_COUNT;
use crate::fit_encoder::means_and_scales;

/// Bins of a number at most.
const MOST_BINS: usize = 128;
/// Bins of a number at most where it is cut finely.
pub(super) const FINE_BINS: usize = 1_000;
/// Rows of a bin at least where a number is cut finely and its values come again and again: each may say something else
/// than its neighbours, and whether they do is asked of rows that were not fitted.
const FEWEST_ROWS: usize = 3;
/// From this share on of the rows with a value that is not frequent whose value as many have, values come again and again.
const REPEATED: f64 = 0.8;
/// Bins of a number at least, however many signals share the room.
const FEWEST_BINS: usize = 8;
/// Bins of all numbers together, about: the fit takes time by the cube of them.
const ROOM: usize = 2_000;

/// How many bins a number gets: a resolution that grows with the rows, as what can be told apart
/// does.
pub(super) fn bins_for(rows: usize, numbers: usize) -> usize {
    let deserved = (0.6 * (rows as f64).sqrt()) as usize;
    deserved.min(ROOM / numbers.max(1)).clamp(FEWEST_BINS, MOST_BINS)
}

/// The bins of a number over some rows: of about equal mass, but a value that alone is as frequent
/// stands alone, and every value does where there are few. None holds fewer than a handful of rows,
/// where there are as many.
pub(crate) fn bins(values: &[f64], rows: &[usize], most: usize) -> Coding {
    let mut sorted: Vec<f64> =
        rows.iter().map(|&row| values[row]).filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let [(mean, scale)] = means_and_scales(sorted.iter().map(|&value| ([value], 1.0)));
    let mut distinct: Vec<(f64, usize)> = Vec::new();
    for value in sorted {
        match distinct.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => distinct.push((value, 1)),
        }
    }
    let counts: Vec<usize> = distinct.iter().map(|(_, count)| *count).collect();
    // Values that are frequent enough stand alone either way.
    let rows_from = |least: usize| -> usize {
        let seldom = |count: &&usize| (least..LEAST_LEVEL_COUNT).contains(*count);
        counts.iter().filter(seldom).sum()
    };
    let again = rows_from(FEWEST_ROWS) as f64 >= REPEATED * rows_from(1) as f64;
    let exact = most == FINE_BINS && again;
    let least = if exact { FEWEST_ROWS } else { LEAST_LEVEL_COUNT };
    let mut cuts: Vec<f64> = ends(&counts, most, least)
        .into_iter()
        .map(|end| between(distinct[end - 1].0, distinct[end].0))
        .collect();
    cuts.dedup();
    Coding::Bins { cuts, mean, scale }
}

/// A number that is above `low` and at most `high`: the middle, where there is one, in as few digits as
/// keep it between the two, since people read where bins end.
fn between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    if !(middle > low && middle <= high) {
        return high;
    }
    (0..17)
        .filter_map(|digits| format!("{middle:.digits$e}").parse().ok())
        .find(|short: &f64| *short > low && *short <= high)
        .unwrap_or(middle)
}

/// Parts of about equal mass of a row of items with these counts, at most so many: where each part
/// but the last ends, none of fewer than `least` where there are as many. An item that alone is as heavy as a part
/// stands alone.
pub(super) fn ends(counts: &[usize], most: usize, least: usize) -> Vec<usize> {
    let mut rest: usize = counts.iter().sum();
    let least = least.min(rest / 2);
    let mut parts = most;
    let mut ends: Vec<usize> = Vec::new();
    let (mut held, mut begins) = (0, 0);
    for (item, &count) in counts.iter().enumerate() {
        let share = if counts.len() <= most { 1 } else { rest / parts };
        let heavy = count >= share.max(least);
        if heavy && held >= least && held + count > share {
            ends.push(item);
            (rest, parts, held, begins) = (rest - held, (parts - 1).max(1), 0, item);
        }
        held += count;
        let share = if counts.len() <= most { 1 } else { rest / parts };
        if held >= share.max(least) && item + 1 < counts.len() {
            ends.push(item + 1);
            (rest, parts, held, begins) = (rest - held, (parts - 1).max(1), 0, item + 1);
        }
    }
    // What is left at the end is a part only if it is large enough.
    if held < least && begins > 0 {
        ends.pop();
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(values: &[f64], most: usize) -> Vec<f64> {
        let rows: Vec<usize> = (0..values.len()).collect();
        match bins(values, &rows, most) {
            Coding::Bins { cuts, .. } => cuts,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bins_have_about_equal_mass() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let found = cuts(&values, 10);
        assert_eq!(found.len(), 9);
        assert_eq!(found[0], 100.0);
    }

    #[test]
    fn a_frequent_value_stands_alone() {
        let mut values = vec![0.0; 500];
        values.extend((1..=500).map(f64::from));
        values.extend([999.0; 200]);
        let found = cuts(&values, 8);
        assert_eq!(found[0], 0.5);
        assert_eq!(*found.last().unwrap(), 700.0);
        assert!(found.len() <= 7, "{found:?}");
    }

    #[test]
    fn few_values_each_have_a_bin_unless_they_are_rare() {
        let mut values = vec![1.0; 50];
        values.extend([2.0; 3]);
        values.extend([3.0; 40]);
        values.extend([4.0; 2]);
        assert_eq!(cuts(&values, 20), [2.0]);
        assert_eq!(cuts(&[5.0; 100], 20), Vec::<f64>::new());
        assert_eq!(cuts(&[f64::NAN; 3], 20), Vec::<f64>::new());
        // Neighbouring doubles have no middle.
        let next = f64::from_bits(1.0f64.to_bits() + 1);
        let mut values = vec![1.0; 20];
        values.extend([next; 20]);
        assert_eq!(cuts(&values, 20), [next]);
    }

    #[test]
    fn values_that_come_again_and_again_stand_alone_where_cuts_are_fine() {
        // 50 amounts of 4 rows each, and as many that no two rows share.
        let amounts: Vec<f64> = (0..200).map(|row| f64::from(row / 4)).collect();
        assert_eq!(cuts(&amounts, FINE_BINS).len(), 49);
        assert!(cuts(&amounts, FINE_BINS - 1).len() < 20);
        let zeros = [0.0; 900];
        let measures: Vec<f64> = (0..200).map(f64::from).chain(zeros).collect();
        assert!(cuts(&measures, FINE_BINS).len() < 20);
    }

    #[test]
    fn a_cut_has_few_digits() {
        assert_eq!(between(93.19, 93.379), 93.3);
        assert_eq!(between(-0.2, -0.1), -0.15);
        assert_eq!(between(0.0, 3.0), 2.0);
        assert_eq!(between(1e-300, 3e-300), 2e-300);
        assert_eq!(between(-1.0, 1.0), 0.0);
    }

    #[test]
    fn more_rows_deserve_more_bins() {
        assert_eq!(bins_for(100, 3), 8);
        assert_eq!(bins_for(10_000, 10), 60);
        assert_eq!(bins_for(1_000_000, 10), 128);
        assert_eq!(bins_for(1_000_000, 100), 20);
    }
}
