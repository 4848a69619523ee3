//! What every test needs: a place for its servers that leaves nothing running, and a way to ask a server.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use nix::unistd::Uid;
use pgrefit_scratch::{Binaries, Home, Search, Server, ServerName, list, remove, sweep};
use tempfile::TempDir;

/// A directory for servers; on drop no server is left in it, also when the test failed.
pub(crate) struct Place {
    pub(crate) home: Home,
    _dir: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        // Not the usual temporary directory, which may be too deep for a Unix socket.
        let dir = tempfile::Builder::new().prefix("pgs-").tempdir_in("/tmp").expect("a directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("chmod");
        Self { home: home_at(&dir.path().join("s")), _dir: dir }
    }

    /// The names of the server directories that exist.
    pub(crate) fn ids(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.home.servers) else { return Vec::new() };
        entries
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().display().to_string())
            .collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for server in list(&self.home).unwrap_or_default() {
            let _ = remove(&self.home, &server.name);
        }
        let _ = sweep(&self.home);
    }
}

/// Servers in this directory, binaries in the usual cache.
pub(crate) fn home_at(servers: &Path) -> Home {
    let xdg_cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let usual =
        Home::default_for(env::home_dir().as_deref(), xdg_cache.as_deref(), Uid::effective().as_raw());
    Home { servers: servers.to_owned(), ..usual }
}

pub(crate) fn name(text: &str) -> ServerName {
    text.parse().expect("a name")
}

/// The binaries of pgrefit's own version.
pub(crate) fn binaries(home: &Home) -> Binaries {
    Binaries::find(home, &Search::default()).expect("binaries")
}

/// Runs psql with this connection URL.
pub(crate) fn psql(binaries: &Binaries, url: &str, sql: &str) -> Output {
    let psql = binaries.program("psql").expect("psql");
    Command::new(psql).args(["-XAtq", "-d", url, "-c", sql]).output().expect("psql runs")
}

/// The answer of a server to a query.
pub(crate) fn ask(server: &Server, sql: &str) -> String {
    let output = psql(server.binaries(), server.url("postgres").expose(), sql);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The postmaster of a server, as its pid file tells.
pub(crate) fn postmaster(data_dir: &Path) -> i32 {
    let file = fs::read_to_string(data_dir.join("postmaster.pid")).expect("a pid file");
    file.lines().next().and_then(|line| line.parse().ok()).expect("a process id")
}

/// Whether the process exists and is no zombie.
pub(crate) fn is_alive(pid: i32) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().expect("ps runs");
    let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn eventually(what: &str, so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !so() {
        assert!(Instant::now() < end, "not within 30 s: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
