//! TLS of the server's own, where the machine has such a server: channel binding, and what `pg_hba.conf` admits.

use std::fs;

use pgrefit_pg::Error;

use super::place::{Place, ask, connector, skipped, write_for};
use super::tls_proxy::Authority;

/// A server with `ssl=on` and a certificate for 127.0.0.1, and the file of its authority.
pub(crate) async fn secured() -> Option<(Place, tempfile::TempDir, String)> {
    let Some(mut place) = Place::of_system() else {
        return skipped("this machine has no PostgreSQL with TLS");
    };
    let authority = Authority::new("one");
    let identity = authority.issue(&["127.0.0.1"]);
    let data = place.server.data_dir();
    write_for(&place.server, &data.join("server.crt"), &identity.certificate);
    write_for(&place.server, &data.join("server.key"), &identity.key);
    place.migrator().await.batch("ALTER SYSTEM SET ssl = on").await.expect("set");
    place.server.restart().expect("restarted");
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().join("root.crt");
    fs::write(&root, authority.pem()).expect("written");
    let root = root.display().to_string();
    Some((place, dir, root))
}

/// Whether the session is encrypted.
async fn encrypted(place: &Place, query: &str) -> Result<bool, Error> {
    let mut migrator = connector(&format!("{}?{query}", place.url())).migrator().await?;
    Ok(ask(&mut migrator, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").await == "t")
}

#[tokio::test]
async fn encryption_is_as_asked_for() {
    let Some((place, _dir, root)) = secured().await else { return };
    let check = async |query: &str, expected: bool| {
        assert_eq!(encrypted(&place, query).await.expect(query), expected, "{query}");
    };
    check("sslmode=disable", false).await;
    check("sslmode=allow", false).await;
    check("sslmode=prefer", true).await;
    check("sslmode=require&channel_binding=require", true).await;
    check(&format!("sslmode=verify-full&sslrootcert={root}&channel_binding=require"), true).await;
    let mut migrator =
        connector(&format!("{}?sslmode=require", place.url())).migrator().await.expect("connected");
    let handle = migrator.cancel_handle();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        handle.cancel().await.expect("sent");
    });
    assert!(matches!(migrator.batch("SELECT pg_sleep(10)").await, Err(Error::Cancelled(_))));
}

#[tokio::test]
async fn what_the_server_admits_decides() {
    let Some((mut place, _dir, _root)) = secured().await else { return };
    let hba = place.server.data_dir().join("pg_hba.conf");
    fs::write(&hba, "hostssl all all all scram-sha-256\nlocal all all scram-sha-256\n").expect("written");
    place.server.restart().expect("restarted");
    assert!(encrypted(&place, "sslmode=allow").await.expect("the second try is encrypted"));
    assert!(encrypted(&place, "sslmode=prefer").await.expect("encrypted"));
    let error = encrypted(&place, "sslmode=disable").await.expect_err("not admitted");
    assert_eq!(error.hint().as_deref(), Some("the server may want TLS: try sslmode=require"), "{error:?}");
    fs::write(&hba, "hostnossl all all all scram-sha-256\nlocal all all scram-sha-256\n").expect("written");
    place.server.restart().expect("restarted");
    assert!(!encrypted(&place, "sslmode=prefer").await.expect("the second try is plain"));
    assert!(matches!(encrypted(&place, "sslmode=require").await, Err(Error::Authentication { .. })));
}
