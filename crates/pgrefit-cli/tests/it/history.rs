//! Files and history that do not fit: each is one clear error, and nothing is changed.

use crate::harness::{Database, Folder, pgrefit};

#[test]
fn an_edited_file_is_shown_with_both_checksums_and_the_change() {
    let database = Database::new();
    let folder = Folder::new(&[("V1__first.sql", "CREATE TABLE first (id int);\n")]);
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    let recorded = database.value("SELECT checksum FROM refinery_schema_history");
    folder.write("V1__first.sql", "CREATE TABLE first (id bigint);\n");
    let ran = pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(12);
    ran.says(&["V1__first: file changed after it was applied", "pgrefit repair"]).shows(&[
        &recorded,
        "-CREATE TABLE first (id int);",
        "+CREATE TABLE first (id bigint);",
    ]);
}
