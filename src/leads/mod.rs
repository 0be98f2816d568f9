//! Where leads come from: a file of leads, with or without a file of events, or a project.

mod columns;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, anyhow};
use leadscore_features::events::{EventPlan, Property};
use leadscore_features::io::{
    Dataset, DatasetReport, EventFiles, EventReport, EventStore, read_file,
};
use leadscore_features::project::{Project, SnapshotRule};
use leadscore_features::{
    Catalogue, LeadIndex, LeadTimes, Naming, Role, Schema, Table, Time, Value,
};
use leadscore_model::points::{DocumentError, RuleSet, SchemaView};
use leadscore_model::{Bundle, Scorer, Sources, file_hash};
use leadscore_train::{Behaviour, Leads, Prepared, SnapshotHistory, TrainOptions};

use crate::inputs::{WrongCall, load_table, wrong_call};
use crate::print::{self, count, plural};
use columns::{FoundColumns, created_of};

/// Bytes of events that are kept in memory; further ones are put aside on disk.
const MEMORY_FOR_EVENTS: u64 = 2 << 30;

/// Leads to work on.
pub(crate) struct LeadFile {
    /// The file that was named, for messages.
    pub(crate) path: PathBuf,
    /// The attributes, a row each.
    pub(crate) table: Table,
    created: Vec<Option<Time>>,
    index: LeadIndex,
    events: Vec<EventFiles>,
    /// The column of the ids, where it was found by looking.
    found_id: Option<String>,
    /// What events can be asked for, where that was found by looking.
    properties: Option<Vec<Property>>,
    /// The rows that no event can be known to be of, rising.
    unnamed: Vec<usize>,
    pub(crate) project: Option<ProjectFile>,
    /// What was said of the events already: they can be read more than once.
    said: Mutex<BTreeSet<String>>,
}

/// A project file and what is known beside its leads.
pub(crate) struct ProjectFile {
    pub(crate) project: Project,
    pub(crate) hash: String,
    pub(crate) times: LeadTimes,
    pub(crate) report: DatasetReport,
    /// The files of leads, other ids and outcomes.
    files: Vec<PathBuf>,
    log: Option<leadscore_features::events::EventLog>,
}

/// Whether a path names a project file.
pub(crate) fn is_project(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

impl LeadFile {
    /// Opens a project file.
    pub(crate) fn open_project(path: &Path) -> Result<Self> {
        let bytes = read_file(path)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| anyhow!("{}: is not UTF-8; a project is a TOML file", path.display()))?;
        let project = Project::parse(&path.display().to_string(), text)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let Dataset { leads, times, index, files, events, log, report } =
            Dataset::open(&project, folder)?;
        Ok(Self {
            path: path.to_owned(),
            table: leads,
            created: times.created.clone(),
            index,
            events,
            found_id: None,
            properties: None,
            unnamed: Vec::new(),
            said: Mutex::default(),
            project: Some(ProjectFile {
                project,
                files,
                hash: file_hash(&bytes),
                times,
                report,
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
            return Self::open_project(path);
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
        let ids = crate::inputs::id_column(&table, id, bundle)?;
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
                    match ids.cell(row).into_text() {
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
                        id.is_some_and(|id| index.lead(&id) == Some(*row as u32))
                    };
                    unnamed = (0..table.rows()).filter(|row| !named(row)).collect();
                }
                say_of_ids(without_id, unnamed.len() - without_id);
                vec![EventFiles { paths: vec![events.to_owned()], columns }]
            }
        };
        let created = match (&found, bundle) {
            (Some(found), _) => found.created_times(path, &table)?,
            (None, Some(bundle)) => created_of(path, &table, bundle, !files.is_empty())?,
            (None, None) => vec![None; table.rows()],
        };
        let (found_id, properties) =
            found.map_or((None, None), |found| (found.id, Some(found.properties)));
        Ok(Self {
            path: path.to_owned(),
            table,
            created,
            index,
            events: files,
            found_id,
            properties,
            unnamed,
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
        let of_events = self.events.iter().flat_map(|events| &events.paths);
        [&self.path].into_iter().chain(of_project).chain(of_events).map(PathBuf::as_path)
    }

    /// Whether there are events.
    pub(crate) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Reads the events by a plan; what was met is said on standard error, with the kinds that rule
    /// sets misspell. `None` where there are none to read, or nothing is needed of them.
    pub(crate) fn read_events(
        &self,
        plan: Option<&EventPlan>,
        sets: &[RuleSet],
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<EventStore>> {
        let Some(plan) = plan.filter(|_| self.has_events()) else { return Ok(None) };
        let store =
            EventStore::read(&self.events, plan.clone(), &self.index, MEMORY_FOR_EVENTS, progress)?;
        let project = self.project.as_ref().map(|file| &file.project);
        let mut known = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        for said in said_of_events(&store.report, plan, project, sets) {
            if !known.contains(&said) {
                print::say(&said);
                known.insert(said);
            }
        }
        Ok(Some(store))
    }

    /// The leads to walk over.
    pub(crate) fn leads<'d>(&'d self, store: Option<&'d EventStore>) -> Leads<'d> {
        Leads {
            table: &self.table,
            created: &self.created,
            unnamed: &self.unnamed,
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
                crate::inputs::id_column(&self.table, named, bundle)
            }
        }
    }

    /// The columns and signals that a project describes; `None` for other leads.
    fn described(&self) -> Result<Option<(Schema, Catalogue)>> {
        let Some(project) = &self.project else { return Ok(None) };
        let fail = |e: leadscore_train::TrainError| anyhow!("{}: {e}", self.path.display());
        let prepared = Prepared::new(&self.table, &project.options(), project.behaviour());
        let prepared = prepared.map_err(fail)?;
        project.check(&prepared)?;
        Ok(Some((prepared.schema().clone(), prepared.catalogue().clone())))
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

impl ProjectFile {
    /// The snapshots' rule, and up to when outcomes are known.
    pub(crate) fn rule(&self) -> Result<(&SnapshotRule, Time)> {
        let missing = |what: &str| WrongCall(format!("{}: {what}", self.project.source()));
        let rule = self.project.snapshots.as_ref().ok_or_else(|| {
            missing(
                "there is no [snapshots]: say at which moments leads are looked at, and how long \
                 after them a conversion counts",
            )
        })?;
        let until =
            self.project.observed_until.ok_or_else(|| missing("observed_until is missing"))?;
        if self.project.outcomes.is_none() {
            return Err(missing("there is no [outcomes]: say when leads converted").into());
        }
        Ok((rule, until))
    }

    /// The history that a model learns from.
    pub(crate) fn history(&self) -> Result<SnapshotHistory<'_>> {
        let (rule, observed_until) = self.rule()?;
        let leads = &self.project.leads;
        Ok(SnapshotHistory {
            rule,
            times: &self.times,
            observed_until,
            id: &leads.id,
            account: leads.account.as_deref(),
            converted: self.project.outcomes.as_ref().map_or("", |o| &o.converted),
        })
    }

    /// What the project says of the columns.
    pub(crate) fn options(&self) -> TrainOptions {
        let leads = &self.project.leads;
        let held = |increasing: bool| -> Vec<String> {
            let found = self.project.monotone.iter().filter(|of| of.increasing == increasing);
            found.map(|of| of.signal.clone()).collect()
        };
        TrainOptions {
            id: Some(leads.id.clone()),
            account: leads.account.clone(),
            created: leads.created.clone(),
            categories: leads.categories.clone(),
            read_only: leads.drop.clone(),
            keep: leads.keep.clone(),
            missing: leads.missing.clone(),
            increasing: held(true),
            decreasing: held(false),
            file_hash: self.hash.clone(),
            ..TrainOptions::default()
        }
    }

    /// The signals that the project defines, and how its events are read.
    pub(crate) fn behaviour(&self) -> Behaviour {
        use leadscore_features::project::SnapshotTimes;
        let at = self.project.snapshots.as_ref().map(|rule| &rule.at);
        Behaviour {
            signals: self.project.signals.clone(),
            events: self.log.clone(),
            one_age: matches!(at, Some(SnapshotTimes::Age(_))),
        }
    }

    /// Checks that every signal can be computed of the columns as they were found to be; names all
    /// that cannot, each with its place.
    pub(crate) fn check(&self, prepared: &Prepared) -> Result<()> {
        let mut said: Vec<String> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for (signal, message) in prepared.mistakes() {
            // A mistake in the filters is one of every signal of events.
            if known.insert(message.clone()) {
                let at = self.project.position_of_signal(&signal);
                said.push(self.project.error_at(at, message).to_string());
            }
        }
        if said.is_empty() { Ok(()) } else { Err(anyhow!(said.join("\n"))) }
    }

    /// Says what was merged, joined and left out in reading the leads.
    pub(crate) fn say(&self) {
        for said in said_of_leads(&self.report) {
            print::say(&said);
        }
    }
}

/// Says which leads of a file no event can be of.
fn say_of_ids(without_id: usize, repeated: usize) {
    let warnings = [
        (without_id, "without an id: what is counted of events is unavailable for them"),
        (
            repeated,
            "whose id another row has too: what is counted of events is unavailable for them",
        ),
    ];
    for (number, what) in warnings.iter().filter(|(number, _)| *number > 0) {
        let said = format!("warning: {} of leads {what}", plural(*number, "row"));
        print::say(&said);
    }
}

/// What a reader of figures should know of how leads were read.
fn said_of_leads(report: &DatasetReport) -> Vec<String> {
    let mut said = Vec::new();
    let rows = |number: usize| plural(number, "row");
    if report.merged > 0 {
        let contradictions: Vec<String> = report
            .contradictions
            .iter()
            .map(|(column, number)| format!("{column} {}", count(*number)))
            .collect();
        said.push(format!(
            "note: {} of leads merged into an earlier one of the same person{}",
            rows(report.merged),
            if contradictions.is_empty() {
                ", without contradictions".to_owned()
            } else {
                format!(
                    "; where they contradict, the earlier row counts: {}",
                    contradictions.join(", ")
                )
            }
        ));
    }
    if report.ids_joined + report.id_conflicts + report.ids_of_no_lead > 0 {
        said.push(format!(
            "note: {} joined to leads; {} name more than one person and name none now; {} are of \
             no known lead",
            plural(report.ids_joined, "other id"),
            count(report.id_conflicts),
            count(report.ids_of_no_lead)
        ));
    }
    let warnings = [
        (report.without_id, "of leads without an id, left out"),
        (report.outcomes_of_no_lead, "of outcomes of no known lead, left out"),
    ];
    for (number, what) in warnings {
        if number > 0 {
            said.push(format!("warning: {} {what}", rows(number)));
        }
    }
    if report.converted_before_created > 0 {
        said.push(format!(
            "warning: {} converted before creation, and so without a snapshot",
            plural(report.converted_before_created, "lead")
        ));
    }
    said
}

/// What a reader of figures should know of how events were read.
fn said_of_events(
    report: &EventReport,
    plan: &EventPlan,
    project: Option<&Project>,
    sets: &[RuleSet],
) -> Vec<String> {
    let events = |number: u64| plural(number as usize, "event");
    let mut said = Vec::new();
    let warnings = [
        (report.of_no_lead, "of no known lead, left out"),
        (report.without_lead, "without a lead, left out"),
        (report.without_kind, "without a kind, left out"),
        (report.without_time, "without a readable time, left out"),
        (report.known_at_unread, "whose known-at cannot be read, taken as known at once"),
    ];
    let found: Vec<String> = warnings
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", events(*number)))
        .collect();
    if !found.is_empty() {
        said.push(format!(
            "warning: of {} rows of events: {}",
            count(report.rows as usize),
            found.join("; ")
        ));
    }
    said.extend(report.examples.iter().map(|example| format!("e.g. {example}")));
    if report.without_zone > 0 {
        said.push(format!(
            "warning: {} without a time zone, read as UTC",
            plural(report.without_zone as usize, "time")
        ));
    }
    for (property, number) in &report.not_numbers {
        said.push(format!(
            "warning: {} a value of {property:?} that is not a number; it counts as missing",
            if *number == 1 {
                "1 event has".to_owned()
            } else {
                format!("{} have", plural(*number as usize, "event"))
            }
        ));
    }
    let kinds: Vec<String> = report.kinds.keys().cloned().collect();
    let mistaken = sets.iter().flat_map(|set| set.mistaken_kinds(&kinds));
    let mistaken: Vec<String> = mistaken.map(|unmet| format!("warning: {unmet}")).collect();
    match project {
        Some(project) => {
            said.extend(
                project.unmet_kinds(&kinds).iter().map(|unmet| format!("warning: {unmet}")),
            );
        }
        None if !mistaken.is_empty() => {}
        // A file of events to score need not have every kind; one with none of them is odd.
        None => {
            let asked = plan.kinds();
            if !asked.is_empty() && asked.iter().all(|kind| !report.kinds.contains_key(*kind)) {
                said.push(format!(
                    "warning: no event is of a kind that a signal asks for: {}",
                    asked.join(", ")
                ));
            }
        }
    }
    said.extend(mistaken);
    if report.put_aside > 0 {
        said.push(format!(
            "note: {:.1} GB of events were put aside on disk",
            report.put_aside as f64 / 1e9
        ));
    }
    said
}
