//! `leadscore train`.

mod figures;
mod leakage;
mod refused;
mod show;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use leadscore_features::Table;
use leadscore_features::events::EventPlan;
use leadscore_features::io::{parse_table, read_file, write_atomic};
use leadscore_model::bundle::{CARD_BEGINS, Training, card};
use leadscore_model::points::RuleSet;
use leadscore_model::{Bundle, file_hash};
use leadscore_train::{Prepared, Solver, Stage, TrainError, TrainOptions, train, train_snapshots};
use serde::Serialize;

use crate::args::{SolverArg, TrainArgs};
use crate::commands::card::page::Shown;
use crate::commands::compare::beside_model;
use crate::inputs::{check_page, keep_apart, load_rule_set, load_rule_sets, wrong_call};
use crate::leads::{LeadFile, is_project};
use crate::print::{self, line};
pub(crate) use leakage::found;
pub(crate) use show::{columns, said_of_copies, said_of_events, said_of_left_out, summary};

/// More threads than any machine has cores only cost memory.
const MOST_THREADS: usize = 1024;

#[derive(Serialize)]
struct Report<'a> {
    bundle: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
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
            card: trained.card.as_ref().map(|card| card.display().to_string()),
            page: args.page.html.as_ref().map(|page| page.display().to_string()),
            name: &trained.bundle.name,
            version: &trained.bundle.version,
            hash: &trained.hash,
            training: &trained.bundle.training,
        });
    }
    columns(&trained.bundle, true)?;
    summary(&trained.bundle)?;
    line(format!("\nWrote {} (hash {})", trained.path.display(), &trained.hash[..12]))?;
    if let Some(card) = &trained.card {
        line(format!("and {}, the model card", card.display()))?;
    }
    if let Some(page) = &args.page.html {
        line(format!("and {}, the same as a page, with all curves", page.display()))?;
    }
    Ok(())
}

/// A bundle where it was written.
pub(crate) struct Trained {
    pub(crate) bundle: Bundle,
    pub(crate) path: PathBuf,
    /// The model card, where one was written beside it.
    pub(crate) card: Option<PathBuf>,
    pub(crate) hash: String,
}

pub(crate) fn train_and_write(args: &TrainArgs) -> Result<Trained> {
    let pool = rayon_pool(args.threads)?;
    let bar = progress_bar();
    let show = |stage| show_stage(&bar, stage);
    let mut options = options(args)?;
    let path = match &args.out {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}.bundle", options.name)),
    };
    let read = args.points.iter().chain([&args.leads]).chain(&args.towards);
    let read: Vec<&Path> = read.map(PathBuf::as_path).collect();
    keep_apart(&path, read.iter().copied())?;
    if let Some(page) = &args.page.html {
        keep_apart(page, read)?;
        check_page(page, &[&path, &path.with_extension("card.md")])?;
    }
    options.towards = args.towards.as_deref().map(load_rule_set).transpose()?;
    let rule_sets = load_rule_sets(&args.points)?;
    let beside = |leads: &LeadFile, bundle: &mut Bundle| {
        bar.suspend(|| beside_rules(leads, bundle, &rule_sets))
    };
    let outcome = if is_project(&args.leads) {
        let file = LeadFile::open_history(&args.leads)?;
        keep_apart(&path, file.files())?;
        if let Some(page) = &args.page.html {
            keep_apart(page, file.files())?;
        }
        with_commas(&mut options, &file.table);
        let mut outcome = pool.install(|| train_project(&file, &options, &bar, &show))?;
        if let Ok(bundle) = &mut outcome {
            pool.install(|| beside(&file, bundle))?;
        }
        outcome
    } else {
        // Read once: a pipe can be read only once, and the hash must be that of what was trained
        // on.
        let bytes = read_file(&args.leads)?;
        options.file_hash = file_hash(&bytes);
        let table = parse_table(&args.leads, bytes)?;
        with_commas(&mut options, &table);
        let kept = (!rule_sets.is_empty()).then(|| table.clone());
        let mut outcome = pool.install(|| train(table, &options, &show));
        if let (Ok(bundle), Some(table)) = (&mut outcome, kept) {
            let leads = LeadFile::of_table(&args.leads, table, None, Some(bundle), None)?;
            pool.install(|| beside(&leads, bundle))?;
        }
        outcome
    };
    bar.finish_and_clear();
    let bundle = outcome.map_err(|error| match error {
        TrainError::Options(mistakes) => wrong_call(mistakes.join("\n  ")),
        other => anyhow!("{}: {other}", args.leads.display()),
    })?;
    let bytes = bundle.to_bytes();
    write_atomic(&path, |out| out.write_all(&bytes))?;
    let card = write_card(&path, &bundle)?;
    let hash = file_hash(&bytes);
    if let Some(page) = &args.page.html {
        Shown { bundle: &bundle, file: &path, hash: &hash, signals: &[] }
            .write(args.page.lang, page)?;
    }
    Ok(Trained { bundle, path, card, hash })
}

/// Puts names of columns together again that have commas, which part the names of a call: neighbours that
/// together name a column, of which the first does not by itself. Others lose the blanks beside the commas.
fn with_commas(options: &mut TrainOptions, table: &Table) {
    let TrainOptions { categories, drop, keep, increasing, decreasing, .. } = options;
    for names in [categories, drop, keep, increasing, decreasing] {
        let mut whole = Vec::with_capacity(names.len());
        let mut rest = &names[..];
        while let [first, others @ ..] = rest {
            let joined = (1..=others.len())
                .filter(|_| table.position(first).is_none())
                .map(|more| (rest[..=more].join(","), more))
                .find(|(name, _)| table.position(name).is_some());
            let (name, more) = joined.unwrap_or_else(|| match table.position(first) {
                Some(_) => (first.clone(), 0),
                None => (first.trim().to_owned(), 0),
            });
            whole.push(name);
            rest = &others[more..];
        }
        *names = whole;
    }
}

/// Judges rule sets on the held-out rows, and says it in the record and the card.
fn beside_rules(leads: &LeadFile, bundle: &mut Bundle, rule_sets: &[RuleSet]) -> Result<()> {
    if rule_sets.is_empty() {
        return Ok(());
    }
    bundle.training.rule_sets = beside_model(leads, bundle, rule_sets)?;
    bundle.card = card(&bundle.name, &bundle.version, bundle.bands, &bundle.training);
    Ok(())
}

/// Writes the card beside the bundle. Nothing is written beside what is no file, nor over a file that is
/// no card.
fn write_card(bundle_path: &Path, bundle: &Bundle) -> Result<Option<PathBuf>> {
    if !bundle_path.is_file() {
        return Ok(None);
    }
    let path = bundle_path.with_extension("card.md");
    if path.symlink_metadata().is_ok() {
        let is_card = path.is_file()
            && read_file(&path).is_ok_and(|bytes| bytes.starts_with(CARD_BEGINS.as_bytes()));
        if !is_card {
            print::say(&format!(
                "warning: {} is no model card, so it stays as it is; `leadscore card {}` prints the card",
                path.display(),
                bundle_path.display()
            ));
            return Ok(None);
        }
    }
    write_atomic(&path, |out| out.write_all(bundle.card.as_bytes()))?;
    Ok(Some(path))
}

/// Trains on the snapshots of a project.
fn train_project(
    file: &LeadFile,
    options: &TrainOptions,
    bar: &ProgressBar,
    show: &(dyn Fn(Stage) + Sync),
) -> Result<Result<Bundle, TrainError>> {
    let Some(project) = &file.project else { return Err(anyhow!("this is no project")) };
    let history = project.history()?;
    let said = project.options();
    let joined = |a: &[String], b: &[String]| [a, b].concat();
    // What is typed goes before what the file says.
    let unless = |said: &[String], typed: &[String]| -> Vec<String> {
        said.iter().filter(|name| !typed.contains(name)).cloned().collect()
    };
    let options = TrainOptions {
        categories: joined(&said.categories, &options.categories),
        drop: options.drop.clone(),
        read_only: unless(&said.read_only, &options.keep),
        keep: joined(&unless(&said.keep, &options.drop), &options.keep),
        missing: [said.missing.clone(), options.missing.clone()].concat(),
        plain: options.plain,
        l2: options.l2,
        solver: options.solver,
        seed: options.seed,
        folds: options.folds,
        repeats: options.repeats,
        base_rate: options.base_rate,
        increasing: options.increasing.clone(),
        decreasing: options.decreasing.clone(),
        towards: options.towards.clone(),
        name: options.name.clone(),
        version: options.version.clone(),
        file: options.file.clone(),
        ..said
    };
    bar.suspend(|| project.say());
    show(Stage::Looking);
    let prepared = match Prepared::new(&file.table, &options, project.behaviour()) {
        Ok(prepared) => prepared,
        Err(error @ TrainError::Spoilt(_)) => return Err(project.refused(error)),
        Err(error) => return Ok(Err(error)),
    };
    project.check(&prepared)?;
    let plan = match prepared.event_plan() {
        Ok(plan) => plan,
        Err(error) => return Ok(Err(error)),
    };
    let store = file.read_events(plan.as_ref(), options.towards.as_slice(), &|rows| {
        bar.set_message("reading events");
        bar.set_length(rows);
        bar.set_position(rows);
    })?;
    bar.suspend(|| project.say_of_observed(store.as_ref()));
    let asks_for_any = plan.as_ref().is_some_and(EventPlan::asks_for_any);
    let mut trained =
        train_snapshots(prepared, &file.leads(store.as_ref()), &history, &options, show);
    if let Ok(Bundle { training: Training { snapshots: Some(record), .. }, .. }) = &mut trained {
        record.events.of_copied_files = file.has_copied_events(store.as_ref());
    }
    if let (
        Ok(Bundle { training: Training { snapshots: Some(record), .. }, .. }),
        Some(store),
        true,
    ) = (&mut trained, &store, asks_for_any)
    {
        record.keep_kinds(store.report.kinds.iter());
    }
    Ok(trained)
}

pub(crate) fn rayon_pool(threads: Option<usize>) -> Result<rayon::ThreadPool> {
    if threads.is_some_and(|threads| !(1..=MOST_THREADS).contains(&threads)) {
        return Err(wrong_call(format!("--threads must be from 1 to {MOST_THREADS}")));
    }
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0));
    builder.build().context("threads cannot be started")
}

fn options(args: &TrainArgs) -> Result<TrainOptions> {
    let stem = args.leads.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let file = args.leads.file_name().map(|name| name.to_string_lossy().into_owned());
    let mistakes = refused::mistakes(args);
    if !mistakes.is_empty() {
        return Err(wrong_call(mistakes.join("\n  ")));
    }
    let missing = args.missing.iter().filter_map(|pair| refused::missing(pair)).collect();
    Ok(TrainOptions {
        target: args.target.clone().unwrap_or_default(),
        positive: args.positive.clone(),
        negative: args.negative.clone(),
        id: args.id.clone(),
        account: args.account.clone(),
        created: None,
        time: args.time.clone(),
        weight: args.weight.clone(),
        categories: args.category.clone(),
        drop: args.drop.clone(),
        read_only: Vec::new(),
        keep: args.keep.clone(),
        missing,
        plain: args.plain,
        l2: args.l2,
        solver: match args.solver {
            SolverArg::Newton => Solver::Newton,
            SolverArg::Linfa => Solver::Linfa,
        },
        seed: args.seed,
        folds: args.folds,
        repeats: args.repeats,
        base_rate: args.base_rate.as_deref().and_then(refused::population_rate),
        increasing: args.increasing.clone(),
        decreasing: args.decreasing.clone(),
        towards: None,
        name: args.name.clone().or(stem).unwrap_or_else(|| "model".to_owned()),
        version: args.model_version.clone(),
        file: file.unwrap_or_default(),
        file_hash: String::new(),
    })
}

/// A bar on a terminal, nothing elsewhere.
pub(crate) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg:32} {bar:30} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    // A step of a wide table takes a while; that time goes on says that something does.
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

fn show_stage(bar: &ProgressBar, stage: Stage) {
    let (message, done, of) = match stage {
        Stage::Looking => ("looking at the columns", 0, 1),
        Stage::Reading => ("reading the values", 0, 1),
        Stage::Judging => ("looking for leaks and copies", 0, 1),
        Stage::LearningShape(done, of) => ("learning the shape", done, of),
        Stage::CrossValidating(done, of) => ("choosing the penalty", done, of),
        Stage::Folding(done, of) => ("evaluating on folds", done, of),
        Stage::FittingEvaluated => ("fitting without the held-out part", 0, 1),
        Stage::FittingServed => ("fitting on everything", 0, 1),
    };
    bar.set_message(message);
    bar.set_length(of as u64);
    bar.set_position(done as u64);
}
