//! Fits text into a number of columns. Counts columns, not characters: some are two columns wide, some none.

use unicode_width::UnicodeWidthChar;

/// How many columns `text` takes: the sum over its characters, so that a part is never wider than the whole.
pub(super) fn width(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

/// The longest beginning of `text` that fits `limit` columns, and what is left.
fn split(text: &str, limit: usize) -> (&str, &str) {
    let mut used = 0;
    let end = text.char_indices().find(|(_, character)| {
        used += character.width().unwrap_or(0);
        used > limit
    });
    text.split_at(end.map_or(text.len(), |(index, _)| index))
}

/// The longest end of `text` that fits `limit` columns.
pub(super) fn end(text: &str, limit: usize) -> &str {
    let mut used = 0;
    let start = text.char_indices().rev().find(|(_, character)| {
        used += character.width().unwrap_or(0);
        used > limit
    });
    &text[start.map_or(0, |(index, character)| index + character.len_utf8())..]
}

/// `text` if it fits `limit` columns, else its beginning and `…`.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    match limit {
        0 => String::new(),
        _ => format!("{}…", split(text, limit - 1).0.trim_end()),
    }
}

/// `text` broken at spaces into lines of at most `limit` columns; a word longer than a line is broken anywhere.
pub(super) fn wrap(text: &str, limit: usize) -> Vec<String> {
    // Below this a line would hold no word at all; the terminal may wrap instead.
    let limit = limit.max(16);
    // What fits stays as it is: the blanks of SQL and of a diff mean something.
    if width(text) <= limit {
        return vec![text.to_owned()];
    }
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut rest = word;
        let line = lines.last().map_or(0, |line| width(line));
        if line > 0 && line + 1 + width(rest) > limit {
            lines.push(String::new());
        }
        while let (start, end) = split(rest, limit)
            && !end.is_empty()
        {
            append(&mut lines, start);
            lines.push(String::new());
            rest = end;
        }
        append(&mut lines, rest);
    }
    lines
}

fn append(lines: &mut [String], word: &str) {
    if let Some(line) = lines.last_mut() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, width, wrap};

    #[test]
    fn cut_never_exceeds_the_limit() {
        let check = |text: &str, limit: usize, expected: &str| {
            assert_eq!(cut(text, limit), expected);
            assert!(width(expected) <= limit);
        };
        check("orders", 6, "orders");
        check("orders", 5, "orde…");
        check("orders", 1, "…");
        check("orders", 0, "");
        check("two words", 5, "two…");
        check("日本語", 6, "日本語");
        check("日本語", 5, "日本…");
        check("日本語", 4, "日…");
        check("☎\u{fe0f}☎\u{fe0f}☎\u{fe0f}", 2, "☎\u{fe0f}…");
    }

    #[test]
    fn wrap_breaks_at_spaces_then_anywhere() {
        let check = |text: &str, limit: usize, expected: &[&str]| assert_eq!(wrap(text, limit), expected);
        check("", 20, &[""]);
        check("short", 20, &["short"]);
        check("a table without a primary key", 16, &["a table without", "a primary key"]);
        check("exactly sixteen! next", 16, &["exactly sixteen!", "next"]);
        check("see 0123456789abcdefghij!", 16, &["see", "0123456789abcdef", "ghij!"]);
        check("wide 日本語日本語日本語 end", 16, &["wide", "日本語日本語日本", "語 end"]);
        check("limit zero is sixteen", 0, &["limit zero is", "sixteen"]);
    }
}
