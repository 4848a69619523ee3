//! The password file: `hostname:port:database:username:password` ("The Password File" in the manual).

use std::path::{Path, PathBuf};

use super::home::user_file;
use super::password::Password;

/// The lines of a password file that could be read.
#[derive(Default)]
pub(super) struct Passfile {
    lines: Vec<String>,
}

/// What a line has to match.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

impl Passfile {
    /// Reads the named file, or `~/.pgpass`. As in libpq, a file that others may read is ignored with a warning.
    pub(super) fn open(named: Option<&str>, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let path = named.map(PathBuf::from).or_else(|| user_file(env, ".pgpass", "pgpass.conf"));
        let text = path.filter(|path| is_private(path)).and_then(|path| std::fs::read_to_string(path).ok());
        text.map(|text| Self::parse(&text)).unwrap_or_default()
    }

    fn parse(text: &str) -> Self {
        Self { lines: text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect() }
    }

    /// The password of the first line that matches.
    pub(super) fn find(&self, wanted: Wanted<'_>) -> Option<Password> {
        let port = wanted.port.to_string();
        self.lines.iter().find_map(|line| {
            let (fields, password) = split(line)?;
            let wanted = [wanted.host, port.as_str(), wanted.database, wanted.user];
            let matches = fields.iter().zip(wanted).all(|(field, wanted)| field.matches(wanted));
            (matches && !password.is_empty()).then(|| Password::new(password))
        })
    }
}

/// One field of a line: a lone `*` matches everything, an escaped one only itself.
struct Field {
    raw_star: bool,
    text: String,
}

impl Field {
    fn matches(&self, wanted: &str) -> bool {
        self.raw_star || self.text == wanted
    }
}

fn split(line: &str) -> Option<([Field; 4], String)> {
    let mut rest = line;
    let mut field = || {
        let (raw, tail) = cut(rest)?;
        rest = tail;
        Some(Field { raw_star: raw == "*", text: unescape(raw) })
    };
    let fields = [field()?, field()?, field()?, field()?];
    // The password too may hold escapes; libpq reads it up to the next bare colon, or the end of the line.
    let raw = cut(rest).map_or(rest, |(raw, _)| raw);
    Some((fields, unescape(raw)))
}

/// Splits at the first colon that no backslash precedes.
fn cut(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            ':' if !escaped => return Some((&text[..at], &text[at + 1..])),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

fn unescape(raw: &str) -> String {
    let mut chars = raw.chars();
    let mut text = String::with_capacity(raw.len());
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    text
}

#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = std::fs::metadata(path) else { return false };
    let problem = if !metadata.is_file() {
        "is not a plain file"
    } else if metadata.mode() & 0o077 != 0 {
        "can be read by its group or by everyone; chmod 0600 it"
    } else {
        return true;
    };
    tracing::warn!("the password file {} is ignored: it {problem}", path.display());
    false
}

#[cfg(not(unix))]
fn is_private(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, expected: Option<&str>) {
        let wanted = Wanted { host: "db", port: 5432, database: "app", user: "ann" };
        let found = Passfile::parse(file).find(wanted);
        assert_eq!(found.as_ref().map(Password::expose), expected, "{file}");
    }

    #[test]
    fn lines_match_as_in_libpq() {
        check("db:5432:app:ann:pw", Some("pw"));
        check("*:*:*:*:pw", Some("pw"));
        check("*:*:*:bob:no\n*:*:*:ann:yes", Some("yes"));
        check("db:5433:app:ann:pw", None);
        check("# db:5432:app:ann:no\ndb:5432:app:ann:yes", Some("yes"));
        check("db:*:app:ann:a\\:b\\\\c", Some("a:b\\c"));
        check("db:*:app:ann:first:second", Some("first"));
        check("\\*:*:*:*:no", None);
        check("db:5432:app:ann:", None);
        check("db:5432:app:ann", None);
        check("db:5432", None);
        check("\n\ndb:5432:app:ann:pw\r\n", Some("pw"));
        check("", None);
    }

    #[test]
    fn escapes_in_names_match() {
        let wanted = Wanted { host: "::1", port: 1, database: "a\\b", user: "u:v" };
        let found = Passfile::parse("\\:\\:1:1:a\\\\b:u\\:v:pw").find(wanted);
        assert_eq!(found.as_ref().map(Password::expose), Some("pw"));
    }
}
