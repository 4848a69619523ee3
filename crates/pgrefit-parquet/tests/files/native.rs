//! What another reader sees: here the row reader of the `parquet` crate, which knows nothing of this one.

use std::fmt::Write as _;
use std::fs::File;

use expect_test::{Expect, expect};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::schema::printer::print_schema;
use pgrefit_parquet::{Column, Options, PgType};
use tempfile::TempDir;

use crate::made::{column, stream, table, write};

/// Of each form a value, as it is sent.
const VALUES: [(PgType, &[u8]); 19] = [
    (PgType::Bool, &[1]),
    (PgType::Int2, &[255, 254]),
    (PgType::Int4, &[0, 0, 1, 0]),
    (PgType::Int8, &[0, 0, 0, 1, 0, 0, 0, 0]),
    (PgType::Float4, &[0x3f, 0x80, 0, 0]),
    (PgType::Float8, &[0xc0, 0, 0, 0, 0, 0, 0, 0]),
    (PgType::Text, "déjà".as_bytes()),
    (PgType::Json, b"{ }"),
    (PgType::Jsonb, b"\x01{\"a\": 1}"),
    (PgType::Uuid, b"0123456789abcdef"),
    (PgType::Timestamptz, &[0, 0, 0, 0, 0, 0, 0, 1]),
    (PgType::Timestamp, &[0, 0, 0, 0, 0, 0, 0, 1]),
    (PgType::Date, &[0, 0, 0, 1]),
    (PgType::Time, &[0, 0, 0, 0, 0, 0, 0, 1]),
    (PgType::Bytea, &[0, 255]),
    (PgType::Numeric, &[0, 2, 0, 0, 0x40, 0, 0, 2, 0, 12, 0x13, 0x88]),
    (PgType::Vector, &[0, 2, 0, 0, 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0]),
    (PgType::Halfvec, &[0, 1, 0, 0, 0x3c, 0]),
    (PgType::Send, &[2, 32, 0, 4, 10, 0, 0, 1]),
];

/// Writes a row of values and one of NULLs, and reads it with the other reader.
fn check(columns: Vec<Column>, rows: Vec<Vec<Option<Vec<u8>>>>, schema: &Expect, values: &Expect) {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("t.parquet");
    let stream = stream(columns.len(), rows);
    write(&path, &table(columns), &stream, &Options::default()).expect("written");
    let reader = SerializedFileReader::new(File::open(&path).expect("opened")).expect("a file");
    let mut printed = Vec::new();
    print_schema(&mut printed, reader.metadata().file_metadata().schema());
    schema.assert_eq(&String::from_utf8_lossy(&printed));
    let mut seen = String::new();
    for row in reader.get_row_iter(None).expect("rows") {
        let row = row.expect("a row");
        for (name, field) in row.get_column_iter() {
            let _ = writeln!(seen, "{name}: {field}");
        }
    }
    values.assert_eq(&seen);
}

#[test]
fn every_form_is_what_it_is_called() {
    let columns = VALUES.iter().map(|(form, _)| column(&format!("{form:?}"), *form)).collect();
    let row = VALUES.iter().map(|(_, value)| Some(value.to_vec())).collect();
    check(
        columns,
        vec![row],
        &expect![[r"
        message pgrefit {
          OPTIONAL BOOLEAN Bool;
          OPTIONAL INT32 Int2 (INTEGER(16,true));
          OPTIONAL INT32 Int4;
          OPTIONAL INT64 Int8;
          OPTIONAL FLOAT Float4;
          OPTIONAL DOUBLE Float8;
          OPTIONAL BYTE_ARRAY Text (STRING);
          OPTIONAL BYTE_ARRAY Json (JSON);
          OPTIONAL BYTE_ARRAY Jsonb (JSON);
          OPTIONAL FIXED_LEN_BYTE_ARRAY (16) Uuid (UUID);
          OPTIONAL INT64 Timestamptz (TIMESTAMP(MICROS,true));
          OPTIONAL INT64 Timestamp (TIMESTAMP(MICROS,false));
          OPTIONAL INT32 Date (DATE);
          OPTIONAL INT64 Time (TIME(MICROS,false));
          OPTIONAL BYTE_ARRAY Bytea;
          OPTIONAL BYTE_ARRAY Numeric (STRING);
          OPTIONAL group Vector (LIST) {
            REPEATED group list {
              REQUIRED FLOAT element;
            }
          }
          OPTIONAL group Halfvec (LIST) {
            REPEATED group list {
              REQUIRED FLOAT element;
            }
          }
          OPTIONAL BYTE_ARRAY Send;
        }
    "]],
        &expect![[r#"
        Bool: true
        Int2: -2
        Int4: 256
        Int8: 4294967296
        Float4: 1.0
        Float8: -2E0
        Text: "déjà"
        Json: "{ }"
        Jsonb: "{"a": 1}"
        Uuid: [48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]
        Timestamptz: 2000-01-01 00:00:00.000001 +00:00
        Timestamp: 2000-01-01 00:00:00.000001 +00:00
        Date: 2000-01-02
        Time: 00:00:00.000001
        Bytea: [0, 255]
        Numeric: "-12.50"
        Vector: [1.0, -2E0]
        Halfvec: [1.0]
        Send: [2, 32, 0, 4, 10, 0, 0, 1]
    "#]],
    );
}

#[test]
fn columns_without_nulls_are_required() {
    let required = |name: &str, form| Column { not_null: true, ..column(name, form) };
    let columns =
        vec![required("id", PgType::Int4), required("a.b \"c\"", PgType::Vector), column("t", PgType::Text)];
    let vector = vec![0, 1, 0, 0, 0x3f, 0x80, 0, 0];
    let rows = vec![vec![Some(vec![0, 0, 0, 1]), Some(vector), None]];
    check(
        columns,
        rows,
        &expect![[r#"
        message pgrefit {
          REQUIRED INT32 id;
          REQUIRED group a.b "c" (LIST) {
            REPEATED group list {
              REQUIRED FLOAT element;
            }
          }
          OPTIONAL BYTE_ARRAY t (STRING);
        }
    "#]],
        &expect![[r#"
        id: 1
        a.b "c": [1.0]
        t: null
    "#]],
    );
}
