//! A file of which one byte has changed is never taken for the one that was written.

use std::fs;
use std::path::Path;

use pgrefit_parquet::{Error, Options, Reader, RowDigest, Written};
use tempfile::TempDir;

use crate::made::{mixed, mixed_row, stream, write};

fn written(dir: &TempDir, rows: i64) -> (Written, Vec<u8>) {
    let path = dir.path().join("good.parquet");
    let table = mixed();
    let stream = stream(table.columns.len(), (0..rows).map(mixed_row));
    let options = Options { group_rows: 1000, ..Options::default() };
    let written = write(&path, &table, &stream, &options).expect("written");
    let digest = Reader::open(&path, &written.sum).expect("opened").check().expect("read");
    assert_eq!(digest, written.digest);
    (written, fs::read(path).expect("read"))
}

/// What a reader makes of the file if it is not asked whether it is the right one.
fn unlisted(path: &Path) -> Result<RowDigest, Error> {
    Reader::open_unlisted(path)?.check()
}

/// With the sum, each change is found before anything is parsed. Without it, nothing panics, and what comes out as read has
/// the rows that were written: the change was in metadata that has no part in them.
fn check(dir: &TempDir, good: &[u8], written: &Written, at: usize, mask: u8) -> bool {
    let path = dir.path().join("bad.parquet");
    let mut bad = good.to_vec();
    bad[at] ^= mask;
    fs::write(&path, bad).expect("written");
    let opened = Reader::open(&path, &written.sum).map(|_| ());
    assert!(matches!(opened, Err(Error::Sum { .. })), "byte {at}: {opened:?}");
    match unlisted(&path) {
        Ok(digest) => {
            assert_eq!(digest, written.digest, "byte {at}: other rows, said to be those");
            false
        }
        Err(_) => true,
    }
}

/// Panics of the Parquet reader are caught; what they would print is not for this test's output.
fn quietly<T>(run: impl FnOnce() -> T) -> T {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|panic| {
        if !panic.location().is_some_and(|place| place.file().contains("parquet-")) {
            hook_less(panic);
        }
    }));
    let result = run();
    let _ = std::panic::take_hook();
    std::panic::set_hook(hook);
    result
}

#[expect(clippy::print_stderr, reason = "a failed assertion is to be seen")]
fn hook_less(panic: &std::panic::PanicHookInfo<'_>) {
    eprintln!("{panic}");
}

#[test]
fn every_byte_of_a_small_file_counts() {
    let dir = TempDir::new().expect("a directory");
    let (written, good) = written(&dir, 20);
    let seen = quietly(|| {
        let masks = [0x01, 0x80, 0xff];
        let changes = (0..good.len()).flat_map(|at| masks.map(|mask| (at, mask)));
        changes.filter(|(at, mask)| check(&dir, &good, &written, *at, *mask)).count()
    });
    assert!(seen > good.len() * 3 / 4, "{seen} changes of {} came out without the sum", good.len() * 3);
}

#[test]
fn random_bytes_of_a_larger_file_count() {
    let dir = TempDir::new().expect("a directory");
    let (written, good) = written(&dir, 5000);
    let mut random = fastrand::Rng::with_seed(7);
    quietly(|| {
        for _ in 0..150 {
            let at = random.usize(..good.len());
            check(&dir, &good, &written, at, random.u8(1..));
        }
    });
}

#[test]
fn a_file_cut_off_is_none() {
    let dir = TempDir::new().expect("a directory");
    let (written, good) = written(&dir, 20);
    let path = dir.path().join("short.parquet");
    for length in (0..good.len()).step_by(7) {
        fs::write(&path, &good[..length]).expect("written");
        assert!(matches!(Reader::open(&path, &written.sum), Err(Error::Sum { .. })), "{length}");
        assert!(unlisted(&path).is_err(), "{length}");
    }
}
