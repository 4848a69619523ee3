//! The configuration of a server, as text in the syntax of `postgresql.conf`.

use std::{fmt::Write, path::Path};

use serde::{Deserialize, Serialize};

use crate::Error;

/// Whether the data must survive a crash of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// PostgreSQL's own defaults.
    Safe,
    /// `fsync`, `synchronous_commit` and `full_page_writes` are off: faster. The data is lost with a crash of
    /// the machine, and the commits of the last moments (`wal_writer_delay`) with a crash of the server.
    #[default]
    Disposable,
}

impl Durability {
    fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Safe => &[],
            Self::Disposable => {
                &[("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")]
            }
        }
    }
}

const SMALL: [(&str, &str); 2] = [("max_connections", "100"), ("shared_buffers", "128MB")];

/// Where the server listens.
pub(crate) struct Listen<'a> {
    pub(crate) addresses: &'a str,
    pub(crate) port: u16,
    pub(crate) socket_dir: &'a Path,
}

/// The whole file. It includes the one that `initdb` wrote; what comes later wins, so `extra` is last.
pub(crate) fn text(
    data_dir: &Path,
    listen: &Listen<'_>,
    durability: Durability,
    extra: &[(String, String)],
) -> Result<String, Error> {
    let mut text = format!("include {}\n", quoted(&data_dir.join("postgresql.conf").to_string_lossy()));
    // The value is a list of paths, in which double quotes protect a path with a comma.
    let socket_dir = format!("\"{}\"", listen.socket_dir.to_string_lossy().replace('"', "\"\""));
    let port = listen.port.to_string();
    let place =
        [("listen_addresses", listen.addresses), ("port", &port), ("unix_socket_directories", &socket_dir)];
    let extra = extra.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let own = SMALL.iter().chain(durability.settings()).copied().chain(place);
    for (name, value) in own.chain(extra) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} = {}", checked(name)?, quoted(value));
    }
    Ok(text)
}

/// The name of a setting, possibly one of an extension: `auto_explain.log_min_duration`.
fn checked(name: &str) -> Result<&str, Error> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c)) {
        Ok(name)
    } else {
        Err(Error::BadSetting { name: name.to_owned() })
    }
}

/// A string as the configuration file's lexer reads it: quotes are doubled, backslashes escape.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(durability: Durability, extra: &[(&str, &str)], expected: &Expect) {
        let listen = Listen { addresses: "127.0.0.1", port: 5433, socket_dir: Path::new("/s,\"'") };
        let extra: Vec<_> =
            extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let text = text(Path::new("/d'"), &listen, durability, &extra);
        expected.assert_eq(&text.unwrap_or_else(|error| error.to_string()));
    }

    #[test]
    fn files() {
        check(
            Durability::Safe,
            &[],
            &expect![[r#"
            include '/d''/postgresql.conf'
            max_connections = '100'
            shared_buffers = '128MB'
            listen_addresses = '127.0.0.1'
            port = '5433'
            unix_socket_directories = '"/s,""''"'
        "#]],
        );
        check(
            Durability::Disposable,
            &[("work_mem", "8MB"), ("a.b", "it's \\ two\nlines")],
            &expect![[r#"
            include '/d''/postgresql.conf'
            max_connections = '100'
            shared_buffers = '128MB'
            fsync = 'off'
            synchronous_commit = 'off'
            full_page_writes = 'off'
            listen_addresses = '127.0.0.1'
            port = '5433'
            unix_socket_directories = '"/s,""''"'
            work_mem = '8MB'
            a.b = 'it''s \\ two\nlines'
        "#]],
        );
        check(
            Durability::Safe,
            &[("work_mem = 1\nport", "2")],
            &expect![[r#"
            failed to accept the setting name "work_mem = 1
            port""#]],
        );
        check(Durability::Safe, &[("", "2")], &expect![[r#"failed to accept the setting name """#]]);
    }
}
