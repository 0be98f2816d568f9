//! The columns of times of leads and outcomes.

use std::path::PathBuf;

use super::{Rows, Survey};
use crate::date_format::{Counted, DatesSeen, Found, advice_on_zone};
use crate::document::Mistake;
use crate::events::Condition;
use crate::io::event_columns::{AMBIGUOUS, shown};
use crate::io::events::is_parquet;
use crate::io::outcomes::keep_where;
use crate::io::{FileError, parquet};
use crate::{
    Cell, Column, ColumnReader, DateFormat, Kind, MISSING_STAND_INS, RawColumn, Role, Time,
};

/// What to do about texts that are no times.
const WRITE_TIMES: &str = "write them like 2024-01-31T09:30:00Z";
/// Times of leads and outcomes outside of these years stand for something else: no time, or never.
const PLAUSIBLE: [&str; 2] = ["1980-01-01", "2100-01-01"];

impl Survey<'_> {
    /// Reads a column of moments, of the rows that meet some conditions; with them, which rows have a moment at
    /// all.
    pub(super) fn times_where(
        &mut self,
        files: &[String],
        rows: &Rows,
        name: &str,
        conditions: &[Condition],
    ) -> (Vec<Option<Time>>, Vec<bool>) {
        let mut times = self.times(files, rows, name);
        let had: Vec<bool> = times.iter().map(Option::is_some).collect();
        // A row that could not be read may meet them.
        if let (Err((column, message)), true) =
            (keep_where(&mut times, &rows.table, conditions), rows.whole)
        {
            let at = self.project.position_of_column(&column).unwrap_or_default();
            self.mistakes.push(Mistake::at(at, message));
        }
        self.undecided.see_spelling(&had, &times, &rows.table, conditions);
        (times, had)
    }

    /// Reads a column of moments. One that is not there was noted with the other names.
    pub(super) fn times(&mut self, files: &[String], rows: &Rows, name: &str) -> Vec<Option<Time>> {
        let Rows { table, parts, whole } = rows;
        let none = vec![None; table.rows()];
        let Some(raw) = table.column(name) else { return none };
        let of_leads = files == self.project.leads.files;
        let missing = self.project.leads.missing.iter().filter(|(of, _)| of_leads && of == name);
        let mut column = Column {
            name: name.to_owned(),
            kind: Kind::Category,
            role: Role::Attribute,
            missing: missing.map(|(_, value)| value.clone()).collect(),
        };
        let stand_ins: Vec<String> = MISSING_STAND_INS.iter().map(|&s| s.to_owned()).collect();
        let what = match moments(raw, &ColumnReader::new(&column, &stand_ins)) {
            Ok(None) => return none,
            Ok(Some(format)) => {
                column.kind = Kind::Date { format };
                None
            }
            // A row that could not be read may tell the day from the month.
            Err(what) if what == AMBIGUOUS && !whole => return none,
            Err(what) => Some(what),
        };
        // Each file by itself, with its own rows.
        let mut first = 0;
        let of_files = parts.iter().map(|(path, count)| {
            let rows: Vec<usize> = (first..first + count).collect();
            first += count;
            (path, raw.take(&rows))
        });
        if let Some(what) = what {
            let at = self.project.position_of_times(name).unwrap_or_default();
            let missing = ColumnReader::new(&column, &stand_ins);
            let of_one = |(path, part): (&PathBuf, RawColumn)| {
                let contradiction = || dates_of(&part, &missing).contradiction();
                let what = match moments(&part, &missing).err()? {
                    what if what == AMBIGUOUS => contradiction()?,
                    what => what,
                };
                Some(format!("the column {name:?} of {} {what}", path.display()))
            };
            let of_all = || format!("the column {name:?} of {} {what}", files.join(", "));
            let mut found: Vec<String> = of_files.filter_map(of_one).collect();
            if found.is_empty() {
                found.push(of_all());
            }
            self.mistakes.extend(found.into_iter().map(|message| Mistake::at(at, message)));
            return none;
        }
        let reader = ColumnReader::new(&column, &stand_ins);
        let times = match reader.times(name, raw) {
            Ok(times) => times,
            Err(_) => {
                for (path, part) in of_files {
                    let Err(mut found) = reader.times(name, &part) else { continue };
                    if let Some(what) = dates_of(&part, &reader).contradiction() {
                        found = vec![format!("the column {name:?} {what}")];
                    } else if let (true, Some(last)) = (of_leads, found.last_mut()) {
                        last.push_str(&format!(
                            "; correct them, or name a value that stands for missing in [leads]: \
                             missing = {{ {name:?} = \"...\" }}"
                        ));
                    }
                    // One column may tell both of the won and of the lost.
                    let failed = FileError::mistakes(path, found);
                    let said = failed.to_string();
                    if self.failed.iter().all(|known| known.to_string() != said) {
                        self.failed.push(failed);
                    }
                }
                return none;
            }
        };
        let mut zoneless = raw.times_without_zone(&times);
        for (path, _) in parts {
            if zoneless == 0 && is_parquet(path).unwrap_or(false) {
                let names = parquet::Groups::open(path).map_or_else(|_| Vec::new(), |g| g.zoneless);
                let all = times.iter().flatten().count();
                zoneless += if names.iter().any(|of| of == name) { all } else { 0 };
            }
        }
        if zoneless > 0 {
            self.without_zone.insert(name.to_owned(), zoneless);
        }
        let odd = || times.iter().flatten().copied().filter(|time| !is_plausible(*time));
        if let Some(first) = odd().next() {
            self.implausible.insert(name.to_owned(), (odd().count(), first));
        }
        times
    }
}

/// Whether something of a lead can have happened then.
pub fn is_plausible(time: Time) -> bool {
    let [from, to] = PLAUSIBLE.map(|day| Time::parse(day).ok());
    from.is_none_or(|from| time >= from) && to.is_none_or(|to| time < to)
}

/// What the texts of a column are, as dates.
fn dates_of(raw: &RawColumn, missing: &ColumnReader) -> DatesSeen {
    let mut seen = DatesSeen::default();
    for (row, cell) in raw.cells().enumerate() {
        match cell {
            Cell::Text(text) if !missing.is_missing(text) => seen.see(row, text),
            _ => {}
        }
    }
    seen
}

/// Says of a column that a value of it is no time, and what to do.
fn no_times(row: usize, text: &str) -> String {
    let what = Counted::new(text).map_or(WRITE_TIMES.to_owned(), |found| found.in_words());
    format!("holds no times: {}; {what}{}", shown(row, text), advice_on_zone(text))
}

/// How the moments of a column are written; `None` where it has none.
///
/// # Errors
/// Why it holds no moments, in words that follow its name.
fn moments(raw: &RawColumn, missing: &ColumnReader) -> Result<Option<DateFormat>, String> {
    let mut seen = DatesSeen::default();
    let mut others = None;
    for (row, cell) in raw.cells().enumerate() {
        match cell {
            // Others are what the file says they are.
            Cell::Time(_) => return Ok(Some(DateFormat::Iso)),
            Cell::Text(text) if !missing.is_missing(text) => seen.see(row, text),
            Cell::Number(number) if !number.is_nan() => others = Some(row),
            Cell::Integer(_) | Cell::YesNo(_) => others = Some(row),
            _ => {}
        }
        if let Some(row) = others {
            let text = cell.into_text().unwrap_or_default();
            return Err(no_times(row, &text));
        }
    }
    match (seen.found(), seen.odd()) {
        (Found::Format(format), _) => Ok(Some(format)),
        (Found::Ambiguous, _) => Err(AMBIGUOUS.to_owned()),
        (Found::None, Some((row, text))) => Err(no_times(row, text)),
        (Found::None, None) => Ok(None),
    }
}
