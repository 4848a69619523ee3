//! Sessions come about: by TCP and socket, over several hosts, to the wanted kind of server.

use std::sync::{Arc, Mutex};

use pgrefit_pg::{Error, Pooler, detect_pooler};

use super::place::{Place, ask, connector, write_for};

#[tokio::test]
async fn the_server_knows_who_we_are() {
    let place = Place::new();
    let mut migrator = place.migrator().await;
    assert_eq!(ask(&mut migrator, "SHOW application_name").await, "pgrefit/test");
    assert_eq!(ask(&mut migrator, "SELECT pg_backend_pid()").await, migrator.backend_pid().to_string());
    let url = place.url() + "?application_name=mine&options=-c%20geqo%3Doff";
    let mut migrator = connector(&url).migrator().await.expect("connected");
    assert_eq!(ask(&mut migrator, "SHOW application_name").await, "mine");
    assert_eq!(ask(&mut migrator, "SHOW geqo").await, "off");
    let mut own = connector(&url).under_name("own".to_owned()).migrator().await.expect("connected");
    assert_eq!(
        (ask(&mut own, "SHOW application_name").await, ask(&mut own, "SHOW geqo").await),
        ("own".into(), "off".into())
    );
    let facts = place.connector().read_only().await.expect("connected").facts().await.expect("facts");
    assert_eq!((facts.version_num, facts.database.as_str()), (migrator.version_num(), "postgres"));
    assert!(
        facts.is_superuser && facts.has_pg_monitor && facts.can_create_in_public && !facts.in_recovery,
        "{facts:?}"
    );
    assert!(
        facts.system_identifier.is_some() && facts.current_schema.as_deref() == Some("public"),
        "{facts:?}"
    );
}

#[tokio::test]
async fn facts_of_a_modest_role() {
    let place = Place::new();
    let mut admin = place.migrator().await;
    admin
        .batch(
            "CREATE ROLE modest LOGIN PASSWORD 'm'; REVOKE ALL ON FUNCTION pg_control_system() FROM public",
        )
        .await
        .expect("made");
    let url = format!("postgres://modest:m@127.0.0.1:{}/postgres", place.server.port());
    let facts = connector(&url).read_only().await.expect("connected").facts().await.expect("facts");
    assert_eq!((facts.user.as_str(), facts.system_identifier), ("modest", None));
    assert!(!facts.is_superuser && !facts.has_pg_monitor, "{facts:?}");
    assert!(!facts.can_create_in_database && !facts.can_create_in_current_schema, "{facts:?}");
}

#[tokio::test]
async fn by_unix_socket_tls_is_never_tried() {
    let place = Place::new();
    let socket = place.server.host_socket_dir().display().to_string().replace('/', "%2F");
    let url = place.url().replace("127.0.0.1", &socket) + "?sslmode=require";
    let mut migrator = connector(&url).migrator().await.expect("connected");
    assert_eq!(ask(&mut migrator, "SELECT inet_server_addr()").await, "NULL");
}

#[tokio::test]
async fn the_first_server_that_fits_is_taken() {
    let place = Place::new();
    let here = format!("127.0.0.1:{}", place.server.port());
    let both = place.url().replace(&here, &format!("127.0.0.1:1,{here}"));
    for attributes in ["any", "read-write", "primary", "prefer-standby"] {
        connector(&format!("{both}?target_session_attrs={attributes}")).migrator().await.expect(attributes);
    }
    for attributes in ["standby", "read-only"] {
        let error = connector(&format!("{both}?target_session_attrs={attributes}"))
            .migrator()
            .await
            .expect_err(attributes);
        assert!(matches!(error, Error::TargetSession { wanted, .. } if wanted == attributes), "{error:?}");
    }
    place
        .migrator()
        .await
        .batch("ALTER SYSTEM SET default_transaction_read_only = on; SELECT 1")
        .await
        .expect_err("not in one transaction");
    let mut migrator = place.migrator().await;
    migrator.batch("ALTER DATABASE postgres SET default_transaction_read_only = on").await.expect("set");
    connector(&format!("{both}?target_session_attrs=read-only")).read_only().await.expect("read-only now");
    let error = connector(&format!("{both}?target_session_attrs=read-write"))
        .read_only()
        .await
        .expect_err("read-only now");
    assert!(matches!(error, Error::TargetSession { wanted: "read-write", .. }), "{error:?}");
}

#[tokio::test]
async fn notices_are_passed_on() {
    let place = Place::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let connector = place
        .connector()
        .on_notice(move |notice| listener.lock().expect("unpoisoned").push(notice.to_string()));
    let mut migrator = connector.migrator().await.expect("connected");
    migrator.batch("DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$").await.expect("ran");
    assert_eq!(*heard.lock().expect("unpoisoned"), ["mind the gap (SQLSTATE 01000)"]);
}

#[tokio::test]
async fn without_a_pooler_none_is_found() {
    assert_eq!(detect_pooler(&Place::new().connector()).await.expect("asked"), Pooler::None);
}

#[tokio::test]
async fn a_standby_is_read_only_by_nature() {
    let mut place = Place::new();
    write_for(&place.server, &place.server.data_dir().join("standby.signal"), "");
    place.server.restart().expect("restarted");
    let url = place.url();
    for attributes in ["any", "standby", "read-only", "prefer-standby"] {
        let session = connector(&format!("{url}?target_session_attrs={attributes}"))
            .read_only()
            .await
            .expect(attributes);
        assert!(session.facts().await.expect("facts").in_recovery);
    }
    for attributes in ["primary", "read-write"] {
        let error = connector(&format!("{url}?target_session_attrs={attributes}"))
            .read_only()
            .await
            .expect_err(attributes);
        assert!(matches!(error, Error::TargetSession { .. }), "{error:?}");
    }
    let mut session = place.connector().read_only().await.expect("connected");
    assert_eq!(
        session.snapshot().await.expect("a snapshot").query("SELECT 1", &[]).await.expect("read").len(),
        1
    );
}
