//! The throwaway server that pods are run against.

use crate::failure::{Failure, Outcome};
use crate::shell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the names of our servers begin with; the number of the process that started one follows.
const PREFIX: &str = "pods-";

/// A server that is stopped when it is dropped.
pub(crate) struct Server {
    pgrefit: PathBuf,
    name: String,
    /// `user:password@host:port`.
    address: String,
    psql: PathBuf,
}

impl Server {
    /// Starts one with a `pgrefit` that runs on this machine.
    pub(crate) fn start(pgrefit: &Path) -> Outcome<Self> {
        sweep(pgrefit)?;
        let name = format!("{PREFIX}{}", std::process::id());
        let mut start = Command::new(pgrefit);
        let url = shell::first_line(start.args(["scratch", "start", &name]))
            .ok_or_else(|| Failure::new("start a throwaway server"))?;
        let address = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('/'));
        let address = address.map(|(address, _)| address.to_owned());
        let mut server =
            Self { pgrefit: pgrefit.to_owned(), name, address: String::new(), psql: PathBuf::new() };
        server.address = address.ok_or_else(|| Failure::new("understand the URL of the throwaway server"))?;
        let bin = shell::first_line(Command::new(pgrefit).args(["scratch", "bin"]));
        server.psql = bin.map(|bin| Path::new(&bin).join("psql")).ok_or_else(|| Failure::new("find psql"))?;
        Ok(server)
    }

    /// A database without anything in it; its name.
    pub(crate) fn database<'a>(&self, name: &'a str) -> Outcome<&'a str> {
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(name)
    }

    /// The URL of a database for the owner of all of them, with the password.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{}/{database}", self.address)
    }

    /// The same for another role.
    pub(crate) fn url_as(&self, role: &str, password: &str, database: &str) -> String {
        let place = self.address.rsplit_once('@').map_or("", |(_, place)| place);
        format!("postgres://{role}:{password}@{place}/{database}")
    }

    pub(crate) fn password(&self) -> &str {
        let user = self.address.rsplit_once('@').map_or("", |(user, _)| user);
        user.split_once(':').map_or("", |(_, password)| password)
    }

    /// The first column of the first row that statements return.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> Outcome<String> {
        let (user, place) = self.address.rsplit_once('@').unwrap_or_default();
        let (host, port) = place.rsplit_once(':').unwrap_or_default();
        let mut psql = Command::new(&self.psql);
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", port, "-d", database, "-c", sql]);
        // By the environment: the list of processes is for everybody to read.
        psql.args(["-U", user.split(':').next().unwrap_or_default()]).env("PGPASSWORD", self.password());
        let output = psql.output().map_err(|cause| Failure::because("start psql", cause))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Failure::because("run a statement on the throwaway server", said));
        }
        Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = stop(&self.pgrefit, &self.name);
    }
}

fn stop(pgrefit: &Path, name: &str) -> Outcome<()> {
    shell::succeed(
        Command::new(pgrefit).args(["scratch", "stop", name]).stdout(Stdio::null()).stderr(Stdio::null()),
    )
}

/// Stops servers whose starter was killed.
fn sweep(pgrefit: &Path) -> Outcome<()> {
    let output =
        Command::new(pgrefit).args(["scratch", "list", "--format", "json"]).stderr(Stdio::null()).output();
    let output = output.map_err(|cause| Failure::because("list throwaway servers", cause))?;
    for name in orphans(&String::from_utf8_lossy(&output.stdout), |pid| Path::new("/proc").join(pid).exists())
    {
        stop(pgrefit, &name)?;
    }
    Ok(())
}

/// Names of our servers in a list whose starters are gone.
fn orphans(list: &str, lives: impl Fn(&str) -> bool) -> Vec<String> {
    let quoted = list.split('"').filter_map(|word| Some((word, word.strip_prefix(PREFIX)?)));
    let numbered = quoted.filter(|(_, pid)| !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit()));
    numbered.filter(|(_, pid)| !lives(pid)).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::orphans;

    #[test]
    fn only_servers_of_ours_whose_starter_is_gone() {
        let list = r#"{"rows":[["pods-12","running"],["pods-34","running"],["pods-x","running"],["play","running"]]}"#;
        assert_eq!(orphans(list, |pid| pid == "34"), ["pods-12"]);
    }
}
