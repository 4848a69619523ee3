//! A catalog as one SQL script that makes it again.

use std::fmt::Write as _;

use crate::{Catalog, quote_ident};

mod arrays;
mod attached;
mod lexer;
mod mention;
mod order;
mod remedy;
mod routines;
mod tables;
mod types;
mod views;

use arrays::reread;
use order::{Statement, in_order};

impl Catalog {
    /// The script that makes this schema in a database with nothing in it, in an order that works.
    ///
    /// It runs on the major version that the catalog was read from and, as far as that knows the syntax, on others. All names are
    /// qualified, so that the search path does not matter. Statements come by kind: schemas, extensions, types, sequences,
    /// routines, tables, constraints, views, indexes, foreign keys, triggers; but what a definition mentions comes before
    /// it. Partitions are made on their own and attached, which keeps the order of their columns.
    ///
    /// An index that no query can use is preceded by the line `-- invalid`; made by this script it is valid, except that of
    /// a partitioned table, which stays `ON ONLY`.
    ///
    /// Not in it, because no catalog has it: foreign servers, roles that policies name, the libraries of C functions, options of
    /// columns of foreign tables, and what the page of this crate lists as left out.
    #[must_use]
    pub fn to_sql(&self) -> String {
        // Bodies in text form are not checked, so that they may use what is made later.
        let mut script = String::from("SET check_function_bodies = off;\n");
        for schema in &self.schemas {
            let _ = write!(script, "\nCREATE SCHEMA IF NOT EXISTS {};\n", quote_ident(schema));
        }
        for (name, extension) in &self.extensions {
            // The schema of an extension that brings its own is made with it.
            let at_home = self.schemas.contains(&extension.schema) || extension.schema == "pg_catalog";
            let schema =
                if at_home { format!(" SCHEMA {}", quote_ident(&extension.schema)) } else { String::new() };
            let _ =
                write!(script, "\nCREATE EXTENSION IF NOT EXISTS {}{schema} CASCADE;\n", quote_ident(name));
        }
        for statement in in_order(self.statements()) {
            let _ = write!(script, "\n{};\n", statement.text);
        }
        script
    }

    fn statements(&self) -> Vec<Statement> {
        let mut statements = Vec::new();
        types::types(self, &mut statements);
        types::sequences(self, &mut statements);
        routines::routines(self, &mut statements);
        tables::tables(self, &mut statements);
        views::views(self, &mut statements);
        attached::attached(self, &mut statements);
        statements
    }
}

/// `text` as a literal that reads the same whatever `standard_conforming_strings` is.
fn literal(text: &str) -> String {
    let escapes = if text.contains('\\') { "E" } else { "" };
    format!("{escapes}'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// ` WITH (…)` of storage parameters and view options such as `fillfactor=70`; nothing for none.
fn with_options(options: &[String]) -> String {
    if options.is_empty() {
        return String::new();
    }
    let one = |option: &String| match option.split_once('=') {
        Some((name, value)) => format!("{name}={}", literal(value)),
        None => option.clone(),
    };
    format!(" WITH ({})", options.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// A definition without the semicolon that some functions of the server print.
fn unterminated(definition: &str) -> &str {
    definition.trim_end().trim_end_matches(';').trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_keep_quotes_and_backslashes() {
        let check = |text: &str, expected: &str| assert_eq!(literal(text), expected);
        check("a", "'a'");
        check("it's", "'it''s'");
        check("C:\\x'", "E'C:\\\\x'''");
    }

    #[test]
    fn options_are_written_with_quoted_values() {
        let options = ["fillfactor=70".to_owned(), "security_barrier=true".to_owned()];
        assert_eq!(with_options(&options), " WITH (fillfactor='70', security_barrier='true')");
        assert_eq!(with_options(&[]), "");
    }
}
