//! What is known, as JSON for programs: the same as the page, for all databases at once.

use std::collections::BTreeMap;

use pgrefit_metrics::exporter::{OUTCOMES, PARTS};
use pgrefit_report::Failure;
use serde::Serialize;

use crate::board::{Board, Seat, Seen, now};
use crate::round::headroom;

/// Name and version of the form.
const SCHEMA: &str = "pgrefit.status/1";

#[derive(Serialize)]
struct Status<'a> {
    schema: &'static str,
    pgrefit: &'a str,
    started_at: i64,
    now: i64,
    ready: bool,
    databases: Vec<Database<'a>>,
}

#[derive(Serialize)]
struct Database<'a> {
    name: &'a str,
    environment: &'static str,
    canary: bool,
    labels: &'a BTreeMap<String, String>,
    /// `null` before the first round has ended.
    up: Option<bool>,
    error: Option<Failure>,
    problems: BTreeMap<&'static str, Failure>,
    ages_s: BTreeMap<&'static str, f64>,
    rounds: BTreeMap<&'static str, u64>,
    audits: BTreeMap<&'static str, u64>,
    round_ms: u64,
    sessions_of_exporter: usize,
    server: Option<Server>,
    sessions: Option<Sessions>,
    migrations: Option<Migrations>,
    partitions: Option<Vec<Partition>>,
    partition_headroom_s: Option<i64>,
    records: Option<Records>,
    audit: Option<Audit>,
    audit_history: Vec<AuditPoint>,
}

#[derive(Serialize)]
struct Server {
    version: String,
    database: String,
    user: String,
    address: String,
    in_recovery: bool,
}

#[derive(Serialize)]
struct Sessions {
    active: u32,
    idle: u32,
    idle_in_transaction: u32,
    other: u32,
    lock_waiters: u32,
    oldest_transaction_s: f64,
    used: u32,
    max: u32,
}

#[derive(Serialize)]
struct Migrations {
    version: Option<i64>,
    applied: usize,
    pending: usize,
    diverged: usize,
    last_success: Option<i64>,
    newest: Vec<Migration>,
    runs: Vec<Run>,
}

#[derive(Serialize)]
struct Migration {
    version: i64,
    title: String,
    state: &'static str,
}

#[derive(Serialize)]
struct Run {
    id: String,
    started: i64,
    finished: Option<i64>,
    exit_code: Option<u8>,
    summary: String,
    from_version: Option<i64>,
    to_version: Option<i64>,
    applied: Option<u32>,
    evidence_sha256: Option<String>,
}

#[derive(Serialize)]
struct Partition {
    table: String,
    partitions: usize,
    bytes: u64,
    ahead: usize,
    ahead_wanted: u32,
    ready_until: Option<i64>,
    due: usize,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Records {
    backups: usize,
    backup_at: Option<i64>,
    verified_at: Option<i64>,
    evidence: Option<Evidence>,
    queries_measured: Option<usize>,
    queries_over_budget: Option<usize>,
}

#[derive(Serialize)]
struct Evidence {
    run: String,
    started_at: String,
    exit_code: u8,
    summary: String,
}

#[derive(Serialize)]
struct Audit {
    at: i64,
    took_ms: u64,
    info: usize,
    warn: usize,
    fail: usize,
    blind_checks: usize,
    blind_objects: u64,
    findings: Vec<Finding>,
    findings_left_out: usize,
}

#[derive(Serialize)]
struct Finding {
    check: String,
    status: pgrefit_report::Status,
    object: Option<String>,
    message: String,
    suppressed: Option<String>,
}

#[derive(Serialize)]
struct AuditPoint {
    at: i64,
    info: usize,
    warn: usize,
    fail: usize,
    blind_checks: usize,
}

/// Everything as JSON.
pub(crate) fn json(board: &Board) -> Result<String, serde_json::Error> {
    let status = Status {
        schema: SCHEMA,
        pgrefit: board.version,
        started_at: board.started_at,
        now: now(),
        ready: board.is_ready(),
        databases: board.seats.iter().map(database).collect(),
    };
    serde_json::to_string(&status)
}

fn database(seat: &Seat) -> Database<'_> {
    let seen = seat.read(Seen::clone);
    let counted = |counts: &[u64]| OUTCOMES.iter().copied().zip(counts.iter().copied()).collect();
    let target = &seat.target;
    let has_round = seen.rounds.iter().sum::<u64>() > 0;
    Database {
        name: &target.name,
        environment: target.environment.word(),
        canary: target.is_canary,
        labels: &target.labels,
        up: has_round.then_some(seen.is_up),
        error: seen.failure.clone(),
        problems: seen.problems.iter().map(|(part, failure)| (part.word(), failure.clone())).collect(),
        ages_s: seen.ages().into_iter().map(|(part, age)| (PARTS[part as usize], age)).collect(),
        rounds: counted(&seen.rounds),
        audits: counted(&seen.audits),
        round_ms: ms(seen.took),
        sessions_of_exporter: seat.sessions(),
        server: server(&seen),
        sessions: sessions(&seen),
        migrations: migrations(&seen),
        partitions: partitions(&seen),
        partition_headroom_s: seen.partitions.as_ref().and_then(|sets| headroom(&sets.value, now())),
        records: records(&seen),
        audit: audit(&seen),
        audit_history: seen.audit_history.iter().map(point).collect(),
    }
}

fn ms(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn server(seen: &Seen) -> Option<Server> {
    let known = seen.server.as_ref()?;
    let facts = known.facts.clone();
    Some(Server {
        version: facts.version,
        database: facts.database,
        user: facts.user,
        address: known.address.clone(),
        in_recovery: facts.in_recovery,
    })
}

fn sessions(seen: &Seen) -> Option<Sessions> {
    let now = *seen.sessions.as_ref()?.value;
    Some(Sessions {
        active: now.active,
        idle: now.idle,
        idle_in_transaction: now.idle_in_transaction,
        other: now.other,
        lock_waiters: now.lock_waiters,
        oldest_transaction_s: now.oldest_transaction_s,
        used: now.used,
        max: now.max,
    })
}

fn migrations(seen: &Seen) -> Option<Migrations> {
    let known = &seen.migrations.as_ref()?.value;
    let newest = known.entries.iter().map(|entry| Migration {
        version: entry.version,
        title: entry.title.clone(),
        state: entry.state.word(),
    });
    let runs = known.runs.iter().cloned().map(|run| Run {
        id: run.id,
        started: run.started,
        finished: run.finished,
        exit_code: run.exit_code,
        summary: run.summary,
        from_version: run.from_version,
        to_version: run.to_version,
        applied: run.applied,
        evidence_sha256: run.evidence,
    });
    Some(Migrations {
        version: known.version,
        applied: known.applied,
        pending: known.pending,
        diverged: known.diverged,
        last_success: known.last_success,
        newest: newest.collect(),
        runs: runs.collect(),
    })
}

fn partitions(seen: &Seen) -> Option<Vec<Partition>> {
    let sets = seen.partitions.as_ref()?.value.iter().cloned();
    Some(
        sets.map(|set| Partition {
            table: set.table,
            partitions: set.partitions,
            bytes: set.bytes,
            ahead: set.ahead,
            ahead_wanted: set.ahead_wanted,
            ready_until: set.ready_until,
            due: set.due,
            warnings: set.warnings,
        })
        .collect(),
    )
}

fn records(seen: &Seen) -> Option<Records> {
    let known = seen.records.as_ref()?.value.as_ref().clone();
    Some(Records {
        backups: known.backups,
        backup_at: known.backup_at,
        verified_at: known.verified_at,
        evidence: known.evidence.map(|last| Evidence {
            run: last.run,
            started_at: last.started_at,
            exit_code: last.exit_code,
            summary: last.summary,
        }),
        queries_measured: known.queries.map(|it| it.measured),
        queries_over_budget: known.queries.map(|it| it.exceeded),
    })
}

fn audit(seen: &Seen) -> Option<Audit> {
    let dated = seen.audit.as_ref()?;
    let known = &dated.value;
    let findings = known.verdicts.iter().flat_map(|verdict| &verdict.findings).chain(&known.about);
    let findings = findings.map(|finding| Finding {
        check: finding.check.clone(),
        status: finding.status,
        object: finding.object.clone(),
        message: finding.message.clone(),
        suppressed: finding.suppressed.clone(),
    });
    Some(Audit {
        at: dated.at,
        took_ms: ms(known.took),
        info: known.infos,
        warn: known.warns,
        fail: known.fails,
        blind_checks: known.blind_checks,
        blind_objects: known.blind_objects,
        findings: findings.collect(),
        findings_left_out: known.left_out,
    })
}

fn point(point: &crate::board::AuditPoint) -> AuditPoint {
    AuditPoint {
        at: point.at,
        info: point.infos,
        warn: point.warns,
        fail: point.fails,
        blind_checks: point.blind_checks,
    }
}
