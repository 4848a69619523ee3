//! A PgBouncer in front of a test's database.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Database;
use crate::concurrency::until;

/// A pooler that ends with this value.
pub(crate) struct Bouncer {
    process: Child,
    port: u16,
    database: String,
    _dir: tempfile::TempDir,
}

impl Bouncer {
    /// In front of the server of `database`; nothing where the machine has no PgBouncer.
    pub(crate) fn start(database: &Database, mode: &str, pool_size: u32) -> Option<Self> {
        let programs = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"];
        let Some(program) = programs.into_iter().map(Path::new).find(|path| path.exists()) else {
            let _ = writeln!(std::io::stderr(), "skipped: this machine has no PgBouncer");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = tempfile::Builder::new().prefix("pgb-").tempdir_in("/tmp").unwrap();
        let (server, user, password) = (database.server.port(), database.server.user(), database.password());
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user={user} password={password}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n\
             default_pool_size = {pool_size}\n"
        );
        let file = dir.path().join("pgbouncer.ini");
        std::fs::write(&file, config).unwrap();
        // It refuses to run as root, and the configuration has the password: the directory is the server account's alone.
        let owner = std::fs::metadata(database.server.data_dir()).unwrap();
        for path in [dir.path(), &file] {
            chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut command = Command::new(program);
        command.uid(owner.uid()).arg("-q").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        until("PgBouncer listens", Duration::from_secs(10), || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Some(Self { process, port, database: database.name.clone(), _dir: dir })
    }

    /// The database by way of the pooler.
    pub(crate) fn url(&self) -> String {
        format!("postgres://any@127.0.0.1:{}/{}?connect_timeout=5", self.port, self.database)
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
