//! Several threads write the file that one does.

use std::num::NonZero;

use pgrefit_parquet::{Error, Options, PgType, Reader, Writer, Written};
use tempfile::TempDir;

use crate::made::{column, mixed, mixed_row, stream, table, write};

fn options(threads: usize) -> Options {
    Options { group_rows: 300, threads: NonZero::new(threads), ..Options::default() }
}

#[test]
fn the_file_is_the_same_whatever_the_number_of_threads() {
    let table = mixed();
    let written = |stream: &[u8], threads: usize| -> (Written, Vec<u8>) {
        let mut writer = Writer::new(Vec::new(), &table, &options(threads)).expect("begun");
        stream.chunks(8192).for_each(|chunk| writer.feed(chunk).expect("fed"));
        writer.finish().expect("finished")
    };
    for rows in [0, 1, 299, 300, 301, 600, 10_000] {
        let stream = stream(table.columns.len(), (0..rows).map(mixed_row));
        let one = written(&stream, 1);
        for threads in [2, 3, 4, 100] {
            assert!(written(&stream, threads) == one, "{rows} rows, {threads} threads");
        }
    }
}

#[test]
fn row_groups_come_in_the_order_of_the_rows() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("t.parquet");
    // Every fifth row group has much more to compress than those after it.
    let long = |number: i64| if number / 300 % 5 == 0 { 2000 } else { 1 };
    let row = |number: i64| vec![Some(format!("{number} ").repeat(long(number)).into_bytes())];
    let stream = stream(1, (0..6000).map(row));
    let table = table(vec![column("a", PgType::Text)]);
    let written = write(&path, &table, &stream, &options(4)).expect("written");
    let mut reader = Reader::open(&path, &written.sum).expect("opened");
    let mut back = Vec::new();
    while reader.copy(&mut back, usize::MAX).expect("read") {}
    assert!(back == stream);
}

#[test]
fn the_first_row_that_cannot_be_written_is_named() {
    let dir = TempDir::new().expect("a directory");
    let table = table(vec![column("a", PgType::Int4)]);
    let bad = |number: usize| [1499, 1500, 2000, 2900].contains(&number);
    let rows = (0..3000).map(|number| vec![Some(vec![0; if bad(number) { 5 } else { 4 }])]);
    let stream = stream(1, rows);
    for threads in 1..=4 {
        let path = dir.path().join(threads.to_string());
        let error = write(&path, &table, &stream, &options(threads)).expect_err("refused");
        assert!(matches!(error, Error::Value { row: 1500, .. }), "{threads}: {error:?}");
    }
}
