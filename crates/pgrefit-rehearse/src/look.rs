//! A look from inside of the working session: what its transaction holds, where its relations are, what it has read and
//! written so far.

use std::collections::HashMap;

use pgrefit_pg::{Error as PgError, Migrator, ReadOnly, SimpleRow};
use pgrefit_sql::LockMode;

use crate::intervals::Seen;
use crate::inventory::Known;
use crate::{RelationKind, Work};

/// Rows and blocks of one table, counted up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    inserted: u64,
    updated: u64,
    hot_updated: u64,
    deleted: u64,
    returned: u64,
    scans: u64,
    blocks: u64,
}

/// A relation that the transaction has locked.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) modes: Vec<LockMode>,
    /// None of a relation that it has dropped.
    pub(crate) known: Option<Known>,
    pub(crate) counters: Option<Counters>,
    pub(crate) is_temporary: bool,
}

/// What a look shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// The end of the WAL.
    pub(crate) wal: Option<u64>,
    /// Whether temporary files are told to this session.
    pub(crate) tells_temp_files: bool,
    pub(crate) relations: HashMap<u32, Held>,
}

/// Looks, within the transaction that is open, or outside of one.
pub(crate) async fn look(session: &mut Migrator) -> Result<Look, PgError> {
    let mut look = Look::default();
    for row in session.simple(include_str!("look.sql")).await? {
        match row.first().and_then(Option::as_deref) {
            Some("now") => {
                look.wal = row.get(1).and_then(|text| text.as_ref()?.parse().ok());
                look.tells_temp_files = row.get(2).and_then(Option::as_deref) == Some("t");
            }
            _ => look.relations.extend(held(row)),
        }
    }
    Ok(look)
}

/// The counters of every table, or only of some, as far as sessions have reported them.
pub(crate) async fn counters(
    session: &ReadOnly,
    only: Option<&[u32]>,
) -> Result<HashMap<u32, Counters>, PgError> {
    let which = only.map_or_else(
        || "true".to_owned(),
        |oids| {
            let oids: Vec<String> = oids.iter().map(ToString::to_string).collect();
            format!("c.oid = ANY ('{{{}}}'::oid[])", oids.join(","))
        },
    );
    let rows = session.simple(&include_str!("counters.sql").replace("$which", &which)).await?;
    let read = |row: SimpleRow| {
        let mut values = row.into_iter().flatten();
        Some((values.next()?.parse().ok()?, Counters::read(&values.next()?)?))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

fn held(row: SimpleRow) -> Option<(u32, Held)> {
    let mut values = row.into_iter().skip(1);
    let mut next = || values.next().flatten();
    let oid: u32 = next()?.parse().ok()?;
    let modes = next()?.split(' ').filter_map(LockMode::of_pg_locks).collect();
    let (name, kind, file) = (next(), next(), next());
    let (owner, table, bytes, counters) = (next(), next(), next(), next());
    let is_temporary = next().as_deref() == Some("t");
    let known = name.zip(kind).map(|(name, kind)| Known {
        kind: RelationKind::of_relkind(&kind),
        file: file.and_then(|text| text.parse().ok()).unwrap_or(0),
        owner: owner.and_then(|text| text.parse().ok()).unwrap_or(oid),
        table: table.unwrap_or_else(|| name.clone()),
        rows_estimate: None,
        bytes: bytes.and_then(|text| text.parse().ok()),
        is_readable: false,
        name,
    });
    let counters = counters.as_deref().and_then(Counters::read);
    Some((oid, Held { modes, known, counters, is_temporary }))
}

impl Look {
    /// The locks as `pg_locks` shows them, sorted.
    pub(crate) fn locks(&self) -> Vec<Seen> {
        let all = self.relations.iter().flat_map(|(oid, held)| {
            held.modes.iter().map(|mode| Seen { oid: *oid, mode: *mode, granted: true })
        });
        let mut locks: Vec<Seen> = all.collect();
        locks.sort_unstable();
        locks
    }
}

impl Held {
    /// The strongest mode on it.
    pub(crate) fn strongest(&self) -> Option<LockMode> {
        self.modes.iter().max().copied()
    }
}

impl Counters {
    fn read(text: &str) -> Option<Self> {
        let numbers: Vec<u64> = text.split(' ').map(|word| word.parse().unwrap_or(0)).collect();
        let [inserted, updated, hot_updated, deleted, returned, scans, blocks] = numbers[..] else {
            return None;
        };
        Some(Self { inserted, updated, hot_updated, deleted, returned, scans, blocks })
    }

    /// What has been added since; nothing if nothing was.
    pub(crate) fn since(self, before: Self) -> Option<Work> {
        let work = Work {
            rows_inserted: self.inserted.saturating_sub(before.inserted),
            rows_updated: self.updated.saturating_sub(before.updated),
            rows_hot_updated: self.hot_updated.saturating_sub(before.hot_updated),
            rows_deleted: self.deleted.saturating_sub(before.deleted),
            rows_scanned: self.returned.saturating_sub(before.returned),
            scans: self.scans.saturating_sub(before.scans),
            blocks_read: self.blocks.saturating_sub(before.blocks),
            ..Work::default()
        };
        (work != Work::default()).then_some(work)
    }
}
