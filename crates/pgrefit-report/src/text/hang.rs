//! A label, and prose that hangs to the right of it.

use anstyle::Style;

use super::TextOptions;
use super::flow::{width, wrap};
use super::paint::paint;
use crate::printable;

/// What stands before the first line of a text.
pub(super) struct Label {
    dressed: String,
    width: usize,
}

impl Label {
    /// `word` in `style`, `indent` columns in, and a space; no word is an indent alone.
    pub(super) fn new(indent: usize, word: &str, style: Style, options: &TextOptions) -> Self {
        let gap = usize::from(!word.is_empty());
        let dressed = format!("{:indent$}{}{:gap$}", "", paint(word, style, options.color), "");
        Self { dressed, width: indent + width(word) + gap }
    }

    /// Widened with spaces to `column`, so that texts under each other line up.
    pub(super) fn up_to(mut self, column: usize) -> Self {
        let padding = column.saturating_sub(self.width);
        self.dressed.push_str(&" ".repeat(padding));
        self.width += padding;
        self
    }

    /// `text` made safe and wrapped, every line flush with the first.
    pub(super) fn before(&self, text: &str, options: &TextOptions) -> Vec<String> {
        let room = options.width.saturating_sub(self.width);
        let hanging = " ".repeat(self.width);
        let lines = printable::lines(text).flat_map(|line| wrap(&line, room));
        let mut lines: Vec<String> = lines.map(|line| format!("{hanging}{line}")).collect();
        match lines.first_mut() {
            Some(first) => first.replace_range(..self.width, &self.dressed),
            None => lines.push(self.dressed.trim_end().to_owned()),
        }
        lines
    }
}
