//! Facts and tables: what was measured.

use super::markup::{badge, each, escaped, pairs};
use crate::{Align, Cell, Column, Fact, Table, phrase};

/// The single values, each below its name.
pub(crate) fn facts(facts: &[Fact]) -> String {
    pairs("facts", facts.iter().map(|fact| (escaped(&fact.title), value(&fact.value))))
}

/// A table under its title; one that is too wide for the screen scrolls by itself.
pub(super) fn table(table: &Table) -> String {
    let title = escaped(&table.title);
    let body = if table.rows.is_empty() {
        "<p class=\"none\">none</p>\n".to_owned()
    } else {
        format!(
            "<div class=\"scroll\" role=\"region\" aria-label=\"{title}\" tabindex=\"0\">{}</div>\n",
            grid(table)
        )
    };
    format!("<section class=\"values\">\n<h2>{title}</h2>\n{body}</section>\n")
}

fn grid(table: &Table) -> String {
    let head = each(&table.columns, |column| {
        format!("<th scope=\"col\"{}>{}</th>", side(column), escaped(&phrase::heading(column)))
    });
    let rows = each(&table.rows, |row| {
        let cells = table.columns.iter().zip(row);
        let cells = each(cells, |(column, cell)| format!("<td{}>{}</td>", side(column), value(cell)));
        format!("<tr>{cells}</tr>\n")
    });
    format!("<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>")
}

fn side(column: &Column) -> &'static str {
    if column.align == Align::Right { " class=\"number\"" } else { "" }
}

/// A value as people read it; a judgement in its colour.
pub(crate) fn value(cell: &Cell) -> String {
    match cell {
        Cell::Status(status) => badge(*status),
        _ => escaped(&phrase::value(cell)),
    }
}

/// The same of a measurement: its digits in groups of three.
pub(crate) fn measured(cell: &Cell) -> String {
    match cell {
        Cell::Integer(number) => grouped(*number),
        _ => value(cell),
    }
}

/// Four digits can be read as they are.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let sign = if number < 0 { "-" } else { "" };
    if digits.len() < 5 {
        return format!("{sign}{digits}");
    }
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_in_groups() {
        let check =
            |number: i64, expected: &str| assert_eq!(grouped(number).replace('\u{202f}', " "), expected);
        check(0, "0");
        check(-9999, "-9999");
        check(12_004, "12 004");
        check(-1_998_211_004, "-1 998 211 004");
        check(i64::MIN, "-9 223 372 036 854 775 808");
    }
}
