//! Finds PostgreSQL's client programs, by version.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Error, process};

/// Debian's and Ubuntu's place, one folder a major version.
const VERSIONED: &str = "/usr/lib/postgresql";

const VERSION_LIMIT: Duration = Duration::from_secs(20);

/// Where client programs are looked for, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolSearch {
    /// A directory that was named (`PGREFIT_PG_BIN`): if set, the only one.
    pub bin_dir: Option<PathBuf>,
    /// The directories of `PATH`.
    pub path_dirs: Vec<PathBuf>,
    /// Where [`pgrefit_scratch`] has its installations.
    pub cache: Option<PathBuf>,
}

/// A client program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its path.
    pub program: PathBuf,
    /// Its name: `pg_dump`.
    pub name: String,
    /// Its major version.
    pub major: u32,
    /// Its version as it says it: `18.6 (Debian 18.6-1)`.
    pub version: String,
}

impl Client {
    /// For a manifest: `pg_dump 18.6`.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

impl ToolSearch {
    /// Every program of this name that runs and is of `major` or newer: those of that very version first, then the oldest.
    ///
    /// # Errors
    /// [`Error::ToolMissing`]; [`Error::ToolTooOld`] when there are only older ones.
    pub async fn find_all(&self, name: &str, major: u32) -> Result<Vec<Client>, Error> {
        let mut found: Vec<Client> = Vec::new();
        for dir in self.dirs() {
            let program = dir.join(name);
            if found.iter().any(|client| client.program == program) || !program.is_file() {
                continue;
            }
            found.extend(inspect(name, program).await?);
        }
        let newest = found.iter().max_by_key(|client| client.major).cloned();
        found.retain(|client| client.major >= major);
        found.sort_by_key(|client| client.major);
        match newest {
            Some(newest) if found.is_empty() => Err(too_old(&newest, major)),
            None => Err(Error::ToolMissing { tool: name.to_owned() }),
            Some(_) => Ok(found),
        }
    }

    fn dirs(&self) -> Vec<PathBuf> {
        if let Some(dir) = &self.bin_dir {
            return vec![dir.clone()];
        }
        let versioned = subdirectories(Path::new(VERSIONED)).map(|dir| dir.join("bin"));
        let wheels = self.cache.iter().flat_map(|cache| subdirectories(cache)).flat_map(|installed| {
            subdirectories(&installed).map(|package| package.join("pginstall/bin")).collect::<Vec<_>>()
        });
        // What `PATH` has is often a wrapper that chooses a version by itself, or the newest by a link.
        self.path_dirs.iter().cloned().chain(versioned).chain(wheels).collect()
    }
}

fn too_old(newest: &Client, wanted: u32) -> Error {
    Error::ToolTooOld {
        tool: newest.name.clone(),
        wanted,
        found: newest.major,
        dir: newest.program.parent().unwrap_or(&newest.program).to_owned(),
    }
}

fn subdirectories(dir: &Path) -> impl Iterator<Item = PathBuf> {
    let mut all: Vec<_> =
        fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    all.sort();
    all.into_iter().filter(|path| path.is_dir())
}

/// `None` for a program that does not run here or does not tell its version.
async fn inspect(name: &str, program: PathBuf) -> Result<Option<Client>, Error> {
    let mut command = Command::new(&program);
    command.arg("--version");
    let run = process::Run::new(name, command, VERSION_LIMIT);
    let Ok(ended) = run.finish(&pgrefit_pg::Stop::default(), |_| {}).await else { return Ok(None) };
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    let found = version(&text).filter(|_| ended.status.success());
    Ok(found.map(|(major, version)| Client { program, name: name.to_owned(), major, version }))
}

/// `pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn version(text: &str) -> Option<(u32, String)> {
    let version = text.split_once("(PostgreSQL) ")?.1.trim().to_owned();
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    Some((version[..digits].parse().ok()?, version))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions() {
        let check = |text: &str, expected: Option<(u32, &str)>| {
            assert_eq!(version(text), expected.map(|(major, text)| (major, text.to_owned())), "{text}");
        };
        check("pg_dump (PostgreSQL) 18.6\n", Some((18, "18.6")));
        check(
            "pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)",
            Some((15, "15.14 (Debian 15.14-0+deb12u1)")),
        );
        check("pg_dump (PostgreSQL) 19devel", Some((19, "19devel")));
        check("something else", None);
    }
}
