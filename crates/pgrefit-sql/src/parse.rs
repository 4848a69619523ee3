//! The one door to the parser.

use squawk_syntax::{Parse, SourceFile};

/// Parses a script.
#[must_use]
pub fn parse(text: &str) -> Parse<SourceFile> {
    SourceFile::parse(text)
}
