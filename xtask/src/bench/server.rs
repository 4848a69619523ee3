//! The scratch server of a benchmark: durable, as production is, with a fresh database for every round.

use crate::failure::{Failure, Outcome};
use crate::product::Product;
use crate::shell;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The name of the scratch server that benchmarks use.
const NAME: &str = "bench";

/// Stopped when dropped, also after a failure.
pub(super) struct Server<'a> {
    product: &'a Product,
    url: String,
    psql: PathBuf,
}

impl<'a> Server<'a> {
    pub(super) fn start(product: &'a Product) -> Outcome<Self> {
        let scratch = |args: &[&str]| {
            let mut command = product.command_in_root();
            command.arg("scratch").args(args);
            command
        };
        let mut start = scratch(&["start", NAME]);
        shell::succeed(start.stdout(Stdio::from(std::io::stderr())))?;
        let answer = |args: &[&str]| {
            shell::first_line(&mut scratch(args))
                .ok_or_else(|| Failure::new(format!("ask pgrefit scratch {}", args.join(" "))))
        };
        Ok(Self {
            product,
            url: answer(&["url", NAME])?,
            psql: PathBuf::from(answer(&["bin"])?).join("psql"),
        })
    }

    /// Drops and creates a database, and returns its URL.
    pub(super) fn fresh(&self, name: &str) -> Outcome<String> {
        for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            let mut psql = self.psql(&self.url);
            shell::succeed(psql.arg("-c").arg(format!("{statement} {name}")))?;
        }
        Ok(with_database(&self.url, name))
    }

    /// psql that reads no start file, says nothing, and stops at the first error.
    pub(super) fn psql(&self, url: &str) -> Command {
        let mut psql = Command::new(&self.psql);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]);
        psql.env("PGOPTIONS", "-c client_min_messages=warning");
        psql
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let mut stop = self.product.command_in_root();
        stop.args(["scratch", "stop", NAME]).stdout(Stdio::null());
        if let Err(failure) = shell::succeed(&mut stop) {
            eprintln!("warning: {}", failure.chain());
        }
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
