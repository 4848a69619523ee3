//! Columns as Parquet's schema has them, and how each is encoded.

use std::sync::Arc;

use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use crate::{Column, Options, PgType, Table};

const UUID_BYTES: i32 = 16;
/// Of a value in statistics: enough to find a range, little enough for ten thousand row groups.
const STATISTICS_BYTES: usize = 32;

/// The schema of a table: one field a column, in order.
pub(crate) fn schema(table: &Table) -> Result<TypePtr> {
    let fields = table.columns.iter().map(field).collect::<Result<Vec<_>>>()?;
    Type::group_type_builder("pgrefit").with_fields(fields).build().map(Arc::new)
}

fn field(column: &Column) -> Result<TypePtr> {
    if column.form.is_list() {
        return list(column);
    }
    let builder = Type::primitive_type_builder(&column.name, physical(column.form))
        .with_repetition(repetition(column))
        .with_logical_type(logical(column.form));
    let length = if column.form == PgType::Uuid { UUID_BYTES } else { -1 };
    builder.with_length(length).build().map(Arc::new)
}

/// Three levels, as the format prescribes for lists
/// (<https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists>).
fn list(column: &Column) -> Result<TypePtr> {
    let element = Type::primitive_type_builder("element", physical(column.form))
        .with_repetition(Repetition::REQUIRED)
        .build()?;
    let repeated = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(element)])
        .build()?;
    Type::group_type_builder(&column.name)
        .with_repetition(repetition(column))
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(repeated)])
        .build()
        .map(Arc::new)
}

fn repetition(column: &Column) -> Repetition {
    if column.not_null { Repetition::REQUIRED } else { Repetition::OPTIONAL }
}

fn physical(form: PgType) -> Physical {
    match form {
        PgType::Bool => Physical::BOOLEAN,
        PgType::Int2 | PgType::Int4 | PgType::Date => Physical::INT32,
        PgType::Int8 | PgType::Timestamptz | PgType::Timestamp | PgType::Time => Physical::INT64,
        PgType::Float4 | PgType::Vector | PgType::Halfvec => Physical::FLOAT,
        PgType::Float8 => Physical::DOUBLE,
        PgType::Uuid => Physical::FIXED_LEN_BYTE_ARRAY,
        PgType::Text | PgType::Json | PgType::Jsonb | PgType::Numeric | PgType::Bytea | PgType::Send => {
            Physical::BYTE_ARRAY
        }
    }
}

fn logical(form: PgType) -> Option<LogicalType> {
    let timestamp =
        |is_adjusted_to_u_t_c| Some(LogicalType::timestamp(is_adjusted_to_u_t_c, TimeUnit::MICROS));
    match form {
        PgType::Int2 => Some(LogicalType::integer(16, true)),
        PgType::Text | PgType::Numeric => Some(LogicalType::String),
        PgType::Json | PgType::Jsonb => Some(LogicalType::Json),
        PgType::Uuid => Some(LogicalType::Uuid),
        PgType::Timestamptz => timestamp(true),
        PgType::Timestamp => timestamp(false),
        PgType::Date => Some(LogicalType::Date),
        PgType::Time => Some(LogicalType::time(false, TimeUnit::MICROS)),
        _ => None,
    }
}

/// How the file is written; `long` says of each column whether its values are long on average.
pub(crate) fn properties(table: &Table, options: &Options, long: &[bool]) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(options.zstd_level)?;
    let builder = WriterProperties::builder()
        .set_created_by(concat!("pgrefit-parquet version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES))
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None);
    let columns = table.columns.iter().zip(long.iter().copied().chain(std::iter::repeat(false)));
    Ok(columns.fold(builder, |builder, (column, long)| encoding(builder, column, long)).build())
}

/// The dictionary, which is the default, stays where values may repeat. Whole numbers are kept as differences, floats with
/// their bytes taken apart: zstd finds nothing in them otherwise. Of long values, which rarely repeat and are not looked for,
/// a dictionary and the least and the greatest would each hold some in memory.
fn encoding(builder: WriterPropertiesBuilder, column: &Column, long: bool) -> WriterPropertiesBuilder {
    let path = path(column);
    let encoding = match physical(column.form) {
        Physical::INT32 | Physical::INT64 => Encoding::DELTA_BINARY_PACKED,
        Physical::FLOAT | Physical::DOUBLE => Encoding::BYTE_STREAM_SPLIT,
        Physical::BYTE_ARRAY if !long => return ordered(builder, column),
        _ => Encoding::PLAIN,
    };
    let builder = builder
        .set_column_dictionary_enabled(path.clone(), false)
        .set_column_encoding(path.clone(), encoding);
    if column.form.is_list() || long {
        return builder.set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    ordered(builder, column)
}

/// The least and the greatest of values whose order as bytes means nothing are left out.
fn ordered(builder: WriterPropertiesBuilder, column: &Column) -> WriterPropertiesBuilder {
    let unordered = matches!(column.form, PgType::Json | PgType::Jsonb | PgType::Numeric | PgType::Send);
    if !unordered {
        return builder;
    }
    builder.set_column_statistics_enabled(path(column), EnabledStatistics::None)
}

fn path(column: &Column) -> ColumnPath {
    let list: &[&str] = if column.form.is_list() { &["list", "element"] } else { &[] };
    let parts = std::iter::once(column.name.as_str()).chain(list.iter().copied());
    ColumnPath::new(parts.map(str::to_owned).collect())
}

impl PgType {
    fn is_list(self) -> bool {
        matches!(self, Self::Vector | Self::Halfvec)
    }
}
