//! The contract: what a project promises of its database, held against it.

use super::{Audited, call, has_extension, traps};
use crate::harness::{Database, Folder, pgrefit, versions};

const ONLY: &[&str] = &["--only", "contract"];

const TABLES: &str = "
    CREATE TABLE authors (id bigint PRIMARY KEY);
    CREATE TABLE books (id bigint PRIMARY KEY, author bigint CONSTRAINT books_fk REFERENCES authors, title text);
    CREATE INDEX books_author ON books (author);
    CREATE UNIQUE INDEX books_title ON books (title);
    INSERT INTO authors VALUES (1), (2); INSERT INTO books SELECT n, 1, n::text FROM generate_series(1, 10) n; ANALYZE";

const CONTRACT: &str = r#"
    [[contract.foreign_keys]]
    table = "books"
    columns = ["author"]
    references = "authors"
    [[contract.indexes]]
    table = "public.books"
    columns = ["author"]
    [[contract.indexes]]
    table = "books"
    name = "books_title"
    unique = true
    [[contract.rows]]
    table = "books"
    min = 10
"#;

fn promising(contract: &str) -> Folder {
    let folder = Folder::new(&[]);
    std::fs::write(folder.path().join("pgrefit.toml"), contract).unwrap();
    folder
}

fn audit(database: &Database, folder: &Folder, more: &[&str]) -> Audited {
    Audited::of(call(folder, &[ONLY, more].concat()).on(database))
}

#[test]
fn a_draft_of_a_contract_is_kept_by_the_database_it_is_of() {
    for major in versions() {
        let database = Database::on(major);
        traps(&database, major);
        database.sql(TABLES);
        let draft = pgrefit(["audit", "contract", "--from-database"]).on(&database).run().expect(0).stdout;
        let parsed: toml::Table = draft.parse().unwrap_or_else(|error| panic!("{error} in {draft}"));
        let contract = parsed["contract"].as_table().unwrap();
        for part in ["foreign_keys", "indexes", "rows"] {
            assert!(!contract[part].as_array().unwrap().is_empty(), "{part}");
        }
        assert_eq!(contract.contains_key("no_vector_index"), has_extension(&database, "vector"));
        let audited = audit(&database, &promising(&draft), &["--only", "vectors"]);
        let bad: Vec<_> = audited
            .findings()
            .into_iter()
            .filter(|it| it.check.starts_with("contract-") && it.status != "info")
            .collect();
        assert!(bad.is_empty(), "{bad:#?}");
        for check in ["contract-foreign-key", "contract-index", "contract-rows"] {
            assert!(
                ["pass", "info"].contains(&audited.status(check).as_str()),
                "{check} {:#}",
                audited.report["checks"]
            );
        }
    }
}

#[test]
fn a_promise_that_is_broken_is_a_failure() {
    let database = Database::new();
    database.sql(TABLES);
    let folder = promising(CONTRACT);
    assert_eq!(audit(&database, &folder, &[]).code, 0);
    let broken = |sql: &str, check: &str, object: &str, says: &str, mend: &str| {
        for statement in sql.split("; ") {
            database.sql(statement);
        }
        let audited = audit(&database, &folder, &[]);
        let findings = audited.report["findings"].as_array().unwrap();
        let failed: Vec<_> = findings.iter().filter(|it| it["status"] == "fail").collect();
        assert_eq!((audited.code, failed.len()), (1, 1), "{sql}: {failed:#?}");
        assert_eq!(
            (super::text(&failed[0]["check"]).as_str(), super::text(&failed[0]["object"]).as_str()),
            (check, object)
        );
        assert!(super::text(&failed[0]["message"]).contains(says), "{}", failed[0]["message"]);
        for statement in mend.split("; ") {
            database.sql(statement);
        }
        assert_eq!(audit(&database, &folder, &[]).code, 0, "mended after {sql}");
    };
    let (key, books) = ("contract-foreign-key", "books (author)");
    let add = "ALTER TABLE books ADD CONSTRAINT books_fk FOREIGN KEY (author) REFERENCES authors";
    let off = "ALTER TABLE books DROP CONSTRAINT books_fk";
    broken(off, key, books, "there is no foreign key to authors", add);
    broken(
        &format!("{off}; {add} NOT VALID"),
        key,
        books,
        "NOT VALID",
        "ALTER TABLE books VALIDATE CONSTRAINT books_fk",
    );
    broken(&format!("{off}; {add} NOT ENFORCED"), key, books, "NOT ENFORCED", &format!("{off}; {add}"));
    broken(
        "ALTER TABLE books DISABLE TRIGGER ALL",
        key,
        books,
        "triggers of it are disabled",
        "ALTER TABLE books ENABLE TRIGGER ALL",
    );
    let index = "contract-index";
    let invalid = |flag: &str| {
        format!("UPDATE pg_index SET indisvalid = {flag} WHERE indexrelid = 'books_author'::regclass")
    };
    broken(
        &invalid("false"),
        index,
        "public.books (author)",
        "is invalid: no query uses it",
        &invalid("true"),
    );
    broken(
        "DROP INDEX books_author; CREATE INDEX books_author ON books (author) WHERE id > 5",
        index,
        "public.books (author)",
        "is partial",
        "DROP INDEX books_author; CREATE INDEX books_author ON books (author)",
    );
    broken(
        "DROP INDEX books_title; CREATE INDEX books_title ON books (title)",
        index,
        "books books_title",
        "is not unique",
        "DROP INDEX books_title; CREATE UNIQUE INDEX books_title ON books (title)",
    );
    broken(
        "DELETE FROM books WHERE id = 1; ANALYZE books",
        "contract-rows",
        "public.books",
        "9 rows, estimated",
        "INSERT INTO books VALUES (1, 1, '1'); ANALYZE books",
    );
}

#[test]
fn rows_are_counted_when_asked() {
    let database = Database::new();
    database.sql(TABLES);
    let folder = promising(CONTRACT);
    // The estimate is of before.
    database.sql("DELETE FROM books WHERE id = 1");
    let estimated = audit(&database, &folder, &[]);
    let counted = audit(&database, &folder, &["--exact"]);
    assert_eq!((estimated.code, counted.code), (0, 1));
    let findings = counted.report["findings"].as_array().unwrap();
    let rows = findings.iter().find(|it| it["check"] == "contract-rows").unwrap();
    assert_eq!((&rows["numbers"]["rows"], &rows["numbers"]["is_exact"]), (&9.into(), &true.into()));
    assert!(super::text(&rows["message"]).contains("9 rows, counted, fewer than 10"), "{rows}");
    // A table that cannot be counted soon stays estimated, which is said.
    let mut other = crate::concurrency::Bystander::on(&database);
    other.sql("BEGIN; LOCK TABLE books IN ACCESS EXCLUSIVE MODE");
    let ran = call(&folder, &[ONLY, &["--exact"]].concat()).on(&database).run().expect(0);
    ran.says(&["public.books was not counted"]);
}

#[test]
fn a_contract_is_read_strictly() {
    let database = Database::new();
    let refused = |contract: &str, says: &[&str]| {
        let folder = promising(contract);
        pgrefit(["audit"]).inside(folder.path()).on(&database).run().expect(2).says(says);
    };
    refused("[[contract.foreign_key]]\ntable = \"a\"\n", &["foreign_key"]);
    refused("[[contract.rows]]\nmin = 1\n", &["table"]);
    let folder = promising(
        "[[contract.rows]]\ntable = \"gone\"\n[[contract.foreign_keys]]\ntable = \"gone\"\ncolumns = [\"a\"]\nreferences = \"b\"\n",
    );
    let audited = audit(&database, &folder, &[]);
    assert_eq!(audited.code, 1);
    assert_eq!(audited.ended("fail").len(), 2, "{:#}", audited.report["findings"]);
}

#[test]
fn a_history_that_is_promised_must_be_there_and_fit() {
    let database = Database::new();
    let folder = Folder::new(&[("V1__a.sql", "CREATE TABLE a (id bigint PRIMARY KEY);\n")]);
    std::fs::write(folder.path().join("pgrefit.toml"), "[contract]\nhistory = true\n").unwrap();
    let only = || audit(&database, &folder, &["--only", "history"]);
    assert_eq!(only().status("contract-history"), "fail");
    pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
    let applied = only();
    assert_eq!((applied.code, applied.status("contract-history").as_str()), (0, "pass"));
    assert_eq!(applied.status("migration-edited"), "pass");
    folder.write("V2__b.sql", "CREATE TABLE b (id bigint PRIMARY KEY);\n");
    let pending = only();
    assert_eq!(pending.objects("contract-history"), ["V2".to_owned()].into());
    folder.remove("V2__b.sql");
    // Other blanks are the same migration; another type is not.
    folder.write("V1__a.sql", "CREATE TABLE a (id bigint PRIMARY KEY);\n\n");
    assert_eq!(only().status("migration-edited"), "pass");
    folder.write("V1__a.sql", "CREATE TABLE a (id int PRIMARY KEY);\n");
    let edited = only();
    assert_eq!((edited.code, edited.status("migration-edited").as_str()), (1, "fail"));
}
