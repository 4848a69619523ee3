//! The report itself: what ran, where, and how it ended.

use std::error::Error;

use serde::{Deserialize, Serialize};

use crate::{Fact, Finding, Location, RuleInfo, Status, Table};

/// The result of one command.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The subcommand, as typed.
    pub command: String,
    /// Version of pgrefit.
    pub version: String,
    /// When the command started, RFC 3339.
    pub started_at: String,
    /// How long it ran, in milliseconds.
    pub duration_ms: u64,
    /// The database it worked on; `None` if it needed none.
    pub target: Option<Target>,
    /// How it ended.
    pub outcome: Outcome,
    /// Single values.
    pub facts: Vec<Fact>,
    /// Rows of values.
    pub tables: Vec<Table>,
    /// What was found, in the order to read it.
    pub findings: Vec<Finding>,
    /// The checks that ran; empty if the command does not say.
    pub rules: Vec<RuleInfo>,
}

/// The database a command worked on. It has no place for a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Name of the database.
    pub database: String,
    /// Role that connected.
    pub user: String,
    /// Host name, address, or directory of the Unix socket.
    pub host: String,
    /// TCP port, or the number in the socket's name.
    pub port: u16,
    /// `server_version` as the server reports it; `None` if it was never reached.
    pub server_version: Option<String>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The process exit code.
    pub exit_code: u8,
    /// The judgement in one word.
    pub status: Status,
    /// The judgement in one sentence.
    pub summary: String,
    /// What broke, if something did.
    pub error: Option<Failure>,
}

/// An error as people and machines read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Completes "error: "; begins with "failed to".
    pub message: String,
    /// The causes, outermost first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The five characters by which PostgreSQL names the error.
    pub sqlstate: Option<String>,
    /// Where in a file it happened.
    pub location: Option<Location>,
}

impl Report {
    /// A report without content; `started_at` is RFC 3339.
    pub fn new(
        command: impl Into<String>,
        version: impl Into<String>,
        started_at: impl Into<String>,
        outcome: Outcome,
    ) -> Self {
        Self {
            command: command.into(),
            version: version.into(),
            started_at: started_at.into(),
            duration_ms: 0,
            target: None,
            outcome,
            facts: Vec::new(),
            tables: Vec::new(),
            findings: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// The findings that count: all but those that are suppressed.
    pub fn counted(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.suppressed.is_none())
    }

    /// The checks that say how they ended; none if the command does not tell.
    pub fn checks(&self) -> impl Iterator<Item = &RuleInfo> {
        self.rules.iter().filter(|rule| rule.status.is_some())
    }
}

impl Outcome {
    /// An end without an error; the exit code need not be 0.
    pub fn new(exit_code: u8, status: Status, summary: impl Into<String>) -> Self {
        Self { exit_code, status, summary: summary.into(), error: None }
    }

    /// An end by an error, with status [`Status::Error`].
    pub fn failed(exit_code: u8, summary: impl Into<String>, error: Failure) -> Self {
        Self { exit_code, status: Status::Error, summary: summary.into(), error: Some(error) }
    }
}

impl Failure {
    /// A failure without causes.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), hint: None, sqlstate: None, location: None }
    }

    /// The message of `error` and of every error beneath it.
    ///
    /// A cause that only repeats the line above it is left out; at most 32 are kept.
    #[must_use]
    pub fn from_error(error: &dyn Error) -> Self {
        let mut failure = Self::new(error.to_string());
        let chain = std::iter::successors(error.source(), |&cause| cause.source());
        for cause in chain.take(32).map(ToString::to_string) {
            if failure.causes.last().unwrap_or(&failure.message) != &cause {
                failure.causes.push(cause);
            }
        }
        failure
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::{Error, Failure};

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|layer| layer as _)
        }
    }

    #[test]
    fn from_error_keeps_the_chain_and_drops_echoes() {
        let check = |layers: &[&'static str], message: &str, causes: &[&str]| {
            let chain = layers.iter().rev().fold(None, |inner, text| Some(Box::new(Layer(text, inner))));
            let failure = Failure::from_error(&*chain.unwrap());
            assert_eq!(failure.message, message);
            assert_eq!(failure.causes, causes);
        };
        check(&["failed to apply"], "failed to apply", &[]);
        check(
            &["failed to apply", "db error", "no column x"],
            "failed to apply",
            &["db error", "no column x"],
        );
        check(&["a", "a", "b", "b"], "a", &["b"]);
        check(&["x", "y", "x"], "x", &["y", "x"]);
    }
}
