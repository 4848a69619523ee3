//! A file to lint, and the text of it that is a migration.

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

/// The part of a text that goes forward.
pub(crate) fn forward(text: &str) -> &str {
    let is_end = |at: &usize| {
        let line = text[..*at].rfind('\n').map_or(0, |end| end + 1);
        DOWN.iter().any(|mark| text[*at..].starts_with(mark)) && text[line..*at].trim().is_empty()
    };
    let end = text.match_indices("-- ").map(|(at, _)| at).find(is_end);
    end.map_or(text, |end| &text[..end])
}

/// The text behind a byte order mark, which no editor counts as a column.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::forward;

    #[test]
    fn the_way_back_is_left_out() {
        let check = |text: &str, expected: &str| {
            assert_eq!(forward(text), expected, "{text:?}");
        };
        check("SELECT 1;", "SELECT 1;");
        check("-- +goose Up\nA;\n-- +goose Down\nB;", "-- +goose Up\nA;\n");
        check("A; -- see -- +goose Down\nB;", "A; -- see -- +goose Down\nB;");
        check("-- migrate:up\nA;\n\n-- migrate:down\nB;", "-- migrate:up\nA;\n\n");
    }
}
