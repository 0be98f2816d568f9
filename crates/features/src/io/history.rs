//! A look at the events that tell the history of attributes: whether the column that is to hold the values
//! does.

use std::collections::{HashMap, HashSet};

use super::look::first_rows;
use super::{EventFiles, FileError};
use crate::events::History;
use crate::{Cell, RawColumn, Table, canonical_number};

/// Events of the history that are enough to tell which column has the values.
const ENOUGH: usize = 1_000;

/// What was seen of the events that tell the history of attributes of leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistorySeen {
    /// How many were looked at.
    pub events: usize,
    /// In how many of them the column of values holds one.
    pub filled: usize,
    /// In how many it holds one that some lead has in the attribute.
    pub fitting: usize,
    /// The other column that holds such values most often, and in how many.
    pub other: Option<(String, usize)>,
}

impl HistorySeen {
    /// Looks at the first rows of files of events, as many as it takes.
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
        let mut others: Vec<(String, usize)> = Vec::new();
        let files =
            events.iter().flat_map(|of| of.files.iter().map(move |file| (file, &of.columns)));
        for (file, roles) in files {
            let rows = first_rows(&file.path)?;
            let column = |name: &str| rows.iter().find(|(known, _)| known == name).map(|(_, c)| c);
            let (Some(kinds), Some(attributes)) = (column(&roles.kind), column(&history.attribute))
            else {
                continue;
            };
            let mut candidates: Vec<(&String, &RawColumn, usize)> = Vec::new();
            for (name, column) in &rows {
                let free = *name != history.attribute && !roles.names().any(|role| role == name);
                candidates.extend(free.then_some((name, column, 0)));
            }
            for row in 0..kinds.len() {
                let is = |column: &RawColumn, text: &str| {
                    column.cell(row).into_text().is_some_and(|t| t == text)
                };
                if !is(kinds, &history.kind) {
                    continue;
                }
                let Some(attribute) = attributes.cell(row).into_text() else { continue };
                let Some(values) = known.get(attribute.as_ref()) else { continue };
                seen.events += 1;
                for (name, column, fitting) in &mut candidates {
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
            for (name, _, fitting) in candidates {
                match others.iter_mut().find(|(known, _)| known == name) {
                    Some((_, all)) => *all += fitting,
                    None => others.push((name.clone(), fitting)),
                }
            }
            if seen.events >= ENOUGH {
                break;
            }
        }
        // Of two that hold as many, the first.
        seen.other =
            others.into_iter().rev().max_by_key(|(_, fitting)| *fitting).filter(|(_, n)| *n > 0);
        Ok(seen)
    }

    /// The other column that most events hold a value of the leads in, where hardly any does in the column
    /// of values.
    pub fn better(&self) -> Option<&str> {
        let (name, fitting) = self.other.as_ref()?;
        (2 * fitting >= self.events && 10 * self.fitting < *fitting).then_some(name)
    }
}

/// A value as it is held against another: a number in one way of writing, a text in lower case.
fn plain(text: &str) -> String {
    let text = text.trim();
    text.parse().map_or_else(|_| text.to_lowercase(), canonical_number)
}
