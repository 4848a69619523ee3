//! What an index costs on writes: real rows of the table, deleted and inserted again in a transaction that is rolled back.
//!
//! An insertion writes to every index, and so does an update that is not HOT. The rows are taken from all over the table, so that the
//! index's pages are met as an application meets them. Triggers and foreign keys are left out where the role may do that, because they
//! cost the same with and without the index.

use std::time::Duration;

use pgrefit_catalog::quote_ident;
use serde_json::Value;

use super::Error;
use super::build::{Built, begin_without, end};
use super::candidate::Method;
use super::explain::{median, plan};
use super::facts::Table;
use super::found::WriteCost;
use super::session::{Session, literal, reason};

/// Alternating pairs of measurements; one more goes before them, to warm up.
const PAIRS: usize = 5;
/// From so many rows on, whole blocks are drawn, so that the table is not read for a few rows.
const ROWS_MANY: f64 = 200_000.0;

/// One measurement.
#[derive(Debug, Clone, Copy)]
struct Insertion {
    us: f64,
    wal: f64,
}

/// Measures a table without any candidate and with `own` alone. Why it cannot be is an answer.
pub(super) async fn write_cost(
    session: &mut Session<'_>,
    table: &Table,
    built: &[Built],
    own: &Built,
    rows: u32,
    limit: Duration,
) -> Result<Result<WriteCost, String>, Error> {
    let all: Vec<&Built> = built.iter().collect();
    let others: Vec<&Built> = built.iter().filter(|other| other.name != own.name).collect();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        for (hidden, measured, is_own) in [(&all, &mut before, false), (&others, &mut after, true)] {
            begin_without(session, hidden, limit).await?;
            let gin = Some(own).filter(|own| is_own && own.candidate.method == Method::Gin);
            let insertion = insert(session, table, rows, gin).await;
            end(session).await?;
            match insertion? {
                Ok(insertion) if pair > 0 => measured.push(insertion),
                Ok(_) => (),
                Err(why) => return Ok(Err(why)),
            }
        }
    }
    vacuum(session, table).await?;
    // The least of several: whatever else the machine does only adds, and a row takes microseconds.
    let least = |all: &[Insertion]| all.iter().map(|it| it.us).fold(f64::INFINITY, f64::min);
    let wal = |all: &[Insertion]| median(all.iter().map(|it| it.wal).collect());
    Ok(Ok(WriteCost {
        before_us: least(&before),
        after_us: least(&after),
        wal_before_bytes: wal(&before),
        wal_after_bytes: wal(&after),
    }))
}

/// Takes away what the rolled back writes have left.
pub(super) async fn vacuum(session: &mut Session<'_>, table: &Table) -> Result<(), Error> {
    let sql = format!("VACUUM {}", table.full_name());
    session.say(&sql).await.map(drop)
}

async fn insert(
    session: &mut Session<'_>,
    table: &Table,
    rows: u32,
    gin: Option<&Built>,
) -> Result<Result<Insertion, String>, Error> {
    // Refused to a role without the privilege; triggers are measured along with it then.
    let replica = "SAVEPOINT pgrefit_role; SET LOCAL session_replication_role = replica";
    if session.say(replica).await?.is_err() {
        session
            .settle("ROLLBACK TO SAVEPOINT pgrefit_role")
            .await?
            .map_err(|_| Error::Unexpected("ROLLBACK TO SAVEPOINT"))?;
    }
    if let Err(refused) = session.say(&taken(table, rows)).await? {
        return Ok(Err(format!("rows cannot be written: {}", reason(&refused))));
    }
    let answer = match session.say(&inserted(table)).await? {
        Ok(rows) => plan(&rows)?,
        Err(refused) => return Ok(Err(format!("rows cannot be written: {}", reason(&refused)))),
    };
    let Some(mut insertion) = Insertion::read(&answer.0, &answer.1) else {
        return Ok(Err("the table has no rows to write".to_owned()));
    };
    if let Some(gin) = gin {
        insertion.us += pending(session, gin, &answer.0).await?;
    }
    Ok(Ok(insertion))
}

/// Puts rows from all over the table aside, and deletes them.
fn taken(table: &Table, rows: u32) -> String {
    let count = table.rows.unwrap_or_default().max(1.0);
    let percent = (f64::from(rows) * 120.0 / count).clamp(0.01, 100.0);
    let method = if count > ROWS_MANY { "SYSTEM" } else { "BERNOULLI" };
    let sampled =
        if percent >= 100.0 { String::new() } else { format!(" TABLESAMPLE {method} ({percent:.4})") };
    let name = table.full_name();
    format!(
        "CREATE TEMPORARY TABLE pgrefit_rows ON COMMIT DROP AS \
         SELECT t.ctid AS \"pgrefit ctid\", t.tableoid AS \"pgrefit tableoid\", t.* FROM {name} AS t{sampled} LIMIT {rows}; \
         DELETE FROM {name} AS t USING pg_temp.pgrefit_rows AS r \
         WHERE t.ctid = r.\"pgrefit ctid\" AND t.tableoid = r.\"pgrefit tableoid\""
    )
}

fn inserted(table: &Table) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !column.is_generated)
        .map(|column| quote_ident(&column.name))
        .collect();
    let columns = columns.join(", ");
    format!(
        "EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING OFF, FORMAT JSON) INSERT INTO {} ({columns}) OVERRIDING SYSTEM VALUE \
         SELECT {columns} FROM pg_temp.pgrefit_rows",
        table.full_name()
    )
}

/// New rows wait in a list beside a GIN index; sorting them in belongs to the cost. Microseconds a row.
async fn pending(session: &mut Session<'_>, gin: &Built, insertion: &Value) -> Result<f64, Error> {
    let name = pgrefit_catalog::Name::new(gin.candidate.table.schema.clone(), gin.name.clone());
    let sql = format!(
        "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT pg_catalog.gin_clean_pending_list(c.oid) FROM pg_catalog.pg_class AS c \
         WHERE c.relkind = 'i' AND (c.oid = {0}::pg_catalog.regclass \
            OR c.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree({0}::pg_catalog.regclass) AS t))",
        literal(&name.to_string())
    );
    let Ok(rows) = session.say(&sql).await? else { return Ok(0.0) };
    let ms = plan(&rows)?.1.get("Execution Time").and_then(Value::as_f64).unwrap_or_default();
    Ok(ms * 1000.0 / written(insertion).unwrap_or(1.0))
}

/// How many rows an insertion has written, by the node below it.
fn written(plan: &Value) -> Option<f64> {
    let below = plan.get("Plans")?.get(0)?;
    below.get("Actual Rows").and_then(Value::as_f64).filter(|rows| *rows > 0.0)
}

impl Insertion {
    fn read(plan: &Value, whole: &Value) -> Option<Self> {
        let rows = written(plan)?;
        let ms = whole.get("Execution Time")?.as_f64()?;
        let wal = plan.get("WAL Bytes").and_then(Value::as_f64).unwrap_or_default();
        Some(Self { us: ms * 1000.0 / rows, wal: wal / rows })
    }
}
