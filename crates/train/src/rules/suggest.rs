//! Points by the close rate: how often leads with a value convert, against how often all do. Each
//! signal is looked at alone, so what two signals tell twice is counted twice; a learned set does
//! better.

use leadscore_model::evaluate::{Interval, wilson};
use leadscore_model::points::{Points, Rule, RuleSet};
use serde::Serialize;

use super::bins::{Bin, Binned, rules};
use crate::SignalColumn;
use crate::leakage::{Strong, strong};

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

/// A signal that tells the outcome very well by itself, as one does that was filled in after it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspect {
    /// The signal.
    pub signal: String,
    /// How well it ranks leads: a number as it is, or, where that is better, by the close rates of
    /// its values, those of one half of the leads for the other.
    pub auc: Option<Interval>,
    /// The value that nearly always wins, and how often; `None` where the signal as a whole is
    /// suspect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<(String, Interval)>,
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
    /// Signals that get points and may not be known before the outcome is, in the same order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suspects: Vec<Suspect>,
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
    let mut found: Vec<OfSignal> = Vec::new();
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
        let suspect = suspect(signal, &binned, labels).filter(|_| far > 0.0);
        let values = of_bins.into_iter().filter(|found| found.obtained > 0).collect();
        found.push(OfSignal { far, values, rules: rules(&signal.name, table), suspect });
    }
    found.sort_by(|a, b| b.far.total_cmp(&a.far));
    let mut set = RuleSet::new(name, "1");
    set.description = Some(format!(
        "Points by close rate: {} for each doubling of the rate of all leads, {:.1} %.",
        options.per_doubling,
        100.0 * overall
    ));
    let mut suggestions = Suggestions {
        leads: labels.len(),
        won,
        rate: wilson(won, labels.len()),
        values: Vec::new(),
        suspects: Vec::new(),
    };
    for of in found {
        if of.far > 0.0 {
            set.rules.extend(of.rules);
        }
        suggestions.values.extend(of.values);
        suggestions.suspects.extend(of.suspect);
    }
    (suggestions, set)
}

/// What was found for one signal.
struct OfSignal {
    /// How far its best value is from the rate of all.
    far: f64,
    values: Vec<Suggestion>,
    rules: Vec<Rule>,
    suspect: Option<Suspect>,
}

/// Whether a signal tells the outcome so well that it may have been filled in after it.
fn suspect(signal: &SignalColumn, binned: &Binned, labels: &[bool]) -> Option<Suspect> {
    let Strong { auc, bin } = strong(signal, binned, labels)?;
    let value = bin.map(|(bin, rate)| (binned.bins[bin].to_string(), rate));
    Some(Suspect { signal: signal.name.clone(), auc, value })
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
    use crate::rules::random;

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
    /// 2,000 leads, a fifth won, and signals of which some give the outcome away.
    #[test]
    fn what_gives_the_outcome_away_is_suspect() {
        let mut random = random(5);
        let labels: Vec<bool> = (0..2_000).map(|_| random() < 0.2).collect();
        let mut number = |of: &mut dyn FnMut(bool, f64) -> f64| {
            SignalData::Number(labels.iter().map(|label| of(*label, random())).collect())
        };
        // Known of who won alone; of the others there is none.
        let after = number(&mut |won, x| if won { 10.0 * x } else { f64::NAN });
        // Twice as high for who won, as a strong signal may be.
        let strong = number(&mut |won, x| x * if won { 2.0 } else { 1.0 });
        let noise = number(&mut |_, x| (100.0 * x).floor());
        // A fifth of who won and nobody else has it.
        let reason = number(&mut |won, x| f64::from(u8::from(won && x < 0.2)));
        let codes = |data: SignalData, names: &[&str]| {
            let SignalData::Number(values) = data else { panic!() };
            let codes = values.iter().map(|value| *value as u32).collect();
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            SignalData::Category { codes, names, yes_no: false }
        };
        let many: Vec<String> = (0..100).map(|level| format!("level {level}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let signals = [
            ("after", after),
            ("strong", strong),
            ("levels", codes(noise, &many)),
            ("reason", codes(reason, &["none", "price"])),
        ]
        .map(|(name, data)| SignalColumn { name: name.into(), data });
        let options = SuggestOptions { least: 10, per_doubling: 10.0 };
        let (found, _) = suggest("s", &signals, &labels, &options);
        let suspects: Vec<_> = found.suspects.iter().map(|of| of.signal.as_str()).collect();
        assert_eq!(suspects, ["after", "reason"], "{:?}", found.suspects);
        assert!(found.suspects[0].auc.unwrap().value > 0.99 && found.suspects[0].value.is_none());
        let (value, rate) = found.suspects[1].value.clone().unwrap();
        assert!(value == "price" && rate.value > 0.95, "{value} {rate:?}");
    }
}
