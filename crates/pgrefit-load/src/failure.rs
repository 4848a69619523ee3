//! What went wrong with a request, by kind.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a request failed. In files it is its [`Display`](fmt::Display) form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum FailureKind {
    /// The statement was cancelled: `statement_timeout` ran out, or somebody asked for it (57014).
    Cancelled,
    /// `lock_timeout` ran out (55P03).
    LockTimeout,
    /// No answer came within the limit of a statement and five seconds more; the connection was given up.
    NoAnswer,
    /// A write in a read-only session (25006).
    ReadOnly,
    /// A serialization failure (40001).
    Serialization,
    /// A deadlock (40P01).
    Deadlock,
    /// `cached plan must not change result type` (0A000): a table was altered under a prepared statement. It was prepared anew.
    PlanChanged,
    /// The session does not know the prepared statement any more (26000): a pooler gave another one. It was prepared anew.
    Unprepared,
    /// The connection ended while the request was in flight; what the request did is unknown.
    ConnectionLost,
    /// A connection could not be opened again.
    NotConnected,
    /// Any other SQLSTATE, by the name of its class: "syntax error or access rule violation".
    Class(String),
}

const WORDS: [(FailureKind, &str); 10] = [
    (FailureKind::Cancelled, "cancelled"),
    (FailureKind::LockTimeout, "lock timeout"),
    (FailureKind::NoAnswer, "no answer"),
    (FailureKind::ReadOnly, "read-only"),
    (FailureKind::Serialization, "serialization failure"),
    (FailureKind::Deadlock, "deadlock"),
    (FailureKind::PlanChanged, "plan changed"),
    (FailureKind::Unprepared, "unprepared"),
    (FailureKind::ConnectionLost, "connection lost"),
    (FailureKind::NotConnected, "not connected"),
];

/// The classes of appendix "PostgreSQL Error Codes" of the manual that a statement or a session may end with.
const CLASSES: [(&str, &str); 25] = [
    ("08", "connection exception"),
    ("0A", "feature not supported"),
    ("20", "case not found"),
    ("21", "cardinality violation"),
    ("22", "data exception"),
    ("23", "integrity constraint violation"),
    ("25", "invalid transaction state"),
    ("26", "invalid SQL statement name"),
    ("28", "invalid authorization specification"),
    ("2B", "dependent privilege descriptors still exist"),
    ("2D", "invalid transaction termination"),
    ("2F", "SQL routine exception"),
    ("34", "invalid cursor name"),
    ("38", "external routine exception"),
    ("3D", "invalid catalog name"),
    ("3F", "invalid schema name"),
    ("40", "transaction rollback"),
    ("42", "syntax error or access rule violation"),
    ("44", "WITH CHECK OPTION violation"),
    ("53", "insufficient resources"),
    ("54", "program limit exceeded"),
    ("55", "object not in prerequisite state"),
    ("57", "operator intervention"),
    ("58", "system error"),
    ("P0", "PL/pgSQL error"),
];

impl FailureKind {
    /// The kind of a SQLSTATE.
    #[must_use]
    pub fn of_sqlstate(sqlstate: &str) -> Self {
        match sqlstate {
            "57014" => return Self::Cancelled,
            "55P03" => return Self::LockTimeout,
            "25006" => return Self::ReadOnly,
            "40001" => return Self::Serialization,
            "40P01" => return Self::Deadlock,
            "26000" => return Self::Unprepared,
            "57P01" | "57P02" | "57P03" => return Self::ConnectionLost,
            _ => {}
        }
        let class = sqlstate.get(..2).unwrap_or(sqlstate);
        let name = CLASSES.iter().find(|(code, _)| *code == class);
        Self::Class(name.map_or_else(|| format!("class {class}"), |(_, name)| (*name).to_owned()))
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Class(name) = self {
            return f.write_str(name);
        }
        let word = WORDS.iter().find(|(kind, _)| kind == self).map_or("", |(_, word)| word);
        f.write_str(word)
    }
}

impl From<FailureKind> for String {
    fn from(kind: FailureKind) -> Self {
        kind.to_string()
    }
}

impl From<String> for FailureKind {
    fn from(text: String) -> Self {
        let known = WORDS.iter().find(|(_, word)| *word == text);
        known.map_or_else(|| Self::Class(text), |(kind, _)| kind.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlstates_have_kinds_that_survive_a_file() {
        let check = |sqlstate: &str, expected: &str| {
            let kind = FailureKind::of_sqlstate(sqlstate);
            assert_eq!(kind.to_string(), expected, "{sqlstate}");
            assert_eq!(FailureKind::from(kind.to_string()), kind, "{sqlstate}");
        };
        check("57014", "cancelled");
        check("57P01", "connection lost");
        check("40P01", "deadlock");
        check("42P01", "syntax error or access rule violation");
        check("23505", "integrity constraint violation");
        check("XX000", "class XX");
        check("", "class ");
    }
}
