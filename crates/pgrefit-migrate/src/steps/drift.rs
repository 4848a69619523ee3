//! Drift: whether the live schema is what the migrations that are applied make of an empty database.
//!
//! What they make is built once on a scratch server, and kept under the digest of the files and of what the database brings
//! along; the same set is not built again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pgrefit_catalog::{Catalog, Change, Comparison as How, Difference, Name};
use pgrefit_history::{History, MigrationFile};
use sha2::{Digest as _, Sha256};

use super::adopt::{Likeness, build};
use crate::{Error, Job, Workshop, plan};

/// Catalogs that are kept; the oldest goes first.
const KEPT: usize = 8;

/// Which tables have partitions that are made and detached by the clock. Neither side's are compared.
pub type Maintained<'a> = dyn Fn(&Name) -> bool + Send + Sync + 'a;

/// The live schema beside the expected one.
#[derive(Debug)]
pub struct Drifted {
    expected: Catalog,
    live: Catalog,
    difference: Difference,
    /// How many objects the expected schema has.
    pub objects: usize,
}

impl Drifted {
    fn new(expected: &Catalog, live: &Catalog, maintained: &Maintained<'_>) -> Self {
        let [expected, live] = [expected, live].map(|catalog| catalog.without_partitions(maintained));
        let difference = expected.difference(&live, How::Exact);
        let objects =
            expected.tables.len() + expected.views.len() + expected.routines.len() + expected.types.len();
        Self { expected, live, difference, objects }
    }

    /// What differs, each with the SQL that would take it back, where there is one; in an order in which that can be run.
    #[must_use]
    pub fn changes(&self) -> Vec<(&Change, Option<String>)> {
        let mut changes: Vec<&Change> = self.difference.changes.iter().collect();
        changes.sort_by_key(|change| change.turn());
        changes.into_iter().map(|change| (change, self.expected.remedy(&self.live, change))).collect()
    }
}

/// Compares the live schema with what the applied migrations make.
///
/// Reads the history and the live catalog (ACCESS SHARE on catalogs, and on a table where a definition of it is printed; given
/// up behind an ACCESS EXCLUSIVE lock); writes nothing there. Builds on a scratch server, unless that was done before.
///
/// # Errors
/// Files and history do not fit; no scratch server to be had; the migrations fail on it; the live database cannot be read.
pub async fn drift(
    job: &Job<'_>,
    workshop: &Workshop<'_>,
    maintained: &Maintained<'_>,
) -> Result<Drifted, Error> {
    let planned = plan(job).await?;
    planned.refuse_unfit()?;
    let last = planned.plan().current().unwrap_or(i64::MIN);
    let end = job.files.iter().take_while(|file| file.version <= last).count();
    let files = &job.files[..end];
    let mut session = job.connector.read_only().await?;
    let live = job.catalog(&mut session).await?;
    let likeness = Likeness::of(&live, &session).await?;
    drop(session);
    let kept =
        workshop.home.cache.join("expected").join(format!("{}.json", digest(files, &likeness, workshop)));
    if let Some(expected) = read(&kept) {
        return Ok(Drifted::new(&expected, &live, maintained));
    }
    let expected =
        build(job, files, &likeness, workshop).await.map_err(|error| Error::Baseline(Box::new(error)))?;
    keep(&kept, &expected);
    Ok(Drifted::new(&expected, &live, maintained))
}

/// Compares the live schema with a catalog; the tables that record migrations are no part of either.
///
/// # Errors
/// The live database cannot be read.
pub async fn drift_from(
    job: &Job<'_>,
    mut expected: Catalog,
    maintained: &Maintained<'_>,
) -> Result<Drifted, Error> {
    let mut session = job.connector.read_only().await?;
    let live = job.catalog(&mut session).await?;
    let history = History::read(&mut session, job.table).await?;
    for table in job.own_tables(&history) {
        expected.tables.remove(&table);
    }
    Ok(Drifted::new(&expected, &live, maintained))
}

/// The name of what these files make of a database like this one.
fn digest(files: &[MigrationFile], likeness: &Likeness, workshop: &Workshop<'_>) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    part(env!("CARGO_PKG_VERSION"));
    part(&format!("{:?} {:?}", workshop.search.major, workshop.search.bin_dir));
    part(&format!("{likeness:?}"));
    for file in files {
        part(&file.title());
        part(&file.sql);
    }
    hash.finalize().iter().take(12).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A catalog that was kept; none if there is none, or it cannot be read any more.
fn read(path: &Path) -> Option<Catalog> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

/// Keeps a catalog, beside its name first. That it cannot be kept is no fault: it is built again.
fn keep(path: &Path, catalog: &Catalog) {
    let Some(folder) = path.parent() else { return };
    let draft = path.with_extension(format!("{}.partial", std::process::id()));
    let kept = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&draft, serde_json::to_string(catalog).unwrap_or_default()))
        .and_then(|()| std::fs::rename(&draft, path));
    if let Err(error) = kept {
        tracing::debug!("failed to keep {}: {error}", path.display());
    }
    forget(folder);
}

/// Removes the oldest catalogs.
fn forget(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut files: Vec<(std::time::SystemTime, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    for (_, path) in files.iter().rev().skip(KEPT) {
        let _ = std::fs::remove_file(path);
    }
}
