//! A look at the events that tell the history of attributes: whether the columns that are to name the
//! attributes and to hold the values do.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::look::first_rows;
use super::{EventFiles, FileError};
use crate::events::History;
use crate::{Cell, RawColumn, Table, canonical_number, did_you_mean};

/// Events of the history that are enough to tell which column has the values.
const ENOUGH: usize = 1_000;

/// What was seen of the events that tell the history of attributes of leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistorySeen {
    /// How many were looked at: those that name one of the attributes, in files with the column of values.
    pub events: usize,
    /// In how many of them the column of values holds one.
    pub filled: usize,
    /// In how many it holds one that some lead has in the attribute.
    pub fitting: usize,
    /// The other column that holds such values most often, and in how many.
    pub other: Option<(String, usize)>,
    /// Events of the kind that name no column of the leads.
    pub naming_none: usize,
    /// Those of them that name something else.
    pub naming_others: usize,
    /// What most of those name that is nearly an attribute: as they write it, the attribute, and how many do.
    pub nearly: Option<(String, String, usize)>,
    /// The other column that names one of the attributes in most of them, and in how many.
    pub other_names: Option<(String, usize)>,
}

impl HistorySeen {
    /// Looks at the first rows of files of events, as many as it takes. What a file lacks is not its part.
    ///
    /// # Errors
    /// [`FileError`] when a file cannot be read.
    pub fn of(history: &History, events: &[EventFiles], leads: &Table) -> Result<Self, FileError> {
        let mut known: HashMap<&str, HashSet<String>> = HashMap::new();
        for attribute in &history.attributes {
            let column = leads.column(attribute).into_iter().flat_map(RawColumn::cells);
            known
                .insert(attribute, column.filter_map(Cell::into_text).map(|t| plain(&t)).collect());
        }
        let mut seen = Self::default();
        let (mut of_values, mut of_names) = (BTreeMap::new(), BTreeMap::new());
        let (mut named, mut others): (HashSet<String>, BTreeMap<String, usize>) =
            (HashSet::new(), BTreeMap::new());
        let files =
            events.iter().flat_map(|of| of.files.iter().map(move |file| (file, &of.columns)));
        for (file, roles) in files {
            let rows = first_rows(&file.path)?;
            let column = |name: &str| rows.iter().find(|(known, _)| known == name).map(|(_, c)| c);
            let Some(kinds) = column(&roles.kind) else { continue };
            let attributes = column(&history.attribute);
            let has_values = column(&history.value).is_some();
            let mut candidates: Vec<Candidate<'_>> = Vec::new();
            for (name, column) in &rows {
                let free = *name != history.attribute && !roles.names().any(|role| role == name);
                candidates.extend(free.then_some(Candidate { name, column, values: 0, names: 0 }));
            }
            for row in 0..kinds.len() {
                let is = |column: &RawColumn, text: &str| {
                    column.cell(row).into_text().is_some_and(|t| t == text)
                };
                if !is(kinds, &history.kind) {
                    continue;
                }
                let attribute = attributes.and_then(|column| column.cell(row).into_text());
                let attribute = attribute.as_deref().unwrap_or_default().trim();
                let Some(values) = known.get(attribute) else {
                    if leads.column(attribute).is_some() {
                        continue;
                    }
                    seen.naming_none += 1;
                    if !attribute.is_empty() {
                        seen.naming_others += 1;
                        *others.entry(attribute.to_owned()).or_default() += 1;
                    }
                    for Candidate { column, names, .. } in &mut candidates {
                        let text = column.cell(row).into_text();
                        let is_one = text.is_some_and(|text| known.contains_key(text.trim()));
                        *names += usize::from(is_one);
                    }
                    continue;
                };
                if !named.contains(attribute) {
                    named.insert(attribute.to_owned());
                }
                if !has_values {
                    continue;
                }
                seen.events += 1;
                for Candidate { name, column, values: fitting, .. } in &mut candidates {
                    let Some(text) = column.cell(row).into_text() else { continue };
                    let fits = usize::from(values.contains(&plain(&text)));
                    if **name == history.value {
                        seen.filled += 1;
                        seen.fitting += fits;
                    } else {
                        *fitting += fits;
                    }
                }
            }
            for Candidate { name, values, names, .. } in candidates {
                *of_values.entry(name.clone()).or_default() += values;
                *of_names.entry(name.clone()).or_default() += names;
            }
            if seen.events >= ENOUGH {
                break;
            }
        }
        seen.other = most(of_values);
        seen.other_names = most(of_names);
        // What is nearly an attribute may be another one, unless it differs by case alone.
        let nearly = |(name, count): (String, usize)| {
            let near = did_you_mean(&name, history.attributes.iter().map(String::as_str))?;
            let is_slip = !named.contains(near) || near.to_lowercase() == name.to_lowercase();
            is_slip.then(|| (name, near.to_owned(), count))
        };
        let nearly: Vec<(String, String, usize)> = others.into_iter().filter_map(nearly).collect();
        seen.nearly = nearly.into_iter().rev().max_by_key(|(.., count)| *count);
        Ok(seen)
    }

    /// Whether no event of the kind names a column of the leads, though some name something, or another column
    /// does it.
    pub fn names_none(&self) -> bool {
        self.events == 0 && (self.naming_others > 0 || self.better_names().is_some())
    }

    /// The other column that names attributes in most of the events in which the one that is to does not.
    pub fn better_names(&self) -> Option<&str> {
        let (name, naming) = self.other_names.as_ref()?;
        (2 * naming >= self.naming_none).then_some(name)
    }

    /// The other column that most events hold a value of the leads in, where hardly any does in the column
    /// of values.
    pub fn better(&self) -> Option<&str> {
        let (name, fitting) = self.other.as_ref()?;
        (2 * fitting >= self.events && 10 * self.fitting < *fitting).then_some(name)
    }
}

/// A column that may be the one that names attributes, or that of their values.
struct Candidate<'r> {
    name: &'r String,
    column: &'r RawColumn,
    /// In how many events it holds a value of the attribute that is named.
    values: usize,
    /// In how many of those that name none it names one.
    names: usize,
}

/// The column that was counted most often; of two, the first by name.
fn most(counts: BTreeMap<String, usize>) -> Option<(String, usize)> {
    counts.into_iter().rev().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0)
}

/// A value as it is held against another: a number in one way of writing, a text in lower case.
fn plain(text: &str) -> String {
    let text = text.trim();
    text.parse().map_or_else(|_| text.to_lowercase(), canonical_number)
}
