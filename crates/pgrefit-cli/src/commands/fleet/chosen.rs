//! Which databases of a list.

use std::path::PathBuf;

use clap::Args;

use super::members::Member;
use crate::databases::{Databases, Entry};
use crate::nearest::nearest;
use crate::{Exit, Failed};

/// Which databases.
#[derive(Debug, Args)]
pub(super) struct Chosen {
    /// The list of databases: a TOML file.
    #[arg(long, value_name = "FILE", env = "PGREFIT_FLEET_LIST")]
    list: PathBuf,
    /// That entry of the list only, counted from 0, as if there were no fleet.
    #[arg(long, value_name = "N", env = "JOB_COMPLETION_INDEX", conflicts_with_all = ["only", "label"])]
    pub(super) entry: Option<usize>,
    /// Only these databases, by name; may be repeated or separated by commas.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Only databases with this label; may be repeated: then with each of them.
    #[arg(long, value_name = "KEY=VALUE", value_parser = label)]
    label: Vec<(String, String)>,
}

/// A list, and those of it that are chosen.
#[derive(Debug)]
pub(super) struct Choice {
    /// Every entry of the list.
    pub(super) all: Vec<Entry>,
    /// The chosen ones, in the order of the list.
    pub(super) members: Vec<Member>,
}

fn label(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or_else(|| format!("`{text}` is no label, such as region=eu"))?;
    Ok((key.to_owned(), value.to_owned()))
}

impl Chosen {
    /// Reads the list.
    pub(super) fn read(&self) -> Result<Choice, Failed> {
        let all = Databases::read(&self.list)?.entries;
        let members = self.choose(&all)?;
        Ok(Choice { all, members })
    }

    fn choose(&self, all: &[Entry]) -> Result<Vec<Member>, Failed> {
        if let Some(index) = self.entry {
            let entry = all.get(index).ok_or_else(|| self.beyond(index, all.len()))?;
            return Ok(vec![Member { place: index, entry: entry.clone() }]);
        }
        if let Some(name) = self.only.iter().find(|name| all.iter().all(|entry| entry.name != **name)) {
            return Err(unknown(name, all));
        }
        let placed = all.iter().enumerate().filter(|(_, entry)| self.takes(entry));
        let members: Vec<Member> =
            placed.map(|(place, entry)| Member { place, entry: entry.clone() }).collect();
        if members.is_empty() {
            let message = format!("no database of {} is left by --only and --label", self.list.display());
            return Err(Failed::new(Exit::Usage, message));
        }
        Ok(members)
    }

    fn takes(&self, entry: &Entry) -> bool {
        let is_named = self.only.is_empty() || self.only.contains(&entry.name);
        is_named && self.label.iter().all(|(key, value)| entry.labels.get(key) == Some(value))
    }

    fn beyond(&self, index: usize, count: usize) -> Failed {
        let message =
            format!("there is no entry {index} in {}: it has {count}, counted from 0", self.list.display());
        Failed::new(Exit::Usage, message)
            .hint("the completions of an Indexed Job are as many as the list has")
    }
}

fn unknown(name: &str, all: &[Entry]) -> Failed {
    let failed = Failed::new(Exit::Usage, format!("there is no database `{name}` in the list"));
    match nearest(name, all.iter().map(|entry| entry.name.as_str())) {
        Some(nearest) => failed.hint(format!("did you mean `{nearest}`?")),
        None => failed,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::databases::Source;

    fn entry(name: &str, region: &str) -> Entry {
        Entry {
            name: name.to_owned(),
            source: Source::Variable("URL".to_owned()),
            labels: BTreeMap::from([("region".to_owned(), region.to_owned())]),
            canary: false,
            environment: None,
        }
    }

    #[test]
    fn databases_are_chosen_or_refused() {
        let all = [entry("one", "eu"), entry("two", "us"), entry("three", "eu")];
        let check = |entry: Option<usize>, only: &[&str], labels: &[&str], expected: &str| {
            let chosen = Chosen {
                list: "list.toml".into(),
                entry,
                only: only.iter().map(|name| (*name).to_owned()).collect(),
                label: labels.iter().map(|text| label(text).unwrap()).collect(),
            };
            let found = match chosen.choose(&all) {
                Ok(members) => {
                    let words =
                        members.iter().map(|member| format!("{} {}", member.place, member.entry.name));
                    words.collect::<Vec<_>>().join(", ")
                }
                Err(failed) => format!("{} {}", failed.line(), failed.failure.hint.unwrap_or_default()),
            };
            assert!(found.contains(expected), "{found}");
        };
        check(None, &[], &[], "0 one, 1 two, 2 three");
        check(Some(1), &[], &[], "1 two");
        check(Some(3), &[], &[], "there is no entry 3 in list.toml: it has 3");
        check(None, &["three", "one"], &[], "0 one, 2 three");
        check(None, &["tree"], &[], "no database `tree` in the list did you mean `three`?");
        check(None, &[], &["region=eu"], "0 one, 2 three");
        check(None, &["two"], &["region=eu"], "no database of list.toml is left");
        check(None, &[], &["tier=1"], "no database of list.toml is left");
        assert!(label("region").is_err() && label("=eu").is_err());
    }
}
