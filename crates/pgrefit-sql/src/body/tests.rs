//! Bodies and the statements in them.

use super::*;
use crate::parse::parse;

/// `sql` at the bytes `range`, one statement a line, with its marks; last what was not seen.
fn outline(text: &str) -> String {
    let parsed = parse(text);
    assert_eq!(parsed.errors(), [], "{text}");
    let statement = parsed.tree().stmts().next().expect("a statement");
    let Some(body) = body(&statement, text) else { return "no body".to_owned() };
    let mut lines = Vec::new();
    for inner in &body.statements {
        assert!(parse(&inner.sql).errors().is_empty(), "{} in {text}", inner.sql);
        let mut marks = String::new();
        for (is, mark) in [(inner.dynamic, " dynamic"), (inner.in_loop, " loop"), (inner.conditional, " if")]
        {
            marks.push_str(if is { mark } else { "" });
        }
        let blanks: Vec<_> = inner.sql.split_whitespace().collect();
        lines.push(format!("{}{marks}", blanks.join(" ")));
    }
    if !body.unseen.is_empty() {
        lines.push(format!("{} unseen", body.unseen.len()));
    }
    if body.ends_transactions {
        lines.push("ends transactions".to_owned());
    }
    lines.join("\n")
}

fn check(body: &str, expected: &str) {
    assert_eq!(outline(&format!("DO $body$ {body} $body$;")), expected, "{body}");
}

#[test]
fn statements_of_sql_are_found() {
    check("BEGIN ALTER TABLE t ADD a int; END", "ALTER TABLE t ADD a int;");
    check("BEGIN END", "");
    check("BEGIN NULL; END;", "");
    check("BEGIN\n  UPDATE t SET a = 1; DELETE FROM t;\nEND", "UPDATE t SET a = 1;\nDELETE FROM t;");
    check("DECLARE a int; b text := 'x;y'; BEGIN TRUNCATE t; END", "TRUNCATE t;");
    check("BEGIN PERFORM f(1) FROM t WHERE a; END", "SELECT f(1) FROM t WHERE a;");
    check("BEGIN perform 1; END", "SELECT 1;");
    check(
        "BEGIN LOCK t; REINDEX TABLE t; REFRESH MATERIALIZED VIEW v; END",
        "LOCK t;\nREINDEX TABLE t;\nREFRESH MATERIALIZED VIEW v;",
    );
    check(
        "BEGIN COPY t FROM '/x'; MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE; END",
        "COPY t FROM '/x';\nMERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE;",
    );
    check("BEGIN CALL p(1); END", "CALL p(1);");
    check("BEGIN BEGIN BEGIN DROP TABLE t; END; END; END", "DROP TABLE t;");
    check("BEGIN COMMIT; ROLLBACK; END", "ends transactions");
    check(
        "BEGIN SET LOCAL lock_timeout = '1s'; CREATE INDEX ON t (a); END",
        "SET LOCAL lock_timeout = '1s';\nCREATE INDEX ON t (a);",
    );
    check(
        "BEGIN CREATE RULE r AS ON DELETE TO t DO ALSO (DELETE FROM u; DELETE FROM v); DROP TABLE t; END",
        "CREATE RULE r AS ON DELETE TO t DO ALSO (DELETE FROM u; DELETE FROM v);\nDROP TABLE t;",
    );
}

#[test]
fn strings_and_comments_are_no_code() {
    check(
        "BEGIN -- BEGIN; DROP TABLE t;\n /* END; /* DROP TABLE u; */ */ DELETE FROM t; END",
        "DELETE FROM t;",
    );
    check(
        "BEGIN INSERT INTO t VALUES ('END; DROP TABLE u;', 'it''s'); END",
        "INSERT INTO t VALUES ('END; DROP TABLE u;', 'it''s');",
    );
    check(
        "BEGIN INSERT INTO t VALUES ($x$END; $$ DROP TABLE u;$x$); DELETE FROM t; END",
        "INSERT INTO t VALUES ($x$END; $$ DROP TABLE u;$x$);\nDELETE FROM t;",
    );
    check("BEGIN UPDATE t SET \"end\" = 1, \"a;b\" = 2; END", "UPDATE t SET \"end\" = 1, \"a;b\" = 2;");
    check(
        "BEGIN INSERT INTO t VALUES (E'it\\'s; END'); DELETE FROM t; END",
        "INSERT INTO t VALUES (E'it\\'s; END');\nDELETE FROM t;",
    );
}

#[test]
fn conditions_and_branches_are_marked() {
    check(
        "BEGIN IF NOT EXISTS (SELECT 1 FROM t WHERE a) THEN DROP TABLE t; END IF; DROP TABLE u; END",
        "SELECT NOT EXISTS (SELECT 1 FROM t WHERE a);\nDROP TABLE t; if\nDROP TABLE u;",
    );
    check(
        "BEGIN IF a THEN DROP TABLE a; ELSIF b > (SELECT count(*) FROM t) THEN DROP TABLE b; ELSE DROP TABLE c; END IF; DROP TABLE d; END",
        "DROP TABLE a; if\nSELECT b > (SELECT count(*) FROM t); if\nDROP TABLE b; if\nDROP TABLE c; if\nDROP TABLE d;",
    );
    check("BEGIN IF a = CASE WHEN b THEN 1 ELSE 2 END THEN DELETE FROM t; END IF; END", "DELETE FROM t; if");
    check(
        "BEGIN CASE a WHEN 1, 2 THEN DELETE FROM t; WHEN 3 THEN DELETE FROM u; ELSE DELETE FROM v; END CASE; DELETE FROM w; END",
        "DELETE FROM t; if\nDELETE FROM u; if\nDELETE FROM v; if\nDELETE FROM w;",
    );
    check("BEGIN CASE WHEN a THEN DELETE FROM t; END CASE; END", "DELETE FROM t; if");
    check(
        "BEGIN UPDATE t SET a = CASE WHEN b THEN 1 END WHERE c; DELETE FROM t; END",
        "UPDATE t SET a = CASE WHEN b THEN 1 END WHERE c;\nDELETE FROM t;",
    );
    check(
        "BEGIN DELETE FROM t; EXCEPTION WHEN unique_violation OR SQLSTATE '22012' THEN DELETE FROM u; WHEN OTHERS THEN NULL; END",
        "DELETE FROM t;\nDELETE FROM u; if",
    );
    check(
        "BEGIN BEGIN DELETE FROM t; EXCEPTION WHEN OTHERS THEN RAISE; END; DELETE FROM u; END",
        "DELETE FROM t;\nDELETE FROM u;",
    );
    check(
        "BEGIN IF a THEN IF b THEN DELETE FROM t; END IF; DELETE FROM u; END IF; END",
        "DELETE FROM t; if\nDELETE FROM u; if",
    );
}

#[test]
fn loops_are_marked() {
    check(
        "BEGIN LOOP DELETE FROM t; EXIT WHEN NOT FOUND; END LOOP; DELETE FROM u; END",
        "DELETE FROM t; loop\nDELETE FROM u;",
    );
    check(
        "BEGIN <<l>> WHILE EXISTS (SELECT FROM t) LOOP DELETE FROM t; CONTINUE l WHEN f(); END LOOP l; END",
        "SELECT EXISTS (SELECT FROM t); loop\nDELETE FROM t; loop\nSELECT f(); loop",
    );
    check(
        "BEGIN FOR r IN SELECT id FROM t ORDER BY id LOOP UPDATE u SET a = r.id; END LOOP; END",
        "SELECT id FROM t ORDER BY id;\nUPDATE u SET a = r.id; loop",
    );
    check(
        "BEGIN FOR i IN REVERSE (SELECT max(a) FROM t) .. 1 BY 2 LOOP DELETE FROM u; END LOOP; END",
        "SELECT (SELECT max(a) FROM t);\nDELETE FROM u; loop",
    );
    check("BEGIN FOR i IN 1..10 LOOP DELETE FROM u; END LOOP; END", "DELETE FROM u; loop");
    check("BEGIN FOR a, b IN (SELECT 1, 2 FROM t) LOOP NULL; END LOOP; END", "(SELECT 1, 2 FROM t);");
    check(
        "BEGIN FOR r IN c LOOP DELETE FROM u; END LOOP; FOR r IN c(1, (2)) LOOP DELETE FROM v; END LOOP; END",
        "DELETE FROM u; loop\nDELETE FROM v; loop",
    );
    check(
        "BEGIN FOREACH a SLICE 1 IN ARRAY (SELECT array_agg(x) FROM t) LOOP DELETE FROM u; END LOOP; END",
        "SELECT (SELECT array_agg(x) FROM t);\nDELETE FROM u; loop",
    );
    check(
        "BEGIN FOR r IN EXECUTE format('SELECT * FROM %I', x) LOOP DROP TABLE a; END LOOP; END",
        "SELECT * FROM pgrefit_unknown; dynamic\nDROP TABLE a; loop",
    );
    check(
        "BEGIN FOR r IN EXECUTE 'SELECT $1 FROM t' USING a, b LOOP IF c THEN DELETE FROM t; END IF; END LOOP; END",
        "SELECT $1 FROM t; dynamic\nDELETE FROM t; loop if",
    );
    check(
        "BEGIN FOR r IN DELETE FROM t RETURNING id LOOP NULL; END LOOP; END",
        "DELETE FROM t RETURNING id;",
    );
    check(
        "BEGIN FOR r IN WITH x AS (SELECT 1) SELECT * FROM x LOOP NULL; END LOOP; END",
        "WITH x AS (SELECT 1) SELECT * FROM x;",
    );
}

#[test]
fn variables_behind_into_are_no_sql() {
    check("BEGIN SELECT a INTO b FROM t; END", "SELECT a FROM t;");
    check("BEGIN SELECT a, b INTO STRICT x.y, z[1] FROM t; END", "SELECT a, b FROM t;");
    check("BEGIN SELECT INTO r * FROM t; END", "SELECT * FROM t;");
    check("BEGIN SELECT INTO a, b c, d FROM t; END", "SELECT c, d FROM t;");
    check(
        "BEGIN INSERT INTO t (a) VALUES (1) RETURNING id INTO x; END",
        "INSERT INTO t (a) VALUES (1) RETURNING id;",
    );
    check("BEGIN UPDATE t SET a = 1 RETURNING b, c INTO x, y; END", "UPDATE t SET a = 1 RETURNING b, c;");
    check(
        "BEGIN WITH n AS (INSERT INTO t VALUES (1) RETURNING a) SELECT count(*) INTO x FROM n; END",
        "WITH n AS (INSERT INTO t VALUES (1) RETURNING a) SELECT count(*) FROM n;",
    );
    check("BEGIN SELECT CASE WHEN a THEN 1 END INTO x FROM t; END", "SELECT CASE WHEN a THEN 1 END FROM t;");
    check(
        "BEGIN CREATE TABLE n AS SELECT 1 AS a; IMPORT FOREIGN SCHEMA a FROM SERVER s INTO b; END",
        "CREATE TABLE n AS SELECT 1 AS a;\nIMPORT FOREIGN SCHEMA a FROM SERVER s INTO b;",
    );
}

#[test]
fn expressions_count_when_they_read_or_call() {
    check(
        "DECLARE a int := (SELECT count(*) FROM t); b int DEFAULT f(); BEGIN END",
        "SELECT (SELECT count(*) FROM t);\nSELECT f();",
    );
    check("BEGIN a := lower('x') || now(); b.c := 1; d[1] = 2; END", "");
    check("BEGIN a := count(*) FROM t; END", "SELECT count(*) FROM t;");
    check("BEGIN a.b[1] := app.f(a); END", "SELECT app.f(a);");
    check("BEGIN RETURN (SELECT max(a) FROM t); END", "SELECT (SELECT max(a) FROM t);");
    check(
        "BEGIN RETURN NEXT f(); RETURN QUERY SELECT * FROM t; RETURN QUERY EXECUTE 'TABLE u'; RETURN; END",
        "SELECT f();\nSELECT * FROM t;\nTABLE u; dynamic",
    );
    check(
        "BEGIN RAISE NOTICE '% %', a, (SELECT 1 FROM t) USING HINT = f(a), DETAIL = 'x'; END",
        "SELECT (SELECT 1 FROM t);\nSELECT f(a);",
    );
    check(
        "BEGIN ASSERT (SELECT count(*) FROM t) = 0, 'not empty'; GET DIAGNOSTICS n = ROW_COUNT; END",
        "SELECT (SELECT count(*) FROM t) = 0;",
    );
    check(
        "DECLARE c NO SCROLL CURSOR (x int) FOR SELECT * FROM t WHERE a = x; d CURSOR IS TABLE u; e refcursor; BEGIN OPEN c(1); FETCH NEXT FROM c INTO r; MOVE c; CLOSE c; OPEN e FOR SELECT * FROM v; OPEN e FOR EXECUTE 'SELECT * FROM w' USING 1; END",
        "SELECT * FROM t WHERE a = x;\nTABLE u;\nSELECT * FROM v;\nSELECT * FROM w; dynamic",
    );
}

#[test]
fn dynamic_texts_are_put_together() {
    check("BEGIN EXECUTE 'ALTER TABLE t ADD a int'; END", "ALTER TABLE t ADD a int; dynamic");
    check("BEGIN EXECUTE 'UPDATE t SET a = $1' USING b; END", "UPDATE t SET a = $1; dynamic");
    check("BEGIN EXECUTE 'SELECT count(*) FROM t' INTO n; END", "SELECT count(*) FROM t; dynamic");
    check("BEGIN EXECUTE stmt; EXECUTE f(); EXECUTE prefix || ' TABLE t'; END", "3 unseen");
    check(
        "BEGIN EXECUTE 'ALTER TABLE ' || quote_ident(r.name) || ' ADD a int'; END",
        "ALTER TABLE pgrefit_unknown ADD a int; dynamic",
    );
    check(
        "BEGIN EXECUTE format('CREATE TABLE %I PARTITION OF t FOR VALUES FROM (%L) TO (%L)', 'p_' || y, a, b); END",
        "CREATE TABLE pgrefit_unknown PARTITION OF t FOR VALUES FROM ('pgrefit_unknown') TO ('pgrefit_unknown'); dynamic",
    );
    check(
        "BEGIN EXECUTE format('ALTER TABLE %1$I.%2$I ADD %s int DEFAULT 1 -- 100%%', 'App', 'users', 'x'); END",
        "ALTER TABLE \"App\".users ADD x int DEFAULT 1 -- 100% ; dynamic",
    );
    check(
        "BEGIN EXECUTE 'CREATE INDEX i_' || n || ' ON t (a) WHERE b = ' || quote_literal('it''s'); END",
        "CREATE INDEX i_pgrefit_unknown ON t (a) WHERE b = 'it''s'; dynamic",
    );
    check(
        "BEGIN EXECUTE 'ALTER SEQUENCE s RESTART WITH ' || n; END",
        "ALTER SEQUENCE s RESTART WITH 0; dynamic",
    );
    check(
        "BEGIN EXECUTE 'DROP TABLE t; DROP TABLE u;' || E'\\n' || $x$DROP TABLE v$x$; END",
        "DROP TABLE t; dynamic\nDROP TABLE u; dynamic\nDROP TABLE v; dynamic",
    );
    check(
        "BEGIN EXECUTE concat('DROP TABLE ', 'a', 1::text, (CASE WHEN x THEN 'b' END)); END",
        "DROP TABLE a1pgrefit_unknown; dynamic",
    );
    check(
        "BEGIN EXECUTE format('DROP TABLE %s', VARIADIC a); EXECUTE format(x, 'a'); EXECUTE format('%z', 1); END",
        "3 unseen",
    );
    check("BEGIN EXECUTE format('UPDATE t SET %s WHERE a', x); END", "1 unseen");
    check(
        "BEGIN EXECUTE format('DROP TABLE %I', tg_argv[0]) USING a; EXECUTE 'DROP TABLE ' || 't'::text; END",
        "DROP TABLE pgrefit_unknown; dynamic\nDROP TABLE t; dynamic",
    );
    check(
        "BEGIN EXECUTE 'DO $i$ BEGIN DROP TABLE t; END $i$'; DO $j$ BEGIN DROP TABLE u; END $j$; END",
        "DO $i$ BEGIN DROP TABLE t; END $i$; dynamic\nDO $j$ BEGIN DROP TABLE u; END $j$;",
    );
}

#[test]
fn what_does_not_parse_is_counted() {
    check("BEGIN this is nothing; DELETE FROM t; END", "DELETE FROM t;\n1 unseen");
    check("BEGIN UPDATE t SET; DELETE FROM t; END", "DELETE FROM t;\n1 unseen");
    check("BEGIN IF a THEN DELETE FROM t; ", "DELETE FROM t; if");
    check("END IF; END LOOP; END; ELSE THEN WHEN", "1 unseen");
    check("BEGIN DELETE FROM t WHERE (a; END", "1 unseen");
    check("", "");
    check(
        "#variable_conflict use_column\n#print_strict_params on\n<<b>> DECLARE a int; BEGIN DELETE FROM t; END b",
        "DELETE FROM t;",
    );
    check(
        "BEGIN CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END; DELETE FROM t; END",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END;\nDELETE FROM t;",
    );
    check(
        "BEGIN CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN RETURN 1; END $f$; DELETE FROM t; END",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN RETURN 1; END $f$;\nDELETE FROM t;",
    );
}

#[test]
fn bodies_come_in_several_forms() {
    let check = |text: &str, expected: &str| assert_eq!(outline(text), expected, "{text}");
    check("DO 'BEGIN DELETE FROM t WHERE a = ''x''; END'", "DELETE FROM t WHERE a = 'x';");
    check("DO LANGUAGE plpgsql $$ BEGIN DELETE FROM t; END $$", "DELETE FROM t;");
    check("DO $$ BEGIN DELETE FROM t; END $$ LANGUAGE plpgsql", "DELETE FROM t;");
    check("DO LANGUAGE plv8 $$ x $$", "no body");
    check("SELECT 1", "no body");
    check(
        "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1 FROM t; DELETE FROM t $$ LANGUAGE sql",
        "SELECT 1 FROM t;\nDELETE FROM t;",
    );
    check(
        "CREATE OR REPLACE PROCEDURE p(a int) LANGUAGE plpgsql AS $$ BEGIN COMMIT; DELETE FROM t; END $$",
        "DELETE FROM t;\nends transactions",
    );
    check("CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'lib', 'f'", "no body");
    check(
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 FROM t; INSERT INTO u VALUES (1); END",
        "SELECT 1 FROM t;\nINSERT INTO u VALUES (1);",
    );
    check("CREATE FUNCTION f() RETURNS int RETURN (SELECT 1 FROM t)", "SELECT (SELECT 1 FROM t);");
    check("CREATE FUNCTION f() RETURNS int RETURN 1", "");
    check(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'DELETE' THEN INSERT INTO log VALUES (OLD.*); RETURN OLD; END IF; NEW.a := now(); RETURN NEW; END $$",
        "INSERT INTO log VALUES (OLD.*); if",
    );
}

/// The bytes of a statement are where the outer text has it, whatever the quotes.
#[test]
fn places_are_those_of_the_outer_text() {
    let check = |text: &str, expected: &[&str]| {
        let parsed = parse(text);
        let statement = parsed.tree().stmts().last().expect("a statement");
        let found = inner_statements(&statement, text).expect("a body");
        let found: Vec<_> = found.iter().map(|inner| &text[inner.range.clone()]).collect();
        assert_eq!(found, expected, "{text}");
    };
    check(
        "SELECT 'é'; DO $$ BEGIN\n  PERFORM f('é');\n  SELECT a INTO b FROM t;\nEND $$",
        &["PERFORM f('é')", "SELECT a INTO b FROM t"],
    );
    check(
        "DO $$BEGIN IF EXISTS (SELECT FROM t) THEN EXECUTE format('DROP TABLE %I', x) USING y; END IF; END$$",
        &["EXISTS (SELECT FROM t)", "format('DROP TABLE %I', x)"],
    );
    check(
        "DO 'BEGIN INSERT INTO t VALUES (''a''); DELETE FROM t WHERE b = ''ü''; END'",
        &["INSERT INTO t VALUES (''a'')", "DELETE FROM t WHERE b = ''ü''"],
    );
    check("DO E'BEGIN\\n\\tDELETE FROM t;\\nDELETE FROM\\nu; END'", &["DELETE FROM t", "DELETE FROM\\nu"]);
    check("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 FROM t ; END", &["SELECT 1 FROM t"]);
    check("SELECT 1; CREATE FUNCTION f() RETURNS int RETURN  (SELECT 1 FROM t);", &["(SELECT 1 FROM t)"]);
    check("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $x$ SELECT 1 FROM t; $x$", &["SELECT 1 FROM t"]);
}
