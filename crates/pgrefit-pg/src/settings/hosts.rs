//! The servers to try, in order: names, numeric addresses and ports zipped together as libpq does.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use crate::Error;

use super::password::Password;
use super::values::Values;

const DEFAULT_PORT: u16 = 5432;

/// Where servers put their sockets: Debian's and Red Hat's packages, and PostgreSQL as built from source.
const SOCKET_DIRS: &[&str] = &["/var/run/postgresql", "/tmp"];

/// One server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// A host name, a numeric address, or the directory of a Unix socket.
    pub(crate) name: String,
    /// Where to connect instead of looking the name up.
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
    pub(crate) password: Option<Password>,
}

impl Host {
    /// Whether the name is the directory of a Unix socket.
    pub(crate) fn is_unix(&self) -> bool {
        self.name.starts_with('/')
    }

    /// What a password file calls this host: the default socket directories are its `localhost`.
    pub(super) fn passfile_name(&self) -> &str {
        if SOCKET_DIRS.contains(&self.name.as_str()) { "localhost" } else { &self.name }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, port, .. } = self;
        match name {
            path if self.is_unix() => write!(f, "{path}/.s.PGSQL.{port}"),
            v6 if v6.contains(':') => write!(f, "[{v6}]:{port}"),
            name => write!(f, "{name}:{port}"),
        }
    }
}

/// The hosts the values name; without any, the local server.
pub(super) fn hosts(values: &Values) -> Result<Vec<Host>, Error> {
    let names = list(values.get("host"));
    let addresses = list(values.get("hostaddr"));
    let ports = list(values.get("port"));
    let count = names.len().max(addresses.len()).max(1);
    // One port serves all hosts; otherwise each list that is given has an entry for each host.
    let fits = |given: usize| given == 0 || given == count;
    for (key, given, exempt) in [
        ("host", names.len(), false),
        ("hostaddr", addresses.len(), false),
        ("port", ports.len(), ports.len() == 1),
    ] {
        if !fits(given) && !exempt {
            return Err(values
                .place(key)
                .error(format!("{key} does not have as many entries as there are hosts")));
        }
    }
    (0..count)
        .map(|i| {
            let port = parse_port(values, ports.get(i).or(ports.first()).copied())?;
            let address = parse_address(values, addresses.get(i).copied())?;
            let name = names.get(i).copied().filter(|name| !name.is_empty());
            let name = name.map(str::to_owned).or(address.map(|ip| ip.to_string()));
            Ok(Host { name: name.unwrap_or_else(|| local(port)), address, port, password: None })
        })
        .collect()
}

fn list(text: Option<&str>) -> Vec<&str> {
    text.map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default()
}

fn parse_port(values: &Values, text: Option<&str>) -> Result<u16, Error> {
    match text {
        None | Some("") => Ok(DEFAULT_PORT),
        Some(text) => match text.parse() {
            Ok(port) if port > 0 => Ok(port),
            _ => Err(values.place("port").error("port is not a number from 1 to 65535")),
        },
    }
}

fn parse_address(values: &Values, text: Option<&str>) -> Result<Option<IpAddr>, Error> {
    match text {
        None | Some("") => Ok(None),
        Some(text) => {
            let parsed = text
                .parse()
                .map_err(|_| values.place("hostaddr").error("hostaddr is not a numeric address"))?;
            Ok(Some(parsed))
        }
    }
}

/// The directory in which a server listens on this port, or else `localhost`.
fn local(port: u16) -> String {
    let listens = |dir: &&&str| Path::new(dir).join(format!(".s.PGSQL.{port}")).exists();
    let found = if cfg!(unix) { SOCKET_DIRS.iter().find(listens) } else { None };
    found.copied().unwrap_or("localhost").to_owned()
}
