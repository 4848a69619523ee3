//! What a live run requires, each with what was measured of it.

use pgrefit_bench::Traffic;
use pgrefit_report::evidence::{
    Checklist, Line, Measurement, Part, Quantity, Query, Requirement, StageName, Verdict,
};
use pgrefit_report::{Finding, Status, counted, human_duration};

use super::ms;
use crate::policy::{Policy, Strength};
use crate::proof::{Claim, Proof};

/// What there is to rest the lines on; what was not measured is absent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured<'a> {
    /// The proof of the backup.
    pub backup: Option<&'a Proof>,
    /// The proof of the rehearsal.
    pub rehearsal: Option<&'a Proof>,
    /// The longest time for which a strong lock was held on the live database, in milliseconds.
    pub actual_lock_ms: Option<u64>,
    /// The workload that ran beside the live run.
    pub live_traffic: Option<&'a Traffic>,
    /// What was found about the content of tables, of the copy or of the live database.
    pub content: &'a [Finding],
    /// How many tables were compared before and after.
    pub content_tables: Option<u64>,
    /// What the verification of the live database has found.
    pub verification: &'a [Finding],
    /// The queries before and after.
    pub queries: &'a [Query],
    /// How many migrations the live run has recorded.
    pub recorded: Option<u64>,
    /// The pages that say how to go back, as many as there are.
    pub rollback_pages: Option<u64>,
}

/// The whole list. A line without a measurement says why it has none.
#[must_use]
pub fn checklist(policy: &Policy, measured: &Measured<'_>) -> Checklist {
    let mut list = Checklist::default();
    for line in proofs(policy, measured) {
        list.set(line);
    }
    list.set(traffic(measured));
    for line in [actual_lock(policy, measured), content(measured)].into_iter().flatten() {
        list.set(line);
    }
    for line in verification(measured).chain(queries(measured)) {
        list.set(line);
    }
    if let Some(pages) = measured.rollback_pages {
        let text = format!("{} in this evidence and in docs/runbooks", counted(count(pages), "way back"));
        list.set(
            met(Requirement::RollbackDocumented, pages > 0, text, Quantity::Count(pages)).see(Part::Proofs),
        );
    }
    list
}

fn proofs(policy: &Policy, measured: &Measured<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    match measured.backup.map(|proof| &proof.claim) {
        Some(Claim::Backup { strength, tables, rows, .. }) => {
            let text = format!(
                "{} with {rows} rows, the proof is {}",
                counted(count(*tables), "table"),
                strength.word()
            );
            let good = *strength >= policy.backup_strength;
            lines.push(
                met(Requirement::BackupVerified, good, text, Quantity::Count(*tables)).see(Part::Backup),
            );
            let text = format!(
                "{rows} rows of {} compared by digest in one snapshot",
                counted(count(*tables), "table")
            );
            let line = if *strength == Strength::Compared {
                met(Requirement::RestoreCompared, true, text, Quantity::Count(*rows)).see(Part::Backup)
            } else {
                Line::not_measured(
                    Requirement::RestoreCompared,
                    format!("the backup is {} only", strength.word()),
                )
            };
            lines.push(line);
        }
        _ if !policy.environment.needs_backup() => {
            let why = "the policy does not ask for a backup";
            lines.push(Line::not_required(Requirement::BackupVerified, why));
            lines.push(Line::not_required(Requirement::RestoreCompared, why));
        }
        _ => {}
    }
    match measured.rehearsal.map(|proof| &proof.claim) {
        Some(Claim::Rehearsal { stall_reads_us, stall_writes_us, .. }) => {
            let stall_ms = stall_reads_us.max(stall_writes_us).div_ceil(1000);
            let at = measured.rehearsal.map(|proof| proof.moment.lsn.to_string()).unwrap_or_default();
            let text = format!("rehearsed on a copy of the WAL position {at}");
            lines.push(met(Requirement::Rehearsed, true, text, Quantity::Ms(stall_ms)).see(Part::Locks));
            let text = within("others are kept out of a table for", stall_ms, ms(policy.stall_max));
            let good = stall_ms <= ms(policy.stall_max);
            let line = met(Requirement::PredictedLockWithinLimit, good, text, Quantity::Ms(stall_ms));
            lines.push(line.see(Part::Locks));
        }
        _ if !policy.environment.needs_rehearsal() => {
            let why = "the policy does not ask for a rehearsal";
            lines.push(Line::not_required(Requirement::Rehearsed, why));
            lines.push(Line::not_required(Requirement::PredictedLockWithinLimit, why));
        }
        _ => {}
    }
    lines
}

fn actual_lock(policy: &Policy, measured: &Measured<'_>) -> Option<Line> {
    let actual_ms = measured.actual_lock_ms?;
    let text = within("others were kept out of a table for", actual_ms, ms(policy.stall_max));
    let good = actual_ms <= ms(policy.stall_max);
    Some(met(Requirement::ActualLockWithinLimit, good, text, Quantity::Ms(actual_ms)).see(Part::Locks))
}

fn traffic(measured: &Measured<'_>) -> Line {
    let Some(traffic) = measured.live_traffic else {
        let why =
            "no workload ran beside the live run: [[queries]], traffic.rate and traffic.live ask for one";
        return Line::not_measured(Requirement::NoTransactionFailed, why);
    };
    let lost = traffic.not_served();
    let text = format!(
        "{lost} of {} failed or were not served; the longest took {}",
        counted(count(traffic.served + lost), "transaction"),
        human_duration(traffic.longest.as_ref().map_or(0, |longest| ms(longest.took)))
    );
    let line = met(Requirement::NoTransactionFailed, lost == 0, text, Quantity::Count(lost));
    line.see_detail(Part::Traffic, StageName::Apply.as_str())
}

fn content(measured: &Measured<'_>) -> Option<Line> {
    let tables = measured.content_tables?;
    let bad: Vec<&Finding> = failures(measured.content).collect();
    let text = match bad.first() {
        Some(first) => format!("{}: {}", first.object.as_deref().unwrap_or_default(), first.message),
        None => format!(
            "{} compared before and after; what changed was announced",
            counted(count(tables), "table")
        ),
    };
    let line = met(Requirement::NoRowLost, bad.is_empty(), text, Quantity::Count(tables));
    Some(line.see(Part::Verification))
}

/// The checks of the verification that stand for a requirement.
const CHECKS: [(Requirement, &str); 7] = [
    (Requirement::SchemaAsExpected, "schema-differs"),
    (Requirement::ConstraintsValid, "unvalidated-constraint"),
    (Requirement::IndexesValid, "invalid-index"),
    (Requirement::SequencesAhead, "sequence-behind"),
    (Requirement::StatisticsFresh, "statistics-old"),
    (Requirement::PrivilegesUnchanged, "privileges-changed"),
    (Requirement::HistoryRecorded, "history-incomplete"),
];

fn verification<'a>(measured: &'a Measured<'_>) -> impl Iterator<Item = Line> + 'a {
    CHECKS.into_iter().filter_map(|(requirement, check)| {
        let found: Vec<&Finding> =
            measured.verification.iter().filter(|finding| finding.check == check).collect();
        let worst = found.iter().max_by_key(|finding| finding.status)?;
        let verdict = match worst.status {
            Status::Pass | Status::Info => Verdict::Met,
            Status::Warn => Verdict::MetWithRemark,
            _ => Verdict::NotMet,
        };
        let told = if verdict == Verdict::Met {
            found.iter().find(|finding| finding.status == Status::Pass).unwrap_or(worst)
        } else {
            worst
        };
        let text = match &told.object {
            Some(object) => format!("{object}: {}", told.message),
            None => told.message.clone(),
        };
        let bad = failures(found.iter().copied()).count() as u64;
        let number = match requirement {
            Requirement::HistoryRecorded => measured.recorded.unwrap_or(bad),
            _ => bad,
        };
        let measurement = Measurement { text, quantity: Quantity::Count(number) };
        Some(Line::measured(requirement, verdict, measurement).see_detail(Part::Verification, check))
    })
}

fn queries<'a>(measured: &'a Measured<'_>) -> impl Iterator<Item = Line> + 'a {
    let queries = measured.queries;
    let why = "no query is configured: [[queries]] in pgrefit.toml names those of the application";
    let total = queries.len() as u64;
    let over = |query: &&Query| {
        query.after.is_none_or(|after| query.budget_ms.is_some_and(|budget| after.p95_ms > budget))
    };
    let worse = |query: &&Query| query.plan_change.as_ref().is_some_and(|change| change.is_worse);
    let line = |requirement, bad: Vec<&Query>, good: String| {
        if queries.is_empty() {
            return Line::not_measured(requirement, why);
        }
        let text = match bad.first() {
            Some(first) => {
                format!("{}: {}", first.name, first.note.clone().unwrap_or_else(|| "not measured".into()))
            }
            None => good,
        };
        met(requirement, bad.is_empty(), text, Quantity::Count(bad.len() as u64)).see(Part::Queries)
    };
    [
        line(
            Requirement::QueriesWithinBudget,
            queries.iter().filter(over).collect(),
            format!("the p95 of {} is within its budget", counted(count(total), "query")),
        ),
        line(
            Requirement::PlansStable,
            queries.iter().filter(worse).collect(),
            format!("no plan of {} got worse", counted(count(total), "query")),
        ),
    ]
    .into_iter()
}

fn failures<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> impl Iterator<Item = &'a Finding> {
    findings.into_iter().filter(|finding| finding.status >= Status::Fail)
}

fn met(requirement: Requirement, good: bool, text: String, quantity: Quantity) -> Line {
    let verdict = if good { Verdict::Met } else { Verdict::NotMet };
    Line::measured(requirement, verdict, Measurement { text, quantity })
}

fn within(what: &str, ms: u64, limit_ms: u64) -> String {
    format!("{what} {} at most, and the limit is {}", human_duration(ms), human_duration(limit_ms))
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
