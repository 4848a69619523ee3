//! Places in files as rustc shows them: the lines, what is meant underlined, and a few words beside it.
//!
//! `annotate-snippets` draws lines and marks. The heading above each is ours: lines are cut and made safe before they
//! are drawn, and it must name the column of the file all the same.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::Style;

use super::TextOptions;
use super::paint::{CONTEXT, DIM, PLAIN, paint};
use super::window::Window;
use crate::{Label, Location, printable};

/// A line of a file is never cut below this, so that something of it is seen …
const NARROWEST: usize = 20;
/// … and always to this: a generated line can have megabytes.
const WIDEST: usize = 400;

/// How many columns the line numbers of these places take.
pub(super) fn gutter(primary: &Location, labels: &[Label]) -> usize {
    let last = blocks(primary, None, labels).iter().map(Block::last).max().unwrap_or_default();
    last.to_string().len()
}

/// The place `primary` with `caret` beside it, underlined in `style`, then those of `labels`.
pub(super) fn lines(
    primary: &Location,
    caret: Option<&str>,
    labels: &[Label],
    style: Style,
    options: &TextOptions,
) -> Vec<String> {
    let gutter = gutter(primary, labels);
    let margin = " ".repeat(gutter);
    let mut lines = Vec::new();
    for (index, block) in blocks(primary, caret, labels).iter().enumerate() {
        if index > 0 {
            lines.push(format!("{margin} {}", paint("|", DIM, options.color)));
        }
        let arrow = paint(if index == 0 { "-->" } else { ":::" }, DIM, options.color);
        let Location { file, line, column, .. } = block.marks[0].location;
        lines.push(format!("{margin}{arrow} {}:{line}:{column}", printable::line(file)));
        // Each block is drawn on its own, so that a short line number needs the gutter of the longest.
        let missing = " ".repeat(gutter - block.last().to_string().len());
        let drawn = block.drawn(style, gutter, options);
        lines.extend(drawn.lines().map(|line| format!("{missing}{line}").trim_end().to_owned()));
    }
    lines
}

/// Line and column.
type Point = (u32, u32);

/// Lines that follow each other in a file, and what is marked in them.
struct Block<'a> {
    first: u32,
    lines: Vec<&'a str>,
    marks: Vec<Mark<'a>>,
}

struct Mark<'a> {
    location: &'a Location,
    words: &'a str,
    kind: AnnotationKind,
}

/// One block for the primary place, first; a label goes into a block that has its lines or those next to them.
fn blocks<'a>(primary: &'a Location, caret: Option<&'a str>, labels: &'a [Label]) -> Vec<Block<'a>> {
    let words = caret.unwrap_or_default();
    let mut blocks = vec![Block::of(Mark { location: primary, words, kind: AnnotationKind::Primary })];
    for Label { location, message } in labels {
        let mark = Mark { location, words: message, kind: AnnotationKind::Context };
        match blocks.iter_mut().find(|block| block.touches(location)) {
            Some(block) => block.add(mark),
            None => blocks.push(Block::of(mark)),
        }
    }
    blocks
}

impl<'a> Block<'a> {
    fn of(mark: Mark<'a>) -> Self {
        let lines = shown(mark.location);
        Self { first: mark.location.line, lines, marks: vec![mark] }
    }

    fn last(&self) -> u32 {
        self.first.saturating_add(count(self.lines.len())).saturating_sub(1)
    }

    fn touches(&self, location: &Location) -> bool {
        let last = location.line.saturating_add(count(shown(location).len())).saturating_sub(1);
        self.marks[0].location.file == location.file
            && location.line <= self.last().saturating_add(1)
            && self.first <= last.saturating_add(1)
    }

    fn add(&mut self, mark: Mark<'a>) {
        let lines = shown(mark.location);
        if mark.location.line < self.first {
            let before = usize::try_from(self.first - mark.location.line).unwrap_or(usize::MAX);
            self.lines.splice(0..0, lines.iter().take(before).copied());
            self.first = mark.location.line;
        }
        let known = usize::try_from(self.last().saturating_add(1) - mark.location.line).unwrap_or(usize::MAX);
        self.lines.extend(lines.iter().skip(known));
        self.marks.push(mark);
    }

    fn drawn(&self, style: Style, gutter: usize, options: &TextOptions) -> String {
        let room = options.width.saturating_sub(gutter + 5).clamp(NARROWEST, WIDEST);
        let number = |index: usize| self.first.saturating_add(count(index));
        let window = |(index, line): (usize, &&str)| {
            Window::around(line, self.column_of_interest(number(index)), room)
        };
        let windows: Vec<Window> = self.lines.iter().enumerate().map(window).collect();
        // A line break behind the last line, too: an empty last line would not be one otherwise.
        let source: String = windows.iter().flat_map(|window| [window.text.as_str(), "\n"]).collect();
        let marks = self.marks.iter().map(|mark| {
            let (start, end, more) = reach(mark.location);
            let span = self.byte_of(&windows, start)..self.byte_of(&windows, end);
            let label = match (printable::line(mark.words), more) {
                (words, None) => Some(words).filter(|words| !words.is_empty()),
                (words, Some(more)) if words.is_empty() => Some(more),
                (words, Some(more)) => Some(format!("{words} ({more})")),
            };
            mark.kind.span(span.start..span.end.max(span.start)).label(label)
        });
        let first = usize::try_from(self.first).unwrap_or(usize::MAX);
        let snippet = Snippet::source(source.as_str()).line_start(first).annotations(marks);
        renderer(style, options.color).render(&[Group::with_level(Level::ERROR).element(snippet)])
    }

    /// The first column that is marked in a line; of a line between start and end it is the first.
    fn column_of_interest(&self, line: u32) -> u32 {
        let starts = self.marks.iter().filter(|mark| mark.location.line == line);
        starts.map(|mark| mark.location.column).min().unwrap_or(1)
    }

    fn byte_of(&self, windows: &[Window], (line, column): Point) -> usize {
        let index = usize::try_from(line.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let before: usize = windows.iter().take(index).map(|window| window.text.len() + 1).sum();
        before + windows.get(index).map_or(0, |window| window.byte_of(column))
    }
}

/// Whether the place ends behind the lines that are known of it.
fn is_cut(location: &Location) -> bool {
    location.end().0 >= location.line.saturating_add(count(location.lines().len()))
}

/// The lines to show of a place, the last of which is marked; of one whose end is not known only the first.
fn shown(location: &Location) -> Vec<&str> {
    let further = if is_cut(location) { 0 } else { location.end().0 - location.line };
    let all = location.lines().iter().map(String::as_str);
    all.take(usize::try_from(further).unwrap_or(usize::MAX).saturating_add(1)).collect()
}

/// Where a mark begins and ends, and what is to be said if its end is not shown.
fn reach(location: &Location) -> (Point, Point, Option<String>) {
    let (start, end) = ((location.line, location.column), location.end());
    if is_cut(location) {
        (start, (location.line, u32::MAX), Some(format!("to line {}", end.0)))
    } else {
        (start, end, None)
    }
}

fn count(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}

fn renderer(style: Style, color: bool) -> Renderer {
    // The lines fit already; to be cut once more would take away what the marks point at.
    let renderer = if color { Renderer::styled() } else { Renderer::plain() }.term_width(100 * WIDEST);
    if color {
        renderer.error(style).context(CONTEXT).line_num(DIM).emphasis(PLAIN).none(PLAIN)
    } else {
        renderer
    }
}

#[cfg(test)]
mod tests;
