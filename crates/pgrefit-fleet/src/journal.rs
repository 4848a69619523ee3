//! The journal of a run: a line of JSON a step, on the disk before the next step begins. Whoever is killed leaves at most half
//! a line, which the next run takes off.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::{Error, Identity, Part};

/// Name and version of the form.
const FORM: &str = "pgrefit.fleet/1";

/// How many journals are looked at for what has changed.
const OTHERS_MAX: usize = 1000;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    journal: String,
    #[serde(flatten)]
    identity: Identity,
    tool: String,
    at: String,
}

/// Any other line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A run goes on with this journal.
    Resumes {
        /// When, as RFC 3339.
        at: String,
    },
    /// A database is begun.
    Begins {
        /// Its name.
        database: String,
        /// Its wave; 0 is that of the canaries.
        wave: usize,
        /// When, as RFC 3339.
        at: String,
    },
    /// A database has ended.
    Ends(Record),
    /// No further database is taken.
    Stops {
        /// Why.
        why: String,
        /// When, as RFC 3339.
        at: String,
    },
}

/// How a database has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its name.
    pub database: String,
    /// Its wave; 0 is that of the canaries.
    pub wave: usize,
    /// Whether it is where it was to come.
    pub reached: bool,
    /// The exit code of the work on it.
    pub exit_code: u8,
    /// The version before; nothing for none, or where it is not known.
    pub from: Option<i64>,
    /// The version after.
    pub to: Option<i64>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The first line of what went wrong.
    pub error: Option<String>,
    /// When, as RFC 3339.
    pub at: String,
}

/// What earlier runs of the same fleet came to, by the names of the databases.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// How each has ended the last time.
    pub records: BTreeMap<String, Record>,
    /// Those that were begun and did not end: their run was killed.
    pub interrupted: Vec<String>,
}

impl Past {
    /// Those that are where they were to come.
    pub fn reached(&self) -> impl Iterator<Item = &Record> {
        self.records.values().filter(|record| record.reached)
    }
}

/// A journal that this run has for itself.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Begins a new one in a folder, in place of an earlier one of the same fleet.
    ///
    /// # Errors
    /// The file cannot be written; another run has it.
    pub fn begin(folder: &Path, identity: &Identity, tool: &str, at: &str) -> Result<Self, Error> {
        let path = folder.join(identity.file_name());
        std::fs::create_dir_all(folder).map_err(|source| file(&path, "create", source))?;
        let mut journal = Self::lock(path)?;
        journal.file.set_len(0).map_err(|source| file(&journal.path, "write", source))?;
        let header =
            Header { journal: FORM.into(), identity: identity.clone(), tool: tool.into(), at: at.into() };
        journal.append(&header)?;
        Ok(journal)
    }

    /// Goes on with one; nothing if there is none at this path, or only the beginning of its first line.
    ///
    /// # Errors
    /// The file cannot be read or understood; another run has it; it is of another list, or of other migrations.
    pub fn resume(path: &Path, identity: &Identity, at: &str) -> Result<Option<(Self, Past)>, Error> {
        if !path.is_file() {
            return Ok(None);
        }
        let mut journal = Self::lock(path.to_owned())?;
        let mut bytes = Vec::new();
        journal.file.read_to_end(&mut bytes).map_err(|source| file(path, "read", source))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let text = String::from_utf8_lossy(&bytes[..whole]);
        let Some(past) = read(path, &text, identity)? else { return Ok(None) };
        // Half a line of a run that was killed.
        let end = u64::try_from(whole).unwrap_or(u64::MAX);
        journal.file.set_len(end).map_err(|source| file(path, "write", source))?;
        journal.write(&Step::Resumes { at: at.to_owned() })?;
        Ok(Some((journal, past)))
    }

    /// Writes a step; when this returns, it is on the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, step: &Step) -> Result<(), Error> {
        self.append(step)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn lock(path: PathBuf) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        let opened = options.open(&path).map_err(|source| file(&path, "open", source))?;
        match opened.try_lock() {
            Ok(()) => Ok(Self { path, file: opened }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy(path)),
            Err(TryLockError::Error(source)) => Err(file(&path, "lock", source)),
        }
    }

    fn append(&mut self, line: &impl Serialize) -> Result<(), Error> {
        let failed = |source| file(&self.path, "write", source);
        let mut text = serde_json::to_string(line).map_err(|error| failed(error.into()))?;
        text.push('\n');
        let end = self.file.seek(SeekFrom::End(0)).map_err(failed)?;
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        if written.is_err() {
            // Half a line of a full disk would spoil the next one.
            let _ = self.file.set_len(end);
        }
        written.map_err(failed)
    }
}

fn file(path: &Path, what: &'static str, source: std::io::Error) -> Error {
    Error::File { what, path: path.to_owned(), source }
}

fn read(path: &Path, text: &str, identity: &Identity) -> Result<Option<Past>, Error> {
    let damaged = |line, source| Error::Damaged { path: path.to_owned(), line, source };
    let mut lines = text.lines().enumerate();
    let Some((_, first)) = lines.next() else { return Ok(None) };
    let header: Header = serde_json::from_str(first).map_err(|source| damaged(1, source))?;
    if let Some(changed) = identity.differs_from(&header.identity) {
        return Err(Error::Changed { path: path.to_owned(), changed });
    }
    let mut past = Past::default();
    for (index, line) in lines {
        past.take(serde_json::from_str(line).map_err(|source| damaged(index + 1, source))?);
    }
    Ok(Some(past))
}

impl Past {
    fn take(&mut self, step: Step) {
        match step {
            Step::Begins { database, .. } => {
                if !self.interrupted.contains(&database) {
                    self.interrupted.push(database);
                }
            }
            Step::Ends(record) => {
                self.interrupted.retain(|database| *database != record.database);
                self.records.insert(record.database.clone(), record);
            }
            Step::Resumes { .. } | Step::Stops { .. } => {}
        }
    }
}

/// An earlier run on another list, or with other migrations.
#[derive(Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its journal.
    pub path: PathBuf,
    /// What is not the same.
    pub part: Part,
}

/// The newest journal of a folder that is of another list or of other migrations, but not of both: the run that somebody
/// means who asks to go on and finds no journal.
#[must_use]
pub fn changed_since(folder: &Path, identity: &Identity) -> Option<Changed> {
    let entries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let journals = entries.filter(|path| is_journal(path)).take(OTHERS_MAX);
    let changed = journals.filter_map(|path| {
        let part = identity.differs_from(&header_of(&path)?.identity)?;
        let written = std::fs::metadata(&path).and_then(|found| found.modified());
        (part != Part::Both).then(|| (written.unwrap_or(SystemTime::UNIX_EPOCH), Changed { path, part }))
    });
    changed.max_by_key(|(written, _)| *written).map(|(_, changed)| changed)
}

fn is_journal(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("fleet-") && path.extension().is_some_and(|end| end == "jsonl")
}

/// The first line of a journal, if it is one.
fn header_of(path: &Path) -> Option<Header> {
    let mut start = String::new();
    File::open(path).ok()?.take(4096).read_to_string(&mut start).ok()?;
    serde_json::from_str(start.lines().next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(list: &str, migrations: &str) -> Identity {
        Identity::new([list], [migrations])
    }

    fn ended(database: &str, reached: bool) -> Step {
        Step::Ends(Record {
            database: database.into(),
            wave: 1,
            reached,
            exit_code: if reached { 0 } else { 13 },
            from: Some(1),
            to: None,
            duration_ms: 5,
            error: None,
            at: "now".into(),
        })
    }

    fn begins(database: &str) -> Step {
        Step::Begins { database: database.into(), wave: 1, at: "now".into() }
    }

    fn words(past: &Past) -> String {
        let reached: Vec<&str> = past.reached().map(|record| record.database.as_str()).collect();
        let failed = past.records.values().filter(|record| !record.reached);
        let failed: Vec<&str> = failed.map(|record| record.database.as_str()).collect();
        format!("{} | {} | {}", reached.join(" "), failed.join(" "), past.interrupted.join(" "))
    }

    #[test]
    fn what_was_written_is_read_again() {
        let check = |steps: &[Step], tail: &str, expected: &str| {
            let folder = tempfile::tempdir().unwrap();
            let own = identity("list", "V1");
            let mut journal = Journal::begin(folder.path(), &own, "pgrefit", "now").unwrap();
            for step in steps {
                journal.write(step).unwrap();
            }
            let path = journal.path().to_owned();
            drop(journal);
            OpenOptions::new().append(true).open(&path).unwrap().write_all(tail.as_bytes()).unwrap();
            let (mut journal, past) = Journal::resume(&path, &own, "now").unwrap().unwrap();
            assert_eq!(words(&past), expected);
            // What was left of half a line does not spoil the next one.
            journal.write(&ended("last", true)).unwrap();
            drop(journal);
            let (_, past) = Journal::resume(&path, &own, "now").unwrap().unwrap();
            assert!(past.reached().any(|record| record.database == "last"));
        };
        check(&[], "", " |  | ");
        check(&[begins("a"), ended("a", true), begins("b")], "", "a |  | b");
        check(&[begins("a"), ended("a", false)], "{\"step\":\"begi", " | a | ");
        check(&[ended("a", false), begins("a"), ended("a", true)], "", "a |  | ");
        check(&[ended("a", true), ended("a", false)], "", " | a | ");
    }

    #[test]
    fn only_the_same_fleet_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let own = identity("list", "V1");
        let path = Journal::begin(folder.path(), &own, "pgrefit", "now").unwrap().path().to_owned();
        let check = |other: &Identity, expected: &str| {
            let error = Journal::resume(&path, other, "now").unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.hint().is_some());
        };
        check(&identity("other", "V1"), "the list was edited since the run of the journal");
        check(&identity("list", "V2"), "the migrations, or the target, have changed");
        let changed = |other: &Identity| changed_since(folder.path(), other).map(|changed| changed.part);
        assert_eq!(changed(&own), None);
        assert_eq!(changed(&identity("list", "V2")), Some(Part::Migrations));
        assert_eq!(changed(&identity("other", "V1")), Some(Part::List));
        assert_eq!(changed(&identity("other", "V2")), None);
    }

    #[test]
    fn a_journal_has_one_run() {
        let folder = tempfile::tempdir().unwrap();
        let own = identity("list", "V1");
        let journal = Journal::begin(folder.path(), &own, "pgrefit", "now").unwrap();
        let error = Journal::begin(folder.path(), &own, "pgrefit", "now").unwrap_err();
        assert!(error.is_retryable(), "{error}");
        drop(journal);
        assert!(Journal::begin(folder.path(), &own, "pgrefit", "now").is_ok());
    }

    #[test]
    fn damage_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let own = identity("list", "V1");
        let journal = Journal::begin(folder.path(), &own, "pgrefit", "now").unwrap();
        let path = journal.path().to_owned();
        drop(journal);
        assert!(Journal::resume(&folder.path().join("none.jsonl"), &own, "now").unwrap().is_none());
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{}\n").unwrap();
        let error = Journal::resume(&path, &own, "now").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        std::fs::write(&path, "half a header").unwrap();
        assert!(Journal::resume(&path, &own, "now").unwrap().is_none());
    }
}
