//! The eight modes of a table lock, and how far one reaches.

use super::Relation;

/// A lock on a relation that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// What is locked.
    pub relation: Relation,
    /// How: the strongest mode on the relation or on one of its indexes, because every query of a table locks all its
    /// indexes too.
    pub mode: LockMode,
    /// Which relations that the statement does not name are locked with it, in no stronger mode.
    ///
    /// Two exceptions that the server makes: `ATTACH PARTITION` takes `ACCESS EXCLUSIVE` on the default partition and
    /// `SHARE ROW EXCLUSIVE` on the partners of the parent, while it takes less on the parent.
    pub reach: Reach,
}

/// Which other relations a lock is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// None.
    Named,
    /// Partitions and inheritance children.
    Partitions,
    /// Tables at the other end of its foreign keys.
    Partners,
    /// Both of them.
    Both,
}

impl Reach {
    /// What either reaches.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::of(
            self.reaches_partitions() || other.reaches_partitions(),
            self.reaches_partners() || other.reaches_partners(),
        )
    }

    /// The reach with `ONLY` before the table's name.
    pub(super) fn only(self, only: bool) -> Self {
        Self::of(self.reaches_partitions() && !only, self.reaches_partners())
    }

    /// Whether partitions and inheritance children are locked too.
    #[must_use]
    pub fn reaches_partitions(self) -> bool {
        matches!(self, Self::Partitions | Self::Both)
    }

    /// Whether tables at the other end of foreign keys are locked too.
    #[must_use]
    pub fn reaches_partners(self) -> bool {
        matches!(self, Self::Partners | Self::Both)
    }

    fn of(partitions: bool, partners: bool) -> Self {
        match (partitions, partners) {
            (false, false) => Self::Named,
            (true, false) => Self::Partitions,
            (false, true) => Self::Partners,
            (true, true) => Self::Both,
        }
    }
}

/// The mode of a lock on a table, weakest first.
///
/// Source: the manual's chapter 13.3.1, table-level locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// What a query takes.
    AccessShare,
    /// What `SELECT … FOR UPDATE` takes.
    RowShare,
    /// What `INSERT`, `UPDATE`, `DELETE` and `MERGE` take.
    RowExclusive,
    /// What `VACUUM`, `ANALYZE` and `CREATE INDEX CONCURRENTLY` take.
    ShareUpdateExclusive,
    /// What `CREATE INDEX` takes.
    Share,
    /// What `CREATE TRIGGER` and `ADD FOREIGN KEY` take.
    ShareRowExclusive,
    /// What `REFRESH MATERIALIZED VIEW CONCURRENTLY` takes.
    Exclusive,
    /// What most forms of `ALTER TABLE` take.
    AccessExclusive,
}

/// Names in SQL and in `pg_locks`, in the order of the modes.
const MODES: [(LockMode, &str, &str); 8] = [
    (LockMode::AccessShare, "ACCESS SHARE", "AccessShareLock"),
    (LockMode::RowShare, "ROW SHARE", "RowShareLock"),
    (LockMode::RowExclusive, "ROW EXCLUSIVE", "RowExclusiveLock"),
    (LockMode::ShareUpdateExclusive, "SHARE UPDATE EXCLUSIVE", "ShareUpdateExclusiveLock"),
    (LockMode::Share, "SHARE", "ShareLock"),
    (LockMode::ShareRowExclusive, "SHARE ROW EXCLUSIVE", "ShareRowExclusiveLock"),
    (LockMode::Exclusive, "EXCLUSIVE", "ExclusiveLock"),
    (LockMode::AccessExclusive, "ACCESS EXCLUSIVE", "AccessExclusiveLock"),
];

impl LockMode {
    /// Every mode, weakest first.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// The name that `LOCK TABLE … IN … MODE` takes.
    #[must_use]
    pub fn sql(self) -> &'static str {
        MODES[self as usize].1
    }

    /// The name in the view `pg_locks`.
    #[must_use]
    pub fn pg_locks(self) -> &'static str {
        MODES[self as usize].2
    }

    /// The mode with this name in `pg_locks`.
    #[must_use]
    pub fn of_pg_locks(name: &str) -> Option<Self> {
        MODES.into_iter().find_map(|(mode, _, known)| (known == name).then_some(mode))
    }

    /// Whether two sessions cannot hold these modes on one table at the same time (the manual's table 13.2).
    #[must_use]
    pub fn conflicts_with(self, other: Self) -> bool {
        let (weak, strong) = if self <= other { (self, other) } else { (other, self) };
        match weak {
            Self::AccessShare => strong == Self::AccessExclusive,
            Self::RowShare => strong >= Self::Exclusive,
            Self::RowExclusive => strong >= Self::Share,
            // `SHARE` is the only one of these that does not conflict with itself.
            Self::Share => strong > Self::Share,
            _ => true,
        }
    }

    /// Whether a query has to wait for it.
    #[must_use]
    pub fn blocks_reads(self) -> bool {
        self.conflicts_with(Self::AccessShare)
    }

    /// Whether `INSERT`, `UPDATE` and `DELETE` have to wait for it.
    #[must_use]
    pub fn blocks_writes(self) -> bool {
        self.conflicts_with(Self::RowExclusive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The manual's table 13.2, a cross where two modes conflict.
    const TABLE: [&str; 8] =
        [".......X", "......XX", "....XXXX", "...XXXXX", "..XX.XXX", "..XXXXXX", ".XXXXXXX", "XXXXXXXX"];

    #[test]
    fn modes_conflict_as_in_the_manual() {
        for (row, one) in TABLE.iter().zip(LockMode::ALL) {
            for (cell, other) in row.chars().zip(LockMode::ALL) {
                assert_eq!(one.conflicts_with(other), cell == 'X', "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for mode in LockMode::ALL {
            assert_eq!(LockMode::of_pg_locks(mode.pg_locks()), Some(mode));
        }
        assert_eq!(LockMode::of_pg_locks("SIReadLock"), None);
    }
}
