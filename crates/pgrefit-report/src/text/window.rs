//! One line of a file as a terminal shows it: made safe, and of a long one only the part that matters.

use super::flow::{cut, end, width};
use crate::printable;

const ELLIPSIS: &str = "…";

/// A line made ready to be shown, which still knows where each character of the file went.
pub(super) struct Window {
    /// What is shown.
    pub(super) text: String,
    /// Where each character begins in the whole line, and where the last one ends.
    offsets: Vec<usize>,
    /// How many bytes were cut off the beginning.
    skipped: usize,
    /// How many bytes follow those.
    kept: usize,
}

impl Window {
    /// The part of `line` around `column` that fits `room` columns of the terminal.
    pub(super) fn around(line: &str, column: u32, room: usize) -> Self {
        let mut whole = String::with_capacity(line.len());
        let mut offsets = Vec::with_capacity(line.len() + 1);
        for character in line.chars() {
            offsets.push(whole.len());
            match character {
                '\t' => whole.push_str("    "),
                _ => printable::push(&mut whole, character),
            }
        }
        offsets.push(whole.len());
        let kept = whole.len();
        let mut window = Self { text: whole, offsets, skipped: 0, kept };
        window.fit(column, room);
        window
    }

    /// Cuts both ends so that `column` stays, two thirds of the room to the left of it.
    fn fit(&mut self, column: u32, room: usize) {
        if width(&self.text) <= room {
            return;
        }
        let at = self.offset(column);
        let (left, right) = self.text.split_at(at);
        let before = if width(left) > room * 2 / 3 { end(left, room * 2 / 3 - 1) } else { left };
        self.skipped = left.len() - before.len();
        let mark = if self.skipped > 0 { ELLIPSIS } else { "" };
        let shown = cut(right, room - width(before) - width(mark));
        // By length alone `(i…` would be all of `(id);`.
        let whole = shown == right;
        self.kept = before.len() + shown.len() - if whole { 0 } else { ELLIPSIS.len() };
        self.text = format!("{mark}{before}{shown}");
    }

    /// Where `column` of the file, from 1, begins in the text; one that is not shown is at the nearest end.
    pub(super) fn byte_of(&self, column: u32) -> usize {
        let from_kept = self.offset(column).saturating_sub(self.skipped);
        let mark = if self.skipped > 0 { ELLIPSIS.len() } else { 0 };
        match from_kept {
            0 if self.offset(column) < self.skipped => 0,
            within if within <= self.kept => mark + within,
            _ => self.text.len(),
        }
    }

    fn offset(&self, column: u32) -> usize {
        let index = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
        let last = self.offsets.last().copied().unwrap_or_default();
        self.offsets.get(index).copied().unwrap_or(last)
    }
}

#[cfg(test)]
mod tests {
    use super::{Window, width};

    #[test]
    fn the_caret_stands_below_the_column() {
        let check = |line: &str, column: u32, room: usize, expected: &str| {
            let window = Window::around(line, column, room);
            let before = width(&window.text[..window.byte_of(column)]);
            assert_eq!(format!("{}\n{}^", window.text, " ".repeat(before)), expected);
        };
        check("SELECT x;", 8, 20, "SELECT x;\n       ^");
        check("\tSELECT x;", 2, 20, "    SELECT x;\n    ^");
        check("", 1, 20, "\n^");
        check("abc", 9, 20, "abc\n   ^");
        check("abc", 0, 20, "abc\n^");
        check("日本 x", 4, 20, "日本 x\n     ^");
        check("\u{1b}x", 2, 20, "\\u{1b}x\n      ^");
        check("0123456789abcdefghijklmnopqrstuvwxyz", 21, 21, "…789abcdefghijklmnop…\n              ^");
        check("ééééééééééééééééééééx", 21, 15, "…éééééééééx\n          ^");
        check("0123456789abcdefghijklmnopqrstuvwxyz", 36, 21, "…mnopqrstuvwxyz\n              ^");
    }

    #[test]
    fn what_is_cut_off_is_at_the_nearest_end() {
        let window = Window::around("0123456789abcdefghijklmnopqrstuvwxyz", 21, 21);
        let check =
            |column: u32, expected: &str| assert_eq!(&window.text[window.byte_of(column)..], expected);
        check(1, "…789abcdefghijklmnop…");
        check(8, "789abcdefghijklmnop…");
        check(26, "p…");
        check(27, "…");
        check(28, "");
        check(u32::MAX, "");
    }

    #[test]
    fn every_column_of_every_window_is_a_character() {
        let ascii = "0123456789".repeat(5);
        for line in ["", "é\t🐘\u{1b}", &"日本語 ".repeat(30), &" ".repeat(99), &"\t".repeat(40), &ascii]
        {
            for room in 20..60 {
                for anchor in [0, 1, 7, 39, 90, u32::MAX] {
                    let window = Window::around(line, anchor, room);
                    assert!(width(&window.text) <= room);
                    assert!((0..130).all(|column| window.text.is_char_boundary(window.byte_of(column))));
                    assert!((0..130).is_sorted_by_key(|column| window.byte_of(column)));
                }
            }
        }
    }
}
