//! Cuts a stream that comes in arbitrary chunks into rows.

use super::{HEADER_BYTES, NULL, Row, SIGNATURE, TRAILER};
use crate::Error;

/// What PostgreSQL can send in one message, and so in one row (`MaxAllocSize`).
const ROW_BYTES_MAX: usize = 0x3fff_ffff;
/// No version of PostgreSQL sends an extension; what is longer than this is none.
const EXTENSION_BYTES_MAX: usize = 1 << 20;

/// What is wrong with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is something else.
    #[error("it does not begin as COPY BINARY does")]
    Signature,
    /// A critical flag, such as that for OIDs, which PostgreSQL 12 removed.
    #[error("its header has flags {0:#010x}, which are unknown")]
    Flags(u32),
    /// The length of the header's extension.
    #[error("its header has an extension of {0} bytes")]
    Extension(i32),
    /// Not as many fields as columns.
    #[error("the row has {0} fields, not as many as the table has columns")]
    FieldCount(i16),
    /// Neither a length nor NULL.
    #[error("a field has the length {0}")]
    Length(i32),
    /// More than PostgreSQL can send.
    #[error("the row is longer than 1 GiB")]
    TooLong,
    /// The stream ended in the middle.
    #[error("the stream ends too early")]
    Truncated,
    /// The stream went on after its end.
    #[error("there is more after the end of the rows")]
    Trailing,
}

/// Decodes one stream. Holds what of a row has come in so far, and nothing of rows that lie within one chunk.
#[derive(Debug)]
pub struct Decoder {
    columns: usize,
    state: State,
    rows: u64,
    /// The beginning of a header or row whose rest comes with the next chunk.
    pending: Vec<u8>,
    /// How far into the current row the lengths have been followed: bytes and fields.
    scanned: (usize, usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Rows,
    Ended,
}

/// What stands at the beginning of the input.
enum Unit {
    /// Not yet all of it; it is at least this long.
    Partial(usize),
    /// The header, of this many bytes.
    Header(usize),
    /// A row, of this many bytes.
    Row(usize),
    Trailer,
}

impl Decoder {
    /// For a table with this many columns.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self { columns, state: State::Header, rows: 0, pending: Vec::new(), scanned: (0, 0) }
    }

    /// How many rows there were so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes the next bytes of the stream, of any number, and calls `each` for every row that is complete with them.
    ///
    /// # Errors
    /// The stream is not what it should be; what `each` says. After an error the decoder is of no further use.
    pub fn feed<E: From<Error>>(
        &mut self,
        mut chunk: &[u8],
        mut each: impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let held = !self.pending.is_empty();
            let input = if held { &self.pending } else { chunk };
            if input.is_empty() {
                return Ok(());
            }
            match unit(self.state, self.columns, input, &mut self.scanned)
                .map_err(|problem| at(self.rows, problem))?
            {
                Unit::Partial(bytes) => {
                    let missing = if held { bytes - self.pending.len() } else { chunk.len() };
                    let (taken, rest) = chunk.split_at(missing.min(chunk.len()));
                    self.pending.extend_from_slice(taken);
                    chunk = rest;
                    if !held || taken.len() < missing {
                        return Ok(());
                    }
                }
                Unit::Header(bytes) => {
                    self.state = State::Rows;
                    chunk = self.after(chunk, bytes);
                }
                Unit::Row(bytes) => {
                    self.rows += 1;
                    each(Row::new(input.get(2..bytes).unwrap_or_default()))?;
                    chunk = self.after(chunk, bytes);
                }
                Unit::Trailer => {
                    self.state = State::Ended;
                    chunk = self.after(chunk, 2);
                }
            }
        }
    }

    /// Says that nothing more comes, and how many rows there were.
    ///
    /// # Errors
    /// The stream has not come to its end.
    pub fn finish(self) -> Result<u64, Error> {
        if self.state != State::Ended {
            return Err(at(self.rows, Problem::Truncated));
        }
        Ok(self.rows)
    }

    /// Leaves the unit at the beginning behind. What is pending never holds more than one.
    fn after<'a>(&mut self, chunk: &'a [u8], bytes: usize) -> &'a [u8] {
        self.scanned = (0, 0);
        if self.pending.is_empty() {
            return chunk.get(bytes..).unwrap_or_default();
        }
        self.pending.clear();
        chunk
    }
}

fn at(rows: u64, problem: Problem) -> Error {
    Error::Copy { row: rows + 1, problem }
}

fn unit(state: State, columns: usize, input: &[u8], scanned: &mut (usize, usize)) -> Result<Unit, Problem> {
    match state {
        State::Header => header(input),
        State::Rows => tuple(columns, input, scanned),
        State::Ended => Err(Problem::Trailing),
    }
}

fn header(input: &[u8]) -> Result<Unit, Problem> {
    let known = SIGNATURE.len().min(input.len());
    if input.get(..known) != SIGNATURE.get(..known) {
        return Err(Problem::Signature);
    }
    let (Some(flags), Some(extension)) = (int4(input, SIGNATURE.len()), int4(input, SIGNATURE.len() + 4))
    else {
        return Ok(Unit::Partial(HEADER_BYTES));
    };
    // The lower half is for a reader to ignore.
    let flags = flags.cast_unsigned();
    if flags >> 16 != 0 {
        return Err(Problem::Flags(flags));
    }
    let bytes = usize::try_from(extension).ok().filter(|bytes| *bytes <= EXTENSION_BYTES_MAX);
    let total = HEADER_BYTES + bytes.ok_or(Problem::Extension(extension))?;
    Ok(if input.len() < total { Unit::Partial(total) } else { Unit::Header(total) })
}

fn tuple(columns: usize, input: &[u8], scanned: &mut (usize, usize)) -> Result<Unit, Problem> {
    let Some(count) = input.first_chunk() else { return Ok(Unit::Partial(2)) };
    let count = i16::from_be_bytes(*count);
    if count == TRAILER {
        return Ok(Unit::Trailer);
    }
    if usize::try_from(count) != Ok(columns) {
        return Err(Problem::FieldCount(count));
    }
    let (mut bytes, mut fields) = (scanned.0.max(2), scanned.1);
    while fields < columns {
        *scanned = (bytes, fields);
        let Some(length) = int4(input, bytes) else { return Ok(Unit::Partial(bytes + 4)) };
        bytes += 4 + field_bytes(length)?;
        fields += 1;
        if bytes > ROW_BYTES_MAX {
            return Err(Problem::TooLong);
        }
    }
    Ok(if input.len() < bytes { Unit::Partial(bytes) } else { Unit::Row(bytes) })
}

fn field_bytes(length: i32) -> Result<usize, Problem> {
    if length == NULL {
        return Ok(0);
    }
    usize::try_from(length).map_err(|_| Problem::Length(length))
}

fn int4(input: &[u8], at: usize) -> Option<i32> {
    input.get(at..)?.first_chunk().map(|bytes| i32::from_be_bytes(*bytes))
}
