//! What a project file says to those who train, and what is said of it.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Result, anyhow};
use leadscore_features::events::EventLog;
use leadscore_features::io::{EventStore, read_table};
use leadscore_features::project::{Project, SnapshotRule, SnapshotTimes};
use leadscore_features::{Cell, Table, Time};
use leadscore_model::RowMistake;
use leadscore_model::points::DocumentError;
use leadscore_train::{
    Behaviour, Prepared, SnapshotHistory, SpoiltColumn, TrainError, TrainOptions,
};

use super::said::{said_of_leads, said_of_observed};
use super::{ProjectFile, mistakes};
use crate::inputs::WrongCall;
use crate::print::{self, count};

/// Cells that are told, each with its place, for which the files are read again.
const CELLS_TOLD: usize = 5;

impl ProjectFile {
    /// The snapshots' rule, and up to when outcomes are known.
    pub(crate) fn rule(&self) -> Result<(&SnapshotRule, Time)> {
        let Project { snapshots, observed_until, .. } = &self.project;
        let lacking = self.project.lacking();
        match (snapshots, observed_until) {
            (Some(rule), Some(until)) if lacking.is_empty() => Ok((rule, *until)),
            _ => {
                Err(WrongCall(format!("{}: {}", self.project.source(), lacking.join("\n  ")))
                    .into())
            }
        }
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
        TrainOptions { file_hash: self.hash.clone(), ..options_of(&self.project) }
    }

    /// The signals that the project defines, and how its events are read.
    pub(crate) fn behaviour(&self) -> Behaviour {
        behaviour_of(&self.project, self.log.clone())
    }

    /// Checks that every signal can be computed of the columns as they were found to be; names all
    /// that cannot, each with its place.
    pub(crate) fn check(&self, prepared: &Prepared) -> Result<()> {
        let mistakes = mistakes::of_signals(&self.project, &self.strays, prepared.mistakes());
        Ok(DocumentError::unless_empty(self.project.source(), mistakes)?)
    }

    /// Why a model or signals cannot be made of the leads. What spoils a column is told where its file has it.
    pub(crate) fn refused(&self, error: TrainError) -> anyhow::Error {
        let source = self.project.source();
        let TrainError::Spoilt(columns) = error else { return anyhow!("{source}: {error}") };
        let in_words = |spoilt: &SpoiltColumn| {
            let (column, text) = (&spoilt.column, &spoilt.misfit.text);
            let place = |text: &str| match self.place_of(column, text) {
                Some((path, row)) => format!("{}: row {}", path.display(), row + 1),
                None => source.to_owned(),
            };
            if let Some((_, other)) = &spoilt.misfit.against {
                return format!(
                    "{}, column {column:?}: {text:?} and {other:?} ({}) contradict each other, {}, or say in [leads]: \
                     categories = [{column:?}]",
                    place(text),
                    place(other),
                    spoilt.why_contrary()
                );
            }
            let place = place(text);
            let named: Vec<String> = spoilt.named().map(|text| format!("{text:?}")).collect();
            let (missing, means) = match named.as_slice() {
                [one] => (one.clone(), "it means"),
                several => (format!("[{}]", several.join(", ")), "they mean"),
            };
            format!(
                "{place}, {}, or say in [leads]: missing = {{ {column:?} = {missing} }} if {means} missing, or \
                 categories = [{column:?}]",
                spoilt.in_words()
            )
        };
        anyhow!("{}", columns.iter().map(in_words).collect::<Vec<_>>().join("\n"))
    }

    /// Cells of the joined leads that cannot be read, each where its file has it.
    pub(super) fn unread(&self, leads: &Table, mistakes: &[RowMistake]) -> String {
        // The second of two cells that are alike would be told at the place of the first.
        let mut known: HashMap<(&str, String), usize> = HashMap::new();
        let mut cells: Vec<(&RowMistake, String, usize)> = Vec::new();
        for mistake in mistakes {
            let cell = leads.column(&mistake.column).map(|raw| raw.cell(mistake.row - 1));
            let text = cell.and_then(Cell::into_text).unwrap_or_default().trim().to_owned();
            let at = *known.entry((&mistake.column, text.clone())).or_insert(cells.len());
            match cells.get_mut(at) {
                Some((.., rows)) => *rows += 1,
                None => cells.push((mistake, text, 1)),
            }
        }
        let told =
            |(RowMistake { column, misread, .. }, text, rows): &(&RowMistake, String, usize)| {
                let place = match self.place_of(column, text) {
                    Some((path, row)) => format!("{}: row {}", path.display(), row + 1),
                    None => self.project.source().to_owned(),
                };
                let rows = match rows {
                    1 => String::new(),
                    rows => format!(" (in {} rows)", count(*rows)),
                };
                format!("{place}, column {column:?}: {misread}{rows}")
            };
        let mut found: Vec<String> = cells.iter().take(CELLS_TOLD).map(told).collect();
        if cells.len() > found.len() {
            found.push(format!("and {} more", count(cells.len() - found.len())));
        }
        found.join("\n")
    }

    /// The first file that has a text in a column, and its 0-based row there. The files are read again.
    fn place_of(&self, column: &str, text: &str) -> Option<(&Path, usize)> {
        self.files.iter().find_map(|path| {
            let table = read_table(path).ok()?;
            let is = |cell: Cell<'_>| cell.into_text().is_some_and(|cell| cell.trim() == text);
            Some((path.as_path(), table.column(column)?.cells().position(is)?))
        })
    }

    /// From here on only these signals are told of; all where there are none.
    pub(crate) fn tell_only(&mut self, signals: &[String]) {
        self.only = (!signals.is_empty()).then(|| self.project.only(signals));
    }

    /// The project with the signals that are told of.
    pub(super) fn told(&self) -> &Project {
        self.only.as_ref().unwrap_or(&self.project)
    }

    /// Says what was merged, joined and left out in reading the leads.
    pub(crate) fn say(&self) {
        self.said().iter().for_each(|said| print::say(said));
    }

    /// Whether a column says the ids of all events.
    pub(super) fn has_event_ids(&self) -> bool {
        self.project.events.iter().all(|source| source.columns.id.is_some())
    }

    /// What was merged, joined and left out in reading the leads.
    pub(crate) fn said(&self) -> Vec<String> {
        let hidden = self.told().hidden_columns(&self.columns);
        let hidden = hidden.into_iter().map(|hidden| format!("warning: {hidden}"));
        let zones = self.project.without_zone().map(|said| format!("warning: {said}"));
        let of_leads = said_of_leads(&self.report, self.has_event_ids());
        let future = self.said_of_future();
        let first = self.warnings.iter().cloned().chain(hidden).chain(future);
        first.chain(of_leads).chain(zones).collect()
    }

    /// A filter of what happened after it was known takes nothing where nothing says when it was known.
    fn said_of_future(&self) -> Option<String> {
        let Project { filters, events, .. } = &self.project;
        let knows = events.iter().any(|source| source.columns.known_at.is_some());
        (filters.future.is_some() && !events.is_empty() && !knows).then(|| {
            "warning: [filters] future can take nothing: no column says when events were known; name it in [events] \
             with known_at, or take future out"
                .to_owned()
        })
    }

    /// Warns of an `observed_until` that does not fit what happened, the events among it.
    pub(crate) fn say_of_observed(&self, store: Option<&EventStore>) {
        self.said_of_observed(store).iter().for_each(|said| print::say(said));
    }

    /// Where `observed_until` does not fit what happened, the events among it.
    pub(crate) fn said_of_observed(&self, store: Option<&EventStore>) -> Vec<String> {
        let last = store.and_then(|store| store.report.last);
        // Events that were not read may be later than all outcomes.
        if self.log.is_some() && last.is_none() {
            return Vec::new();
        }
        said_of_observed(&self.project, &self.times, last, Time::now())
    }
}

/// What a project says of the columns.
pub(super) fn options_of(project: &Project) -> TrainOptions {
    let leads = &project.leads;
    TrainOptions {
        id: Some(leads.id.clone()),
        account: leads.account.clone(),
        created: leads.created.clone(),
        categories: leads.categories.clone(),
        read_only: leads.drop.clone(),
        keep: leads.keep.clone(),
        missing: leads.missing.clone(),
        ..TrainOptions::default()
    }
}

/// The signals that a project defines, and how its events are read.
pub(super) fn behaviour_of(project: &Project, log: Option<EventLog>) -> Behaviour {
    let at = project.snapshots.as_ref().map(|rule| &rule.at);
    Behaviour {
        signals: project.signals.clone(),
        events: log,
        one_age: matches!(at, Some(SnapshotTimes::Age(_))),
        monotone: project.monotone.clone(),
    }
}
