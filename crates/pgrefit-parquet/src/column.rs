//! What is to be known of a table: the columns and how each is kept.

use serde::{Deserialize, Serialize};

/// The table that a file is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What it is called, for people and for the file's metadata.
    pub name: String,
    /// The columns in the order of the COPY.
    pub columns: Vec<Column>,
}

/// A column of the COPY.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name, unquoted.
    pub name: String,
    /// Its type, as `format_type(atttypid, atttypmod)` prints it: kept in the file for whoever restores it.
    #[serde(rename = "type")]
    pub type_name: String,
    /// How its values are kept.
    pub form: PgType,
    /// Whether no value is NULL. Only if the constraint is valid for all rows (`convalidated`): NULL is an error then.
    pub not_null: bool,
}

/// How values of a type are kept: natively, so that every Parquet reader understands them, or as the bytes of the type's send
/// function. Either way back is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PgType {
    /// `boolean`.
    Bool,
    /// `smallint`, as INT32 marked as 16 bits.
    Int2,
    /// `integer`.
    Int4,
    /// `bigint`.
    Int8,
    /// `real`.
    Float4,
    /// `double precision`.
    Float8,
    /// What is sent as UTF-8 text: `text`, `varchar`, `char(n)`, `name`, `citext`, `xml`, enums.
    Text,
    /// `json`.
    Json,
    /// `jsonb`, without the version that its send function puts before it.
    Jsonb,
    /// `uuid`.
    Uuid,
    /// `timestamp with time zone`: microseconds since 1970, UTC. `infinity` is the largest number, `-infinity` the smallest
    /// but one, as in `DuckDB`. What PostgreSQL knows beyond the year 294246 is kept, but read as another year elsewhere.
    Timestamptz,
    /// `timestamp without time zone`, as [`PgType::Timestamptz`] but of no zone.
    Timestamp,
    /// `date`: days since 1970, infinities as above.
    Date,
    /// `time without time zone`: microseconds since midnight. `24:00:00` is kept, though not every reader likes it.
    Time,
    /// `bytea`.
    Bytea,
    /// `numeric`: decimal text with all digits after the point that PostgreSQL prints, `NaN`, `Infinity`, `-Infinity`.
    Numeric,
    /// `vector` of pgvector: a list of 32-bit floats.
    Vector,
    /// `halfvec` of pgvector: a list of 32-bit floats, each of which is one of 16 bits.
    Halfvec,
    /// Any other type: the bytes of its send function.
    ///
    /// Those of arrays and composites name the types within by number (OID). Of types that an extension or a user made, the
    /// number is another in each database: there, PostgreSQL refuses such bytes ("wrong element type").
    Send,
}

impl PgType {
    /// By the name of the type's send function (`pg_type.typsend::regproc`, without a schema), which is what decides on the
    /// bytes: a domain has that of its base type, an enum `enum_send`. `element_send` is that of the element type, for arrays.
    ///
    /// Only functions of `pg_catalog` and of the extension `vector` must be asked for: of others, which may have the same
    /// name, the form is [`PgType::Send`]. So it is for text in a database whose encoding is `SQL_ASCII`, which need not be
    /// UTF-8.
    #[must_use]
    pub fn of(send: &str, element_send: Option<&str>) -> Self {
        if element_send.is_some() {
            return Self::Send;
        }
        match send {
            "boolsend" => Self::Bool,
            "int2send" => Self::Int2,
            "int4send" => Self::Int4,
            "int8send" => Self::Int8,
            "float4send" => Self::Float4,
            "float8send" => Self::Float8,
            "textsend" | "varcharsend" | "bpcharsend" | "namesend" | "xml_send" | "enum_send" => Self::Text,
            "json_send" => Self::Json,
            "jsonb_send" => Self::Jsonb,
            "uuid_send" => Self::Uuid,
            "timestamptz_send" => Self::Timestamptz,
            "timestamp_send" => Self::Timestamp,
            "date_send" => Self::Date,
            "time_send" => Self::Time,
            "byteasend" => Self::Bytea,
            "numeric_send" => Self::Numeric,
            "vector_send" => Self::Vector,
            "halfvec_send" => Self::Halfvec,
            _ => Self::Send,
        }
    }
}
