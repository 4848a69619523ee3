//! What the work on one database came to.

use std::time::{Duration, Instant};

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

    pub(super) fn duration_ms(&self) -> u64 {
        u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The first line of a text, as far as 300 characters.
pub(super) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}
