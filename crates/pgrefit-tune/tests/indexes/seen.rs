//! Statements that only `pg_stat_statements` knows.

use pgrefit_tune::indexes::{Error, Options, Origin, traffic};

use super::place::{Place, rows};

const SETUP: &str = "CREATE TABLE orders (id int PRIMARY KEY, customer int, state text, note text, at timestamptz);
INSERT INTO orders SELECT n, n % 2000, CASE WHEN n % 100 = 0 THEN 'open' ELSE 'done' END, repeat('x', 60), timestamptz '2024-01-01' + n * interval '1 min'
FROM generate_series(1, 40000) AS n; ANALYZE orders";

#[tokio::test]
async fn what_a_server_has_seen_is_enough() {
    let place = Place::start(18, &[("shared_preload_libraries", "pg_stat_statements")]);
    let mut live = place.database("live", SETUP).await;
    let closed = traffic(&place.connector("live"), 10).await.expect_err("it is not installed");
    assert!(
        matches!(&closed, Error::NoTraffic(why) if why.contains("not installed")) && closed.hint().is_some()
    );
    live.batch("CREATE SCHEMA \"My Ext\"; CREATE EXTENSION pg_stat_statements SCHEMA \"My Ext\"")
        .await
        .expect("made");
    for n in 1..30 {
        let sql = format!("SELECT note FROM orders WHERE customer = {n} ORDER BY at DESC LIMIT 10");
        rows(&mut live, &sql).await;
        live.batch(&format!("UPDATE orders SET note = 'y' WHERE customer = {n}")).await.expect("written");
    }
    let seen = traffic(&place.connector("live"), 100).await.expect("read");
    let select = seen.statements.iter().find(|one| one.sql.contains("ORDER BY at DESC")).expect("seen");
    assert_eq!(select.origin, Origin::Seen { calls: 29 });
    assert!(seen.statements.iter().all(|one| !one.sql.starts_with("CREATE")), "{seen:#?}");

    live.batch("CREATE ROLE modest LOGIN PASSWORD 'modest'; GRANT USAGE ON SCHEMA \"My Ext\" TO modest")
        .await
        .expect("made");
    let hidden = traffic(&place.connector_of("modest", "live"), 100).await.expect("read");
    assert!(hidden.unread.iter().any(|one| one.reason.contains("pg_read_all_stats")), "{hidden:#?}");

    drop(place.database("copy", SETUP).await);
    let found = place.find("copy", &seen.statements, &Options { rounds: 2, ..Options::default() }).await;
    let definitions: Vec<&str> = found.kept.iter().map(|kept| kept.definition.as_str()).collect();
    assert_eq!(definitions, ["(customer, at)"], "{found:#?}");
    let used_by = &found.kept[0].used_by;
    assert_eq!(used_by.len(), 2, "the page and the update: {found:#?}");
}

#[tokio::test]
async fn a_library_that_is_not_loaded_is_told() {
    let place = Place::new();
    drop(place.database("app", "CREATE EXTENSION pg_stat_statements").await);
    let closed = traffic(&place.connector("app"), 10).await.expect_err("it is not loaded");
    assert!(
        matches!(&closed, Error::NoTraffic(why) if why.contains("shared_preload_libraries")),
        "{closed:?}"
    );
}
