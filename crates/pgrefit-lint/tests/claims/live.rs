//! Real servers for these tests, and what they say of locks, files and rows.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use pgrefit_pg::{Connector, Error, Limits, Migrator, Settings};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};
use pgrefit_sql::LockMode;

use crate::Done;

/// A server that ends with the value.
pub(crate) struct Live(Server);

impl Live {
    /// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit.
    pub(crate) fn all() -> Vec<(u32, Self)> {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
        let majors = versions.map(|version| version.parse().expect("PGREFIT_TEST_PG is a list of versions"));
        majors.map(|major| (major, Self::start(major))).collect()
    }

    fn start(major: u32) -> Self {
        let own_file = tempfile::NamedTempFile::new().expect("a file");
        let uid = own_file.path().metadata().expect("metadata").uid();
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        let home = Home::default_for(variable("HOME").as_deref(), variable("XDG_CACHE_HOME").as_deref(), uid);
        let bin_dir = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(PathBuf::from);
        let search = Search { major: Some(major), bin_dir, ..Search::default() };
        let binaries = Binaries::find(&home, &search).expect("binaries");
        Self(Server::start(&home, &binaries, &Options::default()).expect("the server starts"))
    }

    pub(crate) async fn writer(&self, database: &str) -> Migrator {
        let url = self.0.url(database);
        let settings = Settings::resolve(Some(url.expose()), &|_| None).expect("settings");
        let connector = Connector::new(settings, "claims".to_owned(), Limits::default());
        connector.migrator().await.expect("a session")
    }

    /// A session in a database that has nothing in it.
    pub(crate) async fn emptied(&self) -> Migrator {
        let mut postgres = self.writer("postgres").await;
        if rows(&mut postgres, "SELECT 1 FROM pg_database WHERE datname = 'claims'").await.is_empty() {
            postgres.batch("CREATE DATABASE claims TEMPLATE template0").await.expect("created");
        }
        let mut session = self.writer("claims").await;
        session.batch(EMPTY).await.expect("emptied");
        session
    }
}

/// The tables of a database and their indexes, before an example is run.
pub(crate) struct Watched {
    by_oid: BTreeMap<String, Relation>,
}

struct Relation {
    /// The table; of an index, the one it is on.
    table: String,
    kind: String,
    file: String,
}

impl Relation {
    fn has_rows(&self) -> bool {
        matches!(self.kind.as_str(), "r" | "m")
    }
}

impl Watched {
    pub(crate) async fn read(session: &mut Migrator) -> Self {
        let relations = rows(session, RELATIONS).await.into_iter().map(|row| {
            let [oid, table, kind, file] = row.try_into().expect("four columns");
            (oid, Relation { table, kind, file })
        });
        Self { by_oid: relations.collect() }
    }

    /// How many rows each table has.
    pub(crate) async fn rows(&self, session: &mut Migrator) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for relation in self.by_oid.values().filter(|relation| relation.has_rows()) {
            let count = rows(session, &format!("SELECT count(*) FROM {}", relation.table)).await;
            counts.insert(relation.table.clone(), count[0][0].parse().expect("a number"));
        }
        counts
    }

    /// Prepares a query of each table.
    pub(crate) async fn prepare(&self, session: &mut Migrator) -> Vec<String> {
        let mut tables = Vec::new();
        for relation in self.by_oid.values().filter(|relation| relation.has_rows()) {
            let name = format!("all_of_{}", relation.table.replace('.', "_"));
            session
                .batch(&format!("PREPARE {name} AS SELECT * FROM {}; EXECUTE {name}", relation.table))
                .await
                .expect("prepared");
            tables.push(relation.table.clone());
        }
        tables
    }

    /// What the session has locked, seen from another one; and what its transaction has read and rewritten, which only
    /// itself can see.
    pub(crate) async fn watch(
        &self,
        session: &mut Migrator,
        watcher: &mut Migrator,
        pid: &str,
        done: &mut Done,
    ) {
        for row in rows(watcher, &format!("{HELD} AND pid = {pid}")).await {
            let mode = LockMode::of_pg_locks(&row[1]).expect("a mode of tables");
            if let Some(relation) = self.by_oid.get(&row[0]) {
                let strongest = done.locks.entry(relation.table.clone()).or_insert(mode);
                *strongest = mode.max(*strongest);
            }
        }
        for row in rows(session, READ).await {
            let Some(relation) = self.by_oid.get(&row[0]) else { continue };
            let read: u64 = row[1].parse().expect("a number");
            // Counters begin anew when the server has taken note of them.
            let before =
                done.read.insert(relation.table.clone(), read).filter(|before| *before <= read).unwrap_or(0);
            let all = done.rows.get(&relation.table).copied().unwrap_or(0);
            let locked = done.locks.get(&relation.table).is_some_and(|mode| mode.blocks_writes());
            if all > 0 && read - before >= all && locked && !done.scanned.contains(&relation.table) {
                done.scanned.push(relation.table.clone());
            }
        }
        for row in rows(session, "SELECT oid, relfilenode FROM pg_class").await {
            if let Some(relation) = self.by_oid.get(&row[0]).filter(|relation| relation.has_rows())
                && relation.file != row[1]
                && !done.rewritten.contains(&relation.table)
            {
                done.rewritten.push(relation.table.clone());
            }
        }
    }

    /// What is left when all is over.
    pub(crate) async fn look_back(&self, session: &mut Migrator, done: &mut Done) {
        let now = Self::read(session).await;
        let counts = now.rows(session).await;
        for (table, count) in &done.rows {
            if *count > 0 && counts.get(table).copied().unwrap_or(0) == 0 {
                done.lost.push(table.clone());
            }
        }
        done.invalid = rows(session, INVALID).await.into_iter().flatten().collect();
    }
}

/// The tables of which the prepared query fails now.
pub(crate) async fn broken(session: &mut Migrator, tables: Vec<String>) -> Vec<String> {
    let mut broken = Vec::new();
    for table in tables {
        if let Err(error) = session.batch(&format!("EXECUTE all_of_{}", table.replace('.', "_"))).await {
            let state = sqlstate(&error);
            assert!(matches!(state.as_str(), "0A000" | "42P01" | "42703"), "{table}: {state}");
            broken.push(table);
        }
    }
    broken
}

pub(crate) async fn pid(session: &mut Migrator) -> String {
    rows(session, "SELECT pg_backend_pid()").await.remove(0).remove(0)
}

/// The five characters by which the server names the error.
pub(crate) fn sqlstate(error: &Error) -> String {
    let server = error.server().unwrap_or_else(|| panic!("no error of the server: {error}"));
    server.sqlstate.clone()
}

pub(crate) async fn rows(session: &mut Migrator, sql: &str) -> Vec<Vec<String>> {
    let rows = session.simple(sql).await.expect(sql);
    rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect()
}

const EMPTY: &str = "DO $$
    DECLARE name text;
    BEGIN
        FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
            EXECUTE format('DROP SCHEMA %I CASCADE', name);
        END LOOP;
        CREATE SCHEMA public;
    END $$";
const RELATIONS: &str = "SELECT c.oid, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || coalesce(t.relname, c.relname),
        c.relkind, c.relfilenode
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'i', 'I')";
const HELD: &str = "SELECT relation, mode FROM pg_locks WHERE locktype = 'relation' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
const READ: &str = "SELECT relid, coalesce(seq_tup_read, 0) FROM pg_stat_xact_user_tables";
const INVALID: &str = "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE NOT indisvalid AND relkind = 'i'";
