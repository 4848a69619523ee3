//! Tables that become lists where they do not fit: each cell carries the name of its column.

use crate::html::markup::{each, escaped};

/// A table by its columns: the first is the name of the row.
pub(super) struct Table<'a> {
    /// Names of the columns; those after the first with whether they hold numbers.
    pub(super) first: &'a str,
    /// The other columns: what people read, and whether it is a number.
    pub(super) columns: &'a [(&'a str, bool)],
    /// Class besides `data`.
    pub(super) class: &'a str,
}

impl Table<'_> {
    /// The table with its rows, which are markup.
    pub(super) fn around(&self, rows: &str) -> String {
        let heads = each(self.columns, |(title, is_number)| {
            let class = if *is_number { " class=\"number\"" } else { "" };
            format!("<th scope=\"col\"{class}>{}</th>", escaped(title))
        });
        format!(
            "<table class=\"data {}\">\n<thead><tr><th scope=\"col\">{}</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n",
            self.class,
            escaped(self.first)
        )
    }

    /// One row of markup, in the order of the columns; an empty cell says nothing on a telephone.
    pub(super) fn row(&self, class: &str, name: &str, cells: &[String]) -> String {
        let cells = each(self.columns.iter().zip(cells), |((title, is_number), cell)| {
            let number = if *is_number { "number" } else { "" };
            let empty = if cell.is_empty() { " empty" } else { "" };
            format!("<td class=\"{number}{empty}\" data-label=\"{}\">{cell}</td>", escaped(title))
        });
        format!("<tr class=\"{class}\"><th scope=\"row\">{name}</th>{cells}</tr>\n")
    }
}

/// `content` behind a line that opens it.
pub(super) fn folded(summary: &str, content: &str) -> String {
    format!("<details class=\"more\"><summary>{}</summary>\n{content}</details>\n", escaped(summary))
}

#[cfg(test)]
mod tests {
    use super::{Table, folded};

    #[test]
    fn cells_have_the_names_of_their_columns() {
        let table = Table { first: "table", columns: &[("rows", true), ("note", false)], class: "x" };
        assert_eq!(
            table.row("a", "t", &["12".to_owned(), String::new()]),
            "<tr class=\"a\"><th scope=\"row\">t</th><td class=\"number\" data-label=\"rows\">12</td><td class=\" empty\" data-label=\"note\"></td></tr>\n"
        );
        assert!(table.around("").contains("<th scope=\"col\" class=\"number\">rows</th>"));
        assert!(folded("a < b", "").contains("<summary>a &lt; b</summary>"));
    }
}
