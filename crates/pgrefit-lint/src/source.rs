//! A file to lint, and the text of it that is a migration.

use std::borrow::Cow;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source<'a> {
    /// As the user would type it.
    pub file: &'a str,
    /// Its whole text.
    pub text: &'a str,
    /// Whether pgrefit runs it, so that what its runner refuses is a failure.
    pub is_migration: bool,
}

/// Markers behind which other runners keep the way back: what follows is no part of the migration.
const DOWN: [&str; 5] =
    ["-- +goose Down", "-- +migrate Down", "-- migrate:down", "-- +micrate Down", "-- !Downs"];

impl<'a> Source<'a> {
    /// The part of the text that goes forward.
    pub(crate) fn forward(&self) -> &'a str {
        if !self.text.contains("--") {
            return self.text;
        }
        let ends = DOWN.iter().filter_map(|mark| {
            let at = self.text.find(mark)?;
            let starts_line =
                self.text[..at].rfind('\n').map_or(at == 0, |line| self.text[line + 1..at].trim().is_empty());
            (starts_line || at == 0).then_some(at)
        });
        ends.min().map_or(self.text, |end| &self.text[..end])
    }
}

/// The same text with a byte order mark made blank, so that offsets stay.
pub(crate) fn without_mark(text: &str) -> Cow<'_, str> {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Cow::Owned(format!("   {rest}")),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn the_way_back_is_left_out() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Source { file: "f", text, is_migration: false }.forward(), expected, "{text:?}");
        };
        check("SELECT 1;", "SELECT 1;");
        check("-- +goose Up\nA;\n-- +goose Down\nB;", "-- +goose Up\nA;\n");
        check("A; -- see -- +goose Down\nB;", "A; -- see -- +goose Down\nB;");
        check("-- migrate:up\nA;\n\n-- migrate:down\nB;", "-- migrate:up\nA;\n\n");
    }
}
