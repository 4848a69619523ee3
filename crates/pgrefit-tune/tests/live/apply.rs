//! Proposals on the live server: only what was asked for, seen to be in force, taken back on failure.

use std::time::Duration;

use pgrefit_pg::{Migrator, Stop};
use pgrefit_report::Report;
use pgrefit_tune::server::{
    Done, Error, Facts, Given, Proposal, Scripts, Storage, Takes, apply, judge, outcome, tell,
};

use crate::place::{Place, ask, facts};

const AUTO: &str = "SELECT coalesce(string_agg(name || '=' || setting, ' ' ORDER BY name), '') FROM pg_file_settings \
                    WHERE sourcefile LIKE '%auto.conf'";

fn given() -> Given {
    Given {
        memory_bytes: Some(1 << 30),
        cpus: Some(2),
        storage: Some(Storage::Ssd),
        pool_connections: Some(20),
        ..Given::default()
    }
}

#[tokio::test]
async fn what_is_applied_is_in_force_or_pending_and_can_be_taken_back() {
    for place in Place::all() {
        let mut session = place.migrator().await;
        session.batch("ALTER SYSTEM SET work_mem = '7MB'").await.expect("set");
        session.simple("SELECT pg_reload_conf()").await.expect("reloaded");
        let before = ask(&mut session, AUTO).await;
        let facts = place.facts(given()).await;
        let proposals = judge(&facts).proposals;
        let applied = apply(&mut session, &facts, &proposals, &Stop::default()).await.expect("applied");
        let names = |takes: Takes| -> Vec<String> {
            proposals.iter().filter(|proposal| proposal.takes == takes).map(|p| p.name.clone()).collect()
        };
        assert_eq!(applied.in_force, names(Takes::Reload), "{}", place.major);
        assert_eq!(applied.with_restart, names(Takes::Restart), "{}", place.major);
        assert!(applied.overridden.is_empty() && !applied.with_restart.is_empty());
        let timeout = ask(
            &mut session,
            "SELECT reset_val FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'",
        );
        assert_eq!(timeout.await, "600000");
        // Nothing more to set; what waits for a restart is told, and is no proposal whose way back would be our own values.
        let again = judge(&place.facts(given()).await);
        assert_eq!(again.proposals, [], "{}", place.major);
        let waiting: Vec<&str> = again.waiting.iter().map(|proposal| proposal.name.as_str()).collect();
        assert_eq!(waiting, applied.with_restart, "{}", place.major);
        let end = outcome(&again, Done::default());
        assert!(end.summary.contains("waiting for a restart"), "{end:?}");
        for statement in &Scripts::new(&facts, &proposals).reset {
            session.batch(statement).await.expect(statement);
        }
        assert_eq!(ask(&mut session, AUTO).await, before, "{}", place.major);
    }
}

#[tokio::test]
async fn a_refused_setting_takes_the_others_back() {
    let place = Place::one(&[]);
    let mut session = place.migrator().await;
    let facts = place.facts(given()).await;
    let mut proposals = judge(&facts).proposals;
    proposals.truncate(3);
    proposals[2].value = "nonsense".to_owned();
    let error = apply(&mut session, &facts, &proposals, &Stop::default()).await;
    assert!(
        matches!(&error, Err(Error::Refused { name, undone: true, .. }) if *name == proposals[2].name),
        "{error:?}"
    );
    assert_eq!(ask(&mut session, AUTO).await, "");
}

#[tokio::test]
async fn nothing_is_applied_when_somebody_was_faster() {
    let place = Place::one(&[]);
    let mut session = place.migrator().await;
    let facts = place.facts(given()).await;
    let proposals = judge(&facts).proposals;
    session.batch("ALTER SYSTEM SET work_mem = '9MB'").await.expect("set");
    let error = apply(&mut session, &facts, &proposals, &Stop::default()).await;
    assert!(matches!(&error, Err(Error::Moved { name }) if name == "work_mem"), "{error:?}");
    assert_eq!(ask(&mut session, AUTO).await, "work_mem=9MB");
}

#[tokio::test]
async fn a_stop_takes_back_what_was_set() {
    let place = Place::one(&[]);
    let mut session = place.migrator().await;
    let facts = place.facts(given()).await;
    let proposals = judge(&facts).proposals;
    let stop = Stop::default();
    stop.request();
    let error = apply(&mut session, &facts, &proposals, &stop).await;
    assert!(matches!(error, Err(Error::Stopped { undone: true })), "{error:?}");
    assert_eq!(ask(&mut session, AUTO).await, "");
}

/// A role that may set and reload, and cannot see whether it took.
const HALF_BLIND: &str = "
CREATE ROLE little LOGIN PASSWORD 'x';
GRANT ALTER SYSTEM ON PARAMETER idle_in_transaction_session_timeout, max_connections TO little;
GRANT SELECT ON pg_catalog.pg_file_settings TO little;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_show_all_file_settings(), pg_catalog.pg_reload_conf() TO little;
REVOKE SELECT ON pg_catalog.pg_settings FROM PUBLIC";

const TIMEOUT: &str = "SELECT reset_val FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'";

fn granted(proposals: Vec<Proposal>) -> Vec<Proposal> {
    let names = ["idle_in_transaction_session_timeout", "max_connections"];
    proposals.into_iter().filter(|proposal| names.contains(&proposal.name.as_str())).collect()
}

/// What fails when all is set already is no better than what fails before: it is taken back, and out of force.
#[tokio::test]
async fn what_fails_after_the_last_setting_takes_all_back() {
    let place = Place::one(&[]);
    let mut session = place.migrator().await;
    let facts = place.facts(given()).await;
    let proposals = granted(judge(&facts).proposals);
    assert_eq!(proposals.len(), 2, "{proposals:#?}");
    session.batch(HALF_BLIND).await.expect("a role");
    let mut little = place.connector_as("little").migrator().await.expect("a session");
    let error = apply(&mut little, &facts, &proposals, &Stop::default()).await.expect_err("not permitted");
    let Error::NotInForce { undone: true, source } = &error else { panic!("{error:?}") };
    assert!(matches!(**source, Error::Server { .. }), "{error:?}");
    assert_eq!(ask(&mut session, AUTO).await, "");
    until(&mut session, TIMEOUT, "0").await;
}

/// The session is gone with all set: what stands is told, as nobody could take it back.
#[tokio::test]
async fn what_cannot_be_taken_back_is_told() {
    let place = Place::one(&[]);
    let (mut session, mut other) = (place.migrator().await, place.migrator().await);
    let facts = place.facts(given()).await;
    let proposals = [never_seen(&facts)];
    let kill = format!("SELECT pg_terminate_backend({})", session.backend_pid());
    let stop = Stop::default();
    let later = async {
        until(&mut other, TIMEOUT, "600000").await;
        other.simple(&kill).await.expect("terminated");
    };
    let (error, ()) = tokio::join!(apply(&mut session, &facts, &proposals, &stop), later);
    assert!(matches!(&error, Err(Error::NotInForce { undone: false, .. })), "{error:?}");
    assert_eq!(ask(&mut other, AUTO).await, "idle_in_transaction_session_timeout=10min");
}

/// The stop that comes while the server is waited for.
#[tokio::test]
async fn a_stop_after_the_last_setting_takes_all_back() {
    let place = Place::one(&[]);
    let (mut session, mut other) = (place.migrator().await, place.migrator().await);
    let facts = place.facts(given()).await;
    let proposals = [never_seen(&facts)];
    let stop = Stop::default();
    let later = async {
        until(&mut other, TIMEOUT, "600000").await;
        assert!(stop.is_heeded(), "who asks may wait for the end");
        stop.request();
    };
    let (error, ()) = tokio::join!(apply(&mut session, &facts, &proposals, &stop), later);
    assert!(matches!(&error, Err(Error::Stopped { undone: true })), "{error:?}");
    assert!(!stop.is_heeded());
    assert_eq!(ask(&mut other, AUTO).await, "");
    until(&mut other, TIMEOUT, "0").await;
}

/// A proposal that is set and that the server never shows as it is awaited.
fn never_seen(facts: &Facts) -> Proposal {
    let name = "idle_in_transaction_session_timeout";
    let proposal = judge(facts).proposals.into_iter().find(|proposal| proposal.name == name);
    Proposal { raw: "1".to_owned(), ..proposal.expect("proposed") }
}

/// Waits two seconds at most: a reload takes its time.
async fn until(session: &mut Migrator, sql: &str, expected: &str) {
    for _ in 0..200 {
        if ask(session, sql).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{sql}: {}, not {expected}", ask(session, sql).await);
}

/// No superuser: nothing is changed, and it is said what is missing.
#[tokio::test]
async fn without_the_right_nothing_is_changed() {
    for place in Place::all() {
        let mut session = place.migrator().await;
        session.batch("CREATE ROLE little LOGIN PASSWORD 'x'").await.expect("a role");
        let connector = place.connector_as("little");
        let own = facts(&connector, given()).await;
        let mut little = connector.migrator().await.expect("a session");
        let proposals = judge(&own).proposals;
        let error = apply(&mut little, &own, &proposals, &Stop::default()).await;
        assert!(matches!(error, Err(Error::PriorUnknown)), "{error:?}");
        let grant = "GRANT SELECT ON pg_catalog.pg_file_settings TO little;
                     GRANT EXECUTE ON FUNCTION pg_catalog.pg_show_all_file_settings() TO little";
        session.batch(grant).await.expect("granted");
        let own = facts(&connector, given()).await;
        assert!(own.prior.is_known);
        // All would be set, and nothing in force.
        let error = apply(&mut little, &own, &proposals, &Stop::default()).await.expect_err("no reload");
        let hint = error.hint().unwrap_or_default();
        assert!(matches!(error, Error::NoReload) && hint.contains("pg_reload_conf"), "{error:?}");
        let grant = "GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO little";
        session.batch(grant).await.expect("granted");
        let error = apply(&mut little, &own, &proposals, &Stop::default()).await.expect_err("not permitted");
        assert!(matches!(error, Error::Refused { undone: true, .. }) && error.hint().is_some(), "{error:?}");
        assert_eq!(ask(&mut session, AUTO).await, "");
    }
}

/// `ALTER DATABASE` goes before `ALTER SYSTEM`: that is said before and after.
#[tokio::test]
async fn what_a_database_overrides_is_told() {
    let place = Place::one(&[]);
    let mut session = place.migrator().await;
    session.batch("ALTER DATABASE postgres SET work_mem = '3MB'").await.expect("set");
    let mut session = place.migrator().await;
    let facts = place.facts(given()).await;
    let proposals: Vec<Proposal> =
        judge(&facts).proposals.into_iter().filter(|proposal| proposal.name == "work_mem").collect();
    assert!(proposals[0].caveats.iter().any(|caveat| caveat.contains("ALTER DATABASE")), "{proposals:#?}");
    let applied = apply(&mut session, &facts, &proposals, &Stop::default()).await.expect("applied");
    assert_eq!(applied.overridden, ["work_mem"]);
}

/// A platform that manages the files itself: refused as a whole, and said before.
#[tokio::test]
async fn where_alter_system_is_off_nothing_is_changed() {
    let place = Place::one(&[("allow_alter_system", "off")]);
    let mut session = place.migrator().await;
    let facts = place.facts(given()).await;
    let judged = judge(&facts);
    let mut report =
        Report::new("tune server", "0", "2026-01-01T00:00:00Z", outcome(&judged, Done::default()));
    tell(&mut report, &facts, &judged, Done::default());
    assert!(report.findings.iter().any(|finding| finding.check == "alter-system-off"));
    let error = apply(&mut session, &facts, &judged.proposals, &Stop::default()).await.expect_err("refused");
    assert!(matches!(error, Error::Refused { undone: true, .. }) && error.hint().is_some(), "{error:?}");
    assert_eq!(ask(&mut session, AUTO).await, "");
}

/// A backend that is gone half-way is told apart from one that was refused: what was set before stands.
#[tokio::test]
async fn a_lost_session_is_told() {
    let place = Place::one(&[]);
    let mut session = place.migrator().await;
    let facts = place.facts(given()).await;
    let proposals = judge(&facts).proposals;
    let mut other = place.migrator().await;
    let pid = session.backend_pid();
    other.simple(&format!("SELECT pg_terminate_backend({pid})")).await.expect("terminated");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let error = apply(&mut session, &facts, &proposals, &Stop::default()).await.expect_err("lost");
    assert!(matches!(error, Error::Server { .. }), "{error:?}");
    assert_eq!(ask(&mut other, AUTO).await, "");
}
