//! The files of a project, opened and held against what its file says of them. All that does not
//! fit is noted, so that every mistake is told at once.

mod times;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::event_columns::{FileColumns, NoTimes, look_at_columns, with_formats};
use super::outcomes::Undecided;
use super::property_types::{MixedProperty, SeenColumn};
use super::same_files::same_files;
use super::tables::{LackingColumn, below_one_another, file_name};
use super::{EventFiles, FileError, parquet, read_table};
use crate::document::{DocumentError, Mistake};
use crate::events::{EventLog, Property};
use crate::project::{EventNames, OutcomeSource, Project};
use crate::{RawColumn, Table, Time};
pub use times::is_plausible;

/// 2^53: from here on a double does not hold every whole number.
pub(super) const FIRST_ROUNDED: f64 = 9_007_199_254_740_992.0;

/// Why the data of a project cannot be read: all that was found. Shows what is wrong with the project
/// file first, as `file:line:column: message`, then what is wrong with the other files.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.lines().join("\n"))]
pub struct DatasetError {
    /// Places of the project file that do not fit the files.
    pub project: Option<DocumentError>,
    /// Files that cannot be read.
    pub files: Vec<FileError>,
}

impl DatasetError {
    fn lines(&self) -> Vec<String> {
        let project = self.project.iter().map(ToString::to_string);
        project.chain(self.files.iter().map(ToString::to_string)).collect()
    }
}

impl From<FileError> for DatasetError {
    fn from(error: FileError) -> Self {
        Self { project: None, files: vec![error] }
    }
}

/// The rows of files that could be read.
struct Rows {
    table: Table,
    /// Whether all files could be, so that the rows tell all of a column.
    whole: bool,
    /// The files that could be read, one at least, with the rows of each.
    parts: Vec<(PathBuf, usize)>,
}

/// The files of a project, as far as they could be opened.
#[derive(Debug)]
pub struct Survey<'p> {
    pub(super) project: &'p Project,
    /// The rows of leads that could be read; `None` where no file of them could.
    pub(super) leads: Option<Table>,
    /// Whether these are all.
    leads_whole: bool,
    /// When each row of leads came to be, where a column says so.
    pub(super) created: Vec<Option<Time>>,
    /// The tables of other ids, in the order of the project.
    pub(super) ids: Vec<Option<Table>>,
    /// The table of outcomes, where these have files of their own.
    pub(super) outcomes: Option<Table>,
    /// When each row of the outcomes, or of the leads without such files, converted.
    pub(super) converted: Vec<Option<Time>>,
    /// When each of these rows was closed otherwise, where a column says so.
    pub(super) closed: Option<Vec<Option<Time>>>,
    /// The files of leads, other ids and outcomes.
    pub(super) files: Vec<PathBuf>,
    /// The files of events.
    pub(super) events: Vec<EventFiles>,
    /// Times that name no zone, by column.
    pub(super) without_zone: BTreeMap<String, usize>,
    /// Times that are no time of a lead, by column: how many, and the first.
    pub(super) implausible: BTreeMap<String, (usize, Time)>,
    /// Files of events that are the same, each behind the one before it.
    pub(super) same_files: Vec<(PathBuf, PathBuf)>,
    /// Columns of leads, other ids and outcomes that some of their files lack.
    pub(super) lacking: Vec<LackingColumn>,
    /// Rows of outcomes with a time that count for nothing.
    pub(super) undecided: Undecided,
    columns: Vec<SeenColumn>,
    /// Nested columns of events, which are not read.
    nested: Vec<String>,
    /// The columns of events that are to hold times and do not.
    no_times: HashSet<String>,
    folder: PathBuf,
    mistakes: Vec<Mistake>,
    failed: Vec<FileError>,
}

impl<'p> Survey<'p> {
    /// Opens the files of a project; paths are relative to `folder`. Events are not read, but for
    /// their columns.
    pub fn of(project: &'p Project, folder: &Path) -> Self {
        let mut needed: Vec<&str> = vec![&project.leads.id];
        needed.extend(project.leads.created.as_deref());
        let own = project.outcomes.as_ref().filter(|outcomes| outcomes.files.is_empty());
        needed.extend(own.into_iter().flat_map(OutcomeSource::columns_of_converted));
        Self::with_leads(project, folder, |survey| survey.rows(&project.leads.files, &needed))
    }

    /// As [`Survey::of`], of a project whose leads are one file that was read.
    pub fn of_leads(project: &'p Project, folder: &Path, table: Table) -> Self {
        Self::with_leads(project, folder, |survey| {
            let (paths, whole) = survey.paths(&project.leads.files);
            let path = paths.into_iter().next().unwrap_or_default();
            let parts = vec![(path, table.rows())];
            Some(Rows { table, parts, whole })
        })
    }

    fn with_leads(
        project: &'p Project,
        folder: &Path,
        leads: impl FnOnce(&mut Self) -> Option<Rows>,
    ) -> Self {
        let mut survey = Self {
            project,
            leads: None,
            leads_whole: false,
            created: Vec::new(),
            ids: Vec::new(),
            outcomes: None,
            converted: Vec::new(),
            closed: None,
            files: Vec::new(),
            events: Vec::new(),
            without_zone: BTreeMap::new(),
            implausible: BTreeMap::new(),
            same_files: Vec::new(),
            lacking: Vec::new(),
            undecided: Undecided::default(),
            columns: Vec::new(),
            nested: Vec::new(),
            no_times: HashSet::new(),
            folder: folder.to_owned(),
            mistakes: Vec::new(),
            failed: Vec::new(),
        };
        let leads = leads(&mut survey);
        let leads_known = leads.as_ref().map(|leads| &leads.table);
        survey.refuse_rounded_ids(leads_known);
        let whole = survey.look_at_events() && !project.events.is_empty();
        let columns: Vec<String> =
            survey.columns.iter().map(|column| column.name.clone()).collect();
        let events = EventNames { columns: &columns, nested: &survey.nested, whole };
        let unknown = project.unknown_names(
            leads_known.map(Table::names),
            Some(events).filter(EventNames::are_known),
        );
        survey.mistakes.extend(unknown);
        survey.mistakes.extend(project.roles_as_properties(&survey.no_times));
        if let (Some(leads), Some(created)) = (&leads, &project.leads.created) {
            survey.created = survey.times(&project.leads.files, leads, created);
        }
        for (number, map) in project.ids.iter().enumerate() {
            let ids = survey.rows(&map.files, &[&map.id, &map.lead]).map(|ids| ids.table);
            if let Some(ids) = &ids {
                survey.mistakes.extend(project.unknown_id_columns(number, ids.names()));
            }
            survey.ids.push(ids);
        }
        if let Some(outcomes) = &project.outcomes {
            let needed: Vec<&str> = outcomes
                .lead
                .as_deref()
                .into_iter()
                .chain(outcomes.columns_of_converted())
                .collect();
            let own = (!outcomes.files.is_empty()).then(|| survey.rows(&outcomes.files, &needed));
            let own = own.flatten();
            if let Some(own) = &own {
                survey.mistakes.extend(project.unknown_outcome_columns(own.table.names()));
            }
            let (rows, files) = match outcomes.files.is_empty() {
                true => (leads.as_ref(), &project.leads.files),
                false => (own.as_ref(), &outcomes.files),
            };
            if let Some(rows) = rows {
                let OutcomeSource { converted, won, closed, lost, .. } = outcomes;
                let (converted, of_one) = survey.times_where(files, rows, converted, won);
                survey.converted = converted;
                if let Some(closed) = closed {
                    let (closed, of_other) = survey.times_where(files, rows, closed, lost);
                    if !won.is_empty() && !lost.is_empty() {
                        let ends = survey.converted.iter().zip(&closed);
                        let counts: Vec<bool> =
                            ends.map(|(won, lost)| won.is_some() || lost.is_some()).collect();
                        let neither = (0..counts.len())
                            .filter(|row| (of_one[*row] || of_other[*row]) && !counts[*row]);
                        survey.undecided.see_neither(neither, &rows.table, lost);
                    }
                    survey.closed = Some(closed);
                }
            }
            survey.outcomes = own.map(|own| own.table);
        }
        survey.leads_whole = leads.as_ref().is_some_and(|leads| leads.whole);
        let leads = leads.map(|leads| leads.table);
        survey.leads = leads;
        survey
    }

    /// The rows of leads that could be read, where some could.
    pub fn leads(&self) -> Option<&Table> {
        self.leads.as_ref()
    }

    /// Whether all rows of leads could be read.
    pub fn has_all_leads(&self) -> bool {
        self.leads_whole
    }

    /// How events are read, `None` where there are none; the filters that name properties which are
    /// not there are left out.
    pub fn log(&self) -> Option<EventLog> {
        let columns = self.project.events.first()?.columns.clone();
        // A column that has a role by mistake may be a property.
        let roles = self.project.events.iter().flat_map(|source| source.columns.names());
        let roles: HashSet<&str> = roles.filter(|name| !self.no_times.contains(*name)).collect();
        let all = || self.columns.iter().filter(|column| !roles.contains(column.name.as_str()));
        let mut filters = self.project.filters.clone();
        filters.internal.retain(|of| all().any(|column| column.name == of.property));
        // A column without a value is what it is needed as.
        let needed = self.project.numbers();
        let property = |column: &SeenColumn| column.property(needed.contains(column.name.as_str()));
        let properties: Vec<Property> = all().map(property).collect();
        Some(EventLog { columns, properties, history: self.project.history.clone(), filters })
    }

    /// Of properties of events that are numbers but for a few cells, these cells, in words.
    pub fn strays(&self) -> BTreeMap<String, String> {
        let strays = |of: &SeenColumn| Some((of.name.clone(), of.strays.clone()?));
        self.columns.iter().filter_map(strays).collect()
    }

    /// The properties that the project looks at and that are of several types in its files.
    pub(super) fn mixed(&self) -> Vec<MixedProperty> {
        let roles = self.project.with_role();
        let looked_at = |column: &&SeenColumn| {
            let name = column.name.as_str();
            !roles.contains(name) && self.project.position_of_event_column(name).is_some()
        };
        self.columns.iter().filter(looked_at).filter_map(SeenColumn::mixed).collect()
    }

    /// Nothing where all fits, and `more` is empty too: mistakes in the project file that were found
    /// elsewhere.
    ///
    /// # Errors
    /// [`DatasetError`] with all mistakes.
    pub fn check(&mut self, more: Vec<Mistake>) -> Result<(), DatasetError> {
        let mut mistakes = std::mem::take(&mut self.mistakes);
        mistakes.extend(more);
        let files = std::mem::take(&mut self.failed);
        let project = DocumentError::unless_empty(self.project.source(), mistakes).err();
        if project.is_none() && files.is_empty() {
            return Ok(());
        }
        Err(DatasetError { project, files })
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.mistakes.is_empty() && self.failed.is_empty()
    }

    /// Refuses ids that are floating-point numbers too large to be told apart.
    fn refuse_rounded_ids(&mut self, leads: Option<&Table>) {
        let id = &self.project.leads.id;
        let Some(RawColumn::Number(ids)) = leads.and_then(|leads| leads.column(id)) else { return };
        if let Some(row) = ids.iter().position(|number| number.abs() >= FIRST_ROUNDED) {
            let at = self.project.position_of_lead_column(id).unwrap_or_default();
            let message = format!(
                "the ids in {id:?} are floating-point numbers, and from row {} on some are so large \
                 that neighbours are the same number; write them as whole numbers or texts",
                row + 1
            );
            self.mistakes.push(Mistake::at(at, message));
        }
    }

    /// Looks at the columns of all events. Whether all files could be read.
    fn look_at_events(&mut self) -> bool {
        let mut all = true;
        let roles = self.project.with_role();
        for (number, source) in self.project.events.iter().enumerate() {
            let (paths, found_all) = self.paths(&source.files);
            // Where no file could be named, what there is is not known.
            all &= found_all && !source.files.is_empty();
            let mut names: Vec<String> = Vec::new();
            let mut files = Vec::new();
            self.same_files.extend(same_files(&paths));
            for path in paths {
                // What is in one file no column of truth values alone need not be looked at in others.
                let known = &self.columns;
                let open = |name: &str| {
                    !roles.contains(name)
                        && !known.iter().any(|of| of.name == name && of.is_other())
                };
                let FileColumns { columns, refused } =
                    match look_at_columns(&path, Some(&source.columns), open) {
                        Ok(looked) => looked,
                        Err(error) => {
                            self.failed.push(error);
                            all = false;
                            continue;
                        }
                    };
                names.extend(columns.iter().map(|column| &column.name).cloned());
                names.extend(refused.iter().map(|(name, _)| name).cloned());
                let nested = refused.iter().filter(|(_, what)| *what == parquet::NESTED);
                for (name, _) in nested {
                    if !self.nested.contains(name) {
                        self.nested.push(name.clone());
                    }
                }
                let named = refused
                    .into_iter()
                    .filter(|(name, _)| self.project.position_of_event_column(name).is_some());
                let named: Vec<String> =
                    named.map(|(name, what)| parquet::refused_column(&name, what)).collect();
                if !named.is_empty() {
                    self.failed.push(FileError::mistakes(&path, named));
                    all = false;
                }
                SeenColumn::join(&mut self.columns, &file_name(&path), &columns);
                files.push((path, columns));
            }
            let (found, mistakes) = with_formats(&files, &source.columns);
            for NoTimes { column, path, what } in mistakes {
                let at = self.project.position_of_event_column(&column).unwrap_or_default();
                let message = format!("the column {column:?} of {} {what}", path.display());
                self.mistakes.push(Mistake::at(at, message));
                self.no_times.insert(column);
            }
            if !files.is_empty() {
                self.mistakes.extend(self.project.unknown_event_columns(number, &names));
            }
            self.events.push(found);
        }
        all
    }

    /// Notes a mistake where a file is named.
    fn refuse_path(&mut self, pattern: &str, message: String) {
        let at = self.project.position_of_path(pattern).unwrap_or_default();
        self.mistakes.push(Mistake::at(at, message));
    }

    /// The files that patterns name, each once, in order, and whether every pattern names one.
    fn paths(&mut self, patterns: &[String]) -> (Vec<PathBuf>, bool) {
        let mut paths: Vec<PathBuf> = Vec::new();
        let before = self.mistakes.len();
        for pattern in patterns {
            let full = self.folder.join(pattern);
            // A file may have such a name too.
            if !pattern.contains(['*', '?', '[']) || full.is_file() {
                match std::fs::metadata(&full) {
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                        let message = format!("{}: there is no such file", full.display());
                        self.refuse_path(pattern, message);
                    }
                    Ok(found) if found.is_dir() => {
                        let message = format!(
                            "{}: is a folder, not a file; for all CSV files in it write {:?}",
                            full.display(),
                            format!("{}/*.csv", pattern.trim_end_matches('/'))
                        );
                        self.refuse_path(pattern, message);
                    }
                    _ => paths.push(full),
                }
                continue;
            }
            let found = paths.len();
            match glob::glob(&full.to_string_lossy()) {
                Ok(matched) => paths.extend(matched.flatten().filter(|path| path.is_file())),
                Err(error) => {
                    let message = format!("{pattern:?} is no pattern of files: {}", error.msg);
                    self.refuse_path(pattern, message);
                    continue;
                }
            }
            if paths.len() == found {
                let folder = match self.folder.as_os_str().is_empty() {
                    true => "this folder".to_owned(),
                    false => self.folder.display().to_string(),
                };
                self.refuse_path(pattern, format!("no file matches {pattern:?} in {folder}"));
            }
        }
        let mut seen = HashSet::new();
        paths.retain(|path| seen.insert(path.clone()));
        (paths, self.mistakes.len() == before)
    }

    /// The rows of files that can be read, with the columns of all of them: what a file lacks is missing in its
    /// rows. Every file must have those in `needed`: whose the rows are, and what tells their outcomes. `None` where none can be read.
    fn rows(&mut self, patterns: &[String], needed: &[&str]) -> Option<Rows> {
        let (paths, found_all) = self.paths(patterns);
        self.files.extend(paths.iter().cloned());
        let mut tables = Vec::with_capacity(paths.len());
        for path in &paths {
            match read_table(path) {
                Ok(table) => tables.push((path, table)),
                Err(error) => self.failed.push(error),
            }
        }
        let whole = found_all && tables.len() == paths.len();
        let parts = tables.iter().map(|(path, table)| ((*path).clone(), table.rows())).collect();
        // Where no file is named that is a mistake of the project file.
        if tables.len() < 2 {
            let table = tables.pop()?.1;
            return Some(Rows { table, parts, whole });
        }
        match below_one_another(&tables, needed) {
            Ok((table, lacking)) => {
                self.lacking.extend(lacking);
                Some(Rows { table, parts, whole })
            }
            Err(mistakes) => {
                self.failed.extend(mistakes);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{DataFrame, NamedFrom, ParquetWriter, Series};

    use super::*;

    #[test]
    fn properties_in_a_nested_column_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let text = |name: &str, text: &str| Series::new(name.into(), [text]).into();
        let nested = Series::new("properties".into(), [Series::new("".into(), ["/pricing"])]);
        let columns = vec![
            text("lead_id", "a"),
            text("kind", "page_view"),
            text("at", "2024-01-01T00:00:00Z"),
            nested.into(),
        ];
        let mut frame = DataFrame::new(1, columns).unwrap();
        let file = std::fs::File::create(folder.path().join("events.parquet")).unwrap();
        ParquetWriter::new(file).finish(&mut frame).unwrap();
        std::fs::write(folder.path().join("leads.csv"), "lead_id\na\n").unwrap();
        let text = "[leads]\nfiles = [\"leads.csv\"]\nid = \"lead_id\"\n[events]\n\
                    files = [\"events.parquet\"]\n[signals]\n\
                    a = { count = \"page_view\", where = { page = \"/pricing\" } }\n";
        let project = Project::parse("p.toml", text).unwrap();
        let error = Survey::of(&project, folder.path()).check(Vec::new()).unwrap_err().to_string();
        let expected = "the events have no property \"page\"; a nested column is not read (\"properties\"): \
                        write its fields as columns of their own";
        assert!(error.contains(expected), "{error}");
    }
}
