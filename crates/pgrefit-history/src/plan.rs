//! What is on disk held against what the history says. Pure: no database, no files.

use std::collections::BTreeMap;

use crate::{History, Match, MigrationFile, Recorded, VersionWidth, checksum, compare};

/// Where one version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Applied, and the file is what was applied.
    Applied,
    /// Applied; the file differs in line ends, blanks or comments only.
    Cosmetic,
    /// Applied, and the file was changed since.
    Divergent,
    /// Applied, but there is no file any more.
    FileMissing,
    /// Applied by something newer: its version lies above every file.
    Ahead,
    /// Not applied although a later version is; it will never run by itself.
    OutOfOrder,
    /// To be applied.
    Pending,
    /// Not applied, and above the target of this run.
    AboveTarget,
}

/// One version: its file, its row, and how they fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The version.
    pub version: i64,
    /// `V3__name`.
    pub title: String,
    /// How file and row fit.
    pub state: State,
    /// The file, if there is one.
    pub file: Option<MigrationFile>,
    /// The history row, if there is one.
    pub recorded: Option<Recorded>,
    /// The text as applied, where it was needed and is known.
    pub recorded_sql: Option<String>,
}

/// Every version of files and history, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// One entry a version.
    pub entries: Vec<Entry>,
    /// The width of the history's version column.
    pub width: VersionWidth,
}

impl State {
    /// Whether this state stops every run until a person has looked.
    #[must_use]
    pub fn is_problem(self) -> bool {
        matches!(self, Self::Divergent | Self::FileMissing | Self::Ahead | Self::OutOfOrder)
    }

    /// The state as people and machines read it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Cosmetic => "applied, file reformatted",
            Self::Divergent => "file changed after it was applied",
            Self::FileMissing => "applied, file missing",
            Self::Ahead => "applied by a newer release",
            Self::OutOfOrder => "not applied, out of order",
            Self::Pending => "pending",
            Self::AboveTarget => "above the target",
        }
    }
}

impl Plan {
    /// Holds files against history. `texts` are the applied texts of versions whose checksum does not fit.
    #[must_use]
    pub fn new(
        files: &[MigrationFile],
        history: &History,
        texts: &BTreeMap<i64, String>,
        target: Option<i64>,
    ) -> Self {
        let width = width_needed(files, history);
        let mut entries: BTreeMap<i64, Entry> = BTreeMap::new();
        let last_applied = history.rows.last().map(|row| row.version);
        let last_file = files.last().map(|file| file.version);
        for row in &history.rows {
            let state = if last_file.is_none_or(|last| row.version > last) {
                State::Ahead
            } else {
                State::FileMissing
            };
            let title = format!("V{}__{}", row.version, row.name);
            let recorded_sql = texts.get(&row.version).cloned();
            let entry = Entry {
                version: row.version,
                title,
                state,
                file: None,
                recorded: Some(row.clone()),
                recorded_sql,
            };
            entries.insert(row.version, entry);
        }
        for file in files {
            let entry = entries.entry(file.version).or_insert_with(|| Entry {
                version: file.version,
                title: file.title(),
                state: state_of_new(file, last_applied, target),
                file: None,
                recorded: None,
                recorded_sql: None,
            });
            if let Some(row) = &entry.recorded {
                entry.state = state_of_applied(file, row, entry.recorded_sql.as_deref(), width);
            }
            entry.title = file.title();
            entry.file = Some(file.clone());
        }
        Self { entries: entries.into_values().collect(), width }
    }

    /// The entries to be applied, in order.
    pub fn pending(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.state == State::Pending)
    }

    /// The entries that stop a run.
    pub fn problems(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.state.is_problem())
    }

    /// The highest applied version.
    #[must_use]
    pub fn current(&self) -> Option<i64> {
        self.entries.iter().rev().find(|entry| entry.recorded.is_some()).map(|entry| entry.version)
    }

    /// How many versions are applied.
    #[must_use]
    pub fn applied_count(&self) -> usize {
        self.entries.iter().filter(|entry| entry.recorded.is_some()).count()
    }
}

/// The versions whose checksum does not fit their file: whose applied text is worth reading.
#[must_use]
pub(crate) fn unlike(files: &[MigrationFile], history: &History) -> Vec<i64> {
    let by_version: BTreeMap<i64, &MigrationFile> = files.iter().map(|file| (file.version, file)).collect();
    let differs = |row: &&Recorded| {
        by_version.get(&row.version).is_some_and(|file| row.checksum != Some(checksum(file, history.width)))
    };
    history.rows.iter().filter(differs).map(|row| row.version).collect()
}

/// The width an existing table has, or the one a new table needs.
fn width_needed(files: &[MigrationFile], history: &History) -> VersionWidth {
    let wide = files.iter().any(|file| i32::try_from(file.version).is_err());
    if !history.exists && wide { VersionWidth::Int8 } else { history.width }
}

fn state_of_new(file: &MigrationFile, last_applied: Option<i64>, target: Option<i64>) -> State {
    if !file.out_of_order && last_applied.is_some_and(|last| file.version < last) {
        State::OutOfOrder
    } else if target.is_some_and(|target| file.version > target) {
        State::AboveTarget
    } else {
        State::Pending
    }
}

fn state_of_applied(file: &MigrationFile, row: &Recorded, text: Option<&str>, width: VersionWidth) -> State {
    // The name is part of the checksum, and only the text can be cosmetically different.
    if !row.name.is_empty() && row.name != file.name {
        return State::Divergent;
    }
    let found = row.checksum.map_or(Match::Divergent, |recorded| compare(file, recorded, text, width));
    match found {
        Match::Exact => State::Applied,
        Match::Cosmetic => State::Cosmetic,
        Match::Divergent => State::Divergent,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn file(name: &str) -> MigrationFile {
        MigrationFile::new(Path::new(&format!("{name}.sql")), b"SELECT 1;".to_vec()).unwrap()
    }

    fn row(file: &MigrationFile, checksum: u64) -> Recorded {
        Recorded {
            version: file.version,
            name: file.name.clone(),
            applied_on: String::new(),
            checksum: Some(checksum),
            duration_ms: None,
        }
    }

    fn history(rows: Vec<Recorded>) -> History {
        let (schema, table) = ("public".to_owned(), crate::DEFAULT_TABLE.to_owned());
        History {
            schema,
            table,
            exists: true,
            width: VersionWidth::Int4,
            has_notes: false,
            has_journal: false,
            has_runs: false,
            rows,
        }
    }

    #[test]
    fn every_version_gets_its_state() {
        let check = |applied: &[&str], files: &[&str], target: Option<i64>, expected: &[(i64, State)]| {
            let rows =
                applied.iter().map(|name| file(name)).map(|f| row(&f, checksum(&f, VersionWidth::Int4)));
            let files: Vec<_> = files.iter().map(|name| file(name)).collect();
            let plan = Plan::new(&files, &history(rows.collect()), &BTreeMap::new(), target);
            let found: Vec<_> = plan.entries.iter().map(|entry| (entry.version, entry.state)).collect();
            assert_eq!(found, expected, "{applied:?} {files:?}");
        };
        check(&[], &["V1__a", "V2__b"], None, &[(1, State::Pending), (2, State::Pending)]);
        check(&["V1__a"], &["V1__a", "V2__b"], None, &[(1, State::Applied), (2, State::Pending)]);
        check(&[], &["V1__a", "V2__b"], Some(1), &[(1, State::Pending), (2, State::AboveTarget)]);
        check(
            &["V1__a", "V3__c"],
            &["V1__a", "V2__b", "V3__c"],
            None,
            &[(1, State::Applied), (2, State::OutOfOrder), (3, State::Applied)],
        );
        check(
            &["V1__a", "V5__e"],
            &["V1__a", "U2__b", "V3__c", "V5__e"],
            Some(2),
            &[(1, State::Applied), (2, State::Pending), (3, State::OutOfOrder), (5, State::Applied)],
        );
        check(&["V3__c"], &["U2__b", "V3__c"], None, &[(2, State::Pending), (3, State::Applied)]);
        check(&["V1__a", "V2__b"], &["V1__a"], None, &[(1, State::Applied), (2, State::Ahead)]);
        check(&["V1__a", "V2__b"], &["V2__b"], None, &[(1, State::FileMissing), (2, State::Applied)]);
        check(&["V1__a"], &["V1__renamed"], None, &[(1, State::Divergent)]);
    }

    #[test]
    fn a_checksum_that_is_no_number_is_divergent() {
        let file = file("V1__a");
        let mut broken = row(&file, 0);
        broken.checksum = None;
        let plan = Plan::new(&[file], &history(vec![broken]), &BTreeMap::new(), None);
        assert_eq!(plan.entries[0].state, State::Divergent);
    }

    #[test]
    fn a_new_table_is_as_wide_as_the_versions_need() {
        let check = |name: &str, exists: bool, expected: VersionWidth| {
            let mut history = history(Vec::new());
            history.exists = exists;
            assert_eq!(Plan::new(&[file(name)], &history, &BTreeMap::new(), None).width, expected, "{name}");
        };
        check("V1__a", false, VersionWidth::Int4);
        check("V20260131120000__a", false, VersionWidth::Int8);
        check("V20260131120000__a", true, VersionWidth::Int4);
    }
}
