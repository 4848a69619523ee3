//! A primary of a test's own, and a hot standby that streams from it.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pgrefit_scratch::{Binaries, Options, Search, Server};

use super::Database;
use super::database::{home, sql_at};
use crate::concurrency::until;

/// Longer than a start or a replay takes on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// Runs the server in its arguments until our end of the pipe is closed, which happens however we end.
const UNTIL_CLOSED: &str = r#""$0" "$@" & cat >/dev/null; kill -QUIT $!; wait"#;

/// A standby that ends with this value.
pub(crate) struct Standby {
    process: Child,
    port: u16,
    /// The primary's: the roles are the same.
    password: String,
    database: String,
    _dir: tempfile::TempDir,
}

/// A database on a server that ends with it, and a standby of the server.
pub(crate) fn replicated() -> (Standby, Database) {
    let bin_dir = std::env::var_os("PGREFIT_PG_BIN_18").map(PathBuf::from);
    let search = Search { bin_dir, major: Some(18), ..Search::default() };
    let binaries = Binaries::find(&home(), &search).unwrap();
    let supervise = vec!["scratch".into(), "supervise".into()];
    let options =
        Options { supervisor: Some((env!("CARGO_BIN_EXE_pgrefit").into(), supervise)), ..Options::default() };
    let server = Server::start(&home(), &binaries, &options).unwrap();
    let database = Database { server, name: "replicated".to_owned() };
    sql_at(database.server.url("postgres").expose(), "CREATE DATABASE replicated");
    (Standby::of(&database), database)
}

impl Standby {
    fn of(primary: &Database) -> Self {
        let owner = std::fs::metadata(primary.server.data_dir()).unwrap();
        let dir = tempfile::Builder::new().prefix("standby-").tempdir_in("/tmp").unwrap();
        // It holds the password, and the server's account alone may look.
        chown(dir.path(), Some(owner.uid()), Some(owner.gid())).unwrap();
        let data = dir.path().join("data");
        let as_owner = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir("/").env("LC_ALL", "C").stdout(Stdio::null());
            // Nobody but root can, and needs to, become another.
            if nix::unistd::geteuid().is_root() {
                command.uid(owner.uid()).gid(owner.gid());
            }
            command
        };
        let program = |name: &str| primary.server.binaries().program(name).unwrap();
        let mut backup = as_owner(&program("pg_basebackup"));
        backup.args([
            "-h",
            "127.0.0.1",
            "-p",
            &primary.server.port().to_string(),
            "-U",
            primary.server.user(),
        ]);
        backup.args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-D"]).arg(&data);
        assert!(backup.env("PGPASSWORD", primary.password()).status().unwrap().success());

        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        let mut server = as_owner(Path::new("/bin/sh"));
        server.args(["-c", UNTIL_CLOSED]).arg(program("postgres")).arg("-D").arg(&data);
        for setting in [
            &format!("port={port}"),
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            // At least the primary's, or it would not start.
            "max_connections=100",
            "shared_buffers=32MB",
            "fsync=off",
            "wal_receiver_status_interval=1s",
        ] {
            server.args(["-c", setting]);
        }
        let process = server.process_group(0).stdin(Stdio::piped()).stderr(log).spawn().unwrap();
        let (password, database) = (primary.password(), primary.name.clone());
        let standby = Self { process, port, password, database, _dir: dir };
        let listens = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        until("the standby listens", SOON, listens);
        until("the standby streams", SOON, || {
            primary.value("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1"
        });
        standby.catch_up(primary);
        standby
    }

    /// The same database here, for the superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/{}", self.password, self.port, self.database)
    }

    /// The single value of a query here.
    pub(crate) fn value(&self, sql: &str) -> String {
        let rows = sql_at(&self.url(), sql);
        rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default()
    }

    /// Stops replay; what comes from the primary is still received.
    pub(crate) fn pause(&self) {
        self.value("SELECT pg_wal_replay_pause()");
        until("replay is paused", SOON, || self.value("SELECT pg_get_wal_replay_pause_state()") == "paused");
    }

    /// Goes on with replay.
    pub(crate) fn resume(&self) {
        self.value("SELECT pg_wal_replay_resume()");
    }

    /// Waits until all that was committed on the primary so far is replayed, also what it has not written yet: a scratch
    /// server commits asynchronously.
    #[track_caller]
    pub(crate) fn catch_up(&self, primary: &Database) {
        let end = primary.value("SELECT pg_current_wal_insert_lsn()");
        let sql = format!("SELECT pg_last_wal_replay_lsn() >= '{end}'");
        until("the standby has caught up", SOON, || self.value(&sql) == "t");
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
