//! The order of learning: signals alone, then which pairs, then how strongly all is held.

use leadscore_features::{Coding, Encoder, Input};
use leadscore_model::bundle::{CandidatePenalty, FoldRule, MonotoneRecord, SolverRecord};
use leadscore_model::{DRAWS, Fitted, SlotWeight, Uncertainty};

use super::chance::{beyond_chance, gains_by_chance};
use super::levels::worth_rates;
use super::pairs::{self, PairGain, rank};
use super::resolution::{FINE_BINS, bins};
use super::shape::{Shape, encoder_in_steps, planned, with_pairs};
use super::{LearnedStrengths, Plan, Source, learn_strengths, path};
use crate::against::is_level;
use crate::fit_encoder::encoder_of;
use crate::folds::Folds;
use crate::plain::{FOLDS, slots_of};
use crate::recipe::{Fit, FitRows};
use crate::solver::{
    Doubt, Order, Ordered, Posterior, Problem, Strengths, Table, Working, solve, solve_ordered,
};
use crate::split::{Drawn, MOST_ROWS};
use crate::towards::{Direction, solve_towards};
use crate::weights::above_one;
use crate::{FitError, SignalColumn, SignalData};
use rayon::prelude::*;

/// Cells of all signals that are fitted together, at most, about: a fit takes time by their cube, and few rows
/// do not tell many apart.
const MOST_CELLS: usize = 3_000;
/// Of few rows, as many cells for each, and so many at least.
const CELLS_FOR_ROW: usize = 2;
const LEAST_ROOM: usize = 1_000;
/// Signals that pairs are looked for among, at most: those of which the data decide most.
const MOST_PAIRED: usize = 60;
/// Pairs at most.
const MOST_PAIRS: usize = 30;
/// A pair must bring down the out-of-fold log loss by this to be tried, beside being more than chance makes.
const LEAST_GAIN: f64 = 0.5;
/// Exact values of a number must bring it down by this for the number to be cut finely.
const LEAST_FINE_GAIN: f64 = 5.0;
/// A pair of which the data decide less than this is not kept.
const LEAST_FREEDOM: f64 = 2.0;
/// Rounds of learning strengths: of signals alone, of all candidate pairs, of the pairs kept.
const ROUNDS: [usize; 3] = [10, 4, 6];
/// Strengths before any is learnt, of a signal and of a pair.
const FIRST: [f64; 2] = [3.0, 10.0];

/// What was learnt of the shape, and how.
#[derive(Clone, Debug)]
pub struct Learnt {
    /// What to fit.
    pub plan: Plan,
    /// What each factor would lose, by rising factor.
    pub candidates: Vec<CandidatePenalty>,
    /// Rows that it was learnt from.
    pub rows: usize,
    /// Folds that choices were made by, and how they were made.
    pub folds: (usize, FoldRule),
    /// Pairs of signals that were looked at.
    pub pairs_looked_at: usize,
    /// Signals that were left out, as there are too many to fit together: those that say least.
    pub left_out: Vec<String>,
    /// The tables, with their effective degrees of freedom.
    pub freedom: Vec<(Source, f64)>,
}

/// Learns the shape of a model from some rows.
///
/// Where outcomes entered the encoder, rows are coded out of fold, and choices are made by those
/// codes: no row was told its own outcome, so what its code says of it is what it will say of a row that
/// was not fitted. What is left is that rows of one level share their tellers, which is worth some
/// degrees of freedom for each table of rates and not some for each level.
///
/// # Errors
/// [`FitError`] when a fit does not reach its minimum.
pub fn learn_shape(
    signals: &[SignalColumn],
    all: FitRows<'_>,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Result<Learnt, FitError> {
    const STEPS: usize = 5;
    // The encoder is of all rows; what is learnt over it, of those drawn.
    let all_rows = all.rows;
    let mut drawn = Drawn::new(MOST_ROWS, all, FOLDS);
    let above = drawn.weighed_as_leads();
    let Drawn { rows, labels, weights, folds } = drawn;
    let targets: Vec<f64> = labels.iter().map(|&label| f64::from(u8::from(label))).collect();

    // Numbers have no levels.
    let number = |_: &str, _: &[f64]| Coding::Standard { mean: 0.0, scale: 1.0 };
    let by_rate = worth_rates(signals, &encoder_of(signals, all_rows, number), all);
    let encoder = |signals: &[SignalColumn], fine: &[String]| {
        encoder_in_steps(signals, all, (fine, &by_rate))
    };
    let mut shape = Shape::new(encoder(signals, &[]), signals, (&rows, &weights));
    let room = (CELLS_FOR_ROW * all_rows.len()).clamp(LEAST_ROOM, MOST_CELLS);
    let left_out = beyond_room(&shape, &targets, &folds, room);
    let fewer = kept(signals, &left_out);
    let signals = fewer.as_deref().unwrap_or(signals);
    if !left_out.is_empty() {
        shape = Shape::new(encoder(signals, &[]), signals, (&rows, &weights));
    }
    let learn_alone = |problem: &Problem| {
        let first = problem.tables.iter().map(|table| table.strengths(FIRST[0])).collect();
        learn_strengths(problem, first, None, ROUNDS[0])
    };
    let mut points = all.points_of(&rows);
    let (mut problem, mut direction) = leaning(&shape, targets.clone(), points.as_deref());
    let mut alone = learn_alone(&problem);
    if direction.as_ref().is_some_and(|found| found.slope(&alone.at) < 0.0) {
        // The outcomes go against the points: nothing leans on them.
        points = None;
        (problem, direction) = leaning(&shape, targets.clone(), None);
        alone = learn_alone(&problem);
    }
    // What an order will hold level says nothing beside the others, and must not while their strengths are learnt:
    // a signal that says the same would be held as if it were not needed.
    let level = held_level(&shape, &problem, &alone, all.monotone)?;
    let fewer = kept(signals, &level.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
    let signals = fewer.as_deref().unwrap_or(signals);
    if !level.is_empty() {
        shape = Shape::new(encoder(signals, &[]), signals, (&rows, &weights));
        (problem, direction) = leaning(&shape, targets.clone(), points.as_deref());
        alone = learn_alone(&problem);
    }
    let working = problem.working(&problem.log_odds(&alone.at));
    let fine = worth_fine_cuts(&shape, &problem, signals, (all_rows, &rows), (&working, &folds));
    if !fine.is_empty() {
        shape = Shape::new(encoder(signals, &fine), signals, (&rows, &weights));
        (problem, direction) = leaning(&shape, targets.clone(), points.as_deref());
        alone = learn_alone(&problem);
    }
    done(1, STEPS);

    let inputs = shape.encoder.inputs.len();
    let mut by_freedom: Vec<usize> = (0..inputs).collect();
    by_freedom.sort_by(|&a, &b| alone.freedom[b].total_cmp(&alone.freedom[a]).then(a.cmp(&b)));
    // A pair could go against the order of its signals.
    by_freedom.retain(|&input| {
        let name = &shape.encoder.inputs[input].signal;
        all.monotone.iter().all(|of| of.signal != *name)
    });
    let paired = &by_freedom[..by_freedom.len().min(MOST_PAIRED)];
    let grouped: Vec<Option<Vec<u16>>> = (0..inputs)
        .map(|input| paired.contains(&input).then_some(input))
        .map(|input| {
            input.and_then(|input| {
                pairs::groups(&shape.encoder.inputs[input].coding, &shape.counts(input))
            })
        })
        .collect();
    let codes: Vec<Option<Vec<u16>>> = grouped
        .iter()
        .enumerate()
        .map(|(input, groups)| Some(shape.group_codes(input, groups.as_ref()?)))
        .collect();
    let sizes: Vec<usize> = grouped
        .iter()
        .map(|groups| groups.iter().flatten().max().map_or(0, |&most| usize::from(most) + 1))
        .collect();
    let working = problem.working(&problem.log_odds(&alone.at));
    let ranked = rank(&codes, &sizes, &working, &folds);
    let by_chance = gains_by_chance(&problem, &alone, all.dealing.seed, |working| {
        rank(&codes, &sizes, working, &folds)
    });
    let taken = beyond_chance(&ranked, &by_chance).min(MOST_PAIRS);
    done(2, STEPS);
    let freedom_of = |pair: &PairGain| {
        let each = pair.inputs.iter().map(|&input| sizes[input].saturating_sub(1) as f64);
        each.product::<f64>()
    };
    let name = |input: usize| shape.encoder.inputs[input].signal.clone();
    let named = |pair: &PairGain| (name(pair.inputs[0]), name(pair.inputs[1]));
    let worth = |pair: &&PairGain| pair.gain > LEAST_GAIN;
    let candidates: Vec<_> = ranked.iter().take(taken).filter(worth).map(named).collect();

    // All candidates together; those of which the data then decide little go.
    let shape = with_pairs(shape, &candidates);
    let mut start = folded(direction.as_ref(), &alone.at);
    let (problem, direction) = leaning(&shape, targets.clone(), points.as_deref());
    let mut strengths = alone.strengths;
    strengths.extend(problem.tables[inputs..].iter().map(|table| table.strengths(FIRST[1])));
    start.resize(problem.size(), 0.0);
    let tried = learn_strengths(&problem, strengths, Some(start), ROUNDS[1]);
    let keeps = |&table: &usize| table < inputs || tried.freedom[table] > LEAST_FREEDOM;
    let kept: Vec<usize> = (0..problem.tables.len()).filter(keeps).collect();
    let pairs: Vec<_> = kept[inputs..].iter().map(|&t| candidates[t - inputs].clone()).collect();
    // Candidates are the best in order.
    let taken = kept[inputs..].iter().map(|&table| table - inputs);
    let untaken = ranked.iter().map(freedom_of).sum::<f64>()
        - taken.map(|place| freedom_of(&ranked[place])).sum::<f64>();
    done(3, STEPS);
    let strengths = kept.iter().map(|&table| tried.strengths[table].clone()).collect();
    let places = problem.places();
    let at = folded(direction.as_ref(), &tried.at);
    let mut start = vec![at[0]];
    kept.iter().for_each(|&table| start.extend_from_slice(&at[places[table].clone()]));
    let shape = with_pairs(shape, &pairs);
    let (problem, direction) = leaning(&shape, targets, points.as_deref());
    start.resize(problem.size(), 0.0);
    let learnt = learn_strengths(&problem, strengths, Some(start), ROUNDS[2]);
    done(4, STEPS);

    let solution = solve(&problem, &learnt.strengths, Some(learnt.at.clone()))?;
    let candidates = path::candidates(&problem, &learnt.strengths, &solution.at, &folds);
    let factor = candidates[path::best(&candidates)].l2;
    done(STEPS, STEPS);
    let mut sources = shape.sources();
    let mut freedom = learnt.freedom;
    let mut strengths = learnt.strengths;
    for (name, learnt) in level {
        sources.push(Source::Signal(name));
        freedom.push(0.0);
        strengths.push(learnt);
    }
    let of_weights = |strengths: Strengths| strengths.iter().map(|s| s * above).collect();
    let strengths = sources.iter().cloned().zip(strengths.into_iter().map(of_weights));
    let plan = Plan {
        pairs,
        fine,
        by_rate: by_rate.into_iter().filter(|name| !left_out.contains(name)).collect(),
        left_out: left_out.clone(),
        strengths: strengths.collect(),
        factor,
        untaken,
        start: Some((shape.encoder, folded(direction.as_ref(), &solution.at))),
    };
    Ok(Learnt {
        plan,
        candidates,
        rows: rows.len(),
        folds: (folds.folds.len(), folds.rule),
        pairs_looked_at: ranked.len(),
        left_out,
        freedom: sources.into_iter().zip(freedom).collect(),
    })
}

/// The problem of a shape, with what it may lean on.
fn leaning(
    shape: &Shape,
    targets: Vec<f64>,
    points: Option<&[f64]>,
) -> (Problem, Option<Direction>) {
    let mut problem = shape.problem(targets);
    let direction = points.and_then(|points| Direction::new(&problem, points));
    if let Some(direction) = &direction {
        direction.add_to(&mut problem);
    }
    (problem, direction)
}

/// The intercept and the cells that say what they and the direction say together.
fn folded(direction: Option<&Direction>, at: &[f64]) -> Vec<f64> {
    direction.map_or_else(|| at.to_vec(), |direction| direction.folded(at))
}

/// Fits the shape of a plan to some rows; `surely` says too how sure the coefficients are.
///
/// # Errors
/// [`FitError`] when the minimum was not reached.
pub fn fit_shape(
    signals: &[SignalColumn],
    of: FitRows<'_>,
    surely: bool,
    plan: &Plan,
) -> Result<Fit, FitError> {
    let fewer = kept(signals, &plan.left_out);
    let signals = fewer.as_deref().unwrap_or(signals);
    let shape = planned(signals, of, plan);
    let targets = of.labels.iter().map(|&label| f64::from(u8::from(label))).collect();
    let (mut problem, direction) = leaning(&shape, targets, of.points_of(of.rows).as_deref());
    let above = above_one(of.weights);
    let strengths: Vec<Strengths> = shape
        .sources()
        .iter()
        .zip(&problem.tables)
        .map(|(source, table)| {
            let learnt = plan.strengths.get(source);
            // A signal may have a walk among these rows and none among those learnt from.
            let learnt = learnt.filter(|s| s.len() == table.penalties.len()).cloned();
            let strengths = learnt.unwrap_or_else(|| table.strengths(FIRST[0] * above));
            strengths.into_iter().map(|strength| strength * plan.factor).collect()
        })
        .collect();
    let start = plan
        .start
        .as_ref()
        .map(|(encoder, at)| shape.start_from(&problem, (encoder, at), signals, of.rows));
    let refused = direction.as_ref().map(Direction::refused);
    let orders = orders(&shape, of.monotone);
    let (solution, direction, places) = if orders.is_empty() {
        let (solution, direction) = solve_towards(&mut problem, &strengths, start, direction)?;
        (solution, direction, None)
    } else {
        let Ordered { solution, tied, places } =
            solve_ordered(&problem, &strengths, start, &orders)?;
        problem = tied;
        (solution, None, Some(places))
    };
    let record = SolverRecord {
        solver: "newton".to_owned(),
        iterations: solution.iterations,
        gradient: solution.gradient,
        slots: shape.encoder.width(),
    };
    // Cells that are tied go together, and are drawn as one.
    let fitted_at = match &places {
        Some(places) => {
            let mut at = vec![0.0; problem.size()];
            places.iter().zip(&solution.at).for_each(|(&place, value)| at[place] = *value);
            at
        }
        None => solution.at.clone(),
    };
    let posterior = surely
        .then(|| {
            let doubt = Doubt { factor: plan.factor, untaken: plan.untaken };
            Posterior::new(&problem, &strengths, &fitted_at, of.dealing.groups, Some(&doubt))
        })
        .flatten();
    let leaning = direction.as_ref().map(|found| found.leaning(&solution.at, posterior.as_ref()));
    let at = folded(direction.as_ref(), &solution.at);
    let mut fitted = shape.fitted(&at, plan.factor);
    fitted.unmodelled = posterior.as_ref().map_or(0.0, |found| found.unmodelled);
    // Moving the means of pairs to their signals changes no lead's sum, so the draws stay as they are.
    fitted.uncertainty = posterior.as_ref().map(|posterior| {
        let cells = 0..=fitted.logistic.slots.len();
        let draws = cells.map(|at| match (&direction, &places) {
            (Some(direction), _) => direction.folded_draws(posterior, at),
            (None, Some(places)) => posterior.of(places[at]),
            (None, None) => posterior.of(at),
        });
        let mut draws: Vec<_> = draws.collect();
        no_less_sure_than_a_row(&fitted, &mut draws);
        Uncertainty::new(draws)
    });
    let uncertainty = posterior.map(|found| found.record);
    Ok(Fit { fitted, at, solver: record, uncertainty, leaning: leaning.or(refused) })
}

/// Makes slots that no row had no less sure than a row at random is of the signal: by what the slots with rows do, and how
/// sure they are. The prior alone says much more of a signal whose curve says much. What all slots of a signal share is weighed
/// against the intercept, so that those without rows share it too.
fn no_less_sure_than_a_row(fitted: &Fitted, draws: &mut [[f64; DRAWS]]) {
    let variance = |draws: &[f64; DRAWS]| draws.iter().map(|draw| draw * draw).sum::<f64>();
    // The intercept comes first.
    let mut first = 1;
    for input in &fitted.encoder.inputs {
        let place = first..first + input.coding.width();
        first = place.end;
        let slots = &fitted.logistic.slots[place.start - 1..place.end - 1];
        let draws = &mut draws[place];
        let mass: f64 = slots.iter().map(|slot| slot.mean).sum();
        let is_told = |slot: &SlotWeight| slot.mean > 0.0;
        if mass <= 0.0 || slots.iter().all(is_told) {
            continue;
        }
        let mean_of = |of: &dyn Fn(usize) -> f64| {
            slots.iter().enumerate().map(|(at, slot)| slot.mean * of(at)).sum::<f64>() / mass
        };
        let level: [f64; DRAWS] = std::array::from_fn(|draw| mean_of(&|at| draws[at][draw]));
        let mean = mean_of(&|at| slots[at].coefficient);
        let most = mean_of(&|at| {
            let apart = std::array::from_fn(|draw| draws[at][draw] - level[draw]);
            (slots[at].coefficient - mean).powi(2) + variance(&apart)
        });
        for (slot, own) in slots.iter().zip(draws) {
            if !is_told(slot) {
                let by = (most / variance(own)).sqrt().min(1.0);
                *own = std::array::from_fn(|draw| level[draw] + by * own[draw]);
            }
        }
    }
}

/// The tables that must rise, or fall, along their bins.
fn orders(shape: &Shape, monotone: &[MonotoneRecord]) -> Vec<Order> {
    let inputs = shape.encoder.inputs.iter().enumerate();
    let ordered = inputs.filter_map(|(table, input)| {
        let of = monotone.iter().find(|of| of.signal == input.signal)?;
        let Coding::Bins { cuts, .. } = &input.coding else { return None };
        // The last slot is of what is missing.
        Some(Order { table, cells: 0..cuts.len() + 1, rising: of.increasing })
    });
    ordered.collect()
}

/// The signals of which an order leaves about nothing, as the outcomes go the other way along them, with the
/// strengths that they have without it. None where nothing else would be left.
fn held_level(
    shape: &Shape,
    problem: &Problem,
    alone: &LearnedStrengths,
    monotone: &[MonotoneRecord],
) -> Result<Vec<(String, Strengths)>, FitError> {
    let orders = orders(shape, monotone);
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let start = Some(alone.at.clone());
    let held = solve_ordered(problem, &alone.strengths, start, &orders)?.solution.at;
    let places = problem.places();
    let level = orders.into_iter().filter_map(|Order { table, cells, .. }| {
        let codes = problem.tables[table].codes.iter().map(|&code| usize::from(code));
        let known: Vec<usize> = codes.filter(|code| cells.contains(code)).collect();
        let of_rows = |at: &[f64]| -> Vec<f64> {
            known.iter().map(|code| at[places[table].start + code]).collect()
        };
        let name = shape.encoder.inputs[table].signal.clone();
        is_level(&of_rows(&held), &of_rows(&alone.at))
            .then(|| (name, alone.strengths[table].clone()))
    });
    let level: Vec<_> = level.collect();
    Ok(if level.len() < shape.encoder.inputs.len() { level } else { Vec::new() })
}

/// The numbers that tell more when they are cut finely: where a table of their exact values gains
/// on rows that it was not fitted to, beside what is fitted. The best of them, as far as there is
/// room. `rows` are all rows, by which numbers are cut, and those that are looked at.
fn worth_fine_cuts(
    shape: &Shape,
    problem: &Problem,
    signals: &[SignalColumn],
    (all_rows, rows): (&[usize], &[usize]),
    (working, folds): (&Working, &Folds),
) -> Vec<String> {
    let width = |input: usize| shape.encoder.inputs[input].coding.width();
    let mut worth: Vec<(f64, usize, usize)> = signals
        .par_iter()
        .enumerate()
        .filter_map(|(input, signal)| {
            let SignalData::Number(values) = &signal.data else { return None };
            let fine =
                Input { signal: signal.name.clone(), coding: bins(values, all_rows, FINE_BINS) };
            let cells = fine.coding.width();
            if cells < width(input) + width(input) / 4 {
                return None;
            }
            let encoder = Encoder { inputs: vec![fine], pairs: Vec::new() };
            let table = Table {
                codes: slots_of(&encoder.compile()[0], signal, rows),
                cells,
                penalties: Vec::new(),
            };
            // What the bins that there are would gain too is only held back by the prior.
            let gain = pairs::gain_of(&table, working, folds)
                - pairs::gain_of(&problem.tables[input], working, folds).max(0.0);
            (gain > LEAST_FINE_GAIN).then_some((gain, input, cells))
        })
        .collect();
    worth.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut cells: usize = (0..shape.encoder.inputs.len()).map(width).sum();
    let mut fine = Vec::new();
    for (_, input, wider) in worth {
        if cells - width(input) + wider <= MOST_CELLS {
            cells = cells - width(input) + wider;
            fine.push(signals[input].name.clone());
        }
    }
    fine
}

/// The signals that are not left out; `None` where all are kept.
fn kept(signals: &[SignalColumn], left_out: &[String]) -> Option<Vec<SignalColumn>> {
    let keeps = |signal: &&SignalColumn| !left_out.contains(&signal.name);
    (!left_out.is_empty()).then(|| signals.iter().filter(keeps).cloned().collect())
}

/// The signals that there is no room for: those whose table alone would gain least on rows that it
/// was not fitted to.
fn beyond_room(shape: &Shape, targets: &[f64], folds: &Folds, room: usize) -> Vec<String> {
    let cells = |input: usize| shape.encoder.inputs[input].coding.width();
    let inputs = 0..shape.encoder.inputs.len();
    if inputs.clone().map(cells).sum::<usize>() <= room {
        return Vec::new();
    }
    let problem = shape.problem(targets.to_vec());
    let working = problem.working(&problem.log_odds(&problem.nothing_known()));
    let gains: Vec<f64> =
        problem.tables.par_iter().map(|table| pairs::gain_of(table, &working, folds)).collect();
    let mut order: Vec<usize> = inputs.collect();
    order.sort_by(|&a, &b| gains[b].total_cmp(&gains[a]).then(a.cmp(&b)));
    let mut left = room;
    let fits = |input: &usize| {
        let enough = cells(*input) <= left;
        left -= if enough { cells(*input) } else { 0 };
        !enough
    };
    let mut out: Vec<usize> = order.into_iter().filter(fits).collect();
    out.sort_unstable();
    out.into_iter().map(|input| shape.encoder.inputs[input].signal.clone()).collect()
}
