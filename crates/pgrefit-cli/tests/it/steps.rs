//! Files that are not one transaction: statements on their own, what a failed one leaves, and going on after it.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::concurrency::{Bystander, finish, runners, until};
use crate::harness::{Database, Folder, Ran, pgrefit};

const SOON: Duration = Duration::from_secs(20);
const SETUP: &str = "CREATE TABLE t (id int PRIMARY KEY, a int, b text);\n\
                     INSERT INTO t SELECT i, i % 100, 'b' || i FROM generate_series(1, 1000) i;\n";

/// A database at V1, and a folder to which V2 is added.
fn at_v1(setup: &str) -> (Database, Folder) {
    let (database, folder) = (Database::new(), Folder::new(&[("V1__t.sql", setup)]));
    migrate(&database, &folder, &[]).expect(0);
    (database, folder)
}

fn migrate(database: &Database, folder: &Folder, arguments: &[&str]) -> Ran {
    let all = ["migrate"].iter().chain(arguments);
    pgrefit(all).inside(folder.path()).on(database).run()
}

/// `name:valid` of the indexes of the table `t`, in order.
fn indexes(database: &Database) -> String {
    database.value(
        "SELECT string_agg(c.relname || ':' || x.indisvalid, ' ' ORDER BY c.relname COLLATE \"C\") \
         FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indrelid = 't'::regclass",
    )
}

/// `statement:state` of the journal, in order.
fn journal(database: &Database) -> String {
    database.value("SELECT string_agg(statement || ':' || state, ' ' ORDER BY statement) FROM pgrefit_step")
}

/// What a failed attempt leaves: `a` has each value ten times.
fn leave_invalid_index(database: &Database, name: &str, definition: &str) {
    let connector = database.connector();
    let sql = format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON t ({definition})");
    let failed = crate::harness::wait(async { connector.migrator().await.unwrap().simple(&sql).await });
    assert!(failed.is_err());
    assert!(indexes(database).contains(":false"));
}

#[test]
fn a_mixed_file_runs_in_order_and_is_recorded_once() {
    let (database, folder) = at_v1(SETUP);
    folder.write(
        "V2__mixed.sql",
        "SET search_path = public;\nALTER TABLE t ADD COLUMN c int;\nUPDATE t SET c = 1;\n\
         CREATE INDEX CONCURRENTLY \"T a\" ON public.t (a) WHERE b IS NOT NULL;\nDROP INDEX CONCURRENTLY \"T a\";\n\
         VACUUM (ANALYZE) t;\nREINDEX TABLE CONCURRENTLY t;\nALTER TABLE t DROP COLUMN c;\n",
    );
    // The rules have something to say of it, which is no reason not to run it.
    let plan = pgrefit(["plan"]).inside(folder.path()).on(&database).run().expect(1);
    plan.shows(&["in steps: 4 statements on their own"]);
    migrate(&database, &folder, &[]).expect(0).says(&["V2__mixed, step 2 of 6, on its own"]);
    assert_eq!(database.history(), ["1:t", "2:mixed"]);
    assert_eq!(indexes(&database), "t_pkey:true");
    assert_eq!(journal(&database), "1:done 4:done 5:done 6:done 7:done 8:done");
}

#[test]
fn an_enum_value_is_committed_before_it_is_used() {
    let (database, folder) = at_v1("CREATE TYPE mood AS ENUM ('ok');\nCREATE TABLE t (mood mood);\n");
    folder.write("V2__mood.sql", "ALTER TYPE mood ADD VALUE 'fine';\nINSERT INTO t VALUES ('fine');\n");
    migrate(&database, &folder, &[]).expect(0);
    assert_eq!(database.value("SELECT mood FROM t"), "fine");
}

/// `IF NOT EXISTS` would take it for done; without, the server would refuse for ever.
#[test]
fn an_invalid_index_of_the_same_definition_is_built_anew() {
    for clause in ["", "IF NOT EXISTS "] {
        let (database, folder) = at_v1(SETUP);
        leave_invalid_index(&database, "t_a", "a");
        database.sql("DELETE FROM t WHERE id > 100");
        folder.write("V2__i.sql", format!("CREATE UNIQUE INDEX CONCURRENTLY {clause}t_a ON t (a);\n"));
        migrate(&database, &folder, &[]).expect(0).says(&["removed what was unfinished"]);
        assert_eq!(indexes(&database), "t_a:true t_pkey:true");
    }
}

#[test]
fn an_index_of_the_same_name_and_another_definition_is_refused() {
    let check = |existing: &str, wanted: &str| {
        let (database, folder) = at_v1(SETUP);
        database.sql(existing);
        let before = indexes(&database);
        folder.write("V2__i.sql", format!("CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t {wanted};\n"));
        let ran = migrate(&database, &folder, &[]).expect(11);
        ran.says(&["migrations/V2__i.sql:1:1", "exists already", "another"]);
        assert_eq!((indexes(&database), database.history()), (before, vec!["1:t".to_owned()]));
    };
    check("CREATE INDEX t_a ON t (b)", "(a)");
    check("CREATE INDEX t_a ON t (a DESC)", "(a)");
    check("CREATE INDEX t_a ON t (a)", "(a) WHERE a > 5");
    check("CREATE INDEX t_a ON t (b)", "(b text_pattern_ops)");
    check("CREATE TABLE t_a (i int)", "(a)");
}

#[test]
fn an_index_that_is_there_already_is_done() {
    let (database, folder) = at_v1(SETUP);
    database.sql("CREATE INDEX t_a ON t USING btree (a) WHERE (b IS NOT NULL)");
    folder.write(
        "V2__i.sql",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON public.t (a) WHERE b IS NOT NULL;\n",
    );
    migrate(&database, &folder, &[]).expect(0);
    assert_eq!(indexes(&database), "t_a:true t_pkey:true");
    folder.write("V3__i.sql", "CREATE INDEX CONCURRENTLY t_a ON public.t (a) WHERE b IS NOT NULL;\n");
    migrate(&database, &folder, &[]).expect(13).says(&["SQLSTATE 42P07", "V3__i.sql:1:1"]);
    assert_eq!(indexes(&database), "t_a:true t_pkey:true");
}

/// Neither leaves anything invalid behind: the first fails after the build, the others before it.
#[test]
fn an_index_that_cannot_be_built_leaves_nothing() {
    let check = |setup: &str, sql: &str, sqlstate: &str| {
        let (database, folder) = at_v1(setup);
        folder.write("V2__i.sql", format!("SELECT 1;\n{sql};\n"));
        let ran = migrate(&database, &folder, &[]);
        ran.expect(14).says(&["V2__i.sql:2:1", sqlstate, "V2__i is applied in part: 1 of 2 steps done"]);
        assert_eq!(indexes(&database), "t_pkey:true", "{sql}");
        assert_eq!(database.history(), ["1:t"]);
    };
    check(SETUP, "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)", "SQLSTATE 23505");
    check(SETUP, "CREATE INDEX CONCURRENTLY t_a ON t (nope)", "SQLSTATE 42703");
    check(SETUP, "CREATE INDEX CONCURRENTLY t_a ON t USING gin (a)", "SQLSTATE 42704");
    check(
        "CREATE EXTENSION vector;\nCREATE TABLE t (id int PRIMARY KEY, e vector(3072));\n",
        "CREATE INDEX CONCURRENTLY t_e ON t USING hnsw (e vector_l2_ops)",
        "SQLSTATE 54000",
    );
}

#[test]
fn a_concurrent_index_needs_a_name() {
    let (database, folder) = at_v1(SETUP);
    folder.write("V2__i.sql", "CREATE TABLE u ();\nCREATE INDEX CONCURRENTLY ON t (a);\n");
    migrate(&database, &folder, &[]).expect(11).says(&["V2__i.sql:2:1", "give the index a name"]);
    assert!(!database.has_table("u"));
    assert_eq!(indexes(&database), "t_pkey:true");
}

/// What is done is not done again; what was not may be changed.
#[test]
fn a_file_goes_on_where_it_failed() {
    let (database, folder) = at_v1(SETUP);
    let first = "INSERT INTO t (id) VALUES (2000);\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n";
    folder.write("V2__i.sql", format!("{first}INSERT INTO t (id) VALUES (2000);\n"));
    migrate(&database, &folder, &[]).expect(14).says(&["SQLSTATE 23505", "V2__i.sql:3:1", "2 of 3 steps"]);
    assert_eq!(journal(&database), "1:done 2:done");
    // A comment may change; a statement that was run may not.
    folder.write("V2__i.sql", first.replace("2000", "2001"));
    migrate(&database, &folder, &[]).expect(12).says(&["V2__i.sql:1:1", "was run already, and was changed"]);
    folder.write("V2__i.sql", format!("-- again\n{first}INSERT INTO t (id) VALUES (2001);\n"));
    migrate(&database, &folder, &[]).expect(0);
    assert_eq!(database.value("SELECT count(*) FROM t WHERE id >= 2000"), "2");
    assert_eq!(database.history(), ["1:t", "2:i"]);
}

#[test]
fn a_detached_partition_is_finished() {
    let setup = "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id);\n\
                 CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10);\nINSERT INTO t VALUES (1);\n";
    let (database, folder) = at_v1(setup);
    let mut bystander = Bystander::on(&database);
    bystander.sql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t");
    folder.write("V2__detach.sql", "ALTER TABLE t DETACH PARTITION t_1 CONCURRENTLY;\n");
    let ran = migrate(&database, &folder, &["--lock-budget", "1s"]).expect(75);
    ran.says(&["it has waited for others", "in the way: backend", "pgrefit test"]);
    assert_eq!(
        database.value("SELECT inhdetachpending FROM pg_inherits WHERE inhparent = 't'::regclass"),
        "t"
    );
    bystander.sql("ROLLBACK");
    migrate(&database, &folder, &[]).expect(0);
    assert_eq!(database.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 't'::regclass"), "0");
    assert_eq!(database.value("SELECT count(*) FROM t_1"), "1");
}

/// A runner whose concurrent index waits for an old snapshot in the way.
fn waiting_index(arguments: &[&str]) -> (Database, Folder, Bystander, std::process::Child) {
    let (database, folder) = at_v1(SETUP);
    let mut bystander = Bystander::on(&database);
    bystander.sql("SET application_name = 'old snapshot'; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    folder.write("V2__i.sql", "CREATE INDEX CONCURRENTLY t_a ON t (a);\n");
    let all = ["migrate"].iter().chain(arguments);
    let child = pgrefit(all).inside(folder.path()).on(&database).start();
    until("the index waits", SOON, || {
        let sql = "SELECT count(*) FROM pg_stat_progress_create_index \
                   WHERE datname = current_database() AND phase LIKE 'waiting%'";
        database.value(sql) == "1"
    });
    (database, folder, bystander, child)
}

#[test]
fn who_holds_the_old_snapshot_is_named_and_the_wait_is_bounded() {
    // Far longer than lock_timeout: a concurrent index keeps nobody out while it waits.
    let (database, folder, mut bystander, child) =
        waiting_index(&["--lock-timeout", "100ms", "--lock-budget", "1500ms"]);
    let ran = finish(child).expect(75);
    ran.says(&["it has waited for others", "old snapshot", "idle in transaction", "run again"]);
    assert_eq!(indexes(&database), "t_pkey:true", "what was unfinished is removed");
    bystander.sql("ROLLBACK");
    migrate(&database, &folder, &[]).expect(0);
    assert_eq!(indexes(&database), "t_a:true t_pkey:true");
}

/// Who has a lock on the table itself is in the way of removing the index, too: the next run does it.
#[test]
fn what_cannot_be_removed_now_is_removed_by_the_next_run() {
    let (database, folder, mut bystander, child) = waiting_index(&["--lock-budget", "1500ms"]);
    let mut reader = Bystander::on(&database);
    reader.sql("BEGIN; SELECT FROM t");
    finish(child).expect(75).says(&["what it left unfinished is removed by the next run"]);
    assert_eq!(indexes(&database), "t_a:false t_pkey:true");
    bystander.sql("ROLLBACK");
    reader.sql("ROLLBACK");
    migrate(&database, &folder, &[]).expect(0).says(&["removed what was unfinished"]);
    assert_eq!(indexes(&database), "t_a:true t_pkey:true");
}

#[test]
fn an_index_is_not_hurt_by_a_short_lock_timeout() {
    let (database, _folder, mut bystander, child) = waiting_index(&["--lock-timeout", "100ms"]);
    std::thread::sleep(Duration::from_millis(800));
    bystander.sql("ROLLBACK");
    finish(child).expect(0);
    assert_eq!(indexes(&database), "t_a:true t_pkey:true");
}

#[test]
fn a_signal_cancels_the_statement_and_leaves_nothing_unfinished() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (database, folder, mut bystander, child) = waiting_index(&[]);
        kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
        finish(child).expect(75).says(&["stopped by", "stopped in V2__i", "run again to go on"]);
        assert_eq!(indexes(&database), "t_pkey:true");
        until("the backends are gone", SOON, || runners(&database, "true") == 0);
        bystander.sql("ROLLBACK");
        migrate(&database, &folder, &[]).expect(0);
        assert_eq!(indexes(&database), "t_a:true t_pkey:true");
    }
}

/// While a concurrent index of the holder waits, others wait for the runner lock: neither keeps the other from its end.
#[test]
fn others_wait_while_an_index_is_built() {
    let (database, folder, mut bystander, first) = waiting_index(&[]);
    let others: Vec<_> =
        (0..5).map(|_| pgrefit(["migrate"]).inside(folder.path()).on(&database).start()).collect();
    std::thread::sleep(Duration::from_secs(1));
    bystander.sql("ROLLBACK");
    finish(first).expect(0);
    for other in others {
        finish(other).expect(0);
    }
    assert_eq!(indexes(&database), "t_a:true t_pkey:true");
    assert_eq!(database.history(), ["1:t", "2:i"]);
}

/// The runner is killed, and its statement still waits when the next one comes.
#[test]
fn a_killed_runner_s_index_is_found_by_the_next_one() {
    let (database, folder, mut bystander, mut child) = waiting_index(&[]);
    child.kill().unwrap();
    child.wait().unwrap();
    let next = pgrefit(["migrate"]).inside(folder.path()).on(&database).start();
    std::thread::sleep(Duration::from_secs(1));
    bystander.sql("ROLLBACK");
    finish(next).expect(0);
    assert_eq!(indexes(&database), "t_a:true t_pkey:true");
    assert_eq!(journal(&database), "1:done");
}

/// The catalog is asked with the settings of the file, not with those of the role.
#[test]
fn names_are_meant_with_the_search_path_of_the_file() {
    let (database, folder) = at_v1(&format!("CREATE SCHEMA app;\nSET search_path = app;\n{SETUP}"));
    let connector = database.connector();
    let failing = "CREATE UNIQUE INDEX CONCURRENTLY t_a ON app.t (a)";
    let failed = crate::harness::wait(async { connector.migrator().await.unwrap().simple(failing).await });
    assert!(failed.is_err());
    database.sql("DELETE FROM app.t WHERE id > 100");
    folder.write(
        "V2__i.sql",
        "SET search_path = app;\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a);\n\
         CREATE INDEX CONCURRENTLY t_b ON t (lower(t.b)) WHERE t.a > 5;\nREINDEX INDEX CONCURRENTLY t_b;\n",
    );
    migrate(&database, &folder, &[]).expect(0).says(&["removed what was unfinished"]);
    let valid = "SELECT string_agg(indisvalid::text, ' ') FROM pg_index WHERE indrelid = 'app.t'::regclass";
    assert_eq!(database.value(valid), "true true true");
}

/// As long as a backfill has written nothing, its statement may be mended.
#[test]
fn a_backfill_that_has_written_nothing_can_be_mended() {
    let (database, folder) = at_v1(SETUP);
    folder.write("V2__b.sql", "-- pgrefit:backfill\nUPDATE t SET nope = 1;\n");
    migrate(&database, &folder, &[]).expect(13).says(&["SQLSTATE 42703"]);
    folder.write("V2__b.sql", "-- pgrefit:backfill\nUPDATE t SET a = -1 WHERE t.a >= 0;\n");
    migrate(&database, &folder, &[]).expect(0);
    assert_eq!(database.value("SELECT count(*) FROM t WHERE a = -1"), "1000");
}

#[test]
fn a_backfill_must_not_move_rows_along_its_key() {
    let (database, folder) = at_v1(SETUP);
    folder.write("V2__b.sql", "-- pgrefit:backfill\nUPDATE t SET a = 0, id = id + 100000;\n");
    migrate(&database, &folder, &[]).expect(11).says(&["sets id, a part of the key"]);
    assert_eq!(database.value("SELECT count(*) FROM t WHERE id > 100000"), "0");
}
