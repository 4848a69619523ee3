//! Which files are judged, and which are the past of which.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use pgrefit_history::version_in_name;

use crate::config::Config;
use crate::context::shown;
use crate::{Context, Exit, Failed};

/// Files in order; within a sequence each is the past of those behind it.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    pub(crate) sequences: Vec<Vec<Chosen>>,
    /// Files that go back, which are not looked at.
    pub(crate) passed_over: usize,
}

/// A file.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// As the user would type it.
    pub(crate) name: String,
    /// Where it is; nothing for standard input and for migrations in the binary.
    pub(crate) path: Option<PathBuf>,
    pub(crate) text: String,
    /// The version, if it is named like a migration.
    pub(crate) version: Option<i64>,
    /// The number in its name or in that of its folder, by the habits of other runners.
    pub(crate) number: Option<i64>,
    /// Whether it is judged, and not only read for what it makes.
    pub(crate) judged: bool,
}

impl Selection {
    pub(crate) fn of(
        paths: &[PathBuf],
        config: &Config,
        applied: Option<i64>,
        independent: bool,
    ) -> Result<Self, Failed> {
        let mut selection = Self::default();
        if paths.is_empty() {
            selection.sequences.push(all_migrations(config)?);
        }
        let mut files = Vec::new();
        for path in paths {
            if path.as_os_str() == "-" {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map_err(|error| {
                    Failed::new(Exit::Usage, format!("failed to read standard input: {error}"))
                })?;
                let name = "standard input".to_owned();
                selection.sequences.push(vec![Chosen {
                    name,
                    path: None,
                    text,
                    version: None,
                    number: None,
                    judged: true,
                }]);
            } else if path.is_dir() {
                selection.add_folder(path)?;
            } else {
                files.push(path.clone());
            }
        }
        selection.add_files(&files)?;
        if let Some(applied) = applied {
            for file in selection.sequences.iter_mut().flatten() {
                file.judged &= file.number.is_none_or(|number| number > applied);
            }
        }
        if independent {
            let files = selection.sequences.into_iter().flatten().filter(|file| file.judged);
            selection.sequences = files.map(|file| vec![file]).collect();
        }
        Ok(selection)
    }

    /// Every SQL file below a folder. Files that are numbered, or whose folders are, are one sequence.
    fn add_folder(&mut self, folder: &Path) -> Result<(), Failed> {
        let mut paths = Vec::new();
        collect(folder, &mut paths)?;
        let found = paths.len();
        paths.retain(|path| !goes_back(path));
        self.passed_over += found - paths.len();
        if paths.is_empty() {
            return Err(Failed::new(Exit::Usage, format!("no .sql files in {}", shown(folder))));
        }
        paths.sort_by_cached_key(|path| order(path));
        let mut sequence = Vec::with_capacity(paths.len());
        for path in &paths {
            let file = chosen(path, true)?;
            if number(path).is_some() { sequence.push(file) } else { self.sequences.push(vec![file]) }
        }
        self.sequences.push(sequence);
        Ok(())
    }

    /// Files by name. Of migrations, the lower versions in their folder are the past.
    fn add_files(&mut self, paths: &[PathBuf]) -> Result<(), Failed> {
        let mut folders: Vec<(PathBuf, Vec<&PathBuf>)> = Vec::new();
        for path in paths {
            if version_in_name(path).is_none() {
                self.sequences.push(vec![chosen(path, true)?]);
                continue;
            }
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            match folders.iter_mut().find(|(known, _)| *known == folder) {
                Some((_, files)) => files.push(path),
                None => folders.push((folder, vec![path])),
            }
        }
        for (folder, files) in folders {
            let last = files.iter().filter_map(|path| version_in_name(path)).max();
            let mut all = Vec::new();
            collect(if folder.as_os_str().is_empty() { Path::new(".") } else { &folder }, &mut all)?;
            let same = |one: &Path, other: &Path| one.file_name() == other.file_name();
            let mut sequence = Vec::new();
            for path in
                all.iter().filter(|path| version_in_name(path).is_some_and(|version| Some(version) < last))
            {
                if !files.iter().any(|file| same(file, path)) {
                    sequence.push(chosen(path, false)?);
                }
            }
            for path in files {
                sequence.push(chosen(path, true)?);
            }
            sequence.sort_by_key(|file| file.version);
            self.sequences.push(sequence);
        }
        Ok(())
    }
}

fn all_migrations(config: &Config) -> Result<Vec<Chosen>, Failed> {
    let from_disk = Context::migrations_folder(config).is_some();
    let files = Context::migrations(config)?.into_iter().map(|file| Chosen {
        name: shown(&file.path),
        path: from_disk.then(|| file.path.clone()),
        version: Some(file.version),
        number: Some(file.version),
        text: file.sql,
        judged: true,
    });
    Ok(files.collect())
}

fn chosen(path: &Path, judged: bool) -> Result<Chosen, Failed> {
    let path = path.strip_prefix(".").unwrap_or(path);
    let version = version_in_name(path);
    let number = version.or_else(|| number(path)?.parse().ok());
    Ok(Chosen { name: shown(path), path: Some(path.to_owned()), text: read(path)?, version, number, judged })
}

/// The text of a file; bytes that are no UTF-8 are an error, as the server would say, too.
pub(crate) fn read(path: &Path) -> Result<String, Failed> {
    let failed =
        |error: std::io::Error| Failed::new(Exit::Usage, format!("failed to read {}: {error}", shown(path)));
    let bytes = std::fs::read(path).map_err(failed)?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        let place = pgrefit_sql::Place::of_byte(&before, valid);
        let place = format!("line {}, column {}", place.line, place.column);
        Failed::new(Exit::Usage, format!("{} is not valid UTF-8 ({place})", shown(path)))
            .hint("save the file as UTF-8")
    })
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Failed> {
    let failed = |error: std::io::Error| {
        Failed::new(Exit::Usage, format!("failed to read {}: {error}", shown(folder)))
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().map_err(failed)?.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            paths.push(path);
        }
    }
    Ok(())
}

/// Whether a file is the way back of another, by the habits of other runners.
fn goes_back(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if version_in_name(path).is_some() {
        return false;
    }
    name == "down.sql"
        || [".down.sql", ".rollback.sql", ".undo.sql", "_down.sql", "_rollback.sql"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// The number that a file's name begins with, or that of its folder: `7`, or `20240101120000` of `2024-01-01-120000_a`.
fn number(path: &Path) -> Option<String> {
    let leading = |name: &str| {
        let name = name.trim_start_matches(['V', 'U', 'v']);
        let is_part = |letter: char| letter.is_ascii_digit() || letter == '-' && is_date(name);
        let end = name.find(|letter| !is_part(letter)).unwrap_or(name.len());
        let digits = name[..end].replace('-', "");
        (!digits.is_empty()).then_some(digits)
    };
    let name = path.file_stem()?.to_str()?;
    leading(name).or_else(|| leading(path.parent()?.file_name()?.to_str()?))
}

/// Whether a name begins with `2024-01-02`.
fn is_date(name: &str) -> bool {
    name.len() >= 10
        && name.bytes().take(10).enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// By folder, then by number, then by name.
fn order(path: &Path) -> (u128, PathBuf) {
    let number = number(path).and_then(|digits| digits.parse().ok()).unwrap_or(u128::MAX);
    (number, path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_go_back_are_known_by_name() {
        let check = |name: &str, expected: bool| assert_eq!(goes_back(Path::new(name)), expected, "{name}");
        check("0001_a/down.sql", true);
        check("0001_a/up.sql", false);
        check("1_a.down.sql", true);
        check("1_a_down.sql", true);
        check("V1__slow_down.sql", false);
        check("V1__countdown.sql", false);
    }

    #[test]
    fn numbers_are_read_as_runners_write_them() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(number(Path::new(name)).as_deref(), expected, "{name}");
        };
        check("V7__a.sql", Some("7"));
        check("0007_a.sql", Some("0007"));
        check("7.sql", Some("7"));
        check("7-2fa.sql", Some("7"));
        check("2024-01-02-000000_a/up.sql", Some("20240102000000"));
        check("20240102000000_a/migration.sql", Some("20240102000000"));
        check("20240102000000-a.sql", Some("20240102000000"));
        check("a.sql", None);
        check("a/b.sql", None);
    }

    #[test]
    fn files_are_ordered_by_number() {
        let check = |names: &[&str], expected: &[&str]| {
            let mut paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
            paths.sort_by_cached_key(|path| order(path));
            assert_eq!(paths, expected.iter().map(PathBuf::from).collect::<Vec<_>>());
        };
        check(&["V10__b.sql", "V9__a.sql"], &["V9__a.sql", "V10__b.sql"]);
        check(&["20240102_b/up.sql", "20240101_a/up.sql"], &["20240101_a/up.sql", "20240102_b/up.sql"]);
    }
}
