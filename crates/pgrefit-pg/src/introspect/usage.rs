//! How large and how busy tables are.

use std::collections::{BTreeMap, HashMap};

use pgrefit_catalog::{Catalog, Name, TableKind, Usage};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::Names;
use super::reader::{Reader, get};
use super::surroundings::Server;
use crate::Error;

/// Counters that are younger say more about the last minutes than about the table.
const COUNTED_FOR_S_MIN: f64 = 300.0;

type ByName = BTreeMap<Name, Usage>;

impl Reader<'_> {
    /// The usage of every table and materialized view, and what of it could not be seen.
    pub(super) async fn usage(
        &self,
        server: &Server,
        catalog: &Catalog,
        names: &Names,
    ) -> Result<(ByName, Vec<String>), Error> {
        // Before PostgreSQL 14 a table that was never counted looks like an empty one.
        let rows = if self.major >= 14 {
            "CASE WHEN c.reltuples >= 0 THEN c.reltuples::int8 END"
        } else {
            "CASE WHEN c.reltuples > 0 OR c.relpages > 0 THEN c.reltuples::int8 END"
        };
        let sql = include_str!("usage.sql").replace("{rows}", rows);
        let oids: Vec<u32> = names.keys().copied().collect();
        let age = server.counted_for_s.filter(|age| server.counts && *age >= COUNTED_FOR_S_MIN);
        let writes = server.counts && !server.standby;
        let params: crate::Params<'_> =
            &[(&oids, Type::OID_ARRAY), (&age, Type::FLOAT8), (&writes, Type::BOOL)];
        let mut usage = BTreeMap::new();
        for row in self.rows(&sql, params).await? {
            if let Some(name) = names.get(&get(&row, "relation")?) {
                usage.insert(name.clone(), one(&row, server.block_size)?);
            }
        }
        let blind = blind(server, &usage);
        let partitioned = sums(catalog, &usage);
        usage.extend(partitioned);
        Ok((usage, blind))
    }
}

fn one(row: &Row, block_size: i64) -> Result<Usage, Error> {
    let count = |column: &str| get::<Option<i64>>(row, column).map(|count| count.map(i64::unsigned_abs));
    let bytes = |column: &str| {
        get::<i64>(row, column).map(|pages| pages.unsigned_abs().saturating_mul(block_size.unsigned_abs()))
    };
    let toast_bytes = bytes("toast_pages")?;
    Ok(Usage {
        rows: count("rows")?,
        bytes: bytes("pages")?.saturating_add(toast_bytes),
        toast_bytes,
        index_bytes: bytes("index_pages")?,
        live_rows: count("live")?,
        dead_rows: count("dead")?,
        reads_per_s: get(row, "reads")?,
        writes_per_s: get(row, "writes")?,
        seq_scans_per_s: get(row, "seq_scans")?,
        last_autovacuum: get(row, "last_autovacuum")?,
        last_analyze: get(row, "last_analyze")?,
        partitions: 0,
    })
}

/// What is missing, and why, in sentences.
fn blind(server: &Server, usage: &ByName) -> Vec<String> {
    let mut blind = Vec::new();
    if !server.counts {
        blind.push("reads and writes are not known: track_counts is off".to_owned());
    } else if server.counted_for_s.is_none_or(|age| age < COUNTED_FOR_S_MIN) {
        blind.push(
            "reads and writes are not known: the server has counted for less than 5 minutes".to_owned(),
        );
    }
    if server.standby {
        blind.push(
            "writes are not known, and reads are those of this standby: it counts no others".to_owned(),
        );
    }
    let unknown: Vec<_> =
        usage.iter().filter(|(_, usage)| usage.rows.is_none()).map(|(name, _)| name.to_string()).collect();
    if let Some(first) = unknown.first() {
        let were = match unknown.len() - 1 {
            0 => "was".to_owned(),
            count => format!("and {count} more were"),
        };
        blind.push(format!("rows and size are not known: {first} {were} never analysed"));
    }
    blind
}

/// Partitioned tables, each with the sums of the tables that hold its rows.
fn sums(catalog: &Catalog, usage: &ByName) -> ByName {
    let mut children: HashMap<&Name, Vec<&Name>> = HashMap::new();
    for (name, table) in &catalog.tables {
        if let Some(partition) = &table.partition_of {
            children.entry(&partition.parent).or_default().push(name);
        }
    }
    let partitioned =
        catalog.tables.iter().filter(|(_, table)| matches!(table.kind, TableKind::Partitioned { .. }));
    partitioned.map(|(name, _)| (name.clone(), sum(&leaves(name, &children, usage)))).collect()
}

/// The tables that hold the rows of `name`; a partitioned table has no usage of its own.
fn leaves<'a>(name: &Name, children: &HashMap<&Name, Vec<&Name>>, usage: &'a ByName) -> Vec<&'a Usage> {
    let mut found = Vec::new();
    let mut open = vec![name];
    while let Some(parent) = open.pop() {
        for child in children.get(parent).into_iter().flatten() {
            match usage.get(*child) {
                Some(leaf) => found.push(leaf),
                None => open.push(child),
            }
        }
    }
    found
}

fn sum(leaves: &[&Usage]) -> Usage {
    let bytes = |of: fn(&Usage) -> u64| leaves.iter().map(|leaf| of(leaf)).fold(0, u64::saturating_add);
    // A partition for next year that was never analysed says nothing against the others.
    let rows = |of: fn(&Usage) -> Option<u64>| {
        let mut known = leaves.iter().filter_map(|leaf| of(leaf)).peekable();
        let is_known = leaves.is_empty() || known.peek().is_some();
        is_known.then(|| known.fold(0, u64::saturating_add))
    };
    let rate = |of: fn(&Usage) -> Option<f64>| {
        let sum: Option<f64> = leaves.iter().map(|leaf| of(leaf)).sum();
        sum.filter(|_| !leaves.is_empty()).map(|sum| (sum * 1e6).round() / 1e6)
    };
    let earliest = |of: fn(&Usage) -> &Option<String>| {
        let times: Option<Vec<_>> = leaves.iter().map(|leaf| of(leaf).clone()).collect();
        times.and_then(|times| times.into_iter().min())
    };
    Usage {
        rows: rows(|leaf| leaf.rows),
        bytes: bytes(|leaf| leaf.bytes),
        toast_bytes: bytes(|leaf| leaf.toast_bytes),
        index_bytes: bytes(|leaf| leaf.index_bytes),
        live_rows: rows(|leaf| leaf.live_rows),
        dead_rows: rows(|leaf| leaf.dead_rows),
        reads_per_s: rate(|leaf| leaf.reads_per_s),
        writes_per_s: rate(|leaf| leaf.writes_per_s),
        seq_scans_per_s: rate(|leaf| leaf.seq_scans_per_s),
        last_autovacuum: earliest(|leaf| &leaf.last_autovacuum),
        last_analyze: earliest(|leaf| &leaf.last_analyze),
        partitions: u32::try_from(leaves.len()).unwrap_or(u32::MAX),
    }
}
