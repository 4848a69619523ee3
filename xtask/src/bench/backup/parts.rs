//! What is measured: an example of the crate, as long as it is not about a command; and PostgreSQL's own programs.

use super::super::server::Server;
use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

pub(super) struct Parts<'a> {
    server: &'a Server,
    example: PathBuf,
    dir: PathBuf,
}

impl<'a> Parts<'a> {
    pub(super) fn build(server: &'a Server) -> Outcome<Self> {
        let mut cargo = workspace::cargo();
        cargo.args(["build", "--release", "--package", "pgrefit-backup", "--example", "measure"]);
        shell::succeed(&mut cargo)?;
        let dir = workspace::target("bench").join("backup");
        workspace::create_dir(&dir)?;
        Ok(Self { server, example: workspace::target("release").join("examples/measure"), dir })
    }

    /// How long every table takes to be digested, in ms.
    pub(super) fn digest(&self, url: &str, sessions: u16) -> Outcome<f64> {
        let mut command = Command::new(&self.example);
        command.args(["digest", url, &sessions.to_string()]);
        let line = shell::first_line(&mut command).ok_or_else(|| Failure::new("digest the database"))?;
        line.parse().map_err(|cause| Failure::because("read how long digests took", cause))
    }

    /// A verified backup: the wall time of the whole process in ms, and what it says of its parts.
    pub(super) fn verified(&self, url: &str) -> Outcome<(f64, Value)> {
        let mut command = Command::new(&self.example);
        command.args(["verified", url]).arg(&self.dir).arg(self.bin());
        let begun = Instant::now();
        let line = shell::first_line(&mut command).ok_or_else(|| Failure::new("take a verified backup"))?;
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        let timings =
            serde_json::from_str(&line).map_err(|cause| Failure::because("read its times", cause))?;
        self.clean()?;
        Ok((ms, timings))
    }

    /// `pg_dump` and `pg_restore`, on a server that is there already; in ms.
    pub(super) fn alone(&self, url: &str, options: &[&str]) -> Outcome<f64> {
        let target = Restored::start(self)?;
        let dump = self.dir.join("alone");
        let begun = Instant::now();
        let mut pg_dump = self.server.program("pg_dump");
        pg_dump.args(["-Fd", "-j2", "-d", url]).args(options).arg("-f").arg(&dump);
        shell::succeed(&mut pg_dump)?;
        let mut pg_restore = self.server.program("pg_restore");
        shell::succeed(pg_restore.args(["-j2", "--exit-on-error", "-d", &target.url]).arg(&dump))?;
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        self.clean()?;
        Ok(ms)
    }

    fn bin(&self) -> PathBuf {
        let program = self.server.program("pg_dump");
        PathBuf::from(program.get_program()).parent().map(PathBuf::from).unwrap_or_default()
    }

    fn clean(&self) -> Outcome<()> {
        let failed = |cause| Failure::because(format!("empty {}", self.dir.display()), cause);
        std::fs::remove_dir_all(&self.dir).map_err(failed)?;
        workspace::create_dir(&self.dir)
    }
}

/// A server like the one that backups are restored on. It ends with our end of its standard input.
struct Restored {
    child: Child,
    url: String,
}

impl Restored {
    fn start(parts: &Parts<'_>) -> Outcome<Self> {
        let mut command = Command::new(&parts.example);
        command.arg("server").arg(&parts.dir).arg(parts.bin());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|cause| Failure::because("start a server", cause))?;
        let mut url = String::new();
        if let Some(stdout) = child.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut url);
            read.map_err(|cause| Failure::because("read the server's URL", cause))?;
        }
        Ok(Self { child, url: url.trim().to_owned() })
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Its failure is on standard error.
        let _ = self.child.wait();
    }
}
