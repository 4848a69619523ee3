//! How bad a finding is on the table as it is: severity follows size and use.

use std::time::Duration;

use pgrefit_report::{Status, human_bytes, human_duration};

use crate::schema::Usage;

/// What is done with a whole table, in the order of what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
    /// Rows are lost, which takes no time.
    Loss,
    /// Every row is read.
    Scan,
    /// An index is built: rows are read and sorted.
    Build,
    /// Every row is looked up in another table.
    LookUp,
    /// Table and indexes are written anew.
    Rewrite,
    /// Rows are changed one by one.
    Change,
}

// Bytes a second. Measured with one backend of PostgreSQL 18 on two busy cores, on a million rows (205 MB) in memory: CHECK
// 830 to 1,400 MB/s, foreign key 117, index on integers 510 and on text 190, type change 83, a uuid for each row 27, UPDATE
// of all rows 23. Taken is a third of the middle of these: a live server has other work, disks, and WAL to ship.
const SCAN: u64 = 300_000_000;
const LOOK_UP: u64 = 40_000_000;
const BUILD: u64 = 100_000_000;
const REWRITE: u64 = 20_000_000;
const CHANGE: u64 = 8_000_000;

/// Bytes of a row with hardly anything in it: header, line pointer and a column.
const LEAST_ROW: u64 = 36;

/// A stall that nobody notices, and one that users feel.
const SHORT: Duration = Duration::from_millis(100);
const FELT: Duration = Duration::from_secs(1);

impl Cost {
    /// How long the work takes on a table of this size, to the order of magnitude; nothing for what takes no time.
    #[must_use]
    pub fn estimate(self, usage: &Usage) -> Option<Duration> {
        // Sizes are those of the last VACUUM or ANALYZE; counted rows may be ahead of them.
        let heap = usage.bytes.max(usage.rows.unwrap_or(0).saturating_mul(LEAST_ROW));
        let (bytes, rate) = match self {
            Self::Scan => (heap, SCAN),
            Self::Build => (heap, BUILD),
            Self::LookUp => (heap, LOOK_UP),
            Self::Rewrite => (heap + usage.index_bytes, REWRITE),
            Self::Change => (heap + usage.index_bytes, CHANGE),
            Self::Loss => return None,
        };
        Some(Duration::from_millis(bytes.saturating_mul(1000) / rate))
    }

    /// The level for a table of this size, given the level for one whose size is not known. `None` for a table that is
    /// empty: then there is nothing to say.
    pub(crate) fn level(self, usage: &Usage, level: Status) -> Option<Status> {
        // 0 rows with pages, or no word about rows, is a table that was not analysed lately.
        match usage.rows {
            Some(0) if usage.bytes <= 8192 => return None,
            None if usage.bytes == 0 => return Some(level),
            _ => {}
        }
        match self.estimate(usage) {
            Some(time) if time < SHORT => Some(level.min(Status::Info)),
            Some(time) if time < FELT => Some(level.min(Status::Warn)),
            _ => Some(level),
        }
    }
}

/// Size and use in a few words: `12 GB, 80M rows, 3000 writes/s`.
pub(crate) fn describe(usage: &Usage) -> String {
    let mut words = vec![human_bytes(usage.bytes)];
    if let Some(rows) = usage.rows {
        words.push(format!("{} rows", short_count(rows)));
    }
    for (rate, what) in [(usage.reads_per_s, "scans/s"), (usage.writes_per_s, "writes/s")] {
        if let Some(rate) = rate.filter(|rate| *rate >= 0.05) {
            let digits = usize::from(rate < 10.0);
            words.push(format!("{rate:.digits$} {what}"));
        }
    }
    words.join(", ")
}

/// `80M`, `1.2k`, `17`.
fn short_count(count: u64) -> String {
    let units = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    match units.into_iter().find(|(size, _)| count >= *size) {
        Some((size, unit)) if count / size >= 10 => format!("{}{unit}", count / size),
        Some((size, unit)) => format!("{}.{}{unit}", count / size, count % size * 10 / size),
        None => count.to_string(),
    }
}

/// `about 3 min`.
pub(crate) fn about(time: Duration) -> String {
    format!("about {}", human_duration(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::{Cost, Status, Usage};

    #[test]
    fn levels_follow_the_size() {
        let check = |cost: Cost, bytes: u64, rows: Option<u64>, expected: Option<Status>| {
            let usage = Usage { rows, bytes, ..Usage::default() };
            assert_eq!(cost.level(&usage, Status::Fail), expected, "{cost:?} {bytes} {rows:?}");
        };
        check(Cost::Build, 0, None, Some(Status::Fail));
        check(Cost::Build, 0, Some(0), None);
        check(Cost::Build, 8192, Some(0), None);
        check(Cost::Build, 8192, None, Some(Status::Info));
        check(Cost::Build, 1_000_000, Some(10_000), Some(Status::Info));
        check(Cost::Build, 20_000_000, Some(200_000), Some(Status::Warn));
        check(Cost::Build, 12_000_000_000, Some(80_000_000), Some(Status::Fail));
        check(Cost::Loss, 8192, Some(3), Some(Status::Fail));
        check(Cost::Loss, 0, Some(0), None);
    }
}
