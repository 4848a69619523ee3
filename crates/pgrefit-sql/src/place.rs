//! Where in a text something stands, as people and editors count it.

/// A place in a text: line and column, both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset; an offset past the end is the place just behind the last character.
    #[must_use]
    pub fn of_byte(text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }

    /// The byte offset of PostgreSQL's error position: characters of `text`, counted from 1.
    #[must_use]
    pub fn byte_of_server_position(text: &str, position: u32) -> usize {
        let index = usize::try_from(position).unwrap_or(usize::MAX).saturating_sub(1);
        text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
    }

    /// The text of this place's line, without its line end.
    #[must_use]
    pub fn line_of<'a>(&self, text: &'a str) -> &'a str {
        text.lines().nth(self.line - 1).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_offsets_become_lines_and_columns() {
        let check = |text: &str, offset: usize, line: usize, column: usize| {
            assert_eq!(Place::of_byte(text, offset), Place { line, column }, "{text:?} at {offset}");
        };
        check("", 0, 1, 1);
        check("abc", 2, 1, 3);
        check("a\nbc", 2, 2, 1);
        check("a\nbc", 99, 2, 3);
        check("ä\nöx", 5, 2, 2);
        check("ä", 1, 1, 1);
    }

    #[test]
    fn server_positions_count_characters() {
        let check = |text: &str, position: u32, byte: usize| {
            assert_eq!(Place::byte_of_server_position(text, position), byte, "{text:?} at {position}");
        };
        check("abc", 1, 0);
        check("äbc", 2, 2);
        check("abc", 0, 0);
        check("abc", 99, 3);
    }
}
