//! The TLS client: trusted roots, client certificate, and how far the server's certificate is checked.

mod verifier;

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::settings::{ClientCertificate, Roots, SslMode, TlsSettings};
use verifier::{Roots as TrustedRoots, Strictness, Verifier};

/// What a TLS connection begins with. Clones share it.
#[derive(Clone)]
pub(crate) struct TlsClient(Arc<ClientConfig>);

impl TlsClient {
    /// For a session that tokio-postgres drives.
    pub(crate) fn maker(&self) -> MakeRustlsConnect {
        MakeRustlsConnect::new((*self.0).clone())
    }

    /// For one that a load driver drives.
    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}

/// Reads the certificates and makes the client. Reads files, connects to nothing.
pub(crate) fn client(settings: &TlsSettings) -> Result<TlsClient, Error> {
    let provider = Arc::new(ring::default_provider());
    let roots = roots(&settings.roots)?;
    let verifier = Verifier::new(strictness(settings), roots, provider.signature_verification_algorithms);
    let versions: &[_] = if settings.only_1_3 { &[&TLS13] } else { &[&TLS13, &TLS12] };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(|error| wrong(format!("the TLS versions are not usable: {error}"), "the settings"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &settings.client {
        None => builder.with_no_client_auth(),
        Some(files) => {
            let (chain, key) = client_certificate(files)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| {
                wrong(
                    format!("the client certificate and its key do not fit: {error}"),
                    &files.key.display().to_string(),
                )
            })?
        }
    };
    config.enable_sni = settings.server_name_sent;
    // Required by servers for TLS from the first byte on, ignored by them otherwise.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(TlsClient(Arc::new(config)))
}

/// Roots that are present are used, whatever the mode: libpq's `require` with a root file is `verify-ca`.
fn strictness(settings: &TlsSettings) -> Strictness {
    match (settings.mode, &settings.roots) {
        (SslMode::VerifyFull, _) => Strictness::ChainAndName,
        (SslMode::VerifyCa, _) | (_, Roots::File(_) | Roots::System) => Strictness::Chain,
        (_, Roots::None) => Strictness::Nothing,
    }
}

fn roots(roots: &Roots) -> Result<TrustedRoots, Error> {
    let mut trusted = TrustedRoots::empty();
    match roots {
        Roots::None => {}
        Roots::File(path) => {
            for certificate in certificates(path, "sslrootcert")? {
                trusted.add(certificate).map_err(|error| {
                    wrong(
                        format!("sslrootcert has an unusable certificate: {error}"),
                        &path.display().to_string(),
                    )
                })?;
            }
        }
        Roots::System => {
            // A system store may well hold a certificate that is too old to parse; the rest still counts.
            let found = rustls_native_certs::load_native_certs().certs;
            let usable = found.into_iter().filter_map(|certificate| trusted.add(certificate).ok()).count();
            if usable == 0 {
                return Err(wrong(
                    "sslrootcert=system found no certificates".to_owned(),
                    "the operating system",
                ));
            }
        }
    }
    Ok(trusted)
}

fn client_certificate(
    files: &ClientCertificate,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let chain = certificates(&files.certificate, "sslcert")?;
    refuse_open_key(&files.key)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| {
        wrong(
            format!("sslkey is unreadable or not an unencrypted PEM key: {error}"),
            &files.key.display().to_string(),
        )
    })?;
    Ok((chain, key))
}

fn certificates(path: &Path, key: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let place = path.display().to_string();
    let unreadable = |error| wrong(format!("{key} is unreadable or not PEM: {error}"), &place);
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .map_err(unreadable)?
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    if certificates.is_empty() {
        return Err(wrong(format!("{key} has no certificate"), &place));
    }
    Ok(certificates)
}

/// libpq's rule: a key of root may be read by its group, any other only by its owner.
#[cfg(unix)]
fn refuse_open_key(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;
    let place = path.display().to_string();
    let metadata =
        std::fs::metadata(path).map_err(|error| wrong(format!("sslkey is unreadable: {error}"), &place))?;
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.mode() & forbidden != 0 {
        return Err(wrong("sslkey may be read by others; chmod 0600 it".to_owned(), &place));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_open_key(_path: &Path) -> Result<(), Error> {
    Ok(())
}

fn wrong(what: String, place: &str) -> Error {
    Error::Settings { what, place: place.to_owned(), nearest: None }
}
