//! One row, as it lies in the stream.

use super::NULL;

/// A row whose bytes were checked: it has as many fields as columns, and their lengths add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    body: &'a [u8],
}

impl<'a> Row<'a> {
    /// `body` must be well-formed: whoever makes one has checked or written it.
    pub(crate) fn new(body: &'a [u8]) -> Self {
        Self { body }
    }

    /// The tuple without its field count: of each field the length as four bytes, big-endian, -1 for NULL, then its bytes.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The fields in the order of the columns, `None` for NULL. Nothing is copied.
    #[must_use]
    pub fn fields(&self) -> Fields<'a> {
        Fields { rest: self.body }
    }
}

/// Iterates over the fields of a row.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let length = i32::from_be_bytes(*length);
        if length == NULL {
            self.rest = rest;
            return Some(None);
        }
        let (field, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(Some(field))
    }
}
