//! Parquet, through polars.

use std::io::Cursor;
use std::path::Path;

use polars::prelude::{DataType, ParquetReader, SerReader, TimeUnit};
use polars_parquet::parquet::schema::Repetition;
use polars_parquet::parquet::schema::types::{ParquetType, PhysicalType, PrimitiveLogicalType};

use super::FileError;
use crate::{RawColumn, Table, TextColumn, Time};

pub(super) fn read(path: &Path, bytes: Vec<u8>) -> Result<Table, FileError> {
    let unreadable = |e: polars::error::PolarsError| {
        FileError::content(path, format!("cannot be read as Parquet: {e}"))
    };
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    // Nested types and wide decimals are refused before polars sees them: it panics on those that
    // it was not built for.
    let schema = reader.get_metadata().map_err(unreadable)?.schema();
    let refused: Vec<String> = schema
        .fields()
        .iter()
        .filter_map(|field| refusal(field).map(|what| (field.name().to_owned(), what)))
        .map(|(name, what)| {
            format!(
                "the column {name:?} is {what}; only numbers, texts, truth values, dates and \
                 times can be read, so convert it or leave it out of the file"
            )
        })
        .collect();
    if !refused.is_empty() {
        return Err(FileError::mistakes(path, refused));
    }
    let frame = reader.finish().map_err(unreadable)?;
    if frame.width() == 0 || frame.height() == 0 {
        return Err(FileError::content(path, "has no rows"));
    }
    let mut columns = Vec::with_capacity(frame.width());
    let mut mistakes = Vec::new();
    for column in frame.columns() {
        let name = column.name().to_string();
        match raw(column).map_err(unreadable)? {
            Some(raw) => columns.push((name, raw)),
            None => mistakes.push(format!(
                "the column {name:?} is of type {}; only numbers, texts, truth values, dates and \
                 times can be read, so drop or convert it",
                column.dtype()
            )),
        }
    }
    if !mistakes.is_empty() {
        return Err(FileError::mistakes(path, mistakes));
    }
    Table::new(columns).map_err(|e| FileError::table(path, &e))
}

/// Why a column cannot be read, from the file's own schema.
fn refusal(field: &ParquetType) -> Option<&'static str> {
    match field {
        ParquetType::GroupType { .. } => Some("nested (a list, a struct or a map)"),
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

/// A column of a type that cells can hold; `None` for any other.
fn raw(column: &polars::prelude::Column) -> Result<Option<RawColumn>, polars::error::PolarsError> {
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
            let cast = column.cast(&DataType::Datetime(TimeUnit::Microseconds, None))?;
            let micros = cast.cast(&DataType::Int64)?;
            RawColumn::Time(micros.i64()?.iter().map(|cell| cell.map(Time::from_micros)).collect())
        }
        DataType::Null => RawColumn::Number(vec![f64::NAN; column.len()]),
        _ => return Ok(None),
    }))
}
