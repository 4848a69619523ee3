//! The text of a body and where each byte of it stands in the script.

use std::ops::Range;

use squawk_syntax::ast::Literal;
use squawk_syntax::decoded_text::DecodedText;

/// A body, its quotes and escapes resolved.
pub(super) struct Source(DecodedText);

impl Source {
    /// The text of a string, in whatever quotes.
    pub(super) fn of(literal: &Literal) -> Option<Self> {
        literal.decoded_value().map(Self)
    }

    pub(super) fn text(&self) -> &str {
        self.0.text()
    }

    /// Where bytes of the body stand in the script.
    pub(super) fn outer(&self, range: &Range<usize>) -> Range<usize> {
        self.position(range.start)..self.position(range.end)
    }

    fn position(&self, at: usize) -> usize {
        self.0.source_pos(u32::try_from(at).unwrap_or(u32::MAX).into()).into()
    }
}
