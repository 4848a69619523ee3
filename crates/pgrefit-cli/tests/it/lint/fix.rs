//! `--fix`: what is written, and what is left as it was.

use std::os::unix::fs::PermissionsExt as _;

use crate::harness::{Folder, pgrefit};

/// Fixes a migration of its own, behind one that makes the table.
fn fixed(text: &str) -> (Folder, String) {
    let folder =
        Folder::new(&[("V1__makes.sql", "CREATE TABLE a (id int, n int);\n"), ("V2__change.sql", text)]);
    let ran = pgrefit(["lint", "--fix"]).inside(folder.path()).run();
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
    let text = std::fs::read_to_string(folder.migrations().join("V2__change.sql")).unwrap();
    (folder, text)
}

#[test]
fn what_is_mechanical_is_written() {
    let check = |text: &str, expected: &str| assert_eq!(fixed(text).1, expected, "{text:?}");
    check("CREATE INDEX a_n ON a (n);\n", "CREATE INDEX CONCURRENTLY a_n ON a (n);\n");
    check(
        "-- why\r\nCREATE UNIQUE INDEX a_n ON a (n);\r\n",
        "-- why\r\nCREATE UNIQUE INDEX CONCURRENTLY a_n ON a (n);\r\n",
    );
    check("\u{feff}CREATE INDEX a_n ON a (n);\n", "\u{feff}CREATE INDEX CONCURRENTLY a_n ON a (n);\n");
    check("DROP TABLE a;\n", "DROP TABLE a;\n");
    check("SELEC 1;\n", "SELEC 1;\n");
    let allowed = "-- pgrefit:allow index-without-concurrently it is small\nCREATE INDEX a_n ON a (n);\n";
    check(allowed, allowed);
}

#[test]
fn the_files_are_judged_again() {
    let folder = Folder::new(&[
        ("V1__makes.sql", "CREATE TABLE a (id int, n int);\n"),
        ("V2__change.sql", "CREATE INDEX a_n ON a (n);\n"),
    ]);
    let run = |arguments: &[&str]| pgrefit([&["lint"], arguments].concat()).inside(folder.path()).run();
    run(&[]).expect(1).shows(&["fail[index-without-concurrently]"]);
    run(&["--fix"]).expect(0).shows(&["nothing found in 2 files"]);
    let path = folder.migrations().join("V2__change.sql");
    let once = std::fs::read_to_string(&path).unwrap();
    run(&["--fix"]).expect(0);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), once);
}

#[test]
fn only_what_changes_is_touched() {
    let folder = Folder::new(&[
        ("V1__makes.sql", "CREATE TABLE a (id int, n int);\n"),
        ("V2__change.sql", "CREATE INDEX a_n ON a (n);\n"),
    ]);
    let path = |name: &str| folder.migrations().join(name);
    let seen = |name: &str| {
        use std::os::unix::fs::MetadataExt as _;
        let found = std::fs::metadata(path(name)).unwrap();
        (found.ino(), found.permissions().mode() & 0o777)
    };
    std::fs::set_permissions(path("V2__change.sql"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let before = (seen("V1__makes.sql"), seen("V2__change.sql"));
    pgrefit(["lint", "--fix"]).inside(folder.path()).run().expect(0);
    assert_eq!(seen("V1__makes.sql"), before.0);
    assert_eq!(seen("V2__change.sql").1, 0o640);
    assert_ne!(seen("V2__change.sql").0, before.1.0);
    let left: Vec<_> =
        std::fs::read_dir(folder.migrations()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_link_stays_a_link() {
    let folder = Folder::new(&[]);
    let (file, link) = (folder.path().join("index.sql"), folder.migrations().join("V1__index.sql"));
    std::fs::write(&file, "CREATE INDEX a_n ON a (n);\n").unwrap();
    std::os::unix::fs::symlink("../index.sql", &link).unwrap();
    pgrefit(["lint", "--fix"]).inside(folder.path()).run().expect(0);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "CREATE INDEX CONCURRENTLY a_n ON a (n);\n");
}

#[test]
fn files_that_are_applied_are_not_written() {
    let folder =
        Folder::new(&[("V1__makes.sql", "CREATE INDEX a_n ON a (n);\n"), ("V2__b.sql", "SELECT 1;\n")]);
    pgrefit(["lint", "--fix", "--applied", "1"]).inside(folder.path()).run().expect(0);
    let text = std::fs::read_to_string(folder.migrations().join("V1__makes.sql")).unwrap();
    assert_eq!(text, "CREATE INDEX a_n ON a (n);\n");
}
