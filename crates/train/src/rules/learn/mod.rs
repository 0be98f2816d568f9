//! A rule set of small whole points, learned from outcomes: a logistic regression over the bins of
//! at most so many signals, its log-odds rounded to points.
//!
//! Signals are chosen one by one: at each step the one whose bins, given those chosen so far, raise
//! the likelihood most by the score test (Rao, 1948: the square of the summed residuals over the
//! summed variance, bin by bin), then all are fitted together. A point is a fixed share of the
//! doubling of the odds, so points add up as log-odds do (Siddiqi, Credit Risk Scorecards, 2006,
//! chapter 6).

mod fit;

use leadscore_features::Catalogue;
use leadscore_model::evaluate::{
    CalibrationSlope, Interval, auc, auc_difference, calibration_slope, log_loss,
};
use leadscore_model::points::{Bands, Points, PointsTable, RuleSet};
use leadscore_model::{logit, sigmoid};
use rayon::prelude::*;
use serde::Serialize;

use super::bins::{Bin, Binned, rules};
use crate::{FitError, SignalColumn};
use fit::{Fit, gain, join};

/// What is tried: how much of the target is what the model says, against what happened, and the
/// penalty. A model knows things that few rows cannot tell; many rows tell more than it knows.
const TRIED: [(f64, f64); 6] =
    [(0.0, 1.0), (0.0, 10.0), (0.5, 1.0), (0.5, 10.0), (1.0, 1.0), (1.0, 10.0)];
const FOLDS: usize = 3;
/// Rows that it is tried on, at most.
const MOST_TRIED: usize = 100_000;
/// A bin has at least this share of the rows, and at least so many.
const LEAST_SHARE: f64 = 0.005;
const LEAST_ROWS: usize = 50;
/// The shares of leads that are hot, and warm.
const HOT_SHARE: f64 = 0.10;
const WARM_SHARE: f64 = 0.30;

/// How a set is learned.
#[derive(Clone, Debug)]
pub struct LearnOptions {
    /// The name of the set.
    pub name: String,
    /// Rules at most; each is a table of one signal.
    pub rules: usize,
    /// Points for a doubling of the odds.
    pub per_doubling: f64,
    /// Signals whose points must not fall as they rise.
    pub up: Vec<String>,
    /// Signals whose points must not rise as they rise.
    pub down: Vec<String>,
}

/// What it is learned from: rows of signals with their outcomes.
#[derive(Clone, Copy, Debug)]
pub struct LearnData<'d> {
    /// The signals, with the values of every row.
    pub signals: &'d [SignalColumn],
    /// Whether each row converted.
    pub labels: &'d [bool],
    /// The rows that are learned from.
    pub training: &'d [usize],
    /// The rows that nothing was learned from, the model included.
    pub held_out: &'d [usize],
    /// What the model that was fitted on the training rows gives every row, in log-odds.
    pub model: &'d [f64],
    /// What keeps rows together in folds: rows of one lead have one number.
    pub groups: &'d [u64],
    /// How the signals are defined.
    pub catalogue: &'d Catalogue,
}

/// A set that was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// The set: an ordinary one.
    pub set: RuleSet,
    /// What it is worth.
    pub report: LearnReport,
}

/// What a learned set is worth, on held-out rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LearnReport {
    /// Rows that were learned from.
    pub training_rows: usize,
    /// Rows that were held out, and the conversions among them.
    pub held_out_rows: usize,
    /// See `held_out_rows`.
    pub held_out_conversions: usize,
    /// Rules.
    pub rules: usize,
    /// How much of what was fitted is what the model says, from 0 (only what happened) to 1; chosen
    /// by cross-validation.
    pub of_model: f64,
    /// The penalty, chosen with it.
    pub l2: f64,
    /// The model's figures.
    pub model: Quality,
    /// Those of the bins before rounding.
    pub unrounded: Quality,
    /// Those of the points.
    pub points: Quality,
    /// The AUC that the points lose against the model, with the 95 % interval of a difference of two
    /// rankings of the same rows. `None` unless both outcomes occur.
    pub auc_lost: Option<Interval>,
    /// The log-odds at 0 points, and what a point adds: what points mean.
    pub log_odds_at_zero: f64,
    /// See `log_odds_at_zero`.
    pub log_odds_of_a_point: f64,
}

/// How good a score is on held-out rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// With a 95 % interval. `None` unless both outcomes occur.
    pub auc: Option<Interval>,
    /// The mean loss of its probabilities.
    pub log_loss: f64,
    /// How far its probabilities are spread as they should be. `None` where that cannot be told.
    pub slope: Option<CalibrationSlope>,
}

/// Nothing can be learned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LearnError {
    /// A signal that must rise or fall has no order.
    #[error(
        "{0:?} has no order, so its points cannot be made to rise or fall: name a number or a \
             yes/no"
    )]
    NoOrder(String),
    /// A signal that is not there.
    #[error("there is no signal {name:?} in the model{hint}")]
    UnknownSignal {
        /// The name.
        name: String,
        /// `; did you mean ...?`, or nothing.
        hint: String,
    },
    /// The rows have one outcome only, or there are none.
    #[error("there is nothing to learn from: both outcomes must occur among the rows")]
    OneOutcome,
    /// No signal tells anything.
    #[error("no signal tells converted leads from others, so there is no rule to learn")]
    NothingTold,
    /// A fit failed.
    #[error(transparent)]
    Fit(#[from] FitError),
}

/// Learns a set.
///
/// # Errors
/// [`LearnError`] when there is nothing to learn from, or a constraint cannot be kept.
pub fn learn(data: &LearnData<'_>, options: &LearnOptions) -> Result<Learned, LearnError> {
    let labels: Vec<bool> = data.training.iter().map(|row| data.labels[*row]).collect();
    if labels.iter().all(|label| *label) || !labels.contains(&true) {
        return Err(LearnError::OneOutcome);
    }
    for name in options.up.iter().chain(&options.down) {
        if !data.signals.iter().any(|signal| signal.name == *name) {
            let names = data.signals.iter().map(|signal| signal.name.as_str());
            let hint = leadscore_features::hint(name, names);
            return Err(LearnError::UnknownSignal { name: name.clone(), hint });
        }
    }
    for signal in data.signals {
        if options.up.contains(&signal.name) || options.down.contains(&signal.name) {
            ordered(&bin(signal, data.training))?;
        }
    }
    let (of_model, l2) = best_of_tried(data, options)?;
    let Chosen { mut binned, chosen, mut fit } =
        choose(data, data.training, (of_model, l2), options)?;
    if chosen.is_empty() {
        return Err(LearnError::NothingTold);
    }
    // Ranges that would break a constraint are joined, and all is fitted again, until none does.
    let targets = targets(data, data.training, of_model);
    while let Some((signal, bin)) = fit.broken(&binned, &chosen, options) {
        join(&mut binned[signal], bin);
        fit = Fit::of(&binned, &chosen, data.training, &targets, l2)?;
    }
    let tables = fit.tables(&binned, &chosen, options);
    let set = rule_set(&tables, data, options);
    let mut report = report(&tables, &fit, &binned, &chosen, data, options);
    (report.of_model, report.l2) = (of_model, l2);
    Ok(Learned { set: with_bands(set, &tables, data), report })
}

fn bin(signal: &SignalColumn, rows: &[usize]) -> Binned {
    Binned::new(signal, rows, LEAST_ROWS.max((LEAST_SHARE * rows.len() as f64) as usize))
}

/// What is fitted: what happened, the model's word, or something between.
fn targets(data: &LearnData<'_>, rows: &[usize], of_model: f64) -> Vec<f64> {
    let target = |&row: &usize| {
        let happened = f64::from(u8::from(data.labels[row]));
        (1.0 - of_model) * happened + of_model * sigmoid(data.model[row])
    };
    rows.iter().map(target).collect()
}

/// Signals that were chosen, and their fit.
struct Chosen {
    binned: Vec<Binned>,
    chosen: Vec<usize>,
    fit: Fit,
}

fn choose(
    data: &LearnData<'_>,
    rows: &[usize],
    (of_model, l2): (f64, f64),
    options: &LearnOptions,
) -> Result<Chosen, LearnError> {
    let binned: Vec<Binned> = data.signals.iter().map(|signal| bin(signal, rows)).collect();
    let targets = targets(data, rows, of_model);
    let mut chosen: Vec<usize> = Vec::new();
    let mut fit = Fit::constant(&targets);
    while chosen.len() < options.rules {
        let left = (0..binned.len()).filter(|signal| !chosen.contains(signal));
        let gains = left
            .map(|signal| (gain(&binned[signal], rows, &targets, &fit, (of_model, l2)), signal));
        let best = gains.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let Some((_, signal)) = best.filter(|(gain, _)| *gain > 0.0) else { break };
        chosen.push(signal);
        fit = Fit::of(&binned, &chosen, rows, &targets, l2)?;
    }
    Ok(Chosen { binned, chosen, fit })
}

/// Which of [`TRIED`] predicts best what happened on rows that it did not see.
fn best_of_tried(data: &LearnData<'_>, options: &LearnOptions) -> Result<(f64, f64), LearnError> {
    let step = data.training.len().div_ceil(MOST_TRIED).max(1);
    let rows: Vec<usize> = data.training.iter().copied().step_by(step).collect();
    let fold_of = |row: usize| (data.groups[row] % FOLDS as u64) as usize;
    let loss = |tried: (f64, f64), fold: usize| -> Result<f64, LearnError> {
        let side = |inside: bool| -> Vec<usize> {
            rows.iter().copied().filter(|&row| (fold_of(row) == fold) == inside).collect()
        };
        let (fitted, tested) = (side(false), side(true));
        let of_fitted: Vec<bool> = fitted.iter().map(|row| data.labels[*row]).collect();
        // With one outcome there is nothing to fit, whatever is tried.
        if of_fitted.iter().all(|label| *label) || !of_fitted.contains(&true) {
            return Ok(0.0);
        }
        let Chosen { binned, chosen, fit } = choose(data, &fitted, tried, options)?;
        let probabilities: Vec<f64> =
            tested.iter().map(|row| sigmoid(fit.log_odds(&binned, &chosen, *row))).collect();
        let labels: Vec<bool> = tested.iter().map(|row| data.labels[*row]).collect();
        Ok(if labels.is_empty() {
            0.0
        } else {
            log_loss(&probabilities, &labels) * labels.len() as f64
        })
    };
    let losses: Vec<f64> = (0..TRIED.len())
        .into_par_iter()
        .map(|tried| (0..FOLDS).map(|fold| loss(TRIED[tried], fold)).sum())
        .collect::<Result<_, LearnError>>()?;
    let best = losses.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
    Ok(TRIED[best.map_or(0, |(tried, _)| tried)])
}

/// Makes sure that the bins have an order.
fn ordered(of: &Binned) -> Result<(), LearnError> {
    let has_order = |bin: &Bin| !matches!(bin, Bin::Level(_));
    let ordered = of.bins.iter().all(has_order);
    if ordered { Ok(()) } else { Err(LearnError::NoOrder(of.signal.clone())) }
}

fn rule_set(
    tables: &[(&Binned, PointsTable)],
    data: &LearnData<'_>,
    options: &LearnOptions,
) -> RuleSet {
    let mut set = RuleSet::new(&options.name, "1");
    for (of, table) in tables {
        set.rules.extend(rules(&of.signal, table.clone()));
        if let Some(signal) = data.catalogue.signal(&of.signal) {
            set.define(signal, data.catalogue);
        }
    }
    set
}

/// The points of a row.
fn total(tables: &[(&Binned, PointsTable)], data: &LearnData<'_>, row: usize) -> f64 {
    let of = |name: &str| data.signals.iter().find(|signal| signal.name == name);
    let points = tables
        .iter()
        .filter_map(|(binned, table)| table.points(&of(&binned.signal)?.data.value(row)));
    points.sum::<Points>().to_number()
}

/// Bands that a tenth and three tenths of the training rows reach.
fn with_bands(
    mut set: RuleSet,
    tables: &[(&Binned, PointsTable)],
    data: &LearnData<'_>,
) -> RuleSet {
    let mut totals: Vec<f64> = data.training.iter().map(|row| total(tables, data, *row)).collect();
    totals.sort_by(|a, b| b.total_cmp(a));
    let at = |share: f64| {
        let place = (share * totals.len() as f64) as usize;
        totals.get(place).and_then(|total| Points::from_number(*total))
    };
    if let (Some(hot), Some(warm)) = (at(HOT_SHARE), at(WARM_SHARE))
        && let Some(bands) = Bands::warm_hot(warm, hot)
    {
        set.bands = bands;
        set.hand_off = Some(hot);
    }
    set
}

fn report(
    tables: &[(&Binned, PointsTable)],
    fit: &Fit,
    binned: &[Binned],
    chosen: &[usize],
    data: &LearnData<'_>,
    options: &LearnOptions,
) -> LearnReport {
    let labels_of =
        |rows: &[usize]| -> Vec<bool> { rows.iter().map(|row| data.labels[*row]).collect() };
    let (trained, held_out) = (labels_of(data.training), labels_of(data.held_out));
    let quality = |log_odds: &[f64]| {
        let probabilities: Vec<f64> = log_odds.iter().map(|z| sigmoid(*z)).collect();
        Quality {
            auc: auc(log_odds, &held_out),
            log_loss: log_loss(&probabilities, &held_out),
            slope: calibration_slope(&probabilities, &held_out),
        }
    };
    // What points mean is fitted on the training rows: rounding moves the base.
    let unit = std::f64::consts::LN_2 / options.per_doubling;
    let totals: Vec<f64> = data.training.iter().map(|row| total(tables, data, *row)).collect();
    let mean = totals.iter().sum::<f64>() / totals.len().max(1) as f64;
    let rate = trained.iter().filter(|l| **l).count() as f64 / trained.len().max(1) as f64;
    let start = logit(rate) - unit * mean;
    let guess: Vec<f64> = totals.iter().map(|total| sigmoid(start + unit * total)).collect();
    let (at_zero, of_a_point) = match calibration_slope(&guess, &trained) {
        Some(found) => (found.intercept + found.slope * start, found.slope * unit),
        None => (start, unit),
    };
    let unrounded: Vec<f64> =
        data.held_out.iter().map(|row| fit.log_odds(binned, chosen, *row)).collect();
    let points: Vec<f64> =
        data.held_out.iter().map(|row| at_zero + of_a_point * total(tables, data, *row)).collect();
    let model: Vec<f64> = data.held_out.iter().map(|row| data.model[*row]).collect();
    LearnReport {
        training_rows: data.training.len(),
        held_out_rows: held_out.len(),
        held_out_conversions: held_out.iter().filter(|label| **label).count(),
        rules: tables.len(),
        of_model: 0.0,
        l2: 0.0,
        model: quality(&model),
        unrounded: quality(&unrounded),
        points: quality(&points),
        auc_lost: auc_difference(&model, &points, &held_out),
        log_odds_at_zero: at_zero,
        log_odds_of_a_point: of_a_point,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SignalData;
    use crate::rules::random;
    use leadscore_features::{Expr, Signal};
    use leadscore_model::points::Gives;

    /// 4,000 rows: the odds rise with `x`, a yes in `flag` doubles them, `noise` says nothing.
    struct Made {
        signals: Vec<SignalColumn>,
        labels: Vec<bool>,
        model: Vec<f64>,
    }

    fn made() -> Made {
        let mut random = random(7);
        let (mut x, mut flag, mut noise) = (Vec::new(), Vec::new(), Vec::new());
        let (mut labels, mut model) = (Vec::new(), Vec::new());
        for _ in 0..4_000 {
            let (of_x, yes) = ((random() * 10.0).floor(), random() < 0.3);
            let z = -3.0 + 0.4 * of_x + if yes { std::f64::consts::LN_2 } else { 0.0 };
            x.push(of_x);
            flag.push(u32::from(yes));
            noise.push((random() * 5.0).floor());
            labels.push(random() < sigmoid(z));
            model.push(z);
        }
        let names = ["no", "yes"].map(str::to_owned).to_vec();
        let column = |name: &str, data| SignalColumn { name: name.into(), data };
        let signals = vec![
            column("noise", SignalData::Number(noise)),
            column("x", SignalData::Number(x)),
            column("flag", SignalData::Category { codes: flag, names, yes_no: true }),
        ];
        Made { signals, labels, model }
    }

    fn learned(options: &LearnOptions) -> Result<Learned, LearnError> {
        let Made { signals, labels, model } = made();
        let (training, held_out): (Vec<usize>, Vec<usize>) =
            (0..4_000).partition(|row| row % 4 > 0);
        let groups: Vec<u64> = (0..4_000).collect();
        let attribute = |name: &str| Signal {
            name: name.into(),
            expr: Expr::Attribute { column: name.into() },
        };
        let catalogue = Catalogue { signals: ["x", "flag", "noise"].map(attribute).to_vec() };
        let data = LearnData {
            signals: &signals,
            labels: &labels,
            training: &training,
            held_out: &held_out,
            model: &model,
            groups: &groups,
            catalogue: &catalogue,
        };
        learn(&data, options)
    }

    fn options() -> LearnOptions {
        LearnOptions {
            name: "learned".into(),
            rules: 15,
            per_doubling: 10.0,
            up: vec![],
            down: vec![],
        }
    }

    fn table<'s>(set: &'s RuleSet, name: &str) -> &'s PointsTable {
        match &set.rule(name).unwrap().gives {
            Gives::Table { table, .. } => table,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn points_are_what_the_odds_are_made_of() {
        let Learned { set, report } = learned(&options()).unwrap();
        assert_eq!(RuleSet::parse("learned.toml", &set.to_toml()).unwrap(), set);
        // A doubling is 10 points.
        let flag = table(&set, "flag");
        let yes = flag.points(&leadscore_features::Value::YesNo(true)).unwrap().to_number();
        assert!((7.0..=13.0).contains(&yes), "{flag:?}");
        // 0.4 a step are 5.8 points.
        let x = table(&set, "x");
        let at =
            |x_is: f64| x.points(&leadscore_features::Value::Number(x_is)).unwrap().to_number();
        assert!((40.0..=65.0).contains(&(at(9.0) - at(0.0))), "{x:?}");
        let auc = |quality: &Quality| quality.auc.unwrap().value;
        let lost = report.auc_lost.unwrap();
        assert_eq!(lost.value, auc(&report.model) - auc(&report.points));
        assert!(lost.value < 0.01 && lost.low < lost.value && lost.value < lost.high, "{lost:?}");
        // Two rankings that are nearly one differ by less than each is unsure of.
        let sure = report.model.auc.unwrap();
        assert!(lost.high - lost.low < (sure.high - sure.low) / 2.0, "{lost:?} {sure:?}");
        let slope = report.points.slope.unwrap();
        assert!((slope.slope - 1.0).abs() < 4.0 * slope.slope_error, "{report:?}");
    }

    #[test]
    fn constraints_are_kept_and_rules_counted() {
        let down = LearnOptions { down: vec!["x".into()], rules: 1, ..options() };
        // All that would rise is joined, so x tells nothing any more.
        assert_eq!(learned(&down).unwrap().set.rules.len(), 0);
        let one = LearnOptions { rules: 1, up: vec!["x".into()], ..options() };
        let set = learned(&one).unwrap().set;
        assert_eq!(set.rules.len(), 1);
        let x = table(&set, "x");
        let found: Vec<f64> = (0..10)
            .map(|of_x| {
                x.points(&leadscore_features::Value::Number(f64::from(of_x))).unwrap().to_number()
            })
            .collect();
        assert!(found.is_sorted(), "{found:?}");
        let unknown = LearnOptions { up: vec!["flagg".into()], ..options() };
        let said = learned(&unknown).unwrap_err().to_string();
        assert!(said.ends_with("did you mean \"flag\"?"), "{said}");
    }
}
