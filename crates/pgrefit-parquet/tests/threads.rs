//! No thread outlives its writer. In a process of its own: it looks at all threads of it.

use std::fs;
use std::io::{self, Write};
use std::num::NonZero;

use pgrefit_parquet::copy::Encoder;
use pgrefit_parquet::{Column, Error, Options, PgType, Table, Writer};

/// Row groups of one row each, of which this many are fed.
const ROWS: usize = 100;

/// A destination, or what is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sink {
    Good,
    Full,
    Panics,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Full => Err(io::ErrorKind::StorageFull.into()),
            Self::Panics => panic!("as a test wants it"),
            Self::Good => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn stream(field: &[u8]) -> Vec<u8> {
    let encoder = Encoder::new(1).expect("an encoder");
    let mut out = Vec::new();
    encoder.header(&mut out);
    for _ in 0..ROWS {
        encoder.fields([Some(field)], &mut out).expect("a row");
    }
    encoder.trailer(&mut out);
    out
}

/// Of this process, as Linux lists them; elsewhere nothing is known.
fn running() -> usize {
    fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

fn feed(sink: Sink, field: &[u8], end: bool) -> Result<(), Error> {
    let column =
        Column { name: "c".to_owned(), type_name: String::new(), form: PgType::Int4, not_null: true };
    let table = Table { name: "t".to_owned(), columns: vec![column] };
    let options = Options { group_rows: 1, threads: NonZero::new(4), ..Options::default() };
    let mut writer = Writer::new(sink, &table, &options)?;
    writer.feed(&stream(field))?;
    if end {
        writer.finish()?;
    }
    Ok(())
}

#[test]
fn no_thread_outlives_its_writer() {
    let before = running();
    let check = |sink: Sink, field: &[u8], end: bool, expected: fn(Result<(), Error>) -> bool| {
        assert!(expected(feed(sink, field, end)), "{sink:?} {field:?} {end}");
        assert_eq!(running(), before, "{sink:?} {field:?} {end}");
    };
    check(Sink::Good, &[0; 4], true, |result| result.is_ok());
    check(Sink::Good, &[0; 4], false, |result| result.is_ok());
    check(Sink::Good, &[0; 5], true, |result| matches!(result, Err(Error::Value { row: 1, .. })));
    check(Sink::Full, &[0; 4], true, |result| matches!(result, Err(Error::Write(_))));
    check(Sink::Panics, &[0; 4], true, |result| matches!(result, Err(Error::Ended)));
}
