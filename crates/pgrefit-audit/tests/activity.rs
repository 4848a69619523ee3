//! Vacuum and activity on real servers: a queue behind DDL is found by whoever looks, or he says that he is blind; a server where
//! all is well is not blamed.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use pgrefit_audit::{Group, Options, Verdict, audit, check as check_named};
use pgrefit_pg::census::{CensusOptions, census};
use pgrefit_pg::{Connector, Limits, Migrator, Settings};
use pgrefit_report::Status;
use pgrefit_scratch::{Binaries, Home, Options as ServerOptions, Search, Server};
use tokio::task::JoinHandle;

/// A server of each version that `PGREFIT_TEST_PG` names, else of the one that ships with pgrefit.
fn servers() -> Vec<Server> {
    let named = std::env::var("PGREFIT_TEST_PG").unwrap_or_else(|_| "18".to_owned());
    let versions = named.split([',', ' ']).filter(|version| !version.is_empty());
    versions.map(|version| server(version.parse().expect("a list of versions"))).collect()
}

fn server(major: u32) -> Server {
    let uid = tempfile::NamedTempFile::new().expect("a file").path().metadata().expect("metadata").uid();
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let home = Home::default_for(variable("HOME").as_deref(), variable("XDG_CACHE_HOME").as_deref(), uid);
    let bin_dir = std::env::var_os(format!("PGREFIT_PG_BIN_{major}")).map(PathBuf::from);
    let search = Search { major: Some(major), bin_dir, ..Search::default() };
    let binaries = Binaries::find(&home, &search).expect("binaries");
    let settings = vec![("max_prepared_transactions".to_owned(), "5".to_owned())];
    let options = ServerOptions { settings, ..ServerOptions::default() };
    Server::start(&home, &binaries, &options).expect("the server starts")
}

fn connector(server: &Server, user: &str) -> Connector {
    let url = match user {
        "postgres" => server.url("postgres").expose().to_owned(),
        user => format!("postgres://{user}:{user}@127.0.0.1:{}/postgres", server.port()),
    };
    let settings = Settings::resolve(Some(&url), &|_| None).expect("settings");
    Connector::new(settings, "activity".to_owned(), Limits::default())
}

async fn session(server: &Server) -> Migrator {
    connector(server, "postgres").migrator().await.expect("a session")
}

/// What the checks of vacuum and activity say, seen by `user`.
async fn verdicts(server: &Server, user: &str) -> Vec<Verdict> {
    let mut reader = connector(server, user).read_only().await.expect("a session");
    let census = census(&mut reader, &CensusOptions::default()).await.expect("a census");
    audit(&census, &Options::default(), |it| matches!(it.group, Group::Vacuum | Group::Activity))
}

fn of<'a>(verdicts: &'a [Verdict], check: &str) -> &'a Verdict {
    verdicts.iter().find(|it| it.check.id == check).expect("it was asked")
}

/// Runs what is said to cure the queue.
async fn cure(server: &Server, admin: &mut Migrator) {
    let seen = verdicts(server, "monitor").await;
    let cure = of(&seen, "blocked-sessions").findings[0].remediation.clone().expect("a cure");
    admin.batch(&cure.sql).await.expect("done");
}

const ROLES: &str = "
    CREATE ROLE monitor LOGIN PASSWORD 'monitor' IN ROLE pg_monitor;
    CREATE ROLE plain LOGIN PASSWORD 'plain'";

const SMALL: &str = "
    CREATE TABLE orders (id bigint PRIMARY KEY, state text);
    INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 200) n;
    CREATE TABLE notes (body text)";

#[tokio::test]
async fn a_healthy_server_is_not_blamed() {
    for server in servers() {
        session(&server).await.batch(ROLES).await.expect("made");
        session(&server).await.batch(SMALL).await.expect("made");
        for (user, worst) in [("postgres", Status::Info), ("monitor", Status::Info), ("plain", Status::Blind)]
        {
            for verdict in verdicts(&server, user).await {
                let (id, findings) = (verdict.check.id, &verdict.findings);
                let note = &verdict.note;
                assert!(verdict.status <= worst, "{id} for {user}: {} {note:?} {findings:?}", verdict.status);
                assert!(findings.iter().all(|it| it.status == Status::Info), "{id} for {user}: {findings:?}");
            }
        }
        server.stop().expect("the server stops");
    }
}

/// Sends a statement that will wait; the end of it is whether it went through.
async fn wait_for(server: &Server, statement: &'static str) -> JoinHandle<bool> {
    let mut waiting = session(server).await;
    waiting.batch("SET lock_timeout = 0").await.expect("set");
    let task = tokio::spawn(async move { waiting.batch(statement).await.is_ok() });
    tokio::time::sleep(Duration::from_millis(500)).await;
    task
}

#[tokio::test]
async fn a_queue_behind_ddl_is_found() {
    for server in servers() {
        let mut admin = session(&server).await;
        admin.batch(ROLES).await.expect("made");
        admin.batch(SMALL).await.expect("made");
        let mut reader = session(&server).await;
        reader.batch("BEGIN").await.expect("begun");
        reader.batch("SELECT FROM orders").await.expect("read");
        let head = format!("backend {} of postgres", reader.backend_pid());
        let altering = wait_for(&server, "ALTER TABLE orders ADD COLUMN more text").await;
        let reading = wait_for(&server, "SELECT FROM orders").await;
        // That is how long a wait must be.
        tokio::time::sleep(Duration::from_secs(5)).await;

        for user in ["postgres", "monitor", "plain"] {
            let seen = verdicts(&server, user).await;
            let queue = &of(&seen, "blocked-sessions").findings;
            let found: Vec<_> = queue.iter().map(|it| (it.status, it.object.as_deref())).collect();
            assert_eq!(found, [(Status::Fail, Some(head.as_str()))], "{user}");
            assert!(queue[0].message.contains("on public.orders, with 1 session behind it"), "{queue:?}");
            let idle = of(&seen, "idle-in-transaction").status;
            assert_eq!(idle, if user == "plain" { Status::Blind } else { Status::Pass }, "{user}");
        }
        cure(&server, &mut admin).await;
        assert!(!altering.await.expect("joined"), "the DDL was cancelled");
        assert!(reading.await.expect("joined"), "who stood behind it goes on");
        server.stop().expect("the server stops");
    }
}

#[tokio::test]
async fn a_locked_row_is_found_by_who_may_see_it() {
    for server in servers() {
        let mut admin = session(&server).await;
        admin.batch(ROLES).await.expect("made");
        admin.batch(SMALL).await.expect("made");
        let mut writer = session(&server).await;
        writer.batch("BEGIN").await.expect("begun");
        writer.batch("UPDATE orders SET state = 'held' WHERE id = 1").await.expect("updated");
        let updating = wait_for(&server, "UPDATE orders SET state = 'closed' WHERE id = 1").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        for (user, expected) in
            [("postgres", Status::Warn), ("monitor", Status::Warn), ("plain", Status::Blind)]
        {
            let seen = verdicts(&server, user).await;
            assert_eq!(of(&seen, "blocked-sessions").status, expected, "{user}");
        }
        cure(&server, &mut admin).await;
        assert!(updating.await.expect("joined"), "who waited goes on");
        server.stop().expect("the server stops");
    }
}

#[tokio::test]
async fn a_prepared_transaction_is_found() {
    for server in servers() {
        let mut admin = session(&server).await;
        admin.batch(SMALL).await.expect("made");
        for statement in ["BEGIN", "LOCK TABLE orders", "PREPARE TRANSACTION 'it''s'"] {
            admin.batch(statement).await.expect("done");
        }
        let reading = wait_for(&server, "SELECT FROM orders").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let seen = verdicts(&server, "postgres").await;
        let queue = of(&seen, "blocked-sessions");
        assert_eq!(queue.findings[0].object.as_deref(), Some("prepared transaction"), "{queue:?}");
        let prepared = of(&seen, "old-prepared-transaction");
        assert_eq!((prepared.status, prepared.seen), (Status::Pass, 1), "it is young");
        admin.batch("ROLLBACK PREPARED 'it''s'").await.expect("ended");
        assert!(reading.await.expect("joined"));
        server.stop().expect("the server stops");
    }
}

#[tokio::test]
async fn cures_of_tables_cure_them() {
    for server in servers() {
        for check in ["table-autovacuum-off", "never-analysed", "partitioned-table-never-analysed"] {
            let example = check_named(check).expect("a check").example.expect("an example");
            let mut admin = session(&server).await;
            admin.batch(example.bad).await.expect("made");
            let seen = verdicts(&server, "postgres").await;
            assert_ne!(of(&seen, check).status, Status::Pass, "{check}");
            for finding in &of(&seen, check).findings {
                let cure = finding.remediation.as_ref().expect("a cure");
                admin.batch(&cure.sql).await.expect("cured");
            }
            let seen = verdicts(&server, "postgres").await;
            assert_eq!(of(&seen, check).findings, [], "{check}");
            admin.batch("DROP SCHEMA public CASCADE").await.expect("dropped");
            admin.batch("CREATE SCHEMA public").await.expect("made anew");
        }
        server.stop().expect("the server stops");
    }
}
