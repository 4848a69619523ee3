//! What files may say: Rust files tell first what they are for; nothing names a folder of this machine or
//! a package registry.

use super::Violation;
use super::facts::{Facts, File};

/// Package registries, in halves, so that this list does not name one either. Which registry to use is for
/// the machine's own settings to say.
const REGISTRIES: [(&str, &str); 5] =
    [("crates", "io"), ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("proxy.golang", "org")];

/// Folders that every machine has: a checkout right below one of them does not make its name a private matter.
const COMMON: [&str; 4] = ["/tmp", "/opt", "/srv", "/var/tmp"];

/// Written by cargo, which names the registry in it.
const LOCK: &str = "Cargo.lock";

pub(super) fn check(facts: &Facts) -> Vec<Violation> {
    facts
        .files
        .iter()
        .filter(|file| file.path != LOCK)
        .flat_map(|file| check_file(file, &facts.checkout))
        .collect()
}

fn check_file(file: &File, checkout: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let rust = file.path.strip_suffix(".rs").is_some();
    if rust && !file.text.starts_with("//!") {
        violations.push(Violation::new(&file.path, "does not begin with `//!`: say what the file is for"));
    }
    for (number, line) in (1..).zip(file.text.lines()) {
        let place = || format!("{}:{number}", file.path);
        if !COMMON.contains(&checkout) && names_folder(line, checkout) {
            violations.push(Violation::new(place(), format!("names {checkout}, a folder of this machine")));
        }
        if let Some(registry) = registry(line) {
            violations.push(Violation::new(place(), format!("names the registry {registry}")));
        }
    }
    violations
}

/// An absolute path stands at the beginning of a word: with a checkout in `/src`, `crates/src/x` is none.
fn names_folder(line: &str, folder: &str) -> bool {
    let inside = format!("{folder}/");
    line.match_indices(&inside).any(|(at, _)| line[..at].chars().next_back().is_none_or(opens_a_word))
}

fn opens_a_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '=' | '(' | ':' | '<' | '@')
}

fn registry(line: &str) -> Option<String> {
    let mut hosts = REGISTRIES.iter().map(|(name, end)| format!("{name}.{end}"));
    hosts.find(|host| line.contains(host.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{File, check_file};

    fn check(path: &str, text: &str, expected: &[&str]) {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        let found: Vec<_> =
            check_file(&file, "/src/own").into_iter().map(|v| format!("{} {}", v.place, v.problem)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_rust_file_says_what_it_is_for() {
        check("a.rs", "//! For a.\n", &[]);
        check("a.md", "For a.\n", &[]);
        check("a.rs", "use b;\n", &["a.rs does not begin with `//!`: say what the file is for"]);
    }

    #[test]
    fn a_path_of_this_machine_is_found() {
        let problem = "a.md:1 names /src/own, a folder of this machine";
        check("a.md", "see `/src/own/x`", &[problem]);
        check("a.md", "file:/src/own/x and \"/src/own/y\"", &[problem]);
        check("a.md", "crates/src/own/x, https://host/src/own/x", &[]);
        check("a.md", "/usr/lib/postgresql/15/bin", &[]);
    }

    #[test]
    fn a_checkout_in_a_folder_that_every_machine_has_gives_nothing_away() {
        let file = File { path: "a.md".to_owned(), text: "see /tmp/x".to_owned() };
        assert_eq!(check_file(&file, "/tmp").len(), 0);
    }

    #[test]
    fn a_registry_is_found() {
        let host = ["crates", "io"].join(".");
        check(
            "a.md",
            &format!("from https://index.{host}/"),
            &[&format!("a.md:1 names the registry {host}")],
        );
        check("a.md", "crates and io", &[]);
    }
}
