//! The SQL of the scenario, and the folders of migrations that each tool reads.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A script, under the name that its migration gets.
#[derive(Clone, Copy)]
pub(super) struct Script {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

macro_rules! script {
    ($folder:literal, $name:literal) => {
        Script { name: $name, sql: include_str!(concat!($folder, "/", $name, ".sql")) }
    };
}

/// What the database begins with: tables, then (the rows, then) indexes.
const BASE: [Script; 2] = [script!("base", "tables"), script!("base", "indexes")];

/// The six changes as one writes them without a second thought.
const NAIVE: [Script; 6] = [
    script!("naive", "documents_source_fk"),
    script!("naive", "documents_doc_type_created_at_index"),
    script!("naive", "documents_lang"),
    script!("naive", "documents_token_count_bigint"),
    script!("naive", "documents_path_key"),
    script!("naive", "documents_drop_legacy_tags"),
];

/// The same six in steps that nobody has to wait for.
const SAFE: [Script; 12] = [
    script!("safe", "documents_source_fk"),
    script!("safe", "validate_documents_source_fk"),
    script!("safe", "documents_doc_type_created_at_index"),
    script!("safe", "documents_lang"),
    script!("safe", "documents_token_count_big"),
    script!("safe", "fill_token_count_big"),
    script!("safe", "token_count_big_never_null"),
    script!("safe", "validate_token_count_big_never_null"),
    script!("safe", "swap_token_count"),
    script!("safe", "documents_path_unique_index"),
    script!("safe", "documents_path_key"),
    script!("safe", "documents_drop_legacy_tags"),
];

/// One change of the catalog alone: the naive and the safe form are the same.
const SINGLE: [Script; 1] = [script!("safe", "documents_lang")];

/// What is run by psql or pgbench, not by a migration tool.
const OTHER: [Script; 5] = [
    script!("base", "rows"),
    script!("base", "undone"),
    script!("app", "select"),
    script!("app", "insert"),
    script!("app", "update"),
];

pub(super) fn naive(single: bool) -> &'static [Script] {
    if single { &SINGLE } else { &NAIVE }
}

pub(super) fn safe(single: bool) -> &'static [Script] {
    if single { &SINGLE } else { &SAFE }
}

impl Script {
    /// `CREATE INDEX CONCURRENTLY` waits for old transactions by design, and runs outside of a transaction.
    pub(super) fn is_concurrent(self) -> bool {
        self.sql.contains(" CONCURRENTLY ")
    }

    pub(super) fn is_backfill(self) -> bool {
        self.sql.lines().any(|line| line == "-- pgrefit:backfill")
    }
}

/// Everything as files, in a folder that is ours alone while we run and holds nothing from an earlier run.
pub(super) struct Files {
    dir: PathBuf,
    _lock: File,
}

impl Files {
    pub(super) fn write(single: bool) -> Outcome<Self> {
        let dir = workspace::target("bench").join("load");
        workspace::create_dir(&dir)?;
        let files = Self { _lock: lock(&dir)?, dir };
        for script in OTHER {
            workspace::write(&files.script(script.name), script.sql)?;
        }
        let with_base = |rest: &'static [Script]| BASE.into_iter().chain(rest.iter().copied());
        files.folder("base", refinery_name, 1, with_base(&[]))?;
        files.folder("pgrefit", refinery_name, 1, with_base(safe(single)))?;
        files.folder("refinery", refinery_name, 1, with_base(naive(single)))?;
        // sqlx knows nothing of a base that refinery's history holds, and would run it again.
        files.folder("sqlx", sqlx_name, 1 + BASE.len(), naive(single).iter().copied())?;
        Ok(files)
    }

    /// One of the scripts that are no migrations.
    pub(super) fn script(&self, name: &str) -> PathBuf {
        self.dir.join(name).with_extension("sql")
    }

    /// The migrations of one tool.
    pub(super) fn migrations(&self, tool: &str) -> PathBuf {
        self.dir.join(tool)
    }

    /// Where programs write what they say.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.dir.join(name).with_extension("log")
    }

    /// A folder for what programs write.
    pub(super) fn dir(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn folder(
        &self,
        tool: &str,
        named: impl Fn(usize, &str) -> String,
        first: usize,
        scripts: impl Iterator<Item = Script>,
    ) -> Outcome<()> {
        let dir = self.dir(tool);
        workspace::empty_dir(&dir)?;
        for (version, script) in (first..).zip(scripts) {
            workspace::write(&dir.join(named(version, script.name)), script.sql)?;
        }
        Ok(())
    }
}

/// Held until it is dropped; the kernel drops it with us.
fn lock(dir: &Path) -> Outcome<File> {
    let locked = File::create(dir.join("lock")).and_then(|file| {
        file.try_lock()?;
        Ok(file)
    });
    locked.map_err(|cause| Failure::because(format!("lock {} against another run", dir.display()), cause))
}

fn refinery_name(version: usize, name: &str) -> String {
    format!("V{version}__{name}.sql")
}

fn sqlx_name(version: usize, name: &str) -> String {
    format!("{version}_{name}.sql")
}

#[cfg(test)]
mod tests {
    use super::{NAIVE, SAFE, SINGLE, refinery_name, sqlx_name};

    #[test]
    fn what_is_special_is_recognised() {
        let special = |is: fn(super::Script) -> bool| {
            SAFE.iter().filter(|s| is(**s)).map(|s| s.name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(special(super::Script::is_backfill), "fill_token_count_big");
        assert_eq!(
            special(super::Script::is_concurrent),
            "documents_doc_type_created_at_index documents_path_unique_index"
        );
    }

    #[test]
    fn one_change_is_the_same_in_both_forms() {
        let same = |name| {
            let sql = |all: &[super::Script]| all.iter().find(|s| s.name == name).map(|s| s.sql);
            assert_eq!(sql(&NAIVE), sql(&SAFE), "{name}");
        };
        same(SINGLE[0].name);
        same("documents_drop_legacy_tags");
    }

    #[test]
    fn each_tool_gets_its_own_names() {
        assert_eq!(refinery_name(3, "a"), "V3__a.sql");
        assert_eq!(sqlx_name(3, "a"), "3_a.sql");
    }
}
