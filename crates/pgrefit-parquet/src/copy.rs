//! The stream of `COPY … (FORMAT binary)`: a header, tuples, a trailer
//! (<https://www.postgresql.org/docs/current/sql-copy.html>, "Binary Format").

mod decoder;
mod encoder;
mod row;

pub use decoder::{Decoder, Problem};
pub use encoder::Encoder;
pub use row::{Fields, Row};

/// What every stream begins with.
const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
/// The signature, the flags and the length of the extension area.
const HEADER_BYTES: usize = SIGNATURE.len() + 8;
/// The field count that ends the stream.
const TRAILER: i16 = -1;
/// The length that means NULL.
const NULL: i32 = -1;
