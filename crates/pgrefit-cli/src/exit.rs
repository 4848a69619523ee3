//! The exit codes: what a shell, a pipeline or a Kubernetes Job learns from a run.

use std::process::ExitCode;

/// How a run ended. The numbers are a promise: manifests and pipelines are written against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done: the target is reached, or nothing was found at the failing level.
    Done = 0,
    /// Findings at or above the failing level.
    Findings = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// A required check could not look.
    Blind = 3,
    /// A gate refused.
    Refused = 11,
    /// Files and history do not fit.
    Diverged = 12,
    /// Failed; the database is as it was before the failing step.
    Unchanged = 13,
    /// Failed part-way; a person must look.
    PartWay = 14,
    /// Applied, but the verification failed.
    NotVerified = 15,
    /// The backup or its restore check failed.
    Backup = 16,
    /// Authentication, permission or TLS.
    Denied = 17,
    /// The rehearsal failed.
    Rehearsal = 18,
    /// A bug of pgrefit.
    Internal = 70,
    /// Try again; safe to repeat.
    TryAgain = 75,
}

impl Exit {
    /// Every code, in order.
    pub const ALL: [Self; 14] = [
        Self::Done,
        Self::Findings,
        Self::Usage,
        Self::Blind,
        Self::Refused,
        Self::Diverged,
        Self::Unchanged,
        Self::PartWay,
        Self::NotVerified,
        Self::Backup,
        Self::Denied,
        Self::Rehearsal,
        Self::Internal,
        Self::TryAgain,
    ];

    /// The one with this number, as reports have it; a number that is none is a bug.
    #[must_use]
    pub fn of(code: u8) -> Self {
        Self::ALL.into_iter().find(|exit| exit.code() == code).unwrap_or(Self::Internal)
    }

    /// The number the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, in one line.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done: the target is reached, or nothing was found at the failing level",
            Self::Findings => "findings at or above the failing level",
            Self::Usage => "the command line, the configuration or a migration file is wrong",
            Self::Blind => "could not look: a required check was blind, timed out or not permitted",
            Self::Refused => {
                "refused by a gate, such as a database that was not adopted, or an unsafe statement"
            }
            Self::Diverged => {
                "history divergence: checksum, missing file, out of order, database ahead of this release"
            }
            Self::Unchanged => "failed; the failing step was rolled back",
            Self::PartWay => "failed part-way; a person must look before a rerun",
            Self::NotVerified => "applied, but the verification failed",
            Self::Backup => "the backup or its restore check failed",
            Self::Denied => "authentication, permission or TLS",
            Self::Rehearsal => "the rehearsal failed",
            Self::Internal => "internal error: a bug of pgrefit",
            Self::TryAgain => {
                "try again, safe to repeat: server unreachable or failing over, locks not granted in time, another \
                 runner at work, interrupted"
            }
        }
    }

    /// What a Kubernetes Job should do about it.
    #[must_use]
    pub const fn job_action(self) -> &'static str {
        match self {
            Self::Done => "Complete",
            Self::TryAgain => "retry",
            _ => "fail",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn codes_are_unique_and_sorted() {
        assert!(Exit::ALL.is_sorted_by(|a, b| a.code() < b.code()));
    }

    #[test]
    fn the_record_of_killed_runs_has_codes_of_these() {
        assert_eq!(pgrefit_history::NOT_VERIFIED, Exit::NotVerified.code());
        assert_eq!(pgrefit_history::TRY_AGAIN, Exit::TryAgain.code());
    }

    #[test]
    fn only_try_again_is_retried() {
        for exit in Exit::ALL {
            assert_eq!(exit.job_action() == "retry", exit.code() == 75, "{exit:?}");
        }
    }
}
