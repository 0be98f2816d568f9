//! The snapshots of a project, or the rows of a file, with the values of their signals.

use std::path::Path;

use anyhow::{Result, anyhow};
use leadscore_features::events::FilterCounts;
use leadscore_features::{Catalogue, Schema, Time};
use leadscore_model::bundle::{LeakageRecord, LeftOut};
use leadscore_model::lead_id;
use leadscore_train::{
    Behaviour, ExaminedRows, LabelledSnapshot, Prepared, SignalColumn, SignalValues, TrainError,
    TrainOptions, examined_signals, snapshots,
};

use crate::args::OutcomeArgs;
use crate::commands::train::said_of_copies;
use crate::inputs::{keep_apart, load_table, wrong_call};
use crate::leads::{LeadFile, ProjectFile, is_project};
use crate::print;

/// Snapshots with the values of their signals.
pub(crate) struct Data {
    pub(super) ids: Vec<String>,
    pub(super) as_of: Vec<Option<Time>>,
    pub(crate) labels: Option<Vec<bool>>,
    pub(crate) signals: Vec<SignalColumn>,
    /// Snapshots that were left out, and up to when outcomes are known.
    pub(super) left_out: Option<(LeftOut, Time)>,
    /// What the guard of training finds among the columns.
    pub(super) leakage: Option<LeakageRecord>,
    pub(super) events: Option<FilterCounts>,
    /// What was said of how the files were read.
    pub(super) warnings: Vec<String>,
    /// The columns of the leads.
    pub(super) columns: Vec<String>,
    pub(super) schema: Schema,
    pub(crate) catalogue: Catalogue,
}

/// Reads the snapshots of a project, or the rows of a file; `out` is what will be written. Of `only` some signals
/// it is warned, of all where there are none.
pub(crate) fn load(
    leads: &Path,
    outcome: &OutcomeArgs,
    out: Option<&Path>,
    only: &[String],
) -> Result<Data> {
    if !is_project(leads) {
        return of_table(leads, outcome);
    }
    outcome.refuse_for(leads)?;
    let mut file = LeadFile::open_project(leads)?;
    if let Some(project) = &mut file.project {
        project.tell_only(only);
    }
    if let Some(out) = out {
        keep_apart(out, file.files())?;
    }
    match &file.project {
        Some(project) => of_project(&file, project, only),
        None => Err(anyhow!("{}: is no project", leads.display())),
    }
}

fn of_project(file: &LeadFile, project: &ProjectFile, only: &[String]) -> Result<Data> {
    project.say();
    let options = project.options();
    let fail = |error| project.refused(error);
    let prepared = Prepared::new(&file.table, &options, project.behaviour()).map_err(fail)?;
    project.check(&prepared)?;
    let plan = prepared.event_plan().map_err(fail)?;
    let store = file.read_events(plan.as_ref(), &[], &|_| {})?;
    project.say_of_observed(store.as_ref());
    let mut warnings = project.said();
    warnings.extend(file.said_of_events());
    warnings.extend(project.said_of_observed(store.as_ref()));
    let history = project.history().ok();
    let mut labelled: Vec<LabelledSnapshot> = Vec::new();
    let (moments, labels, left_out): (Vec<_>, _, _) = match &history {
        Some(history) => {
            let until = history.observed_until;
            let (found, left_out) = snapshots(history.rule, history.times, until);
            labelled = found;
            let moments = labelled.iter().map(|s| (s.lead, Some(s.as_of))).collect();
            let labels = labelled.iter().map(|s| s.label).collect();
            (moments, Some(labels), Some((left_out, until)))
        }
        None => {
            let last = project.project.observed_until.unwrap_or_else(Time::now);
            let moments = match &project.project.snapshots {
                // Without outcomes there are snapshots, but no labels.
                Some(rule) => {
                    let ever = Time::from_micros(i64::MAX);
                    let (found, _) = snapshots(rule, &project.times, ever);
                    let known = found.iter().filter(|s| s.as_of <= last);
                    known.map(|s| (s.lead, Some(s.as_of))).collect()
                }
                // Without snapshots the leads are shown as of the last moment that is known.
                None => (0..file.table.rows()).map(|lead| (lead, Some(last))).collect(),
            };
            (moments, None, None)
        }
    };
    if let Some(said) = left_out.and_then(|(left_out, _)| none_left(&moments, &left_out)) {
        print::say(&said);
        warnings.push(said);
    }
    let leads = file.leads(store.as_ref());
    let (values, leakage) = match &history {
        Some(history) => prepared.examined(&leads, history, &labelled, &options),
        None => prepared.values(&leads, &moments).map(|values| (values, None)),
    }
    .map_err(fail)?;
    let SignalValues { signals, mut events, untold } = values;
    events.of_copied_files = file.has_copied_events(store.as_ref());
    let catalogue = prepared.catalogue();
    let asked: Vec<&str> = (catalogue.signals.iter())
        .filter(|signal| only.is_empty() || only.contains(&signal.name))
        .flat_map(|signal| catalogue.columns(signal))
        .collect();
    let untold = untold.iter().filter(|found| asked.contains(&found.attribute.as_str()));
    for said in untold.map(|found| format!("warning: {}", found.in_words())) {
        print::say(&said);
        warnings.push(said);
    }
    let log = prepared.schema().events.as_ref();
    if let Some(said) = log.and_then(|log| said_of_copies(&events, log)) {
        print::say(&said);
        warnings.push(said);
    }
    // Programs read these as a list of warnings: the word is not said again.
    let bare = |said: String| said.strip_prefix("warning: ").map_or(said.clone(), str::to_owned);
    let warnings = warnings.into_iter().map(bare).collect();
    let ids = file.ids(None, None)?;
    Ok(Data {
        ids: moments.iter().map(|(lead, _)| lead_id(ids, *lead)).collect(),
        as_of: moments.iter().map(|(_, as_of)| *as_of).collect(),
        labels,
        signals,
        left_out,
        leakage,
        events: store.is_some().then_some(events),
        warnings,
        columns: project.columns.clone(),
        schema: prepared.schema().clone(),
        catalogue: prepared.catalogue().clone(),
    })
}

/// A warning where no snapshot is left, with what to change.
fn none_left(moments: &[(usize, Option<Time>)], left_out: &LeftOut) -> Option<String> {
    if !moments.is_empty() {
        return None;
    }
    let advice = left_out.advice().map_or_else(String::new, |advice| format!(": {advice}"));
    Some(format!("warning: no snapshot is left to look at{advice}"))
}

fn of_table(path: &Path, outcome: &OutcomeArgs) -> Result<Data> {
    let OutcomeArgs { target, positive, negative } = outcome;
    if target.is_none() && (positive.is_some() || negative.is_some()) {
        return Err(wrong_call("--positive and --negative are values of --target; name that too"));
    }
    let table = load_table(path)?;
    let options = TrainOptions {
        target: target.clone().unwrap_or_default(),
        positive: positive.clone(),
        negative: negative.clone(),
        ..TrainOptions::default()
    };
    let fail = |error: TrainError| match error {
        // What training could be told.
        TrainError::Spoilt(columns) => {
            let each = columns.iter();
            let each = each.map(|of| format!("row {}, {}", of.misfit.row + 1, of.in_words()));
            anyhow!("{}: {}", path.display(), each.collect::<Vec<_>>().join("\n"))
        }
        error => anyhow!("{}: {error}", path.display()),
    };
    let prepared = Prepared::new(&table, &options, Behaviour::default()).map_err(fail)?;
    let (schema, catalogue) = (prepared.schema().clone(), prepared.catalogue().clone());
    let (signals, labels, leakage) = match target {
        Some(_) => {
            let ExaminedRows { signals, labels, leakage } =
                examined_signals(&table, &options).map_err(fail)?;
            (signals, Some(labels), leakage)
        }
        None => {
            let created = vec![None; table.rows()];
            let leads = leadscore_train::Leads {
                table: &table,
                created: &created,
                unnamed: &[],
                later: &[],
                events: None,
            };
            let moments: Vec<_> = (0..table.rows()).map(|row| (row, None)).collect();
            (prepared.values(&leads, &moments).map_err(fail)?.signals, None, None)
        }
    };
    let rows = labels.as_ref().map_or(table.rows(), Vec::len);
    Ok(Data {
        ids: (1..=rows).map(|row| row.to_string()).collect(),
        as_of: vec![None; rows],
        labels,
        signals,
        left_out: None,
        leakage,
        events: None,
        warnings: Vec::new(),
        columns: table.names().to_vec(),
        schema,
        catalogue,
    })
}
