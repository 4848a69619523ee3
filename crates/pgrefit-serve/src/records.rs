//! What runs have left in folders: backups, and the evidence of the last run. Where the exporter cannot see the folders, nothing
//! is told of them.

use std::fs;
use std::path::{Path, PathBuf};

use pgrefit_backup::Identity;
use pgrefit_report::evidence::{Evidence, Query};
use pgrefit_report::{Failure, Status};

use crate::Target;
use crate::shelves::Shelves;

/// Folders of runs that are looked into, the newest first.
const RUNS_MAX: usize = 50;
/// A longer file of evidence is not read.
const EVIDENCE_BYTES_MAX: u64 = 16 << 20;
/// The report of a run, which is written last.
const EVIDENCE: &str = "evidence.json";

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Records {
    pub(crate) backups: usize,
    /// When the newest one was taken, in seconds since 1970.
    pub(crate) backup_at: Option<i64>,
    /// When one was last verified.
    pub(crate) verified_at: Option<i64>,
    pub(crate) evidence: Option<LastEvidence>,
    /// The newest evidence that has measured queries.
    pub(crate) queries: Option<Queries>,
}

/// The evidence of the last run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LastEvidence {
    pub(crate) run: String,
    pub(crate) started_at: String,
    pub(crate) status: Status,
    pub(crate) exit_code: u8,
    pub(crate) summary: String,
    /// What a live run requires, and how it was met.
    pub(crate) lines: Vec<(String, Status, String)>,
}

/// Queries of the application and their budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Queries {
    pub(crate) measured: usize,
    pub(crate) exceeded: usize,
}

/// Where the records of a database are, and which database that is.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    backups: Option<PathBuf>,
    evidence: Option<PathBuf>,
    identity: Identity,
    /// As the list names the database.
    name: String,
}

impl Places {
    /// Nothing if there is nothing to look for.
    pub(crate) fn of(target: &Target, identity: &Identity) -> Option<Self> {
        let (backups, evidence) = (target.backups.clone(), target.evidence.clone());
        let any = backups.is_some() || evidence.is_some();
        any.then(|| Self { backups, evidence, identity: identity.clone(), name: target.name.clone() })
    }

    /// Reads files; blocks. A folder that is not there has nothing in it; one that cannot be read is a failure.
    pub(crate) fn read(&self, shelves: &Shelves) -> Result<Records, Box<Failure>> {
        let mut records = Records::default();
        if let Some(dir) = &self.backups {
            self.add_backups(shelves, dir, &mut records)?;
        }
        if let Some(root) = &self.evidence {
            self.add_evidence(root, &mut records)?;
        }
        Ok(records)
    }

    fn add_backups(&self, shelves: &Shelves, dir: &Path, records: &mut Records) -> Result<(), Box<Failure>> {
        let all = shelves.read(dir).map_err(|error| Box::new(Failure::from_error(&error)))?;
        for kept in all.iter().filter(|kept| kept.source.is_same(&self.identity)) {
            records.backups += 1;
            records.backup_at = records.backup_at.max(kept.taken_at);
            records.verified_at = records.verified_at.max(kept.verified_at);
        }
        Ok(())
    }

    /// The newest evidence of this database, and the newest of those with queries.
    fn add_evidence(&self, root: &Path, records: &mut Records) -> Result<(), Box<Failure>> {
        readable(root)?;
        let mut all = folders(root, &self.identity.database);
        // Where `pgrefit fleet` keeps those of this database.
        all.extend(folders(&root.join("fleet").join(&self.name), &self.identity.database));
        all.sort_unstable_by(|a, b| b.file_name().cmp(&a.file_name()));
        for folder in all.iter().take(RUNS_MAX) {
            let Some(evidence) = evidence(&folder.join(EVIDENCE)).filter(|it| self.is_own(it)) else {
                continue;
            };
            if records.queries.is_none() {
                records.queries = queries(&evidence.queries);
            }
            if records.evidence.is_none() {
                records.evidence = Some(last(evidence));
            }
            if records.queries.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn is_own(&self, evidence: &Evidence) -> bool {
        evidence.target.as_ref().is_some_and(|target| {
            let own = format!("{}:{}", target.host, target.port);
            target.database == self.identity.database
                && self.identity.address.split(['@', ',', '/']).any(|part| part == own)
        })
    }
}

/// That a folder is not there is no failure; that it cannot be looked into is one.
fn readable(dir: &Path) -> Result<(), Box<Failure>> {
    match fs::read_dir(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let message = format!("failed to read the folder {}: {error}", dir.display());
            Err(Box::new(Failure::new(message)))
        }
        _ => Ok(()),
    }
}

/// The folders of runs on databases of this name, the newest first: their names begin with the time.
fn folders(root: &Path, database: &str) -> Vec<PathBuf> {
    let safe: String =
        database.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(40).collect();
    let middle = format!("-{safe}-");
    let is_run = |name: &str| {
        let time = name.as_bytes().get(..14);
        time.is_some_and(|time| time.iter().all(u8::is_ascii_digit)) && name[14..].starts_with(&middle)
    };
    let Ok(entries) = fs::read_dir(root) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(is_run))
        .map(|entry| entry.path())
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

fn evidence(path: &Path) -> Option<Evidence> {
    let size = fs::metadata(path).ok()?.len();
    let text = (size <= EVIDENCE_BYTES_MAX).then(|| fs::read_to_string(path).ok())??;
    serde_json::from_str(&text).ok()
}

fn last(evidence: Evidence) -> LastEvidence {
    let lines = evidence.checklist.lines().iter().map(|line| {
        let said = line.measurement().map(|it| it.text.clone());
        let said = said.or_else(|| line.reason().map(str::to_owned)).unwrap_or_default();
        (line.requirement().title().to_owned(), line.status(), said)
    });
    LastEvidence {
        lines: lines.collect(),
        run: evidence.run_id,
        started_at: evidence.started_at,
        status: evidence.outcome.status,
        exit_code: evidence.outcome.exit_code,
        summary: evidence.outcome.summary,
    }
}

/// Nothing if none with a budget was measured.
fn queries(queries: &[Query]) -> Option<Queries> {
    let measured =
        queries.iter().filter_map(|query| Some((query.budget_ms?, query.after.or(query.before)?.p95_ms)));
    let measured: Vec<(f64, f64)> = measured.filter(|(_, p95)| p95.is_finite()).collect();
    let exceeded = measured.iter().filter(|(budget, p95)| p95 > budget).count();
    (!measured.is_empty()).then_some(Queries { measured: measured.len(), exceeded })
}

#[cfg(test)]
mod tests {
    use pgrefit_report::evidence::Latency;

    use super::*;

    #[test]
    fn a_budget_is_exceeded_by_what_was_measured_last() {
        let latency = |p95_ms: f64| Latency { p50_ms: 1.0, p95_ms, max_ms: 9.0, runs: 3 };
        let query = |budget_ms: Option<f64>, before: Option<f64>, after: Option<f64>| Query {
            budget_ms,
            before: before.map(latency),
            after: after.map(latency),
            ..Query::new("q", Status::Pass)
        };
        let check = |all: &[Query], expected: Option<(usize, usize)>| {
            assert_eq!(queries(all).map(|it| (it.measured, it.exceeded)), expected, "{all:?}");
        };
        check(&[], None);
        check(&[query(None, Some(5.0), None), query(Some(2.0), None, None)], None);
        check(&[query(Some(2.0), None, Some(f64::NAN))], None);
        let slower = query(Some(2.0), Some(1.0), Some(3.0));
        check(
            &[slower.clone(), query(Some(2.0), Some(3.0), Some(1.0)), query(Some(2.0), Some(2.0), None)],
            Some((3, 1)),
        );
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_not_an_empty_one() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let check =
            |path: &Path, is_fine: bool| assert_eq!(readable(path).is_ok(), is_fine, "{}", path.display());
        check(root.path(), true);
        check(&root.path().join("absent"), true);
        check(&file, false);
    }

    #[test]
    fn only_folders_of_runs_on_the_database_are_looked_into() {
        let root = tempfile::tempdir().unwrap();
        for name in
            ["20260101000000-a_b-1", "20260102000000-a_b-7", "20260103000000-other-1", "backups", "2026"]
        {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        let names = |database: &str| {
            let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
            folders(root.path(), database).iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names("a-b"), ["20260102000000-a_b-7", "20260101000000-a_b-1"]);
        assert_eq!(names("none"), Vec::<String>::new());
        assert_eq!(folders(Path::new("/nonexistent"), "a"), Vec::<PathBuf>::new());
    }
}
