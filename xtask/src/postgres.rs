//! The PostgreSQL versions that tests run on.
//!
//! Tests learn from `PGREFIT_TEST_PG` which those are. The product itself installs 18 (pgvector and contrib) and 16
//! (pgvector only); 15 is Debian's (contrib and TLS, no pgvector), and PgBouncer comes from there too.

use crate::failure::Outcome;
use crate::{debian, workspace};
use std::path::Path;

/// Which PostgreSQL versions to test on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Versions {
    /// PostgreSQL 18, which the product installs itself
    #[value(name = "18")]
    Newest,
    /// PostgreSQL 18, 16 and 15, PgBouncer, and a browser; installs what is missing
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
    let tested = match versions {
        Versions::Newest => "18",
        Versions::All if provide_debian()? => "18,16,15",
        Versions::All => "18,16",
    };
    Ok(vec![("PGREFIT_TEST_PG", tested.into())])
}

/// Installs Debian's PostgreSQL 15, PgBouncer and pgBackRest where they are missing, and tells whether PostgreSQL 15 is there. It
/// takes root and apt; without them the tests that need these are left out, which is said here and by each of them.
fn provide_debian() -> Outcome<bool> {
    let server = Path::new("/usr/lib/postgresql/15/bin/postgres");
    let pooler = Path::new("/usr/sbin/pgbouncer");
    let keeper = Path::new("/usr/bin/pgbackrest");
    if server.exists() && pooler.exists() && keeper.exists() {
        return Ok(true);
    }
    if !debian::can_install() {
        eprintln!(
            "not tested on PostgreSQL 15, PgBouncer and pgBackRest: they are installed by apt-get, as root"
        );
        return Ok(server.exists());
    }
    debian::update()?;
    // Told before the server is installed to create no cluster: without one there is no service to start.
    debian::install(&["postgresql-common"])?;
    create_no_cluster(Path::new("/etc/postgresql-common/createcluster.conf"))?;
    debian::install(&["postgresql-15", "pgbouncer", "pgbackrest"])?;
    Ok(true)
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
