//! Three degrees of checking the server's certificate, as libpq's `sslmode` has them.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// How far the certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Encryption only: whoever answers is believed.
    Nothing,
    /// Issued by a trusted authority, for whatever host.
    Chain,
    /// Issued by a trusted authority for the host that was asked for.
    ChainAndName,
}

/// Checks the server's certificate.
#[derive(Debug)]
pub(super) struct Verifier {
    strictness: Strictness,
    roots: Roots,
    algorithms: WebPkiSupportedAlgorithms,
}

/// Trusted authorities.
#[derive(Debug)]
pub(super) struct Roots {
    store: RootCertStore,
    certificates: Vec<CertificateDer<'static>>,
}

impl Roots {
    pub(super) fn empty() -> Self {
        Self { store: RootCertStore::empty(), certificates: Vec::new() }
    }

    pub(super) fn add(&mut self, certificate: CertificateDer<'static>) -> Result<(), Error> {
        self.store.add(certificate.clone())?;
        self.certificates.push(certificate);
        Ok(())
    }

    /// `openssl req -x509` makes a certificate that is its own authority, and PostgreSQL's manual uses one as both
    /// server certificate and root. webpki refuses an authority as a server certificate; it is trusted here when the
    /// very same certificate is among the roots. webpki checks the dates before it refuses.
    fn verify_chain(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Result<(), Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        match verify_server_cert_signed_by_trust_anchor(
            &certificate,
            &self.store,
            intermediates,
            now,
            algorithms.all,
        ) {
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if self.certificates.contains(end_entity) =>
            {
                Ok(())
            }
            verdict => verdict,
        }
    }
}

impl Verifier {
    pub(super) fn new(strictness: Strictness, roots: Roots, algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { strictness, roots, algorithms }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.strictness == Strictness::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        self.roots.verify_chain(end_entity, intermediates, now, self.algorithms)?;
        if self.strictness == Strictness::ChainAndName {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    // The signatures are checked even when the certificate is not: without that, a man in the middle could show
    // the real server's certificate and so defeat SCRAM's channel binding, which is all that protects then.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
