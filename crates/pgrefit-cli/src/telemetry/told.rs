//! From the report of a run to what a monitor is told of it.

use pgrefit_metrics::Run;
use pgrefit_report::{Cell, Report, Status};

use crate::{Context, Exit};

/// The levels that are told, each with a number, so that an alarm ends by a zero.
const SEVERITIES: [Status; 5] = [Status::Info, Status::Warn, Status::Blind, Status::Fail, Status::Error];

/// Facts that are times of stages.
const STAGES: [&str; 7] =
    ["census_ms", "snapshot_ms", "judge_ms", "take_ms", "restore_ms", "digest_ms", "compare_ms"];

/// The table of a run's stages, and that of migrations.
const PIPELINE: &str = "pipeline";
const MIGRATIONS: &str = "migrations";

pub(super) fn run(report: &Report, exit: Exit, context: &Context) -> Run {
    let (command, database) = match context.told_as.get() {
        Some((command, database)) => ((*command).to_owned(), database.clone()),
        None => (report.command.clone(), database(report, context)),
    };
    Run {
        command,
        database,
        version: report.version.clone(),
        outcome: report.outcome.status.as_str().to_owned(),
        exit_code: exit.code(),
        ended_at_seconds: context.ended_at_seconds(),
        duration_seconds: context.started().elapsed().as_secs_f64(),
        stages: stages(report),
        findings: findings(report),
        migration_version: migration_version(report),
    }
}

/// The database of the report; of a run that failed before it had one, the database that was named.
fn database(report: &Report, context: &Context) -> String {
    if let Some(name) = context.global.telemetry.name() {
        return name.to_owned();
    }
    if report.command == "fleet" {
        // Of many.
        return String::new();
    }
    if let Some(target) = &report.target {
        return target.database.clone();
    }
    if report.outcome.error.is_none() {
        return String::new();
    }
    Context::settings(&context.global).map_or_else(|_| String::new(), |it| it.database().to_owned())
}

fn stages(report: &Report) -> Vec<(String, f64)> {
    let rows = report.tables.iter().filter(|table| table.id == PIPELINE).flat_map(|table| &table.rows);
    let of_rows = rows.filter_map(|row| match &row[..] {
        [Cell::Text(name), _, Cell::DurationMs(ms), ..] => Some((name.clone(), seconds(*ms))),
        _ => None,
    });
    let of_facts = report.facts.iter().filter_map(|fact| match fact.value {
        Cell::DurationMs(ms) if STAGES.contains(&fact.key.as_ref()) => {
            Some((fact.key.trim_end_matches("_ms").to_owned(), seconds(ms)))
        }
        _ => None,
    });
    of_rows.chain(of_facts).collect()
}

fn findings(report: &Report) -> Vec<(&'static str, u64)> {
    let count = |status| report.counted().filter(|finding| finding.status == status).count();
    SEVERITIES.map(|status| (status.as_str(), count(status) as u64)).into()
}

/// The fact, or the highest of the migrations that are shown as applied.
fn migration_version(report: &Report) -> Option<i64> {
    let fact = report.facts.iter().find_map(|fact| match fact.value {
        Cell::Integer(version) if fact.key == "version" => Some(version),
        _ => None,
    });
    let rows = report.tables.iter().filter(|table| table.id == MIGRATIONS).flat_map(|table| &table.rows);
    let applied = rows.filter_map(|row| match &row[..] {
        [Cell::Text(title), Cell::Text(state), ..] if state.starts_with("applied") => version_of(title),
        _ => None,
    });
    fact.or_else(|| applied.max())
}

/// 7 of `V7__orders`.
fn version_of(title: &str) -> Option<i64> {
    let rest = title.strip_prefix(['V', 'U'])?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "2^53 ms are long enough")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use pgrefit_report::{Column, Fact, Finding, Outcome, Table};

    use super::*;

    fn report() -> Report {
        Report::new("migrate", "0.1.0", "2026-01-02T03:04:05Z", Outcome::new(0, Status::Pass, "done"))
    }

    #[test]
    fn stages_are_those_that_ran() {
        let mut report = report();
        let columns = ["stage", "status", "duration_ms", "summary"].map(|key| Column::text(key, key));
        let mut table = Table::new("pipeline", "Pipeline", columns);
        table.push(["plan".into(), Status::Pass.into(), Cell::DurationMs(1500), "1 to apply".into()]);
        table.push(["rehearse".into(), Status::Skip.into(), Cell::Missing, "not asked for".into()]);
        report.tables.push(table);
        report.facts.push(Fact::new("census_ms", "read in", Cell::DurationMs(20)));
        report.facts.push(Fact::new("statistics_window_ms", "counters count for", Cell::DurationMs(9)));
        assert_eq!(stages(&report), [("plan".to_owned(), 1.5), ("census".to_owned(), 0.02)]);
    }

    #[test]
    fn findings_are_counted_by_level() {
        let mut report = report();
        let finding = |status| Finding::new("a-check", status, "it is so");
        report.findings = vec![
            finding(Status::Warn),
            finding(Status::Warn),
            finding(Status::Fail).suppressed("known"),
            finding(Status::Pass),
        ];
        let expected = [("info", 0), ("warn", 2), ("blind", 0), ("fail", 0), ("error", 0)];
        assert_eq!(findings(&report), expected);
    }

    #[test]
    fn the_version_is_a_fact_or_the_highest_applied() {
        let check = |fact: Option<i64>, rows: &[(&str, &str)], expected: Option<i64>| {
            let mut report = report();
            report.facts.extend(fact.map(|version| Fact::new("version", "version", version)));
            let mut table =
                Table::new("migrations", "Migrations", ["name", "state"].map(|it| Column::text(it, it)));
            for (title, state) in rows {
                table.push([(*title).into(), (*state).into()]);
            }
            report.tables.push(table);
            assert_eq!(migration_version(&report), expected, "{rows:?}");
        };
        check(Some(3), &[("V9__a.sql", "applied")], Some(3));
        check(None, &[("V9__a.sql", "applied"), ("V10__b.sql", "applied, file missing")], Some(10));
        check(None, &[("V9__a.sql", "pending"), ("odd", "applied")], None);
        check(None, &[], None);
    }
}
