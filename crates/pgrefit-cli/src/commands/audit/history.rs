//! The project's migrations, to be held against the history.

use pgrefit_audit::{Migration, Options};
use pgrefit_catalog::census::{Census, HistoryRow};
use pgrefit_history::{Entry, Match, MigrationFile, State, VersionWidth, checksum, compare};

use crate::config::Config;
use crate::setup::Setup;
use crate::{Context, Failed};

/// The migrations that belong to the database, with the checksums under which they may be recorded: those of a folder, or
/// those in the binary if one of them was applied. Another project's database has nothing to do with those in the binary.
pub(super) fn migrations(
    config: &Config,
    history: Option<&[HistoryRow]>,
) -> Result<Option<Vec<Migration>>, Failed> {
    if is_bare(config) {
        return Ok(None);
    }
    let files = Context::migrations(config)?;
    let rows = history.unwrap_or_default();
    let recorded = |file: &MigrationFile| rows.iter().find(|row| row.version == file.version);
    let own = |file: &MigrationFile| recorded(file).is_some_and(|row| row.name.as_ref() == Some(&file.name));
    if Context::migrations_folder(config).is_none() && !files.iter().any(own) {
        return Ok(None);
    }
    let migration = |file: &MigrationFile| {
        let row = recorded(file).and_then(|row| row.checksum.clone());
        Migration {
            version: file.version,
            name: file.name.clone(),
            checksums: checksums(file, row),
            any_time: file.out_of_order,
        }
    };
    Ok(Some(files.iter().map(migration).collect()))
}

/// Whether the folder of migrations is one that nobody named and that is empty: a project that has none yet.
fn is_bare(config: &Config) -> bool {
    let folder = Context::migrations_folder(config).filter(|_| config.text("migrations.dir").is_empty());
    folder.is_some_and(|folder| folder.read_dir().is_ok_and(|mut entries| entries.next().is_none()))
}

/// In both widths, and as recorded if only the layout has changed since.
fn checksums(file: &MigrationFile, recorded: Option<String>) -> Vec<String> {
    let widths = [VersionWidth::Int4, VersionWidth::Int8];
    let same = |recorded: &String| {
        let number = recorded.parse().ok();
        number
            .is_some_and(|it| widths.iter().any(|width| compare(file, it, None, *width) != Match::Divergent))
    };
    let own = widths.iter().map(|width| checksum(file, *width).to_string());
    own.chain(recorded.filter(same)).collect()
}

/// Accepts the recorded checksum of files of which only the layout or comments changed: told by the text as applied, which the
/// census does not hold. Reads the history again, if a checksum differs. If that cannot be done, the files count as changed.
pub(super) async fn accept_layout(
    context: &Context,
    config: &Config,
    census: &Census,
    options: &mut Options,
) {
    let Some(migrations) = &options.migrations else { return };
    let rows = census.history.as_deref().unwrap_or_default();
    let differs = |row: &HistoryRow| {
        let own = migrations.iter().find(|it| it.version == row.version);
        own.zip(row.checksum.as_ref()).is_some_and(|(own, recorded)| !own.checksums.contains(recorded))
    };
    if !rows.iter().any(differs) {
        return;
    }
    let Ok(setup) = Setup::of(context, config.clone()) else { return };
    let Ok(planned) = pgrefit_migrate::plan(&setup.job(None)).await else { return };
    accept(census, &planned.plan().entries, options);
}

/// Accepts the recorded checksum of those of the entries of which only the layout changed.
pub(super) fn accept(census: &Census, entries: &[Entry], options: &mut Options) {
    let Some(migrations) = &mut options.migrations else { return };
    let rows = census.history.as_deref().unwrap_or_default();
    for entry in entries.iter().filter(|entry| is_of_text(entry)) {
        let recorded = rows.iter().find(|row| row.version == entry.version);
        if let Some(own) = migrations.iter_mut().find(|it| it.version == entry.version) {
            own.checksums.extend(recorded.and_then(|row| row.checksum.clone()));
        }
    }
}

/// Whether only the layout changed, and the recorded checksum is that of the text as applied: one that was changed by hand is not.
fn is_of_text(entry: &Entry) -> bool {
    let parts = entry.file.as_ref().zip(entry.recorded.as_ref()).zip(entry.recorded_sql.as_ref());
    let Some(((file, recorded), sql)) = parts.filter(|_| entry.state == State::Cosmetic) else {
        return false;
    };
    let mut applied = file.clone();
    applied.sql.clone_from(sql);
    let widths = [VersionWidth::Int4, VersionWidth::Int8];
    let same = |it: u64| widths.iter().any(|width| compare(&applied, it, None, *width) != Match::Divergent);
    recorded.checksum.is_some_and(same)
}
