//! What can go wrong before a load runs; what goes wrong while it runs is counted, see [`FailureKind`](crate::FailureKind).

use std::io;

/// Why a load could not be put on a server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The workload file cannot be understood.
    #[error("failed to read the workload: {what}{}", line.map_or_else(String::new, |line| format!(" (line {line})")))]
    Workload {
        /// What is wrong.
        what: String,
        /// Where, counted from 1; none when it is about the whole.
        line: Option<usize>,
        /// The nearest known spelling of an unknown word.
        nearest: Option<String>,
    },
    /// A file that the workload names cannot be read.
    #[error("failed to read \"{path}\", which the workload names")]
    File {
        /// The path as the workload has it.
        path: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The database did not give the values of a statement.
    #[error("failed to draw values for \"{statement}\"")]
    Draw {
        /// The statement's name.
        statement: String,
        /// The cause.
        #[source]
        source: pgrefit_pg::Error,
    },
    /// The query that gives a statement its values has none.
    #[error("failed to draw values for \"{statement}\": {what}")]
    NoValues {
        /// The statement's name.
        statement: String,
        /// No row, or not as many columns as the statement has parameters.
        what: String,
    },
    /// Not one connection could be opened.
    #[error("failed to open the connections of the load")]
    Connect(#[source] pgrefit_pg::Error),
    /// The server does not take a statement.
    #[error("failed to prepare \"{statement}\"")]
    Prepare {
        /// The statement's name.
        statement: String,
        /// What the server said.
        #[source]
        source: pgrefit_pg::Error,
    },
    /// A statement has another number of parameters than the workload has values for.
    #[error("failed to prepare \"{statement}\": it has {wanted} parameters, and the workload gives {given}")]
    Parameters {
        /// The statement's name.
        statement: String,
        /// Of the statement.
        wanted: usize,
        /// Of the workload.
        given: usize,
    },
    /// The workload has a statement that writes, and the load is read-only.
    #[error("failed to run \"{statement}\", which writes: the load is read-only")]
    Writes {
        /// The statement's name.
        statement: String,
    },
    /// The options contradict each other, or have a number that makes no sense.
    #[error("failed to plan the load: {what}")]
    Options {
        /// What is wrong.
        what: String,
    },
    /// A stop was requested while the connections were being opened.
    #[error("failed to begin the load: a stop was requested")]
    Stopped,
    /// The operating system of the client did not give what the driver needs.
    #[error("failed to {what}")]
    Machine {
        /// What was asked for: "start a thread", "wait for the sockets".
        what: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let own = match self {
            Self::Workload { nearest: Some(word), .. } => return Some(format!("did you mean \"{word}\"?")),
            Self::Draw { source, .. } | Self::Connect(source) | Self::Prepare { source, .. } => {
                return source.hint();
            }
            Self::Parameters { .. } => "give a value, or a source of values, for each of $1, $2, …",
            Self::NoValues { .. } => {
                "have the query return a column of text for each parameter, and at least one row"
            }
            Self::Writes { .. } => "allow writes for this run, on a copy, or leave the statement out",
            Self::Workload { .. }
            | Self::File { .. }
            | Self::Options { .. }
            | Self::Stopped
            | Self::Machine { .. } => {
                return None;
            }
        };
        Some(own.to_owned())
    }
}
