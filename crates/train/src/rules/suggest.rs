//! Points by the close rate: how often leads with a value convert, against how often all do. Each
//! signal is looked at alone, so what two signals tell twice is counted twice; a learned set does
//! better.

use leadscore_model::evaluate::{Interval, wilson};
use leadscore_model::points::{Points, Rule, RuleSet};
use serde::Serialize;

use super::bins::{Bin, Binned, rules};
use crate::SignalColumn;

/// How points are suggested.
#[derive(Clone, Copy, Debug)]
pub struct SuggestOptions {
    /// Values that fewer leads have get no points.
    pub least: usize,
    /// Points for twice the close rate.
    pub per_doubling: f64,
}

/// The close rate of one value of a signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// The signal.
    pub signal: String,
    /// The value, or the range.
    pub value: String,
    /// Leads that have it.
    pub obtained: usize,
    /// Of them, converted.
    pub won: usize,
    /// The close rate, with a 95 % interval.
    pub rate: Option<Interval>,
    /// The close rate over that of all leads.
    pub ratio: f64,
    /// The points. `None` where there are too few leads, or where the rate of all lies within the
    /// interval.
    pub points: Option<Points>,
}

/// What was found for all signals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestions {
    /// Leads.
    pub leads: usize,
    /// Of them, converted.
    pub won: usize,
    /// The close rate of all.
    pub rate: Option<Interval>,
    /// Each value, signals by how far their best value is from the rate of all.
    pub values: Vec<Suggestion>,
}

/// Suggests points for the values of signals; `labels` are those of their rows. The rule set has a
/// table for every signal with a value that gets points.
pub fn suggest(
    name: &str,
    signals: &[SignalColumn],
    labels: &[bool],
    options: &SuggestOptions,
) -> (Suggestions, RuleSet) {
    let rows: Vec<usize> = (0..labels.len()).collect();
    let won = labels.iter().filter(|label| **label).count();
    let overall = won as f64 / labels.len().max(1) as f64;
    let mut found: Vec<(f64, Vec<Suggestion>, Vec<Rule>)> = Vec::new();
    for signal in signals {
        let binned = Binned::new(signal, &rows, options.least.max(1));
        let mut won_of = vec![0; binned.bins.len()];
        for (code, label) in binned.codes.iter().zip(labels) {
            won_of[*code as usize] += usize::from(*label);
        }
        let of_bins: Vec<Suggestion> = binned
            .bins
            .iter()
            .zip(binned.counts.iter().zip(&won_of))
            .map(|(bin, (obtained, won))| of_bin(signal, bin, (*obtained, *won), overall, options))
            .collect();
        let points: Vec<Points> =
            of_bins.iter().map(|found| found.points.unwrap_or_default()).collect();
        let far = of_bins.iter().filter(|found| found.points.is_some());
        let far = far.map(|found| found.ratio.max(1e-3).ln().abs()).fold(0.0, f64::max);
        let table = binned.table(&points);
        let met = of_bins.into_iter().filter(|found| found.obtained > 0).collect();
        found.push((far, met, rules(&signal.name, table)));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut set = RuleSet::new(name, "1");
    set.description = Some(format!(
        "Points by close rate: {} for each doubling of the rate of all leads, {:.1} %.",
        options.per_doubling,
        100.0 * overall
    ));
    let told = found.iter().filter(|(far, ..)| *far > 0.0);
    set.rules = told.flat_map(|(.., rules)| rules.clone()).collect();
    let suggestions = Suggestions {
        leads: labels.len(),
        won,
        rate: wilson(won, labels.len()),
        values: found.into_iter().flat_map(|(_, values, _)| values).collect(),
    };
    (suggestions, set)
}

fn of_bin(
    signal: &SignalColumn,
    bin: &Bin,
    (obtained, won): (usize, usize),
    overall: f64,
    options: &SuggestOptions,
) -> Suggestion {
    let rate = wilson(won, obtained);
    let ratio = match rate {
        Some(rate) if overall > 0.0 => rate.value / overall,
        _ => 1.0,
    };
    let told = rate
        .filter(|rate| obtained >= options.least && (rate.low > overall || rate.high < overall));
    // Half a won lead and half a lost one keep a value that never won from minus infinity.
    let shrunk = (won as f64 + overall) / (obtained as f64 + 1.0);
    let points = told.filter(|_| overall > 0.0 && overall < 1.0).and_then(|_| {
        Points::from_number((options.per_doubling * (shrunk / overall).log2()).round())
    });
    Suggestion {
        signal: signal.name.clone(),
        value: bin.to_string(),
        obtained,
        won,
        rate,
        ratio,
        points: points.filter(|points| *points != Points::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SignalData;

    #[test]
    fn few_leads_get_no_points() {
        // 1,000 leads, 10 % won; "a" wins 40 %, "b" the rest, "c" wins always but only 5 times.
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let (mut codes, mut labels) = (Vec::new(), Vec::new());
        let mut add = |code: u32, won: usize, lost: usize| {
            codes.extend(std::iter::repeat_n(code, won + lost));
            labels.extend(std::iter::repeat_n(true, won).chain(std::iter::repeat_n(false, lost)));
        };
        add(0, 40, 60);
        add(1, 55, 840);
        add(2, 5, 0);
        let data = SignalData::Category { codes, names, yes_no: false };
        let signals = [SignalColumn { name: "x".into(), data }];
        let options = SuggestOptions { least: 30, per_doubling: 10.0 };
        let (found, set) = suggest("s", &signals, &labels, &options);
        assert_eq!((found.leads, found.won), (1000, 100));
        let of = |value: &str| found.values.iter().find(|v| v.value == value).unwrap();
        assert_eq!(of("a").points, Points::from_number(20.0));
        assert_eq!(of("b").points, Points::from_number(-7.0));
        assert_eq!((of("(others)").obtained, of("(others)").points), (5, None));
        assert_eq!(set.rules.len(), 1);
        assert_eq!(RuleSet::parse("s.toml", &set.to_toml()).unwrap(), set);
    }
}
