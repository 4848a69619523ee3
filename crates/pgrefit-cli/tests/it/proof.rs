//! Proofs: a database that asks for them is not changed without, and what is changed can be shown.

mod earlier;
mod evidence;
mod failing;
mod forged;
mod killed;
mod roles;
mod signed;
mod staging;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Database, Folder, Pgrefit, Ran, pgrefit};

const BOOKS: &str = "CREATE TABLE books (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL, shelf int);\n\
    INSERT INTO books (title, shelf) SELECT 'title ' || i, i % 10 FROM generate_series(1, 500) i;\n";
const AUTHOR: &str =
    "ALTER TABLE books ADD COLUMN author text;\nCREATE INDEX books_shelf_idx ON books (shelf);\n";

const CONFIG: &str = "[traffic]\nrate = 50\nlive = true\n\n[[queries]]\nname = \"by-id\"\n\
    sql = \"SELECT title FROM books WHERE id = $1\"\nbudget = \"500ms\"\nargs = [[\"1\"], [\"77\"]]\n";

/// A database with books, at V1, and a folder with V2 pending.
pub(crate) struct Shop {
    pub(crate) database: Database,
    pub(crate) folder: Folder,
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self::on(Database::new(), AUTHOR)
    }

    /// With this text as V2.
    pub(crate) fn pending(sql: &str) -> Self {
        Self::on(Database::new(), sql)
    }

    pub(crate) fn on(database: Database, pending: &str) -> Self {
        let folder = Folder::new(&[("V1__books.sql", BOOKS)]);
        std::fs::write(folder.path().join("pgrefit.toml"), CONFIG).unwrap();
        pgrefit(["migrate"]).inside(folder.path()).on(&database).run().expect(0);
        folder.write("V2__pending.sql", pending);
        Self { database, folder }
    }

    /// A call on the database as one of production.
    pub(crate) fn call(&self, arguments: &[&str]) -> Pgrefit {
        let call = pgrefit(arguments.iter().copied()).inside(self.folder.path()).on(&self.database);
        call.env("PGREFIT_POLICY_ENVIRONMENT", "production")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.call(arguments).run()
    }

    /// The folder of the last run.
    pub(crate) fn last_run(&self) -> PathBuf {
        self.runs().pop().expect("there was a run")
    }

    /// The folders of all runs, the oldest first.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let mut runs = entries(&self.folder.path().join("pgrefit"));
        runs.retain(|path| !path.ends_with("backups"));
        runs.sort();
        runs
    }

    /// The folders of backups.
    pub(crate) fn backups(&self) -> Vec<PathBuf> {
        entries(&self.folder.path().join("pgrefit/backups"))
    }

    /// The evidence of the last run.
    pub(crate) fn evidence(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.last_run().join("evidence.json")).unwrap())
            .unwrap()
    }

    /// Whether the live database still is at V1.
    pub(crate) fn is_untouched(&self) -> bool {
        self.database.history() == ["1:books"]
            && self
                .database
                .value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'books'::regclass AND attnum > 0")
                == "3"
    }
}

pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in entries(folder) {
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}
