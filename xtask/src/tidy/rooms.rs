//! No room is forgotten: every command file is registered, every migration has a name that the runner reads.

use super::Violation;
use super::facts::{Facts, File};
use std::collections::BTreeMap;

const COMMANDS: &str = "crates/pgrefit-cli/src/commands";
const MIGRATIONS: &str = "migrations";

pub(super) fn check(facts: &Facts) -> Vec<Violation> {
    let mut violations = commands(facts);
    violations.extend(migrations(facts));
    violations
}

/// The files directly in a folder, with their names.
fn within<'a>(facts: &'a Facts, folder: &str) -> impl Iterator<Item = (&'a str, &'a File)> {
    let prefix = format!("{folder}/");
    facts.files.iter().filter_map(move |file| {
        let name = file.path.strip_prefix(&prefix)?;
        Some((name, file))
    })
}

fn commands(facts: &Facts) -> Vec<Violation> {
    let list = format!("{COMMANDS}.rs");
    let registry = facts.files.iter().find(|file| file.path == list).map_or("", |file| &file.text);
    within(facts, COMMANDS)
        .filter_map(|(name, file)| Some((name.strip_suffix(".rs")?, file)))
        .filter(|(name, _)| !name.contains('/') && !registers(registry, name))
        .map(|(name, file)| Violation::new(&file.path, format!("is forgotten: {list} has no `mod {name};`")))
        .collect()
}

fn registers(registry: &str, name: &str) -> bool {
    let line = format!("mod {name};");
    registry
        .lines()
        .any(|own| own == line || own.strip_suffix(&line).is_some_and(|start| start.ends_with(' ')))
}

fn migrations(facts: &Facts) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut first_of: BTreeMap<u64, &str> = BTreeMap::new();
    for (name, file) in within(facts, MIGRATIONS) {
        match version(name) {
            None => violations.push(Violation::new(
                &file.path,
                "is no migration: its name must read V<number>__<words>.sql",
            )),
            Some(version) => {
                if let Some(first) = first_of.insert(version, name) {
                    violations.push(Violation::new(&file.path, format!("has the version of {first}")));
                }
            }
        }
        if !file.text.starts_with("-- ") {
            violations
                .push(Violation::new(&file.path, "does not begin with a comment: what, why, locks, data"));
        }
    }
    violations
}

/// The version in a migration's file name: `^[UV](\d+)__(\w+)\.sql$`, as refinery reads it.
fn version(name: &str) -> Option<u64> {
    let (version, words) = name.strip_suffix(".sql")?.strip_prefix(['U', 'V'])?.split_once("__")?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let digits = !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit());
    let named = !words.is_empty() && words.chars().all(word);
    version.parse().ok().filter(|_| digits && named)
}

#[cfg(test)]
mod tests {
    use super::{Facts, File, version};

    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let own = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        let facts = Facts { files: files.iter().map(own).collect(), ..Facts::default() };
        let found: Vec<_> =
            super::check(&facts).into_iter().map(|v| format!("{} {}", v.place, v.problem)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_command_must_be_registered() {
        let list = ("crates/pgrefit-cli/src/commands.rs", "mod plan;\npub(crate) mod audit;\nmod replan;\n");
        let at = |name: &str| format!("crates/pgrefit-cli/src/commands/{name}.rs");
        check(&[list, (&at("plan"), ""), (&at("audit"), ""), (&at("plan/part"), "")], &[]);
        let forgotten = "crates/pgrefit-cli/src/commands/lan.rs is forgotten: crates/pgrefit-cli/src/commands.rs has no `mod lan;`";
        check(&[list, (&at("lan"), "")], &[forgotten]);
    }

    #[test]
    fn a_migration_must_be_named_and_explained() {
        check(&[("migrations/V1__a.sql", "-- What: a"), ("migrations/U2__b.sql", "-- What: b")], &[]);
        check(
            &[("migrations/README.md", "-- x")],
            &["migrations/README.md is no migration: its name must read V<number>__<words>.sql"],
        );
        check(
            &[("migrations/V1__a.sql", "SELECT 1")],
            &["migrations/V1__a.sql does not begin with a comment: what, why, locks, data"],
        );
        check(
            &[("migrations/V1__a.sql", "-- x"), ("migrations/V01__b.sql", "-- x")],
            &["migrations/V01__b.sql has the version of V1__a.sql"],
        );
    }

    #[test]
    fn versions_are_read_as_refinery_reads_them() {
        let cases = [
            ("V1__a.sql", Some(1)),
            ("U20__add_index_2.sql", Some(20)),
            ("V2__add-index.sql", None),
            ("v3__lower.sql", None),
            ("V4_single.sql", None),
            ("V5__dot.name.sql", None),
            ("V6__up.SQL", None),
            ("V8.1__x.sql", None),
            ("V+9__x.sql", None),
            ("V__x.sql", None),
            ("V1__.sql", None),
        ];
        for (name, expected) in cases {
            assert_eq!(version(name), expected, "{name}");
        }
    }
}
