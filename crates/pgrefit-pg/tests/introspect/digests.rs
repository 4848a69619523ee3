//! Digests of tables.

use pgrefit_catalog::Name;
use std::time::Duration;

use pgrefit_pg::digest::{
    Encoding, Part, Reading, Sample, TableDigest, database, read_part, sample_keys, table,
};
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

/// Both encodings of `t`, read whole and in parts.
async fn readings(live: &Live, database: &str) -> Vec<TableDigest> {
    let mut session = live.reader(database).await;
    let snapshot = session.snapshot().await.expect("a snapshot");
    let t = Name::new("public", "t");
    let mut digests = Vec::new();
    for encoding in [Encoding::Text, Encoding::Binary] {
        let read = async |part| {
            let reading = Reading { encoding, part, limit: Some(Duration::from_secs(30)) };
            read_part(&snapshot, &t, None, &reading).await.expect("a digest")
        };
        let whole = read(Part::Whole).await;
        let parts = [read(Part::Pages(0..2)).await, read(Part::Pages(2..u32::MAX)).await];
        assert_eq!(parts[0].plus(&parts[1]), read(Part::Own).await);
        digests.push(whole);
    }
    digests
}

const VALUES: &str =
    "a int, b bigint, c text, d timestamptz, e float8, f numeric, g real[], h interval, i jsonb, k bytea";

/// One row changed in a way that a careless hash would not notice.
#[tokio::test]
async fn every_small_change_is_seen_by_both_encodings() {
    let live = Live::start();
    live.database("small", &[]).await;
    let fill = format!(
        "DROP TABLE IF EXISTS t; CREATE TABLE t ({VALUES}); INSERT INTO t SELECT n, n, n::text, '2024-01-02'::timestamptz, 0, 1.0,
         ARRAY[1.5, n]::real[], '1 day', '{{\"k\": 1.0}}', '\\x00' FROM generate_series(1, 1000) AS n"
    );
    let mut writer = live.writer("small").await;
    writer.batch(&fill).await.expect("filled");
    let before = readings(&live, "small").await;
    let changes = [
        "UPDATE t SET e = '-0' WHERE a = 7",
        "UPDATE t SET f = 1.00 WHERE a = 7",
        "UPDATE t SET h = '24 hours' WHERE a = 7",
        "UPDATE t SET i = '{\"k\": 1.00}' WHERE a = 7",
        "UPDATE t SET b = 4294967296 WHERE a = 1",
        "UPDATE t SET g = ARRAY[1.5, -0.0]::real[] WHERE a = 7",
        "UPDATE t SET k = NULL WHERE a = 7",
        "UPDATE t SET c = c || ' ' WHERE a = 7",
        // Each column keeps its values; two rows exchange one.
        "UPDATE t SET c = CASE a WHEN 7 THEN '8' ELSE '7' END WHERE a IN (7, 8)",
        "UPDATE t SET a = b, b = a + 1 WHERE a = 7",
        "UPDATE t SET d = d + interval '1 microsecond' WHERE a = 7",
    ];
    for change in changes {
        writer.batch(&format!("{fill}; {change}")).await.expect("changed");
        let after = readings(&live, "small").await;
        assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{change}");
    }
    writer.batch(&format!("{fill}; UPDATE t SET c = c")).await.expect("rewritten");
    assert_eq!(readings(&live, "small").await, before, "pages make no difference");
}

/// What is written on one server and read on another has the same digest, whatever their versions.
#[tokio::test]
async fn every_major_gives_the_same_digests() {
    let fill = format!(
        "CREATE DOMAIN name_of AS text; CREATE TYPE kind AS ENUM ('a', 'b');
         CREATE TABLE t ({VALUES}, l name_of, m kind, n bool, o date, p uuid, q time, s text[], u char(5));
         INSERT INTO t SELECT n, n << 33, n::text || 'é', '2024-01-02'::timestamptz + n * interval '1 second', n / 7.0, n / 7.0,
         ARRAY[1.5, n]::real[], n * interval '1 day 1 hour', '{{\"k\": 1.0}}', '\\x00ff', 'x', 'b', n % 2 = 0, '2024-01-02',
         '00000000-0000-0000-0000-000000000001', '12:00', ARRAY['a', NULL], 'x' FROM generate_series(1, 1000) AS n"
    );
    let mut first: Option<Vec<TableDigest>> = None;
    for live in Live::all() {
        live.database("majors", &[&fill]).await;
        let read = readings(&live, "majors").await;
        assert_eq!(first.get_or_insert_with(|| read.clone()), &read);
        assert_eq!(read[0].rows, 1000);
    }
}

#[tokio::test]
async fn ranges_of_keys_are_the_same_wherever_the_rows_lie() {
    let live = Live::start();
    let t = "CREATE TABLE t (a int, b text, PRIMARY KEY (a, b))";
    let rows = "SELECT n, n::text FROM generate_series(1, 5000) AS n";
    live.database("keys", &[&format!("{t}; INSERT INTO t {rows}")]).await;
    live.database("others", &[&format!("{t}; INSERT INTO t {rows} ORDER BY 1 DESC")]).await;
    let (mut one, mut other) = (live.reader("keys").await, live.reader("others").await);
    let (one, other) = (one.snapshot().await.expect("one"), other.snapshot().await.expect("other"));
    let t = Name::new("public", "t");
    let sample = Sample { percent: 50.0, count: 5, rows: 20, seed: 7 };
    let key = ["a".to_owned(), "b".to_owned()];
    let ranges = sample_keys(&one, &t, &key, sample).await.expect("keys");
    assert!((1..=5).contains(&ranges.len()), "{ranges:?}");
    for range in ranges {
        let reading = Reading { part: Part::Keys(range), encoding: Encoding::Binary, limit: None };
        let here = read_part(&one, &t, None, &reading).await.expect("here");
        assert_eq!(here, read_part(&other, &t, None, &reading).await.expect("there"));
        assert!(here.rows > 0 && here.rows <= 20);
    }
}
