//! The properties of events over all files. Each is of one type, decided over all of them, so that what a
//! value is does not hang on the file that it stands in: texts win over numbers and truth values.

use serde::Serialize;

use super::FileError;
use super::columns::{ColumnFile, Run};
use super::event_columns::FileColumn;
use crate::Cell;
use crate::events::Property;
use crate::kind::{is_stand_in, truth_value, yes_no_word};

/// What the values of a column are as words for yes and no, as far as it was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Truth {
    /// There is no value.
    #[default]
    Nothing,
    /// All are words for yes and no.
    Words {
        /// Whether `true` or `false` is among them, and not `1` or `si` alone.
        plain: bool,
    },
    /// One is something else.
    Other,
}

impl Truth {
    /// Sees one more value, a trimmed text.
    pub(super) fn see(&mut self, text: &str) {
        if *self != Truth::Other && !is_stand_in(text) {
            *self = self.and(match yes_no_word(text) {
                Some(_) => Truth::Words { plain: truth_value(text).is_some() },
                None => Truth::Other,
            });
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Truth::Nothing, of) | (of, Truth::Nothing) => of,
            (Truth::Words { plain }, Truth::Words { plain: also }) => {
                Truth::Words { plain: plain || also }
            }
            _ => Truth::Other,
        }
    }

    /// What so many first rows of a column of a Parquet file are.
    ///
    /// # Errors
    /// [`FileError`] where it cannot be read.
    pub(super) fn of(
        file: &ColumnFile<'_>,
        name: &str,
        mut most: usize,
    ) -> Result<Self, FileError> {
        let mut truth = Truth::Nothing;
        for (group, rows) in file.groups().enumerate() {
            let mut left = rows.min(most);
            most -= left;
            if left == 0 {
                continue;
            }
            let mut column = file.column(group, name)?;
            let distinct = column.shared_distinct();
            while left > 0 {
                let run = column.next(left)?;
                left -= run.len();
                match run {
                    Run::Codes(codes) => {
                        let cell = |code: &u32| Some(distinct.as_deref()?.cell(*code as usize));
                        codes.iter().filter_map(cell).for_each(|cell| truth.see_cell(cell));
                    }
                    Run::Cells(cells) => cells.iter().for_each(|cell| truth.see_cell(cell)),
                }
                if truth == Truth::Other {
                    return Ok(truth);
                }
            }
        }
        Ok(truth)
    }

    fn see_cell(&mut self, cell: Cell<'_>) {
        if *self != Truth::Other
            && let Some(text) = cell.into_text()
        {
            self.see(&text);
        }
    }
}

/// A column of events, as the files have it that were looked at.
#[derive(Debug)]
pub(super) struct SeenColumn {
    pub(super) name: String,
    /// What keeps it from being one of numbers, in words.
    pub(super) strays: Option<String>,
    truth: Truth,
    /// The files that have values in it, with whether these are numbers, and what they are as truth values.
    files: Vec<(String, bool, Truth)>,
}

impl SeenColumn {
    /// Takes over what a file has.
    pub(super) fn join(all: &mut Vec<Self>, file: &str, columns: &[FileColumn]) {
        for FileColumn { name, number, strays, truth, .. } in columns {
            let place = all.iter().position(|known| known.name == *name).unwrap_or_else(|| {
                let (truth, files) = (Truth::Nothing, Vec::new());
                all.push(Self { name: name.clone(), strays: None, truth, files });
                all.len() - 1
            });
            let known = &mut all[place];
            known.strays = known.strays.take().or_else(|| strays.clone());
            known.truth = known.truth.and(*truth);
            known.files.extend(number.map(|number| (file.to_owned(), number, *truth)));
        }
    }

    /// Whether it is known not to hold truth values alone.
    pub(super) fn is_other(&self) -> bool {
        self.truth == Truth::Other
    }

    /// The property that it is; `number` says what one is without any value.
    pub(super) fn property(&self, number: bool) -> Property {
        let mut numbers = self.files.iter().map(|(_, number, _)| *number);
        let all = numbers.clone().all(|number| number);
        // Where no file writes true or false, words for yes and no are words, and 1 and 0 numbers.
        let yes_no = match self.truth {
            Truth::Words { plain } => plain || !all && numbers.any(|number| number),
            _ => false,
        };
        let number = if self.files.is_empty() { number } else { all };
        Property { name: self.name.clone(), number, yes_no }
    }

    /// Which files have what in it, where they disagree.
    pub(super) fn mixed(&self) -> Option<MixedProperty> {
        let mut mixed = MixedProperty { property: self.name.clone(), ..MixedProperty::default() };
        for (file, number, truth) in &self.files {
            let of = match (number, truth) {
                (true, _) => &mut mixed.numbers,
                (false, Truth::Words { plain: true }) => &mut mixed.truth_values,
                _ => &mut mixed.texts,
            };
            of.push(file.clone());
        }
        let types = [&mixed.numbers, &mixed.truth_values, &mixed.texts];
        let differ = types.iter().filter(|files| !files.is_empty()).count() > 1;
        (differ && !self.property(false).yes_no).then_some(mixed)
    }
}

/// A property of events of which files disagree what it is. It counts as a text in all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MixedProperty {
    /// The property.
    pub property: String,
    /// The names of the files in which it is a number.
    pub numbers: Vec<String>,
    /// Those in which it is true or false.
    pub truth_values: Vec<String>,
    /// Those in which it is a text.
    pub texts: Vec<String>,
}
