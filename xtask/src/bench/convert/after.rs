//! What is in the table afterwards, held against what the application was answered. Pure.

use crate::failure::{Failure, Outcome};
use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct After {
    /// Rows that are missing (below 0: too many), by the inserts that were answered.
    pub(super) rows_lost: i64,
    /// Rows whose id is there twice.
    pub(super) rows_doubled: i64,
    /// Updates that were answered and are not in the table (below 0: done twice).
    pub(super) updates_lost: i64,
    /// Rows with another content than they were made with.
    pub(super) rows_changed: i64,
    pub(super) partitions: i64,
}

/// What was there, and what the application was answered since.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    pub(super) rows: u64,
    pub(super) inserts: usize,
    pub(super) updates: usize,
}

impl After {
    /// From the line that `after.sql` prints.
    pub(super) fn of(line: &str, before: Before) -> Outcome<Self> {
        let unreadable = || Failure::because("look at the table afterwards", format!("it says {line:?}"));
        let numbers: Option<Vec<i64>> = line.split('|').map(|text| text.trim().parse().ok()).collect();
        let [rows, doubled, updates, changed, old, partitions] = numbers.ok_or_else(unreadable)?[..] else {
            return Err(unreadable());
        };
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let expected = signed(before.rows) + signed(before.inserts as u64);
        // Neither an old row that is gone nor a new one may hide behind the other.
        let old_lost = signed(before.rows) - old;
        let lost = expected - rows;
        Ok(Self {
            rows_lost: if old_lost == 0 { lost } else { lost.abs().max(old_lost.abs()) },
            rows_doubled: doubled,
            updates_lost: signed(before.updates as u64) - updates,
            rows_changed: changed,
            partitions,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "rows_lost": self.rows_lost,
            "rows_doubled": self.rows_doubled,
            "updates_lost": self.updates_lost,
            "rows_changed": self.rows_changed,
            "partitions": self.partitions,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{After, Before};

    #[test]
    fn what_is_missing_is_told() {
        let check = |line: &str, expected: [i64; 4]| {
            let before = Before { rows: 1000, inserts: 10, updates: 20 };
            let after = After::of(line, before).expect("figures");
            let found = [after.rows_lost, after.rows_doubled, after.updates_lost, after.rows_changed];
            assert_eq!(found, expected, "{line}");
            assert_eq!(after.partitions, 27);
        };
        check("1010|0|20|0|1000|27", [0, 0, 0, 0]);
        check("1009|0|19|0|1000|27", [1, 0, 1, 0]);
        check("1011|1|21|3|1001|27", [1, 1, -1, 3]);
        // One that was lost and one that came twice.
        check("1010|1|20|0|999|27", [1, 1, 0, 0]);
    }

    #[test]
    fn anything_else_is_an_error() {
        let before = Before { rows: 1, inserts: 0, updates: 0 };
        for line in ["", "1|0|0", "1|0|x|0|1|1", "1|0|0|0|1|1|1"] {
            assert!(After::of(line, before).is_err(), "{line}");
        }
    }
}
