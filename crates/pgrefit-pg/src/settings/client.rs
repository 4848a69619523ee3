//! Lets a program that is built on libpq, such as `pg_dump`, connect with the same settings.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempPath;

use crate::Error;

use super::tls::{Roots, SslMode};
use super::values::Place;
use super::{Host, Settings, Target};

/// The file with the password, readable for nobody else. It goes with this value.
#[derive(Debug)]
#[must_use = "the program needs it until it has connected"]
pub struct PassFile {
    _path: TempPath,
}

/// What a program must not take from our own environment: it would go before what it is given here.
const CLEARED: [&str; 11] = [
    "PGCLIENTENCODING",
    "PGPASSWORD",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGHOSTADDR",
    "PGREQUIRESSL",
    "PGREQUIREAUTH",
    "PGREQUIREPEER",
    "PGGSSENCMODE",
    "PGLOADBALANCEHOSTS",
    "PGSSLCRL",
];

impl Settings {
    /// Sets what a libpq program needs to connect with these settings, in its environment; the password goes into a file of
    /// mode 0600 in `dir`, never into the environment or an argument.
    ///
    /// `encrypted` says that our own session is, so that the program must not fall back to a plain one where these settings
    /// leave that open.
    ///
    /// # Errors
    /// [`Error::Settings`] when the password has a line end, which the file cannot hold, or the file cannot be written.
    pub fn give_to(
        &self,
        command: &mut Command,
        application_name: &str,
        encrypted: bool,
        dir: &Path,
    ) -> Result<PassFile, Error> {
        for name in CLEARED {
            command.env_remove(name);
        }
        let hosts = |part: fn(&Host) -> String| self.hosts.iter().map(part).collect::<Vec<_>>().join(",");
        command
            .env("PGHOST", hosts(|host| host.name.clone()))
            .env("PGPORT", hosts(|host| host.port.to_string()));
        if self.hosts.iter().any(|host| host.address.is_some()) {
            command
                .env("PGHOSTADDR", hosts(|host| host.address.map_or_else(String::new, |ip| ip.to_string())));
        }
        command.env("PGUSER", &self.user).env("PGDATABASE", &self.database);
        command.env("PGAPPNAME", self.application_name.as_deref().unwrap_or(application_name));
        optional(command, "PGOPTIONS", self.options.as_deref());
        let target = Some(self.target.word()).filter(|_| self.target != Target::Any);
        optional(command, "PGTARGETSESSIONATTRS", target);
        let timeout = self.connect_timeout.map(|limit| limit.as_secs().max(1).to_string());
        optional(command, "PGCONNECT_TIMEOUT", Some(timeout.as_deref().unwrap_or("10")));
        self.give_tls(command, encrypted);
        self.pass_file(command, dir)
    }

    fn give_tls(&self, command: &mut Command, encrypted: bool) {
        let mode = if encrypted { self.tls.mode.max(SslMode::Require) } else { self.tls.mode };
        command.env("PGSSLMODE", mode.to_string());
        let roots = match &self.tls.roots {
            Roots::None => None,
            Roots::File(path) => Some(path.clone().into_os_string()),
            Roots::System => Some("system".into()),
        };
        optional(command, "PGSSLROOTCERT", roots);
        let client = self.tls.client.as_ref();
        optional(command, "PGSSLCERT", client.map(|client| &client.certificate));
        optional(command, "PGSSLKEY", client.map(|client| &client.key));
        optional(command, "PGSSLNEGOTIATION", self.tls.direct.then_some("direct"));
        optional(command, "PGSSLMINPROTOCOLVERSION", self.tls.only_1_3.then_some("TLSv1.3"));
        optional(command, "PGSSLSNI", (!self.tls.server_name_sent).then_some("0"));
        let binding = match self.tls.channel_binding {
            tokio_postgres::config::ChannelBinding::Disable => Some("disable"),
            tokio_postgres::config::ChannelBinding::Require => Some("require"),
            _ => None,
        };
        optional(command, "PGCHANNELBINDING", binding);
    }

    /// The file is there also without a password: libpq must not look into `~/.pgpass` for one that we do not use.
    fn pass_file(&self, command: &mut Command, dir: &Path) -> Result<PassFile, Error> {
        let failed = |cause: std::io::Error| {
            Place::Default.error(format!("the password file for a client program cannot be written: {cause}"))
        };
        let mut file = tempfile::Builder::new().prefix(".pass-").tempfile_in(dir).map_err(failed)?;
        for host in &self.hosts {
            let Some(password) = &host.password else { continue };
            if password.expose().contains(['\n', '\r']) {
                return Err(
                    Place::Default.error("a password with a line end cannot be given to a client program")
                );
            }
            // A replication connection is to no database.
            let (name, user) = (escape(host.passfile_name()), escape(&self.user));
            let line = format!("{name}:{}:*:{user}:{}\n", host.port, escape(password.expose()));
            file.write_all(line.as_bytes()).map_err(failed)?;
        }
        let path = file.into_temp_path();
        command.env("PGPASSFILE", &path);
        Ok(PassFile { _path: path })
    }
}

fn optional(command: &mut Command, name: &str, value: Option<impl AsRef<std::ffi::OsStr>>) {
    match value {
        Some(value) => command.env(name, value),
        None => command.env_remove(name),
    };
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace(':', "\\:")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[track_caller]
    fn check(url: &str, encrypted: bool, expected: &[(&str, &str)], passwords: &str) {
        let dir = tempfile::tempdir().expect("a directory");
        let settings = Settings::resolve(Some(url), &|_| None).expect("settings");
        let mut command = Command::new("true");
        let file = settings.give_to(&mut command, "app", encrypted, dir.path()).expect("given");
        let of = |name: &str| {
            let found = command.get_envs().find(|(key, _)| *key == name);
            found.and_then(|(_, value)| Some(value?.to_str()?.to_owned()))
        };
        for (name, value) in expected {
            assert_eq!(of(name).as_deref(), Some(*value), "{name} of {url}");
        }
        assert!(of("PGPASSWORD").is_none() && !format!("{command:?}").contains("secret"), "{command:?}");
        let path = of("PGPASSFILE").expect("a file");
        assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).expect("read"), passwords);
        drop(file);
        assert!(!Path::new(&path).exists());
    }

    #[test]
    fn settings_become_variables() {
        check(
            "postgres://u:secret@h1:1,h2:2/d?connect_timeout=3&options=-c%20a%3Db&target_session_attrs=primary",
            false,
            &[
                ("PGHOST", "h1,h2"),
                ("PGPORT", "1,2"),
                ("PGUSER", "u"),
                ("PGDATABASE", "d"),
                ("PGSSLMODE", "prefer"),
                ("PGOPTIONS", "-c a=b"),
                ("PGCONNECT_TIMEOUT", "3"),
                ("PGTARGETSESSIONATTRS", "primary"),
                ("PGAPPNAME", "app"),
            ],
            "h1:1:*:u:secret\nh2:2:*:u:secret\n",
        );
        check("postgres://u@h/d?hostaddr=10.0.0.1", false, &[("PGHOSTADDR", "10.0.0.1")], "");
        check(
            "postgres://u@%2Frun%2Fpg:5/d?password=secret",
            false,
            &[("PGHOST", "/run/pg")],
            "/run/pg:5:*:u:secret\n",
        );
    }

    #[test]
    fn what_we_encrypt_the_program_encrypts() {
        check("postgres://u@h/d", true, &[("PGSSLMODE", "require")], "");
        let url = "postgres://u@h/d?sslmode=verify-full&sslrootcert=/r.pem&sslcert=/c.pem&sslkey=/k.pem";
        let expected = [
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/r.pem"),
            ("PGSSLCERT", "/c.pem"),
            ("PGSSLKEY", "/k.pem"),
        ];
        check(url, true, &expected, "");
    }

    #[test]
    fn odd_passwords_are_escaped() {
        check("postgres://u%3Av:secret%3A%5C@[::1]/d", false, &[], "\\:\\:1:5432:*:u\\:v:secret\\:\\\\\n");
        let settings = Settings::resolve(Some("postgres://u:a%0Ab@h/d"), &|_| None).expect("settings");
        let dir = tempfile::tempdir().expect("a directory");
        let given = settings.give_to(&mut Command::new("true"), "app", false, dir.path());
        assert!(matches!(given, Err(Error::Settings { .. })));
    }
}
