//! Names of partitions and of what belongs to them, within the 63 bytes that the server keeps.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// `NAMEDATALEN - 1`: what is longer the server would cut, and two long names would become one.
const NAME_BYTES_MAX: usize = 63;

/// `before`, `table` and `behind` in one name. Where that is too long, `table` is cut and followed by a short digest of it, so that
/// tables with long names that begin alike do not meet.
#[must_use]
pub(crate) fn fitted(before: &str, table: &str, behind: &str) -> String {
    let whole = format!("{before}{table}{behind}");
    if whole.len() <= NAME_BYTES_MAX {
        return whole;
    }
    let digest = short_digest(table);
    let room = NAME_BYTES_MAX.saturating_sub(before.len() + behind.len() + digest.len() + 1);
    cut(&format!("{before}{}_{digest}{behind}", cut(table, room)), NAME_BYTES_MAX).to_owned()
}

/// `name`, followed by `_suffix`: another name for the same thing.
#[must_use]
pub(crate) fn suffixed(name: &str, suffix: &str) -> String {
    fitted("", name, &format!("_{suffix}"))
}

/// At most so much of a name as leaves room for others in one name.
#[must_use]
pub(crate) fn shortened(name: &str) -> &str {
    cut(name, 24)
}

/// At most so many bytes of whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Eight hexadecimal digits that follow from a text.
fn short_digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(4).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::{fitted, suffixed};

    #[test]
    fn short_names_stay_as_they_are() {
        assert_eq!(fitted("", "documents", "_p2026_12"), "documents_p2026_12");
        assert_eq!(suffixed("Mixed Case", "old"), "Mixed Case_old");
    }

    #[test]
    fn long_names_stay_apart_and_fit() {
        let check = |table: &str| {
            let name = fitted("", table, "_p2026_12");
            assert!(name.len() <= 63 && name.ends_with("_p2026_12"), "{name}");
            name
        };
        let (one, other) = (check(&format!("{}a", "x".repeat(62))), check(&format!("{}b", "x".repeat(62))));
        assert_ne!(one, other);
        check(&"ä".repeat(31));
        check(&"日".repeat(21));
        assert!(fitted("", "t", &"y".repeat(80)).len() <= 63);
    }
}
