//! Statements put together piece by piece.

/// A text that grows.
pub(super) trait Append {
    /// Puts something at the end.
    fn append(&mut self, text: impl AsRef<str>);
}

impl Append for String {
    fn append(&mut self, text: impl AsRef<str>) {
        self.push_str(text.as_ref());
    }
}
