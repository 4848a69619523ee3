//! Where a benchmark ran: numbers without it cannot be compared with anything.

use pgrefit_pg::{Connector, Error as PgError, ReadOnly};
use serde::{Deserialize, Serialize};

const SETTINGS: &str = include_str!("environment.sql");

/// The server and the machine of the driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// `server_version`.
    pub server_version: String,
    /// `server_version_num`.
    pub version_num: u32,
    /// Whether it is a standby.
    pub in_recovery: bool,
    /// The database.
    pub database: String,
    /// The role.
    pub user: String,
    /// Whether the server is on the driver's machine: then they share its cores, and `client_cores` are the server's too.
    pub server_is_local: bool,
    /// The settings that decide how fast a server is.
    pub settings: Vec<Setting>,
    /// Cores that the driver may use.
    pub client_cores: usize,
    /// The load average of the driver's machine over 1, 5 and 15 minutes before the run; none where it does not tell.
    pub load_before: Option<[f64; 3]>,
    /// The same after.
    pub load_after: Option<[f64; 3]>,
}

/// A setting of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value as `SHOW` shows it.
    pub value: String,
    /// Where it comes from: `default`, `configuration file`, `database`, ….
    pub source: String,
}

impl Environment {
    /// Reads the settings, and the load of this machine.
    ///
    /// # Errors
    /// As [`ReadOnly::query`].
    pub(super) async fn read(connector: &Connector, session: &ReadOnly) -> Result<Self, PgError> {
        let facts = session.facts().await?;
        let rows = session.simple(SETTINGS).await?;
        let setting = |row: Vec<Option<String>>| {
            let mut cells = row.into_iter();
            let mut next = || cells.next().flatten();
            Some(Setting { name: next()?, value: next()?, source: next()? })
        };
        Ok(Self {
            server_version: facts.version,
            version_num: facts.version_num,
            in_recovery: facts.in_recovery,
            database: facts.database,
            user: facts.user,
            server_is_local: is_local(&connector.settings().first_host().0),
            settings: rows.into_iter().filter_map(setting).collect(),
            client_cores: std::thread::available_parallelism().map_or(1, usize::from),
            load_before: load_average(),
            load_after: None,
        })
    }

    /// Takes the load once more, after the run.
    pub(super) fn after(&mut self) {
        self.load_after = load_average();
    }

    /// The value of a setting.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|setting| setting.name == name).map(|setting| setting.value.as_str())
    }
}

/// A directory of sockets, or an address of this machine.
fn is_local(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host.starts_with('/') || host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// As Linux tells it.
fn load_average() -> Option<[f64; 3]> {
    parse_load(&std::fs::read_to_string("/proc/loadavg").ok()?)
}

fn parse_load(text: &str) -> Option<[f64; 3]> {
    let mut numbers = text.split_whitespace().map(|word| word.parse().ok());
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_local_is_told() {
        let check = |host: &str, expected: bool| assert_eq!(is_local(host), expected, "{host}");
        check("/var/run/postgresql", true);
        check("localhost", true);
        check("127.0.0.2", true);
        check("::1", true);
        check("10.0.0.1", false);
        check("db.example.com", false);
    }

    #[test]
    fn the_load_is_read() {
        let check = |text: &str, expected: Option<[f64; 3]>| assert_eq!(parse_load(text), expected);
        check("0.52 1.25 2.00 1/345 6789\n", Some([0.52, 1.25, 2.0]));
        check("0.52 1.25", None);
        check("a b c", None);
    }
}
