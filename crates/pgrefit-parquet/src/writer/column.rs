//! Writes the fields of one column of a row group.

use bytes::Bytes;
use parquet::column::writer::{ColumnWriter, ColumnWriterImpl, get_typed_column_writer_mut as typed};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    FloatType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;

use crate::native::{self, Precision};
use crate::{Column, Error, PgType};

use super::group::Shared;

/// A batch of values is handed to Parquet when there are this many rows or bytes.
const BATCH_ROWS: usize = 1024;
const BATCH_BYTES: usize = 1 << 20;
const UUID_BYTES: usize = 16;

/// Why the column cannot be written: in which of its rows, from 0, or by Parquet.
pub(super) enum Fault {
    Value(u64),
    Null(u64),
    Parquet(ParquetError),
}

impl Fault {
    /// The error, for a row group before which came `first` rows.
    pub(super) fn of(self, column: &Column, first: u64) -> Error {
        let name = column.name.clone();
        match self {
            Self::Value(at) => {
                Error::Value { column: name, type_name: column.type_name.clone(), row: first + at + 1 }
            }
            Self::Null(at) => Error::Null { column: name, row: first + at + 1 },
            Self::Parquet(cause) => Error::Write(cause),
        }
    }
}

/// Writes all fields, in the form that the column has.
pub(super) fn write(column: &Column, fields: &Shared, to: &mut ColumnWriter<'_>) -> Result<(), Fault> {
    let source = Source { fields, nullable: !column.not_null };
    match column.form {
        PgType::Bool => source.scalars::<BoolType>(typed(to), native::boolean),
        PgType::Int2 => source.scalars::<Int32Type>(typed(to), native::int2),
        PgType::Int4 => source.scalars::<Int32Type>(typed(to), native::int4),
        PgType::Date => {
            source.scalars::<Int32Type>(typed(to), |field| native::int4(field).map(native::date_to_unix))
        }
        PgType::Int8 | PgType::Time => source.scalars::<Int64Type>(typed(to), native::int8),
        PgType::Timestamptz | PgType::Timestamp => {
            source.scalars::<Int64Type>(typed(to), |field| native::int8(field).map(native::timestamp_to_unix))
        }
        PgType::Float4 => source.scalars::<FloatType>(typed(to), native::float4),
        PgType::Float8 => source.scalars::<DoubleType>(typed(to), native::float8),
        PgType::Uuid => source.scalars::<FixedLenByteArrayType>(typed(to), uuid),
        PgType::Text | PgType::Json => source.slices(typed(to), native::text),
        PgType::Jsonb => source.slices(typed(to), native::jsonb),
        PgType::Numeric => source.converted(typed(to), native::numeric_to_text),
        PgType::Bytea | PgType::Send => source.slices(typed(to), native::sent),
        PgType::Vector => source.lists(typed(to), Precision::Single),
        PgType::Halfvec => source.lists(typed(to), Precision::Half),
    }
}

fn uuid(field: &[u8]) -> Option<FixedLenByteArray> {
    (field.len() == UUID_BYTES).then(|| FixedLenByteArray::from(field.to_vec()))
}

#[derive(Clone, Copy)]
struct Source<'a> {
    fields: &'a Shared,
    nullable: bool,
}

impl Source<'_> {
    /// The level of a row that has a value, or none.
    fn level(self, row: u64, field: Option<&[u8]>) -> Result<i16, Fault> {
        match (self.nullable, field) {
            (false, None) => Err(Fault::Null(row)),
            (true, Some(_)) => Ok(1),
            _ => Ok(0),
        }
    }

    fn scalars<T: DataType>(
        self,
        to: &mut ColumnWriterImpl<'_, T>,
        convert: impl Fn(&[u8]) -> Option<T::T>,
    ) -> Result<(), Fault> {
        let (mut values, mut levels) = (Vec::with_capacity(BATCH_ROWS), Vec::with_capacity(BATCH_ROWS));
        let mut rows = (0..).zip(self.fields.iter()).peekable();
        while rows.peek().is_some() {
            values.clear();
            levels.clear();
            for (row, field) in rows.by_ref().take(BATCH_ROWS) {
                levels.push(self.level(row, field)?);
                if let Some(field) = field {
                    values.push(convert(field).ok_or(Fault::Value(row))?);
                }
            }
            self.hand_over(to, &values, &levels, None)?;
        }
        Ok(())
    }

    /// Values that are a part of what was sent, and not copied.
    fn slices(
        self,
        to: &mut ColumnWriterImpl<'_, ByteArrayType>,
        part: fn(&[u8]) -> Option<&[u8]>,
    ) -> Result<(), Fault> {
        let (mut values, mut levels) = (Vec::with_capacity(BATCH_ROWS), Vec::with_capacity(BATCH_ROWS));
        let mut rows = (0..).zip(self.fields.iter()).peekable();
        while rows.peek().is_some() {
            values.clear();
            levels.clear();
            let mut bytes = 0;
            while levels.len() < BATCH_ROWS && bytes < BATCH_BYTES {
                let Some((row, field)) = rows.next() else { break };
                levels.push(self.level(row, field)?);
                if let Some(field) = field {
                    let value = part(field).ok_or(Fault::Value(row))?;
                    bytes += value.len();
                    values.push(ByteArray::from(self.fields.bytes.slice_ref(value)));
                }
            }
            self.hand_over(to, &values, &levels, None)?;
        }
        Ok(())
    }

    /// The values of a batch lie one after the other in one allocation, of which each is a slice.
    fn converted(
        self,
        to: &mut ColumnWriterImpl<'_, ByteArrayType>,
        convert: fn(&[u8], &mut Vec<u8>) -> Option<()>,
    ) -> Result<(), Fault> {
        let (mut ends, mut levels) = (Vec::with_capacity(BATCH_ROWS), Vec::with_capacity(BATCH_ROWS));
        let mut bytes = Vec::new();
        let mut rows = (0..).zip(self.fields.iter()).peekable();
        while rows.peek().is_some() {
            ends.clear();
            levels.clear();
            while levels.len() < BATCH_ROWS && bytes.len() < BATCH_BYTES {
                let Some((row, field)) = rows.next() else { break };
                levels.push(self.level(row, field)?);
                if let Some(field) = field {
                    convert(field, &mut bytes).ok_or(Fault::Value(row))?;
                    ends.push(bytes.len());
                }
            }
            let shared = Bytes::from(bytes);
            self.hand_over(to, &slices(&shared, &ends), &levels, None)?;
            // Unless a least or greatest value still lies there.
            bytes = shared.try_into_mut().map(Vec::from).unwrap_or_default();
            bytes.clear();
        }
        Ok(())
    }

    fn lists(self, to: &mut ColumnWriterImpl<'_, FloatType>, precision: Precision) -> Result<(), Fault> {
        let (mut floats, mut levels, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows = (0..).zip(self.fields.iter()).peekable();
        while rows.peek().is_some() {
            floats.clear();
            levels.clear();
            repeats.clear();
            while levels.len() < BATCH_BYTES / 8 {
                let Some((row, field)) = rows.next() else { break };
                let level = self.level(row, field)?;
                let count = field.map(|field| native::vector_to_floats(field, precision, &mut floats));
                // One level more than the list itself has for each of its floats.
                let (count, level) = match count {
                    Some(count) => (count.ok_or(Fault::Value(row))?, level + 1),
                    None => (1, level),
                };
                levels.resize(levels.len() + count, level);
                repeats.push(0);
                repeats.resize(levels.len(), 1);
            }
            self.hand_over(to, &floats, &levels, Some(&repeats))?;
        }
        Ok(())
    }

    fn hand_over<T: DataType>(
        self,
        to: &mut ColumnWriterImpl<'_, T>,
        values: &[T::T],
        levels: &[i16],
        repeats: Option<&[i16]>,
    ) -> Result<(), Fault> {
        let levels = (self.nullable || repeats.is_some()).then_some(levels);
        to.write_batch(values, levels, repeats).map(|_| ()).map_err(Fault::Parquet)
    }
}

fn slices(bytes: &Bytes, ends: &[usize]) -> Vec<ByteArray> {
    let starts = std::iter::once(&0).chain(ends);
    starts.zip(ends).map(|(start, end)| bytes.slice(start..end).into()).collect()
}
