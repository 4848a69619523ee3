//! One moment, seen by several sessions.

use std::time::Duration;

use pgrefit_pg::{Error, ReadOnly};

use crate::place::{Place, ask};

const LIFE: Duration = Duration::from_secs(30);

async fn count(session: &mut ReadOnly, id: &str) -> Result<i64, Error> {
    let snapshot = session.join(id, LIFE, Duration::from_secs(1)).await?;
    let rows = snapshot.query("SELECT count(*) FROM t", &[]).await?;
    Ok(rows[0].get(0))
}

#[tokio::test]
async fn others_see_its_moment() {
    let place = Place::new();
    let mut writer = place.migrator().await;
    writer.batch("CREATE TABLE t AS SELECT 1 AS a").await.expect("made");
    let exported = place.connector().export_snapshot(LIFE).await.expect("exported");
    writer.batch("INSERT INTO t VALUES (2)").await.expect("written");
    let mut reader = place.connector().read_only().await.expect("a session");
    assert_eq!(count(&mut reader, &exported.facts().id).await.expect("joined"), 1);
    assert_eq!(count(&mut reader, &exported.facts().id).await.expect("joined again"), 1);
    let facts = exported.facts().clone();
    let oid = ask(&mut writer, "SELECT oid FROM pg_database WHERE datname = current_database()").await;
    assert_eq!((facts.database.as_str(), facts.database_oid.to_string()), ("postgres", oid));
    assert!(facts.lsn.as_deref().is_some_and(|lsn| lsn.contains('/')) && !facts.is_standby, "{facts:?}");
    let identifier = ask(&mut writer, "SELECT system_identifier FROM pg_control_system()").await;
    assert_eq!(facts.system_identifier.map(|id| id.to_string()), Some(identifier));
    assert!(facts.taken_at.ends_with('Z') && facts.server_version_num == reader.version_num(), "{facts:?}");
    exported.check().await.expect("alive");
    exported.release().await.expect("released");
    let error = count(&mut reader, &facts.id).await.expect_err("it is gone");
    assert!(matches!(error, Error::Server(_)), "{error:?}");
    assert_eq!(reader.simple("SELECT 1").await.expect("usable").len(), 1);
}

#[tokio::test]
async fn its_life_is_bounded_and_what_may_not_be_asked_is_left_open() {
    let place = Place::new();
    let mut writer = place.migrator().await;
    writer
        .batch("CREATE ROLE plain; REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public")
        .await
        .expect("made");
    writer.batch("ALTER ROLE postgres SET role = plain").await.expect("set");
    let exported = place.connector().export_snapshot(Duration::from_millis(300)).await.expect("exported");
    assert_eq!((exported.facts().system_identifier, exported.facts().role.as_str()), (None, "plain"));
    tokio::time::sleep(Duration::from_millis(800)).await;
    let error = exported.check().await.expect_err("ended");
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    let open = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
    assert_eq!(ask(&mut writer, open).await, "0");
}
