//! Changes the history without running a migration: adopting a database, and mending checksums after an edit.

use std::collections::BTreeMap;
use std::time::Duration;

use pgrefit_pg::{Connector, RunnerLock};
use similar::TextDiff;

use crate::table::literal;
use crate::{Entry, Error, History, MigrationFile, Plan, State, checksum, message, read};

/// What mending one version would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The version.
    pub version: i64,
    /// The file's title.
    pub title: String,
    /// Whether only line ends, blanks or comments differ.
    pub cosmetic: bool,
    /// The recorded checksum; `None` when what is stored is not a number.
    pub recorded: Option<u64>,
    /// The checksum of the file.
    pub file: u64,
    /// The change from the text as applied to the file, where the text is known.
    pub diff: Option<String>,
}

/// What `repair` would change: every version whose file differs from what is recorded.
#[must_use]
pub fn repairs(plan: &Plan, cosmetic_only: bool) -> Vec<Repair> {
    plan.entries
        .iter()
        .filter_map(|entry| of_entry(entry, plan))
        .filter(|repair| repair.cosmetic || !cosmetic_only)
        .collect()
}

fn of_entry(entry: &Entry, plan: &Plan) -> Option<Repair> {
    let cosmetic = match entry.state {
        State::Cosmetic => true,
        State::Divergent => false,
        _ => return None,
    };
    let file = entry.file.as_ref()?;
    Some(Repair {
        version: entry.version,
        title: entry.title.clone(),
        cosmetic,
        recorded: entry.recorded.as_ref()?.checksum,
        file: checksum(file, plan.width),
        diff: entry.recorded_sql.as_deref().map(|applied| unified_diff(applied, &file.sql)),
    })
}

fn unified_diff(applied: &str, file: &str) -> String {
    TextDiff::from_lines(applied, file)
        .unified_diff()
        .context_radius(2)
        .header("as applied", "file")
        .to_string()
}

/// Writes the files' checksums, names and texts over the recorded ones, for the versions of `repairs`, if they still are
/// what was shown.
///
/// Locks: the runner lock; ROW EXCLUSIVE on the history tables, in one transaction.
///
/// # Errors
/// Another runner at work for longer than `wait`; what the server says.
pub async fn repair(
    connector: &Connector,
    files: &[MigrationFile],
    table: &str,
    shown: &[Repair],
    wait: Duration,
) -> Result<(), Error> {
    let lock = RunnerLock::acquire(connector, wait, |_| {}).await?;
    let mut session = connector.migrator().await?;
    let (_, history) = read::plan_for_repair(&mut session, files, table, shown).await?;
    let mut sql = String::from("BEGIN;\n");
    sql.push_str(&history.create_sql());
    for (repair, file) in
        shown.iter().filter_map(|r| Some((r, files.iter().find(|file| file.version == r.version)?)))
    {
        sql.push_str(&history.mend_sql(file, repair.file));
    }
    sql.push_str("COMMIT;");
    session.batch(&sql).await?;
    // What was to be done is done; the server gives the lock back in any case.
    let _ = lock.release().await;
    Ok(())
}

/// Records migrations as applied without running them: for a database that already has what they make.
///
/// Creates the history tables if they are missing. Locks: the runner lock; ROW EXCLUSIVE on the history tables, in one
/// transaction.
///
/// # Errors
/// A database that has a history already; another runner at work for longer than `wait`; what the server says.
pub async fn adopt(
    connector: &Connector,
    files: &[MigrationFile],
    table: &str,
    wait: Duration,
) -> Result<(), Error> {
    let lock = RunnerLock::acquire(connector, wait, |_| {}).await?;
    let mut session = connector.migrator().await?;
    let mut history = History::ask(&mut session, table).await?;
    if !history.rows.is_empty() {
        return Err(Error::AlreadyManaged { table: history.qualified(), count: history.rows.len() });
    }
    let plan = Plan::new(files, &history, &BTreeMap::new(), None);
    history.width = plan.width;
    read::refuse_problems(&plan, &history)?;
    session.batch(&adopt_sql(files, &history)).await?;
    // What was to be done is done; the server gives the lock back in any case.
    let _ = lock.release().await;
    Ok(())
}

fn adopt_sql(files: &[MigrationFile], history: &History) -> String {
    let now = message::now();
    let mut sql = format!("BEGIN;\n{}", history.create_sql());
    for file in files {
        sql.push_str(&history.record_sql(file, &now, checksum(file, history.width)));
        sql.push_str(";\n");
        sql.push_str(&history.note_sql(file, true));
        sql.push_str(";\n");
    }
    sql.push_str("COMMIT;");
    sql
}

impl History {
    fn mend_sql(&self, file: &MigrationFile, checksum: u64) -> String {
        format!(
            "UPDATE {} SET name = {}, checksum = '{checksum}' WHERE version = {version};\n\
             INSERT INTO {notes} AS n (version, sql, adopted, applied_with) VALUES ({version}, {text}, true, {tool}) \
             ON CONFLICT (version) DO UPDATE SET sql = excluded.sql;\n",
            self.qualified(),
            literal(&file.name),
            version = file.version,
            notes = self.notes(),
            text = literal(&file.sql),
            tool = literal(crate::table::TOOL),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::unified_diff;

    #[test]
    fn the_diff_shows_what_changed() {
        let diff = unified_diff("SELECT 1;\nSELECT 2;\n", "SELECT 1;\nSELECT 3;\n");
        assert_eq!(diff, "--- as applied\n+++ file\n@@ -1,2 +1,2 @@\n SELECT 1;\n-SELECT 2;\n+SELECT 3;\n");
    }
}
