//! Definitions as the server prints them, with another name or with another column in their key.

use pgrefit_catalog::{Name, quote_ident};

/// `CREATE INDEX` as the server prints it, with `column` (quoted) at the end of its key. `None` if it is not understood.
pub(super) fn widened_index(definition: &str, column: &str) -> Option<String> {
    let open = definition.find(" USING ").and_then(|_| key_list(definition))?;
    widened_at(definition, open, column)
}

/// `PRIMARY KEY (…)` or `UNIQUE … (…)`, with `column` (quoted) at the end of its key.
pub(super) fn widened_constraint(definition: &str, column: &str) -> Option<String> {
    widened_at(definition, definition.find('(')?, column)
}

/// The same `CREATE UNIQUE INDEX`, made concurrently and by another name.
pub(super) fn concurrent_index(definition: &str, table: &Name, name: &str, new: &str) -> Option<String> {
    let before = format!("CREATE UNIQUE INDEX {} ON {table} USING ", quote_ident(name));
    let rest = definition.strip_prefix(&before)?;
    Some(format!("CREATE UNIQUE INDEX CONCURRENTLY {} ON {table} USING {rest}", quote_ident(new)))
}

/// What follows the key of a constraint: `DEFERRABLE INITIALLY DEFERRED`.
pub(super) fn deferral(definition: &str) -> &'static str {
    match (definition.contains(" DEFERRABLE"), definition.contains(" INITIALLY DEFERRED")) {
        (true, true) => " DEFERRABLE INITIALLY DEFERRED",
        (true, false) => " DEFERRABLE",
        (false, _) => "",
    }
}

/// Where the key of an index begins: the parenthesis behind the access method.
fn key_list(definition: &str) -> Option<usize> {
    let mut quoted = false;
    let using = definition.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (!quoted && definition[at..].starts_with(" USING ")).then_some(at)
    })?;
    Some(using + definition[using..].find('(')?)
}

fn widened_at(definition: &str, open: usize, column: &str) -> Option<String> {
    let close = closing(definition, open)?;
    let (before, behind) = definition.split_at(close);
    Some(format!("{before}, {column}{behind}"))
}

/// The parenthesis that closes the one at `open`.
fn closing(text: &str, open: usize) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < open) {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use pgrefit_catalog::Name;

    use super::{concurrent_index, deferral, widened_constraint, widened_index};

    #[test]
    fn the_key_of_an_index_gets_a_column_more() {
        let check = |definition: &str, expected: &str| {
            assert_eq!(widened_index(definition, "at").as_deref(), Some(expected), "{definition}");
        };
        check(
            "CREATE UNIQUE INDEX a ON s.t USING btree (x, y)",
            "CREATE UNIQUE INDEX a ON s.t USING btree (x, y, at)",
        );
        check(
            "CREATE UNIQUE INDEX a ON s.t USING btree (lower((x)::text), y DESC) INCLUDE (z) WHERE (x <> ')'::text)",
            "CREATE UNIQUE INDEX a ON s.t USING btree (lower((x)::text), y DESC, at) INCLUDE (z) WHERE (x <> ')'::text)",
        );
        check(
            "CREATE UNIQUE INDEX \"a USING (\" ON s.\"t USING (\" USING btree (\"x)\") NULLS NOT DISTINCT",
            "CREATE UNIQUE INDEX \"a USING (\" ON s.\"t USING (\" USING btree (\"x)\", at) NULLS NOT DISTINCT",
        );
    }

    #[test]
    fn so_does_that_of_a_constraint() {
        let check = |definition: &str, expected: &str, end: &str| {
            assert_eq!(widened_constraint(definition, "at").as_deref(), Some(expected), "{definition}");
            assert_eq!(deferral(definition), end);
        };
        check("PRIMARY KEY (id)", "PRIMARY KEY (id, at)", "");
        check(
            "UNIQUE NULLS NOT DISTINCT (\"a)\", b) INCLUDE (c) DEFERRABLE INITIALLY DEFERRED",
            "UNIQUE NULLS NOT DISTINCT (\"a)\", b, at) INCLUDE (c) DEFERRABLE INITIALLY DEFERRED",
            " DEFERRABLE INITIALLY DEFERRED",
        );
        check("UNIQUE (a) DEFERRABLE", "UNIQUE (a, at) DEFERRABLE", " DEFERRABLE");
    }

    #[test]
    fn an_index_is_made_concurrently_by_another_name() {
        let table = Name::new("s", "Odd T");
        let found =
            concurrent_index("CREATE UNIQUE INDEX a ON s.\"Odd T\" USING btree (x)", &table, "a", "B");
        assert_eq!(
            found.as_deref(),
            Some("CREATE UNIQUE INDEX CONCURRENTLY \"B\" ON s.\"Odd T\" USING btree (x)")
        );
        assert_eq!(concurrent_index("CREATE INDEX a ON s.t USING btree (x)", &table, "a", "b"), None);
    }
}
