//! The columns of a data set, and the one way a cell becomes a typed value.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::date_format::advice_on_zone;
use crate::events::EventLog;
use crate::kind::same_word;
use crate::number_format::parse_number;
use crate::value::trimmed;
use crate::{
    Cell, Commas, DateFormat, Kind, MISSING_STAND_INS, Mistakes, RawColumn, Time, Value,
    canonical_number, yes_no_word,
};

/// What a column is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Something known about the lead.
    #[default]
    Attribute,
    /// The lead's id.
    Id,
    /// The account the lead belongs to.
    Account,
    /// The moment that the row describes, its `as_of`.
    Time,
    /// The moment when the lead came to be.
    Created,
    /// How often the row counts in training. Never an input.
    Weight,
    /// The outcome. Never an input, nor visible to a rule.
    Target,
}

/// One column: its name, how it is read, what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The name, as in the header of the file and as the field of a request.
    pub name: String,
    /// How it is read.
    #[serde(flatten)]
    pub kind: Kind,
    /// What it is for.
    pub role: Role,
    /// Values that stand for missing in this column alone, beside the schema's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// The columns of a data set in file order, and the texts that stand for a missing value in all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The columns.
    pub columns: Vec<Column>,
    /// Stand-ins for missing, in lower case.
    pub missing: Vec<String>,
    /// How events are read, where leads have any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<EventLog>,
}

impl Schema {
    /// A schema with the usual stand-ins for missing.
    pub fn new(columns: Vec<Column>) -> Self {
        let missing = MISSING_STAND_INS.iter().map(|&s| s.to_owned()).collect();
        Self { columns, missing, events: None }
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column with a role, if there is one.
    pub fn with_role(&self, role: Role) -> Option<&Column> {
        self.columns.iter().find(|column| column.role == role)
    }

    /// The reader of a column. `None` when there is no such column.
    pub fn reader(&self, name: &str) -> Option<ColumnReader> {
        self.column(name).map(|column| ColumnReader::new(column, &self.missing))
    }
}

/// A cell that does not fit its column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} is not {expected}")]
pub struct Misread {
    /// What was found, cut to a length that fits a message.
    pub found: String,
    /// What the column holds.
    pub expected: &'static str,
}

/// What stands in a column of dates where a cell names a zone.
const A_DATE_WITH_OFFSET: &str = "a date like 2024-01-31 or 2024-01-31T09:30:00Z, with the zone as an offset: \
                                  2024-01-31T09:30:00-05:00";

/// Reads the cells of one column. Files and requests go through the same reader, so that the same
/// text is the same value wherever it comes from.
#[derive(Clone, Debug)]
pub struct ColumnReader {
    kind: Kind,
    /// Stand-ins of all columns, in lower case.
    stand_ins: Vec<String>,
    /// A bit for each length, in bytes, that a stand-in has; the last for all longer ones.
    lengths: u64,
    /// A bit for each byte that a stand-in begins with, whatever its case: that of its last six bits.
    firsts: u64,
    /// Values that the user named for this column, as text and as number.
    named: Vec<(String, Option<f64>)>,
}

impl ColumnReader {
    /// A reader for a column, with the stand-ins for missing that hold for the whole schema.
    pub fn new(column: &Column, stand_ins: &[String]) -> Self {
        let named = column
            .missing
            .iter()
            .map(|text| (text.clone(), parse_number(text, Commas::None)))
            .collect();
        let lengths = stand_ins.iter().fold(0, |bits, word| bits | 1 << word.len().min(63));
        let firsts = stand_ins.iter().fold(0, |bits, word| bits | first(word));
        Self { kind: column.kind.clone(), stand_ins: stand_ins.to_vec(), lengths, firsts, named }
    }

    /// How the column is read.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether a text stands for a missing value.
    pub fn is_missing(&self, text: &str) -> bool {
        self.stands_for_none(trimmed(text))
    }

    /// The same of a trimmed text.
    fn stands_for_none(&self, text: &str) -> bool {
        text.is_empty()
            // Few texts have the length and the first byte of any: this is asked of every cell there is.
            || (self.lengths >> text.len().min(63)) & 1 == 1
                && self.firsts & first(text) != 0
                && self.stand_ins.iter().any(|word| {
                    word.len() == text.len() && word.eq_ignore_ascii_case(text)
                })
            || self.named.iter().any(|(word, number)| {
                same_word(text, word)
                    || number.is_some_and(|n| self.number(text) == Some(n))
            })
    }

    /// The number that a text is, as the column writes them.
    fn number(&self, text: &str) -> Option<f64> {
        match &self.kind {
            Kind::Number { format } => format.parse(text),
            _ => parse_number(text, Commas::None),
        }
    }

    /// Reads a cell.
    ///
    /// # Errors
    /// [`Misread`] when the cell is neither missing nor of the column's kind: a text in a column
    /// of numbers, a number that is not finite, a date of another format.
    #[inline]
    pub fn read<'a>(&self, cell: Cell<'a>) -> Result<Value<'a>, Misread> {
        // Most cells are numbers where numbers are expected, and none of them stands for missing.
        match (cell, &self.kind) {
            (Cell::Number(number), Kind::Number { .. })
                if number.is_finite() && self.named.is_empty() =>
            {
                Ok(Value::Number(number))
            }
            (Cell::Integer(number), Kind::Number { .. }) if self.named.is_empty() => {
                Ok(Value::Number(number as f64))
            }
            (Cell::Empty, _) => Ok(Value::Missing),
            (cell, _) => self.read_any(cell),
        }
    }

    /// Reads any cell, as [`ColumnReader::read`] does.
    fn read_any<'a>(&self, cell: Cell<'a>) -> Result<Value<'a>, Misread> {
        let cell = match cell {
            Cell::Text(text) => Cell::Text(trimmed(text)),
            cell => cell,
        };
        match cell {
            Cell::Empty => return Ok(Value::Missing),
            Cell::Number(number) if number.is_nan() || self.names_number(number) => {
                return Ok(Value::Missing);
            }
            Cell::Integer(number) if self.names_number(number as f64) => {
                return Ok(Value::Missing);
            }
            Cell::Text(text) if self.stands_for_none(text) => return Ok(Value::Missing),
            _ => {}
        }
        let misread = |expected| Err(Misread { found: shown(cell), expected });
        match &self.kind {
            Kind::Number { format } => {
                let number = match cell {
                    Cell::Number(number) => Some(number),
                    Cell::Integer(number) => Some(number as f64),
                    Cell::Text(text) => format.parse(text),
                    _ => None,
                };
                match number {
                    Some(number) if number.is_finite() => Ok(Value::Number(number)),
                    Some(_) => misread("a finite number"),
                    None => misread(format.a_number()),
                }
            }
            Kind::YesNo => {
                let flag = match cell {
                    Cell::YesNo(flag) => Some(flag),
                    Cell::Integer(0) => Some(false),
                    Cell::Integer(1) => Some(true),
                    Cell::Number(0.0) => Some(false),
                    Cell::Number(1.0) => Some(true),
                    Cell::Text(text) => yes_no_word(text).or_else(|| zero_or_one(text)),
                    _ => None,
                };
                flag.map_or_else(|| misread("yes or no"), |flag| Ok(Value::YesNo(flag)))
            }
            Kind::Date { format } => match cell {
                Cell::Time(time) => Ok(Value::Time(time)),
                Cell::Text(text) => match format.parse(text) {
                    Ok(time) => Ok(Value::Time(time)),
                    Err(_) if *format == DateFormat::Iso && !advice_on_zone(text).is_empty() => {
                        misread(A_DATE_WITH_OFFSET)
                    }
                    Err(_) => misread(format.a_date()),
                },
                _ => misread("a date"),
            },
            Kind::Category | Kind::Identifier | Kind::Constant => Ok(Value::Text(match cell {
                Cell::Text(text) => Cow::Borrowed(without_zero_fraction(text)),
                Cell::Number(number) => Cow::Owned(canonical_number(number)),
                Cell::Integer(number) => Cow::Owned(number.to_string()),
                Cell::YesNo(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
                Cell::Time(time) => Cow::Owned(time.to_string()),
                Cell::Empty => return Ok(Value::Missing),
            })),
        }
    }

    /// The moments of a column of dates, none where a cell is missing; `name` is the column's, for messages.
    ///
    /// # Errors
    /// The cells that are no dates, the first of them in full, each with its 1-based row.
    pub fn times(&self, name: &str, column: &RawColumn) -> Result<Vec<Option<Time>>, Vec<String>> {
        let mut mistakes = Mistakes::default();
        let times = (0..column.len())
            .map(|row| match self.read(column.cell(row)) {
                Ok(Value::Time(time)) => Some(time),
                Ok(_) => None,
                Err(misread) => {
                    mistakes.add(format!("row {}, column {name:?}: {misread}", row + 1));
                    None
                }
            })
            .collect();
        mistakes.check().map(|()| times)
    }

    /// A column of texts as the numbers, truth values or moments that they are read as, so that no
    /// cell is parsed twice. The column as it is where they are read as texts, or a cell cannot be read:
    /// whoever reads it says which.
    pub fn typed(&self, column: RawColumn) -> RawColumn {
        let Some(typed) = self.typed_values(column.values()) else { return column };
        match column {
            RawColumn::Coded(coded) => RawColumn::Coded(coded.with_values(typed)),
            _ => typed,
        }
    }

    /// The same of values that are not coded; `None` where they stay as they are.
    fn typed_values(&self, column: &RawColumn) -> Option<RawColumn> {
        let RawColumn::Text(texts) = column else { return None };
        let cells = || (0..texts.len()).map(|row| self.read(column.cell(row)).ok());
        match self.kind {
            Kind::Number { .. } => cells()
                .map(|value| match value? {
                    Value::Number(number) => Some(number),
                    _ => Some(f64::NAN),
                })
                .collect::<Option<_>>()
                .map(RawColumn::Number),
            Kind::YesNo => cells()
                .map(|value| match value? {
                    Value::YesNo(flag) => Some(Some(flag)),
                    _ => Some(None),
                })
                .collect::<Option<_>>()
                .map(RawColumn::YesNo),
            Kind::Date { .. } => cells()
                .map(|value| match value? {
                    Value::Time(time) => Some(Some(time)),
                    _ => Some(None),
                })
                .collect::<Option<_>>()
                .map(RawColumn::Time),
            Kind::Category | Kind::Identifier | Kind::Constant => None,
        }
    }

    /// The text of a cell, that of a stand-in for missing too, for where the user may have named
    /// just that: outcomes. `None` for a cell that holds nothing.
    pub fn text<'a>(&self, cell: Cell<'a>) -> Option<Cow<'a, str>> {
        match self.read(cell) {
            Ok(Value::Text(text)) => Some(text),
            _ => cell.into_text(),
        }
    }

    fn names_number(&self, number: f64) -> bool {
        self.named.iter().any(|(_, named)| *named == Some(number))
    }
}

/// The bit of a text's first byte, the same in either case; none of an empty text.
#[inline]
fn first(text: &str) -> u64 {
    text.bytes().next().map_or(0, |byte| 1 << (byte.to_ascii_lowercase() & 63))
}

/// A number that is 0 or 1, as no or yes, however it is written: `0.000`, `1.0`, `+1`.
fn zero_or_one(text: &str) -> Option<bool> {
    match parse_number(text, Commas::None) {
        Some(0.0) => Some(false),
        Some(1.0) => Some(true),
        _ => None,
    }
}

/// `3.0` as `3`: a column of codes with a hole is written with fractions by many exporters, and
/// must name the same category with and without the hole. Three zeros may be a thousand as well.
fn without_zero_fraction(text: &str) -> &str {
    if !text.ends_with('0') {
        return text;
    }
    match text.split_once('.') {
        Some((whole, zeros))
            if !zeros.is_empty()
                && zeros.len() != 3
                && zeros.bytes().all(|b| b == b'0')
                && !whole.trim_start_matches('-').is_empty()
                && whole.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) =>
        {
            whole
        }
        _ => text,
    }
}

/// A cell for a message: quoted when it is text, cut at 40 characters.
fn shown(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => {
            let cut: String = text.trim().chars().take(40).collect();
            let dots = if text.trim().chars().count() > 40 { "..." } else { "" };
            format!("{:?}", cut + dots)
        }
        Cell::Number(number) => number.to_string(),
        other => other.into_text().map_or_else(|| "nothing".to_owned(), Cow::into_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;

    fn reader(kind: Kind, missing: &[&str]) -> ColumnReader {
        let missing = missing.iter().map(|&s| s.to_owned()).collect();
        let column = Column { name: "c".into(), kind, role: Role::Attribute, missing };
        ColumnReader::new(&column, &Schema::new(vec![]).missing)
    }

    #[test]
    fn stand_ins_are_missing_and_numbers_only_when_named() {
        let plain = reader(Kind::NUMBER, &[]);
        for text in ["", " ", "N/A", "unknown", "NULL", "-"] {
            assert_eq!(plain.read(Cell::Text(text)), Ok(Value::Missing), "{text:?}");
        }
        assert_eq!(plain.read(Cell::Text("999")), Ok(Value::Number(999.0)));
        let told = reader(Kind::NUMBER, &["999"]);
        for cell in
            [Cell::Text("999"), Cell::Text("999.0"), Cell::Integer(999), Cell::Number(999.0)]
        {
            assert_eq!(told.read(cell), Ok(Value::Missing), "{cell:?}");
        }
    }

    #[test]
    fn a_code_is_one_category_however_it_is_written() {
        let codes = reader(Kind::Category, &[]);
        for cell in [Cell::Text("3"), Cell::Text("3.0"), Cell::Integer(3), Cell::Number(3.0)] {
            assert_eq!(codes.read(cell), Ok(Value::Text("3".into())), "{cell:?}");
        }
        assert_eq!(codes.read(Cell::Text("1.10")), Ok(Value::Text("1.10".into())));
        assert_eq!(codes.read(Cell::Text(".0")), Ok(Value::Text(".0".into())));
    }

    #[test]
    fn truth_values_with_a_fraction_are_read() {
        let flags = reader(Kind::YesNo, &[]);
        assert_eq!(flags.read(Cell::Text("1.0")), Ok(Value::YesNo(true)));
        assert_eq!(flags.read(Cell::Number(0.0)), Ok(Value::YesNo(false)));
        // Whatever `infer` takes for a number that is 0 or 1.
        for (text, flag) in [("0.000", false), ("1.000", true), ("-0", false), ("1e0", true)] {
            assert_eq!(flags.read(Cell::Text(text)), Ok(Value::YesNo(flag)), "{text}");
        }
    }

    #[test]
    fn misreads_say_what_was_expected() {
        let message = |kind, cell| reader(kind, &[]).read(cell).unwrap_err().to_string();
        assert_eq!(message(Kind::NUMBER, Cell::Text("abc")), "\"abc\" is not a number");
        assert_eq!(message(Kind::NUMBER, Cell::Text("1e999")), "\"1e999\" is not a finite number");
        assert_eq!(message(Kind::YesNo, Cell::Text("maybe")), "\"maybe\" is not yes or no");
        assert_eq!(message(Kind::NUMBER, Cell::YesNo(true)), "true is not a number");
        let iso = Kind::Date { format: DateFormat::Iso };
        let said = message(iso, Cell::Text("2024-01-31T09:30:00[Europe/Madrid]"));
        assert!(said.ends_with("with the zone as an offset: 2024-01-31T09:30:00-05:00"), "{said}");
        let date = Kind::Date { format: DateFormat::DayMonthYear };
        assert_eq!(
            message(date.clone(), Cell::Text("2024-13-01")),
            "\"2024-13-01\" is not a date like 31/01/2024 or 31/01/2024 09:30"
        );
        let ok = reader(date, &[]).read(Cell::Text("31/01/2024"));
        assert_eq!(ok, Ok(Value::Time(Time::parse("2024-01-31").unwrap())));
    }
}
