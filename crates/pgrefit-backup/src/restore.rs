//! Restores the files of a backup, and makes sure that they are the ones that were written.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pgrefit_pg::Stop;

use crate::adapter::pg_dump;
use crate::event::Listener;
use crate::folder::Partial;
use crate::process::Run;
use crate::site::{Site, Wanted};
use crate::surroundings::Surroundings;
use crate::{Client, Error, Event, Manifest, Phase, Restored, Target, ToolSearch, hash};

/// How a complete backup is restored.
pub struct Restoring<'a> {
    /// Where to.
    pub target: &'a Target,
    /// Where client programs are looked for.
    pub tools: &'a ToolSearch,
    /// How many connections restore at once.
    pub jobs: u16,
    /// For `application_name`: `pgrefit/0.1.0`.
    pub name: &'a str,
    /// How long the tool may take.
    pub limit: Duration,
    /// Ends it in order.
    pub stop: &'a Stop,
    /// Is told what happens.
    pub on_event: Listener<'a>,
}

impl std::fmt::Debug for Restoring<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Restoring").field("target", &self.target).finish_non_exhaustive()
    }
}

/// Hashes every file of a complete backup again, and compares that with its manifest.
///
/// # Errors
/// [`Error::Manifest`]; [`Error::FilesChanged`], which names the files.
pub fn reverify(dir: &Path) -> Result<Manifest, Error> {
    let manifest = Manifest::read(dir)?;
    hash::verify(dir, &manifest)?;
    Ok(manifest)
}

/// Restores a complete backup, whose files are verified first, without looking at its source.
///
/// # Errors
/// As [`reverify`]; what [`crate::take_verified`] says of a restore; [`Error::NotRestorable`].
pub async fn restore(dir: &Path, how: &Restoring<'_>) -> Result<Restored, Error> {
    let _heed = how.stop.heed();
    let path = dir.to_owned();
    let verified = tokio::task::spawn_blocking(move || reverify(&path)).await;
    let manifest = verified.map_err(|cause| Error::io("hash", dir)(std::io::Error::other(cause)))??;
    if manifest.adapter != "pg_dump" {
        let why = "only backups of pg_dump are restored without their source".to_owned();
        return Err(Error::NotRestorable { adapter: manifest.adapter, why });
    }
    let surroundings = Surroundings::load(dir)?;
    let extensions = surroundings.extensions.clone();
    let wanted = Wanted {
        major: manifest.server_version_num / 10_000,
        extensions: &extensions,
        bytes: surroundings.bytes,
        name: how.name,
        source_started: None,
    };
    let site = Box::pin(Site::open(how.target, &wanted)).await?;
    let workspace = Partial::create(dir.parent().unwrap_or(dir), "restore")?;
    let tables = surroundings.tables;
    let has_roles = site.has_roles;
    let mut restored = Box::pin(site.database(&surroundings)).await?;
    let files =
        Files { dir, workspace: workspace.path(), major: dump_major(&manifest.tool), tables, has_roles };
    Box::pin(load(&files, &restored, how)).await?;
    restored.settle().await?;
    Ok(restored)
}

/// What is restored.
pub(crate) struct Files<'a> {
    /// The backup.
    pub(crate) dir: &'a Path,
    /// Where the password file may lie meanwhile.
    pub(crate) workspace: &'a Path,
    /// Major version of the `pg_dump` that wrote it.
    pub(crate) major: u32,
    /// How many tables there are.
    pub(crate) tables: usize,
    /// Whether roles, owners and privileges are there.
    pub(crate) has_roles: bool,
}

/// Runs `pg_restore` into the empty database; whatever it says goes into the error.
pub(crate) async fn load(files: &Files<'_>, restored: &Restored, how: &Restoring<'_>) -> Result<(), Error> {
    (how.on_event)(Event::Begins(Phase::Restore));
    let client = client(how, files.major).await?;
    let mut command = Command::new(&client.program);
    command.args(["--format=directory", "--exit-on-error", "--no-password", "--verbose"]);
    // A subscription would want its data from elsewhere.
    command.arg("--no-subscriptions").arg(format!("--jobs={}", how.jobs.max(1)));
    if !files.has_roles {
        command.args(["--no-owner", "--no-privileges"]);
    }
    let settings = restored.superuser.settings();
    command.arg(format!("--dbname={}", connection_string(settings.database())));
    let name = format!("{} pg_restore", how.name);
    let _password = settings.give_to(&mut command, &name, false, files.workspace).map_err(Error::Target)?;
    command.arg(files.dir.join(pg_dump::FOLDER));
    let (mut done, tables) = (0, files.tables);
    let on_line = |line: &str| {
        if is_table_restored(line) {
            done += 1;
            (how.on_event)(Event::TableRestored { done, tables });
        }
    };
    let ended = Run::new("pg_restore", command, how.limit).finish(how.stop, on_line).await?;
    if !ended.status.success() {
        let (tool, status) = (client.describe(), ended.status.to_string());
        return Err(Error::RestoreFailed { tool, status, output: ended.said });
    }
    (how.on_event)(Event::Ends(Phase::Restore));
    Ok(())
}

/// `pg_restore: finished item 3456 TABLE DATA documents`.
fn is_table_restored(line: &str) -> bool {
    line.contains(" finished item ") && line.contains(" TABLE DATA ")
}

/// A database's name as a connection string, which is never taken for one itself: `a=b` would be.
fn connection_string(database: &str) -> String {
    format!("dbname='{}'", database.replace('\\', "\\\\").replace('\'', "\\'"))
}

async fn client(how: &Restoring<'_>, major: u32) -> Result<Client, Error> {
    let found = how.tools.find_all("pg_restore", major).await?;
    found.into_iter().next().ok_or_else(|| Error::ToolMissing { tool: "pg_restore".to_owned() })
}

/// `pg_dump 18.6` → 18; 0 when it cannot be read, which any `pg_restore` is newer than.
pub(crate) fn dump_major(tool: &str) -> u32 {
    let version = tool.split_whitespace().nth(1).unwrap_or_default();
    version
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .and_then(|major| major.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_connection_strings() {
        assert_eq!(connection_string("a b='\\"), "dbname='a b=\\'\\\\'");
    }

    #[test]
    fn the_version_is_that_of_the_tool() {
        assert_eq!(dump_major("pg_dump 18.6 (Debian 18.6-1)"), 18);
        assert_eq!(dump_major("pg_dump 19devel"), 19);
        assert_eq!(dump_major("x"), 0);
    }

    #[test]
    fn tables_are_counted_by_their_data() {
        assert!(is_table_restored("pg_restore: finished item 3456 TABLE DATA documents"));
        assert!(!is_table_restored("pg_restore: finished item 3456 INDEX documents_pkey"));
    }
}
