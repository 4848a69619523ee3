//! Texts that nest deeper than a stack.

use super::*;
use crate::{Script, Split, body, directives, effects, same_meaning, split};

/// A thread with the stack that a test or a worker has, so that an overflow shows.
fn check(name: &str, text: String, understood: bool) {
    let name = name.to_owned();
    let work = move || {
        let parsed = parse(&text);
        assert_eq!(parsed.errors().is_empty(), understood, "{name}: {:?}", parsed.errors().first());
        assert_eq!(Script::parse(&text).is_understood(), understood, "{name}");
        assert_eq!(effects(&text, 18).is_some(), understood, "{name}");
        assert!(same_meaning(&text, &text), "{name}");
        let _ = (directives(&text), split(&text, 18));
        for statement in parsed.tree().stmts() {
            let _ = body(&statement, &text);
        }
    };
    let thread = thread::Builder::new().stack_size(1 << 20).spawn(work).expect("a thread");
    thread.join().expect("no panic");
}

/// A text that nests as deep as it is told to.
type Text = fn(usize) -> String;

/// Each at a depth that is fine, and at one that would overflow the stack.
#[test]
fn whatever_nests_is_parsed_or_refused() {
    let cases: [(&str, Text); 22] = [
        ("brackets", |n| format!("SELECT {}1{}", "(".repeat(n), ")".repeat(n))),
        ("queries", |n| format!("SELECT {}1{}", "(SELECT ".repeat(n), ")".repeat(n))),
        ("from", |n| format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(n), ") x".repeat(n))),
        ("calls", |n| format!("SELECT {}1{}", "f(1, ".repeat(n), ")".repeat(n))),
        ("arrays", |n| format!("SELECT ARRAY{}1{}", "[".repeat(n), "]".repeat(n))),
        ("with", |n| format!("{}SELECT 1{}", "WITH a AS (".repeat(n), ") SELECT 1".repeat(n))),
        ("in", |n| format!("SELECT {}1{}", "1 IN (".repeat(n), ")".repeat(n))),
        ("not", |n| format!("SELECT {}true", "NOT ".repeat(n))),
        ("minus", |n| format!("SELECT {}1", "- ".repeat(n))),
        ("case", |n| format!("SELECT {}1{}", "CASE WHEN true THEN ".repeat(n), " END".repeat(n))),
        ("texts", |n| format!("SELECT 1{}", " || 'a'".repeat(n))),
        ("sum", |n| format!("SELECT 1{}", " + 1".repeat(n))),
        ("or", |n| format!("DELETE FROM t WHERE a = 1{}", " OR a = 1".repeat(n))),
        ("casts", |n| format!("SELECT 1{}", "::int".repeat(n))),
        ("union", |n| format!("SELECT 1, 2{}", " UNION ALL SELECT 1, 2".repeat(n))),
        ("joins", |n| format!("SELECT * FROM t{}", " JOIN u ON true".repeat(n))),
        ("indexes", |n| format!("SELECT a{}", "[1]".repeat(n))),
        ("between", |n| format!("SELECT a{}", " BETWEEN a AND a".repeat(n))),
        ("collations", |n| format!("SELECT a{}", " COLLATE a".repeat(n))),
        ("body", |n| {
            format!(
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT {}1{}$$",
                "(".repeat(n),
                ")".repeat(n)
            )
        }),
        ("quoted body", |n| {
            format!("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT {}1'", "NOT ".repeat(n))
        }),
        ("neighbour", |n| format!("SELECT 1; SELECT {}1{}; SELECT 2", "(".repeat(n), ")".repeat(n))),
    ];
    for (name, text) in cases {
        check(name, text(60), true);
        check(name, text(10_000), false);
    }
}

#[test]
fn what_is_wrong_anyway_is_no_danger() {
    for n in [10, 150, 20_000] {
        check("open", format!("SELECT {}", "(".repeat(n)), false);
        check("closed", format!("SELECT {}", ")".repeat(n)), false);
        check("explain", format!("{}SELECT 1", "EXPLAIN ".repeat(n)), false);
        check("case", format!("SELECT {}1", "CASE ".repeat(n)), false);
        check("atomic", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; ".repeat(n), false);
        check("rule", format!("{}SELECT 1", "CREATE RULE r AS ON INSERT TO t DO ".repeat(n)), false);
    }
}

/// Length is no depth.
#[test]
fn long_texts_are_fine() {
    let list = |n: usize, item: &str| vec![item; n].join(", ");
    check("rows", format!("INSERT INTO t VALUES {}", list(2_000, "(1, 'a', f(2))")), true);
    check(
        "columns",
        format!("CREATE TABLE t ({})", list(300, "a int NOT NULL DEFAULT 1 CHECK (a > 0)")),
        true,
    );
    check("statements", "UPDATE t SET a = 1 WHERE b = 2;\n".repeat(1_000), true);
    check("union", format!("SELECT 1, 2{}", " UNION ALL SELECT 1, 2".repeat(600)), true);
    check("or", format!("DELETE FROM t WHERE a = 1{}", " OR a = 1".repeat(600)), true);
}

#[test]
fn what_nests_too_deep_is_told() {
    let deep = format!(
        "-- pgrefit:lock-timeout 2s\nSELECT 1;\nSELECT {};\n-- pgrefit:phase expand\n",
        "(".repeat(9_000)
    );
    let parsed = parse(&deep);
    let expected = SyntaxError {
        offset: deep.rfind("SELECT").expect("there"),
        message: "the statement nests too deep: more than 2000 levels".to_owned(),
    };
    assert_eq!(parsed.errors(), [expected]);
    assert_eq!(directives(&deep).map(|all| all.len()), Ok(2));
    let error = split(&deep, 18).expect_err("a syntax error");
    assert!(error.to_string().contains("nests too deep"), "{error}");
    assert!(matches!(split("SELECT 1", 18), Ok(Split::Already)));
}

/// Blocks in blocks, and routines in routines, are strings to the parser.
#[test]
fn bodies_in_bodies_are_no_danger() {
    let nested = |n: usize, head: &str| {
        let inner = "SELECT 1;".to_owned();
        (0..n).fold(inner, |inner, at| format!("{head} $x{at}$ BEGIN {inner} END $x{at}$;"))
    };
    for n in [5, 60] {
        check("do", nested(n, "DO"), true);
        check("function", nested(n, "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS"), true);
    }
    let deep = format!(
        "DO $$ BEGIN PERFORM {}1{}; EXECUTE 'SELECT {}1'; END $$",
        "(".repeat(9_000),
        ")".repeat(9_000),
        "NOT ".repeat(9_000)
    );
    check("inside", deep, true);
    let blocks =
        format!("DO $$ {} NULL; {} $$", "BEGIN IF a THEN ".repeat(3_000), "END IF; END; ".repeat(3_000));
    check("blocks", blocks, true);
    let dynamic = format!(
        "DO $$ BEGIN EXECUTE {}'x'{}; EXECUTE 'x'{}; END $$",
        "format(".repeat(200),
        ")".repeat(200),
        " || 'x'".repeat(1_200)
    );
    check("dynamic", dynamic, true);
}
