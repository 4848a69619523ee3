//! The catalog and the digests as real servers give them. `rich.sql` makes one object of every kind, `changed.sql` then
//! changes one of every kind.

mod digests;
mod live;
mod script;
mod snapshot;

use std::time::{Duration, Instant};

use live::Live;
use pgrefit_catalog::{Catalog, Comparison, Name};
use pgrefit_pg::introspect::{Scope, catalog};
use pgrefit_pg::{Error, ReadOnly};

const RICH: &str = include_str!("rich.sql");
const CHANGED: &str = include_str!("changed.sql");
const VIEWS: &str = include_str!("views.sql");

fn scope() -> Scope {
    Scope::everything()
        .without_schema("pgrefit")
        .without_relation(Name::new("public", "refinery_schema_history"))
}

async fn read(session: &mut ReadOnly) -> Catalog {
    catalog(session, &scope()).await.expect("a catalog")
}

/// The fingerprints may change with what is compared, but never with the server they were read from.
#[tokio::test]
async fn every_major_gives_the_same_catalog_and_the_same_difference() {
    let mut catalogs: Vec<(Catalog, Catalog)> = Vec::new();
    for live in Live::all() {
        live.database("rich", &[RICH]).await;
        live.database("changed", &[RICH, CHANGED]).await;
        catalogs.push((
            read(&mut live.reader("rich").await).await,
            read(&mut live.reader("changed").await).await,
        ));
    }
    for (rich, _) in &catalogs {
        for (other, changed) in &catalogs {
            assert_eq!(rich.difference(other, Comparison::Exact).to_string(), "");
            assert_eq!(rich.fingerprint(), "b370f7331d86e9a7a07956b7");
            assert_eq!(
                rich.difference(changed, Comparison::Exact).fingerprint(None),
                "224e5b904ba0ce694aa2023a"
            );
        }
    }
}

#[tokio::test]
async fn every_major_gives_the_same_views() {
    let mut views: Option<Catalog> = None;
    for live in Live::all() {
        live.database("views", &[VIEWS]).await;
        let read = read(&mut live.reader("views").await).await;
        assert_eq!(read.views.len(), 16);
        let first = views.get_or_insert_with(|| read.clone());
        assert_eq!(first.difference(&read, Comparison::Exact).to_string(), "");
    }
}

#[tokio::test]
async fn odd_names_and_all_kinds_of_objects_are_read() {
    let live = Live::start();
    live.database("rich", &[RICH]).await;
    let rich = read(&mut live.reader("rich").await).await;
    let odd = &rich.tables[&Name::new("Odd.Schema", "Mixed \"Case\" Table")];
    assert_eq!(odd.columns[0].name, "select");
    assert_eq!(odd.columns[2].data_type, "public.point3");
    assert_eq!(
        odd.constraints["person fk"].definition,
        "FOREIGN KEY (person) REFERENCES public.people(id) ON DELETE CASCADE"
    );
    let (types, sequences, views) = (rich.types.len(), rich.sequences.len(), rich.views.len());
    assert_eq!((types, sequences, rich.tables.len(), views, rich.routines.len()), (4, 2, 10, 5, 5));
    assert!(!rich.is_empty());
}

#[tokio::test]
async fn a_new_database_is_empty() {
    let live = Live::start();
    live.database("fresh", &["CREATE EXTENSION vector; CREATE TEMPORARY TABLE t (a int)"]).await;
    let fresh = read(&mut live.reader("fresh").await).await;
    assert!(fresh.is_empty());
    assert!(fresh.extensions.contains_key("vector"));
}

#[tokio::test]
async fn the_scope_leaves_out_relations_and_all_that_hangs_on_them() {
    let live = Live::start();
    let script = "CREATE SCHEMA pgrefit CREATE TABLE journal (id int);
        CREATE FUNCTION pgrefit.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE refinery_schema_history (version serial PRIMARY KEY CHECK (version > 0));
        CREATE SCHEMA other CREATE TABLE refinery_schema_history (version int)";
    live.database("scoped", &[script]).await;
    let mut session = live.reader("scoped").await;
    let inside = read(&mut session).await;
    assert_eq!(inside.tables.keys().collect::<Vec<_>>(), [&Name::new("other", "refinery_schema_history")]);
    assert!(inside.sequences.is_empty() && inside.routines.is_empty() && !inside.schemas.contains("pgrefit"));
    let all = catalog(&mut session, &Scope::everything()).await.expect("a catalog");
    assert_eq!((all.tables.len(), all.sequences.len(), all.routines.len()), (3, 1, 1));
}

#[tokio::test]
async fn settings_of_the_session_and_privileges_make_no_difference() {
    let live = Live::start();
    live.database("rich", &[RICH]).await;
    let before = read(&mut live.reader("rich").await).await;
    let settings = "ALTER DATABASE rich SET search_path = \"Odd.Schema\", public;
        ALTER DATABASE rich SET timezone = 'Asia/Tokyo';
        ALTER DATABASE rich SET datestyle = 'German';
        ALTER DATABASE rich SET quote_all_identifiers = on;
        CREATE ROLE plain;
        DO $$ BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE rich SET role = plain', current_user); END $$";
    live.writer("rich").await.batch(settings).await.expect("set");
    let mut plain = live.reader("rich").await;
    let role = plain.simple("SELECT current_user, current_setting('timezone')").await.expect("a row");
    assert_eq!(role, [[Some("plain".to_owned()), Some("Asia/Tokyo".to_owned())]]);
    assert_eq!(read(&mut plain).await, before);
}

#[tokio::test]
async fn an_exclusive_lock_is_reported_soon_and_can_be_retried() {
    let live = Live::start();
    live.database("rich", &[RICH]).await;
    let mut session = live.reader("rich").await;
    let mut writer = live.writer("rich").await;
    writer.batch("BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    let start = Instant::now();
    let error = catalog(&mut session, &scope()).await.expect_err("locked");
    assert!(matches!(error, Error::LockTimeout(_)), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    writer.batch("ROLLBACK").await.expect("unlocked");
    assert!(!read(&mut session).await.is_empty());
}
