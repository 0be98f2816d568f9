//! Where leads come from: a file of leads, with or without a file of events, or a project.

mod columns;
mod mistakes;
mod project_file;
mod said;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, anyhow};
use leadscore_features::document::{Mistake, Position};
use leadscore_features::events::{EventLog, EventPlan, Property};
use leadscore_features::io::{
    Dataset, DatasetReport, EventFiles, EventStore, HistorySeen, Survey, read_file,
};
use leadscore_features::project::Project;
use leadscore_features::{
    Catalogue, Cell, LaterValue, LeadIndex, LeadTimes, Naming, Role, Schema, Table, Time, Value,
    is_no_id,
};
use leadscore_model::points::{DocumentError, RuleSet, SchemaView};
use leadscore_model::{Bundle, Scorer, Sources, file_hash};
use leadscore_train::{Leads, Prepared, WalkError};

use crate::inputs::{load_table, wrong_call};
use crate::print::{self, plural};
use columns::{FoundColumns, created_of};
use mistakes::of_types;
use project_file::{behaviour_of, options_of};
pub(crate) use said::Joins;
use said::{
    CountedKinds, said_of_events, said_of_history, said_of_same_events, said_of_sets,
    said_of_shared_events, say_of_ids, unknown_of,
};

/// Bytes of events that are kept in memory; further ones are put aside on disk.
const MEMORY_FOR_EVENTS: u64 = 2 << 30;

/// Leads to work on.
pub(crate) struct LeadFile {
    /// The file that was named, for messages.
    pub(crate) path: PathBuf,
    /// The attributes, a row each.
    pub(crate) table: Table,
    created: Vec<Option<Time>>,
    /// The values that only a later row of a lead gives.
    later: Vec<LaterValue>,
    index: LeadIndex,
    events: Vec<EventFiles>,
    /// The id of the first lead that has one, for messages.
    first_id: Option<String>,
    /// The column of the ids, where it was found by looking.
    found_id: Option<String>,
    /// What events can be asked for, where that was found by looking.
    properties: Option<Vec<Property>>,
    /// The rows that no event can be known to be of, rising.
    unnamed: Vec<usize>,
    pub(crate) project: Option<ProjectFile>,
    /// The kinds of events that a model which counts any kind has learnt from, where it says.
    learnt_kinds: Option<Vec<String>>,
    /// What was said of the events already: they can be read more than once.
    said: Mutex<BTreeSet<String>>,
}

/// A project file and what is known beside its leads.
pub(crate) struct ProjectFile {
    pub(crate) project: Project,
    pub(crate) hash: String,
    pub(crate) times: LeadTimes,
    pub(crate) report: DatasetReport,
    /// What was to be warned of in opening the files, besides what the report says.
    warnings: Vec<String>,
    /// What was seen of events that tell the history of attributes.
    history: HistorySeen,
    /// The columns of the leads.
    pub(crate) columns: Vec<String>,
    /// The project with the signals that are told of, where that is not all of it.
    only: Option<Project>,
    /// Of properties of events that are numbers but for a few cells, these cells.
    strays: BTreeMap<String, String>,
    /// The files of leads, other ids and outcomes.
    files: Vec<PathBuf>,
    log: Option<EventLog>,
}

/// Whether a path names a project file.
pub(crate) fn is_project(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

impl LeadFile {
    /// Opens a project file.
    pub(crate) fn open_project(path: &Path) -> Result<Self> {
        Self::open_project_with(path, |_| Vec::new())
    }

    /// Opens a project file that a model is to be learnt by: what it lacks for that is told with the
    /// other mistakes.
    pub(crate) fn open_history(path: &Path) -> Result<Self> {
        Self::open_project_with(path, |project| {
            let start = Position { line: 1, column: 1 };
            project.lacking().iter().map(|lacks| Mistake::at(start, *lacks)).collect()
        })
    }

    /// Opens a project file; `more` are mistakes of it that are told where it has others.
    fn open_project_with(path: &Path, more: fn(&Project) -> Vec<Mistake>) -> Result<Self> {
        let bytes = read_file(path)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| anyhow!("{}: is not UTF-8; a project is a TOML file", path.display()))?;
        let source = path.display().to_string();
        let (project, mistakes) = Project::draft(&source, text);
        let folder = path.parent().unwrap_or(Path::new(""));
        let Some(project) = project else {
            DocumentError::unless_empty(&source, mistakes)?;
            return Err(anyhow!("{source}: cannot be read"));
        };
        let mut survey = Survey::of(&project, folder);
        let found = match mistakes.is_empty() && survey.is_good() {
            true => Vec::new(),
            false => [mistakes, of_types(&project, &survey), more(&project)].concat(),
        };
        survey.check(found)?;
        let Dataset { leads, later, times, index, files, events, log, strays, report } =
            Dataset::of(survey)?;
        let ids = leads.column(&project.leads.id);
        let first_id = ids.and_then(|ids| ids.cells().find_map(Cell::into_text));
        let first_id = first_id.map(Cow::into_owned);
        let of_outcomes = Joins {
            what: "outcome",
            of_table: false,
            of_leads: report.outcome_rows - report.outcomes_of_no_lead,
            of_no_lead: report.outcomes_of_no_lead,
            unknown: unknown_of(&index, &report.unknown_outcome),
            first_id: first_id.as_deref(),
        };
        if let Some(error) = of_outcomes.failed() {
            return Err(anyhow!("{}: {error}", path.display()));
        }
        // A file that cannot be read is told where the events are.
        let history = project.history.as_ref();
        let history =
            history.map(|history| HistorySeen::of(history, &events, &leads).unwrap_or_default());
        let of_history =
            history.as_ref().map_or_else(Vec::new, |seen| said_of_history(&project, seen));
        let warnings = of_outcomes.said().into_iter().chain(of_history).collect();
        let columns = leads.names().to_vec();
        Ok(Self {
            path: path.to_owned(),
            first_id,
            table: leads,
            created: times.created.clone(),
            later,
            index,
            events,
            found_id: None,
            properties: None,
            unnamed: Vec::new(),
            learnt_kinds: None,
            said: Mutex::default(),
            project: Some(ProjectFile {
                project,
                files,
                hash: file_hash(&bytes),
                times,
                report,
                warnings,
                history: history.unwrap_or_default(),
                columns,
                only: None,
                strays,
                log,
            }),
        })
    }

    /// Opens leads that are to be scored: a project, or a file with perhaps its events, whose
    /// columns the bundle knows; without a bundle they are found by looking.
    pub(crate) fn open(
        path: &Path,
        events: Option<&Path>,
        bundle: Option<&Bundle>,
        id: Option<&str>,
    ) -> Result<Self> {
        if is_project(path) {
            if events.is_some() || id.is_some() {
                return Err(wrong_call(format!(
                    "{} says where the events and ids are; leave --events and --id away",
                    path.display()
                )));
            }
            let file = Self::open_project(path)?;
            return Ok(Self { learnt_kinds: learnt_kinds(bundle), ..file });
        }
        Self::of_table(path, load_table(path)?, events, bundle, id)
    }

    /// The same of a file of leads that was read already.
    pub(crate) fn of_table(
        path: &Path,
        table: Table,
        events: Option<&Path>,
        bundle: Option<&Bundle>,
        id: Option<&str>,
    ) -> Result<Self> {
        let log = bundle.and_then(|bundle| bundle.schema.events.as_ref());
        let named = id.or_else(|| bundle?.schema.with_role(Role::Id).map(|c| c.name.as_str()));
        let mut found = match (events, log) {
            (Some(events), None) => Some(FoundColumns::of(&table, events, named)?),
            _ => None,
        };
        let columns = found.as_mut().map(|found| std::mem::take(&mut found.events));
        let columns = columns.or_else(|| log.map(|log| log.columns.clone()));
        let id = id.or(found.as_ref().and_then(|found| found.id.as_deref()));
        let ids = crate::inputs::id_column(path, &table, id, bundle)?;
        let mut index = LeadIndex::new(table.rows());
        let mut unnamed = Vec::new();
        let files = match (events, columns) {
            (None, _) => Vec::new(),
            (Some(events), columns) => {
                let columns = columns.unwrap_or_default();
                let Some(ids) = ids else {
                    return Err(wrong_call(
                        "--events needs leads with ids, and no column is plainly theirs (one whose \
                         values repeat is not taken for it): name it with --id, in explain with \
                         --id-column",
                    ));
                };
                let (mut without_id, mut repeated) = (0, 0);
                for row in 0..table.rows() {
                    match ids.cell(row).into_text().filter(|id| !is_no_id(id)) {
                        Some(id) => {
                            let naming = index.name(&id, row as u32);
                            repeated += usize::from(naming != Naming::New);
                        }
                        None => without_id += 1,
                    }
                }
                if without_id + repeated > 0 {
                    let named = |row: &usize| {
                        let id = ids.cell(*row).into_text();
                        id.is_some_and(|id| !is_no_id(&id) && index.lead(&id) == Some(*row as u32))
                    };
                    unnamed = (0..table.rows()).filter(|row| !named(row)).collect();
                }
                say_of_ids(without_id, unnamed.len() - without_id);
                vec![EventFiles::look(vec![events.to_owned()], &columns)?]
            }
        };
        let created = match (&found, bundle) {
            (Some(found), _) => found.created_times(path, &table)?,
            (None, Some(bundle)) => created_of(path, &table, bundle, !files.is_empty())?,
            (None, None) => vec![None; table.rows()],
        };
        let first_id = ids.and_then(|ids| ids.cells().find_map(Cell::into_text));
        let first_id = first_id.map(Cow::into_owned);
        let (found_id, properties) =
            found.map_or((None, None), |found| (found.id, Some(found.properties)));
        Ok(Self {
            path: path.to_owned(),
            table,
            created,
            later: Vec::new(),
            index,
            events: files,
            first_id,
            found_id,
            properties,
            unnamed,
            learnt_kinds: learnt_kinds(bundle),
            said: Mutex::default(),
            project: None,
        })
    }

    /// A scorer for these leads. Without a bundle the columns are those that a project describes,
    /// or those that the rules need, which must be there.
    pub(crate) fn scorer(&self, bundle: Option<&Bundle>, sets: &[RuleSet]) -> Result<Scorer> {
        let described = if bundle.is_none() { self.described()? } else { None };
        for set in sets {
            let properties = self.properties.iter().map(|found| set.check_properties(found));
            let bare = bundle.is_none() && described.is_none();
            let columns = bare.then(|| set.check_columns(&self.table));
            let found = properties.chain(columns).filter_map(Result::err);
            let mistakes = found.flat_map(|error| error.mistakes).collect();
            DocumentError::unless_empty(set.source(), mistakes)?;
        }
        if bundle.is_some() {
            return Ok(Scorer::new(Sources::served(bundle, sets))?);
        }
        let view = described.as_ref();
        let view = view.map(|(schema, catalogue)| SchemaView { schema, catalogue });
        Ok(Scorer::new(Sources { view, model: None, rule_sets: sets })?)
    }

    /// Every file that is read, so that none is written over.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let of_project = self.project.iter().flat_map(|file| &file.files);
        let of_events =
            self.events.iter().flat_map(|events| events.files.iter().map(|file| &file.path));
        [&self.path].into_iter().chain(of_project).chain(of_events).map(PathBuf::as_path)
    }

    /// Whether there are events.
    pub(crate) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Reads the events by a plan; what was met is said on standard error, with the kinds that rule
    /// sets misspell. Events of which none is of a known lead are refused. `None` where there are none to read, or
    /// nothing is needed of them.
    pub(crate) fn read_events(
        &self,
        plan: Option<&EventPlan>,
        sets: &[RuleSet],
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<EventStore>> {
        let Some(plan) = plan.filter(|_| self.has_events()) else { return Ok(None) };
        let store =
            EventStore::read(&self.events, plan.clone(), &self.index, MEMORY_FOR_EVENTS, progress)?;
        let project = self.project.as_ref().map(ProjectFile::told);
        let any = plan.asks_for_any()
            && self
                .project
                .as_ref()
                .is_none_or(|file| file.only.as_ref().is_none_or(Project::asks_for_any));
        let report = &store.report;
        let joins = Joins {
            what: "event",
            of_table: project.is_none(),
            of_leads: report.of_leads() as usize,
            of_no_lead: report.of_no_lead as usize,
            unknown: unknown_of(&self.index, &report.unknown_leads),
            first_id: self.first_id.as_deref(),
        };
        if let Some(error) = joins.failed() {
            // Leads of whom nothing is known yet are odd, and another file or column is likely.
            let new = match (project, self.events.iter().flat_map(|of| &of.files).next()) {
                (None, Some(file)) => format!(
                    ". If these leads have no events yet, give a file with the columns of {} alone",
                    file.path.display()
                ),
                _ => String::new(),
            };
            return Err(anyhow!("{}: {error}{new}", self.path.display()));
        }
        // A project is one body of data. A log may tell of many more than those in a file of leads.
        let of_joins = if project.is_some() { joins.said() } else { joins.said_of_nearly() };
        let mut known = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let learnt = self.learnt_kinds.as_deref();
        let kinds = any.then_some(CountedKinds { learnt });
        let of_events = said_of_events(&store.report, plan, project, (sets, kinds));
        let copies = self.project.as_ref().map_or(&[][..], |file| &file.report.same_files);
        let is_said = |path: &Path| copies.iter().any(|(_, other)| other == path);
        let same = report.same_events.iter().filter(|(_, other)| !is_said(other));
        let ids = self.project.as_ref().is_some_and(ProjectFile::has_event_ids);
        let same = same.map(|(one, other)| said_of_same_events(one, other, ids));
        let shared = report.shared_events.iter().filter(|(_, other, _)| !is_said(other));
        let shared =
            shared.map(|(one, other, share)| said_of_shared_events(one, other, *share, ids));
        let history = self.project.as_ref().map(|file| &file.history);
        let of_sets = said_of_sets(report, plan, &self.table, history);
        for said in of_joins.into_iter().chain(of_events).chain(of_sets).chain(same).chain(shared) {
            if !known.contains(&said) {
                print::say(&said);
                known.insert(said);
            }
        }
        Ok(Some(store))
    }

    /// Whether files of events are known to be copies of one another.
    pub(crate) fn has_copied_events(&self, store: Option<&EventStore>) -> bool {
        let by_bytes = self.project.as_ref().is_some_and(|file| !file.report.same_files.is_empty());
        by_bytes || store.is_some_and(|store| !store.report.same_events.is_empty())
    }

    /// What was said of the events when they were read.
    pub(crate) fn said_of_events(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The leads to walk over.
    pub(crate) fn leads<'d>(&'d self, store: Option<&'d EventStore>) -> Leads<'d> {
        Leads {
            table: &self.table,
            created: &self.created,
            unnamed: &self.unnamed,
            later: &self.later,
            events: store.map(|store| store as &dyn leadscore_features::events::EventParts),
        }
    }

    /// The column of the ids.
    pub(crate) fn ids<'t>(
        &'t self,
        named: Option<&str>,
        bundle: Option<&Bundle>,
    ) -> Result<Option<&'t leadscore_features::RawColumn>> {
        match &self.project {
            Some(file) => Ok(self.table.column(&file.project.leads.id)),
            None => {
                let named = named.or(self.found_id.as_deref());
                crate::inputs::id_column(&self.path, &self.table, named, bundle)
            }
        }
    }

    /// The columns and signals that a project describes; `None` for other leads.
    fn described(&self) -> Result<Option<(Schema, Catalogue)>> {
        let Some(project) = &self.project else { return Ok(None) };
        let prepared = Prepared::new(&self.table, &project.options(), project.behaviour());
        let prepared = prepared.map_err(|error| project.refused(error))?;
        project.check(&prepared)?;
        Ok(Some((prepared.schema().clone(), prepared.catalogue().clone())))
    }

    /// Why the leads could not be walked over; cells are told where their files have them.
    pub(crate) fn unread(&self, error: &WalkError) -> String {
        match (&self.project, error) {
            (Some(project), WalkError::Cells(mistakes)) => project.unread(&self.table, mistakes),
            _ => format!("{}: {error}", self.path.display()),
        }
    }

    /// How many leads of a project had converted, or been closed, by their moment.
    pub(crate) fn decided(&self, moments: &[(usize, Option<Time>)]) -> usize {
        let Some(project) = &self.project else { return 0 };
        let times = &project.times;
        let by = |time: Option<Time>, as_of: Time| time.is_some_and(|time| time <= as_of);
        moments
            .iter()
            .filter_map(|(lead, as_of)| Some((*lead, (*as_of)?)))
            .filter(|(lead, as_of)| {
                by(times.converted[*lead], *as_of) || by(times.closed[*lead], *as_of)
            })
            .count()
    }

    /// How many leads are so many days old, or older, at their moment.
    pub(crate) fn older(&self, moments: &[(usize, Option<Time>)], days: f64) -> usize {
        let is_older = |&&(lead, as_of): &&(usize, Option<Time>)| {
            self.created[lead].zip(as_of).is_some_and(|(created, as_of)| {
                (as_of.micros() - created.micros()) as f64 >= days * Time::MICROS_PER_DAY as f64
            })
        };
        moments.iter().filter(is_older).count()
    }

    /// Warns of leads that came to be after the moment at which they are scored.
    pub(crate) fn say_created_later(&self, moments: &[(usize, Option<Time>)]) {
        let later = |&&(lead, as_of): &&(usize, Option<Time>)| {
            self.created[lead].zip(as_of).is_some_and(|(created, as_of)| created > as_of)
        };
        let later = moments.iter().filter(later).count();
        if later > 0 {
            let said = format!(
                "warning: {} came to be after the moment of the score: nothing was known of them \
                 then but what their row says now",
                plural(later, "lead")
            );
            print::say(&said);
        }
    }

    /// The moment of every lead: the one given, else the row's own, else that up to which a
    /// project was observed, else now. The cells of a column of moments that cannot be read are
    /// reported when the leads are walked over.
    pub(crate) fn moments(
        &self,
        scorer: &Scorer,
        given: Option<Time>,
    ) -> Vec<(usize, Option<Time>)> {
        let observed = self.project.as_ref().and_then(|file| file.project.observed_until);
        let default = given.or(observed).unwrap_or_else(Time::now);
        let own = scorer
            .as_of_column()
            .and_then(|column| Some((self.table.column(&column.name)?, &column.reader)));
        (0..self.table.rows())
            .map(|row| {
                let own = own.and_then(|(column, reader)| match reader.read(column.cell(row)) {
                    Ok(Value::Time(time)) => Some(time),
                    _ => None,
                });
                (row, Some(own.unwrap_or(default)))
            })
            .collect()
    }
}

/// The kinds of events that a model has learnt from, where it counts any kind and says.
fn learnt_kinds(bundle: Option<&Bundle>) -> Option<Vec<String>> {
    bundle?.training.snapshots.as_ref()?.kinds.clone()
}
