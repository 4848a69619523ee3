//! Values that are text, or bytes as they are.

/// What `jsonb_send` puts before the text.
const JSONB_VERSION: u8 = 1;

/// Text, as it is.
pub(crate) fn text(field: &[u8], out: &mut Vec<u8>) -> Option<()> {
    std::str::from_utf8(field).ok()?;
    bytes(field, out)
}

/// Bytes, as they are. Cannot fail; the type is that of the others.
#[expect(clippy::unnecessary_wraps, reason = "one of several functions of this type")]
pub(crate) fn bytes(field: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(field);
    Some(())
}

pub(crate) fn jsonb_to_text(field: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (version, rest) = field.split_first()?;
    (*version == JSONB_VERSION).then(|| text(rest, out)).flatten()
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
            let mut out = Vec::new();
            assert_eq!(text(field, &mut out).is_some(), as_text, "{field:?}");
            out.clear();
            assert_eq!(jsonb_to_text(field, &mut out).is_some(), as_jsonb, "{field:?}");
            if as_jsonb {
                let mut back = Vec::new();
                text_to_jsonb(&out, &mut back);
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
