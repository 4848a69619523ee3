//! Short, stable names for a schema and for a difference.

use sha2::{Digest as _, Sha256};

/// Collects texts into one hash. Each is preceded by its length, so that no two sequences of texts run together.
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Starts a hash; `purpose` keeps fingerprints of different things apart.
    pub(crate) fn new(purpose: &str) -> Self {
        let mut fingerprint = Self(Sha256::new());
        fingerprint.text(purpose);
        fingerprint
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
    }

    /// An absent text is not an empty one.
    pub(crate) fn option(&mut self, text: Option<&str>) {
        self.0.update([u8::from(text.is_some())]);
        self.text(text.unwrap_or_default());
    }

    /// The first 96 bits: 24 hex digits, far beyond chance, short enough to be typed as a proof.
    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize()[..12])
    }
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
