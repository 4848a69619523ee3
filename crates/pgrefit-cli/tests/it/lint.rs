//! `pgrefit lint`: which files are judged, what they find, what is allowed, and how it is told.

mod fix;
mod forms;

use serde_json::Value;

use crate::harness::{Database, Folder, Ran, pgrefit};

const MAKES: (&str, &str) = ("V1__makes.sql", "CREATE TABLE a (id int PRIMARY KEY, n varchar(9));\n");
const DROPS: (&str, &str) = ("V2__drops.sql", "ALTER TABLE a DROP COLUMN n;\n");
const INDEXES: (&str, &str) = ("V3__indexes.sql", "CREATE INDEX a_n ON a (n);\n");

/// `rule level file:line` of each finding, and what the call was.
fn found(folder: &Folder, arguments: &[&str]) -> (Vec<String>, Ran) {
    let arguments = [&["lint", "--format", "json"], arguments].concat();
    let ran = pgrefit(&arguments).inside(folder.path()).run();
    let report: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error} in {}\n{}", ran.stdout, ran.stderr));
    let line = |finding: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let place = &finding["location"];
        let level =
            if finding["suppressed"].is_string() { "allowed".into() } else { text(&finding["status"]) };
        format!("{} {level} {}:{}", text(&finding["check"]), text(&place["file"]), place["line"])
    };
    (report["findings"].as_array().into_iter().flatten().map(line).collect(), ran)
}

/// Lints files with arguments, and compares the findings and the exit code.
#[track_caller]
fn check(files: &[(&str, &str)], arguments: &[&str], code: i32, expected: &[&str]) {
    let (found, ran) = found(&Folder::new(files), arguments);
    assert_eq!(found, expected, "{files:?} {arguments:?}\n{}", ran.stderr);
    ran.expect(code);
}

/// Lints one text that is no migration.
#[track_caller]
fn check_text(text: &str, arguments: &[&str], code: i32, expected: &[&str]) {
    let arguments = [&["migrations/t.sql"], arguments].concat();
    check(&[("t.sql", text)], &arguments, code, expected);
}

/// A call that is refused: its exit code is 2, and it says why.
#[track_caller]
fn refused(files: &[(&str, &[u8])], arguments: &[&str], parts: &[&str]) {
    let folder = Folder::new(&[]);
    for (name, text) in files {
        folder.write(name, text);
    }
    pgrefit([&["lint"], arguments].concat()).inside(folder.path()).run().expect(2).says(parts);
}

#[test]
fn earlier_files_are_the_past_of_later_ones() {
    let all = [MAKES, DROPS, INDEXES];
    let drop = "drop-column fail migrations/V2__drops.sql:1";
    let index = "index-without-concurrently fail migrations/V3__indexes.sql:1";
    check(&all, &[], 1, &[drop, index]);
    check(&all, &["migrations"], 1, &[drop, index]);
    check(&all, &["--applied", "2"], 1, &[index]);
    check(&all, &["--applied", "3"], 0, &[]);
    check(&all, &["migrations/V3__indexes.sql"], 1, &[index]);
    check(&all, &["migrations/V1__makes.sql"], 0, &[]);
}

#[test]
fn what_came_before_decides() {
    let longer = ("V2__longer.sql", "ALTER TABLE a ALTER COLUMN n TYPE varchar(99);\n");
    let rule = |arguments: &[&str], files: &[(&str, &str)]| {
        let (found, _) = found(&Folder::new(files), arguments);
        found.iter().any(|line| line.starts_with("type-change-rewrite fail"))
    };
    assert!(!rule(&[], &[MAKES, longer]));
    assert!(!rule(&["migrations/V2__longer.sql"], &[MAKES, longer]));
    let shorter = ("V1__makes.sql", "CREATE TABLE a (n integer);\n");
    assert!(rule(&[], &[shorter, ("V2__wider.sql", "ALTER TABLE a ALTER COLUMN n TYPE bigint;\n")]));
    // A dump of the schema does as well, and a file without a version has no other past.
    let change = "migrations/change.sql";
    let files = [("schema.sql", MAKES.1), ("change.sql", longer.1)];
    assert!(!rule(&[change, "--schema", "migrations/schema.sql"], &files));
}

#[test]
fn independent_files_know_nothing_of_each_other() {
    let files = [("V1__a.sql", "CREATE TABLE a (id int);\n"), ("V2__b.sql", "CREATE TABLE a (id int);\n")];
    check(&files, &["--independent"], 0, &[]);
    let wider = [MAKES, ("V2__n.sql", "ALTER TABLE a ALTER COLUMN id TYPE int;\n")];
    let (alone, _) = found(&Folder::new(&wider), &["--independent"]);
    let (after, _) = found(&Folder::new(&wider), &[]);
    assert!(alone.len() > after.len(), "{alone:?} {after:?}");
}

#[test]
fn sizes_of_a_snapshot_decide_the_level() {
    let database = Database::new();
    database.sql(
        "CREATE TABLE small (id int, n int); CREATE TABLE big (id int, n int, filler text);
         INSERT INTO small VALUES (1, 1);
         INSERT INTO big SELECT i, i, repeat('x', 1500) FROM generate_series(1, 40000) i",
    );
    database.sql("VACUUM ANALYZE small, big");
    let folder = Folder::new(&[(
        "change.sql",
        "ALTER TABLE big ALTER n TYPE bigint;\nALTER TABLE small ALTER n TYPE bigint;\n",
    )]);
    pgrefit(["snapshot", "--output", "prod.json"]).inside(folder.path()).on(&database).run().expect(0);
    let (found, _) = found(
        &folder,
        &["migrations/change.sql", "--snapshot", "prod.json", "--off", "all", "--off", "syntax-error"],
    );
    assert!(found.is_empty(), "{found:?}");
    let (found, ran) = self::found(&folder, &["migrations/change.sql", "--snapshot", "prod.json"]);
    let level = |line: usize| {
        let ends = format!(".sql:{line}");
        let of = |found: &&String| found.starts_with("type-change-rewrite") && found.ends_with(&ends);
        found.iter().find(of).and_then(|found| found.split(' ').nth(1)).unwrap_or("nothing").to_owned()
    };
    assert_eq!([level(1), level(2)], ["fail", "info"], "{found:?}");
    ran.expect(1).shows(&["\"bytes\":", "\"rows\":"]);
}

#[test]
fn files_of_other_runners_are_read_forward() {
    let folder = Folder::new(&[]);
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("diesel/2024-01-01-000000_a/up.sql", "CREATE TABLE a (id int);\n");
    write("diesel/2024-01-01-000000_a/down.sql", "DROP TABLE a;\n");
    write("diesel/2024-01-02-000000_b/up.sql", "CREATE INDEX a_id ON a (id);\n");
    write("goose/00001_a.sql", "-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Down\nDROP TABLE a;\n");
    write("goose/00002_b.sql", "-- +goose Up\nALTER TABLE a ADD c int;\n-- +goose Down\nDROP TABLE a;\n");
    write("prisma/20240101000000_a/migration.sql", "CREATE TABLE \"A\" (\"id\" int);\n");
    write("prisma/20240102000000_b/migration.sql", "DROP TABLE \"A\";\n");
    write("prisma/migration_lock.toml", "provider = \"postgresql\"\n");
    let check = |arguments: &[&str], expected: &[&str]| {
        let (found, _) = found(&folder, arguments);
        assert_eq!(found, expected, "{arguments:?}");
    };
    check(&["diesel"], &["index-without-concurrently fail diesel/2024-01-02-000000_b/up.sql:1"]);
    check(&["diesel", "--applied", "20240102000000"], &[]);
    check(&["goose"], &[]);
    check(&["prisma"], &["drop-table warn prisma/20240102000000_b/migration.sql:1"]);
    let ran = pgrefit(["lint", "diesel"]).inside(folder.path()).run();
    ran.shows(&["down files passed over 1"]);
}

#[test]
fn standard_input_is_a_file() {
    let folder = Folder::new(&[]);
    let lint = |text: &str, arguments: &[&str]| {
        let input = folder.path().join("input");
        std::fs::write(&input, text).unwrap();
        let call = pgrefit([&["lint", "-"], arguments].concat()).inside(folder.path());
        call.input(std::fs::File::open(input).unwrap()).run()
    };
    lint("DROP TABLE a;\n", &[]).expect(0).shows(&["--> standard input:1:12", "1 warning in 1 file"]);
    lint("DROP TABLE a;\n", &["--fail-on", "warn"]).expect(1);
    lint("", &[]).expect(0).shows(&["nothing found in 1 file"]);
    lint("SELEC 1;\n", &[]).expect(1).shows(&["fail[syntax-error]", "standard input:1:1"]);
}

#[test]
fn the_exit_code_follows_the_level() {
    let check = |text: &str, codes: [i32; 3]| {
        for (level, code) in ["info", "warn", "fail"].iter().zip(codes) {
            let folder = Folder::new(&[("t.sql", text)]);
            let call = pgrefit(["lint", "migrations/t.sql", "--fail-on", level]).inside(folder.path());
            call.run().expect(code);
        }
    };
    check("SELECT 1;", [0, 0, 0]);
    check("CREATE TABLE a (id int, b int REFERENCES c (id) NOT VALID);", [1, 0, 0]);
    check("DROP INDEX a;", [1, 0, 0]);
    check("DROP TABLE a;", [1, 1, 0]);
    check("CREATE INDEX i ON a (b);", [1, 1, 1]);
    check(
        "-- pgrefit:allow index-without-concurrently nobody uses it yet\nCREATE INDEX i ON a (b);",
        [0, 0, 0],
    );
}

#[test]
fn rules_are_turned_off_and_on() {
    let text = "DROP TABLE a;\nCREATE INDEX i ON b (c);\n";
    let drop = "drop-table warn migrations/t.sql:1";
    let (all, _) = found(&Folder::new(&[("t.sql", text)]), &["migrations/t.sql"]);
    assert!(all.contains(&drop.to_owned()), "{all:?}");
    let index = "index-without-concurrently fail migrations/t.sql:2";
    check_text(text, &["--off", "drop-table", "--off", "several-strong-locks"], 1, &[index]);
    check_text(text, &["--off", "all"], 0, &[]);
    check_text("SELEC 1;", &["--off", "all"], 1, &["syntax-error fail migrations/t.sql:1"]);
    check_text("SELEC 1;", &["--off", "syntax-error"], 0, &[]);
    let squawk = "squawk/ban-drop-table warn migrations/t.sql:1";
    check_text(text, &["--off", "all", "--squawk", "ban-drop-table"], 0, &[squawk]);
    let (all, _) =
        found(&Folder::new(&[("t.sql", text)]), &["migrations/t.sql", "--squawk", "all", "--off", "all"]);
    assert!(all.len() > 2 && all.iter().all(|line| line.starts_with("squawk/")), "{all:?}");
    let one: &[(&str, &[u8])] = &[("V1__a.sql", b"SELECT 1;")];
    refused(one, &["--off", "drop-tabel"], &["there is no rule \"drop-tabel\"", "did you mean drop-table?"]);
    refused(one, &["--off", "zzz"], &["pgrefit lint --rules"]);
    refused(one, &["--squawk", "ban-drop-tabel"], &["squawk has no rule", "did you mean ban-drop-table?"]);
    refused(one, &["--squawk", "zzz"], &["squawkhq.com"]);
    refused(one, &["--explain", "drop-tabel"], &["did you mean drop-table?"]);
}

#[test]
fn rules_are_explained() {
    let folder = Folder::new(&[]);
    let run =
        |arguments: &[&str]| pgrefit([&["lint"], arguments].concat()).inside(folder.path()).run().expect(0);
    run(&["--explain", "drop-table"]).shows(&["# `drop-table`", "-- pgrefit:allow drop-table <reason>"]);
    let list = run(&["--rules"]).stdout;
    assert!(list.lines().count() > 60 && list.contains("\ndrop-table "), "{list}");
}

#[test]
fn what_is_right_here_is_allowed() {
    let rule = "drop-table";
    let with = |comment: &str| format!("{comment}\nDROP TABLE a;\n");
    check_text(
        &with("-- pgrefit:allow drop-table it is empty"),
        &[],
        0,
        &["drop-table allowed migrations/t.sql:2"],
    );
    check_text(
        "DROP TABLE a; -- pgrefit:allow drop-table it is empty\n",
        &[],
        0,
        &["drop-table allowed migrations/t.sql:1"],
    );
    let warned = "drop-table warn migrations/t.sql:2";
    check_text(&with("-- pgrefit:allow drop-table"), &[], 1, &["directive fail migrations/t.sql:1", warned]);
    check_text(
        &with("-- pgrefit:allow drop-tabel it is empty"),
        &[],
        0,
        &["unused-allow warn migrations/t.sql:1", warned],
    );
    check_text(
        "-- pgrefit:allow drop-table it is empty\nSELECT 1;\n",
        &[],
        0,
        &["unused-allow warn migrations/t.sql:1"],
    );
    // Whether it is of use is not known when the rule is not asked.
    check_text("-- pgrefit:allow drop-table it is empty\nSELECT 1;\n", &["--off", rule], 0, &[]);
    check_text("-- pgrefit:allow drop-tabel it is empty\nSELECT 1;\n", &["--off", "unused-allow"], 0, &[]);
}

#[test]
fn comments_for_squawk_are_heeded() {
    check_text(
        "-- squawk-ignore ban-drop-table\nDROP TABLE a;\n",
        &[],
        0,
        &["drop-table allowed migrations/t.sql:2"],
    );
    check_text(
        "-- squawk-ignore-file ban-drop-table\nSELECT 1;\nDROP TABLE a;\n",
        &[],
        0,
        &["drop-table allowed migrations/t.sql:3"],
    );
    check_text(
        "-- squawk-ignore ban-drop-column\nDROP TABLE a;\n",
        &[],
        0,
        &["drop-table warn migrations/t.sql:2"],
    );
    let squawk = ["--off", "all", "--squawk", "ban-drop-table"];
    check_text("-- squawk-ignore ban-drop-table\nDROP TABLE a;\n", &squawk, 0, &[]);
    check_text(
        "-- pgrefit:allow ban-drop-table it is empty\nDROP TABLE a;\n",
        &squawk,
        0,
        &["squawk/ban-drop-table allowed migrations/t.sql:2"],
    );
    check_text("-- pgrefit:allow ban-drop-table it is empty\nSELECT 1;\n", &[], 0, &[]);
}

#[test]
fn a_mistake_has_its_place() {
    let check = |text: &str, shown: &[&str]| {
        let folder = Folder::new(&[("V1__a.sql", text)]);
        pgrefit(["lint"]).inside(folder.path()).run().expect(1).shows(shown);
    };
    check(
        "SELECT 1;\nALTER TABLE b ADD COLUM c int;\n",
        &[
            "fail[syntax-error]: expected `;` or the beginning of a statement, found `int`",
            "--> migrations/V1__a.sql:2:27",
            "2 | ALTER TABLE b ADD COLUM c int;",
            "| ^^^",
        ],
    );
    check("CREATE TABLE a (id int\n\n", &["V1__a.sql:1:23", "1 | CREATE TABLE a (id int"]);
    check("SELECT 1;\n\\dt\n", &["fail[needs-psql]", "--> migrations/V1__a.sql:2:1", "2 | \\dt", "| ^^^"]);
    check("COPY a FROM stdin;\n1\n\\.\n", &["fail[needs-psql]", "V1__a.sql:1:1"]);
    check("BEGIN;\nDROP TABLE a;\nCOMMIT;\n", &["fail[transaction-control]", "V1__a.sql:1:1"]);
}

#[test]
fn texts_of_every_kind_are_read() {
    let drop = "drop-table warn migrations/t.sql:1";
    check_text("\u{feff}DROP TABLE a;\r\n", &[], 0, &[drop]);
    check_text("DROP TABLE a;\r\nSELECT 1;\r\n", &[], 0, &[drop]);
    check_text("", &[], 0, &[]);
    check_text("-- nothing\n", &[], 0, &[]);
    // A mark is no column.
    let folder = Folder::new(&[("t.sql", "\u{feff}DROP TABLE a;\r\n")]);
    let ran = pgrefit(["lint", "migrations/t.sql"]).inside(folder.path()).run().expect(0);
    ran.shows(&["--> migrations/t.sql:1:12", "1 | DROP TABLE a;"]);
}

#[test]
fn what_cannot_be_read_is_refused() {
    refused(&[], &[], &["no migrations in migrations"]);
    refused(&[], &["migrations"], &["no .sql files in migrations"]);
    let folder = Folder::new(&[]);
    std::os::unix::fs::symlink("nowhere", folder.migrations().join("V1__a.sql")).unwrap();
    let ran = pgrefit(["lint", "migrations"]).inside(folder.path()).run();
    ran.expect(2).says(&["failed to read migrations/V1__a.sql: No such file"]);
    refused(&[], &["nothing.sql"], &["failed to read nothing.sql: No such file"]);
    refused(
        &[("t.sql", b"SELECT 1; \xff")],
        &["migrations"],
        &["migrations/t.sql is not valid UTF-8 (line 1, column 11)"],
    );
    refused(
        &[("V1__a.sql", b"SELECT 1;")],
        &["--snapshot", "migrations/V1__a.sql"],
        &["failed to read the snapshot"],
    );
    refused(&[("V1__a.sql", b"SELECT 1;")], &["--schema", "none.sql"], &["failed to read none.sql"]);
}

#[test]
fn a_folder_of_old_files_is_told_from_new_ones() {
    let files: Vec<(String, String)> =
        (1..30).map(|number| (format!("V{number}__drop.sql"), format!("DROP TABLE t{number};\n"))).collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = Folder::new(&files);
    let run =
        |arguments: &[&str]| pgrefit([&["lint"], arguments].concat()).inside(folder.path()).run().expect(1);
    run(&[]).shows(&["29 failures in 29 files; --applied VERSION passes over"]);
    let few = run(&["--applied", "28"]);
    assert!(!few.stdout.contains("--applied"), "{}", few.stdout);
    few.shows(&["1 failure in 1 file ("]);
}
