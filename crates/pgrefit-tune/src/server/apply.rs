//! Runs the script on a live server, and sees that it took.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pgrefit_pg::{Migrator, SimpleRow, Stop};

use super::facts::{PRIOR, prior_values};
use super::{Error, Facts, Proposal, Scripts, Takes};

/// How long the server may take to read its files again.
const RELOAD_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);

/// What was set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// In force now.
    pub in_force: Vec<String>,
    /// In force with the next restart of the server: it shows them as pending.
    pub with_restart: Vec<String>,
    /// Set, but something goes before it: `ALTER DATABASE`, `ALTER ROLE`, the options of this session.
    pub overridden: Vec<String>,
}

/// Sets the proposals with `ALTER SYSTEM`, reloads, and waits until what a reload is enough for is shown by the server, ten
/// seconds at most.
///
/// Writes `postgresql.auto.conf`; restarts nothing, and locks nothing. Have [`Scripts::reset_text`] in a file before: when
/// this process is killed half-way, that is the way back. One that fails or is asked to stop takes back what it has set.
///
/// # Errors
/// [`Error::PriorUnknown`], [`Error::Moved`] before anything is changed; [`Error::Refused`] and [`Error::Stopped`], after
/// which nothing is changed, if the server could still be reached; [`Error::NotTaken`], [`Error::Server`].
pub async fn apply(
    session: &mut Migrator,
    facts: &Facts,
    proposals: &[Proposal],
    stop: &Stop,
) -> Result<Applied, Error> {
    if !facts.prior.is_known {
        return Err(Error::PriorUnknown);
    }
    unmoved(session, facts, proposals).await?;
    let scripts = Scripts::new(facts, proposals);
    for (index, statement) in scripts.set.iter().enumerate() {
        let name = proposals.get(index).map(|proposal| proposal.name.clone()).unwrap_or_default();
        if stop.is_requested() {
            undo(session, &scripts.reset[..index]).await.map_err(|source| Error::Refused {
                name,
                undone: false,
                source,
            })?;
            return Err(Error::Stopped);
        }
        if let Err(source) = session.batch(statement).await {
            let undone = undo(session, &scripts.reset[..index]).await.is_ok();
            return Err(Error::Refused { name, undone, source });
        }
    }
    reload(session).await?;
    settle(session, facts, proposals).await
}

/// Somebody may have run `ALTER SYSTEM` since: then the way back would not be one.
async fn unmoved(session: &mut Migrator, facts: &Facts, proposals: &[Proposal]) -> Result<(), Error> {
    let rows = session.simple(PRIOR).await.map_err(Error::server("read what ALTER SYSTEM has set"))?;
    let now = prior_values(&rows);
    let moved =
        proposals.iter().find(|proposal| now.get(&proposal.name) != facts.prior.values.get(&proposal.name));
    moved.map_or(Ok(()), |proposal| Err(Error::Moved { name: proposal.name.clone() }))
}

async fn undo(session: &mut Migrator, statements: &[String]) -> Result<(), pgrefit_pg::Error> {
    for statement in statements.iter().rev() {
        session.batch(statement).await?;
    }
    Ok(())
}

async fn reload(session: &mut Migrator) -> Result<(), Error> {
    let sql = "SELECT pg_catalog.pg_reload_conf()";
    session.simple(sql).await.map(drop).map_err(Error::server("have the server read its files again"))
}

/// What the server shows of one setting.
struct Shown {
    value: String,
    source: String,
    pending_restart: bool,
}

async fn shown(session: &mut Migrator) -> Result<BTreeMap<String, Shown>, Error> {
    let sql = "SELECT s.name, s.reset_val, s.source, s.pending_restart FROM pg_catalog.pg_settings s";
    let rows = session.simple(sql).await.map_err(Error::server("read the settings"))?;
    let one = |row: SimpleRow| {
        let mut row = row.into_iter();
        let mut next = || row.next().flatten();
        let (name, value, source, pending) = (next()?, next().unwrap_or_default(), next()?, next()?);
        Some((name, Shown { value, source, pending_restart: pending == "t" }))
    };
    Ok(rows.into_iter().filter_map(one).collect())
}

async fn settle(session: &mut Migrator, facts: &Facts, proposals: &[Proposal]) -> Result<Applied, Error> {
    let begun = Instant::now();
    loop {
        let now = shown(session).await?;
        let (applied, missing) = sorted(facts, proposals, &now);
        if missing.is_empty() {
            return Ok(applied);
        }
        if begun.elapsed() > RELOAD_LIMIT {
            return Err(Error::NotTaken { names: missing, waited: RELOAD_LIMIT });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What goes before the files of the server.
const BEFORE_FILES: [&str; 6] =
    ["database", "user", "database user", "client", "command line", "environment variable"];

fn sorted(facts: &Facts, proposals: &[Proposal], now: &BTreeMap<String, Shown>) -> (Applied, Vec<String>) {
    let mut applied = Applied::default();
    let mut missing = Vec::new();
    for proposal in proposals {
        let name = proposal.name.clone();
        let (Some(shown), Some(setting)) = (now.get(&name), facts.setting(&name)) else {
            missing.push(name);
            continue;
        };
        let is_there = setting.is_same(&shown.value, &proposal.raw);
        match proposal.takes {
            _ if is_there => applied.in_force.push(name),
            Takes::Restart if shown.pending_restart => applied.with_restart.push(name),
            Takes::Reload if BEFORE_FILES.contains(&shown.source.as_str()) => applied.overridden.push(name),
            _ => missing.push(name),
        }
    }
    (applied, missing)
}
