//! Evidence as the migration of a shop would leave it, for the tests of every form; also read by `tests/page`.

#![expect(clippy::cast_precision_loss, reason = "the waves of an invented workload")]

use pgrefit_report::evidence::{
    Backup, Check, Checklist, Evidence, Execution, Latency, Limit, Line, Link, LockSpan, Measurement, Part,
    PlanChange, Policy, Proof, Quantity, Query, Requirement, Source, Stage, StageName, Statement, Step,
    TableComparison, Traffic, TrafficBucket, TrafficTotal, Verdict, Way,
};
use pgrefit_report::{Cell, Fact, Failure, Finding, Outcome, Remediation, Status, Target};

const MIB: u64 = 1 << 20;

/// A run that came through.
pub(crate) fn good() -> Evidence {
    let mut evidence = bare(0, Status::Pass, "3 migrations applied to shop; every requirement is met");
    evidence.duration_ms = 568_420;
    evidence.stages = stages();
    evidence.steps = steps();
    evidence.checklist = checklist();
    evidence.verification = verification();
    evidence.queries = queries();
    evidence.traffic = vec![traffic(StageName::Rehearse, 0), traffic(StageName::Apply, 0)];
    evidence.backup = Some(backup());
    evidence.proofs = proofs();
    evidence.findings = findings();
    evidence.next_steps = vec!["Keep the backup until 2026-04-14, as the policy says".to_owned()];
    evidence
}

/// What every run has.
fn bare(exit_code: u8, status: Status, summary: &str) -> Evidence {
    let outcome = Outcome::new(exit_code, status, summary);
    let mut evidence = Evidence::new("0.1.0", "20260314T092653Z-7f3a91", "2026-03-14T09:26:53Z", outcome);
    evidence.target = Some(Target {
        database: "shop".to_owned(),
        user: "migrator".to_owned(),
        host: "db-1.shop.example".to_owned(),
        port: 5432,
        server_version: Some("17.4".to_owned()),
    });
    evidence.policy = Some(policy());
    evidence.source = Some(Source {
        system_identifier: "7482019934410557823".to_owned(),
        database: "shop".to_owned(),
        server_version: "17.4".to_owned(),
        snapshot_lsn: Some("2C/8F0012A8".to_owned()),
        snapshot_at: Some("2026-03-14T09:26:55Z".to_owned()),
    });
    evidence.links = vec![
        Link { title: "the page".to_owned(), uri: "evidence.html".to_owned() },
        Link { title: "the job".to_owned(), uri: "https://ci.shop.example/jobs/4711".to_owned() },
    ];
    evidence
}

fn policy() -> Policy {
    let limit = |fact, origin: &str| Limit { fact, origin: origin.to_owned() };
    Policy {
        environment: "production".to_owned(),
        strong_lock_limit_ms: Some(500),
        limits: vec![
            limit(
                Fact::new("strong_lock_limit_ms", "Others kept out for at most", Cell::DurationMs(500)),
                "pgrefit.toml",
            ),
            limit(
                Fact::new("lock_budget_ms", "Waiting for locks", Cell::DurationMs(120_000)),
                "--lock-budget",
            ),
            limit(
                Fact::new("proof_age_max_ms", "Age of a proof", Cell::DurationMs(14_400_000)),
                "default of production",
            ),
            limit(
                Fact::new("replica_lag_max_ms", "Lag of a replica", Cell::DurationMs(10_000)),
                "default of production",
            ),
            limit(Fact::new("approvals_min", "Approvals", 1), "default of production"),
        ],
    }
}

fn stages() -> Vec<Stage> {
    use StageName::{Apply, Backup, Gate, Lint, Plan, Preflight, Record, Rehearse, Verify, VerifyBackup};
    vec![
        Stage::ran(Plan, Status::Pass, 0, 184, "3 of 9 files are pending")
            .fact(Fact::new("files", "files", 9)),
        Stage::ran(Lint, Status::Warn, 184, 126, "1 warning in 3 files"),
        Stage::ran(
            Preflight,
            Status::Pass,
            310,
            1320,
            "nobody holds a lock for longer than 0.2 s; replicas are 40 ms behind",
        ),
        Stage::ran(Backup, Status::Pass, 1630, 193_400, "3.4 GiB in 212 tables, at 2C/8F0012A8")
            .fact(Fact::new("size_bytes", "size", Cell::Bytes(3_650_722_202)))
            .fact(Fact::new("throughput", "MiB/s", 18.0)),
        Stage::ran(
            VerifyBackup,
            Status::Pass,
            195_030,
            274_600,
            "restored; 212 tables and 48 118 204 rows have the same digest",
        ),
        Stage::ran(Rehearse, Status::Pass, 469_630, 52_300, "5 steps; others are kept out for 61 ms at most"),
        Stage::ran(Gate, Status::Pass, 521_930, 41, "4 proofs taken, the oldest 5 min old"),
        Stage::ran(
            Apply,
            Status::Pass,
            521_971,
            42_870,
            "3 files in 5 steps; others were kept out for 74 ms at most",
        ),
        Stage::ran(Verify, Status::Pass, 564_841, 3_512, "9 checks passed"),
        Stage::ran(Record, Status::Pass, 568_353, 67, "evidence written, 3 rows in the history"),
    ]
}

fn strong(relation: &str, from_ms: u64, to_ms: u64) -> LockSpan {
    LockSpan::new(relation, "ACCESS EXCLUSIVE", from_ms, to_ms)
}

/// A statement with both executions: begun and for how long, in the rehearsal and live.
fn statement(line: u32, sql: &str, predicted: (u64, u64), actual: (u64, u64)) -> Statement {
    let mut statement = Statement::new(line, sql);
    statement.predicted = Some(Execution {
        wal_bytes: Some(8 * 1024),
        rows_touched: Some(0),
        attempts: Some(1),
        waited_ms: Some(0),
        ..Execution::new(predicted.0, predicted.1)
    });
    statement.actual = Some(Execution::new(actual.0, actual.1));
    statement
}

fn with_locks(mut statement: Statement, predicted: LockSpan, actual: LockSpan) -> Statement {
    if let Some(execution) = &mut statement.predicted {
        execution.locks.push(predicted);
    }
    if let Some(execution) = &mut statement.actual {
        execution.locks.push(actual);
    }
    statement
}

fn whole(step: &mut Step, started_ms: (u64, u64), took_ms: (u64, u64), waited_ms: u64, attempts: u64) {
    let execution = |started_ms, took_ms| Execution {
        wal_bytes: Some(212 * 1024),
        rows_touched: Some(1),
        ..Execution::new(started_ms, took_ms)
    };
    step.predicted =
        Some(Execution { attempts: Some(1), waited_ms: Some(0), ..execution(started_ms.0, took_ms.0) });
    step.actual = Some(Execution {
        attempts: Some(attempts),
        waited_ms: Some(waited_ms),
        ..execution(started_ms.1, took_ms.1)
    });
}

fn steps() -> Vec<Step> {
    vec![add_delivery(), foreign_key(), validate(), index(), backfill()]
}

fn add_delivery() -> Step {
    let mut step = Step::new("V7__add_delivery_to_orders", 1, Way::Transaction);
    step.statements = vec![
        statement(
            4,
            "CREATE TYPE delivery_state AS ENUM ('waiting', 'packed', 'sent', 'delivered');",
            (2, 3),
            (2, 4),
        ),
        with_locks(
            statement(
                6,
                "ALTER TABLE orders\n    ADD COLUMN delivery delivery_state NOT NULL DEFAULT 'waiting';",
                (5, 4),
                (6, 5),
            ),
            strong("public.orders", 5, 66),
            strong("public.orders", 6, 80),
        ),
        with_locks(
            statement(
                9,
                "CREATE TRIGGER orders_delivery BEFORE UPDATE ON orders\n    FOR EACH ROW EXECUTE FUNCTION note_delivery();",
                (9, 2),
                (11, 3),
            ),
            LockSpan::new("public.orders", "SHARE ROW EXCLUSIVE", 9, 66),
            LockSpan::new("public.orders", "SHARE ROW EXCLUSIVE", 11, 80),
        ),
        statement(12, "UPDATE settings SET value = 'on' WHERE name = 'delivery';", (11, 41), (14, 52)),
    ];
    whole(&mut step, (120, 310), (66, 80), 1240, 3);
    step
}

fn foreign_key() -> Step {
    let mut step = Step::new("V8__orders_to_depots", 1, Way::Transaction);
    let sql = "ALTER TABLE orders ADD CONSTRAINT orders_depot_fk\n    FOREIGN KEY (depot_id) REFERENCES depots NOT VALID;";
    let key = with_locks(
        statement(3, sql, (1, 6), (1, 9)),
        LockSpan::new("public.orders", "SHARE ROW EXCLUSIVE", 1, 8),
        LockSpan::new("public.orders", "SHARE ROW EXCLUSIVE", 1, 12),
    );
    let key = with_locks(
        key,
        LockSpan::new("public.depots", "SHARE ROW EXCLUSIVE", 2, 8),
        LockSpan::new("public.depots", "SHARE ROW EXCLUSIVE", 2, 12),
    );
    step.statements = vec![key];
    whole(&mut step, (240, 1720), (8, 12), 48, 1);
    step
}

fn validate() -> Step {
    let mut step = Step::new("V8__orders_to_depots", 2, Way::Transaction);
    let key = statement(6, "ALTER TABLE orders VALIDATE CONSTRAINT orders_depot_fk;", (1, 3110), (1, 2804));
    step.statements = vec![with_locks(
        key,
        LockSpan::new("public.orders", "SHARE UPDATE EXCLUSIVE", 1, 3112),
        LockSpan::new("public.orders", "SHARE UPDATE EXCLUSIVE", 1, 2806),
    )];
    if let Some(execution) = &mut step.statements[0].predicted {
        execution.rows_scanned = Some(2_140_007);
    }
    whole(&mut step, (260, 1800), (3112, 2806), 0, 1);
    step
}

fn index() -> Step {
    let mut step = Step::new("V9__find_by_delivery", 1, Way::Alone);
    let sql = "CREATE INDEX CONCURRENTLY orders_delivery_idx\n    ON orders (delivery, placed_at) WHERE delivery <> 'delivered';";
    step.statements = vec![with_locks(
        statement(3, sql, (0, 18_420), (0, 21_650)),
        LockSpan::new("public.orders", "SHARE UPDATE EXCLUSIVE", 0, 18_420),
        LockSpan::new("public.orders", "SHARE UPDATE EXCLUSIVE", 0, 21_650),
    )];
    if let Some(execution) = &mut step.statements[0].predicted {
        execution.temporary_bytes = Some(96 * MIB);
        execution.rows_scanned = Some(4_280_014);
    }
    whole(&mut step, (3400, 4650), (18_420, 21_650), 0, 1);
    step
}

fn backfill() -> Step {
    let mut step = Step::new("V9__find_by_delivery", 2, Way::Batches);
    let sql = "UPDATE orders SET delivery = 'delivered' WHERE shipped_at < now() - interval '30 days';";
    step.statements = vec![Statement::new(8, sql)];
    whole(&mut step, (21_900, 26_400), (30_120, 16_240), 210, 1);
    for (execution, batches) in [&mut step.predicted, &mut step.actual].into_iter().zip([428, 428]) {
        if let Some(execution) = execution {
            execution.batches = Some(batches);
            execution.rows_touched = Some(2_138_411);
            execution.wal_bytes = Some(612 * MIB);
            execution.strong_lock_ms = Some(0);
        }
    }
    step
}

/// Every line measured and met.
pub(crate) fn checklist() -> Checklist {
    use Part::{Locks, Pipeline, Proofs, Queries, Traffic, Verification};
    use Quantity::{Bytes, Count, Ms, Percent};
    use Requirement as R;
    let lines = [
        (
            R::BackupVerified,
            "3.4 GiB, manifest whole, 5 min old at the gate",
            Bytes(3_650_722_202),
            Part::Backup,
        ),
        (R::RestoreCompared, "212 tables and 48 118 204 rows have the same digest", Count(212), Part::Backup),
        (
            R::Rehearsed,
            "5 steps on a copy of 2C/8F0012A8, 8 min 42 s before the live run",
            Ms(522_000),
            Pipeline,
        ),
        (R::PredictedLockWithinLimit, "61 ms on public.orders, of 500 ms", Ms(61), Locks),
        (R::ActualLockWithinLimit, "74 ms on public.orders, of 500 ms", Ms(74), Locks),
        (R::NoTransactionFailed, "0 of 8574 transactions failed", Count(0), Traffic),
        (R::NoRowLost, "211 tables unchanged, 1 changed as announced", Count(0), Verification),
        (R::SchemaAsExpected, "0 differences in 1874 objects", Count(0), Verification),
        (R::ConstraintsValid, "0 of 311 are not validated", Count(0), Verification),
        (R::IndexesValid, "0 of 605 are invalid", Count(0), Verification),
        (R::SequencesAhead, "98 of 98 are ahead of their keys", Count(98), Verification),
        (R::StatisticsFresh, "2 of 2 changed tables were analyzed", Count(2), Verification),
        (R::PrivilegesUnchanged, "0 of 1204 grants differ", Count(0), Verification),
        (R::QueriesWithinBudget, "12 of 12; the closest uses 82 % of its budget", Percent(82), Queries),
        (R::PlansStable, "1 of 12 plans changed, to a better one", Count(0), Queries),
        (R::HistoryRecorded, "3 rows, versions 7 to 9", Count(3), Verification),
        (R::RollbackDocumented, "3 of 3 files say how to go back", Count(3), Proofs),
    ];
    let mut list = Checklist::default();
    for (requirement, text, quantity, part) in lines {
        list.set(Line::measured(requirement, Verdict::Met, Measurement::new(text, quantity)).see(part));
    }
    list
}

fn verification() -> Vec<Check> {
    let check =
        |name: &str, said: &str, number| Check::new(name, Status::Pass, said).number(Quantity::Count(number));
    vec![
        check("schema", "1874 objects are as the migrations make them", 0),
        check("content", "211 tables are unchanged, orders has as many rows as before", 0),
        check("constraints", "311 of 311 are validated", 0),
        check("indexes", "605 of 605 are valid and ready", 0),
        check("sequences", "98 of 98 are ahead of their keys", 98),
        check("statistics", "orders and settings were analyzed 2 s after the last change", 2),
        check("privileges", "1204 grants are the same", 0),
        check("history", "versions 7, 8 and 9 are recorded with their checksums", 3),
        Check::new("smoke test", Status::Pass, "14 statements of the application ran in 84 ms")
            .number(Quantity::Ms(84)),
    ]
}

fn latency(p50_ms: f64) -> Latency {
    Latency { p50_ms, p95_ms: p50_ms * 2.1, max_ms: p50_ms * 4.7, runs: 200 }
}

fn queries() -> Vec<Query> {
    let names = [
        ("order by number", 0.21, 0.22, 2.0),
        ("orders of a customer", 1.8, 1.9, 10.0),
        ("open orders of a depot", 84.0, 3.1, 50.0),
        ("search by name", 12.4, 12.9, 40.0),
        ("cart total", 0.9, 0.9, 5.0),
        ("stock of an article", 0.4, 0.4, 2.0),
        ("revenue of a month", 310.0, 322.0, 1000.0),
        ("login", 0.35, 0.36, 2.0),
    ];
    let mut queries: Vec<Query> = names
        .into_iter()
        .map(|(name, before, after, budget)| {
            let mut query = Query::new(name, Status::Pass);
            query.budget_ms = Some(budget);
            query.before = Some(latency(before));
            query.after = Some(latency(after));
            query
        })
        .collect();
    queries[2].plan_change = Some(PlanChange {
        before: "Seq Scan on orders".to_owned(),
        after: "Index Scan using orders_delivery_idx".to_owned(),
        is_worse: false,
    });
    queries
}

fn traffic(stage: StageName, failed: u64) -> Traffic {
    let buckets = (0..43_u64).map(|second| {
        let wave = (second as f64 * 0.7).sin().abs();
        let stall = if second == 1 { 68.0 } else { 0.0 };
        TrafficBucket {
            from_ms: second * 1000,
            completed: 190 + second % 20,
            failed: if second == 1 { failed } else { 0 },
            p50_ms: Some(1.1 + wave / 4.0),
            p99_ms: Some(4.0 + 3.0 * wave + stall),
            max_ms: Some(9.0 + 8.0 * wave + 1.1 * stall),
        }
    });
    Traffic {
        stage,
        workload: "orders, 200 transactions a second".to_owned(),
        bucket_ms: 1000,
        buckets: buckets.collect(),
        total: TrafficTotal {
            completed: 8574,
            failed,
            p50_ms: Some(1.2),
            p99_ms: Some(8.4),
            max_ms: Some(91.0),
        },
    }
}

fn backup() -> Backup {
    let mut backup = Backup::new("pg_dump, directory format", "restored, every row compared by digest");
    backup.tool_version = Some("17.4".to_owned());
    backup.size_bytes = Some(3_650_722_202);
    backup.duration_ms = Some(193_400);
    backup.restore_ms = Some(188_250);
    backup.snapshot = Some("00000003-0000001B-1".to_owned());
    backup.files = Some(231);
    backup.digest =
        Some("sha256:5f0c9d1b7a2e4c6688f1a0b3d2e4f59617283940516273849a0b1c2d3e4f5061".to_owned());
    backup.location = Some("/var/lib/pgrefit/backups/20260314T092653Z-7f3a91".to_owned());
    let table = |(name, rows): (String, u64)| TableComparison {
        table: name,
        source_rows: Some(rows),
        copy_rows: Some(rows),
        source_digest: Some(digest(rows)),
        copy_digest: Some(digest(rows)),
        status: Status::Pass,
        note: None,
    };
    let named = [("orders", 2_140_007), ("order_lines", 9_811_320), ("customers", 418_220), ("depots", 12)];
    let named = named.map(|(name, rows)| (format!("public.{name}"), rows));
    let logs = (1..=40).map(|number| (format!("public.events_2025_{number:02}"), 880_000 + number * 731));
    backup.tables = named.into_iter().chain(logs).map(table).collect();
    backup
}

fn digest(rows: u64) -> String {
    format!("{:032x}", u128::from(rows).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

fn proofs() -> Vec<Proof> {
    let proof = |kind: &str, digest: &str, age_ms, signed_by: Option<&str>, reason: &str| Proof {
        kind: kind.to_owned(),
        digest: format!("sha256:{}", digest.repeat(8)),
        made_at: "2026-03-14T09:34:42Z".to_owned(),
        age_ms: Some(age_ms),
        signed_by: signed_by.map(str::to_owned),
        status: Status::Pass,
        reason: reason.to_owned(),
    };
    vec![
        proof("lint", "1f8a03bc", 521_620, None, "no failure; the files are those that are to be applied"),
        proof("backup", "5f0c9d1b", 326_900, None, "of this server and database, younger than 4 h"),
        proof("restore", "90aa71d4", 52_340, None, "of this backup, every row compared"),
        proof("approval", "c3d10f52", 3_600_000, Some("anna@shop.example"), "signed for these files"),
    ]
}

fn findings() -> Vec<Finding> {
    vec![
        Finding::new(
            "index-without-limit",
            Status::Warn,
            "the index is built on a table that is written to 40 times a second",
        )
        .about("public.orders")
        .number("rows", 2_140_007)
        .number("size_bytes", Cell::Bytes(812 * MIB))
        .hint("Build it outside of the busy hours")
        .remediation(Remediation {
            sql: "CREATE INDEX CONCURRENTLY orders_delivery_idx ON orders (delivery);".to_owned(),
            lock: Some("SHARE UPDATE EXCLUSIVE".to_owned()),
            reversible: true,
        }),
    ]
}

/// Nothing was pending.
pub(crate) fn nothing() -> Evidence {
    let mut evidence = bare(0, Status::Pass, "nothing to apply: shop is at version 9");
    evidence.duration_ms = 212;
    evidence.stages = vec![Stage::ran(StageName::Plan, Status::Pass, 0, 184, "0 of 9 files are pending")];
    let rest = StageName::ALL[1..].iter().map(|name| Stage::skipped(*name, "nothing is pending"));
    evidence.stages.extend(rest);
    for requirement in Requirement::ALL {
        evidence.checklist.set(Line::not_required(requirement, "nothing is pending"));
    }
    evidence.links.clear();
    evidence
}

/// The gate did not let it through: the backup is too old, and the rehearsal kept others out for too long.
pub(crate) fn refused() -> Evidence {
    let mut evidence =
        bare(11, Status::Fail, "refused: 2 of 4 proofs were not taken; the live database is unchanged");
    evidence.duration_ms = 54_210;
    evidence.stages = stages();
    evidence.stages[3] =
        Stage::reused(StageName::Backup, "5f0c9d1b, made 6 h 12 min earlier", "3.4 GiB in 212 tables");
    evidence.stages[4] =
        Stage::reused(StageName::VerifyBackup, "90aa71d4, made 6 h 04 min earlier", "212 tables compared");
    evidence.stages[5] = Stage::ran(
        StageName::Rehearse,
        Status::Fail,
        1630,
        52_300,
        "others are kept out for 3.1 s, of 500 ms",
    );
    evidence.stages[6] = Stage::ran(
        StageName::Gate,
        Status::Fail,
        53_930,
        41,
        "the backup is too old; the longest lock is over the limit",
    );
    for (stage, name) in evidence.stages[7..9].iter_mut().zip([StageName::Apply, StageName::Verify]) {
        *stage = Stage::skipped(name, "the gate refused");
    }
    evidence.stages[9] = Stage::ran(StageName::Record, Status::Pass, 54_100, 67, "evidence written");
    let mut validate = validate();
    if let Some(execution) = &mut validate.statements[0].predicted {
        execution.locks = vec![strong("public.orders", 1, 3112)];
    }
    evidence.steps = vec![add_delivery(), validate];
    for step in &mut evidence.steps {
        step.actual = None;
        step.statements.iter_mut().for_each(|statement| statement.actual = None);
    }
    let measured = |requirement, verdict, text: &str, quantity| {
        Line::measured(requirement, verdict, Measurement::new(text, quantity))
    };
    let list = &mut evidence.checklist;
    list.set(
        measured(
            Requirement::BackupVerified,
            Verdict::NotMet,
            "6 h 12 min old, of 4 h",
            Quantity::Ms(22_320_000),
        )
        .see(Part::Proofs),
    );
    list.set(
        measured(
            Requirement::RestoreCompared,
            Verdict::MetWithRemark,
            "211 of 212 tables compared",
            Quantity::Count(211),
        )
        .see_detail(Part::Backup, "public.orders"),
    );
    list.set(
        measured(
            Requirement::PredictedLockWithinLimit,
            Verdict::NotMet,
            "3111 ms on public.orders, of 500 ms",
            Quantity::Ms(3111),
        )
        .see(Part::Locks),
    );
    list.set(Line::not_measured(Requirement::Rehearsed, "the copy is of a snapshot that is too old"));
    evidence.proofs = proofs();
    evidence.proofs[1].status = Status::Fail;
    evidence.proofs[1].age_ms = Some(22_320_000);
    "6 h 12 min old, of 4 h at most".clone_into(&mut evidence.proofs[1].reason);
    evidence.findings = findings();
    evidence.next_steps = vec![
        "Validate the constraint in a file of its own, without the statement before it".to_owned(),
        "Run pgrefit migrate again: it takes a new backup".to_owned(),
    ];
    evidence
}

/// A statement failed on the live database.
pub(crate) fn broken() -> Evidence {
    let mut failure = Failure::new("failed to apply V8__orders_to_depots");
    failure.causes.push(
        "insert or update on table \"orders\" violates foreign key constraint \"orders_depot_fk\"".to_owned(),
    );
    failure.sqlstate = Some("23503".to_owned());
    failure.hint = Some("Correct the 3 rows named in the detail, and run `pgrefit migrate` again".to_owned());
    let mut evidence = good();
    evidence.outcome =
        Outcome::failed(14, "1 of 3 migrations applied; V8 failed at its second step", failure.clone());
    evidence.stages[7] = Stage::ran(
        StageName::Apply,
        Status::Error,
        521_971,
        4_610,
        "V8__orders_to_depots failed at its second step",
    );
    evidence.stages[8] = Stage::skipped(StageName::Verify, "nothing to verify: the run broke off");
    for step in &mut evidence.steps[3..] {
        step.actual = None;
        step.statements.iter_mut().for_each(|statement| statement.actual = None);
    }
    if let Some(execution) = &mut evidence.steps[2].actual {
        execution.error = Some(failure.clone());
    }
    if let Some(execution) = &mut evidence.steps[2].statements[0].actual {
        execution.error = Some(failure);
    }
    evidence.verification.clear();
    evidence.queries.clear();
    evidence.checklist.set(Line::measured(
        Requirement::NoTransactionFailed,
        Verdict::NotMet,
        Measurement::new("14 of 8574 transactions failed", Quantity::Count(14)),
    ));
    evidence.traffic[1] = traffic(StageName::Apply, 14);
    let rest = Requirement::ALL
        .into_iter()
        .filter(|it| *it >= Requirement::NoRowLost && *it != Requirement::RollbackDocumented);
    for requirement in rest {
        evidence.checklist.set(Line::not_measured(requirement, "the run broke off"));
    }
    evidence
}

/// All was applied, but it is not what was expected.
pub(crate) fn unverified() -> Evidence {
    let mut evidence = good();
    evidence.outcome =
        Outcome::new(15, Status::Fail, "applied, but 2 checks failed: statistics, open orders of a depot");
    evidence.stages[8] = Stage::ran(StageName::Verify, Status::Fail, 564_841, 3_512, "2 of 9 checks failed");
    evidence.verification[5] =
        Check::new("statistics", Status::Fail, "orders has not been analyzed since 2 138 411 rows changed")
            .number(Quantity::Count(2_138_411));
    let slow = &mut evidence.queries[2];
    (slow.before, slow.after) = (Some(latency(3.1)), Some(latency(84.0)));
    slow.status = Status::Fail;
    slow.note = Some("p95 is 3.5 times the budget".to_owned());
    slow.plan_change = Some(PlanChange {
        before: "Index Scan using orders_open_idx".to_owned(),
        after: "Seq Scan on orders".to_owned(),
        is_worse: true,
    });
    let not_met = |requirement, text: &str, quantity, part| {
        Line::measured(requirement, Verdict::NotMet, Measurement::new(text, quantity)).see(part)
    };
    evidence.checklist.set(not_met(
        Requirement::StatisticsFresh,
        "1 of 2 changed tables was analyzed",
        Quantity::Count(1),
        Part::Verification,
    ));
    evidence.checklist.set(not_met(
        Requirement::QueriesWithinBudget,
        "11 of 12; one uses 353 % of its budget",
        Quantity::Percent(353),
        Part::Queries,
    ));
    evidence.checklist.set(not_met(
        Requirement::PlansStable,
        "1 of 12 plans is worse",
        Quantity::Count(1),
        Part::Queries,
    ));
    if let Some(backup) = &mut evidence.backup {
        backup.tables[7].status = Status::Fail;
        backup.tables[7].copy_rows = Some(882_807);
        backup.tables[7].copy_digest = Some(digest(882_807));
        backup.tables[7].note = Some("117 rows are missing in the copy".to_owned());
        backup.tables[8].status = Status::Blind;
        backup.tables[8].source_rows = None;
        backup.tables[8].note = Some("permission denied".to_owned());
    }
    evidence.roll_forward = Some("-- Statistics of what was backfilled.\nANALYZE public.orders;\n\n-- The index that the query used before.\nCREATE INDEX CONCURRENTLY orders_open_idx ON public.orders (depot_id) WHERE delivery = 'waiting';\n".to_owned());
    evidence.next_steps = vec![
        "Read the roll-forward draft, and run it as V10".to_owned(),
        "Run pgrefit verify again".to_owned(),
    ];
    evidence
}

/// 500 statements, of which few are noticed, and 120 files.
pub(crate) fn crowded() -> Evidence {
    let mut evidence = good();
    let mut big = Step::new("V10__move_everything_at_once", 1, Way::Transaction);
    big.statements = (0..500_u32)
        .map(|number| {
            let at = u64::from(number) * 2;
            let took = if number % 125 == 60 { 160 } else { 1 };
            let sql = format!("ALTER TABLE archive_{number} SET (fillfactor = 90);");
            let statement = statement(number + 1, &sql, (at, took), (at, took + 1));
            if number % 125 == 60 {
                let name = format!("public.archive_{number}");
                with_locks(statement, strong(&name, at, at + 200), strong(&name, at, at + 240))
            } else {
                statement
            }
        })
        .collect();
    whole(&mut big, (0, 0), (1400, 1500), 0, 1);
    evidence.steps = vec![big];
    evidence.steps.extend((0..120_u32).map(|number| {
        let mut step = Step::new(format!("V{}__small_change_{number}", number + 11), 1, Way::Transaction);
        step.statements = vec![statement(1, "COMMENT ON TABLE orders IS 'Orders.';", (0, 1), (0, 1))];
        whole(&mut step, (0, 0), (2, 2), 0, 1);
        step
    }));
    evidence
}

/// Every text tries to break out, and is too long.
pub(crate) fn hostile() -> Evidence {
    let bad =
        "<script>alert(1)</script> \u{1b}[31m\u{202e}gpj\0 {{main}} ]]> `x` | [a](b) \"q\" 'q' &amp; 🐘\n";
    let evil = format!("{bad}{}", "x".repeat(300));
    let json = unverified().to_json();
    let mut evidence: Evidence = serde_json::from_str(&json).unwrap_or_else(|_| good());
    evidence.run_id.clone_from(&evil);
    evidence.version.clone_from(&evil);
    evidence.outcome.summary.clone_from(&evil);
    let mut failure = Failure::new(evil.clone());
    failure.causes.push(evil.clone());
    failure.hint = Some(evil.clone());
    evidence.outcome.error = Some(failure.clone());
    if let Some(target) = &mut evidence.target {
        target.database.clone_from(&evil);
        target.host.clone_from(&evil);
    }
    if let Some(policy) = &mut evidence.policy {
        policy.environment.clone_from(&evil);
        policy.limits[0].origin.clone_from(&evil);
        policy.limits[0].fact.title = evil.clone().into();
    }
    if let Some(source) = &mut evidence.source {
        source.system_identifier.clone_from(&evil);
        source.snapshot_lsn = Some(evil.clone());
    }
    evidence.stages[0].summary.clone_from(&evil);
    evidence.stages[1].reused = Some(evil.clone());
    evidence.stages[2] = Stage::skipped(StageName::Preflight, evil.clone());
    evidence.stages[3].facts[0].value = evil.clone().into();
    let step = &mut evidence.steps[0];
    step.file.clone_from(&evil);
    step.statements[1].sql.clone_from(&evil);
    if let Some(execution) = &mut step.statements[1].predicted {
        execution.locks.push(LockSpan::new(evil.clone(), evil.clone(), 5, u64::MAX));
        execution.rewritten.push(evil.clone());
        execution.error = Some(failure);
    }
    evidence.verification[0] = Check::new(evil.clone(), Status::Error, evil.clone());
    evidence.queries[0] = Query {
        note: Some(evil.clone()),
        plan_change: Some(PlanChange { before: evil.clone(), after: evil.clone(), is_worse: true }),
        after: Some(Latency { p50_ms: f64::NAN, p95_ms: f64::INFINITY, max_ms: f64::NAN, runs: 0 }),
        ..Query::new(evil.clone(), Status::Fail)
    };
    evidence.traffic[0].workload.clone_from(&evil);
    evidence.traffic[0].bucket_ms = 0;
    if let Some(backup) = &mut evidence.backup {
        backup.adapter.clone_from(&evil);
        backup.location = Some(evil.clone());
        backup.digest = Some(evil.clone());
        backup.tables[7].table.clone_from(&evil);
        backup.tables[7].note = Some(evil.clone());
    }
    evidence.proofs[0].kind.clone_from(&evil);
    evidence.proofs[0].signed_by = Some(evil.clone());
    evidence.proofs[0].reason.clone_from(&evil);
    evidence.findings[0].message.clone_from(&evil);
    evidence.findings[0].object = Some(evil.clone());
    evidence.roll_forward = Some(evil.clone());
    evidence.next_steps[0].clone_from(&evil);
    evidence.links.push(Link { title: evil.clone(), uri: format!("javascript:{evil}") });
    evidence.checklist.set(
        Line::measured(
            Requirement::NoRowLost,
            Verdict::NotMet,
            Measurement::new(evil.clone(), Quantity::Count(u64::MAX)),
        )
        .see_detail(Part::Backup, evil.clone()),
    );
    evidence.checklist.set(Line::not_measured(Requirement::IndexesValid, evil));
    evidence
}

/// Every sample by its name.
pub(crate) fn all() -> Vec<(&'static str, Evidence)> {
    vec![
        ("good", good()),
        ("nothing", nothing()),
        ("refused", refused()),
        ("broken", broken()),
        ("unverified", unverified()),
        ("crowded", crowded()),
        ("hostile", hostile()),
        ("bare", bare(70, Status::Error, "the run ended before it began")),
    ]
}
