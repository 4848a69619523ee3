//! Effects as one line each. Which locks the server takes is tested on a real one, in `tests/locks`.

use std::fmt::Write as _;

use super::*;

/// `lock on relation +reach, work; repeat, session, opaque`, one statement a line.
fn outline(text: &str, server_major: u32) -> String {
    let mut outline = String::new();
    for effect in effects(text, server_major).expect("it parses") {
        let mut parts: Vec<String> = effect
            .locks
            .iter()
            .map(|lock| {
                let reach = match lock.reach {
                    Reach::Named => "",
                    Reach::Partitions => " +partitions",
                    Reach::Partners => " +partners",
                    Reach::Both => " +both",
                };
                let kind = if lock.relation.kind == RelationKind::Index { "index " } else { "" };
                format!("{} on {kind}{}{reach}", lock.mode.sql(), lock.relation)
            })
            .collect();
        parts.extend(effect.work.iter().map(|work| match work {
            Work::Rewrite(relation) => format!("rewrite {relation}"),
            Work::Scan(relation) => format!("scan {relation}"),
        }));
        parts.push(format!("{:?}", effect.repeat).to_lowercase());
        parts.extend(effect.session.then(|| "session".to_owned()));
        parts.extend(effect.opaque.then(|| "opaque".to_owned()));
        writeln!(outline, "{}: {}", effect.command, parts.join(", ")).expect("a string takes all");
    }
    outline.trim_end().to_owned()
}

fn check(text: &str, expected: &str) {
    assert_eq!(outline(text, 18), expected, "{text}");
}

#[test]
fn statements_that_only_run_outside_of_a_transaction() {
    check(
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "CREATE INDEX CONCURRENTLY: SHARE UPDATE EXCLUSIVE on t +partitions, scan t, fails",
    );
    check(
        "DROP INDEX CONCURRENTLY IF EXISTS s.i",
        "DROP INDEX CONCURRENTLY: SHARE UPDATE EXCLUSIVE on index s.i +partitions, same",
    );
    check(
        "REINDEX (CONCURRENTLY) TABLE t",
        "REINDEX CONCURRENTLY: SHARE UPDATE EXCLUSIVE on t +partitions, scan t, same",
    );
    check(
        "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
        "ALTER TABLE: SHARE UPDATE EXCLUSIVE on p, ACCESS EXCLUSIVE on c +both, fails",
    );
    check("VACUUM (FULL) t", "VACUUM: ACCESS EXCLUSIVE on t +partitions, rewrite t, same");
    check(
        "VACUUM t, u",
        "VACUUM: SHARE UPDATE EXCLUSIVE on t +partitions, SHARE UPDATE EXCLUSIVE on u +partitions, same",
    );
}

#[test]
fn names_are_folded_and_unquoted() {
    let lock = |name| format!("LOCK: ACCESS EXCLUSIVE on {name} +partitions, same");
    check("LOCK T", &lock("t"));
    check("LOCK \"T\"", &lock("T"));
    check("LOCK App.\"a \"\"b\"\"\"", &lock("app.a \"b\""));
    check("LOCK d.app.t", &lock("app.t"));
}

#[test]
fn what_a_script_makes_is_nobody_elses() {
    check(
        "CREATE TABLE t (a int REFERENCES u); CREATE INDEX i ON public.t (a); DROP INDEX i; INSERT INTO t SELECT * FROM u",
        "CREATE TABLE: SHARE ROW EXCLUSIVE on u +partitions, fails\nCREATE INDEX: fails\nDROP INDEX: fails\n\
         INSERT: ACCESS SHARE on u +partitions, again",
    );
    check(
        "CREATE TABLE IF NOT EXISTS t (); ALTER TABLE t RENAME TO u; LOCK u",
        "CREATE TABLE: same\nALTER TABLE: ACCESS EXCLUSIVE on t, fails\nLOCK: ACCESS EXCLUSIVE on t +partitions, same",
    );
    check(
        "CREATE INDEX i ON t (a); DROP INDEX i",
        "CREATE INDEX: SHARE on t +partitions, scan t, fails\nDROP INDEX: ACCESS EXCLUSIVE on index i +partitions, fails",
    );
}

#[test]
fn scans_are_claimed_where_rows_must_be_looked_at() {
    let strongest = |what: &str| format!("ALTER TABLE: ACCESS EXCLUSIVE on t +partitions, {what}");
    check("ALTER TABLE t ALTER a SET NOT NULL", &strongest("scan t, same"));
    check("ALTER TABLE t ADD CHECK (a > 0)", &strongest("scan t, again"));
    check("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", &strongest("fails"));
    check("ALTER TABLE t ADD a int NOT NULL", &strongest("scan t, fails"));
    check("ALTER TABLE t ADD a int NOT NULL DEFAULT 1", &strongest("fails"));
    check("ALTER TABLE t ADD IF NOT EXISTS a int CHECK (a > 0)", &strongest("scan t, same"));
    check("ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i", &strongest("fails"));
    check("ALTER TABLE t ADD PRIMARY KEY (a)", &strongest("scan t, fails"));
    check(
        "ALTER TABLE t ADD a int REFERENCES u",
        "ALTER TABLE: ACCESS EXCLUSIVE on t +partitions, SHARE ROW EXCLUSIVE on u +partitions, fails",
    );
}

#[test]
fn rewrites_depend_on_the_version() {
    let sql = "ALTER TABLE t ADD a int GENERATED ALWAYS AS (1)";
    assert_eq!(outline(sql, 18), "ALTER TABLE: ACCESS EXCLUSIVE on t +partitions, fails");
    assert_eq!(outline(sql, 17), "ALTER TABLE: ACCESS EXCLUSIVE on t +partitions, rewrite t, fails");
}

#[test]
fn what_stays_in_the_session() {
    check("SET search_path = app", "SET: same, session");
    check("SET LOCAL search_path = app", "SET: same");
    check("SET LOCAL ROLE app", "SET ROLE: same");
    check("LISTEN x", "LISTEN: same, session");
    check("CREATE TEMP TABLE x ()", "CREATE TABLE: fails, session");
    check("SELECT set_config('a.b', 'c', false)", "SELECT: unknown, session");
    check("SELECT set_config('a.b', 'c', true)", "SELECT: unknown");
    check("SELECT pg_try_advisory_lock_shared(1)", "SELECT: unknown, session");
    check("SELECT pg_advisory_xact_lock(1)", "SELECT: unknown");
    check("SELECT count(*) FROM t", "SELECT: ACCESS SHARE on t +partitions, same");
    check("SELECT my_function()", "SELECT: unknown, session, opaque");
    check("SELECT app.now()", "SELECT: unknown, session, opaque");
    check("DO $$ BEGIN END $$", "DO: unknown, session, opaque");
    check("CREATE TABLE t (a int DEFAULT my_function())", "CREATE TABLE: fails");
    check("DECLARE c CURSOR WITH HOLD FOR SELECT 1", "DECLARE: fails, session");
}

#[test]
fn what_running_twice_does() {
    let repeat = |text: &str| {
        outline(text, 18).rsplit(", ").next().map(|last| last.rsplit(": ").next().unwrap_or(last).to_owned())
    };
    let check = |text: &str, expected: &str| assert_eq!(repeat(text).as_deref(), Some(expected), "{text}");
    check("INSERT INTO t VALUES (1)", "again");
    check("INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING", "same");
    check("UPDATE t SET n = n + 1", "again");
    check("UPDATE t SET n = 1", "same");
    check("UPDATE t SET n = m", "unknown");
    check("DELETE FROM t", "same");
    check("DROP TABLE t", "fails");
    check("DROP TABLE IF EXISTS t", "same");
    check("CREATE OR REPLACE VIEW v AS SELECT 1", "same");
    check("CREATE INDEX ON t (a)", "again");
    check("ALTER TABLE IF EXISTS t RENAME TO u", "same");
    check("ALTER TABLE t ALTER a TYPE int", "same");
    check("ALTER TABLE t ADD a int, ALTER b DROP DEFAULT", "fails");
    check("ALTER TYPE e ADD VALUE 'x'", "fails");
    check("ALTER TYPE e ADD VALUE IF NOT EXISTS 'x'", "same");
    check("ALTER SEQUENCE s RESTART", "again");
    check("GRANT SELECT ON t TO r", "same");
    check("COMMENT ON TABLE t IS 'x'", "same");
    check("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "fails");
    check("CREATE EXTENSION IF NOT EXISTS vector", "same");
}

#[test]
fn texts_that_do_not_parse_have_no_effects() {
    assert_eq!(effects("SELEC 1", 18), None);
    assert_eq!(effects("-- nothing\n;;", 18), Some(Vec::new()));
}

/// The command of every kind of statement is one that the reference knows.
#[test]
fn commands_are_known() {
    for (text, expected) in [
        ("CREATE TABLE t AS SELECT 1", "CREATE TABLE AS"),
        ("SELECT 1 UNION SELECT 2", "SELECT"),
        ("END", "COMMIT"),
        ("ROLLBACK TO s", "ROLLBACK"),
        ("REFRESH MATERIALIZED VIEW v", "REFRESH MATERIALIZED VIEW"),
        ("DROP TEXT SEARCH CONFIGURATION c", "DROP TEXT SEARCH CONFIGURATION"),
        ("RESET ROLE", "SET ROLE"),
    ] {
        assert_eq!(effects(text, 18).expect("it parses")[0].command, expected);
    }
}

#[test]
fn what_runs_inside_is_claimed() {
    let block = |body: &str, expected: &str| {
        let expected = if expected.is_empty() { String::new() } else { format!("{expected}, ") };
        check(&format!("DO $$ BEGIN {body} END $$"), &format!("DO: {expected}unknown, session, opaque"));
    };
    block("NULL;", "");
    block(
        "ALTER TABLE t ALTER a TYPE bigint; UPDATE u SET a = 1; DELETE FROM t;",
        "ACCESS EXCLUSIVE on t +both, ROW EXCLUSIVE on u +both, rewrite t",
    );
    block(
        "IF EXISTS (SELECT FROM t) THEN CREATE INDEX ON u (a); END IF;",
        "ACCESS SHARE on t +partitions, SHARE on u +partitions, scan u",
    );
    block(
        "EXECUTE format('ALTER TABLE %I ADD a int', x); EXECUTE 'LOCK ' || 't';",
        "ACCESS EXCLUSIVE on t +partitions",
    );
    block("EXECUTE format('TRUNCATE %I.t, part_%s, u', x, y);", "ACCESS EXCLUSIVE on u +partitions");
    block("CREATE TABLE t (a int); CREATE INDEX ON t (a); LOCK u;", "ACCESS EXCLUSIVE on u +partitions");
    block(
        "IF a THEN CREATE TABLE t (a int); LOCK t; END IF; DO $x$ BEGIN LOCK u; END $x$;",
        "ACCESS EXCLUSIVE on u +partitions",
    );
    block("IF a THEN CREATE TABLE t (a int); END IF; LOCK t;", "ACCESS EXCLUSIVE on t +partitions");
    block("IF a THEN CREATE TABLE t (a int); ELSE LOCK t; END IF;", "ACCESS EXCLUSIVE on t +partitions");
    check("DO LANGUAGE plv8 'x'", "DO: unknown, session, opaque");
    check(
        "DO $$ BEGIN CREATE TABLE t (); END $$; LOCK t; DO $$ BEGIN LOCK t, u; END $$",
        "DO: unknown, session, opaque\nLOCK: same\nDO: ACCESS EXCLUSIVE on u +partitions, unknown, session, opaque",
    );
}

#[test]
fn routines_of_the_script_are_followed() {
    let routine = |kind: &str, name: &str, body: &str| {
        format!(
            "CREATE {kind} {name}() {} LANGUAGE plpgsql AS $f$ BEGIN {body} END $f$;\n",
            if kind == "FUNCTION" { "RETURNS void" } else { "" }
        )
    };
    let last = |text: &str, expected: &str| {
        assert_eq!(outline(text, 18).lines().last(), Some(expected), "{text}");
    };
    let f = routine("FUNCTION", "f", "LOCK t;");
    last(&f, "CREATE FUNCTION: fails");
    last(&format!("{f} SELECT f()"), "SELECT: ACCESS EXCLUSIVE on t +partitions, unknown, session, opaque");
    last(
        &format!("{f} SELECT public.f()"),
        "SELECT: ACCESS EXCLUSIVE on t +partitions, unknown, session, opaque",
    );
    last(&format!("{f} SELECT app.f()"), "SELECT: unknown, session, opaque");
    last(
        &format!("{f} DO $$ BEGIN PERFORM f(); END $$"),
        "DO: ACCESS EXCLUSIVE on t +partitions, unknown, session, opaque",
    );
    last(&format!("{f} CREATE VIEW v AS SELECT f()"), "CREATE VIEW: fails");
    last(&format!("CREATE TABLE t (); {f} SELECT f()"), "SELECT: unknown, session, opaque");
    let p = routine("PROCEDURE", "p", "LOCK t; CALL q();") + &routine("PROCEDURE", "q", "CALL p(); LOCK u;");
    last(
        &format!("{p} CALL p()"),
        "CALL: ACCESS EXCLUSIVE on t +partitions, ACCESS EXCLUSIVE on u +partitions, unknown, session, opaque",
    );
    let replaced = f.replace("CREATE", "CREATE OR REPLACE").replace("LOCK t", "LOCK u");
    last(
        &format!("{f} {replaced} SELECT f()"),
        "SELECT: ACCESS EXCLUSIVE on u +partitions, unknown, session, opaque",
    );
    last(
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'DELETE FROM t; SELECT count(*) FROM u'",
        "CREATE FUNCTION: ROW EXCLUSIVE on t, ACCESS SHARE on u, fails",
    );
}

/// Each block is inside of the one before.
#[test]
fn blocks_in_blocks_end_somewhere() {
    let nested = |depth: usize| {
        (0..depth).fold("LOCK t;".to_owned(), |inner, at| format!("DO $x{at}$ BEGIN {inner} END $x{at}$;"))
    };
    check(&nested(8), "DO: ACCESS EXCLUSIVE on t +partitions, unknown, session, opaque");
    check(&nested(9), "DO: unknown, session, opaque");
    check(&nested(500), "DO: unknown, session, opaque");
}
