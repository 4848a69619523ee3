//! Transactions that have been open for long and are at work.

use pgrefit_catalog::census::{Backend, Source};
use pgrefit_report::Status;

use crate::check::{Check, Group};
use crate::facts::activity::{HOUR_S, excerpt, said, span, terminate};
use crate::{Facts, Ruling};

/// The check.
pub(super) static CHECK: Check = Check {
    id: "long-transaction",
    code: "ACT-01",
    group: Group::Activity,
    title: "A transaction has been open for more than an hour.",
    level: Status::Warn,
    required: false,
    matters: "It keeps VACUUM from removing what died since it began, and it keeps its locks to its end. On a standby it delays \
              replay, is cancelled by it, or holds the primary back by hot_standby_feedback. A VACUUM is left out, it harms \
              nobody; the building of an index and the like is told for information. Sessions that are idle in their \
              transaction are told by idle-in-transaction.",
    cure: "Do the work in smaller steps. Set statement_timeout, and from version 17 on transaction_timeout, for the role.",
    sources: &[Source::Backends, Source::Progress],
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
        let command = facts.command_of(backend.pid);
        let idle = backend.state.as_deref().is_some_and(|state| state.starts_with("idle in transaction"));
        let age = backend.transaction_age_s.filter(|age| *age >= HOUR_S);
        if let Some(age) = age.filter(|_| !idle && command != Some("VACUUM")) {
            tell(facts, ruling, backend, age, command);
        }
    }
}

fn tell(facts: &Facts<'_>, ruling: &mut Ruling, backend: &Backend, age: f64, command: Option<&str>) {
    let query = backend.query.as_deref().map(|query| format!(": {}", excerpt(query))).unwrap_or_default();
    let (name, status) = (facts.backend_name(backend.pid), command.map_or(Status::Warn, |_| Status::Info));
    let message = format!("{name} has had its transaction open for {}{query}", said(age));
    let mut found = ruling.found(status, name, message);
    found
        .number("transaction_ms", span(age))
        .number("query_ms", backend.query_age_s.map(span))
        .number("database", backend.database.clone())
        .number("application", backend.application.clone())
        .number("xmin_age_transactions", backend.xmin_age);
    match command {
        Some(command) => found.hint(format!("{command} is at work; let it come to its end")),
        None => found.sql(terminate(backend), "", false),
    };
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::census::Backend;
    use pgrefit_report::Status;

    use super::CHECK;
    use crate::sample::Sample;

    fn sample(change: impl FnOnce(&mut Backend)) -> Sample {
        Sample::new(18).backend(7, |it| {
            it.transaction_age_s = Some(7_200.0);
            change(it);
        })
    }

    #[test]
    fn an_hour_is_long() {
        let check = |change: fn(&mut Backend), expected: Status| {
            assert_eq!(sample(change).status(&CHECK), expected);
        };
        check(|_| {}, Status::Warn);
        check(|it| it.transaction_age_s = Some(600.0), Status::Pass);
        check(|it| it.transaction_age_s = None, Status::Pass);
        check(|it| it.state = Some("idle in transaction".to_owned()), Status::Pass);
        check(|it| it.kind = Some("walsender".to_owned()), Status::Pass);
        check(|it| it.leader = Some(6), Status::Pass);
        check(|it| it.user = None, Status::Pass);
        // An audit of that database tells it.
        check(|it| it.database = Some("shop".to_owned()), Status::Pass);
        check(|it| it.state = Some("disabled".to_owned()), Status::Blind);
        // The session that looks.
        check(|it| it.pid = 0, Status::Pass);
    }

    #[test]
    fn commands_that_take_their_time_are_told_apart() {
        assert_eq!(sample(|_| {}).progress(7, "VACUUM", None).status(&CHECK), Status::Pass);
        assert_eq!(sample(|_| {}).progress(7, "CREATE INDEX", None).status(&CHECK), Status::Info);
    }

    #[test]
    fn a_hidden_session_is_not_judged() {
        let verdict = Sample::new(18).hidden_backend(7).verdict(&CHECK);
        assert_eq!((verdict.status, verdict.seen, verdict.total), (Status::Blind, 0, 1));
        assert_eq!(verdict.grant.as_deref(), Some("GRANT pg_monitor TO auditor;"));
    }

    #[test]
    fn the_cure_ends_this_transaction_and_no_other() {
        let found = sample(|_| {}).verdict(&CHECK).findings.remove(0);
        assert_eq!(
            found.remediation.expect("a cure").sql,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n\
             WHERE pid = 7 AND xact_start < now() - interval '3600 s';"
        );
    }
}
