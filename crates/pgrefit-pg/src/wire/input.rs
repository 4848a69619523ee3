//! What was received and not yet taken apart.

use super::frame::Frame;
use crate::Error;

/// The buffer: enough for what a socket gives at once.
const ROOM: usize = 64 * 1024;
/// The longest message that is not a row.
const MESSAGE_MAX: usize = 16 * 1024 * 1024;
/// The kind and the length of a message.
const HEADER: usize = 5;

/// A buffer of bytes, taken out as messages. Rows are counted and passed over, however long they are.
pub(super) struct Input {
    bytes: Vec<u8>,
    /// What is between these has arrived and is not taken yet.
    begin: usize,
    end: usize,
    /// Bytes of a row that have not arrived, or are not passed over yet.
    skip: usize,
}

impl Input {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; ROOM], begin: 0, end: 0, skip: 0 }
    }

    /// Where the next bytes belong.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
        } else if self.end == self.bytes.len() {
            self.make_room();
        }
        &mut self.bytes[self.end..]
    }

    /// So many have come there.
    pub(super) fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(self.bytes.len());
    }

    /// Moves what is left to the front, and grows when the message needs it: what is left is then the beginning of one.
    fn make_room(&mut self) {
        self.bytes.copy_within(self.begin..self.end, 0);
        (self.begin, self.end) = (0, self.end - self.begin);
        if self.end == self.bytes.len() {
            self.bytes.resize((self.bytes.len() * 2).min(MESSAGE_MAX + ROOM), 0);
        }
    }

    /// The next message; `None` until more has come.
    #[inline]
    pub(super) fn next(&mut self, read_only: bool) -> Result<Option<Frame<'_>>, Error> {
        loop {
            let skipped = self.skip.min(self.end - self.begin);
            self.begin += skipped;
            self.skip -= skipped;
            let Some((tag, length)) = self.header()? else { return Ok(None) };
            if tag == b'D' {
                (self.begin, self.skip) = (self.begin + HEADER, length);
                return Ok(Some(Frame::Row(length)));
            }
            let body = self.begin + HEADER..self.begin + HEADER + length;
            if body.end > self.end {
                return Ok(None);
            }
            self.begin = body.end;
            match tag {
                // Notices, notifications.
                b'N' | b'A' => {}
                b'S' => refuse_writes(&self.bytes[body], read_only)?,
                b'Z' => return ready(&self.bytes[body]).map(Some),
                tag => return Ok(Some(Frame::of(tag, &self.bytes[body]))),
            }
        }
    }

    /// The kind and the length of the next message.
    #[inline]
    fn header(&self) -> Result<Option<(u8, usize)>, Error> {
        let Some(&[tag, a, b, c, d]) = self.bytes[self.begin..self.end].first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX).checked_sub(4);
        match length {
            Some(length) if tag == b'D' || length <= MESSAGE_MAX => Ok(Some((tag, length))),
            _ => {
                Err(Error::Exchange(format!("a message of kind {tag:#04x} has an impossible length").into()))
            }
        }
    }
}

/// A statement may not have left a transaction open: every request is one of its own.
fn ready(status: &[u8]) -> Result<Frame<'static>, Error> {
    if status == b"I" {
        Ok(Frame::Ready)
    } else {
        Err(Error::Exchange("the session is left in a transaction".into()))
    }
}

/// The server reports when a setting that a driver should know has changed; this one since PostgreSQL 14.
fn refuse_writes(report: &[u8], read_only: bool) -> Result<(), Error> {
    let writable = read_only && report == b"default_transaction_read_only\0off\0";
    if writable { Err(Error::NotReadOnly) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("short");
        [&[tag][..], &length.to_be_bytes(), body].concat()
    }

    /// The frames of these bytes when they come in parts of this size.
    fn frames(bytes: &[u8], part: usize) -> Result<Vec<String>, Error> {
        let (mut input, mut frames, mut rest) = (Input::new(), Vec::new(), bytes);
        while !rest.is_empty() {
            let room = input.room();
            let count = part.min(rest.len()).min(room.len());
            room[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
            input.filled(count);
            while let Some(frame) = input.next(true)? {
                frames.push(format!("{frame:?}"));
            }
        }
        Ok(frames)
    }

    #[test]
    fn messages_come_whole_however_they_are_cut() {
        let bytes = [
            message(b'2', b""),
            message(b'D', &vec![1; 200_000]),
            message(b'D', b""),
            message(b'N', b"SNOTICE\0\0"),
            message(b'S', b"TimeZone\0UTC\0"),
            message(b'C', b"SELECT 2\0"),
            message(b'Z', b"I"),
            message(b'E', &[&b"C42P01\0M"[..], &vec![b'x'; 100_000][..], b"\0\0"].concat()),
            message(b'Z', b"I"),
        ]
        .concat();
        let whole = frames(&bytes, usize::MAX).expect("messages");
        assert_eq!(whole[..5], ["Bound", "Row(200000)", "Row(0)", "Complete(\"SELECT 2\")", "Ready"]);
        assert_eq!((whole.len(), whole[6].as_str()), (7, "Ready"));
        for part in [1, 2, 3, 7, 4_096, 70_000] {
            assert_eq!(frames(&bytes, part).expect("messages"), whole, "{part}");
        }
    }

    #[test]
    fn what_must_not_be_is_an_error() {
        let refused = |bytes: &[u8], expected: &str| {
            let error = frames(bytes, 4_096).expect_err(expected);
            assert!(format!("{error:?}").contains(expected), "{error:?}");
        };
        refused(b"C\0\0\0\x03", "impossible length");
        refused(b"C\xff\xff\xff\xff", "impossible length");
        refused(&message(b'Z', b"T"), "left in a transaction");
        refused(&message(b'S', b"default_transaction_read_only\0off\0"), "NotReadOnly");
    }
}
