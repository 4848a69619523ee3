//! One database on a page: sessions, migrations, runs, evidence, partitions, and what the last audit found.

use pgrefit_report::{
    Cell, Chart, ChartScale, Column, Fact, Failure, Line, LivePage, Outcome, Report, Status, Table,
    render_live_html,
};

use super::{ago, judged, links, moment, refresh_s, sentence};
use crate::board::{Board, Seat, Seen, age, now};
use crate::round::headroom;

pub(super) fn html(board: &Board, seat: &Seat) -> String {
    let seen = seat.read(Seen::clone);
    let mut outcome = Outcome::new(0, judged(&seen), sentence(seat, &seen));
    outcome.error = error(&seen);
    let mut report = Report::new("serve", board.version, String::new(), outcome);
    report.facts = facts(&seen);
    report.tables = [migrations(&seen), runs(&seen), evidence(&seen), partitions(&seen), audits(&seen)]
        .into_iter()
        .flatten()
        .collect();
    if let Some(audit) = &seen.audit {
        let verdicts = &audit.value.verdicts;
        report.rules = verdicts.iter().map(pgrefit_audit::Verdict::rule_info).collect();
        let found = verdicts.iter().flat_map(|verdict| &verdict.findings);
        report.findings = audit.value.about.iter().chain(found).cloned().collect();
    }
    render_live_html(&LivePage {
        title: &seat.target.name,
        report: &report,
        circumstances: circumstances(seat, &seen),
        charts: charts(&seen),
        links: links(board, Some(&seat.target.name)),
        refresh_s: refresh_s(board),
        edition: seen.audit.as_ref().map(|audit| audit.at.to_string()).unwrap_or_default(),
    })
}

/// Why the database, or a part of it, could not be read.
fn error(seen: &Seen) -> Option<Failure> {
    seen.failure.clone().or_else(|| seen.problems.values().next().cloned())
}

fn circumstances(seat: &Seat, seen: &Seen) -> Vec<(&'static str, String)> {
    let mut known = Vec::new();
    if let Some(server) = &seen.server {
        known.push(("Database", server.facts.database.clone()));
        known.push(("Server", server.address.clone()));
        known.push(("Role", server.facts.user.clone()));
        known.push(("PostgreSQL", server.facts.version.clone()));
        if server.facts.in_recovery {
            known.push(("Standby", "yes".to_owned()));
        }
    }
    known.push(("Environment", seat.target.environment.word().to_owned()));
    for (name, value) in &seat.target.labels {
        known.push(("Label", format!("{name} = {value}")));
    }
    known.extend(seen.sessions.as_ref().map(|it| ("Read", format!("{} ago", ago(it.age())))));
    known.extend(seen.audit.as_ref().map(|it| ("Audited", format!("{} ago", ago(it.age())))));
    known
}

fn facts(seen: &Seen) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(known) = seen.migrations.as_ref().map(|it| &it.value) {
        facts.push(Fact::new("version", "version", known.version));
        facts.push(Fact::new("applied", "applied", known.applied));
        facts.push(Fact::new("pending", "pending", known.pending));
        facts.push(Fact::new("diverged", "diverged", known.diverged));
        facts.push(Fact::new("success_at", "last good run", at(known.last_success)));
    }
    if let Some(now) = seen.sessions.as_ref().map(|it| &it.value) {
        facts.push(Fact::new("sessions", "sessions", now.all()));
        facts.push(Fact::new("used", "of the server's", format!("{} of {}", now.used, now.max)));
        facts.push(Fact::new("lock_waiters", "waiting for locks", now.lock_waiters));
        facts.push(Fact::new("transaction", "oldest transaction", ago(now.oldest_transaction_s)));
    }
    if let Some(known) = seen.records.as_ref().map(|it| &it.value) {
        facts.push(Fact::new("backup_at", "last backup", at(known.backup_at)));
        facts.push(Fact::new("verified_at", "last verified backup", at(known.verified_at)));
        if let Some(queries) = known.queries {
            let said = format!("{} of {}", queries.exceeded, queries.measured);
            facts.push(Fact::new("queries", "queries over budget", said));
        }
    }
    if let Some(left) = seen.partitions.as_ref().and_then(|sets| headroom(&sets.value, now())) {
        facts.push(Fact::new("headroom_ms", "partitions for", Cell::DurationMs(left.unsigned_abs() * 1000)));
    }
    facts
}

fn at(moment_s: Option<i64>) -> Cell {
    moment_s.map_or(Cell::Missing, |at| Cell::Timestamp(moment(at)))
}

/// Sessions over the last hour, and findings over the last audits. Times are minutes to go back.
fn charts(seen: &Seen) -> Vec<Chart> {
    let samples: Vec<_> = seen.samples.iter().collect();
    let first = samples.first().map_or(0.0, |sample| age(sample.since));
    let line = |name: &str, of: fn(&crate::round::Sessions) -> u32| {
        let points = samples.iter().map(|it| ((first - age(it.since)) / 60.0, f64::from(of(&it.sessions))));
        Line::new(name, points.collect())
    };
    let lines = vec![
        line("active", |now| now.active),
        line("waiting for a lock", |now| now.lock_waiters),
        line("idle", |now| now.idle),
        line("idle in transaction", |now| now.idle_in_transaction),
        line("other", |now| now.other),
    ];
    let about = format!("by what they do, over the last {}", ago(first));
    let axes = ((ChartScale::Linear, "min"), (ChartScale::Linear, ""));
    let mut charts = vec![Chart::new("Sessions", about, axes.0, axes.1, lines)];
    charts.extend(findings(seen));
    charts
}

/// Nothing before there are two audits.
#[expect(clippy::cast_precision_loss, reason = "counts of findings and minutes are small")]
fn findings(seen: &Seen) -> Option<Chart> {
    let points: Vec<_> = seen.audit_history.iter().collect();
    let first = points.first().filter(|_| points.len() > 1)?.at;
    let line = |name: &str, of: fn(&crate::board::AuditPoint) -> usize| {
        Line::new(name, points.iter().map(|it| ((it.at - first) as f64 / 60.0, of(it) as f64)).collect())
    };
    let lines = vec![
        line("notes", |it| it.infos),
        line("failures", |it| it.fails),
        line("checks not seen", |it| it.blind_checks),
        line("warnings", |it| it.warns),
    ];
    let about = format!("of the last {} audits", points.len());
    Some(Chart::new("Findings", about, (ChartScale::Linear, "min"), (ChartScale::Linear, ""), lines))
}

fn migrations(seen: &Seen) -> Option<Table> {
    let known = &seen.migrations.as_ref()?.value;
    let columns = [
        Column::number("version", "version"),
        Column::text("title", "migration"),
        Column::text("state", "state"),
        Column::text("applied_on", "applied"),
    ];
    let mut table = Table::new("migrations", "Migrations, the newest first", columns);
    for entry in known.entries.iter().rev() {
        let applied = entry.applied_on.clone().filter(|text| !text.is_empty());
        let applied = applied.map_or(Cell::Missing, Cell::Timestamp);
        table.push([entry.version.into(), entry.title.clone().into(), entry.state.word().into(), applied]);
    }
    Some(table)
}

fn runs(seen: &Seen) -> Option<Table> {
    let runs = &seen.migrations.as_ref()?.value.runs;
    let columns = [
        Column::text("status", "status"),
        Column::text("run", "run"),
        Column::text("started_at", "began"),
        Column::number("took_ms", "took"),
        Column::number("exit_code", "exit code"),
        Column::number("to_version", "came to"),
        Column::text("summary", "what came of it"),
    ];
    let mut table = Table::new("runs", "Last runs, as the database records them", columns);
    for run in runs {
        let took = run.finished.map(|finished| (finished - run.started).unsigned_abs() * 1000);
        let status = match run.exit_code {
            Some(0) => Status::Pass,
            Some(_) => Status::Fail,
            None => Status::Skip,
        };
        let summary = if run.finished.is_none() { "has not ended" } else { &run.summary };
        table.push([
            Cell::Status(status),
            run.id.clone().into(),
            at(Some(run.started)),
            took.map_or(Cell::Missing, Cell::DurationMs),
            run.exit_code.map(u32::from).into(),
            run.to_version.into(),
            summary.into(),
        ]);
    }
    Some(table).filter(|table| !table.rows.is_empty())
}

fn evidence(seen: &Seen) -> Option<Table> {
    let last = seen.records.as_ref()?.value.evidence.clone()?;
    let columns = [
        Column::text("status", "status"),
        Column::text("requirement", "requirement"),
        Column::text("measured", "measured"),
    ];
    let title = format!("Last evidence: {} ({}, exit code {})", last.summary, last.run, last.exit_code);
    let mut table = Table::new("evidence", title, columns);
    for (title, status, said) in last.lines {
        table.push([Cell::Status(status), title.into(), said.into()]);
    }
    Some(table)
}

fn partitions(seen: &Seen) -> Option<Table> {
    let sets = &seen.partitions.as_ref()?.value;
    let columns = [
        Column::text("table", "table"),
        Column::number("partitions", "partitions"),
        Column::number("size_bytes", "size"),
        Column::text("ahead", "ahead"),
        Column::text("ready_until_at", "ready until"),
        Column::number("due", "due"),
        Column::text("warnings", "warnings"),
    ];
    let mut table = Table::new("partitions", "Partitions", columns);
    for set in sets.iter() {
        let ready = set.ready_until.filter(|until| *until > 0);
        table.push([
            set.table.clone().into(),
            set.partitions.into(),
            Cell::Bytes(set.bytes),
            format!("{} of {}", set.ahead, set.ahead_wanted).into(),
            at(ready),
            set.due.into(),
            set.warnings.join("; ").into(),
        ]);
    }
    Some(table)
}

fn audits(seen: &Seen) -> Option<Table> {
    let columns = [
        Column::text("taken_at", "audited"),
        Column::number("took_ms", "took"),
        Column::number("fail", "failures"),
        Column::number("warn", "warnings"),
        Column::number("info", "notes"),
        Column::number("blind", "checks not seen"),
    ];
    let left_out = seen.audit.as_ref().map_or(0, |audit| audit.value.left_out);
    let title = match left_out {
        0 => "Audits, the newest first".to_owned(),
        some => format!(
            "Audits, the newest first; of the last one {some} more findings are counted and not shown"
        ),
    };
    let mut table = Table::new("audits", title, columns);
    for point in seen.audit_history.iter().rev().take(12) {
        table.push([
            at(Some(point.at)),
            Cell::duration(point.took),
            point.fails.into(),
            point.warns.into(),
            point.infos.into(),
            point.blind_checks.into(),
        ]);
    }
    Some(table).filter(|table| !table.rows.is_empty())
}
