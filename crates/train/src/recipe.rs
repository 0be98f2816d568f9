//! What is fitted, and with what: chosen once, on the training rows, and then the same for the
//! model that is evaluated, for the one that is served, and for those that are compared with them.

use leadscore_model::Fitted;
use leadscore_model::bundle::{
    FoldRule, MonotoneRecord, PenaltyRecord, ShapeRecord, SolverRecord, TableRecord,
    UncertaintyRecord,
};

use crate::additive::{Learnt, Plan, fit_shape, learn_shape};
use crate::fit_encoder::fit_encoder_weighted;
use crate::linfa_solver::fit_linfa;
use crate::pipeline::Stage;
use crate::plain::{Plain, choose_penalty};
use crate::solver::FitError;
use crate::towards::Leaning;
use crate::{Dealing, SignalColumn, Solver, TrainOptions};

/// A model that is yet to be fitted.
pub(crate) enum Recipe {
    /// One slope a number and one weight a level, under one penalty.
    Plain { l2: f64, solver: Solver },
    /// Tables of bins, levels and pairs.
    Tables(Plan),
}

/// A recipe, and how it was found.
pub(crate) struct Chosen {
    pub(crate) recipe: Recipe,
    pub(crate) penalty: PenaltyRecord,
    pub(crate) shape: Option<ShapeRecord>,
}

/// Rows to choose or to fit by; all parts are parallel.
#[derive(Clone, Copy, Debug)]
pub struct FitRows<'r> {
    /// Their positions among the signals' values.
    pub rows: &'r [usize],
    /// What became of them.
    pub labels: &'r [bool],
    /// How often each counts, above 0; empty where all count once.
    pub weights: &'r [f64],
    /// What deals them into folds.
    pub dealing: Dealing<'r>,
    /// The points that a rule set gives all rows, by their positions, where the fit is to lean on them.
    pub points: Option<&'r [f64]>,
    /// The signals along which the model must rise, or fall.
    pub monotone: &'r [MonotoneRecord],
}

/// What a fit is made to, row by row.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// The target of each row, from 0 to 1.
    pub targets: Vec<f64>,
    /// How often each row counts; empty where all count once.
    pub weights: Vec<f64>,
}

impl From<Vec<f64>> for Outcomes {
    fn from(targets: Vec<f64>) -> Self {
        Self { targets, weights: Vec::new() }
    }
}

impl Outcomes {
    /// Outcomes of rows that converted or did not.
    pub(crate) fn new(labels: &[bool], weights: &[f64]) -> Self {
        let targets = labels.iter().map(|&label| f64::from(u8::from(label))).collect();
        Self { targets, weights: weights.to_vec() }
    }
}

#[cfg(test)]
impl<'r> FitRows<'r> {
    /// Rows that all count once, lean on nothing and are held to no order.
    pub(crate) fn new(rows: &'r [usize], labels: &'r [bool], dealing: Dealing<'r>) -> Self {
        Self { rows, labels, weights: &[], dealing, points: None, monotone: &[] }
    }
}

impl FitRows<'_> {
    /// The points of some of the rows.
    pub(crate) fn points_of(&self, rows: &[usize]) -> Option<Vec<f64>> {
        self.points.map(|points| rows.iter().map(|&row| points[row]).collect())
    }
}

/// A fit.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The model.
    pub fitted: Fitted,
    /// The coefficients as they were fitted: the intercept, the cells of every table, the slopes.
    pub(crate) at: Vec<f64>,
    /// How it was found.
    pub solver: SolverRecord,
    /// How sure it is, where that was asked for.
    pub uncertainty: Option<UncertaintyRecord>,
    /// How far it leans on points, where there were any to lean on.
    pub leaning: Option<Leaning>,
}

/// Chooses by the training rows.
pub(crate) fn choose(
    signals: &[SignalColumn],
    of: FitRows<'_>,
    options: &TrainOptions,
    progress: &(dyn Fn(Stage) + Sync),
) -> Result<Chosen, FitError> {
    if !options.is_plain() {
        let done = |done, of| progress(Stage::LearningShape(done, of));
        let learnt = learn_shape(signals, of, &done)?;
        let l2 = learnt.plan.factor;
        let shape = Some(record(&learnt, of.labels.len()));
        let Learnt { plan, candidates, folds: (folds, by), .. } = learnt;
        let penalty = PenaltyRecord { l2, folds, by, candidates };
        return Ok(Chosen { recipe: Recipe::Tables(plan), penalty, shape });
    }
    let penalty = match options.l2 {
        Some(l2) => PenaltyRecord { l2, folds: 0, by: FoldRule::Random, candidates: Vec::new() },
        None => {
            let done = |done, of| progress(Stage::CrossValidating(done, of));
            choose_penalty(signals, of, &done)?
        }
    };
    let recipe = Recipe::Plain { l2: penalty.l2, solver: options.solver };
    Ok(Chosen { recipe, penalty, shape: None })
}

fn record(learnt: &Learnt, rows: usize) -> ShapeRecord {
    let tables = learnt.freedom.iter().map(|(source, freedom)| TableRecord {
        signals: source.signals(),
        freedom: *freedom,
        strengths: learnt.plan.strengths.get(source).cloned().unwrap_or_default(),
    });
    ShapeRecord {
        rows: learnt.rows.min(rows),
        pairs_looked_at: learnt.pairs_looked_at,
        fine: learnt.plan.fine.clone(),
        by_rate: learnt.plan.by_rate.clone(),
        left_out: learnt.left_out.clone(),
        tables: tables.collect(),
    }
}

impl Recipe {
    /// The recipe for fewer signals.
    pub(crate) fn without(&self, signals: &[String]) -> Self {
        match self {
            Recipe::Plain { l2, solver } => Recipe::Plain { l2: *l2, solver: *solver },
            Recipe::Tables(plan) => Recipe::Tables(plan.without(signals)),
        }
    }

    /// The recipe with the exact solver, for fits that are made to be judged and not kept: linfa's way
    /// to the same minimum takes some hundred times as long.
    pub(crate) fn by_newton(&self) -> Self {
        match self {
            Recipe::Plain { l2, .. } => Recipe::Plain { l2: *l2, solver: Solver::Newton },
            Recipe::Tables(plan) => Recipe::Tables(plan.clone()),
        }
    }

    /// Fits some rows, and says how sure the fit is where that is asked for.
    /// `before` is a fit of nearly the same rows, to start from.
    pub(crate) fn fit(
        &self,
        signals: &[SignalColumn],
        of: FitRows<'_>,
        surely: bool,
        before: Option<&Fit>,
    ) -> Result<Fit, FitError> {
        let (l2, solver) = match self {
            Recipe::Tables(plan) => {
                let started = before
                    .map(|before| plan.starting_from(&before.fitted.encoder, before.at.clone()));
                return fit_shape(signals, of, surely, started.as_ref().unwrap_or(plan));
            }
            Recipe::Plain { l2, solver } => (*l2, *solver),
        };
        let FitRows { rows, labels, weights, dealing, .. } = of;
        let outcomes = Outcomes::new(labels, weights);
        let encoder = fit_encoder_weighted(signals, rows, weights);
        let mut plain = Plain::new(encoder, signals, rows, outcomes);
        // What checks the fit goes its own way, and slopes with a sign are looked at one by one.
        if solver == Solver::Newton && of.monotone.is_empty() {
            plain = plain.narrowed();
        }
        if let Some(points) = of.points_of(rows) {
            plain.lean_on(&points);
        }
        let (solution, name) = match solver {
            Solver::Newton => {
                let start = before.map(|before| plain.start_from(&before.fitted));
                (plain.solve_held(l2, of.monotone, start)?, "newton")
            }
            Solver::Linfa => {
                let strengths = plain.hold(l2)?;
                (fit_linfa(&plain.problem, &strengths, l2)?, "linfa")
            }
        };
        let sure = match surely {
            true => plain.uncertainty(l2, &solution, dealing.groups)?,
            false => None,
        };
        let leaning = plain.leaning(&solution);
        let mut fitted = plain.fitted(l2, &solution);
        let (draws, uncertainty, leaning) = match sure {
            Some(sure) => (Some(sure.draws), Some(sure.record), sure.leaning.or(leaning)),
            None => (None, None, leaning),
        };
        fitted.uncertainty = draws;
        let record = SolverRecord {
            solver: name.to_owned(),
            iterations: solution.iterations,
            gradient: solution.gradient,
            slots: fitted.encoder.width(),
        };
        Ok(Fit { fitted, at: solution.at, solver: record, uncertainty, leaning })
    }
}
