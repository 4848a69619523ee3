//! Values that are text, or bytes as they are.

/// What `jsonb_send` puts before the text.
const JSONB_VERSION: u8 = 1;

/// Text, as it is.
pub(crate) fn text(field: &[u8]) -> Option<&[u8]> {
    std::str::from_utf8(field).is_ok().then_some(field)
}

/// Bytes, as they are. Cannot fail; the type is that of the others.
#[expect(clippy::unnecessary_wraps, reason = "one of several functions of this type")]
pub(crate) fn sent(field: &[u8]) -> Option<&[u8]> {
    Some(field)
}

/// The text of a `jsonb`.
pub(crate) fn jsonb(field: &[u8]) -> Option<&[u8]> {
    let (version, rest) = field.split_first()?;
    (*version == JSONB_VERSION).then(|| text(rest)).flatten()
}

/// Appends bytes, as they are. Cannot fail, as [`sent`].
#[expect(clippy::unnecessary_wraps, reason = "one of several functions of this type")]
pub(crate) fn bytes(stored: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(stored);
    Some(())
}

pub(crate) fn text_to_jsonb(stored: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.push(JSONB_VERSION);
    bytes(stored, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_utf8_is_text() {
        let check = |field: &[u8], as_text: bool, as_jsonb: bool| {
            assert_eq!(text(field), as_text.then_some(field), "{field:?}");
            assert_eq!(jsonb(field).is_some(), as_jsonb, "{field:?}");
            if let Some(stored) = jsonb(field) {
                let mut back = Vec::new();
                text_to_jsonb(stored, &mut back);
                assert_eq!(back, field);
            }
        };
        check(b"", true, false);
        check("déjà".as_bytes(), true, false);
        check(b"\x01{}", true, true);
        check(b"\x02{}", true, false);
        check(b"\x01\xff", false, false);
        check(b"\xc3\x28", false, false);
    }
}
