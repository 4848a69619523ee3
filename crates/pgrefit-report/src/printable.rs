//! Makes text from a server or a file safe to print.
//!
//! A table may be named with an escape sequence that recolours the terminal, moves the cursor or reverses the reading
//! direction. Such characters are shown as the escapes Rust writes, never passed on.

use std::fmt::Write as _;

/// One line: control characters, line breaks among them, become escapes such as `\u{1b}`.
#[must_use]
pub fn line(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        push(&mut safe, character);
    }
    safe
}

/// Adds one character to a line, or its escape.
pub(crate) fn push(safe: &mut String, character: char) {
    match character {
        '\n' => safe.push_str("\\n"),
        '\r' => safe.push_str("\\r"),
        '\t' => safe.push_str("\\t"),
        _ if hides_or_steers(character) => {
            let _ = write!(safe, "{}", character.escape_unicode());
        }
        _ => safe.push(character),
    }
}

/// The lines of a text that may have several, each made safe; a tab becomes a space.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|part| line(&part.replace('\t', " ")))
}

/// Control characters, and the Unicode marks that are invisible or change the direction of what follows.
fn hides_or_steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    #[test]
    fn line_escapes_what_steers_a_terminal() {
        let check = |text: &str, expected: &str| assert_eq!(super::line(text), expected);
        check("public.orders", "public.orders");
        check("größe 日本 🐘", "größe 日本 🐘");
        check("\u{1b}[31mred", "\\u{1b}[31mred");
        check("a\r\nb\tc", "a\\r\\nb\\tc");
        check("bell\u{7} del\u{7f} csi\u{9b}", "bell\\u{7} del\\u{7f} csi\\u{9b}");
        check("\u{202e}gpj", "\\u{202e}gpj");
        check("zero\u{200b}width", "zero\\u{200b}width");
    }

    #[test]
    fn lines_keeps_line_breaks_only() {
        let found: Vec<_> = super::lines("ALTER\tTABLE a;\r\n\u{1b}c\n").collect();
        assert_eq!(found, ["ALTER TABLE a;", "\\u{1b}c"]);
    }
}
