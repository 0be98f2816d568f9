//! A model as something to read: for every signal what each of its values adds, for every pair what
//! both add together. It is told by the model that scores, so that what is read is what is scored.

use leadscore_features::{Coding, label};
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
    /// Of a bin of numbers its least value, which belongs to it; of a point of a straight line the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Of a bin of numbers the value that it ends before; of a point of a straight line the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
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
    /// The mean size of what it adds over the fitted rows, in log-odds.
    pub mean_size: f64,
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
        let names = |axis: usize| fitted.encoder.group_names(pair, axis, Coding::label_of);
        let [height, width] = pair.size();
        let cells = first..first + pair.width();
        first = cells.end;
        let shares = fitted.logistic.slots[cells].chunks(width);
        let shares: Vec<Vec<f64>> =
            shares.map(|row| row.iter().map(|slot| slot.mean).collect()).collect();
        let log_odds: Vec<Vec<f64>> =
            (0..height).map(|row| compiled.row(row * width, width)).collect();
        let cells = log_odds.iter().flatten().zip(shares.iter().flatten());
        PairTable {
            signals: pair.inputs.map(|input| fitted.encoder.inputs[input].signal.clone()),
            rows: names(0),
            columns: names(1),
            mean_size: cells.map(|(amount, share)| amount.abs() * share).sum(),
            log_odds,
            shares,
        }
    });
    let tables = tables.collect();
    Ok((found, tables))
}

/// Steps of the curves whose extremes are told, about: of very fine ones each is of hardly a lead.
const STEPS_OF_EXTREMES: usize = 40;
/// A value that a smaller share of the fitted rows has is not told as one that says most.
const LEAST_SHARE: f64 = 0.01;

/// Of every signal, in the order of the encoder, the values that raise most and that lower most, among those
/// of a hundredth of the fitted rows or more, where there are several such.
///
/// # Errors
/// [`ScorerError`] when the model is inconsistent.
pub fn extremes(fitted: &Fitted) -> Result<Vec<[Option<CurveStep>; 2]>, ScorerError> {
    let (curves, _) = curves(fitted, STEPS_OF_EXTREMES)?;
    let of = |curve: Curve| {
        let mut steps = curve.steps;
        let common = |step: &CurveStep| step.share.is_none_or(|share| share >= LEAST_SHARE);
        if steps.iter().filter(|step| common(step)).count() > 1 {
            steps.retain(common);
        }
        let by = |a: &&CurveStep, b: &&CurveStep| a.log_odds.total_cmp(&b.log_odds);
        [steps.iter().max_by(by).cloned(), steps.iter().min_by(by).cloned()]
    };
    Ok(curves.into_iter().map(of).collect())
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
                    let step = self.step(label(value), &[(0, amount)], None);
                    steps.push(CurveStep { from: Some(value), to: Some(value), ..step });
                }
            }
            Coding::Bins { cuts, .. } => {
                for (first, last) in runs(&self.shares[..=cuts.len()], most) {
                    let from = first.checked_sub(1).map(|cut| cuts[cut]);
                    let to = cuts.get(last).copied();
                    let step = self.pooled(self.coding.label_of(first, last), first..=last);
                    steps.extend(step.map(|step| CurveStep { from, to, ..step }));
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
        CurveStep { name, from: None, to: None, share, log_odds, interval }
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

/// Runs of bins, from first to last, of about equal shares: at least one in `most` of all, but what stands
/// before a bin that has as much by itself.
fn runs(shares: &[f64], most: usize) -> Vec<(usize, usize)> {
    if shares.len() <= most {
        return (0..shares.len()).map(|bin| (bin, bin)).collect();
    }
    let aim = shares.iter().sum::<f64>() / most as f64;
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let (mut reached, mut start) = (0.0, 0);
    for (bin, share) in shares.iter().enumerate() {
        if *share >= aim && reached > 0.0 {
            runs.push((start, bin - 1));
            (reached, start) = (0.0, bin);
        }
        reached += share;
        if reached >= aim || bin + 1 == shares.len() {
            runs.push((start, bin));
            (reached, start) = (0.0, bin + 1);
        }
    }
    runs
}

impl Curve {
    /// The curve with all that it adds times a factor, as a recalibration makes of it.
    pub fn scale(&mut self, factor: f64) {
        self.mean_size *= factor.abs();
        self.steps.iter_mut().for_each(|step| step.scale(factor));
    }
}

impl CurveStep {
    /// The same of one step.
    pub fn scale(&mut self, factor: f64) {
        self.log_odds *= factor;
        if let Some(ends) = &mut self.interval {
            ends.iter_mut().for_each(|end| *end *= factor);
        }
    }
}

impl PairTable {
    /// The same of a pair.
    pub fn scale(&mut self, factor: f64) {
        self.mean_size *= factor.abs();
        self.log_odds.iter_mut().flatten().for_each(|amount| *amount *= factor);
    }
}

/// The order in which curves and pairs are read: the strongest first.
pub fn strongest_first(curves: &mut [Curve], pairs: &mut [PairTable]) {
    curves.sort_by(|a, b| b.mean_size.total_cmp(&a.mean_size).then(a.signal.cmp(&b.signal)));
    pairs.sort_by(|a, b| b.mean_size.total_cmp(&a.mean_size).then(a.signals.cmp(&b.signals)));
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
            .map(|((slot, coefficient), mean)| SlotWeight::new(slot.name, coefficient, mean))
            .collect();
        let logistic = Logistic { intercept: -1.0, l2: 1.0, slots };
        Fitted::new(encoder, logistic)
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
        assert_eq!((curves[2].steps[0].from, curves[2].steps[0].to), (Some(20.0), Some(20.0)));
        let ends = |step: &CurveStep| (step.from, step.to);
        assert_eq!(ends(&curves[0].steps[0]), (None, Some(1.0)));
        assert_eq!(ends(&curves[0].steps[2]), (Some(2.0), Some(3.0)));
        assert!((age[4].1 - 0.6).abs() < 1e-12 && (curves[2].mean_size - 0.3).abs() < 1e-12);
    }

    #[test]
    fn extremes_are_of_values_that_leads_have() {
        let found = extremes(&fitted()).unwrap();
        let name = |step: &Option<CurveStep>| step.as_ref().unwrap().name.clone();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].each_ref().map(name), ["from 3", "below 1"]);
        assert_eq!(found[1].each_ref().map(name), ["ceo", "(missing)"]);
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
        // A bin that nearly all leads are in does not swallow the others.
        assert_eq!(runs(&[0.01, 0.01, 0.02, 0.96], 3), [(0, 2), (3, 3)]);
        assert_eq!(runs(&[0.9, 0.0, 0.05, 0.05], 2), [(0, 0), (1, 3)]);
    }
}
