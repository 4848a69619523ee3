//! A trace as lines on a time axis, for charts.

use serde::{Deserialize, Serialize};

use crate::{FileTrace, StepTrace, Trace};

/// What ran and what was locked, in milliseconds since the rehearsal began.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LockWindows {
    /// Statements in order.
    pub statements: Vec<StatementWindow>,
    /// Locks that were granted, by when.
    pub locks: Vec<LockWindow>,
}

/// When a statement ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatementWindow {
    /// The version of its migration.
    pub version: i64,
    /// The migration.
    pub title: String,
    /// The first statement of its step.
    pub step: usize,
    /// Its number.
    pub statement: usize,
    /// Its line.
    pub line: usize,
    /// The text of that line.
    pub source_line: String,
    /// Its begin.
    pub start_ms: f64,
    /// Its end.
    pub end_ms: f64,
}

/// When a lock was held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LockWindow {
    /// The version of the migration.
    pub version: i64,
    /// The migration.
    pub title: String,
    /// The first statement of the step.
    pub step: usize,
    /// The statement that took it.
    pub statement: usize,
    /// The table, view or sequence, quoted.
    pub relation: String,
    /// The mode as SQL writes it.
    pub mode: String,
    /// Whether the relation existed before the file.
    pub existed_before: bool,
    /// Whether reads have to wait for it.
    pub blocks_reads: bool,
    /// Whether writes have to wait for it.
    pub blocks_writes: bool,
    /// When it was granted.
    pub granted_ms: f64,
    /// When it was given back.
    pub until_ms: f64,
}

/// The lines of a chart. Locks that were never granted are left out.
#[must_use]
pub fn lock_windows(trace: &Trace) -> LockWindows {
    let mut windows = LockWindows::default();
    for (file, step) in trace.steps() {
        windows.statements.extend(statements(file, step));
        windows.locks.extend(locks(file, step));
    }
    windows.locks.sort_by(|a, b| a.granted_ms.total_cmp(&b.granted_ms));
    windows
}

fn statements(file: &FileTrace, step: &StepTrace) -> impl Iterator<Item = StatementWindow> {
    step.statements.iter().map(|statement| StatementWindow {
        version: file.version,
        title: file.title.clone(),
        step: step.number,
        statement: statement.number,
        line: statement.line,
        source_line: statement.source_line.clone(),
        start_ms: statement.started_ms,
        end_ms: statement.ended_ms(),
    })
}

fn locks(file: &FileTrace, step: &StepTrace) -> impl Iterator<Item = LockWindow> {
    step.locks.iter().filter_map(|lock| {
        Some(LockWindow {
            version: file.version,
            title: file.title.clone(),
            step: step.number,
            statement: lock.statement,
            relation: lock.relation.clone(),
            mode: lock.mode.sql().to_owned(),
            existed_before: lock.existed_before,
            blocks_reads: lock.mode.blocks_reads(),
            blocks_writes: lock.mode.blocks_writes(),
            granted_ms: lock.granted_ms?,
            until_ms: lock.until_ms,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::lock_windows;
    use crate::StepWay;
    use crate::stall::tests::sample;

    #[test]
    fn windows_are_in_the_order_of_time() {
        let locks = "b Share 2 1000 3000\na AccessExclusive 1 5 3000\nc Share 1 -1 10";
        let windows = lock_windows(&sample(StepWay::Transaction, 3, locks));
        let found: Vec<String> = windows
            .locks
            .iter()
            .map(|lock| {
                format!(
                    "{} {} {}-{} {}",
                    lock.relation, lock.mode, lock.granted_ms, lock.until_ms, lock.blocks_reads
                )
            })
            .collect();
        assert_eq!(found, ["a ACCESS EXCLUSIVE 5-3000 true", "b SHARE 1000-3000 false"]);
        let spans: Vec<String> =
            windows.statements.iter().map(|s| format!("{}-{}", s.start_ms, s.end_ms)).collect();
        assert_eq!(spans, ["0-1000", "1000-2000", "2000-3000"]);
    }
}
