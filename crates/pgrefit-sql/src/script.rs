//! A script as the statements it consists of.

use std::ops::Range;

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{AlterTableAction, AstNode, SetScope, Stmt};

use crate::directive::placed;
use crate::parse::{Parsed, parse};
use crate::standalone::text as text_of;
use crate::{Backfill, BackfillOptions, Directive, Obstacle, Place, Standalone};

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
    /// Why it cannot run, if so.
    pub obstacle: Option<Obstacle>,
    /// How it runs.
    pub run: Run,
    /// Whether it is `VALIDATE CONSTRAINT` and nothing else: long, under a weak lock, and of no use to a transaction that
    /// holds a strong one.
    pub validates: bool,
}

/// How a statement of a migration runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// In a transaction, together with its neighbours.
    Together,
    /// Changes the session for the statements behind it: `SET` without `LOCAL`, `RESET`.
    Setting,
    /// On its own, outside of a transaction block.
    Alone(Standalone),
    /// In batches, each a transaction of its own.
    Batches(Box<Backfill>),
}

impl Script {
    /// Parses a script.
    ///
    /// A script that the parser does not understand (a syntax error, or syntax newer than the parser) becomes one
    /// statement that spans it whole: the server is the judge then, and its error position points into the same text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::of(text, &parse(text))
    }

    /// The same of a text that is parsed already.
    #[must_use]
    pub fn of(text: &str, parse: &Parsed) -> Self {
        if !parse.errors().is_empty() {
            let mut script = Self::unparsed(text);
            if let Some((obstacle, offset)) = Obstacle::among_tokens(&parse.syntax_node()) {
                script.statements[0].obstacle = Some(obstacle);
                script.statements[0].place = Place::of_byte(text, offset);
            } else if let Some((offset, _)) = backfills(text, &parse.syntax_node()).first() {
                let reason = "the parser does not understand the file, which is sent as it is";
                script.statements[0].obstacle = Some(Obstacle::NotBatches(reason));
                script.statements[0].place = Place::of_byte(text, *offset);
            }
            return script;
        }
        let mut backfills = backfills(text, &parse.syntax_node());
        let parsed: Vec<Stmt> =
            parse.tree().stmts().filter(|statement| !matches!(statement, Stmt::EmptyStmt(_))).collect();
        let mut statements: Vec<Statement> = Vec::with_capacity(parsed.len());
        for (index, statement) in parsed.iter().enumerate() {
            let mut found = Statement::parsed(text, statement);
            let from = statements.last().map_or(0, |before| before.range.end);
            if let Some(at) = backfills.iter().position(|(at, _)| (from..found.range.start).contains(at)) {
                let (_, options) = backfills.remove(at);
                found.run_in_batches(statement, &options);
            } else if let Some(alone) = used_later(statement, &parsed[index + 1..]) {
                found.run = Run::Alone(alone);
            }
            statements.push(found);
        }
        if let Some((offset, _)) = backfills.first() {
            statements.push(Statement::misplaced(text, *offset));
        }
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

    /// Whether all of it runs in one transaction: no statement is on its own or in batches.
    #[must_use]
    pub fn is_one_transaction(&self) -> bool {
        self.statements.iter().all(|statement| matches!(statement.run, Run::Together | Run::Setting))
    }

    /// The first statement that cannot run, with the reason.
    #[must_use]
    pub fn first_obstacle(&self) -> Option<(&Statement, Obstacle)> {
        self.statements.iter().find_map(|statement| Some((statement, statement.obstacle?)))
    }
}

impl Statement {
    fn whole(text: &str) -> Self {
        Self {
            range: 0..text.len(),
            place: Place { line: 1, column: 1 },
            obstacle: None,
            run: Run::Together,
            validates: false,
        }
    }

    /// A directive `backfill` that no statement follows.
    fn misplaced(text: &str, offset: usize) -> Self {
        let obstacle = Some(Obstacle::NotBatches("the directive stands before no statement"));
        Self {
            range: offset..offset,
            place: Place::of_byte(text, offset),
            obstacle,
            run: Run::Together,
            validates: false,
        }
    }

    fn run_in_batches(&mut self, statement: &Stmt, options: &BackfillOptions) {
        match Backfill::of(statement, options.clone()) {
            Ok(backfill) => self.run = Run::Batches(Box::new(backfill)),
            Err(reason) => self.obstacle = Some(Obstacle::NotBatches(reason)),
        }
    }

    fn parsed(text: &str, statement: &Stmt) -> Self {
        let range: Range<usize> = statement.syntax().text_range().into();
        let run = match Standalone::of(statement) {
            Some(alone) => Run::Alone(alone),
            None if is_setting(statement) => Run::Setting,
            None => Run::Together,
        };
        Self {
            place: Place::of_byte(text, range.start),
            obstacle: Obstacle::of(statement),
            range,
            run,
            validates: only_validates(statement),
        }
    }
}

/// The `backfill` directives with the places of their comments. A directive that is wrong was refused when the file was read.
fn backfills(text: &str, root: &SyntaxNode) -> Vec<(usize, BackfillOptions)> {
    if !text.contains("pgrefit:") {
        return Vec::new();
    }
    let all = placed(text, root).unwrap_or_default().into_iter();
    all.filter_map(|(at, directive)| match directive {
        Directive::Backfill(options) => Some((at, options)),
        _ => None,
    })
    .collect()
}

fn only_validates(statement: &Stmt) -> bool {
    let Stmt::AlterTable(alter) = statement else { return false };
    let mut actions = alter.actions().peekable();
    actions.peek().is_some()
        && actions.all(|action| matches!(action, AlterTableAction::ValidateConstraint(_)))
}

fn is_setting(statement: &Stmt) -> bool {
    match statement {
        Stmt::Set(set) => !matches!(set.set_scope(), Some(SetScope::LocalScope(_))),
        Stmt::Reset(_)
        | Stmt::ResetRole(_)
        | Stmt::ResetSessionAuth(_)
        | Stmt::SetRole(_)
        | Stmt::SetSessionAuth(_) => true,
        _ => false,
    }
}

/// `ALTER TYPE … ADD VALUE` of a value that a later statement names: it must be committed before that one runs (SQLSTATE
/// 55P04).
fn used_later(statement: &Stmt, later: &[Stmt]) -> Option<Standalone> {
    let alone = Standalone::add_value(statement)?;
    let Standalone::AddValue { label, .. } = &alone else { return None };
    later.iter().any(|statement| text_of(statement.syntax()).contains(label.as_str())).then_some(alone)
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
        check("\\set x 1\nSELECT 1;", Some((Obstacle::PsqlCommand, 1)));
        check("SELECT 1;\n\\i other.sql\n", Some((Obstacle::PsqlCommand, 2)));
        check("SELEC '\\set';", None);
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
        let control = Some(Obstacle::ControlsTransaction);
        check("CREATE INDEX CONCURRENTLY i ON t (a)", None);
        check("CREATE INDEX CONCURRENTLY ON t (a)", Some(Obstacle::Unnamed));
        check("BEGIN; SELECT 1; COMMIT", control);
        check("ROLLBACK", control);
        check("SAVEPOINT s; ROLLBACK TO SAVEPOINT s; RELEASE s", None);
        check("COPY t FROM STDIN", Some(Obstacle::NeedsPsql));
        check("COPY t TO STDOUT", Some(Obstacle::NeedsPsql));
        check("COPY t FROM '/tmp/x'", None);
        check("SELECT 'BEGIN; COMMIT; VACUUM' AS concurrently_x", None);
    }

    #[test]
    fn statements_run_in_their_way() {
        let check = |text: &str, expected: &[&str]| {
            let script = Script::parse(text);
            assert!(script.is_understood(), "{text}");
            let found: Vec<_> = script
                .statements()
                .iter()
                .map(|statement| match &statement.run {
                    Run::Together => "together".to_owned(),
                    Run::Setting => "setting".to_owned(),
                    Run::Alone(alone) => {
                        format!("{alone:?}").split([' ', '(']).next().unwrap_or_default().to_owned()
                    }
                    Run::Batches(_) => "batches".to_owned(),
                })
                .collect();
            assert_eq!(found, expected, "{text}");
            assert_eq!(
                script.is_one_transaction(),
                expected.iter().all(|way| matches!(*way, "together" | "setting"))
            );
        };
        check("CREATE INDEX i ON t (a)", &["together"]);
        check("CREATE INDEX CONCURRENTLY i ON t (a)", &["CreateIndex"]);
        check("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", &["CreateIndex"]);
        check("DROP INDEX CONCURRENTLY i; DROP INDEX j", &["DropIndex", "together"]);
        check("REINDEX INDEX CONCURRENTLY i", &["Reindex"]);
        check("REINDEX (CONCURRENTLY) TABLE t", &["Reindex"]);
        check("REINDEX DATABASE d; REINDEX SCHEMA CONCURRENTLY s", &["Repeatable", "Reindex"]);
        check("REINDEX TABLE t", &["together"]);
        check("ALTER TABLE p DETACH PARTITION c CONCURRENTLY", &["Detach"]);
        check("ALTER TABLE p DETACH PARTITION c", &["together"]);
        check("VACUUM t; ALTER SYSTEM SET work_mem = '4MB'", &["Repeatable", "Repeatable"]);
        check("CREATE DATABASE d; DROP TABLESPACE IF EXISTS t", &["Create", "Drop"]);
        check("ALTER TYPE e ADD VALUE 'x'", &["together"]);
        check("ALTER TYPE e ADD VALUE 'x'; UPDATE t SET a = 'x'", &["AddValue", "together"]);
        check(
            "SET search_path = a; SET LOCAL lock_timeout = 1; RESET ROLE",
            &["setting", "together", "setting"],
        );
        check(
            "SELECT 1; -- pgrefit:backfill\nUPDATE t SET a = 1; DELETE FROM t",
            &["together", "batches", "together"],
        );
    }

    #[test]
    fn a_backfill_that_cannot_be_one_is_an_obstacle() {
        let check = |text: &str, line: usize, part: &str| {
            let script = Script::parse(text);
            let (statement, obstacle) = script.first_obstacle().expect(text);
            assert_eq!(statement.place.line, line, "{text}");
            assert!(
                matches!(obstacle, Obstacle::NotBatches(reason) if reason.contains(part)),
                "{obstacle:?}"
            );
        };
        check("-- pgrefit:backfill\nSELECT 1;", 2, "only UPDATE");
        check("SELECT 1;\n-- pgrefit:backfill\n", 2, "before no statement");
        check("UPDATE t\n-- pgrefit:backfill\nSET a = 1; SELECT 1;", 2, "before no statement");
        check("SELEC 1;\n-- pgrefit:backfill\nUPDATE t SET a = 1;", 2, "does not understand");
    }

    #[test]
    fn what_stands_alone_is_known_by_name() {
        let check = |text: &str, expected: Standalone| {
            let script = Script::parse(text);
            assert_eq!(script.statements()[0].run, Run::Alone(expected), "{text}");
        };
        check(
            "DROP INDEX CONCURRENTLY IF EXISTS app.\"I x\";",
            Standalone::DropIndex { index: "app.\"I x\"".into() },
        );
        check(
            "REINDEX INDEX CONCURRENTLY app.i",
            Standalone::Reindex(crate::ReindexTarget::Index("app.i".into())),
        );
        check(
            "ALTER TABLE app.p DETACH PARTITION c CONCURRENTLY",
            Standalone::Detach { parent: "app.p".into(), partition: "c".into() },
        );
        let script = Script::parse(
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I\" ON ONLY app.t USING btree (lower(a) DESC) WHERE b;",
        );
        let Run::Alone(Standalone::CreateIndex(index)) = &script.statements()[0].run else {
            panic!("not an index")
        };
        assert_eq!(index.index.as_deref(), Some("\"I\""));
        assert_eq!(index.on("x"), "CREATE UNIQUE INDEX ON x USING btree (lower(a) DESC) WHERE b");
    }
}
