//! `pgrefit repair`.

use crate::harness::{Database, Folder, Ran, pgrefit};

const A: (&str, &str) = ("V1__a.sql", "CREATE TABLE a (id int);\n");
const B: (&str, &str) = ("V2__b.sql", "CREATE TABLE b (id int);\n");
const CHECKSUMS: &str = "SELECT string_agg(checksum, ' ' ORDER BY version) FROM refinery_schema_history";
const TEXTS: &str = "SELECT string_agg(sql, '|' ORDER BY version) FROM pgrefit_migration";

/// A database on which two files were applied, then one was reformatted and one was edited.
struct Edited {
    folder: Folder,
    database: Database,
}

impl Edited {
    fn new() -> Self {
        let edited = Self { folder: Folder::new(&[A, B]), database: Database::new() };
        edited.run(&["migrate"]).expect(0);
        edited.folder.write(A.0, "-- why\r\nCREATE TABLE a (id int);\r\n");
        edited.folder.write(B.0, "CREATE TABLE b (id bigint);\n");
        edited
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        pgrefit(arguments).inside(self.folder.path()).on(&self.database).run()
    }

    fn checksums(&self) -> Vec<String> {
        self.database.value(CHECKSUMS).split(' ').map(str::to_owned).collect()
    }
}

#[test]
fn without_yes_it_only_shows() {
    let edited = Edited::new();
    let before = (edited.checksums(), edited.database.value(TEXTS));
    edited.run(&["repair"]).expect(1).shows(&[
        "V1__a cosmetic",
        "V2__b changed",
        &before.0[1],
        "-CREATE TABLE b (id int);",
        "+CREATE TABLE b (id bigint);",
        "2 checksums to record anew; nothing was changed",
        "--yes",
    ]);
    let ran = edited.run(&["repair", "--cosmetic", "--format", "json"]).expect(12);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let repairs = report["tables"]["repairs"].as_array().unwrap();
    assert_eq!(repairs.iter().map(|row| &row["name"]).collect::<Vec<_>>(), ["V1__a"]);
    assert_eq!((edited.checksums(), edited.database.value(TEXTS)), before);
    edited.run(&["migrate"]).expect(12);
}

#[test]
fn cosmetic_repairs_leave_real_edits_alone() {
    let edited = Edited::new();
    let before = edited.checksums();
    let ran = edited.run(&["repair", "--cosmetic", "--yes"]).expect(12);
    ran.shows(&["V1__a", "1 checksum recorded anew", "V2__b", "file changed after it was applied"]);
    let after = edited.checksums();
    assert_ne!(after[0], before[0]);
    assert_eq!(after[1], before[1]);
    edited.run(&["status"]).expect(12).shows(&[
        "V1__a applied",
        "V2__b",
        "file changed after it was applied",
    ]);
    edited.run(&["repair", "--cosmetic", "--yes"]).expect(12).shows(&["nothing to repair", "V2__b"]);
}

#[test]
fn a_deliberate_edit_is_recorded_with_its_text() {
    let edited = Edited::new();
    edited.run(&["repair", "--yes"]).expect(0).shows(&["2 checksums recorded anew"]);
    let text = "-- why\r\nCREATE TABLE a (id int);\r\n|CREATE TABLE b (id bigint);\n";
    assert_eq!(edited.database.value(TEXTS), text);
    edited.run(&["migrate"]).expect(0).shows(&["up to date at V2"]);
    edited.run(&["repair"]).expect(0).shows(&["nothing to repair"]);
    let kind = "SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = 'b'::regclass AND attname = 'id'";
    assert_eq!(edited.database.value(kind), "integer", "only the record is changed");
    edited.folder.write("V3__c.sql", "CREATE TABLE c ();");
    edited.run(&["migrate"]).expect(0).shows(&["1 migration applied"]);
}

#[test]
fn a_repaired_record_is_what_a_fresh_database_gets() {
    let edited = Edited::new();
    edited.run(&["repair", "--yes"]).expect(0);
    let fresh = Database::new();
    pgrefit(["migrate"]).inside(edited.folder.path()).on(&fresh).run().expect(0);
    assert_eq!(edited.database.value(CHECKSUMS), fresh.value(CHECKSUMS));
}

#[test]
fn a_renamed_file_is_recorded_under_its_new_name() {
    let edited = Edited::new();
    edited.folder.remove(A.0);
    edited.folder.write("V1__better_name.sql", A.1);
    edited.run(&["repair", "--yes"]).expect(0);
    assert_eq!(edited.database.history(), ["1:better_name", "2:b"]);
    edited.run(&["migrate"]).expect(0);
}

#[test]
fn a_checksum_that_is_no_number_is_mended() {
    let edited = Edited::new();
    edited.database.sql("UPDATE refinery_schema_history SET checksum = 'abc', name = NULL");
    edited.run(&["repair", "--yes"]).expect(0).shows(&["2 checksums recorded anew"]);
    assert_eq!(edited.database.history(), ["1:a", "2:b"]);
    edited.run(&["migrate"]).expect(0);
}

#[test]
fn without_the_applied_text_it_says_so() {
    let edited = Edited::new();
    edited.database.sql("DROP TABLE pgrefit_migration");
    edited.run(&["repair"]).expect(1).shows(&["V2__b changed", "the text as applied is not known"]);
    edited.run(&["repair", "--yes"]).expect(0);
    assert!(edited.database.value(TEXTS).ends_with("CREATE TABLE b (id bigint);\n"));
    edited.run(&["migrate"]).expect(0);
}

#[test]
fn where_nothing_differs_nothing_is_written() {
    let (folder, database) = (Folder::new(&[A, B]), Database::new());
    let run = |arguments: &[&str]| pgrefit(arguments).inside(folder.path()).on(&database).run();
    for arguments in [&["repair"][..], &["repair", "--yes"], &["repair", "--cosmetic", "--yes"]] {
        run(arguments).expect(0).shows(&["nothing to repair"]);
        assert!(!database.has_table("refinery_schema_history"));
    }
    run(&["migrate"]).expect(0);
    run(&["repair"]).expect(0).shows(&["nothing to repair"]);
}

#[test]
fn what_a_repair_cannot_mend_is_left_and_told() {
    let edited = Edited::new();
    edited.run(&["repair", "--yes"]).expect(0);
    edited.folder.remove(A.0);
    let ran = edited.run(&["repair", "--yes"]).expect(12);
    assert_eq!(edited.database.history(), ["1:a", "2:b"]);
    ran.shows(&["V1__a", "applied, file missing"]);
}
