//! The configuration: every key, its default, and where its value came from. `pgrefit.toml` is optional; an environment
//! variable wins over the file, a flag over both.

mod keys;
mod partitions;
mod queries;
mod value;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pgrefit_audit::Contract;
use pgrefit_bench::Query;
use pgrefit_catalog::Name;
use pgrefit_lifecycle::PartitionSet;

pub(crate) use keys::{KEYS, Key};
pub(crate) use value::Value;

use crate::{Exit, failed::Failed};

/// The name of the file that is read when none is named.
pub(crate) const FILE: &str = "pgrefit.toml";

/// The table that is no list of keys: the contract of the audit.
const CONTRACT: &str = "contract";
/// The other one: the queries of the application.
const QUERIES: &str = "queries";

/// And the third: tables with partitions.
const PARTITION: &str = "partition";

/// All values with their origins.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    values: BTreeMap<&'static str, (Value, Origin)>,
    contract: Contract,
    queries: Vec<Query>,
    partitions: Vec<PartitionSet>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File(PathBuf),
    Variable(String),
    Flag,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

impl Config {
    /// Reads the configuration. `file` is the file named by the user; without one, [`FILE`] is read if it exists.
    ///
    /// `flags` are the values given on the command line, by key.
    pub(crate) fn load(
        file: Option<&Path>,
        env: &dyn Fn(&str) -> Option<String>,
        flags: &[(&'static str, String)],
    ) -> Result<Self, Failed> {
        let mut config = Self::defaults();
        if let Some((path, text)) = read(file)? {
            config.take_file(&path, &text)?;
        }
        config.take_variables(env)?;
        for (name, text) in flags {
            config.set(name, Value::parse(key(name).kind(), text), Origin::Flag)?;
        }
        Ok(config)
    }

    fn defaults() -> Self {
        let values = KEYS.iter().map(|key| (key.name, (key.default(), Origin::Default))).collect();
        Self { values, contract: Contract::default(), queries: Vec::new(), partitions: Vec::new() }
    }

    fn take_file(&mut self, path: &Path, text: &str) -> Result<(), Failed> {
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            Failed::new(
                Exit::Usage,
                format!("failed to read {}: {}", path.display(), error.to_string().trim_end()),
            )
        })?;
        if let Some(contract) = table.remove(CONTRACT) {
            self.contract = contract.try_into().map_err(|error: toml::de::Error| {
                Failed::new(
                    Exit::Usage,
                    format!(
                        "failed to read [contract] of {}: {}",
                        path.display(),
                        error.to_string().trim_end()
                    ),
                )
                .hint("`pgrefit audit contract --from-database` drafts one")
            })?;
            if let Some(fault) = self.contract.fault() {
                let message = format!("[contract] of {} has {fault}", path.display());
                return Err(Failed::new(Exit::Usage, message)
                    .hint("`pgrefit audit contract --from-database` drafts one"));
            }
        }
        if let Some(queries) = table.remove(QUERIES) {
            self.queries = queries::read(queries).map_err(|what| {
                Failed::new(Exit::Usage, format!("failed to read [[queries]] of {}: {what}", path.display()))
                    .hint("a query has name, sql, budget such as \"200ms\" and, for $1, $2, …, args: a list of lists of texts")
            })?;
        }
        if let Some(partitions) = table.remove(PARTITION) {
            self.partitions = partitions::read(partitions).map_err(|what| {
                let message = format!("failed to read [[partition]] of {}: {what}", path.display());
                Failed::new(Exit::Usage, message).hint(
                    "a set has table, key, interval such as \"month\", and may have ahead, keep, then, move, accept",
                )
            })?;
        }
        for (name, value) in flattened(&table) {
            let Some(key) = KEYS.iter().find(|key| key.name == name) else {
                return Err(unknown_key(path, &name));
            };
            self.set(key.name, Value::from_toml(key.kind(), &value), Origin::File(path.to_owned()))?;
        }
        Ok(())
    }

    fn take_variables(&mut self, env: &dyn Fn(&str) -> Option<String>) -> Result<(), Failed> {
        for key in KEYS {
            if let Some(text) = env(&key.variable()) {
                self.set(key.name, Value::parse(key.kind(), &text), Origin::Variable(key.variable()))?;
            }
        }
        Ok(())
    }

    fn set(
        &mut self,
        name: &'static str,
        value: Result<Value, String>,
        origin: Origin,
    ) -> Result<(), Failed> {
        let value = value.map_err(|problem| {
            Failed::new(Exit::Usage, format!("failed to use `{name}` ({origin}): {problem}"))
                .hint("`pgrefit config show` lists every key with its value")
        })?;
        self.values.insert(name, (value, origin));
        Ok(())
    }

    /// Every key with its value and origin, in order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'static Key, &Value, &Origin)> {
        KEYS.iter().filter_map(|key| self.values.get(key.name).map(|(value, origin)| (key, value, origin)))
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name).map(|(value, _)| value)
    }

    /// Where a value came from, in words.
    pub(crate) fn origin(&self, name: &str) -> String {
        self.values.get(name).map(|(_, origin)| origin.to_string()).unwrap_or_default()
    }

    /// A duration; the key must be one.
    pub(crate) fn duration(&self, name: &str) -> Duration {
        match self.value(name) {
            Some(Value::Duration(duration)) => *duration,
            _ => Duration::ZERO,
        }
    }

    /// A text that may be empty.
    pub(crate) fn text(&self, name: &str) -> &str {
        match self.value(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &str) -> i64 {
        match self.value(name) {
            Some(Value::Integer(number)) => *number,
            _ => 0,
        }
    }

    /// A switch.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        matches!(self.value(name), Some(Value::Switch(true)))
    }

    /// What the project promises of its database.
    pub(crate) fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The queries of the application.
    pub(crate) fn queries(&self) -> &[Query] {
        &self.queries
    }

    /// The tables whose partitions are maintained.
    pub(crate) fn partitions(&self) -> &[PartitionSet] {
        &self.partitions
    }

    /// Whether the partitions of this table come and go by the clock.
    pub(crate) fn maintains(&self, table: &Name) -> bool {
        self.partitions.iter().any(|set| partitions::is_about(set, table))
    }

    /// A list of texts.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        match self.value(name) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }
}

fn key(name: &str) -> &'static Key {
    // A flag's key is written in the code; a misspelt one falls to the first key and fails its test.
    KEYS.iter().find(|key| key.name == name).unwrap_or(&KEYS[0])
}

/// The file's text. A file that was named must exist; the default one may be missing.
fn read(file: Option<&Path>) -> Result<Option<(PathBuf, String)>, Failed> {
    let path = file.unwrap_or(Path::new(FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some((path.to_owned(), text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.is_none() => Ok(None),
        Err(error) => Err(Failed::new(Exit::Usage, format!("failed to read {}: {error}", path.display()))),
    }
}

/// `[a] b = 1` as `a.b = 1`.
fn flattened(table: &toml::Table) -> Vec<(String, toml::Value)> {
    let mut flat = Vec::new();
    for (name, value) in table {
        match value {
            toml::Value::Table(inner) => {
                flat.extend(inner.iter().map(|(key, value)| (format!("{name}.{key}"), value.clone())));
            }
            other => flat.push((name.clone(), other.clone())),
        }
    }
    flat
}

fn unknown_key(path: &Path, name: &str) -> Failed {
    let failed = Failed::new(Exit::Usage, format!("failed to read {}: unknown key `{name}`", path.display()));
    match crate::nearest::nearest(name, KEYS.iter().map(|key| key.name)) {
        Some(nearest) => failed.hint(format!("did you mean `{nearest}`?")),
        None => failed.hint("`pgrefit config show` lists every key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(
        text: &str,
        variables: &[(&str, &str)],
        flags: &[(&'static str, String)],
    ) -> Result<Config, Failed> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgrefit.toml");
        std::fs::write(&path, text).unwrap();
        let env =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Config::load(Some(&path), &env, flags)
    }

    #[test]
    fn a_flag_wins_over_a_variable_wins_over_the_file() {
        let text = "[migrations]\nlock_timeout = \"3s\"\n";
        let seconds = |variables: &[(&str, &str)], flags: &[(&'static str, String)]| {
            load(text, variables, flags).unwrap().duration("migrations.lock_timeout").as_secs()
        };
        let variable = [("PGREFIT_MIGRATIONS_LOCK_TIMEOUT", "4s")];
        assert_eq!(seconds(&[], &[]), 3);
        assert_eq!(seconds(&variable, &[]), 4);
        assert_eq!(seconds(&variable, &[("migrations.lock_timeout", "5s".into())]), 5);
    }

    #[test]
    fn wrong_files_are_refused() {
        let check = |text: &str, message: &str, hint: &str| {
            let failed = load(text, &[], &[]).unwrap_err();
            assert!(failed.failure.message.contains(message), "{}", failed.failure.message);
            assert!(failed.failure.hint.unwrap_or_default().contains(hint));
        };
        check(
            "[migrations]\nlock_timout = \"3s\"",
            "unknown key `migrations.lock_timout`",
            "`migrations.lock_timeout`",
        );
        check("color = 1", "unknown key `color`", "lists every key");
        check("[migrations]\nlock_timeout = 3", "a duration", "lists every key");
        check("[migrations]\nlock_timeout = \"3 parsecs\"", "a duration", "lists every key");
        check("[baseline]\naccept_differences = [1]", "a list of texts", "lists every key");
        check("[migrations", "failed to read", "");
        check(
            "[[contract.indexes]]\ntable = \"t\"\ncolumns = []",
            "an index of t without columns and without a name",
            "drafts one",
        );
        check("[[contract.indexes]]\nname = \"i\"", "without a table", "drafts one");
        check(
            "[[contract.foreign_keys]]\ntable = \"t\"\ncolumns = []\nreferences = \"u\"",
            "a foreign key of t without columns",
            "drafts one",
        );
    }

    #[test]
    fn a_missing_file_is_an_error_only_when_it_was_named() {
        let failed = Config::load(Some(Path::new("/nonexistent/pgrefit.toml")), &|_| None, &[]).unwrap_err();
        assert_eq!(failed.exit, Exit::Usage);
    }
}
