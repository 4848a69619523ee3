//! The pages of docs/runbooks: every command of theirs is run, in order, on a production database; then it is looked at what
//! the page promises.

use std::fs;
use std::path::Path;
use std::process::Command;

use pgrefit_report::evidence::Requirement;
use tempfile::TempDir;

use crate::harness::{Database, Pgrefit, pgrefit};
use crate::page::{self, Block, Page};

/// The pages with a test below.
const TESTED: [&str; 4] = ["live-run-checklist", "restore", "roll-forward", "zero-downtime"];

/// A database with rows, and a folder with migrations, as a page finds them.
struct Scene {
    database: Database,
    folder: TempDir,
}

impl Scene {
    /// The fixtures of a page: its first migration is applied, and its rows are there.
    fn of(page: &str, database: Database) -> Self {
        let scene = Self { database, folder: tempfile::tempdir().unwrap() };
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/runbooks").join(page);
        scene.copy(&fixtures, scene.folder.path());
        pgrefit(["migrate", "--target", "1"]).on(&scene.database).inside(scene.folder.path()).run().expect(0);
        scene.database.sql(&fs::read_to_string(fixtures.join("rows.sql")).unwrap());
        scene
    }

    fn copy(&self, from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        let port = self.database.server.port().to_string();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                self.copy(&entry.path(), &target);
                continue;
            }
            let text = fs::read_to_string(entry.path()).unwrap();
            fs::write(target, text.replace("{{live port}}", &port)).unwrap();
        }
    }

    /// The binary on the database, for which nothing says that it can be thrown away.
    fn production(&self, arguments: &[&str]) -> Pgrefit {
        let run = pgrefit(arguments).without("PGREFIT_POLICY_ENVIRONMENT");
        run.on(&self.database).inside(self.folder.path())
    }

    /// Runs the blocks of a page, and fails the test with the first one that does not end as it says.
    #[track_caller]
    fn follow(&self, name: &str) {
        let page = Page::read(&format!("runbooks/{name}"));
        assert!(page.commands().count() > 0, "{name}.md has no commands");
        for block in page.commands() {
            self.run(name, block);
        }
    }

    #[track_caller]
    fn run(&self, name: &str, block: &Block) {
        let output = self.shell().arg(block.script()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = format!("--- stdout\n{}\n--- stderr\n{}", text(&output.stdout), text(&output.stderr));
        assert!(!said.contains(&self.database.password()), "{name}.md:{}: a password is printed", block.line);
        assert!(
            output.status.success(),
            "{name}.md:{}: {}\n{}\n{said}",
            block.line,
            output.status,
            block.text
        );
    }

    /// A shell as somebody has it who follows the page, with `psql` of the server.
    fn shell(&self) -> Command {
        let database = &self.database;
        let psql = database.server.binaries().program("psql").expect("the server's programs have psql");
        let mut shell = page::shell(self.folder.path(), psql.parent().as_slice());
        shell.args(["-eu", "-c"]).env("DATABASE_URL", database.url());
        shell.env("PGHOST", "127.0.0.1").env("PGPORT", database.server.port().to_string());
        shell.env("PGUSER", database.server.user()).env("PGPASSWORD", database.password());
        shell.env("PGDATABASE", &database.name);
        shell
    }

    /// The evidence of the last run.
    fn evidence(&self) -> serde_json::Value {
        let runs = fs::read_dir(self.folder.path().join("pgrefit")).unwrap();
        let files = runs.map(|entry| entry.unwrap().path().join("evidence.json"));
        let last = files.filter(|path| path.is_file()).max().unwrap();
        serde_json::from_str(&fs::read_to_string(last).unwrap()).unwrap()
    }
}

#[test]
fn no_page_has_a_command_that_is_not_run() {
    let mut found: Vec<String> = Page::names("runbooks");
    found.sort();
    assert_eq!(found, TESTED, "each page of docs/runbooks has a test in this file");
    for name in found {
        assert_eq!(Page::read(&format!("runbooks/{name}")).hidden(), [""; 0]);
    }
}

#[test]
fn zero_downtime() {
    // An audit of a server that gives up the safety of its data ends with 1.
    let safe = [("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on")];
    let scene = Scene::of("zero-downtime", Database::alone_on(18, &safe));
    scene.follow("zero-downtime");
    let database = &scene.database;
    assert_eq!(database.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
    assert_eq!(database.value("SELECT count(*) FROM pg_constraint WHERE NOT convalidated"), "0");
    assert_eq!(database.value("SELECT count(*) FROM books"), "20000");
    assert!(database.has_table("books_title"), "the index is there");
    let lost = database.value("SELECT count(*) FROM pgrefit_run WHERE exit_code IS DISTINCT FROM 0");
    assert_eq!(lost, "0", "every live run ended well");
}

#[test]
fn roll_forward() {
    let scene = Scene::of("roll-forward", Database::new());
    scene.follow("roll-forward");
    let exits = "SELECT string_agg(exit_code::text, ',' ORDER BY started_at) FROM pgrefit_run";
    assert_eq!(scene.database.value(exits), "15,0", "the second run is green");
    let kind =
        "SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = 'loans'::regclass AND attname = 'id'";
    assert_eq!(scene.database.value(kind), "bigint", "as it was rehearsed");
    scene.production(&["migrate"]).run().expect(0).shows(&["up to date"]);
}

#[test]
fn restore() {
    let scene = Scene::of("restore", Database::new());
    scene.production(&["migrate"]).run().expect(0);
    scene.database.sql("INSERT INTO notes (title) VALUES ('written after the backup')");
    scene.follow("restore");
    let database = &scene.database;
    let rows = "SELECT count(*) FROM notes WHERE body = 'text of ' || id";
    assert_eq!(database.value(rows), "500", "the rows of the backup are there");
    assert_eq!(database.value("SELECT count(*) FROM notes WHERE title LIKE 'written after%'"), "0");
    assert_eq!(scene.database.history(), ["1:create_notes"], "what was applied since is pending again");
    let replaced = Database { server: Database::new().server, name: format!("{}_replaced", database.name) };
    assert_eq!(replaced.value("SELECT count(*) FROM notes"), "501", "what was replaced is kept");
}

#[test]
fn live_run_checklist() {
    let text = Page::read("runbooks/live-run-checklist").text;
    for requirement in Requirement::ALL {
        let title = requirement.title();
        assert!(text.contains(&format!("### {title}\n")), "live-run-checklist.md says nothing of {title:?}");
    }
    let scene = Scene::of("live-run-checklist", Database::new());
    scene.follow("live-run-checklist");
    let evidence = scene.evidence();
    let lines = evidence["checklist"].as_array().unwrap();
    assert_eq!(lines.len(), Requirement::ALL.len());
    for line in lines {
        // Rows of a live database come and go: they are compared on the copy, and that is said.
        let expected = if line["requirement"] == "no-row-lost" { "warn" } else { "pass" };
        assert_eq!(line["status"], expected, "{line}");
    }
}
