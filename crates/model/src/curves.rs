//! A model as something to read: for every signal what each of its values adds, for every pair what
//! both add together. It is told by the model that scores, so that what is read is what is scored.

use leadscore_features::{Coding, canonical_number};
use serde::Serialize;

use crate::bundle::ProbabilityBands;
use crate::compiled::{CompiledModel, CompiledPart};
use crate::evaluate::Z95;
use crate::uncertainty::Spread;
use crate::{Fitted, ScorerError, Uncertainty};

/// What a signal adds by itself, step by step: bins and levels in their order, then what stands for
/// rare, missing and unseen values. A plain number is a straight line, told at five of its points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// The signal.
    pub signal: String,
    /// Whether neighbouring steps are neighbours: bins of a number.
    pub is_ordered: bool,
    /// The mean size of what it adds over the fitted rows, in log-odds; of a straight line, at one
    /// standard deviation from its mean.
    pub mean_size: f64,
    /// The steps.
    pub steps: Vec<CurveStep>,
}

/// A step of a curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CurveStep {
    /// The values.
    pub name: String,
    /// The share of the fitted rows that have them; `None` for a point of a straight line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// What they add, in log-odds, against the average fitted row.
    pub log_odds: f64,
    /// The ends of its interval of 95 %, where the model knows how sure it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
}

/// What two signals add together, beyond what each adds alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairTable {
    /// The signals: that of the rows, that of the columns.
    pub signals: [String; 2],
    /// What the rows are.
    pub rows: Vec<String>,
    /// What the columns are.
    pub columns: Vec<String>,
    /// For every row and column what is added, in log-odds.
    pub log_odds: Vec<Vec<f64>>,
    /// For every row and column the share of the fitted rows.
    pub shares: Vec<Vec<f64>>,
}

/// The curves and tables of a model, in the order of its encoder. Bins are put together until there are
/// at most about `most` of them, of about equal shares.
///
/// # Errors
/// [`ScorerError`] when the model is inconsistent.
pub fn curves(fitted: &Fitted, most: usize) -> Result<(Vec<Curve>, Vec<PairTable>), ScorerError> {
    // The bands and the positions of signals are of no matter here.
    let bands = ProbabilityBands { warm: 1.0, hot: 1.0 };
    let model = CompiledModel::new(fitted, bands, |_| Ok(0))?;
    let mut first = 0;
    let mut found = Vec::with_capacity(model.parts.len());
    for (input, part) in fitted.encoder.inputs.iter().zip(&model.parts) {
        let slots = &fitted.logistic.slots[first..first + input.coding.width()];
        let shares: Vec<f64> = slots.iter().map(|slot| slot.mean).collect();
        let of =
            Told { coding: &input.coding, part, shares, first, sure: fitted.uncertainty.as_ref() };
        found.push(of.curve(&input.signal, most));
        first += input.coding.width();
    }
    let tables = fitted.encoder.pairs.iter().zip(&model.pairs).map(|(pair, compiled)| {
        let names = |axis: usize| fitted.encoder.group_names(pair, axis);
        let [height, width] = pair.size();
        let cells = first..first + pair.width();
        first = cells.end;
        let shares = fitted.logistic.slots[cells].chunks(width);
        PairTable {
            signals: pair.inputs.map(|input| fitted.encoder.inputs[input].signal.clone()),
            rows: names(0),
            columns: names(1),
            log_odds: (0..height).map(|row| compiled.row(row * width, width)).collect(),
            shares: shares.map(|row| row.iter().map(|slot| slot.mean).collect()).collect(),
        }
    });
    let tables = tables.collect();
    Ok((found, tables))
}

/// What a curve is told from.
struct Told<'m> {
    coding: &'m Coding,
    part: &'m CompiledPart,
    /// The mean of each slot.
    shares: Vec<f64>,
    /// The input's first slot.
    first: usize,
    sure: Option<&'m Uncertainty>,
}

impl Told<'_> {
    fn curve(&self, signal: &str, most: usize) -> Curve {
        let mut steps = Vec::new();
        match self.coding {
            Coding::Standard { mean, scale } => {
                for deviations in [-2.0, -1.0, 0.0, 1.0, 2.0] {
                    let value = rounded(mean + deviations * scale, *scale);
                    let amount = (value - mean) / scale;
                    let slots = [(0, amount)];
                    steps.push(self.step(canonical_number(value), &slots, None));
                }
            }
            Coding::Bins { cuts, .. } => {
                for (from, to) in runs(&self.shares[..=cuts.len()], most) {
                    steps.extend(self.pooled(self.coding.name_of(from, to), from..=to));
                }
            }
            Coding::OneHot { .. } | Coding::Rates { .. } => {
                for slot in 0..self.shares.len() - self.named_last().len() {
                    steps.extend(self.pooled(self.coding.name_of(slot, slot), slot..=slot));
                }
            }
        }
        let named = self.named_last();
        for (slot, name) in named.iter().enumerate() {
            let slot = self.shares.len() - named.len() + slot;
            steps.extend(self.pooled((*name).to_owned(), slot..=slot));
        }
        let weighted = |step: &CurveStep| step.share.map(|share| share * step.log_odds.abs());
        let mean_size = match self.coding {
            Coding::Standard { .. } => self.part.adds(0, 1.0) - self.part.adds(0, 0.0),
            _ => steps.iter().filter_map(weighted).sum(),
        };
        let is_ordered = self.coding.levels().is_none();
        Curve { signal: signal.to_owned(), is_ordered, mean_size: mean_size.abs(), steps }
    }

    /// What the last slots stand for.
    fn named_last(&self) -> &'static [&'static str] {
        match self.coding {
            Coding::Standard { .. } | Coding::Bins { .. } => &["(missing)"],
            Coding::OneHot { .. } | Coding::Rates { .. } => &["(rare)", "(missing)", "(unseen)"],
        }
    }

    /// Slots together, each by its share; `None` where no fitted row has one.
    fn pooled(&self, name: String, slots: std::ops::RangeInclusive<usize>) -> Option<CurveStep> {
        let share: f64 = self.shares[slots.clone()].iter().sum();
        if share <= 0.0 {
            return None;
        }
        let amount = |slot: usize| (slot, self.shares[slot] / share);
        let amounts: Vec<(usize, f64)> = slots.map(amount).collect();
        Some(self.step(name, &amounts, Some(share)))
    }

    /// A mixture of slots.
    fn step(&self, name: String, slots: &[(usize, f64)], share: Option<f64>) -> CurveStep {
        let none = self.part.adds(0, 0.0);
        let more = |(slot, amount): &(usize, f64)| self.part.adds(*slot, *amount) - none;
        let log_odds = none + slots.iter().map(more).sum::<f64>();
        let interval = self.sure.map(|sure| {
            // Against the average row: what is sure of the one is less the other's.
            let mut spread = Spread::default();
            let mut add =
                |slot: usize, amount: f64| spread.add_slot(sure, self.first + slot, amount);
            slots.iter().for_each(|&(slot, amount)| add(slot, amount));
            self.shares.iter().enumerate().for_each(|(slot, mean)| add(slot, -mean));
            let deviation = spread.deviation();
            [log_odds - Z95 * deviation, log_odds + Z95 * deviation]
        });
        CurveStep { name, share, log_odds, interval }
    }
}

/// A value to three digits of what it varies by.
fn rounded(value: f64, scale: f64) -> f64 {
    let unit = 10f64.powf((scale.abs().log10() - 2.0).floor());
    let rounded = (value / unit).round() * unit;
    // Short where it can be: 0.30000000000000004 is nobody's value.
    let digits = (-unit.log10()).round().max(0.0) as usize;
    format!("{rounded:.digits$}").parse().ok().filter(|v: &f64| v.is_finite()).unwrap_or(value)
}

/// Runs of bins, from first to last, of about equal shares and at most `most` of them.
fn runs(shares: &[f64], most: usize) -> Vec<(usize, usize)> {
    if shares.len() <= most {
        return (0..shares.len()).map(|bin| (bin, bin)).collect();
    }
    let all: f64 = shares.iter().sum();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let (mut reached, mut start) = (0.0, 0);
    for (bin, share) in shares.iter().enumerate() {
        reached += share;
        let whole = reached * most as f64 >= all * (runs.len() + 1) as f64;
        if whole || bin + 1 == shares.len() {
            runs.push((start, bin));
            start = bin + 1;
        }
    }
    runs
}

/// The order in which curves are read: the strongest first.
pub fn strongest_first(curves: &mut [Curve]) {
    curves.sort_by(|a, b| b.mean_size.total_cmp(&a.mean_size).then(a.signal.cmp(&b.signal)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Logistic, SlotWeight};
    use leadscore_features::{Encoder, Input};

    fn fitted() -> Fitted {
        let input = |signal: &str, coding| Input { signal: signal.to_owned(), coding };
        let cuts = vec![1.0, 2.0, 3.0];
        let inputs = vec![
            input("visits", Coding::Bins { cuts, mean: 2.0, scale: 1.0 }),
            input("job", Coding::OneHot { levels: vec!["ceo".into()], rare: Vec::new() }),
            input("age", Coding::Standard { mean: 40.0, scale: 10.0 }),
        ];
        let encoder = Encoder { inputs, pairs: Vec::new() };
        let weights = [-1.0, 0.0, 1.0, 2.0, 0.0, 0.5, 0.0, -0.25, 0.0, 0.3, 0.0];
        let means = [0.4, 0.3, 0.2, 0.1, 0.0, 0.5, 0.0, 0.5, 0.0, 0.0, 0.0];
        let slots = encoder.slots().into_iter().zip(weights).zip(means);
        let slots = slots
            .map(|((slot, coefficient), mean)| SlotWeight { slot: slot.name, coefficient, mean })
            .collect();
        let logistic = Logistic { intercept: -1.0, l2: 1.0, slots };
        Fitted { encoder, logistic, recalibration: None, base_rate: None, uncertainty: None }
    }

    #[test]
    fn a_curve_says_what_each_step_adds_against_the_average() {
        let (curves, tables) = curves(&fitted(), 100).unwrap();
        assert!(tables.is_empty());
        let visits: Vec<f64> = curves[0].steps.iter().map(|step| step.log_odds).collect();
        // The average row has 0.
        assert_eq!(visits.len(), 4);
        let shares = [0.4, 0.3, 0.2, 0.1];
        let mean: f64 = visits.iter().zip(shares).map(|(v, s)| v * s).sum();
        assert!(mean.abs() < 1e-12 && (visits[3] - visits[0] - 3.0).abs() < 1e-12);
        // Missing and rare, which no row has and which tell nothing, are not told.
        let job: Vec<&str> = curves[1].steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(job, ["ceo", "(missing)"]);
        let age: Vec<(&str, f64)> =
            curves[2].steps.iter().map(|step| (step.name.as_str(), step.log_odds)).collect();
        assert_eq!(age[0].0, "20");
        assert!((age[4].1 - 0.6).abs() < 1e-12 && (curves[2].mean_size - 0.3).abs() < 1e-12);
    }

    #[test]
    fn bins_are_put_together_by_their_shares() {
        let (curves, _) = curves(&fitted(), 2).unwrap();
        let steps = &curves[0].steps;
        assert_eq!(steps.len(), 2);
        let shares: Vec<f64> = steps.iter().filter_map(|step| step.share).collect();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let mean: f64 = steps.iter().map(|s| s.log_odds * s.share.unwrap_or(0.0)).sum();
        assert!(mean.abs() < 1e-12);
    }
}
