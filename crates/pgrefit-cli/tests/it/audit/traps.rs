//! The traps: every one is found, and nothing else is.

use std::collections::BTreeSet;

use super::{Found, audit, traps};
use crate::harness::{Database, versions};

/// What the comments of a script say of one object.
struct Expectation<'a> {
    found: bool,
    check: &'a str,
    object: &'a str,
}

fn expectations<'a>(scripts: &[&'a str]) -> Vec<Expectation<'a>> {
    let lines = scripts.iter().flat_map(|script| script.lines());
    lines
        .filter_map(|line| {
            let (word, rest) = line.strip_prefix("-- ")?.split_once(' ')?;
            let found = match word {
                "expect:" => true,
                "expect-not:" => false,
                _ => return None,
            };
            let (check, object) = rest.split_once(' ').filter(|(check, _)| !check.starts_with('<'))?;
            Some(Expectation { found, check, object })
        })
        .collect()
}

/// Whether a finding is about an object, or about something at it.
fn is_about(found: &Found, check: &str, object: &str) -> bool {
    let at = |rest: &str| rest.is_empty() || rest.starts_with('.');
    found.check == check && found.object.strip_prefix(object).is_some_and(at)
}

#[test]
fn every_trap_is_found_and_nothing_else() {
    for major in versions() {
        let database = Database::on(major);
        let expected = expectations(&traps(&database, major));
        assert!(expected.len() > 100, "{}", expected.len());
        let audited = audit(&database, &["--deep"]);
        assert_eq!(audited.code, 1);
        let findings = audited.findings();
        let mut wrong = Vec::new();
        for it in &expected {
            let found = findings.iter().any(|found| is_about(found, it.check, it.object));
            if found != it.found {
                let verb = if found { "is found" } else { "is not found" };
                wrong.push(format!("{} {} {verb}", it.check, it.object));
            }
        }
        let checks: BTreeSet<&str> = expected.iter().map(|it| it.check).collect();
        for found in findings.iter().filter(|found| checks.contains(found.check.as_str())) {
            if !expected.iter().any(|it| it.found && is_about(found, it.check, it.object)) {
                wrong.push(format!("{} {} is found, and nobody expects it", found.check, found.object));
            }
        }
        assert!(wrong.is_empty(), "{major}: {wrong:#?}");
    }
}
