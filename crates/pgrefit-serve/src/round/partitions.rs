//! Partition sets of a database: how far they reach, and what is wrong with them.

use pgrefit_lifecycle::{Error, Point, SetStatus, status};
use pgrefit_pg::ReadOnly;

use super::{Missed, failure, note};
use crate::board::{Dated, Part, Seat};

/// Warnings that are kept of one set.
const WARNINGS_MAX: usize = 20;

/// How one partition set is.
#[derive(Debug, Clone)]
pub(crate) struct Partition {
    pub(crate) table: String,
    pub(crate) partitions: usize,
    pub(crate) bytes: u64,
    pub(crate) ahead: usize,
    pub(crate) ahead_wanted: u32,
    /// Until when rows have a partition, in seconds since 1970; of a key that is a moment.
    pub(crate) ready_until: Option<i64>,
    pub(crate) due: usize,
    pub(crate) warnings: Vec<String>,
    pub(crate) warnings_count: usize,
}

impl Partition {
    fn of(status: SetStatus) -> Self {
        let warnings_count = status.warnings.len();
        Self {
            ready_until: ready_until(&status),
            table: status.name.map_or(status.table, |name| name.to_string()),
            partitions: status.partitions.len(),
            bytes: status.bytes,
            ahead: status.ahead,
            ahead_wanted: status.ahead_wanted,
            due: status.due.len(),
            warnings: status.warnings.into_iter().take(WARNINGS_MAX).collect(),
            warnings_count,
        }
    }
}

/// 0 if rows of now have no partition, and nothing if there is no end to tell.
fn ready_until(status: &SetStatus) -> Option<i64> {
    match (status.ready_until, status.ahead_days) {
        (Some(Point::Time(until)), _) => Some(until.assume_utc().unix_timestamp()),
        (None, Some(_)) => Some(0),
        _ => None,
    }
}

/// For how many seconds from `now` on every row has a partition, of the set for which that is shortest.
pub(crate) fn headroom(sets: &[Partition], now: i64) -> Option<i64> {
    sets.iter().filter_map(|set| set.ready_until).min().map(|until| (until - now).max(0))
}

/// Reads the sets; locks: those of [`pgrefit_lifecycle::status()`].
pub(super) async fn look(session: &mut ReadOnly, seat: &Seat) -> Result<(), Missed> {
    if seat.target.sets.is_empty() {
        return Ok(());
    }
    let problem = match status(session, &seat.target.sets, None).await {
        Ok(sets) => {
            let sets: Vec<Partition> = sets.into_iter().map(Partition::of).collect();
            seat.write(|seen| seen.partitions = Some(Dated::now(sets)));
            None
        }
        Err(error) => {
            let told = failure(&error, error.hint());
            Some((told, if let Error::Server { source, .. } = error { Some(source) } else { None }))
        }
    };
    note(seat, Part::Partitions, problem)
}

#[cfg(test)]
mod tests {
    use pgrefit_lifecycle::{Point, SetStatus};
    use time::macros::datetime;

    use super::{Partition, headroom};

    fn set(ready_until: Option<Point>, ahead_days: Option<i64>) -> Partition {
        Partition::of(SetStatus { ready_until, ahead_days, ..SetStatus::default() })
    }

    #[test]
    fn the_shortest_headroom_counts_and_numbers_have_none() {
        let soon = set(Some(Point::Time(datetime!(1970-01-02 0:00))), Some(1));
        let late = set(Some(Point::Time(datetime!(1970-01-09 0:00))), Some(8));
        let numbers = set(Some(Point::Number(7)), None);
        let broken = set(None, Some(-3));
        let check = |sets: &[&Partition], expected: Option<i64>| {
            let sets: Vec<Partition> = sets.iter().map(|set| (*set).clone()).collect();
            assert_eq!(headroom(&sets, 3600), expected);
        };
        check(&[], None);
        check(&[&numbers], None);
        check(&[&late, &soon, &numbers], Some(82_800));
        check(&[&late, &broken], Some(0));
    }
}
