//! The password of a server, and the URL that contains it. Neither can be printed by accident.

use std::{
    fmt::{self, Write as _},
    fs::File,
    io::Read,
    path::Path,
};

use crate::Error;

const RANDOM_DEVICE: &str = "/dev/urandom";

/// Random bytes as hexadecimal digits.
pub(crate) fn random_hex(bytes: usize) -> Result<String, Error> {
    let mut random = vec![0; bytes];
    let read = |mut device: File| device.read_exact(&mut random);
    File::open(RANDOM_DEVICE).and_then(read).map_err(Error::io("read", Path::new(RANDOM_DEVICE)))?;
    Ok(hex(&random))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The superuser's password.
#[derive(Clone)]
pub(crate) struct Password(String);

impl Password {
    /// 192 random bits in 48 characters.
    pub(crate) fn random() -> Result<Self, Error> {
        random_hex(24).map(Self)
    }

    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// For the files that must contain it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// A connection URL with its password. `Debug` and `Display` show `***` in its place; the only way to get it
/// in full is [`ConnectionUrl::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionUrl {
    full: String,
    redacted: String,
}

impl ConnectionUrl {
    pub(crate) fn new(user: &str, password: &Password, port: u16, database: &str) -> Self {
        let with = |password: &str| {
            format!("postgresql://{}:{password}@127.0.0.1:{port}/{}", percent(user), percent(database))
        };
        Self { full: with(&percent(password.expose())), redacted: with("***") }
    }

    /// The whole URL, password included.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.full
    }
}

impl fmt::Display for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted)
    }
}

impl fmt::Debug for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.redacted, f)
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(password: &str, database: &str, full: &str, shown: &str) {
        let url = ConnectionUrl::new("postgres", &Password::new(password.into()), 5433, database);
        assert_eq!(url.expose(), full);
        assert_eq!(url.to_string(), shown);
        assert_eq!(format!("{url:?}"), format!("{shown:?}"));
    }

    #[test]
    fn urls() {
        check(
            "pw",
            "app",
            "postgresql://postgres:pw@127.0.0.1:5433/app",
            "postgresql://postgres:***@127.0.0.1:5433/app",
        );
        check(
            "p@:/%é",
            "my db?",
            "postgresql://postgres:p%40%3A%2F%25%C3%A9@127.0.0.1:5433/my%20db%3F",
            "postgresql://postgres:***@127.0.0.1:5433/my%20db%3F",
        );
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let (one, two) = (Password::random().expect("random"), Password::random().expect("random"));
        assert_eq!(one.expose().len(), 48);
        assert_ne!(one.expose(), two.expose());
    }
}
