//! Digests of tables.

use pgrefit_catalog::Name;
use pgrefit_pg::digest::{TableDigest, database, table};
use pgrefit_pg::{Error, ReadOnly};

use crate::live::Live;
use crate::read;

async fn digest(session: &mut ReadOnly, name: &str, columns: Option<&[&str]>) -> Result<TableDigest, Error> {
    let columns: Option<Vec<String>> =
        columns.map(|columns| columns.iter().map(|&column| column.into()).collect());
    let snapshot = session.snapshot().await.expect("a snapshot");
    table(&snapshot, &name.parse().expect("a name"), columns.as_deref()).await
}

/// Whether two scripts that each make and fill `t` give the same digest of it.
async fn same(live: &Live, columns: Option<&[&str]>, left: &str, right: &str) -> bool {
    let mut digests = Vec::new();
    for script in [left, right] {
        let mut writer = live.writer("digests").await;
        writer.batch(&format!("DROP TABLE IF EXISTS t; {script}")).await.expect("the script runs");
        digests.push(digest(&mut live.reader("digests").await, "public.t", columns).await.expect("a digest"));
    }
    digests[0] == digests[1]
}

#[tokio::test]
async fn equal_content_has_equal_digests_and_no_other() {
    let live = Live::start();
    live.database("digests", &["CREATE TYPE kind AS ENUM ('a', 'b')"]).await;
    let t = "CREATE TABLE t (a text, b text); INSERT INTO t VALUES";
    let equal = |left: String, right: String| {
        let live = &live;
        async move { assert!(same(live, None, &left, &right).await, "{left} / {right}") }
    };
    let differ = |left: String, right: String| {
        let live = &live;
        async move { assert!(!same(live, None, &left, &right).await, "{left} / {right}") }
    };
    equal(format!("{t} ('1', '2'), ('3', NULL)"), format!("{t} ('3', NULL), ('1', '2')")).await;
    equal(
        "CREATE TABLE t (a kind); INSERT INTO t VALUES ('b')".into(),
        "CREATE TABLE t (a text); INSERT INTO t VALUES ('b')".into(),
    )
    .await;
    equal(
        "CREATE TABLE t (\"Z\" int, a float8); INSERT INTO t VALUES (1, 0.1)".into(),
        "CREATE TABLE t (a float8, \"Z\" bigint); INSERT INTO t VALUES (0.1, 1)".into(),
    )
    .await;
    equal(
        "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 5000)".into(),
        "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE t1 PARTITION OF t DEFAULT;
         INSERT INTO t SELECT generate_series(5000, 1, -1)"
            .into(),
    )
    .await;
    differ(format!("{t} (NULL, '')"), format!("{t} ('', NULL)")).await;
    differ(format!("{t} (NULL, NULL)"), format!("{t} ('', '')")).await;
    differ(format!("{t} ('a,b', 'c')"), format!("{t} ('a', 'b,c')")).await;
    differ(format!("{t} ('\"', '')"), format!("{t} ('', '\"')")).await;
    differ(format!("{t} ('1', '2'), ('1', '2')"), format!("{t} ('3', '4'), ('3', '4')")).await;
    differ(format!("{t} ('1', '2'), ('1', '2')"), format!("{t} ('1', '2')")).await;
    differ(format!("{t} ('1', '2')"), "CREATE TABLE t (a text, b text)".into()).await;
}

#[tokio::test]
async fn columns_that_only_one_side_has_can_be_left_out() {
    let live = Live::start();
    live.database("digests", &[]).await;
    let old = "CREATE TABLE t (b int, \"A b\" text); INSERT INTO t VALUES (1, 'x')";
    let new = "CREATE TABLE t (\"A b\" text, added int DEFAULT 7, b int); INSERT INTO t VALUES ('x', 2, 1)";
    assert!(same(&live, Some(&["b", "A b"]), old, new).await);
    assert!(same(&live, Some(&["A b", "b", "b"]), old, new).await);
    assert!(!same(&live, None, old, new).await);
    assert!(same(&live, Some(&[]), old, new).await, "then only the rows are counted");
}

#[tokio::test]
async fn settings_make_no_difference_and_every_type_can_be_digested() {
    let live = Live::start();
    let script = "CREATE TABLE public.t (a timestamptz, b float8, c bytea, d interval, e jsonb, f date, g money, h uuid, i int[]);
        INSERT INTO t VALUES ('2024-01-02 03:04:05.678901+00', 0.1::float8 + 0.2, '\\x00ff', '1 day 02:03:04', '{\"k\": 1}',
            '2024-01-02', 12.34, '00000000-0000-0000-0000-000000000001', '{1,NULL}')";
    live.database("types", &[script]).await;
    let before = digest(&mut live.reader("types").await, "public.t", None).await.expect("a digest");
    let settings =
        "ALTER DATABASE types SET timezone = 'Asia/Tokyo'; ALTER DATABASE types SET datestyle = 'German';
        ALTER DATABASE types SET extra_float_digits = 0; ALTER DATABASE types SET bytea_output = 'escape';
        ALTER DATABASE types SET intervalstyle = 'iso_8601'; ALTER DATABASE types SET search_path = ''";
    live.writer("types").await.batch(settings).await.expect("set");
    let mut session = live.reader("types").await;
    assert_eq!(digest(&mut session, "public.t", None).await.expect("a digest"), before);
    assert_eq!((before.rows, before.digest.len()), (1, 32));
}

#[tokio::test]
async fn what_cannot_be_read_whole_is_an_error() {
    let live = Live::start();
    let script = "CREATE TABLE t (a int); CREATE ROLE plain; GRANT SELECT ON t TO plain; INSERT INTO t VALUES (1), (2);
        ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (a = 1); CREATE TABLE secret (a int);
        DO $$ BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE hidden SET role = plain', current_user); END $$";
    live.database("hidden", &[script]).await;
    let mut session = live.reader("hidden").await;
    let error = digest(&mut session, "public.t", None).await.expect_err("a policy hides rows");
    assert!(matches!(error, Error::NotPermitted(_)), "{error:?}");
    let error = digest(&mut session, "public.secret", None).await.expect_err("no privilege");
    assert!(matches!(error, Error::NotPermitted(_)), "{error:?}");
    let error = digest(&mut session, "public.missing", None).await.expect_err("no such table");
    assert!(matches!(error, Error::Server(_)), "{error:?}");
    let error = digest(&mut session, "public.t", Some(&["missing"])).await.expect_err("no such column");
    assert!(matches!(error, Error::Server(_)), "{error:?}");
}

#[tokio::test]
async fn a_database_is_digested_table_by_table() {
    let live = Live::start();
    let script = "CREATE TABLE t (a int); INSERT INTO t VALUES (1);
        CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT; INSERT INTO p VALUES (1), (2)";
    live.database("whole", &[script]).await;
    let mut session = live.reader("whole").await;
    let catalog = read(&mut session).await;
    let snapshot = session.snapshot().await.expect("a snapshot");
    let digests = database(&snapshot, &catalog.shared_columns(&catalog)).await.expect("digests");
    let rows: Vec<_> = digests.iter().map(|(name, digest)| (name.to_string(), digest.rows)).collect();
    assert_eq!(rows, [("public.p".to_owned(), 2), ("public.t".to_owned(), 1)]);
    let t = table(&snapshot, &Name::new("public", "t"), None).await.expect("a digest");
    assert_eq!(digests[&Name::new("public", "t")], t);
}
