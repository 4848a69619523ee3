//! What the server shows of the settings after the reload.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pgrefit_pg::{Migrator, SimpleRow, Stop};

use super::super::{Error, Facts, Proposal, Takes};

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

/// Waits until the server shows all of them; nothing if it was asked to stop before.
///
/// # Errors
/// [`Error::NotTaken`] after ten seconds; [`Error::Server`].
pub(super) async fn settle(
    session: &mut Migrator,
    facts: &Facts,
    proposals: &[Proposal],
    stop: &Stop,
) -> Result<Option<Applied>, Error> {
    let begun = Instant::now();
    loop {
        let now = shown(session).await?;
        let (applied, missing) = sorted(facts, proposals, &now);
        if missing.is_empty() {
            return Ok(Some(applied));
        }
        if begun.elapsed() > RELOAD_LIMIT {
            return Err(Error::NotTaken { names: missing, waited: RELOAD_LIMIT });
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = stop.requested() => return Ok(None),
        }
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
