//! A real server with everything wrong that no schema can show: settings, roles, slots, `pg_hba.conf`.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use pgrefit_audit::{Options, audit};
use pgrefit_catalog::census::Census;
use pgrefit_pg::census::{CensusOptions, census};
use pgrefit_pg::{Connector, Limits, Settings};
use pgrefit_scratch::{Binaries, Home, Options as ServerOptions, Search, Server};

const SETTINGS: [(&str, &str); 10] = [
    ("archive_command", "false"),
    ("archive_mode", "on"),
    ("enable_seqscan", "off"),
    ("listen_addresses", "127.0.0.1"),
    ("log_min_messages", "panic"),
    ("password_encryption", "md5"),
    ("random_page_cost", "0.5"),
    ("statement_timeout", "0"),
    ("track_activities", "off"),
    ("wal_level", "logical"),
];

/// One statement at a time: some of them can run in no transaction.
const SCRIPT: &str = "
CREATE ROLE strong SUPERUSER LOGIN PASSWORD 'strong';
CREATE ROLE maker CREATEROLE LOGIN;
CREATE ROLE \"Loader\" LOGIN;
GRANT pg_execute_server_program TO \"Loader\";
CREATE ROLE leaver LOGIN VALID UNTIL '2020-01-01';
CREATE ROLE app LOGIN CONNECTION LIMIT 5;
ALTER ROLE app SET enable_hashjoin = off;
ALTER ROLE app SET idle_in_transaction_session_timeout = '60s';
ALTER DATABASE postgres SET lock_timeout = '5s';
ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT INSERT ON TABLES TO PUBLIC;
SELECT pg_create_physical_replication_slot('forgotten', true);
ALTER SYSTEM SET max_connections = 77;
SELECT pg_reload_conf();
SELECT pg_switch_wal()";

/// Lines of `pg_hba.conf`: anybody, a password in the clear, every address, and nonsense.
const HBA: &str = "
host all all 10.0.0.0/8 trust
host all app 10.1.0.0/16 password
host all app all scram-sha-256
host all app 10.2.0.0/16 nonsense
";

/// A check, and the objects it must find, whatever the version.
const EXPECTED: [(&str, &[&str]); 16] = [
    ("archiver-failing", &["archiver"]),
    ("activities-not-tracked", &["track_activities"]),
    ("default-privileges-public", &["ROLE app ON TABLES"]),
    ("hba-error", &["pg_hba.conf line 5"]),
    ("hba-open-to-world", &["host all app all scram-sha-256"]),
    ("hba-password-clear", &["host all app 10.1.0.0/255.255.0.0 password"]),
    ("hba-trust", &["host all all 10.0.0.0/255.0.0.0 trust"]),
    ("log-level-too-high", &["log_min_messages"]),
    ("password-encryption-md5", &["password_encryption"]),
    ("password-expired", &["leaver"]),
    ("password-md5", &["strong"]),
    ("pending-restart", &["max_connections"]),
    ("planner-disabled", &["enable_hashjoin OF ROLE app", "enable_seqscan"]),
    ("random-page-cost", &["random_page_cost"]),
    ("role-runs-programs", &["\"Loader\""]),
    ("role-too-strong", &["maker", "strong"]),
];

fn server(major: u32) -> Server {
    let own_file = tempfile::NamedTempFile::new().expect("a file");
    let uid = own_file.path().metadata().expect("metadata").uid();
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let home = Home::default_for(variable("HOME").as_deref(), variable("XDG_CACHE_HOME").as_deref(), uid);
    let bin_dir = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(PathBuf::from);
    let search = Search { major: Some(major), bin_dir, ..Search::default() };
    let binaries = Binaries::find(&home, &search).expect("binaries");
    let settings = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let options = ServerOptions { settings, ..ServerOptions::default() };
    Server::start(&home, &binaries, &options).expect("the server starts")
}

fn connector(server: &Server) -> Connector {
    let url = server.url("postgres");
    let settings = Settings::resolve(Some(url.expose()), &|_| None).expect("settings");
    Connector::new(settings, "sick".to_owned(), Limits::default())
}

async fn look(server: &Server) -> Census {
    let mut reader = connector(server).read_only().await.expect("a session");
    census(&mut reader, &CensusOptions::default()).await.expect("a census")
}

/// The same when the archiver has failed, which takes it a moment.
async fn taken(server: &Server) -> Census {
    for _ in 0..100 {
        let census = look(server).await;
        let failed = census.archiver.as_ref().is_some_and(|it| it.last_failed_age_s.is_some());
        if failed && census.settings.iter().any(|it| it.pending_restart) {
            return census;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the archiver does not fail");
}

fn faults(major: u32, census: &Census) -> Vec<String> {
    let verdicts = audit(census, &Options::default(), |_| true);
    let wrong = EXPECTED.iter().filter_map(|(id, expected)| {
        let verdict = verdicts.iter().find(|it| it.check.id == *id).expect("a check");
        let found = verdict.findings.iter().filter_map(|it| it.object.as_deref()).collect::<BTreeSet<_>>();
        let same = found == expected.iter().copied().collect();
        (!same).then(|| format!("{major} {id}: {found:?}, not {expected:?}; {:?}", verdict.note))
    });
    wrong.collect()
}

#[tokio::test]
async fn what_is_wrong_with_a_server_is_found() {
    let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
    let mut wrong = Vec::new();
    for version in named.split([',', ' ']).filter(|version| !version.is_empty()) {
        let major = version.parse().expect("PGREFIT_TEST_PG is a list of versions");
        let server = server(major);
        let mut session = connector(&server).migrator().await.expect("a session");
        for statement in SCRIPT.split(";\n") {
            session.batch(statement).await.expect("it runs");
        }
        let path = server.data_dir().join("pg_hba.conf");
        let mut file = OpenOptions::new().write(true).truncate(true).open(path).expect("pg_hba.conf");
        file.write_all(HBA.as_bytes()).expect("written");
        // The server goes on with the lines that it has read.
        wrong.extend(faults(major, &taken(&server).await));
        server.stop().expect("the server stops");
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
