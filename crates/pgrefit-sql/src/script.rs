//! A script as the statements it consists of.

use std::ops::Range;

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{AstNode, Stmt};

use crate::{Obstacle, Place};

/// A parsed script. Borrowed text in, byte ranges of it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    statements: Vec<Statement>,
    understood: bool,
}

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its bytes in the script, from its first word to its semicolon, comments around it left out.
    pub range: Range<usize>,
    /// Where it begins; in a text that was not understood, where the obstacle stands.
    pub place: Place,
    /// Why it cannot run in a transaction, if so.
    pub obstacle: Option<Obstacle>,
}

impl Script {
    /// Parses a script.
    ///
    /// A script that the parser does not understand (a syntax error, or syntax newer than the parser) becomes one
    /// statement that spans it whole: the server is the judge then, and its error position points into the same text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let parse = SourceFile::parse(text);
        if !parse.errors().is_empty() {
            let mut script = Self::unparsed(text);
            if let Some((obstacle, offset)) = Obstacle::among_tokens(&parse.syntax_node()) {
                script.statements[0].obstacle = Some(obstacle);
                script.statements[0].place = Place::of_byte(text, offset);
            }
            return script;
        }
        let statements = parse
            .tree()
            .stmts()
            .filter(|statement| !matches!(statement, Stmt::EmptyStmt(_)))
            .map(|statement| Statement::parsed(text, &statement))
            .collect();
        Self { statements, understood: true }
    }

    /// The script as one statement, without a look at it.
    #[must_use]
    pub fn unparsed(text: &str) -> Self {
        Self { statements: vec![Statement::whole(text)], understood: false }
    }

    /// The statements in order. Empty for a script of blanks and comments.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whether the parser understood the script; if not, [`Script::statements`] is the whole text as one piece.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        self.understood
    }

    /// The first statement that cannot run in a transaction, with the reason.
    #[must_use]
    pub fn first_obstacle(&self) -> Option<(&Statement, Obstacle)> {
        self.statements.iter().find_map(|statement| Some((statement, statement.obstacle?)))
    }
}

impl Statement {
    fn whole(text: &str) -> Self {
        Self { range: 0..text.len(), place: Place { line: 1, column: 1 }, obstacle: None }
    }

    fn parsed(text: &str, statement: &Stmt) -> Self {
        let range: Range<usize> = statement.syntax().text_range().into();
        Self { place: Place::of_byte(text, range.start), obstacle: Obstacle::of(statement), range }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_split_at_statement_borders() {
        let check = |text: &str, expected: &[&str]| {
            let script = Script::parse(text);
            let found: Vec<_> = script.statements().iter().map(|s| &text[s.range.clone()]).collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("", &[]);
        check("-- only a comment\n", &[]);
        check("SELECT 1", &["SELECT 1"]);
        check("SELECT 1;;\nSELECT ';' -- a;b\n;", &["SELECT 1;", "SELECT ';' -- a;b\n;"]);
        check(
            "DO $x$ BEGIN PERFORM 1; END $x$; SELECT 2;",
            &["DO $x$ BEGIN PERFORM 1; END $x$;", "SELECT 2;"],
        );
        check(
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; SELECT 3;",
            &["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;", "SELECT 3;"],
        );
    }

    #[test]
    fn a_script_that_is_not_understood_stays_whole() {
        let text = "SELEC 1; CREATE TABLE t ();";
        let script = Script::parse(text);
        assert!(!script.is_understood());
        assert_eq!(script.statements().len(), 1);
        assert_eq!(script.statements()[0].range, 0..text.len());
    }

    #[test]
    fn a_script_that_is_not_understood_does_not_hide_obstacles() {
        let check = |text: &str, expected: Option<(Obstacle, usize)>| {
            let script = Script::parse(text);
            assert!(!script.is_understood(), "{text}");
            let found = script.first_obstacle().map(|(statement, obstacle)| (obstacle, statement.place.line));
            assert_eq!(found, expected, "{text}");
        };
        check("SELEC 1;\n COMMIT;", Some((Obstacle::ControlsTransaction, 2)));
        check("SELEC 1; SELECT 'x; COMMIT;'; -- ; COMMIT", None);
        check("SELEC 1; ROLLBACK TO s;", None);
        check("SELEC 1;\nCOPY t (a) FROM STDIN;\n1\n\\\\.\n", Some((Obstacle::NeedsPsql, 2)));
        check("SELEC 1; COPY t FROM '/x'; SELECT stdin FROM t;", None);
        check("SELEC 1; ROLLBACK;", Some((Obstacle::ControlsTransaction, 1)));
        check("SELEC 1;\n\nVACUUM;", Some((Obstacle::RefusedInTransaction, 3)));
        check("SELEC 1; DO $$ BEGIN COMMIT; END $$;", None);
        check("SELEC 1; CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;", None);
    }

    #[test]
    fn obstacles_are_found() {
        let check = |text: &str, expected: Option<Obstacle>| {
            let script = Script::parse(text);
            assert!(script.is_understood(), "{text}");
            assert_eq!(script.first_obstacle().map(|(_, obstacle)| obstacle), expected, "{text}");
        };
        let refused = Some(Obstacle::RefusedInTransaction);
        let control = Some(Obstacle::ControlsTransaction);
        check("CREATE INDEX i ON t (a)", None);
        check("CREATE INDEX CONCURRENTLY i ON t (a)", refused);
        check("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", refused);
        check("DROP INDEX CONCURRENTLY i", refused);
        check("REINDEX INDEX CONCURRENTLY i", refused);
        check("REINDEX (CONCURRENTLY) TABLE t", refused);
        check("REINDEX DATABASE d", refused);
        check("REINDEX SCHEMA s", refused);
        check("REINDEX TABLE t", None);
        check("ALTER TABLE p DETACH PARTITION c CONCURRENTLY", refused);
        check("ALTER TABLE p DETACH PARTITION c", None);
        check("VACUUM t", refused);
        check("ALTER SYSTEM SET work_mem = '4MB'", refused);
        check("CREATE DATABASE d", refused);
        check("ALTER TYPE e ADD VALUE 'x'", None);
        check("BEGIN; SELECT 1; COMMIT", control);
        check("ROLLBACK", control);
        check("SAVEPOINT s; ROLLBACK TO SAVEPOINT s; RELEASE s", None);
        check("COPY t FROM STDIN", Some(Obstacle::NeedsPsql));
        check("COPY t TO STDOUT", Some(Obstacle::NeedsPsql));
        check("COPY t FROM '/tmp/x'", None);
        check("SELECT 'BEGIN; COMMIT; VACUUM' AS concurrently_x", None);
    }
}
