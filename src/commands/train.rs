//! `leadscore train`.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use leadscore_features::io::{parse_table, read_file, write_atomic};
use leadscore_model::bundle::{BaseRateShift, SplitRule, Training};
use leadscore_model::evaluate::Evaluation;
use leadscore_model::{Bundle, file_hash};
use leadscore_train::{Solver, Stage, TrainError, TrainOptions, train};
use serde::Serialize;

use crate::args::{SolverArg, TrainArgs};
use crate::inputs::{keep_apart, wrong_call};
use crate::print::{self, Align, count, line, percent, plural, wrap};

/// More threads than any machine has cores only cost memory.
const MOST_THREADS: usize = 1024;

#[derive(Serialize)]
struct Report<'a> {
    bundle: String,
    name: &'a str,
    version: &'a str,
    hash: &'a str,
    training: &'a Training,
}

pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    let trained = train_and_write(args)?;
    if args.json {
        return print::json(&Report {
            bundle: trained.path.display().to_string(),
            name: &trained.bundle.name,
            version: &trained.bundle.version,
            hash: &trained.hash,
            training: &trained.bundle.training,
        });
    }
    columns(&trained.bundle.training)?;
    summary(&trained.bundle)?;
    line(format!("\nWrote {} (hash {})", trained.path.display(), &trained.hash[..12]))
}

/// A bundle where it was written.
pub(crate) struct Trained {
    pub(crate) bundle: Bundle,
    pub(crate) path: PathBuf,
    pub(crate) hash: String,
}

pub(crate) fn train_and_write(args: &TrainArgs) -> Result<Trained> {
    let mut options = options(args)?;
    let path = match &args.out {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}.bundle", options.name)),
    };
    keep_apart(&path, [args.leads.as_path()])?;
    // Read once: a pipe can be read only once, and the hash must be that of what was trained on.
    let bytes = read_file(&args.leads)?;
    options.file_hash = file_hash(&bytes);
    let table = parse_table(&args.leads, bytes)?;
    let bar = progress_bar();
    let pool = rayon_pool(args.threads)?;
    let show = |stage| show_stage(&bar, stage);
    let outcome = pool.install(|| train(&table, &options, &show));
    bar.finish_and_clear();
    let bundle = outcome.map_err(|error| match error {
        TrainError::Options(mistakes) => wrong_call(mistakes.join("\n  ")),
        other => anyhow!("{}: {other}", args.leads.display()),
    })?;
    let bytes = bundle.to_bytes();
    write_atomic(&path, |out| out.write_all(&bytes))?;
    Ok(Trained { bundle, path, hash: file_hash(&bytes) })
}

fn rayon_pool(threads: Option<usize>) -> Result<rayon::ThreadPool> {
    if threads.is_some_and(|threads| !(1..=MOST_THREADS).contains(&threads)) {
        return Err(wrong_call(format!("--threads must be from 1 to {MOST_THREADS}")));
    }
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0));
    builder.build().context("threads cannot be started")
}

fn options(args: &TrainArgs) -> Result<TrainOptions> {
    let stem = args.leads.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let file = args.leads.file_name().map(|name| name.to_string_lossy().into_owned());
    if let Some(l2) = args.l2
        && !(l2 > 0.0 && l2.is_finite())
    {
        return Err(wrong_call(format!("--l2 must be a number above 0, not {l2}")));
    }
    let missing = args
        .missing
        .iter()
        .map(|pair| match pair.split_once('=') {
            Some((column, value)) if !column.is_empty() && !value.is_empty() => {
                Ok((column.to_owned(), value.to_owned()))
            }
            _ => Err(wrong_call(format!(
                "--missing is COLUMN=VALUE, such as pdays=999, not {pair:?}"
            ))),
        })
        .collect::<Result<_>>()?;
    Ok(TrainOptions {
        target: args.target.clone(),
        positive: args.positive.clone(),
        negative: args.negative.clone(),
        id: args.id.clone(),
        account: args.account.clone(),
        time: args.time.clone(),
        categories: args.category.clone(),
        drop: args.drop.clone(),
        keep: args.keep.clone(),
        missing,
        l2: args.l2,
        solver: match args.solver {
            SolverArg::Newton => Solver::Newton,
            SolverArg::Linfa => Solver::Linfa,
        },
        seed: args.seed,
        name: args.name.clone().or(stem).unwrap_or_else(|| "model".to_owned()),
        version: args.model_version.clone(),
        file: file.unwrap_or_default(),
        file_hash: String::new(),
    })
}

/// A bar on a terminal, nothing elsewhere.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg:32} {bar:30} {pos}/{len}") {
        bar.set_style(style);
    }
    bar
}

fn show_stage(bar: &ProgressBar, stage: Stage) {
    let (message, done, of) = match stage {
        Stage::Looking => ("looking at the columns", 0, 1),
        Stage::Reading => ("reading the values", 0, 1),
        Stage::CrossValidating(done, of) => ("choosing the penalty", done, of),
        Stage::FittingEvaluated => ("fitting without the held-out part", 0, 1),
        Stage::FittingServed => ("fitting on everything", 0, 1),
    };
    bar.set_message(message);
    bar.set_length(of as u64);
    bar.set_position(done as u64);
}

/// What each column was taken for.
fn columns(training: &Training) -> Result<()> {
    let data = &training.data;
    let rate = training.target.conversions as f64 / (data.rows - data.left_out).max(1) as f64;
    line(format!(
        "{}: {}, {}",
        data.file,
        plural(data.rows, "row"),
        plural(training.columns.len(), "column")
    ))?;
    line(wrap(
        &format!(
            "{} = {}: {} converted ({}){}{}",
            training.target.column,
            training.target.positive,
            plural(training.target.conversions, "row"),
            percent(rate),
            if data.left_out > 0 {
                format!("; {} with another outcome left out", plural(data.left_out, "row"))
            } else {
                String::new()
            },
            if data.repeated > 0 {
                format!("; {} repeat an earlier one", plural(data.repeated, "row"))
            } else {
                String::new()
            },
        ),
        2,
    ))?;
    let rows = training
        .columns
        .iter()
        .map(|column| {
            let mut notes = column.notes.clone();
            if let Some(distinct) = column.distinct.filter(|_| column.kind == "category") {
                notes.insert(0, plural(distinct, "value"));
            }
            vec![
                column.name.clone(),
                column.kind.clone(),
                percent(column.filled),
                if column.used { "yes" } else { "no" }.to_owned(),
                notes.join("; "),
            ]
        })
        .collect();
    let header = [
        ("Column", Align::Left),
        ("Kind", Align::Left),
        ("Filled", Align::Right),
        ("Used", Align::Left),
        ("Notes", Align::Left),
    ];
    line(format!("\n{}", print::table(&header, rows)))
}

/// What the model reached.
pub(crate) fn summary(bundle: &Bundle) -> Result<()> {
    let training = &bundle.training;
    let split = &training.split;
    let how = match &split.rule {
        SplitRule::Newest { by, from } if by == "@row" => format!("the newest, from {from} on"),
        SplitRule::Newest { by, from } => format!("the newest by {by}, from {from} on"),
        SplitRule::Stratified { seed } => format!("at random, seed {seed}"),
    };
    let evaluation = &training.evaluation;
    line("")?;
    line(wrap(
        &format!(
            "Held out: {} ({how}), {} converted ({})",
            plural(split.held_out_rows, "row"),
            count(split.held_out_conversions),
            percent(evaluation.base_rate),
        ),
        2,
    ))?;
    if split.straddling_rows > 0 {
        line(wrap(
            &format!(
                "  {} of leads that are also among the newest are in neither part",
                plural(split.straddling_rows, "older row")
            ),
            2,
        ))?;
    }
    line("")?;
    metrics(evaluation)?;
    lift(evaluation)?;
    strengths(training)?;
    let penalty = &training.penalty;
    let chosen = if penalty.folds > 0 {
        format!("chosen by {}-fold cross-validation on the training rows", penalty.folds)
    } else {
        "as given".to_owned()
    };
    let fit = &training.served_fit;
    line("")?;
    line(wrap(
        &format!(
            "Penalty l2 = {}, {chosen}. Refitted on all rows by {}: {} slots, gradient {:.0e} a row.",
            round(penalty.l2),
            fit.solver,
            fit.slots,
            fit.gradient
        ),
        0,
    ))?;
    if fit.gradient > 1e-8 {
        warning("the solver stopped before the minimum; the default solver reaches it")?;
    }
    let bands = bundle.bands;
    line(wrap(
        &format!(
            "Bands: hot from {}, which a tenth of the held-out leads reach; warm from {}, which three \
             tenths reach.",
            percent(bands.hot),
            percent(bands.warm)
        ),
        0,
    ))?;
    if let Some(shift) = &training.base_rate_shift {
        warning(&shift_text(shift))?;
    }
    doubts(training)
}

/// Figures that should make a reader stop.
fn doubts(training: &Training) -> Result<()> {
    let evaluation = &training.evaluation;
    let strongest = training.signals.first().map_or("", |signal| signal.signal.as_str());
    if evaluation.auc.is_some_and(|auc| auc.value > 0.99) {
        warning(&format!(
            "this is too good to be true. A column was probably filled in after the outcome was \
             known; look at {strongest:?} first, and --drop what a new lead cannot have."
        ))?;
    } else if evaluation.auc.is_none_or(|auc| auc.low <= 0.5)
        || evaluation.log_loss >= evaluation.base_log_loss
    {
        warning(
            "on the held-out rows this model is no better than giving every lead the same \
             probability; its ranking and its bands say little.",
        )?;
    }
    Ok(())
}

fn round(number: f64) -> f64 {
    let digits = 10f64.powf(2.0 - number.abs().log10().floor());
    (number * digits).round() / digits
}

fn warning(text: &str) -> Result<()> {
    line("")?;
    line(wrap(&format!("Warning: {text}"), 2))
}

fn shift_text(shift: &BaseRateShift) -> String {
    let direction = if shift.newest > shift.predicted { "low" } else { "high" };
    format!(
        "the newest rows convert at {}, the ones before at {}. Fitted on those before, the model \
         gives the newest {} on average: its probabilities are too {direction} for them. Refitting \
         on all rows mends part of it. Trust the order of the leads more than the probabilities, \
         and train on recent rows.",
        percent(shift.newest),
        percent(shift.training),
        percent(shift.predicted)
    )
}

fn metrics(evaluation: &Evaluation) -> Result<()> {
    let auc = match evaluation.auc {
        Some(auc) => (
            format!("{:.4}", auc.value),
            format!("95 % interval {:.4} to {:.4}; 0.5 is chance", auc.low, auc.high),
        ),
        None => ("-".to_owned(), "needs rows of both outcomes".to_owned()),
    };
    let precision = evaluation.average_precision;
    let rows = vec![
        vec!["AUC".to_owned(), auc.0, auc.1],
        vec![
            "Log loss".to_owned(),
            format!("{:.4}", evaluation.log_loss),
            format!("the base rate alone: {:.4}", evaluation.base_log_loss),
        ],
        vec![
            "Brier score".to_owned(),
            format!("{:.4}", evaluation.brier),
            format!("the base rate alone: {:.4}", evaluation.base_brier),
        ],
        vec![
            "Average precision".to_owned(),
            precision.map_or_else(|| "-".to_owned(), |p| format!("{p:.4}")),
            format!("a random order: {:.4}", evaluation.base_rate),
        ],
        vec![
            "Calibration error".to_owned(),
            format!("{:.4}", evaluation.calibration.ece),
            format!("ECE over {} bins of equal count", evaluation.calibration.bins.len()),
        ],
    ];
    let header = [("On the held-out rows", Align::Left), ("", Align::Right), ("", Align::Left)];
    line(print::table(&header, rows))
}

fn lift(evaluation: &Evaluation) -> Result<()> {
    let most = evaluation.deciles.iter().map(|d| d.lift).fold(1.0, f64::max);
    let rows = evaluation
        .deciles
        .iter()
        .enumerate()
        .map(|(index, decile)| {
            let bar = "#".repeat((decile.lift / most * 30.0).round() as usize);
            vec![
                (index + 1).to_string(),
                count(decile.count),
                count(decile.conversions.round() as usize),
                percent(decile.conversions / decile.count as f64),
                format!("{:.2}", decile.lift),
                bar,
            ]
        })
        .collect();
    let header = [
        ("Tenth", Align::Right),
        ("Leads", Align::Right),
        ("Converted", Align::Right),
        ("Rate", Align::Right),
        ("Lift", Align::Right),
        ("", Align::Left),
    ];
    line(format!("\n{}", print::table(&header, rows)))
}

fn strengths(training: &Training) -> Result<()> {
    let rows: Vec<Vec<String>> = training
        .signals
        .iter()
        .filter(|signal| signal.mean_log_odds > 0.0)
        .take(8)
        .map(|signal| vec![signal.signal.clone(), format!("{:.3}", signal.mean_log_odds)])
        .collect();
    let header = [("Signals that move scores most", Align::Left), ("mean log-odds", Align::Right)];
    line(format!("\n{}", print::table(&header, rows)))
}
