//! What the server sends.

use crate::{Error, ServerError};

/// One message of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A statement is prepared.
    Parsed,
    /// Values are bound.
    Bound,
    /// A prepared statement is forgotten.
    Closed,
    /// The parameters of a prepared statement: their number.
    Parameters(usize),
    /// The columns of a prepared statement: their number; 0 for one that returns no rows.
    Columns(usize),
    /// A row: its length in bytes. More of it may still be on its way.
    Row(usize),
    /// The statement is done: its command tag, such as `SELECT 5`.
    Complete(&'a str),
    /// The statement was empty.
    Empty,
    /// The request failed; the session lives, unless [`ErrorFields::ends_session`].
    Failed(ErrorFields<'a>),
    /// The request is over, and its transaction too.
    Ready,
    /// Anything else: an answer to something that this session does not ask, such as the beginning of a `COPY`. Nothing more may
    /// come, and the session is of no use.
    Other(u8),
}

/// The fields of an error response, read when they are asked for.
///
/// See "Error and Notice Message Fields" in the PostgreSQL manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorFields<'a>(pub(super) &'a [u8]);

impl<'a> Frame<'a> {
    /// The rows that the tag of a command counts: returned, or written.
    #[must_use]
    pub fn rows(tag: &str) -> u64 {
        tag.rsplit(' ').next().and_then(|last| last.parse().ok()).unwrap_or(0)
    }

    #[inline]
    pub(super) fn of(tag: u8, body: &'a [u8]) -> Self {
        match tag {
            b'1' => Self::Parsed,
            b'2' => Self::Bound,
            b'3' => Self::Closed,
            b't' => Self::Parameters(first_number(body)),
            b'T' => Self::Columns(first_number(body)),
            b'n' => Self::Columns(0),
            b'C' => Self::Complete(text(body.split_last().map_or(body, |(_, text)| text))),
            b'I' => Self::Empty,
            b'E' => Self::Failed(ErrorFields(body)),
            other => Self::Other(other),
        }
    }
}

impl<'a> ErrorFields<'a> {
    /// The five characters of the SQLSTATE.
    #[must_use]
    pub fn sqlstate(&self) -> &'a str {
        self.field(b'C').unwrap_or_default()
    }

    /// The function of the server's source that reported it; in no language, so that it can be compared.
    #[must_use]
    pub fn routine(&self) -> Option<&'a str> {
        self.field(b'R')
    }

    /// Whether the server ends the session with it (`FATAL`, `PANIC`).
    #[must_use]
    pub fn ends_session(&self) -> bool {
        matches!(self.field(b'V'), Some("FATAL" | "PANIC"))
    }

    /// The error of a session that it makes, sorted by its SQLSTATE.
    #[must_use]
    pub fn to_error(&self) -> Error {
        Error::from_server(self.to_server_error())
    }

    /// All fields.
    #[must_use]
    pub fn to_server_error(&self) -> ServerError {
        let owned = |kind| self.field(kind).map(str::to_owned);
        ServerError {
            severity: owned(b'S').unwrap_or_default(),
            sqlstate: self.sqlstate().to_owned(),
            message: owned(b'M').unwrap_or_default(),
            detail: owned(b'D'),
            hint: owned(b'H'),
            position: self.field(b'P').and_then(|text| text.parse().ok()),
            where_: owned(b'W'),
            schema: owned(b's'),
            table: owned(b't'),
            column: owned(b'c'),
            constraint: owned(b'n'),
            ends_session: self.ends_session(),
        }
    }

    fn field(&self, kind: u8) -> Option<&'a str> {
        let fields = self.0.split(|byte| *byte == 0);
        let found = fields.filter_map(|field| field.split_first()).find(|(first, _)| **first == kind);
        found.map(|(_, rest)| text(rest))
    }
}

/// Empty when it is not UTF-8, as what an old server says before it knows the client's encoding may be.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn first_number(body: &[u8]) -> usize {
    body.first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let check = |tag: u8, body: &[u8], expected: Frame<'_>| assert_eq!(Frame::of(tag, body), expected);
        check(b'C', b"SELECT 5\0", Frame::Complete("SELECT 5"));
        check(b'C', b"", Frame::Complete(""));
        check(b't', &[0, 2, 0, 0, 0, 23], Frame::Parameters(2));
        check(b'T', &[0, 3], Frame::Columns(3));
        check(b'n', b"", Frame::Columns(0));
        check(b't', b"", Frame::Parameters(0));
        check(b'G', b"", Frame::Other(b'G'));
    }

    #[test]
    fn tags_count_rows() {
        let check = |tag: &str, expected| assert_eq!(Frame::rows(tag), expected, "{tag}");
        check("SELECT 5", 5);
        check("INSERT 0 7", 7);
        check("CREATE TABLE", 0);
        check("", 0);
    }

    #[test]
    fn an_error_has_its_fields() {
        let fields = ErrorFields(b"SFEHLER\0VERROR\0C0A000\0Mno\0P12\0RRevalidateCachedQuery\0\0");
        assert_eq!((fields.sqlstate(), fields.routine()), ("0A000", Some("RevalidateCachedQuery")));
        let error = fields.to_server_error();
        assert_eq!((error.severity.as_str(), error.position, error.detail), ("FEHLER", Some(12), None));
        assert!(!error.ends_session && ErrorFields(b"VFATAL\0\0").ends_session());
        assert_eq!(ErrorFields(b"").sqlstate(), "");
    }
}
