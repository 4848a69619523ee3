//! Migrations and the files they become. That the results are equal is tested on a real server, in `tests/locks`.

use super::*;

/// Each file as `words: statements`.
fn outline(text: &str) -> Vec<String> {
    match split(text, 18) {
        Ok(Split::Already) => vec!["already".to_owned()],
        Ok(Split::Parts(parts)) => parts
            .into_iter()
            .map(|part| {
                assert!(!part.why.is_empty(), "{text}");
                format!("{}: {}", part.words, part.sql.trim().replace('\n', " "))
            })
            .collect(),
        Err(error) => vec![error.to_string()],
    }
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(outline(text), expected, "{text}");
}

#[test]
fn foreign_keys_and_checks_are_validated_later() {
    check(
        "ALTER TABLE app.b ADD FOREIGN KEY (a_id) REFERENCES a ON DELETE CASCADE;",
        &[
            "add_b_a_id_fkey_not_valid: -- pgrefit:phase expand ALTER TABLE app.b ADD CONSTRAINT b_a_id_fkey FOREIGN \
             KEY (a_id) REFERENCES a ON DELETE CASCADE NOT VALID;",
            "validate_b_a_id_fkey: ALTER TABLE app.b VALIDATE CONSTRAINT b_a_id_fkey;",
        ],
    );
    check(
        "ALTER TABLE \"B\" ADD CHECK (n > 0 AND n < length('x'))",
        &[
            "add_b_n_check_not_valid: -- pgrefit:phase expand ALTER TABLE \"B\" ADD CONSTRAINT \"B_n_check\" CHECK (n \
             > 0 AND n < length('x')) NOT VALID;",
            "validate_b_n_check: ALTER TABLE \"B\" VALIDATE CONSTRAINT \"B_n_check\";",
        ],
    );
    check("ALTER TABLE b ADD CONSTRAINT c CHECK (n > 0) NOT VALID;", &["already"]);
    check("ALTER TABLE b VALIDATE CONSTRAINT c;", &["already"]);
}

#[test]
fn not_null_goes_by_way_of_a_check() {
    check(
        "ALTER TABLE b ALTER n SET NOT NULL, ADD x int",
        &[
            "add_b_n_not_null_check_not_valid: -- pgrefit:phase expand ALTER TABLE b ADD CONSTRAINT \
             b_n_not_null_check CHECK (n IS NOT NULL) NOT VALID;",
            "validate_b_n_not_null_check: ALTER TABLE b VALIDATE CONSTRAINT b_n_not_null_check;",
            "set_b_n_not_null: ALTER TABLE b ALTER COLUMN n SET NOT NULL; ALTER TABLE b DROP CONSTRAINT \
             b_n_not_null_check;",
            "alter_table_b: ALTER TABLE b ADD x int;",
        ],
    );
}

#[test]
fn columns_of_one_table_become_not_null_together() {
    check(
        "ALTER TABLE t ALTER a SET NOT NULL, ALTER \"B\" SET NOT NULL",
        &[
            "add_t_a_b_not_null_check_not_valid: -- pgrefit:phase expand ALTER TABLE t ADD CONSTRAINT \
             t_a_not_null_check CHECK (a IS NOT NULL) NOT VALID, ADD CONSTRAINT \"t_B_not_null_check\" CHECK (\"B\" \
             IS NOT NULL) NOT VALID;",
            "validate_t_a_b_not_null_check: ALTER TABLE t VALIDATE CONSTRAINT t_a_not_null_check, VALIDATE \
             CONSTRAINT \"t_B_not_null_check\";",
            "set_t_a_b_not_null: ALTER TABLE t ALTER COLUMN a SET NOT NULL, ALTER COLUMN \"B\" SET NOT NULL; ALTER \
             TABLE t DROP CONSTRAINT t_a_not_null_check, DROP CONSTRAINT \"t_B_not_null_check\";",
        ],
    );
}

#[test]
fn the_last_step_of_not_null_is_known() {
    check("ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t DROP CONSTRAINT c;", &["already"]);
    let other = outline("ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE u DROP CONSTRAINT c;");
    assert_eq!(other.len(), 4);
}

#[test]
fn indexes_are_built_and_dropped_concurrently() {
    check(
        "-- Why.\nCREATE INDEX ON t USING gin (lower(a), b) WHERE b > 1",
        &[
            "create_t_lower_b_idx: -- Why. CREATE INDEX CONCURRENTLY t_lower_b_idx ON t USING gin (lower(a), b) WHERE \
             b > 1;",
        ],
    );
    check(
        "DROP INDEX IF EXISTS i, app.j;",
        &[
            "drop_i: DROP INDEX CONCURRENTLY IF EXISTS i;",
            "drop_app_j: DROP INDEX CONCURRENTLY IF EXISTS app.j;",
        ],
    );
    check("REINDEX TABLE t", &["reindex_t: REINDEX TABLE CONCURRENTLY t;"]);
    check("CREATE INDEX CONCURRENTLY i ON t (a);", &["already"]);
    check("CREATE TABLE t (a int); CREATE INDEX ON t (a); UPDATE t SET a = 1;", &["already"]);
}

#[test]
fn constraints_with_an_index_take_it_over() {
    check(
        "ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (c) WITH (fillfactor=70) DEFERRABLE",
        &[
            "create_t_a_b_key: CREATE UNIQUE INDEX CONCURRENTLY t_a_b_key ON t (a, b) INCLUDE (c) NULLS NOT DISTINCT \
             WITH (fillfactor=70);",
            "add_t_a_b_key: ALTER TABLE t ADD CONSTRAINT t_a_b_key UNIQUE USING INDEX t_a_b_key DEFERRABLE;",
        ],
    );
    check(
        "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a)",
        &[
            "add_t_a_not_null_check_not_valid: -- pgrefit:phase expand ALTER TABLE t ADD CONSTRAINT \
             t_a_not_null_check CHECK (a IS NOT NULL) NOT VALID;",
            "validate_t_a_not_null_check: ALTER TABLE t VALIDATE CONSTRAINT t_a_not_null_check;",
            "set_t_a_not_null: ALTER TABLE t ALTER COLUMN a SET NOT NULL; ALTER TABLE t DROP CONSTRAINT \
             t_a_not_null_check;",
            "create_k: CREATE UNIQUE INDEX CONCURRENTLY k ON t (a);",
            "add_k: ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY USING INDEX k;",
        ],
    );
    check("ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX k;", &["already"]);
}

#[test]
fn columns_come_without_what_reads_or_writes_rows() {
    check(
        "ALTER TABLE t ADD COLUMN IF NOT EXISTS u uuid DEFAULT gen_random_uuid()",
        &[
            "add_t_u: -- pgrefit:phase expand ALTER TABLE t ADD COLUMN IF NOT EXISTS u uuid; ALTER TABLE t ALTER \
             COLUMN u SET DEFAULT gen_random_uuid();",
            "backfill_t_u: -- pgrefit:backfill UPDATE t SET u = gen_random_uuid() WHERE u IS NULL;",
        ],
    );
    check(
        "ALTER TABLE t ADD s_id int NOT NULL DEFAULT 1 REFERENCES s (id)",
        &[
            "add_t_s_id: -- pgrefit:phase expand ALTER TABLE t ADD s_id int NOT NULL DEFAULT 1;",
            "add_t_s_id_fkey_not_valid: -- pgrefit:phase expand ALTER TABLE t ADD CONSTRAINT t_s_id_fkey FOREIGN KEY \
             (s_id) REFERENCES s (id) NOT VALID;",
            "validate_t_s_id_fkey: ALTER TABLE t VALIDATE CONSTRAINT t_s_id_fkey;",
        ],
    );
    check("ALTER TABLE t ADD a int NOT NULL DEFAULT 1, ADD b timestamptz DEFAULT now();", &["already"]);
}

#[test]
fn a_new_type_is_a_new_column() {
    let found = outline("ALTER TABLE app.t ALTER COLUMN \"C\" TYPE bigint USING \"C\"::bigint");
    let words: Vec<&str> = found.iter().map(|part| part.split(':').next().unwrap_or_default()).collect();
    assert_eq!(words, ["add_t_c_new", "keep_t_c_in_step", "backfill_t_c_new", "swap_t_c", "drop_t_c_old"]);
    assert_eq!(
        found[3],
        "swap_t_c: DROP TRIGGER \"zz_t_C_in_step\" ON app.t; ALTER TABLE app.t RENAME COLUMN \"C\" TO \"C_old\"; ALTER \
         TABLE app.t RENAME COLUMN \"C_new\" TO \"C\"; ALTER TABLE app.t ALTER COLUMN \"C_old\" DROP NOT NULL;"
    );
    assert_eq!(
        found[4],
        "drop_t_c_old: -- pgrefit:phase contract DROP FUNCTION app.\"t_C_in_step\"(); ALTER TABLE app.t DROP COLUMN \
         \"C_old\";"
    );
}

#[test]
fn changes_of_whole_tables_are_backfills() {
    check("UPDATE t SET a = 1", &["update_t: -- pgrefit:backfill UPDATE t SET a = 1;"]);
    check("DELETE FROM t WHERE a < 5", &["delete_from_t: -- pgrefit:backfill DELETE FROM t WHERE a < 5;"]);
    check(
        "INSERT INTO t SELECT * FROM u",
        &["insert_into_t: -- pgrefit:backfill INSERT INTO t SELECT * FROM u;"],
    );
    for text in [
        "UPDATE t SET a = 1 WHERE id = 5 AND b;",
        "DELETE FROM t WHERE t.id IN (1, 2);",
        "INSERT INTO t VALUES (1);",
        "INSERT INTO t SELECT 1;",
        "DELETE FROM t WHERE id IN (SELECT id FROM u LIMIT 5);",
        "-- pgrefit:backfill\nUPDATE t SET a = 1;",
    ] {
        check(text, &["already"]);
    }
}

#[test]
fn files_hold_together_what_locks_one_table() {
    check(
        "ALTER TABLE t ADD x int; CREATE TABLE n (); -- same line\n-- about v\nALTER TABLE v ADD z int; -- end",
        &[
            "alter_table_t: ALTER TABLE t ADD x int; CREATE TABLE n ();",
            "alter_table_v: -- about v ALTER TABLE v ADD z int;  -- end",
        ],
    );
    check("ALTER TABLE t ADD x int; ALTER TABLE t ADD y int; COMMENT ON TABLE t IS 'x';", &["already"]);
    check("-- nothing\n", &["already"]);
}

#[test]
fn settings_and_directives_are_in_each_file() {
    check(
        "-- pgrefit:lock-timeout 2s\n-- pgrefit:changes t\nSET lock_timeout = '1s';\nALTER TABLE t ADD x int;\n\
         CREATE INDEX ON t (x);\nALTER TABLE u ADD x int;",
        &[
            "alter_table_t: -- pgrefit:lock-timeout 2s -- pgrefit:changes t SET lock_timeout = '1s'; ALTER TABLE t \
             ADD x int;",
            "create_t_x_idx: -- pgrefit:changes t CREATE INDEX CONCURRENTLY t_x_idx ON t (x);",
            "alter_table_u: -- pgrefit:lock-timeout 2s -- pgrefit:changes t SET lock_timeout = '1s'; ALTER TABLE u \
             ADD x int;",
        ],
    );
}

#[test]
fn what_cannot_be_split_says_why() {
    let check = |text: &str, expected: &str| {
        let found = outline(text).remove(0);
        assert!(found.starts_with(expected), "{text}: {found}");
    };
    check("SELECT 1;\nSELEC 1", "line 2: ");
    check("\nCLUSTER t", "line 2: no safe sequence is known for this statement: CLUSTER");
    check(
        "BEGIN; SELECT 1; COMMIT",
        "line 1: no safe sequence is known for this statement: it begins or ends",
    );
    check(
        "ALTER TABLE t ADD x serial",
        "line 1: no safe sequence is known for this statement: each row gets",
    );
    check(
        "ALTER TABLE t ADD EXCLUDE (a WITH =)",
        "line 1: no safe sequence is known for this statement: an ex",
    );
    check(
        "SET search_path = app; CREATE INDEX ON t (a)",
        "line 1: no safe sequence is known for this statement: a setting",
    );
    check(
        "CREATE TEMP TABLE x (); UPDATE t SET a = 1",
        "line 1: no safe sequence is known for this statement: what is temporary",
    );
    check("LOCK t; UPDATE t SET a = 1", "line 1: no safe sequence is known for this statement: its lock");
}

#[test]
fn not_null_as_a_constraint_is_validated_later_too() {
    check(
        "ALTER TABLE b ADD NOT NULL n",
        &[
            "add_b_n_not_null_not_valid: -- pgrefit:phase expand ALTER TABLE b ADD CONSTRAINT b_n_not_null NOT NULL n \
             NOT VALID;",
            "validate_b_n_not_null: ALTER TABLE b VALIDATE CONSTRAINT b_n_not_null;",
        ],
    );
}
