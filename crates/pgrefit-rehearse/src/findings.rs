//! What a trace means, as findings: each with the place in the file, the numbers, and what helps.

use pgrefit_report::{Cell, Finding, Location, Status, human_bytes, human_duration};
use pgrefit_sql::LockMode;

use crate::stall::{Stall, Stalled, stalls};
use crate::{CanaryError, CanaryKind, Failure, FileTrace, RelationKind, StatementTrace, Trace};

/// From when on something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Reads or writes may stand still for so many milliseconds.
    pub stall_ms: u64,
    /// A table of so many bytes may be rewritten.
    pub rewrite_bytes: u64,
    /// So many rows may be read while writes are kept out.
    pub scan_rows: u64,
}

impl Default for Limits {
    /// A second; 100 MiB; 100000 rows.
    fn default() -> Self {
        Self { stall_ms: 1000, rewrite_bytes: 100 << 20, scan_rows: 100_000 }
    }
}

/// All findings: what failed first, then by file.
///
/// Checks: `migration-fails`, `stall-over-limit`, `large-table-rewrite`, `scan-under-strong-lock`, `invalid-index-left`,
/// `constraint-not-validated`, `cached-plan-fails`, `prepared-query-fails`, `rehearsal-not-traced`.
#[must_use]
pub fn findings(trace: &Trace, limits: Limits) -> Vec<Finding> {
    let mut findings: Vec<Finding> = trace.failure.iter().map(of_failure).collect();
    findings.extend(of_stalls(trace, limits));
    for file in &trace.files {
        let statements = || file.steps.iter().filter(|step| step.committed).flat_map(|step| &step.statements);
        findings.extend(statements().flat_map(|statement| of_rewrites(file, statement, limits)));
        findings.extend(statements().flat_map(|statement| of_scans(file, statement, limits)));
        findings.extend(file.invalid_indexes.iter().map(|index| of_invalid_index(file, index)));
        findings.extend(file.unvalidated_constraints.iter().map(|name| of_constraint(file, name)));
    }
    findings.extend(trace.canary.errors.iter().map(|error| of_canary(trace, error)));
    findings.extend(trace.blind.iter().map(|blind| {
        Finding::new(
            "rehearsal-not-traced",
            Status::Info,
            format!("{} was not traced: {}", blind.what, blind.why),
        )
    }));
    findings
}

fn of_failure(failure: &Failure) -> Finding {
    let mut finding =
        Finding::new("migration-fails", Status::Fail, failure.message.clone()).confidence("certain");
    if let (Some(path), Some(line)) = (&failure.path, failure.line) {
        let text = failure.source_line.clone().unwrap_or_default();
        finding = finding.at(location(path, line, failure.column.unwrap_or(1), text));
    }
    if let Some(sqlstate) = &failure.sqlstate {
        finding = finding.number("sqlstate", sqlstate.as_str());
    }
    match &failure.hint {
        Some(hint) => finding.hint(hint.clone()),
        None => finding,
    }
}

/// One for each relation and step: where reads stand still, writes do too.
fn of_stalls(trace: &Trace, limits: Limits) -> Vec<Finding> {
    let over: Vec<Stall> =
        stalls(trace).into_iter().filter(|stall| stall.held_ms > whole(limits.stall_ms)).collect();
    let is_told_by_reads = |stall: &Stall| {
        stall.stalled == Stalled::Writes
            && over.iter().any(|reads| {
                reads.stalled == Stalled::Reads
                    && (&reads.relation, reads.version, reads.step)
                        == (&stall.relation, stall.version, stall.step)
                    && reads.held_ms >= stall.held_ms
            })
    };
    over.iter().filter(|stall| !is_told_by_reads(stall)).map(|stall| of_stall(trace, stall, limits)).collect()
}

fn of_stall(trace: &Trace, stall: &Stall, limits: Limits) -> Finding {
    let what = match stall.stalled {
        Stalled::Reads => "reads and writes",
        Stalled::Writes => "writes",
    };
    let held_ms = rounded(stall.held_ms);
    let message = format!(
        "{what} of {} would stand still for {}: {} is held from statement {} to COMMIT",
        stall.relation,
        human_duration(held_ms),
        stall.mode.sql(),
        stall.statement
    );
    let mut finding = Finding::new("stall-over-limit", Status::Fail, message)
        .about(stall.relation.clone())
        .kind("table")
        .number("stall_ms", Cell::DurationMs(held_ms))
        .number("limit_ms", Cell::DurationMs(limits.stall_ms))
        .number("lock", stall.mode.sql())
        .hint("`pgrefit migrate split` writes the file anew, in parts that an application does not notice")
        .caret(format!("takes {} on {}", stall.mode.sql(), stall.relation))
        .at(location(&stall.path, stall.line, stall.column, stall.source_line.clone()))
        .confidence("likely");
    if let Some(rows) = stall.rows_estimate {
        finding = finding.number("rows_estimate", integer(rows));
    }
    if let Some(bytes) = stall.bytes {
        finding = finding.number("relation_bytes", Cell::Bytes(bytes));
    }
    let other = (stall.longest_statement != stall.statement)
        .then(|| statement_of(trace, stall.version, stall.longest_statement))
        .flatten();
    match other {
        Some(longest) => finding.label(
            location(&stall.path, longest.line, longest.column, longest.source_line.clone()),
            format!("{} of it are spent here", human_duration(rounded(stall.longest_ms))),
        ),
        None => finding,
    }
}

fn of_rewrites(file: &FileTrace, statement: &StatementTrace, limits: Limits) -> Vec<Finding> {
    let is_large = |rewrite: &&crate::Rewrite| {
        let is_table = matches!(rewrite.kind, RelationKind::Table | RelationKind::MaterializedView);
        let is_emptied = rewrite.after_bytes == Some(0);
        rewrite.existed_before
            && is_table
            && !is_emptied
            && rewrite.before_bytes.unwrap_or(0) >= limits.rewrite_bytes
    };
    let told = |rewrite: &crate::Rewrite| {
        let (before, after) = (rewrite.before_bytes.unwrap_or(0), rewrite.after_bytes.unwrap_or(0));
        Finding::new(
            "large-table-rewrite",
            Status::Warn,
            format!("{} ({}) is written anew", rewrite.relation, human_bytes(before)),
        )
        .about(rewrite.relation.clone())
        .kind("table")
        .number("before_bytes", Cell::Bytes(before))
        .number("after_bytes", Cell::Bytes(after))
        .number("statement_ms", Cell::DurationMs(rounded(statement.duration_ms)))
        .number("wal_bytes", statement.wal_bytes.map_or(Cell::Missing, Cell::Bytes))
        .hint("as much disk again is needed meanwhile; add a column, fill it in batches, and change over")
        .at(place(file, statement))
        .confidence("certain")
    };
    statement.rewritten.iter().filter(is_large).map(told).collect()
}

fn of_scans(file: &FileTrace, statement: &StatementTrace, limits: Limits) -> Vec<Finding> {
    let is_told = |work: &&crate::Work| {
        work.existed_before
            && work.rows_scanned >= limits.scan_rows
            && work.under.is_some_and(LockMode::blocks_writes)
    };
    let told = |work: &crate::Work| {
        let mode = work.under.map_or("", LockMode::sql);
        Finding::new(
            "scan-under-strong-lock",
            Status::Warn,
            format!("{} rows of {} are read while {mode} is held on it", work.rows_scanned, work.relation),
        )
        .about(work.relation.clone())
        .kind("table")
        .number("rows_scanned", integer(work.rows_scanned))
        .number("statement_ms", Cell::DurationMs(rounded(statement.duration_ms)))
        .number("lock", mode)
        .hint(
            "`pgrefit migrate split` takes the reading out of the lock: NOT VALID and VALIDATE, CONCURRENTLY",
        )
        .at(place(file, statement))
        .confidence("certain")
    };
    statement.work.iter().filter(is_told).map(told).collect()
}

fn of_invalid_index(file: &FileTrace, index: &str) -> Finding {
    Finding::new(
        "invalid-index-left",
        Status::Fail,
        format!("{} leaves an index that no query can use: {index}", file.title),
    )
    .about(index)
    .kind("index")
    .at(location(&file.path, 1, 1, String::new()))
    .hint("find what its rows violate, drop it concurrently, and build it anew")
    .confidence("certain")
}

fn of_constraint(file: &FileTrace, name: &str) -> Finding {
    Finding::new(
        "constraint-not-validated",
        Status::Info,
        format!("{} leaves a constraint that old rows need not fulfil: {name}", file.title),
    )
    .about(name)
    .kind("constraint")
    .at(location(&file.path, 1, 1, String::new()))
    .hint("a later migration with VALIDATE CONSTRAINT, in a transaction of its own")
    .confidence("certain")
}

/// `cached-plan-fails` is over after a new connection; anything else is not.
fn of_canary(trace: &Trace, error: &CanaryError) -> Finding {
    let file = trace.files.iter().rev().find(|file| file.version == error.version);
    let is_contract = file.is_some_and(|file| file.phase.as_deref() == Some("contract"));
    let (check, status, hint) = match (error.sqlstate.as_str(), error.kind) {
        ("0A000", CanaryKind::Star) => (
            "cached-plan-fails",
            Status::Warn,
            "connected applications must name their columns instead of `SELECT *`, or connect anew, or run DEALLOCATE ALL \
             after the migration",
        ),
        ("0A000", CanaryKind::Columns) => (
            "cached-plan-fails",
            Status::Warn,
            "connected applications must connect anew, or run DEALLOCATE ALL after the migration: the type of a column \
             they name has changed",
        ),
        _ if is_contract => (
            "prepared-query-fails",
            Status::Warn,
            "see that no application uses it any more before this migration runs",
        ),
        _ => (
            "prepared-query-fails",
            Status::Fail,
            "first release an application that does not use it, then remove it, in a file with `-- pgrefit:phase contract`",
        ),
    };
    let query = match error.kind {
        CanaryKind::Star => "SELECT *",
        CanaryKind::Columns => "SELECT with all its columns",
    };
    let message =
        format!("a prepared {query} of {} fails after {}: {}", error.relation, error.title, error.message);
    let mut finding = Finding::new(check, status, message)
        .about(error.relation.clone())
        .kind("table")
        .number("sqlstate", error.sqlstate.as_str())
        .hint(hint)
        .confidence("certain");
    if let Some(file) = file {
        let step = file.steps.iter().rev().find(|step| step.number == error.step);
        finding = finding.at(match step.and_then(|step| step.statements.first()) {
            Some(statement) => place(file, statement),
            None => location(&file.path, 1, 1, String::new()),
        });
    }
    finding
}

fn statement_of(trace: &Trace, version: i64, number: usize) -> Option<&StatementTrace> {
    let steps = trace.steps().filter(|(file, _)| file.version == version);
    steps.flat_map(|(_, step)| &step.statements).find(|statement| statement.number == number)
}

fn place(file: &FileTrace, statement: &StatementTrace) -> Location {
    location(&file.path, statement.line, statement.column, statement.source_line.clone())
}

fn location(path: &str, line: usize, column: usize, text: String) -> Location {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Location { file: path.to_owned(), line: number(line), column: number(column), text, excerpt: None }
}

fn integer(count: u64) -> Cell {
    Cell::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "a limit in milliseconds")]
fn whole(ms: u64) -> f64 {
    ms as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length in milliseconds")]
fn rounded(ms: f64) -> u64 {
    ms.max(0.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stall::tests::sample;
    use crate::{Blind, FileTrace, Rewrite, StepTrace, StepWay, Work};

    fn check(trace: &Trace, expected: &[&str]) {
        let limits = Limits { stall_ms: 1000, rewrite_bytes: 1000, scan_rows: 100 };
        let found: Vec<String> = findings(trace, limits)
            .iter()
            .map(|finding| {
                format!("{} {} {}", finding.check, finding.status, finding.object.as_deref().unwrap_or("-"))
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_stall_is_told_once() {
        use StepWay::Transaction;
        check(&sample(Transaction, 3, "a AccessExclusive 1 0 3000"), &["stall-over-limit fail a"]);
        check(&sample(Transaction, 3, "a AccessExclusive 1 0 1000"), &[]);
        // Writes stand still for longer than reads.
        check(
            &sample(Transaction, 3, "a Share 1 0 3000\na AccessExclusive 2 1500 3000"),
            &["stall-over-limit fail a", "stall-over-limit fail a"],
        );
        check(
            &sample(Transaction, 3, "a AccessExclusive 1 0 3000\nb Share 1 0 2000"),
            &["stall-over-limit fail a", "stall-over-limit fail b"],
        );
    }

    fn with_statement(committed: bool, statement: StatementTrace) -> Trace {
        let step = StepTrace { committed, statements: vec![statement], ..StepTrace::default() };
        Trace { files: vec![FileTrace { steps: vec![step], ..FileTrace::default() }], ..Trace::default() }
    }

    #[test]
    fn only_large_tables_that_were_there_are_rewritten() {
        let check = |before: u64, after: u64, kind: RelationKind, existed_before: bool, expected: &[&str]| {
            let rewrite = Rewrite {
                relation: "a".into(),
                kind,
                existed_before,
                before_bytes: Some(before),
                after_bytes: Some(after),
                ..Rewrite::default()
            };
            let statement = StatementTrace { rewritten: vec![rewrite], ..StatementTrace::default() };
            check(&with_statement(true, statement.clone()), expected);
            check(&with_statement(false, statement), &[]);
        };
        let told = ["large-table-rewrite warn a"];
        check(1000, 900, RelationKind::Table, true, &told);
        check(999, 900, RelationKind::Table, true, &[]);
        check(5000, 0, RelationKind::Table, true, &[]);
        check(5000, 900, RelationKind::Index, true, &[]);
        check(5000, 900, RelationKind::MaterializedView, true, &told);
        check(5000, 900, RelationKind::Table, false, &[]);
    }

    #[test]
    fn only_scans_under_a_lock_that_keeps_writes_out_are_told() {
        let check = |rows_scanned: u64, under: Option<LockMode>, expected: &[&str]| {
            let work =
                Work { relation: "a".into(), existed_before: true, rows_scanned, under, ..Work::default() };
            check(
                &with_statement(true, StatementTrace { work: vec![work], ..StatementTrace::default() }),
                expected,
            );
        };
        check(100, Some(LockMode::Share), &["scan-under-strong-lock warn a"]);
        check(99, Some(LockMode::AccessExclusive), &[]);
        check(100, Some(LockMode::ShareUpdateExclusive), &[]);
        check(100, None, &[]);
    }

    #[test]
    fn what_was_not_seen_is_told() {
        let blind = Blind { what: "temp_bytes".into(), why: "why".into() };
        check(&Trace { blind: vec![blind], ..Trace::default() }, &["rehearsal-not-traced info -"]);
    }
}
