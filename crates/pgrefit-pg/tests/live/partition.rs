//! Partition sets are read as they are, and changed within bounds.

use std::time::Duration;

use pgrefit_catalog::Name;
use pgrefit_pg::Error;
use pgrefit_pg::partition::{
    Bound, Datum, PartitionKind, Strategy, attach, detach_concurrently, detach_finalize, partitioned_table,
    partitioned_tables, resolve, table_facts,
};

use crate::place::{Place, ask};

const SETUP: &str = "
    CREATE SCHEMA \"Odd Schema\";
    CREATE TABLE \"Odd Schema\".\"T \"\"x\"\"\" (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    SET TIME ZONE 'Asia/Tokyo'; SET DateStyle = 'German';
    SET search_path = \"Odd Schema\";
    CREATE TABLE p2 PARTITION OF \"T \"\"x\"\"\" FOR VALUES FROM ('2024-02-01 00:00+00') TO ('2024-03-01 00:00+00');
    CREATE TABLE p1 PARTITION OF \"T \"\"x\"\"\" FOR VALUES FROM (MINVALUE) TO ('2024-02-01 00:00+00');
    CREATE TABLE rest PARTITION OF \"T \"\"x\"\"\" DEFAULT PARTITION BY LIST (id);
    CREATE TABLE rest_1 PARTITION OF rest FOR VALUES IN (1, NULL);
    CREATE TABLE other (id int, at timestamptz, CONSTRAINT \"F k\" FOREIGN KEY (id, at) REFERENCES \"T \"\"x\"\"\");
    COMMENT ON TABLE p2 IS 'a comment';
    INSERT INTO \"T \"\"x\"\"\" VALUES (1, '2024-02-02 00:00+00'), (1, '2025-01-01 00:00+00');
    ANALYZE;
    RESET ALL;";

#[tokio::test]
async fn partition_sets_are_read_as_they_are() {
    let place = Place::new();
    let mut session = place.migrator().await;
    session.batch(SETUP).await.expect("set up");
    let mut reader = place.connector().read_only().await.expect("connected");
    let name = Name::new("Odd Schema", "T \"x\"");
    let found = resolve(&reader, "\"Odd Schema\".\"T \"\"x\"\"\"").await.expect("resolved");
    assert_eq!(found.as_ref(), Some(&name));
    assert_eq!(resolve(&reader, "nothing").await.expect("resolved"), None);
    let table = partitioned_table(&mut reader, &name).await.expect("read").expect("there");
    assert_eq!((table.strategy, table.key_definition.as_str()), (Strategy::Range, "RANGE (at)"));
    assert_eq!(table.key[0].data_type.as_deref(), Some("timestamp with time zone"));
    let names: Vec<&str> = table.partitions.iter().map(|partition| partition.name.name.as_str()).collect();
    assert_eq!(names, ["p1", "p2", "rest"]);
    assert_eq!(table.default_partition().map(|it| it.kind), Some(PartitionKind::Partitioned));
    let end = vec![Datum::Value("2024-02-01 00:00:00+00".to_owned())];
    assert_eq!(table.partitions[0].bound, Bound::Range { from: vec![Datum::MinValue], to: end });
    let second = &table.partitions[1];
    assert_eq!(
        (second.rows, second.comment.as_deref(), second.detach_pending),
        (Some(1), Some("a comment"), false)
    );
    assert!(second.bytes > 0 && table.partitions[2].rows == Some(1));
    let [inbound] = table.inbound.as_slice() else { panic!("{:?}", table.inbound) };
    assert_eq!(
        (inbound.name.as_str(), inbound.columns.as_slice()),
        ("F k", &["id".to_owned(), "at".to_owned()][..])
    );
    let all = partitioned_tables(&mut reader).await.expect("read");
    let names: Vec<String> = all.iter().map(|table| table.name.to_string()).collect();
    assert_eq!(names, ["\"Odd Schema\".\"T \"\"x\"\"\"", "\"Odd Schema\".rest"]);
    let facts = table_facts(&mut reader, &Name::new("Odd Schema", "p1")).await.expect("read").expect("there");
    assert!(facts.owned && facts.others.is_empty() && facts.inbound.is_empty(), "{facts:?}");
}

#[tokio::test]
async fn partitions_are_attached_and_detached_within_bounds() {
    let place = Place::new();
    let mut session = place.migrator().await;
    let setup = "CREATE TABLE t (id int NOT NULL) PARTITION BY RANGE (id);
                 CREATE TABLE p (id int NOT NULL, CHECK (id >= 1 AND id < 10)); INSERT INTO p VALUES (5)";
    session.batch(setup).await.expect("set up");
    let (t, p) = (Name::new("public", "t"), Name::new("public", "p"));
    let bound = "FOR VALUES FROM (1) TO (10)";
    let mut other = place.migrator().await;
    other.batch("BEGIN; SELECT count(*) FROM p").await.expect("a reader");
    let busy = attach(&mut session, &t, &p, bound, Duration::from_millis(50)).await;
    assert!(matches!(busy, Err(Error::LockTimeout(_))), "{busy:?}");
    other.batch("COMMIT").await.expect("ends");
    attach(&mut session, &t, &p, bound, Duration::from_millis(500)).await.expect("attached");
    other.batch("BEGIN; SELECT count(*) FROM t").await.expect("a reader");
    let waited = detach_concurrently(&mut session, &t, &p, Duration::from_millis(200)).await;
    assert!(matches!(waited, Err(Error::Cancelled(_))), "{waited:?}");
    assert_eq!(
        ask(&mut session, "SHOW statement_timeout").await,
        "20s",
        "the session has its own limits again"
    );
    let mut reader = place.connector().read_only().await.expect("connected");
    let table = partitioned_table(&mut reader, &t).await.expect("read").expect("there");
    assert_eq!(table.pending_detach().map(|it| &it.name), Some(&p));
    other.batch("COMMIT").await.expect("ends");
    detach_finalize(&mut session, &t, &p, Duration::from_secs(5)).await.expect("ended");
    assert_eq!(ask(&mut session, "SELECT count(*) FROM t").await, "0");
    assert_eq!(ask(&mut session, "SELECT count(*) FROM p").await, "1");
}
