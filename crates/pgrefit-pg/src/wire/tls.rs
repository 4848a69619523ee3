//! The handshake of a session whose encryption is taken over after the login.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use sha2::{Digest, Sha256, Sha384, Sha512};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ID_SHA_1, ID_SHA_256, ID_SHA_384, ID_SHA_512,
    SHA_1_WITH_RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION, SHA_384_WITH_RSA_ENCRYPTION,
    SHA_512_WITH_RSA_ENCRYPTION,
};

use super::shared::Shared;
use super::socket::Socket;

/// The encrypted stream while tokio drives it.
pub(super) type Encrypted = client::TlsStream<Shared<Socket>>;

/// Makes the handshake, and leaves the stream where it can be taken back from.
pub(super) struct Handshake {
    pub(super) server_name: String,
    /// None where TLS is not asked for.
    pub(super) config: Option<Arc<ClientConfig>>,
    pub(super) kept: Shared<Encrypted>,
}

/// What tokio-postgres logs in through.
pub(super) struct Lent(Shared<Encrypted>);

impl TlsConnect<Shared<Socket>> for Handshake {
    type Stream = Lent;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Lent>> + Send>>;

    fn connect(self, stream: Shared<Socket>) -> Self::Future {
        Box::pin(async move {
            let config = self.config.ok_or_else(|| io::Error::other("TLS is not asked for"))?;
            let name = ServerName::try_from(self.server_name)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
            self.kept.put(TlsConnector::from(config).connect(name, stream).await?);
            Ok(Lent(self.kept))
        })
    }
}

impl TlsStream for Lent {
    fn channel_binding(&self) -> ChannelBinding {
        let digest = self.0.with(|kept| {
            let (_, session) = kept.as_ref()?.get_ref();
            end_point(session.peer_certificates()?.first()?)
        });
        digest.map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

/// Signatures by their hash; those without one of their own, such as Ed25519, are in none of the lists.
const SHA_256: [ObjectIdentifier; 5] =
    [ID_SHA_1, ID_SHA_256, SHA_1_WITH_RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION, ECDSA_WITH_SHA_256];
const SHA_384: [ObjectIdentifier; 3] = [ID_SHA_384, SHA_384_WITH_RSA_ENCRYPTION, ECDSA_WITH_SHA_384];
const SHA_512: [ObjectIdentifier; 2] = [ID_SHA_512, SHA_512_WITH_RSA_ENCRYPTION];

/// The digest of the server's certificate that SCRAM binds to, by the hash of its own signature, but by no weaker one than
/// SHA-256; `None` where the signature has none. RFC 5929, section 4.1; the same set as of the other sessions.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let algorithm = Certificate::from_der(certificate).ok()?.signature_algorithm.oid;
    if SHA_256.contains(&algorithm) {
        Some(Sha256::digest(certificate).to_vec())
    } else if SHA_384.contains(&algorithm) {
        Some(Sha384::digest(certificate).to_vec())
    } else {
        SHA_512.contains(&algorithm).then(|| Sha512::digest(certificate).to_vec())
    }
}

impl AsyncRead for Lent {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for Lent {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
