//! Behind PgBouncer, where the machine has it: its pooling is recognised by behaviour, and the lock holds through it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pgrefit_pg::{Connector, Error, Pooler, RunnerLock, detect_pooler};

use super::place::{Place, connector, skipped, write_for};

/// A pooler that ends with this value.
struct Bouncer {
    process: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> Option<&'static Path> {
    ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].into_iter().map(Path::new).find(|path| path.exists())
}

impl Bouncer {
    async fn start(place: &Place, mode: &str, pool_size: u32) -> Option<Self> {
        let Some(program) = program() else { return skipped("this machine has no PgBouncer") };
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let dir = tempfile::Builder::new().prefix("pgb-").tempdir_in("/tmp").expect("a directory");
        let password = place.url().split([':', '@']).nth(2).expect("a password").to_owned();
        let (server, user) = (place.server.port(), place.server.user());
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user={user} password={password}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n\
             default_pool_size = {pool_size}\n"
        );
        let file = dir.path().join("pgbouncer.ini");
        write_for(&place.server, &file, &config);
        // The configuration has the password, so the directory is the account's alone.
        let owner = std::fs::metadata(place.server.data_dir()).expect("it is there");
        let (uid, gid) =
            (std::os::unix::fs::MetadataExt::uid(&owner), std::os::unix::fs::MetadataExt::gid(&owner));
        std::os::unix::fs::chown(dir.path(), Some(uid), Some(gid)).expect("chown");
        let mut command = Command::new(program);
        std::os::unix::process::CommandExt::uid(&mut command, uid);
        let process = command
            .arg("-q")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let bouncer = Self { process, port, _dir: dir };
        bouncer.wait().await;
        Some(bouncer)
    }

    async fn wait(&self) {
        for _ in 0..100 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PgBouncer does not listen");
    }

    fn connector(&self) -> Connector {
        connector(&format!("postgres://any@127.0.0.1:{}/postgres?connect_timeout=2", self.port))
    }
}

async fn check(mode: &str, pool_size: u32, expected: Pooler) {
    let place = Place::new();
    let Some(bouncer) = Bouncer::start(&place, mode, pool_size).await else { return };
    for _ in 0..5 {
        assert_eq!(detect_pooler(&bouncer.connector()).await.expect(mode), expected, "{mode} {pool_size}");
    }
}

#[tokio::test]
async fn transaction_pooling_is_seen() {
    check("transaction", 20, Pooler::Transaction).await;
    check("transaction", 2, Pooler::Transaction).await;
    check("transaction", 1, Pooler::Transaction).await;
}

#[tokio::test]
async fn session_pooling_is_like_none() {
    check("session", 20, Pooler::None).await;
}

#[tokio::test]
async fn an_exhausted_session_pool_is_a_timeout() {
    let place = Place::new();
    let Some(bouncer) = Bouncer::start(&place, "session", 1).await else { return };
    let error = detect_pooler(&bouncer.connector()).await.expect_err("no second backend");
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
}

/// Its settings would not reach the backend, or would stay there for somebody else.
#[tokio::test]
async fn a_session_of_a_load_is_refused_behind_transaction_pooling() {
    let place = Place::new();
    let Some(bouncer) = Bouncer::start(&place, "transaction", 20).await else { return };
    let limit = Duration::from_secs(5);
    bouncer.connector().wire_reader(limit).await.expect_err("no settings");
    bouncer.connector().wire_writer(limit).await.expect_err("no settings");
}

#[tokio::test]
async fn the_runner_lock_holds_through_transaction_pooling() {
    let place = Place::new();
    let Some(bouncer) = Bouncer::start(&place, "transaction", 20).await else { return };
    let connector = bouncer.connector();
    let first = RunnerLock::acquire(&connector, Duration::ZERO, |_| {}).await.expect("free");
    let second = RunnerLock::acquire(&connector, Duration::from_millis(300), |_| {}).await;
    assert!(matches!(second, Err(Error::RunnerLockHeld { holder: Some(_), .. })), "{second:?}");
    first.release().await.expect("released");
    RunnerLock::acquire(&connector, Duration::from_secs(5), |_| {}).await.expect("free again");
}
