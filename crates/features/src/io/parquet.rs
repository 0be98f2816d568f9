//! Parquet, through polars.

use std::collections::HashMap;
use std::fs::File;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::error::PolarsError;
use polars::io::mmap::MmapBytesReader;
use polars::prelude::{DataFrame, DataType, ParallelStrategy, ParquetReader, SerReader, TimeUnit};
use polars_arrow::array::{Array, PrimitiveArray, Utf8ViewArray};
use polars_parquet::parquet::schema::Repetition;
use polars_parquet::parquet::schema::types::{ParquetType, PhysicalType, PrimitiveLogicalType};
use polars_parquet::read::{ColumnChunkMetadata, FileMetadata};

use super::FileError;
use crate::{Cell, RawColumn, Table, TextColumn, Time};

pub(super) fn read(path: &Path, bytes: Vec<u8>) -> Result<Table, FileError> {
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    check(path, &mut reader, |_| true)?;
    let frame = reader.finish().map_err(|e| unreadable(path, &e))?;
    if frame.width() == 0 || frame.height() == 0 {
        return Err(FileError::content(path, "has no rows"));
    }
    Table::new(columns(path, &frame)?).map_err(|e| FileError::table(path, &e))
}

fn unreadable(path: &Path, error: &PolarsError) -> FileError {
    FileError::content(path, format!("cannot be read as Parquet: {error}"))
}

/// Refuses nested types and wide decimals before polars sees them: it panics on those that it was
/// not built for.
fn check<R: MmapBytesReader>(
    path: &Path,
    reader: &mut ParquetReader<R>,
    wanted: impl Fn(&str) -> bool,
) -> Result<(), FileError> {
    let schema = reader.get_metadata().map_err(|e| unreadable(path, &e))?.schema();
    let refused: Vec<String> = schema
        .fields()
        .iter()
        .filter(|field| wanted(field.name()))
        .filter_map(|field| refusal(field).map(|what| (field.name().to_owned(), what)))
        .map(|(name, what)| refused_column(&name, what))
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(FileError::mistakes(path, refused)) }
}

/// Why a column with columns in it is not read.
pub(super) const NESTED: &str = "nested (a list, a struct or a map)";

/// A column that cannot be read, and why, in words.
pub(super) fn refused_column(name: &str, what: &str) -> String {
    format!(
        "the column {name:?} is {what}; only numbers, texts, truth values, dates and times can be \
         read, so convert it or leave it out of the file"
    )
}

fn columns(path: &Path, frame: &DataFrame) -> Result<Vec<(String, RawColumn)>, FileError> {
    let mut columns = Vec::with_capacity(frame.width());
    let mut mistakes = Vec::new();
    for column in frame.columns() {
        let name = column.name().to_string();
        match raw(column).map_err(|e| unreadable(path, &e))? {
            Some(raw) => columns.push((name, raw)),
            None => mistakes.push(format!(
                "the column {name:?} is of type {}; only numbers, texts, truth values, dates and \
                 times can be read, so drop or convert it",
                column.dtype()
            )),
        }
    }
    if mistakes.is_empty() { Ok(columns) } else { Err(FileError::mistakes(path, mistakes)) }
}

/// Columns that cannot be read, and why.
pub(super) type Refused = Vec<(String, &'static str)>;

/// A Parquet file that is read row group by row group.
pub(super) struct Groups<'p> {
    path: &'p Path,
    metadata: Arc<FileMetadata>,
    /// For each group, its first row and its rows.
    pub(super) groups: Vec<(usize, usize)>,
    /// The columns of plain types, and whether each is of numbers.
    pub(super) names: Vec<(String, bool)>,
    /// The columns that cannot be read, and why.
    pub(super) refused: Refused,
    /// Whether a column of moments names no time zone.
    pub(super) zoneless: Vec<String>,
    /// The columns of days, which have no time of day.
    pub(super) days: Vec<String>,
    /// The columns of truth values.
    pub(super) truth_values: Vec<String>,
}

impl<'p> Groups<'p> {
    /// Reads what the file says of itself.
    pub(super) fn open(path: &'p Path) -> Result<Self, FileError> {
        let file = File::open(path).map_err(|error| FileError::os(path, &error))?;
        let mut reader = ParquetReader::new(file);
        let metadata = reader.get_metadata().map_err(|e| unreadable(path, &e))?.clone();
        let mut first = 0;
        let groups = metadata
            .row_groups
            .iter()
            .map(|group| {
                let rows = group.num_rows();
                first += rows;
                (first - rows, rows)
            })
            .collect();
        let fields = metadata.schema().fields();
        let plain = fields.iter().filter(|field| refusal(field).is_none());
        let names = plain.map(|field| (field.name().to_owned(), is_number(field))).collect();
        let refused = fields.iter().filter_map(|f| Some((f.name().to_owned(), refusal(f)?)));
        let refused = refused.collect();
        let zoneless =
            fields.iter().filter(|f| has_no_zone(f)).map(|f| f.name().to_owned()).collect();
        let days = fields.iter().filter(|f| is_of_days(f)).map(|f| f.name().to_owned()).collect();
        let truth_values = fields.iter().filter(|f| is_of_truth_values(f));
        let truth_values = truth_values.map(|f| f.name().to_owned()).collect();
        Ok(Self { path, metadata, groups, names, refused, zoneless, days, truth_values })
    }

    /// What the file says of itself.
    pub(super) fn metadata(&self) -> &FileMetadata {
        &self.metadata
    }

    /// What the file says of a flat column of one row group.
    pub(super) fn chunk(&self, group: usize, name: &str) -> Option<&ColumnChunkMetadata> {
        let mut found = self.metadata.row_groups.get(group)?.columns_under_root_iter(name)?;
        found.next().filter(|_| found.len() == 0)
    }

    /// Reads columns of one row group, in the order of `wanted`.
    pub(super) fn read(
        &self,
        group: usize,
        wanted: &[String],
    ) -> Result<Vec<RawColumn>, FileError> {
        let frame = self.frame(group, wanted)?;
        let mut found: HashMap<String, RawColumn> =
            columns(self.path, &frame)?.into_iter().collect();
        wanted.iter().map(|name| found.remove(name).ok_or_else(|| self.missing(name))).collect()
    }

    /// As [`Groups::read`], texts and moments left where they were decoded.
    pub(super) fn lend(&self, group: usize, wanted: &[String]) -> Result<Vec<Lent>, FileError> {
        let frame = self.frame(group, wanted)?;
        wanted
            .iter()
            .map(|name| {
                let column = frame.column(name).map_err(|_| self.missing(name))?;
                let failed = |e: PolarsError| unreadable(self.path, &e);
                if column.dtype() == &DataType::String {
                    let texts = column.str().map_err(failed)?.rechunk().into_owned();
                    if let Some(array) = texts.downcast_iter().next() {
                        return Ok(Lent::Texts(array.clone()));
                    }
                }
                if matches!(column.dtype(), DataType::Date | DataType::Datetime(..)) {
                    let micros = micros(column).map_err(failed)?;
                    let micros = micros.i64().map_err(failed)?.rechunk().into_owned();
                    if let Some(array) = micros.downcast_iter().next() {
                        return Ok(Lent::Times(array.clone()));
                    }
                }
                match raw(column).map_err(failed)? {
                    Some(raw) => Ok(Lent::Other(raw)),
                    None => Err(FileError::content(
                        self.path,
                        format!("the column {name:?} is of type {}", column.dtype()),
                    )),
                }
            })
            .collect()
    }

    fn missing(&self, name: &str) -> FileError {
        FileError::content(self.path, format!("there is no column {name:?}"))
    }

    fn frame(&self, group: usize, wanted: &[String]) -> Result<DataFrame, FileError> {
        let file = File::open(self.path).map_err(|error| FileError::os(self.path, &error))?;
        let mut reader = ParquetReader::new(file);
        reader.set_metadata(self.metadata.clone());
        check(self.path, &mut reader, |name| wanted.iter().any(|wanted| wanted == name))?;
        reader
            .with_columns(Some(wanted.to_vec()))
            .with_slice(Some(self.groups[group]))
            .read_parallel(ParallelStrategy::None)
            .finish()
            .map_err(|e| unreadable(self.path, &e))
    }
}

/// A column of one row group.
pub(super) enum Lent {
    /// Texts where they were decoded.
    Texts(Utf8ViewArray),
    /// Moments, in microseconds.
    Times(PrimitiveArray<i64>),
    /// Anything else.
    Other(RawColumn),
}

/// What two equal texts of one column often have in common: where they stand, or what they are
/// when they are short. Equal keys are equal texts.
pub(super) type TextKey = (u32, u32, u32, u32);

impl Lent {
    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        match self {
            Lent::Texts(texts) => texts.len(),
            Lent::Times(times) => times.len(),
            Lent::Other(raw) => raw.len(),
        }
    }

    /// A cell; empty past the end.
    #[inline]
    pub(super) fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Lent::Texts(texts) if row < texts.len() => {
                texts.get(row).map_or(Cell::Empty, Cell::Text)
            }
            Lent::Texts(_) => Cell::Empty,
            Lent::Times(times) => match times.values().get(row) {
                Some(micros) if times.is_valid(row) => Cell::Time(Time::from_micros(*micros)),
                _ => Cell::Empty,
            },
            Lent::Other(raw) => raw.cell(row),
        }
    }

    /// The key of a text; `None` for other cells.
    #[inline]
    pub(super) fn key(&self, row: usize) -> Option<TextKey> {
        let Lent::Texts(texts) = self else { return None };
        if !texts.is_valid(row) {
            return None;
        }
        let view = texts.views().get(row)?;
        Some((view.length, view.prefix, view.buffer_idx, view.offset))
    }
}

fn is_number(field: &ParquetType) -> bool {
    let ParquetType::PrimitiveType(primitive) = field else { return false };
    let time = matches!(
        primitive.logical_type,
        Some(PrimitiveLogicalType::Timestamp { .. } | PrimitiveLogicalType::Date)
    );
    match primitive.physical_type {
        PhysicalType::Int32 | PhysicalType::Int64 | PhysicalType::Float | PhysicalType::Double => {
            !time
        }
        PhysicalType::FixedLenByteArray(_) => true,
        _ => false,
    }
}

fn has_no_zone(field: &ParquetType) -> bool {
    matches!(
        field,
        ParquetType::PrimitiveType(primitive) if matches!(
            primitive.logical_type,
            Some(PrimitiveLogicalType::Timestamp { is_adjusted_to_utc: false, .. })
        )
    )
}

/// Whether a column holds truth values.
fn is_of_truth_values(field: &ParquetType) -> bool {
    matches!(field, ParquetType::PrimitiveType(of) if of.physical_type == PhysicalType::Boolean)
}

fn is_of_days(field: &ParquetType) -> bool {
    matches!(
        field,
        ParquetType::PrimitiveType(primitive)
            if matches!(primitive.logical_type, Some(PrimitiveLogicalType::Date))
    )
}

/// Why a column cannot be read, from the file's own schema.
fn refusal(field: &ParquetType) -> Option<&'static str> {
    match field {
        ParquetType::GroupType { .. } => Some(NESTED),
        ParquetType::PrimitiveType(primitive) => {
            if primitive.field_info.repetition == Repetition::Repeated {
                return Some("a list");
            }
            match (primitive.physical_type, primitive.logical_type) {
                (
                    PhysicalType::FixedLenByteArray(width),
                    Some(PrimitiveLogicalType::Decimal(..)),
                ) if width > 16 => Some("a decimal of more than 38 digits"),
                (PhysicalType::FixedLenByteArray(_), Some(PrimitiveLogicalType::Decimal(..))) => {
                    None
                }
                (PhysicalType::FixedLenByteArray(_), _) => Some("fixed-size binary"),
                _ => None,
            }
        }
    }
}

/// A column of days or moments in microseconds.
fn micros(column: &polars::prelude::Column) -> Result<polars::prelude::Column, PolarsError> {
    column.cast(&DataType::Datetime(TimeUnit::Microseconds, None))?.cast(&DataType::Int64)
}

/// A column of a type that cells can hold; `None` for any other.
fn raw(column: &polars::prelude::Column) -> Result<Option<RawColumn>, PolarsError> {
    let dtype = column.dtype().clone();
    Ok(Some(match &dtype {
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => {
            let cast = column.cast(&DataType::String)?;
            let mut text = TextColumn::new();
            cast.str()?.iter().for_each(|cell| text.push(cell.unwrap_or("")));
            RawColumn::Text(text)
        }
        DataType::Boolean => RawColumn::YesNo(column.bool()?.iter().collect()),
        DataType::Float32 | DataType::Float64 | DataType::Decimal(..) => {
            let cast = column.cast(&DataType::Float64)?;
            RawColumn::Number(cast.f64()?.iter().map(|cell| cell.unwrap_or(f64::NAN)).collect())
        }
        dtype if dtype.is_integer() => {
            // An unsigned number past the largest signed one is beyond exact doubles too; as a
            // text it still names what it names.
            let cast = column.cast(&DataType::Int64)?;
            if cast.null_count() > column.null_count() {
                let cast = column.cast(&DataType::String)?;
                let mut text = TextColumn::new();
                cast.str()?.iter().for_each(|cell| text.push(cell.unwrap_or("")));
                RawColumn::Text(text)
            } else {
                RawColumn::Integer(cast.i64()?.iter().collect())
            }
        }
        DataType::Date | DataType::Datetime(..) => {
            let micros = micros(column)?;
            RawColumn::Time(micros.i64()?.iter().map(|cell| cell.map(Time::from_micros)).collect())
        }
        DataType::Null => RawColumn::Number(vec![f64::NAN; column.len()]),
        _ => return Ok(None),
    }))
}
