//! The data of a project: leads that are each one person, their outcomes, and where their events
//! are.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::persons::{People, RowsOf, merge};
use super::survey::{DatasetError, Survey};
use super::{EventFiles, FileError, LackingColumn, MixedProperty, Undecided};
use crate::events::{EventLog, content_hash};
use crate::{Cell, LaterValue, LeadIndex, LeadTimes, Naming, Table, Time, is_no_id};

/// The data of a project.
#[derive(Debug)]
pub struct Dataset {
    /// The leads, one row for each person; without the outcomes.
    pub leads: Table,
    /// Values that only a later row of a lead gives, lead by lead.
    pub later: Vec<LaterValue>,
    /// When they came to be, converted and were closed.
    pub times: LeadTimes,
    /// The leads by any of their ids.
    pub index: LeadIndex,
    /// The files of leads, other ids and outcomes.
    pub files: Vec<PathBuf>,
    /// The files of events.
    pub events: Vec<EventFiles>,
    /// How events are read; `None` where there are none.
    pub log: Option<EventLog>,
    /// Of properties of events that are numbers but for a few cells, these cells, in words.
    pub strays: BTreeMap<String, String>,
    /// What was met.
    pub report: DatasetReport,
}

/// What was met in reading leads, ids and outcomes. Nothing is lost without being counted here.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DatasetReport {
    /// Rows of leads.
    pub lead_rows: usize,
    /// Rows of leads without an id; left out.
    pub without_id: usize,
    /// Leads, each one person.
    pub leads: usize,
    /// Leads whose id is that of another lead, written otherwise.
    pub ids_alike: usize,
    /// The first of these ids, and the other lead's.
    pub alike: Option<(String, String)>,
    /// Rows that were merged into one of the same person that was created earlier.
    pub merged: usize,
    /// The id of the person with the most rows, and how many; `None` where each has one.
    pub largest: Option<(String, usize)>,
    /// Rows with an address that is nobody's own, by which none were merged.
    pub junk_addresses: usize,
    /// Times that name no zone, by column; read as UTC.
    pub without_zone: BTreeMap<String, usize>,
    /// Times before 1980 or from 2100 on, by column: how many, and the first.
    pub implausible: BTreeMap<String, (usize, Time)>,
    /// Files of events that are the same, each behind the one before it.
    pub same_files: Vec<(PathBuf, PathBuf)>,
    /// Columns of leads, other ids and outcomes that some of their files lack.
    pub lacking: Vec<LackingColumn>,
    /// Properties of events that are looked at and of which files disagree what they are.
    pub mixed: Vec<MixedProperty>,
    /// Cells of merged rows that contradict the row that counts, by column.
    pub contradictions: BTreeMap<String, usize>,
    /// Values that only a row gives which was created after the lead's first; they are known from then on.
    pub later_values: usize,
    /// Other ids that were joined.
    pub ids_joined: usize,
    /// Other ids that name more than one person; they name none.
    pub id_conflicts: usize,
    /// Other ids that are another lead's own; they go on naming that one.
    pub ids_foreign: usize,
    /// Values by which rows are one person and that name more than one by another column; events with
    /// them are of none.
    pub keys_disputed: usize,
    /// Values by which rows are one person and that are another lead's own id; they name that one.
    pub keys_foreign: usize,
    /// The first such value, in lower case.
    pub foreign_key: Option<String>,
    /// Other ids whose lead is not among the leads.
    pub ids_of_no_lead: usize,
    /// Rows of other ids without the one or the other; left out.
    pub ids_incomplete: usize,
    /// Rows of outcomes whose lead is not among the leads.
    pub outcomes_of_no_lead: usize,
    /// Rows of outcomes, where these have files of their own.
    pub outcome_rows: usize,
    /// The first id of an outcome whose lead is not among the leads.
    pub unknown_outcome: Option<String>,
    /// Rows of outcomes that have a time and count for nothing, though they may be meant to.
    pub undecided: Undecided,
    /// Leads that converted.
    pub converted: usize,
    /// Leads that were closed otherwise.
    pub closed: usize,
    /// Leads that converted before they came to be.
    pub converted_before_created: usize,
    /// Leads that were closed otherwise before they came to be.
    pub closed_before_created: usize,
    /// The first lead that converted, or was closed, before it came to be.
    pub ended_before_created: Option<String>,
    /// Leads whose rows tell of several times of conversion; the first counts.
    pub converted_differ: usize,
    /// Leads whose rows tell of several times of being closed; the last counts.
    pub closed_differ: usize,
    /// Leads that were closed before they converted.
    pub closed_before_converted: usize,
}

impl Dataset {
    /// Joins the leads, ids and outcomes of a survey in which nothing is wrong.
    ///
    /// # Errors
    /// [`DatasetError`] when the leads have no table, or no column is left of it.
    pub fn of(survey: Survey<'_>) -> Result<Self, DatasetError> {
        let (log, strays, mixed) = (survey.log(), survey.strays(), survey.mixed());
        let Survey {
            project,
            leads,
            created,
            ids,
            outcomes,
            converted,
            closed,
            files,
            events,
            without_zone,
            implausible,
            same_files,
            lacking,
            undecided,
            ..
        } = survey;
        let no_leads = || FileError::content(Path::new(project.source()), "no leads are named");
        let table = leads.ok_or_else(no_leads)?;
        let mut report = DatasetReport {
            lead_rows: table.rows(),
            without_zone,
            implausible,
            same_files,
            lacking,
            mixed,
            undecided,
            ..DatasetReport::default()
        };
        let People { rows, ends, mut index } = People::find(project, &table, &created, &mut report);
        let people = RowsOf { rows: &rows, ends: &ends };
        for id in table.column(&project.leads.id).iter().flat_map(|ids| ids.cells()) {
            let Some(id) = id_of(id) else { continue };
            if let Some(other) = index.other_lead(&id) {
                report.ids_alike += 1;
                report.alike.get_or_insert_with(|| (id.into_owned(), other));
            }
        }
        let mut joined = HashSet::new();
        for (map, ids) in project.ids.iter().zip(&ids) {
            let columns =
                ids.as_ref().and_then(|ids| ids.column(&map.id).zip(ids.column(&map.lead)));
            let Some((other, lead)) = columns else { continue };
            for (other, lead) in other.cells().zip(lead.cells()) {
                let (Some(other), Some(lead)) = (id_of(other), id_of(lead)) else {
                    report.ids_incomplete += 1;
                    continue;
                };
                match index.lead(&lead).map(|lead| index.also(&other, lead)) {
                    Some(Naming::New) => {
                        joined.insert(content_hash(&other));
                    }
                    Some(Naming::Known | Naming::Disputed) => {}
                    Some(Naming::Conflict) => {
                        joined.remove(&content_hash(&other));
                        report.id_conflicts += 1;
                    }
                    Some(Naming::Foreign) => report.ids_foreign += 1,
                    None => report.ids_of_no_lead += 1,
                }
            }
        }
        report.ids_joined = joined.len();
        let mut times = LeadTimes { created: vec![None; people.len()], ..LeadTimes::default() };
        if !created.is_empty() {
            for (lead, rows) in people.iter().enumerate() {
                times.created[lead] = rows.iter().filter_map(|row| created[*row]).min();
            }
        }
        let mut outcome_columns: Vec<&str> = Vec::new();
        let mut converted_in = vec![None; people.len()];
        let mut closed_in = vec![None; people.len()];
        match (&project.outcomes, &outcomes) {
            (None, _) => {}
            (Some(said), None) => {
                outcome_columns.extend(said.columns());
                for (lead, rows) in people.iter().enumerate() {
                    converted_in[lead] = range(rows.iter().filter_map(|row| converted[*row]));
                    if let Some(closed) = &closed {
                        // Open in one row is open.
                        let all: Option<Vec<Time>> = rows.iter().map(|row| closed[*row]).collect();
                        closed_in[lead] = all.and_then(range);
                    }
                }
            }
            (Some(said), Some(table)) => {
                let mut unknown = None;
                let lead = said.lead.as_deref().and_then(|lead| table.column(lead));
                for (row, cell) in lead.iter().flat_map(|lead| lead.cells()).enumerate() {
                    let id = id_of(cell);
                    let Some(lead) = id.as_ref().and_then(|id| index.lead(id)) else {
                        report.outcomes_of_no_lead += 1;
                        unknown = unknown.or(id);
                        continue;
                    };
                    let lead = lead as usize;
                    let of_row = [
                        (&mut converted_in[lead], converted[row]),
                        (&mut closed_in[lead], closed.as_ref().and_then(|closed| closed[row])),
                    ];
                    for (known, time) in of_row {
                        let ends = known.map(<[Time; 2]>::from);
                        *known = range(ends.into_iter().flatten().chain(time));
                    }
                }
                report.outcome_rows = table.rows();
                report.unknown_outcome = unknown.map(Cow::into_owned);
            }
        }
        let differ = |ranges: &[Option<(Time, Time)>]| {
            ranges.iter().flatten().filter(|(first, last)| first < last).count()
        };
        (report.converted_differ, report.closed_differ) =
            (differ(&converted_in), differ(&closed_in));
        times.converted = converted_in.iter().map(|of| of.map(|(first, _)| first)).collect();
        times.closed = closed_in.iter().map(|of| of.map(|(_, last)| last)).collect();
        let both = times.closed.iter().zip(&times.converted);
        report.closed_before_converted = both
            .filter(|(closed, converted)| {
                closed.is_some_and(|closed| converted.is_some_and(|at| closed < at))
            })
            .count();
        let count = |times: &[Option<Time>]| times.iter().flatten().count();
        report.leads = people.len();
        (report.converted, report.closed) = (count(&times.converted), count(&times.closed));
        let before = |ends: &[Option<Time>]| -> Vec<usize> {
            let is =
                |lead: &usize| times.created[*lead].zip(ends[*lead]).is_some_and(|(c, e)| e < c);
            (0..ends.len()).filter(is).collect()
        };
        let [converted_before, closed_before] = [before(&times.converted), before(&times.closed)];
        let first = converted_before.first().or(closed_before.first());
        report.ended_before_created = first.and_then(|lead| {
            let row = people.iter().nth(*lead)?.first()?;
            Some(table.column(&project.leads.id)?.cell(*row).into_text()?.into_owned())
        });
        report.converted_before_created = converted_before.len();
        // A lead that converted is told of by that.
        let open = |lead: &&usize| times.converted[**lead].is_none();
        report.closed_before_created = closed_before.iter().filter(open).count();
        let leads = merge(table, people, &created, &outcome_columns, &mut report);
        // Rows of one person by another key have ids of their own.
        report.contradictions.remove(&project.leads.id);
        let (leads, later) = leads.map_err(|e| {
            FileError::content(Path::new(project.leads.files.first().map_or("", |f| f)), e)
        })?;
        Ok(Self { leads, later, times, index, files, events, log, strays, report })
    }
}

/// The id in a cell, where it is one.
fn id_of(cell: Cell<'_>) -> Option<Cow<'_, str>> {
    cell.into_text().filter(|id| !is_no_id(id))
}

/// The first and the last of some times.
fn range(times: impl IntoIterator<Item = Time>) -> Option<(Time, Time)> {
    times.into_iter().fold(None, |known, time| {
        let (first, last) = known.unwrap_or((time, time));
        Some((first.min(time), last.max(time)))
    })
}

impl super::LeadLookup for LeadIndex {
    fn lead(&self, id: &str) -> Option<u32> {
        LeadIndex::lead(self, id)
    }

    fn leads(&self) -> usize {
        LeadIndex::leads(self)
    }
}
