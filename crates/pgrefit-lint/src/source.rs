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

/// The text with what only psql understands made blank: lines that begin with a backslash, and the rows behind `COPY …
/// FROM stdin`. Places stay what they are. Nothing if there is nothing of the kind.
pub(crate) fn without_psql(text: &str) -> Option<String> {
    if !text.contains("\n\\") && !text.starts_with('\\') {
        return None;
    }
    let mut blank = String::with_capacity(text.len());
    let mut in_rows = false;
    for line in text.split_inclusive('\n') {
        let word = line.trim_start();
        let starts = word.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("copy "));
        if in_rows || word.starts_with('\\') {
            in_rows &= !word.starts_with("\\.");
            blank.extend(
                line.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }),
            );
        } else {
            in_rows = starts && line.to_ascii_lowercase().contains(" from stdin");
            blank.push_str(line);
        }
    }
    Some(blank)
}

#[cfg(test)]
mod tests {
    use super::{forward, without_psql};

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

    #[test]
    fn what_is_for_psql_is_blank() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(without_psql(text).as_deref(), expected, "{text:?}");
        };
        check("SELECT 1;", None);
        check("\\set x 1\nSELECT 1;", Some("        \nSELECT 1;"));
        check("COPY t FROM stdin;\nä\n\\.\nSELECT 1;", Some("COPY t FROM stdin;\n  \n  \nSELECT 1;"));
    }
}
