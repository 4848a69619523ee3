//! A real server for these tests, and what it says of locks and files.

use std::collections::{HashMap, HashSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use pgrefit_pg::{Connector, Limits, Migrator, ReadOnly, Settings};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};
use pgrefit_sql::LockMode;

/// A server that ends with the value.
pub(crate) struct Live(Server);

impl Live {
    /// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit.
    pub(crate) fn all() -> Vec<(u32, Self)> {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        named
            .split([',', ' '])
            .filter(|version| !version.is_empty())
            .map(|version| version.parse().expect("PGREFIT_TEST_PG is a list of versions"))
            .map(|major| (major, Self::start(major)))
            .collect()
    }

    fn start(major: u32) -> Self {
        let own_file = tempfile::NamedTempFile::new().expect("a file");
        let uid = own_file.path().metadata().expect("metadata").uid();
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        let (user_home, xdg_cache) = (variable("HOME"), variable("XDG_CACHE_HOME"));
        let home = Home::default_for(user_home.as_deref(), xdg_cache.as_deref(), uid);
        let own = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(PathBuf::from);
        let search = Search { major: Some(major), bin_dir: own, ..Search::default() };
        let binaries = Binaries::find(&home, &search).expect("binaries");
        Self(Server::start(&home, &binaries, &Options::default()).expect("the server starts"))
    }

    pub(crate) async fn writer(&self, database: &str) -> Migrator {
        self.connector(database).migrator().await.expect("a session")
    }

    pub(crate) async fn reader(&self, database: &str) -> ReadOnly {
        self.connector(database).read_only().await.expect("a session")
    }

    /// Makes a database.
    pub(crate) async fn database(&self, name: &str) -> Migrator {
        let mut postgres = self.writer("postgres").await;
        postgres.batch(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.expect("created");
        self.writer(name).await
    }

    pub(crate) async fn rows(&self, database: &str, sql: &str) -> Vec<Vec<String>> {
        rows(&mut self.writer(database).await, sql).await
    }

    fn connector(&self, database: &str) -> Connector {
        let url = self.0.url(database);
        let settings = Settings::resolve(Some(url.expose()), &|_| None).expect("settings");
        Connector::new(settings, "locks".to_owned(), Limits::default())
    }
}

/// The relations of the schema `public` before a statement.
pub(crate) struct Relations {
    by_oid: HashMap<String, Known>,
    /// Pairs of which a lock on one may reach the other: partitions, and foreign keys.
    family: HashSet<(String, String)>,
    partners: HashSet<(String, String)>,
    /// What is locked with its owner: tables below views, sequences of columns.
    dependents: HashSet<(String, String)>,
    pub(crate) default_partitions: HashSet<String>,
}

struct Known {
    /// Its name; of an index, that of its table.
    table: String,
    /// Whether it has rows of its own: no index, no sequence.
    has_rows: bool,
    name: String,
    file: String,
}

impl Relations {
    pub(crate) async fn read(session: &mut Migrator) -> Self {
        let by_oid = rows(session, RELATIONS).await.into_iter().map(|row| {
            let [oid, name, table, kind, file] = row.try_into().expect("five columns");
            let has_rows = !matches!(kind.as_str(), "i" | "I" | "S");
            (oid, Known { table, has_rows, name, file })
        });
        let by_oid = by_oid.collect();
        let family = pairs(session, "SELECT inhrelid::regclass, inhparent::regclass FROM pg_inherits").await;
        let partners = pairs(
            session,
            "SELECT conrelid::regclass, confrelid::regclass FROM pg_constraint WHERE contype = 'f'",
        )
        .await;
        let dependents = pairs(session, DEPENDENTS).await;
        let default_partitions = rows(session, DEFAULT_PARTITIONS).await.into_iter().flatten().collect();
        Self { by_oid, family, partners, dependents, default_partitions }
    }

    /// The table that a claim is about: itself, or that of the index.
    pub(crate) fn table_of<'a>(&'a self, name: &'a str) -> &'a str {
        self.by_oid.values().find(|known| known.name == name).map_or(name, |known| &known.table)
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.by_oid.values().any(|known| known.name == name)
    }

    /// Everything that locks on `table` may reach.
    pub(crate) fn reached(&self, table: &str, partitions: bool, partners: bool) -> HashSet<String> {
        let mut reached = HashSet::from([table.to_owned()]);
        let edges: Vec<_> =
            [(&self.family, partitions), (&self.partners, partners), (&self.dependents, true)]
                .into_iter()
                .filter(|(_, counts)| *counts)
                .flat_map(|(pairs, _)| pairs)
                .collect();
        loop {
            let before = reached.len();
            for (one, other) in &edges {
                if reached.contains(one) || reached.contains(other) {
                    reached.extend([one.clone(), other.clone()]);
                }
            }
            if reached.len() == before {
                return reached;
            }
        }
    }

    /// The strongest lock that this session holds on each table, or on one of its indexes.
    pub(crate) async fn held(&self, session: &mut Migrator) -> HashMap<String, LockMode> {
        let mut held: HashMap<String, LockMode> = HashMap::new();
        for row in rows(session, HELD).await {
            let mode = LockMode::of_pg_locks(&row[1]).expect("a mode of tables");
            if let Some(known) = self.by_oid.get(&row[0]) {
                let strongest = held.entry(known.table.clone()).or_insert(mode);
                *strongest = mode.max(*strongest);
            }
        }
        held
    }

    /// The tables that are in another file than before.
    pub(crate) async fn rewritten(&self, session: &mut Migrator) -> HashSet<String> {
        let rows = rows(session, "SELECT oid, relfilenode FROM pg_class").await;
        rows.into_iter()
            .filter_map(|row| {
                let known = self.by_oid.get(&row[0])?;
                (known.has_rows && known.file != row[1]).then(|| known.table.clone())
            })
            .collect()
    }
}

const RELATIONS: &str = "SELECT c.oid, c.relname, coalesce(t.relname, c.relname), c.relkind, c.relfilenode
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'i', 'I')";
const DEPENDENTS: &str = "SELECT r.ev_class::regclass, d.refobjid::regclass
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
    UNION SELECT objid::regclass, refobjid::regclass FROM pg_depend JOIN pg_class ON pg_class.oid = objid
    WHERE classid = 'pg_class'::regclass AND refclassid = classid AND relkind = 'S'";
const DEFAULT_PARTITIONS: &str =
    "SELECT relname FROM pg_class WHERE pg_get_expr(relpartbound, oid) = 'DEFAULT'";
const HELD: &str =
    "SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted";

async fn rows(session: &mut Migrator, sql: &str) -> Vec<Vec<String>> {
    let rows = session.simple(sql).await.expect(sql);
    rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect()
}

async fn pairs(session: &mut Migrator, sql: &str) -> HashSet<(String, String)> {
    rows(session, sql).await.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}
