//! Lays out a table in columns.

use super::TextOptions;
use super::flow::{cut, width};
use super::paint::{DIM, paint, style_of};
use crate::{Align, Cell, Column, Table, phrase};

const INDENT: usize = 2;
const GAP: usize = 2;
/// No column is cut below this.
const NARROWEST: usize = 8;

/// The heading and the rows of `table`, one line each.
pub(super) fn lines(table: &Table, options: &TextOptions) -> Vec<String> {
    let head: Vec<String> = table.columns.iter().map(phrase::heading).collect();
    let body: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(phrase::value).collect()).collect();
    let widths = fit(&table.columns, &head, &body, options.width);

    let mut lines = vec![paint(&line(&table.columns, &widths, &head, |_, text| text), DIM, options.color)];
    for (cells, texts) in table.rows.iter().zip(&body) {
        lines.push(line(&table.columns, &widths, texts, |index, text| match cells[index] {
            Cell::Status(status) => paint(&text, style_of(status), options.color),
            _ => text,
        }));
    }
    lines
}

/// One width per column: what its longest text needs, then the widest column of words gives way until all fit `total`.
///
/// Numbers are never cut: a cut number is a wrong number. If the words cannot give enough, the lines are longer.
fn fit(columns: &[Column], head: &[String], body: &[Vec<String>], total: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = head.iter().map(|text| width(text)).collect();
    for row in body {
        for (column, text) in widths.iter_mut().zip(row) {
            *column = (*column).max(width(text));
        }
    }
    let gaps = INDENT + GAP * columns.len().saturating_sub(1);
    let mut excess = (gaps + widths.iter().sum::<usize>()).saturating_sub(total);
    while excess > 0 {
        let words = widths.iter_mut().zip(columns).filter(|(_, column)| column.align == Align::Left);
        match words.map(|(width, _)| width).max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => break,
        }
        excess -= 1;
    }
    widths
}

/// Joins one row. `dress` colours a cell after it was padded, since escape sequences have no width.
fn line(
    columns: &[Column],
    widths: &[usize],
    texts: &[String],
    dress: impl Fn(usize, String) -> String,
) -> String {
    let mut line = " ".repeat(INDENT);
    for (index, ((column, &width), text)) in columns.iter().zip(widths).zip(texts).enumerate() {
        if index > 0 {
            line.push_str(&" ".repeat(GAP));
        }
        let (before, text, after) = place(column.align, width, text);
        line.push_str(&before);
        line.push_str(&dress(index, text));
        if index + 1 < columns.len() {
            line.push_str(&after);
        }
    }
    line.truncate(line.trim_end_matches(' ').len());
    line
}

/// The padding before, the text cut to fit, the padding after.
fn place(align: Align, limit: usize, text: &str) -> (String, String, String) {
    let text = cut(text, limit);
    let padding = " ".repeat(limit - width(&text));
    match align {
        Align::Left => (String::new(), text, padding),
        Align::Right => (padding, text, String::new()),
    }
}
