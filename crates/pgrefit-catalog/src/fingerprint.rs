//! Short, stable names for a schema and for a difference.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

/// Collects texts into one hash. Each is preceded by its length, so that no two sequences of texts run together.
pub(crate) struct Fingerprint {
    hash: Sha256,
    /// A schema, quoted as SQL would quote it, whose name is left out where it qualifies another name.
    home: Option<String>,
}

impl Fingerprint {
    /// Starts a hash; `purpose` keeps fingerprints of different things apart.
    pub(crate) fn new(purpose: &str) -> Self {
        let mut fingerprint = Self { hash: Sha256::new(), home: None };
        fingerprint.text(purpose);
        fingerprint
    }

    /// Has the names in a schema count as if they were not qualified, from now on.
    pub(crate) fn at_home_in(self, home: Option<String>) -> Self {
        Self { home, ..self }
    }

    pub(crate) fn text(&mut self, text: &str) {
        let text = match &self.home {
            Some(home) => unqualified(text, home),
            None => Cow::Borrowed(text),
        };
        self.hash.update((text.len() as u64).to_be_bytes());
        self.hash.update(text.as_bytes());
    }

    /// An absent text is not an empty one.
    pub(crate) fn option(&mut self, text: Option<&str>) {
        self.hash.update([u8::from(text.is_some())]);
        self.text(text.unwrap_or_default());
    }

    /// The first 96 bits: 24 hex digits, far beyond chance, short enough to be typed as a proof.
    pub(crate) fn finish(self) -> String {
        hex(&self.hash.finalize()[..12])
    }
}

/// `text` without `home.` in front of names; blanks around the dot, as between canonical tokens, belong to it.
fn unqualified<'a>(text: &'a str, home: &str) -> Cow<'a, str> {
    if !text.contains(home) {
        return Cow::Borrowed(text);
    }
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '"' | '.');
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(home) {
        let (before, behind) = (&rest[..at], &rest[at + home.len()..]);
        kept.push_str(before);
        match behind.trim_start_matches(' ').strip_prefix('.') {
            Some(name) if !kept.trim_end_matches(' ').ends_with('.') && !kept.ends_with(in_name) => {
                rest = name.trim_start_matches(' ');
            }
            _ => {
                kept.push_str(home);
                rest = behind;
            }
        }
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::unqualified;

    #[test]
    fn only_qualifiers_are_left_out() {
        let check = |text: &str, home: &str, expected: &str| assert_eq!(unqualified(text, home), expected);
        check("app.documents", "app", "documents");
        check("app . documents , app . x", "app", "documents , x");
        check("myapp.documents app2.x other.app.x app", "app", "myapp.documents app2.x other.app.x app");
        check("\"App\".\"T\"", "\"App\"", "\"T\"");
        check("nothing", "app", "nothing");
        check("nextval('app.s'::regclass)", "app", "nextval('s'::regclass)");
    }
}
