//! `pgrefit migrate split`: a migration becomes the files that a live application does not notice.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use pgrefit_history::{FileError, MigrationFile, read_folder};
use pgrefit_report::Location;
use pgrefit_sql::{Part, SplitError, split};

use crate::context::shown;
use crate::{Context, Exit, Failed, Output};

const AFTER_HELP: &str = "\
Foreign keys and checks are added NOT VALID and validated later, NOT NULL goes by way of a check, indexes are built
CONCURRENTLY, a new type is a new column, changes of whole tables run in batches. Statements that lock different tables
get a file each.

The files are written next to FILE, under its version if it is the last, else behind the last; then FILE is removed: it
is in version control. A file that was already applied anywhere must not be split: its version would be missing.

Examples:
  pgrefit migrate split migrations/V8__documents.sql --dry-run     show the files
  pgrefit migrate split migrations/V8__documents.sql               V8__…, V9__…, … in its place";

/// Columns of the comment at the top of a file.
const COMMENT_WIDTH: usize = 117;

/// Rewrite a migration as a sequence of files that a live application does not notice.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Split {
    /// The migration; it must not have been applied anywhere.
    file: PathBuf,
    /// Print the files, write and remove nothing.
    #[arg(long)]
    dry_run: bool,
    /// The major version of the server.
    #[arg(long, value_name = "N", default_value_t = 18, value_parser = clap::value_parser!(u32).range(13..))]
    server_major: u32,
}

/// A file that is to be written.
struct Planned {
    path: PathBuf,
    text: String,
}

impl Split {
    pub(crate) fn run(self, context: &Context) -> Result<Output, Failed> {
        let file = read(&self.file)?;
        let parts = match split(&file.sql, self.server_major) {
            Ok(pgrefit_sql::Split::Already) => {
                let message = format!("{}: nothing in it needs another form.\n", shown(&self.file));
                return Ok(Output::Plain(message));
            }
            Ok(pgrefit_sql::Split::Parts(parts)) => parts,
            Err(error) => return Err(refused(&file, &error)),
        };
        let planned = plan(&file, parts, &root(context, &self.file)?)?;
        if self.dry_run {
            return Ok(Output::Plain(preview(&planned)));
        }
        write_all(&planned)?;
        std::fs::remove_file(&self.file).map_err(|error| {
            let message = format!("failed to remove {}: {error}", shown(&self.file));
            Failed::new(Exit::Usage, message).hint("its parts are written: remove it before the next run")
        })?;
        let mut said: String = planned.iter().map(|file| shown(&file.path) + "\n").collect();
        let _ = writeln!(said, "{} is removed: these files are in its place.", shown(&self.file));
        Ok(Output::Plain(said))
    }
}

fn read(path: &Path) -> Result<MigrationFile, Failed> {
    let bytes =
        std::fs::read(path).map_err(|source| FileError::Unreadable { path: path.to_owned(), source })?;
    Ok(MigrationFile::new(path, bytes)?)
}

/// The folder in which versions are counted: that of all migrations if the file is in it, else the file's own.
fn root(context: &Context, file: &Path) -> Result<PathBuf, Failed> {
    let own = match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let all = Context::migrations_folder(&context.config(&[])?);
    let is_inside = |all: &PathBuf| match (all.canonicalize(), own.canonicalize()) {
        (Ok(all), Ok(own)) => own.starts_with(all),
        _ => false,
    };
    Ok(all.filter(is_inside).unwrap_or(own))
}

/// Names for the parts: from the version of the file on if it is the last, else behind the last.
fn plan(file: &MigrationFile, parts: Vec<Part>, root: &Path) -> Result<Vec<Planned>, Failed> {
    let last = read_folder(root)?.last().map_or(file.version, |last| last.version);
    let first = if last == file.version { last } else { following(last)? };
    let folder = file.path.parent().unwrap_or(Path::new(""));
    let prefix = if file.out_of_order { 'U' } else { 'V' };
    let mut version = first;
    let mut planned = Vec::new();
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            version = following(version)?;
        }
        let mut path = folder.join(format!("{prefix}{version}__{}.sql", part.words));
        if path == file.path {
            path = folder.join(format!("{prefix}{version}__{}_first.sql", part.words));
        }
        let text = text_of(&part);
        // Read back before it is written: the next run must accept it.
        MigrationFile::new(&path, text.clone().into_bytes())?;
        planned.push(Planned { path, text });
    }
    Ok(planned)
}

fn following(version: i64) -> Result<i64, Failed> {
    version
        .checked_add(1)
        .ok_or_else(|| Failed::new(Exit::Usage, "failed to find a free version: the last is the largest"))
}

/// Writes all files or none; never overwrites one.
fn write_all(planned: &[Planned]) -> Result<(), Failed> {
    for (at, file) in planned.iter().enumerate() {
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&file.path)
            .map_err(|error| (error, at))
            .and_then(|mut open| open.write_all(file.text.as_bytes()).map_err(|error| (error, at + 1)));
        if let Err((error, created)) = written {
            for file in &planned[..created] {
                let _ = std::fs::remove_file(&file.path);
            }
            let message = format!("failed to create {}: {error}", shown(&file.path));
            return Err(Failed::new(Exit::Usage, message).hint("nothing was changed"));
        }
    }
    Ok(())
}

fn preview(planned: &[Planned]) -> String {
    let files = planned.iter().map(|file| format!("==> {} <==\n{}", shown(&file.path), file.text));
    files.collect::<Vec<_>>().join("\n")
}

/// The comment that says why, and the statements.
fn text_of(part: &Part) -> String {
    let mut text = String::new();
    let mut line = String::from("--");
    for word in part.why.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > COMMENT_WIDTH {
            let _ = writeln!(text, "{line}");
            line = String::from("--");
        }
        let _ = write!(line, " {word}");
    }
    let _ = write!(text, "{line}\n{}\n", part.sql.trim_end());
    text
}

fn refused(file: &MigrationFile, error: &SplitError) -> Failed {
    let place = error.place();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let message = format!("failed to split {}:{}: {}", shown(&file.path), place.line, error.reason());
    let mut failed = Failed::new(Exit::Usage, message);
    failed.failure.location = Some(Location {
        file: shown(&file.path),
        line: number(place.line),
        column: number(place.column),
        text: place.line_of(&file.sql).to_owned(),
        excerpt: None,
    });
    failed
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The names of the files that `text` becomes, next to files of these names.
    fn names(name: &str, text: &str, others: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        for other in others {
            fs::write(folder.path().join(other), "SELECT 1;").expect("written");
        }
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        let file = read(&path).expect("a migration");
        let Ok(pgrefit_sql::Split::Parts(parts)) = split(text, 18) else { panic!("{text} is not split") };
        let planned = plan(&file, parts, folder.path()).expect("planned");
        write_all(&planned).expect("written");
        assert!(write_all(&planned).is_err(), "nothing is overwritten");
        planned.iter().map(|file| file.path.file_name().expect("a name").display().to_string()).collect()
    }

    #[test]
    fn parts_take_the_version_of_the_last_file() {
        let sql = "ALTER TABLE t ADD x int; ALTER TABLE u ADD y int;";
        assert_eq!(
            names("V3__a.sql", sql, &["V2__b.sql"]),
            ["V3__alter_table_t.sql", "V4__alter_table_u.sql"]
        );
        assert_eq!(
            names("V3__a.sql", sql, &["V7__b.sql"]),
            ["V8__alter_table_t.sql", "V9__alter_table_u.sql"]
        );
        assert_eq!(
            names("U3__alter_table_t.sql", sql, &[]),
            ["U3__alter_table_t_first.sql", "U4__alter_table_u.sql"]
        );
    }

    #[test]
    fn the_comment_is_wrapped() {
        let part = Part { words: "x".into(), why: "word ".repeat(30), sql: "SELECT 1;\n".into() };
        let lines: Vec<String> = text_of(&part).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() <= COMMENT_WIDTH));
        assert_eq!(lines[2], "SELECT 1;");
    }

    #[test]
    fn errors_say_where() {
        let path = Path::new("migrations/V3__a.sql");
        let file = MigrationFile::new(path, "SELECT 1;\nCLUSTER t;".into()).expect("a migration");
        let error = split(&file.sql, 18).expect_err("no safe form");
        let failed = refused(&file, &error);
        assert_eq!(failed.exit, Exit::Usage);
        assert!(
            failed.failure.message.starts_with("failed to split migrations/V3__a.sql:2: no safe sequence")
        );
    }
}
