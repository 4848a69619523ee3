//! How far a copy that somebody else made is the same as its source; and that it is not the source itself.

use std::collections::BTreeMap;

use pgrefit_catalog::Name;
use pgrefit_pg::introspect::{Scope, snapshot};
use pgrefit_pg::{Connector, ReadOnly};
use pgrefit_report::{Finding, Status, human_duration};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Error;
use crate::marker::{CopyMarker, read_marker};

/// What a database is, to be compared with a copy of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFacts {
    /// The cluster, if the role may know it.
    pub system_identifier: Option<i64>,
    /// The database.
    pub database: String,
    /// Its oid.
    pub database_oid: u32,
    /// When the server started, to the microsecond, as seconds since 1970.
    pub server_started: String,
    /// Whether it is a standby.
    pub is_standby: bool,
    /// The fingerprint of its catalog, as of the scope that it was read with.
    pub fingerprint: String,
    /// The server's estimate of the rows of each table, by its quoted name; absent where it was never analyzed.
    pub rows_estimates: BTreeMap<String, Option<u64>>,
}

/// How much a copy may differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// By how many percent the rows of a table may differ.
    pub rows_percent: f64,
    /// Tables with so few rows are not compared.
    pub rows_min: u64,
    /// How old a copy may be.
    pub age_max: std::time::Duration,
}

impl Default for Tolerance {
    /// 10 %, from a thousand rows on; a week.
    fn default() -> Self {
        Self { rows_percent: 10.0, rows_min: 1000, age_max: std::time::Duration::from_hours(7 * 24) }
    }
}

/// What was found out about a copy.
#[derive(Debug, Clone, PartialEq)]
pub struct Sameness {
    /// One finding for each thing that was compared.
    pub findings: Vec<Finding>,
    /// Whether the catalog is the same.
    pub same_catalog: bool,
    /// Whether the cluster is the same: a physical clone. None if that cannot be known.
    pub same_cluster: Option<bool>,
    /// The copy's marker, if it has one.
    pub marker: Option<CopyMarker>,
    /// The copy's facts.
    pub copy: SourceFacts,
}

/// Reads the facts of a database.
///
/// Locks: those of [`snapshot`].
///
/// # Errors
/// What the server says.
pub async fn read_source_facts(session: &mut ReadOnly, scope: &Scope) -> Result<SourceFacts, Error> {
    let failed = || Error::while_doing("read the facts of a database");
    let facts = session.facts().await.map_err(failed())?;
    let rows = session.simple(IDENTITY).await.map_err(failed())?;
    let mut values = rows.into_iter().flatten().flatten();
    let unreadable = |what| Error::Unreadable { what };
    let oid =
        values.next().and_then(|text| text.parse().ok()).ok_or_else(|| unreadable("the database's oid"))?;
    let server_started = values.next().ok_or_else(|| unreadable("the start of the server"))?;
    let snapshot = snapshot(session, scope).await.map_err(failed())?;
    let estimate = |name: &Name| snapshot.usage.get(name).and_then(|usage| usage.rows);
    Ok(SourceFacts {
        system_identifier: facts.system_identifier,
        database: facts.database,
        database_oid: oid,
        server_started,
        is_standby: facts.in_recovery,
        fingerprint: snapshot.catalog.fingerprint(),
        rows_estimates: snapshot
            .catalog
            .tables
            .keys()
            .map(|name| (name.to_string(), estimate(name)))
            .collect(),
    })
}

const IDENTITY: &str = "SELECT d.oid, extract(epoch FROM pg_catalog.pg_postmaster_start_time())::numeric(20, 6) \
                        FROM pg_catalog.pg_database d WHERE d.datname = current_database()";

/// Compares a copy with its source. Both are read with the same scope.
///
/// # Errors
/// [`Error::IsLive`], [`Error::IsStandby`]; what the copy says.
pub async fn sameness(
    source: &SourceFacts,
    copy: &Connector,
    scope: &Scope,
    tolerance: Tolerance,
) -> Result<Sameness, Error> {
    let opening = Error::while_doing("look at the copy");
    let mut session = copy.read_only().await.map_err(opening)?;
    let facts = read_source_facts(&mut session, scope).await?;
    refuse_live(source, &facts)?;
    let marker = read_marker(&session).await.map_err(Error::while_doing("read the marker of the copy"))?;
    Ok(judge(source, facts, marker, tolerance, OffsetDateTime::now_utc()))
}

/// Refuses the source's own server, the primary of a source that is a standby, and what takes no writes.
fn refuse_live(source: &SourceFacts, copy: &SourceFacts) -> Result<(), Error> {
    let may_be_one = match (source.system_identifier, copy.system_identifier) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    // No two servers start within the same microsecond. Another database of the live server is no place to rehearse, either.
    let is_one = source.server_started == copy.server_started;
    if may_be_one && (is_one || source.is_standby) {
        return Err(Error::IsLive { database: copy.database.clone() });
    }
    if copy.is_standby {
        return Err(Error::IsStandby { database: copy.database.clone() });
    }
    Ok(())
}

fn judge(
    source: &SourceFacts,
    copy: SourceFacts,
    marker: Option<CopyMarker>,
    tolerance: Tolerance,
    now: OffsetDateTime,
) -> Sameness {
    let same_cluster = source.system_identifier.zip(copy.system_identifier).map(|(one, other)| one == other);
    let same_catalog = source.fingerprint == copy.fingerprint;
    let mut findings =
        vec![of_catalog(source, &copy), of_cluster(same_cluster), of_rows(source, &copy, tolerance)];
    findings.push(of_marker(source, marker.as_ref(), tolerance, now));
    Sameness { findings, same_catalog, same_cluster, marker, copy }
}

fn of_catalog(source: &SourceFacts, copy: &SourceFacts) -> Finding {
    let (status, message) = if source.fingerprint == copy.fingerprint {
        (Status::Pass, "the copy has the catalog of its source")
    } else {
        (Status::Fail, "the copy has another catalog than its source")
    };
    Finding::new("copy-differs", status, message)
        .number("source_fingerprint", source.fingerprint.as_str())
        .number("copy_fingerprint", copy.fingerprint.as_str())
        .hint("make the copy anew, from a backup of the source as it is now")
        .confidence("certain")
}

fn of_cluster(same_cluster: Option<bool>) -> Finding {
    let (status, message) = match same_cluster {
        Some(true) => (Status::Pass, "the copy is a physical clone: it has its source's system identifier"),
        Some(false) => (
            Status::Info,
            "the copy is no physical clone: its tables are packed otherwise than those of its source, and times may differ",
        ),
        None => (
            Status::Info,
            "whether the copy is a physical clone cannot be known: the role may not read the system identifier",
        ),
    };
    Finding::new("copy-packed-otherwise", status, message)
}

fn of_rows(source: &SourceFacts, copy: &SourceFacts, tolerance: Tolerance) -> Finding {
    let mut compared = 0;
    let mut unknown = 0;
    let mut apart: Vec<(&str, u64, u64)> = Vec::new();
    for (table, rows) in &source.rows_estimates {
        let (Some(here), Some(there)) = (*rows, copy.rows_estimates.get(table).copied().flatten()) else {
            unknown += 1;
            continue;
        };
        if here.max(there) < tolerance.rows_min {
            continue;
        }
        compared += 1;
        if percent_apart(here, there) > tolerance.rows_percent {
            apart.push((table, here, there));
        }
    }
    apart.sort_by(|a, b| percent_apart(b.1, b.2).total_cmp(&percent_apart(a.1, a.2)));
    rows_finding(compared, unknown, &apart, tolerance)
}

fn rows_finding(compared: i64, unknown: i64, apart: &[(&str, u64, u64)], tolerance: Tolerance) -> Finding {
    let count = i64::try_from(apart.len()).unwrap_or(i64::MAX);
    let finding = match apart.first() {
        Some((table, here, there)) => Finding::new(
            "copy-rows-differ",
            Status::Warn,
            format!("{count} tables have other numbers of rows than in the source; {table} has {there} instead of {here}"),
        )
        .about(*table)
        .kind("table")
        .number("source_rows", i64::try_from(*here).unwrap_or(i64::MAX))
        .number("copy_rows", i64::try_from(*there).unwrap_or(i64::MAX)),
        None if compared == 0 && unknown > 0 => Finding::new(
            "copy-rows-differ",
            Status::Blind,
            "the numbers of rows could not be compared: the tables were never analyzed",
        )
        .hint("run ANALYZE on both"),
        None => Finding::new("copy-rows-differ", Status::Pass, "the tables have as many rows as in the source"),
    };
    finding
        .number("tables_compared", compared)
        .number("tables_unknown", unknown)
        .number("tables_apart", count)
        .number("tolerance_percent", tolerance.rows_percent)
        .confidence("estimate")
}

#[expect(clippy::cast_precision_loss, reason = "a share of estimates")]
fn percent_apart(one: u64, other: u64) -> f64 {
    let most = one.max(other);
    if most == 0 { 0.0 } else { one.abs_diff(other) as f64 * 100.0 / most as f64 }
}

fn of_marker(
    source: &SourceFacts,
    marker: Option<&CopyMarker>,
    tolerance: Tolerance,
    now: OffsetDateTime,
) -> Finding {
    const CHECK: &str = "copy-old";
    let Some(marker) = marker else {
        return Finding::new(CHECK, Status::Info, "how old the copy is cannot be known: it has no marker")
            .hint("`pgrefit` marks the copies it restores, by a comment on the database");
    };
    let is_of_source = source.system_identifier.is_none_or(|own| own == marker.system_identifier)
        && source.database == marker.database;
    if !is_of_source {
        let what = format!("the copy is one of {}/{}", marker.system_identifier, marker.database);
        return Finding::new(CHECK, Status::Fail, what).hint("name a copy of this database");
    }
    let Ok(at) = OffsetDateTime::parse(&marker.at, &Rfc3339) else {
        return Finding::new(
            CHECK,
            Status::Info,
            "how old the copy is cannot be known: its marker has no time",
        );
    };
    let age_ms = u64::try_from((now - at).whole_milliseconds()).unwrap_or(0);
    let age_max_ms = u64::try_from(tolerance.age_max.as_millis()).unwrap_or(u64::MAX);
    let status = if age_ms > age_max_ms { Status::Warn } else { Status::Pass };
    Finding::new(CHECK, status, format!("the copy is {} old", human_duration(age_ms)))
        .number("age_ms", pgrefit_report::Cell::DurationMs(age_ms))
        .number("age_max_ms", pgrefit_report::Cell::DurationMs(age_max_ms))
        .number("lsn", marker.lsn.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(system_identifier: Option<i64>, oid: u32, started: &str, rows: Option<u64>) -> SourceFacts {
        SourceFacts {
            system_identifier,
            database: "app".into(),
            database_oid: oid,
            server_started: started.into(),
            is_standby: false,
            fingerprint: "f".into(),
            rows_estimates: BTreeMap::from([("public.a".to_owned(), rows)]),
        }
    }

    #[test]
    fn the_live_database_is_known_again() {
        let live = facts(Some(1), 5, "100.000001", None);
        let check = |copy: SourceFacts, is_live: bool| {
            assert_eq!(matches!(refuse_live(&live, &copy), Err(Error::IsLive { .. })), is_live, "{copy:?}");
        };
        check(live.clone(), true);
        check(facts(None, 5, "100.000001", None), true);
        check(facts(Some(2), 5, "100.000001", None), false);
        check(facts(Some(1), 6, "100.000001", None), true);
        check(facts(Some(1), 5, "100.000002", None), false);
        let standby = SourceFacts { is_standby: true, ..facts(Some(1), 5, "200.0", None) };
        assert!(matches!(refuse_live(&live, &standby), Err(Error::IsStandby { .. })));
        // Its primary has the same identifier, and was started at another time.
        assert!(matches!(refuse_live(&standby, &live), Err(Error::IsLive { .. })));
    }

    #[test]
    fn rows_may_differ_within_the_tolerance() {
        let check = |here: Option<u64>, there: Option<u64>, expected: Status| {
            let (source, copy) = (facts(None, 1, "1", here), facts(None, 2, "2", there));
            assert_eq!(of_rows(&source, &copy, Tolerance::default()).status, expected, "{here:?} {there:?}");
        };
        check(Some(10_000), Some(9_000), Status::Pass);
        check(Some(10_000), Some(8_999), Status::Warn);
        check(Some(9_000), Some(10_001), Status::Warn);
        check(Some(10), Some(500), Status::Pass);
        check(Some(10_000), None, Status::Blind);
        check(None, None, Status::Blind);
    }

    #[test]
    fn a_marker_says_how_old_and_of_what() {
        let source = facts(Some(1), 1, "1", None);
        let now = OffsetDateTime::parse("2026-01-08T00:00:00Z", &Rfc3339).unwrap();
        let check = |system_identifier: i64, database: &str, at: &str, expected: Status| {
            let (database, at) = (database.to_owned(), at.to_owned());
            let marker = CopyMarker { system_identifier, database, lsn: "0/1".into(), at };
            assert_eq!(of_marker(&source, Some(&marker), Tolerance::default(), now).status, expected);
        };
        check(1, "app", "2026-01-07T00:00:00Z", Status::Pass);
        check(1, "app", "2025-12-31T23:59:00Z", Status::Warn);
        check(1, "app", "yesterday", Status::Info);
        check(2, "app", "2026-01-07T00:00:00Z", Status::Fail);
        check(1, "other", "2026-01-07T00:00:00Z", Status::Fail);
        assert_eq!(of_marker(&source, None, Tolerance::default(), now).status, Status::Info);
    }
}
