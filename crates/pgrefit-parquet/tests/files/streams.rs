//! Streams cut at any place are the same; broken ones say where.

use pgrefit_parquet::Error;
use pgrefit_parquet::copy::{Decoder, Encoder, Problem};

use crate::made::{mixed_row, stream};

type Rows = Vec<Vec<Option<Vec<u8>>>>;

/// Decodes a stream of two columns.
fn decode(columns: usize, chunks: &[&[u8]]) -> Result<Rows, Error> {
    let mut decoder = Decoder::new(columns);
    let mut rows = Rows::new();
    for chunk in chunks {
        decoder.feed(chunk, |row| {
            rows.push(row.fields().map(|field| field.map(<[u8]>::to_vec)).collect());
            Ok::<_, Error>(())
        })?;
    }
    assert_eq!(decoder.finish()?, rows.len() as u64);
    Ok(rows)
}

#[test]
fn chunks_may_be_cut_anywhere() {
    let rows: Rows = (0..20).map(mixed_row).collect();
    let all = stream(9, rows.clone());
    for size in 1..all.len().min(200) {
        let chunks: Vec<&[u8]> = all.chunks(size).collect();
        assert_eq!(decode(9, &chunks).expect("decoded"), rows, "{size}");
    }
    for at in 0..all.len() {
        let (before, after) = all.split_at(at);
        assert_eq!(decode(9, &[before, &[], after]).expect("decoded"), rows, "{at}");
    }
}

#[test]
fn a_stream_that_ends_early_is_broken() {
    let all = stream(9, (0..3).map(mixed_row));
    for length in 0..all.len() {
        let error = decode(9, &[&all[..length]]).expect_err("broken");
        assert!(matches!(error, Error::Copy { problem: Problem::Truncated, .. }), "{length}: {error:?}");
    }
}

fn header(flags: u32, extension: &[u8]) -> Vec<u8> {
    let length = u32::try_from(extension.len()).expect("short");
    [&b"PGCOPY\n\xff\r\n\0"[..], &flags.to_be_bytes(), &length.to_be_bytes(), extension].concat()
}

/// `expected` is the row at fault and what is wrong, of a stream of two columns after a good row.
#[test]
fn what_is_broken_is_named() {
    let good = [0, 2, 0, 0, 0, 1, 7, 255, 255, 255, 255];
    let check = |start: Vec<u8>, rest: &[u8], expected: Option<(u64, Problem)>| {
        let all = [&start, &good[..], rest].concat();
        let whole = decode(2, &[&all]);
        let chunks: Vec<&[u8]> = all.chunks(1).collect();
        for result in [whole, decode(2, &chunks)] {
            let found = match result {
                Ok(_) => None,
                Err(Error::Copy { row, problem }) => Some((row, problem)),
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(found, expected, "{rest:?}");
        }
    };
    let usual = || header(0, &[]);
    check(usual(), &[255, 255], None);
    check(header(0xffff, b"an extension"), &[255, 255], None);
    check(header(1 << 16, &[]), &[], Some((1, Problem::Flags(1 << 16))));
    check(b"PGCOPX\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec(), &[], Some((1, Problem::Signature)));
    check([&usual()[..15], &[255; 4]].concat(), &[], Some((1, Problem::Extension(-1))));
    check([&usual()[..15], &[127; 4]].concat(), &[], Some((1, Problem::Extension(0x7f7f_7f7f))));
    check(usual(), &[], Some((2, Problem::Truncated)));
    check(usual(), &[0, 3], Some((2, Problem::FieldCount(3))));
    check(usual(), &[255, 254], Some((2, Problem::FieldCount(-2))));
    check(usual(), &[0, 2, 255, 255, 255, 254], Some((2, Problem::Length(-2))));
    check(usual(), &[0, 2, 0x7f, 0, 0, 0], Some((2, Problem::TooLong)));
    check(usual(), &[0, 2, 0, 0, 0, 1, 1, 128, 0, 0, 0], Some((2, Problem::Length(i32::MIN))));
    check(usual(), &[255, 255, 0], Some((2, Problem::Trailing)));
}

#[test]
fn an_encoder_refuses_what_is_no_row() {
    let encoder = Encoder::new(2).expect("an encoder");
    let mut out = b"before".to_vec();
    for fields in [&[][..], &[None], &[None, None, None]] {
        assert!(encoder.fields(fields.iter().copied(), &mut out).is_err());
        assert_eq!(out, b"before");
    }
    assert!(Encoder::new(40_000).is_err());
}
