//! Which rows of a file can be compared honestly, and their scores.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use leadscore_features::io::EventStore;
use leadscore_features::{Role, Table, Time, Value, hint};
use leadscore_model::bundle::Membership;
use leadscore_model::{Bundle, IdentityReader, RowHasher, RowIdentity, Score, Scorer, lead_id};
use leadscore_train::{snapshot_identity, snapshots};
use serde::Serialize;

use crate::inputs::wrong_call;
use crate::leads::{LeadFile, ProjectFile};
use crate::print::{self, plural};

use super::warnings::key;

/// Which rows were compared, and by which model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Basis {
    /// Held out in training: scored by the evaluated model, which never saw them.
    HeldOut,
    /// New to the bundle: scored by the served model.
    New,
}

/// Rows of the file that were not compared, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    /// The model was fitted on them, or on other rows of their leads.
    pub(crate) seen: usize,
    /// New rows, when held-out rows are compared.
    pub(crate) new: usize,
    /// Held-out rows, when new rows are compared.
    pub(crate) held_out: usize,
    /// Neither outcome.
    pub(crate) no_outcome: usize,
    /// Another model was fitted on them, or judges them otherwise.
    pub(crate) elsewhere: usize,
}

/// A row or a snapshot that can be compared.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    /// The lead, as a row of the table.
    pub(crate) row: usize,
    pub(crate) as_of: Option<Time>,
    pub(crate) label: bool,
    /// What must not stand on both sides of a split (the account, else the lead, else the row), as a hash.
    pub(crate) group: u64,
    /// The log-odds that training recorded, for one that was held out.
    pub(crate) recorded: Option<f64>,
}

/// The outcome of each row, by the values that the bundle was trained with.
fn labels(
    table: &Table,
    bundle: &Bundle,
    target: Option<&str>,
    file: &str,
) -> Result<Vec<Option<bool>>> {
    let trained = &bundle.training.target;
    let name = target.unwrap_or(&trained.column);
    let (Some(column), Some(reader)) = (table.column(name), bundle.schema.reader(&trained.column))
    else {
        let help = hint(name, table.names().iter().map(String::as_str));
        let message = format!("{file}: there is no column {name:?} with the outcome{help}");
        return Err(wrong_call(message));
    };
    let mut labels: Vec<Option<bool>> =
        column.cells().map(|cell| trained.outcome(&reader.text(cell)?)).collect();
    leave_out_weightless(&mut labels, table, bundle);
    if labels.iter().all(Option::is_none) {
        return Err(anyhow!(
            "{file}: no row of {name:?} is {:?} or {:?}, the outcomes that the model was trained on",
            trained.positive,
            trained.negative
        ));
    }
    Ok(labels)
}

/// Takes the outcomes from rows that weigh nothing, where the model was trained by weight and the file has the
/// weights: training left them out. Says that here leads count once, whatever they weigh.
fn leave_out_weightless(labels: &mut [Option<bool>], table: &Table, bundle: &Bundle) {
    let Some(weight) = bundle.schema.with_role(Role::Weight) else { return };
    let mut weightless = 0;
    if let Some((column, reader)) =
        table.column(&weight.name).zip(bundle.schema.reader(&weight.name))
    {
        for (label, cell) in labels.iter_mut().zip(column.cells()) {
            if label.is_some() && matches!(reader.read(cell), Ok(Value::Number(0.0))) {
                *label = None;
                weightless += 1;
            }
        }
    }
    let without = match weightless {
        0 => String::new(),
        some => format!("; {} without weight left out", plural(some, "lead")),
    };
    print::say(&format!(
        "note: {} was trained by the weights in {:?}; here every lead counts once{without}",
        bundle.name, weight.name
    ));
}

/// Candidates, each with what the bundle knows of it.
pub(crate) struct Found {
    pub(crate) candidates: Vec<(Candidate, Membership)>,
    no_outcome: usize,
}

/// The rows of a table that have an outcome.
pub(crate) fn of_table(
    table: &Table,
    bundle: &Bundle,
    target: Option<&str>,
    file: &str,
) -> Result<Found> {
    let labels = labels(table, bundle, target, file)?;
    let reader = IdentityReader::new(
        &bundle.schema,
        &bundle.catalogue,
        bundle.model.encoder.signals(),
        table,
        bundle.ledger.naming(),
    )
    .map_err(|e| anyhow!("{file}: {e}"))?;
    let moment = bundle.schema.with_role(Role::Time).and_then(|column| {
        Some((table.column(&column.name)?, bundle.schema.reader(&column.name)?))
    });
    let rows: Vec<usize> = (0..labels.len()).filter(|&row| labels[row].is_some()).collect();
    let no_outcome = labels.len() - rows.len();
    let labels: Vec<bool> = labels.into_iter().flatten().collect();
    let names = reader.names(&rows, &labels);
    let candidate = |((row, label), identity): ((usize, bool), RowIdentity)| {
        let as_of =
            moment.as_ref().and_then(|(column, reader)| match reader.read(column.cell(row)) {
                Ok(Value::Time(time)) => Some(time),
                _ => None,
            });
        let candidate = Candidate { row, as_of, label, group: identity.group, recorded: None };
        (candidate, bundle.ledger.membership(identity))
    };
    let candidates = rows.into_iter().zip(labels).zip(names).map(candidate).collect();
    Ok(Found { candidates, no_outcome })
}

/// The snapshots of a project.
pub(crate) fn of_project(
    table: &Table,
    project: &ProjectFile,
    bundle: &Bundle,
    file: &str,
) -> Result<Found> {
    let history = project.history()?;
    let (snapshots, _) = snapshots(history.rule, history.times, history.observed_until);
    let ids = table.column(history.id);
    let accounts = history.account.and_then(|account| table.column(account));
    let mut hasher = RowHasher::new();
    let candidates: Vec<(Candidate, Membership)> = snapshots
        .iter()
        .map(|snapshot| {
            let id = lead_id(ids, snapshot.lead);
            let account = accounts.and_then(|column| column.cell(snapshot.lead).into_text());
            let group = account.as_deref().unwrap_or(&id);
            let identity =
                snapshot_identity(&mut hasher, &id, group, snapshot.as_of, snapshot.label);
            let candidate = Candidate {
                row: snapshot.lead,
                as_of: Some(snapshot.as_of),
                label: snapshot.label,
                group: identity.group,
                recorded: None,
            };
            (candidate, bundle.ledger.membership(identity))
        })
        .collect();
    if candidates.is_empty() {
        return Err(anyhow!("{file}: there is no snapshot whose outcome is known"));
    }
    Ok(Found { candidates, no_outcome: 0 })
}

/// The leads that every model can be compared on, in the order of the first: what each chose, and of
/// the first model's choice those that every other chose too.
pub(super) fn common(chosen: &[Vec<Candidate>], of_project: bool) -> Vec<Vec<Candidate>> {
    let key = |candidate: &Candidate| key(candidate, of_project);
    let positions: Vec<HashMap<_, usize>> = chosen
        .iter()
        .map(|of| of.iter().enumerate().map(|(at, candidate)| (key(candidate), at)).collect())
        .collect();
    let mut found = vec![Vec::new(); chosen.len()];
    for candidate in chosen.iter().take(1).flatten() {
        let at: Option<Vec<usize>> =
            positions.iter().map(|of| of.get(&key(candidate)).copied()).collect();
        for ((found, of), at) in found.iter_mut().zip(chosen).zip(at.into_iter().flatten()) {
            found.push(of[at]);
        }
    }
    found
}

/// The candidates of a file, each with what a bundle knows of it.
pub(super) fn candidates(leads: &LeadFile, bundle: &Bundle, target: Option<&str>) -> Result<Found> {
    let file = leads.path.display().to_string();
    match &leads.project {
        Some(project) => of_project(&leads.table, project, bundle, &file),
        None if bundle.training.snapshots.is_some() => Err(wrong_call(format!(
            "{file}: the model was trained on snapshots of a leadscore.toml; name that file, which \
             says where the events and outcomes are"
        ))),
        None => of_table(&leads.table, bundle, target, &file),
    }
}

/// Those that can be compared honestly: the held-out ones when the data is mostly what was trained
/// on, else those that the bundle does not know. Without an id column a row is known by its
/// content, so among new leads a few can look like old ones; they must not decide.
pub(super) fn choose(found: Found, file: &str) -> Result<(Vec<Candidate>, Basis, LeftOut)> {
    let (mut held_out, mut new) = (Vec::new(), Vec::new());
    let mut left_out = LeftOut { no_outcome: found.no_outcome, ..LeftOut::default() };
    for (candidate, membership) in found.candidates {
        match membership {
            Membership::HeldOut(held) => {
                held_out.push(Candidate { recorded: Some(held.log_odds), ..candidate });
            }
            Membership::Seen => left_out.seen += 1,
            Membership::New => new.push(candidate),
        }
    }
    if !held_out.is_empty() && held_out.len() >= new.len() {
        left_out.new = new.len();
        Ok((held_out, Basis::HeldOut, left_out))
    } else if !new.is_empty() {
        left_out.held_out = held_out.len();
        Ok((new, Basis::New, left_out))
    } else {
        Err(anyhow!(
            "{file}: the model was fitted on every one of these leads, so they say nothing about \
             it; compare on the file it was trained on, whose held-out rows are known, or on new \
             leads"
        ))
    }
}

pub(crate) fn score(
    leads: &LeadFile,
    store: Option<&EventStore>,
    scorer: &Scorer,
    candidates: &[Candidate],
) -> Result<Vec<Score>> {
    let moments: Vec<_> = candidates.iter().map(|c| (c.row, c.as_of)).collect();
    let walk = leads.leads(store).walk(scorer, &moments, Vec::new, |scores, step| {
        let mut score = Score::default();
        scorer.score_values(step.values, step.snapshot.events, &mut score);
        scores.push(score);
    });
    let (parts, _) = walk.map_err(|error| anyhow!("{}", leads.unread(&error)))?;
    let scores: Vec<Score> = parts.into_iter().flatten().collect();
    for (candidate, score) in candidates.iter().zip(&scores) {
        // The bundle keeps what the evaluated model gave this row in training. Another score now
        // would mean that this build scores differently, or that the data has changed, and no
        // figure could be trusted.
        if candidate.recorded.is_some_and(|recorded| (recorded - score.log_odds).abs() > 1e-9) {
            return Err(anyhow!(
                "{}: {} does not get the score that training recorded; its events or \
                 attributes have changed since, or this version of leadscore scores otherwise: \
                 train again",
                leads.path.display(),
                match candidate.as_of {
                    Some(as_of) => format!("row {} as of {as_of}", candidate.row + 1),
                    None => format!("row {}", candidate.row + 1),
                }
            ));
        }
    }
    Ok(scores)
}
