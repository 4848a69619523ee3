//! Tries the proposals on a throwaway server of the same major version: it must start with them, show them, and work; and the
//! way back must lead back.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pgrefit_pg::{Connector, Limits, Migrator, SimpleRow, Stop};
use pgrefit_scratch::{Binaries, Home, Options, Server};

use super::facts::{PRIOR, prior_values};
use super::memory::MIB;
use super::setting::Wish;
use super::{Error, Facts, Proposal, Scripts};

/// Where to try.
#[derive(Debug, Clone)]
pub struct TrialPlace {
    /// Where scratch servers live.
    pub home: Home,
    /// The programs, of the major version of the live server.
    pub binaries: Binaries,
    /// What cleans up after this process, see [`Options::supervisor`].
    pub supervisor: Option<(PathBuf, Vec<OsString>)>,
    /// What this machine has for shared buffers, in bytes. More is tried with that much.
    pub shared_buffers_max: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Major and minor version of the scratch server.
    pub version: (u32, u32),
    /// How many settings were read back as proposed.
    pub confirmed: usize,
    /// Those that were not.
    pub mismatches: Vec<Mismatch>,
    /// Settings that were tried with less than is proposed, as this machine has not as much.
    pub reduced: Vec<String>,
    /// Whether the reset script led back to exactly what was set before.
    pub leads_back: bool,
    /// The shared memory that the server took, in bytes; from 15 on.
    pub shared_memory_bytes: Option<u64>,
    /// How long it took.
    pub took: Duration,
}

/// A setting that the scratch server does not have as proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The setting.
    pub name: String,
    /// What was proposed, in its unit.
    pub wanted: String,
    /// What the server shows; `None` if it does not know the setting or refused the value.
    pub found: Option<String>,
    /// What it said.
    pub problem: Option<String>,
}

impl Trial {
    /// Whether the server took all of it, and the way back led back.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.mismatches.is_empty() && self.leads_back
    }
}

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    statement: Duration::from_secs(30),
    lock: Duration::from_secs(5),
};

/// Sorts and hashes ten thousand rows, so that `work_mem` and parallel workers are used.
const SMOKE: &str = "SELECT pg_catalog.count(*) FROM (SELECT DISTINCT pg_catalog.md5(i::text) AS h \
                     FROM pg_catalog.generate_series(1, 10000) i ORDER BY 1) s";

/// Starts a server, gives it what `ALTER SYSTEM` has set on the live one, then the proposals, and starts it anew; reads each
/// setting back, runs a query, runs the reset script and compares.
///
/// Three starts, some seconds. Nothing of the live server is touched; the scratch server is removed.
///
/// # Errors
/// [`Error::Scratch`] when there is no server, or it does not start with the settings: the cause has the end of its log;
/// [`Error::Server`], [`Error::Stopped`]. A single value that is refused is no error but a [`Mismatch`].
pub async fn try_on_scratch(
    place: &TrialPlace,
    facts: &Facts,
    proposals: &[Proposal],
    stop: &Stop,
) -> Result<Trial, Error> {
    let begun = Instant::now();
    let (tried, reduced) = fitting(place.shared_buffers_max, facts, proposals);
    let scripts = Scripts::new(facts, &tried);
    let server = start(place).await?;
    let mut session = connect(&server).await?;
    for statement in &prior_of(facts, &scripts) {
        // What this build refuses is a matter of the live one.
        let _ = session.batch(statement).await;
    }
    let before = auto(&mut session).await?;
    let refused = set(&mut session, &scripts, &tried).await?;
    let server = restart(server, session, stop, "start PostgreSQL with the settings").await?;
    let mut session = connect(&server).await?;
    let mismatches = read_back(&mut session, facts, &tried, &refused).await?;
    smoke(&mut session).await?;
    let shared_memory_bytes = shared_memory(&mut session, server.version().0).await?;
    for statement in &scripts.reset {
        let what = || format!("run {statement} on a scratch server");
        session.batch(statement).await.map_err(Error::server(what()))?;
    }
    let server = restart(server, session, stop, "start PostgreSQL with what was set before").await?;
    let mut session = connect(&server).await?;
    let leads_back = auto(&mut session).await? == before;
    let version = server.version();
    drop(session);
    blocking("stop PostgreSQL", move || server.stop()).await?;
    let confirmed = tried.len() - mismatches.len();
    let took = begun.elapsed();
    Ok(Trial { version, confirmed, mismatches, reduced, leads_back, shared_memory_bytes, took })
}

/// The proposals, with as much shared buffers as this machine has; and what was reduced, in words.
pub(super) fn fitting(
    shared_buffers_max: u64,
    facts: &Facts,
    proposals: &[Proposal],
) -> (Vec<Proposal>, Vec<String>) {
    let mut reduced = Vec::new();
    let most = shared_buffers_max.max(MIB);
    let fit = |proposal: &Proposal| {
        let mut tried = proposal.clone();
        let setting = facts.setting("shared_buffers").filter(|setting| setting.name == proposal.name);
        let less = setting.and_then(|setting| {
            let raw = setting.nearest(&Wish::Bytes(most))?;
            let is_less = raw.parse::<u64>().ok()? < proposal.raw.parse::<u64>().ok()?;
            is_less.then(|| (setting.spoken(&raw), raw))
        });
        if let Some((value, raw)) = less {
            reduced.push(format!("{} was tried with {value}, not {}", proposal.name, proposal.value));
            (tried.value, tried.raw) = (value, raw);
        }
        tried
    };
    let tried = proposals.iter().map(fit).collect();
    (tried, reduced)
}

/// What makes the scratch server's `postgresql.auto.conf` what the live one's is, as far as the scripts touch it.
fn prior_of(facts: &Facts, scripts: &Scripts) -> Vec<String> {
    let is_set = |statement: &&String| statement.starts_with("ALTER SYSTEM SET");
    if facts.prior.is_known { scripts.reset.iter().filter(is_set).cloned().collect() } else { Vec::new() }
}

async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, pgrefit_scratch::Error> + Send + 'static,
) -> Result<T, Error> {
    let joined = tokio::task::spawn_blocking(work).await;
    let joined = joined.map_err(|error| {
        let reason = error.to_string();
        Error::scratch(what)(pgrefit_scratch::Error::NotStarted { reason, log: String::new() })
    })?;
    joined.map_err(Error::scratch(what))
}

async fn start(place: &TrialPlace) -> Result<Server, Error> {
    let TrialPlace { home, binaries, supervisor, .. } = place.clone();
    let start = move || Server::start(&home, &binaries, &Options { supervisor, ..Options::default() });
    blocking("start PostgreSQL", start).await
}

async fn restart(
    mut server: Server,
    session: Migrator,
    stop: &Stop,
    what: &'static str,
) -> Result<Server, Error> {
    drop(session);
    if stop.is_requested() {
        return Err(Error::Stopped { undone: true });
    }
    blocking(what, move || server.restart().map(|()| server)).await
}

async fn connect(server: &Server) -> Result<Migrator, Error> {
    let url = server.url("postgres");
    let settings = pgrefit_pg::Settings::resolve(Some(url.expose()), &|_| None)
        .map_err(Error::server("connect to a scratch server"))?;
    let connector = Connector::new(settings, "pgrefit tune".to_owned(), LIMITS);
    connector.migrator().await.map_err(Error::server("connect to a scratch server"))
}

async fn auto(session: &mut Migrator) -> Result<BTreeMap<String, String>, Error> {
    let rows = session.simple(PRIOR).await.map_err(Error::server("read the settings of a scratch server"))?;
    Ok(prior_values(&rows))
}

/// Sets what is accepted; says of the others what the server said.
async fn set(
    session: &mut Migrator,
    scripts: &Scripts,
    tried: &[Proposal],
) -> Result<BTreeMap<String, String>, Error> {
    let mut refused = BTreeMap::new();
    for (proposal, statement) in tried.iter().zip(&scripts.set) {
        match session.batch(statement).await {
            Ok(()) => {}
            Err(source @ pgrefit_pg::Error::Lost { .. }) => {
                return Err(Error::server("set the settings of a scratch server")(source));
            }
            Err(error) => {
                let cause =
                    std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                refused.insert(proposal.name.clone(), cause);
            }
        }
    }
    Ok(refused)
}

async fn read_back(
    session: &mut Migrator,
    facts: &Facts,
    tried: &[Proposal],
    refused: &BTreeMap<String, String>,
) -> Result<Vec<Mismatch>, Error> {
    let sql = "SELECT s.name, s.reset_val FROM pg_catalog.pg_settings s";
    let rows = session.simple(sql).await.map_err(Error::server("read the settings of a scratch server"))?;
    let pair = |row: SimpleRow| {
        let mut row = row.into_iter().flatten();
        Some((row.next()?, row.next()?))
    };
    let found: BTreeMap<String, String> = rows.into_iter().filter_map(pair).collect();
    let differs = |proposal: &&Proposal| {
        let same =
            |found: &String| facts.setting(&proposal.name).is_some_and(|s| s.is_same(found, &proposal.raw));
        !found.get(&proposal.name).is_some_and(same)
    };
    let mismatch = |proposal: &Proposal| Mismatch {
        name: proposal.name.clone(),
        wanted: proposal.raw.clone(),
        found: found.get(&proposal.name).filter(|_| !refused.contains_key(&proposal.name)).cloned(),
        problem: refused.get(&proposal.name).cloned(),
    };
    Ok(tried.iter().filter(differs).map(mismatch).collect())
}

async fn smoke(session: &mut Migrator) -> Result<(), Error> {
    let rows = session.simple(SMOKE).await.map_err(Error::server("run a query on a scratch server"))?;
    let count = rows.first().and_then(|row| row.first()?.as_deref());
    if count == Some("10000") { Ok(()) } else { Err(Error::Answer { what: "a query of ten thousand rows" }) }
}

/// In whole megabytes, rounded up.
async fn shared_memory(session: &mut Migrator, major: u32) -> Result<Option<u64>, Error> {
    if major < 15 {
        return Ok(None);
    }
    let sql = "SELECT s.setting FROM pg_catalog.pg_settings s WHERE s.name = 'shared_memory_size'";
    let rows =
        session.simple(sql).await.map_err(Error::server("read the shared memory of a scratch server"))?;
    let megabytes = rows.first().and_then(|row| row.first()?.as_deref()?.parse::<u64>().ok());
    Ok(megabytes.map(|megabytes| megabytes * MIB))
}
