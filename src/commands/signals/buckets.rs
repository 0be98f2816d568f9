//! What each signal looks like in the data: its values in a few buckets, with how many of each convert.

use leadscore_features::Expr;
use leadscore_features::events::Measure;
use leadscore_train::{SignalColumn, SignalData};
use serde::Serialize;

use super::read::Data;
use crate::print::count;

/// Buckets of a number, at most.
const BUCKETS: usize = 5;
/// Values of a category that have a bucket of their own.
const CATEGORIES: usize = 6;
/// Whole numbers below this are sorted by counting them.
const SMALL: usize = 1 << 12;

#[derive(Serialize)]
pub(super) struct OfSignal {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) unit: String,
    /// Whether only today's value is known of an attribute behind it.
    pub(super) r#static: bool,
    pub(super) from: String,
    /// The share of snapshots with a value, from 0 to 1.
    pub(super) filled: f64,
    pub(super) distinct: usize,
    pub(super) buckets: Vec<Bucket>,
}

#[derive(Serialize)]
pub(super) struct Bucket {
    pub(super) values: String,
    pub(super) snapshots: usize,
    /// The share of all snapshots, from 0 to 1.
    pub(super) share: f64,
    /// The share of these that converted, where outcomes are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) conversion_rate: Option<f64>,
}

/// Describes a signal.
pub(super) fn describe(signal: &SignalColumn, data: &Data) -> OfSignal {
    let defined = data.catalogue.signal(&signal.name);
    let rows = data.ids.len();
    let converted =
        |row: usize| data.labels.as_ref().is_some_and(|labels| labels.get(row) == Some(&true));
    let (groups, distinct) = match &signal.data {
        SignalData::Number(numbers) => of_numbers(numbers, converted),
        SignalData::Category { codes, names, .. } => of_categories(codes, names, converted),
    };
    let missing = groups.iter().find(|(name, _)| name == MISSING).map_or(0, |(_, t)| t.rows);
    let buckets = groups
        .into_iter()
        .map(|(values, tally)| Bucket {
            values,
            snapshots: tally.rows,
            share: tally.rows as f64 / rows.max(1) as f64,
            conversion_rate: data
                .labels
                .as_ref()
                .map(|_| tally.conversions as f64 / tally.rows.max(1) as f64),
        })
        .collect();
    let kind = data.catalogue.kind(&signal.name, &data.schema);
    OfSignal {
        name: signal.name.clone(),
        kind: kind.map_or("", leadscore_features::SignalKind::word),
        unit: defined.map_or_else(String::new, |signal| signal.expr.unit().to_owned()),
        r#static: data.as_of.iter().any(Option::is_some)
            && defined.is_some_and(|signal| data.catalogue.is_static(signal, &data.schema)),
        from: defined.map_or_else(String::new, |signal| from(&signal.expr)),
        filled: 1.0 - missing as f64 / rows.max(1) as f64,
        distinct,
        buckets,
    }
}

/// Where a signal comes from, in a few words.
fn from(expr: &Expr) -> String {
    match expr {
        Expr::Events { of, window, measure } => {
            let window = window.map_or_else(|| "all time".to_owned(), |window| window.to_string());
            let more = match measure {
                Measure::Ratio { over } => format!("; over {over}"),
                Measure::Then { then, within: Some(within) } => {
                    format!("; then {then} within {within}")
                }
                Measure::Then { then, within: None } => format!("; then {then}"),
                Measure::Decayed { half_life } => format!("; half-life {half_life}"),
                Measure::Distinct { property } => format!("; values of {property}"),
                _ => String::new(),
            };
            format!("{of}{more}; {window}")
        }
        Expr::Persona { .. } => "other signals".to_owned(),
        other => other.columns().join(", "),
    }
}

const MISSING: &str = "(missing)";

type Groups = Vec<(String, Tally)>;

/// What is counted of the rows of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    rows: usize,
    conversions: usize,
}

impl Tally {
    fn add(&mut self, converted: bool) {
        self.rows += 1;
        self.conversions += usize::from(converted);
    }
}

/// The numbers in order, without those that are missing.
fn sorted(numbers: &[f64]) -> Vec<f64> {
    if let Some(sorted) = sorted_counts(numbers) {
        return sorted;
    }
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// As [`sorted`], where all are whole and small, as counts of events are: each value is counted.
fn sorted_counts(numbers: &[f64]) -> Option<Vec<f64>> {
    let mut counts = vec![0_usize; SMALL];
    for number in numbers.iter().filter(|number| !number.is_nan()) {
        let whole = *number as usize;
        // The bits tell -0 from 0.
        if whole >= SMALL || (whole as f64).to_bits() != number.to_bits() {
            return None;
        }
        counts[whole] += 1;
    }
    let mut sorted = Vec::with_capacity(counts.iter().sum());
    for (whole, count) in counts.into_iter().enumerate() {
        sorted.resize(sorted.len() + count, whole as f64);
    }
    Some(sorted)
}

/// By value where there are few values, else by quantiles; missing last. Also how many different
/// values there are.
fn of_numbers(numbers: &[f64], converted: impl Fn(usize) -> bool) -> (Groups, usize) {
    let sorted = sorted(numbers);
    let different = sorted.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let distinct = different + usize::from(!sorted.is_empty());
    // Bucket ends: each value, or quantiles; a value never stands in two buckets.
    let mut ends: Vec<f64> = if distinct <= BUCKETS {
        sorted.clone()
    } else {
        (1..=BUCKETS).map(|part| sorted[(sorted.len() * part / BUCKETS).max(1) - 1]).collect()
    };
    ends.dedup();
    let mut tallies = vec![Tally::default(); ends.len() + 1];
    for (row, number) in numbers.iter().enumerate() {
        let bucket = ends.iter().position(|end| number <= end).unwrap_or(ends.len());
        tallies[bucket].add(converted(row));
    }
    let mut groups: Groups = Vec::new();
    let mut start = 0;
    for (end, tally) in ends.iter().zip(&tallies) {
        let stop = start + tally.rows;
        if let (Some(&first), Some(_)) = (sorted.get(start), stop.checked_sub(start + 1)) {
            let (low, high) = (short(first), short(*end));
            let name = if low == high { low } else { format!("{low} to {high}") };
            groups.push((name, *tally));
        }
        start = stop;
    }
    if tallies[ends.len()].rows > 0 {
        groups.push((MISSING.to_owned(), tallies[ends.len()]));
    }
    (groups, distinct)
}

/// By value, the most frequent first; the rest together, missing last.
fn of_categories(
    codes: &[u32],
    names: &[String],
    converted: impl Fn(usize) -> bool,
) -> (Groups, usize) {
    let mut tallies = vec![Tally::default(); names.len() + 1];
    for (row, code) in codes.iter().enumerate() {
        tallies[(*code as usize).min(names.len())].add(converted(row));
    }
    let missing = tallies.pop().filter(|tally| tally.rows > 0);
    let mut found: Vec<(usize, Tally)> =
        tallies.into_iter().enumerate().filter(|(_, tally)| tally.rows > 0).collect();
    found.sort_by(|a, b| b.1.rows.cmp(&a.1.rows).then(a.0.cmp(&b.0)));
    let distinct = found.len();
    let rest = if distinct > CATEGORIES + 1 { found.split_off(CATEGORIES) } else { Vec::new() };
    let mut groups: Groups =
        found.into_iter().map(|(code, tally)| (names[code].clone(), tally)).collect();
    if !rest.is_empty() {
        let sum = rest.iter().fold(Tally::default(), |sum, (_, tally)| Tally {
            rows: sum.rows + tally.rows,
            conversions: sum.conversions + tally.conversions,
        });
        groups.push((format!("({} others)", count(rest.len())), sum));
    }
    groups.extend(missing.map(|tally| (MISSING.to_owned(), tally)));
    (groups, distinct)
}

/// A number in few digits.
fn short(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e9 {
        return (number as i64).to_string();
    }
    let text = format!("{number:.3}");
    if number.abs() >= 1e-3 && number.abs() < 1e9 {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    format!("{number:.2e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_in_one_bucket() {
        let mut numbers: Vec<f64> = vec![0.0; 80];
        numbers.extend((1..=20).map(f64::from));
        numbers.push(f64::NAN);
        let (groups, distinct) = of_numbers(&numbers, |row| row < 8);
        let sizes: Vec<_> =
            groups.iter().map(|(name, t)| (name.as_str(), t.rows, t.conversions)).collect();
        assert_eq!(sizes, [("0", 80, 8), ("1 to 20", 20, 0), (MISSING, 1, 0)]);
        assert_eq!(distinct, 21);
        assert_eq!(of_numbers(&[], |_| false).0.len(), 0);
        let (groups, _) = of_numbers(&[2.0, 1.0, 2.0], |_| true);
        let sizes: Vec<_> = groups.iter().map(|(name, t)| (name.as_str(), t.rows)).collect();
        assert_eq!(sizes, [("1", 1), ("2", 2)]);
    }

    #[test]
    fn numbers_that_are_counted_come_in_the_order_of_a_sort() {
        let counts = [3.0, f64::NAN, 0.0, 3.0, 1.0, (SMALL - 1) as f64];
        let expected = vec![0.0, 1.0, 3.0, 3.0, (SMALL - 1) as f64];
        assert_eq!(sorted_counts(&counts), Some(expected.clone()));
        assert_eq!(sorted(&counts), expected);
        for other in [-0.0, -1.0, 0.5, SMALL as f64, f64::INFINITY] {
            assert_eq!(sorted_counts(&[1.0, other]), None, "{other}");
            let both = [other.min(1.0), other.max(1.0)];
            assert_eq!(sorted(&[1.0, other]), both);
        }
    }

    #[test]
    fn rare_categories_stand_together() {
        let names: Vec<String> = (0..10).map(|i| format!("c{i}")).collect();
        let codes: Vec<u32> = (0..10).chain([9, 9, SignalData::MISSING]).collect();
        let (groups, distinct) = of_categories(&codes, &names, |row| row == 11);
        assert_eq!(distinct, 10);
        assert_eq!(groups[0], ("c9".to_owned(), Tally { rows: 3, conversions: 1 }));
        assert_eq!(groups[6].0, "(4 others)");
        assert_eq!(groups[7].0, MISSING);
        assert_eq!(groups.iter().map(|(_, tally)| tally.rows).sum::<usize>(), 13);
    }
}
