//! Two contents, held against each other. Pure.

use std::collections::{BTreeMap, BTreeSet};

use pgrefit_catalog::{Comparison as How, Name};
use serde::{Deserialize, Serialize};

use crate::content::{Content, Kind, SequenceState, TableContent};
use crate::error::named;
use crate::{Error, Strength};

/// How much of the rows is compared. Rows are counted whole in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "thoroughness")]
pub enum Thoroughness {
    /// Every row.
    #[default]
    Full,
    /// About this share of the rows of each large table that has a primary key which sorts alike everywhere: some hundred runs of
    /// rows, chosen at random. Other tables are read whole. A single row that differs is found with this chance; that rows are
    /// missing, always.
    Sample {
        /// 1 to 99.
        percent: u8,
    },
}

impl Thoroughness {
    /// The proof that an equal copy is.
    #[must_use]
    pub fn strength(self) -> Strength {
        match self {
            Self::Full => Strength::Compared,
            Self::Sample { percent } => Strength::Sampled { percent },
        }
    }
}

/// What was found of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum TableVerdict {
    /// Every row is the same.
    Equal {
        /// How many.
        rows: u64,
        /// The digest of all.
        digest: String,
    },
    /// There are as many rows, and those of a sample are the same.
    SampleEqual {
        /// How many there are.
        rows: u64,
        /// How many were compared.
        compared: u64,
    },
    /// Some rows are not the same.
    Differs {
        /// On the source.
        rows: u64,
        /// In the copy; `None` where it has no such table.
        restored: Option<u64>,
    },
    /// Computed anew when it was restored, and not what the source has: it was not fresh there, or depends on more than tables.
    Refreshed {
        /// On the source.
        rows: u64,
        /// In the copy.
        restored: u64,
    },
    /// Not compared.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// What two databases have in common and what not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// How much of the rows was compared.
    #[serde(flatten)]
    pub thoroughness: Thoroughness,
    /// The fingerprint of the source's schema.
    pub catalog_fingerprint: String,
    /// What differs between the schemas, in words.
    pub catalog_differences: Vec<String>,
    /// Every table and materialized view, partitions on their own.
    pub tables: BTreeMap<Name, TableVerdict>,
    /// How many sequences stand where they should.
    pub sequences: usize,
    /// Those that do not, in words.
    pub sequence_differences: Vec<String>,
    /// How many large objects there are.
    pub large_objects: u64,
    /// Whether they are the same.
    pub large_objects_equal: bool,
    /// Owners and privileges that differ; `None` where they were not restored.
    pub privilege_differences: Option<Vec<String>>,
    /// Extensions whose version differs, in words: the server that was restored on decides it.
    pub extension_versions: Vec<String>,
    /// Indexes that are invalid on the source and not in the copy: `pg_dump` leaves them out. What the copy has under the name of
    /// an index that is invalid on the source is not compared.
    #[serde(default)]
    pub invalid_indexes: Vec<Name>,
}

impl Comparison {
    /// Compares a restored copy with its source. Without `privileges` it is not asked who may do what.
    #[must_use]
    pub fn between(source: &Content, copy: &Content, how: Thoroughness, privileges: bool) -> Self {
        let invalid: BTreeSet<_> = source.catalog.invalid_indexes().map(|(index, _)| index).collect();
        let [here, there] = [source, copy].map(|side| side.catalog.without_indexes(&invalid));
        let difference = here.difference(&there, How::Exact);
        Self {
            thoroughness: how,
            catalog_fingerprint: source.catalog.fingerprint(),
            catalog_differences: difference.changes.iter().map(ToString::to_string).collect(),
            tables: source
                .tables
                .iter()
                .map(|(name, table)| (name.clone(), judge(table, copy.tables.get(name))))
                .collect(),
            sequences: source.sequences.len(),
            sequence_differences: sequences(source, copy),
            large_objects: source.large_objects.rows,
            large_objects_equal: source.large_objects == copy.large_objects,
            privilege_differences: privileges.then(|| differences(&source.privileges, &copy.privileges)),
            extension_versions: versions(&source.extensions, &copy.extensions),
            invalid_indexes: invalid.into_iter().filter(|index| !copy.catalog.has_index(index)).collect(),
        }
    }

    /// Everything that must be the same and is not, in words.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        let mut all = self.catalog_differences.clone();
        all.extend(self.tables.iter().filter_map(|(name, verdict)| words(name, verdict)));
        all.extend(self.sequence_differences.iter().cloned());
        if !self.large_objects_equal {
            all.push("large objects: not the same".to_owned());
        }
        all.extend(self.privilege_differences.iter().flatten().cloned());
        all
    }

    /// Whether the copy is as good as the source.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differences().is_empty()
    }

    /// # Errors
    /// [`Error::Differs`] if not.
    pub fn require_equal(&self) -> Result<(), Error> {
        let what = self.differences();
        if what.is_empty() { Ok(()) } else { Err(Error::Differs { what }) }
    }

    /// How many rows were found equal, and in how many tables.
    #[must_use]
    pub fn equal_rows(&self) -> (u64, usize) {
        let rows = self.tables.values().filter_map(|verdict| match verdict {
            TableVerdict::Equal { rows, .. } => Some(*rows),
            TableVerdict::SampleEqual { compared, .. } => Some(*compared),
            _ => None,
        });
        rows.fold((0, 0), |(sum, tables), rows| (sum + rows, tables + 1))
    }

    /// What a person should know though it is no difference.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let refreshed = self.tables.iter().filter_map(|(name, verdict)| match verdict {
            TableVerdict::Refreshed { .. } => {
                Some(format!("materialized view {name}: computed anew, and not as it was on the source"))
            }
            _ => None,
        });
        let invalid = self
            .invalid_indexes
            .iter()
            .map(|index| format!("index {index} is invalid on the source and is not in the copy"));
        refreshed.chain(self.extension_versions.iter().cloned()).chain(invalid).collect()
    }
}

fn judge(table: &TableContent, copy: Option<&TableContent>) -> TableVerdict {
    match table.facts.kind {
        Kind::Foreign => return skipped("foreign table: its rows are on another server"),
        Kind::Unlogged => return skipped("unlogged table: its rows do not outlive a crash"),
        Kind::Table | Kind::MaterializedView => {}
    }
    let rows = table.rows;
    let (Some(digest), Some(copy)) = (&table.digest, copy) else {
        return TableVerdict::Differs { rows, restored: None };
    };
    let is_equal = copy.rows == rows && copy.digest.as_ref() == Some(digest);
    match (is_equal, table.facts.kind) {
        (true, _) if table.ranges.is_empty() => TableVerdict::Equal { rows, digest: digest.digest.clone() },
        (true, _) => TableVerdict::SampleEqual { rows, compared: digest.rows },
        (false, Kind::MaterializedView) => TableVerdict::Refreshed { rows, restored: copy.rows },
        (false, _) => TableVerdict::Differs { rows, restored: Some(copy.rows) },
    }
}

fn skipped(reason: &str) -> TableVerdict {
    TableVerdict::Skipped { reason: reason.to_owned() }
}

fn words(name: &Name, verdict: &TableVerdict) -> Option<String> {
    let TableVerdict::Differs { rows, restored } = verdict else { return None };
    let table = named("table", name);
    Some(match restored {
        None => format!("{table}: missing, with its {rows} rows"),
        Some(restored) if restored != rows => format!("{table}: {restored} rows instead of {rows}"),
        Some(_) => format!("{table}: other content in its {rows} rows"),
    })
}

/// A sequence knows no snapshot: while the source is in use, the dump may have found it anywhere between the two looks.
fn sequences(source: &Content, copy: &Content) -> Vec<String> {
    let after = source.sequences_after.as_ref().unwrap_or(&source.sequences);
    let wrong = source.sequences.iter().filter_map(|(name, before)| {
        let after = after.get(name).unwrap_or(before);
        match copy.sequences.get(name) {
            None => Some(format!("{}: missing", named("sequence", name))),
            Some(found) if is_between(*before, *found, *after) => None,
            Some(found) => Some(format!(
                "{}: at {} instead of {}",
                named("sequence", name),
                position(*found),
                position(*before)
            )),
        }
    });
    wrong.collect()
}

fn is_between(before: SequenceState, found: SequenceState, after: SequenceState) -> bool {
    if before == after {
        return found == before;
    }
    // Whichever way it counts; one that was set back or went round in between may be anywhere.
    let (low, high) = (before.last_value.min(after.last_value), before.last_value.max(after.last_value));
    found == before || found == after || (found.is_called && (low..=high).contains(&found.last_value))
}

fn position(state: SequenceState) -> String {
    let unused = if state.is_called { "" } else { " (not given out)" };
    format!("{}{unused}", state.last_value)
}

fn differences(source: &BTreeSet<String>, copy: &BTreeSet<String>) -> Vec<String> {
    let lost = source.difference(copy).map(|line| format!("lost: {line}"));
    let new = copy.difference(source).map(|line| format!("new: {line}"));
    lost.chain(new).collect()
}

fn versions(source: &BTreeMap<String, String>, copy: &BTreeMap<String, String>) -> Vec<String> {
    let other = source.iter().filter_map(|(name, version)| {
        let found = copy.get(name).filter(|found| *found != version)?;
        Some(format!("extension {name}: {found} in the copy, {version} on the source"))
    });
    other.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(last_value: i64, is_called: bool) -> SequenceState {
        SequenceState { last_value, is_called }
    }

    #[test]
    fn a_sequence_may_be_anywhere_it_was_meanwhile() {
        let check = |before, found, after, expected| {
            assert_eq!(is_between(before, found, after), expected, "{before:?} {found:?} {after:?}");
        };
        check(at(5, true), at(5, true), at(5, true), true);
        check(at(5, true), at(6, true), at(5, true), false);
        check(at(1, false), at(1, true), at(1, false), false);
        check(at(1, false), at(1, true), at(9, true), true);
        check(at(5, true), at(7, true), at(9, true), true);
        check(at(-5, true), at(-7, true), at(-9, true), true);
        check(at(5, true), at(4, true), at(9, true), false);
        check(at(5, true), at(10, true), at(9, true), false);
    }

    #[test]
    fn privileges_differ_both_ways() {
        let set = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(differences(&set(&["a", "b"]), &set(&["b", "c"])), ["lost: a", "new: c"]);
    }
}
