//! Measures the way of a COPY BINARY stream to a Parquet file, and back.
//!
//! ```text
//! psql -c "COPY t TO STDOUT (FORMAT binary)" | cargo run --release -p pgrefit-parquet --example convert -- t.parquet FORMS [LEVEL] [GROUP_MIB] [THREADS]
//! cargo run --release -p pgrefit-parquet --example convert -- --back t.parquet
//! ```
//!
//! FORMS are the names of the columns' send functions, with commas between, such as `int8send,textsend,vector_send`.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Instant;

use pgrefit_parquet::{Column, Options, PgType, Reader, Table, Writer, file_sum};

/// As large as what a server sends at a time.
const CHUNK_BYTES: usize = 64 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *words.as_slice() {
        ["--back", path] => back(Path::new(path)),
        [path, forms, ref rest @ ..] => {
            let mut options = Options::default();
            if let Some(level) = rest.first() {
                options.zstd_level = level.parse()?;
            }
            if let Some(mebibytes) = rest.get(1) {
                options.group_bytes = mebibytes.parse::<usize>()? << 20;
            }
            if let Some(threads) = rest.get(2) {
                options.threads = Some(threads.parse()?);
            }
            there(Path::new(path), forms, &options)
        }
        _ => Err("a path and the send functions of the columns are needed".into()),
    }
}

fn there(path: &Path, forms: &str, options: &Options) -> Result<(), Box<dyn Error>> {
    let columns = forms.split(',').zip(1..).map(|(send, at)| Column {
        name: format!("c{at}"),
        type_name: send.to_owned(),
        form: PgType::of(send, None),
        not_null: false,
    });
    let table = Table { name: "stdin".to_owned(), columns: columns.collect() };
    let start = Instant::now();
    let mut writer = Writer::new(File::create(path)?, &table, options)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut input = io::stdin().lock();
    loop {
        let read = input.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        writer.feed(chunk.get(..read).unwrap_or_default())?;
    }
    let (written, _) = writer.finish()?;
    report("written", written.digest.rows, written.raw_bytes, written.file_bytes, start)
}

fn back(path: &Path) -> Result<(), Box<dyn Error>> {
    let sum = file_sum(path)?;
    let start = Instant::now();
    let mut reader = Reader::open(path, &sum)?;
    let mut out = Vec::with_capacity(2 * CHUNK_BYTES);
    let mut raw_bytes = 0;
    let mut sink = io::sink();
    while reader.copy(&mut out, CHUNK_BYTES)? {
        raw_bytes += out.len() as u64;
        sink.write_all(&out)?;
        out.clear();
    }
    report("read", reader.digest().rows, raw_bytes, fs::metadata(path)?.len(), start)
}

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement, for people")]
fn report(what: &str, rows: u64, raw: u64, file: u64, start: Instant) -> Result<(), Box<dyn Error>> {
    let seconds = start.elapsed().as_secs_f64();
    let (raw, file) = (raw as f64 / 1e6, file as f64 / 1e6);
    println!(
        "{what} {rows} rows in {seconds:.2} s: {:.0} rows/s, {:.0} MB/s of {raw:.1} MB, the file has {file:.1} MB; {}",
        rows as f64 / seconds,
        raw / seconds,
        peak()?
    );
    Ok(())
}

/// The most memory that the process has had, as Linux counts it.
fn peak() -> io::Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    Ok(line.unwrap_or("peak memory unknown").split_whitespace().collect::<Vec<_>>().join(" "))
}
