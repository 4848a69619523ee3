//! The token and the certificate, which are read again when their files change: secrets of a cluster are renewed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

use super::TlsFiles;
use crate::Error;

/// A shorter token can be guessed.
const TOKEN_CHARACTERS_MIN: usize = 16;

/// The token and the certificate.
pub(crate) struct Secrets {
    token_file: Option<PathBuf>,
    tls_files: Option<TlsFiles>,
    current: RwLock<Current>,
}

struct Current {
    token: Option<Token>,
    tls: Option<Arc<ServerConfig>>,
    changed: Vec<Option<SystemTime>>,
}

/// A token by its digest: nobody can print it.
struct Token([u8; 32]);

impl Secrets {
    /// Reads the files.
    pub(crate) fn read(token_file: Option<PathBuf>, tls_files: Option<TlsFiles>) -> Result<Self, Error> {
        // Before they are read: what is renewed in between is read again.
        let changed = changed(token_file.as_deref(), tls_files.as_ref());
        let current = Current {
            token: token_file.as_deref().map(Token::read).transpose()?,
            tls: tls_files.as_ref().map(tls).transpose()?,
            changed,
        };
        Ok(Self { token_file, tls_files, current: RwLock::new(current) })
    }

    /// Reads the files again if they changed. What cannot be used is told, and the former stays.
    pub(crate) fn renew(&self) {
        let changed = changed(self.token_file.as_deref(), self.tls_files.as_ref());
        if self.current.read().unwrap_or_else(PoisonError::into_inner).changed == changed {
            return;
        }
        match Self::read(self.token_file.clone(), self.tls_files.clone()) {
            Ok(new) => {
                let new = new.current.into_inner().unwrap_or_else(PoisonError::into_inner);
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
                tracing::info!(target: "pgrefit", "the token and the certificate were read again");
            }
            Err(error) => tracing::warn!(target: "pgrefit", "{error}; the former one stays in use"),
        }
    }

    /// The server's side of TLS, if there is any.
    pub(crate) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).tls.clone()
    }

    /// Whether the value of an `Authorization` header has the token, as `Bearer`, or as the password of `Basic` for browsers.
    /// Where no token is asked for, anything has it.
    pub(crate) fn lets_in(&self, authorization: Option<&str>) -> bool {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let Some(token) = &current.token else { return true };
        let offered = authorization.and_then(offered).unwrap_or_default();
        token.is(&offered)
    }
}

/// The token that a header offers.
fn offered(authorization: &str) -> Option<Vec<u8>> {
    let (scheme, rest) = authorization.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().as_bytes().to_vec());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = STANDARD.decode(rest.trim()).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(pair[colon + 1..].to_vec())
}

impl Token {
    fn read(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Read { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let token = text.trim();
        let length = token.chars().count();
        if length < TOKEN_CHARACTERS_MIN {
            return Err(Error::WeakToken { path: path.to_owned(), length, min: TOKEN_CHARACTERS_MIN });
        }
        Ok(Self(Sha256::digest(token).into()))
    }

    /// Compares digests, and every byte of them: how long that takes tells nothing of the token.
    fn is(&self, offered: &[u8]) -> bool {
        let other: [u8; 32] = Sha256::digest(offered).into();
        self.0.iter().zip(other).fold(0, |differs, (own, other)| differs | (own ^ other)) == 0
    }
}

fn tls(files: &TlsFiles) -> Result<Arc<ServerConfig>, Error> {
    let wrong = |source: Box<dyn std::error::Error + Send + Sync>| Error::Tls {
        path: files.certificate.clone(),
        source,
    };
    let read =
        |path: &Path| std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source });
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read(&files.certificate)?)
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(error.into()))?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?).map_err(|error| wrong(error.into()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.into()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| wrong(error.into()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// When each file was changed last.
fn changed(token: Option<&Path>, tls: Option<&TlsFiles>) -> Vec<Option<SystemTime>> {
    let files = token.into_iter().chain(tls.into_iter().flat_map(|it| [&*it.certificate, &*it.key]));
    files.map(|path| std::fs::metadata(path).and_then(|it| it.modified()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "correct horse battery staple";

    fn secrets(text: &str) -> (tempfile::TempDir, Result<Secrets, Error>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, text).unwrap();
        let secrets = Secrets::read(Some(path), None);
        (folder, secrets)
    }

    #[test]
    fn only_the_token_lets_in() {
        let (_folder, secrets) = secrets(&format!("{TOKEN}\n"));
        let secrets = secrets.unwrap();
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        let check = |offered: Option<&str>, expected: bool| {
            assert_eq!(secrets.lets_in(offered), expected, "{offered:?}");
        };
        check(Some(&format!("Bearer {TOKEN}")), true);
        check(Some(&format!("bearer  {TOKEN}")), true);
        check(Some(&basic(&format!("anybody:{TOKEN}"))), true);
        check(None, false);
        for wrong in ["", "Bearer", "Bearer ", "Bearer correct horse battery", "Basic ???", TOKEN, "Digest x"]
        {
            check(Some(wrong), false);
        }
        check(Some(&basic(TOKEN)), false);
        check(Some(&format!("Bearer {TOKEN}x")), false);
        assert!(Secrets::read(None, None).unwrap().lets_in(None));
    }

    #[test]
    fn tokens_that_can_be_guessed_or_are_missing_are_refused() {
        assert!(matches!(secrets("secret\n").1, Err(Error::WeakToken { length: 6, .. })));
        assert!(matches!(secrets(" \n").1, Err(Error::WeakToken { length: 0, .. })));
        let missing = Secrets::read(Some("/nonexistent/token".into()), None);
        assert!(matches!(missing, Err(Error::Read { .. })));
    }

    #[test]
    fn a_new_token_takes_the_place_of_the_old_one_and_a_bad_one_does_not() {
        let (folder, secrets) = secrets(TOKEN);
        let secrets = secrets.unwrap();
        let path = folder.path().join("token");
        let write = |text: &str, second: u64| {
            std::fs::write(&path, text).unwrap();
            let at = SystemTime::now() + std::time::Duration::from_secs(second);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
            secrets.renew();
        };
        write("short", 10);
        assert!(secrets.lets_in(Some(&format!("Bearer {TOKEN}"))));
        write("another one, long enough", 20);
        assert!(!secrets.lets_in(Some(&format!("Bearer {TOKEN}"))));
        assert!(secrets.lets_in(Some("Bearer another one, long enough")));
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let made = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (one, other) = (made(), made());
        let files = TlsFiles { certificate: folder.path().join("crt"), key: folder.path().join("key") };
        std::fs::write(&files.certificate, one.cert.pem()).unwrap();
        let check = |key: &str, expected: bool| {
            std::fs::write(&files.key, key).unwrap();
            assert_eq!(tls(&files).is_ok(), expected);
        };
        check(&one.signing_key.serialize_pem(), true);
        check(&other.signing_key.serialize_pem(), false);
        check("no key", false);
    }
}
