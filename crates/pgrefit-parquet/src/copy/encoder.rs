//! Writes a stream that `COPY … FROM STDIN (FORMAT binary)` accepts.

use super::{NULL, Row, SIGNATURE, TRAILER};
use crate::Error;

/// Appends to buffers of the caller, so that it knows no destination.
#[derive(Clone, Copy, Debug)]
pub struct Encoder {
    columns: i16,
}

impl Encoder {
    /// For a table with this many columns.
    ///
    /// # Errors
    /// More columns than the format can count (PostgreSQL allows 1,600).
    pub fn new(columns: usize) -> Result<Self, Error> {
        let columns = i16::try_from(columns).map_err(|_| Error::Columns { columns })?;
        Ok(Self { columns })
    }

    /// The header, which comes first: no flags, no extension.
    pub fn header(self, out: &mut Vec<u8>) {
        out.extend_from_slice(SIGNATURE);
        out.extend_from_slice(&[0; 8]);
    }

    /// A row that was decoded or read.
    pub fn row(self, row: Row<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.columns.to_be_bytes());
        out.extend_from_slice(row.body());
    }

    /// A row of these fields, `None` for NULL.
    ///
    /// # Errors
    /// Another number of fields than there are columns; a field of 2 GiB or more. `out` is left as it was.
    pub fn fields<'a>(
        self,
        fields: impl IntoIterator<Item = Option<&'a [u8]>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let start = out.len();
        out.extend_from_slice(&self.columns.to_be_bytes());
        let appended = append(fields, out);
        match appended {
            Some(count) if usize::try_from(self.columns) == Ok(count) => Ok(()),
            _ => {
                out.truncate(start);
                Err(Error::Fields { columns: self.columns })
            }
        }
    }

    /// The trailer, which comes last.
    pub fn trailer(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&TRAILER.to_be_bytes());
    }
}

/// How many fields there were; `None` if one is too long.
fn append<'a>(fields: impl IntoIterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) -> Option<usize> {
    let mut count = 0;
    for field in fields {
        count += 1;
        let Some(field) = field else {
            out.extend_from_slice(&NULL.to_be_bytes());
            continue;
        };
        out.extend_from_slice(&i32::try_from(field.len()).ok()?.to_be_bytes());
        out.extend_from_slice(field);
    }
    Some(count)
}
