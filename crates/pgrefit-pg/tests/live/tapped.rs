//! A tap sees what passes, in plain text also when the connection is encrypted; and what it belongs to can be cancelled.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pgrefit_pg::{Error, Tap};

use super::place::{Place, connector};
use super::tls_proxy::{self, Authority};

/// Keeps everything.
#[derive(Clone, Default)]
struct Keeper(Arc<Mutex<(Vec<u8>, Vec<u8>)>>);

impl Tap for Keeper {
    fn sent(&mut self, bytes: &[u8]) {
        self.0.lock().expect("no panic").0.extend_from_slice(bytes);
    }

    fn received(&mut self, bytes: &[u8]) {
        self.0.lock().expect("no panic").1.extend_from_slice(bytes);
    }
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn check(what: &str, url: &str) {
    let keeper = Keeper::default();
    let tap = keeper.clone();
    let session = connector(url).tapped(Arc::new(move || Box::new(tap.clone()))).await.expect(what);
    assert!(session.version_num >= 130_000, "{what}");
    session.client.batch_execute("SELECT 'a word' || ' apart'").await.expect(what);
    {
        let seen = keeper.0.lock().expect("no panic");
        assert!(has(&seen.0, "user\0") && has(&seen.0, "'a word'"), "{what}: from the startup packet on");
        assert!(has(&seen.1, "a word apart") && seen.1.first() == Some(&b'R'), "{what}: from the login on");
    }
    let cancel = session.cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        cancel.cancel().await.expect("sent");
    });
    let error = session.client.batch_execute("SELECT pg_catalog.pg_sleep(10)").await.expect_err(what);
    assert!(matches!(session.last_words.error(error), Error::Cancelled(_)), "{what}");
    drop(session.client);
    tokio::time::timeout(Duration::from_secs(5), async {
        while !session.task.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the connection ends with its client");
}

#[tokio::test]
async fn a_tap_sees_what_passes() {
    let place = Place::new();
    let authority = Authority::new("one");
    let identity = authority.issue(&["localhost"]);
    let encrypted = tls_proxy::start(&identity, None, place.server.port()).await;
    let login = place.url().split('@').next().expect("a login").to_owned();
    let port = place.server.port();
    check("no TLS", &format!("{login}@127.0.0.1:{port}/postgres?sslmode=disable")).await;
    check("no TLS to be had", &format!("{login}@127.0.0.1:{port}/postgres?sslmode=prefer")).await;
    check("TLS", &format!("{login}@localhost:{encrypted}/postgres?sslmode=require")).await;
    let dir = place.server.host_socket_dir().display().to_string().replace('/', "%2F");
    check("a Unix socket", &format!("{login}@{dir}:{port}/postgres")).await;
}

#[tokio::test]
async fn what_goes_wrong_is_told_as_without_a_tap() {
    let place = Place::new();
    let make_tap = || -> Box<dyn Tap> { Box::new(Keeper::default()) };
    let port = place.server.port();
    let refused = connector(&format!("postgres://postgres:wrong@127.0.0.1:{port}/postgres"))
        .tapped(Arc::new(make_tap))
        .await;
    assert!(matches!(refused, Err(Error::Authentication { .. })), "{refused:?}");
    let login = place.url().split('@').next().expect("a login").to_owned();
    let needed = connector(&format!("{login}@127.0.0.1:{port}/postgres?sslmode=require"))
        .tapped(Arc::new(make_tap))
        .await;
    assert!(matches!(needed, Err(Error::Tls { .. })), "{needed:?}");
    let nobody = connector("postgres://u:p@127.0.0.1:1/d").tapped(Arc::new(make_tap)).await;
    assert!(matches!(nobody, Err(Error::Unreachable { .. })), "{nobody:?}");
    let nowhere = connector("postgres://u:p@%2Fnowhere:5432/d").tapped(Arc::new(make_tap)).await;
    assert!(matches!(nowhere, Err(Error::Unreachable { .. })), "{nowhere:?}");
}
