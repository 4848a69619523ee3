//! Scripts with data in them, as `pg_dump` and `psql` write them: statements, and rows behind `COPY … FROM stdin`.

/// A piece of a script to be sent in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadPiece<'a> {
    /// Statements, to be sent as they are.
    Sql(&'a str),
    /// A `COPY … FROM stdin;` and the rows for it, each with its line end, the closing `\.` left out.
    Copy {
        /// The statement with its semicolon.
        statement: &'a str,
        /// The rows in the format the statement names.
        rows: &'a str,
    },
}

/// Splits a script at its `COPY … FROM stdin;` lines.
///
/// The statement must stand on a line of its own, as `pg_dump` writes it; the rows end at a line `\.` or at the end of
/// the text. One pass over the lines, nothing is copied: scripts of hundreds of megabytes are fine.
#[must_use]
pub fn load_pieces(text: &str) -> Vec<LoadPiece<'_>> {
    let mut pieces = Vec::new();
    let mut sql_start = 0;
    let mut at = 0;
    while at < text.len() {
        let line_end = end_of_line(text, at);
        let line = &text[at..line_end];
        if !is_copy_from_stdin(line) {
            at = line_end;
            continue;
        }
        push_sql(&mut pieces, &text[sql_start..at]);
        let (rows, next) = rows_from(text, line_end);
        pieces.push(LoadPiece::Copy { statement: line.trim(), rows });
        (at, sql_start) = (next, next);
    }
    push_sql(&mut pieces, &text[sql_start..]);
    pieces
}

fn push_sql<'a>(pieces: &mut Vec<LoadPiece<'a>>, sql: &'a str) {
    if !sql.trim().is_empty() {
        pieces.push(LoadPiece::Sql(sql));
    }
}

/// The rows that begin at `start`, and where the text goes on behind their end mark.
fn rows_from(text: &str, start: usize) -> (&str, usize) {
    let mut at = start;
    while at < text.len() {
        let line_end = end_of_line(text, at);
        if text[at..line_end].trim_end() == "\\." {
            return (&text[start..at], line_end);
        }
        at = line_end;
    }
    (&text[start..], text.len())
}

fn end_of_line(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |length| from + length + 1)
}

fn is_copy_from_stdin(line: &str) -> bool {
    let has_prefix = line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("copy "));
    has_prefix && {
        let line = line.trim_end().to_ascii_lowercase();
        line.ends_with(';') && line.contains(" from stdin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_split_at_copy() {
        let check =
            |text: &str, expected: &[LoadPiece<'_>]| assert_eq!(load_pieces(text), expected, "{text:?}");
        let copy = |statement, rows| LoadPiece::Copy { statement, rows };
        check("", &[]);
        check("SELECT 1;\n", &[LoadPiece::Sql("SELECT 1;\n")]);
        check(
            "CREATE TABLE t (a int);\nCOPY public.t (a) FROM stdin;\n1\n2\n\\.\n\nSELECT 2;\n",
            &[
                LoadPiece::Sql("CREATE TABLE t (a int);\n"),
                copy("COPY public.t (a) FROM stdin;", "1\n2\n"),
                LoadPiece::Sql("\nSELECT 2;\n"),
            ],
        );
        check(
            "copy t from stdin with (format csv);\n1,2\n",
            &[copy("copy t from stdin with (format csv);", "1,2\n")],
        );
        check("COPY t FROM stdin;\n\\.\n", &[copy("COPY t FROM stdin;", "")]);
        check("COPY t FROM '/tmp/x';\n", &[LoadPiece::Sql("COPY t FROM '/tmp/x';\n")]);
        check("COPY t FROM stdin;\r\n1\r\n\\.\r\n", &[copy("COPY t FROM stdin;", "1\r\n")]);
    }
}
