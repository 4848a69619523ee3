//! Migration files: what is in the folder, read strictly. refinery passes over files it does not recognise; here each of
//! them is an error, because a migration that silently never runs is the worst kind.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use pgrefit_sql::{Directive, DirectiveError, Effect, Place, Script, directives, effects};
use thiserror::Error;

/// A migration as it stands on disk or in the binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationFile {
    /// The number in its name; the order of application.
    pub version: i64,
    /// The words in its name.
    pub name: String,
    /// Whether a version below the last applied one may still be applied (prefix `U` in place of `V`).
    pub out_of_order: bool,
    /// Where it was read from, for messages.
    pub path: PathBuf,
    /// Its text, exactly as stored: refinery's checksum is over these bytes.
    pub sql: String,
    known: Arc<Known>,
}

/// What the text says, found out when it is first asked for, and once for all copies: parsing takes longer than running.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    script: OnceLock<Script>,
    /// With the server's major version that they hold for.
    effects: OnceLock<(u32, Option<Vec<Effect>>)>,
}

/// Why a folder of migrations cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    /// The folder or a file in it cannot be read.
    #[error("failed to read {}", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// There is nothing to run.
    #[error("no migrations in {}", .0.display())]
    Empty(PathBuf),
    /// A file whose name is not that of a migration.
    #[error("{} is not named like a migration", path.display())]
    Misnamed {
        /// The file.
        path: PathBuf,
        /// What is wrong with the name.
        reason: &'static str,
    },
    /// The version does not fit 64 bits.
    #[error("{}: version {digits} is too large", path.display())]
    VersionTooLarge {
        /// The file.
        path: PathBuf,
        /// The digits as written.
        digits: String,
    },
    /// Two files with one version.
    #[error("version {version} is used twice: {} and {}", first.display(), second.display())]
    Duplicate {
        /// The version.
        version: i64,
        /// One file.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
    /// A file that is not text.
    #[error("{} is not valid UTF-8 (line {}, column {})", path.display(), place.line, place.column)]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The place of the first wrong byte.
        place: Place,
    },
    /// A text that PostgreSQL cannot take.
    #[error("{} holds a NUL byte (line {}, column {})", path.display(), place.line, place.column)]
    Nul {
        /// The file.
        path: PathBuf,
        /// The place of the first one.
        place: Place,
    },
    /// A directive that cannot be followed.
    #[error("{}: {problem}", path.display())]
    Directive {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: DirectiveError,
    },
}

impl FileError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check the path and its permissions, or name another folder with --migrations DIR".into(),
            Self::Empty(_) => "create the first migration with `pgrefit new <name>`".into(),
            Self::Misnamed { reason, .. } => {
                format!("{reason}; a migration is named V<version>__<words_joined_by_underscores>.sql; move anything else out of the folder")
            }
            Self::VersionTooLarge { .. } => "the largest version is 9223372036854775807; use 1, 2, 3, … or a timestamp such as 20260131120000".into(),
            Self::Duplicate { .. } => "give one of them the next free version; if both branches were merged, the one that is not yet applied anywhere".into(),
            Self::NotUtf8 { .. } | Self::Nul { .. } => "save the file as UTF-8".into(),
            Self::Directive { problem, .. } => problem.hint(),
        }
    }
}

impl MigrationFile {
    /// A migration from a file's name and bytes.
    ///
    /// # Errors
    /// A name that is not a migration's, or bytes that are not UTF-8.
    pub fn new(path: &Path, bytes: Vec<u8>) -> Result<Self, FileError> {
        let parsed = parse_name(path)?;
        let sql = String::from_utf8(bytes).map_err(|error| FileError::NotUtf8 {
            path: path.to_owned(),
            place: place_of_wrong_byte(&error),
        })?;
        if let Some(at) = sql.find('\0') {
            return Err(FileError::Nul { path: path.to_owned(), place: Place::of_byte(&sql, at) });
        }
        directives(&sql).map_err(|problem| FileError::Directive { path: path.to_owned(), problem })?;
        Ok(Self {
            version: parsed.version,
            name: parsed.name,
            out_of_order: parsed.out_of_order,
            path: path.to_owned(),
            sql,
            known: Arc::default(),
        })
    }

    /// The name without folder and ending, as refinery prints it: `V3__add_index`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}{}__{}", if self.out_of_order { 'U' } else { 'V' }, self.version, self.name)
    }

    /// The statements of the file.
    #[must_use]
    pub fn script(&self) -> &Script {
        self.known.script.get_or_init(|| Script::parse(&self.sql))
    }

    /// What the statements do on a server of this major version; none when the text is not understood.
    #[must_use]
    pub fn effects(&self, server_major: u32) -> Option<Cow<'_, [Effect]>> {
        let (major, known) =
            self.known.effects.get_or_init(|| (server_major, effects(&self.sql, server_major)));
        if *major == server_major {
            return known.as_deref().map(Cow::Borrowed);
        }
        effects(&self.sql, server_major).map(Cow::Owned)
    }

    /// The directives of the file. They were checked when the file was read.
    #[must_use]
    pub fn directives(&self) -> Vec<Directive> {
        directives(&self.sql).unwrap_or_default()
    }
}

/// Reads a folder and the folders in it, sorted by version. Names that begin with a dot are passed over.
///
/// # Errors
/// Any file that is not a migration, cannot be read, or repeats a version; a folder with none.
pub fn read_folder(folder: &Path) -> Result<Vec<MigrationFile>, FileError> {
    let mut paths = Vec::new();
    list(folder, &mut paths)?;
    paths.sort();
    let files = paths
        .into_iter()
        .map(|path| {
            let bytes = std::fs::read(&path)
                .map_err(|source| FileError::Unreadable { path: path.clone(), source })?;
            MigrationFile::new(&path, bytes)
        })
        .collect::<Result<Vec<_>, _>>()?;
    sorted(files, folder)
}

/// Sorts files by version and refuses duplicates and an empty set; `origin` names the set in messages.
///
/// # Errors
/// [`FileError::Duplicate`], [`FileError::Empty`].
pub fn sorted(mut files: Vec<MigrationFile>, origin: &Path) -> Result<Vec<MigrationFile>, FileError> {
    if files.is_empty() {
        return Err(FileError::Empty(origin.to_owned()));
    }
    files.sort_by_key(|file| file.version);
    if let Some([first, second]) =
        files.array_windows().find(|[first, second]| first.version == second.version)
    {
        return Err(FileError::Duplicate {
            version: first.version,
            first: first.path.clone(),
            second: second.path.clone(),
        });
    }
    Ok(files)
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), FileError> {
    let unreadable = |source| FileError::Unreadable { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if path.extension().is_some_and(|extension| extension == "sql") {
                return Err(FileError::Misnamed { path, reason: "it is a folder, not a file" });
            }
            list(&path, paths)?;
        } else {
            paths.push(entry.path());
        }
    }
    Ok(())
}

/// The version in the name of a file, if it is named like a migration.
#[must_use]
pub fn version_in_name(path: &Path) -> Option<i64> {
    parse_name(path).ok().map(|parsed| parsed.version)
}

struct ParsedName {
    version: i64,
    name: String,
    out_of_order: bool,
}

fn parse_name(path: &Path) -> Result<ParsedName, FileError> {
    let misnamed = |reason| FileError::Misnamed { path: path.to_owned(), reason };
    let file =
        path.file_name().and_then(|name| name.to_str()).ok_or_else(|| misnamed("the name is not UTF-8"))?;
    let stem = file.strip_suffix(".sql").ok_or_else(|| misnamed("the name does not end in .sql"))?;
    let (out_of_order, rest) = match (stem.strip_prefix('V'), stem.strip_prefix('U')) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return Err(misnamed("the name does not begin with a capital V or U")),
    };
    let (digits, name) =
        rest.split_once("__").ok_or_else(|| misnamed("two underscores must follow the version"))?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(misnamed("the version is not a whole number"));
    }
    if name.is_empty() || !name.chars().all(|c| c.is_alphabetic() || c.is_ascii_digit() || c == '_') {
        return Err(misnamed("the words may hold letters, digits and underscores only"));
    }
    let version = digits
        .parse()
        .map_err(|_| FileError::VersionTooLarge { path: path.to_owned(), digits: digits.to_owned() })?;
    Ok(ParsedName { version, name: name.to_owned(), out_of_order })
}

fn place_of_wrong_byte(error: &std::string::FromUtf8Error) -> Place {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let text = String::from_utf8_lossy(valid);
    Place::of_byte(&text, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_refinery_does_or_refused() {
        let ok = |name: &str, title: &str| {
            let file = MigrationFile::new(Path::new(name), Vec::new()).unwrap();
            assert_eq!(file.title(), title);
        };
        ok("V1__a.sql", "V1__a");
        ok("V007__add_the_index_2.sql", "V7__add_the_index_2");
        ok("U20260131120000__späte_korrektur.sql", "U20260131120000__späte_korrektur");
        let refused = |name: &str, part: &str| {
            let error = MigrationFile::new(Path::new(name), Vec::new()).unwrap_err();
            let text = format!("{error}; {}", error.hint());
            assert!(text.contains(part), "{name}: {text}");
        };
        refused("notes.txt", "does not end in .sql");
        refused("V1__a.SQL", "does not end in .sql");
        refused("mod.rs", "does not end in .sql");
        refused("v1__lower.sql", "capital V or U");
        refused("|1__bar.sql", "capital V or U");
        refused("V1_single.sql", "two underscores");
        refused("V1.2__decimal.sql", "not a whole number");
        refused("V__x.sql", "not a whole number");
        refused("V2__add-index.sql", "letters, digits and underscores");
        refused("V2__dot.name.sql", "letters, digits and underscores");
        refused("V2__m\u{b2}.sql", "letters, digits and underscores");
        refused("V2__.sql", "letters, digits and underscores");
        refused("V99999999999999999999__x.sql", "too large");
    }

    #[test]
    fn text_must_be_utf8_and_directives_known() {
        let refused = |bytes: &[u8], message: &str| {
            let error = MigrationFile::new(Path::new("V1__a.sql"), bytes.to_vec()).unwrap_err();
            assert_eq!(error.to_string(), message);
        };
        refused(b"SELECT 1;\n-- \xff", "V1__a.sql is not valid UTF-8 (line 2, column 4)");
        refused(b"SELECT '\0';", "V1__a.sql holds a NUL byte (line 1, column 9)");
        refused(b"-- pgrefit:fase expand", "V1__a.sql: line 1: unknown directive `pgrefit:fase`");
    }

    #[test]
    fn folders_are_read_strictly() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let message = || read_folder(folder.path()).unwrap_err().to_string();
        assert_eq!(message(), format!("no migrations in {}", folder.path().display()));
        std::fs::write(at("V10__b.sql"), "SELECT 10;").unwrap();
        std::fs::write(at("V9__a.sql"), "SELECT 9;").unwrap();
        std::fs::write(at(".gitkeep"), "").unwrap();
        let versions: Vec<_> = read_folder(folder.path()).unwrap().iter().map(|file| file.version).collect();
        assert_eq!(versions, [9, 10]);
        std::fs::create_dir(at("later")).unwrap();
        std::fs::write(at("later/V9__again.sql"), "").unwrap();
        assert!(message().starts_with("version 9 is used twice: "), "{}", message());
        std::fs::write(at("README.md"), "").unwrap();
        assert!(message().ends_with("README.md is not named like a migration"), "{}", message());
        assert!(read_folder(&at("missing")).unwrap_err().to_string().starts_with("failed to read "));
    }
}
