//! One step of a safe sequence, before steps are put together into files.

use crate::{Phase, Place};

/// One step.
pub(super) struct Step {
    pub(super) words: String,
    pub(super) why: String,
    /// Statements with their semicolons, and the comments before them.
    pub(super) sql: String,
    pub(super) kind: Kind,
    pub(super) phase: Option<Phase>,
    /// Whether it is another statement than the original's.
    pub(super) is_new: bool,
    /// Where the statement stands in the original, for errors.
    pub(super) place: Place,
}

/// How a step goes into files.
pub(super) enum Kind {
    /// A statement as it was. It stays with its neighbours while they lock no other table strongly.
    Plain {
        /// The tables that the application cannot write to while it runs.
        locks: Vec<String>,
        /// Whether the statements behind it must be in the same transaction; says why.
        binds: Option<&'static str>,
    },
    /// A setting that each file needs again. Settings of time limits are left out where a statement must not have them.
    Setting {
        /// Whether it is only a time limit.
        is_limit: bool,
    },
    /// A file of its own.
    Own,
    /// A file of its own that is not run as one transaction.
    Alone,
}

/// Makes the steps of one rewritten statement.
pub(super) struct Steps {
    place: Place,
    steps: Vec<Step>,
}

impl Steps {
    pub(super) fn new(place: Place) -> Self {
        Self { place, steps: Vec::new() }
    }

    /// A new statement in a file of its own.
    pub(super) fn own(&mut self, words: String, why: &str, sql: String) -> &mut Self {
        self.push(words, why, sql, Kind::Own, true)
    }

    /// A new statement in a file of its own that is not run as one transaction.
    pub(super) fn alone(&mut self, words: String, why: &str, sql: String) -> &mut Self {
        self.push(words, why, sql, Kind::Alone, true)
    }

    /// A statement in the form it had.
    pub(super) fn kept(&mut self, words: String, why: &str, sql: String, kind: Kind) -> &mut Self {
        self.push(words, why, sql, kind, false)
    }

    fn push(&mut self, words: String, why: &str, sql: String, kind: Kind, is_new: bool) -> &mut Self {
        let why = why.to_owned();
        self.steps.push(Step { words, why, sql, kind, phase: None, is_new, place: self.place });
        self
    }

    /// The phase of the last step.
    pub(super) fn phase(&mut self, phase: Phase) {
        if let Some(step) = self.steps.last_mut() {
            step.phase = Some(phase);
        }
    }

    /// The steps, the first with the comments that stood before the statement.
    pub(super) fn with_comments(mut self, comments: &str) -> Vec<Step> {
        if let Some(first) = self.steps.first_mut().filter(|_| !comments.is_empty()) {
            first.sql = format!("{comments}\n{}", first.sql);
        }
        self.steps
    }
}
