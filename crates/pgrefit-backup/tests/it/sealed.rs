//! A copy reaches nobody: neither through foreign servers nor through subscriptions.

use pgrefit_backup::{
    Adapter, Checkpoint, PgBasebackup, PgDump, Target, Thoroughness, VerifyOptions, take_verified,
};

use crate::place::{Place, ask, connector};

/// A foreign server and a subscription that lead to the database itself.
async fn place_with_remote() -> Option<Place> {
    let place = Place::empty().await;
    let mut writer = place.writer().await;
    writer.batch("CREATE TABLE far (a int); INSERT INTO far VALUES (1)").await.expect("made");
    let available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'";
    if ask(&place.connector(), available).await != "1" {
        return None;
    }
    let url = place.server.url("postgres").expose().to_owned();
    let password = url.split([':', '@']).nth(2).expect("a password").to_owned();
    let setup = format!(
        "CREATE EXTENSION postgres_fdw;
        CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost', hostaddr '127.0.0.1', port '{}', dbname 'My \"db\"');
        CREATE USER MAPPING FOR postgres SERVER far OPTIONS (user 'postgres', password '{password}');
        CREATE FOREIGN TABLE near (a int) SERVER far OPTIONS (table_name 'far');
        CREATE SUBSCRIPTION sub CONNECTION 'host=127.0.0.1 port={} user=postgres password={password} dbname=postgres'
            PUBLICATION none WITH (connect = false)",
        place.server.port(),
        place.server.port(),
    );
    writer.batch(&setup).await.expect("made");
    assert_eq!(ask(&place.connector(), "SELECT count(*) FROM near").await, "1");
    Some(place)
}

async fn check(place: &mut Place, adapter: Box<dyn Adapter>, target: Target) {
    place.adapter = adapter;
    let source = place.connector();
    let options = VerifyOptions { target, thoroughness: Thoroughness::Full };
    let verified = place.with_job(&source, async |job| take_verified(job, &options).await).await;
    let verified = verified.unwrap_or_else(|error| panic!("{error}: {error:?}"));
    let notes = &verified.verification().notes;
    assert!(notes.contains(&"foreign servers of the copy lead nowhere".to_owned()), "{notes:?}");
    let restored = verified.restored().expect("a copy");
    let copy = restored.as_superuser();
    let mut session = copy.migrator().await.expect("connected");
    session.batch("INSERT INTO near VALUES (2)").await.expect_err("it leads nowhere");
    assert_eq!(ask(&source, "SELECT count(*) FROM far").await, "1");
    let subscriptions = "SELECT count(*) FROM pg_subscription WHERE subenabled OR subslotname IS NOT NULL OR subconninfo !~ 'port=1 '";
    if restored.server().is_some() {
        assert_eq!(ask(copy, subscriptions).await, "0");
        assert_eq!(ask(copy, "SHOW max_logical_replication_workers").await, "0");
        assert_eq!(ask(copy, "SHOW max_sync_workers_per_subscription").await, "0");
        assert_eq!(ask(copy, "SHOW shared_preload_libraries").await, "");
    }
}

#[tokio::test]
async fn a_copy_leads_nowhere() {
    let Some(mut place) = place_with_remote().await else { return println!("skipped: no postgres_fdw") };
    let (scratch, other) = (place.scratch(), Place::empty().await);
    Box::pin(check(&mut place, Box::new(PgDump), scratch.clone())).await;
    let given = Target::Server(connector(other.server.url("postgres").expose()));
    Box::pin(check(&mut place, Box::new(PgDump), given)).await;
    let physical = PgBasebackup { checkpoint: Checkpoint::Fast, rate_kb_max: None };
    Box::pin(check(&mut place, Box::new(physical), scratch)).await;
}
