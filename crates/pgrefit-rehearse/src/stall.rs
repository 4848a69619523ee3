//! How long an application would have stood still: from when a lock that keeps out its reads, or its writes, was granted
//! until it was given back, on each relation that existed before.

use pgrefit_sql::LockMode;

use crate::{FileTrace, LockTrace, StepTrace, StepWay, Trace};

/// What stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stalled {
    /// Queries, and writes with them: only ACCESS EXCLUSIVE keeps them out.
    Reads,
    /// `INSERT`, `UPDATE`, `DELETE`: SHARE and stronger keep them out.
    Writes,
}

/// A time for which an application cannot use a relation.
#[derive(Debug, Clone, PartialEq)]
pub struct Stall {
    /// The table, view or sequence, quoted.
    pub relation: String,
    /// What stands still.
    pub stalled: Stalled,
    /// The first lock that has that effect.
    pub mode: LockMode,
    /// For how long, in milliseconds.
    pub held_ms: f64,
    /// Since when, in milliseconds since the rehearsal began.
    pub from_ms: f64,
    /// The version of the migration.
    pub version: i64,
    /// The migration.
    pub title: String,
    /// Its file.
    pub path: String,
    /// The first statement of the step.
    pub step: usize,
    /// The statement that took the lock.
    pub statement: usize,
    /// Its line.
    pub line: usize,
    /// Its column.
    pub column: usize,
    /// The text of that line.
    pub source_line: String,
    /// The longest statement that ran while the lock was held, by its number.
    pub longest_statement: usize,
    /// How long it ran.
    pub longest_ms: f64,
    /// The server's estimate of the relation's rows, on the copy.
    pub rows_estimate: Option<u64>,
    /// The relation's size, on the copy.
    pub bytes: Option<u64>,
}

impl Stalled {
    fn is_by(self, mode: LockMode) -> bool {
        match self {
            Self::Reads => mode.blocks_reads(),
            Self::Writes => mode.blocks_writes(),
        }
    }

    /// `reads`, `writes`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
        }
    }
}

/// Every stall, the longest first; one for each relation, step and kind.
///
/// The copy's own rows were there, so nothing is scaled: of a copy that is smaller than its source, [`Stall::rows_estimate`]
/// and [`Stall::bytes`] say how much smaller.
#[must_use]
pub fn stalls(trace: &Trace) -> Vec<Stall> {
    let mut stalls: Vec<Stall> = trace
        .steps()
        .flat_map(|(file, step)| {
            [Stalled::Reads, Stalled::Writes]
                .into_iter()
                .flat_map(move |stalled| of_step(trace, file, step, stalled))
        })
        .collect();
    stalls.sort_by(|a, b| b.held_ms.total_cmp(&a.held_ms).then_with(|| a.stalled.cmp(&b.stalled)));
    stalls
}

/// The longest stall of a kind, in milliseconds; 0 if there is none.
#[must_use]
pub fn predicted_stall_ms(trace: &Trace, stalled: Stalled) -> f64 {
    stalls(trace).iter().find(|stall| stall.stalled == stalled).map_or(0.0, |stall| stall.held_ms)
}

fn of_step(trace: &Trace, file: &FileTrace, step: &StepTrace, stalled: Stalled) -> Vec<Stall> {
    let is_meant =
        |lock: &&LockTrace| lock.existed_before && lock.granted_ms.is_some() && stalled.is_by(lock.mode);
    let locks: Vec<&LockTrace> = step.locks.iter().filter(is_meant).collect();
    let mut relations: Vec<&str> = locks.iter().map(|lock| lock.relation.as_str()).collect();
    relations.sort_unstable();
    relations.dedup();
    relations
        .into_iter()
        .filter_map(|relation| {
            let own: Vec<&LockTrace> =
                locks.iter().copied().filter(|lock| lock.relation == relation).collect();
            of_relation(trace, file, step, stalled, &own)
        })
        .collect()
}

fn of_relation(
    trace: &Trace,
    file: &FileTrace,
    step: &StepTrace,
    stalled: Stalled,
    locks: &[&LockTrace],
) -> Option<Stall> {
    let span = span(step, locks)?;
    let statement = step.statement(span.lock.statement);
    let longest = longest(step, span.from_ms, span.until_ms);
    let relation = trace.relations.get(&span.lock.relation);
    Some(Stall {
        relation: span.lock.relation.clone(),
        stalled,
        mode: span.lock.mode,
        held_ms: span.held_ms,
        from_ms: span.from_ms,
        version: file.version,
        title: file.title.clone(),
        path: file.path.clone(),
        step: step.number,
        statement: statement.map_or(span.lock.statement, |statement| statement.number),
        line: statement.map_or(1, |statement| statement.line),
        column: statement.map_or(1, |statement| statement.column),
        source_line: statement.map(|statement| statement.source_line.clone()).unwrap_or_default(),
        longest_statement: longest.0,
        longest_ms: longest.1,
        rows_estimate: relation.and_then(|relation| relation.rows_estimate),
        bytes: relation.and_then(|relation| relation.bytes),
    })
}

struct Span<'t> {
    lock: &'t LockTrace,
    from_ms: f64,
    until_ms: f64,
    held_ms: f64,
}

/// In a transaction a lock is kept, and one follows the other; outside of one each counts for itself.
fn span<'t>(step: &StepTrace, locks: &[&'t LockTrace]) -> Option<Span<'t>> {
    let granted = |lock: &LockTrace| lock.granted_ms.unwrap_or(lock.until_ms);
    if step.way == StepWay::Transaction {
        let first = locks.iter().min_by(|a, b| granted(a).total_cmp(&granted(b)))?;
        let until_ms = locks.iter().map(|lock| lock.until_ms).fold(granted(first), f64::max);
        let from_ms = granted(first);
        return Some(Span { lock: first, from_ms, until_ms, held_ms: until_ms - from_ms });
    }
    let longest = locks.iter().max_by(|a, b| a.held_ms.total_cmp(&b.held_ms))?;
    let (from_ms, until_ms) = (granted(longest), longest.until_ms);
    Some(Span { lock: longest, from_ms, until_ms, held_ms: longest.held_ms })
}

/// The statement that ran longest within a time, and how long of it.
fn longest(step: &StepTrace, from_ms: f64, until_ms: f64) -> (usize, f64) {
    // Of several that took as long, the first.
    let within = step.statements.iter().rev().map(|statement| {
        let ms = statement.ended_ms().min(until_ms) - statement.started_ms.max(from_ms);
        (statement.number, ms.max(0.0))
    });
    within.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((step.number, 0.0))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::StatementTrace;

    /// A trace of one step with statements of one second each, and locks `relation mode statement granted until`.
    pub(crate) fn sample(way: StepWay, statements: u32, locks: &str) -> Trace {
        let statement = |number: u32| {
            let started_ms = f64::from(number - 1) * 1000.0;
            let number = usize::try_from(number).unwrap();
            StatementTrace {
                number,
                line: number,
                column: 1,
                started_ms,
                duration_ms: 1000.0,
                ..Default::default()
            }
        };
        let step = StepTrace {
            number: 1,
            way,
            statements: (1..=statements).map(statement).collect(),
            locks: locks.lines().map(str::trim).filter(|line| !line.is_empty()).map(lock).collect(),
            committed: true,
            ..Default::default()
        };
        let file = FileTrace { version: 1, title: "V1__a".into(), steps: vec![step], ..Default::default() };
        Trace { files: vec![file], ..Default::default() }
    }

    fn lock(line: &str) -> LockTrace {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [relation, mode, statement, granted, until] = words[..] else { panic!("{line}") };
        let mode = LockMode::of_pg_locks(&format!("{mode}Lock")).unwrap();
        let (granted, until): (f64, f64) = (granted.parse().unwrap(), until.parse().unwrap());
        LockTrace {
            relation: relation.trim_start_matches('+').to_owned(),
            mode,
            existed_before: !relation.starts_with('+'),
            statement: statement.parse().unwrap(),
            asked_ms: None,
            granted_ms: (granted >= 0.0).then_some(granted),
            until_ms: until,
            held_ms: until - granted.max(0.0),
            times: 1,
            on_parts_only: false,
        }
    }

    fn check(way: StepWay, locks: &str, expected: &[&str]) {
        let found: Vec<String> = stalls(&sample(way, 3, locks))
            .iter()
            .map(|stall| {
                format!(
                    "{} {} {} by {} in {}, longest {}",
                    stall.relation,
                    stall.stalled.word(),
                    stall.held_ms,
                    stall.mode.sql(),
                    stall.statement,
                    stall.longest_statement
                )
            })
            .collect();
        assert_eq!(found, expected, "{locks}");
    }

    #[test]
    fn a_stall_lasts_from_the_lock_to_the_commit() {
        use StepWay::{Alone, Transaction};
        check(Transaction, "", &[]);
        check(Transaction, "a RowExclusive 1 0 3000\na AccessShare 1 0 3000", &[]);
        check(Transaction, "a ShareUpdateExclusive 1 0 3000", &[]);
        check(Transaction, "a Share 2 1000 3010", &["a writes 2010 by SHARE in 2, longest 2"]);
        check(
            Transaction,
            "a AccessExclusive 1 0 3000",
            &[
                "a reads 3000 by ACCESS EXCLUSIVE in 1, longest 1",
                "a writes 3000 by ACCESS EXCLUSIVE in 1, longest 1",
            ],
        );
        check(
            Transaction,
            "a Share 1 0 3000\na AccessExclusive 3 2500 3000",
            &["a writes 3000 by SHARE in 1, longest 1", "a reads 500 by ACCESS EXCLUSIVE in 3, longest 3"],
        );
        // A relation that the file made, and a lock that was never granted, are in nobody's way.
        check(Transaction, "+a AccessExclusive 1 0 3000\nb AccessExclusive 1 -1 3000", &[]);
        check(
            Transaction,
            "a Share 1 0 3000\nb ShareRowExclusive 2 1000 3000",
            &[
                "a writes 3000 by SHARE in 1, longest 1",
                "b writes 2000 by SHARE ROW EXCLUSIVE in 2, longest 2",
            ],
        );
        // Outside of a transaction the pause between two locks is no stall.
        check(
            Alone,
            "a AccessExclusive 1 0 10\na Exclusive 1 900 920",
            &["a writes 20 by EXCLUSIVE in 1, longest 1", "a reads 10 by ACCESS EXCLUSIVE in 1, longest 1"],
        );
    }

    #[test]
    fn the_longest_is_the_prediction() {
        let trace = sample(StepWay::Transaction, 3, "a Share 1 0 3000\nb AccessExclusive 2 1000 3000");
        assert!((predicted_stall_ms(&trace, Stalled::Reads) - 2000.0).abs() < 0.001);
        assert!((predicted_stall_ms(&trace, Stalled::Writes) - 3000.0).abs() < 0.001);
        assert!(predicted_stall_ms(&Trace::default(), Stalled::Reads).abs() < 0.001);
    }
}
