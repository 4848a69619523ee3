//! Queries drafted from `pg_stat_statements`.

use pgrefit_bench::{Draft, Error, Query, top};

use super::place::{Place, query, quick};

#[tokio::test]
async fn what_was_run_is_listed_with_why_it_cannot_be_run_again() {
    let place = Place::start(18, &[("shared_preload_libraries", "pg_stat_statements")]);
    let mut admin = place.admin().await;
    admin.batch(super::place::SETUP).await.expect("set up");
    admin
        .batch("CREATE SCHEMA \"My Ext\"; CREATE EXTENSION pg_stat_statements SCHEMA \"My Ext\"")
        .await
        .expect("made");
    for _ in 0..3 {
        admin.batch("SELECT count(*) FROM documents").await.expect("run");
        admin.batch("SELECT id FROM documents WHERE source = 's7'").await.expect("run");
    }
    let drafts = top(&place.connector(), 50).await.expect("listed");
    let find = |text: &str| drafts.iter().find(|it| it.sql == text).unwrap_or_else(|| panic!("{drafts:#?}"));
    let whole: &Draft = find("SELECT count(*) FROM documents");
    assert_eq!((whole.calls, whole.rows, whole.obstacle), (3, 3, None));
    assert!(whole.mean.as_micros() > 100 && whole.max >= whole.mean);
    let normalised = find("SELECT id FROM documents WHERE source = $1");
    assert_eq!(normalised.rows, 300);
    assert!(normalised.obstacle.expect("one").contains("give arguments"));
    let written = drafts.iter().find(|it| it.sql.starts_with("INSERT INTO sources")).expect("it was run");
    assert!(written.obstacle.expect("one").contains("may write"));
    assert_eq!(top(&place.connector(), 1).await.expect("listed").len(), 1);
    // What has no obstacle can be measured.
    let runnable = drafts.iter().filter(|it| it.obstacle.is_none()).enumerate();
    let queries: Vec<Query> = runnable.map(|(at, it)| query(&at.to_string(), &it.sql)).collect();
    assert!(place.measure(&queries, &quick()).await.queries.iter().all(|it| it.trouble.is_none()));
    texts_of_others_are_not_seen(&place, &mut admin).await;
}

async fn texts_of_others_are_not_seen(place: &Place, admin: &mut pgrefit_pg::Migrator) {
    let closed = top(&place.connector_of("modest"), 50).await.expect_err("the schema is closed");
    assert!(matches!(closed, Error::NoStatements(_)) && closed.hint().is_some(), "{closed:?}");
    admin.batch("GRANT USAGE ON SCHEMA \"My Ext\" TO modest").await.expect("granted");
    let drafts = top(&place.connector_of("modest"), 50).await.expect("listed");
    let of_others = drafts.iter().find(|it| it.sql.is_empty()).expect("there are some");
    assert!(of_others.obstacle.expect("one").contains("pg_read_all_stats"));
}

#[tokio::test]
async fn without_the_extension_there_is_nothing_to_read() {
    let place = Place::start(18, &[]);
    assert!(matches!(top(&place.connector(), 5).await, Err(Error::NoStatements(_))));
    place.admin().await.batch("CREATE EXTENSION pg_stat_statements").await.expect("made");
    let not_loaded = top(&place.connector(), 5).await.expect_err("it is not loaded");
    assert!(
        matches!(&not_loaded, Error::NoStatements(why) if why.contains("shared_preload_libraries")),
        "{not_loaded:?}"
    );
}
