//! A place in a text file, with the lines it covers, as people and editors count them.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// More lines than this are not kept of one place: a reader has the file, a report must stay small.
const LINES_KEPT: usize = 8;

/// A place in a text file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Path as the user would type it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The whole first line, without its line break.
    pub text: String,
    /// What is meant from here on; `None` if it is a point.
    pub excerpt: Option<Excerpt>,
}

/// How far a [`Location`] goes, and the lines it goes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The whole lines from the first to `end_line`, without their line breaks; of a long place only the first eight.
    pub lines: Vec<String>,
    /// Line of the last character, from 1.
    pub end_line: u32,
    /// Column behind the last character, in characters, from 1.
    pub end_column: u32,
}

impl Location {
    /// The place `offset` bytes into `source`, the text of `file`.
    ///
    /// An offset past the end means the end; one inside a character means that character.
    pub fn at_offset(file: impl Into<String>, source: &str, offset: usize) -> Self {
        let point = Point::of(source, source.floor_char_boundary(offset));
        Self {
            file: file.into(),
            line: point.line,
            column: point.column,
            text: source[point.line_start..].lines().next().unwrap_or_default().to_owned(),
            excerpt: None,
        }
    }

    /// The bytes `range` of `source`, the text of `file`, without the white space at their end.
    ///
    /// Offsets past the end mean the end, those inside a character take in that character, and a range whose end is
    /// before its start is empty.
    pub fn at_range(file: impl Into<String>, source: &str, range: Range<usize>) -> Self {
        let start = source.floor_char_boundary(range.start);
        let end = source.ceil_char_boundary(range.end.min(source.len())).max(start);
        let end = start + source[start..end].trim_end().len();
        let (from, to) = (Point::of(source, start), Point::of(source, end));
        let covered = usize::try_from(to.line - from.line).unwrap_or(usize::MAX).saturating_add(1);
        let mut lines: Vec<_> =
            source[from.line_start..].lines().take(covered.min(LINES_KEPT)).map(str::to_owned).collect();
        if lines.is_empty() {
            lines.push(String::new());
        }
        let text = lines[0].clone();
        let excerpt = Excerpt { lines, end_line: to.line, end_column: to.column };
        Self { file: file.into(), line: from.line, column: from.column, text, excerpt: Some(excerpt) }
    }

    /// The lines that are known of this place, the first of them at `line`.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        match &self.excerpt {
            Some(excerpt) if !excerpt.lines.is_empty() => &excerpt.lines,
            _ => std::slice::from_ref(&self.text),
        }
    }

    /// Line and column behind the last character; the place itself if it is a point.
    #[must_use]
    pub fn end(&self) -> (u32, u32) {
        let end = self.excerpt.as_ref().map(|excerpt| (excerpt.end_line, excerpt.end_column));
        end.unwrap_or_default().max((self.line, self.column))
    }
}

/// A byte offset as line and column.
struct Point {
    line: u32,
    column: u32,
    line_start: usize,
}

impl Point {
    /// `offset` must be on a character's boundary.
    fn of(source: &str, offset: usize) -> Self {
        let line_start = source[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
        Self {
            line: number(source[..line_start].matches('\n').count()),
            column: number(source[line_start..offset].chars().count()),
            line_start,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::{Excerpt, Location};

    #[test]
    fn at_offset_counts_lines_and_characters_from_one() {
        let check = |source: &str, offset: usize, line: u32, column: u32, text: &str| {
            let expected =
                Location { file: "f".to_owned(), line, column, text: text.to_owned(), excerpt: None };
            assert_eq!(Location::at_offset("f", source, offset), expected);
        };
        check("", 0, 1, 1, "");
        check("", 9, 1, 1, "");
        check("SELECT 1;\nSELECT x;\n", 0, 1, 1, "SELECT 1;");
        check("SELECT 1;\nSELECT x;\n", 17, 2, 8, "SELECT x;");
        check("SELECT 1;\r\nSELECT x;", 9, 1, 10, "SELECT 1;");
        check("SELECT 1;\n", 10, 2, 1, "");
        check("'é' x", 5, 1, 5, "'é' x");
        check("'é' x", 2, 1, 2, "'é' x");
    }

    /// The place of `range` as `line:column-line:column`, and its lines.
    #[track_caller]
    fn check_range(source: &str, range: Range<usize>, place: &str, lines: &[&str]) {
        let found = Location::at_range("f", source, range);
        let Excerpt { lines: kept, end_line, end_column } = found.excerpt.unwrap();
        assert_eq!(format!("{}:{}-{end_line}:{end_column}", found.line, found.column), place, "{source:?}");
        assert_eq!(kept, lines);
        assert_eq!(found.text, lines[0]);
    }

    #[test]
    fn at_range_ends_behind_its_last_character() {
        check_range("SELECT 1;\nSELECT x;\n", 17..18, "2:8-2:9", &["SELECT x;"]);
        check_range("SELECT 1;\nSELECT x;\n", 10..20, "2:1-2:10", &["SELECT x;"]);
        check_range("SELECT\n 1;\n\n\n", 0..13, "1:1-2:4", &["SELECT", " 1;"]);
        check_range("SELECT\r\n 1;\r\n", 0..13, "1:1-2:4", &["SELECT", " 1;"]);
        check_range("  a  \n  b  \n", 2..11, "1:3-2:4", &["  a  ", "  b  "]);
        check_range("'🐘' x", 0..6, "1:1-1:4", &["'🐘' x"]);
    }

    #[test]
    fn at_range_survives_every_offset() {
        check_range("", 0..0, "1:1-1:1", &[""]);
        check_range("", 7..9, "1:1-1:1", &[""]);
        check_range("abc", 1..99, "1:2-1:4", &["abc"]);
        check_range("abc\n", 4..4, "2:1-2:1", &[""]);
        check_range("abc\n", 3..9, "1:4-1:4", &["abc"]);
        check_range("abc", 2..2, "1:3-1:3", &["abc"]);
        #[expect(clippy::reversed_empty_ranges, reason = "a mistake of a caller must not panic")]
        check_range("abc", 2..1, "1:3-1:3", &["abc"]);
        check_range("é🐘é", 1..3, "1:1-1:3", &["é🐘é"]);
        check_range("a\n \n b", 1..4, "1:2-1:2", &["a"]);
        for source in ["", "\r\n\r", "é\n🐘\r\nx\n", "\n\n\n"] {
            for start in 0..source.len() + 2 {
                for end in 0..source.len() + 2 {
                    let found = Location::at_range("f", source, start..end);
                    assert!(found.end() >= (found.line, found.column), "{source:?} {start}..{end}");
                }
            }
        }
    }

    #[test]
    fn a_long_range_keeps_eight_lines() {
        let source = "x\n".repeat(20);
        check_range(&source, 2..38, "2:1-19:2", &["x"; 8]);
        check_range(&source, 0..16, "1:1-8:2", &["x"; 8]);
    }
}
