//! The scratch server of a benchmark: durable, as production is, with a fresh database for every round.

mod guard;

use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::shell;
use guard::Guard;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Stopped when dropped, also after a failure; and when we are killed, by its guard.
pub(super) struct Server {
    url: String,
    bin: PathBuf,
    _guard: Guard,
}

impl Server {
    /// The name of the scratch server has our process id in it: one run does not stop the server of another, from
    /// whatever checkout.
    pub(super) fn start(product: &Product) -> Outcome<Self> {
        Self::start_version(product, None)
    }

    /// The same, of a major version.
    pub(super) fn start_version(product: &Product, major: Option<u16>) -> Outcome<Self> {
        let name = &format!("bench-{}", std::process::id());
        let scratch = |args: &[&str]| {
            let mut command = product.command_in_root();
            command.arg("scratch").args(args);
            command
        };
        let stop = scratch(&["stop", name]);
        let guard = Guard::over(&stop)?;
        let mut start = scratch(&["start", name]);
        if let Some(major) = major {
            start.args(["--pg", &major.to_string()]);
        }
        // It prints the URL, password and all.
        shell::succeed(start.stdout(Stdio::null()))?;
        let answer = |args: &[&str]| {
            shell::first_line(&mut scratch(args))
                .ok_or_else(|| Failure::new(format!("ask pgrefit scratch {}", args.join(" "))))
        };
        let (url, bin) = (answer(&["url", name])?, PathBuf::from(answer(&["bin"])?));
        Ok(Self { url, bin, _guard: guard })
    }

    /// Starts it again with settings that it takes at its start only, such as `shared_buffers`.
    pub(super) fn restart_with(&self, product: &Product, settings: &[(&str, &str)]) -> Outcome<()> {
        let mut psql = self.psql(&self.url);
        for (name, value) in settings {
            psql.args(["-c", &format!("ALTER SYSTEM SET {name} = '{value}'")]);
        }
        shell::succeed(&mut psql)?;
        // Its programs run as the server's own user: the signal for a fast shutdown.
        let stop = "COPY (SELECT 1) TO PROGRAM 'kill -INT $(head -n 1 postmaster.pid)'";
        let _ = self.psql(&self.url).args(["-c", stop]).stderr(Stdio::null()).status();
        std::thread::sleep(std::time::Duration::from_secs(3));
        let name = format!("bench-{}", std::process::id());
        let mut start = product.command_in_root();
        shell::succeed(start.args(["scratch", "start", &name]).stdout(Stdio::null()))
    }

    /// Drops and creates a database, and returns its URL.
    pub(super) fn fresh(&self, name: &str) -> Outcome<String> {
        self.copy("template1", name)
    }

    /// Drops a database, creates it as a copy of another, and returns its URL.
    pub(super) fn copy(&self, template: &str, name: &str) -> Outcome<String> {
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        shell::succeed(self.psql(&self.url).args(["-c", &drop, "-c", &create]))?;
        Ok(with_database(&self.url, name))
    }

    /// psql that reads no start file, says nothing, and stops at the first error.
    pub(super) fn psql(&self, url: &str) -> Command {
        let mut psql = self.program("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]);
        psql.env("PGOPTIONS", "-c client_min_messages=warning");
        psql
    }

    /// One of PostgreSQL's programs, of the newest version.
    pub(super) fn program(&self, name: &str) -> Command {
        Command::new(self.bin.join(name))
    }

    /// The server's own database, for what concerns the whole server.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

/// The URL with another database in its path: `scheme://authority/database?parameters`.
fn with_database(url: &str, name: &str) -> String {
    let (head, parameters) = url.split_once('?').unwrap_or((url, ""));
    let authority = head.find("://").map_or(0, |at| at + 3);
    let path = head[authority..].find('/').map_or(head.len(), |at| authority + at);
    let mark = if parameters.is_empty() { "" } else { "?" };
    format!("{}/{name}{mark}{parameters}", &head[..path])
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn only_the_database_changes() {
        let check = |url, expected| assert_eq!(with_database(url, "new"), expected, "{url}");
        check("postgres://u@h:1/old", "postgres://u@h:1/new");
        check("postgresql://u@h:1", "postgresql://u@h:1/new");
        check("postgres://u@/old?host=/s/d&port=1", "postgres://u@/new?host=/s/d&port=1");
        check("postgres://u@%2Fs%2Fd:1/old?sslmode=disable", "postgres://u@%2Fs%2Fd:1/new?sslmode=disable");
    }
}
