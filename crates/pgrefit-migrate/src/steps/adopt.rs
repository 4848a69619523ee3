//! Adopt: takes over an existing database, after proof that its schema is what the baseline migration makes.
//!
//! The baseline is built on a scratch server by the same code that applies migrations; the two catalogs are compared;
//! the history is written only when they are equal, or when a person has accepted exactly this difference.

use pgrefit_catalog::{Catalog, Comparison as How, Difference, quote_ident};
use pgrefit_history::MigrationFile;
use pgrefit_pg::{Connector, Limits, ReadOnly, RunnerLock, Settings};
use pgrefit_scratch::{Binaries, Options, Server};

use crate::{Error, Job, Workshop};

/// The live schema beside that of the baseline. Only [`compare_with_baseline`] makes it.
#[derive(Debug)]
pub struct Comparison {
    version: i64,
    difference: Difference,
    fingerprint: String,
    live_major: u32,
    scratch_major: u32,
}

/// A database whose history begins now. Only [`adopt`] makes it.
#[derive(Debug)]
pub struct Adopted {
    /// The versions recorded as applied.
    pub versions: Vec<i64>,
}

impl Comparison {
    /// The baseline version.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// What differs.
    #[must_use]
    pub fn difference(&self) -> &Difference {
        &self.difference
    }

    /// The name of the difference, by which it can be accepted. It does not depend on what the schema is called that the
    /// database's own `search_path` begins with.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Major versions of the live server and of the scratch server.
    #[must_use]
    pub fn majors(&self) -> (u32, u32) {
        (self.live_major, self.scratch_major)
    }

    /// Whether the schemas are equal, or differ in a way that was accepted.
    #[must_use]
    pub fn is_accepted(&self, accepted: &[String]) -> bool {
        self.difference.is_empty() || accepted.contains(&self.fingerprint)
    }
}

/// Builds the baseline on a scratch server and compares the live database with it.
///
/// `version` is the baseline; 0 is the lowest version there is. Reads the live catalog (ACCESS SHARE on catalogs); writes
/// nothing there.
///
/// # Errors
/// No such version; no scratch server to be had; the baseline fails on it; the live database cannot be read.
pub async fn compare_with_baseline(
    job: &Job<'_>,
    version: i64,
    workshop: &Workshop<'_>,
) -> Result<Comparison, Error> {
    let baseline = baseline_files(job, version)?;
    let mut session = job.connector.read_only().await?;
    let live = job.catalog(&mut session).await?;
    let likeness = Likeness::of(&live, &session).await?;
    drop(session);
    let expected =
        build(job, baseline, &likeness, workshop).await.map_err(|error| Error::Baseline(Box::new(error)))?;
    let difference = expected.difference(&live, How::Exact);
    Ok(Comparison {
        version: baseline.last().map_or(version, |file| file.version),
        fingerprint: difference.fingerprint(likeness.search_path.first().map(String::as_str)),
        difference,
        live_major: live.server_major,
        scratch_major: expected.server_major,
    })
}

/// Records the baseline as applied, without running it.
///
/// Locks: the runner lock; creates the history tables; ROW EXCLUSIVE on them, in one transaction.
///
/// # Errors
/// [`Error::Different`] when the comparison is not accepted; a database that has a history; what the server says.
pub async fn adopt(job: &Job<'_>, comparison: &Comparison, accepted: &[String]) -> Result<Adopted, Error> {
    if !comparison.is_accepted(accepted) {
        return Err(Error::Different {
            version: comparison.version,
            changes: comparison.difference.changes.len(),
            fingerprint: comparison.fingerprint.clone(),
        });
    }
    job.refuse_pooler().await?;
    let baseline = baseline_files(job, comparison.version)?;
    pgrefit_history::adopt(job.connector, baseline, job.table, job.bounds.runner_wait).await?;
    Ok(Adopted { versions: baseline.iter().map(|file| file.version).collect() })
}

/// The files up to and including the baseline.
fn baseline_files<'a>(job: &Job<'a>, version: i64) -> Result<&'a [MigrationFile], Error> {
    let index = match version {
        0 => 0,
        _ => job
            .files
            .iter()
            .position(|file| file.version == version)
            .ok_or(Error::UnknownBaseline(version))?,
    };
    Ok(&job.files[..=index])
}

/// The catalog that the baseline makes on an empty database that was prepared like the live one: with its search path, so
/// that objects land in schemas of the same names, and with the extensions it has, where it has them.
pub(super) async fn build(
    job: &Job<'_>,
    baseline: &[MigrationFile],
    likeness: &Likeness,
    workshop: &Workshop<'_>,
) -> Result<Catalog, Error> {
    let binaries = Binaries::find(&workshop.home, &workshop.search)?;
    let options = Options {
        supervisor: workshop.supervisor.clone(),
        on_event: workshop.on_event,
        ..Options::default()
    };
    let server = Server::start(&workshop.home, &binaries, &options)?;
    let url = server.url("postgres");
    let settings = Settings::resolve(Some(url.expose()), &|_| None)?;
    let connector = Connector::new(settings, "pgrefit baseline".to_owned(), Limits::default());
    likeness.give_to(&connector).await?;
    let scratch = Job { connector: &connector, files: baseline, target: None, ..*job };
    let mut lock = RunnerLock::acquire(&connector, job.bounds.runner_wait, |_| {}).await?;
    let (bounds, stop) = (job.bounds, job.stop);
    pgrefit_history::apply(&connector, &mut lock, baseline, job.table, None, bounds, stop, &mut |_| {})
        .await?;
    let catalog = scratch.catalog(&mut connector.read_only().await?).await?;
    server.stop()?;
    Ok(catalog)
}

/// What a database brings along before its first migration.
#[derive(Debug)]
pub(super) struct Likeness {
    /// The schemas of `search_path` that exist, in order, unquoted.
    search_path: Vec<String>,
    /// The extensions with their schemas, unquoted.
    extensions: Vec<(String, String)>,
}

impl Likeness {
    pub(super) async fn of(live: &Catalog, session: &ReadOnly) -> Result<Self, Error> {
        let rows = session.simple("SELECT unnest(current_schemas(false))").await?;
        let search_path = rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
        let extensions =
            live.extensions.iter().map(|(name, found)| (name.clone(), found.schema.clone())).collect();
        Ok(Self { search_path, extensions })
    }

    /// Makes the fresh database of `connector` alike. An extension that the scratch server does not have is left out: if
    /// the baseline needs it, it will say so.
    async fn give_to(&self, connector: &Connector) -> Result<(), Error> {
        let mut session = connector.migrator().await?;
        let schemas = self.extensions.iter().map(|(_, schema)| schema).chain(&self.search_path);
        // Those of the server are there; nobody else may make one of that name.
        for schema in schemas.filter(|schema| !schema.starts_with("pg_")).map(|schema| quote_ident(schema)) {
            session.batch(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
        }
        for (name, schema) in &self.extensions {
            let sql = format!(
                "CREATE EXTENSION IF NOT EXISTS {} SCHEMA {}",
                quote_ident(name),
                quote_ident(schema)
            );
            if let Err(error) = session.batch(&sql).await {
                tracing::debug!("the scratch server has no extension {name}: {error}");
            }
        }
        if !self.search_path.is_empty() {
            let path: Vec<String> = self.search_path.iter().map(|schema| quote_ident(schema)).collect();
            session.batch(&format!("ALTER DATABASE postgres SET search_path = {}", path.join(", "))).await?;
        }
        Ok(())
    }
}
