//! What the work on one database came to.

use std::time::{Duration, Instant};

use pgrefit_history::LastRun;
use pgrefit_report::printable;

use crate::{Exit, Failed};

/// What the work on a database came to.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) exit: Exit,
    /// Whether there was nothing to do.
    pub(super) was_there: bool,
    /// The version before; nothing for none, or where it is not known.
    pub(super) from: Option<i64>,
    /// The version after.
    pub(super) to: Option<i64>,
    pub(super) duration: Duration,
    /// What went wrong, in one line.
    pub(super) error: Option<String>,
    pub(super) hint: Option<String>,
}

impl Done {
    /// Work that failed in this process; the database is where it was.
    pub(super) fn failed(failed: &Failed, at: Option<i64>, start: Instant) -> Self {
        Self {
            exit: failed.exit,
            was_there: false,
            from: at,
            to: at,
            duration: start.elapsed(),
            error: Some(first_line(&failed.line())),
            hint: failed.failure.hint.clone(),
        }
    }

    /// Nothing was to be done.
    pub(super) fn already(at: Option<i64>, start: Instant) -> Self {
        Self {
            exit: Exit::Done,
            was_there: true,
            from: at,
            to: at,
            duration: start.elapsed(),
            error: None,
            hint: None,
        }
    }

    /// Nothing is pending, but the last run could not verify what it had applied, and nobody has run anything since.
    pub(super) fn unmended(last: &LastRun, at: Option<i64>, start: Instant) -> Self {
        let error = format!("the last run ({}) ended with {}: {}", last.id, last.exit_code, last.summary);
        Self {
            exit: Exit::NotVerified,
            was_there: true,
            error: Some(first_line(&error)),
            hint: Some("its evidence has the way forward".to_owned()),
            ..Self::already(at, start)
        }
    }

    pub(super) fn duration_ms(&self) -> u64 {
        u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The first line of a text, as far as 300 characters, with nothing in it that steers a terminal: it may come from a server.
pub(super) fn first_line(text: &str) -> String {
    printable(&text.lines().next().unwrap_or_default().chars().take(300).collect::<String>())
}
