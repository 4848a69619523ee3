//! The files: five kinds of migrations in turn, one numbered sequence, the same on every machine.

use crate::failure::{Failure, Outcome};
use crate::workspace;
use std::path::PathBuf;

/// What a team writes over the years for one module, in this order. `{n}` is the module, `{p}` the one before.
const KINDS: [(&str, &str); 5] = [
    ("tables", include_str!("sql/tables.sql")),
    ("columns", include_str!("sql/columns.sql")),
    ("routines", include_str!("sql/routines.sql")),
    ("constraints", include_str!("sql/constraints.sql")),
    ("views", include_str!("sql/views.sql")),
];

pub(super) struct Corpus {
    /// A folder without a configuration.
    pub(super) home: PathBuf,
    pub(super) dir: PathBuf,
    /// Relative to `home`.
    pub(super) files: Vec<String>,
    pub(super) bytes: usize,
}

impl Corpus {
    /// Writes the files anew: what an older generator left must not be measured.
    pub(super) fn write(count: u32) -> Outcome<Self> {
        let home = workspace::target("bench").join("lint");
        let dir = home.join("migrations");
        if dir.exists() {
            std::fs::remove_dir_all(&dir)
                .map_err(|cause| Failure::because(format!("remove {}", dir.display()), cause))?;
        }
        workspace::create_dir(&dir)?;
        let mut corpus = Self { home, dir, files: Vec::new(), bytes: 0 };
        for number in 1..=count {
            let (name, text) = migration(number);
            corpus.bytes += text.len();
            workspace::write(&corpus.dir.join(&name), text)?;
            corpus.files.push(format!("migrations/{name}"));
        }
        Ok(corpus)
    }
}

/// Name and text of a file.
fn migration(number: u32) -> (String, String) {
    let index = number - 1;
    let kinds = u32::try_from(KINDS.len()).unwrap_or(1);
    let (module, kind) = (index / kinds + 1, KINDS[(index % kinds) as usize]);
    // The first module has none before it.
    let before = (module - 1).max(1);
    let text = kind.1.replace("{n}", &module.to_string()).replace("{p}", &before.to_string());
    (format!("V{number}__{}_{module}.sql", kind.0), text)
}

#[cfg(test)]
mod tests {
    use super::{KINDS, migration};

    #[test]
    fn files_are_numbered_and_about_two_kilobytes() {
        let check = |number: u32, name: &str, part: &str| {
            let (found, text) = migration(number);
            assert_eq!(found, name);
            assert!(text.contains(part), "{text}");
        };
        check(1, "V1__tables_1.sql", "CREATE TABLE subscriptions_1 (");
        check(2, "V2__columns_1.sql", "ALTER TABLE subscriptions_1 ");
        check(10, "V10__views_2.sql", "ALTER TABLE subscriptions_1 DROP COLUMN");
        check(5, "V5__views_1.sql", "ALTER TABLE subscriptions_1 DROP COLUMN");
        assert!(KINDS.iter().all(|(_, text)| (1_700..2_300).contains(&text.len())));
    }
}
