//! When a run takes no further database: a failed canary always; else by a number or by a share of failures.

/// The rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopRule {
    /// After so many failures, at least one.
    After(usize),
    /// As soon as it is certain that at the end of its wave more than so many of a hundred of all that ended will have failed:
    /// strict in small early waves, where any failure is a large share, and patient in the last.
    Ratio(u8),
    /// Never.
    Never,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many have failed.
    pub(crate) failed: usize,
    /// How many will have ended when the wave is over.
    pub(crate) by_the_end_of_the_wave: usize,
}

impl StopRule {
    pub(crate) fn is_broken(self, tally: Tally) -> bool {
        match self {
            Self::After(limit) => tally.failed >= limit.max(1),
            Self::Ratio(percent) => tally.failed * 100 > usize::from(percent) * tally.by_the_end_of_the_wave,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_against_the_wave() {
        let check = |rule: StopRule, failed: usize, by_the_end_of_the_wave: usize, expected: bool| {
            let tally = Tally { failed, by_the_end_of_the_wave };
            assert_eq!(rule.is_broken(tally), expected, "{rule:?} {tally:?}");
        };
        check(StopRule::After(1), 0, 10, false);
        check(StopRule::After(1), 1, 10, true);
        check(StopRule::After(3), 2, 10, false);
        check(StopRule::After(0), 0, 10, false);
        check(StopRule::Ratio(10), 1, 4, true);
        check(StopRule::Ratio(10), 1, 10, false);
        check(StopRule::Ratio(10), 2, 17, true);
        check(StopRule::Ratio(0), 0, 4, false);
        check(StopRule::Ratio(0), 1, 1000, true);
        check(StopRule::Ratio(100), 4, 4, false);
        check(StopRule::Never, 50, 50, false);
    }
}
