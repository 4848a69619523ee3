//! Puts a text through everything that reads SQL, and checks what must hold for any text whatever.

use pgrefit_sql::{
    Script, body, called_routines, directives, effects, load_pieces, parse, plain_text, same_meaning, split,
};
use squawk_syntax::ast::Stmt;

/// A script as a file may hold it.
///
/// # Panics
/// Something does not hold.
pub(crate) fn script(text: &str) {
    let parsed = parse(text);
    let understood = parsed.errors().is_empty();
    assert!(parsed.errors().iter().all(|error| error.offset <= text.len()));

    let script = Script::parse(text);
    assert_eq!(script.is_understood(), understood, "both parse it, or neither");
    let mut end = 0;
    for statement in script.statements() {
        assert!(text.get(statement.range.clone()).is_some(), "a range of the text");
        // A directive before no statement is told at the end, wherever it stands.
        assert!(statement.range.start >= end || statement.range.is_empty(), "one behind the other");
        end = end.max(statement.range.end);
    }

    for server_major in [15, 18] {
        let effects = effects(text, server_major);
        assert_eq!(effects.is_some(), understood);
        if let Some(effects) = effects {
            let statements = parsed.tree().stmts().filter(|it| !matches!(it, Stmt::EmptyStmt(_))).count();
            assert_eq!(effects.len(), statements, "one effect a statement");
        }
        // The parser takes some words for names that are none, so that the parts of nonsense need not parse.
        let _ = split(text, server_major);
    }

    let _ = directives(text);
    let _ = load_pieces(text);
    assert!(same_meaning(text, text));
    let _ = plain_text(text);

    for statement in parsed.tree().stmts() {
        let _ = called_routines(&statement);
        let Some(body) = body(&statement, text) else { continue };
        for inner in &body.statements {
            assert!(text.get(inner.range.clone()).is_some(), "a range of the text: {}", inner.sql);
            assert!(parse(&inner.sql).errors().is_empty(), "inside, but no SQL: {}", inner.sql);
        }
        assert!(body.unseen.iter().all(|range| text.get(range.clone()).is_some()), "a range of the text");
    }
}

/// The text as a body, in each form that a body comes in.
///
/// # Panics
/// Something does not hold.
pub(crate) fn bodies(text: &str) {
    script(&format!("DO $fuzz$ {text} $fuzz$;"));
    script(&format!("DO '{}';", text.replace('\'', "''")));
    script(&format!("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $fuzz$ {text} $fuzz$; SELECT f();"));
    script(&format!(
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS E'{}'; CALL p();",
        text.replace('\\', "\\\\").replace('\'', "\\'")
    ));
    script(&format!("DO $fuzz$ BEGIN EXECUTE {text}; END $fuzz$;"));
}
