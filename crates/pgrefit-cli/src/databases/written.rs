//! The list of databases as it is written: read strictly, with the line of what is wrong. No message repeats a value that
//! could be a URL.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pgrefit_migrate::policy::Environment;
use serde::Deserialize;
use toml::Spanned;

use super::{Entry, Source};
use crate::nearest::nearest;
use crate::{Exit, Failed};

/// The longest name: that of a label in Kubernetes.
const NAME_CHARS_MAX: usize = 63;

/// The keys of an entry, for "did you mean".
const KEYS: [&str; 7] = ["name", "url_file", "url_env", "url", "labels", "canary", "environment"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    database: Vec<Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    url_file: Option<PathBuf>,
    url_env: Option<String>,
    url: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    canary: bool,
    environment: Option<String>,
}

/// What is wrong with a list, and where.
#[derive(Debug)]
pub(super) struct Fault {
    line: Option<usize>,
    what: String,
    hint: Option<String>,
}

impl Fault {
    /// As the failure of a command that was given the list.
    pub(super) fn in_list(self, path: &Path) -> Failed {
        let place = self.line.map_or_else(String::new, |line| format!(", line {line}"));
        let message = format!("failed to read the list {}{place}: {}", path.display(), self.what);
        let hint = self.hint.unwrap_or_else(|| "docs/fleet.md describes the list of databases".to_owned());
        Failed::new(Exit::Usage, message).hint(hint)
    }
}

/// The entries of a list. Relative paths in it begin at `folder`.
pub(super) fn parse(text: &str, folder: &Path) -> Result<Vec<Entry>, Fault> {
    let list: List = toml::from_str(text).map_err(|error| syntax(text, &error))?;
    if list.database.is_empty() {
        return Err(Fault { line: None, what: "it has no [[database]]".to_owned(), hint: None });
    }
    let mut names = BTreeSet::new();
    let entries = list.database.into_iter().map(|written| {
        let line = Some(line_at(text, written.span().start));
        let entry = read(written.into_inner(), folder).map_err(|what| Fault { line, what, hint: None })?;
        if !names.insert(entry.name.clone()) {
            let what = format!("two databases are called `{}`", entry.name);
            return Err(Fault { line, what, hint: None });
        }
        Ok(entry)
    });
    entries.collect()
}

fn read(written: Written, folder: &Path) -> Result<Entry, String> {
    let name = written.name;
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(is_allowed) {
        let words = format!("a name has 1 to {NAME_CHARS_MAX} of a-z, 0-9 and -");
        return Err(format!("`{}` is no name: {words}", name.escape_debug()));
    }
    let wrong = |what: &str| format!("`{name}` {what}");
    let source = match (written.url_file, written.url_env, written.url) {
        (Some(path), None, None) => Source::File(folder.join(path)),
        (None, Some(variable), None) => Source::Variable(variable),
        (None, None, Some(url)) => Source::Url(checked_url(url).map_err(wrong)?),
        (None, None, None) => return Err(wrong("has neither url_file nor url_env nor url")),
        _ => return Err(wrong("has more than one of url_file, url_env and url")),
    };
    let environment = written.environment.map(|word| environment(&word)).transpose();
    let environment = environment.map_err(|what| wrong(&what))?;
    Ok(Entry { source, labels: written.labels, canary: written.canary, environment, name })
}

fn environment(word: &str) -> Result<Environment, String> {
    Environment::of_word(word).ok_or_else(|| {
        let words: Vec<&str> = Environment::WORDS.iter().map(|(word, _)| *word).collect();
        format!("has an environment that is not one of {}", words.join(", "))
    })
}

/// A URL that may stand in a file which is no secret.
fn checked_url(url: String) -> Result<String, &'static str> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let Some(rest) = rest else { return Err("has a url that does not begin with postgres://") };
    let before_host = rest.rsplit_once('@').map_or("", |(before, _)| before);
    if before_host.contains(':') || rest.contains("password=") {
        return Err("has a password in its url: give it by url_file, url_env or libpq's password file");
    }
    Ok(url)
}

/// A mistake that TOML or its shape knows. Its own text would show the line, which may hold a URL.
fn syntax(text: &str, error: &toml::de::Error) -> Fault {
    let line = error.span().map(|span| line_at(text, span.start));
    let message = error.message();
    if let Some(word) = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        let known = if message.contains("expected `database`") { &["database"][..] } else { &KEYS[..] };
        let hint = match nearest(word, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("the keys are {}", known.join(", ")),
        };
        return Fault { line, what: format!("unknown key `{word}`"), hint: Some(hint) };
    }
    let what = match message.split_once(", expected ") {
        // "invalid type: string "…", expected a boolean": without the value.
        Some((_, expected)) => format!("a value is not {expected}"),
        None => message.lines().next().unwrap_or_default().to_owned(),
    };
    Fault { line, what, hint: None }
}

/// The line of a byte, counted from 1.
fn line_at(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        let failed = parse(text, Path::new("/etc")).unwrap_err().in_list(Path::new("list.toml"));
        format!("{} [{}]", failed.line(), failed.failure.hint.unwrap_or_default())
    }

    #[test]
    fn lists_are_read_whole() {
        let text = "[[database]]\nname = 'a'\nurl_file = 'secrets/a'\ncanary = true\nlabels = { region = 'eu' }\n\
                    [[database]]\nname = 'b-2'\nurl_env = 'B'\nenvironment = 'disposable'\n\
                    [[database]]\nname = 'c'\nurl = 'postgres://u@h:5432/c?sslmode=require'\n";
        let entries = parse(text, Path::new("/etc")).unwrap();
        let sources: Vec<String> = entries.iter().map(|entry| entry.source.to_string()).collect();
        assert_eq!(sources, ["/etc/secrets/a", "the variable B", "the URL of the list"]);
        assert_eq!(entries[0].labels.get("region").map(String::as_str), Some("eu"));
        assert_eq!(entries.iter().map(|entry| entry.canary).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(entries[1].environment.map(Environment::word), Some("disposable"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let check = |text: &str, expected: &str| {
            let found = faults(text);
            assert!(found.contains(expected) && !found.contains("hunter2"), "{text}\n{found}");
        };
        let good = "[[database]]\nname = 'a'\nurl = 'postgres://u@h/a'\n";
        check("", "it has no [[database]]");
        check("[[databse]]\nname = 'a'", "line 1: unknown key `databse` [did you mean `database`?]");
        check(&format!("{good}canry = true\n"), "line 4: unknown key `canry` [did you mean `canary`?]");
        check(&format!("{good}color = 1\n"), "unknown key `color` [the keys are name, url_file");
        check(&format!("{good}{good}"), "line 4: two databases are called `a`");
        check(&format!("{good}canary = 'postgres://u:hunter2@h'"), "line 4: a value is not a boolean");
        check("[[database]]\nname = 'A'\nurl_env = 'A'", "line 1: `A` is no name");
        check(&format!("[[database]]\nname = '{}'\nurl_env = 'A'", "a".repeat(64)), "is no name");
        check("[[database]]\nname = ''\nurl_env = 'A'", "is no name");
        check("[[database]]\nname = 'a'", "neither url_file nor url_env nor url");
        check("[[database]]\nname = 'a'\nurl_env = 'A'\nurl_file = 'b'", "more than one of");
        check("[[database]]\nurl_env = 'A'", "missing field `name`");
        check("[[database]]\nname = 'a'\nurl = 'postgres://u:hunter2@h/a'", "has a password in its url");
        check("[[database]]\nname = 'a'\nurl = 'postgres://h/a?password=hunter2'", "has a password");
        check("[[database]]\nname = 'a'\nurl = 'host=h password=hunter2'", "does not begin with postgres://");
        check(&format!("{good}environment = 'prod'"), "not one of disposable, staging, production");
        check("[[database]\nname = 'a'", "line 1");
        check("[[database]]\nname = 'a'\nurl = 'postgres://u:hunter2@h/a", "line 3");
    }
}
