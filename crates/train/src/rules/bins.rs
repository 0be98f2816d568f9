//! The values of a signal in a few bins, for rules: whole ranges of numbers, single categories.

use leadscore_features::label;
use leadscore_model::points::{
    Condition, Gives, Literal, Points, PointsTable, Rule, SignalRef, TableRow, Test,
};

use crate::{SignalColumn, SignalData};

/// Ranges of one number, at most.
const MOST_RANGES: usize = 6;
/// Categories with a row of their own, at most.
const MOST_LEVELS: usize = 20;

/// What a bin holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bin {
    /// The value is missing.
    Missing,
    /// Numbers from one, where there is one, to below another.
    Range {
        /// At least this.
        from: Option<f64>,
        /// Below this.
        below: Option<f64>,
    },
    /// One category.
    Level(String),
    /// Yes or no.
    YesNo(bool),
    /// All other categories.
    Other,
}

/// A signal in bins.
#[derive(Clone, Debug)]
pub(crate) struct Binned {
    /// The signal.
    pub(crate) signal: String,
    /// The bins: missing first, ranges by rising numbers.
    pub(crate) bins: Vec<Bin>,
    /// The bin of every row of the signal.
    pub(crate) codes: Vec<u32>,
    /// Rows in each bin, of those that the bins were made of.
    pub(crate) counts: Vec<usize>,
}

impl Binned {
    /// Bins of a signal, by what stands in `rows`; those with fewer than `least` rows go into others.
    pub(crate) fn new(column: &SignalColumn, rows: &[usize], least: usize) -> Self {
        let (mut bins, codes) = match &column.data {
            SignalData::Number(numbers) => of_numbers(numbers, rows, least),
            SignalData::Category { codes, names, yes_no } => {
                of_categories(codes, names, *yes_no, rows, least)
            }
        };
        bins.insert(0, Bin::Missing);
        let mut counts = vec![0; bins.len()];
        rows.iter().for_each(|row| counts[codes[*row] as usize] += 1);
        Self { signal: column.name.clone(), bins, codes, counts }
    }

    /// The bins as categories of their own, for fitting.
    pub(crate) fn column(&self) -> SignalColumn {
        let names = (0..self.bins.len()).map(|bin| bin.to_string()).collect();
        let data = SignalData::Category { codes: self.codes.clone(), names, yes_no: false };
        SignalColumn { name: self.signal.clone(), data }
    }

    /// The bin that most rows are in: the one that others are compared with.
    pub(crate) fn usual(&self) -> usize {
        let bins = self.counts.iter().enumerate().rev();
        bins.max_by_key(|(_, count)| **count).map_or(0, |(bin, _)| bin)
    }

    /// A table of points, one for each bin. Neighbouring ranges of the same points become one, and
    /// what gives nothing is left out.
    pub(crate) fn table(&self, points: &[Points]) -> PointsTable {
        let mut table =
            PointsTable { rows: Vec::new(), otherwise: Points::ZERO, missing: Points::ZERO };
        for (bin, &points) in self.bins.iter().zip(points) {
            let test = match bin {
                Bin::Missing => {
                    table.missing = points;
                    continue;
                }
                Bin::Other => {
                    table.otherwise = points;
                    continue;
                }
                Bin::Level(level) => Test::In(vec![Literal::Text(level.clone())]),
                Bin::YesNo(flag) => Test::In(vec![Literal::YesNo(*flag)]),
                Bin::Range { from, below } => {
                    if let Some(TableRow { test: Test::Range { below: end, .. }, points: last }) =
                        table.rows.last_mut()
                        && *last == points
                    {
                        *end = *below;
                        continue;
                    }
                    Test::Range { at_least: *from, above: None, at_most: None, below: *below }
                }
            };
            table.rows.push(TableRow { test, points });
        }
        let otherwise = table.otherwise;
        // A level of 0 points must stand beside others that get something.
        table.rows.retain(|row| {
            let beside = matches!(row.test, Test::In(_)) && otherwise != Points::ZERO;
            row.points != Points::ZERO || beside
        });
        // One row for every value is no range: everything that is there.
        if let [TableRow { test, points }] = table.rows.as_mut_slice()
            && matches!(test, Test::Range { at_least: None, below: None, .. })
        {
            table.otherwise = *points;
            table.rows.clear();
        }
        table
    }
}

/// The rules that give the points of a table: one, unless the table tells nothing but whether there
/// is a value; a rule for each of those then.
pub(crate) fn rules(signal: &str, table: PointsTable) -> Vec<Rule> {
    let rule =
        |name: String, gives, when| Rule { name, group: None, gives, when, floor: None, cap: None };
    if !table.rows.is_empty() {
        let gives = Gives::Table { signal: SignalRef::of(signal), table };
        return vec![rule(signal.to_owned(), gives, None)];
    }
    let of = |name: String, points: Points, missing: bool| {
        let tests = vec![Test::Missing(missing)];
        let when = Condition::Signal { signal: SignalRef::of(signal), tests };
        (points != Points::ZERO).then(|| rule(name, Gives::Points(points), Some(when)))
    };
    let there = of(signal.to_owned(), table.otherwise, false);
    there.into_iter().chain(of(format!("{signal} is missing"), table.missing, true)).collect()
}

impl std::fmt::Display for Bin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Bin::Missing => f.write_str("(missing)"),
            Bin::Other => f.write_str("(others)"),
            Bin::Level(level) => f.write_str(level),
            Bin::YesNo(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Bin::Range { from: None, below: None } => f.write_str("(any)"),
            Bin::Range { from: None, below: Some(below) } => {
                write!(f, "below {}", label(*below))
            }
            Bin::Range { from: Some(from), below: None } => {
                write!(f, "{} and more", label(*from))
            }
            Bin::Range { from: Some(from), below: Some(below) } => {
                write!(f, "{} to below {}", label(*from), label(*below))
            }
        }
    }
}

/// Ranges of about equal counts, without the bin of the missing, and the code of every row (0 is
/// missing).
fn of_numbers(numbers: &[f64], rows: &[usize], least: usize) -> (Vec<Bin>, Vec<u32>) {
    let mut sorted: Vec<f64> =
        rows.iter().map(|row| numbers[*row]).filter(|number| !number.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let wanted = (sorted.len() / MOST_RANGES).max(least);
    let mut cuts: Vec<f64> = Vec::new();
    let mut start = 0;
    let mut index = 0;
    while index < sorted.len() {
        let value = sorted[index];
        let end = index + sorted[index..].partition_point(|number| *number <= value);
        // A value that many rows have gets a range of its own.
        if end - index >= wanted && index > start && index - start >= least {
            cuts.push(between(sorted[index - 1], value));
            start = index;
        }
        if end < sorted.len() && end - start >= wanted && sorted.len() - end >= least {
            cuts.push(between(value, sorted[end]));
            start = end;
        }
        index = end;
    }
    let bins = (0..=cuts.len())
        .map(|bin| Bin::Range {
            from: bin.checked_sub(1).map(|before| cuts[before]),
            below: cuts.get(bin).copied(),
        })
        .collect();
    let code = |number: &f64| {
        if number.is_nan() { 0 } else { 1 + cuts.partition_point(|cut| cut <= number) as u32 }
    };
    (bins, numbers.iter().map(code).collect())
}

/// A short number above `low` and at most `high`: a cut that people can read.
fn between(low: f64, high: f64) -> f64 {
    if high == 0.0 || !high.is_finite() {
        return high;
    }
    let size = high.abs().log10().floor() as i32;
    for digits in 0..12 {
        let unit = 10f64.powi(size - digits);
        let short = (high / unit).floor() * unit;
        // Dividing and multiplying leaves crumbs; the shortest text of it has none.
        let short: f64 =
            format!("{short:.*}", (digits - size).max(0) as usize).parse().unwrap_or(high);
        if short > low && short <= high {
            return short;
        }
    }
    high
}

fn of_categories(
    codes: &[u32],
    names: &[String],
    yes_no: bool,
    rows: &[usize],
    least: usize,
) -> (Vec<Bin>, Vec<u32>) {
    let mut counts = vec![0_usize; names.len()];
    for row in rows {
        if let Some(count) = counts.get_mut(codes[*row] as usize) {
            *count += 1;
        }
    }
    let mut kept: Vec<usize> = (0..names.len()).filter(|code| counts[*code] >= least).collect();
    kept.sort_by(|a, b| counts[*b].cmp(&counts[*a]).then(names[*a].cmp(&names[*b])));
    kept.truncate(MOST_LEVELS);
    let mut bins: Vec<Bin> = kept
        .iter()
        .map(|code| match yes_no {
            true => Bin::YesNo(names[*code] == "yes"),
            false => Bin::Level(names[*code].clone()),
        })
        .collect();
    bins.push(Bin::Other);
    let other = bins.len() as u32;
    let mut bin_of = vec![other; names.len()];
    kept.iter().enumerate().for_each(|(bin, code)| bin_of[*code] = 1 + bin as u32);
    // A missing value has a code beyond all names.
    let codes = codes.iter().map(|code| bin_of.get(*code as usize).copied().unwrap_or(0)).collect();
    (bins, codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: &[f64]) -> Binned {
        let data = SignalData::Number(values.to_vec());
        let rows: Vec<usize> = (0..values.len()).collect();
        Binned::new(&SignalColumn { name: "x".into(), data }, &rows, 2)
    }

    #[test]
    fn cuts_are_short() {
        assert_eq!(between(0.0, 1.0), 1.0);
        assert_eq!(between(3.0, 7.3), 7.0);
        assert_eq!(between(1234.5, 1299.0), 1290.0);
        assert_eq!(between(0.1234, 0.1299), 0.129);
        assert_eq!(between(-7.3, -3.0), -3.0);
        assert_eq!(between(-7.3, -3.4), -4.0);
        assert_eq!(between(1.0, 1.0 + f64::EPSILON), 1.0 + f64::EPSILON);
        assert_eq!(between(-1.0, 0.0), 0.0);
    }

    #[test]
    fn every_value_is_in_the_range_of_its_bin() {
        let values: Vec<f64> =
            (0..60).map(|i| f64::from(i * i % 17)).chain([f64::NAN, f64::NAN]).collect();
        let found = numbers(&values);
        assert!(found.bins.len() > 3, "{:?}", found.bins);
        assert_eq!(found.counts.iter().sum::<usize>(), values.len());
        assert_eq!(found.counts[0], 2);
        for (value, code) in values.iter().zip(&found.codes) {
            match &found.bins[*code as usize] {
                Bin::Missing => assert!(value.is_nan()),
                Bin::Range { from, below } => {
                    assert!(from.is_none_or(|from| *value >= from));
                    assert!(below.is_none_or(|below| *value < below));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_only_tells_whether_there_is_a_value_is_a_rule_too() {
        let binned = numbers(&[7.0, 7.0, 7.0, f64::NAN, f64::NAN]);
        let whole = |points: i64| Points::from_thousandths(points * 1000);
        for (missing, there, expected) in [(0, 16, 1), (-23, 0, 1), (-3, 4, 2), (0, 0, 0)] {
            let table = binned.table(&[whole(missing), whole(there)]);
            let mut set = leadscore_model::points::RuleSet::new("s", "1");
            set.rules = rules("x", table);
            assert_eq!(set.rules.len(), expected);
            if expected > 0 {
                let read = leadscore_model::points::RuleSet::parse("s.toml", &set.to_toml());
                assert_eq!(read.unwrap(), set);
            }
        }
    }

    #[test]
    fn a_table_is_as_short_as_it_can_be() {
        let binned = numbers(&[0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
        let whole = |points: i64| Points::from_thousandths(points * 1000);
        let ranges = binned.bins.len() - 1;
        assert_eq!(ranges, 4, "{:?}", binned.bins);
        let points: Vec<Points> = [-1, 0, 5, 5, 9].map(whole).to_vec();
        let table = binned.table(&points);
        assert_eq!(table.missing, whole(-1));
        assert_eq!(table.rows.len(), 2, "{table:?}");
        assert_eq!(table.rows[0].points, whole(5));
        assert!(matches!(
            table.rows[0].test,
            Test::Range { at_least: Some(1.0), below: Some(3.0), .. }
        ));
        for (value, expected) in [(0.0, 0), (1.0, 5), (2.0, 5), (3.0, 9)] {
            let found = table.points(&leadscore_features::Value::Number(value));
            assert_eq!(found, Some(whole(expected)));
        }
    }
}
