//! Adds TLS to a server that has none: answers the request for it, does the handshake, passes the bytes on.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// An authority that issues certificates.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its own certificate: what a client names in `sslrootcert`.
    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }
}

/// Starts a proxy for as long as this process lives; returns its port. Its certificate is for `name`, and issued by
/// the authority, or by nobody but itself.
pub(super) fn start(name: &str, authority: Option<&Authority>, server_port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config(name, authority)));
    thread::spawn(move || crate::harness::wait(accept(listener, acceptor, server_port)));
    port
}

fn config(name: &str, authority: Option<&Authority>) -> ServerConfig {
    let params = CertificateParams::new([name.to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = match authority {
        Some(authority) => params.signed_by(&key, &authority.0),
        None => params.self_signed(&key),
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap().der().clone()], key)
        .unwrap()
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, server_port: u16) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(serve(client, acceptor.clone(), server_port));
    }
}

async fn serve(mut client: TcpStream, acceptor: TlsAcceptor, server_port: u16) -> std::io::Result<()> {
    let mut request = [0; 8];
    client.read_exact(&mut request).await?;
    client.write_all(b"S").await?;
    let mut encrypted = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(("127.0.0.1", server_port)).await?;
    copy_bidirectional(&mut encrypted, &mut server).await.map(drop)
}
