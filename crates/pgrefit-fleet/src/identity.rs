//! What a run is about: this list with these migrations. Only such a run can be gone on with.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A list of databases and a set of migrations, as digests in hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    list: String,
    migrations: String,
}

/// What differs between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The list was edited.
    List,
    /// Migrations were added, edited or removed, or the target is another one.
    Migrations,
    /// Both.
    Both,
}

impl Part {
    /// As a clause: "the list was edited".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::List => "the list was edited",
            Self::Migrations => "the migrations, or the target, have changed",
            Self::Both => "the list was edited, and the migrations, or the target, have changed",
        }
    }
}

impl Identity {
    /// Of the texts that make up a list, and those that make up the migrations.
    pub fn new<'a>(
        list: impl IntoIterator<Item = &'a str>,
        migrations: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self { list: digest(list), migrations: digest(migrations) }
    }

    /// The name of its journal.
    #[must_use]
    pub fn file_name(&self) -> String {
        let both = digest([self.list.as_str(), &self.migrations]);
        format!("fleet-{}.jsonl", &both[..16])
    }

    /// What differs; nothing if both are the same.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> Option<Part> {
        match (self.list == other.list, self.migrations == other.migrations) {
            (true, true) => None,
            (false, true) => Some(Part::List),
            (true, false) => Some(Part::Migrations),
            (false, false) => Some(Part::Both),
        }
    }
}

/// SHA-256 of texts, each with its length, so that no two divisions are the same.
fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told() {
        let identity = |list: &[&'static str], migrations: &[&'static str]| {
            Identity::new(list.iter().copied(), migrations.iter().copied())
        };
        let own = identity(&["a", "b"], &["V1"]);
        let check = |list: &[&'static str], migrations: &[&'static str], expected: Option<Part>| {
            let other = identity(list, migrations);
            assert_eq!(own.differs_from(&other), expected);
            assert_eq!(own.file_name() == other.file_name(), expected.is_none());
        };
        check(&["a", "b"], &["V1"], None);
        check(&["ab"], &["V1"], Some(Part::List));
        check(&["b", "a"], &["V1"], Some(Part::List));
        check(&["a", "b"], &["V1", ""], Some(Part::Migrations));
        check(&[], &[], Some(Part::Both));
    }
}
