//! Wherever it is run: on a standby, with one as another node, through a pooler, during a migration.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Audited, Found, audit, call, of_groups, traps};
use crate::concurrency::{finish, runners, until};
use crate::harness::standby::replicated;
use crate::harness::{Bouncer, Database, Folder, pgrefit, versions};

/// Findings that do not depend on what others do at the same time, or on how the session came here.
fn lasting(audited: &Audited) -> BTreeSet<Found> {
    let busy = of_groups(&["activity", "replication", "vacuum", "security", "settings"]);
    audited.findings().into_iter().filter(|it| !busy.contains(&it.check.as_str())).collect()
}

const USED: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a int, b int);
    CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (b);
    INSERT INTO t SELECT n, n, n FROM generate_series(1, 20000) n";

#[test]
fn a_standby_is_audited_as_its_primary_is() {
    let (standby, database) = replicated();
    traps(&database, 18);
    database.sql(USED);
    database.sql("VACUUM ANALYZE t");
    standby.catch_up(&database);
    let folder = Folder::new(&[]);
    let secret = database.password();
    let on_standby = |arguments: &[&str]| {
        Audited::of(call(&folder, arguments).env("DATABASE_URL", standby.url()).secret(&secret))
    };
    let (here, there) = (audit(&database, &[]), on_standby(&[]));
    assert_eq!(
        (&here.report["facts"]["in_recovery"], &there.report["facts"]["in_recovery"]),
        (&false.into(), &true.into())
    );
    assert_eq!(there.report["facts"]["system_identifier"], here.report["facts"]["system_identifier"]);
    // Of the catalogs it says the same.
    let groups = ["constraints", "sequences", "indexes", "design", "partitions"];
    let of_catalogs = of_groups(&groups);
    let schema = |audited: &Audited| -> BTreeSet<Found> {
        audited.findings().into_iter().filter(|it| of_catalogs.contains(&it.check.as_str())).collect()
    };
    let missing: Vec<_> = schema(&here).difference(&schema(&there)).cloned().collect();
    let seen = |it: &&Found| it.status != "info" && there.status(&it.check) != "blind";
    assert_eq!(missing.iter().filter(seen).collect::<Vec<_>>(), Vec::<&Found>::new());

    // Reads of a node count, whichever the other is.
    standby.value("SET enable_seqscan = off; SELECT count(*) FROM t WHERE a = 7");
    until("the standby has counted", Duration::from_secs(10), || {
        standby.value("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 't_a'") != "0"
    });
    let scans = |audited: &Audited| -> u64 {
        let census = std::fs::read_to_string(folder.path().join("census.json")).unwrap();
        let census: serde_json::Value = serde_json::from_str(&census).unwrap();
        let _ = audited;
        let oid = database.value("SELECT 't_a'::regclass::oid").parse::<u64>().unwrap();
        let counters = census["index_statistics"].as_array().unwrap();
        counters.iter().find(|it| it["index"] == oid).unwrap()["scans"].as_u64().unwrap()
    };
    let save = ["--save-snapshot", "census.json"];
    let alone = Audited::of(call(&folder, &save).on(&database));
    assert_eq!((scans(&alone), &alone.report["facts"]["nodes"]), (0, &1.into()));
    let url = standby.url();
    let both = Audited::of(call(&folder, &[&save[..], &["--node", &url]].concat()).on(&database));
    assert_eq!((scans(&both), &both.report["facts"]["nodes"]), (1, &2.into()));
    let url = database.url();
    let turned = on_standby(&[&save[..], &["--node", &url]].concat());
    assert_eq!((scans(&turned), &turned.report["facts"]["nodes"]), (1, &2.into()));
}

#[test]
fn another_node_must_be_one_of_the_same_cluster_and_database() {
    let (database, other) = (Database::alone(), Database::new());
    let refused = |url: &str, says: &[&str]| {
        let ran = pgrefit(["audit", "--node", url]).on(&database).secret(&other.password()).run();
        ran.expect(2).says(says);
    };
    refused(
        &other.url(),
        &["it is not a node of the same cluster", "--node is another node of the same cluster"],
    );
    refused(database.server.url("postgres").expose(), &["they are those of the database"]);
    let gone = "postgres://me:hunter2@127.0.0.1:1/nowhere?connect_timeout=1";
    let ran = pgrefit(["audit", "--node", gone]).on(&database).secret("hunter2").run();
    ran.expect(75).says(&["failed to read the counters of the node 127.0.0.1:1"]);
}

#[test]
fn a_pooler_makes_no_difference() {
    for mode in ["session", "transaction"] {
        let database = Database::new();
        traps(&database, 18);
        let Some(bouncer) = Bouncer::start(&database, mode, 2) else { return };
        let direct = audit(&database, &["--deep"]);
        let folder = Folder::new(&[]);
        let call = || call(&folder, &["--deep"]).env("DATABASE_URL", bouncer.url());
        for _ in 0..3 {
            let behind = Audited::of(call());
            assert_eq!(behind.code, direct.code, "{mode}");
            let differs: Vec<_> = lasting(&behind).symmetric_difference(&lasting(&direct)).cloned().collect();
            assert_eq!(differs, [], "{mode}");
            assert_eq!(behind.report["facts"]["user_locks"], 0);
        }
        // Nothing stays in the backends of the pool.
        let set = "SELECT count(*) FROM pg_settings WHERE source = 'session' AND name ~ 'timeout|jit|stats_fetch|search_path'";
        assert_eq!(crate::pooler::value_through(&bouncer, set), "0", "{mode}");
    }
}

#[test]
fn during_a_migration_it_ends_as_ever() {
    for major in versions() {
        let database = Database::on(major);
        let folder =
            Folder::new(&[("V1__first.sql", "CREATE TABLE first (id bigint PRIMARY KEY, a int);\n")]);
        pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
        let only = ["--skip", "activity,replication,settings,security,vacuum"];
        let audited = || Audited::of(call(&folder, &only).on(&database));
        let before = audited();
        assert_eq!(before.code, 0, "{:#}", before.report["findings"]);
        folder.write("V2__slow.sql", "ALTER TABLE first ADD COLUMN b int;\nSELECT pg_sleep(600);\n");
        let mut child = pgrefit(["migrate"]).inside(folder.path()).on(&database).start();
        until("it works", Duration::from_secs(20), || {
            runners(&database, "query LIKE '%pg_sleep%' AND state = 'active'") > 0
        });
        let during = audited();
        assert!(during.report["duration_ms"].as_u64().unwrap() < 5_000);
        // V2 is pending, which is what the history says.
        assert!(matches!(during.code, 0 | 1), "{:#}", during.report["findings"]);
        assert_eq!(during.ended("blind"), BTreeSet::new(), "{:#}", during.report["checks"]);
        during.assert_no_more_blessed_than(&before, &[]);
        let all = Audited::of(call(&folder, &[]).on(&database));
        assert!(matches!(all.code, 0 | 1), "{:#}", all.report["checks"]);
        child.kill().unwrap();
        drop(finish(child));
    }
}
