//! The columns of a Parquet file, page by page. Where a writer has kept a column's distinct values
//! apart, what is given is that list and a code for each row, so that a value is looked at once.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use polars_parquet::read::{ColumnChunkMetadata, infer_schema};

use super::FileError;
use super::pages::{Pages, Stored, is_of_tables, stored};
use super::parquet::{Groups, Lent, TextKey};
use crate::{Cell, RawColumn};

/// A Parquet file that is read by columns and row groups; what of it is in memory is a compressed
/// column of a row group for each cursor, and a page or so of its content.
pub struct ColumnFile<'p> {
    path: &'p Path,
    pub(super) groups: Groups<'p>,
    stored: HashMap<String, Stored>,
    is_plain: bool,
    file: Mutex<File>,
    opened: Metadata,
}

impl<'p> ColumnFile<'p> {
    /// Opens a file. `None` where it is not a Parquet file, or can be read only once.
    ///
    /// # Errors
    /// [`FileError`] where the file cannot be read.
    pub fn open(path: &'p Path) -> Result<Option<Self>, FileError> {
        let failed = |error: std::io::Error| FileError::os(path, &error);
        if !path.is_file() {
            return Ok(None);
        }
        let mut file = File::open(path).map_err(failed)?;
        let opened = file.metadata().map_err(failed)?;
        let mut magic = [0; 4];
        if file.read_exact(&mut magic).is_err() || magic != *b"PAR1" {
            return Ok(None);
        }
        let groups = Groups::open(path)?;
        let (stored, is_plain) = match infer_schema(groups.metadata()) {
            Ok(schema) => {
                let all = schema.iter_values().all(|field| is_of_tables(&field.dtype));
                let plain = groups.names.len() == schema.len();
                (stored(&groups, &schema), all && plain)
            }
            Err(_) => (HashMap::new(), false),
        };
        Ok(Some(Self { path, groups, stored, is_plain, file: Mutex::new(file), opened }))
    }

    /// Whether there is a column of a type that can be read.
    pub fn has(&self, column: &str) -> bool {
        self.groups.names.iter().any(|(name, _)| name == column)
    }

    /// Whether all columns are of types that tables have: a file with others is refused when it is
    /// read as a table.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The rows of each row group.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = usize> {
        self.groups.groups.iter().map(|(_, rows)| *rows)
    }

    /// A column of a row group, from its first row on.
    ///
    /// # Errors
    /// [`FileError`] where the column is not there or cannot be read.
    pub fn column<'f>(
        &'f self,
        group: usize,
        name: &str,
    ) -> Result<ColumnCursor<'f, 'p>, FileError> {
        let source = match self.pages(group, name) {
            Some(pages) => Source::Pages(Box::new(pages)),
            None => Source::Lent(self.lend(group, name)?),
        };
        Ok(ColumnCursor { file: self, group, name: name.to_owned(), source, row: 0 })
    }

    /// Whether the file is still the one that was opened.
    ///
    /// # Errors
    /// [`FileError`] where it was changed, or cannot be looked at.
    pub fn check_unchanged(&self) -> Result<(), FileError> {
        let failed = |error: std::io::Error| FileError::os(self.path, &error);
        let now = std::fs::metadata(self.path).map_err(failed)?;
        let same = now.len() == self.opened.len()
            && matches!((now.modified(), self.opened.modified()), (Ok(a), Ok(b)) if a == b);
        if same {
            return Ok(());
        }
        Err(FileError::content(self.path, "was changed while it was read; read it again"))
    }

    /// A column of a row group as polars reads it.
    fn lend(&self, group: usize, name: &str) -> Result<Lent, FileError> {
        let [lent] = <[Lent; 1]>::try_from(self.groups.lend(group, &[name.to_owned()])?)
            .map_err(|_| FileError::content(self.path, format!("there is no column {name:?}")))?;
        Ok(lent)
    }

    /// A column's pages; `None` where they are not of a kind that is read here.
    fn pages(&self, group: usize, name: &str) -> Option<Pages> {
        let stored = *self.stored.get(name)?;
        let chunk = self.groups.chunk(group, name)?;
        let bytes = self.bytes(chunk)?;
        Pages::open(stored, chunk, bytes)
    }

    fn bytes(&self, chunk: &ColumnChunkMetadata) -> Option<Vec<u8>> {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        let start = u64::try_from(start).ok()?;
        let length = u64::try_from(chunk.compressed_size()).ok()?;
        if start.checked_add(length)? > self.opened.len() {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
        // Nothing is left half done by a thread that panics while it holds the lock.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start)).ok()?;
        (&mut *file).take(length).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 == length).then_some(bytes)
    }
}

/// A column of a row group, and how far it was read.
pub struct ColumnCursor<'f, 'p> {
    file: &'f ColumnFile<'p>,
    group: usize,
    name: String,
    source: Source,
    row: usize,
}

enum Source {
    Pages(Box<Pages>),
    Lent(Lent),
}

/// Some rows of a column.
pub enum Run<'c> {
    /// For each row, a position in [`ColumnCursor::distinct`].
    Codes(&'c [u32]),
    /// The cells of rows as they are.
    Cells(Cells<'c>),
}

/// Cells that stand one below the other.
pub struct Cells<'c> {
    pub(super) of: &'c Lent,
    pub(super) rows: Range<usize>,
}

impl Run<'_> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Run::Codes(codes) => codes.len(),
            Run::Cells(cells) => cells.rows.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'c> Cells<'c> {
    /// A cell; rows count from the first of these.
    #[inline]
    pub(super) fn cell(&self, row: usize) -> Cell<'c> {
        self.of.cell(self.rows.start + row)
    }

    /// See [`Lent::key`].
    #[inline]
    pub(super) fn key(&self, row: usize) -> Option<TextKey> {
        self.of.key(self.rows.start + row)
    }

    /// The cells, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Cell<'c>> + use<'c> {
        let of = self.of;
        self.rows.clone().map(move |row| of.cell(row))
    }
}

impl ColumnCursor<'_, '_> {
    /// The name of the column.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The distinct values that codes stand for, the last of them an empty cell. `None` where there
    /// are no codes.
    pub fn distinct(&self) -> Option<&RawColumn> {
        match &self.source {
            Source::Pages(pages) => pages.dictionary.as_deref(),
            Source::Lent(_) => None,
        }
    }

    /// As [`ColumnCursor::distinct`], to be looked at beside what is read.
    pub(super) fn shared_distinct(&self) -> Option<Arc<RawColumn>> {
        match &self.source {
            Source::Pages(pages) => pages.dictionary.clone(),
            Source::Lent(_) => None,
        }
    }

    /// How many rows can be given at once, at least one; there must be one.
    ///
    /// # Errors
    /// [`FileError`] where the column cannot be read.
    pub(super) fn ready(&mut self) -> Result<usize, FileError> {
        // What is not understood here is read by polars, which says what is wrong where it is.
        if let Source::Pages(pages) = &mut self.source
            && pages.ready().is_none()
        {
            self.source = Source::Lent(self.file.lend(self.group, &self.name)?);
        }
        let rows = match &self.source {
            Source::Pages(pages) => pages.waiting(),
            Source::Lent(lent) => lent.len().saturating_sub(self.row),
        };
        if rows == 0 {
            let said = format!("the column {:?} has too few rows", self.name);
            return Err(FileError::content(self.file.path, said));
        }
        Ok(rows)
    }

    /// The next rows, at least one and at most `most`; there must be one.
    ///
    /// # Errors
    /// [`FileError`] where the column cannot be read.
    pub fn next(&mut self, most: usize) -> Result<Run<'_>, FileError> {
        let rows = self.ready()?.min(most);
        let start = self.row;
        self.row += rows;
        Ok(match &mut self.source {
            Source::Pages(pages) => pages.take(rows),
            Source::Lent(lent) => Run::Cells(Cells { of: lent, rows: start..start + rows }),
        })
    }
}
