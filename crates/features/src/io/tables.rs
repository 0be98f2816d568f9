//! Rows of several files as one table.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::FileError;
use crate::{RawColumn, Table};

/// A column that some files of leads, of other ids or of outcomes have and others lack. It is missing in the
/// rows of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LackingColumn {
    /// The column.
    pub column: String,
    /// The names of the files without it.
    pub files: Vec<String>,
}

/// The rows of files one below another, with the columns of all of them, and the columns that some lack. All
/// must have those in `needed`.
///
/// # Errors
/// A [`FileError`] for each file that lacks one of `needed`; or one where the columns make no table.
pub(super) fn below_one_another(
    tables: &[(&PathBuf, Table)],
    needed: &[&str],
) -> Result<(Table, Vec<LackingColumn>), Vec<FileError>> {
    let mut known = HashSet::new();
    let names = tables.iter().flat_map(|(_, table)| table.names());
    let names: Vec<&String> = names.filter(|name| known.insert(name.as_str())).collect();
    let (mut columns, mut all_lacking) = (Vec::with_capacity(names.len()), Vec::new());
    let mut mistakes = Vec::new();
    for name in names {
        let found: Vec<Option<&RawColumn>> =
            tables.iter().map(|(_, table)| table.column(name)).collect();
        let Some(like) = found.iter().flatten().next() else { continue };
        let lacking: Vec<&(&PathBuf, Table)> =
            tables.iter().zip(&found).filter(|(_, of)| of.is_none()).map(|(of, _)| of).collect();
        if needed.contains(&name.as_str()) {
            let message = format!(
                "there is no column {name:?}, which the project file names and other files have; give it that name \
                 here too"
            );
            mistakes
                .extend(lacking.iter().map(|(path, _)| FileError::content(path, message.as_str())));
        } else if !lacking.is_empty() {
            let files = lacking.iter().map(|(path, _)| file_name(path)).collect();
            all_lacking.push(LackingColumn { column: name.clone(), files });
        }
        // Rows past the end are empty cells of the type of the column.
        let empty: Vec<RawColumn> =
            lacking.iter().map(|(_, table)| like.take(&vec![usize::MAX; table.rows()])).collect();
        let mut empty = empty.iter();
        let parts: Vec<&RawColumn> =
            found.into_iter().filter_map(|found| found.or_else(|| empty.next())).collect();
        columns.push((name.clone(), RawColumn::concat(&parts)));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let first = tables.first().map_or(Path::new(""), |(path, _)| path.as_path());
    let table = Table::new(columns).map_err(|e| vec![FileError::table(first, &e)])?;
    Ok((table, all_lacking))
}

/// The name of a file, for messages.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
