//! The seven words a judgement can end with.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How one check, or a whole command, ended.
///
/// Ordered by severity, mildest first, so the worst of several is their maximum:
/// `Skip < Pass < Info < Warn < Blind < Fail < Error`. `Skip` is lowest because what was left out on purpose must not
/// hide a pass; `Blind` stands above `Warn` because what could not be seen may be a failure, and below `Fail` because
/// a known failure is worse than a possible one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Left out on purpose.
    Skip,
    /// Looked, and all is well.
    Pass,
    /// Looked, and there is something to know but nothing to do.
    Info,
    /// Looked, and something should be changed.
    Warn,
    /// Could not look: permission, lock or time limit. Never a pass.
    Blind,
    /// Looked, and something must be changed.
    Fail,
    /// The work itself broke off.
    Error,
}

impl Status {
    /// Every status, mildest first.
    pub const ALL: [Self; 7] =
        [Self::Skip, Self::Pass, Self::Info, Self::Warn, Self::Blind, Self::Fail, Self::Error];

    /// The lower-case word used in every form of the report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Pass => "pass",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Blind => "blind",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }

    /// The worst of several; `None` if there are none.
    pub fn worst(statuses: impl IntoIterator<Item = Self>) -> Option<Self> {
        statuses.into_iter().max()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn all_is_sorted_by_severity_and_spelled_alike_everywhere() {
        assert!(Status::ALL.is_sorted());
        for status in Status::ALL {
            assert_eq!(serde_json::json!(status), status.to_string());
        }
    }

    #[test]
    fn worst_is_the_maximum() {
        let check = |statuses: &[Status], expected: Option<Status>| {
            assert_eq!(Status::worst(statuses.iter().copied()), expected);
        };
        check(&[], None);
        check(&[Status::Skip, Status::Pass], Some(Status::Pass));
        check(&[Status::Blind, Status::Warn], Some(Status::Blind));
        check(&[Status::Blind, Status::Fail, Status::Pass], Some(Status::Fail));
        check(&[Status::Error, Status::Fail], Some(Status::Error));
    }
}
