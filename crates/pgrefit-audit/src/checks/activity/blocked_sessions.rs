//! Sessions that wait for each other: told by whoever is in the way of all of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use pgrefit_catalog::census::{Backend, Lock, Source};
use pgrefit_report::{Status, counted};

use crate::check::{Check, Group};
use crate::facts::activity::{MINUTE_S, said, span, terminate};
use crate::{Facts, Ruling};

/// Shorter waits are daily business.
const WARN_S: f64 = 5.0;
/// Clients give up.
const FAIL_S: f64 = MINUTE_S;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "blocked-sessions",
    code: "ACT-03",
    group: Group::Activity,
    title: "Sessions wait for a lock that another one does not give up.",
    level: Status::Fail,
    required: false,
    matters: "Told once for each session that is in the way and waits for nobody itself, with all who wait for it directly or \
              behind each other. Told from waits of five seconds on, a failure from a minute on. It is a failure at once if \
              one of those who wait wants ACCESS EXCLUSIVE and others stand behind it: then everybody who wants to use that \
              table joins the queue, though the session at its head may do no more than read.",
    cure: "Cancel the command that wants ACCESS EXCLUSIVE, or end the session at the head. Run DDL with a short lock_timeout.",
    sources: &[Source::Backends, Source::Locks],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    let waiters: Vec<&Backend> =
        facts.census.backends.iter().filter(|it| !it.blocked_by.is_empty()).collect();
    ruling.saw_many(facts.census.backends.len() - waiters.len());
    for waiter in &waiters {
        match facts.why_unseen(waiter).filter(|_| wait_s(facts, waiter).is_none()) {
            Some((why, grant)) => ruling.missed(why, grant),
            None => ruling.saw(),
        }
    }
    let blockers: BTreeSet<i32> = waiters.iter().flat_map(|it| it.blocked_by.iter().copied()).collect();
    let heads = blockers.into_iter().filter(|pid| waiters.iter().all(|it| it.pid != *pid));
    heads.for_each(|head| judge_queue(facts, ruling, &waiters, head));
}

fn judge_queue(facts: &Facts<'_>, ruling: &mut Ruling, waiters: &[&Backend], head: i32) {
    let queue = behind(waiters, head);
    let longest = queue.iter().filter_map(|it| wait_s(facts, it)).fold(0.0, f64::max);
    if longest < WARN_S {
        return;
    }
    // A command that takes all of a table, with others behind it.
    let mut with_queue = queue.iter().filter(|it| !behind(waiters, it.pid).is_empty());
    let ddl = with_queue.find_map(|it| Some((*it, wants_all(facts, it.pid)?)));
    let status = if longest >= FAIL_S || ddl.is_some() { Status::Fail } else { Status::Warn };
    // Zero stands for a prepared transaction.
    let backend = facts.backend(head);
    let name = if head == 0 { "prepared transaction".to_owned() } else { facts.backend_name(head) };
    let state =
        backend.and_then(|it| it.state.as_deref()).map(|state| format!(", {state},")).unwrap_or_default();
    let mut message = format!(
        "{name}{state} keeps {} waiting, the longest for {}",
        counted(queue.len(), "session"),
        said(longest)
    );
    if let Some((ddl, table)) = ddl {
        let (name, stand) = (facts.backend_name(ddl.pid), counted(behind(waiters, ddl.pid).len(), "session"));
        let table = facts.name(table);
        let _ = write!(message, "; {name} waits for ACCESS EXCLUSIVE on {table}, with {stand} behind it");
    }
    let mut found = ruling.found(status, name, message);
    found
        .number("waiting_sessions", queue.len())
        .number("longest_wait_ms", span(longest))
        .number("transaction_ms", backend.and_then(|it| it.transaction_age_s).map(span));
    match (ddl, backend) {
        (Some((ddl, _)), _) => found.sql(format!("SELECT pg_cancel_backend({});", ddl.pid), "", true),
        (None, Some(backend)) => found.sql(terminate(backend), "", false),
        (None, None) => found.hint("COMMIT PREPARED or ROLLBACK PREPARED: see old-prepared-transaction"),
    };
}

/// Everybody who waits for this one, directly or behind each other.
fn behind<'a>(waiters: &[&'a Backend], head: i32) -> Vec<&'a Backend> {
    let (mut found, mut heads): (Vec<&Backend>, _) = (Vec::new(), vec![head]);
    while let Some(head) = heads.pop() {
        for waiter in waiters.iter().filter(|it| it.blocked_by.contains(&head)) {
            if waiter.pid != head && found.iter().all(|it| it.pid != waiter.pid) {
                heads.push(waiter.pid);
                found.push(waiter);
            }
        }
    }
    found
}

/// How long it waits: since when it waits for the lock, or at the most since its statement began.
fn wait_s(facts: &Facts<'_>, waiter: &Backend) -> Option<f64> {
    let waits = |it: &&Lock| it.pid == Some(waiter.pid) && !it.granted;
    let lock = facts.census.locks.iter().find(waits).and_then(|lock| lock.wait_age_s);
    lock.or(waiter.query_age_s).or(waiter.state_age_s)
}

/// The relation of which it waits for `ACCESS EXCLUSIVE`.
fn wants_all(facts: &Facts<'_>, pid: i32) -> Option<u32> {
    let wants = |it: &&Lock| it.pid == Some(pid) && !it.granted && it.mode == "AccessExclusiveLock";
    facts.census.locks.iter().find(wants).map(|lock| lock.relation)
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    /// Sessions, each with who is in its way and for how many seconds.
    fn sample(sessions: &[(i32, &[i32], f64)]) -> Sample {
        let table = Sample::new(18).relation(100, RelationKind::Table, "t", |_| {});
        sessions.iter().fold(table, |sample, (pid, blocked_by, age)| {
            sample.backend(*pid, |it| {
                (it.blocked_by, it.query_age_s) = (blocked_by.to_vec(), Some(*age));
                it.transaction_age_s = Some(500.0);
            })
        })
    }

    #[test]
    fn the_head_of_each_queue_is_told() {
        let check = |sessions: &[(i32, &[i32], f64)], expected: Status, heads: &[&str]| {
            let sample = sample(sessions);
            assert_eq!(
                (sample.status(&CHECK), sample.objects(&CHECK)),
                (expected, strings(heads)),
                "{sessions:?}"
            );
        };
        check(&[(1, &[], 500.0)], Status::Pass, &[]);
        check(&[(1, &[], 500.0), (2, &[1], 1.0)], Status::Pass, &[]);
        check(&[(1, &[], 500.0), (2, &[1], 10.0)], Status::Warn, &["backend 1 of app"]);
        check(&[(1, &[], 500.0), (2, &[1], 80.0)], Status::Fail, &["backend 1 of app"]);
        check(&[(1, &[], 9.0), (2, &[1], 6.0), (3, &[2], 80.0)], Status::Fail, &["backend 1 of app"]);
        let two: &[(i32, &[i32], f64)] = &[(1, &[], 9.0), (2, &[], 9.0), (3, &[1, 2], 10.0)];
        check(two, Status::Warn, &["backend 1 of app", "backend 2 of app"]);
        check(&[(2, &[0], 10.0)], Status::Warn, &["prepared transaction"]);
        // The server itself ends a deadlock.
        check(&[(1, &[2], 10.0), (2, &[1], 10.0)], Status::Pass, &[]);
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn a_queue_behind_ddl_fails_at_once() {
        let queue = |wait_s| {
            let sessions: &[(i32, &[i32], f64)] =
                &[(1, &[], 500.0), (2, &[1], 9.0), (3, &[2], 8.0), (4, &[2], 7.0)];
            sample(sessions).exclusive_lock(2, 100, wait_s)
        };
        let found = queue(Some(9.0)).verdict(&CHECK).findings.remove(0);
        assert_eq!(found.status, Status::Fail);
        assert_eq!(found.remediation.expect("a cure").sql, "SELECT pg_cancel_backend(2);");
        assert_eq!(
            found.message,
            "backend 1 of app, active, keeps 3 sessions waiting, the longest for 9.0 s; \
             backend 2 of app waits for ACCESS EXCLUSIVE on public.t, with 2 sessions behind it"
        );
        // Nobody behind it.
        let alone = sample(&[(1, &[], 500.0), (2, &[1], 9.0)]).exclusive_lock(2, 100, Some(9.0));
        assert_eq!(alone.status(&CHECK), Status::Warn);
    }

    #[test]
    fn a_wait_is_seen_by_its_lock_even_if_the_session_is_hidden() {
        let hidden = || {
            Sample::new(16).hidden_backend(1).hidden_backend(2).with(|it| it.backends[1].blocked_by = vec![1])
        };
        assert_eq!(hidden().status(&CHECK), Status::Blind);
        assert_eq!(hidden().exclusive_lock(2, 100, Some(10.0)).status(&CHECK), Status::Warn);
    }
}
