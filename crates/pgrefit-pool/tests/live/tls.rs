//! The wire is watched inside of TLS, and on Unix sockets. TLS is added by a proxy of the test's own: the server that ships with
//! pgrefit has none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pgrefit_pool::{CloseReason, PoolConfig};
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::place::{Place, adds_up, closed, pool, until};

/// Adds TLS to a server; returns the port.
async fn proxy(server_port: u16) -> u16 {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("names");
    let certificate = params.self_signed(&key).expect("signed").pem();
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).expect("PEM");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions");
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).expect("a certificate");
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve(client, acceptor.clone(), server_port));
        }
    });
    port
}

async fn serve(mut client: TcpStream, acceptor: TlsAcceptor, server_port: u16) -> std::io::Result<()> {
    let mut first = [0];
    client.peek(&mut first).await?;
    if first[0] == 0 {
        let mut request = [0; 8];
        client.read_exact(&mut request).await?;
        client.write_all(b"S").await?;
    }
    let mut encrypted = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(("127.0.0.1", server_port)).await?;
    copy_bidirectional(&mut encrypted, &mut server).await.map(|_| ())
}

/// The promises of the pool, at this URL.
async fn check(place: &Place, what: &str, url: &str) {
    let mut observer = place.observer().await;
    observer.run("DROP TABLE IF EXISTS public.t; CREATE TABLE public.t (id int)").await;
    let pool = pool(url, PoolConfig::named("test", 1));
    for _ in 0..300 {
        pool.get().await.expect("a connection").query("SELECT $1::int4", &[&1]).await.expect("a row");
    }
    assert_eq!(closed(&pool), [], "{what}");
    let connection = pool.get().await.expect("a connection");
    connection.batch_execute("BEGIN; LOCK public.t IN ACCESS EXCLUSIVE MODE").await.expect("locked");
    drop(connection);
    let locks = "SELECT count(*) FROM pg_locks WHERE relation = 'public.t'::regclass";
    let login = place.time_of_login().await;
    assert!(observer.time_until(locks, "0").await <= Duration::from_millis(100) + login, "{what}");
    let connection = pool.get().await.expect("a connection");
    let query = connection.query("SELECT pg_catalog.pg_sleep(3)", &[]);
    tokio::time::timeout(Duration::from_millis(50), query).await.expect_err("it takes longer");
    drop(connection);
    let dropped = Instant::now();
    let running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()";
    observer.time_until(running, "0").await;
    let took = dropped.elapsed();
    let login = place.time_of_login().await;
    assert!(took < Duration::from_millis(200) + login, "{took:?} {what}, login {login:?}");
    pool.get().await.expect("a connection").query("SELECT 1", &[]).await.expect("a row");
    until("the cancel request is counted", || pool.metrics().cancels[0].count() == 1).await;
    adds_up(&pool).await;
    assert_eq!(closed(&pool), [(CloseReason::DirtyTransaction, 1), (CloseReason::DirtyBusy, 1)], "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_promises_hold_in_tls_and_on_a_unix_socket() {
    let place = Place::one();
    let encrypted = proxy(place.server.port()).await;
    let login = place.url().split('@').next().expect("a login").to_owned();
    let port = place.server.port();
    let dir = place.server.host_socket_dir().display().to_string().replace('/', "%2F");
    let ways = [
        ("TLS", format!("localhost:{encrypted}/postgres?sslmode=require")),
        ("TLS at once", format!("localhost:{encrypted}/postgres?sslmode=require&sslnegotiation=direct")),
        ("TLS that the server does not have", format!("127.0.0.1:{port}/postgres?sslmode=prefer")),
        ("no TLS", format!("127.0.0.1:{port}/postgres?sslmode=disable")),
        ("Unix socket", format!("{dir}:{port}/postgres")),
    ];
    for (what, address) in ways {
        check(&place, what, &format!("{login}@{address}")).await;
    }
}
