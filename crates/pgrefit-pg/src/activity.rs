//! What other sessions are doing: who is in the way, who holds what a migration wants, how far a command has come.
//!
//! Reads `pg_stat_activity`, `pg_locks` and the progress views; takes no lock on any user's relation. A role without
//! `pg_read_all_stats` sees that other roles' sessions exist and what they hold, but not since when nor what they run.

mod blocker;
mod progress;

use std::fmt::Write as _;

use crate::{Error, ReadOnly, SimpleRow};

pub use blocker::Blocker;
pub use progress::Progress;

/// What a look at one backend shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Whether it is there and runs a statement.
    pub is_active: bool,
    /// Whom it waits for, if it waits for a lock.
    pub blockers: Vec<Blocker>,
    /// How far its command has come, where the server tells.
    pub progress: Option<Progress>,
}

/// A relation that a statement will lock, and the lock modes that would be in its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The relation as `to_regclass` takes it; one that does not exist is passed over. For an index its table counts too.
    pub relation: String,
    /// The conflicting modes as `pg_locks` names them: `AccessShareLock`, ….
    pub conflicts: Vec<&'static str>,
    /// Whether its partitions and children are locked too.
    pub partitions: bool,
    /// Whether the tables at the other ends of its foreign keys are locked too.
    pub partners: bool,
}

/// Where this server's WAL and its standbys are, in bytes of WAL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replicas {
    /// The end of the WAL.
    pub current: u64,
    /// What each standby has replayed; `None` where this role may not see it.
    pub replayed: Vec<Option<u64>>,
}

/// Looks at the backend `pid`.
///
/// # Errors
/// What the server says; [`Error::Lost`] when the connection died.
pub async fn watch(session: &ReadOnly, pid: i32) -> Result<Watched, Error> {
    let copy = if session.version_num() >= 140_000 { include_str!("activity/progress_copy.sql") } else { "" };
    let (blockers, progress) = (include_str!("activity/blockers.sql"), include_str!("activity/progress.sql"));
    let active = include_str!("activity/active.sql");
    let sql = format!("{blockers};\n{active};\n{progress}{copy}").replace("$pid", &pid.to_string());
    let mut watched = Watched::default();
    for row in session.simple(&sql).await? {
        match row.first().and_then(Option::as_deref) {
            Some("progress") => watched.progress = Progress::from_row(row),
            Some("active") => watched.is_active = true,
            _ => watched.blockers.extend(Blocker::from_row(row)),
        }
    }
    Ok(watched)
}

/// Who holds, or waits for, what is in the way of `wanted`; oldest transaction first. `own` are backends that do not count.
///
/// # Errors
/// As [`watch`].
pub async fn holders(session: &ReadOnly, wanted: &[Wanted], own: &[i32]) -> Result<Vec<Blocker>, Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = String::new();
    for Wanted { relation, conflicts, partitions, partners } in wanted {
        let divider = if values.is_empty() { "" } else { ", " };
        let _ = write!(
            values,
            "{divider}({}, '{{{}}}'::text[], {partitions}, {partners})",
            literal(relation),
            conflicts.join(",")
        );
    }
    let own = own.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let sql = include_str!("activity/holders.sql").replace("$wanted", &values).replace("$own", &own);
    Ok(session.simple(&sql).await?.into_iter().filter_map(Blocker::from_row).collect())
}

/// Sessions that run a statement which begins with `mark`, other than the asking one.
///
/// # Errors
/// As [`watch`].
pub async fn running(session: &ReadOnly, mark: &str) -> Result<Vec<Blocker>, Error> {
    let sql = include_str!("activity/running.sql").replace("$mark", &literal(mark));
    Ok(session.simple(&sql).await?.into_iter().filter_map(Blocker::from_row).collect())
}

/// Where the standbys of this server are. Empty for a server without any.
///
/// # Errors
/// As [`watch`].
pub async fn replicas(session: &ReadOnly) -> Result<Replicas, Error> {
    let mut rows = session.simple(include_str!("activity/replicas.sql")).await?.into_iter();
    let bytes = |row: SimpleRow| row.into_iter().next().flatten().and_then(|text| text.parse().ok());
    let current = rows.next().and_then(bytes).unwrap_or(0);
    Ok(Replicas { current, replayed: rows.map(bytes).collect() })
}

/// A string literal that means the same whatever `standard_conforming_strings` is.
fn literal(text: &str) -> String {
    format!(" E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
