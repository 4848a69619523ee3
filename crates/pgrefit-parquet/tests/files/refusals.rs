//! What cannot be kept exactly is refused, and a failed destination is told.

use std::fs;
use std::io::{self, Write};

use pgrefit_parquet::{Column, Error, Options, PgType, Reader, Writer};
use tempfile::TempDir;

use crate::made::{column, mixed, mixed_row, stream, table, write};

/// Writes good values, then one that is not.
fn refused(column: Column, good: &[u8], bad: Option<&[u8]>) -> Error {
    let dir = TempDir::new().expect("a directory");
    let table = table(vec![column]);
    let rows = (0..5000).map(|_| vec![Some(good.to_vec())]);
    let stream = stream(1, rows.chain([vec![bad.map(<[u8]>::to_vec)]]));
    let options = Options { group_rows: 2000, ..Options::default() };
    write(&dir.path().join("t.parquet"), &table, &stream, &options).expect_err("refused")
}

#[test]
fn a_value_that_the_type_does_not_have_is_named() {
    let check = |form: PgType, good: &[u8], bad: &[u8]| {
        let error = refused(column("a", form), good, Some(bad));
        assert!(
            matches!(&error, Error::Value { column, row: 5001, .. } if column == "a"),
            "{form:?}: {error:?}"
        );
    };
    check(PgType::Bool, &[1], &[2]);
    check(PgType::Int2, &[0; 2], &[0; 4]);
    check(PgType::Int4, &[0; 4], &[]);
    check(PgType::Int8, &[0; 8], &[0; 7]);
    check(PgType::Float4, &[0; 4], &[0; 8]);
    check(PgType::Float8, &[0; 8], &[0; 4]);
    check(PgType::Text, b"a", b"\xff");
    check(PgType::Jsonb, b"\x01{}", b"\x02{}");
    check(PgType::Uuid, &[7; 16], &[7; 15]);
    check(PgType::Date, &[0; 4], &[0; 3]);
    check(PgType::Timestamptz, &[0; 8], &[0; 9]);
    check(PgType::Numeric, &[0; 8], &[0; 9]);
    check(PgType::Vector, &[0, 1, 0, 0, 0, 0, 0, 0], &[0, 2, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn a_null_where_none_should_be_is_named() {
    for (form, good) in
        [(PgType::Int4, &[0; 4][..]), (PgType::Text, b"a"), (PgType::Vector, &[0, 1, 0, 0, 0, 0, 0, 0])]
    {
        let required = Column { not_null: true, ..column("a", form) };
        let error = refused(required, good, None);
        assert!(matches!(error, Error::Null { row: 5001, .. }), "{form:?}: {error:?}");
    }
}

/// A disk that is full after some bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_told_wherever_it_is_full() {
    let table = mixed();
    let stream = stream(table.columns.len(), (0..5000).map(mixed_row));
    let options = Options { group_rows: 1000, ..Options::default() };
    let attempt = |bytes: usize| -> Result<u64, Error> {
        let mut writer = Writer::new(Full(bytes), &table, &options)?;
        stream.chunks(1000).try_for_each(|chunk| writer.feed(chunk))?;
        Ok(writer.finish()?.0.file_bytes)
    };
    let needed = usize::try_from(attempt(usize::MAX).expect("room enough")).expect("small");
    for bytes in [0, 1, 4, 5, 1000, needed / 2, needed - 1] {
        let error = attempt(bytes).expect_err("full");
        assert!(matches!(error, Error::Write(_)), "{bytes}: {error:?}");
        assert!(chain(&error).contains("no storage space"), "{}", chain(&error));
    }
    attempt(needed).expect("just enough");
}

fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect()
}

#[test]
fn both_ends_may_go_to_another_thread() {
    fn sent<T: Send>() {}
    sent::<Writer<fs::File>>();
    sent::<Reader>();
    sent::<Error>();
}

#[test]
fn a_writer_that_failed_fails_again() {
    let table = table(vec![column("a", PgType::Int4)]);
    let options = Options { group_rows: 1, ..Options::default() };
    let mut writer = Writer::new(Vec::new(), &table, &options).expect("begun");
    let stream = stream(1, (0..50).map(|_| vec![Some(vec![0])]));
    let error = writer.feed(&stream).expect_err("no int4");
    assert!(matches!(error, Error::Value { row: 1, .. }), "{error:?}");
    assert!(writer.feed(&stream).is_err());
    assert!(writer.finish().is_err());
}

#[test]
fn a_writer_that_is_dropped_leaves_no_file_that_opens() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("t.parquet");
    let table = mixed();
    let stream = stream(table.columns.len(), (0..5000).map(mixed_row));
    let options = Options { group_rows: 1000, ..Options::default() };
    let mut writer = Writer::new(fs::File::create(&path).expect("created"), &table, &options).expect("begun");
    writer.feed(&stream).expect("fed");
    drop(writer);
    assert!(matches!(Reader::open_unlisted(&path), Err(Error::Read(_))));
}

#[test]
fn tables_and_options_that_cannot_be_are_refused() {
    let check = |columns: usize, zstd_level: i32| {
        let columns = (0..columns).map(|at| column(&format!("c{at}"), PgType::Int4)).collect();
        let options = Options { zstd_level, ..Options::default() };
        assert!(Writer::new(Vec::new(), &table(columns), &options).is_err());
    };
    check(0, 1);
    check(40_000, 1);
    check(1, 0);
    check(1, 23);
}

#[test]
fn other_files_are_foreign() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("t.parquet");
    let check = |content: &[u8]| {
        fs::write(&path, content).expect("written");
        assert!(matches!(Reader::open_unlisted(&path), Err(Error::Read(_) | Error::Panicked)));
    };
    check(b"");
    check(b"PAR1PAR1");
    check(b"PAR1\xff\xff\xff\xffPAR1");
    check(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xff");
    let absent = Reader::open_unlisted(&dir.path().join("absent")).map(|_| ());
    assert!(matches!(absent, Err(Error::Open { .. })));
}
