//! A database with many tables: what an audit reads, without the rows that it does not.

use crate::bench::server::Server;
use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};
use std::path::Path;
use std::process::{Command, Stdio};

const PREPARE: &str = include_str!("sql/prepare.sql");
const TABLES: &str = include_str!("sql/tables.sql");
const FINISH: &str = include_str!("sql/finish.sql");

/// Tables a session: the caches of a session grow with the tables that it has made.
const BATCH: u32 = 1000;

/// What was made, in lines of the catalog.
pub(super) struct Catalog {
    pub(super) url: String,
    pub(super) tables: u64,
    pub(super) indexes: u64,
    pub(super) columns: u64,
}

impl Catalog {
    /// Makes the tables, and collects the garbage of doing so.
    pub(super) fn make(tables: u32, server: &Server, dir: &Path) -> Outcome<Self> {
        eprintln!("making {tables} tables");
        // Nothing here must survive a crash, and nobody else may be at work while a round is measured.
        let settings =
            ["fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off"];
        let mut alter = server.psql(server.url());
        for setting in settings {
            alter.args(["-c", &format!("ALTER SYSTEM SET {setting}")]);
        }
        quietly(alter.args(["-c", "SELECT pg_reload_conf()"]))?;
        let url = server.fresh("audit_bench")?;
        for (name, text) in [("prepare", PREPARE), ("tables", TABLES), ("finish", FINISH)] {
            workspace::write(&dir.join(name).with_extension("sql"), text)?;
        }
        quietly(server.psql(&url).arg("-f").arg(dir.join("prepare.sql")))?;
        for (first, last) in batches(tables) {
            let mut psql = server.psql(&url);
            psql.args([
                "-c",
                &format!("SET bench.first = {first}"),
                "-c",
                &format!("SET bench.last = {last}"),
            ]);
            quietly(psql.arg("-f").arg(dir.join("tables.sql")))?;
        }
        quietly(server.psql(&url).arg("-f").arg(dir.join("finish.sql")))?;
        Self::count(url, server)
    }

    fn count(url: String, server: &Server) -> Outcome<Self> {
        let count = |from: &str| {
            let mut psql = server.psql(&url);
            psql.args(["-A", "-t", "-c", &format!("SELECT count(*) FROM {from}")]);
            let count = shell::first_line(&mut psql).and_then(|line| line.parse().ok());
            count.ok_or_else(|| Failure::new(format!("count {from}")))
        };
        let (tables, indexes) = (count("pg_stat_user_tables")?, count("pg_stat_user_indexes")?);
        let columns = count("pg_attribute WHERE attnum > 0")?;
        Ok(Self { url, tables, indexes, columns })
    }
}

/// First and last number of each batch.
fn batches(tables: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..tables.div_ceil(BATCH)).map(move |batch| (batch * BATCH + 1, tables.min((batch + 1) * BATCH)))
}

fn quietly(command: &mut Command) -> Outcome<()> {
    shell::succeed(command.stdout(Stdio::null()))
}

#[cfg(test)]
mod tests {
    use super::batches;

    #[test]
    fn every_table_is_in_one_batch() {
        let check = |tables, expected: &[(u32, u32)]| {
            assert_eq!(batches(tables).collect::<Vec<_>>(), expected, "{tables}");
        };
        check(1, &[(1, 1)]);
        check(1000, &[(1, 1000)]);
        check(2001, &[(1, 1000), (1001, 2000), (2001, 2001)]);
    }
}
