//! The error block: what broke, why, where, and what to do.

use super::TextOptions;
use super::flow::{cut, end, width};
use super::hang::Label;
use super::paint::{BOLD, DIM, ERROR, PLAIN, paint};
use crate::{Failure, Location, printable};

/// An excerpt is never narrower, so that something of the line is seen …
const NARROWEST: usize = 20;
/// … and never wider: a generated line can have megabytes.
const WIDEST: usize = 400;

/// The lines of the block.
pub(super) fn lines(failure: &Failure, options: &TextOptions) -> Vec<String> {
    let label = |indent, word, style| Label::new(indent, word, style, options);
    let mut lines = label(0, "error:", ERROR).before(&failure.message, options);
    for cause in &failure.causes {
        lines.extend(label(2, "caused by:", PLAIN).before(cause, options));
    }
    if let Some(location) = &failure.location {
        lines.extend(excerpt(location, options));
    }
    if let Some(sqlstate) = &failure.sqlstate {
        lines.extend(label(2, "SQLSTATE", PLAIN).before(sqlstate, options));
    }
    if let Some(hint) = &failure.hint {
        lines.extend(label(2, "hint:", BOLD).before(hint, options));
    }
    lines
}

/// The place, its line and a caret below the column, as rustc shows them.
pub(super) fn excerpt(location: &Location, options: &TextOptions) -> Vec<String> {
    let number = location.line.to_string();
    let margin = " ".repeat(number.len());
    let dim = |text: &str| paint(text, DIM, options.color);
    let file = printable::line(&location.file);
    let room = options.width.saturating_sub(number.len() + 5).clamp(NARROWEST, WIDEST);
    let (text, caret) = window(&location.text, location.column, room);
    let bar = dim("|");
    vec![
        format!("  {margin}{} {file}:{}:{}", dim("-->"), location.line, location.column),
        format!("  {margin} {bar}"),
        format!("  {} {bar} {text}", dim(&number)),
        format!("  {margin} {bar} {}{}", " ".repeat(caret), paint("^", ERROR, options.color)),
    ]
}

/// The part of a line around `column` that fits `room` columns of the terminal, and how far in the caret stands.
fn window(line: &str, column: u32, room: usize) -> (String, usize) {
    let before = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
    let at = line.char_indices().nth(before).map_or(line.len(), |(index, _)| index);
    let safe = |text: &str| printable::line(&text.replace('\t', "    "));
    let (mut left, right) = (safe(&line[..at]), safe(&line[at..]));
    let keep = room * 2 / 3;
    if width(&left) > keep {
        left = format!("…{}", end(&left, keep - 1));
    }
    let caret = width(&left);
    (format!("{left}{}", cut(&right, room - caret)), caret)
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn the_caret_stands_below_the_column() {
        let check = |line: &str, column: u32, room: usize, expected: &str| {
            let (text, caret) = window(line, column, room);
            assert_eq!(format!("{text}\n{}^", " ".repeat(caret)), expected);
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
}
