//! What the server counted while a benchmark ran: the difference of two readings of its statistics. What it does not count, or
//! does not show to this role, is said; it is never a zero.

mod reading;
mod statements;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(super) use reading::Reading;

/// Numbers by the names that PostgreSQL's views have for them.
pub type Numbers = BTreeMap<String, f64>;

/// What was counted, or why nothing was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen<T> {
    /// It was counted.
    Counted(T),
    /// It was not, because of this.
    Missing(String),
}

/// The counters of the time from before a run to its end: of everybody's work, not of the benchmark's alone, but for those of
/// statements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Of this database, `pg_stat_database`: blocks, rows, temporary files, transactions, deadlocks.
    pub database: Seen<Numbers>,
    /// `pg_stat_wal`, from PostgreSQL 14 on.
    pub wal: Seen<Numbers>,
    /// Client backends in `pg_stat_io`, from PostgreSQL 16 on.
    pub io: Seen<Numbers>,
    /// The workload's statements in `pg_stat_statements`, by their names in the workload.
    pub statements: Seen<BTreeMap<String, Numbers>>,
}

impl<T> Seen<T> {
    /// What was counted.
    pub fn counted(&self) -> Option<&T> {
        match self {
            Self::Counted(counted) => Some(counted),
            Self::Missing(_) => None,
        }
    }

    /// Why nothing was.
    pub fn missing(&self) -> Option<&str> {
        match self {
            Self::Counted(_) => None,
            Self::Missing(why) => Some(why),
        }
    }
}

impl Counters {
    /// From one reading to a later one, with three decimals. A counter that went down was reset meanwhile, so that nothing is known of it.
    pub(super) fn between(before: &Reading, after: &Reading) -> Self {
        Self {
            database: of_view(&before.database, &after.database),
            wal: of_view(&before.wal, &after.wal),
            io: of_view(&before.io, &after.io),
            statements: of_statements(&before.statements, &after.statements),
        }
    }

    /// The share of blocks that this database found in shared buffers, from 0 to 1; none if none were read or it was not counted.
    #[must_use]
    pub fn cache_hit_ratio(&self) -> Option<f64> {
        let counted = self.database.counted()?;
        let (hit, read) = (counted.get("blks_hit")?, counted.get("blks_read")?);
        (hit + read > 0.0).then(|| hit / (hit + read))
    }

    /// What was not counted, each with its reason.
    #[must_use]
    pub fn missing(&self) -> Vec<(&'static str, &str)> {
        let views = [
            ("pg_stat_database", self.database.missing()),
            ("pg_stat_wal", self.wal.missing()),
            ("pg_stat_io", self.io.missing()),
            ("pg_stat_statements", self.statements.missing()),
        ];
        views.into_iter().filter_map(|(view, why)| Some((view, why?))).collect()
    }
}

fn of_view(before: &Seen<Numbers>, after: &Seen<Numbers>) -> Seen<Numbers> {
    match (before, after) {
        (Seen::Counted(before), Seen::Counted(after)) => difference(before, after),
        (Seen::Missing(why), _) | (_, Seen::Missing(why)) => Seen::Missing(why.clone()),
    }
}

fn difference(before: &Numbers, after: &Numbers) -> Seen<Numbers> {
    let pairs = after.iter().filter_map(|(key, after)| Some((key, after - before.get(key)?)));
    let differences: Numbers =
        pairs.map(|(key, grown)| (key.clone(), (grown * 1000.0).round() / 1000.0)).collect();
    if differences.values().any(|grown| *grown < 0.0) {
        return Seen::Missing("the statistics were reset meanwhile".to_owned());
    }
    Seen::Counted(differences)
}

type ByStatement = BTreeMap<String, Numbers>;

/// A statement that was not known before has counted from nothing.
fn of_statements(before: &Seen<ByStatement>, after: &Seen<ByStatement>) -> Seen<ByStatement> {
    let (before, after) = match (before, after) {
        (Seen::Counted(before), Seen::Counted(after)) => (before, after),
        (Seen::Missing(why), _) | (_, Seen::Missing(why)) => return Seen::Missing(why.clone()),
    };
    let mut found = ByStatement::new();
    for (name, after) in after {
        let nothing = after.keys().map(|key| (key.clone(), 0.0)).collect();
        match difference(before.get(name).unwrap_or(&nothing), after) {
            Seen::Counted(numbers) => drop(found.insert(name.clone(), numbers)),
            Seen::Missing(why) => return Seen::Missing(why),
        }
    }
    Seen::Counted(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(pairs: &[(&str, f64)]) -> Numbers {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect()
    }

    #[track_caller]
    fn check(before: &Seen<Numbers>, after: &Seen<Numbers>, expected: &Seen<Numbers>) {
        assert_eq!(of_view(before, after), *expected);
    }

    #[test]
    fn differences_or_a_reason() {
        let counted = |pairs: &[(&str, f64)]| Seen::Counted(numbers(pairs));
        let missing = |why: &str| Seen::Missing(why.to_owned());
        let two = |a, b| counted(&[("a", a), ("b", b)]);
        check(&two(1.0, 5.0), &two(3.0, 5.0), &two(2.0, 0.0));
        check(&counted(&[("a", 1.0)]), &counted(&[("a", 1.5), ("new", 9.0)]), &counted(&[("a", 0.5)]));
        check(
            &counted(&[("a", 3.0)]),
            &counted(&[("a", 1.0)]),
            &missing("the statistics were reset meanwhile"),
        );
        check(&missing("no view"), &counted(&[]), &missing("no view"));
        check(&counted(&[]), &missing("gone"), &missing("gone"));
    }

    #[test]
    fn a_new_statement_counts_from_nothing() {
        let of = |name: &str, calls| {
            Seen::Counted(BTreeMap::from([(name.to_owned(), numbers(&[("calls", calls)]))]))
        };
        let found = of_statements(&of("a", 5.0), &of("b", 7.0));
        assert_eq!(found, of("b", 7.0));
        assert_eq!(of_statements(&of("a", 5.0), &of("a", 7.0)), of("a", 2.0));
        assert!(of_statements(&of("a", 5.0), &of("a", 2.0)).missing().is_some());
    }

    #[test]
    fn the_hit_ratio_is_known_or_not() {
        let counters = |database| Counters {
            database,
            wal: Seen::Missing(String::new()),
            io: Seen::Missing(String::new()),
            statements: Seen::Missing(String::new()),
        };
        let check = |found: Seen<Numbers>, expected| assert_eq!(counters(found).cache_hit_ratio(), expected);
        check(Seen::Counted(numbers(&[("blks_hit", 3.0), ("blks_read", 1.0)])), Some(0.75));
        check(Seen::Counted(numbers(&[("blks_hit", 0.0), ("blks_read", 0.0)])), None);
        check(Seen::Counted(numbers(&[("blks_hit", 3.0)])), None);
        check(Seen::Missing("no".to_owned()), None);
    }
}
