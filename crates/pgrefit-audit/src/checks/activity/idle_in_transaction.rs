//! Sessions that do nothing in an open transaction.

use pgrefit_catalog::census::{Backend, Source};
use pgrefit_catalog::quote_ident;
use pgrefit_report::{Status, counted};

use crate::check::{Check, Group};
use crate::facts::activity::{MINUTE_S, said, span, terminate};
use crate::{Facts, Ruling};

/// So long may a client think.
const WARN_S: f64 = 5.0 * MINUTE_S;
/// So long if it is in the way of others.
const FAIL_S: f64 = MINUTE_S;

/// The check.
pub(super) static CHECK: Check = Check {
    id: "idle-in-transaction",
    code: "ACT-02",
    group: Group::Activity,
    title: "A session is idle in an open transaction.",
    level: Status::Fail,
    required: false,
    matters: "It holds its locks and its connection and does nothing: a client that waits for something else, or that forgot to \
              commit. Told from five minutes on. It is a failure from one minute on if others wait for it, or if it holds \
              ACCESS EXCLUSIVE on a table, so that nobody can read that.",
    cure: "End the session, and set idle_in_transaction_session_timeout. Let the client commit before it waits.",
    sources: &[Source::Backends, Source::Locks],
    example: None,
    judge,
};

fn judge(facts: &Facts<'_>, ruling: &mut Ruling) {
    for backend in facts.sessions() {
        if let Some((why, grant)) = facts.why_unseen(backend) {
            ruling.missed(why, grant);
            continue;
        }
        ruling.saw();
        let idle = backend.state.as_deref().is_some_and(|state| state.starts_with("idle in transaction"));
        let (Some(age), true) = (backend.state_age_s, idle) else { continue };
        let waiting = facts.census.backends.iter().filter(|it| it.blocked_by.contains(&backend.pid)).count();
        let locks = |it: &&pgrefit_catalog::census::Lock| {
            it.pid == Some(backend.pid) && it.granted && it.mode == "AccessExclusiveLock"
        };
        let locked = facts.census.locks.iter().find(locks).map(|lock| facts.name(lock.relation));
        let in_the_way = waiting > 0 || locked.is_some();
        if age >= WARN_S || (in_the_way && age >= FAIL_S) {
            let status = if in_the_way { Status::Fail } else { Status::Warn };
            tell(facts, ruling, backend, status, age, waiting, locked);
        }
    }
}

fn tell(
    facts: &Facts<'_>,
    ruling: &mut Ruling,
    backend: &Backend,
    status: Status,
    age: f64,
    waiting: usize,
    locked: Option<String>,
) {
    let name = facts.backend_name(backend.pid);
    let waits = match (waiting, locked) {
        (0, None) => String::new(),
        (0, Some(table)) => format!(", and nobody can read {table}"),
        (waiting, None) => format!(", and keeps {} waiting", counted(waiting, "session")),
        (waiting, Some(table)) => {
            format!(", keeps {} waiting, and nobody can read {table}", counted(waiting, "session"))
        }
    };
    let message = format!("{name} has been idle in its transaction for {}{waits}", said(age));
    let mut found = ruling.found(status, name, message);
    found
        .number("idle_ms", span(age))
        .number("transaction_ms", backend.transaction_age_s.map(span))
        .number("waiting_sessions", waiting)
        .number("database", backend.database.clone())
        .number("application", backend.application.clone())
        .sql(terminate(backend), "", false);
    if let Some(user) = &backend.user {
        let role = quote_ident(user);
        found.hint(format!("ALTER ROLE {role} SET idle_in_transaction_session_timeout = '5min'"));
    }
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::RelationKind;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn idle(age_s: f64, state: &str) -> Sample {
        Sample::new(16).relation(100, RelationKind::Table, "t", |_| {}).backend(7, |it| {
            (it.state, it.state_age_s) = (Some(state.to_owned()), Some(age_s));
        })
    }

    #[test]
    fn five_minutes_are_long() {
        let check = |age_s: f64, state: &str, expected: Status| {
            assert_eq!(idle(age_s, state).status(&CHECK), expected, "{age_s} {state}");
        };
        check(400.0, "idle in transaction", Status::Warn);
        check(400.0, "idle in transaction (aborted)", Status::Warn);
        check(100.0, "idle in transaction", Status::Pass);
        check(400.0, "idle", Status::Pass);
        check(400.0, "active", Status::Pass);
    }

    #[test]
    fn a_transaction_that_failed_is_ended_by_its_state() {
        let sql = |transaction: Option<f64>| {
            let sample = idle(400.0, "idle in transaction (aborted)");
            let sample = sample.with(|it| it.backends[0].transaction_age_s = transaction);
            let found = sample.verdict(&CHECK).findings.into_iter().next().and_then(|it| it.remediation);
            found.map(|it| it.sql).unwrap_or_default()
        };
        assert!(sql(None).contains("state_change < now() - interval '200 s'"));
        assert!(sql(Some(500.0)).contains("xact_start < now() - interval '250 s'"));
    }

    #[test]
    fn a_minute_is_long_if_others_wait() {
        let check = |sample: Sample, expected: Status| assert_eq!(sample.status(&CHECK), expected);
        let idle = |age_s| idle(age_s, "idle in transaction");
        check(idle(100.0).exclusive_lock(7, 100, None), Status::Fail);
        check(idle(100.0).exclusive_lock(8, 100, None), Status::Pass);
        check(idle(10.0).exclusive_lock(7, 100, None), Status::Pass);
        check(idle(100.0).backend(8, |it| it.blocked_by = vec![7]), Status::Fail);
        check(idle(100.0).backend(8, |it| it.blocked_by = vec![9]), Status::Pass);
    }

    #[test]
    fn a_hidden_session_is_not_judged() {
        assert_eq!(Sample::new(18).hidden_backend(7).status(&CHECK), Status::Blind);
        assert_eq!(idle(400.0, "disabled").status(&CHECK), Status::Blind);
    }
}
