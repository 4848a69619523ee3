//! What is known, as metrics. Nothing is asked, and nothing is waited for.

use pgrefit_metrics::exporter as family;
use pgrefit_metrics::{Error, Exposition};

use crate::audit::Audited;
use crate::board::{Board, Seat, Seen, now};
use crate::records::Records;
use crate::round::{Migrations, headroom};

/// Everything in Prometheus' text format.
pub(crate) fn encode(board: &Board) -> Result<String, Error> {
    let mut out = Exposition::default();
    exporter(&mut out, board);
    for seat in &board.seats {
        seat.read(|seen| database(&mut out, seat, seen));
    }
    out.encode()
}

fn exporter(out: &mut Exposition, board: &Board) {
    out.set(&family::BUILD_INFO, &[board.version], 1.0);
    out.set(&family::EXPORTER_START, &[], seconds(board.started_at));
    if let Some(bytes) = resident_bytes() {
        out.set(&family::EXPORTER_MEMORY, &[], whole(bytes));
    }
    for (path, class, count) in board.requests().filter(|(_, _, count)| *count > 0) {
        out.set(&family::EXPORTER_REQUESTS, &[path, class], whole(count));
    }
    out.set(&family::EXPORTER_REFUSED, &[], whole(board.refused()));
}

fn database(out: &mut Exposition, seat: &Seat, seen: &Seen) {
    let target = &seat.target;
    let name = target.name.as_str();
    let canary = if target.is_canary { "true" } else { "false" };
    out.set(&family::DATABASE_INFO, &[name, target.environment.word(), canary], 1.0);
    out.set(&family::SCRAPE_CONNECTIONS, &[name], count(seat.sessions()));
    // Before the first round has ended there is nothing to say of it.
    if seen.rounds.iter().sum::<u64>() == 0 {
        return;
    }
    out.set(&family::DATABASE_UP, &[name], f64::from(u8::from(seen.is_up)));
    out.set(&family::SCRAPE_DURATION, &[name], seen.took.as_secs_f64());
    maybe(out, &family::SCRAPE_LAST_SUCCESS, name, seen.complete_at);
    for (part, age) in seen.ages() {
        out.set(&family::SCRAPE_AGE, &[name, part.word()], age);
    }
    for (families, counts) in [(&family::SCRAPES, &seen.rounds), (&family::AUDITS, &seen.audits)] {
        for (outcome, count) in family::OUTCOMES.iter().zip(counts) {
            out.set(families, &[name, outcome], whole(*count));
        }
    }
    parts(out, name, seen);
}

fn parts(out: &mut Exposition, name: &str, seen: &Seen) {
    if let Some(sessions) = &seen.sessions {
        let now = &sessions.value;
        for (state, count) in family::SESSION_STATES.iter().zip(now.by_state()) {
            out.set(&family::SERVER_CONNECTIONS, &[name, state], f64::from(count));
        }
        out.set(&family::SERVER_CONNECTIONS_MAX, &[name], f64::from(now.max));
        out.set(&family::SERVER_CONNECTIONS_USED, &[name], f64::from(now.used));
        out.set(&family::SERVER_LOCK_WAITERS, &[name], f64::from(now.lock_waiters));
        out.set(&family::SERVER_OLDEST_TRANSACTION, &[name], now.oldest_transaction_s);
    }
    if let Some(migrations) = &seen.migrations {
        self::migrations(out, name, &migrations.value);
    }
    if let Some(sets) = &seen.partitions {
        maybe(out, &family::PARTITION_HEADROOM, name, headroom(&sets.value, now()));
        let warnings = sets.value.iter().map(|set| set.warnings_count).sum();
        out.set(&family::PARTITION_WARNINGS, &[name], count(warnings));
        out.set(&family::PARTITIONS_DUE, &[name], count(sets.value.iter().map(|set| set.due).sum()));
    }
    if let Some(records) = &seen.records {
        self::records(out, name, &records.value);
    }
    if let Some(audit) = &seen.audit {
        self::audit(out, name, &audit.value, audit.at);
    }
}

fn migrations(out: &mut Exposition, name: &str, known: &Migrations) {
    out.set(&family::MIGRATION_VERSION, &[name], seconds(known.version.unwrap_or(0)));
    out.set(&family::MIGRATIONS_APPLIED, &[name], count(known.applied));
    out.set(&family::MIGRATIONS_PENDING, &[name], count(known.pending));
    out.set(&family::MIGRATIONS_DIVERGED, &[name], count(known.diverged));
    if let Some(run) = known.last_ended() {
        maybe(out, &family::MIGRATION_LAST_RUN, name, run.finished);
        maybe(out, &family::MIGRATION_LAST_RUN_EXIT_CODE, name, run.exit_code.map(i64::from));
    }
    maybe(out, &family::MIGRATION_LAST_SUCCESS, name, known.last_success);
    if let Some(newest) = known.runs.first() {
        out.set(&family::MIGRATION_UNFINISHED, &[name], whole(newest.unfinished_for));
    }
}

fn records(out: &mut Exposition, name: &str, known: &Records) {
    maybe(out, &family::BACKUP_LAST_SUCCESS, name, known.backup_at);
    maybe(out, &family::BACKUP_LAST_VERIFIED, name, known.verified_at);
    if let Some(queries) = known.queries {
        out.set(&family::BENCH_QUERIES, &[name], count(queries.measured));
        out.set(&family::BENCH_BUDGET_EXCEEDED, &[name], count(queries.exceeded));
    }
}

fn audit(out: &mut Exposition, name: &str, known: &Audited, at: i64) {
    let found = [known.infos, known.warns, known.fails];
    for (severity, number) in family::SEVERITIES.iter().zip(found) {
        out.set(&family::AUDIT_FINDINGS, &[name, severity], count(number));
    }
    out.set(&family::AUDIT_BLIND_OBJECTS, &[name], whole(known.blind_objects));
    out.set(&family::AUDIT_BLIND_CHECKS, &[name], count(known.blind_checks));
    out.set(&family::AUDIT_LAST_SUCCESS, &[name], seconds(at));
    out.set(&family::AUDIT_DURATION, &[name], known.took.as_secs_f64());
}

fn maybe(out: &mut Exposition, family: &pgrefit_metrics::Family, name: &str, value: Option<i64>) {
    if let Some(value) = value {
        out.set(family, &[name], seconds(value));
    }
}

#[expect(clippy::cast_precision_loss, reason = "moments and versions are below 2^53 for a long time")]
fn seconds(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn whole(value: u64) -> f64 {
    value as f64
}

fn count(value: usize) -> f64 {
    whole(value as u64)
}

/// Resident memory of this process, in bytes; where the system does not tell, nothing.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn memory_is_told() {
        let bytes = super::resident_bytes().expect("Linux tells");
        assert!((1 << 20..1 << 34).contains(&bytes), "{bytes}");
    }
}
