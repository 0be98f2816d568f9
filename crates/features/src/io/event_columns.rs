//! The columns of files of events, told by their first rows before any event is read.

use std::path::{Path, PathBuf};

use super::events::{EventFile, EventFiles, NAMED, is_parquet, open_by_parts};
use super::property_types::{SeenColumn, Truth};
use super::{FileError, delimited, parquet};
use crate::date_format::{Counted, DatesSeen, Found, advice_on_zone};
use crate::events::{EventColumns, Property};
use crate::kind::{is_code, is_stand_in};
use crate::{DateFormat, RawColumn, TextColumn};

/// Rows of a file of events that are looked at to tell numbers and times from texts.
const LOOKED_AT: usize = 10_000;
/// Rows that are read at a time after that, where they do not tell how dates are written.
const BATCH: usize = 1 << 16;

/// What is wrong with a column of dates such as 01/02/2024, in words that follow its name.
pub(super) const AMBIGUOUS: &str = "holds dates whose day and month cannot be told apart; write \
                                    them as 2024-01-31";

/// A column of events that was looked at.
#[derive(Debug)]
pub(super) struct FileColumn {
    pub(super) name: String,
    /// Whether it holds numbers; `None` where the rows that were looked at have no value.
    pub(super) number: Option<bool>,
    /// What its values are as truth values.
    pub(super) truth: Truth,
    /// What keeps a column from being one of numbers, in words: a few cells, or the type that the file
    /// gives it.
    pub(super) strays: Option<String>,
    /// What its texts are as dates; `None` where the file itself says what the column holds.
    dates: Option<DatesSeen>,
    /// The first number of a column that is to hold moments, by its 0-based row, where the file says that it holds
    /// numbers.
    number_at: Option<(usize, String)>,
}

/// What was found in a file of events.
#[derive(Debug)]
pub(super) struct FileColumns {
    pub(super) columns: Vec<FileColumn>,
    /// The columns that cannot be read, and why.
    pub(super) refused: parquet::Refused,
}

/// Looks at the columns of events in a file. Those that hold moments by their `roles` are looked at as such
/// too, and of a Parquet file, which says of itself what is a number, those at the values of which `look` says so.
///
/// # Errors
/// [`FileError`] when the file cannot be read.
pub(super) fn look_at_columns(
    path: &Path,
    roles: Option<&EventColumns>,
    look: impl Fn(&str) -> bool,
) -> Result<FileColumns, FileError> {
    let of_roles = roles.into_iter().flat_map(moments);
    let times: Vec<&str> = of_roles.filter_map(|(_, name)| Some(name?.as_str())).collect();
    if is_parquet(path)? {
        let opened = open_by_parts(path)?;
        let groups = &opened.groups;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let mut columns = Vec::with_capacity(groups.names.len());
        for (name, number) in &groups.names {
            let (mut dates, mut number_at) = (None, None);
            if times.contains(&name.as_str()) && *number {
                for (group, &(first, _)) in groups.groups.iter().enumerate() {
                    let columns = groups.read(group, std::slice::from_ref(name))?;
                    let cells = columns.iter().flat_map(|column| column.cells()).enumerate();
                    let mut texts = cells.filter_map(|(row, cell)| Some((row, cell.into_text()?)));
                    if let Some((row, text)) = texts.next() {
                        number_at = Some((first + row, text.into_owned()));
                        break;
                    }
                }
            }
            if times.contains(&name.as_str()) && !number {
                for (group, &(first, _)) in groups.groups.iter().enumerate() {
                    if dates.as_ref().is_some_and(|seen| is_enough(seen, first)) {
                        break;
                    }
                    let column = groups.read(group, std::slice::from_ref(name))?;
                    // Moments need not be read to be told from texts: one group says what all are.
                    let Some(column) = column.first().filter(|column| column.is_text()) else {
                        break;
                    };
                    see_dates(dates.get_or_insert_default(), column, first);
                }
            }
            let strays = (!number).then(|| format!("in {file} it is no column of numbers"));
            // One that cannot be read is a mistake where it is asked for, and no matter elsewhere.
            let truth = if groups.truth_values.contains(name) {
                Truth::Words { plain: true }
            } else if look(name) {
                Truth::of(&opened, name, LOOKED_AT).unwrap_or(Truth::Other)
            } else {
                Truth::Other
            };
            let (name, number) = (name.clone(), Some(*number));
            columns.push(FileColumn { name, number, truth, strays, dates, number_at });
        }
        return Ok(FileColumns { columns, refused: opened.groups.refused });
    }
    let mut rows = delimited::open(path)?;
    let every: Vec<usize> = (0..rows.names.len()).collect();
    let columns = rows.next(&every, LOOKED_AT)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let columns = rows.names.iter().zip(columns);
    let columns = columns.map(|(name, column)| {
        let (number, strays, truth) = values_seen(&column, &file);
        let dates = times.contains(&name.as_str()).then(|| {
            let mut seen = DatesSeen::default();
            see_dates(&mut seen, &RawColumn::Text(column), 0);
            seen
        });
        FileColumn { name: name.clone(), number, truth, strays, dates, number_at: None }
    });
    let mut columns: Vec<FileColumn> = columns.collect();
    let mut first = LOOKED_AT;
    loop {
        let untold = |(_, column): &(usize, &FileColumn)| {
            column.dates.as_ref().is_some_and(|seen| !is_enough(seen, first))
        };
        let open: Vec<usize> =
            columns.iter().enumerate().filter(untold).map(|(place, _)| place).collect();
        let more = if open.is_empty() { Vec::new() } else { rows.next(&open, BATCH)? };
        let count = more.first().map_or(0, TextColumn::len);
        if count == 0 {
            return Ok(FileColumns { columns, refused: Vec::new() });
        }
        for (place, column) in open.into_iter().zip(more) {
            if let Some(seen) = &mut columns[place].dates {
                see_dates(seen, &RawColumn::Text(column), first);
            }
        }
        first += count;
    }
}

/// Whether so many rows tell how dates are written. A log in order of time may begin with many days that
/// do not tell the day from the month.
fn is_enough(seen: &DatesSeen, rows: usize) -> bool {
    rows >= LOOKED_AT && seen.found() != Found::Ambiguous
}

/// Whether the texts of a column are numbers, those that keep them from it, in words, and what they are as
/// truth values.
fn values_seen(column: &TextColumn, file: &str) -> (Option<bool>, Option<String>, Truth) {
    let (mut filled, mut odd, mut examples, mut code) = (0, 0, Vec::new(), None);
    let mut truth = Truth::Nothing;
    for row in 0..column.len() {
        let text = column.get(row).trim();
        if is_stand_in(text) {
            continue;
        }
        filled += 1;
        truth.see(text);
        if !text.parse::<f64>().is_ok_and(|number| !number.is_nan()) {
            odd += 1;
            if examples.len() < NAMED {
                examples.push(shown(row, text));
            }
        } else if code.is_none() && is_code(text) {
            code = Some(shown(row, text));
        }
    }
    if let Some(code) = code.filter(|_| odd == 0) {
        // As a number 007 would be 7, which the same event in Parquet or JSON is not.
        let strays = format!("in {file} numbers with zeros before them are codes: {code}");
        return (Some(false), Some(strays), truth);
    }
    let strays = (odd > 0).then(|| {
        let examples = examples.join(", ");
        let verb = if odd == 1 { "is" } else { "are" };
        format!("in {file} {odd} of {filled} values {verb} no number: {examples}")
    });
    ((filled > 0).then_some(odd == 0), strays, truth)
}

/// Sees the texts of a column as dates, as far as they are needed; `first` rows stand before them.
fn see_dates(seen: &mut DatesSeen, column: &RawColumn, first: usize) {
    for (row, cell) in column.cells().enumerate() {
        let row = first + row;
        if is_enough(seen, row) {
            return;
        }
        if let Some(text) = cell.into_text()
            && !is_stand_in(text.trim())
        {
            seen.see(row, &text);
        }
    }
}

/// A value as messages show it.
pub(super) fn shown(row: usize, text: &str) -> String {
    let text: String = text.chars().take(40).collect();
    format!("row {} has {text:?}", row + 1)
}

/// A column of files of events that is to hold moments and does not.
#[derive(Debug)]
pub(super) struct NoTimes {
    pub(super) column: String,
    /// The first file of which that is so.
    pub(super) path: PathBuf,
    /// What is wrong, and what to do, after the name of the column.
    pub(super) what: String,
}

/// The roles of columns that hold moments: what of events they tell, and the column.
fn moments(columns: &EventColumns) -> [(&'static str, Option<&String>); 2] {
    [("happened", Some(&columns.at)), ("were known", columns.known_at.as_ref())]
}

/// How the moments in the files of a source are written, by the columns of each that were looked at.
/// A file whose dates do not tell the day from the month is read as the others of the source are.
pub(super) fn with_formats(
    files: &[(PathBuf, Vec<FileColumn>)],
    roles: &EventColumns,
) -> (EventFiles, Vec<NoTimes>) {
    let mut mistakes = Vec::new();
    let formats = moments(roles).map(|(what, column)| {
        let Some(name) = column else { return vec![DateFormat::Iso; files.len()] };
        let found: Vec<Result<Found, NoMoments>> =
            files.iter().map(|(_, columns)| moments_found(columns, name)).collect();
        let slashed = found.iter().filter_map(|found| match found {
            Ok(Found::Format(format)) if *format != DateFormat::Iso => Some(*format),
            _ => None,
        });
        let slashed: Vec<DateFormat> = slashed.collect();
        let all = slashed.first().filter(|first| slashed.iter().all(|format| format == *first));
        let mut mistake = None;
        let formats = files.iter().zip(found).map(|((path, _), found)| {
            let what = match found {
                Ok(Found::Format(format)) => return format,
                Ok(Found::Ambiguous) => match all {
                    Some(format) => return *format,
                    None => AMBIGUOUS.to_owned(),
                },
                Ok(Found::None) => return DateFormat::Iso,
                Err(NoMoments { shown, counted: Some(counted), .. }) => {
                    format!("holds no times: {shown}; {}", counted.in_words())
                }
                Err(NoMoments { shown, zone, .. }) => format!(
                    "holds no times: {shown}; name the column of when events {what}, with values \
                     like 2024-01-31T09:30:00Z{zone}"
                ),
            };
            mistake.get_or_insert(NoTimes { column: name.clone(), path: path.clone(), what });
            DateFormat::Iso
        });
        let formats = formats.collect();
        mistakes.extend(mistake);
        formats
    });
    let [at, known_at] = formats;
    let files = files.iter().zip(at).zip(known_at);
    let files =
        files.map(|(((path, _), at), known_at)| EventFile { path: path.clone(), at, known_at });
    (EventFiles { files: files.collect(), columns: roles.clone() }, mistakes)
}

/// A value that is no moment, where most are none.
struct NoMoments {
    /// The value, in words.
    shown: String,
    /// What it may count.
    counted: Option<Counted>,
    /// What to write of its zone.
    zone: &'static str,
}

impl NoMoments {
    fn new(row: usize, text: &str) -> Self {
        Self { shown: shown(row, text), counted: Counted::new(text), zone: advice_on_zone(text) }
    }
}

/// What a column of a file is as moments; [`Found::None`] where nothing speaks against ISO, that it
/// has no value say.
///
/// # Errors
/// A value that is no time, where most are none.
fn moments_found(columns: &[FileColumn], name: &str) -> Result<Found, NoMoments> {
    let Some(column) = columns.iter().find(|column| column.name == name) else {
        return Ok(Found::None);
    };
    let Some(dates) = &column.dates else {
        return match (&column.number_at, column.number) {
            (Some((row, text)), _) => Err(NoMoments::new(*row, text)),
            (None, Some(true)) => {
                Err(NoMoments { shown: "it holds numbers".to_owned(), counted: None, zone: "" })
            }
            _ => Ok(Found::None),
        };
    };
    match (dates.found(), dates.odd()) {
        (Found::None, Some((row, text))) => Err(NoMoments::new(row, text)),
        (found, _) => Ok(found),
    }
}

impl EventFiles {
    /// Files of events whose columns mean this; how their times are written is told by the first rows
    /// of each.
    ///
    /// # Errors
    /// [`FileError`] when a file cannot be read, or a column of times holds none.
    pub fn look(paths: Vec<PathBuf>, columns: &EventColumns) -> Result<Self, FileError> {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let looked = look_at_columns(&path, Some(columns), |_| false)?;
            files.push((path, looked.columns));
        }
        let (found, mistakes) = with_formats(&files, columns);
        match mistakes.into_iter().next() {
            Some(NoTimes { column, path, what }) => {
                Err(FileError::content(&path, format!("the column {column:?} {what}")))
            }
            None => Ok(found),
        }
    }
}

/// The columns of events in a file, with what each is; the columns that have a role are among them.
///
/// # Errors
/// [`FileError`] when the file cannot be read.
pub fn event_columns(path: &Path) -> Result<Vec<Property>, FileError> {
    let mut all = Vec::new();
    SeenColumn::join(&mut all, "", &look_at_columns(path, None, |_| true)?.columns);
    // A column without a value is taken for text.
    Ok(all.iter().map(|column| column.property(false)).collect())
}
