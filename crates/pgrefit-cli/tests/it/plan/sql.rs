//! `pgrefit plan --sql` held against what the server logs of the run that follows.

use crate::harness::{Database, Folder, pgrefit};

/// What the server has logged as the statements of the session that migrates, each as it was sent.
fn logged(database: &Database) -> Vec<String> {
    let log = std::fs::read_to_string(database.server.log_path()).unwrap();
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut is_inside = false;
    for line in log.lines() {
        if let Some((prefix, statement)) = line.split_once("LOG:  statement: ") {
            let pid = prefix.split(['[', ']']).nth(1).unwrap_or_default();
            found.push((pid, statement.to_owned()));
            is_inside = true;
        } else if let Some(more) = line.strip_prefix('\t').filter(|_| is_inside) {
            let (_, last) = found.last_mut().unwrap();
            last.push('\n');
            last.push_str(more);
        } else {
            is_inside = false;
        }
    }
    let own = found.iter().find(|(_, sql)| sql.contains("/* pgrefit V2")).map(|(pid, _)| *pid).unwrap();
    found.into_iter().filter(|(pid, _)| *pid == own).map(|(_, sql)| sql).collect()
}

/// Without blanks and semicolons at the ends, and without the time of the history row.
fn bare(sql: &str) -> String {
    let mut text = sql.trim().trim_end_matches(';').trim_end().to_owned();
    while let Some(at) = text.find("Z', '").filter(|_| text.contains("applied_on")) {
        let start = text[..at].rfind('\'').unwrap();
        text.replace_range(start..=at + 1, "'<time>'");
    }
    text
}

/// The messages that write, or set something for those that do. A look at the catalog that is rolled back is followed by the
/// session's own settings, too.
fn writing(all: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut was_look = false;
    // A session begins with its limits.
    for sql in all
        .iter()
        .skip_while(|sql| sql.starts_with("SET ") || sql.starts_with("SELECT pg_catalog.pg_backend_pid"))
    {
        let is_look =
            ["SELECT ", "CREATE INDEX ON pg_temp", "ROLLBACK"].iter().any(|start| sql.starts_with(start))
                || sql.starts_with("BEGIN;") && !sql.ends_with("COMMIT")
                || sql.contains("pg_temp.")
                || (was_look && sql.starts_with("RESET SESSION AUTHORIZATION"));
        if !is_look {
            found.push(bare(sql));
        }
        was_look = is_look;
    }
    found
}

/// Plans, runs, and holds what was sent to write against the plan: the same, in the same order.
#[track_caller]
fn check(file: &str, expected: usize) {
    let (database, folder) =
        (Database::alone(), Folder::new(&[("V1__t.sql", "CREATE TABLE t (id int PRIMARY KEY, n int);")]));
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    folder.write("V2__x.sql", file);
    let planned = pgrefit(["plan", "--sql", "--wait-for-gap=false"])
        .inside(folder.path())
        .on(&database)
        .run()
        .expect(0);
    database.sql(&format!("ALTER DATABASE {} SET log_statement = 'all'", database.name));
    pgrefit(["migrate", "--wait-for-gap=false"]).inside(folder.path()).on(&database).run().expect(0);
    let sent = writing(&logged(&database));
    let (mut rest, mut passed_over) = (planned.stdout.as_str(), String::new());
    for sql in &sent {
        let Some(at) = rest.find(sql.as_str()) else {
            panic!("not in the plan, or not here:\n{sql}\n--- rest of the plan\n{rest}");
        };
        passed_over.push_str(&rest[..at]);
        rest = &rest[at + sql.len()..];
    }
    assert_eq!(sent.len(), expected, "{sent:#?}");
    // Nothing else is in the plan but comments.
    passed_over.push_str(rest);
    let is_more = |line: &&str| !line.starts_with("--") && !line.trim_matches(';').is_empty();
    let more: Vec<&str> = passed_over.lines().filter(is_more).collect();
    assert!(more.is_empty(), "{more:#?}");
}

#[test]
fn a_transaction_is_sent_as_planned() {
    check(
        "-- It's a file\\n\nALTER TABLE t ADD COLUMN x int;\nINSERT INTO t VALUES (1);\nSELECT 1 -- the end",
        1,
    );
}

#[test]
fn steps_are_sent_as_planned() {
    // The journal's table; a transaction; begun, settings, the statement, the session's own settings, done; the history row.
    check("INSERT INTO t VALUES (1);\nCREATE INDEX CONCURRENTLY i ON t (n);\n", 8);
}

#[test]
fn batches_have_names_for_what_is_not_known_yet() {
    let file = "-- pgrefit:backfill batch=20\nUPDATE t SET n = 1 WHERE n IS NULL;";
    let folder =
        Folder::new(&[("V1__t.sql", "CREATE TABLE t (id int PRIMARY KEY, n int);"), ("V2__x.sql", file)]);
    let ran = pgrefit(["plan", "--sql"]).inside(folder.path()).on(&Database::new()).run().expect(0);
    ran.shows(&[
        "before the first migration -- the tables that record migrations CREATE TABLE IF NOT EXISTS",
        "V1__t -- one transaction, sent as one message /* pgrefit V1 */ BEGIN;",
        "each batch begins (20 rows at first, then as many as take 100 ms)",
        "ORDER BY t.<key> OFFSET 19 LIMIT 1;",
        "/* pgrefit V2.1 */ UPDATE t SET n = 1 WHERE (t.<key> > '<key of the last row before>'::<type>",
        "AND t.<key> <= '<key of the last row>'::<type>) AND (n IS NULL );",
        "rows = rows + <rows>",
    ]);
}

#[test]
fn what_is_done_is_not_planned_again() {
    let folder = Folder::new(&[(
        "V1__t.sql",
        "CREATE TABLE t (id int, n int);\nCREATE INDEX CONCURRENTLY i ON t (n);\nALTER TABLE missing ADD COLUMN x int;",
    )]);
    let database = Database::new();
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(14);
    let ran = pgrefit(["plan", "--sql"]).inside(folder.path()).on(&database).run().expect(0);
    assert!(!ran.stdout.contains("CREATE INDEX CONCURRENTLY i ON t (n);\n\n"), "{}", ran.stdout);
    ran.shows(&["-- step 1 of 3 is done already", "-- step 2 of 3 is done already", "ALTER TABLE missing"]);
    // What the first migration has made is not foreign, although no version is recorded.
    database.sql("CREATE TABLE missing (id int)");
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
}

#[test]
fn a_plan_that_cannot_be_run_is_not_printed() {
    let folder = Folder::new(&[("V1__t.sql", "COMMIT;")]);
    let ran = pgrefit(["plan", "--sql"]).inside(folder.path()).on(&Database::new()).run().expect(11);
    assert_eq!(ran.stdout, "");
}
