//! The values of one column in memory, and each as the field that PostgreSQL sent.

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{AsBytes as _, ByteArrayType, DataType, FloatType};
use parquet::errors::Result;

use crate::native::{self, Precision};
use crate::{Column, PgType};

const NULL: i32 = -1;
const UUID_BYTES: usize = 16;

/// One column of a row group.
pub(super) trait Values: Send {
    /// Forgets the rows in memory and reads the next ones; says how many there were.
    fn load(&mut self, rows: usize) -> Result<usize>;

    /// Appends the next row's field with its length; `None` if it is no value of the type, or there is no row.
    fn append(&mut self, out: &mut Vec<u8>) -> Option<()>;
}

/// `None` if the column is kept in another way than its form says.
pub(super) fn values(column: &Column, reader: ColumnReader) -> Option<Box<dyn Values>> {
    use ColumnReader as Is;
    let nullable = !column.not_null;
    Some(match (column.form, reader) {
        (PgType::Bool, Is::BoolColumnReader(r)) => scalars(r, nullable, |value, out| {
            out.push(u8::from(*value));
            Some(())
        }),
        (PgType::Int2, Is::Int32ColumnReader(r)) => scalars(r, nullable, |value, out| {
            let value = i16::try_from(*value).ok()?;
            native::bytes(&value.to_be_bytes(), out)
        }),
        (PgType::Int4, Is::Int32ColumnReader(r)) => {
            scalars(r, nullable, |value, out| native::bytes(&value.to_be_bytes(), out))
        }
        (PgType::Date, Is::Int32ColumnReader(r)) => {
            scalars(r, nullable, |value, out| native::bytes(&native::unix_to_date(*value).to_be_bytes(), out))
        }
        (PgType::Int8 | PgType::Time, Is::Int64ColumnReader(r)) => {
            scalars(r, nullable, |value, out| native::bytes(&value.to_be_bytes(), out))
        }
        (PgType::Timestamptz | PgType::Timestamp, Is::Int64ColumnReader(r)) => {
            scalars(r, nullable, |value, out| {
                native::bytes(&native::unix_to_timestamp(*value).to_be_bytes(), out)
            })
        }
        (PgType::Float4, Is::FloatColumnReader(r)) => {
            scalars(r, nullable, |value, out| native::bytes(&value.to_bits().to_be_bytes(), out))
        }
        (PgType::Float8, Is::DoubleColumnReader(r)) => {
            scalars(r, nullable, |value, out| native::bytes(&value.to_bits().to_be_bytes(), out))
        }
        (PgType::Uuid, Is::FixedLenByteArrayColumnReader(r)) => scalars(r, nullable, |value, out| {
            let bytes = Some(value.as_bytes()).filter(|bytes| bytes.len() == UUID_BYTES)?;
            native::bytes(bytes, out)
        }),
        (PgType::Text | PgType::Json | PgType::Bytea | PgType::Send, Is::ByteArrayColumnReader(r)) => {
            text(r, nullable, native::bytes)
        }
        (PgType::Jsonb, Is::ByteArrayColumnReader(r)) => text(r, nullable, native::text_to_jsonb),
        (PgType::Numeric, Is::ByteArrayColumnReader(r)) => text(r, nullable, native::text_to_numeric),
        (PgType::Vector, Is::FloatColumnReader(r)) => lists(r, nullable, Precision::Single),
        (PgType::Halfvec, Is::FloatColumnReader(r)) => lists(r, nullable, Precision::Half),
        _ => return None,
    })
}

struct Scalars<T: DataType, F> {
    reader: ColumnReaderImpl<T>,
    nullable: bool,
    convert: F,
    values: Vec<T::T>,
    levels: Vec<i16>,
    rows: usize,
    /// The next row, and the next value.
    row: usize,
    value: usize,
}

fn scalars<T, F>(reader: ColumnReaderImpl<T>, nullable: bool, convert: F) -> Box<dyn Values>
where
    T: DataType,
    F: Fn(&T::T, &mut Vec<u8>) -> Option<()> + Send + 'static,
{
    let (values, levels) = (Vec::new(), Vec::new());
    Box::new(Scalars { reader, nullable, convert, values, levels, rows: 0, row: 0, value: 0 })
}

fn text(
    reader: ColumnReaderImpl<ByteArrayType>,
    nullable: bool,
    convert: fn(&[u8], &mut Vec<u8>) -> Option<()>,
) -> Box<dyn Values> {
    scalars(reader, nullable, move |value, out| convert(value.as_bytes(), out))
}

impl<T: DataType, F: Fn(&T::T, &mut Vec<u8>) -> Option<()> + Send> Values for Scalars<T, F> {
    fn load(&mut self, rows: usize) -> Result<usize> {
        self.values.clear();
        self.levels.clear();
        let levels = self.nullable.then_some(&mut self.levels);
        let (read, _, _) = self.reader.read_records(rows, levels, None, &mut self.values)?;
        (self.rows, self.row, self.value) = (read, 0, 0);
        Ok(read)
    }

    fn append(&mut self, out: &mut Vec<u8>) -> Option<()> {
        if self.row >= self.rows {
            return None;
        }
        let null = self.nullable && *self.levels.get(self.row)? == 0;
        self.row += 1;
        if null {
            return native::bytes(&NULL.to_be_bytes(), out);
        }
        let value = self.values.get(self.value)?;
        self.value += 1;
        measured(out, |out| (self.convert)(value, out))
    }
}

struct Lists {
    reader: ColumnReaderImpl<FloatType>,
    precision: Precision,
    /// The level of a float; one less is that of an empty list, which no vector is.
    present: i16,
    floats: Vec<f32>,
    levels: Vec<i16>,
    repeats: Vec<i16>,
    /// The next level, and the next float.
    level: usize,
    float: usize,
}

fn lists(reader: ColumnReaderImpl<FloatType>, nullable: bool, precision: Precision) -> Box<dyn Values> {
    let present = if nullable { 2 } else { 1 };
    let (floats, levels, repeats) = (Vec::new(), Vec::new(), Vec::new());
    Box::new(Lists { reader, precision, present, floats, levels, repeats, level: 0, float: 0 })
}

impl Values for Lists {
    fn load(&mut self, rows: usize) -> Result<usize> {
        self.floats.clear();
        self.levels.clear();
        self.repeats.clear();
        (self.level, self.float) = (0, 0);
        let (levels, repeats) = (Some(&mut self.levels), Some(&mut self.repeats));
        self.reader.read_records(rows, levels, repeats, &mut self.floats).map(|(read, _, _)| read)
    }

    fn append(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let level = *self.levels.get(self.level)?;
        let more = self.repeats.get(self.level + 1..)?.iter().take_while(|repeat| **repeat != 0).count();
        self.level += 1 + more;
        if level == 0 && self.present == 2 && more == 0 {
            return native::bytes(&NULL.to_be_bytes(), out);
        }
        if level != self.present {
            return None;
        }
        let floats = self.floats.get(self.float..self.float + 1 + more)?;
        self.float += floats.len();
        let precision = self.precision;
        measured(out, |out| native::floats_to_vector(floats, precision, out))
    }
}

/// Appends what `write` does, and its length before it.
fn measured(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Option<()>) -> Option<()> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out)?;
    let length = i32::try_from(out.len() - start - 4).ok()?;
    out.get_mut(start..start + 4)?.copy_from_slice(&length.to_be_bytes());
    Some(())
}
