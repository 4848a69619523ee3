//! A list of small databases.

use std::fmt::Write as _;
use std::ops::Range;

use pgrefit_pg::{Connector, Limits, Settings};

use crate::harness::{Database, Folder, Pgrefit, Ran, pgrefit, sql_at, wait};

/// What every fleet of these tests begins with.
pub(super) const MIGRATIONS: &[(&str, &str)] = &[
    ("V1__first.sql", "CREATE TABLE first (id int PRIMARY KEY);\n"),
    ("V2__second.sql", "CREATE TABLE second (id int PRIMARY KEY);\n"),
];

/// Databases `t-000`, `t-001`, …
pub(super) struct Shards {
    pub(super) folder: Folder,
    urls: Vec<String>,
    canaries: Vec<usize>,
    secrets: Vec<String>,
    _servers: Vec<Database>,
}

impl Shards {
    /// So many empty databases, and the list of them.
    pub(super) fn new(count: usize) -> Self {
        Self::on(vec![Database::new()], count)
    }

    /// The same, the even ones on one server, the odd ones on another.
    pub(super) fn on_two_servers(count: usize) -> Self {
        Self::on(vec![Database::new(), Database::alone()], count)
    }

    fn on(servers: Vec<Database>, count: usize) -> Self {
        let mut urls = vec![String::new(); count];
        for (index, server) in servers.iter().enumerate() {
            let places: Vec<usize> = (0..count).filter(|place| place % servers.len() == index).collect();
            make(server, &places);
            for place in places {
                server.server.url(&name_on(server, place)).expose().clone_into(&mut urls[place]);
            }
        }
        let secrets = servers.iter().map(Database::password).collect();
        let shards =
            Self { folder: Folder::new(MIGRATIONS), urls, canaries: Vec::new(), secrets, _servers: servers };
        shards.write();
        shards
    }

    /// `pgrefit fleet …` on the list.
    pub(super) fn fleet(&self, arguments: &[&str]) -> Pgrefit {
        let (first, rest) = arguments.split_first().unwrap();
        let start = ["fleet", first, "--list", "list.toml"];
        let call = pgrefit(start.iter().chain(rest)).inside(self.folder.path());
        self.secrets.iter().fold(call, |call, secret| call.secret(secret))
    }

    pub(super) fn migrate_all(&self, arguments: &[&str]) -> Ran {
        self.fleet(&[&["migrate"], arguments].concat()).run()
    }

    /// Migrates one by itself.
    pub(super) fn migrate(&self, index: usize) {
        let call = pgrefit(["migrate"]).inside(self.folder.path()).env("DATABASE_URL", &self.urls[index]);
        call.run().expect(0);
    }

    /// Makes the second migration of one fail: there is a table of that name already.
    pub(super) fn obstruct(&self, index: usize) {
        let call = pgrefit(["migrate", "--target", "1"]).inside(self.folder.path());
        call.env("DATABASE_URL", &self.urls[index]).run().expect(0);
        self.sql(index, "CREATE TABLE second (id int)");
    }

    /// Gives one a URL at which nobody answers, and returns its right one.
    pub(super) fn unreachable(&mut self, index: usize) -> String {
        let right = self.urls[index].clone();
        self.set_url(index, "postgres://nobody@127.0.0.1:1/none");
        right
    }

    pub(super) fn set_url(&mut self, index: usize, url: &str) {
        url.clone_into(&mut self.urls[index]);
        self.write();
    }

    pub(super) fn mark_canary(&mut self, index: usize) {
        self.canaries.push(index);
        self.write();
    }

    /// Sets something for all sessions of one.
    pub(super) fn set(&self, index: usize, what: &str) {
        let name = value(&self.urls[index], "SELECT current_database()");
        self.sql(index, &format!("ALTER DATABASE {name} {what}"));
    }

    pub(super) fn sql(&self, index: usize, sql: &str) {
        sql_at(&self.urls[index], sql);
    }

    /// The last applied version; nothing for none.
    pub(super) fn version(&self, index: usize) -> String {
        let url = &self.urls[index];
        let has = "SELECT to_regclass('refinery_schema_history')";
        if value(url, has).is_empty() {
            return String::new();
        }
        value(url, "SELECT max(version) FROM refinery_schema_history")
    }

    /// How many of some databases have a migration asleep.
    pub(super) fn at_work(&self, range: Range<usize>) -> usize {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name LIKE 'pgrefit/%' AND wait_event = 'PgSleep'";
        range.filter(|index| value(&self.urls[*index], sql) != "0").count()
    }

    /// The text of the only journal.
    pub(super) fn journal(&self) -> String {
        let entries = std::fs::read_dir(self.folder.path().join("pgrefit")).unwrap().flatten();
        let mut journals = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
        std::fs::read_to_string(journals.next().unwrap()).unwrap()
    }

    /// Writes the list, and a file for each URL.
    fn write(&self) {
        let mut list = String::new();
        for (index, url) in self.urls.iter().enumerate() {
            let file = format!("url-{index:03}");
            std::fs::write(self.folder.path().join(&file), url).unwrap();
            let half = if index % 2 == 0 { "even" } else { "odd" };
            let canary = self.canaries.contains(&index);
            write!(
                list,
                "[[database]]\nname = \"t-{index:03}\"\nurl_file = \"{file}\"\nlabels = {{ half = \"{half}\" }}\n\
                 canary = {canary}\nenvironment = \"disposable\"\n\n"
            )
            .unwrap();
        }
        std::fs::write(self.folder.path().join("list.toml"), list).unwrap();
    }
}

fn name_on(server: &Database, place: usize) -> String {
    format!("{}_{place}", server.name)
}

/// Makes databases in one session: a connection for each would take longer than they do.
fn make(server: &Database, places: &[usize]) {
    let settings = Settings::resolve(Some(server.server.url("postgres").expose()), &|_| None).unwrap();
    wait(async {
        let connector = Connector::new(settings, "pgrefit test".to_owned(), Limits::default());
        let mut session = connector.migrator().await.unwrap();
        for place in places {
            session.simple(&format!("CREATE DATABASE {}", name_on(server, *place))).await.unwrap();
        }
    });
}

fn value(url: &str, sql: &str) -> String {
    sql_at(url, sql).into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default()
}
