//! The columns of files of events, told by their first rows before any event is read.

use std::path::Path;

use super::events::{NAMED, is_parquet};
use super::{FileError, delimited, parquet};
use crate::events::Property;
use crate::kind::is_stand_in;
use crate::{TextColumn, Time};

/// Rows of a CSV file of events that are looked at to tell numbers and times from texts.
const LOOKED_AT: usize = 10_000;

/// A column of events that was looked at.
#[derive(Debug)]
pub(super) struct LookedColumn {
    pub(super) name: String,
    /// Whether it holds numbers; `None` where the rows that were looked at have no value.
    pub(super) number: Option<bool>,
    /// What keeps a column from being one of numbers, in words: a few cells, or the type that the file
    /// gives it.
    pub(super) strays: Option<String>,
    /// A value that is no time, in words, where most of the values are none.
    pub(super) no_times: Option<String>,
}

/// What was found in a file of events.
#[derive(Debug)]
pub(super) struct LookedFile {
    pub(super) columns: Vec<LookedColumn>,
    /// The columns that cannot be read, and why.
    pub(super) refused: parquet::Refused,
}

/// Looks at the columns of events in a file.
///
/// # Errors
/// [`FileError`] when the file cannot be read.
pub(super) fn look_at_columns(path: &Path) -> Result<LookedFile, FileError> {
    if is_parquet(path)? {
        let parquet::Groups { names, refused, .. } = parquet::Groups::open(path)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let columns = names.into_iter().map(|(name, number)| LookedColumn {
            name,
            number: Some(number),
            strays: (!number).then(|| format!("in {file} it is no column of numbers")),
            no_times: number.then(|| "it holds numbers".to_owned()),
        });
        return Ok(LookedFile { columns: columns.collect(), refused });
    }
    let mut rows = delimited::open(path)?;
    let every: Vec<usize> = (0..rows.names.len()).collect();
    let columns = rows.next(&every, LOOKED_AT)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let columns = rows.names.into_iter().zip(&columns);
    let columns = columns.map(|(name, column)| looked(name, column, &file)).collect();
    Ok(LookedFile { columns, refused: Vec::new() })
}

/// A column of texts of a file, by its first rows.
fn looked(name: String, column: &TextColumn, file: &str) -> LookedColumn {
    let (mut filled, mut odd, mut examples) = (0, 0, Vec::new());
    let (mut times, mut no_time) = (0, None);
    for row in 0..column.len() {
        let text = column.get(row).trim();
        if is_stand_in(text) {
            continue;
        }
        filled += 1;
        let shown = || {
            let text: String = text.chars().take(40).collect();
            format!("row {} has {text:?}", row + 1)
        };
        if !text.parse::<f64>().is_ok_and(|number| !number.is_nan()) {
            odd += 1;
            if examples.len() < NAMED {
                examples.push(shown());
            }
        }
        match Time::parse(text) {
            Ok(_) => times += 1,
            Err(_) => no_time = no_time.or_else(|| Some(shown())),
        }
    }
    let strays = (odd > 0 && 2 * odd < filled).then(|| {
        let examples = examples.join(", ");
        let verb = if odd == 1 { "is" } else { "are" };
        format!("in {file} {odd} of {filled} values {verb} no number: {examples}")
    });
    let no_times = no_time.filter(|_| 2 * times < filled);
    LookedColumn { name, number: (filled > 0).then_some(odd == 0), strays, no_times }
}

/// The columns of events in a file, with whether each is a number; the columns that have a role are
/// among them.
///
/// # Errors
/// [`FileError`] when the file cannot be read.
pub fn event_columns(path: &Path) -> Result<Vec<Property>, FileError> {
    // A column without a value is taken for text.
    let property =
        |LookedColumn { name, number, .. }| Property { name, number: number.unwrap_or(false) };
    Ok(look_at_columns(path)?.columns.into_iter().map(property).collect())
}

/// Joins the columns of another file: a number is one wherever there is a value.
pub(super) fn merge_columns(all: &mut Vec<LookedColumn>, more: Vec<LookedColumn>) {
    for column in more {
        match all.iter_mut().find(|known| known.name == column.name) {
            Some(known) => {
                known.number = match (known.number, column.number) {
                    (Some(a), Some(b)) => Some(a && b),
                    (a, b) => a.or(b),
                };
                known.strays = known.strays.take().or(column.strays);
                known.no_times = known.no_times.take().or(column.no_times);
            }
            None => all.push(column),
        }
    }
}
