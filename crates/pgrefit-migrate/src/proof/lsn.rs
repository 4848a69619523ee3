//! A position in the WAL, as PostgreSQL writes it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A log sequence number: a byte position in the write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lsn(pub u64);

impl fmt::Display for Lsn {
    /// As PostgreSQL's `pg_lsn`: two hexadecimal numbers of 32 bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl FromStr for Lsn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no position in the WAL");
        let (high, low) = text.split_once('/').ok_or_else(wrong)?;
        let half = |text: &str| u32::from_str_radix(text, 16).map(u64::from).map_err(|_| wrong());
        Ok(Self(half(high)? << 32 | half(low)?))
    }
}

impl TryFrom<String> for Lsn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Lsn> for String {
    fn from(lsn: Lsn) -> Self {
        lsn.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Lsn;

    #[test]
    fn it_is_read_and_written_as_the_server_does() {
        let check = |text: &str, expected: Option<u64>| {
            let lsn = text.parse::<Lsn>();
            assert_eq!(lsn.as_ref().ok().map(|lsn| lsn.0), expected, "{text}");
            if let Ok(lsn) = lsn {
                assert_eq!(lsn.to_string(), text);
            }
        };
        check("0/0", Some(0));
        check("16/B374D848", Some(0x16_B374_D848));
        check("FFFFFFFF/FFFFFFFF", Some(u64::MAX));
        check("16", None);
        check("16/", None);
        check("g/0", None);
    }
}
