//! Names of named servers, and keys of shared ones.

use std::{fmt, str::FromStr};

use crate::Error;

/// `[a-z0-9][a-z0-9_-]{0,30}`: short, because it is part of the path of a Unix socket (about 100 bytes in
/// all), and the same on file systems that ignore case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerName(String);

impl ServerName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ServerName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let letter_or_digit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = (1..=31).contains(&name.len())
            && name.starts_with(letter_or_digit)
            && name.chars().all(|c| letter_or_digit(c) || c == '_' || c == '-');
        if fits { Ok(Self(name.to_owned())) } else { Err(Error::BadName { name: name.to_owned() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::ServerName;

    #[track_caller]
    fn check(name: &str, expected: bool) {
        assert_eq!(name.parse::<ServerName>().is_ok(), expected, "{name:?}");
    }

    #[test]
    fn names() {
        check("a", true);
        check("it-18", true);
        check("0_", true);
        check(&"x".repeat(31), true);
        check(&"x".repeat(32), false);
        check("", false);
        check("-a", false);
        check("_a", false);
        check("A", false);
        check("a.b", false);
        check("a/b", false);
        check("..", false);
        check("é", false);
        check("a\n", false);
    }
}
