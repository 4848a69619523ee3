//! What PostgreSQL's reference calls a statement.

use squawk_syntax::ast::{AstNode, Stmt};

/// The command of a statement.
pub(super) fn of(statement: &Stmt) -> &'static str {
    match statement {
        Stmt::CommentOn(_) => "COMMENT",
        Stmt::CompoundSelect(_) | Stmt::ParenSelect(_) | Stmt::Table(_) => "SELECT",
        Stmt::Commit(_) => "COMMIT",
        Stmt::CreateIndex(index) if index.concurrently_token().is_some() => "CREATE INDEX CONCURRENTLY",
        Stmt::DropIndex(index) if index.concurrently_token().is_some() => "DROP INDEX CONCURRENTLY",
        Stmt::Refresh(view) if view.concurrently_token().is_some() => {
            "REFRESH MATERIALIZED VIEW CONCURRENTLY"
        }
        Stmt::Refresh(_) => "REFRESH MATERIALIZED VIEW",
        Stmt::Reindex(reindex) if reindex.is_concurrently() => "REINDEX CONCURRENTLY",
        Stmt::Rollback(_) => "ROLLBACK",
        Stmt::SavepointCreate(_) => "SAVEPOINT",
        Stmt::Reassign(_) => "REASSIGN OWNED",
        Stmt::ResetRole(_) => "SET ROLE",
        Stmt::SetSessionAuth(_) | Stmt::ResetSessionAuth(_) => "SET SESSION AUTHORIZATION",
        Stmt::DropTextSearchConfig(_) => "DROP TEXT SEARCH CONFIGURATION",
        Stmt::DropTextSearchDict(_) => "DROP TEXT SEARCH DICTIONARY",
        _ => named_by_its_kind(statement),
    }
}

/// The parser names its kinds of statements after the commands: `CREATE_TABLE_AS` is `CREATE TABLE AS`.
fn named_by_its_kind(statement: &Stmt) -> &'static str {
    let kind = format!("{:?}", statement.syntax().kind());
    let words = || kind.bytes().map(|byte| if byte == b'_' { b' ' } else { byte });
    let found = COMMANDS.binary_search_by(|command| command.bytes().cmp(words()));
    found.map_or("unknown command", |index| COMMANDS[index])
}

/// In alphabetical order.
#[rustfmt::skip]
const COMMANDS: &[&str] = &[
    "ALTER AGGREGATE", "ALTER COLLATION", "ALTER CONVERSION", "ALTER DATABASE", "ALTER DEFAULT PRIVILEGES",
    "ALTER DOMAIN", "ALTER EVENT TRIGGER", "ALTER EXTENSION", "ALTER FOREIGN DATA WRAPPER",
    "ALTER FOREIGN TABLE", "ALTER FUNCTION", "ALTER GROUP", "ALTER INDEX", "ALTER LANGUAGE",
    "ALTER LARGE OBJECT", "ALTER MATERIALIZED VIEW", "ALTER OPERATOR", "ALTER OPERATOR CLASS",
    "ALTER OPERATOR FAMILY", "ALTER POLICY", "ALTER PROCEDURE", "ALTER PROPERTY GRAPH", "ALTER PUBLICATION",
    "ALTER ROLE", "ALTER ROUTINE", "ALTER RULE", "ALTER SCHEMA", "ALTER SEQUENCE", "ALTER SERVER",
    "ALTER STATISTICS", "ALTER SUBSCRIPTION", "ALTER SYSTEM", "ALTER TABLE", "ALTER TABLESPACE",
    "ALTER TEXT SEARCH CONFIGURATION", "ALTER TEXT SEARCH DICTIONARY", "ALTER TEXT SEARCH PARSER",
    "ALTER TEXT SEARCH TEMPLATE", "ALTER TRIGGER", "ALTER TYPE", "ALTER USER", "ALTER USER MAPPING",
    "ALTER VIEW", "ANALYZE", "BEGIN", "CALL", "CHECKPOINT", "CLOSE", "CLUSTER", "COMMIT", "COPY",
    "CREATE ACCESS METHOD", "CREATE AGGREGATE", "CREATE CAST", "CREATE COLLATION", "CREATE CONVERSION",
    "CREATE DATABASE", "CREATE DOMAIN", "CREATE EVENT TRIGGER", "CREATE EXTENSION",
    "CREATE FOREIGN DATA WRAPPER", "CREATE FOREIGN TABLE", "CREATE FUNCTION", "CREATE GROUP", "CREATE INDEX",
    "CREATE LANGUAGE", "CREATE MATERIALIZED VIEW", "CREATE OPERATOR", "CREATE OPERATOR CLASS",
    "CREATE OPERATOR FAMILY", "CREATE POLICY", "CREATE PROCEDURE", "CREATE PROPERTY GRAPH",
    "CREATE PUBLICATION", "CREATE ROLE", "CREATE RULE", "CREATE SCHEMA", "CREATE SEQUENCE", "CREATE SERVER",
    "CREATE STATISTICS", "CREATE SUBSCRIPTION", "CREATE TABLE", "CREATE TABLE AS", "CREATE TABLESPACE",
    "CREATE TEXT SEARCH CONFIGURATION", "CREATE TEXT SEARCH DICTIONARY", "CREATE TEXT SEARCH PARSER",
    "CREATE TEXT SEARCH TEMPLATE", "CREATE TRANSFORM", "CREATE TRIGGER", "CREATE TYPE", "CREATE USER",
    "CREATE USER MAPPING", "CREATE VIEW", "DEALLOCATE", "DECLARE", "DELETE", "DISCARD", "DO",
    "DROP ACCESS METHOD", "DROP AGGREGATE", "DROP CAST", "DROP COLLATION", "DROP CONVERSION", "DROP DATABASE",
    "DROP DOMAIN", "DROP EVENT TRIGGER", "DROP EXTENSION", "DROP FOREIGN DATA WRAPPER", "DROP FOREIGN TABLE",
    "DROP FUNCTION", "DROP GROUP", "DROP INDEX", "DROP LANGUAGE", "DROP MATERIALIZED VIEW", "DROP OPERATOR",
    "DROP OPERATOR CLASS", "DROP OPERATOR FAMILY", "DROP OWNED", "DROP POLICY", "DROP PROCEDURE",
    "DROP PROPERTY GRAPH", "DROP PUBLICATION", "DROP ROLE", "DROP ROUTINE", "DROP RULE", "DROP SCHEMA",
    "DROP SEQUENCE", "DROP SERVER", "DROP STATISTICS", "DROP SUBSCRIPTION", "DROP TABLE", "DROP TABLESPACE",
    "DROP TEXT SEARCH PARSER", "DROP TEXT SEARCH TEMPLATE", "DROP TRANSFORM", "DROP TRIGGER", "DROP TYPE",
    "DROP USER", "DROP USER MAPPING", "DROP VIEW", "EXECUTE", "EXPLAIN", "FETCH", "GRANT",
    "IMPORT FOREIGN SCHEMA", "INSERT", "LISTEN", "LOAD", "LOCK", "MERGE", "MOVE", "NOTIFY", "PREPARE",
    "PREPARE TRANSACTION", "REINDEX", "RELEASE SAVEPOINT", "REPACK", "RESET", "REVOKE", "SECURITY LABEL",
    "SELECT", "SELECT INTO", "SET", "SET CONSTRAINTS", "SET ROLE", "SET TRANSACTION", "SHOW", "TRUNCATE",
    "UNLISTEN", "UPDATE", "VACUUM", "VALUES",
];

#[cfg(test)]
mod tests {
    #[test]
    fn commands_can_be_searched() {
        assert!(super::COMMANDS.is_sorted());
    }
}
