//! The list of checks. A new one is one line here.

use super::{Args, advisories, hygiene, passed};
use crate::failure::Outcome;
use crate::{docs, links, shell, test, tidy, workspace};

/// One check.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) run: fn(&Args) -> Outcome<()>,
    /// It compiles nothing of the product.
    pub(super) is_quick: bool,
    /// It is not run if another has failed.
    pub(super) is_last: bool,
}

const fn quick(name: &'static str, what: &'static str, run: fn(&Args) -> Outcome<()>) -> Step {
    Step { name, what, run, is_quick: true, is_last: false }
}

const fn slow(name: &'static str, what: &'static str, run: fn(&Args) -> Outcome<()>) -> Step {
    Step { is_quick: false, ..quick(name, what, run) }
}

/// Every check, in the order in which they fail soonest.
pub(super) const STEPS: &[Step] = &[
    quick("fmt", "Rust is formatted", |_| cargo(&["fmt", "--all", "--", "--check"])),
    quick("links", "links between the documents lead somewhere", |_| passed("links", links::run()?)),
    quick("typos", "words are spelled right", |_| hygiene::typos()),
    quick("taplo", "TOML is formatted", |_| hygiene::taplo()),
    quick("shellcheck", "shell scripts", |_| hygiene::shellcheck()),
    quick("actionlint", "workflows, and the shell in them", |_| hygiene::actionlint()),
    quick("schemas", "workflows and dependabot.yml fit their schemas", |_| hygiene::schemas()),
    quick("zizmor", "workflows give nothing away", |_| hygiene::zizmor()),
    quick("hadolint", "recipes of images", |_| hygiene::hadolint()),
    quick("shear", "no dependency is unused", |_| hygiene::shear()),
    quick("deny", "licences, bans and sources of dependencies", |_| hygiene::deny()),
    quick("advisories", "no dependency has a known hole", |_| advisories::check()),
    slow("clippy", "lints", |_| cargo(&CLIPPY)),
    slow("docs", "generated pages are fresh", |_| passed("docs", docs::run(&docs::Args { check: true })?)),
    slow("tidy", "rules of the house", |_| passed("tidy", tidy::run(&tidy::Args {})?)),
    slow("k8s", "manifests are what Kubernetes takes", |_| crate::k8s::check(true)),
    slow("prometheus", "alerts are valid, and fire when they should", |_| hygiene::promtool()),
    Step { is_last: true, ..slow("test", "all tests", |args| passed("the tests", test::all(args.pg, &[])?)) },
];

const CLIPPY: [&str; 8] = [
    "clippy",
    "--workspace",
    "--all-targets",
    "--all-features",
    "--locked",
    "--",
    "-Dwarnings",
    "-Wclippy::pedantic",
];

fn cargo(words: &[&str]) -> Outcome<()> {
    shell::succeed(workspace::cargo().args(words))
}
