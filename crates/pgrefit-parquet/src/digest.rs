//! A digest of rows that does not depend on their order, and that a server can compute as well.

use std::fmt;

use md5::{Digest, Md5};

use crate::Error;
use crate::copy::Row;

/// The number of rows and the sum of their hashes.
///
/// The hash of a row is the MD5 of its [`Row::body`]: for each column, in order, the length of the value as four bytes,
/// big-endian, then the bytes of its send function; NULL is the length -1 alone. Its first and last eight bytes are two
/// unsigned big-endian numbers, each summed over all rows modulo 2^64. Printed as 32 hex digits, as `TableDigest` is.
///
/// On the server, with one term a column, joined by `||` (`record_send` would do but for the type numbers in it, which differ
/// from one database to the next):
///
/// ```sql
/// SELECT count(*),
///        mod(coalesce(sum(('x' || left(hash, 16))::bit(64)::bigint::numeric), 0) …, 2^64) AS high, …
/// FROM (SELECT md5(coalesce(int4send(octet_length(int8send(id))) || int8send(id), '\xffffffff'::bytea)
///               || coalesce(int4send(octet_length(textsend(title))) || textsend(title), '\xffffffff'::bytea)) AS hash
///       FROM documents) AS hashed
/// ```
///
/// A sum, unlike an exclusive or, notices a row that is there twice. It finds accidents, not forgers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowDigest {
    /// How many rows there are.
    pub rows: u64,
    high: u64,
    low: u64,
}

impl RowDigest {
    /// Adds one row.
    pub fn add(&mut self, row: Row<'_>) {
        let hash = u128::from_be_bytes(Md5::digest(row.body()).into());
        self.rows += 1;
        self.high = self.high.wrapping_add(half(hash >> 64));
        self.low = self.low.wrapping_add(half(hash));
    }

    /// The digest of the rows of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            high: self.high.wrapping_add(other.high),
            low: self.low.wrapping_add(other.low),
        }
    }

    /// A digest that was printed, and the number of rows.
    ///
    /// # Errors
    /// `digits` are not 32 hex digits.
    pub fn parse(rows: u64, digits: &str) -> Result<Self, Error> {
        let wrong = || Error::Digits(digits.to_owned());
        if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let sums = u128::from_str_radix(digits, 16).map_err(|_| wrong())?;
        Ok(Self { rows, high: half(sums >> 64), low: half(sums) })
    }
}

impl fmt::Display for RowDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.high, self.low)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
fn half(hash: u128) -> u64 {
    hash as u64
}
