//! Keys: who vouches for a proof. Ed25519 (RFC 8032).

use std::fmt;
use std::path::Path;

use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::{hex, unhex};

/// The half that signs. Its `Debug` does not show it.
pub struct SigningKey {
    pair: Ed25519KeyPair,
}

/// The half that is told to others: 32 bytes, in hex digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(Vec<u8>);

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("failed to use the key: {0}")]
pub struct KeyError(pub String);

/// What a file with a PKCS #8 key says that it has.
const LABEL: &str = "PRIVATE KEY";

impl SigningKey {
    /// A new key, and the text of its file: PKCS #8 in PEM.
    ///
    /// # Errors
    /// The machine has no randomness.
    pub fn generate() -> Result<(Self, String), KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| KeyError("the machine gives no random bytes".into()))?;
        let key = Self::of_pkcs8(document.as_ref())?;
        Ok((key, pem::encode(&pem::Pem::new(LABEL, document.as_ref()))))
    }

    /// Reads a PEM file with a PKCS #8 key, such as [`Self::generate`] or `openssl genpkey -algorithm ed25519` writes.
    ///
    /// # Errors
    /// The file cannot be read, or has no such key.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let named = |why: &dyn fmt::Display| KeyError(format!("{}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
        let file = pem::parse(text).map_err(|error| named(&error))?;
        if file.tag() != LABEL {
            return Err(named(&format!("this is a {}, not a {LABEL}", file.tag())));
        }
        Self::of_pkcs8(file.contents()).map_err(|error| named(&error.0))
    }

    fn of_pkcs8(bytes: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes)
            .map_err(|error| KeyError(format!("this is no Ed25519 key in PKCS #8 ({error})")))?;
        Ok(Self { pair })
    }

    /// Its other half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.pair.public_key().as_ref().to_vec())
    }

    /// The signature, in hex digits.
    pub(super) fn sign(&self, message: &[u8]) -> String {
        hex(self.pair.sign(message).as_ref())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public()).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// Whether `signature`, in hex digits, is of this key and over this message.
    pub(super) fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        unhex(signature).is_some_and(|bytes| key.verify(message, &bytes).is_ok())
    }
}

impl TryFrom<String> for PublicKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match unhex(text.trim()) {
            Some(bytes) if bytes.len() == 32 => Ok(Self(bytes)),
            _ => Err(format!("`{text}` is no public key: 64 hex digits, as `pgrefit proof key` prints")),
        }
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_one_key_and_over_one_message() {
        let (key, _) = SigningKey::generate().unwrap();
        let (other, _) = SigningKey::generate().unwrap();
        let signature = key.sign(b"digest");
        assert!(key.public().has_signed(b"digest", &signature));
        assert!(!key.public().has_signed(b"digesT", &signature));
        assert!(!other.public().has_signed(b"digest", &signature));
        assert!(!key.public().has_signed(b"digest", "00"));
        assert!(!key.public().has_signed(b"digest", "no hex"));
    }

    #[test]
    fn keys_survive_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let (key, text) = SigningKey::generate().unwrap();
        std::fs::write(&path, text).unwrap();
        assert_eq!(SigningKey::read(&path).unwrap().public(), key.public());
        let public = PublicKey::try_from(key.public().to_string()).unwrap();
        assert_eq!(public, key.public());
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let check = |text: &str, why: &str| {
            std::fs::write(&path, text).unwrap();
            let error = SigningKey::read(&path).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        };
        check("", "key.pem");
        check("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "not a PRIVATE KEY");
        check("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no Ed25519 key");
        assert!(PublicKey::try_from("00".to_owned()).is_err());
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        let (key, text) = SigningKey::generate().unwrap();
        let secret = pem::parse(text).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains(&key.public().to_string()));
        assert!(!shown.contains(&hex(&secret.contents()[16..32])));
    }
}
