//! How much may be done again, over all users of a pool.

use std::sync::atomic::{AtomicI64, Ordering};

/// Tenths of retries that are left. Each piece of work earns a tenth of a retry, up to [`TENTHS_MAX`].
#[derive(Debug)]
pub(crate) struct Budget(AtomicI64);

/// Ten retries: what a quiet pool may do again at once.
const TENTHS_MAX: i64 = 100;
const RETRY: i64 = 10;

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicI64::new(TENTHS_MAX))
    }
}

impl Budget {
    /// A piece of work was begun.
    pub(crate) fn earn(&self) {
        self.change(|tenths| Some((tenths + 1).min(TENTHS_MAX)));
    }

    /// Takes one retry, if there is one left.
    pub(crate) fn spend(&self) -> bool {
        self.change(|tenths| tenths.checked_sub(RETRY).filter(|left| *left >= 0))
    }

    fn change(&self, to: impl FnMut(i64) -> Option<i64>) -> bool {
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, to).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_ten_after_the_first_ten() {
        let budget = Budget::default();
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
        let retried = (0..1_000).filter(|_| {
            budget.earn();
            budget.spend()
        });
        assert_eq!(retried.count(), 100);
    }
}
