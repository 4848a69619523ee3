//! One exit code for many databases.

use pgrefit_fleet::Verdict;

use crate::Exit;

/// What most needs a person comes first: databases that are half changed, then failures, then refusals, then what was not seen.
const TELLING: [Exit; 12] = [
    Exit::PartWay,
    Exit::NotVerified,
    Exit::Internal,
    Exit::Backup,
    Exit::Diverged,
    Exit::Unchanged,
    Exit::Rehearsal,
    Exit::Refused,
    Exit::Denied,
    Exit::Usage,
    Exit::Blind,
    Exit::Findings,
];

/// The code of the whole: the most telling one; that for trying again only if nothing else has failed.
pub(super) fn most_telling(exits: impl IntoIterator<Item = Exit>) -> Exit {
    let failures: Vec<Exit> = exits.into_iter().filter(|exit| *exit != Exit::Done).collect();
    if failures.is_empty() {
        return Exit::Done;
    }
    TELLING.into_iter().find(|exit| failures.contains(exit)).unwrap_or(Exit::TryAgain)
}

/// What an exit code means for the run of a fleet.
pub(super) fn verdict(exit: Exit) -> Verdict {
    match exit {
        Exit::Done => Verdict::Reached,
        Exit::TryAgain => Verdict::Retryable,
        _ => Verdict::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_place() {
        for exit in Exit::ALL {
            assert_eq!(most_telling([Exit::Done, exit, Exit::Done]), exit);
            let among_retryable = if exit == Exit::Done { Exit::TryAgain } else { exit };
            assert_eq!(most_telling([Exit::TryAgain, exit]), among_retryable);
        }
    }

    #[test]
    fn what_needs_a_person_wins() {
        let check = |exits: &[Exit], expected: Exit| {
            assert_eq!(most_telling(exits.iter().copied()), expected, "{exits:?}");
        };
        check(&[], Exit::Done);
        check(&[Exit::TryAgain, Exit::TryAgain], Exit::TryAgain);
        check(&[Exit::TryAgain, Exit::Unchanged, Exit::PartWay], Exit::PartWay);
        check(&[Exit::Findings, Exit::Blind], Exit::Blind);
        check(&[Exit::Refused, Exit::Diverged, Exit::Unchanged], Exit::Diverged);
    }
}
