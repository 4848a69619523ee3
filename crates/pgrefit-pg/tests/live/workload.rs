//! The statements of an application: values as text, limits of their own, prepared by name.

use std::time::Duration;

use pgrefit_pg::digest::{self, TableDigest};
use pgrefit_pg::{Error, Limits, ReadOnly, StatementLimits};

use super::place::{Place, ask};

const LIMITS: StatementLimits =
    StatementLimits { statement: Duration::from_secs(5), lock: Duration::from_millis(200) };

fn values(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| (*text != "NULL").then(|| (*text).to_owned())).collect()
}

#[tokio::test]
async fn values_are_cast_by_the_server() {
    let place = Place::new();
    place.migrator().await.batch("CREATE TYPE mood AS ENUM ('glad', 'sad')").await.expect("made");
    let session = place.connector().read_only().await.expect("connected");
    let check = async |sql: &str, given: &[&str], expected: Option<&str>| {
        let rows = session.texts(sql, &values(given), LIMITS).await.expect(sql);
        assert_eq!(rows, [[expected.map(str::to_owned)]], "{sql}");
        let mut slot = None;
        for _ in 0..2 {
            let answer = session.run_prepared(&mut slot, sql, &values(given), LIMITS).await.expect(sql);
            assert_eq!(answer.rows, 1, "{sql}");
        }
    };
    check("SELECT ($1 + 1)::text", &["41"], Some("42")).await;
    check("SELECT ($1::int[])[2]::text", &["{1,2}"], Some("2")).await;
    check("SELECT ($1::mood)::text", &["sad"], Some("sad")).await;
    check("SELECT $1::timestamptz::date::text", &["2026-01-02 03:04+00"], Some("2026-01-02")).await;
    check("SELECT $1::text || $2::text", &["it's", " ü\\n"], Some("it's ü\\n")).await;
    check("SELECT $1::text", &["NULL"], None).await;
    check("SELECT ($1::jsonb ->> 'a')", &["{\"a\": \"b\"}"], Some("b")).await;
    check("SELECT json_build_object('a', $1::int)", &["1"], Some("{\"a\" : 1}")).await;
    let error = session.texts("SELECT 1", &[], LIMITS).await.expect_err("an integer is not text");
    assert!(matches!(error, Error::Exchange(_)), "{error:?}");
}

#[tokio::test]
async fn too_few_and_too_many_values_are_refused() {
    let place = Place::new();
    let session = place.connector().read_only().await.expect("connected");
    for given in [&[][..], &["1", "2"]] {
        let (sql, given) = ("SELECT $1::int", values(given));
        assert!(session.run(sql, &given, LIMITS).await.is_err());
        let error = session.run_prepared(&mut None, sql, &given, LIMITS).await.expect_err("refused");
        assert!(matches!(error, Error::Exchange(_)), "{error:?}");
        assert_eq!(session.run("SELECT 1", &[], LIMITS).await.expect("as before").rows, 1);
    }
}

#[tokio::test]
async fn what_was_prepared_is_used_again_and_outlives_an_error() {
    let place = Place::new();
    let mut migrator = place.migrator().await;
    migrator.batch("CREATE TABLE t (a int); INSERT INTO t VALUES (0), (2), (3)").await.expect("made");
    let session = place.connector().read_only().await.expect("connected");
    let (mut slot, mut written) = (None, None);
    let sql = "SELECT 6 / a FROM t WHERE a >= $1";
    for (given, rows) in [("2", Some(2)), ("0", None), ("3", Some(1))] {
        let answer = session.run_prepared(&mut slot, sql, &values(&[given]), LIMITS).await;
        assert_eq!(answer.ok().map(|answer| answer.rows), rows, "{given}");
    }
    let insert = "INSERT INTO t SELECT generate_series(1, $1)";
    for _ in 0..2 {
        let answer = migrator.run_prepared(&mut written, insert, &values(&["5"])).await.expect("written");
        assert_eq!(answer.rows, 5);
    }
    let prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO t%'";
    assert_eq!(ask(&mut migrator, prepared).await, "1");
    assert_eq!(ask(&mut migrator, "SELECT count(*) FROM t").await, "13");
    let refused = session.run_prepared(&mut None, insert, &values(&["5"]), LIMITS).await;
    assert!(matches!(refused, Err(Error::ReadOnlyServer(_))), "{refused:?}");
}

#[tokio::test]
async fn limits_are_those_of_the_statement() {
    let place = Place::new();
    let mut migrator = place.migrator().await;
    migrator.batch("CREATE TABLE t (a int)").await.expect("made");
    migrator.batch("BEGIN; LOCK TABLE t").await.expect("locked");
    let session = place.connector().read_only().await.expect("connected");
    let short = StatementLimits { statement: Duration::from_millis(100), ..LIMITS };
    let cancelled = session.run("SELECT pg_sleep(3)", &[], short).await;
    assert!(matches!(cancelled, Err(Error::Cancelled(_))), "{cancelled:?}");
    // Preparing it needs the lock as well.
    let locked = session.run_prepared(&mut None, "SELECT * FROM t", &[], LIMITS).await;
    assert!(matches!(locked, Err(Error::LockTimeout(_))), "{locked:?}");
    let none = StatementLimits { lock: Duration::ZERO, statement: Duration::from_millis(500) };
    let waited = session.run("SELECT * FROM t", &[], none).await;
    assert!(matches!(waited, Err(Error::Cancelled(_))), "{waited:?}");
    let limits = Limits { statement: Duration::from_millis(50), ..Limits::default() };
    let connector = place.connector().with_limits(limits);
    assert_eq!(connector.limits(), limits);
    let mut limited = connector.migrator().await.expect("connected");
    assert_eq!(ask(&mut limited, "SHOW statement_timeout").await, "50ms");
}

#[tokio::test]
async fn answers_are_digested_alike_whatever_the_session() {
    let place = Place::new();
    let session = place.connector().read_only().await.expect("connected");
    let url = place.url() + "?options=-c%20TimeZone%3DAsia/Tokyo%20-c%20DateStyle%3DGerman";
    let other = super::place::connector(&url).read_only().await.expect("connected");
    let of = async |session: &ReadOnly, sql: &str| -> TableDigest {
        digest::result(session, sql, &values(&["2026-01-02 03:04+00"]), LIMITS).await.expect(sql)
    };
    let sql = "SELECT $1::timestamptz + n * interval '1 hour', n FROM generate_series(1, 5) n";
    let digest = of(&session, sql).await;
    assert_eq!((digest.rows, digest.digest.len()), (5, 32));
    assert_eq!(of(&other, sql).await, digest);
    assert_eq!(of(&session, &format!("{sql} ORDER BY n DESC -- the last first")).await, digest);
    assert_eq!(of(&session, &format!(" {sql} ; ")).await, digest);
    assert_ne!(of(&session, &format!("{sql} WHERE n > 1")).await, digest);
    assert_eq!(of(&session, &format!("{sql} WHERE n > 9")).await.rows, 0);
    let refused = digest::result(&session, "SELECT 1) AS a; DROP TABLE t; SELECT (1", &[], LIMITS).await;
    assert!(matches!(refused, Err(Error::Server(_))), "{refused:?}");
    assert_eq!(of(&session, sql).await, digest);
}

#[tokio::test]
async fn many_rows_of_a_type_of_the_users_are_read() {
    let place = Place::new();
    let mut writer = place.migrator().await;
    writer
        .batch(
            "CREATE TYPE mood AS ENUM ('ok'); \
             CREATE TABLE t AS SELECT 'ok'::mood AS mood, repeat('x', 1000) AS body FROM generate_series(1, 5000)",
        )
        .await
        .expect("made");
    let session = place.connector().read_only().await.expect("connected");
    let ok = values(&["ok"]);
    let run = session.run("SELECT mood, body FROM t WHERE mood = $1", &ok, LIMITS);
    let answer = tokio::time::timeout(Duration::from_secs(10), run).await.expect("it answers").expect("read");
    assert_eq!(answer.rows, 5000);
}
