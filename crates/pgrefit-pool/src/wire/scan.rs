//! Cuts a stream of bytes into messages, of which it keeps the type and the first bytes.

/// As many bytes of a message's content as are ever looked at: enough for `DEALLOCATE ALL`.
pub(super) const KEPT_MAX: usize = 20;

/// Where in the stream the scanner is.
#[derive(Debug, Default)]
pub(super) struct Scan {
    header: [u8; 5],
    header_len: usize,
    /// Bytes of the content that are still to come.
    left: usize,
    kept: [u8; KEPT_MAX],
    kept_len: usize,
    /// How many bytes of the content are wanted before it is told.
    wanted: usize,
    told: bool,
    /// The next message has no type: the startup packet.
    untyped: bool,
}

/// A length that no message has: it counts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl Scan {
    /// A scanner whose first message has no type.
    pub(super) fn with_startup() -> Self {
        Self { untyped: true, ..Self::default() }
    }

    /// Takes bytes; calls `on_message` with the type and the first bytes of each message, as many as `wanted` says for the type
    /// or as there are, as soon as they are here. An untyped message has the type 0.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        wanted: fn(u8) -> usize,
        mut on_message: impl FnMut(u8, &[u8]),
    ) -> Result<(), Malformed> {
        while !bytes.is_empty() {
            if self.header_len < 5 {
                bytes = self.take_header(bytes, wanted)?;
            } else {
                bytes = self.take_content(bytes);
            }
            self.tell(&mut on_message);
        }
        Ok(())
    }

    fn take_header<'a>(&mut self, bytes: &'a [u8], wanted: fn(u8) -> usize) -> Result<&'a [u8], Malformed> {
        if self.header_len == 0 && self.untyped {
            (self.header[0], self.header_len, self.untyped) = (0, 1, false);
        }
        let count = bytes.len().min(5 - self.header_len);
        self.header[self.header_len..self.header_len + count].copy_from_slice(&bytes[..count]);
        self.header_len += count;
        if self.header_len == 5 {
            let [kind, length @ ..] = self.header;
            let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| Malformed)?;
            self.left = length.checked_sub(4).ok_or(Malformed)?;
            self.wanted = wanted(kind).min(KEPT_MAX).min(self.left);
            (self.kept_len, self.told) = (0, false);
        }
        Ok(&bytes[count..])
    }

    fn take_content<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let count = bytes.len().min(self.left);
        let kept = count.min(self.wanted - self.kept_len);
        self.kept[self.kept_len..self.kept_len + kept].copy_from_slice(&bytes[..kept]);
        self.kept_len += kept;
        self.left -= count;
        &bytes[count..]
    }

    fn tell(&mut self, on_message: &mut impl FnMut(u8, &[u8])) {
        if self.header_len < 5 {
            return;
        }
        if !self.told && self.kept_len == self.wanted {
            self.told = true;
            on_message(self.header[0], &self.kept[..self.kept_len]);
        }
        if self.left == 0 {
            self.header_len = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 4).expect("short").to_be_bytes();
        [&[kind][..], &length, content].concat()
    }

    /// Feeds the bytes in pieces of each size; what is told must not depend on it.
    fn check(startup: bool, bytes: &[u8], expected: &[(u8, &[u8])]) {
        for size in 1..=bytes.len() {
            let mut scan = if startup { Scan::with_startup() } else { Scan::default() };
            let mut told: Vec<(u8, Vec<u8>)> = Vec::new();
            let wanted = |kind| if kind == b'C' { 4 } else { usize::from(kind == b'Z') };
            for piece in bytes.chunks(size) {
                scan.feed(piece, wanted, |kind, kept| told.push((kind, kept.to_vec()))).expect("well formed");
            }
            let told: Vec<(u8, &[u8])> = told.iter().map(|(kind, kept)| (*kind, &kept[..])).collect();
            assert_eq!(told, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn messages_are_cut_out_of_pieces_of_any_size() {
        check(false, &message(b'Z', b"I"), &[(b'Z', b"I")]);
        check(false, &message(b'S', b""), &[(b'S', b"")]);
        let row = message(b'D', &[7; 300]);
        let all = [row, message(b'C', b"SELECT 1\0"), message(b'C', b"OK"), message(b'Z', b"T")].concat();
        check(false, &all, &[(b'D', b""), (b'C', b"SELE"), (b'C', b"OK"), (b'Z', b"T")]);
    }

    #[test]
    fn the_startup_packet_has_no_type() {
        let startup = [&12_u32.to_be_bytes()[..], &[0, 3, 0, 0], &[0; 4]].concat();
        let all = [startup, message(b'p', b"secret\0"), message(b'Q', b"SELECT 1\0")].concat();
        check(true, &all, &[(0, b""), (b'p', b""), (b'Q', b"")]);
    }

    #[test]
    fn an_impossible_length_is_noticed() {
        let mut scan = Scan::default();
        assert_eq!(scan.feed(&[b'Z', 0, 0, 0, 3, b'I'], |_| 0, |_, _| {}), Err(Malformed));
    }
}
