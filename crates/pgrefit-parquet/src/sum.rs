//! The SHA-256 of a file: what says that not a byte of it has changed.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Error;

const BUFFER_BYTES: usize = 256 * 1024;

/// The SHA-256 of a file, printed and serialized as 64 hex digits, as `sha256sum` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileSum([u8; 32]);

/// Reads the file and sums it up.
///
/// # Errors
/// The file cannot be read.
pub fn file_sum(path: &Path) -> Result<FileSum, Error> {
    let mut file = File::open(path).map_err(|cause| Error::Open { path: path.to_owned(), cause })?;
    sum_of(&mut file).map_err(|cause| Error::Open { path: path.to_owned(), cause })
}

pub(crate) fn sum_of(file: &mut impl Read) -> std::io::Result<FileSum> {
    let mut sum = Summing::default();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(sum.finish());
        }
        sum.add(buffer.get(..read).unwrap_or_default());
    }
}

/// A sum in the making.
#[derive(Default)]
pub(crate) struct Summing(Sha256);

impl Summing {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> FileSum {
        FileSum(self.0.finalize().into())
    }
}

impl fmt::Display for FileSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for FileSum {
    type Err = Error;

    fn from_str(digits: &str) -> Result<Self, Error> {
        let wrong = || Error::Digits(digits.to_owned());
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut sum = [0; 32];
        for (byte, at) in sum.iter_mut().zip((0..).step_by(2)) {
            let two = digits.get(at..at + 2).unwrap_or_default();
            *byte = u8::from_str_radix(two, 16).map_err(|_| wrong())?;
        }
        Ok(Self(sum))
    }
}

impl TryFrom<String> for FileSum {
    type Error = Error;

    fn try_from(digits: String) -> Result<Self, Error> {
        digits.parse()
    }
}

impl From<FileSum> for String {
    fn from(sum: FileSum) -> Self {
        sum.to_string()
    }
}
