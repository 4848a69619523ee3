//! Proposals on real servers: accepted, read back, and taken back.

use std::time::Duration;

use pgrefit_pg::Stop;
use pgrefit_report::{Outcome, Report, Status, TextOptions, render_text};
use pgrefit_scratch::StopMode;
use pgrefit_tune::Local;
use pgrefit_tune::server::{
    Done, Error, Facts, Given, Judgement, Scripts, Storage, Takes, Trial, judge, outcome, tell,
    try_on_scratch,
};

use crate::place::{Place, ask, facts};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

fn given(memory: u64) -> Given {
    Given {
        memory_bytes: Some(memory),
        cpus: Some(2),
        storage: Some(Storage::Ssd),
        pool_connections: Some(1),
        ..Given::default()
    }
}

async fn tried(place: &Place, facts: &Facts, judged: &Judgement) -> Trial {
    let trial = try_on_scratch(&place.trial(), facts, &judged.proposals, &Stop::default()).await;
    trial.unwrap_or_else(|error| panic!("{}: {error:?}", place.major))
}

/// A container of 256 MB, of 1 GB and of 64 GB: each version starts with what is proposed for it.
#[tokio::test]
async fn every_version_starts_with_what_is_proposed() {
    for place in Place::all() {
        for memory in [256 * MIB, GIB, 64 * GIB] {
            let facts = place.facts(given(memory)).await;
            let judged = judge(&facts);
            let budget = judged.budget.clone().expect("a budget");
            assert!(budget.used_bytes() < memory && budget.total_bytes() == memory, "{budget:#?}");
            assert!(judged.proposals.len() > 8, "{}: {:#?}", place.major, judged.proposals);
            let trial = tried(&place, &facts, &judged).await;
            assert!(trial.is_passed(), "{}: {trial:#?}", place.major);
            assert_eq!((trial.confirmed, trial.version.0), (judged.proposals.len(), place.major));
            assert_eq!(trial.reduced.is_empty(), memory <= GIB, "{trial:#?}");
            // What the budget says of shared memory is no less than what the server takes.
            if let (Some(found), true) = (trial.shared_memory_bytes, trial.reduced.is_empty()) {
                let shared: u64 = budget.lines.iter().take(3).map(|line| line.bytes).sum();
                assert!(found <= shared, "{}: {found} of {shared}", place.major);
                assert!(found > shared / 2, "{}: {found} of {shared}", place.major);
            }
        }
    }
}

/// The value of the one line of a budget that can be measured while nothing runs.
#[tokio::test]
async fn a_trial_finds_what_is_not_accepted() {
    let place = Place::one(&[]);
    let facts = place.facts(given(GIB)).await;
    let mut judged = judge(&facts);
    let wrong = judged.proposals.iter_mut().find(|proposal| proposal.name == "work_mem").expect("proposed");
    (wrong.value, wrong.raw) = ("1kB".to_owned(), "1".to_owned());
    let trial = tried(&place, &facts, &judged).await;
    assert_eq!(trial.mismatches.len(), 1, "{trial:#?}");
    assert!(!trial.is_passed() && trial.leads_back);
    let problem = trial.mismatches[0].problem.as_deref().expect("said");
    assert!(problem.contains("outside the valid range"), "{problem}");
    let end = outcome(&judged, Done { trial: Some(&trial), applied: None });
    assert_eq!((end.exit_code, end.status), (1, Status::Fail));
}

/// Two settings that are each accepted, and together keep the server from starting.
#[tokio::test]
async fn a_trial_finds_what_keeps_a_server_from_starting() {
    let place = Place::one(&[]);
    let facts = place.facts(given(GIB)).await;
    let mut judged = judge(&facts);
    judged.proposals.retain(|proposal| proposal.name == "max_connections");
    judged.proposals[0].value = "3".to_owned();
    judged.proposals[0].raw = "3".to_owned();
    let error = try_on_scratch(&place.trial(), &facts, &judged.proposals, &Stop::default()).await;
    let Err(Error::Scratch { what, source }) = error else { panic!("{error:?}") };
    assert_eq!(what, "start PostgreSQL with the settings");
    assert!(source.to_string().contains("superuser_reserved_connections"), "{source}");
}

/// A trial that is asked to stop leaves no server behind.
#[tokio::test]
async fn a_trial_stops_when_asked() {
    let place = Place::one(&[]);
    let facts = place.facts(given(GIB)).await;
    let judged = judge(&facts);
    let stop = Stop::default();
    stop.request();
    let error = try_on_scratch(&place.trial(), &facts, &judged.proposals, &stop).await;
    assert!(matches!(error, Err(Error::Stopped { undone: true })), "{error:?}");
}

/// What `ALTER SYSTEM` had set before is restored as it was, quotes and all, and nothing else is left.
#[tokio::test]
async fn a_trial_restores_what_was_set_before() {
    for place in Place::all() {
        let mut session = place.migrator().await;
        for statement in [
            "ALTER SYSTEM SET work_mem = '1234kB'",
            "ALTER SYSTEM SET log_temp_files = -1",
            "ALTER SYSTEM SET application_name = 'it''s \"mine\"'",
        ] {
            session.batch(statement).await.expect(statement);
        }
        session.simple("SELECT pg_reload_conf()").await.expect("reloaded");
        tokio::time::sleep(Duration::from_millis(300)).await;
        let facts = place.facts(given(GIB)).await;
        assert_eq!(facts.prior.values["work_mem"], "1234kB");
        let judged = judge(&facts);
        let scripts = Scripts::new(&facts, &judged.proposals);
        assert!(scripts.reset.contains(&"ALTER SYSTEM SET work_mem = '1234kB'".to_owned()), "{scripts:#?}");
        assert!(scripts.is_exact);
        let trial = tried(&place, &facts, &judged).await;
        assert!(trial.is_passed(), "{trial:#?}");
    }
}

/// A role that may see little makes rules blind, and the way back is said to be unsure.
#[tokio::test]
async fn a_role_that_sees_little_is_told_so() {
    for place in Place::all() {
        let mut session = place.migrator().await;
        session.batch("CREATE ROLE little LOGIN PASSWORD 'x'").await.expect("a role");
        session.batch("CREATE DATABASE closed").await.expect("a database");
        session.batch("REVOKE CONNECT ON DATABASE closed FROM PUBLIC").await.expect("closed");
        let others = [place.migrator().await, place.migrator().await, place.migrator().await];
        let facts = facts(&place.connector_as("little"), given(GIB)).await;
        assert!(facts.connections.now >= others.len().try_into().expect("few"), "{:?}", facts.connections);
        assert!(!facts.prior.is_known && facts.databases_bytes.is_none(), "{}", place.major);
        let judged = judge(&facts);
        assert!(judged.budget.is_some());
        let scripts = Scripts::new(&facts, &judged.proposals);
        assert!(!scripts.is_exact && scripts.reset_text().contains("could not be read"));
        let all = place.facts(given(GIB)).await;
        assert!(all.prior.is_known && all.databases_bytes.is_some_and(|bytes| bytes > 10 * MIB));
    }
}

/// WAL that is written while the server is watched is counted, and so is what a slot keeps of it.
#[tokio::test]
async fn wal_is_watched() {
    let place = Place::one(&[]);
    let session = place.connector().read_only().await.expect("a session");
    let mut writer = place.migrator().await;
    assert_eq!(place.facts(Given::default()).await.slots_keep_bytes, None);
    let slot = "SELECT pg_create_physical_replication_slot('behind', true)";
    writer.simple(slot).await.expect("a slot");
    let watch = Facts::read(&session, Given::default(), Duration::from_secs(2));
    let write = writer.batch("CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)");
    let (facts, written) = tokio::join!(watch, write);
    written.expect("written");
    let wal = facts.expect("facts").wal.expect("a rate");
    assert!(!wal.is_mean && wal.over >= Duration::from_secs(2), "{wal:?}");
    assert!(wal.bytes_a_second > 5e6 && wal.bytes_a_second < 5e7, "{wal:?}");
    let kept = place.facts(Given::default()).await.slots_keep_bytes;
    assert!(kept.is_some_and(|kept| kept > 10 * MIB && kept < 100 * MIB), "{kept:?}");
}

/// The server is on this machine, and its postmaster is who the server says.
#[tokio::test]
async fn a_local_server_is_found() {
    let place = Place::one(&[]);
    let session = place.connector().read_only().await.expect("a session");
    let local = Local::find(&session).await.expect("asked").expect("local");
    let pid_file =
        std::fs::read_to_string(place.server.data_dir().join("postmaster.pid")).expect("a pid file");
    assert_eq!(pid_file.lines().next(), Some(local.postmaster.to_string().as_str()));
}

/// What people read: the table, the budget, what is blind.
#[tokio::test]
async fn the_report_has_it_all() {
    let place = Place::one(&[]);
    let facts = place.facts(Given { cpus: None, storage: None, ..given(GIB) }).await;
    let judged = judge(&facts);
    let done = Done::default();
    let mut report = Report::new("tune server", "0", "2026-01-01T00:00:00Z", outcome(&judged, done));
    tell(&mut report, &facts, &judged, done);
    let text = render_text(&report, &TextOptions { color: false, width: 120, verbose: false });
    for word in ["shared_buffers", "Memory budget", "page cache", "1.0 GiB", "--storage", "restart", "reload"]
    {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    assert!(judged.proposals.windows(2).all(|pair| pair[0].takes <= pair[1].takes));
    assert!(judged.proposals.iter().any(|proposal| proposal.takes == Takes::Restart));
    let Outcome { exit_code, status, .. } = report.outcome;
    assert_eq!((exit_code, status), (0, Status::Info));
    let mut session = place.migrator().await;
    assert_eq!(ask(&mut session, "SHOW shared_buffers").await, "128MB", "nothing was changed");
}

/// A large table with an odd name: what is advised is accepted, and can be taken back.
#[tokio::test]
async fn large_tables_are_found_and_the_advice_is_accepted() {
    for place in Place::all() {
        let mut session = place.migrator().await;
        let setup = "CREATE SCHEMA \"Odd \"\"one\"; CREATE TABLE \"Odd \"\"one\".\"Large; table\" (a int) \
                     WITH (autovacuum_analyze_scale_factor = 0.3, fillfactor = 90)";
        session.batch(setup).await.expect("set up");
        session
            .batch("UPDATE pg_class SET reltuples = 3e7, relpages = 1000 WHERE relname = 'Large; table'")
            .await
            .expect("grown");
        let facts = place.facts(given(GIB)).await;
        assert_eq!(facts.large_tables.len(), 1, "{:?}", facts.large_tables);
        let advice = &judge(&facts).tables[0];
        let options = "SELECT array_to_string(reloptions, ' ') FROM pg_class WHERE relname = 'Large; table'";
        let before = ask(&mut session, options).await;
        session.batch(&advice.set).await.expect(&advice.set);
        assert!(
            ask(&mut session, options).await.contains("autovacuum_vacuum_scale_factor=0.01"),
            "{advice:?}"
        );
        assert_eq!(judge(&place.facts(given(GIB)).await).tables, [], "{}", place.major);
        session.batch(&advice.reset).await.expect(&advice.reset);
        let sorted = |text: &str| {
            let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        assert_eq!(sorted(&ask(&mut session, options).await), sorted(&before), "{advice:?}");
    }
}

/// A standby answers too; what its primary bounds is not lowered there.
#[tokio::test]
async fn a_standby_is_read_and_spared() {
    let mut place = Place::one(&[("max_connections", "400")]);
    place.server.stop_mode(StopMode::Fast).expect("stopped");
    std::fs::write(place.server.data_dir().join("standby.signal"), "").expect("a standby");
    place.server.restart().expect("started");
    let session = place.connector().read_only().await.expect("a session");
    let facts = Facts::read(&session, given(4 * GIB), Duration::from_secs(1)).await.expect("facts");
    assert!(facts.is_standby && facts.prior.is_known);
    assert!(facts.wal.is_none_or(|wal| wal.bytes_a_second < 1.0), "{:?}", facts.wal);
    let judged = judge(&facts);
    assert!(judged.proposals.iter().all(|proposal| proposal.name != "max_connections"), "{judged:#?}");
    assert!(judged.out_of_reach.iter().any(|proposal| proposal.name == "max_connections"), "{judged:#?}");
}
