//! Where to connect and how: resolved once from a URL, a service file and libpq's variables.

mod client;
mod home;
mod hosts;
mod keys;
mod keyvalue;
mod passfile;
mod password;
mod service;
mod tls;
mod url;
mod values;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::Error;
use passfile::{Passfile, Wanted};
use password::Password;
use values::{Place, Values};

pub use client::PassFile;
pub(crate) use hosts::Host;
pub(crate) use tls::{ClientCertificate, Roots, SslMode, TlsSettings};

/// Everything needed to open a connection. Neither `Debug` nor any method reveals the password.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) hosts: Vec<Host>,
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) options: Option<String>,
    pub(crate) application_name: Option<String>,
    pub(crate) tls: TlsSettings,
    pub(crate) target: Target,
    pub(crate) shuffle_hosts: bool,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) keepalive: Keepalive,
}

/// Which server of several is wanted (`target_session_attrs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

const TARGETS: &[(&str, Target)] = &[
    ("any", Target::Any),
    ("read-write", Target::ReadWrite),
    ("read-only", Target::ReadOnly),
    ("primary", Target::Primary),
    ("standby", Target::Standby),
    ("prefer-standby", Target::PreferStandby),
];

impl Target {
    pub(crate) fn word(self) -> &'static str {
        TARGETS.iter().find(|(_, target)| *target == self).map_or("", |(word, _)| word)
    }
}

/// How a dead TCP peer is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keepalive {
    pub(crate) on: bool,
    pub(crate) idle: Duration,
    pub(crate) interval: Duration,
    pub(crate) retries: u32,
    pub(crate) user_timeout: Duration,
}

impl Settings {
    /// Resolves the settings, each from the first source that names it: `url` (a URL or a key/value string), the
    /// service file, libpq's environment variables by way of `env`, libpq's defaults.
    ///
    /// Reads the service file, the password file, and looks for the default certificates and sockets; opens no
    /// connection. See "Database Connection Control Functions" in the PostgreSQL manual.
    ///
    /// # Errors
    /// [`Error::NotNamed`] when everything would be a default: a database is never guessed. [`Error::Settings`] when a
    /// source cannot be understood, [`Error::NoRootCertificate`].
    pub fn resolve(url: Option<&str>, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut values = Values::default();
        if let Some(text) = url {
            parse(text, &mut values)?;
        }
        service::fill(&mut values, env)?;
        values.fill_from_env(env)?;
        Self::build(values, env)
    }

    fn build(mut values: Values, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        if values.is_empty() {
            return Err(Error::NotNamed);
        }
        let user = user(&values, env)?;
        let database = values.get("dbname").unwrap_or(&user).to_owned();
        let mut hosts = hosts::hosts(&values)?;
        give_passwords(&mut hosts, &mut values, (&user, &database), env);
        Ok(Self {
            hosts,
            options: values.get("options").map(str::to_owned),
            application_name: values.get("application_name").map(str::to_owned),
            tls: TlsSettings::resolve(&values, env)?,
            target: values.choice("target_session_attrs", TARGETS)?.unwrap_or(Target::Any),
            shuffle_hosts: values
                .choice("load_balance_hosts", &[("disable", false), ("random", true)])?
                .unwrap_or(false),
            connect_timeout: seconds(&values, "connect_timeout")?,
            keepalive: Keepalive::resolve(&values)?,
            user,
            database,
        })
    }

    /// The same, for another database of the server.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// The same, for another role, which has this password.
    #[must_use]
    pub fn with_login(&self, user: &str, password: &str) -> Self {
        let mut settings = Self { user: user.to_owned(), ..self.clone() };
        for host in &mut settings.hosts {
            host.password = Some(Password::new(password.to_owned()));
        }
        settings
    }

    /// The name of the database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The role that logs in.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The name (or socket directory) and port of the first host.
    #[must_use]
    pub fn first_host(&self) -> (String, u16) {
        self.hosts.first().map(|host| (host.name.clone(), host.port)).unwrap_or_default()
    }

    /// For people: `postgres://user@host:5432/dbname (sslmode=verify-full)`. Never has the password.
    #[must_use]
    pub fn describe(&self) -> String {
        let hosts: Vec<String> = self.hosts.iter().map(ToString::to_string).collect();
        let address = format!("postgres://{}@{}/{}", self.user, hosts.join(","), self.database);
        if self.hosts.iter().all(Host::is_unix) {
            address
        } else {
            format!("{address} (sslmode={})", self.tls.mode)
        }
    }
}

impl Keepalive {
    /// By default a peer that vanished is noticed after a minute, whether it is silent or owes an acknowledgement. The
    /// kernel's own limits are two hours and a quarter of an hour.
    fn resolve(values: &Values) -> Result<Self, Error> {
        let or = |key, default| Ok::<_, Error>(seconds(values, key)?.unwrap_or(Duration::from_secs(default)));
        Ok(Self {
            on: values.number::<i32>("keepalives")?.unwrap_or(1) != 0,
            idle: or("keepalives_idle", 30)?,
            interval: or("keepalives_interval", 10)?,
            retries: values.number("keepalives_count")?.filter(|count| *count > 0).unwrap_or(3),
            user_timeout: Duration::from_millis(
                values.number("tcp_user_timeout")?.filter(|ms| *ms > 0).unwrap_or(60_000),
            ),
        })
    }
}

fn parse(text: &str, values: &mut Values) -> Result<(), Error> {
    let text = text.trim();
    match url::strip_scheme(text) {
        Some(rest) => url::parse(rest, values),
        None if text.contains("://") => {
            Err(Place::Url.error("the URL begins neither with postgres:// nor with postgresql://"))
        }
        None => keyvalue::parse(text, values),
    }
}

fn user(values: &Values, env: &dyn Fn(&str) -> Option<String>) -> Result<String, Error> {
    let os_user =
        || ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| env(name).filter(|user| !user.is_empty()));
    let user = values.get("user").map(str::to_owned).or_else(os_user);
    user.ok_or_else(|| Place::Default.error("no user is given and the environment names none"))
}

/// Zero means no limit, as in libpq.
fn seconds(values: &Values, key: &'static str) -> Result<Option<Duration>, Error> {
    let number = values.number::<i64>(key)?;
    Ok(number
        .and_then(|seconds| u64::try_from(seconds).ok())
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs))
}

/// Gives each host the password that was given, or else the one that its line of the password file has. The file is
/// not opened when a password was given: a warning about its mode would be about nothing.
fn give_passwords(
    hosts: &mut [Host],
    values: &mut Values,
    names: (&str, &str),
    env: &dyn Fn(&str) -> Option<String>,
) {
    let given = values.take("password").map(Password::new);
    let passfile =
        if given.is_some() { Passfile::default() } else { Passfile::open(values.get("passfile"), env) };
    let (user, database) = names;
    for host in hosts {
        let wanted = Wanted { host: host.passfile_name(), port: host.port, database, user };
        host.password = given.clone().or_else(|| passfile.find(wanted));
    }
}
