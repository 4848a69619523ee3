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
pub struct Lines<'a> {
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
    /// Whether they were those of the copy: on a live database rows come and go.
    pub content_of_copy: bool,
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
pub fn checklist(policy: &Policy, measured: &Lines<'_>) -> Checklist {
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
        let text = format!("{} of runbooks: the way forward, and the restore", counted(count(pages), "page"));
        list.set(
            met(Requirement::RollbackDocumented, pages > 0, text, Quantity::Count(pages)).see(Part::Proofs),
        );
    }
    list
}

fn proofs(policy: &Policy, measured: &Lines<'_>) -> Vec<Line> {
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

fn actual_lock(policy: &Policy, measured: &Lines<'_>) -> Option<Line> {
    let actual_ms = measured.actual_lock_ms?;
    let text = within("others were kept out of a table for", actual_ms, ms(policy.stall_max));
    let good = actual_ms <= ms(policy.stall_max);
    Some(met(Requirement::ActualLockWithinLimit, good, text, Quantity::Ms(actual_ms)).see(Part::Locks))
}

fn traffic(measured: &Lines<'_>) -> Line {
    let Some(traffic) = measured.live_traffic else {
        let why =
            "no workload ran beside the live run: [[queries]], traffic.rate and traffic.live ask for one";
        return Line::not_measured(Requirement::NoTransactionFailed, why);
    };
    let lost = traffic.not_served();
    let again = match traffic.prepared_again {
        0 => String::new(),
        again => format!("; {} prepared anew", counted(count(again), "statement")),
    };
    let text = format!(
        "{lost} of {} failed or were not served; the longest took {}{again}",
        counted(count(traffic.served + lost), "transaction"),
        human_duration(traffic.longest.as_ref().map_or(0, |longest| ms(longest.took)))
    );
    let line = met(Requirement::NoTransactionFailed, lost == 0, text, Quantity::Count(lost));
    line.see_detail(Part::Traffic, StageName::Apply.as_str())
}

fn content(measured: &Lines<'_>) -> Option<Line> {
    let tables = measured.content_tables?;
    let of_content = measured.content.iter().filter(|finding| finding.check == "content-changed");
    let bad: Vec<&Finding> = failures(of_content).collect();
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

fn verification<'a>(measured: &'a Lines<'_>) -> impl Iterator<Item = Line> + 'a {
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

fn queries<'a>(measured: &'a Lines<'_>) -> impl Iterator<Item = Line> + 'a {
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
            format!("the p95 of {} is within budget", of_queries(total)),
        ),
        line(Requirement::PlansStable, queries.iter().filter(worse).collect(), no_worse(queries)),
    ]
    .into_iter()
}

fn of_queries(count: u64) -> String {
    if count == 1 { "1 query".to_owned() } else { format!("{count} queries") }
}

/// Plans that changed their kind and are no slower are told.
fn no_worse(queries: &[Query]) -> String {
    let told = queries.iter().filter(|query| query.status == Status::Warn && query.plan_change.is_some());
    let all = counted(queries.len(), "plan");
    match told.count() {
        0 => format!("none of {all} got worse"),
        other => format!("none of {all} got slower; {other} read a table whole now"),
    }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pgrefit_report::evidence::Requirement as R;

    use super::*;
    use crate::policy::Environment;
    use crate::proof::tests::{backup, rehearsal};

    static REHEARSAL: std::sync::LazyLock<Proof> = std::sync::LazyLock::new(rehearsal);

    fn policy(environment: Environment) -> Policy {
        Policy {
            environment,
            backup_max_age: Duration::from_hours(1),
            rehearsal_max_age: Duration::from_hours(24),
            stall_max: Duration::from_secs(1),
            backup_strength: Strength::Compared,
            trusted_keys: Vec::new(),
        }
    }

    #[track_caller]
    fn check(environment: Environment, lines: &Lines<'_>, expected: &[(R, Status, &str)]) {
        let list = checklist(&policy(environment), lines);
        for (requirement, status, words) in expected {
            let line = list.lines().iter().find(|line| line.requirement() == *requirement).unwrap();
            let text = line
                .measurement()
                .map(|measured| measured.text.as_str())
                .or(line.reason())
                .unwrap_or_default();
            assert_eq!(line.status(), *status, "{requirement:?}: {text}");
            assert!(text.contains(words), "{requirement:?}: {text}");
        }
    }

    #[test]
    fn nothing_is_ticked_without_a_measurement() {
        let list = checklist(&policy(Environment::Production), &Lines::default());
        assert!(list.lines().iter().all(|line| line.status() == Status::Blind));
        assert!(!list.is_met());
    }

    #[test]
    fn what_the_policy_does_not_ask_for_is_not_required() {
        check(
            Environment::Staging,
            &Lines { backup: Some(&backup()), ..Lines::default() },
            &[
                (R::BackupVerified, Status::Pass, "2 tables with 7 rows, the proof is compared"),
                (R::RestoreCompared, Status::Pass, "7 rows of 2 tables"),
                (R::Rehearsed, Status::Skip, "does not ask"),
                (R::PredictedLockWithinLimit, Status::Skip, "does not ask"),
                (R::NoTransactionFailed, Status::Blind, "no workload"),
            ],
        );
    }

    #[test]
    fn locks_are_held_against_the_limit() {
        let lines =
            |actual| Lines { rehearsal: Some(&REHEARSAL), actual_lock_ms: Some(actual), ..Lines::default() };
        check(
            Environment::Production,
            &lines(1000),
            &[
                (R::PredictedLockWithinLimit, Status::Pass, "for 13 ms at most"),
                (R::ActualLockWithinLimit, Status::Pass, "for 1.0 s at most"),
            ],
        );
        check(
            Environment::Production,
            &lines(1001),
            &[(R::ActualLockWithinLimit, Status::Fail, "and the limit is 1.0 s")],
        );
    }

    #[test]
    fn the_verification_speaks_for_its_requirements() {
        let verification = [
            Finding::new("sequence-behind", Status::Pass, "5 sequences are ahead of their keys"),
            Finding::new("invalid-index", Status::Fail, "the index is not valid").about("public.i"),
            Finding::new("privileges-changed", Status::Info, "as rehearsed").about("public.t"),
            Finding::new("privileges-changed", Status::Pass, "9 objects"),
            Finding::new("unvalidated-constraint", Status::Warn, "the constraint is not validated")
                .about("c"),
        ];
        check(
            Environment::Production,
            &Lines { verification: &verification, ..Lines::default() },
            &[
                (R::SequencesAhead, Status::Pass, "5 sequences"),
                (R::IndexesValid, Status::Fail, "public.i: the index"),
                (R::PrivilegesUnchanged, Status::Pass, "9 objects"),
                (R::ConstraintsValid, Status::Warn, "c: the constraint"),
                (R::SchemaAsExpected, Status::Blind, ""),
            ],
        );
    }

    #[test]
    fn a_query_without_a_measurement_is_over_its_budget() {
        let mut good = Query::new("a", Status::Pass);
        good.budget_ms = Some(10.0);
        good.after =
            Some(pgrefit_report::evidence::Latency { p50_ms: 1.0, p95_ms: 9.0, max_ms: 9.0, runs: 20 });
        let queries = [good.clone()];
        check(
            Environment::Production,
            &Lines { queries: &queries, ..Lines::default() },
            &[
                (R::QueriesWithinBudget, Status::Pass, "the p95 of 1 query is within budget"),
                (R::PlansStable, Status::Pass, "none of 1 plan got worse"),
            ],
        );
        let queries = [good, Query::new("b", Status::Blind)];
        check(
            Environment::Production,
            &Lines { queries: &queries, ..Lines::default() },
            &[(R::QueriesWithinBudget, Status::Fail, "b: not measured")],
        );
    }
}
