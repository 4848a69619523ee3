//! Asks the server for the facts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pgrefit_pg::{ReadOnly, SimpleRow};

use super::super::{Error, Kind, Setting};
use super::{Checkpoints, Connections, Facts, Given, LargeTable, Prior, WalRate};

const SETTINGS: &str = include_str!("settings.sql");
const SERVER: &str = include_str!("server.sql");
const TABLES: &str = include_str!("large_tables.sql");
const TEMP_FILES: &str = include_str!("temp_files.sql");
const LSN: &str = "SELECT pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery() \
                   THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END, '0/0')";

/// What stands in `postgresql.auto.conf`, in the order of its lines.
pub(crate) const PRIOR: &str = "SELECT f.name, f.setting FROM pg_catalog.pg_file_settings f \
                                WHERE f.sourcefile LIKE '%/postgresql.auto.conf' ORDER BY f.seqno";

/// A counter of less than a hundredth of a day says nothing about a day.
const COUNTED_MIN: f64 = 864.0;

/// Longer than this is not watched, whatever is asked for.
const OBSERVE_MAX: Duration = Duration::from_mins(10);

impl Facts {
    /// Reads the facts. With `observe` above zero the WAL is read twice, that far apart (at most ten minutes); else its
    /// rate is the mean since the counters were reset.
    ///
    /// Reads catalogs, statistics views and the sizes of databases; writes nothing, locks nothing but catalogs.
    ///
    /// # Errors
    /// [`Error::Server`], [`Error::Answer`]. What this role may not see is no error: the rules that need it are blind.
    pub async fn read(session: &ReadOnly, given: Given, observe: Duration) -> Result<Self, Error> {
        let settings = session.simple(SETTINGS).await.map_err(Error::server("read the settings"))?;
        let server = session.simple(SERVER).await.map_err(Error::server("read the state of the server"))?;
        let mut facts = from_row(server.first().ok_or(Error::Answer { what: "itself" })?);
        facts.settings = settings.iter().filter_map(setting).map(|s| (s.name.clone(), s)).collect();
        facts.prior = prior(session).await?;
        facts.checkpoints = checkpoints(session, facts.version_num).await?;
        let temp_files =
            session.simple(TEMP_FILES).await.map_err(Error::server("read how much temporary files hold"))?;
        facts.temp_bytes_a_day = temp_bytes_a_day(&temp_files);
        facts.large_tables = large_tables(session).await?;
        facts.given = given;
        facts.wal = match observe {
            Duration::ZERO => wal_mean(session, facts.version_num).await?,
            observe => wal_now(session, observe.min(OBSERVE_MAX)).await?,
        };
        Ok(facts)
    }
}

fn text(row: &SimpleRow, column: usize) -> Option<&str> {
    row.get(column)?.as_deref()
}

fn number(row: &SimpleRow, column: usize) -> Option<u64> {
    text(row, column)?.parse().ok()
}

fn real(row: &SimpleRow, column: usize) -> Option<f64> {
    text(row, column)?.parse().ok()
}

fn from_row(row: &SimpleRow) -> Facts {
    let sees_all = text(row, 10) == Some("t");
    let unseen = number(row, 4).unwrap_or(1);
    Facts {
        version_num: number(row, 0).and_then(|number| u32::try_from(number).ok()).unwrap_or_default(),
        version: text(row, 1).unwrap_or_default().to_owned(),
        is_standby: text(row, 2) == Some("t"),
        databases_bytes: number(row, 3).filter(|_| unseen == 0),
        connections: Connections {
            now: number(row, 5).unwrap_or_default(),
            active: number(row, 6).filter(|_| sees_all).unwrap_or_default(),
        },
        replicas: number(row, 7).filter(|count| sees_all || *count > 0),
        slots: number(row, 8).unwrap_or_default(),
        // Negative on a standby that has not replayed as far as its slot was made.
        slots_keep_bytes: number(row, 11),
        partition_relations: number(row, 9).unwrap_or_default(),
        ..Facts::default()
    }
}

/// The counters of each database are as old as its own reset, which is not that of others.
fn temp_bytes_a_day(rows: &[SimpleRow]) -> Option<f64> {
    let pairs = rows.iter().filter_map(|row| real(row, 0).zip(real(row, 1)));
    let a_day = pairs.filter(|(_, age)| *age >= COUNTED_MIN).map(|(bytes, age)| bytes / age * 86_400.0);
    a_day.fold(None, |sum, bytes| Some(sum.unwrap_or_default() + bytes))
}

fn setting(row: &SimpleRow) -> Option<Setting> {
    let owned = |column| text(row, column).map(str::to_owned);
    let kind = match text(row, 3)? {
        "bool" => Kind::Bool,
        "integer" => Kind::Integer,
        "real" => Kind::Real,
        "enum" => Kind::Enum,
        _ => Kind::String,
    };
    Some(Setting {
        name: owned(0)?,
        value: owned(1).unwrap_or_default(),
        unit: owned(2).filter(|unit| !unit.is_empty()),
        kind,
        min: owned(4),
        max: owned(5),
        words: text(row, 6).map(|words| words.split(',').map(str::to_owned).collect()).unwrap_or_default(),
        context: owned(7)?,
        source: owned(8)?,
        boot_value: owned(9),
        pending_restart: text(row, 10) == Some("t"),
    })
}

async fn large_tables(session: &ReadOnly) -> Result<Vec<LargeTable>, Error> {
    let rows = session.simple(TABLES).await.map_err(Error::server("read the sizes of tables"))?;
    let own = |row: &SimpleRow, column| text(row, column).map(str::to_owned);
    let table = |row: &SimpleRow| {
        let options = [own(row, 2), own(row, 3), own(row, 4)];
        Some(LargeTable { name: own(row, 0)?, rows: number(row, 1)?, options })
    };
    Ok(rows.iter().filter_map(table).collect())
}

async fn prior(session: &ReadOnly) -> Result<Prior, Error> {
    match session.simple(PRIOR).await {
        Ok(rows) => Ok(Prior { values: prior_values(&rows), is_known: true }),
        Err(pgrefit_pg::Error::NotPermitted(_)) => Ok(Prior::default()),
        Err(source) => Err(Error::server("read what ALTER SYSTEM has set")(source)),
    }
}

/// The rows of [`PRIOR`]: of several lines with one name the last one counts.
pub(crate) fn prior_values(rows: &[SimpleRow]) -> BTreeMap<String, String> {
    let pair = |row: &SimpleRow| Some((text(row, 0)?.to_owned(), text(row, 1)?.to_owned()));
    rows.iter().filter_map(pair).collect()
}

async fn checkpoints(session: &ReadOnly, version_num: u32) -> Result<Option<Checkpoints>, Error> {
    let sql = if version_num >= 170_000 {
        "SELECT num_timed, num_requested FROM pg_catalog.pg_stat_checkpointer"
    } else {
        "SELECT checkpoints_timed, checkpoints_req FROM pg_catalog.pg_stat_bgwriter"
    };
    let rows = session.simple(sql).await.map_err(Error::server("read the counters of checkpoints"))?;
    let counts = rows.first().and_then(|row| number(row, 0).zip(number(row, 1)));
    Ok(counts.map(|(timed, requested)| Checkpoints { timed, requested }))
}

/// The mean since `pg_stat_wal` was reset; from 14 on. Less than a minute says nothing.
async fn wal_mean(session: &ReadOnly, version_num: u32) -> Result<Option<WalRate>, Error> {
    if version_num < 140_000 {
        return Ok(None);
    }
    let sql = "SELECT w.wal_bytes, EXTRACT(epoch FROM pg_catalog.now() - w.stats_reset) \
               FROM pg_catalog.pg_stat_wal w";
    let rows = session.simple(sql).await.map_err(Error::server("read the counters of the WAL"))?;
    let pair = rows.first().and_then(|row| real(row, 0).zip(real(row, 1)));
    Ok(pair.filter(|(_, seconds)| *seconds >= 60.0).map(|(bytes, seconds)| WalRate {
        bytes_a_second: bytes / seconds,
        over: Duration::from_secs_f64(seconds),
        is_mean: true,
    }))
}

/// Two readings; `None` on a standby that has replayed nothing.
async fn wal_now(session: &ReadOnly, observe: Duration) -> Result<Option<WalRate>, Error> {
    let Some(before) = lsn(session).await? else { return Ok(None) };
    let begun = Instant::now();
    tokio::time::sleep(observe).await;
    let after = lsn(session).await?.unwrap_or(before);
    let over = begun.elapsed();
    let bytes_a_second = (after - before).max(0.0) / over.as_secs_f64();
    Ok(Some(WalRate { bytes_a_second, over, is_mean: false }))
}

async fn lsn(session: &ReadOnly) -> Result<Option<f64>, Error> {
    let rows = session.simple(LSN).await.map_err(Error::server("read the position of the WAL"))?;
    Ok(rows.first().and_then(|row| real(row, 0)))
}

#[cfg(test)]
mod tests {
    use super::temp_bytes_a_day;

    #[test]
    fn temporary_files_are_counted_by_the_age_of_their_own_counter() {
        let check = |rows: &[[&str; 2]], expected: Option<f64>| {
            let row = |row: &[&str; 2]| row.iter().map(|text| Some((*text).to_owned())).collect();
            let rows: Vec<_> = rows.iter().map(row).collect();
            assert_eq!(temp_bytes_a_day(&rows), expected, "{rows:?}");
        };
        check(&[], None);
        check(&[["864000000", "86400"]], Some(864e6));
        // One whose counter was reset an hour ago, beside one of a hundred days.
        check(&[["3600000", "3600"], ["864000000", "8640000"]], Some(86.4e6 + 8.64e6));
        check(&[["1000000", "863"]], None);
        check(&[["1000000", "863"], ["0", "86400"]], Some(0.0));
    }
}
