//! The digest of what COPY sends, against a digest of what came.

use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use pgrefit_catalog::Name;
use pgrefit_pg::digest::{SentColumn, TableDigest, sent, sent_by, sent_columns, sent_columns_by};
use sha2::{Digest as _, Sha256};

use crate::place::Place;

const ROWS: &str = r#"CREATE SCHEMA "Odd";
    CREATE TYPE mood AS ENUM ('sad', 'it''s');
    CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
    CREATE DOMAIN emails AS email[];
    CREATE TYPE span AS RANGE (subtype = float8);
    CREATE TABLE "Odd"."A ""b""" (id int8, small int2, is_it bool, ratio float4, "E" email, mood mood, span span, tags text[],
        at timestamptz, doc jsonb, id2 uuid, amount numeric, bits varbit, net inet, days interval, bytes bytea,
        twice int8 GENERATED ALWAYS AS (id * 2) STORED);
    INSERT INTO "Odd"."A ""b"""
    SELECT n, n, n % 2 = 0, CASE WHEN n % 9 > 0 THEN n / 7.0 ELSE 'NaN' END, CASE WHEN n % 3 > 0 THEN n || '@é' END,
           CASE n % 2 WHEN 0 THEN 'sad' ELSE 'it''s' END::mood, span(n, n + 1), ARRAY[NULL, '', n::text],
           CASE n % 5 WHEN 0 THEN 'infinity' ELSE '2024-01-01'::timestamptz END, jsonb_build_object('n', n), gen_random_uuid(),
           CASE n % 7 WHEN 0 THEN 'NaN' ELSE n / 3.0 END, (n % 8)::bit(3)::varbit, '10.0.0.0/8', n * interval '1 month 1 day', decode(md5(n::text), 'hex')
    FROM generate_series(1, 500) AS n;
    INSERT INTO "Odd"."A ""b""" DEFAULT VALUES; INSERT INTO "Odd"."A ""b""" DEFAULT VALUES;
    CREATE TABLE "Odd".none (id int8);
    CREATE TABLE "Odd".bad (a mood[], b regclass, c aclitem, d "Odd".none, e emails, f int4[], g pg_catalog.int4range[]);"#;

/// By the description of the format: the tuples without their counts of fields.
fn digested(stream: &[u8]) -> TableDigest {
    let mut at = 19;
    let mut digest = TableDigest::empty();
    let number = |at: usize| i32::from_be_bytes(stream[at..at + 4].try_into().expect("four bytes"));
    loop {
        let fields = i16::from_be_bytes(stream[at..at + 2].try_into().expect("two bytes"));
        at += 2;
        if fields < 0 {
            assert_eq!(at, stream.len());
            return digest;
        }
        let start = at;
        for _ in 0..fields {
            let length = number(at);
            at += 4 + usize::try_from(length).unwrap_or(0);
        }
        let hash = Sha256::digest(&stream[start..at]);
        let digits = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        digest = digest.plus(&TableDigest { rows: 1, digest: digits });
    }
}

fn kept(columns: Vec<SentColumn>) -> Vec<SentColumn> {
    columns.into_iter().filter(|column| !column.is_generated).collect()
}

#[tokio::test]
async fn the_server_digests_what_it_sends() {
    let place = Place::new();
    let mut writer = place.migrator().await;
    writer.batch(ROWS).await.expect("made");
    let table = Name::new("Odd", "A \"b\"");
    let mut session = place.connector().read_only().await.expect("connected");
    let snapshot = session.snapshot().await.expect("a snapshot");
    let columns = kept(sent_columns(&snapshot, &table).await.expect("columns"));
    assert!(columns.iter().all(|column| column.obstacle.is_none()), "{columns:?}");
    let names: Vec<_> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let sql = format!("COPY {table} ({}) TO STDOUT (FORMAT binary)", names.join(", "));
    let stream = snapshot.copy_out(&sql, Duration::ZERO).await.expect("begun");
    let chunks: Vec<_> = pin!(stream).try_collect().await.expect("read");
    let expected = digested(&chunks.concat());
    assert_eq!(expected.rows, 502);
    let found = sent(&snapshot, &table, &columns, Duration::ZERO).await.expect("digested");
    assert_eq!(found, expected);
    let none = Name::new("Odd", "none");
    let no_columns = sent_columns(&snapshot, &none).await.expect("columns");
    assert_eq!(
        sent(&snapshot, &none, &no_columns, Duration::ZERO).await.expect("digested"),
        TableDigest::empty()
    );
    writer.batch("BEGIN; SET LOCAL search_path = pg_catalog, pg_temp").await.expect("begun");
    assert_eq!(kept(sent_columns_by(&mut writer, &table).await.expect("columns")), columns);
    assert_eq!(sent_by(&mut writer, &table, &columns).await.expect("digested"), expected);
    writer
        .batch(&format!("DELETE FROM {table} WHERE ctid = (SELECT max(ctid) FROM {table})"))
        .await
        .expect("deleted");
    assert_ne!(sent_by(&mut writer, &table, &columns).await.expect("digested"), expected);
}

#[tokio::test]
async fn types_that_mean_something_else_elsewhere_are_told() {
    let place = Place::new();
    place.migrator().await.batch(ROWS).await.expect("made");
    let mut session = place.connector().read_only().await.expect("connected");
    let snapshot = session.snapshot().await.expect("a snapshot");
    let columns = sent_columns(&snapshot, &Name::new("Odd", "bad")).await.expect("columns");
    let numbered = |name: &str| {
        Some(format!(
            "its binary form has the number of the type {name}, which is another one in every database"
        ))
    };
    let expected = [
        numbered("public.mood"),
        Some("regclass is the number of an object of this database".to_owned()),
        Some("aclitem has no binary form".to_owned()),
        None,
        numbered("public.email"),
        None,
        None,
    ];
    let obstacles: Vec<_> = columns.into_iter().map(|column| column.obstacle).collect();
    assert_eq!(obstacles, expected);
}
