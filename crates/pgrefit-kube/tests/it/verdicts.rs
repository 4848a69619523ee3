//! The linter against what a real API server answered: Kubernetes 1.36.2, strict validation, Pod Security "restricted".
//!
//! `verdicts.json` has manifests that were accepted, and cases that change one of them in one place, with the server's
//! answer. A refused case must be refused for the same fields; an accepted one must be accepted, but for the rules of
//! [`STRICTER`].

use crate::case::{Case, Recorded};
use pgrefit_kube::{Problem, Severity};
use std::collections::BTreeSet;

/// Accepted by the server and refused by us: the case, and the rules that refuse it. Why is in
/// [`pgrefit_kube::STRICT_RULES`].
const STRICTER: [(&str, &[&str]); 26] = [
    ("job/zero-deadline", &["no-time"]),
    ("job/pfp-values=[0]", &["exit-code-never"]),
    ("job/pfp-values=[256]", &["exit-code-never"]),
    ("job/pfp-values=[-1]", &["exit-code-never"]),
    ("job/name=a.b", &["dotted-name"]),
    ("pod/image-space", &["image-name"]),
    ("pod/env-name=1BAD", &["variable-name"]),
    ("pod/env-name=a-b", &["variable-name"]),
    ("pod/env-name=a.b", &["variable-name"]),
    ("pod/env-name=a b", &["variable-name"]),
    ("pod/env-dup", &["variable-twice"]),
    ("pod/mount-relative", &["mount-path"]),
    ("pod/mount-colon", &["mount-path"]),
    ("pod/volume-no-source", &["volume-without-source"]),
    ("pod/volume-unused", &["unlimited-volume", "volume-unused"]),
    ("pod/termination-neg", &["no-grace"]),
    ("pod/cap-lower", &["pod-security"]),
    ("pod/sa-missing", &["not-there"]),
    ("pod/sidecar-init", &["image-not-pinned", "no-memory-limit", "pod-security", "writable-root"]),
    ("pod/priorityClass-missing", &["not-there"]),
    ("pod/hostNetwork", &["pod-security"]),
    ("cron/schedule=0 0 31 2 *", &["never-runs"]),
    ("cron/startingDeadline-5", &["starting-deadline-too-short"]),
    ("pdb/neither", &["budget-of-nothing"]),
    ("pdb/selector-absent", &["budget-of-nothing"]),
    ("psa/rootfs-writable", &["writable-root"]),
];

#[test]
fn every_case_has_the_verdict_of_the_server() {
    let recorded = Recorded::read();
    let wrong: Vec<_> = recorded.cases.iter().filter_map(|case| differs(&recorded, case)).collect();
    assert_eq!(recorded.cases.len(), 265);
    assert!(wrong.is_empty(), "{} of 265 differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_exception_is_a_case_that_needs_it() {
    let recorded = Recorded::read();
    for (name, _) in STRICTER {
        let case = recorded.cases.iter().find(|case| case.name == name);
        assert!(case.is_some_and(|case| case.accepted), "{name} is no accepted case");
    }
}

#[test]
fn a_warning_of_the_server_is_a_problem_of_ours() {
    let recorded = Recorded::read();
    let warned: Vec<_> = recorded.cases.iter().filter(|case| !case.warnings.is_empty()).collect();
    assert_eq!(warned.len(), 6);
    for case in warned {
        assert!(!recorded.lint(case).is_empty(), "{} has no problem: {:?}", case.name, case.warnings);
    }
}

/// How our verdict differs from the server's, in words.
fn differs(recorded: &Recorded, case: &Case) -> Option<String> {
    let found = recorded.lint(case);
    let errors: Vec<_> = found.iter().filter(|problem| problem.severity == Severity::Error).collect();
    let shown = || found.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join("\n    ");
    if case.accepted {
        let rules: BTreeSet<_> = found.iter().filter_map(|problem| problem.severity.rule()).collect();
        let right = errors.is_empty() && rules == allowed(&case.name);
        return (!right).then(|| format!("{}: accepted by the server\n    {}", case.name, shown()));
    }
    let right = !errors.is_empty() && same_fields(case, &errors);
    (!right).then(|| format!("{}: {} {:?}\n    {}", case.name, case.code, case.message, shown()))
}

fn allowed(name: &str) -> BTreeSet<&'static str> {
    let rules = STRICTER.iter().find(|(case, _)| *case == name).map_or(&[][..], |(_, rules)| rules);
    rules.iter().copied().collect()
}

/// Where the server lists fields, they are ours. Where it only says what it could not decode or permit, that is ours.
fn same_fields(case: &Case, errors: &[&Problem]) -> bool {
    let ours: BTreeSet<_> = errors.iter().map(|problem| problem.field.as_str()).collect();
    match case.code {
        422 => ours == case.fields.iter().map(String::as_str).collect(),
        403 => same_controls(&case.message, errors),
        // Of an amount that it cannot read the decoder names no field: there, it is where the case puts it.
        _ => match case.decoding() {
            Some(field) => ours.iter().all(|own| is_of(own, &field)),
            None => ours.iter().all(|own| letters(own).starts_with(&letters(&case.path))),
        },
    }
}

/// The decoder names fields by the types that they are in: without the numbers of lists and the keys of maps.
fn is_of(own: &str, servers: &str) -> bool {
    let plain = without_indexes(own);
    own == servers || plain == servers || plain.strip_prefix(servers).is_some_and(|key| key.starts_with('.'))
}

fn without_indexes(field: &str) -> String {
    field
        .split('[')
        .enumerate()
        .map(|(index, part)| match index {
            0 => part,
            _ => part.split_once(']').map_or("", |(_, rest)| rest),
        })
        .collect()
}

/// Every control that the server says is violated, with the same details, and no other.
fn same_controls(message: &str, errors: &[&Problem]) -> bool {
    let Some((_, controls)) = message.split_once("violates PodSecurity \"restricted:v1.31\": ") else {
        return message.contains("service account")
            && errors.iter().all(|one| one.field == "spec.serviceAccountName");
    };
    let ours: BTreeSet<_> = errors
        .iter()
        .filter_map(|one| one.message.split_once("restricted:v1.31\": "))
        .map(|(_, control)| control)
        .collect();
    let joined: BTreeSet<_> =
        controls.split("), ").map(|control| format!("{})", control.trim_end_matches(')'))).collect();
    ours == joined.iter().map(String::as_str).collect()
}

/// A path as its words alone, so that a JSON pointer and a field compare.
fn letters(path: &str) -> String {
    path.split(|c: char| !c.is_ascii_alphanumeric()).collect()
}
