//! Where the memory of the server goes when all of it is used at once.

use serde::Serialize;

/// A memory budget: its lines add up to the limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// The limit that was given, in bytes.
    pub limit_bytes: u64,
    /// What is used, the page cache last: that is what is left.
    pub lines: Vec<BudgetLine>,
}

/// One line of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetLine {
    /// What for.
    pub what: &'static str,
    /// How it is reckoned, with its numbers.
    pub how: String,
    /// In bytes.
    pub bytes: u64,
}

impl Budget {
    /// What the server itself uses, without the page cache.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.total_bytes() - self.page_cache_bytes()
    }

    /// What is left for the page cache of the kernel.
    #[must_use]
    pub fn page_cache_bytes(&self) -> u64 {
        self.lines.last().map_or(0, |line| line.bytes)
    }

    /// The sum of all lines.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.lines.iter().map(|line| line.bytes).sum()
    }
}
