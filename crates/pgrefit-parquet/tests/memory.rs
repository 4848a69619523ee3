//! However large a row is, few are in memory. In a process of its own: it looks at the memory of all of it.

use std::fs::{self, File};
use std::num::NonZero;

use pgrefit_parquet::copy::Encoder;
use pgrefit_parquet::{Column, Options, PgType, Reader, Table, Writer};

const BYTES_MAX: u64 = 150_000_000;

/// Writes and reads so many rows of one column, and returns the peak of the process.
fn peak(form: PgType, rows: usize, field: impl Fn(usize) -> Vec<u8>) -> u64 {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("t.parquet");
    let column = Column { name: "c".to_owned(), type_name: String::new(), form, not_null: false };
    let table = Table { name: "t".to_owned(), columns: vec![column] };
    let encoder = Encoder::new(1).expect("an encoder");
    let options = Options { zstd_level: 1, threads: NonZero::new(4), ..Options::default() };
    let mut writer = Writer::new(File::create(&path).expect("created"), &table, &options).expect("begun");
    let mut out = Vec::new();
    encoder.header(&mut out);
    for at in 0..rows {
        encoder.fields([Some(field(at).as_slice())], &mut out).expect("a row");
        // As it comes from a socket.
        out.chunks(64 * 1024).for_each(|chunk| writer.feed(chunk).expect("fed"));
        out.clear();
    }
    encoder.trailer(&mut out);
    writer.feed(&out).expect("fed");
    let (written, _) = writer.finish().expect("finished");
    let digest = Reader::open(&path, &written.sum).expect("opened").check().expect("read");
    assert_eq!(digest.rows, rows as u64);
    peak_of_process()
}

/// As Linux counts it, in bytes; elsewhere nothing is known.
fn peak_of_process() -> u64 {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return 0 };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("there is one");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

#[test]
fn large_rows_do_not_pile_up() {
    let mut random = fastrand::Rng::with_seed(1);
    let floats: Vec<u8> = (0..3072).flat_map(|_| (random.f32() - 0.5).to_be_bytes()).collect();
    let vector = [&[12, 0, 0, 0][..], &floats].concat();
    let peak_vectors = peak(PgType::Vector, 7_000, |_| vector.clone());
    assert!(peak_vectors < BYTES_MAX, "vectors took {peak_vectors} bytes");
    let noise: Vec<u8> = (0..10_000_000).map(|_| random.u8(32..127)).collect();
    let peak_texts = peak(PgType::Text, 11, |_| noise.clone());
    println!("{peak_vectors} bytes with vectors, {peak_texts} with texts");
    assert!(peak_texts < BYTES_MAX, "texts took {peak_texts} bytes");
}
