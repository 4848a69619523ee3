//! Judges one directory of binaries: is everything there, does it run, which version is it?

use std::{
    io,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use super::{Binaries, Origin};
use crate::{Error, account::RunAs, process};

const LIMIT: Duration = Duration::from_secs(20);

/// The programs in `dir`, after `postgres --version` was run as the account that servers run as.
pub(crate) fn inspect(dir: &Path, origin: Origin, run_as: &RunAs) -> Result<Binaries, Error> {
    let bin_dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let mut found = Binaries { bin_dir, version: (0, 0), origin, has_pgvector: false };
    for program in ["postgres", "initdb", "pg_ctl"] {
        found.required(program)?;
    }
    found.version = version_of(&found.required("postgres")?, run_as)?;
    found.has_pgvector =
        extension_dirs(&found, run_as).iter().any(|dir| dir.join("vector.control").is_file());
    Ok(found)
}

fn version_of(postgres: &Path, run_as: &RunAs) -> Result<(u32, u32), Error> {
    let output = run(postgres, "--version", run_as).map_err(|source| Error::NotExecutable {
        program: postgres.to_owned(),
        account: run_as.name().to_owned(),
        source,
    })?;
    let text = process::text(&output);
    parse_version(&text)
        .ok_or_else(|| Error::UnreadableVersion { program: postgres.to_owned(), output: text })
}

fn run(program: &Path, argument: &str, run_as: &RunAs) -> io::Result<Output> {
    let output = process::run(run_as.command(program).arg(argument), LIMIT)?;
    output.ok_or_else(|| io::ErrorKind::TimedOut.into())
}

/// `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`; a version under development has no minor:
/// `19devel`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let version = text.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
    let digits = |text: &str| -> Option<u32> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse().ok()
    };
    let minor = version.split_once('.').and_then(|(_, minor)| digits(minor));
    Some((digits(version)?, minor.unwrap_or(0)))
}

/// Where this installation keeps its extensions: as `pg_config` says, and where they are if it is missing.
fn extension_dirs(binaries: &Binaries, run_as: &RunAs) -> Vec<PathBuf> {
    let said = binaries.program("pg_config").and_then(|pg_config| run(&pg_config, "--sharedir", run_as).ok());
    let said =
        said.filter(|output| output.status.success()).map(|output| PathBuf::from(process::text(&output)));
    let beside = ["../share", "../share/postgresql"].map(|share| binaries.bin_dir.join(share));
    said.into_iter().chain(beside).map(|share| share.join("extension")).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(u32, u32)>) {
        assert_eq!(parse_version(text), expected, "{text}");
    }

    #[test]
    fn versions() {
        check("postgres (PostgreSQL) 18.6", Some((18, 6)));
        check("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", Some((15, 14)));
        check("postgres (PostgreSQL) 19devel", Some((19, 0)));
        check("postgres (PostgreSQL) 18beta1", Some((18, 0)));
        check("postgres (PostgreSQL) x", None);
        check("", None);
    }

    #[test]
    fn unusable_directories() {
        let dir = tempfile::tempdir().expect("a directory");
        let run_as = RunAs::detect().expect("an account");
        let inspect = || inspect(dir.path(), Origin::Explicit, &run_as);
        assert!(matches!(inspect(), Err(Error::MissingProgram { program, .. }) if program == "postgres"));
        for program in ["postgres", "initdb", "pg_ctl"] {
            fs::write(dir.path().join(program), "").expect("written");
        }
        assert!(matches!(inspect(), Err(Error::NotExecutable { .. })));
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("chmod");
        let postgres = dir.path().join("postgres");
        fs::write(&postgres, "#!/bin/sh\necho hello\n").expect("written");
        fs::set_permissions(&postgres, fs::Permissions::from_mode(0o755)).expect("chmod");
        assert!(matches!(inspect(), Err(Error::UnreadableVersion { output, .. }) if output == "hello"));
    }
}
