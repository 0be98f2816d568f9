//! Files to tables and back. CSV is read by the `csv` crate, which names the row of every mistake, or
//! split as it would; Parquet goes through polars.

mod columns;
mod dataset;
mod delimited;
mod event_columns;
mod events;
mod history;
mod ingest;
mod look;
mod outcomes;
mod overlap;
mod packed;
mod pages;
mod parquet;
mod persons;
mod property_types;
mod runs;
mod same_files;
mod split;
mod survey;
mod tables;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

pub use columns::{Cells, ColumnCursor, ColumnFile, Run};
pub use dataset::{Dataset, DatasetReport};
pub use event_columns::event_columns;
pub use events::{EventFile, EventFiles, EventReport, EventStore, LackingFile, LeadLookup};
pub use history::HistorySeen;
pub use look::{look_at_event_columns, look_at_files, look_at_table};
pub use outcomes::Undecided;
pub use property_types::MixedProperty;
pub use survey::{DatasetError, Survey, is_plausible};
pub use tables::LackingColumn;
pub use write::{Packing, Sheet, SheetColumn, SheetWriter, write_atomic, write_sheet};

use crate::{Table, TableError};

/// Why a file could not be read or written. Every message opens with the file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system said no.
    #[error("{}: {message}", path.display())]
    Os {
        /// The file.
        path: PathBuf,
        /// What happened and what to do.
        message: String,
    },
    /// The content is not what it should be; the mistakes found, at most a handful.
    #[error("{}: {}", path.display(), mistakes.join("\n  "))]
    Content {
        /// The file.
        path: PathBuf,
        /// The mistakes.
        mistakes: Vec<String>,
    },
}

impl FileError {
    fn content(path: &Path, mistake: impl Into<String>) -> Self {
        Self::mistakes(path, vec![mistake.into()])
    }

    fn mistakes(path: &Path, mistakes: Vec<String>) -> Self {
        FileError::Content { path: path.to_owned(), mistakes }
    }

    fn os(path: &Path, error: &std::io::Error) -> Self {
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            std::io::ErrorKind::IsADirectory => "is a folder, not a file".to_owned(),
            _ => error.to_string(),
        };
        FileError::Os { path: path.to_owned(), message }
    }

    fn table(path: &Path, error: &TableError) -> Self {
        FileError::content(path, error.to_string())
    }
}

/// Reads a CSV or Parquet file; which of them is found by looking at its first bytes.
///
/// CSV: the delimiter (`,` `;` tab or `|`) is found by looking, fields may be quoted, a byte-order
/// mark is dropped, and every cell stays the text that it is.
///
/// # Errors
/// [`FileError`]: no such file, empty, a header without rows, a column twice, a row with too many
/// or too few fields, bytes that are not UTF-8 (each with its row), a Parquet column of a nested
/// type.
pub fn read_table(path: &Path) -> Result<Table, FileError> {
    parse_table(path, read_file(path)?)
}

/// As [`read_table`], from bytes that were read already; `path` is for messages.
///
/// # Errors
/// [`FileError`], as for [`read_table`].
pub fn parse_table(path: &Path, bytes: Vec<u8>) -> Result<Table, FileError> {
    match format_of(path, &bytes)? {
        Format::Parquet => parquet::read(path, bytes),
        Format::Delimited => delimited::read(path, &bytes),
    }
}

/// How a file can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Delimited,
    Parquet,
}

/// The bytes that a format is known by.
const MAGIC: usize = 512;

/// How a file with such first bytes, [`MAGIC`] of them or more where it has as many, is read.
fn format_of(path: &Path, bytes: &[u8]) -> Result<Format, FileError> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let is_toml = path.extension().is_some_and(|of| of.eq_ignore_ascii_case("toml"));
    let refused = if bytes.is_empty() {
        "is empty; it needs a header and rows"
    } else if starts(b"PAR1") {
        return Ok(Format::Parquet);
    } else if starts(&[0x1f, 0x8b]) {
        "is compressed with gzip; decompress it first (gunzip)"
    } else if starts(b"PK\x03\x04") {
        "is a zip archive or an Excel workbook; unzip it, or save the sheet as CSV (UTF-8)"
    } else if starts(&[0xff, 0xfe]) || starts(&[0xfe, 0xff]) {
        "is UTF-16; save it as CSV (UTF-8), or convert it (iconv -f UTF-16 -t UTF-8)"
    } else if starts(b"LEADSCRB") {
        "is a leadscore bundle, and no table: predict, explain and compare take it as --model, \
         and leadscore card FILE shows it"
    } else if starts(b"\xd0\xcf\x11\xe0") {
        "is an old Excel workbook; save the sheet as CSV (UTF-8)"
    } else if is_toml {
        "is a TOML file, and no table: name a CSV or Parquet file; signals, train, predict and explain take a \
         leadscore.toml too, and rule sets are named by --points"
    } else if is_json(text) {
        "is JSON, and no table: write it as CSV or Parquet; leadscore serve takes leads as JSON (POST /predict)"
    } else if is_markup(text) {
        "is a web page or XML, and no table: export it as CSV or Parquet"
    } else if is_drawn(text) {
        "is a table drawn with dashes, as in Markdown or as a database prints it; export it as CSV"
    } else if bytes[..bytes.len().min(MAGIC)].contains(&0) {
        "is a binary file, neither CSV nor Parquet; export it as one of these"
    } else {
        return Ok(Format::Delimited);
    };
    Err(FileError::content(path, refused))
}

/// Whether a text begins as web pages and XML do. A header may begin with any other name in angle brackets.
fn is_markup(text: &[u8]) -> bool {
    let starts =
        |with: &[u8]| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    [&b"<!doctype"[..], b"<html", b"<?xml", b"<table"].into_iter().any(starts)
}

/// Whether the second line of a text is the one that is drawn below a header: `|---|:--|`, `----+----`.
fn is_drawn(text: &[u8]) -> bool {
    let line = text.split(|byte| *byte == b'\n').nth(1).unwrap_or_default().trim_ascii();
    let drawn = line.iter().all(|byte| matches!(byte, b'-' | b'|' | b'+' | b':' | b' '));
    let has = |sign: &[u8]| line.windows(sign.len()).any(|part| part == sign);
    drawn && has(b"--") && (has(b"|") || has(b"+"))
}

/// Whether a text begins as JSON does, and as no header of a table: with an object, or a list of them.
fn is_json(text: &[u8]) -> bool {
    let object = |text: &[u8]| {
        let inside = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
        inside.is_some_and(|inside| {
            inside.is_empty() || inside.starts_with(b"\"") || inside.starts_with(b"}")
        })
    };
    let item = text.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    object(text) || item.is_some_and(object)
}

/// Reads a whole file.
///
/// # Errors
/// [`FileError`] naming the file.
pub fn read_file(path: &Path) -> Result<Vec<u8>, FileError> {
    if path.is_dir() {
        return Err(FileError::Os {
            path: path.to_owned(),
            message: "is a folder, not a file".to_owned(),
        });
    }
    fs::read(path).map_err(|error| FileError::os(path, &error))
}
