//! The statements as they were rehearsed beside as they were on the live database.

use std::collections::BTreeSet;
use std::time::Duration;

use pgrefit_history::{Applied, HeldLock};
use pgrefit_rehearse::{
    FileTrace, LockTrace, Stalled, StatementTrace, StepTrace, StepWay, Trace, predicted_stall_ms,
};
use pgrefit_report::Failure;
use pgrefit_report::evidence::{Execution, LockSpan, Statement, Step, Way};

use super::ms;

/// The steps that took effect, with what was predicted and what was. `existing` are the relations that were there before:
/// locks on others keep nobody out.
#[must_use]
pub fn steps(trace: Option<&Trace>, applied: &[Applied], existing: &BTreeSet<String>) -> Vec<Step> {
    let mut began = Duration::ZERO;
    let mut steps = Vec::new();
    for (index, migration) in applied.iter().enumerate() {
        let file = trace.and_then(|trace| trace.files.iter().find(|file| file.version == migration.version));
        let mut own = file.map_or_else(|| vec![Step::new(&migration.title, 1, Way::Transaction)], predicted);
        let live = Live { migration, existing, began };
        let last = own.len().saturating_sub(1);
        for (at, step) in own.iter_mut().enumerate() {
            live.add_to(step, file.and_then(|file| committed(file).nth(at)), last == 0);
        }
        began += applied.get(index).map_or(Duration::ZERO, |migration| migration.duration);
        steps.extend(own);
    }
    let is_live = |file: &&FileTrace| !applied.iter().any(|migration| migration.version == file.version);
    let rest = trace.into_iter().flat_map(|trace| &trace.files).filter(is_live);
    steps.extend(rest.flat_map(predicted));
    steps
}

/// The longest time for which a lock that keeps readers or writers of a table out was held on the live database, in
/// milliseconds, as an upper bound: a transaction may have held it as long as it was open, and a statement on its own, of which
/// the rehearsal has shown that it takes such a lock, as long as its migration took. Nothing if that is not known of each.
#[must_use]
pub fn longest_lock_ms(
    trace: Option<&Trace>,
    applied: &[Applied],
    existing: &BTreeSet<String>,
) -> Option<u64> {
    let each = applied.iter().map(|migration| lock_ms(trace, migration, existing));
    each.collect::<Option<Vec<u64>>>()?.into_iter().max()
}

/// The longest time for which readers or writers of a relation were kept out on the copy, in milliseconds.
#[must_use]
pub fn predicted_ms(trace: &Trace) -> u64 {
    let of = |stalled| rounded(predicted_stall_ms(trace, stalled));
    of(Stalled::Reads).max(of(Stalled::Writes))
}

fn lock_ms(trace: Option<&Trace>, migration: &Applied, existing: &BTreeSet<String>) -> Option<u64> {
    let strong = migration.held.iter().filter(|held| is_strong(held, existing));
    let held_ms = strong.map(|held| ms(held.open)).max().unwrap_or(0);
    if migration.probed.len() >= migration.statements {
        return Some(held_ms);
    }
    // Statements on their own, or in batches, are not looked at from inside.
    let file = trace?.files.iter().find(|file| file.version == migration.version)?;
    let alone = committed(file).filter(|step| step.way != StepWay::Transaction);
    let is_strong = |lock: &LockTrace| {
        let blocks = lock.mode.blocks_reads() || lock.mode.blocks_writes();
        blocks && lock.existed_before && lock.granted_ms.is_some()
    };
    let took_ms = ms(migration.duration.saturating_sub(migration.waited));
    let is_held = alone.flat_map(|step| &step.locks).any(is_strong);
    Some(if is_held { held_ms.max(took_ms) } else { held_ms })
}

fn is_strong(held: &HeldLock, existing: &BTreeSet<String>) -> bool {
    (held.mode.blocks_reads() || held.mode.blocks_writes()) && existing.contains(&held.relation)
}

/// The attempts that took effect, and one that failed.
fn committed(file: &FileTrace) -> impl Iterator<Item = &StepTrace> {
    let failed = |step: &StepTrace| step.statements.iter().any(|statement| statement.error.is_some());
    file.steps.iter().filter(move |step| step.committed || failed(step))
}

fn predicted(file: &FileTrace) -> Vec<Step> {
    committed(file)
        .enumerate()
        .map(|(index, trace)| {
            let way = match trace.way {
                StepWay::Transaction => Way::Transaction,
                StepWay::Alone => Way::Alone,
                StepWay::Batches => Way::Batches,
            };
            let mut step = Step::new(&file.title, u32::try_from(index + 1).unwrap_or(u32::MAX), way);
            step.statements = trace.statements.iter().map(|statement| rehearsed(trace, statement)).collect();
            let mut whole =
                Execution::new(rounded(trace.started_ms), rounded(trace.ended_ms - trace.started_ms));
            whole.wal_bytes = trace.wal_bytes;
            whole.batches =
                trace.statements.iter().find_map(|statement| statement.batches.as_ref()).map(|b| b.count);
            step.predicted = Some(whole);
            step
        })
        .collect()
}

fn rehearsed(step: &StepTrace, trace: &StatementTrace) -> Statement {
    let line = u32::try_from(trace.line).unwrap_or(u32::MAX);
    let mut statement = Statement::new(line, &trace.text);
    let mut execution =
        Execution::new(rounded(trace.started_ms - step.started_ms), rounded(trace.duration_ms));
    let own = step.locks.iter().filter(|lock| lock.statement == trace.number && lock.existed_before);
    execution.locks = own.filter_map(|lock| span(step, lock)).collect();
    execution.rewritten = trace.rewritten.iter().map(|rewrite| rewrite.object.clone()).collect();
    execution.wal_bytes = trace.wal_bytes;
    execution.temporary_bytes = trace.temp_bytes;
    let touched = trace.work.iter().map(|work| work.rows_inserted + work.rows_updated + work.rows_deleted);
    execution.rows_touched = Some(touched.sum());
    execution.rows_scanned = Some(trace.work.iter().map(|work| work.rows_scanned).sum());
    execution.error = trace.error.as_ref().map(|error| {
        let mut failure = Failure::new(error.message.clone());
        failure.sqlstate.clone_from(&error.sqlstate);
        failure.hint.clone_from(&error.hint);
        failure
    });
    statement.predicted = Some(execution);
    statement
}

fn span(step: &StepTrace, lock: &LockTrace) -> Option<LockSpan> {
    let granted = lock.granted_ms? - step.started_ms;
    let until = lock.until_ms - step.started_ms;
    Some(LockSpan::new(&lock.relation, lock.mode.sql(), rounded(granted), rounded(until)))
}

/// One migration on the live database.
struct Live<'a> {
    migration: &'a Applied,
    existing: &'a BTreeSet<String>,
    /// When it began, from the begin of the run.
    began: Duration,
}

impl Live<'_> {
    /// Adds to a step how it went here. `is_only` is a file with one step: all of its time is that of the step.
    fn add_to(&self, step: &mut Step, trace: Option<&StepTrace>, is_only: bool) {
        let numbers: Vec<usize> = trace
            .map(|trace| trace.statements.iter().map(|statement| statement.number).collect())
            .unwrap_or_default();
        let mut clock = Duration::ZERO;
        for (statement, number) in step.statements.iter_mut().zip(&numbers) {
            let Some(probed) = self.migration.probed.iter().find(|probed| probed.number == *number) else {
                continue;
            };
            statement.actual = Some(Execution::new(ms(clock), ms(probed.duration)));
            clock += probed.duration;
        }
        let first = numbers.first().copied();
        let held = self.migration.held.iter().filter(|held| is_only || Some(held.step) == first);
        let held: Vec<&HeldLock> = held.filter(|held| self.existing.contains(&held.relation)).collect();
        let open = held.iter().map(|held| held.open).max();
        let Applied { duration, waited, lockouts, batches, .. } = self.migration;
        let took = match (open, is_only) {
            (_, true) => duration.saturating_sub(*waited),
            (Some(open), false) => open,
            (None, false) if clock > Duration::ZERO => clock,
            (None, false) => return,
        };
        let mut whole = Execution::new(ms(self.began), ms(took));
        if is_only {
            whole.waited_ms = Some(ms(*waited));
            whole.attempts = Some(*lockouts as u64 + 1);
            whole.batches = (batches.count() > 0).then_some(batches.count());
        }
        // What a transaction held, it may have held since its begin: no more is known of it, and no less is said.
        let spans = held.iter().map(|held| LockSpan::new(&held.relation, held.mode.sql(), 0, ms(held.open)));
        whole.locks = spans.collect();
        step.actual = Some(whole);
    }
}

/// Milliseconds without a fraction, rounded up: what took some time did not take none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times of a rehearsal are positive and far below 2^53 ms"
)]
fn rounded(ms: f64) -> u64 {
    ms.max(0.0).ceil() as u64
}
