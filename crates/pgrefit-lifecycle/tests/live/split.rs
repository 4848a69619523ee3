//! The rows of an adopted table are moved into partitions of their own, while others write.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pgrefit_pg::{Connector, Error as PgError, Migrator};

use crate::adopt::{AROUND, RICH, RICH_SET, as_widened};
use crate::place::{Place, apply, apply_interrupted, ask, drafts, lines, set};

#[tokio::test]
async fn everything_on_a_table_is_on_its_partitions() {
    for place in Place::all() {
        let connector = place.database("rich_split", RICH).await;
        let mut session = connector.migrator().await.expect("a session");
        let before = lines(&mut session, AROUND).await;
        let rows = "SELECT * FROM app.documents ORDER BY id";
        let content = lines(&mut session, rows).await;
        let set =
            set(&RICH_SET.replace("accept = [", "move = true\naccept = ['deferrable:documents_natural', "));
        let drafts = drafts(&connector, &set).await;
        apply(&connector, &drafts).await;
        let after = lines(&mut session, AROUND).await;
        let expected = as_widened(&before);
        let missing: Vec<_> = expected.iter().filter(|line| !after.contains(line)).collect();
        let new: Vec<_> = after.iter().filter(|line| !expected.contains(line)).collect();
        assert!(missing.is_empty() && new.is_empty(), "{}: missing {missing:#?}\nnew {new:#?}", place.major);
        assert_eq!(lines(&mut session, rows).await, content);
        let per = "SELECT count(*) || ' of ' || count(DISTINCT tableoid) FROM app.documents";
        assert_eq!(ask(&mut session, per).await, "3000 of 11");
        let left = "SELECT count(*) FROM pg_class WHERE relname LIKE '%split%'";
        assert_eq!(ask(&mut session, left).await, "0");
        let copy = "SELECT count(*) FROM app.documents_until_2027_01";
        assert_eq!(ask(&mut session, copy).await, "3000");
        let of_one = "SELECT relacl::text || relrowsecurity || reloptions::text || pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'documents_p2026_03'";
        let of_one = ask(&mut session, of_one).await;
        assert!(
            of_one.contains("life_reader=r/life_owner")
                && of_one.contains("}true{")
                && of_one.contains("fillfactor=80"),
            "{of_one}"
        );
        assert!(!of_one.contains("life_default") && of_one.ends_with("life_owner"), "{of_one}");
        let mut writer = place.connector_as("life_writer", "rich_split").migrator().await.expect("a session");
        let insert = "INSERT INTO app.documents (source_name, path, created_at) VALUES ('rust', 'early', '2019-01-01'), ('go', 'now', now())";
        writer.batch(insert).await.expect("there is a place for both");
        assert_eq!(ask(&mut session, "SELECT bool_and((id - 100) % 5 = 0) FROM app.documents").await, "t");
    }
}

const PLAIN: &str = "
    CREATE TABLE docs (
        id bigint PRIMARY KEY, at timestamptz NOT NULL, body text NOT NULL, size int GENERATED ALWAYS AS (length(body)) STORED
    );
    CREATE INDEX docs_at ON docs (at);
    INSERT INTO docs SELECT i, timestamptz '2026-01-05 00:00:00+00' + (i % 7200) * interval '1 hour', 'v0' FROM generate_series(1, 6000) i;
    ANALYZE docs;
";

const PLAIN_SET: &str =
    "table = 'docs'\nkey = 'at'\ninterval = 'month'\nmove = true\naccept = ['unique:docs_pkey']";

/// One who writes: what it believes to be in the table, of the rows that are its own.
struct Writer {
    session: Migrator,
    /// Rows whose id leaves this remainder are its own.
    number: u64,
    of: u64,
    next: u64,
    rows: BTreeMap<u64, String>,
    isolation: &'static str,
    failures: u64,
}

impl Writer {
    async fn open(connector: &Connector, number: u64, of: u64, isolation: &'static str) -> Self {
        let mut session = connector.migrator().await.expect("a session");
        session.batch("SET lock_timeout = 0; SET TIME ZONE 'UTC'").await.expect("set");
        let own = format!("SELECT id FROM docs WHERE id % {of} = {number}");
        let rows = session.simple(&own).await.expect("rows");
        let rows =
            rows.into_iter().flatten().flatten().map(|id| (id.parse().expect("a number"), "v0".to_owned()));
        Self { rows: rows.collect(), session, number, of, next: 10_000, isolation, failures: 0 }
    }

    /// One transaction with a few changes of its own rows, some of them rolled back.
    async fn step(&mut self) {
        let mut rows = self.rows.clone();
        let mut sql = format!("BEGIN ISOLATION LEVEL {};", self.isolation);
        for _ in 0..fastrand::u32(1..5) {
            sql += &self.change(&mut rows);
        }
        let commits = fastrand::u32(0..10) > 0;
        sql += if commits { "COMMIT" } else { "ROLLBACK" };
        match self.session.batch(&sql).await {
            Ok(()) if commits => self.rows = rows,
            Ok(()) => {}
            Err(error) => {
                let _ = self.session.batch("ROLLBACK").await;
                let code = error.server().map(|server| server.sqlstate.clone());
                assert!(
                    self.isolation != "READ COMMITTED" && code.as_deref() == Some("40001"),
                    "an application's transaction failed: {error:?}\n{sql}"
                );
                self.failures += 1;
            }
        }
    }

    fn change(&mut self, rows: &mut BTreeMap<u64, String>) -> String {
        let month = fastrand::u32(1..=11);
        let at = format!("'2026-{month:02}-{:02} 03:00:00+00'", fastrand::u32(1..=28));
        let body = format!("w{}", fastrand::u64(..));
        let any = rows.keys().nth(fastrand::usize(..rows.len())).copied().expect("a row");
        match fastrand::u32(0..10) {
            0..=2 => {
                self.next += 1;
                let id = self.next * self.of + self.number;
                rows.insert(id, body.clone());
                format!("INSERT INTO docs (id, at, body) VALUES ({id}, {at}, '{body}');")
            }
            3..=5 => {
                rows.insert(any, body.clone());
                format!("UPDATE docs SET body = '{body}' WHERE id = {any};")
            }
            6 => {
                rows.insert(any, body.clone());
                format!("UPDATE docs SET body = '{body}', at = {at} WHERE id = {any};")
            }
            _ => {
                rows.remove(&any);
                format!("DELETE FROM docs WHERE id = {any};")
            }
        }
    }
}

#[tokio::test]
async fn writers_lose_no_row_and_none_of_their_transactions_fails() {
    for place in Place::all() {
        let connector = place.database("written", PLAIN).await;
        let drafts = drafts(&connector, &set(PLAIN_SET)).await;
        let (stop, steps) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut tasks = Vec::new();
        for number in 0..4 {
            let isolation = if number == 3 { "REPEATABLE READ" } else { "READ COMMITTED" };
            let mut writer = Writer::open(&connector, number, 4, isolation).await;
            let (stop, steps) = (Arc::clone(&stop), Arc::clone(&steps));
            tasks.push(tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    writer.step().await;
                    steps.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(15)).await;
                }
                writer
            }));
        }
        let took = apply(&connector, &drafts).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop.store(true, Ordering::Relaxed);
        let mut session = connector.migrator().await.expect("a session");
        let mut failures = 0;
        for task in tasks {
            let writer = task.await.expect("no transaction of an application failed");
            failures += writer.failures;
            let own = format!("SELECT id, body FROM docs WHERE id % 4 = {} ORDER BY id", writer.number);
            let found: BTreeMap<u64, String> = session
                .simple(&own)
                .await
                .expect("rows")
                .into_iter()
                .map(|row| {
                    let [id, body] = <[_; 2]>::try_from(row).expect("two columns");
                    (id.and_then(|id| id.parse().ok()).expect("a number"), body.expect("a text"))
                })
                .collect();
            assert!(
                found == writer.rows,
                "{}: writer {} of {}",
                place.major,
                writer.number,
                writer.rows.len()
            );
        }
        let steps = steps.load(Ordering::Relaxed);
        assert!(steps > 50, "{steps} transactions, {failures} to be repeated, in {took:?}");
        let places = "SELECT count(DISTINCT tableoid) >= 10 FROM docs";
        assert_eq!(ask(&mut session, places).await, "t");
    }
}

#[tokio::test]
async fn a_copy_that_differs_is_found_before_it_is_used() {
    let place = Place::all().swap_remove(0);
    let connector = place.database("differs", PLAIN).await;
    let drafts = drafts(&connector, &set(PLAIN_SET)).await;
    let compared = drafts.iter().position(|draft| draft.name.ends_with("compared")).expect("a comparison");
    apply(&connector, &drafts[..compared]).await;
    let mut session = connector.migrator().await.expect("a session");
    session.batch("UPDATE docs_split SET body = 'flipped' WHERE id = 7").await.expect("flipped");
    let refused: Result<(), PgError> = session.batch(&drafts[compared].sql).await;
    let error = refused.expect_err("refused");
    assert!(error.server().is_some_and(|server| server.message.contains("the copy differs")), "{error:?}");
    session.batch("UPDATE docs_split SET body = 'v0' WHERE id = 7").await.expect("flipped back");
    session.batch("TRUNCATE docs").await.expect("truncated");
    assert_eq!(
        ask(&mut session, "SELECT count(*) FROM docs_split").await,
        "0",
        "the mirror is truncated too"
    );
    session.batch(&drafts[compared].sql).await.expect("both are empty");
}

#[tokio::test]
async fn an_interrupted_conversion_is_gone_on_with_by_a_role_that_owns_no_more_than_its_schema() {
    for place in Place::all() {
        let connector = place.database("solo", "").await;
        let mut session = connector.migrator().await.expect("a session");
        let roles = "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'life_solo') THEN \
                     CREATE ROLE life_solo LOGIN PASSWORD 'x'; END IF; END $$; \
                     CREATE SCHEMA life_solo AUTHORIZATION life_solo; REVOKE ALL ON SCHEMA public FROM PUBLIC";
        session.batch(roles).await.expect("set up");
        let own = place.connector_as("life_solo", "solo");
        let mut owner = own.migrator().await.expect("a session");
        owner.batch(PLAIN).await.expect("in its own schema");
        let sum = "SELECT count(*) || ' ' || sum(hashtext(id || at::text || body)) FROM docs";
        let before = ask(&mut owner, sum).await;
        let drafts = drafts(&own, &set(PLAIN_SET)).await;
        for interrupted in 1..=3 {
            assert!(apply_interrupted(&own, &drafts, interrupted).await.is_err(), "{interrupted}");
            assert_eq!(ask(&mut owner, sum).await, before, "nobody notices");
        }
        apply(&own, &drafts).await;
        assert_eq!(ask(&mut owner, sum).await, before);
        let per = "SELECT count(DISTINCT tableoid) FROM docs";
        assert_eq!(ask(&mut owner, per).await, "9");
    }
}
