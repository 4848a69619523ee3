//! `cargo xtask tidy`: what must be absent from this workspace, checked.
//!
//! Each rule is a pure function from [`Facts`] to violations, in a file of its own, listed in [`RULES`].

mod baseline;
mod book;
mod commands;
mod facts;
mod layers;
mod outsiders;
mod rooms;
mod text;

use crate::docs;
use crate::failure::Outcome;
use facts::Facts;
use std::process::ExitCode;

/// Check the rules of the workspace: layers, owners of outside crates, forgotten rooms, texts, forgotten pages, commands in docs, stale docs
#[derive(clap::Args)]
pub(crate) struct Args {}

/// One broken rule, in one line: where, and what is wrong there.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    place: String,
    problem: String,
}

impl Violation {
    fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}

type Rule = fn(&Facts) -> Vec<Violation>;

/// Every rule.
const RULES: [Rule; 7] = [
    baseline::check,
    book::check,
    commands::check,
    layers::check,
    outsiders::check,
    rooms::check,
    text::check,
];

pub(crate) fn run(_: &Args) -> Outcome<ExitCode> {
    let facts = Facts::of_workspace()?;
    let mut violations = check(&facts);
    violations.extend(stale_docs()?);
    for Violation { place, problem } in &violations {
        println!("{place}: {problem}");
    }
    eprintln!(
        "tidy: {} crates, {} files, {} violations",
        facts.crates.len(),
        facts.files.len(),
        violations.len()
    );
    Ok(ExitCode::from(u8::from(!violations.is_empty())))
}

fn check(facts: &Facts) -> Vec<Violation> {
    let mut violations: Vec<_> = RULES.iter().flat_map(|rule| rule(facts)).collect();
    violations.sort();
    violations
}

fn stale_docs() -> Outcome<Vec<Violation>> {
    let stale = |page| Violation::new(page, "is stale: run cargo xtask docs");
    Ok(docs::stale()?.into_iter().map(stale).collect())
}

#[cfg(test)]
mod tests {
    use super::{Facts, check};

    #[test]
    fn this_workspace_is_tidy() {
        let facts = Facts::of_workspace().expect("the facts of this workspace");
        assert!(facts.crates.iter().any(|own| own.name == "xtask"));
        assert!(facts.files.len() > 20, "{} files", facts.files.len());
        assert_eq!(check(&facts), []);
    }
}
