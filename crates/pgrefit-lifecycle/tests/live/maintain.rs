//! Partitions are made in time and retired in time, whatever is in the way.

use std::time::Duration;

use pgrefit_catalog::Name;
use pgrefit_lifecycle::{
    Error, KeyType, MaintainOptions, MaintainReport, PartitionSet, Point, maintain, status,
};
use pgrefit_pg::{Connector, RunnerLock, Stop};

use crate::place::{Place, ask, lines, set};

const SETUP: &str = "
    CREATE TABLE kinds (name text PRIMARY KEY);
    INSERT INTO kinds VALUES ('a');
    CREATE TABLE events (
        id bigint GENERATED ALWAYS AS IDENTITY, kind text REFERENCES kinds, at timestamptz NOT NULL,
        size int GENERATED ALWAYS AS (length(kind)) STORED, PRIMARY KEY (id, at), CHECK (kind <> 'bad')
    ) PARTITION BY RANGE (at);
    CREATE INDEX events_kind ON events (kind, at);
    CREATE TABLE events_p2026_11 PARTITION OF events FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')
        WITH (fillfactor = 90);
    INSERT INTO events (kind, at) SELECT 'a', timestamptz '2026-11-05 00:00:00+00' + i * interval '1 hour' FROM generate_series(1, 50) i;
";

const EVENTS: &str = "table = 'events'\nkey = 'at'\ninterval = 'month'\nahead = 2";

fn at(text: &str) -> Option<Point> {
    let point = KeyType::TimestampTz.point(text);
    assert!(point.is_some(), "{text}");
    point
}

fn options(now: &str) -> MaintainOptions {
    MaintainOptions {
        now: at(now),
        lock_tries: 3,
        lock_budget: Duration::from_secs(3),
        detach_limit: Duration::from_secs(10),
        ..MaintainOptions::default()
    }
}

async fn run(connector: &Connector, sets: &[PartitionSet], options: &MaintainOptions) -> MaintainReport {
    maintain(connector, sets, options, &Stop::default(), &mut |_| {}).await.expect("a report")
}

async fn one(connector: &Connector, toml: &str, now: &str) -> pgrefit_lifecycle::SetReport {
    run(connector, &[set(toml)], &options(now)).await.sets.swap_remove(0)
}

fn names(names: &[Name]) -> Vec<&str> {
    names.iter().map(|name| name.name.as_str()).collect()
}

const PARTITIONS: &str = "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'events'::regclass ORDER BY 1";

#[tokio::test]
async fn partitions_are_ready_over_the_end_of_a_year_and_once() {
    for place in Place::all() {
        let connector = place.database("year", SETUP).await;
        let report = one(&connector, EVENTS, "2026-12-31 23:59:59+00").await;
        assert!(report.error.is_none(), "{:?}", report.error);
        assert_eq!(names(&report.made), ["events_p2026_12", "events_p2027_01", "events_p2027_02"]);
        assert_eq!(report.ready_until, at("2027-03-01"));
        let again = one(&connector, EVENTS, "2026-12-31 23:59:59+00").await;
        assert!(again.made.is_empty() && again.error.is_none());
        let mut session = connector.migrator().await.expect("a session");
        session
            .batch("SET TIME ZONE 'UTC'; INSERT INTO events (kind, at) VALUES ('a', '2027-01-01')")
            .await
            .expect("it has a place");
        let made = "SELECT count(*) FROM pg_constraint WHERE conrelid = 'events_p2027_01'::regclass AND contype IN ('c', 'f', 'p')";
        assert_eq!(ask(&mut session, made).await, "3", "the helper is gone, the others are there");
        let options = "SELECT reloptions::text || coalesce(obj_description(oid, 'pg_class'), '') FROM pg_class WHERE relname = 'events_p2027_01'";
        assert_eq!(ask(&mut session, options).await, "{fillfactor=90}");
        let row = "SELECT id = 51 AND size = 1 FROM events WHERE at = '2027-01-01'";
        assert_eq!(ask(&mut session, row).await, "t", "identity and generated columns go on");
    }
}

#[tokio::test]
async fn a_lock_in_the_way_is_waited_for_in_bounds_and_what_is_half_made_is_taken_up() {
    for place in Place::all() {
        let connector = place.database("locked", SETUP).await;
        let mut other = connector.migrator().await.expect("a session");
        other.batch("BEGIN; LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE").await.expect("locked");
        let report = one(&connector, EVENTS, "2026-11-26").await;
        assert!(matches!(report.error, Some(Error::LockedOut { tries: 3, .. })), "{:?}", report.error);
        assert!(report.made.is_empty() && report.lockouts == 3);
        let mut session = connector.migrator().await.expect("a session");
        // Readers and writers go on all the time, and the half-made one is there.
        session
            .batch("SET lock_timeout = '1s'; INSERT INTO events (kind, at) VALUES ('a', '2026-11-26')")
            .await
            .expect("inserted");
        let half = "SELECT obj_description(to_regclass('events_p2026_12'), 'pg_class')";
        assert_eq!(ask(&mut session, half).await, "pgrefit: becomes a partition of public.events");
        other.batch("ROLLBACK").await.expect("rolled back");
        let report = one(&connector, EVENTS, "2026-11-26").await;
        assert!(report.error.is_none(), "{:?}", report.error);
        assert_eq!(names(&report.made), ["events_p2026_12", "events_p2027_01"]);
    }
}

#[tokio::test]
async fn one_set_that_fails_does_not_stop_another() {
    for place in Place::all() {
        let connector = place.database("two", SETUP).await;
        let mut session = connector.migrator().await.expect("a session");
        session
            .batch("CREATE TABLE events_p2027_01 (a int); CREATE TABLE plain (at timestamptz)")
            .await
            .expect("set up");
        session.batch("CREATE TABLE other (at date) PARTITION BY RANGE (at)").await.expect("set up");
        let sets = [
            set(EVENTS),
            set(&EVENTS.replace("events", "nothing")),
            set(&EVENTS.replace("events", "plain")),
            set("table = 'other'\nkey = 'at'\ninterval = 'week'\nahead = 1\nname = 'o_{from}'"),
            set("table = 'other'\nkey = 'at'\nwidth = 5"),
        ];
        let report = run(&connector, &sets, &options("2026-12-30")).await;
        let errors: Vec<String> = report
            .sets
            .iter()
            .map(|set| set.error.as_ref().map_or(String::new(), ToString::to_string))
            .collect();
        assert!(
            errors[0].contains("events_p2027_01 is needed")
                && names(&report.sets[0].made) == ["events_p2026_12"],
            "{errors:?}"
        );
        assert!(errors[1].contains("failed to find the table nothing"), "{errors:?}");
        assert!(errors[2].contains("it is not partitioned"), "{errors:?}");
        assert!(
            errors[3].is_empty() && names(&report.sets[3].made) == ["o_2026_12_28", "o_2027_01_04"],
            "{errors:?}"
        );
        assert!(errors[4].contains("does not go with"), "{errors:?}");
        let mut reader = connector.read_only().await.expect("a session");
        let all = status(&mut reader, &sets, at("2026-12-30")).await.expect("status");
        assert_eq!((all[0].ahead, all[0].ahead_wanted, all[0].ahead_days), (0, 2, Some(2)));
        assert_eq!(all[1].warnings, ["there is no such table"]);
        assert_eq!(all[2].warnings, ["it is not partitioned"]);
        assert_eq!((all[3].ahead, all[3].warnings.len()), (1, 0), "{:?}", all[3]);
    }
}

#[tokio::test]
async fn old_partitions_are_retired_as_is_said() {
    for place in Place::all() {
        let connector = place.database("old", SETUP).await;
        let keep = |then: &str| format!("{EVENTS}\nkeep = '3 months'\nthen = '{then}'");
        let (then, later) = ("2027-02-28 12:00:00+00", "2027-03-01 00:00:00+00");
        let early = one(&connector, &keep("drop"), then).await;
        assert!(early.error.is_none() && early.dropped.is_empty() && early.detached.is_empty(), "{early:?}");
        let due = one(&connector, &keep("archive"), later).await;
        assert_eq!(
            due.due.iter().map(|due| due.partition.name.as_str()).collect::<Vec<_>>(),
            ["events_p2026_11"]
        );
        let detached = one(&connector, &keep("detach"), later).await;
        assert!(detached.error.is_none(), "{:?}", detached.error);
        assert_eq!(names(&detached.detached), ["events_p2026_11"]);
        let mut session = connector.migrator().await.expect("a session");
        assert_eq!(ask(&mut session, "SELECT count(*) FROM events_p2026_11").await, "50");
        assert_eq!(ask(&mut session, "SELECT count(*) FROM events").await, "0");
        let attach = "SET TIME ZONE 'UTC'; ALTER TABLE events ATTACH PARTITION events_p2026_11 FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')";
        session.batch(attach).await.expect("attached");
        let dropped = one(&connector, &keep("drop"), later).await;
        assert!(dropped.error.is_none(), "{:?}", dropped.error);
        assert_eq!(names(&dropped.dropped), ["events_p2026_11"]);
        assert_eq!(ask(&mut session, "SELECT to_regclass('events_p2026_11')").await, "NULL");
        // Killed between detaching and dropping.
        let mark = "CREATE TABLE left_over (a int); COMMENT ON TABLE left_over IS 'pgrefit: was a partition of public.events, older than \
                    what is kept, and is going to be dropped'";
        session.batch(mark).await.expect("set up");
        assert_eq!(names(&one(&connector, &keep("drop"), later).await.dropped), ["left_over"]);
    }
}

#[tokio::test]
async fn a_default_partition_is_told_of_and_lived_with() {
    for place in Place::all() {
        let connector = place.database("fallback", SETUP).await;
        let mut session = connector.migrator().await.expect("a session");
        session.batch("CREATE TABLE events_rest PARTITION OF events DEFAULT").await.expect("set up");
        let toml = format!("{EVENTS}\nkeep = '3 months'\nthen = 'detach'");
        let report = one(&connector, &toml, "2027-03-05").await;
        assert!(report.error.is_none(), "{:?}", report.error);
        assert!(report.warnings[0].contains("events_rest is a default partition"), "{:?}", report.warnings);
        assert_eq!(names(&report.detached), ["events_p2026_11"]);
        session
            .batch("SET TIME ZONE 'UTC'; INSERT INTO events (kind, at) VALUES ('a', '2027-07-04')")
            .await
            .expect("inserted");
        let report = one(&connector, &toml, "2027-05-05").await;
        let error = report.error.expect("a row of the default partition is in the way");
        let cause =
            std::error::Error::source(&error).and_then(std::error::Error::source).map(ToString::to_string);
        assert!(cause.as_deref().is_some_and(|cause| cause.contains("would be violated")), "{cause:?}");
        assert_eq!(names(&report.made), ["events_p2027_06"]);
    }
}

#[tokio::test]
async fn an_interrupted_detach_is_ended() {
    for place in Place::all().into_iter().filter(|place| place.major >= 14) {
        let connector = place.database("pending", SETUP).await;
        let mut other = connector.migrator().await.expect("a session");
        other.batch("BEGIN; SELECT count(*) FROM events").await.expect("a reader");
        let toml = format!("{EVENTS}\nkeep = '3 months'\nthen = 'detach'");
        let bounds = MaintainOptions { detach_limit: Duration::from_millis(300), ..options("2027-03-05") };
        let report = run(&connector, &[set(&toml)], &bounds).await.sets.swap_remove(0);
        assert!(report.error.is_some_and(|error| error.is_temporary()) && report.detached.is_empty());
        let mut reader = connector.read_only().await.expect("a session");
        let all = status(&mut reader, &[set(&toml)], at("2027-03-05")).await.expect("status");
        assert_eq!(all[0].pending_detach.as_ref().map(|name| name.name.as_str()), Some("events_p2026_11"));
        other.batch("COMMIT").await.expect("the reader ends");
        let report = one(&connector, &toml, "2027-03-05").await;
        assert!(report.error.is_none(), "{:?}", report.error);
        assert_eq!(names(&report.finalized), ["events_p2026_11"]);
    }
}

#[tokio::test]
async fn a_role_that_owns_only_its_schema_is_enough() {
    for place in Place::all() {
        let connector = place.database("owned", "").await;
        let mut session = connector.migrator().await.expect("a session");
        let roles = "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'life_app') THEN CREATE ROLE life_app LOGIN PASSWORD 'x'; \
                     CREATE ROLE life_app_reader; END IF; END $$;
                     CREATE SCHEMA life_app AUTHORIZATION life_app; REVOKE ALL ON SCHEMA public FROM PUBLIC";
        session.batch(roles).await.expect("set up");
        let own = place.connector_as("life_app", "owned");
        let mut owner = own.migrator().await.expect("a session");
        owner.batch(SETUP).await.expect("in its own schema");
        owner
            .batch("GRANT SELECT ON events TO life_app_reader; ALTER TABLE events ENABLE ROW LEVEL SECURITY")
            .await
            .expect("granted");
        let report = one(&own, EVENTS, "2026-11-26").await;
        assert!(report.error.is_none(), "{:?}", report.error);
        let rights = "SELECT relacl::text || relrowsecurity FROM pg_class WHERE relname = 'events_p2026_12'";
        assert!(ask(&mut owner, rights).await.contains("life_app_reader=r/life_app}true"));
        // Made by somebody else, it is the owner's all the same.
        let report = one(&connector, &EVENTS.replace("'events'", "'life_app.events'"), "2027-01-26").await;
        assert_eq!(names(&report.made), ["events_p2027_02", "events_p2027_03"]);
        let owners = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relname LIKE 'events_p%' AND relkind = 'r'";
        assert_eq!(lines(&mut session, owners).await, ["life_app"]);
    }
}

#[tokio::test]
async fn another_run_is_not_disturbed_and_a_stop_is_heeded() {
    let place = Place::all().swap_remove(0);
    let connector = place.database("busy", SETUP).await;
    let lock = RunnerLock::acquire(&connector, Duration::ZERO, |_| {}).await.expect("the lock");
    let busy =
        maintain(&connector, &[set(EVENTS)], &options("2026-11-26"), &Stop::default(), &mut |_| {}).await;
    assert!(busy.expect_err("refused").is_temporary());
    lock.release().await.expect("released");
    let stop = Stop::default();
    stop.request();
    let stopped = maintain(&connector, &[set(EVENTS)], &options("2026-11-26"), &stop, &mut |_| {})
        .await
        .expect("a report");
    assert!(matches!(stopped.sets[0].error, Some(Error::Stopped)));
}

#[tokio::test]
async fn numbers_and_odd_names_and_changed_intervals() {
    for place in Place::all() {
        let setup = "CREATE SCHEMA \"Odd Schema\"; CREATE TABLE \"Odd Schema\".\"T \"\"x\"\"\" (\"The Key\" int NOT NULL) PARTITION BY RANGE (\"The Key\");
            CREATE TABLE \"Odd Schema\".first PARTITION OF \"Odd Schema\".\"T \"\"x\"\"\" FOR VALUES FROM (MINVALUE) TO (-150);
            CREATE INDEX ON \"Odd Schema\".\"T \"\"x\"\"\" (\"The Key\");
            INSERT INTO \"Odd Schema\".\"T \"\"x\"\"\" VALUES (-151);";
        let connector = place.database("numbers", setup).await;
        let toml = "table = '\"Odd Schema\".\"T \"\"x\"\"\"'\nkey = 'The Key'\nwidth = 100\nahead = 2";
        let report = one(&connector, toml, "2026-11-26").await;
        assert!(report.error.is_none(), "{:?}", report.error);
        assert_eq!(names(&report.made), ["T \"x\"_pm150", "T \"x\"_pm100", "T \"x\"_p0"]);
        assert_eq!(report.ready_until, Some(Point::Number(100)));
    }
}

#[tokio::test]
async fn a_shorter_interval_begins_where_the_longer_one_ends() {
    let place = Place::all().swap_remove(0);
    let connector = place.database("shorter", SETUP).await;
    let report =
        one(&connector, "table = 'events'\nkey = 'at'\ninterval = 'week'\nahead = 2", "2026-11-26").await;
    assert!(report.error.is_none(), "{:?}", report.error);
    let mut session = connector.migrator().await.expect("a session");
    session.batch("SET TIME ZONE 'UTC'").await.expect("set");
    let bounds = lines(&mut session, PARTITIONS).await;
    assert_eq!(
        bounds[..2],
        [
            "events_p2026_11 | FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')",
            "events_p2026_12_01 | FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2026-12-07 00:00:00+00')"
        ]
    );
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

#[tokio::test]
async fn lists_get_their_partitions() {
    for place in Place::all() {
        let connector =
            place.database("lists", "CREATE TABLE docs (kind text, n int) PARTITION BY LIST (kind)").await;
        let toml = "table = 'docs'\nkey = 'kind'\nlist = [{ name = 'rust', values = ['rust', 'it''s'] }, { name = 'go', values = ['go'] }]";
        let toml = toml.replace("'it''s'", "\"it's\"");
        let report = one(&connector, &toml, "2026-11-26").await;
        assert!(report.error.is_none(), "{:?}", report.error);
        assert_eq!(names(&report.made), ["docs_prust", "docs_pgo"]);
        assert!(one(&connector, &toml, "2026-11-26").await.made.is_empty());
        let mut session = connector.migrator().await.expect("a session");
        session.batch("INSERT INTO docs VALUES ('it''s', 1), ('go', 2)").await.expect("they have places");
    }
}
