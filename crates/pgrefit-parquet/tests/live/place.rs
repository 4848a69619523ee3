//! A real server for one test, and its tables as streams.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use pgrefit_parquet::{Column, PgType, Table};
use pgrefit_pg::{Connector, Limits, Migrator, Settings};
use pgrefit_scratch::{Binaries, Home, Options, Search, Server};

/// A server that ends with the value, and a directory that it can write.
pub(crate) struct Place {
    pub(crate) server: Server,
    dir: tempfile::TempDir,
}

impl Place {
    /// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit.
    pub(crate) fn all() -> Vec<Self> {
        let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
        let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
        versions.map(|version| Self::start(version.parse().expect("a version"))).collect()
    }

    fn start(major: u32) -> Self {
        let dir = tempfile::Builder::new().prefix("pgq-").tempdir_in("/tmp").expect("a directory");
        let uid = dir.path().metadata().expect("metadata").uid();
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        let home = Home::default_for(variable("HOME").as_deref(), variable("XDG_CACHE_HOME").as_deref(), uid);
        let own = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(PathBuf::from);
        let search = Search { major: Some(major), bin_dir: own, ..Search::default() };
        let binaries = Binaries::find(&home, &search).expect("binaries");
        let server = Server::start(&home, &binaries, &Options::default()).expect("the server starts");
        let owner = fs::metadata(server.data_dir()).expect("it is there");
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("chmod");
        chown(dir.path(), Some(owner.uid()), Some(owner.gid())).expect("chown");
        Self { server, dir }
    }

    pub(crate) async fn session(&self) -> Migrator {
        let url = self.server.url("postgres");
        let settings = Settings::resolve(Some(url.expose()), &|_| None).expect("settings");
        Connector::new(settings, "parquet".to_owned(), Limits::default()).migrator().await.expect("a session")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What `COPY … TO STDOUT` would send.
    pub(crate) async fn copy_out(&self, session: &mut Migrator, table: &str) -> Vec<u8> {
        let path = self.path("out.copy");
        run(session, &format!("COPY {table} TO '{}' (FORMAT binary)", path.display())).await;
        fs::read(path).expect("the server wrote it")
    }

    /// What `COPY … FROM STDIN` would do.
    pub(crate) async fn copy_in(&self, session: &mut Migrator, table: &str, stream: &[u8]) {
        let path = self.path("in.copy");
        fs::write(&path, stream).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("chmod");
        run(session, &format!("COPY {table} FROM '{}' (FORMAT binary)", path.display())).await;
    }
}

pub(crate) async fn run(session: &mut Migrator, sql: &str) {
    session.batch(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// The rows of a query, as text.
pub(crate) async fn ask(session: &mut Migrator, sql: &str) -> Vec<Vec<Option<String>>> {
    session.simple(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

/// The table as the catalog describes it, and the send function of each column.
pub(crate) async fn describe(session: &mut Migrator, table: &str) -> (Table, Vec<String>) {
    let rows = ask(session, &include_str!("columns.sql").replace(":table", table)).await;
    let mut columns = Vec::new();
    let mut sends = Vec::new();
    for row in rows {
        let text = |at: usize| row.get(at).cloned().flatten();
        let element = text(4);
        columns.push(Column {
            name: text(0).expect("a name"),
            type_name: text(1).expect("a type"),
            form: PgType::of(&text(2).unwrap_or_default(), element.as_deref()),
            not_null: text(3).as_deref() == Some("t"),
        });
        sends.push(text(5).expect("a function"));
    }
    (Table { name: table.to_owned(), columns }, sends)
}

/// The digest of a table as the server computes it: rows, high half, low half.
pub(crate) async fn digest(session: &mut Migrator, table: &Table, sends: &[String]) -> (u64, u64, u64) {
    let named = table.columns.iter().zip(sends).zip(1..);
    let sent: Vec<String> = named
        .map(|((column, send), at)| format!("{send}(t.\"{}\") AS c{at}", column.name.replace('"', "\"\"")))
        .collect();
    let term = |at| format!("coalesce(int4send(octet_length(c{at})) || c{at}, '\\xffffffff')");
    let terms: Vec<String> = (1..=sends.len()).map(term).collect();
    let sql = include_str!("digest.sql")
        .replace(":terms", &terms.join(" || "))
        .replace(":sent", &sent.join(", "))
        .replace(":table", &table.name);
    let rows = ask(session, &sql).await;
    let number = |at: usize| -> i128 {
        let text = rows.first().and_then(|row| row.get(at)?.clone());
        text.expect("a number").parse().expect("a number")
    };
    let half = |at| u64::try_from(number(at).rem_euclid(1 << 64)).expect("64 bits");
    (half(0), half(1), half(2))
}

pub(crate) fn file(path: &Path) -> fs::File {
    fs::File::create(path).expect("created")
}
