//! The list of databases: shards, tenants, everything that is kept alike. One TOML file feeds `pgrefit fleet`, `pgrefit
//! serve` and the Indexed Job of `k8s/`:
//!
//! ```toml
//! [[database]]
//! name = "tenant-001"                      # unique; a-z, 0-9 and -, at most 63 characters
//! url_file = "secrets/tenant-001"          # a file with the URL; a relative path begins at this list
//! labels = { region = "eu" }               # for --label region=eu
//! canary = true                            # goes first
//!
//! [[database]]
//! name = "tenant-002"
//! url_env = "TENANT_002_URL"               # an environment variable with the URL
//! environment = "staging"                  # else that of [policy]: production, staging, disposable
//!
//! [[database]]
//! name = "tenant-003"
//! url = "postgres://app@db-3/tenant_003"   # without a password: that is libpq's password file's
//! ```
//!
//! The order of the file is the order of the fleet: entry 0 is the first. It is read strictly: what is misspelt is an error
//! with its line.

mod written;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use pgrefit_migrate::policy::Environment;
use pgrefit_pg::Settings;

use crate::{Exit, Failed};

/// The largest list that is read, in bytes: ten thousand databases fit.
const LIST_BYTES_MAX: u64 = 8 << 20;
/// The largest file with a URL, in bytes.
const URL_BYTES_MAX: u64 = 64 << 10;

/// Every database of a list, in the order of the file.
#[derive(Debug)]
pub(crate) struct Databases {
    pub(crate) entries: Vec<Entry>,
}

/// One database of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) canary: bool,
    /// What the database is, if the list says so; else the configuration does.
    pub(crate) environment: Option<Environment>,
}

/// Where the URL of a database comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file, such as a mounted secret. It is read when it is needed: secrets are renewed.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// The list itself; it has no password.
    Url(String),
}

/// A URL that may hold a password.
#[derive(Clone)]
pub(crate) struct SecretUrl(String);

impl SecretUrl {
    /// The URL, for whoever connects.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretUrl(…)")
    }
}

impl Databases {
    /// Reads a list. No URL is looked up yet.
    pub(crate) fn read(path: &Path) -> Result<Self, Failed> {
        let text = read_bounded(path, LIST_BYTES_MAX)
            .map_err(|what| usage(format!("failed to read the list {}: {what}", path.display())))?;
        // As it is, however it was typed: the name of a fleet's journal comes from what the list says.
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = whole.parent().unwrap_or(Path::new(""));
        let entries = written::parse(&text, folder).map_err(|fault| fault.in_list(path))?;
        Ok(Self { entries })
    }
}

impl Entry {
    /// The URL as of now.
    pub(crate) fn url(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<SecretUrl, Failed> {
        let of = |what: String| usage(format!("failed to get the URL of {}: {what}", self.name));
        let text = match &self.source {
            Source::Url(url) => url.clone(),
            Source::File(path) => {
                read_bounded(path, URL_BYTES_MAX).map_err(|what| of(format!("{}: {what}", path.display())))?
            }
            Source::Variable(name) => {
                env(name).ok_or_else(|| of(format!("the variable {name} is not set")))?
            }
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(of(format!("{} is empty", self.source)));
        }
        Ok(SecretUrl(text.to_owned()))
    }

    /// How to connect, as of now; libpq's variables fill in what the URL does not say. Opens nothing.
    pub(crate) fn settings(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Settings, Failed> {
        let url = self.url(env)?;
        Settings::resolve(Some(url.expose()), env).map_err(|error| Failed::from(error).within(&self.name))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::Url(_) => f.write_str("the URL of the list"),
        }
    }
}

/// A text file that is not larger than it may be; or what is wrong with it.
fn read_bounded(path: &Path, bytes_max: u64) -> Result<String, String> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    // One byte more than may be, which tells that there is more.
    file.take(bytes_max + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > bytes_max {
        return Err(format!("it is larger than {bytes_max} bytes"));
    }
    Ok(text)
}

fn usage(message: String) -> Failed {
    Failed::new(Exit::Usage, message).hint("docs/fleet.md describes the list of databases")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_from_files_and_variables_as_of_now() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one"), "postgres://u:hunter2@h/one\n").unwrap();
        std::fs::write(folder.path().join("void"), " \n").unwrap();
        let list = "[[database]]\nname = 'one'\nurl_file = 'one'\n\
                    [[database]]\nname = 'void'\nurl_file = 'void'\n\
                    [[database]]\nname = 'none'\nurl_file = 'none'\n\
                    [[database]]\nname = 'set'\nurl_env = 'SET'\n\
                    [[database]]\nname = 'unset'\nurl_env = 'UNSET'\n\
                    [[database]]\nname = 'here'\nurl = 'postgres://u@h/here'\n";
        let path = folder.path().join("list.toml");
        std::fs::write(&path, list).unwrap();
        let env = |name: &str| (name == "SET").then(|| "postgres://u:hunter2@h/set".to_owned());
        let databases = Databases::read(&path).unwrap();
        let check = |name: &str, expected: &str| {
            let entry = databases.entries.iter().find(|entry| entry.name == name).unwrap();
            let found = match entry.settings(&env) {
                Ok(settings) => settings.describe(),
                Err(failed) => failed.line(),
            };
            assert!(found.contains(expected) && !found.contains("hunter2"), "{name}: {found}");
            assert!(!format!("{:?}", entry.url(&env)).contains("hunter2"));
        };
        check("one", "postgres://u@h:5432/one");
        check("void", "is empty");
        check("none", "No such file");
        check("set", "/set");
        check("unset", "the variable UNSET is not set");
        check("here", "/here");
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "x".repeat(11)).unwrap();
        assert!(read_bounded(&path, 11).is_ok());
        assert!(read_bounded(&path, 10).unwrap_err().contains("larger than 10 bytes"));
    }
}
